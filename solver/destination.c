/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Few questions of a small cluster are answered by a scan over the admitted hosts. Who asks more
 * often of a large one gets an index over the hosts by residual room, which says the same; only for
 * an item that some should rule keeps from every such host all are looked at again.
 */
#include "destination.h"
#include "admission.h"
#include "residual_index.h"
#include <assert.h>

enum { SCANS_FIRST = 32, SMALL_CLUSTER = 128 };

int64_t destination_fill(const placement *s, uint32_t item, uint32_t host) {
  const problem *p = s->problem;
  const int64_t *demand = problem_demand(p, item);
  size_t row = (size_t)host * p->resource_count;
  int64_t fill = 0;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    int64_t share = residual_share(s->use[row + r] + demand[r], p->capacity[row + r]);
    fill = share > fill ? share : fill;
  }
  assert(fill >= 0 && fill <= INT64_C(1) << 20);
  return fill;
}

/* Who asks. */
typedef struct search {
  const uint8_t *barred;
  bool has_must_rules, has_should_rules;
  int64_t least_broken; /* should rules of the item that are broken wherever it stands */
} search;

static int64_t should_broken_at(const placement *s, uint32_t item, uint32_t host) {
  const problem *p = s->problem;
  int64_t broken = 0;
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    uint32_t g = p->item_rules[i];
    broken += !p->rules[g].must && placement_rule_broken_at(s, g, item, host);
  }
  return broken;
}

static search search_for(const placement *s, uint32_t item, const uint8_t *barred) {
  const problem *p = s->problem;
  search found = {.barred = barred};
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    bool must = p->rules[p->item_rules[i]].must;
    found.has_must_rules |= must;
    found.has_should_rules |= !must;
  }
  if (found.has_should_rules)
    found.least_broken = should_broken_at(s, item, BERTH_NONE);
  return found;
}

static bool is_allowed(const placement *s, uint32_t item, uint32_t host, const search *asked) {
  return (asked->barred == NULL || !asked->barred[host]) && host != s->host[item] &&
         (!asked->has_must_rules || placement_blocking_rule(s, item, host) == BERTH_NONE);
}

/* To the index, which does not know nodes: no should rule more is broken than anywhere. */
static bool accepts(const placement *s, uint32_t item, uint32_t host, const void *user) {
  const search *asked = user;
  return is_allowed(s, item, host, asked) && placement_nodes_take(s, item, host) &&
         (!asked->has_should_rules || should_broken_at(s, item, host) <= asked->least_broken);
}

/* Before all, fewest rules broken; then nobody woken; then what fills most. */
typedef struct candidate {
  uint32_t host;
  int64_t broken, wakes, fill;
} candidate;

static bool is_better(const candidate *a, const candidate *b) {
  assert(a->host != BERTH_NONE);
  if (b->host == BERTH_NONE || a->broken != b->broken)
    return b->host == BERTH_NONE || a->broken < b->broken;
  return a->wakes != b->wakes ? a->wakes < b->wakes : a->fill > b->fill;
}

/* The admitted hosts of a word of the set; one by one where there is no memory for the set. */
static host_bits admitted(const problem *p, uint32_t item, const host_bits *hosts, uint32_t word) {
  host_bits found = 0;
  if (hosts != NULL)
    return hosts[word];
  for (uint32_t host = word * 64; host < p->host_count && host < word * 64 + 64; host++)
    found |= (host_bits)admission_allows(p, item, host) << (host & 63);
  return found;
}

static uint32_t scan(const placement *s, uint32_t item, const search *asked, bool may_wake) {
  const problem *p = s->problem;
  const host_bits *hosts = admission_hosts(p, item);
  candidate best = {.host = BERTH_NONE};
  for (uint32_t word = 0; word < p->host_words; word++) {
    for (host_bits left = admitted(p, item, hosts, word); left != 0; left &= left - 1) {
      uint32_t host = word * 64 + (uint32_t)__builtin_ctzll(left);
      bool wakes = p->host_asleep[host] && s->population[host] == 0;
      if ((wakes && !may_wake) || !placement_has_capacity(s, item, host) ||
          !is_allowed(s, item, host, asked))
        continue;
      candidate now = {.host = host,
                       .broken = asked->has_should_rules ? should_broken_at(s, item, host) : 0,
                       .wakes = wakes,
                       .fill = destination_fill(s, item, host)};
      assert(now.broken >= asked->least_broken);
      if (is_better(&now, &best))
        best = now;
    }
  }
  assert(best.host == BERTH_NONE || best.host < p->host_count);
  return best.host;
}

/* false = the index does not know. */
static bool look_up(placement *s, uint32_t item, const search *asked, bool may_wake,
                    uint32_t *host) {
  residual_query query = {.placement = s, .item = item, .user = asked, .accepts = accepts};
  for (int asleep = 0; asleep <= (int)may_wake; asleep++) {
    query.asleep = asleep != 0;
    if (!residual_index_find(s->index, &query, host))
      return false;
    if (*host != BERTH_NONE)
      return true;
  }
  return !asked->has_should_rules;
}

uint32_t destination_best(placement *s, uint32_t item, const uint8_t *barred, bool may_wake) {
  search asked = search_for(s, item, barred);
  uint32_t host = BERTH_NONE;
  assert(item < s->problem->item_count);
  if (s->problem->host_count > SMALL_CLUSTER && s->searches++ == SCANS_FIRST)
    placement_open_index(s);
  if (s->index != NULL && look_up(s, item, &asked, may_wake, &host))
    return host;
  return scan(s, item, &asked, may_wake);
}
