/* SPDX-License-Identifier: Apache-2.0 */
/* Sets as ascending lists, plain or complemented: every operation is one merge of two lists. */
#include "host_set.h"
#include "index_sort.h"
#include <assert.h>

static bool spend(host_set_maker *maker, uint64_t work) {
  assert(work <= INT32_MAX * UINT64_C(4));
  if (maker->work >= 0)
    maker->work -= (int64_t)work;
  return maker->work >= 0 && !maker->out_of_memory;
}

host_set *host_set_of(host_set_maker *maker, bool all_but, const uint32_t *list, uint32_t count) {
  assert(maker != NULL && (list != NULL || count == 0));
  host_set *set = arena_take(maker->memory, 1, sizeof *set);
  if (set == NULL) {
    maker->out_of_memory = true;
    return NULL;
  }
  set->all_but = all_but;
  set->count = count;
  set->list = list;
  return set;
}

/*
 * Merges two ascending lists and keeps what is in the first only, the second only, and both, as
 * asked. `out` has room for all. Returns how many were kept.
 */
static uint32_t merge(const host_set *a, const host_set *b, bool first_only, bool second_only,
                      bool both, uint32_t *out) {
  uint32_t i = 0, j = 0, kept = 0;
  while (i < a->count || j < b->count) {
    bool from_a = i < a->count && (j >= b->count || a->list[i] <= b->list[j]);
    bool from_b = j < b->count && (i >= a->count || b->list[j] <= a->list[i]);
    uint32_t value = from_a ? a->list[i] : b->list[j];
    i += from_a;
    j += from_b;
    if (from_a && from_b ? both : from_a ? first_only : second_only)
      out[kept++] = value;
  }
  assert(kept <= a->count + b->count);
  return kept;
}

host_set *host_set_intersect(host_set_maker *maker, host_set *a, host_set *b) {
  assert(a != NULL && b != NULL);
  if (a == b || (b->all_but && b->count == 0))
    return a;
  if (a->all_but && a->count == 0)
    return b;
  if (!spend(maker, (uint64_t)a->count + b->count))
    return NULL;
  uint32_t *list = arena_take(maker->memory, (size_t)a->count + b->count, sizeof *list);
  if (list == NULL) {
    maker->out_of_memory = true;
    return NULL;
  }
  /* In the intersection: a plain list keeps what the other does not exclude; two complements unite.
   */
  bool complement = a->all_but && b->all_but;
  bool both = a->all_but == b->all_but;
  uint32_t kept = merge(a, b, complement || b->all_but, complement || a->all_but, both, list);
  if (a->all_but == complement && kept == a->count)
    return a;
  if (b->all_but == complement && kept == b->count)
    return b;
  return host_set_of(maker, complement, list, kept);
}

/* The hosts of the cluster that are in `set`, mapped to domains. Returns how many. */
static uint32_t map_hosts(const frozen_cluster *cluster, const host_set *set,
                          const uint32_t *domain, uint32_t *out) {
  uint32_t mapped = 0;
  if (!set->all_but) {
    for (uint32_t i = 0; i < set->count; i++)
      out[mapped++] = domain[set->list[i]];
    return mapped;
  }
  for (uint32_t i = 0, next = 0; i < cluster->host_count; i++) {
    uint32_t host = cluster->first_host + i;
    if (next < set->count && set->list[next] == host)
      next++;
    else
      out[mapped++] = domain[host];
  }
  return mapped;
}

host_set *host_set_domains(host_set_maker *maker, const berth_inventory *inventory,
                           const frozen_cluster *cluster, host_set *set, berth_domain kind) {
  assert(set != NULL && kind < BERTH_DOMAIN_COUNT);
  if (kind == BERTH_DOMAIN_HOST || (set->all_but && set->count == 0))
    return set;
  if (set->domains[kind] != NULL)
    return set->domains[kind];
  uint32_t most = set->all_but ? cluster->host_count : set->count;
  if (!spend(maker, most))
    return NULL;
  uint32_t *list = arena_take(maker->memory, most, sizeof *list);
  if (list == NULL) {
    maker->out_of_memory = true;
    return NULL;
  }
  uint32_t mapped = map_hosts(cluster, set, inventory->host_domain[kind], list);
  assert(mapped <= most);
  host_set *domains = host_set_of(maker, false, list, index_sort_unique(list, mapped));
  set->domains[kind] = domains;
  return domains;
}

bool host_set_is_empty(const host_set *set, const frozen_cluster *cluster) {
  assert(set != NULL && cluster != NULL);
  return set->all_but ? set->count >= cluster->host_count : set->count == 0;
}
