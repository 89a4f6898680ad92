/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file plan_writer.h
 * One function a format. Each writes a whole plan to a stream; errors of the stream itself are left
 * to the caller, who owns it.
 */
#ifndef BERTH_IO_PLAN_WRITER_H
#define BERTH_IO_PLAN_WRITER_H

#include <berth/io.h>
#include <stdio.h>

/** The style that a caller gave, or the default for NULL; never with width 0.
 *  @return BERTH_OK; BERTH_E_ARGUMENT (struct_size). */
berth_status text_style_read(berth_context *ctx, const berth_text_style *given,
                             berth_text_style *style);

/** JSON, schema berth-plan/1. @return BERTH_OK, BERTH_E_NOMEM, BERTH_E_INVALID (not UTF-8). */
berth_status plan_json_write(berth_context *ctx, const berth_plan *plan, FILE *stream);

/** XML, namespace urn:berth:1, the same content as the JSON. */
berth_status plan_xml_write(berth_context *ctx, const berth_plan *plan, FILE *stream);

/** Text for people. @p style is complete: no zero width. */
berth_status plan_text_write(berth_context *ctx, const berth_plan *plan,
                             const berth_text_style *style, FILE *stream);

#endif
