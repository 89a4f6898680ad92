# SPDX-License-Identifier: Apache-2.0
"""From an inventory, a goal and a scenario to a proved plan."""

import json
import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

from berth._call import Call, ProgressCallback, encode, make, number_of, options_of, readable, text, written
from berth._native import ffi, lib
from berth.inventory import Inventory
from berth.scenario import Scenario
from berth.tables import OPTION_NUMBERS, Draw, Fault, Goal, How, LevelName, Met, Options, Outcome, StepType

if TYPE_CHECKING:
    import pandas

_FAULTS = tuple(Fault)
_UNITS = {"shortMib": "MiB", "shortMhz": "MHz", "short": None}


@dataclass(frozen=True, slots=True)
class Window:
    """Seconds from the start of the plan: everything acknowledged at once, and all waits run out."""

    earliest: int
    latest: int


@dataclass(frozen=True, slots=True)
class Level:
    """A level of the goal's ladder.

    Attributes
    ----------
    name : LevelName
    value : int
        What the plan has; lower is better. ``memory.moved`` is MiB, ``makespan`` seconds.
    bound : int
        Proved: no plan has less, given the values of the levels before.
    status : Outcome
    proof : str or None
        How the bound was found.
    """

    name: LevelName
    value: int
    bound: int
    status: Outcome
    proof: str | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """A VM that ends elsewhere than it began; `from_host` is None where it ran nowhere."""

    vm: str
    from_host: str | None
    to_host: str
    how: How


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan.

    Attributes
    ----------
    id : int
        1, 2, ... in an order in which the steps can be carried out.
    type : StepType
    vm, from_host, to_host, host : str or None
        Ids; `host` of steps of a host.
    after, after_settled : tuple of int
        Steps that must have ended, and those whose VMs must also have settled.
    wait, seconds, settle : int
        Seconds: the guest may hold a migration back; duration without that; recovery afterwards.
    start, end : Window
    approval : bool
        A person must agree.
    why : str or None
    """

    id: int
    type: StepType
    vm: str | None
    from_host: str | None
    to_host: str | None
    host: str | None
    after: tuple[int, ...]
    after_settled: tuple[int, ...]
    wait: int
    seconds: int
    settle: int
    start: Window
    end: Window
    approval: bool
    why: str | None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """So many hosts are out for this reason.

    Attributes
    ----------
    reason : str
        A word of `Reason`, or the name of the resource of which there is too little.
    hosts : int
    rule : str or None
        Id of the rule that forbids it.
    short_by : int or None
        What is missing on the host that comes closest, in `unit`.
    unit : str or None
        ``"MiB"``, ``"MHz"``, or None where it is a number of something.
    never : bool
        Too little even when the host is empty.
    """

    reason: str
    hosts: int
    rule: str | None = None
    short_by: int | None = None
    unit: str | None = None
    never: bool = False


@dataclass(frozen=True, slots=True)
class Remedy:
    """A single change that would help; `cost`: 1 = an order is enough, 2 = a policy changes, 3 = equipment."""

    change: str
    cost: int


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A VM that stays without a host, or on a host that it must leave.

    Attributes
    ----------
    vm : str
    ledger : tuple of LedgerEntry
        Why each host is out.
    conflict : tuple of str
        Rules, resources and reasons that together forbid it, none of them needlessly; empty = not known.
    remedies : tuple of Remedy
        Each verified by solving again; cheapest first.
    """

    vm: str
    ledger: tuple[LedgerEntry, ...]
    conflict: tuple[str, ...]
    remedies: tuple[Remedy, ...]


@dataclass(frozen=True, slots=True)
class Shortage:
    """VMs that can end nowhere but on hosts which are too small for all of them."""

    resource: str
    short_by: int
    vms: tuple[str, ...]
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Makespan:
    """Seconds: guests acknowledge at once, as expected, not at all."""

    best: int
    expected: int
    worst: int


@dataclass(frozen=True, slots=True)
class Deadline:
    """Verdict on the deadline that was asked for.

    Attributes
    ----------
    seconds : int
        The deadline.
    met : Met
        ``"worst"``: whatever guests do; ``"no"``: not even if every guest acknowledges at once.
    late : int
        Seconds by which the worst case misses it.
    impossible : bool
        No plan meets it.
    """

    seconds: int
    met: Met
    late: int
    impossible: bool


