/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities and domains of libvirt. */
#include "fuzzed_reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const dialect_reader *const readers[] = {&libvirt_dialect};
  fuzzed_reading(readers, 1, false, data, size);
  return 0;
}
