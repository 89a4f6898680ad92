/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Executions: what may start when, what a failure blocks, and the inventory that is reached.
 */
#include "../inventory_fixture.h"

#include "frozen.h"
#include <berth/execution.h>
#include <berth/io.h>
#include <berth/simulation.h>
#include <berth/solve.h>
#include <berth/verify.h>
#include <stdlib.h>

typedef struct hand_execution {
  fixture f;
  const berth_inventory *inventory;
  berth_plan *plan;
  berth_execution *execution;
} hand_execution;

/* A host to be emptied of a and b (a settles 30 s), a failed one with db, one in standby. */
static hand_execution begin_execution(void) {
  hand_execution h = {.f = fixture_begin()};
  uint32_t c = fixture_cluster(&h.f, "c");
  static const berth_host_state states[] = {BERTH_HOST_ENTERING_MAINTENANCE, BERTH_HOST_ONLINE,
                                            BERTH_HOST_FAILED, BERTH_HOST_STANDBY};
  static const char *const hosts[] = {"h1", "h2", "gone", "asleep"};
  for (int i = 0; i < 4; i++) {
    berth_host_spec spec = fixture_host_spec(hosts[i], 100000, 65536);
    spec.state = states[i];
    spec.wake = BERTH_WAKE_IPMI;
    spec.notify_timeout = 60;
    fixture_add_host(&h.f, c, spec);
  }
  static const char *const vms[] = {"a", "b", "db"};
  static const char *const homes[] = {"h1", "h1", "gone"};
  for (int i = 0; i < 3; i++) {
    berth_vm_spec spec = fixture_vm_spec(vms[i], homes[i], 100, 8192);
    spec.notify_enabled = spec.notify_registered = true;
    spec.notify_hardware = 20;
    spec.notify_settle_seconds = i == 0 ? 30 : 0;
    fixture_add_vm(&h.f, c, spec);
  }
  fixture_rule(&h.f, c, "q", BERTH_RULE_QUIESCE, BERTH_MUST, "a b", NULL);
  h.inventory = fixture_freeze(&h.f);
  cr_assert_eq(berth_plan_new(h.f.ctx, h.inventory, NULL, BERTH_GOAL_FAILOVER, &h.plan), BERTH_OK);
  return h;
}

static void end_execution(hand_execution *h) {
  berth_execution_free(h->execution);
  berth_plan_free(h->plan);
  berth_inventory_release(h->inventory);
  fixture_end(&h->f);
}

static void add(hand_execution *h, berth_plan_step step) {
  cr_assert_eq(berth_plan_add_step(h->f.ctx, h->plan, &step), BERTH_OK);
}

/* 1 wake; 2 a to h2; 3 b to the woken host, after 1 and when a has settled; 4 db there, after 1;
 * 5 h1 enters maintenance after 2 and 3. */
static hand_execution five_steps(void) {
  static const uint32_t one[] = {1}, two[] = {2}, two_three[] = {2, 3};
  hand_execution h = begin_execution();
  add(&h, (berth_plan_step){.struct_size = sizeof(berth_plan_step),
                            .type = BERTH_STEP_WAKE,
                            .vm = BERTH_NONE,
                            .from = BERTH_NONE,
                            .to = BERTH_NONE,
                            .host = 3});
  berth_plan_step step = BERTH_PLAN_STEP_INIT;
  step.type = BERTH_STEP_MIGRATE;
  step.vm = 0;
  step.from = 0;
  step.to = 1;
  step.wait = 60;
  step.settle = 30;
  add(&h, step);
  step.vm = 1;
  step.to = 3;
  step.settle = 0;
  step.after = one;
  step.after_settled = two;
  step.after_count = step.after_settled_count = 1;
  add(&h, step);
  step = (berth_plan_step)BERTH_PLAN_STEP_INIT;
  step.type = BERTH_STEP_RESTART;
  step.vm = 2;
  step.to = 3;
  step.after = one;
  step.after_count = 1;
  add(&h, step);
  step = (berth_plan_step)BERTH_PLAN_STEP_INIT;
  step.type = BERTH_STEP_ENTER_MAINTENANCE;
  step.host = 0;
  step.after = two_three;
  step.after_count = 2;
  add(&h, step);
  cr_assert_eq(berth_execution_new(h.f.ctx, h.plan, &h.execution), BERTH_OK, "%s",
               berth_context_detail(h.f.ctx));
  return h;
}

