/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an evacuation is told of admission control, on the documented cluster: hosts (9 GHz, 9 GiB),
 * (9, 6), (6, 6), VMs (2, 1) (2, 1) (1, 2) (1, 1) (1, 1), slots of (2, 2).
 */
#include "inventory_fixture.h"

#include <berth/scenario.h>
#include <berth/solve.h>

enum { GHZ = 1000, GIB = 1024 };

typedef struct answer {
  fixture f;
  const berth_inventory *inventory;
  berth_scenario *scenario;
  berth_plan *plan;
} answer;

static const berth_inventory *documented(fixture *f, berth_cluster_spec spec) {
  static const struct {
    const char *id, *host;
    int64_t ghz, gib;
  } vms[] = {{"v1", "h1", 2, 1},
             {"v2", "h1", 2, 1},
             {"v3", "h2", 1, 2},
             {"v4", "h2", 1, 1},
             {"v5", "h3", 1, 1}};
  uint32_t c = BERTH_NONE;
  spec.id = "prod";
  cr_assert_eq(berth_builder_add_cluster(f->builder, &spec, &c), BERTH_OK);
  fixture_host(f, c, "h1", 9 * GHZ, 9 * GIB);
  fixture_host(f, c, "h2", 9 * GHZ, 6 * GIB);
  fixture_host(f, c, "h3", 6 * GHZ, 6 * GIB);
  for (size_t i = 0; i < sizeof vms / sizeof vms[0]; i++)
    fixture_vm(f, c, vms[i].id, vms[i].host, vms[i].ghz * GHZ, vms[i].gib * GIB);
  return fixture_freeze(f);
}

static answer evacuate(berth_cluster_spec spec, const char *host) {
  answer a = {.f = fixture_begin()};
  a.inventory = documented(&a.f, spec);
  berth_event event = BERTH_EVENT_INIT;
  event.type = BERTH_EVENT_MAINTENANCE;
  event.host = host;
  cr_assert_eq(berth_scenario_new(a.f.ctx, &a.scenario), BERTH_OK);
  cr_assert_eq(berth_scenario_add(a.f.ctx, a.scenario, &event), BERTH_OK);
  berth_request request = BERTH_REQUEST_INIT;
  request.scenario = a.scenario;
  cr_assert_eq(berth_solve(a.f.ctx, a.inventory, &request, NULL, &a.plan), BERTH_OK);
  cr_assert_eq(berth_plan_left_behind_count(a.plan), 0);
  return a;
}

static void finish(answer *a) {
  berth_plan_free(a->plan);
  berth_scenario_free(a->scenario);
  berth_inventory_release(a->inventory);
  fixture_end(&a->f);
}

static const char *told(const answer *a) {
  for (uint32_t i = 0; i < berth_plan_warning_count(a->plan); i++)
    if (strstr(berth_plan_warning_at(a->plan, i), "admission control") != NULL)
      return berth_plan_warning_at(a->plan, i);
  return NULL;
}

/* Without h1 there are 3 + 3 slots, 3 after a failure; 5 are used. */
Test(admission_warning, slots_that_are_missing) {
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  spec.admission = BERTH_ADMISSION_SLOTS;
  answer a = evacuate(spec, "h1");
  cr_assert_not_null(told(&a));
  cr_assert_not_null(strstr(told(&a), "(slots, 1 host) is 2 slots short while h1 is in"));
  finish(&a);
}

/* Without h3 there are 4 + 3 slots, 3 after the failure of h1: 2 short; set up for no failure, none
 * is missing. */
Test(admission_warning, nothing_where_nothing_is_reserved) {
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  spec.admission = BERTH_ADMISSION_SLOTS;
  spec.admission_failures = 0;
  answer a = evacuate(spec, "h3");
  cr_assert_null(told(&a));
  finish(&a);
}

/* h2 and h3 have 12 GiB, 6 of them are needed: 60 % are 7.2 GiB, 1.2 GiB (1,228.8 MiB) are missing.
 * Of cpu 8 of 15 GHz are free. */
Test(admission_warning, share_that_is_missing) {
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  spec.admission = BERTH_ADMISSION_PERCENTAGE;
  spec.reserve_cpu_percent = 53;
  spec.reserve_memory_percent = 60;
  answer a = evacuate(spec, "h1");
  cr_assert_not_null(told(&a));
  cr_assert_not_null(strstr(told(&a), "(percentage) is 1229 MiB short while h1 is in"), "%s",
                     told(&a));
  finish(&a);
}

Test(admission_warning, nothing_without_ha) {
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  spec.admission = BERTH_ADMISSION_SLOTS;
  spec.ha_enabled = false;
  answer a = evacuate(spec, "h1");
  cr_assert_null(told(&a));
  finish(&a);
}
