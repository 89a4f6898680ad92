/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First fit into the roomiest hosts; where that fails, best fit by what is left of the scarcest
 * resource; then again with the VM that found no room put first (squeaky wheels: Joslin, Clements
 * 1999). If some VM fits on no host beside those that run, restarts alone cannot do: then a running
 * VM may move aside for each. VMs that no host could take even if all that may move moved are lost
 * in every plan, and what the others do without them proves how many are lost at least. Rules
 * between VMs are counted from the members that run, less those that stopped, plus those that were
 * placed.
 */
#include "audit_restarts.h"
#include "admission.h"
#include <assert.h>
#include <string.h>

enum { ROUNDS = 12, HOSTS_SHIFTED_ON = 64, SHIFTS_FOR_ONE = 8 };

audit_trial *audit_trial_new(const audit_ground *g, arena *memory) {
  const problem *p = &g->whole;
  audit_trial *t = arena_take(memory, 1, sizeof *t);
  if (t == NULL)
    return NULL;
  *t = (audit_trial){.ground = g};
  t->out = arena_take(memory, p->host_count, 1);
  t->taken = arena_take(memory, p->host_count, p->resource_count * sizeof *t->taken);
  t->items = arena_take_unset(memory, p->item_count, sizeof *t->items);
  t->to = arena_take_unset(memory, p->item_count, sizeof *t->to);
  t->stopped = arena_take_unset(memory, p->item_count, sizeof *t->stopped);
  bool ok =
      t->out != NULL && t->taken != NULL && t->items != NULL && t->to != NULL && t->stopped != NULL;
  return ok ? t : NULL;
}

/* ---------------------------------------------------------------------- what failed */

static bool has_failed(const audit_trial *t, uint32_t host) {
  assert(host < t->ground->whole.host_count);
  return t->out[host] & HOST_FAILED;
}

void audit_trial_keep_to(audit_trial *t, uint32_t lane, uint32_t lanes) {
  const audit_candidates *c = &t->ground->candidates;
  assert(lanes > 0);
  for (uint32_t i = 0; i < c->open_count; i++) {
    uint8_t *out = &t->out[c->open[i]];
    *out = (uint8_t)((*out & HOST_FAILED) | (lane < lanes && i % lanes != lane ? HOST_BARRED : 0));
  }
}

/* Merges a list that is in the order of rank into `items`. */
static void merge(audit_trial *t, const uint32_t *list, uint32_t count) {
  const audit_ground *g = t->ground;
  uint32_t added = 0;
  for (uint32_t i = 0; i < count; i++)
    added += g->comes_back[list[i]];
  uint32_t at = t->item_count + added, from = t->item_count;
  t->item_count = at;
  for (uint32_t i = count; i-- > 0;) {
    if (!g->comes_back[list[i]])
      continue;
    while (from > 0 && g->rank[t->items[from - 1]] < g->rank[list[i]])
      t->items[--at] = t->items[--from];
    t->items[--at] = list[i];
  }
  assert(at == from);
}

void audit_trial_fail(audit_trial *t, const uint32_t *units, uint32_t count) {
  const audit_ground *g = t->ground;
  t->item_count = t->stopped_count = 0;
  merge(t, g->down, g->down_count);
  for (uint32_t u = 0; u < count; u++) {
    assert(units[u] < g->unit_count);
    for (uint32_t i = g->unit_start[units[u]]; i < g->unit_start[units[u] + 1]; i++) {
      uint32_t host = g->unit_hosts[i], size = g->content_start[host + 1] - g->content_start[host];
      assert(!has_failed(t, host) && t->stopped_count + size <= g->whole.item_count);
      t->out[host] |= HOST_FAILED;
      merge(t, g->content + g->content_start[host], size);
      memcpy(t->stopped + t->stopped_count, g->content + g->content_start[host],
             size * sizeof *t->stopped);
      t->stopped_count += size;
    }
  }
}

void audit_trial_recover(audit_trial *t, const uint32_t *units, uint32_t count) {
  const audit_ground *g = t->ground;
  for (uint32_t u = 0; u < count; u++) {
    for (uint32_t i = g->unit_start[units[u]]; i < g->unit_start[units[u] + 1]; i++) {
      assert(has_failed(t, g->unit_hosts[i]));
      t->out[g->unit_hosts[i]] &= (uint8_t)~HOST_FAILED;
    }
  }
}

/* ---------------------------------------------------------------------- one VM, one host */

static bool is_member(const problem *p, uint32_t item, uint32_t rule) {
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    if (p->item_rules[i] == rule)
      return true;
  }
  return false;
}

