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


def crowded(hosts, seed=5, load=0.6, step=1):
    """Hosts that may sleep, with VMs of sizes that are multiples of `step` MiB. With 1 hardly two are the same:
    there are many ways to pack them, none easy to prove best."""
    draw = random.Random(seed)
    builder = berth.Builder(f"crowded-{hosts}")
    cluster = builder.cluster("c1")
    for host in range(hosts):
        cluster.host(f"h{host}", cpu_mhz=100000, memory_mib=262144, wake="ipmi")
        used = 0
        while used < 262144 * load:
            size = -(-draw.randrange(3000, 60000) // step) * step
            cluster.vm(f"v{host}-{used}", host=f"h{host}", memory_mib=size, memory_reservation_mib=size,
                       cpu_reservation_mhz=draw.randrange(1000, 20000))
            used += size
    return builder.freeze()


@pytest.fixture(scope="session")
def hard():
    """Takes longer to consolidate than any test waits."""
    return crowded(150)
