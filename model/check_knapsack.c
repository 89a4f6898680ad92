/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Branch and bound for a bounded knapsack in several resources. The bound is Dantzig's (1957) for
 * one surrogate constraint, a weighted sum of all resources (Glover 1968); the weights are sought
 * by raising those of resources that the fractional solution overfills. Items are branched on in
 * order of profit per surrogate size, most of an item first (Kolesar 1967; Horowitz and Sahni
 * 1974).
 *
 * Where many items have nearly the same profit per size, walking through contents proves little:
 * the bound by table (check_knapsack_table.c) comes after a first try. And when nodes run out
 * before the optimum is proved, half of what is open is given up, and only what beats that is
 * looked for: what is refuted so is a bound, too.
 */
#include "check_knapsack.h"
#include <assert.h>

__extension__ typedef __int128 wide;

enum { SHARE_BITS = 20, SURROGATE_TRIALS = 24, REFUTATIONS = 6, FIRST_WALK = 20000 };
#define SURROGATE_ROOM (INT64_C(1) << 38) /* of a resource at full share; sizes stay below 2^60 */
#define PROFIT_MAX (INT64_C(1) << 61)

static int64_t smaller_of(int64_t a, int64_t b) {
  return a < b ? a : b;
}

bool check_knapsack_reserve(check *c, check_knapsack *k, uint32_t items) {
  k->c = c;
  k->resources = c->inventory->resource_count;
  if (k->factor == NULL) {
    k->active = check_take(c, k->resources, sizeof *k->active);
    k->factor = check_take(c, k->resources, sizeof *k->factor);
    k->share = check_take(c, k->resources, sizeof *k->share);
    k->best_share = check_take(c, k->resources, sizeof *k->best_share);
    k->load = check_take(c, k->resources, sizeof *k->load);
    k->left = check_take(c, k->resources, sizeof *k->left);
  }
  if (items > k->item_room) {
    assert(items <= UINT32_MAX / 2); /* they are numbered by check_number() */
    uint32_t room = items * 2;
    k->items = check_take(c, room, sizeof *k->items);
    k->taken = check_take(c, room, sizeof *k->taken);
    k->item_room = room;
  }
  return !c->exhausted;
}

/* How many of the item fit where `left` is left. */
static int64_t fitting(const check_knapsack *k, const knapsack_item *item, const int64_t *left) {
  int64_t count = item->count;
  for (uint32_t r = 0; r < k->resources && count > 0; r++) {
    assert(item->demand[r] >= 0 && left[r] >= 0);
    if (item->demand[r] > 0)
      count = smaller_of(count, left[r] / item->demand[r]);
  }
  return count;
}

/* Drops items that never fit and counts that never do; false: too much profit to add up. */
static bool trim(check_knapsack *k, int64_t *all) {
  uint32_t kept = 0;
  *all = 0;
  for (uint32_t i = 0; i < k->item_count; i++) {
    knapsack_item item = k->items[i];
    int64_t profit;
    item.count = fitting(k, &item, k->limit);
    if (item.count <= 0 || item.profit <= 0)
      continue;
    if (__builtin_mul_overflow(item.profit, item.count, &profit) ||
        __builtin_add_overflow(*all, profit, all) || *all > PROFIT_MAX)
      return false;
    k->items[kept++] = item;
  }
  k->item_count = kept;
  return true;
}

/* Resources that all items together would overfill. */
static void find_active(check_knapsack *k) {
  k->active_count = 0;
  for (uint32_t r = 0; r < k->resources; r++) {
    wide sum = 0;
    for (uint32_t i = 0; i < k->item_count; i++)
      sum += (wide)k->items[i].demand[r] * k->items[i].count;
    if (sum > k->limit[r])
      k->active[k->active_count++] = r;
  }
}

/* Sizes under the shares in k->share. Any factors >= 0 give a constraint that holds. */
static void set_sizes(check_knapsack *k) {
  k->size = 0;
  for (uint32_t a = 0; a < k->active_count; a++) {
    uint32_t r = k->active[a];
    int64_t room = k->limit[r] > 0 ? k->limit[r] : 1;
    k->factor[r] = (int64_t)(((wide)k->share[r] * SURROGATE_ROOM) / room);
    k->size += k->factor[r] * k->limit[r];
  }
  for (uint32_t i = 0; i < k->item_count; i++) {
    int64_t size = 0;
    for (uint32_t a = 0; a < k->active_count; a++)
      size += k->factor[k->active[a]] * k->items[i].demand[k->active[a]];
    assert(size >= 0 && size <= k->size);
    k->items[i].size = size;
  }
}

