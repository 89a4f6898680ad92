/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file check_certificate.h
 * What the two halves of the certificate check share: check_certificate.c says of which hosts and
 * VMs a certificate speaks and what it assumes, check_contents.c finds the best content of each of
 * its hosts. docs/model.md §9 has the formula; names of its terms are in the comments.
 */
#ifndef BERTH_MODEL_CHECK_CERTIFICATE_H
#define BERTH_MODEL_CHECK_CERTIFICATE_H

#include "check_kinds.h"
#include "check_knapsack.h"

/** What a knapsack tells apart: a demand row, and the profit of having it. */
typedef struct packed_item {
  const int64_t *demand;
  int64_t profit, count; /* count: in the knapsack in hand */
} packed_item;

/** VMs that are alike for a host they do not come from. */
typedef struct foreign_type {
  uint32_t item;
  int64_t profit; /* weight less the cost of coming; > 0 */
  uint32_t kind;
  int64_t count, at_host; /* all; those whose origin is the host in question */
} foreign_type;

/** A VM at its origin. */
typedef struct own_item {
  uint32_t item, type; /* type: the foreign_type that counts it too, or BERTH_NONE */
} own_item;

/** Hosts whose best contents are worth the same. */
typedef struct host_class {
  uint32_t sample;
  int64_t count;
  int64_t start;        /* cost of holding anything at all */
  int64_t upper, lower; /* of the profit of a content, before `start` */
} host_class;

typedef struct certificate_check {
  check *c;
  check_kinds kinds_of[2]; /* by check_arrival */
  bool asked[2], known[2]; /* kinds_of is filled, or was refused */
  int64_t nodes;           /* of branch and bound, left */
  int64_t *stated;         /* [level] sum of the bounds of its certificates */
  uint32_t *leans;         /* [level] bit set of levels whose values they split among hosts */
  uint32_t index;          /* of the certificate in hand */
  bool settling, strict;   /* bounds that do not follow are lowered, or dropped if strict */
  int64_t *settled;        /* [certificate] what follows from it */
  uint32_t *claimed;       /* [host] bit set of levels with a certificate on it */

  check_intern rows; /* folded demand rows */
  uint32_t *vm_row;  /* [vm] */
  int64_t *row_weight;
  uint64_t *row_stamp; /* == stamp: row_weight is set */
  uint32_t row_room;
  uint32_t *requested_start, *requested; /* CSR: requested VMs by cluster */
  uint32_t *moves;                       /* [vm] migrate steps */
  int64_t *bound_use;                    /* [host * resource_count + resource] of bound VMs */
  uint32_t *bound_count;                 /* [host] VMs that are bound to it */
  uint32_t *kind_reach, *inside, *total; /* [vm kind], [host kind], [host kind] */

  /* the certificate in hand */
  const berth_plan_certificate *given;
  check_kinds *kinds;
  uint64_t stamp;
  int64_t price[BERTH_LEVEL_COUNT]; /* s on its own level, λ on those before */
  uint32_t *hosts, host_count;      /* H */
  uint64_t *host_stamp;             /* [host] == stamp: in H */
  uint32_t *members, member_count;  /* V */
  uint64_t *vm_stamp;               /* [vm] == stamp: in V */
  uint64_t *listed;                 /* [vm] == stamp: listed_weight is set */
  int64_t *listed_weight;
  int64_t fixed; /* the formula without the contents */
  int64_t goal;  /* what the whole formula has to come to */
  bool within; /* no host is above its capacity at the end */
  bool beyond;   /* numbers are too large */

  check_intern item_numbers, type_numbers, class_numbers, chain;
  packed_item *items;
  uint32_t item_count;
  foreign_type *types;
  uint32_t type_count, type_room;
  own_item *own;
  uint32_t own_count, own_room;
  host_class *classes;
  check_knapsack knapsack;
} certificate_check;

/** a + b, or `beyond`. */
int64_t certificate_sum(certificate_check *k, int64_t a, int64_t b);
/** a * b, or `beyond`. */
int64_t certificate_product(certificate_check *k, int64_t a, int64_t b);
/** w(v). */
int64_t certificate_weight_of(const certificate_check *k, uint32_t vm);
/** Whether the plan may end with @p vm elsewhere than at its origin. */
bool certificate_may_move(const certificate_check *k, uint32_t vm);
/** Whether @p vm ends at its origin and nowhere else: all contents of the origin hold it. */
bool certificate_is_bound(const certificate_check *k, uint32_t vm);
/** Whether @p host serves at the end, whatever the plan: it is online, and may not be powered down
 *  or has bound VMs. */
bool certificate_stays_on(const certificate_check *k, uint32_t host);
/** Whether hosts fail in this certificate (`spare`), which moves what is not movable, too. */
static inline bool certificate_spares(const certificate_check *k) {
  return k->given->spare > 0;
}

/** Takes what check_certificate_contents() needs. False: out of memory. */
bool check_prepare_contents(certificate_check *k);
/** The formula's value as far as work allows: at least `goal` if the certificate holds. */
int64_t check_certificate_contents(certificate_check *k);

#endif
