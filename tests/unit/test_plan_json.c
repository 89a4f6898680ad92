/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans as JSON and XML: exact lines for a plan written by hand, round trips, and one fault an
 * input for the reader. The expected lines come from the format's description, not from the
 * program.
 */
#include "inventory_fixture.h"
#include <berth/io.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct world {
  fixture f;
  const berth_inventory *inventory;
  char folder[32];
  char path[64];
} world;

/* Two hosts, a standby host with a name, a resource that is called like a reason, a rule. */
static world begin(void) {
  world w = {.f = fixture_begin(), .folder = "/tmp/berth-plan-XXXXXX"};
  cr_assert_eq(berth_builder_set_name(w.f.builder, "east"), BERTH_OK);
  cr_assert_eq(berth_builder_add_resource(w.f.builder, "pinned", NULL), BERTH_OK);
  uint32_t c = fixture_cluster(&w.f, "prod");
  fixture_host(&w.f, c, "h1", 10000, 65536);
  fixture_host(&w.f, c, "h2", 10000, 65536);
  berth_host_spec standby = fixture_host_spec("h3", 10000, 65536);
  standby.state = BERTH_HOST_STANDBY;
  standby.wake = BERTH_WAKE_IPMI;
  standby.name = "Spare \"three\"";
  fixture_add_host(&w.f, c, standby);
  fixture_vm(&w.f, c, "web", "h1", 1000, 4096);
  fixture_vm(&w.f, c, "db", NULL, 2000, 8192);
  fixture_vm(&w.f, c, "big", NULL, 2000, 131072);
  fixture_rule(&w.f, c, "r1", BERTH_RULE_RUN_ON, BERTH_MUST, "big", "h1 h2");
  w.inventory = fixture_freeze(&w.f);
  cr_assert_not_null(mkdtemp(w.folder));
  snprintf(w.path, sizeof w.path, "%s/plan.json", w.folder);
  return w;
}

static void end(world *w) {
  unlink(w->path);
  rmdir(w->folder);
  berth_inventory_release(w->inventory);
  fixture_end(&w->f);
}

/* The file as text; free(). */
static char *slurp(const char *path) {
  FILE *file = fopen(path, "rb");
  char *text = calloc(1, 1 << 20);
  cr_assert(file != NULL && text != NULL);
  size_t got = fread(text, 1, (1 << 20) - 1, file);
  cr_assert_gt(got, 0);
  fclose(file);
  return text;
}

static void spill(const char *path, const char *text) {
  FILE *file = fopen(path, "wb");
  cr_assert_not_null(file);
  fputs(text, file);
  fclose(file);
}

static void add_step(berth_context *ctx, berth_plan *plan, berth_plan_step step) {
  cr_assert_eq(berth_plan_add_step(ctx, plan, &step), BERTH_OK, "%s", berth_context_detail(ctx));
}

static void add_unplaced_big(world *w, berth_plan *plan) {
  const berth_plan_ledger_entry ledger[] = {
      {BERTH_REASON_RULE, 0, BERTH_NONE, 1, 0},
      {BERTH_REASON_RESOURCE_NEVER, BERTH_NONE, BERTH_RESOURCE_MEMORY, 2, 65536},
      {BERTH_REASON_RESOURCE, BERTH_NONE, BERTH_RESOURCE_CPU, 1, 0},
      {BERTH_REASON_RESOURCE, BERTH_NONE, BERTH_RESOURCE_FIRST_NAMED, 1, 3},
      {BERTH_REASON_PINNED, BERTH_NONE, BERTH_NONE, 4, 0}};
  const char *const conflict[] = {"r1", "memory"};
  const berth_plan_remedy remedy = {"drop rule r1", 2};
  const berth_plan_unplaced unplaced = {
      fixture_find_vm(w->inventory, "big"), 5, 2, 1, ledger, conflict, &remedy};
  cr_assert_eq(berth_plan_add_unplaced(w->f.ctx, plan, &unplaced), BERTH_OK);
}

