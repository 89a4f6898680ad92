/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans as text: quantities, wrapping, tables that fit, and what a reader must find in the text of
 * a plan written by hand.
 */
#include "inventory_fixture.h"
#include "plan_text_layout.h"
#include "plan_writer.h"
#include <stdlib.h>

/* ---------------------------------------------------------------------------- layout */

static text_page page_on(FILE *stream, uint32_t width) {
  return (text_page){.stream = stream, .width = width, .utf8 = true};
}

Test(text_layout, quantities) {
  text_page page = page_on(NULL, 80), ascii = page;
  ascii.utf8 = false;
  cr_expect_str_eq(text_memory(65536).text, "64 GiB");
  cr_expect_str_eq(text_memory(65000).text, "65000 MiB");
  cr_expect_str_eq(text_memory(0).text, "0 MiB");
  cr_expect_str_eq(text_clock(5).text, "0:05");
  cr_expect_str_eq(text_clock(3723).text, "1:02:03");
  cr_expect_str_eq(text_duration(0).text, "0 s");
  cr_expect_str_eq(text_duration(37).text, "37 s");
  cr_expect_str_eq(text_duration(720).text, "12 min");
  cr_expect_str_eq(text_duration(3723).text, "1 h 2 min 3 s");
  cr_expect_str_eq(text_interval(&page, 5, 65).text, "0:05\u20131:05");
  cr_expect_str_eq(text_interval(&ascii, 5, 65).text, "0:05-1:05");
  cr_expect_str_eq(text_interval(&page, 300, 300).text, "5:00");
}

Test(text_layout, width_counts_characters) {
  cr_expect_eq(text_width("esx01"), 5);
  cr_expect_eq(text_width("Zürich"), 6);
  cr_expect_eq(text_width("\xff\xfe"), 2, "bytes that are no UTF-8 stand for themselves");
}

static char *wrapped(uint32_t width, uint32_t indent, const char *text) {
  char *out = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&out, &size);
  text_page page = page_on(stream, width);
  text_wrap(&page, INK_PLAIN, 0, indent, text);
  fclose(stream);
  return out;
}

Test(text_layout, wraps_at_words) {
  char *text = wrapped(12, 2, "seven hosts by rule db");
  cr_expect_str_eq(text, "seven hosts\n  by rule db\n");
  free(text);
}

Test(text_layout, a_number_keeps_its_unit) {
  char *text = wrapped(13, 0, "it takes 14 s. 9 stones");
  cr_expect_str_eq(text, "it takes\n14 s. 9\nstones\n");
  free(text);
}

Test(text_layout, a_word_longer_than_the_line_stays_whole) {
  char *text = wrapped(5, 0, "a incomprehensible b");
  cr_expect_str_eq(text, "a\nincomprehensible\nb\n");
  free(text);
}

Test(text_layout, names_cannot_steer_the_terminal) {
  char *text = wrapped(80, 0,
                       "a\033[2Jb\nc\xc2\x9b"
                       "d");
  cr_expect_str_eq(text, "a?[2Jb?c??d\n");
  free(text);
  text = wrapped(80, 0,
                 "a\u202e"
                 "b\u2066"
                 "c\u2013d");
  cr_expect_str_eq(text, "a???b???c\u2013d\n", "what turns the direction of text");
  free(text);
}

static void fill_long(const text_table *table, uint32_t index, text_row *row) {
  (void)table;
  snprintf(row->cell[0], TEXT_CELL_MAX, "row-%u-with-a-name-much-too-long-for-it", index);
  snprintf(row->cell[1], TEXT_CELL_MAX, "%u", index);
}

static char *printed(const text_table *table, FILE *stream, char **out) {
  text_print_table(table);
  fclose(stream);
  return *out;
}

