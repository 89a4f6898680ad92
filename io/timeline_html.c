/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A timeline as a page: a row for each host and each VM that HA had to do with, then outages and
 * events. Seconds matter at the start of a failure and half hours later on, so the axis has a
 * column for each second in which something happens, and gaps are drawn by their logarithm.
 */
#include "context_internal.h"
#include "page_text.h"
#include "timeline_writer.h"
#include <assert.h>
#include <inttypes.h>

enum {
  WIDTH = 1000,
  LEFT = 190,
  PLOT = WIDTH - LEFT - 56,
  TOP = 34,
  ROW = 22,
  BAR = 14,
  LABEL_GAP = 46,
  VMS_MOST = 120,
  HOSTS_MOST = 60,
  EVENTS_MOST = 1000,
  OUTAGES_MOST = 500
};

typedef struct picture {
  berth_context *ctx;
  FILE *stream;
  const berth_timeline *timeline;
  const berth_inventory *inventory;
  int64_t *times;  /* ascending, each once */
  uint64_t *place; /* [time] weight of all gaps before it */
  uint32_t time_count;
  uint32_t *host_row, *vm_row; /* BERTH_NONE = not drawn */
  uint32_t rows, host_rows, vm_rows;
  uint32_t hosts_left, vms_left; /* not drawn, for want of room */
} picture;

/* ---------------------------------------------------------------------------- axis */

static uint64_t weight_of(int64_t gap) {
  uint64_t weight = 3;
  assert(gap > 0);
  for (; gap > 1; gap /= 2)
    weight += 2;
  return weight;
}

static void add_time(picture *p, int64_t at) {
  assert(p->time_count == 0 || at >= p->times[p->time_count - 1]);
  if (p->time_count > 0 && p->times[p->time_count - 1] == at)
    return;
  p->place[p->time_count] = p->time_count == 0 ? 0
                                               : p->place[p->time_count - 1] +
                                                     weight_of(at - p->times[p->time_count - 1]);
  p->times[p->time_count++] = at;
}

/* Spans begin and end where something happens, so every time that is asked for is known. */
static int x_of(const picture *p, int64_t at) {
  uint32_t low = 0, high = p->time_count - 1;
  uint64_t all = p->place[high] > 0 ? p->place[high] : 1;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (p->times[middle] < at)
      low = middle + 1;
    else
      high = middle;
  }
  return LEFT + (int)(p->place[low] * PLOT / all);
}

static int y_of(uint32_t row) {
  return TOP + (int)row * ROW;
}

static void put_axis(const picture *p) {
  int free_from = 0;
  for (uint32_t i = 0; i < p->time_count; i++) {
    int x = x_of(p, p->times[i]);
    if (x < free_from && i + 1 < p->time_count)
      continue;
    fprintf(p->stream,
            "<path class=\"t-grid\" d=\"M%d %dV%d\"/><text class=\"t-axis\" x=\"%d\" "
            "y=\"%d\">%s</text>\n",
            x, TOP - 6, y_of(p->rows), x + 2, TOP - 12,
            x >= free_from ? text_clock(p->times[i]).text : "");
    free_from = x + LABEL_GAP;
  }
}

/* ---------------------------------------------------------------------------- rows */

static void choose_hosts(picture *p) {
  uint32_t hosts = berth_inventory_host_count(p->inventory);
  for (uint32_t i = 0; i < berth_timeline_moment_count(p->timeline); i++) {
    const berth_moment *moment = berth_timeline_moment_at(p->timeline, i);
    if (moment->host != BERTH_NONE)
      p->host_row[moment->host] = 0;
    if (moment->other != BERTH_NONE)
      p->host_row[moment->other] = 0;
  }
  for (uint32_t h = 0; h < hosts; h++) {
    if (p->host_row[h] == BERTH_NONE)
      continue;
    bool fits = p->host_rows < HOSTS_MOST;
    p->host_row[h] = fits ? p->rows++ : BERTH_NONE;
    p->host_rows += fits;
    p->hosts_left += !fits;
  }
}

