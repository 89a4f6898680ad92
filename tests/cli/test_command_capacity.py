#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""berth capacity as a user meets it: statuses, text, JSON true to its schema, CSV, files."""

import csv
import io
import json
import unittest

from command_case import DATASETS, SOURCE, CommandCase

PIECES = DATASETS / "capacity-in-pieces.xml"
KEPT = DATASETS / "capacity-n-plus-k.xml"


class Capacity(CommandCase):
    """The answers are worked out in the heads of the datasets."""

    def capacity(self, *arguments, status):
        return json.loads(self.berth("capacity", *arguments, "--format=json", status=status).out)

    def test_totals_pieces_and_migrations(self):
        cluster = self.capacity(PIECES, "--flavour=cpu=1000,memory=8192", "--migrations=0,1,2,3,4,any", status=0)["clusters"][0]
        self.assertEqual((cluster["totals"]["count"], cluster["now"]["count"]), (8, 4))
        self.assertEqual([(row["most"], row["count"], row["status"]) for row in cluster["migrations"]],
                         [(0, 4, "optimal"), (1, 5, "optimal"), (2, 6, "optimal"), (3, 7, "optimal"), (4, 8, "optimal"),
                          (None, 8, "optimal")])
        self.assertEqual([row["name"] for row in cluster["resources"] if row["binds"]], ["memory"])
        self.assertEqual([row["stranded"] for row in cluster["resources"] if row["name"] == "memory"], [32768])
        self.assertEqual([host["vms"] for host in cluster["hosts"]], [1, 1, 1, 1, 0, 0, 0, 0])

    def test_failures(self):
        said = self.capacity(KEPT, "--flavour=cpu=1000,memory=16384", "--keep-failures=3", "--want=20", status=0)
        cluster = said["clusters"][0]
        self.assertEqual([row["count"] for row in cluster["failures"]], [12, 8, 4, 0])
        self.assertEqual(cluster["admissionControl"]["bySlots"], 8)
        # 16 - 4 = 12 places on the hosts that are there; (4 + n - 3) * 4 - 4 >= 20 takes 5 more hosts.
        self.assertEqual(cluster["purchases"][0]["now"]["count"], 16)
        self.assertEqual(cluster["purchases"][0]["wanted"], {"atLeast": 5, "enough": 5})

    def test_a_cluster_that_does_not_survive(self):
        done = self.berth("capacity", PIECES, "--flavour=cpu=1000,memory=8192", "--keep-failures=1", status=1)
        self.assertIn("Not every 1 failure is survived", done.out)

    def test_a_mix(self):
        # One of 16 GiB and two of 8 GiB take 32 GiB: half a host, of which a quarter is taken.
        cluster = self.capacity(KEPT, "--flavour=cpu=1000,memory=16384", "--flavour=cpu=0,memory=8192,count=2",
                                status=0)["clusters"][0]
        self.assertEqual(cluster["now"]["count"], 6)

    def test_like_a_vm(self):
        cluster = self.capacity(KEPT, "--flavour=like=app1", status=0)["clusters"][0]
        self.assertEqual(cluster["now"]["count"], 12)

    def test_what_if(self):
        # With a host in maintenance, or failed: 3 hosts, the VM of the fourth beside the others; 12 - 4.
        self.assertEqual(self.capacity(KEPT, "--flavour=like=app1", "--fail=esx04", status=0)["clusters"][0]["now"]["count"], 8)

    def test_csv(self):
        done = self.berth("capacity", KEPT, "--flavour=cpu=1000,memory=16384", "--keep-failures=1", "--format=csv", status=0)
        rows = list(csv.DictReader(io.StringIO(done.out)))
        self.assertEqual([row["count"] for row in rows if row["figure"] == "failures"], ["12", "8"])
        self.assertEqual([row["count"] for row in rows if row["figure"] == "host"], ["3"] * 4)

    def test_documents_keep_to_the_schema(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("no jsonschema")
        schema = json.loads((SOURCE / "io" / "schema" / "capacity-1.schema.json").read_text())
        flavour = "--flavour=cpu=1000,memory=4096"
        jsonschema.validate(self.capacity(PIECES, flavour, "--keep-failures=1", "--want=30", status=1), schema)
        jsonschema.validate(self.capacity(DATASETS / "several-clusters.xml", flavour, "--flavour=cpu=0,memory=1,count=3",
                                          "--migrations=0", status=1), schema)

    def test_one_cluster(self):
        flavour = "--flavour=cpu=1000,memory=4096"
        clusters = self.capacity(DATASETS / "several-clusters.xml", flavour, status=1)["clusters"]
        self.assertEqual([cluster["now"]["count"] for cluster in clusters], [None, 12]) # in prod db stays down
        only = self.capacity(DATASETS / "several-clusters.xml", flavour, "--cluster=" + clusters[1]["id"], status=0)["clusters"]
        self.assertEqual(only, clusters[1:2])

    def test_file(self):
        done = self.berth("capacity", KEPT, "--flavour=like=app1", "-o", "capacity.txt", status=0)
        self.assertEqual(done.out, "")
        self.assertTrue((self.folder / "capacity.txt").read_text(encoding="utf-8").startswith("Capacity of "))

    def test_width(self):
        for width in ("40", "80", "200"):
            self.berth("capacity", PIECES, "--flavour=cpu=1000,memory=8192", environment={"COLUMNS": width}, status=0)

    def test_wrong_options(self):
        good = "--flavour=cpu=1,memory=1"
        for arguments in (("--flavour=cpu=1",), ("--flavour=cpu=x,memory=1",), ("--flavour=like=app1,cpu=1",), (),
                          ("--flavour=like=nobody",), ("--flavour=cpu=1,memory=1,gpu=1",), (good, "--keep-failures=65"),
                          (good, "--migrations=2,1"), (good, "--migrations=x"), (good, "--migrations="), (good, "--want=0"), (good, "--domain=bus"),
                          (good, "--format=xml"), (good, "--cluster=nowhere"), ("--flavour=cpu=1,memory=1,memory=2",),
                          (good, "--domain=rack")):
            done = self.berth("capacity", KEPT, *arguments, status=64)
            self.assertEqual(done.out, "", arguments)


if __name__ == "__main__":
    unittest.main()
