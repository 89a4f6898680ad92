/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From steps to bars and lanes. The critical chain is read off the windows: the latest start of a
 * step is the latest end (or settling) of one that it waits for, so going back from the step that
 * ends last, each time to one that ends when the next begins, leads along a longest path to time 0.
 */
#include "gantt_chart.h"
#include "context_internal.h"
#include <assert.h>

/* Beyond this nothing is drawn to scale; sums and products with columns stay within 64 bits. */
static const int64_t time_most = INT64_C(1) << 50;

/* A time as it can be drawn: a plan from elsewhere may state anything. */
static int64_t drawable(int64_t seconds) {
  return seconds < 0 ? 0 : seconds > time_most ? time_most : seconds;
}

static int64_t later(int64_t a, int64_t b) {
  return a > b ? a : b;
}

/* ---------------------------------------------------------------------------- bars */

static uint32_t lane_host(const berth_plan_step *step) {
  if (step->type == BERTH_STEP_MIGRATE)
    return step->from;
  return step->to != BERTH_NONE ? step->to : step->host;
}

static gantt_part work_of(berth_step_type type) {
  switch (type) {
  case BERTH_STEP_MIGRATE:
    return GANTT_COPY;
  case BERTH_STEP_RESTART:
  case BERTH_STEP_POWER_ON:
    return GANTT_START;
  case BERTH_STEP_WAKE:
    return GANTT_WAKE;
  case BERTH_STEP_ENTER_MAINTENANCE:
  case BERTH_STEP_POWER_DOWN:
    break;
  }
  return GANTT_HOST;
}

/* Empty parts are left out, but for the work itself: a moment is shown too. */
static void add_part(gantt_segment *parts, uint32_t *count, gantt_part part, int64_t from,
                     int64_t to, bool always) {
  assert(*count < GANTT_SEGMENTS_MAX);
  if (to > from || always)
    parts[(*count)++] = (gantt_segment){part, from, later(from, to)};
}

uint32_t gantt_bar_earliest(const gantt_bar *bar, gantt_segment parts[GANTT_SEGMENTS_MAX]) {
  const berth_plan_step *step = bar->step;
  int64_t end = drawable(step->end.earliest);
  uint32_t count = 0;
  add_part(parts, &count, work_of(step->type), drawable(step->start.earliest), end, true);
  add_part(parts, &count, GANTT_SETTLE, end, end + drawable(step->settle), false);
  assert(count >= 1);
  return count;
}

uint32_t gantt_bar_latest(const gantt_bar *bar, gantt_segment parts[GANTT_SEGMENTS_MAX]) {
  const berth_plan_step *step = bar->step;
  int64_t start = drawable(step->start.latest), end = drawable(step->end.latest);
  int64_t acknowledged = start + drawable(step->wait);
  uint32_t count = 0;
  if (acknowledged > end)
    acknowledged = later(start, end);
  add_part(parts, &count, GANTT_SLACK, drawable(step->start.earliest), start, false);
  add_part(parts, &count, GANTT_WAIT, start, acknowledged, false);
  add_part(parts, &count, work_of(step->type), acknowledged, end, true);
  add_part(parts, &count, GANTT_SETTLE, end, end + drawable(step->settle), false);
  assert(count >= 1);
  return count;
}

bool gantt_bar_is_certain(const gantt_bar *bar) {
  assert(bar->step != NULL);
  return bar->step->wait <= 0 && bar->step->start.earliest == bar->step->start.latest;
}

static bool comes_before(const gantt_bar *a, const gantt_bar *b) {
  if (a->host != b->host)
    return a->host < b->host;
  if (a->step->start.latest != b->step->start.latest)
    return a->step->start.latest < b->step->start.latest;
  return a->step->id < b->step->id;
}

/* ---------------------------------------------------------------------------- order */

/* Lets bar `at` sink in a heap whose first is the last in order (Williams 1964): sorting without
 * memory, and without a bad case. */
static void sink(gantt_bar *bars, uint32_t at, uint32_t count) {
  gantt_bar moving = bars[at];
  for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
    if (child + 1 < count && comes_before(&bars[child], &bars[child + 1]))
      child++;
    if (!comes_before(&moving, &bars[child]))
      break;
    bars[at] = bars[child];
    at = child;
  }
  bars[at] = moving;
}

