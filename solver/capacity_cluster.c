/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cheap figures first, each a bound for the next: sums bound what fits with any migrations, that
 * what fits with some, that what fits as it is, that what survives one failure, and so on. Searches
 * are asked only where two of them still differ.
 */
#include "capacity_cluster.h"
#include "arena.h"
#include "capacity_admission.h"
#include "capacity_fill.h"
#include "capacity_moves.h"
#include "capacity_search.h"
#include "capacity_survival.h"
#include "checked.h"
#include <assert.h>

/* No more VMs than that are tried out against failures; no more migrations, one by one. */
enum { MOST_ON_A_HOST = 1024, MOST_STOCKED = 800000, MOST_STEPS = 64 };

typedef struct cluster_work {
  const capacity_asking *asking;
  capacity_ground ground;
  capacity_stock stock;
  capacity_search *still, *moving;
  search_clock half; /* of the search for migrations */
  bool cut_short;
  berth_capacity_figure now;
  int64_t most_moved; /* with any migrations */
  arena *memory;      /* of the work */
} cluster_work;

static berth_status no_memory(const capacity_asking *asking) {
  return context_fail(asking->ctx, BERTH_E_NOMEM, NULL, "out of memory");
}

static int64_t vms_of_mix(const berth_capacity_request *request) {
  int64_t vms = 0;
  for (uint32_t f = 0; f < request->flavour_count; f++)
    vms += request->flavours[f].count;
  return vms;
}

/* Whether the cluster, with so many mixes, is small enough for searches. */
static bool is_searchable(const cluster_work *w, int64_t mixes) {
  const problem *p = &w->ground.whole;
  assert(mixes >= -1);
  int64_t added = mixes * vms_of_mix(w->asking->request);
  return added <= CAPACITY_MOST_ADDED &&
         ((uint64_t)p->item_count + (uint64_t)added) * p->host_count <= CAPACITY_MOST_PAIRS;
}

/* ---------------------------------------------------------------------- as it is */

static bool count_now(cluster_work *w) {
  filler *fill = filler_new(&w->ground, (fill_terms){TAKES_NOW, BERTH_NONE}, w->memory);
  if (fill == NULL)
    return false;
  w->now = filler_count(fill);
  w->most_moved = capacity_totals_moved(&w->ground);
  if (w->most_moved < w->now.most)
    w->now.most = w->most_moved < w->now.least ? w->now.least : w->most_moved;
  return true;
}

/* VMs for as many mixes as any figure may need. */
static berth_status stock_up(cluster_work *w, int64_t mixes) {
  int64_t most = (int64_t)w->ground.whole.host_count * MOST_ON_A_HOST;
  int64_t vms = vms_of_mix(w->asking->request);
  assert(vms > 0);
  int64_t room = (most < MOST_STOCKED ? most : MOST_STOCKED) / vms;
  w->stock.clock = w->asking->clock;
  w->stock.exact_limit = w->asking->exact_limit;
  if (mixes < 0)
    mixes = 0;
  return capacity_stock_build(&w->stock, &w->ground, w->asking->ctx, mixes < room ? mixes : room,
                              w->memory);
}

static bool search_still(cluster_work *w) {
  bool needed = w->now.least < w->now.most || !w->ground.is_plain;
  if (!needed || !is_searchable(w, w->now.most))
    return true;
  int64_t most = w->now.most < w->stock.mixes ? w->now.most : w->stock.mixes; /* all there are */
  w->still = capacity_search_new(&w->stock, false, w->now.least, most, w->memory);
  return w->still != NULL && capacity_search_narrow(w->still, 0, &w->now);
}

static bool audit_base(const cluster_work *w, audit_ground *audit) {
  return audit_ground_build(audit, w->ground.inventory, w->ground.cluster,
                            w->asking->request->domain, w->memory);
}

static bool count_survived(const cluster_work *w, const audit_ground *audit, uint32_t failures,
                           berth_capacity_figure *figure) {
  survival_question question = {.ground = &w->ground,
                                .stock = &w->stock,
                                .still = w->still,
                                .domain = w->asking->request->domain};
  figure->least = -1;
  return capacity_survival_narrow(&question, audit, failures, w->memory, figure);
}

static void close_work(cluster_work *w) {
  capacity_stock_free(&w->stock);
  capacity_ground_free(&w->ground);
}

static berth_status open_work(cluster_work *w, const berth_inventory *inventory, uint32_t cluster,
                              bool moving) {
  berth_status status = capacity_ground_build(&w->ground, w->asking->ctx, inventory, cluster,
                                              w->asking->request, w->memory);
  if (status != BERTH_OK)
    return status;
  if (!count_now(w))
    return no_memory(w->asking);
  bool search = moving && is_searchable(w, w->most_moved);
  bool survive = w->asking->request->failures > 0;
  bool plain = w->ground.is_plain && w->now.least == w->now.most;
  if (!search && !survive && (plain || !is_searchable(w, w->now.most)))
    return BERTH_OK;
  return stock_up(w, search ? w->most_moved : w->now.most);
}

