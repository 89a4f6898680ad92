/* SPDX-License-Identifier: Apache-2.0 */
/* vSphere: dumps, pages, updates and single properties; the fourth document and further ones are
 * about host-1. */
#include "fuzzed_reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const dialect_reader *const readers[] = {&vim25_dialect};
  fuzzed_reading(readers, 1, false, data, size);
  return 0;
}
