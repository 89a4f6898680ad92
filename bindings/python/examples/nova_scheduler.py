#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""berth behind a filter and a weigher in the shape of OpenStack Nova's.

Nova asks each filter `host_passes(host_state, spec_obj)` and sorts what passed by `_weigh_object`. Here both ask
one `berth.Session`, which knows every instance, rule and reservation of the cluster, so that a filter is one
lookup and the weigher keeps large gaps whole. Nothing of Nova is imported: classes with the attributes used
below are all it takes. In a deployment the two classes would derive from `nova.scheduler.filters.BaseHostFilter`
and `nova.scheduler.weights.BaseHostWeigher`, and `Oracle` would hear of instances from Nova's notifications.

Not done here: NUMA topologies, PCI devices, aggregates, cells, retries after a failed claim.

    python3 nova_scheduler.py [INVENTORY]
"""

import sys
from dataclasses import dataclass, field

import berth

# ------------------------------------------------------------------------ the shapes of Nova


@dataclass
class Flavor:
    """nova.objects.Flavor, as far as it is used."""

    memory_mb: int
    vcpus: int


@dataclass
class InstanceGroup:
    """nova.objects.InstanceGroup: `policy` is "anti-affinity", "affinity", or "soft-" and one of them."""

    uuid: str
    policy: str
    members: list = field(default_factory=list)


@dataclass
class RequestSpec:
    """nova.objects.RequestSpec, as far as it is used."""

    instance_uuid: str
    flavor: Flavor
    instance_group: InstanceGroup | None = None


@dataclass
class HostState:
    """nova.scheduler.host_manager.HostState, as far as it is used."""

    host: str


# ------------------------------------------------------------------------ what knows the cluster


class Oracle:
    """The cluster as Nova's notifications tell of it, and what berth says of a request.

    One thread at a time, as the scheduler's loop is; `session.snapshot()` would serve others.
    """

    def __init__(self, inventory, cluster=None):
        self.session = berth.Session(inventory)
        self._cluster = cluster or inventory.clusters[0].id
        self._changes = 0
        self._asked = (None, -1, {})
        self._rules = {}

    def fits(self, spec):
        """Hosts that can take the request, as a dict: id -> rank, 0 the best."""
        uuid, changes, ranks = self._asked
        if uuid != spec.instance_uuid or changes != self._changes:
            ranks = self._ask(spec)
            self._asked = (spec.instance_uuid, self._changes, ranks)
        return ranks

    def _ask(self, spec):
        """The instance is there for the length of a question; whatever comes, it is taken back."""
        ranks = {}
        try:
            with self.session.transaction():
                vm, _ = self._add(spec)
                for candidate in self.session.best_hosts(vm, k=self.session.host_count):
                    if not candidate.wakes:
                        ranks[candidate.host] = len(ranks)
                raise _TakeBack
        except _TakeBack:
            return ranks

    def _add(self, spec):
        """An instance that waits for a host, and its rules: one with each member of its group, so that a soft
        policy counts how many of them are beside it."""
        vm = self.session.add_vm(self._cluster, spec.instance_uuid, memory_mib=spec.flavor.memory_mb,
                                 memory_reservation_mib=spec.flavor.memory_mb, cpus=spec.flavor.vcpus)
        group = spec.instance_group
        rules = []
        for member in group.members if group is not None else ():
            rule = "apart" if group.policy.endswith("anti-affinity") else "together"
            strength = "should" if group.policy.startswith("soft-") else "must"
            rules.append(self.session.add_rule(self._cluster, f"{spec.instance_uuid}:{member}", rule,
                                               [member, spec.instance_uuid], strength=strength))
        return vm, rules

    def claim(self, spec, host):
        """The request was placed."""
        with self.session.transaction():
            vm, rules = self._add(spec)
            self.session.start_vm(vm, host)
        self._rules[spec.instance_uuid] = rules
        if spec.instance_group is not None:
            spec.instance_group.members.append(spec.instance_uuid)
        self._changes += 1

    def ended(self, spec):
        """The instance is gone."""
        with self.session.transaction():
            for rule in self._rules.pop(spec.instance_uuid):
                self.session.drop_rule(rule)
            self.session.remove_vm(spec.instance_uuid)
        if spec.instance_group is not None:
            spec.instance_group.members.remove(spec.instance_uuid)
        self._changes += 1

    def why_not(self, spec):
        """Why no host takes the request: how many hosts are out, and what for."""
        found = []
        try:
            with self.session.transaction():
                vm, _ = self._add(spec)
                found = [f"{row.hosts} {row.resource or row.reason}" for row in self.session.ledger(vm)]
                raise _TakeBack
        except _TakeBack:
            return found

    def host_is(self, host, state):
        """A compute service was disabled (`"maintenance"`), failed, or is back (`"online"`)."""
        self.session.set_host_state(host, state)
        self._changes += 1


class _TakeBack(Exception):
    """Ends a transaction without keeping it."""


# ------------------------------------------------------------------------ filter and weigher


class BerthFilter:
    """Hosts that can take the instance now, by every reservation and rule berth knows of."""

    run_filter_once_per_request = False
    RUN_ON_REBUILD = False

    def __init__(self, oracle):
        self._oracle = oracle

    def host_passes(self, host_state, spec_obj):
        """As Nova's BaseHostFilter."""
        return host_state.host in self._oracle.fits(spec_obj)

    def filter_all(self, filter_obj_list, spec_obj):
        """As Nova's BaseFilter."""
        return (host for host in filter_obj_list if self.host_passes(host, spec_obj))


