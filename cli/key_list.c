/* SPDX-License-Identifier: Apache-2.0 */
/* Such arguments are a handful of keys: each is compared with those behind it. */
#include "key_list.h"
#include <stdbool.h>
#include <string.h>

/* The part after the next comma; NULL = there is none. */
static const char *next_part(const char *part) {
  const char *comma = strchr(part, ',');
  return comma != NULL ? comma + 1 : NULL;
}

static bool has_key(const char *part, const char *key, size_t length) {
  return strncmp(part, key, length) == 0 && part[length] == '=';
}

size_t key_list_repeat(const char *text, const char **key) {
  for (const char *part = text; part != NULL; part = next_part(part)) {
    size_t length = strcspn(part, "=,");
    for (const char *other = next_part(part); other != NULL && part[length] == '=';
         other = next_part(other)) {
      if (has_key(other, part, length)) {
        *key = part;
        return length;
      }
    }
  }
  return 0;
}
