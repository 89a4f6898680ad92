/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Levenshtein's distance by one row of the usual table (Wagner and Fischer 1974).
 */
#include "near_name.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

enum { LONGEST = 48 };

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned smallest(unsigned a, unsigned b, unsigned c) {
  const unsigned least = a < b ? a : b;
  return least < c ? least : c;
}

unsigned near_name_distance(const char *a, const char *b) {
  assert(a != NULL && b != NULL);
  const size_t length_a = strlen(a), length_b = strlen(b);
  unsigned row[LONGEST];
  if (length_a >= LONGEST || length_b >= LONGEST)
    return UINT_MAX;
  for (size_t j = 0; j <= length_b; j++)
    row[j] = (unsigned)j;
  for (size_t i = 1; i <= length_a; i++) {
    unsigned diagonal = row[0];
    row[0] = (unsigned)i;
    for (size_t j = 1; j <= length_b; j++) {
      const unsigned above = row[j];
      const unsigned replaced = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
      row[j] = smallest(above + 1, row[j - 1] + 1, replaced);
      diagonal = above;
    }
  }
  assert(row[length_b] <= length_a + length_b);
  return row[length_b];
}

bool near_name_is_likely(const char *name, unsigned distance) {
  assert(name != NULL);
  return distance <= 2 && (size_t)distance * 2 <= strlen(name);
}
