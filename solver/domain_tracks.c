/* SPDX-License-Identifier: Apache-2.0 */
#include "domain_tracks.h"
#include <assert.h>

typedef struct domain_track {
  room_track track;
  uint32_t rule, domain;
  int64_t limit, load;
} domain_track;

static domain_track **find_slot(domain_track **slots, uint32_t capacity, uint32_t rule,
                                uint32_t domain) {
  uint64_t hash = ((uint64_t)rule << 32 | domain) * UINT64_C(0x9e3779b97f4a7c15);
  uint32_t slot = (uint32_t)(hash >> 32) & (capacity - 1);
  assert(capacity > 0 && (capacity & (capacity - 1)) == 0);
  while (slots[slot] != NULL && (slots[slot]->rule != rule || slots[slot]->domain != domain))
    slot = (slot + 1) & (capacity - 1);
  return &slots[slot];
}

static bool grow(domain_tracks *tracks) {
  uint32_t capacity = tracks->capacity == 0 ? 64 : 2 * tracks->capacity;
  domain_track **slots = arena_take(tracks->memory, capacity, sizeof *slots);
  if (slots == NULL)
    return false;
  for (uint32_t i = 0; i < tracks->capacity; i++) {
    domain_track *moved = tracks->slots[i];
    if (moved != NULL)
      *find_slot(slots, capacity, moved->rule, moved->domain) = moved;
  }
  tracks->slots = slots;
  tracks->capacity = capacity;
  return true;
}

room_track *domain_tracks_get(domain_tracks *tracks, uint32_t rule, uint32_t domain) {
  const placement *final = tracks->final;
  assert(rule < final->problem->rule_count && domain < final->problem->rules[rule].domain_count);
  if (2 * tracks->count >= tracks->capacity && !grow(tracks))
    return NULL;
  domain_track **slot = find_slot(tracks->slots, tracks->capacity, rule, domain);
  if (*slot != NULL)
    return &(*slot)->track;
  domain_track *made = arena_take(tracks->memory, 1, sizeof *made);
  if (made == NULL)
    return NULL;
  made->rule = rule;
  made->domain = domain;
  made->limit = placement_spread_limit(final, rule, domain);
  made->load = domain_counter_get(&final->initial_rules[rule].members, domain);
  made->track = (room_track){.limit = &made->limit, .load = &made->load};
  assert(made->load <= made->limit);
  *slot = made;
  tracks->count++;
  return &made->track;
}
