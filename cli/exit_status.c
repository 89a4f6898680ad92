/* SPDX-License-Identifier: Apache-2.0 */
/* One table for the manual pages and the reference; one judgement for single answers and batches.
 */
#include "exit_status.h"
#include <inttypes.h>

const exit_status_row *exit_status_table(void) {
  static const exit_status_row rows[] = {
      {COMMAND_DONE, "answered, everything done"},
      {COMMAND_NOT_ALL, "answered, but something could not be done"},
      {COMMAND_UNDECIDED, "undecided within the limits"},
      {COMMAND_USAGE, "wrong usage"},
      {COMMAND_BAD_INPUT, "an input is not valid"},
      {COMMAND_NO_INPUT, "an input cannot be read"},
      {COMMAND_INTERNAL, "internal error, or out of memory"},
      {COMMAND_NO_OUTPUT, "an output cannot be created"},
      {COMMAND_OUTPUT_CUT, "an output cannot be written completely"},
      {0, NULL}};
  return rows;
}

/* Levels that count what was asked for and is not done. */
static bool is_asked(berth_level level) {
  return level <= BERTH_LEVEL_UNPLACED;
}

/* Whether the plan keeps the deadline. If not, that is said, with what is proved about it. */
static bool meets(const berth_plan *plan, int64_t deadline) {
  int64_t worst = berth_plan_get_makespan(plan).worst, bound = 0;
  if (deadline == 0 || worst <= deadline)
    return true;
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++)
    if (berth_plan_level_at(plan, i)->level == BERTH_LEVEL_MAKESPAN)
      bound = berth_plan_level_at(plan, i)->bound;
  command_say("deadline missed: the plan may take %" PRId64 " s, %" PRId64 " s are allowed; %s",
              worst, deadline,
              bound > deadline ? "no plan that is as good otherwise is fast enough"
                               : "that none is faster is not proved");
  return false;
}

int exit_status_of_plan(const berth_plan *plan, int64_t deadline) {
  bool impossible = false, open = berth_plan_status(plan) == BERTH_OUTCOME_UNKNOWN;
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++) {
    const berth_plan_level *level = berth_plan_level_at(plan, i);
    impossible = impossible || (is_asked(level->level) && level->bound > 0);
    open = open || (is_asked(level->level) && level->value > 0 && level->bound == 0);
  }
  if (!meets(plan, deadline) || impossible)
    return COMMAND_NOT_ALL;
  return open ? COMMAND_UNDECIDED : COMMAND_DONE;
}

int exit_status_of_audit(const berth_audit *audit) {
  switch (berth_audit_worst(audit)) {
  case BERTH_AUDIT_LOST:
    return COMMAND_NOT_ALL;
  case BERTH_AUDIT_UNDECIDED:
    return COMMAND_UNDECIDED;
  default:
    return COMMAND_DONE;
  }
}
