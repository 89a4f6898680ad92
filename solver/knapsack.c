/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Depth-first branch and bound over the types in order of falling profit per size (Horowitz and
 * Sahni 1974, for bounded counts and several resources). Size is a surrogate of all resources
 * (Glover 1968): the sum over some of them of demand / room, in units of 2^-20 rounded down, so
 * that what fits the resources fits the surrogate. Each single resource and their sum are tried at
 * the root, and the one with the lowest bound is kept. The bound fills up with the best types and a
 * fraction.
 */
#include "knapsack.h"
#include "common_divisor.h"
#include <assert.h>
#include <string.h>

enum {
  QUICK_NODES = 3000,
  EXACT_NODES = 200000,
  MOST_CELLS = 1 << 17,  /* of a row of the table */
  TABLE_CELLS = 3 << 20, /* of all rows */
  UNIT_BITS = 20,
  SURROGATE_RESOURCES = 32 /* those beyond are left out of the bound */
};

/* Products of a profit and a size. */
__extension__ typedef __int128 wide;

struct knapsack {
  uint32_t resource_count;
  uint32_t type_room;
  knapsack_type *types;
  uint32_t type_count;
  int64_t *size;      /* [type] surrogate */
  uint32_t *count;    /* [type] along the branch */
  uint32_t *best;     /* [type] of the best filling */
  int64_t *left;      /* [(type + 1) * resource_count] room at each depth */
  int64_t *size_left; /* [type + 1] */
  arena *memory;
  double *table;     /* [(type + 1) * cells], NULL until it is needed */
  uint32_t cells;    /* of a row; 0 = no table in use */
  uint32_t scarce;   /* its resource */
  int64_t unit;      /* of a cell */
  int64_t threshold; /* only more than this is of interest */
  int64_t upper;     /* of what the node limit cut off */
  uint64_t nodes_left;
  bool listing, stopped;
  knapsack_visit visit;
  void *user;
};

knapsack *knapsack_new(arena *memory, uint32_t resource_count, uint32_t type_room) {
  assert(resource_count > 0);
  knapsack *k = arena_take(memory, 1, sizeof *k);
  if (k == NULL)
    return NULL;
  k->memory = memory;
  k->resource_count = resource_count;
  k->type_room = type_room;
  k->size = arena_take(memory, type_room, sizeof *k->size);
  k->count = arena_take(memory, type_room, sizeof *k->count);
  k->best = arena_take(memory, type_room, sizeof *k->best);
  k->left = arena_take(memory, (size_t)type_room + 1, resource_count * sizeof *k->left);
  k->size_left = arena_take(memory, (size_t)type_room + 1, sizeof *k->size_left);
  bool ok = k->size != NULL && k->count != NULL && k->best != NULL && k->left != NULL &&
            k->size_left != NULL;
  return ok ? k : NULL;
}

/* How many of a type fit into the room that is left. */
static uint32_t fitting(const knapsack *k, const knapsack_type *type, const int64_t *left) {
  int64_t most = type->most;
  for (uint32_t r = 0; r < k->resource_count; r++) {
    if (type->demand[r] > 0 && left[r] < most * type->demand[r])
      most = left[r] / type->demand[r];
  }
  assert(most >= 0);
  return (uint32_t)most;
}

/* ---------------------------------------------------------------------- surrogate */

/* Size of one item when only the resources of @p mask count. */
static int64_t surrogate_size(const knapsack *k, const knapsack_type *type, const int64_t *room,
                              uint32_t mask) {
  int64_t size = 0;
  for (uint32_t r = 0; r < k->resource_count && r < SURROGATE_RESOURCES; r++) {
    if ((mask >> r & 1) != 0 && type->demand[r] > 0)
      size += (int64_t)(((wide)type->demand[r] << UNIT_BITS) / (room[r] > 0 ? room[r] : 1));
  }
  return size;
}

/* Falling profit per size; ties by label, so that the order is one. */
static int compare_types(const knapsack_type *a, int64_t size_a, const knapsack_type *b,
                         int64_t size_b) {
  wide left = (wide)a->profit * size_b, right = (wide)b->profit * size_a;
  if (left != right)
    return left > right ? -1 : 1;
  if (a->profit != b->profit)
    return a->profit > b->profit ? -1 : 1;
  return (a->label > b->label) - (a->label < b->label);
}

/* Insertion sort: the types come nearly sorted from the last call, and are few. */
static void sort_types(knapsack *k) {
  for (uint32_t i = 1; i < k->type_count; i++) {
    knapsack_type type = k->types[i];
    int64_t size = k->size[i];
    uint32_t j = i;
    for (; j > 0 && compare_types(&type, size, &k->types[j - 1], k->size[j - 1]) < 0; j--) {
      k->types[j] = k->types[j - 1];
      k->size[j] = k->size[j - 1];
    }
    k->types[j] = type;
    k->size[j] = size;
  }
}

