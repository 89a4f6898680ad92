# SPDX-License-Identifier: Apache-2.0
"""A cluster that changes, and questions about it in microseconds: what a scheduler asks."""

from types import TracebackType
from typing import Any, NamedTuple, Unpack

from berth._call import Call, ProgressCallback, encode, make, number_of, options_of, text
from berth._native import ffi, lib
from berth.errors import ArgumentError, NotFoundError
from berth.inventory import Inventory, _Spec
from berth.plan import Placement, Plan, plan
from berth.scenario import Scenario
from berth.tables import (OPTION_NUMBERS, Goal, HostState, How, Options, Outcome, Power, Preference, Reason, RuleSpec,
                          RuleType, Status, VmSpec)

_HOST_STATES, _POWERS, _REASONS = tuple(HostState), tuple(Power), tuple(Reason)
_HOWS, _OUTCOMES = tuple(How), tuple(Outcome)
_PREFERENCES = {preference.value: number for number, preference in enumerate(Preference)}
_NONE: int = lib.BERTH_NONE
_OK: int = lib.BERTH_OK
_best_hosts, _place_vm = lib.berth_view_best_hosts, lib.berth_session_place_vm


class Candidate(NamedTuple):
    """A host that can take a VM as things stand, nothing else moved.

    Attributes
    ----------
    host : str
        Its id.
    number : int
        Its number.
    should_broken : int
        Should rules of the VM that are broken with it there.
    wakes : int
        1 = it is in standby and to be woken first; else 0.
    room : int
        What is free now of its scarcer of cpu and memory, in 1/1024 of its capacity.
    """

    host: str
    number: int
    should_broken: int
    wakes: int
    room: int


class Obstacle(NamedTuple):
    """Why hosts cannot take a VM.

    Attributes
    ----------
    reason : Reason
    hosts : int
        How many are out for it.
    rule : int or None
        Number of the rule.
    resource : str or None
    short_by : int
        Of the resource, on the host that comes closest: MHz, MiB, or a number of something.
    """

    reason: Reason
    hosts: int
    rule: int | None
    resource: str | None
    short_by: int


class Answer(NamedTuple):
    """Whether a host can be emptied, or its failure be survived.

    Attributes
    ----------
    outcome : Outcome
        ``optimal``: all of it can be done, and here is how; ``infeasible``: proved that it cannot; ``unknown``: a
        limit was hit.
    moves : tuple of Placement
        In an order in which they can be made one by one. A VM that stops over is there twice. A host in standby
        has to be woken before it is moved to.
    left : tuple of str
        VMs that stay behind, or are lost, in the best plan known.
    """

    outcome: Outcome
    moves: tuple[Placement, ...]
    left: tuple[str, ...]


