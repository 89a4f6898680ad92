/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file gantt_text.h
 * The timeline in the text of a plan.
 */
#ifndef BERTH_IO_GANTT_TEXT_H
#define BERTH_IO_GANTT_TEXT_H

#include "gantt_chart.h"
#include "plan_text.h"

/** "3 wiki -> esx02": a step on the lane of its host. Appends to @p line. */
void gantt_text_label(const plan_text *text, const gantt_bar *bar, char *line, size_t size);

/** Prints the timeline, if there is more than the table of steps shows at a glance, and room for
 * it.
 *  @return BERTH_OK, BERTH_E_NOMEM. */
berth_status gantt_text_print(berth_context *ctx, const plan_text *text);

#endif
