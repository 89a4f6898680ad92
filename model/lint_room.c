/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMs that fit no host, or one, whatever else runs there: by networks, datastores and CPU level, or
 * by what they reserve. After the failure of that one host nothing can hold them.
 *
 * Each VM looks for two hosts that could hold it and stops there. Where to look first is remembered
 * by what VMs ask for (a hash; a wrong guess costs a look, since every host is judged). Otherwise
 * the shortest of these lists has all hosts in question: those of its tightest must rule, of the
 * rarest datastore or network that it needs, and all of the cluster by memory, largest first.
 */
#include "lint_internal.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { GUESSES = 4096 };

typedef struct guess {
  uint32_t hosts[2];
} guess;

/* Hosts that reach each network or datastore, CSR. */
typedef struct reached_by {
  uint32_t *start, *hosts;
} reached_by;

typedef struct room_search {
  linting *lint;
  const berth_inventory *inventory;
  const frozen_cluster *cluster;
  reached_by datastores, networks;
  uint32_t *largest; /* hosts, by cluster, most memory first */
  guess *guesses;
} room_search;

/* Hosts that may be in question for a VM. */
typedef struct host_list {
  const uint32_t *hosts;
  uint32_t count;
  bool by_memory;
} host_list;

/* ---------------------------------------------------------------------------- judging a host */

static bool contains_all(const uint32_t *of, uint32_t of_count, const uint32_t *wanted,
                         uint32_t wanted_count) {
  uint32_t at = 0;
  for (uint32_t i = 0; i < wanted_count; i++) {
    while (at < of_count && of[at] < wanted[i])
      at++;
    if (at == of_count || of[at] != wanted[i])
      return false;
  }
  return true;
}

static bool links_hold(const uint32_t *host_start, const uint32_t *host_links,
                       const uint32_t *vm_start, const uint32_t *vm_links, uint32_t host,
                       uint32_t vm) {
  uint32_t wanted = vm_start[vm + 1] - vm_start[vm];
  return wanted == 0 ||
         contains_all(host_links + host_start[host], host_start[host + 1] - host_start[host],
                      vm_links + vm_start[vm], wanted);
}

static bool is_reached(const berth_inventory *inventory, uint32_t vm, uint32_t host) {
  int64_t needed = inventory->vm_evc_level[vm], level = inventory->host_evc_level[host];
  if (needed != BERTH_UNSET && level != BERTH_UNSET && needed > level)
    return false;
  return links_hold(inventory->host_datastore_start, inventory->host_datastores,
                    inventory->vm_datastore_start, inventory->vm_datastores, host, vm) &&
         links_hold(inventory->host_network_start, inventory->host_networks,
                    inventory->vm_network_start, inventory->vm_networks, host, vm);
}

static bool has_of(const berth_inventory *inventory, uint32_t vm, uint32_t host,
                   uint32_t resource) {
  uint32_t resources = inventory->resource_count;
  return inventory->vm_demand[(size_t)vm * resources + resource] <=
         inventory->host_capacity[(size_t)host * resources + resource];
}

static bool is_held(const berth_inventory *inventory, uint32_t vm, uint32_t host) {
  for (uint32_t r = 0; r < inventory->resource_count; r++)
    if (!has_of(inventory, vm, host, r))
      return false;
  return true;
}

static bool is_in_cluster(const room_search *s, uint32_t host) {
  return host >= s->cluster->first_host && host - s->cluster->first_host < s->cluster->host_count;
}

/* What a host has to pass, one after the other. */
typedef enum hurdle { HURDLE_RULES, HURDLE_REACH, HURDLE_ROOM } hurdle;

static bool passes(const room_search *s, uint32_t vm, uint32_t host, hurdle last) {
  const berth_inventory *inventory = s->inventory;
  assert(is_in_cluster(s, host));
  return lint_serves(inventory, host) && lint_rules_allow(inventory, vm, host) &&
         (last < HURDLE_REACH || is_reached(inventory, vm, host)) &&
         (last < HURDLE_ROOM || is_held(inventory, vm, host));
}

