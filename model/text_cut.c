/* SPDX-License-Identifier: Apache-2.0 */
#include "text_cut.h"
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character that starts with `lead`; 0 = none does. */
static size_t character_length(unsigned char lead) {
  if (lead < 0x80)
    return 1;
  return lead >= 0xf5 ? 0 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
}

/* The second byte of some leads has a smaller range: no overlong forms, no surrogates, nothing
 * beyond U+10FFFF (Unicode, table 3-7). */
static bool continues(unsigned char lead, unsigned char byte, size_t at) {
  unsigned char low = 0x80, high = 0xbf;
  if (at == 1) {
    low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  }
  return byte >= low && byte <= high;
}

void text_cut_mend(char *text) {
  assert(text != NULL);
  const unsigned char *from = (const unsigned char *)text;
  char *to = text;
  while (*from != '\0') {
    size_t length = character_length(*from), whole = 1;
    while (whole < length && continues(from[0], from[whole], whole))
      whole++;
    for (size_t i = 0; i < whole; i++)
      if (whole == length)
        *to++ = (char)from[i];
    from += whole;
    assert(to <= (const char *)from);
  }
  *to = '\0';
}
