/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random tiny clusters, tight enough that rules, capacities and stepping stones matter. Every
 * feature has a coin for the whole cluster first and then one for each object, so that most cases
 * mix a few features instead of all. The generator of numbers is splitmix64 (Steele, Lea, Flood
 * 2014).
 */
#include "random_cluster.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { MOST_HOSTS = 5, MOST_VMS = 8, ID_ROOM = 16, LIST_ROOM = 128 };

/* What one cluster has of each feature: the coins for the whole cluster. */
typedef struct feature_set {
  bool vgpu, max_vms, max_vcpus, storage, networks, levels, vendors, labels, notification,
      dedicated;
  bool odd_states, standby, overload;
  bool tangled; /* large VMs that are wanted elsewhere: many stepping stones */
} feature_set;

typedef struct cluster_draft {
  berth_builder *builder;
  uint64_t random;
  uint32_t cluster, host_count, vm_count;
  char prefix; /* of ids: 'a' for the first cluster, 'b' for the second */
  feature_set has;
  bool loads; /* the family RANDOM_LOADS */
  bool times; /* the family RANDOM_TIMES */
  bool joins; /* more hosts and VMs of the cluster before, but apart from those */
  bool nodes; /* RANDOM_WITH_NODES */
  uint64_t node_random;
  int64_t factor; /* of quantities; 1 = as drawn */
  berth_host_state state[MOST_HOSTS];
  uint32_t home[MOST_VMS];       /* host, or BERTH_NONE */
  int64_t most_memory, most_cpu; /* of a VM: small ones have room to move, large ones block */
  int64_t memory_left[MOST_HOSTS], cpu_left[MOST_HOSTS];
  berth_status status; /* of the first call that failed */
} cluster_draft;

static uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

/* Uniform enough in [low, high] for ranges this small. */
static int64_t between(cluster_draft *d, int64_t low, int64_t high) {
  assert(low <= high);
  return low + (int64_t)(next_random(&d->random) % (uint64_t)(high - low + 1));
}

static bool chance(cluster_draft *d, int64_t percent) {
  return between(d, 1, 100) <= percent;
}

/* Numbers for nodes come from a stream of their own. */
static int64_t node_between(cluster_draft *d, int64_t low, int64_t high) {
  assert(d->nodes && low <= high);
  return low + (int64_t)(next_random(&d->node_random) % (uint64_t)(high - low + 1));
}

/* A quantity of memory: scaled ones miss the multiple by a little, so that nothing divides. */
static int64_t memory_of(cluster_draft *d, int64_t drawn) {
  if (d->factor == 1 || drawn == 0 || d->times)
    return drawn * d->factor;
  return drawn * d->factor - between(d, 0, 2);
}

static int64_t cpu_of(const cluster_draft *d, int64_t drawn) {
  return d->factor == 1 || d->times ? drawn : drawn * (d->factor / 10 + 1);
}

static void note(cluster_draft *d, berth_status status) {
  if (d->status == BERTH_OK)
    d->status = status;
}

static void host_id(const cluster_draft *d, uint32_t host, char id[ID_ROOM]) {
  (void)snprintf(id, ID_ROOM, "%ch%u", d->prefix, host);
}

static void vm_id(const cluster_draft *d, uint32_t vm, char id[ID_ROOM]) {
  (void)snprintf(id, ID_ROOM, "%cv%u", d->prefix, vm);
}

static void draw_features(cluster_draft *d) {
  if (chance(d, 20)) {
    d->has = (feature_set){.tangled = true, .standby = chance(d, 20)};
    return;
  }
  d->has = (feature_set){.vgpu = chance(d, 15),
                         .max_vms = chance(d, 25),
                         .max_vcpus = chance(d, 15),
                         .storage = chance(d, 20),
                         .networks = chance(d, 15),
                         .levels = chance(d, 15),
                         .vendors = chance(d, 15),
                         .labels = chance(d, 50),
                         .notification = chance(d, 30),
                         .dedicated = chance(d, 8),
                         .odd_states = chance(d, 25),
                         .standby = chance(d, 35),
                         .overload = chance(d, 25)};
  if (d->times)
    d->has.notification = chance(d, 70);
}

