/* SPDX-License-Identifier: Apache-2.0 */
/* Every array of frozen.h, by what it says. */
#include "session_compare.h"

#include "frozen.h"

#include <stdio.h>
#include <string.h>

typedef struct comparison {
  const berth_inventory *a, *b;
  char *what;
  size_t room;
} comparison;

static bool differs(const comparison *c, const char *what, size_t at) {
  (void)snprintf(c->what, c->room, "%s [%zu]", what, at);
  return false;
}

static bool same_bytes(const comparison *c, const char *what, const void *a, const void *b,
                       size_t count, size_t size) {
  for (size_t i = 0; i < count; i++)
    if (memcmp((const char *)a + i * size, (const char *)b + i * size, size) != 0)
      return differs(c, what, i);
  return true;
}

static bool same_text(const char *a, const char *b) {
  return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

static bool same_texts(const comparison *c, const char *what, const char *const *a,
                       const char *const *b, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!same_text(a[i], b[i]))
      return differs(c, what, i);
  return true;
}

static bool same_list(const comparison *c, const char *what, size_t at, const uint32_t *a,
                      uint32_t a_count, const uint32_t *b, uint32_t b_count) {
  if (a_count != b_count || (a_count > 0 && memcmp(a, b, a_count * sizeof *a) != 0))
    return differs(c, what, at);
  return true;
}

static bool same_rows(const comparison *c, const char *what, const uint32_t *a_start,
                      const uint32_t *a, const uint32_t *b_start, const uint32_t *b, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!same_list(c, what, i, a + a_start[i], a_start[i + 1] - a_start[i], b + b_start[i],
                   b_start[i + 1] - b_start[i]))
      return false;
  return true;
}

