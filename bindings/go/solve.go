// SPDX-License-Identifier: Apache-2.0

package berth

// #include "native_bridge.h"
import "C"

import (
	"context"
	"time"
)

// Request is what is asked of Solve. The zero value asks for the goal that the inventory suggests, of the
// inventory as it is, with all options at their defaults.
type Request struct {
	Goal     *Goal // nil = as Inventory.InferGoal of the effective inventory
	Scenario *Scenario
	Options  Options
}

// For is a goal of a Request.
func For(goal Goal) *Goal { return &goal }

// SolveStatistics says where the time of one solve went.
type SolveStatistics struct {
	Apply, Presolve, Search, Sequence, Explain, Check time.Duration

	IntegerPrograms uint64 // solved
}

// Solve plans. The plan has passed the independent checker before it is returned. A request of nil is
// the zero Request.
//
// When ctx is done before the search is through, the error is ErrCancelled, and the plan is the best
// one so far, or nil if there is none. A time limit (OptionTimeLimit) is no error.
func Solve(ctx context.Context, inventory *Inventory, request *Request) (*Plan, error) {
	c, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	defer c.end()
	native := inventory.use()
	if native == nil {
		return nil, errClosed
	}
	defer inventory.handle.done()
	return c.solve(request, func(asked *C.berth_request, statistics *C.berth_solve_statistics,
		plan **C.berth_plan) C.berth_status {
		return C.berth_solve(c.native, native, asked, statistics, plan)
	})
}

func (c *call) solve(request *Request,
	with func(*C.berth_request, *C.berth_solve_statistics, **C.berth_plan) C.berth_status) (*Plan, error) {
	if request == nil {
		request = &Request{}
	}
	events, err := c.scenario(request.Scenario)
	if err != nil {
		return nil, err
	}
	defer C.berth_scenario_free(events)
	asked := (*C.berth_request)(c.allocate(C.sizeof_berth_request))
	options := c.options(request.Options)
	if c.failed != nil {
		return nil, c.failed
	}
	*asked = c.request(request.Goal, events, options)
	statistics := C.bridge_statistics()
	var plan *C.berth_plan
	if err := c.err(with(asked, &statistics, &plan)); err != nil {
		return nil, err
	}
	result := newPlan(plan, &statistics, freePlan)
	if c.cut() {
		return result, c.cancelled()
	}
	return result, nil
}

func (c *call) request(goal *Goal, events *C.berth_scenario, options *C.berth_options) C.berth_request {
	asked := C.bridge_request()
	asked.scenario, asked.options = events, options
	if goal != nil {
		asked.infer_goal, asked.goal = false, C.berth_goal(*goal)
	}
	return asked
}

func duration(seconds C.double) time.Duration {
	return time.Duration(float64(seconds) * float64(time.Second))
}

func newStatistics(s *C.berth_solve_statistics) SolveStatistics {
	return SolveStatistics{
		Apply:           duration(s.apply_seconds),
		Presolve:        duration(s.presolve_seconds),
		Search:          duration(s.search_seconds),
		Sequence:        duration(s.sequence_seconds),
		Explain:         duration(s.explain_seconds),
		Check:           duration(s.check_seconds),
		IntegerPrograms: uint64(s.integer_programs),
	}
}
