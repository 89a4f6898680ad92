/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file shared_count.h
 * Reference counts of what several threads hold. Who alone holds a thing may write to it: nobody
 * else can come by a reference but from the holder.
 */
#ifndef BERTH_SOLVER_SHARED_COUNT_H
#define BERTH_SOLVER_SHARED_COUNT_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef atomic_uint shared_count;

static inline void shared_keep(shared_count *count) {
  unsigned before = atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
  assert(before > 0);
  (void)before;
}

/** True if that was the last reference: what others wrote is seen, the thing may be freed. */
static inline bool shared_drop(shared_count *count) {
  unsigned before = atomic_fetch_sub_explicit(count, 1, memory_order_acq_rel);
  assert(before > 0);
  return before == 1;
}

/** True if the caller, who holds a reference, holds the only one. */
static inline bool shared_alone(shared_count *count) {
  return atomic_load_explicit(count, memory_order_acquire) == 1;
}

#endif
