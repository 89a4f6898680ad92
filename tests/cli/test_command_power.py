#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""berth power as a user meets it: statuses, text, JSON true to its schema, plans that verify accepts."""

import json
import unittest

from command_case import DATASETS, SOURCE, CommandCase

FOUR = DATASETS / "power-two-may-sleep.xml"


class Power(CommandCase):
    """The answers are worked out in the heads of the datasets."""

    def power(self, *arguments, status):
        return json.loads(self.berth("power", *arguments, "--format=json", status=status).out)

    def test_two_may_sleep(self):
        done = self.berth("power", FOUR, status=0)
        self.assertIn("2 hosts sleep, 0 are woken: 2 of 4 stay on. Proved: fewer on is too few.\n", done.out)
        self.assertIn("it has no wake protocol", done.out)
        self.assertIn("a VM on it does not migrate (app)", done.out)
        self.assertIn("esx01: wake esx04 (up after 120 s), all VMs are back after 150 s\n", done.out)
        self.assertIn("power-down esx03; waits for approval\n", done.out)

    def test_figures(self):
        said = self.power(FOUR, status=0)
        cluster = said["clusters"][0]
        self.assertEqual((cluster["lowPercent"], cluster["highPercent"], cluster["lowHosts"]), (45, 81, 4))
        self.assertEqual((cluster["minimum"], cluster["onlineThen"], cluster["weightBound"], cluster["proved"]), (2, 2, 2, True))
        self.assertEqual([host["fate"] for host in cluster["hosts"]], ["stays on", "stays on", "sleeps", "sleeps"])
        self.assertEqual([host["holds"] for host in cluster["hosts"]], [["no-wake"], ["pinned"], [], []])
        self.assertEqual({row["name"]: row["value"] for row in said["constants"]},
                         {"targetPercent": 63, "tolerancePercent": 18, "powerOffHistory": 2400, "powerOnHistory": 300,
                          "hostsOn": 1, "hostsOnWithHa": 2})

    def test_failures_to_be_kept(self):
        # Four VMs of 20000 MiB on hosts of 64000: three hosts hold them whichever fails, two do not.
        cluster = self.power(FOUR, "--keep-failures=1", status=0)["clusters"][0]
        self.assertEqual((cluster["onlineThen"], cluster["survives"], cluster["proved"]), (3, True, True))
        self.assertEqual(cluster["failuresByRestarts"], 3)

    def test_failures_that_cannot_be_kept(self):
        # One host of 64000 that three failures leave is too small for 80000: nobody sleeps.
        cluster = self.power(FOUR, "--keep-failures=3", status=1)["clusters"][0]
        self.assertEqual((cluster["onlineThen"], cluster["survives"]), (4, False))
        self.assertEqual([host["holds"] for host in cluster["hosts"]],
                         [["no-wake", "failures-not-survived"], ["pinned", "failures-not-survived"],
                          ["failures-not-survived"], ["failures-not-survived"]])
        text = " ".join(self.berth("power", FOUR, "--keep-failures=3", status=1).out.split())
        self.assertEqual(text.count("no plan is known that survives the failures to be kept at no other cost"), 4)

    def test_plans_verify(self):
        self.berth("power", FOUR, "--plan-down=down.json", "--plan-back=back.json", "--state-out=state.xml", status=0)
        self.berth("verify", FOUR, "down.json", status=0)
        self.berth("verify", FOUR, "back.json", status=0)
        self.assertEqual(self.berth("power", "state.xml", status=0).out.count("stays asleep"), 2)

    def test_off(self):
        text = FOUR.read_text().replace('<dpm automation="manual"/>', '<dpm automation="off"/>')
        (self.folder / "off.xml").write_text(text)
        self.assertIn("Nothing sleeps while DPM is off", self.berth("power", "off.xml", status=0).out)
        self.assertIn("2 hosts sleep", self.berth("power", "off.xml", "--even-off", status=0).out)

    def test_wrong_options(self):
        for wrong in ("--keep=all", "--keep-failures=65", "--weigh=money", "--format=xml", "--time-limit=never"):
            self.berth("power", FOUR, wrong, status=64)
        self.berth("power", status=64)

    def test_no_two_answers_into_one_file(self):
        for arguments in (("--plan-down=x", "--plan-back=x"), ("--plan-down=x", "-o", "x"), ("--state-out=x", "--report=x"),
                          ("--plan-back=-",)):
            done = self.berth("power", FOUR, *arguments, status=64)
            self.assertIn("cannot both go to", done.err)
            self.assertFalse((self.folder / "x").exists())

    def test_documents_keep_to_the_schema(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("no jsonschema")
        schema = json.loads((SOURCE / "io" / "schema" / "power-1.schema.json").read_text())
        jsonschema.validate(self.power(FOUR, status=0), schema)
        jsonschema.validate(self.power(DATASETS / "several-clusters.xml", "--even-off", status=1), schema)
        jsonschema.validate(self.power(DATASETS / "standby-host-woken.xml", status=1), schema)

    def test_file(self):
        done = self.berth("power", FOUR, "-o", "power.txt", status=0)
        self.assertEqual(done.out, "")
        self.assertTrue((self.folder / "power.txt").read_text(encoding="utf-8").startswith("Power management of "))


if __name__ == "__main__":
    unittest.main()