/* Whether a comes before b: more profit per size. */
static bool denser(const knapsack_item *a, const knapsack_item *b) {
  wide left = (wide)a->profit * b->size, right = (wide)b->profit * a->size;
  return left != right ? left > right : a->size > b->size;
}

static void swap_items(knapsack_item *a, knapsack_item *b) {
  knapsack_item kept = *a;
  *a = *b;
  *b = kept;
}

/* A heap with the densest at its root. */
static void sift_down(knapsack_item *items, uint32_t root, uint32_t count) {
  for (uint32_t child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && denser(&items[child + 1], &items[child]))
      child++;
    if (!denser(&items[child], &items[root]))
      return;
    swap_items(&items[root], &items[child]);
  }
}

static void make_heap(check_knapsack *k) {
  for (uint32_t root = k->item_count / 2; root-- > 0;)
    sift_down(k->items, root, k->item_count);
}

/* Heap sort, densest first: no memory, and no order makes it slow. */
static void sort_items(check_knapsack *k) {
  make_heap(k);
  for (uint32_t count = k->item_count; count > 1;) {
    swap_items(&k->items[0], &k->items[--count]);
    sift_down(k->items, 0, count);
  }
  for (uint32_t i = 0; i < k->item_count / 2; i++)
    swap_items(&k->items[i], &k->items[k->item_count - 1 - i]);
}

/* The most profit of items from `first` on in `size` of the surrogate, fractions allowed. */
static int64_t dantzig(const check_knapsack *k, uint32_t first, int64_t size) {
  int64_t profit = 0;
  for (uint32_t i = first; i < k->item_count; i++) {
    const knapsack_item *item = &k->items[i];
    int64_t count = item->size == 0 ? item->count : smaller_of(item->count, size / item->size);
    profit += item->profit * count;
    size -= item->size * count;
    if (count < item->count)
      return profit + (int64_t)((wide)item->profit * size / item->size);
  }
  return profit;
}

/* Shares that sum to 2^SHARE_BITS at most. */
static void normalise(check_knapsack *k) {
  wide sum = 0;
  for (uint32_t a = 0; a < k->active_count; a++)
    sum += k->share[k->active[a]];
  for (uint32_t a = 0; a < k->active_count; a++) {
    uint32_t r = k->active[a];
    k->share[r] = (int64_t)(((wide)k->share[r] << SHARE_BITS) / sum);
  }
}

/* `part` of `whole` copies (1 of 1 but for a fraction) go into the loads of the active resources,
 * in units of 2^-SHARE_BITS of their limits. */
static void add_loads(check_knapsack *k, const knapsack_item *item, int64_t part, int64_t whole) {
  for (uint32_t a = 0; a < k->active_count; a++) {
    uint32_t r = k->active[a];
    wide load = ((wide)item->demand[r] << SHARE_BITS) / (k->limit[r] > 0 ? k->limit[r] : 1);
    load = load * part / whole;
    k->load[r] += (int64_t)(load < ((wide)1 << 40) ? load : (wide)1 << 40);
  }
}

/* The bound of the surrogate, and how full its fractional solution makes each resource. Only as
 * many items are put in order as that takes. */
static int64_t fill_fractionally(check_knapsack *k, knapsack_item *broken) {
  int64_t profit = 0, size = k->size;
  *broken = (knapsack_item){.profit = 0, .size = 1};
  for (uint32_t a = 0; a < k->active_count; a++)
    k->load[k->active[a]] = 0;
  make_heap(k);
  for (uint32_t left = k->item_count; left > 0;) {
    const knapsack_item *item = &k->items[0];
    int64_t count = item->size == 0 ? item->count : smaller_of(item->count, size / item->size);
    profit += item->profit * count;
    size -= item->size * count;
    add_loads(k, item, count, 1);
    if (count < item->count) {
      *broken = *item;
      add_loads(k, item, size, item->size);
      return profit + (int64_t)((wide)item->profit * size / item->size);
    }
    swap_items(&k->items[0], &k->items[--left]);
    sift_down(k->items, 0, left);
  }
  return profit;
}

/* Raises the share of a resource that is fuller than full, lowers that of one that is not. */
static void steer(check_knapsack *k, int trial) {
  const int64_t full = INT64_C(1) << SHARE_BITS;
  for (uint32_t a = 0; a < k->active_count; a++) {
    uint32_t r = k->active[a];
    int64_t off = k->load[r] - full;
    off = off > full ? full : off;
    off = off / (1 + trial / 3);
    k->share[r] += (int64_t)((wide)k->share[r] * off / full);
    if (k->share[r] < 1)
      k->share[r] = 1;
  }
  normalise(k);
}

