// SPDX-License-Identifier: Apache-2.0

package berth

// #include "native_bridge.h"
import "C"

// Words of inventories: the values are those of the C headers, and String is the word that documents use.

// HostState is the state of a host.
type HostState int

// Values of HostState.
const (
	HostOnline              HostState = C.BERTH_HOST_ONLINE
	HostMaintenance         HostState = C.BERTH_HOST_MAINTENANCE
	HostEnteringMaintenance HostState = C.BERTH_HOST_ENTERING_MAINTENANCE // to be emptied
	HostStandby             HostState = C.BERTH_HOST_STANDBY
	HostFailed              HostState = C.BERTH_HOST_FAILED
	HostDisconnected        HostState = C.BERTH_HOST_DISCONNECTED
	HostIsolated            HostState = C.BERTH_HOST_ISOLATED
)

// String is the word of documents; "" outside the enumeration.
func (h HostState) String() string {
	return text(C.berth_host_state_word(C.berth_host_state(h)))
}

// Wake is how a standby host can be woken.
type Wake int

// Values of Wake.
const (
	WakeNone Wake = C.BERTH_WAKE_NONE // it cannot
	WakeIPMI Wake = C.BERTH_WAKE_IPMI
	WakeILO  Wake = C.BERTH_WAKE_ILO
	WakeWOL  Wake = C.BERTH_WAKE_WOL
)

// String is the word of documents; "" outside the enumeration.
func (w Wake) String() string {
	return text(C.berth_wake_word(C.berth_wake(w)))
}

// Power is the power state of a VM.
type Power int

// Values of Power.
const (
	PowerOn        Power = C.BERTH_POWER_ON
	PowerOff       Power = C.BERTH_POWER_OFF
	PowerSuspended Power = C.BERTH_POWER_SUSPENDED
)

// String is the word of documents; "" outside the enumeration.
func (p Power) String() string {
	return text(C.berth_power_word(C.berth_power(p)))
}

// Priority is the restart priority of a VM.
type Priority int

// Values of Priority.
const (
	PriorityHighest  Priority = C.BERTH_PRIORITY_HIGHEST
	PriorityHigh     Priority = C.BERTH_PRIORITY_HIGH
	PriorityMedium   Priority = C.BERTH_PRIORITY_MEDIUM
	PriorityLow      Priority = C.BERTH_PRIORITY_LOW
	PriorityLowest   Priority = C.BERTH_PRIORITY_LOWEST
	PriorityDisabled Priority = C.BERTH_PRIORITY_DISABLED // it is not restarted
	PriorityUnset    Priority = C.BERTH_PRIORITY_UNSET    // take the cluster's default, only in a VMSpec
)

// String is the word of documents; "" outside the enumeration.
func (p Priority) String() string {
	return text(C.berth_priority_word(C.berth_priority(p)))
}

// Domain is what a rule ranges over, or what fails as one: a host, or all hosts with the same label.
type Domain int

// Values of Domain.
const (
	DomainHost    Domain = C.BERTH_DOMAIN_HOST
	DomainChassis Domain = C.BERTH_DOMAIN_CHASSIS
	DomainRack    Domain = C.BERTH_DOMAIN_RACK
	DomainSite    Domain = C.BERTH_DOMAIN_SITE
)

// String is the word of documents; "" outside the enumeration.
func (d Domain) String() string {
	return text(C.berth_domain_word(C.berth_domain(d)))
}

// RuleType is the kind of a rule.
type RuleType int

// Values of RuleType.
const (
	RuleRunOn        RuleType = C.BERTH_RULE_RUN_ON        // members run on its hosts only
	RuleNotRunOn     RuleType = C.BERTH_RULE_NOT_RUN_ON    // members do not run on its hosts
	RuleApart        RuleType = C.BERTH_RULE_APART         // at most one member per domain
	RuleTogether     RuleType = C.BERTH_RULE_TOGETHER      // all running members in one domain
	RuleAtMost       RuleType = C.BERTH_RULE_AT_MOST       // at most Count members per domain
	RuleQuiesce      RuleType = C.BERTH_RULE_QUIESCE       // at most MaxConcurrent members disturbed at once
	RuleRestartAfter RuleType = C.BERTH_RULE_RESTART_AFTER // members restart after those of After are ready
)

// String is the word of documents; "" outside the enumeration.
func (r RuleType) String() string {
	return text(C.berth_rule_type_word(C.berth_rule_type(r)))
}

// Strength is the strength of a placement rule.
type Strength int

// Values of Strength.
const (
	Must   Strength = C.BERTH_MUST
	Should Strength = C.BERTH_SHOULD
)

// String is the word of documents; "" outside the enumeration.
func (s Strength) String() string {
	return text(C.berth_strength_word(C.berth_strength(s)))
}

// NUMA is the NUMA demand of a VM.
type NUMA int

// Values of NUMA.
const (
	NUMAAny     NUMA = C.BERTH_NUMA_ANY
	NUMAOneNode NUMA = C.BERTH_NUMA_ONE_NODE
)

// String is the word of documents; "" outside the enumeration.
func (n NUMA) String() string {
	return text(C.berth_numa_word(C.berth_numa(n)))
}

// Era is the era of the modelled high availability.
type Era int

// Values of Era.
const (
	EraAAM   Era = C.BERTH_ERA_AAM   // vSphere 4.x
	EraFDM5  Era = C.BERTH_ERA_FDM5  // vSphere 5.0 to 6.0
	EraFDM65 Era = C.BERTH_ERA_FDM65 // vSphere 6.5 and later
)

