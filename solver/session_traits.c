/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hash consing: equal values are one object. An admission set costs a look at every host of the
 * cluster, once for all VMs with the same needs.
 */
#include "session_traits.h"
#include <string.h>

enum { LEAST_INTERNED = 64 };

/* ------------------------------------------------------------------------ table */

static uint64_t mix(uint64_t hash, uint64_t value) {
  hash ^= value + UINT64_C(0x9e3779b97f4a7c15) + (hash << 6) + (hash >> 2);
  hash *= UINT64_C(0xff51afd7ed558ccd);
  return hash ^ hash >> 32;
}

static uint64_t mix_list(uint64_t hash, const uint32_t *list, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    hash = mix(hash, list[i]);
  return mix(hash, count);
}

static void place(interned **slot, uint32_t room, interned *thing) {
  uint32_t at = (uint32_t)thing->hash & (room - 1);
  while (slot[at] != NULL)
    at = (at + 1) & (room - 1);
  slot[at] = thing;
}

/* Sweeps, and makes room for one more. */
static bool make_room(const session_ground *ground, intern_table *table,
                      void (*drop)(const session_ground *ground, interned *thing)) {
  if (2 * (uint64_t)(table->count + 1) <= table->room)
    return true;
  uint32_t kept = 0;
  for (uint32_t i = 0; i < table->room; i++)
    kept += table->slot[i] != NULL && !shared_alone(&table->slot[i]->references);
  uint32_t room = LEAST_INTERNED;
  while (room < 4 * (uint64_t)(kept + 1))
    room *= 2;
  interned **slot = ground_take(ground, room * sizeof *slot);
  if (slot == NULL)
    return false;
  table->count = 0;
  for (uint32_t i = 0; i < table->room; i++) {
    interned *thing = table->slot[i];
    if (thing == NULL)
      continue;
    if (shared_alone(&thing->references)) {
      drop(ground, thing);
    } else {
      place(slot, room, thing);
      table->count++;
    }
  }
  ground_release(ground, table->slot);
  table->slot = slot;
  table->room = room;
  return true;
}

static void enter(intern_table *table, interned *thing) {
  assert(2 * (uint64_t)(table->count + 1) <= table->room);
  shared_keep(&thing->references);
  place(table->slot, table->room, thing);
  table->count++;
}

void intern_free(const session_ground *ground, intern_table *table,
                 void (*drop)(const session_ground *ground, interned *thing)) {
  for (uint32_t i = 0; i < table->room; i++) {
    if (table->slot[i] != NULL)
      drop(ground, table->slot[i]);
  }
  ground_release(ground, table->slot);
  *table = (intern_table){0};
}

void intern_drop_admission(const session_ground *ground, interned *thing) {
  drop_admission_set(ground, (admission_set *)(void *)thing);
}

void intern_drop_traits(const session_ground *ground, interned *thing) {
  drop_vm_traits(ground, (vm_traits *)(void *)thing);
}

/* ------------------------------------------------------------------------ admission */

/* A list of names that a VM needs or a host reaches. */
typedef struct name_list {
  const uint32_t *entry;
  uint32_t count;
} name_list;

static name_list list_of(const uint32_t *entries, const uint32_t *start, uint32_t object) {
  return (name_list){entries + start[object], start[object + 1] - start[object]};
}

static name_list networks_needed(const berth_inventory *inventory, uint32_t example) {
  if (example == BERTH_NONE)
    return (name_list){0};
  return list_of(inventory->vm_networks, inventory->vm_network_start, example);
}

static name_list datastores_needed(const berth_inventory *inventory, uint32_t example) {
  if (example == BERTH_NONE)
    return (name_list){0};
  return list_of(inventory->vm_datastores, inventory->vm_datastore_start, example);
}

static bool same_names(name_list a, name_list b) {
  assert(a.entry != NULL || a.count == 0);
  assert(b.entry != NULL || b.count == 0);
  if (a.count != b.count || a.count == 0)
    return a.count == b.count;
  /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): asserted, which it forgets */
  return memcmp(a.entry, b.entry, a.count * sizeof *a.entry) == 0;
}

static bool includes_names(name_list offered, name_list needed) {
  uint32_t j = 0;
  for (uint32_t i = 0; i < needed.count; i++) {
    while (j < offered.count && offered.entry[j] < needed.entry[i])
      j++;
    if (j == offered.count || offered.entry[j] != needed.entry[i])
      return false;
  }
  return true;
}

