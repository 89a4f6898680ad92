# SPDX-License-Identifier: Apache-2.0
"""Words, fields and options of libberth, for people, editors and type checkers.

Made by write_tables.py out of the library's own tables; not to be edited.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypedDict


class Status(StrEnum):
    """How a call ended."""

    OK = "ok"
    OUT_OF_MEMORY = "out-of-memory"
    ARGUMENT = "argument"
    INVALID = "invalid"
    NOT_FOUND = "not-found"
    AMBIGUOUS = "ambiguous"
    OVERFLOW = "overflow"
    LIMIT = "limit"
    READ = "read"
    OPEN_OUTPUT = "open-output"
    WRITE = "write"
    CANCELLED = "cancelled"
    UNSUPPORTED = "unsupported"
    INTERNAL = "internal"


class Severity(StrEnum):
    """How grave a problem is."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


class HostState(StrEnum):
    """State of a host."""

    ONLINE = "online"
    MAINTENANCE = "maintenance"
    ENTERING_MAINTENANCE = "entering-maintenance"
    STANDBY = "standby"
    FAILED = "failed"
    DISCONNECTED = "disconnected"
    ISOLATED = "isolated"


class Wake(StrEnum):
    """How a host in standby can be woken."""

    NONE = "none"
    IPMI = "ipmi"
    ILO = "ilo"
    WOL = "wol"


class Power(StrEnum):
    """Power state of a VM."""

    ON = "on"
    OFF = "off"
    SUSPENDED = "suspended"


class Priority(StrEnum):
    """Restart priority of a VM, highest first."""

    HIGHEST = "highest"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    LOWEST = "lowest"
    DISABLED = "disabled"


class Domain(StrEnum):
    """What a rule ranges over, or what fails as one."""

    HOST = "host"
    CHASSIS = "chassis"
    RACK = "rack"
    SITE = "site"


class RuleType(StrEnum):
    """Kind of a rule."""

    RUN_ON = "run-on"
    NOT_RUN_ON = "not-run-on"
    APART = "apart"
    TOGETHER = "together"
    AT_MOST = "at-most"
    QUIESCE = "quiesce"
    RESTART_AFTER = "restart-after"


class Strength(StrEnum):
    """Strength of a placement rule."""

    MUST = "must"
    SHOULD = "should"


class Numa(StrEnum):
    """NUMA demand of a VM."""

    ANY = "any"
    ONE_NODE = "one-node"


class Era(StrEnum):
    """Generation of the modelled high availability."""

    AAM = "aam"
    FDM5 = "fdm5"
    FDM65 = "fdm65"


class Isolation(StrEnum):
    """What an isolated host does with its VMs."""

    NONE = "none"
    POWER_OFF = "power-off"
    SHUTDOWN = "shutdown"


class ReadyWhen(StrEnum):
    """When a restarted VM counts as ready."""

    ALLOCATED = "allocated"
    POWERED_ON = "powered-on"
    GUEST_HEARTBEAT = "guest-heartbeat"
    APP_HEARTBEAT = "app-heartbeat"


class Admission(StrEnum):
    """Policy of admission control."""

    NONE = "none"
    SLOTS = "slots"
    PERCENTAGE = "percentage"
    DEDICATED = "dedicated"


class Automation(StrEnum):
    """Automation of DRS or DPM."""

    OFF = "off"
    MANUAL = "manual"
    PARTIAL = "partial"
    FULL = "full"


class Goal(StrEnum):
    """What a plan is for."""

    FAILOVER = "failover"
    EVACUATE = "evacuate"
    REPAIR = "repair"
    PLACE = "place"
    DEFRAGMENT = "defragment"
    CONSOLIDATE = "consolidate"
    REBALANCE = "rebalance"


