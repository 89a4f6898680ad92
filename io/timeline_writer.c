/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a timeline through a file that appears only when complete. */
#include "timeline_writer.h"
#include "context_internal.h"
#include "output_file.h"
#include "plan_writer.h"
#include <assert.h>

/* The page counts as one more format here. */
typedef enum timeline_form { FORM_TEXT, FORM_JSON, FORM_PAGE } timeline_form;

static berth_status write_form(berth_context *ctx, const berth_timeline *timeline,
                               timeline_form form, const berth_text_style *style,
                               const char *path) {
  output_file *file = NULL;
  berth_status status = output_file_open(ctx, path, &file);
  if (status != BERTH_OK)
    goto done;
  assert(file != NULL);
  FILE *stream = output_file_stream(file);
  if (form == FORM_TEXT)
    timeline_text_write(timeline, style, stream);
  else if (form == FORM_JSON)
    status = timeline_json_write(ctx, timeline, stream);
  else
    status = timeline_html_write(ctx, timeline, stream);
  if (status == BERTH_OK)
    status = output_file_commit(file);
done:
  output_file_discard(file);
  return status;
}

berth_status berth_write_timeline(berth_context *ctx, const berth_timeline *timeline,
                                  berth_format format, const berth_text_style *given,
                                  const char *path) {
  berth_text_style style;
  assert(ctx != NULL);
  if (timeline == NULL || path == NULL ||
      (format != BERTH_FORMAT_TEXT && format != BERTH_FORMAT_JSON))
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "a timeline has no such format; expected text or JSON");
  berth_status status = text_style_read(ctx, given, &style);
  if (status != BERTH_OK)
    return status;
  return write_form(ctx, timeline, format == BERTH_FORMAT_TEXT ? FORM_TEXT : FORM_JSON, &style,
                    path);
}

berth_status berth_write_timeline_report(berth_context *ctx, const berth_timeline *timeline,
                                         const char *path) {
  assert(ctx != NULL);
  if (timeline == NULL || path == NULL)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "no timeline, or no path");
  return write_form(ctx, timeline, FORM_PAGE, NULL, path);
}
