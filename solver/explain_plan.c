/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMs that are alike share one explanation. What is asked of a VM: may it be placed beside all
 * those that the plan places and that rank no lower? So all others that the plan leaves out, and
 * those that rank lower, take no part in the question.
 */
#include "explain_plan.h"
#include "admission.h"
#include "conflict.h"
#include "context_internal.h"
#include "remedies.h"
#include <assert.h>
#include <string.h>

enum {
  LEAST_BUDGET = 200, /* milliseconds */
  MOST_BUDGET = 2000,
  MOST_KINDS = 64,     /* VMs explained by themselves */
  QUESTION_SHARE = 8,  /* of the time, for one question */
  MOST_QUESTIONS = 60, /* of one conflict that are searched for */
  MOST_VMS = 50000,    /* of a cluster */
  MOST_PAIRS = 200000  /* items × hosts of a question that is searched for */
};

/* One explained VM and what was found. */
typedef struct explained_vm {
  uint32_t item;
  berth_plan_unplaced found;
} explained_vm;

typedef struct explanation {
  berth_context *ctx;
  berth_plan *plan;
  const berth_inventory *inventory;
  const berth_options *options;
  search_clock clock;
  int64_t budget;
  uint32_t kinds;
  arena memory;
  /* of the cluster at hand */
  problem whole;
  placement final;
  explained_cluster shared;
  uint32_t *end;   /* [vm] host at the end, BERTH_NONE = nowhere */
  uint8_t *vm_out; /* [vm] */
  explained_vm list[MOST_KINDS];
  uint32_t first_of_cluster; /* in list */
  bool hopeless; /* whether an unproved plan could place one more is not to be found out in time */
} explanation;

static int64_t option_value(const berth_options *options, berth_option option) {
  return options != NULL ? options->value[option] : berth_option_describe(option)->initial;
}

static bool is_left_behind(const explanation *x, uint32_t item) {
  uint32_t host = x->final.host[item];
  assert(item < x->whole.item_count);
  return host != BERTH_NONE && x->whole.host_must_leave[host];
}

/* ---------------------------------------------------------------------------- the cluster */

/* Where each VM is at the end of the plan. */
static bool find_ends(explanation *x) {
  const berth_inventory *inventory = x->inventory;
  x->end = arena_take_unset(&x->memory, inventory->vm_count, sizeof *x->end);
  x->vm_out = arena_take(&x->memory, inventory->vm_count, 1);
  if (x->end == NULL || x->vm_out == NULL)
    return false;
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++) {
    item_kind kind;
    bool runs = problem_item_kind(inventory, vm, &kind) && kind <= ITEM_MOVABLE;
    x->end[vm] = runs ? inventory->vm_host[vm] : BERTH_NONE;
  }
  for (uint32_t i = 0; i < berth_plan_placement_count(x->plan); i++) {
    const berth_plan_placement *moved = berth_plan_placement_at(x->plan, i);
    assert(moved->vm < inventory->vm_count && moved->to != BERTH_NONE);
    x->end[moved->vm] = moved->to;
  }
  return true;
}

static bool enter_cluster(explanation *x, uint32_t cluster) {
  problem_aim aim = {.goal = berth_plan_goal(x->plan),
                     .settings = *berth_plan_get_settings(x->plan)};
  problem_scratch scratch;
  uint32_t first = x->inventory->clusters[cluster].first_host;
  if (!problem_scratch_init(&scratch, &x->memory, x->inventory) ||
      !cluster_problem_build(&x->whole, x->inventory, cluster, &aim, &scratch, &x->memory) ||
      !placement_init(&x->final, &x->whole, &x->memory))
    return false;
  for (uint32_t item = 0; item < x->whole.item_count; item++) {
    uint32_t host = x->end[x->whole.vm[item]];
    uint32_t to = host == BERTH_NONE ? BERTH_NONE : host - first;
    assert(to == BERTH_NONE || to < x->whole.host_count);
    if (x->final.host[item] != to)
      placement_move(&x->final, item, to);
  }
  assert(x->kinds <= MOST_KINDS);
  x->first_of_cluster = x->kinds;
  x->hopeless = false;
  return explained_cluster_init(&x->shared, &x->final, &x->memory);
}