// String is the word of documents; "" outside the enumeration.
func (e Era) String() string {
	return text(C.berth_era_word(C.berth_era(e)))
}

// Isolation is what an isolated host does with its VMs.
type Isolation int

// Values of Isolation.
const (
	IsolationNone     Isolation = C.BERTH_ISOLATION_NONE // leaves them on
	IsolationPowerOff Isolation = C.BERTH_ISOLATION_POWER_OFF
	IsolationShutdown Isolation = C.BERTH_ISOLATION_SHUTDOWN
)

// String is the word of documents; "" outside the enumeration.
func (i Isolation) String() string {
	return text(C.berth_isolation_word(C.berth_isolation(i)))
}

// ReadyWhen is when a restarted VM counts as ready.
type ReadyWhen int

// Values of ReadyWhen.
const (
	ReadyAllocated      ReadyWhen = C.BERTH_READY_ALLOCATED
	ReadyPoweredOn      ReadyWhen = C.BERTH_READY_POWERED_ON
	ReadyGuestHeartbeat ReadyWhen = C.BERTH_READY_GUEST_HEARTBEAT
	ReadyAppHeartbeat   ReadyWhen = C.BERTH_READY_APP_HEARTBEAT
)

// String is the word of documents; "" outside the enumeration.
func (r ReadyWhen) String() string {
	return text(C.berth_ready_when_word(C.berth_ready_when(r)))
}

// Admission is an admission control policy.
type Admission int

// Values of Admission.
const (
	AdmissionNone       Admission = C.BERTH_ADMISSION_NONE
	AdmissionSlots      Admission = C.BERTH_ADMISSION_SLOTS
	AdmissionPercentage Admission = C.BERTH_ADMISSION_PERCENTAGE
	AdmissionDedicated  Admission = C.BERTH_ADMISSION_DEDICATED
)

// String is the word of documents; "" outside the enumeration.
func (a Admission) String() string {
	return text(C.berth_admission_word(C.berth_admission(a)))
}

// Automation is how far DRS or DPM acts by itself.
type Automation int

// Values of Automation.
const (
	AutomationOff     Automation = C.BERTH_AUTOMATION_OFF
	AutomationManual  Automation = C.BERTH_AUTOMATION_MANUAL
	AutomationPartial Automation = C.BERTH_AUTOMATION_PARTIAL // of DRS only
	AutomationFull    Automation = C.BERTH_AUTOMATION_FULL
)

// String is the word of documents; "" outside the enumeration.
func (a Automation) String() string {
	return text(C.berth_drs_automation_word(C.berth_automation(a)))
}

// Dialect is the dialect of an inventory.
type Dialect int

// Values of Dialect.
const (
	DialectAuto       Dialect = C.BERTH_DIALECT_AUTO   // by the document itself
	DialectNative     Dialect = C.BERTH_DIALECT_NATIVE // urn:berth:1
	DialectVim25      Dialect = C.BERTH_DIALECT_VIM25  // vSphere
	DialectOVirt      Dialect = C.BERTH_DIALECT_OVIRT
	DialectOpenNebula Dialect = C.BERTH_DIALECT_OPENNEBULA
	DialectLibvirt    Dialect = C.BERTH_DIALECT_LIBVIRT
	DialectHwloc      Dialect = C.BERTH_DIALECT_HWLOC // topologies: details of hosts, or hosts
	DialectOVF        Dialect = C.BERTH_DIALECT_OVF   // appliances: VMs that wait to be placed
)

// String is the word of documents; "" outside the enumeration.
func (d Dialect) String() string {
	return text(C.berth_dialect_word(C.berth_dialect(d)))
}

// EventType is the kind of an event of a scenario. Beside each is what it uses.
type EventType int

// Values of EventType.
const (
	EventFail        EventType = C.BERTH_EVENT_FAIL        // Host, or Chassis, Rack or Site
	EventMaintenance EventType = C.BERTH_EVENT_MAINTENANCE // Host: must be emptied
	EventStandby     EventType = C.BERTH_EVENT_STANDBY     // Host, empty
	EventOnline      EventType = C.BERTH_EVENT_ONLINE      // Host
	EventAddHost     EventType = C.BERTH_EVENT_ADD_HOST    // Like, Count
	EventRemoveHost  EventType = C.BERTH_EVENT_REMOVE_HOST // Host, empty
	EventPowerOn     EventType = C.BERTH_EVENT_POWER_ON    // VM: waits to be placed
	EventAddVM       EventType = C.BERTH_EVENT_ADD_VM      // Like, Count: powered on, wait to be placed
	EventSet         EventType = C.BERTH_EVENT_SET         // VM or Host, Attribute, Value
	EventDropRule    EventType = C.BERTH_EVENT_DROP_RULE   // ID
	EventAddFlavour  EventType = C.BERTH_EVENT_ADD_FLAVOUR // Cluster, CPUMHz, MemoryMiB, Count
	EventIsolate     EventType = C.BERTH_EVENT_ISOLATE     // Host, Storage: for simulations
	EventRecover     EventType = C.BERTH_EVENT_RECOVER     // Host: for simulations
	EventAck         EventType = C.BERTH_EVENT_ACK         // VM, After: for simulations
	EventReboot      EventType = C.BERTH_EVENT_REBOOT      // VM: for simulations
)

// String is the word of documents; "" outside the enumeration.
func (e EventType) String() string {
	return text(C.berth_event_type_word(C.berth_event_type(e)))
}
