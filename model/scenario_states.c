/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events that change states only. They work on a derived inventory that shares everything with its
 * base but the few arrays written here, so that a failure of one host costs no copy of the VMs.
 */
#include "freeze_internal.h"
#include "rule_conflicts.h"
#include "scenario_internal.h"
#include <assert.h>
#include <string.h>

/* A writable copy, in the draft, of an array of the inventory. */
static void *copy_array(application *a, const void *from, uint32_t count, size_t size) {
  void *copy = arena_take(&a->draft.inventory->memory, count, size);
  if (copy != NULL && count > 0)
    memcpy(copy, from, count * size);
  return copy;
}

static bool write_host_states(application *a) {
  scenario_draft *draft = &a->draft;
  if (draft->host_state == NULL) {
    draft->host_state = copy_array(a, a->current->host_state, a->current->host_count, 1);
    if (draft->host_state == NULL)
      return false;
    draft->inventory->host_state = draft->host_state;
  }
  return true;
}

static bool write_vms(application *a) {
  scenario_draft *draft = &a->draft;
  if (draft->vm_host == NULL) {
    uint8_t *power = copy_array(a, a->current->vm_power, a->current->vm_count, 1);
    uint32_t *host = copy_array(a, a->current->vm_host, a->current->vm_count, sizeof *host);
    if (power == NULL || host == NULL)
      return false;
    draft->inventory->vm_power = draft->vm_power = power;
    draft->inventory->vm_host = draft->vm_host = host;
  }
  return true;
}

static bool write_rules(application *a) {
  scenario_draft *draft = &a->draft;
  if (draft->rules == NULL) {
    draft->rules = copy_array(a, a->current->rules, a->current->rule_count, sizeof *draft->rules);
    if (draft->rules == NULL)
      return false;
    draft->inventory->rules = draft->rules;
  }
  return true;
}

/* A VM that is on and stands at `host`, or BERTH_NONE. */
static uint32_t powered_on_at(const application *a, uint32_t host) {
  const berth_inventory *draft = a->draft.inventory;
  for (uint32_t i = draft->host_vm_start[host]; i < draft->host_vm_start[host + 1]; i++) {
    uint32_t vm = draft->host_vms[i];
    /* A VM that this draft powered on stands in the list still, but no longer at the host. */
    if (draft->vm_power[vm] == BERTH_POWER_ON && draft->vm_host[vm] == host)
      return vm;
  }
  return BERTH_NONE;
}

static void set_state(application *a, uint32_t host, berth_host_state state) {
  assert(a->draft.host_state != NULL && host < a->draft.inventory->host_count);
  a->draft.host_state[host] = (uint8_t)state;
}

/* Fails all hosts with the label. */
static void fail_domain(application *a, const berth_event *event, berth_domain kind,
                        const char *label) {
  const berth_inventory *inventory = a->draft.inventory;
  bool any = false;
  for (uint32_t h = 0; h < inventory->host_count; h++) {
    const char *own = inventory->host_label[kind][h];
    if (own == NULL || strcmp(own, label) != 0)
      continue;
    set_state(a, h, BERTH_HOST_FAILED);
    any = true;
  }
  if (!any)
    application_error(a, event, BERTH_E_NOT_FOUND,
                      "no host has %s \"%.200s\"; expected the label of some host",
                      berth_domain_word(kind), label);
}

static berth_status fail(application *a, const berth_event *event) {
  const char *const labels[BERTH_DOMAIN_COUNT] = {event->host, event->chassis, event->rack,
                                                  event->site};
  berth_domain kind = BERTH_DOMAIN_COUNT;
  unsigned given = 0;
  for (unsigned k = 0; k < BERTH_DOMAIN_COUNT; k++) {
    if (labels[k] != NULL) {
      kind = (berth_domain)k;
      given++;
    }
  }
  if (given != 1) {
    application_error(a, event, BERTH_E_INVALID,
                      "%u of host, chassis, rack and site are given; expected one", given);
    return BERTH_OK;
  }
  if (kind != BERTH_DOMAIN_HOST) {
    fail_domain(a, event, kind, labels[kind]);
    return BERTH_OK;
  }
  uint32_t host;
  berth_status status = application_find_host(a, event, event->host, &host);
  if (status == BERTH_OK && host != BERTH_NONE)
    set_state(a, host, BERTH_HOST_FAILED);
  return status;
}

/* A host that has failed, or that nobody reaches, sends nothing away: setting it to maintenance
 * would bring its VMs back to life. */
