/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sum over hosts of the best content (docs/model.md §9). Hosts that differ in nothing that
 * matters form a class, and one knapsack serves the class. VMs that are worth as much at their
 * origin as elsewhere, and may go there, are told apart from no others of their kind: then even
 * hosts with different VMs on them are alike.
 *
 * Quick bounds come first. Only if they do not add up to what is stated are the classes searched,
 * a little each, then with all the work that is left.
 */
#include "check_certificate.h"
#include <assert.h>

enum { FIRST_NODES = 2000, WORK_OF_AN_ITEM = 4, TYPES_OF_A_NODE = 8 };

bool check_prepare_contents(certificate_check *k) {
  check *c = k->c;
  uint32_t vms = c->inventory->vm_count;
  k->type_room = vms;
  k->types = check_take(c, k->type_room, sizeof *k->types);
  k->own = check_take(c, vms, sizeof *k->own);
  k->items = check_take(c, 2 * (size_t)vms, sizeof *k->items);
  k->classes = check_take(c, c->inventory->host_count, sizeof *k->classes);
  return !c->exhausted;
}

/* What it costs that a running VM is not at its origin. */
static int64_t cost_of_moving(certificate_check *k, uint32_t vm) {
  const berth_inventory *inventory = k->c->inventory;
  if (k->c->vm_part[vm] != VM_RUNNING || certificate_spares(k))
    return 0;
  bool owed = k->c->goal == BERTH_GOAL_EVACUATE && check_leaving(k->c, inventory->vm_host[vm]);
  int64_t memory =
      certificate_product(k, k->price[BERTH_LEVEL_MEMORY_MOVED], inventory->vm_memory[vm]);
  return certificate_sum(k, memory, owed ? 0 : k->price[BERTH_LEVEL_MIGRATIONS]);
}

static int64_t foreign_profit(certificate_check *k, uint32_t vm) {
  return certificate_sum(k, certificate_weight_of(k, vm), -cost_of_moving(k, vm));
}

static int64_t own_profit(certificate_check *k, uint32_t vm) {
  assert(k->c->vm_part[vm] == VM_RUNNING && !certificate_is_bound(k, vm));
  bool leaves = check_leaving(k->c, k->c->inventory->vm_host[vm]);
  return certificate_sum(k, certificate_weight_of(k, vm),
                         leaves ? -k->price[BERTH_LEVEL_VIOLATIONS] : 0);
}

/* The item of a VM that is worth `profit`. */
static uint32_t item_of(certificate_check *k, uint32_t vm, int64_t profit) {
  const berth_inventory *inventory = k->c->inventory;
  uint32_t item = check_number(k->c, &k->item_numbers, k->vm_row[vm], profit, 0, 0);
  if (item == k->item_count && !k->c->exhausted)
    k->items[k->item_count++] = (packed_item){
        .demand = &inventory->vm_demand[(size_t)vm * inventory->resource_count], .profit = profit};
  assert(item <= k->item_count && k->item_count <= 2 * inventory->vm_count);
  return item;
}

/* The type that counts the VM, or BERTH_NONE if it is of no use away from its origin. */
static uint32_t type_of(certificate_check *k, uint32_t vm) {
  int64_t profit = foreign_profit(k, vm);
  if (profit <= 0 || !certificate_may_move(k, vm))
    return BERTH_NONE;
  return check_number(k->c, &k->type_numbers, k->vm_row[vm], profit, k->kinds->vm_kind[vm], 0);
}

static void find_types(certificate_check *k) {
  check_forget_numbers(&k->type_numbers);
  check_forget_numbers(&k->item_numbers);
  k->type_count = k->item_count = 0;
  for (uint32_t i = 0; i < k->member_count && !k->c->exhausted; i++) {
    uint32_t vm = k->members[i], type = type_of(k, vm);
    if (type == BERTH_NONE)
      continue;
    assert(type <= k->type_count && type < k->type_room);
    if (type == k->type_count)
      k->types[k->type_count++] = (foreign_type){.item = item_of(k, vm, foreign_profit(k, vm)),
                                                 .profit = foreign_profit(k, vm),
                                                 .kind = k->kinds->vm_kind[vm]};
    k->types[type].count++;
  }
}

