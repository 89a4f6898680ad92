/* SPDX-License-Identifier: Apache-2.0 */
/* A session's first state, taken from its inventory, and its end. */
#include "context_internal.h"
#include "session_internal.h"
#include "session_tally.h"
#include "thaw.h"
#include <stdlib.h>
#include <string.h>

static uint32_t blocks_for(uint32_t objects, uint32_t block) {
  return objects / block + 1; /* one at least, so that arrays are never empty */
}

/* ------------------------------------------------------------------------ rules */

static rule_text *text_of(const session_ground *ground, uint32_t index) {
  const frozen_rule *rule = &ground->inventory->rules[index];
  rule_text *text = ground_take(ground, sizeof *text);
  if (text == NULL)
    return NULL;
  *text = (rule_text){.serial = index,
                      .cluster = rule->cluster,
                      .type = (uint8_t)rule->type,
                      .strength = (uint8_t)rule->strength,
                      .over = (uint8_t)rule->over,
                      .count = rule->count,
                      .base = index,
                      .host_known = ground->inventory->host_count,
                      .host_count = rule->host_count,
                      .hosts = rule->hosts,
                      .member_count = rule->vm_count,
                      .members = rule->vms,
                      .id = rule->id,
                      .name = rule->name};
  atomic_init(&text->references, 1);
  return text;
}

static bool fill_rules(berth_session *session) {
  berth_view *view = &session->present;
  const session_ground *ground = view->ground;
  for (uint32_t b = 0; b < blocks_for(view->rule_count, RULES_A_BLOCK); b++) {
    rule_block *block = ground_take(ground, sizeof *block);
    if (block == NULL)
      return false;
    atomic_init(&block->references, 1);
    view->rules[view->rule_blocks++] = block;
    for (uint32_t i = 0; i < RULES_A_BLOCK && b * RULES_A_BLOCK + i < view->rule_count; i++) {
      if (thaw_is_dropped(ground->inventory, b * RULES_A_BLOCK + i))
        continue;
      block->rule[i] = text_of(ground, b * RULES_A_BLOCK + i);
      block->tally[i] = tally_new(ground, 1);
      block->enabled[i] = ground->inventory->rules[b * RULES_A_BLOCK + i].enabled;
      session->disabled_rules += block->enabled[i] == 0;
      if (block->rule[i] == NULL || block->tally[i] == NULL)
        return false;
    }
  }
  return true;
}

/* ------------------------------------------------------------------------ hosts */

static vm_list *list_of(const session_ground *ground, uint32_t host) {
  const berth_inventory *inventory = ground->inventory;
  uint32_t first = inventory->host_vm_start[host],
           count = inventory->host_vm_start[host + 1] - first;
  vm_list *vms = ground_take(ground, sizeof *vms + (count + 1) * sizeof vms->vm[0]);
  if (vms == NULL)
    return NULL;
  atomic_init(&vms->references, 1);
  vms->room = count + 1;
  for (uint32_t i = 0; i < count; i++) {
    /* One that a scenario powered on stands in the list still, but no longer at the host. */
    if (inventory->vm_host[inventory->host_vms[first + i]] == host)
      vms->vm[vms->count++] = inventory->host_vms[first + i];
  }
  return vms;
}

static bool fill_host(const berth_view *view, uint32_t host) {
  const berth_inventory *inventory = view->ground->inventory;
  host_block *block = view->hosts[host / HOSTS_A_BLOCK];
  uint32_t slot = host % HOSTS_A_BLOCK, resources = view->ground->resources;
  const int64_t *capacity = inventory->host_capacity + (size_t)host * resources;
  block->state[slot] = inventory->host_state[host];
  block->dedicated[slot] = inventory->host_dedicated[host];
  block->cluster[slot] = inventory->host_cluster[host];
  block->like[slot] = host;
  memcpy(block->amounts + (size_t)slot * resources, capacity, resources * sizeof *capacity);
  memcpy(block->amounts + (size_t)(HOSTS_A_BLOCK + slot) * resources, capacity,
         resources * sizeof *capacity);
  int64_t *largest = view->largest + 2 * (size_t)block->cluster[slot];
  for (uint32_t r = 0; r < 2; r++)
    largest[r] = capacity[r] > largest[r] ? capacity[r] : largest[r];
  block->vms[slot] = list_of(view->ground, host);
  return block->vms[slot] != NULL;
}

