/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What leaves the hosts of a round is put down largest first: on hosts whose guests stay (patched
 * ones) by best fit, then anywhere else that stays on; each VM that ends on a host still to be
 * patched will have to move once more. For the first round every beginning is followed to the end
 * in this simplified way, as far as the work allows, and the best one is taken (a rollout,
 * Bertsekas et al. 1997): which host is emptied first decides how large the gap is that the others
 * move through.
 */
#include "rolling_fit.h"
#include "admission.h"
#include <assert.h>
#include <string.h>

#define NO_FIT UINT32_MAX

enum { MOST_STARTS = 16 };

/* Operations that all rollouts of one choice may take. */
static const uint64_t ROLLOUT_WORK = UINT64_C(400000000);

struct rolling_fit {
  const berth_inventory *inventory;
  arena *memory;
  problem *problems;    /* [cluster]; without items where it has no host or VM */
  uint32_t *item;       /* [vm] of its cluster's problem, BERTH_NONE = takes no part */
  uint32_t *local;      /* [host] */
  int64_t *room;        /* [host * resource_count + resource] */
  uint32_t *where;      /* [vm] */
  uint32_t *population; /* [host] */
  uint8_t *pinned;      /* [host] VMs that are not movable */
  uint8_t *target;      /* [host] as in the state */
  uint8_t *good, *down; /* [host] */
  uint32_t *largest;    /* VMs, largest memory first */
  uint32_t *moved, *from, moved_count; /* what can be taken back */
  int64_t *saved_room;                 /* of a rollout */
  uint32_t *saved_where, *saved_population;
  uint8_t *saved_target, *saved_good;
  uint32_t *order, *rollout; /* [host] */
};

/* ---------------------------------------------------------------------- setting up */

static bool build_problem(rolling_fit *f, uint32_t cluster, problem_scratch *scratch) {
  const frozen_cluster *of = &f->inventory->clusters[cluster];
  problem_aim aim = {.goal = BERTH_GOAL_REPAIR, .settings = BERTH_PLAN_SETTINGS_INIT};
  uint32_t *hosts = arena_take(f->memory, of->host_count, sizeof *hosts);
  uint32_t *vms = arena_take(f->memory, of->vm_count, sizeof *vms);
  component all = {.host_count = of->host_count, .hosts = hosts, .vms = vms};
  if (hosts == NULL || vms == NULL)
    return false;
  for (uint32_t h = 0; h < of->host_count; h++) {
    hosts[h] = of->first_host + h;
    f->local[hosts[h]] = h;
  }
  for (uint32_t v = 0; v < of->vm_count; v++) {
    item_kind kind;
    f->item[of->first_vm + v] = BERTH_NONE;
    if (!problem_item_kind(f->inventory, of->first_vm + v, &kind))
      continue;
    f->item[of->first_vm + v] = all.vm_count;
    vms[all.vm_count++] = of->first_vm + v;
  }
  return problem_build(&f->problems[cluster], f->memory, f->inventory, &aim, cluster, &all,
                       scratch);
}

static void sort_largest(rolling_fit *f) {
  const int64_t *memory = f->inventory->vm_memory;
  for (uint32_t vm = 0; vm < f->inventory->vm_count; vm++) {
    uint32_t i = vm;
    for (; i > 0 && memory[f->largest[i - 1]] < memory[vm]; i--)
      f->largest[i] = f->largest[i - 1];
    f->largest[i] = vm;
  }
}

