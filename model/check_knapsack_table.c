/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An upper bound of the knapsack by a table over one resource (Bellman 1957): the one that weighs
 * most in the surrogate. The others are priced by what a unit of them is worth in the surrogate's
 * fractional solution (a Lagrangian relaxation), or left out, whichever proves more. Exact where
 * that resource alone binds.
 *
 * The table's cells are the greatest common divisor of the demands wide, or wider where there would
 * be too many; demands are rounded down to cells then, which only raises the bound. Copies of an
 * item are bundled in powers of two.
 */
#include "check_knapsack.h"
#include <assert.h>
#include <string.h>

__extension__ typedef __int128 wide;

enum { CELLS = 1 << 18, PRICE_BITS = 12, CELLS_OF_A_NODE = 64 };
#define PROFIT_OF_A_TABLE (INT64_C(1) << 48) /* times 2^PRICE_BITS in 62 bits */

static int64_t common_divisor(int64_t a, int64_t b) {
  while (b != 0) {
    int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/* The active resource with the largest share. */
static uint32_t heaviest_resource(const check_knapsack *k) {
  uint32_t heaviest = k->active[0];
  for (uint32_t a = 1; a < k->active_count; a++)
    if (k->best_share[k->active[a]] > k->best_share[heaviest])
      heaviest = k->active[a];
  return heaviest;
}

/* What a cell is wide in units of the resource. */
static int64_t cell_width(const check_knapsack *k, uint32_t resource) {
  int64_t width = 0;
  for (uint32_t i = 0; i < k->item_count; i++)
    width = common_divisor(k->items[i].demand[resource], width);
  int64_t least = k->limit[resource] / (CELLS - 1) + 1;
  return width > least ? width : least;
}

/* Prices of a unit of each resource but that of the table, times 2^PRICE_BITS. */
static bool set_prices(const check_knapsack *k, uint32_t resource, bool priced, int64_t *price,
                       int64_t *offset) {
  wide sum = 0;
  for (uint32_t a = 0; a < k->active_count; a++) {
    uint32_t r = k->active[a];
    price[r] = 0;
    if (r == resource || !priced)
      continue;
    wide value = (((wide)k->factor[r] * k->break_profit) << PRICE_BITS) / k->break_size;
    price[r] = value < PROFIT_OF_A_TABLE ? (int64_t)value : PROFIT_OF_A_TABLE;
    sum += (wide)price[r] * k->limit[r];
  }
  *offset = sum < (wide)1 << 61 ? (int64_t)sum : 0;
  return sum < (wide)1 << 61;
}

/* The item's profit less the price of what it takes of other resources. */
static int64_t net_profit(const check_knapsack *k, const knapsack_item *item,
                          const int64_t *price) {
  wide net = (wide)item->profit << PRICE_BITS;
  for (uint32_t a = 0; a < k->active_count; a++)
    net -= (wide)price[k->active[a]] * item->demand[k->active[a]];
  return net > 0 ? (int64_t)net : 0;
}

/* A bundle that takes `size` cells; each content has it once or not at all. */
static void add_bundle(int64_t *table, int64_t cells, int64_t size, int64_t profit) {
  assert(size > 0 && size <= cells && profit > 0);
  for (int64_t cell = cells; cell >= size; cell--)
    if (table[cell - size] + profit > table[cell])
      table[cell] = table[cell - size] + profit;
}

/* All copies of an item. @return the profit of those that take no cell. */
static int64_t add_copies(check_knapsack *k, const knapsack_item *item, int64_t cells, int64_t size,
                          int64_t profit, int64_t *nodes) {
  if (profit == 0)
    return 0;
  if (size == 0)
    return profit * item->count;
  int64_t count = item->count < cells / size ? item->count : cells / size;
  for (int64_t bundle = 1; count > 0; bundle *= 2) {
    bundle = bundle < count ? bundle : count;
    add_bundle(k->table, cells, size * bundle, profit * bundle);
    *nodes -= (cells - size * bundle) / CELLS_OF_A_NODE + 1;
    count -= bundle;
  }
  return 0;
}

static int64_t fill_table(check_knapsack *k, uint32_t resource, bool priced, int64_t *nodes) {
  int64_t width = cell_width(k, resource), profit;
  assert(width > 0);
  int64_t cells = k->limit[resource] / width;
  int64_t *price = k->load; /* no longer in use */
  assert(cells < CELLS);
  if (!set_prices(k, resource, priced, price, &profit))
    return INT64_MAX;
  memset(k->table, 0, (size_t)(cells + 1) * sizeof *k->table);
  for (uint32_t i = 0; i<k->item_count && * nodes> 0; i++) {
    const knapsack_item *item = &k->items[i];
    profit += add_copies(k, item, cells, item->demand[resource] / width, net_profit(k, item, price),
                         nodes);
  }
  return *nodes > 0 ? (profit + k->table[cells]) >> PRICE_BITS : INT64_MAX;
}

int64_t check_knapsack_table(check_knapsack *k, int64_t *nodes) {
  int64_t all = 0;
  assert(k->active_count > 0);
  for (uint32_t i = 0; i < k->item_count; i++)
    all += k->items[i].profit * k->items[i].count;
  if (all > PROFIT_OF_A_TABLE)
    return INT64_MAX;
  if (k->table == NULL && (k->table = check_take(k->c, CELLS, sizeof *k->table)) == NULL)
    return INT64_MAX;
  uint32_t resource = heaviest_resource(k);
  int64_t bound = fill_table(k, resource, true, nodes);
  int64_t alone = k->active_count > 1 ? fill_table(k, resource, false, nodes) : bound;
  return alone < bound ? alone : bound;
}
