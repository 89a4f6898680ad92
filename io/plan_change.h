/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file plan_change.h
 * What a plan makes of hosts: which VMs stay, leave, arrive and restart, and what they take. Only
 * VMs that are powered on (docs/model.md §2), and of what they take CPU and memory.
 */
#ifndef BERTH_IO_PLAN_CHANGE_H
#define BERTH_IO_PLAN_CHANGE_H

#include <berth/plan.h>

/** What a VM does on a host. On the host that it moves from it leaves, on the other it arrives. */
typedef enum change_kind {
  CHANGE_STAYS = 0,
  CHANGE_LEAVES,
  CHANGE_DOWN,     /**< it is down with its host: failed, or isolated and shut down */
  CHANGE_ARRIVES,  /**< migrates here */
  CHANGE_RESTARTS, /**< restarts here, or is powered on */
  CHANGE_KIND_COUNT
} change_kind;

enum { CHANGE_RESOURCES = 2 }; /* BERTH_RESOURCE_CPU, BERTH_RESOURCE_MEMORY */

/** A host, or several of them in sum. */
typedef struct host_change {
  int64_t capacity[CHANGE_RESOURCES];
  int64_t amount[CHANGE_RESOURCES][CHANGE_KIND_COUNT];
  uint32_t vms[CHANGE_KIND_COUNT];
  bool on_before, on_after; /**< VMs run on it, or might; of a sum: of any */
  bool wakes, powers_down, enters_maintenance;
} host_change;

typedef struct plan_change {
  uint32_t host_count;
  host_change *hosts; /* [host] */
  uint32_t *before;   /* [vm] host on which it runs, or with which it is down; BERTH_NONE */
  uint32_t *after;    /* [vm] host on which it runs in the end; BERTH_NONE */
  uint8_t *first;     /* [vm] change_kind on `before` */
  uint8_t *last;      /* [vm] change_kind on `after` */
} plan_change;

/** @return BERTH_OK, BERTH_E_NOMEM; then plan_change_end() is harmless. */
berth_status plan_change_begin(berth_context *ctx, const berth_plan *plan, plan_change *change);
void plan_change_end(berth_context *ctx, plan_change *change);

/** What runs on a host at the start, and at the end. */
int64_t host_change_used_before(const host_change *host, uint32_t resource);
int64_t host_change_used_after(const host_change *host, uint32_t resource);

/** Adds @p host to the sum @p all: its capacity if it is on at the start or at the end. */
void host_change_add(host_change *all, const host_change *host);

/** @p part of @p whole in parts of @p scale, rounded to the nearest; 0 of nothing or of no limit.
 */
int64_t change_share(int64_t part, int64_t whole, int64_t scale);

/** What is looked at: what a host loses, or what it takes on. */
typedef enum host_change_side { HOST_GIVES = 0, HOST_GETS } host_change_side;

/** How much of @p host changes on that side, in parts per million of its capacity: the most of CPU
 *  and memory. 0 = nothing does. */
int64_t host_change_weight(const host_change *host, host_change_side side);

/** "failed", "is woken", ...: what a reader must know to understand the bars; "" = nothing. */
const char *host_change_mark(const berth_inventory *inventory, uint32_t host,
                             const host_change *change);

/** "stays", "leaves", ... Static. */
const char *change_kind_word(change_kind kind);

#endif
