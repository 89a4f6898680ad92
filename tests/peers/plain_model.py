#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The plain integer program x[vm][host] of docs/model.md, solved by another solver, level after level.

usage: plain_model.py INVENTORY --solver glpk|cbc|highs|cp-sat [--goal GOAL] [--fail HOST] [--maintenance HOST]
       [--scenario FILE] [--time-limit SECONDS] [--threads N]

It says what the END STATE may look like: capacities and must rules never worse than at the start, every level of the
ladder but makespan, overload and stranded. Whether the moves can be put into a safe order, and with which stop-overs, is
no part of it. So its optimum is at most that of a plan, level by level, and equal wherever moves can be ordered.

Levels are minimised one after the other, each with the levels before held at their proved values. The first run takes
all levels before migrations at once: where their sum is 0, none needs a run of its own. A level that is 0 in the
solution in hand is proved, as none is negative. Prints a JSON line after each level.
"""

import argparse
import json
import sys
from array import array

import native_inventory

PRIORITIES = ("highest", "high", "medium", "low", "lowest")
EARLY = ("violations", "unplaced", "should.broken", "hosts.woken")  # what the first run sums up
LADDERS = {
    "failover": ("violations", *(f"unplaced.{p}" for p in PRIORITIES), "should.broken", "hosts.woken", "migrations",
                 "memory.moved"),
    "evacuate": ("violations", "unplaced", "should.broken", "hosts.woken", "migrations", "memory.moved"),
    "repair": ("violations", "unplaced", "should.broken", "hosts.woken", "migrations", "memory.moved"),
    "place": ("violations", "unplaced", "should.broken", "hosts.woken", "migrations", "memory.moved"),
    "defragment": ("violations", "unplaced", "should.broken", "migrations", "memory.moved"),
    "consolidate": ("violations", "unplaced", "should.broken", "hosts.on", "migrations", "memory.moved"),
}
LEAVING = ("maintenance", "entering-maintenance")


class Linear:
    """constant + sum of coefficient times column; all integers, all columns 0 or 1."""

    def __init__(self, constant=0):
        self.constant = constant
        self.columns = array("i")
        self.coefficients = array("q")

    def add(self, column, coefficient=1):
        self.columns.append(column)
        self.coefficients.append(coefficient)

    def extend(self, other):
        self.constant += other.constant
        self.columns.extend(other.columns)
        self.coefficients.extend(other.coefficients)

    def value(self, solution):
        return self.constant + sum(coefficient * solution[column]
                                   for column, coefficient in zip(self.columns, self.coefficients))


class Program:
    """Columns 0 or 1, rows low <= linear <= high (None = open), and the levels of the ladder."""

    def __init__(self, goal):
        self.count = 0
        self.rows = []  # (Linear, low, high)
        self.levels = {name: Linear() for name in LADDERS[goal]}

    def column(self):
        self.count += 1
        return self.count - 1

    def row(self, linear, low=None, high=None):
        """The constant goes to the sides."""
        if linear.columns:
            self.rows.append((linear, None if low is None else low - linear.constant,
                              None if high is None else high - linear.constant))

    def is_solution(self, solution):
        """Whether all rows hold, exactly."""
        for linear, low, high in self.rows:
            value = linear.value(solution) - linear.constant
            if (low is not None and value < low) or (high is not None and value > high):
                return False
        return True

    def values(self, solution):
        return {name: linear.value(solution) for name, linear in self.levels.items()}


class ClusterModel:
    """Adds one cluster to a program."""

    def __init__(self, program, cluster, goal):
        self.program, self.cluster, self.goal = program, cluster, goal
        self.allowed = native_inventory.allowed_by_rules(cluster)
        self.running, self.requested = self.who_takes_part()
        self.requested_set = set(self.requested)
        self.x = {}  # vm -> {host: column, or None where it is certain}
        self.serving = {}  # host -> column: is woken, or stays on
        self.add_hosts()
        for vm in self.running:
            self.add_running(vm)
        for vm in self.requested:
            self.add_requested(vm)
        self.members_on = self.invert()
        self.add_capacities()
        for rule in cluster.rules:
            self.add_rule(rule)

    # ------------------------------------------------------------------ who, and where to (§1, §2)

    def who_takes_part(self):
        running, requested = [], []
        for index, vm in enumerate(self.cluster.vms):
            if not vm.on:
                continue
            state = None if vm.host is None else self.cluster.hosts[vm.host].state
            down = state == "failed" or (state == "isolated" and self.cluster.isolation != "none")
            if state is None or (down and vm.priority != "disabled"):
                requested.append(index)
            elif not down:
                running.append(index)
        return running, requested

    def admissible(self, index):
        """The hosts where the VM may arrive."""
        vm = self.cluster.vms[index]
        displaced = vm.host is not None and index in self.requested_set
        migrates = vm.host is not None and not displaced
        vendor = self.cluster.hosts[vm.host].vendor if migrates else None
        found = []
        for number in sorted(self.allowed[index]):
            host = self.cluster.hosts[number]
            if host.state != "online" and number not in self.serving:
                continue
            if host.dedicated and not displaced:
                continue
            if not vm.needs <= host.reach:
                continue
            if vm.evc is not None and host.evc is not None and vm.evc > host.evc:
                continue
            if vendor and host.vendor and vendor != host.vendor:
                continue
            found.append(number)
        return found

    def add_hosts(self):
        levels = self.program.levels
        serving = Linear()
        online = 0
        for number, host in enumerate(self.cluster.hosts):
            if host.state == "standby" and host.wake and self.goal != "defragment":
                column = self.serving[number] = self.program.column()
                if "hosts.woken" in levels:
                    levels["hosts.woken"].add(column)
                if "hosts.on" in levels:
                    levels["hosts.on"].add(column)
                serving.add(column)
            elif host.state == "online" and self.goal == "consolidate":
                online += 1
                if host.wake and not host.dedicated:
                    column = self.serving[number] = self.program.column()
                    levels["hosts.on"].add(column)
                    serving.add(column)
                else:
                    levels["hosts.on"].constant += 1
                    serving.constant += 1
        if self.goal == "consolidate":
            self.program.row(serving, low=min(2 if self.cluster.ha else 1, online))

    def add_running(self, index):
        vm = self.cluster.vms[index]
        home = self.cluster.hosts[vm.host]
        leaving = home.state in LEAVING
        levels = self.program.levels
        targets = []
        if vm.movable and (home.state == "online" or leaving):
            targets = [number for number in self.admissible(index) if number != vm.host]
        if not targets:
            self.x[index] = {vm.host: None}
            levels["violations"].constant += leaving
            if vm.host in self.serving:  # it cannot be powered down
                fixed = Linear()
                fixed.add(self.serving[vm.host])
                self.program.row(fixed, low=1)
            return
        stays = self.program.column()
        self.x[index] = {vm.host: stays} | {number: self.program.column() for number in targets}
        self.exactly_one(self.x[index].values())
        self.needs_host_on(index)
        if leaving:
            levels["violations"].add(stays)
        if not (self.goal == "evacuate" and leaving):
            levels["migrations"].constant += 1
            levels["migrations"].add(stays, -1)
        levels["memory.moved"].constant += vm.memory
        levels["memory.moved"].add(stays, -vm.memory)

    def add_requested(self, index):
        vm = self.cluster.vms[index]
        priority = "lowest" if vm.priority == "disabled" else vm.priority
        unplaced = self.program.column()
        levels = self.program.levels
        levels["unplaced" if "unplaced" in levels else f"unplaced.{priority}"].add(unplaced)
        self.x[index] = {number: self.program.column() for number in self.admissible(index)}
        self.exactly_one([unplaced, *self.x[index].values()])
        self.needs_host_on(index)

    def exactly_one(self, columns):
        total = Linear()
        for column in columns:
            total.add(column)
        self.program.row(total, 1, 1)

    def needs_host_on(self, index):
        for number, column in self.x[index].items():
            if number in self.serving:
                row = Linear()
                row.add(column)
                row.add(self.serving[number], -1)
                self.program.row(row, high=0)

    # ------------------------------------------------------------------ capacities and rules (§3, §7)

    def invert(self):
        """host -> [(vm, column or None)]"""
        members = {}
        for vm, places in self.x.items():
            for host, column in places.items():
                members.setdefault(host, []).append((vm, column))
        return members

    def add_capacities(self):
        homes = set(self.running)
        for number, members in sorted(self.members_on.items()):
            host = self.cluster.hosts[number]
            names = sorted({name for vm, _ in members for name in self.cluster.vms[vm].demand})
            for name in names:
                if name in ("vms", "vcpus") and name not in host.capacity:
                    continue
                load, start = Linear(), 0
                for vm, column in members:
                    demand = self.cluster.vms[vm].demand.get(name, 0)
                    if demand and column is None:
                        load.constant += demand
                    elif demand:
                        load.add(column, demand)
                    if demand and vm in homes and self.cluster.vms[vm].host == number:
                        start += demand
                self.add_capacity(number, load, host.capacity.get(name, 0), start)

    def add_capacity(self, number, load, capacity, start):
        violations = self.program.levels["violations"]
        if load.constant > capacity:  # what cannot leave is too much
            violations.constant += 1
            self.program.row(load, high=max(capacity, start))
            return
        if start > capacity:
            over = self.program.column()
            violations.add(over)
            load.add(over, -(start - capacity))
        elif number in self.serving:
            load.add(self.serving[number], -capacity)
            capacity = 0
        self.program.row(load, high=capacity)

    def add_rule(self, rule):
        """Restart-after and quiesce rules concern the order of steps only."""
        counted = self.program.levels["violations" if rule.must else "should.broken"]
        if rule.kind in ("run-on", "not-run-on"):
            self.add_host_rule(rule, counted)
        elif rule.kind in ("apart", "at-most"):
            self.add_spread(rule, counted)
        elif rule.kind == "together":
            self.add_together(rule, counted)

    def places(self, rule):
        """(vm, host, column or None) for the members that take part."""
        for vm in rule.vms:
            for host, column in self.x.get(vm, {}).items():
                yield vm, host, column

    def add_host_rule(self, rule, counted):
        wrong = [column for _, host, column in self.places(rule) if (host in rule.hosts) != (rule.kind == "run-on")]
        if None in wrong:
            counted.constant += 1
        elif wrong:
            broken = self.program.column()
            counted.add(broken)
            for column in wrong:
                row = Linear()
                row.add(column)
                row.add(broken, -1)
                self.program.row(row, high=0)

    def at_start(self, rule):
        """How many running members each domain holds at the start."""
        counts = {}
        running = set(self.running)
        for vm in rule.vms:
            if vm in running:
                domain = self.cluster.domain(self.cluster.vms[vm].host, rule.over)
                counts[domain] = counts.get(domain, 0) + 1
        return counts

    def by_domain(self, rule):
        """domain -> number of members there, as a linear form"""
        domains = {}
        for _, host, column in self.places(rule):
            linear = domains.setdefault(self.cluster.domain(host, rule.over), Linear())
            if column is None:
                linear.constant += 1
            else:
                linear.add(column)
        return domains

    def add_spread(self, rule, counted):
        broken = None
        start = self.at_start(rule)
        for domain, present in self.by_domain(rule).items():
            most = max(rule.most, start.get(domain, 0)) if rule.must else len(rule.vms)
            if most > rule.most:
                if broken is None:
                    broken = self.program.column()
                    counted.add(broken)
                present.add(broken, rule.most - most)
            self.program.row(present, high=rule.most)

    def add_together(self, rule, counted):
        used = Linear()
        for present in self.by_domain(rule).values():
            if present.constant:
                used.constant += 1
                continue
            there = self.program.column()
            used.add(there)
            for column in present.columns:
                row = Linear()
                row.add(column)
                row.add(there, -1)
                self.program.row(row, high=0)
        total = used.constant + len(used.columns)
        most = max(1, len(self.at_start(rule))) if rule.must else total
        if used.constant > 1:
            counted.constant += 1
            self.program.row(used, high=most)
        elif total > 1:
            if most > 1:
                broken = self.program.column()
                counted.add(broken)
                used.add(broken, 1 - most)
            self.program.row(used, high=1)


def build(clusters, goal):
    """The program of all clusters."""
    program = Program(goal)
    for cluster in clusters:
        ClusterModel(program, cluster, goal)
    return program


# ---------------------------------------------------------------------------------------- solving


def early_sum(program):
    """The sum of all levels before hosts.on and migrations."""
    total = Linear()
    for name, linear in program.levels.items():
        if name.startswith(EARLY):
            total.extend(linear)
    return total


class Staged:
    """One staged solution. `solve(program, objective, start, seconds, threads)` is a function of plain_solvers.py."""

    def __init__(self, program, solve, limit, threads=1):
        self.program, self.solve, self.left, self.threads = program, solve, limit, threads
        self.spent = 0.0
        self.solution = None
        self.bounds = {}
        self.first = None
        self.note = ""

    def run(self, objective):
        """Minimises; returns the proved bound (None = unknown), and takes the solution if it is a better one."""
        outcome = self.solve(self.program, objective, self.solution, max(0.1, self.left - self.spent), self.threads)
        self.spent += outcome.seconds
        if outcome.solution is not None:
            if not self.program.is_solution(outcome.solution):
                self.note = "its solution breaks a row"
                return None
            if self.solution is None or objective.value(outcome.solution) <= objective.value(self.solution):
                self.solution = outcome.solution
            self.first = self.first if self.first is not None else self.spent
        return None if outcome.bound is None else outcome.bound + objective.constant

    def stages(self):
        """Solves, and yields the name of each level when it has been proved."""
        early = early_sum(self.program)
        if early.columns:
            self.run(early)
        for name, linear in self.program.levels.items():
            if self.solution is None or linear.value(self.solution) > 0:
                if self.left <= self.spent:
                    return
                bound = self.run(linear)
                self.bounds[name] = max(0, bound or 0)
                if self.solution is None or bound is None or bound < linear.value(self.solution):
                    return
            value = linear.value(self.solution)
            self.bounds[name] = value
            self.program.row(linear, high=value)
            yield name

    def report(self, done):
        values = {} if self.solution is None else self.program.values(self.solution)
        return {"seconds": round(self.spent, 3), "first": self.first, "proved": done, "note": self.note,
                "columns": self.program.count, "rows": len(self.program.rows),
                "levels": [{"name": name, "value": values.get(name), "bound": self.bounds.get(name)}
                           for name in self.program.levels]}


def main():
    import plain_solvers  # here: the model itself needs no solver

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("inventory")
    parser.add_argument("--solver", choices=sorted(plain_solvers.SOLVERS), required=True)
    parser.add_argument("--goal", choices=sorted(LADDERS), default="failover")
    parser.add_argument("--fail", action="append", default=[])
    parser.add_argument("--maintenance", action="append", default=[])
    parser.add_argument("--scenario")
    parser.add_argument("--time-limit", type=float, default=60)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    missing = plain_solvers.missing(arguments.solver)
    if missing:
        sys.exit(f"{arguments.solver}: {missing}")
    try:
        clusters = native_inventory.read(arguments.inventory, arguments.scenario, arguments.fail,
                                         arguments.maintenance)
    except native_inventory.Unsupported as what:
        sys.exit(f"{arguments.inventory}: not in the plain model: {what}")
    program = build(clusters, arguments.goal)
    staged = Staged(program, plain_solvers.SOLVERS[arguments.solver], arguments.time_limit, arguments.threads)
    proved = 0
    for _ in staged.stages():
        proved += 1
        print(json.dumps(staged.report(proved == len(program.levels))), flush=True)
    print(json.dumps(staged.report(proved == len(program.levels))), flush=True)


if __name__ == "__main__":
    main()