static bool own_before(const own_item *a, const own_item *b) {
  return a->item != b->item ? a->item < b->item : a->type < b->type;
}

/* Shell's sort, with Knuth's gaps. */
static void sort_own(certificate_check *k) {
  uint32_t gap = 1;
  while (gap < k->own_count / 3)
    gap = 3 * gap + 1;
  for (; gap > 0; gap /= 3) {
    for (uint32_t i = gap; i < k->own_count; i++) {
      own_item item = k->own[i];
      uint32_t at = i;
      for (; at >= gap && own_before(&item, &k->own[at - gap]); at -= gap)
        k->own[at] = k->own[at - gap];
      k->own[at] = item;
    }
  }
}

/* The VMs of the host that are worth another thing there than elsewhere, in an order of their own.
 */
static void collect_own(certificate_check *k, uint32_t host) {
  const berth_inventory *inventory = k->c->inventory;
  uint32_t host_kind = k->kinds->host_kind[host];
  k->own_count = 0;
  for (uint32_t i = inventory->host_vm_start[host]; i < inventory->host_vm_start[host + 1]; i++) {
    uint32_t vm = inventory->host_vms[i];
    if (k->vm_stamp[vm] != k->stamp || k->c->vm_part[vm] != VM_RUNNING ||
        certificate_is_bound(k, vm))
      continue;
    int64_t profit = own_profit(k, vm);
    uint32_t type = type_of(k, vm);
    bool returns =
        type != BERTH_NONE && check_kind_admits(k->c, k->kinds, k->kinds->vm_kind[vm], host_kind);
    if (profit <= 0 || (returns && profit == k->types[type].profit))
      continue;
    k->own[k->own_count++] =
        (own_item){.item = item_of(k, vm, profit), .type = returns ? type : BERTH_NONE};
  }
  sort_own(k);
}

/* `always`: the cost that the host has whatever it holds. */
static int64_t cost_of_starting(certificate_check *k, uint32_t host, int64_t *always) {
  const berth_inventory *inventory = k->c->inventory;
  bool asleep = inventory->host_state[host] == BERTH_HOST_STANDBY;
  bool online = inventory->host_state[host] == BERTH_HOST_ONLINE;
  int64_t on = online || asleep ? certificate_product(k, k->price[BERTH_LEVEL_HOSTS_ON],
                                                      check_host_weight(k->c, host))
                                : 0;
  assert(!asleep || !online);
  int64_t stays = certificate_stays_on(k, host) ? on : 0;
  int64_t left =
      check_leaving(k->c, host) && !certificate_spares(k)
          ? certificate_product(k, k->price[BERTH_LEVEL_VIOLATIONS], k->bound_count[host])
          : 0;
  *always = certificate_sum(k, stays, left);
  return certificate_sum(k, on - stays, asleep ? k->price[BERTH_LEVEL_HOSTS_WOKEN] : 0);
}

/* The limit less what is bound to the host. What was above its capacity at the start is not at the
 * end of a plan without violations. */
static int64_t limit_of(const certificate_check *k, uint32_t host, uint32_t r) {
  const check *c = k->c;
  size_t cell = (size_t)host * c->inventory->resource_count + r;
  int64_t capacity = c->inventory->host_capacity[cell];
  int64_t start = k->within ? 0 : c->use_start[cell];
  int64_t limit = capacity > start ? capacity : start;
  int64_t bound = certificate_spares(k) ? 0 : k->bound_use[cell];
  assert(k->within || bound <= limit);
  return limit > bound ? limit - bound : 0;
}

static uint32_t class_of(certificate_check *k, uint32_t host, int64_t start) {
  check *c = k->c;
  uint32_t key = check_number(c, &k->chain, -1, k->kinds->host_kind[host], start, 0);
  for (uint32_t r = 0; r < c->inventory->resource_count; r++)
    key = check_number(c, &k->chain, -2, key, limit_of(k, host, r), 0);
  for (uint32_t i = 0; i < k->own_count; i++)
    key = check_number(c, &k->chain, key, k->own[i].item, k->own[i].type, 0);
  return check_number(c, &k->class_numbers, key, 0, 0, 0);
}