/* Narrow lanes, and restarts of seconds or minutes. */
static void draw_lanes(cluster_draft *d, berth_cluster_spec *spec) {
  static const int64_t seconds[] = {0, 5, 30, 30, 120};
  spec->migrations_per_host = between(d, 1, 2);
  spec->migrations_per_datastore = between(d, 1, 2);
  spec->restarts_per_host = between(d, 1, 2);
  spec->restart_seconds = seconds[between(d, 0, 4)];
}

static void add_cluster(cluster_draft *d) {
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  char id[2] = {d->prefix, 0}, dedicated[ID_ROOM];
  spec.id = id;
  spec.isolation_response = (berth_isolation)between(d, 0, 2);
  spec.default_priority = (berth_priority)between(d, 0, 4);
  spec.drs = (berth_automation)between(d, 0, 3);
  spec.dpm = chance(d, 50) ? BERTH_AUTOMATION_FULL : BERTH_AUTOMATION_MANUAL;
  spec.migrations_per_host = between(d, 1, 4);
  spec.migrations_per_datastore = between(d, 1, 3);
  spec.restarts_per_host = between(d, 1, 3);
  if (d->has.dedicated) {
    host_id(d, (uint32_t)between(d, 0, d->host_count - 1), dedicated);
    spec.admission = BERTH_ADMISSION_DEDICATED;
    spec.dedicated_hosts = dedicated;
  }
  if (d->loads)
    spec.ha_enabled = chance(d, 50);
  if (d->times)
    draw_lanes(d, &spec);
  note(d, berth_builder_add_cluster(d->builder, &spec, &d->cluster));
}

static berth_host_state draw_state(cluster_draft *d, berth_goal goal) {
  if (goal == BERTH_GOAL_FAILOVER && chance(d, 30))
    return BERTH_HOST_FAILED;
  if (goal == BERTH_GOAL_EVACUATE && chance(d, 30))
    return chance(d, 60) ? BERTH_HOST_ENTERING_MAINTENANCE : BERTH_HOST_MAINTENANCE;
  if (d->has.standby && chance(d, 35))
    return BERTH_HOST_STANDBY;
  if (d->has.odd_states && chance(d, 40))
    return (berth_host_state)between(d, BERTH_HOST_MAINTENANCE, BERTH_HOST_ISOLATED);
  return BERTH_HOST_ONLINE;
}

static void draw_reach(cluster_draft *d, uint32_t host) {
  static const char *const names[2] = {"one", "two"};
  for (int i = 0; i < 2; i++) {
    if (d->has.storage && chance(d, 65))
      note(d, berth_builder_host_reach_datastore(d->builder, host, names[i]));
    if (d->has.networks && chance(d, 70))
      note(d, berth_builder_host_reach_network(d->builder, host, names[i]));
  }
}

/* None, or up to three: equal shares of the host mostly. */
static void draw_nodes(cluster_draft *d, uint32_t host, const berth_host_spec *spec) {
  const int64_t count = d->nodes ? node_between(d, 0, 3) : 0;
  for (int64_t n = 0; n < count; n++) {
    const bool odd = node_between(d, 1, 100) <= 30;
    const int64_t parts = odd ? node_between(d, 1, 4) : count;
    note(d, berth_builder_host_numa(d->builder, host, n, spec->cpu_mhz / parts,
                                    spec->memory_mib / parts, NULL));
  }
}