class BerthWeigher:
    """The fullest host that still takes it first; should rules (soft policies) before that."""

    def __init__(self, oracle, multiplier=1.0):
        self._oracle, self._multiplier = oracle, multiplier

    def weight_multiplier(self, host_state):
        """As Nova's BaseHostWeigher."""
        return self._multiplier

    def _weigh_object(self, host_state, request_spec):
        """As Nova's BaseHostWeigher: the larger the better."""
        return -float(self._oracle.fits(request_spec)[host_state.host])


# ------------------------------------------------------------------------ a scheduler small enough to read


class NoValidHost(Exception):
    """Nova's word for it."""


def select_destination(host_states, spec, filters, weighers):
    """What Nova's FilterScheduler does with one request."""
    for one in filters:
        host_states = list(one.filter_all(host_states, spec))
    if not host_states:
        raise NoValidHost(spec.instance_uuid)
    return max(host_states, key=lambda host: sum(
        weigher.weight_multiplier(host) * weigher._weigh_object(host, spec) for weigher in weighers))


def example_inventory():
    """Four hosts of 64 GiB."""
    builder = berth.Builder("nova")
    cluster = builder.cluster("compute")
    for number in range(4):
        cluster.host(f"compute{number}", cpu_mhz=40000, memory_mib=65536)
    return builder.freeze()


def main():
    """A web tier that is kept apart, workers that fill what is left, and a compute service that is disabled."""
    inventory = berth.Inventory.read(sys.argv[1]) if len(sys.argv) > 1 else example_inventory()
    oracle = Oracle(inventory)
    filters, weighers = [BerthFilter(oracle)], [BerthWeigher(oracle)]
    hosts = [HostState(host.id) for host in inventory.hosts]
    web = InstanceGroup("web", "anti-affinity")
    requests = [RequestSpec(f"web-{number}", Flavor(16384, 4), web) for number in range(3)]
    requests += [RequestSpec(f"worker-{number}", Flavor(24576, 8)) for number in range(9)]
    for spec in requests:
        if spec.instance_uuid == "worker-2":
            oracle.host_is("compute3", "maintenance")
            print("compute3 is disabled")
        try:
            chosen = select_destination(hosts, spec, filters, weighers)
        except NoValidHost:
            print(f"{spec.instance_uuid}: no valid host:", ", ".join(oracle.why_not(spec)))
            continue
        oracle.claim(spec, chosen.host)
        print(f"{spec.instance_uuid}: {chosen.host}")


if __name__ == "__main__":
    main()
