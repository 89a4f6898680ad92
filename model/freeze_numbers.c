/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every number and every enumeration of every spec against its range, from one table a kind of
 * object. With these ranges no sum over an inventory can overflow 64 bits.
 */
#include "freeze_internal.h"
#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* One int64_t field; the name is that of the native format. */
typedef struct number_field {
  size_t offset;
  const char *name;
  int64_t minimum, maximum;
  bool optional; /* BERTH_UNSET is allowed */
} number_field;

/* One enumeration field. */
typedef struct choice_field {
  size_t offset;
  const char *name;
  unsigned count; /* values are 0 to count - 1 */
} choice_field;

#define COUNT_OF(table) (sizeof(table) / sizeof *(table))

static const number_field cluster_numbers[] = {
    {offsetof(berth_cluster_spec, restart_timeout), "restartTimeout", 0, BERTH_QUANTITY_MAX, false},
    {offsetof(berth_cluster_spec, post_ready_delay), "postReadyDelay", 0, BERTH_QUANTITY_MAX,
     false},
    {offsetof(berth_cluster_spec, restart_seconds), "restartSeconds", 0, BERTH_QUANTITY_MAX, false},
    {offsetof(berth_cluster_spec, admission_failures), "failures", 0, BERTH_QUANTITY_MAX, false},
    {offsetof(berth_cluster_spec, slot_cpu_mhz), "slotCpuMhz", 1, BERTH_QUANTITY_MAX, true},
    {offsetof(berth_cluster_spec, slot_memory_mib), "slotMemoryMib", 1, BERTH_QUANTITY_MAX, true},
    {offsetof(berth_cluster_spec, slot_min_cpu_mhz), "minCpuMhz", 0, BERTH_QUANTITY_MAX, true},
    {offsetof(berth_cluster_spec, slot_min_memory_mib), "minMemoryMib", 0, BERTH_QUANTITY_MAX,
     false},
    {offsetof(berth_cluster_spec, reserve_cpu_percent), "cpuPercent", 0, 100, true},
    {offsetof(berth_cluster_spec, reserve_memory_percent), "memoryPercent", 0, 100, true},
    {offsetof(berth_cluster_spec, degradation_percent), "degradationPercent", 0, 100, false},
    {offsetof(berth_cluster_spec, dpm_target_percent), "targetPercent", 0, 100, false},
    {offsetof(berth_cluster_spec, dpm_tolerance_percent), "tolerancePercent", 0, 100, false},
    {offsetof(berth_cluster_spec, migrations_per_host), "migrationsPerHost", 1, BERTH_QUANTITY_MAX,
     false},
    {offsetof(berth_cluster_spec, migrations_per_datastore), "migrationsPerDatastore", 1,
     BERTH_QUANTITY_MAX, false},
    {offsetof(berth_cluster_spec, restarts_per_host), "restartsPerHost", 1, BERTH_QUANTITY_MAX,
     false},
};

static const choice_field cluster_choices[] = {
    {offsetof(berth_cluster_spec, era), "era", BERTH_ERA_FDM65 + 1},
    {offsetof(berth_cluster_spec, isolation_response), "isolationResponse",
     BERTH_ISOLATION_SHUTDOWN + 1},
    {offsetof(berth_cluster_spec, ready_when), "readyWhen", BERTH_READY_APP_HEARTBEAT + 1},
    {offsetof(berth_cluster_spec, default_priority), "defaultPriority", BERTH_PRIORITY_UNSET},
    {offsetof(berth_cluster_spec, admission), "policy", BERTH_ADMISSION_DEDICATED + 1},
    {offsetof(berth_cluster_spec, drs), "automation", BERTH_AUTOMATION_FULL + 1},
    {offsetof(berth_cluster_spec, dpm), "automation", BERTH_AUTOMATION_FULL + 1},
};