static void add_host(cluster_draft *d, uint32_t h, berth_goal goal) {
  static const char *const label[3] = {"x", "y", "z"};
  static const berth_wake wakes[4] = {BERTH_WAKE_NONE, BERTH_WAKE_IPMI, BERTH_WAKE_ILO,
                                      BERTH_WAKE_WOL};
  berth_host_spec spec = BERTH_HOST_SPEC_INIT;
  char id[ID_ROOM];
  uint32_t index = 0;
  host_id(d, h, id);
  spec.id = id;
  spec.cpu_mhz = cpu_of(d, between(d, 8, 16));
  spec.memory_mib = memory_of(d, d->has.tangled ? between(d, 6, 9) : between(d, 6, 14));
  spec.state = d->state[h] = draw_state(d, goal);
  spec.wake = wakes[between(d, 0, 3)];
  spec.wake_seconds = between(d, 10, 300);
  spec.link_mbps = chance(d, 50) ? 10000 : 1000;
  if (d->has.max_vms && chance(d, 60))
    spec.max_vms = between(d, 1, 4);
  if (d->has.max_vcpus && chance(d, 60))
    spec.max_vcpus = between(d, 2, 6);
  if (d->has.labels) {
    spec.site = chance(d, 70) ? label[between(d, 0, 1)] : NULL;
    spec.rack = chance(d, 70) ? label[between(d, 0, 2)] : NULL;
    spec.chassis = chance(d, 70) ? label[between(d, 0, 2)] : NULL;
  }
  if (d->has.levels && chance(d, 80))
    spec.evc_level = between(d, 1, 3);
  if (d->has.vendors && chance(d, 75))
    spec.cpu_vendor = chance(d, 50) ? "amd" : "intel";
  if (d->has.notification && chance(d, 75))
    spec.notify_timeout = between(d, 0, 120);
  if (d->loads && chance(d, 80))
    spec.power_watts = 100 * between(d, 0, 4);
  note(d, berth_builder_add_host(d->builder, d->cluster, &spec, &index));
  if (d->has.vgpu && chance(d, 70))
    note(d, berth_builder_host_capacity(d->builder, index, "vgpu", between(d, 0, 3), NULL));
  draw_reach(d, index);
  draw_nodes(d, index, &spec);
  d->memory_left[h] = spec.memory_mib;
  d->cpu_left[h] = spec.cpu_mhz;
}

/* A host that can have the VM: of six tries the first with room; else none, unless this cluster
 * starts overloaded. A host in standby runs nothing. */
static uint32_t draw_home(cluster_draft *d, int64_t cpu, int64_t memory) {
  uint32_t h = 0;
  for (int i = 0; i < 6; i++) {
    h = (uint32_t)between(d, 0, d->host_count - 1);
    if (d->state[h] != BERTH_HOST_STANDBY && d->cpu_left[h] >= cpu && d->memory_left[h] >= memory)
      return h;
  }
  return d->has.overload && d->state[h] != BERTH_HOST_STANDBY ? h : BERTH_NONE;
}

static void draw_notification(cluster_draft *d, berth_vm_spec *spec) {
  spec->notify_enabled = chance(d, 80);
  spec->notify_registered = chance(d, 80);
  spec->notify_hardware = between(d, 18, 21);
  if (chance(d, 60))
    spec->notify_timeout = between(d, 0, 90);
  if (chance(d, 60))
    spec->notify_ack_seconds = between(d, 0, 60);
  spec->notify_settle_seconds = between(d, 0, 40);
}

static void draw_needs(cluster_draft *d, uint32_t vm) {
  static const char *const names[2] = {"one", "two"};
  if (d->has.vgpu && chance(d, 30))
    note(d, berth_builder_vm_needs_resource(d->builder, vm, "vgpu", 1, NULL));
  for (int i = 0; i < 2; i++) {
    if (d->has.storage && chance(d, 30))
      note(d, berth_builder_vm_needs_datastore(d->builder, vm, names[i]));
    if (d->has.networks && chance(d, 25))
      note(d, berth_builder_vm_needs_network(d->builder, vm, names[i]));
  }
}

/* A reservation below the configured memory. */
static int64_t memory_below(cluster_draft *d, int64_t drawn, int64_t configured) {
  const int64_t memory = memory_of(d, between(d, 0, drawn));
  return memory < configured ? memory : configured;
}

/* What the VM uses: known of most, at times more than is reserved for it. */
static void draw_usage(cluster_draft *d, berth_vm_spec *spec, int64_t memory_drawn) {
  if (chance(d, 60))
    spec->cpu_usage_mhz = cpu_of(d, between(d, 0, 2 * d->most_cpu));
  if (chance(d, 60))
    spec->memory_usage_mib = memory_below(d, memory_drawn, spec->memory_mib);
}

