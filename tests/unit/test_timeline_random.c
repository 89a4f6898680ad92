/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timelines of random clusters, replayed from what they tell: a referee that knows the inventory
 * and the events keeps its own books of who runs where, and looks at each event whether it may be.
 */
#include "frozen.h"
#include "timeline_fixture.h"
#include <stdlib.h>

enum { HOSTS_MOST = 7, VMS_MOST = 14, CLUSTERS = 500 };

/* ---------------------------------------------------------------------------- clusters */

static uint32_t draw(uint64_t *seed, uint32_t below) {
  *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)((*seed >> 33) % below);
}

static berth_cluster_spec random_set_up(uint64_t *seed) {
  berth_cluster_spec spec = timeline_era((berth_era)draw(seed, 3));
  spec.isolation_response = (berth_isolation)draw(seed, 3);
  spec.ready_when = (berth_ready_when)draw(seed, 2); /* allocated or powered on */
  spec.respect_anti_affinity = draw(seed, 2) == 0;
  spec.drs = (berth_automation)draw(seed, 4);
  spec.dpm = draw(seed, 2) == 0 ? BERTH_AUTOMATION_FULL : BERTH_AUTOMATION_MANUAL;
  spec.restarts_per_host = 1 + draw(seed, 3);
  spec.restart_seconds = 5 + draw(seed, 60);
  if (draw(seed, 5) == 0) {
    spec.admission = BERTH_ADMISSION_DEDICATED;
    spec.dedicated_hosts = "h1";
  }
  return spec;
}

static void random_hosts(timeline_case *t, uint64_t *seed, uint32_t count, int64_t *room) {
  char id[8];
  for (uint32_t h = 0; h < count; h++) {
    snprintf(id, sizeof id, "h%u", h);
    berth_host_spec spec = fixture_host_spec(id, 100000, 300 + draw(seed, 5) * 100);
    room[h] = spec.memory_mib;
    spec.joined = draw(seed, 9);
    spec.wake_seconds = 60 + draw(seed, 100);
    spec.link_mbps = 20; /* 50 MiB take 21 s */
    if (h > 1 && draw(seed, 5) == 0) {
      spec.state = BERTH_HOST_STANDBY;
      spec.wake = BERTH_WAKE_IPMI;
      room[h] = 0;
    } else if (h > 1 && draw(seed, 8) == 0) {
      spec.state = BERTH_HOST_MAINTENANCE;
      room[h] = 0;
    }
    uint32_t host = fixture_add_host(&t->f, t->cluster, spec);
    if (draw(seed, 2) == 0)
      cr_assert_eq(berth_builder_host_reach_datastore(t->f.builder, host, "ds"), BERTH_OK);
  }
}

static uint32_t random_vms(timeline_case *t, uint64_t *seed, uint32_t hosts, int64_t *room) {
  uint32_t count = 0;
  char id[8], host[8];
  for (uint32_t i = 0; i < VMS_MOST; i++) {
    uint32_t at = draw(seed, hosts);
    int64_t memory = 50 + draw(seed, 6) * 50;
    if (room[at] < memory)
      continue;
    room[at] -= memory;
    snprintf(id, sizeof id, "v%u", count++);
    snprintf(host, sizeof host, "h%u", at);
    timeline_vm_of(t, id, host, memory, (berth_priority)draw(seed, 6));
  }
  return count;
}

/* Rules that hold at the start are not needed: what is broken then may stay. */
static void random_rules(timeline_case *t, uint64_t *seed, uint32_t hosts, uint32_t vms) {
  char list[40], where[40];
  if (vms < 3 || draw(seed, 2) == 0)
    return;
  snprintf(list, sizeof list, "v%u", draw(seed, vms));
  snprintf(where, sizeof where, "h0 h%u", 1 + draw(seed, hosts - 1));
  fixture_rule(&t->f, t->cluster, "pin", BERTH_RULE_RUN_ON, BERTH_MUST, list, where);
  uint32_t first = draw(seed, vms - 1);
  snprintf(list, sizeof list, "v%u v%u", first, first + 1);
  fixture_rule(&t->f, t->cluster, "apart", BERTH_RULE_APART, BERTH_MUST, list, NULL);
}