/* Most profit that types from @p from on can add: best first, the last one in part. */
static int64_t fill_bound(const knapsack *k, uint32_t from, const int64_t *left,
                          int64_t size_left) {
  int64_t profit = 0;
  for (uint32_t i = from; i < k->type_count && k->types[i].profit > 0; i++) {
    int64_t count = fitting(k, &k->types[i], left);
    if (count == 0)
      continue;
    if (count * k->size[i] > size_left)
      return profit + (int64_t)((wide)k->types[i].profit * size_left / k->size[i]);
    profit += count * k->types[i].profit;
    size_left -= count * k->size[i];
  }
  return profit;
}

static int64_t use_surrogate(knapsack *k, const int64_t *room, uint32_t mask, int64_t capacity) {
  for (uint32_t i = 0; i < k->type_count; i++)
    k->size[i] = surrogate_size(k, &k->types[i], room, mask);
  sort_types(k);
  return fill_bound(k, 0, room, capacity);
}

/* True if a filling can run into the end of resource @p r at all. */
static bool can_bind(const knapsack *k, const int64_t *room, uint32_t r) {
  wide sum = 0;
  for (uint32_t i = 0; i < k->type_count; i++)
    sum += (wide)fitting(k, &k->types[i], room) * k->types[i].demand[r];
  return sum > room[r];
}

static int64_t choose_surrogate(knapsack *k, const int64_t *room) {
  uint32_t binding = 0, best_mask = 0;
  int64_t unit = INT64_C(1) << UNIT_BITS, width = 0, best = INT64_MAX;
  for (uint32_t r = 0; r < k->resource_count && r < SURROGATE_RESOURCES; r++) {
    if (!can_bind(k, room, r))
      continue;
    binding |= UINT32_C(1) << r;
    width++;
    int64_t bound = use_surrogate(k, room, UINT32_C(1) << r, unit);
    if (bound < best) {
      best = bound;
      best_mask = UINT32_C(1) << r;
    }
  }
  if (width > 1 && use_surrogate(k, room, binding, width * unit) < best)
    return width * unit;
  (void)use_surrogate(k, room, best_mask, unit);
  return unit;
}

/* ---------------------------------------------------------------------- search */

/* True if an item that costs nothing is left out though it fits. */
static bool is_dominated(const knapsack *k, const int64_t *left) {
  for (uint32_t i = 0; i < k->type_count; i++) {
    const knapsack_type *type = &k->types[i];
    if (type->free_of_charge && k->count[i] < type->most && fitting(k, type, left) > 0)
      return true;
  }
  return false;
}

static void reach_leaf(knapsack *k, const int64_t *left, int64_t profit) {
  if (profit <= k->threshold)
    return;
  if (!k->listing) {
    k->threshold = profit;
    memcpy(k->best, k->count, k->type_count * sizeof *k->best);
  } else if (!is_dominated(k, left) && !k->visit(k->user, k->count, profit)) {
    k->stopped = true;
  }
}

static int64_t most_beyond(const knapsack *k, uint32_t i, const int64_t *left) {
  if (k->cells == 0)
    return fill_bound(k, i, left, k->size_left[i]);
  int64_t cell = left[k->scarce] / k->unit;
  assert(cell >= 0 && cell < k->cells);
  return (int64_t)k->table[(size_t)i * k->cells + (size_t)cell];
}

static void branch(knapsack *k, uint32_t i, int64_t profit) {
  const int64_t *left = k->left + (size_t)i * k->resource_count;
  int64_t bound = profit + most_beyond(k, i, left);
  if (bound <= k->threshold || k->stopped)
    return;
  if (k->nodes_left == 0) {
    k->upper = bound > k->upper ? bound : k->upper;
    k->stopped = k->listing;
    return;
  }
  k->nodes_left--;
  if (i == k->type_count || (!k->listing && k->types[i].profit <= 0)) {
    memset(k->count + i, 0, (k->type_count - i) * sizeof *k->count);
    reach_leaf(k, left, profit);
    return;
  }
  const knapsack_type *type = &k->types[i];
  uint32_t most = fitting(k, type, left);
  int64_t *below = k->left + (size_t)(i + 1) * k->resource_count;
  for (uint32_t take = most + 1; take-- > 0;) {
    for (uint32_t r = 0; r < k->resource_count; r++)
      below[r] = left[r] - take * type->demand[r];
    k->size_left[i + 1] = k->size_left[i] - take * k->size[i];
    k->count[i] = take;
    branch(k, i + 1, profit + take * type->profit);
  }
}

