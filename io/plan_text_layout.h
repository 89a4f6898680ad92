/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file plan_text_layout.h
 * Text on a page of limited width: tables that shrink, sentences that wrap, quantities in the units
 * people use. Names come from foreign files: what could steer a terminal is printed as '?'.
 */
#ifndef BERTH_IO_PLAN_TEXT_LAYOUT_H
#define BERTH_IO_PLAN_TEXT_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { TEXT_COLUMNS_MAX = 8, TEXT_CELL_MAX = 160, TEXT_ROWS_MAX = 200 };

/** How a piece of text stands out. Plain ink when the page has no colour. */
typedef enum text_ink { INK_PLAIN = 0, INK_BOLD, INK_FAINT, INK_GOOD, INK_BAD, INK_CARE } text_ink;

typedef struct text_page {
  FILE *stream;
  uint32_t width;
  bool colour, utf8;
} text_page;

/** A quantity as text. */
typedef struct text_quantity {
  char text[48];
} text_quantity;

/** One row while it is filled or printed. */
typedef struct text_row {
  char cell[TEXT_COLUMNS_MAX][TEXT_CELL_MAX];
  text_ink ink;                   /* of the last column */
  char detail[TEXT_CELL_MAX * 3]; /* below the row, unless the row above has the same; "" = none */
} text_row;

typedef struct text_table text_table;
/** Fills row @p index; the row comes empty. */
typedef void text_fill_function(const text_table *table, uint32_t index, text_row *row);

/** A table whose rows are computed twice: to measure them and to print them. */
struct text_table {
  const text_page *page;
  const void *user;
  text_fill_function *fill;
  const char *heading[TEXT_COLUMNS_MAX];
  uint32_t columns, count;
  bool right[TEXT_COLUMNS_MAX];  /* aligned right */
  bool shrink[TEXT_COLUMNS_MAX]; /* may be cut when the page is narrow */
};

/** "…" or "...", "→" or "->", "–" or "-", "✓" or "". Static. */
const char *text_ellipsis(const text_page *page);
const char *text_arrow(const text_page *page);
const char *text_dash(const text_page *page);
const char *text_tick(const text_page *page);

/** Appends to a text of @p size bytes; what does not fit is cut. */
void text_add(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Columns that @p text takes, one a character. */
uint32_t text_width(const char *text);

/** The character after the one at @p text, which does not end there. */
const char *text_next(const char *text);

/** Prints @p text in @p ink, cleaned. */
void text_put(const text_page *page, text_ink ink, const char *text);

/** Prints @p text in words over as many lines as it needs: the first begins after @p begun columns
 *  (already printed), the others are indented by @p indent. Ends the line. */
void text_wrap(const text_page *page, text_ink ink, uint32_t begun, uint32_t indent,
               const char *text);

/** Prints at most TEXT_ROWS_MAX rows, then how many more there are. */
void text_print_table(const text_table *table);

/** "64 GiB" where round, else "65000 MiB"; "3000 MHz"; a plain number for other resources. */
text_quantity text_memory(int64_t mib);
/** "0:05", "12:00", "1:02:03". */
text_quantity text_clock(int64_t seconds);
/** "5 s", "12 min", "1 h 2 min 3 s". */
text_quantity text_duration(int64_t seconds);
/** "0:05" or "0:05–1:05". */
text_quantity text_interval(const text_page *page, int64_t earliest, int64_t latest);

#endif
