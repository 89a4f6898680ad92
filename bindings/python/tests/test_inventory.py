# SPDX-License-Identifier: Apache-2.0
"""Inventories: read, built, changed, passed on."""

import gzip
import pickle

import pytest

import berth

TWO_HOSTS = b"""<inventory xmlns="urn:berth:1" name="lab">
  <cluster id="c1">
    <host id="a" name="alpha" cpuMhz="1000" memoryMib="2000"/>
    <host id="b" cpuMhz="1000" memoryMib="2000" state="maintenance"/>
    <vm id="v" host="a" memoryMib="512" memoryReservationMib="300" overheadMib="20" priority="high"/>
  </cluster>
</inventory>
"""


def test_what_a_document_says():
    inventory = berth.Inventory.read(TWO_HOSTS)
    assert inventory.name == "lab"
    assert [cluster.id for cluster in inventory.clusters] == ["c1"]
    assert [host.id for host in inventory.hosts] == ["a", "b"]
    assert inventory.hosts["alpha"].id == "a" and inventory.hosts[0].label == "alpha"
    assert inventory.hosts["b"].state == berth.HostState.MAINTENANCE
    assert inventory.hosts["a"].capacity == {"cpu": 1000, "memory": 2000, "vms": None, "vcpus": None}
    vm = inventory.vms["v"]
    assert (vm.host, vm.power, vm.priority, vm.memory_mib) == ("a", "on", "high", 512)
    assert vm.demand == {"cpu": 0, "memory": 320, "vms": 1, "vcpus": 1}  # reserved and overhead


def test_sequences():
    inventory = berth.Inventory.read(TWO_HOSTS)
    assert len(inventory.hosts) == 2
    assert inventory.hosts[-1].id == "b"
    assert [host.id for host in inventory.hosts[0:1]] == ["a"]
    assert "alpha" in inventory.hosts and "gamma" not in inventory.hosts
    with pytest.raises(IndexError):
        inventory.hosts[2]
    with pytest.raises(berth.NotFoundError):
        inventory.vms["w"]
    with pytest.raises(LookupError):
        inventory.host_number("gamma")


def test_sources(tmp_path, datasets):
    path = tmp_path / "lab.xml.gz"
    path.write_bytes(gzip.compress(TWO_HOSTS))
    assert berth.Inventory.read(path).name == "lab"
    assert berth.Inventory.read(str(path), dialect="native").name == "lab"
    several = berth.Inventory.read(datasets / "vsphere-export")
    assert len(several.hosts) > 0 and any(problem.code == "source" for problem in several.problems)
    with pytest.raises(TypeError):
        berth.Inventory.read(TWO_HOSTS, path)
    with pytest.raises(ValueError, match="native"):
        berth.Inventory.read(path, dialect="cobol")


def test_a_broken_document_tells_all_that_is_wrong():
    broken = TWO_HOSTS.replace(b'host="a"', b'host="x"').replace(b'id="b"', b'id="a"')
    with pytest.raises(berth.InvalidError) as caught:
        berth.Inventory.read(broken)
    assert isinstance(caught.value, ValueError)
    assert caught.value.status == "invalid"
    errors = [problem for problem in caught.value.problems if problem.severity == berth.Severity.ERROR]
    assert sorted(problem.line for problem in errors) == [4, 5]
    assert {problem.source for problem in errors} == {"bytes"}
    assert str(errors[0]).startswith("bytes:4:")
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems


def test_errors_are_of_their_kind(tmp_path):
    with pytest.raises(berth.ReadError) as caught:
        berth.Inventory.read(tmp_path / "none.xml")
    assert isinstance(caught.value, OSError) and "none.xml" in caught.value.detail
    with pytest.raises(berth.UnsupportedError):
        berth.Inventory.read(b"<html/>")
    with pytest.raises(berth.LimitError):
        berth.Inventory.read(TWO_HOSTS, max_bytes=10)
    with pytest.raises(berth.OpenOutputError):
        berth.Inventory.read(TWO_HOSTS).write(tmp_path / "no" / "where.xml")