static void start(hand_execution *h, uint32_t id, int64_t at) {
  cr_assert_eq(berth_execution_start(h->f.ctx, h->execution, id, at), BERTH_OK, "%s",
               berth_context_detail(h->f.ctx));
}

static void end(hand_execution *h, uint32_t id, int64_t at) {
  cr_assert_eq(berth_execution_end(h->f.ctx, h->execution, id, at), BERTH_OK, "%s",
               berth_context_detail(h->f.ctx));
}

static void fail(hand_execution *h, uint32_t id, int64_t at) {
  cr_assert_eq(berth_execution_fail(h->f.ctx, h->execution, id, at), BERTH_OK, "%s",
               berth_context_detail(h->f.ctx));
}

static void expect_refused(hand_execution *h, berth_status status, const char *part) {
  cr_expect_eq(status, BERTH_E_INVALID);
  cr_expect_not_null(strstr(berth_context_detail(h->f.ctx), part), "%s",
                     berth_context_detail(h->f.ctx));
}

/* @p ids as a list that ends with 0. */
static void expect_startable(hand_execution *h, int64_t at, const uint32_t *ids) {
  uint32_t found[8], count = berth_execution_startable(h->execution, at, found, 8);
  for (uint32_t k = 0; k < count; k++)
    cr_expect_eq(found[k], ids[k], "step %u at %lld", found[k], (long long)at);
  cr_expect_eq(ids[count], 0, "%u steps at %lld", count, (long long)at);
}

Test(execution, what_may_start_when) {
  hand_execution h = five_steps();
  expect_startable(&h, 0, (const uint32_t[]){1, 2, 0});
  start(&h, 1, 0);
  start(&h, 2, 5);
  expect_startable(&h, 5, (const uint32_t[]){0});
  cr_expect_eq(berth_execution_next(h.execution, 5), BERTH_UNSET); /* something must end first */
  cr_assert_eq(berth_execution_acknowledge(h.f.ctx, h.execution, 2, 20), BERTH_OK);
  end(&h, 2, 40);
  end(&h, 1, 50);
  /* a settles until 70. */
  expect_startable(&h, 69, (const uint32_t[]){4, 0});
  cr_expect_eq(berth_execution_next(h.execution, 69), 70);
  cr_expect_eq(berth_execution_earliest(h.execution, 3), 70);
  expect_startable(&h, 70, (const uint32_t[]){3, 4, 0});
  expect_refused(&h, berth_execution_start(h.f.ctx, h.execution, 3, 69), "settles at 70");
  start(&h, 3, 70);
  expect_refused(&h, berth_execution_start(h.f.ctx, h.execution, 5, 80), "step 3 has not ended");
  end(&h, 3, 90);
  start(&h, 4, 90);
  start(&h, 5, 90);
  end(&h, 5, 90);
  end(&h, 4, 120);
  cr_expect_eq(berth_execution_count(h.execution, BERTH_STEP_ENDED), 5);
  end_execution(&h);
}

Test(execution, calls_out_of_turn_are_refused) {
  hand_execution h = five_steps();
  expect_refused(&h, berth_execution_end(h.f.ctx, h.execution, 1, 0), "it is ready");
  start(&h, 1, 10);
  expect_refused(&h, berth_execution_start(h.f.ctx, h.execution, 1, 10), "it is running");
  expect_refused(&h, berth_execution_end(h.f.ctx, h.execution, 1, 9), "started at 10");
  expect_refused(&h, berth_execution_acknowledge(h.f.ctx, h.execution, 1, 11), "no guest");
  expect_refused(&h, berth_execution_abandon(h.f.ctx, h.execution, 1), "it is running");
  start(&h, 2, 10);
  cr_assert_eq(berth_execution_acknowledge(h.f.ctx, h.execution, 2, 20), BERTH_OK);
  expect_refused(&h, berth_execution_acknowledge(h.f.ctx, h.execution, 2, 21), "it was before");
  expect_refused(&h, berth_execution_end(h.f.ctx, h.execution, 2, 19), "acknowledged at 20");
  cr_expect_eq(berth_execution_start(h.f.ctx, h.execution, 6, 0), BERTH_E_ARGUMENT);
  cr_expect_eq(berth_execution_start(h.f.ctx, h.execution, 0, 0), BERTH_E_ARGUMENT);
  cr_expect_eq(berth_execution_end(h.f.ctx, h.execution, 1, -1), BERTH_E_ARGUMENT);
  cr_expect_eq(berth_execution_count(h.execution, BERTH_STEP_RUNNING), 2);
  end_execution(&h);
}

