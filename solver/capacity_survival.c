/* SPDX-License-Identifier: Apache-2.0 */
/*
 * If a cluster with n + 1 mixes survives, so it does with n: leave one mix out of the end state and
 * of every restart, and nothing that is left needs more. So there is a largest number.
 *
 * Above it is bounded: after any failure what stopped and all mixes stand on the hosts that are
 * left (sums, places for the flavour, and the search that plans are made with, failure by failure).
 * Below, end states are built and put to every failure: tight hosts filled first, so that the room
 * kept for restarts is in large pieces; or all evenly. A few distributions are all tried.
 */
#include "capacity_survival.h"
#include "audit_exact.h"
#include "audit_restarts.h"
#include "capacity_reserve.h"
#include "checked.h"
#include "keyed_sort.h"
#include "largest_first.h"
#include "set_number.h"
#include <assert.h>
#include <stdatomic.h>
#include <string.h>

enum {
  MOST_SETS_ASKED = 400,
  MOST_SPREADS = 2000,
  MOST_UNITS_TRIED = 64,
  RESERVE_ROUNDS = 4,
  FINE = 1000
};
#define MOST_PAIRS_ASKED UINT64_C(4000000)
#define MOST_SETS_TRIED UINT64_C(4000000)

/* ---------------------------------------------------------------------- bounds */

static bool is_awake(const capacity_ground *g, uint32_t host) {
  return g->whole.host_open[host] && !g->whole.host_asleep[host];
}

static bool all_come_back(const capacity_ground *g) {
  for (uint32_t f = 0; f < g->flavour_count; f++)
    if (!g->flavours[f].comes_back)
      return false;
  return true;
}

/* What the unit takes away of the resource: its room, and the room that its VMs need elsewhere. */
static int64_t loss_of(const capacity_ground *g, const audit_ground *audit, uint32_t unit,
                       uint32_t r) {
  const problem *p = &audit->whole;
  int64_t loss = 0;
  assert(unit < audit->unit_count && r < p->resource_count);
  for (uint32_t i = audit->unit_start[unit]; i < audit->unit_start[unit + 1]; i++) {
    uint32_t host = audit->unit_hosts[i];
    if (is_awake(g, host))
      loss += g->room[(size_t)host * p->resource_count + r];
    for (uint32_t k = audit->content_start[host]; k < audit->content_start[host + 1]; k++)
      if (audit->comes_back[audit->content[k]])
        loss += problem_demand(p, audit->content[k])[r];
  }
  return loss;
}

/* Room that is left of the resource for mixes in the worst case; BERTH_UNLIMITED. */
static int64_t left_of(const capacity_ground *g, const audit_ground *audit, uint32_t failures,
                       uint32_t r, int64_t *loss) {
  const problem *p = &audit->whole;
  int64_t left = 0;
  for (uint32_t h = 0; h < p->host_count; h++) {
    int64_t room = g->room[(size_t)h * p->resource_count + r];
    if (is_awake(g, h) && room == BERTH_UNLIMITED)
      return BERTH_UNLIMITED;
    left += is_awake(g, h) ? room : 0;
  }
  for (uint32_t i = 0; i < audit->down_count; i++)
    if (audit->comes_back[audit->down[i]])
      left -= problem_demand(p, audit->down[i])[r];
  for (uint32_t u = 0; u < audit->unit_count; u++)
    loss[u] = loss_of(g, audit, u, r);
  largest_first(loss, audit->unit_count, failures);
  for (uint32_t u = 0; u < failures && u < audit->unit_count; u++)
    left -= loss[u];
  return left;
}

