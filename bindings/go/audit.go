// SPDX-License-Identifier: Apache-2.0

package berth

// #include "native_bridge.h"
import "C"

import (
	"context"
	"fmt"
	"math"
	"unsafe"
)

// AuditRequest is what Audit is asked.
type AuditRequest struct {
	Failures int     // sets of up to so many failures; 0 = 1, at most 64
	Domain   Domain  // what fails as one
	Options  Options // OptionTimeLimit, OptionThreads, OptionExactLimit
	// Of the sets of each size only share number Part, from 0, of Parts that are as equal as can be;
	// 0 Parts = all sets.
	Part, Parts int
}

// FailureSets is all failure sets of one size.
type FailureSets struct {
	Sets   uint64 // math.MaxUint64: as many, or more
	Counts [VerdictLost + 1]uint64
	// Alone counts sets in which HA, left alone, restarts every VM; of AloneUndecided that is not known.
	Alone, AloneUndecided uint64
	// What each policy says: that all of them are survived.
	SlotsClaim, PercentageClaim, DedicatedClaim bool
}

// Survived is true if every set is proved to be survived.
func (s FailureSets) Survived() bool {
	return s.Counts[VerdictLost] == 0 && s.Counts[VerdictUndecided] == 0
}

// FailureSet is a set that is not survived by restarts alone.
type FailureSet struct {
	Units     []int // places in ClusterAudit.Units, ascending
	Verdict   Verdict
	Lost      []VM
	LostKnown bool // false: it is proved that some VMs are lost, not which
}

// FailureUnit is what can fail: a host, or a domain of hosts.
type FailureUnit struct {
	Name  string
	Worst Verdict // of a set with it
}

// Slots is admission control by slots.
type Slots struct {
	CPUMHz, MemoryMiB int64 // of a slot
	Count, Used       int64
	Unreserved, Short int64 // after the configured failures: left, and missing
	FailoverLevel     int   // most hosts that may go
}

// Share is admission control by percentage, of one resource.
type Share struct {
	Capacity, Needed int64
	FreeBasisPoints  int64 // of 10000
	Enough           bool
}

// ClusterAudit is the audit of one cluster.
type ClusterAudit struct {
	Admission           Admission // configured
	Failures            int       // that it is set up to tolerate
	UsableHosts         int
	Slots               Slots
	CPU, Memory         Share
	PercentageSatisfied bool
	Units               []FailureUnit
	Sizes               []FailureSets // by number of failures, from 0
	Holds               int           // every set of up to so many is proved to be survived; -1: not even none
	HoldsExact          bool          // and one more is proved not to be, or was not asked for
	Sets                []FailureSet  // in order of size
	SetsNotListed       uint64
}

// AuditReport is the audit of an inventory.
type AuditReport struct {
	Worst    Verdict
	Clusters []ClusterAudit // by Cluster
	VMs      []Verdict      // by VM: the worst it meets in any set that takes its host
}

// Audit says which failures the clusters survive, and beside it what admission control says.
// Request may be nil: all single failures.
func (i *Inventory) Audit(ctx context.Context, request *AuditRequest) (*AuditReport, error) {
	if request == nil {
		request = &AuditRequest{}
	}
	c, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	defer c.end()
	native := i.use()
	if native == nil {
		return nil, errClosed
	}
	defer i.handle.done()
	asked := (*C.berth_audit_request)(c.allocate(C.sizeof_berth_audit_request))
	options := c.options(request.Options)
	for _, number := range []int{request.Failures, request.Part, request.Parts} {
		if number < 0 || number > math.MaxInt32 {
			c.refuse(&Error{Status: ErrArgument, Detail: fmt.Sprintf("%d: no such number of failures or parts", number)})
		}
	}
	if c.failed != nil {
		return nil, c.failed
	}
	*asked = C.bridge_audit_request()
	asked.domain, asked.options = C.berth_domain(request.Domain), options
	asked.part, asked.parts = C.uint32_t(request.Part), C.uint32_t(request.Parts)
	if request.Failures > 0 {
		asked.failures = C.uint32_t(request.Failures)
	}
	var audit *C.berth_audit
	if err := c.err(C.berth_audit_run(c.native, native, asked, &audit)); err != nil {
		return nil, err
	}
	defer C.berth_audit_free(audit)
	report := newAuditReport(audit, i)
	if c.cut() {
		return report, c.cancelled()
	}
	return report, nil
}

