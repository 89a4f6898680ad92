/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file answer_command.h
 * What commands share that put one question about one inventory, changed or not, and write the
 * answer in the forms of answer.h: audit, capacity, power.
 */
#ifndef BERTH_CLI_ANSWER_COMMAND_H
#define BERTH_CLI_ANSWER_COMMAND_H

#include "answer.h"
#include "command.h"
#include "command_changes.h"
#include "command_source.h"
#include <berth/option.h>

/** Keys of the rows that each command has in a table of its own, where the words differ; "output"
 *  has 'o'. */
enum { ANSWER_KEY_TIME_LIMIT = 0xa00, ANSWER_KEY_THREADS, ANSWER_KEY_FORMAT, ANSWER_KEY_REPORT };

/** The first member of what a command's parser has as input. */
typedef struct answer_command {
  berth_context *ctx;
  command_source source;
  command_changes changes;
  berth_options options;
  const char *inventory, *output, *report; /* report: NULL = none */
  answer_form form;
} answer_command;

/** Its children: the changes, then the source. */
extern const struct argp_child answer_command_children[];

/** What a command's parser does with a key of this table, an argument, or the beginning and end.
 *  @param common NULL when only help is asked for. @return ARGP_ERR_UNKNOWN for other keys. */
error_t answer_command_parse(answer_command *common, int key, char *argument,
                             struct argp_state *state);

/** A value of the solving option @p option. */
void answer_command_option(answer_command *common, berth_option option, const char *text,
                           struct argp_state *state);

/** Parses, runs, frees. @param common with the values that hold if nothing is said; its context
 *  and defaults of options are set here before @p begin, which may be NULL.
 *  @param run writes the answer. @return the exit status. */
int answer_command_main(int argc, char **argv, const struct argp *argp, answer_command *common,
                        void (*begin)(answer_command *common), int (*run)(answer_command *common));

#endif
