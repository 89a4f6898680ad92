/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMs left behind and shortages in a plan: what adding refuses, JSON both ways, XML that keeps to
 * its schema, text, and what the checker says of false ones.
 */
#include "inventory_fixture.h"

#include <berth/io.h>
#include <berth/verify.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(explained_plans);

#define PLAN_SCHEMA BERTH_SOURCE_DIR "/io/schema/plan-1.xsd"

enum { H1, H2, H3, OTHER_HOST };
enum { A, B, C, D, WAITS, OTHER_VM };

typedef struct world {
  fixture f;
  const berth_inventory *inventory;
  berth_plan *plan;
  char path[40];
} world;

/* h1 is to be emptied of a (600) and pinned d; h2 (1000) runs b (700), h3 c, which only rule `only`
 * keeps from leaving it. waits (400) may go to h2 only, a too: 600 + 700 + 400 are 700 too much. */
static world begin(void) {
  world w = {.f = fixture_begin(), .path = "/tmp/berth-explained-XXXXXX"};
  uint32_t c = fixture_cluster(&w.f, "c"), other = fixture_cluster(&w.f, "other");
  berth_host_spec host = fixture_host_spec("h1", 1000, 1000);
  host.state = BERTH_HOST_ENTERING_MAINTENANCE;
  fixture_add_host(&w.f, c, host);
  fixture_host(&w.f, c, "h2", 1000, 1000);
  fixture_host(&w.f, c, "h3", 1000, 1000);
  fixture_host(&w.f, other, "x1", 1000, 1000);
  fixture_vm(&w.f, c, "a", "h1", 1, 600);
  fixture_vm(&w.f, c, "b", "h2", 1, 700);
  fixture_vm(&w.f, c, "c", "h3", 1, 100);
  berth_vm_spec vm = fixture_vm_spec("d", "h1", 1, 10);
  vm.movable = false;
  fixture_add_vm(&w.f, c, vm);
  fixture_vm(&w.f, c, "waits", NULL, 1, 400);
  fixture_vm(&w.f, other, "y", "x1", 1, 900);
  fixture_rule(&w.f, c, "on", BERTH_RULE_RUN_ON, BERTH_MUST, "a b waits", "h2");
  w.inventory = fixture_freeze(&w.f);
  cr_assert_eq(berth_plan_new(w.f.ctx, w.inventory, NULL, BERTH_GOAL_EVACUATE, &w.plan), BERTH_OK);
  int file = mkstemp(w.path);
  cr_assert_geq(file, 0);
  close(file);
  return w;
}

static void end(world *w) {
  unlink(w->path);
  berth_plan_free(w->plan);
  berth_inventory_release(w->inventory);
  fixture_end(&w->f);
}

static const uint32_t three[] = {A, B, WAITS}, on_h2[] = {H2};

static berth_plan_shortage true_shortage(void) {
  return (berth_plan_shortage){.resource = BERTH_RESOURCE_MEMORY,
                               .short_by = 700,
                               .vm_count = 3,
                               .host_count = 1,
                               .vms = three,
                               .hosts = on_h2};
}

static berth_plan_unplaced entry_of(uint32_t vm) {
  static const char *const conflict[] = {"on", "memory"};
  static const berth_plan_remedy remedy = {"700 MiB more on h2", 3};
  static const berth_plan_ledger_entry ledger = {BERTH_REASON_RESOURCE, BERTH_NONE,
                                                 BERTH_RESOURCE_MEMORY, 1, 300};
  return (berth_plan_unplaced){vm, 1, 2, 1, &ledger, conflict, &remedy};
}

static void add_left_behind(world *w, uint32_t vm) {
  berth_plan_unplaced entry = entry_of(vm);
  cr_assert_eq(berth_plan_add_left_behind(w->f.ctx, w->plan, &entry), BERTH_OK);
}

static void add_true_parts(world *w) {
  berth_plan_shortage shortage = true_shortage();
  berth_plan_unplaced waits = {.vm = WAITS};
  add_left_behind(w, A);
  add_left_behind(w, D);
  cr_assert_eq(berth_plan_add_unplaced(w->f.ctx, w->plan, &waits), BERTH_OK);
  cr_assert_eq(berth_plan_add_shortage(w->f.ctx, w->plan, &shortage), BERTH_OK);
}

