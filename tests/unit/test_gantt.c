/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bars, lanes, critical chain and steps in flight of plans written by hand, and the timeline that
 * is printed of them. All expectations follow from the windows on paper.
 */
#include "gantt_chart.h"
#include "gantt_load.h"
#include "inventory_fixture.h"
#include "plan_writer.h"
#include <berth/plan.h>
#include <stdlib.h>

/* An inventory of hosts h0.. and VMs v0.. that run on h0, and a plan for it. */
typedef struct chart_case {
  fixture f;
  const berth_inventory *inventory;
  berth_plan *plan;
  gantt_chart chart;
} chart_case;

static chart_case case_begin(uint32_t hosts, uint32_t vms) {
  chart_case c = {.f = fixture_begin()};
  uint32_t cluster = fixture_cluster(&c.f, "c");
  char id[16];
  for (uint32_t i = 0; i < hosts; i++) {
    snprintf(id, sizeof id, "h%u", i);
    fixture_host(&c.f, cluster, id, 10000, 65536);
  }
  for (uint32_t i = 0; i < vms; i++) {
    snprintf(id, sizeof id, "v%u", i);
    fixture_vm(&c.f, cluster, id, "h0", 10, 10);
  }
  c.inventory = fixture_freeze(&c.f);
  cr_assert_eq(berth_plan_new(c.f.ctx, c.inventory, NULL, BERTH_GOAL_EVACUATE, &c.plan), BERTH_OK);
  return c;
}

static void case_chart(chart_case *c) {
  cr_assert_eq(gantt_chart_begin(c->f.ctx, c->plan, &c->chart), BERTH_OK);
}

static void case_end(chart_case *c) {
  gantt_chart_end(&c->chart);
  berth_plan_free(c->plan);
  berth_inventory_release(c->inventory);
  fixture_end(&c->f);
}

static berth_plan_step migration(uint32_t vm, uint32_t from, uint32_t to) {
  berth_plan_step step = BERTH_PLAN_STEP_INIT;
  step.type = BERTH_STEP_MIGRATE;
  step.vm = vm, step.from = from, step.to = to;
  return step;
}

/* Adds `step` with these windows. */
static void add(chart_case *c, berth_plan_step step, berth_window start, berth_window end) {
  step.start = start, step.end = end;
  cr_assert_eq(berth_plan_add_step(c->f.ctx, c->plan, &step), BERTH_OK);
}

/* Two guests of a quiesce group leave h0 one after the other, and h0 enters maintenance: v1 is told
 * (45 s), copies 7 s, settles 20 s; v0 is told (60 s), copies 7 s, settles 30 s; the first of them
 * settles before the second begins. Worst: 0+45+7=52, settled at 72; 72+60+7=139. Best: 7, settled
 * at 27; 34. */
static void add_pair(chart_case *c) {
  const uint32_t first = 1, both[] = {1, 2};
  berth_plan_step b = migration(1, 0, 1), a = migration(0, 0, 1), m = BERTH_PLAN_STEP_INIT;
  b.wait = 45, b.seconds = 7, b.settle = 20;
  a.wait = 60, a.seconds = 7, a.settle = 30;
  a.after_settled = &first, a.after_settled_count = 1;
  m.type = BERTH_STEP_ENTER_MAINTENANCE, m.host = 0;
  m.after = both, m.after_count = 2;
  add(c, b, (berth_window){0, 0}, (berth_window){7, 52});
  add(c, a, (berth_window){27, 72}, (berth_window){34, 139});
  add(c, m, (berth_window){34, 139}, (berth_window){34, 139});
}

static void expect_part(const gantt_segment *found, gantt_part part, int64_t from, int64_t to) {
  cr_expect_eq(found->part, part);
  cr_expect_eq(found->from, from, "part %d begins at %ld", (int)part, (long)found->from);
  cr_expect_eq(found->to, to, "part %d ends at %ld", (int)part, (long)found->to);
}

/* ---------------------------------------------------------------------------- axis */