/* Places for the flavour on what is left in the worst case. */
static int64_t places_left(const capacity_ground *g, const audit_ground *audit, uint32_t failures,
                           uint32_t flavour, int64_t *loss) {
  int64_t places = 0;
  for (uint32_t h = 0; h < g->whole.host_count; h++)
    if (is_awake(g, h))
      places += fill_fits(g, flavour, h, BERTH_NONE);
  for (uint32_t u = 0; u < audit->unit_count; u++) {
    loss[u] = 0;
    for (uint32_t i = audit->unit_start[u]; i < audit->unit_start[u + 1]; i++)
      if (is_awake(g, audit->unit_hosts[i]))
        loss[u] += fill_fits(g, flavour, audit->unit_hosts[i], BERTH_NONE);
  }
  largest_first(loss, audit->unit_count, failures);
  for (uint32_t u = 0; u < failures && u < audit->unit_count; u++)
    places -= loss[u];
  assert(places >= 0);
  return places;
}

bool capacity_bound_survival(const capacity_ground *g, const audit_ground *audit, uint32_t failures,
                             arena *memory, int64_t *most) {
  int64_t *loss = arena_take(memory, audit->unit_count, sizeof *loss);
  bool back = all_come_back(g);
  *most = BERTH_OBJECTS_MAX;
  if (loss == NULL)
    return false;
  for (uint32_t r = 0; r < g->whole.resource_count; r++) {
    int64_t left = left_of(g, audit, failures, r, loss);
    if (left < 0)
      *most = -1;
    else if (back && left != BERTH_UNLIMITED && g->mix[r] > 0 && left / g->mix[r] < *most)
      *most = left / g->mix[r];
  }
  for (uint32_t f = 0; f < g->flavour_count && back; f++) {
    int64_t mixes = places_left(g, audit, failures, f, loss) / g->flavours[f].asked->count;
    *most = mixes < *most ? mixes : *most;
  }
  return true;
}

/* ---------------------------------------------------------------------- does an end survive */

typedef enum end_verdict { END_SURVIVES, END_LOST, END_OPEN } end_verdict;

typedef struct end_test {
  const audit_ground *ground;
  search_clock *clock;
  int64_t exact_limit;
  bool thorough; /* large clusters are searched, too */
  uint32_t size;
  const uint32_t *order; /* units, those with most to restart first */
  audit_trial **trials;  /* [hand] */
  const berth_allocator *allocator;
  atomic_bool lost, open, no_memory;
} end_test;

static bool next_set(uint32_t units, uint32_t from, uint32_t size, uint32_t *set) {
  uint32_t at = size;
  while (at > from && set[at - 1] == units - size + at - 1)
    at--;
  if (at == from)
    return false;
  set[at - 1]++;
  for (uint32_t i = at; i < size; i++)
    set[i] = set[i - 1] + 1;
  return true;
}

static void ask_exactly(end_test *t, const audit_trial *trial, search_clock *clock) {
  const problem *p = &t->ground->whole;
  arena memory;
  audit_answer answer;
  if (!t->thorough && (uint64_t)p->item_count * p->host_count > MOST_PAIRS_ASKED) {
    atomic_store(&t->open, true);
    return;
  }
  arena_init(&memory, t->allocator);
  if (!audit_exact_ask(t->ground, trial->out, t->exact_limit, clock, &memory, &answer))
    atomic_store(&t->no_memory, true);
  else if (answer.verdict == BERTH_AUDIT_LOST)
    atomic_store(&t->lost, true);
  else if (answer.verdict != BERTH_AUDIT_RESTARTS)
    atomic_store(&t->open, true);
  arena_free(&memory);
}

/* All sets that begin with one unit. */
static void try_sets(void *user, uint32_t first, worker *self) {
  end_test *t = user;
  audit_trial *trial = t->trials[worker_index(self)];
  uint32_t set[MOST_UNITS_TRIED] = {0}, units[MOST_UNITS_TRIED];
  search_clock clock;
  search_clock_share(&clock, t->clock, self);
  assert(t->size > 0 && t->size <= MOST_UNITS_TRIED);
  for (uint32_t i = 0; i < t->size; i++)
    set[i] = first + i;
  do {
    if (atomic_load(&t->lost) || atomic_load(&t->open))
      return;
    if (search_clock_over(&clock)) {
      atomic_store(&t->open, true);
      return;
    }
    for (uint32_t i = 0; i < t->size; i++)
      units[i] = t->order[set[i]];
    audit_trial_fail(trial, units, t->size);
    restarts_result result = audit_restarts(trial);
    if (result == RESTARTS_OPEN)
      ask_exactly(t, trial, &clock);
    else if (result != RESTARTS_PLACED)
      atomic_store(&t->lost, true);
    audit_trial_recover(trial, units, t->size);
  } while (next_set(t->ground->unit_count, 1, t->size, set));
}

