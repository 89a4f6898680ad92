/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulator against timelines worked out by hand, the vectors of migration notification, and
 * plans that are unsafe in one way each.
 */
#include "../inventory_fixture.h"

#include <berth/io.h>
#include <berth/solve.h>
#include <berth/verify.h>

/* A VM of 8 GiB copies in ceil(8192 * 8388608 / 10^10) = 7 s at 10 Gbps. */
enum { COPY = 7 };

static berth_host_spec timed_host(const char *id, int64_t memory, int64_t timeout) {
  berth_host_spec spec = fixture_host_spec(id, 100000, memory);
  spec.notify_timeout = timeout;
  return spec;
}

static berth_vm_spec told_vm(const char *id, const char *host, int64_t timeout, int64_t settle) {
  berth_vm_spec spec = fixture_vm_spec(id, host, 100, 8192);
  spec.notify_enabled = spec.notify_registered = true;
  spec.notify_hardware = 20;
  spec.notify_timeout = timeout;
  spec.notify_settle_seconds = settle;
  return spec;
}

typedef struct hand_plan {
  fixture f;
  const berth_inventory *inventory;
  berth_plan *plan;
} hand_plan;

static void begin_plan(hand_plan *p, berth_goal goal) {
  p->inventory = fixture_freeze(&p->f);
  cr_assert_eq(berth_plan_new(p->f.ctx, p->inventory, NULL, goal, &p->plan), BERTH_OK);
}

static void end_plan(hand_plan *p) {
  berth_plan_free(p->plan);
  berth_inventory_release(p->inventory);
  fixture_end(&p->f);
}

/* Windows as wide as can be: they are not what is tested here. */
static void add_step(hand_plan *p, berth_plan_step step) {
  step.start = step.end = (berth_window){0, 1000000};
  cr_assert_eq(berth_plan_add_step(p->f.ctx, p->plan, &step), BERTH_OK);
}

/* @p after: 0 = nothing; the id of one step, < 0 = after it has settled. */
static void add_migration(hand_plan *p, const char *vm, const char *from, const char *to,
                          int after) {
  berth_plan_step step = BERTH_PLAN_STEP_INIT;
  uint32_t id = (uint32_t)(after < 0 ? -after : after);
  step.type = BERTH_STEP_MIGRATE;
  step.vm = fixture_find_vm(p->inventory, vm);
  step.from = fixture_find_host(p->inventory, from);
  step.to = fixture_find_host(p->inventory, to);
  step.after = step.after_settled = &id;
  step.after_count = after > 0;
  step.after_settled_count = after < 0;
  add_step(p, step);
}

static void add_start(hand_plan *p, berth_step_type type, const char *vm, const char *to,
                      int after) {
  berth_plan_step step = BERTH_PLAN_STEP_INIT;
  uint32_t id = (uint32_t)after;
  step.type = type;
  step.vm = fixture_find_vm(p->inventory, vm);
  step.to = fixture_find_host(p->inventory, to);
  step.after = &id;
  step.after_count = after > 0;
  add_step(p, step);
}

static void add_host_step(hand_plan *p, berth_step_type type, const char *host, int after) {
  berth_plan_step step = BERTH_PLAN_STEP_INIT;
  uint32_t id = (uint32_t)after;
  step.type = type;
  step.host = fixture_find_host(p->inventory, host);
  step.after = &id;
  step.after_count = after > 0;
  add_step(p, step);
}

static berth_simulation *simulate_with(hand_plan *p, berth_draw draw, int64_t runs,
                                       const berth_scenario *scenario) {
  berth_simulation_options options = BERTH_SIMULATION_OPTIONS_INIT;
  berth_simulation *simulation = NULL;
  options.draw = draw;
  options.runs = runs;
  options.scenario = scenario;
  cr_assert_eq(berth_simulate_plan(p->f.ctx, p->plan, &options, &simulation), BERTH_OK, "%s",
               berth_context_detail(p->f.ctx));
  return simulation;
}