static bool fill_hosts(berth_view *view) {
  const session_ground *ground = view->ground;
  size_t bytes = sizeof(host_block) + sizeof(int64_t) * 2 * HOSTS_A_BLOCK * ground->resources;
  while (view->host_blocks < blocks_for(view->host_count, HOSTS_A_BLOCK)) {
    host_block *block = ground_take(ground, bytes);
    if (block == NULL)
      return false;
    atomic_init(&block->references, 1);
    view->hosts[view->host_blocks++] = block;
  }
  for (uint32_t host = 0; host < view->host_count; host++) {
    if (!fill_host(view, host))
      return false;
  }
  return true;
}

/* ------------------------------------------------------------------------ VMs */

/* The placement rules of a VM; the others say nothing about where it stands. */
static uint32_t placement_rules(const berth_inventory *inventory, uint32_t vm, uint32_t *rules) {
  uint32_t count = 0;
  for (uint32_t i = inventory->vm_rule_start[vm]; i < inventory->vm_rule_start[vm + 1]; i++) {
    berth_rule_type type = inventory->rules[inventory->vm_rules[i]].type;
    if (type != BERTH_RULE_QUIESCE && type != BERTH_RULE_RESTART_AFTER &&
        !thaw_is_dropped(inventory, inventory->vm_rules[i]))
      rules[count++] = inventory->vm_rules[i];
  }
  return count;
}

static bool fill_vm(berth_session *session, uint32_t vm, uint32_t *rules) {
  berth_view *view = &session->present;
  const berth_inventory *inventory = view->ground->inventory;
  vm_block *block = view->vms[vm / VMS_A_BLOCK];
  uint32_t slot = vm % VMS_A_BLOCK, resources = view->ground->resources;
  traits_wanted wanted = {.cluster = inventory->vm_cluster[vm],
                          .example = vm,
                          .evc_level = inventory->vm_evc_level[vm],
                          .priority = inventory->vm_priority[vm],
                          .movable = inventory->vm_movable[vm],
                          .numa = inventory->vm_numa[vm],
                          .rules = rules};
  wanted.rule_count = placement_rules(inventory, vm, rules);
  memcpy(block->demand + (size_t)slot * resources, inventory->vm_demand + (size_t)vm * resources,
         resources * sizeof *block->demand);
  block->traits[slot] = traits_find(view, &session->admissions, &session->traits, &wanted);
  if (block->traits[slot] == NULL)
    return false;
  block->power[slot] = inventory->vm_power[vm];
  block->host[slot] = inventory->vm_host[vm];
  return true;
}

static bool fill_vms(berth_session *session) {
  berth_view *view = &session->present;
  const session_ground *ground = view->ground;
  size_t bytes = sizeof(vm_block) + sizeof(int64_t) * VMS_A_BLOCK * ground->resources;
  uint32_t *rules = ground_take(ground, (ground->inventory->rule_count + 1) * sizeof *rules);
  bool filled = rules != NULL;
  while (filled && view->vm_blocks < blocks_for(view->vm_count, VMS_A_BLOCK)) {
    vm_block *block = ground_take(ground, bytes);
    if ((filled = block != NULL)) {
      atomic_init(&block->references, 1);
      memset(block->power, VM_REMOVED, sizeof block->power);
      view->vms[view->vm_blocks++] = block;
    }
  }
  for (uint32_t vm = 0; filled && vm < view->vm_count; vm++)
    filled = fill_vm(session, vm, rules);
  ground_release(ground, rules);
  return filled;
}

/* Lets every VM run where it runs. */
static bool fill_loads(berth_view *view) {
  for (uint32_t vm = 0; vm < view->vm_count; vm++) {
    uint32_t host = session_runs_at(view, vm);
    if (host == BERTH_NONE)
      continue;
    const vm_traits *traits = vm_traits_of(view, vm);
    const int64_t *demand = vm_demand_of(view, vm);
    int64_t *free = host_free_of(view, host);
    for (uint32_t r = 0; r < view->ground->resources; r++) {
      if (free[r] != BERTH_UNLIMITED)
        free[r] -= demand[r];
    }
    for (uint32_t i = 0; i < traits->rule_count; i++) {
      if (!tally_own(view, traits->rules[i]))
        return false;
      tally_enter(view, traits->rules[i], host);
    }
  }
  return true;
}

