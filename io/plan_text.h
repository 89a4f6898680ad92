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

/** Longest sentence that is put together; what does not fit is cut. */
enum { PLAN_TEXT_SENTENCE = 4096 };

/** Sentences, for text and for other formats. Each appends to @p line, or leaves it as it is where
 *  there is nothing to say. */
void plan_text_scenario(const plan_text *text, char *line, size_t size);
void plan_text_verdict(const plan_text *text, char *line, size_t size);
void plan_text_proved(const plan_text *text, char *line, size_t size);
void plan_text_not_proved(const plan_text *text, char *line, size_t size);
/** What was asked for beside the goal, as far as values of levels depend on it. */
void plan_text_settings(const plan_text *text, char *line, size_t size);
void plan_text_level_proof(const plan_text *text, const berth_plan_level *level, char *line,
                           size_t size);

/** False if something that was asked for is not done. */
bool plan_text_all_done(const plan_text *text);

/** The same about a VM without a host, or left behind: its priority or host and its demand; then
 * why each host is out, which group is short together, what forbids it, what would help. */
void plan_text_about(const plan_text *text, const berth_plan_unplaced *unplaced, bool left_behind,
                     char *line, size_t size);
void plan_text_ledger(const plan_text *text, const berth_plan_unplaced *unplaced, char *line,
                      size_t size);
void plan_text_shortage(const plan_text *text, const berth_plan_unplaced *unplaced, char *line,
                        size_t size);
void plan_text_conflict(const plan_text *text, const berth_plan_unplaced *unplaced, char *line,
                        size_t size);
void plan_text_remedies(const plan_text *text, const berth_plan_unplaced *unplaced, char *line,
                        size_t size);

/** True if the four sentences about both VMs are the same. */
bool plan_text_same_reasons(const plan_text *text, const berth_plan_unplaced *a,
                            const berth_plan_unplaced *b);

/** Gets one sentence. */
typedef void plan_text_listen(void *user, const char *line);

/** The deadline, if there is one: the verdict first, then what is in the way, then what would help.
 */
void plan_text_deadline_tell(const plan_text *text, plan_text_listen *listen, void *user);

/** What is wrong at the end: rules of @p strength that are broken, and with ::BERTH_MUST hosts over
 *  capacity or not emptied; a sentence each. @return BERTH_OK, BERTH_E_NOMEM. */
berth_status plan_text_wrong(berth_context *ctx, const plan_text *text, berth_strength strength,
                             plan_text_listen *listen, void *user);

/** Cells of the table of steps: "migrate wiki", "esx01 -> esx02", "1-4, 7 settled"; and what the
 *  windows do not show: who must agree, who is told before, why the step is there. */
void plan_text_step_name(const plan_text *text, const berth_plan_step *step, char *line,
                         size_t size);
void plan_text_step_where(const plan_text *text, const berth_plan_step *step, char *line,
                          size_t size);
void plan_text_step_after(const berth_plan_step *step, char *line, size_t size);
void plan_text_step_detail(const berth_plan_step *step, char *detail, size_t size);

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