static void random_events(timeline_case *t, uint64_t *seed, uint32_t hosts, uint32_t vms) {
  static const berth_event_type types[] = {
      BERTH_EVENT_FAIL,    BERTH_EVENT_FAIL,        BERTH_EVENT_FAIL,   BERTH_EVENT_RECOVER,
      BERTH_EVENT_RECOVER, BERTH_EVENT_MAINTENANCE, BERTH_EVENT_ONLINE, BERTH_EVENT_REBOOT};
  uint32_t count = 1 + draw(seed, 6);
  int64_t at = 0;
  char id[8];
  for (uint32_t i = 0; i < count; i++) {
    berth_event_type type = types[i == 0 ? 0 : draw(seed, 8)];
    at += draw(seed, 3) * draw(seed, 100);
    snprintf(id, sizeof id, "%c%u", type == BERTH_EVENT_REBOOT ? 'v' : 'h',
             draw(seed, type == BERTH_EVENT_REBOOT ? vms : hosts));
    if (draw(seed, 3) == 0 && type == BERTH_EVENT_FAIL)
      timeline_isolate(t, id, draw(seed, 2) == 0 ? "lost" : "reachable", at);
    else
      timeline_event(t, type, id, at);
  }
}

static timeline_case random_case(uint64_t seed) {
  int64_t room[HOSTS_MOST];
  seed = seed * 7919 + 13;
  berth_cluster_spec spec = random_set_up(&seed);
  timeline_case t = timeline_begin(&spec);
  uint32_t hosts = 2 + draw(&seed, HOSTS_MOST - 2), vms;
  random_hosts(&t, &seed, hosts, room);
  vms = random_vms(&t, &seed, hosts, room);
  random_rules(&t, &seed, hosts, vms);
  random_events(&t, &seed, hosts, vms);
  t.request.storage_protection = (berth_storage_protection)draw(&seed, 3);
  if (draw(&seed, 3) == 0)
    t.request.approve = 100;
  return t;
}

/* ---------------------------------------------------------------------------- the referee */

typedef struct referee {
  const timeline_case *t;
  const berth_inventory *inventory;
  uint64_t seed; /* for messages */
  int64_t now;
  uint32_t runs[VMS_MOST], starts[VMS_MOST], moves[VMS_MOST], copy[VMS_MOST];
  bool rebooting[VMS_MOST], made[VMS_MOST]; /* made: its last attempt did not fail */
  uint32_t attempts[VMS_MOST];
  int64_t first[VMS_MOST], down[VMS_MOST], seconds[VMS_MOST];
  bool on[HOSTS_MOST]; /* takes VMs */
  uint32_t primary;
} referee;

static int64_t memory_on(const referee *r, uint32_t host) {
  int64_t used = 0;
  for (uint32_t v = 0; v < r->inventory->vm_count; v++) {
    int64_t demand = berth_inventory_vm_demand(r->inventory, v, BERTH_RESOURCE_MEMORY);
    used += (r->runs[v] == host || r->starts[v] == host || r->moves[v] == host) ? demand : 0;
  }
  return used;
}

static bool is_on(const referee *r, uint32_t vm, uint32_t host) {
  return r->runs[vm] == host || r->starts[vm] == host || r->moves[vm] == host;
}

/* Must rules that HA looks at, for an arrival of the VM. */
static bool rules_allow(const referee *r, uint32_t vm, uint32_t host, bool all) {
  const berth_inventory *i = r->inventory;
  for (uint32_t k = 0; k < i->rule_count; k++) {
    const frozen_rule *rule = &i->rules[k];
    bool member = false, listed = false, other = false;
    for (uint32_t m = 0; m < rule->vm_count; m++) {
      member = member || rule->vms[m] == vm;
      other = other || (rule->vms[m] != vm && is_on(r, rule->vms[m], host));
    }
    for (uint32_t m = 0; m < rule->host_count; m++)
      listed = listed || rule->hosts[m] == host;
    if (!member || !rule->enabled)
      continue;
    if (rule->type == BERTH_RULE_RUN_ON && !listed)
      return false;
    if (rule->type == BERTH_RULE_APART && other &&
        (all || i->clusters[0].set_up.respect_anti_affinity))
      return false;
  }
  return true;
}