berth_status capacity_judge(const capacity_asking *asking, const berth_inventory *inventory,
                            uint32_t cluster, uint32_t failures, berth_capacity_figure *now,
                            berth_capacity_figure *kept) {
  arena memory;
  cluster_work w = {.asking = asking, .memory = &memory};
  audit_ground audit;
  arena_init(&memory, context_allocator(asking->ctx));
  berth_status status = open_work(&w, inventory, cluster, false);
  bool ok = status == BERTH_OK && (w.stock.full == NULL || search_still(&w));
  *now = *kept = w.now;
  if (ok && failures > 0)
    ok = audit_base(&w, &audit) && count_survived(&w, &audit, failures, kept);
  if (status == BERTH_OK && !ok)
    status = no_memory(asking);
  close_work(&w);
  arena_free(&memory);
  return status;
}

/* ---------------------------------------------------------------------- with migrations */

/* Migrations that pay off one by one. found[m] mixes fit with m of them. */
static bool try_moves(cluster_work *w, int64_t *found, uint32_t steps) {
  int64_t count = w->asking->request->flavours[0].count;
  found[0] = w->now.least * count;
  if (!capacity_moves_try(&w->ground, steps, w->asking->clock, w->memory, found))
    return false;
  for (uint32_t m = 0; m <= steps; m++) {
    found[m] = found[m] / count < w->most_moved ? found[m] / count : w->most_moved;
    if (w->moving != NULL)
      capacity_search_tell(w->moving, found[m], m);
  }
  return true;
}

/* Half of the time that is left, so that some remains for what comes after. */
static bool count_moved(cluster_work *w, berth_capacity_figure *figures) {
  const berth_capacity_request *request = w->asking->request;
  berth_capacity_figure found = w->now;
  bool search = w->stock.full != NULL && w->stock.mixes >= w->most_moved &&
                is_searchable(w, w->most_moved) && request->migration_count > 0;
  if (search) {
    search_clock_share(&w->half, w->asking->clock, w->asking->clock->worker);
    w->half.deadline -= 5e-4 * (double)search_clock_left(w->asking->clock);
    w->stock.clock = &w->half;
    w->moving = capacity_search_new(&w->stock, true, w->now.least, w->most_moved, w->memory);
    if (w->moving == NULL)
      return false;
  }
  int64_t *steps = arena_take(w->memory, MOST_STEPS + 1, sizeof *steps);
  bool pays = w->ground.is_plain && w->ground.flavour_count == 1 && request->migration_count > 0 &&
              request->migrations[request->migration_count - 1] > 0 && w->now.least < w->most_moved;
  if (steps == NULL || (pays && !try_moves(w, steps, MOST_STEPS)))
    return false;
  for (uint32_t i = 0; i < request->migration_count; i++) {
    int64_t most, limit = request->migrations[i] < MOST_STEPS ? request->migrations[i] : MOST_STEPS;
    if (!capacity_bound_moved(&w->ground, request->migrations[i], w->memory, &most))
      return false;
    if (request->migrations[i] == 0)
      most = w->now.most < most ? w->now.most : most;
    if (pays && steps[limit] > found.least)
      found.least = steps[limit];
    if (most < found.least)
      most = found.least;
    figures[i] = (berth_capacity_figure){.least = found.least, .most = most};
    if (search && request->migrations[i] > 0 &&
        !capacity_search_narrow(w->moving, request->migrations[i], &figures[i]))
      return false;
    found.least = figures[i].least;
  }
  w->cut_short = search && search_clock_over(&w->half);
  for (uint32_t i = request->migration_count; i-- > 1;) /* more migrations, more VMs */
    if (figures[i].most < figures[i - 1].most)
      figures[i - 1].most = figures[i].most;
  return true;
}

/* ---------------------------------------------------------------------- resources and hosts */

static bool measure_resources(const cluster_work *w, arena *memory, berth_capacity_cluster *out) {
  const capacity_ground *g = &w->ground;
  const problem *p = &g->whole;
  fill_terms terms = {TAKES_NOW, BERTH_NONE};
  berth_capacity_resource *list = arena_take(memory, p->resource_count, sizeof *list);
  int64_t filled = larger_i64(0, w->now.least);
  if (list == NULL)
    return false;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    int64_t free = fill_free(g, terms, r);
    list[r] = (berth_capacity_resource){.demand = g->mix[r], .free = free, .beyond = w->now};
    list[r].by_total = BERTH_UNLIMITED;
    if (free == BERTH_UNLIMITED)
      list[r].free = 0;
    else
      list[r].stranded = larger_i64(0, free - filled * g->mix[r]);
    if (g->mix[r] == 0)
      continue;
    if (free != BERTH_UNLIMITED)
      list[r].by_total = free / g->mix[r];
    filler *without = filler_new(g, (fill_terms){TAKES_NOW, r}, w->memory);
    if (without == NULL)
      return false;
    list[r].beyond = filler_count(without);
    if (list[r].beyond.least < w->now.least) /* found by a search */
      list[r].beyond.least = w->now.least;
    if (list[r].beyond.most < list[r].beyond.least)
      list[r].beyond.most = list[r].beyond.least;
    list[r].binds = g->is_plain && list[r].beyond.least > w->now.most;
  }
  out->resources = list;
  return true;
}

