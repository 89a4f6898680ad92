/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scenarios: what is read is applied, or run where it is a timeline; what it makes of the inventory
 * is written, and the scenario itself is the same after a way through the JSON of a plan.
 */
#include "fuzzed_fixture.h"
#include "fuzzed_plan.h"
#include <berth/io.h>
#include <berth/timeline_run.h>
#include <berth/timeline_write.h>
#include <unistd.h>

enum { LARGEST = 1 << 13, EVENTS_MAX = 40, NEW_OBJECTS_MAX = 64 };

/* A line of text may add millions of VMs, which is as it should be, but takes too long here. */
static bool is_small(const berth_scenario *scenario) {
  int64_t added = 0;
  const uint32_t count = berth_scenario_count(scenario);
  for (uint32_t i = 0; i < count && added <= NEW_OBJECTS_MAX; i++)
    added += berth_scenario_event(scenario, i)->count - 1;
  return count <= EVENTS_MAX && added <= NEW_OBJECTS_MAX;
}

static void run(berth_context *ctx, const berth_inventory *inventory,
                const berth_scenario *scenario) {
  berth_timeline_request request = BERTH_TIMELINE_REQUEST_INIT;
  berth_options options;
  berth_timeline *timeline = NULL;
  berth_options_init(&options);
  options.value[BERTH_OPTION_TIME_LIMIT] = 100;
  options.value[BERTH_OPTION_THREADS] = 1;
  request.scenario = scenario;
  request.options = &options;
  request.approve = 60;
  request.storage_protection = (berth_storage_protection)(berth_scenario_count(scenario) % 3);
  const berth_status status = berth_timeline_run(ctx, inventory, &request, &timeline);
  fuzzed_require_verdict(ctx, status, "a timeline is run or refused");
  if (timeline != NULL) {
    fuzzed_require_ok(ctx,
                      berth_write_timeline(ctx, timeline, BERTH_FORMAT_TEXT, NULL, "/dev/null"),
                      "a timeline is written as text");
    fuzzed_require_ok(ctx,
                      berth_write_timeline(ctx, timeline, BERTH_FORMAT_JSON, NULL, "/dev/null"),
                      "a timeline is written as JSON");
    fuzzed_require_ok(ctx, berth_write_timeline_report(ctx, timeline, "/dev/null"),
                      "a timeline is drawn");
  }
  berth_timeline_free(timeline);
}

static void apply(berth_context *ctx, const berth_inventory *inventory,
                  const berth_scenario *scenario) {
  const berth_inventory *changed = NULL;
  berth_plan *plan = NULL;
  const berth_status status = berth_scenario_apply(ctx, inventory, scenario, &changed);
  fuzzed_require_verdict(ctx, status, "a scenario is applied or refused");
  if (status != BERTH_OK)
    return;
  fuzzed_require_ok(ctx, berth_write_inventory(ctx, changed, "/dev/null"),
                    "an inventory is written");
  fuzzed_require_ok(ctx, berth_plan_new(ctx, changed, scenario, berth_goal_infer(changed), &plan),
                    "a plan is begun");
  fuzzed_plan_write(ctx, plan);
  fuzzed_plan_round_trip(ctx, plan, inventory);
  berth_plan_free(plan);
  berth_inventory_release(changed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > LARGEST)
    return 0;
  char path[FUZZED_PATH_ROOM];
  berth_scenario *scenario = NULL;
  berth_context *ctx = fuzzed_context();
  const int file = fuzzed_file_open(data, size, path);
  const berth_status status = berth_read_scenario(ctx, path, NULL, &scenario);
  fuzzed_require_verdict(ctx, status, "a scenario is read or refused");
  if (scenario != NULL && is_small(scenario)) {
    const berth_inventory *inventory = fuzzed_fixture(ctx);
    if (berth_scenario_is_timeline(scenario))
      run(ctx, inventory, scenario);
    else
      apply(ctx, inventory, scenario);
    berth_inventory_release(inventory);
  }
  berth_scenario_free(scenario);
  (void)close(file);
  berth_context_free(ctx);
  return 0;
}
