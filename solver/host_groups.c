/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grouping by a signature: room, flags, which classes may arrive, and the host's own items where
 * these are cheaper than arrivals or could not arrive. On levels without migrations the own items
 * do not matter, and a cluster of ten thousand hosts falls into a handful of groups.
 */
#include "host_groups.h"
#include "stable_sort.h"
#include <assert.h>
#include <string.h>

static bool admits(const content_class *class, uint32_t host) {
  return host_bits_test(class->hosts, host);
}

bool host_group_own_is_special(const host_groups *g, uint32_t host, uint32_t class) {
  return !g->arrival_free[class] || !admits(&g->model->classes[class], host) ||
         g->model->problem->host_must_leave[host];
}

static bool note_free_arrivals(host_groups *g, arena *memory) {
  const content_model *m = g->model;
  uint8_t *arrival_free = arena_take(memory, m->class_count, 1);
  if (arrival_free == NULL)
    return false;
  for (uint32_t c = 0; c < m->class_count; c++) {
    arrival_free[c] = 1;
    for (uint32_t i = 0; i < g->level_count; i++)
      arrival_free[c] &= content_arrival_cost(m, &m->classes[c], m->problem->ladder[i]) == 0;
  }
  g->arrival_free = arrival_free;
  return true;
}

/* ---------------------------------------------------------------------- signatures */

static uint32_t signature_width(const host_groups *g) {
  const content_model *m = g->model;
  uint32_t most_own = 0;
  for (uint32_t h = 0; h < m->problem->host_count; h++) {
    uint32_t own = m->own_start[h + 1] - m->own_start[h];
    most_own = own > most_own ? own : most_own;
  }
  return m->problem->resource_count + g->level_count + 1 + (m->class_count + 63) / 64 + most_own;
}

static void sign_host(const host_groups *g, uint32_t host, int64_t *out) {
  const content_model *m = g->model;
  const problem *p = m->problem;
  memcpy(out, m->room + (size_t)host * p->resource_count, p->resource_count * sizeof *out);
  out += p->resource_count;
  for (uint32_t i = 0; i < g->level_count; i++)
    *out++ =
        content_host_cost(m, host, p->ladder[i]) * 2 + content_stay_cost(m, host, p->ladder[i]);
  *out++ = m->fixed[host] > 0;
  for (uint32_t c = 0; c < m->class_count; c++)
    out[c / 64] |= (int64_t)((uint64_t)admits(&m->classes[c], host) << (c % 64));
  out += (m->class_count + 63) / 64;
  for (uint32_t i = m->own_start[host]; i < m->own_start[host + 1]; i++) {
    if (host_group_own_is_special(g, host, m->own[i].class))
      *out++ = (int64_t)m->own[i].class << 32 | m->own[i].count;
  }
}

typedef struct signatures {
  const int64_t *rows;
  uint32_t width;
} signatures;

static int compare_hosts(const void *ground, uint32_t a, uint32_t b) {
  const signatures *s = ground;
  return memcmp(s->rows + (size_t)a * s->width, s->rows + (size_t)b * s->width,
                s->width * sizeof *s->rows);
}

static bool usable(const content_model *m, uint32_t host) {
  return m->problem->host_open[host] || m->own_start[host + 1] > m->own_start[host];
}

static bool form_groups(host_groups *g, bool apart, arena *memory) {
  const content_model *m = g->model;
  uint32_t host_count = m->problem->host_count, listed = 0, count = 0;
  signatures s = {.width = signature_width(g)};
  int64_t *rows = arena_take(memory, host_count, s.width * sizeof *rows);
  uint32_t *hosts = arena_take(memory, host_count, sizeof *hosts);
  uint32_t *work = arena_take(memory, host_count, sizeof *work);
  host_group *groups = arena_take(memory, host_count, sizeof *groups);
  if (rows == NULL || hosts == NULL || work == NULL || groups == NULL)
    return false;
  s.rows = rows;
  for (uint32_t h = 0; h < host_count; h++) {
    if (!usable(m, h))
      continue;
    sign_host(g, h, rows + (size_t)h * s.width);
    hosts[listed++] = h;
  }
  stable_sort(hosts, work, listed, compare_hosts, &s);
  for (uint32_t i = 0; i < listed; i++) {
    if (i == 0 || apart || compare_hosts(&s, hosts[i - 1], hosts[i]) != 0)
      groups[count++] = (host_group){.host = hosts[i], .first = i};
    groups[count - 1].count++;
  }
  g->group_count = count;
  g->groups = groups;
  g->hosts = hosts;
  return true;
}