/* The rule, if it is in force and keeps VMs off hosts; else NULL. */
static const rule_text *host_rule(const berth_view *view, uint32_t number) {
  const rule_block *block = rule_block_of(view, number);
  const rule_text *rule = block->rule[number % RULES_A_BLOCK];
  bool restricts = rule != NULL && block->enabled[number % RULES_A_BLOCK] &&
                   rule->strength == BERTH_MUST &&
                   (rule->type == BERTH_RULE_RUN_ON || rule->type == BERTH_RULE_NOT_RUN_ON);
  return restricts ? rule : NULL;
}

static uint64_t admission_hash(const berth_view *view, const traits_wanted *wanted) {
  const berth_inventory *inventory = view->ground->inventory;
  name_list networks = networks_needed(inventory, wanted->example);
  name_list datastores = datastores_needed(inventory, wanted->example);
  uint64_t hash = mix(wanted->cluster, (uint64_t)wanted->evc_level);
  hash = mix_list(hash, networks.entry, networks.count);
  hash = mix_list(hash, datastores.entry, datastores.count);
  for (uint32_t i = 0; i < wanted->rule_count; i++) {
    const rule_text *rule = host_rule(view, wanted->rules[i]);
    if (rule != NULL)
      hash = mix(hash, rule->serial);
  }
  return hash;
}

/* Numbers of rules are given out again, and sets outlive rules: so rules are told apart by serial.
 */
static bool same_rules(const berth_view *view, const admission_set *set,
                       const traits_wanted *wanted) {
  uint32_t at = 0;
  for (uint32_t i = 0; i < wanted->rule_count; i++) {
    const rule_text *rule = host_rule(view, wanted->rules[i]);
    if (rule == NULL)
      continue;
    if (at == set->rule_count || set->serials[at] != rule->serial)
      return false;
    at++;
  }
  return at == set->rule_count;
}

static bool admits(const berth_view *view, const traits_wanted *wanted, uint32_t host) {
  const berth_inventory *inventory = view->ground->inventory;
  uint32_t root = host_root_of(view, host);
  int64_t level = inventory->host_evc_level[root];
  if (wanted->evc_level != BERTH_UNSET && level != BERTH_UNSET && wanted->evc_level > level)
    return false;
  if (!includes_names(list_of(inventory->host_networks, inventory->host_network_start, root),
                      networks_needed(inventory, wanted->example)) ||
      !includes_names(list_of(inventory->host_datastores, inventory->host_datastore_start, root),
                      datastores_needed(inventory, wanted->example)))
    return false;
  for (uint32_t i = 0; i < wanted->rule_count; i++) {
    const rule_text *rule = host_rule(view, wanted->rules[i]);
    if (rule != NULL && session_rule_lists(view, rule, host) != (rule->type == BERTH_RULE_RUN_ON))
      return false;
  }
  return true;
}

/* Hosts of the inventory by a look at each, added ones likewise. */
static void look_at_all(const berth_view *view, const traits_wanted *wanted, admission_set *set,
                        uint32_t first, uint32_t end) {
  for (uint32_t host = first; host < end; host++) {
    uint32_t place = admission_place(view, set, host);
    if (host_cluster_of(view, host) == set->cluster && admits(view, wanted, host))
      set->bits[place / 64] |= UINT64_C(1) << (place % 64);
  }
}

/* Leaves the hosts of the inventory that the rule allows. */
static void apply_rule(const berth_view *view, const rule_text *rule, admission_set *set,
                       uint64_t *listed, size_t words) {
  memset(listed, 0, words * sizeof *listed);
  for (uint32_t i = 0; i < rule->host_count; i++) {
    if (rule->hosts[i] < view->ground->inventory->host_count) {
      uint32_t place = admission_place(view, set, rule->hosts[i]);
      listed[place / 64] |= UINT64_C(1) << (place % 64);
    }
  }
  for (size_t w = 0; w < words; w++)
    set->bits[w] &= rule->type == BERTH_RULE_RUN_ON ? listed[w] : ~listed[w];
}

