/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Draws hosts first, fills them with VMs up to a load of 50 to 100 percent, and puts VMs of several
 * hosts into quiesce groups, spread rules and restart orders. Goals take turns.
 */
#include "execution_cluster.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { MOST_HOSTS = 64, MOST_VMS = 512, ID_ROOM = 16, LIST_ROOM = 160 };

typedef struct timed_draft {
  berth_builder *builder;
  uint64_t random;
  uint32_t cluster, host_count, vm_count;
  berth_goal goal;
  int64_t load; /* percent of memory */
  bool storage;
  berth_host_state state[MOST_HOSTS];
  int64_t memory[MOST_HOSTS];
  berth_status status;
} timed_draft;

static int64_t between(timed_draft *d, int64_t low, int64_t high) {
  assert(low <= high);
  uint64_t z = d->random += UINT64_C(0x9e3779b97f4a7c15); /* Steele, Lea, Flood 2014 */
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return low + (int64_t)((z ^ z >> 31) % (uint64_t)(high - low + 1));
}

static bool chance(timed_draft *d, int64_t percent) {
  return between(d, 1, 100) <= percent;
}

static void note(timed_draft *d, berth_status status) {
  if (d->status == BERTH_OK)
    d->status = status;
}

static void name(char id[ID_ROOM], char kind, uint32_t number) {
  (void)snprintf(id, ID_ROOM, "%c%u", kind, number);
}

static void add_cluster(timed_draft *d) {
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  spec.id = "timed";
  spec.migrations_per_host = between(d, 1, 3);
  spec.migrations_per_datastore = between(d, 1, 4);
  spec.restarts_per_host = between(d, 1, 2);
  note(d, berth_builder_add_cluster(d->builder, &spec, &d->cluster));
}

static berth_host_state draw_state(timed_draft *d, uint32_t host) {
  if (d->goal == BERTH_GOAL_FAILOVER && (host == 0 || chance(d, 10)))
    return BERTH_HOST_FAILED;
  if (d->goal == BERTH_GOAL_EVACUATE && (host == 0 || chance(d, 10)))
    return BERTH_HOST_ENTERING_MAINTENANCE;
  return host + 1 == d->host_count && chance(d, 50) ? BERTH_HOST_STANDBY : BERTH_HOST_ONLINE;
}

static void add_host(timed_draft *d, uint32_t h) {
  static const char *const racks[] = {"left", "right", "middle"};
  berth_host_spec spec = BERTH_HOST_SPEC_INIT;
  char id[ID_ROOM];
  uint32_t index = 0;
  name(id, 'h', h);
  spec.id = id;
  spec.cpu_mhz = 100000;
  spec.memory_mib = d->memory[h] = 1024 * between(d, 12, 20);
  spec.state = d->state[h] = draw_state(d, h);
  spec.rack = racks[between(d, 0, 2)];
  spec.wake = BERTH_WAKE_IPMI;
  spec.wake_seconds = between(d, 0, 200);
  spec.link_mbps = chance(d, 70) ? 10000 : 1000;
  if (chance(d, 85))
    spec.notify_timeout = between(d, 1, 90);
  note(d, berth_builder_add_host(d->builder, d->cluster, &spec, &index));
  note(d, berth_builder_host_reach_datastore(d->builder, index, "store"));
}

static void add_vm(timed_draft *d, uint32_t host, int64_t memory) {
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  char id[ID_ROOM], home[ID_ROOM];
  uint32_t index = 0;
  name(id, 'v', d->vm_count++);
  name(home, 'h', host);
  spec.id = id;
  spec.host = host == BERTH_NONE ? NULL : home;
  spec.memory_mib = spec.memory_reservation_mib = memory;
  spec.cpu_reservation_mhz = between(d, 0, 2000);
  spec.movable = !chance(d, 4);
  spec.priority = (berth_priority)between(d, 0, 4);
  spec.dirty_mib_per_second = chance(d, 30) ? between(d, 0, 600) : 0;
  spec.notify_enabled = chance(d, 85);
  spec.notify_registered = chance(d, 95);
  spec.notify_hardware = 20;
  spec.notify_timeout = chance(d, 50) ? between(d, 0, 120) : BERTH_UNSET;
  spec.notify_ack_seconds = chance(d, 50) ? between(d, 0, 100) : BERTH_UNSET;
  spec.notify_settle_seconds = chance(d, 60) ? between(d, 0, 60) : 0;
  note(d, berth_builder_add_vm(d->builder, d->cluster, &spec, &index));
  if (d->storage && chance(d, 60))
    note(d, berth_builder_vm_needs_datastore(d->builder, index, "store"));
}

