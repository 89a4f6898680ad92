/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings and certificates of plans: what adding refuses, the exact JSON, both ways, XML that
 * keeps to its schema, and one fault an input for the reader.
 */
#include "inventory_fixture.h"
#include <berth/io.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

TestSuite(plan_proofs);

#define PLAN_SCHEMA BERTH_SOURCE_DIR "/io/schema/plan-1.xsd"

enum { H0, H1, H2 };
enum { V0, V1, V2 };

typedef struct world {
  fixture f;
  const berth_inventory *inventory;
  berth_plan *plan;
  char folder[32], path[64];
} world;

static const int64_t small_row[] = {2000, 8192, 1, 2, 0}, large_row[] = {0, 16384, 1, 1, 3};

/* Two clusters: h0 and h1 in one, h2 in the other. */
static world begin(berth_goal goal) {
  world w = {.f = fixture_begin(), .folder = "/tmp/berth-proof-XXXXXX"};
  cr_assert_eq(berth_builder_add_resource(w.f.builder, "vgpu", NULL), BERTH_OK);
  uint32_t prod = fixture_cluster(&w.f, "prod"), test = fixture_cluster(&w.f, "test");
  fixture_host(&w.f, prod, "esx01", 10000, 65536);
  fixture_host(&w.f, prod, "esx02", 10000, 65536);
  fixture_host(&w.f, test, "esx03", 10000, 65536);
  fixture_vm(&w.f, prod, "vm01", "esx01", 1000, 1024);
  fixture_vm(&w.f, prod, "vm02", "esx01", 1000, 1024);
  fixture_vm(&w.f, test, "vm03", "esx03", 1000, 1024);
  w.inventory = fixture_freeze(&w.f);
  cr_assert_eq(berth_plan_new(w.f.ctx, w.inventory, NULL, goal, &w.plan), BERTH_OK);
  cr_assert_not_null(mkdtemp(w.folder));
  snprintf(w.path, sizeof w.path, "%s/plan", w.folder);
  return w;
}

static void end(world *w) {
  unlink(w->path);
  rmdir(w->folder);
  berth_plan_free(w->plan);
  berth_inventory_release(w->inventory);
  fixture_end(&w->f);
}

static const berth_certificate_weight weights[] = {{.demand = small_row, .weight = 250},
                                                   {.demand = large_row}};
static const uint32_t both[] = {V0, V1}, twice[] = {V0, V0}, foreign[] = {V0, V2};
static const uint32_t last[] = {V2};
static const berth_certificate_weight of_one = {.weight = 7, .vm_count = 1, .vms = last};
static const uint32_t first_two[] = {H0, H1}, across[] = {H1, H2}, falling[] = {H1, H0};

static berth_plan_certificate certificate_of(berth_level level) {
  return (berth_plan_certificate){
      .level = level, .bound = 3, .scale = 1000, .weight_count = 2, .weights = weights};
}

static berth_status add(world *w, berth_plan_certificate certificate) {
  return berth_plan_add_certificate(w->f.ctx, w->plan, &certificate);
}

Test(plan_proofs, what_adding_refuses) {
  world w = begin(BERTH_GOAL_CONSOLIDATE);
  berth_plan_certificate certificate = certificate_of(BERTH_LEVEL_MIGRATIONS);
  cr_expect_eq(add(&w, certificate), BERTH_OK);
  certificate.cluster = 2;
  cr_expect_eq(add(&w, certificate), BERTH_E_ARGUMENT);
  certificate = certificate_of(BERTH_LEVEL_MIGRATIONS);
  certificate.host_count = 2;
  certificate.hosts = across;
  cr_expect_eq(add(&w, certificate), BERTH_E_ARGUMENT, "a host of another cluster");
  certificate.hosts = falling;
  cr_expect_eq(add(&w, certificate), BERTH_E_ARGUMENT, "hosts that do not ascend");
  certificate = certificate_of(BERTH_LEVEL_HOSTS_WOKEN);
  cr_expect_eq(add(&w, certificate), BERTH_E_ARGUMENT, "a level that the ladder does not have");
  certificate = certificate_of(BERTH_LEVEL_HOSTS_ON);
  certificate.assumed[BERTH_LEVEL_MIGRATIONS] = 1;
  cr_expect_eq(add(&w, certificate), BERTH_E_ARGUMENT, "a level that stands behind");
  certificate.assumed[BERTH_LEVEL_MIGRATIONS] = 0;
  certificate.assumed[BERTH_LEVEL_UNPLACED] = -1;
  cr_expect_eq(add(&w, certificate), BERTH_E_ARGUMENT, "a weight below 0");
  certificate = certificate_of(BERTH_LEVEL_HOSTS_ON);
  certificate.scale = 0;
  cr_expect_eq(add(&w, certificate), BERTH_E_ARGUMENT);
  certificate = certificate_of(BERTH_LEVEL_MIGRATIONS);
  certificate.spare = 1;
  cr_expect_eq(add(&w, certificate), BERTH_E_ARGUMENT, "spare hosts are of hosts.on");
  cr_expect_eq(berth_plan_certificate_count(w.plan), 1);
  end(&w);
}