static void add_steps(world *w, berth_plan *plan) {
  uint32_t h1 = fixture_find_host(w->inventory, "h1"), h2 = fixture_find_host(w->inventory, "h2");
  uint32_t h3 = fixture_find_host(w->inventory, "h3");
  uint32_t web = fixture_find_vm(w->inventory, "web"), db = fixture_find_vm(w->inventory, "db");
  berth_plan_step wake = BERTH_PLAN_STEP_INIT, move = BERTH_PLAN_STEP_INIT;
  berth_plan_step start = BERTH_PLAN_STEP_INIT;
  wake.type = BERTH_STEP_WAKE, wake.host = h3, wake.seconds = 300;
  wake.end = (berth_window){300, 300};
  wake.approval = true;
  add_step(w->f.ctx, plan, wake);
  move.type = BERTH_STEP_MIGRATE, move.vm = web, move.from = h1, move.to = h3;
  move.after_count = 1, move.after = (const uint32_t[]){1};
  move.wait = 60, move.seconds = 4, move.settle = 30;
  move.start = (berth_window){300, 300}, move.end = (berth_window){304, 364};
  move.why = "makes room for db";
  add_step(w->f.ctx, plan, move);
  start.type = BERTH_STEP_POWER_ON, start.vm = db, start.to = h2;
  start.after_settled_count = 1, start.after_settled = (const uint32_t[]){2};
  start.start = (berth_window){334, 394}, start.end = (berth_window){364, 424};
  start.seconds = 30;
  add_step(w->f.ctx, plan, start);
}

/* Its values need not be right: reading and writing judge nothing. */
static berth_plan *hand_made_plan(world *w) {
  berth_plan *plan = NULL;
  berth_scenario *scenario = NULL;
  berth_event event = BERTH_EVENT_INIT;
  berth_context *ctx = w->f.ctx;
  event.type = BERTH_EVENT_SET;
  event.vm = "db";
  event.attribute = "memoryReservationMib";
  event.value = "4096";
  cr_assert_eq(berth_scenario_new(ctx, &scenario), BERTH_OK);
  cr_assert_eq(berth_scenario_set_name(ctx, scenario, "start db"), BERTH_OK);
  cr_assert_eq(berth_scenario_add(ctx, scenario, &event), BERTH_OK);
  cr_assert_eq(berth_plan_new(ctx, w->inventory, scenario, BERTH_GOAL_PLACE, &plan), BERTH_OK);
  berth_scenario_free(scenario);
  const berth_plan_level levels[] = {{BERTH_LEVEL_VIOLATIONS, 0, 0, BERTH_OUTCOME_OPTIMAL, "zero"},
                                     {BERTH_LEVEL_UNPLACED, 1, 0, BERTH_OUTCOME_FEASIBLE, NULL}};
  for (int i = 0; i < 2; i++)
    cr_assert_eq(berth_plan_add_level(ctx, plan, &levels[i]), BERTH_OK);
  const berth_plan_placement placements[] = {
      {fixture_find_vm(w->inventory, "web"), fixture_find_host(w->inventory, "h1"),
       fixture_find_host(w->inventory, "h3"), BERTH_HOW_MIGRATE},
      {fixture_find_vm(w->inventory, "db"), BERTH_NONE, fixture_find_host(w->inventory, "h2"),
       BERTH_HOW_POWER_ON}};
  for (int i = 0; i < 2; i++)
    cr_assert_eq(berth_plan_add_placement(ctx, plan, &placements[i]), BERTH_OK);
  add_unplaced_big(w, plan);
  add_steps(w, plan);
  berth_plan_set_status(plan, BERTH_OUTCOME_FEASIBLE);
  berth_plan_set_makespan(plan, (berth_plan_makespan){364, 400, 424});
  cr_assert_eq(berth_plan_add_warning(ctx, plan, "a \"quoted\" warning"), BERTH_OK);
  return plan;
}

static void expect_line(const char *text, const char *line) {
  cr_expect_not_null(strstr(text, line), "missing: %s\nin:\n%s", line, text);
}

