/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Gantt chart as SVG. The upper half of a bar is its earliest execution, solid; the lower half
 * its latest, hatched; where both are the same the bar is solid at full height. A red line leads
 * along the critical chain. What a plan has too many steps for is drawn as steps in flight over
 * time, host by host. Coordinates are whole pixels: no number is printed that a locale could
 * change.
 */
#include "context_internal.h"
#include "gantt_load.h"
#include "gantt_text.h"
#include "report_html.h"
#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum {
  WIDTH = 1000,
  LABELS = 270,       /* of it for labels */
  LEFT = LABELS + 10, /* of time 0 */
  PLOT = WIDTH - LEFT - 10,
  TOP = 34, /* of the first row */
  ROW = 20,
  BAR = 14,
  TICKS_MOST = 9,
  LABEL_CHARACTERS = 34,
  BARS_MOST = 200, /* more are summed up */
  CHAIN_MOST = 60, /* steps of the critical chain that are then drawn */
  HOSTS_MOST = 40, /* hosts that then have a row */
  LOAD_COLUMN = 2, /* pixels of one column of steps in flight */
  LOAD_COLUMNS = PLOT / LOAD_COLUMN
};

/* The drawing while it is made, row by row. */
typedef struct drawing {
  const report_page *page;
  const gantt_chart *chart;
  FILE *stream;
  uint32_t *row_of; /* [bar] its row, or BERTH_NONE: not drawn */
  uint32_t rows;    /* in all */
  bool used[GANTT_PART_COUNT];
} drawing;

/* How a part is drawn: the class of its solid form and what fills its hatched one. */
typedef struct part_style {
  const char *solid, *meaning;
} part_style;

static const part_style styles[GANTT_PART_COUNT] = {
    [GANTT_SLACK] = {"slack", "may have begun"}, [GANTT_WAIT] = {"wait", "waits for the guest"},
    [GANTT_COPY] = {"copy", "copies"},           [GANTT_START] = {"start", "starts up"},
    [GANTT_WAKE] = {"wake", "host wakes"},       [GANTT_HOST] = {"host", "host is empty"},
    [GANTT_SETTLE] = {"settle", "settles"},
};

static int x_of(const drawing *d, int64_t time) {
  int64_t x = time * PLOT / d->chart->span;
  assert(time >= 0 && x <= PLOT);
  return LEFT + (int)x;
}

static int y_of(uint32_t row) {
  return TOP + (int)row * ROW;
}

/* ---------------------------------------------------------------------------- definitions */

static void put_pattern(FILE *stream, const char *name, const char *shape) {
  assert(name != NULL && shape != NULL);
  fprintf(stream,
          "<pattern id=\"g-%s\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
          "<rect width=\"6\" height=\"6\" class=\"g-%s-ground\"/>%s</pattern>\n",
          name, name, shape);
}