static uint32_t *order_units(const audit_ground *g, arena *memory) {
  uint32_t *order = arena_take(memory, g->unit_count, sizeof *order);
  int64_t *need = arena_take(memory, g->unit_count, sizeof *need);
  if (order == NULL || need == NULL)
    return NULL;
  for (uint32_t u = 0; u < g->unit_count; u++) {
    for (uint32_t i = g->unit_start[u]; i < g->unit_start[u + 1]; i++) {
      uint32_t host = g->unit_hosts[i];
      for (uint32_t k = g->content_start[host]; k < g->content_start[host + 1]; k++)
        need[u] += problem_demand(&g->whole, g->content[k])[BERTH_RESOURCE_MEMORY];
    }
    order[u] = u;
  }
  keyed_sort(order, g->unit_count, need);
  return order;
}

static bool open_test(end_test *t, const survival_question *q, const audit_ground *ground,
                      arena *memory) {
  uint32_t hands = worker_hands(q->stock->clock->worker);
  *t = (end_test){.ground = ground, .clock = q->stock->clock, .allocator = &memory->allocator};
  t->exact_limit = q->stock->exact_limit;
  t->order = order_units(ground, memory);
  t->trials = arena_take(memory, hands, sizeof *t->trials);
  if (t->order == NULL || t->trials == NULL)
    return false;
  for (uint32_t h = 0; h < hands; h++)
    if ((t->trials[h] = audit_trial_new(ground, memory)) == NULL)
      return false;
  return true;
}

/* @p view has every VM at its end. */
static bool test_end(const survival_question *q, berth_inventory *view, int64_t mixes,
                     uint32_t failures, arena *memory, end_verdict *verdict) {
  audit_ground *ground = arena_take(memory, 1, sizeof *ground);
  end_test t;
  view->vm_movable = arena_take(memory, view->vm_count, 1);
  view->host_wake = arena_take(memory, view->host_count, 1);
  if (ground == NULL || view->vm_movable == NULL || view->host_wake == NULL ||
      !audit_ground_build(ground, view, q->ground->cluster, q->domain, memory) ||
      !open_test(&t, q, ground, memory))
    return false;
  if (failures > ground->unit_count)
    failures = ground->unit_count;
  t.thorough = mixes == 0;
  for (uint32_t size = failures; size > 0 && !t.lost && !t.open; size--) {
    if (set_number_count(ground->unit_count, size) > MOST_SETS_TRIED)
      t.open = true;
    t.size = size;
    workers_run(q->stock->clock->worker, ground->unit_count - size + 1, try_sets, &t);
  }
  *verdict = t.lost ? END_LOST : t.open ? END_OPEN : END_SURVIVES;
  assert(*verdict != END_SURVIVES || (!t.lost && !t.open));
  return !t.no_memory;
}

/* ---------------------------------------------------------------------- end states */

static void place_filled(const survival_question *q, const uint32_t *vms, uint32_t *vm_host) {
  const capacity_ground *g = q->ground;
  for (uint32_t f = 0; f < g->flavour_count; f++) {
    uint32_t vm = q->stock->mixes > 0 ? q->stock->first[f] : 0;
    assert(vms != NULL && vm_host != NULL);
    for (uint32_t h = 0; h < g->whole.host_count; h++)
      for (uint32_t i = 0; i < vms[(size_t)h * g->flavour_count + f]; i++)
        vm_host[vm++] = g->whole.host[h];
  }
}

