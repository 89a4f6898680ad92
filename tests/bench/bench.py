#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generates clusters of growing size, fails 1 % of their hosts (at least one), and prints a
Markdown table of the median times and the peak memory, next to a bare libxml2 SAX pass."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

COLUMNS = [
    ("hosts", "hosts", "{:,.0f}"), ("vms", "VMs", "{:,.0f}"), ("requested", "to restart", "{:,.0f}"),
    ("size", "file, MB", "{:,.1f}"), ("sax", "SAX pass, s", "{:.3f}"), ("load", "load, s", "{:.3f}"),
    ("ratio", "load / SAX", "{:.2f}"), ("presolve", "presolve, s", "{:.3f}"), ("search", "search, s", "{:.3f}"),
    ("check", "check, s", "{:.3f}"), ("solve", "solve in all, s", "{:.3f}"), ("peak", "peak, MiB", "{:,.0f}"),
    ("unplaced", "unplaced", "{:,.0f}"), ("outcome", "status", "{}"),
]


def processor():
    """Model name of the machine's processor, as Linux tells it."""
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


def measure(build, hosts, vms_per_host, runs, seed, folder):
    inventory = pathlib.Path(folder) / f"{hosts}.xml"
    with open(inventory, "wb") as out:
        subprocess.run([build / "cli" / "berth", "generate", "--hosts", str(hosts), "--vms", str(hosts * vms_per_host),
                        "--seed", str(seed)], stdout=out, check=True)
    run = subprocess.run([build / "tests" / "bench" / "bench_pipeline", inventory, str(runs)],
                         capture_output=True, text=True, check=False)
    if run.returncode:
        sys.exit(run.stderr)
    row = {}
    for line in run.stdout.splitlines():
        key, value = line.split()
        row[key] = value if key == "outcome" else float(value)
    row["size"] = inventory.stat().st_size / 1e6
    row["ratio"] = row["load"] / row["sax"]
    return row


def table(rows):
    yield "| " + " | ".join(title for _, title, _ in COLUMNS) + " |"
    yield "|" + "---:|" * len(COLUMNS)
    for row in rows:
        yield "| " + " | ".join(form.format(row[key]) for key, _, form in COLUMNS) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path, help="build directory, e.g. build/release")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000, 10000], help="numbers of hosts")
    parser.add_argument("--vms-per-host", type=int, default=20)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print(f"{processor()}, {os.cpu_count()} cores; medians of {arguments.runs} runs; seed {arguments.seed}\n")
    with tempfile.TemporaryDirectory() as folder:
        rows = [measure(arguments.build, hosts, arguments.vms_per_host, arguments.runs, arguments.seed, folder)
                for hosts in arguments.sizes]
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
