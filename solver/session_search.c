/* SPDX-License-Identifier: Apache-2.0 */
/* The search behind drain and failure: berth_solve(), and where it leaves the answer open because
 * there is something to be mended beside, the question alone. */
#include "context_internal.h"
#include "index_sort.h"
#include "session_exact.h"
#include "session_premise.h"

/* ------------------------------------------------------------------------ reading plans */

static const berth_plan_level *level_of(const berth_plan *plan, berth_level level) {
  const berth_plan_level *found = NULL;
  for (uint32_t i = 0; i < berth_plan_level_count(plan) && found == NULL; i++) {
    if (berth_plan_level_at(plan, i)->level == level)
      found = berth_plan_level_at(plan, i);
  }
  assert(found != NULL);
  return found;
}

/* Whether every safe plan leaves a VM out: none has other violations, so the first level on which
 * one is left out speaks of all plans that leave none out before. */
static bool proves_lost(const host_premise *premise, const berth_plan *plan) {
  if (level_of(plan, BERTH_LEVEL_VIOLATIONS)->bound < premise->others)
    return false;
  for (int l = BERTH_LEVEL_UNPLACED_HIGHEST; l <= BERTH_LEVEL_UNPLACED_LOWEST; l++) {
    const berth_plan_level *level = level_of(plan, (berth_level)l);
    if (level->value > 0)
      return level->bound > 0;
  }
  return false;
}

/* Whether there is no way: a plan that empties the host has no more violations than there are
 * beside. */
static bool proves_none(const host_question *q, const host_premise *premise,
                        const berth_plan *plan) {
  return q->fails ? proves_lost(premise, plan)
                  : level_of(plan, BERTH_LEVEL_VIOLATIONS)->bound > premise->others;
}

/* VMs on other hosts that are to be emptied stay there: they are not meant. */
static bool list_left(const host_question *q, const host_premise *premise, berth_answer *answer) {
  const berth_plan *plan = answer->plan;
  uint32_t count = q->fails ? berth_plan_unplaced_count(plan) : berth_plan_left_behind_count(plan);
  answer->left = arena_take(&answer->memory, count, sizeof *answer->left);
  if (answer->left == NULL)
    return false;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t vm =
        q->fails ? berth_plan_unplaced_at(plan, i)->vm : berth_plan_left_behind_at(plan, i)->vm;
    if (premise->asked->vm_host[vm] == premise->host)
      answer->left[answer->left_count++] = premise->copy.vm_number[vm];
  }
  assert(answer->left_count <= q->count);
  answer->left_count = index_sort_unique(answer->left, answer->left_count);
  return true;
}

/* Steps stand in an order in which they can be carried out. */
static bool list_moves(const host_premise *premise, berth_answer *answer) {
  uint32_t steps = berth_plan_step_count(answer->plan);
  answer->moves = arena_take(&answer->memory, steps, sizeof *answer->moves);
  if (answer->moves == NULL)
    return false;
  for (uint32_t i = 0; i < steps; i++) {
    const berth_plan_step *step = berth_plan_step_at(answer->plan, i);
    if (step->vm == BERTH_NONE)
      continue;
    bool migrates = step->type == BERTH_STEP_MIGRATE;
    assert(migrates || step->type == BERTH_STEP_RESTART);
    uint32_t from = migrates ? step->from : premise->host;
    answer->moves[answer->move_count++] =
        (berth_plan_placement){.vm = premise->copy.vm_number[step->vm],
                               .from = premise->copy.host_number[from],
                               .to = premise->copy.host_number[step->to],
                               .how = migrates ? BERTH_HOW_MIGRATE : BERTH_HOW_RESTART};
  }
  return true;
}

/* ------------------------------------------------------------------------ searching */

static berth_status solve(const host_question *q, host_premise *premise, berth_answer *answer) {
  berth_request request = BERTH_REQUEST_INIT;
  request.infer_goal = false;
  request.goal = premise->aim.goal;
  request.options = q->options;
  berth_status status = berth_solve(q->ctx, premise->asked, &request, NULL, &answer->plan);
  if (status != BERTH_OK)
    return status;
  if (!list_left(q, premise, answer) || !list_moves(premise, answer))
    return context_fail(q->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  assert(answer->move_count + answer->left_count >= q->count);
  if (answer->left_count == 0)
    answer->outcome = BERTH_OUTCOME_OPTIMAL;
  else if (proves_none(q, premise, answer->plan))
    answer->outcome = BERTH_OUTCOME_INFEASIBLE;
  else if (premise->others > premise->fixed)
    return answer_exactly(q, premise, answer);
  return BERTH_OK;
}

berth_status answer_by_search(const host_question *question, berth_answer *answer) {
  host_premise premise;
  assert(answer->outcome == BERTH_OUTCOME_UNKNOWN && question->count > 0);
  answer->move_count = answer->left_count = 0;
  berth_status status = host_premise_make(question, &premise);
  if (status == BERTH_OK)
    status = solve(question, &premise, answer);
  host_premise_free(&premise);
  return status;
}
