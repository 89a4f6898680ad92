#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mutation testing of the checker and of the solver's core: see README.md beside it.

    mutate.py prepare WORK              build, measure the suite, see which piece runs which line
    mutate.py run WORK GROUP COUNT      a sample of COUNT mutants of the group (checker, solver); what is known is not repeated
    mutate.py again WORK [NAME...]      survivors once more, after new tests and a new `prepare`; of files whose name begins so
    mutate.py table WORK                what came of it, a row a file
    mutate.py show WORK [NAME...]       the survivors as edits, with the lines about them
"""
from __future__ import annotations

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import sys
import threading

import mutant_bench
import mutation_points

ROOT = pathlib.Path(__file__).resolve().parents[2]
GROUPS = {
    "checker": ["model/verify.c", "model/check_*.c", "model/node_packing.c", "model/migration_time.c"],
    "solver": [f"solver/{name}.c" for name in (
        "placement", "sequence", "move_order", "schedule", "component_solve", "exact_ladder", "integer_program", "program_*", "pattern_*",
        "column_generation", "knapsack", "content_model", "cheap_bounds", "makespan_bound", "reconfiguration_search", "components",
        "admission", "node_split", "survival", "serving")],
}
ENDS = ("equivalent", "test", "assertion", "time", "survived")


def files_of(group: str) -> list[str]:
    return sorted({str(path.relative_to(ROOT)) for pattern in GROUPS[group] for path in ROOT.glob(pattern)})


class Judge:
    """Tries mutants, cheapest and deadliest pieces first."""

    def __init__(self, bench: mutant_bench.Bench, results: pathlib.Path):
        self.bench, self.results, self.lock = bench, results, threading.Lock()
        self.known = {}
        if results.exists():
            for line in results.read_text().splitlines():
                record = json.loads(line)
                self.known[record["name"]] = record
        self.kills: collections.Counter = collections.Counter()
        self.tries: collections.Counter = collections.Counter()
        for record in self.known.values():
            self.count(record["file"], record.get("tried", []), record.get("by"))

    def count(self, file: str, tried: list[str], killer: str | None) -> None:
        for name in tried:
            self.tries[file, name] += 1
        if killer:
            self.kills[file, killer] += 1

    def keep(self, record: dict) -> None:
        with self.lock:
            self.known[record["name"]] = record
            self.count(record["file"], record.get("tried", []), record.get("by"))
            with open(self.results, "a") as output:
                output.write(json.dumps(record) + "\n")
            print(f"{record['end']:10} {record['name']}  {record.get('by') or ''}", flush=True)

    def order(self, point) -> list[str]:
        lines = set(range(point.first_line, point.last_line + 1))
        able = [n for n, p in self.bench.pieces.items() if p["lines"].get(point.file, set()) & lines]

        def worth(name: str) -> float:
            hope = (self.kills[point.file, name] + 0.3) / (self.tries[point.file, name] + 1)
            return hope / (self.bench.pieces[name]["cpu"] + 0.05)

        return sorted(able, key=worth, reverse=True)

    def first_kill(self, names: list[str], folder: pathlib.Path, tried: list[str] | None = None) -> tuple[str, dict] | None:
        for name in names:
            if tried is not None:
                tried.append(name)
            piece = self.bench.pieces[name]
            times = 2 if name.partition(" ")[0].rpartition("/")[2] in mutant_bench.CLOCKED else 1
            for _ in range(times):
                result = self.bench.run(self.bench.command_of(name), folder, 10 * piece["cpu"] + 2, 90 + 30 * piece["cpu"])
                if not result["failed"]:
                    break
            else:
                return name, result
        return None

    def judge(self, point, folder: pathlib.Path) -> None:
        source = (ROOT / point.file).read_bytes()
        changed = folder / pathlib.Path(point.file).name
        folder.mkdir(parents=True, exist_ok=True)
        changed.write_bytes(point.apply(source))
        record = {"name": point.name, "file": point.file, "line": point.line, "operator": point.operator, "before": point.before,
                  "after": point.after}
        self.keep(record | self.end_of(point, changed, folder))

    def end_of(self, point, changed: pathlib.Path, folder: pathlib.Path) -> dict:
        released, plain, asserting = folder / "released.o", folder / "plain.o", folder / "asserting.o"
        if not self.bench.compile(point.file, "release", released, changed):
            return {"end": "invalid"}
        changed.write_bytes((ROOT / point.file).read_bytes())
        self.bench.compile(point.file, "release", plain, changed)
        if plain.read_bytes() == released.read_bytes():
            return {"end": "equivalent"}
        changed.write_bytes(point.apply((ROOT / point.file).read_bytes()))
        self.bench.compile(point.file, "assertions", asserting, changed)
        self.bench.link("assertions", folder / "a", {point.file: asserting})
        tried: list[str] = []
        names = self.order(point)
        killed = self.first_kill(names, folder / "a", tried)
        if killed is None:
            return {"end": "survived", "tried": tried, "covered": bool(names)}
        name, result = killed
        if result["late"]:
            return {"end": "time", "by": name, "tried": tried}
        if not self.asserted(result["log"]):
            return {"end": "test", "by": name, "tried": tried}
        self.bench.link("release", folder / "r", {point.file: released})
        again = self.first_kill([name] + [n for n in names if n != name], folder / "r")
        if again is None:
            return {"end": "assertion", "by": name, "tried": tried}
        return {"end": "time" if again[1]["late"] else "test", "by": again[0], "asserted": name, "tried": tried}

    @staticmethod
    def asserted(log: pathlib.Path) -> bool:
        return "Assertion `" in log.read_text(errors="replace")

    def all(self, points: list, jobs: int) -> None:
        folders = [self.bench.work / f"bench-{os.getpid()}-{i}" for i in range(jobs)]

        def one(point) -> None:
            with self.lock:
                folder = folders.pop()
            try:
                self.judge(point, folder)
            finally:
                with self.lock:
                    folders.append(folder)

        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            list(pool.map(one, points))


def points_of(group: str) -> dict[str, list]:
    return {file: mutation_points.points_of(file, (ROOT / file).read_bytes()) for file in files_of(group)}


def survivors(judge: Judge, names: list[str]) -> list:
    wanted = {n for n, r in judge.known.items()
              if (r["end"] == "survived" and n.startswith(tuple(names or [""]))) or n in names}
    points = [p for group in GROUPS for of_file in points_of(group).values() for p in of_file]
    found, seen = [], set()
    for point in points:
        if point.name in wanted and point.name not in seen:
            seen.add(point.name)
            found.append(point)
    return found


def table(judge: Judge) -> None:
    for group in GROUPS:
        rows = {file: collections.Counter(r["end"] for r in judge.known.values() if r["file"] == file) for file in files_of(group)}
        rows = {file: row for file, row in rows.items() if row}
        rows["**together**"] = sum(rows.values(), collections.Counter())
        print(f"\n| {group} | mutants | " + " | ".join(ENDS) + " | killed |\n|---|" + "--:|" * (len(ENDS) + 2))
        for file, row in rows.items():
            count = sum(row[e] for e in ENDS)
            live = count - row["equivalent"]
            share = f"{100 * (live - row['survived']) / live:.1f} %" if live else "-"
            print(f"| {file} | {count} | " + " | ".join(str(row[e]) for e in ENDS) + f" | {share} |")


def show(judge: Judge, names: list[str]) -> None:
    for point in survivors(judge, names):
        lines = (ROOT / point.file).read_text().split("\n")
        print(f"\n=== {point.name}   {point.before!r} -> {point.after!r}")
        for number in range(max(1, point.line - 6), min(len(lines), point.last_line + 4)):
            print(f"{'>' if number == point.line else ' '}{number:5} {lines[number - 1]}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("deed", choices=("prepare", "run", "again", "table", "show"))
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("rest", nargs="*")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="all of the suite, not only slices of the brute force")
    arguments = parser.parse_args()
    counted = [file for group in GROUPS for file in files_of(group)]
    bench = mutant_bench.Bench(ROOT, arguments.work, counted)
    arguments.work.mkdir(parents=True, exist_ok=True)
    judge = Judge(bench, arguments.work / "results.jsonl")
    if arguments.deed == "table":
        table(judge)
        return 0
    if arguments.deed == "show":
        show(judge, arguments.rest)
        return 0
    bench.configure()
    if arguments.deed == "prepare":
        bench.build(arguments.jobs)
    bench.find_pieces(arguments.all)
    bench.cover()
    if arguments.deed == "run":
        points = mutation_points.sample(points_of(arguments.rest[0]), int(arguments.rest[1]), arguments.seed)
        judge.all([p for p in points if p.name not in judge.known], arguments.jobs)
    elif arguments.deed == "again":
        judge.all(survivors(judge, arguments.rest), arguments.jobs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