/* ---------------------------------------------------------------------------- one VM */

/* Who takes no part in the question about the item. False: it cannot be asked, since others that
 * are left behind are in rules between VMs and must stay in sight. */
static bool choose_request(explanation *x, uint32_t item) {
  const problem *p = &x->whole;
  bool askable = true;
  for (uint32_t other = 0; other < p->item_count; other++) {
    bool requested = problem_is_requested(p, other);
    bool out = requested
                   ? x->final.host[other] == BERTH_NONE || !group_shortage_ranks(p, other, item)
                   : is_left_behind(x, item) && is_left_behind(x, other);
    out = out && other != item;
    assert(!out || p->kind[other] != ITEM_MOVABLE || is_left_behind(x, other));
    x->vm_out[p->vm[other]] = out;
    askable = askable && !(out && !requested && problem_in_vm_rules(p, other));
  }
  return askable;
}

/* True if the plan is proved to place as many VMs of this rank as any. */
static bool is_proved(const explanation *x, uint32_t item) {
  const problem *p = &x->whole;
  berth_level last = !problem_is_requested(p, item)   ? BERTH_LEVEL_VIOLATIONS
                     : p->goal == BERTH_GOAL_FAILOVER ? problem_unplaced_level(p, item)
                                                      : BERTH_LEVEL_UNPLACED;
  for (uint32_t i = 0; i < berth_plan_level_count(x->plan); i++) {
    const berth_plan_level *level = berth_plan_level_at(x->plan, i);
    if (level->value != level->bound)
      return false;
    if (level->level == last)
      return p->settings.keep_failures == 0;
  }
  return false;
}

static placement_question question_about(const explanation *x, uint32_t item) {
  return (placement_question){
      .cluster = x->whole.cluster,
      .may_wake = berth_goal_may_wake(x->whole.goal),
      .vm = x->whole.vm[item],
      .end = x->end,
      .leaves = is_left_behind(x, item),
      .most_pairs = MOST_PAIRS,
      .exact_limit = option_value(x->options, BERTH_OPTION_EXACT_LIMIT),
      .seed = (uint64_t)option_value(x->options, BERTH_OPTION_SEED),
  };
}

static question_answer search_conflict(explanation *x, uint32_t item, const constraint_list *list,
                                       const vm_obstacles *obstacles, constraint_set *conflict) {
  uint32_t host = x->final.host[item];
  conflict_search search = {
      .list = list,
      .obstacles = obstacles,
      .question = question_about(x, item),
      .how = {.vm_out = x->vm_out,
              .emptied = host == BERTH_NONE ? BERTH_NONE : x->whole.host[host],
              .may_wake = berth_goal_may_wake(x->whole.goal)},
      .clock = &x->clock,
      .milliseconds = x->budget / QUESTION_SHARE + 1,
      .proved = is_proved(x, item),
  };
  search.questions = x->hopeless && !search.proved ? 0 : MOST_QUESTIONS;
  question_answer answer = conflict_find(&search, conflict);
  x->hopeless |= !search.proved && answer == ANSWER_OPEN;
  return answer;
}

static bool list_conflict(explanation *x, const constraint_list *list,
                          const constraint_set *conflict, berth_plan_unplaced *out) {
  const char **names = arena_take(&x->memory, list->count, sizeof *names);
  if (names == NULL)
    return false;
  for (uint32_t c = 0; c < list->count; c++) {
    if (conflict[c])
      names[out->conflict_count++] = constraint_name(list, c);
  }
  assert(out->conflict_count > 0);
  out->conflict = names;
  return true;
}

/* A plan that has to survive failures is not what the questions are about. */
static bool search_remedies(explanation *x, uint32_t item, const constraint_list *list,
                            const vm_obstacles *obstacles, const constraint_set *conflict,
                            const group_shortage *shortage, bool known, berth_plan_unplaced *out) {
  remedy_search search = {
      .cluster = &x->shared,
      .list = list,
      .obstacles = obstacles,
      .conflict = conflict,
      .shortage = shortage,
      .question = question_about(x, item),
      .vm_out = x->vm_out,
      .clock = &x->clock,
      .milliseconds = x->budget / QUESTION_SHARE + 1,
  };
  if (!known) /* any search would be in the dark */
    search.question.most_pairs = 0;
  return x->whole.settings.keep_failures > 0 || remedies_find(&search, &x->memory, out);
}

