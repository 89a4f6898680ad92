/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The changes that a command line asks for. They are parsed before the inventory is read and
 * resolved after, so that a host that does not exist is a usage error which names the inventory.
 */
#include "command_changes.h"
#include "key_list.h"
#include "option_value.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FLAVOUR_FORM "cpu=MHZ,memory=MIB[,count=N][,cluster=ID]"

enum { KEY_SCENARIO = 0x300, KEY_MAINTENANCE, KEY_FAIL, KEY_FIT };

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "What if:", 10},
    {"fail", KEY_FAIL, "HOST", 0, "HOST (id or name) fails; may be given several times", 10},
    {"maintenance", KEY_MAINTENANCE, "HOST", 0,
     "HOST (id or name) must be emptied; may be given several times", 10},
    {"fit", KEY_FIT, FLAVOUR_FORM, 0,
     "N more VMs (default 1) with these reservations ask for hosts", 10},
    {"scenario", KEY_SCENARIO, "FILE", 0, "changes from a scenario document; they come first", 10},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state) {
  command_changes *changes = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    if (changes == NULL) /* asked for help only */
      return 0;
    changes->changes = calloc((size_t)state->argc + 1, sizeof *changes->changes);
    return changes->changes == NULL ? ENOMEM : 0;
  case KEY_SCENARIO:
    if (changes->scenario_path != NULL)
      argp_error(state, "--scenario can be given once");
    changes->scenario_path = argument;
    return 0;
  case KEY_MAINTENANCE:
  case KEY_FAIL:
  case KEY_FIT:
    changes->changes[changes->count++] = (command_change){key, argument};
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp command_changes_argp = {.options = options, .parser = parse};

bool command_changes_given(const command_changes *changes) {
  return changes->count > 0 || changes->scenario_path != NULL;
}

const char *command_change_option(const command_change *change) {
  const struct argp_option *option = options;
  while (option->key != change->key)
    option++;
  return option->name;
}

void command_changes_free(command_changes *changes) {
  free(changes->changes);
  changes->changes = NULL;
}

/* ---------------------------------------------------------------------------- single changes */

/* Reads cpu=...,memory=... into the event; the texts stay in @p argument, which is taken apart.
 * Returns false after saying what is wrong. */
static bool parse_flavour(char *argument, berth_event *event) {
  char *const names[] = {"cpu", "memory", "count", "cluster", NULL};
  int64_t *const amounts[] = {&event->cpu_mhz, &event->memory_mib, &event->count};
  static const int64_t least[] = {0, 1, 1};
  char *value = NULL;
  const char *key;
  size_t repeated = key_list_repeat(argument, &key);
  if (repeated > 0) {
    command_say("--fit: %.*s is given twice; expected " FLAVOUR_FORM, (int)repeated, key);
    return false;
  }
  while (*argument != '\0') {
    char *part = argument;
    int name = getsubopt(&argument, names, &value);
    if (name < 0 || value == NULL) {
      command_say("--fit: \"%s\" is not understood; expected " FLAVOUR_FORM, part);
      return false;
    }
    if (name == 3) {
      event->cluster = value;
    } else if (!option_number(value, least[name], BERTH_QUANTITY_MAX, amounts[name])) {
      command_say("--fit: %s is \"%s\"; expected a whole number from %" PRId64 " to %" PRId64,
                  names[name], value, least[name],
                  name == 2 ? BERTH_OBJECTS_MAX : BERTH_QUANTITY_MAX);
      return false;
    }
  }
  if (event->cpu_mhz != BERTH_UNSET && event->memory_mib != BERTH_UNSET)
    return true;
  command_say("--fit lacks %s; expected " FLAVOUR_FORM,
              event->cpu_mhz == BERTH_UNSET ? "cpu" : "memory");
  return false;
}

static int add_flavour(berth_context *ctx, const char *argument, berth_scenario *scenario) {
  berth_event event = BERTH_EVENT_INIT;
  int exit_status = COMMAND_USAGE;
  char *text = strdup(argument);
  event.type = BERTH_EVENT_ADD_FLAVOUR;
  event.position.source = "--fit";
  if (text == NULL) {
    command_say("%s", berth_status_text(BERTH_E_NOMEM));
    exit_status = COMMAND_INTERNAL;
  } else if (parse_flavour(text, &event)) {
    berth_status status = berth_scenario_add(ctx, scenario, &event);
    exit_status = status == BERTH_OK ? COMMAND_DONE : command_fail(ctx, status, false);
  }
  free(text);
  return exit_status;
}

static int add_host_change(berth_context *ctx, const command_change *change,
                           const berth_inventory *inventory, const char *inventory_path,
                           berth_scenario *scenario) {
  const char *option = change->key == KEY_FAIL ? "--fail" : "--maintenance";
  berth_event event = BERTH_EVENT_INIT;
  uint32_t host = BERTH_NONE;
  berth_status status = berth_inventory_find_host(inventory, change->argument, &host);
  if (status == BERTH_E_AMBIGUOUS) {
    command_say("several hosts are called \"%s\" in %s; %s needs an id", change->argument,
                inventory_path, option);
    return COMMAND_USAGE;
  }
  if (status != BERTH_OK) {
    command_say("no host \"%s\" in %s; %s expects the id or the name of a host", change->argument,
                inventory_path, option);
    return COMMAND_USAGE;
  }
  event.type = change->key == KEY_FAIL ? BERTH_EVENT_FAIL : BERTH_EVENT_MAINTENANCE;
  event.host = berth_inventory_host_id(inventory, host);
  event.position.source = option;
  status = berth_scenario_add(ctx, scenario, &event);
  return status == BERTH_OK ? COMMAND_DONE : command_fail(ctx, status, false);
}

/* ---------------------------------------------------------------------------- all of them */

static int add_changes(berth_context *ctx, const command_changes *changes,
                       const berth_inventory *inventory, const char *inventory_path,
                       berth_scenario *scenario) {
  int exit_status = COMMAND_DONE;
  for (size_t i = 0; i < changes->count && exit_status == COMMAND_DONE; i++) {
    const command_change *change = &changes->changes[i];
    exit_status = change->key == KEY_FIT
                      ? add_flavour(ctx, change->argument, scenario)
                      : add_host_change(ctx, change, inventory, inventory_path, scenario);
  }
  return exit_status;
}

/* The file alone, so that later options can name hosts it adds. */
static int read_file(berth_context *ctx, const command_changes *changes,
                     const berth_inventory *inventory, berth_scenario **scenario,
                     const berth_inventory **changed) {
  berth_status status = changes->scenario_path != NULL
                            ? berth_read_scenario(ctx, changes->scenario_path, NULL, scenario)
                            : berth_scenario_new(ctx, scenario);
  if (status == BERTH_OK)
    status = berth_scenario_apply(ctx, inventory, *scenario, changed);
  return status == BERTH_OK ? COMMAND_DONE : command_fail(ctx, status, false);
}

/* All of it, once, so that what an option asks for in vain is told as the fault of the option. */
static int try_all(berth_context *ctx, const berth_inventory *inventory,
                   const berth_scenario *scenario) {
  const berth_inventory *changed = NULL;
  berth_context_clear(ctx);
  berth_status status = berth_scenario_apply(ctx, inventory, scenario, &changed);
  berth_inventory_release(changed);
  int exit_status = COMMAND_DONE;
  if (status == BERTH_OK)
    command_print_problems(ctx, false);
  else
    exit_status = command_fail(ctx, status, false);
  berth_context_clear(ctx);
  return exit_status == COMMAND_BAD_INPUT ? COMMAND_USAGE : exit_status;
}

int command_changes_build(berth_context *ctx, const command_changes *changes,
                          const berth_inventory *inventory, const char *inventory_path,
                          berth_scenario **out) {
  berth_scenario *scenario = NULL;
  const berth_inventory *changed = NULL;
  *out = NULL;
  if (!command_changes_given(changes))
    return COMMAND_DONE;
  int exit_status = read_file(ctx, changes, inventory, &scenario, &changed);
  if (exit_status != COMMAND_DONE)
    goto done;
  exit_status = add_changes(ctx, changes, changed, inventory_path, scenario);
  if (exit_status == COMMAND_DONE)
    exit_status = try_all(ctx, inventory, scenario);
  if (exit_status == COMMAND_DONE) {
    *out = scenario;
    scenario = NULL;
  }
done:
  berth_inventory_release(changed);
  berth_scenario_free(scenario);
  return exit_status;
}

int command_read_changed(berth_context *ctx, const command_source *source,
                         const command_changes *changes, const char *path,
                         const berth_inventory **changed) {
  const berth_inventory *inventory = NULL;
  berth_scenario *scenario = NULL;
  *changed = NULL;
  int exit_status = command_read(ctx, source, &path, 1, &inventory);
  if (exit_status == COMMAND_DONE)
    exit_status = command_changes_build(ctx, changes, inventory, path, &scenario);
  if (exit_status == COMMAND_DONE) {
    berth_status status = berth_scenario_apply(ctx, inventory, scenario, changed);
    if (status != BERTH_OK)
      exit_status = command_fail(ctx, status, source->verbose);
  }
  berth_scenario_free(scenario);
  berth_inventory_release(inventory);
  return exit_status;
}
