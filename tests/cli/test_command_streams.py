#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where bytes come from and go to: files, gzip, standard input, outputs that cannot be written, terminals."""

import gzip
import os
import pty
import subprocess
import unittest
from xml.etree import ElementTree

from command_case import COMMAND, DATASETS, FAILOVER, CommandCase


class Inputs(CommandCase):
    def test_missing_file(self):
        for command in ("check", "plan", "convert"):
            text = self.complaint(command, "none.xml", status=66)
            self.assertEqual(text, "berth: none.xml: cannot be opened: No such file or directory\n")

    def test_missing_plan_and_scenario(self):
        self.assertIn("none.json: cannot be opened", self.complaint("verify", "east.xml", "none.json", status=66))
        self.assertIn(
            "none.xml: cannot be opened", self.complaint("plan", "east.xml", "--scenario=none.xml", status=66)
        )

    def test_broken_xml_names_line_and_column(self):
        self.write("cut.xml", FAILOVER[: FAILOVER.index("<vm")])
        text = self.complaint("check", "cut.xml", status=65)
        self.assertRegex(text, r"^berth: cut\.xml:\d+:\d+: [^\n]+\n$")

    def test_all_errors_are_told_one_a_line(self):
        text = FAILOVER.replace('host="host-1"', 'host="host-9"').replace('host="host-2"', 'host="host-8"')
        self.write("dangling.xml", text)
        lines = self.complaint("plan", "dangling.xml", status=65).splitlines()
        self.assertEqual(len(lines), 2, lines)
        self.assertRegex(lines[0], r"^berth: dangling\.xml:6:\d+: .*host-9")
        self.assertRegex(lines[1], r"^berth: dangling\.xml:7:\d+: .*host-8")

    def test_another_kind_of_document(self):
        self.write("page.xml", "<html/>")
        self.assertRegex(self.complaint("plan", "page.xml", status=65), r"^berth: page\.xml:1:\d+: ")

    def test_unknown_object_in_a_scenario(self):
        self.write("what.xml", '<scenario xmlns="urn:berth:1">\n  <fail host="esx77"/></scenario>')
        text = self.complaint("plan", "east.xml", "--scenario=what.xml", status=65)
        self.assertRegex(text, r"^berth: what\.xml:2:\d+: .*esx77")

    def test_broken_plan_names_line_and_column(self):
        self.write("broken.json", '{\n  "schema": oops')
        text = self.complaint("verify", "east.xml", "broken.json", status=65)
        self.assertRegex(text, r"^berth: broken\.json:2:\d+: [^\n]+; expected [^\n]+\n$")

    def test_standard_input_and_gzip_give_the_same_bytes(self):
        expected = self.berth("plan", "east.xml", "--format=json", status=0).stdout
        self.write("east.xml.gz", gzip.compress(FAILOVER.encode()))
        self.assertEqual(self.berth("plan", "east.xml.gz", "--format=json", status=0).stdout, expected)
        for data in (FAILOVER.encode(), gzip.compress(FAILOVER.encode())):
            done = self.berth("plan", "-", "--format=json", status=0, stdin=data)
            self.assertEqual(done.stdout, expected)

    def test_plan_from_standard_input(self):
        plan = self.berth("plan", "east.xml", "--format=json", status=0).stdout
        self.assertEqual(self.berth("verify", "east.xml", "-", status=0, stdin=plan).out.split(":")[0], "- holds")


