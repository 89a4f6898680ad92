#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts one placement query of a berth session beside what a user would write in Python, on the same inventory, in one run.

usage: session_peer.py --bench BENCH_SESSION INVENTORY.xml [--placements N] [--cp-sat N]

Three ways to find the tightest host for a VM under all rules, each with its commit:
  loop     a loop over the hosts that keeps the best
  numpy    the same with arrays: room and networks as masks, rules one by one (if numpy is there)
  cp-sat   a model with a column for every host that has room, for OR-Tools (if it is there)
They say how many should rules the host breaks, and nothing else of what berth tells. berth's own figures are those of bench_session on
the same file, C API. Markdown on standard output; microseconds."""

import argparse
import collections
import pathlib
import random
import statistics
import subprocess
import sys
import time

import native_inventory

RESOURCES = ("cpu", "memory", "vms", "vcpus")


class State:
    """A cluster as a careful user would keep it: what is free, who is where, who is in which rule."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.free = [[host.capacity.get(r, float("inf")) for r in RESOURCES] for host in cluster.hosts]
        self.rules_of = collections.defaultdict(list)
        self.members = []
        for number, rule in enumerate(cluster.rules):
            self.members.append(collections.Counter())
            if rule.kind in ("run-on", "not-run-on", "apart", "at-most", "together"):
                for vm in rule.vms:
                    self.rules_of[vm].append(number)
        for vm, what in enumerate(cluster.vms):
            if what.on and what.host is not None:
                self.enter(vm, what.host)

    def demand(self, vm):
        return [self.cluster.vms[vm].demand.get(r, 0) for r in RESOURCES]

    def enter(self, vm, host, sign=1):
        for r, amount in enumerate(self.demand(vm)):
            self.free[host][r] -= sign * amount
        for number in self.rules_of[vm]:
            domain = self.cluster.domain(host, self.cluster.rules[number].over)
            self.members[number][domain] += sign
            if self.members[number][domain] == 0:
                del self.members[number][domain]

    def rule_allows(self, number, host):
        rule, members = self.cluster.rules[number], self.members[number]
        if rule.kind == "run-on":
            return host in rule.hosts
        if rule.kind == "not-run-on":
            return host not in rule.hosts
        domain = self.cluster.domain(host, rule.over)
        if rule.kind == "together":
            return not members or domain in members
        return members[domain] < rule.most

    def broken(self, vm, host):
        """Should rules broken there; None if a must rule forbids it."""
        count = 0
        for number in self.rules_of[vm]:
            if not self.rule_allows(number, host):
                if self.cluster.rules[number].must:
                    return None
                count += 1
        return count

    def has_room(self, demand, host):
        return all(need <= free for need, free in zip(demand, self.free[host]))

    def room(self, host):
        capacity = self.cluster.hosts[host].capacity
        return min(self.free[host][0] / capacity["cpu"], self.free[host][1] / capacity["memory"])


def by_loop(state, vm):
    demand, needs, best = state.demand(vm), state.cluster.vms[vm].needs, None
    for host, what in enumerate(state.cluster.hosts):
        if what.state != "online" or not state.has_room(demand, host) or not needs <= what.reach:
            continue
        broken = state.broken(vm, host)
        if broken is not None and (best is None or (broken, state.room(host), host) < best):
            best = (broken, state.room(host), host)
    return best


class Arrays:
    """What numpy needs beside the state, kept with it."""

    def __init__(self, state):
        import numpy
        self.numpy = numpy
        self.state = state
        self.capacity = numpy.array([[h.capacity["cpu"], h.capacity["memory"]] for h in state.cluster.hosts], float)
        self.online = numpy.array([h.state == "online" for h in state.cluster.hosts])
        self.masks = {}

    def reach(self, needs):
        key = frozenset(needs)
        if key not in self.masks:
            self.masks[key] = self.numpy.array([needs <= h.reach for h in self.state.cluster.hosts])
        return self.masks[key]

    def candidates(self, vm, free):
        fits = (free >= self.numpy.array(self.state.demand(vm))).all(axis=1)
        return self.numpy.nonzero(fits & self.online & self.reach(self.state.cluster.vms[vm].needs))[0]

    def find(self, vm, free):
        hosts = self.candidates(vm, free)
        room = (free[hosts, :2] / self.capacity[hosts]).min(axis=1)
        best = None
        for at in self.numpy.lexsort((hosts, room)):
            broken = self.state.broken(vm, int(hosts[at]))
            if broken is not None and (best is None or broken < best[0]):
                best = (broken, float(room[at]), int(hosts[at]))
                if broken == 0:
                    break
        return best


