#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Converts an instance of the BtrPlace scheduler (JSON, plain or gzip) to a native inventory.

usage: btrplace_to_berth.py INSTANCE.json[.gz] [-o INVENTORY.xml]

Node N becomes host nN, VM V becomes vmV. What BtrPlace asks of the final state alone (continuous: false)
becomes a should rule, for berth's must rules bind every step of a plan; the ladder of goal repair puts
should rules before migrations, so a plan with should.broken = 0 does all of it. What BtrPlace asks of
every moment (continuous: true) becomes a must rule.

  shareableResource   cpu -> cpuMhz and cpuReservationMhz; mem, memory -> memoryMib and
                      memoryReservationMib (configured memory: the demand, at least 1); others -> resources
  preserve            the VM's demand, raised to the amount
  resourceCapacity    of one node: the host's capacity, lowered to the amount
  spread, gather      apart, together over host
  fence, ban          run-on, not-run-on
  among               together over rack (chassis, site: at most three partitions of the nodes)
  root                movable="false"
  running             a ready VM waits to be placed; ready VMs without it are left out
  offlineNodes        standby; not to be woken if a constraint offline keeps the node off
Anything else is an error: an instance is converted whole or not at all.
"""

import argparse
import gzip
import json
import sys
from xml.sax.saxutils import quoteattr

CPU_NAMES = ("cpu",)
MEMORY_NAMES = ("mem", "memory")
BOOT_SECONDS = 300  # BtrPlace gives none; this is berth's own default
UNLIMITED = 1 << 40
LABELS = ("rack", "chassis", "site")


class Unsupported(Exception):
    """The instance says something that a native inventory cannot."""


def read_instance(path):
    """The parsed JSON of a file, gzip or not."""
    with open(path, "rb") as source:
        raw = source.read()
    return json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)


class Converter:
    """One instance on its way to XML."""

    def __init__(self, instance):
        mapping = instance["model"]["mapping"]
        self.constraints = instance.get("constraints", [])
        self.attributes = instance["model"].get("attributes", {})
        self.online = {int(n): vms for n, vms in mapping.get("onlineNodes", {}).items()}
        self.offline = set(mapping.get("offlineNodes", []))
        self.ready = set(mapping.get("readyVMs", []))
        self.nodes = sorted(set(self.online) | self.offline)
        self.place = {}  # vm -> (node, power)
        for node, vms in self.online.items():
            self.place.update({vm: (node, "on") for vm in vms.get("runningVMs", [])})
            self.place.update({vm: (node, "suspended") for vm in vms.get("sleepingVMs", [])})
        self.resources = []
        self.capacity = {}  # (resource, node) -> amount
        self.demand = {}  # (resource, vm) -> amount
        self.rooted = set()
        self.stay_off = set()
        self.labels = []  # partitions of the nodes
        self.rules = []
        self.read_views(instance["model"].get("views", []))
        self.read_constraints()

    def read_views(self, views):
        for view in views:
            if view["id"] == "ns":  # names only
                continue
            if view["id"] != "shareableResource":
                raise Unsupported(f"view {view['id']}")
            name = view["rcId"]
            self.resources.append(name)
            for node in self.nodes:
                self.capacity[name, node] = view["nodes"].get(str(node), view["defCapacity"])
            for vm in list(self.place) + list(self.ready):
                self.demand[name, vm] = view["vms"].get(str(vm), view["defConsumption"])

    def read_constraints(self):
        readers = {
            "preserve": self.read_preserve,
            "resourceCapacity": self.read_capacity,
            "running": self.read_running,
            "online": self.read_online,
            "offline": self.read_offline,
            "root": lambda c: self.rooted.add(c["vm"]),
            "spread": lambda c: self.add_rule("apart", c, self.members(c), 'over="host"'),
            "gather": lambda c: self.add_rule("together", c, self.members(c), 'over="host"'),
            "fence": lambda c: self.add_host_rule("run-on", c),
            "ban": lambda c: self.add_host_rule("not-run-on", c),
            "among": self.read_among,
        }
        self.wanted = set()
        for constraint in self.constraints:
            if constraint["id"] not in readers:
                raise Unsupported(f"constraint {constraint['id']}")
            readers[constraint["id"]](constraint)

    @staticmethod
    def members(constraint):
        return constraint["vms"] if "vms" in constraint else [constraint["vm"]]

    def read_preserve(self, constraint):
        for vm in self.members(constraint):
            key = constraint["rc"], vm
            self.demand[key] = max(self.demand[key], constraint["amount"])

    def read_capacity(self, constraint):
        if len(constraint["nodes"]) != 1:
            raise Unsupported("resourceCapacity over several nodes")
        key = constraint["rc"], constraint["nodes"][0]
        if key not in self.capacity:
            raise Unsupported(f"resourceCapacity of {constraint['rc']}")
        self.capacity[key] = min(self.capacity[key], constraint["amount"])

    def read_running(self, constraint):
        for vm in self.members(constraint):
            if self.place.get(vm, (None, "on"))[1] != "on":
                raise Unsupported("running of a sleeping VM")
            self.wanted.add(vm)

    def read_online(self, constraint):
        if constraint["node"] in self.offline:
            raise Unsupported("online of a node that is off")

    def read_offline(self, constraint):
        if constraint["node"] not in self.offline:
            raise Unsupported("offline of a node that is on")
        self.stay_off.add(constraint["node"])

    def read_among(self, constraint):
        parts = sorted(sorted(part) for part in constraint["parts"])
        if sum(map(len, parts)) != len(set().union(*parts)):
            raise Unsupported("among with overlapping parts")
        if set().union(*parts) != set(self.nodes):
            raise Unsupported("among that leaves out nodes")
        if parts not in self.labels:
            if len(self.labels) == len(LABELS):
                raise Unsupported("among with more than three partitions")
            self.labels.append(parts)
        label = LABELS[self.labels.index(parts)]
        self.add_rule("together", constraint, constraint["vms"], f'over="{label}"')

    def add_host_rule(self, kind, constraint):
        hosts = " ".join(f"n{node}" for node in constraint["nodes"])
        for vm in self.members(constraint):
            self.add_rule(kind, constraint, [vm], f'hosts="{hosts}"')

    def add_rule(self, kind, constraint, vms, rest):
        strength = "must" if constraint.get("continuous") else "should"
        known = [vm for vm in vms if vm in self.place or vm in self.ready]
        self.rules.append((kind, strength, known, rest))

    # ------------------------------------------------------------------------- writing

    def sum_of(self, table, names, key):
        values = [table[name, key] for name in self.resources if name in names]
        return values[0] if values else None

    def named(self):
        return [name for name in self.resources if name not in CPU_NAMES + MEMORY_NAMES]

    def host_lines(self, node):
        cpu = self.sum_of(self.capacity, CPU_NAMES, node)
        memory = self.sum_of(self.capacity, MEMORY_NAMES, node)
        text = (f'    <host id="n{node}" cpuMhz="{UNLIMITED if cpu is None else cpu}"'
                f' memoryMib="{UNLIMITED if memory is None else memory}"')
        for parts, label in zip(self.labels, LABELS):
            index = next(i for i, part in enumerate(parts) if node in part)
            text += f' {label}="{label}{index}"'
        if node in self.offline:
            boot = self.attributes.get("nodes", {}).get(str(node), {}).get("boot", BOOT_SECONDS)
            wake = "none" if node in self.stay_off else "ipmi"
            text += f' state="standby" wake="{wake}" wakeSeconds="{boot}"'
        yield text + ">"
        for name in self.named():
            yield (f"      <capacity resource={quoteattr(name)}"
                   f' amount="{self.capacity[name, node]}"/>')
        yield "    </host>"

    def vm_lines(self, vm):
        cpu = self.sum_of(self.demand, CPU_NAMES, vm) or 0
        memory = self.sum_of(self.demand, MEMORY_NAMES, vm) or 0
        text = f'    <vm id="vm{vm}"'
        if vm in self.place:
            node, power = self.place[vm]
            text += f' host="n{node}" power="{power}"'
        text += (f' memoryMib="{max(1, memory)}" memoryReservationMib="{memory}"'
                 f' cpuReservationMhz="{cpu}"')
        if vm in self.rooted:
            text += ' movable="false"'
        yield text + ">"
        for name in self.named():
            yield f"      <needs resource={quoteattr(name)} amount=\"{self.demand[name, vm]}\"/>"
        yield "    </vm>"

    def lines(self):
        known = set(self.place) | (self.ready & self.wanted)
        present = sorted(known)
        yield '<?xml version="1.0" encoding="UTF-8"?>'
        yield '<inventory xmlns="urn:berth:1" name="btrplace">'
        for name in self.named():
            yield f"  <resource name={quoteattr(name)}/>"
        yield '  <cluster id="btrplace">'
        for node in self.nodes:
            yield from self.host_lines(node)
        for vm in present:
            yield from self.vm_lines(vm)
        for number, (kind, strength, vms, rest) in enumerate(self.rules):
            names = " ".join(f"vm{vm}" for vm in vms if vm in known)
            if names:
                yield (f'    <rule id="r{number}" type="{kind}" strength="{strength}"'
                       f' vms="{names}" {rest}/>')
        yield "  </cluster>"
        yield "</inventory>"


def convert(path, output):
    """Writes the inventory of the instance at `path` to the text stream `output`."""
    for line in Converter(read_instance(path)).lines():
        output.write(line + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("instance")
    parser.add_argument("-o", "--output", default="-")
    arguments = parser.parse_args()
    try:
        if arguments.output == "-":
            convert(arguments.instance, sys.stdout)
        else:
            with open(arguments.output, "w", encoding="utf-8") as output:
                convert(arguments.instance, output)
    except Unsupported as what:
        sys.exit(f"{arguments.instance}: not supported: {what}")


if __name__ == "__main__":
    main()
