/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Critical chains and shorter timeouts (docs/model.md §12) of a plan with two guests that hold
 * their migrations back and settle, and a twin of the first. Every false chain here has the length
 * of the worst case: only the way it hangs together tells.
 */
#include "test_verify_support.h"

TestSuite(check_chain);

enum { LONG, SHORT, CALM, FIRST = 0, TWIN, LAST };

typedef struct chain_case {
  cluster_sketch made;
  berth_inventory *inventory;
  plan_sketch plan;
} chain_case;

static berth_vm_spec guest(const char *id, const char *host) {
  berth_vm_spec vm = vm_of(id, host, 0);
  vm.notify_enabled = vm.notify_registered = true;
  vm.notify_hardware = 20;
  vm.notify_settle_seconds = 10;
  return vm;
}

static step_sketch *move_guest(plan_sketch *plan, uint32_t vm, uint32_t from, int64_t wait) {
  step_sketch *step = sketch_migrate(plan, vm, from, CALM);
  step->wait = step->expected_wait = wait;
  step->settle = 10;
  return step;
}

/* "first" and "twin" leave h0 at once: 60 s of waiting, 10 of copying, 10 of settling. "last" waits
 * for the first to settle, then for up to 10 s, and copies for 10: 100 in all. */
static void begin(chain_case *k) {
  static const char *const ids[] = {"h0", "h1", "h2"};
  static const int64_t timeout[] = {60, 10, BERTH_UNSET};
  *k = (chain_case){.made = cluster_begin_plain()};
  for (uint32_t h = 0; h < 3; h++) {
    berth_host_spec host = host_of(ids[h], 1000);
    host.notify_timeout = timeout[h];
    add_host(&k->made, host);
  }
  add_vm(&k->made, guest("first", "h0"));
  add_vm(&k->made, guest("twin", "h0"));
  add_vm(&k->made, guest("last", "h1"));
  add_rule(&k->made, rule_of("calm", BERTH_RULE_QUIESCE, "first last"));
  k->inventory = cluster_end(&k->made);
  k->plan = (plan_sketch){.goal = BERTH_GOAL_REPAIR, .status = BERTH_OUTCOME_FEASIBLE};
  (void)move_guest(&k->plan, FIRST, LONG, 60);
  (void)move_guest(&k->plan, TWIN, LONG, 60);
  sketch_settled(move_guest(&k->plan, LAST, SHORT, 10), 1);
  sketch_time(&k->plan);
  cr_assert_eq(k->plan.makespan.worst, 100);
}

static void end(chain_case *k) {
  berth_inventory_release(k->inventory);
  berth_context_free(k->made.ctx);
}

static bool is_refused(const chain_case *k, const berth_chain_part *parts, uint32_t part_count,
                       const berth_deadline_change *changes, uint32_t change_count) {
  berth_plan *plan = sketch_build(k->made.ctx, k->inventory, &k->plan);
  berth_plan_deadline deadline = BERTH_PLAN_DEADLINE_INIT;
  deadline.seconds = 99;
  deadline.late = 1;
  deadline.met = BERTH_MET_BEST; /* 10 + 10 + 10 */
  deadline.chain_count = part_count;
  deadline.chain = parts;
  deadline.change_count = change_count;
  deadline.changes = changes;
  cr_assert_eq(berth_plan_set_deadline(k->made.ctx, plan, &deadline), BERTH_OK, "%s",
               berth_context_detail(k->made.ctx));
  bool refused = (fault_kinds(k->made.ctx, plan) & KIND(BERTH_FAULT_DEADLINE)) != 0;
  berth_plan_free(plan);
  return refused;
}

