/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines: the name of a command and its arguments, a line each, are parsed by that command,
 * which is then told that parsing failed, so that it carries nothing out. After "changes" the lines
 * are those options that change an inventory, and they do so. All else is values of the library's
 * options.
 *
 * argp ends the program at an error. Here it must not, and what follows an error must not be
 * executed either: each parser of the command's tables is called through one that the functions
 * argp_error() and its like come back to. The linker puts the functions of this file in the place
 * of argp's (--wrap).
 */
#include "command.h"
#include "command_changes.h"
#include "fuzzed_fixture.h"
#include "fuzzed_target.h"
#include "key_list.h"
#include <berth/lint.h>
#include <berth/option.h>
#include <berth/simulation.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 2048, LINES_MAX = 48, PARSERS_MAX = 12 };

/* ---------------------------------------------------------------------------- parsers that return
 */

/* The tables that argp goes through, copied, and the parsers that they had. One parsing at a time:
 * set anew by each. */
typedef struct returning {
  uint32_t count;
  struct argp copies[PARSERS_MAX];
  argp_parser_t parsers[PARSERS_MAX];
  jmp_buf back;
} returning;

static returning active;

static error_t call_parser(uint32_t index, int key, char *argument, struct argp_state *state) {
  if (setjmp(active.back) != 0)
    return EINVAL;
  return active.parsers[index](key, argument, state);
}

/* argp hands a parser nothing that would tell which table it belongs to: there is one a table. */
#define PARSER(index)                                                                              \
  static error_t parser_##index(int key, char *argument, struct argp_state *state) {               \
    return call_parser(index, key, argument, state);                                               \
  }
PARSER(0)
PARSER(1)
PARSER(2)
PARSER(3)
PARSER(4)
PARSER(5)
PARSER(6)
PARSER(7)
PARSER(8)
PARSER(9)
PARSER(10)
PARSER(11)

static const argp_parser_t stand_ins[PARSERS_MAX] = {parser_0, parser_1, parser_2,  parser_3,
                                                     parser_4, parser_5, parser_6,  parser_7,
                                                     parser_8, parser_9, parser_10, parser_11};

static const struct argp *copy_tables(const struct argp *argp, struct argp_child *room,
                                      uint32_t *used) {
  const uint32_t index = active.count++;
  fuzzed_require(index < PARSERS_MAX, "a command has few tables of options");
  struct argp *copy = &active.copies[index];
  *copy = *argp;
  active.parsers[index] = argp->parser;
  if (argp->parser != NULL)
    copy->parser = stand_ins[index];
  if (argp->children == NULL)
    return copy;
  uint32_t count = 0;
  while (argp->children[count].argp != NULL)
    count++;
  struct argp_child *children = room + *used;
  *used += count + 1;
  fuzzed_require(*used <= 2 * PARSERS_MAX, "a command has few tables of options");
  for (uint32_t i = 0; i < count; i++) {
    children[i] = argp->children[i];
    children[i].argp = copy_tables(argp->children[i].argp, room, used);
  }
  children[count] = (struct argp_child){0};
  copy->children = children;
  return copy;
}

error_t __real_argp_parse(const struct argp *argp, int argc, char **argv, unsigned flags,
                          int *index, void *input);
error_t __wrap_argp_parse(const struct argp *argp, int argc, char **argv, unsigned flags,
                          int *index, void *input);
void __wrap_argp_error(const struct argp_state *state, const char *format, ...);
void __wrap_argp_failure(const struct argp_state *state, int status, int error, const char *format,
                         ...);
void __wrap_argp_state_help(const struct argp_state *state, FILE *stream, unsigned flags);
void __wrap_argp_usage(const struct argp_state *state);

/* Whatever comes of it, the command hears that it failed. */
error_t __wrap_argp_parse(const struct argp *argp, int argc, char **argv, unsigned flags,
                          int *index, void *input) {
  struct argp_child children[2 * PARSERS_MAX];
  uint32_t used = 0;
  active.count = 0;
  const struct argp *copy = copy_tables(argp, children, &used);
  const error_t error = __real_argp_parse(
      copy, argc, argv, flags | ARGP_NO_EXIT | ARGP_NO_ERRS | ARGP_NO_HELP, index, input);
  return error != 0 ? error : ECANCELED;
}

/* The format and what belongs to it must fit each other, so it is written. */
void __wrap_argp_error(const struct argp_state *state, const char *format, ...) {
  char text[4096];
  va_list arguments;
  (void)state;
  va_start(arguments, format);
  (void)vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  longjmp(active.back, 1);
}

void __wrap_argp_failure(const struct argp_state *state, int status, int error, const char *format,
                         ...) {
  (void)state, (void)status, (void)error, (void)format;
  longjmp(active.back, 1);
}

void __wrap_argp_state_help(const struct argp_state *state, FILE *stream, unsigned flags) {
  (void)state, (void)stream, (void)flags;
  longjmp(active.back, 1);
}

void __wrap_argp_usage(const struct argp_state *state) {
  (void)state;
  longjmp(active.back, 1);
}