static berth_status add_shortage(explanation *x, const group_shortage *found) {
  const problem *p = &x->whole;
  uint32_t *hosts = arena_take(&x->memory, found->host_count, sizeof *hosts);
  uint32_t *vms = arena_take(&x->memory, found->item_count, sizeof *vms), count = 0;
  if (hosts == NULL || vms == NULL)
    return BERTH_E_NOMEM;
  for (uint32_t host = 0; host < p->host_count; host++) {
    if (host_bits_test(found->hosts, host))
      hosts[count++] = p->host[host];
  }
  assert(count == found->host_count);
  assert(found->short_by > 0);
  for (uint32_t i = 0; i < found->item_count; i++)
    vms[i] = p->vm[found->items[i]];
  berth_plan_shortage shortage = {.resource = found->resource,
                                  .short_by = found->short_by,
                                  .vm_count = found->item_count,
                                  .host_count = found->host_count,
                                  .vms = vms,
                                  .hosts = hosts};
  for (uint32_t i = 0; i < berth_plan_shortage_count(x->plan); i++) {
    const berth_plan_shortage *known = berth_plan_shortage_at(x->plan, i);
    if (known->resource == shortage.resource && known->vm_count == shortage.vm_count &&
        known->host_count == shortage.host_count &&
        memcmp(known->vms, vms, shortage.vm_count * sizeof *vms) == 0 &&
        memcmp(known->hosts, hosts, count * sizeof *hosts) == 0)
      return BERTH_OK;
  }
  return berth_plan_add_shortage(x->ctx, x->plan, &shortage);
}

static berth_status explain_vm(explanation *x, uint32_t item, berth_plan_unplaced *out) {
  constraint_list list;
  vm_obstacles obstacles;
  group_shortage shortage;
  berth_status status = BERTH_OK;
  if (!group_shortage_find(&shortage, &x->whole, item, &x->memory))
    return BERTH_E_NOMEM;
  if (shortage.short_by > 0 && (status = add_shortage(x, &shortage)) != BERTH_OK)
    return status;
  if (!constraint_list_build(&list, x->inventory, x->whole.vm[item], &x->memory))
    return BERTH_E_NOMEM;
  if (list.count == 0 || !choose_request(x, item))
    return BERTH_OK;
  constraint_set *conflict = arena_take(&x->memory, list.count, 1);
  if (conflict == NULL || !vm_obstacles_find(&obstacles, &x->shared, &list, item, &x->memory))
    return BERTH_E_NOMEM;
  assert(list.near > 0 && obstacles.item == item);
  question_answer answer = search_conflict(x, item, &list, &obstacles, conflict);
  if (answer == ANSWER_NO_MEMORY)
    return BERTH_E_NOMEM;
  if (answer == ANSWER_YES)
    return BERTH_OK;
  if (answer == ANSWER_OPEN)
    memset(conflict, 1, list.count);
  else if (!list_conflict(x, &list, conflict, out))
    return BERTH_E_NOMEM;
  return search_remedies(x, item, &list, &obstacles, conflict, &shortage, answer == ANSWER_NO, out)
             ? BERTH_OK
             : BERTH_E_NOMEM;
}

/* ---------------------------------------------------------------------------- all of them */

/* Exchanging the two in a plan changes nothing that an explanation speaks of. */
static bool alike(const explanation *x, uint32_t a, uint32_t b) {
  const problem *p = &x->whole;
  return p->kind[a] == p->kind[b] && p->kind[a] != ITEM_FIXED &&
         p->admission[a] == p->admission[b] && x->final.host[a] == x->final.host[b] &&
         p->origin[a] == p->origin[b] && group_shortage_ranks(p, a, b) &&
         group_shortage_ranks(p, b, a) && !problem_in_vm_rules(p, a) &&
         !problem_in_vm_rules(p, b) &&
         memcmp(problem_demand(p, a), problem_demand(p, b), p->resource_count * sizeof(int64_t)) ==
             0;
}

