/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file checked.h
 * Integer arithmetic that says when it overflows. Each returns false, leaving *out unspecified, when
 * the exact result does not fit.
 */
#ifndef BERTH_MODEL_CHECKED_H
#define BERTH_MODEL_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The larger of two: no overflow to watch for, but at home beside the others. */
static inline int64_t larger_i64(int64_t a, int64_t b) {
  return a > b ? a : b;
}

static inline bool checked_add_i64(int64_t a, int64_t b, int64_t *out) {
  return !__builtin_add_overflow(a, b, out);
}

static inline bool checked_multiply_i64(int64_t a, int64_t b, int64_t *out) {
  return !__builtin_mul_overflow(a, b, out);
}

static inline bool checked_add_size(size_t a, size_t b, size_t *out) {
  return !__builtin_add_overflow(a, b, out);
}

static inline bool checked_multiply_size(size_t a, size_t b, size_t *out) {
  return !__builtin_mul_overflow(a, b, out);
}

#endif