static void add_vm(cluster_draft *d, uint32_t v) {
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  char id[ID_ROOM], home_id[ID_ROOM];
  uint32_t index = 0;
  vm_id(d, v, id);
  spec.id = id;
  spec.cpus = between(d, 1, 3);
  const int64_t memory_drawn = between(d, d->has.tangled && chance(d, 75) ? 4 : 1, d->most_memory);
  spec.memory_mib = memory_of(d, memory_drawn);
  spec.memory_locked = chance(d, 15);
  spec.memory_reservation_mib =
      chance(d, 70) ? spec.memory_mib : memory_below(d, memory_drawn, spec.memory_mib);
  spec.cpu_reservation_mhz = cpu_of(d, between(d, 0, d->most_cpu));
  spec.overhead_mib = chance(d, 25) ? d->factor : 0;
  if (d->loads)
    draw_usage(d, &spec, memory_drawn);
  spec.movable = !chance(d, 12);
  spec.power =
      chance(d, 6) ? (chance(d, 50) ? BERTH_POWER_OFF : BERTH_POWER_SUSPENDED) : BERTH_POWER_ON;
  spec.numa = chance(d, 3) ? BERTH_NUMA_ONE_NODE : BERTH_NUMA_ANY;
  if (d->nodes)
    spec.numa = node_between(d, 1, 100) <= 65 ? BERTH_NUMA_ONE_NODE : BERTH_NUMA_ANY;
  spec.dirty_mib_per_second = chance(d, 20) ? between(d, 0, 2000) : 0;
  if (chance(d, 70))
    spec.priority = (berth_priority)between(d, 0, 5);
  if (d->has.levels && chance(d, 60))
    spec.evc_level = between(d, 1, 3);
  if (d->has.notification)
    draw_notification(d, &spec);
  const int64_t memory = spec.memory_locked ? spec.memory_mib : spec.memory_reservation_mib;
  const uint32_t home = chance(d, 15)
                            ? BERTH_NONE
                            : draw_home(d, spec.cpu_reservation_mhz, memory + spec.overhead_mib);
  d->home[v] = home;
  if (home != BERTH_NONE) {
    host_id(d, home, home_id);
    spec.host = home_id;
    d->memory_left[home] -= memory + spec.overhead_mib;
    d->cpu_left[home] -= spec.cpu_reservation_mhz;
  }
  note(d, berth_builder_add_vm(d->builder, d->cluster, &spec, &index));
  draw_needs(d, index);
}

/* A space-separated list of at least one of the @p count objects from @p first on. */
static void draw_list(cluster_draft *d, void (*id_of)(const cluster_draft *, uint32_t, char *),
                      uint32_t first, uint32_t count, int64_t percent, char list[LIST_ROOM]) {
  assert(count > 0);
  const uint32_t sure = first + (uint32_t)between(d, 0, count - 1);
  list[0] = 0;
  for (uint32_t i = first; i < first + count; i++) {
    char id[ID_ROOM];
    if (i != sure && !chance(d, percent))
      continue;
    id_of(d, i, id);
    if (list[0] != 0)
      strcat(list, " ");
    strcat(list, id);
  }
}

/* restart-after: `after` lists lower-numbered VMs only, so no cycle can arise. */
static void draw_restart_after(cluster_draft *d, char vms[LIST_ROOM], char after[LIST_ROOM]) {
  const uint32_t cut = (uint32_t)between(d, 1, d->vm_count - 1);
  draw_list(d, vm_id, 0, cut, 40, after);
  draw_list(d, vm_id, cut, d->vm_count - cut, 40, vms);
}

/* VM @p v should run where the next one does: a ring that turns only through gaps and stepping
 * stones. */