func newAuditReport(native *C.berth_audit, inventory *Inventory) *AuditReport {
	report := &AuditReport{
		Worst:    Verdict(C.berth_audit_worst(native)),
		Clusters: make([]ClusterAudit, inventory.clusters),
		VMs:      make([]Verdict, inventory.vms),
	}
	for cluster := range report.Clusters {
		report.Clusters[cluster] = newClusterAudit(C.berth_audit_get_cluster(native, C.uint32_t(cluster)))
	}
	for vm := range report.VMs {
		report.VMs[vm] = Verdict(C.berth_audit_vm(native, C.uint32_t(vm)))
	}
	return report
}

func newClusterAudit(native *C.berth_audit_cluster) ClusterAudit {
	p := &native.policy
	a := ClusterAudit{
		Admission:   Admission(p.configured),
		Failures:    int(p.failures),
		UsableHosts: int(p.usable_hosts),
		Slots: Slots{
			CPUMHz:        int64(p.slot_cpu_mhz),
			MemoryMiB:     int64(p.slot_memory_mib),
			Count:         int64(p.slots),
			Used:          int64(p.slots_used),
			Unreserved:    int64(p.slots_unreserved),
			Short:         int64(p.slots_short),
			FailoverLevel: int(p.failover_level),
		},
		CPU:                 newShare(&p.cpu),
		Memory:              newShare(&p.memory),
		PercentageSatisfied: bool(p.percentage_satisfied),
		Holds:               int(native.holds),
		HoldsExact:          bool(native.holds_exact),
		SetsNotListed:       uint64(native.sets_not_listed),
	}
	worst := unsafe.Slice((*byte)(native.unit_worst), native.unit_count)
	for unit, name := range unsafe.Slice(native.unit_name, native.unit_count) {
		a.Units = append(a.Units, FailureUnit{text(name), Verdict(worst[unit])})
	}
	for _, size := range unsafe.Slice(native.sizes, native.size_count) {
		a.Sizes = append(a.Sizes, newFailureSets(&size))
	}
	for _, set := range unsafe.Slice(native.sets, native.set_count) {
		a.Sets = append(a.Sets, newFailureSet(&set))
	}
	return a
}

func newShare(native *C.berth_audit_share) Share {
	return Share{int64(native.capacity), int64(native.needed), int64(native.free_basis_points), bool(native.enough)}
}

func newFailureSets(native *C.berth_audit_size) FailureSets {
	sets := FailureSets{
		Sets:            uint64(native.sets),
		Alone:           uint64(native.alone),
		AloneUndecided:  uint64(native.alone_undecided),
		SlotsClaim:      bool(native.claim[C.BERTH_AUDIT_CLAIM_SLOTS]),
		PercentageClaim: bool(native.claim[C.BERTH_AUDIT_CLAIM_PERCENTAGE]),
		DedicatedClaim:  bool(native.claim[C.BERTH_AUDIT_CLAIM_DEDICATED]),
	}
	for verdict := range sets.Counts {
		sets.Counts[verdict] = uint64(native.count[verdict])
	}
	return sets
}

func newFailureSet(native *C.berth_audit_set) FailureSet {
	set := FailureSet{
		Units:     ids(native.units, native.size),
		Verdict:   Verdict(native.verdict),
		LostKnown: bool(native.lost_known),
	}
	for _, vm := range unsafe.Slice(native.lost, native.lost_count) {
		set.Lost = append(set.Lost, VM(vm))
	}
	return set
}
