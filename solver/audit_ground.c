/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists are ordered so that first fit does well: hosts by the room of their scarcest resource, VMs
 * with few hosts to go to before others, those that rules bind to each other next, then by size.
 */
#include "audit_ground.h"
#include "admission.h"
#include "checked.h"
#include "keyed_sort.h"
#include "named_constraint.h"
#include "placement_question.h"
#include <assert.h>
#include <string.h>

#define RANK_FEW_HOSTS (INT64_C(1) << 42)
#define RANK_BOUND (INT64_C(1) << 41)

/* ---------------------------------------------------------------------- hosts */

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

static bool find_candidates(audit_ground *g, arena *memory) {
  const problem *p = &g->whole;
  int64_t *room = sum_use(g, memory);
  if (room == NULL)
    return false;
  for (size_t i = 0; i < (size_t)p->host_count * p->resource_count; i++)
    room[i] = larger_i64(0, p->capacity[i] - room[i]);
  g->room = room;
  return audit_candidates_build(&g->candidates, p, room, memory);
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

/* HA knows nothing of groups kept together or of spreading over domains, and of VMs kept apart only
 * where it is told to. */
static bool is_kept_by_ha(const frozen_rule *rule, const frozen_cluster *cluster) {
  return rule->type == BERTH_RULE_APART && rule->over == BERTH_DOMAIN_HOST &&
         cluster->set_up.respect_anti_affinity;
}

static bool list_rules_of_ha(audit_ground *g, arena *memory) {
  const problem *p = &g->whole;
  frozen_rule *rules = NULL;
  for (uint32_t r = 0; r < p->rule_count; r++) {
    const frozen_rule *rule = p->rules[r].rule;
    if (!binds(&p->rules[r]) || is_kept_by_ha(rule, &g->view.clusters[g->cluster]))
      continue;
    if (rules == NULL) {
      rules = arena_take_unset(memory, g->view.rule_count, sizeof *rules);
      if (rules == NULL)
        return false;
      memcpy(rules, g->view.rules, g->view.rule_count * sizeof *rules);
    }
    assert(rule >= g->view.rules && rule < g->view.rules + g->view.rule_count);
    rules[rule - g->view.rules].enabled = false;
  }
  g->rules_of_ha = rules;
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
    bool few = audit_candidates_few(&g->candidates, p, item);
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
    keyed_sort(content + start[h], start[h + 1] - start[h], g->rank);
  keyed_sort(down, g->down_count, g->rank);
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
    if (*of != 0 || !problem_host_runs_vms(view, g->whole.host[h]))
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
    on[unit - 1] += problem_host_runs_vms(&g->view, g->whole.host[h]);
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
         find_candidates(g, memory) && count_rules(g, memory) && list_rules_of_ha(g, memory) &&
         rank_items(g, memory) && list_contents(g, memory) && list_units(g, domain, memory);
}