static bool test_filled(const survival_question *q, int64_t mixes, const uint32_t *vms,
                        uint32_t failures, arena *memory, end_verdict *verdict) {
  arena local;
  berth_inventory view;
  uint32_t *vm_host;
  arena_init(&local, &memory->allocator);
  bool ok = capacity_stock_view(q->stock, mixes, &local, &view, &vm_host);
  if (ok) {
    place_filled(q, vms, vm_host);
    ok = test_end(q, &view, mixes, failures, &local, verdict);
  }
  arena_free(&local);
  return ok;
}

/* The end state that a search found. */
static bool test_found(const survival_question *q, int64_t mixes, const uint32_t *end,
                       uint32_t failures, arena *memory, end_verdict *verdict) {
  const capacity_ground *g = q->ground;
  const frozen_cluster *cluster = &q->stock->full->clusters[g->cluster];
  arena local;
  berth_inventory view;
  uint32_t *vm_host;
  arena_init(&local, &memory->allocator);
  bool ok = capacity_stock_view(q->stock, mixes, &local, &view, &vm_host);
  if (ok) {
    for (uint32_t vm = 0; vm < cluster->vm_count; vm++) {
      if (view.vm_power[cluster->first_vm + vm] == BERTH_POWER_ON && end[vm] != BERTH_NONE)
        vm_host[cluster->first_vm + vm] = g->whole.host[end[vm]];
    }
    ok = test_end(q, &view, mixes, failures, &local, verdict);
  }
  arena_free(&local);
  return ok;
}

static bool test_fills(const survival_question *q, int64_t mixes, uint32_t failures, filler *fill,
                       uint32_t *vms, arena *memory, bool *survives) {
  end_verdict verdict = END_OPEN;
  for (int order = FILL_TIGHT_FIRST; order <= FILL_ROOMY_FIRST; order++) {
    if (!filler_try(fill, mixes, (fill_order)order, vms))
      continue;
    if (!test_filled(q, mixes, vms, failures, memory, &verdict))
      return false;
    *survives = verdict == END_SURVIVES;
    if (*survives || mixes == 0 || search_clock_over(q->stock->clock))
      return true;
  }
  return true;
}

/* Whether an end state with so many mixes is found that survives. */
static bool try_mixes(const survival_question *q, int64_t mixes, uint32_t failures, filler *fill,
                      uint32_t *vms, arena *memory, bool *survives) {
  end_verdict verdict = END_OPEN;
  *survives = false;
  if (q->ground->is_plain && !test_fills(q, mixes, failures, fill, vms, memory, survives))
    return false;
  for (int64_t n = mixes; q->still != NULL && n < mixes + 64 && !*survives; n++) {
    const uint32_t *end = capacity_search_end(q->still, n);
    if (end == NULL)
      continue;
    if (!test_found(q, mixes, end, failures, memory, &verdict))
      return false;
    *survives = verdict == END_SURVIVES;
    break;
  }
  return true;
}

/* What fits beside a reserve that all failures share. */
static bool search_reserve(const survival_question *q, const audit_ground *audit, uint32_t failures,
                           arena *memory, berth_capacity_figure *figure) {
  const capacity_ground *g = q->ground;
  uint32_t *vms = arena_take(memory, g->whole.host_count, g->flavour_count * sizeof *vms);
  capacity_reserve *reserve = capacity_reserve_new(g, audit, failures, memory);
  if (vms == NULL || reserve == NULL)
    return false;
  for (int round = 0; round < RESERVE_ROUNDS && figure->least < figure->most; round++) {
    end_verdict verdict = END_OPEN;
    int64_t mixes = capacity_reserve_round(reserve, q->stock->clock, vms);
    if (mixes <= figure->least || mixes > figure->most || mixes > q->stock->mixes ||
        search_clock_over(q->stock->clock))
      continue;
    if (!test_filled(q, mixes, vms, failures, memory, &verdict))
      return false;
    if (verdict == END_SURVIVES)
      figure->least = mixes;
  }
  return true;
}

