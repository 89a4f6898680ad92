/* SPDX-License-Identifier: Apache-2.0 */
/* Stricter than strtoll: no blanks and no "+" in front. */
#include "option_value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool option_number(const char *text, int64_t least, int64_t most, int64_t *number) {
  char *end = NULL;
  if (!isdigit((unsigned char)text[text[0] == '-']))
    return false;
  errno = 0;
  const long long value = strtoll(text, &end, 10);
  if (*end != '\0' || errno != 0 || value < least || value > most)
    return false;
  *number = value;
  return true;
}

int64_t option_take_number(struct argp_state *state, const char *name, const char *text,
                           int64_t least, int64_t most) {
  int64_t number = least;
  if (!option_number(text, least, most, &number))
    argp_error(state, "--%s is \"%s\"; expected a whole number from %" PRId64 " to %" PRId64, name,
               text, least, most);
  return number;
}

berth_domain option_take_domain(struct argp_state *state, const char *text) {
  for (int d = 0; d < BERTH_DOMAIN_COUNT; d++) {
    if (strcmp(berth_domain_word((berth_domain)d), text) == 0)
      return (berth_domain)d;
  }
  argp_error(state, "--domain is \"%s\"; expected host, chassis, rack or site", text);
  return BERTH_DOMAIN_HOST;
}