/* ---------------------------------------------------------------------------- lists of hosts */

static bool index_links(room_search *s, const uint32_t *start, const uint32_t *list, uint32_t kinds,
                        reached_by *out) {
  uint32_t hosts = s->inventory->host_count, links = start[hosts];
  out->start = arena_take(&s->lint->memory, (size_t)kinds + 2, sizeof *out->start);
  out->hosts = arena_take_unset(&s->lint->memory, links, sizeof *out->hosts);
  if (out->start == NULL || out->hosts == NULL)
    return false;
  for (uint32_t i = 0; i < links; i++)
    out->start[list[i] + 2]++;
  for (uint32_t k = 0; k < kinds; k++)
    out->start[k + 2] += out->start[k + 1];
  for (uint32_t host = 0; host < hosts; host++)
    for (uint32_t i = start[host]; i < start[host + 1]; i++)
      out->hosts[out->start[list[i] + 1]++] = host;
  assert(kinds == 0 || out->start[kinds] == links);
  return true;
}

static int64_t memory_of(const berth_inventory *inventory, uint32_t host) {
  return inventory->host_capacity[(size_t)host * inventory->resource_count + BERTH_RESOURCE_MEMORY];
}

/* Heap sort of the hosts of a cluster, most memory first. */
static void sink(const berth_inventory *inventory, uint32_t *list, uint32_t count, uint32_t at) {
  for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
    if (child + 1 < count &&
        memory_of(inventory, list[child + 1]) < memory_of(inventory, list[child]))
      child++;
    if (memory_of(inventory, list[at]) <= memory_of(inventory, list[child]))
      return;
    uint32_t other = list[at];
    list[at] = list[child];
    list[child] = other;
    at = child;
  }
}

static void sort_largest(const berth_inventory *inventory, uint32_t *list, uint32_t count) {
  for (uint32_t i = count / 2; i-- > 0;)
    sink(inventory, list, count, i);
  for (uint32_t left = count; left-- > 1;) {
    uint32_t least = list[0];
    list[0] = list[left];
    list[left] = least;
    sink(inventory, list, left, 0);
  }
}

static bool prepare(room_search *s) {
  const berth_inventory *inventory = s->inventory;
  s->largest = arena_take_unset(&s->lint->memory, inventory->host_count, sizeof *s->largest);
  s->guesses = arena_take_unset(&s->lint->memory, GUESSES, sizeof *s->guesses);
  if (s->largest == NULL || s->guesses == NULL)
    return false;
  for (uint32_t i = 0; i < GUESSES; i++)
    s->guesses[i] = (guess){{BERTH_NONE, BERTH_NONE}};
  for (uint32_t host = 0; host < inventory->host_count; host++)
    s->largest[host] = host;
  for (uint32_t c = 0; c < inventory->cluster_count; c++)
    sort_largest(inventory, s->largest + inventory->clusters[c].first_host,
                 inventory->clusters[c].host_count);
  return index_links(s, inventory->host_datastore_start, inventory->host_datastores,
                     inventory->datastore_count, &s->datastores) &&
         index_links(s, inventory->host_network_start, inventory->host_networks,
                     inventory->network_count, &s->networks);
}

static void take_rarest(const reached_by *index, const uint32_t *vm_start, const uint32_t *vm_links,
                        uint32_t vm, host_list *list) {
  for (uint32_t i = vm_start[vm]; i < vm_start[vm + 1]; i++) {
    uint32_t first = index->start[vm_links[i]], end = index->start[vm_links[i] + 1];
    assert(first <= end);
    if (end - first < list->count)
      *list = (host_list){.hosts = index->hosts + first, .count = end - first};
  }
}