/* @param[out] out NULL: there are too many kinds. */
static berth_status explain_kind(explanation *x, uint32_t item, const berth_plan_unplaced **out) {
  *out = NULL;
  for (uint32_t i = x->first_of_cluster; i < x->kinds; i++) {
    if (alike(x, x->list[i].item, item)) {
      *out = &x->list[i].found;
      return BERTH_OK;
    }
  }
  if (x->kinds == MOST_KINDS || search_clock_over(&x->clock))
    return BERTH_OK;
  explained_vm *fresh = &x->list[x->kinds++];
  *fresh = (explained_vm){.item = item};
  *out = &fresh->found;
  return explain_vm(x, item, &fresh->found);
}

typedef berth_status explain_function(berth_context *ctx, berth_plan *plan, uint32_t index,
                                      const berth_plan_unplaced *explained);

static berth_status explain_element(explanation *x, uint32_t index, uint32_t vm,
                                    explain_function *keep) {
  const berth_plan_unplaced *found;
  uint32_t item = problem_item_of_vm(&x->whole, vm);
  if (item == BERTH_NONE) /* of another cluster */
    return BERTH_OK;
  berth_status status = explain_kind(x, item, &found);
  if (status == BERTH_OK && found != NULL && found->conflict_count + found->remedy_count > 0)
    status = keep(x->ctx, x->plan, index, found);
  return status;
}

static berth_status explain_cluster(explanation *x, uint32_t cluster) {
  assert(cluster < x->inventory->cluster_count);
  berth_status status = enter_cluster(x, cluster) ? BERTH_OK : BERTH_E_NOMEM;
  for (uint32_t i = 0; i < berth_plan_unplaced_count(x->plan) && status == BERTH_OK; i++)
    status =
        explain_element(x, i, berth_plan_unplaced_at(x->plan, i)->vm, berth_plan_explain_unplaced);
  for (uint32_t i = 0; i < berth_plan_left_behind_count(x->plan) && status == BERTH_OK; i++)
    status = explain_element(x, i, berth_plan_left_behind_at(x->plan, i)->vm,
                             berth_plan_explain_left_behind);
  return status;
}

/* A cluster with anything to explain, and of a size that can be. */
static bool concerns(const explanation *x, uint32_t cluster) {
  if (x->inventory->clusters[cluster].vm_count > MOST_VMS)
    return false;
  for (uint32_t i = 0; i < berth_plan_unplaced_count(x->plan); i++) {
    if (x->inventory->vm_cluster[berth_plan_unplaced_at(x->plan, i)->vm] == cluster)
      return true;
  }
  for (uint32_t i = 0; i < berth_plan_left_behind_count(x->plan); i++) {
    if (x->inventory->vm_cluster[berth_plan_left_behind_at(x->plan, i)->vm] == cluster)
      return true;
  }
  return false;
}

berth_status explain_plan(berth_context *ctx, berth_plan *plan, const berth_options *options) {
  explanation x = {.ctx = ctx,
                   .plan = plan,
                   .inventory = berth_plan_inventory(plan),
                   .options = options,
                   .budget = option_value(options, BERTH_OPTION_TIME_LIMIT) / 10};
  berth_status status = BERTH_OK;
  if (option_value(options, BERTH_OPTION_EXPLAIN) != 0 ||
      berth_plan_unplaced_count(plan) + berth_plan_left_behind_count(plan) == 0)
    return BERTH_OK;
  x.budget = x.budget < LEAST_BUDGET  ? LEAST_BUDGET
             : x.budget > MOST_BUDGET ? MOST_BUDGET
                                      : x.budget;
  assert(x.budget >= LEAST_BUDGET && x.budget <= MOST_BUDGET);
  search_clock_start(&x.clock, ctx, x.budget);
  arena_init(&x.memory, context_allocator(ctx));
  if (!find_ends(&x))
    status = BERTH_E_NOMEM;
  for (uint32_t c = 0; c < x.inventory->cluster_count && status == BERTH_OK; c++) {
    if (concerns(&x, c))
      status = explain_cluster(&x, c);
  }
  if (status == BERTH_E_NOMEM)
    context_fail(ctx, status, NULL, "out of memory");
  arena_free(&x.memory);
  return status;
}
