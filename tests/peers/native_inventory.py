#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a native inventory, and the simple events of a scenario, for the plain model. Written from the schema and the
manual; nothing is shared with berth's own reader.

Of a scenario only fail, maintenance, standby, online, power-on and drop-rule are understood; other events, and rules that
contradict each other (which berth disables), are an error: a model of something else would be worse than none."""

import gzip
import xml.etree.ElementTree as tree
from dataclasses import dataclass, field

NAMESPACE = "{urn:berth:1}"
DOMAINS = ("host", "chassis", "rack", "site")
KNOWN_EVENTS = ("fail", "maintenance", "standby", "online", "power-on", "drop-rule")


class Unsupported(Exception):
    """The inventory or scenario says something that the plain model does not."""


@dataclass
class Host:
    id: str
    state: str
    capacity: dict  # resource -> amount; absent = unlimited (cpu .. vcpus) or none (named)
    labels: dict
    wake: bool
    watts: int
    dedicated: bool
    reach: set
    evc: int
    vendor: str


@dataclass
class Vm:
    id: str
    host: int  # index in the cluster, or None
    on: bool
    priority: str
    memory: int
    movable: bool
    demand: dict
    needs: set
    evc: int


@dataclass
class Rule:
    id: str
    kind: str
    must: bool
    vms: list
    hosts: set = field(default_factory=set)
    over: str = "host"
    most: int = 1


@dataclass
class Cluster:
    id: str
    ha: bool
    isolation: str
    hosts: list = field(default_factory=list)
    vms: list = field(default_factory=list)
    rules: list = field(default_factory=list)

    def domain(self, host, over):
        """A host without the label is a domain of its own."""
        label = self.hosts[host].labels.get(over) if over != "host" else None
        return ("host", host) if label is None else (over, label)


def parse(path):
    with open(path, "rb") as source:
        raw = source.read()
    return tree.fromstring(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)


def number(element, name, default=None):
    text = element.get(name)
    return default if text in (None, "") else int(text)


def flag(element, name, default):
    text = element.get(name)
    return default if text is None else text in ("true", "1")


def things(element, name):
    """(kind, name) of each datastore and network that <reach> or <needs> name."""
    return {(kind, child.get(kind)) for child in element.findall(NAMESPACE + name)
            for kind in ("datastore", "network") if child.get(kind)}


def read_host(element, dedicated):
    capacity = {"cpu": number(element, "cpuMhz"), "memory": number(element, "memoryMib"),
                "vms": number(element, "maxVms"), "vcpus": number(element, "maxVcpus")}
    capacity = {name: amount for name, amount in capacity.items() if amount is not None}
    for child in element.findall(NAMESPACE + "capacity"):
        capacity[child.get("resource")] = int(child.get("amount"))
    return Host(element.get("id"), element.get("state", "online"), capacity,
                {over: element.get(over) for over in DOMAINS[1:] if element.get(over)},
                element.get("wake", "none") != "none", number(element, "powerWatts", 0),
                element.get("id") in dedicated, things(element, "reach"), number(element, "evcLevel"),
                element.get("cpuVendor"))


def read_vm(element, host_index, default_priority):
    memory = int(element.get("memoryMib"))
    reserved = memory if flag(element, "memoryLocked", False) else number(element, "memoryReservationMib", 0)
    demand = {"cpu": number(element, "cpuReservationMhz", 0), "memory": reserved + number(element, "overheadMib", 0),
              "vms": 1, "vcpus": number(element, "cpus", 1)}
    for child in element.findall(NAMESPACE + "needs"):
        if child.get("resource"):
            demand[child.get("resource")] = int(child.get("amount", "1"))
    home = element.get("host")
    return Vm(element.get("id"), None if home is None else host_index[home], element.get("power", "on") == "on",
              element.get("priority", default_priority), memory, flag(element, "movable", True),
              {name: amount for name, amount in demand.items() if amount}, things(element, "needs"),
              number(element, "evcLevel"))


def expand(text, groups, index):
    """The indices of the members that a list of ids and groups names."""
    members = []
    for word in (text or "").split():
        members += [index[name] for name in groups[word].split()] if word in groups else [index[word]]
    return sorted(set(members))


def read_rule(element, vm_groups, vm_index, host_groups, host_index):
    kind = element.get("type")
    return Rule(element.get("id"), kind, element.get("strength", "must") == "must",
                expand(element.get("vms"), vm_groups, vm_index),
                set(expand(element.get("hosts"), host_groups, host_index)), element.get("over", "host"),
                number(element, "count", 1) if kind == "at-most" else 1)


def read_cluster(element):
    ha = element.find(NAMESPACE + "ha")
    ha = tree.Element("ha") if ha is None else ha
    admission = ha.find(NAMESPACE + "admission")
    dedicated = set()
    if admission is not None and admission.get("policy") == "dedicated":
        dedicated = set((admission.get("hosts") or "").split())
    cluster = Cluster(element.get("id"), flag(ha, "enabled", True), ha.get("isolationResponse", "none"))
    cluster.hosts = [read_host(child, dedicated) for child in element.findall(NAMESPACE + "host")]
    host_index = {host.id: index for index, host in enumerate(cluster.hosts)}
    priority = ha.get("defaultPriority", "medium")
    cluster.vms = [read_vm(child, host_index, priority) for child in element.findall(NAMESPACE + "vm")]
    vm_index = {vm.id: index for index, vm in enumerate(cluster.vms)}
    vm_groups = {child.get("id"): child.get("vms") for child in element.findall(NAMESPACE + "vm-group")}
    host_groups = {child.get("id"): child.get("hosts") for child in element.findall(NAMESPACE + "host-group")}
    cluster.rules = [read_rule(child, vm_groups, vm_index, host_groups, host_index)
                     for child in element.findall(NAMESPACE + "rule")]
    return cluster


def apply_state(clusters, matches, state):
    for cluster in clusters:
        for index, host in enumerate(cluster.hosts):
            if matches(host):
                full = any(vm.on and vm.host == index for vm in cluster.vms)
                if state == "standby" and full:
                    raise Unsupported("standby of a host with VMs")
                host.state = "entering-maintenance" if state == "maintenance" and full else state


def apply_event(clusters, event):
    name = event.tag.removeprefix(NAMESPACE)
    if name not in KNOWN_EVENTS:
        raise Unsupported(f"scenario event {name}")
    if name == "power-on":
        for vm in (vm for cluster in clusters for vm in cluster.vms if vm.id == event.get("vm")):
            vm.host, vm.on = (vm.host, True) if vm.on else (None, True)
    elif name == "drop-rule":
        for cluster in clusters:
            cluster.rules = [rule for rule in cluster.rules if rule.id != event.get("id")]
    else:
        label = next(key for key in DOMAINS if event.get(key))
        wanted = event.get(label)
        apply_state(clusters, lambda host: (host.id if label == "host" else host.labels.get(label)) == wanted,
                    {"fail": "failed"}.get(name, name))


def refuse_contradictions(cluster):
    """Rules that berth would disable."""
    holders = {}
    for rule in (rule for rule in cluster.rules if rule.kind in ("together", "apart", "at-most")):
        for vm in rule.vms:
            holders.setdefault(vm, []).append(rule)
    for rules in holders.values():
        for first in (rule for rule in rules if rule.kind == "together"):
            for other in (rule for rule in rules if rule.kind != "together"):
                if len(set(first.vms) & set(other.vms)) > other.most:
                    raise Unsupported(f"rules {first.id} and {other.id} contradict each other")
    allowed = allowed_by_rules(cluster)
    for rule in (rule for rule in cluster.rules if rule.kind == "together" and rule.must):
        common = [{cluster.domain(host, rule.over) for host in allowed[vm]} for vm in rule.vms]
        if common and not set.intersection(*common):
            raise Unsupported(f"rule {rule.id} leaves its VMs no common place")
    if not all(allowed):
        raise Unsupported("must rules leave a VM no host")


def allowed_by_rules(cluster):
    """For each VM the hosts that its must rules leave it."""
    everything = frozenset(range(len(cluster.hosts)))
    allowed = [everything] * len(cluster.vms)
    for rule in (rule for rule in cluster.rules if rule.must and rule.kind in ("run-on", "not-run-on")):
        hosts = rule.hosts if rule.kind == "run-on" else everything - rule.hosts
        for vm in rule.vms:
            allowed[vm] = allowed[vm] & hosts
    return allowed


def read(path, scenario=None, fail=(), maintenance=()):
    """The clusters of the effective inventory."""
    clusters = [read_cluster(child) for child in parse(path).findall(NAMESPACE + "cluster")]
    for event in parse(scenario) if scenario else ():
        apply_event(clusters, event)
    for host in fail:
        apply_state(clusters, lambda candidate, name=host: candidate.id == name, "failed")
    for host in maintenance:
        apply_state(clusters, lambda candidate, name=host: candidate.id == name, "maintenance")
    for cluster in clusters:
        refuse_contradictions(cluster)
    return clusters
