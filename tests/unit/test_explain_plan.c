/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conflicts, shortages and remedies whose truth is worked out by hand, on datasets/ (each file
 * tells its story) and on small clusters; and that explaining keeps to its time.
 */
#include "inventory_fixture.h"

#include <berth/io.h>
#include <berth/solve.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(explain_plan);

typedef struct solved {
  berth_context *ctx;
  const berth_inventory *inventory;
  berth_plan *plan;
} solved;

static solved solve_dataset(const char *file, berth_goal goal, berth_event event) {
  solved s = {NULL, NULL, NULL};
  char path[256];
  const char *sources[1] = {path};
  berth_scenario *scenario = NULL;
  berth_request request = BERTH_REQUEST_INIT;
  snprintf(path, sizeof path, BERTH_SOURCE_DIR "/datasets/%s", file);
  cr_assert_eq(berth_context_new(NULL, &s.ctx), BERTH_OK);
  cr_assert_eq(berth_read_inventory(s.ctx, sources, 1, BERTH_DIALECT_NATIVE, NULL, &s.inventory),
               BERTH_OK);
  cr_assert_eq(berth_scenario_new(s.ctx, &scenario), BERTH_OK);
  if (event.host != NULL || event.rack != NULL)
    cr_assert_eq(berth_scenario_add(s.ctx, scenario, &event), BERTH_OK);
  request.infer_goal = false;
  request.goal = goal;
  request.scenario = scenario;
  cr_assert_eq(berth_solve(s.ctx, s.inventory, &request, NULL, &s.plan), BERTH_OK, "%s",
               berth_context_detail(s.ctx));
  berth_scenario_free(scenario);
  return s;
}

static void drop(solved *s) {
  berth_plan_free(s->plan);
  berth_inventory_release(s->inventory);
  berth_context_free(s->ctx);
}

static berth_event nothing(void) {
  return (berth_event)BERTH_EVENT_INIT;
}

/* "a, b": the conflict, in the order of the plan. */
static void expect_conflict(const berth_plan_unplaced *entry, const char *expected) {
  char text[256] = "";
  for (uint32_t i = 0; i < entry->conflict_count; i++)
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? ", " : "",
             entry->conflict[i]);
  cr_expect_str_eq(text, expected);
}

/* "1 wake h2; 3 ...": the remedies with their costs. */
static void expect_remedies(const berth_plan_unplaced *entry, const char *expected) {
  char text[512] = "";
  for (uint32_t i = 0; i < entry->remedy_count; i++)
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s%lld %s", i > 0 ? "; " : "",
             (long long)entry->remedies[i].cost, entry->remedies[i].change);
  cr_expect_str_eq(text, expected);
}

static void expect_vm(const solved *s, const berth_plan_unplaced *entry, const char *id) {
  cr_expect_str_eq(berth_inventory_vm_id(berth_plan_inventory(s->plan), entry->vm), id);
}

/* ---------------------------------------------------------------------------- datasets */

/* esx02 has 64 GiB; vault (48, pinned) and sql (32) are 16 GiB too much. Were vault free to move,
 * it would fit esx03 beside web (8). */
Test(explain_plan, rule_room_and_pin_together) {
  solved s = solve_dataset("must-rule-forbids-restart.xml", BERTH_GOAL_FAILOVER, nothing());
  cr_assert_eq(berth_plan_unplaced_count(s.plan), 1);
  const berth_plan_unplaced *entry = berth_plan_unplaced_at(s.plan, 0);
  expect_vm(&s, entry, "sql");
  expect_conflict(entry, "pinned, sql-at-site1, memory");
  expect_remedies(entry, "1 allow migration of vault; 2 lift rule sql-at-site1; "
                         "3 16384 MiB more on esx02");
  cr_assert_eq(berth_plan_shortage_count(s.plan), 1);
  const berth_plan_shortage *shortage = berth_plan_shortage_at(s.plan, 0);
  cr_expect(shortage->resource == BERTH_RESOURCE_MEMORY && shortage->short_by == 16384);
  cr_expect(shortage->vm_count == 2 && shortage->host_count == 1);
  drop(&s);
}