static void expect_step(const berth_simulation *simulation, uint32_t id, int64_t start,
                        int64_t acknowledged, int64_t work, int64_t end, int64_t settled) {
  const berth_simulated_step *step = berth_simulation_step_at(simulation, id - 1);
  cr_expect_eq(step->start, start, "step %u starts at %lld", id, (long long)step->start);
  cr_expect_eq(step->acknowledged, acknowledged, "step %u acknowledged at %lld", id,
               (long long)step->acknowledged);
  cr_expect_eq(step->work, work, "step %u works from %lld", id, (long long)step->work);
  cr_expect_eq(step->end, end, "step %u ends at %lld", id, (long long)step->end);
  cr_expect_eq(step->settled, settled, "step %u settled at %lld", id, (long long)step->settled);
}

/* The first breach in a simulation in which guests do not acknowledge. */
static void expect_breach(hand_plan *p, berth_breach_kind kind, uint32_t step, int64_t at) {
  berth_simulation *simulation = simulate_with(p, BERTH_DRAW_WORST, 1, NULL);
  const berth_breach *breach = berth_simulation_breach_at(simulation, 0);
  cr_assert_not_null(breach, "nothing is broken");
  cr_expect_eq(breach->kind, kind, "%s: %s", berth_breach_word(breach->kind), breach->text);
  cr_expect_eq(breach->step, step, "step %u", breach->step);
  cr_expect_eq(breach->at, at, "at %lld", (long long)breach->at);
  berth_simulation_free(simulation);
}

static void expect_whole(hand_plan *p) {
  berth_simulation *simulation = simulate_with(p, BERTH_DRAW_WORST, 1, NULL);
  const berth_breach *breach = berth_simulation_breach_at(simulation, 0);
  cr_expect_null(breach, "%s", breach == NULL ? "" : breach->text);
  berth_simulation_free(simulation);
}

/* ------------------------------------------------------------------ notification */

/* One VM with these timeouts moves; `registered` as given. */
static hand_plan one_move(int64_t host_timeout, int64_t vm_timeout, bool registered) {
  hand_plan p = {.f = fixture_begin()};
  uint32_t c = fixture_cluster(&p.f, "c");
  fixture_add_host(&p.f, c, timed_host("h1", 65536, host_timeout));
  fixture_add_host(&p.f, c, timed_host("h2", 65536, host_timeout));
  berth_vm_spec spec = told_vm("v", "h1", vm_timeout, 0);
  spec.notify_registered = registered;
  fixture_add_vm(&p.f, c, spec);
  begin_plan(&p, BERTH_GOAL_REPAIR);
  add_migration(&p, "v", "h1", "h2", 0);
  return p;
}

static berth_scenario *acks(hand_plan *p, const char *vm, int64_t at, int64_t after,
                            berth_scenario *scenario) {
  berth_event event = BERTH_EVENT_INIT;
  if (scenario == NULL)
    cr_assert_eq(berth_scenario_new(p->f.ctx, &scenario), BERTH_OK);
  event.type = BERTH_EVENT_ACK;
  event.vm = vm;
  event.at = at;
  event.after = after;
  cr_assert_eq(berth_scenario_add(p->f.ctx, scenario, &event), BERTH_OK);
  return scenario;
}

/* Host 60, VM 120: the guest has 60 s. */
Test(notification, the_host_caps_the_wait) {
  hand_plan p = one_move(60, 120, true);
  berth_simulation *simulation = simulate_with(&p, BERTH_DRAW_WORST, 1, NULL);
  expect_step(simulation, 1, 0, BERTH_UNSET, 60, 60 + COPY, 60 + COPY);
  cr_assert_eq(berth_simulation_makespan(simulation), 60 + COPY);
  berth_simulation_free(simulation);
  end_plan(&p);
}

/* VM 60, host 90, acknowledged after 10: the copy starts at 10. */
Test(notification, an_acknowledgement_ends_the_wait) {
  hand_plan p = one_move(90, 60, true);
  berth_scenario *scenario = acks(&p, "v", BERTH_UNSET, 10, NULL);
  berth_simulation *simulation = simulate_with(&p, BERTH_DRAW_WORST, 1, scenario);
  expect_step(simulation, 1, 0, 10, 10, 10 + COPY, 10 + COPY);
  cr_expect_eq(berth_simulation_drawn(simulation), 0);
  berth_simulation_free(simulation);
  berth_scenario_free(scenario);
  end_plan(&p);
}

