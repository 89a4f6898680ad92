/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timeline in characters. A row is the latest execution of a step: since when it may have
 * begun, waiting, copying, settling. Each part has a character of its own, so that colour only
 * helps. Plans of many steps show their critical chain and how much happens at once on each host.
 */
#include "gantt_text.h"
#include "context_internal.h"
#include "gantt_load.h"
#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum {
  STEPS_LEAST = 3,    /* fewer are seen at a glance in the table of steps */
  ROWS_MOST = 40,     /* more steps than that are summed up */
  CHAIN_ROWS = 20,    /* of a critical chain */
  HOSTS_MOST = 24,    /* with a row of their own where steps are summed up */
  WIDTH_LEAST = 60,   /* of the page */
  COLUMNS_MOST = 400, /* of the time axis */
  TICK_COLUMNS = 11,  /* a tick and its label */
  LABEL_MOST = 160,
  LABEL_BYTES = 2 * LABEL_MOST
};

/* How a part looks: in UTF-8, in ASCII, its colour, and in the legend. */
typedef struct part_look {
  const char *mark, *ascii;
  text_ink ink;
  const char *meaning;
} part_look;

static const part_look looks[GANTT_PART_COUNT] = {
    [GANTT_SLACK] = {"\u00b7", ".", INK_FAINT, "may have begun"},
    [GANTT_WAIT] = {"\u2591", ":", INK_CARE, "waits for the guest"},
    [GANTT_COPY] = {"\u2588", "#", INK_GOOD, "copies"},
    [GANTT_START] = {"\u25a0", "=", INK_GOOD, "starts up"},
    [GANTT_WAKE] = {"\u2583", "_", INK_CARE, "host wakes"},
    [GANTT_HOST] = {"\u25c6", "+", INK_BOLD, "host is empty"},
    [GANTT_SETTLE] = {"\u2592", "~", INK_FAINT, "settles"},
};

/* Where text and time stand on the page. */
typedef struct timeline {
  const plan_text *text;
  const gantt_chart *chart;
  uint32_t label, columns; /* their widths */
  bool used[GANTT_PART_COUNT];
} timeline;

static const char *mark_of(const timeline *line, gantt_part part) {
  return line->text->page.utf8 ? looks[part].mark : looks[part].ascii;
}

/* ---------------------------------------------------------------------------- labels */

void gantt_text_label(const plan_text *text, const gantt_bar *bar, char *line, size_t size) {
  const berth_plan_step *step = bar->step;
  text_add(line, size, "%" PRIu32 " ", step->id);
  switch (step->type) {
  case BERTH_STEP_MIGRATE:
    text_add(line, size, "%.80s %s %.80s", plan_text_vm(text, step->vm), text_arrow(&text->page),
             plan_text_host(text, step->to));
    return;
  case BERTH_STEP_RESTART:
    text_add(line, size, "restart %.80s", plan_text_vm(text, step->vm));
    return;
  case BERTH_STEP_POWER_ON:
    text_add(line, size, "power on %.80s", plan_text_vm(text, step->vm));
    return;
  case BERTH_STEP_WAKE:
    text_add(line, size, "wake");
    return;
  case BERTH_STEP_ENTER_MAINTENANCE:
    text_add(line, size, "maintenance");
    return;
  case BERTH_STEP_POWER_DOWN:
    text_add(line, size, "power down");
    return;
  }
}

/* Prints `label` cut or padded to the labels' width, and the gap behind it. */
static void put_label(const timeline *line, text_ink ink, const char *label) {
  const text_page *page = &line->text->page;
  uint32_t width = text_width(label), room = line->label;
  const char *ellipsis = text_ellipsis(page);
  char cut[LABEL_MOST * 4 + 1] = "";
  assert(room > text_width(ellipsis));
  if (width > room) {
    const char *at = label;
    for (uint32_t i = 0; i + text_width(ellipsis) < room; i++)
      at = text_next(at);
    text_add(cut, sizeof cut, "%.*s%s", (int)(at - label), label, ellipsis);
    label = cut;
    width = room;
  }
  text_put(page, ink, label);
  fprintf(page->stream, "%*s", (int)(room - width + 2), "");
}

