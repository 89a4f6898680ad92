/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file batch_deal.h
 * Which hand begins which item of a batch next. Items are dealt from the front in small shares, so
 * that hands work close to each other; a hand whose share is used up when nothing may be dealt
 * steals the back half of the largest share. No locks: the caller has one.
 */
#ifndef BERTH_SOLVER_BATCH_DEAL_H
#define BERTH_SOLVER_BATCH_DEAL_H

#include <stdbool.h>
#include <stdint.h>

/** Items next .. end - 1 are a hand's to begin. */
typedef struct batch_share {
  uint64_t next, end;
} batch_share;

typedef struct batch_deal {
  batch_share *shares; /* [hands] */
  uint32_t hands;
  uint64_t count; /* items in all */
  uint64_t dealt; /* items below are in shares, or begun */
  uint64_t stolen;
} batch_deal;

/** The next item for @p hand. Items from @p barrier on are not dealt yet. False: there is nothing
 * to begin now. */
bool batch_deal_next(batch_deal *deal, uint32_t hand, uint64_t barrier, uint64_t *item);
/** Whether there never will be: every item was begun. */
bool batch_deal_is_over(const batch_deal *deal);

#endif
