/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file audit_composition.h
 * Plans for single units that keep out of each other's way: together they are a plan for all of
 * them, and nothing has to be searched for the set.
 */
#ifndef BERTH_SOLVER_AUDIT_COMPOSITION_H
#define BERTH_SOLVER_AUDIT_COMPOSITION_H

#include "audit_restarts.h"
#include "search_clock.h"

enum { MOST_LANES = 5 };

/** One of the plans of a unit. */
typedef struct unit_plan {
  uint8_t result; /* restarts_result; RESTARTS_OPEN = there is none */
  uint32_t count;
  const uint32_t *things; /* that it touches: hosts, then rules, numbered behind the hosts */
} unit_plan;

typedef struct audit_composition {
  const audit_ground *ground;
  uint32_t lanes;
  const unit_plan *plans; /* [unit * lanes + lane]; NULL = nothing can be composed */
  uint32_t hands;
  arena *lists; /* [hand] what the plans touch */
} audit_composition;

/** Makes the plans, for sets of @p size units, on all workers. @p trials: [hand]. Give it to
 *  audit_composition_free() whatever comes of it, before @p memory. false = no memory. */
bool audit_composition_build(audit_composition *c, const audit_ground *g, uint32_t size,
                             audit_trial **trials, search_clock *clock, arena *memory);
void audit_composition_free(audit_composition *c);

/** What one worker needs to ask. */
typedef struct composition_marks {
  uint32_t *mark; /* [thing] */
  uint32_t round;
} composition_marks;

/** In @p memory. false = no memory. */
bool composition_marks_init(composition_marks *m, const audit_ground *g, arena *memory);

/** RESTARTS_PLACED or RESTARTS_AFTER_MOVES if plans of the units make one for the set, else
 *  RESTARTS_OPEN. */
restarts_result audit_composition_ask(const audit_composition *c, composition_marks *m,
                                      const uint32_t *set, uint32_t size);

#endif
