/* SPDX-License-Identifier: Apache-2.0 */
/* Domains stand in a table with linear probing; an entry that ends is closed up by moving back
 * those behind it (Knuth, The Art of Computer Programming 3, 6.4, algorithm R). */
#include "session_tally.h"
#include <string.h>

enum { LEAST_TABLE = 4 };

rule_tally *tally_new(const session_ground *ground, uint32_t domains) {
  uint32_t room = LEAST_TABLE;
  while (room <= 2 * (uint64_t)domains)
    room *= 2;
  rule_tally *tally = ground_take(ground, sizeof *tally + room * sizeof tally->entry[0]);
  if (tally != NULL) {
    atomic_init(&tally->references, 1);
    tally->room = room;
    for (uint32_t i = 0; i < room; i++)
      tally->entry[i].domain = BERTH_NONE;
  }
  return tally;
}

static uint32_t home_of(const rule_tally *tally, uint32_t domain) {
  return (domain * UINT32_C(2654435769) >> 7) & (tally->room - 1);
}

/* Slot of `domain`, or the free one where it belongs. */
static uint32_t slot_of(const rule_tally *tally, uint32_t domain) {
  uint32_t slot = home_of(tally, domain);
  while (tally->entry[slot].domain != domain && tally->entry[slot].domain != BERTH_NONE)
    slot = (slot + 1) & (tally->room - 1);
  return slot;
}

uint32_t tally_members(const rule_tally *tally, uint32_t domain) {
  const tally_entry *entry = &tally->entry[slot_of(tally, domain)];
  return entry->domain == domain ? entry->members : 0;
}

bool tally_own(berth_view *view, uint32_t rule) {
  rule_block *block = own_rule_block(view, rule);
  if (block == NULL)
    return false;
  rule_tally **where = &block->tally[rule % RULES_A_BLOCK], *old = *where;
  bool roomy = 2 * (uint64_t)(old->spanned + 1) < old->room;
  if (roomy && shared_alone(&old->references))
    return true;
  rule_tally *copy = tally_new(view->ground, roomy ? old->room / 2 - 1 : 2 * old->spanned + 1);
  if (copy == NULL)
    return false;
  copy->spanned = old->spanned;
  copy->crowded = old->crowded;
  copy->astray = old->astray;
  for (uint32_t i = 0; i < old->room; i++) {
    if (old->entry[i].domain != BERTH_NONE)
      copy->entry[slot_of(copy, old->entry[i].domain)] = old->entry[i];
  }
  drop_rule_tally(view->ground, old);
  *where = copy;
  return true;
}

static bool ranges_over_hosts(const rule_text *rule) {
  return rule->type == BERTH_RULE_RUN_ON || rule->type == BERTH_RULE_NOT_RUN_ON;
}

static bool leads_astray(const berth_view *view, const rule_text *rule, uint32_t host) {
  return session_rule_lists(view, rule, host) != (rule->type == BERTH_RULE_RUN_ON);
}

static bool limits_domains(const rule_text *rule) {
  return rule->type == BERTH_RULE_APART || rule->type == BERTH_RULE_AT_MOST;
}

void tally_enter(berth_view *view, uint32_t number, uint32_t host) {
  rule_block *block = rule_block_of(view, number);
  const rule_text *rule = block->rule[number % RULES_A_BLOCK];
  rule_tally *tally = block->tally[number % RULES_A_BLOCK];
  assert(shared_alone(&block->references) && shared_alone(&tally->references));
  if (ranges_over_hosts(rule)) {
    tally->astray += leads_astray(view, rule, host);
    return;
  }
  uint32_t domain = session_domain(view, host, (berth_domain)rule->over);
  tally_entry *entry = &tally->entry[slot_of(tally, domain)];
  if (entry->domain == BERTH_NONE) {
    assert(2 * (uint64_t)(tally->spanned + 1) < tally->room + UINT64_C(1));
    *entry = (tally_entry){.domain = domain};
    tally->spanned++;
  }
  tally->crowded += limits_domains(rule) && entry->members == rule->count;
  entry->members++;
}

/* Closes the gap at `slot`. */
static void close_gap(rule_tally *tally, uint32_t gap) {
  uint32_t mask = tally->room - 1;
  for (uint32_t i = (gap + 1) & mask; tally->entry[i].domain != BERTH_NONE; i = (i + 1) & mask) {
    uint32_t home = home_of(tally, tally->entry[i].domain);
    /* It may move if its home does not lie behind the gap, going round. */
    if (((i - home) & mask) >= ((i - gap) & mask)) {
      tally->entry[gap] = tally->entry[i];
      gap = i;
    }
  }
  tally->entry[gap] = (tally_entry){.domain = BERTH_NONE};
}

