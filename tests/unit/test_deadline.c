/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines (docs/model.md §12): verdict and chain by hand, the fewest timeouts against all sets of
 * guests, and a checker that believes none of it.
 */
#include "../inventory_fixture.h"
#include <berth/io.h>
#include <berth/solve.h>
#include <stdio.h>
#include <unistd.h>

TestSuite(deadline);

static berth_vm_spec notified(const char *id, const char *host, int64_t memory, int64_t timeout) {
  berth_vm_spec spec = fixture_vm_spec(id, host, 100, memory);
  spec.notify_enabled = spec.notify_registered = true;
  spec.notify_hardware = 20;
  spec.notify_timeout = timeout;
  return spec;
}

static berth_host_spec telling_host(const char *id, int64_t timeout) {
  berth_host_spec spec = fixture_host_spec(id, 100000, 1048576);
  spec.notify_timeout = timeout;
  return spec;
}

/* Empties host "h0" by a deadline; 0 = none. */
static berth_plan *evacuate(const fixture *f, const berth_inventory *inventory, int64_t deadline) {
  berth_request request = BERTH_REQUEST_INIT;
  berth_options options;
  berth_event event = BERTH_EVENT_INIT;
  berth_scenario *scenario = NULL;
  berth_plan *plan = NULL;
  berth_options_init(&options);
  options.value[BERTH_OPTION_DEADLINE] = deadline;
  options.value[BERTH_OPTION_THREADS] = 1;
  event.type = BERTH_EVENT_MAINTENANCE;
  event.host = "h0";
  cr_assert_eq(berth_scenario_new(f->ctx, &scenario), BERTH_OK);
  cr_assert_eq(berth_scenario_add(f->ctx, scenario, &event), BERTH_OK);
  request.scenario = scenario;
  request.options = &options;
  cr_assert_eq(berth_solve(f->ctx, inventory, &request, NULL, &plan), BERTH_OK, "%s",
               berth_context_detail(f->ctx));
  berth_scenario_free(scenario);
  return plan;
}

/* Two members of a quiesce rule leave h0. Memory of 1192 MiB is 999,950,000 ms·Mbps / 10,000: 1 s.
 * a: wait 50, settle 5; b: wait 20, acknowledges after 2, settles for 9. Whoever goes first: worst
 * is 51 + 5 + 21 = 77 or 21 + 9 + 51 = 81. */
static const berth_inventory *pair(fixture *f) {
  *f = fixture_begin();
  uint32_t c = fixture_cluster(f, "c");
  fixture_add_host(f, c, telling_host("h0", 50));
  fixture_add_host(f, c, telling_host("h1", 50));
  berth_vm_spec a = notified("a", "h0", 1192, 70), b = notified("b", "h0", 1192, 20);
  a.notify_settle_seconds = 5;
  b.notify_settle_seconds = 9;
  b.notify_ack_seconds = 2;
  fixture_add_vm(f, c, a);
  fixture_add_vm(f, c, b);
  fixture_rule(f, c, "q", BERTH_RULE_QUIESCE, BERTH_MUST, "a b", NULL);
  return fixture_freeze(f);
}

typedef struct verdict_row {
  int64_t over; /* deadline less the case in `than` */
  int than;     /* 0 worst, 1 expected, 2 best */
  berth_met met;
} verdict_row;

static const verdict_row verdicts[] = {
    {0, 0, BERTH_MET_WORST}, {-1, 0, BERTH_MET_EXPECTED}, {0, 1, BERTH_MET_EXPECTED},
    {-1, 1, BERTH_MET_BEST}, {0, 2, BERTH_MET_BEST},      {-1, 2, BERTH_MET_NEVER},
};