class LevelName(StrEnum):
    """A level of a goal's ladder."""

    VIOLATIONS = "violations"
    UNPLACED_HIGHEST = "unplaced.highest"
    UNPLACED_HIGH = "unplaced.high"
    UNPLACED_MEDIUM = "unplaced.medium"
    UNPLACED_LOW = "unplaced.low"
    UNPLACED_LOWEST = "unplaced.lowest"
    UNPLACED = "unplaced"
    SHOULD_BROKEN = "should.broken"
    HOSTS_WOKEN = "hosts.woken"
    HOSTS_ON = "hosts.on"
    OVERLOAD = "overload"
    STRANDED = "stranded"
    MIGRATIONS = "migrations"
    MEMORY_MOVED = "memory.moved"
    MAKESPAN = "makespan"


class Outcome(StrEnum):
    """What a search found."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


class StepType(StrEnum):
    """Kind of a step."""

    WAKE = "wake"
    MIGRATE = "migrate"
    RESTART = "restart"
    POWER_ON = "power-on"
    ENTER_MAINTENANCE = "enter-maintenance"
    POWER_DOWN = "power-down"


class How(StrEnum):
    """How a VM gets to where it ends."""

    RESTART = "restart"
    MIGRATE = "migrate"
    POWER_ON = "power-on"


class Reason(StrEnum):
    """Why a host cannot take a VM."""

    FAILED = "failed"
    DISCONNECTED = "disconnected"
    ISOLATED = "isolated"
    MAINTENANCE = "maintenance"
    STANDBY = "standby"
    DEDICATED = "dedicated"
    PINNED = "pinned"
    RULE = "rule"
    NETWORK = "network"
    DATASTORE = "datastore"
    CPU_COMPATIBILITY = "cpu-compatibility"
    TOO_SMALL = "too-small"
    VM_RULE = "vm-rule"
    RESOURCE = "resource"
    NUMA = "numa"


class Met(StrEnum):
    """In which case a deadline is met."""

    WORST = "worst"
    EXPECTED = "expected"
    BEST = "best"
    NO = "no"


class Fault(StrEnum):
    """What can be wrong with a plan."""

    STEP_FORM = "step-form"
    STEP_ORDER = "step-order"
    VM_CHAIN = "vm-chain"
    PLACEMENT = "placement"
    UNPLACED = "unplaced"
    HOST_STATE = "host-state"
    NOT_MOVABLE = "not-movable"
    RULE_HOST = "rule-host"
    RULE_VM = "rule-vm"
    REACH = "reach"
    CAPACITY = "capacity"
    CONCURRENCY = "concurrency"
    QUIESCE = "quiesce"
    RESTART_ORDER = "restart-order"
    TIME = "time"
    LEVEL = "level"
    BOUND = "bound"
    MAINTENANCE = "maintenance"
    APPROVAL = "approval"
    POWER_DOWN = "power-down"
    SURVIVAL = "survival"
    CERTIFICATE = "certificate"
    SHORTAGE = "shortage"
    DEADLINE = "deadline"
    NUMA = "numa"


class EventType(StrEnum):
    """Kind of an event of a scenario."""

    FAIL = "fail"
    MAINTENANCE = "maintenance"
    STANDBY = "standby"
    ONLINE = "online"
    ADD_HOST = "add-host"
    REMOVE_HOST = "remove-host"
    POWER_ON = "power-on"
    ADD_VM = "add-vm"
    SET = "set"
    DROP_RULE = "drop-rule"
    ADD_FLAVOUR = "add-flavour"
    ISOLATE = "isolate"
    RECOVER = "recover"
    ACK = "ack"
    REBOOT = "reboot"


class Draw(StrEnum):
    """How guests acknowledge in a simulation."""

    EXPECTED = "expected"
    BEST = "best"
    WORST = "worst"
    RANDOM = "random"
    EXTREMES = "extremes"


class Breach(StrEnum):
    """What a moment of a simulation can break."""

    CAPACITY = "capacity"
    RULE = "rule"
    HOST_MIGRATIONS = "host-migrations"
    DATASTORE_MIGRATIONS = "datastore-migrations"
    HOST_RESTARTS = "host-restarts"
    QUIESCE = "quiesce"
    RESTART_ORDER = "restart-order"
    SOURCE = "source"
    HOST_ASLEEP = "host-asleep"
    HOST_IN_USE = "host-in-use"
    WINDOW = "window"
    NUMA = "numa"


class Verdict(StrEnum):
    """What failures come to; worse ones last."""

    RESTARTS = "restarts"
    WAKES = "wakes"
    MIGRATIONS = "migrations"
    WAKES_AND_MIGRATIONS = "wakes and migrations"
    UNDECIDED = "undecided"
    LOST = "lost"


class Dialect(StrEnum):
    """Form of an inventory's source."""

    AUTO = "auto"
    NATIVE = "native"
    VIM25 = "vim25"
    OVIRT = "ovirt"
    OPENNEBULA = "opennebula"
    LIBVIRT = "libvirt"
    HWLOC = "hwloc"
    OVF = "ovf"


