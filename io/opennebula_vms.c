/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual machines of OpenNebula. CPU, in cores, and MEMORY are what a VM is allocated and are
 * reserved in full. Pools of before 4.0 have both beside the template; they are taken where
 * the template is not there.
 *
 * MONITORING/CPU is a percentage of a core as the probes send it, and a number of cores as the
 * schema has it. It is taken as cores if no VM is above its VCPUs and no host below the sum of its
 * VMs then.
 */
#include "opennebula_build.h"

#include "quantity_text.h"
#include <assert.h>
#include <string.h>

enum { VM_PENDING = 1, VM_ACTIVE = 3, LCM_RUNNING = 3 };

static const struct {
  bool left_out, at_host;
  berth_power power;
} vm_states[] = {{false, false, BERTH_POWER_OFF},       /* init */
                 {false, false, BERTH_POWER_ON},        /* pending */
                 {false, false, BERTH_POWER_OFF},       /* hold */
                 {false, true, BERTH_POWER_ON},         /* active */
                 {false, false, BERTH_POWER_SUSPENDED}, /* stopped: its host is released */
                 {false, true, BERTH_POWER_SUSPENDED},  /* suspended */
                 {true, false, BERTH_POWER_OFF},        /* done */
                 {true, false, BERTH_POWER_OFF},        /* failed, before 5.0 */
                 {false, true, BERTH_POWER_OFF},        /* poweroff */
                 {false, false, BERTH_POWER_OFF},       /* undeployed */
                 {false, false, BERTH_POWER_OFF},       /* cloning */
                 {false, false, BERTH_POWER_OFF}};      /* cloning failure */

static bool says(const opennebula_building *b, const opennebula_object *object,
                 opennebula_field field, const char *word) {
  const char *text = opennebula_text(b->store, object, field);
  return text != NULL && strcmp(text, word) == 0;
}

/* The id of the host of the last history record, or NULL. */
static const char *last_host(const opennebula_building *b, const opennebula_object *object) {
  const char *host = opennebula_text(b->store, object, OPENNEBULA_VM_OLD_HOST);
  int64_t latest = -1;
  opennebula_walk walk = {0};
  const opennebula_fact *record = NULL;
  while ((record = opennebula_next(b->store, object, OPENNEBULA_VM_HISTORY, &walk)) != NULL) {
    const char *text = opennebula_item_text(b->store, object, record->item, OPENNEBULA_VM_SEQUENCE);
    int64_t sequence = 0;
    if (text != NULL && !quantity_parse_signed(text, &sequence))
      sequence = 0;
    if (sequence < latest)
      continue;
    latest = sequence;
    host = opennebula_item_text(b->store, object, record->item, OPENNEBULA_VM_HOST);
  }
  return host;
}

/* False: the VM is not of this inventory. */
static bool find_host(opennebula_building *b, opennebula_vm *vm) {
  const char *id = last_host(b, vm->object);
  const opennebula_object *host =
      id == NULL ? NULL : opennebula_store_find(b->store, OPENNEBULA_HOST, id);
  if (host != NULL && host->index != BERTH_NONE) {
    vm->host = host->index;
    vm->cluster = b->hosts[host->index].cluster;
    return true;
  }
  if (b->task->kind == OPENNEBULA_OPTIMIZE) /* of another cluster */
    return false;
  if (id == NULL)
    opennebula_complain(b, vm->object, "it has no history; expected HISTORY/HID, its host");
  else
    opennebula_complain(b, vm->object,
                        "its host %.40s is not among the objects; expected it in one of the "
                        "sources",
                        id);
  return false;
}

/* False, after a complaint, if it is not known. */
static bool read_size(opennebula_building *b, opennebula_vm *vm) {
  const char *cpu = opennebula_text(b->store, vm->object, OPENNEBULA_VM_CPU);
  opennebula_field memory = OPENNEBULA_VM_MEMORY;
  assert(vm->cpu == 0 && vm->memory_mib == 0);
  if (cpu == NULL && opennebula_text(b->store, vm->object, memory) == NULL) {
    cpu = opennebula_text(b->store, vm->object, OPENNEBULA_VM_OLD_CPU);
    memory = OPENNEBULA_VM_OLD_MEMORY;
    opennebula_unknown(b, vm->object, "template (CPU and MEMORY beside it were taken) of VMs");
  }
  if (cpu != NULL &&
      (!opennebula_thousandths(cpu, &vm->cpu) || vm->cpu < 0 || vm->cpu > BERTH_QUANTITY_MAX)) {
    opennebula_complain(b, vm->object, "CPU is \"%.40s\"; expected a number of cores", cpu);
    return false;
  }
  if (opennebula_text(b->store, vm->object, memory) == NULL) {
    opennebula_complain(b, vm->object, "MEMORY is missing; expected MB (onevm list --extended)");
    return false;
  }
  if (!opennebula_number(b, vm->object, memory, &vm->memory_mib))
    return false;
  if (vm->memory_mib < 1 || vm->memory_mib > BERTH_QUANTITY_MAX)
    opennebula_complain(b, vm->object, "MEMORY is out of range; expected MB, more than 0");
  return vm->memory_mib >= 1 && vm->memory_mib <= BERTH_QUANTITY_MAX;
}