/* Colours differ in light and dark; shapes tell the parts apart on paper too. */
static void put_style(FILE *stream) {
  static const char style[] =
      ".gantt{--g-ink:#1b2330;--g-faint:#5c6675;--g-grid:#e1e5eb;--g-band:#f2f4f7;"
      "--g-copy:#2563a8;--g-copy2:#c4d7ee;--g-start:#2a7d4f;--g-start2:#c3e3d0;--g-wake:#8a5a00;"
      "--g-wake2:#f0d9a8;--g-wait:#a06c00;--g-wait2:#fbf0d3;--g-settle:#77808f;--g-settle2:#eceff3;"
      "--g-chain:#c21f1f;--g-page:#fff}\n"
      "@media(prefers-color-scheme:dark){.gantt{--g-ink:#e6e9ef;--g-faint:#a0a9b8;"
      "--g-grid:#2b323d;--g-band:#1d232c;--g-copy:#6aa5ea;--g-copy2:#1d3a5c;--g-start:#5fc08a;"
      "--g-start2:#1d4631;--g-wake:#e0b050;--g-wake2:#4a3914;--g-wait:#d9a83f;--g-wait2:#3b2f12;"
      "--g-settle:#8d97a8;--g-settle2:#272d37;--g-chain:#ff7b72;--g-page:#14181f}}\n"
      "@media print{.gantt{--g-ink:#000;--g-faint:#333;--g-grid:#ccc;--g-band:#eee;"
      "--g-copy:#2563a8;--g-copy2:#c4d7ee;--g-start:#2a7d4f;--g-start2:#c3e3d0;--g-wake:#8a5a00;"
      "--g-wake2:#f0d9a8;--g-wait:#a06c00;--g-wait2:#fbf0d3;--g-settle:#77808f;--g-settle2:#eceff3;"
      "--g-chain:#c21f1f;--g-page:#fff}}\n"
      ".gantt text{font:12px system-ui,sans-serif;fill:var(--g-ink);unicode-bidi:isolate}"
      ".gantt .g-axis{font-size:11px;fill:var(--g-faint)}.gantt .g-lane{font-weight:600}"
      ".gantt .g-on{font-weight:700;fill:var(--g-chain)}\n"
      ".g-grid{stroke:var(--g-grid)}.g-band{fill:var(--g-band)}.g-page{fill:var(--g-page)}"
      ".g-slack{fill:var(--g-faint)}.g-copy,.g-load{fill:var(--g-copy)}.g-start{fill:var(--g-start)"
      "}"
      ".g-wake{fill:var(--g-wake)}.g-host{fill:var(--g-ink)}\n"
      ".g-wait-ground{fill:var(--g-wait2)}.g-wait-mark{fill:var(--g-wait)}"
      ".g-copy-ground{fill:var(--g-copy2)}.g-copy-mark{stroke:var(--g-copy);stroke-width:2}"
      ".g-start-ground{fill:var(--g-start2)}.g-start-mark{stroke:var(--g-start);stroke-width:2}"
      ".g-wake-ground{fill:var(--g-wake2)}.g-wake-mark{stroke:var(--g-wake);stroke-width:2}"
      ".g-settle-ground{fill:var(--g-settle2)}"
      ".g-settle-mark{stroke:var(--g-settle);stroke-width:1.5}\n"
      ".g-wait{fill:url(#g-wait)}.g-settle{fill:url(#g-settle)}.g-copy.g-late{fill:url(#g-copy)}"
      ".g-start.g-late{fill:url(#g-start)}.g-wake.g-late{fill:url(#g-wake)}\n"
      ".g-chain{stroke:var(--g-chain);stroke-width:1.5;fill:none}.g-end{stroke:var(--g-chain);"
      "stroke-dasharray:4 3}\n";
  fprintf(stream, "<style>\n%s</style>\n<defs>\n", style);
  put_pattern(stream, "wait", "<path class=\"g-wait-mark\" d=\"M0 0h2v2h-2zM3 3h2v2h-2z\"/>");
  put_pattern(stream, "copy", "<path class=\"g-copy-mark\" d=\"M-1 1L1 -1M0 6L6 0M5 7L7 5\"/>");
  put_pattern(stream, "start", "<path class=\"g-start-mark\" d=\"M-1 5L1 7M0 0L6 6M5 -1L7 1\"/>");
  put_pattern(stream, "wake", "<path class=\"g-wake-mark\" d=\"M1 0V6M4 0V6\"/>");
  put_pattern(stream, "settle", "<path class=\"g-settle-mark\" d=\"M0 1H6M0 4H6\"/>");
}

/* ---------------------------------------------------------------------------- texts */

static void put_text(const drawing *d, const char *class, int x, int y, const char *text) {
  assert(class != NULL && text != NULL);
  fprintf(d->stream, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, x, y);
  page_put(d->page->stream, text, LABEL_CHARACTERS);
  fputs("</text>\n", d->stream);
}