Test(explained_plans, what_adding_refuses) {
  static const uint32_t falling[] = {B, A}, across[] = {A, OTHER_VM},
                        hosts_across[] = {H3, OTHER_HOST}, beyond[] = {99};
  world w = begin();
  berth_plan_shortage shortage = true_shortage();
  berth_context *ctx = w.f.ctx;
  cr_expect_eq(berth_plan_add_shortage(ctx, w.plan, &shortage), BERTH_OK);
  shortage.short_by = 0;
  cr_expect_eq(berth_plan_add_shortage(ctx, w.plan, &shortage), BERTH_E_ARGUMENT);
  shortage = true_shortage();
  shortage.resource = 4;
  cr_expect_eq(berth_plan_add_shortage(ctx, w.plan, &shortage), BERTH_E_ARGUMENT);
  shortage = true_shortage();
  shortage.vm_count = 0;
  cr_expect_eq(berth_plan_add_shortage(ctx, w.plan, &shortage), BERTH_E_ARGUMENT);
  shortage.vm_count = 2;
  shortage.vms = falling;
  cr_expect_eq(berth_plan_add_shortage(ctx, w.plan, &shortage), BERTH_E_ARGUMENT);
  shortage.vms = across;
  cr_expect_eq(berth_plan_add_shortage(ctx, w.plan, &shortage), BERTH_E_ARGUMENT);
  shortage = true_shortage();
  shortage.host_count = 2;
  shortage.hosts = hosts_across;
  cr_expect_eq(berth_plan_add_shortage(ctx, w.plan, &shortage), BERTH_E_ARGUMENT);
  shortage.host_count = 1;
  shortage.hosts = beyond;
  cr_expect_eq(berth_plan_add_shortage(ctx, w.plan, &shortage), BERTH_E_ARGUMENT);
  berth_plan_unplaced entry = entry_of(99);
  cr_expect_eq(berth_plan_add_left_behind(ctx, w.plan, &entry), BERTH_E_ARGUMENT);
  entry = entry_of(A);
  cr_expect_eq(berth_plan_explain_unplaced(ctx, w.plan, 0, &entry), BERTH_E_ARGUMENT);
  cr_expect_eq(berth_plan_explain_left_behind(ctx, w.plan, 0, &entry), BERTH_E_ARGUMENT);
  cr_expect_eq(berth_plan_shortage_count(w.plan), 1);
  end(&w);
}

Test(explained_plans, explaining_replaces_conflict_and_remedies_only) {
  world w = begin();
  berth_plan_unplaced bare = {.vm = WAITS}, entry = entry_of(A);
  cr_assert_eq(berth_plan_add_unplaced(w.f.ctx, w.plan, &bare), BERTH_OK);
  cr_assert_eq(berth_plan_explain_unplaced(w.f.ctx, w.plan, 0, &entry), BERTH_OK);
  const berth_plan_unplaced *kept = berth_plan_unplaced_at(w.plan, 0);
  cr_expect_eq(kept->vm, WAITS);
  cr_expect_eq(kept->ledger_count, 0);
  cr_assert_eq(kept->conflict_count, 2);
  cr_expect_str_eq(kept->conflict[1], "memory");
  cr_expect_neq(kept->conflict[1], entry.conflict[1], "it is a copy");
  cr_assert_eq(kept->remedy_count, 1);
  cr_expect_str_eq(kept->remedies[0].change, "700 MiB more on h2");
  end(&w);
}

static char *slurp(const char *path) {
  FILE *file = fopen(path, "rb");
  cr_assert_not_null(file);
  char *text = calloc(1, 65536);
  cr_assert_not_null(text);
  cr_assert_lt(fread(text, 1, 65535, file), 65535);
  fclose(file);
  return text;
}

static void expect_part(const char *text, const char *part) {
  cr_expect_not_null(strstr(text, part), "missing: %s\nin:\n%s", part, text);
}

Test(explained_plans, json_both_ways) {
  world w = begin();
  berth_plan *read = NULL;
  add_true_parts(&w);
  cr_assert_eq(berth_write_plan(w.f.ctx, w.plan, BERTH_FORMAT_JSON, NULL, w.path), BERTH_OK);
  char *first = slurp(w.path);
  expect_part(
      first,
      "\"leftBehind\": [\n    {\"vm\": \"a\", \"ledger\": [{\"reason\": \"memory\", "
      "\"hosts\": 1, \"shortMib\": 300}], \"conflict\": [\"on\", \"memory\"], "
      "\"remedies\": [{\"change\": \"700 MiB more on h2\", \"cost\": 3}]},\n    {\"vm\": \"d\",");
  expect_part(first, "\"shortages\": [\n    {\"resource\": \"memory\", \"shortMib\": 700, \"vms\": "
                     "[\"a\", \"b\", \"waits\"], \"hosts\": [\"h2\"]}\n  ]");
  cr_assert_eq(berth_read_plan(w.f.ctx, w.path, w.inventory, NULL, &read), BERTH_OK, "%s",
               berth_context_detail(w.f.ctx));
  cr_assert_eq(berth_plan_left_behind_count(read), 2);
  cr_expect_eq(berth_plan_left_behind_at(read, 1)->vm, D);
  cr_assert_eq(berth_plan_shortage_count(read), 1);
  cr_expect_eq(berth_plan_shortage_at(read, 0)->vms[2], WAITS);
  cr_assert_eq(berth_write_plan(w.f.ctx, read, BERTH_FORMAT_JSON, NULL, w.path), BERTH_OK);
  char *second = slurp(w.path);
  cr_expect_str_eq(first, second);
  free(first);
  free(second);
  berth_plan_free(read);
  end(&w);
}