/* Bisection, from above first: the sums are often all that counts. It ends at a thousandth. */
static bool search_up(const survival_question *q, uint32_t failures, arena *memory,
                      berth_capacity_figure *figure) {
  const capacity_ground *g = q->ground;
  int64_t refused = figure->most + 1;
  filler *fill = filler_new(g, (fill_terms){TAKES_NOW, BERTH_NONE}, memory);
  uint32_t *vms = arena_take(memory, g->whole.host_count, g->flavour_count * sizeof *vms);
  if (fill == NULL || vms == NULL)
    return false;
  for (bool first = true; figure->least + 1 + figure->least / FINE < refused; first = false) {
    int64_t middle = first ? figure->most : figure->least + (refused - figure->least) / 2;
    bool survives;
    if (middle > q->stock->mixes)
      middle = q->stock->mixes;
    if (middle <= figure->least || search_clock_over(q->stock->clock))
      return true;
    if (!try_mixes(q, middle, failures, fill, vms, memory, &survives))
      return false;
    if (survives)
      figure->least = middle;
    else
      refused = middle;
  }
  return true;
}

/* ---------------------------------------------------------------------- closing the gap */

static bool ask_set(const survival_question *q, const audit_ground *audit, const uint32_t *set,
                    uint32_t size, arena *memory, berth_capacity_figure *figure) {
  const capacity_ground *g = q->ground;
  int64_t vms = 0;
  arena local;
  stock_answer answer;
  arena_init(&local, &memory->allocator);
  uint32_t *failed = arena_take(&local, g->whole.host_count, sizeof *failed);
  stock_question question = {.mixes = figure->most,
                             .failed = failed,
                             .asks_failure = true,
                             .milliseconds = search_clock_part(q->stock->clock, 40)};
  for (uint32_t i = 0; failed != NULL && i < size; i++)
    for (uint32_t k = audit->unit_start[set[i]]; k < audit->unit_start[set[i] + 1]; k++)
      failed[question.failed_count++] = audit->unit_hosts[k];
  for (uint32_t f = 0; f < g->flavour_count; f++)
    vms += g->flavours[f].asked->count;
  assert(vms > 0);
  bool ok = failed != NULL && capacity_stock_ask(q->stock, &question, &local, &answer);
  if (ok && answer.least_unplaced > 0) {
    int64_t most = figure->most - (answer.least_unplaced + vms - 1) / vms;
    figure->most = larger_i64(figure->least, most < -1 ? -1 : most);
  }
  arena_free(&local);
  return ok;
}

/* Failure by failure: what stopped, and all mixes, on the hosts that are left. */
static bool search_down(const survival_question *q, const audit_ground *audit, uint32_t failures,
                        arena *memory, berth_capacity_figure *figure) {
  const capacity_ground *g = q->ground;
  uint32_t set[MOST_UNITS_TRIED];
  uint64_t pairs = (uint64_t)g->whole.host_count * g->whole.item_count;
  if (failures > audit->unit_count)
    failures = audit->unit_count;
  uint64_t sets = set_number_count(audit->unit_count, failures);
  if (!g->is_plain || !all_come_back(g) || sets > MOST_SETS_ASKED ||
      pairs * sets > CAPACITY_MOST_PAIRS)
    return true;
  for (uint32_t i = 0; i < failures; i++)
    set[i] = i;
  do {
    if (figure->least >= figure->most || figure->most > q->stock->mixes ||
        search_clock_over(q->stock->clock))
      return true;
    if (!ask_set(q, audit, set, failures, memory, figure))
      return false;
  } while (failures > 0 && next_set(audit->unit_count, 0, failures, set));
  return true;
}

typedef struct spreading {
  const survival_question *q;
  uint32_t failures;
  int64_t mixes;
  uint32_t *vms;
  uint32_t tried;
  bool found, given_up;
  arena *memory;
} spreading;

