#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks `berth plan` for each row of datasets/index.csv and compares with the known answer.

A level that the index gives must come out with that value and be proved: bound equal to value, status
optimal. makespan alone need not be proved: its value must be that of the index, and the bound must not lie
above it. Where the index says makespan>=N, N is the true optimum, but a plan may miss it, which is
printed. Then `berth verify` must accept the plan.
"""

import csv
import json
import os
import subprocess
import tempfile
import unittest

COMMAND = os.environ["BERTH_COMMAND"]
FOLDER = os.path.join(os.environ["BERTH_SOURCE_DIR"], "datasets")
SCHEMA = os.path.join(os.environ["BERTH_SOURCE_DIR"], "io", "schema", "berth-1.xsd")
XMLLINT = os.environ.get("XMLLINT", "")
EXIT_OF_STATUS = {"optimal": 0, "infeasible": 1}


def rows():
    """The rows of the index."""
    with open(os.path.join(FOLDER, "index.csv"), encoding="utf-8") as index:
        yield from csv.DictReader(index, delimiter=";")


def berth(*arguments):
    """Runs the command in the folder of the datasets."""
    return subprocess.run([COMMAND, *arguments], cwd=FOLDER, capture_output=True, text=True,
                          timeout=300, check=False)


class Datasets(unittest.TestCase):
    """Known answers."""

    def compare_levels(self, row, levels):
        expected = [pair.split("=") for pair in row["levels"].split()]
        names = [name.rstrip(">") for name, _ in expected]
        self.assertEqual([level["name"] for level in levels], names)
        for level, (name, value) in zip(levels, expected):
            if name == "makespan>":
                self.compare_makespan(row, level, int(value))
                continue
            self.assertEqual(level["value"], int(value), name)
            if name == "makespan":
                self.assertLessEqual(level["bound"], int(value), name)
            else:
                self.assertEqual(level["bound"], int(value), name)
                self.assertEqual(level["status"], "optimal", name)

    def compare_makespan(self, row, level, optimum):
        """A makespan that may miss the optimum, but may not claim what is not true."""
        self.assertGreaterEqual(level["value"], optimum)
        self.assertLessEqual(level["bound"], optimum)
        self.assertEqual(level["status"] == "optimal", level["value"] == level["bound"])
        if level["value"] > optimum:
            print(f"{row['file']}: makespan {level['value']}, {optimum} is possible")

    def check_row(self, row):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "plan.json")
            done = berth("plan", row["file"], "--goal", row["goal"], *row["options"].split(),
                         "--format", "json", "-o", path)
            self.assertEqual(done.returncode, EXIT_OF_STATUS[row["status"]], done.stderr)
            with open(path, encoding="utf-8") as source:
                plan = json.load(source)
            self.assertEqual(plan["schema"], "berth-plan/1")
            self.assertEqual(plan["goal"], row["goal"])
            self.assertEqual(plan["status"], row["status"])
            self.compare_levels(row, plan["levels"])
            verdict = berth("verify", row["file"], path)
            self.assertEqual(verdict.returncode, 0, verdict.stdout + verdict.stderr)

    def test_every_row(self):
        count = 0
        for row in rows():
            count += 1
            with self.subTest(file=row["file"], goal=row["goal"], options=row["options"]):
                self.check_row(row)
        self.assertGreater(count, 12)

    def test_every_dataset_is_in_the_index(self):
        indexed = {row["file"] for row in rows()}
        present = {name for name in os.listdir(FOLDER)
                   if any(os.path.isfile(os.path.join(FOLDER, name, first))
                          for first in ("0000-Datacenter-datacenter-1.xml", "pair-hosts.xml"))
                   or (name.endswith(".xml") and not name.endswith(".scenario.xml"))}
        self.assertEqual(present, indexed)

    def test_documents_are_valid(self):
        if not XMLLINT or XMLLINT.endswith("NOTFOUND"):
            self.skipTest("xmllint is not installed")
        names = [name for name in os.listdir(FOLDER) if name.endswith(".xml")]
        done = subprocess.run([XMLLINT, "--noout", "--nonet", "--schema", SCHEMA, *names],
                              cwd=FOLDER, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