static void add_wish(cluster_draft *d, uint32_t v) {
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  char id[ID_ROOM], vm[ID_ROOM], host[ID_ROOM];
  const uint32_t next = d->home[(v + 1) % d->vm_count];
  if (next == BERTH_NONE || chance(d, 15))
    return;
  (void)snprintf(id, sizeof id, "%cw%u", d->prefix, v);
  vm_id(d, v, vm);
  host_id(d, next, host);
  spec.id = id;
  spec.type = BERTH_RULE_RUN_ON;
  spec.strength = chance(d, 90) ? BERTH_SHOULD : BERTH_MUST;
  spec.vms = vm;
  spec.hosts = host;
  note(d, berth_builder_add_rule(d->builder, d->cluster, &spec, NULL));
}

static void add_rule(cluster_draft *d, uint32_t number) {
  static const berth_rule_type types[] = {
      BERTH_RULE_RUN_ON,  BERTH_RULE_RUN_ON,       BERTH_RULE_NOT_RUN_ON, BERTH_RULE_APART,
      BERTH_RULE_APART,   BERTH_RULE_AT_MOST,      BERTH_RULE_TOGETHER,   BERTH_RULE_TOGETHER,
      BERTH_RULE_QUIESCE, BERTH_RULE_RESTART_AFTER};
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  char id[ID_ROOM], group[ID_ROOM], vms[LIST_ROOM], hosts[LIST_ROOM], after[LIST_ROOM];
  (void)snprintf(id, sizeof id, "%cr%u", d->prefix, number);
  (void)snprintf(group, sizeof group, "%cg%u", d->prefix, number);
  spec.id = id;
  spec.type = types[between(d, 0, (int64_t)(sizeof types / sizeof types[0]) - 1)];
  spec.strength = chance(d, 60) ? BERTH_MUST : BERTH_SHOULD;
  spec.over = (berth_domain)(d->has.labels ? between(d, 0, BERTH_DOMAIN_COUNT - 1) : 0);
  draw_list(d, vm_id, 0, d->vm_count, 40, vms);
  spec.vms = vms;
  if (spec.type == BERTH_RULE_RUN_ON || spec.type == BERTH_RULE_NOT_RUN_ON) {
    draw_list(d, host_id, 0, d->host_count, 45, hosts);
    spec.hosts = hosts;
  } else if (spec.type == BERTH_RULE_AT_MOST) {
    spec.count = between(d, 1, 3);
  } else if (spec.type == BERTH_RULE_QUIESCE) {
    spec.max_concurrent = between(d, 1, 2);
  } else if (spec.type == BERTH_RULE_RESTART_AFTER) {
    draw_restart_after(d, vms, after);
    spec.after = after;
  }
  if (chance(d, 40)) {
    note(d, berth_builder_add_vm_group(d->builder, d->cluster, group, vms, NULL));
    spec.vms = group;
  }
  note(d, berth_builder_add_rule(d->builder, d->cluster, &spec, NULL));
}

/* Mostly three or four hosts and up to seven VMs: thousands of cases are searched in seconds. */
static void draw_cluster(cluster_draft *d, berth_goal goal, bool small) {
  d->host_count = (uint32_t)(small || chance(d, 10) ? 2 : chance(d, 50) ? 3 : between(d, 4, 5));
  d->vm_count = (uint32_t)(small ? between(d, 2, 4) : chance(d, 20) ? 8 : between(d, 3, 7));
  if (d->times && d->host_count > 4)
    d->host_count = 4;
  d->most_memory = between(d, 3, 7);
  d->most_cpu = between(d, 1, 5);
  draw_features(d);
  if (d->has.tangled) {
    d->vm_count = (uint32_t)between(d, 2, d->host_count + 1);
    d->most_memory = between(d, 5, 6);
    d->most_cpu = 1;
  }
  if (!d->joins)
    add_cluster(d);
  for (uint32_t h = 0; h < d->host_count; h++)
    add_host(d, h, goal);
  for (uint32_t v = 0; v < d->vm_count; v++)
    add_vm(d, v);
  for (uint32_t v = 0; d->has.tangled && v < d->vm_count; v++)
    add_wish(d, v);
  const uint32_t rules = chance(d, d->has.tangled ? 70 : 30) ? 0 : (uint32_t)between(d, 1, 4);
  for (uint32_t r = 0; r < rules; r++)
    add_rule(d, r);
}

