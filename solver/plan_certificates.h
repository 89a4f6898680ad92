/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file plan_certificates.h
 * Prices of components as certificates of the plan (docs/model.md §9).
 */
#ifndef BERTH_SOLVER_PLAN_CERTIFICATES_H
#define BERTH_SOLVER_PLAN_CERTIFICATES_H

#include "pattern_search.h"

/** Certificates of a cluster. Zero-initialised is empty. */
typedef struct certificate_list {
  uint32_t count, room;
  berth_plan_certificate *list;
} certificate_list;

/** Adds those of one component, of which nothing is needed later. @p whole: the cluster has no
 * other. Everything lives in @p memory. false = out of memory. */
bool certificate_list_fill(certificate_list *list, const problem *p, const pattern_proofs *proofs,
                           bool whole, arena *memory);

/** Adds them to a plan, whose check has to settle them: what the prices of a component prove of the
 * finished plan is known then only.
 * @param hosts_on the bound of that level, which says whether spare hosts are part of it. */
berth_status certificate_list_add(berth_context *ctx, berth_plan *plan,
                                  const certificate_list *list, int64_t hosts_on);

#endif
