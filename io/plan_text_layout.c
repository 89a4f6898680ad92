/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables, wrapped sentences and quantities. A character counts as one column; names in scripts of
 * double width will stand out of line, which costs beauty only.
 */
#include "plan_text_layout.h"
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

enum { GAP = 2, INDENT = 2, NARROWEST = 4 };

const char *text_ellipsis(const text_page *page) {
  return page->utf8 ? "\u2026" : "...";
}

const char *text_arrow(const text_page *page) {
  return page->utf8 ? "\u2192" : "->";
}

const char *text_dash(const text_page *page) {
  return page->utf8 ? "\u2013" : "-";
}

const char *text_tick(const text_page *page) {
  return page->utf8 ? "\u2713 " : "";
}

/* ---------------------------------------------------------------------------- characters */

void text_add(char *text, size_t size, const char *format, ...) {
  size_t used = strlen(text);
  va_list arguments;
  assert(used < size);
  va_start(arguments, format);
  vsnprintf(text + used, size - used, format, arguments);
  va_end(arguments);
}

/* U+200E, U+200F, U+202A to U+202E and U+2066 to U+2069 turn the direction of what stands beside.
 */
static bool turns_direction(const unsigned char *byte) {
  if (byte[0] != 0xe2)
    return false;
  if (byte[1] == 0x80)
    return byte[2] == 0x8e || byte[2] == 0x8f || (byte[2] >= 0xaa && byte[2] <= 0xae);
  return byte[1] == 0x81 && byte[2] >= 0xa6 && byte[2] <= 0xa9;
}

/* Bytes of the character at @p text, which does not end there; 0 = not to be printed: a control
 * character, or not UTF-8. */
static size_t printable(const char *text) {
  const unsigned char *byte = (const unsigned char *)text;
  assert(byte[0] != '\0');
  if (byte[0] < 0x80)
    return byte[0] >= 0x20 && byte[0] != 0x7f ? 1 : 0;
  size_t length = byte[0] >= 0xf0 ? 4 : byte[0] >= 0xe0 ? 3 : byte[0] >= 0xc2 ? 2 : 0;
  for (size_t i = 1; i < length; i++)
    if ((byte[i] & 0xc0) != 0x80)
      return 0;
  bool control = byte[0] == 0xc2 && byte[1] < 0xa0; /* U+0080 to U+009F steer terminals too */
  return byte[0] > 0xf4 || control || turns_direction(byte) ? 0 : length;
}

const char *text_next(const char *text) {
  size_t length = printable(text);
  return text + (length > 0 ? length : 1);
}

uint32_t text_width(const char *text) {
  uint32_t width = 0;
  assert(text != NULL);
  for (; *text != '\0'; text = text_next(text))
    width++;
  return width;
}

/* Prints @p limit characters at most; unprintable ones as '?'. */
static void put_characters(FILE *stream, const char *text, uint32_t limit) {
  assert(stream != NULL && text != NULL);
  for (; *text != '\0' && limit > 0; limit--) {
    size_t length = printable(text);
    if (length > 0)
      fwrite(text, 1, length, stream);
    else
      fputc('?', stream);
    text = text_next(text);
  }
}

static void begin_ink(const text_page *page, text_ink ink) {
  static const char *const codes[] = {"", "\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[33m"};
  assert((size_t)ink < sizeof codes / sizeof codes[0]);
  if (page->colour)
    fputs(codes[ink], page->stream);
}

static void end_ink(const text_page *page, text_ink ink) {
  if (page->colour && ink != INK_PLAIN)
    fputs("\033[0m", page->stream);
}

void text_put(const text_page *page, text_ink ink, const char *text) {
  assert(page != NULL && text != NULL);
  begin_ink(page, ink);
  put_characters(page->stream, text, UINT32_MAX);
  end_ink(page, ink);
}

static void put_spaces(const text_page *page, uint32_t count) {
  for (; count > 0; count--)
    fputc(' ', page->stream);
}

/* ---------------------------------------------------------------------------- sentences */

