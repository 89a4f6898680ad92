/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sorted list in blocks of at most 64, found by bisection over the blocks' last hosts. A full
 * block is split; when no block is left to split into, neighbours are joined. Entering or removing
 * costs a block, not the list, and whoever looks for room passes over blocks that have none.
 */
#include "residual_order.h"
#include <assert.h>
#include <string.h>

enum { HALF_BLOCK = RESIDUAL_BLOCK / 2 };

bool residual_order_init(residual_order *o, const residual_rows *rows, uint32_t resource,
                         uint32_t hosts, arena *memory) {
  assert(resource < rows->resource_count);
  *o = (residual_order){.rows = rows, .resource = resource};
  o->block_room = 2 * (hosts / HALF_BLOCK + 1); /* after joining, half of them are in use */
  o->sequence = arena_take_unset(memory, o->block_room, sizeof *o->sequence);
  o->hosts = arena_take_unset(memory, o->block_room, RESIDUAL_BLOCK * sizeof *o->hosts);
  o->filled = arena_take(memory, o->block_room, sizeof *o->filled);
  o->most = arena_take_unset(memory, o->block_room, rows->resource_count * sizeof *o->most);
  if (o->sequence == NULL || o->hosts == NULL || o->filled == NULL || o->most == NULL)
    return false;
  for (uint32_t i = 0; i < o->block_room; i++)
    o->sequence[i] = i;
  return true;
}

static uint32_t *hosts_of(const residual_order *o, uint32_t block) {
  assert(block < o->block_room);
  return o->hosts + (size_t)block * RESIDUAL_BLOCK;
}

static bool stands_before(const residual_order *o, uint32_t a, uint32_t b) {
  int64_t of_a = residual_order_key(o, a), of_b = residual_order_key(o, b);
  return of_a != of_b ? of_a > of_b : a < b;
}

/* The first block whose last host does not stand before @p host; block_count if there is none. */
static uint32_t find_block(const residual_order *o, uint32_t host) {
  uint32_t low = 0, high = o->block_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2, block = o->sequence[middle];
    assert(o->filled[block] > 0);
    if (stands_before(o, hosts_of(o, block)[o->filled[block] - 1], host))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Hosts of @p block that stand before @p host. */
static uint32_t find_place(const residual_order *o, uint32_t block, uint32_t host) {
  const uint32_t *hosts = hosts_of(o, block);
  uint32_t low = 0, high = o->filled[block];
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (stands_before(o, hosts[middle], host))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static void measure_host(residual_order *o, uint32_t block, uint32_t host) {
  uint32_t resources = o->rows->resource_count;
  int64_t *most = o->most + (size_t)block * resources;
  const int64_t *limit = o->rows->limit + (size_t)host * resources;
  const int64_t *use = o->rows->use + (size_t)host * resources;
  for (uint32_t r = 0; r < resources; r++) {
    assert(use[r] >= 0);
    int64_t room = limit[r] - use[r];
    most[r] = room > most[r] ? room : most[r];
  }
}

static void measure_block(residual_order *o, uint32_t block) {
  for (uint32_t r = 0; r < o->rows->resource_count; r++)
    o->most[(size_t)block * o->rows->resource_count + r] = INT64_MIN;
  for (uint32_t i = 0; i < o->filled[block]; i++)
    measure_host(o, block, hosts_of(o, block)[i]);
}

/* An empty block at @p position of the sequence; those from there on move back. */
static uint32_t open_block(residual_order *o, uint32_t position) {
  assert(position <= o->block_count && o->block_count < o->block_room);
  uint32_t block = o->sequence[o->block_count];
  memmove(o->sequence + position + 1, o->sequence + position,
          (o->block_count - position) * sizeof *o->sequence);
  o->sequence[position] = block;
  o->filled[block] = 0;
  o->block_count++;
  return block;
}

static void close_block(residual_order *o, uint32_t position) {
  uint32_t block = o->sequence[position];
  assert(o->filled[block] == 0 && position < o->block_count);
  o->block_count--;
  memmove(o->sequence + position, o->sequence + position + 1,
          (o->block_count - position) * sizeof *o->sequence);
  o->sequence[o->block_count] = block;
}

/* Joins neighbours that go into one block: every two that are left hold more than that. */
static void join_blocks(residual_order *o) {
  for (uint32_t at = 0; at + 1 < o->block_count;) {
    uint32_t block = o->sequence[at], next = o->sequence[at + 1];
    if (o->filled[block] + o->filled[next] > RESIDUAL_BLOCK) {
      at++;
      continue;
    }
    memcpy(hosts_of(o, block) + o->filled[block], hosts_of(o, next),
           o->filled[next] * sizeof *o->hosts);
    o->filled[block] += o->filled[next];
    o->filled[next] = 0;
    close_block(o, at + 1);
  }
  for (uint32_t at = 0; at < o->block_count; at++)
    measure_block(o, o->sequence[at]);
}

static void split(residual_order *o, uint32_t position) {
  uint32_t full = o->sequence[position];
  assert(o->filled[full] == RESIDUAL_BLOCK);
  uint32_t block = open_block(o, position + 1);
  memcpy(hosts_of(o, block), hosts_of(o, full) + HALF_BLOCK, HALF_BLOCK * sizeof *o->hosts);
  o->filled[full] = o->filled[block] = HALF_BLOCK;
  measure_block(o, full);
  measure_block(o, block);
}

/* The position of a block that has a free place where @p host belongs. */
static uint32_t position_for(residual_order *o, uint32_t host) {
  if (o->block_count == 0) {
    measure_block(o, open_block(o, 0));
    return 0;
  }
  uint32_t position = find_block(o, host);
  position -= position == o->block_count;
  if (o->filled[o->sequence[position]] < RESIDUAL_BLOCK)
    return position;
  if (o->block_count == o->block_room) {
    join_blocks(o);
    position = find_block(o, host);
    position -= position == o->block_count;
  }
  if (o->filled[o->sequence[position]] == RESIDUAL_BLOCK)
    split(o, position);
  uint32_t block = o->sequence[position];
  return position + (o->filled[block] > 0 && position + 1 < o->block_count &&
                     find_place(o, block, host) == o->filled[block]);
}

void residual_order_add(residual_order *o, uint32_t host) {
  uint32_t block = o->sequence[position_for(o, host)], *hosts = hosts_of(o, block);
  uint32_t place = find_place(o, block, host);
  assert(o->filled[block] < RESIDUAL_BLOCK);
  memmove(hosts + place + 1, hosts + place, (o->filled[block] - place) * sizeof *hosts);
  hosts[place] = host;
  o->filled[block]++;
  measure_host(o, block, host);
}

void residual_order_remove(residual_order *o, uint32_t host) {
  uint32_t position = find_block(o, host);
  assert(position < o->block_count);
  uint32_t block = o->sequence[position], *hosts = hosts_of(o, block);
  uint32_t place = find_place(o, block, host);
  assert(place < o->filled[block] && hosts[place] == host);
  o->filled[block]--;
  memmove(hosts + place, hosts + place + 1, (o->filled[block] - place) * sizeof *hosts);
  if (o->filled[block] == 0)
    close_block(o, position);
  else
    measure_block(o, block);
}
