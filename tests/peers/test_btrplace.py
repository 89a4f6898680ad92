#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""BtrPlace instances: what is proved about them from outside must come out, proved, with goal repair.

The fewest migrations of issue-131-*, min-migrations were proved by an integer program over placements (see
the README of the data). The others are small enough to reason about:

fragmentation-infeasible  Four nodes of 201 units run 100 VMs of 2 units each. A node never holds more
                          than 100 of them (201 = 2 * 100 + 1), so the 401st VM has no place, whatever is
                          moved: unplaced = 1, nothing moves.
standby-host-must-boot    Two nodes of 4 units are full with a VM of 4; a third such VM must run. Only the
                          node that is off can take it: one host woken, nothing moved, nothing unplaced.
swap-needs-intermediate-hop  VMs of 4 units on two nodes of 4 must change places. Neither can move first
                          but onto the third node: three migrations, 12 MiB.
issue68-source-overload   A node of 3 units runs two VMs of 2. Moving one mends it: one migration, 2 MiB.
nr-r3-p5000-c0-1          753 VMs of 250 dead nodes restart on 4,750 others without a migration (tested for
                          conversion only; time belongs to benchmarks).
"""

import io
import json
import os
import subprocess
import tempfile
import time
import unittest

import btrplace_to_berth

COMMAND = os.environ["BERTH_COMMAND"]
DATA = os.path.join(os.environ["BERTH_SHARED_DATA"], "btrplace")
MOST_SECONDS = 10

# instance: values of the ladder that must be proved, beside violations, unplaced and should.broken = 0
KNOWN = {
    "issue-131-0.json.gz": {"hosts.woken": 0, "migrations": 3},
    "issue-131-1.json.gz": {"hosts.woken": 0, "migrations": 7},
    "issue-131-2.json.gz": {"hosts.woken": 0, "migrations": 5},
    "min-migrations.json": {"hosts.woken": 0, "migrations": 1},
    "swap-needs-intermediate-hop.json": {"hosts.woken": 0, "migrations": 3, "memory.moved": 12},
    "issue68-source-overload.json": {"hosts.woken": 0, "migrations": 1, "memory.moved": 2},
    "fragmentation-infeasible.json": {"unplaced": 1, "hosts.woken": 0, "migrations": 0,
                                      "memory.moved": 0},
    "standby-host-must-boot.json": {"hosts.woken": 1, "migrations": 0, "memory.moved": 0},
}


def berth(*arguments):
    """Runs the command."""
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=300,
                          check=False)


@unittest.skipUnless(os.path.isdir(DATA), f"no data in {DATA}")
class Instances(unittest.TestCase):
    """Converts, plans, compares, verifies."""

    def solve(self, name, folder):
        inventory = os.path.join(folder, "inventory.xml")
        path = os.path.join(folder, "plan.json")
        with open(inventory, "w", encoding="utf-8") as output:
            btrplace_to_berth.convert(os.path.join(DATA, name), output)
        start = time.monotonic()
        done = berth("plan", inventory, "--goal", "repair", "--format", "json", "-o", path)
        seconds = time.monotonic() - start
        self.assertIn(done.returncode, (0, 1), done.stderr)
        with open(path, encoding="utf-8") as source:
            plan = json.load(source)
        verdict = berth("verify", inventory, path)
        self.assertEqual(verdict.returncode, 0, verdict.stdout + verdict.stderr)
        return plan, seconds

    def check(self, name, known):
        with tempfile.TemporaryDirectory() as folder:
            plan, seconds = self.solve(name, folder)
        levels = {level["name"]: level for level in plan["levels"]}
        moved = levels["memory.moved"]
        print(f"{name}: {seconds:.2f} s, status {plan['status']}, "
              f"migrations {levels['migrations']['value']} (bound {levels['migrations']['bound']}), "
              f"memory moved {moved['value']} (bound {moved['bound']})")
        for level, value in ({"violations": 0, "unplaced": 0, "should.broken": 0} | known).items():
            self.assertEqual(levels[level]["value"], value, level)
            self.assertEqual(levels[level]["bound"], value, level)
            self.assertEqual(levels[level]["status"], "optimal", level)
        self.assertLess(seconds, MOST_SECONDS)

    def test_known_answers(self):
        for name, known in KNOWN.items():
            with self.subTest(instance=name):
                self.check(name, known)

    def test_large_instances_convert(self):
        for name, waiting in (("nr-r3-p5000-c0-1.json.gz", 753), ("li-r3-p5000-c0-1.json.gz", 0),
                              ("nr-r3-p5000-c100-1.json.gz", 753)):
            with self.subTest(instance=name):
                text = io.StringIO()
                btrplace_to_berth.convert(os.path.join(DATA, name), text)
                document = text.getvalue()
                self.assertEqual(document.count("<host id="), 5000)
                self.assertEqual(document.count("<vm id="), 15000)
                self.assertEqual(document.count(" power="), 15000 - waiting)


def instance(constraints, **mapping):
    """A small instance of two nodes of 10 and one VM of 4 on each."""
    nodes = {"0": {"runningVMs": [0], "sleepingVMs": []},
             "1": {"runningVMs": [1], "sleepingVMs": []}}
    return {"model": {"mapping": {"readyVMs": [], "onlineNodes": nodes, "offlineNodes": []} | mapping,
                      "views": [{"id": "shareableResource", "rcId": "mem", "defCapacity": 10,
                                 "defConsumption": 4, "nodes": {}, "vms": {"1": 5}}]},
            "constraints": constraints}


def converted(constraints, **mapping):
    """The text of its inventory."""
    return "\n".join(btrplace_to_berth.Converter(instance(constraints, **mapping)).lines())


class Conversion(unittest.TestCase):
    """The converter alone."""

    def test_defaults_and_explicit_amounts(self):
        text = converted([])
        self.assertEqual(text.count('memoryMib="10"'), 2)
        self.assertIn('id="vm0" host="n0" power="on" memoryMib="4" memoryReservationMib="4"', text)
        self.assertIn('id="vm1" host="n1" power="on" memoryMib="5" memoryReservationMib="5"', text)

    def test_preserve_raises_and_never_lowers(self):
        raised = {"id": "preserve", "rc": "mem", "vm": 0, "amount": 7}
        self.assertIn('memoryReservationMib="7"', converted([raised]))
        self.assertNotIn('memoryReservationMib="1"', converted([dict(raised, amount=1)]))

    def test_capacity_of_one_node_is_lowered(self):
        rule = {"id": "resourceCapacity", "rc": "mem", "nodes": [1], "amount": 6}
        self.assertIn('<host id="n1" cpuMhz="1099511627776" memoryMib="6">', converted([rule]))

    def test_capacity_of_several_nodes_is_refused(self):
        rule = {"id": "resourceCapacity", "rc": "mem", "nodes": [0, 1], "amount": 6}
        with self.assertRaisesRegex(btrplace_to_berth.Unsupported, "several nodes"):
            converted([rule])

    def test_unknown_constraints_are_refused(self):
        with self.assertRaisesRegex(btrplace_to_berth.Unsupported, "lonely"):
            converted([{"id": "lonely", "vms": [0]}])

    def test_continuous_is_must_and_discrete_is_should(self):
        rule = {"id": "spread", "vms": [0, 1], "continuous": True}
        self.assertIn('type="apart" strength="must" vms="vm0 vm1" over="host"', converted([rule]))
        self.assertIn('strength="should"', converted([dict(rule, continuous=False)]))

    def test_ready_vms_wait_only_if_they_must_run(self):
        self.assertNotIn("vm2", converted([], readyVMs=[2]))
        self.assertIn('<vm id="vm2" memoryMib="4"',
                      converted([{"id": "running", "vm": 2}], readyVMs=[2]))

    def test_nodes_that_are_off(self):
        self.assertIn('state="standby" wake="ipmi" wakeSeconds="300"', converted([], offlineNodes=[2]))
        kept = converted([{"id": "offline", "node": 2}], offlineNodes=[2])
        self.assertIn('state="standby" wake="none"', kept)


if __name__ == "__main__":
    unittest.main()