class PowerFate(StrEnum):
    """What becomes of a host under power management."""

    STAYS_ON = "stays on"
    SLEEPS = "sleeps"
    IS_WOKEN = "is woken"
    STAYS_ASLEEP = "stays asleep"
    IS_OUT = "is out"


class StorageProtection(StrEnum):
    """What component protection does where storage is lost."""

    OFF = "off"
    APD = "apd"
    PDL = "pdl"


class Preference(StrEnum):
    """Which host comes first among those that are equally good."""

    TIGHT = "tight"
    ROOMY = "roomy"


class ClusterSpec(TypedDict, total=False):
    """Fields of a cluster."""

    #: none by default
    name: str
    #: default True
    ha_enabled: bool
    #: default fdm65
    era: Era | str
    #: what HA alone would do; default True
    respect_anti_affinity: bool
    #: what HA alone would do; default True
    respect_soft_affinity: bool
    #: default none
    isolation_response: Isolation | str
    #: default allocated
    ready_when: ReadyWhen | str
    #: seconds; default 600
    restart_timeout: int
    #: seconds; default 0
    post_ready_delay: int
    #: how long a power-on takes; default 30
    restart_seconds: int
    #: of VMs that name none; default medium
    default_priority: Priority | str
    #: default none
    admission: Admission | str
    #: hosts whose loss is tolerated; default 1
    admission_failures: int
    #: fixed slot size; None = computed; none by default
    slot_cpu_mhz: int
    #: fixed slot size; None = computed; none by default
    slot_memory_mib: int
    #: a VM counts with no less; None = 32, in era aam 256; none by default
    slot_min_cpu_mhz: int
    #: a slot has no less; 0 = whatever VMs need; default 0
    slot_min_memory_mib: int
    #: None = from `failures`; none by default
    reserve_cpu_percent: int
    #: None = from `failures`; none by default
    reserve_memory_percent: int
    #: performance loss tolerated; 100 = silent; default 100
    degradation_percent: int
    #: space-separated host or host-group ids, or None; none by default
    dedicated_hosts: str | Iterable[str]
    #: default full
    drs: Automation | str
    #: default full
    dpm: Automation | str
    #: default 63
    dpm_target_percent: int
    #: default 18
    dpm_tolerance_percent: int
    #: default 8
    migrations_per_host: int
    #: default 128
    migrations_per_datastore: int
    #: default 32
    restarts_per_host: int


