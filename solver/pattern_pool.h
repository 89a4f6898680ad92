/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pattern_pool.h
 * Host contents as columns of the pattern program: one group of hosts, counts of classes, and what
 * they cost on each level of a stage.
 */
#ifndef BERTH_SOLVER_PATTERN_POOL_H
#define BERTH_SOLVER_PATTERN_POOL_H

#include "content_branches.h"
#include "host_groups.h"
#include "mip.h"

/** Items of a class in a content: the host's own that stay, and arrivals. */
typedef struct pattern_entry {
  uint32_t class, count; /* in all */
  uint32_t arrivals;     /* of them; the own of a class whose arrivals are free count as such too */
} pattern_entry;

typedef struct pattern_pool {
  const host_groups *groups;
  arena *memory;
  uint32_t count, room;
  uint32_t plan;   /* the patterns of the plan that was added last begin here */
  uint32_t *group; /* [pattern] */
  size_t *start;   /* [pattern + 1] into entries */
  int64_t *cost;   /* [pattern * level_count + level] */
  pattern_entry *entries;
  size_t entry_count, entry_room;
} pattern_pool;

void pattern_pool_init(pattern_pool *pool, const host_groups *groups, arena *memory);

/** Adds a content given as counts of knapsack types. false = no memory. */
bool pattern_pool_add(pattern_pool *pool, uint32_t group, const knapsack_type *types,
                      const uint32_t *counts, uint32_t type_count);

/** Adds the contents of @p s on every host of every group. false = no memory. */
bool pattern_pool_add_placement(pattern_pool *pool, const placement *s);

/**
 * The pattern program of patterns @p first and later, over the rows
 *   [class] Σ count · x + unplaced ≥ items of the class,
 *   [group] Σ x ≤ hosts of the group,
 *   [level before the last] Σ cost · x ≤ the value of @p s less the base costs.
 * With @p whole also its rows and, before the patterns, one column for each class: items unplaced.
 * Columns of classes that are not requested are fixed at 0.
 */
bool pattern_pool_model(const pattern_pool *pool, uint32_t first, bool whole, const placement *s,
                        arena *memory, mip_model *model);

/** True if a node's branches allow that the pattern is used. */
bool pattern_is_allowed(const pattern_pool *pool, uint32_t pattern,
                        const content_branches *branches);

/**
 * The same for a node: contents that its branches forbid are fixed at 0, a host that must be used
 * has an equation, and behind the rows of the levels come
 *   [branch BRANCH_ARRIVALS, in order] least ≤ Σ arrivals · x ≤ most.
 * With @p first 0 it is whole, and behind the columns for unplaced items stands one for each row
 * that asks for something, at @p penalty a unit: so there is always a solution to start from.
 */
bool pattern_pool_node_model(const pattern_pool *pool, uint32_t first, const placement *s,
                             const content_branches *branches, int64_t penalty, arena *memory,
                             mip_model *model);

/** Columns of a whole node model before those of the patterns. */
uint32_t pattern_node_columns(const host_groups *groups, const content_branches *branches);

/** The part of a level that is the same whatever the contents are. */
int64_t pattern_base_cost(const host_groups *groups, berth_level level);

#endif
