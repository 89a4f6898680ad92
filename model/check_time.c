/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Durations, windows and makespan (docs/model.md §6), recomputed along the topological order and
 * compared with what the plan says.
 */
#include "check_internal.h"
#include <assert.h>

static void migration_duration(check *c, check_step *step) {
  const frozen_notification *notification = &c->inventory->vm_notification[step->vm];
  berth_migration_time(c->inventory, step->vm, step->from, step->to, &step->wait, &step->seconds);
  step->settle =
      step->wait > 0 && notification->settle_seconds > 0 ? notification->settle_seconds : 0;
  assert(step->wait >= 0 && step->seconds >= 1);
}

static void set_duration(check *c, check_step *step) {
  const berth_inventory *inventory = c->inventory;
  switch (step->type) {
  case BERTH_STEP_WAKE:
    step->seconds = inventory->host_wake_seconds[step->host];
    break;
  case BERTH_STEP_MIGRATE:
    migration_duration(c, step);
    break;
  case BERTH_STEP_RESTART:
  case BERTH_STEP_POWER_ON:
    step->seconds = inventory->clusters[inventory->vm_cluster[step->vm]].set_up.restart_seconds;
    break;
  case BERTH_STEP_ENTER_MAINTENANCE:
  case BERTH_STEP_POWER_DOWN:
    break;
  }
}

static void compare_duration(check *c, uint32_t i) {
  const check_step *step = &c->steps[i];
  const berth_plan_step *given = berth_plan_step_at(c->plan, i);
  if (given->wait != step->wait || given->seconds != step->seconds || given->settle != step->settle)
    check_fault(
        c, BERTH_FAULT_TIME, i,
        "step %u takes wait %lld, %lld seconds, settle %lld; the model says %lld, %lld, %lld",
        i + 1, (long long)given->wait, (long long)given->seconds, (long long)given->settle,
        (long long)step->wait, (long long)step->seconds, (long long)step->settle);
}

void check_durations(check *c) {
  for (uint32_t i = 0; i < c->step_count; i++) {
    if (!c->steps[i].sound)
      continue;
    set_duration(c, &c->steps[i]);
    compare_duration(c, i);
  }
}

static int64_t expected_wait(const check *c, const check_step *step) {
  if (step->wait == 0)
    return 0;
  int64_t acknowledged = c->inventory->vm_notification[step->vm].ack_seconds;
  return acknowledged >= 0 && acknowledged < step->wait ? acknowledged : step->wait;
}

static void raise_to(int64_t *value, int64_t floor) {
  if (*value < floor)
    *value = floor;
}

/* Longest paths up to step i; those of all it waits for are known. */
static void compute_window(check *c, uint32_t i) {
  const check_step *step = &c->steps[i];
  check_times *times = &c->times;
  berth_window start = {0, 0};
  int64_t expected = 0;
  for (uint32_t e = c->graph.start[i]; e < c->graph.start[i + 1]; e++) {
    uint32_t before = c->graph.edges[e].step;
    int64_t settle = c->graph.edges[e].settled ? c->steps[before].settle : 0;
    raise_to(&start.earliest, check_sum(times->end[before].earliest, settle));
    raise_to(&start.latest, check_sum(times->end[before].latest, settle));
    raise_to(&expected, check_sum(times->expected_end[before], settle));
  }
  times->start[i] = start;
  times->end[i].earliest = check_sum(start.earliest, step->seconds);
  times->end[i].latest = check_sum(check_sum(start.latest, step->wait), step->seconds);
  times->expected_end[i] = check_sum(check_sum(expected, expected_wait(c, step)), step->seconds);
  assert(times->end[i].earliest <= times->end[i].latest);
  raise_to(&times->makespan.best, times->end[i].earliest);
  raise_to(&times->makespan.worst, times->end[i].latest);
  raise_to(&times->makespan.expected, times->expected_end[i]);
}

static bool equal_windows(berth_window a, berth_window b) {
  return a.earliest == b.earliest && a.latest == b.latest;
}

static void compare_window(check *c, uint32_t i) {
  const berth_plan_step *given = berth_plan_step_at(c->plan, i);
  berth_window start = c->times.start[i], end = c->times.end[i];
  if (c->steps[i].sound && (!equal_windows(given->start, start) || !equal_windows(given->end, end)))
    check_fault(c, BERTH_FAULT_TIME, i,
                "step %u starts in [%lld, %lld] and ends in [%lld, %lld]; its precedence gives "
                "[%lld, %lld] and [%lld, %lld]",
                i + 1, (long long)given->start.earliest, (long long)given->start.latest,
                (long long)given->end.earliest, (long long)given->end.latest,
                (long long)start.earliest, (long long)start.latest, (long long)end.earliest,
                (long long)end.latest);
}

static void compare_makespan(check *c) {
  berth_plan_makespan given = berth_plan_get_makespan(c->plan), own = c->times.makespan;
  if (given.best != own.best || given.expected != own.expected || given.worst != own.worst)
    check_fault(c, BERTH_FAULT_TIME, BERTH_NONE,
                "the makespan is best %lld, expected %lld, worst %lld; the steps give %lld, %lld, "
                "%lld",
                (long long)given.best, (long long)given.expected, (long long)given.worst,
                (long long)own.best, (long long)own.expected, (long long)own.worst);
}

void check_windows(check *c) {
  c->times.start = check_take(c, c->step_count, sizeof *c->times.start);
  c->times.end = check_take(c, c->step_count, sizeof *c->times.end);
  c->times.expected_end = check_take(c, c->step_count, sizeof *c->times.expected_end);
  if (c->exhausted)
    return;
  for (uint32_t k = 0; k < c->step_count; k++)
    compute_window(c, c->graph.order[k]);
  for (uint32_t i = 0; i < c->step_count; i++)
    compare_window(c, i);
  compare_makespan(c);
}
