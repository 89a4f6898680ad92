/* SPDX-License-Identifier: Apache-2.0 */
/* The direct way: each VM to its best host that is awake, one after another, tried on a fork. */
#include "context_internal.h"
#include "index_sort.h"
#include "search_clock.h"
#include "session_answer.h"
#include "session_fork.h"
#include "session_inventory.h"
#include "sorted_list.h"

/* ------------------------------------------------------------------------ one VM */

typedef struct direct_way {
  const host_question *q;
  berth_answer *answer;
  view_fork fork;
  berth_candidate *all; /* room for all hosts, once the first candidate was asleep */
} direct_way;

/* The best host that is awake, BERTH_NONE = there is none. Candidates that sleep come before others
 * that break more rules. False: out of memory. */
static bool best_awake(direct_way *d, uint32_t vm, uint32_t *host) {
  const berth_view *view = fork_view(&d->fork);
  berth_candidate first;
  uint32_t count = 1;
  *host = BERTH_NONE;
  assert(vm_exists(view, vm));
  (void)berth_view_best_hosts(view, vm, BERTH_PREFER_TIGHT, &first, &count);
  if (count == 0)
    return true;
  if (!first.wakes) {
    *host = first.host;
    return true;
  }
  count = view->host_count;
  if (d->all == NULL)
    d->all = arena_take(&d->answer->memory, count, sizeof *d->all);
  if (d->all == NULL)
    return false;
  (void)berth_view_best_hosts(view, vm, BERTH_PREFER_TIGHT, d->all, &count);
  for (uint32_t i = 0; i < count && *host == BERTH_NONE; i++)
    *host = d->all[i].wakes ? BERTH_NONE : d->all[i].host;
  return true;
}

static bool move_vm(direct_way *d, uint32_t vm, bool *moved) {
  berth_answer *answer = d->answer;
  uint32_t to;
  if (!best_awake(d, vm, &to) || (to != BERTH_NONE && !fork_place(&d->fork, vm, to)))
    return false;
  *moved = to != BERTH_NONE;
  assert(to != d->q->host && answer->move_count < d->q->count);
  if (*moved)
    answer->moves[answer->move_count++] =
        (berth_plan_placement){.vm = vm,
                               .from = d->q->host,
                               .to = to,
                               .how = d->q->fails ? BERTH_HOW_RESTART : BERTH_HOW_MIGRATE};
  return true;
}

/* ------------------------------------------------------------------------ order of restarts */

/* The moves against one rule restart-after. */
typedef struct restart_rule {
  uint32_t pending;         /* moves of `after` that are not in their place yet */
  uint8_t *earlier, *later; /* [move] is of `after`, of `vms` */
  struct restart_rule *next;
} restart_rule;

static bool add_rule(restart_rule **rules, const host_question *q, const berth_answer *answer,
                     const frozen_rule *rule, arena *memory) {
  restart_rule *added = arena_take(memory, 1, sizeof *added);
  if (added == NULL)
    return false;
  added->earlier = arena_take(memory, answer->move_count, 1);
  added->later = arena_take(memory, answer->move_count, 1);
  if (added->earlier == NULL || added->later == NULL)
    return false;
  for (uint32_t i = 0; i < answer->move_count; i++) {
    uint32_t root = session_vm_root(q->view, answer->moves[i].vm);
    if (root == BERTH_NONE || answer->moves[i].how != BERTH_HOW_RESTART)
      continue;
    added->later[i] = sorted_list_has(rule->vms, rule->vm_count, root);
    added->earlier[i] = sorted_list_has(rule->after, rule->after_count, root);
    added->pending += added->earlier[i];
  }
  added->next = *rules;
  *rules = added;
  return true;
}

static bool find_rules(const host_question *q, berth_answer *answer, restart_rule **rules) {
  const berth_view *view = q->view;
  for (uint32_t r = 0; r < view->rule_count; r++) {
    const rule_text *text = rule_block_of(view, r)->rule[r % RULES_A_BLOCK];
    if (text != NULL && text->type == BERTH_RULE_RESTART_AFTER &&
        text->cluster == host_cluster_of(view, q->host) &&
        !add_rule(rules, q, answer, &view->ground->inventory->rules[text->base], &answer->memory))
      return false;
  }
  return true;
}

