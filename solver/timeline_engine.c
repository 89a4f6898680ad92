/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of one cluster and its bookkeeping: what hosts hold, since when VMs are down, and bars
 * of what was when, which are written whenever something changes.
 */
#include "timeline_engine.h"
#include "context_internal.h"
#include "timeline_view.h"
#include <assert.h>
#include <string.h>

bool timeline_is_fdm(const timeline_engine *e) {
  assert(e->set_up->era <= BERTH_ERA_FDM65);
  return e->set_up->era != BERTH_ERA_AAM;
}

void timeline_no_memory(timeline_engine *e) {
  if (e->status == BERTH_OK)
    e->status = context_fail(e->ctx, BERTH_E_NOMEM, NULL, "out of memory");
}

void timeline_tell(timeline_engine *e, berth_moment_kind kind, uint32_t vm, uint32_t host,
                   uint32_t other, uint32_t number, const char *text) {
  berth_moment moment = {.at = e->now,
                         .kind = kind,
                         .cluster = e->cluster,
                         .host = host,
                         .vm = vm,
                         .other = other,
                         .number = number,
                         .text = text};
  assert(vm == BERTH_NONE || (vm >= e->first_vm && vm < e->end_vm));
  if (vm != BERTH_NONE)
    e->vms[vm].affected = true;
  e->told = e->now;
  if (!timeline_add_moment(e->timeline, &moment))
    timeline_no_memory(e);
}

void timeline_later(timeline_engine *e, int64_t after, timeline_task task, uint32_t subject,
                    uint32_t epoch) {
  assert(after >= 0);
  if (!timeline_queue_add(&e->queue, e->now + after, task, subject, epoch))
    timeline_no_memory(e);
}

/* ---------------------------------------------------------------------------- bars */

static void add_span(timeline_engine *e, berth_span_kind kind, uint32_t vm, uint32_t host,
                     int64_t from) {
  berth_span span = {.kind = kind, .vm = vm, .host = host, .from = from, .to = e->now};
  if (kind == BERTH_SPAN_HOST)
    span.state = e->hosts[host].state;
  if (from < e->now && !timeline_add_span(e->timeline, &span))
    timeline_no_memory(e);
}

void timeline_mark_vm(timeline_engine *e, uint32_t vm) {
  timeline_vm *v = &e->vms[vm];
  assert(v->takes_part);
  berth_span_kind kind = v->stage == RESTART_STARTING   ? BERTH_SPAN_STARTS
                         : v->down_since != BERTH_UNSET ? BERTH_SPAN_DOWN
                         : v->moving_to != BERTH_NONE   ? BERTH_SPAN_MOVES
                                                        : BERTH_SPAN_RUNS;
  add_span(e, kind, vm, kind == BERTH_SPAN_STARTS ? v->start_host : v->host, v->span_from);
  v->span_from = e->now;
}

void timeline_mark_host(timeline_engine *e, uint32_t host) {
  assert(host >= e->first_host && host < e->end_host);
  add_span(e, BERTH_SPAN_HOST, BERTH_NONE, host, e->hosts[host].span_from);
  e->hosts[host].span_from = e->now;
}

void timeline_set_host(timeline_engine *e, uint32_t host, berth_host_state state) {
  timeline_mark_host(e, host);
  e->hosts[host].state = state;
}

/* ---------------------------------------------------------------------------- VMs */

void timeline_charge(timeline_engine *e, uint32_t vm, uint32_t host, int sign) {
  uint32_t resources = e->inventory->resource_count;
  assert(sign == 1 || sign == -1);
  for (uint32_t r = 0; r < resources; r++) {
    int64_t *used = &e->used[(size_t)host * resources + r];
    *used += sign * e->inventory->vm_demand[(size_t)vm * resources + r];
    assert(*used >= 0);
  }
}

void timeline_vm_down(timeline_engine *e, uint32_t vm, const char *why) {
  timeline_vm *v = &e->vms[vm];
  assert(v->takes_part && v->runs);
  timeline_mark_vm(e, vm);
  timeline_charge(e, vm, v->host, -1);
  e->stale = e->stale || e->plan != NULL; /* which may move it */
  v->runs = v->ready = v->timed_out = v->restarted = false;
  v->epoch++;
  v->down_since = e->now;
  v->gate_open = BERTH_UNSET;
  if (v->stage != RESTART_QUEUED) { /* else it was asked for in vain, its disks being locked */
    v->stage = RESTART_NONE;
    v->attempts = 0;
    v->told_waits = v->hopeless = false;
  }
  v->outage.count++;
  if (v->outage.down_at == BERTH_UNSET)
    v->outage.down_at = e->now;
  v->outage.up_at = v->outage.ready_at = BERTH_UNSET;
  timeline_tell(e, BERTH_MOMENT_VM_DOWN, vm, v->host, BERTH_NONE, 0, why);
}

void timeline_vm_up(timeline_engine *e, uint32_t vm, uint32_t host) {
  timeline_vm *v = &e->vms[vm];
  assert(v->takes_part && !v->runs && v->down_since != BERTH_UNSET);
  timeline_mark_vm(e, vm);
  v->runs = true;
  v->rebooting = v->hopeless = false;
  v->host = host;
  v->stage = RESTART_NONE;
  v->attempts = 0;
  v->target = BERTH_NONE;
  v->outage.seconds += e->now - v->down_since;
  v->outage.up_at = e->now;
  v->outage.why = NULL;
  v->down_since = BERTH_UNSET;
}

