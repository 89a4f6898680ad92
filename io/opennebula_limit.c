/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which migrations to keep of a plan that has more than are allowed. Steps that hold all steps they
 * wait for are the beginning of an execution of the plan, which is safe; what they come to is
 * for the checker to say, level by level. Balancing takes in turn what improves the ladder most
 * (in large clusters the steps in their order); packing takes hosts that are emptied, those first
 * that need the fewest steps, since a host half emptied is worth nothing.
 */
#include "opennebula_action.h"

#include "context_internal.h"
#include <assert.h>
#include <berth/verify.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS_MOST = 40, WORK_MOST = 400000 };

typedef struct selection {
  berth_context *ctx;
  const berth_plan *plan;
  uint32_t steps, most;
  bool *chosen;   /* [step], so far */
  bool *trial;    /* [step] */
  uint32_t *ids;  /* [step] of the trial plan */
  uint32_t *list; /* room for `after` of a step */
  int64_t best[BERTH_LEVEL_COUNT], found[BERTH_LEVEL_COUNT];
} selection;

static const berth_plan_step *step_at(const selection *s, uint32_t index) {
  return berth_plan_step_at(s->plan, index);
}

static bool is_move(const berth_plan_step *step) {
  return step->type == BERTH_STEP_MIGRATE;
}

/* ------------------------------------------------------------------------ closures */

/* Adds a step and all that it waits for to the trial. @return how many migrations came with it. */
static uint32_t close_over(selection *s, uint32_t index) {
  uint32_t added = 0;
  assert(index < s->steps);
  if (s->trial[index])
    return 0;
  s->trial[index] = true;
  for (bool grown = true; grown;) {
    grown = false;
    for (uint32_t i = s->steps; i-- > 0;) { /* what is waited for mostly has smaller ids */
      const berth_plan_step *step = step_at(s, i);
      for (uint32_t k = 0; s->trial[i] && k < step->after_count + step->after_settled_count; k++) {
        const uint32_t before =
            (k < step->after_count ? step->after[k] : step->after_settled[k - step->after_count]) -
            1;
        grown = grown || !s->trial[before];
        s->trial[before] = true;
      }
    }
  }
  for (uint32_t i = 0; i < s->steps; i++)
    added += s->trial[i] && !s->chosen[i] && is_move(step_at(s, i));
  return added;
}

static uint32_t count_moves(const selection *s, const bool *marked) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < s->steps; i++)
    count += marked[i] && is_move(step_at(s, i));
  return count;
}

/* ------------------------------------------------------------------------ trials */

/* A step of the trial plan, waiting only for what is in it as well. */
static berth_status copy_step(selection *s, berth_plan *to, uint32_t index) {
  berth_plan_step step = *step_at(s, index);
  uint32_t count = 0, settled = 0;
  for (uint32_t k = 0; k < step.after_count; k++)
    if (s->trial[step.after[k] - 1])
      s->list[count++] = s->ids[step.after[k] - 1];
  for (uint32_t k = 0; k < step.after_settled_count; k++)
    if (s->trial[step.after_settled[k] - 1])
      s->list[count + settled++] = s->ids[step.after_settled[k] - 1];
  step.after = s->list;
  step.after_count = count;
  step.after_settled = s->list + count;
  step.after_settled_count = settled;
  return berth_plan_add_step(s->ctx, to, &step);
}

/* The levels of the trial, into s->found. */
static berth_status judge(selection *s) {
  assert(count_moves(s, s->trial) <= s->most);
  berth_plan *trial = NULL;
  berth_report *report = NULL;
  uint32_t id = 0;
  berth_status status =
      berth_plan_new(s->ctx, berth_plan_inventory(s->plan), NULL, berth_plan_goal(s->plan), &trial);
  if (status == BERTH_OK)
    status = berth_plan_set_settings(s->ctx, trial, berth_plan_get_settings(s->plan));
  for (uint32_t i = 0; i < s->steps; i++)
    s->ids[i] = s->trial[i] ? ++id : 0;
  for (uint32_t i = 0; status == BERTH_OK && i < s->steps; i++)
    if (s->trial[i])
      status = copy_step(s, trial, i);
  if (status == BERTH_OK)
    status = berth_verify(s->ctx, trial, &report);
  for (int level = 0; status == BERTH_OK && level < BERTH_LEVEL_COUNT; level++)
    if (!berth_report_level(report, (berth_level)level, &s->found[level]))
      s->found[level] = 0;
  berth_report_free(report);
  berth_plan_free(trial);
  return status;
}