static void fill_host(timed_draft *d, uint32_t host) {
  int64_t left = d->memory[host] * d->load / 100;
  if (d->state[host] == BERTH_HOST_STANDBY)
    return;
  while (left >= 1024 && d->vm_count < MOST_VMS) {
    int64_t memory = 1024 * between(d, 1, left / 1024 < 6 ? left / 1024 : 6);
    add_vm(d, host, memory);
    left -= memory;
    if (chance(d, 8))
      break;
  }
}

/* Distinct VMs, so that no group has one twice. */
static void draw_members(timed_draft *d, uint32_t count, char list[LIST_ROOM]) {
  uint32_t first = (uint32_t)between(d, 0, d->vm_count - 1);
  uint32_t stride = (uint32_t)between(d, 1, 7);
  list[0] = 0;
  for (uint32_t k = 0; k < count && k * stride < d->vm_count; k++) {
    char id[ID_ROOM];
    name(id, 'v', (first + k * stride) % d->vm_count);
    if (list[0] != 0)
      strcat(list, " ");
    strcat(list, id);
  }
}

static void add_rule(timed_draft *d, uint32_t number) {
  static const berth_rule_type types[] = {BERTH_RULE_QUIESCE, BERTH_RULE_QUIESCE, BERTH_RULE_APART,
                                          BERTH_RULE_AT_MOST};
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  char id[ID_ROOM], vms[LIST_ROOM];
  name(id, 'r', number);
  spec.id = id;
  spec.type = types[between(d, 0, 3)];
  spec.strength = chance(d, 75) ? BERTH_MUST : BERTH_SHOULD;
  spec.over = spec.type == BERTH_RULE_AT_MOST ? BERTH_DOMAIN_RACK : BERTH_DOMAIN_HOST;
  if (spec.type == BERTH_RULE_AT_MOST)
    spec.count = between(d, 1, 2);
  spec.max_concurrent = chance(d, 80) ? 1 : 2;
  draw_members(d, (uint32_t)between(d, 2, 5), vms);
  spec.vms = vms;
  note(d, berth_builder_add_rule(d->builder, d->cluster, &spec, NULL));
}

/* Later VMs restart after earlier ones. */
static void add_restart_order(timed_draft *d) {
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  uint32_t cut = d->vm_count / 2;
  char vms[ID_ROOM], after[ID_ROOM];
  if (cut == 0)
    return;
  name(after, 'v', (uint32_t)between(d, 0, cut - 1));
  name(vms, 'v', (uint32_t)between(d, cut, d->vm_count - 1));
  spec.id = "order";
  spec.type = BERTH_RULE_RESTART_AFTER;
  spec.vms = vms;
  spec.after = after;
  note(d, berth_builder_add_rule(d->builder, d->cluster, &spec, NULL));
}

static void draw(timed_draft *d, uint32_t size) {
  d->host_count = (uint32_t)between(d, 2, 3) + 2 * size;
  d->load = chance(d, 40) ? between(d, 85, 100) : between(d, 50, 85);
  d->storage = chance(d, 40);
  assert(d->host_count <= MOST_HOSTS);
  add_cluster(d);
  for (uint32_t h = 0; h < d->host_count; h++)
    add_host(d, h);
  for (uint32_t h = 0; h < d->host_count; h++)
    fill_host(d, h);
  for (uint32_t big = d->goal == BERTH_GOAL_DEFRAGMENT ? 1 + size : 0; big > 0; big--)
    add_vm(d, BERTH_NONE, 1024 * between(d, 3, 8));
  if (d->vm_count == 0)
    add_vm(d, BERTH_NONE, 1024);
  for (uint32_t rule = (uint32_t)between(d, 0, 3 + 2 * (int64_t)size); rule > 0; rule--)
    add_rule(d, rule);
  if (chance(d, 40))
    add_restart_order(d);
}

berth_status execution_cluster(berth_context *ctx, uint64_t seed, uint32_t size, random_case *out) {
  static const berth_goal goals[] = {BERTH_GOAL_EVACUATE, BERTH_GOAL_FAILOVER,
                                     BERTH_GOAL_DEFRAGMENT};
  timed_draft draft = {.random = seed * UINT64_C(0xd1342543de82ef95), .goal = goals[seed % 3]};
  *out = (random_case){.goal = draft.goal, .settings = BERTH_PLAN_SETTINGS_INIT};
  berth_status status = berth_builder_new(ctx, &draft.builder);
  if (status != BERTH_OK)
    return status;
  note(&draft, berth_builder_set_name(draft.builder, "timed"));
  draw(&draft, size);
  status = draft.status == BERTH_OK ? berth_builder_freeze(draft.builder, &out->inventory)
                                    : draft.status;
  berth_builder_free(draft.builder);
  return status;
}
