#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Help, manual pages, and what is refused before anything is read."""

import os
import re
import subprocess
import unittest

from command_case import CommandCase

COMMANDS = ("check", "plan", "verify", "convert", "generate", "help")


class Help(CommandCase):
    def test_lists_the_commands(self):
        text = self.berth("--help", status=0).out
        for command in COMMANDS:
            self.assertRegex(text, rf"\n  {command} +\S")
        self.assertEqual(text, self.berth("help", status=0).out)

    def test_version(self):
        text = self.berth("--version", status=0).out
        self.assertRegex(text, r"^berth \d+\.\d+\.\d+\n$")
        self.assertEqual(text, self.berth("plan", "--version", status=0).out)

    def test_each_command_explains_itself(self):
        for command in COMMANDS:
            with self.subTest(command):
                text = self.berth(command, "--help", status=0).out
                self.assertIn(f"Usage: berth {command} ", text)
                self.assertIn("--help", text)

    def test_help_of_a_command_is_its_help_option(self):
        self.assertEqual(
            self.berth("help", "plan", status=0).out.split("\n")[:5],
            self.berth("plan", "--help", status=0).out.split("\n")[:5],
        )

    def test_only_options_that_work_are_offered(self):
        text = self.berth("plan", "--help", status=0).out
        for option in ("time-limit", "threads", "seed", "deadline", "exact-limit", "fail", "fit", "keep-failures",
                       "weigh", "target-cpu", "target-memory", "stranded-tolerance", "report"):
            self.assertIn(f"--{option}=", text)

    def test_words_of_an_option(self):
        text = self.complaint("plan", "east.xml", "--weigh=watts", status=64)
        self.assertIn('--weigh is "watts"; expected hosts|power', text)
        self.assertIn("(default hosts)", self.berth("plan", "--help", status=0).out)


class ManualPages(CommandCase):
    def options(self, text):
        return set(re.findall(r"--([a-z][a-z-]+)", text))

    def test_every_option_of_help_stands_in_the_page(self):
        for command in COMMANDS:
            with self.subTest(command):
                page = self.berth("help", "--man", command, status=0).out
                helped = self.options(self.berth(command, "--help", status=0).out)
                self.assertLessEqual(helped, self.options(page.replace("\\-", "-")))

    def test_pages_are_good_roff(self):
        if not os.environ.get("GROFF", "").startswith("/"):
            self.skipTest("no groff")
        for arguments in (("--man",), *(("--man", command) for command in COMMANDS)):
            page = self.berth("help", *arguments, status=0).out
            done = subprocess.run(
                [os.environ["GROFF"], "-man", "-Tutf8", "-ww"],
                input=page.encode(),
                capture_output=True,
                check=True,
            )
            self.assertEqual(done.stderr, b"")
            self.assertIn("EXIT STATUS", re.sub(r"\x1b\[\d*m|.\x08", "", done.stdout.decode()))


class Refusals(CommandCase):
    def test_no_command(self):
        self.assertIn("Usage: berth COMMAND", self.complaint(status=64))

    def test_unknown_command(self):
        self.assertEqual(
            self.complaint("sail", status=64), "berth: no command \"sail\"; 'berth --help' lists them\n"
        )

    def test_bad_usage(self):
        for arguments in (
            ["plan"],
            ["plan", "east.xml", "west.xml"],
            ["plan", "east.xml", "--goal=fly"],
            ["plan", "east.xml", "--format=yaml"],
            ["plan", "east.xml", "--time-limit=0"],
            ["plan", "east.xml", "--time-limit=soon"],
            ["plan", "east.xml", "--threads=-1"],
            ["plan", "east.xml", "--from=hyperx"],
            ["plan", "east.xml", "--nonsense"],
            ["check"],
            ["verify", "east.xml"],
            ["verify", "-", "-"],
            ["convert"],
        ):
            with self.subTest(arguments):
                text = self.complaint(*arguments, status=64)
                self.assertTrue(text.startswith(f"berth {arguments[0]}: "), text)

    def test_value_out_of_range_says_the_range(self):
        text = self.complaint("plan", "east.xml", "--threads=999", status=64)
        self.assertEqual(
            text.split("\n")[0], "berth plan: --threads is 999; expected 0 to 256"
        )

    def test_unknown_host(self):
        for option in ("fail", "maintenance"):
            self.assertEqual(
                self.complaint("plan", "east.xml", f"--{option}", "esx09", status=64),
                f'berth: no host "esx09" in east.xml; --{option} expects the id or the name of a host\n',
            )

    def test_ambiguous_host(self):
        text = (self.folder / "east.xml").read_text().replace('"esx03"', '"esx02"')
        self.write("twins.xml", text)
        self.assertEqual(
            self.complaint("plan", "twins.xml", "--fail=esx02", status=64),
            'berth: several hosts are called "esx02" in twins.xml; --fail needs an id\n',
        )

    def test_fit_that_is_not_understood(self):
        form = "expected cpu=MHZ,memory=MIB[,count=N][,cluster=ID]"
        number = "expected a whole number from"
        for fit, told in (
            ("", f"--fit lacks cpu; {form}"),
            ("cpu=1", f"--fit lacks memory; {form}"),
            ("memory=1", f"--fit lacks cpu; {form}"),
            ("cpu=1,memory=1,disk=3", f'--fit: "disk=3" is not understood; {form}'),
            ("cpu=1,memory=1,cpu=2", f"--fit: cpu is given twice; {form}"),
            ("cpu=x,memory=1", f'--fit: cpu is "x"; {number} 0 to 1099511627776'),
            ("cpu=1,memory=99999999999999999999",
             f'--fit: memory is "99999999999999999999"; {number} 1 to 1099511627776'),
            ("cpu=1,memory=1,count=0", f'--fit: count is "0"; {number} 1 to 4194304'),
        ):
            with self.subTest(fit):
                text = self.complaint("plan", "east.xml", "--fit", fit, status=64)
                self.assertEqual(text, f"berth: {told}\n")

    def test_fit_into_a_cluster_that_is_not_there(self):
        text = self.complaint("plan", "east.xml", "--fit=cpu=1,memory=1,cluster=test", status=64)
        self.assertRegex(text, r'^berth: --fit: [^\n]*"test"[^\n]*\n$')


if __name__ == "__main__":
    unittest.main()