/* Each weight is of a row or of VMs of the cluster, each VM once. */
Test(plan_proofs, what_adding_refuses_of_weights) {
  world w = begin(BERTH_GOAL_CONSOLIDATE);
  berth_certificate_weight weight = {.weight = 1, .vm_count = 2, .vms = both};
  berth_plan_certificate certificate = certificate_of(BERTH_LEVEL_MIGRATIONS);
  certificate.weights = &weight;
  certificate.weight_count = 1;
  cr_expect_eq(add(&w, certificate), BERTH_OK);
  weight.demand = small_row;
  cr_expect_eq(add(&w, certificate), BERTH_E_ARGUMENT, "a row and VMs");
  weight = (berth_certificate_weight){.weight = 1};
  cr_expect_eq(add(&w, certificate), BERTH_E_ARGUMENT, "neither");
  weight = (berth_certificate_weight){.weight = 1, .vm_count = 2, .vms = twice};
  cr_expect_eq(add(&w, certificate), BERTH_E_ARGUMENT, "a VM twice");
  weight.vms = foreign;
  cr_expect_eq(add(&w, certificate), BERTH_E_ARGUMENT, "a VM of another cluster");
  weight.vms = both;
  weight.weight = -1;
  cr_expect_eq(add(&w, certificate), BERTH_E_ARGUMENT);
  end(&w);
}

Test(plan_proofs, settings) {
  world w = begin(BERTH_GOAL_CONSOLIDATE);
  berth_plan_settings settings = BERTH_PLAN_SETTINGS_INIT;
  cr_expect_eq(berth_plan_get_settings(w.plan)->target_cpu, 80);
  cr_expect_eq(berth_plan_get_settings(w.plan)->stranded_tolerance, 20);
  settings.keep_failures = 65;
  cr_expect_eq(berth_plan_set_settings(w.f.ctx, w.plan, &settings), BERTH_E_ARGUMENT);
  settings.keep_failures = 64;
  settings.weigh = (berth_weigh)2;
  cr_expect_eq(berth_plan_set_settings(w.f.ctx, w.plan, &settings), BERTH_E_ARGUMENT);
  settings.weigh = BERTH_WEIGH_POWER;
  cr_expect_eq(berth_plan_set_settings(w.f.ctx, w.plan, &settings), BERTH_OK);
  settings.struct_size--;
  cr_expect_eq(berth_plan_set_settings(w.f.ctx, w.plan, &settings), BERTH_E_ARGUMENT);
  cr_expect_eq(berth_plan_get_settings(w.plan)->keep_failures, 64);
  cr_expect_str_eq(berth_weigh_word(BERTH_WEIGH_POWER), "power");
  cr_expect_null(berth_weigh_word((berth_weigh)2));
  end(&w);
}

/* The file as text; free(). */
static char *slurp(const char *path) {
  FILE *file = fopen(path, "rb");
  char *text = calloc(1, 1 << 16);
  cr_assert(file != NULL && text != NULL);
  cr_assert_gt(fread(text, 1, (1 << 16) - 1, file), 0);
  fclose(file);
  return text;
}

static void fill(world *w) {
  berth_plan_settings settings = BERTH_PLAN_SETTINGS_INIT;
  settings.keep_failures = 1;
  settings.weigh = BERTH_WEIGH_POWER;
  cr_assert_eq(berth_plan_set_settings(w->f.ctx, w->plan, &settings), BERTH_OK);
  berth_plan_certificate certificate = certificate_of(BERTH_LEVEL_MIGRATIONS);
  certificate.host_count = 2;
  certificate.hosts = first_two;
  certificate.assumed[BERTH_LEVEL_HOSTS_ON] = 5000;
  cr_assert_eq(add(w, certificate), BERTH_OK);
  certificate = certificate_of(BERTH_LEVEL_HOSTS_ON);
  certificate.cluster = 1;
  certificate.spare = 1;
  certificate.weight_count = 1;
  certificate.weights = &of_one;
  cr_assert_eq(add(w, certificate), BERTH_OK);
}

