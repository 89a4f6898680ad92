/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An evacuation does not care whether a VM lands on a host that is still to be patched; the rounds
 * that follow do. So it is solved a second time with a should rule for each VM that has to leave:
 * to run where it can stay. What comes out is told again as a plan of the inventory without these
 * rules, and checked as such. Of the two plans the one is taken that costs fewer migrations, its
 * own and those that the VMs left on hosts to be patched will need at least.
 */
#include "rolling_round.h"
#include "context_internal.h"
#include "thaw.h"
#include <assert.h>
#include <berth/verify.h>
#include <stdio.h>
#include <string.h>

uint32_t rolling_round_moves(const berth_plan *plan) {
  uint32_t moves = 0;
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++)
    moves += berth_plan_step_at(plan, i)->type == BERTH_STEP_MIGRATE;
  return moves;
}

static bool is_listed(const rolling_round_task *task, uint32_t host) {
  for (uint32_t i = 0; i < task->host_count; i++)
    if (task->hosts[i] == host)
      return true;
  return false;
}

/* Whether all hosts of the round are empty at its end; if not, of which clusters some are not. */
static bool empties(const rolling_round_task *task, const berth_plan *plan) {
  const berth_inventory *inventory = task->state->inventory;
  bool all = true;
  memset(task->failed, 0, inventory->cluster_count);
  for (uint32_t i = 0; i < berth_plan_left_behind_count(plan); i++) {
    uint32_t vm = berth_plan_left_behind_at(plan, i)->vm;
    if (!is_listed(task, task->state->where[vm]))
      continue;
    task->failed[inventory->vm_cluster[vm]] = 1;
    all = false;
  }
  return all;
}

/* Whether who stands there after the round has to leave again. */
static bool owes(const rolling_round_task *task, uint32_t host) {
  return host != BERTH_NONE && task->state->target[host] == ROLLING_TO_PATCH;
}

/* Migrations of the plan, and by how many more or fewer VMs have to move after it than before. */
static int64_t cost_of(const rolling_round_task *task, const berth_plan *plan) {
  int64_t cost = rolling_round_moves(plan);
  for (uint32_t i = 0; i < berth_plan_placement_count(plan); i++) {
    const berth_plan_placement *placement = berth_plan_placement_at(plan, i);
    assert(!is_listed(task, placement->to));
    cost += owes(task, placement->to);
    cost -= owes(task, task->state->where[placement->vm]);
  }
  return cost;
}

/* ---------------------------------------------------------------------- with rules */

/* The ids of all hosts whose guests can stay, with a blank between them; NULL = no memory. */
static char *list_good_hosts(arena *memory, const rolling_state *s, const berth_inventory *now,
                             uint32_t cluster) {
  const frozen_cluster *of = &now->clusters[cluster];
  size_t room = 1;
  for (uint32_t h = of->first_host; h < of->first_host + of->host_count; h++)
    room += rolling_state_is_good(s, h) ? strlen(now->host_id[h]) + 1 : 0;
  char *text = arena_take(memory, room, 1), *end = text;
  for (uint32_t h = of->first_host; text != NULL && h < of->first_host + of->host_count; h++)
    if (rolling_state_is_good(s, h)) {
      size_t length = strlen(now->host_id[h]);
      if (end != text)
        *end++ = ' ';
      memcpy(end, now->host_id[h], length);
      end += length;
    }
  assert(text == NULL || (size_t)(end - text) < room);
  return text;
}

