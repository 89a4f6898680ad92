/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be the case at one moment of some execution.
 *
 * Executions reach exactly the down-closed sets of steps: for started steps S, all ancestors of S
 * have ended. The largest weight gain(S) − cost(ended ancestors of S) is a maximum closure (Picard
 * 1976), one minimum cut: source → chosen(x) of capacity gain(x), chosen(x) → ancestry(x),
 * ancestry(x) → forced(y) for each y that x waits for, forced(y) → ancestry(y), and forced(y) →
 * sink of capacity cost(y). With all gains and costs 1 the cut is the matching of Dilworth's
 * theorem and the rest the largest antichain: how many of the members can be under way at once.
 *
 * The edges as they stand suffice; no transitive closure is built. A first try keeps only the edges
 * between members. It knows of fewer relations, so its weight is no smaller than the true one;
 * often that is good enough. The second takes every step on a path from member to member.
 */
#include "check_internal.h"
#include "context_internal.h"
#include <assert.h>
#include <stdlib.h>

#define SOURCE 0u
#define SINK 1u
#define FIRST_NODE 2u

/* Tables over the steps, taken once and for all networks; `local` and `member_of` stay BERTH_NONE
 * but while a network that holds the step is in use. */
static bool take_tables(check *c) {
  check_network *network = &c->network;
  if (network->nodes != NULL)
    return true;
  network->nodes = check_take(c, c->step_count, sizeof *network->nodes);
  network->local = check_take(c, c->step_count, sizeof *network->local);
  network->member_of = check_take(c, c->step_count, sizeof *network->member_of);
  network->relevant = check_take(c, c->step_count, sizeof *network->relevant);
  network->tree_order = check_take(c, c->step_count, sizeof *network->tree_order);
  if (c->exhausted)
    return false;
  for (uint32_t i = 0; i < c->step_count; i++)
    network->local[i] = network->member_of[i] = BERTH_NONE;
  return true;
}

/* No search needs to go before the first step that takes something away when it ends. */
static uint32_t search_floor(const check *c, const check_member *members, uint32_t count) {
  uint32_t floor = c->step_count;
  for (uint32_t m = 0; m < count; m++)
    if (members[m].cost > 0 && c->graph.position[members[m].step] < floor)
      floor = c->graph.position[members[m].step];
  return floor;
}

/* A step whose edges are all walked: it is kept if a member is on a path to it, or is itself one.
 */
static void leave(check *c, uint32_t step, uint32_t *node_count) {
  check_network *network = &c->network;
  bool relevant = network->member_of[step] != BERTH_NONE;
  for (uint32_t e = c->graph.start[step]; e < c->graph.start[step + 1] && !relevant; e++) {
    uint32_t before = c->graph.edges[e].step;
    relevant = c->graph.mark[before] == c->graph.epoch && network->relevant[before];
  }
  network->relevant[step] = relevant;
  if (relevant)
    network->nodes[(*node_count)++] = step;
}

/* Depth-first backward from a member, down to position `floor`. */
static void collect_from(check *c, uint32_t root, uint32_t floor, uint32_t *node_count) {
  check_graph *graph = &c->graph;
  uint32_t depth = 0;
  graph->stack[depth++] = root;
  graph->mark[root] = graph->epoch;
  graph->cursor[root] = graph->start[root];
  while (depth > 0) {
    uint32_t step = graph->stack[depth - 1];
    if (graph->cursor[step] == graph->start[step + 1]) {
      leave(c, step, node_count);
      depth--;
      continue;
    }
    uint32_t before = graph->edges[graph->cursor[step]++].step;
    if (graph->mark[before] == graph->epoch || graph->position[before] < floor)
      continue;
    graph->mark[before] = graph->epoch;
    graph->cursor[before] = graph->start[before];
    graph->stack[depth++] = before;
  }
}

/* Fills nodes[] with the members and, if exact, all steps on paths between them. */
static uint32_t collect_nodes(check *c, const check_member *members, uint32_t count, bool exact) {
  uint32_t node_count = 0;
  if (!exact) {
    for (uint32_t m = 0; m < count; m++)
      c->network.nodes[node_count++] = members[m].step;
    return node_count;
  }
  uint32_t floor = search_floor(c, members, count);
  assert(c->graph.acyclic);
  check_new_search(c);
  for (uint32_t m = 0; m < count; m++)
    if (c->graph.mark[members[m].step] != c->graph.epoch)
      collect_from(c, members[m].step, floor, &node_count);
  assert(node_count >= count);
  return node_count;
}

/* Nodes of the flow: ancestry(k) of local k, then chosen and forced of each member. */
static uint32_t node_of_chosen(uint32_t node_count, uint32_t member) {
  return FIRST_NODE + node_count + 2 * member;
}

static uint32_t node_of_forced(uint32_t node_count, uint32_t member) {
  return node_of_chosen(node_count, member) + 1;
}

/* Local k waits for a step of the network; if that is a member, its end `counts` or it does not. */
static void connect_wait(check *c, uint32_t k, uint32_t node_count, uint32_t before, bool counts) {
  uint32_t member = c->network.member_of[before];
  assert(c->network.local[before] < node_count);
  flow_connect(&c->network.flow, FIRST_NODE + k,
               member != BERTH_NONE && counts ? node_of_forced(node_count, member)
                                              : FIRST_NODE + c->network.local[before],
               FLOW_UNLIMITED);
}

