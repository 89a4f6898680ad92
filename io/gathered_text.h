/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file gathered_text.h
 * The text of an element, which arrives in pieces. One buffer, used again for every element: its
 * memory is that of the longest text.
 */
#ifndef BERTH_IO_GATHERED_TEXT_H
#define BERTH_IO_GATHERED_TEXT_H

#include "context_internal.h"

typedef struct gathered_text {
  berth_context *ctx;
  char *text; /**< NUL-terminated after gathered_text_open() */
  size_t used, room;
} gathered_text;

/** @retval BERTH_E_NOMEM recorded; gathered_text_close() is right all the same. */
berth_status gathered_text_open(gathered_text *gathered, berth_context *ctx);
/** @p length bytes more. @retval BERTH_E_NOMEM recorded; what was gathered stays. */
berth_status gathered_text_add(gathered_text *gathered, const char *text, size_t length);
/** Without blanks around it, NUL-terminated, writable, until the next piece. */
char *gathered_text_trimmed(gathered_text *gathered, size_t *length);
/** @p word behind a blank, if it is not the first. @return false: out of memory (recorded). */
bool gathered_text_add_word(gathered_text *gathered, const char *word);
/** The words added since the last clearing, "" for none; until the next piece. Without
 *  gathered_text_open() too, if ctx is set. */
const char *gathered_text_words(const gathered_text *gathered);
void gathered_text_clear(gathered_text *gathered);
void gathered_text_close(gathered_text *gathered);

/** The @p count bytes at @p start without blanks around them; a NUL is set behind. */
char *trim_text(char *start, size_t *count);

#endif