static void choose_vms(picture *p) {
  for (uint32_t i = 0; i < berth_timeline_outage_count(p->timeline); i++) {
    bool fits = p->vm_rows < VMS_MOST;
    if (fits)
      p->vm_row[berth_timeline_outage_at(p->timeline, i)->vm] = p->rows++;
    p->vm_rows += fits;
    p->vms_left += !fits;
  }
  assert(p->rows == p->host_rows + p->vm_rows);
}

static void put_label(const picture *p, uint32_t row, const char *class, const char *text) {
  fprintf(p->stream, "<g clip-path=\"url(#t-labels)\"><text class=\"%s\" x=\"4\" y=\"%d\">", class,
          y_of(row) + 15);
  page_put(p->stream, text, 60);
  fputs("</text></g>\n", p->stream);
}

static void put_labels(const picture *p) {
  for (uint32_t h = 0; h < berth_inventory_host_count(p->inventory); h++)
    if (p->host_row[h] != BERTH_NONE)
      put_label(p, p->host_row[h], "t-lane", berth_inventory_host_label(p->inventory, h));
  for (uint32_t v = 0; v < berth_inventory_vm_count(p->inventory); v++)
    if (p->vm_row[v] != BERTH_NONE)
      put_label(p, p->vm_row[v], "t-name", berth_inventory_vm_label(p->inventory, v));
}

/* ---------------------------------------------------------------------------- bars */

static const char *class_of(const berth_span *span) {
  static const char *const of_vm[BERTH_SPAN_COUNT] = {
      [BERTH_SPAN_RUNS] = "runs",    [BERTH_SPAN_DOWN] = "down",   [BERTH_SPAN_STARTS] = "starts",
      [BERTH_SPAN_OLD_COPY] = "old", [BERTH_SPAN_MOVES] = "moves", [BERTH_SPAN_HOST] = "off"};
  assert(span->kind < BERTH_SPAN_COUNT);
  if (span->kind != BERTH_SPAN_HOST)
    return of_vm[span->kind];
  switch (span->state) {
  case BERTH_HOST_ONLINE:
    return "on";
  case BERTH_HOST_FAILED:
    return "down";
  case BERTH_HOST_ISOLATED:
    return "alone";
  default:
    return "off";
  }
}

static void put_tip(const picture *p, const berth_span *span) {
  char line[TIMELINE_SENTENCE] = "";
  if (span->kind == BERTH_SPAN_HOST)
    text_add(line, sizeof line, "%s is %s", berth_inventory_host_label(p->inventory, span->host),
             berth_host_state_word(span->state));
  else
    text_add(line, sizeof line, "%s: %s, %s", berth_inventory_vm_label(p->inventory, span->vm),
             berth_span_word(span->kind), berth_inventory_host_label(p->inventory, span->host));
  text_add(line, sizeof line, ", %s\u2013%s", text_clock(span->from).text,
           text_clock(span->to).text);
  page_put_in(p->stream, "title", "", line);
}

/* The host's name stands in a bar that is wide enough for it. */
static void put_bar(const picture *p, const berth_span *span) {
  uint32_t row = span->vm != BERTH_NONE ? p->vm_row[span->vm] : p->host_row[span->host];
  if (row == BERTH_NONE)
    return;
  int from = x_of(p, span->from), to = x_of(p, span->to);
  bool old = span->kind == BERTH_SPAN_OLD_COPY;
  int y = y_of(row) + (ROW - BAR) / 2 + (old ? BAR : 0);
  int width = to > from + 1 ? to - from : 2;
  fprintf(p->stream, "<g><rect class=\"t-%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>",
          class_of(span), from, y, width, old ? 4 : BAR);
  if (span->kind == BERTH_SPAN_RUNS && width > 60) {
    fprintf(p->stream, "<text class=\"t-in\" x=\"%d\" y=\"%d\">", from + 5, y + 11);
    page_put(p->stream, berth_inventory_host_label(p->inventory, span->host),
             (uint32_t)(width / 8));
    fputs("</text>", p->stream);
  }
  put_tip(p, span);
  fputs("</g>\n", p->stream);
}

