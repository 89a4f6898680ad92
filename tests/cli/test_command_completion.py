#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Completion: what the scripts offer is what the commands take, tried in bash itself."""

import re
import shutil
import subprocess
import unittest

from command_case import CommandCase

ASK = r"""
compopt() { :; }
source ./berth.bash
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_berth
printf '%s\n' "${COMPREPLY[@]}"
"""


class Bash(CommandCase):
    def setUp(self):
        super().setUp()
        self.write("berth.bash", self.berth("help", "--completion=bash", status=0).out)
        self.write("ask.bash", ASK)

    def offered(self, *words):
        done = subprocess.run(["bash", "ask.bash", *words], cwd=self.folder, capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_commands(self):
        self.assertEqual(self.offered("berth", "ver"), ["verify"])
        self.assertIn("plan", self.offered("berth", ""))
        self.assertEqual(self.offered("berth", "help", "aud"), ["audit"])

    def test_options_are_those_of_the_help(self):
        for command in self.offered("berth", ""):
            with self.subTest(command):
                told = set(re.findall(r"^ +(?:-.,? )?--([a-z-]+)", self.berth(command, "--help", status=0).out, re.MULTILINE))
                offered = {word[2:].rstrip("=") for word in self.offered("berth", command, "--")}
                self.assertEqual(offered, told)

    def test_values(self):
        self.assertEqual(self.offered("berth", "plan", "--format", "=", "j"), ["json"])
        self.assertEqual(self.offered("berth", "plan", "--goal", "=")[:2], ["failover", "evacuate"])
        self.assertEqual(self.offered("berth", "audit", "--domain", "ra"), ["rack"])

    def test_every_value_that_is_offered_is_taken(self):
        for goal in self.offered("berth", "plan", "--goal", "="):
            with self.subTest(goal):
                self.assertNotIn(self.berth("plan", "east.xml", "--goal", goal).returncode, (64, 70))
        for family in self.offered("berth", "generate", "--family", "="):
            with self.subTest(family):
                self.berth("generate", "--hosts", "3", "--vms", "6", "--family", family, status=0)

    def test_files(self):
        self.assertEqual(self.offered("berth", "plan", "eas"), ["east.xml"])


class Others(CommandCase):
    def test_zsh_takes_the_script(self):
        self.write("_berth", self.berth("help", "--completion=zsh", status=0).out)
        if not shutil.which("zsh"):
            self.skipTest("zsh is not installed")
        subprocess.run(["zsh", "-n", "_berth"], cwd=self.folder, check=True)

    def test_no_other_shell(self):
        self.assertIn("there are bash and zsh", self.berth("help", "--completion=fish", status=64).err)


if __name__ == "__main__":
    unittest.main()
