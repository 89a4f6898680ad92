/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sharing goes by levels: a view holds blocks, a block holds what its slots point to. Copying a
 * block takes one more reference to each of these; giving the last one back gives them back too.
 */
#include "session_blocks.h"
#include "context_internal.h"
#include <string.h>

void *ground_take(const session_ground *ground, size_t bytes) {
  void *memory = ground->allocator.allocate(ground->allocator.user, bytes > 0 ? bytes : 1);
  if (memory != NULL)
    memset(memory, 0, bytes);
  return memory;
}

void ground_release(const session_ground *ground, void *memory) {
  ground->allocator.release(ground->allocator.user, memory);
}

bool ground_widen(const session_ground *ground, void *array, uint32_t used, uint32_t room,
                  size_t size) {
  void **where = array;
  assert(room > used && size > 0);
  char *wider = ground_take(ground, room * size);
  if (wider == NULL)
    return false;
  if (used > 0)
    memcpy(wider, *where, used * size);
  ground_release(ground, *where);
  *where = wider;
  return true;
}

/* A copy of `bytes` bytes that begin with a reference count, with a count of one. */
static void *copy_of(const session_ground *ground, const void *shared, size_t bytes) {
  void *copy = ground->allocator.allocate(ground->allocator.user, bytes);
  if (copy != NULL) {
    /* The count of the original may change meanwhile: it is not read. */
    memcpy((char *)copy + sizeof(shared_count), (const char *)shared + sizeof(shared_count),
           bytes - sizeof(shared_count));
    atomic_init((shared_count *)copy, 1);
  }
  return copy;
}

/* ------------------------------------------------------------------------ leaves of sharing */

static void drop_plain(const session_ground *ground, void *shared) {
  if (shared != NULL && shared_drop(shared))
    ground_release(ground, shared);
}

static void keep_plain(void *shared) {
  if (shared != NULL)
    shared_keep(shared);
}

void drop_vm_record(const session_ground *ground, vm_record *record) {
  drop_plain(ground, record);
}

void drop_rule_text(const session_ground *ground, rule_text *rule) {
  drop_plain(ground, rule);
}

void drop_rule_tally(const session_ground *ground, rule_tally *tally) {
  drop_plain(ground, tally);
}

void drop_admission_set(const session_ground *ground, admission_set *set) {
  drop_plain(ground, set);
}

void drop_vm_traits(const session_ground *ground, vm_traits *traits) {
  if (traits == NULL || !shared_drop(&traits->head.references))
    return;
  drop_admission_set(ground, traits->admission);
  ground_release(ground, traits);
}

void drop_ground(session_ground *ground) {
  if (!shared_drop(&ground->references))
    return;
  berth_inventory_release(ground->inventory);
  for (uint32_t kind = 0; kind < BERTH_DOMAIN_COUNT; kind++) {
    ground_release(ground, ground->domain_start[kind]);
    ground_release(ground, ground->domain_hosts[kind]);
  }
  ground_release(ground, ground);
}

/* ------------------------------------------------------------------------ blocks */

static size_t host_block_bytes(const session_ground *ground) {
  return sizeof(host_block) + sizeof(int64_t) * 2 * HOSTS_A_BLOCK * ground->resources;
}

static size_t vm_block_bytes(const session_ground *ground) {
  return sizeof(vm_block) + sizeof(int64_t) * VMS_A_BLOCK * ground->resources;
}

static void drop_host_block(const session_ground *ground, host_block *block) {
  if (!shared_drop(&block->references))
    return;
  for (uint32_t i = 0; i < HOSTS_A_BLOCK; i++) {
    drop_plain(ground, block->id[i]);
    drop_plain(ground, block->vms[i]);
  }
  ground_release(ground, block);
}

static void drop_vm_block(const session_ground *ground, vm_block *block) {
  if (!shared_drop(&block->references))
    return;
  for (uint32_t i = 0; i < VMS_A_BLOCK; i++) {
    drop_vm_traits(ground, block->traits[i]);
    drop_vm_record(ground, block->record[i]);
  }
  ground_release(ground, block);
}

