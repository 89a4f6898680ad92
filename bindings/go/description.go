// SPDX-License-Identifier: Apache-2.0

package berth

// #include "native_bridge.h"
import "C"

// Unset is an absent quantity.
const Unset int64 = C.BERTH_UNSET

// Unlimited is a capacity without limit.
const Unlimited int64 = C.BERTH_UNLIMITED

// Description is an inventory to be, for Build. References are ids, to objects in any order.
type Description struct {
	Name      string
	Resources []string // names of extra resources that hosts and VMs may have
	Clusters  []ClusterSpec
}

// ClusterSpec describes a cluster. Begin with NewCluster, which sets the defaults of the format.
type ClusterSpec struct {
	ID, Name               string
	HAEnabled              bool
	Era                    Era
	RespectAntiAffinity    bool // what HA alone would do
	RespectSoftAffinity    bool
	IsolationResponse      Isolation
	ReadyWhen              ReadyWhen
	RestartTimeout         int64 // seconds
	PostReadyDelay         int64 // seconds
	RestartSeconds         int64 // how long a power-on takes
	DefaultPriority        Priority
	Admission              Admission
	AdmissionFailures      int64 // hosts whose loss is tolerated
	SlotCPUMHz             int64 // fixed slot size; Unset = computed
	SlotMemoryMiB          int64
	SlotMinCPUMHz          int64 // a VM counts with no less; Unset = 32, in EraAAM 256
	SlotMinMemoryMiB       int64
	ReserveCPUPercent      int64 // Unset = from AdmissionFailures
	ReserveMemoryPercent   int64
	DegradationPercent     int64    // performance loss tolerated; 100 = silent
	DedicatedHosts         []string // hosts or host groups
	DRS, DPM               Automation
	DPMTargetPercent       int64
	DPMTolerancePercent    int64
	MigrationsPerHost      int64
	MigrationsPerDatastore int64
	RestartsPerHost        int64

	Hosts      []HostSpec
	VMs        []VMSpec
	HostGroups []Group
	VMGroups   []Group
	Rules      []RuleSpec // older ones first
}

// Group is a named list of hosts or VMs.
type Group struct {
	ID      string
	Members []string
}

// HostSpec describes a host. Begin with NewHost, which sets the defaults of the format.
type HostSpec struct {
	ID, Name            string
	CPUMHz, MemoryMiB   int64 // what is available to VMs
	MaxVMs, MaxVCPUs    int64 // Unset = no limit
	State               HostState
	Site, Rack, Chassis string // labels; "" = a domain of its own
	LinkMbps            int64  // migration network
	EVCLevel            int64  // Unset = unknown: fits every VM
	CPUVendor           string // live migration keeps the vendor; "" = unknown
	Joined              int64  // order of joining the cluster, or Unset
	Wake                Wake
	WakeSeconds         int64
	PowerWatts          int64            // Unset = unknown
	NotifyTimeout       int64            // seconds; Unset = the host lacks the feature
	Capacity            map[string]int64 // of extra resources
	Datastores          []string         // that it reaches
	Networks            []string         // that it reaches
	NUMANodes           []NUMANode
}

// NUMANode is a node of a host.
type NUMANode struct {
	Node, CPUMHz, MemoryMiB int64
}

// VMSpec describes a virtual machine. Begin with NewVM, which sets the defaults of the format.
type VMSpec struct {
	ID, Name             string
	Host                 string // id; "" = runs nowhere
	Power                Power
	CPUs, MemoryMiB      int64 // configured
	Priority             Priority
	CPUReservationMHz    int64
	MemoryReservationMiB int64
	OverheadMiB          int64
	MemoryLocked         bool  // the memory reservation is the configured memory
	CPUUsageMHz          int64 // Unset = unknown
	MemoryUsageMiB       int64
	DirtyMiBPerSecond    int64
	Movable              bool // may be live-migrated; a restart is still possible
	NUMA                 NUMA
	EVCLevel             int64 // required; Unset = none
	NotifyEnabled        bool
	NotifyRegistered     bool
	NotifyTimeout        int64            // seconds; Unset = the host's
	NotifyHardware       int64            // virtual hardware version; Unset = unknown
	NotifyAckSeconds     int64            // expected; Unset = unknown
	NotifySettleSeconds  int64            // how long the guest recovers after a migration
	Needs                map[string]int64 // of extra resources
	Datastores           []string         // that it needs
	Networks             []string         // that it needs
}

