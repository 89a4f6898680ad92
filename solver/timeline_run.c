/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A timeline: the scenario is split into what changes the inventory before second 0 and what
 * happens then, and each cluster is run by itself, entry by entry of its queue. In each second
 * everything that happens comes first, then what can be done about it.
 */
#include "context_internal.h"
#include "timeline_engine.h"
#include "versioned.h"
#include <assert.h>
#include <berth/timeline_run.h>
#include <string.h>

static bool is_only_of_timelines(berth_event_type type) {
  return type == BERTH_EVENT_ISOLATE || type == BERTH_EVENT_RECOVER || type == BERTH_EVENT_REBOOT;
}

bool berth_scenario_is_timeline(const berth_scenario *scenario) {
  for (uint32_t i = 0; i < berth_scenario_count(scenario); i++) {
    const berth_event *event = berth_scenario_event(scenario, i);
    if (is_only_of_timelines(event->type) ||
        (event->type != BERTH_EVENT_ACK && event->at != BERTH_UNSET))
      return true;
  }
  return false;
}

/* ---------------------------------------------------------------------------- the scenario */

/* Whether an event happens on the timeline; the others change the inventory before it. */
static bool happens(const berth_event *event) {
  return is_only_of_timelines(event->type) || event->type == BERTH_EVENT_FAIL ||
         (event->at != BERTH_UNSET && event->type != BERTH_EVENT_ACK);
}

static bool may_happen(berth_event_type type) {
  return is_only_of_timelines(type) || type == BERTH_EVENT_FAIL || type == BERTH_EVENT_ONLINE ||
         type == BERTH_EVENT_MAINTENANCE || type == BERTH_EVENT_STANDBY ||
         type == BERTH_EVENT_REMOVE_HOST;
}

/* Objects are found by name before anything happens: mistakes are told as such. */
static berth_status check_object(berth_context *ctx, const berth_inventory *inventory,
                                 const berth_event *event) {
  bool vm = event->type == BERTH_EVENT_REBOOT || event->type == BERTH_EVENT_ACK;
  const char *name = vm ? event->vm : event->host;
  uint32_t index;
  if (name == NULL)
    return context_fail(ctx, BERTH_E_INVALID, &event->position, "%s: no %s is given; expected one",
                        berth_event_type_word(event->type), vm ? "VM" : "host");
  berth_status found = vm ? berth_inventory_find_vm(inventory, name, &index)
                          : berth_inventory_find_host(inventory, name, &index);
  if (found == BERTH_OK)
    return BERTH_OK;
  return context_fail(
      ctx, BERTH_E_INVALID, &event->position,
      "%s: %s %s \"%.200s\"; expected the id or name of one", berth_event_type_word(event->type),
      found == BERTH_E_AMBIGUOUS ? "several are called" : "there is no", vm ? "VM" : "host", name);
}

/* A failure is tried out as a scenario of its own, which tells what is wrong with it. */
static berth_status check_failure(berth_context *ctx, const berth_inventory *inventory,
                                  const berth_event *event) {
  berth_scenario *alone = NULL;
  const berth_inventory *after = NULL;
  berth_status status = berth_scenario_new(ctx, &alone);
  if (status == BERTH_OK)
    status = berth_scenario_add(ctx, alone, event);
  if (status == BERTH_OK)
    status = berth_scenario_apply(ctx, inventory, alone, &after);
  berth_inventory_release(after);
  berth_scenario_free(alone);
  return status;
}

static berth_status check_event(berth_context *ctx, const berth_inventory *inventory,
                                const berth_event *event) {
  if (event->type == BERTH_EVENT_ACK)
    return check_object(ctx, inventory, event);
  if (!happens(event))
    return BERTH_OK;
  if (!may_happen(event->type))
    return context_fail(ctx, BERTH_E_UNSUPPORTED, &event->position,
                        "%s does not happen on a timeline; expected it without at, before the "
                        "start",
                        berth_event_type_word(event->type));
  if (event->type == BERTH_EVENT_FAIL)
    return check_failure(ctx, inventory, event);
  return check_object(ctx, inventory, event);
}

