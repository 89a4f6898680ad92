// SPDX-License-Identifier: Apache-2.0

package berth

// #include "native_bridge.h"
import "C"

// Words of answers: the values are those of the C headers, and String is the word that documents use.

// Goal is what a plan is for.
type Goal int

// Values of Goal.
const (
	GoalFailover    Goal = C.BERTH_GOAL_FAILOVER    // VMs of failed hosts restart
	GoalEvacuate    Goal = C.BERTH_GOAL_EVACUATE    // hosts that enter maintenance are emptied
	GoalRepair      Goal = C.BERTH_GOAL_REPAIR      // broken rules and overloads are mended
	GoalPlace       Goal = C.BERTH_GOAL_PLACE       // VMs that wait are placed
	GoalDefragment  Goal = C.BERTH_GOAL_DEFRAGMENT  // free room is brought together for VMs that wait
	GoalConsolidate Goal = C.BERTH_GOAL_CONSOLIDATE // as few hosts as possible stay on
	GoalRebalance   Goal = C.BERTH_GOAL_REBALANCE   // overload and stranded room shrink
)

// String is the word of documents; "" outside the enumeration.
func (g Goal) String() string {
	return text(C.berth_goal_word(C.berth_goal(g)))
}

// LevelName names a level of the objective ladder of a goal. All are minimised, best first.
type LevelName int

// Values of LevelName.
const (
	LevelViolations      LevelName = C.BERTH_LEVEL_VIOLATIONS
	LevelUnplacedHighest LevelName = C.BERTH_LEVEL_UNPLACED_HIGHEST
	LevelUnplacedHigh    LevelName = C.BERTH_LEVEL_UNPLACED_HIGH
	LevelUnplacedMedium  LevelName = C.BERTH_LEVEL_UNPLACED_MEDIUM
	LevelUnplacedLow     LevelName = C.BERTH_LEVEL_UNPLACED_LOW
	LevelUnplacedLowest  LevelName = C.BERTH_LEVEL_UNPLACED_LOWEST
	LevelUnplaced        LevelName = C.BERTH_LEVEL_UNPLACED
	LevelShouldBroken    LevelName = C.BERTH_LEVEL_SHOULD_BROKEN
	LevelHostsWoken      LevelName = C.BERTH_LEVEL_HOSTS_WOKEN
	LevelHostsOn         LevelName = C.BERTH_LEVEL_HOSTS_ON
	LevelOverload        LevelName = C.BERTH_LEVEL_OVERLOAD
	LevelStranded        LevelName = C.BERTH_LEVEL_STRANDED
	LevelMigrations      LevelName = C.BERTH_LEVEL_MIGRATIONS
	LevelMemoryMoved     LevelName = C.BERTH_LEVEL_MEMORY_MOVED // MiB
	LevelMakespan        LevelName = C.BERTH_LEVEL_MAKESPAN     // seconds
)

// String is the word of documents; "" outside the enumeration.
func (l LevelName) String() string {
	return text(C.berth_level_name(C.berth_level(l)))
}

// Outcome is what is known about a level or a whole plan.
type Outcome int

// Values of Outcome.
const (
	Optimal    Outcome = C.BERTH_OUTCOME_OPTIMAL    // value equals a proved bound
	Feasible   Outcome = C.BERTH_OUTCOME_FEASIBLE   // a plan, with a gap to the bound
	Infeasible Outcome = C.BERTH_OUTCOME_INFEASIBLE // proved: no plan does what was asked
	Unknown    Outcome = C.BERTH_OUTCOME_UNKNOWN    // a limit was hit before anything was known
)

// String is the word of documents; "" outside the enumeration.
func (o Outcome) String() string {
	return text(C.berth_outcome_word(C.berth_outcome(o)))
}

// StepType is what a step does.
type StepType int

// Values of StepType.
const (
	StepWake             StepType = C.BERTH_STEP_WAKE
	StepMigrate          StepType = C.BERTH_STEP_MIGRATE
	StepRestart          StepType = C.BERTH_STEP_RESTART
	StepPowerOn          StepType = C.BERTH_STEP_POWER_ON
	StepEnterMaintenance StepType = C.BERTH_STEP_ENTER_MAINTENANCE
	StepPowerDown        StepType = C.BERTH_STEP_POWER_DOWN
)

// String is the word of documents; "" outside the enumeration.
func (s StepType) String() string {
	return text(C.berth_step_type_word(C.berth_step_type(s)))
}

// How is how a VM came to its final host.
type How int

// Values of How.
const (
	HowRestart How = C.BERTH_HOW_RESTART
	HowMigrate How = C.BERTH_HOW_MIGRATE
	HowPowerOn How = C.BERTH_HOW_POWER_ON
)

// String is the word of documents; "" outside the enumeration.
func (h How) String() string {
	return text(C.berth_how_word(C.berth_how(h)))
}

// Reason is why a host cannot take a VM: the first that applies, in this order.
type Reason int

// Values of Reason.
const (
	ReasonFailed           Reason = C.BERTH_REASON_FAILED
	ReasonDisconnected     Reason = C.BERTH_REASON_DISCONNECTED
	ReasonIsolated         Reason = C.BERTH_REASON_ISOLATED
	ReasonMaintenance      Reason = C.BERTH_REASON_MAINTENANCE
	ReasonNoWake           Reason = C.BERTH_REASON_NO_WAKE   // in standby and not to be woken
	ReasonDedicated        Reason = C.BERTH_REASON_DEDICATED // a dedicated failover host
	ReasonPinned           Reason = C.BERTH_REASON_PINNED    // the VM does not move
	ReasonRule             Reason = C.BERTH_REASON_RULE      // a VM-host must rule
	ReasonNetwork          Reason = C.BERTH_REASON_NETWORK
	ReasonDatastore        Reason = C.BERTH_REASON_DATASTORE
	ReasonCPUCompatibility Reason = C.BERTH_REASON_CPU_COMPATIBILITY
	ReasonResourceNever    Reason = C.BERTH_REASON_RESOURCE_NEVER // larger than the empty host
	ReasonVMRule           Reason = C.BERTH_REASON_VM_RULE        // a VM-VM must rule
	ReasonResource         Reason = C.BERTH_REASON_RESOURCE       // what is left there is too little
	ReasonNUMA             Reason = C.BERTH_REASON_NUMA           // no NUMA node of it has what the host has
)