/* A part in a row of the table: step, kind, seconds, join. */
#define WAIT(step, seconds, join)                                                                  \
  { (step), BERTH_CHAIN_WAIT, BERTH_JOIN_##join, (seconds) }
#define COPY(step, join)                                                                           \
  { (step), BERTH_CHAIN_COPY, BERTH_JOIN_##join, 10 }
#define SETTLE(step)                                                                               \
  { (step), BERTH_CHAIN_SETTLE, BERTH_JOIN_NONE, 10 }

typedef struct chain_row {
  const char *what;
  bool refused;
  berth_chain_part parts[5];
} chain_row;

static const chain_row rows[] = {
    {"the chain",
     false,
     {WAIT(1, 60, NONE), COPY(1, NONE), SETTLE(1), WAIT(3, 10, QUIESCE), COPY(3, NONE)}},
    {"it says less of the reason",
     false,
     {WAIT(1, 60, NONE), COPY(1, NONE), SETTLE(1), WAIT(3, 10, ORDER), COPY(3, NONE)}},
    {"copies twice, for settling",
     true,
     {WAIT(1, 60, NONE), COPY(1, NONE), COPY(1, NONE), WAIT(3, 10, QUIESCE), COPY(3, NONE)}},
    {"the last settles, and is not held back",
     true,
     {WAIT(1, 60, NONE), COPY(1, NONE), SETTLE(1), COPY(3, QUIESCE), SETTLE(3)}},
    {"the last settles, the first does not",
     true,
     {WAIT(1, 60, NONE), COPY(1, NONE), WAIT(3, 10, QUIESCE), COPY(3, NONE), SETTLE(3)}},
    {"the last does not wait for the twin",
     true,
     {WAIT(2, 60, NONE), COPY(2, NONE), SETTLE(2), WAIT(3, 10, ORDER), COPY(3, NONE)}},
    {"the first part has a reason",
     true,
     {WAIT(1, 60, ORDER), COPY(1, NONE), SETTLE(1), WAIT(3, 10, QUIESCE), COPY(3, NONE)}},
    {"a second part has a reason",
     true,
     {WAIT(1, 60, NONE), COPY(1, ORDER), SETTLE(1), WAIT(3, 10, QUIESCE), COPY(3, NONE)}},
    {"no reason",
     true,
     {WAIT(1, 60, NONE), COPY(1, NONE), SETTLE(1), WAIT(3, 10, NONE), COPY(3, NONE)}},
    {"a step that is none",
     true,
     {WAIT(1, 60, NONE), COPY(1, NONE), SETTLE(1), WAIT(4, 10, ORDER), COPY(4, NONE)}},
};

Test(check_chain, hangs_together) {
  chain_case k;
  begin(&k);
  for (uint32_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int64_t sum = 0;
    for (uint32_t part = 0; part < 5; part++)
      sum += rows[i].parts[part].seconds;
    cr_assert_eq(sum, 100, "%s", rows[i].what);
    cr_expect_eq(is_refused(&k, rows[i].parts, 5, NULL, 0), rows[i].refused, "%s", rows[i].what);
  }
  end(&k);
}

/* ------------------------------------------------------------------ shorter timeouts */

typedef struct timeouts_row {
  const char *what;
  bool refused;
  berth_deadline_change changes[2];
} timeouts_row;

/* With a timeout of the first of 30 and less, the twin's 60 + 10 s are the longest path; the
 * first and the last take 40 s and the first's timeout. */
static const timeouts_row timeouts[] = {
    {"two that do",
     false,
     {{1, FIRST, BERTH_NONE, 60, 30, 70}, {2, FIRST, BERTH_NONE, 60, 20, 70}}},
    {"in another order",
     true,
     {{2, FIRST, BERTH_NONE, 60, 30, 70}, {1, FIRST, BERTH_NONE, 60, 20, 70}}},
    {"one of two", false, {{1, FIRST, BERTH_NONE, 60, 30, 70}, {1, LAST, BERTH_NONE, 10, 9, 70}}},
    {"no change", true, {{1, FIRST, BERTH_NONE, 60, 30, 70}, {1, LAST, BERTH_NONE, 10, 10, 70}}},
    {"a longer one", true, {{1, FIRST, BERTH_NONE, 60, 20, 70}, {1, LAST, BERTH_NONE, 10, 11, 70}}},
    {"from elsewhere",
     true,
     {{1, FIRST, BERTH_NONE, 60, 30, 70}, {1, LAST, BERTH_NONE, 11, 9, 70}}},
    {"two ends", true, {{1, FIRST, BERTH_NONE, 60, 30, 70}, {1, LAST, BERTH_NONE, 10, 9, 71}}},
    {"both guests", false, {{1, FIRST, BERTH_NONE, 60, 5, 45}, {1, TWIN, BERTH_NONE, 60, 5, 45}}},
};

Test(check_chain, shorter_timeouts) {
  chain_case k;
  begin(&k);
  for (uint32_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++)
    cr_expect_eq(is_refused(&k, NULL, 0, timeouts[i].changes, 2), timeouts[i].refused, "%s",
                 timeouts[i].what);
  end(&k);
}
