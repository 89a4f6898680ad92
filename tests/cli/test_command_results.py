#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the commands answer: exit statuses of plans, verdicts, summaries, and documents true to their schemas."""

import json
import os
import subprocess
import unittest

from command_case import DATASETS, SOURCE, CommandCase

SCHEMA = SOURCE / "io" / "schema"
SAMPLES = SOURCE / "tests" / "cli" / "samples"


class Plans(CommandCase):
    def plan(self, *arguments, status=0):
        return json.loads(self.berth("plan", *arguments, "--format=json", status=status).stdout)

    def test_failover_restarts_what_failed(self):
        plan = self.plan("east.xml")
        self.assertEqual(plan["goal"], "failover")
        self.assertEqual([p["vm"] for p in plan["placements"]], ["vm-1"])
        self.assertIn(plan["placements"][0]["to"], ("host-2", "host-3"))
        self.assertEqual(plan["vmNames"], {"vm-1": "db"})

    def test_something_impossible(self):
        # 8 + 8 GiB reserved on hosts of which only one of 16 GiB is left; 20 GiB more do not fit.
        plan = self.plan("east.xml", "--fit=cpu=0,memory=20480", status=1)
        self.assertEqual(plan["status"], "infeasible")
        self.assertEqual(len(plan["unplaced"]), 1)

    def test_undecided(self):
        self.plan(DATASETS / "priority-decides.xml", "--exact-limit=0", "--time-limit=1ms", status=2)

    def test_few_columns_are_searched_on(self):
        plan = self.plan(SAMPLES / "few-columns.xml", "--goal=consolidate", "--threads=1", "--time-limit=3s", status=1)
        levels = {level["name"]: level["value"] for level in plan["levels"]}
        self.assertEqual(levels["violations"], 3)

    def test_deadline(self):
        self.berth("plan", "east.xml", "--deadline=30s", status=0)
        done = self.berth("plan", "east.xml", "--deadline=29", status=1)
        self.assertEqual(
            done.err,
            "berth: deadline missed: the plan may take 30 s, 29 s are allowed; "
            "no plan that is as good otherwise is fast enough\n",
        )
        self.assertIn("Plan: failover of east", done.out)

    def test_deadline_that_a_faster_plan_might_meet(self):
        # A chain of moves, each into the gap that the one before left: no bound knows of chains.
        done = self.berth("plan", DATASETS / "ring-with-one-gap.xml", "--deadline=41s", status=1)
        self.assertEqual(
            done.err,
            "berth: deadline missed: the plan may take 42 s, 41 s are allowed; "
            "that none is faster is not proved\n",
        )

    def test_text_names_what_stays_wrong(self):
        done = self.berth("plan", DATASETS / "swap-forbidden-by-must.xml", status=1)
        self.assertIn("Not all that was asked can be done: nothing changes, 2 violations stay.\n", done.out)
        self.assertIn("Still wrong at the end (2)\n  rule left-to-2 (run-on): left on esx01\n", done.out)

    def test_names_are_as_good_as_ids(self):
        self.assertEqual(self.plan("east.xml", "--fail=esx02"), self.plan("east.xml", "--fail=host-2"))

    def test_options_come_after_the_scenario_in_their_order(self):
        self.write("grow.xml", '<scenario xmlns="urn:berth:1" name="grow"><add-host like="host-3"/></scenario>')
        plan = self.plan("east.xml", "--maintenance=host-2", "--scenario=grow.xml", "--fail=host-3+1")
        self.assertEqual(
            plan["scenario"],
            {
                "name": "grow",
                "events": [
                    {"event": "add-host", "like": "host-3"},
                    {"event": "maintenance", "host": "host-2"},
                    {"event": "fail", "host": "host-3+1"},
                ],
            },
        )

    def test_fit(self):
        plan = self.plan("east.xml", "--goal=place", "--fit=cpu=100,memory=1024,count=3")
        self.assertEqual(sum(p["how"] == "power-on" for p in plan["placements"]), 3)

    def test_same_bytes_again(self):
        for form in ("text", "json", "xml"):
            runs = [self.berth("plan", "east.xml", "--format", form, status=0).stdout for _ in range(2)]
            self.assertEqual(*runs)

    def test_documents_keep_to_their_schemas(self):
        try:
            import jsonschema
        except ImportError:
            jsonschema = None
        schema = json.loads((SCHEMA / "plan-1.schema.json").read_text())
        for path in sorted(DATASETS.glob("*.xml")):
            if path.name.endswith(".scenario.xml"):
                continue
            with self.subTest(path.name):
                if jsonschema:
                    jsonschema.validate(json.loads(self.berth("plan", path, "--format=json").stdout), schema)
                if os.environ.get("XMLLINT", "").startswith("/"):
                    self.validate_xml(self.berth("plan", path, "--format=xml").stdout)

    def validate_xml(self, document):
        subprocess.run(
            [os.environ["XMLLINT"], "--noout", "--schema", SCHEMA / "plan-1.xsd", "-"],
            input=document,
            capture_output=True,
            check=True,
        )


