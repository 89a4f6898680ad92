/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checker's packing of VMs on NUMA nodes, against all assignments of small cases; and large
 * cases whose answer is known by counting, which have to be answered and not left open.
 */
#include "node_packing.h"
#include "test_verify_support.h"

enum { CASES = 6000, MOST_NODES = 3, MOST_VMS = 7 };

static uint32_t next_random(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(*state >> 33);
}

/* Any assignment: VM by VM, each to each node. */
static bool can_be_split(const node_packing *p, uint32_t vm, int64_t left[MOST_NODES][2]) {
  if (vm == p->vm_count)
    return true;
  for (uint32_t n = 0; n < p->node_count; n++) {
    bool found = false;
    if (p->vm[vm].need[0] > left[n][0] || p->vm[vm].need[1] > left[n][1])
      continue;
    left[n][0] -= p->vm[vm].need[0];
    left[n][1] -= p->vm[vm].need[1];
    found = can_be_split(p, vm + 1, left);
    left[n][0] += p->vm[vm].need[0];
    left[n][1] += p->vm[vm].need[1];
    if (found)
      return true;
  }
  return false;
}

static void draw_question(node_packing *p, uint64_t *state) {
  p->node_count = 1 + next_random(state) % MOST_NODES;
  p->vm_count = 1 + next_random(state) % MOST_VMS;
  bool one_resource = next_random(state) % 4 == 0;
  for (uint32_t n = 0; n < p->node_count; n++) {
    p->node[n][0] = one_resource ? 0 : 4 + next_random(state) % 9;
    p->node[n][1] = 4 + next_random(state) % 9;
  }
  for (uint32_t v = 0; v < p->vm_count; v++) {
    p->vm[v].need[0] = one_resource ? 0 : next_random(state) % 7;
    p->vm[v].need[1] = next_random(state) % 7;
  }
}

Test(node_packing, agrees_with_all_assignments) {
  static node_packing p;
  uint64_t state = 62;
  uint32_t count[2] = {0};
  for (uint32_t k = 0; k < CASES; k++) {
    int64_t left[MOST_NODES][2];
    draw_question(&p, &state);
    memcpy(left, p.node, sizeof left);
    bool expected = can_be_split(&p, 0, left);
    cr_expect_eq(node_packing_decide(&p), expected ? PACKING_HOLDS : PACKING_FAILS, "case %u", k);
    count[expected]++;
  }
  cr_expect_gt(count[0], CASES / 5);
  cr_expect_gt(count[1], CASES / 5);
}

/* So many nodes, each with 100 of either resource, and VMs that need nothing yet. */
static void ask(node_packing *p, uint32_t nodes, uint32_t vms) {
  memset(p, 0, sizeof *p);
  p->node_count = nodes;
  p->vm_count = vms;
  for (uint32_t n = 0; n < nodes; n++)
    p->node[n][0] = p->node[n][1] = 100;
}

/* 1 + 2 + ... + 40 = 820 of something, and three nodes with 819 of it together. */
Test(node_packing, more_than_all_nodes_have) {
  static node_packing p;
  for (int r = 0; r < 2; r++) {
    ask(&p, 3, 40);
    for (uint32_t n = 0; n < 3; n++) {
      p.node[n][r] = 273;
      p.node[n][1 - r] = 1000;
    }
    for (uint32_t v = 0; v < 40; v++)
      p.vm[v].need[r] = v + 1;
    cr_expect_eq(node_packing_decide(&p), PACKING_FAILS, "resource %d", r);
  }
}

/* 21 VMs of more than half a node, and 20 nodes; and one VM less. */
Test(node_packing, no_node_holds_two_halves) {
  static node_packing p;
  for (int r = 0; r < 2; r++) {
    ask(&p, 20, 21);
    for (uint32_t v = 0; v < 21; v++)
      p.vm[v].need[r] = 51 + v % 10;
    cr_expect_eq(node_packing_decide(&p), PACKING_FAILS, "resource %d", r);
    p.vm_count = 20;
    cr_expect_eq(node_packing_decide(&p), PACKING_HOLDS, "resource %d", r);
  }
}

/* Halves exactly: two fit. */
Test(node_packing, two_halves_fit) {
  static node_packing p;
  ask(&p, 20, 40);
  for (uint32_t v = 0; v < 40; v++)
    p.vm[v].need[0] = p.vm[v].need[1] = 50;
  cr_expect_eq(node_packing_decide(&p), PACKING_HOLDS);
}

/* The same with nodes of 100 to 119, none like another: VMs of 60 are more than half of any. */
Test(node_packing, no_node_holds_two_halves_of_the_largest) {
  static node_packing p;
  for (int r = 0; r < 2; r++) {
    ask(&p, 20, 21);
    for (uint32_t n = 0; n < 20; n++)
      p.node[n][0] = p.node[n][1] = 100 + n;
    for (uint32_t v = 0; v < 21; v++)
      p.vm[v].need[r] = 60;
    cr_expect_eq(node_packing_decide(&p), PACKING_FAILS, "resource %d", r);
    p.vm_count = 20;
    cr_expect_eq(node_packing_decide(&p), PACKING_HOLDS, "resource %d", r);
  }
}

