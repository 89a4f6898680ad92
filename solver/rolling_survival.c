/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The test of consolidation (survival.h), asked of a state that nothing is planned for: all VMs
 * stay, and the hosts that are online serve.
 */
#include "rolling_survival.h"
#include <assert.h>

static bool take_cluster(const berth_inventory *now, uint32_t cluster, arena *memory,
                         component *all) {
  const frozen_cluster *of = &now->clusters[cluster];
  uint32_t *hosts = arena_take(memory, of->host_count, sizeof *hosts);
  uint32_t *vms = arena_take(memory, of->vm_count, sizeof *vms);
  *all = (component){.host_count = of->host_count, .hosts = hosts, .vms = vms};
  if (hosts == NULL || vms == NULL)
    return false;
  for (uint32_t h = 0; h < of->host_count; h++)
    hosts[h] = of->first_host + h;
  for (uint32_t vm = of->first_vm; vm < of->first_vm + of->vm_count; vm++) {
    item_kind kind;
    if (problem_item_kind(now, vm, &kind))
      vms[all->vm_count++] = vm;
  }
  return true;
}

static bool test_cluster(const berth_inventory *now, uint32_t cluster, uint32_t failures,
                         arena *memory, search_clock *clock, survival_verdict *verdict) {
  problem p;
  placement end;
  problem_scratch scratch;
  component all;
  problem_aim aim = {.goal = BERTH_GOAL_REPAIR, .settings = BERTH_PLAN_SETTINGS_INIT};
  aim.settings.keep_failures = failures;
  if (!take_cluster(now, cluster, memory, &all) || !problem_scratch_init(&scratch, memory, now) ||
      !problem_build(&p, memory, now, &aim, cluster, &all, &scratch) ||
      !placement_init(&end, &p, memory))
    return false;
  uint8_t *serves = arena_take(memory, p.host_count, 1);
  survival *s = survival_new(&p, memory);
  if (serves == NULL || s == NULL)
    return false;
  for (uint32_t h = 0; h < p.host_count; h++)
    serves[h] = p.host_open[h] && now->host_state[p.host[h]] == BERTH_HOST_ONLINE;
  *verdict = survival_test(s, &end, serves, clock);
  assert(*verdict <= SURVIVAL_OPEN);
  return true;
}

berth_status rolling_survival(berth_context *ctx, const berth_inventory *now, uint32_t failures,
                              int64_t milliseconds, const uint32_t *counts,
                              survival_verdict *verdicts) {
  search_clock clock;
  berth_status status = BERTH_OK;
  search_clock_start(&clock, ctx, milliseconds);
  for (uint32_t c = 0; c < now->cluster_count && status == BERTH_OK; c++) {
    arena memory;
    verdicts[c] = SURVIVAL_PROVED;
    if (counts[c] == 0)
      continue;
    arena_init(&memory, context_allocator(ctx));
    if (!test_cluster(now, c, failures, &memory, &clock, &verdicts[c]))
      status = context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
    arena_free(&memory);
  }
  return status;
}
