/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTML report: what a reader must find, names that would break the page, well-formedness as
 * libxml2 sees it, size, and what happens when memory or disk run out.
 */
#include "foreign_xml.h"
#include "inventory_fixture.h"
#include "report_html.h"
#include <berth/io.h>
#include <stdlib.h>
#include <unistd.h>

/* How many nodes `path` finds. */
static int count_in(const char *page, size_t size, const char *path) {
  int count = foreign_xml_count(page, size, path);
  cr_assert_neq(count, FOREIGN_XML_MALFORMED, "not well-formed:\n%.3000s", page);
  cr_assert_neq(count, FOREIGN_XML_NO_PATH, "%s", path);
  return count;
}

/* ---------------------------------------------------------------------------- a plan */

typedef struct report_case {
  fixture f;
  const berth_inventory *inventory;
  berth_plan *plan;
} report_case;

static void report_case_end(report_case *c) {
  berth_plan_free(c->plan);
  berth_inventory_release(c->inventory);
  fixture_end(&c->f);
}

static void add_ladder(report_case *c) {
  const berth_plan_level level = {BERTH_LEVEL_UNPLACED_HIGH, 1, 1, BERTH_OUTCOME_OPTIMAL, "count"};
  const berth_plan_level open = {BERTH_LEVEL_MAKESPAN, 90, 30, BERTH_OUTCOME_FEASIBLE, NULL};
  cr_assert_eq(berth_plan_add_level(c->f.ctx, c->plan, &level), BERTH_OK);
  cr_assert_eq(berth_plan_add_level(c->f.ctx, c->plan, &open), BERTH_OK);
  berth_plan_set_status(c->plan, BERTH_OUTCOME_INFEASIBLE);
  berth_plan_set_makespan(c->plan, (berth_plan_makespan){30, 42, 90});
}

static void add_unplaced(report_case *c, uint32_t vm, const char *conflict, const char *change) {
  const berth_plan_ledger_entry ledger = {BERTH_REASON_RESOURCE, BERTH_NONE, BERTH_RESOURCE_MEMORY,
                                          2, 8192};
  const berth_plan_remedy remedy = {change, 1};
  const berth_plan_unplaced unplaced = {vm, 1, 1, 1, &ledger, &conflict, &remedy};
  cr_assert_eq(berth_plan_add_unplaced(c->f.ctx, c->plan, &unplaced), BERTH_OK);
}

/* VM 0 moves from host 0 to host 1 and may wait; VM 1 finds no host. All foreign text is `hostile`.
 */
static report_case case_of(const char *hostile) {
  report_case c = {.f = fixture_begin()};
  uint32_t cluster = fixture_cluster(&c.f, "prod");
  berth_host_spec named = fixture_host_spec("h1", 10000, 65536);
  berth_vm_spec web = fixture_vm_spec("web", "h1", 1000, 4096);
  berth_vm_spec big = fixture_vm_spec("big", NULL, 2000, 131072);
  berth_plan_step step = BERTH_PLAN_STEP_INIT;
  named.name = web.name = big.name = hostile;
  fixture_add_host(&c.f, cluster, named);
  fixture_host(&c.f, cluster, "h2", 10000, 65536);
  fixture_add_vm(&c.f, cluster, web);
  fixture_add_vm(&c.f, cluster, big);
  c.inventory = fixture_freeze(&c.f);
  cr_assert_eq(berth_plan_new(c.f.ctx, c.inventory, NULL, BERTH_GOAL_FAILOVER, &c.plan), BERTH_OK);
  step.type = BERTH_STEP_MIGRATE, step.vm = 0, step.from = 0, step.to = 1;
  step.wait = 60, step.seconds = 30, step.settle = 20, step.end = (berth_window){30, 90};
  step.why = hostile;
  add_ladder(&c);
  add_unplaced(&c, 1, hostile, hostile);
  cr_assert_eq(berth_plan_add_step(c.f.ctx, c.plan, &step), BERTH_OK);
  cr_assert_eq(berth_plan_add_warning(c.f.ctx, c.plan, hostile), BERTH_OK);
  return c;
}

