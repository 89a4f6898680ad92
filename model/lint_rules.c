/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Must rules that leave a VM one host or none, and rules that HA does not keep. A disabled rule has
 * been reported by freezing and is not looked at again.
 */
#include "lint_internal.h"
#include <assert.h>
#include <inttypes.h>

static bool binds(const frozen_rule *rule, berth_rule_type type) {
  return rule->enabled && rule->strength == BERTH_MUST && rule->type == type;
}

static bool lists_host(const frozen_rule *rule, uint32_t host) {
  uint32_t low = 0, high = rule->host_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (rule->hosts[middle] < host)
      low = middle + 1;
    else
      high = middle;
  }
  assert(low <= rule->host_count);
  return low < rule->host_count && rule->hosts[low] == host;
}

bool lint_rules_allow(const berth_inventory *inventory, uint32_t vm, uint32_t host) {
  assert(host < inventory->host_count);
  for (uint32_t i = inventory->vm_rule_start[vm]; i < inventory->vm_rule_start[vm + 1]; i++) {
    const frozen_rule *rule = &inventory->rules[inventory->vm_rules[i]];
    if (binds(rule, BERTH_RULE_RUN_ON) && !lists_host(rule, host))
      return false;
    if (binds(rule, BERTH_RULE_NOT_RUN_ON) && lists_host(rule, host))
      return false;
  }
  return true;
}

const frozen_rule *lint_tightest_rule(const berth_inventory *inventory, uint32_t vm) {
  const frozen_rule *tightest = NULL;
  for (uint32_t i = inventory->vm_rule_start[vm]; i < inventory->vm_rule_start[vm + 1]; i++) {
    const frozen_rule *rule = &inventory->rules[inventory->vm_rules[i]];
    if (binds(rule, BERTH_RULE_RUN_ON) &&
        (tightest == NULL || rule->host_count < tightest->host_count))
      tightest = rule;
  }
  assert(tightest == NULL || tightest->enabled);
  return tightest;
}

/* ---------------------------------------------------------------------------- hosts left */

/* What the must rules of a VM leave; counting ends at two hosts that serve. */
typedef struct hosts_left {
  uint32_t allowed, serving; /* of all hosts; of those that serve */
  uint32_t host, server;     /* one of them, if any */
} hosts_left;

static void count_host(const linting *lint, uint32_t vm, uint32_t host, hosts_left *left) {
  if (!lint_rules_allow(lint->inventory, vm, host))
    return;
  left->allowed++;
  left->host = host;
  if (lint_serves(lint->inventory, host)) {
    left->serving++;
    left->server = host;
  }
}

static bool has_host_rule(const berth_inventory *inventory, uint32_t vm) {
  for (uint32_t i = inventory->vm_rule_start[vm]; i < inventory->vm_rule_start[vm + 1]; i++) {
    const frozen_rule *rule = &inventory->rules[inventory->vm_rules[i]];
    if (binds(rule, BERTH_RULE_RUN_ON) || binds(rule, BERTH_RULE_NOT_RUN_ON))
      return true;
  }
  return false;
}

/* False: too many looks. */
static bool count_left(linting *lint, uint32_t vm, hosts_left *left) {
  const berth_inventory *inventory = lint->inventory;
  const frozen_cluster *cluster = &inventory->clusters[inventory->vm_cluster[vm]];
  const frozen_rule *tightest = lint_tightest_rule(inventory, vm);
  *left = (hosts_left){.host = BERTH_NONE, .server = BERTH_NONE};
  uint32_t count = tightest != NULL ? tightest->host_count : cluster->host_count;
  for (uint32_t i = 0; i < count && left->serving < 2 && lint_look(lint); i++)
    count_host(lint, vm, tightest != NULL ? tightest->hosts[i] : cluster->first_host + i, left);
  return lint->work >= 0;
}

/* Whether two hosts of the cluster serve at all. */
static bool two_serve(const berth_inventory *inventory, const frozen_cluster *cluster) {
  uint32_t serving = 0;
  for (uint32_t h = 0; h < cluster->host_count && serving < 2; h++)
    serving += lint_serves(inventory, cluster->first_host + h);
  return serving == 2;
}

