/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file capacity_survival.h
 * How many mixes fit with nothing moved while any K failures stay survivable by restarts alone.
 */
#ifndef BERTH_SOLVER_CAPACITY_SURVIVAL_H
#define BERTH_SOLVER_CAPACITY_SURVIVAL_H

#include "audit_ground.h"
#include "capacity_search.h"

typedef struct survival_question {
  const capacity_ground *ground;
  const capacity_stock *stock;
  const capacity_search *still; /* end states of searches without migrations; NULL = none */
  berth_domain domain;
} survival_question;

/** The most by arithmetic, with @p failures. @p audit: of the inventory that is asked about. */
bool capacity_bound_survival(const capacity_ground *g, const audit_ground *audit, uint32_t failures,
                             arena *memory, int64_t *most);

/** Narrows @p figure. @p audit as above. false = no memory. */
bool capacity_survival_narrow(const survival_question *q, const audit_ground *audit,
                              uint32_t failures, arena *memory, berth_capacity_figure *figure);

#endif