Test(plan_json, writes_what_the_format_says) {
  world w = begin();
  berth_plan *plan = hand_made_plan(&w);
  cr_assert_eq(berth_write_plan(w.f.ctx, plan, BERTH_FORMAT_JSON, NULL, w.path), BERTH_OK);
  char *text = slurp(w.path);
  expect_line(text, "{\n  \"schema\": \"berth-plan/1\",\n  \"inventory\": \"east\",\n"
                    "  \"scenario\": {\"name\": \"start db\", \"events\": "
                    "[{\"event\": \"set\", \"vm\": \"db\", "
                    "\"attribute\": \"memoryReservationMib\", \"value\": \"4096\"}]},\n"
                    "  \"goal\": \"place\",\n  \"status\": \"feasible\",\n");
  expect_line(text, "\n    {\"name\": \"violations\", \"value\": 0, \"bound\": 0, "
                    "\"status\": \"optimal\", \"proof\": \"zero\"},\n");
  expect_line(text, "\n    {\"vm\": \"db\", \"to\": \"h2\", \"how\": \"power-on\"}\n");
  expect_line(text, "{\"reason\": \"rule\", \"rule\": \"r1\", \"hosts\": 1}");
  expect_line(text, "{\"reason\": \"memory\", \"hosts\": 2, \"shortMib\": 65536, \"never\": true}");
  expect_line(text, "{\"reason\": \"cpu\", \"hosts\": 1, \"shortMhz\": 0}");
  expect_line(text, "{\"reason\": \"pinned\", \"hosts\": 1, \"short\": 3}");
  expect_line(text, "{\"reason\": \"pinned\", \"hosts\": 4}");
  expect_line(text, "\"conflict\": [\"r1\", \"memory\"], "
                    "\"remedies\": [{\"change\": \"drop rule r1\", \"cost\": 2}]}");
  expect_line(text, "{\"id\": 2, \"type\": \"migrate\", \"vm\": \"web\", \"from\": \"h1\", "
                    "\"to\": \"h3\", \"after\": [1], \"notify\": {\"wait\": 60}, \"seconds\": 4, "
                    "\"settle\": 30, \"start\": [300, 300], \"end\": [304, 364], "
                    "\"approval\": false, \"why\": \"makes room for db\"}");
  expect_line(text, "\"after\": [], \"afterSettled\": [2], \"seconds\": 30");
  expect_line(text, "\"makespan\": {\"best\": 364, \"expected\": 400, \"worst\": 424}");
  expect_line(text, "\"warnings\": [\n    \"a \\\"quoted\\\" warning\"\n  ]");
  expect_line(text,
              "\"certificates\": [],\n  \"hostNames\": {\n    \"h3\": \"Spare \\\"three\\\"\"");
  cr_expect_null(strstr(text, "vmNames"));
  free(text);
  berth_plan_free(plan);
  end(&w);
}

Test(plan_json, comes_back_the_same) {
  world w = begin();
  berth_plan *plan = hand_made_plan(&w), *read = NULL;
  cr_assert_eq(berth_write_plan(w.f.ctx, plan, BERTH_FORMAT_JSON, NULL, w.path), BERTH_OK);
  char *first = slurp(w.path);
  cr_assert_eq(berth_read_plan(w.f.ctx, w.path, w.inventory, NULL, &read), BERTH_OK, "%s",
               berth_context_detail(w.f.ctx));
  cr_expect_eq(berth_plan_unplaced_at(read, 0)->ledger[1].reason, BERTH_REASON_RESOURCE_NEVER);
  cr_expect_eq(berth_plan_unplaced_at(read, 0)->ledger[3].resource, BERTH_RESOURCE_FIRST_NAMED);
  cr_expect_eq(berth_plan_unplaced_at(read, 0)->ledger[4].reason, BERTH_REASON_PINNED);
  cr_expect_eq(berth_plan_step_at(read, 2)->after_settled[0], 2);
  cr_expect_eq(berth_scenario_count(berth_plan_scenario(read)), 1);
  cr_assert_eq(berth_write_plan(w.f.ctx, read, BERTH_FORMAT_JSON, NULL, w.path), BERTH_OK);
  char *second = slurp(w.path);
  cr_expect_str_eq(first, second);
  free(first);
  free(second);
  berth_plan_free(plan);
  berth_plan_free(read);
  end(&w);
}