static const number_field host_numbers[] = {
    {offsetof(berth_host_spec, cpu_mhz), "cpuMhz", 1, BERTH_QUANTITY_MAX, false},
    {offsetof(berth_host_spec, memory_mib), "memoryMib", 1, BERTH_QUANTITY_MAX, false},
    {offsetof(berth_host_spec, max_vms), "maxVms", 0, BERTH_QUANTITY_MAX, true},
    {offsetof(berth_host_spec, max_vcpus), "maxVcpus", 0, BERTH_QUANTITY_MAX, true},
    {offsetof(berth_host_spec, link_mbps), "linkMbps", 1, BERTH_QUANTITY_MAX, false},
    {offsetof(berth_host_spec, evc_level), "evcLevel", 0, BERTH_QUANTITY_MAX, true},
    {offsetof(berth_host_spec, joined), "joined", 0, BERTH_QUANTITY_MAX, true},
    {offsetof(berth_host_spec, wake_seconds), "wakeSeconds", 0, BERTH_QUANTITY_MAX, false},
    {offsetof(berth_host_spec, power_watts), "powerWatts", 0, BERTH_QUANTITY_MAX, true},
    {offsetof(berth_host_spec, notify_timeout), "notifyTimeout", 0, BERTH_QUANTITY_MAX, true},
};

static const choice_field host_choices[] = {
    {offsetof(berth_host_spec, state), "state", BERTH_HOST_ISOLATED + 1},
    {offsetof(berth_host_spec, wake), "wake", BERTH_WAKE_WOL + 1},
};

static const number_field vm_numbers[] = {
    {offsetof(berth_vm_spec, cpus), "cpus", 1, BERTH_QUANTITY_MAX, false},
    {offsetof(berth_vm_spec, memory_mib), "memoryMib", 1, BERTH_QUANTITY_MAX, false},
    {offsetof(berth_vm_spec, cpu_reservation_mhz), "cpuReservationMhz", 0, BERTH_QUANTITY_MAX,
     false},
    {offsetof(berth_vm_spec, memory_reservation_mib), "memoryReservationMib", 0, BERTH_QUANTITY_MAX,
     false},
    {offsetof(berth_vm_spec, overhead_mib), "overheadMib", 0, BERTH_QUANTITY_MAX, false},
    {offsetof(berth_vm_spec, cpu_usage_mhz), "cpuUsageMhz", 0, BERTH_QUANTITY_MAX, true},
    {offsetof(berth_vm_spec, memory_usage_mib), "memoryUsageMib", 0, BERTH_QUANTITY_MAX, true},
    {offsetof(berth_vm_spec, dirty_mib_per_second), "dirtyMibPerSecond", 0, BERTH_QUANTITY_MAX,
     false},
    {offsetof(berth_vm_spec, evc_level), "evcLevel", 0, BERTH_QUANTITY_MAX, true},
    {offsetof(berth_vm_spec, notify_timeout), "timeout", 0, BERTH_QUANTITY_MAX, true},
    {offsetof(berth_vm_spec, notify_hardware), "hardware", 0, BERTH_QUANTITY_MAX, true},
    {offsetof(berth_vm_spec, notify_ack_seconds), "ackSeconds", 0, BERTH_QUANTITY_MAX, true},
    {offsetof(berth_vm_spec, notify_settle_seconds), "settleSeconds", 0, BERTH_QUANTITY_MAX, false},
};

static const choice_field vm_choices[] = {
    {offsetof(berth_vm_spec, power), "power", BERTH_POWER_SUSPENDED + 1},
    {offsetof(berth_vm_spec, priority), "priority", BERTH_PRIORITY_UNSET + 1},
    {offsetof(berth_vm_spec, numa), "numa", BERTH_NUMA_ONE_NODE + 1},
};

static const choice_field rule_choices[] = {
    {offsetof(berth_rule_spec, type), "type", BERTH_RULE_RESTART_AFTER + 1},
    {offsetof(berth_rule_spec, strength), "strength", BERTH_SHOULD + 1},
    {offsetof(berth_rule_spec, over), "over", BERTH_DOMAIN_COUNT},
};

/* Which object a message is about. */
typedef struct subject {
  const char *kind, *id;
  const berth_position *position;
} subject;

