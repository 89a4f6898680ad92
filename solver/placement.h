/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file placement.h
 * An end state under construction: where each item stands, with all sums and level values kept up
 * to date. Moving an item costs O(resources + its rules).
 */
#ifndef BERTH_SOLVER_PLACEMENT_H
#define BERTH_SOLVER_PLACEMENT_H

#include "domain_counter.h"
#include "problem.h"
#include "residual_index.h"

typedef struct rule_count {
  domain_counter members; /* SPREAD, TOGETHER */
  uint32_t broken_by; /* HOSTS: members outside; SPREAD: crowded domains; TOGETHER: domains - 1 */
  uint32_t span;      /* TOGETHER: occupied domains */
} rule_count;

typedef struct placement {
  const problem *problem;
  uint32_t *host;       /* [item] BERTH_NONE = nowhere */
  int64_t *use;         /* [host * resource_count + resource] */
  int64_t *load;        /* [host * LOAD_COUNT + LOAD_...], goal rebalance only; else NULL */
  uint32_t *population; /* [host] items */
  uint8_t *unsplit;     /* [host] its one-node items cannot be split; NULL unless numa_active */
  uint32_t *first;      /* [host] an item there; its list goes on in `next`, BERTH_NONE ends it */
  uint32_t *next, *previous; /* [item] */
  rule_count *rules;         /* [rule] */
  const rule_count *initial_rules;
  int64_t value[BERTH_LEVEL_COUNT];
  arena *memory;         /* where all of this lives */
  residual_index *index; /* destination.h makes and asks it; NULL = none yet */
  uint32_t searches;     /* for a destination, before there was an index */
} placement;

/** The initial state: running items at home, requested ones nowhere. false = no memory. */
bool placement_init(placement *s, const problem *p, arena *memory);

/** A second placement of the same problem. false = no memory. */
bool placement_clone(placement *to, const placement *from, arena *memory);

/** Copies positions and sums between two placements of one problem. */
void placement_copy(placement *to, const placement *from);

/** Puts @p item at @p host (BERTH_NONE = nowhere, for requested items only). No check. */
void placement_move(placement *s, uint32_t item, uint32_t host);

/** True if @p item may end at @p host by docs/model.md: admission (unless it is its home), limits
 *  and must rules between VMs, given where all others stand. */
bool placement_fits(const placement *s, uint32_t item, uint32_t host);

/** The same without admission and together rules: room and must spread rules only. */
bool placement_has_room(const placement *s, uint32_t item, uint32_t host);

/** True if @p host has free what @p item demands, on one of its nodes if the item asks for one. */
bool placement_has_capacity(const placement *s, uint32_t item, uint32_t host);

/** True if those at @p host that ask for one node can be split with @p item among them. Said no
 *  where that is not decided within the budget. */
bool placement_nodes_take(const placement *s, uint32_t item, uint32_t host);

/** True if it is proved that they cannot be. */
bool placement_nodes_refuse(const placement *s, uint32_t item, uint32_t host);

/** True if what asks for one node at @p host can be split, or has been there from the start. */
bool placement_nodes_allowed(const placement *s, uint32_t host);

/** True if @p host holds no more than its limits, nodes included. */
bool placement_within_limits(const placement *s, uint32_t host);

/** The same of all hosts. */
bool placement_all_within_limits(const placement *s);

/** Has moves noted for an index from here on. Without memory there is none. */
void placement_open_index(placement *s);

/** True if @p rule, which @p item is a member of, were broken if the item stood at @p host, or
 *  nowhere (BERTH_NONE). */
bool placement_rule_broken_at(const placement *s, uint32_t rule, uint32_t item, uint32_t host);

/** The first must VM-VM rule that keeps @p item from @p host, or BERTH_NONE. */
uint32_t placement_blocking_rule(const placement *s, uint32_t item, uint32_t host);

/** Number of resources of which @p host holds more than its capacity, and one if its nodes do not
 *  hold those that ask for one. */
int64_t placement_overloads(const placement *s, uint32_t host);

/** What a host adds to the levels overload and stranded. Goal rebalance only. */
void placement_imbalance(const placement *s, uint32_t host, int64_t *overload, int64_t *stranded);

/** True if every must rule between VMs is within what the start leaves it (docs/model.md §3). */
bool placement_rules_allowed(const placement *s);

/** True if no must together rule spans more domains than it may at the end. */
bool placement_spans_allowed(const placement *s);

/** Lexicographic comparison by the problem's ladder: < 0 if @p a is better. */
int placement_compare(const problem *p, const int64_t *a, const int64_t *b);

/** Most members that may stand in @p domain for the must spread rule @p rule. */
uint32_t placement_spread_limit(const placement *s, uint32_t rule, uint32_t domain);

#endif
