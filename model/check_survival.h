/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file check_survival.h
 * What the parts of the test for survival share (docs/model.md §8): check_fallbacks.c finds hosts
 * whose failure needs no search, check_survival.c tries the sets with any other host in them.
 */
#ifndef BERTH_MODEL_CHECK_SURVIVAL_H
#define BERTH_MODEL_CHECK_SURVIVAL_H

#include "check_kinds.h"
#include "node_packing.h"

typedef struct survival {
  check *c;
  check_kinds kinds;
  const frozen_cluster *cluster;
  uint32_t failures;
  bool has_vm_rules;
  uint32_t *hosts, host_count; /* that serve, most free memory first */
  uint32_t *content_start,
      *content;    /* CSR by host: VMs to be restarted if it fails, largest first */
  int64_t *left;   /* [host * resources] room */
  uint32_t *where; /* [vm] host now, BERTH_NONE while displaced */
  bool *failed;    /* [host] */
  uint32_t *set, *displaced, displaced_count;
  int64_t *need; /* [resource] of all VMs that are displaced, or of those of one host */
  int64_t work, search_work;
  node_packing *packing;         /* NULL = no VM is bound to one node of a host that has any */
  uint32_t *bound_start, *bound; /* CSR by host: VMs bound to one node that end there */
  bool undecided;                /* whether some host's nodes take a VM */
} survival;

static inline const int64_t *survival_demand(const survival *s, uint32_t vm) {
  return &s->c->inventory->vm_demand[(size_t)vm * s->c->inventory->resource_count];
}

static inline int64_t *survival_room(const survival *s, uint32_t host) {
  return &s->left[(size_t)host * s->c->inventory->resource_count];
}

/** Whether the rule is one that a restart must keep and that counts VMs by domain. */
static inline bool survival_binds(const frozen_rule *rule) {
  return rule->enabled && rule->strength == BERTH_MUST &&
         (rule->type == BERTH_RULE_APART || rule->type == BERTH_RULE_AT_MOST ||
          rule->type == BERTH_RULE_TOGETHER);
}

/** Whether nodes of @p host restrict @p vm. */
static inline bool survival_needs_node(const survival *s, uint32_t vm, uint32_t host) {
  uint32_t count = 0;
  if (s->packing != NULL && node_packing_binds(s->c->inventory, vm))
    (void)node_packing_nodes(s->c->inventory, host, &count);
  return count > 0;
}

/** Whether @p vm fits into the room that @p host has now. */
bool survival_has_room(const survival *s, uint32_t vm, uint32_t host);

/**
 * Puts those hosts first in `hosts` that have a VM without fallbacks.
 * @return how many. Every set of at most `failures` hosts with none of them is survived.
 */
uint32_t check_fallbacks(survival *s);

#endif
