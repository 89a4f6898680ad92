/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applying a scenario: the events in their order, each on a draft or a builder, and what is common
 * to all of them. Runs of events of the same kind share one draft or one builder.
 */
#include "context_internal.h"
#include "freeze_internal.h"
#include "scenario_internal.h"
#include "thaw.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_BYTES = 1024 };

void application_error(application *a, const berth_event *event, berth_status status,
                       const char *format, ...) {
  assert(a != NULL && event != NULL && status != BERTH_OK);
  char text[MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (a->errors++ == 0)
    a->first_error = status;
  context_problem(a->ctx, BERTH_ERROR, status, &event->position, "%s: %s",
                  berth_event_type_word(event->type), text);
}

static berth_status out_of_memory(application *a) {
  return context_fail(a->ctx, BERTH_E_NOMEM, NULL, "out of memory while applying a scenario");
}

/* ------------------------------------------------------------- drafts and builders */

static void derive_from(berth_inventory *derived, const berth_inventory *base) {
  frozen_share(derived, base);
  derived->base = berth_inventory_retain(base);
}

berth_status application_open_draft(application *a) {
  if (a->draft.inventory != NULL)
    return BERTH_OK;
  berth_status status = application_close(a);
  if (status != BERTH_OK)
    return status;
  a->draft = (scenario_draft){.inventory = freeze_new_inventory(context_allocator(a->ctx))};
  if (a->draft.inventory == NULL)
    return out_of_memory(a);
  derive_from(a->draft.inventory, a->current);
  return BERTH_OK;
}

berth_status application_open_builder(application *a) {
  if (a->builder != NULL)
    return BERTH_OK;
  berth_status status = application_close(a);
  return status == BERTH_OK ? thaw_inventory(a->ctx, a->current, &a->builder) : status;
}

static void replace_current(application *a, const berth_inventory *next) {
  berth_inventory_release(a->current);
  a->current = next;
}

static berth_status close_builder(application *a) {
  berth_inventory *frozen;
  berth_status status = freeze_builder(a->builder, true, &frozen);
  berth_builder_free(a->builder);
  a->builder = NULL;
  a->added = a->changed = false;
  if (status == BERTH_OK)
    replace_current(a, frozen);
  else if (a->errors++ == 0)
    a->first_error = status;
  return status;
}

berth_status application_close(application *a) {
  assert(a->draft.inventory == NULL || a->builder == NULL);
  if (a->builder != NULL)
    return close_builder(a);
  if (a->draft.inventory != NULL) {
    if (!scenario_finish_draft(a))
      return out_of_memory(a);
    replace_current(a, a->draft.inventory);
    a->draft = (scenario_draft){.inventory = NULL};
  }
  return BERTH_OK;
}

/* ------------------------------------------------------------- look-ups */

/* Among the hosts (or VMs) of the current inventory that the builder has not removed. */
static berth_status look_up(const application *a, bool host, const char *name, uint32_t *index) {
  if (!host)
    return berth_inventory_find_vm(a->current, name, index);
  berth_status found = berth_inventory_find_host(a->current, name, index);
  if (found != BERTH_OK || a->builder == NULL)
    return found;
  const built_host *built = chunked_list_at(&a->builder->hosts, *index);
  if (!built->removed)
    return BERTH_OK;
  *index = BERTH_NONE;
  return BERTH_E_NOT_FOUND;
}

static berth_status find(application *a, const berth_event *event, bool host, const char *name,
                         uint32_t *index) {
  const char *kind = host ? "host" : "VM";
  *index = BERTH_NONE;
  if (name == NULL || name[0] == '\0') {
    application_error(a, event, BERTH_E_INVALID, "no %s is given; expected its id or name", kind);
    return BERTH_OK;
  }
  berth_status found = look_up(a, host, name, index);
  if (found == BERTH_E_NOT_FOUND && a->builder != NULL && a->added) {
    berth_status status = application_close(a);
    if (status == BERTH_OK)
      status = application_open_builder(a);
    if (status != BERTH_OK)
      return status;
    found = look_up(a, host, name, index);
  }
  if (found == BERTH_E_NOT_FOUND)
    application_error(a, event, BERTH_E_NOT_FOUND,
                      "there is no %s \"%.200s\"; expected the id or name of one", kind, name);
  else if (found == BERTH_E_AMBIGUOUS)
    application_error(a, event, BERTH_E_AMBIGUOUS,
                      "several %ss are called \"%.200s\"; expected an id", kind, name);
  return BERTH_OK;
}

berth_status application_find_host(application *a, const berth_event *event, const char *name,
                                   uint32_t *index) {
  return find(a, event, true, name, index);
}

berth_status application_find_vm(application *a, const berth_event *event, const char *name,
                                 uint32_t *index) {
  return find(a, event, false, name, index);
}

/* ------------------------------------------------------------- all events */

static berth_status apply_event(application *a, const berth_event *event) {
  switch (event->type) {
  case BERTH_EVENT_FAIL:
  case BERTH_EVENT_MAINTENANCE:
  case BERTH_EVENT_STANDBY:
  case BERTH_EVENT_ONLINE:
  case BERTH_EVENT_POWER_ON:
  case BERTH_EVENT_DROP_RULE:
    return scenario_change_state(a, event);
  case BERTH_EVENT_ADD_HOST:
  case BERTH_EVENT_REMOVE_HOST:
  case BERTH_EVENT_ADD_VM:
  case BERTH_EVENT_ADD_FLAVOUR:
    return scenario_change_objects(a, event);
  case BERTH_EVENT_SET:
    return scenario_set_attribute(a, event);
  case BERTH_EVENT_ISOLATE:
  case BERTH_EVENT_RECOVER:
  case BERTH_EVENT_ACK:
  case BERTH_EVENT_REBOOT:
    application_error(a, event, BERTH_E_UNSUPPORTED,
                      "only simulations know this event; expected one that changes an inventory");
    return BERTH_OK;
  case BERTH_EVENT_COUNT:
    break;
  }
  assert(false); /* berth_scenario_add() lets no other in */
  return BERTH_E_INTERNAL;
}

/* Tells of rules that were in force before the scenario and contradict an older one after it. */
static void tell_new_conflicts(application *a, const berth_inventory *before) {
  const berth_inventory *after = a->current;
  for (uint32_t r = 0; r < after->rule_count; r++) {
    const frozen_rule *rule = &after->rules[r];
    uint32_t old;
    if (rule->enabled || rule->disabled_by == BERTH_NONE ||
        berth_inventory_find_rule(before, rule->id, &old) != BERTH_OK ||
        !before->rules[old].enabled)
      continue;
    context_problem(a->ctx, BERTH_WARNING, BERTH_OK, NULL,
                    "after the scenario rule \"%s\" contradicts rule \"%s\" and is disabled; "
                    "expected rules that can hold together",
                    rule->id, after->rules[rule->disabled_by].id);
  }
}

berth_status berth_scenario_apply(berth_context *ctx, const berth_inventory *inventory,
                                  const berth_scenario *scenario, const berth_inventory **out) {
  assert(ctx != NULL && inventory != NULL && out != NULL);
  *out = NULL;
  uint32_t events = scenario == NULL ? 0 : berth_scenario_count(scenario);
  if (events == 0) {
    *out = berth_inventory_retain(inventory);
    return BERTH_OK;
  }
  berth_context_clear(ctx);
  application a = {.ctx = ctx, .current = berth_inventory_retain(inventory)};
  chunked_list_init(&a.suffixes, context_allocator(ctx), sizeof(scenario_suffix));
  arena_init(&a.memory, context_allocator(ctx));
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; i < events && status == BERTH_OK; i++)
    status = apply_event(&a, berth_scenario_event(scenario, i));
  if (status == BERTH_OK)
    status = application_close(&a);
  if (status == BERTH_E_NOMEM)
    out_of_memory(&a);
  if (status == BERTH_OK && a.errors > 0)
    status = a.first_error == BERTH_E_UNSUPPORTED ? BERTH_E_UNSUPPORTED : BERTH_E_INVALID;
  if (status == BERTH_OK) {
    if (a.current->rules != inventory->rules)
      tell_new_conflicts(&a, inventory);
    *out = berth_inventory_retain(a.current);
  }
  chunked_list_free(&a.suffixes);
  arena_free(&a.memory);
  berth_builder_free(a.builder);
  berth_inventory_release(a.draft.inventory);
  berth_inventory_release(a.current);
  return status;
}
