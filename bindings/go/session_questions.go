// SPDX-License-Identifier: Apache-2.0

package berth

// #include "native_bridge.h"
import "C"

import (
	"context"
	"fmt"
	"unsafe"
)

// Preference says which host comes first among those that break as few should rules and wake as few hosts.
type Preference int

// Values of Preference.
const (
	PreferTight Preference = C.BERTH_PREFER_TIGHT // the fullest: keeps large gaps whole, lets hosts run empty
	PreferRoomy Preference = C.BERTH_PREFER_ROOMY // the emptiest: spreads load
)

// Candidate is a host that can take a VM as things stand, nothing else moved.
type Candidate struct {
	Host         Host
	ShouldBroken uint32 // should rules of the VM that are broken with it there
	Wakes        uint32 // 1 = in standby, to be woken first; else 0
	Room         uint32 // free now of its scarcer of CPU and memory, in 1/1024 of its capacity
}

// A Candidate is read and written by C in place: same size, same offsets.
var (
	_ [unsafe.Sizeof(Candidate{})]byte                = [C.sizeof_berth_candidate]byte{}
	_ [unsafe.Offsetof(Candidate{}.ShouldBroken)]byte = [unsafe.Offsetof(C.berth_candidate{}.should_broken)]byte{}
	_ [unsafe.Offsetof(Candidate{}.Wakes)]byte        = [unsafe.Offsetof(C.berth_candidate{}.wakes)]byte{}
	_ [unsafe.Offsetof(Candidate{}.Room)]byte         = [unsafe.Offsetof(C.berth_candidate{}.room)]byte{}
)

// View is what can be asked about the state of a cluster at one moment. Session, Snapshot and Tx are
// Views. Numbers that are not in use get zero values. Questions with a context may take long: others that
// ask a Session meanwhile wait, those that ask a Snapshot do not.
type View interface {
	// VMCount, HostCount and RuleCount are one past the largest number in use.
	VMCount() int
	HostCount() int
	RuleCount() int
	// VMExists is false for a number whose VM was removed.
	VMExists(vm VM) bool
	VMID(vm VM) string
	// VMHost is NoHost for a VM that runs nowhere.
	VMHost(vm VM) Host
	VMPower(vm VM) Power
	// VMDemand is what a VM takes of a host when it runs, in the unit of the resource.
	VMDemand(vm VM, resource Resource) int64
	HostID(host Host) string
	HostState(host Host) HostState
	// HostFree is the capacity less what the VMs that run there take; it may be negative.
	// Unlimited = no limit.
	HostFree(host Host, resource Resource) int64
	RuleExists(rule Rule) bool
	// RuleEnabled is false also for a rule that an older one contradicts.
	RuleEnabled(rule Rule) bool
	// BestHosts fills into with the hosts that can take the VM now, best first, and says how many
	// there are, at most len(into): fewest should rules broken, then none woken, then by preference.
	// The host that the VM runs on is not among them. It allocates nothing.
	BestHosts(vm VM, preference Preference, into []Candidate) (int, error)
	// Obstacle is why the host cannot take the VM: the first reason. False if it can.
	Obstacle(vm VM, host Host) (LedgerEntry, bool)
	// Ledger counts the hosts of the VM's cluster that cannot take it, by reason.
	Ledger(vm VM) ([]LedgerEntry, error)
	// Drain says whether a host can be emptied, Failure who survives if it fails.
	Drain(ctx context.Context, host Host, options Options) (*Answer, error)
	Failure(ctx context.Context, host Host, options Options) (*Answer, error)
	// Inventory is the state as an inventory, for any other question; Solve plans for it.
	Inventory(ctx context.Context) (*Inventory, error)
	Solve(ctx context.Context, request *Request) (*Plan, error)
}

// keeper holds a view still while a question is asked.
type keeper interface {
	keep() *C.berth_view // nil = closed; else leave must follow
	leave()
}

func viewHandle(view *C.berth_view) C.uintptr_t {
	return C.uintptr_t(uintptr(unsafe.Pointer(view)))
}

// questions implements View for what embeds it.
type questions struct {
	keeper    keeper
	resources uint32 // of the inventory that was opened; they do not change
}

// ask asks for a number; 0 if the view was closed.
func (q questions) ask(what C.bridge_field, object, resource uint32) int64 {
	if resource >= q.resources {
		return 0
	}
	view := q.keeper.keep()
	if view == nil {
		return 0
	}
	answer := C.bridge_view_ask(viewHandle(view), what, C.uint32_t(object), C.uint32_t(resource))
	q.keeper.leave()
	return int64(answer)
}

// VMCount is one past the largest number of a VM.
func (q questions) VMCount() int { return int(q.ask(C.BRIDGE_VM_COUNT, 0, 0)) }

// HostCount is one past the largest number of a host.
func (q questions) HostCount() int { return int(q.ask(C.BRIDGE_HOST_COUNT, 0, 0)) }