/* One that comes after the wait has run out changes nothing. */
Test(notification, an_acknowledgement_may_come_too_late) {
  hand_plan p = one_move(90, 60, true);
  berth_scenario *scenario = acks(&p, "v", BERTH_UNSET, 61, NULL);
  berth_simulation *simulation = simulate_with(&p, BERTH_DRAW_BEST, 1, scenario);
  expect_step(simulation, 1, 0, BERTH_UNSET, 60, 60 + COPY, 60 + COPY);
  berth_simulation_free(simulation);
  berth_scenario_free(scenario);
  end_plan(&p);
}

Test(notification, without_an_application_nobody_waits) {
  hand_plan p = one_move(60, 120, false);
  berth_simulation *simulation = simulate_with(&p, BERTH_DRAW_WORST, 1, NULL);
  expect_step(simulation, 1, 0, BERTH_UNSET, 0, COPY, COPY);
  berth_simulation_free(simulation);
  end_plan(&p);
}

/* The VM moves on after its first move ends at 5 + 7 = 12: an event from second 10 on holds then.
 */
Test(notification, an_event_holds_from_its_time_on) {
  hand_plan p = one_move(60, BERTH_UNSET, true);
  berth_scenario *scenario = acks(&p, "v", BERTH_UNSET, 5, NULL);
  scenario = acks(&p, "v", 10, 20, scenario);
  add_migration(&p, "v", "h2", "h1", 1);
  berth_simulation *simulation = simulate_with(&p, BERTH_DRAW_WORST, 1, scenario);
  expect_step(simulation, 1, 0, 5, 5, 12, 12);
  expect_step(simulation, 2, 12, 32, 32, 39, 39);
  berth_simulation_free(simulation);
  berth_scenario_free(scenario);
  end_plan(&p);
}

Test(notification, an_unknown_vm_is_refused) {
  hand_plan p = one_move(60, 120, true);
  berth_simulation_options options = BERTH_SIMULATION_OPTIONS_INIT;
  berth_simulation *simulation = NULL;
  berth_scenario *scenario = acks(&p, "w", BERTH_UNSET, 5, NULL);
  options.scenario = scenario;
  cr_assert_eq(berth_simulate_plan(p.f.ctx, p.plan, &options, &simulation), BERTH_E_NOT_FOUND);
  cr_assert_null(simulation);
  berth_scenario_free(scenario);
  end_plan(&p);
}

/* ------------------------------------------------------------------ draws */

Test(draws, quantiles_of_all_extremes) {
  hand_plan p = one_move(60, 120, true);
  berth_simulation *simulation = simulate_with(&p, BERTH_DRAW_EXTREMES, 1000, NULL);
  cr_expect_eq(berth_simulation_runs(simulation), 2); /* at once, or not at all */
  cr_expect_eq(berth_simulation_quantile(simulation, 0), COPY);
  cr_expect_eq(berth_simulation_quantile(simulation, 500), COPY);
  cr_expect_eq(berth_simulation_quantile(simulation, 501), 60 + COPY);
  cr_expect_eq(berth_simulation_quantile(simulation, 1000), 60 + COPY);
  berth_simulation_free(simulation);
  end_plan(&p);
}

Test(draws, expected_takes_what_the_vm_says) {
  hand_plan p = {.f = fixture_begin()};
  uint32_t c = fixture_cluster(&p.f, "c");
  fixture_add_host(&p.f, c, timed_host("h1", 65536, 60));
  fixture_add_host(&p.f, c, timed_host("h2", 65536, 60));
  berth_vm_spec spec = told_vm("v", "h1", 60, 8);
  spec.notify_ack_seconds = 12;
  fixture_add_vm(&p.f, c, spec);
  begin_plan(&p, BERTH_GOAL_REPAIR);
  add_migration(&p, "v", "h1", "h2", 0);
  berth_simulation *simulation = simulate_with(&p, BERTH_DRAW_EXPECTED, 50, NULL);
  expect_step(simulation, 1, 0, 12, 12, 12 + COPY, 12 + COPY + 8);
  cr_expect_eq(berth_simulation_runs(simulation), 1); /* there is nothing to draw */
  berth_simulation_free(simulation);
  end_plan(&p);
}

