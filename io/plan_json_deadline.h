/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file plan_json_deadline.h
 * The verdict on a plan's deadline in JSON, both ways.
 */
#ifndef BERTH_IO_PLAN_JSON_DEADLINE_H
#define BERTH_IO_PLAN_JSON_DEADLINE_H

#include "plan_json_build.h"
#include "plan_json_load.h"
#include <berth/plan.h>

/** The verdict, or NULL if the plan has none. @p trouble is noted when out of memory. */
json_t *plan_json_deadline(const berth_plan *plan, json_trouble *trouble);

/** The id in the plan of the step that the document calls @p written; 0 = none. */
typedef uint32_t plan_json_step_function(const void *user, int64_t written);

/** Reads "deadline" of the document @p root, if it has one. @return BERTH_OK (faults are recorded)
 *  or BERTH_E_NOMEM. */
berth_status plan_json_read_deadline(json_place *place, const json_t *root, berth_plan *plan,
                                     plan_json_step_function *step, const void *user);

#endif
