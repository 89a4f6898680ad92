# SPDX-License-Identifier: Apache-2.0
"""A workplace for mutants: the library as one shared object with all its symbols, and every test program linked to it, so that a mutant
costs one compilation and one link. Two libraries: with assertions, and without as released; a third counts which piece of the suite
runs which line of the files in question."""
from __future__ import annotations

import concurrent.futures
import json
import os
import pathlib
import resource
import shlex
import shutil
import signal
import subprocess
import time

LIBRARY = "libmutant.so"
FOREIGN = "tests/foreign_xml.c"  # what unit tests share beside the library
FLAVOURS = {
    "assertions": ["-O1", "-UNDEBUG"],
    "release": ["-O2", "-DNDEBUG"],
    "coverage": ["-O0", "-UNDEBUG"],
}
LIBRARIES = ["-lglpk", "-lm", "-lhwloc", "-lxml2", "-ljansson", "-lz", "-pthread"]
PYTHON_TESTS = ["golden/test_datasets.py", "golden/test_generate.py"] + [
    f"cli/test_command_{name}.py" for name in ("results", "reports", "check", "audit", "capacity", "power", "rolling", "simulate",
                                               "timeline", "usage", "width", "opennebula")]
# Slices of the very seeds that matrix.test_brute_force takes.
BRUTE_FORCE = ["150 1", "250 151", "60 1 loads", "40 1 scaled", "60 1 contents", "150 1 numa", "40 1 loads numa", "40 1 numa contents"]
# tests/oom/fail_each: memory that runs out, at so many places of each deed.
OOM = [f"oom/fail_each {most} {deed}" for most, deed in (
    (150, "plan failover"), (150, "plan notified"), (100, "plan with a scenario"), (150, "plan stop-over"), (150, "plan nodes"),
    (100, "defragment"), (100, "consolidate"), (40, "rebalance"), (10, "search"), (100, "read plan"), (40, "power"), (40, "audit"),
    (100, "rolling"))]
SLOW = 2.0  # seconds; programs above it are run test by test
CLOCKED = {"test_solve_limits", "test_mip_cancel", "test_workers", "test_xml_pipeline", "test_batch_run"}  # a kill must repeat
LEFT_OUT = {"matrix/test_brute_force"}  # its seeds are taken by slices; --all adds it
MEMORY_MAX = 4 << 30


