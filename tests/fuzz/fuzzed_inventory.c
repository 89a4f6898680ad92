/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each feature has a bit for the whole inventory: where it is not set, nothing of the feature is
 * taken from the bytes, and objects have the defaults. So inputs are short, and a bit more makes
 * another inventory that is much like the one before.
 */
#include "fuzzed_inventory.h"

#include <stdio.h>
#include <string.h>

enum { ID_ROOM = 8, LIST_ROOM = 96 };

typedef enum feature {
  HAS_STATES = 1 << 0,
  HAS_PRIORITIES = 1 << 1,
  HAS_CPU = 1 << 2,
  HAS_COUNTS = 1 << 3, /* maxVms, maxVcpus, cpus */
  HAS_REACH = 1 << 4,
  HAS_LABELS = 1 << 5,
  HAS_NUMA = 1 << 6,
  HAS_NOTIFICATION = 1 << 7,
  HAS_LIMITS = 1 << 8, /* lanes and times of a cluster */
  HAS_POLICIES = 1 << 9,
  HAS_COMPATIBILITY = 1 << 10,
  HAS_USAGE = 1 << 11,
  HAS_ODD_NUMBERS = 1 << 12, /* at the ends of ranges */
  HAS_RESOURCE = 1 << 13,
  HAS_ODD_VMS = 1 << 14, /* off, not movable, overhead, locked */
  HAS_TWO_CLUSTERS = 1 << 15
} feature;

typedef struct draft {
  fuzzed_bytes *bytes;
  berth_builder *builder;
  uint32_t features, clusters, hosts, vms;
  uint32_t host_cluster[FUZZED_HOSTS_MAX], vm_cluster[FUZZED_VMS_MAX];
  int64_t factor; /* of quantities */
} draft;

static bool has(const draft *d, feature which) {
  return (d->features & (uint32_t)which) != 0;
}

static void note(berth_status status) {
  fuzzed_require(status == BERTH_OK || status == BERTH_E_LIMIT,
                 "the builder takes what it is given");
}

/* Mostly from 0 to @p most times the factor; rarely a number at an end of a range. */
static int64_t amount(draft *d, uint32_t most) {
  static const int64_t odd[] = {0,
                                1,
                                2,
                                INT32_MAX,
                                INT64_C(1) << 32,
                                BERTH_QUANTITY_MAX / 100,
                                BERTH_QUANTITY_MAX - 1,
                                BERTH_QUANTITY_MAX};
  const uint32_t byte = fuzzed_byte(d->bytes);
  if (has(d, HAS_ODD_NUMBERS) && byte >= 0xE0)
    return odd[byte % 8];
  const int64_t drawn = (int64_t)(byte % (most + 1)) * d->factor;
  return has(d, HAS_ODD_NUMBERS) && byte >= 0xC0 && drawn > 0 ? drawn - 1 : drawn;
}

static int64_t positive(draft *d, uint32_t most) {
  const int64_t drawn = amount(d, most);
  return drawn > 0 ? drawn : 1;
}

static int64_t small(draft *d, uint32_t most) {
  return (int64_t)fuzzed_below(d->bytes, most + 1);
}

/* ---------------------------------------------------------------------------- clusters, hosts */

static void add_cluster(draft *d, uint32_t index) {
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  spec.id = index == 0 ? "c0" : "c1";
  if (has(d, HAS_LIMITS)) {
    spec.migrations_per_host = 1 + small(d, 2);
    spec.migrations_per_datastore = 1 + small(d, 2);
    spec.restarts_per_host = 1 + small(d, 1);
    spec.restart_seconds = small(d, 60);
  }
  if (has(d, HAS_POLICIES)) {
    spec.ha_enabled = small(d, 1) != 0;
    spec.isolation_response = (berth_isolation)small(d, BERTH_ISOLATION_SHUTDOWN);
    spec.default_priority = (berth_priority)small(d, BERTH_PRIORITY_DISABLED);
    spec.drs = (berth_automation)small(d, BERTH_AUTOMATION_FULL);
    spec.dpm = small(d, 1) != 0 ? BERTH_AUTOMATION_FULL : BERTH_AUTOMATION_MANUAL;
    spec.admission = (berth_admission)small(d, BERTH_ADMISSION_DEDICATED);
    if (spec.admission == BERTH_ADMISSION_DEDICATED)
      spec.dedicated_hosts = index == 0 ? "h0" : "h1";
  }
  note(berth_builder_add_cluster(d->builder, &spec, NULL));
}

