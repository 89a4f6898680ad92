#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""berth simulate as a user meets it: scenarios, draws, plans from elsewhere, JSON."""

import json
import unittest

from command_case import DATASETS, SOURCE, CommandCase

PAIR = DATASETS / "quiesce-pair.xml"
ACKS = DATASETS / "quiesce-pair.ack.scenario.xml"


class Simulate(CommandCase):
    """Known timelines, and inputs that are refused."""

    def simulate(self, *arguments, status=0):
        return json.loads(self.berth("simulate", *arguments, "--format=json", status=status).stdout)

    def test_acknowledgements_of_the_scenario(self):
        """As the head of the scenario works it out."""
        steps = {step.get("vm"): step for step in self.simulate(PAIR, ACKS)["steps"]}
        self.assertEqual([steps["node-b"][key] for key in ("notified", "start", "end", "settled")], [0, 45, 52, 72])
        self.assertNotIn("acknowledged", steps["node-b"])
        self.assertEqual([steps["node-a"][key] for key in ("notified", "acknowledged", "start", "end")], [72, 82, 82, 89])

    def test_extremes_are_all_run(self):
        """b's 45 s and a's 60 s on top of 34 s: 34, 79, 94, 139."""
        found = self.simulate(PAIR, "--draw=extremes", "--runs=100")
        self.assertEqual(found["runs"], 4)
        spans = found["makespan"]
        self.assertEqual([spans[key] for key in ("least", "median", "percent95", "most")], [34, 79, 139, 139])

    def test_equal_seeds_give_equal_bytes(self):
        one, two, other = [self.berth("simulate", PAIR, "--runs=50", f"--seed={seed}", status=0).stdout for seed in (7, 7, 8)]
        self.assertEqual(one, two)
        self.assertNotEqual(one, other)

    def test_a_plan_that_lost_its_order_is_broken(self):
        plan = json.loads(self.berth("plan", PAIR, "--format=json").stdout)
        for step in plan["steps"]:
            step.pop("afterSettled", None)
        self.write("plan.json", json.dumps(plan))
        found = self.simulate(PAIR, "--plan", "plan.json", "--draw=worst", status=1)
        self.assertIn("quiesce", {breach["kind"] for breach in found["breaches"]})
        self.berth("simulate", PAIR, "--plan", "plan.json", "--goal=repair", status=64)

    def test_changes_of_scenario_and_options(self):
        self.write("what.xml", '<scenario xmlns="urn:berth:1"><online host="esx01"/><ack vm="node-a" after="1"/></scenario>')
        self.assertEqual(self.simulate(PAIR, "what.xml")["steps"], [])
        found = self.simulate(PAIR, "what.xml", "--maintenance=esx01")
        self.assertEqual(sum(step["type"] == "migrate" for step in found["steps"]), 2)
        same = self.simulate(PAIR, "--scenario=what.xml", "--maintenance=esx01")
        self.assertEqual(found, same)

    def test_unknown_names(self):
        self.write("what.xml", '<scenario xmlns="urn:berth:1">\n  <ack vm="nobody" after="5"/></scenario>')
        self.assertIn("nobody", self.berth("simulate", PAIR, "what.xml", status=65).err)
        self.berth("simulate", PAIR, "--draw=lots", status=64)
        self.berth("simulate", PAIR, "--runs=0", status=64)
        self.berth("simulate", PAIR, ACKS, "--scenario", ACKS, status=64)

    def test_unplaced_vms_are_said(self):
        self.berth("simulate", "east.xml", status=0)
        self.write("full.xml", (self.folder / "east.xml").read_text().replace('memoryMib="16384"/>', 'memoryMib="9216"/>')
                   .replace('<vm id="vm-2"', '<vm id="vm-3" host="host-3" memoryMib="8192" memoryReservationMib="8192"/><vm id="vm-2"'))
        self.assertIn("without a host", self.berth("simulate", "full.xml", status=1).err)

    def test_documents_keep_to_the_schema(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("no jsonschema")
        schema = json.loads((SOURCE / "io" / "schema" / "simulation-1.schema.json").read_text())
        jsonschema.validate(self.simulate(PAIR, ACKS, "--runs=3"), schema)
        jsonschema.validate(self.simulate("east.xml"), schema)


if __name__ == "__main__":
    unittest.main()
