# SPDX-License-Identifier: Apache-2.0
"""Sessions: answers worked out on the 64 GiB hosts of datasets/fragmentation.xml, each with 16 GiB free."""

import threading

import pytest

import berth


@pytest.fixture
def session(fragmentation):
    with berth.Session(fragmentation) as opened:
        yield opened


def test_what_is(session):
    assert session.host_count == 3 and session.vm_count == 5
    assert session.host_free("esx01", "memory") == 16384
    assert session.host_free("esx01", "vms") is None
    assert session.vm_host("big") == "esx03" and session.host_state("esx03") == "failed"
    assert session.vm_demand("big", "memory") == 24576
    assert session.vm_id(session.vm_number("wiki")) == "wiki"
    assert session.host_id(session.host_number("esx02")) == "esx02"


def test_places_and_obstacles(session):
    small = session.add_vm("prod", "small", memory_mib=8192, memory_reservation_mib=8192)
    assert [one.host for one in session.best_hosts(small)] == ["esx01", "esx02"]
    assert session.best_hosts("small", k=1)[0].room == 16384 * 1024 // 65536
    assert session.best_hosts("big") == []
    obstacle = session.obstacle("big", "esx01")
    assert (obstacle.reason, obstacle.resource, obstacle.short_by) == ("resource", "memory", 8192)
    assert session.obstacle(small, 0) is None
    assert {(row.reason, row.hosts) for row in session.ledger("big")} == {("failed", 1), ("resource", 2)}
    assert session.place("big") is None and session.vm_host("big") == "esx03"
    assert session.place(small).host == "esx01"
    assert session.host_free("esx01", "memory") == 8192
    # The fullest first, or the emptiest.
    other = session.add_vm("prod", "other", memory_mib=8192, memory_reservation_mib=8192)
    assert session.best_hosts(other, 1)[0].host == "esx01"
    assert session.best_hosts(other, 1, "roomy")[0].host == "esx02"
    assert session.place(other, berth.Preference.ROOMY).host == "esx02"


def test_numbers_and_names_mean_the_same(session):
    wiki, second = session.vm_number("wiki"), session.host_number("esx02")
    assert session.best_hosts("wiki") == session.best_hosts(wiki)
    session.move_vm(wiki, second)
    assert session.vm_host("wiki") == "esx02"
    assert session.host_free("esx01", "memory") == session.host_free(0, 1) == 24576
    assert session.best_hosts("big")[0].host == "esx01"


def test_life_of_a_vm(session):
    session.stop_vm("wiki")
    assert session.vm_power("wiki") == "off" and session.host_free("esx01", "memory") == 24576
    session.start_vm("wiki", "esx02")
    session.resize_vm("wiki", memory_mib=4096, memory_reservation_mib=4096)
    assert session.host_free("esx02", "memory") == 16384 - 4096
    session.start_vm("wiki")
    assert session.vm_host("wiki") is None
    number = session.vm_number("wiki")
    session.remove_vm("wiki")
    assert not session.vm_exists(number)
    with pytest.raises(berth.NotFoundError):
        session.vm_host("wiki")
    with pytest.raises(berth.NotFoundError):
        session.stop_vm(number)


def test_hosts(session):
    session.set_host_state("esx03", "online")
    assert session.host_state("esx03") == berth.HostState.ONLINE
    number = session.add_host("esx01", "esx04")
    assert session.host_free(number, "memory") == 65536
    assert session.best_hosts("wiki", prefer="roomy")[0].host == "esx04"
    with pytest.raises(berth.ArgumentError):
        session.add_host("esx01", "esx02")
    with pytest.raises(berth.NotFoundError):
        session.set_host_state("esx99", "online")
    with pytest.raises(ValueError, match="standby"):
        session.set_host_state("esx01", "asleep")


def test_rules(session):
    rule = session.add_rule("prod", "apart", "apart", ["wiki", "mail"])
    assert session.rule_enabled(rule)
    assert session.obstacle("wiki", "esx02").reason == "vm-rule"
    session.drop_rule(rule)
    assert not session.rule_enabled(rule)
    assert session.obstacle("wiki", "esx02") is None


def test_transactions(session):
    with session.transaction():
        session.move_vm("wiki", "esx02")
    assert session.vm_host("wiki") == "esx02"
    with pytest.raises(ArithmeticError):
        with session.transaction():
            session.stop_vm("wiki")
            session.add_vm("prod", "new", memory_mib=1)
            raise ArithmeticError
    assert session.vm_power("wiki") == "on"
    with pytest.raises(berth.NotFoundError):
        session.vm_number("new")
    with pytest.raises(berth.ArgumentError):
        with session.transaction(), session.transaction():
            pass
    with session.transaction():  # the one before is over
        pass


