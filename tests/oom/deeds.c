/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small inputs, whole chains: what fails in the middle has to give back what came before.
 */
#include "deeds.h"
#include "session_deed.h"

#include <berth/audit.h>
#include <berth/capacity.h>
#include <berth/execution.h>
#include <berth/opennebula.h>
#include <berth/power.h>
#include <berth/rolling.h>
#include <berth/solve.h>
#include <berth/timeline_run.h>
#include <berth/timeline_write.h>

enum { MOST_SOURCES = 4, PATH_BYTES = 1024 };

static const char *path_of(const deed_world *world, const char *name, char path[PATH_BYTES]) {
  (void)snprintf(path, PATH_BYTES, "%s/%s", world->project, name);
  return path;
}

static berth_status read_sources(const deed *d, const deed_world *world,
                                 const berth_inventory **out) {
  char paths[MOST_SOURCES][PATH_BYTES];
  const char *sources[MOST_SOURCES];
  uint32_t count = 0;
  for (; count < MOST_SOURCES && d->sources[count] != NULL; count++)
    sources[count] = path_of(world, d->sources[count], paths[count]);
  return berth_read_inventory(world->ctx, sources, count, BERTH_DIALECT_AUTO, NULL, out);
}

static berth_status read_scenario(const deed *d, const deed_world *world, berth_scenario **out) {
  char path[PATH_BYTES];
  if (d->second == NULL)
    return BERTH_OK;
  return berth_read_scenario(world->ctx, path_of(world, d->second, path), NULL, out);
}

/* One thread: the order of allocations is then the same each time, but for solvers' own. */
static berth_options one_thread(const deed_world *world) {
  berth_options options;
  berth_options_init(&options);
  (void)berth_options_set(world->ctx, &options, BERTH_OPTION_THREADS, 1);
  return options;
}

static berth_status print_everything(const deed_world *world, const berth_plan *plan) {
  berth_status status = berth_print_plan(world->ctx, plan, BERTH_FORMAT_TEXT, NULL, world->sink);
  if (status == BERTH_OK)
    status = berth_print_plan(world->ctx, plan, BERTH_FORMAT_XML, NULL, world->sink);
  if (status == BERTH_OK)
    status = berth_print_plan(world->ctx, plan, BERTH_FORMAT_JSON, NULL, world->sink);
  if (status == BERTH_OK)
    status = berth_write_report(world->ctx, plan, world->output);
  return status;
}

static berth_status read_and_write(const deed *d, const deed_world *world) {
  const berth_inventory *inventory = NULL;
  berth_status status = read_sources(d, world, &inventory);
  if (status == BERTH_OK)
    status = berth_write_inventory(world->ctx, inventory, world->output);
  berth_inventory_release(inventory);
  return status;
}

static berth_status plan_and_print(const deed *d, const deed_world *world) {
  const berth_inventory *inventory = NULL;
  berth_scenario *scenario = NULL;
  berth_plan *plan = NULL;
  berth_options options = one_thread(world);
  berth_status status = read_sources(d, world, &inventory);
  if (status == BERTH_OK)
    status = read_scenario(d, world, &scenario);
  berth_request request = BERTH_REQUEST_INIT;
  request.scenario = scenario;
  request.options = &options;
  request.infer_goal = d->detail < 0;
  request.goal = d->detail < 0 ? BERTH_GOAL_FAILOVER : (berth_goal)d->detail;
  if (status == BERTH_OK)
    status = berth_solve(world->ctx, inventory, &request, NULL, &plan);
  if (status == BERTH_OK)
    status = print_everything(world, plan);
  berth_plan_free(plan);
  berth_scenario_free(scenario);
  berth_inventory_release(inventory);
  return status;
}

/* A plan is read, checked, carried out in part and simulated. */
static berth_status carry_out(const deed_world *world, const berth_plan *plan) {
  berth_report *report = NULL;
  berth_execution *execution = NULL;
  berth_simulation *simulation = NULL;
  const berth_inventory *reached = NULL;
  berth_simulation_options options = BERTH_SIMULATION_OPTIONS_INIT;
  options.runs = 3;
  berth_status status = berth_verify(world->ctx, plan, &report);
  if (status == BERTH_OK)
    (void)fprintf(world->sink, "%u faults\n", berth_report_count(report));
  if (status == BERTH_OK)
    status = berth_execution_new(world->ctx, plan, &execution);
  if (status == BERTH_OK && berth_plan_step_count(plan) > 0)
    status = berth_execution_start(world->ctx, execution, 1, 0);
  if (status == BERTH_OK && berth_plan_step_count(plan) > 0)
    status = berth_execution_fail(world->ctx, execution, 1, 5);
  if (status == BERTH_OK)
    status = berth_execution_inventory(world->ctx, execution, 10, &reached);
  if (status == BERTH_OK)
    status = berth_simulate_plan(world->ctx, plan, &options, &simulation);
  if (status == BERTH_OK)
    status = berth_write_simulation(world->ctx, plan, simulation, BERTH_FORMAT_JSON, NULL,
                                    world->output);
  berth_simulation_free(simulation);
  berth_inventory_release(reached);
  berth_execution_free(execution);
  berth_report_free(report);
  return status;
}