// RuleCount is one past the largest number of a rule.
func (q questions) RuleCount() int { return int(q.ask(C.BRIDGE_RULE_COUNT, 0, 0)) }

// VMExists is false for a number whose VM was removed.
func (q questions) VMExists(vm VM) bool { return q.ask(C.BRIDGE_VM_EXISTS, uint32(vm), 0) != 0 }

// VMHost is the host of a VM; NoHost = none.
func (q questions) VMHost(vm VM) Host {
	view := q.keeper.keep()
	if view == nil {
		return NoHost
	}
	host := C.bridge_view_ask(viewHandle(view), C.BRIDGE_VM_HOST, C.uint32_t(vm), 0)
	q.keeper.leave()
	return Host(host)
}

// VMPower is the power state of a VM.
func (q questions) VMPower(vm VM) Power { return Power(q.ask(C.BRIDGE_VM_POWER, uint32(vm), 0)) }

// VMDemand is what a VM takes of a host when it runs, in the unit of the resource.
func (q questions) VMDemand(vm VM, resource Resource) int64 {
	return q.ask(C.BRIDGE_VM_DEMAND, uint32(vm), uint32(resource))
}

// HostState is the state of a host.
func (q questions) HostState(host Host) HostState {
	return HostState(q.ask(C.BRIDGE_HOST_STATE, uint32(host), 0))
}

// HostFree is what a host has left of a resource; it may be negative, and Unlimited.
func (q questions) HostFree(host Host, resource Resource) int64 {
	return q.ask(C.BRIDGE_HOST_FREE, uint32(host), uint32(resource))
}

// RuleExists is false for a number whose rule was dropped.
func (q questions) RuleExists(rule Rule) bool {
	return q.ask(C.BRIDGE_RULE_EXISTS, uint32(rule), 0) != 0
}

// RuleEnabled is false also for a rule that an older one contradicts.
func (q questions) RuleEnabled(rule Rule) bool {
	return q.ask(C.BRIDGE_RULE_ENABLED, uint32(rule), 0) != 0
}

// VMID is the id of a VM, "" if there is none of this number.
func (q questions) VMID(vm VM) string {
	view := q.keeper.keep()
	if view == nil {
		return ""
	}
	defer q.keeper.leave()
	return text(C.bridge_view_vm_id(view, C.uint32_t(vm)))
}

// HostID is the id of a host, "" if there is none of this number.
func (q questions) HostID(host Host) string {
	view := q.keeper.keep()
	if view == nil {
		return ""
	}
	defer q.keeper.leave()
	return text(C.bridge_view_host_id(view, C.uint32_t(host)))
}

// BestHosts fills into with the hosts that can take the VM now, best first, and says how many there are.
func (q questions) BestHosts(vm VM, preference Preference, into []Candidate) (int, error) {
	if len(into) == 0 {
		return 0, &Error{Status: ErrArgument, Detail: "no room for candidates"}
	}
	view := q.keeper.keep()
	if view == nil {
		return 0, errClosed
	}
	found := C.bridge_view_best_hosts(viewHandle(view), C.uint32_t(vm), C.berth_preference(preference),
		(*C.berth_candidate)(unsafe.Pointer(&into[0])), C.uint32_t(len(into)))
	q.keeper.leave()
	if found < 0 {
		return 0, noSuch("VM", uint32(vm), C.berth_status(-found))
	}
	return int(found), nil
}

// Obstacle is why the host cannot take the VM: the first reason. False if it can, or if there is no
// such VM or host.
func (q questions) Obstacle(vm VM, host Host) (LedgerEntry, bool) {
	view := q.keeper.keep()
	if view == nil {
		return LedgerEntry{}, false
	}
	defer q.keeper.leave()
	var entry C.berth_plan_ledger_entry
	if !C.bridge_view_obstacle(view, C.uint32_t(vm), C.uint32_t(host), &entry) {
		return LedgerEntry{}, false
	}
	return newLedgerEntry(&entry), true
}

// Ledger counts the hosts of the VM's cluster that cannot take it, by reason.
func (q questions) Ledger(vm VM) ([]LedgerEntry, error) {
	view := q.keeper.keep()
	if view == nil {
		return nil, errClosed
	}
	defer q.keeper.leave()
	for entries := make([]C.berth_plan_ledger_entry, 32); ; {
		count := C.uint32_t(len(entries))
		status := C.bridge_view_ledger(view, C.uint32_t(vm), &entries[0], &count)
		if status != C.BERTH_OK {
			return nil, noSuch("VM", uint32(vm), status)
		}
		if int(count) > len(entries) {
			entries = make([]C.berth_plan_ledger_entry, count)
			continue
		}
		ledger := make([]LedgerEntry, count)
		for i := range ledger {
			ledger[i] = newLedgerEntry(&entries[i])
		}
		return ledger, nil
	}
}

func noSuch(kind string, number uint32, status C.berth_status) error {
	return &Error{Status: Status(status), Detail: fmt.Sprintf("no %s %d", kind, number)}
}
