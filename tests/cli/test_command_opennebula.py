#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""berth opennebula as OpenNebula calls it: an action on standard input, a plan on standard output,
reasons on standard error, and no failure where VMs are left."""

import os
import pathlib
import shutil
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

from command_case import SOURCE, CommandCase

SHARED = pathlib.Path(os.environ.get("BERTH_SHARED_DATA", SOURCE.parent / "shared" / "data")) / "xml" / "opennebula"
GIB = 1024  # MB


def ids(element, numbers):
    return f"<{element}>" + "".join(f"<ID>{n}</ID>" for n in numbers) + f"</{element}>"


def host(number, cores=8, gib=32, cluster=100, state=2, used=(0, 0), vms=(), local="", disk=None):
    """`used`: cores and GiB allocated; `local`: DS elements."""
    space = "" if disk is None else f"<FREE_DISK>{disk}</FREE_DISK>"
    return (f"<HOST><ID>{number}</ID><NAME>kvm{number}</NAME><STATE>{state}</STATE><CLUSTER_ID>{cluster}</CLUSTER_ID>"
            f"<HOST_SHARE><MEM_USAGE>{int(used[1] * GIB * 1024)}</MEM_USAGE><CPU_USAGE>{int(used[0] * 100)}</CPU_USAGE>"
            f"<MAX_MEM>{gib * GIB * 1024}</MAX_MEM><MAX_CPU>{cores * 100}</MAX_CPU>"
            f"<DATASTORES>{local}{space}</DATASTORES></HOST_SHARE>{ids('VMS', vms)}<TEMPLATE/></HOST>")


def vm(number, cpu=1, gib=4, at=None, resched=0, group="", more=""):
    """`at`: the host where it runs; without one it waits."""
    state = "<STATE>1</STATE><LCM_STATE>0</LCM_STATE>" if at is None else "<STATE>3</STATE><LCM_STATE>3</LCM_STATE>"
    history = "" if at is None else f"<HISTORY><SEQ>0</SEQ><HID>{at}</HID><DS_ID>110</DS_ID></HISTORY>"
    return (f"<VM><ID>{number}</ID><NAME>vm{number}</NAME>{state}<RESCHED>{resched}</RESCHED>"
            f"<TEMPLATE><CPU>{cpu}</CPU><MEMORY>{gib * GIB}</MEMORY>{group}{more}</TEMPLATE><USER_TEMPLATE/>"
            f"<HISTORY_RECORDS>{history}</HISTORY_RECORDS></VM>")


def needs(number, hosts, datastores=(110,), nics=()):
    """`nics`: for each interface its id and the networks it may have."""
    interfaces = "".join(f"<NIC><ID>{nic}</ID>{ids('VNETS', networks)}</NIC>" for nic, networks in nics)
    return f"<VM><ID>{number}</ID>{ids('HOSTS', hosts)}{interfaces}{ids('DATASTORES', datastores)}</VM>"


def cluster(number=100, hosts=(), datastores=(110, 111), networks=(3, 4), drs=""):
    return (f"<CLUSTER><ID>{number}</ID><NAME>c{number}</NAME>{ids('HOSTS', hosts)}{ids('DATASTORES', datastores)}"
            f"{ids('VNETS', networks)}<TEMPLATE><ONE_DRS>{drs}</ONE_DRS></TEMPLATE></CLUSTER>")


def datastore(number, free, total=1000000):
    return f"<DATASTORE><ID>{number}</ID><STATE>0</STATE><TOTAL_MB>{total}</TOTAL_MB><FREE_MB>{free}</FREE_MB></DATASTORE>"


def network(number, size, used):
    return (f"<VNET><ID>{number}</ID><USED_LEASES>{used}</USED_LEASES>"
            f"<AR_POOL><AR><SIZE>{size}</SIZE></AR></AR_POOL></VNET>")


def group(number, roles, between=""):
    return f"<VM_GROUP><ID>{number}</ID><NAME>g</NAME><ROLES>{roles}</ROLES><TEMPLATE>{between}</TEMPLATE></VM_GROUP>"


def role(number, name, policy="", vms="", more=""):
    policy = policy and f"<POLICY>{policy}</POLICY>"
    return f"<ROLE><ID>{number}</ID><NAME>{name}</NAME>{policy}<VMS>{vms}</VMS>{more}</ROLE>"


def action(vms="", hosts="", requirements="", datastores="", networks="", groups="", clusters=""):
    return ("<SCHEDULER_DRIVER_ACTION>"
            f"<VM_POOL>{vms}</VM_POOL><HOST_POOL>{hosts}</HOST_POOL><DATASTORE_POOL>{datastores}</DATASTORE_POOL>"
            f"<VNET_POOL>{networks}</VNET_POOL><VM_GROUP_POOL>{groups}</VM_GROUP_POOL>"
            f"<CLUSTER_POOL>{clusters}</CLUSTER_POOL><REQUIREMENTS>{requirements}</REQUIREMENTS>"
            "</SCHEDULER_DRIVER_ACTION>")


class DriverCase(CommandCase):
    def driver(self, *arguments, given, status=0):
        done = self.berth("opennebula", *arguments, stdin=given.encode(), status=status)
        if status == 0:
            done.plan = self.parse(done.out)
        return done

    def parse(self, text):
        """(ID of the plan, actions as dictionaries), after a check of its form by the published
        schema's rules: names, order, numbers."""
        root = ElementTree.fromstring(text)
        self.assertEqual(root.tag, "PLAN")
        self.assertEqual([child.tag for child in root], ["ID"] + ["ACTION"] * (len(root) - 1))
        actions = []
        for element in root[1:]:
            tags = [child.tag for child in element]
            nics = [tag for tag in tags if tag == "NIC"]
            head = [tag for tag in ("VM_ID", "OPERATION", "HOST_ID", "DS_ID") if tag in tags]
            self.assertEqual(tags, head + nics)
            self.assertEqual(head[:3], ["VM_ID", "OPERATION", "HOST_ID"])
            self.assertIn(element.findtext("OPERATION"), ("deploy", "migrate"))
            for nic in element.findall("NIC"):
                self.assertEqual([child.tag for child in nic], ["NIC_ID", "NETWORK_ID"])
            found = {child.tag: child.text for child in element if child.tag not in ("NIC", "OPERATION")}
            actions.append({**{tag: int(text) for tag, text in found.items()},
                            "OPERATION": element.findtext("OPERATION"),
                            "NIC": [tuple(int(child.text) for child in nic) for nic in element.findall("NIC")]})
        return int(root.findtext("ID")), actions