/* ---------------------------------------------------------------------------- bars */

static uint32_t column_of(const timeline *line, int64_t time) {
  int64_t column = time * line->columns / line->chart->span;
  return column < line->columns ? (uint32_t)column : line->columns;
}

/* Parts of one row, a column each; GANTT_PART_COUNT = nothing. */
typedef struct painted_row {
  uint8_t part[COLUMNS_MOST];
} painted_row;

/* Rounds both ends alike, so that what follows upon another abuts it; no part is lost. */
static void paint_part(const timeline *line, painted_row *row, const gantt_segment *segment) {
  uint32_t first = column_of(line, segment->from), last = column_of(line, segment->to);
  if (first >= line->columns)
    first = line->columns - 1;
  if (last <= first)
    last = first + 1;
  assert(last <= line->columns);
  memset(row->part + first, (int)segment->part, last - first);
}

static bool is_work(gantt_part part) {
  return part != GANTT_SLACK && part != GANTT_WAIT && part != GANTT_SETTLE;
}

/* Work is painted last: where a column has to hold several parts, it is what is seen. */
static void paint_bar(timeline *line, const gantt_bar *bar, painted_row *row) {
  gantt_segment parts[GANTT_SEGMENTS_MAX];
  uint32_t count = gantt_bar_latest(bar, parts);
  memset(row->part, GANTT_PART_COUNT, sizeof row->part);
  for (int work = 0; work <= 1; work++)
    for (uint32_t i = 0; i < count; i++)
      if (is_work(parts[i].part) == (work == 1)) {
        paint_part(line, row, &parts[i]);
        line->used[parts[i].part] = true;
      }
}

/* Marks of one part in a row are printed in one colour; nothing stands behind the last of them. */
static void print_painted(const timeline *line, const painted_row *row) {
  char run[COLUMNS_MOST * 3 + 1];
  uint32_t end = line->columns;
  while (end > 0 && row->part[end - 1] == GANTT_PART_COUNT)
    end--;
  for (uint32_t i = 0; i < end;) {
    uint8_t part = row->part[i];
    run[0] = '\0';
    for (; i < end && row->part[i] == part; i++)
      text_add(run, sizeof run, "%s", part == GANTT_PART_COUNT ? " " : mark_of(line, part));
    text_put(&line->text->page, part == GANTT_PART_COUNT ? INK_PLAIN : looks[part].ink, run);
  }
  fputc('\n', line->text->page.stream);
}

static void bar_label(const timeline *line, const gantt_bar *bar, bool with_host, char *label) {
  label[0] = '\0';
  text_add(label, LABEL_BYTES, "%s ", bar->critical ? "*" : " ");
  if (with_host)
    text_add(label, LABEL_BYTES, "%.80s: ", plan_text_host(line->text, bar->host));
  gantt_text_label(line->text, bar, label, LABEL_BYTES);
}

static void print_bar(timeline *line, const gantt_bar *bar, bool with_host) {
  char label[LABEL_BYTES];
  painted_row row;
  bar_label(line, bar, with_host, label);
  paint_bar(line, bar, &row);
  fputs("  ", line->text->page.stream);
  put_label(line, bar->critical ? INK_BOLD : INK_PLAIN, label);
  print_painted(line, &row);
}

/* ---------------------------------------------------------------------------- axis */

