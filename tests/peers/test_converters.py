#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The converters of foreign instances: what they must say of small inputs written here, that berth reads what they write,
and, where the public instances are at hand, that those convert whole and come out as is known of them."""

import io
import os
import pathlib
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as tree

import ganeti_to_berth
import hbal_peer
import peer_run
import vectorpack_to_berth

COMMAND = os.environ["BERTH_COMMAND"]
DATA = pathlib.Path(os.environ["BERTH_SHARED_DATA"])
SPACE = "{urn:berth:1}"

CLUSTER = """g1|u1|preferred||

a|1000|100|0|900|900|4|Y|u1|1|rack:r1|N|0|1|1.0
b|1000|0|0|900|900|4|N|u1|1|rack:r2|N|0|1|1.0
c|1000|0|1000|900|900|4|Y|u1|1|htools:standby:auto|N|0|1|1.0
d|1000|0|1000|900|900|4|Y|u1|1||N|0|1|1.0

one|300|0|2|running|Y|a||{disk}|svc:x|1|-|N
two|400|50|1|ADMIN_down|N|b||{disk}|svc:x,rack:r2|1|-|N

htools:iextags:svc
htools:desiredlocation:rack

|std|min;max|ext|8.0|128.0
g1|std|min;max|ext|2.5|128.0
"""


def parsed(text):
    return tree.fromstring(text)


def ganeti(**changes):
    return parsed("\n".join(ganeti_to_berth.Converter(CLUSTER.format(**{"disk": "ext"} | changes)).lines()))


def by_id(root, kind):
    return {element.get("id"): element for element in root.iter(SPACE + kind)}


class Ganeti(unittest.TestCase):
    """htools text to native."""

    def test_states(self):
        states = {name: host.get("state") for name, host in by_id(ganeti(), "host").items()}
        self.assertEqual(states, {"a": "failed", "b": "online", "c": "standby", "d": "maintenance"})

    def test_capacities(self):
        host = by_id(ganeti(), "host")["a"]  # 1000 less the node's 100; 4 CPUs at 2.5, the ratio of its group
        self.assertEqual((host.get("memoryMib"), host.get("maxVcpus"), host.get("rack")), ("900", "10", "r1"))

    def test_instances(self):
        vms = by_id(ganeti(), "vm")
        one, two = vms["one"], vms["two"]
        self.assertEqual((one.get("host"), one.get("power"), one.get("cpus")), ("a", "on", "2"))
        self.assertEqual((one.get("memoryReservationMib"), one.get("movable")), ("300", None))
        self.assertEqual((two.get("power"), two.get("movable")), ("off", "false"))

    def test_tags_become_rules(self):
        rules = {rule.get("type"): rule for rule in ganeti().iter(SPACE + "rule")}
        self.assertEqual(rules["apart"].get("vms"), "one two")
        self.assertEqual((rules["run-on"].get("strength"), rules["run-on"].get("vms"), rules["run-on"].get("hosts")),
                         ("should", "two", "b"))

    def test_local_disks(self):
        root = ganeti(disk="plain")
        self.assertEqual(by_id(root, "host")["b"].find(SPACE + "capacity").get("amount"), "900")
        self.assertEqual(by_id(root, "vm")["two"].find(SPACE + "needs").get("amount"), "50")
        self.assertEqual(by_id(root, "vm")["one"].get("movable"), "false")

    def test_replicated_disks_are_refused(self):
        with self.assertRaisesRegex(ganeti_to_berth.Unsupported, "drbd"):
            ganeti(disk="drbd")


class VectorPack(unittest.TestCase):
    """.vbp to native."""

    def text(self, dimensions=None):
        return "\n".join(vectorpack_to_berth.lines([10, 20, 30], [[1, 2, 3], [4, 5, 6]], dimensions))

    def test_every_item_has_a_host(self):
        root = parsed(self.text())
        self.assertEqual([vm.get("host") for vm in root.iter(SPACE + "vm")], ["h1", "h2"])
        self.assertEqual({host.get("wake") for host in root.iter(SPACE + "host")}, {"ipmi"})

    def test_dimensions(self):
        second = by_id(parsed(self.text()), "vm")["v2"]
        self.assertEqual((second.get("cpuReservationMhz"), second.get("memoryReservationMib")), ("4", "5"))
        self.assertEqual(second.find(SPACE + "needs").get("amount"), "6")
        self.assertNotIn("d3", self.text(2))

    def test_sizes_below_zero_are_raised(self):
        self.assertEqual(vectorpack_to_berth.raised([10, 10], [[-2, 1], [3, 4], [9, 5]]),
                         ([16, 10], [[0, 1], [5, 4], [11, 5]]))

    def test_copies_are_items(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "copies.vbp"
            path.write_text("2\n9 9\n2\n1 2 3\n4 5 1\n", encoding="ascii")
            self.assertEqual(vectorpack_to_berth.read_instance(path), ([9, 9], [[1, 2]] * 3 + [[4, 5]]))
            path.write_text("2\n9 9\n2\n1 2 3\n", encoding="ascii")
            with self.assertRaisesRegex(vectorpack_to_berth.Unsupported, "2 items"):
                vectorpack_to_berth.read_instance(path)


class Running(unittest.TestCase):
    """The command runner."""

    def test_limit(self):
        run = peer_run.run_limited(["sh", "-c", "echo before; sleep 60"], 0.5)
        self.assertTrue(run.ended)
        self.assertEqual(run.out, "before\n")
        self.assertLess(run.seconds, 30)


class Public(unittest.TestCase):
    """The public instances."""

    def folder(self, name):
        if not (DATA / name).is_dir():
            self.skipTest(f"no data in {DATA / name}")
        return DATA / name

    def check(self, module, source, *options):
        """Converts, asks berth whether it is an inventory, and returns its root."""
        text = io.StringIO()
        module.convert(source, text, *options)
        done = subprocess.run([COMMAND, "check", "-"], input=text.getvalue(), capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return parsed(text.getvalue())

    def test_vector_packing(self):
        for name, dimensions in (("classC_60_3_0", 3), ("classC_501_5_0", 5), ("classF_120_5_1", 2)):
            root = self.check(vectorpack_to_berth, self.folder("vectorpack") / f"{name}.vbp", dimensions)
            vms = list(root.iter(SPACE + "vm"))
            bins = len(vms) // 3  # each bin of the known packing is filled exactly
            for size, room in (("cpuReservationMhz", "cpuMhz"), ("memoryReservationMib", "memoryMib")):
                capacity = int(next(root.iter(SPACE + "host")).get(room))
                self.assertEqual(sum(int(vm.get(size)) for vm in vms), bins * capacity)

    def test_ganeti_failures_are_restarted(self):
        for name, displaced, migrations in (("evacuate-needs-a-move", 1, 1), ("off40", 14, 0)):
            source = self.folder("ganeti") / f"{name}.data"
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "inventory.xml"
                with open(path, "w", encoding="utf-8") as output:
                    ganeti_to_berth.convert(source, output)
                answer = peer_run.berth_answer(COMMAND, path, (), 10, 1)
            self.assertEqual(answer.note, "")
            self.assertTrue(answer.proved, answer.levels)
            self.assertEqual((answer.steps.get("restart"), answer.steps.get("migrate", 0)), (displaced, migrations))

    def test_ganeti_standby(self):
        root = self.check(ganeti_to_berth, self.folder("ganeti") / "sq20.data")
        self.assertEqual(len(list(root.iter(SPACE + "host"))), 20)
        self.assertEqual(len(list(root.iter(SPACE + "vm"))), 200)

    def test_hbal_where_it_is_installed(self):
        source = self.folder("ganeti") / "evacuate-needs-a-move.data"
        try:
            said = hbal_peer.solve("hbal", source, 30)
        except hbal_peer.Missing as why:
            self.skipTest(str(why))
        self.assertEqual((said["displaced"], said["evacuated"], said["no_solution"]), (1, 0, True))


if __name__ == "__main__":
    unittest.main()
