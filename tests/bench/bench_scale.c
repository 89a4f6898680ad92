/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inventories that are large in one respect each: what once took minutes or gigabytes stays in
 * sight. Not a test: prints the seconds of each phase and the peak memory of one solve.
 *
 *     bench_scale chain 50000           VMs that restart one after the other
 *     bench_scale groups 3000           as many VMs restart after as many others
 *     bench_scale crowd 3000            the same, spread over many hosts
 *     bench_scale pairs 100000          VMs apart in pairs on a tenth as many hosts, 1 in 20
 * emptied bench_scale components 5000       pairs of hosts with a datastore and four rules each
 *     bench_scale classes 20000         VMs with a network each, on a tenth as many hosts
 *     bench_scale unplaced 4000         full hosts and 13 times as many VMs that wait
 *     bench_scale moves 200000          half of the hosts, 40 VMs each, are emptied; equal moves
 *     bench_scale waits 20000           the same, moves of many lengths, notified or not
 *     bench_scale evacuate FILE         every 20th host of an inventory is emptied
 */
#include <berth/io.h>
#include <berth/solve.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

typedef struct bench {
  berth_context *ctx;
  berth_builder *builder;
  uint32_t cluster;
} bench;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void expect(const bench *b, berth_status status) {
  if (status == BERTH_OK)
    return;
  (void)fprintf(stderr, "bench_scale: %s\n", berth_context_detail(b->ctx));
  exit(1);
}

static void add_host(bench *b, long number, berth_host_state state, long datastore, long vms) {
  char id[32], store[32];
  uint32_t index = 0;
  (void)snprintf(id, sizeof id, "h%ld", number);
  (void)snprintf(store, sizeof store, "d%ld", datastore);
  berth_host_spec spec = BERTH_HOST_SPEC_INIT;
  spec.id = id;
  spec.cpu_mhz = 1000;
  spec.memory_mib = 1024 * (int64_t)vms;
  spec.state = state;
  expect(b, berth_builder_add_host(b->builder, b->cluster, &spec, &index));
  if (datastore >= 0)
    expect(b, berth_builder_host_reach_datastore(b->builder, index, store));
}

static uint32_t add_vm(bench *b, const char *prefix, long number, long host, long datastore) {
  char id[32], home[32], store[32];
  uint32_t index = 0;
  (void)snprintf(id, sizeof id, "%s%ld", prefix, number);
  (void)snprintf(home, sizeof home, "h%ld", host);
  (void)snprintf(store, sizeof store, "d%ld", datastore);
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  spec.id = id;
  spec.host = host >= 0 ? home : NULL;
  spec.memory_mib = spec.memory_reservation_mib = 1024;
  expect(b, berth_builder_add_vm(b->builder, b->cluster, &spec, &index));
  if (datastore >= 0)
    expect(b, berth_builder_vm_needs_datastore(b->builder, index, store));
  return index;
}

static void add_rule(bench *b, long number, berth_rule_type type, const char *vms,
                     const char *after) {
  char id[32];
  (void)snprintf(id, sizeof id, "r%ld", number);
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  spec.id = id;
  spec.type = type;
  spec.vms = vms;
  spec.after = after;
  expect(b, berth_builder_add_rule(b->builder, b->cluster, &spec, NULL));
}

static void build_chain(bench *b, long count) {
  char vm[32], before[32];
  for (long h = 0; h <= 10; h++)
    add_host(b, h, h == 0 ? BERTH_HOST_FAILED : BERTH_HOST_ONLINE, -1, count);
  for (long v = 0; v < count; v++) {
    add_vm(b, "v", v, 0, -1);
    (void)snprintf(vm, sizeof vm, "v%ld", v);
    (void)snprintf(before, sizeof before, "v%ld", v + 1);
    if (v + 1 < count)
      add_rule(b, v, BERTH_RULE_RESTART_AFTER, vm, before);
  }
}

