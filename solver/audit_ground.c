/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists are ordered so that first fit does well: hosts by the room of their scarcest resource, VMs
 * with few hosts to go to before others, those that rules bind to each other next, then by size.
 */
#include "audit_ground.h"
#include "admission.h"
#include "checked.h"
#include "named_constraint.h"
#include "placement_question.h"
#include <assert.h>
#include <string.h>

enum { SAMPLE = 64, FEW_OF_SAMPLE = 16 };
#define RANK_FEW_HOSTS (INT64_C(1) << 42)
#define RANK_BOUND (INT64_C(1) << 41)

/* ---------------------------------------------------------------------- sorting by keys */

static bool comes_before(const int64_t *key, uint32_t a, uint32_t b) {
  return key[a] != key[b] ? key[a] > key[b] : a < b;
}

static void sink(uint32_t *list, uint32_t count, uint32_t at, const int64_t *key) {
  assert(count == 0 || at < count);
  for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
    if (child + 1 < count && comes_before(key, list[child], list[child + 1]))
      child++;
    if (!comes_before(key, list[at], list[child]))
      return;
    uint32_t other = list[at];
    list[at] = list[child];
    list[child] = other;
    at = child;
  }
}

/* Heap sort: largest keys first, equal ones by number. */
static void sort_by_key(uint32_t *list, uint32_t count, const int64_t *key) {
  for (uint32_t i = count / 2; i-- > 0;)
    sink(list, count, i, key);
  for (uint32_t left = count; left-- > 1;) {
    uint32_t last = list[0];
    list[0] = list[left];
    list[left] = last;
    sink(list, left, 0, key);
  }
}

/* ---------------------------------------------------------------------- hosts */

static bool is_on(const berth_inventory *inventory, uint32_t host) {
  switch (inventory->host_state[host]) {
  case BERTH_HOST_FAILED:
  case BERTH_HOST_STANDBY:
    return false;
  case BERTH_HOST_ISOLATED:
    return inventory->clusters[inventory->host_cluster[host]].set_up.isolation_response ==
           BERTH_ISOLATION_NONE;
  default:
    return true;
  }
}

static int64_t *sum_use(const audit_ground *g, arena *memory) {
  const problem *p = &g->whole;
  int64_t *use = arena_take(memory, p->host_count, p->resource_count * sizeof *use);
  for (uint32_t item = 0; use != NULL && item < p->item_count; item++) {
    if (p->origin[item] == BERTH_NONE)
      continue;
    for (uint32_t r = 0; r < p->resource_count; r++)
      use[(size_t)p->origin[item] * p->resource_count + r] += problem_demand(p, item)[r];
  }
  return use;
}

/* Room of the scarcest of cpu and memory, against the most that a host of the cluster has. */
static int64_t scarcest_room(const audit_ground *g, uint32_t host, const int64_t *most) {
  const int64_t *room = g->room + (size_t)host * g->whole.resource_count;
  int64_t least = INT64_MAX;
  assert(host < g->whole.host_count);
  for (uint32_t r = BERTH_RESOURCE_CPU; r <= BERTH_RESOURCE_MEMORY; r++) {
    int64_t share = (room[r] << 20) / larger_i64(1, most[r]);
    least = share < least ? share : least;
  }
  return least;
}

static bool list_open_hosts(audit_ground *g, arena *memory) {
  const problem *p = &g->whole;
  int64_t most[2] = {0, 0};
  uint32_t *open = arena_take(memory, p->host_count, sizeof *open);
  int64_t *key = arena_take(memory, p->host_count, sizeof *key);
  int64_t *room = sum_use(g, memory);
  if (open == NULL || key == NULL || room == NULL)
    return false;
  for (size_t i = 0; i < (size_t)p->host_count * p->resource_count; i++)
    room[i] = larger_i64(0, p->capacity[i] - room[i]);
  g->room = room;
  for (uint32_t h = 0; h < p->host_count; h++) {
    for (uint32_t r = 0; r < 2; r++)
      most[r] = larger_i64(most[r], p->capacity[(size_t)h * p->resource_count + r]);
  }
  for (uint32_t h = 0; h < p->host_count; h++) {
    key[h] = scarcest_room(g, h, most);
    g->has_standby |= p->host_asleep[h] && p->host_open[h];
    if (p->host_open[h] && !p->host_asleep[h])
      open[g->open_count++] = h;
  }
  assert(g->open_count <= p->host_count);
  sort_by_key(open, g->open_count, key);
  g->open = open;
  return true;
}

/* ---------------------------------------------------------------------- rules between VMs */

static bool binds(const problem_rule *rule) {
  return rule->must && rule->form != RULE_FORM_HOSTS;
}

