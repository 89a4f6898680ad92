// SPDX-License-Identifier: Apache-2.0

package berth

// #include "native_bridge.h"
import "C"

import (
	"runtime"
	"unsafe"
)

// Plan is an answer: where VMs end, in which order of steps, how good that is and what is proved about
// it. Its indices are those of Plan.Inventory. It is immutable; any number of goroutines may use it at once.
type Plan struct {
	handle     sharedHandle
	inventory  *Inventory
	statistics SolveStatistics
}

// Level is a level of the goal's ladder: its value and the bound that is proved for it.
type Level struct {
	Name  LevelName
	Value int64
	Bound int64 // no plan has less, given the values of the levels before
	// Outcome is Optimal where value and bound meet.
	Outcome Outcome
	Proof   string // how the bound was found ("zero", "integer program", ...), or ""
}

// Placement is a VM that ends elsewhere than it began.
type Placement struct {
	VM   VM
	From Host // NoHost = ran nowhere
	To   Host
	How  How
}

// LedgerEntry says of how many hosts one reason holds.
type LedgerEntry struct {
	Reason   Reason
	Rule     Rule     // NoRule unless a rule
	Resource Resource // NoResource unless a resource
	Hosts    int
	ShortBy  int64 // of Resource, on the host that comes closest
}

// Remedy is a single change that would help, verified by solving again.
type Remedy struct {
	Change string // "wake esx09"
	Cost   int64  // 1 = cheapest kind
}

// Unplaced is a VM that stays without a host, or on a host that it must leave.
type Unplaced struct {
	VM       VM
	Ledger   []LedgerEntry
	Conflict []string // rules, resources and reasons that together forbid it; empty = not known
	Remedies []Remedy // cheapest first
}

// Shortage is hosts that are too small for VMs that can end nowhere else.
type Shortage struct {
	Resource Resource
	ShortBy  int64
	VMs      []VM
	Hosts    []Host
}

// Window is seconds from the start of the plan: everything acknowledged at once, and all waits run out.
type Window struct {
	Earliest, Latest int64
}

// Step may start when every step of After has ended, and every step of AfterSettled has ended and its VM
// has settled.
type Step struct {
	Type         StepType
	ID           int  // from 1, in an order in which the steps can be carried out
	VM           VM   // NoVM for steps of hosts
	From, To     Host // of a migration both; of a restart or power-on To
	Host         Host // of steps of hosts
	After        []int
	AfterSettled []int
	Wait         int64 // seconds that a guest may hold a migration back
	Seconds      int64 // duration without the wait
	Settle       int64 // seconds the VM needs after a notified migration
	Start, End   Window
	Approval     bool // a person must agree
	Why          string
}

// Makespan is how long a plan takes, in seconds.
type Makespan struct {
	Best, Expected, Worst int64
}

func freePlan(memory unsafe.Pointer) {
	C.berth_plan_free((*C.berth_plan)(memory))
}

// newPlan takes the plan over; free frees it, or what owns it.
func newPlan(native *C.berth_plan, statistics *C.berth_solve_statistics, free func(unsafe.Pointer)) *Plan {
	p := &Plan{
		inventory: newInventory(C.bridge_retained(C.berth_plan_inventory(native)), nil),
	}
	if statistics != nil {
		p.statistics = newStatistics(statistics)
	}
	p.handle.open(unsafe.Pointer(native), free)
	runtime.SetFinalizer(p, (*Plan).Close)
	return p
}

// Close frees the plan, and its Inventory, as soon as nothing uses them any more.
func (p *Plan) Close() {
	p.handle.close()
	p.inventory.Close()
	runtime.SetFinalizer(p, nil)
}

func (p *Plan) use() *C.berth_plan {
	return (*C.berth_plan)(p.handle.use())
}

// Inventory is what the plan is about: the inventory after the scenario. It is closed with the plan.
func (p *Plan) Inventory() *Inventory { return p.inventory }

// Statistics says where the time went; zero for a plan that was read.
func (p *Plan) Statistics() SolveStatistics { return p.statistics }

// Goal is what the plan is for.
func (p *Plan) Goal() Goal {
	native := p.use()
	if native == nil {
		return 0
	}
	defer p.handle.done()
	return Goal(C.berth_plan_goal(native))
}

// Outcome is Optimal if all levels are proved (makespan aside), Infeasible if something asked for is
// proved impossible, else Feasible; Unknown if there is no plan, or it was closed.
func (p *Plan) Outcome() Outcome {
	native := p.use()
	if native == nil {
		return Unknown
	}
	defer p.handle.done()
	return Outcome(C.berth_plan_status(native))
}

// Makespan is how long the plan takes.
func (p *Plan) Makespan() Makespan {
	native := p.use()
	if native == nil {
		return Makespan{}
	}
	defer p.handle.done()
	m := C.berth_plan_get_makespan(native)
	return Makespan{int64(m.best), int64(m.expected), int64(m.worst)}
}

// Levels is the ladder of the goal, best first.
func (p *Plan) Levels() []Level {
	native := p.use()
	if native == nil {
		return nil
	}
	defer p.handle.done()
	count := int(C.berth_plan_level_count(native))
	levels := make([]Level, count)
	for i := range levels {
		l := C.berth_plan_level_at(native, C.uint32_t(i))
		levels[i] = Level{LevelName(l.level), int64(l.value), int64(l.bound), Outcome(l.status), text(l.proof)}
	}
	return levels
}