// RuleSpec describes a rule. VMs, Hosts and After name groups or single objects; a group goes before an
// object of the same id. Begin with NewRule.
type RuleSpec struct {
	ID, Name          string
	Type              RuleType
	Strength          Strength
	VMs, Hosts, After []string
	Over              Domain
	Count             int64 // of RuleAtMost
	MaxConcurrent     int64 // of RuleQuiesce
}

// NewCluster is a cluster as the format has it where nothing is said.
func NewCluster(id string) ClusterSpec {
	d := C.bridge_cluster_spec()
	return ClusterSpec{
		ID:                     id,
		HAEnabled:              bool(d.ha_enabled),
		Era:                    Era(d.era),
		RespectAntiAffinity:    bool(d.respect_anti_affinity),
		RespectSoftAffinity:    bool(d.respect_soft_affinity),
		IsolationResponse:      Isolation(d.isolation_response),
		ReadyWhen:              ReadyWhen(d.ready_when),
		RestartTimeout:         int64(d.restart_timeout),
		PostReadyDelay:         int64(d.post_ready_delay),
		RestartSeconds:         int64(d.restart_seconds),
		DefaultPriority:        Priority(d.default_priority),
		Admission:              Admission(d.admission),
		AdmissionFailures:      int64(d.admission_failures),
		SlotCPUMHz:             int64(d.slot_cpu_mhz),
		SlotMemoryMiB:          int64(d.slot_memory_mib),
		SlotMinCPUMHz:          int64(d.slot_min_cpu_mhz),
		SlotMinMemoryMiB:       int64(d.slot_min_memory_mib),
		ReserveCPUPercent:      int64(d.reserve_cpu_percent),
		ReserveMemoryPercent:   int64(d.reserve_memory_percent),
		DegradationPercent:     int64(d.degradation_percent),
		DRS:                    Automation(d.drs),
		DPM:                    Automation(d.dpm),
		DPMTargetPercent:       int64(d.dpm_target_percent),
		DPMTolerancePercent:    int64(d.dpm_tolerance_percent),
		MigrationsPerHost:      int64(d.migrations_per_host),
		MigrationsPerDatastore: int64(d.migrations_per_datastore),
		RestartsPerHost:        int64(d.restarts_per_host),
	}
}

// NewHost is a host with CPU in MHz and memory in MiB, online, as the format has it where nothing else is
// said.
func NewHost(id string, cpuMHz, memoryMiB int64) HostSpec {
	d := C.bridge_host_spec()
	return HostSpec{
		ID:            id,
		CPUMHz:        cpuMHz,
		MemoryMiB:     memoryMiB,
		MaxVMs:        int64(d.max_vms),
		MaxVCPUs:      int64(d.max_vcpus),
		State:         HostState(d.state),
		LinkMbps:      int64(d.link_mbps),
		EVCLevel:      int64(d.evc_level),
		Joined:        int64(d.joined),
		Wake:          Wake(d.wake),
		WakeSeconds:   int64(d.wake_seconds),
		PowerWatts:    int64(d.power_watts),
		NotifyTimeout: int64(d.notify_timeout),
	}
}

// NewVM is a VM with memory in MiB that is powered on, reserves nothing and has no host yet, as the
// format has it where nothing else is said.
func NewVM(id string, memoryMiB int64) VMSpec {
	d := C.bridge_vm_spec()
	return VMSpec{
		ID:                   id,
		Power:                Power(d.power),
		CPUs:                 int64(d.cpus),
		MemoryMiB:            memoryMiB,
		Priority:             Priority(d.priority),
		CPUReservationMHz:    int64(d.cpu_reservation_mhz),
		MemoryReservationMiB: int64(d.memory_reservation_mib),
		OverheadMiB:          int64(d.overhead_mib),
		CPUUsageMHz:          int64(d.cpu_usage_mhz),
		MemoryUsageMiB:       int64(d.memory_usage_mib),
		DirtyMiBPerSecond:    int64(d.dirty_mib_per_second),
		Movable:              bool(d.movable),
		NUMA:                 NUMA(d.numa),
		EVCLevel:             int64(d.evc_level),
		NotifyTimeout:        int64(d.notify_timeout),
		NotifyHardware:       int64(d.notify_hardware),
		NotifyAckSeconds:     int64(d.notify_ack_seconds),
		NotifySettleSeconds:  int64(d.notify_settle_seconds),
	}
}

// NewRule is a must rule over single hosts.
func NewRule(id string, kind RuleType, vms ...string) RuleSpec {
	d := C.bridge_rule_spec()
	return RuleSpec{
		ID:            id,
		Type:          kind,
		Strength:      Strength(d.strength),
		VMs:           vms,
		Over:          Domain(d.over),
		Count:         int64(d.count),
		MaxConcurrent: int64(d.max_concurrent),
	}
}
