/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a live migration takes. Pre-copy (Clark et al., NSDI 2005): the first pass copies the
 * memory, each further one what was dirtied meanwhile, until what is left goes within a second. In
 * whole milliseconds, rounded up, the length of a pass follows from the one before:
 *
 *     next(t) = ceil(t * dirty / bandwidth),  dirty < bandwidth
 *
 * The passes end iff next(1001) <= 1000: t - t * dirty / bandwidth, what a pass gains before
 * rounding, grows with t, so if the pass of 1001 ms gains a millisecond each longer one does, too;
 * if not, the passes come to rest at some length above 1000 and never end. Where they end, each is
 * shorter than the one before by one part in 1001 at least, so there are at most 1001 * ln(first /
 * 1000) + 1 of them, about 30,000 for the largest quantities. Where they do not, the guest is
 * slowed down.
 */
#include "migration_time.h"
#include "frozen.h"
#include <assert.h>
#include <berth/plan.h>

/* Products of a quantity, a rate and a unit exceed 64 bits only for absurd inputs; but they may. */
__extension__ typedef unsigned __int128 wide;

enum {
  LAST_PASS = 1000 /* milliseconds: what is left then is copied while the guest stands still */
};

static const uint64_t bits_per_mib = 8388608, bits_per_millisecond_and_mbps = 1000;

/* Milliseconds to copy what `milliseconds` of dirtying leaves, or what memory there is. */
static uint64_t divide_up(wide bits, uint64_t rate) {
  assert(rate > 0);
  return (uint64_t)((bits + rate - 1) / rate);
}

/* Seconds, at least 1. */
static int64_t in_seconds(wide milliseconds) {
  int64_t seconds = (int64_t)((milliseconds + 999) / 1000);
  return seconds > 1 ? seconds : 1;
}

/*
 * Copies `memory` MiB at `link` Mbps while `dirty` MiB/s are written.
 * Returns false if the passes never end.
 */
static bool copy_time(uint64_t memory, uint64_t link, uint64_t dirty, int64_t *seconds) {
  uint64_t bits_per_millisecond = bits_per_millisecond_and_mbps * link;
  wide dirtied = (wide)dirty * bits_per_mib; /* bits a second */
  uint64_t bits_per_second = 1000 * bits_per_millisecond;
  uint64_t pass = divide_up((wide)memory * bits_per_mib, bits_per_millisecond);
  bool converges = dirtied < bits_per_second;
  if (converges && pass > LAST_PASS)
    converges = divide_up((LAST_PASS + 1) * dirtied, bits_per_second) <= LAST_PASS;
  if (!converges) {
    *seconds = in_seconds((wide)2 * pass);
    return false;
  }
  wide total = pass;
  while (pass > LAST_PASS) {
    uint64_t next = divide_up(pass * dirtied, bits_per_second);
    assert(next < pass);
    pass = next;
    total += pass;
  }
  *seconds = in_seconds(total);
  return true;
}

bool migration_copy_seconds(const berth_inventory *inventory, uint32_t vm, int64_t link,
                            int64_t *seconds) {
  assert(link > 0 && inventory->vm_memory[vm] > 0 && inventory->vm_dirty[vm] >= 0);
  return copy_time((uint64_t)inventory->vm_memory[vm], (uint64_t)link,
                   (uint64_t)inventory->vm_dirty[vm], seconds);
}

/* Seconds that the guest may hold the migration back. */
static int64_t notification_wait(const berth_inventory *inventory, uint32_t vm, uint32_t from) {
  enum { FIRST_HARDWARE = 20 }; /* the virtual hardware that knows notifications */
  const frozen_notification *guest = &inventory->vm_notification[vm];
  int64_t host = inventory->host_notify_timeout[from];
  if (!guest->enabled || !guest->registered || guest->hardware < FIRST_HARDWARE || host <= 0)
    return 0;
  return guest->timeout == BERTH_UNSET || guest->timeout > host ? host : guest->timeout;
}

bool berth_migration_time(const berth_inventory *inventory, uint32_t vm, uint32_t from, uint32_t to,
                          int64_t *wait, int64_t *seconds) {
  assert(inventory != NULL && wait != NULL && seconds != NULL);
  assert(vm < inventory->vm_count && from < inventory->host_count && to < inventory->host_count);
  int64_t out = inventory->host_link_mbps[from], in = inventory->host_link_mbps[to];
  int64_t link = out < in ? out : in;
  *wait = notification_wait(inventory, vm, from);
  return migration_copy_seconds(inventory, vm, link, seconds);
}
