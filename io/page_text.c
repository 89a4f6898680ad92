/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame of a page, and foreign text on it. Decoded character by character: what is no UTF-8,
 * what XML 1.0 has no place for and what would turn the direction of the text around it becomes
 * U+FFFD.
 */
#include "page_text.h"
#include <assert.h>
#include <berth/version.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

/* ---------------------------------------------------------------------------- characters */

enum { REPLACEMENT = 0xfffd };

/* Reads one character and moves on; REPLACEMENT where a byte belongs to none. */
static uint32_t next_code(const char **text) {
  const unsigned char *byte = (const unsigned char *)*text;
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  size_t length = byte[0] < 0x80    ? 1
                  : byte[0] >= 0xf0 ? 4
                  : byte[0] >= 0xe0 ? 3
                  : byte[0] >= 0xc0 ? 2
                                    : 0;
  assert(byte[0] != '\0');
  (*text)++;
  if (length <= 1)
    return length == 1 ? byte[0] : REPLACEMENT;
  uint32_t code = byte[0] & (0xffu >> (length + 1));
  for (size_t i = 1; i < length; i++) {
    if ((byte[i] & 0xc0) != 0x80)
      return REPLACEMENT;
    code = code << 6 | (byte[i] & 0x3f);
  }
  if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
    return REPLACEMENT;
  *text += length - 1;
  return code;
}

/* Control characters of all kinds, line breaks included; marks that steer the direction of text;
 * and what is no character at all. */
static bool is_unfit(uint32_t code) {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0))
    return true;
  return code == 0x61c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || (code & 0xfffe) == 0xfffe;
}

static void put_code(FILE *stream, uint32_t code) {
  if (code < 0x80) {
    fputc((int)code, stream);
    return;
  }
  assert(code <= 0x10ffff);
  int tail = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static const uint32_t lead[] = {0, 0xc0, 0xe0, 0xf0};
  fputc((int)(lead[tail] | code >> (6 * tail)), stream);
  for (int i = tail - 1; i >= 0; i--)
    fputc((int)(0x80 | (code >> (6 * i) & 0x3f)), stream);
}

static void put_escaped(FILE *stream, uint32_t code) {
  switch (code) {
  case '&':
    fputs("&amp;", stream);
    return;
  case '<':
    fputs("&lt;", stream);
    return;
  case '>':
    fputs("&gt;", stream);
    return;
  case '"':
    fputs("&quot;", stream);
    return;
  case '\'':
    fputs("&#39;", stream);
    return;
  default:
    put_code(stream, is_unfit(code) ? REPLACEMENT : code);
  }
}

void page_put(FILE *stream, const char *text, uint32_t most) {
  assert(stream != NULL && text != NULL);
  for (; *text != '\0' && most > 0; most--)
    put_escaped(stream, next_code(&text));
  if (*text != '\0')
    put_code(stream, 0x2026);
}

/* ---------------------------------------------------------------------------- elements */

void page_put_in(FILE *stream, const char *tag, const char *attributes, const char *text) {
  assert(tag != NULL && attributes != NULL);
  fprintf(stream, "<%s%s%s>", tag, attributes[0] == '\0' ? "" : " ", attributes);
  page_put(stream, text, PAGE_SENTENCE_MOST);
  fprintf(stream, "</%s>", tag);
}

void page_put_name(FILE *stream, const char *name) {
  fputs("<bdi>", stream);
  page_put(stream, name, PAGE_NAME_MOST);
  fputs("</bdi>", stream);
}

void page_section_begin(FILE *stream, const char *id, const char *heading) {
  assert(id != NULL);
  fprintf(stream, "<section id=\"%s\">\n", id);
  page_put_in(stream, "h2", "", heading);
  fputc('\n', stream);
}

void page_section_end(FILE *stream) {
  assert(stream != NULL);
  fputs("</section>\n", stream);
}

void page_put_rest(FILE *stream, uint64_t shown, uint64_t count, const char *what) {
  assert(what != NULL);
  if (count > shown)
    fprintf(stream,
            "<p class=\"rest\">Shown: %" PRIu64 " of %" PRIu64 " %s. The JSON has all.</p>\n",
            shown, count, what);
}

/* ---------------------------------------------------------------------------- frame */

void page_begin(FILE *stream, const char *title) {
  fputs("<!DOCTYPE html>\n"
        "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
        "<meta charset=\"utf-8\"/>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
        "<meta name=\"generator\" content=\"berth " BERTH_VERSION "\"/>\n"
        "<meta http-equiv=\"Content-Security-Policy\" "
        "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n",
        stream);
  page_put_in(stream, "title", "", title);
  fputs("\n<style>\n", stream);
  page_put_style(stream);
  fputs("</style>\n</head>\n<body>\n<main>\n", stream);
}

void page_end(FILE *stream) {
  assert(stream != NULL);
  fprintf(stream, "</main>\n<footer>berth %s</footer>\n</body>\n</html>\n", BERTH_VERSION);
}
