// SPDX-License-Identifier: Apache-2.0

package berth

// #include <stdlib.h>
// #include "native_bridge.h"
import "C"

import (
	"fmt"
	"strings"
	"unsafe"
)

// owner gives the session to one change at a time.
type owner interface {
	own() *sessionCore // nil = closed; else disown must follow
	disown()
}

// changes has the changes that Session and Tx make, and finds what they are made to. They tell facts: a VM may be started on a host that is
// full, as an inventory may say so. What fails changes nothing.
type changes struct {
	owner owner
}

func (c changes) change(what func(*sessionCore) C.berth_status) error {
	core := c.owner.own()
	if core == nil {
		return errClosed
	}
	defer c.owner.disown()
	return core.err(what(core))
}

// FindVM is the number of the VM with this id, added ones too. The error is ErrNotFound.
func (c changes) FindVM(id string) (VM, error) {
	number, err := c.find("VM", id, func(core *sessionCore, native *C.char, number *C.uint32_t) C.berth_status {
		return C.berth_session_find_vm(core.native, native, number)
	})
	return VM(number), err
}

// FindHost is the number of the host with this id, added ones too. The error is ErrNotFound.
func (c changes) FindHost(id string) (Host, error) {
	number, err := c.find("host", id, func(core *sessionCore, native *C.char, number *C.uint32_t) C.berth_status {
		return C.berth_session_find_host(core.native, native, number)
	})
	return Host(number), err
}

func (c changes) find(kind, id string,
	ask func(*sessionCore, *C.char, *C.uint32_t) C.berth_status) (uint32, error) {
	core := c.owner.own()
	if core == nil {
		return C.BERTH_NONE, errClosed
	}
	defer c.owner.disown()
	status, number := C.berth_status(C.BERTH_E_NOT_FOUND), C.uint32_t(C.BERTH_NONE)
	if strings.IndexByte(id, 0) < 0 {
		native := C.CString(id)
		defer C.free(unsafe.Pointer(native))
		status = ask(core, native, &number)
	}
	if status != C.BERTH_OK {
		return C.BERTH_NONE, &Error{Status: Status(status), Detail: fmt.Sprintf("no %s %q", kind, id)}
	}
	return uint32(number), nil
}

// Place finds the best host for a VM that does not run and starts it there. The candidate's Host is
// NoHost, and nothing changed, if no host can take it, or if the best one must be woken first.
func (c changes) Place(vm VM, preference Preference) (Candidate, error) {
	core := c.owner.own()
	if core == nil {
		return Candidate{Host: NoHost}, errClosed
	}
	placed := C.bridge_place_vm(core.handle(), C.uint32_t(vm), C.berth_preference(preference))
	if placed.status != C.BERTH_OK {
		defer c.owner.disown()
		return Candidate{Host: NoHost}, core.err(placed.status)
	}
	c.owner.disown()
	return Candidate{Host(placed.chosen.host), uint32(placed.chosen.should_broken), uint32(placed.chosen.wakes),
		uint32(placed.chosen.room)}, nil
}

// StartVM says that the VM is on, at that host of its cluster, or waits to be placed, at NoHost.
func (c changes) StartVM(vm VM, host Host) error {
	return c.change(func(core *sessionCore) C.berth_status {
		return C.bridge_start_vm(core.handle(), C.uint32_t(vm), C.uint32_t(host))
	})
}

// StopVM says that the VM is off; it stays registered where it is.
func (c changes) StopVM(vm VM) error {
	return c.change(func(core *sessionCore) C.berth_status {
		return C.bridge_stop_vm(core.handle(), C.uint32_t(vm))
	})
}

// MoveVM says that the VM, on or off, is at that host now.
func (c changes) MoveVM(vm VM, host Host) error {
	return c.change(func(core *sessionCore) C.berth_status {
		return C.bridge_move_vm(core.handle(), C.uint32_t(vm), C.uint32_t(host))
	})
}

