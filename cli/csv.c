/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV. Names come from foreign files, and people open such tables with a double click: a cell that
 * begins like a formula would be evaluated.
 */
#include "csv.h"
#include <inttypes.h>
#include <string.h>

static void begin_cell(csv_table *table) {
  if (table->column++ > 0)
    fputc(',', table->out);
}

void csv_put_header(csv_table *table, const char *names) {
  fprintf(table->out, "%s\n", names);
  table->column = 0;
}

void csv_put_text(csv_table *table, const char *text) {
  const char *formula = text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL ? "'" : "";
  begin_cell(table);
  if (strpbrk(text, "\",\r\n") == NULL && text[0] != ' ') {
    fprintf(table->out, "%s%s", formula, text);
    return;
  }
  fprintf(table->out, "\"%s", formula);
  for (; *text != '\0'; text++)
    fputs(*text == '"' ? "\"\"" : (char[]){*text, '\0'}, table->out);
  fputc('"', table->out);
}

void csv_put_number(csv_table *table, int64_t number) {
  begin_cell(table);
  fprintf(table->out, "%" PRId64, number);
}

void csv_put_empty(csv_table *table) {
  begin_cell(table);
}

void csv_end_row(csv_table *table) {
  fputc('\n', table->out);
  table->column = 0;
}