static berth_status add_rules(berth_context *ctx, berth_builder *builder,
                              const rolling_round_task *task, const berth_inventory *now,
                              uint32_t *added) {
  arena memory;
  berth_status status = BERTH_OK;
  *added = 0;
  arena_init(&memory, context_allocator(ctx));
  for (uint32_t c = 0; c < now->cluster_count && status == BERTH_OK; c++) {
    const frozen_cluster *of = &now->clusters[c];
    const char *hosts = list_good_hosts(&memory, task->state, now, c);
    if (hosts == NULL)
      status = context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
    if (hosts == NULL || hosts[0] == '\0')
      continue;
    for (uint32_t vm = of->first_vm; vm < of->first_vm + of->vm_count && status == BERTH_OK; vm++) {
      char id[48];
      uint32_t host = now->vm_host[vm];
      if (now->vm_power[vm] != BERTH_POWER_ON || host == BERTH_NONE || !is_listed(task, host))
        continue;
      snprintf(id, sizeof id, "rolling-stay-%u", (unsigned)vm);
      berth_rule_spec rule = BERTH_RULE_SPEC_INIT;
      rule.id = id;
      rule.type = BERTH_RULE_RUN_ON;
      rule.strength = BERTH_SHOULD;
      rule.vms = now->vm_id[vm];
      rule.hosts = hosts;
      status = berth_builder_add_rule(builder, c, &rule, NULL);
      (*added)++;
    }
  }
  arena_free(&memory);
  return status;
}

static berth_status copy_steps(berth_context *ctx, const berth_plan *from, berth_plan *to) {
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; i < berth_plan_step_count(from) && status == BERTH_OK; i++) {
    berth_plan_step step = *berth_plan_step_at(from, i);
    if (step.type == BERTH_STEP_MIGRATE)
      step.why = NULL; /* it may name a rule that is none of the inventory's */
    status = berth_plan_add_step(ctx, to, &step);
  }
  for (uint32_t i = 0; i < berth_plan_placement_count(from) && status == BERTH_OK; i++)
    status = berth_plan_add_placement(ctx, to, berth_plan_placement_at(from, i));
  for (uint32_t i = 0; i < berth_plan_unplaced_count(from) && status == BERTH_OK; i++)
    status = berth_plan_add_unplaced(ctx, to, berth_plan_unplaced_at(from, i));
  for (uint32_t i = 0; i < berth_plan_warning_count(from) && status == BERTH_OK; i++)
    status = berth_plan_add_warning(ctx, to, berth_plan_warning_at(from, i));
  return status;
}

/* The ladder by the checker's values; only what is zero is proved. False: it is not sound. */
static berth_status add_levels(berth_context *ctx, berth_plan *plan, bool *sound) {
  berth_level ladder[BERTH_LEVEL_COUNT];
  uint32_t rungs = berth_goal_ladder(berth_plan_goal(plan), ladder);
  berth_report *report = NULL;
  berth_outcome outcome = BERTH_OUTCOME_OPTIMAL;
  berth_status status = berth_verify(ctx, plan, &report);
  for (uint32_t i = 0; i < rungs && status == BERTH_OK; i++) {
    berth_plan_level level = {.level = ladder[i], .proof = "zero"};
    if (!berth_report_level(report, ladder[i], &level.value))
      break;
    level.status = level.value == 0 ? BERTH_OUTCOME_OPTIMAL : BERTH_OUTCOME_FEASIBLE;
    if (level.value > 0 && ladder[i] != BERTH_LEVEL_MAKESPAN)
      outcome = BERTH_OUTCOME_FEASIBLE;
    status = berth_plan_add_level(ctx, plan, &level);
  }
  berth_report_free(report);
  berth_plan_set_status(plan, outcome);
  report = NULL;
  if (status == BERTH_OK)
    status = berth_verify(ctx, plan, &report);
  *sound = status == BERTH_OK && berth_report_count(report) == 0;
  berth_report_free(report);
  return status;
}

/* Tells a plan of the inventory with rules as one of `now`. *out stays NULL if it does not hold. */
static berth_status tell_again(berth_context *ctx, const berth_plan *steered,
                               const berth_inventory *now, const berth_scenario *scenario,
                               berth_plan **out) {
  berth_plan *plan = NULL;
  bool sound = false;
  berth_status status = berth_plan_new(ctx, now, scenario, BERTH_GOAL_EVACUATE, &plan);
  if (status == BERTH_OK)
    status = copy_steps(ctx, steered, plan);
  if (status == BERTH_OK) {
    berth_plan_set_makespan(plan, berth_plan_get_makespan(steered));
    status = add_levels(ctx, plan, &sound);
  }
  if (status == BERTH_OK && sound) {
    *out = plan;
    plan = NULL;
  }
  berth_plan_free(plan);
  return status;
}