static void connect_waits(check *c, uint32_t k, uint32_t node_count, bool settled) {
  uint32_t step = c->network.nodes[k];
  for (uint32_t e = c->graph.start[step]; e < c->graph.start[step + 1]; e++) {
    check_edge edge = c->graph.edges[e];
    if (c->network.local[edge.step] != BERTH_NONE)
      connect_wait(c, k, node_count, edge.step,
                   !settled || edge.settled || c->steps[edge.step].settle == 0);
  }
}

static int by_number(const void *left, const void *right) {
  uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return a < b ? -1 : a > b;
}

/* Each member waits for the next member above it in its tree, whatever is between them. */
static void connect_lines(check *c, const check_member *members, uint32_t count, bool settled) {
  uint64_t *by_tree = c->network.tree_order;
  uint32_t *above = c->graph.stack, depth = 0;
  for (uint32_t m = 0; m < count; m++)
    by_tree[m] = (uint64_t)c->graph.tree_first[members[m].step] << 32 | m;
  qsort(by_tree, count, sizeof *by_tree, by_number);
  for (uint32_t k = 0; k < count; k++) {
    uint32_t step = members[(uint32_t)by_tree[k]].step;
    assert(c->network.local[step] < count && depth <= k);
    while (depth > 0 && !check_above(c, above[depth - 1], step))
      depth--;
    if (depth > 0)
      connect_wait(c, c->network.local[step], count, above[depth - 1],
                   !settled || c->steps[above[depth - 1]].settle == 0);
    above[depth++] = step;
  }
}

static void connect_members(check *c, const check_member *members, uint32_t count,
                            uint32_t node_count) {
  flow_network *flow = &c->network.flow;
  for (uint32_t m = 0; m < count; m++) {
    uint32_t chosen = node_of_chosen(node_count, m), forced = node_of_forced(node_count, m);
    uint32_t ancestry = FIRST_NODE + c->network.local[members[m].step];
    assert(members[m].gain >= 0 && members[m].cost >= 0);
    flow_connect(flow, SOURCE, chosen, members[m].gain);
    flow_connect(flow, chosen, ancestry, FLOW_UNLIMITED);
    flow_connect(flow, forced, ancestry, FLOW_UNLIMITED);
    flow_connect(flow, forced, SINK, members[m].cost);
  }
}

static uint64_t count_arcs(const check *c, uint32_t node_count, uint32_t count) {
  uint64_t arcs = 5 * (uint64_t)count;
  for (uint32_t k = 0; k < node_count; k++) {
    uint32_t step = c->network.nodes[k];
    arcs += c->graph.start[step + 1] - c->graph.start[step];
  }
  return arcs;
}

static void name_nodes(check *c, const check_member *members, uint32_t count, uint32_t node_count,
                       bool on) {
  for (uint32_t k = 0; k < node_count; k++)
    c->network.local[c->network.nodes[k]] = on ? k : BERTH_NONE;
  for (uint32_t m = 0; m < count; m++)
    c->network.member_of[members[m].step] = on ? m : BERTH_NONE;
}

/* Minimum cut of one network; marks the members. */
static int64_t minimum_cut(check *c, check_member *members, uint32_t count, bool settled,
                           bool exact) {
  flow_network *flow = &c->network.flow;
  for (uint32_t m = 0; m < count; m++)
    c->network.member_of[members[m].step] = m;
  uint32_t node_count = collect_nodes(c, members, count, exact);
  uint64_t nodes = FIRST_NODE + (uint64_t)node_count + 2 * (uint64_t)count;
  assert(node_count <= c->step_count);
  name_nodes(c, members, count, node_count, true);
  int64_t cut = 0;
  if (!flow_reset(c->ctx, flow, nodes, count_arcs(c, node_count, count))) {
    c->exhausted = true;
  } else {
    connect_members(c, members, count, node_count);
    for (uint32_t k = 0; k < node_count; k++)
      connect_waits(c, k, node_count, settled);
    if (!exact)
      connect_lines(c, members, count, settled);
    cut = flow_maximum(flow, SOURCE, SINK);
    for (uint32_t m = 0; m < count; m++) {
      members[m].chosen = members[m].gain > 0 && flow_reached(flow, node_of_chosen(node_count, m));
      members[m].forced = flow_reached(flow, node_of_forced(node_count, m));
    }
  }
  name_nodes(c, members, count, node_count, false);
  return cut;
}

/* Sums beyond 64 bits: no host has such a capacity, so nothing is lost by not computing them. */
static int64_t beyond_measure(check_member *members, uint32_t count) {
  for (uint32_t m = 0; m < count; m++)
    members[m].chosen = members[m].gain > 0;
  return INT64_MAX;
}

int64_t check_heaviest(check *c, check_member *members, uint32_t count, bool settled,
                       int64_t room) {
  int64_t gains = 0;
  assert(room >= 0);
  for (uint32_t m = 0; m < count; m++)
    gains = check_sum(gains, members[m].gain);
  if (gains <= room)
    return gains;
  if (gains == INT64_MAX)
    return beyond_measure(members, count);
  if (c->exhausted || !take_tables(c))
    return 0;
  int64_t heaviest = gains - minimum_cut(c, members, count, settled, false);
  if (heaviest > room && !c->exhausted)
    heaviest = gains - minimum_cut(c, members, count, settled, true);
  assert(heaviest >= 0 && heaviest <= gains);
  return heaviest;
}

int64_t check_most_at_once(check *c, check_member *members, uint32_t count, bool settled,
                           int64_t room) {
  if ((int64_t)count <= room)
    return count;
  for (uint32_t m = 0; m < count; m++)
    members[m].gain = members[m].cost = 1;
  return check_heaviest(c, members, count, settled, room);
}
