/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file command.h
 * The berth command: a table of subcommands, one file each, and what they share: exit statuses, one
 * way to print an error, one way to open a context. A subcommand sees public headers only.
 */
#ifndef BERTH_CLI_COMMAND_H
#define BERTH_CLI_COMMAND_H

#include <argp.h>
#include <berth/io.h>
#include <stdbool.h>
#include <stdio.h>

/** How the command ends; docs/manual/exit-status.md says the same in more words. */
enum command_exit {
  COMMAND_DONE = 0,
  COMMAND_NOT_ALL = 1,   /* answered, but something could not be done */
  COMMAND_UNDECIDED = 2, /* within the limits */
  COMMAND_USAGE = 64,
  COMMAND_BAD_INPUT = 65,
  COMMAND_NO_INPUT = 66,
  COMMAND_INTERNAL = 70,
  COMMAND_NO_OUTPUT = 73,
  COMMAND_OUTPUT_CUT = 74
};

/** One subcommand. `arguments` returns its argp, from which --help and the manual page come. */
typedef struct command {
  const char *name;
  const char *summary;               /* one line without full stop */
  int (*run)(int argc, char **argv); /* argv[0] is "berth NAME"; returns the exit status */
  const struct argp *(*arguments)(void);
} command;

int command_check(int argc, char **argv);
int command_plan(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_audit(int argc, char **argv);
int command_power(int argc, char **argv);
int command_capacity(int argc, char **argv);
int command_simulate(int argc, char **argv);
int command_batch(int argc, char **argv);
int command_convert(int argc, char **argv);
int command_opennebula(int argc, char **argv);
int command_generate(int argc, char **argv);
int command_help(int argc, char **argv);

const struct argp *command_check_arguments(void);
const struct argp *command_plan_arguments(void);
const struct argp *command_verify_arguments(void);
const struct argp *command_audit_arguments(void);
const struct argp *command_power_arguments(void);
const struct argp *command_capacity_arguments(void);
const struct argp *command_simulate_arguments(void);
const struct argp *command_batch_arguments(void);
const struct argp *command_convert_arguments(void);
const struct argp *command_opennebula_arguments(void);
const struct argp *command_generate_arguments(void);
const struct argp *command_help_arguments(void);

/** The table of subcommands, ended by a row without name. */
const command *command_table(void);

/** Exit status of a call that did not end with BERTH_OK. */
int command_exit_of(berth_status status);

/** Prints "berth: " and the text on standard error, as one line. */
void command_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** What this thread says from now on goes to @p stream, without "berth: " in front, whether or not
 *  the command is quiet; NULL = standard error. @return where it went before. */
FILE *command_say_to(FILE *stream);

/** From now on nothing but errors is printed: no warnings, notes and progress (--quiet). */
void command_be_quiet(void);
bool command_is_quiet(void);

/** A context, or NULL after saying that there is no memory. Free with berth_context_free(). */
berth_context *command_context(void);

/** Prints one problem as "berth: FILE:LINE:COLUMN: text", as far as the place is known. */
void command_print_problem(const berth_problem *problem);

/** Prints each problem of @p ctx as "berth: FILE:LINE:COLUMN: text", warnings marked as such; notes
 *  only if @p verbose. Returns how many errors there were. */
size_t command_print_problems(const berth_context *ctx, bool verbose);

/** Prints why a call on @p ctx failed (its problems, or its detail) and returns the exit status. */
int command_fail(const berth_context *ctx, berth_status status, bool verbose);

#endif
