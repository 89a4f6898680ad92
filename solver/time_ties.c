/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An exchange: one VM that moves goes home, another from the same host takes its place. Slow ones
 * first, each for the quickest that can stand in for it. A notified guest may hold its migration
 * back for minutes where another of the same size would be gone in seconds. And a swap: a VM that
 * would move to a host that has to wake first, minutes later, goes where a restart would have gone
 * at once; the restart waits for the host instead. And a spread: hosts that receive for longer than
 * any host sends pass arrivals on to hosts that receive less.
 */
#include "time_ties.h"
#include <assert.h>
#include <berth/plan.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TRIALS = 1 << 20 };

/* Worst-case seconds of a move, and the item. */
typedef struct timed_item {
  int64_t seconds;
  uint32_t item;
} timed_item;

typedef struct exchange {
  placement *s;
  search_clock *clock;
  uint32_t *home_start, *home; /* CSR: movable items by origin */
  timed_item *movers;
  uint32_t mover_count;
  uint32_t trials_left;
} exchange;

static int64_t move_seconds(const problem *p, uint32_t item, uint32_t to) {
  int64_t wait, seconds;
  (void)berth_migration_time(p->inventory, p->vm[item], p->host[p->origin[item]], p->host[to],
                             &wait, &seconds);
  return wait + seconds;
}

static bool has_moved(const placement *s, uint32_t item) {
  const problem *p = s->problem;
  return p->kind[item] == ITEM_MOVABLE && s->host[item] != p->origin[item] &&
         !p->host_must_leave[p->origin[item]];
}

static bool list_homes(exchange *x, arena *memory) {
  const problem *p = x->s->problem;
  x->home_start = arena_take(memory, (size_t)p->host_count + 2, sizeof *x->home_start);
  x->home = arena_take(memory, p->item_count, sizeof *x->home);
  if (x->home_start == NULL || x->home == NULL)
    return false;
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (p->kind[item] == ITEM_MOVABLE)
      x->home_start[p->origin[item] + 2]++;
  }
  for (uint32_t h = 1; h <= p->host_count; h++)
    x->home_start[h + 1] += x->home_start[h];
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (p->kind[item] == ITEM_MOVABLE)
      x->home[x->home_start[p->origin[item] + 1]++] = item;
  }
  return true;
}

static int slowest_first(const void *a, const void *b) {
  const timed_item *x = a, *y = b;
  if (x->seconds != y->seconds)
    return x->seconds > y->seconds ? -1 : 1;
  return (x->item > y->item) - (x->item < y->item);
}

static bool list_movers(exchange *x, arena *memory) {
  const problem *p = x->s->problem;
  for (uint32_t item = 0; item < p->item_count; item++)
    x->mover_count += has_moved(x->s, item);
  x->movers = arena_take(memory, x->mover_count, sizeof *x->movers);
  x->mover_count = 0;
  for (uint32_t item = 0; x->movers != NULL && item < p->item_count; item++) {
    if (has_moved(x->s, item))
      x->movers[x->mover_count++] =
          (timed_item){.seconds = move_seconds(p, item, x->s->host[item]), .item = item};
  }
  if (x->mover_count > 0)
    qsort(x->movers, x->mover_count, sizeof *x->movers, slowest_first);
  return x->movers != NULL;
}

/* Tries @p other in the place of @p item; undone unless every level stays as it is. */
static bool try_exchange(exchange *x, uint32_t item, uint32_t other) {
  placement *s = x->s;
  const problem *p = s->problem;
  uint32_t from = p->origin[item], to = s->host[item];
  int64_t before[BERTH_LEVEL_COUNT];
  assert(p->origin[other] == from && s->host[other] == from && to != from);
  memcpy(before, s->value, sizeof before);
  placement_move(s, item, from);
  if (placement_fits(s, other, to)) {
    placement_move(s, other, to);
    if (placement_within_limits(s, from) && placement_compare(p, s->value, before) == 0 &&
        placement_rules_allowed(s))
      return true;
    placement_move(s, other, from);
  }
  placement_move(s, item, to);
  assert(placement_compare(p, s->value, before) == 0);
  return false;
}

/* The quickest of the same host that may stand in. */
static void exchange_item(exchange *x, const timed_item *mover) {
  const problem *p = x->s->problem;
  const int64_t *memory = p->inventory->vm_memory;
  uint32_t item = mover->item, from = p->origin[item], to = x->s->host[item];
  int64_t least = -1;
  for (;;) { /* candidates in the order of their time, looked for one after the other */
    uint32_t best = BERTH_NONE;
    int64_t best_seconds = mover->seconds;
    for (uint32_t i = x->home_start[from]; i < x->home_start[from + 1]; i++) {
      uint32_t other = x->home[i];
      if (x->s->host[other] != from || memory[p->vm[other]] != memory[p->vm[item]])
        continue;
      int64_t seconds = move_seconds(p, other, to);
      if (seconds > least && seconds < best_seconds) {
        best = other;
        best_seconds = seconds;
      }
    }
    if (best == BERTH_NONE || x->trials_left == 0)
      return;
    x->trials_left--;
    if (try_exchange(x, item, best))
      return;
    least = best_seconds;
  }
}

/* ---------------------------------------------------------------------- swaps */

/* Swaps the places of two that arrive; undone unless every level stays as it is. */
static bool try_swap(placement *s, uint32_t mover, uint32_t restart) {
  const problem *p = s->problem;
  uint32_t slow = s->host[mover], quick = s->host[restart];
  int64_t before[BERTH_LEVEL_COUNT];
  assert(problem_is_requested(p, restart) && !problem_is_requested(p, mover));
  memcpy(before, s->value, sizeof before);
  placement_move(s, restart, BERTH_NONE);
  if (placement_fits(s, mover, quick)) {
    placement_move(s, mover, quick);
    if (placement_fits(s, restart, slow)) {
      placement_move(s, restart, slow);
      if (placement_compare(p, s->value, before) == 0 && placement_rules_allowed(s))
        return true;
      placement_move(s, restart, BERTH_NONE);
    }
    placement_move(s, mover, slow);
  }
  placement_move(s, restart, quick);
  return false;
}

