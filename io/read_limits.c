/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of a reading: one place for their size and defaults. */
#include "read_limits.h"
#include "versioned.h"
#include <assert.h>

berth_status read_limits(berth_context *ctx, const berth_read_limits *given,
                         berth_read_limits *own) {
  static const berth_read_limits defaults = BERTH_READ_LIMITS_INIT;
  assert(own != NULL && own != given);
  *own = defaults;
  return versioned_read(ctx, "limits of a reading", given, own,
                        VERSIONED_SIZE(berth_read_limits, host_notify_timeout));
}
