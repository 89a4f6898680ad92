/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file problem.h
 * The placement problem of one component of a cluster: local host and item numbers, limits and
 * rules as docs/model.md defines them. Built once, then read-only (but for the lazily filled
 * admission sets). An *item* is a VM that takes part.
 */
#ifndef BERTH_SOLVER_PROBLEM_H
#define BERTH_SOLVER_PROBLEM_H

#include "arena.h"
#include "frozen.h"
#include "node_split.h"
#include <berth/plan.h>

/** Set of local hosts, one bit each. */
typedef uint64_t host_bits;

/** What a rule restricts. */
typedef enum rule_form {
  RULE_FORM_HOSTS,   /* run-on, not-run-on: members stand on allowed hosts only */
  RULE_FORM_SPREAD,  /* apart, at-most: at most k members in a domain */
  RULE_FORM_TOGETHER /* members in one domain */
} rule_form;

typedef struct problem_rule {
  const frozen_rule *rule;
  rule_form form;
  bool must;
  uint32_t k;                /* SPREAD */
  uint32_t span_limit;       /* TOGETHER, must: domains that it may span at the end */
  const host_bits *allowed;  /* HOSTS: [host] */
  const uint32_t *domain_of; /* SPREAD, TOGETHER: [host] domain, below domain_count */
  uint32_t domain_count;
  uint32_t member_count;
  const uint32_t *members; /* items, ascending */
} problem_rule;

/** How an item takes part. */
typedef enum item_kind { ITEM_FIXED = 0, ITEM_MOVABLE, ITEM_RESTART, ITEM_POWER_ON } item_kind;

/** Hosts that a class of items may arrive at; filled on first use. */
typedef struct admission_class {
  uint32_t example; /* an item of the class */
  host_bits *hosts; /* NULL until asked for */
} admission_class;

/** What is asked for. */
typedef struct problem_aim {
  berth_goal goal;
  berth_plan_settings settings;
} problem_aim;

/** The resources that balance is measured in. */
enum { LOAD_CPU = 0, LOAD_MEMORY, LOAD_COUNT };

typedef struct problem {
  const berth_inventory *inventory;
  berth_goal goal;
  berth_plan_settings settings;
  uint32_t cluster;
  arena *memory;

  berth_level ladder[BERTH_LEVEL_COUNT];
  uint32_t ladder_length; /* without makespan */

  uint32_t resource_count;
  uint32_t host_count;
  uint32_t host_words;      /* words of a host_bits set */
  const uint32_t *host;     /* [host] index in the inventory */
  const uint8_t *host_open; /* may receive VMs, once awake */
  const uint8_t *host_asleep;
  const uint8_t *host_must_leave;
  const uint8_t *host_may_sleep; /* may be powered down once it is empty */
  const int64_t *host_weight;    /* what it adds to hosts.on; 0 = does not serve */
  const int64_t *capacity;       /* [host * resource_count + resource] */
  const int64_t *limit;          /* likewise: capacity, or the initial use where that is more */
  const int64_t *initial_use;

  bool numa_active;           /* some host has nodes and some item asks for one; else no more: */
  const uint32_t *node_start; /* CSR by host; a host without nodes has none */
  const node_size *nodes;
  const uint8_t *one_node;  /* [item] 1 = on one node, where the host has any */
  const uint32_t *node_fit; /* [item] equal numbers fit the same empty nodes; 0 = not one_node */
  const uint8_t
      *host_unsplit; /* [host] what asks for one node there cannot be split at the start */

  uint32_t item_count;
  const uint32_t *vm;        /* [item] index in the inventory */
  const uint32_t *origin;    /* [item] local host, BERTH_NONE = runs nowhere */
  const uint8_t *kind;       /* [item] item_kind */
  const int64_t *item_load;  /* [item * LOAD_COUNT + LOAD_...], goal rebalance only; else NULL */
  const uint32_t *admission; /* [item] class */
  admission_class *classes;
  uint32_t class_count;

  uint32_t rule_count;
  const problem_rule *rules;
  const uint32_t *item_rule_start, *item_rules; /* CSR */
} problem;

/** The hosts and VMs of one component, as inventory indices, ascending. */
typedef struct component {
  uint32_t host_count, vm_count;
  const uint32_t *hosts, *vms;
} component;

/** Whether VMs may be on it as it is: not failed, in standby, or isolated and emptied for it. */
bool problem_host_runs_vms(const berth_inventory *inventory, uint32_t host);

/** Which part a VM takes under docs/model.md §1; false = none. */
bool problem_item_kind(const berth_inventory *inventory, uint32_t vm, item_kind *kind);

/** Maps from inventory indices to local ones, BERTH_NONE outside a build; reused by all builds. */
typedef struct problem_scratch {
  uint32_t *local_host; /* [inventory host] */
  uint32_t *local_item; /* [inventory vm] */
  uint8_t *rule_listed; /* [inventory rule] 0 outside a build */
} problem_scratch;

/** false = no memory. */
bool problem_scratch_init(problem_scratch *scratch, arena *memory,
                          const berth_inventory *inventory);

/** Builds the problem of @p part of @p cluster. Everything lives in @p memory. false = no memory.
 */
bool problem_build(problem *p, arena *memory, const berth_inventory *inventory,
                   const problem_aim *aim, uint32_t cluster, const component *part,
                   problem_scratch *scratch);

/** Whether a must rule between VMs binds it. */
bool problem_in_vm_rules(const problem *p, uint32_t item);
/** The item of a VM of the inventory, or BERTH_NONE. */
uint32_t problem_item_of_vm(const problem *p, uint32_t vm);

/** The level that counts @p item while it is unplaced in a failover. */
berth_level problem_unplaced_level(const problem *p, uint32_t item);

/** Demand row of an item, [resource]. */
static inline const int64_t *problem_demand(const problem *p, uint32_t item) {
  return p->inventory->vm_demand + (size_t)p->vm[item] * p->resource_count;
}

/** Nodes of a host; 0 = VMs that ask for one are as good as anywhere. */
static inline uint32_t problem_node_count(const problem *p, uint32_t host) {
  return p->numa_active ? p->node_start[host + 1] - p->node_start[host] : 0;
}

/** True if the nodes of @p host restrict @p item. */
static inline bool problem_needs_node(const problem *p, uint32_t item, uint32_t host) {
  return p->numa_active && p->one_node[item] && p->node_start[host + 1] > p->node_start[host];
}

/** What an item takes of its node. */
static inline node_size problem_node_demand(const problem *p, uint32_t item) {
  const int64_t *demand = p->inventory->vm_demand + (size_t)p->vm[item] * p->resource_count;
  return (node_size){.cpu = demand[BERTH_RESOURCE_CPU], .memory = demand[BERTH_RESOURCE_MEMORY]};
}

static inline bool problem_is_requested(const problem *p, uint32_t item) {
  return p->kind[item] == ITEM_RESTART || p->kind[item] == ITEM_POWER_ON;
}

static inline bool host_bits_test(const host_bits *set, uint32_t host) {
  return (set[host >> 6] >> (host & 63)) & 1;
}

static inline void host_bits_set(host_bits *set, uint32_t host) {
  set[host >> 6] |= UINT64_C(1) << (host & 63);
}

#endif
