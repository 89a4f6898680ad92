/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file capacity_stock.h
 * The inventory with the VMs of many mixes added, of which views switch on as many as are asked
 * about; and the search that plans are made with, put to such a view.
 */
#ifndef BERTH_SOLVER_CAPACITY_STOCK_H
#define BERTH_SOLVER_CAPACITY_STOCK_H

#include "capacity_ground.h"
#include "component_solve.h"

typedef struct capacity_stock {
  const capacity_ground *ground;
  const berth_inventory *full; /* owned */
  int64_t mixes;               /* that it has */
  uint32_t *first;             /* [flavour] its first VM in `full` */
  int64_t exact_limit;
  search_clock *clock;
} capacity_stock;

/** capacity_stock_free(), also after failure. @return as capacity_extend(). */
berth_status capacity_stock_build(capacity_stock *stock, const capacity_ground *g,
                                  berth_context *ctx, int64_t mixes, arena *memory);
void capacity_stock_free(capacity_stock *stock);

/** What is asked of the search. */
typedef struct stock_question {
  int64_t mixes;
  bool moves;             /* running VMs may move */
  const uint32_t *failed; /* hosts of the cluster that fail first; dedicated hosts are then */
  uint32_t failed_count;  /* like others */
  bool asks_failure;
  int64_t milliseconds; /* at most */
} stock_question;

typedef struct stock_answer {
  int64_t unplaced, least_unplaced;
  int64_t moved, least_moved; /* migrations, if nothing is unplaced */
  uint32_t *end;              /* [vm of the cluster] host of the cluster, BERTH_NONE */
} stock_answer;

/** `end` lives in @p memory. false = no memory. */
bool capacity_stock_ask(const capacity_stock *stock, const stock_question *question, arena *memory,
                        stock_answer *out);

/** A view in which @p mixes are on, none of them with a host, and VMs that waited are off.
 *  @param[out] vm_host may be changed. false = no memory. */
bool capacity_stock_view(const capacity_stock *stock, int64_t mixes, arena *memory,
                         berth_inventory *view, uint32_t **vm_host);

#endif