Test(deadline, verdict_by_case) {
  fixture f;
  const berth_inventory *inventory = pair(&f);
  berth_plan *plain = evacuate(&f, inventory, 0);
  berth_plan_makespan makespan = berth_plan_get_makespan(plain);
  cr_assert_null(berth_plan_get_deadline(plain));
  cr_assert(makespan.worst == 77 || makespan.worst == 81);
  cr_assert_eq(makespan.expected, makespan.worst - 18, "b acknowledges 18 s before its wait ends");
  cr_assert_eq(makespan.best, makespan.worst - 70);
  const int64_t cases[] = {makespan.worst, makespan.expected, makespan.best};
  for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
    int64_t seconds = cases[verdicts[i].than] + verdicts[i].over;
    berth_plan *plan = evacuate(&f, inventory, seconds);
    const berth_plan_deadline *deadline = berth_plan_get_deadline(plan);
    cr_assert_not_null(deadline);
    cr_expect_eq(deadline->met, verdicts[i].met, "row %zu", i);
    cr_expect_eq(deadline->seconds, seconds);
    cr_expect_eq(deadline->late, makespan.worst > seconds ? makespan.worst - seconds : 0);
    cr_expect_eq(deadline->chain_count > 0, deadline->late > 0);
    berth_plan_free(plan);
  }
  berth_plan_free(plain);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

Test(deadline, chain_tells_every_second) {
  fixture f;
  const berth_inventory *inventory = pair(&f);
  berth_plan *plan = evacuate(&f, inventory, 60);
  const berth_plan_deadline *deadline = berth_plan_get_deadline(plan);
  int64_t sums[BERTH_CHAIN_RESTART + 1] = {0};
  uint32_t quiesced = 0;
  for (uint32_t i = 0; i < deadline->chain_count; i++) {
    sums[deadline->chain[i].kind] += deadline->chain[i].seconds;
    quiesced += deadline->chain[i].join == BERTH_JOIN_QUIESCE;
  }
  int64_t worst = berth_plan_get_makespan(plan).worst;
  cr_expect_eq(sums[BERTH_CHAIN_WAIT], 70);
  cr_expect_eq(sums[BERTH_CHAIN_COPY], 2);
  cr_expect_eq(sums[BERTH_CHAIN_SETTLE], worst - 72);
  cr_expect_eq(sums[BERTH_CHAIN_WAKE] + sums[BERTH_CHAIN_RESTART], 0);
  cr_expect_eq(quiesced, 1);
  /* One timeout is enough: that of a (1 s) leaves 77 or 81 - 49, that of b no less than 59 or 63.
   */
  cr_assert_geq(deadline->change_count, 1);
  cr_expect(deadline->least);
  const berth_deadline_change *change = &deadline->changes[0];
  cr_expect_eq(change->worst, 60, "as much of its time as the deadline leaves");
  cr_expect_eq(change->from - change->to, worst - 60);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* ---------------------------------------------------------------------- all sets of guests */

enum { VMS = 6 };

static uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 16;
}

/* Two lanes at h0; waits of 1 to 60 s, copies of 1 to 4 s over 10 Gbit/s. */
static const berth_inventory *drawn(fixture *f, uint32_t *state, int64_t *needs) {
  *f = fixture_begin();
  berth_cluster_spec cluster = BERTH_CLUSTER_SPEC_INIT;
  uint32_t c;
  cluster.id = "c";
  cluster.migrations_per_host = 1 + next_random(state) % 2;
  cr_assert_eq(berth_builder_add_cluster(f->builder, &cluster, &c), BERTH_OK);
  fixture_add_host(f, c, telling_host("h0", 45));
  fixture_add_host(f, c, telling_host("h1", 45));
  fixture_add_host(f, c, telling_host("h2", 45));
  for (int v = 0; v < VMS; v++) {
    char id[8];
    snprintf(id, sizeof id, "v%d", v);
    berth_vm_spec spec =
        notified(id, "h0", 1 + next_random(state) % 4700, 1 + next_random(state) % 60);
    spec.notify_registered = next_random(state) % 4 > 0;
    spec.notify_ack_seconds = next_random(state) % 2 ? BERTH_UNSET : next_random(state) % 30;
    spec.notify_settle_seconds = next_random(state) % 10;
    needs[v] = spec.notify_ack_seconds > 1 ? spec.notify_ack_seconds : 1;
    fixture_add_vm(f, c, spec);
  }
  fixture_rule(f, c, "q", BERTH_RULE_QUIESCE, BERTH_MUST, "v0 v1", NULL);
  return fixture_freeze(f);
}

