/* SPDX-License-Identifier: Apache-2.0 */
/* Who begins which item: shares from the front, loot from the back, nothing twice. */
#include "batch_deal.h"
#include <criterion/criterion.h>
#include <stdlib.h>

enum { HANDS = 3, ITEMS = 1000 };

static uint64_t next_of(batch_deal *deal, uint32_t hand, uint64_t barrier) {
  uint64_t item = UINT64_MAX;
  cr_assert(batch_deal_next(deal, hand, barrier, &item));
  return item;
}

/* 40 items: 40 / (2 hands x 2) + 1 = 11 would be a share, 8 is the most. */
Test(batch_deal, shares_come_from_the_front) {
  batch_share shares[2] = {{0, 0}, {0, 0}};
  batch_deal deal = {.shares = shares, .hands = 2, .count = 40};
  cr_assert_eq(next_of(&deal, 0, UINT64_MAX), 0);
  cr_assert_eq(next_of(&deal, 1, UINT64_MAX), 8);
  cr_assert_eq(next_of(&deal, 0, UINT64_MAX), 1);
  cr_assert_eq(deal.dealt, 16);
  cr_assert_eq(deal.stolen, 0);
}

/* Of the seven that are left to hand 0 the back four are taken: 4 to 7. */
Test(batch_deal, loot_comes_from_the_back) {
  batch_share shares[2] = {{0, 0}, {0, 0}};
  batch_deal deal = {.shares = shares, .hands = 2, .count = 40};
  cr_assert_eq(next_of(&deal, 0, 8), 0);
  cr_assert_eq(deal.dealt, 3, "(8 - 0) / 4 + 1");
  shares[0].end = deal.dealt = 8;
  cr_assert_eq(next_of(&deal, 1, 8), 4);
  cr_assert_eq(deal.stolen, 4);
  cr_assert_eq(shares[0].end, 4);
  cr_assert_eq(next_of(&deal, 0, 8), 1);
}

Test(batch_deal, nothing_beyond_the_barrier) {
  uint64_t item;
  batch_share shares[2] = {{0, 0}, {0, 0}};
  batch_deal deal = {.shares = shares, .hands = 2, .count = 40};
  cr_assert_eq(next_of(&deal, 0, 1), 0);
  cr_assert_not(batch_deal_next(&deal, 1, 1, &item));
  cr_assert_not(batch_deal_is_over(&deal));
  cr_assert_eq(next_of(&deal, 1, 2), 1);
}

/* Whoever asks, in whatever order, with whatever barrier: each item once, none beyond it. */
Test(batch_deal, every_item_once) {
  unsigned state = 7;
  for (int round = 0; round < 50; round++) {
    batch_share shares[HANDS] = {{0, 0}, {0, 0}, {0, 0}};
    batch_deal deal = {.shares = shares, .hands = HANDS, .count = ITEMS};
    char *begun = calloc(ITEMS, 1);
    uint64_t count = 0, barrier = 1, item;
    while (!batch_deal_is_over(&deal)) {
      state = state * 1103515245 + 12345;
      if (!batch_deal_next(&deal, (state >> 16) % HANDS, barrier, &item)) {
        barrier += (state >> 20) % 40;
        continue;
      }
      cr_assert(item < ITEMS && item < barrier && !begun[item]);
      begun[item] = 1;
      count++;
    }
    cr_assert_eq(count, ITEMS);
    free(begun);
  }
}