/* ---------------------------------------------------------------------------- lines */

typedef struct command_line {
  char text[LARGEST + 1];
  char *lines[LINES_MAX + 1];
  int count;
} command_line;

/* A NUL ends a line as it would end an argument. */
static void split(command_line *line, const uint8_t *data, size_t size) {
  memcpy(line->text, data, size);
  line->text[size] = '\0';
  char *at = line->text;
  while (line->count < LINES_MAX && at < line->text + size) {
    line->lines[line->count++] = at;
    at += strcspn(at, "\n");
    *at++ = '\0';
  }
  line->lines[line->count] = NULL;
}

static void parse_command(const command *row, command_line *line) {
  char name[40];
  (void)snprintf(name, sizeof name, "berth %s", row->name);
  line->lines[0] = name;
  fuzzed_require(row->run(line->count, line->lines) != COMMAND_DONE,
                 "a command that could not parse its arguments does not succeed");
}

/* Whatever parsing came to, the changes that were understood are made. No file is read. */
static void make_changes(command_line *line) {
  command_changes changes = {.scenario_path = NULL};
  berth_scenario *scenario = NULL;
  berth_context *ctx = fuzzed_context();
  const berth_inventory *inventory = fuzzed_fixture(ctx);
  (void)argp_parse(&command_changes_argp, line->count, line->lines, 0, NULL, &changes);
  changes.scenario_path = NULL;
  const int exit_status = command_changes_build(ctx, &changes, inventory, "fixture.xml", &scenario);
  fuzzed_require(exit_status == COMMAND_DONE || exit_status == COMMAND_USAGE,
                 "changes are made or refused");
  fuzzed_require((scenario != NULL) == (exit_status == COMMAND_DONE && changes.count > 0),
                 "changes are a scenario");
  command_changes_free(&changes);
  berth_scenario_free(scenario);
  berth_inventory_release(inventory);
  berth_context_free(ctx);
}

static bool parse_line(command_line *line) {
  if (strcmp(line->lines[0], "changes") == 0) {
    make_changes(line);
    return true;
  }
  for (const command *row = command_table(); row->name != NULL; row++) {
    if (strcmp(row->name, line->lines[0]) == 0) {
      parse_command(row, line);
      return true;
    }
  }
  return false;
}

/* Words of tables: what is understood has a word, which is the one given. */
static void parse_words(const char *text) {
  berth_goal goal;
  berth_level level;
  berth_dialect dialect;
  berth_lint_code lint;
  berth_draw draw;
  fuzzed_require(!berth_goal_parse(text, &goal) || strcmp(text, berth_goal_word(goal)) == 0,
                 "a goal has its word");
  fuzzed_require(!berth_level_parse(text, &level) || strcmp(text, berth_level_name(level)) == 0,
                 "a level has its name");
  fuzzed_require(!berth_dialect_parse(text, &dialect) ||
                     strcmp(text, berth_dialect_word(dialect)) == 0,
                 "a dialect has its word");
  fuzzed_require(!berth_lint_parse(text, &lint) || strcmp(text, berth_lint_word(lint)) == 0,
                 "a finding has its code");
  fuzzed_require(!berth_draw_parse(text, &draw) || strcmp(text, berth_draw_word(draw)) == 0,
                 "a way to acknowledge has its word");
}

/* What is accepted lies within the bounds, and is refused for no other reason than those. */
static void parse_options(berth_context *ctx, const char *text) {
  berth_options options;
  berth_options_init(&options);
  for (int o = 0; o < BERTH_OPTION_COUNT; o++) {
    const berth_option_info *about = berth_option_describe((berth_option)o);
    const berth_status status = berth_options_parse(ctx, &options, (berth_option)o, text);
    fuzzed_require(status == BERTH_OK || status == BERTH_E_ARGUMENT,
                   "an option is read or refused");
    fuzzed_require(options.value[o] >= about->minimum && options.value[o] <= about->maximum,
                   "an option is within its bounds");
    if (status == BERTH_E_ARGUMENT)
      fuzzed_require(options.value[o] == about->initial && berth_context_detail(ctx)[0] != '\0',
                     "a refused option changes nothing and says why");
  }
}

static void parse_values(const command_line *line) {
  berth_context *ctx = fuzzed_context();
  for (int i = 0; i < line->count; i++) {
    const char *key = NULL, *text = line->lines[i];
    const size_t length = key_list_repeat(text, &key);
    fuzzed_require(length == 0 || (key >= text && key + length <= text + strlen(text)),
                   "a key that is repeated stands in the list");
    parse_options(ctx, text);
    parse_words(text);
  }
  berth_context_free(ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > LARGEST)
    return 0;
  command_line line = {.count = 0};
  FILE *nothing = fopen("/dev/null", "w");
  fuzzed_require(nothing != NULL, "there is something to write nothing to");
  (void)command_say_to(nothing);
  split(&line, data, size);
  if (line.count == 0 || !parse_line(&line))
    parse_values(&line);
  (void)command_say_to(NULL);
  fuzzed_require(fclose(nothing) == 0, "nothing is written");
  return 0;
}