/* By the levels of the ladder that stand before the number of migrations. */
static bool is_better(const selection *s) {
  berth_level ladder[BERTH_LEVEL_COUNT];
  const uint32_t count = berth_goal_ladder(berth_plan_goal(s->plan), ladder);
  for (uint32_t i = 0; i < count && ladder[i] != BERTH_LEVEL_MIGRATIONS; i++)
    if (s->found[ladder[i]] != s->best[ladder[i]])
      return s->found[ladder[i]] < s->best[ladder[i]];
  return false;
}

static void keep_trial(selection *s) {
  memcpy(s->chosen, s->trial, s->steps * sizeof *s->chosen);
  memcpy(s->best, s->found, sizeof s->best);
}

static void begin_trial(selection *s) {
  memcpy(s->trial, s->chosen, s->steps * sizeof *s->trial);
}

/* ------------------------------------------------------------------------ balancing */

/* The step that, with what it waits for, improves most; false in *found: none does. */
static berth_status find_best_step(selection *s, uint32_t *best, bool *found) {
  int64_t before[BERTH_LEVEL_COUNT];
  berth_status status = BERTH_OK;
  memcpy(before, s->best, sizeof before);
  *found = false;
  for (uint32_t i = 0; status == BERTH_OK && i < s->steps; i++) {
    begin_trial(s);
    if (s->chosen[i] || !is_move(step_at(s, i)) || close_over(s, i) == 0 ||
        count_moves(s, s->trial) > s->most)
      continue;
    status = judge(s);
    if (status == BERTH_OK && is_better(s)) {
      memcpy(s->best, s->found, sizeof s->best);
      *best = i;
      *found = true;
    }
  }
  memcpy(s->best, before, sizeof before);
  return status;
}

static berth_status add_best_steps(selection *s) {
  berth_status status = BERTH_OK;
  bool found = true;
  while (status == BERTH_OK && found) {
    uint32_t best = 0;
    status = find_best_step(s, &best, &found);
    if (status != BERTH_OK || !found)
      break;
    begin_trial(s);
    close_over(s, best);
    status = judge(s);
    if (status == BERTH_OK)
      keep_trial(s);
  }
  return status;
}

/* Into the trial: the first migrations, so many. What they wait for comes before them. */
static void take_first(selection *s, uint32_t most) {
  uint32_t moves = 0;
  memset(s->trial, 0, s->steps * sizeof *s->trial);
  for (uint32_t i = 0; i < s->steps && moves < most; i++) {
    s->trial[i] = is_move(step_at(s, i));
    moves += s->trial[i];
  }
}

/* As many of the first steps as are allowed, or fewer where that is better. */
static berth_status add_first_steps(selection *s) {
  const uint32_t stride = s->most / TRIALS_MOST + 1;
  berth_status status = BERTH_OK;
  for (uint32_t k = s->most; status == BERTH_OK; k -= stride) {
    take_first(s, k);
    status = judge(s);
    if (status == BERTH_OK && is_better(s))
      keep_trial(s);
    if (k <= stride)
      break;
  }
  return status;
}

/* ------------------------------------------------------------------------ packing */

typedef struct emptying {
  uint32_t step; /* that powers the host down */
  uint32_t cost; /* migrations it waits for */
} emptying;

static int compare_emptyings(const void *a, const void *b) {
  const emptying *x = a, *y = b;
  if (x->cost != y->cost)
    return x->cost < y->cost ? -1 : 1;
  return x->step < y->step ? -1 : x->step > y->step;
}

