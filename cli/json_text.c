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

void json_put_string_or_null(FILE *out, const char *text) {
  if (text == NULL)
    fputs("null", out);
  else
    json_put_string(out, text);
}

const char *json_boolean(bool value) {
  return value ? "true" : "false";
}
