// SPDX-License-Identifier: Apache-2.0

package berth_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"berth.invalid/berth"
	"berth.invalid/berth/internal/nativeheap"
)

// flat fails if C has more memory in use after many rounds than before by most bytes a round. What malloc
// keeps at hand for each thread counts as used, hence not zero.
func flat(t *testing.T, rounds, most int, round func()) {
	t.Helper()
	measure := func() int {
		for i := 0; i < 3; i++ {
			runtime.GC()
			time.Sleep(10 * time.Millisecond) // finalizers have a goroutine of their own
		}
		return nativeheap.InUse()
	}
	for i := 0; i < rounds; i++ {
		round()
	}
	before := measure()
	for i := 0; i < rounds; i++ {
		round()
	}
	grown := measure() - before
	t.Logf("%d rounds leave %d bytes", rounds, grown)
	if grown > rounds*most {
		t.Errorf("%d rounds leave %d bytes", rounds, grown)
	}
}

// A context that stayed would be more than 1,000 bytes a round.
func TestNothingStaysBehind(t *testing.T) {
	document := []byte(native(t, build(t, cluster(10, 10))))
	flat(t, 300, 500, func() {
		ctx, cancel := context.WithCancel(berth.WithProgress(background, func(berth.Progress) {}))
		defer cancel()
		i, err := berth.ParseInventory(ctx, nil, "x", document)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := berth.Solve(ctx, i, &berth.Request{
			Scenario: &berth.Scenario{Events: []berth.Event{berth.FailHost("host000")}},
			Options:  berth.Options{berth.OptionThreads: 1},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = plan.Verify(ctx); err != nil {
			t.Error(err)
		}
		_, _ = i.FindHost("none")
		_, _ = berth.ParseInventory(ctx, nil, "x", document[:200])
		plan.Close()
		i.Close()
	})
}

func TestFiguresLeaveNothing(t *testing.T) {
	i := read(t, "audit-slots-disagree.xml")
	flat(t, 200, 500, func() {
		if _, err := i.Audit(background, nil); err != nil {
			t.Fatal(err)
		}
		request := &berth.CapacityRequest{Flavours: []berth.Flavour{{MemoryMiB: 1024}}}
		if _, err := i.Capacity(background, request); err != nil {
			t.Fatal(err)
		}
		if _, err := i.Lint(background); err != nil {
			t.Fatal(err)
		}
		if _, err := i.Apply(background, &berth.Scenario{Events: []berth.Event{berth.FailHost("x")}}); err == nil {
			t.Fatal("host x failed")
		}
	})
}

func TestWhatIsForgottenIsFreed(t *testing.T) {
	document := []byte(native(t, build(t, cluster(40, 20))))
	n := 0
	flat(t, 100, 10000, func() { // an inventory has some 250,000
		i, err := berth.ParseInventory(background, nil, "x", document)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = berth.OpenSession(i); err != nil {
			t.Fatal(err)
		}
		if n++; n%5 == 0 {
			runtime.GC()
		}
	})
}

func TestSessionsLeaveNothing(t *testing.T) {
	i := build(t, cluster(10, 10))
	flat(t, 300, 500, func() {
		s, err := berth.OpenSession(i)
		if err != nil {
			t.Fatal(err)
		}
		before, _ := s.Snapshot()
		added, _ := s.AddVM(0, newVM("new"), 3)
		_, _ = s.Place(added, berth.PreferTight)
		_, _ = s.Ledger(added)
		after, _ := s.Snapshot()
		for _, host := range []berth.Host{0, 1} {
			answer, err := after.Drain(background, host, berth.Options{berth.OptionThreads: 1})
			if err != nil {
				t.Fatal(err)
			}
			answer.Close()
		}
		s.Close()
		before.Close()
		after.Close()
	})
}

func TestAnswersLeaveNothing(t *testing.T) {
	s := session(t, read(t, "fragmentation.xml"))
	flat(t, 100, 500, func() {
		answer, err := s.Drain(background, 1, berth.Options{berth.OptionThreads: 1})
		if err != nil || answer.Plan == nil {
			t.Fatal(answer, err)
		}
		answer.Close()
		i, err := s.Inventory(background)
		if err != nil {
			t.Fatal(err)
		}
		i.Close()
	})
}