class Place(DriverCase):
    def test_a_vm_gets_a_host_a_datastore_and_networks(self):
        # 111 has more room than 110; of network 3, 2 leases are left, of network 4, 5. The first
        # interface may have both, and takes 4; the second may have 3 only.
        given = action(
            vm(7, more="<DISK><SIZE>2000</SIZE></DISK>"), host(1),
            needs(7, [1], (110, 111), ((0, (3, 4)), (2, (3,)))),
            datastore(110, 5000) + datastore(111, 6000), network(3, 10, 8) + network(4, 10, 5), "",
            cluster(hosts=[1]))
        self.assertEqual(self.driver("place", given=given).plan, (-1, [
            {"VM_ID": 7, "OPERATION": "deploy", "HOST_ID": 1, "DS_ID": 111, "NIC": [(0, 4), (2, 3)]}]))

    def test_what_one_vm_takes_the_next_one_does_not_have(self):
        # After the first VM's 3,000 MB, 111 has 3,000 left: the second goes to 110; one lease each.
        disk = "<DISK><SIZE>3000</SIZE></DISK>"
        given = action(vm(7, more=disk) + vm(8, more=disk) + vm(9, more=disk), host(1),
                       "".join(needs(n, [1], (110, 111), ((0, (3, 4)),)) for n in (7, 8, 9)),
                       datastore(110, 5000) + datastore(111, 6000), network(3, 1, 0) + network(4, 1, 0), "",
                       cluster(hosts=[1]))
        done = self.driver("place", given=given)
        self.assertEqual([(a["VM_ID"], a["DS_ID"], a["NIC"]) for a in done.plan[1]],
                         [(7, 111, [(0, 3)]), (8, 110, [(0, 4)])])
        self.assertEqual(done.err, "berth: warning: VM 9 (vm9) is not deployed: no network that it may use at its "
                                   "host has a free lease\n")

    def test_local_datastores_are_counted_by_host(self):
        # 110 is local: kvm1 has 1,000 MB of it, kvm2 9,000; VM 7 may only run on kvm1, VM 8 on kvm2.
        def local(free):
            return f"<DS><FREE_MB>{free}</FREE_MB><ID>110</ID><TOTAL_MB>10000</TOTAL_MB><USED_MB>0</USED_MB></DS>"
        disk = "<DISK><SIZE>3000</SIZE></DISK>"
        given = action(vm(7, more=disk) + vm(8, more=disk), host(1, local=local(1000)) + host(2, local=local(9000)),
                       needs(7, [1]) + needs(8, [2]), datastore(110, 0, 0), "", "", cluster(hosts=[1, 2]))
        done = self.driver("place", given=given)
        self.assertEqual([(a["VM_ID"], a["HOST_ID"], a["DS_ID"]) for a in done.plan[1]], [(8, 2, 110)])
        self.assertIn("VM 7 (vm7) is not deployed: no datastore that it may use at its host has room", done.err)

    def test_a_vm_that_fits_nowhere_is_told_and_no_failure(self):
        # 32 GiB a host, of which 8 are allocated on kvm1 to VMs that are not in the action: 24 left, 6 short of 30.
        given = action(vm(7, gib=30) + vm(8, gib=20), host(1, used=(2, 8)), needs(7, [1]) + needs(8, [1]), "", "", "",
                       cluster(hosts=[1]))
        done = self.driver("place", given=given)
        self.assertEqual([(a["VM_ID"], a["HOST_ID"]) for a in done.plan[1]], [(8, 1)])
        self.assertIn("berth: warning: VM 7 (vm7) is not deployed: no host can take it; "
                      "1 host: memory, 6144 short at least\n", done.err)

    def test_requirements_decide_and_missing_ones_forbid(self):
        given = action(vm(7) + vm(8) + vm(9), host(1) + host(2), needs(7, [2]) + needs(8, []), "", "", "",
                       cluster(hosts=[1, 2]))
        done = self.driver("place", given=given)
        self.assertEqual([(a["VM_ID"], a["HOST_ID"]) for a in done.plan[1]], [(7, 2)])
        for number in (8, 9):
            self.assertIn(f"VM {number} (vm{number}) is not deployed: no host can take it; "
                          f"2 hosts: rule vm-{number}-requirements\n", done.err)

    def test_a_host_whose_cluster_lacks_all_networks_is_none(self):
        # kvm1 is in a cluster with network 3 only, kvm2 in one with network 4; kvm2 is larger.
        given = action(vm(7), host(1) + host(2, cores=64, gib=256, cluster=101), needs(7, [1, 2], nics=((0, (3,)),)),
                       "", "", "", cluster(hosts=[1], networks=[3]) + cluster(101, [2], networks=[4]))
        done = self.driver("place", given=given)
        self.assertEqual([(a["VM_ID"], a["HOST_ID"], a["NIC"]) for a in done.plan[1]], [(7, 1, [(0, 3)])])

    def test_the_vms_that_run_stay(self):
        # VM 7 needs 20 GiB; kvm1 and kvm2 have 16 free each. Moving VM 1 would make room.
        given = action(vm(7, gib=20) + vm(1, gib=16, at=1) + vm(2, gib=16, at=2),
                       host(1, used=(1, 16), vms=[1]) + host(2, used=(1, 16), vms=[2]), needs(7, [1, 2]), "", "", "",
                       cluster(hosts=[1, 2]))
        self.assertEqual(self.driver("place", given=given).plan, (-1, []))

    def test_one_to_be_scheduled_again_moves(self):
        given = action(vm(1, at=1, resched=1) + vm(2, at=1),
                       host(1, used=(2, 8), vms=[1, 2]) + host(2) + host(3), needs(1, [1, 3]), "", "", "",
                       cluster(hosts=[1, 2, 3]))
        self.assertEqual(self.driver("place", given=given).plan, (-1, [
            {"VM_ID": 1, "OPERATION": "migrate", "HOST_ID": 3, "NIC": []}]))

    def test_hosts_out_of_order_take_nothing_and_lose_nothing(self):
        # kvm1 failed with VM 1, kvm2 is disabled with VM 2, kvm3 offline; kvm4 could take all.
        given = action(vm(1, at=1) + vm(2, at=2) + vm(7), host(1, state=3, used=(1, 4), vms=[1]) +
                       host(2, state=4, used=(1, 4), vms=[2]) + host(3, state=8) + host(4),
                       needs(7, [1, 2, 3, 4]), "", "", "", cluster(hosts=[1, 2, 3, 4]))
        done = self.driver("place", given=given)
        self.assertEqual([(a["VM_ID"], a["HOST_ID"]) for a in done.plan[1]], [(7, 4)])

    def test_roles_against_each_other(self):
        # Two of web may share a host, but not with db. VM 20 of db runs on kvm1, as only the host says.
        roles = role(0, "web", "", "7,8") + role(1, "db", "", "20")
        given = action(vm(7) + vm(8), host(1, cores=64, used=(1, 4), vms=[20]) + host(2),
                       needs(7, [1, 2]) + needs(8, [1, 2]), "", "",
                       group(5, roles, "<ANTI_AFFINED>web, db</ANTI_AFFINED>"), cluster(hosts=[1, 2]))
        done = self.driver("place", given=given)
        self.assertEqual([(a["VM_ID"], a["HOST_ID"]) for a in done.plan[1]], [(7, 2), (8, 2)])

    def test_roles_by_themselves(self):
        # db apart: two hosts take two of three; cache together, and only where the role says.
        roles = (role(0, "db", "ANTI_AFFINED", "7,8,9") +
                 role(1, "cache", "AFFINED", "10,11", "<HOST_ANTI_AFFINED>1</HOST_ANTI_AFFINED>"))
        given = action("".join(vm(n) for n in (7, 8, 9, 10, 11)), host(1) + host(2),
                       "".join(needs(n, [1, 2]) for n in (7, 8, 9, 10, 11)), "", "", group(5, roles),
                       cluster(hosts=[1, 2]))
        done = self.driver("place", given=given)
        at = {a["VM_ID"]: a["HOST_ID"] for a in done.plan[1]}
        self.assertEqual((at[10], at[11]), (2, 2))
        self.assertEqual(sorted(at[n] for n in (7, 8, 9) if n in at), [1, 2])
        self.assertIn("is not deployed", done.err)

    def test_rules_that_contradict_each_other_deploy_nothing(self):
        # Together, but REQUIREMENTS has no host in common.
        given = action(vm(7) + vm(8), host(1) + host(2), needs(7, [1]) + needs(8, [2]), "", "",
                       group(5, role(0, "db", "AFFINED", "7,8")), cluster(hosts=[1, 2]))
        done = self.driver("place", given=given)
        self.assertEqual(done.plan, (-1, []))
        self.assertEqual(done.err.count("is not deployed: rule vmgroup-5-db-affined contradicts another one"), 2)

    def test_nothing_to_do(self):
        for given in (action(), action(hosts=host(1)), action(vm(1, at=1), host(1, vms=[1]))):
            self.assertEqual(self.driver("place", given=given).plan, (-1, []))

    def test_a_file_instead_of_standard_input(self):
        self.write("action.xml", action(vm(7), host(1), needs(7, [1]), clusters=cluster(hosts=[1])))
        done = self.berth("opennebula", "place", "action.xml", "-o", "plan.xml", status=0)
        self.assertEqual(done.out, "")
        plan = (self.folder / "plan.xml").read_text(encoding="utf-8")
        self.assertEqual([a["HOST_ID"] for a in self.parse(plan)[1]], [1])


