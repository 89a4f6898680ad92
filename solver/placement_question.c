/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First the plan itself with the VM added at its end: what it does before stays safe where less is
 * forbidden. Then what is short in sum. Then the search that plans are made with, its ladder cut
 * after the first two levels.
 */
#include "placement_question.h"
#include "component_solve.h"
#include "components.h"
#include "group_shortage.h"
#include <assert.h>

/* Sums over the components, as in a plan. */
typedef struct level_sums {
  int64_t violations, least_violations, unplaced, least_unplaced;
} level_sums;

bool cluster_problem_build(problem *p, const berth_inventory *inventory, uint32_t cluster,
                           const problem_aim *aim, problem_scratch *scratch, arena *memory) {
  const frozen_cluster *of = &inventory->clusters[cluster];
  uint32_t *hosts = arena_take_unset(memory, of->host_count, sizeof *hosts);
  uint32_t *vms = arena_take_unset(memory, of->vm_count, sizeof *vms);
  if (hosts == NULL || vms == NULL)
    return false;
  component all = {.host_count = of->host_count, .hosts = hosts, .vms = vms};
  for (uint32_t h = 0; h < of->host_count; h++)
    hosts[h] = of->first_host + h;
  for (uint32_t vm = of->first_vm; vm < of->first_vm + of->vm_count; vm++) {
    item_kind kind;
    if (problem_item_kind(inventory, vm, &kind))
      vms[all.vm_count++] = vm;
  }
  return problem_build(p, memory, inventory, aim, cluster, &all, scratch);
}

/* The end of the plan in this problem. */
static void take_over(placement *s, const uint32_t *end, uint32_t first_host) {
  const problem *p = s->problem;
  for (uint32_t item = 0; item < p->item_count; item++) {
    uint32_t host = end[p->vm[item]];
    uint32_t to = host == BERTH_NONE ? BERTH_NONE : host - first_host;
    assert(to == BERTH_NONE || to < p->host_count);
    if (s->host[item] != to)
      placement_move(s, item, to);
  }
}

/* True if the VM may come to some host when all others are where the plan has them. */
static bool fits_at_end(placement *s, uint32_t item, int64_t violations) {
  const problem *p = s->problem;
  uint32_t from = s->host[item];
  for (uint32_t host = 0; host < p->host_count; host++) {
    if (host == from || p->host_must_leave[host] || !p->host_open[host] ||
        !placement_fits(s, item, host))
      continue;
    placement_move(s, item, host);
    bool held = s->value[BERTH_LEVEL_VIOLATIONS] <= violations;
    placement_move(s, item, from);
    if (held)
      return true;
  }
  return false;
}

static bool sum_parts(const placement_question *q, const problem *whole, const problem_aim *aim,
                      problem_scratch *scratch, search_clock *clock, arena *memory,
                      level_sums *sums) {
  uint32_t count = 0;
  const component *parts = components_find(whole, memory, &count);
  solve_effort effort = {.clock = clock, .exact_limit = q->exact_limit, .seed = q->seed};
  for (uint32_t c = 0; parts != NULL && c < count; c++) {
    problem part;
    component_answer answer;
    arena local;
    arena_init(&local, &memory->allocator);
    bool ok = problem_build(&part, &local, q->inventory, aim, q->cluster, &parts[c], scratch);
    part.ladder_length = whole->ladder_length;
    ok = ok && component_solve(&part, &local, &effort, &answer);
    if (ok) {
      sums->violations += answer.final.value[BERTH_LEVEL_VIOLATIONS];
      sums->least_violations += answer.bounds.value[BERTH_LEVEL_VIOLATIONS];
      sums->unplaced += answer.final.value[BERTH_LEVEL_UNPLACED];
      sums->least_unplaced += answer.bounds.value[BERTH_LEVEL_UNPLACED];
    }
    arena_free(&local);
    if (!ok)
      return false;
  }
  return parts != NULL;
}

/* Whether the hosts are too small for all that is asked, however it is spread. VMs that must leave
 * their hosts have to do so only where no violation is allowed. false = no memory. */
static bool find_shortage(const problem *p, uint32_t item, int64_t allowed, arena *memory,
                          bool *lacks) {
  group_shortage shortage = {0};
  bool ok = allowed > 0 || group_shortage_find(&shortage, p, item, memory);
  *lacks = shortage.short_by > 0;
  return ok;
}

/* With fewer violations than allowed and VMs unplaced, more violations might place them. */
static question_answer judge(const level_sums *sums, int64_t allowed) {
  assert(sums->least_violations <= sums->violations && sums->least_unplaced <= sums->unplaced);
  if (sums->violations <= allowed && sums->unplaced == 0)
    return ANSWER_YES;
  if (sums->least_violations > allowed)
    return ANSWER_NO;
  bool least = sums->violations == sums->least_violations && sums->violations == allowed;
  return least && sums->least_unplaced > 0 ? ANSWER_NO : ANSWER_OPEN;
}

static question_answer ask(const placement_question *q, search_clock *clock, arena *memory) {
  problem whole;
  problem_scratch scratch;
  placement end;
  level_sums sums = {0};
  problem_aim aim = {.goal = q->may_wake ? BERTH_GOAL_PLACE : BERTH_GOAL_DEFRAGMENT,
                     .settings = BERTH_PLAN_SETTINGS_INIT};
  if (!problem_scratch_init(&scratch, memory, q->inventory) ||
      !cluster_problem_build(&whole, q->inventory, q->cluster, &aim, &scratch, memory) ||
      !placement_init(&end, &whole, memory))
    return ANSWER_NO_MEMORY;
  whole.ladder_length = 2;
  assert(whole.ladder[0] == BERTH_LEVEL_VIOLATIONS && whole.ladder[1] == BERTH_LEVEL_UNPLACED);
  uint32_t item = problem_item_of_vm(&whole, q->vm);
  assert(item != BERTH_NONE);
  take_over(&end, q->end, q->inventory->clusters[q->cluster].first_host);
  int64_t allowed = end.value[BERTH_LEVEL_VIOLATIONS] - q->leaves;
  if (whole.kind[item] != ITEM_FIXED && fits_at_end(&end, item, allowed))
    return ANSWER_YES;
  bool lacks = false;
  if (!find_shortage(&whole, item, allowed, memory, &lacks))
    return ANSWER_NO_MEMORY;
  if (lacks)
    return ANSWER_NO;
  if ((uint64_t)whole.item_count * whole.host_count > q->most_pairs || search_clock_over(clock))
    return ANSWER_OPEN;
  if (!sum_parts(q, &whole, &aim, &scratch, clock, memory, &sums))
    return ANSWER_NO_MEMORY;
  return judge(&sums, allowed);
}

question_answer placement_question_ask(const placement_question *question, search_clock *clock) {
  arena memory;
  assert(question->end[question->vm] == BERTH_NONE || question->leaves);
  arena_init(&memory, context_allocator(clock->ctx));
  question_answer answer = ask(question, clock, &memory);
  arena_free(&memory);
  return answer;
}