void lint_rules_leave_no_host(linting *lint) {
  const berth_inventory *inventory = lint->inventory;
  assert(inventory->vm_rule_start != NULL || inventory->vm_count == 0);
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++) {
    hosts_left left;
    if (!has_host_rule(inventory, vm) || !count_left(lint, vm, &left))
      continue;
    if (left.allowed == 0)
      lint_find(lint, BERTH_LINT_RULES_LEAVE_NO_HOST,
                "VM \"%s\" may run on no host; its must rules leave none", inventory->vm_id[vm]);
    else if (left.serving == 0 && inventory->vm_power[vm] == BERTH_POWER_ON)
      lint_find(lint, BERTH_LINT_RULES_LEAVE_NO_HOST,
                "VM \"%s\" may run on no host that serves; host \"%s\", to which its must rules "
                "let it go, is in state %s",
                inventory->vm_id[vm], inventory->host_id[left.host],
                berth_host_state_word((berth_host_state)inventory->host_state[left.host]));
  }
  lint_close(lint);
}

static bool is_pinned_by_one(const berth_inventory *inventory, uint32_t vm) {
  const frozen_rule *tightest = lint_tightest_rule(inventory, vm);
  return tightest != NULL && tightest->host_count == 1;
}

static void lint_pinned_by_several(linting *lint, uint32_t vm) {
  const berth_inventory *inventory = lint->inventory;
  const frozen_cluster *cluster = &inventory->clusters[inventory->vm_cluster[vm]];
  hosts_left left;
  if (!count_left(lint, vm, &left) ||
      (left.serving == 0 && inventory->vm_power[vm] == BERTH_POWER_ON))
    return; /* told as a VM that has no host */
  if (left.allowed == 1 && cluster->host_count > 1)
    lint_find(lint, BERTH_LINT_PINNED_TO_ONE_HOST,
              "VM \"%s\" may run on host \"%s\" only; its must rules leave no other",
              inventory->vm_id[vm], inventory->host_id[left.host]);
  else if (left.serving == 1 && lint_is_restarted(inventory, cluster, vm) &&
           two_serve(inventory, cluster))
    lint_find(lint, BERTH_LINT_PINNED_TO_ONE_HOST,
              "VM \"%s\" may run on host \"%s\" only; its must rules leave no other that serves",
              inventory->vm_id[vm], inventory->host_id[left.server]);
}

void lint_pinned_to_one_host(linting *lint) {
  const berth_inventory *inventory = lint->inventory;
  for (uint32_t r = 0; r < inventory->rule_count; r++) {
    const frozen_rule *rule = &inventory->rules[r];
    if (binds(rule, BERTH_RULE_RUN_ON) && rule->host_count == 1 && rule->vm_count > 0)
      lint_find(lint, BERTH_LINT_PINNED_TO_ONE_HOST,
                "rule \"%s\" pins %" PRIu32
                " VM%s to host \"%s\"; if that fails, nothing may restart them",
                rule->id, rule->vm_count, rule->vm_count == 1 ? "" : "s",
                inventory->host_id[rule->hosts[0]]);
  }
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++)
    if (has_host_rule(inventory, vm) && !is_pinned_by_one(inventory, vm))
      lint_pinned_by_several(lint, vm);
  lint_close(lint);
}

/* ---------------------------------------------------------------------------- HA */

void lint_apart_not_kept_by_ha(linting *lint) {
  const berth_inventory *inventory = lint->inventory;
  for (uint32_t c = 0; c < inventory->cluster_count; c++) {
    const frozen_cluster *cluster = &inventory->clusters[c];
    const char *first = NULL;
    uint32_t count = 0;
    for (uint32_t r = cluster->first_rule; r < cluster->first_rule + cluster->rule_count; r++)
      if (binds(&inventory->rules[r], BERTH_RULE_APART) && inventory->rules[r].vm_count > 1)
        first = count++ == 0 ? inventory->rules[r].id : first;
    assert((count == 0) == (first == NULL));
    if (count > 0 && cluster->set_up.ha_enabled && !cluster->set_up.respect_anti_affinity)
      lint_find(lint, BERTH_LINT_APART_NOT_KEPT_BY_HA,
                "HA may restart together what rule \"%s\"%s must keep apart; respectAntiAffinity "
                "of cluster \"%s\" is off",
                first, count > 1 ? ", among others," : "", cluster->id);
  }
  lint_close(lint);
}