static berth_status apply_before(berth_context *ctx, const berth_inventory *inventory,
                                 const berth_scenario *scenario, const berth_inventory **out) {
  berth_scenario *before = NULL;
  berth_status status = berth_scenario_new(ctx, &before);
  for (uint32_t i = 0; i < berth_scenario_count(scenario) && status == BERTH_OK; i++) {
    const berth_event *event = berth_scenario_event(scenario, i);
    if (!happens(event) && event->type != BERTH_EVENT_ACK)
      status = berth_scenario_add(ctx, before, event);
  }
  if (status == BERTH_OK)
    status = berth_scenario_apply(ctx, inventory, before, out);
  for (uint32_t i = 0; i < berth_scenario_count(scenario) && status == BERTH_OK; i++)
    status = check_event(ctx, *out, berth_scenario_event(scenario, i));
  berth_scenario_free(before);
  if (status != BERTH_OK) {
    berth_inventory_release(*out);
    *out = NULL;
  }
  return status;
}

/* ---------------------------------------------------------------------------- one cluster */

static bool is_current(const timeline_engine *e, const timeline_entry *entry) {
  switch (entry->task) {
  case TASK_SILENCE:
  case TASK_RESPONSE:
  case TASK_DETECT:
  case TASK_LOCKS_EXPIRE:
  case TASK_PROTECT_STORAGE:
  case TASK_WAKE_ENDS:
    return e->hosts[entry->subject].epoch == entry->epoch;
  case TASK_STARTED:
  case TASK_READY:
    return e->vms[entry->subject].epoch == entry->epoch;
  case TASK_MIGRATION_ENDS:
    return e->vms[entry->subject].move_epoch == entry->epoch &&
           e->vms[entry->subject].moving_to != BERTH_NONE;
  case TASK_GUEST_OFF: {
    const timeline_vm *v = &e->vms[entry->subject];
    const timeline_host *h = &e->hosts[v->old_copy != BERTH_NONE ? v->old_copy : v->host];
    return h->epoch == entry->epoch && h->state == BERTH_HOST_ISOLATED;
  }
  case TASK_ELECT:
    return e->electing && e->election == entry->epoch;
  default:
    return true;
  }
}

static void begin_isolated_and_failed(timeline_engine *e) {
  for (uint32_t h = e->first_host; h < e->end_host; h++) {
    if (e->inventory->host_state[h] == BERTH_HOST_FAILED)
      timeline_fail_host(e, h);
    else if (e->inventory->host_state[h] == BERTH_HOST_ISOLATED)
      timeline_isolate_host(e, h, false);
  }
}

static void carry_out(timeline_engine *e, const timeline_entry *entry) {
  uint32_t subject = entry->subject;
  switch (entry->task) {
  case TASK_EVENT:
    if (subject == BERTH_NONE)
      begin_isolated_and_failed(e);
    else
      timeline_world_event(e, berth_scenario_event(e->scenario, subject));
    return;
  case TASK_SILENCE:
    timeline_silence(e, subject);
    return;
  case TASK_RESPONSE:
    timeline_respond(e, subject);
    return;
  case TASK_DETECT:
    timeline_detect(e, subject);
    return;
  case TASK_ELECT:
    timeline_elect(e);
    return;
  case TASK_LOCKS_EXPIRE:
    timeline_locks_expire(e, subject);
    return;
  case TASK_PROTECT_STORAGE:
    timeline_protect_storage(e, subject);
    return;
  case TASK_GUEST_OFF:
    timeline_guest_off(e, subject);
    return;
  case TASK_DUE:
    timeline_due(e, subject);
    return;
  case TASK_STARTED:
    timeline_started(e, subject);
    return;
  case TASK_READY:
    timeline_ready(e, subject);
    return;
  case TASK_TIMEOUT:
    timeline_timeout(e, subject);
    return;
  case TASK_WAKE_ENDS:
    timeline_wake_ends(e, subject);
    return;
  case TASK_MIGRATION_ENDS:
    timeline_migration_ends(e, subject);
    return;
  case TASK_STEP:
    return;
  case TASK_APPROVED:
    timeline_tell(e, BERTH_MOMENT_APPROVED, BERTH_NONE, BERTH_NONE, BERTH_NONE, 0, NULL);
    e->granted = e->stale = true;
  }
}

