/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plan says about its deadline (docs/model.md §12): the verdict follows from the makespan as
 * recomputed, the chain from the windows and the precedence, and each remedy is timed anew, in one
 * longest path with its changes.
 */
#include "check_internal.h"
#include "migration_time.h"
#include <assert.h>

typedef struct deadline_check {
  check *c;
  const berth_plan_deadline *given;
  int64_t *timeout; /* [vm] with the changes of a remedy; INT64_MAX = as it is */
  int64_t *link;    /* [host] */
  int64_t *end;     /* [step] latest, with those changes */
} deadline_check;

/* ---------------------------------------------------------------------------- verdict */

static berth_met own_verdict(berth_plan_makespan makespan, int64_t seconds) {
  if (makespan.worst <= seconds)
    return BERTH_MET_WORST;
  if (makespan.expected <= seconds)
    return BERTH_MET_EXPECTED;
  return makespan.best <= seconds ? BERTH_MET_BEST : BERTH_MET_NEVER;
}

static int64_t makespan_bound(const check *c) {
  int64_t bound = 0;
  for (uint32_t i = 0; i < berth_plan_level_count(c->plan); i++)
    if (berth_plan_level_at(c->plan, i)->level == BERTH_LEVEL_MAKESPAN)
      bound = berth_plan_level_at(c->plan, i)->bound;
  return bound;
}

static void check_verdict(const deadline_check *k) {
  check *c = k->c;
  berth_plan_makespan makespan = c->times.makespan;
  berth_met met = own_verdict(makespan, k->given->seconds);
  int64_t late = met == BERTH_MET_WORST ? 0 : makespan.worst - k->given->seconds;
  bool impossible = makespan_bound(c) > k->given->seconds;
  assert(late >= 0);
  if (k->given->met != met || k->given->late != late)
    check_fault(c, BERTH_FAULT_DEADLINE, BERTH_NONE,
                "the deadline is met \"%s\" and late by %lld; the steps give \"%s\" and %lld",
                berth_met_word(k->given->met), (long long)k->given->late, berth_met_word(met),
                (long long)late);
  if (k->given->impossible != impossible)
    check_fault(c, BERTH_FAULT_DEADLINE, BERTH_NONE,
                "that no plan keeps the deadline is %s, but the bound of the makespan %s it",
                k->given->impossible ? "said" : "not said",
                impossible ? "is above" : "does not exceed");
}

/* ---------------------------------------------------------------------------- chain */

static int64_t part_seconds(const check_step *step, berth_chain_kind kind) {
  bool migrates = step->type == BERTH_STEP_MIGRATE;
  switch (kind) {
  case BERTH_CHAIN_WAIT:
    return migrates ? step->wait : 0;
  case BERTH_CHAIN_COPY:
    return migrates ? step->seconds : 0;
  case BERTH_CHAIN_SETTLE:
    return step->settle;
  case BERTH_CHAIN_WAKE:
    return step->type == BERTH_STEP_WAKE ? step->seconds : 0;
  case BERTH_CHAIN_RESTART:
    return check_is_start(step->type) ? step->seconds : 0;
  }
  assert(false);
  return 0;
}

static bool moves_at(const check_step *step, uint32_t host) {
  return host != BERTH_NONE && (step->from == host || step->to == host);
}

static bool share_host(const check_step *a, const check_step *b) {
  return moves_at(a, b->from) || moves_at(a, b->to);
}

static bool share_datastore(const berth_inventory *inventory, uint32_t a, uint32_t b) {
  if (a == BERTH_NONE || b == BERTH_NONE)
    return false;
  for (uint32_t i = inventory->vm_datastore_start[a]; i < inventory->vm_datastore_start[a + 1]; i++)
    for (uint32_t j = inventory->vm_datastore_start[b]; j < inventory->vm_datastore_start[b + 1];
         j++)
      if (inventory->vm_datastores[i] == inventory->vm_datastores[j])
        return true;
  return false;
}

static bool rule_has(const frozen_rule *rule, uint32_t vm) {
  for (uint32_t i = 0; i < rule->vm_count; i++)
    if (rule->vms[i] == vm)
      return true;
  return false;
}

static bool share_quiesce(const berth_inventory *inventory, uint32_t a, uint32_t b) {
  for (uint32_t i = 0; i < inventory->rule_count && a != BERTH_NONE && b != BERTH_NONE; i++) {
    const frozen_rule *rule = &inventory->rules[i];
    if (rule->enabled && rule->type == BERTH_RULE_QUIESCE && rule_has(rule, a) && rule_has(rule, b))
      return true;
  }
  return false;
}

static bool join_holds(const check *c, const check_step *before, const check_step *step,
                       berth_chain_join join) {
  assert(before != NULL && step != NULL);
  switch (join) {
  case BERTH_JOIN_NONE:
    return false;
  case BERTH_JOIN_VM:
    return before->vm == step->vm && step->vm != BERTH_NONE;
  case BERTH_JOIN_WAKE:
    return before->type == BERTH_STEP_WAKE && before->host == step->to;
  case BERTH_JOIN_QUIESCE:
    return share_quiesce(c->inventory, before->vm, step->vm);
  case BERTH_JOIN_ROOM:
    return before->from != BERTH_NONE && before->from == step->to;
  case BERTH_JOIN_LIMIT:
    return share_host(before, step) || share_datastore(c->inventory, before->vm, step->vm);
  case BERTH_JOIN_ORDER:
    return true;
  }
  return false;
}