class _Asked:
    """What a session and a snapshot can be asked. Hosts and VMs go by id or by number; numbers are faster."""

    _view: Any
    _resources: tuple[str, ...]
    _host_ids: list[str]

    def _vm(self, vm: int | str) -> int:
        raise NotImplementedError

    def _host(self, host: int | str) -> int:
        raise NotImplementedError

    def _resource(self, resource: int | str) -> int:
        number = self._resources.index(resource) if isinstance(resource, str) else resource
        if not 0 <= number < len(self._resources):
            raise IndexError(f"no resource {resource}")
        return number

    def _host_id(self, number: int) -> str:
        ids = self._host_ids
        while len(ids) <= number:  # hosts go only when a transaction does
            ids.append(text(lib.berth_view_host_id(self._view, len(ids))))
        return ids[number]

    def _candidate(self, row: Any) -> Candidate:
        number = row.host
        name = self._host_ids[number] if number < len(self._host_ids) else self._host_id(number)
        return Candidate(name, number, row.should_broken, row.wakes, row.room)

    # -------------------------------------------------------------------- what is

    @property
    def vm_count(self) -> int:
        """One past the largest number of a VM."""
        return int(lib.berth_view_vm_count(self._view))

    @property
    def host_count(self) -> int:
        """How many hosts there are."""
        return int(lib.berth_view_host_count(self._view))

    def vm_exists(self, vm: int) -> bool:
        """False for a number whose VM was removed, and for one that there never was."""
        return 0 <= vm < self.vm_count and bool(lib.berth_view_vm_exists(self._view, vm))

    def vm_id(self, vm: int) -> str:
        """Id of a VM."""
        return text(lib.berth_view_vm_id(self._view, self._vm(vm)))

    def host_id(self, host: int) -> str:
        """Id of a host."""
        return self._host_id(self._host(host))

    def vm_host(self, vm: int | str) -> str | None:
        """Id of the host that a VM is registered at, running or not."""
        host = lib.berth_view_vm_host(self._view, self._vm(vm))
        return None if host == _NONE else self._host_id(host)

    def vm_power(self, vm: int | str) -> Power:
        """Power state of a VM."""
        return _POWERS[int(lib.berth_view_vm_power(self._view, self._vm(vm)))]

    def vm_demand(self, vm: int | str, resource: int | str) -> int:
        """What a VM takes when it runs: MHz of ``cpu``, MiB of ``memory``, a number of others."""
        return int(lib.berth_view_vm_demand(self._view, self._vm(vm), self._resource(resource)))

    def host_state(self, host: int | str) -> HostState:
        """State of a host."""
        return _HOST_STATES[int(lib.berth_view_host_state(self._view, self._host(host)))]

    def host_free(self, host: int | str, resource: int | str) -> int | None:
        """Capacity less what the VMs that run there take; may be negative; None = no limit."""
        free = lib.berth_view_host_free(self._view, self._host(host), self._resource(resource))
        return None if free == lib.BERTH_UNLIMITED else int(free)

    # -------------------------------------------------------------------- questions

    def best_hosts(self, vm: int | str, k: int = 3, prefer: Preference | str = "tight") -> list[Candidate]:
        """The hosts that can take a VM now with nothing else moved, best first.

        First those that break the fewest should rules, then those that need not be woken, then by
        preference. A running VM's own host is not among them.

        Parameters
        ----------
        vm : int or str
        k : int
            At most so many, at least 1.
        prefer : Preference or str
            ``"tight"``: the fullest first, which keeps large gaps whole; ``"roomy"``: the emptiest.
        """
        number = self._vm(vm)
        rows, count = self._buffers(k)
        count[0] = k
        status = _best_hosts(self._view, number, _preference(prefer), rows, count)
        if status != _OK:
            raise ArgumentError(Status.ARGUMENT, f"VM {vm} does not exist, or {k} hosts were asked for")
        candidate = self._candidate
        return [candidate(rows[index]) for index in range(count[0])]

    def _buffers(self, k: int) -> tuple[Any, Any]:
        return ffi.new("berth_candidate[]", max(k, 1)), ffi.new("uint32_t *")

    def obstacle(self, vm: int | str, host: int | str) -> Obstacle | None:
        """Why a host cannot take a VM: the first reason of those there are. None: it can."""
        entry = ffi.new("berth_plan_ledger_entry *")
        there_is = lib.berth_view_obstacle(self._view, self._vm(vm), self._host(host), entry)
        return self._obstacle(entry) if there_is else None

    def ledger(self, vm: int | str) -> list[Obstacle]:
        """The hosts of the cluster that cannot take a VM, by reason."""
        number, count, room = self._vm(vm), ffi.new("uint32_t *"), 32
        while True:
            rows = ffi.new("berth_plan_ledger_entry[]", room)
            count[0] = room
            if lib.berth_view_ledger(self._view, number, rows, count) != _OK:
                raise ArgumentError(Status.ARGUMENT, f"VM {vm} has no ledger")
            if count[0] <= room:
                return [self._obstacle(rows[index]) for index in range(count[0])]
            room = count[0]

    def _obstacle(self, row: Any) -> Obstacle:
        return Obstacle(_REASONS[row.reason], row.hosts, None if row.rule == _NONE else row.rule,
                        None if row.resource == _NONE else self._resources[row.resource], row.short_by)

    def drain(self, host: int | str, *, progress: ProgressCallback | None = None,
              **options: Unpack[Options]) -> Answer:
        """Can this host be emptied? First by moving its VMs one after another; if that finds no way, by a plan.

        Options are those of the plan. Raises ArgumentError for a host that no VM can be moved from.
        """
        return self._answer(lib.berth_view_drain, host, progress, options)

    def failure(self, host: int | str, *, progress: ProgressCallback | None = None,
                **options: Unpack[Options]) -> Answer:
        """What if this host fails now? First by restarts as things stand; if not all VMs find room, by a plan, with
        wakes and migrations.
        """
        return self._answer(lib.berth_view_failure, host, progress, options)

    def _answer(self, function: Any, host: int | str, progress: ProgressCallback | None, options: Any) -> Answer:
        call = Call(progress)
        stored = options_of(call, OPTION_NUMBERS, dict(options))
        answer = make(call, "berth_answer", function, lib.berth_answer_free, self._view, self._host(host), stored)

        def host_id(number: int) -> str | None:
            return None if number == _NONE else self._host_id(number)
        rows = (lib.berth_answer_move_at(answer, index) for index in range(lib.berth_answer_move_count(answer)))
        moves = tuple(Placement(text(lib.berth_view_vm_id(self._view, row.vm)), host_id(getattr(row, "from")),
                                self._host_id(row.to), _HOWS[row.how]) for row in rows)
        left = (lib.berth_answer_left_at(answer, index) for index in range(lib.berth_answer_left_count(answer)))
        return Answer(_OUTCOMES[lib.berth_answer_outcome(answer)], moves,
                      tuple(text(lib.berth_view_vm_id(self._view, vm)) for vm in left))

    def inventory(self) -> Inventory:
        """The state as an inventory of its own, for any other question. Objects that were added come last in their
        cluster; ids stay."""
        return Inventory(make(Call(), "const berth_inventory", lib.berth_view_inventory, lib.berth_inventory_release,
                              self._view))

    def plan(self, goal: Goal | str | None = None, scenario: Scenario | None = None, *,
             progress: ProgressCallback | None = None, **options: Unpack[Options]) -> Plan:
        """`berth.plan` of the state."""
        return plan(self.inventory(), goal, scenario, progress=progress, **options)


