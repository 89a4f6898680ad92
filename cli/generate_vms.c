/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VMs of the generator. For each host: draw flavours by weight, then shrink and grow single VMs
 * by one flavour until their memory comes as close to the host's target as they can without passing
 * it.
 */
#include "generate_draft.h"

#include <string.h>

typedef struct flavour {
  int64_t cpus, memory_mib;
  int64_t reserve_percent; /* of the memory */
  int64_t mhz_per_cpu;     /* reserved */
  int64_t weight;
} flavour;

/* Ascending by what they take of a host's memory. */
static const flavour common_flavours[] = {
    {1, 1024, 100, 200, 5},    {2, 4096, 100, 300, 18},   {2, 8192, 100, 300, 25},
    {4, 16384, 100, 400, 22},  {4, 32768, 100, 300, 14},  {8, 65536, 100, 500, 9},
    {16, 131072, 100, 400, 5}, {32, 196608, 100, 300, 2},
};

/* Test machines reserve half, compute machines much processor. */
static const flavour mixed_flavours[] = {
    {1, 1024, 100, 200, 4},    {2, 4096, 50, 0, 8},      {2, 4096, 100, 500, 10},
    {2, 8192, 50, 0, 8},       {4, 8192, 100, 1200, 12}, {4, 16384, 50, 100, 8},
    {8, 16384, 100, 1000, 9},  {4, 24576, 100, 300, 9},  {8, 32768, 100, 800, 10},
    {8, 65536, 75, 300, 7},    {16, 65536, 100, 900, 7}, {16, 131072, 100, 400, 5},
    {32, 262144, 100, 400, 3},
};

/* Big VMs would fill a host alone; these leave something to move. */
enum { FRAGMENTED_FLAVOURS = 6, MOST_VMS_OF_HOST = 4096, TRIES_PER_VM = 12 };

typedef struct flavour_list {
  const flavour *items;
  uint32_t count;
} flavour_list;

static flavour_list flavours_of(generate_family family) {
  const uint32_t common = sizeof common_flavours / sizeof common_flavours[0];
  const uint32_t mixed = sizeof mixed_flavours / sizeof mixed_flavours[0];
  switch (family) {
  case GENERATE_HETEROGENEOUS:
    return (flavour_list){mixed_flavours, mixed};
  case GENERATE_FRAGMENTED:
    return (flavour_list){common_flavours, FRAGMENTED_FLAVOURS};
  default:
    return (flavour_list){common_flavours, common};
  }
}

/* What the hypervisor needs beside the guest, in MiB. */
static int64_t overhead_of(int64_t cpus, int64_t memory_mib) {
  return 24 + 12 * cpus + memory_mib / 256;
}

static int64_t demand_of(const flavour *f) {
  return f->memory_mib * f->reserve_percent / 100 + overhead_of(f->cpus, f->memory_mib);
}

int64_t generate_smallest_demand(generate_family family) {
  return demand_of(&flavours_of(family).items[0]);
}

static uint8_t draw_flavour(generate_draft *draft, flavour_list list) {
  int64_t total = 0;
  for (uint32_t i = 0; i < list.count; i++)
    total += list.items[i].weight;
  int64_t draw = generate_between(draft, 0, total - 1);
  uint8_t chosen = 0;
  while (draw >= list.items[chosen].weight)
    draw -= list.items[chosen++].weight;
  return chosen;
}

/* Changes single VMs by one flavour at a time, drawn at random, until the sum is below the target
 * by less than what any of them could grow by, or the tries are used up. */