/* Before a state is known to be one of the table. */
static bool read_state(opennebula_building *b, const opennebula_object *object, int64_t *state) {
  const bool known = opennebula_number(b, object, OPENNEBULA_VM_STATE, state);
  if (known && *state < (int64_t)(sizeof vm_states / sizeof *vm_states))
    return true;
  if (known || opennebula_text(b->store, object, OPENNEBULA_VM_STATE) == NULL)
    opennebula_complain(b, object, "STATE is missing or unknown; expected 0 to 11");
  return false;
}

static bool is_movable(opennebula_building *b, const opennebula_vm *vm) {
  const opennebula_object *object = vm->object;
  int64_t phase = LCM_RUNNING;
  opennebula_number(b, object, OPENNEBULA_VM_LCM_STATE, &phase);
  opennebula_walk walk = {0};
  const bool device = opennebula_next(b->store, object, OPENNEBULA_VM_PCI, &walk) != NULL;
  if (device || says(b, object, OPENNEBULA_VM_BLOCKED, "YES") ||
      says(b, object, OPENNEBULA_VM_BLOCKED_INSIDE, "YES"))
    return false;
  return !vm->running || phase == LCM_RUNNING;
}

static void collect_vm(opennebula_building *b, opennebula_object *object) {
  opennebula_vm *vm = &b->vms[b->vm_count];
  int64_t state = 0, resched = 0;
  *vm = (opennebula_vm){.object = object,
                        .host = BERTH_NONE,
                        .cluster = BERTH_NONE,
                        .role = BERTH_NONE,
                        .builder = BERTH_NONE};
  if (!read_state(b, object, &state))
    return;
  if (vm_states[state].left_out) {
    source_report_ignored(b->store->report, object->position.source, "VM done or failed", 1);
    return;
  }
  vm->power = vm_states[state].power;
  vm->running = state == VM_ACTIVE;
  vm->waiting = state == VM_PENDING;
  if (b->task->kind != OPENNEBULA_READ && !vm->running && !vm->waiting)
    return; /* what it is allocated is in its host's usage */
  if (vm->waiting && b->task->kind == OPENNEBULA_OPTIMIZE)
    return;
  if (vm_states[state].at_host && !find_host(b, vm))
    return;
  if (!read_size(b, vm))
    return;
  opennebula_number(b, object, OPENNEBULA_VM_RESCHED, &resched);
  vm->must_go = vm->running && resched == 1;
  vm->movable = is_movable(b, vm);
  if (vm->running) {
    b->hosts[vm->host].cpu_known += vm->cpu;
    b->hosts[vm->host].memory_known += vm->memory_mib * 1024;
  }
  object->index = b->vm_count++;
}

/* ------------------------------------------------------------------------ usage */

static int64_t vcpus(opennebula_building *b, const opennebula_vm *vm) {
  int64_t count = 1;
  opennebula_number(b, vm->object, OPENNEBULA_VM_VCPU, &count);
  return count > 0 ? count : 1;
}

static bool used_cpu(const opennebula_building *b, const opennebula_vm *vm, int64_t *value) {
  const char *text = opennebula_text(b->store, vm->object, OPENNEBULA_VM_USED_CPU);
  return text != NULL && opennebula_thousandths(text, value) && *value >= 0 &&
         *value <= BERTH_QUANTITY_MAX;
}

/* *used [host]: the sum of its VMs as cores, in thousandths. False: some VM has more than VCPUs. */
static bool sum_as_cores(opennebula_building *b, int64_t *used) {
  for (uint32_t v = 0; v < b->vm_count; v++) {
    int64_t value = 0;
    if (!b->vms[v].running || !used_cpu(b, &b->vms[v], &value))
      continue;
    if (value > vcpus(b, &b->vms[v]) * 1000)
      return false;
    used[b->vms[v].host] += value;
  }
  return true;
}

static berth_status find_unit_of_usage(opennebula_building *b) {
  int64_t *used = arena_take(&b->store->memory, b->host_count, sizeof *used);
  if (used == NULL)
    return BERTH_E_NOMEM;
  b->usage_in_cores = sum_as_cores(b, used);
  for (uint32_t h = 0; h < b->host_count; h++) {
    int64_t percent = 0;
    if (opennebula_number(b, b->hosts[h].object, OPENNEBULA_HOST_USED_CPU, &percent) &&
        used[h] > percent * 10)
      b->usage_in_cores = false;
  }
  return BERTH_OK;
}