/* Worst case when the VMs of `set` have to answer within what they need, or within a second. */
static int64_t worst_with(const berth_plan *plan, uint32_t set, const int64_t *needs) {
  int64_t end[64], worst = 0;
  uint32_t count = berth_plan_step_count(plan);
  cr_assert_leq(count, 64);
  for (uint32_t i = 0; i < count; i++) {
    const berth_plan_step *step = berth_plan_step_at(plan, i);
    int64_t start = 0, wait = step->wait;
    for (uint32_t k = 0; k < step->after_count; k++)
      if (end[step->after[k] - 1] > start)
        start = end[step->after[k] - 1];
    for (uint32_t k = 0; k < step->after_settled_count; k++) {
      uint32_t before = step->after_settled[k] - 1;
      int64_t settled = end[before] + berth_plan_step_at(plan, before)->settle;
      start = settled > start ? settled : start;
    }
    if (step->vm != BERTH_NONE && (set >> step->vm & 1) && needs[step->vm] < wait)
      wait = needs[step->vm];
    end[i] = start + wait + step->seconds;
    worst = end[i] > worst ? end[i] : worst;
  }
  return worst;
}

Test(deadline, no_fewer_timeouts_would_do) {
  uint32_t state = 7, with_remedy = 0, several = 0, without = 0;
  for (int round = 0; round < 60; round++) {
    fixture f;
    int64_t needs[VMS];
    const berth_inventory *inventory = drawn(&f, &state, needs);
    berth_plan *plain = evacuate(&f, inventory, 0);
    int64_t worst = berth_plan_get_makespan(plain).worst;
    berth_plan_free(plain);
    int64_t seconds = 1 + worst * (1 + next_random(&state) % 9) / 10;
    berth_plan *plan = evacuate(&f, inventory, seconds);
    const berth_plan_deadline *deadline = berth_plan_get_deadline(plan);
    uint32_t fewest = VMS + 1, timeouts = 0;
    for (uint32_t set = 0; set < 1u << VMS; set++)
      if (worst_with(plan, set, needs) <= seconds && (uint32_t)__builtin_popcount(set) < fewest)
        fewest = (uint32_t)__builtin_popcount(set);
    for (uint32_t i = 0; i < deadline->change_count; i++)
      timeouts += deadline->changes[i].vm != BERTH_NONE;
    cr_expect_eq(timeouts, fewest > VMS ? 0 : fewest, "round %d", round);
    cr_expect(timeouts == 0 || deadline->least, "round %d", round);
    with_remedy += timeouts > 0;
    several += timeouts > 1;
    without += fewest > VMS;
    berth_plan_free(plan);
    berth_inventory_release(inventory);
    fixture_end(&f);
  }
  cr_expect_gt(with_remedy, 10);
  cr_expect_gt(several, 3);
  cr_expect_gt(without, 3);
}

/* ---------------------------------------------------------------------- the checker, and files */

static uint32_t deadline_faults(const fixture *f, const berth_plan *plan) {
  berth_report *report = NULL;
  uint32_t count = 0;
  cr_assert_eq(berth_verify(f->ctx, plan, &report), BERTH_OK);
  for (uint32_t i = 0; i < berth_report_count(report); i++) {
    cr_expect_eq(berth_report_fault(report, i)->kind, BERTH_FAULT_DEADLINE);
    count++;
  }
  berth_report_free(report);
  return count;
}

static void expect_refused(const fixture *f, berth_plan *plan, const berth_plan_deadline *wrong,
                           const char *what) {
  berth_plan_deadline right = *berth_plan_get_deadline(plan);
  cr_assert_eq(berth_plan_set_deadline(f->ctx, plan, wrong), BERTH_OK, "%s", what);
  cr_expect_gt(deadline_faults(f, plan), 0, "%s is believed", what);
  cr_assert_eq(berth_plan_set_deadline(f->ctx, plan, &right), BERTH_OK);
  cr_expect_eq(deadline_faults(f, plan), 0);
}