/* A column of both. */
#define BYTES(column, count)                                                                       \
  same_bytes(c, #column, c->a->column, c->b->column, count, sizeof *c->a->column)
#define TEXTS(column, count) same_texts(c, #column, c->a->column, c->b->column, count)
#define ROWS(start, column, count)                                                                 \
  same_rows(c, #column, c->a->start, c->a->column, c->b->start, c->b->column, count)

static bool same_counts(const comparison *c) {
  const uint32_t a[] = {c->a->cluster_count, c->a->host_count,     c->a->vm_count,
                        c->a->rule_count,    c->a->resource_count, c->a->datastore_count,
                        c->a->network_count, c->a->numa_count};
  const uint32_t b[] = {c->b->cluster_count, c->b->host_count,     c->b->vm_count,
                        c->b->rule_count,    c->b->resource_count, c->b->datastore_count,
                        c->b->network_count, c->b->numa_count};
  return same_bytes(c, "count", a, b, sizeof a / sizeof a[0], sizeof a[0]) &&
         (same_text(c->a->name, c->b->name) || differs(c, "name", 0));
}

static bool same_clusters(const comparison *c) {
  for (uint32_t i = 0; i < c->a->cluster_count; i++) {
    const frozen_cluster *a = &c->a->clusters[i], *b = &c->b->clusters[i];
    if (!same_text(a->id, b->id) || !same_text(a->name, b->name) ||
        a->first_host != b->first_host || a->first_vm != b->first_vm ||
        a->first_rule != b->first_rule || a->host_count != b->host_count ||
        a->vm_count != b->vm_count || a->rule_count != b->rule_count)
      return differs(c, "cluster", i);
    const berth_cluster_spec *x = &a->set_up, *y = &b->set_up;
    if (!same_text(x->dedicated_hosts, y->dedicated_hosts) || x->admission != y->admission ||
        x->isolation_response != y->isolation_response ||
        x->default_priority != y->default_priority || x->restarts_per_host != y->restarts_per_host)
      return differs(c, "set_up", i);
  }
  return true;
}

static bool same_hosts(const comparison *c) {
  const size_t hosts = c->a->host_count;
  for (int kind = BERTH_DOMAIN_CHASSIS; kind < BERTH_DOMAIN_COUNT; kind++)
    if (!TEXTS(host_label[kind], hosts) || !BYTES(host_domain[kind], hosts) ||
        c->a->domain_count[kind] != c->b->domain_count[kind])
      return false;
  return TEXTS(resource_name, c->a->resource_count) &&
         TEXTS(datastore_name, c->a->datastore_count) && TEXTS(network_name, c->a->network_count) &&
         TEXTS(host_id, hosts) && TEXTS(host_name, hosts) && BYTES(host_cluster, hosts) &&
         BYTES(host_state, hosts) && BYTES(host_wake, hosts) && BYTES(host_dedicated, hosts) &&
         BYTES(host_capacity, hosts * c->a->resource_count) && BYTES(host_link_mbps, hosts) &&
         BYTES(host_evc_level, hosts) && BYTES(host_joined, hosts) &&
         BYTES(host_wake_seconds, hosts) && BYTES(host_power_watts, hosts) &&
         BYTES(host_notify_timeout, hosts) && TEXTS(host_cpu_vendor, hosts) &&
         TEXTS(host_topology, hosts) && ROWS(host_datastore_start, host_datastores, hosts) &&
         ROWS(host_network_start, host_networks, hosts) && ROWS(host_vm_start, host_vms, hosts) &&
         BYTES(numa, c->a->numa_count);
}

static bool same_notifications(const comparison *c) {
  for (uint32_t v = 0; v < c->a->vm_count; v++) {
    const frozen_notification *a = &c->a->vm_notification[v], *b = &c->b->vm_notification[v];
    if (a->enabled != b->enabled || a->registered != b->registered || a->timeout != b->timeout ||
        a->hardware != b->hardware || a->ack_seconds != b->ack_seconds ||
        a->settle_seconds != b->settle_seconds)
      return differs(c, "vm_notification", v);
  }
  return true;
}

static bool same_vms(const comparison *c) {
  const size_t vms = c->a->vm_count;
  return TEXTS(vm_id, vms) && TEXTS(vm_name, vms) && BYTES(vm_cluster, vms) &&
         BYTES(vm_host, vms) && BYTES(vm_power, vms) && BYTES(vm_priority, vms) &&
         BYTES(vm_movable, vms) && BYTES(vm_numa, vms) && BYTES(vm_memory_locked, vms) &&
         BYTES(vm_demand, vms * c->a->resource_count) && BYTES(vm_cpus, vms) &&
         BYTES(vm_memory, vms) && BYTES(vm_cpu_reservation, vms) &&
         BYTES(vm_memory_reservation, vms) && BYTES(vm_overhead, vms) && BYTES(vm_cpu_usage, vms) &&
         BYTES(vm_memory_usage, vms) && BYTES(vm_dirty, vms) && BYTES(vm_evc_level, vms) &&
         same_notifications(c) && ROWS(vm_datastore_start, vm_datastores, vms) &&
         ROWS(vm_network_start, vm_networks, vms) && ROWS(vm_rule_start, vm_rules, vms);
}

static bool same_rules(const comparison *c) {
  for (uint32_t r = 0; r < c->a->rule_count; r++) {
    const frozen_rule *a = &c->a->rules[r], *b = &c->b->rules[r];
    if (!same_text(a->id, b->id) || !same_text(a->name, b->name) || a->cluster != b->cluster ||
        a->type != b->type || a->strength != b->strength || a->over != b->over ||
        a->count != b->count || a->max_concurrent != b->max_concurrent)
      return differs(c, "rule", r);
    if (a->enabled != b->enabled || a->disabled_by != b->disabled_by)
      return differs(c, "rule enabled", r);
    if (!same_list(c, "rule vms", r, a->vms, a->vm_count, b->vms, b->vm_count) ||
        !same_list(c, "rule hosts", r, a->hosts, a->host_count, b->hosts, b->host_count) ||
        !same_list(c, "rule after", r, a->after, a->after_count, b->after, b->after_count))
      return false;
  }
  return true;
}

/* What is called "~..." or "...+..." is a group that a list was written with. */
static bool is_made(const frozen_group *group) {
  return group->id[0] == '~' || strchr(group->id, '+') != NULL;
}

static bool same_groups(const comparison *c, const char *what, const frozen_group *a,
                        uint32_t a_count, const frozen_group *b, uint32_t b_count) {
  uint32_t i = 0, j = 0;
  for (;;) {
    while (i < a_count && is_made(&a[i]))
      i++;
    while (j < b_count && is_made(&b[j]))
      j++;
    if (i == a_count || j == b_count)
      return (i == a_count && j == b_count) || differs(c, what, i);
    if (!same_text(a[i].id, b[j].id) || a[i].cluster != b[j].cluster)
      return differs(c, what, i);
    if (!same_list(c, what, i, a[i].members, a[i].count, b[j].members, b[j].count))
      return false;
    i++;
    j++;
  }
}

bool inventories_equal(const berth_inventory *a, const berth_inventory *b, char *what,
                       size_t room) {
  const comparison both = {a, b, what, room}, *c = &both;
  return same_counts(c) && same_clusters(c) && same_hosts(c) && same_vms(c) && same_rules(c) &&
         same_groups(c, "VM group", a->vm_groups, a->vm_group_count, b->vm_groups,
                     b->vm_group_count) &&
         same_groups(c, "host group", a->host_groups, a->host_group_count, b->host_groups,
                     b->host_group_count);
}
