# SPDX-License-Identifier: Apache-2.0
"""Capacity: the answers worked out in the heads of the datasets, and the documents of the command."""

import pytest

import berth


def test_pieces(datasets):
    """Four hosts with 12 GiB free each, four with 4: four VMs of 8 GiB as it is, eight once others have moved."""
    said = berth.capacity(berth.Inventory.read(datasets / "capacity-in-pieces.xml"),
                          berth.Flavour(cpu_mhz=1000, memory_mib=8192), migrations=[0, 1, None])
    (cluster,) = said.clusters
    assert (cluster.totals, cluster.now) == (berth.Figure(8, 8), berth.Figure(4, 4))
    assert cluster.migrations == ((0, berth.Figure(4, 4)), (1, berth.Figure(5, 5)), (None, berth.Figure(8, 8)))
    assert [one.name for one in cluster.resources if one.binds] == ["memory"]
    assert cluster.now.status == berth.Outcome.OPTIMAL
    assert [host.vms for host in cluster.hosts] == [1, 1, 1, 1, 0, 0, 0, 0]


def test_failures_and_purchases(datasets):
    said = berth.capacity(berth.Inventory.read(datasets / "capacity-n-plus-k.xml"), berth.Flavour(1000, 16384),
                          failures=3, wanted=20, migrations=[])
    (cluster,) = said.clusters
    assert [figure.least for figure in cluster.failures] == [12, 8, 4, 0]
    assert (cluster.purchases[0].at_least, cluster.purchases[0].enough) == (5, 5)
    assert cluster.by_slots == 8


@pytest.mark.parametrize("name, flavours, words", [
    ("capacity-in-pieces", [berth.Flavour(1000, 8192)], ["--flavour=cpu=1000,memory=8192"]),
    ("capacity-n-plus-k", [berth.Flavour(like="app1")], ["--flavour=like=app1", "--keep-failures=2", "--want=9"]),
    ("capacity-n-plus-k", [berth.Flavour(1000, 16384), berth.Flavour(0, 8192, count=2)],
     ["--flavour=cpu=1000,memory=16384", "--flavour=cpu=0,memory=8192,count=2"]),
    ("several-clusters", [berth.Flavour(500, 1024, vcpus=2)], ["--flavour=cpu=500,memory=1024,vcpus=2"]),
])
def test_the_document_is_that_of_the_command(name, flavours, words, datasets, command):
    path = datasets / f"{name}.xml"
    asked = {"failures": 2, "wanted": 9} if "--want=9" in words else {}
    assert berth.capacity(berth.Inventory.read(path), *flavours, **asked).to_dict() == command("capacity", path, *words)


def test_what_is_refused(fragmentation):
    with pytest.raises(berth.ArgumentError):
        berth.capacity(fragmentation)
    with pytest.raises(berth.NotFoundError):
        berth.capacity(fragmentation, berth.Flavour(like="nobody"))
    with pytest.raises(berth.NotFoundError):
        berth.capacity(fragmentation, berth.Flavour(1, 1), cluster="nowhere")
    with pytest.raises(berth.NotFoundError):
        berth.capacity(fragmentation, berth.Flavour(1, 1, amounts={"gpu": 1}))