/* A list with all hosts that pass `last`. */
static host_list list_for(const room_search *s, uint32_t vm, hurdle last) {
  const berth_inventory *inventory = s->inventory;
  const frozen_rule *tightest = lint_tightest_rule(inventory, vm);
  host_list list = {.hosts = s->largest + s->cluster->first_host,
                    .count = s->cluster->host_count,
                    .by_memory = last == HURDLE_ROOM};
  if (tightest != NULL && tightest->host_count < list.count)
    list = (host_list){.hosts = tightest->hosts, .count = tightest->host_count};
  if (last < HURDLE_REACH)
    return list;
  take_rarest(&s->datastores, inventory->vm_datastore_start, inventory->vm_datastores, vm, &list);
  take_rarest(&s->networks, inventory->vm_network_start, inventory->vm_networks, vm, &list);
  return list;
}

/* ---------------------------------------------------------------------------- looking */

/* Up to two hosts that pass; the number of them, or 2 if there have been too many looks. */
static uint32_t find_two(const room_search *s, uint32_t vm, hurdle last, guess *found) {
  host_list list = list_for(s, vm, last);
  uint32_t count = 0;
  for (uint32_t i = 0; i < list.count && count < 2; i++) {
    uint32_t host = list.hosts[i];
    if (!is_in_cluster(s, host))
      continue;
    if (list.by_memory && !has_of(s->inventory, vm, host, BERTH_RESOURCE_MEMORY))
      break;
    if (!lint_look(s->lint))
      return 2;
    if (passes(s, vm, host, last))
      found->hosts[count++] = host;
  }
  return count;
}

static uint64_t mix(uint64_t hash, uint64_t value) {
  hash ^= value + UINT64_C(0x9e3779b97f4a7c15) + (hash << 6) + (hash >> 2);
  return hash * UINT64_C(0xff51afd7ed558ccd);
}

static guess *guess_of(const room_search *s, uint32_t vm) {
  const berth_inventory *inventory = s->inventory;
  uint64_t hash = mix(inventory->vm_cluster[vm], (uint64_t)inventory->vm_evc_level[vm]);
  for (uint32_t i = inventory->vm_datastore_start[vm]; i < inventory->vm_datastore_start[vm + 1];
       i++)
    hash = mix(hash, inventory->vm_datastores[i]);
  for (uint32_t i = inventory->vm_network_start[vm]; i < inventory->vm_network_start[vm + 1]; i++)
    hash = mix(hash, inventory->vm_networks[i]);
  for (uint32_t i = inventory->vm_rule_start[vm]; i < inventory->vm_rule_start[vm + 1]; i++)
    hash = mix(hash, inventory->vm_rules[i]);
  return &s->guesses[(hash ^ hash >> 31) % GUESSES];
}

static bool guess_holds(const room_search *s, const guess *g, uint32_t vm) {
  for (int i = 0; i < 2; i++) {
    uint32_t host = g->hosts[i];
    if (host == BERTH_NONE || !is_in_cluster(s, host) || !lint_look(s->lint) ||
        !passes(s, vm, host, HURDLE_ROOM))
      return false;
  }
  assert(g->hosts[0] != g->hosts[1]);
  return true;
}

/* ---------------------------------------------------------------------------- telling */

static void tell_reach(const room_search *s, uint32_t vm, uint32_t count, const guess *found) {
  const char *id = s->inventory->vm_id[vm];
  assert(count < 2);
  if (count == 0)
    lint_find(s->lint, BERTH_LINT_REACH_LEAVES_NO_HOST,
              "VM \"%s\" finds its networks, datastores and CPU level on no host that serves", id);
  else
    lint_find(s->lint, BERTH_LINT_REACH_LEAVES_ONE_HOST,
              "VM \"%s\" finds its networks, datastores and CPU level on host \"%s\" only; if that "
              "fails, nothing can restart it",
              id, s->inventory->host_id[found->hosts[0]]);
}

/* A resource that no more hosts have enough of than can hold the VM; BERTH_NONE: it takes several
 * resources to keep the VM from the others. */
