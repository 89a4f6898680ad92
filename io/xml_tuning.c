/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread costs some 50 µs to start and end, and parsing 64 KiB some 170: from 1 MiB on it pays,
 * where there is a second processor. A batch of 64 KiB is about 150 KiB with its events; there are
 * many, though they share no near cache then, since waking a processor costs more than that.
 */
#define _GNU_SOURCE /* processors that the thread may run on */
#include "xml_tuning.h"

#include <sched.h>
#include <stdbool.h>

static bool has_one_processor(void) {
  cpu_set_t allowed;
  return sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) == 1;
}

xml_tuning xml_tuning_get(void) {
  return (xml_tuning){.chunk = 1 << 16,
                      .direct = has_one_processor() ? UINT32_MAX : 16,
                      .choice = 64,
                      .batches = 16};
}