/* esx03 is kept for failover and has 32 GiB left; esx02 has 16 of the 32 needed. */
Test(explain_plan, dedicated_host) {
  solved s = solve_dataset("dedicated-failover-host.xml", BERTH_GOAL_FAILOVER, nothing());
  cr_assert_eq(berth_plan_unplaced_count(s.plan), 1);
  const berth_plan_unplaced *entry = berth_plan_unplaced_at(s.plan, 0);
  expect_vm(&s, entry, "new");
  expect_conflict(entry, "dedicated, memory");
  expect_remedies(entry, "3 16384 MiB more on esx02");
  drop(&s);
}

Test(explain_plan, rule_between_vms) {
  berth_event event = BERTH_EVENT_INIT;
  event.rack = "r1";
  solved s = solve_dataset("rack-failure.xml", BERTH_GOAL_FAILOVER, event);
  cr_assert_eq(berth_plan_unplaced_count(s.plan), 1);
  const berth_plan_unplaced *entry = berth_plan_unplaced_at(s.plan, 0);
  expect_vm(&s, entry, "etcd-1");
  expect_conflict(entry, "spread");
  expect_remedies(entry, "2 lift rule spread");
  drop(&s);
}

/* One host for dc-a (16), dc-b (8) and mail (56) of its 64 GiB: the rule alone keeps dc-a out, and
 * so does the room alone, so that no single change helps. */
Test(explain_plan, two_conflicts_and_no_remedy) {
  berth_event event = BERTH_EVENT_INIT;
  event.host = "esx03";
  solved s = solve_dataset("keep-apart-failover.xml", BERTH_GOAL_FAILOVER, event);
  cr_assert_eq(berth_plan_unplaced_count(s.plan), 1);
  const berth_plan_unplaced *entry = berth_plan_unplaced_at(s.plan, 0);
  expect_vm(&s, entry, "dc-a");
  cr_assert_eq(entry->conflict_count, 1);
  cr_expect(strcmp(entry->conflict[0], "memory") == 0 ||
            strcmp(entry->conflict[0], "controllers-apart") == 0);
  cr_expect_eq(entry->remedy_count, 0);
  drop(&s);
}

/* erp (32) goes first; test1 and test2 (16 each) lack 32 GiB together, 16 each. */
Test(explain_plan, alike_share_an_explanation) {
  solved s = solve_dataset("priority-decides.xml", BERTH_GOAL_FAILOVER, nothing());
  cr_assert_eq(berth_plan_unplaced_count(s.plan), 2);
  for (uint32_t i = 0; i < 2; i++) {
    expect_conflict(berth_plan_unplaced_at(s.plan, i), "memory");
    expect_remedies(berth_plan_unplaced_at(s.plan, i), "3 16384 MiB more on esx02");
  }
  cr_assert_eq(berth_plan_shortage_count(s.plan), 1);
  cr_expect_eq(berth_plan_shortage_at(s.plan, 0)->short_by, 32768);
  cr_expect_eq(berth_plan_shortage_at(s.plan, 0)->vm_count, 4);
  drop(&s);
}

/* esx02 has 64 GiB: erp (32), web (8, which moves there) and db (48) lack 24. */
Test(explain_plan, left_behind_for_room) {
  solved s = solve_dataset("maintenance-blocked.xml", BERTH_GOAL_EVACUATE, nothing());
  cr_assert_eq(berth_plan_left_behind_count(s.plan), 1);
  const berth_plan_unplaced *entry = berth_plan_left_behind_at(s.plan, 0);
  expect_vm(&s, entry, "db");
  expect_conflict(entry, "memory");
  expect_remedies(entry, "3 24576 MiB more on esx02");
  drop(&s);
}

Test(explain_plan, left_behind_for_a_pin) {
  solved s = solve_dataset("pinned-vm-stays.xml", BERTH_GOAL_EVACUATE, nothing());
  cr_assert_eq(berth_plan_left_behind_count(s.plan), 1);
  expect_conflict(berth_plan_left_behind_at(s.plan, 0), "pinned");
  expect_remedies(berth_plan_left_behind_at(s.plan, 0), "1 allow migration of cad");
  drop(&s);
}

/* ---------------------------------------------------------------------------- small clusters */

static void solve(solved *s, fixture *f, berth_goal goal, const berth_options *options) {
  berth_request request = BERTH_REQUEST_INIT;
  request.infer_goal = false;
  request.goal = goal;
  request.options = options;
  s->ctx = f->ctx;
  s->inventory = fixture_freeze(f);
  cr_assert_eq(berth_solve(f->ctx, s->inventory, &request, NULL, &s->plan), BERTH_OK, "%s",
               berth_context_detail(f->ctx));
}

