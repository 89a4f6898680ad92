/* SPDX-License-Identifier: Apache-2.0 */
/* FNV-1a (Fowler, Noll, Vo), 64 bits. */
#include "batch_hash.h"
#include <stdio.h>

uint64_t batch_hash(uint64_t hash, const void *bytes, size_t size) {
  const unsigned char *byte = bytes;
  for (size_t i = 0; i < size; i++)
    hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
  return hash;
}

bool batch_hash_file(const char *path, uint64_t *hash) {
  char buffer[16384];
  size_t size;
  FILE *file = fopen(path, "rb");
  if (file == NULL)
    return false;
  while ((size = fread(buffer, 1, sizeof buffer, file)) > 0)
    *hash = batch_hash(*hash, buffer, size);
  bool whole = !ferror(file);
  (void)fclose(file);
  return whole;
}