static void put_bars(const picture *p, bool old_copies) {
  for (uint32_t i = 0; i < berth_timeline_span_count(p->timeline); i++) {
    const berth_span *span = berth_timeline_span_at(p->timeline, i);
    if ((span->kind == BERTH_SPAN_OLD_COPY) == old_copies)
      put_bar(p, span);
  }
}

static const char *mark_of(berth_moment_kind kind) {
  switch (kind) {
  case BERTH_MOMENT_FOUND_FAILED:
  case BERTH_MOMENT_FOUND_ISOLATED:
    return "m0 -8l7 8l-7 8l-7 -8z";
  case BERTH_MOMENT_PRIMARY:
    return "m0 -7l6 12h-12z";
  case BERTH_MOMENT_RESPONSE:
    return "m-5 -5h10v10h-10z";
  case BERTH_MOMENT_ATTEMPT_FAILS:
    return "m-5 -5l10 10m0 -10l-10 10";
  default:
    return NULL;
  }
}

static void put_marks(const picture *p) {
  for (uint32_t i = 0; i < berth_timeline_moment_count(p->timeline); i++) {
    const berth_moment *moment = berth_timeline_moment_at(p->timeline, i);
    const char *shape = mark_of(moment->kind);
    if (shape == NULL)
      continue;
    uint32_t row = moment->kind == BERTH_MOMENT_ATTEMPT_FAILS ? p->vm_row[moment->vm]
                                                              : p->host_row[moment->host];
    if (row == BERTH_NONE)
      continue;
    char line[TIMELINE_SENTENCE], tip[TIMELINE_SENTENCE] = "";
    timeline_sentence(p->timeline, i, 1, line, sizeof line);
    text_add(tip, sizeof tip, "%s %s", text_clock(moment->at).text, line);
    fprintf(p->stream, "<path class=\"t-mark\" d=\"M%d %d%s\">", x_of(p, moment->at),
            y_of(row) + ROW / 2, shape);
    page_put_in(p->stream, "title", "", tip);
    fputs("</path>\n", p->stream);
  }
}

/* ---------------------------------------------------------------------------- the picture */

static void put_style(FILE *stream) {
  fputs("<style>\n.line{--t-ink:#1b2330;--t-faint:#5c6675;--t-grid:#e1e5eb;--t-runs:#a9cdb9;"
        "--t-on:#dfe4ea;--t-down:#c8453b;--t-starts:#e0a63a;--t-alone:#b58bd1;--t-moves:#7fb0e3;"
        "--t-off:#98a2b3;--t-old:#7a3fa0;--t-inside:#12351f}\n"
        "@media(prefers-color-scheme:dark){.line{--t-ink:#e6e9ef;--t-faint:#a0a9b8;"
        "--t-grid:#2b323d;--t-runs:#2c6a48;--t-on:#2b333e;--t-down:#d9584d;--t-starts:#b98222;"
        "--t-alone:#7d569b;--t-moves:#2f5d92;--t-off:#5c6675;--t-old:#c99be6;"
        "--t-inside:#dff3e7}}\n"
        ".line text{font:12px system-ui,sans-serif;fill:var(--t-ink);unicode-bidi:isolate}"
        ".line .t-axis{font-size:11px;fill:var(--t-faint)}.line .t-lane{font-weight:600}"
        ".line .t-in{font-size:11px;fill:var(--t-inside)}\n"
        ".t-grid{stroke:var(--t-grid)}.t-runs{fill:var(--t-runs)}.t-on{fill:var(--t-on)}"
        ".t-down{fill:var(--t-down)}.t-starts{fill:var(--t-starts)}.t-alone{fill:var(--t-alone)}"
        ".t-moves{fill:var(--t-moves)}.t-off{fill:var(--t-off)}.t-old{fill:var(--t-old)}"
        ".t-mark{fill:var(--t-ink);stroke:var(--t-ink);stroke-width:1.5}\n</style>\n",
        stream);
}

