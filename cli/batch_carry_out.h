/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file batch_carry_out.h
 * A batch from its inventories to results, summary and page.
 */
#ifndef BERTH_CLI_BATCH_CARRY_OUT_H
#define BERTH_CLI_BATCH_CARRY_OUT_H

#include "batch_inputs.h"
#include "batch_question.h"

typedef struct batch_task {
  const batch_question *question;
  const batch_inputs *inputs;
  uint32_t jobs; /* 0 = a thread for each core */
  bool by_item;  /* else lines come in the order in which they are done */
  bool restart;
  const char *output, *page; /* "-" = standard output; page: NULL = none */
} batch_task;

/** @return the exit status of the command: that of the gravest line, unless something else went
 *  wrong, which is said. */
int batch_carry_out(berth_context *ctx, const batch_task *task);

#endif
