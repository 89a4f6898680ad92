/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Callers that were compiled against other headers than the library: each struct that begins with
 * struct_size is handed over as it is, longer with zeros behind it, longer with something there,
 * and too short.
 *
 * usage: sized_callers RECORD OUTPUT
 *
 * RECORD is libberth.abi: a sized struct that it names and that is not tried here is a failure.
 * OUTPUT is a file to write to.
 */
#include <berth/audit.h>
#include <berth/batch.h>
#include <berth/capacity.h>
#include <berth/opennebula.h>
#include <berth/policy_lint.h>
#include <berth/power.h>
#include <berth/rolling.h>
#include <berth/session.h>
#include <berth/timeline_run.h>
#include <berth/timeline_write.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAIL = 64, ROOM = 1024 };

typedef struct world {
  berth_context *ctx;
  berth_builder *builder;
  const berth_inventory *inventory;
  berth_scenario *scenario;
  berth_plan *plan;
  berth_simulation *simulation;
  berth_timeline *timeline;
  berth_opennebula_action *action;
  const char *output;
} world;

static const char document[] =
    "<inventory xmlns='urn:berth:1'><cluster id='c'><host id='a' cpuMhz='1000' memoryMib='1024'/>"
    "<host id='b' cpuMhz='1000' memoryMib='1024'/><vm id='v' host='a' memoryMib='64'/></cluster>"
    "</inventory>";
static const char action_document[] =
    "<SCHEDULER_DRIVER_ACTION><HOST_POOL/><VM_POOL/></SCHEDULER_DRIVER_ACTION>";

/* ---------------------------------------------------------------------------- one call a struct */

typedef berth_status call_function(world *w, void *given);

static berth_status add_cluster(world *w, void *given) {
  ((berth_cluster_spec *)given)->id = "more";
  return berth_builder_add_cluster(w->builder, given, NULL);
}

static berth_status add_host(world *w, void *given) {
  ((berth_host_spec *)given)->id = "h";
  return berth_builder_add_host(w->builder, 0, given, NULL);
}

static berth_status add_vm(world *w, void *given) {
  ((berth_vm_spec *)given)->id = "v";
  return berth_builder_add_vm(w->builder, 0, given, NULL);
}

static berth_status add_rule(world *w, void *given) {
  ((berth_rule_spec *)given)->id = "r";
  return berth_builder_add_rule(w->builder, 0, given, NULL);
}

static berth_status add_event(world *w, void *given) {
  berth_scenario *out = NULL;
  berth_status status = berth_scenario_new(w->ctx, &out);
  if (status == BERTH_OK)
    status = berth_scenario_add(w->ctx, out, given);
  berth_scenario_free(out);
  return status;
}

static berth_status add_step(world *w, void *given) {
  return berth_plan_add_step(w->ctx, w->plan, given);
}

static berth_status set_settings(world *w, void *given) {
  return berth_plan_set_settings(w->ctx, w->plan, given);
}

static berth_status set_deadline(world *w, void *given) {
  ((berth_plan_deadline *)given)->seconds = 60;
  return berth_plan_set_deadline(w->ctx, w->plan, given);
}

static berth_status lint(world *w, void *given) {
  return berth_lint(w->ctx, w->inventory, given);
}

static berth_status lint_admission(world *w, void *given) {
  return berth_lint_admission(w->ctx, w->inventory, given);
}

static void *do_nothing(void *user, uint64_t item, berth_context *ctx) {
  (void)ctx;
  return item < 2 ? user : NULL;
}

static bool accept(void *user, uint64_t item, void *result) {
  return item < 2 && user == result;
}

static berth_status run_batch(world *w, void *given) {
  berth_batch_request *batch = given;
  batch->count = 2;
  batch->threads = 1;
  batch->work = do_nothing;
  batch->take = accept;
  return berth_batch_run(w->ctx, batch, NULL);
}

static berth_status run_and_measure(world *w, void *given) {
  berth_batch_request batch = BERTH_BATCH_REQUEST_INIT;
  batch.count = 2;
  batch.threads = 1;
  batch.work = do_nothing;
  batch.take = accept;
  return berth_batch_run(w->ctx, &batch, given);
}

static berth_status simulate(world *w, void *given) {
  berth_simulation *out = NULL;
  berth_status status = berth_simulate_plan(w->ctx, w->plan, given, &out);
  berth_simulation_free(out);
  return status;
}