static void start(knapsack *k, knapsack_type *types, uint32_t type_count, const int64_t *room,
                  uint64_t nodes) {
  assert(type_count <= k->type_room);
  k->types = types;
  k->type_count = type_count;
  k->nodes_left = nodes;
  k->upper = INT64_MIN;
  k->stopped = false;
  k->cells = 0;
  memcpy(k->left, room, k->resource_count * sizeof *room);
  k->size_left[0] = choose_surrogate(k, room);
}

/* ---------------------------------------------------------------------- the table */

/* The resource that the types together exceed most. */
static uint32_t scarcest(const knapsack *k, const int64_t *room) {
  uint32_t best = 0;
  double most = 0;
  for (uint32_t r = 0; r < k->resource_count; r++) {
    double sum = 0;
    for (uint32_t i = 0; i < k->type_count; i++)
      sum += (double)fitting(k, &k->types[i], room) * (double)k->types[i].demand[r];
    double share = room[r] > 0 ? sum / (double)room[r] : 0;
    if (share > most) {
      most = share;
      best = r;
    }
  }
  return best;
}

/* Row i from row i + 1: up to `most` more items, by powers of two (each pass may take its items or
 * not). */
static void fill_row(double *row, const double *below, uint32_t cells, uint32_t step, uint32_t most,
                     double profit) {
  memcpy(row, below, cells * sizeof *row);
  for (uint32_t taken = 1; most > 0; taken *= 2) {
    uint32_t part = taken < most ? taken : most;
    uint64_t shift = (uint64_t)part * step;
    double gain = (double)part * profit;
    most -= part;
    if (shift >= cells)
      continue;
    for (uint32_t q = cells; q-- > shift;) {
      double with = row[q - shift] + gain;
      row[q] = with > row[q] ? with : row[q];
    }
  }
}

static bool fill_table(knapsack *k, const int64_t *room) {
  uint32_t r = k->scarce = scarcest(k, room);
  uint64_t most_cells = TABLE_CELLS / (k->type_count + 1);
  if (most_cells > MOST_CELLS)
    most_cells = MOST_CELLS;
  k->unit = 0;
  for (uint32_t i = 0; i < k->type_count; i++)
    k->unit = common_divisor(k->unit, k->types[i].demand[r]);
  if (k->unit == 0 || most_cells < 2)
    return false;
  if (room[r] / k->unit >= (int64_t)most_cells)
    k->unit = room[r] / ((int64_t)most_cells - 1) + 1;
  if (k->table == NULL)
    k->table = arena_take_unset(k->memory, TABLE_CELLS, sizeof *k->table);
  if (k->table == NULL)
    return false;
  k->cells = (uint32_t)(room[r] / k->unit) + 1;
  double *row = k->table + (size_t)k->type_count * k->cells;
  for (uint32_t q = 0; q < k->cells; q++)
    row[q] = 0;
  for (uint32_t i = k->type_count; i-- > 0; row -= k->cells) {
    const knapsack_type *type = &k->types[i];
    uint32_t most = type->profit > 0 ? fitting(k, type, room) : 0;
    fill_row(row - k->cells, row, k->cells, (uint32_t)(type->demand[r] / k->unit), most,
             (double)type->profit);
  }
  return true;
}

void knapsack_best(knapsack *k, knapsack_type *types, uint32_t type_count, const int64_t *room,
                   knapsack_effort effort, uint32_t *counts, knapsack_result *result) {
  start(k, types, type_count, room, QUICK_NODES);
  k->listing = false;
  k->threshold = 0;
  memset(k->best, 0, type_count * sizeof *k->best);
  branch(k, 0, 0);
  if (k->upper > k->threshold && effort == KNAPSACK_EXACT && fill_table(k, room)) {
    k->upper = INT64_MIN;
    k->nodes_left = EXACT_NODES;
    branch(k, 0, 0);
  }
  memcpy(counts, k->best, type_count * sizeof *counts);
  *result = (knapsack_result){.profit = k->threshold,
                              .upper = k->upper > k->threshold ? k->upper : k->threshold};
}

bool knapsack_list(knapsack *k, knapsack_type *types, uint32_t type_count, const int64_t *room,
                   int64_t least, uint64_t *nodes, knapsack_visit visit, void *user) {
  start(k, types, type_count, room, *nodes);
  k->listing = true;
  k->threshold = least - 1;
  k->visit = visit;
  k->user = user;
  branch(k, 0, 0);
  *nodes = k->nodes_left;
  return !k->stopped;
}