/* Classes of the hosts; what they cost in any case goes to `fixed`. */
static uint32_t find_classes(certificate_check *k) {
  uint32_t count = 0;
  check_forget_numbers(&k->class_numbers);
  check_forget_numbers(&k->chain);
  for (uint32_t i = 0; i < k->host_count && !k->c->exhausted; i++) {
    uint32_t host = k->hosts[i];
    int64_t always, start = cost_of_starting(k, host, &always);
    k->fixed = certificate_sum(k, k->fixed, always);
    collect_own(k, host);
    uint32_t class = class_of(k, host, start);
    assert(class <= count);
    if (class == count)
      k->classes[count++] = (host_class){.sample = host, .start = start};
    k->classes[class].count++;
  }
  return count;
}

/* Counts what hosts of the class may hold, by item. */
static void count_items(certificate_check *k, const host_class *class) {
  uint32_t host_kind = k->kinds->host_kind[class->sample];
  collect_own(k, class->sample);
  for (uint32_t i = 0; i < k->own_count; i++) {
    k->items[k->own[i].item].count++;
    if (k->own[i].type != BERTH_NONE)
      k->types[k->own[i].type].at_host++;
  }
  for (uint32_t t = 0; t < k->type_count; t++) {
    foreign_type *type = &k->types[t];
    assert(type->at_host <= type->count);
    if (check_kind_admits(k->c, k->kinds, type->kind, host_kind))
      k->items[type->item].count += type->count - type->at_host;
    type->at_host = 0;
  }
}

/* How many of an item the limits let in by itself: more of them make no difference. */
static int64_t fitting(const certificate_check *k, const packed_item *item, const int64_t *limit) {
  int64_t count = item->count;
  for (uint32_t r = 0; r < k->c->inventory->resource_count && count > 0; r++)
    if (item->demand[r] > 0 && limit[r] / item->demand[r] < count)
      count = limit[r] / item->demand[r];
  return count;
}

/* Fills the knapsack with what hosts of the class may hold, in the order of the items' numbers. */
static bool pack_items(certificate_check *k, const host_class *class, int64_t *limit) {
  for (uint32_t r = 0; r < k->c->inventory->resource_count; r++)
    limit[r] = limit_of(k, class->sample, r);
  count_items(k, class);
  if (!check_knapsack_reserve(k->c, &k->knapsack, k->item_count))
    return false;
  k->nodes -= (int64_t)WORK_OF_AN_ITEM * k->item_count;
  k->knapsack.limit = limit;
  k->knapsack.item_count = 0;
  for (uint32_t i = 0; i < k->item_count; i++) {
    packed_item *item = &k->items[i];
    int64_t count = fitting(k, item, limit);
    if (count > 0)
      k->knapsack.items[k->knapsack.item_count++] =
          (knapsack_item){.demand = item->demand, .profit = item->profit, .count = count};
    item->count = 0;
  }
  return true;
}

static bool begin_knapsack(certificate_check *k) {
  if (!check_knapsack_begin(&k->knapsack))
    k->beyond = true;
  return !k->beyond;
}

/* The first class with the same knapsack and cost of starting: hosts of different kinds that all
 * have enough of every item to choose from are alike after all. */
static uint32_t twin_of(certificate_check *k, const host_class *class, const int64_t *limit) {
  check *c = k->c;
  uint32_t key = check_number(c, &k->chain, -3, class->start, 0, 0);
  for (uint32_t r = 0; r < c->inventory->resource_count; r++)
    key = check_number(c, &k->chain, -4, key, limit[r], 0);
  for (uint32_t i = 0; i < k->knapsack.item_count; i++) {
    const knapsack_item *item = &k->knapsack.items[i];
    size_t place = (size_t)(item->demand - c->inventory->vm_demand);
    key = check_number(c, &k->chain, key, (int64_t)place, item->profit, item->count);
  }
  return check_number(c, &k->class_numbers, key, 0, 0, 0);
}

