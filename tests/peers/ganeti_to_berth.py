#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Converts a cluster in the text format of Ganeti's htools to a native inventory.

usage: ganeti_to_berth.py CLUSTER.data [-o INVENTORY.xml]

A node group becomes a cluster. What becomes of a node and an instance:

  node                t_mem - n_mem (what the node itself takes) -> memoryMib; pcpus * vcpu_ratio of the
                      group's policy, rounded down -> maxVcpus and, as 1 MHz each, cpuMhz
  node, offline       tagged htools:standby* and empty -> standby, can be woken; else with instances -> failed; else
                      maintenance: nothing is there, nothing may come
  node, online        wake="ipmi": Ganeti powers nodes through out-of-band management
  node tags           a location such as rack:r1 (prefix rack, chassis, site) -> that label
  instance            mem -> memoryMib and memoryReservationMib; vcpus -> cpus and cpuReservationMhz; status running,
                      ERROR_* -> on, ADMIN_* -> off. pnode -> host
  auto_balance N      movable="false"
  disk, free disk     of templates on local disks (plain, file, drbd): resource disk, in MiB, with the capacity of
                      the node; plain and file instances are pinned (movable="false"), since hbal moves none
  exclusion tags      cluster tags htools:iextags:P: instances with the same tag that begins with P -> must apart
  desired location    cluster tags htools:desiredlocation:P: instance tag P:x -> should run-on the nodes with it