def by_cp_sat(arrays, vm, free):
    from ortools.sat.python import cp_model
    state, model, columns, cost = arrays.state, cp_model.CpModel(), [], []
    for host in arrays.candidates(vm, free):
        broken = state.broken(vm, int(host))
        if broken is not None:
            columns.append((int(host), model.new_bool_var(f"x{host}")))
            cost.append(broken * 10**9 + int(1024 * state.room(int(host))) * 10**5 + int(host))
    if not columns:
        return None
    model.add_exactly_one(column for _, column in columns)
    model.minimize(sum(c * column for c, (_, column) in zip(cost, columns)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.solve(model)
    host = next(host for host, column in columns if solver.value(column))
    return (state.broken(vm, host), state.room(host), host)


def measure(state, find, count, seed, moved=lambda vm, host, sign: None):
    """Seconds of each placement: a random VM leaves its host and is placed anew."""
    choose, seconds, broken = random.Random(seed), [], 0
    running = [vm for vm, what in enumerate(state.cluster.vms) if what.on and what.host is not None]
    where = {vm: state.cluster.vms[vm].host for vm in running}
    for _ in range(count):
        vm = choose.choice(running)
        state.enter(vm, where[vm], -1)
        moved(vm, where[vm], -1)
        begun = time.perf_counter()
        best = find(vm)
        host = where[vm] if best is None else best[2]
        state.enter(vm, host)
        moved(vm, host, 1)
        seconds.append(time.perf_counter() - begun)
        broken += 0 if best is None else best[0]
        where[vm] = host
    return seconds, broken


def row(name, seconds):
    seconds = sorted(seconds)
    p99 = seconds[min(len(seconds) - 1, int(0.99 * len(seconds)))]
    print(f"| {name} | {len(seconds)} | {1e6 * statistics.median(seconds):,.0f} | {1e6 * p99:,.0f} |", flush=True)


def with_arrays(cluster, placements, cp_sat):
    try:
        import numpy
    except ImportError:
        print("numpy is not there: skipped", file=sys.stderr)
        return
    for name, count in (("numpy", placements), ("OR-Tools CP-SAT", cp_sat)):
        state = State(cluster)
        arrays = Arrays(state)
        free = numpy.array(state.free, float)

        def moved(vm, host, sign):
            free[host] -= sign * numpy.array(state.demand(vm))

        if name == "numpy":
            find = lambda vm: arrays.find(vm, free)
        else:
            find = lambda vm: by_cp_sat(arrays, vm, free)
        try:
            row(name, measure(state, find, count, 7, moved)[0])
        except ImportError:
            print("ortools is not there: skipped", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("inventory", type=pathlib.Path)
    parser.add_argument("--bench", required=True, type=pathlib.Path, help="bench_session of the build")
    parser.add_argument("--placements", type=int, default=200)
    parser.add_argument("--cp-sat", type=int, default=20)
    options = parser.parse_args()
    print("| who | placements | p50, µs | p99, µs |\n|---|---|---|---|")
    for preference in ("tight", "roomy"):
        out = subprocess.run([options.bench, options.inventory, "200000", preference], capture_output=True, text=True,
                             check=True).stdout
        line = next(line for line in out.splitlines() if line.startswith("query and commit")).split()
        print(f"| berth session, {preference} | 200000 | {line[line.index('p50') + 1]} | {line[line.index('p99') + 1]} |")
    cluster = native_inventory.read(str(options.inventory))[0]
    state = State(cluster)
    row("Python loop", measure(state, lambda vm: by_loop(state, vm), options.placements, 7)[0])
    with_arrays(cluster, options.placements, options.cp_sat)


if __name__ == "__main__":
    main()
