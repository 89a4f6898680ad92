/* SPDX-License-Identifier: Apache-2.0 */
/*
 * berth capacity: reads, counts, writes. Exit status: 0 if every figure is decided.
 */
#include "answer.h"
#include "capacity_report.h"
#include "command.h"
#include "command_changes.h"
#include "command_source.h"
#include "command_terminal.h"
#include "key_list.h"
#include <berth/scenario.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FLAVOUR_FORM "cpu=MHZ,memory=MIB[,vcpus=N][,NAME=AMOUNT][,count=N] or like=VM[,count=N]"

enum {
  KEY_FLAVOUR = 0x600,
  KEY_FAILURES,
  KEY_DOMAIN,
  KEY_MIGRATIONS,
  KEY_WANT,
  KEY_CLUSTER,
  KEY_FORMAT,
  KEY_TIME_LIMIT,
  KEY_THREADS,
  KEY_REPORT
};

enum {
  MOST_FAILURES = 64,
  MOST_FLAVOURS = 64,
  MOST_LIMITS = 64,
  MOST_COUNT = 65536,
  USUAL_MILLISECONDS = 20000
};

typedef struct capacity_arguments {
  berth_context *ctx;
  command_source source;
  command_changes changes;
  const char *inventory, *output, *report; /* report: NULL = none */
  berth_capacity_request request;
  berth_capacity_flavour flavours[MOST_FLAVOURS];
  berth_capacity_amount *amounts[MOST_FLAVOURS]; /* owned */
  int64_t migrations[MOST_LIMITS];
  berth_options options;
  answer_form form;
} capacity_arguments;

/* ---------------------------------------------------------------------------- options */

static const struct argp_option own_options[] = {
    {"flavour", KEY_FLAVOUR, "cpu=MHZ,memory=MIB[,...]", 0,
     "the VM that is counted: cpu and memory that it reserves, vcpus (1), amounts of named "
     "resources, count (1); or like=VM. Given several times, all together are one mix",
     1},
    {"keep-failures", KEY_FAILURES, "K", 0,
     "also while any 0 to K failures stay survivable (default 0, at most 64)", 1},
    {"domain", KEY_DOMAIN, "host|chassis|rack|site", 0, "what fails as one (default host)", 1},
    {"migrations", KEY_MIGRATIONS, "N[,N...]", 0,
     "after so many migrations; any = no limit (default 0,1,2,4,8,16,any)", 1},
    {"want", KEY_WANT, "COUNT", 0, "how many more hosts of each kind so many take", 1},
    {"cluster", KEY_CLUSTER, "ID", 0, "this cluster only", 1},
    {"time-limit", KEY_TIME_LIMIT, "DURATION", 0,
     "stop after this long; figures are then known within bounds (default 20 s)", 1},
    {"threads", KEY_THREADS, "N", 0, "worker threads; 0 = one for each core", 1},
    {"format", KEY_FORMAT, "text|json|csv", 0, "form of the answer (default text)", 2},
    {"report", KEY_REPORT, "FILE", 0,
     "write a page too: one HTML file with the curves and where the room lies", 2},
    {"output", 'o', "FILE", 0, "write it there; - is standard output, the default", 2},
    {0}};

static bool parse_number(const char *text, int64_t least, int64_t most, int64_t *value) {
  char *end = NULL;
  errno = 0;
  long long number = strtoll(text, &end, 10);
  *value = number;
  return end != text && *end == '\0' && errno == 0 && number >= least && number <= most;
}

/* An amount of a named resource. */
static void add_amount(capacity_arguments *arguments, const char *name, int64_t amount) {
  uint32_t f = arguments->request.flavour_count;
  berth_capacity_flavour *flavour = &arguments->flavours[f];
  arguments->amounts[f][flavour->amount_count++] =
      (berth_capacity_amount){.resource = name, .amount = amount};
}

