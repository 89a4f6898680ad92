/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Admission: the static part of a VM's domain. VMs with the same needs, CPU level, VM-host rules
 * and (for live migration) CPU vendor share one set of hosts, so that 200,000 VMs need a handful of
 * sets. Classes are found by hashing these features and comparing with an example of the class.
 */
#include "admission.h"
#include "problem_nodes.h"
#include "sorted_list.h"
#include <assert.h>
#include <string.h>

/* A live migration keeps the vendor of the source; a restart may change it. */
static const char *required_vendor(const problem *p, uint32_t item) {
  if (p->origin[item] == BERTH_NONE)
    return NULL;
  return p->inventory->host_cpu_vendor[p->host[p->origin[item]]];
}

static bool restricts_hosts(const problem *p, uint32_t rule) {
  const frozen_rule *r = &p->inventory->rules[rule];
  return r->enabled && r->strength == BERTH_MUST &&
         (r->type == BERTH_RULE_RUN_ON || r->type == BERTH_RULE_NOT_RUN_ON);
}

static uint64_t mix(uint64_t hash, uint64_t value) {
  hash ^= value + UINT64_C(0x9e3779b97f4a7c15) + (hash << 6) + (hash >> 2);
  return hash * UINT64_C(0xff51afd7ed558ccd);
}

static uint64_t mix_list(uint64_t hash, const uint32_t *list, uint32_t from, uint32_t to) {
  for (uint32_t i = from; i < to; i++)
    hash = mix(hash, list[i] + UINT64_C(1));
  return mix(hash, to - from);
}

static uint64_t mix_text(uint64_t hash, const char *text) {
  for (; text != NULL && *text != '\0'; text++)
    hash = mix(hash, (unsigned char)*text);
  return hash;
}

static uint64_t feature_hash(const problem *p, uint32_t item) {
  const berth_inventory *inventory = p->inventory;
  uint32_t vm = p->vm[item];
  uint64_t hash = mix(p->kind[item] == ITEM_RESTART, (uint64_t)inventory->vm_evc_level[vm]);
  if (p->numa_active)
    hash = mix(hash, p->node_fit[item]);
  hash = mix_text(hash, required_vendor(p, item));
  hash = mix_list(hash, inventory->vm_datastores, inventory->vm_datastore_start[vm],
                  inventory->vm_datastore_start[vm + 1]);
  hash = mix_list(hash, inventory->vm_networks, inventory->vm_network_start[vm],
                  inventory->vm_network_start[vm + 1]);
  for (uint32_t i = inventory->vm_rule_start[vm]; i < inventory->vm_rule_start[vm + 1]; i++) {
    if (restricts_hosts(p, inventory->vm_rules[i]))
      hash = mix(hash, inventory->vm_rules[i]);
  }
  return hash ^ (hash >> 29);
}

static bool same_list(const uint32_t *list, const uint32_t *start, uint32_t a, uint32_t b) {
  uint32_t count = start[a + 1] - start[a];
  return count == start[b + 1] - start[b] &&
         memcmp(list + start[a], list + start[b], count * sizeof *list) == 0;
}

static bool same_text(const char *a, const char *b) {
  if (a == NULL || b == NULL)
    return a == b;
  return strcmp(a, b) == 0;
}

static uint32_t next_host_rule(const problem *p, uint32_t vm, uint32_t i) {
  while (i < p->inventory->vm_rule_start[vm + 1] && !restricts_hosts(p, p->inventory->vm_rules[i]))
    i++;
  return i;
}

static bool same_host_rules(const problem *p, uint32_t a, uint32_t b) {
  const berth_inventory *inventory = p->inventory;
  uint32_t i = next_host_rule(p, a, inventory->vm_rule_start[a]);
  uint32_t j = next_host_rule(p, b, inventory->vm_rule_start[b]);
  while (i < inventory->vm_rule_start[a + 1] && j < inventory->vm_rule_start[b + 1]) {
    if (inventory->vm_rules[i] != inventory->vm_rules[j])
      return false;
    i = next_host_rule(p, a, i + 1);
    j = next_host_rule(p, b, j + 1);
  }
  return i == inventory->vm_rule_start[a + 1] && j == inventory->vm_rule_start[b + 1];
}

