/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file capacity_fill.h
 * What fits by arithmetic: by sums, host by host, and with a mix filled in flavour by flavour.
 */
#ifndef BERTH_SOLVER_CAPACITY_FILL_H
#define BERTH_SOLVER_CAPACITY_FILL_H

#include "capacity_ground.h"

/** More than any cluster holds. */
#define CAPACITY_NO_END (INT64_C(1) << 41)

/** What hosts count. */
typedef struct fill_terms {
  uint8_t takes;   /* hosts that take a flavour at least so: TAKES_NOW or TAKES_WOKEN */
  uint32_t beyond; /* a resource that there is no end of; BERTH_NONE = none */
} fill_terms;

/** VMs of the flavour that fit on the host alone, wherever they may go. */
int64_t fill_fits(const capacity_ground *g, uint32_t flavour, uint32_t host, uint32_t beyond);

/** Free in sum on hosts that take some flavour; BERTH_UNLIMITED. */
int64_t fill_free(const capacity_ground *g, fill_terms terms, uint32_t resource);

/** Mixes by the sums. */
int64_t fill_totals(const capacity_ground *g, fill_terms terms);

/** Which hosts are filled first. */
typedef enum fill_order { FILL_TIGHT_FIRST = 0, FILL_EVENLY, FILL_ROOMY_FIRST } fill_order;

typedef struct filler filler;

/** Work space. NULL = no memory. */
filler *filler_new(const capacity_ground *g, fill_terms terms, arena *memory);

/** The flavour that is put first. */
uint32_t filler_largest(const filler *f);
/** Fills @p room from now on, [host * resources], borrowed; not more than there is. */
void filler_limit(filler *f, const int64_t *room);

/** Tries to put @p mixes of the mix on the hosts, flavour by flavour, the largest first. @p out is
 *  [host * flavours] of the caller; NULL = not told. Rules between VMs are not looked at. */
bool filler_try(filler *f, int64_t mixes, fill_order order, uint32_t *out);

/** What fits as it is: exact with one flavour, else within bounds. Rules between VMs, and VMs that
 *  have to be restarted first, are left out: then only `most` holds. */
berth_capacity_figure filler_count(filler *f);

#endif
