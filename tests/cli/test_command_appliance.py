#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Appliances beside an inventory, what convert says of its sources, and the machine itself as one."""

import json
import unittest

from command_case import DATASETS, SOURCE, CommandCase

SAMPLES = SOURCE / "tests" / "unit" / "samples"
SHOP = DATASETS / "appliance-web-shop.ovf"
# Two hosts of 8 GiB, one of them taken by half: the database (6 GiB) fits one, the web servers (1 GiB each) both.
TWO = """<inventory xmlns="urn:berth:1"><cluster id="c">
<host id="a" cpuMhz="9000" memoryMib="8192"/><host id="b" cpuMhz="9000" memoryMib="8192"/>
<vm id="old" host="a" memoryMib="4096" memoryReservationMib="4096"/>
</cluster></inventory>"""


class Appliances(CommandCase):
    def plan(self, *arguments, status):
        return json.loads(self.berth("plan", *arguments, "--format", "json", status=status).out)

    def test_it_fits(self):
        self.write("two.xml", TWO)
        plan = self.plan("two.xml", "--appliance", SHOP, status=0)
        self.assertEqual((plan["goal"], plan["status"]), ("place", "optimal"))
        to = {placement["vm"]: placement["to"] for placement in plan["placements"]}
        self.assertEqual(to.keys(), {"web-1", "web-2", "shop-db"})
        self.assertEqual(to["shop-db"], "b")
        self.assertNotEqual(to["web-1"], to["web-2"])

    def test_it_does_not_fit_twice(self):
        self.write("two.xml", TWO)
        plan = self.plan("two.xml", "--appliance", SHOP, "--appliance", SHOP, status=1)
        # 12 GiB free; each asks for 8. Four web servers in apart pairs and one database take 10.
        self.assertEqual(len(plan["unplaced"]), 1)
        self.assertIn(plan["unplaced"][0]["vm"], ("shop-db", "shop-db-2"))

    def test_the_plan_is_verified_beside_the_appliance(self):
        self.write("two.xml", TWO)
        self.berth("plan", "two.xml", "--appliance", SHOP, "--format", "json", "-o", "plan.json", status=0)
        self.berth("verify", "two.xml", "plan.json", "--appliance", SHOP, status=0)
        self.berth("verify", "two.xml", "plan.json", status=65)

    def test_the_cluster_is_asked_for(self):
        err = self.complaint("plan", DATASETS / "several-clusters.xml", "--appliance", SHOP, status=65)
        self.assertIn("there are several clusters for the appliance; expected --into CLUSTER", err)

    def test_alone_it_names_the_option(self):
        err = self.complaint("plan", SHOP, status=65)
        self.assertIn("expected an inventory too, as in berth plan INVENTORY --appliance FILE", err)


class Sources(CommandCase):
    def test_what_became_of_each_is_told(self):
        done = self.berth("convert", *sorted((SAMPLES / "ovirt").glob("*.xml")), status=0)
        self.assertIn("ovirt-hosts.xml: note: read 5 hosts; ignored 2 <spm>, 1 <certificate>", done.err)
        self.assertIn("ovirt-vms.xml: note: read 4 VMs; ignored 1 <max>; not known: overhead of 4 VMs", done.err)

    def test_of_native_ones_nothing_is(self):
        self.assertEqual(self.berth("convert", DATASETS / "place-ten.xml", status=0).err, "")

    def test_other_commands_tell_if_asked(self):
        hwloc = SAMPLES / "hwloc" / "blade7.hwloc.xml"
        self.assertEqual(self.berth("check", "--ignore", "all", hwloc).err.count("note: read"), 0)
        self.assertIn("note: read 5 hardware threads", self.berth("check", "-v", hwloc).err)

    def test_this_host(self):
        done = self.berth("convert", "--this-host", status=0)
        self.assertEqual(done.out.count("<host "), 1)
        self.assertIn("this host: note: read ", done.err)

    def test_this_host_joins_others(self):
        name = self.berth("convert", "--this-host", status=0).out.split('<host id="')[1].split('"')[0]
        self.write("own.xml", f'<inventory xmlns="urn:berth:1"><cluster id="c"><host id="x" name="{name}" '
                              'cpuMhz="4000" memoryMib="4096"/></cluster></inventory>')
        done = self.berth("convert", "own.xml", "--this-host", status=0)
        self.assertIn("<numa ", done.out)

    def test_html_pages_are_refused_clearly(self):
        self.write("page.xml", "<!DOCTYPE html>\n<html><body><p>Log in</body></html>")
        err = self.complaint("convert", "page.xml", status=65)
        self.assertIn("an HTML page, as servers answer errors and missing logins with", err)


if __name__ == "__main__":
    unittest.main()