static bool take_memory(rolling_fit *f) {
  uint32_t hosts = f->inventory->host_count, vms = f->inventory->vm_count;
  size_t cells = (size_t)hosts * f->inventory->resource_count;
  f->problems = arena_take(f->memory, f->inventory->cluster_count, sizeof *f->problems);
  f->item = arena_take(f->memory, vms, sizeof *f->item);
  f->local = arena_take(f->memory, hosts, sizeof *f->local);
  f->room = arena_take(f->memory, cells, sizeof *f->room);
  f->saved_room = arena_take(f->memory, cells, sizeof *f->room);
  f->where = arena_take(f->memory, vms, sizeof *f->where);
  f->saved_where = arena_take(f->memory, vms, sizeof *f->where);
  f->population = arena_take(f->memory, hosts, sizeof *f->population);
  f->saved_population = arena_take(f->memory, hosts, sizeof *f->population);
  f->pinned = arena_take(f->memory, hosts, 1);
  f->target = arena_take(f->memory, hosts, 1);
  f->saved_target = arena_take(f->memory, hosts, 1);
  f->good = arena_take(f->memory, hosts, 1);
  f->saved_good = arena_take(f->memory, hosts, 1);
  f->down = arena_take(f->memory, hosts, 1);
  f->largest = arena_take(f->memory, vms, sizeof *f->largest);
  f->moved = arena_take(f->memory, vms, sizeof *f->moved);
  f->from = arena_take(f->memory, vms, sizeof *f->from);
  f->order = arena_take(f->memory, hosts, sizeof *f->order);
  f->rollout = arena_take(f->memory, hosts, sizeof *f->rollout);
  return f->problems != NULL && f->item != NULL && f->local != NULL && f->room != NULL &&
         f->saved_room != NULL && f->where != NULL && f->saved_where != NULL &&
         f->population != NULL && f->saved_population != NULL && f->pinned != NULL &&
         f->target != NULL && f->saved_target != NULL && f->good != NULL && f->saved_good != NULL &&
         f->down != NULL && f->largest != NULL && f->moved != NULL && f->from != NULL &&
         f->order != NULL && f->rollout != NULL;
}

rolling_fit *rolling_fit_new(const rolling_state *state, arena *memory) {
  problem_scratch scratch;
  rolling_fit *f = arena_take(memory, 1, sizeof *f);
  if (f == NULL)
    return NULL;
  f->inventory = state->inventory;
  f->memory = memory;
  if (!take_memory(f) || !problem_scratch_init(&scratch, memory, state->inventory))
    return NULL;
  for (uint32_t c = 0; c < state->inventory->cluster_count; c++)
    if (!build_problem(f, c, &scratch))
      return NULL;
  sort_largest(f);
  return f;
}

/* ---------------------------------------------------------------------- following the state */

static void charge(rolling_fit *f, uint32_t vm, uint32_t host, int64_t sign) {
  uint32_t resources = f->inventory->resource_count;
  for (uint32_t r = 0; r < resources; r++)
    f->room[(size_t)host * resources + r] -=
        sign * f->inventory->vm_demand[(size_t)vm * resources + r];
  f->population[host] += sign > 0 ? 1 : UINT32_MAX;
}

void rolling_fit_follow(rolling_fit *f, const rolling_state *state) {
  const berth_inventory *inventory = f->inventory;
  uint32_t hosts = inventory->host_count;
  assert(state->inventory == inventory);
  memcpy(f->room, inventory->host_capacity,
         (size_t)hosts * inventory->resource_count * sizeof *f->room);
  memset(f->population, 0, hosts * sizeof *f->population);
  memset(f->pinned, 0, hosts);
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++) {
    f->where[vm] = f->item[vm] != BERTH_NONE ? state->where[vm] : BERTH_NONE;
    if (f->where[vm] == BERTH_NONE)
      continue;
    charge(f, vm, f->where[vm], +1);
    f->pinned[f->where[vm]] |= !inventory->vm_movable[vm];
  }
  memcpy(f->target, state->target, hosts);
  for (uint32_t host = 0; host < hosts; host++)
    f->good[host] = rolling_state_is_good(state, host);
}

uint32_t rolling_fit_population(const rolling_fit *f, uint32_t host) {
  return f->population[host];
}

/* ---------------------------------------------------------------------- one set */

