#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The day of tests/bench/bench_session.c from Python, the same VMs in the same order: what a call costs more here.

Not a test: prints percentiles in microseconds.

    session_overhead.py FILE [PLACEMENTS]
"""

import sys
import time

import berth


class Day:
    """VMs stop at random and are placed anew."""

    def __init__(self, path):
        self.session = berth.Session(berth.Inventory.read(path))
        self.random = 88172645463325252
        self.stopped = [self.stop() for _ in range(self.session.vm_count // 10 + 1)]

    def draw(self, below):
        """xorshift64* (Vigna 2016)."""
        mask = 2**64 - 1
        self.random ^= self.random >> 12
        self.random ^= self.random << 25 & mask
        self.random ^= self.random >> 27
        return (((self.random * 2685821657736338717) & mask) >> 33 & 0xFFFFFFFF) % below

    def stop(self):
        """One that runs."""
        session = self.session
        while True:
            vm = self.draw(session.vm_count)
            if session.vm_power(vm) == "on" and session.vm_host(vm) is not None:
                session.stop_vm(vm)
                return vm

    def place(self, count):
        """Nanoseconds of each query, and of each query with its commit."""
        asked, placed = [], []
        for _ in range(count):
            slot = self.draw(len(self.stopped))
            vm = self.stopped[slot]
            began = time.perf_counter_ns()
            self.session.best_hosts(vm, 3)
            between = time.perf_counter_ns()
            chosen = self.session.place(vm)
            ended = time.perf_counter_ns()
            asked.append(between - began)
            placed.append(ended - between)
            if chosen is not None:
                self.stopped[slot] = self.stop()
        return sorted(asked), sorted(placed)


def main():
    """Prints the percentiles that the C program prints."""
    day = Day(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100000
    for what, taken in zip(("best 3 hosts", "query and commit"), day.place(count)):
        print(f"{what:<22} {count:9} times", *(f" p{100 * share:g} {taken[int((count - 1) * share)] / 1000:.2f}"
                                               for share in (0.5, 0.9, 0.99, 0.999)), "us")


if __name__ == "__main__":
    main()