static void sort_bars(gantt_bar *bars, uint32_t count) {
  assert(bars != NULL || count == 0);
  for (uint32_t i = count / 2; i > 0; i--)
    sink(bars, i - 1, count);
  for (uint32_t left = count; left > 1; left--) {
    gantt_bar last = bars[0];
    bars[0] = bars[left - 1];
    bars[left - 1] = last;
    sink(bars, 0, left - 1);
  }
}

static bool lane_before(const gantt_chart *chart, const gantt_lane *a, const gantt_lane *b) {
  int64_t first = chart->bars[a->first].step->start.latest;
  int64_t second = chart->bars[b->first].step->start.latest;
  return first != second ? first < second : a->host < b->host;
}

static void sink_lane(const gantt_chart *chart, uint32_t at, uint32_t count) {
  gantt_lane *lanes = chart->lanes, moving = lanes[at];
  for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
    if (child + 1 < count && lane_before(chart, &lanes[child], &lanes[child + 1]))
      child++;
    if (!lane_before(chart, &moving, &lanes[child]))
      break;
    lanes[at] = lanes[child];
    at = child;
  }
  lanes[at] = moving;
}

static void sort_lanes(const gantt_chart *chart) {
  for (uint32_t i = chart->lane_count / 2; i > 0; i--)
    sink_lane(chart, i - 1, chart->lane_count);
  for (uint32_t left = chart->lane_count; left > 1; left--) {
    gantt_lane last = chart->lanes[0];
    chart->lanes[0] = chart->lanes[left - 1];
    chart->lanes[left - 1] = last;
    sink_lane(chart, 0, left - 1);
  }
}

/* Until all of it has happened: a plan from elsewhere may have steps that end before they begin. */
static int64_t last_moment(const gantt_bar *bar) {
  gantt_segment parts[GANTT_SEGMENTS_MAX];
  int64_t moment = 0;
  for (uint32_t i = gantt_bar_earliest(bar, parts); i > 0; i--)
    moment = later(moment, parts[i - 1].to);
  for (uint32_t i = gantt_bar_latest(bar, parts); i > 0; i--)
    moment = later(moment, parts[i - 1].to);
  return moment;
}

static void collect_bars(const berth_plan *plan, gantt_chart *chart) {
  for (uint32_t i = 0; i < chart->bar_count; i++) {
    const berth_plan_step *step = berth_plan_step_at(plan, i);
    assert(step != NULL && step->id == i + 1);
    chart->bars[i] = (gantt_bar){.step = step, .host = lane_host(step)};
    chart->best = later(chart->best, drawable(step->end.earliest));
    chart->worst = later(chart->worst, drawable(step->end.latest));
    chart->span = later(chart->span, last_moment(&chart->bars[i]));
  }
  sort_bars(chart->bars, chart->bar_count);
}

static void collect_lanes(gantt_chart *chart) {
  for (uint32_t i = 0; i < chart->bar_count; i++) {
    if (i == 0 || chart->bars[i].host != chart->bars[i - 1].host)
      chart->lanes[chart->lane_count++] = (gantt_lane){.host = chart->bars[i].host, .first = i};
    chart->lanes[chart->lane_count - 1].count++;
  }
  assert(chart->lane_count <= chart->bar_count);
  sort_lanes(chart);
}

/* ---------------------------------------------------------------------------- critical chain */

/* Where the bar of each step is while the chain is followed. */
typedef struct chain_search {
  gantt_chart *chart;
  uint32_t *bar_of; /* [step index] */
} chain_search;

static const berth_plan_step *step_at(const chain_search *search, uint32_t step) {
  return search->chart->bars[search->bar_of[step]].step;
}

/* The step that ends last; of several the one that begins last, so that no moment at the end of
 * the chain is left out. */
static uint32_t last_step(const chain_search *search) {
  uint32_t last = 0;
  for (uint32_t i = 1; i < search->chart->bar_count; i++) {
    const berth_plan_step *step = step_at(search, i), *best = step_at(search, last);
    if (step->end.latest > best->end.latest ||
        (step->end.latest == best->end.latest && step->start.latest >= best->start.latest))
      last = i;
  }
  return last;
}

