/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three kinds of lists: the hosts that are open by the room of their scarcest resource; the same by
 * the room of one resource, cut where the room is less than an item needs (its share of the largest
 * host, rounded down, finds the place in a table); and, for classes admitted at few hosts, these.
 */
#include "audit_candidates.h"
#include "admission.h"
#include "checked.h"
#include "keyed_sort.h"
#include <assert.h>
#include <string.h>

enum { SAMPLE = 64, FEW_OF_SAMPLE = 16 };

/* ---------------------------------------------------------------------- hosts by room */

/* In 1/2^20 of what the largest host has. */
static int64_t share_of(int64_t amount, int64_t most) {
  assert(amount >= 0);
  return (amount << 20) / larger_i64(1, most);
}

static int64_t scarcest_room(const audit_candidates *c, const int64_t *room) {
  int64_t cpu = share_of(room[BERTH_RESOURCE_CPU], c->by[BERTH_RESOURCE_CPU].most);
  int64_t memory = share_of(room[BERTH_RESOURCE_MEMORY], c->by[BERTH_RESOURCE_MEMORY].most);
  return cpu < memory ? cpu : memory;
}

static bool list_open_hosts(audit_candidates *c, const problem *p, const int64_t *room,
                            int64_t *key, arena *memory) {
  uint32_t *open = arena_take(memory, p->host_count, sizeof *open);
  uint32_t *asleep = arena_take(memory, p->host_count, sizeof *asleep);
  if (open == NULL || asleep == NULL)
    return false;
  for (uint32_t h = 0; h < p->host_count; h++) {
    key[h] = scarcest_room(c, room + (size_t)h * p->resource_count);
    if (!p->host_open[h])
      continue;
    if (p->host_asleep[h])
      asleep[c->asleep_count++] = h;
    else
      open[c->open_count++] = h;
  }
  assert(c->open_count + c->asleep_count <= p->host_count);
  keyed_sort(open, c->open_count, key);
  c->open = open;
  c->asleep = asleep;
  return true;
}

static uint32_t step_of(const candidate_order *order, int64_t amount) {
  int64_t step = share_of(amount, order->most) >> 10;
  return step < CANDIDATE_STEPS ? (uint32_t)step : CANDIDATE_STEPS;
}

static bool order_by(audit_candidates *c, const problem *p, const int64_t *room, int64_t *key,
                     int resource, arena *memory) {
  candidate_order *order = &c->by[resource];
  uint32_t *hosts = arena_take(memory, c->open_count, sizeof *hosts);
  if (hosts == NULL)
    return false;
  memcpy(hosts, c->open, c->open_count * sizeof *hosts);
  for (uint32_t i = 0; i < c->open_count; i++) {
    key[hosts[i]] = room[(size_t)hosts[i] * p->resource_count + (uint32_t)resource];
    order->reach[step_of(order, key[hosts[i]])]++;
  }
  for (uint32_t step = CANDIDATE_STEPS; step-- > 0;)
    order->reach[step] += order->reach[step + 1];
  assert(order->reach[0] == c->open_count);
  keyed_sort(hosts, c->open_count, key);
  order->hosts = hosts;
  return true;
}

/* ---------------------------------------------------------------------- choices of a class */

static bool has_few_hosts(const audit_candidates *c, const problem *p, uint32_t item) {
  uint32_t sample = c->open_count < SAMPLE ? c->open_count : SAMPLE, admitted = 0;
  for (uint32_t i = 0; i < sample; i++)
    admitted += admission_allows_restart(p, item, c->open[i]);
  return admitted * SAMPLE < sample * FEW_OF_SAMPLE || (sample < SAMPLE && admitted < sample);
}

/* Lists the hosts of a class that is admitted at few of them, in the order of `open`. */
static bool list_choices(audit_candidates *c, const problem *p, arena *memory) {
  uint32_t *choice = arena_take(memory, p->class_count, sizeof *choice);
  uint32_t *start = arena_take(memory, (size_t)p->class_count + 1, sizeof *start);
  uint32_t rows = 0, used = 0;
  uint32_t *list = NULL, room = 0;
  if (choice == NULL || start == NULL)
    return false;
  for (uint32_t k = 0; k < p->class_count; k++) {
    uint32_t item = p->classes[k].example;
    choice[k] = BERTH_NONE;
    if (!has_few_hosts(c, p, item) || used > UINT32_MAX / 4)
      continue;
    if (room - used < c->open_count) {
      room = room * 2 + c->open_count;
      uint32_t *larger = arena_take_unset(memory, room, sizeof *larger);
      if (larger == NULL)
        return false;
      if (used > 0)
        memcpy(larger, list, used * sizeof *list);
      list = larger;
    }
    for (uint32_t i = 0; i < c->open_count; i++) {
      if (admission_allows_restart(p, item, c->open[i]))
        list[used++] = c->open[i];
    }
    assert(used <= room && rows < p->class_count);
    choice[k] = rows++;
    start[rows] = used;
  }
  c->choice = choice;
  c->choice_start = start;
  c->choices = list;
  return true;
}

bool audit_candidates_few(const audit_candidates *c, const problem *p, uint32_t item) {
  assert(item < p->item_count && p->admission[item] < p->class_count);
  return c->choice[p->admission[item]] != BERTH_NONE;
}

/* ---------------------------------------------------------------------- all of it */

const uint32_t *audit_candidates_admitted(const audit_candidates *c, const problem *p,
                                          uint32_t item, uint32_t *count) {
  uint32_t row = c->choice[p->admission[item]];
  assert(item < p->item_count);
  *count = row == BERTH_NONE ? c->open_count : c->choice_start[row + 1] - c->choice_start[row];
  return row == BERTH_NONE ? c->open : c->choices + c->choice_start[row];
}

const uint32_t *audit_candidates_of(const audit_candidates *c, const problem *p, uint32_t item,
                                    uint32_t *count) {
  const uint32_t *hosts = audit_candidates_admitted(c, p, item, count);
  const int64_t *demand = problem_demand(p, item);
  for (int r = 0; r < CANDIDATE_ORDERS; r++) {
    uint32_t reach = c->by[r].reach[step_of(&c->by[r], demand[r])];
    if (reach < *count / 2) { /* the order by one resource is the worse one to fill in */
      *count = reach;
      hosts = c->by[r].hosts;
    }
  }
  return hosts;
}

bool audit_candidates_build(audit_candidates *c, const problem *p, const int64_t *room,
                            arena *memory) {
  *c = (audit_candidates){0};
  int64_t *key = arena_take(memory, p->host_count, sizeof *key);
  assert(p->resource_count >= CANDIDATE_ORDERS);
  for (size_t i = 0; i < (size_t)p->host_count * p->resource_count; i++) {
    if (i % p->resource_count < CANDIDATE_ORDERS)
      c->by[i % p->resource_count].most =
          larger_i64(c->by[i % p->resource_count].most, p->capacity[i]);
  }
  bool ok = key != NULL && list_open_hosts(c, p, room, key, memory);
  for (int r = 0; r < CANDIDATE_ORDERS && ok; r++)
    ok = order_by(c, p, room, key, r, memory);
  return ok && list_choices(c, p, memory);
}