static berth_status resize(world *w, void *given) {
  berth_session *session = NULL;
  berth_status status = berth_session_open(w->ctx, w->inventory, &session);
  if (status == BERTH_OK)
    status = berth_session_resize_vm(session, 0, given);
  berth_session_close(session);
  return status;
}

static berth_status solve(world *w, void *given) {
  berth_plan *out = NULL;
  berth_status status = berth_solve(w->ctx, w->inventory, given, NULL, &out);
  berth_plan_free(out);
  return status;
}

static berth_status solve_and_measure(world *w, void *given) {
  static const berth_request request = BERTH_REQUEST_INIT;
  berth_plan *out = NULL;
  berth_status status = berth_solve(w->ctx, w->inventory, &request, given, &out);
  berth_plan_free(out);
  return status;
}

static berth_status audit(world *w, void *given) {
  berth_audit *out = NULL;
  berth_status status = berth_audit_run(w->ctx, w->inventory, given, &out);
  berth_audit_free(out);
  return status;
}

static berth_status ask_power(world *w, void *given) {
  berth_power_answer *out = NULL;
  berth_status status = berth_power_run(w->ctx, w->inventory, given, &out);
  berth_power_answer_free(out);
  return status;
}

static berth_status patch_all(world *w, void *given) {
  berth_rolling *out = NULL;
  berth_status status = berth_rolling_solve(w->ctx, w->inventory, given, &out);
  berth_rolling_free(out);
  return status;
}

static berth_status run_timeline(world *w, void *given) {
  berth_timeline *out = NULL;
  ((berth_timeline_request *)given)->scenario = w->scenario;
  berth_status status = berth_timeline_run(w->ctx, w->inventory, given, &out);
  berth_timeline_free(out);
  return status;
}

static berth_status ask_capacity(world *w, void *given) {
  static const berth_capacity_flavour flavour = {
      .struct_size = sizeof flavour, .cpu_mhz = 1, .memory_mib = 1, .vcpus = 1, .count = 1};
  berth_capacity *out = NULL;
  ((berth_capacity_request *)given)->flavours = &flavour;
  ((berth_capacity_request *)given)->flavour_count = 1;
  berth_status status = berth_capacity_run(w->ctx, w->inventory, given, &out);
  berth_capacity_free(out);
  return status;
}

/* Two flavours, which lie as far apart as their struct_size says. */
static berth_status ask_flavours(world *w, void *given) {
  char both[2 * ROOM];
  berth_capacity_flavour *flavour = given;
  berth_capacity_request request = BERTH_CAPACITY_REQUEST_INIT;
  berth_capacity *out = NULL;
  flavour->cpu_mhz = flavour->memory_mib = 1;
  memcpy(both, given, ROOM);
  memcpy(both + flavour->struct_size, given, ROOM);
  request.flavours = (const berth_capacity_flavour *)(const void *)both;
  request.flavour_count = 2;
  berth_status status = berth_capacity_run(w->ctx, w->inventory, &request, &out);
  berth_capacity_free(out);
  return status;
}

static berth_status parse_with_limits(world *w, void *given) {
  const berth_inventory *out = NULL;
  berth_status status = berth_parse_inventory(w->ctx, document, sizeof document - 1, "document",
                                              BERTH_DIALECT_AUTO, given, &out);
  berth_inventory_release(out);
  return status;
}

static berth_status parse_action_with_limits(world *w, void *given) {
  berth_opennebula_action *out = NULL;
  berth_status status =
      berth_opennebula_parse_action(w->ctx, action_document, sizeof action_document - 1, "action",
                                    BERTH_OPENNEBULA_PLACE, NULL, given, &out);
  berth_opennebula_action_free(out);
  return status;
}

static berth_status answer(world *w, void *given) {
  return berth_opennebula_write_plan(w->ctx, w->action, NULL, w->output, given);
}

static berth_status write_plan(world *w, void *given) {
  return berth_write_plan(w->ctx, w->plan, BERTH_FORMAT_TEXT, given, w->output);
}

static berth_status write_simulation(world *w, void *given) {
  return berth_write_simulation(w->ctx, w->plan, w->simulation, BERTH_FORMAT_TEXT, given,
                                w->output);
}

static berth_status write_timeline(world *w, void *given) {
  return berth_write_timeline(w->ctx, w->timeline, BERTH_FORMAT_TEXT, given, w->output);
}

/* ---------------------------------------------------------------------------- the rows */

