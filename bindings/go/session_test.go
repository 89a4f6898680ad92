// SPDX-License-Identifier: Apache-2.0

package berth_test

import (
	"errors"
	"sync"
	"testing"

	"berth.invalid/berth"
)

// All three answer the same questions.
var _, _, _ berth.View = (*berth.Session)(nil), (*berth.Snapshot)(nil), (*berth.Tx)(nil)

func session(t testing.TB, inventory *berth.Inventory) *berth.Session {
	t.Helper()
	s, err := berth.OpenSession(inventory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func snapshot(t testing.TB, s *berth.Session) *berth.Snapshot {
	t.Helper()
	kept, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kept.Close)
	return kept
}

func best(t testing.TB, v berth.View, vm berth.VM, preference berth.Preference) []berth.Candidate {
	t.Helper()
	found := make([]berth.Candidate, 8)
	count, err := v.BestHosts(vm, preference, found)
	if err != nil {
		t.Fatal(err)
	}
	return found[:count]
}

// In datasets/fragmentation.xml big (24 GiB) finds 16 GiB free on either host; it fits once wiki has moved.
func TestSessionOfFragmentation(t *testing.T) {
	const esx01, esx02, esx03 = 0, 1, 2
	i := read(t, "fragmentation.xml")
	s := session(t, i)
	big, wiki := vm(t, i, "big"), vm(t, i, "wiki")
	equal(t, "counts", []int{s.VMCount(), s.HostCount(), s.RuleCount()}, []int{5, 3, 0})
	equal(t, "free", []int64{s.HostFree(esx01, berth.Memory), s.HostFree(esx02, berth.Memory)}, []int64{16384, 16384})
	equal(t, "candidates", len(best(t, s, big, berth.PreferTight)), 0)
	obstacle, found := s.Obstacle(big, esx01)
	equal(t, "on esx01", []interface{}{found, obstacle}, []interface{}{true, berth.LedgerEntry{
		Reason: berth.ReasonResource, Rule: berth.NoRule, Resource: berth.Memory, Hosts: 1, ShortBy: 8192}})
	obstacle, _ = s.Obstacle(big, esx03)
	equal(t, "on esx03", obstacle.Reason, berth.ReasonFailed)
	ledger, err := s.Ledger(big)
	equal(t, "error", err, nil)
	equal(t, "ledger", ledger, []berth.LedgerEntry{
		{Reason: berth.ReasonFailed, Rule: berth.NoRule, Resource: berth.NoResource, Hosts: 1},
		{Reason: berth.ReasonResource, Rule: berth.NoRule, Resource: berth.Memory, Hosts: 2, ShortBy: 8192}})
	equal(t, "move", s.MoveVM(wiki, esx02), nil)
	equal(t, "free", []int64{s.HostFree(esx01, berth.Memory), s.HostFree(esx02, berth.Memory)}, []int64{24576, 8192})
	_, found = s.Obstacle(big, esx01)
	equal(t, "an obstacle", found, false)
	equal(t, "waits", s.StartVM(big, berth.NoHost), nil)
	chosen, err := s.Place(big, berth.PreferRoomy)
	equal(t, "error", err, nil)
	// 24576 of 65536 MiB were free, 384 of 1024 parts; more of the CPU.
	equal(t, "chosen", chosen, berth.Candidate{Host: esx01, Room: 384})
	equal(t, "big", []interface{}{s.VMHost(big), s.VMPower(big), s.VMID(big), s.VMDemand(big, berth.Memory)},
		[]interface{}{esx01, "on", "big", 24576})
	equal(t, "free", s.HostFree(esx01, berth.Memory), 0)
}

// emptyHosts is a cluster of hosts with 64 GiB each and VMs that are off, with the memory given in MiB.
func emptyHosts(hosts int, memory ...int64) berth.ClusterSpec {
	c := berth.NewCluster("c")
	for h := 0; h < hosts; h++ {
		c.Hosts = append(c.Hosts, berth.NewHost(string(rune('a'+h)), 64000, 65536))
	}
	for v, reserved := range memory {
		spec := berth.NewVM("vm"+string(rune('0'+v)), reserved)
		spec.MemoryReservationMiB, spec.Power = reserved, berth.PowerOff
		c.VMs = append(c.VMs, spec)
	}
	return c
}

func TestPreferences(t *testing.T) {
	s := session(t, build(t, emptyHosts(3, 20480, 40960, 8192)))
	equal(t, "start", s.StartVM(0, 0), nil)
	equal(t, "start", s.StartVM(1, 2), nil)
	// 44 of 64 GiB are free on a, all on b, 24 on c.
	equal(t, "tight", best(t, s, 2, berth.PreferTight), []berth.Candidate{{Host: 2, Room: 384}, {Host: 0, Room: 704}, {Host: 1, Room: 1024}})
	equal(t, "roomy", best(t, s, 2, berth.PreferRoomy), []berth.Candidate{{Host: 1, Room: 1024}, {Host: 0, Room: 704}, {Host: 2, Room: 384}})
	one := make([]berth.Candidate, 1)
	count, err := s.BestHosts(2, berth.PreferRoomy, one)
	equal(t, "one", []interface{}{count, err, one[0].Host}, []interface{}{1, nil, 1})
	if _, err = s.BestHosts(2, berth.PreferRoomy, nil); !errors.Is(err, berth.ErrArgument) {
		t.Error(err)
	}
	if _, err = s.BestHosts(3, berth.PreferRoomy, one); !errors.Is(err, berth.ErrArgument) {
		t.Error(err)
	}
}

func TestRulesOfASession(t *testing.T) {
	s := session(t, build(t, emptyHosts(2, 1024, 1024, 1024)))
	apart := berth.NewRule("apart", berth.RuleApart, "vm0", "vm1")
	rule, err := s.AddRule(0, &apart)
	equal(t, "error", err, nil)
	equal(t, "exists, enabled", []bool{s.RuleExists(rule), s.RuleEnabled(rule)}, []bool{true, true})
	equal(t, "start", s.StartVM(0, 0), nil)
	equal(t, "apart", best(t, s, 1, berth.PreferTight), []berth.Candidate{{Host: 1, Room: 1024}})
	obstacle, _ := s.Obstacle(1, 0)
	equal(t, "obstacle", []interface{}{obstacle.Reason, obstacle.Rule}, []interface{}{berth.ReasonVMRule, rule})
	third, err := s.AddVM(0, newVM("vm9"), 1) // like vm1: in its rule
	equal(t, "error", err, nil)
	obstacle, _ = s.Obstacle(third, 0)
	equal(t, "obstacle", obstacle.Rule, rule)
	equal(t, "drop", s.DropRule(rule), nil)
	equal(t, "exists", s.RuleExists(rule), false)
	equal(t, "after", len(best(t, s, 1, berth.PreferTight)), 2)
	should := berth.NewRule("should", berth.RuleApart, "vm0", "vm1")
	should.Strength = berth.Should
	_, err = s.AddRule(0, &should)
	equal(t, "error", err, nil)
	found := best(t, s, 1, berth.PreferTight)
	equal(t, "broken", []interface{}{found[0].Host, found[0].ShouldBroken, found[1].ShouldBroken}, []interface{}{1, 0, 1})
	unknown := berth.NewRule("x", berth.RuleApart, "nobody")
	if _, err = s.AddRule(0, &unknown); !errors.Is(err, berth.ErrArgument) {
		t.Error(err)
	}
	two := berth.NewRule("x", berth.RuleApart, "two words")
	if _, err = s.AddRule(0, &two); !errors.Is(err, berth.ErrArgument) {
		t.Error(err)
	}
}

func newVM(id string) *berth.VMSpec {
	spec := berth.NewVM(id, 2048)
	spec.MemoryReservationMiB = 2048
	spec.Power = berth.PowerOff
	return &spec
}

func TestObjectsComeAndGo(t *testing.T) {
	s := session(t, build(t, emptyHosts(1, 1024)))
	added, err := s.AddVM(0, newVM("new"), berth.NoVM)
	equal(t, "error", err, nil)
	equal(t, "number", []interface{}{added, s.VMCount(), s.VMExists(added), s.VMID(added)}, []interface{}{1, 2, true, "new"})
	found, err := s.FindVM("new")
	equal(t, "found", []interface{}{found, err}, []interface{}{added, nil})
	if _, err = s.AddVM(0, newVM("new"), berth.NoVM); !errors.Is(err, berth.ErrArgument) {
		t.Error(err)
	}
	needy := newVM("needy")
	needy.Networks = []string{"lan"}
	if _, err = s.AddVM(0, needy, berth.NoVM); !errors.Is(err, berth.ErrArgument) {
		t.Error(err)
	}
	host, err := s.AddHost(0, "z")
	equal(t, "error", err, nil)
	equal(t, "host", []interface{}{host, s.HostID(host), s.HostState(host), s.HostFree(host, berth.Memory)},
		[]interface{}{1, "z", "online", 65536})
	equal(t, "start", s.StartVM(added, host), nil)
	equal(t, "free", s.HostFree(host, berth.Memory), 65536-2048)
	size := berth.SameSize()
	size.MemoryMiB, size.MemoryReservationMiB = 8192, 4096
	equal(t, "resize", s.ResizeVM(added, size), nil)
	equal(t, "free", s.HostFree(host, berth.Memory), 65536-4096)
	equal(t, "stop", s.StopVM(added), nil)
	equal(t, "free", s.HostFree(host, berth.Memory), 65536)
	equal(t, "standby", s.SetHostState(host, berth.HostStandby), nil)
	if err = s.StartVM(added, host); !errors.Is(err, berth.ErrArgument) {
		t.Error(err)
	}
	equal(t, "remove", s.RemoveVM(added), nil)
	equal(t, "removed", []interface{}{s.VMExists(added), s.VMID(added), s.VMHost(added), s.VMDemand(added, berth.Memory)},
		[]interface{}{false, "", berth.NoHost, 0})
	if _, err = s.FindVM("new"); !errors.Is(err, berth.ErrNotFound) {
		t.Error(err)
	}
	for _, id := range []string{"nobody", "a\x00b"} {
		if _, err = s.FindHost(id); !errors.Is(err, berth.ErrNotFound) {
			t.Error(err)
		}
	}
	if err = s.StopVM(99); !errors.Is(err, berth.ErrArgument) {
		t.Error(err)
	}
	equal(t, "beyond the end", []interface{}{s.HostID(9), s.VMID(9), s.HostFree(0, 99), s.HostState(9), s.RuleEnabled(0)},
		[]interface{}{"", "", 0, "online", false})
}

func TestTransactions(t *testing.T) {
	s := session(t, build(t, emptyHosts(2, 1024, 1024)))
	kept := errors.New("kept back")
	var leaked *berth.Tx
	err := s.Update(func(tx *berth.Tx) error {
		leaked = tx
		equal(t, "start", tx.StartVM(0, 0), nil)
		chosen, err := tx.Place(1, berth.PreferTight)
		equal(t, "place", []interface{}{chosen.Host, err, tx.VMHost(1)}, []interface{}{0, nil, 0})
		found, err := tx.FindVM("vm1")
		equal(t, "found", []interface{}{found, err}, []interface{}{1, nil})
		return kept
	})
	equal(t, "error", err, kept)
	equal(t, "taken back", []berth.Host{s.VMHost(0), s.VMHost(1)}, []berth.Host{berth.NoHost, berth.NoHost})
	if err = leaked.StartVM(0, 0); !errors.Is(err, berth.ErrClosed) {
		t.Error(err)
	}
	equal(t, "over", leaked.VMCount(), 0)
	func() {
		defer func() { equal(t, "panic", recover(), "mine") }()
		_ = s.Update(func(tx *berth.Tx) error {
			_ = tx.StartVM(0, 1)
			panic("mine")
		})
	}()
	equal(t, "taken back", s.VMHost(0), berth.NoHost)
	equal(t, "error", s.Update(func(tx *berth.Tx) error { return tx.StartVM(0, 1) }), nil)
	equal(t, "kept", s.VMHost(0), 1)
}

func TestSnapshotsStay(t *testing.T) {
	s := session(t, build(t, emptyHosts(1, 1024)))
	before := snapshot(t, s)
	equal(t, "start", s.StartVM(0, 0), nil)
	after := snapshot(t, s)
	s.Close()
	equal(t, "before", before.HostFree(0, berth.Memory), 65536)
	equal(t, "after", after.HostFree(0, berth.Memory), 65536-1024)
	equal(t, "candidates", len(best(t, before, 0, berth.PreferTight)), 1)
	before.Close()
	before.Close()
	equal(t, "closed", []interface{}{before.VMCount(), before.VMID(0), before.VMHost(0)}, []interface{}{0, "", berth.NoHost})
	if _, err := before.BestHosts(0, 0, make([]berth.Candidate, 1)); !errors.Is(err, berth.ErrClosed) {
		t.Error(err)
	}
	if _, err := before.Ledger(0); !errors.Is(err, berth.ErrClosed) {
		t.Error(err)
	}
}

func TestClosedSession(t *testing.T) {
	i := build(t, emptyHosts(1, 1024))
	s := session(t, i)
	i.Close() // the session has its own reference
	equal(t, "id", s.VMID(0), "vm0")
	s.Close()
	s.Close()
	chosen, err := s.Place(0, berth.PreferTight)
	equal(t, "host", chosen.Host, berth.NoHost)
	_, snapshotErr := s.Snapshot()
	_, findErr := s.FindVM("vm0")
	_, openErr := berth.OpenSession(i)
	for _, err := range []error{err, snapshotErr, findErr, openErr, s.StopVM(0), s.Update(nil)} {
		if !errors.Is(err, berth.ErrClosed) {
			t.Error(err)
		}
	}
}

// What a scheduler calls most takes nothing from Go's heap.
func TestFastPathAllocatesNothing(t *testing.T) {
	s := session(t, build(t, cluster(20, 10)))
	kept := snapshot(t, s)
	found := make([]berth.Candidate, 4)
	for what, call := range map[string]func(){
		"best hosts of a session":  func() { _, _ = s.BestHosts(3, berth.PreferTight, found) },
		"best hosts of a snapshot": func() { _, _ = kept.BestHosts(3, berth.PreferRoomy, found) },
		"place and stop":           func() { _ = s.StopVM(3); _, _ = s.Place(3, berth.PreferTight) },
		"numbers":                  func() { _ = s.VMHost(3); _ = kept.HostFree(2, berth.Memory) },
	} {
		equal(t, "allocations of "+what, testing.AllocsPerRun(100, call), 0)
	}
}

// One goroutine changes the session and hands out snapshots; others ask these and the session. In every
// snapshot what hosts have free and what their VMs take is what they have.
func TestGoroutinesAskWhileOneChanges(t *testing.T) {
	i := build(t, cluster(12, 8))
	s := session(t, i)
	snapshots := make(chan *berth.Snapshot, 4)
	var all sync.WaitGroup
	for g := 0; g < 4; g++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for kept := range snapshots {
				check(t, i, kept)
				_, _ = s.BestHosts(1, berth.PreferTight, make([]berth.Candidate, 2))
				kept.Close()
			}
		}()
	}
	for n := 0; n < 1500; n++ {
		vm := berth.VM(n * 7 % s.VMCount())
		equal(t, "stop", s.StopVM(vm), nil)
		if _, err := s.Place(vm, berth.Preference(n%2)); err != nil {
			t.Error(err)
		}
		if n%5 == 0 {
			kept, err := s.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			snapshots <- kept
		}
	}
	close(snapshots)
	all.Wait()
}

func check(t *testing.T, i *berth.Inventory, kept *berth.Snapshot) {
	t.Helper()
	used := make([]int64, kept.HostCount())
	for vm := berth.VM(0); int(vm) < kept.VMCount(); vm++ {
		if host := kept.VMHost(vm); host != berth.NoHost && kept.VMPower(vm) == berth.PowerOn {
			used[host] += kept.VMDemand(vm, berth.Memory)
		}
	}
	for host := range used {
		free := kept.HostFree(berth.Host(host), berth.Memory)
		if capacity := i.HostCapacity(berth.Host(host), berth.Memory); free+used[host] != capacity || free < 0 {
			t.Errorf("host %d: %d free, %d used, of %d", host, free, used[host], capacity)
		}
	}
}
