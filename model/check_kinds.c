/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kind of a VM is all that check_may_arrive() asks of it, folded into one number; likewise that
 * of a host. Strings are folded eight bytes at a time.
 */
#include "check_kinds.h"
#include "node_packing.h"
#include <assert.h>
#include <string.h>

#define PAIRS_ANSWERED (UINT64_C(1) << 26) /* a byte each */

enum fold_tag {
  FOLD_START,
  FOLD_TEXT,
  FOLD_NETWORK,
  FOLD_DATASTORE,
  FOLD_RULE,
  FOLD_KIND,
  FOLD_NODE
};

typedef struct folding {
  check *c;
  check_intern chain, dense; /* all prefixes of keys; the whole keys */
} folding;

static uint32_t fold(folding *f, enum fold_tag tag, uint32_t so_far, int64_t value) {
  return check_number(f->c, &f->chain, tag, so_far, value, 0);
}

static uint32_t fold_text(folding *f, const char *text) {
  uint32_t so_far = check_number(f->c, &f->chain, FOLD_TEXT, -1, text != NULL, 0);
  size_t length = text == NULL ? 0 : strlen(text);
  for (size_t at = 0; at < length; at += sizeof(int64_t)) {
    int64_t chunk = 0;
    memcpy(&chunk, text + at, length - at < sizeof chunk ? length - at : sizeof chunk);
    so_far = fold(f, FOLD_TEXT, so_far, chunk);
  }
  return so_far;
}

static uint32_t fold_list(folding *f, enum fold_tag tag, uint32_t so_far, const uint32_t *start,
                          const uint32_t *list) {
  for (uint32_t k = start[0]; k < start[1]; k++)
    so_far = fold(f, tag, so_far, list[k]);
  return so_far;
}

static bool binds_hosts(const frozen_rule *rule) {
  return rule->enabled && rule->strength == BERTH_MUST &&
         (rule->type == BERTH_RULE_RUN_ON || rule->type == BERTH_RULE_NOT_RUN_ON);
}

static uint32_t fold_vm(folding *f, uint32_t vm, check_arrival how) {
  const berth_inventory *inventory = f->c->inventory;
  bool running = how == ARRIVAL_PLANNED && f->c->vm_part[vm] == VM_RUNNING;
  bool displaced = how == ARRIVAL_RESTART || f->c->vm_part[vm] == VM_DISPLACED;
  const char *vendor = running ? inventory->host_cpu_vendor[inventory->vm_host[vm]] : NULL;
  uint32_t key = check_number(f->c, &f->chain, FOLD_START, inventory->vm_cluster[vm],
                              inventory->vm_evc_level[vm], displaced);
  key = fold(f, FOLD_KIND, key, fold_text(f, vendor));
  key = fold_list(f, FOLD_NETWORK, key, &inventory->vm_network_start[vm], inventory->vm_networks);
  key = fold_list(f, FOLD_DATASTORE, key, &inventory->vm_datastore_start[vm],
                  inventory->vm_datastores);
  if (inventory->numa_count > 0 && inventory->vm_numa[vm] == BERTH_NUMA_ONE_NODE)
    for (uint32_t r = 0; r <= BERTH_RESOURCE_MEMORY; r++)
      key =
          fold(f, FOLD_NODE, key, inventory->vm_demand[(size_t)vm * inventory->resource_count + r]);
  for (uint32_t k = inventory->vm_rule_start[vm]; k < inventory->vm_rule_start[vm + 1]; k++)
    if (binds_hosts(&inventory->rules[inventory->vm_rules[k]]))
      key = fold(f, FOLD_RULE, key, inventory->vm_rules[k]);
  return key;
}

static uint32_t fold_host(folding *f, uint32_t host) {
  const berth_inventory *inventory = f->c->inventory;
  uint32_t key = check_number(f->c, &f->chain, FOLD_START, inventory->host_cluster[host],
                              inventory->host_evc_level[host], check_dedicated(f->c, host));
  key = fold(f, FOLD_KIND, key, fold_text(f, inventory->host_cpu_vendor[host]));
  key = fold_list(f, FOLD_NETWORK, key, &inventory->host_network_start[host],
                  inventory->host_networks);
  uint32_t count, first = node_packing_nodes(inventory, host, &count);
  for (uint32_t n = first; n < first + count; n++) {
    key = fold(f, FOLD_NODE, key, inventory->numa[n].cpu_mhz);
    key = fold(f, FOLD_NODE, key, inventory->numa[n].memory_mib);
  }
  return fold_list(f, FOLD_DATASTORE, key, &inventory->host_datastore_start[host],
                   inventory->host_datastores);
}

