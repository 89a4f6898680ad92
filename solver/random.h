/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file random.h
 * splitmix64 (G. Steele, D. Lea, C. Flood 2014): one 64-bit state, the same numbers everywhere.
 */
#ifndef BERTH_SOLVER_RANDOM_H
#define BERTH_SOLVER_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state) {
  uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/** Below @p bound (at least 1). */
static inline uint32_t random_below(uint64_t *state, uint32_t bound) {
  return (uint32_t)(((random_next(state) >> 32) * bound) >> 32);
}

#endif