Test(gantt, ticks_are_round) {
  cr_expect_eq(gantt_tick(1, 9), 1);
  cr_expect_eq(gantt_tick(37, 9), 5, "eight parts of 5 s; 2 s would need nineteen");
  cr_expect_eq(gantt_tick(45, 9), 5, "nine parts exactly");
  cr_expect_eq(gantt_tick(46, 9), 10);
  cr_expect_eq(gantt_tick(139, 9), 30, "15 s would need ten");
  cr_expect_eq(gantt_tick(3600, 9), 600);
  cr_expect_eq(gantt_tick(86400, 9), 10800);
  cr_expect_eq(gantt_tick(INT64_C(86400) * 1000, 9), INT64_C(86400) * 1000);
}

/* ---------------------------------------------------------------------------- bars */

Test(gantt, bars_of_both_executions) {
  chart_case c = case_begin(2, 2);
  gantt_segment parts[GANTT_SEGMENTS_MAX];
  add_pair(&c);
  case_chart(&c);
  cr_assert_eq(c.chart.bar_count, 3);
  cr_expect_eq(c.chart.best, 34);
  cr_expect_eq(c.chart.worst, 139);
  cr_expect_eq(c.chart.span, 169, "v0 settles for 30 s more");
  cr_assert_eq(gantt_bar_earliest(&c.chart.bars[0], parts), 2);
  expect_part(&parts[0], GANTT_COPY, 0, 7);
  expect_part(&parts[1], GANTT_SETTLE, 7, 27);
  cr_assert_eq(gantt_bar_latest(&c.chart.bars[0], parts), 3);
  expect_part(&parts[0], GANTT_WAIT, 0, 45);
  expect_part(&parts[1], GANTT_COPY, 45, 52);
  expect_part(&parts[2], GANTT_SETTLE, 52, 72);
  cr_assert_eq(gantt_bar_latest(&c.chart.bars[1], parts), 4);
  expect_part(&parts[0], GANTT_SLACK, 27, 72);
  expect_part(&parts[1], GANTT_WAIT, 72, 132);
  expect_part(&parts[2], GANTT_COPY, 132, 139);
  expect_part(&parts[3], GANTT_SETTLE, 139, 169);
  cr_assert_eq(gantt_bar_latest(&c.chart.bars[2], parts), 2);
  expect_part(&parts[0], GANTT_SLACK, 34, 139);
  expect_part(&parts[1], GANTT_HOST, 139, 139);
  for (int i = 0; i < 3; i++)
    cr_expect_not(gantt_bar_is_certain(&c.chart.bars[i]));
  case_end(&c);
}

Test(gantt, lanes_by_first_start) {
  chart_case c = case_begin(3, 2);
  berth_plan_step wake = BERTH_PLAN_STEP_INIT, restart = BERTH_PLAN_STEP_INIT;
  wake.type = BERTH_STEP_WAKE, wake.host = 2, wake.seconds = 300;
  restart.type = BERTH_STEP_RESTART, restart.vm = 1, restart.to = 1, restart.seconds = 30;
  add(&c, migration(0, 0, 2), (berth_window){300, 300}, (berth_window){310, 310});
  add(&c, restart, (berth_window){5, 5}, (berth_window){35, 35});
  add(&c, wake, (berth_window){0, 0}, (berth_window){300, 300});
  case_chart(&c);
  cr_assert_eq(c.chart.lane_count, 3);
  cr_expect_eq(c.chart.lanes[0].host, 2, "the host that wakes at once");
  cr_expect_eq(c.chart.lanes[1].host, 1, "where v1 restarts");
  cr_expect_eq(c.chart.lanes[2].host, 0, "a migration stands with its source");
  for (int i = 0; i < 3; i++) {
    cr_expect_eq(c.chart.lanes[i].count, 1);
    cr_expect(gantt_bar_is_certain(&c.chart.bars[i]));
  }
  case_end(&c);
}

Test(gantt, a_lane_is_sorted_by_start) {
  enum { STEPS = 50 };
  chart_case c = case_begin(2, STEPS);
  for (uint32_t i = 0; i < STEPS; i++) {
    int64_t at = (int64_t)(i * 37 % STEPS); /* 37 and 50 have no common divisor: a permutation */
    add(&c, migration(i, 0, 1), (berth_window){at, at}, (berth_window){at + 1, at + 1});
  }
  case_chart(&c);
  cr_assert_eq(c.chart.lane_count, 1);
  for (uint32_t i = 0; i < STEPS; i++)
    cr_expect_eq(c.chart.bars[i].step->start.latest, (int64_t)i);
  case_end(&c);
}