static void keep_shares(const check_knapsack *k, int64_t *to, const int64_t *from) {
  for (uint32_t a = 0; a < k->active_count; a++)
    to[k->active[a]] = from[k->active[a]];
}

/* Leaves the shares of the best surrogate found, and its bound. */
static void find_surrogate(check_knapsack *k) {
  int trials = k->active_count > 1 ? SURROGATE_TRIALS : 1;
  for (uint32_t a = 0; a < k->active_count; a++)
    k->share[k->active[a]] = 1;
  normalise(k);
  for (int trial = 0; trial < trials; trial++) {
    set_sizes(k);
    knapsack_item broken;
    int64_t bound = fill_fractionally(k, &broken);
    if (trial == 0 || bound < k->upper) {
      k->upper = bound;
      k->break_profit = broken.profit;
      k->break_size = broken.size;
      keep_shares(k, k->best_share, k->share);
    }
    steer(k, trial);
  }
}

bool check_knapsack_begin(check_knapsack *k) {
  int64_t all;
  assert(k->factor != NULL && k->limit != NULL);
  if (!trim(k, &all))
    return false;
  find_active(k);
  k->lower = 0;
  k->upper = all;
  if (k->active_count == 0)
    k->lower = all;
  else
    find_surrogate(k);
  assert(k->lower <= k->upper);
  return true;
}

static void take_items(check_knapsack *k, uint32_t i, int64_t count) {
  for (uint32_t r = 0; r < k->resources; r++) {
    k->left[r] -= k->items[i].demand[r] * count;
    assert(k->left[r] >= 0);
  }
  k->taken[i] += count;
}

/* A walk through contents, from the densest: the state of check_knapsack_refine(). */
typedef struct content_walk {
  uint32_t next;  /* items before it are decided */
  int64_t profit; /* of those */
  int64_t size;   /* of the surrogate, left */
} content_walk;

/* Goes back to the last item that was taken and takes one less of it. False: there is none. */
static bool step_back(check_knapsack *k, content_walk *walk) {
  assert(walk->next <= k->item_count && walk->profit >= 0);
  while (walk->next > 0 && k->taken[walk->next - 1] == 0)
    walk->next--;
  if (walk->next == 0)
    return false;
  const knapsack_item *item = &k->items[walk->next - 1];
  take_items(k, walk->next - 1, -1);
  walk->profit -= item->profit;
  walk->size += item->size;
  return true;
}

static void step_on(check_knapsack *k, content_walk *walk) {
  const knapsack_item *item = &k->items[walk->next];
  int64_t count = fitting(k, item, k->left);
  if (count > 0)
    take_items(k, walk->next, count);
  walk->profit += item->profit * count;
  walk->size -= item->size * count;
  walk->next++;
  assert(walk->size >= 0);
}

/* Looks for contents of more than `floor`, `k->lower` at least. True: all were looked at, and
 * `lower` is the best if it is above the floor. */
static bool walk_contents(check_knapsack *k, int64_t floor, int64_t *nodes) {
  content_walk walk = {.size = k->size};
  for (uint32_t r = 0; r < k->resources; r++)
    k->left[r] = k->limit[r];
  for (uint32_t i = 0; i < k->item_count; i++)
    k->taken[i] = 0;
  for (; *nodes > 0; (*nodes)--) {
    int64_t least = floor > k->lower ? floor : k->lower;
    if (walk.next < k->item_count && walk.profit + dantzig(k, walk.next, walk.size) > least) {
      step_on(k, &walk);
      continue;
    }
    if (walk.profit > k->lower)
      k->lower = walk.profit;
    if (!step_back(k, &walk))
      return true;
  }
  return false;
}

void check_knapsack_refine(check_knapsack *k, int64_t *nodes) {
  int64_t part = *nodes / REFUTATIONS + 1;
  if (k->lower == k->upper)
    return;
  keep_shares(k, k->share, k->best_share);
  set_sizes(k);
  sort_items(k);
  for (int i = 0; i < REFUTATIONS && k->lower<k->upper && * nodes> 0; i++) {
    int64_t floor = i == 0 ? k->lower : k->lower + (k->upper - k->lower) / 2;
    int64_t granted = smaller_of(i == 0 ? smaller_of(part, FIRST_WALK) : part, *nodes);
    int64_t left = granted;
    if (walk_contents(k, floor, &left))
      k->upper = k->lower > floor ? k->lower : floor;
    *nodes -= granted - left;
    if (i == 0 && k->lower < k->upper)
      k->upper = smaller_of(k->upper, check_knapsack_table(k, nodes));
  }
  assert(k->lower <= k->upper);
}
