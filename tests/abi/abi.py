#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The binary interface of libberth, as headers and compiled library have it, against two records:
the present one (libberth.abi), which has to be exactly that, and the released one
(libberth-released.abi), with which it has to be compatible.

  --update   writes the present record anew
  --release  makes the present interface the released one: with a release, or with a new SONAME"""

import argparse
import pathlib
import sys

import abi_compare
import abi_extract
import abi_record


def differences(old, new):
    """Lines in which two records differ, as a person reads them."""
    old_lines, new_lines = old.splitlines(), new.splitlines()
    gone, come = set(old_lines) - set(new_lines), set(new_lines) - set(old_lines)
    return [f"no longer: {line.strip()}" for line in old_lines if line in gone] + [
        f"new: {line.strip()}" for line in new_lines if line in come
    ]


def check_present(record, now, how):
    if not record.exists():
        return [f"{record} is missing", how]
    stale = differences(record.read_text(encoding="utf-8"), abi_record.render(now))
    return stale + [f"{record.name} is not what headers and library say; {how}"] if stale else []


def check_released(record, now):
    if not record.exists():
        return []
    released = abi_record.parse(record.read_text(encoding="utf-8"))
    if released["soname"] != now["soname"]:
        return []  # another library: it may do as it likes
    return [f"breaks callers of the released library: {broken}"
            for broken in abi_compare.breaks(released, now)]


def check_manual(path, now, how):
    """The manual tells which structs grow and how; each must stand in the row of its kind."""
    if path is None:
        return []
    text = path.read_text(encoding="utf-8")
    wrong = []
    for growth, names in abi_record.by_growth(now).items():
        rows = [line for line in text.splitlines() if line.startswith(f"| {growth} |")]
        told = set(abi_record.names_in(rows[0])) if len(rows) == 1 else set()
        wrong += [f"{path.name} does not tell that {name} is {growth}" for name in sorted(set(names) - told)]
        wrong += [f"{path.name} tells that {name} is {growth}, which it is not" for name in sorted(told - set(names))]
    return wrong + [how] if wrong else []


def write_manual(path, now):
    lines = path.read_text(encoding="utf-8").splitlines()
    for growth, names in abi_record.by_growth(now).items():
        for i, line in enumerate(lines):
            if line.startswith(f"| {growth} |"):
                meaning = line.split("|")[2].strip()
                lines[i] = f"| {growth} | {meaning} | {', '.join(f'`{name}`' for name in names)} |"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--readelf", default="readelf")
    parser.add_argument("--library", required=True)
    parser.add_argument("--record", type=pathlib.Path, required=True)
    parser.add_argument("--released", type=pathlib.Path, required=True)
    parser.add_argument("--manual", type=pathlib.Path)
    parser.add_argument("--how", default="run this with --update", help="what to run, for the complaint")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--release", action="store_true")
    parser.add_argument("roots", nargs="+", help="include directories")
    arguments = parser.parse_args()

    now, complaints = abi_extract.extract(arguments)
    complaints += abi_compare.unsound(now)
    complaints += check_released(arguments.released, now)
    if arguments.release and not complaints:
        arguments.released.write_text(abi_record.render(now), encoding="utf-8")
    if arguments.update or arguments.release:
        arguments.record.write_text(abi_record.render(now), encoding="utf-8")
        if arguments.manual:
            write_manual(arguments.manual, now)
    complaints += check_present(arguments.record, now, arguments.how)
    complaints += check_manual(arguments.manual, now, arguments.how)
    print("\n".join(complaints) or f"{now['soname']}: {abi_record.summary(now)}, as recorded")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