static void check_number(freezing *f, const subject *s, const char *name, int64_t value,
                         int64_t minimum, int64_t maximum) {
  if (value >= minimum && value <= maximum)
    return;
  const char *id = freeze_shown(s->id);
  if (value == BERTH_UNSET)
    freeze_error(f, s->position,
                 "%s \"%s\": %s is missing; expected a whole number from %" PRId64 " to %" PRId64,
                 s->kind, id, name, minimum, maximum);
  else
    freeze_error(f, s->position,
                 "%s \"%s\": %s is %" PRId64 "; expected a whole number from %" PRId64
                 " to %" PRId64,
                 s->kind, id, name, value, minimum, maximum);
}

static void check_numbers(freezing *f, const subject *s, const void *spec,
                          const number_field *fields, size_t count) {
  assert(spec != NULL);
  for (size_t i = 0; i < count; i++) {
    int64_t value;
    memcpy(&value, (const char *)spec + fields[i].offset, sizeof value);
    if (value != BERTH_UNSET || !fields[i].optional)
      check_number(f, s, fields[i].name, value, fields[i].minimum, fields[i].maximum);
  }
}

static void check_choices(freezing *f, const subject *s, const void *spec,
                          const choice_field *fields, size_t count) {
  assert(spec != NULL);
  for (size_t i = 0; i < count; i++) {
    unsigned value;
    memcpy(&value, (const char *)spec + fields[i].offset, sizeof value);
    if (value < fields[i].count)
      continue;
    f->malformed = true;
    freeze_error(f, s->position,
                 "%s \"%s\": %s is no value of its enumeration (%u); expected 0 to %u", s->kind,
                 freeze_shown(s->id), fields[i].name, value, fields[i].count - 1);
  }
}

static void check_clusters(freezing *f) {
  for (uint32_t i = 0; i < f->builder->clusters.count; i++) {
    const berth_cluster_spec *spec =
        &((built_cluster *)chunked_list_at(&f->builder->clusters, i))->spec;
    subject s = {"cluster", spec->id, &spec->position};
    check_numbers(f, &s, spec, cluster_numbers, COUNT_OF(cluster_numbers));
    check_choices(f, &s, spec, cluster_choices, COUNT_OF(cluster_choices));
    if (spec->dpm == BERTH_AUTOMATION_PARTIAL)
      freeze_error(
          f, s.position,
          "cluster \"%s\": automation of dpm is partial; expected off, manual or automatic",
          freeze_shown(spec->id));
  }
}

static void check_hosts(freezing *f) {
  for (uint32_t i = 0; i < f->inventory->host_count; i++) {
    const built_host *host = chunked_list_at(&f->builder->hosts, f->host_source[i]);
    subject s = {"host", host->spec.id, &host->spec.position};
    check_numbers(f, &s, &host->spec, host_numbers, COUNT_OF(host_numbers));
    check_choices(f, &s, &host->spec, host_choices, COUNT_OF(host_choices));
  }
}

/* Reservation and overhead together must stay within the bound of a quantity, too. */
static void check_reservation(freezing *f, const subject *s, const berth_vm_spec *spec) {
  int64_t reserved = spec->memory_locked ? spec->memory_mib : spec->memory_reservation_mib;
  if (reserved < 0 || spec->overhead_mib < 0 || reserved > BERTH_QUANTITY_MAX ||
      spec->overhead_mib > BERTH_QUANTITY_MAX)
    return; /* told already */
  if (reserved + spec->overhead_mib > BERTH_QUANTITY_MAX)
    freeze_error(f, s->position,
                 "vm \"%s\": memoryReservationMib and overheadMib come to %" PRId64
                 "; expected at most %" PRId64 " together",
                 freeze_shown(s->id), reserved + spec->overhead_mib, BERTH_QUANTITY_MAX);
  if (spec->memory_reservation_mib > spec->memory_mib && spec->memory_mib > 0 &&
      !spec->memory_locked)
    freeze_warning(f, s->position,
                   "vm \"%s\": memoryReservationMib is %" PRId64
                   ", more than the configured %" PRId64 "; expected at most the configured memory",
                   freeze_shown(s->id), spec->memory_reservation_mib, spec->memory_mib);
}

static bool numbers_are_sound(const void *spec, const number_field *fields, size_t count) {
  bool sound = true;
  for (size_t i = 0; i < count; i++) {
    int64_t value;
    memcpy(&value, (const char *)spec + fields[i].offset, sizeof value);
    sound = sound && ((value >= fields[i].minimum && value <= fields[i].maximum) ||
                      (value == BERTH_UNSET && fields[i].optional));
  }
  return sound;
}

