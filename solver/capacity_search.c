/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fewest migrations that n mixes need never fall as n grows: what places n + 1 mixes, less one
 * of them, places n. So each answer for one n bounds all others, and bisection finds the largest n
 * for every limit. If u VMs at least stay out of n mixes, taking a VM off the list lowers that by
 * one at most, so that a whole range of numbers is refuted at once.
 *
 * What a migration can free: a host that j VMs leave gains at most the sums of the j largest
 * demands of each resource. The best way to spread so many departures over the hosts is a knapsack
 * over them (Bellman 1957).
 */
#include "capacity_search.h"
#include "capacity_fill.h"
#include "checked.h"
#include <assert.h>
#include <string.h>

enum { MOST_ASKED = 48, MOST_SPREAD = 128 };
#define NOT_FOUND INT64_MAX
#define NUMBERS_KEPT INT64_C(200000)

/* ---------------------------------------------------------------------- bounds */

int64_t capacity_totals_moved(const capacity_ground *g) {
  const problem *p = &g->whole;
  int64_t most = BERTH_OBJECTS_MAX;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    int64_t free = 0;
    for (uint32_t h = 0; h < p->host_count && free != BERTH_UNLIMITED && g->mix[r] > 0; h++) {
      int64_t room = g->room[(size_t)h * p->resource_count + r];
      if (!p->host_open[h] || p->host_asleep[h] || g->inventory->host_dedicated[p->host[h]])
        continue;
      free = room == BERTH_UNLIMITED ? BERTH_UNLIMITED : free + room;
    }
    assert(free >= 0);
    if (g->mix[r] > 0 && free != BERTH_UNLIMITED && free / g->mix[r] < most)
      most = free / g->mix[r];
  }
  return most;
}

typedef struct departures {
  const capacity_ground *g;
  uint32_t *start, *list; /* [host] movable items */
  int64_t *amount;        /* of one resource on one host, most first */
  int64_t *freed;         /* [0 .. most * resources] by so many departures */
  int64_t *best, *next;   /* [0 .. most] VMs that fit with so many departures */
  uint32_t most;
} departures;

static bool list_movable(departures *d, arena *memory) {
  const problem *p = &d->g->whole;
  d->start = arena_take(memory, (size_t)p->host_count + 2, sizeof *d->start);
  d->list = arena_take(memory, p->item_count, sizeof *d->list);
  d->amount = arena_take(memory, p->item_count, sizeof *d->amount);
  d->freed = arena_take(memory, (size_t)d->most + 1, p->resource_count * sizeof *d->freed);
  d->best = arena_take(memory, (size_t)d->most + 1, sizeof *d->best);
  d->next = arena_take(memory, (size_t)d->most + 1, sizeof *d->next);
  if (d->start == NULL || d->list == NULL || d->amount == NULL || d->freed == NULL ||
      d->best == NULL || d->next == NULL)
    return false;
  for (uint32_t i = 0; i < p->item_count; i++)
    if (p->kind[i] == ITEM_MOVABLE)
      d->start[p->origin[i] + 2]++;
  for (uint32_t h = 0; h < p->host_count; h++)
    d->start[h + 2] += d->start[h + 1];
  for (uint32_t i = 0; i < p->item_count; i++)
    if (p->kind[i] == ITEM_MOVABLE)
      d->list[d->start[p->origin[i] + 1]++] = i;
  return true;
}

/* The sums of the largest demands there. @return how many departures make a difference. */
static uint32_t sum_largest(departures *d, uint32_t host) {
  const problem *p = &d->g->whole;
  assert(host < p->host_count);
  uint32_t from = d->start[host], to = d->start[host + 1];
  uint32_t count = to - from < d->most ? to - from : d->most;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    uint32_t kept = 0;
    for (uint32_t i = from; i < to; i++) {
      int64_t demand = problem_demand(p, d->list[i])[r];
      uint32_t at = kept < count ? kept++ : count;
      for (; at > 0 && d->amount[at - 1] < demand; at--)
        if (at < count)
          d->amount[at] = d->amount[at - 1];
      if (at < count)
        d->amount[at] = demand;
    }
    assert(kept == count);
    d->freed[r] = 0;
    for (uint32_t j = 1; j <= count; j++)
      d->freed[(size_t)j * p->resource_count + r] =
          d->freed[(size_t)(j - 1) * p->resource_count + r] + d->amount[j - 1];
  }
  return count;
}