static void put_label(const drawing *d, const char *class, uint32_t row, int indent,
                      const char *text) {
  fprintf(d->stream, "<g clip-path=\"url(#g-labels)\">");
  put_text(d, class, 4 + indent, y_of(row) + 14, text);
  fputs("</g>\n", d->stream);
}

static void put_axis(const drawing *d) {
  int64_t tick = gantt_tick(d->chart->span, TICKS_MOST);
  int bottom = y_of(d->rows);
  for (int64_t time = 0; time <= d->chart->span; time += tick) {
    int x = x_of(d, time);
    fprintf(d->stream, "<path class=\"g-grid\" d=\"M%d %dV%d\"/>\n", x, TOP - 6, bottom);
    if (x + 40 < WIDTH)
      put_text(d, "g-axis", x + 2, TOP - 10, text_clock(time).text);
  }
  if (d->chart->worst > 0) {
    int x = x_of(d, d->chart->worst);
    fprintf(d->stream,
            "<path class=\"g-end\" d=\"M%d %dV%d\"><title>ends at the latest: %s</title>"
            "</path>\n",
            x, TOP - 6, bottom, text_clock(d->chart->worst).text);
  }
}

/* ---------------------------------------------------------------------------- bars */

static void put_rect(const drawing *d, const char *class, bool late, int x, int y, int width,
                     int height) {
  assert(width > 0 && height > 0);
  fprintf(d->stream, "<rect class=\"g-%s%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", class,
          late ? " g-late" : "", x, y, width, height);
}

/* A moment: a diamond, as large as the bar is high. */
static void put_moment(const drawing *d, int x, int y, int height) {
  int half = height / 2;
  fprintf(d->stream, "<path class=\"g-host\" d=\"M%d %dl%d %dl%d %dl%d %dz\"/>", x, y, half, half,
          -half, half, -half, -half);
}

/* Half a bar, or all of it. Since when it may have begun is a thin line. */
static void put_parts(drawing *d, const gantt_segment *parts, uint32_t count, bool late, int y,
                      int height) {
  for (uint32_t i = 0; i < count; i++) {
    int from = x_of(d, parts[i].from), to = x_of(d, parts[i].to);
    const char *solid = styles[parts[i].part].solid;
    d->used[parts[i].part] = true;
    if (parts[i].part == GANTT_HOST && parts[i].from == parts[i].to)
      put_moment(d, from, y, height);
    else if (parts[i].part == GANTT_SLACK)
      put_rect(d, solid, false, from, y + height / 2, to > from ? to - from : 1, 1);
    else
      put_rect(d, solid, late, from, y, to > from + 1 ? to - from : 2, height);
  }
}

/* What the pointer is told about a bar. */
static void put_tip(const drawing *d, const berth_plan_step *step, const gantt_bar *bar) {
  char line[PLAN_TEXT_SENTENCE] = "";
  gantt_segment first[GANTT_SEGMENTS_MAX], last[GANTT_SEGMENTS_MAX];
  uint32_t before = gantt_bar_earliest(bar, first), after = gantt_bar_latest(bar, last);
  plan_text_step_name(&d->page->text, step, line, (size_t)2 * PAGE_NAME_MOST);
  text_add(line, sizeof line, " ");
  plan_text_step_where(&d->page->text, step, line, (size_t)4 * PAGE_NAME_MOST);
  while (after > 1 && last[after - 1].part == GANTT_SETTLE)
    after--;
  if (before == 0 || after == 0)
    return;
  text_add(line, sizeof line, "; at the earliest %s\u2013%s", text_clock(first[0].from).text,
           text_clock(first[0].to).text);
  if (!gantt_bar_is_certain(bar))
    text_add(line, sizeof line, ", at the latest %s\u2013%s",
             text_clock(last[last[0].part == GANTT_SLACK ? 1 : 0].from).text,
             text_clock(last[after - 1].to).text);
  if (step->wait > 0)
    text_add(line, sizeof line, "; waits up to %s", text_duration(step->wait).text);
  if (step->settle > 0)
    text_add(line, sizeof line, "; settles %s", text_duration(step->settle).text);
  page_put_in(d->page->stream, "title", "", line);
}