static void parse_part(capacity_arguments *arguments, char *part, struct argp_state *state) {
  static const char *const names[] = {"cpu", "memory", "vcpus", "count"};
  static const int64_t least[] = {0, 1, 1, 1};
  berth_capacity_flavour *flavour = &arguments->flavours[arguments->request.flavour_count];
  int64_t *const amounts[] = {&flavour->cpu_mhz, &flavour->memory_mib, &flavour->vcpus,
                              &flavour->count};
  char *value = strchr(part, '=');
  int64_t number;
  if (value == NULL || value == part) {
    argp_error(state, "--flavour: \"%s\" is not understood; expected " FLAVOUR_FORM, part);
    return;
  }
  *value++ = '\0';
  if (strcmp(part, "like") == 0) {
    flavour->like = value;
    return;
  }
  int name = 0;
  while (name < 4 && strcmp(part, names[name]) != 0)
    name++;
  int64_t from = name < 4 ? least[name] : 0, to = name == 3 ? MOST_COUNT : BERTH_QUANTITY_MAX;
  if (!parse_number(value, from, to, &number))
    argp_error(state,
               "--flavour: %s is \"%s\"; expected a whole number from %" PRId64 " to %" PRId64,
               part, value, from, to);
  if (name < 4)
    *amounts[name] = number;
  else
    add_amount(arguments, part, number);
}

static error_t parse_flavour(capacity_arguments *arguments, char *text, struct argp_state *state) {
  uint32_t f = arguments->request.flavour_count;
  size_t parts = 1;
  const char *key;
  size_t repeated = key_list_repeat(text, &key);
  if (f == MOST_FLAVOURS)
    argp_error(state, "--flavour can be given %d times at most", MOST_FLAVOURS);
  if (repeated > 0)
    argp_error(state, "--flavour: %.*s is given twice; expected " FLAVOUR_FORM, (int)repeated, key);
  berth_capacity_flavour *flavour = &arguments->flavours[f];
  *flavour = (berth_capacity_flavour)BERTH_CAPACITY_FLAVOUR_INIT;
  for (const char *at = text; *at != '\0'; at++)
    parts += *at == ',';
  berth_capacity_amount *amounts = calloc(parts, sizeof *amounts);
  if (amounts == NULL)
    return ENOMEM;
  flavour->amounts = arguments->amounts[f] = amounts;
  char *rest = NULL;
  for (char *part = strtok_r(text, ",", &rest); part != NULL; part = strtok_r(NULL, ",", &rest))
    parse_part(arguments, part, state);
  bool sized = flavour->cpu_mhz != BERTH_UNSET || flavour->memory_mib != BERTH_UNSET ||
               flavour->vcpus != 1 || flavour->amount_count > 0;
  if (flavour->like != NULL && sized)
    argp_error(state, "--flavour: like=%s says all but the count", flavour->like);
  if (flavour->like == NULL &&
      (flavour->cpu_mhz == BERTH_UNSET || flavour->memory_mib == BERTH_UNSET))
    argp_error(state, "--flavour lacks %s; expected " FLAVOUR_FORM,
               flavour->cpu_mhz == BERTH_UNSET ? "cpu" : "memory");
  arguments->request.flavour_count++;
  return 0;
}

static void parse_migrations(capacity_arguments *arguments, char *text, struct argp_state *state) {
  uint32_t count = 0;
  char *rest = NULL;
  for (char *part = strtok_r(text, ",", &rest); part != NULL; part = strtok_r(NULL, ",", &rest)) {
    int64_t number = BERTH_UNLIMITED;
    if (strcmp(part, "any") != 0 && !parse_number(part, 0, BERTH_QUANTITY_MAX, &number))
      argp_error(state, "--migrations has \"%s\"; expected numbers, or any", part);
    if (count == MOST_LIMITS)
      argp_error(state, "--migrations takes %d numbers at most", MOST_LIMITS);
    if (count > 0 && number <= arguments->migrations[count - 1])
      argp_error(state, "--migrations has to ascend; \"%s\" does not", part);
    arguments->migrations[count++] = number;
  }
  if (count == 0)
    argp_error(state, "--migrations is empty; expected numbers, or any");
  arguments->request.migration_count = count;
}

static void parse_domain(capacity_arguments *arguments, const char *text,
                         struct argp_state *state) {
  for (int d = 0; d < BERTH_DOMAIN_COUNT; d++) {
    if (strcmp(berth_domain_word((berth_domain)d), text) == 0) {
      arguments->request.domain = (berth_domain)d;
      return;
    }
  }
  argp_error(state, "--domain is \"%s\"; expected host, chassis, rack or site", text);
}

