/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file schedule.h
 * From a linear order of migrations to a partial order of steps that is safe for every timing.
 */
#ifndef BERTH_SOLVER_SCHEDULE_H
#define BERTH_SOLVER_SCHEDULE_H

#include "sequence.h"
#include <berth/plan.h>

/** A growing list of step numbers (from 0). */
typedef struct step_list {
  uint32_t *list;
  uint32_t count, room;
} step_list;

/** A step in local numbers. */
typedef struct schedule_step {
  berth_step_type type;
  uint32_t item, from, to; /* BERTH_NONE where they do not apply */
  uint32_t host;
  step_list after, after_settled;
  int64_t wait, seconds, settle;
  int64_t expected_end; /* with expected acknowledgements */
  berth_window start, end;
  bool slowed;          /* the copy does not converge */
  uint32_t needed_by;   /* first step that waits for the room this one leaves, or BERTH_NONE */
  uint32_t lane_before; /* of a start: the one before it in its lane, or BERTH_NONE */
} schedule_step;

/** What all VMs of a restart-after rule wait for (restart_barrier.h). */
typedef struct restart_barrier restart_barrier;

typedef struct schedule {
  const problem *problem;
  arena *memory;
  schedule_step *steps; /* in an order that respects `after` */
  uint32_t step_count;
  const restart_barrier *barriers; /* [rule of the cluster] */
  berth_plan_makespan makespan;
  bool overflow; /* times beyond what 64 bits hold: the schedule is of no use */
} schedule;

/**
 * @param moves migrations in an allowed order from the initial state.
 * @param final the end state; its requested items are restarted or powered on.
 * @param serves [host] 1 = on at the end: what else may be is powered down, and hosts in standby
 * are woken for it; NULL = none is.
 * @param[out] out in @p memory. false = out of memory.
 */
bool schedule_build(const problem *p, const sequence *moves, const placement *final,
                    const uint8_t *serves, arena *memory, schedule *out);

/** Appends all steps that @p step waits for to @p all: its `after` and those of its restart-after
 * rules, in no order and perhaps twice. false = out of memory. */
bool schedule_gather_after(const schedule *done, uint32_t step, arena *memory, step_list *all);

/** Appends @p step to @p list unless it is its last element. false = out of memory. */
bool step_list_add(step_list *list, arena *memory, uint32_t step);

#endif
