/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions of hundreds of hosts, where blocks, leaves of orders and lists of few hosts have their
 * borders. The best hosts are compared with one look at every host; what is free with one sum over
 * every VM; and what a transaction took back with a snapshot from before it.
 */
#include "session_asked.h"
#include "session_history.h"
#include "session_truth.h"

#include "frozen.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TELL(...) ((void)fprintf(stderr, __VA_ARGS__), false)

enum { SCALE_HOSTS = 620, SCALE_ADDED = 80, SCALE_VMS = 1500, SCALE_RULES = 60, LIST_ROOM = 16384 };

typedef struct scale_run {
  berth_context *ctx;
  const berth_inventory *base;
  session_history dice;
  berth_session *session;
  const berth_view *before; /* the open transaction */
  uint32_t ids;
  char where[80];
} scale_run;

static uint32_t below(scale_run *run, uint32_t count) {
  return history_below(&run->dice, count);
}

static void must(berth_status status) {
  if (status != BERTH_OK)
    abort();
}

/* ------------------------------------------------------------------------ base */

static void add_hosts(scale_run *run, berth_builder *builder) {
  for (uint32_t h = 0; h < SCALE_HOSTS; h++) {
    berth_host_spec spec = BERTH_HOST_SPEC_INIT;
    char id[16], rack[16], chassis[16];
    (void)snprintf(id, sizeof id, "h%u", h);
    (void)snprintf(rack, sizeof rack, "r%u", h / 12);
    (void)snprintf(chassis, sizeof chassis, "c%u", h / 4);
    spec.id = id;
    spec.cpu_mhz = spec.memory_mib = below(run, 5) == 0 ? 200 : 100; /* many are alike */
    spec.rack = below(run, 10) == 0 ? NULL : rack;
    spec.chassis = chassis;
    spec.wake = BERTH_WAKE_IPMI;
    if (below(run, 10) == 0)
      spec.state = BERTH_HOST_STANDBY;
    must(berth_builder_add_host(builder, h < SCALE_HOSTS - 40 ? 0 : 1, &spec, NULL));
  }
}

/* Ids of VMs or hosts that lie together, or anywhere. */
static void draw_list(scale_run *run, char prefix, uint32_t all, uint32_t most, char *list) {
  uint32_t count = 1 + below(run, most), from = below(run, all);
  bool together = below(run, 2) == 0;
  size_t used = 0;
  for (uint32_t i = 0; i < count; i++)
    used += (size_t)snprintf(list + used, LIST_ROOM - used, "%c%u ", prefix,
                             together ? (from + i) % all : below(run, all));
}

static berth_rule_spec draw_rule(scale_run *run, const char *id, char *vms, char *hosts) {
  static const berth_rule_type types[] = {BERTH_RULE_RUN_ON,     BERTH_RULE_RUN_ON,
                                          BERTH_RULE_NOT_RUN_ON, BERTH_RULE_APART,
                                          BERTH_RULE_AT_MOST,    BERTH_RULE_TOGETHER};
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  spec.id = id;
  spec.type = types[below(run, 6)];
  spec.strength = below(run, 3) == 0 ? BERTH_MUST : BERTH_SHOULD;
  spec.over = (berth_domain)below(run, BERTH_DOMAIN_COUNT);
  spec.count = 2;
  draw_list(run, 'v', SCALE_VMS, spec.type == BERTH_RULE_TOGETHER ? 6 : 60, vms);
  spec.vms = vms;
  if (spec.type == BERTH_RULE_RUN_ON || spec.type == BERTH_RULE_NOT_RUN_ON) {
    draw_list(run, 'h', SCALE_HOSTS - 40, below(run, 3) == 0 ? 400 : 30, hosts);
    spec.hosts = hosts;
  }
  return spec;
}

static void draw_base(scale_run *run) {
  berth_builder *builder = NULL;
  berth_inventory *base = NULL;
  char *vms = malloc(LIST_ROOM), *hosts = malloc(LIST_ROOM), id[16], host[16];
  if (vms == NULL || hosts == NULL)
    abort();
  must(berth_builder_new(run->ctx, &builder));
  for (uint32_t c = 0; c < 2; c++) {
    berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
    spec.id = c == 0 ? "a" : "b";
    must(berth_builder_add_cluster(builder, &spec, NULL));
  }
  add_hosts(run, builder);
  for (uint32_t v = 0; v < SCALE_VMS; v++) {
    berth_vm_spec spec = BERTH_VM_SPEC_INIT;
    (void)snprintf(id, sizeof id, "v%u", v);
    (void)snprintf(host, sizeof host, "h%u", below(run, SCALE_HOSTS - 40));
    spec.id = id;
    spec.memory_mib = spec.memory_reservation_mib = 1 + below(run, 40);
    spec.cpu_reservation_mhz = below(run, 30);
    spec.power = BERTH_POWER_OFF;
    spec.host = below(run, 3) == 0 ? NULL : host;
    must(berth_builder_add_vm(builder, 0, &spec, NULL));
  }
  for (uint32_t r = 0; r < SCALE_RULES; r++) {
    (void)snprintf(id, sizeof id, "rule%u", r);
    berth_rule_spec spec = draw_rule(run, id, vms, hosts);
    must(berth_builder_add_rule(builder, 0, &spec, NULL));
  }
  must(berth_builder_freeze(builder, &base));
  berth_builder_free(builder);
  free(vms);
  free(hosts);
  run->base = base;
}

