/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file csv.h
 * Tables as CSV: quoted as RFC 4180 says, UTF-8, one header row, lines end in a line feed. A text
 * that a spreadsheet would take for a formula gets an apostrophe in front.
 */
#ifndef BERTH_CLI_CSV_H
#define BERTH_CLI_CSV_H

#include <stdint.h>
#include <stdio.h>

/** A table while it is written. Initialise with {.out = stream}. */
typedef struct csv_table {
  FILE *out;
  uint32_t column; /* of the next cell */
} csv_table;

/** The header row: names of columns, parted by commas. */
void csv_put_header(csv_table *table, const char *names);

void csv_put_text(csv_table *table, const char *text);
void csv_put_number(csv_table *table, int64_t number);
void csv_put_empty(csv_table *table);
void csv_end_row(csv_table *table);

#endif