static void put_bar(drawing *d, uint32_t index, bool with_host) {
  const gantt_bar *bar = &d->chart->bars[index];
  gantt_segment parts[GANTT_SEGMENTS_MAX];
  uint32_t row = d->row_of[index];
  int y = y_of(row) + (ROW - BAR) / 2;
  char label[PLAN_TEXT_SENTENCE] = "";
  assert(row != BERTH_NONE && row < d->rows);
  text_add(label, sizeof label, "%s", bar->critical ? "* " : "");
  if (with_host)
    text_add(label, sizeof label, "%.60s: ", plan_text_host(&d->page->text, bar->host));
  gantt_text_label(&d->page->text, bar, label, sizeof label);
  put_label(d, with_host ? "g-axis" : bar->critical ? "g-on" : "", row, with_host ? 0 : 14, label);
  fputs("<g>", d->stream);
  put_tip(d, bar->step, bar);
  if (gantt_bar_is_certain(bar)) {
    put_parts(d, parts, gantt_bar_latest(bar, parts), false, y, BAR);
  } else {
    put_parts(d, parts, gantt_bar_earliest(bar, parts), false, y, BAR / 2);
    put_parts(d, parts, gantt_bar_latest(bar, parts), true, y + BAR / 2, BAR / 2);
  }
  fputs("</g>\n", d->stream);
}

/* From the end of each step of the chain to the start of the next, as late as it gets. */
static void put_chain(const drawing *d) {
  const gantt_chart *chart = d->chart;
  for (uint32_t i = 1; i < chart->chain_count; i++) {
    uint32_t from = chart->chain[i - 1], to = chart->chain[i];
    gantt_segment parts[GANTT_SEGMENTS_MAX];
    if (d->row_of[from] == BERTH_NONE || d->row_of[to] == BERTH_NONE)
      continue;
    uint32_t count = gantt_bar_latest(&chart->bars[to], parts);
    uint32_t first = count > 1 && parts[0].part == GANTT_SLACK ? 1 : 0;
    int x = x_of(d, parts[first].from);
    bool down = d->row_of[to] > d->row_of[from];
    int begin = y_of(d->row_of[from]) + (down ? ROW - 3 : 3);
    int end = y_of(d->row_of[to]) + (down ? 3 : ROW - 3);
    fprintf(d->stream, "<path class=\"g-chain\" d=\"M%d %dV%dm-3 %dl3 %dl3 %d\"/>\n", x, begin, end,
            down ? -4 : 4, down ? 4 : -4, down ? -4 : 4);
  }
}

/* ---------------------------------------------------------------------------- few steps */

static void lay_out_lanes(drawing *d) {
  for (uint32_t i = 0; i < d->chart->lane_count; i++) {
    const gantt_lane *lane = &d->chart->lanes[i];
    d->rows++; /* its heading */
    for (uint32_t bar = lane->first; bar < lane->first + lane->count; bar++)
      d->row_of[bar] = d->rows++;
  }
  assert(d->rows == d->chart->bar_count + d->chart->lane_count);
}

static void put_lanes(drawing *d) {
  for (uint32_t i = 0; i < d->chart->lane_count; i++) {
    const gantt_lane *lane = &d->chart->lanes[i];
    uint32_t row = d->row_of[lane->first] - 1;
    put_label(d, "g-lane", row, 0, plan_text_host(&d->page->text, lane->host));
    for (uint32_t bar = lane->first; bar < lane->first + lane->count; bar++)
      put_bar(d, bar, false);
  }
}

