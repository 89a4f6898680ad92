/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts that hold something, that cannot be powered down or that were woken serve anyhow; all
 * others are candidates. More hosts never survive less, so a set is looked for between those that
 * the least number needs and all candidates: by falling back on every set in order of weight where
 * there are few candidates, else greedily, those first that could take over any host, and then
 * without those that were not needed after all.
 */
#include "serving.h"
#include "survival.h"
#include <assert.h>
#include <string.h>

enum { FEW_CANDIDATES = 10 };

struct serving_choice {
  const problem *problem;
  survival *survival;                    /* NULL = no failures to keep */
  uint8_t *serves;                       /* [host] */
  uint32_t *candidates, candidate_count; /* lightest first */
  int64_t *most_used;                    /* [resource] by the fullest host */
  int64_t *held;                         /* [host] MiB of VMs that ran there at the start */
  uint32_t base_count;                   /* hosts that serve without any candidate */
  int64_t base_weight;
  uint32_t least; /* hosts */
};

static uint32_t least_serving(const problem *p) {
  uint32_t needed = p->inventory->clusters[p->cluster].set_up.ha_enabled ? 2 : 1, online = 0;
  for (uint32_t h = 0; h < p->host_count; h++)
    online += p->host_open[h] && !p->host_asleep[h];
  return needed < online ? needed : online;
}

serving_choice *serving_choice_new(const problem *p, arena *memory) {
  serving_choice *c = arena_take(memory, 1, sizeof *c);
  assert(p->goal == BERTH_GOAL_CONSOLIDATE);
  if (c == NULL)
    return NULL;
  *c = (serving_choice){.problem = p, .least = least_serving(p)};
  c->serves = arena_take(memory, p->host_count, 1);
  c->candidates = arena_take(memory, p->host_count, sizeof *c->candidates);
  c->most_used = arena_take(memory, p->resource_count, sizeof *c->most_used);
  c->held = arena_take(memory, p->host_count, sizeof *c->held);
  if (p->settings.keep_failures > 0)
    c->survival = survival_new(p, memory);
  if (c->serves == NULL || c->candidates == NULL || c->most_used == NULL || c->held == NULL ||
      (c->survival == NULL && p->settings.keep_failures > 0))
    return NULL;
  for (uint32_t item = 0; item < p->item_count; item++)
    if (p->origin[item] != BERTH_NONE)
      c->held[p->origin[item]] += p->inventory->vm_memory[p->vm[item]];
  return c;
}

/* ---------------------------------------------------------------------- candidates */

/* Lighter; of equal weight those that are on, so that nothing has to be woken, and of these where
 * the most would have to move away. */
static bool comes_before(const serving_choice *c, uint32_t a, uint32_t b) {
  const problem *p = c->problem;
  if (p->host_weight[a] != p->host_weight[b])
    return p->host_weight[a] < p->host_weight[b];
  if (p->host_asleep[a] != p->host_asleep[b])
    return p->host_asleep[a] < p->host_asleep[b];
  return c->held[a] > c->held[b];
}

static void add_candidate(serving_choice *c, uint32_t host) {
  uint32_t i = c->candidate_count++;
  for (; i > 0 && comes_before(c, host, c->candidates[i - 1]); i--)
    c->candidates[i] = c->candidates[i - 1];
  c->candidates[i] = host;
}

static bool must_serve(const problem *p, const placement *end, const uint8_t *woken,
                       uint32_t host) {
  if (end != NULL && end->population[host] > 0)
    return true;
  return p->host_asleep[host] ? woken != NULL && woken[host] : !p->host_may_sleep[host];
}

/* Who serves anyhow (@p end NULL: before it is known what holds something), and who could. */
static void list_candidates(serving_choice *c, const placement *end, const uint8_t *woken) {
  const problem *p = c->problem;
  c->candidate_count = c->base_count = 0;
  c->base_weight = 0;
  for (uint32_t h = 0; h < p->host_count; h++) {
    c->serves[h] = p->host_open[h] && must_serve(p, end, woken, h);
    c->base_count += c->serves[h];
    c->base_weight += c->serves[h] ? p->host_weight[h] : 0;
    if (p->host_open[h] && !c->serves[h])
      add_candidate(c, h);
  }
}

static uint32_t missing(const serving_choice *c) {
  return c->least > c->base_count ? c->least - c->base_count : 0;
}

/* The lightest candidates that the least number asks for. */
static int64_t fill_up(serving_choice *c) {
  const problem *p = c->problem;
  int64_t weight = c->base_weight;
  assert(missing(c) <= c->candidate_count);
  for (uint32_t i = 0; i < c->candidate_count; i++) {
    c->serves[c->candidates[i]] = i < missing(c);
    weight += i < missing(c) ? p->host_weight[c->candidates[i]] : 0;
  }
  return weight;
}

int64_t serving_least(const serving_choice *c) {
  serving_choice copy = *c;
  list_candidates(&copy, NULL, NULL);
  return fill_up(&copy);
}

/* ---------------------------------------------------------------------- every set */

typedef struct candidate_set {
  int64_t weight;
  uint32_t size, bits;
} candidate_set;

