/* SPDX-License-Identifier: Apache-2.0 */
/*
 * berth capacity: reads, counts, writes. Exit status: 0 if every figure is decided.
 */
#include "answer_command.h"
#include "capacity_report.h"
#include "command_terminal.h"
#include "key_list.h"
#include "option_value.h"
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FLAVOUR_FORM "cpu=MHZ,memory=MIB[,vcpus=N][,NAME=AMOUNT][,count=N] or like=VM[,count=N]"

enum { KEY_FLAVOUR = 0x600, KEY_FAILURES, KEY_DOMAIN, KEY_MIGRATIONS, KEY_WANT, KEY_CLUSTER };

enum {
  MOST_FAILURES = 64,
  MOST_FLAVOURS = 64,
  MOST_LIMITS = 64,
  MOST_COUNT = 65536,
  USUAL_MILLISECONDS = 20000
};

typedef struct capacity_arguments {
  answer_command common;
  berth_capacity_request request;
  berth_capacity_flavour flavours[MOST_FLAVOURS];
  berth_capacity_amount *amounts[MOST_FLAVOURS]; /* owned */
  int64_t migrations[MOST_LIMITS];
} capacity_arguments;

static_assert(offsetof(capacity_arguments, common) == 0, "the parser's input is either");

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
    {"time-limit", ANSWER_KEY_TIME_LIMIT, "DURATION", 0,
     "stop after this long; figures are then known within bounds (default 20 s)", 1},
    {"threads", ANSWER_KEY_THREADS, "N", 0, "worker threads; 0 = one for each core", 1},
    {"format", ANSWER_KEY_FORMAT, "text|json|csv", 0, "form of the answer (default text)", 2},
    {"report", ANSWER_KEY_REPORT, "FILE", 0,
     "write a page too: one HTML file with the curves and where the room lies", 2},
    {"output", 'o', "FILE", 0, "write it there; - is standard output, the default", 2},
    {0}};

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
  if (!option_number(value, from, to, &number))
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
    if (strcmp(part, "any") != 0 && !option_number(part, 0, BERTH_QUANTITY_MAX, &number))
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

static error_t parse(int key, char *argument, struct argp_state *state) {
  capacity_arguments *arguments = state->input;
  switch (key) {
  case KEY_FLAVOUR:
    return parse_flavour(arguments, argument, state);
  case KEY_MIGRATIONS:
    parse_migrations(arguments, argument, state);
    return 0;
  case KEY_DOMAIN:
    arguments->request.domain = option_take_domain(state, argument);
    return 0;
  case KEY_CLUSTER:
    arguments->request.cluster = argument;
    return 0;
  case KEY_FAILURES:
    arguments->request.failures =
        (uint32_t)option_take_number(state, "keep-failures", argument, 0, MOST_FAILURES);
    return 0;
  case KEY_WANT:
    arguments->request.wanted = option_take_number(state, "want", argument, 1, BERTH_OBJECTS_MAX);
    return 0;
  case ARGP_KEY_END:
    if (arguments->common.inventory != NULL && arguments->request.flavour_count == 0)
      argp_error(state, "no --flavour given; expected " FLAVOUR_FORM);
    if (arguments->request.domain != BERTH_DOMAIN_HOST && arguments->request.failures == 0)
      argp_error(state, "--domain says what fails as one; it needs --keep-failures");
    return answer_command_parse(&arguments->common, key, argument, state);
  default:
    return answer_command_parse(state->input, key, argument, state);
  }
}

const struct argp *command_capacity_arguments(void) {
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
      answer_command_children,
      NULL,
      NULL};
  return &argp;
}

/* ---------------------------------------------------------------------------- output */

static int write_answer(const answer_command *common, const capacity_report *report) {
  const answer_writers answer = {report,
                                 capacity_report_text,
                                 capacity_report_json,
                                 capacity_report_csv,
                                 capacity_report_html,
                                 "Capacity",
                                 berth_inventory_name(report->inventory)};
  return answer_write_both(common->ctx, common->output, common->form, common->report, &answer);
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
static int fail(const answer_command *common, berth_status status) {
  int exit_status = command_fail(common->ctx, status, common->source.verbose);
  bool of_option =
      status == BERTH_E_NOT_FOUND || status == BERTH_E_AMBIGUOUS || status == BERTH_E_ARGUMENT;
  return of_option ? COMMAND_USAGE : exit_status;
}

static int count(const capacity_arguments *arguments, const berth_inventory *inventory) {
  const answer_command *common = &arguments->common;
  berth_capacity *result = NULL;
  berth_text_style style = command_style(common->output);
  command_watch(common->ctx);
  berth_status status = berth_capacity_run(common->ctx, inventory, &arguments->request, &result);
  if (command_watch_end(common->ctx) && status == BERTH_OK)
    command_say("interrupted; what was not decided is told within bounds");
  if (status != BERTH_OK)
    return fail(common, status);
  capacity_report report = {.inventory = inventory,
                            .capacity = result,
                            .request = &arguments->request,
                            .width = style.width > 0 ? style.width : 100,
                            .blocks = style.utf8};
  int exit_status = write_answer(common, &report);
  if (exit_status == COMMAND_DONE)
    exit_status = exit_of(&report);
  berth_capacity_free(result);
  return exit_status;
}

static int run(answer_command *common) {
  capacity_arguments *arguments = (capacity_arguments *)common;
  const berth_inventory *inventory = NULL;
  arguments->request.flavours = arguments->flavours;
  arguments->request.migrations = arguments->migrations;
  arguments->request.options = &common->options;
  int exit_status = command_read_changed(common->ctx, &common->source, &common->changes,
                                         common->inventory, &inventory);
  if (exit_status == COMMAND_DONE)
    exit_status = count(arguments, inventory);
  berth_inventory_release(inventory);
  return exit_status;
}

static void begin(answer_command *common) {
  common->options.value[BERTH_OPTION_TIME_LIMIT] = USUAL_MILLISECONDS;
}

int command_capacity(int argc, char **argv) {
  static const int64_t usual[] = {0, 1, 2, 4, 8, 16, BERTH_UNLIMITED};
  capacity_arguments arguments = {.request = BERTH_CAPACITY_REQUEST_INIT};
  memcpy(arguments.migrations, usual, sizeof usual);
  arguments.request.migration_count = sizeof usual / sizeof *usual;
  int exit_status =
      answer_command_main(argc, argv, command_capacity_arguments(), &arguments.common, begin, run);
  for (uint32_t f = 0; f < MOST_FLAVOURS; f++)
    free(arguments.amounts[f]);
  return exit_status;
}
