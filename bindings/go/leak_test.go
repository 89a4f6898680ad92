// SPDX-License-Identifier: Apache-2.0
//go:build !race

package berth_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"berth.invalid/berth"
)

// resident is the memory of this process in bytes.
func resident(t *testing.T) int {
	t.Helper()
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip(err)
	}
	var size, pages int
	_, _ = fmt.Sscan(string(statm), &size, &pages)
	return pages * os.Getpagesize()
}

// flat fails if the memory grows by more than most bytes a round, once it has warmed up.
func flat(t *testing.T, rounds, most int, round func()) {
	t.Helper()
	measure := func() int {
		for i := 0; i < 3; i++ {
			runtime.GC()
			time.Sleep(20 * time.Millisecond) // finalizers have a goroutine of their own
		}
		debug.FreeOSMemory()
		return resident(t)
	}
	for i := 0; i < rounds; i++ {
		round()
	}
	before := measure()
	for i := 0; i < rounds; i++ {
		round()
	}
	if grown := measure() - before; grown > rounds*most {
		t.Errorf("%d rounds leave %d bytes", rounds, grown)
	}
}

// Contexts that stayed would be 12,000 bytes a round; the allocator's own ups and downs are below 2,000.
func TestNothingStaysBehind(t *testing.T) {
	document := []byte(native(t, build(t, cluster(10, 10))))
	flat(t, 800, 3000, func() {
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

func TestWhatIsForgottenIsFreed(t *testing.T) {
	document := []byte(native(t, build(t, cluster(40, 20))))
	n := 0
	flat(t, 200, 100000, func() { // an inventory has some 250,000
		if _, err := berth.ParseInventory(background, nil, "x", document); err != nil {
			t.Fatal(err)
		}
		if n++; n%5 == 0 {
			runtime.GC()
		}
	})
}

func TestSessionsLeaveNothing(t *testing.T) {
	i := build(t, cluster(10, 10))
	flat(t, 800, 3000, func() {
		s, err := berth.OpenSession(i)
		if err != nil {
			t.Fatal(err)
		}
		before, _ := s.Snapshot()
		added, _ := s.AddVM(0, newVM("new"), 3)
		_, _ = s.Place(added, berth.PreferTight)
		_, _ = s.Ledger(added)
		after, _ := s.Snapshot()
		s.Close()
		before.Close()
		after.Close()
	})
}
