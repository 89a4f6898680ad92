/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzzed_bytes.h
 * Numbers out of bytes, for targets that make structures of them; none left are zeros.
 */
#ifndef BERTH_FUZZED_BYTES_H
#define BERTH_FUZZED_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct fuzzed_bytes {
  const uint8_t *at;
  size_t left;
} fuzzed_bytes;

static inline uint8_t fuzzed_byte(fuzzed_bytes *bytes) {
  if (bytes->left == 0)
    return 0;
  bytes->left--;
  return *bytes->at++;
}

static inline uint32_t fuzzed_word(fuzzed_bytes *bytes) {
  const uint32_t low = fuzzed_byte(bytes);
  return low | (uint32_t)fuzzed_byte(bytes) << 8;
}

/** In [0, count - 1], out of one byte. */
static inline uint32_t fuzzed_below(fuzzed_bytes *bytes, uint32_t count) {
  return fuzzed_byte(bytes) % count;
}

/** splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t fuzzed_random(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

/** A number that depends on all bytes (FNV-1a). */
static inline uint64_t fuzzed_digest(const uint8_t *data, size_t size) {
  uint64_t digest = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < size; i++)
    digest = (digest ^ data[i]) * UINT64_C(0x100000001b3);
  return digest;
}

#endif
