# SPDX-License-Identifier: Apache-2.0
"""What failures a cluster survives: the figures of admission control, and the truth beside them."""

from dataclasses import dataclass, replace
from typing import Any

from berth._call import Call, ProgressCallback, make, number_of, options_of, text
from berth._native import ffi, lib
from berth.inventory import Inventory
from berth.tables import Admission, Domain, Verdict

CLAIMS = ("slots", "percentage", "dedicated")
_VERDICTS, _ADMISSIONS = tuple(Verdict), tuple(Admission)
_KEYS = ("restarts", "wakes", "migrations", "wakesAndMigrations", "undecided", "lost")
_MOST_SETS = 2**64 - 1  # so many or more
_LISTED_OF_ANY, _LISTED_OF_LOST = 500, 1000


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a resource is free of reservations.

    Attributes
    ----------
    capacity, needed : int
        MHz or MiB.
    free_basis_points : int
        Hundredths of a percent, to the nearest.
    free_percent : int
        Rounded down, as it is displayed.
    keep : tuple of int
        The share that is to be kept free: the first of the second.
    enough : bool
    """

    capacity: int
    needed: int
    free_basis_points: int
    free_percent: int
    keep: tuple[int, int]
    enough: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """Admission control of a cluster, by each policy whichever is configured. Slots: MHz and MiB."""

    configured: Admission
    failures: int
    usable_hosts: int
    slot_cpu_mhz: int
    slot_memory_mib: int
    slots: int
    slots_least: int
    slots_most: int
    slots_used: int
    slots_unreserved: int
    slots_short: int
    failover_level: int
    multi_slot_vms: int
    cpu: Share
    memory: Share
    percentage_satisfied: bool
    dedicated_hosts: int
    dedicated_usable: int
    degradation_cpu: bool
    degradation_memory: bool


@dataclass(frozen=True, slots=True)
class Size:
    """All failure sets of one size.

    Attributes
    ----------
    failures, sets : int
        The size, and how many sets there are.
    counts : dict
        How many come to each `Verdict`.
    alone, alone_undecided : int
        In how many HA, left alone, restarts every VM; of how many that is not decided.
    says : dict
        Whether each policy says that all are survived.
    """

    failures: int
    sets: int
    counts: dict[Verdict, int]
    alone: int
    alone_undecided: int
    says: dict[str, bool]

    @property
    def survived(self) -> bool:
        """Proved: all of them are."""
        return self.counts[Verdict.LOST] == 0 and self.counts[Verdict.UNDECIDED] == 0


@dataclass(frozen=True, slots=True)
class FailureSet:
    """A set that is not survived by restarts alone.

    Attributes
    ----------
    failed : tuple of str
        Hosts, or the domains asked for.
    verdict : Verdict
    lost : tuple of str or None
        Ids of the VMs that are lost; None: it is proved that some are, not which.
    """

    failed: tuple[str, ...]
    verdict: Verdict
    lost: tuple[str, ...] | None = ()


@dataclass(frozen=True, slots=True)
class ClusterAudit:
    """One cluster.

    Attributes
    ----------
    id : str
    holds : int
        Every set of up to so many failures is proved to be survived; -1: not even what has failed now is.
    holds_exact : bool
        And one more is proved not to be, or was not asked for.
    policy : Policy
    sizes : tuple of Size
        By number of failures, from 0.
    sets : tuple of FailureSet
        Those that are not survived by restarts alone, smallest first; not all, if they are many.
    sets_not_listed : int
    units : dict
        What can fail, and the worst that comes of a set with it.
    vms : dict
        VMs that are to be restarted, by id, and the worst that they meet.
    """

    id: str
    holds: int
    holds_exact: bool
    policy: Policy
    sizes: tuple[Size, ...]
    sets: tuple[FailureSet, ...]
    sets_not_listed: int
    units: tuple[tuple[str, Verdict], ...]
    vms: dict[str, Verdict]


@dataclass(frozen=True, slots=True)
class Audit:
    """What failures the clusters of an inventory survive.

    Attributes
    ----------
    inventory : str
        Its name.
    failures : int
        Sets of up to so many were asked for.
    domain : Domain
    clusters : tuple of ClusterAudit
    """

    inventory: str
    failures: int
    domain: Domain
    clusters: tuple[ClusterAudit, ...]

    @property
    def worst(self) -> Verdict:
        """The worst that comes of any set."""
        found = [_VERDICTS.index(verdict) for cluster in self.clusters for size in cluster.sizes
                 for verdict, count in size.counts.items() if count > 0]
        return _VERDICTS[max(found, default=0)]

    @property
    def holds(self) -> int:
        """So many failures are survived in every cluster."""
        return min((cluster.holds for cluster in self.clusters), default=0)

    def to_dict(self) -> dict[str, Any]:
        """The document of `berth audit --format json`, schema berth-audit/1, parsed."""
        return {"schema": "berth-audit/1", "inventory": self.inventory, "failures": self.failures,
                "domain": self.domain.value, "worst": self.worst.value,
                "clusters": [_cluster_document(cluster) for cluster in self.clusters]}


# ------------------------------------------------------------------------ as a document


def _share_document(share: Share) -> dict[str, Any]:
    return {"capacity": share.capacity, "needed": share.needed, "freeBasisPoints": share.free_basis_points,
            "freePercent": share.free_percent, "keep": list(share.keep), "enough": share.enough}


def _policy_document(policy: Policy) -> dict[str, Any]:
    return {
        "configured": policy.configured.value, "failures": policy.failures, "usableHosts": policy.usable_hosts,
        "slots": {"cpuMhz": policy.slot_cpu_mhz, "memoryMib": policy.slot_memory_mib, "total": policy.slots,
                  "least": policy.slots_least, "most": policy.slots_most, "used": policy.slots_used,
                  "unreserved": policy.slots_unreserved, "short": policy.slots_short,
                  "failoverLevel": policy.failover_level, "multiSlotVms": policy.multi_slot_vms},
        "cpu": _share_document(policy.cpu), "memory": _share_document(policy.memory),
        "percentageSatisfied": policy.percentage_satisfied,
        "dedicated": {"hosts": policy.dedicated_hosts, "online": policy.dedicated_usable},
        "degrades": {"cpu": policy.degradation_cpu, "memory": policy.degradation_memory}}


def _disagreements(cluster: ClusterAudit) -> list[dict[str, Any]]:
    """Where a policy says yes to what is lost, or no to what is survived."""
    found = []
    for size in cluster.sizes[1:]:
        lost = size.counts[Verdict.LOST] > 0
        for policy in CLAIMS:
            if policy == "dedicated" and cluster.policy.dedicated_hosts == 0:
                continue
            if not (lost if size.says[policy] else size.survived):
                continue
            row: dict[str, Any] = {"policy": policy, "failures": size.failures,
                                   "policySays": "yes" if lost else "no", "truth": "no" if lost else "yes"}
            witness = next((one for one in cluster.sets if lost and len(one.failed) == size.failures
                            and one.verdict == Verdict.LOST), None)
            if witness is not None:
                row["witness"] = list(witness.failed)
            found.append(row)
    return found


def _set_document(one: FailureSet) -> dict[str, Any]:
    document: dict[str, Any] = {"failed": list(one.failed), "verdict": one.verdict.value}
    if one.verdict == Verdict.LOST:
        document.update(lostKnown=one.lost is not None, lost=list(one.lost or ()))
    return document


def _cluster_document(cluster: ClusterAudit) -> dict[str, Any]:
    return {
        "id": cluster.id, "holds": cluster.holds, "holdsExact": cluster.holds_exact,
        "policy": _policy_document(cluster.policy),
        "sizes": [{"failures": size.failures, "sets": size.sets,
                   **{key: size.counts[verdict] for key, verdict in zip(_KEYS, _VERDICTS)},
                   "haAlone": size.alone, "haAloneUndecided": size.alone_undecided, "says": dict(size.says)}
                  for size in cluster.sizes],
        "disagreements": _disagreements(cluster), "sets": [_set_document(one) for one in cluster.sets],
        "setsNotListed": cluster.sets_not_listed,
        "units": [{"name": name, "worst": verdict.value} for name, verdict in cluster.units],
        "vms": [{"vm": vm, "worst": verdict.value} for vm, verdict in cluster.vms.items()]}


# ------------------------------------------------------------------------ from the library


def _share(row: Any, keep: tuple[int, int]) -> Share:
    return Share(row.capacity, row.needed, row.free_basis_points, row.free_percent, keep, bool(row.enough))


def _policy(row: Any) -> Policy:
    return Policy(_ADMISSIONS[row.configured], row.failures, row.usable_hosts, row.slot_cpu_mhz, row.slot_memory_mib,
                  row.slots, row.slots_least, row.slots_most, row.slots_used, row.slots_unreserved, row.slots_short,
                  row.failover_level, row.multi_slot_vms,
                  _share(row.cpu, (row.reserve_cpu_num, row.reserve_cpu_den)),
                  _share(row.memory, (row.reserve_memory_num, row.reserve_memory_den)),
                  bool(row.percentage_satisfied), row.dedicated_hosts, row.dedicated_usable,
                  bool(row.degradation_cpu), bool(row.degradation_memory))


def _size(failures: int, row: Any) -> Size:
    return Size(failures, row.sets, {verdict: row.count[value] for value, verdict in enumerate(_VERDICTS)},
                row.alone, row.alone_undecided, {word: bool(row.claim[value]) for value, word in enumerate(CLAIMS)})


def _failure_set(inventory: Inventory, names: list[str], row: Any) -> FailureSet:
    lost = tuple(inventory.vm_id(row.lost[index]) for index in range(row.lost_count)) if row.lost_known else None
    return FailureSet(tuple(names[row.units[index]] for index in range(row.size)), _VERDICTS[row.verdict],
                      lost if row.verdict == lib.BERTH_AUDIT_LOST else ())


def _cluster(inventory: Inventory, audit: Any, index: int) -> ClusterAudit:
    row, cluster = lib.berth_audit_get_cluster(audit, index), inventory.clusters[index]
    names = [text(row.unit_name[unit]) for unit in range(row.unit_count)]
    vms = {}
    for vm in cluster.vms:
        worst = lib.berth_audit_vm(audit, vm)
        if worst != lib.BERTH_AUDIT_VERDICT_COUNT:
            vms[inventory.vm_id(vm)] = _VERDICTS[worst]
    return ClusterAudit(
        cluster.id, row.holds, bool(row.holds_exact), _policy(row.policy),
        tuple(_size(failures, row.sizes[failures]) for failures in range(row.size_count)),
        tuple(_failure_set(inventory, names, row.sets[number]) for number in range(row.set_count)),
        row.sets_not_listed, tuple((names[unit], _VERDICTS[row.unit_worst[unit]]) for unit in range(row.unit_count)),
        vms)


def audit(inventory: Inventory, failures: int = 1, domain: Domain | str = Domain.HOST, *,
          part: tuple[int, int] = (0, 1), progress: ProgressCallback | None = None,
          time_limit: float | str | None = None, threads: int | None = None,
          exact_limit: int | None = None) -> Audit:
    """Tries every set of up to so many failures.

    Parameters
    ----------
    inventory : Inventory
    failures : int
        0 to 64.
    domain : Domain or str
        What fails as one: ``"host"``, ``"chassis"``, ``"rack"``, ``"site"``.
    part : (int, int)
        ``(i, n)``: of each size only the i-th of n shares of the sets, from 0. `merge` puts all n together.
        Figures of a part speak of its sets alone.
    progress : callable, optional
        See `ProgressCallback`. If it returns False, sets that were not reached are undecided.
    time_limit : float or str, optional
        Seconds, or ``"10m"``; 60 by default. Sets that were not reached are undecided.
    threads, exact_limit : int, optional
        See `Options`.

    Raises
    ------
    ArgumentError
        A number out of range.
    """
    call = Call(progress)
    request = ffi.new("berth_audit_request *")
    lib.berth_audit_request_init_value(request)
    stored = options_of(call, ("time_limit", "threads", "exact_limit"),
                        {"time_limit": time_limit, "threads": threads, "exact_limit": exact_limit})
    if failures < 0 or not 0 <= part[0] < part[1]:
        raise ValueError(f"an audit of {failures} failures, part {part[0]} of {part[1]}")
    request.failures, request.domain, request.options = failures, number_of(Domain, domain), stored
    request.part, request.parts = part
    handle = make(call, "berth_audit", lib.berth_audit_run, lib.berth_audit_free, inventory._handle, request)
    return Audit(inventory.name, failures, Domain(domain),
                 tuple(_cluster(inventory, handle, index) for index in range(len(inventory.clusters))))


# ------------------------------------------------------------------------ parts


def merge(parts: list[Audit]) -> Audit:
    """Puts the parts of an audit together, all of them and in their order: the same as the whole audit.

    Raises
    ------
    ValueError
        No parts, or parts of different audits.
    """
    if not parts:
        raise ValueError("no parts")
    first = parts[0]
    for part in parts:
        if (part.inventory, part.failures, part.domain) != (first.inventory, first.failures, first.domain) or \
                [one.id for one in part.clusters] != [one.id for one in first.clusters]:
            raise ValueError("parts of different audits")
    return replace(first, clusters=tuple(_merge_clusters(same) for same in zip(*(part.clusters for part in parts))))


def _merge_clusters(parts: tuple[ClusterAudit, ...]) -> ClusterAudit:
    sizes = tuple(_merge_sizes(same) for same in zip(*(part.sizes for part in parts)))
    holds = next((size.failures - 1 for size in sizes if not size.survived), len(sizes) - 1)
    exact = holds + 1 == len(sizes) or sizes[holds + 1].counts[Verdict.LOST] > 0
    sets, not_listed = _merge_sets(parts)
    return replace(parts[0], holds=holds, holds_exact=exact, sizes=sizes, sets=sets, sets_not_listed=not_listed,
                   units=tuple((same[0][0], _worst(one[1] for one in same))
                               for same in zip(*(part.units for part in parts))),
                   vms={vm: _worst(part.vms[vm] for part in parts) for vm in parts[0].vms})


def _worst(verdicts: Any) -> Verdict:
    return _VERDICTS[max(_VERDICTS.index(verdict) for verdict in verdicts)]


def _merge_sizes(parts: tuple[Size, ...]) -> Size:
    return replace(parts[0], sets=sum(part.sets for part in parts),
                   counts={verdict: sum(part.counts[verdict] for part in parts) for verdict in _VERDICTS},
                   alone=sum(part.alone for part in parts),
                   alone_undecided=sum(part.alone_undecided for part in parts))


def _merge_sets(parts: tuple[ClusterAudit, ...]) -> tuple[tuple[FailureSet, ...], int]:
    """The first sets of every size, and more of those that are lost: what the library lists of the whole.

    Whatever that is, the parts have listed it: a part has listed no more when it comes to a set than the
    whole has.
    """
    listed: list[FailureSet] = []
    candidates = 0
    for failures in range(len(parts[0].sizes)):
        for part in parts:
            for one in part.sets:
                if len(one.failed) != failures:
                    continue
                candidates += 1
                grave = one.verdict in (Verdict.UNDECIDED, Verdict.LOST)
                if len(listed) < _LISTED_OF_ANY or (grave and len(listed) < _LISTED_OF_LOST):
                    listed.append(one)
    elsewhere = sum(part.sets_not_listed for part in parts)
    return tuple(listed), min(elsewhere + candidates - len(listed), _MOST_SETS)
