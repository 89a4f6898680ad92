/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inventory is thawed, its hosts and VMs are given the state of the moment, rules that HA does
 * not look at are left out, and it is frozen again.
 */
#include "timeline_view.h"
#include "builder_internal.h"
#include "context_internal.h"
#include "freeze_internal.h"
#include "thaw.h"
#include <assert.h>

bool timeline_rule_holds(const berth_inventory *inventory, const frozen_rule *rule) {
  const berth_cluster_spec *set_up = &inventory->clusters[rule->cluster].set_up;
  if (!rule->enabled)
    return false;
  switch (rule->type) {
  case BERTH_RULE_RUN_ON:
  case BERTH_RULE_NOT_RUN_ON:
    return rule->strength == BERTH_MUST || set_up->respect_soft_affinity;
  case BERTH_RULE_APART:
  case BERTH_RULE_AT_MOST:
    return set_up->respect_anti_affinity;
  default: /* keep together; quiesce and restart order are no matter of placement */
    return false;
  }
}

berth_priority timeline_class(const berth_inventory *inventory, uint32_t vm) {
  berth_priority priority = (berth_priority)inventory->vm_priority[vm];
  if (inventory->clusters[inventory->vm_cluster[vm]].set_up.era == BERTH_ERA_FDM65)
    return priority;
  if (priority == BERTH_PRIORITY_HIGHEST)
    return BERTH_PRIORITY_HIGH;
  return priority == BERTH_PRIORITY_LOWEST ? BERTH_PRIORITY_LOW : priority;
}

/* Rules that go are told as a scenario that dropped them would: thawing leaves those out. */
static void choose_rules(const berth_inventory *base, const timeline_view *view,
                         frozen_rule *rules) {
  for (uint32_t r = 0; r < base->rule_count; r++) {
    const frozen_rule *rule = &base->rules[r];
    bool stays = view->all_rules ? rule->enabled && rule->type != BERTH_RULE_RESTART_AFTER
                                 : timeline_rule_holds(base, rule);
    rules[r] = *rule;
    rules[r].enabled = stays;
    rules[r].disabled_by = BERTH_NONE;
  }
}

/* Dedicated hosts are open to all that arrives by restart; who asks keeps the order among hosts. */
static void set_clusters(berth_builder *builder, const timeline_view *view) {
  for (uint32_t c = 0; c < builder->clusters.count; c++) {
    built_cluster *cluster = chunked_list_at(&builder->clusters, c);
    cluster->spec.restarts_per_host = BERTH_QUANTITY_MAX;
    if (!view->moves) {
      cluster->spec.admission = BERTH_ADMISSION_NONE;
      cluster->spec.dedicated_hosts = NULL;
    }
  }
}

static void set_hosts(berth_builder *builder, const timeline_view *view) {
  for (uint32_t h = 0; h < builder->hosts.count; h++) {
    built_host *host = chunked_list_at(&builder->hosts, h);
    host->spec.state = (berth_host_state)view->host[h];
    if (!view->wakes || view->no_wake[h])
      host->spec.wake = BERTH_WAKE_NONE;
  }
}

static bool set_vms(berth_builder *builder, const berth_inventory *base,
                    const timeline_view *view) {
  for (uint32_t v = 0; v < base->vm_count; v++) {
    built_vm *vm = chunked_list_at(&builder->vms, v);
    uint32_t host = view->vm_host[v];
    bool absent = view->vm[v] == VIEW_VM_ABSENT || base->vm_cluster[v] != view->cluster;
    vm->spec.power = absent ? BERTH_POWER_OFF : BERTH_POWER_ON;
    vm->spec.movable = vm->spec.movable && view->moves && !view->pinned[v];
    vm->spec.priority = timeline_class(base, v);
    if (!builder_register_vm(builder, vm,
                             absent || host == BERTH_NONE ? NULL : base->host_id[host]))
      return false;
  }
  return true;
}

berth_status timeline_view_build(berth_context *ctx, const berth_inventory *base,
                                 const timeline_view *view, const berth_inventory **out) {
  assert(ctx != NULL && base != NULL && view != NULL && out != NULL);
  berth_builder *builder = NULL;
  berth_inventory *inventory = NULL, filtered = *base;
  frozen_rule *rules = context_take(ctx, (size_t)base->rule_count + 1, sizeof *rules);
  berth_status status = rules == NULL ? BERTH_E_NOMEM : BERTH_OK;
  *out = NULL;
  if (status != BERTH_OK)
    goto done;
  choose_rules(base, view, rules);
  filtered.rules = rules;
  if ((status = thaw_inventory(ctx, &filtered, &builder)) != BERTH_OK)
    goto done;
  set_clusters(builder, view);
  set_hosts(builder, view);
  status = BERTH_E_NOMEM;
  if (!set_vms(builder, base, view))
    goto done;
  if ((status = freeze_builder(builder, true, &inventory)) != BERTH_OK)
    goto done;
  assert(inventory->vm_count == base->vm_count && inventory->host_count == base->host_count);
  *out = inventory;
done:
  berth_builder_free(builder);
  context_release(ctx, rules);
  return status;
}
