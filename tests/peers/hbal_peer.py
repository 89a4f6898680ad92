#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs Ganeti's htools on a cluster in their text format.

usage: hbal_peer.py hbal|hsqueeze CLUSTER.data [--time-limit SECONDS]

Prints one line of JSON with the wall time of the command and what it did:
  hbal      -E, only moves instances away from offline nodes: `evacuated` of `displaced`, `extra` moves of others
  hsqueeze  `hosts_on` at the end and the `moves` on the way, from the commands it proposes"""

import argparse
import json
import pathlib
import re
import shutil
import sys

import ganeti_to_berth
import peer_run

TOOLS = ("hbal", "hsqueeze")


class Missing(Exception):
    """It cannot be run here; why."""


def cluster_at(path):
    return ganeti_to_berth.Cluster(pathlib.Path(path).read_text(encoding="utf-8"))


def hbal(path, limit):
    cluster = cluster_at(path)
    off = {node[0] for node in cluster.nodes if node[7] == "Y"}
    displaced = {fields[0] for fields in cluster.instances if fields[6] in off}
    run = peer_run.run_limited(["hbal", "-E", "-t", path], limit)
    moves = re.findall(r"^\s*\d+\. (\S+)\s", run.out, re.MULTILINE)
    return run, {"displaced": len(displaced), "evacuated": len(displaced & set(moves)),
                 "extra": sum(name not in displaced for name in moves), "no_solution": "No solution" in run.out}


def hsqueeze(path, limit):
    run = peer_run.run_limited(["hsqueeze", "-t", path, "-C"], limit)
    online = sum(node[7] != "Y" for node in cluster_at(path).nodes)
    return run, {"hosts_on": online - len(re.findall(r"gnt-node power -f off", run.out)),
                 "moves": len(re.findall(r"gnt-instance (?:migrate|failover|replace-disks)", run.out))}


def solve(tool, path, limit):
    """What a tool does with a cluster, and its wall time."""
    if not shutil.which(tool):
        raise Missing(f"command {tool} is not installed")
    run, said = {"hbal": hbal, "hsqueeze": hsqueeze}[tool](path, limit)
    if run.ended:
        return {"seconds": round(run.seconds, 3), "error": "ended at the limit"}
    return {"seconds": round(run.seconds, 3)} | said


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tool", choices=TOOLS)
    parser.add_argument("cluster")
    parser.add_argument("--time-limit", type=float, default=300)
    arguments = parser.parse_args()
    try:
        print(json.dumps(solve(arguments.tool, arguments.cluster, arguments.time_limit)))
    except Missing as why:
        sys.exit(f"skipped: {why}")


if __name__ == "__main__":
    main()
