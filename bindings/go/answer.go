// SPDX-License-Identifier: Apache-2.0

package berth

// #include "native_bridge.h"
import "C"

import (
	"context"
	"unsafe"
)

// Answer says whether a host can be emptied, or who survives its failure, and how.
type Answer struct {
	// Outcome is Optimal if all of it can be done, Infeasible if it is proved that it cannot, Unknown
	// if a limit was hit.
	Outcome Outcome
	// Moves can be made one by one in this order. A VM that stops over is there twice; a host in
	// standby has to be woken before it is moved to.
	Moves []Placement
	Left  []VM // that stay behind, or are lost, in the best plan known; ascending
	// Plan is what the moves are from if a search was needed, else nil; its indices are those of its
	// own inventory.
	Plan *Plan
}

// Close frees the plan, if there is one.
func (a *Answer) Close() {
	if a.Plan != nil {
		a.Plan.Close()
	}
}

// Drain says whether a host can be emptied as things stand: by moving its VMs one after another to hosts that are
// awake, or else by a plan with goal evacuate. The answer is about this host alone. It is an error,
// ErrArgument, to ask of a host that VMs cannot be moved from. When ctx is done first, the error is
// ErrCancelled and the answer is what is known.
func (q questions) Drain(ctx context.Context, host Host, options Options) (*Answer, error) {
	return q.answer(ctx, host, options, func(c *call, view *C.berth_view, o *C.berth_options,
		out **C.berth_answer) C.berth_status {
		return C.berth_view_drain(c.native, view, C.uint32_t(host), o, out)
	})
}

// Failure says who survives if a host fails now: its VMs restart on hosts that are awake, one after another, or
// else by a plan with goal failover, wakes and migrations allowed. Parameters and results are those of Drain.
func (q questions) Failure(ctx context.Context, host Host, options Options) (*Answer, error) {
	return q.answer(ctx, host, options, func(c *call, view *C.berth_view, o *C.berth_options,
		out **C.berth_answer) C.berth_status {
		return C.berth_view_failure(c.native, view, C.uint32_t(host), o, out)
	})
}

func (q questions) answer(ctx context.Context, host Host, given Options,
	ask func(*call, *C.berth_view, *C.berth_options, **C.berth_answer) C.berth_status) (*Answer, error) {
	c, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	defer c.end()
	options := c.options(given)
	if c.failed != nil {
		return nil, c.failed
	}
	view := q.keeper.keep()
	if view == nil {
		return nil, errClosed
	}
	defer q.keeper.leave()
	var native *C.berth_answer
	if err := c.err(ask(c, view, options, &native)); err != nil {
		return nil, err
	}
	answer := newAnswer(native)
	if c.cut() {
		return answer, c.cancelled()
	}
	return answer, nil
}

// newAnswer takes the native answer over: its plan keeps it, or it is freed.
func newAnswer(native *C.berth_answer) *Answer {
	a := &Answer{Outcome: Outcome(C.berth_answer_outcome(native))}
	for i := C.uint32_t(0); i < C.berth_answer_move_count(native); i++ {
		m := C.berth_answer_move_at(native, i)
		a.Moves = append(a.Moves, Placement{VM(m.vm), Host(m.from), Host(m.to), How(m.how)})
	}
	for i := C.uint32_t(0); i < C.berth_answer_left_count(native); i++ {
		a.Left = append(a.Left, VM(C.berth_answer_left_at(native, i)))
	}
	if plan := C.bridge_answer_plan(native); plan != nil {
		a.Plan = newPlan(plan, nil, func(unsafe.Pointer) { C.berth_answer_free(native) })
	} else {
		C.berth_answer_free(native)
	}
	return a
}

// Inventory is the state as an inventory of its own, for any other question. Objects that were added come last in
// their cluster; ids stay.
func (q questions) Inventory(ctx context.Context) (*Inventory, error) {
	c, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	defer c.end()
	view := q.keeper.keep()
	if view == nil {
		return nil, errClosed
	}
	defer q.keeper.leave()
	var native *C.berth_inventory
	status := C.berth_view_inventory(c.native, view, &native)
	return c.inventory(status, native)
}

// Solve plans for the state, as the function Solve does for an inventory.
func (q questions) Solve(ctx context.Context, request *Request) (*Plan, error) {
	c, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	defer c.end()
	view := q.keeper.keep()
	if view == nil {
		return nil, errClosed
	}
	defer q.keeper.leave()
	return c.solve(request, func(asked *C.berth_request, statistics *C.berth_solve_statistics,
		plan **C.berth_plan) C.berth_status {
		return C.berth_view_plan(c.native, view, asked, statistics, plan)
	})
}
