/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The failover problem of the set, part by part, its ladder cut to the unplaced levels. A safe plan
 * never makes a violation worse (docs/model.md, section 3), so nothing else has to be minimised
 * before them: where a cluster starts with violations, mending those must not take the room of a
 * restart. To the search, what a host may hold is then its capacity, and nothing has to leave.
 */
#include "audit_exact.h"
#include "component_solve.h"
#include "components.h"
#include "placement_question.h"
#include <assert.h>
#include <stddef.h>
#include <string.h>

/* Sums over the parts. */
typedef struct exact_sums {
  int64_t unplaced, least;
  int64_t woken, moved;
  uint32_t lost_count;
  uint32_t *lost; /* [vm of the cluster] */
} exact_sums;

/* What a plan may do, and what it need not keep. */
enum { MAY_WAKE = 1, MAY_MOVE = 2, ALL_HELP = 3, AS_HA_ALONE = 4 };

static bool make_view(const audit_ground *g, const uint8_t *failed, int terms, arena *memory,
                      berth_inventory *view) {
  const problem *p = &g->whole;
  uint8_t *state = arena_take(memory, g->view.host_count, 1);
  *view = (berth_inventory){.base = g->view.base, .allocator = g->view.allocator};
  frozen_share(view, &g->view);
  if (state == NULL)
    return false;
  assert(p->inventory == &g->view && g->nothing_wakes[0] == 0);
  memcpy(state, g->view.host_state, g->view.host_count);
  for (uint32_t h = 0; h < p->host_count; h++) {
    if (failed[h])
      state[p->host[h]] = BERTH_HOST_FAILED;
  }
  view->host_state = state;
  if (!(terms & MAY_WAKE))
    view->host_wake = g->nothing_wakes;
  if (!(terms & MAY_MOVE))
    view->vm_movable = g->nothing_moves;
  if (terms & AS_HA_ALONE)
    view->rules = g->rules_of_ha;
  return true;
}

static void cut_ladder(problem *p, const uint8_t *nobody_leaves) {
  p->ladder_length = 0;
  for (int l = BERTH_LEVEL_UNPLACED_HIGHEST; l <= BERTH_LEVEL_UNPLACED_LOWEST; l++)
    p->ladder[p->ladder_length++] = (berth_level)l;
  assert(p->ladder_length <= BERTH_LEVEL_COUNT && p->limit != NULL);
  p->capacity = p->limit;
  p->host_must_leave = nobody_leaves;
}

static void add_part(const problem *p, const component_answer *answer, exact_sums *sums) {
  for (uint32_t i = 0; i < p->ladder_length; i++) {
    sums->unplaced += answer->final.value[p->ladder[i]];
    sums->least += answer->bounds.value[p->ladder[i]];
    assert(answer->bounds.value[p->ladder[i]] <= answer->final.value[p->ladder[i]]);
  }
  sums->woken += answer->final.value[BERTH_LEVEL_HOSTS_WOKEN];
  sums->moved += answer->moves.count;
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (problem_is_requested(p, item) && answer->final.host[item] == BERTH_NONE)
      sums->lost[sums->lost_count++] = p->vm[item];
  }
}

/* Whether there is something to place at all. */
static bool is_asked(const problem *whole, const component *part) {
  for (uint32_t i = 0; i < part->vm_count; i++) {
    item_kind kind;
    if (problem_item_kind(whole->inventory, part->vms[i], &kind) && kind == ITEM_RESTART)
      return true;
  }
  return false;
}

static bool solve_parts(const problem *whole, const problem_aim *aim, const uint8_t *nobody_leaves,
                        solve_effort *effort, problem_scratch *scratch, arena *memory,
                        exact_sums *sums) {
  uint32_t count = 0;
  const component *parts = components_find(whole, memory, &count);
  for (uint32_t c = 0; parts != NULL && c < count; c++) {
    problem part;
    component_answer answer;
    arena local;
    if (!is_asked(whole, &parts[c]))
      continue;
    arena_init(&local, &memory->allocator);
    bool ok =
        problem_build(&part, &local, whole->inventory, aim, whole->cluster, &parts[c], scratch);
    if (ok)
      cut_ladder(&part, nobody_leaves);
    ok = ok && component_solve(&part, &local, effort, &answer);
    if (ok)
      add_part(&part, &answer, sums);
    arena_free(&local);
    if (!ok)
      return false;
  }
  return parts != NULL;
}