berth_status opennebula_collect_vms(opennebula_building *b) {
  const uint32_t count = opennebula_store_count(b->store);
  uint32_t listed = 0, at_hosts = 0;
  for (uint32_t i = 0; i < count; i++)
    listed += opennebula_store_at(b->store, i)->kind == OPENNEBULA_VM;
  for (uint32_t h = 0; h < b->host_count; h++) {
    opennebula_walk walk = {0};
    while (opennebula_next(b->store, b->hosts[h].object, OPENNEBULA_HOST_VM, &walk) != NULL)
      at_hosts++;
  }
  b->vms = arena_take(&b->store->memory, (size_t)listed + at_hosts, sizeof *b->vms);
  if (b->vms == NULL)
    return BERTH_E_NOMEM;
  for (uint32_t i = 0; i < count; i++) {
    opennebula_object *object = opennebula_store_at(b->store, i);
    if (object->kind == OPENNEBULA_VM)
      collect_vm(b, object);
  }
  return find_unit_of_usage(b);
}

/* ------------------------------------------------------------------------ adding */

/* A VM of one virtual node that is bound to threads of one node of the host. */
static berth_numa numa_of(opennebula_building *b, const opennebula_vm *vm) {
  const char *policy = opennebula_text(b->store, vm->object, OPENNEBULA_VM_PIN_POLICY);
  int64_t nodes = 0, sockets = 0;
  opennebula_walk walk = {0};
  while (opennebula_next(b->store, vm->object, OPENNEBULA_VM_NODE, &walk) != NULL)
    nodes++;
  if (nodes == 0 && opennebula_number(b, vm->object, OPENNEBULA_VM_SOCKETS, &sockets))
    nodes = sockets;
  const bool pinned = (policy != NULL && strcmp(policy, "NONE") != 0) ||
                      opennebula_text(b->store, vm->object, OPENNEBULA_VM_NODE_AFFINITY) != NULL;
  if (pinned && nodes != 1)
    opennebula_unknown(b, vm->object, "nodes (NUMA: taken as any) of pinned VMs");
  return pinned && nodes == 1 ? BERTH_NUMA_ONE_NODE : BERTH_NUMA_ANY;
}

static void fill_usage(opennebula_building *b, const opennebula_vm *vm, berth_vm_spec *spec) {
  int64_t cpu = 0, memory = 0;
  const char *text = opennebula_text(b->store, vm->object, OPENNEBULA_VM_USED_MEMORY);
  assert(spec->cpu_usage_mhz == BERTH_UNSET);
  if (!vm->running)
    return;
  if (used_cpu(b, vm, &cpu))
    spec->cpu_usage_mhz = b->usage_in_cores ? cpu : (cpu + 99) / 100;
  if (text != NULL && opennebula_thousandths(text, &memory) && memory >= 0)
    spec->memory_usage_mib = (memory + 1023999) / 1024000;
  if (spec->memory_usage_mib > BERTH_QUANTITY_MAX)
    spec->memory_usage_mib = BERTH_UNSET;
}

/* Needed of every host it may go to, as far as its own host is known to have them. */
static berth_status add_needs(opennebula_building *b, const opennebula_vm *vm) {
  opennebula_walk walk = {0};
  const opennebula_fact *fact = NULL;
  berth_status status = BERTH_OK;
  const char *last = NULL;
  if (!vm->running)
    return BERTH_OK;
  while ((fact = opennebula_next(b->store, vm->object, OPENNEBULA_VM_DATASTORE, &walk)) != NULL)
    last = fact->text;
  if (last != NULL && opennebula_cluster_has(b->store, b->clusters[vm->cluster].id,
                                             OPENNEBULA_DATASTORE, last, false))
    status = berth_builder_vm_needs_datastore(b->builder, vm->builder, last);
  walk = (opennebula_walk){0};
  while (status == BERTH_OK &&
         (fact = opennebula_next(b->store, vm->object, OPENNEBULA_VM_NETWORK, &walk)) != NULL)
    if (opennebula_cluster_has(b->store, b->clusters[vm->cluster].id, OPENNEBULA_VNET, fact->text,
                               false))
      status = berth_builder_vm_needs_network(b->builder, vm->builder, fact->text);
  return status;
}

berth_status opennebula_add_vm(opennebula_building *b, opennebula_vm *vm) {
  const opennebula_object *object = vm->object;
  const uint32_t cluster = opennebula_first_cluster(b, vm->cluster);
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  assert(b->clusters[cluster].builder != BERTH_NONE && vm->builder == BERTH_NONE);
  spec.id = object->id;
  spec.name = opennebula_text(b->store, object, OPENNEBULA_VM_NAME);
  spec.position = object->position;
  spec.host = vm->host == BERTH_NONE ? NULL : b->hosts[vm->host].object->id;
  spec.power = vm->power;
  spec.memory_mib = vm->memory_mib;
  spec.movable = vm->movable;
  if (b->task->kind == OPENNEBULA_PLACE && vm->running && !vm->must_go)
    spec.movable = false;
  if (!vm->unlisted) {
    spec.cpus = vcpus(b, vm);
    spec.cpu_reservation_mhz = vm->cpu;
    spec.memory_locked = true;
    spec.numa = numa_of(b, vm);
    fill_usage(b, vm, &spec);
  }
  const berth_status status =
      berth_builder_add_vm(b->builder, b->clusters[cluster].builder, &spec, &vm->builder);
  return status == BERTH_OK ? add_needs(b, vm) : status;
}
