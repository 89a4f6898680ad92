/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a host takes a VM, counted from what stands there: for the greedy choice of aam, for the
 * reasons that are told, and to look at each restart once more, whoever chose the host.
 */
#include "timeline_engine.h"
#include "timeline_view.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { REASON_BYTES = 300, REASONS_MOST = 8 };

/* Where the VM is, or is going to be, as rules between VMs see it. */
static bool is_at(const timeline_engine *e, uint32_t vm, const uint32_t *domain, uint32_t where) {
  const timeline_vm *v = &e->vms[vm];
  if (!v->takes_part)
    return false;
  if (v->stage == RESTART_STARTING)
    return domain[v->start_host] == where;
  if (v->stage == RESTART_QUEUED && v->target != BERTH_NONE)
    return domain[v->target] == where;
  return (v->runs && (domain[v->host] == where ||
                      (v->moving_to != BERTH_NONE && domain[v->moving_to] == where)));
}

static bool lists(const uint32_t *sorted, uint32_t count, uint32_t wanted) {
  for (uint32_t i = 0; i < count; i++)
    if (sorted[i] == wanted)
      return true;
  return false;
}

static bool spreads(const timeline_engine *e, const frozen_rule *rule, uint32_t vm, uint32_t host) {
  const uint32_t *domain = e->inventory->host_domain[rule->over];
  int64_t there = 1;
  for (uint32_t i = 0; i < rule->vm_count; i++)
    there += rule->vms[i] != vm && is_at(e, rule->vms[i], domain, domain[host]);
  return there <= rule->count;
}

static bool rule_allows(const timeline_engine *e, const frozen_rule *rule, uint32_t vm,
                        uint32_t host) {
  switch (rule->type) {
  case BERTH_RULE_RUN_ON:
    return lists(rule->hosts, rule->host_count, host);
  case BERTH_RULE_NOT_RUN_ON:
    return !lists(rule->hosts, rule->host_count, host);
  default:
    return spreads(e, rule, vm, host);
  }
}

/* The first rule of the strength that speaks against the host; NULL = none. */
static const char *rule_against(const timeline_engine *e, berth_strength strength, uint32_t vm,
                                uint32_t host) {
  const berth_inventory *inventory = e->inventory;
  for (uint32_t k = inventory->vm_rule_start[vm]; k < inventory->vm_rule_start[vm + 1]; k++) {
    const frozen_rule *rule = &inventory->rules[inventory->vm_rules[k]];
    if (rule->strength == strength && timeline_rule_holds(inventory, rule) &&
        !rule_allows(e, rule, vm, host))
      return rule->id;
  }
  return NULL;
}

bool timeline_breaks_should(const timeline_engine *e, uint32_t vm, uint32_t host) {
  assert(host >= e->first_host && host < e->end_host);
  return rule_against(e, BERTH_SHOULD, vm, host) != NULL;
}

static bool reaches(const uint32_t *needs, uint32_t need_count, const uint32_t *has,
                    uint32_t has_count) {
  for (uint32_t i = 0; i < need_count; i++)
    if (!lists(has, has_count, needs[i]))
      return false;
  return true;
}

static const char *link_against(const berth_inventory *i, uint32_t vm, uint32_t host) {
  const uint32_t *needs = i->vm_network_start, *has = i->host_network_start;
  if (!reaches(i->vm_networks + needs[vm], needs[vm + 1] - needs[vm], i->host_networks + has[host],
               has[host + 1] - has[host]))
    return "network";
  needs = i->vm_datastore_start;
  has = i->host_datastore_start;
  if (!reaches(i->vm_datastores + needs[vm], needs[vm + 1] - needs[vm],
               i->host_datastores + has[host], has[host + 1] - has[host]))
    return "datastore";
  int64_t wants = i->vm_evc_level[vm], gives = i->host_evc_level[host];
  return wants != BERTH_UNSET && gives != BERTH_UNSET && wants > gives ? "cpu-compatibility" : NULL;
}

static const char *resource_against(const timeline_engine *e, uint32_t vm, uint32_t host) {
  const berth_inventory *inventory = e->inventory;
  for (uint32_t r = 0; r < inventory->resource_count; r++) {
    int64_t demand = inventory->vm_demand[(size_t)vm * inventory->resource_count + r];
    int64_t capacity = inventory->host_capacity[(size_t)host * inventory->resource_count + r];
    int64_t used = e->used[(size_t)host * inventory->resource_count + r];
    if (demand > 0 && (demand > capacity || used > capacity - demand))
      return berth_inventory_resource_name(inventory, r);
  }
  return NULL;
}

const char *timeline_obstacle(timeline_engine *e, uint32_t vm, uint32_t host) {
  const char *found;
  assert(vm >= e->first_vm && vm < e->end_vm && host >= e->first_host && host < e->end_host);
  if (e->hosts[host].state != BERTH_HOST_ONLINE)
    return berth_host_state_word(e->hosts[host].state);
  if ((found = rule_against(e, BERTH_MUST, vm, host)) == NULL)
    found = link_against(e->inventory, vm, host);
  return found != NULL ? found : resource_against(e, vm, host);
}

/* ---------------------------------------------------------------------------- reasons */

typedef struct tally {
  const char *reason;
  uint32_t hosts;
} tally;

const char *timeline_why_nowhere(timeline_engine *e, uint32_t vm) {
  tally found[REASONS_MOST];
  uint32_t count = 0;
  char text[REASON_BYTES] = "no host takes it:";
  size_t used = 17;
  for (uint32_t h = e->first_host; h < e->end_host; h++) {
    const char *reason = timeline_obstacle(e, vm, h);
    uint32_t i = 0;
    if (reason == NULL) /* free, but given to another that goes before */
      reason = "given to others";
    while (i < count && found[i].reason != reason)
      i++;
    if (i == REASONS_MOST)
      continue;
    if (i == count)
      found[count++] = (tally){reason, 0};
    found[i].hosts++;
  }
  for (uint32_t i = 0; i < count && used < sizeof text - 1; i++) {
    int length =
        snprintf(text + used, sizeof text - used, "%s %s (%" PRIu32 " host%s)", i == 0 ? "" : ",",
                 found[i].reason, found[i].hosts, found[i].hosts == 1 ? "" : "s");
    used += length > 0 ? (size_t)length : 0;
  }
  const char *kept = arena_text(&e->memory, text, used < sizeof text ? used : sizeof text - 1);
  if (kept == NULL)
    timeline_no_memory(e);
  return kept != NULL ? kept : "";
}