static void put_bands(const drawing *d) {
  for (uint32_t i = 0; i < d->chart->lane_count; i++)
    fprintf(d->stream, "<rect class=\"g-band\" x=\"0\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n",
            y_of(d->row_of[d->chart->lanes[i].first] - 1), WIDTH, ROW);
}

/* ---------------------------------------------------------------------------- many steps */

/* The chain from its start, as far as it is drawn. */
static uint32_t chain_shown(const drawing *d) {
  return d->chart->chain_count < CHAIN_MOST ? d->chart->chain_count : CHAIN_MOST;
}

static void lay_out_chain(drawing *d) {
  for (uint32_t i = 0; i < d->chart->bar_count; i++)
    d->row_of[i] = BERTH_NONE;
  for (uint32_t i = 0; i < chain_shown(d); i++)
    d->row_of[d->chart->chain[i]] = d->rows++;
}

/* The outline of the steps in flight: a step at each column where their number changes. */
static void put_peaks(const drawing *d, uint32_t row, const uint32_t *peaks, uint32_t most) {
  uint32_t before = 0;
  int base = y_of(row) + ROW - 3;
  fprintf(d->stream, "<path class=\"g-load\" d=\"M%d %d", LEFT, base);
  for (uint32_t i = 0; i < LOAD_COLUMNS; i++) {
    assert(peaks[i] <= most);
    if (peaks[i] == before)
      continue;
    fprintf(d->stream, "H%d", LEFT + (int)i * LOAD_COLUMN);
    fprintf(d->stream, "V%d", base - (int)((uint64_t)peaks[i] * (ROW - 6) / most));
    before = peaks[i];
  }
  fprintf(d->stream, "H%dV%dz\"/>\n", LEFT + LOAD_COLUMNS * LOAD_COLUMN, base);
}

static berth_status put_load(const drawing *d, uint32_t row, uint32_t host, uint32_t steps) {
  uint32_t peaks[LOAD_COLUMNS], most = 0;
  char label[PLAN_TEXT_SENTENCE] = "";
  berth_status status = gantt_load_peaks(d->chart, host, LOAD_COLUMNS, peaks);
  if (status != BERTH_OK)
    return status;
  for (uint32_t i = 0; i < LOAD_COLUMNS; i++)
    most = peaks[i] > most ? peaks[i] : most;
  text_add(label, sizeof label, "%.60s: %" PRIu32 " step%s, %" PRIu32 " at once",
           host == BERTH_NONE ? "all" : plan_text_host(&d->page->text, host), steps,
           steps == 1 ? "" : "s", most);
  put_label(d, host == BERTH_NONE ? "g-lane" : "", row, 0, label);
  if (most > 0)
    put_peaks(d, row, peaks, most);
  return BERTH_OK;
}

typedef struct busy_hosts {
  gantt_busy_host list[HOSTS_MOST];
  uint32_t count, touched;
} busy_hosts;

static berth_status put_loads(drawing *d, uint32_t row, const busy_hosts *busy) {
  berth_status status = put_load(d, row++, BERTH_NONE, d->chart->bar_count);
  for (uint32_t i = 0; i < busy->count && status == BERTH_OK; i++)
    status = put_load(d, row++, busy->list[i].host, busy->list[i].steps);
  assert(status != BERTH_OK || row == d->rows);
  return status;
}

/* ---------------------------------------------------------------------------- legend and frame */

/* All parts fit on one line; the words about halves and chain are two more. */
enum { LEGEND_ENTRY = 141, LEGEND_LINE = 18, LEGEND_LINES = 3 };