/* Looks for a restart on a host that is awake and not the mover's own. */
static void swap_mover(exchange *x, uint32_t mover) {
  placement *s = x->s;
  const problem *p = s->problem;
  for (uint32_t item = 0; item < p->item_count && x->trials_left > 0; item++) {
    uint32_t host = s->host[item];
    if (!problem_is_requested(p, item) || host == BERTH_NONE || p->host_asleep[host] ||
        host == p->origin[mover])
      continue;
    x->trials_left--;
    if (try_swap(s, mover, item))
      return;
  }
}

/* ---------------------------------------------------------------------- spread */

typedef struct spreading {
  placement *s;
  search_clock *clock;
  int64_t *work;   /* [host] seconds of the moves that touch it */
  int64_t most;    /* that any host sends: no plan takes less there */
  uint32_t *hosts; /* that may receive, those with least work first */
  uint32_t host_count, next;
} spreading;

static bool is_moved(const placement *s, uint32_t item) {
  return s->problem->kind[item] == ITEM_MOVABLE && s->host[item] != s->problem->origin[item];
}

static bool list_receivers(spreading *w, arena *memory) {
  const placement *s = w->s;
  const problem *p = s->problem;
  timed_item *list = arena_take(memory, p->host_count, sizeof *list);
  w->hosts = arena_take(memory, p->host_count, sizeof *w->hosts);
  if (list == NULL || w->hosts == NULL)
    return false;
  for (uint32_t h = 0; h < p->host_count; h++) {
    if (p->host_open[h] && !p->host_asleep[h] && !p->host_must_leave[h])
      list[w->host_count++] = (timed_item){.seconds = -w->work[h], .item = h};
  }
  if (w->host_count > 0)
    qsort(list, w->host_count, sizeof *list, slowest_first);
  for (uint32_t i = 0; i < w->host_count; i++)
    w->hosts[i] = list[i].item;
  return true;
}

static bool measure_work(spreading *w, arena *memory) {
  const placement *s = w->s;
  const problem *p = s->problem;
  int64_t *sends = arena_take(memory, p->host_count, sizeof *sends);
  w->work = arena_take(memory, p->host_count, sizeof *w->work);
  if (sends == NULL || w->work == NULL)
    return false;
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (!is_moved(s, item))
      continue;
    int64_t seconds = move_seconds(p, item, s->host[item]);
    sends[p->origin[item]] += seconds;
    w->work[p->origin[item]] += seconds;
    w->work[s->host[item]] += seconds;
    w->most = sends[p->origin[item]] > w->most ? sends[p->origin[item]] : w->most;
  }
  return true;
}

/* The first few hosts with little to do that can take the item, every level as it is. */
static void pass_on(spreading *w, uint32_t item) {
  enum { TRIALS = 8 };
  placement *s = w->s;
  const problem *p = s->problem;
  uint32_t from = s->host[item], trials = TRIALS;
  int64_t seconds = move_seconds(p, item, from), before[BERTH_LEVEL_COUNT];
  memcpy(before, s->value, sizeof before);
  while (w->next < w->host_count && w->work[w->hosts[w->next]] + seconds > w->most)
    w->next++;
  for (uint32_t i = w->next; i < w->host_count && trials > 0; i++, trials--) {
    uint32_t to = w->hosts[i];
    int64_t longer = move_seconds(p, item, to);
    if (to == from || to == p->origin[item] || w->work[to] + longer > w->most ||
        !placement_fits(s, item, to))
      continue;
    placement_move(s, item, to);
    if (placement_compare(p, s->value, before) == 0 && placement_rules_allowed(s)) {
      w->work[from] -= seconds;
      w->work[to] += longer;
      w->work[p->origin[item]] += longer - seconds;
      return;
    }
    placement_move(s, item, from);
  }
}

static bool spread(placement *s, arena *memory, search_clock *clock) {
  const problem *p = s->problem;
  spreading w = {.s = s, .clock = clock};
  if (!measure_work(&w, memory) || !list_receivers(&w, memory))
    return false;
  for (uint32_t item = 0; item < p->item_count && !search_clock_over(clock); item++) {
    if (is_moved(s, item) && w.work[s->host[item]] > w.most)
      pass_on(&w, item);
  }
  return true;
}

static bool has_makespan(berth_goal goal) {
  return goal != BERTH_GOAL_REBALANCE && goal != BERTH_GOAL_PLACE && goal != BERTH_GOAL_CONSOLIDATE;
}

static bool any_moved(const placement *s) {
  for (uint32_t item = 0; item < s->problem->item_count; item++) {
    if (is_moved(s, item))
      return true;
  }
  return false;
}

bool time_ties_break(placement *s, arena *memory, search_clock *clock) {
  const problem *p = s->problem;
  exchange x = {.s = s, .clock = clock, .trials_left = MOST_TRIALS};
  if (!has_makespan(p->goal) || !any_moved(s))
    return true;
  if (!list_homes(&x, memory) || !list_movers(&x, memory))
    return false;
  for (uint32_t i = 0; i < x.mover_count && !search_clock_over(clock); i++)
    exchange_item(&x, &x.movers[i]);
  for (uint32_t item = 0; item < p->item_count && !search_clock_over(clock); item++) {
    if (has_moved(s, item) && p->host_asleep[s->host[item]])
      swap_mover(&x, item);
  }
  return spread(s, memory, clock);
}