static berth_status read_plan(const deed *d, const deed_world *world) {
  char path[PATH_BYTES];
  const berth_inventory *inventory = NULL;
  berth_plan *plan = NULL;
  berth_status status = read_sources(d, world, &inventory);
  if (status == BERTH_OK)
    status = berth_read_plan(world->ctx, path_of(world, d->second, path), inventory, NULL, &plan);
  if (status == BERTH_OK)
    status = carry_out(world, plan);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  return status;
}

static berth_status audit(const deed *d, const deed_world *world) {
  const berth_inventory *inventory = NULL;
  berth_audit *found = NULL;
  berth_options options = one_thread(world);
  berth_audit_request request = BERTH_AUDIT_REQUEST_INIT;
  request.failures = (uint32_t)d->detail;
  request.options = &options;
  berth_status status = read_sources(d, world, &inventory);
  if (status == BERTH_OK)
    status = berth_audit_run(world->ctx, inventory, &request, &found);
  if (status == BERTH_OK)
    (void)fprintf(world->sink, "worst %d\n", (int)berth_audit_worst(found));
  berth_audit_free(found);
  berth_inventory_release(inventory);
  return status;
}

static berth_status capacity(const deed *d, const deed_world *world) {
  const berth_inventory *inventory = NULL;
  berth_capacity *found = NULL;
  berth_options options = one_thread(world);
  berth_capacity_request request = BERTH_CAPACITY_REQUEST_INIT;
  berth_capacity_flavour flavour = BERTH_CAPACITY_FLAVOUR_INIT;
  flavour.cpu_mhz = 500;
  flavour.memory_mib = 2048;
  request.flavours = &flavour;
  request.flavour_count = 1;
  request.failures = 1;
  request.options = &options;
  berth_status status = read_sources(d, world, &inventory);
  if (status == BERTH_OK)
    status = berth_capacity_run(world->ctx, inventory, &request, &found);
  berth_capacity_free(found);
  berth_inventory_release(inventory);
  return status;
}

static berth_status power(const deed *d, const deed_world *world) {
  const berth_inventory *inventory = NULL;
  berth_power_answer *found = NULL;
  berth_options options = one_thread(world);
  berth_power_request request = BERTH_POWER_REQUEST_INIT;
  request.options = &options;
  request.even_off = true;
  berth_status status = read_sources(d, world, &inventory);
  if (status == BERTH_OK)
    status = berth_power_run(world->ctx, inventory, &request, &found);
  if (status == BERTH_OK)
    status = print_everything(world, berth_power_plan_down(found));
  berth_power_answer_free(found);
  berth_inventory_release(inventory);
  return status;
}

static berth_status rolling(const deed *d, const deed_world *world) {
  const berth_inventory *inventory = NULL;
  berth_rolling *found = NULL;
  berth_options options = one_thread(world);
  berth_rolling_request request = BERTH_ROLLING_REQUEST_INIT;
  request.options = &options;
  berth_status status = read_sources(d, world, &inventory);
  if (status == BERTH_OK)
    status = berth_rolling_solve(world->ctx, inventory, &request, &found);
  if (status == BERTH_OK)
    (void)fprintf(world->sink, "%u rounds\n", berth_rolling_round_count(found));
  berth_rolling_free(found);
  berth_inventory_release(inventory);
  return status;
}

static berth_status timeline(const deed *d, const deed_world *world) {
  const berth_inventory *inventory = NULL;
  berth_scenario *scenario = NULL;
  berth_timeline *found = NULL;
  berth_options options = one_thread(world);
  berth_status status = read_sources(d, world, &inventory);
  if (status == BERTH_OK)
    status = read_scenario(d, world, &scenario);
  berth_timeline_request request = BERTH_TIMELINE_REQUEST_INIT;
  request.scenario = scenario;
  request.options = &options;
  if (status == BERTH_OK)
    status = berth_timeline_run(world->ctx, inventory, &request, &found);
  if (status == BERTH_OK)
    status = berth_write_timeline(world->ctx, found, BERTH_FORMAT_JSON, NULL, world->output);
  if (status == BERTH_OK)
    status = berth_write_timeline_report(world->ctx, found, world->output);
  berth_timeline_free(found);
  berth_scenario_free(scenario);
  berth_inventory_release(inventory);
  return status;
}