static void print_axis(const timeline *line) {
  const text_page *page = &line->text->page;
  int64_t tick = gantt_tick(line->chart->span, line->columns / TICK_COLUMNS + 1);
  char labels[COLUMNS_MOST * 2] = "", rule[COLUMNS_MOST * 3 + 1] = "";
  uint32_t at = 0;
  for (int64_t time = 0; time <= line->chart->span; time += tick) {
    text_quantity clock = text_clock(time);
    uint32_t column = column_of(line, time);
    if (column + text_width(clock.text) > line->columns)
      break;
    assert(column >= text_width(labels));
    text_add(labels, sizeof labels, "%*s%s", (int)(column - text_width(labels)), "", clock.text);
    for (; at < column; at++)
      text_add(rule, sizeof rule, "%s", page->utf8 ? "\u2500" : "-");
    text_add(rule, sizeof rule, "%s", page->utf8 ? "\u252c" : "+");
    at = column + 1;
  }
  for (; at < line->columns; at++)
    text_add(rule, sizeof rule, "%s", page->utf8 ? "\u2500" : "-");
  const char *const lines[] = {labels, rule};
  for (size_t i = 0; i < 2; i++) {
    fprintf(page->stream, "%*s", (int)(line->label + 4), "");
    text_put(page, INK_FAINT, lines[i]);
    fputc('\n', page->stream);
  }
}

static void print_legend(const timeline *line) {
  char legend[512] = "";
  for (int part = 0; part < GANTT_PART_COUNT; part++)
    if (line->used[part])
      text_add(legend, sizeof legend, "%s%s %s", legend[0] == '\0' ? "" : "; ",
               mark_of(line, (gantt_part)part), looks[part].meaning);
  text_add(legend, sizeof legend, "%sall as late as it can get. * marks the critical chain: %s",
           legend[0] == '\0' ? "" : "; ",
           line->chart->chain_count == 1
               ? "this step sets the time that the plan may take."
               : "each of its steps waits for the one before, the last ends the plan.");
  fputs("  ", line->text->page.stream);
  text_wrap(&line->text->page, INK_PLAIN, 2, 2, legend);
}

/* ---------------------------------------------------------------------------- few steps */

static void print_lane(timeline *line, const gantt_lane *lane) {
  char label[LABEL_MOST] = "";
  text_add(label, sizeof label, "%.120s", plan_text_host(line->text, lane->host));
  fputs("  ", line->text->page.stream);
  text_put(&line->text->page, INK_BOLD, label);
  fputc('\n', line->text->page.stream);
  assert(lane->first + lane->count <= line->chart->bar_count);
  for (uint32_t i = 0; i < lane->count; i++)
    print_bar(line, &line->chart->bars[lane->first + i], false);
}

static void print_lanes(timeline *line) {
  print_axis(line);
  for (uint32_t i = 0; i < line->chart->lane_count; i++)
    print_lane(line, &line->chart->lanes[i]);
}

/* ---------------------------------------------------------------------------- many steps */

/* The chain, its middle left out if it is long. */
static void print_chain(timeline *line) {
  const gantt_chart *chart = line->chart;
  uint32_t count = chart->chain_count, skipped = count > CHAIN_ROWS ? count - CHAIN_ROWS : 0;
  for (uint32_t i = 0; i < count; i++) {
    if (skipped > 0 && i == CHAIN_ROWS / 2) {
      fprintf(line->text->page.stream, "    %s %" PRIu32 " more of the critical chain\n",
              text_ellipsis(&line->text->page), skipped);
      i += skipped;
    }
    print_bar(line, &chart->bars[chart->chain[i]], true);
  }
}

/* "▁▂▃" up to the most of any column, or digits. */
static void print_peaks(const timeline *line, const uint32_t *peaks, uint32_t most) {
  static const char *const eighths[] = {" ",      "\u2581", "\u2582", "\u2583", "\u2584",
                                        "\u2585", "\u2586", "\u2587", "\u2588"};
  static const char *const digits[] = {" ", "1", "2", "3", "4", "5", "6", "7", "8"};
  char row[COLUMNS_MOST * 3 + 1] = "";
  uint32_t end = line->columns;
  while (end > 0 && peaks[end - 1] == 0)
    end--;
  for (uint32_t i = 0; i < end; i++) {
    assert(peaks[i] <= most);
    uint64_t height = most > 8 ? ((uint64_t)peaks[i] * 8 + most - 1) / most : peaks[i];
    if (line->text->page.utf8 && most > 0 && most <= 8)
      height = (uint64_t)peaks[i] * 8 / most;
    text_add(row, sizeof row, "%s", (line->text->page.utf8 ? eighths : digits)[height]);
  }
  text_put(&line->text->page, INK_GOOD, row);
  fputc('\n', line->text->page.stream);
}

