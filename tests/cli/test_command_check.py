#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What berth check finds, as a user meets it: codes, how many are told, what is ignored, and that
the manual's table is the command's."""

import json
import re
import unittest

from command_case import DATASETS, SOURCE, CommandCase

ODD = """<inventory xmlns="urn:berth:1"><cluster id="c">
<host id="a" cpuMhz="10000" memoryMib="65536" notifyTimeout="60"/>
<host id="b" cpuMhz="10000" memoryMib="65536" notifyTimeout="0"/>
<host id="s" cpuMhz="10000" memoryMib="65536" state="standby"/>
<vm id="v1" host="a" memoryMib="1024"><notification enabled="true" hardware="19" timeout="60"/></vm>
<vm id="v2" host="a" memoryMib="1024"/>
<host-group id="ab" hosts="a b"/>
<rule id="pin" type="run-on" strength="must" vms="v1" hosts="a"/>
<rule id="two" type="run-on" strength="must" vms="v2" hosts="ab"/>
<rule id="not" type="not-run-on" strength="must" vms="v2" hosts="b"/>
</cluster></inventory>"""

FOUND = (
    'rule "pin" pins 1 VM to host "a"; if that fails, nothing may restart them [pinned-to-one-host]',
    'VM "v2" may run on host "a" only; its must rules leave no other [pinned-to-one-host]',
    'host "s" is in standby without a wake protocol; nothing can wake it [standby-without-wake]',
    'host "b" has notification timeout 0; no guest on it is told of a migration [notification-timeout-zero]',
    'VM "v1" has notification enabled, but no application is registered [notification-without-application]',
    'VM "v1" has hardware version 19; notification needs 20 [notification-hardware]',
    'VM "v1" has notification timeout 60 s, not below the 60 s of host "a", which decide [notification-timeout-capped]',
)

CONFLICT = """<inventory xmlns="urn:berth:1"><cluster id="c">
<host id="a" cpuMhz="10000" memoryMib="65536"/>
<host id="b" cpuMhz="10000" memoryMib="65536"/>
<vm id="v" host="a" memoryMib="1024"/>
<rule id="older" type="run-on" strength="must" vms="v" hosts="a"/>
<rule id="newer" type="run-on" strength="must" vms="v" hosts="b"/>
</cluster></inventory>"""


class Findings(CommandCase):
    def found(self, *arguments):
        """The lines on standard error of a check that is content otherwise."""
        return self.berth("check", *arguments, status=0).err.splitlines()

    def codes(self):
        """(code, severity, meaning) of each."""
        lines = self.berth("check", "--codes", status=0).out.splitlines()
        return [tuple(line.split(": ", 2)) for line in lines]

    def test_each_has_its_code(self):
        self.write("odd.xml", ODD)
        self.assertEqual(self.found("odd.xml"), [f"berth: odd.xml: warning: {text}" for text in FOUND])

    def test_notes_are_told_if_asked_for(self):
        self.write("odd.xml", ODD)
        more = set(self.found("-v", "odd.xml")) - set(self.found("odd.xml"))
        self.assertEqual(more, {'berth: odd.xml: note: cluster "c" has power management on, but no host has a wake '
                                "protocol; none is ever powered down [no-wake-at-all]"})

    def test_ignored(self):
        self.write("odd.xml", ODD)
        lines = self.found("odd.xml", "--ignore=pinned-to-one-host", "-i", "notification-hardware")
        self.assertEqual(len(lines), len(FOUND) - 3)
        self.assertNotIn("pins", "".join(lines))

    def test_conflicts_have_a_place_and_a_code(self):
        self.write("two.xml", CONFLICT)
        conflict, pinned = self.found("two.xml")
        self.assertRegex(conflict, r'^berth: two\.xml:6:1: warning: rule "newer" and the older rule "older" leave VM '
                                   r'"v" no host; it is disabled; .* \[rules-in-conflict\]$')
        self.assertRegex(pinned, r"\[pinned-to-one-host\]$")
        self.assertEqual(self.found("two.xml", "--ignore=rules-in-conflict"), [pinned])

    def test_many_are_counted(self):
        hosts = "".join(f'<host id="s{i}" cpuMhz="1000" memoryMib="1024" state="standby"/>' for i in range(70))
        self.write("many.xml", f'<inventory xmlns="urn:berth:1"><cluster id="c">{hosts}</cluster></inventory>')
        lines = self.found("many.xml")
        self.assertEqual(len(lines), 11)
        self.assertEqual(lines[-1], "berth: many.xml: warning: 60 more findings like these [standby-without-wake]")
        self.assertEqual(sum("wake protocol; nothing" in line for line in self.found("-v", "many.xml")), 70)
        self.assertEqual(self.found("many.xml", "--ignore=standby-without-wake"), [])

    def test_unknown_codes(self):
        self.assertIn('no code "pinned-to-one-hots"; did you mean pinned-to-one-host?',
                      self.complaint("check", "--ignore=pinned-to-one-hots", "east.xml", status=64))
        self.assertIn('no code "xyz"; --codes lists all\n', self.complaint("check", "-i", "xyz", "east.xml", status=64))
        self.assertIn("--codes takes no INVENTORY", self.complaint("check", "--codes", "east.xml", status=64))

    def test_json(self):
        self.write("two.xml", CONFLICT)
        done = self.berth("check", "two.xml", "--format=json", status=0)
        said = json.loads(done.out)
        self.assertEqual(done.err, "")
        self.assertEqual((said["schema"], said["rules"], said["rulesDisabled"], said["violations"]),
                         ("berth-check/1", 2, 1, 0))
        self.assertEqual([(found["code"], found["severity"], found.get("line")) for found in said["findings"]],
                         [("rules-in-conflict", "warning", 6), ("pinned-to-one-host", "warning", None),
                          ("no-wake-at-all", "note", None)])
        said = json.loads(self.berth("check", "east.xml", "--format=json", "-i", "no-wake-at-all", status=0).out)
        self.assertEqual((said["inventory"], said["requested"], said["findings"]), ("east", 1, []))
        self.assertIn("expected text, json or csv", self.complaint("check", "east.xml", "--format=xml", status=64))
        self.write("bad.xml", "<inventory")
        self.complaint("check", "bad.xml", "--format=json", status=65)

    def test_json_keeps_to_the_schema(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("no jsonschema")
        schema = json.loads((SOURCE / "io" / "schema" / "check-1.schema.json").read_text(encoding="utf-8"))
        for name in ("lint-blade-cluster.xml", "several-clusters.xml", "place-ten.xml"):
            jsonschema.validate(json.loads(self.berth("check", DATASETS / name, "--format=json", status=0).out), schema)

    def test_the_manual_lists_them_all(self):
        manual = (SOURCE / "docs" / "manual" / "check.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| `([a-z-]+)` \| (warning|note) \| (.*) \|$", manual, flags=re.M)
        self.assertEqual(rows, self.codes())

    def test_dataset(self):
        """The findings that the head of the dataset announces, and no other."""
        path = DATASETS / "lint-blade-cluster.xml"
        announced = re.findall(r"^ +- ([a-z-]+):", path.read_text(encoding="utf-8"), flags=re.M)
        told = [re.search(r"\[([a-z-]+)\]$", line).group(1) for line in self.found(path)]
        self.assertGreater(len(announced), 8)
        self.assertEqual(told, announced)


if __name__ == "__main__":
    unittest.main()