class HostSpec(TypedDict, total=False):
    """Fields of a host."""

    #: none by default
    name: str
    #: what is available to VMs; none by default
    cpu_mhz: int
    #: what is available to VMs; none by default
    memory_mib: int
    #: None = no limit; none by default
    max_vms: int
    #: None = no limit; none by default
    max_vcpus: int
    #: default online
    state: HostState | str
    #: labels; None = a domain of its own; none by default
    site: str
    #: labels; None = a domain of its own; none by default
    rack: str
    #: labels; None = a domain of its own; none by default
    chassis: str
    #: migration network; default 10000
    link_mbps: int
    #: None = unknown: fits every VM; none by default
    evc_level: int
    #: live migration keeps the vendor; None = unknown; none by default
    cpu_vendor: str
    #: order of joining the cluster, or None; none by default
    joined: int
    #: default none
    wake: Wake | str
    #: default 300
    wake_seconds: int
    #: None = unknown; none by default
    power_watts: int
    #: seconds; None = the host lacks the feature; none by default
    notify_timeout: int
    #: hwloc file, or None; none by default
    topology: str


class VmSpec(TypedDict, total=False):
    """Fields of a VM."""

    #: none by default
    name: str
    #: id; None = runs nowhere; none by default
    host: str
    #: default on
    power: Power | str
    #: configured; default 1
    cpus: int
    #: configured; none by default
    memory_mib: int
    #: the cluster's by default
    priority: Priority | str
    #: default 0
    cpu_reservation_mhz: int
    #: default 0
    memory_reservation_mib: int
    #: default 0
    overhead_mib: int
    #: the memory reservation is the configured memory; default False
    memory_locked: bool
    #: None = unknown; none by default
    cpu_usage_mhz: int
    #: None = unknown; none by default
    memory_usage_mib: int
    #: default 0
    dirty_mib_per_second: int
    #: may be live-migrated; a restart is still possible; default True
    movable: bool
    #: default any
    numa: Numa | str
    #: required; None = none; none by default
    evc_level: int
    #: default False
    notify_enabled: bool
    #: default False
    notify_registered: bool
    #: seconds; None = the host's; none by default
    notify_timeout: int
    #: virtual hardware version; None = unknown; none by default
    notify_hardware: int
    #: expected; None = unknown; none by default
    notify_ack_seconds: int
    #: default 0
    notify_settle_seconds: int


class RuleSpec(TypedDict, total=False):
    """Fields of a rule."""

    #: none by default
    name: str
    #: default must
    strength: Strength | str
    #: none by default
    hosts: str | Iterable[str]
    #: none by default
    after: str | Iterable[str]
    #: default host
    over: Domain | str
    #: of at-most; none by default
    count: int
    #: of quiesce; default 1
    max_concurrent: int


class Options(TypedDict, total=False):
    """Options of solving, as keyword arguments. Numbers of a duration are seconds."""

    #: stop searching after this long and give the best plan so far (DURATION)
    time_limit: float | str
    #: worker threads; 0 = one for each core (N)
    threads: int
    #: seed of every random choice; equal seed and threads give equal bytes (N)
    seed: int
    #: the plan must end within this time in the worst case; 0 = none (DURATION)
    deadline: int | str
    #: consolidate: what stays on must survive any K host failures (K)
    keep_failures: int
    #: largest integer program, in columns, that is handed to the exact solver (N)
    exact_limit: int
    #: consolidate: what a host that stays on counts with, 1 or its powerWatts (hosts|power)
    weigh: str
    #: rebalance: load of a host's CPU above which it counts as overloaded (PERCENT)
    target_cpu: int
    #: rebalance: load of a host's memory above which it counts as overloaded (PERCENT)
    target_memory: int
    #: rebalance: how far CPU and memory load of a host may lie apart (POINTS)
    stranded_tolerance: int
    #: of VMs without a host: also what forbids them and what would help, or the ledger alone
    #: (full|ledger)
    explain: str


OPTION_NUMBERS = {
    "time_limit": 0,
    "threads": 1,
    "seed": 2,
    "deadline": 3,
    "keep_failures": 4,
    "exact_limit": 5,
    "weigh": 6,
    "target_cpu": 7,
    "target_memory": 8,
    "stranded_tolerance": 9,
    "explain": 10,
}