static void check_room(const referee *r) {
  for (uint32_t h = 0; h < r->inventory->host_count; h++) {
    int64_t capacity = berth_inventory_host_capacity(r->inventory, h, BERTH_RESOURCE_MEMORY);
    cr_assert_leq(memory_on(r, h), capacity, "seed %lu at %ld: h%u is over its capacity",
                  (unsigned long)r->seed, (long)r->now, h);
  }
}

static void check_in_flight(const referee *r, uint32_t host) {
  int64_t count = 0;
  for (uint32_t v = 0; v < r->inventory->vm_count; v++)
    count += r->starts[v] == host && !r->rebooting[v];
  cr_assert_leq(count, r->inventory->clusters[0].set_up.restarts_per_host, "seed %lu at %ld",
                (unsigned long)r->seed, (long)r->now);
}

/* fdm65 and "powered on": while a VM of a higher class is starting no lower one begins, unless the
 * time of the higher one has passed since its first attempt. */
static void check_class(const referee *r, uint32_t vm) {
  const berth_cluster_spec *set_up = &r->inventory->clusters[0].set_up;
  if (set_up->era != BERTH_ERA_FDM65 || set_up->ready_when != BERTH_READY_POWERED_ON)
    return;
  for (uint32_t v = 0; v < r->inventory->vm_count; v++)
    cr_assert(r->starts[v] == BERTH_NONE || r->rebooting[v] || v == vm ||
                  r->now - r->first[v] >= set_up->restart_timeout ||
                  r->inventory->vm_priority[v] >= r->inventory->vm_priority[vm],
              "seed %lu at %ld: v%u goes before v%u", (unsigned long)r->seed, (long)r->now, vm, v);
}

static void check_attempt(referee *r, const berth_moment *m) {
  static const int64_t offset[] = {0, 120, 360, 840, 1800};
  uint32_t v = m->vm;
  unsigned long seed = (unsigned long)r->seed;
  cr_assert_neq(r->primary, BERTH_NONE, "seed %lu at %ld: nobody acts", seed, (long)r->now);
  cr_assert(r->on[m->host], "seed %lu at %ld: h%u takes nothing", seed, (long)r->now, m->host);
  cr_assert_neq(r->inventory->vm_priority[v], BERTH_PRIORITY_DISABLED, "seed %lu", seed);
  cr_assert_eq(r->starts[v], BERTH_NONE, "seed %lu: two attempts at once", seed);
  cr_assert_eq(m->number, ++r->attempts[v], "seed %lu at %ld: v%u", seed, (long)r->now, v);
  cr_assert_leq(m->number, 5, "seed %lu", seed);
  if (m->number == 1)
    r->first[v] = r->now;
  cr_assert_geq(r->now, r->first[v] + offset[m->number - 1], "seed %lu", seed);
  cr_assert(rules_allow(r, v, m->host, false), "seed %lu at %ld: v%u breaks a must rule", seed,
            (long)r->now, v);
  check_class(r, v);
  r->made[v] = r->runs[v] == BERTH_NONE; /* else its disks are locked, which is told next */
  if (r->made[v]) {
    r->starts[v] = m->host;
    check_in_flight(r, m->host);
  }
}

static void vm_down(referee *r, uint32_t v) {
  cr_assert_neq(r->runs[v], BERTH_NONE, "seed %lu", (unsigned long)r->seed);
  r->runs[v] = BERTH_NONE;
  r->down[v] = r->now;
}

static void vm_up(referee *r, uint32_t v, uint32_t host) {
  cr_assert_eq(r->runs[v], BERTH_NONE, "seed %lu: v%u runs twice", (unsigned long)r->seed, v);
  r->starts[v] = BERTH_NONE;
  r->rebooting[v] = false;
  r->runs[v] = host;
  r->seconds[v] += r->now - r->down[v];
  r->attempts[v] = 0;
}

