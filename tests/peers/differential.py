#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mid-size clusters drawn at random, planned by berth and by the plain model on a second solver; any contradiction is told.

usage: differential.py BERTH COUNT SEED [--solver highs|cp-sat|glpk|cbc] [--referee ...] [--jobs N]

Instance SEED + i is the same whenever it is drawn. Up to the first level where the two differ, each one's bound holds for
the other. The plain model knows of no order of moves, so berth may need more than it, where berth has proved that by search
of all orders; where berth has proved nothing, the level is open. Solvers that reckon in floating point take
solutions for the best that are not: where one contradicts, another is asked, the referee, which reckons in integers if it is
CP-SAT; with berth and the referee of one mind the solver is refuted. Exit status 1 after a contradiction that stays.
"""

import argparse
import collections
import concurrent.futures
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import native_inventory
import peer_run
import plain_model
import plain_solvers

FAMILIES = ("plain", "fragmented", "tight", "affinity", "heterogeneous", "unique")
GOALS = ("failover", "evacuate", "repair", "consolidate", "defragment")
ORDERS = ("exhaustive search", "all wait for each other")  # proofs that speak of orders of moves
BERTH_SECONDS, PLAIN_SECONDS = 5, 10


def draw(seed):
    """Goal, arguments of `berth generate`, and what has changed since, as options of both."""
    source = random.Random(seed)
    goal, family = source.choice(GOALS), source.choice(FAMILIES)
    hosts = source.randint(4, 9)
    vms = hosts * source.randint(3, 6)
    failed = source.randint(1, 2) if goal == "failover" else 0
    arguments = ["--family", family, "--hosts", hosts, "--vms", vms, "--failed", failed, "--standby", source.randint(0, 2),
                 "--load-percent", source.randint(40, 95), "--seed", source.randrange(1 << 31)]
    leaving = []
    if goal == "evacuate" or (goal in ("repair", "consolidate") and source.random() < 0.3):
        leaving = [f"esx{source.randint(1, hosts):05d}"]
    return goal, arguments, leaving


def ask_berth(berth, inventory, goal, leaving, folder):
    """Levels with value and bound, and the proof of each; or a reason why there are none."""
    path = folder / "plan.json"
    changes = [word for host in leaving for word in ("--maintenance", host)]
    run = peer_run.run_limited([berth, "plan", inventory, "--goal", goal, "--format", "json", "-o", path, "--threads", 1,
                                "--time-limit", f"{BERTH_SECONDS}s", *changes], 10 * BERTH_SECONDS)
    if run.ended or run.code not in (0, 1, 2):
        return None, f"berth ended with {run.code}: {peer_run.last_line(run.err)}"
    plan, levels, _ = peer_run.read_plan(path)
    return [(level, proof["proof"]) for level, proof in zip(levels, plan["levels"])], ""


def ask_plain(solver, inventory, goal, leaving):
    """The optimum of each level; or a reason why it is not known."""
    try:
        clusters = native_inventory.read(inventory, None, [], leaving)
    except native_inventory.Unsupported as what:
        return None, f"not in the plain model: {what}"
    staged = plain_model.Staged(plain_model.build(clusters, goal), plain_solvers.SOLVERS[solver], PLAIN_SECONDS)
    proved = list(staged.stages())
    if len(proved) < len(staged.program.levels):
        return None, staged.note or "not proved in time"
    return staged.program.values(staged.solution), ""


def ask_referee(solver, inventory, goal, leaving):
    """The same in a process of its own: highspy and ortools bear no other HiGHS beside theirs."""
    changes = [word for host in leaving for word in ("--maintenance", host)]
    command = [sys.executable, str(pathlib.Path(plain_model.__file__)), inventory, "--solver", solver, "--goal", goal,
               "--time-limit", PLAIN_SECONDS, *changes]
    run = peer_run.run_limited(command, 10 * PLAIN_SECONDS)
    if run.ended or run.code != 0:
        return None, peer_run.last_line(run.err)
    last = json.loads(run.out.splitlines()[-1])
    if not last["proved"]:
        return None, last["note"] or "not proved in time"
    return {level["name"]: level["value"] for level in last["levels"]}, ""


def judge(own, other):
    """What the first difference means: (verdict, words)."""
    for level, proof in own:
        if level.name not in other:
            continue
        least = other[level.name]
        if level.value < least:
            return "CONTRADICTION", f"{level.name} is {level.value}, the plain optimum {least}"
        if level.bound > least and proof not in ORDERS:
            return "CONTRADICTION", f"{level.name} has bound {level.bound} ({proof}), the plain optimum is {least}"
        if level.value > least:
            what = "needs more for an order" if level.bound == level.value else "open"
            return what, f"{level.name} is {level.value}, bound {level.bound}; the plain optimum {least}"
        if level.bound < level.value:
            return "not proved", f"{level.name} is {level.value}, bound {level.bound}, the plain optimum too"
    return "equal and proved", ""


def refer(referee, own, words, question):
    """What stays of a contradiction."""
    other, why = ask_referee(referee, *question)
    again, why = judge(own, other) if other is not None else ("not decided", why)
    verdict = "CONTRADICTION" if again in ("not decided", "CONTRADICTION") else "solver refuted"
    return verdict, f"{words}; {referee}: {again} {why}"


def compare(task):
    """One instance, in a process of its own: (seed, verdict, words)."""
    berth, solver, referee, seed = task
    goal, arguments, leaving = draw(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        inventory = folder / "cluster.xml"
        subprocess.run([str(word) for word in (berth, "generate", *arguments, "-o", inventory)], check=True)
        own, why = ask_berth(berth, inventory, goal, leaving, folder)
        if own is None:
            return seed, "CONTRADICTION", f"{goal}: {why}"
        other, words = ask_plain(solver, inventory, goal, leaving)
        verdict, words = judge(own, other) if other is not None else ("skipped", words)
        if verdict == "CONTRADICTION":
            verdict, words = refer(referee, own, words, (inventory, goal, leaving))
    return seed, verdict, f"{goal}: {words}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("berth", type=pathlib.Path)
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("--solver", choices=sorted(plain_solvers.SOLVERS), default="highs")
    parser.add_argument("--referee", choices=sorted(plain_solvers.SOLVERS), default="cp-sat")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--tell", action="append", default=["CONTRADICTION", "solver refuted"],
                        help="tell instances of this verdict, too")
    arguments = parser.parse_args()
    for solver in (arguments.solver, arguments.referee):
        missing = plain_solvers.missing(solver)
        if missing:
            sys.exit(f"{solver}: {missing}")
    tasks = [(arguments.berth.resolve(), arguments.solver, arguments.referee, arguments.seed + i) for i in range(arguments.count)]
    verdicts = collections.Counter()
    with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
        for done, (seed, verdict, words) in enumerate(pool.map(compare, tasks, chunksize=4), 1):
            verdicts[verdict] += 1
            if verdict in arguments.tell:
                print(f"seed {seed}: {verdict}: {words}", flush=True)
            if done % 1000 == 0:
                print(f"{done}: {dict(verdicts)}", file=sys.stderr, flush=True)
    print(f"{arguments.count} from seed {arguments.seed}: {dict(sorted(verdicts.items()))}")
    return 1 if verdicts["CONTRADICTION"] else 0


if __name__ == "__main__":
    sys.exit(main())
