/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open addressing with backward-shift deletion (Knuth, TAOCP 6.4, algorithm R): slots of domains
 * whose count falls to zero are given back, so the table never fills.
 */
#include "domain_counter.h"
#include <assert.h>
#include <berth/inventory.h>
#include <string.h>

static uint32_t home(const domain_counter *c, uint32_t domain) {
  return (domain * UINT32_C(2654435761) >> 7) & c->mask;
}

static uint32_t find_slot(const domain_counter *c, uint32_t domain) {
  uint32_t slot = home(c, domain);
  assert(c->mask != 0);
  while (c->domain[slot] != domain && c->domain[slot] != BERTH_NONE)
    slot = (slot + 1) & c->mask;
  return slot;
}

bool domain_counter_init(domain_counter *c, arena *memory, uint32_t domains, uint32_t members) {
  *c = (domain_counter){0};
  if (domains / 4 <= members + 16) {
    c->count = arena_take(memory, domains, sizeof *c->count);
    return c->count != NULL;
  }
  uint32_t slots = 4;
  while (slots < 2 * members + 2)
    slots *= 2;
  assert((slots & (slots - 1)) == 0);
  c->mask = slots - 1;
  c->domain = arena_take(memory, slots, sizeof *c->domain);
  c->count = arena_take(memory, slots, sizeof *c->count);
  if (c->domain == NULL || c->count == NULL)
    return false;
  memset(c->domain, 0xff, slots * sizeof *c->domain);
  return true;
}

uint32_t domain_counter_get(const domain_counter *c, uint32_t domain) {
  return c->count[c->mask == 0 ? domain : find_slot(c, domain)];
}

uint32_t domain_counter_add(domain_counter *c, uint32_t domain) {
  if (c->mask == 0)
    return ++c->count[domain];
  uint32_t slot = find_slot(c, domain);
  c->domain[slot] = domain;
  return ++c->count[slot];
}

static void free_slot(domain_counter *c, uint32_t slot) {
  assert(c->count[slot] == 0);
  for (uint32_t next = (slot + 1) & c->mask; c->domain[next] != BERTH_NONE;
       next = (next + 1) & c->mask) {
    uint32_t distance = (next - home(c, c->domain[next])) & c->mask;
    if (distance >= ((next - slot) & c->mask)) {
      c->domain[slot] = c->domain[next];
      c->count[slot] = c->count[next];
      slot = next;
    }
  }
  c->domain[slot] = BERTH_NONE;
  c->count[slot] = 0;
}

uint32_t domain_counter_remove(domain_counter *c, uint32_t domain) {
  uint32_t slot = c->mask == 0 ? domain : find_slot(c, domain);
  assert(c->count[slot] > 0);
  uint32_t left = --c->count[slot];
  if (left == 0 && c->mask != 0)
    free_slot(c, slot);
  return left;
}

void domain_counter_copy(domain_counter *to, const domain_counter *from, uint32_t domains) {
  assert(to->mask == from->mask);
  if (from->mask == 0) {
    memcpy(to->count, from->count, domains * sizeof *to->count);
    return;
  }
  memcpy(to->domain, from->domain, ((size_t)from->mask + 1) * sizeof *to->domain);
  memcpy(to->count, from->count, ((size_t)from->mask + 1) * sizeof *to->count);
}