static void see_host(referee *r, const berth_moment *m) {
  switch (m->kind) {
  case BERTH_MOMENT_HOST_FAILS:
  case BERTH_MOMENT_HOST_ISOLATED:
  case BERTH_MOMENT_HOST_MAINTENANCE:
    r->on[m->host] = false;
    if (r->primary == m->host)
      r->primary = BERTH_NONE;
    break;
  case BERTH_MOMENT_HOST_RECOVERS:
    for (uint32_t v = 0; v < r->inventory->vm_count; v++)
      r->attempts[v] = r->runs[v] == m->host ? 0 : r->attempts[v]; /* those on locks */
    r->on[m->host] = true;
    break;
  case BERTH_MOMENT_HOST_ONLINE:
  case BERTH_MOMENT_WAKE_ENDS:
    r->on[m->host] = true;
    break;
  case BERTH_MOMENT_PRIMARY:
    r->primary = m->host;
    break;
  case BERTH_MOMENT_PROTECTION_LOST:
    r->primary = BERTH_NONE;
    break;
  default:
    break;
  }
}

static void see_vm(referee *r, const berth_moment *m) {
  uint32_t v = m->vm;
  switch (m->kind) {
  case BERTH_MOMENT_VM_DOWN:
    vm_down(r, v);
    r->attempts[v] = r->attempts[v] == 5 ? 0 : r->attempts[v]; /* given up while it ran */
    if (r->rebooting[v])
      r->starts[v] = m->host;
    else if (m->text != NULL && strstr(m->text, "disks") != NULL)
      r->copy[v] = m->host;
    break;
  case BERTH_MOMENT_VM_REBOOTS:
    r->rebooting[v] = true;
    break;
  case BERTH_MOMENT_ATTEMPT:
    check_attempt(r, m);
    break;
  case BERTH_MOMENT_ATTEMPT_FAILS:
    r->starts[v] = BERTH_NONE;
    break;
  case BERTH_MOMENT_VM_UP:
    r->copy[v] = r->copy[v] == m->host ? BERTH_NONE : r->copy[v];
    vm_up(r, v, m->host);
    break;
  case BERTH_MOMENT_RESTARTED:
    vm_up(r, v, m->host);
    break;
  case BERTH_MOMENT_SPLIT_BRAIN:
    cr_assert_eq(r->copy[v], m->other, "seed %lu", (unsigned long)r->seed);
    break;
  case BERTH_MOMENT_OLD_COPY_ENDS:
    cr_assert_eq(r->copy[v], m->host, "seed %lu", (unsigned long)r->seed);
    r->copy[v] = BERTH_NONE;
    break;
  case BERTH_MOMENT_MIGRATION_BEGINS:
    cr_assert(r->runs[v] == m->host && r->on[m->other], "seed %lu", (unsigned long)r->seed);
    cr_assert(rules_allow(r, v, m->other, true), "seed %lu", (unsigned long)r->seed);
    r->moves[v] = m->other;
    break;
  case BERTH_MOMENT_MIGRATION_ENDS:
    r->runs[v] = r->moves[v];
    r->moves[v] = BERTH_NONE;
    break;
  case BERTH_MOMENT_MIGRATION_FAILS:
    r->moves[v] = BERTH_NONE;
    break;
  default:
    break;
  }
}

/* A host that fails takes a VM that was rebooting there with it. */
static void end_reboots(referee *r, const berth_moment *m) {
  for (uint32_t v = 0; v < r->inventory->vm_count; v++)
    if ((m->kind == BERTH_MOMENT_HOST_FAILS || m->kind == BERTH_MOMENT_HOST_ISOLATED) &&
        r->starts[v] == m->host && r->rebooting[v]) {
      r->starts[v] = BERTH_NONE;
      r->rebooting[v] = false;
    }
}