static char *report_of(report_case *c, size_t *size) {
  char *out = NULL;
  FILE *stream = open_memstream(&out, size);
  cr_assert_eq(report_html_write(c->f.ctx, c->plan, stream), BERTH_OK);
  fclose(stream);
  return out;
}

/* ---------------------------------------------------------------------------- as XML */

static void expect_text(const char *page, const char *part) {
  cr_expect_not_null(strstr(page, part), "missing: %s\nin:\n%.20000s", part, page);
}

Test(report_html, says_what_matters) {
  report_case c = case_of("mouse");
  size_t size = 0;
  char *page = report_of(&c, &size);
  expect_text(page, "<h1>Plan: failover <span class=\"badge bad\">infeasible</span></h1>");
  expect_text(page, "Not all that was asked can be done: ");
  expect_text(page, "It takes 30 s to 1 min 30 s, 42 s expected.");
  expect_text(page, "Proved: no safe plan does better on the levels down to unplaced.high.");
  expect_text(page, "<td class=\"good\">\u2713 proved (count)</td>");
  expect_text(page, "<td class=\"care\">gap 1:00</td>");
  expect_text(page, "none of 2 hosts can take it: 2 left short of memory by at least 8 GiB");
  expect_text(page, "would help: mouse");
  expect_text(page, "<h2>Warnings (1)</h2>");
  cr_expect_eq(count_in(page, size, "//x:section"), 7,
               "unplaced, hosts, moves, ladder, timeline, steps, warnings");
  free(page);
  report_case_end(&c);
}

/* Earliest: copies 0-30, settles 30-50. Latest: waits 0-60, copies 60-90, settles 90-110. 710
 * pixels from x = 280 are 110 s: 30 s end at pixel 193.6, 60 s at 387.3, 90 s at 580.9. */
Test(report_html, draws_both_executions) {
  report_case c = case_of("mouse");
  size_t size = 0;
  char *page = report_of(&c, &size);
  cr_expect_eq(count_in(page, size, "//s:rect[@class='g-copy' and @x='280' and @width='193']"), 1);
  cr_expect_eq(
      count_in(page, size, "//s:rect[@class='g-wait g-late' and @x='280' and @width='387']"), 1);
  cr_expect_eq(
      count_in(page, size, "//s:rect[@class='g-copy g-late' and @x='667' and @width='193']"), 1);
  cr_expect_eq(count_in(page, size, "//s:rect[starts-with(@class,'g-settle') and @height='7']"), 2);
  cr_expect_eq(count_in(page, size, "//s:text[@class='g-on']"), 1, "the only step is the chain");
  cr_expect_eq(count_in(page, size, "//x:tr[@class='critical']"), 1);
  free(page);
  report_case_end(&c);
}

/* ---------------------------------------------------------------------------- hostile text */

static const char *const hostile_texts[] = {
    "<script>alert(1)</script>",
    "\"'><svg onload=alert(1)>",
    "]]><!--</style></title></svg>",
    "&amp;&#0;&bogus;",
    "a\001\033[2J\r\n\t\177b",
    "\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82",
    "\xe2\x80\xae"
    "gpj.exe\xe2\x81\xa6\xe2\x80\x8f",
    "\xef\xbf\xbe\xef\xbf\xbf\xc2\x85\xf0\x9f\xbf\xbe",
    "\xd7\xa9\xd7\xa8\xd7\xaa \xd8\xae\xd8\xa7\xd8\xaf\xd9\x85",
    "{{constructor}} ${x} %n%s",
};

Test(report_html, hostile_text_stays_text) {
  size_t size = 0;
  report_case plain = case_of("mouse");
  char *page = report_of(&plain, &size);
  int elements = count_in(page, size, "//*"), attributes = count_in(page, size, "//@*");
  free(page);
  report_case_end(&plain);
  for (size_t i = 0; i < sizeof hostile_texts / sizeof hostile_texts[0]; i++) {
    report_case c = case_of(hostile_texts[i]);
    page = report_of(&c, &size);
    cr_expect_eq(count_in(page, size, "//*"), elements, "text %zu makes elements", i);
    cr_expect_eq(count_in(page, size, "//@*"), attributes, "text %zu makes attributes", i);
    cr_expect_eq(count_in(page, size, "//x:script|//s:script|//@onload"), 0);
    for (const char *at = page; *at != '\0'; at++)
      cr_assert(*at == '\n' || ((unsigned char)*at >= 0x20 && *at != 0x7f), "control in %zu", i);
    cr_expect_null(strstr(page, "\xe2\x80\xae"), "text %zu turns the line round", i);
    free(page);
    report_case_end(&c);
  }
}