/* Hosts that are powered down, cheapest first. @return how many. */
static uint32_t list_emptyings(selection *s, emptying *list) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < s->steps; i++) {
    if (step_at(s, i)->type != BERTH_STEP_POWER_DOWN)
      continue;
    memset(s->trial, 0, s->steps * sizeof *s->trial);
    close_over(s, i);
    list[count++] = (emptying){.step = i, .cost = count_moves(s, s->trial)};
  }
  qsort(list, count, sizeof *list, compare_emptyings);
  return count;
}

/* Takes hosts while they keep within the limit. @p one_by_one: each only if it is better so. */
static berth_status take_hosts(selection *s, const emptying *list, uint32_t count,
                               bool one_by_one) {
  berth_status status = BERTH_OK;
  uint32_t trials = 0;
  for (uint32_t i = 0; status == BERTH_OK && i < count; i++) {
    begin_trial(s);
    close_over(s, list[i].step);
    if (count_moves(s, s->trial) > s->most)
      continue;
    if (!one_by_one) {
      memcpy(s->chosen, s->trial, s->steps * sizeof *s->chosen);
      continue;
    }
    if (++trials > TRIALS_MOST)
      break;
    status = judge(s);
    if (status == BERTH_OK && is_better(s))
      keep_trial(s);
  }
  return status;
}

/* All at once; where the state they leave is no better, one after the other. */
static berth_status add_emptied_hosts(selection *s) {
  emptying *list = context_take(s->ctx, s->steps, sizeof *list);
  if (list == NULL)
    return BERTH_E_NOMEM;
  const uint32_t count = list_emptyings(s, list);
  berth_status status = take_hosts(s, list, count, false);
  begin_trial(s);
  if (status == BERTH_OK)
    status = judge(s);
  if (status == BERTH_OK && !is_better(s)) {
    memset(s->chosen, 0, s->steps * sizeof *s->chosen);
    status = take_hosts(s, list, count, true);
  }
  context_release(s->ctx, list);
  return status;
}

/* ------------------------------------------------------------------------ all */

static berth_status select_steps(selection *s) {
  const uint64_t moves = s->most < s->steps ? s->most : s->steps;
  const uint64_t work =
      moves * s->steps * (berth_inventory_vm_count(berth_plan_inventory(s->plan)) + 1);
  memset(s->trial, 0, s->steps * sizeof *s->trial);
  berth_status status = judge(s);
  memcpy(s->best, s->found, sizeof s->best);
  if (status != BERTH_OK || s->most == 0)
    return status;
  if (berth_plan_goal(s->plan) == BERTH_GOAL_CONSOLIDATE)
    return add_emptied_hosts(s);
  return work <= WORK_MOST ? add_best_steps(s) : add_first_steps(s);
}

berth_status opennebula_choose_steps(berth_context *ctx, const berth_plan *plan, uint32_t most,
                                     bool *chosen) {
  const uint32_t steps = berth_plan_step_count(plan);
  selection s = {.ctx = ctx, .plan = plan, .steps = steps, .most = most, .chosen = chosen};
  assert(chosen != NULL || steps == 0);
  for (uint32_t i = 0; i < steps; i++)
    chosen[i] = true;
  if (steps == 0 || count_moves(&s, chosen) <= most)
    return BERTH_OK;
  memset(chosen, 0, steps * sizeof *chosen);
  s.trial = context_take(ctx, steps, sizeof *s.trial);
  s.ids = context_take(ctx, steps, sizeof *s.ids);
  s.list = context_take(ctx, (size_t)steps * 2, sizeof *s.list);
  const berth_status status =
      s.trial == NULL || s.ids == NULL || s.list == NULL ? BERTH_E_NOMEM : select_steps(&s);
  context_release(ctx, s.list);
  context_release(ctx, s.ids);
  context_release(ctx, s.trial);
  return status;
}