static void approach_target(generate_draft *draft, flavour_list list, uint8_t *chosen,
                            uint32_t count, int64_t target) {
  int64_t sum = 0;
  for (uint32_t i = 0; i < count; i++)
    sum += demand_of(&list.items[chosen[i]]);
  for (uint32_t tries = 0; tries < TRIES_PER_VM * count; tries++) {
    const uint32_t i = (uint32_t)generate_between(draft, 0, count - 1);
    const int64_t now = demand_of(&list.items[chosen[i]]);
    if (sum > target && chosen[i] > 0) {
      sum += demand_of(&list.items[--chosen[i]]) - now;
    } else if (sum < target && chosen[i] + 1u < list.count &&
               sum + demand_of(&list.items[chosen[i] + 1]) - now <= target) {
      sum += demand_of(&list.items[++chosen[i]]) - now;
    }
  }
  for (uint32_t i = 0; i < count; i++)
    while (sum > target && chosen[i] > 0) {
      sum -= demand_of(&list.items[chosen[i]]);
      sum += demand_of(&list.items[--chosen[i]]);
    }
  assert(sum <= target || count == 0);
}

static berth_priority draw_priority(generate_draft *draft) {
  static const struct {
    berth_priority priority;
    int64_t until;
  } shares[] = {{BERTH_PRIORITY_HIGHEST, 4}, {BERTH_PRIORITY_HIGH, 16},
                {BERTH_PRIORITY_MEDIUM, 80}, {BERTH_PRIORITY_LOW, 94},
                {BERTH_PRIORITY_LOWEST, 99}, {BERTH_PRIORITY_DISABLED, 100}};
  const int64_t draw = generate_between(draft, 1, 100);
  uint32_t i = 0;
  while (draw > shares[i].until)
    i++;
  return shares[i].priority;
}

/* One VM in twenty hosts an application that wants to be told before it moves. */
static void draw_notification(generate_draft *draft, berth_vm_spec *spec) {
  if (!generate_chance(draft, 5))
    return;
  spec->notify_enabled = true;
  spec->notify_registered = generate_chance(draft, 90);
  spec->notify_hardware = generate_chance(draft, 90) ? 20 : 19;
  spec->notify_timeout = 30 * generate_between(draft, 1, 4);
  spec->notify_ack_seconds = generate_between(draft, 2, 20);
  spec->notify_settle_seconds = 10 * generate_between(draft, 0, 3);
}

/* Size, usage and priority of VM @p index of the draft. */
static void describe_vm(generate_draft *draft, uint32_t index, const flavour *f,
                        berth_vm_spec *spec) {
  spec->cpus = f->cpus;
  spec->memory_mib = f->memory_mib;
  spec->cpu_reservation_mhz = f->cpus * f->mhz_per_cpu;
  if (draft->request->family == GENERATE_UNIQUE) {
    /* no two alike: memory modulo 1 GiB and processor together spell the number of the VM */
    const uint32_t number = draft->first_vm + index;
    spec->memory_mib -= 1023 - number % 1024;
    spec->cpu_reservation_mhz = 100 + number / 1024;
  }
  spec->memory_reservation_mib = spec->memory_mib * f->reserve_percent / 100;
  spec->overhead_mib = overhead_of(spec->cpus, spec->memory_mib);
  spec->priority = draw_priority(draft);
  spec->cpu_usage_mhz = spec->cpus * generate_between(draft, 50, 900);
  spec->memory_usage_mib = spec->memory_mib * generate_between(draft, 20, 95) / 100;
  spec->dirty_mib_per_second = generate_chance(draft, 30) ? generate_between(draft, 1, 300) : 0;
  spec->movable = !generate_chance(draft, 2);
  draw_notification(draft, spec);
  draft->vm_priority[index] = (uint8_t)spec->priority;
}

static berth_status add_needs(generate_draft *draft, uint32_t vm, const generate_host *host,
                              bool gpu) {
  static const char *const local[2] = {"ds-site1", "ds-site2"};
  const bool is_local = host != NULL && generate_chance(draft, 30);
  berth_status status = berth_builder_vm_needs_network(draft->builder, vm, "vlan10");
  if (status == BERTH_OK)
    status = berth_builder_vm_needs_datastore(draft->builder, vm,
                                              is_local ? local[host->site] : "ds-shared");
  if (status == BERTH_OK && gpu)
    status = berth_builder_vm_needs_resource(draft->builder, vm, "vgpu", 1, NULL);
  return status;
}