Test(draws, random_runs_keep_to_the_wait_and_differ) {
  hand_plan p = one_move(60, 120, true);
  berth_simulation *simulation = simulate_with(&p, BERTH_DRAW_RANDOM, 2000, NULL);
  cr_expect_eq(berth_simulation_runs(simulation), 2000);
  /* Each of 61 values is missed by 2000 uniform draws with probability (60/61)^2000 < 10^-14. */
  cr_expect_eq(berth_simulation_quantile(simulation, 0), COPY);
  cr_expect_eq(berth_simulation_quantile(simulation, 1000), 60 + COPY);
  cr_expect(berth_simulation_quantile(simulation, 500) > 25 + COPY &&
            berth_simulation_quantile(simulation, 500) < 35 + COPY);
  berth_simulation_free(simulation);
  end_plan(&p);
}

/* ------------------------------------------------------------------ unsafe plans */

/* Three hosts of 16 GiB; VMs of 8 GiB at h1 (a, b) and h2 (x). */
static hand_plan small_cluster(berth_cluster_spec spec) {
  hand_plan p = {.f = fixture_begin()};
  uint32_t c = BERTH_NONE;
  spec.id = "c";
  cr_assert_eq(berth_builder_add_cluster(p.f.builder, &spec, &c), BERTH_OK);
  for (int h = 0; h < 3; h++) {
    const char *const ids[] = {"h1", "h2", "h3"};
    berth_host_spec host = timed_host(ids[h], 16384, 60);
    cr_assert_eq(
        berth_builder_host_reach_datastore(p.f.builder, fixture_add_host(&p.f, c, host), "store"),
        BERTH_OK);
  }
  fixture_add_vm(&p.f, c, told_vm("a", "h1", 60, 30));
  fixture_add_vm(&p.f, c, told_vm("b", "h1", 45, 20));
  fixture_vm(&p.f, c, "x", "h2", 100, 8192);
  for (uint32_t vm = 0; vm < 3; vm++)
    cr_assert_eq(berth_builder_vm_needs_datastore(p.f.builder, vm, "store"), BERTH_OK);
  return p;
}

static hand_plan plain_cluster(void) {
  return small_cluster((berth_cluster_spec)BERTH_CLUSTER_SPEC_INIT);
}

/* a and b to h2, where one of them fits beside x. */
Test(unsafe, memory_of_the_destination) {
  hand_plan p = plain_cluster();
  begin_plan(&p, BERTH_GOAL_REPAIR);
  add_migration(&p, "a", "h1", "h2", 0);
  add_migration(&p, "b", "h1", "h2", 1);
  expect_breach(&p, BERTH_BREACH_CAPACITY, 2, 60 + COPY);
  end_plan(&p);
}

/* x leaves h2 in 7 s and a may come after, but nothing says so: a comes while x is still there. */
Test(unsafe, both_hosts_are_charged_until_the_end) {
  hand_plan p = plain_cluster();
  begin_plan(&p, BERTH_GOAL_REPAIR);
  add_migration(&p, "b", "h1", "h2", 0);
  add_migration(&p, "x", "h2", "h3", 0);
  add_migration(&p, "a", "h1", "h2", 0);
  expect_breach(&p, BERTH_BREACH_CAPACITY, 3, 0);
  end_plan(&p);
  p = plain_cluster();
  begin_plan(&p, BERTH_GOAL_REPAIR);
  add_migration(&p, "b", "h1", "h2", 0);
  add_migration(&p, "x", "h2", "h3", 0);
  add_migration(&p, "a", "h1", "h2", 2);
  expect_whole(&p);
  end_plan(&p);
}

