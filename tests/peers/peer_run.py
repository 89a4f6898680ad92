#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Running a command under a time limit, and reading a plan of berth: what all comparisons share."""

import json
import os
import pathlib
import signal
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass, field


@dataclass
class Run:
    """One finished (or ended) command. `seconds` is wall time of the whole process."""

    seconds: float
    code: int
    out: str
    err: str
    ended: bool  # by us, at the limit


def run_limited(command, limit, environment=None):
    """Runs a command; at the limit it and what it started are killed, and what it said until then stays."""
    start = time.monotonic()
    with tempfile.TemporaryFile("w+", errors="replace") as out, tempfile.TemporaryFile("w+", errors="replace") as err:
        with subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                              env=environment, start_new_session=True) as process:
            try:
                process.wait(limit)
                ended = False
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                ended = True
        seconds = time.monotonic() - start
        out.seek(0)
        err.seek(0)
        return Run(seconds, process.returncode, out.read(), err.read(), ended)


def last_line(text):
    """The last line that says anything; for one-line reasons."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"


@dataclass
class Level:
    """Value and proved lower bound of one level; None = unknown."""

    name: str
    value: int = None
    bound: int = None

    @property
    def proved(self):
        return self.value is not None and self.value == self.bound


@dataclass
class Answer:
    """What one solver said of one instance."""

    who: str
    seconds: float = None  # to the answer
    levels: list = field(default_factory=list)
    note: str = ""
    steps: dict = field(default_factory=dict)  # step type -> number

    @property
    def proved(self):
        return bool(self.levels) and all(level.proved for level in self.levels)

    def value(self, name):
        return next((level.value for level in self.levels if level.name == name), None)


def read_plan(path):
    """The levels but makespan, and the number of steps by type, of a plan in JSON."""
    plan = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    levels = [Level(level["name"], level["value"], level["bound"]) for level in plan["levels"]
              if level["name"] != "makespan"]
    steps = {}
    for step in plan["steps"]:
        steps[step["type"]] = steps.get(step["type"], 0) + 1
    return plan, levels, steps


def berth_answer(command, inventory, arguments=(), limit=60, runs=3, verify=True):
    """Plans with berth: the median wall time of the whole command, levels, steps. Long runs are not repeated."""
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "plan.json"
        while len(seconds) < (runs if not seconds or seconds[0] < 2 else 1):
            run = run_limited([command, "plan", inventory, "--format", "json", "-o", path,
                               "--time-limit", f"{limit}s", *arguments], 3 * limit + 60)
            if run.ended or run.code not in (0, 1, 2):
                return Answer("berth", run.seconds, note=f"no plan: {last_line(run.err)}")
            seconds.append(run.seconds)
        plan, levels, steps = read_plan(path)
        note = ""
        if verify:
            verdict = run_limited([command, "verify", inventory, path], 600)
            note = "" if verdict.code == 0 else f"NOT VERIFIED: {last_line(verdict.out + verdict.err)}"
    answer = Answer("berth", statistics.median(seconds), levels, note, steps)
    if plan["status"] == "unknown":
        answer.note = "status unknown"
    return answer


def machine():
    """Processor, cores and date, for the head of a table."""
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"{model}, {os.cpu_count()} cores, {time.strftime('%d %B %Y').lstrip('0')}"
