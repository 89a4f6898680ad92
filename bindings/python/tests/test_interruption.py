# SPDX-License-Identifier: Apache-2.0
"""Long calls: progress is told, a callback or Ctrl-C ends them, other threads run meanwhile."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import berth

INTERRUPTED = """
import signal, sys, time
sys.path.insert(0, {tests!r})
from conftest import crowded
import berth
inventory = crowded(150)
def progress(told):
    print(told.phase, flush=True)
try:
    berth.plan(inventory, "consolidate", time_limit=60{argument})
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.exit(7)
"""


def start(argument):
    """Another Python that plans; its standard output."""
    program = INTERRUPTED.format(tests=str(Path(__file__).parent), argument=argument)
    return subprocess.Popen([sys.executable, "-B", "-c", program], stdout=subprocess.PIPE, text=True)


def interrupt(process):
    """Sends what Ctrl-C sends. Gives the seconds until the process has ended."""
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 7
    return time.monotonic() - began


def test_ctrl_c_with_a_callback():
    process = start(", progress=progress")
    assert process.stdout.readline() == "solve\n"
    assert interrupt(process) < 5
    assert process.stdout.read().endswith("interrupted\n")


def test_ctrl_c_without_one():
    process = start("")
    time.sleep(2)
    assert process.poll() is None
    assert interrupt(process) < 5


def test_a_callback_that_says_stop_gets_the_best_plan_so_far(hard):
    told = []

    def progress(one):
        told.append(one)
        return len(told) < 5
    began = time.monotonic()
    plan = berth.plan(hard, "consolidate", time_limit=60, progress=progress)
    assert time.monotonic() - began < 20
    assert len(told) == 5
    assert plan.verify()
    assert told[0].phase == "solve" and 0 <= told[0].seconds <= told[-1].seconds


def test_what_a_callback_raises_comes_out(hard):
    def progress(one):
        raise ArithmeticError("enough")
    with pytest.raises(ArithmeticError, match="enough"):
        berth.plan(hard, "consolidate", time_limit=60, progress=progress)


def test_a_time_limit_holds(hard):
    began = time.monotonic()
    plan = berth.plan(hard, "consolidate", time_limit=0.2, threads=1)
    assert time.monotonic() - began < 15
    assert plan.status in ("feasible", "optimal")


def test_other_threads_run(hard):
    """A thread that counts goes on counting while another plans: the interpreter lock is free."""
    counted = []
    done = threading.Event()

    def count():
        while not done.is_set():
            counted.append(time.monotonic())
            time.sleep(0.005)
    counter = threading.Thread(target=count)
    counter.start()
    began = time.monotonic()
    berth.plan(hard, "consolidate", time_limit=0.5, threads=1)
    ended = time.monotonic()
    done.set()
    counter.join()
    during = [at for at in counted if began < at < ended]
    assert len(during) > (ended - began) / 0.1
    assert max(after - before for before, after in zip(during, during[1:])) < 0.5


def test_threads_share_an_inventory(fragmentation):
    expected = berth.plan(fragmentation, "failover", threads=1).to_json()
    found = []

    def ask():
        for _ in range(10):
            found.append(berth.plan(fragmentation, "failover", threads=1).to_json() == expected)
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 40
