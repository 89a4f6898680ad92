/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file content_model.h
 * The problem seen host by host: which items are interchangeable wherever they come from, and how
 * many of each class a host holds at the start. A *content* of a host is a count for each class
 * that fits it together with what does not move; rules between VMs are left out (a relaxation). See
 * docs/model.md §9.
 */
#ifndef BERTH_SOLVER_CONTENT_MODEL_H
#define BERTH_SOLVER_CONTENT_MODEL_H

#include "placement.h"

/** Items that differ in nothing but their origin. */
typedef struct content_class {
  uint32_t example;       /* an item */
  uint32_t first, count;  /* in content_model.items */
  const int64_t *demand;  /* [resource] */
  const host_bits *hosts; /* where they may arrive */
  bool requested;
  bool must_leave; /* their origins do */
  int64_t memory;  /* MiB that a migration moves; 0 if requested */
} content_class;

/** A host's items of one class at the start. */
typedef struct own_items {
  uint32_t class;
  uint32_t count;
} own_items;

/** What a model leaves out, or may rely on. */
typedef struct content_view {
  bool whole;   /* plans without violations only: capacities hold even where the start is above */
  bool rounded; /* sizes rounded down to few significant bits: few classes where no two items are of
                   one size; for bounds only */
} content_view;

typedef struct content_model {
  const problem *problem;
  content_view view;
  arena *memory;
  uint32_t class_count;
  const content_class *classes;
  const uint32_t *items;      /* by class */
  const uint32_t *item_class; /* [item] BERTH_NONE = does not move */
  const int64_t *room;        /* [host * resource_count + resource] limit, or capacity,
                                 less what does not move */
  const uint32_t *fixed;      /* [host] items that stand there and do not move */
  const uint32_t *own_start;  /* [host + 1] into own */
  const own_items *own;       /* by class, ascending */
} content_model;

/** Everything lives in @p memory. false = no memory. */
bool content_model_build(content_model *m, const problem *p, content_view view, arena *memory);

/** What one item of a class adds to a level by arriving at another host than its own. */
int64_t content_arrival_cost(const content_model *m, const content_class *class, berth_level level);

/** What each item adds to a level by staying where it is. */
int64_t content_stay_cost(const content_model *m, uint32_t host, berth_level level);

/** What a host adds to a level whatever stands there. */
int64_t content_base_cost(const content_model *m, uint32_t host, berth_level level);

/** What a host adds to a level when anything that moves stands there, beside the base cost. */
int64_t content_host_cost(const content_model *m, uint32_t host, berth_level level);

/** What one item of a class adds to a level by standing nowhere. */
int64_t content_unplaced_cost(const content_model *m, const content_class *class,
                              berth_level level);

/** Counts of the items of each class on each host of @p s: [host * class_count + class]. NULL = no
 *  memory. */
uint32_t *content_counts(const content_model *m, const placement *s, arena *memory);

/**
 * Moves items so that no host holds more of a class than @p counts [host * class_count + class]
 * allows; items that may stay do. Requested items that find no place stand nowhere.
 * @return false: @p counts have too few places for running items, or out of memory; @p s is then
 * unchanged or in part changed.
 */
bool content_apply(const content_model *m, const uint32_t *counts, arena *memory, placement *s);

#endif