static void enter_events(timeline_engine *e) {
  timeline_later(e, 0, TASK_EVENT, BERTH_NONE, 0);
  for (uint32_t i = 0; i < berth_scenario_count(e->scenario); i++) {
    const berth_event *event = berth_scenario_event(e->scenario, i);
    if (happens(event))
      timeline_later(e, event->at == BERTH_UNSET ? 0 : event->at, TASK_EVENT, i, 0);
  }
}

static bool is_called_off(const timeline_engine *e) {
  return !context_progress(e->ctx, "simulate", (uint64_t)e->now, 0, 0);
}

/* No later than steps can begin (execution.h). */
static void run_queue(timeline_engine *e, int64_t until) {
  const int64_t last =
      until == BERTH_UNSET || until > BERTH_QUANTITY_MAX ? BERTH_QUANTITY_MAX : until;
  while (e->queue.count > 0 && e->status == BERTH_OK) {
    int64_t at = timeline_queue_first(&e->queue)->at;
    assert(at >= e->now);
    if (at > last)
      return;
    bool any = false;
    while (e->queue.count > 0 && timeline_queue_first(&e->queue)->at == at) {
      timeline_entry entry = timeline_queue_take(&e->queue);
      if (!is_current(e, &entry))
        continue;
      e->now = at;
      any = true;
      carry_out(e, &entry);
    }
    if (any && e->status == BERTH_OK)
      timeline_dispatch(e);
    if (any && is_called_off(e))
      e->status = context_fail(e->ctx, BERTH_E_CANCELLED, NULL, "called off");
  }
}

static bool has_label(const timeline_engine *e, berth_domain kind, const char *label) {
  for (uint32_t h = e->first_host; label != NULL && h < e->end_host; h++) {
    const char *own = e->inventory->host_label[kind][h];
    if (own != NULL && strcmp(own, label) == 0)
      return true;
  }
  return false;
}

static bool is_about(const timeline_engine *e, const berth_event *event) {
  uint32_t index = BERTH_NONE;
  if (event->type == BERTH_EVENT_REBOOT)
    return berth_inventory_find_vm(e->inventory, event->vm, &index) == BERTH_OK &&
           index >= e->first_vm && index < e->end_vm;
  if (event->host != NULL)
    return berth_inventory_find_host(e->inventory, event->host, &index) == BERTH_OK &&
           index >= e->first_host && index < e->end_host;
  return has_label(e, BERTH_DOMAIN_CHASSIS, event->chassis) ||
         has_label(e, BERTH_DOMAIN_RACK, event->rack) ||
         has_label(e, BERTH_DOMAIN_SITE, event->site);
}

/* A cluster takes part if something happens to it; all others have nothing to tell. */
static bool takes_part(const timeline_engine *e) {
  for (uint32_t h = e->first_host; h < e->end_host; h++)
    if (e->inventory->host_state[h] == BERTH_HOST_FAILED ||
        e->inventory->host_state[h] == BERTH_HOST_ISOLATED)
      return true;
  for (uint32_t i = 0; i < berth_scenario_count(e->scenario); i++) {
    const berth_event *event = berth_scenario_event(e->scenario, i);
    if (happens(event) && is_about(e, event))
      return true;
  }
  return false;
}

static berth_status run_cluster(timeline_engine *e, int64_t until) {
  bool begun = timeline_engine_begin(e);
  if (!begun)
    timeline_no_memory(e);
  if (begun && !takes_part(e))
    return e->status;
  if (begun && !e->set_up->ha_enabled)
    timeline_tell(e, BERTH_MOMENT_HA_OFF, BERTH_NONE, BERTH_NONE, BERTH_NONE, 0, e->set_up->id);
  else if (begun)
    timeline_choose_primaries(e);
  if (begun)
    enter_events(e);
  if (begun && e->status == BERTH_OK)
    run_queue(e, until);
  return e->status;
}

