// SPDX-License-Identifier: Apache-2.0

package berth_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"berth.invalid/berth"
)

// consolidate asks for what takes longer than any test may: VMs of some 600 sizes, as few hosts as possible.
func consolidate() *berth.Request {
	return &berth.Request{Goal: berth.For(berth.GoalConsolidate)}
}

func TestCancelledSolveGivesItsBestPlan(t *testing.T) {
	i := build(t, cluster(60, 10))
	ctx, cancel := context.WithTimeout(background, time.Second)
	defer cancel()
	began := time.Now()
	plan, err := berth.Solve(ctx, i, consolidate())
	if took := time.Since(began); took > 10*time.Second {
		t.Error("cancelling took", took)
	}
	if !errors.Is(err, berth.ErrCancelled) || !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if plan == nil {
		t.Fatal("no plan")
	}
	defer plan.Close()
	report, err := plan.Verify(background)
	equal(t, "error", err, nil)
	equal(t, "faults", report.Faults, []berth.Fault{})
}

func TestTimeLimitIsNoError(t *testing.T) {
	request := consolidate()
	request.Options = berth.Options{berth.OptionTimeLimit: 300}
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	plan, err := berth.Solve(ctx, build(t, cluster(60, 10)), request)
	if err != nil {
		t.Fatal(err)
	}
	plan.Close()
}

func TestCancelledBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	cancel()
	i := read(t, "fragmentation.xml")
	plan, err := berth.Solve(ctx, i, nil)
	if plan != nil || !errors.Is(err, berth.ErrCancelled) || !errors.Is(err, context.Canceled) {
		t.Error(plan, err)
	}
	if _, err = berth.ReadInventory(ctx, nil, dataset("fragmentation.xml")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err = i.Audit(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestCancellingWhileReading(t *testing.T) {
	document := native(t, build(t, cluster(400, 25)))
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	ctx = berth.WithProgress(ctx, func(p berth.Progress) {
		equal(t, "phase", p.Phase, "read")
		cancel()
	})
	i, err := berth.ParseInventory(ctx, nil, "large", []byte(document))
	if i != nil || !errors.Is(err, context.Canceled) || !errors.Is(err, berth.ErrCancelled) {
		t.Error(i, err)
	}
}

func TestProgress(t *testing.T) {
	phases := map[string]bool{}
	var last time.Duration
	ctx := berth.WithProgress(background, func(p berth.Progress) {
		phases[p.Phase] = true
		if p.Total > 0 && p.Done > p.Total {
			t.Error(p)
		}
		last = p.Elapsed
	})
	request := consolidate()
	request.Options = berth.Options{berth.OptionTimeLimit: 500}
	plan, err := berth.Solve(ctx, build(t, cluster(60, 10)), request)
	if err != nil {
		t.Fatal(err)
	}
	plan.Close()
	if len(phases) == 0 || phases[""] || last <= 0 {
		t.Error(phases, last)
	}
}

func TestPanicOfAProgressFunctionGoesOn(t *testing.T) {
	i := build(t, cluster(60, 10))
	ctx := berth.WithProgress(background, func(berth.Progress) { panic("mine") })
	func() {
		defer func() { equal(t, "panic", recover(), "mine") }()
		_, _ = berth.Solve(ctx, i, consolidate())
		t.Error("no panic")
	}()
	small := solve(t, read(t, "fragmentation.xml"), nil) // the library still works
	equal(t, "outcome", small.Outcome(), berth.Optimal)
}

func TestManyGoroutinesSolveOneInventory(t *testing.T) {
	i := read(t, "fragmentation.xml")
	var all sync.WaitGroup
	for g := 0; g < 8; g++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for n := 0; n < 5; n++ {
				ctx, cancel := context.WithCancel(background)
				plan, err := berth.Solve(ctx, i, &berth.Request{Options: berth.Options{berth.OptionThreads: 1}})
				cancel()
				if err != nil {
					t.Error(err)
					return
				}
				equal(t, "makespan", plan.Makespan().Worst, 37)
				plan.Close()
			}
		}()
	}
	all.Wait()
}
