#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs berth beside its peers on the same instances in one run, and writes Markdown tables of times, values and bounds.

usage: compare.py BUILD [--families F...] [--sizes N...] [--seeds S...] [--goal GOAL] [--time-limit SECONDS]
       [--peers P...] [--data FOLDER] [-o FILE]

BUILD is a build directory of berth (its command is BUILD/cli/berth). Peers: glpk, cbc, highs, cp-sat on the plain model of
generated clusters (plain_model.py), btrplace and ganeti on the instances in --data (a folder with btrplace/ and ganeti/), and
vectorpack, where the other side is the known optimum. A peer that is not installed is named as skipped. Everything runs alone,
one process after the other, one thread each.

Times: of berth the whole command (median of --runs where it is shorter than 2 s), writing the plan included; of the peers their
solver alone: starting Python or Java, building the model and reading the instance are not counted, though glpsol and cbc
read their file. The schedule is part of berth's answer only. BUILD must be a release build."""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import btrplace_peer
import btrplace_to_berth
import ganeti_to_berth
import hbal_peer
import peer_run
import plain_solvers
import vectorpack_to_berth
from peer_run import Answer, Level

FAMILIES = ("plain", "fragmented", "tight", "affinity", "heterogeneous", "unique")
PEERS = (*plain_solvers.SOLVERS, "btrplace", "ganeti", "vectorpack")
BUILDING = 600  # seconds that building a plain model may take on top of the limit
BTRPLACE = ("nr-r3-p5000-c0-1", "nr-r3-p5000-c100-1", "li-r3-p5000-c0-1", "issue-131-0", "issue-131-1", "issue-131-2",
            "min-migrations", "swap-needs-intermediate-hop", "standby-host-must-boot", "issue68-source-overload")
EVACUATE = ("evacuate-needs-a-move", "off40", "off200")
SQUEEZE = ("squeeze-loses-n1", "sq20")


# ---------------------------------------------------------------------------------- words


def amount(seconds):
    return "–" if seconds is None else f"{seconds:,.3f}" if seconds < 10 else f"{seconds:,.1f}"


def ratio(peer, berth):
    if not peer or not berth:
        return "–"
    return f"{peer / berth:,.1f} ×" if peer < 100 * berth else f"{peer / berth:,.0f} ×"


def levels_text(levels):
    """Levels that are neither 0 nor proved, shortly: name value, and (≥ bound) where they are not proved."""
    parts = []
    for level in levels:
        if level.value is None:
            return "no solution"
        if level.value or not level.proved:
            bound = "" if level.proved else f" (≥ {'?' if level.bound is None else level.bound})"
            parts.append(f"{level.name} {level.value}{bound}")
    return ", ".join(parts) or "all 0"


def against(peer, berth):
    """How berth's values stand to the peer's, by the first level where they differ. Up to there both bounds hold for both;
    a proved bound above the other's value means that one of the two is wrong."""
    theirs = {level.name: level for level in peer.levels}
    if any(level.value is None for level in peer.levels):
        return "answers alone"
    for own in (level for level in berth.levels if level.name in theirs):
        other = theirs[own.name]
        if (other.bound or 0) > own.value or own.bound > other.value:
            return f"**CONTRADICTION** at {own.name}: bounds {own.bound} and {other.bound}"
        if other.value != own.value:
            return f"{'better' if own.value < other.value else '**WORSE**'} at {own.name}: {own.value} to {other.value}"
    return "equal"


def proof_ratio(peer, berth):
    """Time to the proof of all levels, the peer's over berth's."""
    if not berth.proved:
        return "**only the peer proves**" if peer.proved else "neither proves"
    return ratio(peer.seconds, berth.seconds) if peer.proved else f"≥ {ratio(peer.seconds, berth.seconds)}"


class Report:
    """Collects tables, and shows each row on standard error as it comes."""

    def __init__(self):
        self.lines = []

    def say(self, text=""):
        self.lines.append(text)
        print(text, file=sys.stderr, flush=True)

    def table(self, *titles):
        self.say()
        self.row(*titles)
        self.say("|" + "---|" * len(titles))

    def row(self, *cells):
        self.say("| " + " | ".join(str(cell) for cell in cells) + " |")


# --------------------------------------------------------------------- plain model, generated


