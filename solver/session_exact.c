/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The components of the cluster that the question is about, put to the search that plans are made
 * with, but with another aim. If the host fails, the ladder is cut to the unplaced levels, as in an
 * audit: a safe plan never makes a violation worse, so they need no watching. If it is to be
 * emptied, what counts is `violations`, and leaving a VM behind is made dearer than all else that
 * could be mended: so many must rules keep the VMs off the host.
 */
#include "session_exact.h"
#include "component_solve.h"
#include "components.h"
#include "context_internal.h"
#include "index_sort.h"
#include <string.h>

typedef struct exact_search {
  const host_question *q;
  host_premise *premise;
  berth_answer *answer;
  solve_effort effort;
  search_clock clock;
  const uint8_t *nobody_leaves; /* [host] */
  uint32_t move_count, left_count;
  berth_plan_placement *moves, *restarts; /* migrations come first */
  uint32_t restart_count, move_room;
  uint32_t *left;
  bool refuted; /* a component has no way, by proof */
} exact_search;

/* ------------------------------------------------------------------------ aims */

/* Whether the question is about a VM of the component. */
static bool is_asked_of(const exact_search *x, const component *part) {
  for (uint32_t i = 0; i < part->vm_count; i++) {
    item_kind kind;
    if (problem_item_kind(x->premise->asked, part->vms[i], &kind) &&
        x->premise->asked->vm_host[part->vms[i]] == x->premise->host)
      return true;
  }
  return false;
}

static uint32_t local_host(const problem *p, uint32_t host) {
  uint32_t h = 0;
  while (p->host[h] != host)
    h++;
  assert(h < p->host_count);
  return h;
}

/* `copies` must rules: who is at the host is not to stay there. */
static bool weigh_host(problem *p, uint32_t host, uint32_t copies) {
  const uint32_t rules = p->rule_count, entries = p->item_rule_start[p->item_count];
  problem_rule *all = arena_take(p->memory, rules + (size_t)copies, sizeof *all);
  uint32_t *members = arena_take(p->memory, p->item_count, sizeof *members), count = 0;
  host_bits *allowed = arena_take(p->memory, p->host_words, sizeof *allowed);
  uint32_t *start = arena_take(p->memory, p->item_count + (size_t)1, sizeof *start);
  if (all == NULL || members == NULL || allowed == NULL || start == NULL)
    return false;
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (p->origin[item] == host)
      members[count++] = item;
  }
  uint32_t *list = arena_take(p->memory, entries + (size_t)count * copies, sizeof *list);
  if (list == NULL)
    return false;
  for (uint32_t h = 0; h < p->host_count; h++)
    allowed[h / 64] |= (host_bits)(h != host) << (h % 64);
  if (rules > 0)
    memcpy(all, p->rules, rules * sizeof *all);
  assert(count > 0 && copies > 0);
  for (uint32_t c = 0; c < copies; c++)
    all[rules + c] = (problem_rule){.form = RULE_FORM_HOSTS,
                                    .must = true,
                                    .allowed = allowed,
                                    .member_count = count,
                                    .members = members};
  for (uint32_t item = 0, at = 0; item < p->item_count; item++) {
    for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++)
      list[at++] = p->item_rules[i];
    for (uint32_t c = 0; p->origin[item] == host && c < copies; c++)
      list[at++] = rules + c;
    start[item + 1] = at;
  }
  assert(start[p->item_count] == entries + count * copies);
  p->rules = all;
  p->rule_count = rules + copies;
  p->item_rule_start = start;
  p->item_rules = list;
  return true;
}

/* Emptying comes first; returns what else may be wrong in the end. False: out of memory. */
static bool aim_at_leaving(const exact_search *x, problem *p, int64_t *others) {
  placement start;
  uint32_t host = local_host(p, x->premise->host), leaving = 0, fixed = 0;
  if (!placement_init(&start, p, p->memory))
    return false;
  for (uint32_t item = 0; item < p->item_count; item++) {
    assert(p->origin[item] < p->host_count); /* who waits takes no part */
    leaving += p->origin[item] == host;
    fixed += p->origin[item] != host && p->host_must_leave[p->origin[item]];
  }
  *others = start.value[BERTH_LEVEL_VIOLATIONS] - leaving;
  p->ladder[0] = BERTH_LEVEL_VIOLATIONS;
  p->ladder_length = 1;
  assert(*others >= fixed && *others < UINT32_MAX / 2); /* VMs that stay elsewhere are not mended */
  return weigh_host(p, host, (uint32_t)*others - fixed + 1);
}

static void aim_at_restarts(const exact_search *x, problem *p) {
  assert(x->q->fails);
  p->ladder_length = 0;
  for (int l = BERTH_LEVEL_UNPLACED_HIGHEST; l <= BERTH_LEVEL_UNPLACED_LOWEST; l++)
    p->ladder[p->ladder_length++] = (berth_level)l;
  p->host_must_leave = x->nobody_leaves;
}

/* ------------------------------------------------------------------------ reading */

/* The first level on which a VM is left out speaks of all plans that leave none out before. */
static bool proves_lost(const problem *p, const component_answer *found) {
  for (uint32_t i = 0; i < p->ladder_length; i++) {
    if (found->final.value[p->ladder[i]] > 0)
      return found->bounds.value[p->ladder[i]] > 0;
  }
  return false;
}

