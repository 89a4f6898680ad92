#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `berth generate` promises: valid, the same bytes for the same seed, and true to its family."""

import os
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as xml

COMMAND = os.environ["BERTH_COMMAND"]
SCHEMA = os.path.join(os.environ["BERTH_SOURCE_DIR"], "io", "schema", "berth-1.xsd")
XMLLINT = os.environ.get("XMLLINT", "")
FAMILIES = ("plain", "fragmented", "tight", "affinity", "heterogeneous", "unique")
SPACE = "{urn:berth:1}"
RULE_TYPES = {"run-on", "not-run-on", "apart", "together", "at-most", "quiesce", "restart-after"}


def berth(*arguments):
    """Runs the command."""
    return subprocess.run([COMMAND, *arguments], capture_output=True, timeout=300, check=False)


def generate(family, *more, hosts=40, vms=600, seed=7):
    """The bytes of an inventory."""
    done = berth("generate", "--hosts", str(hosts), "--vms", str(vms), "--seed", str(seed),
                 "--family", family, *more)
    if done.returncode != 0:
        raise AssertionError(done.stderr.decode())
    return done.stdout


def demand(vm):
    """What a VM takes of a host's memory."""
    return int(vm.get("memoryReservationMib", "0")) + int(vm.get("overheadMib", "0"))


class Cluster:
    """Hosts, VMs and rules of a generated document, and how full the hosts are."""

    def __init__(self, document):
        tree = xml.fromstring(document)
        self.hosts = {host.get("id"): host for host in tree.iter(SPACE + "host")}
        self.vms = list(tree.iter(SPACE + "vm"))
        self.rules = list(tree.iter(SPACE + "rule"))
        self.used = dict.fromkeys(self.hosts, 0)
        for vm in self.vms:
            if vm.get("host") is not None:
                self.used[vm.get("host")] += demand(vm)
        self.waiting = [vm for vm in self.vms if vm.get("host") is None]

    def load(self):
        """Percent of the memory of the hosts that may run VMs."""
        running = [h for h in self.hosts.values() if h.get("state") != "standby"]
        return 100 * sum(self.used.values()) / sum(int(h.get("memoryMib")) for h in running)

    def free(self, host):
        """MiB left on a host."""
        return int(self.hosts[host].get("memoryMib")) - self.used[host]


class Generate(unittest.TestCase):
    """The generator."""

    def test_every_family_freezes_without_a_word(self):
        for family in FAMILIES:
            for hosts, vms in ((1, 0), (1, 5), (3, 20), (40, 600)):
                with self.subTest(family=family, hosts=hosts), \
                        tempfile.NamedTemporaryFile(suffix=".xml") as target:
                    target.write(generate(family, hosts=hosts, vms=vms))
                    target.flush()
                    # converting reads and freezes; the answer is what was written
                    again = berth("convert", target.name, "-o", "-")
                    self.assertEqual(again.returncode, 0, again.stderr)
                    self.assertEqual(again.stderr, b"")
                    with open(target.name, "rb") as source:
                        self.assertEqual(again.stdout, source.read())

    def test_counts_are_as_asked(self):
        for family in FAMILIES:
            with self.subTest(family=family):
                cluster = Cluster(generate(family, "--failed", "3", "--standby", "2"))
                states = [host.get("state") for host in cluster.hosts.values()]
                self.assertEqual(len(cluster.hosts), 40)
                self.assertEqual(len(cluster.vms), 600)
                self.assertEqual(states.count("failed"), 3)
                self.assertEqual(states.count("standby"), 2)
                for vm in cluster.vms:
                    if vm.get("host") is not None:
                        self.assertNotEqual(cluster.hosts[vm.get("host")].get("state"), "standby")

    def test_equal_seeds_give_equal_bytes(self):
        for family in FAMILIES:
            with self.subTest(family=family):
                self.assertEqual(generate(family), generate(family))
                # not only the name, in which the seed stands
                body, other = (generate(family, seed=seed).partition(b"<cluster")[2]
                               for seed in (7, 8))
                self.assertNotEqual(body, other)

    def test_documents_are_valid(self):
        if not XMLLINT or XMLLINT.endswith("NOTFOUND"):
            self.skipTest("xmllint is not installed")
        for family in FAMILIES:
            with self.subTest(family=family):
                done = subprocess.run([XMLLINT, "--noout", "--nonet", "--schema", SCHEMA, "-"],
                                      input=generate(family, "--clusters", "2"),
                                      capture_output=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_no_host_is_overfull(self):
        for family in FAMILIES:
            with self.subTest(family=family):
                cluster = Cluster(generate(family, vms=800))
                for host in cluster.hosts:
                    self.assertGreaterEqual(cluster.free(host), 0)

    def test_load_is_near_what_was_asked(self):
        self.assertAlmostEqual(Cluster(generate("plain", vms=1000)).load(), 80, delta=5)
        low = Cluster(generate("plain", "--load-percent", "50", vms=1000)).load()
        self.assertAlmostEqual(low, 50, delta=5)
        self.assertGreaterEqual(Cluster(generate("tight", vms=1000)).load(), 90)

    def test_fragmented_waits_for_moves(self):
        cluster = Cluster(generate("fragmented", vms=1000))
        most = max(cluster.free(host) for host in cluster.hosts)
        self.assertGreater(len(cluster.waiting), 0)
        for vm in cluster.waiting:
            self.assertGreater(demand(vm), most)
            self.assertLess(demand(vm), 2 * most)

    def test_unique_sizes(self):
        cluster = Cluster(generate("unique", vms=2000))
        sizes = {(vm.get("memoryMib"), vm.get("cpuReservationMhz")) for vm in cluster.vms}
        self.assertEqual(len(sizes), 2000)

    def test_affinity_has_rules_of_every_kind(self):
        cluster = Cluster(generate("affinity", vms=2000))
        self.assertEqual({rule.get("type") for rule in cluster.rules}, RULE_TYPES)
        self.assertGreater(len(cluster.rules), 40)

    def test_heterogeneous_hosts_differ(self):
        cluster = Cluster(generate("heterogeneous", hosts=80, vms=800))
        self.assertGreaterEqual(len({host.get("memoryMib") for host in cluster.hosts.values()}), 4)
        self.assertEqual({host.get("cpuVendor") for host in cluster.hosts.values()},
                         {"intel", "amd"})

    def test_what_cannot_be_is_a_usage_error(self):
        for arguments in (("--hosts", "2"), ("--hosts", "0", "--vms", "1"),
                          ("--hosts", "1", "--vms", "100000"),
                          ("--hosts", "2", "--vms", "1", "--failed", "2", "--standby", "1"),
                          ("--hosts", "2", "--vms", "1", "--family", "nice"),
                          ("--hosts", "2", "--vms", "1", "--load-percent", "101"),
                          ("--hosts", "two", "--vms", "1")):
            with self.subTest(arguments=arguments):
                done = berth("generate", *arguments)
                self.assertEqual(done.returncode, 64)
                self.assertEqual(done.stdout, b"")


if __name__ == "__main__":
    unittest.main()