/* Adds the VMs of one host. A reservation of processor beyond the load of the host is left out. */
static berth_status add_host_vms(generate_draft *draft, uint32_t index, const uint8_t *chosen,
                                 flavour_list list) {
  const generate_host *host = &draft->hosts[index];
  char host_id[GENERATE_ID_ROOM], id[GENERATE_ID_ROOM];
  int64_t cpu_left = host->cpu_mhz * draft->request->load_percent / 100;
  int64_t memory_left = host->memory_mib;
  berth_status status = BERTH_OK;
  generate_host_id(draft->first_host + index, host_id);
  for (uint32_t i = 0; i < host->vm_count && status == BERTH_OK; i++) {
    const uint32_t number = host->first_vm + i;
    berth_vm_spec spec = BERTH_VM_SPEC_INIT;
    uint32_t vm = 0;
    describe_vm(draft, number - draft->first_vm, &list.items[chosen[i]], &spec);
    generate_vm_id(number, id);
    spec.id = id;
    spec.host = host_id;
    if (draft->request->family == GENERATE_HETEROGENEOUS)
      spec.evc_level = generate_between(draft, 1, host->evc_level);
    if (spec.cpu_reservation_mhz > cpu_left)
      spec.cpu_reservation_mhz = 0;
    cpu_left -= spec.cpu_reservation_mhz;
    memory_left -= spec.memory_reservation_mib + spec.overhead_mib;
    status = berth_builder_add_vm(draft->builder, draft->cluster, &spec, &vm);
    if (status == BERTH_OK)
      status = add_needs(draft, vm, host, i < host->gpus / 2u);
  }
  if (memory_left > draft->largest_gap)
    draft->largest_gap = memory_left;
  return status;
}

/* VMs that wait are larger than the largest gap, by up to a half, and fit an empty host. */
static berth_status add_waiting_vms(generate_draft *draft) {
  const int64_t most = draft->hosts[0].memory_mib * 9 / 10;
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; i < draft->waiting && status == BERTH_OK; i++) {
    const uint32_t index = draft->vm_count - draft->waiting + i;
    const int64_t wanted =
        draft->largest_gap + draft->largest_gap * generate_between(draft, 5, 50) / 100;
    const flavour big = {.cpus = 16,
                         .memory_mib = wanted < most ? wanted / 1024 * 1024 + 1024 : most,
                         .reserve_percent = 100,
                         .mhz_per_cpu = 200};
    berth_vm_spec spec = BERTH_VM_SPEC_INIT;
    char id[GENERATE_ID_ROOM];
    uint32_t vm = 0;
    describe_vm(draft, index, &big, &spec);
    generate_vm_id(draft->first_vm + index, id);
    spec.id = id;
    status = berth_builder_add_vm(draft->builder, draft->cluster, &spec, &vm);
    if (status == BERTH_OK)
      status = add_needs(draft, vm, NULL, false);
  }
  return status;
}

berth_status generate_vms(generate_draft *draft) {
  const flavour_list list = flavours_of(draft->request->family);
  uint8_t chosen[MOST_VMS_OF_HOST];
  uint32_t next = draft->first_vm;
  int64_t low = 0, high = 0;
  generate_load_range(draft->request, &low, &high);
  for (uint32_t h = 0; h < draft->host_count; h++) {
    generate_host *host = &draft->hosts[h];
    host->first_vm = next;
    next += host->vm_count;
    if (!host->runs_vms)
      continue;
    assert(host->vm_count <= MOST_VMS_OF_HOST);
    for (uint32_t i = 0; i < host->vm_count; i++)
      chosen[i] = draw_flavour(draft, list);
    const int64_t load = generate_between(draft, low, high);
    approach_target(draft, list, chosen, host->vm_count, host->memory_mib * load / 100);
    const berth_status status = add_host_vms(draft, h, chosen, list);
    if (status != BERTH_OK)
      return status;
  }
  return add_waiting_vms(draft);
}