static void close(solved *s, fixture *f) {
  berth_plan_free(s->plan);
  berth_inventory_release(s->inventory);
  fixture_end(f);
}

/* h1 is full, h2 cleared for maintenance, h3 asleep: each would take the VM. */
static fixture three_closed_hosts(void) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  fixture_host(&f, c, "h1", 10000, 1000);
  berth_host_spec spec = fixture_host_spec("h2", 10000, 1000);
  spec.state = BERTH_HOST_MAINTENANCE;
  fixture_add_host(&f, c, spec);
  spec = fixture_host_spec("h3", 10000, 1000);
  spec.state = BERTH_HOST_STANDBY;
  spec.wake = BERTH_WAKE_IPMI;
  fixture_add_host(&f, c, spec);
  fixture_vm(&f, c, "old", "h1", 100, 700);
  fixture_vm(&f, c, "new", NULL, 100, 500);
  return f;
}

/* Defragment wakes no host. */
Test(explain_plan, hosts_that_could_be_opened) {
  fixture f = three_closed_hosts();
  solved s;
  solve(&s, &f, BERTH_GOAL_DEFRAGMENT, NULL);
  cr_assert_eq(berth_plan_unplaced_count(s.plan), 1);
  const berth_plan_unplaced *entry = berth_plan_unplaced_at(s.plan, 0);
  expect_conflict(entry, "maintenance, standby, memory");
  expect_remedies(entry, "1 wake h3; 1 end maintenance of h2; 3 200 MiB more on h1");
  close(&s, &f);
}

Test(explain_plan, ledger_only) {
  fixture f = three_closed_hosts();
  berth_options options;
  solved s;
  berth_options_init(&options);
  cr_assert_eq(berth_options_parse(f.ctx, &options, BERTH_OPTION_EXPLAIN, "ledger"), BERTH_OK);
  solve(&s, &f, BERTH_GOAL_DEFRAGMENT, &options);
  const berth_plan_unplaced *entry = berth_plan_unplaced_at(s.plan, 0);
  cr_expect_eq(entry->ledger_count, 3);
  cr_expect_eq(entry->conflict_count + entry->remedy_count, 0);
  close(&s, &f);
}

/* Three VMs of 6 on two hosts of 10: nothing stands in the way of any one of them, and looking at
 * each host by itself shows nothing, since all may move. */
Test(explain_plan, conflict_that_only_a_search_finds) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  solved s;
  fixture_host(&f, c, "h1", 10, 10);
  fixture_host(&f, c, "h2", 10, 10);
  fixture_vm(&f, c, "a", "h1", 1, 6);
  fixture_vm(&f, c, "b", "h2", 1, 6);
  fixture_vm(&f, c, "new", NULL, 1, 6);
  fixture_rule(&f, c, "irrelevant", BERTH_RULE_NOT_RUN_ON, BERTH_MUST, "a", "h2");
  solve(&s, &f, BERTH_GOAL_PLACE, NULL);
  cr_assert_eq(berth_plan_unplaced_count(s.plan), 1);
  expect_conflict(berth_plan_unplaced_at(s.plan, 0), "memory");
  expect_remedies(berth_plan_unplaced_at(s.plan, 0), "3 2 MiB more on h1");
  cr_expect_eq(berth_plan_shortage_count(s.plan), 0, "18 of 20 are no shortage");
  close(&s, &f);
}

/* A rule that keeps another out of force is not lifted: that would bring the other one back. */
Test(explain_plan, rule_that_keeps_another_out_of_force) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  solved s;
  fixture_host(&f, c, "h1", 10, 10);
  fixture_host(&f, c, "h2", 10, 10);
  fixture_vm(&f, c, "a", "h1", 1, 6);
  fixture_vm(&f, c, "b", NULL, 1, 6);
  fixture_rule(&f, c, "on-one", BERTH_RULE_RUN_ON, BERTH_MUST, "a b", "h1");
  fixture_rule(&f, c, "on-two", BERTH_RULE_RUN_ON, BERTH_MUST, "b", "h2");
  solve(&s, &f, BERTH_GOAL_PLACE, NULL);
  cr_assert_not(
      berth_inventory_rule_enabled(s.inventory, fixture_find_rule(s.inventory, "on-two")));
  cr_assert_eq(berth_plan_unplaced_count(s.plan), 1);
  expect_conflict(berth_plan_unplaced_at(s.plan, 0), "on-one, memory");
  expect_remedies(berth_plan_unplaced_at(s.plan, 0), "3 2 MiB more on h1");
  close(&s, &f);
}

