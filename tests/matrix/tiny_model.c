/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads one cluster of a frozen inventory the way docs/model.md describes it: who takes part (1),
 * where a VM may arrive (2), what holds at every moment (3), and what an end state is worth (7).
 * Domains are compared by their labels, masks are built by hand: nothing that the library derives
 * is reused, except which rules freezing disabled.
 */
#include "tiny_model.h"

#include "frozen.h"

#include <assert.h>
#include <string.h>

static bool runs(const berth_inventory *inventory, const frozen_cluster *cluster, uint32_t vm) {
  if (inventory->vm_power[vm] != BERTH_POWER_ON || inventory->vm_host[vm] == BERTH_NONE)
    return false;
  switch ((berth_host_state)inventory->host_state[inventory->vm_host[vm]]) {
  case BERTH_HOST_ONLINE:
  case BERTH_HOST_MAINTENANCE:
  case BERTH_HOST_ENTERING_MAINTENANCE:
  case BERTH_HOST_DISCONNECTED:
    return true;
  case BERTH_HOST_ISOLATED:
    return cluster->set_up.isolation_response == BERTH_ISOLATION_NONE;
  case BERTH_HOST_STANDBY:
  case BERTH_HOST_FAILED:
    return false;
  }
  return false;
}

static bool lists(const uint32_t *list, uint32_t count, uint32_t wanted) {
  for (uint32_t i = 0; i < count; i++)
    if (list[i] == wanted)
      return true;
  return false;
}

/* Every entry of needs[first..end) is among have[have_first..have_end). */
static bool covers(const uint32_t *needs, uint32_t first, uint32_t end, const uint32_t *have,
                   uint32_t have_first, uint32_t have_end) {
  for (uint32_t i = first; i < end; i++)
    if (!lists(have + have_first, have_end - have_first, needs[i]))
      return false;
  return true;
}

static bool host_rules_allow(const berth_inventory *inventory, uint32_t vm, uint32_t host) {
  for (uint32_t r = 0; r < inventory->rule_count; r++) {
    const frozen_rule *rule = &inventory->rules[r];
    if (!rule->enabled || rule->strength != BERTH_MUST || !lists(rule->vms, rule->vm_count, vm))
      continue;
    const bool listed = lists(rule->hosts, rule->host_count, host);
    if (rule->type == BERTH_RULE_RUN_ON && !listed)
      return false;
    if (rule->type == BERTH_RULE_NOT_RUN_ON && listed)
      return false;
  }
  return true;
}

static bool reaches(const berth_inventory *inventory, uint32_t vm, uint32_t host) {
  return covers(inventory->vm_datastores, inventory->vm_datastore_start[vm],
                inventory->vm_datastore_start[vm + 1], inventory->host_datastores,
                inventory->host_datastore_start[host], inventory->host_datastore_start[host + 1]) &&
         covers(inventory->vm_networks, inventory->vm_network_start[vm],
                inventory->vm_network_start[vm + 1], inventory->host_networks,
                inventory->host_network_start[host], inventory->host_network_start[host + 1]);
}

static bool level_fits(const berth_inventory *inventory, uint32_t vm, uint32_t host) {
  const int64_t needs = inventory->vm_evc_level[vm], has = inventory->host_evc_level[host];
  return needs == BERTH_UNSET || has == BERTH_UNSET || needs <= has;
}

/* Some node has what the VM demands of cpu and memory; or none is asked for, or there is none. */
static bool node_fits(const berth_inventory *inventory, uint32_t vm, uint32_t host) {
  const int64_t *demand = &inventory->vm_demand[vm * inventory->resource_count];
  bool none = true;
  for (uint32_t n = 0; n < inventory->numa_count; n++) {
    if (inventory->numa[n].host != host)
      continue;
    none = false;
    if (demand[BERTH_RESOURCE_CPU] <= inventory->numa[n].cpu_mhz &&
        demand[BERTH_RESOURCE_MEMORY] <= inventory->numa[n].memory_mib)
      return true;
  }
  return none || inventory->vm_numa[vm] != BERTH_NUMA_ONE_NODE;
}