static const berth_audit_request audit_request = BERTH_AUDIT_REQUEST_INIT;
static const berth_batch_request batch_request = BERTH_BATCH_REQUEST_INIT;
static const berth_batch_statistics batch_statistics = BERTH_BATCH_STATISTICS_INIT;
static const berth_capacity_flavour capacity_flavour = BERTH_CAPACITY_FLAVOUR_INIT;
static const berth_capacity_request capacity_request = BERTH_CAPACITY_REQUEST_INIT;
static const berth_cluster_spec cluster_spec = BERTH_CLUSTER_SPEC_INIT;
static const berth_event event = BERTH_EVENT_INIT;
static const berth_host_spec host_spec = BERTH_HOST_SPEC_INIT;
static const berth_lint_request lint_request = BERTH_LINT_REQUEST_INIT;
static const berth_opennebula_answer opennebula_answer = BERTH_OPENNEBULA_ANSWER_INIT;
static const berth_plan_deadline plan_deadline = BERTH_PLAN_DEADLINE_INIT;
static const berth_plan_settings plan_settings = BERTH_PLAN_SETTINGS_INIT;
static const berth_plan_step plan_step = BERTH_PLAN_STEP_INIT;
static const berth_power_request power_request = BERTH_POWER_REQUEST_INIT;
static const berth_read_limits read_limits = BERTH_READ_LIMITS_INIT;
static const berth_request request = BERTH_REQUEST_INIT;
static const berth_rolling_request rolling_request = BERTH_ROLLING_REQUEST_INIT;
static const berth_rule_spec rule_spec = BERTH_RULE_SPEC_INIT;
static const berth_simulation_options simulation_options = BERTH_SIMULATION_OPTIONS_INIT;
static const berth_solve_statistics solve_statistics = BERTH_SOLVE_STATISTICS_INIT;
static const berth_text_style text_style = BERTH_TEXT_STYLE_INIT;
static const berth_timeline_request timeline_request = BERTH_TIMELINE_REQUEST_INIT;
static const berth_vm_size vm_size = BERTH_VM_SIZE_INIT;
static const berth_vm_spec vm_spec = BERTH_VM_SPEC_INIT;

/* `filled`: by the library, so that what lies behind it is nobody's wish. */
typedef struct row {
  const char *name;
  call_function *call;
  const void *initial;
  uint32_t size;
  bool filled;
} row;