static void parse_format(capacity_arguments *arguments, const char *text,
                         struct argp_state *state) {
  if (!answer_form_parse(text, &arguments->form))
    argp_error(state, "--format is \"%s\"; expected text, json or csv", text);
}

static void parse_own(int key, capacity_arguments *arguments, char *argument,
                      struct argp_state *state) {
  int64_t number = 0;
  switch (key) {
  case KEY_FAILURES:
    if (!parse_number(argument, 0, MOST_FAILURES, &number))
      argp_error(state, "--keep-failures is \"%s\"; expected a number from 0 to %d", argument,
                 MOST_FAILURES);
    arguments->request.failures = (uint32_t)number;
    return;
  case KEY_WANT:
    if (!parse_number(argument, 1, BERTH_OBJECTS_MAX, &arguments->request.wanted))
      argp_error(state, "--want is \"%s\"; expected a number from 1 to %" PRIu32, argument,
                 BERTH_OBJECTS_MAX);
    return;
  default:
    if (berth_options_parse(arguments->ctx, &arguments->options,
                            key == KEY_THREADS ? BERTH_OPTION_THREADS : BERTH_OPTION_TIME_LIMIT,
                            argument) != BERTH_OK)
      argp_error(state, "--%s", berth_context_detail(arguments->ctx));
  }
}

