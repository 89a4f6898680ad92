#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Folders of vSphere objects and their side documents on the command line."""

import shutil
import unittest
from xml.etree import ElementTree

from command_case import DATASETS, CommandCase

OPTIONS = """<QueryOptionsResponse xmlns="urn:vim25"><returnval><key>VmOpNotificationToApp.Timeout</key>
<value>{}</value></returnval></QueryOptionsResponse>"""


class Vim25(CommandCase):
    def setUp(self):
        super().setUp()
        shutil.copytree(DATASETS / "vsphere-export", self.folder / "export")

    def timeouts(self, *arguments):
        """Notification timeouts of the hosts by name."""
        out = self.berth("convert", *arguments, status=0).out
        hosts = ElementTree.fromstring(out).iter("{urn:berth:1}host")
        return {host.get("name"): host.get("notifyTimeout") for host in hosts}

    def test_timeouts_of_the_export(self):
        self.assertEqual(self.timeouts("export"), {"esx-a": None, "esx-b": "90", "esx-c": None, "esx-d": None})

    def test_a_value_for_hosts_that_are_not_known(self):
        expected = {"esx-a": "0", "esx-b": "90", "esx-c": "0", "esx-d": "0"}
        self.assertEqual(self.timeouts("export", "--host-notify-timeout=0"), expected)

    def test_a_file_for_a_host(self):
        self.write("options.xml", OPTIONS.format(30))
        expected = {"esx-a": "30", "esx-b": "90", "esx-c": None, "esx-d": None}
        self.assertEqual(self.timeouts("export", "host-11=options.xml"), expected)

    def test_a_file_for_nobody(self):
        self.write("options.xml", OPTIONS.format(30))
        text = self.complaint("convert", "export", "options.xml", status=65)
        self.assertIn("expected it as OBJECT=FILE", text)

    def test_a_file_that_is_not_there(self):
        text = self.complaint("convert", "export", "host-11=none.xml", status=66)
        self.assertIn("host-11=none.xml: cannot be opened", text)

    def test_wrong_seconds(self):
        for value in ("-1", "x", "1.5", "", "86401"):
            text = self.complaint("convert", "export", f"--host-notify-timeout={value}", status=64)
            self.assertIn("expected seconds", text)

    def test_what_was_read_is_told(self):
        done = self.berth("convert", "export", status=0)
        self.assertIn("read 11 VMs, 4 hosts, 2 datastores, 2 networks, 1 cluster", done.err)
        self.assertIn("notification timeout of 3 hosts", done.err)


if __name__ == "__main__":
    unittest.main()