static bool same_vendor(const berth_inventory *inventory, uint32_t a, uint32_t b) {
  const char *first = inventory->host_cpu_vendor[a], *second = inventory->host_cpu_vendor[b];
  return first == NULL || second == NULL || strcmp(first, second) == 0;
}

static bool is_dedicated(const berth_inventory *inventory, const frozen_cluster *cluster,
                         uint32_t host) {
  return cluster->set_up.admission == BERTH_ADMISSION_DEDICATED && inventory->host_dedicated[host];
}

static void read_hosts(tiny_model *model, const berth_inventory *inventory,
                       const frozen_cluster *cluster) {
  for (uint32_t h = 0; h < model->host_count; h++) {
    tiny_host *host = &model->hosts[h];
    const uint32_t source = cluster->first_host + h;
    const berth_host_state state = (berth_host_state)inventory->host_state[source];
    host->online = state == BERTH_HOST_ONLINE;
    host->wakeable = state == BERTH_HOST_STANDBY &&
                     inventory->host_wake[source] != BERTH_WAKE_NONE &&
                     model->goal != BERTH_GOAL_DEFRAGMENT && model->goal != BERTH_GOAL_REBALANCE;
    host->may_sleep = host->online && inventory->host_wake[source] != BERTH_WAKE_NONE &&
                      !is_dedicated(inventory, cluster, source);
    host->watts = inventory->host_power_watts[source];
    host->to_empty = state == BERTH_HOST_MAINTENANCE || state == BERTH_HOST_ENTERING_MAINTENANCE;
    for (uint32_t r = 0; r < model->resource_count; r++)
      host->capacity[r] = inventory->host_capacity[source * model->resource_count + r];
    for (uint32_t n = 0; n < inventory->numa_count; n++) {
      if (inventory->numa[n].host != source)
        continue;
      assert(host->node_count < TINY_NODES);
      host->nodes[host->node_count][0] = inventory->numa[n].cpu_mhz;
      host->nodes[host->node_count++][1] = inventory->numa[n].memory_mib;
    }
  }
}

static void read_arrivals(tiny_model *model, const berth_inventory *inventory,
                          const frozen_cluster *cluster, uint32_t v, bool displaced) {
  tiny_vm *vm = &model->vms[v];
  const uint32_t source = cluster->first_vm + v;
  for (uint32_t h = 0; h < model->host_count; h++) {
    const uint32_t host = cluster->first_host + h;
    if ((!model->hosts[h].online && !model->hosts[h].wakeable) ||
        !host_rules_allow(inventory, source, host) || !reaches(inventory, source, host) ||
        !level_fits(inventory, source, host) || !node_fits(inventory, source, host))
      continue;
    vm->may_restart |= UINT32_C(1) << h;
    if (displaced || !is_dedicated(inventory, cluster, host))
      vm->may_arrive |= UINT32_C(1) << h;
  }
  for (uint32_t from = 0; from < model->host_count; from++)
    for (uint32_t to = 0; to < model->host_count; to++)
      if (from != to && (vm->may_arrive >> to & 1) &&
          (vm->start == TINY_NOWHERE ||
           same_vendor(inventory, cluster->first_host + vm->start, cluster->first_host + to)))
        vm->may_migrate[from] |= UINT32_C(1) << to;
}

/* What the VM uses of cpu and memory where that is known, and at least what is reserved. */
static void read_load(tiny_vm *vm, const berth_inventory *inventory, uint32_t source) {
  const int64_t cpu = inventory->vm_cpu_usage[source], memory = inventory->vm_memory_usage[source];
  vm->load[0] = vm->demand[BERTH_RESOURCE_CPU];
  vm->load[1] = vm->demand[BERTH_RESOURCE_MEMORY];
  if (cpu != BERTH_UNSET && cpu > vm->load[0])
    vm->load[0] = cpu;
  if (memory != BERTH_UNSET && memory + inventory->vm_overhead[source] > vm->load[1])
    vm->load[1] = memory + inventory->vm_overhead[source];
}