// VMSize is a new size of a VM. Begin with SameSize: what is Unset stays.
type VMSize struct {
	CPUs, MemoryMiB                         int64 // configured
	CPUReservationMHz, MemoryReservationMiB int64
}

// SameSize is a VMSize that changes nothing.
func SameSize() VMSize {
	return VMSize{Unset, Unset, Unset, Unset}
}

// ResizeVM changes the size of a VM.
func (c changes) ResizeVM(vm VM, size VMSize) error {
	return c.change(func(core *sessionCore) C.berth_status {
		native := C.bridge_vm_size()
		native.cpus, native.memory_mib = C.int64_t(size.CPUs), C.int64_t(size.MemoryMiB)
		native.cpu_reservation_mhz = C.int64_t(size.CPUReservationMHz)
		native.memory_reservation_mib = C.int64_t(size.MemoryReservationMiB)
		return C.berth_session_resize_vm(core.native, C.uint32_t(vm), &native)
	})
}

// AddVM adds a VM. It joins the groups and rules of like and needs its datastores, networks and extra
// resources; like NoVM it is in no rule and needs none. The id must be new; the description must not
// have Needs, Datastores or Networks of its own.
func (c changes) AddVM(cluster Cluster, spec *VMSpec, like VM) (VM, error) {
	if len(spec.Needs)+len(spec.Datastores)+len(spec.Networks) > 0 {
		return NoVM, &Error{Status: ErrArgument, Detail: "a VM that is added needs what another needs; see AddVM"}
	}
	var memory arena
	defer func() { memory.forget(0) }()
	native := memory.vmSpec(spec)
	if memory.failed != nil {
		return NoVM, memory.failed
	}
	vm := C.uint32_t(C.BERTH_NONE)
	err := c.change(func(core *sessionCore) C.berth_status {
		return C.berth_session_add_vm(core.native, C.uint32_t(cluster), &native, C.uint32_t(like), &vm)
	})
	return VM(vm), err
}

// RemoveVM removes the VM from the inventory; its number may be given out again after the transaction.
func (c changes) RemoveVM(vm VM) error {
	return c.change(func(core *sessionCore) C.berth_status {
		return C.berth_session_remove_vm(core.native, C.uint32_t(vm))
	})
}

// SetHostState says that a host failed, is drained (HostEnteringMaintenance), woke, ... A host with a VM that is on
// cannot be in standby.
func (c changes) SetHostState(host Host, state HostState) error {
	return c.change(func(core *sessionCore) C.berth_status {
		return C.berth_session_set_host_state(core.native, C.uint32_t(host), C.berth_host_state(state))
	})
}

// AddHost adds a host as like is in the inventory, but online and empty; it joins the groups and rules of
// like. The id must be new.
func (c changes) AddHost(like Host, id string) (Host, error) {
	var memory arena
	defer func() { memory.forget(0) }()
	native := memory.required(id)
	if memory.failed != nil {
		return NoHost, memory.failed
	}
	host := C.uint32_t(C.BERTH_NONE)
	err := c.change(func(core *sessionCore) C.berth_status {
		return C.berth_session_add_host(core.native, C.uint32_t(like), native, &host)
	})
	return Host(host), err
}

// AddRule adds a rule, the youngest, that names groups of the inventory that was opened, or VMs and hosts. One
// that older ones contradict is disabled.
func (c changes) AddRule(cluster Cluster, spec *RuleSpec) (Rule, error) {
	var memory arena
	defer func() { memory.forget(0) }()
	native := memory.rule(spec)
	if memory.failed != nil {
		return NoRule, memory.failed
	}
	rule := C.uint32_t(C.BERTH_NONE)
	err := c.change(func(core *sessionCore) C.berth_status {
		return C.berth_session_add_rule(core.native, C.uint32_t(cluster), &native, &rule)
	})
	return Rule(rule), err
}

// DropRule drops a rule.
func (c changes) DropRule(rule Rule) error {
	return c.change(func(core *sessionCore) C.berth_status {
		return C.berth_session_drop_rule(core.native, C.uint32_t(rule))
	})
}
