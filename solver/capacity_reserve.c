/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared backup capacity, as networks are planned with: failures do not happen together, so what is
 * kept free for one serves for all others. Failure by failure, the largest first, each VM that
 * stops goes to where it makes the reserve grow least, counted in VMs of the largest flavour that
 * no longer fit; of several such hosts to the one with least room.
 */
#include "capacity_reserve.h"
#include "admission.h"
#include "checked.h"
#include "keyed_sort.h"
#include "set_number.h"
#include <assert.h>
#include <string.h>

enum { MOST_FAILURES = 64 };

struct capacity_reserve {
  const capacity_ground *g;
  const audit_ground *audit;
  uint32_t failures;
  uint32_t *order;   /* units, those that lose most first */
  uint32_t *by_room; /* hosts, those with least memory free first */
  int64_t *kept;     /* [host * resources] */
  int64_t *load;     /* [host * resources] restarts of the failure that is looked at */
  int64_t *left;     /* [host * resources] room beside the reserve */
  uint8_t *out;      /* [host] failed */
  uint32_t *touched; /* hosts with load */
  uint32_t touched_count;
  bool started;
  filler *fill;
};

bool capacity_reserve_pays(const capacity_ground *g, const audit_ground *audit, uint32_t failures) {
  uint64_t units = audit->unit_count > 0 ? audit->unit_count : 1;
  uint64_t sets = set_number_count(audit->unit_count, failures);
  uint64_t pairs = ((uint64_t)g->whole.item_count / units + 1) * g->whole.host_count * failures;
  return g->is_plain && failures <= audit->unit_count && sets < RESERVE_MOST_WORK &&
         sets * pairs < RESERVE_MOST_WORK;
}

static bool order_units(capacity_reserve *s, arena *memory) {
  const audit_ground *a = s->audit;
  int64_t *need = arena_take(memory, a->unit_count, sizeof *need);
  s->order = arena_take(memory, a->unit_count, sizeof *s->order);
  if (need == NULL || s->order == NULL)
    return false;
  for (uint32_t u = 0; u < a->unit_count; u++) {
    s->order[u] = u;
    for (uint32_t i = a->unit_start[u]; i < a->unit_start[u + 1]; i++) {
      uint32_t host = a->unit_hosts[i];
      for (uint32_t k = a->content_start[host]; k < a->content_start[host + 1]; k++)
        need[u] += problem_demand(&a->whole, a->content[k])[BERTH_RESOURCE_MEMORY];
    }
  }
  keyed_sort(s->order, a->unit_count, need);
  return true;
}

static bool order_hosts(capacity_reserve *s, arena *memory) {
  const problem *p = &s->g->whole;
  int64_t *key = arena_take(memory, p->host_count, sizeof *key);
  s->by_room = arena_take(memory, p->host_count, sizeof *s->by_room);
  if (key == NULL || s->by_room == NULL)
    return false;
  for (uint32_t h = 0; h < p->host_count; h++) {
    s->by_room[h] = h;
    key[h] = -s->g->room[(size_t)h * p->resource_count + BERTH_RESOURCE_MEMORY];
  }
  keyed_sort(s->by_room, p->host_count, key);
  return true;
}

capacity_reserve *capacity_reserve_new(const capacity_ground *g, const audit_ground *audit,
                                       uint32_t failures, arena *memory) {
  size_t row = g->whole.resource_count * sizeof(int64_t);
  uint32_t hosts = g->whole.host_count;
  capacity_reserve *s = arena_take(memory, 1, sizeof *s);
  if (s == NULL)
    return NULL;
  *s = (capacity_reserve){.g = g, .audit = audit, .failures = failures};
  s->kept = arena_take(memory, hosts, row);
  s->load = arena_take(memory, hosts, row);
  s->left = arena_take(memory, hosts, row);
  s->out = arena_take(memory, hosts, 1);
  s->touched = arena_take(memory, hosts, sizeof *s->touched);
  s->fill = filler_new(g, (fill_terms){TAKES_NOW, BERTH_NONE}, memory);
  bool ok = s->kept != NULL && s->load != NULL && s->left != NULL && s->out != NULL &&
            s->touched != NULL && s->fill != NULL && order_units(s, memory) &&
            order_hosts(s, memory);
  assert(!ok || g->whole.resource_count == audit->whole.resource_count);
  return ok ? s : NULL;
}

/* ---------------------------------------------------------------------- one VM */

static int64_t fits_beside(const capacity_reserve *s, uint32_t host, const int64_t *more) {
  const capacity_ground *g = s->g;
  size_t row = (size_t)host * g->whole.resource_count;
  uint32_t largest = filler_largest(s->fill);
  assert(host < g->whole.host_count && largest < g->flavour_count);
  const int64_t *demand = g->flavours[largest].demand;
  int64_t fits = CAPACITY_NO_END;
  if (g->flavours[largest].takes[host] != TAKES_NOW)
    return 0;
  for (uint32_t r = 0; r < g->whole.resource_count; r++) {
    if (demand[r] == 0 || g->room[row + r] == BERTH_UNLIMITED)
      continue;
    int64_t kept = larger_i64(s->kept[row + r], more != NULL ? s->load[row + r] + more[r] : 0);
    int64_t here = (g->room[row + r] - kept) / demand[r];
    fits = here < fits ? here : fits;
  }
  return fits;
}

static bool has_room(const capacity_reserve *s, uint32_t host, const int64_t *demand) {
  assert(host < s->g->whole.host_count);
  size_t row = (size_t)host * s->g->whole.resource_count;
  for (uint32_t r = 0; r < s->g->whole.resource_count; r++) {
    int64_t room = s->g->room[row + r];
    if (demand[r] > 0 && room != BERTH_UNLIMITED && s->load[row + r] + demand[r] > room)
      return false;
  }
  return true;
}