// Level is one level of the ladder; false if the goal has no such level.
func (p *Plan) Level(name LevelName) (Level, bool) {
	for _, level := range p.Levels() {
		if level.Name == name {
			return level, true
		}
	}
	return Level{}, false
}

// Placements lists the VMs that end elsewhere than they began.
func (p *Plan) Placements() []Placement {
	native := p.use()
	if native == nil {
		return nil
	}
	defer p.handle.done()
	count := C.berth_plan_placement_count(native)
	if count == 0 {
		return nil
	}
	found := make([]C.berth_plan_placement, count)
	C.bridge_placements(native, &found[0], count)
	placements := make([]Placement, count)
	for i, f := range found {
		placements[i] = Placement{VM(f.vm), Host(f.from), Host(f.to), How(f.how)}
	}
	return placements
}

// Unplaced lists the VMs that stay without a host, and why.
func (p *Plan) Unplaced() []Unplaced {
	return p.unplaced(func(native *C.berth_plan) C.uint32_t {
		return C.berth_plan_unplaced_count(native)
	}, func(native *C.berth_plan, i C.uint32_t) *C.berth_plan_unplaced {
		return C.berth_plan_unplaced_at(native, i)
	})
}

// LeftBehind lists the VMs that stay on hosts which they must leave, and why.
func (p *Plan) LeftBehind() []Unplaced {
	return p.unplaced(func(native *C.berth_plan) C.uint32_t {
		return C.berth_plan_left_behind_count(native)
	}, func(native *C.berth_plan, i C.uint32_t) *C.berth_plan_unplaced {
		return C.berth_plan_left_behind_at(native, i)
	})
}

func (p *Plan) unplaced(count func(*C.berth_plan) C.uint32_t,
	at func(*C.berth_plan, C.uint32_t) *C.berth_plan_unplaced) []Unplaced {
	native := p.use()
	if native == nil {
		return nil
	}
	defer p.handle.done()
	list := make([]Unplaced, count(native))
	for i := range list {
		u := at(native, C.uint32_t(i))
		list[i].VM = VM(u.vm)
		for _, entry := range unsafe.Slice(u.ledger, u.ledger_count) {
			list[i].Ledger = append(list[i].Ledger, newLedgerEntry(&entry))
		}
		for _, word := range unsafe.Slice(u.conflict, u.conflict_count) {
			list[i].Conflict = append(list[i].Conflict, text(word))
		}
		for _, remedy := range unsafe.Slice(u.remedies, u.remedy_count) {
			list[i].Remedies = append(list[i].Remedies, Remedy{text(remedy.change), int64(remedy.cost)})
		}
	}
	return list
}

func newLedgerEntry(e *C.berth_plan_ledger_entry) LedgerEntry {
	return LedgerEntry{
		Reason:   Reason(e.reason),
		Rule:     Rule(e.rule),
		Resource: Resource(e.resource),
		Hosts:    int(e.hosts),
		ShortBy:  int64(e.short_by),
	}
}

// Shortages lists hosts that are too small for VMs that can end nowhere else.
func (p *Plan) Shortages() []Shortage {
	native := p.use()
	if native == nil {
		return nil
	}
	defer p.handle.done()
	list := make([]Shortage, C.berth_plan_shortage_count(native))
	for i := range list {
		s := C.berth_plan_shortage_at(native, C.uint32_t(i))
		list[i] = Shortage{Resource: Resource(s.resource), ShortBy: int64(s.short_by)}
		for _, vm := range unsafe.Slice(s.vms, s.vm_count) {
			list[i].VMs = append(list[i].VMs, VM(vm))
		}
		for _, host := range unsafe.Slice(s.hosts, s.host_count) {
			list[i].Hosts = append(list[i].Hosts, Host(host))
		}
	}
	return list
}

// Steps lists the steps in an order in which they can be carried out.
func (p *Plan) Steps() []Step {
	native := p.use()
	if native == nil {
		return nil
	}
	defer p.handle.done()
	steps := make([]Step, C.berth_plan_step_count(native))
	for i := range steps {
		s := C.berth_plan_step_at(native, C.uint32_t(i))
		steps[i] = Step{
			Type:         StepType(s._type),
			ID:           int(s.id),
			VM:           VM(s.vm),
			From:         Host(s.from),
			To:           Host(s.to),
			Host:         Host(s.host),
			After:        ids(s.after, s.after_count),
			AfterSettled: ids(s.after_settled, s.after_settled_count),
			Wait:         int64(s.wait),
			Seconds:      int64(s.seconds),
			Settle:       int64(s.settle),
			Start:        Window{int64(s.start.earliest), int64(s.start.latest)},
			End:          Window{int64(s.end.earliest), int64(s.end.latest)},
			Approval:     bool(s.approval),
			Why:          text(s.why),
		}
	}
	return steps
}

func ids(first *C.uint32_t, count C.uint32_t) []int {
	if count == 0 {
		return nil
	}
	list := make([]int, count)
	for i, id := range unsafe.Slice(first, count) {
		list[i] = int(id)
	}
	return list
}

// Warnings lists what a person should know about the plan.
func (p *Plan) Warnings() []string {
	native := p.use()
	if native == nil {
		return nil
	}
	defer p.handle.done()
	warnings := make([]string, C.berth_plan_warning_count(native))
	for i := range warnings {
		warnings[i] = text(C.berth_plan_warning_at(native, C.uint32_t(i)))
	}
	return warnings
}