static bool has_room(const rolling_fit *f, uint32_t vm, uint32_t host) {
  uint32_t resources = f->inventory->resource_count;
  for (uint32_t r = 0; r < resources; r++) {
    int64_t demand = f->inventory->vm_demand[(size_t)vm * resources + r];
    if (demand > 0 && demand > f->room[(size_t)host * resources + r])
      return false;
  }
  return true;
}

static bool takes(const rolling_fit *f, uint32_t vm, uint32_t host) {
  const problem *p = &f->problems[f->inventory->vm_cluster[vm]];
  return !f->down[host] && host != f->where[vm] &&
         (f->inventory->host_state[host] == BERTH_HOST_ONLINE || f->good[host]) &&
         has_room(f, vm, host) && admission_allows(p, f->item[vm], f->local[host]);
}

/* The good host, or else any, that has least memory left once the VM is there. */
static uint32_t best_host(const rolling_fit *f, uint32_t vm) {
  const frozen_cluster *cluster = &f->inventory->clusters[f->inventory->vm_cluster[vm]];
  uint32_t best = BERTH_NONE, resources = f->inventory->resource_count;
  for (uint32_t h = 0; h < cluster->host_count; h++) {
    uint32_t host = cluster->first_host + h;
    if (best != BERTH_NONE && f->good[best] > f->good[host])
      continue;
    if (!takes(f, vm, host))
      continue;
    if (best == BERTH_NONE || f->good[host] > f->good[best] ||
        f->room[(size_t)host * resources + BERTH_RESOURCE_MEMORY] <
            f->room[(size_t)best * resources + BERTH_RESOURCE_MEMORY])
      best = host;
  }
  return best;
}

static void move(rolling_fit *f, uint32_t vm, uint32_t host) {
  charge(f, vm, f->where[vm], -1);
  charge(f, vm, host, +1);
  f->where[vm] = host;
}

static void take_back(rolling_fit *f) {
  while (f->moved_count > 0) {
    f->moved_count--;
    move(f, f->moved[f->moved_count], f->from[f->moved_count]);
  }
}

/* Empties the hosts that are down. Returns how many VMs land on hosts that are still to be patched,
 * or NO_FIT; what was moved can be taken back. */
static uint32_t empty_down(rolling_fit *f, uint32_t cluster) {
  const berth_inventory *inventory = f->inventory;
  uint32_t again = 0;
  assert(f->moved_count == 0);
  for (uint32_t i = 0; i < inventory->vm_count; i++) {
    uint32_t vm = f->largest[i];
    if (f->where[vm] == BERTH_NONE || inventory->vm_cluster[vm] != cluster ||
        !f->down[f->where[vm]])
      continue;
    uint32_t host = best_host(f, vm);
    if (host == BERTH_NONE)
      return NO_FIT;
    f->moved[f->moved_count] = vm;
    f->from[f->moved_count++] = f->where[vm];
    move(f, vm, host);
    again += !f->good[host];
  }
  return again;
}

static uint32_t try_with(rolling_fit *f, uint32_t cluster, uint32_t host) {
  assert(!f->down[host]);
  f->down[host] = 1;
  uint32_t again = empty_down(f, cluster);
  take_back(f);
  f->down[host] = 0;
  return again;
}

/* ---------------------------------------------------------------------- choosing */

static int64_t memory_of(const rolling_fit *f, uint32_t host) {
  return f->inventory
      ->host_capacity[(size_t)host * f->inventory->resource_count + BERTH_RESOURCE_MEMORY];
}

static int64_t load_of(const rolling_fit *f, uint32_t host) {
  return memory_of(f, host) -
         f->room[(size_t)host * f->inventory->resource_count + BERTH_RESOURCE_MEMORY];
}

/* Where moves count, large hosts first: what they leave empty takes most. Else the fullest first,
 * as in first fit decreasing. */