typedef struct refusal {
  char part[160];
  char problem[120];
} refusal;

static const refusal refusals[] = {
    {"\"leftBehind\":[{\"vm\":\"nobody\",\"ledger\":[]}]", "leftBehind[0].vm: no VM \"nobody\""},
    {"\"leftBehind\":[{\"vm\":\"a\"}]", "leftBehind[0].ledger: missing"},
    {"\"shortages\":{}", "shortages: an object; expected an array"},
    {"\"shortages\":[{\"resource\":\"luck\",\"short\":1,\"vms\":[\"a\"],\"hosts\":[\"h2\"]}]",
     "shortages[0].resource: \"luck\""},
    {"\"shortages\":[{\"resource\":\"cpu\",\"shortMhz\":1,\"vms\":[\"h2\"],\"hosts\":[\"h2\"]}]",
     "shortages[0].vms: element 0"},
    {"\"shortages\":[{\"resource\":\"cpu\",\"shortMhz\":1,\"vms\":[\"a\"],\"hosts\":[5]}]",
     "shortages[0].hosts: element 0"},
    {"\"shortages\":[{\"resource\":\"cpu\",\"vms\":[\"a\"],\"hosts\":[\"h2\"]}]",
     "shortages[0].short"},
    {"\"shortages\":[{\"resource\":\"cpu\",\"shortMhz\":1,\"vms\":[],\"hosts\":[\"h2\"]}]",
     "shortages[0].short"},
};

Test(explained_plans, reader_refuses_one_fault_at_a_time) {
  world w = begin();
  for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
    berth_plan *read = NULL;
    FILE *file = fopen(w.path, "wb");
    cr_assert_not_null(file);
    fprintf(file,
            "{\"schema\":\"berth-plan/1\",\"goal\":\"repair\",\"status\":\"optimal\",\"levels\":[],"
            "\"placements\":[],\"unplaced\":[],\"steps\":[],"
            "\"makespan\":{\"best\":0,\"expected\":0,\"worst\":0},%s}",
            refusals[i].part);
    fclose(file);
    berth_context_clear(w.f.ctx);
    cr_expect_eq(berth_read_plan(w.f.ctx, w.path, w.inventory, NULL, &read), BERTH_E_INVALID,
                 "case %zu", i);
    cr_expect_not_null(fixture_problem(&w.f, refusals[i].problem), "case %zu: %s", i,
                       berth_context_detail(w.f.ctx));
  }
  end(&w);
}

Test(explained_plans, xml_keeps_to_its_schema) {
  world w = begin();
  char command[256];
  add_true_parts(&w);
  cr_assert_eq(berth_write_plan(w.f.ctx, w.plan, BERTH_FORMAT_XML, NULL, w.path), BERTH_OK);
  char *text = slurp(w.path);
  expect_part(text, "  <leftBehind vm=\"a\">\n    <out hosts=\"1\"");
  expect_part(text, "  <shortage resource=\"memory\" short=\"700\">\n    <of vm=\"a\"/>\n"
                    "    <of vm=\"b\"/>\n    <of vm=\"waits\"/>\n    <on host=\"h2\"/>\n"
                    "  </shortage>\n");
  snprintf(command, sizeof command, "xmllint --noout --schema '%s' '%s' 2>/dev/null", PLAN_SCHEMA,
           w.path);
  if (system("command -v xmllint >/dev/null 2>&1") == 0)
    cr_expect_eq(system(command), 0);
  free(text);
  end(&w);
}

