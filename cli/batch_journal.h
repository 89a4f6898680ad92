/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file batch_journal.h
 * What a batch has done so far, kept beside its results so that it survives whatever ends it:
 * FILE.part has the lines as they came, FILE.journal who asked what and a record of each line. Both
 * are appended to only; FILE appears when all is done, and they go. docs/manual/batch.md tells the
 * format.
 */
#ifndef BERTH_CLI_BATCH_JOURNAL_H
#define BERTH_CLI_BATCH_JOURNAL_H

#include "batch_inputs.h"
#include "batch_question.h"
#include "batch_table.h"

typedef struct batch_journal batch_journal;

/** What a batch is about. */
typedef struct batch_head {
  const char *question; /* of batch_question_text() */
  const batch_inputs *inputs;
} batch_head;

/** Opens the journal of the results @p path, and takes it for this process alone. What an earlier
 *  run left is entered into @p table, if it was about the same: version, question, inventories, and
 *  those that are done unchanged since. What is torn is cut off. @param restart throw it away.
 *  @param[out] out batch_journal_close(). @return an exit status, after saying what is wrong. */
int batch_journal_open(const char *path, const batch_head *head, bool restart, batch_table *table,
                       batch_journal **out);

/** Keeps an answer, and enters it into the table. @return an exit status, likewise; after a failure
 *  the journal is as it was before. */
int batch_journal_add(batch_journal *journal, batch_table *table, size_t item,
                      const batch_answer *answer);

/** Writes FILE: all lines, by item or as they came. @return an exit status, likewise. */
int batch_journal_commit(batch_journal *journal, const batch_table *table, bool by_item);

/** Removes journal and lines; for when all is done and told. */
void batch_journal_remove(batch_journal *journal);

/** Closes it; what is there stays. NULL is harmless. */
void batch_journal_close(batch_journal *journal);

#endif