static const char first_line[] =
    "{\"level\": \"migrations\", \"cluster\": \"prod\", \"bound\": 3, \"scale\": 1000, "
    "\"hosts\": [\"esx01\", \"esx02\"], "
    "\"assumes\": [{\"level\": \"hosts.on\", \"weight\": 5000}], \"spare\": 0, \"weights\": ["
    "{\"demand\": {\"cpu\": 2000, \"memory\": 8192, \"vms\": 1, \"vcpus\": 2}, \"weight\": 250}, "
    "{\"demand\": {\"memory\": 16384, \"vms\": 1, \"vcpus\": 1, \"vgpu\": 3}, \"weight\": 0}]}";
static const char second_line[] =
    "{\"level\": \"hosts.on\", \"cluster\": \"test\", \"bound\": 3, \"scale\": 1000, "
    "\"assumes\": [], \"spare\": 1, \"weights\": [{\"vms\": [\"vm03\"], \"weight\": 7}]}";

Test(plan_proofs, json_both_ways) {
  world w = begin(BERTH_GOAL_CONSOLIDATE);
  fill(&w);
  cr_assert_eq(berth_write_plan(w.f.ctx, w.plan, BERTH_FORMAT_JSON, NULL, w.path), BERTH_OK);
  char *text = slurp(w.path);
  cr_expect_not_null(strstr(text, first_line), "%s", text);
  cr_expect_not_null(strstr(text, second_line), "%s", text);
  cr_expect_not_null(strstr(text, "\"settings\": {\"keepFailures\": 1, \"weigh\": \"power\"},"));
  berth_plan *again = NULL;
  cr_assert_eq(berth_read_plan(w.f.ctx, w.path, w.inventory, NULL, &again), BERTH_OK, "%s",
               berth_context_detail(w.f.ctx));
  const berth_plan_certificate *certificate = berth_plan_certificate_at(again, 0);
  cr_expect_eq(berth_plan_certificate_count(again), 2);
  cr_expect_eq(certificate->assumed[BERTH_LEVEL_HOSTS_ON], 5000);
  cr_expect_eq(certificate->hosts[1], H1);
  cr_expect_eq(certificate->weights[1].demand[4], 3);
  const berth_certificate_weight *listed = berth_plan_certificate_at(again, 1)->weights;
  cr_assert_eq(listed->vm_count, 1);
  cr_expect_eq(listed->vms[0], V2);
  cr_expect_null(listed->demand);
  cr_expect_eq(berth_plan_get_settings(again)->weigh, BERTH_WEIGH_POWER);
  cr_assert_eq(berth_write_plan(w.f.ctx, again, BERTH_FORMAT_JSON, NULL, w.path), BERTH_OK);
  char *second = slurp(w.path);
  cr_expect_str_eq(text, second);
  free(text);
  free(second);
  berth_plan_free(again);
  end(&w);
}

Test(plan_proofs, settings_of_rebalance) {
  world w = begin(BERTH_GOAL_REBALANCE);
  cr_assert_eq(berth_write_plan(w.f.ctx, w.plan, BERTH_FORMAT_JSON, NULL, w.path), BERTH_OK);
  char *text = slurp(w.path);
  cr_expect_not_null(strstr(text, "\"settings\": {\"targetCpu\": 80, \"targetMemory\": 80, "
                                  "\"strandedTolerance\": 20},"));
  free(text);
  end(&w);
}

Test(plan_proofs, xml_keeps_to_its_schema) {
  char command[256];
  if (system("xmllint --version >/dev/null 2>&1") != 0)
    cr_skip_test("no xmllint");
  world w = begin(BERTH_GOAL_CONSOLIDATE);
  fill(&w);
  cr_assert_eq(berth_write_plan(w.f.ctx, w.plan, BERTH_FORMAT_XML, NULL, w.path), BERTH_OK);
  char *text = slurp(w.path);
  cr_expect_not_null(strstr(text, "<demand resource=\"vgpu\" amount=\"3\"/>"));
  cr_expect_not_null(strstr(text, "<vms weight=\"7\">\n      <of vm=\"vm03\"/>"));
  cr_expect_not_null(strstr(text, "<settings keepFailures=\"1\" weigh=\"power\"/>"));
  snprintf(command, sizeof command, "xmllint --nonet --noout --schema '%s' '%s' 2>/dev/null",
           PLAN_SCHEMA, w.path);
  cr_expect_eq(system(command), 0, "%s", text);
  free(text);
  end(&w);
}

Test(plan_proofs, text_says_what_was_asked) {
  world w = begin(BERTH_GOAL_CONSOLIDATE);
  fill(&w);
  berth_plan_level level = {.level = BERTH_LEVEL_HOSTS_ON, .status = BERTH_OUTCOME_OPTIMAL};
  cr_assert_eq(berth_plan_add_level(w.f.ctx, w.plan, &level), BERTH_OK);
  berth_plan_set_status(w.plan, BERTH_OUTCOME_OPTIMAL);
  cr_assert_eq(berth_write_plan(w.f.ctx, w.plan, BERTH_FORMAT_TEXT, NULL, w.path), BERTH_OK);
  char *text = slurp(w.path);
  cr_expect_not_null(strstr(text, "hosts.on counts watts; any 1 of them may fail"), "%s", text);
  cr_expect_not_null(strstr(text, "2 certificates of bounds"), "%s", text);
  free(text);
  end(&w);
}

