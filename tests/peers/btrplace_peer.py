#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds and runs the BtrPlace scheduler (the Maven project in btrplace_peer/) on an instance of its own format.

usage: btrplace_peer.py INSTANCE.json[.gz] [--time-limit SECONDS] [--first] [--repair] [--classes FOLDER]

Prints one line of JSON: the time of its solver alone, whether it has a plan and its search is complete (so the plan is the
best by its own measure, the mean time to repair), and the actions by kind. What it has built is kept in --classes.
BtrPlace asks what berth asks with goal repair, but minimises the sum of the ends of actions, not migrations."""

import argparse
import json
import pathlib
import shutil
import sys
import tempfile

import peer_run

PROJECT = pathlib.Path(__file__).resolve().parent / "btrplace_peer"
CLASSES = pathlib.Path(tempfile.gettempdir()) / "berth-btrplace-peer"


class Missing(Exception):
    """It cannot be run here; why."""


def build(classes):
    """Compiles once, outside of the tree of sources; needs the network the first time."""
    for command in ("mvn", "java"):
        if not shutil.which(command):
            raise Missing(f"command {command} is not installed")
    built = classes / "target" / "classes" / "BtrplacePeer.class"
    newest = max(path.stat().st_mtime for path in PROJECT.rglob("*") if path.is_file())
    if built.exists() and built.stat().st_mtime > newest:
        return
    shutil.copytree(PROJECT, classes, dirs_exist_ok=True)
    run = peer_run.run_limited(["mvn", "-q", "-B", "-f", classes / "pom.xml", "package"], 600)
    if run.code != 0:
        errors = [line for line in run.out.splitlines() if "ERROR" in line]
        raise Missing(f"Maven cannot build it: {errors[0][:200] if errors else peer_run.last_line(run.out + run.err)}")


def solve(instance, limit, first=False, repair=False, classes=CLASSES):
    """What BtrPlace says of an instance; `wall` is the time of the whole process."""
    build(classes)
    command = ["java", "-Xmx8g", "-Xss256m", "-cp", f"{classes}/target/classes:{classes}/target/lib/*", "BtrplacePeer", instance,
               int(limit), "first" if first else "best", *(["repair"] if repair else [])]
    run = peer_run.run_limited(command, 2 * limit + 60)
    lines = [line for line in run.out.splitlines() if line.startswith("{")]
    if not lines:
        thrown = [line for line in run.err.splitlines() if line.startswith("Exception in ")]
        reason = "ended at the limit" if run.ended else peer_run.last_line(thrown[0] if thrown else run.err)
        return {"error": reason, "seconds": run.seconds, "wall": run.seconds}
    return json.loads(lines[-1]) | {"wall": run.seconds}


def describe(said):
    """One line on a plan of BtrPlace."""
    if "error" in said:
        return said["error"][:160]
    if not said["plan"]:
        return "says there is no solution" if said["completed"] else "no plan within the limit"
    actions = said["actions"]
    text = f"{actions.get('BootVM', 0)} restarted, {actions.get('MigrateVM', 0)} migrations"
    if actions.get("BootNode"):
        text += f", {actions['BootNode']} woken"
    return text + (", search complete" if said["completed"] else ", not proved")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("instance")
    parser.add_argument("--time-limit", type=int, default=60)
    parser.add_argument("--first", action="store_true", help="the first plan is enough")
    parser.add_argument("--repair", action="store_true", help="only the VMs that it takes for misplaced may move")
    parser.add_argument("--classes", type=pathlib.Path, default=CLASSES)
    arguments = parser.parse_args()
    try:
        print(json.dumps(solve(arguments.instance, arguments.time_limit, arguments.first, arguments.repair,
                               arguments.classes)))
    except Missing as why:
        sys.exit(f"skipped: {why}")


if __name__ == "__main__":
    main()
