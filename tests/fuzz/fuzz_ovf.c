/* SPDX-License-Identifier: Apache-2.0 */
/* Appliances, which go to the cluster that lies as ground. */
#include "fuzzed_reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const dialect_reader *const readers[] = {&ovf_dialect};
  fuzzed_reading(readers, 1, true, data, size);
  return 0;
}