/* ---------------------------------------------------------------------------- memory */

/* Gives memory until a countdown ends; counts what is not given back. */
typedef struct stingy {
  long left, held;
} stingy;

static void *stingy_allocate(void *user, size_t bytes) {
  stingy *s = user;
  if (s->left-- <= 0)
    return NULL;
  void *memory = malloc(bytes > 0 ? bytes : 1);
  s->held += memory != NULL;
  return memory;
}

static void *stingy_reallocate(void *user, void *memory, size_t bytes) {
  stingy *s = user;
  if (s->left-- <= 0)
    return NULL;
  void *grown = realloc(memory, bytes > 0 ? bytes : 1);
  s->held += grown != NULL && memory == NULL;
  return grown;
}

static void stingy_release(void *user, void *memory) {
  ((stingy *)user)->held -= memory != NULL;
  free(memory);
}

/* Wherever memory runs out, that is said and nothing is lost. */
Test(explain_plan, out_of_memory_at_every_place) {
  fixture f = three_closed_hosts();
  const berth_inventory *inventory = fixture_freeze(&f);
  long refused = 0;
  for (berth_status status = BERTH_E_NOMEM; status != BERTH_OK; refused++) {
    stingy s = {.left = 1000000};
    const berth_allocator allocator = {stingy_allocate, stingy_reallocate, stingy_release, &s};
    berth_context *ctx = NULL;
    berth_plan *plan = NULL;
    berth_request request = BERTH_REQUEST_INIT;
    request.infer_goal = false;
    request.goal = BERTH_GOAL_DEFRAGMENT;
    cr_assert_eq(berth_context_new(&allocator, &ctx), BERTH_OK);
    s.left = refused;
    status = berth_solve(ctx, inventory, &request, NULL, &plan);
    cr_assert(status == BERTH_OK || status == BERTH_E_NOMEM, "%ld: %s", refused,
              berth_context_detail(ctx));
    cr_assert((plan != NULL) == (status == BERTH_OK));
    cr_assert(status != BERTH_OK || berth_plan_unplaced_at(plan, 0)->remedy_count == 3);
    berth_plan_free(plan);
    berth_context_free(ctx);
    cr_assert_eq(s.held, 0, "%ld: %ld not given back", refused, s.held);
  }
  cr_assert_gt(refused, 20, "%ld", refused);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* ---------------------------------------------------------------------------- time */

/* 400 VMs of as many sizes find no host among 60 that are nearly full. */
Test(explain_plan, keeps_to_its_time) {
  enum { HOSTS = 60, ON_A_HOST = 10, WAITING = 400 };
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  char host[16], id[16];
  berth_options options;
  berth_request request = BERTH_REQUEST_INIT;
  berth_solve_statistics statistics = {.struct_size = sizeof statistics};
  berth_plan *plan = NULL;
  for (int h = 0; h < HOSTS; h++) {
    snprintf(host, sizeof host, "h%d", h);
    fixture_host(&f, c, host, 100000, 10000);
    for (int v = 0; v < ON_A_HOST; v++) {
      snprintf(id, sizeof id, "r%d-%d", h, v);
      fixture_vm(&f, c, id, host, 100, 900 + (h * 7 + v * 13) % 60);
    }
  }
  for (int v = 0; v < WAITING; v++) {
    snprintf(id, sizeof id, "w%d", v);
    fixture_vm(&f, c, id, NULL, 100, 4000 + v);
  }
  const berth_inventory *inventory = fixture_freeze(&f);
  berth_options_init(&options);
  cr_assert_eq(berth_options_set(f.ctx, &options, BERTH_OPTION_TIME_LIMIT, 1000), BERTH_OK);
  request.infer_goal = false;
  request.goal = BERTH_GOAL_PLACE;
  request.options = &options;
  cr_assert_eq(berth_solve(f.ctx, inventory, &request, &statistics, &plan), BERTH_OK);
  cr_assert_gt(berth_plan_unplaced_count(plan), 300);
  /* 200 ms, what one question may take more, and a machine that is shared. */
  cr_expect_lt(statistics.explain_seconds, 2.0, "%f s", statistics.explain_seconds);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}