static int64_t fits_after(const departures *d, uint32_t flavour, uint32_t host, uint32_t left) {
  const problem *p = &d->g->whole;
  const int64_t *demand = d->g->flavours[flavour].demand;
  int64_t fits = BERTH_OBJECTS_MAX;
  assert(left <= d->most && host < p->host_count);
  for (uint32_t r = 0; r < p->resource_count; r++) {
    int64_t room = d->g->room[(size_t)host * p->resource_count + r];
    if (demand[r] == 0 || room == BERTH_UNLIMITED)
      continue;
    int64_t here = (room + d->freed[(size_t)left * p->resource_count + r]) / demand[r];
    fits = here < fits ? here : fits;
  }
  return fits;
}

static void spread_over(departures *d, uint32_t flavour, uint32_t host) {
  uint32_t count = sum_largest(d, host);
  int64_t as_it_is = fits_after(d, flavour, host, 0);
  memcpy(d->next, d->best, ((size_t)d->most + 1) * sizeof *d->next);
  for (uint32_t all = 0; all <= d->most; all++)
    d->next[all] += as_it_is;
  for (uint32_t j = 1; j <= count; j++) {
    int64_t fits = fits_after(d, flavour, host, j);
    if (fits == as_it_is)
      continue;
    for (uint32_t all = j; all <= d->most; all++)
      d->next[all] = larger_i64(d->next[all], d->best[all - j] + fits);
  }
  int64_t *other = d->best;
  d->best = d->next;
  d->next = other;
}

bool capacity_bound_moved(const capacity_ground *g, int64_t migrations, arena *memory,
                          int64_t *most) {
  departures d = {.g = g};
  *most = capacity_totals_moved(g);
  if (migrations > MOST_SPREAD)
    return true;
  assert(migrations >= 0);
  d.most = (uint32_t)migrations;
  if (!list_movable(&d, memory))
    return false;
  for (uint32_t f = 0; f < g->flavour_count; f++) {
    memset(d.best, 0, ((size_t)d.most + 1) * sizeof *d.best);
    for (uint32_t h = 0; h < g->whole.host_count; h++)
      if (g->flavours[f].takes[h] == TAKES_NOW)
        spread_over(&d, f, h);
    int64_t mixes = d.best[d.most] / g->flavours[f].asked->count;
    *most = mixes < *most ? mixes : *most;
  }
  return true;
}

/* ---------------------------------------------------------------------- number by number */

struct capacity_search {
  const capacity_stock *stock;
  bool moves;
  int64_t base, top; /* numbers looked at: base .. top */
  int64_t *found;    /* [number - base] migrations that are enough; NOT_FOUND */
  int64_t *needed;   /* likewise, that are needed; NOT_FOUND = it cannot be */
  uint8_t *asked;
  const uint32_t **end;
  uint32_t asked_count;
  arena *memory;
};

capacity_search *capacity_search_new(const capacity_stock *stock, bool moves, int64_t least,
                                     int64_t most, arena *memory) {
  capacity_search *s = arena_take(memory, 1, sizeof *s);
  if (s == NULL)
    return NULL;
  *s = (capacity_search){.stock = stock, .moves = moves, .base = larger_i64(0, least)};
  s->memory = memory;
  s->top = most < s->base + NUMBERS_KEPT ? most : s->base + NUMBERS_KEPT;
  size_t numbers = s->top < s->base ? 0 : (size_t)(s->top - s->base + 1);
  s->found = arena_take(memory, numbers, sizeof *s->found);
  s->needed = arena_take(memory, numbers, sizeof *s->needed);
  s->asked = arena_take(memory, numbers, 1);
  s->end = arena_take(memory, numbers, sizeof *s->end);
  if (s->found == NULL || s->needed == NULL || s->asked == NULL || s->end == NULL)
    return NULL;
  for (size_t i = 0; i < numbers; i++)
    s->found[i] = NOT_FOUND;
  return s;
}