bool check_can_serve(const check *c, uint32_t host) {
  const berth_inventory *inventory = c->inventory;
  return inventory->host_state[host] == BERTH_HOST_ONLINE ||
         (inventory->host_state[host] == BERTH_HOST_STANDBY &&
          inventory->host_wake[host] != BERTH_WAKE_NONE && berth_goal_may_wake(c->goal));
}

/* The must rules that list a host belong to its kind. */
static void fold_rules(folding *f, uint32_t *key) {
  for (uint32_t r = 0; r < f->c->inventory->rule_count; r++) {
    const frozen_rule *rule = &f->c->inventory->rules[r];
    for (uint32_t k = 0; k < rule->host_count && binds_hosts(rule); k++)
      key[rule->hosts[k]] = fold(f, FOLD_RULE, key[rule->hosts[k]], r);
  }
}

static void number_hosts(folding *f, check_kinds *kinds) {
  const berth_inventory *inventory = f->c->inventory;
  for (uint32_t host = 0; host < inventory->host_count; host++)
    kinds->host_kind[host] = fold_host(f, host);
  fold_rules(f, kinds->host_kind);
  check_forget_numbers(&f->dense);
  for (uint32_t host = 0; host < inventory->host_count; host++) {
    if (!check_can_serve(f->c, host)) {
      kinds->host_kind[host] = BERTH_NONE;
      continue;
    }
    uint32_t kind = check_number(f->c, &f->dense, kinds->host_kind[host], 0, 0, 0);
    kinds->host_kind[host] = kind;
    kinds->host_sample[kind] = host;
    kinds->host_cluster[kind] = inventory->host_cluster[host];
  }
  kinds->host_kinds = f->dense.count;
}

static void number_vms(folding *f, check_kinds *kinds) {
  check_forget_numbers(&f->dense);
  for (uint32_t vm = 0; vm < f->c->inventory->vm_count; vm++) {
    uint32_t key = fold_vm(f, vm, kinds->how);
    assert(key < f->chain.count || f->c->exhausted);
    kinds->vm_kind[vm] = check_number(f->c, &f->dense, key, 0, 0, 0);
    kinds->vm_sample[kinds->vm_kind[vm]] = vm;
  }
  kinds->vm_kinds = f->dense.count;
}

bool check_find_kinds(check *c, check_kinds *kinds, check_arrival how) {
  const berth_inventory *inventory = c->inventory;
  folding f = {.c = c};
  *kinds = (check_kinds){.how = how};
  kinds->vm_kind = check_take(c, inventory->vm_count, sizeof *kinds->vm_kind);
  kinds->vm_sample = check_take(c, inventory->vm_count, sizeof *kinds->vm_sample);
  kinds->host_kind = check_take(c, inventory->host_count, sizeof *kinds->host_kind);
  kinds->host_sample = check_take(c, inventory->host_count, sizeof *kinds->host_sample);
  kinds->host_cluster = check_take(c, inventory->host_count, sizeof *kinds->host_cluster);
  if (c->exhausted)
    return false;
  assert(c->vm_part != NULL); /* kinds depend on it */
  number_hosts(&f, kinds);
  number_vms(&f, kinds);
  uint64_t pairs = (uint64_t)kinds->vm_kinds * kinds->host_kinds;
  if (c->exhausted || pairs > PAIRS_ANSWERED)
    return false;
  kinds->answers = check_take(c, pairs, 1);
  return kinds->answers != NULL;
}

bool check_kind_admits(const check *c, check_kinds *kinds, uint32_t vm_kind, uint32_t host_kind) {
  assert(vm_kind < kinds->vm_kinds);
  if (host_kind == BERTH_NONE)
    return false;
  assert(host_kind < kinds->host_kinds);
  uint8_t *answer = &kinds->answers[(size_t)vm_kind * kinds->host_kinds + host_kind];
  if (*answer == 0)
    *answer =
        check_may_arrive(c, kinds->vm_sample[vm_kind], kinds->host_sample[host_kind], kinds->how)
            ? 2
            : 1;
  return *answer == 2;
}
