# SPDX-License-Identifier: Apache-2.0
"""berth: placement, proof and plans for virtualised clusters.

    import berth

    inventory = berth.Inventory.read("cluster.xml")
    plan = berth.plan(inventory, scenario=berth.Scenario().fail("esx01"), time_limit=10)
    for step in plan.steps:
        print(step.id, step.type, step.vm, step.to_host)

Everything here calls libberth, without the interpreter lock. Amounts are MHz and MiB, times seconds.
"""

from berth._call import Progress, ProgressCallback
from berth.audit import Audit, ClusterAudit, FailureSet, audit, merge
from berth.batch import BatchAnswer, Question, batch
from berth.capacity import Capacity, ClusterCapacity, Figure, Flavour, HostRoom, Purchase, ResourceRoom, capacity
from berth.errors import (AmbiguousError, ArgumentError, BerthError, CancelledError, InternalError, InvalidError,
                          LimitError, NoMemoryError, NotFoundError, OpenOutputError, Problem, ReadError,
                          TooLargeError, UnsupportedError, WriteError)
from berth.inventory import Builder, Cluster, Host, Inventory, Rule, Vm
from berth.lint import lint
from berth.plan import (Deadline, LedgerEntry, Level, Makespan, Placement, Plan, PlanFault, Remedy, Shortage,
                        Simulation, Step, Unplaced, Verification, Window, plan)
from berth.scenario import Scenario
from berth.session import Answer, Candidate, Obstacle, Session, Snapshot
from berth.tables import (Dialect, Domain, Goal, HostState, How, LevelName, Options, Outcome, Power,
                          Preference, Priority, Reason, Severity, Status, StepType, Verdict)
from berth.timeline import Timeline, timeline

__version__ = "0.1.0"

__all__ = [
    "AmbiguousError", "Answer", "ArgumentError", "Audit", "BatchAnswer", "BerthError", "Builder", "CancelledError",
    "Candidate", "Capacity", "Cluster", "ClusterAudit", "ClusterCapacity", "Deadline", "Dialect", "Domain",
    "FailureSet", "Figure", "Flavour", "Goal", "Host", "HostRoom", "HostState", "How", "InternalError",
    "InvalidError", "Inventory", "LedgerEntry", "Level", "LevelName", "LimitError", "Makespan", "NoMemoryError",
    "NotFoundError", "Obstacle", "OpenOutputError", "Options", "Outcome", "Placement", "Plan", "PlanFault", "Power",
    "Preference", "Priority", "Problem", "Progress", "ProgressCallback", "Purchase", "Question", "ReadError",
    "Reason", "Remedy", "ResourceRoom", "Rule", "Scenario", "Session", "Severity", "Shortage", "Simulation",
    "Snapshot", "Status", "Step", "StepType", "Timeline", "TooLargeError", "Unplaced", "UnsupportedError",
    "Verdict", "Verification", "Vm", "Window", "WriteError", "audit", "batch", "capacity", "lint", "merge", "plan",
    "timeline",
]