def test_snapshots_stay_and_outlive(fragmentation):
    with berth.Session(fragmentation) as session:
        before = session.snapshot()
        session.move_vm("wiki", "esx02")
        after = session.snapshot()
    assert before.vm_host("wiki") == "esx01" and after.vm_host("wiki") == "esx02"
    assert before.best_hosts("big") == [] and after.best_hosts("big")[0].host == "esx01"
    with pytest.raises(berth.NotFoundError):
        before.vm_host("nobody")
    with pytest.raises(berth.NotFoundError):
        before.vm_host(99)


def test_threads_ask_snapshots_while_the_session_goes_on(session):
    """Every snapshot has one of two states, never a mixture: `wiki` is on one host, and room is on the other."""
    wrong = []
    done = threading.Event()
    current = [session.snapshot()]

    def ask():
        while not done.is_set():
            seen = current[0]
            home = seen.vm_host("wiki")
            best = seen.best_hosts("big", 1)
            if (home, [one.host for one in best]) not in (("esx01", []), ("esx02", ["esx01"])):
                wrong.append((home, best))
    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(2000):
        session.move_vm("wiki", "esx02" if turn % 2 == 0 else "esx01")
        current[0] = session.snapshot()
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong


def test_added_objects_are_refused_as_in_an_inventory(session):
    with pytest.raises(berth.ArgumentError):
        session.add_vm("prod", "wiki", memory_mib=1)
    with pytest.raises(berth.ArgumentError):
        session.add_vm("prod", "bad", memory_mib=-5)
    with pytest.raises(TypeError):
        session.add_vm("prod", "bad", memory=5)
    with pytest.raises(berth.NotFoundError):
        session.add_vm("test", "bad", memory_mib=5)
    with pytest.raises(berth.ArgumentError):
        session.best_hosts("wiki", k=0)
    assert session.vm_count == 5


def test_closed(fragmentation):
    session = berth.Session(fragmentation)
    session.close()
    session.close()
    with pytest.raises(TypeError):
        session.vm_host(0)


def test_a_host_taken_back_leaves_no_name(session):
    with pytest.raises(KeyError):
        with session.transaction():
            session.add_host("esx01", "first")
            assert session.host_id(3) == "first"
            raise KeyError
    session.add_host("esx01", "second")
    assert session.host_id(3) == "second"


def test_draining(session):
    """The 8 GiB of `wiki` find room on esx02, the 40 GiB of `erp` nowhere."""
    answer = session.drain("esx01", threads=1)
    assert answer.outcome == berth.Outcome.INFEASIBLE
    assert [(move.vm, move.from_host, move.to_host, move.how) for move in answer.moves] == \
        [("wiki", "esx01", "esx02", "migrate")]
    assert answer.left == ("erp",)
    session.add_host("esx01", "esx04")
    answer = session.drain("esx01")
    assert answer.outcome == berth.Outcome.OPTIMAL and answer.left == ()
    assert {move.vm for move in answer.moves} == {"wiki", "erp"}
    with pytest.raises(TypeError):
        session.drain("esx01", thread=1)


def test_failures(session):
    session.set_host_state("esx03", "online")
    # Online again, esx03 has `big` and 40 GiB free: enough for the 8 and 40 GiB of either, with esx02's 16.
    assert session.failure("esx01").outcome == berth.Outcome.OPTIMAL
    snapshot = session.snapshot()
    session.add_vm("prod", "full", host="esx03", memory_mib=40960, memory_locked=True)
    lost = session.failure("esx01")
    assert lost.outcome == berth.Outcome.INFEASIBLE and lost.left == ("erp",)
    assert snapshot.failure("esx01").outcome == berth.Outcome.OPTIMAL


def test_a_state_as_an_inventory(session, fragmentation):
    assert session.inventory().to_xml() == fragmentation.to_xml()
    assert session.plan("failover") == berth.plan(fragmentation, "failover")
    session.move_vm("wiki", "esx02")
    session.add_vm("prod", "new", memory_mib=1024, host="esx01")
    inventory = session.inventory()
    assert inventory.vms["wiki"].host == "esx02" and inventory.vms[-1].id == "new"
    plan = session.snapshot().plan("failover")
    assert [(step.vm, step.to_host) for step in plan.steps] == [("big", "esx01")]