@dataclass(frozen=True, slots=True)
class PlanFault:
    """Something that is wrong with a plan; `step` is its id, or 0."""

    kind: Fault
    step: int
    text: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What the independent checker found; true if there is no fault."""

    faults: tuple[PlanFault, ...]

    def __bool__(self) -> bool:
        return not self.faults


def _short(entry: dict[str, Any]) -> tuple[int | None, str | None]:
    for key, unit in _UNITS.items():
        if key in entry:
            return entry[key], unit
    return None, None


def _unplaced(entry: dict[str, Any]) -> Unplaced:
    ledger = tuple(LedgerEntry(row["reason"], row["hosts"], row.get("rule"), *_short(row), row.get("never", False))
                   for row in entry["ledger"])
    return Unplaced(entry["vm"], ledger, tuple(entry.get("conflict", ())),
                    tuple(Remedy(row["change"], row["cost"]) for row in entry.get("remedies", ())))


def _step(entry: dict[str, Any]) -> Step:
    start, end = Window(*entry["start"]), Window(*entry["end"])
    return Step(entry["id"], StepType(entry["type"]), entry.get("vm"), entry.get("from"), entry.get("to"),
                entry.get("host"), tuple(entry["after"]), tuple(entry.get("afterSettled", ())),
                entry.get("notify", {}).get("wait", 0), entry.get("seconds", end.earliest - start.earliest),
                entry.get("settle", 0), start, end, entry.get("approval", False), entry.get("why"))


class Plan:
    """An answer: where each VM ends, in which order of steps, how good that is and what is proved about it.

    It has passed the library's checker. Immutable; any number of threads may use it, and it can be pickled.

    Attributes
    ----------
    base : Inventory
        What was planned for, before the scenario.
    """

    def __init__(self, handle: Any, base: Inventory) -> None:
        self._handle = handle
        self.base = base

    @classmethod
    def read(cls, path: str | os.PathLike[str] | bytes, inventory: Inventory) -> "Plan":
        """Reads a plan, a JSON file or the document itself as bytes, for `inventory` as it was before the scenario.

        What is read may come from anywhere: `verify` says whether it holds.
        """
        if isinstance(path, bytes):
            with readable(path) as pipe:
                return cls._read(pipe, inventory)
        return cls._read(encode(path), inventory)

    @classmethod
    def _read(cls, path: bytes, inventory: Inventory) -> "Plan":
        call = Call()
        return cls(make(call, "berth_plan", lib.berth_read_plan, lib.berth_plan_free, path, inventory._handle,
                        ffi.NULL), inventory)

    # -------------------------------------------------------------------- as documents

    def to_json(self) -> str:
        """The document of `berth plan --format json`, schema berth-plan/1, byte for byte."""
        return written(lambda path: self._write(path, lib.BERTH_FORMAT_JSON)).decode()

    def to_dict(self) -> dict[str, Any]:
        """That document, parsed: a copy of the caller's own."""
        document: dict[str, Any] = json.loads(self.to_json())
        return document

    def to_text(self, width: int = 80, colour: bool = False) -> str:
        """What `berth plan` prints, `width` columns wide."""
        style = ffi.new("berth_text_style *")
        lib.berth_text_style_init_value(style)
        style.width, style.colour = width, colour
        return written(lambda path: self._write(path, lib.BERTH_FORMAT_TEXT, style)).decode()

    def write(self, path: str | os.PathLike[str]) -> None:
        """Writes the JSON document. A file is replaced only when complete."""
        self._write(encode(path), lib.BERTH_FORMAT_JSON)

    def write_report(self, path: str | os.PathLike[str]) -> None:
        """Writes a page for people: one HTML file that needs nothing beside it."""
        call = Call()
        call.check(lib.berth_write_report(call.context, self._handle, encode(path)))

    def to_pandas(self, what: str = "steps") -> "pandas.DataFrame":
        """A table of ``"steps"``, ``"placements"``, ``"levels"`` or ``"unplaced"``; needs pandas.

        Times are seconds from the start of the plan. Of VMs that are unplaced each row is one reason.
        """
        import pandas
        return pandas.DataFrame(self.rows(what))

    def rows(self, what: str = "steps") -> list[dict[str, Any]]:
        """What `to_pandas` makes a table of."""
        if what == "levels":
            return [{"name": str(one.name), "value": one.value, "bound": one.bound, "status": str(one.status)}
                    for one in self.levels]
        if what == "placements":
            return [{"vm": one.vm, "from": one.from_host, "to": one.to_host, "how": str(one.how)}
                    for one in self.placements]
        if what == "unplaced":
            return [{"vm": one.vm, "reason": row.reason, "hosts": row.hosts, "rule": row.rule,
                     "short_by": row.short_by, "unit": row.unit} for one in self.unplaced for row in one.ledger]
        if what == "steps":
            return [{"id": one.id, "type": str(one.type), "vm": one.vm, "from": one.from_host, "to": one.to_host,
                     "host": one.host, "earliest_start": one.start.earliest, "latest_start": one.start.latest,
                     "earliest_end": one.end.earliest, "latest_end": one.end.latest} for one in self.steps]
        raise ValueError(f"no table of {what!r}; there is steps, placements, levels, unplaced")

    def _write(self, path: bytes, form: int, style: Any = ffi.NULL) -> None:
        call = Call()
        call.check(lib.berth_write_plan(call.context, self._handle, form, style, path))

    def __reduce__(self) -> tuple[Any, ...]:
        return Plan.read, (self.to_json().encode(), self.base)

    def __eq__(self, other: object) -> bool:
        return self.to_json() == other.to_json() if isinstance(other, Plan) else NotImplemented

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<berth.Plan {self.goal}: {self.status}, {len(self.steps)} steps>"

    # -------------------------------------------------------------------- what it says

    @cached_property
    def _document(self) -> dict[str, Any]:
        return self.to_dict()

    @cached_property
    def inventory(self) -> Inventory:
        """What the plan speaks of: the inventory after the scenario."""
        handle = lib.berth_inventory_retain(lib.berth_plan_inventory(self._handle))
        return Inventory(ffi.gc(handle, lib.berth_inventory_release))

    @cached_property
    def scenario(self) -> Scenario:
        """What was changed first."""
        return Scenario._of(lib.berth_plan_scenario(self._handle))

    @cached_property
    def goal(self) -> Goal:
        """What it is for."""
        return Goal(self._document["goal"])

    @cached_property
    def status(self) -> Outcome:
        """``optimal``, ``feasible`` (a gap is open), ``infeasible`` (proved: not all that was asked for can be
        done; the plan does what can), or ``unknown``."""
        return Outcome(self._document["status"])

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """The goal's ladder, most important level first."""
        return tuple(Level(LevelName(one["name"]), one["value"], one["bound"], Outcome(one["status"]),
                           one.get("proof")) for one in self._document["levels"])

    def level(self, name: LevelName | str) -> Level:
        """One level. Raises KeyError if the goal's ladder has no such level."""
        for level in self.levels:
            if level.name == name:
                return level
        raise KeyError(name)

    @cached_property
    def placements(self) -> tuple[Placement, ...]:
        """VMs that end elsewhere than they began."""
        return tuple(Placement(one["vm"], one.get("from"), one["to"], How(one["how"]))
                     for one in self._document["placements"])

    @cached_property
    def unplaced(self) -> tuple[Unplaced, ...]:
        """VMs that stay without a host, and why."""
        return tuple(_unplaced(one) for one in self._document["unplaced"])

    @cached_property
    def left_behind(self) -> tuple[Unplaced, ...]:
        """VMs that stay on hosts which they must leave, and why."""
        return tuple(_unplaced(one) for one in self._document.get("leftBehind", ()))

    @cached_property
    def shortages(self) -> tuple[Shortage, ...]:
        """Groups of hosts that are too small."""
        return tuple(Shortage(one["resource"], _short(one)[0] or 0, tuple(one["vms"]), tuple(one["hosts"]))
                     for one in self._document.get("shortages", ()))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """What is to be done, in an order in which it can be."""
        return tuple(_step(one) for one in self._document["steps"])

    @cached_property
    def makespan(self) -> Makespan:
        """How long it takes, in seconds."""
        return Makespan(**self._document["makespan"])

    @cached_property
    def deadline(self) -> Deadline | None:
        """The verdict on the deadline, if one was asked for."""
        one = self._document.get("deadline")
        return None if one is None else Deadline(one["seconds"], Met(one["met"]), one["late"],
                                                 one.get("impossible", False))

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know."""
        return tuple(self._document.get("warnings", ()))

    # -------------------------------------------------------------------- asked further

    def verify(self) -> Verification:
        """Has the plan checked by code that shares nothing with the solver."""
        call = Call()
        report = make(call, "berth_report", lib.berth_verify, lib.berth_report_free, self._handle)
        faults = (lib.berth_report_fault(report, index) for index in range(lib.berth_report_count(report)))
        return Verification(tuple(PlanFault(_FAULTS[one.kind], one.step, text(one.text)) for one in faults))

    def simulate(self, draw: Draw | str = Draw.EXPECTED, *, runs: int = 1, delay: int = 0, seed: int = 1,
                 scenario: Scenario | None = None, progress: ProgressCallback | None = None) -> "Simulation":
        """Carries the plan out on paper, many times.

        Parameters
        ----------
        draw : Draw or str
            How guests acknowledge.
        runs : int
            1 to 10,000,000.
        delay : int
            Each step starts up to so many seconds later than it could.
        seed : int
            Of all that is drawn.
        scenario : Scenario, optional
            Its `ack` events say when guests acknowledge.
        """
        call = Call(progress)
        asked = ffi.new("berth_simulation_options *")
        lib.berth_simulation_options_init_value(asked)
        asked.draw, asked.runs, asked.delay, asked.seed = number_of(Draw, draw), runs, delay, seed
        events = None if scenario is None else scenario._made(call)
        if events is not None:
            asked.scenario = events
        handle = make(call, "berth_simulation", lib.berth_simulate_plan, lib.berth_simulation_free, self._handle,
                      asked)
        return Simulation(handle, self)


class Simulation:
    """What became of a plan when it was carried out on paper."""

    def __init__(self, handle: Any, plan: Plan) -> None:
        self._handle, self.plan = handle, plan

    @property
    def runs(self) -> int:
        """How many were made."""
        return int(lib.berth_simulation_runs(self._handle))

    @property
    def makespan(self) -> int:
        """Seconds, of the run that is kept: the first in which something was broken, else the first."""
        return int(lib.berth_simulation_makespan(self._handle))

    def quantile(self, share: float) -> int:
        """The makespan in seconds that a share of the runs, 0 to 1, does not exceed."""
        if not 0 <= share <= 1:
            raise ValueError(f"{share} is no share; expected 0 to 1")
        return int(lib.berth_simulation_quantile(self._handle, round(share * 1000)))

    @property
    def breach_count(self) -> int:
        """How often something was broken that must not be; 0 for a plan that holds."""
        return int(lib.berth_simulation_breach_count(self._handle))

    def to_dict(self) -> dict[str, Any]:
        """The document of `berth simulate --format json`, schema berth-simulation/1, parsed."""
        document: dict[str, Any] = json.loads(written(self._write))
        return document

    def _write(self, path: bytes) -> None:
        call = Call()
        call.check(lib.berth_write_simulation(call.context, self.plan._handle, self._handle, lib.BERTH_FORMAT_JSON,
                                              ffi.NULL, path))


def plan(inventory: Inventory, goal: Goal | str | None = None, scenario: Scenario | None = None, *,
         progress: ProgressCallback | None = None, **options: Unpack[Options]) -> Plan:
    """Plans.

    Other threads of Python run while it does. Ctrl-C ends it with a KeyboardInterrupt.

    Parameters
    ----------
    inventory : Inventory
    goal : Goal or str, optional
        By default what the inventory suggests: failed hosts with VMs to restart: failover; hosts entering
        maintenance: evacuate; else repair.
    scenario : Scenario, optional
        Changes that are made first.
    progress : callable, optional
        Called with a `Progress` every 20 ms or so. If it returns False, the best plan so far is the
        result; if it raises, that comes out of this call.
    **options
        See `Options`: ``time_limit=10`` (seconds), ``threads=2``, ``deadline="15m"``, ...

    Returns
    -------
    Plan
        It has passed the checker.

    Raises
    ------
    InvalidError, NotFoundError
        The scenario does not fit the inventory.
    ArgumentError
        An option outside its bounds.

    Examples
    --------
    >>> plan = berth.plan(inventory, "failover")
    >>> plan.status.value, plan.level("migrations").value
    ('optimal', 1)
    """
    call = Call(progress)
    request = ffi.new("berth_request *")
    lib.berth_request_init_value(request)
    if goal is not None:
        request.infer_goal, request.goal = False, number_of(Goal, goal)
    stored = options_of(call, OPTION_NUMBERS, dict(options))
    events = None if scenario is None else scenario._made(call)
    request.options = stored
    if events is not None:
        request.scenario = events
    handle = make(call, "berth_plan", lib.berth_solve, lib.berth_plan_free, inventory._handle, request, ffi.NULL)
    return Plan(handle, inventory)
