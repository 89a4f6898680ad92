#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""berth batch over thousands of generated inventories: how much faster two cores are than one, and
whether a batch that is killed again and again ends with the same bytes as one that was left alone.

The kills are SIGKILL to the process at random moments; each time the same command goes on. When a
batch is through it is compared, and the next one begins, until there were as many kills as asked for.
--ask and everything else after "--" is passed on to the batch."""

import argparse
import concurrent.futures
import filecmp
import os
import pathlib
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time

# Most are proved at once, as most clusters are that stand well; one in twenty has to search.
FAMILIES = ["plain"] * 13 + ["unique"] * 4 + ["fragmented"] * 3


def generate(command, folder, number, arguments):
    family = FAMILIES[number % len(FAMILIES)]
    path = folder / f"{number:05d}-{family}.xml"
    if not path.exists():
        subprocess.run([command, "generate", "--hosts", str(arguments.hosts), "--vms", str(arguments.vms),
                        "--failed", "1", "--family", family, "--seed", str(number), "-o", path], check=True)


def batch(command, folder, output, arguments, *more):
    return [command, "batch", folder, "-o", output, "--quiet", *arguments.passed, *more]


def timed(words, cores):
    """Wall-clock and processor seconds of a batch on some cores; it has to end well."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    status = subprocess.run(words, check=False, preexec_fn=lambda: os.sched_setaffinity(0, cores)).returncode
    seconds = time.monotonic() - began
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    if status > 2:
        sys.exit(f"{words} ends with {status}")
    return seconds, now.ru_utime - used.ru_utime + now.ru_stime - used.ru_stime


def measure(command, folder, work, arguments):
    """The least time of several runs, by turns: as many threads as cores, each bound to one."""
    cores, least = sorted(os.sched_getaffinity(0))[:2], {}
    for _ in range(arguments.runs):
        for count in range(1, len(cores) + 1):
            output = work / f"cores-{count}.jsonl"
            seconds, processor = timed(batch(command, folder, output, arguments), set(cores[:count]))
            print(f"cores {count}: {seconds:.2f} s, {processor:.2f} s of processors, "
                  f"{arguments.count / seconds:.0f} a second", flush=True)
            if count not in least or seconds < least[count]:
                least[count] = seconds
    if len(cores) > 1:
        print(f"two cores are {least[1] / least[2]:.2f} times as fast as one")
        if not filecmp.cmp(work / "cores-1.jsonl", work / "cores-2.jsonl", shallow=False):
            sys.exit("the results differ")
    return least[1]


def kill_and_resume(command, folder, work, arguments, seconds):
    """Returns how many batches it took to kill one so often, all of them with the right bytes."""
    source = random.Random(arguments.seed)
    output, kills, batches = work / "killed.jsonl", 0, 0
    mean = seconds / max(arguments.kills, 1)
    while kills < arguments.kills:
        process = subprocess.Popen(batch(command, folder, output, arguments, "--jobs", "2"))
        try:
            process.wait(timeout=source.uniform(0, 2 * mean))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            continue
        batches += 1
        check(process.returncode, output, work)
    if not output.exists() or pathlib.Path(f"{output}.journal").exists():
        status = subprocess.run(batch(command, folder, output, arguments), check=False).returncode
        batches += 1
        check(status, output, work)
    return batches


def check(status, output, work):
    if status > 2 or not filecmp.cmp(output, work / "cores-1.jsonl", shallow=False):
        sys.exit(f"a batch that was killed and resumed ends with {status} and other bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="build/release")
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--hosts", type=int, default=30)
    parser.add_argument("--vms", type=int, default=300)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=pathlib.Path, help="keep the inventories there")
    parser.add_argument("passed", nargs="*")
    arguments = parser.parse_args()
    command = arguments.build / "cli" / "berth"
    with tempfile.TemporaryDirectory() as scratch:
        work = pathlib.Path(scratch)
        folder = arguments.folder or work / "inventories"
        folder.mkdir(parents=True, exist_ok=True)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda number: generate(command, folder, number, arguments), range(arguments.count)))
        seconds = measure(command, folder, work, arguments)
        batches = kill_and_resume(command, folder, work, arguments, seconds)
        print(f"killed {arguments.kills} times in {batches} batches: the same bytes each time")


if __name__ == "__main__":
    main()