static void add_host_details(draft *d, uint32_t host, const berth_host_spec *spec) {
  static const char *const names[] = {"one", "two"};
  if (has(d, HAS_REACH)) {
    const uint32_t reach = fuzzed_byte(d->bytes);
    for (uint32_t i = 0; i < 2; i++) {
      if ((reach >> i & 1) != 0)
        note(berth_builder_host_reach_datastore(d->builder, host, names[i]));
      if ((reach >> (2 + i) & 1) != 0)
        note(berth_builder_host_reach_network(d->builder, host, names[i]));
    }
  }
  const int64_t nodes = has(d, HAS_NUMA) ? small(d, 3) : 0;
  for (int64_t n = 0; n < nodes; n++)
    note(berth_builder_host_numa(d->builder, host, n, spec->cpu_mhz / nodes,
                                 spec->memory_mib / (nodes + small(d, 1)), NULL));
  if (has(d, HAS_RESOURCE))
    note(berth_builder_host_capacity(d->builder, host, "vgpu", small(d, 4), NULL));
}

static void add_host(draft *d, uint32_t h) {
  static const char *const labels[] = {NULL, "x", "y"};
  berth_host_spec spec = BERTH_HOST_SPEC_INIT;
  char id[ID_ROOM];
  (void)snprintf(id, sizeof id, "h%u", h);
  spec.id = id;
  d->host_cluster[h] = h % d->clusters;
  spec.memory_mib = positive(d, 12);
  spec.cpu_mhz = has(d, HAS_CPU) ? positive(d, 12) : 100000;
  if (has(d, HAS_STATES)) {
    spec.state = (berth_host_state)small(d, BERTH_HOST_ISOLATED);
    spec.wake = (berth_wake)small(d, BERTH_WAKE_WOL);
    spec.wake_seconds = small(d, 200);
  }
  if (has(d, HAS_COUNTS)) {
    spec.max_vms = small(d, 4) - 1;
    spec.max_vcpus = small(d, 8) - 1;
  }
  if (has(d, HAS_LABELS)) {
    const uint32_t byte = fuzzed_byte(d->bytes);
    spec.site = labels[byte % 3];
    spec.rack = labels[byte / 3 % 3];
    spec.chassis = labels[byte / 9 % 3];
  }
  if (has(d, HAS_COMPATIBILITY)) {
    spec.evc_level = small(d, 3) - 1;
    spec.cpu_vendor = labels[small(d, 2)];
    spec.link_mbps = positive(d, 100);
  }
  if (has(d, HAS_NOTIFICATION))
    spec.notify_timeout = small(d, 100) - 1;
  if (has(d, HAS_USAGE))
    spec.power_watts = amount(d, 5) - 1;
  uint32_t index = 0;
  note(berth_builder_add_host(d->builder, d->host_cluster[h], &spec, &index));
  add_host_details(d, index, &spec);
}

/* ---------------------------------------------------------------------------- VMs */

static void draw_notification(draft *d, berth_vm_spec *spec) {
  const uint32_t byte = fuzzed_byte(d->bytes);
  spec->notify_enabled = (byte & 3) != 0;
  spec->notify_registered = (byte & 12) != 0;
  spec->notify_hardware = 18 + (int64_t)(byte >> 4 & 3);
  spec->notify_timeout = small(d, 100) - 1;
  spec->notify_ack_seconds = small(d, 50) - 1;
  spec->notify_settle_seconds = small(d, 40);
}

static void add_vm_details(draft *d, uint32_t vm) {
  static const char *const names[] = {"one", "two"};
  if (has(d, HAS_REACH)) {
    const uint32_t needs = fuzzed_byte(d->bytes);
    if (needs % 3 != 0)
      note(berth_builder_vm_needs_datastore(d->builder, vm, names[needs % 3 - 1]));
    if (needs / 3 % 3 != 0)
      note(berth_builder_vm_needs_network(d->builder, vm, names[needs / 3 % 3 - 1]));
  }
  if (has(d, HAS_RESOURCE))
    note(berth_builder_vm_needs_resource(d->builder, vm, "vgpu", small(d, 2), NULL));
}

static void add_vm(draft *d, uint32_t v) {
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  char id[ID_ROOM], host[ID_ROOM];
  (void)snprintf(id, sizeof id, "v%u", v);
  spec.id = id;
  const uint32_t at = fuzzed_below(d->bytes, d->hosts + 1);
  if (at < d->hosts) {
    (void)snprintf(host, sizeof host, "h%u", at);
    spec.host = host;
  }
  d->vm_cluster[v] = at < d->hosts ? d->host_cluster[at] : v % d->clusters;
  spec.memory_mib = spec.memory_reservation_mib = positive(d, 6);
  if (has(d, HAS_CPU))
    spec.cpu_reservation_mhz = amount(d, 6);
  if (has(d, HAS_COUNTS))
    spec.cpus = 1 + small(d, 3);
  if (has(d, HAS_PRIORITIES))
    spec.priority = (berth_priority)small(d, BERTH_PRIORITY_UNSET);
  if (has(d, HAS_ODD_VMS)) {
    const uint32_t byte = fuzzed_byte(d->bytes);
    spec.power = byte % 8 < 6 ? BERTH_POWER_ON : (berth_power)(byte % 8 - 5);
    spec.movable = (byte >> 3 & 3) != 3;
    spec.memory_locked = (byte >> 5 & 1) != 0;
    spec.overhead_mib = (byte >> 6 & 1) != 0 ? amount(d, 2) : 0;
    spec.dirty_mib_per_second = (byte >> 7 & 1) != 0 ? amount(d, 20) : 0;
    if (byte == 0xFF)
      spec.memory_reservation_mib = amount(d, 6);
  }
  if (has(d, HAS_NUMA))
    spec.numa = (berth_numa)small(d, 1);
  if (has(d, HAS_COMPATIBILITY))
    spec.evc_level = small(d, 3) - 1;
  if (has(d, HAS_USAGE)) {
    spec.cpu_usage_mhz = amount(d, 12) - 1;
    spec.memory_usage_mib = amount(d, 12) - 1;
  }
  if (has(d, HAS_NOTIFICATION))
    draw_notification(d, &spec);
  uint32_t index = 0;
  note(berth_builder_add_vm(d->builder, d->vm_cluster[v], &spec, &index));
  add_vm_details(d, index);
}