Test(report_html, scripts_of_other_directions_are_kept) {
  report_case c = case_of(hostile_texts[8]);
  size_t size = 0;
  char *page = report_of(&c, &size);
  char part[128];
  snprintf(part, sizeof part, "<bdi>%s</bdi>", hostile_texts[8]);
  expect_text(page, part);
  free(page);
  report_case_end(&c);
}

Test(report_html, long_names_are_cut) {
  enum { BYTES = 1 << 20 };
  char *name = malloc(BYTES + 1);
  size_t size = 0;
  for (size_t i = 0; i < BYTES; i += 2)
    memcpy(name + i, "\xc3\xa4", 2); /* whole characters only where it is cut */
  name[BYTES] = '\0';
  report_case c = case_of(name);
  char *page = report_of(&c, &size);
  cr_expect_lt(size, 60000, "%zu bytes", size);
  cr_expect_eq(count_in(page, size, "//x:section"), 7);
  free(page);
  free(name);
  report_case_end(&c);
}

/* ---------------------------------------------------------------------------- large plans */

static report_case large_case(uint32_t hosts, uint32_t steps) {
  report_case c = {.f = fixture_begin()};
  uint32_t cluster = fixture_cluster(&c.f, "c");
  char id[40], home[40];
  for (uint32_t i = 0; i < hosts; i++) {
    snprintf(id, sizeof id, "host-with-a-name-of-some-length-%05u", i);
    fixture_host(&c.f, cluster, id, 10000, 65536);
  }
  for (uint32_t i = 0; i < steps; i++) {
    snprintf(id, sizeof id, "virtual-machine-of-some-length-%06u", i);
    snprintf(home, sizeof home, "host-with-a-name-of-some-length-%05u", i % hosts);
    fixture_vm(&c.f, cluster, id, home, 10, 10);
  }
  c.inventory = fixture_freeze(&c.f);
  cr_assert_eq(berth_plan_new(c.f.ctx, c.inventory, NULL, BERTH_GOAL_REPAIR, &c.plan), BERTH_OK);
  for (uint32_t i = 0; i < steps; i++) {
    berth_plan_step step = BERTH_PLAN_STEP_INIT;
    int64_t at = (int64_t)(i / 100) * 30;
    const uint32_t before = i - 99;
    step.type = BERTH_STEP_MIGRATE, step.vm = i;
    step.from = i % hosts, step.to = (i + 1) % hosts;
    step.start = (berth_window){at, at * 2}, step.end = (berth_window){at + 30, at * 2 + 60};
    step.seconds = step.wait = 30, step.why = "to see how large the page gets";
    if (i >= 100)
      step.after = &before, step.after_count = 1;
    cr_assert_eq(berth_plan_add_step(c.f.ctx, c.plan, &step), BERTH_OK);
    if (i % 2 == 0)
      cr_assert_eq(berth_plan_add_warning(c.f.ctx, c.plan, "a warning of some length"), BERTH_OK);
    if (i % 4 == 0)
      add_unplaced(&c, i, i % 8 == 0 ? "memory" : "cpu", "wake another host");
  }
  add_ladder(&c);
  return c;
}

Test(report_html, large_plans_are_summed_up) {
  report_case c = large_case(10000, 40000);
  size_t size = 0;
  char *page = report_of(&c, &size);
  cr_expect_lt(size, 5000000, "%zu bytes", size);
  expect_text(page, "40000 steps are too many for a bar each. Shown: 60 of the 400 steps of the "
                    "critical chain");
  expect_text(page, "the busiest 40 of the 10000 hosts");
  expect_text(page, "All 10000 hosts, a cell each");
  expect_text(page, "Shown: 500 of 40000 steps.");
  expect_text(page, "Shown: 200 of 20000 warnings.");
  expect_text(page, "Shown: 200 of 10000 VMs.");
  cr_expect_eq(count_in(page, size, "//s:path[@class='g-load']"), 41, "all, and 40 hosts");
  free(page);
  report_case_end(&c);
}

