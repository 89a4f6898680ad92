#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares berth plan --rolling with hroller of Ganeti's htools on clusters in their text format.

usage: hroller_peer.py --berth COMMAND CLUSTER.data... [--time-limit SECONDS]

hroller --print-moves plans groups of nodes that can be rebooted together, and for each instance without a
secondary a node to go to; after each group all instances are moved back, so each costs two moves. It has no
limit of nodes at once: neither has berth here. Each line of JSON has rounds and moves of both, for berth
with fewest moves first and with fewest rounds first, and its proved bounds; every round of berth is given to
berth verify."""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import peer_run

HERE = pathlib.Path(__file__).resolve().parent


def hroller(path, limit):
    """Groups, and moves out and back."""
    run = peer_run.run_limited(["hroller", "-t", path, "--force", "--print-moves"], limit)
    if run.ended:
        return {"error": "ended at the limit"}
    lines = [line for line in run.out.splitlines() if line and not line.startswith("'")]
    groups = [line for line in lines if not line.startswith(" ")]
    moves = [line for line in lines if line.startswith(" ")]
    return {"seconds": round(run.seconds, 3), "rounds": len(groups), "nodes": sum(len(g.split(",")) for g in groups),
            "moves": 2 * len(moves)}


def verified(berth, inventory, rounds, folder):
    """How many rounds the checker accepts."""
    held = 0
    for one in rounds:
        plan = folder / "round.json"
        plan.write_text(json.dumps(one["plan"]), encoding="utf-8")
        held += subprocess.run([berth, "verify", inventory, plan], capture_output=True, check=False).returncode == 0
    return held


def rolling(berth, inventory, first, limit, folder):
    """What berth does, as many at once as it likes."""
    command = [berth, "plan", str(inventory), "--rolling", "100000", "--rolling-first", first, "--format", "json",
               "--time-limit", f"{limit}s"]
    run = peer_run.run_limited(command, 2 * limit)
    if run.ended:
        return {"error": "ended at the limit"}
    said = json.loads(run.out)
    return {"seconds": round(run.seconds, 3), "rounds": said["roundCount"]["value"],
            "rounds_bound": said["roundCount"]["bound"], "moves": said["moves"]["value"],
            "moves_bound": said["moves"]["bound"], "left": len(said["left"]),
            "verified": verified(berth, inventory, said["rounds"], folder)}


def main():
    """One line a cluster."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clusters", nargs="+")
    parser.add_argument("--berth", required=True)
    parser.add_argument("--time-limit", type=int, default=120)
    arguments = parser.parse_args()
    if not shutil.which("hroller"):
        sys.exit("skipped: command hroller is not installed")
    for cluster in arguments.clusters:
        with tempfile.TemporaryDirectory() as name:
            inventory = pathlib.Path(name) / "cluster.xml"
            subprocess.run([sys.executable, HERE / "ganeti_to_berth.py", cluster, "-o", inventory], check=True)
            print(json.dumps({"cluster": pathlib.Path(cluster).stem, "hroller": hroller(cluster, arguments.time_limit),
                              **{f"berth_{first}": rolling(arguments.berth, inventory, first, arguments.time_limit,
                                                           pathlib.Path(name)) for first in ("moves", "rounds")}}),
                  flush=True)


if __name__ == "__main__":
    main()
