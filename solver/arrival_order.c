/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Restarts come first where they can: each is put at the earliest point of the linear order from
 * which on its host has room for it in every later state. Items are taken by priority, so that a
 * lower one never takes the room that lets a higher one start early; prerequisites of restart-after
 * rules go before their dependants.
 */
#include "arrival_order.h"
#include <assert.h>
#include <string.h>

typedef struct ordering {
  const problem *problem;
  const sequence *moves;
  const placement *final;
  arena *memory;
  uint32_t *host_move_start, *host_moves; /* CSR: migrations that touch a host, in order */
  arrival *list;
  uint32_t count;
  uint32_t *entered;  /* [item] index in list + 1; 0 = not yet */
  uint32_t *previous; /* [list] the arrival before it at the same host, BERTH_NONE = none */
  uint32_t *last_at;  /* [host] the last arrival entered there */
} ordering;

static bool index_moves(ordering *o) {
  uint32_t hosts = o->problem->host_count;
  o->host_move_start = arena_take(o->memory, (size_t)hosts + 1, sizeof(uint32_t));
  o->host_moves = arena_take(o->memory, 2 * (size_t)o->moves->count, sizeof(uint32_t));
  uint32_t *next = arena_take(o->memory, hosts, sizeof *next);
  if (o->host_move_start == NULL || o->host_moves == NULL || next == NULL)
    return false;
  for (uint32_t m = 0; m < o->moves->count; m++) {
    o->host_move_start[o->moves->list[m].from + 1]++;
    o->host_move_start[o->moves->list[m].to + 1]++;
  }
  for (uint32_t h = 0; h < hosts; h++) {
    o->host_move_start[h + 1] += o->host_move_start[h];
    next[h] = o->host_move_start[h];
  }
  for (uint32_t m = 0; m < o->moves->count; m++) {
    o->host_moves[next[o->moves->list[m].from]++] = m;
    o->host_moves[next[o->moves->list[m].to]++] = m;
  }
  return true;
}

/* Going back from the end state, where everything fits: the last migration after which `resource`
 * of the host is short, plus one. Arrivals entered before take their room from their position on.
 */
static uint32_t earliest_for_resource(const ordering *o, uint32_t item, uint32_t host,
                                      uint32_t resource) {
  const problem *p = o->problem;
  size_t cell = (size_t)host * p->resource_count + resource;
  int64_t room = p->limit[cell] - p->initial_use[cell] - problem_demand(p, item)[resource];
  for (uint32_t i = o->host_move_start[host]; i < o->host_move_start[host + 1]; i++) {
    const migration *move = &o->moves->list[o->host_moves[i]];
    int64_t demand = problem_demand(p, move->item)[resource];
    room += move->from == host ? demand : -demand;
  }
  for (uint32_t a = o->last_at[host]; a != BERTH_NONE; a = o->previous[a])
    room -= problem_demand(p, o->list[a].item)[resource];
  if (p->limit[cell] == BERTH_UNLIMITED)
    return 0;
  assert(room >= 0);
  for (uint32_t i = o->host_move_start[host + 1]; i-- > o->host_move_start[host];) {
    uint32_t m = o->host_moves[i];
    const migration *move = &o->moves->list[m];
    int64_t demand = problem_demand(p, move->item)[resource], later = 0;
    room += move->from == host ? -demand : demand;
    for (uint32_t a = o->last_at[host]; a != BERTH_NONE; a = o->previous[a])
      later += o->list[a].position > m ? problem_demand(p, o->list[a].item)[resource] : 0;
    if (room + later < 0)
      return m + 1;
  }
  return 0;
}

/* A must spread rule whose domain is ever full while members still leave it: wait for the last that
 * leaves. */
static uint32_t earliest_for_rule(const ordering *o, uint32_t g, uint32_t domain) {
  const problem *p = o->problem;
  const problem_rule *rule = &p->rules[g];
  uint32_t present = 0, last_departure = 0;
  for (uint32_t i = 0; i < rule->member_count; i++) {
    uint32_t item = rule->members[i], home = p->origin[item], end = o->final->host[item];
    present += (home != BERTH_NONE && rule->domain_of[home] == domain) ||
               (end != BERTH_NONE && rule->domain_of[end] == domain);
  }
  for (uint32_t m = 0; m < o->moves->count; m++) {
    const migration *move = &o->moves->list[m];
    bool member = false;
    for (uint32_t i = p->item_rule_start[move->item]; i < p->item_rule_start[move->item + 1]; i++)
      member |= p->item_rules[i] == g;
    if (!member)
      continue;
    present += rule->domain_of[move->to] == domain && o->final->host[move->item] != move->to;
    if (rule->domain_of[move->from] == domain && rule->domain_of[move->to] != domain)
      last_departure = m + 1;
  }
  return present > placement_spread_limit(o->final, g, domain) ? last_departure : 0;
}