Test(deadline, checker_believes_nothing) {
  fixture f;
  const berth_inventory *inventory = pair(&f);
  berth_plan *plan = evacuate(&f, inventory, 60);
  berth_plan_deadline wrong = *berth_plan_get_deadline(plan);
  const berth_plan_deadline right = wrong;
  berth_chain_part parts[16];
  berth_deadline_change changes[16];
  cr_assert(right.chain_count >= 4 && right.chain_count <= 16 && right.change_count >= 1 &&
            right.change_count <= 16);
  memcpy(parts, right.chain, right.chain_count * sizeof *parts);
  memcpy(changes, right.changes, right.change_count * sizeof *changes);
  wrong.met = BERTH_MET_WORST;
  expect_refused(&f, plan, &wrong, "a better verdict");
  wrong = right, wrong.late++;
  expect_refused(&f, plan, &wrong, "another lateness");
  wrong = right, wrong.impossible = !right.impossible;
  expect_refused(&f, plan, &wrong, "a proof");
  wrong = right, wrong.chain_count--;
  expect_refused(&f, plan, &wrong, "a chain without its end");
  wrong = right, wrong.chain = right.chain + 1, wrong.chain_count--;
  expect_refused(&f, plan, &wrong, "a chain without its beginning");
  wrong = right, wrong.chain = parts;
  parts[0].seconds++;
  expect_refused(&f, plan, &wrong, "a longer part");
  parts[0].seconds--;
  for (uint32_t i = 0; i < right.chain_count; i++)
    if (parts[i].join == BERTH_JOIN_QUIESCE)
      parts[i].join = BERTH_JOIN_WAKE;
  expect_refused(&f, plan, &wrong, "another join");
  wrong = right, wrong.changes = changes;
  changes[0].to++;
  expect_refused(&f, plan, &wrong, "a remedy that is not enough");
  changes[0].to = right.changes[0].to, changes[0].from++;
  expect_refused(&f, plan, &wrong, "a remedy from elsewhere");
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

Test(deadline, comes_back_from_json) {
  fixture f;
  char path[] = "/tmp/berth-deadline-XXXXXX";
  const berth_inventory *inventory = pair(&f);
  berth_plan *plan = evacuate(&f, inventory, 60), *back = NULL;
  int file = mkstemp(path);
  cr_assert(file >= 0);
  close(file);
  cr_assert_eq(berth_write_plan(f.ctx, plan, BERTH_FORMAT_JSON, NULL, path), BERTH_OK);
  cr_assert_eq(berth_read_plan(f.ctx, path, inventory, NULL, &back), BERTH_OK, "%s",
               berth_context_detail(f.ctx));
  const berth_plan_deadline *a = berth_plan_get_deadline(plan), *b = berth_plan_get_deadline(back);
  cr_assert_not_null(b);
  cr_expect(a->seconds == b->seconds && a->late == b->late && a->met == b->met &&
            a->impossible == b->impossible && a->least == b->least);
  cr_assert(a->chain_count == b->chain_count && a->change_count == b->change_count);
  for (uint32_t i = 0; i < a->chain_count; i++)
    cr_expect(a->chain[i].step == b->chain[i].step && a->chain[i].kind == b->chain[i].kind &&
              a->chain[i].join == b->chain[i].join && a->chain[i].seconds == b->chain[i].seconds);
  for (uint32_t i = 0; i < a->change_count; i++)
    cr_expect(a->changes[i].vm == b->changes[i].vm && a->changes[i].host == b->changes[i].host &&
              a->changes[i].to == b->changes[i].to && a->changes[i].worst == b->changes[i].worst);
  unlink(path);
  berth_plan_free(back);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* ---------------------------------------------------------------------- notification */

/* Five told VMs go to a host without the feature; a plan to one with it says nothing. */
Test(deadline, warns_of_lost_notification) {
  for (int has = 0; has < 2; has++) {
    fixture f = fixture_begin();
    uint32_t c = fixture_cluster(&f, "c");
    char id[8];
    fixture_add_host(&f, c, telling_host("h0", 10));
    fixture_add_host(&f, c, telling_host("h1", has ? 10 : BERTH_UNSET));
    for (int v = 0; v < 5; v++) {
      snprintf(id, sizeof id, "v%d", v);
      fixture_add_vm(&f, c, notified(id, "h0", 100, 5));
    }
    fixture_vm(&f, c, "deaf", "h0", 100, 100);
    const berth_inventory *inventory = fixture_freeze(&f);
    berth_plan *plan = evacuate(&f, inventory, 0);
    if (has)
      cr_expect_eq(berth_plan_warning_count(plan), 0);
    else {
      cr_assert_eq(berth_plan_warning_count(plan), 1);
      cr_expect_str_eq(berth_plan_warning_at(plan, 0),
                       "5 VMs end on hosts without migration notification, and will not be told of "
                       "the next migration from there: v0 on h1, v1 on h1, v2 on h1, ...");
    }
    berth_plan_free(plan);
    berth_inventory_release(inventory);
    fixture_end(&f);
  }
}