/* Without the wake there is no arrival there, and without b's move no maintenance. */
Test(execution, a_failure_blocks_all_behind_it) {
  hand_execution h = five_steps();
  start(&h, 1, 0);
  fail(&h, 1, 30);
  for (uint32_t id = 3; id <= 5; id++) {
    cr_expect_eq(berth_execution_state(h.execution, id), BERTH_STEP_BLOCKED);
    cr_expect_eq(berth_execution_blocked_by(h.execution, id), 1);
  }
  expect_startable(&h, 30, (const uint32_t[]){2, 0});
  expect_refused(&h, berth_execution_start(h.f.ctx, h.execution, 4, 30), "step 1, which failed");
  start(&h, 2, 30);
  end(&h, 2, 60);
  cr_expect_eq(berth_execution_state(h.execution, 3), BERTH_STEP_BLOCKED);
  end_execution(&h);
}

Test(execution, an_abandoned_step_blocks_too) {
  hand_execution h = five_steps();
  cr_assert_eq(berth_execution_abandon(h.f.ctx, h.execution, 3), BERTH_OK);
  cr_expect_eq(berth_execution_state(h.execution, 5), BERTH_STEP_BLOCKED);
  expect_refused(&h, berth_execution_start(h.f.ctx, h.execution, 5, 0), "which was abandoned");
  start(&h, 1, 0);
  end(&h, 1, 1);
  start(&h, 2, 1);
  end(&h, 2, 2);
  cr_expect_eq(berth_execution_state(h.execution, 3), BERTH_STEP_ABANDONED);
  end_execution(&h);
}

/* ------------------------------------------------------------------ the state reached */

static const berth_inventory *reached(hand_execution *h, int64_t at) {
  const berth_inventory *inventory = NULL;
  cr_assert_eq(berth_execution_inventory(h->f.ctx, h->execution, at, &inventory), BERTH_OK, "%s",
               berth_context_detail(h->f.ctx));
  return inventory;
}

Test(reached, everything_done) {
  hand_execution h = five_steps();
  for (uint32_t id = 1; id <= 5; id++) {
    start(&h, id, 100 * id);
    end(&h, id, 100 * id + 50);
  }
  const berth_inventory *now = reached(&h, 600);
  cr_expect_eq(now->host_state[0], BERTH_HOST_MAINTENANCE);
  cr_expect_eq(now->host_state[3], BERTH_HOST_ONLINE);
  cr_expect_eq(now->vm_host[0], 1);
  cr_expect_eq(now->vm_host[1], 3);
  cr_expect_eq(now->vm_host[2], 3);
  cr_expect(now->vm_notification[0].registered);  /* a live migration keeps it */
  cr_expect(!now->vm_notification[2].registered); /* a restart loses it */
  berth_inventory_release(now);
  end_execution(&h);
}

Test(reached, failures_leave_things_as_they_were) {
  hand_execution h = five_steps();
  start(&h, 1, 0);
  fail(&h, 1, 10);
  start(&h, 2, 0);
  fail(&h, 2, 20);
  const berth_inventory *now = reached(&h, 20);
  cr_expect_eq(now->vm_host[0], 0);
  cr_expect_eq(now->vm_host[2], 2); /* at the failed host: still asks for a restart */
  cr_expect_eq(now->host_state[3], BERTH_HOST_STANDBY);
  cr_expect_eq(now->host_wake[3], BERTH_WAKE_NONE); /* not to be tried again */
  cr_expect_eq(now->host_wake[1], BERTH_WAKE_IPMI);
  cr_expect_eq(now->host_state[0], BERTH_HOST_ENTERING_MAINTENANCE);
  berth_inventory_release(now);
  end_execution(&h);
}

Test(reached, what_is_under_way_has_no_inventory) {
  hand_execution h = five_steps();
  const berth_inventory *now = NULL;
  start(&h, 2, 0);
  expect_refused(&h, berth_execution_inventory(h.f.ctx, h.execution, 10, &now),
                 "step 2 is running");
  end(&h, 2, 40);
  expect_refused(&h, berth_execution_inventory(h.f.ctx, h.execution, 69, &now), "settles until 70");
  cr_expect_null(now);
  now = reached(&h, 70);
  berth_inventory_release(now);
  end_execution(&h);
}