class Outputs(CommandCase):
    def test_missing_folder(self):
        for command in ("plan", "convert"):
            text = self.complaint(command, "east.xml", "-o", "none/out", status=73)
            self.assertRegex(text, r"^berth: none/out: [^\n]+\n$")

    def test_full_disk(self):
        for arguments in (("plan", "east.xml"), ("convert", "east.xml"), ("check", "east.xml"), ("--help",)):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                done = self.berth(*arguments, status=74, stdout=full)
                self.assertTrue(done.err.startswith("berth: -: "), done.err)
                self.assertEqual(done.err.count("\n"), 1)

    def test_closed_pipe(self):
        for arguments in (("plan", "east.xml", "--format=json"), ("check", "east.xml")):
            reading, writing = os.pipe()
            os.close(reading)
            with self.subTest(arguments), os.fdopen(writing, "wb") as broken:
                self.assertTrue(self.berth(*arguments, status=74, stdout=broken).err.startswith("berth: -: "))

    def test_closed_standard_output(self):
        line = f'exec "{COMMAND}" plan east.xml >&-'
        done = subprocess.run(["sh", "-c", line], cwd=self.folder, capture_output=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 74, done.stderr)

    def test_output_is_replaced_by_a_whole_plan_only(self):
        output = self.write("out.json", "old")
        self.complaint("plan", "none.xml", "--format=json", "-o", output, status=66)
        self.assertEqual(output.read_text(), "old")
        before = sorted(os.listdir(self.folder))
        self.assertEqual(self.berth("plan", "east.xml", "--format=json", "-o", output, status=0).out, "")
        self.assertEqual(output.read_bytes(), self.berth("plan", "east.xml", "--format=json", status=0).stdout)
        self.assertEqual(sorted(os.listdir(self.folder)), before, "nothing is left beside the output")

    def test_report_beside_the_plan(self):
        plan = self.berth("plan", "east.xml", status=0).stdout
        self.assertEqual(self.berth("plan", "east.xml", "--report", "east.html", status=0).stdout, plan)
        page = ElementTree.parse(self.folder / "east.html").getroot()
        self.assertEqual(page.tag, "{http://www.w3.org/1999/xhtml}html")
        self.assertEqual(page.find(".//{*}h1").text, "Plan: failover of ")
        self.assertEqual(len(page.findall(".//{http://www.w3.org/2000/svg}svg[@class='gantt']")), 1)
        self.assertEqual(self.berth("plan", "east.xml", "-o", "out.txt", "--report=-", status=0).stdout,
                         (self.folder / "east.html").read_bytes())
        self.assertEqual((self.folder / "out.txt").read_bytes(), plan)

    def test_report_says_what_the_text_says(self):
        for dataset, options, status in (
            ("maintenance-blocked.xml", (), 1),
            ("should-rule-given-up.xml", (), 0),
            ("must-rule-forbids-restart.xml", (), 1),
            ("quiesce-pair.xml", ("--deadline=2m",), 1),
        ):
            with self.subTest(dataset):
                run = ("plan", DATASETS / dataset, *options, "--report=r.html")
                text = self.berth(*run, status=status, environment={"COLUMNS": "400"}).out
                page = ElementTree.parse(self.folder / "r.html").getroot()
                said = " ".join("".join(page.itertext()).split())
                told = text[: text.index("  level")].splitlines()  # all above the ladder
                told += text[text.index("\nWarnings") :].splitlines()[2:] if "\nWarnings" in text else []
                for line in filter(None, (line.strip() for line in told)):
                    self.assertIn(" ".join(line.removeprefix("Plan: ").replace(": optimal", " optimal")
                                           .replace(": infeasible", " infeasible").split()), said)

    def test_report_that_cannot_be_written(self):
        done = self.berth("plan", "east.xml", "-o", "out.txt", "--report=none/east.html", status=73)
        self.assertRegex(done.err, r"^berth: none/east\.html: [^\n]+\n$")
        done = self.berth("plan", "east.xml", "-o", "out.txt", "--report=/dev/full", status=74)
        self.assertTrue(done.err.startswith("berth: /dev/full: "), done.err)
        self.write("east.html", "old")
        self.complaint("plan", "none.xml", "--report=east.html", status=66)
        self.assertEqual((self.folder / "east.html").read_text(), "old")

    def test_plan_and_report_need_a_file_each(self):
        self.assertIn("cannot both go to", self.complaint("plan", "east.xml", "--report=-", status=64))
        self.assertIn("cannot both go to", self.complaint("plan", "east.xml", "-oa", "--report=a", status=64))

    def test_convert_may_write_over_its_source(self):
        first = self.berth("convert", "east.xml", status=0).stdout
        self.berth("convert", "east.xml", "-o", "east.xml", status=0)
        self.assertEqual((self.folder / "east.xml").read_bytes(), first)
        self.assertEqual(self.berth("convert", "east.xml", status=0).stdout, first)


class Terminals(CommandCase):
    def on_terminal(self, **environment):
        """Output of a plan on a terminal of 60 columns."""
        ours, theirs = pty.openpty()
        subprocess.run(["stty", "cols", "60"], stdin=theirs, check=True)
        done = self.berth("plan", "east.xml", stdout=theirs, environment={"TERM": "xterm", **environment})
        os.close(theirs)
        self.assertEqual(done.returncode, 0, done.err)
        self.assertEqual(done.err, "", "no progress for what takes no time")
        text = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the other side is closed
                piece = b""
            if not piece:
                break
            text += piece
        os.close(ours)
        return text.decode()

    def test_colour_on_a_terminal_only(self):
        self.assertIn("\033[", self.on_terminal())
        self.assertNotIn("\033", self.berth("plan", "east.xml", status=0).out)

    def test_colour_can_be_refused(self):
        self.assertNotIn("\033", self.on_terminal(NO_COLOR="1"))
        self.assertNotIn("\033", self.on_terminal(TERM="dumb"))
        self.assertIn("\033[", self.on_terminal(NO_COLOR=""))

    def test_text_fits_the_terminal(self):
        lines = self.on_terminal(NO_COLOR="1").splitlines()
        self.assertLessEqual(max(map(len, lines)), 60)

    def test_ascii_where_the_locale_has_no_more(self):
        self.berth("plan", "east.xml", status=0, environment={"LC_ALL": "C"}).stdout.decode("ascii")
        self.assertIn("→", self.berth("plan", "east.xml", status=0).out)


if __name__ == "__main__":
    unittest.main()