def generate(berth, family, hosts, seed, arguments, path):
    """An inventory; failover fails 1 % of the hosts, at least one; evacuate empties the first host."""
    failed = max(1, hosts // 100) if arguments.goal == "failover" else 0
    command = [berth, "generate", "--family", family, "--hosts", hosts, "--vms", hosts * arguments.vms_per_host,
               "--failed", failed, "--seed", seed, "-o", path]
    subprocess.run([str(word) for word in command], check=True)
    return ["--maintenance", "esx00001"] if arguments.goal == "evacuate" else []


def plain_answer(solver, inventory, changes, arguments):
    """One peer on the plain model, in a process of its own. What it said before it was ended counts."""
    here = pathlib.Path(__file__).resolve().parent
    run = peer_run.run_limited([sys.executable, "-B", here / "plain_model.py", inventory, "--solver", solver, "--goal",
                                arguments.goal, "--time-limit", arguments.time_limit, *changes],
                               2 * arguments.time_limit + BUILDING)
    lines = [line for line in run.out.splitlines() if line.startswith("{")]
    if not lines:
        return Answer(solver, note="ended" if run.ended else peer_run.last_line(run.err)), None
    said = json.loads(lines[-1])
    levels = [Level(level["name"], level["value"], level["bound"]) for level in said["levels"]]
    return Answer(solver, said["seconds"], levels, said["note"]), said["first"]


def compare_plain(berth, solvers, arguments, report, folder):
    report.say("\n## Plain model\n")
    report.say(f"Goal {arguments.goal}, {arguments.vms_per_host} VMs a host, limit {arguments.time_limit} s for each. "
               "Levels that are 0 and proved are left out; (≥ n) is what is proved where the value is not.")
    report.table("instance", "solver", "time, s", "all levels proved", "values", "time to proof / berth's",
                 "berth against it")
    for family in arguments.families:
        for hosts in arguments.sizes:
            for seed in arguments.seeds:
                compare_instance(berth, solvers, arguments, report, folder, (family, hosts, seed))


def compare_instance(berth, solvers, arguments, report, folder, which):
    family, hosts, seed = which
    name = f"{family} {hosts} #{seed}"
    path = pathlib.Path(folder) / "generated.xml"
    changes = generate(berth, family, hosts, seed, arguments, path)
    own = peer_run.berth_answer(berth, path, [*changes, "--goal", arguments.goal, "--threads", "1"],
                                arguments.time_limit, arguments.runs)
    report.row(name, "berth", amount(own.seconds), "yes" if own.proved else "no",
               own.note or levels_text(own.levels), "1", "")
    for solver in solvers:
        answer, first = plain_answer(solver, path, changes, arguments)
        if not answer.levels:
            report.row(name, solver, amount(answer.seconds), "no", answer.note, "–", "answers alone")
            continue
        seconds = amount(answer.seconds) + ("" if first is None else f" (first {amount(first)})")
        values = levels_text(answer.levels) + (f"; {answer.note}" if answer.note else "")
        report.row(name, solver, seconds, "yes" if answer.proved else "no", values, proof_ratio(answer, own),
                   against(answer, own))


# ------------------------------------------------------------------------------- foreign instances


def wanted(names, arguments):
    """Those that --instances leaves."""
    return [name for name in names if not arguments.instances or name in arguments.instances]


def converted(module, source, folder):
    path = pathlib.Path(folder) / "converted.xml"
    with open(path, "w", encoding="utf-8") as output:
        module.convert(source, output)
    return path


def compare_btrplace(berth, arguments, report, folder):
    report.say("\n## BtrPlace\n\nGoal repair. BtrPlace with and without its repair mode; the better one counts.")
    report.table("instance", "berth, s", "berth", "BtrPlace, s", "BtrPlace", "time / berth's")
    for name in wanted(BTRPLACE, arguments):
        source = next((arguments.data / "btrplace").glob(f"{name}.json*"), None)
        if source is None:
            report.row(name, "–", "no such file", "–", "–", "–")
            continue
        own = peer_run.berth_answer(berth, converted(btrplace_to_berth, source, folder), ["--goal", "repair"],
                                    arguments.time_limit, arguments.runs)
        for repair in (True, False):
            said = btrplace_peer.solve(source, arguments.time_limit, repair=repair)
            report.row(name, amount(own.seconds), describe(own), amount(said.get("seconds")),
                       ("repair mode: " if repair else "") + btrplace_peer.describe(said),
                       "–" if own.note else at_least("error" in said) + ratio(said.get("seconds"), own.seconds))


def at_least(unfinished):
    return "≥ " if unfinished else ""


def describe(answer):
    """One line on a plan of berth."""
    restarted = answer.steps.get("restart", 0) + answer.steps.get("power-on", 0)
    text = f"{restarted} restarted, {answer.steps.get('migrate', 0)} migrations"
    if answer.steps.get("power-down"):
        text += f", {answer.steps['power-down']} hosts off"
    return answer.note or text + f"; {levels_text(answer.levels)}" + ("" if answer.proved else "; not proved")


def compare_ganeti(berth, arguments, report, folder):
    report.say("\n## Ganeti htools")
    report.say("\nhsqueeze leaves room on each host, so berth stands beside it with and without spare hosts.")
    report.table("instance", "tool", "tool, s", "tool says", "berth, s", "berth", "time / berth's")
    for names, tool, asked in ((EVACUATE, "hbal", ["--goal", "failover"]),
                               (SQUEEZE, "hsqueeze", ["--goal", "consolidate"]),
                               (SQUEEZE, "hsqueeze", ["--goal", "consolidate", "--keep-failures", "1"])):
        for name in wanted(names, arguments):
            source = arguments.data / "ganeti" / f"{name}.data"
            own = peer_run.berth_answer(berth, converted(ganeti_to_berth, source, folder), asked,
                                        arguments.time_limit, arguments.runs)
            row_of_tool(report, tool, source, own, arguments)


def row_of_tool(report, tool, source, own, arguments):
    try:
        said = hbal_peer.solve(tool, source, max(arguments.time_limit, arguments.tool_limit))
    except hbal_peer.Missing as why:
        said = {"error": f"skipped: {why}"}
    seconds = said.pop("seconds", None)
    text = said.get("error") or ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in said.items())
    report.row(source.stem, tool, amount(seconds), text, amount(own.seconds), describe(own),
               "–" if own.note else at_least("error" in said) + ratio(seconds, own.seconds))


