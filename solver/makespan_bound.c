/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the placement: a VM that has to leave waits out its notification and is copied over its
 * host's link; a host to be emptied does so in as many lanes as it has; a restart takes its time; a
 * wake takes its own. Where k migrations are proved necessary for the restarts, all k have ended
 * before the last restart begins: the state at that moment is a plan with as many migrations as
 * have ended. And k migrations of W MiB in all include one that is not the quickest.
 */
#include "makespan_bound.h"
#include "checked.h"
#include <assert.h>
#include <berth/plan.h>
#include <stdlib.h>
#include <string.h>

/* Least seconds of a copy from `host`, whatever the other end. A slower link makes every pass
 * longer; but a copy that no longer converges there is stopped after two, so two passes over the
 * faster link are the least if they are less than what converging over it takes. */
static int64_t least_copy(const problem *p, uint32_t item, uint32_t host, int64_t *wait) {
  const berth_inventory *inventory = p->inventory;
  uint32_t vm = p->vm[item];
  int64_t seconds, link = inventory->host_link_mbps[host];
  berth_migration_time(inventory, vm, host, host, wait, &seconds);
  __extension__ __int128 bits = (__int128)inventory->vm_memory[vm] * 8388608;
  __extension__ __int128 two_passes = 2 * bits / ((__int128)1000000 * (link > 0 ? link : 1));
  return two_passes < seconds ? larger_i64(1, (int64_t)two_passes) : seconds;
}

/* Work in seconds of what must leave one host, over its lanes; and the longest single move. */
static int64_t leaving_bound(const problem *p, uint32_t host, const placement *final) {
  int64_t work = 0, longest = 0;
  int64_t lanes = p->inventory->clusters[p->cluster].set_up.migrations_per_host;
  if (!p->host_must_leave[host] || final->population[host] > 0)
    return 0;
  const berth_inventory *inventory = p->inventory;
  uint32_t end = inventory->host_vm_start[p->host[host] + 1];
  for (uint32_t i = inventory->host_vm_start[p->host[host]]; i < end; i++) {
    uint32_t item = problem_item_of_vm(p, inventory->host_vms[i]);
    int64_t wait, seconds;
    if (item == BERTH_NONE || p->origin[item] != host)
      continue;
    seconds = least_copy(p, item, p->host[host], &wait);
    assert(wait >= 0 && seconds >= 1);
    work += wait + seconds;
    longest = larger_i64(longest, wait + seconds);
  }
  return larger_i64(longest, lanes > 0 ? (work + lanes - 1) / lanes : 0);
}

/* ---------------------------------------------------------------------- migrations that are needed
 */

/* A VM that could move: its worst-case seconds at least, its memory. */
typedef struct candidate {
  int64_t seconds, memory;
} candidate;

static int quickest_first(const void *a, const void *b) {
  const candidate *x = a, *y = b;
  if (x->seconds != y->seconds)
    return x->seconds < y->seconds ? -1 : 1;
  return (x->memory > y->memory) - (x->memory < y->memory);
}

/* Keeps the largest @p most of the numbers seen in a heap, the least of them first. */
static void keep_largest(int64_t *heap, uint32_t *count, uint32_t most, int64_t number,
                         int64_t *sum) {
  uint32_t i = 0;
  if (*count < most) {
    for (i = (*count)++; i > 0 && heap[(i - 1) / 2] > number; i = (i - 1) / 2)
      heap[i] = heap[(i - 1) / 2];
    heap[i] = number;
    *sum += number;
    return;
  }
  if (most == 0 || number <= heap[0])
    return;
  *sum += number - heap[0];
  for (uint32_t child = 1; child < most; child = 2 * i + 1) {
    if (child + 1 < most && heap[child + 1] < heap[child])
      child++;
    if (heap[child] >= number)
      break;
    heap[i] = heap[child];
    i = child;
  }
  heap[i] = number;
}

/* The least T such that @p count different candidates of at most T seconds can have @p memory MiB
 * together. */
static int64_t slowest_of(const candidate *list, uint32_t list_count, uint32_t count,
                          int64_t memory, int64_t *heap) {
  uint32_t kept = 0;
  int64_t sum = 0;
  for (uint32_t i = 0; i < list_count; i++) {
    keep_largest(heap, &kept, count, list[i].memory, &sum);
    if (kept == count && sum >= memory)
      return list[i].seconds;
  }
  return 0;
}

/* Every must rule is kept or broken by a state on the way as it is by the end, and no should rule
 * can ask for a migration. */
static bool rules_are_plain(const problem *p) {
  for (uint32_t g = 0; g < p->rule_count; g++) {
    if (!p->rules[g].must || p->rules[g].form == RULE_FORM_TOGETHER)
      return false;
  }
  return true;
}

/* True if @p last and every level before it is proved. */
static bool all_proved(const problem *p, const int64_t *value, const ladder_bounds *bounds,
                       berth_level last) {
  for (uint32_t i = 0; i < p->ladder_length; i++) {
    berth_level level = p->ladder[i];
    if (value[level] != bounds->value[level])
      return false;
    if (level == last)
      return true;
  }
  return false;
}