A drbd instance may only be failed over to its secondary, which no rule of a native inventory says (its disk would have
to be copied): refused. So are memory overcommitment by spindles and instances that are forthcoming.
"""

import argparse
import pathlib
import re
import sys
from xml.sax.saxutils import quoteattr

LOCAL_DISKS = ("plain", "file")
SHARED_DISKS = ("diskless", "sharedfile", "blockdev", "rbd", "ext", "gluster")
LABELS = ("rack", "chassis", "site")


class Unsupported(Exception):
    """The cluster says something that a native inventory cannot."""


class Cluster:
    """The five sections of a file, as lists of fields."""

    def __init__(self, text):
        sections = [[]]
        for line in text.splitlines():
            if line:
                sections[-1].append(line.split("|"))
            else:
                sections.append([])
        if len(sections) < 3:
            raise Unsupported("fewer than three sections")
        sections += [[]] * (5 - len(sections))
        self.groups, self.nodes, self.instances = sections[:3]
        self.tags = [fields[0] for fields in sections[3]]
        self.ratios = {fields[0]: float(fields[4]) for fields in sections[4] if len(fields) > 4}

    def vcpu_ratio(self, group):
        return self.ratios.get(group, self.ratios.get("", 64.0))

    def prefixes(self, kind):
        """What follows htools:KIND: in the tags of the cluster."""
        head = f"htools:{kind}:"
        return [tag[len(head):] for tag in self.tags if tag.startswith(head)]


def tags_of(fields, index):
    return [tag for tag in fields[index].split(",") if tag] if len(fields) > index else []


class Converter:
    """One cluster on its way to XML."""

    def __init__(self, text):
        self.cluster = Cluster(text)
        self.group_names = {fields[1]: fields[0] for fields in self.cluster.groups}
        self.occupied = {fields[6] for fields in self.cluster.instances}
        self.local = any(fields[8] in LOCAL_DISKS for fields in self.cluster.instances)
        for fields in self.cluster.instances:
            if fields[8] not in LOCAL_DISKS + SHARED_DISKS:
                raise Unsupported(f"disk template {fields[8]}")
            if len(fields) > 12 and fields[12] == "Y":
                raise Unsupported("a forthcoming instance")

    def state_of(self, node):
        offline = node[7] == "Y" or "?" in node[1:7]
        if not offline:
            return "online"
        if node[0] in self.occupied:
            return "failed"
        standby = any(tag.startswith("htools:standby") for tag in tags_of(node, 10))
        return "standby" if standby else "maintenance"

    def host_lines(self, node, ratio):
        if "?" in node[1:7]:
            node = node[:1] + [field if field != "?" else "0" for field in node[1:7]] + node[7:]
        vcpus = int(int(node[6]) * ratio)
        memory = int(node[1]) - int(node[2])
        text = (f'    <host id={quoteattr(node[0])} cpuMhz="{max(1, vcpus)}" memoryMib="{max(1, memory)}"'
                f' maxVcpus="{vcpus}" state="{self.state_of(node)}" wake="ipmi"')
        for tag in tags_of(node, 10):
            label, _, value = tag.partition(":")
            if label in LABELS:
                text += f" {label}={quoteattr(value)}"
        if not self.local:
            yield text + "/>"
            return
        yield text + ">"
        yield f'      <capacity resource="disk" amount="{int(node[4])}"/>'
        yield "    </host>"

    def vm_lines(self, fields):
        name, memory, disk, vcpus, status, balance, node = fields[:7]
        power = "off" if status.startswith("ADMIN") else "on"
        pinned = balance != "Y" or fields[8] in LOCAL_DISKS
        text = (f'    <vm id={quoteattr(name)} host={quoteattr(node)} power="{power}" cpus="{max(1, int(vcpus))}"'
                f' memoryMib="{max(1, int(memory))}" memoryReservationMib="{memory}" cpuReservationMhz="{vcpus}"')
        if pinned:
            text += ' movable="false"'
        if fields[8] not in LOCAL_DISKS:
            yield text + "/>"
            return
        yield text + ">"
        yield f'      <needs resource="disk" amount="{disk}"/>'
        yield "    </vm>"

    def rule_lines(self, nodes, instances):
        """Exclusion tags and desired locations."""
        exclusive, desired = {}, {}
        for fields in instances:
            for tag in tags_of(fields, 9):
                if any(tag.startswith(prefix + ":") for prefix in self.cluster.prefixes("iextags")):
                    exclusive.setdefault(tag, []).append(fields[0])
                if any(tag.startswith(prefix + ":") for prefix in self.cluster.prefixes("desiredlocation")):
                    desired.setdefault(tag, []).append(fields[0])
        for tag, members in sorted(exclusive.items()):
            if len(members) > 1:
                yield self.rule(f"apart-{tag}", "apart", "must", members, 'over="host"')
        for tag, members in sorted(desired.items()):
            hosts = [node[0] for node in nodes if tag in tags_of(node, 10)]
            if hosts:
                yield self.rule(f"wish-{tag}", "run-on", "should", members, f'hosts={quoteattr(" ".join(hosts))}')

    @staticmethod
    def rule(name, kind, strength, members, rest):
        identifier = re.sub(r"\s", "_", name)
        return (f"    <rule id={quoteattr(identifier)} type=\"{kind}\" strength=\"{strength}\""
                f" vms={quoteattr(' '.join(members))} {rest}/>")

    def lines(self):
        yield '<?xml version="1.0" encoding="UTF-8"?>'
        yield '<inventory xmlns="urn:berth:1" name="ganeti">'
        if self.local:
            yield '  <resource name="disk"/>'
        for uuid, group in self.group_names.items():
            nodes = [node for node in self.cluster.nodes if node[8] == uuid]
            names = {node[0] for node in nodes}
            instances = [fields for fields in self.cluster.instances if fields[6] in names]
            ratio = self.cluster.vcpu_ratio(group)
            yield f"  <cluster id={quoteattr(group)}>"
            yield '    <ha><admission policy="none"/></ha>'
            for node in nodes:
                yield from self.host_lines(node, ratio)
            for fields in instances:
                yield from self.vm_lines(fields)
            yield from self.rule_lines(nodes, instances)
            yield "  </cluster>"
        yield "</inventory>"


def convert(path, output):
    """Writes the inventory of the cluster at `path` to the text stream `output`."""
    for line in Converter(pathlib.Path(path).read_text(encoding="utf-8")).lines():
        output.write(line + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cluster")
    parser.add_argument("-o", "--output", type=argparse.FileType("w", encoding="utf-8"), default=sys.stdout)
    arguments = parser.parse_args()
    try:
        convert(arguments.cluster, arguments.output)
    except Unsupported as what:
        sys.exit(f"{arguments.cluster}: not supported: {what}")


if __name__ == "__main__":
    main()