/* What is in the same second but not ordered overlaps: x ends at 7, and b starts at 7 after y. */
Test(unsafe, a_coincidence_is_no_order) {
  hand_plan p = {.f = fixture_begin()};
  uint32_t c = fixture_cluster(&p.f, "c");
  fixture_host(&p.f, c, "h1", 100000, 16384);
  fixture_host(&p.f, c, "h2", 100000, 8192);
  fixture_host(&p.f, c, "h3", 100000, 16384);
  fixture_vm(&p.f, c, "x", "h2", 100, 8192);
  fixture_vm(&p.f, c, "y", "h1", 100, 8192);
  fixture_vm(&p.f, c, "b", "h1", 100, 8192);
  begin_plan(&p, BERTH_GOAL_REPAIR);
  add_migration(&p, "y", "h1", "h3", 0);
  add_migration(&p, "x", "h2", "h3", 0);
  add_migration(&p, "b", "h1", "h2", 1);
  expect_breach(&p, BERTH_BREACH_CAPACITY, 3, COPY);
  end_plan(&p);
}

Test(unsafe, migrations_of_a_host) {
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  spec.migrations_per_host = 1;
  hand_plan p = small_cluster(spec);
  begin_plan(&p, BERTH_GOAL_REPAIR);
  add_migration(&p, "a", "h1", "h2", 0);
  add_migration(&p, "b", "h1", "h3", 0);
  expect_breach(&p, BERTH_BREACH_HOST_MIGRATIONS, 2, 0);
  end_plan(&p);
}

Test(unsafe, migrations_of_a_datastore) {
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  spec.migrations_per_datastore = 1;
  hand_plan p = small_cluster(spec);
  begin_plan(&p, BERTH_GOAL_REPAIR);
  add_migration(&p, "a", "h1", "h3", 0);
  add_migration(&p, "x", "h2", "h3", 0);
  expect_breach(&p, BERTH_BREACH_DATASTORE_MIGRATIONS, 2, 0);
  end_plan(&p);
}

/* a settles from 67 to 97; b may start at 67 by `after`, at 97 by `after_settled`. */
Test(unsafe, settling_is_a_disturbance) {
  for (int order = 1; order >= -1; order -= 2) {
    hand_plan p = plain_cluster();
    fixture_rule(&p.f, 0, "q", BERTH_RULE_QUIESCE, BERTH_MUST, "a b", NULL);
    begin_plan(&p, BERTH_GOAL_REPAIR);
    add_migration(&p, "a", "h1", "h2", 0);
    add_migration(&p, "b", "h1", "h3", order);
    if (order > 0)
      expect_breach(&p, BERTH_BREACH_QUIESCE, 2, 60 + COPY);
    else
      expect_whole(&p);
    end_plan(&p);
  }
}

/* A swap by way of h3 brings a and x together on h2 for a while. */
Test(unsafe, apart_at_every_moment) {
  hand_plan p = plain_cluster();
  fixture_rule(&p.f, 0, "r", BERTH_RULE_APART, BERTH_MUST, "a x", NULL);
  begin_plan(&p, BERTH_GOAL_REPAIR);
  add_migration(&p, "a", "h1", "h2", 0);
  add_migration(&p, "x", "h2", "h3", 0);
  expect_breach(&p, BERTH_BREACH_RULE, 1, 0);
  end_plan(&p);
}

Test(unsafe, a_host_that_the_rule_forbids) {
  hand_plan p = plain_cluster();
  fixture_rule(&p.f, 0, "r", BERTH_RULE_NOT_RUN_ON, BERTH_MUST, "a", "h3");
  begin_plan(&p, BERTH_GOAL_REPAIR);
  add_migration(&p, "a", "h1", "h3", 0);
  expect_breach(&p, BERTH_BREACH_RULE, 1, 0);
  end_plan(&p);
}