Test(gantt, odd_windows_are_drawn_within_reason) {
  chart_case c = case_begin(2, 2);
  gantt_segment parts[GANTT_SEGMENTS_MAX];
  berth_plan_step step = migration(0, 0, 1);
  step.wait = 1000, step.settle = INT64_MAX;
  add(&c, step, (berth_window){-5, 10}, (berth_window){-7, 20});
  add(&c, migration(1, 0, 1), (berth_window){9, 3}, (berth_window){INT64_MAX, INT64_MAX});
  case_chart(&c);
  for (uint32_t bar = 0; bar < 2; bar++) {
    uint32_t count = gantt_bar_latest(&c.chart.bars[bar], parts);
    for (uint32_t i = 0; i < count; i++) {
      cr_expect_leq(parts[i].from, parts[i].to);
      cr_expect_geq(parts[i].from, 0);
      cr_expect_leq(parts[i].to, c.chart.span);
    }
  }
  case_end(&c);
}

/* Steps that begin after their end, and may end later at the earliest than at the latest: all of it
 * lies within the span. */
Test(gantt, windows_that_contradict_themselves_are_within_the_span) {
  chart_case c = case_begin(2, 2);
  gantt_segment parts[GANTT_SEGMENTS_MAX];
  berth_plan_step step = migration(1, 0, 1);
  step.settle = 20;
  add(&c, migration(0, 0, 1), (berth_window){150, 510}, (berth_window){180, 180});
  add(&c, step, (berth_window){0, 0}, (berth_window){600, 300});
  case_chart(&c);
  cr_expect_eq(c.chart.worst, 300);
  cr_expect_eq(c.chart.span, 620, "the second ends at 600 at the earliest and settles for 20 s");
  for (uint32_t bar = 0; bar < 2; bar++) {
    for (uint32_t i = gantt_bar_earliest(&c.chart.bars[bar], parts); i > 0; i--)
      cr_expect_leq(parts[i - 1].to, c.chart.span);
    for (uint32_t i = gantt_bar_latest(&c.chart.bars[bar], parts); i > 0; i--)
      cr_expect_leq(parts[i - 1].to, c.chart.span);
  }
  case_end(&c);
}

/* ---------------------------------------------------------------------------- critical chain */

static void expect_chain(const chart_case *c, const uint32_t *ids, uint32_t count) {
  cr_assert_eq(c->chart.chain_count, count, "%u steps on the chain", c->chart.chain_count);
  for (uint32_t i = 0; i < count; i++)
    cr_expect_eq(c->chart.bars[c->chart.chain[i]].step->id, ids[i]);
  uint32_t critical = 0;
  for (uint32_t i = 0; i < c->chart.bar_count; i++)
    critical += c->chart.bars[i].critical;
  cr_expect_eq(critical, count);
}

Test(gantt, chain_through_settling) {
  chart_case c = case_begin(2, 2);
  add_pair(&c);
  case_chart(&c);
  expect_chain(&c, (const uint32_t[]){1, 2, 3}, 3);
  case_end(&c);
}

/* 1 (0-10) and 2 (0-40) before 3 (40-50); 4 (0-45) alone: 2 and 3 set the time. */
Test(gantt, chain_takes_the_later_predecessor) {
  chart_case c = case_begin(2, 4);
  const uint32_t both[] = {1, 2};
  berth_plan_step last = migration(2, 0, 1);
  last.after = both, last.after_count = 2;
  add(&c, migration(0, 0, 1), (berth_window){0, 0}, (berth_window){10, 10});
  add(&c, migration(1, 0, 1), (berth_window){0, 0}, (berth_window){10, 40});
  add(&c, last, (berth_window){10, 40}, (berth_window){20, 50});
  add(&c, migration(3, 0, 1), (berth_window){0, 0}, (berth_window){45, 45});
  case_chart(&c);
  expect_chain(&c, (const uint32_t[]){2, 3}, 2);
  case_end(&c);
}

