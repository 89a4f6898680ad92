/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One flavour: what fits on each host alone adds up, since no two hosts share anything. A mix: no
 * more than each flavour alone and than the sums allow; first fit, the largest flavour first, shows
 * what can be had, and bisection how much.
 */
#include "capacity_fill.h"
#include "checked.h"
#include "keyed_sort.h"
#include <assert.h>
#include <string.h>

struct filler {
  const capacity_ground *ground;
  fill_terms terms;
  const int64_t *room;
  uint32_t *by_tightness; /* hosts, those that take the fewest first */
  int64_t *key;           /* [host] less the VMs of the largest flavour that fit */
  uint32_t *flavours;     /* largest first */
  int64_t *left;          /* [host * resources] */
};

static int64_t lesser(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* ---------------------------------------------------------------------- sums */

static int64_t fits_in(const capacity_ground *g, const int64_t *room, uint32_t flavour,
                       uint32_t beyond) {
  const int64_t *demand = g->flavours[flavour].demand;
  int64_t fits = CAPACITY_NO_END;
  for (uint32_t r = 0; r < g->whole.resource_count; r++) {
    assert(room[r] >= 0 && demand[r] >= 0);
    if (demand[r] > 0 && room[r] != BERTH_UNLIMITED && r != beyond)
      fits = lesser(fits, room[r] / demand[r]);
  }
  return fits;
}

int64_t fill_fits(const capacity_ground *g, uint32_t flavour, uint32_t host, uint32_t beyond) {
  assert(flavour < g->flavour_count && host < g->whole.host_count);
  return fits_in(g, g->room + (size_t)host * g->whole.resource_count, flavour, beyond);
}

static bool takes_any(const capacity_ground *g, fill_terms terms, uint32_t host) {
  for (uint32_t f = 0; f < g->flavour_count; f++) {
    if (g->flavours[f].takes[host] >= terms.takes)
      return true;
  }
  return false;
}

int64_t fill_free(const capacity_ground *g, fill_terms terms, uint32_t resource) {
  const problem *p = &g->whole;
  int64_t sum = 0;
  assert(resource < p->resource_count);
  for (uint32_t h = 0; h < p->host_count; h++) {
    int64_t room = g->room[(size_t)h * p->resource_count + resource];
    if (!takes_any(g, terms, h))
      continue;
    if (room == BERTH_UNLIMITED)
      return BERTH_UNLIMITED;
    sum += room;
  }
  return sum;
}

int64_t fill_totals(const capacity_ground *g, fill_terms terms) {
  int64_t mixes = CAPACITY_NO_END;
  for (uint32_t r = 0; r < g->whole.resource_count; r++) {
    int64_t free = fill_free(g, terms, r);
    if (g->mix[r] > 0 && free != BERTH_UNLIMITED && r != terms.beyond)
      mixes = lesser(mixes, free / g->mix[r]);
  }
  return mixes;
}

/* ---------------------------------------------------------------------- the order of things */

/* The share of the cluster's free room that one VM takes. */
static int64_t size_of(const capacity_ground *g, fill_terms terms, uint32_t flavour) {
  int64_t size = 0;
  assert(flavour < g->flavour_count);
  for (uint32_t r = 0; r < g->whole.resource_count; r++) {
    int64_t free = fill_free(g, terms, r);
    if (free != BERTH_UNLIMITED)
      size = larger_i64(size, (g->flavours[flavour].demand[r] << 20) / larger_i64(1, free));
  }
  return size;
}

static void order_flavours(filler *f, int64_t *size) {
  for (uint32_t i = 0; i < f->ground->flavour_count; i++) {
    uint32_t at = i;
    size[i] = size_of(f->ground, f->terms, i);
    for (; at > 0 && size[f->flavours[at - 1]] < size[i]; at--)
      f->flavours[at] = f->flavours[at - 1];
    f->flavours[at] = i;
  }
}

static void order_hosts(filler *f) {
  uint32_t count = f->ground->whole.host_count;
  for (uint32_t h = 0; h < count; h++) {
    f->by_tightness[h] = h;
    f->key[h] = -fill_fits(f->ground, f->flavours[0], h, f->terms.beyond);
  }
  keyed_sort(f->by_tightness, count, f->key);
}

filler *filler_new(const capacity_ground *g, fill_terms terms, arena *memory) {
  const problem *p = &g->whole;
  filler *f = arena_take(memory, 1, sizeof *f);
  int64_t *size = arena_take(memory, g->flavour_count, sizeof *size);
  if (f == NULL || size == NULL)
    return NULL;
  *f = (filler){.ground = g, .terms = terms, .room = g->room};
  f->by_tightness = arena_take(memory, p->host_count, sizeof *f->by_tightness);
  f->key = arena_take(memory, p->host_count, sizeof *f->key);
  f->flavours = arena_take(memory, g->flavour_count, sizeof *f->flavours);
  f->left = arena_take(memory, p->host_count, p->resource_count * sizeof *f->left);
  if (f->by_tightness == NULL || f->key == NULL || f->flavours == NULL || f->left == NULL)
    return NULL;
  order_flavours(f, size);
  order_hosts(f);
  return f;
}

uint32_t filler_largest(const filler *f) {
  assert(f->ground->flavour_count > 0);
  return f->flavours[0];
}

void filler_limit(filler *f, const int64_t *room) {
  assert(room != NULL);
  f->room = room;
}

/* ---------------------------------------------------------------------- filling in */

static void put(filler *f, uint32_t flavour, uint32_t host, int64_t vms, uint32_t *out) {
  const capacity_ground *g = f->ground;
  int64_t *left = f->left + (size_t)host * g->whole.resource_count;
  assert(vms >= 0 && vms < CAPACITY_NO_END);
  for (uint32_t r = 0; r < g->whole.resource_count; r++) {
    if (left[r] != BERTH_UNLIMITED && r != f->terms.beyond)
      left[r] -= vms * g->flavours[flavour].demand[r];
    assert(left[r] >= 0);
  }
  if (out != NULL)
    out[(size_t)host * g->flavour_count + flavour] += (uint32_t)vms;
}

static int64_t room_for(const filler *f, uint32_t flavour, uint32_t host) {
  const capacity_ground *g = f->ground;
  if (g->flavours[flavour].takes[host] < f->terms.takes)
    return 0;
  return fits_in(g, f->left + (size_t)host * g->whole.resource_count, flavour, f->terms.beyond);
}

/* Every host gets the share of its room that is asked of all. */
static int64_t put_evenly(filler *f, uint32_t flavour, int64_t vms, uint32_t *out) {
  uint32_t hosts = f->ground->whole.host_count;
  int64_t all = 0, before = 0, given = 0;
  for (uint32_t h = 0; h < hosts; h++)
    all += room_for(f, flavour, h);
  if (all < vms || vms >= INT64_C(1) << 22 || all >= INT64_C(1) << 40)
    return vms;
  for (uint32_t h = 0; h < hosts && all > 0; h++) {
    int64_t room = room_for(f, flavour, h);
    before += room;
    int64_t due = before * vms / all - given;
    assert(due >= 0 && due <= room);
    put(f, flavour, h, due, out);
    given += due;
  }
  return vms - given;
}

static bool put_all(filler *f, uint32_t flavour, int64_t vms, fill_order order, uint32_t *out) {
  uint32_t hosts = f->ground->whole.host_count;
  if (order == FILL_EVENLY)
    vms = put_evenly(f, flavour, vms, out);
  for (uint32_t i = 0; i < hosts && vms > 0; i++) {
    uint32_t host = f->by_tightness[order == FILL_ROOMY_FIRST ? hosts - 1 - i : i];
    int64_t here = lesser(vms, room_for(f, flavour, host));
    put(f, flavour, host, here, out);
    vms -= here;
  }
  return vms == 0;
}

bool filler_try(filler *f, int64_t mixes, fill_order order, uint32_t *out) {
  const capacity_ground *g = f->ground;
  size_t cells = (size_t)g->whole.host_count * g->whole.resource_count;
  assert(mixes >= 0 && mixes <= CAPACITY_NO_END);
  if (cells > 0)
    memcpy(f->left, f->room, cells * sizeof *f->left);
  if (out != NULL)
    memset(out, 0, (size_t)g->whole.host_count * g->flavour_count * sizeof *out);
  for (uint32_t i = 0; i < g->flavour_count; i++) {
    uint32_t flavour = f->flavours[i];
    if (!put_all(f, flavour, mixes * g->flavours[flavour].asked->count, order, out))
      return false;
  }
  return true;
}

static int64_t most_of(const filler *f) {
  const capacity_ground *g = f->ground;
  int64_t most = fill_totals(g, f->terms);
  for (uint32_t i = 0; i < g->flavour_count; i++) {
    int64_t vms = 0;
    for (uint32_t h = 0; h < g->whole.host_count && vms < CAPACITY_NO_END; h++) {
      if (g->flavours[i].takes[h] >= f->terms.takes)
        vms += fill_fits(g, i, h, f->terms.beyond);
    }
    most = lesser(most, vms / g->flavours[i].asked->count);
  }
  return lesser(most, BERTH_OBJECTS_MAX);
}

berth_capacity_figure filler_count(filler *f) {
  berth_capacity_figure figure = {.least = 0, .most = most_of(f)};
  int64_t refused = figure.most + 1;
  while (figure.least + 1 < refused) {
    int64_t middle = refused == figure.most + 1 ? figure.most : (figure.least + refused) / 2;
    bool fits = false;
    for (int order = FILL_TIGHT_FIRST; order <= FILL_ROOMY_FIRST && !fits; order += 2)
      fits = filler_try(f, middle, (fill_order)order, NULL);
    if (fits)
      figure.least = middle;
    else
      refused = middle;
  }
  assert(figure.least <= figure.most);
  if (!f->ground->is_plain)
    figure.least = f->ground->down_count > 0 ? -1 : 0;
  return figure;
}
