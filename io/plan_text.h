/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file plan_text.h
 * What the parts of the text of a plan share. Labels are names where there are names.
 */
#ifndef BERTH_IO_PLAN_TEXT_H
#define BERTH_IO_PLAN_TEXT_H

#include "plan_text_layout.h"
#include <berth/plan.h>

typedef struct plan_text {
  const berth_plan *plan;
  const berth_inventory *inventory;
  text_page page;
  const uint32_t *chosen; /* of a table over some of the placements: which */
} plan_text;

/** Prints a blank line, then "WORDS (COUNT)". */
void plan_text_title(const plan_text *text, const char *words, uint64_t count);

const char *plan_text_host(const plan_text *text, uint32_t host);
const char *plan_text_vm(const plan_text *text, uint32_t vm);

/** The value of @p level; 0 if the plan has no such level. */
int64_t plan_text_value(const plan_text *text, berth_level level);

/** A value of @p level in its unit. */
text_quantity plan_text_level_quantity(berth_level level, int64_t value);

/** Title, what is done and takes how long, what is proved and what is not. */
void plan_text_headline(const plan_text *text);

/** Whether the deadline is kept, what is in its way and what would help; nothing without one. */
void plan_text_deadline(const plan_text *text);

/** VMs without a host, or left on hosts that they must leave, and why. */
void plan_text_explained(const plan_text *text);

/** What the plan does not do, and why: those VMs, violations and should rules at the end.
 *  @return BERTH_OK, BERTH_E_NOMEM. */
berth_status plan_text_shortfall(berth_context *ctx, const plan_text *text);

#endif
