#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Text fits the page: no line of any command is longer than COLUMNS, words that are longer by themselves apart; colour is for
terminals, --quiet leaves errors alone."""

import os
import pty
import subprocess
import unittest

from command_case import COMMAND, DATASETS, CommandCase

WIDTHS = (60, 80, 120)
PLAN = ["fragmentation", "wake-for-patching", "must-rule-forbids-restart", "several-clusters", "vgpu-binds", "quiesce-pair", "place-ten"]
FLAVOUR = "--flavour=cpu=1000,memory=4096"
LONG = "a-name-that-somebody-made-up-of-all-that-there-is-to-say-about-a-host-"


class Width(CommandCase):
    def look(self, *arguments):
        for width in WIDTHS:
            done = self.berth(*arguments, environment={"COLUMNS": str(width)})
            self.assertLess(done.returncode, 3, f"{arguments}\n{done.err}")
            self.assertNotIn("\033", done.out)
            for line in done.out.splitlines():
                if len(line.split()) > 1:
                    self.assertLessEqual(len(line), width, f"{arguments} at {width}:\n{line}\n\n{done.out}")

    def test_plans(self):
        for name in PLAN:
            with self.subTest(name):
                self.look("plan", DATASETS / f"{name}.xml")

    def test_rolling(self):
        self.look("plan", DATASETS / "rolling-three-hosts.xml", "--rolling=1")

    def test_answers(self):
        self.berth("generate", "--hosts=30", "--vms=300", "--load-percent=35", "-o", "generated.xml", status=0)
        inventories = [DATASETS / f"{name}.xml" for name in ("audit-slots-disagree", "several-clusters", "power-two-may-sleep",
                                                              "capacity-in-pieces", "lint-blade-cluster")]
        for inventory in [*inventories, self.folder / "generated.xml"]:
            with self.subTest(inventory.name):
                self.look("check", inventory)
                self.look("audit", inventory, "--failures=2")
                self.look("power", inventory, "--even-off", "--time-limit=2")
                self.look("capacity", inventory, FLAVOUR, "--keep-failures=1", "--want=5", "--time-limit=2")

    def test_plans_carried_out(self):
        inventory = DATASETS / "wake-for-patching.xml"
        self.berth("plan", inventory, "--format=json", "-o", "plan.json", status=0)
        self.look("verify", inventory, "plan.json")
        self.look("simulate", inventory, "--plan=plan.json", "--runs=20")
        self.look("simulate", DATASETS / "rack-failure.xml", DATASETS / "rack-failure.scenario.xml")

    def test_long_names(self):
        """Cut, or broken at blanks; a word longer than the page stands by itself."""
        text = (self.folder / "east.xml").read_text().replace('name="', f'name="{LONG}')
        self.write("long.xml", text)
        for arguments in (["plan"], ["check"], ["audit", "--failures=2"], ["power"], ["capacity", FLAVOUR, "--want=9"]):
            with self.subTest(arguments):
                self.look(*arguments, "long.xml")



class Streams(CommandCase):
    def on_terminal(self, *arguments, **variables):
        """Standard output of a run on a terminal."""
        master, slave = pty.openpty()
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "xterm", **variables}
        if "LD_LIBRARY_PATH" in os.environ:
            environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
        done = subprocess.Popen([COMMAND, *map(str, arguments)], env=environment, stdin=subprocess.DEVNULL, stdout=slave,
                                stderr=subprocess.DEVNULL)
        os.close(slave)
        said = b""
        try:
            while piece := os.read(master, 65536):
                said += piece
        except OSError:  # the other end is closed
            pass
        os.close(master)
        done.wait(60)
        return said.decode()

    def test_colour(self):
        inventory = DATASETS / "audit-slots-disagree.xml"
        for arguments in (["plan"], ["check"], ["audit"], ["power"], ["capacity", FLAVOUR]):
            with self.subTest(arguments):
                self.assertIn("\033[", self.on_terminal(*arguments, inventory))
                self.assertNotIn("\033", self.on_terminal(*arguments, inventory, NO_COLOR="1"))
                self.assertNotIn("\033", self.on_terminal(*arguments, inventory, TERM="dumb"))

    def test_quiet(self):
        inventory = DATASETS / "lint-blade-cluster.xml"
        for arguments in (["plan"], ["check"], ["audit"], ["power"], ["capacity", FLAVOUR], ["convert"]):
            with self.subTest(arguments):
                loud, quiet = self.berth(*arguments, inventory), self.berth(*arguments, inventory, "--quiet")
                self.assertIn("warning: ", loud.err)
                self.assertEqual(quiet.err, "")
                self.assertEqual((quiet.out, quiet.returncode), (loud.out, loud.returncode))
        self.assertIn("no-such.xml", self.complaint("plan", "no-such.xml", "-q", status=66))


if __name__ == "__main__":
    unittest.main()