/* ---------------------------------------------------------------------------- rules */

/* Those of @p count objects, named @p prefix and a number, that are in the cluster and in the mask.
 */
static void write_list(char list[LIST_ROOM], char prefix, const uint32_t *clusters, uint32_t count,
                       uint32_t cluster, uint32_t mask) {
  size_t used = 0;
  list[0] = '\0';
  for (uint32_t i = 0; i < count; i++)
    if (clusters[i] == cluster && (mask >> i & 1) != 0)
      used += (size_t)snprintf(list + used, LIST_ROOM - used, "%s%c%u", used == 0 ? "" : " ",
                               prefix, i);
}

static void add_rule(draft *d, uint32_t number) {
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  char id[ID_ROOM], vms[LIST_ROOM], hosts[LIST_ROOM], after[LIST_ROOM];
  const uint32_t byte = fuzzed_byte(d->bytes), cluster = byte / 16 % d->clusters;
  const uint32_t members = fuzzed_word(d->bytes);
  (void)snprintf(id, sizeof id, "r%u", number);
  spec.id = id;
  spec.type = (berth_rule_type)(byte % 8 % (BERTH_RULE_RESTART_AFTER + 1));
  spec.strength = (byte >> 3 & 1) != 0 ? BERTH_SHOULD : BERTH_MUST;
  spec.over = has(d, HAS_LABELS) ? (berth_domain)(byte >> 6) : BERTH_DOMAIN_HOST;
  write_list(vms, 'v', d->vm_cluster, d->vms, cluster, members);
  spec.vms = vms;
  if (spec.type == BERTH_RULE_RUN_ON || spec.type == BERTH_RULE_NOT_RUN_ON) {
    write_list(hosts, 'h', d->host_cluster, d->hosts, cluster, fuzzed_byte(d->bytes));
    spec.hosts = hosts;
  } else if (spec.type == BERTH_RULE_AT_MOST) {
    spec.count = 1 + small(d, 2);
  } else if (spec.type == BERTH_RULE_QUIESCE) {
    spec.max_concurrent = 1 + small(d, 1);
  } else if (spec.type == BERTH_RULE_RESTART_AFTER) {
    write_list(after, 'v', d->vm_cluster, d->vms, cluster, fuzzed_word(d->bytes) & ~members);
    spec.after = after;
  }
  note(berth_builder_add_rule(d->builder, cluster, &spec, NULL));
}

/* ---------------------------------------------------------------------------- whole */

static void add_all(draft *d) {
  static const int64_t factors[] = {1, 1024, 65536, 1000003};
  d->features = fuzzed_word(d->bytes);
  d->clusters = has(d, HAS_TWO_CLUSTERS) ? 2 : 1;
  const uint32_t counts = fuzzed_byte(d->bytes), more = fuzzed_byte(d->bytes);
  d->hosts = 1 + counts % FUZZED_HOSTS_MAX;
  d->vms = counts / FUZZED_HOSTS_MAX % (FUZZED_VMS_MAX + 1);
  d->factor = factors[more % 4];
  if (has(d, HAS_RESOURCE))
    note(berth_builder_add_resource(d->builder, "vgpu", NULL));
  for (uint32_t c = 0; c < d->clusters; c++)
    add_cluster(d, c);
  for (uint32_t h = 0; h < d->hosts; h++)
    add_host(d, h);
  for (uint32_t v = 0; v < d->vms; v++)
    add_vm(d, v);
  for (uint32_t r = 0; r < more / 4 % (FUZZED_RULES_MAX + 1); r++)
    add_rule(d, r);
}

const berth_inventory *fuzzed_inventory(berth_context *ctx, fuzzed_bytes *bytes) {
  draft d = {.bytes = bytes};
  berth_inventory *inventory = NULL;
  fuzzed_require_ok(ctx, berth_builder_new(ctx, &d.builder), "there is a builder");
  add_all(&d);
  const berth_status status = berth_builder_freeze(d.builder, &inventory);
  fuzzed_require(status == BERTH_OK || status == BERTH_E_INVALID, "the builder freezes or refuses");
  berth_builder_free(d.builder);
  return inventory;
}