Test(explained_plans, text_says_it_in_sentences) {
  world w = begin();
  berth_text_style style = BERTH_TEXT_STYLE_INIT;
  style.width = 80;
  add_true_parts(&w);
  cr_assert_eq(berth_write_plan(w.f.ctx, w.plan, BERTH_FORMAT_TEXT, &style, w.path), BERTH_OK);
  char *text = slurp(w.path);
  expect_part(text,
              "Left on hosts that they must leave (2)\n  a  on h1, reserves 600 MiB, 1 MHz\n");
  expect_part(text, "    it and 2 other VMs can end only on h2: 700 MiB of memory too little for "
                    "all\n      of them\n");
  expect_part(text, "    forbidden only together by: rule on, limits of memory\n"
                    "    would help: 700 MiB more on h2\n");
  free(text);
  end(&w);
}

/* ---------------------------------------------------------------------------- the checker */

static uint32_t faults(world *w, berth_fault_kind kind, const char *part) {
  berth_report *report = NULL;
  uint32_t count = 0;
  cr_assert_eq(berth_verify(w->f.ctx, w->plan, &report), BERTH_OK);
  for (uint32_t i = 0; i < berth_report_count(report); i++) {
    const berth_fault *fault = berth_report_fault(report, i);
    count += fault->kind == kind && strstr(fault->text, part) != NULL;
  }
  berth_report_free(report);
  return count;
}

/* The plan has no levels, which is a fault of its own; these parts are true. */
Test(explained_plans, checker_accepts_what_is_true) {
  world w = begin();
  add_true_parts(&w);
  cr_expect_eq(faults(&w, BERTH_FAULT_SHORTAGE, ""), 0);
  cr_expect_eq(faults(&w, BERTH_FAULT_UNPLACED, ""), 0);
  end(&w);
}

typedef struct false_shortage {
  uint32_t vms[4], vm_count, hosts[2], host_count;
  int64_t short_by;
  char part[40];
} false_shortage;

static const false_shortage false_shortages[] = {
    {{A, B, WAITS}, 3, {H2}, 1, 699, "not by as much"},
    {{A, B, WAITS}, 3, {H2}, 1, 701, "not by as much"},
    {{A, B}, 2, {H2}, 1, 700, "not by as much"},               /* 300 */
    {{A, B, C, WAITS}, 4, {H2}, 1, 800, "may stay elsewhere"}, /* c stays on h3 */
    {{A, B, D, WAITS}, 4, {H2}, 1, 710, "may stay elsewhere"}, /* d stays on h1 */
    {{B, C, WAITS}, 3, {H3}, 1, 200, "elsewhere"},             /* b runs on h2 */
    {{A, WAITS}, 2, {H3}, 1, 1, "elsewhere"},                  /* both may go to h2 */
};

Test(explained_plans, checker_refuses_what_is_not) {
  for (size_t i = 0; i < sizeof false_shortages / sizeof *false_shortages; i++) {
    world w = begin();
    const false_shortage *from = &false_shortages[i];
    berth_plan_shortage shortage = {.resource = BERTH_RESOURCE_MEMORY,
                                    .short_by = from->short_by,
                                    .vm_count = from->vm_count,
                                    .host_count = from->host_count,
                                    .vms = from->vms,
                                    .hosts = from->hosts};
    cr_assert_eq(berth_plan_add_shortage(w.f.ctx, w.plan, &shortage), BERTH_OK);
    cr_expect_eq(faults(&w, BERTH_FAULT_SHORTAGE, from->part), 1, "case %zu", i);
    end(&w);
  }
}

/* CPU is short of nothing, and a limit that is none cannot be short. */
Test(explained_plans, checker_knows_resources_apart) {
  world w = begin();
  berth_plan_shortage shortage = true_shortage();
  shortage.resource = BERTH_RESOURCE_CPU;
  cr_assert_eq(berth_plan_add_shortage(w.f.ctx, w.plan, &shortage), BERTH_OK);
  shortage.resource = BERTH_RESOURCE_VMS;
  cr_assert_eq(berth_plan_add_shortage(w.f.ctx, w.plan, &shortage), BERTH_OK);
  cr_expect_eq(faults(&w, BERTH_FAULT_SHORTAGE, "not by as much"), 2);
  end(&w);
}

Test(explained_plans, checker_refuses_false_left_behind) {
  world w = begin();
  add_left_behind(&w, B);
  cr_expect_eq(faults(&w, BERTH_FAULT_UNPLACED, "need not be left"), 1);
  add_left_behind(&w, WAITS);
  cr_expect_eq(faults(&w, BERTH_FAULT_UNPLACED, "need not be left"), 2);
  add_left_behind(&w, A);
  add_left_behind(&w, A);
  cr_expect_eq(faults(&w, BERTH_FAULT_UNPLACED, "twice"), 1);
  end(&w);
}
