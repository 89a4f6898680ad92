/* SPDX-License-Identifier: Apache-2.0 */
/* berth generate: synthetic inventories. The drawing is in generate_families.c. */
#include "command.h"
#include "generate_families.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum generate_key {
  KEY_HOSTS = 256,
  KEY_VMS,
  KEY_CLUSTERS,
  KEY_SEED,
  KEY_FAMILY,
  KEY_LOAD,
  KEY_FAILED,
  KEY_STANDBY
};

typedef struct generate_arguments {
  generate_request request;
  const char *output;
  bool has_hosts, has_vms;
} generate_arguments;

static const struct argp_option options[] = {
    {"hosts", KEY_HOSTS, "N", 0, "number of hosts", 0},
    {"vms", KEY_VMS, "M", 0, "number of VMs", 0},
    {"clusters", KEY_CLUSTERS, "N", 0, "number of clusters they are spread over (1)", 0},
    {"seed", KEY_SEED, "N", 0, "seed of every random choice (1); equal arguments give equal bytes",
     0},
    {"family", KEY_FAMILY, "plain|fragmented|tight|affinity|heterogeneous|unique", 0,
     "kind of cluster (default plain); see below", 0},
    {"load-percent", KEY_LOAD, "P", 0, "memory reserved on the hosts that run VMs (80)", 0},
    {"failed", KEY_FAILED, "N", 0, "hosts that have failed, with their VMs (0)", 0},
    {"standby", KEY_STANDBY, "N", 0, "hosts in standby (0)", 0},
    {"output", 'o', "FILE", 0, "write the inventory there; - is standard output, the default", 0},
    {0}};

/* Reads a number of at most @p most; ends the program with a usage error if it is none. */
static uint64_t parse_number(const char *text, uint64_t most, const char *name,
                             struct argp_state *state) {
  char *end = NULL;
  errno = 0;
  const unsigned long long value = strtoull(text, &end, 10);
  if (errno != 0 || end == text || *end != 0 || text[0] == '-' || value > most)
    argp_error(state, "--%s is \"%s\"; expected a whole number from 0 to %llu", name, text,
               (unsigned long long)most);
  return value;
}

static uint32_t parse_count(const char *text, const char *name, struct argp_state *state) {
  return (uint32_t)parse_number(text, BERTH_OBJECTS_MAX, name, state);
}

static void check_whole(const generate_arguments *arguments, struct argp_state *state) {
  if (!arguments->has_hosts || !arguments->has_vms) {
    argp_error(state, "--hosts and --vms are required");
    return;
  }
  const char *refusal = generate_refusal(&arguments->request);
  if (refusal != NULL)
    argp_error(state, "%s", refusal);
}

static error_t parse_option(int key, char *text, struct argp_state *state) {
  generate_arguments *arguments = state->input;
  generate_request *request = &arguments->request;
  switch (key) {
  case KEY_HOSTS:
    request->hosts = parse_count(text, "hosts", state);
    arguments->has_hosts = true;
    return 0;
  case KEY_VMS:
    request->vms = parse_count(text, "vms", state);
    arguments->has_vms = true;
    return 0;
  case KEY_CLUSTERS:
    request->clusters = parse_count(text, "clusters", state);
    return 0;
  case KEY_SEED:
    request->seed = parse_number(text, UINT64_MAX, "seed", state);
    return 0;
  case KEY_FAMILY:
    if (!generate_family_parse(text, &request->family))
      argp_error(
          state,
          "no family \"%s\"; there are plain, fragmented, tight, affinity, heterogeneous and "
          "unique",
          text);
    return 0;
  case KEY_LOAD:
    request->load_percent = (uint32_t)parse_number(text, 100, "load-percent", state);
    return 0;
  case KEY_FAILED:
    request->failed = parse_count(text, "failed", state);
    return 0;
  case KEY_STANDBY:
    request->standby = parse_count(text, "standby", state);
    return 0;
  case 'o':
    arguments->output = text;
    return 0;
  case ARGP_KEY_END:
    check_whole(arguments, state);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp generate_argp = {
    .options = options,
    .parser = parse_option,
    .doc = "Writes a synthetic inventory; equal arguments give equal bytes.\v"
           "plain: two host models, eight flavours of VMs. fragmented: free memory lies in pieces, "
           "and "
           "big VMs wait that fit only after moves. tight: load of 92 percent or more. affinity: "
           "rules of most kinds. heterogeneous: several generations of hosts and VMs, graphics "
           "units, two processor vendors. unique: no two VMs of one size."};

const struct argp *command_generate_arguments(void) {
  return &generate_argp;
}

int command_generate(int argc, char **argv) {
  generate_arguments arguments = {
      .request = {.clusters = 1, .seed = 1, .load_percent = 80, .family = GENERATE_PLAIN},
      .output = "-"};
  berth_inventory *inventory = NULL;
  error_t error = argp_parse(&generate_argp, argc, argv, 0, NULL, &arguments);
  if (error != 0) {
    command_say("%s", strerror(error));
    return COMMAND_INTERNAL;
  }
  berth_context *ctx = command_context();
  if (ctx == NULL)
    return COMMAND_INTERNAL;
  berth_status status = generate_inventory(ctx, &arguments.request, &inventory);
  if (status == BERTH_OK)
    status = berth_write_inventory(ctx, inventory, arguments.output);
  const int result = status == BERTH_OK ? COMMAND_DONE : command_fail(ctx, status, false);
  berth_inventory_release(inventory);
  berth_context_free(ctx);
  return result;
}