def _preference(word: str) -> int:
    try:
        return _PREFERENCES[word]
    except KeyError:
        return number_of(Preference, word)


class Snapshot(_Asked):
    """A state that stays as it was. Any number of threads may ask it while the session goes on.

    Made by `Session.snapshot`.
    """

    def __init__(self, view: Any, resources: tuple[str, ...]) -> None:
        self._view, self._resources = view, resources
        self._host_ids = []
        self._names: tuple[dict[str, int], dict[str, int]] | None = None

    def _numbers(self) -> tuple[dict[str, int], dict[str, int]]:
        """Numbers by id, made when they are first asked for."""
        if self._names is None:
            vms = {text(lib.berth_view_vm_id(self._view, vm)): vm for vm in range(self.vm_count)
                   if lib.berth_view_vm_exists(self._view, vm)}
            hosts = {text(lib.berth_view_host_id(self._view, host)): host for host in range(self.host_count)}
            self._names = (vms, hosts)
        return self._names

    def _vm(self, vm: int | str) -> int:
        number = self._numbers()[0].get(vm) if isinstance(vm, str) else vm if self.vm_exists(vm) else None
        if number is None:
            raise NotFoundError(Status.NOT_FOUND, f"VM {vm!r} does not exist")
        return number

    def _host(self, host: int | str) -> int:
        number = self._numbers()[1].get(host) if isinstance(host, str) else host
        if number is None or not 0 <= number < self.host_count:
            raise NotFoundError(Status.NOT_FOUND, f"host {host!r} does not exist")
        return number

    def _host_id(self, number: int) -> str:
        return text(lib.berth_view_host_id(self._view, number))  # several threads fill no list

    def _candidate(self, row: Any) -> Candidate:
        return Candidate(self._host_id(row.host), row.host, row.should_broken, row.wakes, row.room)


class _Transaction:
    """What `Session.transaction` gives to `with`."""

    def __init__(self, session: "Session") -> None:
        self._session = session

    def __enter__(self) -> "Session":
        self._session._changed(lib.berth_session_begin(self._session._handle))
        return self._session

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        end = lib.berth_session_commit if kind is None else lib.berth_session_rollback
        self._session._changed(end(self._session._handle))
        if kind is not None:  # hosts added meanwhile are gone; their numbers may be given out again
            del self._session._host_ids[self._session.host_count:]


