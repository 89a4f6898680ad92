/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file plan_json_proofs.h
 * The parts of a JSON plan that its bounds rest on: settings and certificates, both ways.
 */
#ifndef BERTH_IO_PLAN_JSON_PROOFS_H
#define BERTH_IO_PLAN_JSON_PROOFS_H

#include "plan_json_build.h"
#include "plan_json_load.h"
#include <berth/plan.h>

/** The settings that the plan's goal uses, or NULL if it uses none. @p trouble is noted when out of
 *  memory, or when a text is not UTF-8; so in the next. */
json_t *plan_json_settings(const berth_plan *plan, json_trouble *trouble);
/** Certificate @p index. */
json_t *plan_json_certificate(const berth_plan *plan, uint32_t index, json_trouble *trouble);

/** Reads "settings" of the document @p root; absent ones stay as they are. Faults are recorded. */
void plan_json_read_settings(json_place *place, const json_t *root, berth_plan *plan);
/** Reads "certificates". @return BERTH_OK (faults are recorded) or BERTH_E_NOMEM. */
berth_status plan_json_read_certificates(json_place *place, const json_t *root, berth_plan *plan);

#endif