static void drop_rule_block(const session_ground *ground, rule_block *block) {
  if (!shared_drop(&block->references))
    return;
  for (uint32_t i = 0; i < RULES_A_BLOCK; i++) {
    drop_rule_text(ground, block->rule[i]);
    drop_rule_tally(ground, block->tally[i]);
  }
  ground_release(ground, block);
}

static void drop_order(const session_ground *ground, host_order *order) {
  if (order == NULL || !shared_drop(&order->references))
    return;
  for (uint32_t i = 0; i < order->leaf_count; i++)
    drop_plain(ground, order->leaf[i]);
  ground_release(ground, order->least);
  ground_release(ground, order->leaf);
  ground_release(ground, order);
}

host_block *own_host_block(berth_view *view, uint32_t host) {
  host_block **block = &view->hosts[host / HOSTS_A_BLOCK];
  if (shared_alone(&(*block)->references))
    return *block;
  host_block *copy = copy_of(view->ground, *block, host_block_bytes(view->ground));
  if (copy == NULL)
    return NULL;
  for (uint32_t i = 0; i < HOSTS_A_BLOCK; i++) {
    keep_plain(copy->id[i]);
    keep_plain(copy->vms[i]);
  }
  drop_host_block(view->ground, *block);
  return *block = copy;
}

vm_block *own_vm_block(berth_view *view, uint32_t vm) {
  vm_block **block = &view->vms[vm / VMS_A_BLOCK];
  if (shared_alone(&(*block)->references))
    return *block;
  vm_block *copy = copy_of(view->ground, *block, vm_block_bytes(view->ground));
  if (copy == NULL)
    return NULL;
  for (uint32_t i = 0; i < VMS_A_BLOCK; i++) {
    keep_plain(copy->traits[i]);
    keep_plain(copy->record[i]);
  }
  drop_vm_block(view->ground, *block);
  return *block = copy;
}

rule_block *own_rule_block(berth_view *view, uint32_t rule) {
  rule_block **block = &view->rules[rule / RULES_A_BLOCK];
  if (shared_alone(&(*block)->references))
    return *block;
  rule_block *copy = copy_of(view->ground, *block, sizeof *copy);
  if (copy == NULL)
    return NULL;
  for (uint32_t i = 0; i < RULES_A_BLOCK; i++) {
    keep_plain(copy->rule[i]);
    keep_plain(copy->tally[i]);
  }
  drop_rule_block(view->ground, *block);
  return *block = copy;
}

vm_list *own_vm_list(berth_view *view, uint32_t host) {
  host_block *block = host_block_of(view, host);
  assert(shared_alone(&block->references));
  vm_list **list = &block->vms[host % HOSTS_A_BLOCK], *old = *list;
  uint32_t count = old == NULL ? 0 : old->count;
  if (old != NULL && shared_alone(&old->references) && count < old->room)
    return old;
  uint32_t room = count + count / 2 + 6;
  vm_list *copy = ground_take(view->ground, sizeof *copy + room * sizeof copy->vm[0]);
  if (copy == NULL)
    return NULL;
  atomic_init(&copy->references, 1);
  copy->count = count;
  copy->room = room;
  if (count > 0)
    memcpy(copy->vm, old->vm, count * sizeof copy->vm[0]);
  drop_plain(view->ground, old);
  return *list = copy;
}

/* ------------------------------------------------------------------------ orders */

static host_order *copy_order(const session_ground *ground, const host_order *order) {
  host_order *copy = ground_take(ground, sizeof *copy);
  if (copy == NULL)
    return NULL;
  atomic_init(&copy->references, 1);
  copy->leaf_room = order->leaf_count + 2 * LEAVES_A_CHANGE;
  copy->least = ground_take(ground, copy->leaf_room * sizeof *copy->least);
  copy->leaf = ground_take(ground, copy->leaf_room * sizeof *copy->leaf);
  if (copy->least == NULL || copy->leaf == NULL) {
    drop_order(ground, copy);
    return NULL;
  }
  copy->leaf_count = order->leaf_count;
  memcpy(copy->least, order->least, order->leaf_count * sizeof *copy->least);
  memcpy(copy->leaf, order->leaf, order->leaf_count * sizeof(order_leaf *));
  for (uint32_t i = 0; i < copy->leaf_count; i++)
    shared_keep(&copy->leaf[i]->references);
  return copy;
}