class Session(_Asked):
    """A cluster that changes.

    Opened on an inventory, it is told what happens, and answers from the state that results. Each change
    costs what it touches, not what the inventory holds. Hosts and VMs go by id or by number: those of the
    inventory keep theirs, added ones get the next free number.

    A session belongs to one thread at a time; `snapshot` is for the others. Changes tell facts: a VM may be started on
    a host that is full. A change that is refused changes nothing.

    Examples
    --------
    >>> with berth.Session(inventory) as session:
    ...     session.set_host_state("esx02", "maintenance")
    ...     with session.transaction():
    ...         new = session.add_vm("prod", "new", like="wiki", memory_mib=4096)
    ...         chosen = session.place(new)
    ...     chosen.host, session.vm_host("new")
    ('esx01', 'esx01')
    """

    def __init__(self, inventory: Inventory) -> None:
        self._call = Call()
        self._handle = make(self._call, "berth_session", lib.berth_session_open, lib.berth_session_close,
                            inventory._handle)
        self._inventory = inventory
        self._view = lib.berth_session_view(self._handle)
        self._resources = inventory.resources
        self._host_ids = []
        self._host_id(self.host_count - 1)
        self._clusters = {cluster.id: cluster.index for cluster in inventory.clusters}
        self._rows = ffi.new("berth_candidate[64]")
        self._number = ffi.new("uint32_t *")

    def close(self) -> None:
        """Ends it; snapshots stay. Nothing else may be called afterwards."""
        if self._handle is not None:
            ffi.release(self._handle)
            self._handle = self._view = None

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -------------------------------------------------------------------- names and numbers

    def _vm(self, vm: int | str) -> int:
        if isinstance(vm, str):
            return self._find(lib.berth_session_find_vm, "VM", vm)
        if not lib.berth_view_vm_count(self._view) > vm >= 0 or not lib.berth_view_vm_exists(self._view, vm):
            raise NotFoundError(Status.NOT_FOUND, f"VM {vm} does not exist")
        return vm

    def _host(self, host: int | str) -> int:
        if isinstance(host, str):
            return self._find(lib.berth_session_find_host, "host", host)
        if not 0 <= host < lib.berth_view_host_count(self._view):
            raise NotFoundError(Status.NOT_FOUND, f"host {host} does not exist")
        return host

    def _find(self, function: Any, what: str, word: str) -> int:
        if function(self._handle, encode(word), self._number) != _OK:
            raise NotFoundError(Status.NOT_FOUND, f"{what} {word!r} does not exist")
        return int(self._number[0])

    def _cluster(self, cluster: int | str) -> int:
        number = self._clusters.get(cluster) if isinstance(cluster, str) else cluster
        if number is None or not 0 <= number < len(self._clusters):
            raise NotFoundError(Status.NOT_FOUND, f"cluster {cluster!r} does not exist")
        return number

    def vm_number(self, id: str) -> int:
        """Number of a VM. Raises NotFoundError."""
        return self._find(lib.berth_session_find_vm, "VM", id)

    def host_number(self, id: str) -> int:
        """Number of a host. Raises NotFoundError."""
        return self._find(lib.berth_session_find_host, "host", id)

    def _buffers(self, k: int) -> tuple[Any, Any]:
        return (self._rows, self._number) if k <= 64 else super()._buffers(k)

    def _changed(self, status: int) -> None:
        if status != _OK:
            raise self._call.error(status)

    # -------------------------------------------------------------------- transactions, snapshots

    def transaction(self) -> _Transaction:
        """For `with`: changes inside are kept at its end, and taken back if anything is raised.

        One at a time.
        """
        return _Transaction(self)

    def snapshot(self) -> Snapshot:
        """The present state, kept; some microseconds, whatever the inventory holds."""
        out = ffi.new("const berth_view **")
        self._changed(lib.berth_session_snapshot(self._handle, out))
        return Snapshot(ffi.gc(out[0], lib.berth_view_release), self._resources)

    # -------------------------------------------------------------------- changes

    def place(self, vm: int | str, prefer: Preference | str = "tight") -> Candidate | None:
        """Starts a VM on the best host: the first of `best_hosts`, in one call.

        None, and nothing changed, if no host can take it, or if the best one must be woken first.
        """
        row = self._rows[0]
        status = _place_vm(self._handle, self._vm(vm), _preference(prefer), ffi.addressof(row))
        if status != _OK:
            raise self._call.error(status)
        return None if row.host == _NONE else self._candidate(row)

    def start_vm(self, vm: int | str, host: int | str | None = None) -> None:
        """A VM is on, at a host of its cluster; None: it waits to be placed.

        Raises ArgumentError if the host is in standby or of another cluster.
        """
        number = _NONE if host is None else self._host(host)
        self._changed(lib.berth_session_start_vm(self._handle, self._vm(vm), number))

    def stop_vm(self, vm: int | str) -> None:
        """A VM is off; it stays registered where it is."""
        self._changed(lib.berth_session_stop_vm(self._handle, self._vm(vm)))

    def move_vm(self, vm: int | str, host: int | str) -> None:
        """A VM, on or off, is at this host now."""
        self._changed(lib.berth_session_move_vm(self._handle, self._vm(vm), self._host(host)))

    def resize_vm(self, vm: int | str, *, cpus: int | None = None, memory_mib: int | None = None,
                  cpu_reservation_mhz: int | None = None, memory_reservation_mib: int | None = None) -> None:
        """A VM has another size: MHz and MiB, configured and reserved. What is not given stays."""
        size = ffi.new("berth_vm_size *")
        lib.berth_vm_size_init_value(size)
        for name, value in (("cpus", cpus), ("memory_mib", memory_mib), ("cpu_reservation_mhz", cpu_reservation_mhz),
                            ("memory_reservation_mib", memory_reservation_mib)):
            if value is not None:
                setattr(size, name, value)
        self._changed(lib.berth_session_resize_vm(self._handle, self._vm(vm), size))

    def add_vm(self, cluster: int | str, id: str, *, like: int | str | None = None, **fields: Unpack[VmSpec]) -> int:
        """There is a new VM.

        Parameters
        ----------
        cluster : int or str
        id : str
            New.
        like : int or str, optional
            A VM of the cluster, whose rules and groups it joins, and whose datastores, networks and named
            resources it needs.
        **fields
            See `VmSpec`. Without `host` it waits to be placed; say ``power="off"`` for one that is not on.

        Returns
        -------
        int
            Its number.
        """
        spec = _Spec("berth_vm_spec", id, dict(fields))
        out = ffi.new("uint32_t *")
        self._changed(lib.berth_session_add_vm(self._handle, self._cluster(cluster), spec.value,
                                               _NONE if like is None else self._vm(like), out))
        return int(out[0])

    def remove_vm(self, vm: int | str) -> None:
        """A VM is gone; its number may be given out again after the transaction."""
        self._changed(lib.berth_session_remove_vm(self._handle, self._vm(vm)))

    def set_host_state(self, host: int | str, state: HostState | str) -> None:
        """A host failed, enters maintenance, was woken, ..."""
        self._changed(lib.berth_session_set_host_state(self._handle, self._host(host), number_of(HostState, state)))

    def add_host(self, like: int | str, id: str) -> int:
        """There is a new host, online and empty, otherwise like another is in the inventory. Gives its number."""
        out = ffi.new("uint32_t *")
        self._changed(lib.berth_session_add_host(self._handle, self._host(like), encode(id), out))
        return int(out[0])

    def add_rule(self, cluster: int | str, id: str, type: RuleType | str, vms: str | list[str],
                 **fields: Unpack[RuleSpec]) -> int:
        """There is a new rule, the youngest. Gives its number. See `BuiltCluster.rule`."""
        spec = _Spec("berth_rule_spec", id, {"type": type, "vms": vms, **fields})
        out = ffi.new("uint32_t *")
        self._changed(lib.berth_session_add_rule(self._handle, self._cluster(cluster), spec.value, out))
        return int(out[0])

    def drop_rule(self, rule: int) -> None:
        """A rule is gone."""
        self._changed(lib.berth_session_drop_rule(self._handle, rule))

    def rule_enabled(self, rule: int) -> bool:
        """False for a rule that is gone, or that an older one contradicts."""
        return (0 <= rule < lib.berth_view_rule_count(self._view) and
                bool(lib.berth_view_rule_exists(self._view, rule)) and
                bool(lib.berth_view_rule_enabled(self._view, rule)))
