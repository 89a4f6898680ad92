/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The brute force confirms the answers of datasets/index.csv, all but makespan. The solver is not
 * asked here, so neither can be right only because it agrees with the other.
 */
#include "brute_force.h"

#include <berth/io.h>
#include <berth/scenario.h>
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LINE_ROOM = 1024, FIELDS = 5 };

#define FOLDER BERTH_SOURCE_DIR "/datasets/"

/* Cuts @p line at semicolons. */
static bool cut(char *line, char *field[FIELDS]) {
  line[strcspn(line, "\r\n")] = 0;
  for (int i = 0; i < FIELDS; i++) {
    field[i] = line;
    line = strchr(line, ';');
    if (line == NULL)
      return i == FIELDS - 1;
    *line++ = 0;
  }
  return false;
}

/* The options of `berth plan` that index.csv uses: --scenario FILE, --fail HOST, --fit ... */
static berth_scenario *scenario_of(berth_context *ctx, const char *options) {
  berth_scenario *scenario = NULL;
  char path[LINE_ROOM], word[LINE_ROOM];
  if (sscanf(options, "--scenario %255s", word) == 1) {
    (void)snprintf(path, sizeof path, FOLDER "%s", word);
    cr_assert_eq(berth_read_scenario(ctx, path, NULL, &scenario), BERTH_OK, "%s",
                 berth_context_detail(ctx));
    return scenario;
  }
  berth_event event = BERTH_EVENT_INIT;
  cr_assert_eq(berth_scenario_new(ctx, &scenario), BERTH_OK);
  if (sscanf(options, "--fail %255s", word) == 1) {
    event.type = BERTH_EVENT_FAIL;
    event.host = word;
  } else if (sscanf(options, "--fit cpu=%" SCNd64 ",memory=%" SCNd64 ",count=%" SCNd64,
                    &event.cpu_mhz, &event.memory_mib, &event.count) == 3) {
    event.type = BERTH_EVENT_ADD_FLAVOUR;
  } else {
    cr_assert_str_empty(options, "an option that this test does not know: %s", options);
    return scenario;
  }
  cr_assert_eq(berth_scenario_add(ctx, scenario, &event), BERTH_OK);
  return scenario;
}

static void compare_levels(const char *row, const char *levels, const brute_force_result *truth) {
  for (uint32_t i = 0; i < truth->level_count; i++) {
    char name[64];
    int64_t value = -1;
    int length = 0;
    cr_assert_eq(sscanf(levels, " %63[^=]=%" SCNd64 "%n", name, &value, &length), 2,
                 "%s: a level is missing", row);
    levels += length;
    cr_expect_str_eq(name, berth_level_name(truth->levels[i]), "%s: %s", row, name);
    cr_expect_eq(value, truth->values[i], "%s: %s is %" PRId64 ", in index.csv %" PRId64, row, name,
                 truth->values[i], value);
  }
}

static void confirm(berth_context *ctx, char *field[FIELDS]) {
  const berth_inventory *inventory = NULL, *effective = NULL;
  brute_force_result truth;
  berth_plan_settings settings = BERTH_PLAN_SETTINGS_INIT;
  berth_goal goal = BERTH_GOAL_REPAIR;
  char path[LINE_ROOM];
  (void)snprintf(path, sizeof path, FOLDER "%s", field[0]);
  const char *sources[1] = {path};
  cr_assert_eq(berth_read_inventory(ctx, sources, 1, BERTH_DIALECT_AUTO, NULL, &inventory),
               BERTH_OK, "%s: %s", path, berth_context_detail(ctx));
  cr_assert(berth_goal_parse(field[1], &goal), "%s: goal %s", path, field[1]);
  berth_scenario *scenario = scenario_of(ctx, field[2]);
  cr_assert_eq(berth_scenario_apply(ctx, inventory, scenario, &effective), BERTH_OK, "%s: %s", path,
               berth_context_detail(ctx));
  cr_assert(brute_force_solve(effective, goal, &settings, UINT64_C(20000000), &truth),
            "%s: too large", path);
  compare_levels(field[0], field[3], &truth);
  berth_scenario_free(scenario);
  berth_inventory_release(effective);
  berth_inventory_release(inventory);
}

Test(datasets, brute_force_confirms_the_index) {
  berth_context *ctx = NULL;
  char line[LINE_ROOM];
  char *field[FIELDS];
  uint32_t rows = 0;
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  FILE *index = fopen(FOLDER "index.csv", "r");
  cr_assert_not_null(index);
  cr_assert_not_null(fgets(line, sizeof line, index)); /* the header */
  for (; fgets(line, sizeof line, index) != NULL; rows++) {
    cr_assert(cut(line, field), "line %u of index.csv has other than %d fields", rows + 2, FIELDS);
    confirm(ctx, field);
  }
  (void)fclose(index);
  berth_context_free(ctx);
  cr_assert_gt(rows, 12);
}
