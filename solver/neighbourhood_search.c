/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every round frees a few hosts and solves them exactly, level by level, all other hosts fixed.
 * Rounds go in waves, as wide as there are workers: all of a wave begin with the same incumbent,
 * each on a copy of its own, on hosts apart where the cluster is large enough. Then their gains are
 * taken over one after the other, the best first, as far as hosts were left alone by those before
 * and the rules allow both. Nothing here asks who is through first.
 */
#include "neighbourhood_search.h"
#include "admission.h"
#include "neighbourhood.h"
#include "random.h"
#include <assert.h>
#include <string.h>

enum { ROUND_MILLISECONDS = 1000, IDLE_ROUNDS = 60, WIDEST_WAVE = 16 };

/* A round of a wave. */
typedef struct hand {
  placement state; /* between waves: the incumbent */
  neighbourhood area;
  bool solved;          /* false = out of memory */
  bool judged, adopted; /* once the wave is over */
  uint64_t programs;
} hand;

/* An item that stands at another host in one of two placements. */
typedef struct item_change {
  uint32_t item, from, to;
} item_change;

typedef struct wave_search {
  placement *s; /* the incumbent */
  ladder_bounds known;
  search_clock *clock;
  uint64_t seed, round;
  uint32_t width;
  hand *hands;          /* [width] */
  uint8_t *taken;       /* [host] by a hand of the wave at hand */
  item_change *changes; /* work space for all items */
  costly_items costly;
} wave_search;

/* ---------------------------------------------------------------------- differences */

/* What leads from one placement to the other, if only items on @p hosts, and unplaced ones, stand
 * elsewhere. */
static uint32_t list_changes(const placement *from, const placement *to, const uint32_t *hosts,
                             uint32_t host_count, item_change *changes) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < host_count; i++) {
    for (uint32_t item = to->first[hosts[i]]; item != BERTH_NONE; item = to->next[item]) {
      if (from->host[item] != hosts[i])
        changes[count++] = (item_change){item, from->host[item], hosts[i]};
    }
    for (uint32_t item = from->first[hosts[i]]; item != BERTH_NONE; item = from->next[item]) {
      if (to->host[item] == BERTH_NONE)
        changes[count++] = (item_change){item, hosts[i], BERTH_NONE};
    }
  }
  assert(count <= from->problem->item_count);
  return count;
}

static void make_changes(placement *s, const item_change *changes, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    assert(s->host[changes[i].item] == changes[i].from);
    placement_move(s, changes[i].item, changes[i].to);
  }
}

static void undo_changes(placement *s, const item_change *changes, uint32_t count) {
  for (uint32_t i = count; i-- > 0;) {
    assert(s->host[changes[i].item] == changes[i].to);
    placement_move(s, changes[i].item, changes[i].from);
  }
}

/* ---------------------------------------------------------------------- a wave */

/* Sets of admitted hosts are found when they are first asked for: not by several hands at once. */
static bool prepare_admission(const placement *s, const neighbourhood *area) {
  const problem *p = s->problem;
  for (uint32_t i = 0; i < area->count; i++) {
    for (uint32_t item = s->first[area->hosts[i]]; item != BERTH_NONE; item = s->next[item]) {
      if (p->kind[item] != ITEM_FIXED && admission_hosts(p, item) == NULL)
        return false;
    }
  }
  return true;
}

/* Every program has all items that wait for a host. */
static bool prepare_requested(const problem *p) {
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (problem_is_requested(p, item) && admission_hosts(p, item) == NULL)
      return false;
  }
  return true;
}

static bool choose_areas(wave_search *w) {
  bool ok = true;
  assert(w->width >= 1 && w->width <= WIDEST_WAVE);
  for (uint32_t k = 0; k < w->width && ok; k++) {
    neighbourhood *area = &w->hands[k].area;
    uint64_t random = w->seed + w->round++;
    neighbourhood_choose(area, w->s, &w->costly, w->taken, random_next(&random));
    for (uint32_t i = 0; i < area->count; i++)
      w->taken[area->hosts[i]] = 1;
    ok = prepare_admission(w->s, area);
  }
  return ok;
}

static void solve_hand(void *user, uint32_t index, worker *self) {
  wave_search *w = user;
  hand *h = &w->hands[index];
  ladder_bounds known = w->known;
  assert(index < w->width);
  search_clock clock;
  search_clock_share(&clock, w->clock, self);
  h->programs = 0;
  h->solved = exact_ladder(&h->state, h->area.free_hosts, false, &known, &clock, ROUND_MILLISECONDS,
                           &h->programs);
  assert(placement_compare(w->s->problem, h->state.value, w->s->value) <= 0);
}

/* ---------------------------------------------------------------------- what is kept of it */

/* The best that is not judged yet and better than the incumbent was at the start of the wave, of
 * equal ones the first. */
static hand *best_gain(const wave_search *w, const int64_t *before) {
  const problem *p = w->s->problem;
  hand *best = NULL;
  for (uint32_t k = 0; k < w->width; k++) {
    hand *h = &w->hands[k];
    const int64_t *least = best != NULL ? best->state.value : before;
    assert(h->judged || !h->adopted);
    if (!h->judged && placement_compare(p, h->state.value, least) < 0)
      best = h;
  }
  return best;
}

