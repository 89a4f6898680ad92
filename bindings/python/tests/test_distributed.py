# SPDX-License-Identifier: Apache-2.0
"""Batches and audits on a Dask cluster of three processes: the same as here, also when one is killed in the middle."""

import json
import os
import shutil
import signal
import subprocess
from contextlib import contextmanager

import pytest

import berth
from conftest import grouped

distributed = pytest.importorskip("distributed", reason="dask and distributed are not installed")
from berth import distributed as on_machines  # noqa: E402  (after the check that Dask is there)


@contextmanager
def three_workers():
    """A cluster of this machine."""
    with distributed.LocalCluster(n_workers=3, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster:
        with distributed.Client(cluster) as opened:
            yield opened


@pytest.fixture(scope="module")
def client():
    """One whose workers all live to the end."""
    with three_workers() as opened:
        yield opened


@pytest.fixture
def doomed():
    """One for a test that kills workers."""
    with three_workers() as opened:
        yield opened


class Killer:
    """Kills a worker once a third of the work is done; a progress callback."""

    def __init__(self, client):
        self.victim = next(iter(client.run(os.getpid).values()))
        self.killed = False
        self.told = []

    def __call__(self, progress):
        self.told.append((progress.done, progress.total))
        if not self.killed and progress.done * 3 >= progress.total:
            os.kill(self.victim, signal.SIGKILL)
            self.killed = True


def assert_gone(client, killer):
    assert killer.killed
    assert killer.victim not in client.run(os.getpid).values()
    assert killer.told[-1][0] == killer.told[-1][1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, datasets):
    """The datasets, many times, and some that cannot be read."""
    made = tmp_path_factory.mktemp("inventories")
    names = ["fragmentation", "priority-decides", "quiesce-pair", "several-clusters", "rack-failure"]
    for number in range(120):
        shutil.copy(datasets / f"{names[number % len(names)]}.xml", made / f"{number:03}.xml")
    (made / "050.xml").write_text("<inventory xmlns='urn:berth:1'><cluster id='c'><host id='h'/></cluster></inventory>")
    (made / "051.xml").unlink()
    return [made / f"{number:03}.xml" for number in range(120)]


def test_a_batch_here(folder):
    answers = list(berth.batch(folder, jobs=2))
    assert [answer.index for answer in answers] == list(range(120))
    assert answers[50].status == "invalid" and answers[50].problems and answers[50].document is None
    assert answers[51].status == "read" and "051.xml" in answers[51].error
    assert answers[0].status == "optimal" and answers[0].document["goal"] == "failover"
    assert {answer.status for answer in answers} <= {"optimal", "infeasible", "feasible", "invalid", "read"}


@pytest.mark.parametrize("ask", ["plan", "audit"])
def test_a_batch_is_that_of_the_command(folder, ask, tmp_path):
    if not os.environ.get("BERTH_COMMAND"):
        pytest.skip("BERTH_COMMAND does not name the command")
    subprocess.run([os.environ["BERTH_COMMAND"], "batch", "--quiet", "--ask", ask, "-o", tmp_path / "lines",
                    *folder[:50]], check=False)
    lines = [json.loads(line) for line in (tmp_path / "lines").read_text().splitlines()]
    answers = list(berth.batch(folder[:50], ask))
    assert [line[ask] for line in lines] == [answer.document for answer in answers]


def test_a_batch_with_a_worker_killed_in_the_middle(doomed, folder):
    killer = Killer(doomed)
    answers = on_machines.batch(folder, client=doomed, progress=killer)
    assert_gone(doomed, killer)
    assert answers == list(berth.batch(folder, jobs=1))


def test_files_that_are_sent(client, folder):
    audits = on_machines.batch(folder[:8], "audit", failures=2, client=client, ship=True)
    assert [one.document for one in audits] == [one.document for one in berth.batch(folder[:8], "audit", failures=2)]


def test_an_audit_with_a_worker_killed_in_the_middle(doomed):
    inventory = grouped(4)
    whole = berth.audit(inventory, 3)
    killer = Killer(doomed)
    assert on_machines.audit(inventory, 3, client=doomed, parts=24, progress=killer) == whole
    assert_gone(doomed, killer)
    assert whole.clusters[0].sets, "an audit without a set that is listed shows little"


def test_two_failures_of_2000_hosts(doomed, tmp_path):
    if not os.environ.get("BERTH_COMMAND"):
        pytest.skip("BERTH_COMMAND does not name the command")
    path = tmp_path / "large.xml"
    subprocess.run([os.environ["BERTH_COMMAND"], "generate", "--family", "heterogeneous", "--hosts", "2000", "--vms",
                    "20000", "-o", path], check=True)
    inventory = berth.Inventory.read(path)
    whole = berth.audit(inventory, 2)
    killer = Killer(doomed)
    shared = on_machines.audit(inventory, 2, client=doomed, progress=killer)
    assert_gone(doomed, killer)
    assert whole.clusters[0].sizes[2].sets == 1999000
    assert shared == whole and shared.to_dict() == whole.to_dict()


def test_all_workers_lost_at_once(doomed):
    """What they had is made again, the inventory too."""
    inventory = grouped(4)
    killed = []

    def progress(one):
        if not killed:
            killed.extend(doomed.run(os.getpid).values())
            for pid in killed:
                os.kill(pid, signal.SIGKILL)
    assert on_machines.audit(inventory, 2, client=doomed, parts=12, progress=progress) == berth.audit(inventory, 2)
    assert len(killed) == 3


def test_stopped(client, folder):
    with pytest.raises(berth.CancelledError):
        on_machines.batch(folder, client=client, progress=lambda one: False)
    with pytest.raises(berth.CancelledError):
        on_machines.audit(berth.Inventory.read(folder[0]), client=client, progress=lambda one: False)


def test_a_cluster_of_its_own(folder):
    inventory = berth.Inventory.read(folder[0])
    assert on_machines.audit(inventory, 2) == berth.audit(inventory, 2)


def test_errors_come_back(client, folder):
    with pytest.raises(berth.ArgumentError):
        on_machines.audit(berth.Inventory.read(folder[0]), 65, client=client)
    with pytest.raises(ValueError):
        on_machines.batch(folder, "capacity", client=client)
