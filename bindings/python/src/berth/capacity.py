# SPDX-License-Identifier: Apache-2.0
"""How many more VMs fit: as it is, once VMs have moved, and while failures stay survivable."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from berth._call import Call, ProgressCallback, encode, make, number_of, options_of
from berth._native import ffi, lib
from berth.inventory import Inventory
from berth.tables import Admission, Domain, Outcome

_ADMISSIONS = tuple(Admission)
MIGRATIONS: tuple[int | None, ...] = (0, 1, 2, 4, 8, 16, None)


@dataclass(frozen=True, slots=True)
class Flavour:
    """One kind of VM.

    Attributes
    ----------
    cpu_mhz, memory_mib : int
        Reserved, in MHz and MiB; the memory is configured too.
    vcpus : int
    amounts : dict
        Of named resources.
    like : str or None
        Id or name of a VM: the flavour is what it is, its rules included; the figures above do not count.
    count : int
        Of it in one mix.
    """

    cpu_mhz: int = 0
    memory_mib: int = 0
    vcpus: int = 1
    amounts: dict[str, int] = field(default_factory=dict)
    like: str | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class Figure:
    """A largest number of mixes: `least` were shown to fit, more than `most` were proved not to.

    -1: not even what is there (or has to be restarted first) does.
    """

    least: int
    most: int

    @property
    def status(self) -> Outcome:
        """``optimal``: this is the number; ``infeasible``: proved that there is none."""
        if self.most < 0:
            return Outcome.INFEASIBLE
        if self.least == self.most:
            return Outcome.OPTIMAL
        return Outcome.UNKNOWN if self.least < 0 else Outcome.FEASIBLE

    def to_dict(self) -> dict[str, Any]:
        """As in the document."""
        return {"count": None if self.least < 0 else self.least, "bound": self.most, "status": self.status.value}


@dataclass(frozen=True, slots=True)
class ResourceRoom:
    """What one resource does.

    Attributes
    ----------
    name : str
    demand : int
        Of one mix, in MHz, MiB, or a number.
    free, stranded : int or None
        On hosts that take some of the mix, and what of that stays free beside those that fit; None = no limit.
    by_total : int or None
        Mixes by this resource's total alone.
    beyond : Figure
        What would fit, were there no end of it.
    binds : bool
        More of it is proved to let more in.
    """

    name: str
    demand: int
    free: int | None
    stranded: int | None
    by_total: int | None
    beyond: Figure
    binds: bool


@dataclass(frozen=True, slots=True)
class HostRoom:
    """One host: VMs of the flavour that fits most often there, mixes, and the resource that ends it."""

    id: str
    takes: bool
    vms: int
    mixes: int
    ended_by: str | None


@dataclass(frozen=True, slots=True)
class Purchase:
    """A kind of host that there is, and what one more of it would add.

    Attributes
    ----------
    like : str
        A host of the kind.
    there : int
        How many there are.
    watts : int or None
    now, kept : Figure
        With one more, as it is, and while the failures stay survivable.
    wanted : bool
        Whether a number was wanted; if so:
    at_least, enough : int or None
        How many more of it the mixes that are wanted take; `enough` is None where no number was found.
    """

    like: str
    there: int
    watts: int | None
    now: Figure
    kept: Figure
    wanted: bool
    at_least: int | None
    enough: int | None


@dataclass(frozen=True, slots=True)
class ClusterCapacity:
    """One cluster.

    Attributes
    ----------
    id : str
    down, waiting : int
        VMs that are restarted first, and VMs without a host that are left out.
    cut_short : bool
        The time limit ended some search.
    totals, now, woken : Figure
        By the sums of what is free; as it is; with the hosts that can be woken.
    standby_hosts : int
        How many those are.
    migrations : tuple of (int or None, Figure)
        After at most so many migrations; None = any number.
    failures : tuple of Figure
        While any 0, 1, ... failures stay survivable.
    admission : Admission
    admission_failures : int
    by_slots, by_percentage : int or None
        What admission control would let in; -1: it is short already; None: no limit.
    resources : tuple of ResourceRoom
    hosts : tuple of HostRoom
    purchases : tuple of Purchase
    """

    id: str
    down: int
    waiting: int
    cut_short: bool
    totals: Figure
    now: Figure
    woken: Figure
    standby_hosts: int
    migrations: tuple[tuple[int | None, Figure], ...]
    failures: tuple[Figure, ...]
    admission: Admission
    admission_failures: int
    by_slots: int | None
    by_percentage: int | None
    resources: tuple[ResourceRoom, ...]
    hosts: tuple[HostRoom, ...]
    purchases: tuple[Purchase, ...]


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many more VMs the clusters of an inventory take."""

    inventory: str
    flavours: tuple[Flavour, ...]
    keep_failures: int
    domain: Domain
    wanted: int
    clusters: tuple[ClusterCapacity, ...]

    def to_dict(self) -> dict[str, Any]:
        """The document of `berth capacity --format json`, schema berth-capacity/1, parsed."""
        return {"schema": "berth-capacity/1", "inventory": self.inventory, "keepFailures": self.keep_failures,
                "domain": self.domain.value, "wanted": self.wanted or None,
                "flavours": [_flavour_document(flavour) for flavour in self.flavours],
                "clusters": [_cluster_document(cluster) for cluster in self.clusters]}


