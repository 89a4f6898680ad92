/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file execution_internal.h
 * The state of an execution, for execution.c, which changes it, and execution_inventory.c, which
 * reads it.
 */
#ifndef BERTH_MODEL_EXECUTION_INTERNAL_H
#define BERTH_MODEL_EXECUTION_INTERNAL_H

#include "arena.h"
#include <berth/execution.h>

/** A step that waits for the step in whose list this is. */
typedef struct execution_edge {
  uint32_t step;
  bool settled;
} execution_edge;

typedef struct execution_step {
  berth_step_state state;
  uint32_t open;                    /* steps it waits for that have not ended */
  uint32_t blocked_by;              /* id; 0 = not blocked */
  uint32_t place;                   /* in `ready`, if it is */
  int64_t earliest;                 /* latest end, or end and settle, of those that have ended */
  int64_t start, acknowledged, end; /* BERTH_UNSET = not yet */
} execution_step;

struct berth_execution {
  const berth_plan *plan;
  arena memory;
  uint32_t step_count;
  execution_step *steps;
  uint32_t *next_start; /* CSR */
  execution_edge *next;
  uint32_t *ready, ready_count; /* step indices, in no order */
  uint32_t *stack;              /* of the search for what is blocked */
  uint32_t count[BERTH_STEP_STATE_COUNT];
};

#endif
