// SPDX-License-Identifier: Apache-2.0

package berth

// #include "native_bridge.h"
import "C"

import "context"

// Scenario is an ordered list of changes to an inventory. Later events see earlier ones.
type Scenario struct {
	Name   string
	Events []Event
}

// Event is one change. What it names is an id or a name; which fields it uses stands beside the constants
// of EventType. The functions below make the usual ones.
type Event struct {
	Type                        EventType
	Host, VM, Like, ID, Cluster string
	Chassis, Rack, Site         string
	Attribute, Value            string // an XML attribute of a host or VM, and its new value
	Storage                     string // "reachable" or "lost"
	Count                       int64  // of additions; 0 = 1
	CPUMHz, MemoryMiB           int64  // of EventAddFlavour; memory is configured and reserved
	At, After                   *int64 // seconds, for simulations
}

// FailHost has a host fail.
func FailHost(host string) Event { return Event{Type: EventFail, Host: host} }

// FailRack has all hosts of a rack fail.
func FailRack(rack string) Event { return Event{Type: EventFail, Rack: rack} }

// DrainHost has a host enter maintenance: it must be emptied.
func DrainHost(host string) Event { return Event{Type: EventMaintenance, Host: host} }

// RestoreHost has a host be online.
func RestoreHost(host string) Event { return Event{Type: EventOnline, Host: host} }

// AddHosts adds hosts like another.
func AddHosts(like string, count int64) Event {
	return Event{Type: EventAddHost, Like: like, Count: count}
}

// AddVMs adds VMs like another, in its rules and groups; they are on and wait to be placed.
func AddVMs(like string, count int64) Event {
	return Event{Type: EventAddVM, Like: like, Count: count}
}

// AddFlavour adds VMs of a size, in MHz and MiB, which they reserve; they wait to be placed.
func AddFlavour(cpuMHz, memoryMiB, count int64) Event {
	return Event{Type: EventAddFlavour, CPUMHz: cpuMHz, MemoryMiB: memoryMiB, Count: count}
}

// PowerOnVM has a VM that is off wait to be placed.
func PowerOnVM(vm string) Event { return Event{Type: EventPowerOn, VM: vm} }

// SetVM changes an attribute of a VM, such as "memoryReservationMib".
func SetVM(vm, attribute, value string) Event {
	return Event{Type: EventSet, VM: vm, Attribute: attribute, Value: value}
}

// DropRule drops a rule.
func DropRule(id string) Event { return Event{Type: EventDropRule, ID: id} }

// ReadScenario reads a scenario document.
func ReadScenario(ctx context.Context, path string) (*Scenario, error) {
	c, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	defer c.end()
	nativePath := c.required(path)
	if c.failed != nil {
		return nil, c.failed
	}
	var native *C.berth_scenario
	if err := c.err(C.berth_read_scenario(c.native, nativePath, nil, &native)); err != nil {
		return nil, err
	}
	defer C.berth_scenario_free(native)
	return newScenario(native), nil
}

func newScenario(native *C.berth_scenario) *Scenario {
	s := &Scenario{Name: text(C.berth_scenario_name(native))}
	for i := C.uint32_t(0); i < C.berth_scenario_count(native); i++ {
		e := C.berth_scenario_event(native, i)
		s.Events = append(s.Events, Event{
			Type:      EventType(e._type),
			Host:      text(e.host),
			VM:        text(e.vm),
			Like:      text(e.like),
			ID:        text(e.id),
			Cluster:   text(e.cluster),
			Chassis:   text(e.chassis),
			Rack:      text(e.rack),
			Site:      text(e.site),
			Attribute: text(e.attribute),
			Value:     text(e.value),
			Storage:   text(e.storage),
			Count:     int64(e.count),
			CPUMHz:    quantity(e.cpu_mhz),
			MemoryMiB: quantity(e.memory_mib),
			At:        seconds(e.at),
			After:     seconds(e.after),
		})
	}
	return s
}

// quantity is 0 where C says unset.
func quantity(value C.int64_t) int64 {
	if value == C.BERTH_UNSET {
		return 0
	}
	return int64(value)
}

func seconds(value C.int64_t) *int64 {
	if value == C.BERTH_UNSET {
		return nil
	}
	given := int64(value)
	return &given
}

// scenario makes the native scenario, which the caller frees. nil is one without events.
func (c *call) scenario(s *Scenario) (*C.berth_scenario, error) {
	var native *C.berth_scenario
	if err := c.err(C.berth_scenario_new(c.native, &native)); err != nil || s == nil {
		return native, err
	}
	status := C.berth_scenario_set_name(c.native, native, c.optional(s.Name))
	for i := 0; i < len(s.Events) && status == C.BERTH_OK; i++ {
		event := c.event(&s.Events[i])
		status = C.berth_scenario_add(c.native, native, &event)
	}
	err := c.failed
	if err == nil {
		err = c.err(status)
	}
	if err != nil {
		C.berth_scenario_free(native)
		return nil, err
	}
	return native, nil
}

func (c *call) event(e *Event) C.berth_event {
	native := C.bridge_event()
	native._type = C.berth_event_type(e.Type)
	native.host, native.vm, native.like = c.optional(e.Host), c.optional(e.VM), c.optional(e.Like)
	native.id, native.cluster = c.optional(e.ID), c.optional(e.Cluster)
	native.chassis, native.rack, native.site = c.optional(e.Chassis), c.optional(e.Rack), c.optional(e.Site)
	native.attribute, native.value = c.optional(e.Attribute), c.optional(e.Value)
	native.storage = c.optional(e.Storage)
	if e.Attribute != "" {
		native.value = c.required(e.Value) // an empty value is one
	}
	if e.Count != 0 {
		native.count = C.int64_t(e.Count)
	}
	if e.Type == EventAddFlavour {
		native.cpu_mhz, native.memory_mib = C.int64_t(e.CPUMHz), C.int64_t(e.MemoryMiB)
	}
	if e.At != nil {
		native.at = C.int64_t(*e.At)
	}
	if e.After != nil {
		native.after = C.int64_t(*e.After)
	}
	return native
}
