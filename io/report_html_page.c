/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Foreign text on a page. Decoded character by character: what is no UTF-8, what XML 1.0 has no
 * place for and what would turn the direction of the text around it becomes U+FFFD.
 */
#include "report_html.h"
#include <assert.h>
#include <inttypes.h>
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

void report_put(const report_page *page, const char *text, uint32_t most) {
  assert(page != NULL && text != NULL);
  for (; *text != '\0' && most > 0; most--)
    put_escaped(page->stream, next_code(&text));
  if (*text != '\0')
    put_code(page->stream, 0x2026);
}

/* ---------------------------------------------------------------------------- elements */

void report_put_in(const report_page *page, const char *tag, const char *attributes,
                   const char *text) {
  assert(tag != NULL && attributes != NULL);
  fprintf(page->stream, "<%s%s%s>", tag, attributes[0] == '\0' ? "" : " ", attributes);
  report_put(page, text, PLAN_TEXT_SENTENCE);
  fprintf(page->stream, "</%s>", tag);
}

void report_put_name(const report_page *page, const char *name) {
  fputs("<bdi>", page->stream);
  report_put(page, name, REPORT_NAME_MOST);
  fputs("</bdi>", page->stream);
}

void report_section_begin(const report_page *page, const char *id, const char *heading) {
  assert(id != NULL);
  fprintf(page->stream, "<section id=\"%s\">\n", id);
  report_put_in(page, "h2", "", heading);
  fputc('\n', page->stream);
}

void report_section_end(const report_page *page) {
  assert(page->stream != NULL);
  fputs("</section>\n", page->stream);
}

void report_put_rest(const report_page *page, uint32_t shown, uint32_t count, const char *what) {
  if (count > shown)
    fprintf(page->stream,
            "<p class=\"rest\">Shown: %" PRIu32 " of %" PRIu32 " %s. The plan as JSON has "
            "all.</p>\n",
            shown, count, what);
}