/* `after` of a settling step: its end counts, not that it has settled. */
Test(gantt, after_does_not_wait_for_settling) {
  chart_case c = case_begin(2, 2);
  const uint32_t first = 1;
  berth_plan_step before = migration(0, 0, 1), next = migration(1, 0, 1);
  before.settle = 30;
  next.after = &first, next.after_count = 1;
  add(&c, before, (berth_window){0, 0}, (berth_window){10, 10});
  add(&c, next, (berth_window){40, 40}, (berth_window){50, 50});
  case_chart(&c);
  expect_chain(&c, (const uint32_t[]){2}, 1);
  case_end(&c);
}

Test(gantt, chain_of_a_plan_that_contradicts_itself_ends) {
  chart_case c = case_begin(2, 2);
  const uint32_t second = 2, strange[] = {0, 1, 77};
  berth_plan_step a = migration(0, 0, 1), b = migration(1, 0, 1);
  a.after = &second, a.after_count = 1;
  b.after = strange, b.after_count = 3;
  add(&c, a, (berth_window){5, 5}, (berth_window){5, 5});
  add(&c, b, (berth_window){5, 5}, (berth_window){5, 5});
  case_chart(&c);
  expect_chain(&c, (const uint32_t[]){1, 2}, 2);
  case_end(&c);
}

/* ---------------------------------------------------------------------------- steps in flight */

/* h0 to h1: 0-10 and 5-15; h0 to h2: 10-20, which begins as the first ends. Columns of 5 s. */
Test(gantt, peaks_of_steps_in_flight) {
  chart_case c = case_begin(4, 3);
  uint32_t peaks[4], count = 0, touched = 0;
  gantt_busy_host busy[2];
  add(&c, migration(0, 0, 1), (berth_window){0, 0}, (berth_window){10, 10});
  add(&c, migration(1, 0, 1), (berth_window){5, 5}, (berth_window){15, 15});
  add(&c, migration(2, 0, 2), (berth_window){10, 10}, (berth_window){20, 20});
  case_chart(&c);
  cr_assert_eq(gantt_load_peaks(&c.chart, BERTH_NONE, 4, peaks), BERTH_OK);
  const uint32_t all[] = {1, 2, 2, 1}, to_h1[] = {1, 2, 1, 0}, to_h2[] = {0, 0, 1, 1};
  cr_expect_arr_eq(peaks, all, sizeof all);
  cr_assert_eq(gantt_load_peaks(&c.chart, 1, 4, peaks), BERTH_OK);
  cr_expect_arr_eq(peaks, to_h1, sizeof to_h1);
  cr_assert_eq(gantt_load_peaks(&c.chart, 2, 4, peaks), BERTH_OK);
  cr_expect_arr_eq(peaks, to_h2, sizeof to_h2);
  cr_assert_eq(gantt_load_busiest(&c.chart, 4, 2, busy, &count, &touched), BERTH_OK);
  cr_assert_eq(count, 2);
  cr_expect_eq(touched, 3, "nothing touches h3");
  cr_expect_eq(busy[0].host, 0);
  cr_expect_eq(busy[0].steps, 3);
  cr_expect_eq(busy[1].host, 1);
  cr_expect_eq(busy[1].steps, 2);
  case_end(&c);
}

/* Waiting counts as in flight, settling and what may have begun do not; moments neither. */
Test(gantt, peaks_of_the_latest_execution) {
  chart_case c = case_begin(2, 2);
  uint32_t peaks[13];
  add_pair(&c);
  case_chart(&c); /* 169 s in 13 columns of 13 s: 0-52 is columns 0 to 3, 72-139 columns 5 to 10 */
  cr_assert_eq(gantt_load_peaks(&c.chart, 0, 13, peaks), BERTH_OK);
  const uint32_t expected[] = {1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0};
  cr_expect_arr_eq(peaks, expected, sizeof expected);
  case_end(&c);
}

/* ---------------------------------------------------------------------------- in text */

static char *printed(chart_case *c, uint32_t width, bool utf8) {
  berth_text_style style = BERTH_TEXT_STYLE_INIT;
  char *out = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&out, &size);
  style.width = width, style.utf8 = utf8;
  cr_assert_eq(plan_text_write(c->f.ctx, c->plan, &style, stream), BERTH_OK);
  fclose(stream);
  return out;
}