/* Whether part i starts where the one before it ends, in the worst case, and may only then. */
static const char *part_fault(const deadline_check *k, uint32_t i, int64_t begins) {
  check *c = k->c;
  const berth_chain_part *part = &k->given->chain[i], *last = i > 0 ? part - 1 : NULL;
  if (part->step == 0 || part->step > c->step_count)
    return "names no step";
  const check_step *step = &c->steps[part->step - 1];
  if (!step->sound || part->seconds != part_seconds(step, part->kind))
    return "is not as long as that part of the step";
  if (last != NULL && last->step == part->step)
    return last->kind >= part->kind || part->join != BERTH_JOIN_NONE ? "does not continue the step"
                                                                     : NULL;
  bool first = part->kind == BERTH_CHAIN_WAIT || step->wait == 0;
  if (!first || c->times.start[part->step - 1].latest != begins)
    return "does not start when the one before it ends";
  if (last == NULL)
    return part->join == BERTH_JOIN_NONE ? NULL : "is the first and waits for another";
  if (!check_precedes(c, last->step - 1, part->step - 1))
    return "does not wait for the one before it";
  return join_holds(c, &c->steps[last->step - 1], step, part->join)
             ? NULL
             : "does not wait for the reason that is given";
}

static void check_chain(const deadline_check *k) {
  check *c = k->c;
  int64_t reached = 0;
  for (uint32_t i = 0; i < k->given->chain_count; i++) {
    const char *fault = part_fault(k, i, reached);
    if (fault != NULL) {
      check_fault(c, BERTH_FAULT_DEADLINE, BERTH_NONE, "part %u of the critical chain %s", i + 1,
                  fault);
      return;
    }
    reached = check_sum(reached, k->given->chain[i].seconds);
  }
  if (k->given->chain_count > 0 && reached != c->times.makespan.worst)
    check_fault(c, BERTH_FAULT_DEADLINE, BERTH_NONE,
                "the critical chain takes %lld s; the worst case is %lld", (long long)reached,
                (long long)c->times.makespan.worst);
}

/* ---------------------------------------------------------------------------- remedies */

static int64_t changed_end(const deadline_check *k, uint32_t i) {
  const check *c = k->c;
  const check_step *step = &c->steps[i];
  int64_t start = 0, wait = step->wait, seconds = step->seconds;
  for (uint32_t e = c->graph.start[i]; e < c->graph.start[i + 1]; e++) {
    uint32_t before = c->graph.edges[e].step;
    int64_t end =
        check_sum(k->end[before], c->graph.edges[e].settled ? c->steps[before].settle : 0);
    start = end > start ? end : start;
  }
  if (step->sound && step->type == BERTH_STEP_MIGRATE) {
    int64_t out = k->link[step->from], in = k->link[step->to];
    migration_copy_seconds(c->inventory, step->vm, out < in ? out : in, &seconds);
    wait = wait < k->timeout[step->vm] ? wait : k->timeout[step->vm];
  }
  return check_sum(check_sum(start, wait), seconds);
}

static int64_t changed_makespan(const deadline_check *k) {
  int64_t worst = 0;
  for (uint32_t i = 0; i < k->c->step_count; i++) {
    uint32_t step = k->c->graph.order[i];
    k->end[step] = changed_end(k, step);
    worst = k->end[step] > worst ? k->end[step] : worst;
  }
  return worst;
}

static void reset_changes(const deadline_check *k) {
  const berth_inventory *inventory = k->c->inventory;
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++)
    k->timeout[vm] = INT64_MAX;
  for (uint32_t host = 0; host < inventory->host_count; host++)
    k->link[host] = inventory->host_link_mbps[host];
}

static int64_t longest_wait(const check *c, uint32_t vm) {
  int64_t longest = 0;
  for (uint32_t i = 0; i < c->step_count; i++)
    if (c->steps[i].vm == vm && c->steps[i].wait > longest)
      longest = c->steps[i].wait;
  return longest;
}

/* The changes of one remedy, from `first` on. Returns how many there are. */
static uint32_t check_remedy(const deadline_check *k, uint32_t first) {
  const berth_deadline_change *changes = k->given->changes;
  check *c = k->c;
  uint32_t i = first;
  bool sound = first == 0 || changes[first].remedy > changes[first - 1].remedy;
  reset_changes(k);
  for (; i < k->given->change_count && changes[i].remedy == changes[first].remedy; i++) {
    const berth_deadline_change *change = &changes[i];
    bool of_vm = change->vm != BERTH_NONE;
    int64_t now = of_vm ? longest_wait(c, change->vm) : c->inventory->host_link_mbps[change->host];
    sound = sound && change->from == now && (of_vm ? change->to < now : change->to > now) &&
            change->worst == changes[first].worst;
    if (of_vm)
      k->timeout[change->vm] = change->to;
    else
      k->link[change->host] = change->to;
  }
  int64_t worst = changed_makespan(k);
  if (!sound || worst != changes[first].worst || worst > k->given->seconds)
    check_fault(c, BERTH_FAULT_DEADLINE, BERTH_NONE,
                "remedy %u of the deadline does not hold: with it the steps take %lld s",
                changes[first].remedy, (long long)worst);
  return i - first;
}

void check_deadline(check *c) {
  deadline_check k = {.c = c, .given = berth_plan_get_deadline(c->plan)};
  if (k.given == NULL)
    return;
  k.timeout = check_take(c, c->inventory->vm_count, sizeof *k.timeout);
  k.link = check_take(c, c->inventory->host_count, sizeof *k.link);
  k.end = check_take(c, c->step_count, sizeof *k.end);
  if (c->exhausted)
    return;
  check_verdict(&k);
  check_chain(&k);
  for (uint32_t i = 0; i < k.given->change_count;)
    i += check_remedy(&k, i);
}