static bool ask(const audit_ground *g, const uint8_t *failed, int terms, solve_effort *effort,
                arena *memory, exact_sums *sums) {
  berth_inventory view;
  problem whole;
  problem_scratch scratch;
  problem_aim aim = {.goal = BERTH_GOAL_FAILOVER, .settings = BERTH_PLAN_SETTINGS_INIT};
  assert(sums->lost != NULL);
  *sums = (exact_sums){.lost = sums->lost};
  return make_view(g, failed, terms, memory, &view) &&
         problem_scratch_init(&scratch, memory, &view) &&
         cluster_problem_build(&whole, &view, g->cluster, &aim, &scratch, memory) &&
         solve_parts(&whole, &aim, g->nothing_wakes, effort, &scratch, memory, sums);
}

static berth_audit_verdict help_word(bool wakes, bool moves) {
  if (wakes)
    return moves ? BERTH_AUDIT_WAKES_AND_MIGRATIONS : BERTH_AUDIT_WAKES;
  return moves ? BERTH_AUDIT_MIGRATIONS : BERTH_AUDIT_RESTARTS;
}

static bool list_lost(const exact_sums *sums, arena *memory, audit_answer *out) {
  uint32_t *lost = arena_take(memory, sums->lost_count, sizeof *lost);
  if (lost == NULL)
    return false;
  assert(sums->least <= sums->unplaced && sums->lost_count == (uint64_t)sums->unplaced);
  for (uint32_t i = 0; i < sums->lost_count; i++) {
    uint32_t at = i;
    for (; at > 0 && lost[at - 1] > sums->lost[i]; at--)
      lost[at] = lost[at - 1];
    lost[at] = sums->lost[i];
  }
  out->lost = lost;
  out->lost_count = sums->lost_count;
  out->lost_known = sums->unplaced == sums->least;
  return true;
}

static audit_alone is_alone_enough(const exact_sums *sums) {
  assert(sums->least <= sums->unplaced);
  if (sums->unplaced == 0)
    return ALONE_YES;
  return sums->least > 0 ? ALONE_NO : ALONE_UNDECIDED;
}

/* After restarts alone were asked for within all rules: there are rules that HA does not keep. */
static bool ask_alone(const audit_ground *g, const uint8_t *failed, solve_effort *effort,
                      arena *memory, const exact_sums *sums, audit_answer *out) {
  exact_sums relaxed = {.lost = arena_take(memory, g->whole.item_count, sizeof *relaxed.lost)};
  out->alone = is_alone_enough(sums);
  if (out->alone == ALONE_YES || g->rules_of_ha == NULL)
    return true;
  if (relaxed.lost == NULL || !ask(g, failed, AS_HA_ALONE, effort, memory, &relaxed))
    return false;
  out->alone = is_alone_enough(&relaxed);
  return true;
}

/* The mildest help that a plan was found with; LOST only by proof. */
static bool ask_all(const audit_ground *g, const uint8_t *failed, solve_effort *effort, arena *work,
                    arena *memory, audit_answer *out) {
  exact_sums sums = {.lost = arena_take(work, g->whole.item_count, sizeof *sums.lost)};
  int help = (g->candidates.asleep_count > 0 ? MAY_WAKE : 0) | (g->has_movable ? MAY_MOVE : 0);
  if (sums.lost == NULL)
    return false;
  for (int terms = 0; terms <= ALL_HELP; terms++) {
    if ((terms & help) != terms)
      continue;
    if (!ask(g, failed, terms, effort, work, &sums) ||
        (terms == 0 && !ask_alone(g, failed, effort, work, &sums, out)))
      return false;
    assert(sums.unplaced >= 0 && sums.lost_count <= g->whole.item_count);
    if (sums.unplaced == 0) {
      out->verdict = help_word(terms & MAY_WAKE, terms & MAY_MOVE);
      return true;
    }
  }
  out->verdict = sums.least > 0 ? BERTH_AUDIT_LOST : BERTH_AUDIT_UNDECIDED;
  out->others = help_word(sums.woken > 0, sums.moved > 0);
  return list_lost(&sums, memory, out);
}

bool audit_exact_ask(const audit_ground *g, const uint8_t *failed, int64_t exact_limit,
                     search_clock *clock, arena *memory, audit_answer *out) {
  arena work;
  solve_effort effort = {.clock = clock, .exact_limit = exact_limit, .seed = 1};
  *out = (audit_answer){.verdict = BERTH_AUDIT_UNDECIDED, .alone = ALONE_UNDECIDED};
  if (search_clock_over(clock))
    return true;
  arena_init(&work, &memory->allocator);
  bool ok = ask_all(g, failed, &effort, &work, memory, out);
  arena_free(&work);
  return ok;
}
