#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generates clusters of growing size, fails 1 % of their hosts (at least one), and prints a
Markdown table of the median times (in milliseconds) and the peak memory, next to a bare libxml2 SAX
pass over the same file. --plot FILE draws them over the number of hosts too, both logarithmic, and
tells the slopes."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import scaling_plot

COLUMNS = [
    ("hosts", "hosts", "{:,.0f}"), ("vms", "VMs", "{:,.0f}"), ("requested", "to place", "{:,.0f}"),
    ("size", "file, MB", "{:,.2f}"), ("sax", "SAX pass", "{:,.1f}"), ("load", "load", "{:,.1f}"),
    ("ratio", "load / SAX", "{:.2f}"), ("presolve", "presolve", "{:,.1f}"), ("search", "search", "{:,.1f}"),
    ("check", "check", "{:,.1f}"), ("solve", "solve in all", "{:,.1f}"), ("whole", "load and solve", "{:,.1f}"), ("peak", "peak, MiB", "{:,.0f}"),
    ("steps", "steps", "{:,.0f}"), ("unplaced", "unplaced", "{:,.0f}"), ("outcome", "status", "{}"),
]
SECONDS = ("sax", "load", "presolve", "search", "check", "solve", "whole")
PLOTTED = {"whole": "load and solve", "load": "load", "sax": "SAX pass", "solve": "solve in all"}


def processor():
    """Model name of the machine's processor, as Linux tells it."""
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


def measure(build, hosts, arguments, folder):
    inventory = pathlib.Path(folder) / f"{hosts}.xml"
    with open(inventory, "wb") as out:
        subprocess.run([build / "cli" / "berth", "generate", "--family", arguments.family, "--hosts", str(hosts),
                        "--vms", str(hosts * arguments.vms_per_host), "--seed", str(arguments.seed)],
                       stdout=out, check=True)
    run = subprocess.run([build / "tests" / "bench" / "bench_pipeline", inventory, str(arguments.runs)],
                         capture_output=True, text=True, check=False)
    if run.returncode:
        sys.exit(run.stderr)
    row = {}
    for line in run.stdout.splitlines():
        key, value = line.split()
        row[key] = value if key == "outcome" else float(value)
    row.update({key: row[("least_" if arguments.least else "") + key] * 1000 for key in SECONDS})
    row["size"] = inventory.stat().st_size / 1e6
    row["ratio"] = row["load"] / row["sax"]
    return row


def table(rows):
    yield "| " + " | ".join(title for _, title, _ in COLUMNS) + " |"
    yield "|" + "---:|" * len(COLUMNS)
    for row in rows:
        yield "| " + " | ".join(form.format(row[key]) for key, _, form in COLUMNS) + " |"


def plot(rows, path):
    sizes = [row["hosts"] for row in rows]
    curves = {name: [row[key] for row in rows] for key, name in PLOTTED.items()}
    path.write_text("\n".join(scaling_plot.draw(sizes, curves)) + "\n", encoding="utf-8")
    print("\nSlopes: " + ", ".join(f"{name} {scaling_plot.slope(sizes, values):.2f}"
                                  for name, values in curves.items()) + ".")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path, help="build directory, e.g. build/release")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000, 10000], help="numbers of hosts")
    parser.add_argument("--vms-per-host", type=int, default=20)
    parser.add_argument("--family", default="plain", help="of berth generate")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least", action="store_true", help="the least of the runs instead of their median")
    parser.add_argument("--plot", type=pathlib.Path, metavar="FILE", help="SVG to write; takes two sizes or more")
    arguments = parser.parse_args()
    print(f"{processor()}, {os.cpu_count()} cores. Family {arguments.family}, seed {arguments.seed}; "
          f"{'least' if arguments.least else 'medians'} of {arguments.runs} runs; times in ms.\n")
    with tempfile.TemporaryDirectory() as folder:
        rows = [measure(arguments.build, hosts, arguments, folder) for hosts in arguments.sizes]
    print("\n".join(table(rows)))
    if arguments.plot:
        plot(rows, arguments.plot)


if __name__ == "__main__":
    main()