/* ------------------------------------------------------------------ memory */

/* Allocations that still succeed, and pieces not given back. */
typedef struct scarce_memory {
  long left, alive;
} scarce_memory;

static void *take(void *user, size_t bytes) {
  scarce_memory *memory = user;
  void *piece = memory->left-- > 0 ? malloc(bytes) : NULL;
  memory->alive += piece != NULL;
  return piece;
}

static void *take_more(void *user, void *old, size_t bytes) {
  scarce_memory *memory = user;
  void *piece = memory->left-- > 0 ? realloc(old, bytes) : NULL;
  memory->alive += piece != NULL && old == NULL;
  return piece;
}

static void give_back(void *user, void *piece) {
  ((scarce_memory *)user)->alive -= piece != NULL;
  free(piece);
}

/* An execution to its end, its inventory, and a simulation. */
static berth_status execute_all(berth_context *ctx, const berth_plan *plan) {
  berth_execution *execution = NULL;
  berth_simulation *simulation = NULL;
  const berth_inventory *inventory = NULL;
  berth_status status = berth_execution_new(ctx, plan, &execution);
  for (uint32_t id = 1; id <= 5 && status == BERTH_OK; id++) {
    cr_assert_eq(berth_execution_start(ctx, execution, id, 100 * id), BERTH_OK);
    cr_assert_eq(berth_execution_end(ctx, execution, id, 100 * id + 50), BERTH_OK);
  }
  if (status == BERTH_OK)
    status = berth_execution_inventory(ctx, execution, 1000, &inventory);
  if (status == BERTH_OK)
    status = berth_simulate_plan(ctx, plan, NULL, &simulation);
  berth_simulation_free(simulation);
  berth_inventory_release(inventory);
  berth_execution_free(execution);
  return status;
}

Test(memory, that_runs_out_anywhere_is_told_and_given_back) {
  hand_execution h = five_steps();
  berth_status status = BERTH_E_NOMEM;
  for (long left = 0; status != BERTH_OK; left++) {
    scarce_memory memory = {.left = 1000000};
    const berth_allocator allocator = {take, take_more, give_back, &memory};
    berth_context *ctx = NULL;
    cr_assert_eq(berth_context_new(&allocator, &ctx), BERTH_OK);
    memory.left = left;
    status = execute_all(ctx, h.plan);
    cr_assert(status == BERTH_OK || status == BERTH_E_NOMEM, "%s", berth_status_name(status));
    berth_context_free(ctx);
    cr_assert_eq(memory.alive, 0, "%ld pieces are left after %ld", memory.alive, left);
    cr_assert_lt(left, 100000);
  }
  end_execution(&h);
}

/* ------------------------------------------------------------------ scale */

/* 200,000 migrations in chains of ten, done in an order that jumps between chains. */
Test(scale, two_hundred_thousand_steps) {
  enum { CHAINS = 20000, LENGTH = 10 };
  hand_execution h = begin_execution();
  for (uint32_t i = 0; i < CHAINS * LENGTH; i++) {
    berth_plan_step step = BERTH_PLAN_STEP_INIT;
    uint32_t before = i - CHAINS + 1;
    step.type = BERTH_STEP_MIGRATE;
    step.vm = 0;
    step.from = 0;
    step.to = 1;
    step.after = &before;
    step.after_count = i >= CHAINS;
    add(&h, step);
  }
  cr_assert_eq(berth_execution_new(h.f.ctx, h.plan, &h.execution), BERTH_OK);
  cr_expect_eq(berth_execution_count(h.execution, BERTH_STEP_READY), CHAINS);
  for (uint32_t i = 0; i < CHAINS * LENGTH; i++) {
    if (i % CHAINS == 7)
      continue; /* that chain never begins */
    start(&h, i + 1, i);
    end(&h, i + 1, i);
  }
  start(&h, 8, 0);
  fail(&h, 8, 1);
  cr_expect_eq(berth_execution_count(h.execution, BERTH_STEP_BLOCKED), LENGTH - 1);
  cr_expect_eq(berth_execution_count(h.execution, BERTH_STEP_ENDED), CHAINS * LENGTH - LENGTH);
  end_execution(&h);
}
