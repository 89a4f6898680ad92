# SPDX-License-Identifier: Apache-2.0
"""Where the datasets are, where the command is, and inventories that several tests need."""

import json
import os
import random
import subprocess
from pathlib import Path

import pytest

import berth

SOURCE = Path(os.environ.get("BERTH_SOURCE_DIR", Path(__file__).resolve().parents[3]))


@pytest.fixture(scope="session")
def datasets():
    """The folder of inventories whose answers are worked out by hand."""
    return SOURCE / "datasets"


@pytest.fixture(scope="session")
def fragmentation(datasets):
    """`big` restarts only once `wiki` has moved."""
    return berth.Inventory.read(datasets / "fragmentation.xml")


@pytest.fixture(scope="session")
def command():
    """Runs `berth ... --format json` and gives its document."""
    program = os.environ.get("BERTH_COMMAND")
    if not program:
        pytest.skip("BERTH_COMMAND does not name the command")

    def run(*arguments):
        done = subprocess.run([program, *map(str, arguments), "--format", "json"], capture_output=True, text=True,
                              check=False)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)
    return run


def grouped(groups):
    """Groups of four hosts of 100 with a VM of 40 that stays in its group, and, but in the last group, one of 30 that may
    run anywhere. After one failure the last group restarts what it lost; in others a VM of 30 moves aside first.
    If three of a group fail, the fourth holds one of three VMs of 40 beside its own: some are lost."""
    builder = berth.Builder("grouped")
    cluster = builder.cluster("c1")
    for group in range(groups):
        for place in range(4):
            host = f"h{group}-{place}"
            cluster.host(host, cpu_mhz=1000, memory_mib=100, datastores=[f"s{group}"])
            cluster.vm(f"fixed-{host}", host=host, memory_mib=40, memory_reservation_mib=40, datastores=[f"s{group}"])
            if group < groups - 1:
                cluster.vm(f"free-{host}", host=host, memory_mib=30, memory_reservation_mib=30)
    return builder.freeze()


def crowded(hosts, seed=5, load=0.6):
    """Hosts that may sleep, with VMs of hardly two the same size: many ways to pack them, none easy to prove best."""
    draw = random.Random(seed)
    builder = berth.Builder(f"crowded-{hosts}")
    cluster = builder.cluster("c1")
    for host in range(hosts):
        cluster.host(f"h{host}", cpu_mhz=100000, memory_mib=262144, wake="ipmi")
        used = 0
        while used < 262144 * load:
            size = draw.randrange(3000, 60000)
            cluster.vm(f"v{host}-{used}", host=f"h{host}", memory_mib=size, memory_reservation_mib=size,
                       cpu_reservation_mhz=draw.randrange(1000, 20000))
            used += size
    return builder.freeze()


@pytest.fixture(scope="session")
def hard():
    """Takes longer to consolidate than any test waits."""
    return crowded(150)