/* Members of the rule that run now: in the domain, and in all. */
static void count_members(const audit_trial *t, uint32_t r, uint32_t domain, uint32_t placed,
                          uint32_t *same, uint32_t *all) {
  const audit_ground *g = t->ground;
  const problem *p = &g->whole;
  const problem_rule *rule = &p->rules[r];
  *same = domain_counter_get(&g->in_domain[r], domain);
  *all = g->running[r];
  for (uint32_t i = 0; i < t->stopped_count; i++) {
    uint32_t item = t->stopped[i];
    if (!g->bound[item] || !is_member(p, item, r))
      continue;
    --*all;
    *same -= rule->domain_of[p->origin[item]] == domain;
  }
  for (uint32_t i = 0; i < placed; i++) {
    if (t->to[i] == BERTH_NONE || !g->bound[t->items[i]] || !is_member(p, t->items[i], r))
      continue;
    ++*all;
    *same += rule->domain_of[t->to[i]] == domain;
  }
  assert(*same <= *all);
}

/* Whether the host has room for all members that are to be restarted: the rest of a group would
 * have to follow the first. Rules over larger domains are not looked at. */
static bool has_room_for_group(const audit_trial *t, uint32_t r, uint32_t host) {
  const problem *p = &t->ground->whole;
  const problem_rule *rule = &p->rules[r];
  size_t row = (size_t)host * p->resource_count;
  if (rule->rule->over != BERTH_DOMAIN_HOST)
    return true;
  for (uint32_t k = 0; k < p->resource_count; k++) {
    int64_t room = t->ground->room[row + k] - t->taken[row + k];
    for (uint32_t i = 0; i < t->item_count && room >= 0; i++) {
      if (t->ground->bound[t->items[i]] && is_member(p, t->items[i], r))
        room -= problem_demand(p, t->items[i])[k];
    }
    if (room < 0)
      return false;
  }
  return true;
}

/* Without a migration a group that runs may only grow where it is. */
static bool rules_let_in(const audit_trial *t, uint32_t item, uint32_t host, uint32_t placed) {
  const problem *p = &t->ground->whole;
  if (!t->ground->bound[item])
    return true;
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    const problem_rule *rule = &p->rules[p->item_rules[i]];
    uint32_t same, all;
    if (!rule->must || rule->form == RULE_FORM_HOSTS)
      continue;
    count_members(t, p->item_rules[i], rule->domain_of[host], placed, &same, &all);
    if (rule->form == RULE_FORM_TOGETHER ? same == 0 && all > 0 : same + 1 > rule->k)
      return false;
    if (rule->form == RULE_FORM_TOGETHER && all == 0 &&
        !has_room_for_group(t, p->item_rules[i], host))
      return false;
  }
  return true;
}

static bool is_shifted_from(const audit_trial *t, uint32_t item, uint32_t host) {
  for (uint32_t i = 0; i < t->shift_count; i++) {
    if (t->shifts[i].item == item && t->shifts[i].from == host)
      return true;
  }
  return false;
}

/* Who is asked about, beside those who run at a host. */
typedef struct node_company {
  uint32_t without; /* one that has gone, BERTH_NONE = none */
  bool alone;       /* no restart of this set is there */
} node_company;

static node_verdict split_with(const audit_trial *t, uint32_t item, uint32_t host,
                               node_company with) {
  const audit_ground *g = t->ground;
  const problem *p = &g->whole;
  node_item items[SPLIT_ITEMS];
  uint32_t there[SPLIT_ITEMS], count = 0;
  there[count++] = item;
  for (uint32_t i = g->content_start[host]; i < g->content_start[host + 1]; i++) {
    if (count < SPLIT_ITEMS && p->one_node[g->content[i]] && g->content[i] != with.without &&
        !is_shifted_from(t, g->content[i], host))
      there[count++] = g->content[i];
  }
  for (uint32_t i = 0; i < t->shift_count; i++) {
    if (count < SPLIT_ITEMS && t->shifts[i].to == host && p->one_node[t->shifts[i].item])
      there[count++] = t->shifts[i].item;
  }
  for (uint32_t i = 0; i < t->item_count && !with.alone; i++) {
    if (count < SPLIT_ITEMS && t->to[i] == host && p->one_node[t->items[i]])
      there[count++] = t->items[i];
  }
  if (count == SPLIT_ITEMS)
    return NODES_UNDECIDED;
  for (uint32_t i = 0; i < count; i++)
    items[i] = (node_item){.size = problem_node_demand(p, there[i]), .item = there[i]};
  return node_split(p->nodes + p->node_start[host], problem_node_count(p, host), items, count,
                    SPLIT_BUDGET_OF_MANY, NULL);
}

