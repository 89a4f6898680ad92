/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file timeline_writer.h
 * One function a format, and the sentences that they share.
 */
#ifndef BERTH_IO_TIMELINE_WRITER_H
#define BERTH_IO_TIMELINE_WRITER_H

#include "plan_text_layout.h"
#include <berth/timeline_write.h>
#include <stdio.h>

enum { TIMELINE_SENTENCE = 1000 };

void timeline_text_write(const berth_timeline *timeline, const berth_text_style *style,
                         FILE *stream);
/** @return BERTH_OK, BERTH_E_NOMEM, BERTH_E_INVALID (not UTF-8). */
berth_status timeline_json_write(berth_context *ctx, const berth_timeline *timeline, FILE *stream);
/** @return BERTH_OK, BERTH_E_NOMEM. */
berth_status timeline_html_write(berth_context *ctx, const berth_timeline *timeline, FILE *stream);

/** How many events from @p first on happen in the same second and differ in their VM only. */
uint32_t timeline_group(const berth_timeline *timeline, uint32_t first);
/** What happens in a group of events, without the time: "esx01 fails", "down: a, b (...)". */
void timeline_sentence(const berth_timeline *timeline, uint32_t first, uint32_t count, char *line,
                       size_t size);
/** What a line of text stands out with: bad news, good news. */
text_ink timeline_ink(berth_moment_kind kind);
/** "HA timeline of INVENTORY: NAME". */
void timeline_title(const berth_timeline *timeline, char *line, size_t size);
/** How many VMs were down and for how long, and how many still are. */
void timeline_verdict(const berth_timeline *timeline, char *line, size_t size);
/** Whether the timeline ends well. */
bool timeline_ends_well(const berth_timeline *timeline);

#endif
