#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The plain model: that it says what docs/model.md says (by its values for states built by hand), and that solvers, where any is
installed, prove the same values on it as berth does on small generated clusters."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import differential
import native_inventory
import peer_run
import plain_model
import plain_solvers

COMMAND = os.environ["BERTH_COMMAND"]
MODEL = pathlib.Path(plain_model.__file__)
INSTALLED = [name for name in plain_solvers.SOLVERS if plain_solvers.missing(name) is None]

HOST = '<host id="{id}" cpuMhz="100" memoryMib="{memory}" {rest}/>'
VM = '<vm id="{id}" {where} memoryMib="{memory}" memoryReservationMib="{memory}" {rest}/>'


def host(identifier, memory=10, rest=""):
    return HOST.format(id=identifier, memory=memory, rest=rest)


def vm(identifier, home, memory=4, rest=""):
    return VM.format(id=identifier, where=f'host="{home}"' if home else "", memory=memory, rest=rest)


class Inventory(unittest.TestCase):
    """Builds programs from inventories written here."""

    def program(self, *elements, goal="failover", **changes):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "inventory.xml"
            path.write_text('<inventory xmlns="urn:berth:1"><cluster id="c">' + "".join(elements) +
                            "</cluster></inventory>", encoding="utf-8")
            return plain_model.build(native_inventory.read(path, **changes), goal)

    def best(self, program):
        """The lexicographically best values, by trying all solutions."""
        found = []
        for number in range(1 << program.count):
            solution = [number >> column & 1 for column in range(program.count)]
            if program.is_solution(solution):
                found.append(tuple(program.values(solution).values()))
        self.assertTrue(found)
        return {name: value for name, value in zip(program.levels, min(found)) if value}


class Meaning(Inventory):
    """Truths of docs/model.md, by hand."""

    def test_move_makes_room(self):
        # 7 MiB are down; a and b have 6 and 2 free: only if the VM of 2 leaves a for b is there room.
        best = self.best(self.program(host("a"), host("b", 6), host("f", 10, 'state="failed"'), vm("small", "a", 2),
                                      vm("fixed", "b", 4, 'movable="false"'), vm("big", "f", 9)))
        self.assertEqual(best, {"migrations": 1, "memory.moved": 2})

    def test_wake_rather_than_leave_down(self):
        best = self.best(self.program(host("f", 10, 'state="failed"'), host("s", 10, 'state="standby" wake="ipmi"'),
                                      vm("v", "f")))
        self.assertEqual(best, {"hosts.woken": 1})

    def test_no_host_that_cannot_wake(self):
        best = self.best(self.program(host("f", 10, 'state="failed"'), host("s", 10, 'state="standby"'),
                                      vm("v", "f", 4, 'priority="high"')))
        self.assertEqual(best, {"unplaced.high": 1})

    def test_disabled_displaced_takes_no_part(self):
        best = self.best(self.program(host("f", 10, 'state="failed"'), vm("v", "f", 4, 'priority="disabled"')))
        self.assertEqual(best, {})

    def test_apart_must_binds_and_should_counts(self):
        elements = host("a"), host("f", 10, 'state="failed"'), vm("v", "a"), vm("w", "f")
        rule = '<rule id="r" type="apart" vms="v w" strength="{}"/>'
        self.assertEqual(self.best(self.program(*elements, rule.format("must"))), {"unplaced.medium": 1})
        self.assertEqual(self.best(self.program(*elements, rule.format("should"))), {"should.broken": 1})

    def test_overload_stays_or_is_mended(self):
        full = host("a", 6), vm("v", "a"), vm("w", "a")
        self.assertEqual(self.best(self.program(*full, goal="repair")), {"violations": 1})
        self.assertEqual(self.best(self.program(*full, host("b"), goal="repair")), {"migrations": 1, "memory.moved": 4})

    def test_run_on(self):
        rule = '<rule id="r" type="run-on" vms="v" hosts="b"/>'
        elements = host("a"), host("b"), vm("v", "a")
        self.assertEqual(self.best(self.program(*elements, rule, goal="repair")), {"migrations": 1, "memory.moved": 4})
        self.assertEqual(self.best(self.program(*elements, vm("w", "b", 9, 'movable="false"'), rule, goal="repair")),
                         {"violations": 1})

    def test_together_over_rack(self):
        rule = '<rule id="r" type="together" vms="v w" over="rack"/>'
        best = self.best(self.program(host("a", 10, 'rack="1"'), host("b", 10, 'rack="1"'), host("f", 10, 'state="failed"'),
                                      host("o", 10, 'rack="2"'), vm("v", "a", 8), vm("w", "f", 8), rule))
        self.assertEqual(best, {})
        best = self.best(self.program(host("a", 10, 'rack="1"'), host("f", 10, 'state="failed"'),
                                      host("o", 10, 'rack="2"'), vm("v", "a", 8, 'movable="false"'), vm("w", "f", 8), rule))
        self.assertEqual(best, {"unplaced.medium": 1})

    def test_evacuate_counts_extra_migrations(self):
        best = self.best(self.program(host("a"), host("b"), vm("v", "a"), goal="evacuate", maintenance=["a"]))
        self.assertEqual(best, {"memory.moved": 4})

    def test_consolidate_keeps_two_with_ha(self):
        elements = [host(name, 10, 'wake="ipmi"') for name in "abc"] + [vm("v", "a", 2), vm("w", "b", 2)]
        self.assertEqual(self.best(self.program(*elements, goal="consolidate")), {"hosts.on": 2})
        self.assertEqual(self.best(self.program('<ha enabled="false"/>', *elements, goal="consolidate")),
                         {"hosts.on": 1, "migrations": 1, "memory.moved": 2})

    def test_contradicting_rules_are_refused(self):
        with self.assertRaises(native_inventory.Unsupported):
            self.program(host("a"), vm("v", "a"), vm("w", "a"), '<rule id="r" type="apart" vms="v w"/>',
                         '<rule id="s" type="together" vms="v w"/>')