/* ------------------------------------------------------------------------ comparing */

static berth_preference sorted_by; /* for qsort() */

static int compare(const void *x, const void *y) {
  const berth_candidate *a = x, *b = y;
  if (a->should_broken != b->should_broken)
    return a->should_broken < b->should_broken ? -1 : 1;
  if (a->wakes != b->wakes)
    return a->wakes < b->wakes ? -1 : 1;
  if (a->room != b->room)
    return (a->room < b->room) == (sorted_by == BERTH_PREFER_TIGHT) ? -1 : 1;
  return a->host < b->host ? -1 : a->host > b->host;
}

static uint32_t room_of(const berth_view *view, uint32_t host) {
  const int64_t *capacity = host_capacity_of(view, host);
  int64_t room = 1024;
  for (uint32_t r = 0; r < 2; r++) {
    int64_t free = berth_view_host_free(view, host, r);
    int64_t share = free < 0 ? 0 : free * 1024 / capacity[r];
    room = share < room ? share : room;
  }
  return (uint32_t)room;
}

static uint32_t all_candidates(const berth_view *view, uint32_t vm, berth_candidate *found) {
  asked_vm asked = asked_vm_of(view, vm);
  uint32_t count = 0;
  for (uint32_t h = 0; h < view->host_count && !asked.pinned; h++) {
    uint32_t order = session_order_of(view, h);
    if (order < ORDERS_A_CLUSTER && host_cluster_of(view, h) == asked.traits->cluster &&
        asked_fits(&asked, h))
      found[count++] = (berth_candidate){.host = h,
                                         .should_broken = asked_broken(&asked, h),
                                         .wakes = order == ORDER_ASLEEP,
                                         .room = room_of(view, h)};
  }
  return count;
}

static bool best_is_best(const scale_run *run, const berth_view *view, uint32_t vm) {
  static const uint32_t asked[] = {1, 3, 40, SCALE_HOSTS + SCALE_ADDED};
  static berth_candidate truth[SCALE_HOSTS + SCALE_ADDED], found[SCALE_HOSTS + SCALE_ADDED];
  uint32_t count = all_candidates(view, vm, truth);
  for (uint32_t i = 0; i < 8; i++) {
    uint32_t wanted = asked[i / 2], got = wanted;
    sorted_by = (berth_preference)(i % 2);
    qsort(truth, count, sizeof truth[0], compare);
    must(berth_view_best_hosts(view, vm, sorted_by, found, &got));
    if (got != (count < wanted ? count : wanted))
      return TELL("%s: %u best hosts of VM %u, truth is %u\n", run->where, got, vm, count);
    for (uint32_t c = 0; c < got; c++)
      if (compare(&found[c], &truth[c]) != 0)
        return TELL("%s: best host %u of VM %u is %u, truth is %u\n", run->where, c, vm,
                    found[c].host, truth[c].host);
  }
  return true;
}

static bool free_is_free(const scale_run *run, const berth_view *view) {
  static int64_t use[SCALE_HOSTS + SCALE_ADDED][BERTH_RESOURCE_FIRST_NAMED];
  memset(use, 0, sizeof use);
  for (uint32_t v = 0; v < view->vm_count; v++) {
    uint32_t host = vm_exists(view, v) ? session_runs_at(view, v) : BERTH_NONE;
    for (uint32_t r = 0; host != BERTH_NONE && r < BERTH_RESOURCE_FIRST_NAMED; r++)
      use[host][r] += berth_view_vm_demand(view, v, r);
  }
  for (uint32_t h = 0; h < view->host_count; h++)
    for (uint32_t r = 0; r < 2; r++)
      if (berth_view_host_free(view, h, r) != host_capacity_of(view, h)[r] - use[h][r])
        return TELL("%s: free of host %u\n", run->where, h);
  return true;
}

static bool same_state(const scale_run *run, const berth_view *a, const berth_view *b) {
  uint32_t vms = a->vm_count > b->vm_count ? a->vm_count : b->vm_count;
  uint32_t rules = a->rule_count > b->rule_count ? a->rule_count : b->rule_count;
  if (a->host_count != b->host_count)
    return TELL("%s: %u hosts, before %u\n", run->where, a->host_count, b->host_count);
  for (uint32_t v = 0; v < vms; v++) {
    if (vm_exists(a, v) != vm_exists(b, v))
      return TELL("%s: VM %u exists otherwise\n", run->where, v);
    if (vm_exists(a, v) &&
        (vm_host_of(a, v) != vm_host_of(b, v) || vm_power_of(a, v) != vm_power_of(b, v) ||
         vm_traits_of(a, v) != vm_traits_of(b, v) || vm_record_of(a, v) != vm_record_of(b, v)))
      return TELL("%s: VM %u differs\n", run->where, v);
  }
  for (uint32_t h = 0; h < a->host_count; h++)
    if (host_state_of(a, h) != host_state_of(b, h) ||
        memcmp(host_free_of(a, h), host_free_of(b, h), 2 * sizeof(int64_t)) != 0)
      return TELL("%s: host %u differs\n", run->where, h);
  for (uint32_t r = 0; r < rules; r++)
    if (berth_view_rule_exists(a, r) != berth_view_rule_exists(b, r) ||
        berth_view_rule_enabled(a, r) != berth_view_rule_enabled(b, r))
      return TELL("%s: rule %u differs\n", run->where, r);
  return true;
}