/* Labels take "* 3 maintenance", 15 columns, so 66 - 15 - 4 = 47 are left; 169 s over 47 columns:
 * 52 s end in column 14.46, 45 s in 12.5, 72 s in 20.02, 27 s in 7.5, 132 s in 36.7, 139 s
 * in 38.66. */
Test(gantt, timeline_in_text) {
  chart_case c = case_begin(2, 2);
  add_pair(&c);
  char *text = printed(&c, 66, false);
  const char *begin = strstr(text, "Timeline (3)\n");
  cr_assert_not_null(begin, "%s", text);
  cr_expect_not_null(strstr(begin, "                   +-------"), "%s", begin);
  cr_expect_not_null(strstr(begin,
                            "\n  h0\n"
                            "  * 1 v1 -> h1     ::::::::::::##~~~~~~\n"
                            "  * 2 v0 -> h1            .............::::::::::::::::##~~~~~~~~~\n"
                            "  * 3 maintenance           .............................+\n"),
                     "%s", begin);
  free(text);
  text = printed(&c, 66, true);
  cr_expect_not_null(strstr(text, "\u2591\u2591\u2588\u2588\u2592\u2592"), "%s", text);
  free(text);
  text = printed(&c, 50, true);
  cr_expect_null(strstr(text, "Timeline"), "too narrow");
  free(text);
  case_end(&c);
}

Test(gantt, many_steps_are_summed_up) {
  enum { STEPS = 1000 };
  chart_case c = case_begin(30, STEPS);
  for (uint32_t i = 0; i < STEPS; i++) {
    int64_t at = (int64_t)(i / 4) * 10;
    const uint32_t before = i - 3; /* id of step i - 4 */
    berth_plan_step step = migration(i, 0, 1 + i % 29);
    if (i >= 4)
      step.after = &before, step.after_count = 1;
    add(&c, step, (berth_window){at, at}, (berth_window){at + 10, at + 10});
  }
  for (int utf8 = 0; utf8 <= 1; utf8++) {
    char *text = printed(&c, 100, utf8 == 1);
    const char *begin = strstr(text, "Timeline (1000)\n");
    uint32_t lines = 0;
    cr_assert_not_null(begin, "%s", text);
    for (const char *at = begin; *at != '\0'; at++)
      lines += *at == '\n';
    cr_expect_lt(lines, 60, "%u lines", lines);
    cr_expect_not_null(strstr(begin, "230 more of the critical chain"), "250 steps, 20 shown");
    cr_expect_not_null(strstr(begin, "all: 1000 steps, 4 at once"), "%s", begin);
    cr_expect_not_null(strstr(begin, "and 6 more hosts, none with more steps"),
                       "30 hosts, 24 shown");
    free(text);
  }
  case_end(&c);
}

/* ---------------------------------------------------------------------------- out of memory */

static void *count_down(void *user, size_t bytes) {
  long *left = user;
  return (*left)-- > 0 ? malloc(bytes) : NULL;
}

static void *count_down_again(void *user, void *old, size_t bytes) {
  long *left = user;
  return (*left)-- > 0 ? realloc(old, bytes) : NULL;
}

static void give_back(void *user, void *piece) {
  (void)user;
  free(piece);
}

Test(gantt, memory_runs_out) {
  enum { STEPS = 60 };
  chart_case c = case_begin(3, STEPS);
  for (uint32_t i = 0; i < STEPS; i++)
    add(&c, migration(i, 0, 1 + i % 2), (berth_window){i, i}, (berth_window){i + 1, i + 1});
  berth_status status = BERTH_E_NOMEM;
  long allowed = 1;
  for (; status == BERTH_E_NOMEM && allowed < 100; allowed++) {
    long left = allowed;
    const berth_allocator allocator = {count_down, count_down_again, give_back, &left};
    berth_text_style style = BERTH_TEXT_STYLE_INIT;
    berth_context *ctx = NULL;
    FILE *stream = fopen("/dev/null", "w");
    if ((status = berth_context_new(&allocator, &ctx)) == BERTH_OK)
      status = plan_text_write(ctx, c.plan, &style, stream);
    berth_context_free(ctx);
    fclose(stream);
  }
  cr_expect_eq(status, BERTH_OK);
  cr_expect_gt(allowed, 8, "the chart alone takes four pieces, each row of steps at once two");
  case_end(&c);
}