static void build_groups_on(bench *b, long count, long per_host) {
  size_t room = 32 * (size_t)count;
  char *early = calloc(1, room), *late = calloc(1, room);
  size_t early_used = 0, late_used = 0;
  if (early == NULL || late == NULL)
    exit(1);
  for (long h = 0; h <= 1 + 2 * count / per_host; h++)
    add_host(b, h, h == 0 ? BERTH_HOST_FAILED : BERTH_HOST_ONLINE, -1, per_host);
  for (long v = 0; v < count; v++) {
    add_vm(b, "a", v, 0, -1);
    add_vm(b, "b", v, 0, -1);
    early_used += (size_t)snprintf(early + early_used, room - early_used, "a%ld ", v);
    late_used += (size_t)snprintf(late + late_used, room - late_used, "b%ld ", v);
  }
  expect(b, berth_builder_add_vm_group(b->builder, b->cluster, "early", early, NULL));
  expect(b, berth_builder_add_vm_group(b->builder, b->cluster, "late", late, NULL));
  add_rule(b, 0, BERTH_RULE_RESTART_AFTER, "late", "early");
  free(early);
  free(late);
}

static void build_groups(bench *b, long count) {
  build_groups_on(b, count, 2 * count);
}

/* 60 starts on a host: as many lanes as there are (32) are hardly used, no wait follows from
 * another. */
static void build_crowd(bench *b, long count) {
  build_groups_on(b, count, 60);
}

static void build_pairs(bench *b, long count) {
  char pair[72];
  long hosts = count / 10 < 20 ? 20 : count / 10;
  for (long h = 0; h < hosts; h++)
    add_host(b, h, h % 20 == 0 ? BERTH_HOST_ENTERING_MAINTENANCE : BERTH_HOST_ONLINE, -1, 100);
  for (long v = 0; v < count; v++) {
    add_vm(b, "a", v, v % hosts, -1);
    add_vm(b, "b", v, (v + 1) % hosts, -1);
    (void)snprintf(pair, sizeof pair, "a%ld b%ld", v, v);
    add_rule(b, v, BERTH_RULE_APART, pair, NULL);
  }
}

static void build_components(bench *b, long count) {
  char pair[72];
  for (long c = 0; c < count; c++) {
    add_host(b, 2 * c, BERTH_HOST_ONLINE, c, 16);
    add_host(b, 2 * c + 1, BERTH_HOST_ONLINE, c, 16);
    for (long v = 8 * c; v < 8 * c + 8; v++)
      add_vm(b, "v", v, 2 * c + v % 2, c);
    for (long r = 4 * c; r < 4 * c + 4; r++) {
      (void)snprintf(pair, sizeof pair, "v%ld v%ld", 2 * r, 2 * r + 1);
      add_rule(b, r, BERTH_RULE_APART, pair, NULL);
    }
  }
}

static void build_classes(bench *b, long count) {
  char network[32];
  long hosts = count / 10 < 2 ? 2 : count / 10;
  for (long h = 0; h < hosts; h++)
    add_host(b, h, BERTH_HOST_ONLINE, -1, 100);
  for (long v = 0; v < count; v++) {
    uint32_t vm = add_vm(b, "v", v, v % hosts, -1);
    (void)snprintf(network, sizeof network, "n%ld", v);
    expect(b, berth_builder_vm_needs_network(b->builder, vm, network));
    for (long h = v % hosts; h < v % hosts + 2; h++)
      expect(b, berth_builder_host_reach_network(b->builder, (uint32_t)(h % hosts), network));
  }
}

static void build_unplaced(bench *b, long count) {
  for (long h = 0; h < count; h++) {
    add_host(b, h, BERTH_HOST_ONLINE, -1, 1);
    add_vm(b, "full", h, h, -1);
  }
  for (long v = 0; v < 13 * count; v++)
    add_vm(b, "v", v, -1, -1);
}

/* Half of the hosts hold 40 VMs each and are emptied, the others are empty. */
static void build_emptied(bench *b, long count, bool waits) {
  char id[32], home[32];
  long hosts = count / 40 < 1 ? 1 : count / 40;
  for (long h = 0; h < 2 * hosts; h++) {
    (void)snprintf(id, sizeof id, "h%ld", h);
    berth_host_spec spec = BERTH_HOST_SPEC_INIT;
    spec.id = id;
    spec.cpu_mhz = 100000;
    spec.memory_mib = 48L * 16384;
    spec.link_mbps = 10000;
    spec.notify_timeout = 120;
    spec.state = h < hosts ? BERTH_HOST_ENTERING_MAINTENANCE : BERTH_HOST_ONLINE;
    expect(b, berth_builder_add_host(b->builder, b->cluster, &spec, NULL));
  }
  for (long v = 0; v < count; v++) {
    (void)snprintf(id, sizeof id, "v%ld", v);
    (void)snprintf(home, sizeof home, "h%ld", v % hosts);
    berth_vm_spec spec = BERTH_VM_SPEC_INIT;
    spec.id = id;
    spec.host = home;
    spec.cpu_reservation_mhz = 100;
    spec.memory_mib = waits ? 1024 * (1 + v * 7 % 16) : 8192;
    spec.memory_reservation_mib = spec.memory_mib;
    spec.notify_enabled = spec.notify_registered = waits && v % 5 == 0;
    spec.notify_hardware = 20;
    spec.notify_timeout = 10 + v % 90;
    expect(b, berth_builder_add_vm(b->builder, b->cluster, &spec, NULL));
  }
}

