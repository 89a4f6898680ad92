/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the placement: a VM that has to leave waits out its notification and is copied over its
 * host's link; a host to be emptied does so in as many lanes as it has; a restart takes its time; a
 * wake takes its own. Where k migrations are proved necessary beside those of VMs that must leave,
 * all k have ended before the last restart, or the last VM that leaves, begins: the state at that
 * moment is a plan with as many migrations as have ended. And k migrations of W MiB in all include
 * one that is not the quickest.
 */
#include "makespan_bound.h"
#include "checked.h"
#include <assert.h>
#include <berth/plan.h>
#include <stdlib.h>

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

static int longest_first(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x < y) - (x > y);
}

/* Of the @p lanes + 1 longest two share a lane; so do three of the 2 * lanes + 1 longest, ... */
static int64_t shared_lane(const int64_t *sorted, uint32_t count, int64_t lanes) {
  int64_t bound = 0;
  for (int64_t in_one = 2; (in_one - 1) * lanes < count; in_one++) {
    int64_t last = (in_one - 1) * lanes, sum = 0;
    for (int64_t i = 0; i < in_one; i++)
      sum += sorted[last - i];
    bound = larger_i64(bound, sum);
  }
  return bound;
}

/* Seconds of those that leave one host, over its lanes; and the longest single move. @p work: room
 * for as many numbers as it has VMs. @p least: the least of all hosts so far. */
static int64_t leaving_bound(const problem *p, uint32_t host, int64_t *work, int64_t *least) {
  const berth_inventory *inventory = p->inventory;
  int64_t lanes = inventory->clusters[p->cluster].set_up.migrations_per_host, sum = 0;
  uint32_t end = inventory->host_vm_start[p->host[host] + 1], count = 0;
  for (uint32_t i = inventory->host_vm_start[p->host[host]]; i < end; i++) {
    uint32_t item = problem_item_of_vm(p, inventory->host_vms[i]);
    int64_t wait, seconds;
    if (item == BERTH_NONE || p->origin[item] != host || p->kind[item] != ITEM_MOVABLE)
      continue;
    seconds = least_copy(p, item, p->host[host], &wait);
    assert(wait >= 0 && seconds >= 1);
    work[count++] = wait + seconds;
    sum += wait + seconds;
  }
  if (count == 0 || lanes < 1)
    return 0;
  qsort(work, count, sizeof *work, longest_first);
  *least = work[count - 1] < *least ? work[count - 1] : *least;
  return larger_i64(larger_i64(work[0], shared_lane(work, count, lanes)),
                    (sum + lanes - 1) / lanes);
}

static bool must_leave(const problem *p, uint32_t item) {
  return p->kind[item] == ITEM_MOVABLE && p->host_must_leave[p->origin[item]];
}

/* Seconds of the members of a quiesce group that must leave, each with its settling but for the
 * last of every lane. */
static int64_t quiesce_bound(const problem *p, uint32_t rule, int64_t *settles) {
  const berth_inventory *inventory = p->inventory;
  const frozen_rule *r = &inventory->rules[rule];
  int64_t lanes = r->max_concurrent < 1 ? 1 : r->max_concurrent, sum = 0;
  uint32_t count = 0;
  if (!r->enabled || r->type != BERTH_RULE_QUIESCE)
    return 0;
  for (uint32_t i = 0; i < r->vm_count; i++) {
    uint32_t item = problem_item_of_vm(p, r->vms[i]);
    int64_t wait, seconds;
    if (item == BERTH_NONE || !must_leave(p, item))
      continue;
    seconds = least_copy(p, item, p->host[p->origin[item]], &wait);
    settles[count] = wait > 0 ? inventory->vm_notification[p->vm[item]].settle_seconds : 0;
    sum += wait + seconds + settles[count++];
  }
  if (count > 0)
    qsort(settles, count, sizeof *settles, longest_first);
  for (uint32_t i = 0; i < count && i < lanes; i++)
    sum -= settles[i];
  return (sum + lanes - 1) / lanes;
}