Test(text_layout, table_shrinks_to_the_page) {
  char *out = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&out, &size);
  text_page page = page_on(stream, 30);
  text_table table = {.page = &page,
                      .fill = fill_long,
                      .heading = {"name", "n"},
                      .columns = 2,
                      .count = 3,
                      .right = {[1] = true},
                      .shrink = {[0] = true}};
  printed(&table, stream, &out);
  /* 2 + 25 + 2 + 1 columns: the name keeps 24 characters and the ellipsis. */
  cr_expect_not_null(strstr(out, "  row-0-with-a-name-much-t\u2026  0\n"), "%s", out);
  free(out);
}

Test(text_layout, long_tables_are_summed_up) {
  char *out = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&out, &size);
  text_page page = page_on(stream, 80);
  text_table table = {
      .page = &page, .fill = fill_long, .heading = {"name", "n"}, .columns = 2, .count = 250};
  printed(&table, stream, &out);
  cr_expect_not_null(strstr(out, "row-199-"));
  cr_expect_null(strstr(out, "row-200-"));
  cr_expect_not_null(strstr(out, "\u2026 and 50 more; --format json has all\n"));
  free(out);
}

/* ---------------------------------------------------------------------------- a plan */

static berth_plan *small_plan(fixture *f, const berth_inventory *inventory) {
  berth_plan *plan = NULL;
  const berth_plan_level level = {BERTH_LEVEL_UNPLACED_HIGH, 1, 1, BERTH_OUTCOME_OPTIMAL, "count"};
  const berth_plan_level open = {BERTH_LEVEL_MAKESPAN, 90, 30, BERTH_OUTCOME_FEASIBLE, NULL};
  const berth_plan_ledger_entry ledger[] = {
      {BERTH_REASON_RULE, fixture_find_rule(inventory, "pin"), BERTH_NONE, 1, 0},
      {BERTH_REASON_MAINTENANCE, BERTH_NONE, BERTH_NONE, 3, 0},
      {BERTH_REASON_RESOURCE, BERTH_NONE, BERTH_RESOURCE_MEMORY, 2, 8192}};
  const char *const conflict[] = {"pin", "memory"};
  const berth_plan_remedy remedy = {"wake esx09", 1};
  const berth_plan_unplaced unplaced = {
      fixture_find_vm(inventory, "big"), 3, 2, 1, ledger, conflict, &remedy};
  berth_plan_step step = BERTH_PLAN_STEP_INIT;
  step.type = BERTH_STEP_MIGRATE, step.vm = fixture_find_vm(inventory, "web");
  step.from = fixture_find_host(inventory, "h1"), step.to = fixture_find_host(inventory, "h2");
  step.wait = 60, step.seconds = 30, step.approval = true;
  step.end = (berth_window){30, 90};
  step.why = "h1 must be emptied";
  const berth_plan_placement placement = {step.vm, step.from, step.to, BERTH_HOW_MIGRATE};
  cr_assert_eq(berth_plan_new(f->ctx, inventory, NULL, BERTH_GOAL_FAILOVER, &plan), BERTH_OK);
  cr_assert_eq(berth_plan_add_level(f->ctx, plan, &level), BERTH_OK);
  cr_assert_eq(berth_plan_add_level(f->ctx, plan, &open), BERTH_OK);
  cr_assert_eq(berth_plan_add_unplaced(f->ctx, plan, &unplaced), BERTH_OK);
  cr_assert_eq(berth_plan_add_placement(f->ctx, plan, &placement), BERTH_OK);
  cr_assert_eq(berth_plan_add_step(f->ctx, plan, &step), BERTH_OK);
  cr_assert_eq(berth_plan_add_warning(f->ctx, plan, "mind the gap"), BERTH_OK);
  berth_plan_set_status(plan, BERTH_OUTCOME_INFEASIBLE);
  berth_plan_set_makespan(plan, (berth_plan_makespan){30, 42, 90});
  return plan;
}

