// SPDX-License-Identifier: Apache-2.0

package berth

// #include "native_bridge.h"
import "C"

import (
	"context"
	"sort"
)

// builder fills a native builder; the first failure stays, and later calls do nothing.
type builder struct {
	*call
	native *C.berth_builder
	status C.berth_status
}

// Build makes an inventory. The error, if it is ErrInvalid, has all problems of the description.
func Build(ctx context.Context, description *Description) (*Inventory, error) {
	c, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	defer c.end()
	b := &builder{call: c}
	if b.status = C.berth_builder_new(c.native, &b.native); b.status != C.BERTH_OK {
		return nil, c.err(b.status)
	}
	defer C.berth_builder_free(b.native)
	b.try(C.berth_builder_set_name(b.native, c.optional(description.Name)))
	for _, name := range description.Resources {
		b.try(C.berth_builder_add_resource(b.native, c.required(name), nil))
	}
	for i := range description.Clusters {
		b.cluster(&description.Clusters[i])
	}
	if c.failed != nil {
		return nil, c.failed
	}
	var frozen *C.berth_inventory
	if b.status == C.BERTH_OK {
		b.status = C.berth_builder_freeze(b.native, &frozen)
	}
	if err := c.err(b.status); err != nil {
		return nil, err
	}
	return newInventory(frozen, c.problems()), nil
}

func (b *builder) try(status C.berth_status) bool {
	if b.status == C.BERTH_OK {
		b.status = status
	}
	return b.status == C.BERTH_OK
}

func (b *builder) cluster(spec *ClusterSpec) {
	defer b.forget(len(b.memory)) // C has copied it then: large inventories stay small here
	native := C.bridge_cluster_spec()
	native.id, native.name = b.required(spec.ID), b.optional(spec.Name)
	native.ha_enabled = C.bool(spec.HAEnabled)
	native.era = C.berth_era(spec.Era)
	native.respect_anti_affinity = C.bool(spec.RespectAntiAffinity)
	native.respect_soft_affinity = C.bool(spec.RespectSoftAffinity)
	native.isolation_response = C.berth_isolation(spec.IsolationResponse)
	native.ready_when = C.berth_ready_when(spec.ReadyWhen)
	native.restart_timeout = C.int64_t(spec.RestartTimeout)
	native.post_ready_delay = C.int64_t(spec.PostReadyDelay)
	native.restart_seconds = C.int64_t(spec.RestartSeconds)
	native.default_priority = C.berth_priority(spec.DefaultPriority)
	native.admission = C.berth_admission(spec.Admission)
	native.admission_failures = C.int64_t(spec.AdmissionFailures)
	native.slot_cpu_mhz, native.slot_memory_mib = C.int64_t(spec.SlotCPUMHz), C.int64_t(spec.SlotMemoryMiB)
	native.slot_min_cpu_mhz = C.int64_t(spec.SlotMinCPUMHz)
	native.slot_min_memory_mib = C.int64_t(spec.SlotMinMemoryMiB)
	native.reserve_cpu_percent = C.int64_t(spec.ReserveCPUPercent)
	native.reserve_memory_percent = C.int64_t(spec.ReserveMemoryPercent)
	native.degradation_percent = C.int64_t(spec.DegradationPercent)
	native.dedicated_hosts = b.words(spec.DedicatedHosts)
	native.drs, native.dpm = C.berth_automation(spec.DRS), C.berth_automation(spec.DPM)
	native.dpm_target_percent = C.int64_t(spec.DPMTargetPercent)
	native.dpm_tolerance_percent = C.int64_t(spec.DPMTolerancePercent)
	native.migrations_per_host = C.int64_t(spec.MigrationsPerHost)
	native.migrations_per_datastore = C.int64_t(spec.MigrationsPerDatastore)
	native.restarts_per_host = C.int64_t(spec.RestartsPerHost)
	var index C.uint32_t
	if b.try(C.berth_builder_add_cluster(b.native, &native, &index)) {
		b.members(index, spec)
	}
}

func (b *builder) members(cluster C.uint32_t, spec *ClusterSpec) {
	for i := range spec.Hosts {
		b.host(cluster, &spec.Hosts[i])
	}
	for i := range spec.VMs {
		b.vm(cluster, &spec.VMs[i])
	}
	for _, group := range spec.HostGroups {
		b.try(C.berth_builder_add_host_group(b.native, cluster, b.required(group.ID), b.list(group.Members), nil))
	}
	for _, group := range spec.VMGroups {
		b.try(C.berth_builder_add_vm_group(b.native, cluster, b.required(group.ID), b.list(group.Members), nil))
	}
	for i := range spec.Rules {
		native := b.rule(&spec.Rules[i])
		b.try(C.berth_builder_add_rule(b.native, cluster, &native, nil))
	}
}

// list is words, but never NULL.
func (a *arena) list(members []string) *C.char {
	if joined := a.words(members); joined != nil {
		return joined
	}
	return a.required("")
}