static bool nodes_take(const audit_trial *t, uint32_t item, uint32_t host, uint32_t without) {
  return !problem_needs_node(&t->ground->whole, item, host) ||
         split_with(t, item, host, (node_company){.without = without}) == NODES_HOLD;
}

/* Proved, were it the only one to come. */
static bool nodes_refuse_alone(const audit_trial *t, uint32_t item, uint32_t host) {
  return problem_needs_node(&t->ground->whole, item, host) &&
         split_with(t, item, host, (node_company){BERTH_NONE, true}) == NODES_REFUSE;
}

static bool has_sum_room(const audit_trial *t, uint32_t item, uint32_t host) {
  const problem *p = &t->ground->whole;
  const int64_t *demand = problem_demand(p, item);
  size_t row = (size_t)host * p->resource_count;
  assert(item < p->item_count && host < p->host_count);
  for (uint32_t r = 0; r < p->resource_count; r++) {
    if (demand[r] > 0 && demand[r] > t->ground->room[row + r] - t->taken[row + r])
      return false;
  }
  return true;
}

static bool has_room(const audit_trial *t, uint32_t item, uint32_t host) {
  return has_sum_room(t, item, host) && nodes_take(t, item, host, BERTH_NONE);
}

static bool takes(const audit_trial *t, uint32_t item, uint32_t host, uint32_t placed) {
  return !t->out[host] && has_room(t, item, host) &&
         admission_allows_restart(&t->ground->whole, item, host) &&
         rules_let_in(t, item, host, placed);
}

static void put(audit_trial *t, uint32_t at, uint32_t host, int64_t sign) {
  const problem *p = &t->ground->whole;
  const int64_t *demand = problem_demand(p, t->items[at]);
  assert(at < t->item_count && (sign > 0 || t->to[at] == host));
  for (uint32_t r = 0; r < p->resource_count; r++)
    t->taken[(size_t)host * p->resource_count + r] += sign * demand[r];
  t->to[at] = sign > 0 ? host : BERTH_NONE;
}

static const uint32_t *hosts_for(const audit_trial *t, uint32_t item, uint32_t *count) {
  return audit_candidates_of(&t->ground->candidates, &t->ground->whole, item, count);
}

/* ---------------------------------------------------------------------- choosing a host */

static uint32_t first_fit(const audit_trial *t, uint32_t at) {
  uint32_t count;
  const uint32_t *hosts = hosts_for(t, t->items[at], &count);
  for (uint32_t i = 0; i < count; i++) {
    if (takes(t, t->items[at], hosts[i], at))
      return hosts[i];
  }
  return BERTH_NONE;
}

/* What is left of the scarcest resource, as a share of the capacity. */
static int64_t slack(const audit_trial *t, uint32_t item, uint32_t host) {
  const problem *p = &t->ground->whole;
  const int64_t *demand = problem_demand(p, item);
  size_t row = (size_t)host * p->resource_count;
  int64_t least = INT64_MAX;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    int64_t capacity = p->capacity[row + r];
    if (capacity == BERTH_UNLIMITED || capacity == 0 || demand[r] == 0)
      continue;
    int64_t left = t->ground->room[row + r] - t->taken[row + r] - demand[r];
    int64_t share = (left << 20) / capacity;
    least = share < least ? share : least;
  }
  return least;
}

static uint32_t best_fit(const audit_trial *t, uint32_t at) {
  uint32_t count, best = BERTH_NONE;
  int64_t least = INT64_MAX;
  const uint32_t *hosts = hosts_for(t, t->items[at], &count);
  for (uint32_t i = 0; i < count; i++) {
    if (t->out[hosts[i]] || !has_room(t, t->items[at], hosts[i]))
      continue;
    int64_t left = slack(t, t->items[at], hosts[i]);
    if ((best != BERTH_NONE && left >= least) || !takes(t, t->items[at], hosts[i], at))
      continue;
    best = hosts[i];
    least = left;
  }
  return best;
}

/* True if no host that is left could ever take the VM: then it is lost in every plan. */
static bool is_hopeless(const audit_trial *t, uint32_t item) {
  const problem *p = &t->ground->whole;
  const int64_t *demand = problem_demand(p, item);
  for (uint32_t h = 0; h < p->host_count; h++) {
    if (has_failed(t, h) || !p->host_open[h] || !admission_allows_restart(p, item, h))
      continue;
    bool fits = true;
    for (uint32_t r = 0; r < p->resource_count && fits; r++)
      fits = demand[r] <= p->limit[(size_t)h * p->resource_count + r];
    if (fits)
      return false;
  }
  return true;
}