static char *plan_as_text(uint32_t width, bool colour, bool utf8) {
  fixture f = fixture_begin();
  char *out = NULL;
  size_t size = 0;
  uint32_t c = fixture_cluster(&f, "prod");
  fixture_host(&f, c, "h1", 10000, 65536);
  berth_host_spec named = fixture_host_spec("h2", 10000, 65536);
  named.name = "mouse";
  fixture_add_host(&f, c, named);
  fixture_vm(&f, c, "web", "h1", 1000, 4096);
  fixture_vm(&f, c, "big", NULL, 2000, 131072);
  fixture_rule(&f, c, "pin", BERTH_RULE_RUN_ON, BERTH_MUST, "big", "h1");
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_plan *plan = small_plan(&f, inventory);
  berth_text_style style = BERTH_TEXT_STYLE_INIT;
  style.width = width, style.colour = colour, style.utf8 = utf8;
  FILE *stream = open_memstream(&out, &size);
  cr_assert_eq(plan_text_write(f.ctx, plan, &style, stream), BERTH_OK);
  fclose(stream);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
  return out;
}

static void expect_part(const char *text, const char *part) {
  cr_expect_not_null(strstr(text, part), "missing: %s\nin:\n%s", part, text);
}

Test(plan_text, says_what_matters) {
  char *text = plan_as_text(100, false, true);
  expect_part(text, "Plan: failover: infeasible\n"
                    "Not all that was asked can be done: 1 VM moves, 1 VM finds no host. It takes "
                    "30 s to 1 min 30 s,\n42 s expected.\n"
                    "Proved: no safe plan does better on the levels down to unplaced.high.\n"
                    "Not proved to be the least: the time (1 min 30 s; at least 30 s).\n");
  expect_part(text, "unplaced.high      1      1  \u2713 proved (count)\n");
  expect_part(text, "makespan        1:30   0:30  gap 1:00\n");
  expect_part(text, "  big  priority medium, reserves 128 GiB, 2000 MHz\n"
                    "    none of 6 hosts can take it: 1 ruled out by pin, 3 in maintenance, 2 left "
                    "short of memory by at\n      least 8 GiB\n"
                    "    forbidden only together by: rule pin, limits of memory\n"
                    "    would help: wake esx09\n");
  expect_part(text, "  web   4 GiB  h1    \u2192 mouse\n");
  expect_part(text, "  1  migrate web  h1 \u2192 mouse    0:00  0:30\u20131:30\n"
                    "     needs approval; the guest is told and may take 60 s; "
                    "h1 must be emptied\n");
  expect_part(text, "Warnings (1)\n  mind the gap\n");
  cr_expect_null(strchr(text, '\033'));
  free(text);
}

Test(plan_text, fits_a_narrow_page) {
  char *text = plan_as_text(44, false, true);
  for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
    cr_expect_leq(text_width(line), 44, "%s", line);
  free(text);
}

Test(plan_text, plain_ascii_where_nothing_else_can_be_shown) {
  char *text = plan_as_text(80, false, false);
  for (const char *at = text; *at != '\0'; at++)
    cr_assert_lt((unsigned char)*at, 0x80);
  expect_part(text, "h1 -> mouse");
  free(text);
}

Test(plan_text, colour_is_always_taken_back) {
  char *text = plan_as_text(80, true, true);
  unsigned begun = 0, ended = 0;
  for (const char *at = text; (at = strchr(at, '\033')) != NULL; at++)
    strncmp(at, "\033[0m", 4) == 0 ? ended++ : begun++;
  cr_expect_gt(begun, 0);
  cr_expect_eq(begun, ended);
  free(text);
}

/* ---------------------------------------------------------------------------- verdicts */

typedef struct verdict_case {
  int64_t violations, violations_bound, migrations, migrations_bound;
  berth_outcome status;
  const char *text;
} verdict_case;