static bool goes_before(const rolling_fit *f, berth_rolling_first first, uint32_t a, uint32_t b) {
  int64_t size_a = memory_of(f, a), size_b = memory_of(f, b);
  if (first == BERTH_ROLLING_MOVES && size_a != size_b)
    return size_a > size_b;
  return load_of(f, a) > load_of(f, b);
}

static uint32_t list_candidates(rolling_fit *f, uint32_t cluster, berth_rolling_first first,
                                const uint8_t *barred) {
  const frozen_cluster *of = &f->inventory->clusters[cluster];
  uint32_t count = 0;
  for (uint32_t h = 0; h < of->host_count; h++) {
    uint32_t host = of->first_host + h;
    if (f->target[host] != ROLLING_TO_PATCH || f->pinned[host] || f->down[host] || barred[host])
      continue;
    uint32_t i = count++;
    for (; i > 0 && goes_before(f, first, host, f->order[i - 1]); i--)
      f->order[i] = f->order[i - 1];
    f->order[i] = host;
  }
  return count;
}

/* The next host to go down with those that are; BERTH_NONE if none should. */
static uint32_t next_host(rolling_fit *f, uint32_t cluster, berth_rolling_first first,
                          const uint8_t *barred, uint32_t so_far, uint32_t *again) {
  uint32_t count = list_candidates(f, cluster, first, barred), best = BERTH_NONE, least = NO_FIT;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t with = try_with(f, cluster, f->order[i]);
    if (with >= least)
      continue;
    least = with;
    best = f->order[i];
    if (with == *again || first == BERTH_ROLLING_ROUNDS)
      break;
  }
  /* Where moves count, others join only if nobody has to move more often for it. */
  if (best != BERTH_NONE && so_far > 0 && first == BERTH_ROLLING_MOVES && least > *again)
    return BERTH_NONE;
  *again = least;
  return best;
}

static uint32_t grow(rolling_fit *f, uint32_t cluster, uint32_t at_once, berth_rolling_first first,
                     const uint8_t *barred, uint32_t start, uint32_t *set) {
  uint32_t count = 0, again = 0;
  if (start != BERTH_NONE) {
    again = try_with(f, cluster, start);
    if (again == NO_FIT)
      return 0;
    set[count++] = start;
    f->down[start] = 1;
  }
  while (count < at_once) {
    uint32_t host = next_host(f, cluster, first, barred, count, &again);
    if (host == BERTH_NONE)
      break;
    set[count++] = host;
    f->down[host] = 1;
  }
  for (uint32_t i = 0; i < count; i++)
    f->down[set[i]] = 0;
  return count;
}

/* ---------------------------------------------------------------------- rollouts */

typedef struct rollout_value {
  uint64_t left, moves, rounds;
} rollout_value;

static void save(rolling_fit *f) {
  uint32_t hosts = f->inventory->host_count, vms = f->inventory->vm_count;
  memcpy(f->saved_room, f->room, (size_t)hosts * f->inventory->resource_count * sizeof *f->room);
  memcpy(f->saved_where, f->where, vms * sizeof *f->where);
  memcpy(f->saved_population, f->population, hosts * sizeof *f->population);
  memcpy(f->saved_target, f->target, hosts);
  memcpy(f->saved_good, f->good, hosts);
}

static void restore(rolling_fit *f) {
  uint32_t hosts = f->inventory->host_count, vms = f->inventory->vm_count;
  memcpy(f->room, f->saved_room, (size_t)hosts * f->inventory->resource_count * sizeof *f->room);
  memcpy(f->where, f->saved_where, vms * sizeof *f->where);
  memcpy(f->population, f->saved_population, hosts * sizeof *f->population);
  memcpy(f->target, f->saved_target, hosts);
  memcpy(f->good, f->saved_good, hosts);
}

