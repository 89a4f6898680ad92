# SPDX-License-Identifier: Apache-2.0
"""Audits, whole and in parts, against the command and by hand."""

import pickle

import pytest

import berth
from conftest import grouped


def test_by_hand():
    """Two hosts of 100 with 60 each: either failure loses the other's VM; three of 60: any one is survived."""
    for count, holds in ((2, 0), (3, 0), (4, 1)):
        builder = berth.Builder()
        cluster = builder.cluster("c1")
        for host in range(count):
            cluster.host(f"h{host}", cpu_mhz=1000, memory_mib=100 if host < count - 1 or count < 4 else 200)
            if host < count - 1 or count < 4:
                cluster.vm(f"v{host}", host=f"h{host}", memory_mib=60, memory_reservation_mib=60)
        audit = berth.audit(builder.freeze(), 1)
        assert audit.holds == holds
        assert audit.worst == ("restarts" if holds else "lost")
        if not holds:
            assert audit.clusters[0].sets[0] == berth.FailureSet(("h0",), berth.Verdict.LOST, ("v0",))
            assert audit.clusters[0].vms["v0"] == "lost"


@pytest.mark.parametrize("name", ["audit-slots-disagree", "several-clusters", "rack-failure", "dedicated-failover-host",
                                  "fragmentation", "standby-host-woken"])
@pytest.mark.parametrize("domain", ["host", "rack"])
def test_the_document_is_that_of_the_command(name, domain, datasets, command):
    path = datasets / f"{name}.xml"
    audit = berth.audit(berth.Inventory.read(path), 2, domain)
    assert audit.to_dict() == command("audit", path, "--failures", 2, "--domain", domain)


@pytest.mark.parametrize("parts", [1, 2, 5])
def test_parts_are_the_whole(parts):
    inventory = grouped(3)
    whole = berth.audit(inventory, 3)
    assert whole.clusters[0].sets, "an audit without a set that is listed shows little"
    assert whole.clusters[0].sizes[3].counts[berth.Verdict.LOST] >= 3 * 4
    merged = berth.merge([berth.audit(inventory, 3, part=(i, parts)) for i in range(parts)])
    assert merged == whole
    assert merged.to_dict() == whole.to_dict()
    assert pickle.loads(pickle.dumps(whole)) == whole


def test_long_lists_of_parts():
    """1,326 pairs of 52 hosts are lost, 1,000 sets are listed."""
    builder = berth.Builder()
    cluster = builder.cluster("c1")
    for host in range(52):
        cluster.host(f"h{host}", cpu_mhz=1000, memory_mib=64, datastores=[f"s{host}"])
        cluster.vm(f"v{host}", host=f"h{host}", memory_mib=8, datastores=[f"s{host}"])
    inventory = builder.freeze()
    whole = berth.audit(inventory, 2)
    assert len(whole.clusters[0].sets) == 1000 and whole.clusters[0].sets_not_listed == 52 + 1326 - 1000
    assert berth.merge([berth.audit(inventory, 2, part=(i, 4)) for i in range(4)]) == whole


def test_what_is_refused(fragmentation, datasets):
    with pytest.raises(ValueError):
        berth.audit(fragmentation, 1, part=(2, 2))
    with pytest.raises(berth.ArgumentError):
        berth.audit(fragmentation, 65)
    with pytest.raises(ValueError):
        berth.merge([])
    other = berth.Inventory.read(datasets / "rack-failure.xml")
    with pytest.raises(ValueError):
        berth.merge([berth.audit(fragmentation, 1), berth.audit(other, 1)])