bool host_groups_build(host_groups *g, const content_model *m, uint32_t index, bool apart,
                       arena *memory) {
  assert(index < m->problem->ladder_length);
  *g = (host_groups){.model = m, .level_count = index + 1};
  g->most_types = 2 * m->class_count;
  return note_free_arrivals(g, memory) && form_groups(g, apart, memory);
}

/* ---------------------------------------------------------------------- prices */

static int64_t factor(const host_groups *g, const content_prices *prices, uint32_t i) {
  return i + 1 == g->level_count ? prices->scale : prices->assumed[i];
}

int64_t priced_arrival(const host_groups *g, const content_prices *prices, uint32_t class) {
  const content_model *m = g->model;
  int64_t cost = 0;
  for (uint32_t i = 0; i < g->level_count; i++)
    cost +=
        factor(g, prices, i) * content_arrival_cost(m, &m->classes[class], m->problem->ladder[i]);
  return cost;
}

int64_t priced_stay(const host_groups *g, const content_prices *prices, uint32_t host) {
  int64_t cost = 0;
  for (uint32_t i = 0; i < g->level_count; i++)
    cost += factor(g, prices, i) * content_stay_cost(g->model, host, g->model->problem->ladder[i]);
  return cost;
}

int64_t priced_host(const host_groups *g, const content_prices *prices, uint32_t host) {
  int64_t cost = 0;
  for (uint32_t i = 0; i < g->level_count; i++)
    cost += factor(g, prices, i) * content_host_cost(g->model, host, g->model->problem->ladder[i]);
  return cost;
}

int64_t priced_unplaced(const host_groups *g, const content_prices *prices, uint32_t class) {
  const content_model *m = g->model;
  int64_t cost = 0;
  for (uint32_t i = 0; i < g->level_count; i++)
    cost +=
        factor(g, prices, i) * content_unplaced_cost(m, &m->classes[class], m->problem->ladder[i]);
  return cost;
}

/* ---------------------------------------------------------------------- what may fill a host */

static bool fits_alone(const content_model *m, const content_class *class, uint32_t host) {
  const int64_t *room = m->room + (size_t)host * m->problem->resource_count;
  for (uint32_t r = 0; r < m->problem->resource_count; r++) {
    if (class->demand[r] > room[r])
      return false;
  }
  return true;
}

/* What has a price of zero may still cost on a level before, whose row would then forbid it. */
static bool stays_free(const host_groups *g, uint32_t host) {
  for (uint32_t i = 0; i < g->level_count; i++) {
    if (content_stay_cost(g->model, host, g->model->problem->ladder[i]) > 0)
      return false;
  }
  return true;
}

static bool arrives_free(const host_groups *g, const content_class *class) {
  for (uint32_t i = 0; i < g->level_count; i++) {
    if (content_arrival_cost(g->model, class, g->model->problem->ladder[i]) > 0)
      return false;
  }
  return true;
}

uint32_t host_group_types(const host_groups *g, const host_group *group,
                          const content_prices *prices, int64_t least, knapsack_type *types) {
  const content_model *m = g->model;
  uint32_t host = group->host, count = 0, own = m->own_start[host];
  int64_t stay = priced_stay(g, prices, host);
  bool free_to_stay = stays_free(g, host);
  for (uint32_t c = 0; c < m->class_count; c++) {
    const content_class *class = &m->classes[c];
    uint32_t own_count = 0;
    if (own < m->own_start[host + 1] && m->own[own].class == c) {
      own_count = host_group_own_is_special(g, host, c) ? m->own[own].count : 0;
      own++;
    }
    int64_t profit = prices->weight[c] - stay;
    if (own_count > 0 && profit >= least)
      types[count++] = (knapsack_type){.demand = class->demand,
                                       .profit = profit,
                                       .most = own_count,
                                       .label = content_label(c, true),
                                       .free_of_charge = free_to_stay};
    profit = prices->weight[c] - prices->arrival[c];
    if (class->count > own_count && profit >= least && admits(class, host) &&
        fits_alone(m, class, host))
      types[count++] =
          (knapsack_type){.demand = class->demand,
                          .profit = profit,
                          .most = class->count - own_count,
                          .label = content_label(c, false),
                          .free_of_charge = prices->arrival[c] == 0 && arrives_free(g, class)};
  }
  assert(count <= g->most_types);
  return count;
}
