/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may move, and where it may arrive (docs/model.md §1 and §2), for each migration, restart and
 * power-on by itself.
 */
#include "check_internal.h"
#include "node_packing.h"
#include <assert.h>
#include <string.h>

static void check_mover(check *c, uint32_t i) {
  const check_step *step = &c->steps[i];
  const berth_inventory *inventory = c->inventory;
  const char *why = NULL;
  vm_part part = (vm_part)c->vm_part[step->vm];
  assert(step->sound && c->vm_first[step->vm] != BERTH_NONE);
  if (step->type == BERTH_STEP_RESTART) {
    if (part != VM_DISPLACED)
      why = part == VM_DISABLED ? "its restart is disabled" : "it is not displaced";
  } else if (step->type == BERTH_STEP_POWER_ON) {
    if (part != VM_WAITING)
      why = "it does not wait for a host";
  } else if (part != VM_RUNNING) {
    why = "it does not run at the start";
  } else if (!inventory->vm_movable[step->vm]) {
    why = "it is not movable";
  } else if (inventory->host_state[inventory->vm_host[step->vm]] != BERTH_HOST_ONLINE &&
             !check_leaving(c, inventory->vm_host[step->vm])) {
    why = "its host is out of reach";
  }
  if (why != NULL)
    check_fault(c, BERTH_FAULT_NOT_MOVABLE, i, "step %u is a %s of VM \"%s\", but %s", i + 1,
                berth_step_type_word(step->type), check_vm_name(c, step->vm), why);
}

static const char *host_obstacle(const check *c, uint32_t vm, uint32_t host, bool displaced) {
  const berth_inventory *inventory = c->inventory;
  assert(vm < inventory->vm_count && host < inventory->host_count);
  if (inventory->vm_cluster[vm] != inventory->host_cluster[host])
    return "is in another cluster";
  if (inventory->host_state[host] == BERTH_HOST_STANDBY) {
    if (inventory->host_wake[host] == BERTH_WAKE_NONE)
      return "is in standby and cannot be woken";
    if (!berth_goal_may_wake(c->goal))
      return "is in standby, and the goal wakes no host";
  } else if (inventory->host_state[host] != BERTH_HOST_ONLINE) {
    return "is not online";
  }
  if (check_dedicated(c, host) && !displaced)
    return "is a dedicated failover host";
  return NULL;
}

static void check_host_takes(check *c, uint32_t i) {
  const check_step *step = &c->steps[i];
  const char *obstacle = host_obstacle(c, step->vm, step->to, c->vm_part[step->vm] == VM_DISPLACED);
  if (obstacle != NULL)
    check_fault(c, BERTH_FAULT_HOST_STATE, i, "step %u brings VM \"%s\" to host \"%s\", which %s",
                i + 1, check_vm_name(c, step->vm), check_host_name(c, step->to), obstacle);
}

static bool rule_forbids(const frozen_rule *rule, uint32_t host) {
  if (!rule->enabled || rule->strength != BERTH_MUST)
    return false;
  if (rule->type == BERTH_RULE_RUN_ON)
    return !check_rule_lists_host(rule, host);
  return rule->type == BERTH_RULE_NOT_RUN_ON && check_rule_lists_host(rule, host);
}

static void check_host_rules(check *c, uint32_t i) {
  const check_step *step = &c->steps[i];
  const berth_inventory *inventory = c->inventory;
  for (uint32_t k = inventory->vm_rule_start[step->vm]; k < inventory->vm_rule_start[step->vm + 1];
       k++) {
    const frozen_rule *rule = &inventory->rules[inventory->vm_rules[k]];
    if (rule_forbids(rule, step->to))
      check_fault(c, BERTH_FAULT_RULE_HOST, i,
                  "step %u brings VM \"%s\" to host \"%s\", against rule \"%s\"", i + 1,
                  check_vm_name(c, step->vm), check_host_name(c, step->to), rule->id);
  }
}

/* The first of `needed` that `offered` lacks, or BERTH_NONE; both ascend. */
static uint32_t first_missing(const uint32_t *needed, uint32_t needed_count,
                              const uint32_t *offered, uint32_t offered_count) {
  uint32_t at = 0;
  for (uint32_t i = 0; i < needed_count; i++) {
    assert(i == 0 || needed[i - 1] <= needed[i]);
    while (at < offered_count && offered[at] < needed[i])
      at++;
    if (at == offered_count || offered[at] != needed[i])
      return needed[i];
  }
  return BERTH_NONE;
}

