/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts are of one kind when they offer the same and are in the same places: then it does not
 * matter which of them another one is like. Each kind is tried by adding a host and counting again;
 * how many are needed, by doubling and bisection.
 */
#include "arena.h"
#include "capacity_cluster.h"
#include "frozen.h"
#include <assert.h>
#include <berth/scenario.h>
#include <string.h>

enum { MOST_KINDS = 8, MOST_BOUGHT = 4096 };

static bool same_text(const char *a, const char *b) {
  return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_list(const uint32_t *list, const uint32_t *start, uint32_t a, uint32_t b) {
  uint32_t count = start[a + 1] - start[a];
  return count == start[b + 1] - start[b] &&
         memcmp(list + start[a], list + start[b], count * sizeof *list) == 0;
}

static bool same_kind(const berth_inventory *i, uint32_t a, uint32_t b) {
  size_t row = i->resource_count;
  assert(a < i->host_count && b < i->host_count);
  if (memcmp(i->host_capacity + a * row, i->host_capacity + b * row,
             row * sizeof *i->host_capacity) != 0 ||
      i->host_evc_level[a] != i->host_evc_level[b] ||
      i->host_power_watts[a] != i->host_power_watts[b] ||
      !same_text(i->host_cpu_vendor[a], i->host_cpu_vendor[b]) ||
      !same_list(i->host_datastores, i->host_datastore_start, a, b) ||
      !same_list(i->host_networks, i->host_network_start, a, b))
    return false;
  return true;
}

static uint32_t list_kinds(const berth_inventory *inventory, uint32_t cluster,
                           berth_capacity_purchase *kinds) {
  const frozen_cluster *c = &inventory->clusters[cluster];
  uint32_t count = 0;
  for (uint32_t h = c->first_host; h < c->first_host + c->host_count; h++) {
    uint32_t kind = 0;
    if (inventory->host_state[h] != BERTH_HOST_ONLINE || inventory->host_dedicated[h])
      continue;
    while (kind < count && !same_kind(inventory, kinds[kind].example, h))
      kind++;
    if (kind == MOST_KINDS)
      continue;
    if (kind == count)
      kinds[count++] = (berth_capacity_purchase){
          .example = h, .watts = inventory->host_power_watts[h], .hosts = {.most = -1}};
    kinds[kind].there++;
  }
  assert(count <= MOST_KINDS);
  return count;
}

static berth_status judge_with(const capacity_asking *asking, const berth_inventory *inventory,
                               uint32_t cluster, uint32_t example, int64_t more,
                               berth_capacity_figure *now, berth_capacity_figure *kept) {
  const berth_inventory *grown = NULL;
  berth_scenario *scenario = NULL;
  berth_event event = BERTH_EVENT_INIT;
  event.type = BERTH_EVENT_ADD_HOST;
  assert(more >= 0 && example < inventory->host_count);
  event.like = inventory->host_id[example];
  event.count = more;
  berth_status status = berth_scenario_new(asking->ctx, &scenario);
  if (status == BERTH_OK && more > 0)
    status = berth_scenario_add(asking->ctx, scenario, &event);
  if (status == BERTH_OK)
    status = berth_scenario_apply(asking->ctx, inventory, scenario, &grown);
  if (status == BERTH_OK)
    status = capacity_judge(asking, grown, cluster, asking->request->failures, now, kept);
  berth_inventory_release(grown);
  berth_scenario_free(scenario);
  return status;
}

/* How many more hosts of the kind are enough. */
static berth_status count_hosts(const capacity_asking *asking, const berth_inventory *inventory,
                                uint32_t cluster, berth_capacity_purchase *kind) {
  int64_t wanted = asking->request->wanted, more = 0, refused = -1;
  kind->hosts = (berth_capacity_figure){.least = 0, .most = BERTH_UNLIMITED};
  kind->want_asked = true;
  assert(wanted > 0);
  while (kind->hosts.most > refused + 1 && more <= MOST_BOUGHT &&
         !search_clock_over(asking->clock)) {
    berth_capacity_figure now, kept;
    berth_status status = judge_with(asking, inventory, cluster, kind->example, more, &now, &kept);
    if (status != BERTH_OK)
      return status;
    if (kept.most < wanted && more + 1 > kind->hosts.least)
      kind->hosts.least = more + 1;
    if (kept.least >= wanted)
      kind->hosts.most = more;
    else
      refused = more;
    more = kind->hosts.most == BERTH_UNLIMITED ? (more == 0 ? 1 : 2 * more)
                                               : refused + (kind->hosts.most - refused) / 2;
  }
  return BERTH_OK;
}

berth_status capacity_purchases_ask(const capacity_asking *asking, const berth_inventory *inventory,
                                    uint32_t cluster, arena *memory, berth_capacity_cluster *out) {
  berth_status status = BERTH_OK;
  berth_capacity_purchase *kinds = arena_take(memory, MOST_KINDS, sizeof *kinds);
  if (kinds == NULL)
    return context_fail(asking->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  uint32_t count = list_kinds(inventory, cluster, kinds);
  for (uint32_t k = 0; k < count && status == BERTH_OK && !search_clock_over(asking->clock); k++) {
    status =
        judge_with(asking, inventory, cluster, kinds[k].example, 1, &kinds[k].now, &kinds[k].kept);
    if (status == BERTH_OK && asking->request->wanted > 0)
      status = count_hosts(asking, inventory, cluster, &kinds[k]);
    out->purchase_count = k + 1;
  }
  out->purchases = kinds;
  return status;
}