/* ------------------------------------------------------------------------ orders */

static int compare_keys(const void *a, const void *b) {
  uint64_t left, right;
  memcpy(&left, a, sizeof left);
  memcpy(&right, b, sizeof right);
  return (left > right) - (left < right);
}

static bool fill_order(berth_view *view, uint32_t cluster, uint32_t which, uint64_t *keys) {
  const frozen_cluster *frozen = &view->ground->inventory->clusters[cluster];
  uint32_t count = 0;
  for (uint32_t i = 0; i < frozen->host_count; i++) {
    uint32_t host = frozen->first_host + i;
    if (session_order_of(view, host) == which)
      keys[count++] = host_block_of(view, host)->key[host % HOSTS_A_BLOCK];
  }
  qsort(keys, count, sizeof *keys, compare_keys);
  host_order *order = order_new(view->ground, keys, count);
  view->orders[(size_t)cluster * ORDERS_A_CLUSTER + which] = order;
  return order != NULL;
}

static bool fill_orders(berth_view *view) {
  uint64_t *keys = ground_take(view->ground, (view->host_count + (size_t)1) * sizeof *keys);
  bool filled = keys != NULL;
  for (uint32_t host = 0; host < view->host_count; host++)
    host_block_of(view, host)->key[host % HOSTS_A_BLOCK] = session_key(view, host);
  for (uint32_t c = 0; filled && c < view->ground->inventory->cluster_count; c++)
    filled = fill_order(view, c, ORDER_AWAKE, keys) && fill_order(view, c, ORDER_ASLEEP, keys);
  ground_release(view->ground, keys);
  return filled;
}

/* ------------------------------------------------------------------------ open and close */

/* Hosts by domain: by counting. */
static bool fill_domains(session_ground *ground, berth_domain kind) {
  const berth_inventory *inventory = ground->inventory;
  const uint32_t *domain = inventory->host_domain[kind];
  uint32_t domains = inventory->domain_count[kind];
  uint32_t *start = ground_take(ground, (domains + (size_t)2) * sizeof *start);
  uint32_t *hosts = ground_take(ground, inventory->host_count * sizeof *hosts);
  ground->domain_start[kind] = start;
  ground->domain_hosts[kind] = hosts;
  if (start == NULL || hosts == NULL)
    return false;
  for (uint32_t host = 0; host < inventory->host_count; host++)
    start[domain[host] + 2]++;
  for (uint32_t d = 0; d < domains; d++)
    start[d + 2] += start[d + 1];
  for (uint32_t host = 0; host < inventory->host_count; host++)
    hosts[start[domain[host] + 1]++] = host;
  return true;
}

static session_ground *new_ground(berth_context *ctx, const berth_inventory *inventory) {
  session_ground *ground = context_take(ctx, 1, sizeof *ground);
  if (ground == NULL)
    return NULL;
  atomic_init(&ground->references, 1);
  ground->allocator = *context_allocator(ctx);
  ground->inventory = berth_inventory_retain(inventory);
  ground->resources = inventory->resource_count;
  for (uint32_t kind = BERTH_DOMAIN_HOST + 1; kind < BERTH_DOMAIN_COUNT; kind++) {
    if (!fill_domains(ground, (berth_domain)kind)) {
      drop_ground(ground);
      return NULL;
    }
  }
  return ground;
}

static bool take_arrays(berth_view *view) {
  const session_ground *ground = view->ground;
  const berth_inventory *inventory = ground->inventory;
  size_t clusters = inventory->cluster_count;
  view->host_count = inventory->host_count;
  view->vm_count = inventory->vm_count;
  view->rule_count = inventory->rule_count;
  view->hosts = ground_take(ground, blocks_for(view->host_count, HOSTS_A_BLOCK) * sizeof(void *));
  view->vms = ground_take(ground, blocks_for(view->vm_count, VMS_A_BLOCK) * sizeof(void *));
  view->rules = ground_take(ground, blocks_for(view->rule_count, RULES_A_BLOCK) * sizeof(void *));
  view->orders = ground_take(ground, clusters * ORDERS_A_CLUSTER * sizeof(void *));
  view->largest = ground_take(ground, clusters * 2 * sizeof(int64_t));
  return view->hosts != NULL && view->vms != NULL && view->rules != NULL && view->orders != NULL &&
         view->largest != NULL;
}

