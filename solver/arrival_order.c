/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Restarts come first where they can: each is put at the earliest point of the linear order from
 * which on its host has room for it in every later state. Items are taken by priority, so that a
 * lower one never takes the room that lets a higher one start early; prerequisites of restart-after
 * rules go before their dependants.
 */
#include "arrival_order.h"
#include "problem_nodes.h"
#include <assert.h>
#include <string.h>

/* An item on the way to being entered. */
typedef struct visit {
  uint32_t item;
  uint32_t next_rule, next_after; /* where it stands in the VM's rules and that rule's `after` */
  uint32_t of_rule, position;     /* of that rule so far; of the rules before */
} visit;

typedef struct ordering {
  const problem *problem;
  const sequence *moves;
  const placement *final;
  arena *memory;
  uint32_t *host_move_start, *host_moves; /* CSR: migrations that touch a host, in order */
  arrival *list;
  uint32_t count;
  uint32_t *entered;      /* [item] index in list + 1; 0 = not yet */
  int64_t *arrived;       /* [host * resource_count + resource] demand of the arrivals entered */
  int64_t *arrived_after; /* [host_moves * resource_count + resource] of those whose position comes
                             right after that migration of the host */
  visit *path;            /* [request_count] */
  uint32_t request_count;
  uint32_t *rule_position; /* [rule of the cluster] restart-after; BERTH_NONE = not known yet */
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
  uint32_t first = o->host_move_start[host], end = o->host_move_start[host + 1];
  size_t cell = (size_t)host * p->resource_count + resource;
  if (p->limit[cell] == BERTH_UNLIMITED || first == end)
    return 0;
  int64_t room = p->limit[cell] - p->initial_use[cell] - problem_demand(p, item)[resource];
  for (uint32_t i = first; i < end; i++) {
    const migration *move = &o->moves->list[o->host_moves[i]];
    int64_t demand = problem_demand(p, move->item)[resource];
    room += move->from == host ? demand : -demand;
  }
  room -= o->arrived[cell];
  assert(room >= 0);
  for (uint32_t i = end; i-- > first;) {
    const migration *move = &o->moves->list[o->host_moves[i]];
    int64_t demand = problem_demand(p, move->item)[resource];
    room += move->from == host ? -demand : demand;
    room += o->arrived_after[(size_t)i * p->resource_count + resource];
    if (room < 0)
      return o->host_moves[i] + 1;
  }
  return 0;
}

/* Its room is taken for good, and not yet before the last migration of its host that its position
 * comes after. */
static void take_room(ordering *o, uint32_t item, uint32_t host, uint32_t position) {
  const problem *p = o->problem;
  uint32_t first = o->host_move_start[host], low = first, high = o->host_move_start[host + 1];
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (o->host_moves[middle] < position)
      low = middle + 1;
    else
      high = middle;
  }
  assert(low == first || o->host_moves[low - 1] < position);
  for (uint32_t r = 0; r < p->resource_count; r++) {
    int64_t demand = problem_demand(p, item)[r];
    o->arrived[(size_t)host * p->resource_count + r] += demand;
    if (low > first)
      o->arrived_after[(size_t)(low - 1) * p->resource_count + r] += demand;
  }
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

/* Those who need a node of the host when all has been done: who runs, and who was entered before.
 * false = more than are looked at. */
static bool list_on_nodes(const ordering *o, uint32_t host, node_item *items, uint32_t *count) {
  const problem *p = o->problem;
  for (uint32_t other = o->final->first[host]; other != BERTH_NONE; other = o->final->next[other]) {
    if (!p->one_node[other] || (problem_is_requested(p, other) && o->entered[other] == 0))
      continue;
    if (*count + 2 >= SPLIT_ITEMS)
      return false;
    items[(*count)++] = (node_item){.size = problem_node_demand(p, other), .item = other};
  }
  return true;
}

static bool nodes_hold(const ordering *o, uint32_t host, node_item *items, uint32_t count) {
  const problem *p = o->problem;
  return node_split(p->nodes + p->node_start[host], problem_node_count(p, host), items, count,
                    SPLIT_BUDGET_OF_MANY, NULL) == NODES_HOLD;
}

static void take_off(node_item *items, uint32_t *count, uint32_t item) {
  uint32_t i = 0;
  while (items[i].item != item) {
    i++;
    assert(i < *count);
  }
  items[i] = items[--*count];
}

/* Going back from the end: the last migration before which the item could not be split with the
 * others, plus one. Those entered before count all the way. */
static uint32_t earliest_for_nodes(const ordering *o, uint32_t item, uint32_t host) {
  const problem *p = o->problem;
  uint32_t first = o->host_move_start[host], end = o->host_move_start[host + 1], count = 0;
  node_item items[SPLIT_ITEMS];
  if (!problem_needs_node(p, item, host) || first == end)
    return 0;
  if (!list_on_nodes(o, host, items, &count))
    return o->host_moves[end - 1] + 1;
  items[count++] = (node_item){.size = problem_node_demand(p, item), .item = item};
  for (uint32_t i = end; i-- > first;) {
    const migration *move = &o->moves->list[o->host_moves[i]];
    if (!p->one_node[move->item])
      continue;
    if (move->to == host)
      take_off(items, &count, move->item);
    else if (count == SPLIT_ITEMS)
      return o->host_moves[i] + 1;
    else
      items[count++] = (node_item){.size = problem_node_demand(p, move->item), .item = move->item};
    if (move->from == host && !nodes_hold(o, host, items, count))
      return o->host_moves[i] + 1;
  }
  return 0;
}