static void put(capacity_reserve *s, uint32_t host, const int64_t *demand) {
  size_t row = (size_t)host * s->g->whole.resource_count;
  assert(!s->out[host]);
  if (s->load[row + BERTH_RESOURCE_VMS] == 0)
    s->touched[s->touched_count++] = host;
  for (uint32_t r = 0; r < s->g->whole.resource_count; r++) {
    s->load[row + r] += demand[r];
    s->kept[row + r] = larger_i64(s->kept[row + r], s->load[row + r]);
  }
}

/* How many VMs fewer fit beside the reserve if this is put there. */
static int64_t loss_at(const capacity_reserve *s, uint32_t host, const int64_t *demand) {
  size_t row = (size_t)host * s->g->whole.resource_count;
  bool grows = false;
  for (uint32_t r = 0; r < s->g->whole.resource_count && !grows; r++)
    grows = s->load[row + r] + demand[r] > s->kept[row + r];
  return grows ? fits_beside(s, host, NULL) - fits_beside(s, host, demand) : 0;
}

/* @p item: of the audit, BERTH_NONE = a VM of the flavour. */
static void place(capacity_reserve *s, uint32_t item, uint32_t flavour) {
  const capacity_ground *g = s->g;
  const problem *p = &s->audit->whole;
  const int64_t *demand =
      item != BERTH_NONE ? problem_demand(p, item) : g->flavours[flavour].demand;
  uint32_t best = BERTH_NONE;
  int64_t least = INT64_MAX;
  for (uint32_t i = 0; i < p->host_count && least > 0; i++) {
    uint32_t h = s->by_room[i];
    bool admitted = item != BERTH_NONE ? p->host_open[h] && !p->host_asleep[h]
                                       : g->flavours[flavour].takes[h] == TAKES_NOW;
    if (!admitted || s->out[h] || !has_room(s, h, demand))
      continue;
    int64_t loss = loss_at(s, h, demand);
    if (loss >= least || (item != BERTH_NONE && !admission_allows_restart(p, item, h)))
      continue;
    best = h;
    least = loss;
  }
  if (best != BERTH_NONE) /* else it is lost, which a test of the end will tell */
    put(s, best, demand);
}

/* ---------------------------------------------------------------------- one failure */

static void clear_load(capacity_reserve *s) {
  size_t resources = s->g->whole.resource_count;
  for (uint32_t i = 0; i < s->touched_count; i++)
    memset(s->load + s->touched[i] * resources, 0, resources * sizeof *s->load);
  s->touched_count = 0;
}

static void keep_for(capacity_reserve *s, const uint32_t *units, const uint32_t *vms) {
  const audit_ground *a = s->audit;
  const capacity_ground *g = s->g;
  assert(s->touched_count == 0 && vms != NULL);
  for (uint32_t u = 0; u < s->failures; u++)
    for (uint32_t i = a->unit_start[units[u]]; i < a->unit_start[units[u] + 1]; i++)
      s->out[a->unit_hosts[i]] = 1;
  for (uint32_t h = 0; h < g->whole.host_count; h++) {
    if (!s->out[h])
      continue;
    for (uint32_t k = a->content_start[h]; k < a->content_start[h + 1]; k++)
      if (a->comes_back[a->content[k]])
        place(s, a->content[k], 0);
    for (uint32_t f = 0; f < g->flavour_count && s->started; f++)
      for (uint32_t i = 0; i < vms[(size_t)h * g->flavour_count + f]; i++)
        if (g->flavours[f].comes_back)
          place(s, BERTH_NONE, f);
  }
  clear_load(s);
  memset(s->out, 0, g->whole.host_count);
}

/* ---------------------------------------------------------------------- a round */

static int64_t fill_the_rest(capacity_reserve *s, uint32_t *vms) {
  const capacity_ground *g = s->g;
  size_t cells = (size_t)g->whole.host_count * g->whole.resource_count;
  int64_t fits = 0, refused = fill_totals(g, (fill_terms){TAKES_NOW, BERTH_NONE}) + 1;
  if (refused > BERTH_OBJECTS_MAX)
    refused = BERTH_OBJECTS_MAX;
  for (size_t i = 0; i < cells; i++)
    s->left[i] = g->room[i] == BERTH_UNLIMITED ? BERTH_UNLIMITED : g->room[i] - s->kept[i];
  filler_limit(s->fill, s->left);
  while (fits + 1 < refused) {
    int64_t middle = fits + (refused - fits) / 2;
    if (filler_try(s->fill, middle, FILL_TIGHT_FIRST, NULL))
      fits = middle;
    else
      refused = middle;
  }
  (void)filler_try(s->fill, fits, FILL_TIGHT_FIRST, vms);
  assert(fits >= 0 && fits < refused);
  return fits;
}

int64_t capacity_reserve_round(capacity_reserve *s, search_clock *clock, uint32_t *vms) {
  uint32_t units = s->audit->unit_count, set[MOST_FAILURES], named[MOST_FAILURES];
  uint64_t sets = set_number_count(units, s->failures);
  assert(s->failures > 0 && s->failures <= MOST_FAILURES && sets > 0);
  set_number_find(units, s->failures, 0, set);
  for (uint64_t i = 0; i < sets && !search_clock_over(clock); i++) {
    for (uint32_t u = 0; u < s->failures; u++)
      named[u] = s->order[set[u]];
    keep_for(s, named, vms);
    set_number_next(units, s->failures, set);
  }
  s->started = true;
  return fill_the_rest(s, vms);
}