static const verdict_case verdicts[] = {
    {0, 0, 2, 2, BERTH_OUTCOME_OPTIMAL,
     ": optimal\nAll that was asked is done: nothing changes.\nProved: no safe plan does "
     "better.\n"},
    {0, 0, 2, 1, BERTH_OUTCOME_FEASIBLE,
     ": feasible\nAll that was asked is done: nothing changes.\n"
     "Proved: no safe plan does better on the levels down to violations.\n"
     "Not proved to be the least: migrations (2; at least 1).\n"},
    {2, 2, 0, 0, BERTH_OUTCOME_INFEASIBLE,
     ": infeasible\nNot all that was asked can be done: nothing changes, 2 violations stay.\n"
     "Proved: no safe plan does better.\n"},
    {2, 1, 0, 0, BERTH_OUTCOME_INFEASIBLE,
     ": infeasible\nNot all that was asked can be done, but perhaps more than here: nothing "
     "changes, 2 violations stay.\nNot proved to be the least: violations (2; at least 1).\n"},
    {2, 0, 0, 0, BERTH_OUTCOME_FEASIBLE,
     ": feasible\nNot all that was asked is done, and that is not proved impossible: nothing "
     "changes, 2 violations stay.\nNot proved to be the least: violations (2).\n"}};

static berth_plan_level level_of(berth_level level, int64_t value, int64_t bound) {
  return (berth_plan_level){level, value, bound,
                            value == bound ? BERTH_OUTCOME_OPTIMAL : BERTH_OUTCOME_FEASIBLE, NULL};
}

static char *plan_written(fixture *f, const berth_plan *plan) {
  char *out = NULL;
  size_t size = 0;
  berth_text_style style = BERTH_TEXT_STYLE_INIT;
  style.width = 120, style.colour = false, style.utf8 = true;
  FILE *stream = open_memstream(&out, &size);
  cr_assert_eq(plan_text_write(f->ctx, plan, &style, stream), BERTH_OK);
  fclose(stream);
  return out;
}

Test(plan_text, claims_no_more_than_the_bounds_prove) {
  for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
    const verdict_case *row = &verdicts[i];
    fixture f = fixture_begin();
    fixture_host(&f, fixture_cluster(&f, "prod"), "h1", 10000, 65536);
    const berth_inventory *inventory = fixture_freeze(&f);
    berth_plan *plan = NULL;
    berth_plan_level asked =
        level_of(BERTH_LEVEL_VIOLATIONS, row->violations, row->violations_bound);
    berth_plan_level cost =
        level_of(BERTH_LEVEL_MIGRATIONS, row->migrations, row->migrations_bound);
    cr_assert_eq(berth_plan_new(f.ctx, inventory, NULL, BERTH_GOAL_REPAIR, &plan), BERTH_OK);
    cr_assert_eq(berth_plan_add_level(f.ctx, plan, &asked), BERTH_OK);
    cr_assert_eq(berth_plan_add_level(f.ctx, plan, &cost), BERTH_OK);
    berth_plan_set_status(plan, row->status);
    char *text = plan_written(&f, plan);
    expect_part(text, row->text);
    free(text);
    berth_plan_free(plan);
    berth_inventory_release(inventory);
    fixture_end(&f);
  }
}

Test(plan_text, says_a_common_reason_once) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  fixture_host(&f, c, "h1", 10000, 65536);
  const char *const names[] = {"a", "b", "c"};
  for (size_t i = 0; i < 3; i++)
    fixture_vm(&f, c, names[i], NULL, 0, 131072);
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_plan *plan = NULL;
  cr_assert_eq(berth_plan_new(f.ctx, inventory, NULL, BERTH_GOAL_PLACE, &plan), BERTH_OK);
  for (uint32_t i = 0; i < 3; i++) {
    const berth_plan_ledger_entry entry = {BERTH_REASON_RESOURCE_NEVER, BERTH_NONE,
                                           BERTH_RESOURCE_MEMORY, 1, i < 2 ? 65536 : 1024};
    const berth_plan_unplaced unplaced = {
        fixture_find_vm(inventory, names[i]), 1, 0, 0, &entry, NULL, NULL};
    cr_assert_eq(berth_plan_add_unplaced(f.ctx, plan, &unplaced), BERTH_OK);
  }
  char *text = plan_written(&f, plan);
  expect_part(text,
              "Without a host (3)\n"
              "  a  priority medium, reserves 128 GiB\n"
              "  b  priority medium, reserves 128 GiB\n"
              "    the only host cannot take it: 1 too small even when empty, short of memory "
              "by 64 GiB\n"
              "  c  priority medium, reserves 128 GiB\n"
              "    the only host cannot take it: 1 too small even when empty, short of memory "
              "by 1 GiB\n");
  free(text);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* h1 holds 65 of 64 GiB and a pair that must be apart; h2 is in maintenance with "old" on it; a
 * pair that should be together is split, one that should not run on h1 does; "late" ends elsewhere.
 */