/* Bytes of the next word. A number keeps its unit: "14 s" is not taken apart. */
static size_t word_bytes(const char *text) {
  static const char *const units[] = {"h", "min", "s", "MiB", "GiB", "MHz"};
  size_t bytes = strcspn(text, " ");
  if (bytes == 0 || text[bytes - 1] < '0' || text[bytes - 1] > '9' || text[bytes] == '\0')
    return bytes;
  const char *next = text + bytes + 1;
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
    size_t length = strlen(units[i]);
    if (strncmp(next, units[i], length) == 0 && strchr(" .,;)", next[length]) != NULL)
      return bytes + 1 + strcspn(next, " ");
  }
  return bytes;
}

void text_wrap(const text_page *page, text_ink ink, uint32_t begun, uint32_t indent,
               const char *text) {
  uint32_t column = begun;
  bool fresh = true; /* nothing on this line that a space must part from */
  assert(page->width > 0 && text != NULL);
  begin_ink(page, ink);
  while (*text != '\0') {
    size_t bytes = word_bytes(text);
    uint32_t width = 0;
    for (const char *at = text; at < text + bytes; at = text_next(at))
      width++;
    if (!fresh && column + 1 + width > page->width) {
      fputc('\n', page->stream);
      put_spaces(page, indent);
      column = indent;
      fresh = true;
    }
    put_spaces(page, fresh ? 0 : 1);
    put_characters(page->stream, text, width);
    column += width + (fresh ? 0 : 1);
    fresh = false;
    text += bytes;
    text += strspn(text, " ");
  }
  end_ink(page, ink);
  fputc('\n', page->stream);
}

/* ---------------------------------------------------------------------------- tables */

typedef struct column_widths {
  uint32_t width[TEXT_COLUMNS_MAX];
} column_widths;

static uint32_t rows_shown(const text_table *table) {
  return table->count < TEXT_ROWS_MAX ? table->count : TEXT_ROWS_MAX;
}

static void fill_row(const text_table *table, uint32_t index, text_row *row) {
  assert(index < table->count);
  memset(row, 0, sizeof *row);
  table->fill(table, index, row);
}

static void widen(column_widths *widths, uint32_t column, const char *text) {
  uint32_t width = text_width(text);
  if (width > widths->width[column])
    widths->width[column] = width;
}

static uint32_t total_width(const text_table *table, const column_widths *widths) {
  uint32_t total = INDENT;
  for (uint32_t i = 0; i < table->columns; i++)
    total += widths->width[i] + (i > 0 ? GAP : 0);
  return total;
}

/* Takes from the widest column that may be cut until the table fits. */
static void shrink_to_fit(const text_table *table, column_widths *widths) {
  for (uint32_t total = total_width(table, widths); total > table->page->width; total--) {
    uint32_t widest = TEXT_COLUMNS_MAX;
    for (uint32_t i = 0; i < table->columns; i++)
      if (table->shrink[i] && widths->width[i] > NARROWEST &&
          (widest == TEXT_COLUMNS_MAX || widths->width[i] > widths->width[widest]))
        widest = i;
    if (widest == TEXT_COLUMNS_MAX)
      return;
    widths->width[widest]--;
  }
}

static void measure(const text_table *table, column_widths *widths) {
  text_row row;
  memset(widths, 0, sizeof *widths);
  for (uint32_t i = 0; i < table->columns; i++)
    widen(widths, i, table->heading[i]);
  for (uint32_t index = 0; index < rows_shown(table); index++) {
    fill_row(table, index, &row);
    for (uint32_t i = 0; i < table->columns; i++)
      widen(widths, i, row.cell[i]);
  }
  shrink_to_fit(table, widths);
}

/* One cell, cut or padded to its column; the last column is not padded. */
static void put_cell(const text_table *table, const column_widths *widths, uint32_t column,
                     text_ink ink, const char *text) {
  const text_page *page = table->page;
  const char *ellipsis = text_ellipsis(page);
  uint32_t room = widths->width[column], width = text_width(text);
  uint32_t padding = width < room ? room - width : 0;
  assert(column < table->columns);
  put_spaces(page, column == 0 ? INDENT : GAP);
  put_spaces(page, table->right[column] ? padding : 0);
  begin_ink(page, ink);
  if (width > room) {
    put_characters(page->stream, text, room - text_width(ellipsis));
    fputs(ellipsis, page->stream);
  } else {
    put_characters(page->stream, text, width);
  }
  end_ink(page, ink);
  put_spaces(page, table->right[column] || column + 1 == table->columns ? 0 : padding);
}

