/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Best fit decreasing in the order of the ladder: items that must leave, items that break a must
 * rule or overload a host, then the requested ones by priority; within each by size. An item that
 * fits nowhere awake is forced in by an ejection chain; a host is woken only after that.
 */
#include "construct.h"
#include "destination.h"
#include "ejection_chain.h"
#include <assert.h>
#include <string.h>

enum { CHAIN_DEPTH = 2, CHAIN_SCANS = 2000 };

/* Largest share that the item's demand has of the largest host, per resource, in 1/2^20. */
static int64_t item_size(const problem *p, uint32_t item, const int64_t *largest) {
  const int64_t *demand = problem_demand(p, item);
  int64_t size = 0;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    if (largest[r] == 0)
      continue;
    int64_t share = demand[r] >= largest[r] ? INT64_C(1) << 20 : (demand[r] << 20) / largest[r];
    size = share > size ? share : size;
  }
  return size;
}

static int64_t *largest_capacity(const problem *p, arena *memory) {
  int64_t *largest = arena_take(memory, p->resource_count, sizeof *largest);
  for (uint32_t h = 0; largest != NULL && h < p->host_count; h++) {
    for (uint32_t r = 0; r < p->resource_count; r++) {
      int64_t capacity = p->capacity[(size_t)h * p->resource_count + r];
      if (p->host_open[h] && capacity != BERTH_UNLIMITED && capacity > largest[r])
        largest[r] = capacity;
    }
  }
  return largest;
}

typedef struct task {
  uint32_t item;
  uint32_t urgency; /* 0 = most */
  int64_t size;
} task;

static bool task_before(const task *a, const task *b) {
  if (a->urgency != b->urgency)
    return a->urgency < b->urgency;
  if (a->size != b->size)
    return a->size > b->size;
  return a->item < b->item;
}

/* Heap sort: in place, no recursion, the order is total. */
static void sift(task *tasks, uint32_t at, uint32_t count) {
  assert(at < count);
  task held = tasks[at];
  for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && task_before(&tasks[child], &tasks[child + 1]))
      child++;
    if (!task_before(&held, &tasks[child]))
      break;
    tasks[at] = tasks[child];
  }
  tasks[at] = held;
}

static void sort_tasks(task *tasks, uint32_t count) {
  for (uint32_t i = count / 2; i-- > 0;)
    sift(tasks, i, count);
  for (uint32_t end = count; end > 1; end--) {
    task last = tasks[end - 1];
    tasks[end - 1] = tasks[0];
    tasks[0] = last;
    sift(tasks, 0, end - 1);
  }
}

static bool breaks_must_rule(const placement *s, uint32_t item) {
  const problem *p = s->problem;
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    uint32_t g = p->item_rules[i];
    if (p->rules[g].must && s->rules[g].broken_by > 0)
      return true;
  }
  return false;
}

/* What has to be done for an item; false = nothing. */
static bool make_task(const placement *s, uint32_t item, const int64_t *largest, task *out) {
  const problem *p = s->problem;
  uint32_t at = s->host[item];
  if (p->kind[item] == ITEM_FIXED)
    return false;
  if (problem_is_requested(p, item))
    out->urgency = 2u + p->inventory->vm_priority[p->vm[item]];
  else if (p->host_must_leave[at])
    out->urgency = 0;
  else if (placement_overloads(s, at) > 0 || breaks_must_rule(s, item))
    out->urgency = 1;
  else
    return false;
  assert(out->urgency <= 2u + BERTH_PRIORITY_DISABLED);
  out->item = item;
  out->size = item_size(p, item, largest);
  return true;
}

/* An item of urgency 1 moves only if that mends something. */
static void try_mend(placement *s, uint32_t item) {
  int64_t before[BERTH_LEVEL_COUNT];
  uint32_t home = s->host[item];
  assert(home != BERTH_NONE);
  if (placement_overloads(s, home) == 0 && !breaks_must_rule(s, item))
    return;
  memcpy(before, s->value, sizeof before);
  uint32_t host = destination_best(s, item, NULL, true);
  if (host == BERTH_NONE)
    return;
  placement_move(s, item, host);
  if (placement_compare(s->problem, s->value, before) >= 0)
    placement_move(s, item, home);
}

static void place_task(placement *s, const task *t, uint8_t *barred) {
  if (t->urgency == 1) {
    try_mend(s, t->item);
    return;
  }
  uint32_t host = destination_best(s, t->item, NULL, false);
  if (host == BERTH_NONE && ejection_chain_place(s, t->item, CHAIN_DEPTH, CHAIN_SCANS, barred))
    return;
  if (host == BERTH_NONE)
    host = destination_best(s, t->item, NULL, true);
  if (host != BERTH_NONE)
    placement_move(s, t->item, host);
}

bool construct_placement(placement *s, arena *memory, search_clock *clock) {
  const problem *p = s->problem;
  uint32_t count = 0;
  int64_t *largest = largest_capacity(p, memory);
  task *tasks = arena_take(memory, p->item_count, sizeof *tasks);
  uint8_t *barred = arena_take(memory, p->host_count, 1);
  if (largest == NULL || tasks == NULL || barred == NULL)
    return false;
  for (uint32_t item = 0; item < p->item_count; item++)
    count += make_task(s, item, largest, &tasks[count]);
  assert(count <= p->item_count);
  sort_tasks(tasks, count);
  for (uint32_t i = 0; i < count && ((i & 15) != 15 || !search_clock_over(clock)); i++)
    place_task(s, &tasks[i], barred);
  return true;
}
