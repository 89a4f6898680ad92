/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file batch_summary.h
 * What a batch has come to, for people: as text and as a page. Times are told here only, so that
 * results are the same bytes whenever and wherever they are made.
 */
#ifndef BERTH_CLI_BATCH_SUMMARY_H
#define BERTH_CLI_BATCH_SUMMARY_H

#include "batch_inputs.h"
#include "batch_table.h"
#include <berth/batch.h>
#include <berth/page.h>

typedef struct batch_summary {
  const char *question; /* in words */
  const batch_inputs *inputs;
  const batch_table *table;
  size_t before; /* inventories that an earlier run was through with */
  berth_batch_statistics statistics;
  const char *page, *pages; /* where this page and those of the inventories are; NULL = none */
} batch_summary;

/** Each takes a batch_summary. */
void batch_summary_text(FILE *out, const void *what);
void batch_summary_html(berth_page *page, const void *what);

#endif