static void put_headings(const text_table *table, const column_widths *widths) {
  uint32_t count = table->columns;
  while (count > 1 && table->heading[count - 1][0] == '\0')
    count--; /* no blanks at the end of a line */
  for (uint32_t i = 0; i < count; i++)
    put_cell(table, widths, i, INK_FAINT, table->heading[i]);
  fputc('\n', table->page->stream);
}

/* `above` is the detail of the row before: what holds for both is said once. */
static void put_row(const text_table *table, const column_widths *widths, const text_row *row,
                    const char *above) {
  uint32_t last = table->columns - 1;
  while (last > 0 && row->cell[last][0] == '\0')
    last--;
  for (uint32_t i = 0; i <= last; i++)
    put_cell(table, widths, i, i + 1 == table->columns ? row->ink : INK_PLAIN, row->cell[i]);
  fputc('\n', table->page->stream);
  if (row->detail[0] != '\0' && strcmp(row->detail, above) != 0) {
    uint32_t indent = INDENT + widths->width[0] + GAP;
    put_spaces(table->page, indent);
    text_wrap(table->page, INK_FAINT, indent, indent, row->detail);
  }
}

void text_print_table(const text_table *table) {
  column_widths widths;
  text_row row;
  char above[sizeof row.detail] = "";
  assert(table->columns > 0 && table->columns <= TEXT_COLUMNS_MAX);
  measure(table, &widths);
  put_headings(table, &widths);
  for (uint32_t index = 0; index < rows_shown(table); index++) {
    fill_row(table, index, &row);
    put_row(table, &widths, &row, above);
    memcpy(above, row.detail, sizeof above);
  }
  if (rows_shown(table) < table->count)
    fprintf(table->page->stream, "  %s and %" PRIu32 " more; --format json has all\n",
            text_ellipsis(table->page), table->count - rows_shown(table));
}

/* ---------------------------------------------------------------------------- quantities */

text_quantity text_memory(int64_t mib) {
  text_quantity quantity;
  if (mib != 0 && mib % 1024 == 0)
    snprintf(quantity.text, sizeof quantity.text, "%" PRId64 " GiB", mib / 1024);
  else
    snprintf(quantity.text, sizeof quantity.text, "%" PRId64 " MiB", mib);
  return quantity;
}

text_quantity text_clock(int64_t seconds) {
  text_quantity quantity;
  int64_t hours = seconds / 3600, minutes = seconds / 60 % 60;
  assert(seconds >= 0);
  if (hours > 0)
    snprintf(quantity.text, sizeof quantity.text, "%" PRId64 ":%02" PRId64 ":%02" PRId64, hours,
             minutes, seconds % 60);
  else
    snprintf(quantity.text, sizeof quantity.text, "%" PRId64 ":%02" PRId64, minutes, seconds % 60);
  return quantity;
}

text_quantity text_duration(int64_t seconds) {
  static const char *const units[] = {"h", "min", "s"};
  const int64_t parts[] = {seconds / 3600, seconds / 60 % 60, seconds % 60};
  text_quantity quantity = {""};
  assert(seconds >= 0);
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    if (parts[i] > 0)
      text_add(quantity.text, sizeof quantity.text, "%s%" PRId64 " %s",
               quantity.text[0] == '\0' ? "" : " ", parts[i], units[i]);
  if (seconds == 0)
    text_add(quantity.text, sizeof quantity.text, "0 s");
  return quantity;
}

text_quantity text_interval(const text_page *page, int64_t earliest, int64_t latest) {
  text_quantity first = text_clock(earliest), last = text_clock(latest), both;
  if (earliest == latest)
    return first;
  snprintf(both.text, sizeof both.text, "%.18s%s%.18s", first.text, text_dash(page), last.text);
  return both;
}