static void empty_host(application *a, const berth_event *event, uint32_t host, uint32_t vm) {
  berth_host_state state = (berth_host_state)a->draft.host_state[host];
  if (vm == BERTH_NONE)
    set_state(a, host, BERTH_HOST_MAINTENANCE);
  else if (state == BERTH_HOST_ONLINE || state == BERTH_HOST_MAINTENANCE ||
           state == BERTH_HOST_ENTERING_MAINTENANCE)
    set_state(a, host, BERTH_HOST_ENTERING_MAINTENANCE);
  else
    application_error(a, event, BERTH_E_INVALID,
                      "host \"%s\" is %s and VM \"%s\" is on there; expected a host that VMs can "
                      "be moved from",
                      a->current->host_id[host], berth_host_state_word(state),
                      a->current->vm_id[vm]);
}

static berth_status change_host(application *a, const berth_event *event) {
  uint32_t host;
  berth_status status = application_find_host(a, event, event->host, &host);
  if (status != BERTH_OK || host == BERTH_NONE)
    return status;
  uint32_t vm = powered_on_at(a, host);
  if (event->type == BERTH_EVENT_ONLINE)
    set_state(a, host, BERTH_HOST_ONLINE);
  else if (event->type == BERTH_EVENT_MAINTENANCE)
    empty_host(a, event, host, vm);
  else if (vm == BERTH_NONE)
    set_state(a, host, BERTH_HOST_STANDBY);
  else
    application_error(a, event, BERTH_E_INVALID,
                      "VM \"%s\" is on at host \"%s\"; expected a host without VMs that are on",
                      a->current->vm_id[vm], a->current->host_id[host]);
  return BERTH_OK;
}

static berth_status power_on(application *a, const berth_event *event) {
  uint32_t vm;
  berth_status status = application_find_vm(a, event, event->vm, &vm);
  if (status != BERTH_OK || vm == BERTH_NONE)
    return status;
  if (a->draft.vm_power[vm] == BERTH_POWER_ON) {
    application_error(a, event, BERTH_E_INVALID,
                      "VM \"%s\" is on already; expected one that is off or suspended",
                      a->current->vm_id[vm]);
    return BERTH_OK;
  }
  a->draft.vm_power[vm] = BERTH_POWER_ON;
  a->draft.vm_host[vm] = BERTH_NONE;
  return BERTH_OK;
}

static bool is_dropped(const frozen_rule *rule) {
  return !rule->enabled && rule->disabled_by == BERTH_NONE;
}

static void drop_rule(application *a, const berth_event *event) {
  uint32_t rule = BERTH_NONE;
  const char *id = event->id != NULL ? event->id : "";
  if (berth_inventory_find_rule(a->current, id, &rule) != BERTH_OK ||
      is_dropped(&a->draft.rules[rule])) {
    application_error(a, event, BERTH_E_NOT_FOUND,
                      "there is no rule \"%.200s\"; expected the id of one", id);
    return;
  }
  a->draft.rules[rule].enabled = false;
  a->draft.rules[rule].disabled_by = BERTH_NONE;
}

berth_status scenario_change_state(application *a, const berth_event *event) {
  assert(a != NULL && event != NULL);
  berth_status status = application_open_draft(a);
  if (status != BERTH_OK)
    return status;
  switch (event->type) {
  case BERTH_EVENT_FAIL:
    return write_host_states(a) ? fail(a, event) : BERTH_E_NOMEM;
  case BERTH_EVENT_POWER_ON:
    return write_vms(a) ? power_on(a, event) : BERTH_E_NOMEM;
  case BERTH_EVENT_DROP_RULE:
    if (!write_rules(a))
      return BERTH_E_NOMEM;
    drop_rule(a, event);
    return BERTH_OK;
  default:
    return write_host_states(a) ? change_host(a, event) : BERTH_E_NOMEM;
  }
}

/* What a dropped rule had disabled comes back, unless something else contradicts it. */
static bool resolve_conflicts_anew(scenario_draft *draft) {
  for (uint32_t r = 0; r < draft->inventory->rule_count; r++) {
    frozen_rule *rule = &draft->rules[r];
    if (!is_dropped(rule)) {
      rule->enabled = true;
      rule->disabled_by = BERTH_NONE;
    }
  }
  arena scratch;
  bool complete;
  arena_init(&scratch, &draft->inventory->allocator);
  bool done =
      rule_conflicts_resolve(draft->inventory, draft->rules, &scratch, NULL, NULL, &complete);
  arena_free(&scratch);
  return done;
}

bool scenario_finish_draft(application *a) {
  assert(a->draft.inventory != NULL);
  if (a->draft.rules != NULL && !resolve_conflicts_anew(&a->draft))
    return false;
  return a->draft.vm_host == NULL || freeze_fill_host_vms(a->draft.inventory);
}