void timeline_end_old_copy(timeline_engine *e, uint32_t vm, const char *why) {
  timeline_vm *v = &e->vms[vm];
  uint32_t host = v->old_copy;
  assert(host != BERTH_NONE);
  add_span(e, BERTH_SPAN_OLD_COPY, vm, host, v->old_from);
  v->old_copy = BERTH_NONE;
  timeline_tell(e, BERTH_MOMENT_OLD_COPY_ENDS, vm, host, BERTH_NONE, 0, why);
}

void timeline_explain(timeline_engine *e, uint32_t vm, const char *why) {
  assert(why != NULL);
  e->vms[vm].outage.why = arena_text(&e->memory, why, strlen(why));
  if (e->vms[vm].outage.why == NULL)
    timeline_no_memory(e);
}

/* ---------------------------------------------------------------------------- begin and end */

static void begin_vm(timeline_engine *e, uint32_t vm) {
  const berth_inventory *inventory = e->inventory;
  timeline_vm *v = &e->vms[vm];
  uint32_t host = inventory->vm_host[vm];
  *v = (timeline_vm){.host = host,
                     .old_copy = BERTH_NONE,
                     .start_host = BERTH_NONE,
                     .moving_to = BERTH_NONE,
                     .target = BERTH_NONE,
                     .gate_open = BERTH_UNSET,
                     .down_since = BERTH_UNSET};
  v->outage = (berth_outage){.vm = vm,
                             .down_at = BERTH_UNSET,
                             .up_at = BERTH_UNSET,
                             .ready_at = BERTH_UNSET,
                             .from = host,
                             .host = host};
  v->takes_part = inventory->vm_power[vm] == BERTH_POWER_ON && host != BERTH_NONE;
  v->runs = v->takes_part;
  if (v->takes_part)
    timeline_charge(e, vm, host, 1);
}

/* Hosts that are lost in the inventory are in touch until second 0: they are lost then. */
static void begin_host(timeline_engine *e, uint32_t host) {
  berth_host_state state = (berth_host_state)e->inventory->host_state[host];
  e->hosts[host] = (timeline_host){.state = state};
  if (state == BERTH_HOST_FAILED || state == BERTH_HOST_ISOLATED)
    e->hosts[host].state = BERTH_HOST_ONLINE;
}

static void sort_by_class(timeline_engine *e, uint32_t *order) {
  uint32_t count = 0;
  for (unsigned class = 0; class < TIMELINE_CLASSES; class ++)
    for (uint32_t vm = e->first_vm; vm < e->end_vm; vm++)
      if (timeline_class(e->inventory, vm) == class)
        order[count++] = vm;
  assert(count == e->end_vm - e->first_vm);
}

bool timeline_engine_begin(timeline_engine *e) {
  const berth_inventory *inventory = e->inventory;
  arena_init(&e->memory, context_allocator(e->ctx));
  e->vms = arena_take(&e->memory, inventory->vm_count, sizeof *e->vms);
  e->hosts = arena_take(&e->memory, inventory->host_count, sizeof *e->hosts);
  e->used =
      arena_take(&e->memory, inventory->host_count, inventory->resource_count * sizeof *e->used);
  e->order = arena_take(&e->memory, e->end_vm - e->first_vm, sizeof *e->order);
  if (e->vms == NULL || e->hosts == NULL || e->used == NULL || e->order == NULL)
    return false;
  for (uint32_t h = e->first_host; h < e->end_host; h++)
    begin_host(e, h);
  for (uint32_t v = e->first_vm; v < e->end_vm; v++)
    begin_vm(e, v);
  sort_by_class(e, e->order);
  return true;
}

static const char *why_down(const timeline_engine *e, const timeline_vm *v) {
  if (!e->set_up->ha_enabled)
    return "HA is off";
  if (v->outage.why != NULL)
    return v->outage.why;
  if (v->stage == RESTART_STARTING)
    return "its power-on is under way";
  if (v->stage == RESTART_QUEUED)
    return "its turn has not come";
  return e->acting ? "nobody has noticed yet" : "nobody is left to restart it";
}

static void finish_vm(timeline_engine *e, uint32_t vm) {
  timeline_vm *v = &e->vms[vm];
  if (!v->takes_part || !v->affected)
    return;
  if (v->old_copy != BERTH_NONE)
    add_span(e, BERTH_SPAN_OLD_COPY, vm, v->old_copy, v->old_from);
  timeline_mark_vm(e, vm);
  v->outage.down = v->down_since != BERTH_UNSET;
  v->outage.host = v->runs ? v->host : BERTH_NONE;
  if (v->outage.down)
    v->outage.seconds += e->now - v->down_since;
  v->outage.why = v->outage.down ? why_down(e, v) : NULL;
  if (!timeline_add_outage(e->timeline, &v->outage))
    timeline_no_memory(e);
}

void timeline_engine_finish(timeline_engine *e, int64_t end) {
  assert(end >= e->told);
  e->now = end; /* what came after the last event changed nothing */
  for (uint32_t h = e->first_host; h < e->end_host; h++)
    timeline_mark_host(e, h);
  for (uint32_t v = e->first_vm; v < e->end_vm; v++)
    finish_vm(e, v);
}

void timeline_engine_free(timeline_engine *e) {
  timeline_drop_plan(e);
  timeline_queue_free(&e->queue);
  arena_free(&e->memory);
}