/* What a class takes off the formula if its best content has that profit. */
static int64_t taken_off(certificate_check *k, const host_class *class, int64_t profit) {
  assert(class->count > 0 && class->start >= 0 && profit >= 0);
  return certificate_product(k, class->count, profit > class->start ? profit - class->start : 0);
}

static int64_t formula(certificate_check *k, uint32_t count, bool at_best) {
  int64_t value = k->fixed;
  for (uint32_t i = 0; i < count; i++) {
    const host_class *class = &k->classes[i];
    value = certificate_sum(k, value, -taken_off(k, class, at_best ? class->lower : class->upper));
  }
  return value;
}

/* Quick bounds of the classes, of which twins become one. @return how many are left. */
static uint32_t bound_quickly(certificate_check *k, uint32_t count, int64_t *limit) {
  uint32_t kept = 0;
  check_forget_numbers(&k->class_numbers);
  for (uint32_t i = 0; i < count && !k->beyond && !k->c->exhausted; i++) {
    host_class class = k->classes[i];
    k->nodes -= 1 + k->type_count / TYPES_OF_A_NODE;
    if (k->nodes <= 0 || !pack_items(k, &class, limit))
      return kept;
    uint32_t twin = twin_of(k, &class, limit);
    if (twin < kept) {
      k->classes[twin].count += class.count;
      continue;
    }
    assert(twin == kept || k->c->exhausted);
    if (!begin_knapsack(k))
      return kept;
    class.upper = k->knapsack.upper;
    class.lower = k->knapsack.lower;
    k->classes[kept++] = class;
  }
  return kept;
}

static bool is_open(const host_class *class) {
  return class->lower<class->upper &&class->upper> class->start;
}

/* Searches the class in some nodes; the rest of them stays for others. */
static int64_t narrow(certificate_check *k, host_class *class, int64_t nodes, int64_t *limit) {
  int64_t left = nodes, before = taken_off(k, class, class->upper);
  if (!pack_items(k, class, limit) || !begin_knapsack(k))
    return 0;
  if (class->lower > k->knapsack.lower)
    k->knapsack.lower = class->lower;
  if (class->upper < k->knapsack.upper)
    k->knapsack.upper = class->upper;
  check_knapsack_refine(&k->knapsack, &left);
  assert(k->knapsack.upper <= class->upper && k->knapsack.lower >= class->lower);
  class->upper = k->knapsack.upper;
  class->lower = k->knapsack.lower;
  k->nodes -= nodes - left;
  return before - taken_off(k, class, class->upper);
}

/* One round over the classes that are open; `value` is what the formula comes to. */
static int64_t search(certificate_check *k, uint32_t count, bool first, int64_t value,
                      int64_t *limit) {
  uint32_t open = 0;
  for (uint32_t i = 0; i < count; i++)
    open += is_open(&k->classes[i]);
  for (uint32_t i = 0; i < count && value < k->goal && k->nodes > 0 && !k->beyond; i++) {
    if (!is_open(&k->classes[i]))
      continue;
    int64_t nodes = first ? FIRST_NODES : k->nodes / open + 1;
    value += narrow(k, &k->classes[i], nodes < k->nodes ? nodes : k->nodes, limit);
    open--;
  }
  return value;
}

int64_t check_certificate_contents(certificate_check *k) {
  int64_t *limit = check_take(k->c, k->c->inventory->resource_count, sizeof *limit);
  assert(!k->beyond);
  find_types(k);
  uint32_t count = find_classes(k);
  if (k->c->exhausted || k->beyond)
    return 0;
  count = bound_quickly(k, count, limit);
  if (k->nodes <= 0)
    return 0; /* nothing is known of some classes */
  int64_t value = formula(k, count, false);
  for (int round = 0; round < 2 && value < k->goal && !k->beyond && !k->c->exhausted; round++)
    if (formula(k, count, true) >= k->goal || round == 0)
      value = search(k, count, round == 0, value, limit);
  return value;
}