/* 20 nodes, for each a VM of 70 and three of 10, which fill it: easy if those of 70 come first. Of
 * the other resource there is plenty, though the small VMs take more of it. */
Test(node_packing, large_vms_first) {
  static node_packing p;
  for (int r = 0; r < 2; r++) {
    ask(&p, 20, 80);
    for (uint32_t v = 0; v < 80; v++) {
      p.vm[v].need[r] = v < 60 ? 10 : 70;
      p.vm[v].need[1 - r] = v < 60 ? 2 : 1;
    }
    cr_expect_eq(node_packing_decide(&p), PACKING_HOLDS, "resource %d", r);
  }
}

/* 20 nodes of 30 and 90, 20 of 90 and 48. VMs take 30 of the first resource: 20 with 34 of the
 * second, of which none fits beside another on the latter nodes, so they have to have the former;
 * and 60 with 16, three a node. By their share of all nodes VMs are equals, 30 of 2,400 each, and a
 * node of 30 is the tightest for all. It is easy if those with 34 come first. */
Test(node_packing, the_larger_of_equals_first) {
  static node_packing p;
  for (int r = 0; r < 2; r++) {
    ask(&p, 40, 80);
    for (uint32_t n = 0; n < 40; n++) {
      p.node[n][r] = n < 20 ? 30 : 90;
      p.node[n][1 - r] = n < 20 ? 90 : 48;
    }
    for (uint32_t v = 0; v < 80; v++) {
      p.vm[v].need[r] = 30;
      p.vm[v].need[1 - r] = v < 60 ? 16 : 34;
    }
    cr_expect_eq(node_packing_decide(&p), PACKING_HOLDS, "resource %d", r);
  }
}

/* 20 nodes of 100 and behind them 20 of 60; VMs of 60 for the latter, two of 50 for each of the
 * former, and one of nothing, so that no node is ever given up. Easy if a VM goes where it leaves
 * the least. */
Test(node_packing, the_fullest_node_first) {
  static node_packing p;
  for (int r = 0; r < 2; r++) {
    ask(&p, 40, 61);
    for (uint32_t n = 20; n < 40; n++)
      p.node[n][r] = 60;
    for (uint32_t v = 0; v < 60; v++) {
      p.vm[v].need[r] = v < 40 ? 50 : 60;
      p.vm[v].need[1 - r] = 1;
    }
    cr_expect_eq(node_packing_decide(&p), PACKING_HOLDS, "resource %d", r);
  }
}

/* Hosts with two, no, one and three nodes: whose they are, and what an empty node admits. */
Test(node_packing, nodes_of_a_host) {
  static const uint32_t nodes[] = {2, 0, 1, 3};
  static const char *const ids[] = {"h0", "h1", "h2", "h3"};
  cluster_sketch made = cluster_begin_plain();
  for (uint32_t h = 0; h < 4; h++) {
    uint32_t host = add_host(&made, host_of(ids[h], 100000));
    for (int64_t n = 0; n < nodes[h]; n++)
      cr_assert_eq(
          berth_builder_host_numa(made.builder, host, n, 100 * (n + 1), 1000 * (n + 1), NULL),
          BERTH_OK);
  }
  static const int64_t cpu[] = {100, 101, 200, 201, 300, 301}, memory[] = {3000, 3001, 0, 0, 0, 0};
  static const char *const vms[] = {"v0", "v1", "v2", "v3", "v4", "v5"};
  for (uint32_t v = 0; v < 6; v++) {
    berth_vm_spec vm = vm_of(vms[v], NULL, memory[v]);
    vm.cpu_reservation_mhz = cpu[v];
    vm.numa = BERTH_NUMA_ONE_NODE;
    add_vm(&made, vm);
  }
  berth_vm_spec any = vm_of("any", NULL, 90000);
  add_vm(&made, any);
  berth_inventory *inventory = cluster_end(&made);
  uint32_t first = 0;
  for (uint32_t h = 0; h < 4; h++) {
    uint32_t count = 99, from = node_packing_nodes(inventory, h, &count);
    cr_expect_eq(count, nodes[h], "host %u", h);
    cr_expect(count == 0 || from == first, "host %u", h);
    first += nodes[h];
  }
  static const bool admitted[][4] = {
      {false, true, false, true},                             /* 3000 MiB: the third node only */
      {false, true, false, false}, {true, true, false, true}, /* 200 MHz: the second */
      {false, true, false, true},  {false, true, false, true},
      {false, true, false, false}, {true, true, true, true}};
  for (uint32_t v = 0; v < 7; v++)
    for (uint32_t h = 0; h < 4; h++)
      cr_expect_eq(node_packing_admits(inventory, v, h), admitted[v][h], "VM %u on host %u", v, h);
  berth_inventory_release(inventory);
  berth_context_free(made.ctx);
}
