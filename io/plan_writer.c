/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a plan in the format asked for, through a file that appears only when it is complete.
 */
#include "plan_writer.h"
#include "context_internal.h"
#include "output_file.h"
#include "versioned.h"
#include <assert.h>

berth_status text_style_read(berth_context *ctx, const berth_text_style *given,
                             berth_text_style *style) {
  static const berth_text_style defaults = BERTH_TEXT_STYLE_INIT;
  *style = defaults;
  berth_status status =
      versioned_read(ctx, "a style of text", given, style, VERSIONED_SIZE(berth_text_style, utf8));
  if (style->width == 0)
    style->width = defaults.width;
  return status;
}

static berth_status write_format(berth_context *ctx, const berth_plan *plan, berth_format format,
                                 const berth_text_style *style, FILE *stream) {
  assert(plan != NULL && stream != NULL);
  if (format == BERTH_FORMAT_JSON)
    return plan_json_write(ctx, plan, stream);
  if (format == BERTH_FORMAT_XML)
    return plan_xml_write(ctx, plan, stream);
  assert(style->width > 0);
  return plan_text_write(ctx, plan, style, stream);
}

static berth_status check(berth_context *ctx, const berth_plan *plan, berth_format format,
                          bool has_target) {
  assert(ctx != NULL);
  if (plan == NULL || !has_target || format < BERTH_FORMAT_TEXT || format > BERTH_FORMAT_XML)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "no plan, no path, or no such format");
  return BERTH_OK;
}

berth_status berth_print_plan(berth_context *ctx, const berth_plan *plan, berth_format format,
                              const berth_text_style *given, FILE *stream) {
  berth_text_style style;
  berth_status status = check(ctx, plan, format, stream != NULL);
  if (status == BERTH_OK)
    status = text_style_read(ctx, given, &style);
  return status == BERTH_OK ? write_format(ctx, plan, format, &style, stream) : status;
}

berth_status berth_write_plan(berth_context *ctx, const berth_plan *plan, berth_format format,
                              const berth_text_style *given, const char *path) {
  output_file *file = NULL;
  berth_text_style style;
  berth_status status = check(ctx, plan, format, path != NULL);
  if (status == BERTH_OK)
    status = text_style_read(ctx, given, &style);
  if (status != BERTH_OK)
    return status;
  if ((status = output_file_open(ctx, path, &file)) != BERTH_OK)
    goto done;
  if ((status = write_format(ctx, plan, format, &style, output_file_stream(file))) != BERTH_OK)
    goto done;
  status = output_file_commit(file);
done:
  output_file_discard(file);
  return status;
}