static void report_missing(check *c, uint32_t i, const char *kind, const char *const *names,
                           uint32_t missing) {
  if (missing != BERTH_NONE)
    check_fault(c, BERTH_FAULT_REACH, i,
                "step %u brings VM \"%s\" to host \"%s\", which does not reach %s \"%s\"", i + 1,
                check_vm_name(c, c->steps[i].vm), check_host_name(c, c->steps[i].to), kind,
                names[missing]);
}

static uint32_t missing_network(const berth_inventory *inventory, uint32_t vm, uint32_t host) {
  const uint32_t *need = &inventory->vm_network_start[vm];
  const uint32_t *offer = &inventory->host_network_start[host];
  return first_missing(&inventory->vm_networks[need[0]], need[1] - need[0],
                       &inventory->host_networks[offer[0]], offer[1] - offer[0]);
}

static uint32_t missing_datastore(const berth_inventory *inventory, uint32_t vm, uint32_t host) {
  const uint32_t *need = &inventory->vm_datastore_start[vm];
  const uint32_t *offer = &inventory->host_datastore_start[host];
  return first_missing(&inventory->vm_datastores[need[0]], need[1] - need[0],
                       &inventory->host_datastores[offer[0]], offer[1] - offer[0]);
}

static void check_reach(check *c, uint32_t i) {
  const berth_inventory *inventory = c->inventory;
  uint32_t vm = c->steps[i].vm, host = c->steps[i].to;
  report_missing(c, i, "network", inventory->network_name, missing_network(inventory, vm, host));
  report_missing(c, i, "datastore", inventory->datastore_name,
                 missing_datastore(inventory, vm, host));
}

/* A guest keeps to the make of CPU it was started on; a restart may change it. */
static const char *started_on(const berth_inventory *inventory, const check_step *step) {
  uint32_t home = inventory->vm_host[step->vm];
  return step->type == BERTH_STEP_MIGRATE && home != BERTH_NONE ? inventory->host_cpu_vendor[home]
                                                                : NULL;
}

static bool level_too_high(const berth_inventory *inventory, uint32_t vm, uint32_t host) {
  int64_t need = inventory->vm_evc_level[vm], offer = inventory->host_evc_level[host];
  return need != BERTH_UNSET && offer != BERTH_UNSET && need > offer;
}

static bool other_vendor(const char *source, const char *vendor) {
  return source != NULL && vendor != NULL && strcmp(source, vendor) != 0;
}

static void check_processor(check *c, uint32_t i) {
  const check_step *step = &c->steps[i];
  const berth_inventory *inventory = c->inventory;
  const char *vendor = inventory->host_cpu_vendor[step->to];
  const char *source = started_on(inventory, step);
  if (level_too_high(inventory, step->vm, step->to))
    check_fault(c, BERTH_FAULT_REACH, i,
                "step %u brings VM \"%s\" of EVC level %lld to host \"%s\" of level %lld", i + 1,
                check_vm_name(c, step->vm), (long long)inventory->vm_evc_level[step->vm],
                check_host_name(c, step->to), (long long)inventory->host_evc_level[step->to]);
  if (other_vendor(source, vendor))
    check_fault(c, BERTH_FAULT_REACH, i,
                "step %u migrates VM \"%s\" from a CPU of %s to one of %s on host \"%s\"", i + 1,
                check_vm_name(c, step->vm), source, vendor, check_host_name(c, step->to));
}

bool check_may_arrive(const check *c, uint32_t vm, uint32_t host, check_arrival how) {
  const berth_inventory *inventory = c->inventory;
  bool restarts = how == ARRIVAL_RESTART || c->vm_part[vm] != VM_RUNNING;
  bool displaced = how == ARRIVAL_RESTART || c->vm_part[vm] == VM_DISPLACED;
  if (host_obstacle(c, vm, host, displaced) != NULL || level_too_high(inventory, vm, host) ||
      missing_network(inventory, vm, host) != BERTH_NONE ||
      missing_datastore(inventory, vm, host) != BERTH_NONE ||
      !node_packing_admits(inventory, vm, host))
    return false;
  if (!restarts && other_vendor(inventory->host_cpu_vendor[inventory->vm_host[vm]],
                                inventory->host_cpu_vendor[host]))
    return false;
  for (uint32_t k = inventory->vm_rule_start[vm]; k < inventory->vm_rule_start[vm + 1]; k++)
    if (rule_forbids(&inventory->rules[inventory->vm_rules[k]], host))
      return false;
  return true;
}

void check_arrivals(check *c) {
  for (uint32_t i = 0; i < c->step_count; i++) {
    if (c->steps[i].vm == BERTH_NONE)
      continue;
    assert(c->steps[i].sound);
    check_mover(c, i);
    check_host_takes(c, i);
    check_host_rules(c, i);
    check_reach(c, i);
    check_processor(c, i);
  }
}
