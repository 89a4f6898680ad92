/* SPDX-License-Identifier: Apache-2.0 */
/*
 * High availability that rests on one thing: a single host, a single chassis for all primaries of
 * 4.x (the first five hosts that joined; one that fails is not replaced), more hosts than 4.x
 * knows.
 */
#include "lint_internal.h"
#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum { PRIMARIES = 5, MOST_HOSTS_AAM = 32 };

static void lint_second_host(linting *lint, const frozen_cluster *cluster) {
  const berth_inventory *inventory = lint->inventory;
  uint32_t online = 0, on = 0;
  for (uint32_t h = cluster->first_host; h < cluster->first_host + cluster->host_count; h++)
    online += inventory->host_state[h] == BERTH_HOST_ONLINE;
  for (uint32_t v = cluster->first_vm; v < cluster->first_vm + cluster->vm_count && on == 0; v++)
    on += lint_is_restarted(inventory, cluster, v);
  if (online < 2 && on > 0)
    lint_find(lint, BERTH_LINT_HA_WITHOUT_SECOND_HOST,
              "cluster \"%s\" has HA on, but %s online; it takes two", cluster->id,
              online == 0 ? "no host is" : "one host");
}

/* Whether a joined before b; those that do not say when joined last. */
static bool is_earlier(const berth_inventory *inventory, uint32_t a, uint32_t b) {
  int64_t x = inventory->host_joined[a], y = inventory->host_joined[b];
  if ((x == BERTH_UNSET) != (y == BERTH_UNSET))
    return y == BERTH_UNSET;
  return x != y ? x < y : a < b;
}

/* The first five hosts that joined, in order. */
static uint32_t list_primaries(const berth_inventory *inventory, const frozen_cluster *cluster,
                               uint32_t *primaries) {
  uint32_t count = 0;
  for (uint32_t h = cluster->first_host; h < cluster->first_host + cluster->host_count; h++) {
    uint32_t at = count;
    while (at > 0 && is_earlier(inventory, h, primaries[at - 1]))
      at--;
    if (at == PRIMARIES)
      continue;
    count += count < PRIMARIES;
    memmove(primaries + at + 1, primaries + at, (count - 1 - at) * sizeof *primaries);
    primaries[at] = h;
  }
  assert(count <= PRIMARIES);
  return count;
}

static void lint_primaries(linting *lint, const frozen_cluster *cluster) {
  const berth_inventory *inventory = lint->inventory;
  const char *const *label = inventory->host_label[BERTH_DOMAIN_CHASSIS];
  const uint32_t *domain = inventory->host_domain[BERTH_DOMAIN_CHASSIS];
  uint32_t primaries[PRIMARIES] = {0}, together = 0, failed = 0;
  uint32_t count = list_primaries(inventory, cluster, primaries);
  for (uint32_t i = 0; i < count; i++) {
    together += domain[primaries[i]] == domain[primaries[0]];
    failed += inventory->host_state[primaries[i]] == BERTH_HOST_FAILED;
  }
  if (together == PRIMARIES)
    lint_find(lint, BERTH_LINT_PRIMARIES_IN_ONE_CHASSIS,
              "all five primaries of cluster \"%s\" are in chassis \"%s\" (\"%s\", the first, to "
              "\"%s\"); if it fails, nothing is restarted",
              cluster->id, label[primaries[0]], inventory->host_id[primaries[0]],
              inventory->host_id[primaries[PRIMARIES - 1]]);
  if (count > 0 && failed == count)
    lint_find(lint, BERTH_LINT_PRIMARIES_ALL_FAILED,
              "all %" PRIu32 " primaries of cluster \"%s\" have failed, \"%s\" first among them; "
              "nothing is restarted",
              count, cluster->id, inventory->host_id[primaries[0]]);
}

void lint_high_availability(linting *lint) {
  const berth_inventory *inventory = lint->inventory;
  assert(inventory != NULL);
  for (uint32_t c = 0; c < inventory->cluster_count; c++) {
    const frozen_cluster *cluster = &inventory->clusters[c];
    if (!cluster->set_up.ha_enabled)
      continue;
    lint_second_host(lint, cluster);
    if (cluster->set_up.era != BERTH_ERA_AAM)
      continue;
    lint_primaries(lint, cluster);
    if (cluster->host_count > MOST_HOSTS_AAM)
      lint_find(lint, BERTH_LINT_TOO_MANY_HOSTS,
                "cluster \"%s\" has %" PRIu32 " hosts; HA of 4.x takes %d", cluster->id,
                cluster->host_count, MOST_HOSTS_AAM);
  }
  lint_close(lint);
}
