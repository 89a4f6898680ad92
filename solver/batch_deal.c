/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work stealing (Blumofe and Leiserson, "Scheduling multithreaded computations by work stealing",
 * 1999), for items that are all known at the start: the owner takes from the front of its share,
 * a thief from the back. Towards the end shares become smaller, so that little is left to steal.
 */
#include "batch_deal.h"
#include <assert.h>

enum { SHARE_MOST = 8 };

static uint64_t size_of(const batch_share *share) {
  assert(share->next <= share->end);
  return share->end - share->next;
}

static bool refill(batch_deal *d, batch_share *own, uint64_t barrier) {
  uint64_t end = barrier < d->count ? barrier : d->count;
  assert(size_of(own) == 0 && d->dealt <= d->count);
  if (end <= d->dealt)
    return false;
  uint64_t share = (end - d->dealt) / (2 * (uint64_t)d->hands) + 1;
  *own = (batch_share){d->dealt, d->dealt + (share < SHARE_MOST ? share : SHARE_MOST)};
  d->dealt = own->end;
  assert(own->next < own->end && own->end <= end);
  return true;
}

static bool steal(batch_deal *d, batch_share *own) {
  batch_share *richest = &d->shares[0];
  for (uint32_t h = 1; h < d->hands; h++)
    if (size_of(&d->shares[h]) > size_of(richest))
      richest = &d->shares[h];
  uint64_t loot = (size_of(richest) + 1) / 2;
  if (loot == 0)
    return false;
  assert(richest != own);
  *own = (batch_share){richest->end - loot, richest->end};
  richest->end -= loot;
  d->stolen += loot;
  return true;
}

bool batch_deal_next(batch_deal *d, uint32_t hand, uint64_t barrier, uint64_t *item) {
  assert(hand < d->hands);
  batch_share *own = &d->shares[hand];
  if (size_of(own) == 0 && !refill(d, own, barrier) && !steal(d, own))
    return false;
  *item = own->next++;
  assert(*item < d->dealt);
  return true;
}

bool batch_deal_is_over(const batch_deal *d) {
  bool over = d->dealt == d->count;
  for (uint32_t h = 0; h < d->hands && over; h++)
    over = size_of(&d->shares[h]) == 0;
  return over;
}
