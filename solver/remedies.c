/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A change helps only if it takes away something of the conflict. Of each kind of change the few
 * most promising are tried: hosts with fewest other obstacles, VMs that leave enough room and are
 * small, the host that lacks least. The order is that of their cost.
 */
#include "remedies.h"
#include "single_change.h"
#include <assert.h>
#include <string.h>

enum { OF_A_KIND = 3, MOST_CHANGES = 16, MOST_REMEDIES = 4 };

typedef struct ranked_change {
  single_change change;
  int64_t rank; /* the least is tried first */
} ranked_change;

/* Changes to try, in this order. */
typedef struct change_list {
  uint32_t count, kind_begin; /* the kind being collected begins there */
  ranked_change list[MOST_CHANGES];
} change_list;

static void begin_kind(change_list *l) {
  l->kind_begin = l->count;
}

/* Keeps the `most` best of the kind, in their order; equals in the order they come. */
static void offer(change_list *l, single_change change, int64_t rank, uint32_t most) {
  uint32_t at = l->count, room = MOST_CHANGES - l->kind_begin;
  assert(l->kind_begin <= l->count && l->count <= MOST_CHANGES);
  while (at > l->kind_begin && l->list[at - 1].rank > rank)
    at--;
  most = most < room ? most : room;
  if (at - l->kind_begin >= most)
    return;
  if (l->count - l->kind_begin < most)
    l->count++;
  for (uint32_t i = l->count - 1; i > at; i--)
    l->list[i] = l->list[i - 1];
  l->list[at] = (ranked_change){change, rank};
}

static bool in_conflict(const remedy_search *s, constraint_kind kind, uint32_t index) {
  for (uint32_t c = 0; c < s->list->count; c++) {
    if (s->list->list[c].kind == kind && s->list->list[c].index == index)
      return s->conflict[c] != 0;
  }
  return false;
}

/* Hosts in standby that are not woken, or in maintenance. */
static void offer_hosts(const remedy_search *s, change_list *l, berth_reason reason,
                        change_kind kind) {
  const problem *p = s->cluster->final->problem;
  bool maintenance = reason == BERTH_REASON_MAINTENANCE;
  assert(maintenance || reason == BERTH_REASON_NO_WAKE);
  if (!in_conflict(s, CONSTRAINT_REASON, (uint32_t)reason))
    return;
  begin_kind(l);
  for (uint32_t host = 0; host < p->host_count; host++) {
    bool shut =
        maintenance ? p->host_must_leave[host] : p->host_asleep[host] && !p->host_open[host];
    if (shut && s->obstacles->open[host])
      offer(l, (single_change){.kind = kind, .index = p->host[host]},
            __builtin_popcountll(s->obstacles->at_end[host]), OF_A_KIND);
  }
}

/* True if the host would take the VM once enough of the others are gone. */
static bool lacks_room_only(const remedy_search *s, uint32_t host) {
  const vm_obstacles *o = s->obstacles;
  return o->open[host] && (o->at_end[host] & o->alone) == 0;
}

static bool leaves_enough(const remedy_search *s, uint32_t leaving, uint32_t host) {
  const problem *p = s->cluster->final->problem;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    if (vm_obstacles_short(s->cluster, s->obstacles->item, host, r) > problem_demand(p, leaving)[r])
      return false;
  }
  return true;
}

static bool is_pinned(const problem *p, uint32_t item) {
  if (p->kind[item] != ITEM_FIXED || p->inventory->vm_movable[p->vm[item]])
    return false;
  uint32_t home = p->origin[item];
  return p->host_must_leave[home] || p->inventory->host_state[p->host[home]] == BERTH_HOST_ONLINE;
}

static void offer_migrations(const remedy_search *s, change_list *l) {
  const problem *p = s->cluster->final->problem;
  uint32_t own = s->obstacles->item;
  if (!in_conflict(s, CONSTRAINT_REASON, BERTH_REASON_PINNED))
    return;
  begin_kind(l);
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (!is_pinned(p, item) || s->vm_out[p->vm[item]])
      continue;
    uint32_t home = p->origin[item];
    if (item != own && !lacks_room_only(s, home))
      continue;
    int64_t size = problem_demand(p, item)[BERTH_RESOURCE_MEMORY];
    int64_t rank = item == own                    ? -1
                   : leaves_enough(s, item, home) ? size
                                                  : size + BERTH_QUANTITY_MAX;
    offer(l, (single_change){.kind = CHANGE_LET_MIGRATE, .index = p->vm[item]}, rank, OF_A_KIND);
  }
}

/* A rule that keeps another out of force: lifting it brings that one back. */
static bool disables_others(const berth_inventory *inventory, uint32_t rule) {
  const frozen_cluster *cluster = &inventory->clusters[inventory->rules[rule].cluster];
  assert(inventory->rules[rule].enabled);
  for (uint32_t r = cluster->first_rule; r < cluster->first_rule + cluster->rule_count; r++) {
    if (!inventory->rules[r].enabled && inventory->rules[r].disabled_by == rule)
      return true;
  }
  return false;
}

static void offer_rules(const remedy_search *s, change_list *l) {
  begin_kind(l);
  for (uint32_t c = 0; c < s->list->count; c++) {
    const named_constraint *constraint = &s->list->list[c];
    if (constraint->kind == CONSTRAINT_RULE && s->conflict[c] &&
        !disables_others(s->list->inventory, constraint->index))
      offer(l, (single_change){.kind = CHANGE_LIFT_RULE, .index = constraint->index}, c, OF_A_KIND);
  }
}