@unittest.skipUnless(INSTALLED, "no solver is installed: none of " + ", ".join(plain_solvers.SOLVERS))
class Agreement(unittest.TestCase):
    """berth and the solvers on small clusters. The end state can be better than what safe steps reach, so the model may not
    prove a worse one; on these clusters all are equal."""

    CASES = (("plain", 1), ("fragmented", 2), ("affinity", 1), ("heterogeneous", 1))

    def test_values(self):
        for solver in INSTALLED:  # each in a process of its own: two of them do not bear each other
            for family, seed in self.CASES:
                with self.subTest(solver=solver, family=family, seed=seed), tempfile.TemporaryDirectory() as folder:
                    self.compare(solver, family, seed, pathlib.Path(folder) / "inventory.xml")

    def compare(self, solver, family, seed, path):
        subprocess.run([COMMAND, "generate", "--family", family, "--hosts", "4", "--vms", "16", "--failed", "1",
                        "--seed", str(seed), "-o", path], check=True)
        answer = peer_run.berth_answer(COMMAND, path, (), 10, 1)
        self.assertEqual(answer.note, "")
        run = peer_run.run_limited([sys.executable, "-B", MODEL, path, "--solver", solver, "--time-limit", "20"], 60)
        self.assertEqual(run.code, 0, run.err)
        said = json.loads(run.out.splitlines()[-1])
        self.assertTrue(said["proved"], said)
        values = {level["name"]: level["value"] for level in said["levels"]}
        self.assertEqual({level.name: level.value for level in answer.levels}, values)
        for level in answer.levels:
            self.assertLessEqual(level.bound, values[level.name], level.name)



class Judging(unittest.TestCase):
    """differential.py: what a first difference means."""

    def judge(self, *levels, **optimum):
        own = [(peer_run.Level(name, value, bound), proof) for name, value, bound, proof in levels]
        return differential.judge(own, optimum)[0]

    def test_equal(self):
        self.assertEqual(self.judge(("violations", 0, 0, "zero"), ("migrations", 2, 2, "integer program"),
                                    violations=0, migrations=2), "equal and proved")

    def test_below_the_optimum(self):
        self.assertEqual(self.judge(("migrations", 1, 1, "zero"), migrations=2), "CONTRADICTION")

    def test_a_bound_above_the_optimum(self):
        self.assertEqual(self.judge(("migrations", 3, 3, "integer program"), migrations=2), "CONTRADICTION")
        self.assertEqual(self.judge(("migrations", 3, 3, "exhaustive search"), migrations=2), "needs more for an order")

    def test_open(self):
        self.assertEqual(self.judge(("migrations", 3, 1, "zero"), migrations=2), "open")
        self.assertEqual(self.judge(("migrations", 2, 1, "zero"), migrations=2), "not proved")

    def test_nothing_is_said_behind_a_difference(self):
        self.assertEqual(self.judge(("unplaced", 1, 0, "zero"), ("migrations", 1, 1, "zero"), unplaced=0, migrations=5), "open")


if __name__ == "__main__":
    unittest.main()