static error_t parse(int key, char *argument, struct argp_state *state) {
  capacity_arguments *arguments = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = arguments != NULL ? &arguments->changes : NULL;
    state->child_inputs[1] = arguments != NULL ? &arguments->source : NULL;
    return 0;
  case KEY_FLAVOUR:
    return parse_flavour(arguments, argument, state);
  case KEY_MIGRATIONS:
    parse_migrations(arguments, argument, state);
    return 0;
  case KEY_DOMAIN:
    parse_domain(arguments, argument, state);
    return 0;
  case KEY_FORMAT:
    parse_format(arguments, argument, state);
    return 0;
  case KEY_CLUSTER:
    arguments->request.cluster = argument;
    return 0;
  case KEY_FAILURES:
  case KEY_WANT:
  case KEY_TIME_LIMIT:
  case KEY_THREADS:
    parse_own(key, arguments, argument, state);
    return 0;
  case 'o':
    arguments->output = argument;
    return 0;
  case KEY_REPORT:
    arguments->report = argument;
    return 0;
  case ARGP_KEY_ARG:
    if (arguments->inventory != NULL)
      argp_error(state, "one INVENTORY, not also \"%s\"", argument);
    arguments->inventory = argument;
    return 0;
  case ARGP_KEY_END:
    if (arguments->inventory == NULL)
      argp_error(state, "no INVENTORY given");
    if (arguments->request.flavour_count == 0)
      argp_error(state, "no --flavour given; expected " FLAVOUR_FORM);
    if (arguments->request.domain != BERTH_DOMAIN_HOST && arguments->request.failures == 0)
      argp_error(state, "--domain says what fails as one; it needs --keep-failures");
    if (arguments->report != NULL && strcmp(arguments->report, arguments->output) == 0)
      argp_error(state, "answer and report cannot both go to \"%s\"", arguments->report);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp *command_capacity_arguments(void) {
  static const struct argp_child children[] = {
      {&command_changes_argp, 0, NULL, 0}, {&command_source_argp, 0, NULL, 0}, {0}};
  static const struct argp argp = {
      own_options,
      parse,
      "INVENTORY",
      "Says how many more VMs of a flavour, or of a mix, fit: by the totals, as it is, after the "
      "best N migrations, and while any K failures stay survivable; what binds, where the free "
      "room lies, what admission control would let in, and what another host would add."
      "\v"
      "A figure is one number where it is proved, else what was shown to fit and what was proved "
      "to "
      "be too many. The exit status is 0 if every figure is decided, 1 if not even what is there "
      "survives the failures, 2 if some figure is known within bounds only. The what-if options "
      "change the inventory first; VMs without a host are left out.",
      children,
      NULL,
      NULL};
  return &argp;
}

/* ---------------------------------------------------------------------------- output */

static int write_answer(const capacity_arguments *arguments, const capacity_report *report) {
  const answer_writers answer = {report,
                                 capacity_report_text,
                                 capacity_report_json,
                                 capacity_report_csv,
                                 capacity_report_html,
                                 "Capacity",
                                 berth_inventory_name(report->inventory)};
  return answer_write_both(arguments->ctx, arguments->output, arguments->form, arguments->report,
                           &answer);
}

static int worse(int exit_status, const berth_capacity_figure *figure) {
  if (figure->most < 0)
    return exit_status == COMMAND_UNDECIDED ? exit_status : COMMAND_NOT_ALL;
  return figure->least == figure->most ? exit_status : COMMAND_UNDECIDED;
}

static int exit_of(const capacity_report *report) {
  int exit_status = COMMAND_DONE;
  for (uint32_t i = 0; i < berth_inventory_cluster_count(report->inventory); i++) {
    const berth_capacity_cluster *c = berth_capacity_get_cluster(report->capacity, i);
    if (!c->asked)
      continue;
    exit_status = worse(exit_status, &c->now);
    for (uint32_t m = 0; m < report->request->migration_count; m++)
      exit_status = worse(exit_status, &c->migrated[m]);
    for (uint32_t k = 0; k <= report->request->failures; k++)
      exit_status = worse(exit_status, &c->survived[k]);
  }
  return exit_status;
}

/* ---------------------------------------------------------------------------- running */

/* What the flavours or the cluster name is not there: the fault of the option. */
static int fail(const capacity_arguments *arguments, berth_status status) {
  int exit_status = command_fail(arguments->ctx, status, arguments->source.verbose);
  bool of_option =
      status == BERTH_E_NOT_FOUND || status == BERTH_E_AMBIGUOUS || status == BERTH_E_ARGUMENT;
  return of_option ? COMMAND_USAGE : exit_status;
}

static int count(capacity_arguments *arguments, const berth_inventory *inventory) {
  berth_capacity *result = NULL;
  berth_text_style style = command_style(arguments->output);
  arguments->request.flavours = arguments->flavours;
  arguments->request.migrations = arguments->migrations;
  arguments->request.options = &arguments->options;
  command_watch(arguments->ctx);
  berth_status status = berth_capacity_run(arguments->ctx, inventory, &arguments->request, &result);
  if (command_watch_end(arguments->ctx) && status == BERTH_OK)
    command_say("interrupted; what was not decided is told within bounds");
  if (status != BERTH_OK)
    return fail(arguments, status);
  capacity_report report = {.inventory = inventory,
                            .capacity = result,
                            .request = &arguments->request,
                            .width = style.width > 0 ? style.width : 100,
                            .blocks = style.utf8};
  int exit_status = write_answer(arguments, &report);
  if (exit_status == COMMAND_DONE)
    exit_status = exit_of(&report);
  berth_capacity_free(result);
  return exit_status;
}

static int run(capacity_arguments *arguments) {
  const berth_inventory *inventory = NULL;
  int exit_status = command_read_changed(arguments->ctx, &arguments->source, &arguments->changes,
                                         arguments->inventory, &inventory);
  if (exit_status == COMMAND_DONE)
    exit_status = count(arguments, inventory);
  berth_inventory_release(inventory);
  return exit_status;
}

int command_capacity(int argc, char **argv) {
  static const int64_t usual[] = {0, 1, 2, 4, 8, 16, BERTH_UNLIMITED};
  capacity_arguments arguments = {.output = "-", .request = BERTH_CAPACITY_REQUEST_INIT};
  int exit_status = COMMAND_INTERNAL;
  arguments.ctx = command_context();
  if (arguments.ctx == NULL)
    return exit_status;
  memcpy(arguments.migrations, usual, sizeof usual);
  arguments.request.migration_count = sizeof usual / sizeof *usual;
  berth_options_init(&arguments.options);
  arguments.options.value[BERTH_OPTION_TIME_LIMIT] = USUAL_MILLISECONDS;
  error_t error = argp_parse(command_capacity_arguments(), argc, argv, 0, NULL, &arguments);
  if (error != 0)
    command_say("%s", strerror(error));
  else
    exit_status = run(&arguments);
  for (uint32_t f = 0; f < MOST_FLAVOURS; f++)
    free(arguments.amounts[f]);
  command_changes_free(&arguments.changes);
  berth_context_free(arguments.ctx);
  return exit_status;
}
