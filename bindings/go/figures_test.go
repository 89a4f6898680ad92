// SPDX-License-Identifier: Apache-2.0

package berth_test

import (
	"errors"
	"testing"

	"berth.invalid/berth"
)

// What datasets/audit-slots-disagree.xml derives.
func TestAudit(t *testing.T) {
	i := read(t, "audit-slots-disagree.xml")
	report, err := i.Audit(background, &berth.AuditRequest{Failures: 2})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "worst", report.Worst, berth.VerdictLost)
	c := report.Clusters[0]
	equal(t, "holds", []interface{}{c.Holds, c.HoldsExact, c.Admission}, []interface{}{1, true, berth.AdmissionSlots})
	equal(t, "slots", []int64{c.Slots.MemoryMiB, c.Slots.Count, c.Slots.Used}, []int64{16384, 4, 6})
	one, two := c.Sizes[1], c.Sizes[2]
	equal(t, "sets", []uint64{one.Sets, two.Sets}, []uint64{4, 6})
	equal(t, "one failure", []uint64{one.Counts[berth.VerdictRestarts], one.Counts[berth.VerdictMigrations]}, []uint64{3, 1})
	equal(t, "two failures", two.Counts[berth.VerdictLost], 6)
	equal(t, "survived", []bool{one.Survived(), two.Survived()}, []bool{true, false})
	equal(t, "slots say no", one.SlotsClaim, false)
	equal(t, "units", []string{c.Units[0].Name, c.Units[3].Name}, []string{"esx01", "esx04"})
	alone, err := i.Audit(background, nil)
	equal(t, "error", err, nil)
	equal(t, "db alone", alone.VMs[vm(t, i, "db")], berth.VerdictMigrations)
	equal(t, "web alone", alone.VMs[vm(t, i, "web")], berth.VerdictRestarts)
	if len(alone.Clusters[0].Sets) != 1 || alone.Clusters[0].Sets[0].Verdict != berth.VerdictMigrations ||
		alone.Clusters[0].Sets[0].Units[0] != 2 {
		t.Error(alone.Clusters[0].Sets)
	}
	var lost uint64
	for part := 0; part < 3; part++ {
		share, err := i.Audit(background, &berth.AuditRequest{Failures: 2, Part: part, Parts: 3})
		equal(t, "error", err, nil)
		lost += share.Clusters[0].Sizes[2].Counts[berth.VerdictLost]
	}
	equal(t, "parts add up", lost, 6)
	for _, failures := range []int{65, -1} {
		if _, err = i.Audit(background, &berth.AuditRequest{Failures: failures}); !errors.Is(err, berth.ErrArgument) {
			t.Error(failures, err)
		}
	}
}

// What datasets/capacity-in-pieces.xml derives: 8 by the totals, 4 as it is, one more for each migration.
func TestCapacity(t *testing.T) {
	i := read(t, "capacity-in-pieces.xml")
	answer, err := i.Capacity(background, &berth.CapacityRequest{
		Flavours:   []berth.Flavour{{CPUMHz: 0, MemoryMiB: 8192}},
		Migrations: []int64{1, 2, berth.Unlimited},
		Failures:   1,
	})
	if err != nil {
		t.Fatal(err)
	}
	c := answer[0]
	equal(t, "totals", c.Totals, berth.Figure{Least: 8, Most: 8})
	equal(t, "now", c.Now, berth.Figure{Least: 4, Most: 4})
	equal(t, "migrated", c.Migrated, []berth.Figure{{5, 5}, {6, 6}, {8, 8}})
	equal(t, "survived", c.Survived, []berth.Figure{{4, 4}, {-1, -1}})
	equal(t, "hosts alone", []int64{c.Hosts[0].Mixes, c.Hosts[4].Mixes}, []int64{1, 0})
	equal(t, "hosts", len(c.Hosts), 8)
	equal(t, "memory", []int64{c.Resources[berth.Memory].Demand, c.Resources[berth.Memory].ByTotal}, []int64{8192, 8})
	if !c.Resources[berth.Memory].Binds {
		t.Error("memory binds")
	}
	like, err := i.Capacity(background, &berth.CapacityRequest{Flavours: []berth.Flavour{{Like: "web1"}}})
	equal(t, "error", err, nil)
	// 4 GiB like web1: three on each of the first four hosts, one on each of the others.
	equal(t, "like web1", like[0].Now, berth.Figure{Least: 16, Most: 16})
	_, err = i.Capacity(background, &berth.CapacityRequest{Flavours: []berth.Flavour{{Like: "web99"}}})
	if !errors.Is(err, berth.ErrNotFound) {
		t.Error(err)
	}
	if _, err = i.Capacity(background, &berth.CapacityRequest{}); !errors.Is(err, berth.ErrArgument) {
		t.Error(err)
	}
	needs := []berth.Flavour{{MemoryMiB: 1024, Needs: map[string]int64{"vgpu": 1}}}
	if _, err = i.Capacity(background, &berth.CapacityRequest{Flavours: needs}); !errors.Is(err, berth.ErrNotFound) {
		t.Error(err)
	}
}