/* All VMs stay on the hosts of their part. */
static void add_fence(cluster_draft *d) {
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  char id[ID_ROOM], vms[LIST_ROOM], hosts[LIST_ROOM];
  (void)snprintf(id, sizeof id, "%cf", d->prefix);
  draw_list(d, vm_id, 0, d->vm_count, 100, vms);
  draw_list(d, host_id, 0, d->host_count, 100, hosts);
  spec.id = id;
  spec.type = BERTH_RULE_RUN_ON;
  spec.strength = BERTH_MUST;
  spec.vms = vms;
  spec.hosts = hosts;
  note(d, berth_builder_add_rule(d->builder, d->cluster, &spec, NULL));
}

static void draw_settings(cluster_draft *d, berth_plan_settings *settings) {
  *settings = (berth_plan_settings)BERTH_PLAN_SETTINGS_INIT;
  if (!d->loads)
    return;
  settings->keep_failures = (uint32_t)between(d, 0, 2);
  settings->weigh = chance(d, 40) ? BERTH_WEIGH_POWER : BERTH_WEIGH_HOSTS;
  settings->target_cpu = chance(d, 50) ? 80 : between(d, 20, 120);
  settings->target_memory = chance(d, 50) ? 80 : between(d, 20, 120);
  settings->stranded_tolerance = chance(d, 50) ? 20 : between(d, 0, 60);
}

berth_status random_cluster(berth_context *ctx, uint64_t seed, random_family family, bool scaled,
                            random_case *out) {
  static const berth_goal goals[] = {BERTH_GOAL_FAILOVER, BERTH_GOAL_EVACUATE, BERTH_GOAL_REPAIR,
                                     BERTH_GOAL_PLACE, BERTH_GOAL_DEFRAGMENT};
  static const berth_goal timed[] = {BERTH_GOAL_FAILOVER, BERTH_GOAL_EVACUATE, BERTH_GOAL_FAILOVER,
                                     BERTH_GOAL_REPAIR, BERTH_GOAL_DEFRAGMENT};
  static const int64_t factors[] = {65536, 300000, 1000003};
  const bool nodes = (family & RANDOM_WITH_NODES) != 0;
  family = (random_family)((unsigned)family % RANDOM_WITH_NODES);
  cluster_draft draft = {.nodes = nodes,
                         .node_random = seed ^ UINT64_C(0x6e6f646573),
                         .random = seed * UINT64_C(0xd1342543de82ef95),
                         .prefix = 'a',
                         .loads = family == RANDOM_LOADS,
                         .times = family == RANDOM_TIMES,
                         .factor = family == RANDOM_TIMES ? 1024
                                   : scaled               ? factors[seed / 7 % 3]
                                                          : 1};
  *out = (random_case){.goal = goals[seed % (sizeof goals / sizeof goals[0])]};
  if (draft.times)
    out->goal = timed[seed % (sizeof timed / sizeof timed[0])];
  if (draft.loads)
    out->goal = seed % 2 == 0 ? BERTH_GOAL_CONSOLIDATE : BERTH_GOAL_REBALANCE;
  berth_status status = berth_builder_new(ctx, &draft.builder);
  if (status != BERTH_OK)
    return status;
  draw_settings(&draft, &out->settings);
  note(&draft, berth_builder_set_name(draft.builder, "random"));
  note(&draft, berth_builder_add_resource(draft.builder, "vgpu", NULL));
  const bool two = chance(&draft, draft.times ? 25 : 8), joins = draft.times && chance(&draft, 70);
  draw_cluster(&draft, out->goal, two);
  if (two && joins)
    add_fence(&draft);
  if (two) {
    draft.prefix = 'b';
    draft.joins = joins;
    draw_cluster(&draft, out->goal, true);
  }
  if (two && joins)
    add_fence(&draft);
  status = draft.status == BERTH_OK ? berth_builder_freeze(draft.builder, &out->inventory)
                                    : draft.status;
  berth_builder_free(draft.builder);
  return status;
}