void tally_leave(berth_view *view, uint32_t number, uint32_t host) {
  rule_block *block = rule_block_of(view, number);
  const rule_text *rule = block->rule[number % RULES_A_BLOCK];
  rule_tally *tally = block->tally[number % RULES_A_BLOCK];
  assert(shared_alone(&block->references) && shared_alone(&tally->references));
  if (ranges_over_hosts(rule)) {
    tally->astray -= leads_astray(view, rule, host);
    return;
  }
  uint32_t slot = slot_of(tally, session_domain(view, host, (berth_domain)rule->over));
  tally_entry *entry = &tally->entry[slot];
  assert(entry->domain != BERTH_NONE && entry->members > 0);
  entry->members--;
  tally->crowded -= limits_domains(rule) && entry->members == rule->count;
  if (entry->members == 0) {
    close_gap(tally, slot);
    tally->spanned--;
  }
}

/* Members in the domain of `to` beside one that runs at `from`. */
typedef struct rule_stand {
  const rule_text *rule;
  uint32_t others;  /* in the domain of `to` */
  uint32_t spanned; /* by others */
  uint32_t crowded; /* by others */
  bool same;        /* `from` is in the domain of `to` */
} rule_stand;

static rule_stand stand_of(const berth_view *view, uint32_t number, uint32_t from, uint32_t to) {
  const rule_block *block = rule_block_of(view, number);
  const rule_text *rule = block->rule[number % RULES_A_BLOCK];
  const rule_tally *tally = block->tally[number % RULES_A_BLOCK];
  rule_stand stand = {.rule = rule, .spanned = tally->spanned, .crowded = tally->crowded};
  berth_domain over = (berth_domain)rule->over;
  uint32_t domain = to == BERTH_NONE ? BERTH_NONE : session_domain(view, to, over);
  if (to != BERTH_NONE)
    stand.others = tally_members(tally, domain);
  if (from != BERTH_NONE) {
    uint32_t left = session_domain(view, from, over), there = tally_members(tally, left);
    assert(there > 0);
    stand.spanned -= there == 1;
    stand.crowded -= limits_domains(rule) && there == (uint64_t)rule->count + 1;
    stand.same = to != BERTH_NONE && left == domain;
    stand.others -= stand.same;
  }
  return stand;
}

bool tally_broken_after(const berth_view *view, uint32_t number, uint32_t from, uint32_t to) {
  const rule_block *block = rule_block_of(view, number);
  const rule_text *rule = block->rule[number % RULES_A_BLOCK];
  if (ranges_over_hosts(rule)) {
    uint32_t astray = block->tally[number % RULES_A_BLOCK]->astray;
    if (from != BERTH_NONE)
      astray -= leads_astray(view, rule, from);
    return astray > 0 || (to != BERTH_NONE && leads_astray(view, rule, to));
  }
  rule_stand stand = stand_of(view, number, from, to);
  if (limits_domains(rule))
    return stand.crowded > 0 || (to != BERTH_NONE && stand.others >= rule->count);
  return stand.spanned + (to != BERTH_NONE && stand.others == 0) > 1;
}

bool tally_admits(const berth_view *view, uint32_t number, uint32_t from, uint32_t to) {
  const rule_block *block = rule_block_of(view, number);
  const rule_text *rule = block->rule[number % RULES_A_BLOCK];
  assert(to != BERTH_NONE);
  if (ranges_over_hosts(rule))
    return true;
  rule_stand stand = stand_of(view, number, from, to);
  if (stand.same)
    return true;
  if (limits_domains(rule))
    return stand.others < rule->count;
  uint32_t now = block->tally[number % RULES_A_BLOCK]->spanned;
  return stand.spanned + (stand.others == 0) <= (now > 1 ? now : 1);
}

bool tally_confines(const berth_view *view, uint32_t number, uint32_t from) {
  const rule_block *block = rule_block_of(view, number);
  const rule_text *rule = block->rule[number % RULES_A_BLOCK];
  uint32_t now = block->tally[number % RULES_A_BLOCK]->spanned;
  uint32_t others = stand_of(view, number, from, BERTH_NONE).spanned;
  assert(rule->type == BERTH_RULE_TOGETHER);
  return others > 0 && (rule->strength == BERTH_MUST ? others == now : others == 1);
}
