/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One scan over the admitted hosts, word by word of the bit set. Hosts without room cost one read
 * of their resource row; only hosts that fit are scored, and only items with should rules need a
 * trial.
 */
#include "destination.h"
#include "admission.h"
#include <assert.h>

int64_t destination_fill(const placement *s, uint32_t item, uint32_t host) {
  const problem *p = s->problem;
  const int64_t *demand = problem_demand(p, item);
  size_t row = (size_t)host * p->resource_count;
  int64_t fill = 0;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    int64_t capacity = p->capacity[row + r];
    if (capacity == BERTH_UNLIMITED || capacity == 0)
      continue;
    /* use ≤ 2^62 / 2^20 holds for one host: quantities are at most 2^40 each and limits cap sums.
     */
    int64_t used = s->use[row + r] + demand[r];
    int64_t share = used >= capacity ? INT64_C(1) << 20 : (used << 20) / capacity;
    fill = share > fill ? share : fill;
  }
  return fill;
}

static bool has_should_rules(const problem *p, uint32_t item) {
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    if (!p->rules[p->item_rules[i]].must)
      return true;
  }
  return false;
}

static int64_t should_broken_at(placement *s, uint32_t item, uint32_t host) {
  uint32_t home = s->host[item];
  placement_move(s, item, host);
  int64_t broken = s->value[BERTH_LEVEL_SHOULD_BROKEN];
  placement_move(s, item, home);
  return broken;
}

/* Requested items may stand nowhere during a trial; running ones never do. */
uint32_t destination_best(placement *s, uint32_t item, const uint8_t *barred, bool may_wake) {
  const problem *p = s->problem;
  const host_bits *hosts = admission_hosts(p, item);
  bool weigh_rules = has_should_rules(p, item);
  uint32_t best = BERTH_NONE;
  int64_t best_key[3] = {0};
  for (uint32_t word = 0; hosts != NULL && word < p->host_words; word++) {
    for (host_bits left = hosts[word]; left != 0; left &= left - 1) {
      uint32_t host = word * 64 + (uint32_t)__builtin_ctzll(left);
      bool wakes = p->host_asleep[host] && s->population[host] == 0;
      if ((barred != NULL && barred[host]) || host == s->host[item] || (wakes && !may_wake) ||
          !placement_fits(s, item, host))
        continue;
      int64_t key[3] = {weigh_rules ? should_broken_at(s, item, host) : 0, wakes,
                        -destination_fill(s, item, host)};
      int order = 0;
      for (int i = 0; i < 3 && order == 0; i++)
        order = (key[i] > best_key[i]) - (key[i] < best_key[i]);
      if (best == BERTH_NONE || order < 0) {
        best = host;
        for (int i = 0; i < 3; i++)
          best_key[i] = key[i];
      }
    }
  }
  assert(best == BERTH_NONE || best < p->host_count);
  return best;
}
