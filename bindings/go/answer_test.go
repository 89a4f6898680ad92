// SPDX-License-Identifier: Apache-2.0

package berth_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"berth.invalid/berth"
)

// In datasets/fragmentation.xml esx02 is emptied of proxy (8 GiB), but not of mail (40 GiB): esx01 has 16.
// With erp (40 GiB) off, esx01 has 56: both go there.
func TestDrain(t *testing.T) {
	const esx01, esx02, esx03 = 0, 1, 2
	i := read(t, "fragmentation.xml")
	s := session(t, i)
	mail, proxy := vm(t, i, "mail"), vm(t, i, "proxy")
	answer, err := s.Drain(background, esx02, nil)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "answer", []interface{}{answer.Outcome, answer.Left, answer.Plan != nil},
		[]interface{}{berth.Infeasible, []berth.VM{mail}, true})
	if report, err := answer.Plan.Verify(background); err != nil || !report.Holds() {
		t.Error(report, err)
	}
	answer.Close()
	answer.Close()
	equal(t, "closed", len(answer.Plan.Steps()), 0)
	equal(t, "stop", s.StopVM(vm(t, i, "erp")), nil)
	answer, err = snapshot(t, s).Drain(background, esx02, nil)
	equal(t, "error", err, nil)
	equal(t, "answer", []interface{}{answer.Outcome, len(answer.Left), answer.Plan == nil}, []interface{}{berth.Optimal, 0, true})
	to := map[berth.VM]berth.Placement{}
	for _, move := range answer.Moves {
		to[move.VM] = move
	}
	equal(t, "moves", []berth.Placement{to[mail], to[proxy]}, []berth.Placement{
		{VM: mail, From: esx02, To: esx01, How: berth.HowMigrate}, {VM: proxy, From: esx02, To: esx01, How: berth.HowMigrate}})
	answer.Close()
	for _, host := range []berth.Host{esx03, 99} { // failed; none
		if _, err = s.Drain(background, host, nil); !errors.Is(err, berth.ErrArgument) {
			t.Error(host, err)
		}
	}
	if _, err = s.Drain(background, esx01, berth.Options{99: 1}); !errors.Is(err, berth.ErrArgument) {
		t.Error(err)
	}
}

// Two hosts of 64 GiB: what one has the other takes if there is room. A VM of 40 GiB on each is too much.
func TestFailure(t *testing.T) {
	s := session(t, build(t, emptyHosts(2, 40960, 40960, 8192)))
	equal(t, "start", s.StartVM(0, 0), nil)
	equal(t, "start", s.StartVM(2, 0), nil)
	answer, err := s.Failure(background, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "outcome", []interface{}{answer.Outcome, len(answer.Moves), len(answer.Left)}, []interface{}{berth.Optimal, 2, 0})
	for _, move := range answer.Moves {
		equal(t, "move", []interface{}{move.To, move.How}, []interface{}{1, berth.HowRestart})
	}
	answer.Close()
	equal(t, "start", s.StartVM(1, 1), nil)
	answer, err = s.Failure(background, 0, berth.Options{berth.OptionThreads: 1})
	equal(t, "error", err, nil)
	equal(t, "lost", []interface{}{answer.Outcome, answer.Left}, []interface{}{berth.Infeasible, []berth.VM{0}})
	answer.Close()
}

func TestViewAsAnInventory(t *testing.T) {
	i := read(t, "fragmentation.xml")
	s := session(t, i)
	same, err := s.Inventory(background)
	if err != nil {
		t.Fatal(err)
	}
	defer same.Close()
	equal(t, "unchanged", native(t, same), native(t, i))
	equal(t, "error", s.Update(func(tx *berth.Tx) error {
		if err := tx.MoveVM(vm(t, i, "wiki"), 1); err != nil {
			return err
		}
		inside, err := tx.Inventory(background)
		if err == nil {
			equal(t, "wiki", inside.VMHost(vm(t, i, "wiki")), 1)
			inside.Close()
		}
		return err
	}), nil)
	plan, err := s.Solve(background, nil) // big fits where wiki was
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	migrations, _ := plan.Level(berth.LevelMigrations)
	equal(t, "plan", []interface{}{plan.Goal(), plan.Outcome(), migrations.Value}, []interface{}{"failover", "optimal", 0})
}

func TestLongQuestionsAreCancelled(t *testing.T) {
	s := session(t, build(t, cluster(60, 10)))
	ctx, cancel := context.WithTimeout(background, 500*time.Millisecond)
	defer cancel()
	plan, err := s.Solve(ctx, consolidate())
	if !errors.Is(err, context.DeadlineExceeded) || plan == nil {
		t.Fatal(plan, err)
	}
	plan.Close()
	if _, err = s.Drain(ctx, 0, nil); !errors.Is(err, berth.ErrCancelled) {
		t.Error(err)
	}
	s.Close()
	_, drainErr := s.Drain(background, 0, nil)
	_, inventoryErr := s.Inventory(background)
	_, solveErr := s.Solve(background, nil)
	for _, err := range []error{drainErr, inventoryErr, solveErr} {
		if !errors.Is(err, berth.ErrClosed) {
			t.Error(err)
		}
	}
}
