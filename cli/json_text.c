/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings as RFC 8259 wants them: quotes, backslashes and control characters are escaped.
 */
#include "json_text.h"

void json_put_string(FILE *out, const char *text) {
  fputc('"', out);
  for (; *text != '\0'; text++) {
    unsigned char byte = (unsigned char)*text;
    if (byte == '"' || byte == '\\')
      fprintf(out, "\\%c", byte);
    else if (byte < ' ')
      fprintf(out, "\\u%04x", byte);
    else
      fputc(byte, out);
  }
  fputc('"', out);
}

/* Bytes of the character that @p text begins with, by the table of RFC 3629; 0 = it is none. */
static size_t character_length(const unsigned char *text) {
  static const struct {
    unsigned char from, to;  /* of the first byte */
    unsigned char low, high; /* of the second */
    unsigned char length;
  } rows[] = {
      {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
      {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
      {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
  for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
    if (text[0] < rows[row].from || text[0] > rows[row].to)
      continue;
    if (rows[row].length > 1 && (text[1] < rows[row].low || text[1] > rows[row].high))
      return 0;
    for (size_t i = 2; i < rows[row].length; i++)
      if (text[i] < 0x80 || text[i] > 0xbf)
        return 0;
    return rows[row].length;
  }
  return 0;
}

void json_put_bytes(FILE *out, const char *bytes) {
  const unsigned char *at = (const unsigned char *)bytes;
  fputc('"', out);
  while (*at != '\0') {
    size_t length = character_length(at);
    if (length == 0)
      fputs("\xef\xbf\xbd", out);
    else if (*at == '"' || *at == '\\')
      fprintf(out, "\\%c", *at);
    else if (*at < ' ')
      fprintf(out, "\\u%04x", *at);
    else
      fwrite(at, 1, length, out);
    at += length > 0 ? length : 1;
  }
  fputc('"', out);
}

void json_put_string_or_null(FILE *out, const char *text) {
  if (text == NULL)
    fputs("null", out);
  else
    json_put_string(out, text);
}

const char *json_boolean(bool value) {
  return value ? "true" : "false";
}
