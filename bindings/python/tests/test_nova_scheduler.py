# SPDX-License-Identifier: Apache-2.0
"""The example of a filter and a weigher for Nova, against a model of four hosts that is a dictionary."""

import importlib.util
import random
import subprocess
import sys
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parents[1] / "examples" / "nova_scheduler.py"
MEMORY = 65536


@pytest.fixture(scope="module")
def nova():
    found = importlib.util.spec_from_file_location("nova_scheduler", PATH)
    module = importlib.util.module_from_spec(found)
    sys.modules["nova_scheduler"] = module
    found.loader.exec_module(module)
    return module


def test_it_runs():
    said = subprocess.run([sys.executable, "-B", PATH], capture_output=True, text=True, check=True).stdout.splitlines()
    # Three apart; two workers beside the first of them fill compute0: 16 + 24 + 24 of 64.
    assert said[:6] == ["web-0: compute0", "web-1: compute1", "web-2: compute2", "worker-0: compute0",
                        "worker-1: compute0", "compute3 is disabled"]
    # compute1 and compute2 take two each.
    assert said[6:10] == ["worker-2: compute1", "worker-3: compute1", "worker-4: compute2", "worker-5: compute2"]
    assert said[10] == "worker-6: no valid host: 1 maintenance, 3 memory"


def test_random_requests_against_a_dictionary(nova):
    draw = random.Random(3)
    inventory = nova.example_inventory()
    oracle = nova.Oracle(inventory)
    berth_filter, weigher = nova.BerthFilter(oracle), nova.BerthWeigher(oracle)
    hosts = [nova.HostState(host.id) for host in inventory.hosts]
    free = {host.host: MEMORY for host in hosts}
    disabled, running, refused = set(), {}, 0
    groups = [nova.InstanceGroup(f"g{number}", policy) for number, policy in
              enumerate(["anti-affinity", "affinity", "soft-anti-affinity"])]
    for number in range(400):
        group = draw.choice([None, None, *groups])
        spec = nova.RequestSpec(f"i{number}", nova.Flavor(draw.randrange(1, 24) * 1024, 2), group)
        used = {running[member][1] for member in group.members} if group else set()
        allowed = {host for host in free if free[host] >= spec.flavor.memory_mb and host not in disabled}
        if group and group.policy == "anti-affinity":
            allowed -= used
        if group and group.policy == "affinity" and used:
            allowed &= used
        assert {host.host for host in berth_filter.filter_all(hosts, spec)} == allowed
        if allowed:
            chosen = nova.select_destination(hosts, spec, [berth_filter], [weigher]).host
            beside = {host: sum(group is not None and group.policy.startswith("soft") and running[member][1] == host
                                for member in group.members) if group else 0 for host in allowed}
            assert (beside[chosen], free[chosen]) == min((beside[host], free[host]) for host in allowed)
            oracle.claim(spec, chosen)
            running[spec.instance_uuid] = (spec, chosen)
            free[chosen] -= spec.flavor.memory_mb
        else:
            refused += 1
        for gone in [name for name in running if draw.random() < 0.1]:
            ended, host = running.pop(gone)
            oracle.ended(ended)
            free[host] += ended.flavor.memory_mb
        if draw.random() < 0.1:
            host = draw.choice(hosts).host
            oracle.host_is(host, "online" if host in disabled else "maintenance")
            disabled ^= {host}
    assert refused > 20 and len(running) > 0
