/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file timeline_fixture.h
 * Timelines for tests: a scenario event a line, then questions such as "when does v1 run again".
 * Times are seconds; NEVER where something does not happen.
 */
#ifndef BERTH_TESTS_TIMELINE_FIXTURE_H
#define BERTH_TESTS_TIMELINE_FIXTURE_H

#include "inventory_fixture.h"
#include <berth/timeline_run.h>
#include <stdio.h>

enum { NEVER = -1 };

typedef struct timeline_case {
  fixture f;
  uint32_t cluster;
  berth_scenario *scenario;
  berth_timeline_request request;
  berth_ha_timing timing;
  const berth_inventory *inventory;
  berth_timeline *timeline;
} timeline_case;

/** A cluster of era @p era; change @p spec before, if NULL the defaults. */
static inline timeline_case timeline_begin(const berth_cluster_spec *given) {
  timeline_case t = {.f = fixture_begin(), .request = BERTH_TIMELINE_REQUEST_INIT};
  berth_cluster_spec spec = *given;
  spec.id = "prod";
  cr_assert_eq(berth_builder_add_cluster(t.f.builder, &spec, &t.cluster), BERTH_OK);
  cr_assert_eq(berth_scenario_new(t.f.ctx, &t.scenario), BERTH_OK);
  berth_ha_timing_init(&t.timing);
  return t;
}

static inline berth_cluster_spec timeline_era(berth_era era) {
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  spec.era = era;
  return spec;
}

static inline void timeline_host_joined(timeline_case *t, const char *id, int64_t memory,
                                        int64_t joined) {
  berth_host_spec spec = fixture_host_spec(id, 100000, memory);
  spec.joined = joined;
  fixture_add_host(&t->f, t->cluster, spec);
}

/** A host that reaches datastore "ds", as heartbeats need it. */
static inline void timeline_host_on_disk(timeline_case *t, const char *id, int64_t memory) {
  uint32_t host = fixture_add_host(&t->f, t->cluster, fixture_host_spec(id, 100000, memory));
  cr_assert_eq(berth_builder_host_reach_datastore(t->f.builder, host, "ds"), BERTH_OK);
}

static inline void timeline_vm_of(timeline_case *t, const char *id, const char *host,
                                  int64_t memory, berth_priority priority) {
  berth_vm_spec spec = fixture_vm_spec(id, host, 0, memory);
  spec.priority = priority;
  fixture_add_vm(&t->f, t->cluster, spec);
}

static inline void timeline_event(timeline_case *t, berth_event_type type, const char *object,
                                  int64_t at) {
  berth_event event = BERTH_EVENT_INIT;
  event.type = type;
  event.at = at;
  if (type == BERTH_EVENT_REBOOT)
    event.vm = object;
  else
    event.host = object;
  cr_assert_eq(berth_scenario_add(t->f.ctx, t->scenario, &event), BERTH_OK);
}

static inline void timeline_isolate(timeline_case *t, const char *host, const char *storage,
                                    int64_t at) {
  berth_event event = BERTH_EVENT_INIT;
  event.type = BERTH_EVENT_ISOLATE;
  event.at = at;
  event.host = host;
  event.storage = storage;
  cr_assert_eq(berth_scenario_add(t->f.ctx, t->scenario, &event), BERTH_OK);
}

static inline void timeline_run(timeline_case *t) {
  t->inventory = fixture_freeze(&t->f);
  t->request.scenario = t->scenario;
  t->request.timing = &t->timing;
  berth_status status = berth_timeline_run(t->f.ctx, t->inventory, &t->request, &t->timeline);
  cr_assert_eq(status, BERTH_OK, "%s", berth_context_detail(t->f.ctx));
}

static inline void timeline_end(timeline_case *t) {
  berth_timeline_free(t->timeline);
  berth_scenario_free(t->scenario);
  berth_inventory_release(t->inventory);
  fixture_end(&t->f);
}

static inline uint32_t timeline_vm_index(const timeline_case *t, const char *id) {
  uint32_t vm = BERTH_NONE;
  cr_assert_eq(berth_inventory_find_vm(berth_timeline_inventory(t->timeline), id, &vm), BERTH_OK,
               "VM %s", id);
  return vm;
}

static inline uint32_t timeline_host_index(const timeline_case *t, const char *id) {
  uint32_t host = BERTH_NONE;
  cr_assert_eq(berth_inventory_find_host(berth_timeline_inventory(t->timeline), id, &host),
               BERTH_OK, "host %s", id);
  return host;
}

/** The @p nth (from 0) event of the kind about VM @p vm and host @p host; NULL = any. */
static inline const berth_moment *timeline_find(const timeline_case *t, berth_moment_kind kind,
                                                const char *vm, const char *host, uint32_t nth) {
  uint32_t v = vm != NULL ? timeline_vm_index(t, vm) : BERTH_NONE;
  uint32_t h = host != NULL ? timeline_host_index(t, host) : BERTH_NONE;
  for (uint32_t i = 0; i < berth_timeline_moment_count(t->timeline); i++) {
    const berth_moment *moment = berth_timeline_moment_at(t->timeline, i);
    if (moment->kind == kind && (vm == NULL || moment->vm == v) &&
        (host == NULL || moment->host == h) && nth-- == 0)
      return moment;
  }
  return NULL;
}

static inline int64_t timeline_when(const timeline_case *t, berth_moment_kind kind, const char *vm,
                                    const char *host, uint32_t nth) {
  const berth_moment *moment = timeline_find(t, kind, vm, host, nth);
  return moment != NULL ? moment->at : NEVER;
}

/** When the first attempt to restart the VM begins, and on which host it runs at the end. */
static inline int64_t timeline_first_try(const timeline_case *t, const char *vm) {
  return timeline_when(t, BERTH_MOMENT_ATTEMPT, vm, NULL, 0);
}

static inline const berth_outage *timeline_outage(const timeline_case *t, const char *vm) {
  uint32_t v = timeline_vm_index(t, vm);
  for (uint32_t i = 0; i < berth_timeline_outage_count(t->timeline); i++)
    if (berth_timeline_outage_at(t->timeline, i)->vm == v)
      return berth_timeline_outage_at(t->timeline, i);
  return NULL;
}

/** Seconds that the VM is down in all. */
static inline int64_t timeline_seconds(const timeline_case *t, const char *vm) {
  const berth_outage *outage = timeline_outage(t, vm);
  return outage != NULL ? outage->seconds : 0;
}

static inline const char *timeline_place_of(const timeline_case *t, const char *vm) {
  const berth_outage *outage = timeline_outage(t, vm);
  cr_assert_not_null(outage, "%s is in no outage", vm);
  return outage->host == BERTH_NONE
             ? "nowhere"
             : berth_inventory_host_id(berth_timeline_inventory(t->timeline), outage->host);
}

#endif