class Optimize(DriverCase):
    def uneven(self, drs, count=6):
        """All on kvm1 but nothing on kvm2 and kvm3; a VM waits, and cluster 101 is not asked about."""
        vms = "".join(vm(n, at=1) for n in range(1, count + 1))
        return action(vms + vm(50) + vm(60, at=9),
                      host(1, used=(count, 4 * count), vms=range(1, count + 1)) + host(2) + host(3) +
                      host(9, cluster=101, used=(1, 4), vms=[60]), needs(50, [1, 2, 3]), "", "", "",
                      cluster(hosts=[1, 2, 3], drs=drs) + cluster(101, [9]))

    def after(self, plan, count):
        at = dict.fromkeys(range(1, count + 1), 1)
        for step in plan[1]:
            self.assertEqual((step["OPERATION"], step["NIC"], step["VM_ID"] in at, step["HOST_ID"] in (1, 2, 3)),
                             ("migrate", [], True, True))
            at[step["VM_ID"]] = step["HOST_ID"]
        return sorted(list(at.values()).count(h) for h in (1, 2, 3))

    def test_balance(self):
        drs = "<POLICY>balance</POLICY><MIGRATION_THRESHOLD>-1</MIGRATION_THRESHOLD><AUTOMATION>manual</AUTOMATION>"
        done = self.driver("optimize", "100", given=self.uneven(drs))
        self.assertEqual(done.plan[0], 100)
        self.assertEqual(self.after(done.plan, 6), [2, 2, 2])
        self.assertEqual(len(done.plan[1]), 4)

    def test_larger_clusters(self):
        # 10 of 40 hosts of 32 cores have 20 VMs of a core each. The mean is 16 %, the target 21: 6 VMs
        # are 19 %, 7 are 22. So 14 have to leave each of the 10, and nobody may get more than 6.
        at = {n: n % 10 for n in range(200)}
        hosts = "".join(host(h, 32, 256, used=(20, 80) if h < 10 else (0, 0), vms=range(h, 200, 10) if h < 10 else ())
                        for h in range(40))
        for most, expected in ((-1, 140), (7, 7)):
            drs = f"<POLICY>balance</POLICY><MIGRATION_THRESHOLD>{most}</MIGRATION_THRESHOLD>"
            given = action("".join(vm(n, at=h) for n, h in at.items()), hosts, "", "", "", "",
                           cluster(hosts=range(40), drs=drs))
            done = self.driver("optimize", "100", "--time-limit", "5s", given=given)
            self.assertEqual(len(done.plan[1]), expected)
            self.assertEqual(len({a["VM_ID"] for a in done.plan[1]}), expected)
            after = {**at, **{a["VM_ID"]: a["HOST_ID"] for a in done.plan[1]}}
            counts = [list(after.values()).count(h) for h in range(40)]
            self.assertLessEqual(max(counts), 6 if most < 0 else 20)
            self.assertEqual(sum(counts[:10]), 200 - expected)

    def test_no_more_migrations_than_allowed(self):
        for most in (0, 1, 2, 3):
            drs = f"<POLICY>balance</POLICY><MIGRATION_THRESHOLD>{most}</MIGRATION_THRESHOLD>"
            done = self.driver("optimize", "100", "-v", given=self.uneven(drs))
            self.assertEqual(len(done.plan[1]), most)
            self.assertIn(f"note: {4 - most} of 4 migrations are held back", done.err)

    def test_pack(self):
        # One VM on each of three hosts: two go to the third; with one migration allowed, one goes.
        for most, left in ((-1, 1), (1, 2), (0, 3)):
            drs = f"<POLICY>pack</POLICY><MIGRATION_THRESHOLD>{most}</MIGRATION_THRESHOLD>"
            given = action("".join(vm(n, at=n) for n in (1, 2, 3)),
                           "".join(host(n, used=(1, 4), vms=[n]) for n in (1, 2, 3)), "", "", "", "",
                           cluster(hosts=[1, 2, 3], drs=drs))
            done = self.driver("optimize", "100", given=given)
            at = {1: 1, 2: 2, 3: 3}
            at.update((a["VM_ID"], a["HOST_ID"]) for a in done.plan[1])
            self.assertEqual((len(set(at.values())), len(done.plan[1])), (left, 3 - left))

    def test_a_host_half_emptied_is_worth_nothing(self):
        # Emptying kvm1 or kvm2 takes two migrations, kvm3 one; with one allowed, it is kvm3's.
        drs = "<POLICY>pack</POLICY><MIGRATION_THRESHOLD>1</MIGRATION_THRESHOLD>"
        given = action(vm(1, at=1) + vm(5, at=1) + vm(2, at=2) + vm(3, at=2) + vm(4, at=3),
                       host(1, used=(2, 8), vms=[1, 5]) + host(2, used=(2, 8), vms=[2, 3]) + host(3, used=(1, 4), vms=[4]),
                       "", "", "", "", cluster(hosts=[1, 2, 3], drs=drs))
        done = self.driver("optimize", "100", given=given)
        self.assertEqual([a["VM_ID"] for a in done.plan[1]], [4])

    def test_hosts_that_cost_least_are_emptied_first(self):
        # All seven VMs fit on kvm1. kvm2 costs two migrations, kvm3 and kvm4 one each; two are allowed.
        drs = "<POLICY>pack</POLICY><MIGRATION_THRESHOLD>2</MIGRATION_THRESHOLD>"
        given = action("".join(vm(n, at=h) for n, h in ((1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 3), (7, 4))),
                       host(1, used=(3, 12), vms=[1, 2, 3]) + host(2, used=(2, 8), vms=[4, 5]) +
                       host(3, used=(1, 4), vms=[6]) + host(4, used=(1, 4), vms=[7]), "", "", "", "",
                       cluster(hosts=[1, 2, 3, 4], drs=drs))
        done = self.driver("optimize", "100", given=given)
        self.assertEqual(sorted(a["VM_ID"] for a in done.plan[1]), [6, 7])

    def test_blocked_vms_stay(self):
        given = self.uneven("<POLICY>balance</POLICY>").replace("<USER_TEMPLATE/>", "<USER_TEMPLATE><ONEDRS_BLOCKED>YES"
                                                                "</ONEDRS_BLOCKED></USER_TEMPLATE>")
        self.assertEqual(self.driver("optimize", "100", given=given).plan, (100, []))

    def test_even_already(self):
        given = action(vm(1, at=1) + vm(2, at=2), host(1, used=(1, 4), vms=[1]) + host(2, used=(1, 4), vms=[2]), "", "",
                       "", "", cluster(hosts=[1, 2], drs="<POLICY>balance</POLICY>"))
        self.assertEqual(self.driver("optimize", "100", given=given).plan, (100, []))
        self.assertEqual(self.driver("optimize", "101", given=given.replace("</CLUSTER_POOL>", cluster(101) +
                                                                           "</CLUSTER_POOL>")).plan, (101, []))

    def test_a_target_of_ones_own(self):
        # 6 of 8 cores are 75 %: fine with 80, and with memory the same.
        given = self.uneven("<POLICY>balance</POLICY>")
        done = self.driver("optimize", "100", "--target-cpu", "80", "--target-memory", "80", given=given)
        self.assertEqual(done.plan, (100, []))

    def test_an_unknown_policy_is_told(self):
        done = self.driver("optimize", "100", given=self.uneven("<POLICY>spread</POLICY>"))
        self.assertIn('POLICY is "spread"; expected balance or pack; taken as balance', done.err)
        self.assertEqual(self.after(done.plan, 6), [2, 2, 2])