def test_pickled_and_written(tmp_path, datasets):
    inventory = berth.Inventory.read(datasets / "several-clusters.xml")
    copy = pickle.loads(pickle.dumps(inventory))
    assert copy.to_xml() == inventory.to_xml()
    inventory.write(tmp_path / "copy.xml")
    assert (tmp_path / "copy.xml").read_bytes() == inventory.to_xml()
    assert [cluster.hosts for cluster in copy.clusters] == [cluster.hosts for cluster in inventory.clusters]


def test_built():
    builder = berth.Builder("lab").resource("gpu")
    cluster = builder.cluster("c1", migrations_per_host=2)
    cluster.host("a", cpu_mhz=1000, memory_mib=2000, networks=["lan"], datastores=["nfs"], capacity={"gpu": 2},
                 nodes=[(500, 1000), (500, 1000)])
    cluster.host("b", cpu_mhz=1000, memory_mib=2000, networks=["lan"], datastores=["nfs"])
    cluster.vm("v", host="a", memory_mib=512, memory_locked=True, needs={"gpu": 1}, networks=["lan"],
               datastores=["nfs"])
    cluster.vm("w", host="b", memory_mib=512, priority=berth.Priority.LOW)
    cluster.rule("apart", "apart", ["v", "w"], over="host").vm_group("g", ["v", "w"])
    inventory = builder.freeze()
    assert inventory.resources == ("cpu", "memory", "vms", "vcpus", "gpu")
    assert inventory.hosts["a"].capacity["gpu"] == 2 and inventory.hosts["b"].capacity["gpu"] == 0
    assert inventory.vms["v"].demand == {"cpu": 0, "memory": 512, "vms": 1, "vcpus": 1, "gpu": 1}
    assert inventory.rules["apart"].type == "apart" and inventory.rules["apart"].enabled
    assert berth.Inventory.read(inventory.to_xml()).to_xml() == inventory.to_xml()


def test_what_a_builder_refuses():
    builder = berth.Builder()
    cluster = builder.cluster("c1")
    cluster.host("a", cpu_mhz=1000)
    cluster.vm("v", host="nowhere", memory_mib=1)
    with pytest.raises(berth.InvalidError) as caught:
        builder.freeze()
    assert len(caught.value.problems) == 2
    with pytest.raises(TypeError, match="no field 'memory'"):
        cluster.host("b", memory=5)
    with pytest.raises(ValueError, match="standby"):
        cluster.host("b", cpu_mhz=1, memory_mib=1, state="asleep")
    with pytest.raises(OverflowError):
        cluster.host("b", cpu_mhz=2**70, memory_mib=1)


def test_scenarios(tmp_path, fragmentation):
    scenario = berth.Scenario("storm").fail("esx01").set("memoryReservationMib", 1, vm="wiki").add_vm("wiki", 2)
    changed = scenario.apply(fragmentation)
    assert changed.hosts["esx01"].state == "failed"
    assert fragmentation.hosts["esx01"].state == "online"
    assert {"wiki+1", "wiki+2"} <= {vm.id for vm in changed.vms}
    with pytest.raises(berth.InvalidError) as caught:
        berth.Scenario().fail("esx99").apply(fragmentation)
    assert "esx99" in caught.value.problems[0].text
    assert pickle.loads(pickle.dumps(scenario)).events == scenario.events
    path = tmp_path / "storm.xml"
    path.write_text('<scenario xmlns="urn:berth:1" name="storm"><fail rack="r1"/><ack vm="v" after="5"/></scenario>')
    read = berth.Scenario.read(path)
    assert read.name == "storm"
    assert [event["event"] for event in read.events] == ["fail", "ack"]
    assert read.events[0]["rack"] == "r1" and read.events[1]["after"] == 5