static bool any_arrives(const placement *final) {
  const problem *p = final->problem;
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (problem_is_requested(p, item) && final->host[item] != BERTH_NONE)
      return true;
  }
  return false;
}

/* Whether the state at the moment when the last restart begins is a plan as good as the whole on
 * the levels before migrations, or wakes. */
static bool states_are_plans(const placement *final, arena *memory, bool *are) {
  const problem *p = final->problem;
  placement start;
  *are = false;
  if (p->goal == BERTH_GOAL_EVACUATE || !any_arrives(final) || !rules_are_plain(p))
    return true;
  if (!placement_init(&start, p, memory))
    return false;
  *are = start.value[BERTH_LEVEL_VIOLATIONS] == 0;
  return true;
}

/* Seconds until the last of @p count migrations has ended. */
static bool needed_migrations(const problem *p, int64_t count, int64_t moved, arena *memory,
                              int64_t *seconds) {
  candidate *list = arena_take(memory, p->item_count, sizeof *list);
  int64_t *heap = arena_take(memory, (size_t)count, sizeof *heap);
  uint32_t listed = 0;
  if (list == NULL || heap == NULL)
    return false;
  for (uint32_t item = 0; item < p->item_count; item++) {
    int64_t wait, copy;
    if (p->kind[item] != ITEM_MOVABLE)
      continue;
    copy = least_copy(p, item, p->host[p->origin[item]], &wait);
    list[listed++] =
        (candidate){.seconds = wait + copy, .memory = p->inventory->vm_memory[p->vm[item]]};
  }
  if (listed > 0)
    qsort(list, listed, sizeof *list, quickest_first);
  *seconds = slowest_of(list, listed, (uint32_t)count, moved, heap);
  return true;
}

/* Seconds until the slowest of the @p count quickest hosts is awake. */
static bool needed_wakes(const problem *p, int64_t count, arena *memory, int64_t *seconds) {
  candidate *list = arena_take(memory, p->host_count, sizeof *list);
  uint32_t listed = 0;
  for (uint32_t h = 0; list != NULL && h < p->host_count; h++) {
    if (p->host_asleep[h] && p->host_open[h])
      list[listed++].seconds = p->inventory->host_wake_seconds[p->host[h]];
  }
  if (list == NULL || count > listed)
    return list != NULL;
  qsort(list, listed, sizeof *list, quickest_first);
  *seconds = larger_i64(*seconds, list[count - 1].seconds);
  return true;
}

/* Seconds before the last restart can begin. */
static bool needed_before_restarts(const placement *final, const int64_t *value,
                                   const ladder_bounds *bounds, arena *memory, int64_t *seconds) {
  const problem *p = final->problem;
  int64_t count = value[BERTH_LEVEL_MIGRATIONS], woken = value[BERTH_LEVEL_HOSTS_WOKEN];
  bool are_plans;
  *seconds = 0;
  if (!states_are_plans(final, memory, &are_plans))
    return false;
  if (!are_plans)
    return true;
  /* stop-overs are counted where states were searched, with VMs that move twice */
  bool exhaustive = bounds->proof[BERTH_LEVEL_MIGRATIONS] != NULL &&
                    strcmp(bounds->proof[BERTH_LEVEL_MIGRATIONS], "exhaustive search") == 0;
  if (count > 0 && count <= p->item_count && !exhaustive &&
      all_proved(p, value, bounds, BERTH_LEVEL_MIGRATIONS) &&
      !needed_migrations(p, count, value[BERTH_LEVEL_MEMORY_MOVED], memory, seconds))
    return false;
  return woken == 0 || !all_proved(p, value, bounds, BERTH_LEVEL_HOSTS_WOKEN) ||
         needed_wakes(p, woken, memory, seconds);
}

/* ---------------------------------------------------------------------- the whole */

int64_t makespan_bound(const placement *final, const int64_t *value, const ladder_bounds *bounds,
                       arena *memory) {
  const problem *p = final->problem;
  const berth_cluster_spec *set_up = &p->inventory->clusters[p->cluster].set_up;
  int64_t bound = 0, wake = INT64_MAX;
  bool all_left = final->value[BERTH_LEVEL_VIOLATIONS] == 0;
  for (uint32_t host = 0; host < p->host_count; host++) {
    if (all_left)
      bound = larger_i64(bound, leaving_bound(p, host, final));
    int64_t seconds = p->inventory->host_wake_seconds[p->host[host]];
    if (p->host_asleep[host] && p->host_open[host] && seconds < wake)
      wake = seconds;
  }
  int64_t needed;
  if (!needed_before_restarts(final, value, bounds, memory, &needed))
    return -1;
  if (any_arrives(final))
    bound = larger_i64(bound, needed + set_up->restart_seconds);
  if (final->value[BERTH_LEVEL_MIGRATIONS] > 0)
    bound = larger_i64(bound, 1);
  if (final->value[BERTH_LEVEL_HOSTS_WOKEN] > 0 && wake != INT64_MAX)
    bound = larger_i64(bound, wake);
  return bound;
}