static void put_legend(const picture *p) {
  static const struct {
    const char *class, *meaning;
  } bars[] = {{"runs", "VM runs"},          {"down", "down, failed"},
              {"starts", "starts"},         {"moves", "is migrated"},
              {"alone", "isolated"},        {"off", "standby, maintenance"},
              {"old", "old copy still on"}, {"on", "host on"}};
  int x = 4, y = y_of(p->rows) + 16;
  for (size_t i = 0; i < sizeof bars / sizeof bars[0]; i++) {
    fprintf(p->stream,
            "<rect class=\"t-%s\" x=\"%d\" y=\"%d\" width=\"20\" height=\"10\"/>"
            "<text class=\"t-axis\" x=\"%d\" y=\"%d\">%s</text>\n",
            bars[i].class, x, y, x + 25, y + 9, bars[i].meaning);
    x += i == 5 ? 158 : i == 6 ? 128 : 112;
  }
  fprintf(p->stream,
          "<text class=\"t-axis\" x=\"4\" y=\"%d\">\u25c6 the others know \u25b2 acts as primary "
          "\u25a0 isolation response \u2715 an attempt fails. Where nothing happens, time is drawn "
          "shorter: a gap by its logarithm.</text>\n",
          y + 30);
}

static void put_picture(const picture *p) {
  int height = y_of(p->rows) + 62;
  if (p->rows == 0)
    return;
  page_section_begin(p->stream, "line", "Timeline");
  fprintf(p->stream,
          "<div class=\"wide\">\n<svg class=\"gantt line\" xmlns=\"http://www.w3.org/2000/svg\" "
          "viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Hosts and VMs over time\">\n",
          WIDTH, height);
  put_style(p->stream);
  fprintf(p->stream, "<clipPath id=\"t-labels\"><rect width=\"%d\" height=\"%d\"/></clipPath>\n",
          LEFT - 8, height);
  put_axis(p);
  put_labels(p);
  put_bars(p, false);
  put_bars(p, true); /* a stripe below what the VM does meanwhile */
  put_marks(p);
  put_legend(p);
  fputs("</svg>\n</div>\n", p->stream);
  if (p->hosts_left + p->vms_left > 0)
    fprintf(p->stream,
            "<p class=\"rest\">Not drawn, for want of room: %" PRIu32 " hosts, %" PRIu32
            " VMs.</p>\n",
            p->hosts_left, p->vms_left);
  page_section_end(p->stream);
}

/* ---------------------------------------------------------------------------- tables */

static void put_cell(const picture *p, bool number, const char *text) {
  page_put_in(p->stream, "td", number ? "class=\"number\"" : "", text);
}

static void put_outage(const picture *p, const berth_outage *outage) {
  const berth_inventory *i = p->inventory;
  char seconds[40] = "", attempts[40] = "";
  text_add(seconds, sizeof seconds, "%s%" PRId64 " s", outage->down ? "> " : "", outage->seconds);
  text_add(attempts, sizeof attempts, "%" PRIu32, outage->attempts);
  fputs("<tr>", p->stream);
  put_cell(p, false, berth_inventory_vm_label(i, outage->vm));
  put_cell(p, false, berth_inventory_host_label(i, outage->from));
  put_cell(p, false, outage->host != BERTH_NONE ? berth_inventory_host_label(i, outage->host) : "");
  put_cell(p, true, outage->down_at != BERTH_UNSET ? text_clock(outage->down_at).text : "");
  put_cell(p, true,
           outage->up_at != BERTH_UNSET ? text_clock(outage->up_at).text
           : outage->down               ? "never"
                                        : "");
  put_cell(p, true, attempts);
  put_cell(p, true, seconds);
  put_cell(p, false, outage->why != NULL ? outage->why : "");
  fputs("</tr>\n", p->stream);
}

static void put_outages(const picture *p) {
  uint32_t count = berth_timeline_outage_count(p->timeline);
  uint32_t shown = count < OUTAGES_MOST ? count : OUTAGES_MOST;
  if (count == 0)
    return;
  page_section_begin(p->stream, "outages", "Outages");
  fputs("<div class=\"wide\"><table><thead><tr><th>VM</th><th>from</th><th>to</th>"
        "<th class=\"number\">down</th><th class=\"number\">up</th><th class=\"number\">tries</th>"
        "<th class=\"number\">outage</th><th></th></tr></thead>\n<tbody>\n",
        p->stream);
  for (uint32_t i = 0; i < shown; i++)
    put_outage(p, berth_timeline_outage_at(p->timeline, i));
  fputs("</tbody></table></div>\n", p->stream);
  if (count > shown)
    fprintf(p->stream, "<p class=\"rest\">Shown: %" PRIu32 " of %" PRIu32 " VMs.</p>\n", shown,
            count);
  page_section_end(p->stream);
}