#define HEAD                                                                                       \
  "{\"schema\":\"berth-plan/1\",\"goal\":\"repair\",\"status\":\"optimal\",\"levels\":[],"
#define MAKESPAN "\"makespan\":{\"best\":0,\"expected\":0,\"worst\":0}"
#define WINDOWS "\"start\":[0,0],\"end\":[4,4]"
#define TAIL ",\"placements\":[],\"unplaced\":[]}"

/* Numbered from 7, out of order, one step waiting for a later one twice: all legal. */
Test(plan_json, accepts_other_hands) {
  world w = begin();
  berth_plan *plan = NULL;
  spill(w.path,
        HEAD MAKESPAN ",\"unknown\":{},\"steps\":["
                      "{\"id\":9,\"type\":\"wake\",\"host\":\"h3\",\"after\":[7,7]," WINDOWS "},\n"
                      "{\"id\":7,\"type\":\"migrate\",\"vm\":\"web\",\"from\":\"h1\",\"to\":\"h2\","
                      "\"after\":[]," WINDOWS "}]" TAIL);
  cr_assert_eq(berth_read_plan(w.f.ctx, w.path, w.inventory, NULL, &plan), BERTH_OK, "%s",
               berth_context_detail(w.f.ctx));
  cr_assert_eq(berth_plan_step_count(plan), 2);
  const berth_plan_step *wake = berth_plan_step_at(plan, 0);
  cr_expect_eq(wake->after_count, 1);
  cr_expect_eq(wake->after[0], 2);
  cr_expect_eq(wake->seconds, 4, "an absent duration is that of the window");
  berth_plan_free(plan);
  end(&w);
}

typedef struct refusal {
  char text[400];
  char detail[160]; /* what follows "FILE:" */
} refusal;

#define STEP(fields) HEAD MAKESPAN ",\"steps\":[{" fields "}]" TAIL

static const refusal refusals[] = {
    {"{\n  \"schema\": \"berth-plan/1\",\n  oops }",
     "3:6: string or '}' expected near 'oops'; expected a plan"},
    {"[]", " document: not an object; expected a plan"},
    {"{\"schema\":\"x\"}", " schema: \"x\"; expected \"berth-plan/1\""},
    {"{\"schema\":\"berth-plan/1\"}", " goal: missing; expected a string"},
    {HEAD MAKESPAN TAIL, " steps: missing; expected an array"},
    {STEP("\"type\":\"wake\",\"host\":\"h3\",\"after\":[]," WINDOWS), " steps[0].id: missing"},
    {STEP("\"id\":1,\"type\":\"fly\",\"after\":[]," WINDOWS), " steps[0].type: \"fly\"; expected"},
    {STEP("\"id\":1,\"type\":\"wake\",\"host\":\"nope\",\"after\":[]," WINDOWS),
     " steps[0].host: no host \"nope\"; expected"},
    {STEP("\"id\":1,\"type\":\"wake\",\"host\":\"Spare \\\"three\\\"\",\"after\":[]," WINDOWS),
     " steps[0].host: no host \"Spare"},
    {STEP("\"id\":1,\"type\":\"wake\",\"host\":\"h3\",\"after\":[5]," WINDOWS),
     " steps[0].after: element 0 is no step; expected"},
    {STEP("\"id\":1,\"type\":\"wake\",\"host\":\"h3\",\"after\":[],\"start\":[3,2],\"end\":[4,4]"),
     " steps[0].start: [3, 2]; expected"},
    {STEP("\"id\":1.5,\"type\":\"wake\",\"host\":\"h3\",\"after\":[]," WINDOWS),
     " steps[0].id: a number with a fraction; expected an integer"},
    {STEP("\"id\":1,\"type\":\"restart\",\"vm\":\"web\",\"after\":[]," WINDOWS),
     " steps[0].to: missing; expected a string"},
};

