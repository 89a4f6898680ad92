/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file domain_counter.h
 * How many members of a rule stand in each of its domains. Dense where the domains are few, else a
 * hash table of the occupied ones (never more than there are members), so that a rule over 10,000
 * hosts costs memory for its members only.
 */
#ifndef BERTH_SOLVER_DOMAIN_COUNTER_H
#define BERTH_SOLVER_DOMAIN_COUNTER_H

#include "arena.h"

typedef struct domain_counter {
  uint32_t mask;    /* slots - 1; 0 = dense */
  uint32_t *domain; /* [slot], hashed form only; BERTH_NONE = free */
  uint32_t *count;  /* [slot], or [domain] */
} domain_counter;

/** All counts zero. false = no memory. */
bool domain_counter_init(domain_counter *c, arena *memory, uint32_t domains, uint32_t members);
/** Members in @p domain. */
uint32_t domain_counter_get(const domain_counter *c, uint32_t domain);
/** One member more; returns the new count. */
uint32_t domain_counter_add(domain_counter *c, uint32_t domain);
/** One member less; returns the new count. */
uint32_t domain_counter_remove(domain_counter *c, uint32_t domain);
/** Copies the counts of an equally sized counter. */
void domain_counter_copy(domain_counter *to, const domain_counter *from, uint32_t domains);

#endif