static int64_t places_of(const capacity_ground *g, uint32_t host) {
  assert(g->flavour_count == 1 && host < g->whole.host_count);
  return g->flavours[0].takes[host] == TAKES_NOW ? fill_fits(g, 0, host, BERTH_NONE) : 0;
}

/* In how many ways so many VMs stand on the hosts; MOST_SPREADS + 1 = more. */
static uint64_t count_spreads(const capacity_ground *g, int64_t vms, arena *memory) {
  uint64_t *ways = vms < MOST_SPREADS ? arena_take(memory, (size_t)vms + 1, sizeof *ways) : NULL;
  if (ways == NULL)
    return MOST_SPREADS + 1;
  ways[0] = 1;
  for (uint32_t h = 0; h < g->whole.host_count; h++) {
    int64_t places = places_of(g, h);
    for (int64_t n = vms; n > 0; n--) {
      for (int64_t here = 1; here <= places && here <= n; here++)
        ways[n] += ways[n - here];
      ways[n] = ways[n] > MOST_SPREADS ? MOST_SPREADS + 1 : ways[n];
    }
  }
  return ways[vms];
}

/* All ways to spread the VMs of one flavour over the hosts. */
static bool spread(spreading *s, uint32_t host, int64_t left) {
  const capacity_ground *g = s->q->ground;
  end_verdict verdict;
  if (s->found || s->given_up)
    return true;
  if (left == 0) {
    s->given_up = ++s->tried > MOST_SPREADS || search_clock_over(s->q->stock->clock);
    if (s->given_up)
      return true;
    if (!test_filled(s->q, s->mixes, s->vms, s->failures, s->memory, &verdict))
      return false;
    s->found = verdict == END_SURVIVES;
    s->given_up = verdict == END_OPEN;
    return true;
  }
  if (host == g->whole.host_count)
    return true;
  int64_t places = places_of(g, host), later = 0;
  for (uint32_t h = host + 1; h < g->whole.host_count; h++)
    later += places_of(g, h);
  for (int64_t here = larger_i64(0, left - later); here <= places && here <= left; here++) {
    s->vms[host] = (uint32_t)here;
    if (!spread(s, host + 1, left - here))
      return false;
  }
  s->vms[host] = 0;
  return true;
}

/* One mix more, in every way there is. */
static bool search_all(const survival_question *q, uint32_t failures, arena *memory,
                       berth_capacity_figure *figure) {
  const capacity_ground *g = q->ground;
  if (!g->is_plain || g->flavour_count != 1)
    return true;
  assert(figure->least <= figure->most);
  while (figure->least < figure->most && figure->least < q->stock->mixes) {
    spreading s = {.q = q, .failures = failures, .mixes = figure->least + 1, .memory = memory};
    s.vms = arena_take(memory, g->whole.host_count, sizeof *s.vms);
    int64_t vms = s.mixes * g->flavours[0].asked->count;
    if (count_spreads(g, vms, memory) > MOST_SPREADS)
      return true;
    if (s.vms == NULL || !spread(&s, 0, vms))
      return false;
    if (s.found)
      figure->least++;
    else if (!s.given_up)
      figure->most = figure->least;
    else
      return true;
  }
  return true;
}

bool capacity_survival_narrow(const survival_question *q, const audit_ground *audit,
                              uint32_t failures, arena *memory, berth_capacity_figure *figure) {
  int64_t most;
  assert(failures > 0 && failures <= MOST_UNITS_TRIED);
  if (!capacity_bound_survival(q->ground, audit, failures, memory, &most))
    return false;
  figure->most = most < figure->most ? most : figure->most;
  assert(figure->least <= figure->most);
  if (capacity_reserve_pays(q->ground, audit, failures) &&
      !search_reserve(q, audit, failures, memory, figure))
    return false;
  return search_up(q, failures, memory, figure) &&
         search_down(q, audit, failures, memory, figure) && search_all(q, failures, memory, figure);
}