static candidate_set measure_set(const serving_choice *c, uint32_t bits) {
  candidate_set set = {.weight = c->base_weight, .bits = bits};
  assert(bits >> c->candidate_count == 0);
  for (uint32_t i = 0; i < c->candidate_count; i++) {
    if ((bits >> i) & 1) {
      set.weight += c->problem->host_weight[c->candidates[i]];
      set.size++;
    }
  }
  return set;
}

static bool set_before(const candidate_set *a, const candidate_set *b) {
  if (a->weight != b->weight)
    return a->weight < b->weight;
  return a->size != b->size ? a->size < b->size : a->bits < b->bits;
}

/* The next set in order of weight that is large enough. */
static bool next_set(const serving_choice *c, candidate_set *at, bool first) {
  bool found = false;
  candidate_set best = {0};
  assert(c->candidate_count <= FEW_CANDIDATES);
  for (uint32_t bits = 0; bits < UINT32_C(1) << c->candidate_count; bits++) {
    candidate_set set = measure_set(c, bits);
    if (set.size < missing(c) || (!first && !set_before(at, &set)) ||
        (found && !set_before(&set, &best)))
      continue;
    best = set;
    found = true;
  }
  *at = best;
  return found;
}

static void enter_set(serving_choice *c, uint32_t bits) {
  for (uint32_t i = 0; i < c->candidate_count; i++)
    c->serves[c->candidates[i]] = (bits >> i) & 1;
}

static bool survives(serving_choice *c, const placement *end, search_clock *clock, serving *out) {
  survival_verdict verdict = survival_test(c->survival, end, c->serves, clock);
  assert(c->survival != NULL);
  out->exact &= verdict != SURVIVAL_OPEN;
  return verdict == SURVIVAL_PROVED;
}

static void try_every_set(serving_choice *c, const placement *end, int64_t most,
                          search_clock *clock, serving *out) {
  candidate_set set = {0};
  for (bool first = true; next_set(c, &set, first) && set.weight <= most; first = false) {
    enter_set(c, set.bits);
    if (survives(c, end, clock, out)) {
      out->survives = true;
      out->hosts_on = set.weight;
      return;
    }
    if (!first)
      continue;
    enter_set(c, (UINT32_C(1) << c->candidate_count) - 1);
    if (!survives(c, end, clock, out))
      return;
  }
}

/* ---------------------------------------------------------------------- greedily */

static void note_most_used(serving_choice *c, const placement *end) {
  const problem *p = c->problem;
  memset(c->most_used, 0, p->resource_count * sizeof *c->most_used);
  for (uint32_t h = 0; h < p->host_count; h++) {
    for (uint32_t r = 0; r < p->resource_count && c->serves[h]; r++) {
      int64_t use = end->use[(size_t)h * p->resource_count + r];
      c->most_used[r] = use > c->most_used[r] ? use : c->most_used[r];
    }
  }
}

/* True if an empty @p host has the room for all VMs of any host that serves. */
static bool takes_over_any(const serving_choice *c, uint32_t host) {
  const problem *p = c->problem;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    if (c->most_used[r] > p->capacity[(size_t)host * p->resource_count + r])
      return false;
  }
  return true;
}

/* The first candidate that is off, those before that could take over any other. */
static uint32_t next_spare(const serving_choice *c) {
  uint32_t other = BERTH_NONE;
  for (uint32_t i = 0; i < c->candidate_count; i++) {
    uint32_t host = c->candidates[i];
    if (c->serves[host])
      continue;
    if (takes_over_any(c, host))
      return host;
    other = other == BERTH_NONE ? host : other;
  }
  return other;
}

/* Without the heaviest that were not needed after all. */
static void drop_spares(serving_choice *c, const placement *end, search_clock *clock,
                        serving *out) {
  uint32_t on = c->base_count;
  for (uint32_t i = 0; i < c->candidate_count; i++)
    on += c->serves[c->candidates[i]];
  assert(on >= c->least && out->survives);
  for (uint32_t i = c->candidate_count; i > 0 && on > c->least; i--) {
    uint32_t host = c->candidates[i - 1];
    if (!c->serves[host])
      continue;
    c->serves[host] = 0;
    if (survives(c, end, clock, out)) {
      out->hosts_on -= c->problem->host_weight[host];
      on--;
    } else {
      c->serves[host] = 1;
    }
  }
}

static void try_greedily(serving_choice *c, const placement *end, search_clock *clock,
                         serving *out) {
  note_most_used(c, end);
  out->exact = false;
  for (uint32_t host; !survives(c, end, clock, out); c->serves[host] = 1) {
    host = next_spare(c);
    if (host == BERTH_NONE)
      return;
    out->hosts_on += c->problem->host_weight[host];
  }
  out->survives = true;
  drop_spares(c, end, clock, out);
}

void serving_choose(serving_choice *c, const placement *end, const uint8_t *woken, int64_t most,
                    search_clock *clock, serving *out) {
  assert(end->problem == c->problem);
  list_candidates(c, end, woken);
  *out = (serving){.serves = c->serves, .survives = c->survival == NULL, .exact = true};
  out->hosts_on = fill_up(c);
  if (c->survival == NULL)
    return;
  if (c->candidate_count <= FEW_CANDIDATES)
    try_every_set(c, end, most, clock, out);
  else
    try_greedily(c, end, clock, out);
  if (!out->survives)
    out->hosts_on = fill_up(c);
  assert(out->hosts_on >= c->base_weight);
}
