#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pages: every figure in them is that of the JSON of the same run; they are well-formed, load nothing, and fit narrow and wide
windows in light and dark, as a real browser says where there is one. Tables as CSV say what the JSON says."""

import csv
import html
import io
import json
import os
import re
import shutil
import subprocess
import unittest
import zlib
from xml.etree import ElementTree

from command_case import DATASETS, CommandCase

BROWSER = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
NATIVE = "{urn:berth:1}"
SVG = "{http://www.w3.org/2000/svg}"
FLAVOUR = "--flavour=cpu=1000,memory=8192"
RESOURCES = {"cpu": 0, "memory": 1}


def number(element, name):
    return int(element.get(name, "0"))


class Inventory:
    """Hosts and VMs of a native inventory, as far as bars show them."""

    def __init__(self, path):
        root = ElementTree.parse(path).getroot()
        self.hosts, self.states, self.vms, self.clusters = [], [], {}, []
        for index, cluster in enumerate(root.iter(NATIVE + "cluster")):
            for host in cluster.iter(NATIVE + "host"):
                if host.get("cpuMhz") is None:  # a member of a group
                    continue
                self.hosts.append((host.get("id"), number(host, "cpuMhz"), number(host, "memoryMib")))
                self.states.append(host.get("state", "online"))
                self.clusters.append(index)
            for vm in cluster.iter(NATIVE + "vm"):
                if vm.get("memoryMib") is None:
                    continue
                memory = number(vm, "memoryMib" if vm.get("memoryLocked") == "true" else "memoryReservationMib")
                self.vms[vm.get("id")] = (vm.get("host"), vm.get("power", "on") == "on",
                                          (number(vm, "cpuReservationMhz"), memory + number(vm, "overheadMib")))
        self.place = {host[0]: index for index, host in enumerate(self.hosts)}

    def use(self, placements):
        """[host][cpu, memory, VMs] before and after."""
        before = [[0, 0, 0] for _ in self.hosts]
        after = [[0, 0, 0] for _ in self.hosts]
        moved = {placement["vm"]: placement["to"] for placement in placements}
        for vm, (host, on, demand) in self.vms.items():
            runs = on and host is not None and self.states[self.place[host]] not in ("failed", "standby")
            for home, table in ((host if runs else None, before), (moved.get(vm, host if runs else None), after)):
                if home is not None:
                    row = table[self.place[home]]
                    row[0], row[1], row[2] = row[0] + demand[0], row[1] + demand[1], row[2] + 1
        return before, after


class ReportCase(CommandCase):
    def page(self, *arguments):
        """The page and the JSON of one run."""
        done = self.berth(*arguments, "--format=json", "-o", "answer.json", "--report=page.html")
        self.assertLess(done.returncode, 3, done.err)
        said = json.loads((self.folder / "answer.json").read_text(encoding="utf-8"))
        return self.parsed("page.html"), said

    def parsed(self, name):
        """Well-formed, and needs nothing that is not in it."""
        text = (self.folder / name).read_text(encoding="utf-8")
        self.assertLess(len(text), 5_000_000)
        self.assertNotRegex(text, r"(?i)<script|javascript:|<link|<img|@import|\b(src|href)\s*=")
        self.assertEqual(set(re.findall(r"https?://[^\"' )<]*", text)), {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"})
        self.assertIn("default-src 'none'", text)
        return ElementTree.fromstring(text)

    def generate(self, *arguments):
        self.berth("generate", *arguments, "-o", "generated.xml", status=0)
        return self.folder / "generated.xml"


class Plans(ReportCase):
    def check_loads(self, page, inventory, said):
        before, after = inventory.use(said["placements"])
        rows = page.findall(".//{*}div[@data-host]")
        for row in rows:
            host = int(row.get("data-host"))
            for load in row.iter("{http://www.w3.org/1999/xhtml}div"):
                resource = RESOURCES.get(load.get("data-resource"))
                if resource is None:
                    continue
                capacity, first, last = (int(load.get(f"data-{key}")) for key in ("capacity", "before", "after"))
                self.assertEqual((capacity, first, last),
                                 (inventory.hosts[host][1 + resource], before[host][resource], after[host][resource]), host)
                shown = "".join(load.itertext())
                for used in (first, last):
                    self.assertIn(f"{(used * 100 + capacity // 2) // capacity} %", shown)
            count = row.find(".//{*}span[@data-vms-before]")
            self.assertEqual((int(count.get("data-vms-before")), int(count.get("data-vms-after"))), (before[host][2], after[host][2]))
        for row in page.findall(".//{*}div[@data-cluster]"):
            hosts = [h for h, cluster in enumerate(inventory.clusters) if cluster == int(row.get("data-cluster"))]
            for load in row.findall("{*}div[@data-resource]"):
                resource = RESOURCES[load.get("data-resource")]
                self.assertEqual(int(load.get("data-before")), sum(before[h][resource] for h in hosts))
                self.assertEqual(int(load.get("data-after")), sum(after[h][resource] for h in hosts))
        return rows

    def check_moves(self, page, said):
        counts = {}
        for row in page.findall(".//{*}tr[@data-type]"):
            cells = ["".join(cell.itertext()) for cell in row.findall("{*}td")]
            counts[(row.get("data-type"), cells[1])] = int(row.get("data-count"))
            self.assertEqual(cells[2], row.get("data-count"))
        expected = {}
        for step in said["steps"]:
            key = (step["type"], step.get("why") or "")
            expected[key] = expected.get(key, 0) + 1
        self.assertEqual(counts, expected)

    def test_figures(self):
        for name in ("fragmentation", "wake-for-patching", "evacuation-makes-room", "several-clusters", "place-ten", "standby-host-woken"):
            with self.subTest(name):
                page, said = self.page("plan", DATASETS / f"{name}.xml")
                inventory = Inventory(DATASETS / f"{name}.xml")
                self.assertEqual(len(self.check_loads(page, inventory, said)), len(inventory.hosts))
                self.check_moves(page, said)
                ladder = page.find(".//{*}section[@id='ladder']//{*}tbody")
                self.assertEqual([row[0].text for row in ladder], [level["name"] for level in said["levels"]])
                for row, level in zip(ladder, said["levels"]):
                    self.assertEqual("proved" in row[3].text, level["status"] == "optimal", level)

    def test_many_hosts(self):
        """An overview of all, then those that change most."""
        path = self.generate("--hosts=200", "--vms=2400", "--failed=6", "--standby=5", "--clusters=2")
        page, said = self.page("plan", path)
        inventory = Inventory(path)
        before, after = inventory.use(said["placements"])
        shown = {int(row.get("data-host")) for row in self.check_loads(page, inventory, said)}
        changed = {host for host in range(200) if before[host] != after[host] or inventory.states[host] == "failed"}
        self.assertLess(len(changed), 48)
        self.assertEqual(shown, changed)
        woken = {step["host"] for step in said["steps"] if step["type"] == "wake"}
        columns = [[0] * 13 for _ in range(4)]
        for column, (resource, uses) in enumerate((r, u) for r in (0, 1) for u in (before, after)):
            for host, (name, *capacity) in enumerate(inventory.hosts):
                off = inventory.states[host] in ("failed", "standby") and not (uses is after and name in woken)
                used = uses[host][resource]
                bucket = 12 if off else 11 if used > capacity[resource] else -(-used * 10 // capacity[resource])
                columns[column][bucket] += 1
        shown = [[0] * 13 for _ in range(4)]
        for row in page.findall(".//{*}tr[@data-bucket]"):
            for column, cell in enumerate(row.findall("{*}td")):
                shown[column][int(row.get("data-bucket"))] = int(cell.text)
        self.assertEqual(shown, columns)
        self.assertEqual(len(page.findall(f".//{SVG}svg[@class='cells']")), 4)

    def test_csv(self):
        path = DATASETS / "wake-for-patching.xml"
        rows = list(csv.DictReader(io.StringIO(self.berth("plan", path, "--format=csv", status=0).out)))
        steps = json.loads(self.berth("plan", path, "--format=json", status=0).out)["steps"]
        self.assertEqual(len(rows), len(steps))
        for row, step in zip(rows, steps):
            for key in ("type", "vm", "from", "to", "host", "why"):
                self.assertEqual(row[key], step.get(key) or "", step)
            self.assertEqual([int(n) for n in row["after"].split()], step.get("after", []), step)
            self.assertEqual((int(row["step"]), int(row["endLatest"])), (step["id"], step["end"][1]), step)


class Audits(ReportCase):
    def look(self, *arguments):
        page, said = self.page("audit", *arguments)
        for index, cluster in enumerate(said["clusters"]):
            section = page.find(f".//{{*}}section[@id='cluster-{index}']")
            answer = section.find("{*}div[@data-holds]")
            self.assertEqual((int(answer.get("data-holds")), answer.get("data-exact")),
                             (cluster["holds"], str(cluster["holdsExact"]).lower()))
            heads = [head.text for head in section.findall(".//{*}table[@class='sizes']//{*}th")]
            keys = {"failures": "failures", "sets": "sets", "restarts": "restarts", "wakes": "wakes", "migrations": "migrations",
                    "wakes and migrations": "wakesAndMigrations", "undecided": "undecided", "lost": "lost", "by HA alone": "haAlone"}
            for row, size in zip(section.findall(".//{*}tr[@data-failures]"), cluster["sizes"], strict=True):
                for head, cell in zip(heads, row.findall("{*}td"), strict=True):
                    if head in keys:
                        self.assertEqual(int(cell.text), size[keys[head]], (head, size))
                    elif head.endswith((" say", " says")):
                        self.assertEqual(cell.text == "yes", size["says"][head.split()[0]], (head, size))
            slots = section.find(".//{*}p[@class='slots']")
            self.assertEqual([int(slots.get(f"data-{key}")) for key in ("slots", "used", "unreserved", "level")],
                             [cluster["policy"]["slots"][key] for key in ("total", "used", "unreserved", "failoverLevel")])
            self.assertEqual(self.legends(section), [self.tally(cluster["units"]), self.tally(cluster["vms"])])
            self.assertEqual(len(section.findall(".//{*}table[@class='sets']//{*}tbody/{*}tr")), min(100, len(cluster["sets"])))
        return page, said

    def legends(self, section):
        return [{entry.get("data-verdict"): int(entry.get("data-count")) for entry in legend}
                for legend in section.findall("{*}p[@class='legend']")]

    @staticmethod
    def tally(things):
        counts = {}
        for thing in things:
            counts[thing["worst"]] = counts.get(thing["worst"], 0) + 1
        return counts

    def test_figures(self):
        self.look(DATASETS / "several-clusters.xml")
        self.look(DATASETS / "lint-blade-cluster.xml")
        self.look(self.generate("--hosts=70", "--vms=700", "--load-percent=85"), "--failures=2")

    def test_pairs(self):
        """Four hosts: of 6 pairs all are lost; alone one takes migrations."""
        page, said = self.look(DATASETS / "audit-slots-disagree.xml", "--failures=2")
        matrix = page.findall(f".//{SVG}svg[@class='grid']")[-1]
        cells = [rect.get("class") for rect in matrix.iter(f"{SVG}rect")]
        self.assertEqual(sorted(cells), sorted(["v5"] * 12 + ["v2"] + ["v0"] * 3))
        rows = page.findall(".//{*}tr[@data-unit]")
        self.assertEqual(len(rows), len(said["clusters"][0]["units"]))
        for row in rows:  # each host: alone, and in three pairs
            self.assertEqual(sum(int(cell.text) for cell in row.findall("{*}td")), 4)

    def test_csv(self):
        path = DATASETS / "several-clusters.xml"
        rows = list(csv.DictReader(io.StringIO(self.berth("audit", path, "--format=csv").out)))
        said = json.loads(self.berth("audit", path, "--format=json").out)
        self.assertEqual([(row["cluster"], row["unit"], row["worst"]) for row in rows],
                         [(c["id"], u["name"], u["worst"]) for c in said["clusters"] for u in c["units"]])


class Capacities(ReportCase):
    @staticmethod
    def pair(figure):
        return (-1 if figure["count"] is None else figure["count"], figure["bound"])

    def pairs(self, elements):
        return [(int(element.get("data-least")), int(element.get("data-most"))) for element in elements]

    def look(self, *arguments):
        page, said = self.page("capacity", *arguments, "--keep-failures=2", "--want=30", "--time-limit=3")
        self.assertEqual(said["domain"], "host")
        for index, cluster in enumerate(said["clusters"]):
            section = page.findall(".//{*}section")[index]
            for curve in ("migrations", "failures"):
                dots = section.findall(f".//{{*}}svg[@data-curve='{curve}']/{{*}}circle")
                self.assertEqual(self.pairs(dots), [self.pair(figure) for figure in cluster[curve]])
            for name in ("totals", "now"):
                shown = section.findall(f".//{{*}}div[@data-figure='{name}']//{{*}}b")
                self.assertEqual(self.pairs(shown), [self.pair(cluster[name])])
            rows = section.findall(".//{*}tr[@data-host]")
            self.assertEqual([int(row.find("{*}td").text) for row in rows], [host["vms"] for host in cluster["hosts"]][:100])
            shown = [row.get("data-resource") for row in section.findall(".//{*}tr[@data-resource]")]
            self.assertEqual(shown, [r["name"] for r in cluster["resources"] if r["byTotal"] is not None or r["binds"]])
            for row in section.findall(".//{*}tr[@data-resource]"):
                resource = next(r for r in cluster["resources"] if r["name"] == row.get("data-resource"))
                cells = row.findall("{*}td")
                self.assertEqual(int(cells[0].text), resource["demand"])
                self.assertEqual(self.pairs([cells[4].find("{*}b")]), [self.pair(resource["beyond"])])
                self.assertEqual(cells[5].text == "binds", resource["binds"])
            table = section.findall(".//{*}table[@class='purchases']//{*}tbody/{*}tr")
            for row, kind in zip(table, cluster["purchases"], strict=True):
                figures = [cell.find("{*}b") for cell in row.findall("{*}td")[1:3]]
                self.assertEqual(self.pairs(figures), [self.pair(kind["now"]), self.pair(kind["kept"])])

    def test_figures(self):
        self.look(DATASETS / "capacity-n-plus-k.xml", FLAVOUR)
        self.look(DATASETS / "capacity-in-pieces.xml", FLAVOUR)
        self.look(DATASETS / "several-clusters.xml", FLAVOUR)
        self.look(self.generate("--hosts=120", "--vms=1200", "--load-percent=70"), FLAVOUR)


class Powers(ReportCase):
    def look(self, *arguments):
        page, said = self.page("power", *arguments, "--time-limit=5")
        hosts = [host for cluster in said["clusters"] for host in cluster.get("hosts", [])]
        counts, shown = {}, {}
        for host in hosts:
            counts[host["fate"]] = counts.get(host["fate"], 0) + 1
        for entry in page.findall(".//{*}span[@data-fate]"):
            shown[entry.get("data-fate")] = shown.get(entry.get("data-fate"), 0) + int(entry.get("data-count"))
        self.assertEqual(shown, counts)
        for row in page.findall(".//{*}div[@data-host]"):
            host = hosts[int(row.get("data-host"))]
            self.assertIn(host["fate"], "".join(row.find("{*}div").itertext()))
        return hosts

    def test_figures(self):
        self.look(DATASETS / "power-two-may-sleep.xml")
        self.look(self.generate("--hosts=40", "--vms=200", "--load-percent=30", "--standby=3"))

    def test_csv(self):
        path = DATASETS / "power-two-may-sleep.xml"
        rows = list(csv.DictReader(io.StringIO(self.berth("power", path, "--format=csv").out)))
        said = json.loads(self.berth("power", path, "--format=json").out)
        self.assertEqual([(row["host"], row["fate"]) for row in rows],
                         [(host["host"], host["fate"]) for cluster in said["clusters"] for host in cluster["hosts"]])


class Hostile(ReportCase):
    """Names are text, whatever they are made of."""

    NAMES = ["<script>alert(1)</script>", "\"'><svg onload=x>", "]]></style></title>", "a\u202eb", "=1+1"]
    COMMANDS = (["plan"], ["audit", "--failures=2"], ["power", "--even-off"], ["capacity", FLAVOUR, "--want=3"])

    def write_with(self, name):
        text = (DATASETS / "audit-slots-disagree.xml").read_text()
        return self.write("hostile.xml", re.sub(r'(<(?:host|vm) id="[^"]*")(?: name="[^"]*")?(?=[^>]*Mib)',
                                                lambda m: f'{m.group(1)} name="{html.escape(name)}{m.start()}"', text))

    def test_elements_stay_the_same(self):
        for arguments in self.COMMANDS:
            plain = self.page(*arguments, self.write_with("mouse"))[0]
            elements = [element.tag for element in plain.iter()]
            for name in self.NAMES:
                with self.subTest((arguments, name)):
                    self.berth(*arguments, self.write_with(name), "--report=page.html", "-o", "/dev/null")
                    page = ElementTree.parse(self.folder / "page.html").getroot()
                    self.assertEqual([element.tag for element in page.iter()], elements)
                    self.assertNotIn("\u202e", (self.folder / "page.html").read_text(encoding="utf-8"))

    def test_csv_formulas(self):
        path = self.write_with("=cmd|' /C calc'!A0,\"x\"")
        rows = list(csv.reader(io.StringIO(self.berth("audit", path, "--format=csv").out)))
        self.assertTrue(all(row[1].startswith("'=cmd|") and '"x"' in row[1] for row in rows[1:]), rows)
        self.assertTrue(all(len(row) == 3 for row in rows))


class Files(ReportCase):
    def test_whole_or_not_at_all(self):
        inventory = DATASETS / "audit-slots-disagree.xml"
        for arguments in Hostile.COMMANDS:
            with self.subTest(arguments):
                self.berth(*arguments, inventory, "--report=/dev/full", "-o", "/dev/null", status=74)
                self.berth(*arguments, inventory, "--report=nowhere/page.html", "-o", "/dev/null", status=73)
                self.complaint(*arguments, inventory, "--report=-", status=64)
                self.complaint(*arguments, inventory, "--report=x.html", "-o", "x.html", status=64)


@unittest.skipUnless(BROWSER, "no chromium")
class Browser(ReportCase):
    def browse(self, *arguments):
        done = subprocess.run([BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                               f"--user-data-dir={self.folder / 'profile'}", *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120, check=True)
        return done.stdout.decode()

    def widths(self, name):
        """How wide the page gets in frames of 480 and 1280 pixels; it allows no script itself, so the frame around it looks."""
        page = html.escape((self.folder / name).read_text(encoding="utf-8"))
        frames = "".join(f'<iframe width="{width}" height="900" style="border:0" srcdoc="{page}"></iframe>' for width in (480, 1280))
        self.write("frames.html", f"""<!DOCTYPE html><meta charset="utf-8"/><body>{frames}<script>
            addEventListener("load", () => {{ document.title = "widths " + [...document.querySelectorAll("iframe")].map(
              frame => frame.contentDocument.documentElement.scrollWidth).join(" ") }})</script>""")
        dumped = self.browse("--dump-dom", (self.folder / "frames.html").as_uri())
        return [int(width) for width in re.search(r"<title>widths (.*?)</title>", dumped).group(1).split()]

    def corner(self, name, scheme):
        """The first pixel of a screenshot: filters of PNG leave it as it is."""
        shot = self.folder / "shot.png"
        self.browse("--window-size=1280,900", f"--blink-settings=preferredColorScheme={scheme}", f"--screenshot={shot}",
                    (self.folder / name).as_uri())
        data, at, packed = shot.read_bytes(), 8, b""
        while at < len(data):
            length = int.from_bytes(data[at:at + 4], "big")
            packed += data[at + 8:at + 8 + length] if data[at + 4:at + 8] == b"IDAT" else b""
            at += length + 12
        return sum(zlib.decompress(packed)[1:4])

    def test_pages_fit(self):
        generated = self.generate("--hosts=60", "--vms=600", "--failed=2", "--standby=2")
        ordered = DATASETS / "ordered-restart.xml"
        for arguments in (["plan", generated], ["plan", DATASETS / "wake-for-patching.xml"],
                          ["simulate", ordered, ordered.with_suffix(".scenario.xml"), "--approve=5m"], ["audit", DATASETS / "audit-slots-disagree.xml", "--failures=2"],
                          ["capacity", generated, FLAVOUR, "--time-limit=2"], ["power", DATASETS / "power-two-may-sleep.xml"]):
            with self.subTest(arguments[0]):
                self.page(*arguments)
                self.assertEqual(self.widths("page.html"), [480, 1280])

    def test_light_and_dark(self):
        self.page("plan", DATASETS / "wake-for-patching.xml")
        self.assertGreater(self.corner("page.html", 1), 3 * 200)
        self.assertLess(self.corner("page.html", 0), 3 * 60)


if __name__ == "__main__":
    unittest.main()
