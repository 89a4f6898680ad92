/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzzed_reading.h
 * What a fuzz target does with its bytes.
 */
#ifndef BERTH_FUZZED_READING_H
#define BERTH_FUZZED_READING_H

#include "dialect.h"
#include "fuzzed_target.h"

/**
 * Reads documents, separated by form feeds, with the first of @p readers that accepts them, under
 * small limits, and freezes what comes of it.
 * @param readers details last, as in a reading. @param count at most 4.
 * @param ground whether a cluster with a host (id and name "ground") is there already, for details.
 */
void fuzzed_reading(const dialect_reader *const *readers, uint32_t count, bool ground,
                    const uint8_t *data, size_t size);

#endif
