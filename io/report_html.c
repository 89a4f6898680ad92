/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as a whole: a head, and a row of sections that each write themselves. It is XHTML
 * (HTML and well-formed XML at once), so that any XML parser can say whether it is whole.
 */
#include "report_html.h"
#include "context_internal.h"
#include "output_file.h"
#include <assert.h>
#include <berth/io.h>
#include <berth/version.h>

static void put_title(const report_page *page) {
  const char *name = berth_inventory_name(page->text.inventory);
  assert(name != NULL);
  fprintf(page->stream, "<title>%s", berth_goal_word(berth_plan_goal(page->text.plan)));
  if (name[0] != '\0') {
    fputs(" of ", page->stream);
    report_put(page, name, REPORT_NAME_MOST);
  }
  fputs("</title>\n", page->stream);
}

static void put_head(const report_page *page) {
  fputs("<!DOCTYPE html>\n"
        "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
        "<meta charset=\"utf-8\"/>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
        "<meta name=\"generator\" content=\"berth " BERTH_VERSION "\"/>\n"
        "<meta http-equiv=\"Content-Security-Policy\" "
        "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n",
        page->stream);
  put_title(page);
  fprintf(page->stream, "<style>\n%s</style>\n</head>\n<body>\n<main>\n", report_style());
}

berth_status report_html_write(berth_context *ctx, const berth_plan *plan, FILE *stream) {
  static report_section *const sections[] = {report_headline, report_unplaced, report_wrong,
                                             report_ladder,   report_timeline, report_steps,
                                             report_warnings};
  report_page page = {.ctx = ctx, .stream = stream};
  assert(ctx != NULL && plan != NULL && stream != NULL);
  page.text = (plan_text){.plan = plan,
                          .inventory = berth_plan_inventory(plan),
                          .page = {.stream = stream, .width = UINT32_MAX, .utf8 = true}};
  berth_status status = gantt_chart_begin(ctx, plan, &page.chart);
  if (status != BERTH_OK)
    return status;
  put_head(&page);
  for (size_t i = 0; i < sizeof sections / sizeof sections[0] && status == BERTH_OK; i++)
    status = sections[i](&page);
  fprintf(stream, "</main>\n<footer>berth %s</footer>\n</body>\n</html>\n", BERTH_VERSION);
  gantt_chart_end(&page.chart);
  return status;
}

berth_status berth_write_report(berth_context *ctx, const berth_plan *plan, const char *path) {
  output_file *file = NULL;
  assert(ctx != NULL);
  if (plan == NULL || path == NULL)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "no plan, or no path");
  berth_status status = output_file_open(ctx, path, &file);
  if (status != BERTH_OK)
    goto done;
  if ((status = report_html_write(ctx, plan, output_file_stream(file))) != BERTH_OK)
    goto done;
  status = output_file_commit(file);
done:
  output_file_discard(file);
  return status;
}
