/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doubled when it is too small. A NUL cannot stand in XML, so the end of the text is the end of the
 * string.
 */
#include "gathered_text.h"

#include "checked.h"
#include <assert.h>
#include <string.h>

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

char *trim_text(char *start, size_t *count) {
  assert(start != NULL && count != NULL);
  for (; *count > 0 && is_blank(*start); (*count)--)
    start++;
  while (*count > 0 && is_blank(start[*count - 1]))
    (*count)--;
  start[*count] = '\0';
  return start;
}

berth_status gathered_text_open(gathered_text *gathered, berth_context *ctx) {
  assert(ctx != NULL);
  *gathered = (gathered_text){.ctx = ctx};
  return gathered_text_add(gathered, "", 0);
}

static berth_status grow(gathered_text *gathered, size_t needed) {
  size_t room = 0;
  if (!checked_multiply_size(needed, 2, &room))
    return context_fail(gathered->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  char *grown = context_grow(gathered->ctx, gathered->text, room, 1);
  if (grown == NULL)
    return BERTH_E_NOMEM;
  gathered->text = grown;
  gathered->room = room;
  return BERTH_OK;
}

berth_status gathered_text_add(gathered_text *gathered, const char *text, size_t length) {
  size_t needed = 0;
  assert(text != NULL && gathered->used <= gathered->room);
  if (!checked_add_size(gathered->used, length, &needed) || !checked_add_size(needed, 1, &needed))
    return context_fail(gathered->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  const berth_status status = needed > gathered->room ? grow(gathered, needed) : BERTH_OK;
  if (status != BERTH_OK)
    return status;
  memcpy(gathered->text + gathered->used, text, length);
  gathered->used += length;
  gathered->text[gathered->used] = '\0';
  return BERTH_OK;
}

char *gathered_text_trimmed(gathered_text *gathered, size_t *length) {
  assert(gathered->text != NULL && gathered->used < gathered->room);
  *length = gathered->used;
  return trim_text(gathered->text, length);
}

bool gathered_text_add_word(gathered_text *gathered, const char *word) {
  assert(word != NULL);
  const berth_status status = gathered->used > 0 ? gathered_text_add(gathered, " ", 1) : BERTH_OK;
  return status == BERTH_OK && gathered_text_add(gathered, word, strlen(word)) == BERTH_OK;
}

const char *gathered_text_words(const gathered_text *gathered) {
  return gathered->used == 0 ? "" : gathered->text;
}

void gathered_text_clear(gathered_text *gathered) {
  gathered->used = 0;
}

void gathered_text_close(gathered_text *gathered) {
  context_release(gathered->ctx, gathered->text);
  gathered->text = NULL;
}
