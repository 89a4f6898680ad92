/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file host_set.h
 * Immutable sets of the hosts of one cluster, or of their domains, for the search for conflicts
 * among rules. A set is kept as what is in it or as what is not, whichever the rules said, so that
 * using a rule costs what its own list costs, not what the cluster has hosts.
 */
#ifndef BERTH_MODEL_HOST_SET_H
#define BERTH_MODEL_HOST_SET_H

#include "frozen.h"

typedef struct host_set {
  bool all_but;                                 /* everything but the list, rather than the list */
  uint32_t count;                               /* of the list */
  const uint32_t *list;                         /* ascending, without repeats */
  struct host_set *domains[BERTH_DOMAIN_COUNT]; /* what host_set_domains() found, or NULL */
  uint32_t stamp;                               /* for the caller */
  struct host_set *narrowed;                    /* for the caller */
} host_set;

/** Where sets are made, and what that may cost. */
typedef struct host_set_maker {
  arena *memory;
  int64_t work;       /* steps left; below 0 = give up */
  bool out_of_memory; /* some set could not be made */
} host_set_maker;

/** The set of (or of all but) @p list, which must outlive it. NULL: out of memory. */
host_set *host_set_of(host_set_maker *maker, bool all_but, const uint32_t *list, uint32_t count);
/** What is in both; one of them if it is equal. NULL: out of memory or of work. */
host_set *host_set_intersect(host_set_maker *maker, host_set *a, host_set *b);
/** The domains of @p kind that the hosts of @p set, which are in @p cluster, are in. */
host_set *host_set_domains(host_set_maker *maker, const berth_inventory *inventory,
                           const frozen_cluster *cluster, host_set *set, berth_domain kind);
/** Whether nothing is in @p set. */
bool host_set_is_empty(const host_set *set, const frozen_cluster *cluster);

#endif
