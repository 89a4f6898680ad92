/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report of a plan as a whole: a row of sections that each write themselves.
 */
#include "report_html.h"
#include "context_internal.h"
#include "output_file.h"
#include <assert.h>
#include <berth/io.h>

static void begin(const report_page *page) {
  const char *name = berth_inventory_name(page->text.inventory);
  char title[512] = "";
  assert(name != NULL);
  text_add(title, sizeof title, "%s%s%.400s", berth_goal_word(berth_plan_goal(page->text.plan)),
           name[0] != '\0' ? " of " : "", name);
  page_begin(page->stream, title);
}

berth_status report_html_write(berth_context *ctx, const berth_plan *plan, FILE *stream) {
  static report_section *const sections[] = {report_headline, report_unplaced, report_wrong,
                                             report_hosts,    report_moves,    report_ladder,
                                             report_timeline, report_steps,    report_warnings};
  report_page page = {.ctx = ctx, .stream = stream};
  assert(ctx != NULL && plan != NULL && stream != NULL);
  page.text = (plan_text){.plan = plan,
                          .inventory = berth_plan_inventory(plan),
                          .page = {.stream = stream, .width = UINT32_MAX, .utf8 = true}};
  berth_status status = gantt_chart_begin(ctx, plan, &page.chart);
  if (status == BERTH_OK)
    status = plan_change_begin(ctx, plan, &page.change);
  if (status != BERTH_OK)
    goto done;
  begin(&page);
  for (size_t i = 0; i < sizeof sections / sizeof sections[0] && status == BERTH_OK; i++)
    status = sections[i](&page);
  page_end(stream);
done:
  plan_change_end(ctx, &page.change);
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
