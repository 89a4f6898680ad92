/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether VMs can be split among nodes: the solver's answer and the checker's, each against every
 * assignment there is.
 */
#include "node_packing.h"
#include "node_split.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NODES = 4, MOST_VMS = 9 };

typedef struct toy {
  uint32_t node_count, vm_count;
  int64_t node[MOST_NODES][2], vm[MOST_VMS][2];
} toy;

static bool enumerate(toy *t, uint32_t v) {
  if (v == t->vm_count)
    return true;
  for (uint32_t n = 0; n < t->node_count; n++) {
    if (t->vm[v][0] > t->node[n][0] || t->vm[v][1] > t->node[n][1])
      continue;
    t->node[n][0] -= t->vm[v][0];
    t->node[n][1] -= t->vm[v][1];
    const bool found = enumerate(t, v + 1);
    t->node[n][0] += t->vm[v][0];
    t->node[n][1] += t->vm[v][1];
    if (found)
      return true;
  }
  return false;
}

static node_verdict ask_solver(const toy *t) {
  node_size nodes[MOST_NODES];
  node_item items[MOST_VMS];
  uint8_t at[MOST_VMS];
  for (uint32_t n = 0; n < t->node_count; n++)
    nodes[n] = (node_size){t->node[n][0], t->node[n][1]};
  for (uint32_t v = 0; v < t->vm_count; v++)
    items[v] = (node_item){.size = {t->vm[v][0], t->vm[v][1]}, .item = v};
  const node_verdict verdict =
      node_split(nodes, t->node_count, items, t->vm_count, SPLIT_PATIENCE, at);
  for (uint32_t v = 0; v < t->vm_count && verdict == NODES_HOLD; v++) {
    cr_assert(at[v] < t->node_count);
    nodes[at[v]].cpu -= items[v].size.cpu;
    nodes[at[v]].memory -= items[v].size.memory;
    cr_assert(nodes[at[v]].cpu >= 0 && nodes[at[v]].memory >= 0, "the split is one");
  }
  return verdict;
}

static packing_verdict ask_checker(const toy *t) {
  node_packing *p = calloc(1, sizeof *p);
  cr_assert_not_null(p);
  p->node_count = t->node_count;
  p->vm_count = t->vm_count;
  memcpy(p->node, t->node, sizeof t->node);
  for (uint32_t v = 0; v < t->vm_count; v++)
    memcpy(p->vm[v].need, t->vm[v], sizeof t->vm[v]);
  const packing_verdict verdict = node_packing_decide(p);
  free(p);
  return verdict;
}

static uint64_t draw(uint64_t *state, uint64_t most) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (*state >> 33) % (most + 1);
}

/* Tight ones: what is asked is about what there is. */
static toy invent(uint64_t seed) {
  toy t = {0};
  uint64_t r = seed * UINT64_C(0x9e3779b97f4a7c15);
  t.node_count = 1 + (uint32_t)draw(&r, MOST_NODES - 1);
  t.vm_count = (uint32_t)draw(&r, MOST_VMS);
  const bool alike = draw(&r, 2) > 0;
  int64_t sum[2] = {0, 0};
  for (uint32_t n = 0; n < t.node_count; n++)
    for (int k = 0; k < 2; k++) {
      t.node[n][k] = alike && n > 0 ? t.node[0][k] : 8 + (int64_t)draw(&r, 12);
      sum[k] += t.node[n][k];
    }
  for (uint32_t v = 0; v < t.vm_count; v++)
    for (int k = 0; k < 2; k++)
      t.vm[v][k] = (int64_t)draw(&r, (uint64_t)(2 * sum[k] / t.vm_count + 1)) * 9 / 10;
  return t;
}

Test(node_split, both_answer_as_enumeration_does) {
  uint32_t yes = 0, no = 0;
  for (uint64_t seed = 1; seed <= 20000; seed++) {
    toy t = invent(seed);
    const bool truth = enumerate(&t, 0);
    cr_assert_eq(ask_solver(&t), truth ? NODES_HOLD : NODES_REFUSE, "seed %llu",
                 (unsigned long long)seed);
    cr_assert_eq(ask_checker(&t), truth ? PACKING_HOLDS : PACKING_FAILS, "seed %llu",
                 (unsigned long long)seed);
    yes += truth;
    no += !truth;
  }
  cr_assert_gt(yes, 4000);
  cr_assert_gt(no, 4000);
}

/* 80 % of the host is asked for, and there is no way: each is more than half a node. */
Test(node_split, room_in_pieces_is_no_room) {
  toy t = {.node_count = 2,
           .vm_count = 3,
           .node = {{10, 100}, {10, 100}},
           .vm = {{1, 55}, {1, 55}, {1, 50}}};
  cr_expect_eq(ask_solver(&t), NODES_REFUSE);
  cr_expect_eq(ask_checker(&t), PACKING_FAILS);
  t.vm[2][1] = 45;
  cr_expect_eq(ask_solver(&t), NODES_HOLD);
  cr_expect_eq(ask_checker(&t), PACKING_HOLDS);
}

/* First and best fit by falling size both fail: 6 5 | 4 4 3 fills two nodes of 11. */
Test(node_split, a_search_finds_what_falling_sizes_miss) {
  toy t = {.node_count = 2,
           .vm_count = 6,
           .node = {{99, 12}, {99, 12}},
           .vm = {{0, 5}, {0, 4}, {0, 4}, {0, 4}, {0, 4}, {0, 3}}};
  cr_expect(enumerate(&t, 0));
  cr_expect_eq(ask_solver(&t), NODES_HOLD);
  cr_expect_eq(ask_checker(&t), PACKING_HOLDS);
}

/* A budget that runs out is no proof. */
Test(node_split, out_of_budget_is_undecided) {
  node_size nodes[3] = {{999, 1000}, {999, 1001}, {999, 1002}};
  node_item items[14];
  for (uint32_t v = 0; v < 14; v++)
    items[v] = (node_item){.size = {1, 211 + 2 * (v % 3)}, .item = v};
  cr_expect_eq(node_split(nodes, 3, items, 14, 3, NULL), NODES_UNDECIDED);
}

/* As many nodes as there may be, an item for each. */
Test(node_split, many_nodes) {
  node_size nodes[SPLIT_NODES + 1];
  node_item items[SPLIT_NODES];
  uint8_t at[SPLIT_NODES];
  for (uint32_t n = 0; n <= SPLIT_NODES; n++)
    nodes[n] = (node_size){10, 10};
  for (uint32_t v = 0; v < SPLIT_NODES; v++)
    items[v] = (node_item){.size = {6, 6}, .item = v};
  cr_expect_eq(node_split(nodes, SPLIT_NODES, items, SPLIT_NODES, SPLIT_PATIENCE, at), NODES_HOLD);
  cr_expect_eq(node_split(nodes, SPLIT_NODES + 1, items, SPLIT_NODES, SPLIT_PATIENCE, at),
               NODES_UNDECIDED);
}

Test(node_split, nothing_needs_nothing) {
  cr_expect_eq(node_split(NULL, 0, NULL, 0, 0, NULL), NODES_HOLD);
}