static berth_status opennebula(const deed *d, const deed_world *world) {
  char path[PATH_BYTES];
  berth_opennebula_action *action = NULL;
  berth_plan *plan = NULL;
  berth_options options = one_thread(world);
  berth_request request = BERTH_REQUEST_INIT;
  berth_opennebula_answer answer = BERTH_OPENNEBULA_ANSWER_INIT;
  request.options = &options;
  berth_status status = berth_opennebula_read_action(world->ctx, path_of(world, d->second, path),
                                                     BERTH_OPENNEBULA_PLACE, NULL, NULL, &action);
  if (status == BERTH_OK)
    status = berth_solve(world->ctx, berth_opennebula_inventory(action), &request, NULL, &plan);
  if (status == BERTH_OK)
    status = berth_opennebula_write_plan(world->ctx, action, plan, world->output, &answer);
  berth_plan_free(plan);
  berth_opennebula_action_free(action);
  return status;
}

/* ------------------------------------------------------------------------ sessions */

static berth_status session(const deed *d, const deed_world *world) {
  const berth_inventory *inventory = NULL;
  berth_status status = read_sources(d, world, &inventory);
  if (status == BERTH_OK)
    status = session_deed(world, inventory);
  berth_inventory_release(inventory);
  return status;
}

#define SAMPLES "tests/unit/samples/"

static const deed all[] = {
    {"read native", read_and_write, {"datasets/quiesce-pair.xml"}, NULL, 0},
    {"read numa", read_and_write, {"datasets/numa-makes-room.xml"}, NULL, 0},
    {"read vim25", read_and_write, {"datasets/vsphere-export"}, NULL, 0},
    {"read ovirt",
     read_and_write,
     {"datasets/ovirt/pair-hosts.xml", "datasets/ovirt/pair-vms.xml",
      "datasets/ovirt/pair-affinity.xml"},
     NULL,
     0},
    {"read opennebula", read_and_write, {"datasets/opennebula/action.xml"}, NULL, 0},
    {"read appliance",
     read_and_write,
     {"datasets/fragmentation.xml", "datasets/appliance-web-shop.ovf"},
     NULL,
     0},
    {"plan failover", plan_and_print, {"datasets/fragmentation.xml"}, NULL, -1},
    {"plan notified", plan_and_print, {"datasets/quiesce-pair.xml"}, NULL, -1},
    {"plan with a scenario",
     plan_and_print,
     {"datasets/rack-failure.xml"},
     "datasets/rack-failure.scenario.xml",
     -1},
    {"plan stop-over", plan_and_print, {"datasets/swap-through-third-host.xml"}, NULL, -1},
    {"plan unplaced", plan_and_print, {"datasets/must-rule-forbids-restart.xml"}, NULL, -1},
    {"plan nodes", plan_and_print, {"datasets/numa-makes-room.xml"}, NULL, -1},
    {"defragment",
     plan_and_print,
     {"datasets/defragment-for-big.xml"},
     NULL,
     BERTH_GOAL_DEFRAGMENT},
    {"consolidate",
     plan_and_print,
     {"datasets/power-two-may-sleep.xml"},
     NULL,
     BERTH_GOAL_CONSOLIDATE},
    {"rebalance", plan_and_print, {"datasets/defragment-for-big.xml"}, NULL, BERTH_GOAL_REBALANCE},
    {"search", plan_and_print, {SAMPLES "over_capacity.xml"}, NULL, BERTH_GOAL_REBALANCE},
    {"read plan", read_plan, {"datasets/quiesce-pair.xml"}, "tests/oom/quiesce-pair.plan.json", 0},
    {"audit", audit, {"datasets/audit-slots-disagree.xml"}, NULL, 2},
    {"capacity", capacity, {"datasets/capacity-n-plus-k.xml"}, NULL, 0},
    {"power", power, {"datasets/power-two-may-sleep.xml"}, NULL, 0},
    {"rolling", rolling, {"datasets/rolling-three-hosts.xml"}, NULL, 0},
    {"timeline",
     timeline,
     {"datasets/isolated-locks.xml"},
     "datasets/isolated-locks.scenario.xml",
     0},
    {"opennebula", opennebula, {NULL}, "datasets/opennebula/action.xml", 0},
    {"session", session, {"datasets/rack-failure.xml"}, NULL, 0},
};

const deed *deeds(uint32_t *count) {
  *count = sizeof all / sizeof *all;
  return all;
}
