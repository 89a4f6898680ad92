/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file hwloc_topology.h
 * What was read of a topology, and how it becomes detail of a host, or a host.
 */
#ifndef BERTH_IO_HWLOC_TOPOLOGY_H
#define BERTH_IO_HWLOC_TOPOLOGY_H

#include "arena.h"
#include "chunked_list.h"
#include "source_report.h"
#include <berth/inventory.h>

/** A set of hardware threads, 32 to a word, low ones first. */
typedef struct thread_set {
  const uint32_t *words;
  uint32_t count;
  bool endless; /* all threads beyond the words too */
} thread_set;

typedef struct topology_node {
  berth_position position;
  int64_t number, bytes; /* bytes: BERTH_UNSET = unknown */
  int64_t cores;
  thread_set threads;
  struct topology_node *next;
} topology_node;

/** A core, known by its lowest thread. */
typedef struct topology_core {
  uint32_t thread;
  struct topology_core *next;
} topology_core;

typedef struct topology {
  berth_position position;
  const char *host_name, *model; /* NULL = not told */
  uint32_t host;                 /* in the builder; BERTH_NONE = to be found by name */
  topology_node *first_node, *last_node;
  topology_core *cores;
  uint32_t node_count, core_count, thread_count;
} topology;

/** A hwloc bitmap ("0x000000ff,0xffffffff", "0xf...f"), highest word first. False: it is none, or
 *  *failed: out of memory. */
bool topology_parse_set(arena *memory, const char *text, size_t length, thread_set *out,
                        bool *failed);
bool topology_set_has(const thread_set *set, uint32_t thread);
/** The lowest thread of @p set; BERTH_NONE = it is empty. */
uint32_t topology_set_first(const thread_set *set);

/** Adds the nodes of each of @p topologies (topology) to its host. Without any host in the builder
 *  each becomes one. */
berth_status topology_build(berth_context *ctx, const chunked_list *topologies,
                            source_report *report, berth_builder *builder);

#endif