static berth_plan_placement move_of(const exact_search *x, const problem *p, uint32_t item,
                                    uint32_t from, uint32_t to, berth_how how) {
  assert(to < p->host_count && (from == BERTH_NONE) == (how == BERTH_HOW_RESTART));
  const view_copy *copy = &x->premise->copy;
  uint32_t host = from == BERTH_NONE ? x->q->host : copy->host_number[p->host[from]];
  return (berth_plan_placement){.vm = copy->vm_number[p->vm[item]],
                                .from = host,
                                .to = copy->host_number[p->host[to]],
                                .how = how};
}

static bool add_move(exact_search *x, berth_plan_placement move) {
  if (x->move_count == x->move_room) {
    uint32_t room = 2 * x->move_room + 64;
    berth_plan_placement *wider = arena_take(&x->answer->memory, room, sizeof *wider);
    if (wider == NULL)
      return false;
    if (x->move_count > 0)
      memcpy(wider, x->moves, x->move_count * sizeof *wider);
    x->moves = wider;
    x->move_room = room;
  }
  x->moves[x->move_count++] = move;
  return true;
}

static bool read_part(exact_search *x, const problem *p, const component_answer *found) {
  const placement *final = &found->final;
  for (uint32_t m = 0; m < found->moves.count; m++) {
    const migration *move = &found->moves.list[m];
    if (!add_move(x, move_of(x, p, move->item, move->from, move->to, BERTH_HOW_MIGRATE)))
      return false;
  }
  for (uint32_t item = 0; item < p->item_count; item++) {
    bool asked = x->premise->asked->vm_host[p->vm[item]] == x->premise->host;
    if (!asked)
      continue;
    bool stays = final->host[item] == (x->q->fails ? BERTH_NONE : p->origin[item]);
    if (stays)
      x->left[x->left_count++] = x->premise->copy.vm_number[p->vm[item]];
    else if (x->q->fails)
      x->restarts[x->restart_count++] =
          move_of(x, p, item, BERTH_NONE, final->host[item], BERTH_HOW_RESTART);
  }
  return true;
}

/* ------------------------------------------------------------------------ searching */

static bool solve_part(exact_search *x, const component *part) {
  host_premise *premise = x->premise;
  problem p;
  component_answer found;
  int64_t others = 0;
  arena local;
  arena_init(&local, context_allocator(x->q->ctx));
  bool ok = problem_build(&p, &local, premise->asked, &premise->aim, premise->cluster, part,
                          &premise->scratch);
  if (ok && x->q->fails)
    aim_at_restarts(x, &p);
  else if (ok)
    ok = aim_at_leaving(x, &p, &others);
  ok = ok && component_solve(&p, &local, &x->effort, &found);
  if (ok && x->q->fails)
    x->refuted = x->refuted || proves_lost(&p, &found);
  else if (ok)
    x->refuted = x->refuted || found.bounds.value[BERTH_LEVEL_VIOLATIONS] > others;
  ok = ok && read_part(x, &p, &found);
  arena_free(&local);
  return ok;
}

static bool solve_parts(exact_search *x) {
  uint32_t count = 0;
  const component *parts = components_find(&x->premise->whole, &x->premise->memory, &count);
  bool ok = parts != NULL;
  for (uint32_t c = 0; ok && c < count; c++)
    ok = !is_asked_of(x, &parts[c]) || solve_part(x, &parts[c]);
  return ok;
}

static int64_t option_of(const host_question *q, berth_option option) {
  return q->options != NULL ? q->options->value[option] : berth_option_describe(option)->initial;
}

/* What was found in place of what there was. */
static bool take_over(exact_search *x) {
  berth_answer *answer = x->answer;
  for (uint32_t i = 0; i < x->restart_count; i++) {
    if (!add_move(x, x->restarts[i]))
      return false;
  }
  assert(x->left_count < answer->left_count);
  berth_plan_free(answer->plan);
  answer->plan = NULL;
  answer->moves = x->moves;
  answer->move_count = x->move_count;
  answer->left = x->left;
  answer->left_count = index_sort_unique(x->left, x->left_count);
  return !x->q->fails || answer_order_restarts(x->q, answer);
}

static bool begin(exact_search *x) {
  const host_question *q = x->q;
  arena *memory = &x->answer->memory;
  search_clock_start(&x->clock, q->ctx, option_of(q, BERTH_OPTION_TIME_LIMIT));
  x->effort = (solve_effort){.clock = &x->clock,
                             .exact_limit = option_of(q, BERTH_OPTION_EXACT_LIMIT),
                             .seed = (uint64_t)option_of(q, BERTH_OPTION_SEED)};
  x->nobody_leaves = arena_take(&x->premise->memory, x->premise->asked->host_count, 1);
  x->left = arena_take(memory, q->count, sizeof *x->left);
  x->restarts = arena_take(memory, q->count, sizeof *x->restarts);
  return x->nobody_leaves != NULL && x->left != NULL && x->restarts != NULL;
}

berth_status answer_exactly(const host_question *question, host_premise *premise,
                            berth_answer *answer) {
  exact_search x = {.q = question, .premise = premise, .answer = answer};
  bool ok = begin(&x) && solve_parts(&x);
  assert(!ok || !x.refuted || x.left_count > 0);
  if (ok && x.left_count == 0)
    answer->outcome = BERTH_OUTCOME_OPTIMAL;
  else if (ok && x.refuted)
    answer->outcome = BERTH_OUTCOME_INFEASIBLE;
  if (ok && x.left_count < answer->left_count)
    ok = take_over(&x);
  return ok ? BERTH_OK : context_fail(question->ctx, BERTH_E_NOMEM, NULL, "out of memory");
}