/* VMs that are on hosts which they must leave, and may not. */
static int64_t bound_to_stay(const problem *p) {
  int64_t count = 0;
  for (uint32_t item = 0; item < p->item_count; item++)
    count += p->kind[item] == ITEM_FIXED && p->host_must_leave[p->origin[item]];
  return count;
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

/* Where nothing is violated but by VMs that cannot leave, all others do in every plan as good. */
static bool all_leave(const placement *final) {
  return final->value[BERTH_LEVEL_VIOLATIONS] == bound_to_stay(final->problem);
}

/* Whether the state at the moment when the last restart, or the last move away from a host that is
 * emptied, begins is a plan as good as the whole on the levels before migrations, or wakes. */
static bool states_are_plans(const placement *final, arena *memory, bool *are) {
  const problem *p = final->problem;
  int64_t leaving = 0;
  placement start;
  *are = false;
  if (!rules_are_plain(p) || !all_leave(final))
    return true;
  if (!placement_init(&start, p, memory))
    return false;
  for (uint32_t h = 0; h < p->host_count; h++)
    leaving += p->host_must_leave[h] ? start.population[h] : 0;
  *are = start.value[BERTH_LEVEL_VIOLATIONS] == leaving;
  return true;
}

/* What the migrations of VMs that need not leave come to. @p count, @p moved: of all as the levels
 * have it. */
static void leave_out_leavers(const problem *p, int64_t *count, int64_t *moved) {
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (!must_leave(p, item))
      continue;
    *count -= p->goal != BERTH_GOAL_EVACUATE;
    *moved -= p->inventory->vm_memory[p->vm[item]];
  }
}