/* So many mixes are enough with so many migrations; all below are then. */
static void note_found(capacity_search *s, int64_t mixes, int64_t migrations) {
  assert(mixes <= s->top || s->top < s->base);
  for (int64_t n = mixes; n >= s->base && s->found[n - s->base] > migrations; n--)
    s->found[n - s->base] = migrations;
}

/* So many mixes need so many; all above do. */
static void note_needed(capacity_search *s, int64_t mixes, int64_t migrations) {
  for (int64_t n = larger_i64(mixes, s->base); n <= s->top && s->needed[n - s->base] < migrations;
       n++)
    s->needed[n - s->base] = migrations;
}

static int64_t vms_of_mix(const capacity_ground *g) {
  int64_t vms = 0;
  for (uint32_t f = 0; f < g->flavour_count; f++)
    vms += g->flavours[f].asked->count;
  return vms;
}

static void note(capacity_search *s, int64_t mixes, const stock_answer *answer) {
  const capacity_ground *g = s->stock->ground;
  int64_t vms = vms_of_mix(g);
  assert(vms > 0);
  if (answer->unplaced == 0) {
    note_found(s, mixes, answer->moved);
    note_needed(s, mixes, answer->least_moved);
    s->end[mixes - s->base] = answer->end;
  } else if (g->flavour_count == 1 && g->down_count == 0) {
    note_found(s, (mixes * vms - answer->unplaced) / vms, answer->moved);
  }
  if (answer->least_unplaced > 0)
    note_needed(s, mixes - (answer->least_unplaced - 1) / vms, NOT_FOUND);
}

static bool ask(capacity_search *s, int64_t mixes) {
  stock_answer answer;
  stock_question question = {
      .mixes = mixes, .moves = s->moves, .milliseconds = search_clock_part(s->stock->clock, 12)};
  assert(mixes >= s->base && mixes <= s->top);
  s->asked[mixes - s->base] = 1;
  s->asked_count++;
  if (!capacity_stock_ask(s->stock, &question, s->memory, &answer))
    return false;
  note(s, mixes, &answer);
  return true;
}

static void read_figure(const capacity_search *s, int64_t migrations,
                        berth_capacity_figure *figure) {
  for (int64_t n = s->base; n <= s->top && n <= figure->most; n++) {
    if (s->needed[n - s->base] > migrations)
      figure->most = n - 1;
    else if (s->found[n - s->base] <= migrations && n > figure->least)
      figure->least = n;
  }
  assert(figure->least <= figure->most);
}

/* The number nearest to the middle that was not asked yet, or -1. */
static int64_t next_number(const capacity_search *s, const berth_capacity_figure *figure) {
  int64_t from = larger_i64(figure->least + 1, s->base), to = figure->most;
  to = to < s->top ? to : s->top;
  int64_t middle = from + (to - from) / 2;
  for (int64_t away = 0; away <= to - from; away++) {
    if (middle + away <= to && !s->asked[middle + away - s->base])
      return middle + away;
    if (middle - away >= from && !s->asked[middle - away - s->base])
      return middle - away;
  }
  return -1;
}

bool capacity_search_narrow(capacity_search *s, int64_t migrations, berth_capacity_figure *figure) {
  assert(migrations >= 0);
  if (migrations >= NOT_FOUND) /* no number of them is that which was not found */
    migrations = NOT_FOUND - 1;
  for (;;) {
    read_figure(s, migrations, figure);
    int64_t n = figure->least < figure->most ? next_number(s, figure) : -1;
    if (n < 0 || s->asked_count >= MOST_ASKED || search_clock_over(s->stock->clock))
      return true;
    if (s->asked_count == 0 && figure->most <= s->top)
      n = figure->most; /* what is left out of that tells most */
    if (!ask(s, n))
      return false;
  }
}

void capacity_search_tell(capacity_search *s, int64_t mixes, int64_t migrations) {
  note_found(s, mixes < s->top ? mixes : s->top, migrations);
}

const uint32_t *capacity_search_end(const capacity_search *s, int64_t mixes) {
  return mixes < s->base || mixes > s->top ? NULL : s->end[mixes - s->base];
}