static void read_vms(tiny_model *model, const berth_inventory *inventory,
                     const frozen_cluster *cluster) {
  for (uint32_t v = 0; v < model->vm_count; v++) {
    tiny_vm *vm = &model->vms[v];
    const uint32_t source = cluster->first_vm + v, host = inventory->vm_host[source];
    const bool on = inventory->vm_power[source] == BERTH_POWER_ON;
    const bool running = runs(inventory, cluster, source);
    const bool displaced = on && !running && host != BERTH_NONE;
    const bool disabled = inventory->vm_priority[source] == BERTH_PRIORITY_DISABLED;
    vm->start = running ? (uint8_t)(host - cluster->first_host) : TINY_NOWHERE;
    vm->requested = on && !running && !(displaced && disabled);
    vm->disabled = disabled;
    vm->priority = disabled ? BERTH_PRIORITY_LOWEST : inventory->vm_priority[source];
    vm->memory = inventory->vm_memory[source];
    vm->one_node = inventory->vm_numa[source] == BERTH_NUMA_ONE_NODE;
    for (uint32_t r = 0; r < model->resource_count; r++)
      vm->demand[r] = inventory->vm_demand[source * model->resource_count + r];
    read_load(vm, inventory, source);
    if (running) {
      const tiny_host *home = &model->hosts[vm->start];
      vm->movable = inventory->vm_movable[source] && (home->online || home->to_empty);
      vm->must_leave = home->to_empty;
    }
    read_arrivals(model, inventory, cluster, v, displaced);
  }
}

/* Domain of each host: the first host with the same label; a host without one is its own. */
static void read_domains(tiny_rule *rule, const tiny_model *model, const berth_inventory *inventory,
                         const frozen_cluster *cluster, berth_domain over) {
  for (uint32_t h = 0; h < model->host_count; h++) {
    rule->domain[h] = (uint8_t)h;
    if (over == BERTH_DOMAIN_HOST)
      continue;
    const char *label = inventory->host_label[over][cluster->first_host + h];
    for (uint32_t other = 0; label != NULL && other < h; other++) {
      const char *theirs = inventory->host_label[over][cluster->first_host + other];
      if (theirs != NULL && strcmp(label, theirs) == 0) {
        rule->domain[h] = (uint8_t)other;
        break;
      }
    }
  }
}

/* Members of @p rule that run in each domain. @return number of domains with any. */
static uint32_t count_members(const tiny_model *model, const tiny_rule *rule,
                              const tiny_state *state, int64_t count[TINY_HOSTS]) {
  uint32_t span = 0;
  memset(count, 0, sizeof(int64_t) * TINY_HOSTS);
  for (uint32_t v = 0; v < model->vm_count; v++)
    if ((rule->vms >> v & 1) && state->where[v] != TINY_NOWHERE)
      if (count[rule->domain[state->where[v]]]++ == 0)
        span++;
  return span;
}

static void read_rules(tiny_model *model, const berth_inventory *inventory,
                       const frozen_cluster *cluster) {
  for (uint32_t r = 0; r < cluster->rule_count; r++) {
    const frozen_rule *source = &inventory->rules[cluster->first_rule + r];
    if (!source->enabled || source->type == BERTH_RULE_QUIESCE ||
        source->type == BERTH_RULE_RESTART_AFTER)
      continue;
    tiny_rule *rule = &model->rules[model->rule_count++];
    rule->type = source->type;
    rule->must = source->strength == BERTH_MUST;
    rule->most = source->type == BERTH_RULE_AT_MOST ? source->count : 1;
    for (uint32_t i = 0; i < source->vm_count; i++)
      rule->vms |= UINT32_C(1) << (source->vms[i] - cluster->first_vm);
    for (uint32_t i = 0; i < source->host_count; i++)
      rule->hosts |= UINT32_C(1) << (source->hosts[i] - cluster->first_host);
    read_domains(rule, model, inventory, cluster, source->over);
  }
}

