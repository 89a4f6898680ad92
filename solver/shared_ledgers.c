/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items are alike if they are of one admission class, stand on the same host or on none, demand the
 * same and are in no must rule with other VMs: nothing else enters a ledger. Items in such rules
 * get ledgers of their own.
 */
#include "shared_ledgers.h"
#include <assert.h>
#include <string.h>

typedef struct shared_ledger {
  uint64_t hash;
  uint32_t item; /* the first of its kind */
  berth_plan_unplaced ledger;
} shared_ledger;

static uint64_t hash_of(const placement *s, uint32_t item) {
  const problem *p = s->problem;
  const int64_t *demand = problem_demand(p, item);
  uint64_t hash = (uint64_t)p->admission[item] << 32 | s->host[item];
  for (uint32_t r = 0; r < p->resource_count; r++)
    hash = (hash ^ (uint64_t)demand[r]) * UINT64_C(0x9e3779b97f4a7c15) + (hash >> 29);
  return hash ^ (hash >> 32);
}

static bool alike(const placement *s, uint32_t a, uint32_t b) {
  const problem *p = s->problem;
  assert(!problem_in_vm_rules(p, a) && !problem_in_vm_rules(p, b));
  return p->admission[a] == p->admission[b] && s->host[a] == s->host[b] &&
         (p->kind[a] == ITEM_FIXED) == (p->kind[b] == ITEM_FIXED) &&
         memcmp(problem_demand(p, a), problem_demand(p, b), p->resource_count * sizeof(int64_t)) ==
             0;
}

static bool grow(shared_ledgers *l) {
  uint32_t capacity = l->capacity == 0 ? 64 : 2 * l->capacity;
  shared_ledger **slots = arena_take(l->memory, capacity, sizeof *slots);
  if (slots == NULL)
    return false;
  assert((capacity & (capacity - 1)) == 0);
  for (uint32_t i = 0; i < l->capacity; i++) {
    if (l->slots[i] == NULL)
      continue;
    uint32_t slot = (uint32_t)l->slots[i]->hash & (capacity - 1);
    while (slots[slot] != NULL)
      slot = (slot + 1) & (capacity - 1);
    slots[slot] = l->slots[i];
  }
  l->slots = slots;
  l->capacity = capacity;
  return true;
}

/* The slot of the item's kind, or the free one where it belongs. */
static shared_ledger **find_slot(const shared_ledgers *l, uint32_t item, uint64_t hash) {
  uint32_t slot = (uint32_t)hash & (l->capacity - 1);
  while (l->slots[slot] != NULL &&
         (l->slots[slot]->hash != hash || !alike(l->final, l->slots[slot]->item, item)))
    slot = (slot + 1) & (l->capacity - 1);
  return &l->slots[slot];
}

bool shared_ledgers_explain(shared_ledgers *l, uint32_t item, berth_plan_unplaced *out) {
  const problem *p = l->final->problem;
  if (problem_in_vm_rules(p, item))
    return explain_item(l->final, item, l->memory, out);
  if (2 * l->count >= l->capacity && !grow(l))
    return false;
  uint64_t hash = hash_of(l->final, item);
  shared_ledger **slot = find_slot(l, item, hash);
  if (*slot == NULL) {
    shared_ledger *made = arena_take(l->memory, 1, sizeof *made);
    if (made == NULL || !explain_item(l->final, item, l->memory, &made->ledger))
      return false;
    made->hash = hash;
    made->item = item;
    *slot = made;
    l->count++;
  }
  *out = (*slot)->ledger;
  out->vm = p->vm[item];
  return true;
}
