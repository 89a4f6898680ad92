# SPDX-License-Identifier: Apache-2.0
"""Plans: the answers worked out by hand, and the documents of the command."""

import csv
import pickle

import pytest

import berth
from conftest import SOURCE

with open(SOURCE / "datasets" / "index.csv", encoding="utf-8") as _index:
    ROWS = list(csv.DictReader(_index, delimiter=";"))


def asked(row, folder):
    """The options of a row, as a scenario and keyword arguments."""
    words = row["options"].split()
    given = {words[i].lstrip("-").replace("-", "_"): words[i + 1] for i in range(0, len(words), 2)}
    scenario = berth.Scenario.read(folder / given.pop("scenario")) if "scenario" in given else berth.Scenario()
    for word in ("maintenance", "fail"):
        if word in given:
            getattr(scenario, word)(given.pop(word))
    if "fit" in given:
        size = dict(pair.split("=") for pair in given.pop("fit").split(","))
        scenario.add_flavour(int(size["cpu"]), int(size["memory"]), int(size["count"]))
    return scenario, given


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['file']}-{row['goal']}{row['options']}")
def test_known_answers(row, datasets):
    scenario, given = asked(row, datasets)
    plan = berth.plan(berth.Inventory.read(datasets / row["file"]), row["goal"], scenario, **given)
    assert plan.status == row["status"]
    for level, (name, value) in zip(plan.levels, (pair.split("=") for pair in row["levels"].split()), strict=True):
        assert level.name == name.rstrip(">")
        if name.startswith("makespan"):
            assert level.bound <= int(value) <= level.value
        else:
            assert (level.value, level.bound) == (int(value), int(value))
    assert plan.verify()


def test_the_story_of_fragmentation(fragmentation):
    plan = berth.plan(fragmentation, "failover")
    assert plan.goal == berth.Goal.FAILOVER and plan.status == berth.Outcome.OPTIMAL
    assert [(step.type, step.vm, step.from_host, step.to_host) for step in plan.steps] == \
        [("migrate", "wiki", "esx01", "esx02"), ("restart", "big", None, "esx01")]
    assert plan.steps[1].after == (1,)
    assert plan.steps[0].seconds == 7 and plan.makespan == berth.Makespan(37, 37, 37)
    assert {(one.vm, one.to_host, one.how) for one in plan.placements} == \
        {("wiki", "esx02", "migrate"), ("big", "esx01", "restart")}
    assert plan.level("migrations").value == 1
    assert not plan.unplaced and plan.deadline is None
    with pytest.raises(KeyError):
        plan.level("stranded")


def test_why_a_vm_has_no_host(datasets):
    plan = berth.plan(berth.Inventory.read(datasets / "must-rule-forbids-restart.xml"), "failover")
    assert plan.status == "infeasible"
    (lost,) = plan.unplaced
    assert {entry.reason for entry in lost.ledger} >= {"rule"}
    assert lost.conflict and lost.remedies
    assert all(entry.rule for entry in lost.ledger if entry.reason == "rule")


@pytest.mark.parametrize("name, goal", [("fragmentation", "failover"), ("quiesce-pair", "evacuate"),
                                        ("priority-decides", "failover"), ("several-clusters", "failover")])
def test_the_document_is_that_of_the_command(name, goal, datasets, command):
    path = datasets / f"{name}.xml"
    plan = berth.plan(berth.Inventory.read(path), goal)
    assert plan.to_dict() == command("plan", path, "--goal", goal)


def test_read_back(tmp_path, fragmentation):
    plan = berth.plan(fragmentation, scenario=berth.Scenario().maintenance("esx02"))
    assert plan.goal == "failover"
    plan.write(tmp_path / "plan.json")
    assert berth.Plan.read(tmp_path / "plan.json", fragmentation) == plan
    copy = pickle.loads(pickle.dumps(plan))
    assert copy == plan and copy.verify()
    assert copy.scenario.events == plan.scenario.events == \
        [{"event": berth.tables.EventType.MAINTENANCE, "host": "esx02", "count": 1}]
    assert copy.inventory.hosts["esx02"].state == "entering-maintenance"


def test_a_forged_plan_is_found_out(fragmentation):
    document = berth.plan(fragmentation, "failover").to_json().encode()
    forged = berth.Plan.read(document.replace(b'"value": 1,', b'"value": 0,'), fragmentation)
    verdict = forged.verify()
    assert not verdict and verdict.faults[0].kind == berth.tables.Fault.LEVEL
    with pytest.raises(berth.BerthError):
        berth.Plan.read(document[:100], fragmentation)


def test_options(fragmentation):
    assert berth.plan(fragmentation, time_limit=0.25, threads=1, seed=2, explain="ledger").verify()
    assert berth.plan(fragmentation, deadline="15m").deadline.met == "worst"
    assert berth.plan(fragmentation, deadline=10).deadline.impossible
    with pytest.raises(berth.ArgumentError):
        berth.plan(fragmentation, threads=257)
    with pytest.raises(TypeError, match="threds"):
        berth.plan(fragmentation, threds=1)
    with pytest.raises(TypeError):
        berth.plan(fragmentation, weigh=1)
    with pytest.raises(TypeError):
        berth.plan(fragmentation, threads=1.5)
    with pytest.raises(ValueError, match="failover"):
        berth.plan(fragmentation, "tidy")


def test_documents_for_people(tmp_path, fragmentation):
    plan = berth.plan(fragmentation, "failover")
    assert "wiki" in plan.to_text(width=100)
    plan.write_report(tmp_path / "report.html")
    assert b"<html" in (tmp_path / "report.html").read_bytes()


def test_simulated(fragmentation, datasets):
    plan = berth.plan(fragmentation, "failover")
    simulation = plan.simulate("random", runs=50, seed=3)
    assert simulation.breach_count == 0
    assert simulation.makespan == simulation.quantile(1) == 37
    assert simulation.to_dict()["schema"] == "berth-simulation/1"
    with pytest.raises(ValueError):
        plan.simulate("loud")


def test_tables(fragmentation):
    plan = berth.plan(fragmentation, "failover")
    assert [row["vm"] for row in plan.rows("steps")] == ["wiki", "big"]
    assert {row["name"] for row in plan.rows("levels")} >= {"migrations", "makespan"}
    assert {row["to"] for row in plan.rows("placements")} == {"esx01", "esx02"}
    assert plan.rows("unplaced") == []
    with pytest.raises(ValueError):
        plan.rows("hosts")


def test_pandas(fragmentation):
    pandas = pytest.importorskip("pandas")
    table = berth.plan(fragmentation, "failover").to_pandas("steps")
    assert isinstance(table, pandas.DataFrame)
    assert list(table["vm"]) == ["wiki", "big"] and list(table["latest_end"]) == [7, 37]
