#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A table of what gcovr has counted: folders against their targets, and the files that miss most
branches. Fails where a target is missed.

usage: print_coverage.py SUMMARY.json"""

import json
import sys

LINES, BRANCHES = 90, 80  # percent, of TARGETED
TARGETED = ("model", "solver")
FOLDERS = ("model", "solver", "io", "cli")
WORST = 15


def share(covered, total):
    return 100 * covered / total if total else 100


def total(files, what):
    return sum(file[f"{what}_covered"] for file in files), sum(file[f"{what}_total"] for file in files)


def main():
    with open(sys.argv[1], encoding="utf-8") as stream:
        files = json.load(stream)["files"]
    missed = False
    print("| folder | lines | | branches | |\n|---|---:|---:|---:|---:|")
    for folder in FOLDERS:
        own = [file for file in files if file["filename"].startswith(f"{folder}/")]
        (lines, all_lines), (branches, all_branches) = total(own, "line"), total(own, "branch")
        print(f"| `{folder}/` | {lines:,} of {all_lines:,} | {share(lines, all_lines):.1f} % "
              f"| {branches:,} of {all_branches:,} | {share(branches, all_branches):.1f} % |")
        if folder in TARGETED:
            missed = missed or share(lines, all_lines) < LINES or share(branches, all_branches) < BRANCHES
    print("\n| file | lines | branches | branches missed |\n|---|---:|---:|---:|")
    worst = sorted((file for file in files if file["filename"].startswith(TARGETED)),
                   key=lambda file: (file["branch_covered"] - file["branch_total"], file["filename"]))
    for file in worst[:WORST]:
        print(f"| `{file['filename']}` | {share(file['line_covered'], file['line_total']):.1f} % "
              f"| {share(file['branch_covered'], file['branch_total']):.1f} % | {file['branch_total'] - file['branch_covered']} |")
    print(f"\ncoverage: {' and '.join(TARGETED)} {'miss' if missed else 'reach'} {LINES} % of lines and {BRANCHES} % of branches")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