/* ---------------------------------------------------------------------- all VMs of a set */

typedef uint32_t (*host_choice)(const audit_trial *t, uint32_t at);

static restarts_result place_all(audit_trial *t, host_choice choose) {
  restarts_result result = RESTARTS_PLACED;
  for (uint32_t i = 0; i < t->item_count; i++)
    t->to[i] = BERTH_NONE;
  for (uint32_t i = 0; i < t->item_count; i++) {
    uint32_t host = choose(t, i);
    assert(host == BERTH_NONE || !t->out[host]);
    if (host != BERTH_NONE)
      put(t, i, host, +1);
    else if (is_hopeless(t, t->items[i]))
      result = RESTARTS_LOSE;
    else {
      t->item_count = i; /* what is to be taken back */
      return RESTARTS_OPEN;
    }
  }
  return result;
}

static void clear_row(audit_trial *t, uint32_t host) {
  const problem *p = &t->ground->whole;
  if (host != BERTH_NONE)
    memset(t->taken + (size_t)host * p->resource_count, 0, p->resource_count * sizeof *t->taken);
}

static void clear_room(audit_trial *t) {
  for (uint32_t i = 0; i < t->item_count; i++)
    clear_row(t, t->to[i]);
  for (uint32_t i = 0; i < t->shift_count; i++) {
    clear_row(t, t->shifts[i].from);
    clear_row(t, t->shifts[i].to);
  }
}

/* One try; @p failed receives the place of the VM that found no host. */
static restarts_result attempt(audit_trial *t, host_choice choose, uint32_t *failed) {
  assert(t->shift_count == 0);
  uint32_t count = t->item_count;
  restarts_result result = place_all(t, choose);
  *failed = t->item_count;
  clear_room(t);
  t->item_count = count;
  return result;
}

static void put_first(audit_trial *t, uint32_t at) {
  assert(at < t->item_count);
  uint32_t item = t->items[at];
  memmove(t->items + 1, t->items, at * sizeof *t->items);
  t->items[0] = item;
}

/* ---------------------------------------------------------------------- moving aside */

static bool any_takes_alone(const audit_trial *t, uint32_t item, const uint32_t *hosts,
                            uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    if (!has_failed(t, hosts[i]) && has_sum_room(t, item, hosts[i]) &&
        !nodes_refuse_alone(t, item, hosts[i]) &&
        admission_allows_restart(&t->ground->whole, item, hosts[i]))
      return true;
  }
  return false;
}

/* Without moves no host could take it, awake or woken, were it alone. */
static bool is_stuck(const audit_trial *t, uint32_t item) {
  const audit_candidates *c = &t->ground->candidates;
  uint32_t count;
  const uint32_t *hosts = hosts_for(t, item, &count);
  assert(t->shift_count == 0);
  return !any_takes_alone(t, item, hosts, count) &&
         !any_takes_alone(t, item, c->asleep, c->asleep_count);
}

static bool any_stuck(const audit_trial *t) {
  for (uint32_t i = 0; i < t->item_count; i++) {
    if (is_stuck(t, t->items[i]))
      return true;
  }
  return false;
}

static bool is_shifted(const audit_trial *t, uint32_t item) {
  for (uint32_t i = 0; i < t->shift_count; i++) {
    if (t->shifts[i].item == item)
      return true;
  }
  return false;
}

/* Room for the first once the second has gone. */
static bool has_room_without(const audit_trial *t, uint32_t item, uint32_t other, uint32_t host) {
  const problem *p = &t->ground->whole;
  const int64_t *demand = problem_demand(p, item), *freed = problem_demand(p, other);
  size_t row = (size_t)host * p->resource_count;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    int64_t room = t->ground->room[row + r] - t->taken[row + r];
    if (demand[r] > 0 && demand[r] > room && demand[r] - room > freed[r])
      return false;
  }
  return nodes_take(t, item, host, other);
}

static uint32_t find_refuge(const audit_trial *t, uint32_t item, uint32_t from) {
  const audit_ground *g = t->ground;
  uint32_t count;
  const uint32_t *hosts = hosts_for(t, item, &count);
  assert(g->whole.kind[item] == ITEM_MOVABLE && !g->bound[item]);
  for (uint32_t i = 0; i < count; i++) {
    if (hosts[i] != from && !t->out[hosts[i]] && has_room(t, item, hosts[i]) &&
        admission_allows(&g->whole, item, hosts[i]))
      return hosts[i];
  }
  return BERTH_NONE;
}