static void put_legend(const drawing *d) {
  static_assert(4 + GANTT_PART_COUNT * LEGEND_ENTRY <= WIDTH, "the parts fit on one line");
  int x = 4, y = y_of(d->rows) + 14;
  for (int part = 0; part < GANTT_PART_COUNT; part++) {
    gantt_segment sample = {(gantt_part)part, 0, 0};
    if (!d->used[part])
      continue;
    if (sample.part == GANTT_HOST)
      put_moment(d, x + 12, y, 10);
    else if (sample.part == GANTT_SLACK)
      put_rect(d, styles[part].solid, false, x, y + 5, 24, 1);
    else
      put_rect(d, styles[part].solid, false, x, y, 24, 10);
    put_text(d, "g-axis", x + 30, y + 9, styles[part].meaning);
    x += LEGEND_ENTRY;
  }
  y += LEGEND_LINE;
  fprintf(d->stream,
          "<text class=\"g-axis\" x=\"4\" y=\"%d\">Upper half, solid: at the earliest. Lower half, "
          "hatched: at the latest. Whole bar: there is no difference.</text>\n"
          "<text class=\"g-axis\" x=\"4\" y=\"%d\">* and the red line: the critical chain; each of "
          "its steps waits for the one before, the last ends the plan (dashed).</text>\n",
          y + 9, y + 9 + LEGEND_LINE);
}

static void begin_svg(const drawing *d) {
  int height = y_of(d->rows) + 20 + LEGEND_LINES * LEGEND_LINE;
  fprintf(d->stream,
          "<svg class=\"gantt\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
          "role=\"img\" aria-label=\"Gantt chart of the steps\">\n",
          WIDTH, height);
  put_style(d->stream);
  fprintf(d->stream,
          "<clipPath id=\"g-labels\"><rect width=\"%d\" height=\"%d\"/></clipPath>\n</defs>\n"
          "<rect class=\"g-page\" width=\"%d\" height=\"%d\"/>\n",
          LABELS, height, WIDTH, height);
}

static void put_detailed(drawing *d) {
  lay_out_lanes(d);
  begin_svg(d);
  put_bands(d);
  put_axis(d);
  put_lanes(d);
  put_chain(d);
}

static berth_status put_summed_up(drawing *d) {
  busy_hosts busy = {.count = 0};
  berth_status status =
      gantt_load_busiest(d->chart, berth_inventory_host_count(d->page->text.inventory), HOSTS_MOST,
                         busy.list, &busy.count, &busy.touched);
  if (status != BERTH_OK)
    return status;
  lay_out_chain(d);
  uint32_t chain = d->rows;
  d->rows += 1 + busy.count;
  fprintf(d->stream,
          "<p class=\"rest\">%" PRIu32 " steps are too many for a bar each. Shown: %" PRIu32
          " of the %" PRIu32 " steps of the critical chain, then how many steps are in flight at "
          "once, at the latest: all, and the busiest %" PRIu32 " of the %" PRIu32
          " hosts that take part, each row up to its own most.</p>\n<div class=\"wide\">\n",
          d->chart->bar_count, chain, d->chart->chain_count, busy.count, busy.touched);
  begin_svg(d);
  put_axis(d);
  for (uint32_t i = 0; i < chain; i++)
    put_bar(d, d->chart->chain[i], true);
  put_chain(d);
  return put_loads(d, chain, &busy);
}

berth_status report_timeline(const report_page *page) {
  drawing d = {.page = page, .chart = &page->chart, .stream = page->stream};
  berth_status status = BERTH_OK;
  if (d.chart->bar_count == 0)
    return BERTH_OK;
  d.row_of = context_take(page->ctx, d.chart->bar_count, sizeof *d.row_of);
  if (d.row_of == NULL)
    return BERTH_E_NOMEM;
  page_section_begin(page->stream, "timeline", "Timeline");
  if (d.chart->bar_count > BARS_MOST) {
    status = put_summed_up(&d);
  } else {
    fputs("<div class=\"wide\">\n", page->stream);
    put_detailed(&d);
  }
  if (status == BERTH_OK) {
    put_legend(&d);
    fputs("</svg>\n</div>\n", page->stream);
    page_section_end(page->stream);
  }
  context_release(page->ctx, d.row_of);
  return status;
}