class Certificates(CommandCase):
    """What plans of generated clusters prove so that the checker derives it without any solver."""

    def proofs(self, goal, *generated):
        self.berth("generate", *generated, "-o", "made.xml", status=0)
        self.berth("plan", "made.xml", f"--goal={goal}", "--format=json", "-o", "made.json", status=0)
        self.document = json.loads((self.folder / "made.json").read_text())
        lines = self.berth("verify", "made.xml", "made.json", status=0, environment={"COLUMNS": "400"}).out.splitlines()
        words = {line.strip().split(": ")[0]: line.split(": ")[1] for line in lines[1:]}
        return [part.split(" ")[0] for part in words.get("certified", "").split(", ")]

    def test_of_a_fragmented_failover(self):
        proved = self.proofs("failover", "--family=fragmented", "--hosts=24", "--vms=240", "--failed=2")
        self.assertIn("migrations", proved)

    def test_of_a_consolidation(self):
        proved = self.proofs("consolidate", "--hosts=24", "--vms=200", "--load-percent=50")
        self.assertEqual(proved, ["hosts.on", "migrations", "memory.moved"])

    def test_raising_a_bound_is_a_fault(self):
        self.proofs("consolidate", "--hosts=24", "--vms=200", "--load-percent=50")
        for certificate in self.document["certificates"]:
            certificate["bound"] += 1
            self.write("made.json", json.dumps(self.document))
            self.assertIn(
                f"the certificate of level {certificate['level']} in cluster",
                self.berth("verify", "made.xml", "made.json", status=1).out,
            )
            certificate["bound"] -= 1

    def test_of_several_clusters(self):
        proved = self.proofs("consolidate", "--clusters=2", "--hosts=24", "--vms=200", "--load-percent=50")
        self.assertIn("hosts.on", proved)
        self.assertEqual({c["cluster"] for c in self.document["certificates"]}, {"cluster01", "cluster02"})


class Verdicts(CommandCase):
    def setUp(self):
        super().setUp()
        self.berth("plan", "east.xml", "--fail=esx02", "--format=json", "-o", "plan.json", status=0)
        self.plan = json.loads((self.folder / "plan.json").read_text())

    def verify(self, *options, status):
        self.write("plan.json", json.dumps(self.plan))
        return self.berth("verify", "east.xml", "plan.json", *options, status=status, environment={"COLUMNS": "400"})

    def test_holds(self):
        lines = self.verify(status=0).out.splitlines()
        self.assertEqual(lines[0], "plan.json holds: failover, optimal, 2 steps")
        self.assertRegex(lines[1], r"^  zero: violations, unplaced\.highest, .*memory\.moved$")
        self.assertEqual(lines[2:], ["  by search: makespan 30"])

    def test_order_of_ids_and_spelling_do_not_matter(self):
        self.plan["remark"] = "by hand"
        self.assertEqual(self.verify(status=0).out.split(":")[0], "plan.json holds")

    def test_restart_on_a_failed_host(self):
        self.plan["steps"][0]["to"] = self.plan["placements"][0]["to"] = "host-1"
        text = self.verify(status=1).out
        self.assertRegex(text, r"^plan\.json does not hold: \d+ faults?\n  step 1: host-state: ")

    def test_a_scenario_given_takes_the_place_of_the_plans_own(self):
        # Without the failure of host-2, its VM is not to be restarted.
        self.write("none.xml", '<scenario xmlns="urn:berth:1"/>')
        self.assertIn("does not hold", self.verify("--scenario=none.xml", status=1).out)
        self.assertIn(" holds", self.verify("--fail=host-2", status=0).out)

    def test_unknown_vm(self):
        self.plan["placements"][0]["vm"] = "vm-9"
        self.assertEqual(
            self.verify(status=65).err,
            'berth: plan.json: placements[0].vm: no VM "vm-9"; expected the id of one in the inventory\n',
        )

    def test_plan_of_another_inventory_is_mentioned(self):
        self.plan["inventory"] = "west"
        self.assertEqual(
            self.verify(status=0).err,
            'berth: plan.json: warning: the plan is for inventory "west"; this one is "east"\n',
        )


class Checks(CommandCase):
    def test_summary(self):
        done = self.berth("check", "east.xml", status=0)
        self.assertEqual(done.err, "")
        for line in (
            'east.xml is valid: inventory "east"',
            "cluster prod",
            "  hosts   3: 2 online, 1 failed",
            "  VMs     2: 2 on, 0 off, 0 suspended",
            "  memory  16384 of 32768 MiB demanded, 50 %",
            "requested   1 (VMs that wait for a host)",
            "violations  0 (capacity, must rules, VMs on hosts they must leave)",
        ):
            self.assertIn(line + "\n", done.out)

    def test_summary_of_what_has_no_name_and_is_wrong(self):
        self.write(
            "odd.xml",
            """<inventory xmlns="urn:berth:1"><cluster id="c">
            <host id="a" cpuMhz="1000" memoryMib="1024"/>
            <vm id="v" host="a" memoryMib="2048" memoryReservationMib="2048"/>
            </cluster></inventory>""",
        )
        done = self.berth("check", "odd.xml", status=0)
        self.assertTrue(done.out.startswith("odd.xml is valid\ncluster c\n"), done.out)
        self.assertIn("VMs on hosts they must leave); 'berth plan --goal repair' tells\n  what can be mended\n", done.out)
        piped = self.berth("check", "-", stdin=(self.folder / "odd.xml").read_bytes(), status=0)
        self.assertTrue(piped.out.startswith("standard input is valid\n"), piped.out)


class CutShort(CommandCase):
    def test_survival_that_only_the_checker_proves(self):
        # In a millisecond the search does not get to whether three failures are survived; the checker does.
        self.berth("generate", "--hosts=60", "--vms=600", "--load-percent=40", "-o", "g.xml", status=0)
        done = self.berth("plan", "g.xml", "--goal=consolidate", "--keep-failures=3", "--time-limit=1ms", "--format=json", "-o", "plan.json")
        self.assertIn(done.returncode, (0, 1, 2), done.err)
        self.berth("verify", "g.xml", "plan.json", status=0)


if __name__ == "__main__":
    unittest.main()