# ------------------------------------------------------------------------ as a document


def _flavour_document(flavour: Flavour) -> dict[str, Any]:
    size: dict[str, Any] = {"like": flavour.like} if flavour.like is not None else \
        {"cpu": flavour.cpu_mhz, "memory": flavour.memory_mib, "vcpus": flavour.vcpus}
    return {**size, **flavour.amounts, "count": flavour.count}


def _purchase_document(one: Purchase) -> dict[str, Any]:
    document: dict[str, Any] = {"like": one.like, "there": one.there, "watts": one.watts, "now": one.now.to_dict(),
                                "kept": one.kept.to_dict()}
    if one.wanted:
        document["wanted"] = {"atLeast": one.at_least, "enough": one.enough}
    return document


def _cluster_document(cluster: ClusterCapacity) -> dict[str, Any]:
    def let_in(count: int | None) -> int | None:
        return 0 if count is not None and count < 0 else count
    return {
        "id": cluster.id, "down": cluster.down, "waiting": cluster.waiting, "cutShort": cluster.cut_short,
        "totals": cluster.totals.to_dict(), "now": cluster.now.to_dict(), "woken": cluster.woken.to_dict(),
        "standbyHosts": cluster.standby_hosts,
        "migrations": [{"most": most, **figure.to_dict()} for most, figure in cluster.migrations],
        "failures": [{"survived": number, **figure.to_dict()} for number, figure in enumerate(cluster.failures)],
        "admissionControl": {
            "configured": cluster.admission.value, "failures": cluster.admission_failures,
            "short": {"slots": cluster.by_slots == -1, "percentage": cluster.by_percentage == -1},
            "bySlots": let_in(cluster.by_slots), "byPercentage": let_in(cluster.by_percentage)},
        "resources": [{"name": one.name, "demand": one.demand, "free": one.free, "stranded": one.stranded,
                       "byTotal": one.by_total, "beyond": one.beyond.to_dict(), "binds": one.binds}
                      for one in cluster.resources],
        "hosts": [{"id": one.id, "takes": one.takes, "vms": one.vms, "mixes": one.mixes, "endedBy": one.ended_by}
                  for one in cluster.hosts],
        "purchases": [_purchase_document(one) for one in cluster.purchases]}


# ------------------------------------------------------------------------ from the library


def _limited(value: int) -> int | None:
    return None if value == lib.BERTH_UNLIMITED else int(value)


def _figure(row: Any) -> Figure:
    return Figure(row.least, row.most)


def _resource(name: str, row: Any) -> ResourceRoom:
    limited = row.by_total != lib.BERTH_UNLIMITED
    return ResourceRoom(name, row.demand, row.free if limited else None, row.stranded if limited else None,
                        _limited(row.by_total), _figure(row.beyond), bool(row.binds))


def _purchase(inventory: Inventory, row: Any) -> Purchase:
    asked = bool(row.want_asked)
    return Purchase(inventory.host_id(row.example), row.there, None if row.watts == lib.BERTH_UNSET else row.watts,
                    _figure(row.now), _figure(row.kept), asked, row.hosts.least if asked else None,
                    _limited(row.hosts.most) if asked else None)