#define HEAD                                                                                       \
  "{\"schema\": \"berth-plan/1\", \"goal\": \"consolidate\", \"status\": \"optimal\", "            \
  "\"levels\": [], \"placements\": [], \"unplaced\": [], \"steps\": [], "                          \
  "\"makespan\": {\"best\": 0, \"expected\": 0, \"worst\": 0}, "
#define CERTIFICATE(rest) HEAD "\"certificates\": [{\"bound\": 1, \"weights\": []," rest "}]}"

#define WEIGHT(weight)                                                                             \
  HEAD "\"certificates\": [{\"level\": \"hosts.on\", \"cluster\": \"prod\", \"bound\": 1, "        \
       "\"weights\": [" weight "]}]}"

static const char *const refused[][2] = {
    {HEAD "\"settings\": {\"keepFailures\": 65}}", "settings.keepFailures"},
    {HEAD "\"settings\": {\"weigh\": \"watts\"}}", "settings.weigh: \"watts\"; expected hosts or"},
    {HEAD "\"settings\": {\"targetCpu\": 0}}", "settings.targetCpu"},
    {HEAD "\"certificates\": [1]}", "certificates[0].: not an object"},
    {CERTIFICATE("\"cluster\": \"prod\""), "certificates[0].level"},
    {CERTIFICATE("\"level\": \"hosts.on\", \"cluster\": \"none\""), "no cluster \"none\""},
    {CERTIFICATE("\"level\": \"hosts.on\", \"cluster\": \"prod\", \"scale\": 0"), "].scale"},
    {CERTIFICATE("\"level\": \"hosts.on\", \"cluster\": \"prod\", \"hosts\": [\"none\"]"),
     "].hosts"},
    {CERTIFICATE("\"level\": \"hosts.on\", \"cluster\": \"prod\", \"hosts\": [\"esx03\"]"),
     "do not go together"},
    {CERTIFICATE("\"level\": \"makespan\", \"cluster\": \"prod\""), "do not go together"},
    {CERTIFICATE(
         "\"level\": \"hosts.on\", \"cluster\": \"prod\", \"assumes\": [{\"level\": \"x\"}]"),
     "no level \"x\""},
    {HEAD "\"certificates\": [{\"level\": \"hosts.on\", \"cluster\": \"prod\", \"bound\": 1, "
          "\"weights\": [{\"demand\": {\"disk\": 1}, \"weight\": 1}]}]}",
     "an unknown resource"},
    {HEAD "\"certificates\": [{\"level\": \"hosts.on\", \"cluster\": \"prod\", \"bound\": 1, "
          "\"weights\": [{\"demand\": {\"cpu\": -1}, \"weight\": 1}]}]}",
     "].cpu"},
    {WEIGHT("{\"weight\": 1}"), "expected a demand or VMs"},
    {WEIGHT("{\"vms\": [], \"weight\": 1}"), "expected a demand or VMs"},
    {WEIGHT("{\"demand\": {}, \"vms\": [\"vm01\"], \"weight\": 1}"), "expected a demand or VMs"},
    {WEIGHT("{\"vms\": [\"vm09\"], \"weight\": 1}"), "expected the id of a VM"},
    {WEIGHT("{\"vms\": [1], \"weight\": 1}"), "expected the id of a VM"},
    {WEIGHT("{\"vms\": [\"vm01\", \"vm01\"], \"weight\": 1}"), "each once"},
    {WEIGHT("{\"vms\": [\"vm03\"], \"weight\": 1}"), "VMs of the cluster"},
};

Test(plan_proofs, what_the_reader_refuses) {
  world w = begin(BERTH_GOAL_CONSOLIDATE);
  for (size_t k = 0; k < sizeof refused / sizeof *refused; k++) {
    berth_plan *plan = NULL;
    FILE *file = fopen(w.path, "wb");
    cr_assert_not_null(file);
    fputs(refused[k][0], file);
    fclose(file);
    cr_expect_eq(berth_read_plan(w.f.ctx, w.path, w.inventory, NULL, &plan), BERTH_E_INVALID,
                 "input %zu", k);
    cr_expect_not_null(strstr(berth_context_detail(w.f.ctx), refused[k][1]), "input %zu: %s", k,
                       berth_context_detail(w.f.ctx));
    berth_plan_free(plan);
  }
  end(&w);
}