static bool count_rules(audit_ground *g, arena *memory) {
  const problem *p = &g->whole;
  uint32_t *running = arena_take(memory, p->rule_count, sizeof *running);
  domain_counter *in_domain = arena_take(memory, p->rule_count, sizeof *in_domain);
  uint8_t *bound = arena_take(memory, p->item_count, 1);
  if (running == NULL || in_domain == NULL || bound == NULL)
    return false;
  for (uint32_t r = 0; r < p->rule_count; r++) {
    const problem_rule *rule = &p->rules[r];
    if (!binds(rule))
      continue;
    if (!domain_counter_init(&in_domain[r], memory, rule->domain_count, rule->member_count))
      return false;
    for (uint32_t i = 0; i < rule->member_count; i++) {
      uint32_t origin = p->origin[rule->members[i]];
      bound[rule->members[i]] = 1;
      if (origin == BERTH_NONE)
        continue;
      assert(origin < p->host_count && rule->domain_of[origin] < rule->domain_count);
      running[r]++;
      domain_counter_add(&in_domain[r], rule->domain_of[origin]);
    }
  }
  g->running = running;
  g->in_domain = in_domain;
  g->bound = bound;
  return true;
}

/* ---------------------------------------------------------------------- choices of a class */

static bool has_few_hosts(const audit_ground *g, uint32_t item) {
  uint32_t sample = g->open_count < SAMPLE ? g->open_count : SAMPLE, admitted = 0;
  for (uint32_t i = 0; i < sample; i++)
    admitted += admission_allows_restart(&g->whole, item, g->open[i]);
  return admitted * SAMPLE < sample * FEW_OF_SAMPLE || (sample < SAMPLE && admitted < sample);
}

/* Lists the hosts of a class that is admitted at few of them, in the order of `open`. */
static bool list_choices(audit_ground *g, arena *memory) {
  const problem *p = &g->whole;
  uint32_t *choice = arena_take(memory, p->class_count, sizeof *choice);
  uint32_t *start = arena_take(memory, (size_t)p->class_count + 1, sizeof *start);
  uint32_t rows = 0, used = 0;
  uint32_t *list = NULL, room = 0;
  if (choice == NULL || start == NULL)
    return false;
  for (uint32_t c = 0; c < p->class_count; c++) {
    uint32_t item = p->classes[c].example;
    choice[c] = BERTH_NONE;
    if (!has_few_hosts(g, item) || used > UINT32_MAX / 4)
      continue;
    if (room - used < g->open_count) {
      room = room * 2 + g->open_count;
      uint32_t *larger = arena_take_unset(memory, room, sizeof *larger);
      if (larger == NULL)
        return false;
      if (used > 0)
        memcpy(larger, list, used * sizeof *list);
      list = larger;
    }
    for (uint32_t i = 0; i < g->open_count; i++) {
      if (admission_allows_restart(p, item, g->open[i]))
        list[used++] = g->open[i];
    }
    assert(used <= room && rows < p->class_count);
    choice[c] = rows++;
    start[rows] = used;
  }
  g->choice = choice;
  g->choice_start = start;
  g->choices = list;
  return true;
}

/* ---------------------------------------------------------------------- VMs */

static int64_t size_of(const problem *p, uint32_t item, const int64_t *most) {
  int64_t size = 0;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    int64_t demand = problem_demand(p, item)[r];
    if (most[r] > 0 && most[r] < BERTH_UNLIMITED)
      size = larger_i64(size, (demand << 20) / most[r]);
  }
  return size;
}

static bool rank_items(audit_ground *g, arena *memory) {
  const problem *p = &g->whole;
  int64_t *rank = arena_take(memory, p->item_count, sizeof *rank);
  uint8_t *comes_back = arena_take(memory, p->item_count, 1);
  int64_t *most = arena_take(memory, p->resource_count, sizeof *most);
  if (rank == NULL || comes_back == NULL || most == NULL)
    return false;
  for (size_t i = 0; i < (size_t)p->host_count * p->resource_count; i++)
    most[i % p->resource_count] = larger_i64(most[i % p->resource_count], p->capacity[i]);
  for (uint32_t item = 0; item < p->item_count; item++) {
    assert(p->admission[item] < p->class_count);
    bool few = g->choice[p->admission[item]] != BERTH_NONE;
    rank[item] = size_of(p, item, most) % RANK_BOUND + (few ? RANK_FEW_HOSTS : 0) +
                 (g->bound[item] ? RANK_BOUND : 0);
    comes_back[item] = p->inventory->vm_priority[p->vm[item]] != BERTH_PRIORITY_DISABLED;
    g->has_movable |= p->kind[item] == ITEM_MOVABLE;
  }
  g->rank = rank;
  g->comes_back = comes_back;
  return true;
}

static bool list_contents(audit_ground *g, arena *memory) {
  const problem *p = &g->whole;
  uint32_t *start = arena_take(memory, (size_t)p->host_count + 2, sizeof *start);
  uint32_t *content = arena_take(memory, p->item_count, sizeof *content);
  uint32_t *down = arena_take(memory, p->item_count, sizeof *down);
  if (start == NULL || content == NULL || down == NULL)
    return false;
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (p->origin[item] != BERTH_NONE)
      start[p->origin[item] + 2]++;
    else
      down[g->down_count++] = item;
  }
  for (uint32_t h = 0; h < p->host_count; h++)
    start[h + 2] += start[h + 1];
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (p->origin[item] != BERTH_NONE)
      content[start[p->origin[item] + 1]++] = item;
  }
  assert(start[p->host_count] + g->down_count == p->item_count);
  for (uint32_t h = 0; h < p->host_count; h++)
    sort_by_key(content + start[h], start[h + 1] - start[h], g->rank);
  sort_by_key(down, g->down_count, g->rank);
  g->content_start = start;
  g->content = content;
  g->down = down;
  return true;
}

