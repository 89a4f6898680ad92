/* SPDX-License-Identifier: Apache-2.0 */
/*
 * solve_under_load: what equal seed and threads promise. A cluster that the neighbourhood search
 * has to work on is solved with one worker and with two, on a machine that has nothing else to do
 * and beside threads that take what they get: each time with the same plan. Through the public
 * headers only.
 */
#include <berth/solve.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum { HOSTS = 20, VMS_A_HOST = 6, GROUPS = 12, MEMBERS = 5, BUSY_THREADS = 3 };

static uint64_t next_number(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *state >> 33;
}

static bool add_hosts(berth_builder *builder, uint32_t cluster) {
  bool ok = true;
  for (int h = 0; h < HOSTS && ok; h++) {
    char id[16];
    uint32_t index;
    berth_host_spec host = BERTH_HOST_SPEC_INIT;
    (void)snprintf(id, sizeof id, "h%d", h);
    host.id = id;
    host.cpu_mhz = host.memory_mib = 1000;
    host.state = h < 2 ? BERTH_HOST_FAILED : BERTH_HOST_ONLINE;
    ok = berth_builder_add_host(builder, cluster, &host, &index) == BERTH_OK;
  }
  return ok;
}

static bool add_vms(berth_builder *builder, uint32_t cluster) {
  uint64_t state = 11;
  bool ok = true;
  for (int v = 0; v < HOSTS * VMS_A_HOST && ok; v++) {
    char id[16], host[16];
    uint32_t index;
    berth_vm_spec vm = BERTH_VM_SPEC_INIT;
    (void)snprintf(id, sizeof id, "v%d", v);
    (void)snprintf(host, sizeof host, "h%d", v % HOSTS);
    vm.id = id;
    vm.host = host;
    vm.power = BERTH_POWER_ON;
    vm.memory_mib = 80 + (int64_t)(next_number(&state) % 80);
    ok = berth_builder_add_vm(builder, cluster, &vm, &index) == BERTH_OK;
  }
  return ok;
}

/* Each group should not share a host, and shares some at the start: what columns do not know. */
static bool add_rules(berth_builder *builder, uint32_t cluster) {
  bool ok = true;
  for (int g = 0; g < GROUPS && ok; g++) {
    char id[16], vms[128];
    int length = 0;
    berth_rule_spec rule = BERTH_RULE_SPEC_INIT;
    (void)snprintf(id, sizeof id, "apart%d", g);
    for (int i = 0; i < MEMBERS; i++)
      length += snprintf(vms + length, sizeof vms - (size_t)length, "%sv%d", i > 0 ? " " : "",
                         (g * 7 + (i % 2 == 0 ? i * HOSTS : i)) % (HOSTS * VMS_A_HOST));
    rule.id = id;
    rule.type = BERTH_RULE_APART;
    rule.strength = g % 2 == 0 ? BERTH_MUST : BERTH_SHOULD;
    rule.vms = vms;
    ok = berth_builder_add_rule(builder, cluster, &rule, NULL) == BERTH_OK;
  }
  return ok;
}

static berth_inventory *build(berth_context *ctx) {
  berth_builder *builder = NULL;
  berth_inventory *inventory = NULL;
  uint32_t cluster;
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  spec.id = "c";
  if (berth_builder_new(ctx, &builder) == BERTH_OK &&
      berth_builder_add_cluster(builder, &spec, &cluster) == BERTH_OK &&
      add_hosts(builder, cluster) && add_vms(builder, cluster) && add_rules(builder, cluster))
    (void)berth_builder_freeze(builder, &inventory);
  berth_builder_free(builder);
  return inventory;
}

static uint64_t mix(uint64_t digest, uint64_t value) {
  return (digest ^ value) * UINT64_C(0x100000001b3);
}

static uint64_t digest_of(const berth_plan *plan) {
  uint64_t digest = UINT64_C(0xcbf29ce484222325);
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++) {
    const berth_plan_level *level = berth_plan_level_at(plan, i);
    digest = mix(mix(digest, (uint64_t)level->value), (uint64_t)level->bound);
  }
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++) {
    const berth_plan_step *step = berth_plan_step_at(plan, i);
    digest = mix(mix(mix(digest, step->vm), step->to), (uint64_t)step->end.latest);
  }
  return digest;
}

/* 0 = it failed. */
static uint64_t solve(berth_context *ctx, const berth_inventory *inventory, int threads,
                      uint64_t *programs) {
  berth_options options;
  berth_plan *plan = NULL;
  berth_solve_statistics statistics = {.struct_size = sizeof statistics};
  berth_request request = BERTH_REQUEST_INIT;
  uint64_t digest = 0;
  berth_options_init(&options);
  request.options = &options;
  if (berth_options_set(ctx, &options, BERTH_OPTION_THREADS, threads) == BERTH_OK &&
      berth_solve(ctx, inventory, &request, &statistics, &plan) == BERTH_OK)
    digest = digest_of(plan);
  *programs = statistics.integer_programs;
  berth_plan_free(plan);
  return digest;
}

static void *keep_busy(void *stop) {
  while (!atomic_load((atomic_bool *)stop)) {
  }
  return NULL;
}

static uint64_t solve_beside_others(berth_context *ctx, const berth_inventory *inventory,
                                    int threads, uint64_t *programs) {
  atomic_bool stop = false;
  pthread_t busy[BUSY_THREADS];
  int started = 0;
  while (started < BUSY_THREADS && pthread_create(&busy[started], NULL, keep_busy, &stop) == 0)
    started++;
  uint64_t digest = solve(ctx, inventory, threads, programs);
  atomic_store(&stop, true);
  for (int i = 0; i < started; i++)
    (void)pthread_join(busy[i], NULL);
  return digest;
}

int main(void) {
  berth_context *ctx = NULL;
  berth_inventory *inventory = NULL;
  int failed = 1;
  if (berth_context_new(NULL, &ctx) == BERTH_OK && (inventory = build(ctx)) != NULL)
    failed = 0;
  for (int threads = 1; threads <= 2 && inventory != NULL; threads++) {
    uint64_t programs = 0, loaded_programs = 0;
    uint64_t calm = solve(ctx, inventory, threads, &programs);
    uint64_t loaded = solve_beside_others(ctx, inventory, threads, &loaded_programs);
    bool same = calm != 0 && calm == loaded && programs == loaded_programs;
    (void)printf("%d threads: %s, %llu integer programs\n", threads, same ? "same" : "different",
                 (unsigned long long)programs);
    failed += !same || programs == 0;
  }
  berth_inventory_release(inventory);
  berth_context_free(ctx);
  return failed == 0 ? 0 : 1;
}