class Bench:
    def __init__(self, source: pathlib.Path, work: pathlib.Path, counted: list[str]):
        self.source, self.work, self.counted = source.resolve(), work.resolve(), counted
        self.pieces: dict[str, dict] = {}

    # ---------------------------------------------------------------- building

    def configure(self) -> None:
        build = self.work / "cmake"
        if not (build / "compile_commands.json").exists():
            subprocess.run(["cmake", "-S", self.source, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=None", "-DBERTH_MIP=glpk"],
                           check=True, stdout=subprocess.DEVNULL)
        else:
            subprocess.run(["cmake", build], check=True, stdout=subprocess.DEVNULL)
        self.read_commands()

    def read_commands(self) -> None:
        self.commands: dict[str, list[str]] = {}
        for entry in json.loads((self.work / "cmake/compile_commands.json").read_text()):
            file = str(pathlib.Path(entry["file"]).relative_to(self.source)) if entry["file"].startswith(str(self.source)) else ""
            if file and file not in self.commands:
                self.commands[file] = self.flags(shlex.split(entry["command"]))
        self.library = [f for f in self.commands if f.split("/")[0] in ("model", "solver", "io") and not f.endswith("_highs.c")]

    @staticmethod
    def flags(command: list[str]) -> list[str]:
        kept, skip = [], False
        for word in command:
            if skip:
                skip = False
            elif word in ("-o", "-c"):
                skip = True
            elif not word.startswith(("-W", "-fvisibility", "-fPIE")):
                kept.append(word)
        return kept + ["-w", "-g0", "-fPIC"]

    def compile(self, file: str, flavour: str, output: pathlib.Path, source: pathlib.Path | None = None, more=()) -> bool:
        output.parent.mkdir(parents=True, exist_ok=True)
        command = self.commands[file] + FLAVOURS[flavour] + list(more) + ["-o", str(output), "-c", str(source or self.source / file)]
        return subprocess.run(command, stderr=subprocess.DEVNULL, cwd=self.work).returncode == 0

    def object(self, file: str, flavour: str) -> pathlib.Path:
        if flavour == "coverage" and file not in self.counted:
            flavour = "assertions"
        return self.work / flavour / (file + ".o")

    def stale(self, file: str, flavour: str) -> bool:
        output = self.object(file, flavour)
        return not output.exists() or output.stat().st_mtime < (self.source / file).stat().st_mtime

    def link(self, flavour: str, folder: pathlib.Path, instead: dict[str, pathlib.Path], more=()) -> bool:
        objects = [str(instead.get(f, self.object(f, flavour))) for f in self.library]
        folder.mkdir(parents=True, exist_ok=True)
        command = ["cc", "-shared", "-fuse-ld=gold", "-o", folder / LIBRARY, *objects, *LIBRARIES, *more]
        return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0

    def build(self, jobs: int) -> None:
        wanted = [(f, flavour) for f in self.library for flavour in ("assertions", "release")]
        wanted += [(f, "coverage") for f in self.counted]
        wanted += [(f, "assertions") for f in self.commands if f.startswith(("cli/", "tests/unit/", "tests/matrix/", "tests/oom/", FOREIGN))]
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            tasks = [pool.submit(self.compile, f, flavour, self.object(f, flavour),
                                 more=["--coverage"] if flavour == "coverage" else [])
                     for f, flavour in wanted if self.stale(f, flavour)]
            assert all(task.result() for task in tasks), "does not compile"
            for flavour in FLAVOURS:
                assert self.link(flavour, self.work / flavour, {}, ["--coverage"] if flavour == "coverage" else []), flavour
            assert all(pool.map(self.link_program, self.programs())), "does not link"

    def programs(self) -> list[str]:
        names = [f[6:-2] for f in self.commands if f.startswith("tests/unit/test_")]
        names += [f[6:-2] for f in self.commands if f.startswith(("tests/matrix/test_", "tests/matrix/soak_brute_force"))]
        names += ["oom/fail_each"] if "tests/oom/fail_each.c" in self.commands else []
        return sorted(names) + ["cli"]

    def link_program(self, name: str) -> bool:
        if name == "cli":
            files = [f for f in self.commands if f.startswith("cli/")]
        else:
            files = [f"tests/{name}.c"]
        if name.startswith("unit/"):
            files.append(FOREIGN)
        if name.startswith("matrix/"):
            files += [f for f in self.commands if f.startswith("tests/matrix/") and not f[13:].startswith(("test_", "soak_"))]
        if name == "oom/fail_each":  # with a malloc of its own, which the libraries take too
            files += [f"tests/oom/{part}.c" for part in ("deeds", "session_deed", "failing_malloc")]
        output = self.work / "bin" / (name if name != "cli" else "berth")
        inputs = [self.object(f, "assertions") for f in files]
        if output.exists() and all(i.stat().st_mtime < output.stat().st_mtime for i in inputs):
            return True
        output.parent.mkdir(parents=True, exist_ok=True)
        return subprocess.run(["cc", "-fuse-ld=gold", "-o", output, *inputs, "-L", self.work / "assertions", "-lmutant", "-lcriterion",
                               *LIBRARIES, "-ldl"]).returncode == 0

    # ---------------------------------------------------------------- running

    def run(self, command: list[str], folder: pathlib.Path, cpu: float, wall: float, environment=None) -> dict:
        """Runs one piece with the library of `folder`; tells how it ended, and what it took."""
        values = dict(os.environ, LD_LIBRARY_PATH=str(folder), BERTH_COMMAND=str(self.work / "bin/berth"),
                      BERTH_SOURCE_DIR=str(self.source), XMLLINT="", GROFF="", CHROMIUM="", **(environment or {}))

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_CPU, (int(cpu) + 1, int(cpu) + 2))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if "GCOV_PREFIX" not in values:
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))

        log = folder / "output.txt"
        with open(log, "wb") as output:
            child = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env=values, cwd=folder,
                                     preexec_fn=limit, start_new_session=True)
            status, usage, late, end = None, None, False, time.monotonic() + wall
            while status is None:
                done, status_word, usage = os.wait4(child.pid, os.WNOHANG)
                if done:
                    status = os.waitstatus_to_exitcode(status_word)
                elif time.monotonic() > end or log.stat().st_size > 50_000_000:
                    late = True
                    os.killpg(child.pid, signal.SIGKILL)
                    _, status_word, usage = os.wait4(child.pid, 0)
                    status = os.waitstatus_to_exitcode(status_word)
                else:
                    time.sleep(0.01)
            child.returncode = status
            try:
                os.killpg(child.pid, signal.SIGKILL)  # what it left behind
            except ProcessLookupError:
                pass
        spent = usage.ru_utime + usage.ru_stime
        return {"failed": status != 0 or late, "late": late or spent > cpu, "cpu": spent, "log": log}

    def command_of(self, name: str) -> list[str]:
        program, _, rest = name.partition(" ")
        if program.endswith(".py"):
            return ["/usr/bin/env", "python3", "-B", str(self.source / "tests" / program), "-f"]
        path = str(self.work / "bin" / program)
        if "soak" in program:
            return [path, *rest.split()]
        if program == "oom/fail_each":
            most, _, deed = rest.partition(" ")
            return [path, str(self.source), "fail_each.output", most, deed]
        return [path, "-j1", "--quiet", "--fail-fast"] + (["--filter", rest] if rest else [])

    def find_pieces(self, everything: bool) -> None:
        """The pieces of the suite and the processor time of each; those that fail without a mutant are told of and not used."""
        kept = self.work / "pieces.json"
        known = json.loads(kept.read_text()) if kept.exists() else {}
        names = [f"matrix/soak_brute_force {seeds}" for seeds in BRUTE_FORCE] + PYTHON_TESTS + OOM
        names += [p for p in self.programs() if "/test_" in p and (everything or p not in LEFT_OUT)]
        for name in names:
            if name.endswith(".py") or (self.work / "bin" / name.partition(" ")[0]).exists():
                self.measure(name, known)
        kept.write_text(json.dumps(self.pieces, indent=1))
        self.pieces = {n: p for n, p in self.pieces.items() if not p["failed"]}

    def stamp(self, name: str) -> float:
        program = name.partition(" ")[0]
        path = self.source / "tests" / program if program.endswith(".py") else self.work / "bin" / program
        return path.stat().st_mtime

    def measure(self, name: str, known: dict) -> None:
        old = known.get(name)
        if old is not None and old["stamp"] == self.stamp(name):
            self.pieces[name] = old
            return
        parts = [n for n in known if n.startswith(name + " ") and known[n]["stamp"] == self.stamp(name)]
        if parts and "soak" not in name:
            self.pieces.update({n: known[n] for n in parts})
            return
        result = self.run(self.command_of(name), self.work / "assertions", 200, 600)
        split = result["cpu"] > SLOW and name.startswith(("unit/", "matrix/test_")) and " " not in name
        if split:
            for test in self.tests_of(name):
                self.measure(f"{name} {test}", known)
            return
        self.pieces[name] = {"cpu": result["cpu"], "failed": result["failed"], "stamp": self.stamp(name)}
        if result["failed"]:
            print(f"fails by itself, not used: {name}\n{result['log'].read_text(errors='replace')[-300:]}")

    def tests_of(self, name: str) -> list[str]:
        listing = subprocess.run([self.work / "bin" / name, "--list"], capture_output=True, text=True, check=True,
                                 env=dict(os.environ, LD_LIBRARY_PATH=str(self.work / "assertions"))).stdout
        suite, tests = "", []
        for line in listing.splitlines():
            if ":" in line and not line.startswith((" ", "├", "└", "│")):
                suite = line.split(":")[0].strip()
            elif line.strip():
                tests.append(f"{suite}/{line.split()[1]}")
        return tests

    # ---------------------------------------------------------------- what runs what

    def cover(self) -> None:
        """Which lines of the counted files each piece runs."""
        folder = self.work / "lines"
        folder.mkdir(exist_ok=True)
        for name, piece in self.pieces.items():
            kept = folder / (name.replace("/", "_").replace(" ", "_") + ".json")
            if not kept.exists() or kept.stat().st_mtime < piece["stamp"]:
                kept.write_text(json.dumps(self.lines_of(name)))
            piece["lines"] = {f: set(lines) for f, lines in json.loads(kept.read_text()).items()}

    def lines_of(self, name: str) -> dict[str, list[int]]:
        counts = self.work / "counts"
        shutil.rmtree(counts, ignore_errors=True)
        counts.mkdir()
        self.run(self.command_of(name), self.work / "coverage", 600, 1200, {"GCOV_PREFIX": str(counts)})
        found = sorted(counts.rglob("*.gcda"))
        for gcda in found:
            notes = gcda.with_suffix(".gcno")
            notes.symlink_to(pathlib.Path("/") / notes.relative_to(counts))
        if not found:
            return {}
        text = subprocess.run(["gcov", "--json-format", "--stdout", *found], capture_output=True, text=True, check=True).stdout
        lines: dict[str, list[int]] = {}
        for document in text.splitlines():
            for file in json.loads(document)["files"]:
                path = os.path.relpath(file["file"], self.source)
                if path in self.counted:
                    lines[path] = [line["line_number"] for line in file["lines"] if line["count"] > 0]
        return lines