/* What the start allows to go on: limits of hosts and rules. */
static void set_limits(tiny_model *model) {
  tiny_state start;
  tiny_state_start(model, &start);
  for (uint32_t h = 0; h < model->host_count; h++)
    for (uint32_t r = 0; r < model->resource_count; r++) {
      const int64_t capacity = model->hosts[h].capacity[r], use = start.use[h][r];
      model->hosts[h].limit[r] = capacity > use ? capacity : use;
    }
  for (uint32_t r = 0; r < model->rule_count; r++) {
    tiny_rule *rule = &model->rules[r];
    int64_t count[TINY_HOSTS];
    const uint32_t span = count_members(model, rule, &start, count);
    rule->span_limit = span > 1 ? span : 1;
    for (uint32_t d = 0; d < model->host_count; d++)
      rule->limit[d] = rule->most > count[d] ? rule->most : count[d];
  }
}

bool tiny_model_init(tiny_model *model, const berth_inventory *inventory, uint32_t cluster,
                     berth_goal goal, const berth_plan_settings *settings) {
  assert(cluster < inventory->cluster_count);
  const frozen_cluster *source = &inventory->clusters[cluster];
  if (source->host_count > TINY_HOSTS || source->vm_count > TINY_VMS ||
      source->rule_count > TINY_RULES || inventory->resource_count > TINY_RESOURCES)
    return false;
  memset(model, 0, sizeof *model);
  model->goal = goal;
  model->settings = *settings;
  model->ha_enabled = source->set_up.ha_enabled;
  model->host_count = source->host_count;
  model->vm_count = source->vm_count;
  model->resource_count = inventory->resource_count;
  read_hosts(model, inventory, source);
  read_vms(model, inventory, source);
  read_rules(model, inventory, source);
  set_limits(model);
  return true;
}

void tiny_state_start(const tiny_model *model, tiny_state *state) {
  memset(state, 0, sizeof *state);
  memset(state->where, TINY_NOWHERE, sizeof state->where);
  for (uint32_t v = 0; v < model->vm_count; v++)
    tiny_state_put(model, state, v, model->vms[v].start);
}

void tiny_state_put(const tiny_model *model, tiny_state *state, uint32_t vm, uint8_t host) {
  assert(vm < model->vm_count && (host == TINY_NOWHERE || host < model->host_count));
  const int64_t *demand = model->vms[vm].demand;
  const uint8_t from = state->where[vm];
  for (uint32_t r = 0; r < model->resource_count; r++) {
    if (from != TINY_NOWHERE)
      state->use[from][r] -= demand[r];
    if (host != TINY_NOWHERE)
      state->use[host][r] += demand[r];
  }
  state->where[vm] = host;
}

/* Every way of putting `vms`, a bit each, on the nodes of a host. */
static bool nodes_hold(const tiny_model *model, const tiny_host *host, uint32_t vms,
                       int64_t used[TINY_NODES][2]) {
  if (vms == 0 || host->node_count == 0)
    return true;
  const uint32_t v = (uint32_t)__builtin_ctz(vms);
  const int64_t *demand = model->vms[v].demand;
  for (uint32_t n = 0; n < host->node_count; n++) {
    if (used[n][0] + demand[BERTH_RESOURCE_CPU] > host->nodes[n][0] ||
        used[n][1] + demand[BERTH_RESOURCE_MEMORY] > host->nodes[n][1])
      continue;
    used[n][0] += demand[BERTH_RESOURCE_CPU];
    used[n][1] += demand[BERTH_RESOURCE_MEMORY];
    const bool hold = nodes_hold(model, host, vms & (vms - 1), used);
    used[n][0] -= demand[BERTH_RESOURCE_CPU];
    used[n][1] -= demand[BERTH_RESOURCE_MEMORY];
    if (hold)
      return true;
  }
  return false;
}