def _cluster(inventory: Inventory, handle: Any, index: int, failures: int,
             migrations: Sequence[int | None]) -> ClusterCapacity | None:
    row, cluster = lib.berth_capacity_get_cluster(handle, index), inventory.clusters[index]
    if not row.asked:
        return None
    hosts = []
    for place, host in enumerate(cluster.hosts):
        room = row.hosts[place]
        hosts.append(HostRoom(inventory.host_id(host), bool(room.open), room.vms, room.mixes,
                              None if room.resource == lib.BERTH_NONE else inventory.resources[room.resource]))
    return ClusterCapacity(
        cluster.id, row.down, row.waiting, bool(row.cut_short), _figure(row.totals), _figure(row.now),
        _figure(row.woken), row.standby_hosts,
        tuple((most, _figure(row.migrated[place])) for place, most in enumerate(migrations)),
        tuple(_figure(row.survived[number]) for number in range(failures + 1)), _ADMISSIONS[row.configured],
        row.admission_failures, _limited(row.by_slots), _limited(row.by_percentage),
        tuple(_resource(name, row.resources[number]) for number, name in enumerate(inventory.resources)
              if row.resources[number].demand != 0),
        tuple(hosts), tuple(_purchase(inventory, row.purchases[number]) for number in range(row.purchase_count)))


def _flavours(flavours: Sequence[Flavour], kept: list[Any]) -> Any:
    """Rows of the library; `kept` keeps what they point to."""
    rows = ffi.new("berth_capacity_flavour[]", len(flavours))
    for row, flavour in zip(rows, flavours):
        lib.berth_capacity_flavour_init_value(ffi.addressof(row))
        row.count = flavour.count
        if flavour.like is not None:
            kept.append(ffi.new("char[]", encode(flavour.like)))
            row.like = kept[-1]
        else:
            row.cpu_mhz, row.memory_mib, row.vcpus = flavour.cpu_mhz, flavour.memory_mib, flavour.vcpus
        amounts = ffi.new("berth_capacity_amount[]", len(flavour.amounts))
        for amount, (name, value) in zip(amounts, flavour.amounts.items()):
            kept.append(ffi.new("char[]", encode(name)))
            amount.resource, amount.amount = kept[-1], value
        kept.append(amounts)
        row.amounts, row.amount_count = amounts, len(flavour.amounts)
    return rows


def capacity(inventory: Inventory, *flavours: Flavour, failures: int = 0, domain: Domain | str = Domain.HOST,
             migrations: Iterable[int | None] = MIGRATIONS, wanted: int = 0, cluster: str | None = None,
             progress: ProgressCallback | None = None, time_limit: float | str | None = None,
             threads: int | None = None, exact_limit: int | None = None) -> Capacity:
    """Says how many more VMs fit.

    Parameters
    ----------
    inventory : Inventory
    *flavours : Flavour
        1 to 64; together they are one mix, and figures count mixes.
    failures : int
        Answers for 0 to so many failures that stay survivable; at most 64.
    domain : Domain or str
        What fails as one.
    migrations : iterable of int or None
        Answers for what fits after at most so many migrations, ascending; None = any number.
    wanted : int
        Mixes that hosts are to be bought for; 0 = none.
    cluster : str, optional
        Id or name; every cluster by default.
    progress : callable, optional
        See `ProgressCallback`.
    time_limit, threads, exact_limit
        See `Options`; the time limit is in seconds.

    Raises
    ------
    ArgumentError
        A number out of range, or no flavour.
    NotFoundError, AmbiguousError
        A VM, resource or cluster.
    """
    call, asked = Call(progress), list(migrations)
    kept: list[Any] = []
    request = ffi.new("berth_capacity_request *")
    lib.berth_capacity_request_init_value(request)
    stored = options_of(call, ("time_limit", "threads", "exact_limit"),
                        {"time_limit": time_limit, "threads": threads, "exact_limit": exact_limit})
    rows = _flavours(flavours, kept)
    moves = ffi.new("int64_t[]", [lib.BERTH_UNLIMITED if most is None else most for most in asked])
    request.flavours, request.flavour_count = rows, len(flavours)
    request.failures, request.domain, request.wanted = failures, number_of(Domain, domain), wanted
    request.migrations, request.migration_count, request.options = moves, len(asked), stored
    if cluster is not None:
        kept.append(ffi.new("char[]", encode(cluster)))
        request.cluster = kept[-1]
    handle = make(call, "berth_capacity", lib.berth_capacity_run, lib.berth_capacity_free, inventory._handle, request)
    clusters = (_cluster(inventory, handle, index, failures, asked) for index in range(len(inventory.clusters)))
    return Capacity(inventory.name, flavours, failures, Domain(domain), wanted,
                    tuple(one for one in clusters if one is not None))
