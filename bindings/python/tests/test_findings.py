# SPDX-License-Identifier: Apache-2.0
"""Timelines and lints: what the heads of the datasets work out, and the documents of the command."""

import pytest

import berth


@pytest.fixture
def ordered(datasets):
    """An inventory and what happens to it."""
    return (berth.Inventory.read(datasets / "ordered-restart.xml"),
            berth.Scenario.read(datasets / "ordered-restart.scenario.xml"))


def test_a_timeline(ordered):
    found = berth.timeline(*ordered)
    assert {one["vm"]: one["upAt"] for one in found.to_dict()["outages"] if not one["down"]} == \
        {"db": 63, "app": 123, "web": 183}
    assert found.down == 1
    approved = berth.timeline(*ordered, approve=300)
    assert approved.down == 0
    assert [one["upAt"] for one in approved.to_dict()["outages"] if one["vm"] == "big"] == [663]
    assert berth.timeline(*ordered, until=100).end == 100


def test_a_timeline_is_that_of_the_command(ordered, datasets, command):
    said = command("simulate", datasets / "ordered-restart.xml", datasets / "ordered-restart.scenario.xml")
    assert berth.timeline(*ordered).to_dict() == said


def test_what_a_timeline_refuses(ordered):
    inventory, _ = ordered
    with pytest.raises(berth.BerthError):
        berth.timeline(inventory, berth.Scenario().fail("nobody"))
    with pytest.raises(ValueError, match="pdl"):
        berth.timeline(*ordered, storage_protection="some")


def test_lints_are_those_of_the_command(datasets, command):
    path = datasets / "lint-blade-cluster.xml"
    inventory = berth.Inventory.read(path)
    found = [*inventory.problems, *berth.lint(inventory)]
    said = [(one["code"], one["text"]) for one in command("check", path)["findings"]]
    assert [(one.code, one.text) for one in found if one.code != "source"] == said
    assert len(said) > 10
