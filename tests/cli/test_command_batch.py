#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""berth batch as a user meets it: lines true to their schema, whatever is wrong with some of the
inventories; where they come from; and that a batch that was killed, torn, or refused ends with the
bytes of one that was left alone."""

import fcntl
import gzip
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import unittest
import xml.etree.ElementTree

from command_case import COMMAND, DATASETS, FAILOVER, SOURCE, CommandCase

SCHEMA = SOURCE / "io" / "schema"
# esx02 alone is left, and has 8 GiB: big asks for more.
SHORT = FAILOVER.replace('id="vm-1" name="db" host="host-1" memoryMib="8192" memoryReservationMib="8192"',
                         'id="vm-1" name="db" host="host-1" memoryMib="32768" memoryReservationMib="32768"')


class BatchCase(CommandCase):
    def lines(self, name="out.jsonl"):
        return [json.loads(line) for line in (self.folder / name).read_text(encoding="utf-8").splitlines()]

    def bytes(self, name="out.jsonl"):
        return (self.folder / name).read_bytes()

    def journal(self, name="out.jsonl"):
        return self.folder / f"{name}.journal"

    def part(self, name="out.jsonl"):
        return self.folder / f"{name}.part"

    def assert_clean(self, name="out.jsonl"):
        """Nothing is left beside the results."""
        self.assertEqual([path.name for path in self.folder.iterdir() if path.name.startswith(f"{name}.")], [])


class Lines(BatchCase):
    def setUp(self):
        super().setUp()
        self.write("short.xml", SHORT)
        self.write("broken.xml", FAILOVER.replace("</cluster>", "</clutter>"))

    def test_each_inventory_is_a_line(self):
        done = self.berth("batch", "east.xml", "broken.xml", "short.xml", "gone.xml", "east.xml", "-o", "out.jsonl", status=66)
        self.assertEqual([(line["index"], line["file"], line["result"], line["exit"]) for line in self.lines()],
                         [(0, "east.xml", "done", 0), (1, "broken.xml", "bad-input", 65), (2, "short.xml", "not-all", 1),
                          (3, "gone.xml", "unreadable", 66), (4, "east.xml", "done", 0)])
        self.assertIn("broken.xml:8:", self.lines()[1]["messages"][0])
        self.assertIn("Batch of 5 inventories: plan", done.out)
        self.assertIn("not-all", done.out)
        self.assertEqual(done.err, "")
        self.assert_clean()

    def test_the_plan_is_that_of_berth_plan(self):
        self.berth("batch", "east.xml", "-o", "out.jsonl", status=0)
        plan = json.loads(self.berth("plan", "east.xml", "--format=json", "--threads=1", status=0).out)
        line = self.lines()[0]
        self.assertEqual(line["plan"], plan)
        self.assertEqual(line["summary"]["placements"], len(plan["placements"]))
        self.assertEqual(line["summary"]["worstSeconds"], plan["makespan"]["worst"])

    def test_the_audit_is_that_of_berth_audit(self):
        slots = DATASETS / "audit-slots-disagree.xml"
        self.berth("batch", "--ask=audit", "--failures=2", slots, "-o", "out.jsonl", status=1)
        audit = json.loads(self.berth("audit", slots, "--failures=2", "--format=json", status=1).out)
        line = self.lines()[0]
        self.assertEqual(line["audit"], audit)
        self.assertEqual(line["summary"], {"inventory": "audit-slots-disagree", "worst": "lost", "clusters": 1, "holds": 1})

    def test_messages_are_those_of_standard_error(self):
        source = DATASETS / "lint-blade-cluster.xml"
        self.berth("batch", source, "-o", "out.jsonl", "--quiet", status=0)
        said = self.berth("plan", source, status=0).err.splitlines()
        self.assertTrue(said)
        self.assertEqual(["berth: " + message for message in self.lines()[0]["messages"]], said)

    def test_lines_keep_to_the_schema(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("no jsonschema")
        schemas = {name: json.loads((SCHEMA / f"{name}-1.schema.json").read_text()) for name in ("batch", "plan", "audit")}
        self.berth("batch", DATASETS, "gone.xml", "-o", "plans.jsonl", "--fit=cpu=1,memory=1", status=66)
        self.berth("batch", DATASETS, "--ask=audit", "--fail=esx01", "-o", "audits.jsonl", status=65)
        self.berth("batch", DATASETS, "--brief", "-o", "brief.jsonl", status=65)
        for name in ("plans", "audits", "brief"):
            for line in self.lines(f"{name}.jsonl"):
                jsonschema.validate(line, schemas["batch"])
                for document in ("plan", "audit"):
                    if document in line:
                        jsonschema.validate(line[document], schemas[document])
        self.assertFalse(any("plan" in line for line in self.lines("brief.jsonl")))
        self.assertTrue(any("plan" in line for line in self.lines("plans.jsonl")))

    def test_what_does_not_suit_one_inventory_stops_no_other(self):
        self.write("west.xml", FAILOVER.replace("esx02", "esx07").replace("east", "west"))
        self.berth("batch", "west.xml", "east.xml", "--fail=esx02", "-o", "out.jsonl", status=64)
        self.assertEqual([line["result"] for line in self.lines()], ["not-applicable", "done"])
        self.assertEqual(self.lines()[0]["messages"],
                         ['no host "esx02" in west.xml; --fail expects the id or the name of a host'])
        self.write("patch.xml", '<scenario xmlns="urn:berth:1"><maintenance host="nobody"/></scenario>')
        self.berth("batch", "west.xml", "--scenario=patch.xml", "-o", "out.jsonl", status=64)
        self.assertIn("patch.xml:1:", self.lines()[0]["messages"][0])

    def test_a_scenario_that_no_inventory_suits_is_told_once(self):
        self.write("patch.xml", '<scenario xmlns="urn:berth:1"><explode host="esx01"/></scenario>')
        self.assertIn("patch.xml:1:", self.complaint("batch", "east.xml", "--scenario=patch.xml", "-o", "out.jsonl", status=65))
        self.complaint("batch", "east.xml", "--scenario=gone.xml", "-o", "out.jsonl", status=66)
        self.assert_clean()

    def test_reading_has_the_time_limit_too(self):
        hosts = "".join(f'<host id="h{i}" cpuMhz="1" memoryMib="1"/>' for i in range(200000))
        self.write("large.xml", f'<inventory xmlns="urn:berth:1"><cluster id="c">{hosts}</cluster></inventory>')
        self.berth("batch", "large.xml", "east.xml", "--time-limit=1ms", "--exact-limit=0", "-o", "out.jsonl", status=2)
        self.assertEqual(self.lines()[0]["result"], "undecided")
        self.assertEqual(self.lines()[0]["messages"], ["large.xml: not read within the time limit"])

    def test_results_do_not_depend_on_threads_or_order(self):
        names = [path for path in sorted(DATASETS.glob("*.xml")) if ".scenario" not in path.name] * 3
        for jobs in (1, 2, 5):
            self.berth("batch", *names, "--jobs", jobs, "-o", f"{jobs}.jsonl", status=1)
        self.assertEqual(self.bytes("1.jsonl"), self.bytes("2.jsonl"))
        self.assertEqual(self.bytes("1.jsonl"), self.bytes("5.jsonl"))
        self.berth("batch", *names, "--jobs=3", "--order=done", "-o", "done.jsonl", status=1)
        self.assertEqual(sorted(self.bytes("done.jsonl").splitlines()), sorted(self.bytes("1.jsonl").splitlines()))
        streamed = self.berth("batch", *names, "--jobs=3", status=1)
        self.assertEqual(streamed.stdout, self.bytes("1.jsonl"))
        self.assertIn("Batch of", streamed.err)
        self.assertEqual(self.berth("batch", "east.xml", "--quiet", status=0).err, "")


class Sources(BatchCase):
    def files(self, *arguments, status=0, **more):
        self.berth("batch", *arguments, "-o", "out.jsonl", "--quiet", "--brief", status=status, **more)
        return [line["file"] for line in self.lines()]

    def setUp(self):
        super().setUp()
        for name in ("b/two.xml", "b/a/one.xml", "b/ten.txt", "b/.hidden.xml", "b/z.xml"):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            self.write(name, FAILOVER)
        (self.folder / "b" / "three.xml.gz").write_bytes(gzip.compress(FAILOVER.encode()))
        (self.folder / "b" / "circle").symlink_to("..")

    def test_folders(self):
        self.assertEqual(self.files("b", "east.xml"), ["b/a/one.xml", "b/three.xml.gz", "b/two.xml", "b/z.xml", "east.xml"])
        (self.folder / "empty").mkdir()
        done = self.berth("batch", "empty", "east.xml", "-o", "out.jsonl", status=0)
        self.assertIn("empty: warning: no *.xml", done.err)
        self.assertIn("no inventories", self.complaint("batch", "empty", "-q", status=66))

    def test_a_directory_as_one_inventory(self):
        self.assertEqual(self.files("--each-directory", DATASETS / "vsphere-export"), [str(DATASETS / "vsphere-export")])
        self.assertEqual(self.lines()[0]["result"], "done")

    def test_patterns(self):
        self.assertEqual(self.files("b/t*"), ["b/ten.txt", "b/three.xml.gz", "b/two.xml"])
        self.assertEqual(self.files("b/*none*", status=66), ["b/*none*"])
        self.write("odd[1].xml", FAILOVER)
        self.assertEqual(self.files("odd[1].xml"), ["odd[1].xml"], "what exists is no pattern")

    def test_lists(self):
        self.assertEqual(self.files("-", stdin=b"b/two.xml\n\neast.xml"), ["b/two.xml", "east.xml"])
        self.assertEqual(self.files("east.xml", "--files-from=-", "b/z.xml", stdin=b"b/two.xml\n"), ["east.xml", "b/two.xml", "b/z.xml"])
        self.write("line\nbreak.xml", FAILOVER)
        self.assertEqual(self.files("-", "--null", stdin=b"line\nbreak.xml\0east.xml\0"), ["line\nbreak.xml", "east.xml"])
        self.write("list", "east.xml\n")
        self.assertEqual(self.files("--files-from=list"), ["east.xml"])
        self.assertIn("--null", self.complaint("batch", "-", stdin=b"a\0b\0", status=66))
        self.complaint("batch", "--files-from=nowhere", status=66)
        self.assertIn("once", self.complaint("batch", "-", "--files-from=-", stdin=b"", status=64))

    def test_names_that_are_not_utf8(self):
        name = b"caf\xe9.xml"
        (self.folder / os.fsdecode(name)).write_text(FAILOVER)
        self.assertEqual(self.files("-", stdin=name + b"\n"), ["caf\ufffd.xml"])

    def test_usage(self):
        for arguments in ([], ["east.xml", "--ask=verify"], ["east.xml", "--failures=1"], ["east.xml", "--order=random"],
                          ["east.xml", "--ask=audit", "--goal=repair"], ["east.xml", "--jobs=many"], ["east.xml", "--restart"],
                          ["east.xml", "--domain=room", "--ask=audit"], ["east.xml", "--goal=win"],
                          ["east.xml", "-o", "x", "--report=x"], ["east.xml", "--ask=audit", "--failures=65"]):
            self.complaint("batch", *arguments, status=64)


class Reports(BatchCase):
    def test_page_and_pages(self):
        self.write("short & <odd>.xml", SHORT)
        self.write("broken.xml", "<inventory>")
        (self.folder / "site").mkdir()
        self.berth("batch", "east.xml", "short & <odd>.xml", "broken.xml", "-o", "out.jsonl", "--report=site/index.html",
                   "--reports=pages", status=65)
        page = (self.folder / "site" / "index.html").read_text(encoding="utf-8")
        tree = xml.etree.ElementTree.fromstring(page)
        counts = {row.get("data-result"): row.get("data-count") for row in tree.iter() if row.get("data-result")}
        self.assertEqual(counts, {"done": "1", "not-all": "1", "bad-input": "1"})
        rows = [row.get("data-index") for row in tree.iter() if row.get("data-index")]
        self.assertEqual(rows[:3], ["2", "1", "0"], "the gravest first")
        links = {node.get("href") for node in tree.iter() if (node.get("href") or "").startswith("..")}
        self.assertEqual(links, {"../pages/00000-east.xml.html", "../pages/00001-short%20%26%20%3Codd%3E.xml.html"})
        self.assertTrue((self.folder / "pages" / "00001-short & <odd>.xml.html").exists())
        self.berth("batch", "east.xml", "--ask=audit", "-o", "out.jsonl", "--reports=pages", status=0)
        self.assertIn("Audit of east", (self.folder / "pages" / "00000-east.xml.html").read_text(encoding="utf-8"))

    def test_pages_that_cannot_be_written(self):
        self.write("file", "")
        self.complaint("batch", "east.xml", "-o", "out.jsonl", "--reports=file/pages", status=73)
        self.assertIn("cannot be created", self.complaint("batch", "east.xml", "-q", "-o", "out.jsonl", "--reports=file", status=73))
        self.berth("batch", "east.xml", "-q", "-o", "out.jsonl", "--report=nowhere/index.html", status=73)
        self.assertEqual(len(self.lines()), 1, "the results are there")
        self.assertTrue(self.journal().exists(), "and need not be made again")
        self.berth("batch", "east.xml", "-q", "-o", "out.jsonl", "--report=index.html", status=0)
        self.assert_clean()


class Resuming(BatchCase):
    """A batch of generated inventories, some of them broken, and the bytes that it has to come to."""

    COUNT = 120

    def setUp(self):
        super().setUp()
        (self.folder / "in").mkdir()
        self.fill(self.COUNT)

    def fill(self, count):
        for number in range(count):
            if number % 17 == 5:
                self.write(f"in/{number:03d}.xml", FAILOVER[:number * 3])
            elif number % 2 == 0:
                self.write(f"in/{number:03d}.xml", SHORT.replace("east", f"east-{number}"))
            else:
                self.write(f"in/{number:03d}.xml", FAILOVER.replace("east", f"east-{number}"))
        self.berth("batch", "in", "-o", "whole.jsonl", "-q", status=65)
        self.expected = self.bytes("whole.jsonl")

    def start(self, *more, jobs="2", prepare=None):
        return subprocess.Popen([COMMAND, "batch", "in", "-o", "out.jsonl", "--jobs", jobs, *more], cwd=self.folder,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=prepare)

    def records(self):
        """Answers in the journal, -4 if there is none (any more); a head has four lines."""
        try:
            return self.journal().read_bytes().count(b"\n") - 4
        except FileNotFoundError:
            return -4

    def stop_after(self, count, number=signal.SIGKILL):
        """Starts a batch and ends it once about so many lines are in its journal."""
        process = self.start(jobs="1")
        while process.poll() is None:
            if self.records() >= count:
                process.send_signal(number)
                break
        output, complaint = process.communicate(timeout=60)
        return process.returncode, output.decode(), complaint.decode()

    def cut(self):
        """A batch that was cut off: there is work left to do."""
        for _ in range(50):
            self.journal().unlink(missing_ok=True)
            status, _, _ = self.stop_after(20)
            if status == -signal.SIGKILL and 0 < self.records() < self.COUNT:
                return self.journal().read_bytes(), self.part().read_bytes()
        self.fail("never cut off")

    def assert_resumes(self, *more, status=65):
        done = self.berth("batch", "in", "-o", "out.jsonl", *more, status=status)
        self.assertEqual(self.bytes(), self.expected)
        self.assert_clean()
        return done

    def test_killed_at_random_moments(self):
        source, kills = random.Random(5), 0
        for _ in range(12):
            process = self.start()
            try:
                process.communicate(timeout=source.uniform(0.001, 0.06))
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                kills += 1
        self.assertGreater(kills, 0)
        self.assert_resumes()

    def test_what_is_done_is_not_done_again(self):
        records, _ = self.cut()
        done = self.assert_resumes()
        before = records.count(b"\n") - 4
        self.assertIn(f"{before} had been answered before\n", done.out)
        self.assertIn(f"\n  {self.COUNT - before} in ", done.out)

    def test_torn_ends(self):
        """Whatever part of the last writes arrived: records and lines are cut back to what holds."""
        records, lines = self.cut()
        head = len(b"\n".join(records.split(b"\n")[:4])) + 1
        source = random.Random(3)
        cuts = [(len(records) - n, len(lines)) for n in (1, 2, 17, 40)]
        cuts += [(len(records), len(lines) - n) for n in (1, 100, 5000)]
        cuts += [(head, 0), (head - 1, 7), (3, 0), (0, 0), (0, len(lines)), (len(records), 0)]
        cuts += [(source.randrange(len(records)), source.randrange(len(lines))) for _ in range(8)]
        for kept_records, kept_lines in cuts:
            self.journal().write_bytes(records[:max(kept_records, 0)])
            self.part().write_bytes(lines[:max(kept_lines, 0)])
            self.assert_resumes()

    def test_damage_in_the_middle(self):
        """As after the machine lost its power: bytes that are there, but are not what was written."""
        records, lines = self.cut()
        source = random.Random(4)
        head = len(b"\n".join(records.split(b"\n")[:4])) + 1
        for _ in range(10):
            at = source.randrange(head, len(records))
            self.journal().write_bytes(records[:at] + bytes([records[at] ^ 1]) + records[at + 1:])
            at = source.randrange(len(lines))
            self.part().write_bytes(lines[:at] + b"\0" * 50 + lines[at + 50:])
            self.assert_resumes()
        self.journal().write_bytes(records + records[head:])  # each record twice
        self.part().write_bytes(lines + lines)
        self.assert_resumes()

    def test_killed_in_the_end_game(self):
        """All is answered, and the results are or are not in place: the same again."""
        self.berth("batch", "in", "-o", "out.jsonl", "-q", "--report=nowhere/page.html", status=73)
        self.assertEqual(self.bytes(), self.expected)
        (self.folder / "out.jsonl").unlink()
        self.assertIn(f"{self.COUNT} had been answered before\n", self.assert_resumes().out)

    def test_order_may_change(self):
        self.cut()
        self.berth("batch", "in", "-o", "out.jsonl", "--order=done", status=65)
        self.assertEqual(sorted(self.bytes().splitlines()), sorted(self.expected.splitlines()))

    def assert_refused(self, *arguments, status=64):
        before = self.journal().read_bytes(), self.part().read_bytes()
        complaint = self.complaint("batch", *arguments, "-o", "out.jsonl", status=status)
        self.assertEqual((self.journal().read_bytes(), self.part().read_bytes()), before, "nothing is lost")
        self.assertEqual(complaint.count("\n"), 1)
        return complaint

    def test_another_question(self):
        self.cut()
        self.assertIn('was begun with "plan", this asks "plan --goal=repair"; --restart throws it away',
                      self.assert_refused("in", "--goal=repair"))
        self.assertIn('this asks "plan --seed=2"', self.assert_refused("in", "--seed=2"))
        self.assertIn('this asks "audit --failures=1', self.assert_refused("in", "--ask=audit"))
        self.write("patch.xml", '<scenario xmlns="urn:berth:1"><maintenance host="esx03"/></scenario>')
        self.assertIn("--scenario=patch.xml#", self.assert_refused("in", "--scenario=patch.xml"))
        self.assertIn(f"was begun with {self.COUNT} inventories, these are {self.COUNT + 1}",
                      self.assert_refused("in", "east.xml"))
        names = [f"in/{number:03d}.xml" for number in range(self.COUNT)]
        self.assertIn("other inventories, or in another order", self.assert_refused(*reversed(names)))
        self.assert_resumes()

    def test_restart(self):
        self.cut()
        self.assertNotIn("before", self.assert_resumes("--restart").out)

    def test_another_version(self):
        records, _ = self.cut()
        self.journal().write_bytes(records.replace(b"\nberth ", b"\nberth 0.0.0-", 1))
        self.assertIn("was begun by berth 0.0.0-", self.assert_refused("in"))

    def test_a_changed_inventory(self):
        records, _ = self.cut()
        first = sorted(int(line.split()[1]) for line in records.splitlines()[4:])[0]
        path = self.folder / "in" / f"{first:03d}.xml"
        content = path.read_text()
        path.write_text(content + "<!-- -->")
        self.assertIn(f"in/{first:03d}.xml: has changed since", self.assert_refused("in"))
        path.unlink()
        path.write_text(content)
        self.assert_refused("in")
        self.assert_resumes("--restart")

    def test_an_inventory_that_was_not_there(self):
        self.berth("batch", "gone.xml", "-q", "-o", "x.jsonl", "--report=nowhere/x.html", status=73)
        self.write("gone.xml", FAILOVER)
        self.assertIn("gone.xml: has changed since", self.complaint("batch", "gone.xml", "-o", "x.jsonl", status=64))

    def test_two_at_once(self):
        self.cut()
        with open(self.journal(), "rb+") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            self.assertIn("another batch is at work on it", self.assert_refused("in", status=73))
        self.assert_resumes()

    def test_something_elses_journal(self):
        self.journal().write_text("dear diary\n")
        for more in ([], ["--restart"]):
            self.assertIn("is not a journal of berth batch", self.complaint("batch", "in", "-o", "out.jsonl", *more, status=73))
        self.assertEqual(self.journal().read_text(), "dear diary\n")

    def test_interrupted(self):
        self.fill(800)  # so much work that a busy machine delivers the signal before the end
        for number in (signal.SIGINT, signal.SIGTERM):
            for _ in range(20):  # until the signal meets it at work, not before or after
                self.journal().unlink(missing_ok=True)
                status, output, complaint = self.stop_after(5, number)
                if status == 2:
                    break
            self.assertEqual((status, output), (2, ""))
            self.assertRegex(complaint, r"^berth: interrupted after \d+ of 800 inventories; the same command goes on from there\n$")
            self.assert_resumes()

    def limited(self, size):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        return limit

    def test_no_room(self):
        """A write that arrives in part, as on a full disk; then there is room, and nothing is lost."""
        for size in (2000, 7001, 60000):
            process = self.start(prepare=self.limited(size))
            _, complaint = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 74)
            self.assertRegex(complaint.decode(), r"^berth: out.jsonl\.(part|journal): cannot be written: File too large\n$")
        self.assert_resumes()

    def test_no_room_at_the_end(self):
        self.write("old", b"what was there before")
        shutil.copy(self.folder / "old", self.folder / "out.jsonl")
        self.cut()
        process = self.start(prepare=self.limited(len(self.expected) - 1))
        _, complaint = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 74, complaint)
        self.assertEqual(self.bytes(), b"what was there before")
        self.assert_resumes()

    def test_streams(self):
        with open("/dev/full", "wb") as full:
            self.berth("batch", "in", "-q", stdout=full, status=74)
        self.assertIn("/dev/full: cannot be written", self.complaint("batch", "in", "-q", "-o", "/dev/full", status=74))
        self.berth("batch", "in", "-q", "-o", "/dev/null", status=65)
        self.assertIn("nowhere/out.jsonl.journal", self.complaint("batch", "in", "-o", "nowhere/out.jsonl", status=73))

    def test_links_and_permissions(self):
        (self.folder / "results").mkdir()
        self.write("results/real.jsonl", "")
        (self.folder / "results" / "real.jsonl").chmod(0o600)
        (self.folder / "out.jsonl").symlink_to("results/real.jsonl")
        self.assert_resumes()
        self.assertTrue((self.folder / "out.jsonl").is_symlink())
        self.assertEqual((self.folder / "results" / "real.jsonl").stat().st_mode & 0o777, 0o600)


if __name__ == "__main__":
    unittest.main()
