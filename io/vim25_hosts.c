/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts of vSphere. Memory comes in bytes, a little below its nominal size, and is rounded down to
 * MiB; threads add no capacity, so that it is cores times clock.
 */
#include "vim25_build.h"

#include "checked.h"
#include "quantity_text.h"
#include <assert.h>
#include <string.h>

enum { MIB = 1 << 20 };

static bool is_text(const char *text, const char *expected) {
  return text != NULL && strcmp(text, expected) == 0;
}

/* What a host that vCenter has lost is: HA agents may know more. */
static berth_host_state lost_state(vim25_building *b, const vim25_object *host,
                                   const char *connection) {
  assert(connection != NULL && strcmp(connection, "connected") != 0);
  const char *seen = vim25_store_text(b->store, host, VIM25_DAS_HOST_STATE);
  if (is_text(seen, "hostDown"))
    return BERTH_HOST_FAILED;
  if (is_text(seen, "networkIsolated"))
    return BERTH_HOST_ISOLATED;
  if (strcmp(connection, "notResponding") == 0)
    vim25_say_once(b, VIM25_NOTE_NOT_RESPONDING, host);
  return BERTH_HOST_DISCONNECTED;
}

/* Neither keeps VMs away. */
static void note_restrictions(vim25_building *b, const vim25_object *host) {
  bool quarantine = false;
  vim25_flag(b, host, VIM25_IN_QUARANTINE, &quarantine);
  if (quarantine)
    vim25_say_once(b, VIM25_NOTE_QUARANTINE, host);
  if (vim25_store_text(b->store, host, VIM25_PARTIAL_MAINTENANCE) != NULL)
    vim25_say_once(b, VIM25_NOTE_PARTIAL_MAINTENANCE, host);
}

static berth_host_state host_state(vim25_building *b, const vim25_object *host) {
  assert(host->kind == VIM25_HOST);
  const char *connection = vim25_store_text(b->store, host, VIM25_CONNECTION_STATE);
  const char *power = vim25_store_text(b->store, host, VIM25_POWER_STATE);
  const char *standby = vim25_store_text(b->store, host, VIM25_STANDBY_MODE);
  bool maintenance = false;
  vim25_flag(b, host, VIM25_IN_MAINTENANCE, &maintenance);
  if (is_text(power, "standBy") || is_text(standby, "in") || is_text(standby, "exiting"))
    return BERTH_HOST_STANDBY;
  if (connection == NULL)
    vim25_missing_error(b, host, VIM25_CONNECTION_STATE, "runtime.connectionState",
                        "connected, notResponding or disconnected");
  else if (strcmp(connection, "connected") != 0)
    return lost_state(b, host, connection);
  if (is_text(power, "poweredOff")) {
    vim25_say_once(b, VIM25_NOTE_POWERED_OFF, host);
    return BERTH_HOST_FAILED;
  }
  if (maintenance)
    return BERTH_HOST_MAINTENANCE;
  if (is_text(standby, "entering")) {
    vim25_say_once(b, VIM25_NOTE_ENTERING_STANDBY, host);
    return BERTH_HOST_ENTERING_MAINTENANCE;
  }
  note_restrictions(b, host);
  return BERTH_HOST_ONLINE;
}

static void require_number(vim25_building *b, const vim25_object *host, vim25_field field,
                           const char *path, int64_t divisor, int64_t *value) {
  assert(path != NULL && divisor > 0);
  *value = 1; /* something harmless, so that freezing does not complain again */
  if (vim25_store_text(b->store, host, field) == NULL)
    vim25_missing_error(b, host, field, path, "a whole number");
  else if (vim25_number(b, host, field, divisor, value) && *value < 1) {
    vim25_error(b, host, "property %s is too small; expected a positive number", path);
    *value = 1;
  }
}