/* Whether those at the host that ask for one node, and those of `more`, can be split. */
static bool is_split(const tiny_model *model, const tiny_state *state, uint32_t h, uint32_t more) {
  int64_t used[TINY_NODES][2] = {{0}};
  uint32_t vms = more;
  for (uint32_t v = 0; v < model->vm_count; v++)
    if (model->vms[v].one_node && state->where[v] == h)
      vms |= UINT32_C(1) << v;
  return nodes_hold(model, &model->hosts[h], vms, used);
}

bool tiny_may_arrive(const tiny_model *model, const tiny_state *state, uint32_t vm, uint8_t host) {
  assert(host < model->host_count && state->where[vm] != host);
  for (uint32_t r = 0; r < model->resource_count; r++)
    if (state->use[host][r] + model->vms[vm].demand[r] > model->hosts[host].limit[r])
      return false;
  if (model->vms[vm].one_node && !is_split(model, state, host, UINT32_C(1) << vm))
    return false;
  const uint8_t from = state->where[vm];
  for (uint32_t g = 0; g < model->rule_count; g++) {
    const tiny_rule *rule = &model->rules[g];
    if (!rule->must || !(rule->vms >> vm & 1) ||
        (rule->type != BERTH_RULE_APART && rule->type != BERTH_RULE_AT_MOST))
      continue;
    if (from != TINY_NOWHERE && rule->domain[from] == rule->domain[host])
      continue; /* the domain holds both hosts: it counts once there */
    int64_t count[TINY_HOSTS];
    (void)count_members(model, rule, state, count);
    if (count[rule->domain[host]] + 1 > rule->limit[rule->domain[host]])
      return false;
  }
  return true;
}

static bool is_broken(const tiny_model *model, const tiny_rule *rule, const tiny_state *state) {
  int64_t count[TINY_HOSTS];
  const uint32_t span = count_members(model, rule, state, count);
  if (rule->type == BERTH_RULE_TOGETHER)
    return span > 1;
  if (rule->type == BERTH_RULE_APART || rule->type == BERTH_RULE_AT_MOST) {
    for (uint32_t d = 0; d < model->host_count; d++)
      if (count[d] > rule->most)
        return true;
    return false;
  }
  for (uint32_t v = 0; v < model->vm_count; v++) {
    if (!(rule->vms >> v & 1) || state->where[v] == TINY_NOWHERE)
      continue;
    const bool listed = rule->hosts >> state->where[v] & 1;
    if (listed == (rule->type == BERTH_RULE_NOT_RUN_ON))
      return true;
  }
  return false;
}

static int64_t count_broken(const tiny_model *model, const tiny_state *state, bool must) {
  int64_t broken = 0;
  for (uint32_t g = 0; g < model->rule_count; g++)
    if (model->rules[g].must == must && is_broken(model, &model->rules[g], state))
      broken++;
  return broken;
}

int64_t tiny_violations(const tiny_model *model, const tiny_state *state) {
  int64_t violations = count_broken(model, state, true);
  for (uint32_t h = 0; h < model->host_count; h++)
    violations += !is_split(model, state, h, 0);
  for (uint32_t h = 0; h < model->host_count; h++)
    for (uint32_t r = 0; r < model->resource_count; r++)
      violations += state->use[h][r] > model->hosts[h].capacity[r];
  for (uint32_t v = 0; v < model->vm_count; v++)
    violations += state->where[v] != TINY_NOWHERE && model->hosts[state->where[v]].to_empty;
  return violations;
}

int64_t tiny_should_broken(const tiny_model *model, const tiny_state *state) {
  return count_broken(model, state, false);
}

bool tiny_together_holds(const tiny_model *model, const tiny_state *state) {
  for (uint32_t g = 0; g < model->rule_count; g++) {
    const tiny_rule *rule = &model->rules[g];
    int64_t count[TINY_HOSTS];
    if (rule->must && rule->type == BERTH_RULE_TOGETHER &&
        count_members(model, rule, state, count) > rule->span_limit)
      return false;
  }
  return true;
}

