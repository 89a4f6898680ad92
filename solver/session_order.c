/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A leaf that fills splits in two halves. Within a transaction none is joined: what was taken out
 * finds its place again when the transaction is taken back, in a leaf that is owned already.
 */
#include "session_order.h"
#include <string.h>

enum { LEAF_AT_FIRST = 96, LEAF_IS_SMALL = 24, LEAF_JOINED = 80 };

static void drop_leaf(const session_ground *ground, order_leaf *leaf) {
  if (shared_drop(&leaf->references))
    ground_release(ground, leaf);
}

host_order *order_new(const session_ground *ground, const uint64_t *keys, uint32_t count) {
  uint32_t leaves = count == 0 ? 1 : (count + LEAF_AT_FIRST - 1) / LEAF_AT_FIRST;
  host_order *order = ground_take(ground, sizeof *order);
  if (order == NULL)
    return NULL;
  atomic_init(&order->references, 1);
  order->leaf_room = leaves + 2 * LEAVES_A_CHANGE;
  order->least = ground_take(ground, order->leaf_room * sizeof *order->least);
  order->leaf = ground_take(ground, order->leaf_room * sizeof(order_leaf *));
  for (uint32_t i = 0; i < leaves && order->least != NULL && order->leaf != NULL; i++) {
    order_leaf *leaf = ground_take(ground, sizeof *leaf);
    if (leaf == NULL)
      break;
    uint32_t from = i * LEAF_AT_FIRST, left = count - from;
    atomic_init(&leaf->references, 1);
    leaf->count = left < LEAF_AT_FIRST ? left : LEAF_AT_FIRST;
    if (leaf->count > 0)
      memcpy(leaf->key, keys + from, leaf->count * sizeof *keys);
    order->least[i] = i == 0 ? 0 : leaf->key[0];
    order->leaf[order->leaf_count++] = leaf;
  }
  if (order->leaf_count == leaves)
    return order;
  assert(order->leaf != NULL || order->leaf_count == 0);
  for (uint32_t i = 0; i < order->leaf_count; i++)
    ground_release(ground, order->leaf[i]);
  ground_release(ground, order->least);
  ground_release(ground, order->leaf);
  ground_release(ground, order);
  return NULL;
}

bool order_reserve(const session_ground *ground, leaf_reserve *reserve, uint32_t count) {
  assert(count <= sizeof reserve->leaf / sizeof reserve->leaf[0]);
  while (reserve->count < count) {
    order_leaf *leaf = ground_take(ground, sizeof *leaf);
    if (leaf == NULL)
      return false;
    atomic_init(&leaf->references, 1);
    reserve->leaf[reserve->count++] = leaf;
  }
  return true;
}

void order_reserve_free(const session_ground *ground, leaf_reserve *reserve) {
  while (reserve->count > 0)
    ground_release(ground, reserve->leaf[--reserve->count]);
}

static order_leaf *take_leaf(leaf_reserve *reserve) {
  assert(reserve->count > 0);
  return reserve->leaf[--reserve->count];
}

static void spare_leaf(const session_ground *ground, leaf_reserve *reserve, order_leaf *leaf) {
  if (!shared_drop(&leaf->references))
    return;
  if (reserve->count == sizeof reserve->leaf / sizeof reserve->leaf[0]) {
    ground_release(ground, leaf);
    return;
  }
  atomic_init(&leaf->references, 1);
  reserve->leaf[reserve->count++] = leaf;
}

/* The leaf where `key` stands or belongs. */
static uint32_t leaf_of(const host_order *order, uint64_t key) {
  uint32_t low = 0, count = order->leaf_count;
  assert(count > 0 && order->least[0] == 0);
  while (count > 1) {
    uint32_t half = count / 2;
    if (order->least[low + half] <= key) {
      low += half;
      count -= half;
    } else {
      count = half;
    }
  }
  return low;
}

