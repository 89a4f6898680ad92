/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file capacity_search.h
 * The largest number of mixes that fit with so many migrations: bounds by arithmetic, then the
 * search that plans are made with, number by number.
 */
#ifndef BERTH_SOLVER_CAPACITY_SEARCH_H
#define BERTH_SOLVER_CAPACITY_SEARCH_H

#include "capacity_stock.h"

/** Beyond these sizes nothing is searched, only bounded. */
#define CAPACITY_MOST_PAIRS UINT64_C(40000000)
#define CAPACITY_MOST_ADDED INT64_C(40000)

/** An upper bound with any number of migrations: the sums over all hosts that VMs can move to. */
int64_t capacity_totals_moved(const capacity_ground *g);

/** The most with @p migrations, by what each migration could free at its source at best.
 *  false = no memory. */
bool capacity_bound_moved(const capacity_ground *g, int64_t migrations, arena *memory,
                          int64_t *most);

typedef struct capacity_search capacity_search;

/** What is known of the numbers from @p least to @p most; @p moves: running VMs may move.
 *  NULL = no memory. */
capacity_search *capacity_search_new(const capacity_stock *stock, bool moves, int64_t least,
                                     int64_t most, arena *memory);

/** Tells that @p mixes fit with @p migrations. */
void capacity_search_tell(capacity_search *s, int64_t mixes, int64_t migrations);

/** Narrows @p figure, what is known with up to @p migrations. false = no memory. */
bool capacity_search_narrow(capacity_search *s, int64_t migrations, berth_capacity_figure *figure);

/** An end state with @p mixes that was found, or NULL: [vm of the cluster] host of the cluster. */
const uint32_t *capacity_search_end(const capacity_search *s, int64_t mixes);

#endif