static uint32_t carry_out(rolling_fit *f, uint32_t cluster, const uint32_t *set, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    f->down[set[i]] = 1;
  empty_down(f, cluster);
  uint32_t moves = f->moved_count;
  f->moved_count = 0;
  for (uint32_t i = 0; i < count; i++) {
    assert(f->population[set[i]] == 0);
    f->down[set[i]] = 0;
    f->good[set[i]] = 1;
    f->target[set[i]] = ROLLING_PATCHED;
  }
  return moves;
}

static rollout_value follow(rolling_fit *f, uint32_t cluster, uint32_t at_once,
                            berth_rolling_first first, const uint8_t *barred, uint32_t start) {
  const frozen_cluster *of = &f->inventory->clusters[cluster];
  rollout_value value = {0, 0, 0};
  save(f);
  uint32_t count = grow(f, cluster, at_once, first, barred, start, f->rollout);
  while (count > 0) {
    value.moves += carry_out(f, cluster, f->rollout, count);
    value.rounds++;
    count = grow(f, cluster, at_once, first, barred, BERTH_NONE, f->rollout);
  }
  for (uint32_t h = 0; h < of->host_count; h++)
    value.left += f->target[of->first_host + h] == ROLLING_TO_PATCH;
  restore(f);
  return value;
}

static bool is_better(rollout_value a, rollout_value b, berth_rolling_first first) {
  if (a.left != b.left)
    return a.left < b.left;
  if (first == BERTH_ROLLING_ROUNDS && a.rounds != b.rounds)
    return a.rounds < b.rounds;
  return a.moves != b.moves ? a.moves < b.moves : a.rounds < b.rounds;
}

/* How many beginnings the work allows to follow. */
static uint32_t most_starts(const rolling_fit *f, uint32_t cluster) {
  const frozen_cluster *of = &f->inventory->clusters[cluster];
  uint64_t hosts = of->host_count + 1, vms = of->vm_count + 1;
  uint64_t work = hosts * (hosts + vms) * f->inventory->resource_count;
  uint64_t starts = ROLLOUT_WORK / work / hosts;
  return starts < MOST_STARTS ? (uint32_t)starts : MOST_STARTS;
}

static bool is_first_round(const rolling_fit *f, uint32_t cluster) {
  const frozen_cluster *of = &f->inventory->clusters[cluster];
  for (uint32_t h = 0; h < of->host_count; h++)
    if (f->good[of->first_host + h])
      return false;
  return true;
}

uint32_t rolling_fit_choose(rolling_fit *f, uint32_t cluster, uint32_t at_once,
                            berth_rolling_first first, const uint8_t *barred, uint32_t *set) {
  uint32_t starts = is_first_round(f, cluster) ? most_starts(f, cluster) : 0;
  uint32_t count = grow(f, cluster, at_once, first, barred, BERTH_NONE, set), best = BERTH_NONE;
  if (count == 0 || starts < 2)
    return count;
  uint32_t tried[MOST_STARTS], listed = list_candidates(f, cluster, first, barred);
  /* The least populated first, equal ones as they are listed. */
  uint32_t kept = 0;
  for (uint32_t i = 0; i < listed; i++) {
    uint32_t host = f->order[i], k = kept < starts ? kept++ : kept;
    if (k == starts && f->population[host] >= f->population[tried[k - 1]])
      continue;
    k = k == starts ? k - 1 : k;
    for (; k > 0 && f->population[tried[k - 1]] > f->population[host]; k--)
      tried[k] = tried[k - 1];
    tried[k] = host;
  }
  rollout_value least = follow(f, cluster, at_once, first, barred, BERTH_NONE);
  for (uint32_t i = 0; i < kept; i++) {
    rollout_value value = follow(f, cluster, at_once, first, barred, tried[i]);
    if (!is_better(value, least, first))
      continue;
    least = value;
    best = tried[i];
  }
  return best == BERTH_NONE ? count : grow(f, cluster, at_once, first, barred, best, set);
}