static void build_moves(bench *b, long count) {
  build_emptied(b, count, false);
}

static void build_waits(bench *b, long count) {
  build_emptied(b, count, true);
}

static berth_scenario *empty_every_20th(bench *b, const berth_inventory *inventory) {
  berth_scenario *scenario = NULL;
  expect(b, berth_scenario_new(b->ctx, &scenario));
  for (uint32_t h = 0; h < berth_inventory_host_count(inventory); h += 20) {
    berth_event event = BERTH_EVENT_INIT;
    event.type = BERTH_EVENT_MAINTENANCE;
    event.host = berth_inventory_host_label(inventory, h);
    expect(b, berth_scenario_add(b->ctx, scenario, &event));
  }
  return scenario;
}

static void solve(bench *b, const berth_inventory *inventory, const berth_scenario *scenario) {
  berth_solve_statistics s = {.struct_size = sizeof s};
  berth_request request = BERTH_REQUEST_INIT;
  berth_plan *plan = NULL;
  struct rusage usage;
  request.scenario = scenario;
  double began = now();
  expect(b, berth_solve(b->ctx, inventory, &request, &s, &plan));
  double seconds = now() - began;
  uint64_t edges = 0;
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++)
    edges += berth_plan_step_at(plan, i)->after_count;
  getrusage(RUSAGE_SELF, &usage);
  printf(
      "solve %.2f s: apply %.2f presolve %.2f search %.2f sequence %.2f explain %.2f check %.2f\n",
      seconds, s.apply_seconds, s.presolve_seconds, s.search_seconds, s.sequence_seconds,
      s.explain_seconds, s.check_seconds);
  printf("%s, %u steps, %llu pairs in order, peak %.0f MiB\n",
         berth_outcome_word(berth_plan_status(plan)), (unsigned)berth_plan_step_count(plan),
         (unsigned long long)edges, (double)usage.ru_maxrss / 1024.0);
  const berth_plan_level *last = berth_plan_level_at(plan, berth_plan_level_count(plan) - 1);
  printf("%s %lld, bound %lld\n", berth_level_name(last->level), (long long)last->value,
         (long long)last->bound);
  berth_plan_free(plan);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*build)(bench *b, long count);
  } cases[] = {
      {"chain", build_chain},       {"groups", build_groups},         {"crowd", build_crowd},
      {"pairs", build_pairs},       {"components", build_components}, {"classes", build_classes},
      {"unplaced", build_unplaced}, {"moves", build_moves},           {"waits", build_waits}};
  bench b = {0};
  const berth_inventory *inventory = NULL;
  berth_scenario *scenario = NULL;
  if (argc != 3 || berth_context_new(NULL, &b.ctx) != BERTH_OK)
    return 2;
  if (strcmp(argv[1], "evacuate") == 0) {
    const char *source = argv[2];
    expect(&b, berth_read_inventory(b.ctx, &source, 1, BERTH_DIALECT_AUTO, NULL, &inventory));
    scenario = empty_every_20th(&b, inventory);
  }
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    berth_cluster_spec cluster = BERTH_CLUSTER_SPEC_INIT;
    if (strcmp(argv[1], cases[i].name) != 0)
      continue;
    cluster.id = "c";
    expect(&b, berth_builder_new(b.ctx, &b.builder));
    expect(&b, berth_builder_add_cluster(b.builder, &cluster, &b.cluster));
    cases[i].build(&b, strtol(argv[2], NULL, 10));
    berth_inventory *frozen = NULL;
    expect(&b, berth_builder_freeze(b.builder, &frozen));
    berth_builder_free(b.builder);
    inventory = frozen;
  }
  if (inventory != NULL)
    solve(&b, inventory, scenario);
  berth_scenario_free(scenario);
  berth_inventory_release(inventory);
  berth_context_free(b.ctx);
  return inventory != NULL ? 0 : 2;
}
