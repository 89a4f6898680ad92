/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an inventory comes from.
 */
#include "command_source.h"
#include "option_value.h"
#include <stdlib.h>
#include <string.h>

enum { KEY_APPLIANCE = 0x600, KEY_INTO, KEY_HOST_NOTIFY_TIMEOUT };

enum { MOST_TIMEOUT_SECONDS = 86400 };

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Input and messages:", 20},
    {"from", 'f', "DIALECT", 0,
     "dialect of the inventory: auto (default), native, vim25, ovirt, opennebula, libvirt, hwloc "
     "or "
     "ovf",
     20},
    {"appliance", KEY_APPLIANCE, "FILE", 0,
     "add the VMs of an OVF appliance, powered on and without a host; may be repeated", 20},
    {"into", KEY_INTO, "CLUSTER", 0,
     "the cluster that appliances go to; needed where there are several", 20},
    {"host-notify-timeout", KEY_HOST_NOTIFY_TIMEOUT, "SECONDS", 0,
     "notification timeout of hosts of which a vim25 source does not tell it", 20},
    {"verbose", 'v', NULL, 0, "print notes too, not only errors and warnings", 20},
    {"quiet", 'q', NULL, 0, "print errors only: no warnings, notes and progress", 20},
    {0}};

static void take_timeout(command_source *source, const char *argument, struct argp_state *state) {
  if (!option_number(argument, 0, MOST_TIMEOUT_SECONDS, &source->host_notify_timeout))
    argp_error(state, "--host-notify-timeout is \"%s\"; expected seconds, at most %d", argument,
               MOST_TIMEOUT_SECONDS);
  source->has_host_notify_timeout = true;
}

static error_t parse(int key, char *argument, struct argp_state *state) {
  command_source *source = state->input;
  switch (key) {
  case 'q':
    command_be_quiet();
    return 0;
  case 'v':
    source->verbose = true;
    return 0;
  case 'f':
    if (!berth_dialect_parse(argument, &source->dialect))
      argp_error(state, "no dialect \"%s\"; berth convert --help lists them", argument);
    return 0;
  case KEY_APPLIANCE:
    if (source->appliance_count == COMMAND_APPLIANCES_MAX)
      argp_error(state, "at most %d appliances", (int)COMMAND_APPLIANCES_MAX);
    else
      source->appliances[source->appliance_count++] = argument;
    return 0;
  case KEY_HOST_NOTIFY_TIMEOUT:
    take_timeout(source, argument, state);
    return 0;
  case KEY_INTO:
    source->into = argument;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp command_source_argp = {.options = options, .parser = parse};

static void tell_sources(const berth_context *ctx) {
  for (size_t i = 0; i < berth_context_problem_count(ctx); i++) {
    const berth_problem *problem = berth_context_problem(ctx, i);
    if (problem->code != NULL && strcmp(problem->code, BERTH_SOURCE_CODE) == 0)
      command_print_problem(problem);
  }
}

berth_status command_read_sources(berth_context *ctx, const command_source *source,
                                  const char *const *paths, uint32_t count,
                                  const berth_inventory **inventory) {
  berth_read_limits limits = BERTH_READ_LIMITS_INIT;
  const uint32_t all = count + source->appliance_count;
  const char **sources = calloc((size_t)all + 1, sizeof *sources);
  if (sources == NULL)
    return BERTH_E_NOMEM;
  memcpy((void *)sources, (const void *)paths, count * sizeof *paths);
  memcpy((void *)(sources + count), (const void *)source->appliances,
         source->appliance_count * sizeof *sources);
  limits.into = source->into;
  if (source->has_host_notify_timeout)
    limits.host_notify_timeout = source->host_notify_timeout;
  berth_status status =
      berth_read_inventory(ctx, sources, all, source->dialect, &limits, inventory);
  free((void *)sources);
  return status;
}

int command_read(berth_context *ctx, const command_source *source, const char *const *paths,
                 uint32_t count, const berth_inventory **inventory) {
  berth_status status = command_read_sources(ctx, source, paths, count, inventory);
  if (status != BERTH_OK)
    return command_fail(ctx, status, source->verbose);
  if (source->tells_sources && !source->verbose)
    tell_sources(ctx);
  command_print_problems(ctx, source->verbose);
  berth_context_clear(ctx);
  return COMMAND_DONE;
}
