/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file audit_restarts.h
 * Whether the VMs of one failure set find room as it is, or where a few others move aside. Quick,
 * and often enough.
 */
#ifndef BERTH_SOLVER_AUDIT_RESTARTS_H
#define BERTH_SOLVER_AUDIT_RESTARTS_H

#include "audit_ground.h"

typedef enum restarts_result {
  RESTARTS_PLACED = 0,  /* all of them */
  RESTARTS_LOSE,        /* all but those that no host could ever take; so it is in every plan */
  RESTARTS_AFTER_MOVES, /* all of them, once running VMs have moved; without, it cannot be */
  RESTARTS_OPEN         /* not found */
} restarts_result;

enum { MOST_SHIFTS = 64 };

/** Why a host takes nothing. */
enum { HOST_FAILED = 1, HOST_BARRED = 2 };

/** A running VM that makes room. */
typedef struct audit_shift {
  uint32_t item, from, to;
} audit_shift;

/** Work space of one worker. */
typedef struct audit_trial {
  const audit_ground *ground;
  uint8_t *out;    /* [host] HOST_FAILED, HOST_BARRED; 0 = may take VMs */
  int64_t *taken;  /* [host * resources] by the restarts of this set */
  uint32_t *items; /* to be restarted, in the order of rank; room for all of the cluster */
  uint32_t *to;    /* beside them: host, BERTH_NONE = nowhere */
  uint32_t item_count;
  uint32_t *stopped; /* all that stopped, restarted or not */
  uint32_t stopped_count;
  uint32_t shift_count;
  audit_shift shifts[MOST_SHIFTS];
} audit_trial;

/** In @p memory; NULL = no memory. */
audit_trial *audit_trial_new(const audit_ground *g, arena *memory);

/** From now on nothing is put on open hosts but on every @p lanes-th, from @p lane on; with
 *  @p lane = @p lanes on all of them again. */
void audit_trial_keep_to(audit_trial *t, uint32_t lane, uint32_t lanes);

/** Has the units fail: fills `out`, `items` and `stopped`. */
void audit_trial_fail(audit_trial *t, const uint32_t *units, uint32_t count);
/** Takes that back. */
void audit_trial_recover(audit_trial *t, const uint32_t *units, uint32_t count);

/** Between the two. Afterwards `to` is BERTH_NONE for the VMs that are lost, and `shifts` has what
 *  moved. */
restarts_result audit_restarts(audit_trial *t);

#endif