// String is the word of documents; "" outside the enumeration.
func (r Reason) String() string {
	return text(C.berth_reason_word(C.berth_reason(r)))
}

// FaultKind is what is wrong with a plan.
type FaultKind int

// Values of FaultKind.
const (
	FaultStepForm     FaultKind = C.BERTH_FAULT_STEP_FORM     // a field is missing, odd or out of range
	FaultStepOrder    FaultKind = C.BERTH_FAULT_STEP_ORDER    // After names no step, or a cycle
	FaultVMChain      FaultKind = C.BERTH_FAULT_VM_CHAIN      // a VM's steps do not join, or overlap
	FaultPlacement    FaultKind = C.BERTH_FAULT_PLACEMENT     // placements and steps disagree
	FaultUnplaced     FaultKind = C.BERTH_FAULT_UNPLACED      // unplaced list and steps disagree
	FaultHostState    FaultKind = C.BERTH_FAULT_HOST_STATE    // a host that cannot take the VM then
	FaultNotMovable   FaultKind = C.BERTH_FAULT_NOT_MOVABLE   // a VM that must not be moved or restarted
	FaultRuleHost     FaultKind = C.BERTH_FAULT_RULE_HOST     // a VM-host must rule
	FaultRuleVM       FaultKind = C.BERTH_FAULT_RULE_VM       // a VM-VM must rule, at some time
	FaultReach        FaultKind = C.BERTH_FAULT_REACH         // network, datastore or CPU compatibility
	FaultCapacity     FaultKind = C.BERTH_FAULT_CAPACITY      // a host over capacity at some time
	FaultConcurrency  FaultKind = C.BERTH_FAULT_CONCURRENCY   // more migrations or restarts than allowed
	FaultQuiesce      FaultKind = C.BERTH_FAULT_QUIESCE       // a quiesce group disturbed too much
	FaultRestartOrder FaultKind = C.BERTH_FAULT_RESTART_ORDER // a restart-after rule
	FaultTime         FaultKind = C.BERTH_FAULT_TIME          // a duration, window or makespan is wrong
	FaultLevel        FaultKind = C.BERTH_FAULT_LEVEL         // a value or the ladder is wrong
	FaultBound        FaultKind = C.BERTH_FAULT_BOUND         // bound above value, or status unfounded
	FaultMaintenance  FaultKind = C.BERTH_FAULT_MAINTENANCE   // entered while VMs may still run there
	FaultApproval     FaultKind = C.BERTH_FAULT_APPROVAL      // manual automation, and not marked
	FaultPowerDown    FaultKind = C.BERTH_FAULT_POWER_DOWN    // not allowed, or too few hosts stay on
	FaultSurvival     FaultKind = C.BERTH_FAULT_SURVIVAL      // undecided within the checker's limits
	FaultCertificate  FaultKind = C.BERTH_FAULT_CERTIFICATE   // proves less than it states, or overlaps
	FaultShortage     FaultKind = C.BERTH_FAULT_SHORTAGE      // the VMs could go elsewhere, or they fit
	FaultDeadline     FaultKind = C.BERTH_FAULT_DEADLINE      // its verdict, chain or remedy is wrong
	FaultNUMA         FaultKind = C.BERTH_FAULT_NUMA          // VMs that ask for one node outgrow a host's, or undecided
)

// String is the word of documents; "" outside the enumeration.
func (f FaultKind) String() string {
	return text(C.berth_fault_word(C.berth_fault_kind(f)))
}

// Proof is what stands behind a bound.
type Proof int

// Values of Proof.
const (
	ProofZero      Proof = C.BERTH_PROOF_ZERO      // the bound is 0, which every level has
	ProofCertified Proof = C.BERTH_PROOF_CERTIFIED // the plan's certificates prove it, recomputed
	ProofSearch    Proof = C.BERTH_PROOF_SEARCH    // only a search of its own could confirm it
)

// String is the word of documents; "" outside the enumeration.
func (p Proof) String() string {
	return text(C.berth_proof_word(C.berth_proof(p)))
}

// Verdict is what a failure set, or the failures of one VM, come to. Worse ones come last.
type Verdict int

// Values of Verdict.
const (
	VerdictRestarts           Verdict = C.BERTH_AUDIT_RESTARTS             // restarts alone are enough
	VerdictWakes              Verdict = C.BERTH_AUDIT_WAKES                // hosts in standby have to be woken
	VerdictMigrations         Verdict = C.BERTH_AUDIT_MIGRATIONS           // running VMs have to move
	VerdictWakesAndMigrations Verdict = C.BERTH_AUDIT_WAKES_AND_MIGRATIONS // both
	VerdictUndecided          Verdict = C.BERTH_AUDIT_UNDECIDED            // not decided within the limits
	VerdictLost               Verdict = C.BERTH_AUDIT_LOST                 // proved: some VM stays down whatever is done
	VerdictNone               Verdict = C.BERTH_AUDIT_VERDICT_COUNT        // of a VM that is not restarted, or does not run
)

// String is the word of documents; "" outside the enumeration.
func (v Verdict) String() string {
	return text(C.berth_audit_verdict_word(C.berth_audit_verdict(v)))
}