static berth_status print_load(const timeline *line, uint32_t host, uint32_t steps) {
  uint32_t peaks[COLUMNS_MOST], most = 0;
  char label[LABEL_BYTES] = "";
  assert(line->columns <= COLUMNS_MOST);
  berth_status status = gantt_load_peaks(line->chart, host, line->columns, peaks);
  if (status != BERTH_OK)
    return status;
  for (uint32_t i = 0; i < line->columns; i++)
    most = peaks[i] > most ? peaks[i] : most;
  text_add(label, sizeof label, "%.80s: %" PRIu32 " step%s, %" PRIu32 " at once",
           host == BERTH_NONE ? "all" : plan_text_host(line->text, host), steps,
           steps == 1 ? "" : "s", most);
  fputs("  ", line->text->page.stream);
  put_label(line, INK_PLAIN, label);
  print_peaks(line, peaks, most);
  return BERTH_OK;
}

static berth_status print_loads(const timeline *line) {
  gantt_busy_host busy[HOSTS_MOST];
  uint32_t count = 0, touched = 0;
  berth_status status = print_load(line, BERTH_NONE, line->chart->bar_count);
  if (status == BERTH_OK)
    status = gantt_load_busiest(line->chart, berth_inventory_host_count(line->text->inventory),
                                HOSTS_MOST, busy, &count, &touched);
  for (uint32_t i = 0; i < count && status == BERTH_OK; i++)
    status = print_load(line, busy[i].host, busy[i].steps);
  if (status == BERTH_OK && touched > count)
    fprintf(line->text->page.stream,
            "  %s and %" PRIu32 " more hosts, none with more steps; --format json has all\n",
            text_ellipsis(&line->text->page), touched - count);
  return status;
}

static berth_status print_summed_up(timeline *line) {
  print_axis(line);
  print_chain(line);
  fputs("  Steps on their way at once, each row up to its own most:\n", line->text->page.stream);
  return print_loads(line);
}

/* ---------------------------------------------------------------------------- all of it */

/* Labels as wide as the longest, two fifths of the page at most. */
static void lay_out(timeline *line, bool summed_up) {
  uint32_t page = line->text->page.width, longest = summed_up ? 32 : 8;
  uint32_t rows = summed_up ? line->chart->chain_count : line->chart->bar_count;
  char label[LABEL_BYTES];
  for (uint32_t i = 0; i < rows; i++) {
    uint32_t bar = summed_up ? line->chart->chain[i] : i;
    bar_label(line, &line->chart->bars[bar], summed_up, label);
    longest = text_width(label) > longest ? text_width(label) : longest;
  }
  line->label = longest > page * 2 / 5 ? page * 2 / 5 : longest;
  line->columns = page - line->label - 4;
  if (line->columns > COLUMNS_MOST)
    line->columns = COLUMNS_MOST;
  assert(line->columns > TICK_COLUMNS);
}

berth_status gantt_text_print(berth_context *ctx, const plan_text *text) {
  gantt_chart chart = {.ctx = NULL};
  uint32_t steps = berth_plan_step_count(text->plan);
  if (steps < STEPS_LEAST || text->page.width < WIDTH_LEAST)
    return BERTH_OK;
  berth_status status = gantt_chart_begin(ctx, text->plan, &chart);
  if (status != BERTH_OK)
    return status;
  if (chart.worst > 0) {
    timeline line = {.text = text, .chart = &chart};
    lay_out(&line, steps > ROWS_MOST);
    plan_text_title(text, "Timeline", steps);
    if (steps > ROWS_MOST)
      status = print_summed_up(&line);
    else
      print_lanes(&line);
    if (status == BERTH_OK)
      print_legend(&line);
  }
  gantt_chart_end(&chart);
  return status;
}