static const char *vm_id_of(const berth_view *view, uint32_t vm) {
  return berth_view_vm_id(view, vm);
}

static const char *host_id_of(const berth_view *view, uint32_t host) {
  return berth_view_host_id(view, host);
}

berth_status berth_session_open(berth_context *ctx, const berth_inventory *inventory,
                                berth_session **out) {
  assert(ctx != NULL && inventory != NULL && out != NULL);
  *out = NULL;
  berth_session *session = context_take(ctx, 1, sizeof *session);
  if (session == NULL)
    return BERTH_E_NOMEM;
  session->ctx = ctx;
  session->vm_names.id_of = vm_id_of;
  session->host_names.id_of = host_id_of;
  session->present.ground = new_ground(ctx, inventory);
  if (session->present.ground == NULL) {
    berth_status status = session_out_of_memory(session);
    context_release(ctx, session);
    return status;
  }
  session->next_serial = inventory->rule_count;
  berth_view *view = &session->present;
  if (take_arrays(view) && fill_rules(session) && fill_hosts(view) && fill_vms(session) &&
      fill_loads(view) && fill_orders(view)) {
    *out = session;
    return BERTH_OK;
  }
  berth_status status = session_out_of_memory(session);
  berth_session_close(session);
  return status;
}

static void drop_transaction(berth_session *session) {
  if (session->open)
    berth_session_commit(session);
}

void berth_session_close(berth_session *session) {
  if (session == NULL)
    return;
  session_ground *ground = session->present.ground;
  drop_transaction(session);
  view_clear(&session->present);
  ground_release(ground, session->present.hosts);
  ground_release(ground, session->present.vms);
  ground_release(ground, session->present.rules);
  ground_release(ground, session->present.orders);
  ground_release(ground, session->present.largest);
  intern_free(ground, &session->traits, intern_drop_traits);
  intern_free(ground, &session->admissions, intern_drop_admission);
  ground_release(ground, session->vm_names.slot);
  ground_release(ground, session->host_names.slot);
  ground_release(ground, session->free_vms.number);
  ground_release(ground, session->free_rules.number);
  ground_release(ground, session->undo);
  order_reserve_free(ground, &session->leaves);
  ground_release(ground, session);
  drop_ground(ground);
}

const berth_view *berth_session_view(const berth_session *session) {
  return &session->present;
}

berth_status berth_session_snapshot(berth_session *session, const berth_view **out) {
  *out = NULL;
  if (session->open)
    return context_fail(session->ctx, BERTH_E_ARGUMENT, NULL,
                        "a transaction is open; expected it to be committed or rolled back first");
  *out = view_share(&session->present);
  return *out != NULL ? BERTH_OK : session_out_of_memory(session);
}

/* ------------------------------------------------------------------------ names */

berth_status berth_session_find_vm(const berth_session *session, const char *id, uint32_t *vm) {
  const berth_view *view = &session->present;
  *vm = added_names_find(&session->vm_names, view, id);
  if (*vm != BERTH_NONE)
    return BERTH_OK;
  uint32_t found;
  if (berth_inventory_find_vm(view->ground->inventory, id, &found) != BERTH_OK ||
      !vm_exists(view, found) || strcmp(berth_view_vm_id(view, found), id) != 0)
    return BERTH_E_NOT_FOUND;
  *vm = found;
  return BERTH_OK;
}

berth_status berth_session_find_host(const berth_session *session, const char *id, uint32_t *host) {
  const berth_view *view = &session->present;
  *host = added_names_find(&session->host_names, view, id);
  if (*host != BERTH_NONE)
    return BERTH_OK;
  uint32_t found;
  if (berth_inventory_find_host(view->ground->inventory, id, &found) != BERTH_OK ||
      strcmp(view->ground->inventory->host_id[found], id) != 0)
    return BERTH_E_NOT_FOUND;
  *host = found;
  return BERTH_OK;
}