static void put_events(const picture *p) {
  static const char *const inks[] = {
      "", "", "", "class=\"good\"", "class=\"bad\"", "class=\"care\""};
  uint32_t count = berth_timeline_moment_count(p->timeline);
  uint32_t shown = 0;
  page_section_begin(p->stream, "events", "Events");
  fputs("<div class=\"wide\"><table><tbody>\n", p->stream);
  for (uint32_t rows = 0, group; shown < count && rows < EVENTS_MOST; shown += group, rows++) {
    const berth_moment *moment = berth_timeline_moment_at(p->timeline, shown);
    char line[TIMELINE_SENTENCE];
    group = timeline_group(p->timeline, shown);
    timeline_sentence(p->timeline, shown, group, line, sizeof line);
    fputs("<tr>", p->stream);
    put_cell(p, true, text_clock(moment->at).text);
    page_put_in(p->stream, "td", inks[timeline_ink(moment->kind)], line);
    fputs("</tr>\n", p->stream);
  }
  fputs("</tbody></table></div>\n", p->stream);
  if (count > shown)
    fprintf(p->stream, "<p class=\"rest\">Shown: %" PRIu32 " of %" PRIu32 " events.</p>\n", shown,
            count);
  page_section_end(p->stream);
}

/* ---------------------------------------------------------------------------- the page */

static void put_head(const picture *p) {
  char line[TIMELINE_SENTENCE];
  bool well = timeline_ends_well(p->timeline);
  timeline_title(p->timeline, line, sizeof line);
  page_begin(p->stream, line);
  page_put_in(p->stream, "h1", "", line);
  timeline_verdict(p->timeline, line, sizeof line);
  page_put_in(p->stream, "p", well ? "class=\"lead good\"" : "class=\"lead bad\"", line);
  fputc('\n', p->stream);
}

static bool begin(picture *p) {
  uint32_t moments = berth_timeline_moment_count(p->timeline);
  uint32_t hosts = berth_inventory_host_count(p->inventory);
  uint32_t vms = berth_inventory_vm_count(p->inventory);
  p->times = context_take(p->ctx, (size_t)moments + 2, sizeof *p->times);
  p->place = context_take(p->ctx, (size_t)moments + 2, sizeof *p->place);
  p->host_row = context_take(p->ctx, (size_t)hosts + 1, sizeof *p->host_row);
  p->vm_row = context_take(p->ctx, (size_t)vms + 1, sizeof *p->vm_row);
  if (p->times == NULL || p->place == NULL || p->host_row == NULL || p->vm_row == NULL)
    return false;
  for (uint32_t h = 0; h < hosts; h++)
    p->host_row[h] = BERTH_NONE;
  for (uint32_t v = 0; v < vms; v++)
    p->vm_row[v] = BERTH_NONE;
  add_time(p, 0);
  for (uint32_t i = 0; i < moments; i++)
    add_time(p, berth_timeline_moment_at(p->timeline, i)->at);
  add_time(p, berth_timeline_end(p->timeline));
  choose_hosts(p);
  choose_vms(p);
  return true;
}

berth_status timeline_html_write(berth_context *ctx, const berth_timeline *timeline, FILE *stream) {
  picture p = {.ctx = ctx,
               .stream = stream,
               .timeline = timeline,
               .inventory = berth_timeline_inventory(timeline)};
  assert(ctx != NULL && stream != NULL);
  bool begun = begin(&p);
  if (begun) {
    put_head(&p);
    put_picture(&p);
    put_outages(&p);
    put_events(&p);
    page_end(stream);
  }
  context_release(ctx, p.times);
  context_release(ctx, p.place);
  context_release(ctx, p.host_row);
  context_release(ctx, p.vm_row);
  return begun ? BERTH_OK : BERTH_E_NOMEM;
}