static bool same_features(const problem *p, uint32_t a, uint32_t b) {
  const berth_inventory *inventory = p->inventory;
  uint32_t vm_a = p->vm[a], vm_b = p->vm[b];
  return (p->kind[a] == ITEM_RESTART) == (p->kind[b] == ITEM_RESTART) &&
         inventory->vm_evc_level[vm_a] == inventory->vm_evc_level[vm_b] &&
         (!p->numa_active || p->node_fit[a] == p->node_fit[b]) &&
         same_text(required_vendor(p, a), required_vendor(p, b)) &&
         same_list(inventory->vm_datastores, inventory->vm_datastore_start, vm_a, vm_b) &&
         same_list(inventory->vm_networks, inventory->vm_network_start, vm_a, vm_b) &&
         same_host_rules(p, vm_a, vm_b);
}

/* Open addressing over class numbers; grows with the classes, not with the items. */
typedef struct class_table {
  uint32_t *slots;
  uint64_t *hashes;
  uint32_t capacity, count, class_room;
} class_table;

static bool class_table_grow(problem *p, class_table *table) {
  class_table bigger = {.capacity = table->capacity == 0 ? 64 : table->capacity * 2};
  bigger.class_room = bigger.capacity / 2;
  assert((bigger.capacity & (bigger.capacity - 1)) == 0);
  bigger.slots = arena_take(p->memory, bigger.capacity, sizeof *bigger.slots);
  bigger.hashes = arena_take(p->memory, bigger.class_room, sizeof *bigger.hashes);
  admission_class *classes = arena_take(p->memory, bigger.class_room, sizeof *classes);
  if (bigger.slots == NULL || bigger.hashes == NULL || classes == NULL)
    return false;
  memset(bigger.slots, 0xff, bigger.capacity * sizeof *bigger.slots);
  for (uint32_t c = 0; c < table->count; c++) {
    uint32_t slot = (uint32_t)table->hashes[c] & (bigger.capacity - 1);
    while (bigger.slots[slot] != BERTH_NONE)
      slot = (slot + 1) & (bigger.capacity - 1);
    bigger.slots[slot] = c;
    bigger.hashes[c] = table->hashes[c];
    classes[c] = p->classes[c];
  }
  bigger.count = table->count;
  p->classes = classes;
  *table = bigger;
  return true;
}

static bool class_of(problem *p, class_table *table, uint32_t item, uint32_t *class_number) {
  if (table->count == table->class_room && !class_table_grow(p, table))
    return false;
  uint64_t hash = feature_hash(p, item);
  uint32_t slot = (uint32_t)hash & (table->capacity - 1);
  for (; table->slots[slot] != BERTH_NONE; slot = (slot + 1) & (table->capacity - 1)) {
    uint32_t c = table->slots[slot];
    if (table->hashes[c] == hash && same_features(p, p->classes[c].example, item)) {
      *class_number = c;
      return true;
    }
  }
  assert(table->count < table->class_room);
  table->slots[slot] = table->count;
  table->hashes[table->count] = hash;
  p->classes[table->count] = (admission_class){.example = item};
  *class_number = table->count++;
  return true;
}

bool admission_classify(problem *p) {
  uint32_t *admission = arena_take(p->memory, p->item_count, sizeof *admission);
  class_table table = {0};
  if (admission == NULL)
    return false;
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (!class_of(p, &table, item, &admission[item]))
      return false;
  }
  p->admission = admission;
  p->class_count = table.count;
  assert(p->item_count == 0 || p->class_count > 0);
  return true;
}