static void measure_host(const capacity_ground *g, uint32_t host, berth_capacity_host *out) {
  const problem *p = &g->whole;
  const int64_t *room = g->room + (size_t)host * p->resource_count;
  uint32_t best = 0;
  assert(host < p->host_count);
  out->resource = BERTH_NONE;
  out->mixes = CAPACITY_NO_END;
  for (uint32_t f = 0; f < g->flavour_count; f++) {
    bool takes = g->flavours[f].takes[host] == TAKES_NOW;
    int64_t fits = takes ? fill_fits(g, f, host, BERTH_NONE) : 0;
    if (fits / g->flavours[f].asked->count < out->mixes)
      out->mixes = fits / g->flavours[f].asked->count;
    if (fits > out->vms)
      best = f;
    out->vms = fits > out->vms ? fits : out->vms;
    out->open |= takes;
  }
  for (uint32_t r = 0; r < p->resource_count; r++) {
    if (room[r] != BERTH_UNLIMITED && g->mix[r] > 0 && room[r] / g->mix[r] < out->mixes)
      out->mixes = room[r] / g->mix[r];
    int64_t demand = g->flavours[best].demand[r];
    if (out->open && out->resource == BERTH_NONE && demand > 0 && room[r] != BERTH_UNLIMITED &&
        room[r] / demand == fill_fits(g, best, host, BERTH_NONE))
      out->resource = r;
  }
}

static bool measure_hosts(const cluster_work *w, arena *memory, berth_capacity_cluster *out) {
  const capacity_ground *g = &w->ground;
  berth_capacity_host *hosts = arena_take(memory, g->whole.host_count, sizeof *hosts);
  if (hosts == NULL)
    return false;
  for (uint32_t h = 0; h < g->whole.host_count; h++) {
    measure_host(g, h, &hosts[h]);
    out->standby_hosts += g->whole.host_open[h] && g->whole.host_asleep[h];
  }
  out->hosts = hosts;
  return true;
}

/* ---------------------------------------------------------------------- all of it */

static bool count_woken(const cluster_work *w, berth_capacity_cluster *out) {
  out->woken = w->now;
  if (out->standby_hosts == 0)
    return true;
  filler *fill = filler_new(&w->ground, (fill_terms){TAKES_WOKEN, BERTH_NONE}, w->memory);
  if (fill == NULL)
    return false;
  out->woken = filler_count(fill);
  if (out->woken.least < w->now.least)
    out->woken.least = w->now.least;
  return true;
}

static bool count_failures(cluster_work *w, berth_capacity_figure *survived) {
  uint32_t failures = w->asking->request->failures;
  audit_ground audit;
  survived[0] = w->now;
  if (failures == 0)
    return true;
  if (!audit_base(w, &audit))
    return false;
  for (uint32_t k = 1; k <= failures; k++) {
    survived[k] = (berth_capacity_figure){.most = survived[k - 1].most};
    if (!count_survived(w, &audit, k, &survived[k]))
      return false;
  }
  for (uint32_t k = failures; k > 0; k--) /* what survives more survives less */
    if (survived[k - 1].least < survived[k].least)
      survived[k - 1].least = survived[k].least;
  return true;
}

static bool ask_all(cluster_work *w, arena *memory, berth_capacity_cluster *out) {
  const berth_capacity_request *request = w->asking->request;
  berth_capacity_figure *migrated = arena_take(memory, request->migration_count, sizeof *migrated);
  berth_capacity_figure *survived =
      arena_take(memory, (size_t)request->failures + 1, sizeof *survived);
  if (migrated == NULL || survived == NULL || (w->stock.full != NULL && !search_still(w)) ||
      !count_failures(w, survived) || !count_moved(w, migrated) || !measure_hosts(w, memory, out) ||
      !measure_resources(w, memory, out) || !count_woken(w, out) ||
      !capacity_admission(&w->ground, w->memory, out))
    return false;
  out->now = w->now;
  assert(w->now.least <= w->now.most);
  out->totals.least = out->totals.most =
      fill_totals(&w->ground, (fill_terms){TAKES_NOW, BERTH_NONE});
  out->migrated = migrated;
  out->survived = survived;
  out->down = w->ground.down_count;
  out->waiting = w->ground.waiting;
  out->cut_short = w->cut_short || search_clock_over(w->asking->clock);
  return true;
}

berth_status capacity_cluster_ask(const capacity_asking *asking, const berth_inventory *inventory,
                                  uint32_t cluster, arena *memory, berth_capacity_cluster *out) {
  arena work;
  cluster_work w = {.asking = asking, .memory = &work};
  arena_init(&work, context_allocator(asking->ctx));
  berth_status status = open_work(&w, inventory, cluster, asking->request->migration_count > 0);
  if (status == BERTH_OK && !ask_all(&w, memory, out))
    status = no_memory(asking);
  out->asked = status == BERTH_OK;
  close_work(&w);
  arena_free(&work);
  return status;
}