host_order *own_order(berth_view *view, uint32_t cluster, uint32_t which) {
  assert(which < ORDERS_A_CLUSTER);
  host_order **where = &view->orders[(size_t)cluster * ORDERS_A_CLUSTER + which];
  host_order *order = *where;
  if (shared_alone(&order->references)) {
    uint32_t wanted = order->leaf_count + LEAVES_A_CHANGE;
    if (wanted <= order->leaf_room)
      return order;
    uint32_t room = 2 * wanted;
    if (!ground_widen(view->ground, &order->least, order->leaf_count, room, sizeof(uint64_t)) ||
        !ground_widen(view->ground, &order->leaf, order->leaf_count, room, sizeof(order_leaf *)))
      return NULL;
    order->leaf_room = room;
    return order;
  }
  host_order *copy = copy_order(view->ground, order);
  if (copy == NULL)
    return NULL;
  drop_order(view->ground, order);
  return *where = copy;
}

/* ------------------------------------------------------------------------ views */

berth_view *view_share(const berth_view *view) {
  const session_ground *ground = view->ground;
  uint32_t clusters = ground->inventory->cluster_count;
  size_t orders = (size_t)clusters * ORDERS_A_CLUSTER;
  size_t pointers = view->host_blocks + view->vm_blocks + view->rule_blocks + orders;
  char *memory = ground_take(ground, sizeof(berth_view) + pointers * sizeof(void *) +
                                         2 * (size_t)clusters * sizeof(int64_t));
  if (memory == NULL)
    return NULL;
  berth_view *copy = (berth_view *)(void *)memory;
  /* Others may take references to the view meanwhile: its count is not read. */
  memcpy((char *)copy + offsetof(berth_view, ground),
         (const char *)view + offsetof(berth_view, ground),
         sizeof *copy - offsetof(berth_view, ground));
  atomic_init(&copy->references, 1);
  void **next = (void **)(void *)(copy + 1);
  copy->hosts = (host_block **)next;
  copy->vms = (vm_block **)(next += view->host_blocks);
  copy->rules = (rule_block **)(next += view->vm_blocks);
  copy->orders = (host_order **)(next += view->rule_blocks);
  copy->largest = (int64_t *)(void *)(next + orders);
  shared_keep(&copy->ground->references);
  for (uint32_t i = 0; i < view->host_blocks; i++)
    shared_keep(&(copy->hosts[i] = view->hosts[i])->references);
  for (uint32_t i = 0; i < view->vm_blocks; i++)
    shared_keep(&(copy->vms[i] = view->vms[i])->references);
  for (uint32_t i = 0; i < view->rule_blocks; i++)
    shared_keep(&(copy->rules[i] = view->rules[i])->references);
  for (size_t i = 0; i < orders; i++)
    shared_keep(&(copy->orders[i] = view->orders[i])->references);
  memcpy(copy->largest, view->largest, 2 * (size_t)clusters * sizeof *copy->largest);
  return copy;
}

void view_clear(berth_view *view) {
  const session_ground *ground = view->ground;
  for (uint32_t i = 0; i < view->host_blocks; i++)
    drop_host_block(ground, view->hosts[i]);
  for (uint32_t i = 0; i < view->vm_blocks; i++)
    drop_vm_block(ground, view->vms[i]);
  for (uint32_t i = 0; i < view->rule_blocks; i++)
    drop_rule_block(ground, view->rules[i]);
  size_t orders = (size_t)ground->inventory->cluster_count * ORDERS_A_CLUSTER;
  for (size_t i = 0; view->orders != NULL && i < orders; i++)
    drop_order(ground, view->orders[i]);
}

const berth_view *berth_view_retain(const berth_view *view) {
  assert(view != NULL);
  shared_keep(&((berth_view *)view)->references);
  return view;
}

void berth_view_release(const berth_view *shared) {
  berth_view *view = (berth_view *)shared;
  if (view == NULL || !shared_drop(&view->references))
    return;
  session_ground *ground = view->ground;
  view_clear(view);
  ground_release(ground, view);
  drop_ground(ground);
}