Test(report_html, two_hundred_steps_have_a_bar_each) {
  report_case c = large_case(50, 200);
  size_t size = 0;
  char *page = report_of(&c, &size);
  cr_expect_eq(count_in(page, size, "//s:g/s:title"), 200);
  cr_expect_eq(count_in(page, size, "//s:text[@class='g-lane']"), 50);
  free(page);
  report_case_end(&c);
}

Test(report_html, a_plan_of_nothing) {
  report_case c = {.f = fixture_begin()};
  size_t size = 0;
  fixture_host(&c.f, fixture_cluster(&c.f, "c"), "h", 1, 1);
  c.inventory = fixture_freeze(&c.f);
  cr_assert_eq(berth_plan_new(c.f.ctx, c.inventory, NULL, BERTH_GOAL_REPAIR, &c.plan), BERTH_OK);
  berth_plan_set_status(c.plan, BERTH_OUTCOME_OPTIMAL);
  char *page = report_of(&c, &size);
  expect_text(page, "nothing changes");
  cr_expect_eq(count_in(page, size, "//x:section"), 0);
  free(page);
  report_case_end(&c);
}

/* ---------------------------------------------------------------------------- what runs out */

/* Allocations of the report's own context; the plan lives in another one. */
typedef struct short_memory {
  long left, alive;
} short_memory;

static void *short_allocate(void *user, size_t bytes) {
  short_memory *memory = user;
  void *piece = memory->left > 0 ? malloc(bytes) : NULL;
  memory->left -= memory->left > 0;
  memory->alive += piece != NULL;
  return piece;
}

static void *short_reallocate(void *user, void *old, size_t bytes) {
  short_memory *memory = user;
  void *piece = memory->left > 0 ? realloc(old, bytes) : NULL;
  memory->left -= memory->left > 0;
  memory->alive += piece != NULL && old == NULL;
  return piece;
}

static void short_release(void *user, void *piece) {
  ((short_memory *)user)->alive -= piece != NULL;
  free(piece);
}

static void expect_survives(const report_case *c, const char *path) {
  berth_status status = BERTH_E_NOMEM;
  long allowed = 1;
  for (; status == BERTH_E_NOMEM && allowed < 500; allowed++) {
    short_memory memory = {allowed, 0};
    const berth_allocator allocator = {short_allocate, short_reallocate, short_release, &memory};
    berth_context *ctx = NULL;
    if ((status = berth_context_new(&allocator, &ctx)) != BERTH_OK)
      continue;
    status = berth_write_report(ctx, c->plan, path);
    cr_expect(status == BERTH_OK || access(path, F_OK) != 0, "a part of a report after %ld",
              allowed);
    berth_context_free(ctx);
    cr_expect_eq(memory.alive, 0, "%ld pieces lost with %ld allowed", memory.alive, allowed);
  }
  cr_expect_eq(status, BERTH_OK);
  cr_expect_gt(allowed, 8, "fewer allocations than there are");
  unlink(path);
}

Test(report_html, memory_runs_out) {
  char path[64];
  report_case few = case_of("mouse"), many = large_case(50, 300);
  snprintf(path, sizeof path, "/tmp/test_report_html.%ld.html", (long)getpid());
  expect_survives(&few, path);
  expect_survives(&many, path);
  report_case_end(&few);
  report_case_end(&many);
}

Test(report_html, disk_is_full) {
  report_case c = large_case(50, 300);
  cr_expect_eq(berth_write_report(c.f.ctx, c.plan, "/dev/full"), BERTH_E_WRITE);
  cr_expect_eq(berth_write_report(c.f.ctx, c.plan, "/nowhere/at/all.html"), BERTH_E_OPEN_OUTPUT);
  cr_expect_eq(berth_write_report(c.f.ctx, NULL, "-"), BERTH_E_ARGUMENT);
  cr_expect_eq(berth_write_report(c.f.ctx, c.plan, NULL), BERTH_E_ARGUMENT);
  report_case_end(&c);
}
