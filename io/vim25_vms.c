/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual machines of vSphere. Properties that are zero are often left out, so that an absent
 * reservation or usage is 0 for a VM that is on; an absent size or host is an error.
 */
#include "vim25_build.h"

#include "quantity_text.h"
#include <assert.h>
#include <string.h>

enum { MIB = 1 << 20 };

static bool is_text(const char *text, const char *expected) {
  return text != NULL && strcmp(text, expected) == 0;
}

bool vim25_is_template(const vim25_building *b, const vim25_object *vm) {
  assert(vm->kind == VIM25_VM);
  return is_text(vim25_store_text(b->store, vm, VIM25_TEMPLATE), "true");
}

static berth_power vm_power(vim25_building *b, const vim25_object *vm) {
  const char *power = vim25_store_text(b->store, vm, VIM25_POWER_STATE);
  if (is_text(power, "poweredOn"))
    return BERTH_POWER_ON;
  if (is_text(power, "suspended"))
    return BERTH_POWER_SUSPENDED;
  if (power == NULL)
    vim25_missing_error(b, vm, VIM25_POWER_STATE, "runtime.powerState",
                        "poweredOn, poweredOff or suspended");
  else if (strcmp(power, "poweredOff") != 0)
    vim25_error(b, vm,
                "runtime.powerState is \"%.40s\"; expected poweredOn, poweredOff or "
                "suspended",
                power);
  return BERTH_POWER_OFF;
}

static void require_number(vim25_building *b, const vim25_object *vm, vim25_field field,
                           const char *path, int64_t *value) {
  assert(path != NULL && value != NULL);
  *value = 1;
  if (vim25_store_text(b->store, vm, field) == NULL)
    vim25_missing_error(b, vm, field, path, "a whole number");
  else if (vim25_number(b, vm, field, 1, value) && *value < 1) {
    vim25_error(b, vm, "property %s is too small; expected a positive number", path);
    *value = 1;
  }
}

/* Negative numbers stand for "not set". */
static void optional_number(vim25_building *b, const vim25_object *vm, vim25_field field,
                            int64_t *value) {
  assert(value != NULL);
  int64_t found = 0;
  if (vim25_number(b, vm, field, 1, &found) && found >= 0)
    *value = found;
}

/* A reservation that is absent is none; one that could not be read is not. */
static void reservation(vim25_building *b, const vim25_object *vm, vim25_field field,
                        const char *path, int64_t *value) {
  assert(path != NULL && *value == 0);
  optional_number(b, vm, field, value);
  if (vim25_store_text(b->store, vm, field) == NULL &&
      vim25_store_why_missing(b->store, vm, field) != NULL)
    vim25_missing_error(b, vm, field, path, "a whole number");
}

static void count_unknowns(vim25_building *b, const vim25_object *vm) {
  if (vim25_store_text(b->store, vm, VIM25_CONSUMED_OVERHEAD) == NULL &&
      vim25_store_text(b->store, vm, VIM25_INITIAL_OVERHEAD) == NULL)
    vim25_count_unknown(b, vm, "memory overhead of VMs");
  if (vim25_store_text(b->store, vm, VIM25_CPU_USAGE) == NULL)
    vim25_count_unknown(b, vm, "CPU usage of VMs");
  if (vim25_store_text(b->store, vm, VIM25_MEMORY_USAGE) == NULL)
    vim25_count_unknown(b, vm, "memory usage of VMs");
}

static void fill_size(vim25_building *b, const vim25_object *vm, berth_vm_spec *spec) {
  assert(spec->overhead_mib == 0 && spec->cpu_usage_mhz == BERTH_UNSET);
  require_number(b, vm, VIM25_CPUS, "config.hardware.numCPU", &spec->cpus);
  require_number(b, vm, VIM25_MEMORY_MB, "config.hardware.memoryMB", &spec->memory_mib);
  reservation(b, vm, VIM25_CPU_RESERVATION, "config.cpuAllocation", &spec->cpu_reservation_mhz);
  reservation(b, vm, VIM25_MEMORY_RESERVATION, "config.memoryAllocation",
              &spec->memory_reservation_mib);
  vim25_flag(b, vm, VIM25_MEMORY_LOCKED, &spec->memory_locked);
  /* What is consumed now may be less than what is reserved at power-on: the reserved one ranks. */
  optional_number(b, vm, VIM25_CONSUMED_OVERHEAD, &spec->overhead_mib);
  int64_t bytes = -1;
  if (vim25_number(b, vm, VIM25_INITIAL_OVERHEAD, 1, &bytes) && bytes >= 0)
    spec->overhead_mib = bytes / MIB + (bytes % MIB != 0); /* a demand is rounded up */
  if (spec->power == BERTH_POWER_ON) {
    optional_number(b, vm, VIM25_CPU_USAGE, &spec->cpu_usage_mhz);
    optional_number(b, vm, VIM25_MEMORY_USAGE, &spec->memory_usage_mib);
    count_unknowns(b, vm);
  }
}

