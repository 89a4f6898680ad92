#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""berth plan --rolling as a user meets it: statuses, text, JSON whose rounds berth verify accepts, files."""

import json
import unittest

from command_case import DATASETS, CommandCase

THREE = DATASETS / "rolling-three-hosts.xml"


class Rolling(CommandCase):
    """The answer is worked out in the head of the dataset."""

    def test_text(self):
        done = self.berth("plan", THREE, "--rolling=2", status=0)
        self.assertIn("3 hosts, at most 2 at a time, 30 min each\n", done.out)
        self.assertIn("All hosts are patched in 3 rounds with 6 moves.\n", done.out)
        self.assertIn("at least 6 moves, 3 rounds", done.out)

    def test_rounds_of_the_json_hold(self):
        done = self.berth("plan", THREE, "--rolling=1", "--format=json", status=0)
        said = json.loads(done.out)
        self.assertEqual((said["schema"], said["atOnce"], said["hosts"]), ("berth-rolling/1", 1, 3))
        self.assertEqual(said["moves"], {"value": 6, "bound": 6})
        self.assertEqual(sorted(host for one in said["rounds"] for host in one["hosts"]), ["esx01", "esx02", "esx03"])
        total = 0
        for one in said["rounds"]:
            self.write("round.json", json.dumps(one["plan"]))
            self.berth("verify", THREE, "round.json", status=0)
            total += one["evacuation"]["worst"] + said["patchSeconds"]
        self.assertEqual(said["seconds"]["worst"], total)

    def test_file(self):
        done = self.berth("plan", THREE, "--rolling=1", "-o", "rolling.txt", status=0)
        self.assertEqual(done.out, "")
        self.assertTrue((self.folder / "rolling.txt").read_text(encoding="utf-8").startswith("Rolling maintenance of "))
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["east.xml", "rolling.txt"])
        self.berth("plan", THREE, "--rolling=1", "-o", "nowhere/rolling.txt", status=73)

    def test_a_device_is_not_replaced(self):
        link = self.folder / "full"  # a link: what takes its place is not the device itself
        link.symlink_to("/dev/full")
        self.berth("plan", THREE, "--rolling=1", "-o", "full", status=74)
        self.assertTrue(link.is_symlink())

    def test_deadline_and_time(self):
        self.berth("plan", THREE, "--rolling=1", "--patch-seconds=60", "--deadline=1h", status=0)
        done = self.berth("plan", THREE, "--rolling=1", "--deadline=1h", status=1)
        self.assertIn("Deadline 1 h: missed by ", done.out)

    def test_failures_to_keep(self):
        # 16 GiB on two hosts of 10: with one down, no other may fail.
        done = self.berth("plan", THREE, "--rolling=1", "--keep-failures=1", status=2)
        self.assertIn("0 of 3 hosts are patched", done.out)
        self.assertEqual(done.out.count("would not survive the failures to be kept"), 3)

    def test_a_host_that_cannot_be_emptied(self):
        self.write("pinned.xml", THREE.read_text(encoding="utf-8").replace('<vm id="db"', '<vm id="db" movable="false"'))
        done = self.berth("plan", "pinned.xml", "--rolling=1", status=1)
        self.assertIn("esx01: a VM on it may not be migrated\n", done.out)

    def test_usage(self):
        for arguments in (["--rolling=0"], ["--rolling=x"], ["--rolling=1", "--patch-seconds=-1"],
                          ["--rolling=1", "--rolling-first=hosts"], ["--rolling=1", "--format=xml"],
                          ["--rolling=1", "--goal=place"], ["--rolling=1", "--report=r.html"]):
            self.complaint("plan", THREE, *arguments, status=64)


if __name__ == "__main__":
    unittest.main()