/* From all hands whose gains were adopted. */
static bool is_apart(const wave_search *w, const hand *h) {
  assert(!h->adopted);
  for (uint32_t k = 0; k < w->width; k++) {
    const neighbourhood *other = &w->hands[k].area;
    for (uint32_t i = 0; i < other->count && w->hands[k].adopted; i++) {
      if (h->area.free_hosts[other->hosts[i]])
        return false;
    }
  }
  return true;
}

/* On hosts apart the contents of each are those of one hand, so there is room; an item that waited
 * may have been placed by both, and stands then where the last one has it. */
static bool adopt(wave_search *w, const hand *h, bool first) {
  placement *s = w->s;
  int64_t before[BERTH_LEVEL_COUNT];
  memcpy(before, s->value, sizeof before);
  uint32_t count = list_changes(s, &h->state, h->area.hosts, h->area.count, w->changes);
  make_changes(s, w->changes, count);
  assert(!first || placement_compare(s->problem, s->value, h->state.value) == 0);
  if (first || (placement_compare(s->problem, s->value, before) < 0 && placement_rules_allowed(s)))
    return true;
  undo_changes(s, w->changes, count);
  return false;
}

static void adopt_gains(wave_search *w, const int64_t *before) {
  bool first = true;
  for (uint32_t k = 0; k < w->width; k++)
    w->hands[k].judged = w->hands[k].adopted = false;
  for (hand *h; (h = best_gain(w, before)) != NULL; first = false) {
    h->judged = true;
    h->adopted = is_apart(w, h) && adopt(w, h, first);
  }
}

/* All hands begin the next wave with the incumbent. */
static void spread_incumbent(wave_search *w) {
  uint32_t hosts[WIDEST_WAVE * NEIGHBOURHOOD_MOST_HOSTS], host_count = 0;
  for (uint32_t k = 0; k < w->width; k++) {
    const neighbourhood *area = &w->hands[k].area;
    for (uint32_t i = 0; i < area->count; i++) {
      if (w->taken[area->hosts[i]])
        hosts[host_count++] = area->hosts[i];
      w->taken[area->hosts[i]] = 0;
    }
  }
  for (uint32_t k = 0; k < w->width; k++) {
    placement *state = &w->hands[k].state;
    make_changes(state, w->changes, list_changes(state, w->s, hosts, host_count, w->changes));
    assert(placement_compare(w->s->problem, state->value, w->s->value) == 0);
    neighbourhood_close(&w->hands[k].area);
  }
}

/* ---------------------------------------------------------------------- the search */

static bool run_wave(wave_search *w, uint64_t *programs) {
  int64_t before[BERTH_LEVEL_COUNT];
  bool ok = choose_areas(w);
  if (!ok)
    return false;
  workers_run(w->clock->worker, w->width, solve_hand, w);
  for (uint32_t k = 0; k < w->width; k++) {
    *programs += w->hands[k].programs;
    ok &= w->hands[k].solved;
  }
  memcpy(before, w->s->value, sizeof before);
  adopt_gains(w, before);
  ladder_bounds_revise(w->s->problem, before, w->s->value, &w->known);
  spread_incumbent(w);
  return ok;
}

static bool search(wave_search *w, uint64_t *programs) {
  const problem *p = w->s->problem;
  uint32_t idle = 0;
  costly_items_find(&w->costly, w->s);
  while (idle < IDLE_ROUNDS && w->costly.count > 0 &&
         !ladder_bounds_met(p, w->s->value, &w->known) && !search_clock_over(w->clock)) {
    int64_t before[BERTH_LEVEL_COUNT];
    memcpy(before, w->s->value, sizeof before);
    if (!run_wave(w, programs))
      return false;
    bool gained = placement_compare(p, w->s->value, before) < 0;
    idle = gained ? 0 : idle + w->width;
    if (gained)
      costly_items_find(&w->costly, w->s);
  }
  return true;
}

static bool take_memory(wave_search *w, arena *memory) {
  const problem *p = w->s->problem;
  w->hands = arena_take(memory, w->width, sizeof *w->hands);
  w->taken = arena_take(memory, p->host_count, 1);
  w->changes = arena_take_unset(memory, p->item_count, sizeof *w->changes);
  bool ok = w->hands != NULL && w->taken != NULL && w->changes != NULL &&
            costly_items_init(&w->costly, p, memory);
  for (uint32_t k = 0; k < w->width && ok; k++)
    ok = placement_clone(&w->hands[k].state, w->s, memory) &&
         neighbourhood_init(&w->hands[k].area, p, memory);
  return ok;
}

/* Two rounds for each worker, since some take far longer than others; as few as there are workers
 * where hosts are too few to keep the rounds apart. */
static uint32_t wave_width(const problem *p, worker *self) {
  uint32_t least = worker_width(self), width = least < 2 ? least : 2 * least;
  uint32_t apart = p->host_count / NEIGHBOURHOOD_MOST_HOSTS;
  width = width < apart ? width : apart;
  width = width > least ? width : least;
  return width < WIDEST_WAVE ? width : WIDEST_WAVE;
}

bool neighbourhood_search(placement *s, const ladder_bounds *bounds, search_clock *clock,
                          uint64_t seed, uint64_t *programs) {
  arena memory;
  wave_search w = {.s = s, .known = *bounds, .clock = clock, .seed = random_next(&seed)};
  w.width = wave_width(s->problem, clock->worker);
  arena_init(&memory, context_allocator(clock->ctx));
  bool ok = take_memory(&w, &memory) && prepare_requested(s->problem) && search(&w, programs);
  arena_free(&memory);
  return ok;
}
