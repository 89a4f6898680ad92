# SPDX-License-Identifier: Apache-2.0
"""What a virtualised cluster is: hosts, VMs, rules. Read from documents, or built from Python."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar, Unpack, overload

from berth import tables
from berth._call import Call, ProgressCallback, encode, make, number_of, text, written
from berth._native import ffi, lib
from berth.errors import OF_STATUS, Problem
from berth.tables import (ClusterSpec, Dialect, HostSpec, HostState, Power, Priority, RuleSpec, RuleType, Status,
                          Strength, VmSpec)

Thing = TypeVar("Thing")
_HOST_STATES, _POWERS, _PRIORITIES = tuple(HostState), tuple(Power), tuple(Priority)
_RULE_TYPES, _STRENGTHS, _STATUSES = tuple(RuleType), tuple(Strength), tuple(Status)


@dataclass(frozen=True, slots=True)
class Host:
    """A host.

    Attributes
    ----------
    index : int
        Its number in the inventory, from 0.
    id, label : str
        `label` is the name if there is one, else the id.
    cluster : str
        Id of its cluster.
    state : HostState
    capacity : dict
        By resource: ``cpu`` in MHz, ``memory`` in MiB, ``vms``, ``vcpus`` and named ones; None = no limit.
    """

    index: int
    id: str
    label: str
    cluster: str
    state: HostState
    capacity: dict[str, int | None]


@dataclass(frozen=True, slots=True)
class Vm:
    """A virtual machine.

    Attributes
    ----------
    index : int
        Its number in the inventory, from 0.
    id, label : str
        `label` is the name if there is one, else the id.
    cluster : str
        Id of its cluster.
    power : Power
    host : str or None
        Id of the host it is registered at, running or not.
    priority : Priority
    memory_mib : int
        Configured, in MiB.
    demand : dict
        What it takes of a host when it runs (reservation and overhead), by resource: ``cpu`` in MHz,
        ``memory`` in MiB, ``vms``, ``vcpus`` and named ones.
    """

    index: int
    id: str
    label: str
    cluster: str
    power: Power
    host: str | None
    priority: Priority
    memory_mib: int
    demand: dict[str, int]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. `enabled` is False where an older rule contradicts it."""

    index: int
    id: str
    type: RuleType
    strength: Strength
    enabled: bool


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster; `hosts` and `vms` are the ranges of their numbers."""

    index: int
    id: str
    hosts: range
    vms: range


class Objects(Sequence[Thing], Generic[Thing]):
    """Hosts, VMs or rules: by number, by id, or by name."""

    def __init__(self, count: int, get: Callable[[int], Thing], find: Callable[[str], int]) -> None:
        self._count, self._get, self._find = count, get, find

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, key: int | str) -> Thing: ...

    @overload
    def __getitem__(self, key: slice) -> list[Thing]: ...

    def __getitem__(self, key: int | str | slice) -> Thing | list[Thing]:
        if isinstance(key, str):
            return self._get(self._find(key))
        if isinstance(key, slice):
            return [self._get(index) for index in range(*key.indices(self._count))]
        index = key + self._count if key < 0 else key
        if not 0 <= index < self._count:
            raise IndexError(f"{key} is not among {self._count}")
        return self._get(index)

    def __iter__(self) -> Iterator[Thing]:
        return (self._get(index) for index in range(self._count))

    def __contains__(self, thing: object) -> bool:
        if not isinstance(thing, str):
            return super().__contains__(thing)
        try:
            self._find(thing)
        except LookupError:
            return False
        return True


class Inventory:
    """An immutable inventory. Any number of threads may use it at once; it can be pickled.

    Made by `Inventory.read`, `Inventory.parse`, `Builder.freeze` or `Scenario.apply`.

    Attributes
    ----------
    problems : tuple of Problem
        Warnings and notes of the reading.

    Examples
    --------
    >>> import berth
    >>> inventory = berth.Inventory.read("datasets/fragmentation.xml")
    >>> len(inventory.hosts), inventory.vms["wiki"].host
    (3, 'esx01')
    """

    def __init__(self, handle: Any, problems: tuple[Problem, ...] = ()) -> None:
        self._handle = handle
        self.problems = problems

    # -------------------------------------------------------------------- in and out

    @classmethod
    def read(cls, *sources: str | os.PathLike[str] | bytes, dialect: Dialect | str | None = None,
             into: str | None = None, host_notify_timeout: int | None = None, max_bytes: int | None = None,
             progress: ProgressCallback | None = None) -> "Inventory":
        """Reads an inventory; several sources of one dialect are merged.

        Parameters
        ----------
        *sources : path or bytes
            Files (possibly gzip-compressed), folders, ``"-"`` for standard input, or ``"this-host:"``; or one
            document as bytes.
        dialect : Dialect or str, optional
            Found out by default.
        into : str, optional
            Cluster, by id or name, that appliances are put into; by default the only one.
        host_notify_timeout : int, optional
            Seconds, for hosts of which a vim25 source does not tell it.
        max_bytes : int, optional
            Largest document, after decompression; 8 GiB by default.
        progress : callable, optional
            See `ProgressCallback`.

        Raises
        ------
        ReadError
            A source cannot be opened or read.
        InvalidError
            `problems` has all that is wrong, with file, line and column.
        UnsupportedError
            A document of another kind.
        LimitError
            More than is allowed.
        CancelledError
            The callback returned False.
        """
        call = Call(progress)
        kind = 0 if dialect is None else number_of(Dialect, dialect)
        limits = ffi.new("berth_read_limits *")
        lib.berth_read_limits_init_value(limits)
        place = ffi.NULL if into is None else ffi.new("char[]", encode(into))
        limits.into = place
        if host_notify_timeout is not None:
            limits.host_notify_timeout = host_notify_timeout
        if max_bytes is not None:
            limits.max_bytes = max_bytes
        documents = [source for source in sources if isinstance(source, bytes)]
        if not documents:
            paths = [ffi.new("char[]", encode(source)) for source in sources]  # type: ignore[arg-type]
            handle = make(call, "const berth_inventory", lib.berth_read_inventory, lib.berth_inventory_release,
                          ffi.new("char *[]", paths), len(paths), kind, limits)
        elif len(sources) == 1:
            handle = make(call, "const berth_inventory", lib.berth_parse_inventory, lib.berth_inventory_release,
                          ffi.from_buffer(documents[0]), len(documents[0]), b"bytes", kind, limits)
        else:
            raise TypeError("one document as bytes, or paths")
        return cls(handle, call.problems())

    def write(self, path: str | os.PathLike[str]) -> None:
        """Writes the native dialect; ``"-"`` is standard output. A file is replaced only when complete."""
        call = Call()
        call.check(lib.berth_write_inventory(call.context, self._handle, encode(path)))

    def to_xml(self) -> bytes:
        """The native dialect. Reading it back gives the same inventory."""
        return written(self._write_to)

    def _write_to(self, path: bytes) -> None:
        call = Call()
        call.check(lib.berth_write_inventory(call.context, self._handle, path))

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_xml, (self.to_xml(), self.problems)

    def __repr__(self) -> str:
        return f"<berth.Inventory {self.name!r}: {len(self.hosts)} hosts, {len(self.vms)} VMs>"

    # -------------------------------------------------------------------- what it holds

    @cached_property
    def name(self) -> str:
        """Its name, possibly empty."""
        return text(lib.berth_inventory_name(self._handle))

    @cached_property
    def resources(self) -> tuple[str, ...]:
        """``cpu`` (MHz), ``memory`` (MiB), ``vms``, ``vcpus``, then named ones."""
        count = lib.berth_inventory_resource_count(self._handle)
        return tuple(text(lib.berth_inventory_resource_name(self._handle, index)) for index in range(count))

    @cached_property
    def clusters(self) -> tuple[Cluster, ...]:
        """All clusters."""
        firsts = (lib.berth_inventory_cluster_first_host, lib.berth_inventory_cluster_first_vm)
        return tuple(
            Cluster(index, text(lib.berth_inventory_cluster_id(self._handle, index)),
                    *(range(first(self._handle, index), first(self._handle, index + 1)) for first in firsts))
            for index in range(lib.berth_inventory_cluster_count(self._handle)))

    @cached_property
    def hosts(self) -> Objects[Host]:
        """All hosts, by cluster: ``hosts[0]``, ``hosts["esx01"]``."""
        return Objects(lib.berth_inventory_host_count(self._handle), self._host, self.host_number)

    @cached_property
    def vms(self) -> Objects[Vm]:
        """All VMs, by cluster: ``vms[0]``, ``vms["web"]``."""
        return Objects(lib.berth_inventory_vm_count(self._handle), self._vm, self.vm_number)

    @cached_property
    def rules(self) -> Objects[Rule]:
        """All rules, those that are disabled too."""
        return Objects(lib.berth_inventory_rule_count(self._handle), self._rule, self.rule_number)

    def host_number(self, id_or_name: str) -> int:
        """Number of a host. Raises NotFoundError or AmbiguousError."""
        return self._find(lib.berth_inventory_find_host, "host", id_or_name)

    def vm_number(self, id_or_name: str) -> int:
        """Number of a VM. Raises NotFoundError or AmbiguousError."""
        return self._find(lib.berth_inventory_find_vm, "VM", id_or_name)

    def rule_number(self, rule_id: str) -> int:
        """Number of a rule. Raises NotFoundError."""
        return self._find(lib.berth_inventory_find_rule, "rule", rule_id)

    def _find(self, function: Any, what: str, word: str) -> int:
        out = ffi.new("uint32_t *")
        status = function(self._handle, encode(word), out)
        if status != lib.BERTH_OK:
            known = _STATUSES[status]
            raise OF_STATUS[known](known, f"{what} {word!r}: {text(lib.berth_status_text(status))}")
        return int(out[0])

    @cached_property
    def _cluster_ids(self) -> tuple[list[str], list[str]]:
        hosts: list[str] = []
        vms: list[str] = []
        for cluster in self.clusters:
            hosts += [cluster.id] * len(cluster.hosts)
            vms += [cluster.id] * len(cluster.vms)
        return hosts, vms

    def host_id(self, index: int) -> str:
        """Id of host number `index`."""
        if not 0 <= index < len(self.hosts):
            raise IndexError(f"no host {index}")
        return text(lib.berth_inventory_host_id(self._handle, index))

    def vm_id(self, index: int) -> str:
        """Id of VM number `index`."""
        if not 0 <= index < len(self.vms):
            raise IndexError(f"no VM {index}")
        return text(lib.berth_inventory_vm_id(self._handle, index))

    def _host(self, index: int) -> Host:
        capacity: dict[str, int | None] = {}
        for number, resource in enumerate(self.resources):
            amount = lib.berth_inventory_host_capacity(self._handle, index, number)
            capacity[resource] = None if amount == lib.BERTH_UNLIMITED else amount
        return Host(index, self.host_id(index), text(lib.berth_inventory_host_label(self._handle, index)),
                    self._cluster_ids[0][index], _HOST_STATES[lib.berth_inventory_host_state(self._handle, index)],
                    capacity)

    def _vm(self, index: int) -> Vm:
        host = lib.berth_inventory_vm_host(self._handle, index)
        return Vm(index, self.vm_id(index), text(lib.berth_inventory_vm_label(self._handle, index)),
                  self._cluster_ids[1][index], _POWERS[lib.berth_inventory_vm_power(self._handle, index)],
                  None if host == lib.BERTH_NONE else self.host_id(host),
                  _PRIORITIES[lib.berth_inventory_vm_priority(self._handle, index)],
                  lib.berth_inventory_vm_memory(self._handle, index),
                  {resource: lib.berth_inventory_vm_demand(self._handle, index, number)
                   for number, resource in enumerate(self.resources)})

    def _rule(self, index: int) -> Rule:
        return Rule(index, text(lib.berth_inventory_rule_id(self._handle, index)),
                    _RULE_TYPES[lib.berth_inventory_rule_type(self._handle, index)],
                    _STRENGTHS[lib.berth_inventory_rule_strength(self._handle, index)],
                    bool(lib.berth_inventory_rule_enabled(self._handle, index)))


def _from_xml(document: bytes, problems: tuple[Problem, ...]) -> Inventory:
    """What an inventory is unpickled with."""
    return Inventory(Inventory.read(document, dialect=Dialect.NATIVE)._handle, problems)


# ------------------------------------------------------------------------ building


class _Spec:
    """A structure of the library, filled from keyword arguments; it keeps the strings alive."""

    def __init__(self, structure: str, name: str, fields: dict[str, Any]) -> None:
        self.value = ffi.new(f"{structure} *")
        getattr(lib, f"{structure}_init_value")(self.value)
        self._strings = [ffi.new("char[]", encode(name))]
        self.value.id = self._strings[0]
        known = dict(ffi.typeof(structure).fields)
        for field, value in fields.items():
            if field not in known or field in ("struct_size", "id", "position"):
                raise TypeError(f"{structure.removeprefix('berth_').removesuffix('_spec')} has no field {field!r}")
            if value is not None:
                self._set(field, known[field].type, value)

    def _set(self, field: str, kind: Any, value: Any) -> None:
        if kind.kind == "pointer":
            self._strings.append(ffi.new("char[]", encode(_ids(value))))
            value = self._strings[-1]
        elif kind.kind == "enum":
            value = number_of(_ENUMERATIONS[field], value)
        setattr(self.value, field, value)


_ENUMERATIONS: dict[str, Any] = {
    "era": tables.Era, "isolation_response": tables.Isolation, "ready_when": tables.ReadyWhen,
    "default_priority": Priority, "admission": tables.Admission, "drs": tables.Automation,
    "dpm": tables.Automation, "state": HostState, "wake": tables.Wake, "power": Power, "priority": Priority,
    "numa": tables.Numa, "type": RuleType, "strength": Strength, "over": tables.Domain,
}


def _ids(value: str | Iterable[str]) -> str:
    """A list of ids as the library takes it; text goes as it is."""
    return value if isinstance(value, str) else " ".join(value)


class BuiltCluster:
    """A cluster that a `Builder` is filling. Objects may refer to others that come later."""

    def __init__(self, builder: "Builder", index: int) -> None:
        self._builder, self._index = builder, index

    def host(self, id: str, *, datastores: Iterable[str] = (), networks: Iterable[str] = (),
             capacity: dict[str, int] | None = None, nodes: Iterable[tuple[int, int]] = (),
             **fields: Unpack[HostSpec]) -> "BuiltCluster":
        """Adds a host.

        Parameters
        ----------
        id : str
        datastores, networks : iterable of str
            What it reaches.
        capacity : dict, optional
            Of named resources.
        nodes : iterable of (MHz, MiB)
            Its NUMA nodes.
        **fields
            See `HostSpec`; `cpu_mhz` and `memory_mib` are required.
        """
        host = self._add(lib.berth_builder_add_host, "berth_host_spec", id, fields)
        check, handle = self._builder._check, self._builder._handle
        for resource, amount in (capacity or {}).items():
            check(lib.berth_builder_host_capacity(handle, host, encode(resource), amount, ffi.NULL))
        for datastore in datastores:
            check(lib.berth_builder_host_reach_datastore(handle, host, encode(datastore)))
        for network in networks:
            check(lib.berth_builder_host_reach_network(handle, host, encode(network)))
        for node, (cpu_mhz, memory_mib) in enumerate(nodes):
            check(lib.berth_builder_host_numa(handle, host, node, cpu_mhz, memory_mib, ffi.NULL))
        return self

    def vm(self, id: str, *, datastores: Iterable[str] = (), networks: Iterable[str] = (),
           needs: dict[str, int] | None = None, **fields: Unpack[VmSpec]) -> "BuiltCluster":
        """Adds a VM.

        Parameters
        ----------
        id : str
        datastores, networks : iterable of str
            What it needs.
        needs : dict, optional
            Of named resources.
        **fields
            See `VmSpec`; `memory_mib` is required.
        """
        vm = self._add(lib.berth_builder_add_vm, "berth_vm_spec", id, fields)
        check, handle = self._builder._check, self._builder._handle
        for resource, amount in (needs or {}).items():
            check(lib.berth_builder_vm_needs_resource(handle, vm, encode(resource), amount, ffi.NULL))
        for datastore in datastores:
            check(lib.berth_builder_vm_needs_datastore(handle, vm, encode(datastore)))
        for network in networks:
            check(lib.berth_builder_vm_needs_network(handle, vm, encode(network)))
        return self

    def rule(self, id: str, type: RuleType | str, vms: str | Iterable[str],
             **fields: Unpack[RuleSpec]) -> "BuiltCluster":
        """Adds a rule over `vms`: groups or single VMs. Further fields: see `RuleSpec`."""
        self._add(lib.berth_builder_add_rule, "berth_rule_spec", id, {"type": type, "vms": vms, **fields})
        return self

    def vm_group(self, id: str, members: str | Iterable[str]) -> "BuiltCluster":
        """Names a group of VMs."""
        self._builder._check(lib.berth_builder_add_vm_group(
            self._builder._handle, self._index, encode(id), encode(_ids(members)), ffi.NULL))
        return self

    def host_group(self, id: str, members: str | Iterable[str]) -> "BuiltCluster":
        """Names a group of hosts."""
        self._builder._check(lib.berth_builder_add_host_group(
            self._builder._handle, self._index, encode(id), encode(_ids(members)), ffi.NULL))
        return self

    def _add(self, function: Any, structure: str, name: str, fields: Any) -> int:
        spec, out = _Spec(structure, name, dict(fields)), ffi.new("uint32_t *")
        self._builder._check(function(self._builder._handle, self._index, spec.value, out))
        return int(out[0])


class Builder:
    """Collects objects in any order; `freeze` resolves references and tells all that is wrong.

    Examples
    --------
    >>> builder = berth.Builder("lab")
    >>> cluster = builder.cluster("c1")
    >>> for name in ("esx01", "esx02"):
    ...     _ = cluster.host(name, cpu_mhz=20000, memory_mib=65536)
    >>> _ = cluster.vm("web", host="esx01", memory_mib=4096, memory_reservation_mib=4096)
    >>> builder.freeze().vms["web"].demand["memory"]
    4096
    """

    def __init__(self, name: str = "") -> None:
        self._call = Call()
        self._handle = make(self._call, "berth_builder", lib.berth_builder_new, lib.berth_builder_free)
        self._check(lib.berth_builder_set_name(self._handle, encode(name)))

    def _check(self, status: int) -> None:
        self._call.check(status)

    def resource(self, name: str) -> "Builder":
        """Declares a named resource, such as graphics memory."""
        self._check(lib.berth_builder_add_resource(self._handle, encode(name), ffi.NULL))
        return self

    def cluster(self, id: str, **fields: Unpack[ClusterSpec]) -> BuiltCluster:
        """Adds a cluster. Fields: see `ClusterSpec`."""
        spec, out = _Spec("berth_cluster_spec", id, dict(fields)), ffi.new("uint32_t *")
        self._check(lib.berth_builder_add_cluster(self._handle, spec.value, out))
        return BuiltCluster(self, int(out[0]))

    def freeze(self) -> Inventory:
        """The inventory. The builder may be used on.

        Raises
        ------
        InvalidError
            `problems` has all that is wrong.
        """
        out = ffi.new("berth_inventory **")
        self._check(lib.berth_builder_freeze(self._handle, out))
        return Inventory(ffi.gc(ffi.cast("const berth_inventory *", out[0]), lib.berth_inventory_release),
                         self._call.problems())