/* Charges the move; sign -1 takes it back. */
static void charge_shift(audit_trial *t, const audit_shift *shift, int64_t sign) {
  const problem *p = &t->ground->whole;
  const int64_t *demand = problem_demand(p, shift->item);
  assert(shift->from != shift->to);
  for (uint32_t r = 0; r < p->resource_count; r++) {
    t->taken[(size_t)shift->from * p->resource_count + r] -= sign * demand[r];
    t->taken[(size_t)shift->to * p->resource_count + r] += sign * demand[r];
  }
}

/* Has one VM leave the host: the smallest that is enough, else the largest that finds a refuge. */
static bool shift_one(audit_trial *t, uint32_t item, uint32_t host) {
  const audit_ground *g = t->ground;
  uint32_t first = g->content_start[host], count = g->content_start[host + 1] - first;
  for (int enough = 1; enough >= 0; enough--) {
    for (uint32_t i = 0; i < count; i++) {
      uint32_t other = g->content[first + (enough ? count - 1 - i : i)];
      if (g->whole.kind[other] != ITEM_MOVABLE || g->bound[other] || is_shifted(t, other) ||
          (enough && !has_room_without(t, item, other, host)))
        continue;
      uint32_t to = find_refuge(t, other, host);
      if (to == BERTH_NONE)
        continue;
      assert(t->shift_count < MOST_SHIFTS);
      t->shifts[t->shift_count] = (audit_shift){.item = other, .from = host, .to = to};
      charge_shift(t, &t->shifts[t->shift_count++], +1);
      return true;
    }
  }
  return false;
}

static bool shift_from(audit_trial *t, uint32_t item, uint32_t host) {
  uint32_t before = t->shift_count;
  for (int moved = 0; moved < SHIFTS_FOR_ONE && t->shift_count < MOST_SHIFTS; moved++) {
    if (!shift_one(t, item, host))
      break;
    assert(t->shift_count > before);
    if (has_room(t, item, host))
      return true;
  }
  while (t->shift_count > before)
    charge_shift(t, &t->shifts[--t->shift_count], -1);
  return false;
}

/* The roomiest host that can be made to take the item. */
static uint32_t make_room(audit_trial *t, uint32_t at) {
  uint32_t count, item = t->items[at];
  assert(at < t->item_count);
  const uint32_t *hosts =
      audit_candidates_admitted(&t->ground->candidates, &t->ground->whole, item, &count);
  count = count < HOSTS_SHIFTED_ON ? count : HOSTS_SHIFTED_ON;
  for (uint32_t i = 0; i < count && t->shift_count < MOST_SHIFTS; i++) {
    if (!t->out[hosts[i]] && admission_allows_restart(&t->ground->whole, item, hosts[i]) &&
        rules_let_in(t, item, hosts[i], at) && shift_from(t, item, hosts[i]))
      return hosts[i];
  }
  return BERTH_NONE;
}

static restarts_result place_with_shifts(audit_trial *t) {
  uint32_t count = t->item_count;
  restarts_result result = RESTARTS_AFTER_MOVES;
  assert(t->shift_count == 0 && count <= t->ground->whole.item_count);
  for (uint32_t i = 0; i < count; i++)
    t->to[i] = BERTH_NONE;
  for (uint32_t i = 0; i < count && result == RESTARTS_AFTER_MOVES; i++) {
    uint32_t host = first_fit(t, i);
    if (host == BERTH_NONE)
      host = make_room(t, i);
    if (host != BERTH_NONE)
      put(t, i, host, +1);
    else
      result = RESTARTS_OPEN;
  }
  clear_room(t);
  return result;
}

restarts_result audit_restarts(audit_trial *t) {
  uint32_t failed;
  t->shift_count = 0;
  restarts_result result = attempt(t, first_fit, &failed);
  bool stuck = result == RESTARTS_OPEN && is_stuck(t, t->items[failed]);
  if (result == RESTARTS_OPEN && !stuck)
    result = attempt(t, best_fit, &failed);
  if (result == RESTARTS_OPEN && (stuck || any_stuck(t)))
    return place_with_shifts(t);
  for (int round = 0; round < ROUNDS && result == RESTARTS_OPEN && failed > 0; round++) {
    put_first(t, failed);
    result = attempt(t, round % 2 == 0 ? first_fit : best_fit, &failed);
  }
  return result;
}
