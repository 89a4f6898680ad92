/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Admission control against maintenance. The figures are those of the policy as it is set up; a
 * host that would leave takes its slots, or its share of the sums, with it, while the VMs stay in
 * the cluster and go on to count. So every host is judged from the figures of all in a few steps.
 */
#include "admission_policy.h"
#include "checked.h"
#include "context_internal.h"
#include "lint_internal.h"
#include "versioned.h"
#include <assert.h>
#include <berth/policy_lint.h>
#include <inttypes.h>
#include <stdio.h>

__extension__ typedef __int128 wide;

enum { TEXT = 160 };

/* What a policy lacks. */
typedef struct lack {
  int64_t slots, cpu_mhz, memory_mib; /* > 0: short by so many */
  bool hosts;                         /* percentages take two */
} lack;

typedef struct judgement {
  linting *lint;
  const berth_inventory *inventory;
  const frozen_cluster *cluster;
  const admission_policy *policy;
} judgement;

static bool lacks(const lack *l) {
  return l->slots > 0 || l->cpu_mhz > 0 || l->memory_mib > 0 || l->hosts;
}

/* How much more of a resource would have to be free. */
static int64_t share_lack(int64_t capacity, int64_t needed, int64_t num, int64_t den) {
  assert(den > 0);
  wide kept = ((wide)num * capacity + den - 1) / den;
  wide missing = kept - (capacity - needed);
  return missing > 0 ? (int64_t)missing : 0;
}

/* What percentages lack with so much less capacity, and so many hosts. */
static lack percentage_lack(const judgement *j, int64_t less_cpu, int64_t less_memory,
                            uint32_t hosts) {
  const berth_audit_policy *f = &j->policy->figures;
  const berth_cluster_spec *set_up = &j->cluster->set_up;
  int64_t all = larger_i64(1, hosts);
  bool own_cpu = set_up->reserve_cpu_percent != BERTH_UNSET;
  bool own_memory = set_up->reserve_memory_percent != BERTH_UNSET;
  return (lack){.cpu_mhz = share_lack(f->cpu.capacity - less_cpu, f->cpu.needed,
                                      own_cpu ? set_up->reserve_cpu_percent : f->failures,
                                      own_cpu ? 100 : all),
                .memory_mib = share_lack(f->memory.capacity - less_memory, f->memory.needed,
                                         own_memory ? set_up->reserve_memory_percent : f->failures,
                                         own_memory ? 100 : all),
                .hosts = hosts < 2};
}

/* Slots left when a host with so many has left, and then the largest have failed. */
static int64_t slots_left(const admission_policy *policy, int64_t slots) {
  const berth_audit_policy *f = &policy->figures;
  int64_t left = f->slots - slots;
  uint32_t failures = f->failures < policy->host_count ? f->failures : policy->host_count;
  bool among = failures > 0 && slots >= policy->slots[failures - 1];
  for (uint32_t i = 0; i < failures; i++)
    left -= policy->slots[i];
  if (among) /* it does not fail, the next does */
    left += slots - (failures < policy->host_count ? policy->slots[failures] : 0);
  assert(left >= 0);
  return left;
}

static lack lack_without(const judgement *j, uint32_t host) {
  const berth_inventory *inventory = j->inventory;
  const int64_t *capacity = inventory->host_capacity + (size_t)host * inventory->resource_count;
  if (j->cluster->set_up.admission == BERTH_ADMISSION_SLOTS) {
    int64_t slots = admission_policy_host_slots(inventory, &j->policy->figures, host);
    int64_t left = slots_left(j->policy, slots);
    return (lack){.slots = larger_i64(0, j->policy->figures.slots_used - left)};
  }
  assert(j->policy->host_count > 0);
  return percentage_lack(j, capacity[BERTH_RESOURCE_CPU], capacity[BERTH_RESOURCE_MEMORY],
                         j->policy->host_count - 1);
}

static lack lack_now(const judgement *j) {
  if (j->cluster->set_up.admission == BERTH_ADMISSION_SLOTS)
    return (lack){.slots = j->policy->figures.slots_short};
  return percentage_lack(j, 0, 0, j->policy->host_count);
}

static void write_lack(const lack *l, char *text) {
  assert(lacks(l));
  if (l->slots > 0)
    snprintf(text, TEXT, "%" PRId64 " slot%s short", l->slots, l->slots == 1 ? "" : "s");
  else if (l->cpu_mhz > 0 && l->memory_mib > 0)
    snprintf(text, TEXT, "%" PRId64 " MHz and %" PRId64 " MiB short", l->cpu_mhz, l->memory_mib);
  else if (l->cpu_mhz > 0)
    snprintf(text, TEXT, "%" PRId64 " MHz short", l->cpu_mhz);
  else if (l->memory_mib > 0)
    snprintf(text, TEXT, "%" PRId64 " MiB short", l->memory_mib);
  else
    snprintf(text, TEXT, "left with fewer than two hosts");
}

/* ---------------------------------------------------------------------------- as it is */

static uint32_t running_on(const berth_inventory *inventory, uint32_t host) {
  uint32_t on = 0;
  for (uint32_t i = inventory->host_vm_start[host]; i < inventory->host_vm_start[host + 1]; i++)
    on += inventory->vm_power[inventory->host_vms[i]] == BERTH_POWER_ON;
  return on;
}

