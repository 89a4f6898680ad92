/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file batch_hash.h
 * Checksums of a batch: they tell torn from whole and same from other, and keep no secrets.
 */
#ifndef BERTH_CLI_BATCH_HASH_H
#define BERTH_CLI_BATCH_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The checksum of no bytes. */
#define BATCH_HASH_EMPTY UINT64_C(0xcbf29ce484222325)

/** The checksum of what @p hash is of, and @p size bytes more. */
uint64_t batch_hash(uint64_t hash, const void *bytes, size_t size);

/** The same with all bytes of a file. False: it cannot be read. */
bool batch_hash_file(const char *path, uint64_t *hash);

#endif