/* What the rules leave of what is admitted without them. False: out of memory. */
static bool narrow(const berth_view *view, const traits_wanted *wanted, admission_set *set,
                   const admission_set *free) {
  const frozen_cluster *cluster = &view->ground->inventory->clusters[set->cluster];
  size_t words = (size_t)cluster->host_count / 64 + 1;
  uint64_t *listed = ground_take(view->ground, words * sizeof *listed);
  if (listed == NULL)
    return false;
  memcpy(set->bits, free->bits, words * sizeof *listed);
  if (cluster->host_count % 64 != 0) /* added hosts share the last word */
    set->bits[words - 1] &= (UINT64_C(1) << (cluster->host_count % 64)) - 1;
  else
    set->bits[words - 1] = 0;
  for (uint32_t i = 0; i < wanted->rule_count; i++) {
    const rule_text *rule = host_rule(view, wanted->rules[i]);
    if (rule != NULL)
      apply_rule(view, rule, set, listed, words);
  }
  ground_release(view->ground, listed);
  look_at_all(view, wanted, set, view->ground->inventory->host_count, set->host_count);
  return true;
}

/* Lists the hosts, if they are few. */
static void list_few(const berth_view *view, admission_set *set, size_t words) {
  const berth_inventory *inventory = view->ground->inventory;
  const frozen_cluster *cluster = &inventory->clusters[set->cluster];
  uint32_t count = 0;
  for (size_t w = 0; w < words; w++) {
    for (uint64_t left = set->bits[w]; left != 0; left &= left - 1, count++) {
      uint32_t place = (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(left);
      if (count < FEW_HOSTS)
        set->few[count] = place < cluster->host_count
                              ? cluster->first_host + place
                              : inventory->host_count + (place - cluster->host_count);
    }
  }
  set->few_count = count <= FEW_HOSTS ? count : BERTH_NONE;
}

static admission_set *find_admission(const berth_view *view, intern_table *table,
                                     const traits_wanted *wanted);

/* The hosts of a new set. False: out of memory. */
static bool fill_admission(const berth_view *view, intern_table *table, const traits_wanted *wanted,
                           admission_set *set) {
  const frozen_cluster *cluster = &view->ground->inventory->clusters[set->cluster];
  if (set->rule_count == 0) {
    look_at_all(view, wanted, set, cluster->first_host, cluster->first_host + cluster->host_count);
    look_at_all(view, wanted, set, view->ground->inventory->host_count, set->host_count);
    return true;
  }
  traits_wanted without = *wanted;
  without.rule_count = 0;
  admission_set *free = find_admission(view, table, &without);
  bool filled = free != NULL && narrow(view, wanted, set, free);
  drop_admission_set(view->ground, free);
  return filled;
}

static admission_set *new_admission(const berth_view *view, intern_table *table,
                                    const traits_wanted *wanted, uint64_t hash) {
  const berth_inventory *inventory = view->ground->inventory;
  uint32_t places =
      inventory->clusters[wanted->cluster].host_count + (view->host_count - inventory->host_count);
  size_t words = (size_t)places / 64 + 1;
  size_t bytes = sizeof(admission_set) + (words + wanted->rule_count) * sizeof(uint64_t) +
                 FEW_HOSTS * sizeof(uint32_t);
  admission_set *set = ground_take(view->ground, bytes);
  if (set == NULL)
    return NULL;
  atomic_init(&set->head.references, 1);
  set->head.hash = hash;
  set->cluster = wanted->cluster;
  set->evc_level = wanted->evc_level;
  set->example = wanted->example;
  set->host_count = view->host_count;
  set->bits = (uint64_t *)(void *)(set + 1);
  set->serials = set->bits + words;
  set->few = (uint32_t *)(void *)(set->serials + wanted->rule_count);
  for (uint32_t i = 0; i < wanted->rule_count; i++) {
    const rule_text *rule = host_rule(view, wanted->rules[i]);
    if (rule != NULL)
      set->serials[set->rule_count++] = rule->serial;
  }
  if (!fill_admission(view, table, wanted, set)) {
    drop_admission_set(view->ground, set);
    return NULL;
  }
  list_few(view, set, words);
  return set;
}

/* With a reference for the caller. */
static admission_set *find_admission(const berth_view *view, intern_table *table,
                                     const traits_wanted *wanted) {
  const berth_inventory *inventory = view->ground->inventory;
  uint64_t hash = admission_hash(view, wanted);
  if (!make_room(view->ground, table, intern_drop_admission))
    return NULL;
  uint32_t at = (uint32_t)hash & (table->room - 1);
  for (; table->slot[at] != NULL; at = (at + 1) & (table->room - 1)) {
    admission_set *known = (admission_set *)(void *)table->slot[at];
    if (known->head.hash == hash && known->cluster == wanted->cluster &&
        known->evc_level == wanted->evc_level && same_rules(view, known, wanted) &&
        same_names(networks_needed(inventory, known->example),
                   networks_needed(inventory, wanted->example)) &&
        same_names(datastores_needed(inventory, known->example),
                   datastores_needed(inventory, wanted->example))) {
      shared_keep(&known->head.references);
      return known;
    }
  }
  admission_set *set = new_admission(view, table, wanted, hash);
  /* It may have entered another one meanwhile. */
  if (set != NULL && !make_room(view->ground, table, intern_drop_admission)) {
    drop_admission_set(view->ground, set);
    return NULL;
  }
  if (set != NULL)
    enter(table, &set->head);
  return set;
}

/* ------------------------------------------------------------------------ traits */

static bool same_traits(const vm_traits *known, const admission_set *admission,
                        const traits_wanted *wanted) {
  return known->admission == admission && known->priority == wanted->priority &&
         known->movable == wanted->movable && known->numa == wanted->numa &&
         known->rule_count == wanted->rule_count &&
         (wanted->rule_count == 0 ||
          memcmp(known->rules, wanted->rules, wanted->rule_count * sizeof *known->rules) == 0);
}

static vm_traits *new_traits(const session_ground *ground, admission_set *admission,
                             const traits_wanted *wanted, uint64_t hash) {
  vm_traits *traits =
      ground_take(ground, sizeof *traits + wanted->rule_count * sizeof traits->rules[0]);
  if (traits == NULL)
    return NULL;
  atomic_init(&traits->head.references, 1);
  traits->head.hash = hash;
  traits->admission = admission;
  shared_keep(&admission->head.references);
  traits->cluster = wanted->cluster;
  traits->priority = wanted->priority;
  traits->movable = wanted->movable;
  traits->numa = wanted->numa;
  traits->rule_count = wanted->rule_count;
  if (wanted->rule_count > 0)
    memcpy(traits->rules, wanted->rules, wanted->rule_count * sizeof traits->rules[0]);
  return traits;
}

vm_traits *traits_find(const berth_view *view, intern_table *admissions, intern_table *table,
                       const traits_wanted *wanted) {
  const session_ground *ground = view->ground;
  admission_set *admission = find_admission(view, admissions, wanted);
  if (admission == NULL)
    return NULL;
  vm_traits *found = NULL;
  uint64_t hash = mix((uintptr_t)admission, wanted->priority);
  hash =
      mix_list(mix(hash, wanted->movable * 2U + wanted->numa), wanted->rules, wanted->rule_count);
  if (!make_room(ground, table, intern_drop_traits))
    goto done;
  uint32_t at = (uint32_t)hash & (table->room - 1);
  for (; table->slot[at] != NULL && found == NULL; at = (at + 1) & (table->room - 1)) {
    vm_traits *known = (vm_traits *)(void *)table->slot[at];
    if (known->head.hash == hash && same_traits(known, admission, wanted))
      found = known;
  }
  if (found != NULL)
    shared_keep(&found->head.references);
  else if ((found = new_traits(ground, admission, wanted, hash)) != NULL)
    enter(table, &found->head);
done:
  drop_admission_set(ground, admission);
  return found;
}

traits_wanted traits_asked(const vm_traits *traits) {
  return (traits_wanted){.cluster = traits->cluster,
                         .example = traits->admission->example,
                         .evc_level = traits->admission->evc_level,
                         .priority = traits->priority,
                         .movable = traits->movable,
                         .numa = traits->numa,
                         .rule_count = traits->rule_count,
                         .rules = traits->rules};
}

void traits_forget_hosts(intern_table *admissions, uint32_t host_count) {
  for (uint32_t i = 0; i < admissions->room; i++) {
    admission_set *set = (admission_set *)(void *)admissions->slot[i];
    if (set != NULL && set->host_count > host_count)
      set->cluster = BERTH_NONE; /* of no cluster that anybody asks for */
  }
}