static void fill_capacity(vim25_building *b, const vim25_object *host, berth_host_spec *spec) {
  assert(spec->max_vms == BERTH_UNSET && spec->max_vcpus == BERTH_UNSET);
  int64_t clock = 1, cores = 1;
  require_number(b, host, VIM25_MEMORY_SIZE, "summary.hardware.memorySize", MIB, &spec->memory_mib);
  require_number(b, host, VIM25_CPU_MHZ, "summary.hardware.cpuMhz", 1, &clock);
  require_number(b, host, VIM25_CPU_CORES, "summary.hardware.numCpuCores", 1, &cores);
  if (!checked_multiply_i64(clock, cores, &spec->cpu_mhz) || spec->cpu_mhz > BERTH_QUANTITY_MAX) {
    vim25_error(b, host, "cpuMhz times numCpuCores is beyond what berth computes with");
    spec->cpu_mhz = 1;
  }
  /* 0 stands for "not known" in these two. */
  if (vim25_number(b, host, VIM25_MAX_VMS, 1, &spec->max_vms) && spec->max_vms < 1)
    spec->max_vms = BERTH_UNSET;
  if (vim25_number(b, host, VIM25_MAX_VCPUS, 1, &spec->max_vcpus) && spec->max_vcpus < 1)
    spec->max_vcpus = BERTH_UNSET;
}

static void fill_evc(vim25_building *b, const vim25_object *host, berth_host_spec *spec) {
  const char *key = vim25_store_text(b->store, host, VIM25_CURRENT_EVC);
  if (key == NULL || key[0] == '\0')
    key = vim25_store_text(b->store, host, VIM25_MAX_EVC);
  if (key == NULL || key[0] == '\0')
    return;
  if (!vim25_evc_level(key, &spec->evc_level, &spec->cpu_vendor)) {
    vim25_say_once(b, VIM25_NOTE_EVC, host);
    vim25_count_unknown(b, host, "EVC level of hosts");
  }
}

static void fill_wake(vim25_building *b, const vim25_object *host, berth_host_spec *spec) {
  assert(spec->wake == BERTH_WAKE_NONE);
  if (vim25_store_text(b->store, host, VIM25_IPMI_ADDRESS) != NULL) {
    spec->wake = BERTH_WAKE_IPMI;
  } else if (spec->state == BERTH_HOST_STANDBY) {
    spec->wake = BERTH_WAKE_WOL; /* it went there through vCenter, so it can be woken */
    vim25_say_once(b, VIM25_NOTE_WAKE, host);
    vim25_count_unknown(b, host, "wake protocol of hosts");
  }
  if (host->excluded)
    spec->wake = BERTH_WAKE_NONE;
}

static void fill_notification(vim25_building *b, const vim25_object *host, berth_host_spec *spec) {
  assert(spec->notify_timeout == BERTH_UNSET);
  vim25_walk walk = {0};
  bool here = false;
  const vim25_fact *fact = NULL, *found = NULL;
  while ((fact = vim25_store_next(b->store, host, &walk)) != NULL) {
    if (fact->field == VIM25_OPTION_KEY)
      here = strcmp(fact->text, VIM25_HOST_TIMEOUT_OPTION) == 0;
    if (fact->field == VIM25_OPTION_VALUE && here)
      found = fact; /* the last one is the latest */
  }
  if (found == NULL) {
    spec->notify_timeout = b->default_timeout;
    if (b->default_timeout == BERTH_UNSET && host->effective_timeout > 0) {
      spec->notify_timeout = host->effective_timeout;
      vim25_say_once(b, VIM25_NOTE_EFFECTIVE_TIMEOUT, host);
    } else if (b->default_timeout == BERTH_UNSET) {
      vim25_count_unknown(b, host, "notification timeout of hosts");
      vim25_say_once(b, VIM25_NOTE_HOST_TIMEOUT, host);
    }
  } else if (!quantity_parse_signed(found->text, &spec->notify_timeout) ||
             spec->notify_timeout < 0 || spec->notify_timeout > BERTH_QUANTITY_MAX) {
    vim25_error(b, host, "option VmOpNotificationToApp.Timeout is \"%.40s\"; expected seconds",
                found->text);
    spec->notify_timeout = BERTH_UNSET;
  }
}