/* ------------------------------------------------------------------------ changing */

static void change_rule(scale_run *run) {
  char *vms = malloc(LIST_ROOM), *hosts = malloc(LIST_ROOM), id[16];
  uint32_t rule;
  if (vms == NULL || hosts == NULL)
    abort();
  (void)snprintf(id, sizeof id, "new%u", run->ids++);
  berth_rule_spec spec = draw_rule(run, id, vms, hosts);
  if (below(run, 2) == 0)
    (void)berth_session_add_rule(run->session, 0, &spec, &rule); /* a VM of it may be gone */
  else
    (void)berth_session_drop_rule(run->session,
                                  below(run, berth_session_view(run->session)->rule_count));
  free(vms);
  free(hosts);
}

/* Many of the same kind in a row, so that leaves fill and empty. */
static void change_vms(scale_run *run) {
  const berth_view *view = berth_session_view(run->session);
  uint32_t kind = below(run, 4), count = 1 + below(run, 60);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t vm = below(run, view->vm_count);
    berth_candidate chosen;
    if (!vm_exists(view, vm))
      continue;
    if (kind == 0)
      (void)berth_session_stop_vm(run->session, vm);
    else if (kind == 1)
      (void)berth_session_start_vm(run->session, vm, below(run, SCALE_HOSTS - 40));
    else
      (void)berth_session_place_vm(run->session, vm, (berth_preference)(kind % 2), &chosen);
  }
}

static void come_and_go(scale_run *run) {
  const berth_view *view = berth_session_view(run->session);
  uint32_t vm = below(run, view->vm_count), added;
  char id[16];
  (void)snprintf(id, sizeof id, "n%u", run->ids++);
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  spec.id = id;
  spec.memory_mib = spec.memory_reservation_mib = 1 + below(run, 30);
  switch (below(run, 4)) {
  case 0:
    (void)berth_session_remove_vm(run->session, vm);
    break;
  case 1:
    (void)berth_session_add_vm(run->session, 0, &spec, vm_exists(view, vm) ? vm : BERTH_NONE,
                               &added);
    break;
  case 2:
    if (view->host_count < SCALE_HOSTS + SCALE_ADDED)
      must(berth_session_add_host(run->session, below(run, view->host_count), id, &added));
    break;
  default:
    (void)berth_session_set_host_state(run->session, below(run, view->host_count),
                                       (berth_host_state)below(run, 7));
  }
}

static bool transact(scale_run *run, session_tally *tally) {
  bool same = true;
  if (run->before == NULL) {
    must(berth_session_snapshot(run->session, &run->before));
    must(berth_session_begin(run->session));
    return true;
  }
  if (below(run, 4) == 0) {
    must(berth_session_commit(run->session));
  } else {
    must(berth_session_rollback(run->session));
    tally->rolled_back++;
    same = same_state(run, berth_session_view(run->session), run->before);
  }
  berth_view_release(run->before);
  run->before = NULL;
  return same;
}

static bool step(scale_run *run, session_tally *tally) {
  uint32_t kind = below(run, 10);
  if (kind < 6)
    change_vms(run);
  else if (kind < 8)
    come_and_go(run);
  else if (kind < 9)
    change_rule(run);
  else if (!transact(run, tally))
    return false;
  const berth_view *view = berth_session_view(run->session);
  bool agreed = free_is_free(run, view);
  for (uint32_t i = 0; i < 6 && agreed; i++) {
    uint32_t vm = below(run, view->vm_count);
    agreed = !vm_exists(view, vm) || best_is_best(run, view, vm);
    tally->questions++;
  }
  tally->changes++;
  return agreed;
}

void session_scale_run(uint64_t seed, uint32_t changes, session_tally *tally) {
  scale_run *run = calloc(1, sizeof *run);
  if (run == NULL)
    abort();
  run->dice.random = seed;
  must(berth_context_new(NULL, &run->ctx));
  draw_base(run);
  must(berth_session_open(run->ctx, run->base, &run->session));
  bool agreed = true;
  tally->histories++;
  for (uint32_t i = 0; i < changes && agreed; i++) {
    (void)snprintf(run->where, sizeof run->where, "scale seed %" PRIu64 " change %u", seed, i);
    agreed = step(run, tally);
  }
  tally->disagreed += !agreed;
  berth_session_close(run->session);
  berth_view_release(run->before);
  berth_inventory_release(run->base);
  berth_context_free(run->ctx);
  free(run);
}
