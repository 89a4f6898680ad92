#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""berth audit as a user meets it: statuses, text, JSON true to its schema, files."""

import json
import unittest

from command_case import DATASETS, SOURCE, CommandCase

SLOTS = DATASETS / "audit-slots-disagree.xml"


class Audit(CommandCase):
    """The answers are worked out in the heads of the datasets."""

    def audit(self, *arguments, status):
        return json.loads(self.berth("audit", *arguments, "--format=json", status=status).out)

    def test_one_failure_is_survived(self):
        done = self.berth("audit", SLOTS, status=0)
        self.assertIn("Proved: any 1 failure of a host is survived.\n", done.out)
        self.assertIn("slots: no to 1 failure; in truth every VM restarts\n", done.out)
        self.assertIn("esx03: migrations\n", done.out)

    def test_two_are_not(self):
        said = self.audit(SLOTS, "--failures=2", status=1)
        cluster = said["clusters"][0]
        self.assertEqual((cluster["holds"], cluster["holdsExact"], said["worst"]), (1, True, "lost"))
        self.assertEqual([(size["sets"], size["restarts"], size["migrations"], size["lost"]) for size in cluster["sizes"]],
                         [(1, 1, 0, 0), (4, 3, 1, 0), (6, 0, 0, 6)])
        self.assertEqual(cluster["disagreements"][0],
                         {"policy": "slots", "failures": 1, "policySays": "no", "truth": "yes"})
        self.assertEqual(cluster["policy"]["slots"]["used"], 6)

    def test_dives_that_end_in_fractions(self):
        """17 MiB are free in all, and each host holds 57 or more: no failure is survived."""
        said = self.audit(SOURCE / "tests/unit/samples/over_capacity.xml", "--failures=2", "--threads=1", status=1)
        sizes = said["clusters"][0]["sizes"]
        self.assertEqual([(size["sets"], size["lost"]) for size in sizes], [(1, 0), (10, 10), (45, 45)])

    def test_domains(self):
        said = self.audit(SLOTS, "--domain=rack", status=1)
        self.assertEqual([unit["name"] for unit in said["clusters"][0]["units"]], ["r1", "r2"])
        self.assertEqual(said["clusters"][0]["holds"], 0)

    def test_what_if(self):
        # 41 GiB need three hosts: after one has failed, no other may.
        cluster = self.audit(SLOTS, "--fail=esx04", status=1)["clusters"][0]
        self.assertEqual((cluster["holds"], len(cluster["units"])), (0, 3))

    def test_standby_hosts(self):
        self.assertIn("no failure: wakes\n", self.berth("audit", DATASETS / "standby-host-woken.xml", status=1).out)

    def test_documents_keep_to_the_schema(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("no jsonschema")
        schema = json.loads((SOURCE / "io" / "schema" / "audit-1.schema.json").read_text())
        jsonschema.validate(self.audit(SLOTS, "--failures=2", status=1), schema)
        jsonschema.validate(self.audit(DATASETS / "several-clusters.xml", status=1), schema)

    def test_file(self):
        done = self.berth("audit", SLOTS, "-o", "audit.txt", status=0)
        self.assertEqual(done.out, "")
        self.assertTrue((self.folder / "audit.txt").read_text(encoding="utf-8").startswith("Audit of "))
        self.berth("audit", SLOTS, "-o", "nowhere/audit.txt", status=73)

    def test_usage(self):
        for arguments in (["--failures=x"], ["--failures=65"], ["--domain=room"], ["--format=xml"], ["--time-limit=soon"]):
            self.complaint("audit", SLOTS, *arguments, status=64)


if __name__ == "__main__":
    unittest.main()
