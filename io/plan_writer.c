/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a plan in the format asked for, through a file that appears only when it is complete.
 */
#include "plan_writer.h"
#include "context_internal.h"
#include "output_file.h"
#include <assert.h>

/* The style with its zero width replaced; a newer caller may know more fields than we read. */
static berth_text_style complete_style(const berth_text_style *given) {
  berth_text_style style = BERTH_TEXT_STYLE_INIT;
  if (given != NULL) {
    style.width = given->width != 0 ? given->width : style.width;
    style.colour = given->colour;
    style.utf8 = given->utf8;
  }
  assert(style.width > 0);
  return style;
}

static berth_status write_format(berth_context *ctx, const berth_plan *plan, berth_format format,
                                 const berth_text_style *given, FILE *stream) {
  assert(plan != NULL && stream != NULL);
  if (format == BERTH_FORMAT_JSON)
    return plan_json_write(ctx, plan, stream);
  if (format == BERTH_FORMAT_XML)
    return plan_xml_write(ctx, plan, stream);
  berth_text_style style = complete_style(given);
  return plan_text_write(ctx, plan, &style, stream);
}

berth_status berth_write_plan(berth_context *ctx, const berth_plan *plan, berth_format format,
                              const berth_text_style *style, const char *path) {
  output_file *file = NULL;
  berth_status status = BERTH_OK;
  assert(ctx != NULL);
  if (plan == NULL || path == NULL || format < BERTH_FORMAT_TEXT || format > BERTH_FORMAT_XML)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "no plan, no path, or no such format");
  if (style != NULL && style->struct_size < sizeof *style)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "text style not initialised");
  if ((status = output_file_open(ctx, path, &file)) != BERTH_OK)
    goto done;
  if ((status = write_format(ctx, plan, format, style, output_file_stream(file))) != BERTH_OK)
    goto done;
  status = output_file_commit(file);
done:
  output_file_discard(file);
  return status;
}