/* Place of the first key of the leaf that is not below `key`. */
static uint32_t place_in(const order_leaf *leaf, uint64_t key) {
  uint32_t low = 0, count = leaf->count;
  while (count > 0) {
    uint32_t half = count / 2;
    if (leaf->key[low + half] < key) {
      low += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return low;
}

static order_leaf *own_leaf(const session_ground *ground, host_order *order, leaf_reserve *reserve,
                            uint32_t i) {
  order_leaf *leaf = order->leaf[i];
  if (shared_alone(&leaf->references))
    return leaf;
  order_leaf *copy = take_leaf(reserve);
  copy->count = leaf->count;
  memcpy(copy->key, leaf->key, leaf->count * sizeof *leaf->key);
  drop_leaf(ground, leaf);
  return order->leaf[i] = copy;
}

static void split(host_order *order, leaf_reserve *reserve, uint32_t i) {
  order_leaf *leaf = order->leaf[i], *upper = take_leaf(reserve);
  assert(order->leaf_count < order->leaf_room && leaf->count == HOSTS_A_LEAF);
  upper->count = HOSTS_A_LEAF / 2;
  leaf->count = HOSTS_A_LEAF - upper->count;
  memcpy(upper->key, leaf->key + leaf->count, upper->count * sizeof *upper->key);
  uint32_t behind = order->leaf_count - i - 1;
  memmove(&order->leaf[i + 2], &order->leaf[i + 1], behind * sizeof(order_leaf *));
  memmove(&order->least[i + 2], &order->least[i + 1], behind * sizeof *order->least);
  order->leaf[i + 1] = upper;
  order->least[i + 1] = upper->key[0];
  order->leaf_count++;
}

void order_insert(const session_ground *ground, host_order *order, leaf_reserve *reserve,
                  uint64_t key) {
  uint32_t i = leaf_of(order, key);
  order_leaf *leaf = own_leaf(ground, order, reserve, i);
  if (leaf->count == HOSTS_A_LEAF) {
    split(order, reserve, i);
    if (key >= order->least[i + 1])
      leaf = order->leaf[i + 1];
  }
  uint32_t at = place_in(leaf, key);
  assert(at == leaf->count || leaf->key[at] != key);
  memmove(&leaf->key[at + 1], &leaf->key[at], (leaf->count - at) * sizeof key);
  leaf->key[at] = key;
  leaf->count++;
}

/* Joins leaf i with the one behind it, if one is small and both fit well. */
static bool join(const session_ground *ground, host_order *order, leaf_reserve *reserve,
                 uint32_t i) {
  if (i + 1 >= order->leaf_count || reserve->count == 0)
    return false;
  const order_leaf *lower = order->leaf[i], *upper = order->leaf[i + 1];
  if ((lower->count >= LEAF_IS_SMALL && upper->count >= LEAF_IS_SMALL) ||
      lower->count + upper->count > LEAF_JOINED)
    return false;
  order_leaf *joined = own_leaf(ground, order, reserve, i);
  memcpy(joined->key + joined->count, upper->key, upper->count * sizeof *upper->key);
  joined->count += upper->count;
  spare_leaf(ground, reserve, order->leaf[i + 1]);
  uint32_t behind = --order->leaf_count - i - 1;
  memmove(&order->leaf[i + 1], &order->leaf[i + 2], behind * sizeof(order_leaf *));
  memmove(&order->least[i + 1], &order->least[i + 2], behind * sizeof *order->least);
  return true;
}

void order_remove(const session_ground *ground, host_order *order, leaf_reserve *reserve,
                  uint64_t key, bool tidy) {
  uint32_t i = leaf_of(order, key);
  order_leaf *leaf = own_leaf(ground, order, reserve, i);
  uint32_t at = place_in(leaf, key);
  assert(at < leaf->count && leaf->key[at] == key);
  leaf->count--;
  memmove(&leaf->key[at], &leaf->key[at + 1], (leaf->count - at) * sizeof key);
  if (tidy && leaf->count < LEAF_IS_SMALL && !join(ground, order, reserve, i) && i > 0)
    join(ground, order, reserve, i - 1);
}

/* ------------------------------------------------------------------------ walking */

order_cursor order_seek(const host_order *order, uint64_t key) {
  uint32_t leaf = leaf_of(order, key);
  return (order_cursor){order, leaf, place_in(order->leaf[leaf], key)};
}

order_cursor order_end(const host_order *order) {
  assert(order->leaf_count > 0);
  uint32_t last = order->leaf_count - 1;
  return (order_cursor){order, last, order->leaf[last]->count};
}

bool order_up(order_cursor *cursor, uint64_t *key) {
  while (cursor->at == cursor->order->leaf[cursor->leaf]->count) {
    if (cursor->leaf + 1 == cursor->order->leaf_count)
      return false;
    cursor->leaf++;
    cursor->at = 0;
  }
  *key = cursor->order->leaf[cursor->leaf]->key[cursor->at++];
  return true;
}

bool order_down(order_cursor *cursor, uint64_t *key) {
  while (cursor->at == 0) {
    if (cursor->leaf == 0)
      return false;
    cursor->leaf--;
    cursor->at = cursor->order->leaf[cursor->leaf]->count;
  }
  *key = cursor->order->leaf[cursor->leaf]->key[--cursor->at];
  return true;
}