/* ---------------------------------------------------------------------- what can fail */

static uint32_t domain_of(const audit_ground *g, berth_domain domain, uint32_t host) {
  uint32_t global = g->whole.host[host];
  assert(domain < BERTH_DOMAIN_COUNT);
  return domain == BERTH_DOMAIN_HOST ? global : g->view.host_domain[domain][global];
}

static const char *name_of(const audit_ground *g, berth_domain domain, uint32_t host) {
  uint32_t global = g->whole.host[host];
  const char *label = domain == BERTH_DOMAIN_HOST ? NULL : g->view.host_label[domain][global];
  return label != NULL ? label : berth_inventory_host_label(&g->view, global);
}

/* Numbers the domains that have a host that is on. [domain] unit + 1 */
static uint32_t *number_units(audit_ground *g, berth_domain domain, const char **name,
                              arena *memory) {
  const berth_inventory *view = &g->view;
  uint32_t domains = domain == BERTH_DOMAIN_HOST ? view->host_count : view->domain_count[domain];
  uint32_t *number = arena_take(memory, domains, sizeof *number);
  for (uint32_t h = 0; number != NULL && h < g->whole.host_count; h++) {
    uint32_t *of = &number[domain_of(g, domain, h)];
    if (*of != 0 || !is_on(view, g->whole.host[h]))
      continue;
    assert(g->unit_count < g->whole.host_count);
    name[g->unit_count] = name_of(g, domain, h);
    *of = ++g->unit_count;
  }
  return number;
}

static bool list_units(audit_ground *g, berth_domain domain, arena *memory) {
  uint32_t hosts = g->whole.host_count;
  uint32_t *start = arena_take(memory, (size_t)hosts + 2, sizeof *start);
  uint32_t *list = arena_take(memory, hosts, sizeof *list);
  uint32_t *on = arena_take(memory, hosts, sizeof *on);
  const char **name = arena_take(memory, hosts, sizeof *name);
  if (start == NULL || list == NULL || on == NULL || name == NULL)
    return false;
  const uint32_t *number = number_units(g, domain, name, memory);
  if (number == NULL)
    return false;
  for (uint32_t h = 0; h < hosts; h++) {
    uint32_t unit = number[domain_of(g, domain, h)];
    if (unit == 0)
      continue;
    start[unit + 1]++;
    on[unit - 1] += is_on(&g->view, g->whole.host[h]);
  }
  for (uint32_t u = 0; u < g->unit_count; u++)
    start[u + 2] += start[u + 1];
  for (uint32_t h = 0; h < hosts; h++) {
    uint32_t unit = number[domain_of(g, domain, h)];
    if (unit > 0)
      list[start[unit]++] = h;
  }
  for (uint32_t u = 0; u < g->unit_count; u++)
    assert(start[u] < start[u + 1] && on[u] > 0);
  g->unit_start = start;
  g->unit_hosts = list;
  g->unit_on = on;
  g->unit_name = name;
  return true;
}

/* ---------------------------------------------------------------------- all of it */

/* VMs without a host wait to be powered on; nobody restarts them, and they take no room. */
static bool leave_out_waiting(audit_ground *g, const berth_inventory *inventory, arena *memory) {
  uint8_t *out = arena_take(memory, inventory->vm_count, 1);
  if (out == NULL)
    return false;
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++)
    out[vm] = inventory->vm_host[vm] == BERTH_NONE;
  return reduced_inventory(&g->view, inventory, out, memory);
}

bool audit_ground_build(audit_ground *g, const berth_inventory *inventory, uint32_t cluster,
                        berth_domain domain, arena *memory) {
  assert(cluster < inventory->cluster_count && domain < BERTH_DOMAIN_COUNT);
  problem_scratch scratch;
  problem_aim aim = {.goal = BERTH_GOAL_FAILOVER, .settings = BERTH_PLAN_SETTINGS_INIT};
  *g = (audit_ground){.cluster = cluster};
  g->nothing_moves = arena_take(memory, inventory->vm_count, 1);
  g->nothing_wakes = arena_take(memory, inventory->host_count, 1);
  return g->nothing_moves != NULL && g->nothing_wakes != NULL &&
         leave_out_waiting(g, inventory, memory) &&
         problem_scratch_init(&scratch, memory, &g->view) &&
         cluster_problem_build(&g->whole, &g->view, cluster, &aim, &scratch, memory) &&
         list_open_hosts(g, memory) && count_rules(g, memory) && list_choices(g, memory) &&
         rank_items(g, memory) && list_contents(g, memory) && list_units(g, domain, memory);
}
