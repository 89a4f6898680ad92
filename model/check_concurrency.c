/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits on what is in flight at once (docs/model.md §5): migrations that touch a host, migrations
 * of VMs that need a datastore, starts of VMs to a host. The most at once over all executions is
 * the largest antichain of the steps concerned.
 */
#include "check_internal.h"
#include <assert.h>

static const berth_cluster_spec *limits_of_host(const check *c, uint32_t host) {
  return &c->inventory->clusters[c->inventory->host_cluster[host]].set_up;
}

static void check_host_migrations(check *c, uint32_t host) {
  int64_t limit = limits_of_host(c, host)->migrations_per_host;
  assert(limit >= 0);
  uint32_t count = 0;
  for (uint32_t t = c->touch_start[host]; t < c->touch_start[host + 1]; t++)
    if (c->steps[c->touches[t]].type == BERTH_STEP_MIGRATE)
      c->members[count++] = (check_member){.step = c->touches[t]};
  int64_t most = check_most_at_once(c, c->members, count, false, limit);
  if (most > limit)
    check_fault(c, BERTH_FAULT_CONCURRENCY, c->members[count - 1].step,
                "%lld migrations can touch host \"%s\" at once; at most %lld may", (long long)most,
                check_host_name(c, host), (long long)limit);
}

static void check_host_starts(check *c, uint32_t host) {
  int64_t limit = limits_of_host(c, host)->restarts_per_host;
  assert(limit >= 0);
  uint32_t count = 0;
  for (uint32_t t = c->touch_start[host]; t < c->touch_start[host + 1]; t++)
    if (check_is_start(c->steps[c->touches[t]].type))
      c->members[count++] = (check_member){.step = c->touches[t]};
  int64_t most = check_most_at_once(c, c->members, count, false, limit);
  if (most > limit)
    check_fault(c, BERTH_FAULT_CONCURRENCY, c->members[count - 1].step,
                "%lld VMs can start on host \"%s\" at once; at most %lld may", (long long)most,
                check_host_name(c, host), (long long)limit);
}

/* Counts (with list NULL) or enters the migrations under each datastore that their VM needs. */
static void enter_migrations(const check *c, uint32_t *start, uint32_t *list) {
  const berth_inventory *inventory = c->inventory;
  for (uint32_t i = 0; i < c->step_count; i++) {
    uint32_t vm = c->steps[i].vm;
    if (vm == BERTH_NONE || c->steps[i].type != BERTH_STEP_MIGRATE)
      continue;
    for (uint32_t k = inventory->vm_datastore_start[vm]; k < inventory->vm_datastore_start[vm + 1];
         k++) {
      uint32_t datastore = inventory->vm_datastores[k];
      if (list == NULL)
        start[datastore + 1]++;
      else
        list[start[datastore]++] = i;
    }
  }
}

/* Every cluster is a problem of its own, also where clusters share a datastore. */
static void check_datastore(check *c, uint32_t cluster, uint32_t datastore, const uint32_t *list,
                            uint32_t length) {
  int64_t limit = c->inventory->clusters[cluster].set_up.migrations_per_datastore;
  uint32_t count = 0;
  if ((int64_t)length <= limit)
    return;
  for (uint32_t k = 0; k < length; k++)
    if (c->inventory->vm_cluster[c->steps[list[k]].vm] == cluster)
      c->members[count++] = (check_member){.step = list[k]};
  int64_t most = check_most_at_once(c, c->members, count, false, limit);
  if (most > limit)
    check_fault(c, BERTH_FAULT_CONCURRENCY, c->members[count - 1].step,
                "%lld migrations can use datastore \"%s\" at once; at most %lld may",
                (long long)most, c->inventory->datastore_name[datastore], (long long)limit);
}

static void check_datastores(check *c) {
  uint32_t datastores = c->inventory->datastore_count;
  uint32_t *start = check_take(c, (size_t)datastores + 1, sizeof *start);
  if (c->exhausted)
    return;
  enter_migrations(c, start, NULL);
  for (uint32_t d = 0; d < datastores; d++)
    start[d + 1] += start[d];
  uint32_t *list = check_take(c, start[datastores], sizeof *list);
  if (c->exhausted)
    return;
  enter_migrations(c, start, list); /* leaves in start[d] where the list of d ends */
  for (uint32_t d = 0; d < datastores; d++) {
    uint32_t begin = d == 0 ? 0 : start[d - 1];
    assert(begin <= start[d]);
    for (uint32_t cluster = 0; cluster < c->inventory->cluster_count && !c->exhausted; cluster++)
      check_datastore(c, cluster, d, &list[begin], start[d] - begin);
  }
}

void check_concurrency(check *c) {
  for (uint32_t host = 0; host < c->inventory->host_count && !c->exhausted && !check_sated(c);
       host++) {
    if (c->touch_start[host] == c->touch_start[host + 1])
      continue;
    check_host_migrations(c, host);
    check_host_starts(c, host);
  }
  if (!c->exhausted && !check_sated(c))
    check_datastores(c);
}