Test(unsafe, a_vm_that_is_elsewhere) {
  hand_plan p = plain_cluster();
  begin_plan(&p, BERTH_GOAL_REPAIR);
  add_migration(&p, "a", "h1", "h3", 0);
  add_migration(&p, "a", "h3", "h1", 0);
  expect_breach(&p, BERTH_BREACH_SOURCE, 2, 0);
  end_plan(&p);
}

Test(unsafe, maintenance_before_all_have_left) {
  hand_plan p = plain_cluster();
  begin_plan(&p, BERTH_GOAL_EVACUATE);
  add_migration(&p, "a", "h1", "h2", 0);
  add_migration(&p, "b", "h1", "h3", 0);
  add_host_step(&p, BERTH_STEP_ENTER_MAINTENANCE, "h1", 2);
  expect_breach(&p, BERTH_BREACH_HOST_IN_USE, 3, 45 + COPY);
  end_plan(&p);
}

/* A failed host with two VMs, a host in standby, one restart at a time. */
static hand_plan failed_cluster(void) {
  hand_plan p = {.f = fixture_begin()};
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  uint32_t c = BERTH_NONE;
  spec.id = "c";
  spec.restarts_per_host = 1;
  cr_assert_eq(berth_builder_add_cluster(p.f.builder, &spec, &c), BERTH_OK);
  berth_host_spec host = fixture_host_spec("gone", 100000, 65536);
  host.state = BERTH_HOST_FAILED;
  fixture_add_host(&p.f, c, host);
  host = fixture_host_spec("asleep", 100000, 65536);
  host.state = BERTH_HOST_STANDBY;
  host.wake = BERTH_WAKE_IPMI;
  host.wake_seconds = 100;
  fixture_add_host(&p.f, c, host);
  fixture_host(&p.f, c, "on", 100000, 65536);
  fixture_vm(&p.f, c, "db", "gone", 100, 8192);
  fixture_vm(&p.f, c, "app", "gone", 100, 8192);
  berth_rule_spec rule =
      fixture_rule_spec("order", BERTH_RULE_RESTART_AFTER, BERTH_MUST, "app", NULL);
  rule.after = "db";
  fixture_add_rule(&p.f, c, rule);
  return p;
}

Test(unsafe, an_arrival_before_the_wake) {
  hand_plan p = failed_cluster();
  begin_plan(&p, BERTH_GOAL_FAILOVER);
  add_host_step(&p, BERTH_STEP_WAKE, "asleep", 0);
  add_start(&p, BERTH_STEP_RESTART, "db", "asleep", 0);
  expect_breach(&p, BERTH_BREACH_HOST_ASLEEP, 2, 0);
  end_plan(&p);
}

Test(unsafe, restarts_out_of_order_and_at_once) {
  hand_plan p = failed_cluster();
  begin_plan(&p, BERTH_GOAL_FAILOVER);
  add_start(&p, BERTH_STEP_RESTART, "db", "on", 0);
  add_start(&p, BERTH_STEP_RESTART, "app", "on", 0);
  berth_simulation *simulation = simulate_with(&p, BERTH_DRAW_BEST, 1, NULL);
  cr_assert_eq(berth_simulation_breach_count(simulation), 2);
  bool order = false, at_once = false;
  for (uint32_t i = 0; i < 2; i++) {
    berth_breach_kind kind = berth_simulation_breach_at(simulation, i)->kind;
    order = order || kind == BERTH_BREACH_RESTART_ORDER;
    at_once = at_once || kind == BERTH_BREACH_HOST_RESTARTS;
  }
  cr_expect(order && at_once);
  berth_simulation_free(simulation);
  end_plan(&p);
}

/* 100 s to wake, then 30 s for each restart. */
Test(timeline, wake_and_restarts) {
  hand_plan p = failed_cluster();
  begin_plan(&p, BERTH_GOAL_FAILOVER);
  add_host_step(&p, BERTH_STEP_WAKE, "asleep", 0);
  add_start(&p, BERTH_STEP_RESTART, "db", "asleep", 1);
  add_start(&p, BERTH_STEP_RESTART, "app", "asleep", 2);
  berth_simulation *simulation = simulate_with(&p, BERTH_DRAW_BEST, 1, NULL);
  expect_step(simulation, 2, 100, BERTH_UNSET, 100, 130, 130);
  expect_step(simulation, 3, 130, BERTH_UNSET, 130, 160, 160);
  cr_expect_eq(berth_simulation_breach_count(simulation), 0);
  berth_simulation_free(simulation);
  end_plan(&p);
}