static bool reaches(const uint32_t *needs, const uint32_t *need_start, uint32_t vm,
                    const uint32_t *offers, const uint32_t *offer_start, uint32_t host) {
  return sorted_list_has_all(offers + offer_start[host], offer_start[host + 1] - offer_start[host],
                             needs + need_start[vm], need_start[vm + 1] - need_start[vm]);
}

static bool level_suffices(const berth_inventory *inventory, uint32_t vm, uint32_t host) {
  int64_t required = inventory->vm_evc_level[vm], level = inventory->host_evc_level[host];
  return required == BERTH_UNSET || level == BERTH_UNSET || required <= level;
}

static bool compatible(const problem *p, uint32_t item, uint32_t host) {
  const berth_inventory *inventory = p->inventory;
  if (!level_suffices(inventory, p->vm[item], host))
    return false;
  const char *vendor = required_vendor(p, item), *offered = inventory->host_cpu_vendor[host];
  return vendor == NULL || offered == NULL || strcmp(vendor, offered) == 0;
}

static berth_reason state_reason(const problem *p, uint32_t host) {
  static const berth_reason reasons[] = {
      [BERTH_HOST_ONLINE] = BERTH_REASON_COUNT,
      [BERTH_HOST_MAINTENANCE] = BERTH_REASON_MAINTENANCE,
      [BERTH_HOST_ENTERING_MAINTENANCE] = BERTH_REASON_MAINTENANCE,
      [BERTH_HOST_STANDBY] = BERTH_REASON_NO_WAKE,
      [BERTH_HOST_FAILED] = BERTH_REASON_FAILED,
      [BERTH_HOST_DISCONNECTED] = BERTH_REASON_DISCONNECTED,
      [BERTH_HOST_ISOLATED] = BERTH_REASON_ISOLATED,
  };
  uint8_t state = p->inventory->host_state[p->host[host]];
  assert(state < sizeof reasons / sizeof *reasons);
  return p->host_open[host] ? BERTH_REASON_COUNT : reasons[state];
}

static uint32_t forbidding_rule(const problem *p, uint32_t vm, uint32_t host) {
  const berth_inventory *inventory = p->inventory;
  for (uint32_t i = inventory->vm_rule_start[vm]; i < inventory->vm_rule_start[vm + 1]; i++) {
    uint32_t index = inventory->vm_rules[i];
    const frozen_rule *rule = &inventory->rules[index];
    if (restricts_hosts(p, index) &&
        sorted_list_has(rule->hosts, rule->host_count, host) != (rule->type == BERTH_RULE_RUN_ON))
      return index;
  }
  return BERTH_NONE;
}

/* Everything but the pin of the single VM: the same for all items of a class. */
static berth_reason class_reason(const problem *p, uint32_t item, uint32_t host, uint32_t *rule) {
  const berth_inventory *inventory = p->inventory;
  uint32_t vm = p->vm[item], global = p->host[host];
  *rule = BERTH_NONE;
  berth_reason state = state_reason(p, host);
  if (state != BERTH_REASON_COUNT)
    return state;
  if (inventory->host_dedicated[global] && p->kind[item] != ITEM_RESTART)
    return BERTH_REASON_DEDICATED;
  *rule = forbidding_rule(p, vm, global);
  if (*rule != BERTH_NONE)
    return BERTH_REASON_RULE;
  if (!reaches(inventory->vm_networks, inventory->vm_network_start, vm, inventory->host_networks,
               inventory->host_network_start, global))
    return BERTH_REASON_NETWORK;
  if (!reaches(inventory->vm_datastores, inventory->vm_datastore_start, vm,
               inventory->host_datastores, inventory->host_datastore_start, global))
    return BERTH_REASON_DATASTORE;
  if (!compatible(p, item, global))
    return BERTH_REASON_CPU_COMPATIBILITY;
  return problem_node_admits(p, item, host) ? BERTH_REASON_COUNT : BERTH_REASON_NUMA;
}