static bool may_grow(const problem *p, uint32_t host, uint32_t resource, int64_t amount) {
  int64_t capacity = p->capacity[(size_t)host * p->resource_count + resource];
  assert(capacity >= 0);
  return capacity != BERTH_UNLIMITED && amount > 0 && amount <= BERTH_QUANTITY_MAX - capacity;
}

/* What the group lacks may be enough on any of its hosts, if VMs move: where that is less. */
static void offer_group_room(const remedy_search *s, change_list *l, uint32_t resource,
                             int64_t most) {
  const problem *p = s->cluster->final->problem;
  const group_shortage *group = s->shortage;
  if (group->short_by == 0 || group->resource != resource || group->short_by >= most)
    return;
  begin_kind(l);
  for (uint32_t host = 0; host < p->host_count; host++) {
    if (host_bits_test(group->hosts, host) && lacks_room_only(s, host) &&
        may_grow(p, host, resource, group->short_by))
      offer(l, (single_change){CHANGE_ADD_RESOURCE, p->host[host], resource, group->short_by},
            vm_obstacles_short(s->cluster, s->obstacles->item, host, resource), 1);
  }
}

/* On the host that comes closest, of those that lack nothing else. */
static void offer_room_of(const remedy_search *s, change_list *l, uint32_t constraint) {
  const problem *p = s->cluster->final->problem;
  uint32_t resource = s->list->list[constraint].index, closest = BERTH_NONE;
  int64_t least = INT64_MAX;
  for (uint32_t host = 0; host < p->host_count; host++) {
    int64_t amount = vm_obstacles_short(s->cluster, s->obstacles->item, host, resource);
    if (s->obstacles->open[host] && s->obstacles->at_end[host] == UINT64_C(1) << constraint &&
        amount < least && may_grow(p, host, resource, amount)) {
      closest = host;
      least = amount;
    }
  }
  offer_group_room(s, l, resource, least);
  begin_kind(l);
  assert((closest == BERTH_NONE) == (least == INT64_MAX));
  if (closest != BERTH_NONE)
    offer(l, (single_change){CHANGE_ADD_RESOURCE, p->host[closest], resource, least}, least, 1);
}

static void offer_room(const remedy_search *s, change_list *l) {
  for (uint32_t c = 0; c < s->list->near; c++) {
    if (s->list->list[c].kind == CONSTRAINT_RESOURCE && s->conflict[c])
      offer_room_of(s, l, c);
  }
}

static question_answer try_out(remedy_search *s, const single_change *change) {
  const berth_inventory *base = s->list->inventory;
  berth_inventory changed;
  arena memory;
  search_clock clock;
  int64_t left = search_clock_left(s->clock);
  assert(s->question.inventory == NULL && left > 0);
  search_clock_start(&clock, s->clock->ctx, left < s->milliseconds ? left : s->milliseconds);
  arena_init(&memory, context_allocator(s->clock->ctx));
  question_answer answer = ANSWER_NO_MEMORY;
  if (reduced_inventory(&changed, base, s->vm_out, &memory) &&
      single_change_make(change, &changed, &memory)) {
    s->question.inventory = &changed;
    answer = placement_question_ask(&s->question, &clock);
    s->question.inventory = NULL;
  }
  s->clock->cancelled |= clock.cancelled;
  arena_free(&memory);
  return answer;
}

/* Of two amounts of a resource the smaller is tried first; the larger is no news then. */
static bool is_known(const change_list *l, uint32_t at, const bool *helps) {
  const single_change *change = &l->list[at].change;
  for (uint32_t i = 0; i < at; i++) {
    const single_change *before = &l->list[i].change;
    if (helps[i] && change->kind == CHANGE_ADD_RESOURCE && before->kind == CHANGE_ADD_RESOURCE &&
        before->resource == change->resource && before->amount <= change->amount)
      return true;
  }
  return false;
}

bool remedies_find(remedy_search *s, arena *memory, berth_plan_unplaced *out) {
  change_list l = {0};
  bool helps[MOST_CHANGES] = {false};
  berth_plan_remedy *found = arena_take(memory, MOST_REMEDIES, sizeof *found);
  if (found == NULL)
    return false;
  offer_hosts(s, &l, BERTH_REASON_NO_WAKE, CHANGE_WAKE);
  offer_hosts(s, &l, BERTH_REASON_MAINTENANCE, CHANGE_END_MAINTENANCE);
  offer_migrations(s, &l);
  offer_rules(s, &l);
  offer_room(s, &l);
  assert(l.count <= MOST_CHANGES);
  out->remedy_count = 0;
  out->remedies = found;
  for (uint32_t i = 0; i < l.count && out->remedy_count < MOST_REMEDIES; i++) {
    const single_change *change = &l.list[i].change;
    if (search_clock_over(s->clock))
      break;
    if (is_known(&l, i, helps))
      continue;
    question_answer answer = try_out(s, change);
    if (answer == ANSWER_NO_MEMORY)
      return false;
    helps[i] = answer == ANSWER_YES;
    if (!helps[i])
      continue;
    berth_plan_remedy *remedy = &found[out->remedy_count++];
    remedy->cost = single_change_cost(change);
    remedy->change = single_change_text(change, s->list->inventory, memory);
    assert(remedy->cost >= 1);
    if (remedy->change == NULL)
      return false;
  }
  return true;
}
