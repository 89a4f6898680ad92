/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One Markdown page: commands and their options, settings of the solver, goals and their ladders,
 * and all words that answers use. Nothing is written here that stands in a table elsewhere.
 */
#include "reference_page.h"
#include "exit_status.h"
#include "option_walk.h"
#include <berth/goal.h>
#include <berth/lint.h>
#include <berth/option.h>
#include <berth/scenario.h>
#include <berth/timeline.h>
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* In a cell of a table '|' would end it. */
static void put_cell(FILE *stream, const char *text) {
  for (; *text != '\0'; text++) {
    if (*text == '|')
      fputc('\\', stream);
    fputc(*text, stream);
  }
}

/* ---------------------------------------------------------------------------- commands */

static void put_option(void *user, const struct argp_option *option) {
  FILE *stream = user;
  if (option->name == NULL)
    return;
  fputs("| `", stream);
  if (option_has_letter(option))
    fprintf(stream, "-%c`, `", option->key);
  fprintf(stream, "--%s", option->name);
  if (option->arg != NULL) {
    fputc('=', stream);
    put_cell(stream, option->arg);
  }
  fputs("` | ", stream);
  put_cell(stream, option->doc != NULL ? option->doc : "");
  fputs(" |\n", stream);
}

static void put_command(FILE *stream, const command *row) {
  const struct argp *argp = row->arguments();
  fprintf(stream, "\n### berth %s\n\n    berth %s [OPTION...] %s\n\n%c%s.\n", row->name, row->name,
          argp->args_doc != NULL ? argp->args_doc : "", toupper((unsigned char)row->summary[0]),
          row->summary + 1);
  fputs("\n| option | |\n|---|---|\n", stream);
  option_walk(argp, put_option, stream);
}

static void put_exit_statuses(FILE *stream) {
  fputs("\n## Exit statuses\n\n| status | |\n|---|---|\n", stream);
  for (const exit_status_row *row = exit_status_table(); row->text != NULL; row++)
    fprintf(stream, "| %d | %s |\n", row->status, row->text);
}

/* ---------------------------------------------------------------------------- settings */

static const char *unit_text(berth_unit unit) {
  switch (unit) {
  case BERTH_UNIT_MILLISECONDS:
    return "milliseconds";
  case BERTH_UNIT_SECONDS:
    return "seconds";
  case BERTH_UNIT_BOOLEAN:
    return "boolean";
  case BERTH_UNIT_WORD:
    return "place of the word";
  default:
    return "number";
  }
}

static void put_settings(FILE *stream) {
  fputs("\n## Settings of the solver\n\n"
        "In a program: `berth_options_set()`, by number, in the unit given here.\n\n"
        "| setting | unit | least | most | default | |\n|---|---|---|---|---|---|\n",
        stream);
  for (int i = 0; i < BERTH_OPTION_COUNT; i++) {
    const berth_option_info *info = berth_option_describe((berth_option)i);
    fprintf(stream, "| `%s` | %s | %" PRId64 " | ", info->name, unit_text(info->unit),
            info->minimum);
    if (info->maximum == INT64_MAX)
      fputs("none", stream);
    else
      fprintf(stream, "%" PRId64, info->maximum);
    fprintf(stream, " | %" PRId64 " | ", info->initial);
    put_cell(stream, info->help);
    fputs(" |\n", stream);
  }
}

static void put_goals(FILE *stream) {
  fputs("\n## Goals\n\nLevels count in this order: a later one only among plans that are best on "
        "all before it.\n\n| goal | ladder |\n|---|---|\n",
        stream);
  for (int goal = 0; goal < BERTH_GOAL_COUNT; goal++) {
    berth_level ladder[BERTH_LEVEL_COUNT];
    uint32_t count = berth_goal_ladder((berth_goal)goal, ladder);
    fprintf(stream, "| `%s` | ", berth_goal_word((berth_goal)goal));
    for (uint32_t i = 0; i < count; i++)
      fprintf(stream, "%s`%s`", i > 0 ? ", " : "", berth_level_name(ladder[i]));
    fputs(" |\n", stream);
  }
}

/* ---------------------------------------------------------------------------- words */

static const char *reason_word(int value) {
  return berth_reason_word((berth_reason)value);
}

static const char *fault_word(int value) {
  return berth_fault_word((berth_fault_kind)value);
}

static const char *event_word(int value) {
  return berth_event_type_word((berth_event_type)value);
}

static const char *moment_word(int value) {
  return berth_moment_word((berth_moment_kind)value);
}

static const char *dialect_word(int value) {
  return berth_dialect_word((berth_dialect)value);
}

static void put_words(FILE *stream) {
  static const struct {
    const char *heading;
    const char *(*word)(int value);
    int count;
  } lists[] = {{"Dialects of inventories", dialect_word, BERTH_DIALECT_COUNT},
               {"Why a host cannot take a VM (`ledger`)", reason_word, BERTH_REASON_COUNT},
               {"What can be wrong with a plan (`berth verify`)", fault_word, BERTH_FAULT_COUNT},
               {"Events of scenarios", event_word, BERTH_EVENT_COUNT},
               {"What happens on a timeline", moment_word, BERTH_MOMENT_COUNT}};
  fputs("\n## Words\n", stream);
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
    fprintf(stream, "\n%s:", lists[i].heading);
    for (int value = 0; value < lists[i].count; value++)
      fprintf(stream, "%s `%s`", value > 0 ? "," : "", lists[i].word(value));
    fputs(".\n", stream);
  }
}

static void put_lints(FILE *stream) {
  fputs("\n## Findings of berth check\n\n| code | |\n|---|---|\n", stream);
  for (int code = 0; code < BERTH_LINT_COUNT; code++)
    fprintf(stream, "| `%s` | %s |\n", berth_lint_word((berth_lint_code)code),
            berth_lint_meaning((berth_lint_code)code));
}

static void put_timing(FILE *stream) {
  fputs("\n## Constants of HA\n\nSources: D the vendor's documentation, B books and blogs of HA "
        "engineers, I our inference.\n\n| constant | seconds | eras | source | |\n"
        "|---|---|---|---|---|\n",
        stream);
  for (int name = 0; name < BERTH_TIMING_COUNT; name++) {
    const berth_timing_info *info = berth_timing_describe((berth_timing_name)name);
    fprintf(stream, "| `%s` | %" PRId64 " | %s | %s | %s |\n", info->name, info->seconds,
            info->eras, info->source, info->meaning);
  }
}

static void put_statuses(FILE *stream) {
  fputs("\n## Statuses of the library\n\n| status | |\n|---|---|\n", stream);
#define PUT_STATUS(constant, value, name, sentence)                                                \
  fprintf(stream, "| `" #constant "` %d | %s |\n", constant, sentence);
  BERTH_STATUS_TABLE(PUT_STATUS)
#undef PUT_STATUS
}

void reference_page(FILE *stream) {
  fputs("# Reference\n\nWritten by `berth help --reference` from the tables behind the command and "
        "the library; what the words mean stands in the pages of the manual and in "
        "[the model](../model.md).\n\n## Commands\n\n"
        "All commands know `--help`, `--usage` and `--version`.\n",
        stream);
  for (const command *row = command_table(); row->name != NULL; row++)
    put_command(stream, row);
  put_exit_statuses(stream);
  put_settings(stream);
  put_goals(stream);
  put_words(stream);
  put_lints(stream);
  put_timing(stream);
  put_statuses(stream);
}
