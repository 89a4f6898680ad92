/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file batch_question.h
 * What a batch asks about each inventory, and the answer as one line of JSON (berth-batch/1). A
 * line depends on the question and the inventory only, as far as no time limit ends a search.
 */
#ifndef BERTH_CLI_BATCH_QUESTION_H
#define BERTH_CLI_BATCH_QUESTION_H

#include "batch_inputs.h"
#include "command_changes.h"
#include "command_source.h"
#include <berth/audit.h>
#include <berth/solve.h>

typedef enum batch_ask { BATCH_ASK_PLAN = 0, BATCH_ASK_AUDIT, BATCH_ASK_COUNT } batch_ask;

/** "plan", "audit". */
const char *batch_ask_word(batch_ask ask);

typedef struct batch_question {
  batch_ask ask;
  command_source source;
  command_changes changes;
  berth_options options;
  berth_request plan;        /* goal only */
  berth_audit_request audit; /* failures and domain only */
  bool brief;                /* lines have the summary alone */
  const char *pages;         /* folder of a page for each; NULL = none. No part of the question */
} batch_question;

enum { BATCH_NOTE_SIZE = 200 };

/** One answer. */
typedef struct batch_answer {
  char *line; /* with its line feed */
  size_t length;
  int exit_status; /* of the line */
  char note[BATCH_NOTE_SIZE];
  batch_identity identity; /* of the inventory, before it was read */
  uint32_t milliseconds;
  int page_exit; /* of the page; COMMAND_DONE if none was asked for */
  char page_complaint[BATCH_NOTE_SIZE];
} batch_answer;

/** All that lines depend on but the inventories, in one line; what is usual is left out. Files that
 *  the question names count with what is in them. @param[out] text owned by the caller; free().
 *  @return an exit status, after saying what is wrong. */
int batch_question_text(const batch_question *question, char **text);

/** Answers for the inventory at @p path, which is item @p item. Any thread. NULL: no memory. */
batch_answer *batch_question_answer(const batch_question *question, berth_context *ctx,
                                    const char *path, size_t item);

/** NULL is harmless. */
void batch_answer_free(batch_answer *answer);

/** Where the page of an item is: "FOLDER/00012-NAME.html"; free(). NULL: no memory. */
char *batch_page_path(const char *folder, const char *path, size_t item);

#endif