static uint32_t earliest_position(const ordering *o, uint32_t item) {
  const problem *p = o->problem;
  uint32_t host = o->final->host[item], position = 0;
  assert(host != BERTH_NONE);
  for (uint32_t r = 0; r < p->resource_count; r++) {
    uint32_t needed = earliest_for_resource(o, item, host, r);
    position = needed > position ? needed : position;
  }
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    const problem_rule *rule = &p->rules[p->item_rules[i]];
    if (!rule->must || rule->form != RULE_FORM_SPREAD || o->moves->count == 0)
      continue;
    uint32_t needed = earliest_for_rule(o, p->item_rules[i], rule->domain_of[host]);
    position = needed > position ? needed : position;
  }
  return position;
}

static bool is_placed_request(const ordering *o, uint32_t item) {
  return item != BERTH_NONE && problem_is_requested(o->problem, item) &&
         o->final->host[item] != BERTH_NONE;
}

/* Enters an item after all it waits for; freezing has refused cycles. Recursion is as deep as the
 * longest chain of restart-after rules. */
static uint32_t enter(ordering *o, uint32_t item) {
  const problem *p = o->problem;
  const berth_inventory *inventory = p->inventory;
  if (o->entered[item] != 0)
    return o->list[o->entered[item] - 1].position;
  uint32_t vm = p->vm[item], position = 0;
  assert(is_placed_request(o, item) && o->count < p->item_count);
  for (uint32_t i = inventory->vm_rule_start[vm]; i < inventory->vm_rule_start[vm + 1]; i++) {
    const frozen_rule *rule = &inventory->rules[inventory->vm_rules[i]];
    for (uint32_t j = 0;
         rule->enabled && rule->type == BERTH_RULE_RESTART_AFTER && j < rule->after_count; j++) {
      uint32_t before = problem_item_of_vm(p, rule->after[j]);
      uint32_t needed = is_placed_request(o, before) ? enter(o, before) : 0;
      position = needed > position ? needed : position;
    }
  }
  uint32_t own = earliest_position(o, item), host = o->final->host[item];
  position = own > position ? own : position;
  o->list[o->count] = (arrival){item, position};
  o->previous[o->count] = o->last_at[host];
  o->last_at[host] = o->count++;
  o->entered[item] = o->count;
  return position;
}

/* Stable counting sort by position. */
static arrival *sort_by_position(const ordering *o) {
  uint32_t *next = arena_take(o->memory, (size_t)o->moves->count + 2, sizeof *next);
  arrival *sorted = arena_take(o->memory, o->count, sizeof *sorted);
  if (next == NULL || sorted == NULL)
    return NULL;
  for (uint32_t a = 0; a < o->count; a++)
    assert(o->list[a].position <= o->moves->count);
  for (uint32_t a = 0; a < o->count; a++)
    next[o->list[a].position + 1]++;
  for (uint32_t m = 0; m <= o->moves->count; m++)
    next[m + 1] += next[m];
  for (uint32_t a = 0; a < o->count; a++)
    sorted[next[o->list[a].position]++] = o->list[a];
  return sorted;
}

arrival *arrival_order(const problem *p, const sequence *moves, const placement *final,
                       arena *memory, uint32_t *count) {
  ordering o = {.problem = p, .moves = moves, .final = final, .memory = memory};
  o.list = arena_take(memory, p->item_count, sizeof *o.list);
  o.entered = arena_take(memory, p->item_count, sizeof *o.entered);
  o.previous = arena_take(memory, p->item_count, sizeof *o.previous);
  o.last_at = arena_take(memory, p->host_count, sizeof *o.last_at);
  if (o.list == NULL || o.entered == NULL || o.previous == NULL || o.last_at == NULL ||
      !index_moves(&o))
    return NULL;
  memset(o.last_at, 0xff, p->host_count * sizeof *o.last_at);
  for (uint32_t priority = 0; priority <= BERTH_PRIORITY_DISABLED; priority++) {
    for (uint32_t item = 0; item < p->item_count; item++) {
      if (is_placed_request(&o, item) && p->inventory->vm_priority[p->vm[item]] == priority)
        enter(&o, item);
    }
  }
  *count = o.count;
  return sort_by_position(&o);
}
