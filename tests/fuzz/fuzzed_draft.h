/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzzed_draft.h
 * A plan as plain data, which may be taken from the solver, made of bytes, and spoilt, before it
 * becomes a plan.
 */
#ifndef BERTH_FUZZED_DRAFT_H
#define BERTH_FUZZED_DRAFT_H

#include "fuzzed_bytes.h"
#include "fuzzed_target.h"
#include <berth/plan.h>

enum {
  DRAFT_STEPS_MAX = 20,
  DRAFT_VMS_MAX = 16,
  DRAFT_CERTIFICATES_MAX = 4,
  DRAFT_WEIGHTS_MAX = 4
};

typedef struct draft_step {
  berth_plan_step step;    /* but for what it waits for */
  uint32_t after, settled; /* sets of steps: bit 0 is the first */
} draft_step;

typedef struct plan_draft {
  const berth_inventory *inventory;
  berth_goal goal;
  berth_plan_settings settings;
  uint32_t step_count, level_count, certificate_count, placement_count;
  draft_step steps[DRAFT_STEPS_MAX];
  berth_plan_level levels[BERTH_LEVEL_COUNT];
  berth_plan_placement placements[DRAFT_VMS_MAX];
  uint32_t unplaced; /* set of VMs */
  berth_plan_makespan makespan;
  berth_outcome status;
  bool odd_edges; /* waits for steps that there are not, or for itself */
  berth_plan_certificate certificates[DRAFT_CERTIFICATES_MAX];
} plan_draft;

/** Steps, certificates and settings of @p plan, which must live as long as the draft. False: more
 *  than a draft has room for. */
bool draft_copy(plan_draft *draft, const berth_plan *plan);

/** Steps out of bytes. */
void draft_take_steps(plan_draft *draft, fuzzed_bytes *bytes);

/** Changes steps, as many times as the bytes ask for. */
void draft_edit_steps(plan_draft *draft, fuzzed_bytes *bytes);

/** Durations, windows, makespan, approvals, placements and unplaced VMs, as docs/model.md has
 *  them. */
void draft_settle(plan_draft *draft);

/** Changes what the plan says beside its steps, as many times as the bytes ask for. */
void draft_spoil(plan_draft *draft, fuzzed_bytes *bytes);

/** The plan; NULL: it is none that may be made. */
berth_plan *draft_build(const plan_draft *draft, berth_context *ctx);

#endif