/* Solves with rules. *out stays NULL where that says nothing new or goes wrong. */
static berth_status plan_with_rules(berth_context *ctx, const rolling_round_task *task,
                                    const berth_scenario *scenario, berth_plan **out) {
  const berth_inventory *now = NULL;
  berth_inventory *ruled = NULL;
  berth_builder *builder = NULL;
  berth_plan *steered = NULL;
  uint32_t added = 0;
  berth_request request = BERTH_REQUEST_INIT;
  request.infer_goal = false;
  request.goal = BERTH_GOAL_EVACUATE;
  request.options = task->options;
  berth_status status = berth_scenario_apply(ctx, task->source, scenario, &now);
  if (status != BERTH_OK)
    goto done;
  if ((status = thaw_inventory(ctx, now, &builder)) != BERTH_OK ||
      (status = add_rules(ctx, builder, task, now, &added)) != BERTH_OK || added == 0)
    goto done;
  if (berth_builder_freeze(builder, &ruled) != BERTH_OK) /* ids that no list can hold */
    goto done;
  if ((status = berth_solve(ctx, ruled, &request, NULL, &steered)) != BERTH_OK)
    goto done;
  if (empties(task, steered))
    status = tell_again(ctx, steered, now, scenario, out);
done:
  berth_plan_free(steered);
  berth_inventory_release(ruled);
  berth_builder_free(builder);
  berth_inventory_release(now);
  return status;
}

/* ---------------------------------------------------------------------- the round */

static int64_t should_broken(const berth_plan *plan) {
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++)
    if (berth_plan_level_at(plan, i)->level == BERTH_LEVEL_SHOULD_BROKEN)
      return berth_plan_level_at(plan, i)->value;
  return 0;
}

static bool has_good_hosts(const rolling_state *s) {
  for (uint32_t host = 0; host < s->inventory->host_count; host++)
    if (rolling_state_is_good(s, host))
      return true;
  return false;
}

/* Takes the plan with rules if it breaks no more of the inventory's own, and costs less. */
static void take_cheaper(const rolling_round_task *task, berth_plan **plain, berth_plan **ruled) {
  assert(*plain != NULL && *ruled != NULL);
  bool better = should_broken(*ruled) <= should_broken(*plain) &&
                cost_of(task, *ruled) < cost_of(task, *plain);
  berth_plan_free(better ? *plain : *ruled);
  if (better)
    *plain = *ruled;
  *ruled = NULL;
}

berth_status rolling_round_plan(berth_context *ctx, const rolling_round_task *task,
                                berth_plan **out) {
  berth_scenario *scenario = NULL;
  berth_plan *plain = NULL, *ruled = NULL;
  berth_request request = BERTH_REQUEST_INIT;
  *out = NULL;
  assert(task->host_count > 0);
  berth_status status =
      rolling_state_scenario(ctx, task->state, task->hosts, task->host_count, &scenario);
  if (status != BERTH_OK)
    return status;
  request.infer_goal = false;
  request.goal = BERTH_GOAL_EVACUATE;
  request.scenario = scenario;
  request.options = task->options;
  if ((status = berth_solve(ctx, task->source, &request, NULL, &plain)) != BERTH_OK)
    goto done;
  if (!empties(task, plain))
    goto done;
  if (has_good_hosts(task->state))
    status = plan_with_rules(ctx, task, scenario, &ruled);
  if (status == BERTH_OK && ruled != NULL)
    take_cheaper(task, &plain, &ruled);
  if (status == BERTH_OK) {
    *out = plain;
    plain = NULL;
  }
done:
  berth_plan_free(plain);
  berth_plan_free(ruled);
  berth_scenario_free(scenario);
  return status;
}
