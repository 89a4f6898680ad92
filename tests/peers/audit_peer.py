#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts berth audit beside hcheck, and berth capacity beside hspace, on clusters in Ganeti's text format, in one run.

usage: audit_peer.py --berth COMMAND CLUSTER.data... [--time-limit SECONDS] [--flavour MEMORY_MIB,CPUS]

hcheck asks whether each node, were it to fail, could be evacuated by moves of its own greedy search; berth audit whether there is
a plan for the failure of each host, and proves it where there is none. hspace fills the cluster with instances of one size as long
as its checks of N+1 pass; berth capacity tells the most that fit while any one failure stays survivable, with a proved bound. Ganeti's
instances need disk; the external template needs none, nor does the flavour. In their tests of N+1 both tools count memory (and
disk) only, while hspace itself places within the ratio of virtual CPUs; so berth is asked twice, with CPU as Ganeti's policy limits it and
with memory alone. Each line of JSON has wall times of the whole commands and what they say."""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import peer_run

HERE = pathlib.Path(__file__).resolve().parent


def facts_of(run, prefix):
    return dict(re.findall(rf"^{prefix}_(\w+)=(\S+)$", run.out, re.MULTILINE))


def hcheck(path, limit):
    """Nodes that it could not evacuate."""
    run = peer_run.run_limited(["hcheck", "-t", path, "--no-simulation", "--machine-readable"], limit)
    if run.ended:
        return {"seconds": round(run.seconds, 3), "error": "ended at the limit"}
    facts = facts_of(run, "HCHECK")
    return {"seconds": round(run.seconds, 3), "not_evacuable": facts.get("INIT_CLUSTER_GN1_FAIL")}


def audit(berth, inventory, limit):
    """Sets of one failure by what they come to."""
    run = peer_run.run_limited([berth, "audit", inventory, "--failures", "1", "--format", "json", "--time-limit", f"{limit}s"],
                               2 * limit)
    if run.ended:
        return {"seconds": round(run.seconds, 3), "error": "ended at the limit"}
    sizes = [cluster["sizes"][1] for cluster in json.loads(run.out)["clusters"] if len(cluster["sizes"]) > 1]
    keys = ("sets", "restarts", "wakes", "migrations", "wakesAndMigrations", "undecided", "lost")
    return {"seconds": round(run.seconds, 3)} | {key: sum(size[key] for size in sizes) for key in keys}


def hspace(path, limit, memory, cpus):
    """Instances that it places, N+1 checked."""
    run = peer_run.run_limited(["hspace", "-t", path, "--machine-readable", "--disk-template=ext",
                                f"--standard-alloc=1024,{memory},{cpus}"], limit)
    if run.ended:
        return {"seconds": round(run.seconds, 3), "error": "ended at the limit"}
    return {"seconds": round(run.seconds, 3), "placed": facts_of(run, "HTS").get("ALLOC_INSTANCES")}


def capacity(berth, inventory, limit, memory, cpus):
    """What berth capacity says, as it says it."""
    run = peer_run.run_limited([berth, "capacity", inventory, "--flavour", f"cpu={cpus},memory={memory},vcpus={cpus}",
                                "--keep-failures", "1", "--format", "json", "--time-limit", f"{limit}s"], 2 * limit)
    if run.ended:
        return {"seconds": round(run.seconds, 3), "error": "ended at the limit"}
    clusters = json.loads(run.out)["clusters"]
    kept = [next(row for row in cluster["failures"] if row["survived"] == 1) for cluster in clusters]
    return {"seconds": round(run.seconds, 3), "survivable": sum(row["count"] or 0 for row in kept),
            "bound": sum(row["bound"] or 0 for row in kept), "as_it_is": sum(cluster["now"]["count"] or 0 for cluster in clusters)}


def without_cpu(inventory, path):
    """The same cluster where CPU is no limit."""
    text = re.sub(r' maxVcpus="\d+"', "", inventory.read_text(encoding="utf-8"))
    path.write_text(re.sub(r' cpuMhz="\d+"', ' cpuMhz="1000000000"', text), encoding="utf-8")
    return path


def main():
    """One line a cluster."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clusters", nargs="+")
    parser.add_argument("--berth", required=True)
    parser.add_argument("--time-limit", type=int, default=120)
    parser.add_argument("--flavour", default="4096,2")
    arguments = parser.parse_args()
    memory, cpus = arguments.flavour.split(",")
    for tool in ("hcheck", "hspace"):
        if not shutil.which(tool):
            sys.exit(f"skipped: command {tool} is not installed")
    for cluster in arguments.clusters:
        with tempfile.TemporaryDirectory() as name:
            inventory = pathlib.Path(name) / "cluster.xml"
            subprocess.run([sys.executable, HERE / "ganeti_to_berth.py", cluster, "-o", inventory], check=True)
            memory_only = without_cpu(inventory, pathlib.Path(name) / "memory.xml")
            limit, berth = arguments.time_limit, arguments.berth
            print(json.dumps({"cluster": pathlib.Path(cluster).stem, "hcheck": hcheck(cluster, limit),
                              "audit": audit(berth, inventory, limit),
                              "audit_memory": audit(berth, memory_only, limit),
                              "hspace": hspace(cluster, limit, memory, cpus),
                              "capacity": capacity(berth, inventory, limit, memory, cpus),
                              "capacity_memory": capacity(berth, memory_only, limit, memory, cpus)}), flush=True)


if __name__ == "__main__":
    main()
