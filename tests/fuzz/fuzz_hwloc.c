/* SPDX-License-Identifier: Apache-2.0 */
/* Topologies of hwloc: after a blank they are details of a host, else hosts. */
#include "fuzzed_reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const dialect_reader *const readers[] = {&hwloc_dialect};
  const bool detail = size > 0 && data[0] == ' ';
  fuzzed_reading(readers, 1, detail, data, size);
  return 0;
}