static uint32_t earliest_position(const ordering *o, uint32_t item) {
  const problem *p = o->problem;
  uint32_t host = o->final->host[item], position = 0;
  assert(host != BERTH_NONE);
  for (uint32_t r = 0; r < p->resource_count; r++) {
    uint32_t needed = earliest_for_resource(o, item, host, r);
    position = needed > position ? needed : position;
  }
  uint32_t by_nodes = earliest_for_nodes(o, item, host);
  position = by_nodes > position ? by_nodes : position;
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

static void enter(ordering *o, uint32_t item, uint32_t position) {
  uint32_t own = earliest_position(o, item);
  assert(o->entered[item] == 0 && o->count < o->request_count);
  position = own > position ? own : position;
  take_room(o, item, o->final->host[item], position);
  o->list[o->count++] = (arrival){item, position};
  o->entered[item] = o->count;
}

/* The position that the rule the frame stands at asks for; or a request it names that is not
 * entered yet, with BERTH_NONE returned. Equal for all VMs of a rule, so found once for each. */
static uint32_t rule_position(ordering *o, visit *top, uint32_t index, uint32_t *missing) {
  const problem *p = o->problem;
  const frozen_rule *rule = &p->inventory->rules[index];
  uint32_t *known = &o->rule_position[index - p->inventory->clusters[p->cluster].first_rule];
  if (!rule->enabled || rule->type != BERTH_RULE_RESTART_AFTER)
    return 0;
  for (; *known == BERTH_NONE && top->next_after < rule->after_count; top->next_after++) {
    uint32_t before = problem_item_of_vm(p, rule->after[top->next_after]);
    if (!is_placed_request(o, before))
      continue;
    if (o->entered[before] == 0) {
      *missing = before;
      return BERTH_NONE;
    }
    uint32_t position = o->list[o->entered[before] - 1].position;
    top->of_rule = position > top->of_rule ? position : top->of_rule;
  }
  if (*known == BERTH_NONE)
    *known = top->of_rule;
  return *known;
}

/* Goes on with the topmost item: false when it is entered, true when `missing` comes first. */
static bool waits(ordering *o, visit *top, uint32_t *missing) {
  const problem *p = o->problem;
  uint32_t vm = p->vm[top->item];
  assert(is_placed_request(o, top->item));
  while (top->next_rule < p->inventory->vm_rule_start[vm + 1]) {
    uint32_t position = rule_position(o, top, p->inventory->vm_rules[top->next_rule], missing);
    if (position == BERTH_NONE)
      return true;
    top->position = position > top->position ? position : top->position;
    top->of_rule = top->next_after = 0;
    top->next_rule++;
  }
  enter(o, top->item, top->position);
  return false;
}

/* Enters an item after all it waits for; freezing has refused cycles, so the path of visits holds
 * an item once. */
static void enter_with_prerequisites(ordering *o, uint32_t item) {
  const problem *p = o->problem;
  uint32_t depth = 0, next = item;
  for (;;) {
    assert(depth < o->request_count && o->entered[next] == 0);
    o->path[depth++] = (visit){.item = next, .next_rule = p->inventory->vm_rule_start[p->vm[next]]};
    while (depth > 0 && !waits(o, &o->path[depth - 1], &next))
      depth--;
    if (depth == 0)
      return;
  }
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

static bool prepare(ordering *o) {
  const problem *p = o->problem;
  uint32_t cluster_rules = p->inventory->clusters[p->cluster].rule_count;
  for (uint32_t item = 0; item < p->item_count; item++)
    o->request_count += is_placed_request(o, item);
  o->list = arena_take(o->memory, o->request_count, sizeof *o->list);
  o->entered = arena_take(o->memory, p->item_count, sizeof *o->entered);
  o->arrived = arena_take(o->memory, p->host_count, p->resource_count * sizeof *o->arrived);
  o->arrived_after = arena_take(o->memory, 2 * (size_t)o->moves->count,
                                p->resource_count * sizeof *o->arrived_after);
  o->path = arena_take(o->memory, o->request_count, sizeof *o->path);
  o->rule_position = arena_take(o->memory, cluster_rules, sizeof *o->rule_position);
  if (o->list == NULL || o->entered == NULL || o->arrived == NULL || o->arrived_after == NULL ||
      o->path == NULL || o->rule_position == NULL)
    return false;
  memset(o->rule_position, 0xff, cluster_rules * sizeof *o->rule_position);
  return index_moves(o);
}

arrival *arrival_order(const problem *p, const sequence *moves, const placement *final,
                       arena *memory, uint32_t *count) {
  ordering o = {.problem = p, .moves = moves, .final = final, .memory = memory};
  if (!prepare(&o))
    return NULL;
  for (uint32_t priority = 0; priority <= BERTH_PRIORITY_DISABLED; priority++) {
    for (uint32_t item = 0; item < p->item_count; item++) {
      if (is_placed_request(&o, item) && o.entered[item] == 0 &&
          p->inventory->vm_priority[p->vm[item]] == priority)
        enter_with_prerequisites(&o, item);
    }
  }
  assert(o.count == o.request_count);
  *count = o.count;
  return sort_by_position(&o);
}