static bool choices_are_sound(const void *spec, const choice_field *fields, size_t count) {
  bool sound = true;
  for (size_t i = 0; i < count; i++) {
    unsigned value;
    memcpy(&value, (const char *)spec + fields[i].offset, sizeof value);
    sound = sound && value < fields[i].count;
  }
  return sound;
}

bool freeze_vm_is_sound(const berth_vm_spec *spec) {
  assert(spec != NULL);
  if (!numbers_are_sound(spec, vm_numbers, COUNT_OF(vm_numbers)) ||
      !choices_are_sound(spec, vm_choices, COUNT_OF(vm_choices)))
    return false;
  if (spec->memory_locked)
    return spec->memory_mib + spec->overhead_mib <= BERTH_QUANTITY_MAX;
  return spec->memory_reservation_mib <= spec->memory_mib &&
         spec->memory_reservation_mib + spec->overhead_mib <= BERTH_QUANTITY_MAX;
}

void freeze_check_vm(freezing *f, const berth_vm_spec *spec) {
  assert(f != NULL && spec != NULL);
  if (freeze_vm_is_sound(spec))
    return;
  const subject s = {"vm", spec->id, &spec->position};
  check_numbers(f, &s, spec, vm_numbers, COUNT_OF(vm_numbers));
  check_choices(f, &s, spec, vm_choices, COUNT_OF(vm_choices));
  check_reservation(f, &s, spec);
}

static void check_rules(freezing *f) {
  for (uint32_t i = 0; i < f->inventory->rule_count; i++) {
    const built_rule *rule = chunked_list_at(&f->builder->rules, f->rule_source[i]);
    const berth_rule_spec *spec = &rule->spec;
    subject s = {"rule", spec->id, &spec->position};
    check_choices(f, &s, spec, rule_choices, COUNT_OF(rule_choices));
    if (spec->type == BERTH_RULE_AT_MOST)
      check_number(f, &s, "count", spec->count, 1, BERTH_QUANTITY_MAX);
    if (spec->type == BERTH_RULE_QUIESCE)
      check_number(f, &s, "maxConcurrent", spec->max_concurrent, 1, BERTH_QUANTITY_MAX);
  }
}

static void check_details(freezing *f) {
  for (uint32_t i = 0; i < f->builder->numa.count; i++) {
    const built_numa *numa = chunked_list_at(&f->builder->numa, i);
    const built_host *host = chunked_list_at(&f->builder->hosts, numa->host);
    subject s = {"numa of host", host->spec.id, &numa->position};
    check_number(f, &s, "node", numa->node, 0, BERTH_QUANTITY_MAX);
    check_number(f, &s, "cpuMhz", numa->cpu_mhz, 0, BERTH_QUANTITY_MAX);
    check_number(f, &s, "memoryMib", numa->memory_mib, 0, BERTH_QUANTITY_MAX);
  }
  for (uint32_t i = 0; i < f->builder->host_amounts.count; i++) {
    const built_amount *amount = chunked_list_at(&f->builder->host_amounts, i);
    const built_host *host = chunked_list_at(&f->builder->hosts, amount->object);
    subject s = {"capacity of host", host->spec.id, &amount->position};
    check_number(f, &s, "amount", amount->amount, 0, BERTH_QUANTITY_MAX);
  }
  for (uint32_t i = 0; i < f->builder->vm_amounts.count; i++) {
    const built_amount *amount = chunked_list_at(&f->builder->vm_amounts, i);
    const char *id = f->inventory->vm_id[f->vm_target[amount->object]];
    subject s = {"needs of vm", id, &amount->position};
    check_number(f, &s, "amount", amount->amount, 0, BERTH_QUANTITY_MAX);
  }
}

void freeze_check_places(freezing *f) {
  assert(f != NULL && f->inventory != NULL);
  check_clusters(f);
  check_hosts(f);
}

void freeze_check_details(freezing *f) {
  assert(f != NULL && f->inventory->vm_id != NULL);
  check_rules(f);
  check_details(f);
}