/* The first of those steps that keep another one until `moment`, or BERTH_NONE. */
static uint32_t holder(const chain_search *search, const uint32_t *ids, uint32_t count,
                       bool settled, int64_t moment) {
  assert(ids != NULL || count == 0);
  for (uint32_t i = 0; i < count; i++) {
    if (ids[i] == 0 || ids[i] > search->chart->bar_count)
      continue;
    const berth_plan_step *before = step_at(search, ids[i] - 1);
    int64_t free_at = drawable(before->end.latest) + (settled ? drawable(before->settle) : 0);
    if (free_at == moment && !search->chart->bars[search->bar_of[ids[i] - 1]].critical)
      return ids[i] - 1;
  }
  return BERTH_NONE;
}

/* The step that keeps `step` from beginning earlier, if it is kept. */
static uint32_t step_before(const chain_search *search, const berth_plan_step *step) {
  int64_t moment = drawable(step->start.latest);
  uint32_t before = holder(search, step->after, step->after_count, false, moment);
  if (before == BERTH_NONE)
    before = holder(search, step->after_settled, step->after_settled_count, true, moment);
  return before;
}

static void follow_chain(const chain_search *search) {
  gantt_chart *chart = search->chart;
  uint32_t step = chart->bar_count > 0 ? last_step(search) : BERTH_NONE;
  while (step != BERTH_NONE) {
    uint32_t bar = search->bar_of[step];
    assert(!chart->bars[bar].critical && chart->chain_count < chart->bar_count);
    chart->bars[bar].critical = true;
    chart->chain[chart->chain_count++] = bar;
    step = step_before(search, chart->bars[bar].step);
  }
  for (uint32_t i = 0; i < chart->chain_count / 2; i++) {
    uint32_t other = chart->chain_count - 1 - i, kept = chart->chain[i];
    chart->chain[i] = chart->chain[other];
    chart->chain[other] = kept;
  }
}

/* ---------------------------------------------------------------------------- all of it */

berth_status gantt_chart_begin(berth_context *ctx, const berth_plan *plan, gantt_chart *out) {
  uint32_t steps = berth_plan_step_count(plan);
  gantt_chart chart = {.ctx = ctx, .bar_count = steps, .span = 1};
  chain_search search = {.chart = &chart};
  berth_status status = BERTH_E_NOMEM;
  assert(ctx != NULL && out != NULL);
  chart.bars = context_take(ctx, (size_t)steps + 1, sizeof *chart.bars);
  chart.lanes = context_take(ctx, (size_t)steps + 1, sizeof *chart.lanes);
  chart.chain = context_take(ctx, (size_t)steps + 1, sizeof *chart.chain);
  search.bar_of = context_take(ctx, (size_t)steps + 1, sizeof *search.bar_of);
  if (chart.bars == NULL || chart.lanes == NULL || chart.chain == NULL || search.bar_of == NULL)
    goto done;
  collect_bars(plan, &chart);
  collect_lanes(&chart);
  for (uint32_t i = 0; i < steps; i++)
    search.bar_of[chart.bars[i].step->id - 1] = i;
  follow_chain(&search);
  *out = chart;
  status = BERTH_OK;
done:
  context_release(ctx, search.bar_of);
  if (status != BERTH_OK)
    gantt_chart_end(&chart);
  return status;
}

void gantt_chart_end(gantt_chart *chart) {
  assert(chart != NULL);
  if (chart->ctx == NULL)
    return;
  context_release(chart->ctx, chart->bars);
  context_release(chart->ctx, chart->lanes);
  context_release(chart->ctx, chart->chain);
  *chart = (gantt_chart){.ctx = NULL};
}

int64_t gantt_tick(int64_t span, uint32_t most) {
  enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };
  /* NOLINTBEGIN(bugprone-implicit-widening-of-multiplication-result): 864,000 at most */
  static const int64_t round[] = {1,           2,           5,          10,         15,
                                  30,          MINUTE,      2 * MINUTE, 5 * MINUTE, 10 * MINUTE,
                                  15 * MINUTE, 30 * MINUTE, HOUR,       2 * HOUR,   3 * HOUR,
                                  6 * HOUR,    12 * HOUR,   DAY,        2 * DAY,    5 * DAY};
  /* NOLINTEND(bugprone-implicit-widening-of-multiplication-result) */
  assert(span >= 1 && most >= 1);
  for (size_t i = 0; i < sizeof round / sizeof round[0]; i++)
    if (span <= round[i] * most)
      return round[i];
  int64_t tick = INT64_C(10) * DAY;
  while (span > tick * most)
    tick *= 10;
  return tick;
}
