/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file check_flow.h
 * Maximum flow and minimum cut for the checker. Nodes are numbered from 0; capacities are ≥ 0.
 */
#ifndef BERTH_MODEL_CHECK_FLOW_H
#define BERTH_MODEL_CHECK_FLOW_H

#include <berth/context.h>

/** Capacity of an arc that no minimum cut contains. */
#define FLOW_UNLIMITED INT64_MAX

/** Arcs come in pairs: the reverse of arc a is a ^ 1. */
typedef struct flow_arc {
  uint32_t to;
  uint32_t next; /* further arc of the same tail, or UINT32_MAX */
  int64_t room;  /* residual capacity */
} flow_arc;

typedef struct flow_network {
  uint32_t node_count, node_room; /* used, allocated */
  uint32_t arc_count, arc_room;
  flow_arc *arcs;
  uint32_t *head, *level, *cursor, *queue, *path; /* [node] */
} flow_network;

/** Empties @p flow, with room for so many nodes and (one-way) arcs. @return false: out of memory,
 *  or more than 32-bit numbers can count. */
bool flow_reset(berth_context *ctx, flow_network *flow, uint64_t nodes, uint64_t arcs);
/** Adds an arc and its reverse. */
void flow_connect(flow_network *flow, uint32_t from, uint32_t to, int64_t capacity);
/** The value of a maximum flow, which must be less than FLOW_UNLIMITED. */
int64_t flow_maximum(flow_network *flow, uint32_t source, uint32_t sink);
/** After flow_maximum(): true if @p node is on the source's side of the minimum cut. */
bool flow_reached(const flow_network *flow, uint32_t node);
/** Gives the buffers back. */
void flow_free(berth_context *ctx, flow_network *flow);

#endif