static bool may_start(const restart_rule *rules, uint32_t move) {
  for (; rules != NULL; rules = rules->next) {
    if (rules->later[move] && rules->pending > 0)
      return false;
  }
  return true;
}

bool answer_order_restarts(const host_question *q, berth_answer *answer) {
  arena *memory = &answer->memory;
  restart_rule *rules = NULL;
  uint32_t count = answer->move_count;
  if (!find_rules(q, answer, &rules))
    return false;
  if (rules == NULL)
    return true;
  berth_plan_placement *ordered = arena_take(memory, count, sizeof *ordered);
  uint8_t *done = arena_take(memory, count, 1);
  if (ordered == NULL || done == NULL)
    return false;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t next = 0; /* there is one: freezing lets no cycle in */
    while (done[next] || !may_start(rules, next))
      next++;
    assert(next < count && !done[next]);
    done[next] = 1;
    ordered[i] = answer->moves[next];
    for (restart_rule *rule = rules; rule != NULL; rule = rule->next)
      rule->pending -= rule->earlier[next];
  }
  answer->moves = ordered;
  return true;
}

/* ------------------------------------------------------------------------ all VMs */

/* The host as the question has it. */
static bool begin(const host_question *q, view_fork *fork) {
  uint8_t now = host_state_of(q->view, q->host);
  if (!fork_open(fork, q->view))
    return false;
  if (q->fails)
    return fork_set_state(fork, q->host, BERTH_HOST_FAILED);
  return now != BERTH_HOST_ONLINE || fork_set_state(fork, q->host, BERTH_HOST_ENTERING_MAINTENANCE);
}

static bool go_on(const direct_way *d, double began) {
  return context_progress(d->q->ctx, d->q->fails ? "failure" : "drain", d->answer->move_count,
                          d->q->count, search_clock_now() - began);
}

/* False: out of memory. */
static bool move_all(direct_way *d, bool *stuck, bool *cancelled) {
  double began = search_clock_now();
  *stuck = *cancelled = false;
  for (uint32_t i = 0; i < d->q->count && !*stuck && !*cancelled; i++) {
    bool moved = false;
    if (!go_on(d, began))
      *cancelled = true;
    else if (!move_vm(d, d->q->vms[i], &moved))
      return false;
    else
      *stuck = !moved;
  }
  return true;
}

/* What was not reached when it was called off. */
static bool list_left(direct_way *d) {
  berth_answer *answer = d->answer;
  uint32_t count = d->q->count - answer->move_count;
  assert(answer->move_count < d->q->count);
  answer->left = arena_take(&answer->memory, count, sizeof *answer->left);
  if (answer->left == NULL)
    return false;
  for (uint32_t i = 0; i < count; i++)
    answer->left[i] = d->q->vms[answer->move_count + i];
  answer->left_count = index_sort_unique(answer->left, count);
  return true;
}

berth_status answer_directly(const host_question *question, berth_answer *answer, bool *cancelled) {
  direct_way d = {.q = question, .answer = answer};
  bool stuck = false;
  assert(answer->outcome == BERTH_OUTCOME_UNKNOWN && answer->plan == NULL);
  *cancelled = false;
  answer->moves = arena_take(&answer->memory, question->count, sizeof *answer->moves);
  bool done = answer->moves != NULL && begin(question, &d.fork) && move_all(&d, &stuck, cancelled);
  if (done && stuck)
    answer->move_count = 0;
  else if (done && *cancelled)
    done = list_left(&d);
  else if (done)
    answer->outcome = BERTH_OUTCOME_OPTIMAL;
  if (done && question->fails)
    done = answer_order_restarts(question, answer);
  fork_close(&d.fork);
  return done ? BERTH_OK : context_fail(question->ctx, BERTH_E_NOMEM, NULL, "out of memory");
}
