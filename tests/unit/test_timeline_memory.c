/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fails the Nth allocation of a timeline, for every N up to a thousand and then every 13th. Each
 * run ends with a status, and with every byte given back.
 */
#include "../short_memory.h"
#include "timeline_fixture.h"
#include <berth/timeline_write.h>
#include <stdlib.h>

/* h0 fails: "big" needs a wake or migrations; h1 loses its storage later. */
static timeline_case begin(void) {
  berth_cluster_spec spec = timeline_era(BERTH_ERA_FDM65);
  spec.dpm = BERTH_AUTOMATION_MANUAL;
  timeline_case t = timeline_begin(&spec);
  const char *const hosts[] = {"h0", "h1", "h2", "h3"};
  for (int i = 0; i < 4; i++)
    timeline_host_on_disk(&t, hosts[i], 500);
  timeline_vm_of(&t, "big", "h0", 450, BERTH_PRIORITY_MEDIUM);
  timeline_vm_of(&t, "a", "h1", 150, BERTH_PRIORITY_HIGH);
  timeline_vm_of(&t, "b", "h2", 150, BERTH_PRIORITY_LOW);
  timeline_vm_of(&t, "c", "h3", 150, BERTH_PRIORITY_DISABLED);
  timeline_event(&t, BERTH_EVENT_FAIL, "h0", 0);
  timeline_isolate(&t, "h1", "lost", 50);
  timeline_event(&t, BERTH_EVENT_RECOVER, "h0", 400);
  return t;
}

static berth_status run_and_write(berth_context *ctx, const timeline_case *t) {
  berth_timeline *timeline = NULL;
  berth_status status = berth_timeline_run(ctx, t->inventory, &t->request, &timeline);
  if (status == BERTH_OK)
    status = berth_write_timeline(ctx, timeline, BERTH_FORMAT_TEXT, NULL, "/dev/null");
  if (status == BERTH_OK)
    status = berth_write_timeline(ctx, timeline, BERTH_FORMAT_JSON, NULL, "/dev/null");
  if (status == BERTH_OK)
    status = berth_write_timeline_report(ctx, timeline, "/dev/null");
  berth_timeline_free(timeline);
  return status;
}

static berth_status run_with(const timeline_case *t, short_memory *memory) {
  berth_allocator allocator = short_memory_allocator(memory);
  berth_context *ctx = NULL;
  berth_status status = berth_context_new(&allocator, &ctx);
  if (status == BERTH_OK)
    status = run_and_write(ctx, t);
  berth_context_free(ctx);
  return status;
}

Test(timeline_memory, every_allocation_may_fail, .timeout = 300) {
  timeline_case t = begin();
  berth_options options;
  berth_options_init(&options);
  options.value[BERTH_OPTION_THREADS] = 1;
  t.inventory = fixture_freeze(&t.f);
  t.request.scenario = t.scenario;
  t.request.options = &options;
  berth_status status = BERTH_E_NOMEM;
  long failed = 0;
  for (long n = 0; status != BERTH_OK; n += n < 1000 ? 1 : 13) {
    short_memory memory = {.left = n};
    status = run_with(&t, &memory);
    cr_assert(status == BERTH_OK || status == BERTH_E_NOMEM, "allocation %ld: status %d", n,
              (int)status);
    cr_assert_eq(memory.alive, 0, "allocation %ld: %ld pieces are left", n, memory.alive);
    failed += status != BERTH_OK;
  }
  cr_expect_gt(failed, 100);
  timeline_end(&t);
}