Test(plan_json, refuses_one_fault_at_a_time) {
  world w = begin();
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
    berth_plan *plan = NULL;
    char expected[256];
    spill(w.path, refusals[i].text);
    berth_status status = berth_read_plan(w.f.ctx, w.path, w.inventory, NULL, &plan);
    snprintf(expected, sizeof expected, "%s:%s", w.path, refusals[i].detail);
    cr_expect_eq(status, BERTH_E_INVALID, "case %zu", i);
    cr_expect_null(plan);
    cr_expect_eq(strncmp(berth_context_detail(w.f.ctx), expected, strlen(expected)), 0,
                 "case %zu: %s", i, berth_context_detail(w.f.ctx));
  }
  end(&w);
}

Test(plan_json, tells_all_faults) {
  world w = begin();
  berth_plan *plan = NULL;
  spill(w.path, HEAD MAKESPAN ",\"steps\":[],\"unplaced\":[],\"placements\":["
                              "{\"vm\":\"x\",\"to\":\"h1\",\"how\":\"migrate\"},"
                              "{\"vm\":\"web\",\"to\":\"y\",\"how\":\"jump\"}]}");
  cr_assert_eq(berth_read_plan(w.f.ctx, w.path, w.inventory, NULL, &plan), BERTH_E_INVALID);
  cr_expect_not_null(fixture_problem(&w.f, "placements[0].vm: no VM \"x\""));
  cr_expect_not_null(fixture_problem(&w.f, "placements[1].to: no host \"y\""));
  end(&w);
}

Test(plan_json, missing_file_cannot_be_read) {
  world w = begin();
  berth_plan *plan = NULL;
  cr_expect_eq(berth_read_plan(w.f.ctx, w.path, w.inventory, NULL, &plan), BERTH_E_READ);
  cr_expect_null(plan);
  end(&w);
}

Test(plan_json, keeps_the_old_file_when_writing_fails) {
  world w = begin();
  berth_plan *plan = hand_made_plan(&w);
  cr_assert_eq(berth_plan_add_warning(w.f.ctx, plan, "not UTF-8: \xff"), BERTH_OK);
  spill(w.path, "old");
  cr_expect_eq(berth_write_plan(w.f.ctx, plan, BERTH_FORMAT_JSON, NULL, w.path), BERTH_E_INVALID);
  char *text = slurp(w.path);
  cr_expect_str_eq(text, "old");
  free(text);
  berth_plan_free(plan);
  end(&w);
}

Test(plan_xml, says_the_same) {
  world w = begin();
  berth_plan *plan = hand_made_plan(&w);
  cr_assert_eq(berth_write_plan(w.f.ctx, plan, BERTH_FORMAT_XML, NULL, w.path), BERTH_OK);
  char *text = slurp(w.path);
  expect_line(text, "<plan xmlns=\"urn:berth:1\" inventory=\"east\" goal=\"place\" "
                    "status=\"feasible\">\n");
  expect_line(text,
              "<event event=\"set\" vm=\"db\" attribute=\"memoryReservationMib\" value=\"4096\"/>");
  expect_line(text, "<out hosts=\"2\" reason=\"too-small\" resource=\"memory\" short=\"65536\"/>");
  expect_line(text, "<step id=\"2\" type=\"migrate\" vm=\"web\" from=\"h1\" to=\"h3\" after=\"1\" "
                    "wait=\"60\" seconds=\"4\" settle=\"30\" earliestStart=\"300\" "
                    "latestStart=\"300\" earliestEnd=\"304\" latestEnd=\"364\" "
                    "why=\"makes room for db\"/>");
  expect_line(text, "<warning text=\"a &quot;quoted&quot; warning\"/>");
  free(text);
  berth_plan_free(plan);
  end(&w);
}
