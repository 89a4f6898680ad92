#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fail_command.py BERTH PRELOAD PROJECT MOST: commands with allocation N failing, for up to MOST N each.

A command has to end with a status that its manual knows (never a signal), say on standard error what is wrong if it fails, and leave its
output either away or complete. What the C library prints by itself (--help) is left out: it ends at its own assertions.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

NOT_MET = 99
KNOWN = {0, 1, 2, 64, 65, 66, 70, 71, 73, 74}
COMMANDS = [
    ["check", "datasets/quiesce-pair.xml"],
    ["check", "datasets/lint-blade-cluster.xml", "--format", "json"],
    ["convert", "datasets/vsphere-export"],
    ["plan", "datasets/fragmentation.xml", "--threads", "1"],
    ["plan", "datasets/quiesce-pair.xml", "--format", "json", "--threads", "1"],
    ["audit", "datasets/audit-slots-disagree.xml", "--failures", "2", "--format", "json", "--threads", "1"],
    ["capacity", "datasets/capacity-n-plus-k.xml", "--flavour", "cpu=500,memory=2GiB", "--format", "json", "--threads", "1"],
    ["power", "datasets/power-two-may-sleep.xml", "--format", "json", "--threads", "1"],
    ["batch", "datasets/fragmentation.xml", "datasets/quiesce-pair.xml", "--threads", "1"],
    ["generate", "--hosts", "4", "--vms", "12"],
]


def run(berth, preload, project, command, output, **variables):
    """The ended process, its output in a file."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "LD_PRELOAD": preload, "BERTH_TEST_NOT_MET": str(NOT_MET), **variables}
    to_file = ["-o", str(output)] if command[0] in ("plan", "convert", "generate") else []
    return subprocess.run([berth, *command, *to_file], cwd=project, env=environment, capture_output=True, check=False, timeout=120)


def judge(done, output, expected, what):
    """What is wrong, or None."""
    if done.returncode not in KNOWN | {NOT_MET}:
        return f"{what}: status {done.returncode}: {done.stderr.decode()}"
    if done.returncode >= 64 and done.returncode != NOT_MET and not done.stderr.strip():
        return f"{what}: status {done.returncode} without a word"
    if output.exists() and expected is not None and done.returncode >= 64 and done.returncode != NOT_MET and output.read_bytes() != expected:
        return f"{what}: half a file"
    return None


def main():
    """Every command, each N."""
    berth, preload, project, most = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    runs, faults = 0, []
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "output"
        for command in COMMANDS:
            whole = run(berth, preload, project, command, output, BERTH_TEST_FAILS_AT="0")
            expected = output.read_bytes() if output.exists() else None
            assert whole.returncode == NOT_MET, (command, whole)
            for variable in ("BERTH_TEST_FAILS_AT", "BERTH_TEST_FAILS_FROM"):
                nth, met = 1, True
                for count in range(most):
                    output.unlink(missing_ok=True)
                    done = run(berth, preload, project, command, output, **{variable: str(nth)})
                    runs += 1
                    met = done.returncode != NOT_MET
                    fault = judge(done, output, expected, f"{' '.join(command)}: {variable}={nth}")
                    faults += [fault] if fault else []
                    if not met:
                        break
                    nth += 1 if count < most // 2 else 1 + nth // 8
    for fault in faults[:20]:
        print(fault)
    print(f"{runs} runs, {len(faults)} bad")
    return 1 if faults or runs == 0 else 0


sys.exit(main())