func (b *builder) host(cluster C.uint32_t, spec *HostSpec) {
	defer b.forget(len(b.memory)) // C has copied it then: large inventories stay small here
	native := C.bridge_host_spec()
	native.id, native.name = b.required(spec.ID), b.optional(spec.Name)
	native.cpu_mhz, native.memory_mib = C.int64_t(spec.CPUMHz), C.int64_t(spec.MemoryMiB)
	native.max_vms, native.max_vcpus = C.int64_t(spec.MaxVMs), C.int64_t(spec.MaxVCPUs)
	native.state = C.berth_host_state(spec.State)
	native.site, native.rack = b.optional(spec.Site), b.optional(spec.Rack)
	native.chassis = b.optional(spec.Chassis)
	native.link_mbps = C.int64_t(spec.LinkMbps)
	native.evc_level = C.int64_t(spec.EVCLevel)
	native.cpu_vendor = b.optional(spec.CPUVendor)
	native.joined = C.int64_t(spec.Joined)
	native.wake, native.wake_seconds = C.berth_wake(spec.Wake), C.int64_t(spec.WakeSeconds)
	native.power_watts = C.int64_t(spec.PowerWatts)
	native.notify_timeout = C.int64_t(spec.NotifyTimeout)
	var index C.uint32_t
	if !b.try(C.berth_builder_add_host(b.native, cluster, &native, &index)) {
		return
	}
	for _, name := range sortedNames(spec.Capacity) {
		b.try(C.berth_builder_host_capacity(b.native, index, b.required(name), C.int64_t(spec.Capacity[name]), nil))
	}
	for _, name := range spec.Datastores {
		b.try(C.berth_builder_host_reach_datastore(b.native, index, b.required(name)))
	}
	for _, name := range spec.Networks {
		b.try(C.berth_builder_host_reach_network(b.native, index, b.required(name)))
	}
	for _, n := range spec.NUMANodes {
		b.try(C.berth_builder_host_numa(b.native, index, C.int64_t(n.Node), C.int64_t(n.CPUMHz),
			C.int64_t(n.MemoryMiB), nil))
	}
}

func (b *builder) vm(cluster C.uint32_t, spec *VMSpec) {
	defer b.forget(len(b.memory)) // C has copied it then: large inventories stay small here
	native := b.vmSpec(spec)
	var index C.uint32_t
	if !b.try(C.berth_builder_add_vm(b.native, cluster, &native, &index)) {
		return
	}
	for _, name := range sortedNames(spec.Needs) {
		b.try(C.berth_builder_vm_needs_resource(b.native, index, b.required(name), C.int64_t(spec.Needs[name]), nil))
	}
	for _, name := range spec.Datastores {
		b.try(C.berth_builder_vm_needs_datastore(b.native, index, b.required(name)))
	}
	for _, name := range spec.Networks {
		b.try(C.berth_builder_vm_needs_network(b.native, index, b.required(name)))
	}
}

// vmSpec is the description in C; its strings live as long as the arena.
func (a *arena) vmSpec(spec *VMSpec) C.berth_vm_spec {
	native := C.bridge_vm_spec()
	native.id, native.name = a.required(spec.ID), a.optional(spec.Name)
	native.host = a.optional(spec.Host)
	native.power = C.berth_power(spec.Power)
	native.cpus, native.memory_mib = C.int64_t(spec.CPUs), C.int64_t(spec.MemoryMiB)
	native.priority = C.berth_priority(spec.Priority)
	native.cpu_reservation_mhz = C.int64_t(spec.CPUReservationMHz)
	native.memory_reservation_mib = C.int64_t(spec.MemoryReservationMiB)
	native.overhead_mib = C.int64_t(spec.OverheadMiB)
	native.memory_locked = C.bool(spec.MemoryLocked)
	native.cpu_usage_mhz = C.int64_t(spec.CPUUsageMHz)
	native.memory_usage_mib = C.int64_t(spec.MemoryUsageMiB)
	native.dirty_mib_per_second = C.int64_t(spec.DirtyMiBPerSecond)
	native.movable = C.bool(spec.Movable)
	native.numa = C.berth_numa(spec.NUMA)
	native.evc_level = C.int64_t(spec.EVCLevel)
	native.notify_enabled = C.bool(spec.NotifyEnabled)
	native.notify_registered = C.bool(spec.NotifyRegistered)
	native.notify_timeout = C.int64_t(spec.NotifyTimeout)
	native.notify_hardware = C.int64_t(spec.NotifyHardware)
	native.notify_ack_seconds = C.int64_t(spec.NotifyAckSeconds)
	native.notify_settle_seconds = C.int64_t(spec.NotifySettleSeconds)
	return native
}

// rule is the description in C; its strings live as long as the arena.
func (a *arena) rule(spec *RuleSpec) C.berth_rule_spec {
	native := C.bridge_rule_spec()
	native.id, native.name = a.required(spec.ID), a.optional(spec.Name)
	native._type = C.berth_rule_type(spec.Type)
	native.strength = C.berth_strength(spec.Strength)
	native.vms, native.hosts, native.after = a.words(spec.VMs), a.words(spec.Hosts), a.words(spec.After)
	native.over = C.berth_domain(spec.Over)
	native.count = C.int64_t(spec.Count)
	native.max_concurrent = C.int64_t(spec.MaxConcurrent)
	return native
}

// sortedNames makes what is built independent of the order of a map.
func sortedNames(amounts map[string]int64) []string {
	names := make([]string, 0, len(amounts))
	for name := range amounts {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