/* Hosts that are being emptied are no longer counted: what lacks, lacks without them. */
static uint32_t lint_entering(const judgement *j, const char *lacking) {
  const berth_inventory *inventory = j->inventory;
  const frozen_cluster *cluster = j->cluster;
  uint32_t entering = 0;
  for (uint32_t h = cluster->first_host; h < cluster->first_host + cluster->host_count; h++) {
    if (inventory->host_state[h] != BERTH_HOST_ENTERING_MAINTENANCE)
      continue;
    uint32_t on = running_on(inventory, h);
    entering += on > 0;
    if (on > 0)
      lint_find(j->lint, BERTH_LINT_ADMISSION_BLOCKS_MAINTENANCE,
                "host \"%s\" is entering maintenance, but its %" PRIu32
                " VM%s may have to stay: without it admission control (%s) of cluster \"%s\" is %s",
                inventory->host_id[h], on, on == 1 ? "" : "s",
                berth_admission_word(cluster->set_up.admission), cluster->id, lacking);
  }
  return entering;
}

static void lint_unsatisfied(const judgement *j, const lack *now) {
  char lacking[TEXT];
  write_lack(now, lacking);
  if (lint_entering(j, lacking) == 0)
    lint_find(j->lint, BERTH_LINT_ADMISSION_UNSATISFIED,
              "admission control (%s) of cluster \"%s\" is %s; no VM may be powered on",
              berth_admission_word(j->cluster->set_up.admission), j->cluster->id, lacking);
}

/* ---------------------------------------------------------------------------- maintenance */

static void lint_maintenance(const judgement *j) {
  const frozen_cluster *cluster = j->cluster;
  uint32_t kept = 0, first = BERTH_NONE;
  char lacking[TEXT] = "", allowed[32] = "none";
  for (uint32_t h = cluster->first_host; h < cluster->first_host + cluster->host_count; h++) {
    if (j->inventory->host_state[h] != BERTH_HOST_ONLINE)
      continue;
    lack without = lack_without(j, h);
    if (!lacks(&without))
      continue;
    if (kept++ == 0) {
      first = h;
      write_lack(&without, lacking);
    }
  }
  if (kept == 0)
    return;
  assert(kept <= j->policy->host_count && first != BERTH_NONE);
  if (kept < j->policy->host_count)
    snprintf(allowed, sizeof allowed, "%" PRIu32, j->policy->host_count - kept);
  lint_find(j->lint, BERTH_LINT_ADMISSION_LIMITS_MAINTENANCE,
            "admission control (%s) of cluster \"%s\" lets %s of %" PRIu32
            " hosts enter maintenance: without \"%s\"%s it is %s",
            berth_admission_word(cluster->set_up.admission), cluster->id, allowed,
            j->policy->host_count, j->inventory->host_id[first], kept > 1 ? ", for one," : "",
            lacking);
}

static void lint_degradation(const judgement *j) {
  const berth_audit_policy *f = &j->policy->figures;
  if (f->degradation_cpu || f->degradation_memory)
    lint_find(j->lint, BERTH_LINT_DEGRADED_AFTER_FAILURE,
              "after %" PRIu32 " failure%s of cluster \"%s\" VMs lose more than %" PRId64
              " %% of the %s that they use now",
              f->failures, f->failures == 1 ? "" : "s", j->cluster->id,
              j->cluster->set_up.degradation_percent,
              !f->degradation_memory ? "cpu"
              : f->degradation_cpu   ? "cpu and memory"
                                     : "memory");
}

static bool lint_cluster(linting *lint, uint32_t cluster) {
  const frozen_cluster *of = &lint->inventory->clusters[cluster];
  admission_policy policy;
  if (!of->set_up.ha_enabled || of->set_up.admission == BERTH_ADMISSION_NONE)
    return true;
  if (!admission_policy_compute(lint->inventory, cluster, &lint->memory, &policy))
    return false;
  judgement j = {.lint = lint, .inventory = lint->inventory, .cluster = of, .policy = &policy};
  if (of->set_up.admission != BERTH_ADMISSION_DEDICATED) {
    lack now = lack_now(&j);
    if (lacks(&now))
      lint_unsatisfied(&j, &now);
    else
      lint_maintenance(&j);
  }
  lint_degradation(&j);
  return true;
}

berth_status berth_lint_admission(berth_context *ctx, const berth_inventory *inventory,
                                  const berth_lint_request *request) {
  assert(ctx != NULL);
  if (inventory == NULL)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "no inventory");
  berth_lint_request own = BERTH_LINT_REQUEST_INIT;
  berth_status status = versioned_read(ctx, "a request for findings", request, &own,
                                       VERSIONED_SIZE(berth_lint_request, source));
  if (status != BERTH_OK)
    return status;
  linting lint = lint_begin(ctx, inventory, &own);
  bool complete = true;
  for (uint32_t c = 0; c < inventory->cluster_count && complete; c++)
    complete = lint_cluster(&lint, c);
  return lint_end(&lint, complete);
}