class Failures(DriverCase):
    def test_usage(self):
        for arguments, said in (((), "no task given"), (("spread",), 'no task "spread"'),
                                (("optimize",), "no CLUSTER_ID given"), (("optimize", "prod"), "expected a number"),
                                (("place", "a", "b"), "one ACTION"), (("place", "--target-cpu", "80"), "go with optimize"),
                                (("place", "--time-limit", "soon"), "time-limit")):
            self.assertIn(said, self.complaint("opennebula", *arguments, status=64))

    def test_input(self):
        self.assertIn("no cluster with ID \"7\"", self.driver("optimize", "7", given=action(), status=65).err)
        self.assertIn("expected SCHEDULER_DRIVER_ACTION", self.driver("place", given="<HOST_POOL/>", status=65).err)
        self.assertIn("-:1:", self.driver("place", given="<SCHEDULER_DRIVER_ACTION>", status=65).err)
        self.assertIn("the ID of a <VM> is \"x\"",
                      self.driver("place", given=action("<VM><ID>x</ID></VM>"), status=65).err)
        self.complaint("opennebula", "place", "missing.xml", status=66)

    def test_one_odd_vm_does_not_stop_the_others(self):
        given = action(vm(7) + vm(8).replace("<MEMORY>4096</MEMORY>", "") + vm(9).replace("<CPU>1</CPU>", "<CPU>much</CPU>"),
                       host(1), "".join(needs(n, [1]) for n in (7, 8, 9)), clusters=cluster(hosts=[1]))
        done = self.driver("place", given=given)
        self.assertEqual([a["VM_ID"] for a in done.plan[1]], [7])
        self.assertIn("warning: VM 8: MEMORY is missing", done.err)
        self.assertIn('warning: VM 9: CPU is "much"; expected a number of cores', done.err)

    def test_texts_of_the_action_do_not_become_markup(self):
        given = action(vm(7), host(1), needs(7, [1], ("&lt;DS/&gt;", 110), ((0, ("&lt;x/&gt;", 3)),)),
                       clusters=cluster(hosts=[1], datastores=("&lt;DS/&gt;", 110), networks=("&lt;x/&gt;", 3)))
        done = self.driver("place", given=given)
        self.assertEqual([(a["DS_ID"], a["NIC"]) for a in done.plan[1]], [(110, [(0, 3)])])