Test(timeline, a_cycle_is_refused) {
  hand_plan p = plain_cluster();
  berth_simulation *simulation = NULL;
  begin_plan(&p, BERTH_GOAL_REPAIR);
  add_migration(&p, "a", "h1", "h2", 2);
  add_migration(&p, "b", "h1", "h3", 1);
  cr_assert_eq(berth_simulate_plan(p.f.ctx, p.plan, NULL, &simulation), BERTH_E_INVALID);
  cr_assert_null(simulation);
  end_plan(&p);
}

Test(timeline, a_window_that_does_not_hold) {
  hand_plan p = plain_cluster();
  berth_plan_step step = BERTH_PLAN_STEP_INIT;
  begin_plan(&p, BERTH_GOAL_REPAIR);
  step.type = BERTH_STEP_MIGRATE;
  step.vm = fixture_find_vm(p.inventory, "a");
  step.from = fixture_find_host(p.inventory, "h1");
  step.to = fixture_find_host(p.inventory, "h2");
  step.end = (berth_window){COPY, 59 + COPY}; /* the guest may take 60 s */
  cr_assert_eq(berth_plan_add_step(p.f.ctx, p.plan, &step), BERTH_OK);
  expect_breach(&p, BERTH_BREACH_WINDOW, 1, 60 + COPY);
  end_plan(&p);
}

/* ------------------------------------------------------------------ an application cluster */

/* Two nodes leave a host in maintenance; @p index: who settles, and how long. */
Test(application_cluster, is_never_disturbed_twice) {
  static const int64_t settles[][2] = {{30, 20}, {0, 0}, {0, 45}, {45, 0}};
  for (size_t k = 0; k < sizeof settles / sizeof settles[0]; k++) {
    hand_plan p = {.f = fixture_begin()};
    berth_request request = BERTH_REQUEST_INIT;
    uint32_t c = fixture_cluster(&p.f, "c");
    berth_host_spec host = timed_host("h1", 65536, 60);
    host.state = BERTH_HOST_ENTERING_MAINTENANCE;
    fixture_add_host(&p.f, c, host);
    fixture_add_host(&p.f, c, timed_host("h2", 65536, 60));
    fixture_add_host(&p.f, c, timed_host("h3", 65536, 60));
    fixture_add_vm(&p.f, c, told_vm("a", "h1", 90, settles[k][0]));
    fixture_add_vm(&p.f, c, told_vm("b", "h1", 45, settles[k][1]));
    fixture_rule(&p.f, c, "q", BERTH_RULE_QUIESCE, BERTH_MUST, "a b", NULL);
    p.inventory = fixture_freeze(&p.f);
    request.infer_goal = false;
    request.goal = BERTH_GOAL_EVACUATE;
    cr_assert_eq(berth_solve(p.f.ctx, p.inventory, &request, NULL, &p.plan), BERTH_OK);
    berth_simulation *simulation = simulate_with(&p, BERTH_DRAW_EXTREMES, 100, NULL);
    cr_expect_eq(berth_simulation_runs(simulation), 4);
    cr_expect_eq(berth_simulation_breach_count(simulation), 0);
    /* One after the other, whichever is first: both copy, and whoever is first settles. */
    int64_t least = settles[k][0] < settles[k][1] ? settles[k][0] : settles[k][1];
    cr_expect_geq(berth_simulation_quantile(simulation, 0), 2 * COPY + least);
    cr_expect_eq(berth_simulation_quantile(simulation, 0), berth_plan_get_makespan(p.plan).best);
    cr_expect_eq(berth_simulation_quantile(simulation, 1000),
                 berth_plan_get_makespan(p.plan).worst);
    berth_simulation_free(simulation);
    end_plan(&p);
  }
}