/* Nothing is left to do: no VM that is down would fit on a host as it is. */
static void check_end(const referee *r) {
  for (uint32_t v = 0; v < r->inventory->vm_count; v++) {
    const berth_outage *outage = NULL;
    for (uint32_t i = 0; i < berth_timeline_outage_count(r->t->timeline); i++)
      if (berth_timeline_outage_at(r->t->timeline, i)->vm == v)
        outage = berth_timeline_outage_at(r->t->timeline, i);
    bool down = r->runs[v] == BERTH_NONE;
    int64_t seconds = r->seconds[v] + (down ? r->now - r->down[v] : 0);
    cr_assert_eq(outage != NULL ? outage->seconds : 0, seconds, "seed %lu: v%u is down %ld s",
                 (unsigned long)r->seed, v, (long)seconds);
    cr_assert_eq(outage != NULL && outage->down, down);
    bool wanted = down && r->primary != BERTH_NONE && r->attempts[v] < 5 &&
                  r->inventory->vm_priority[v] != BERTH_PRIORITY_DISABLED;
    int64_t demand = berth_inventory_vm_demand(r->inventory, v, BERTH_RESOURCE_MEMORY);
    for (uint32_t h = 0; wanted && h < r->inventory->host_count; h++)
      cr_assert(!r->on[h] || !rules_allow(r, v, h, false) ||
                    memory_on(r, h) + demand >
                        berth_inventory_host_capacity(r->inventory, h, BERTH_RESOURCE_MEMORY),
                "seed %lu: v%u would fit on h%u", (unsigned long)r->seed, v, h);
  }
}

static void begin_referee(referee *r, const timeline_case *t, uint64_t seed) {
  *r = (referee){.t = t,
                 .inventory = berth_timeline_inventory(t->timeline),
                 .seed = seed,
                 .primary = BERTH_NONE};
  for (uint32_t h = 0; h < r->inventory->host_count; h++)
    r->on[h] = r->inventory->host_state[h] == BERTH_HOST_ONLINE;
  for (uint32_t v = 0; v < r->inventory->vm_count; v++) {
    r->runs[v] = r->inventory->vm_host[v];
    r->starts[v] = r->moves[v] = r->copy[v] = BERTH_NONE;
  }
}

static void replay(const timeline_case *t, uint64_t seed) {
  referee r;
  begin_referee(&r, t, seed);
  uint32_t count = berth_timeline_moment_count(t->timeline);
  for (uint32_t i = 0; i < count; i++) {
    const berth_moment *m = berth_timeline_moment_at(t->timeline, i);
    cr_assert_geq(m->at, r.now);
    r.now = m->at;
    end_reboots(&r, m);
    see_host(&r, m);
    if (m->vm != BERTH_NONE)
      see_vm(&r, m);
    if (i + 1 == count || berth_timeline_moment_at(t->timeline, i + 1)->at > m->at)
      check_room(&r);
  }
  r.now = berth_timeline_end(t->timeline);
  check_end(&r);
}

Test(timeline_random, what_is_told_may_be, .timeout = 300) {
  for (uint64_t seed = 0; seed < CLUSTERS; seed++) {
    timeline_case t = random_case(seed);
    timeline_run(&t);
    replay(&t, seed);
    timeline_end(&t);
  }
}

static void expect_prefix(const berth_timeline *whole, const berth_timeline *part, uint64_t seed) {
  uint32_t count = berth_timeline_moment_count(part);
  cr_assert_leq(count, berth_timeline_moment_count(whole));
  for (uint32_t i = 0; i < count; i++) {
    const berth_moment *a = berth_timeline_moment_at(whole, i);
    const berth_moment *b = berth_timeline_moment_at(part, i);
    cr_assert(a->at == b->at && a->kind == b->kind && a->vm == b->vm && a->host == b->host &&
                  a->other == b->other && a->number == b->number,
              "seed %lu: event %u", (unsigned long)seed, i);
  }
  cr_assert(count == berth_timeline_moment_count(whole) ||
            berth_timeline_moment_at(whole, count)->at > berth_timeline_end(part));
}

/* Cut short, a timeline is the beginning of the whole one. */
Test(timeline_random, until_gives_the_beginning, .timeout = 300) {
  for (uint64_t seed = 0; seed < CLUSTERS; seed += 5) {
    timeline_case t = random_case(seed);
    timeline_run(&t);
    berth_timeline *part = NULL;
    t.request.until = berth_timeline_end(t.timeline) / 3;
    cr_assert_eq(berth_timeline_run(t.f.ctx, t.inventory, &t.request, &part), BERTH_OK);
    expect_prefix(t.timeline, part, seed);
    berth_timeline_free(part);
    timeline_end(&t);
  }
}
