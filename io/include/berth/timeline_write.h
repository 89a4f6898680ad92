/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file timeline_write.h
 * Timelines of HA as text, JSON and a picture.
 */
#ifndef BERTH_TIMELINE_WRITE_H
#define BERTH_TIMELINE_WRITE_H

#include <berth/io.h>
#include <berth/timeline.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Writes a timeline. @param format BERTH_FORMAT_TEXT or BERTH_FORMAT_JSON (schema
 *  berth-timeline/1). @param style of text; NULL = BERTH_TEXT_STYLE_INIT.
 *  @param path "-" = standard output. A file is replaced only when complete.
 *  @return BERTH_OK; BERTH_E_ARGUMENT (another format); BERTH_E_OPEN_OUTPUT; BERTH_E_WRITE;
 *          BERTH_E_INVALID (JSON: a text is not UTF-8). */
BERTH_EXPORT berth_status berth_write_timeline(berth_context *ctx, const berth_timeline *timeline,
                                               berth_format format, const berth_text_style *style,
                                               const char *path);

/** Writes a page with the picture: a row for each host and each VM that was down, then outages and
 *  events. One HTML file that is well-formed XML, without script, that needs nothing beside it. */
BERTH_EXPORT berth_status berth_write_timeline_report(berth_context *ctx,
                                                      const berth_timeline *timeline,
                                                      const char *path);

#ifdef __cplusplus
}
#endif
#endif