static bool reaches_all(const berth_inventory *inventory, uint32_t vm, uint32_t host) {
  return reaches(inventory->vm_networks, inventory->vm_network_start, vm, inventory->host_networks,
                 inventory->host_network_start, host) &&
         reaches(inventory->vm_datastores, inventory->vm_datastore_start, vm,
                 inventory->host_datastores, inventory->host_datastore_start, host);
}

bool admission_allows_restart(const problem *p, uint32_t item, uint32_t host) {
  assert(item < p->item_count && host < p->host_count);
  uint32_t vm = p->vm[item], global = p->host[host];
  return p->host_open[host] && forbidding_rule(p, vm, global) == BERTH_NONE &&
         reaches_all(p->inventory, vm, global) && level_suffices(p->inventory, vm, global) &&
         problem_node_admits(p, item, host);
}

berth_reason admission_reason(const problem *p, uint32_t item, uint32_t host, uint32_t *rule) {
  assert(item < p->item_count && host < p->host_count);
  berth_reason reason = class_reason(p, item, host, rule);
  if (p->kind[item] == ITEM_FIXED && reason > BERTH_REASON_PINNED) {
    *rule = BERTH_NONE;
    return BERTH_REASON_PINNED;
  }
  return reason;
}

uint32_t admission_obstacles(const problem *p, uint32_t item, uint32_t host) {
  const berth_inventory *inventory = p->inventory;
  uint32_t vm = p->vm[item], global = p->host[host], found = 0;
  berth_reason state = state_reason(p, host);
  static_assert(BERTH_REASON_COUNT <= 32, "a bit for each reason");
  if (state != BERTH_REASON_COUNT)
    found |= UINT32_C(1) << state;
  if (inventory->host_dedicated[global] && p->kind[item] != ITEM_RESTART)
    found |= UINT32_C(1) << BERTH_REASON_DEDICATED;
  if (p->kind[item] == ITEM_FIXED)
    found |= UINT32_C(1) << BERTH_REASON_PINNED;
  if (!reaches(inventory->vm_networks, inventory->vm_network_start, vm, inventory->host_networks,
               inventory->host_network_start, global))
    found |= UINT32_C(1) << BERTH_REASON_NETWORK;
  if (!reaches(inventory->vm_datastores, inventory->vm_datastore_start, vm,
               inventory->host_datastores, inventory->host_datastore_start, global))
    found |= UINT32_C(1) << BERTH_REASON_DATASTORE;
  if (!compatible(p, item, global))
    found |= UINT32_C(1) << BERTH_REASON_CPU_COMPATIBILITY;
  if (!problem_node_admits(p, item, host))
    found |= UINT32_C(1) << BERTH_REASON_NUMA;
  return found;
}

bool admission_rule_forbids(const problem *p, uint32_t rule, uint32_t host) {
  const frozen_rule *r = &p->inventory->rules[rule];
  assert(rule < p->inventory->rule_count && host < p->host_count);
  return restricts_hosts(p, rule) &&
         sorted_list_has(r->hosts, r->host_count, p->host[host]) != (r->type == BERTH_RULE_RUN_ON);
}

const host_bits *admission_hosts(const problem *p, uint32_t item) {
  assert(item < p->item_count && p->admission[item] < p->class_count);
  admission_class *found = &p->classes[p->admission[item]];
  if (found->hosts != NULL)
    return found->hosts;
  host_bits *hosts = arena_take(p->memory, p->host_words, sizeof *hosts);
  if (hosts == NULL)
    return NULL;
  for (uint32_t host = 0; host < p->host_count; host++) {
    uint32_t rule;
    if (class_reason(p, found->example, host, &rule) == BERTH_REASON_COUNT)
      host_bits_set(hosts, host);
  }
  found->hosts = hosts;
  return hosts;
}

bool admission_allows(const problem *p, uint32_t item, uint32_t host) {
  const host_bits *hosts = admission_hosts(p, item);
  uint32_t rule;
  assert(host < p->host_count);
  if (hosts != NULL)
    return host_bits_test(hosts, host);
  return class_reason(p, item, host, &rule) == BERTH_REASON_COUNT;
}