static uint32_t scarce_resource(const room_search *s, uint32_t vm, uint32_t count) {
  host_list list = list_for(s, vm, HURDLE_REACH);
  for (uint32_t r = 0; r < s->inventory->resource_count; r++) {
    uint32_t enough = 0;
    for (uint32_t i = 0; i < list.count && enough <= count; i++)
      enough += is_in_cluster(s, list.hosts[i]) && has_of(s->inventory, vm, list.hosts[i], r) &&
                passes(s, vm, list.hosts[i], HURDLE_REACH);
    if (enough <= count)
      return r;
  }
  return BERTH_NONE;
}

static void tell_room(const room_search *s, uint32_t vm, uint32_t count, const guess *found) {
  const berth_inventory *inventory = s->inventory;
  berth_lint_code code =
      count == 0 ? BERTH_LINT_RESERVATION_FITS_NO_HOST : BERTH_LINT_RESERVATION_FITS_ONE_HOST;
  uint32_t scarce = lint_shows(s->lint, code) ? scarce_resource(s, vm, count) : BERTH_NONE;
  char need[96] = "all that it needs";
  if (scarce != BERTH_NONE)
    snprintf(need, sizeof need, "the %" PRId64 "%s of %.40s that it needs",
             inventory->vm_demand[(size_t)vm * inventory->resource_count + scarce],
             scarce == BERTH_RESOURCE_CPU      ? " MHz"
             : scarce == BERTH_RESOURCE_MEMORY ? " MiB"
                                               : "",
             inventory->resource_name[scarce]);
  if (count == 0)
    lint_find(s->lint, code, "VM \"%s\" fits no host, even an empty one; none has %s",
              inventory->vm_id[vm], need);
  else
    lint_find(s->lint, code,
              "VM \"%s\" fits host \"%s\" only, even if others were empty; no other has %s",
              inventory->vm_id[vm], inventory->host_id[found->hosts[0]], need);
}

/* What leaves the VM fewer than two hosts? Rules have been told of elsewhere. */
static void explain(room_search *s, uint32_t vm, uint32_t count, const guess *found) {
  guess reached = {{BERTH_NONE, BERTH_NONE}}, ignored;
  uint32_t by_reach = find_two(s, vm, HURDLE_REACH, &reached);
  uint32_t by_rules = find_two(s, vm, HURDLE_RULES, &ignored);
  bool matters = lint_is_restarted(s->inventory, s->cluster, vm);
  assert(by_reach >= count);
  if (s->lint->work < 0)
    return;
  if (by_reach < by_rules && (by_reach == 0 || matters))
    tell_reach(s, vm, by_reach, &reached);
  if (count < by_reach && (count == 0 || matters))
    tell_room(s, vm, count, found);
}

static void look_for_vm(room_search *s, uint32_t vm) {
  guess *remembered = guess_of(s, vm);
  guess found = {{BERTH_NONE, BERTH_NONE}};
  if (guess_holds(s, remembered, vm))
    return;
  uint32_t count = find_two(s, vm, HURDLE_ROOM, &found);
  if (count < 2)
    explain(s, vm, count, &found);
  else if (s->lint->work >= 0)
    *remembered = found;
  s->lint->unseen += s->lint->work < 0;
}

bool lint_room(linting *lint) {
  const berth_inventory *inventory = lint->inventory;
  room_search s = {.lint = lint, .inventory = inventory};
  assert(inventory != NULL);
  if (!prepare(&s))
    return false;
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++) {
    if (inventory->vm_power[vm] != BERTH_POWER_ON)
      continue;
    s.cluster = &inventory->clusters[inventory->vm_cluster[vm]];
    look_for_vm(&s, vm);
  }
  lint_close(lint);
  if (lint->unseen > 0)
    lint_find(lint, BERTH_LINT_VMS_NOT_LOOKED_AT,
              "%" PRIu32 " VMs were not looked at: there are too many hosts that each might go to",
              lint->unseen);
  return true;
}