#define ROW(name, call)                                                                            \
  { "berth_" #name, call, &name, sizeof name, false }

static const row rows[] = {
    ROW(audit_request, audit),
    ROW(batch_request, run_batch),
    ROW(capacity_flavour, ask_flavours),
    ROW(capacity_request, ask_capacity),
    ROW(cluster_spec, add_cluster),
    ROW(event, add_event),
    ROW(host_spec, add_host),
    ROW(lint_request, lint),
    ROW(lint_request, lint_admission),
    ROW(plan_deadline, set_deadline),
    ROW(plan_settings, set_settings),
    ROW(power_request, ask_power),
    ROW(read_limits, parse_with_limits),
    ROW(read_limits, parse_action_with_limits),
    ROW(request, solve),
    ROW(rolling_request, patch_all),
    ROW(rule_spec, add_rule),
    ROW(simulation_options, simulate),
    ROW(text_style, write_plan),
    ROW(text_style, write_simulation),
    ROW(text_style, write_timeline),
    ROW(timeline_request, run_timeline),
    ROW(vm_size, resize),
    ROW(vm_spec, add_vm),
    {"berth_batch_statistics", run_and_measure, &batch_statistics, sizeof batch_statistics, true},
    {"berth_opennebula_answer", answer, &opennebula_answer, sizeof opennebula_answer, true},
    {"berth_solve_statistics", solve_and_measure, &solve_statistics, sizeof solve_statistics, true},
    ROW(plan_step, add_step), /* the plan is no sound one afterwards */
};
static const char *const handed_out[] = {"berth_opennebula_settings", "berth_rolling_sums"};

/* ---------------------------------------------------------------------------- the test */

static bool build(world *w) {
  static const berth_request any = BERTH_REQUEST_INIT;
  static const berth_cluster_spec cluster = {.struct_size = sizeof cluster, .id = "c"};
  const char *nothing = action_document;
  berth_timeline_request when = BERTH_TIMELINE_REQUEST_INIT;
  if (berth_context_new(NULL, &w->ctx) != BERTH_OK ||
      berth_parse_inventory(w->ctx, document, sizeof document - 1, "document", BERTH_DIALECT_AUTO,
                            NULL, &w->inventory) != BERTH_OK ||
      berth_builder_new(w->ctx, &w->builder) != BERTH_OK ||
      berth_builder_add_cluster(w->builder, &cluster, NULL) != BERTH_OK ||
      berth_scenario_new(w->ctx, &w->scenario) != BERTH_OK ||
      berth_solve(w->ctx, w->inventory, &any, NULL, &w->plan) != BERTH_OK ||
      berth_simulate_plan(w->ctx, w->plan, NULL, &w->simulation) != BERTH_OK ||
      berth_opennebula_parse_action(w->ctx, nothing, strlen(nothing), "action",
                                    BERTH_OPENNEBULA_PLACE, NULL, NULL, &w->action) != BERTH_OK)
    return false;
  when.scenario = w->scenario;
  return berth_timeline_run(w->ctx, w->inventory, &when, &w->timeline) == BERTH_OK;
}

static void destroy(world *w) {
  berth_opennebula_action_free(w->action);
  berth_timeline_free(w->timeline);
  berth_simulation_free(w->simulation);
  berth_plan_free(w->plan);
  berth_scenario_free(w->scenario);
  berth_builder_free(w->builder);
  berth_inventory_release(w->inventory);
  berth_context_free(w->ctx);
}

/* Hands the struct over with `size`; `last`: its last byte then, if that lies behind the struct. */
static int try_size(world *w, const row *r, uint32_t size, char last, berth_status expected) {
  union {
    char bytes[ROOM];
    uint64_t alignment;
  } given = {.bytes = {0}};
  memcpy(given.bytes, r->initial, r->size);
  memcpy(given.bytes, &size, sizeof size);
  if (size > r->size)
    given.bytes[size - 1] = last;
  berth_status status = r->call(w, given.bytes);
  bool sound = status == expected;
  if (size > r->size && given.bytes[size - 1] != last)
    sound = false; /* written beyond what both know */
  if (!sound)
    printf("%s of %u bytes, then %u with %d last: %s (%s); expected %s\n", r->name, r->size, size,
           last, berth_status_name(status), berth_context_detail(w->ctx),
           berth_status_name(expected));
  return sound ? 0 : 1;
}

static bool is_tried(const char *name) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (strcmp(rows[i].name, name) == 0)
      return true;
  for (size_t i = 0; i < sizeof handed_out / sizeof *handed_out; i++)
    if (strcmp(handed_out[i], name) == 0)
      return true;
  return false;
}

/* Lines "struct NAME: N bytes, aligned to N, sized" of the record. */
static int check_complete(const char *record) {
  char line[512], name[128];
  int missing = 0, sized = 0;
  FILE *file = fopen(record, "r");
  if (file == NULL) {
    perror(record);
    return 1;
  }
  while (fgets(line, sizeof line, file) != NULL) {
    if (strstr(line, ", sized\n") == NULL || sscanf(line, "struct %127[^:]:", name) != 1)
      continue;
    sized++;
    if (!is_tried(name)) {
      printf("%s begins with struct_size; expected a row in tests/abi/sized_callers.c\n", name);
      missing++;
    }
  }
  fclose(file);
  return sized > 0 ? missing : 1;
}

int main(int argc, char **argv) {
  world w = {0};
  if (argc != 3) {
    fprintf(stderr, "usage: sized_callers RECORD OUTPUT\n");
    return 64;
  }
  w.output = argv[2];
  int failures = check_complete(argv[1]);
  if (!build(&w)) {
    printf("nothing to try with: %s\n", w.ctx != NULL ? berth_context_detail(w.ctx) : "no memory");
    failures++;
  }
  for (size_t i = 0; failures == 0 && i < sizeof rows / sizeof *rows; i++) {
    const row *r = &rows[i];
    failures += try_size(&w, r, r->size, 0, BERTH_OK);
    failures += try_size(&w, r, r->size + TAIL, 0, BERTH_OK);
    failures += try_size(&w, r, r->size + TAIL, 1, r->filled ? BERTH_OK : BERTH_E_ARGUMENT);
    failures += try_size(&w, r, 4, 0, BERTH_E_ARGUMENT);
    failures += try_size(&w, r, 0, 0, BERTH_E_ARGUMENT);
  }
  destroy(&w);
  printf("%zu structs with their size, %d failures\n", sizeof rows / sizeof *rows, failures);
  return failures == 0 ? 0 : 1;
}