static const berth_inventory *troubled(fixture *f) {
  uint32_t c = fixture_cluster(f, "prod");
  fixture_host(f, c, "h1", 10000, 65536);
  berth_host_spec emptied = fixture_host_spec("h2", 10000, 65536);
  emptied.state = BERTH_HOST_MAINTENANCE;
  fixture_add_host(f, c, emptied);
  fixture_host(f, c, "h3", 10000, 65536);
  berth_host_spec dead = fixture_host_spec("h4", 10000, 65536);
  dead.state = BERTH_HOST_FAILED;
  fixture_add_host(f, c, dead);
  fixture_vm(f, c, "dc-a", "h1", 0, 32768);
  fixture_vm(f, c, "dc-b", "h1", 0, 33792);
  fixture_vm(f, c, "old", "h2", 0, 1024);
  fixture_vm(f, c, "late", "h1", 0, 16384);
  fixture_vm(f, c, "gone", "h4", 0, 1024);
  fixture_rule(f, c, "pair", BERTH_RULE_APART, BERTH_MUST, "dc-a dc-b gone", NULL);
  fixture_rule(f, c, "kept", BERTH_RULE_APART, BERTH_MUST, "dc-a late", NULL);
  fixture_rule(f, c, "close", BERTH_RULE_TOGETHER, BERTH_SHOULD, "dc-a old", NULL);
  fixture_rule(f, c, "away", BERTH_RULE_NOT_RUN_ON, BERTH_SHOULD, "dc-b late", "h1");
  return fixture_freeze(f);
}

Test(plan_text, names_what_stays_wrong) {
  fixture f = fixture_begin();
  const berth_inventory *inventory = troubled(&f);
  berth_plan *plan = NULL;
  const berth_plan_level violations = level_of(BERTH_LEVEL_VIOLATIONS, 3, 3);
  const berth_plan_level broken = level_of(BERTH_LEVEL_SHOULD_BROKEN, 2, 2);
  const berth_plan_placement moved = {fixture_find_vm(inventory, "late"),
                                      fixture_find_host(inventory, "h1"),
                                      fixture_find_host(inventory, "h3"), BERTH_HOW_MIGRATE};
  cr_assert_eq(berth_plan_new(f.ctx, inventory, NULL, BERTH_GOAL_REPAIR, &plan), BERTH_OK);
  cr_assert_eq(berth_plan_add_level(f.ctx, plan, &violations), BERTH_OK);
  cr_assert_eq(berth_plan_add_level(f.ctx, plan, &broken), BERTH_OK);
  cr_assert_eq(berth_plan_add_placement(f.ctx, plan, &moved), BERTH_OK);
  berth_plan_set_status(plan, BERTH_OUTCOME_INFEASIBLE);
  char *text = plan_written(&f, plan);
  expect_part(text, "1 VM moves, 3 violations stay, 2 should rules are not kept.\n");
  expect_part(text, "\nStill wrong at the end (3)\n"
                    "  rule pair (apart): dc-a on h1, dc-b on h1\n"
                    "  h1 is over its capacity: memory by 1 GiB\n"
                    "  h2 is not emptied: old stays\n"
                    "\nShould rules not kept (2)\n"
                    "  rule close (together): dc-a on h1, old on h2\n"
                    "  rule away (not-run-on): dc-b on h1\n\n");
  free(text);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}
