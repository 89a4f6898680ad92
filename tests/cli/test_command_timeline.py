#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""berth simulate on HA timelines as a user meets it: datasets worked out by hand, JSON, page, options."""

import json
import re
import subprocess
import unittest

from command_case import DATASETS, SOURCE, CommandCase

CHASSIS = (DATASETS / "aam-one-chassis.xml", DATASETS / "aam-one-chassis.scenario.xml")
LOCKS = (DATASETS / "isolated-locks.xml", DATASETS / "isolated-locks.scenario.xml")
ORDER = (DATASETS / "ordered-restart.xml", DATASETS / "ordered-restart.scenario.xml")


class Timeline(CommandCase):
    """Known timelines, and what is refused."""

    def simulate(self, *arguments, status=0):
        return json.loads(self.berth("simulate", *arguments, "--format=json", status=status).stdout)

    def outages(self, *arguments, status=0):
        return {o["vm"]: o["seconds"] for o in self.simulate(*arguments, status=status)["outages"]}

    def test_datasets_as_their_heads_work_them_out(self):
        self.assertEqual(
            self.outages(*CHASSIS),
            {"db": 1830, "mail": 1830, "web-1": 1830, "web-2": 1830, "wiki": 1860, "print": 1860, "build": 1890},
        )
        self.assertEqual(self.outages(*LOCKS), {"db": 91, "web": 91})
        found = self.simulate(*ORDER, status=1)
        self.assertEqual(
            {o["vm"]: o["upAt"] for o in found["outages"] if not o["down"]}, {"db": 63, "app": 123, "web": 183}
        )
        found = self.simulate(*ORDER, "--approve=300")
        self.assertEqual({o["vm"]: o["upAt"] for o in found["outages"] if "upAt" in o}["big"], 663)

    def test_equal_bytes(self):
        one, two = [self.berth("simulate", *ORDER, "--approve=5m", status=0).stdout for _ in range(2)]
        self.assertEqual(one, two)

    def test_events_outages_and_bars_agree(self):
        """The outage of a VM is the sum of its bars that are not running."""
        for arguments in (CHASSIS, LOCKS, (*ORDER, "--approve=5m")):
            found = self.simulate(*arguments)
            for outage in found["outages"]:
                bars = [s for s in found["spans"] if s.get("vm") == outage["vm"] and s["kind"] in ("down", "starts")]
                self.assertEqual(sum(s["to"] - s["from"] for s in bars), outage["seconds"])
            times = [e["at"] for e in found["events"]]
            self.assertEqual(times, sorted(times))
            self.assertEqual(times[-1], found["end"])

    def test_documents_keep_to_the_schema(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("no jsonschema")
        schema = json.loads((SOURCE / "io" / "schema" / "timeline-1.schema.json").read_text())
        for arguments in (CHASSIS, LOCKS, (*ORDER, "--approve=5m")):
            jsonschema.validate(self.simulate(*arguments), schema)

    def test_the_schema_knows_every_kind(self):
        header = (SOURCE / "model" / "include" / "berth" / "timeline.h").read_text()
        kinds = re.findall(r'X\(BERTH_MOMENT_\w+, \d+, "([\w-]+)"\)', header)
        schema = json.loads((SOURCE / "io" / "schema" / "timeline-1.schema.json").read_text())
        self.assertEqual(schema["properties"]["events"]["items"]["properties"]["kind"]["enum"], kinds)

    def test_the_manual_has_every_constant(self):
        manual = (SOURCE / "docs" / "manual" / "timeline.md").read_text()
        for name, seconds in self.simulate(*LOCKS)["timing"].items():
            self.assertIn(f"| `{name}` | {seconds} |", manual)

    def test_the_page_is_well_formed(self):
        self.write("hostile.xml", LOCKS[0].read_text().replace('id="web"', 'id="web" name="&lt;b&gt;&amp;"'))
        self.berth("simulate", "hostile.xml", LOCKS[1], "--report=page.html", "-o", "out.txt", status=0)
        page = self.folder / "page.html"
        text = page.read_text()
        self.assertIn("&lt;b&gt;", text)
        self.assertNotIn("<b>", text)
        self.assertNotIn("<script", text)
        if xmllint := __import__("os").environ.get("XMLLINT"):
            subprocess.run([xmllint, "--noout", page], check=True)

    def test_constants_can_be_set(self):
        """Detection at 5, placement at once, power-on 30 s."""
        found = self.outages(*ORDER, "--timing=fdm-failed=5", "--timing", "fdm-placement=0s", status=1)
        self.assertEqual(found["db"], 35)

    def test_options_on_the_command_line_join_the_timeline(self):
        found = self.simulate(*LOCKS, "--fail=esx02")
        self.assertIn("mail", {o["vm"] for o in found["outages"]})

    def test_until_cuts(self):
        found = self.simulate(*CHASSIS, "--until=1m", status=1)
        self.assertEqual((found["end"], found["down"]), (60, 7))

    def test_answer_and_page_do_not_share_a_file(self):
        self.assertIn("cannot both go to", self.berth("simulate", *LOCKS, "--report=x", "-o", "x", status=64).err)
        self.assertFalse((self.folder / "x").exists())

    def test_what_is_refused(self):
        for option in ("--goal=repair", "--plan=plan.json", "--runs=5", "--draw=best", "--delay=3", "--seed=2"):
            self.assertIn("HA timeline", self.berth("simulate", *LOCKS, option, status=64).err)
        for option in ("--until=5", "--approve=5", "--report=x.html", "--timing=heartbeat=2", "--storage-protection=apd"):
            self.assertIn("HA timelines", self.berth("simulate", LOCKS[0], option, status=64).err)
        for option in ("--until=soon", "--timing=heartbeat", "--timing=pulse=3", "--storage-protection=yes", "--approve=-1"):
            self.berth("simulate", *LOCKS, option, status=64)
        for event in ('<fail host="nobody" at="5"/>', '<fail at="5"/>', '<isolate host="esx09"/>', '<reboot vm="nobody"/>',
                      '<add-host like="esx01" at="3"/>', '<recover host="esx01"/><drop-rule id="x"/>',
                      '<recover host="esx01"/><ack vm="nobody" after="1"/>'):
            self.write("what.xml", f'<scenario xmlns="urn:berth:1">\n  {event}</scenario>')
            self.assertIn("what.xml:2:", self.berth("simulate", LOCKS[0], "what.xml", status=65).err)


if __name__ == "__main__":
    unittest.main()
