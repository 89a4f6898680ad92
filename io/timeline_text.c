/* SPDX-License-Identifier: Apache-2.0 */
/* A timeline for people: what it comes to, then each event, then each VM's outage. */
#include "timeline_writer.h"
#include <assert.h>
#include <inttypes.h>

enum { CLOCK_COLUMNS = 9 };

static void print_head(const berth_timeline *timeline, const text_page *page) {
  char line[TIMELINE_SENTENCE];
  timeline_title(timeline, line, sizeof line);
  text_wrap(page, INK_BOLD, 0, 2, line);
  timeline_verdict(timeline, line, sizeof line);
  text_wrap(page, timeline_ends_well(timeline) ? INK_GOOD : INK_BAD, 0, 2, line);
}

static void print_moments(const berth_timeline *timeline, const text_page *page) {
  uint32_t count = berth_timeline_moment_count(timeline);
  int64_t before = -1;
  fputc('\n', page->stream);
  for (uint32_t i = 0, group; i < count; i += group) {
    const berth_moment *moment = berth_timeline_moment_at(timeline, i);
    char line[TIMELINE_SENTENCE];
    group = timeline_group(timeline, i);
    timeline_sentence(timeline, i, group, line, sizeof line);
    fprintf(page->stream, "%*s  ", CLOCK_COLUMNS,
            moment->at == before ? "" : text_clock(moment->at).text);
    text_wrap(page, timeline_ink(moment->kind), CLOCK_COLUMNS + 2, CLOCK_COLUMNS + 4, line);
    assert(moment->at >= before);
    before = moment->at;
  }
}

typedef struct outage_table {
  const berth_timeline *timeline;
  const text_page *page;
} outage_table;

static void fill_outage(const text_table *table, uint32_t index, text_row *row) {
  const outage_table *own = table->user;
  const berth_inventory *inventory = berth_timeline_inventory(own->timeline);
  const berth_outage *outage = berth_timeline_outage_at(own->timeline, index);
  text_add(row->cell[0], TEXT_CELL_MAX, "%s", berth_inventory_vm_label(inventory, outage->vm));
  text_add(row->cell[1], TEXT_CELL_MAX, "%s", berth_inventory_host_label(inventory, outage->from));
  if (outage->host != BERTH_NONE && outage->host != outage->from)
    text_add(row->cell[2], TEXT_CELL_MAX, "%s %s", text_arrow(own->page),
             berth_inventory_host_label(inventory, outage->host));
  if (outage->down_at != BERTH_UNSET)
    text_add(row->cell[3], TEXT_CELL_MAX, "%s", text_clock(outage->down_at).text);
  if (outage->up_at != BERTH_UNSET)
    text_add(row->cell[4], TEXT_CELL_MAX, "%s", text_clock(outage->up_at).text);
  else if (outage->down)
    text_add(row->cell[4], TEXT_CELL_MAX, "never");
  text_add(row->cell[5], TEXT_CELL_MAX, "%" PRIu32, outage->attempts);
  text_add(row->cell[6], TEXT_CELL_MAX, "%s%" PRId64 " s", outage->down ? "> " : "",
           outage->seconds);
  row->ink = outage->down ? INK_BAD : INK_PLAIN;
  if (outage->why != NULL)
    text_add(row->detail, sizeof row->detail, "%s", outage->why);
}

static void print_outages(const berth_timeline *timeline, const text_page *page) {
  outage_table own = {timeline, page};
  text_table table = {.page = page,
                      .user = &own,
                      .fill = fill_outage,
                      .heading = {"VM", "from", "to", "down", "up", "tries", "outage"},
                      .columns = 7,
                      .count = berth_timeline_outage_count(timeline),
                      .right = {[3] = true, [4] = true, [5] = true, [6] = true},
                      .shrink = {true, true, true}};
  if (table.count == 0)
    return;
  fputc('\n', page->stream);
  text_put(page, INK_BOLD, "Outages");
  fprintf(page->stream, " (%" PRIu32 ")\n", table.count);
  text_print_table(&table);
}

void timeline_text_write(const berth_timeline *timeline, const berth_text_style *style,
                         FILE *stream) {
  text_page page = {
      .stream = stream, .width = style->width, .colour = style->colour, .utf8 = style->utf8};
  assert(style->width > 0);
  print_head(timeline, &page);
  print_moments(timeline, &page);
  print_outages(timeline, &page);
}
