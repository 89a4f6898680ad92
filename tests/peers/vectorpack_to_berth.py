#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Converts an instance of vector bin packing (.vbp) to a native inventory for goal consolidate.

usage: vectorpack_to_berth.py INSTANCE.vbp [--dimensions D] [-o INVENTORY.xml]

The file gives: the number of dimensions, the capacities of a bin, the number of items, then an item a line: its sizes
and its copies. Each item becomes a VM that runs alone on a host of its own that can be powered down, so any set of
hosts that is left on at the end is a packing: the fewest hosts on is the fewest bins. Dimension 1 is cpu, 2 is memory,
further ones are the named resources d3, d4, ... Without memory (D = 1) that is no limit. HA is off, so one host may be the
fewest. --dimensions keeps the first D only; a triplet's optimum, n/3, is that of every projection.

Some triplets have sizes below zero, which no VM has. Such a dimension is raised: k to every size and 3k to the capacity, so
three items fill a bin exactly as before and n/3 bins still have no room to spare. The optimum stays n/3; what other
numbers of items fit together does not stay the same.
"""

import argparse
import pathlib
import sys

ROOM = 1 << 20  # where the dimension is left out


class Unsupported(Exception):
    """Not an instance."""


def read_instance(path):
    """(capacities, [sizes of each item])"""
    numbers = [int(word) for word in pathlib.Path(path).read_text(encoding="utf-8").split()]
    dimensions = numbers[0]
    capacities, count, rest = numbers[1:1 + dimensions], numbers[1 + dimensions], numbers[2 + dimensions:]
    width = dimensions + 1
    if len(rest) != count * width:
        raise Unsupported(f"{count} items announced, {len(rest)} numbers follow")
    items = []
    for start in range(0, len(rest), width):
        items += [rest[start:start + dimensions]] * rest[start + dimensions]
    return capacities, items


def raised(capacities, items):
    """The same with no size below zero."""
    lift = [max(0, -min(sizes[d] for sizes in items)) for d in range(len(capacities))]
    return ([capacity + 3 * k for capacity, k in zip(capacities, lift)],
            [[size + k for size, k in zip(sizes, lift)] for sizes in items])


def amounts(element, values):
    """The lines of the further dimensions."""
    return "".join(f'<{element} resource="d{index}" amount="{value}"/>' for index, value in enumerate(values[2:], 3))


def lines(capacities, items, dimensions=None):
    """The inventory, line by line."""
    dimensions = dimensions or len(capacities)
    if not 1 <= dimensions <= len(capacities):
        raise Unsupported(f"{len(capacities)} dimensions, {dimensions} asked for")
    bin_size, items = raised(capacities[:dimensions], [sizes[:dimensions] for sizes in items])
    host_memory = bin_size[1] if dimensions > 1 else ROOM
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<inventory xmlns="urn:berth:1" name="vectorpack">'
    for index in range(3, dimensions + 1):
        yield f'  <resource name="d{index}"/>'
    yield '  <cluster id="vectorpack">'
    yield '    <ha enabled="false"><admission policy="none"/></ha>'
    for number in range(1, len(items) + 1):
        yield (f'    <host id="h{number}" cpuMhz="{bin_size[0]}" memoryMib="{host_memory}" wake="ipmi">'
               f'{amounts("capacity", bin_size)}</host>')
    for number, sizes in enumerate(items, 1):
        memory = sizes[1] if dimensions > 1 else 0
        yield (f'    <vm id="v{number}" host="h{number}" power="on" cpuReservationMhz="{sizes[0]}"'
               f' memoryMib="{max(1, memory)}" memoryReservationMib="{memory}">{amounts("needs", sizes)}</vm>')
    yield "  </cluster>"
    yield "</inventory>"


def convert(path, output, dimensions=None):
    """Writes the inventory of the instance at `path` to the text stream `output`."""
    for line in lines(*read_instance(path), dimensions):
        output.write(line + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("instance")
    parser.add_argument("--dimensions", type=int)
    parser.add_argument("-o", "--output", type=argparse.FileType("w", encoding="utf-8"), default=sys.stdout)
    arguments = parser.parse_args()
    try:
        convert(arguments.instance, arguments.output, arguments.dimensions)
    except Unsupported as what:
        sys.exit(f"{arguments.instance}: not supported: {what}")


if __name__ == "__main__":
    main()