def compare_vectorpack(berth, arguments, report, folder):
    report.say("\n## Vector packing triplets\n\nGoal consolidate; the optimum is a third of the number of VMs.")
    report.table("instance", "dimensions", "optimum", "berth, s", "hosts on", "bound", "proved")
    for source in sorted((arguments.data / "vectorpack").glob("*.vbp")):
        capacities, items = vectorpack_to_berth.read_instance(source)
        if len(items) > arguments.largest_triplet or not wanted([source.stem], arguments):
            continue
        for dimensions in sorted({2, len(capacities)}):
            path = pathlib.Path(folder) / "converted.xml"
            with open(path, "w", encoding="utf-8") as output:
                vectorpack_to_berth.convert(source, output, dimensions)
            own = peer_run.berth_answer(berth, path, ["--goal", "consolidate"], arguments.time_limit, 1)
            level = next((level for level in own.levels if level.name == "hosts.on"), None)
            if level is None:
                report.row(source.stem, dimensions, len(items) // 3, amount(own.seconds), own.note, "–", "–")
            else:
                report.row(source.stem, dimensions, len(items) // 3, amount(own.seconds), level.value, level.bound,
                           "yes" if level.proved else "no")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--families", nargs="*", default=FAMILIES, choices=FAMILIES)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 30, 100, 300], help="numbers of hosts")
    parser.add_argument("--vms-per-host", type=int, default=20)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--goal", default="failover", choices=("failover", "evacuate", "consolidate"))
    parser.add_argument("--time-limit", type=int, default=300)
    parser.add_argument("--tool-limit", type=int, default=600, help="htools take no limit; they are ended after this")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peers", nargs="*", default=PEERS, choices=PEERS)
    parser.add_argument("--instances", nargs="+", help="of the foreign ones only these, named without suffix")
    parser.add_argument("--largest-triplet", type=int, default=501)
    parser.add_argument("--data", type=pathlib.Path, help="folder with btrplace/, ganeti/ and vectorpack/")
    parser.add_argument("-o", "--output", type=pathlib.Path)
    arguments = parser.parse_args()
    berth = arguments.build.resolve() / "cli" / "berth"
    report = Report()
    report.say(f"{peer_run.machine()}.")
    solvers = []
    for name in (name for name in arguments.peers if name in plain_solvers.SOLVERS):
        reason = plain_solvers.missing(name)
        if reason:
            report.say(f"Skipped: {name}: {reason}.")
        else:
            solvers.append(name)
    with tempfile.TemporaryDirectory() as folder:
        if any(name in plain_solvers.SOLVERS for name in arguments.peers):
            compare_plain(berth, solvers, arguments, report, folder)
        compare_foreign(berth, arguments, report, folder)
    if arguments.output:
        arguments.output.write_text("\n".join(report.lines) + "\n", encoding="utf-8")


def compare_foreign(berth, arguments, report, folder):
    comparisons = {"btrplace": compare_btrplace, "ganeti": compare_ganeti, "vectorpack": compare_vectorpack}
    for name in (name for name in arguments.peers if name in comparisons):
        if arguments.data is None or not (arguments.data / name).is_dir():
            report.say(f"\nSkipped: {name}: no --data folder with {name}/.")
            continue
        try:
            if name == "btrplace":
                btrplace_peer.build(btrplace_peer.CLASSES)
            comparisons[name](berth, arguments, report, folder)
        except btrplace_peer.Missing as why:
            report.say(f"\nSkipped: {name}: {why}.")


if __name__ == "__main__":
    main()
