/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maximum flow after Dinic (1970): phases of a breadth-first layering and a blocking flow in it,
 * found depth-first. Both walks are iterative, for a chain of steps may be as long as the plan.
 */
#include "check_flow.h"
#include "context_internal.h"
#include <assert.h>
#include <string.h>

#define NO_ARC UINT32_MAX
#define NO_LEVEL UINT32_MAX

static bool grow_nodes(berth_context *ctx, flow_network *flow, uint32_t nodes) {
  uint32_t **arrays[] = {&flow->head, &flow->level, &flow->cursor, &flow->queue, &flow->path};
  if (nodes <= flow->node_room)
    return true;
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
    uint32_t *grown = context_grow(ctx, *arrays[i], nodes, sizeof(uint32_t));
    if (grown == NULL)
      return false;
    *arrays[i] = grown;
  }
  flow->node_room = nodes;
  return true;
}

static bool grow_arcs(berth_context *ctx, flow_network *flow, uint32_t arcs) {
  if (arcs <= flow->arc_room)
    return true;
  flow_arc *grown = context_grow(ctx, flow->arcs, arcs, sizeof(flow_arc));
  if (grown == NULL)
    return false;
  flow->arcs = grown;
  flow->arc_room = arcs;
  return true;
}

bool flow_reset(berth_context *ctx, flow_network *flow, uint64_t nodes, uint64_t arcs) {
  assert(nodes >= 2);
  if (nodes >= UINT32_MAX || arcs >= UINT32_MAX / 2) {
    context_fail(ctx, BERTH_E_NOMEM, NULL, "a plan with more steps than can be checked");
    return false;
  }
  if (!grow_nodes(ctx, flow, (uint32_t)nodes) || !grow_arcs(ctx, flow, (uint32_t)(2 * arcs)))
    return false;
  flow->node_count = (uint32_t)nodes;
  flow->arc_count = 0;
  memset(flow->head, 0xff, nodes * sizeof(uint32_t));
  assert(flow->head[0] == NO_ARC);
  return true;
}

static void push_arc(flow_network *flow, uint32_t from, uint32_t to, int64_t room) {
  assert(flow->arc_count < flow->arc_room);
  flow->arcs[flow->arc_count] = (flow_arc){.to = to, .next = flow->head[from], .room = room};
  flow->head[from] = flow->arc_count++;
}

void flow_connect(flow_network *flow, uint32_t from, uint32_t to, int64_t capacity) {
  assert(from < flow->node_count && to < flow->node_count && from != to);
  assert(capacity >= 0);
  push_arc(flow, from, to, capacity);
  push_arc(flow, to, from, 0);
}

/* Layers the nodes that the source still reaches. */
static bool layer(flow_network *flow, uint32_t source, uint32_t sink) {
  uint32_t read = 0, write = 0;
  memset(flow->level, 0xff, flow->node_count * sizeof(uint32_t));
  flow->level[source] = 0;
  flow->queue[write++] = source;
  while (read < write) {
    uint32_t node = flow->queue[read++];
    for (uint32_t arc = flow->head[node]; arc != NO_ARC; arc = flow->arcs[arc].next) {
      uint32_t to = flow->arcs[arc].to;
      if (flow->arcs[arc].room == 0 || flow->level[to] != NO_LEVEL)
        continue;
      flow->level[to] = flow->level[node] + 1;
      flow->queue[write++] = to;
    }
  }
  assert(write <= flow->node_count);
  return flow->level[sink] != NO_LEVEL;
}

/* Moves cursor[node] to an arc that leads one layer on; false if there is none left. */
static bool find_admissible(flow_network *flow, uint32_t node) {
  uint32_t arc = flow->cursor[node];
  while (arc != NO_ARC &&
         (flow->arcs[arc].room == 0 || flow->level[flow->arcs[arc].to] != flow->level[node] + 1))
    arc = flow->arcs[arc].next;
  flow->cursor[node] = arc;
  return arc != NO_ARC;
}

/* Sends what fits along the path; *depth becomes that of the first arc it fills. */
static int64_t augment(flow_network *flow, uint32_t *depth) {
  int64_t amount = FLOW_UNLIMITED;
  assert(*depth > 0);
  for (uint32_t i = 0; i < *depth; i++)
    if (flow->arcs[flow->path[i]].room < amount)
      amount = flow->arcs[flow->path[i]].room;
  assert(amount > 0 && amount < FLOW_UNLIMITED);
  for (uint32_t i = *depth; i-- > 0;) {
    flow->arcs[flow->path[i]].room -= amount;
    flow->arcs[flow->path[i] ^ 1].room += amount;
    if (flow->arcs[flow->path[i]].room == 0)
      *depth = i;
  }
  return amount;
}

static int64_t blocking_flow(flow_network *flow, uint32_t source, uint32_t sink) {
  int64_t sent = 0;
  uint32_t depth = 0, node = source;
  memcpy(flow->cursor, flow->head, flow->node_count * sizeof(uint32_t));
  for (;;) {
    if (node == sink) {
      sent += augment(flow, &depth);
      node = flow->arcs[flow->path[depth] ^ 1].to;
    } else if (find_admissible(flow, node)) {
      flow->path[depth++] = flow->cursor[node];
      node = flow->arcs[flow->cursor[node]].to;
    } else if (node == source) {
      return sent;
    } else { /* a dead end: back to its tail, and past the arc */
      assert(depth > 0);
      flow->level[node] = NO_LEVEL;
      node = flow->arcs[flow->path[--depth] ^ 1].to;
      flow->cursor[node] = flow->arcs[flow->cursor[node]].next;
    }
  }
}

int64_t flow_maximum(flow_network *flow, uint32_t source, uint32_t sink) {
  int64_t total = 0;
  assert(source < flow->node_count && sink < flow->node_count && source != sink);
  while (layer(flow, source, sink)) {
    int64_t sent = blocking_flow(flow, source, sink);
    assert(sent > 0);
    total += sent;
  }
  return total;
}

bool flow_reached(const flow_network *flow, uint32_t node) {
  assert(node < flow->node_count);
  return flow->level[node] != NO_LEVEL;
}

void flow_free(berth_context *ctx, flow_network *flow) {
  context_release(ctx, flow->head);
  context_release(ctx, flow->level);
  context_release(ctx, flow->cursor);
  context_release(ctx, flow->queue);
  context_release(ctx, flow->path);
  context_release(ctx, flow->arcs);
  *flow = (flow_network){0};
}