static void prepare(timeline_engine *e, berth_context *ctx, berth_timeline *timeline,
                    const berth_timeline_request *request, uint32_t cluster) {
  const berth_inventory *inventory = berth_timeline_inventory(timeline);
  const frozen_cluster *frozen = &inventory->clusters[cluster];
  *e = (timeline_engine){.ctx = ctx,
                         .timeline = timeline,
                         .inventory = inventory,
                         .set_up = &frozen->set_up,
                         .request = request,
                         .scenario = request->scenario,
                         .seconds = berth_timeline_timing(timeline)->seconds,
                         .cluster = cluster,
                         .first_host = frozen->first_host,
                         .end_host = frozen->first_host + frozen->host_count,
                         .first_vm = frozen->first_vm,
                         .end_vm = frozen->first_vm + frozen->vm_count,
                         .queue = {.ctx = ctx},
                         .primary = BERTH_NONE,
                         .stale = true};
}

/* ---------------------------------------------------------------------------- all of them */

static berth_status run_all(berth_context *ctx, berth_timeline *timeline,
                            const berth_timeline_request *request) {
  uint32_t count = berth_timeline_inventory(timeline)->cluster_count;
  timeline_engine *engines = context_take(ctx, (size_t)count + 1, sizeof *engines);
  berth_status status = engines == NULL ? BERTH_E_NOMEM : BERTH_OK;
  int64_t end = request->until == BERTH_UNSET ? 0 : request->until;
  uint32_t begun = 0;
  for (; begun < count && status == BERTH_OK; begun++) {
    prepare(&engines[begun], ctx, timeline, request, begun);
    status = run_cluster(&engines[begun], request->until);
    end = engines[begun].told > end ? engines[begun].told : end;
  }
  for (uint32_t c = 0; c < begun && status == BERTH_OK; c++) {
    if (takes_part(&engines[c]))
      timeline_engine_finish(&engines[c], end);
    status = engines[c].status;
  }
  if (status == BERTH_OK && !timeline_finish(timeline, end))
    status = context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
  for (uint32_t c = 0; c < begun; c++)
    timeline_engine_free(&engines[c]);
  context_release(ctx, engines);
  return status;
}

static bool is_sound(const berth_timeline_request *request) {
  if (request->scenario == NULL || request->until < BERTH_UNSET || request->approve < BERTH_UNSET ||
      (unsigned)request->storage_protection > BERTH_STORAGE_PROTECTION_PDL)
    return false;
  for (int i = 0; request->timing != NULL && i < BERTH_TIMING_COUNT; i++)
    if (request->timing->seconds[i] < 0 || request->timing->seconds[i] > BERTH_TIMING_MAX)
      return false;
  return true;
}

berth_status berth_timeline_run(berth_context *ctx, const berth_inventory *inventory,
                                const berth_timeline_request *given, berth_timeline **out) {
  assert(ctx != NULL && inventory != NULL && given != NULL && out != NULL);
  const berth_inventory *before = NULL;
  berth_timeline *timeline = NULL;
  berth_ha_timing timing;
  *out = NULL;
  berth_timeline_request own = BERTH_TIMELINE_REQUEST_INIT;
  const berth_timeline_request *request = &own;
  berth_status status = versioned_read(ctx, "a request for a timeline", given, &own,
                                       VERSIONED_SIZE(berth_timeline_request, storage_protection));
  if (status != BERTH_OK)
    return status;
  if (!is_sound(request))
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "a timeline needs a scenario, and times from 0 to a year");
  berth_ha_timing_init(&timing);
  if (request->timing != NULL)
    timing = *request->timing;
  status = apply_before(ctx, inventory, request->scenario, &before);
  if (status == BERTH_OK)
    status = timeline_new(ctx, before, berth_scenario_name(request->scenario), &timing, &timeline);
  if (status == BERTH_OK)
    status = run_all(ctx, timeline, request);
  if (status == BERTH_OK) {
    *out = timeline;
    timeline = NULL;
  }
  berth_timeline_free(timeline);
  berth_inventory_release(before);
  return status;
}