/* Seconds until the last of @p count migrations of VMs that need not leave has ended. */
static bool needed_migrations(const problem *p, int64_t count, int64_t moved, arena *memory,
                              int64_t *seconds) {
  candidate *list = arena_take(memory, p->item_count, sizeof *list);
  int64_t *heap = arena_take(memory, (size_t)count, sizeof *heap);
  uint32_t listed = 0;
  if (list == NULL || heap == NULL)
    return false;
  for (uint32_t item = 0; item < p->item_count; item++) {
    int64_t wait, copy;
    if (p->kind[item] != ITEM_MOVABLE || must_leave(p, item))
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

/* Where as many VMs have to end elsewhere. */
static bool all_move_once(const problem *p, const int64_t *value, const ladder_bounds *bounds) {
  return !bounds->counts_stop_overs && all_proved(p, value, bounds, BERTH_LEVEL_MIGRATIONS);
}

/* Seconds before the last restart, or move away from a host that is emptied, can begin. */
static bool needed_before_arrivals(const placement *final, const int64_t *value,
                                   const ladder_bounds *bounds, arena *memory, int64_t *seconds) {
  const problem *p = final->problem;
  int64_t count = value[BERTH_LEVEL_MIGRATIONS], woken = value[BERTH_LEVEL_HOSTS_WOKEN];
  int64_t moved = value[BERTH_LEVEL_MEMORY_MOVED];
  bool are_plans;
  leave_out_leavers(p, &count, &moved);
  *seconds = 0;
  if (!states_are_plans(final, memory, &are_plans))
    return false;
  if (!are_plans)
    return true;
  if (count > 0 && count <= p->item_count && all_move_once(p, value, bounds) &&
      !needed_migrations(p, count, moved, memory, seconds))
    return false;
  return woken == 0 || !all_proved(p, value, bounds, BERTH_LEVEL_HOSTS_WOKEN) ||
         needed_wakes(p, woken, memory, seconds);
}

/* ---------------------------------------------------------------------- of whatever kind */

/* What a host is woken for, where fewer would not do: a restart, or a migration. */
static int64_t least_arrival(const placement *final, const int64_t *value) {
  const problem *p = final->problem;
  int64_t restart = p->inventory->clusters[p->cluster].set_up.restart_seconds;
  bool moves = p->goal == BERTH_GOAL_EVACUATE || value[BERTH_LEVEL_MIGRATIONS] > 0;
  if (!any_arrives(final))
    return 1;
  return moves && restart > 1 ? 1 : restart;
}

/* Seconds of the wakes and migrations that there are, whatever waits for them. */
static bool steps_bound(const placement *final, const int64_t *value, const ladder_bounds *bounds,
                        arena *memory, int64_t *seconds) {
  const problem *p = final->problem;
  int64_t count = value[BERTH_LEVEL_MIGRATIONS], woken = value[BERTH_LEVEL_HOSTS_WOKEN];
  int64_t moved = value[BERTH_LEVEL_MEMORY_MOVED], awake = 0;
  leave_out_leavers(p, &count, &moved);
  *seconds = 0;
  if (count > 0 && count <= p->item_count && all_leave(final) && all_move_once(p, value, bounds) &&
      !needed_migrations(p, count, moved, memory, seconds))
    return false;
  if (woken > 0 && !needed_wakes(p, woken, memory, &awake))
    return false;
  if (awake > 0 && all_proved(p, value, bounds, BERTH_LEVEL_HOSTS_WOKEN))
    awake += least_arrival(final, value);
  *seconds = larger_i64(*seconds, awake);
  return true;
}

/* Seconds of the restarts, spread over all hosts that there are. */
static int64_t restarts_bound(const placement *final) {
  const problem *p = final->problem;
  const berth_cluster_spec *set_up = &p->inventory->clusters[p->cluster].set_up;
  int64_t starts = 0, lanes = 0;
  for (uint32_t item = 0; item < p->item_count; item++)
    starts += problem_is_requested(p, item) && final->host[item] != BERTH_NONE;
  for (uint32_t h = 0; h < p->host_count; h++)
    lanes += p->host_open[h] ? set_up->restarts_per_host : 0;
  return lanes < 1 ? 0 : (starts + lanes - 1) / lanes * set_up->restart_seconds;
}

/* ---------------------------------------------------------------------- the whole */

/* The longest that any host takes to be emptied. @p least: of all that leave, the quickest. */
static bool emptying_bound(const placement *final, arena *memory, int64_t *seconds,
                           int64_t *least) {
  const problem *p = final->problem;
  int64_t *work = arena_take(memory, p->item_count, sizeof *work);
  *seconds = 0;
  *least = INT64_MAX;
  bool all = all_leave(final);
  for (uint32_t host = 0; work != NULL && all && host < p->host_count; host++) {
    if (p->host_must_leave[host])
      *seconds = larger_i64(*seconds, leaving_bound(p, host, work, least));
  }
  const frozen_cluster *cluster = &p->inventory->clusters[p->cluster];
  for (uint32_t i = 0; work != NULL && all && i < cluster->rule_count; i++)
    *seconds = larger_i64(*seconds, quiesce_bound(p, cluster->first_rule + i, work));
  return work != NULL;
}

int64_t makespan_bound(const placement *final, const int64_t *value, const ladder_bounds *bounds,
                       arena *memory) {
  const problem *p = final->problem;
  const berth_cluster_spec *set_up = &p->inventory->clusters[p->cluster].set_up;
  int64_t bound, last, needed, steps;
  if (!emptying_bound(final, memory, &bound, &last) ||
      !needed_before_arrivals(final, value, bounds, memory, &needed) ||
      !steps_bound(final, value, bounds, memory, &steps))
    return -1;
  bound = larger_i64(bound, larger_i64(steps, restarts_bound(final)));
  if (any_arrives(final)) {
    bound = larger_i64(bound, set_up->restart_seconds);
    last = last < set_up->restart_seconds ? last : set_up->restart_seconds;
  }
  if (last < INT64_MAX)
    bound = larger_i64(bound, needed + last);
  return larger_i64(bound, value[BERTH_LEVEL_MIGRATIONS] > 0);
}
