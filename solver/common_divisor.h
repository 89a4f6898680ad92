/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file common_divisor.h
 * Euclid's algorithm.
 */
#ifndef BERTH_SOLVER_COMMON_DIVISOR_H
#define BERTH_SOLVER_COMMON_DIVISOR_H

#include <stdint.h>

/** Greatest common divisor of @p a and @p b, at least 0; that of 0 and 0 is 0. */
static inline int64_t common_divisor(int64_t a, int64_t b) {
  while (b != 0) {
    int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a < 0 ? -a : a;
}

#endif