int64_t tiny_weight(const tiny_model *model, uint32_t serving) {
  int64_t weight = 0;
  for (uint32_t h = 0; h < model->host_count; h++)
    if (serving >> h & 1)
      weight += model->settings.weigh == BERTH_WEIGH_HOSTS ? 1
                : model->hosts[h].watts == BERTH_UNSET     ? 0
                                                           : model->hosts[h].watts;
  return weight;
}

static int64_t percent(int64_t load, int64_t capacity) {
  return capacity == 0 ? 0 : (100 * load + capacity - 1) / capacity;
}

static int64_t above(int64_t value, int64_t limit) {
  return value > limit ? value - limit : 0;
}

void tiny_loads(const tiny_model *model, const tiny_state *state, uint32_t serving,
                int64_t *overload, int64_t *stranded) {
  *overload = *stranded = 0;
  for (uint32_t h = 0; h < model->host_count; h++) {
    int64_t load[2] = {0, 0};
    for (uint32_t v = 0; v < model->vm_count; v++)
      for (int r = 0; r < 2 && state->where[v] == h; r++)
        load[r] += model->vms[v].load[r];
    const int64_t cpu = percent(load[0], model->hosts[h].capacity[BERTH_RESOURCE_CPU]);
    const int64_t memory = percent(load[1], model->hosts[h].capacity[BERTH_RESOURCE_MEMORY]);
    if (!(serving >> h & 1))
      continue;
    *overload += above(cpu, model->settings.target_cpu);
    *overload += above(memory, model->settings.target_memory);
    *stranded +=
        above(cpu > memory ? cpu - memory : memory - cpu, model->settings.stranded_tolerance);
  }
}

/* ------------------------------------------------------------------------------- failures */

/* Tries every placement of the VMs that the failure displaced, v and those after it. */
static bool restarts(const tiny_model *model, tiny_state *state, uint32_t v, int64_t violations) {
  while (v < model->vm_count && !model->vms[v].requested)
    v++;
  if (v == model->vm_count)
    return tiny_together_holds(model, state) && tiny_violations(model, state) <= violations;
  for (uint32_t h = 0; h < model->host_count; h++) {
    if (!model->hosts[h].online || !(model->vms[v].may_restart >> h & 1) ||
        !tiny_may_arrive(model, state, v, (uint8_t)h))
      continue;
    tiny_state_put(model, state, v, (uint8_t)h);
    const bool done = restarts(model, state, v + 1, violations);
    tiny_state_put(model, state, v, TINY_NOWHERE);
    if (done)
      return true;
  }
  return false;
}

/* The failover problem of docs/model.md, section 8, as a model of its own. */
bool tiny_survives_set(const tiny_model *model, const tiny_state *state, uint32_t serving,
                       uint32_t failed) {
  tiny_model failover = *model;
  for (uint32_t h = 0; h < model->host_count; h++)
    failover.hosts[h].online = (serving & ~failed) >> h & 1;
  for (uint32_t v = 0; v < model->vm_count; v++) {
    tiny_vm *vm = &failover.vms[v];
    const uint8_t at = state->where[v];
    const bool hit = at != TINY_NOWHERE && (failed >> at & 1);
    vm->start = hit ? TINY_NOWHERE : at;
    vm->requested = hit && !vm->disabled;
  }
  tiny_state start;
  set_limits(&failover);
  tiny_state_start(&failover, &start);
  return restarts(&failover, &start, 0, tiny_violations(&failover, &start));
}

bool tiny_survives(const tiny_model *model, const tiny_state *state, uint32_t serving) {
  const int most = (int)model->settings.keep_failures;
  for (uint32_t failed = serving; failed != 0; failed = (failed - 1) & serving)
    if (__builtin_popcount(failed) <= most && !tiny_survives_set(model, state, serving, failed))
      return false;
  return true;
}