static void fill_evc(vim25_building *b, const vim25_object *vm, berth_vm_spec *spec) {
  assert(spec->evc_level == BERTH_UNSET);
  const char *key = vim25_store_text(b->store, vm, VIM25_MINIMUM_EVC);
  const char *vendor = NULL;
  if (key == NULL || key[0] == '\0')
    return;
  if (!vim25_evc_level(key, &spec->evc_level, &vendor)) {
    vim25_say_once(b, VIM25_NOTE_EVC, vm);
    vim25_count_unknown(b, vm, "EVC demand of VMs");
  }
}

/* "vmx-20", "vmx-07". */
static int64_t hardware_version(const char *text) {
  int64_t version = BERTH_UNSET;
  if (text == NULL || strncmp(text, "vmx-", 4) != 0 || !quantity_parse_signed(text + 4, &version) ||
      version < 0 || version > BERTH_QUANTITY_MAX)
    return BERTH_UNSET;
  return version;
}

/* What a VM is given is the lesser of its own timeout and the host's. So the longest of all VMs is
 * the host's, or as good as that for them. */
berth_status vim25_tell_timeout(vim25_building *b, vim25_object *vm) {
  const char *id = vim25_store_text(b->store, vm, VIM25_VM_HOST);
  vim25_object *host = id == NULL ? NULL : vim25_store_find(b->store, id);
  int64_t given = 0;
  bool enabled = false;
  assert(vm->kind == VIM25_VM && !vm->skipped);
  vim25_flag(b, vm, VIM25_NOTIFY_ENABLED, &enabled);
  if (host == NULL || host->kind != VIM25_HOST || !enabled ||
      !vim25_number(b, vm, VIM25_NOTIFY_EFFECTIVE, 1, &given))
    return BERTH_OK;
  if (given > host->effective_timeout && given <= BERTH_QUANTITY_MAX)
    host->effective_timeout = given;
  return BERTH_OK;
}

static void fill_notification(vim25_building *b, const vim25_object *vm, berth_vm_spec *spec) {
  assert(!spec->notify_registered && spec->notify_timeout == BERTH_UNSET);
  vim25_flag(b, vm, VIM25_NOTIFY_ENABLED, &spec->notify_enabled);
  optional_number(b, vm, VIM25_NOTIFY_TIMEOUT, &spec->notify_timeout);
  spec->notify_hardware = hardware_version(vim25_store_text(b->store, vm, VIM25_HARDWARE_VERSION));
  spec->notify_registered = spec->notify_enabled;
  if (spec->notify_enabled) {
    vim25_say_once(b, VIM25_NOTE_REGISTERED, vm);
    vim25_count_unknown(b, vm, "registration for the notification of VMs");
  }
}

static void fill_movable(vim25_building *b, const vim25_object *vm, berth_vm_spec *spec) {
  const char *affinity = vim25_store_text(b->store, vm, VIM25_CPU_AFFINITY);
  const char *latency = vim25_store_text(b->store, vm, VIM25_LATENCY);
  const char *connection = vim25_store_text(b->store, vm, VIM25_CONNECTION_STATE);
  const bool pinned =
      vm->excluded || (affinity != NULL && affinity[0] != '\0') || is_text(latency, "high");
  if (pinned)
    vim25_say_once(b, VIM25_NOTE_PINNED, vm);
  spec->movable = !pinned && (connection == NULL || strcmp(connection, "connected") == 0);
}

/* The VM belongs to the cluster of the host where it is registered, on or off. */
static const vim25_object *find_host(vim25_building *b, const vim25_object *vm) {
  const char *id = vim25_store_text(b->store, vm, VIM25_VM_HOST);
  if (id == NULL) {
    vim25_missing_error(b, vm, VIM25_VM_HOST, "runtime.host", "the host of the VM");
    return NULL;
  }
  const vim25_object *host = vim25_store_find(b->store, id);
  if (host == NULL || host->kind != VIM25_HOST || host->gone || !host->described) {
    vim25_error(b, vm,
                "its host %.60s is not among the objects; expected it in one of the "
                "sources",
                id);
    return NULL;
  }
  return host;
}

berth_status vim25_add_vm(vim25_building *b, vim25_object *vm) {
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  uint32_t index = BERTH_NONE;
  const vim25_object *host = find_host(b, vm);
  assert(vm->kind == VIM25_VM && !vm->skipped);
  spec.id = vm->id;
  spec.name = vim25_store_text(b->store, vm, VIM25_NAME);
  spec.position = vm->position;
  spec.power = vm_power(b, vm);
  spec.priority = vm->priority;
  fill_size(b, vm, &spec);
  fill_evc(b, vm, &spec);
  fill_notification(b, vm, &spec);
  fill_movable(b, vm, &spec);
  if (host == NULL || host->cluster == BERTH_NONE) {
    vm->skipped = true; /* told already; groups need not complain of it again */
    return BERTH_OK;
  }
  vm->cluster = host->cluster;
  spec.host = host->id;
  const berth_status status = berth_builder_add_vm(b->builder, host->cluster, &spec, &index);
  if (status != BERTH_OK)
    return status;
  const berth_status linked = vim25_add_needs(b, vm, index);
  return linked == BERTH_OK ? vim25_add_requirements(b, vm, host, index) : linked;
}