@unittest.skipUnless(SHARED.is_dir(), f"the published schemas and samples are not here: {SHARED}")
@unittest.skipUnless(os.environ.get("XMLLINT", "").strip() and shutil.which(os.environ.get("XMLLINT", "")), "no xmllint")
class PublishedSchema(DriverCase):
    def validate(self, text):
        text = text.replace("<PLAN>", '<PLAN xmlns="http://opennebula.org/XMLSchema">', 1)
        path = self.write("plan.xml", text)
        done = subprocess.run([os.environ["XMLLINT"], "--noout", "--nonet", "--schema", SHARED / "xsd" / "plan.xsd", path],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_plans_are_valid(self):
        done = self.driver("place", given=action(vm(7), host(1), needs(7, [1], nics=((0, (3,)), (1, (4,)))), "", "", "",
                                                 cluster(hosts=[1])))
        self.validate(done.out)
        done = self.driver("optimize", "100", given=action(
            "".join(vm(n, at=1) for n in (1, 2, 3, 4)), host(1, used=(4, 16), vms=[1, 2, 3, 4]) + host(2), "", "", "", "",
            cluster(hosts=[1, 2], drs="<POLICY>balance</POLICY>")))
        self.assertEqual(len(done.plan[1]), 2)
        self.validate(done.out)

    def test_the_sample_action(self):
        """Its one VM runs on its one host: nothing to do. With the VM waiting it is placed there, in
        the one datastore that it may have."""
        given = (SHARED / "synthetic-scheduler-driver-action.xml").read_text(encoding="utf-8")
        self.assertEqual(self.driver("place", given=given).plan, (-1, []))
        self.assertEqual(self.driver("optimize", "100", given=given).plan, (100, []))
        waiting = given.replace("<STATE>3</STATE><LCM_STATE>3</LCM_STATE>", "<STATE>1</STATE><LCM_STATE>0</LCM_STATE>", 1)
        done = self.driver("place", given=waiting)
        self.assertEqual(done.plan, (-1, [
            {"VM_ID": 0, "OPERATION": "deploy", "HOST_ID": 0, "DS_ID": 100, "NIC": []}]))
        self.validate(done.out)


if __name__ == "__main__":
    unittest.main()
