#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hostile_size.py BERTH PERCENT [CASE...]: documents far larger, deeper or stranger than any cluster, at PERCENT of their full size.

Each is answered, or refused in clear words, within its memory and time. What is expected is worked out from the limits of io.h and of the
model (2^40 of any quantity, 2^22 objects), not from what the command says.
"""

import gzip
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time

HEAD = '<?xml version="1.0"?>\n<inventory xmlns="urn:berth:1">\n'
CLUSTER = '<cluster id="c">\n'
TAIL = "</cluster>\n</inventory>\n"
DONE, BAD_INPUT = 0, 65


def hosts(count, memory=1 << 20):
    """Hosts that hold all."""
    return "".join(f'<host id="h{i}" cpuMhz="1000000" memoryMib="{memory}"/>\n' for i in range(count))


def vms(count, over):
    """VMs on the first hosts in turn."""
    return "".join(f'<vm id="v{i}" host="h{i % over}" memoryMib="1"/>\n' for i in range(count))


def million_vms(n):
    """1,000,000 VMs on 10,000 hosts."""
    return HEAD + CLUSTER + hosts(max(1, n // 100)) + vms(n, max(1, n // 100)) + TAIL


def million_rules(n):
    """1,000,000 rules of two VMs each."""
    count = max(2, n // 10)
    rules = "".join(f'<rule id="r{i}" type="apart" strength="should" vms="v{i % count} v{(i * 7 + 1) % count}"/>\n' for i in range(n)
                    if i % count != (i * 7 + 1) % count)
    return HEAD + CLUSTER + hosts(100) + vms(count, 100) + rules + TAIL


def groups_of_everything(n):
    """1,000 groups, each of all 1,000 VMs, and a rule for each."""
    size = max(2, int(n ** 0.5))
    everyone = " ".join(f"v{i}" for i in range(size))
    groups = "".join(f'<vm-group id="g{i}" vms="{everyone}"/>\n' for i in range(size))
    rules = "".join(f'<rule id="r{i}" type="apart" strength="should" vms="g{i}"/>\n' for i in range(size))
    return HEAD + CLUSTER + hosts(10) + vms(size, 10) + groups + rules + TAIL


def deep(n):
    """Elements within elements, 1,000,000 deep."""
    return HEAD + CLUSTER + "<a>" * n + "</a>" * n + TAIL


def long_id(n):
    """An id of 1 MB."""
    return HEAD + CLUSTER + hosts(1) + f'<vm id="{"x" * n}" host="h0" memoryMib="1"/>\n' + TAIL


def long_text(n):
    """An attribute of 10 MB."""
    return HEAD + CLUSTER + hosts(1) + f'<vm id="{"x" * (10 * n)}" host="h0" memoryMib="1"/>\n' + TAIL


def many_attributes(n):
    """1,000,000 attributes in one element."""
    return HEAD + CLUSTER + "<host id='h0' " + " ".join(f"a{i}='1'" for i in range(n)) + "/>" + TAIL


def same_id(n):
    """1,000,000 VMs of one id."""
    return HEAD + CLUSTER + hosts(1) + '<vm id="v" host="h0" memoryMib="1"/>\n' * n + TAIL


def unknown_elements(n):
    """1,000,000 elements that nobody knows."""
    return HEAD + CLUSTER + hosts(1) + "<unknown/>\n" * n + TAIL


def many_clusters(n):
    """10,000 clusters."""
    one = "".join('<cluster id="c{0}"><host id="h{0}" cpuMhz="9" memoryMib="9"/><vm id="v{0}" host="h{0}" memoryMib="1"/></cluster>\n'.format(i)
                  for i in range(n // 100))
    return HEAD + one + "</inventory>\n"


def number(text):
    """A quantity written as given."""
    return lambda n: HEAD + CLUSTER + f'<host id="h0" cpuMhz="1" memoryMib="{text}"/>\n' + TAIL


def bomb(n):
    """A gzip file of 9 GB of blanks in 9 MB."""
    block = gzip.compress(b" " * 1000000, 9)
    return gzip.compress(HEAD.encode(), 9) + block * max(1, n * 9000 // 1000000)


def bomb_of_comments(n):
    """A gzip file of 9 GB of comments, each allowed."""
    block = gzip.compress(b"<!--" + b" " * 99992 + b"-->\n", 9) * 10
    return gzip.compress((HEAD + CLUSTER).encode(), 9) + block * max(1, n * 9000 // 1000000)


# name, function, full size, command, statuses, words in its answer, seconds, MiB
CASES = [
    ("million VMs", million_vms, 1000000, "check", {DONE}, "", 60, 1500),
    ("plan million VMs", million_vms, 1000000, "plan", {DONE}, "", 300, 4000),
    ("million rules", million_rules, 1000000, "check", {DONE}, "", 120, 2500),
    ("groups of everything", groups_of_everything, 1000000, "check", {DONE}, "", 60, 1500),
    ("deep nesting", deep, 1000000, "check", {BAD_INPUT}, "deep", 20, 200),
    ("id of 1 MB", long_id, 1000000, "check", {DONE, BAD_INPUT}, "", 20, 200),
    ("text of 10 MB", long_text, 1000000, "check", {BAD_INPUT}, "", 20, 300),
    ("million attributes", many_attributes, 1000000, "check", {BAD_INPUT}, "", 60, 300),
    ("700,000 attributes", many_attributes, 700000, "check", {BAD_INPUT}, "a0", 600, 300),
    ("one id a million times", same_id, 1000000, "check", {BAD_INPUT}, "v", 60, 1500),
    ("million unknown elements", unknown_elements, 1000000, "check", {DONE, BAD_INPUT}, "unknown", 60, 1000),
    ("10,000 clusters", many_clusters, 1000000, "plan", {DONE}, "", 300, 1500),
    ("2^63 - 1", number("9223372036854775807"), 1, "check", {BAD_INPUT}, "9223372036854775807", 5, 100),
    ("2^64", number("18446744073709551616"), 1, "check", {BAD_INPUT}, "18446744073709551616", 5, 100),
    ("-2^63", number("-9223372036854775808"), 1, "check", {BAD_INPUT}, "-9223372036854775808", 5, 100),
    ("40 digits", number("1" * 40), 1, "check", {BAD_INPUT}, "1" * 20, 5, 100),
    ("gzip bomb", bomb, 1000000, "check", {BAD_INPUT}, "", 300, 200),
    ("gzip bomb of comments", bomb_of_comments, 1000000, "check", {BAD_INPUT}, "limit", 300, 200),
]
# Cases that are an answer, not a refusal, when small.
REFUSED_ONLY_WHEN_LARGE = {"text of 10 MB", "gzip bomb", "gzip bomb of comments"}


def limited():
    """What a child may take: half a machine."""
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))


def run(berth, command, path, seconds):
    """Status, what it said, wall seconds and peak MiB."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen([berth, command, str(path)], stdout=said, stderr=said, preexec_fn=limited)
        signal.alarm(seconds * 10)
        _, status, usage = os.wait4(child.pid, 0)
        signal.alarm(0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read(100000).decode(errors="replace")
    return child.returncode, text, time.monotonic() - began, usage.ru_maxrss / 1024


def main():
    """All cases, a line each."""
    berth, percent, chosen = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, write, full, command, statuses, words, seconds, memory in CASES:
            if chosen and name not in chosen:
                continue
            document = write(max(1, int(full * percent / 100)))
            path = pathlib.Path(folder) / ("document.xml.gz" if isinstance(document, bytes) else "document.xml")
            path.write_bytes(document if isinstance(document, bytes) else document.encode())
            size = path.stat().st_size / 1e6
            del document
            status, text, took, peak = run(berth, command, path, seconds)
            path.unlink()
            lines = [line for line in text.splitlines() if line]
            first = lines[0].replace(folder, "")[:110] if lines else ""
            small = percent < 100 and name in REFUSED_ONLY_WHEN_LARGE
            good = (small or (status in statuses and words in text)) and 0 <= status < 128 and took <= seconds and peak <= memory and lines
            faults += not good
            print(f"{name:24} {size:8.1f} MB  {command:5} status {status:3}  {took:7.2f} s {peak:7.0f} MiB  {'' if good else 'BAD '}{first}", flush=True)
    print(f"{faults} bad")
    return 1 if faults else 0


sys.exit(main())