/* ------------------------------------------------------------------------ NUMA nodes */

/* Logical CPUs that the nodes name, all together. */
static int64_t count_cpus(vim25_building *b, const vim25_object *host) {
  int64_t count = 0;
  vim25_walk walk = {0};
  const vim25_fact *fact = NULL;
  while ((fact = vim25_store_next(b->store, host, &walk)) != NULL)
    count += fact->field == VIM25_NUMA_CPU;
  return count;
}

typedef struct numa_node {
  uint32_t item; /* 0 = none yet */
  int64_t id, cpus, memory, range;
} numa_node;

/* A node has the share of the clock that its logical CPUs are of all. */
static berth_status add_node(vim25_building *b, const vim25_object *host, uint32_t index,
                             const numa_node *node, int64_t all_cpus, int64_t cpu_mhz) {
  assert(node->cpus >= 0 && node->cpus <= all_cpus && cpu_mhz > 0);
  const int64_t bytes = node->memory > 0 ? node->memory : node->range;
  int64_t share = 0;
  if (node->item == 0)
    return BERTH_OK;
  if (all_cpus > 0 && checked_multiply_i64(cpu_mhz, node->cpus, &share))
    share /= all_cpus;
  return berth_builder_host_numa(b->builder, index, node->id, share, bytes < 0 ? 0 : bytes / MIB,
                                 &host->position);
}

static berth_status add_nodes(vim25_building *b, const vim25_object *host, uint32_t index,
                              int64_t cpu_mhz) {
  const int64_t all_cpus = count_cpus(b, host);
  numa_node node = {0};
  berth_status status = BERTH_OK;
  vim25_walk walk = {0};
  const vim25_fact *fact = NULL;
  while (status == BERTH_OK && (fact = vim25_store_next(b->store, host, &walk)) != NULL) {
    if (fact->field == VIM25_NUMA_NODE) {
      status = add_node(b, host, index, &node, all_cpus, cpu_mhz);
      node = (numa_node){.item = fact->item};
    }
    if (fact->field == VIM25_NUMA_CPU)
      node.cpus++;
    int64_t *target = fact->field == VIM25_NUMA_ID       ? &node.id
                      : fact->field == VIM25_NUMA_MEMORY ? &node.memory
                      : fact->field == VIM25_NUMA_RANGE  ? &node.range
                                                         : NULL;
    if (target != NULL && !quantity_parse_signed(fact->text, target))
      vim25_error(b, host, "hardware.numaInfo holds \"%.40s\"; expected a whole number",
                  fact->text);
  }
  return status != BERTH_OK ? status : add_node(b, host, index, &node, all_cpus, cpu_mhz);
}

berth_status vim25_add_host(vim25_building *b, const vim25_object *host) {
  berth_host_spec spec = BERTH_HOST_SPEC_INIT;
  uint32_t index = BERTH_NONE;
  assert(host->kind == VIM25_HOST && host->cluster != BERTH_NONE);
  spec.id = host->id;
  spec.name = vim25_store_text(b->store, host, VIM25_NAME);
  spec.position = host->position;
  spec.state = host_state(b, host);
  fill_capacity(b, host, &spec);
  fill_evc(b, host, &spec);
  fill_wake(b, host, &spec);
  fill_notification(b, host, &spec);
  berth_status status = berth_builder_add_host(b->builder, host->cluster, &spec, &index);
  if (status == BERTH_OK)
    status = vim25_add_reach(b, host, index);
  if (status == BERTH_OK)
    status = vim25_add_features(b, host, index);
  if (status == BERTH_OK)
    status = add_nodes(b, host, index, spec.cpu_mhz);
  return status;
}
