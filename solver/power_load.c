/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power management looks at demand: what VMs use, not what they reserve. Where the usage of a VM is
 * not known its reservation stands for it, as in the degradation that admission control tolerates.
 */
#include "power_load.h"
#include <assert.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

static const berth_power_constant constants[] = {
    {"targetPercent", 63, "percent", "vSphere DPM: DemandCapacityRatioTarget; <dpm targetPercent>"},
    {"tolerancePercent", 18, "percent",
     "vSphere DPM: DemandCapacityRatioToleranceHost; <dpm tolerancePercent>"},
    {"powerOffHistory", 2400, "seconds", "vSphere DPM: VmDemandHistorySecsHostOff"},
    {"powerOnHistory", 300, "seconds", "vSphere DPM: VmDemandHistorySecsHostOn"},
    {"hostsOn", 1, "hosts", "vSphere DPM: at least one host stays on"},
    {"hostsOnWithHa", 2, "hosts", "vSphere DPM with HA: at least two hosts stay on; <ha enabled>"},
};

const berth_power_constant *berth_power_constants(uint32_t *count) {
  *count = sizeof constants / sizeof constants[0];
  return constants;
}

int64_t berth_power_constant_value(const char *name) {
  for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++)
    if (strcmp(constants[i].name, name) == 0)
      return constants[i].value;
  return BERTH_UNSET;
}

berth_power_load power_load_of_vm(const berth_inventory *inventory, uint32_t vm) {
  assert(vm < inventory->vm_count);
  const int64_t *demand = inventory->vm_demand + (size_t)vm * inventory->resource_count;
  int64_t cpu = inventory->vm_cpu_usage[vm], memory = inventory->vm_memory_usage[vm];
  berth_power_load load = {.cpu_mhz = cpu != BERTH_UNSET ? cpu : demand[BERTH_RESOURCE_CPU],
                           .memory_mib = memory != BERTH_UNSET ? memory + inventory->vm_overhead[vm]
                                                               : demand[BERTH_RESOURCE_MEMORY]};
  assert(load.cpu_mhz >= 0 && load.memory_mib >= 0);
  return load;
}

void power_load_add(berth_power_load *sum, berth_power_load more) {
  assert(sum->cpu_mhz <= INT64_MAX - more.cpu_mhz &&
         sum->memory_mib <= INT64_MAX - more.memory_mib);
  sum->cpu_mhz += more.cpu_mhz;
  sum->memory_mib += more.memory_mib;
}

berth_power_load power_load_capacity(const berth_inventory *inventory, uint32_t host) {
  assert(host < inventory->host_count);
  const int64_t *capacity = inventory->host_capacity + (size_t)host * inventory->resource_count;
  return (berth_power_load){.cpu_mhz = capacity[BERTH_RESOURCE_CPU],
                            .memory_mib = capacity[BERTH_RESOURCE_MEMORY]};
}

static int64_t share(int64_t whole, int64_t percent) {
  assert(whole >= 0 && percent >= 0);
  return (int64_t)((wide)whole * (uint64_t)percent / 100);
}

berth_power_load power_load_share(berth_power_load capacity, int64_t percent) {
  return (berth_power_load){.cpu_mhz = share(capacity.cpu_mhz, percent),
                            .memory_mib = share(capacity.memory_mib, percent)};
}

int64_t power_load_above(berth_power_load load, berth_power_load capacity, int64_t percent) {
  /* Amounts are whole, so a share that is rounded down is passed exactly when the share is. */
  berth_power_load most = power_load_share(capacity, percent);
  return (load.cpu_mhz > most.cpu_mhz) + (load.memory_mib > most.memory_mib);
}

bool power_load_fits(berth_power_load load, berth_power_load limit) {
  return load.cpu_mhz <= limit.cpu_mhz && load.memory_mib <= limit.memory_mib;
}

static bool is_below(int64_t load, int64_t capacity, int64_t percent) {
  int64_t most = share(capacity, percent);
  bool whole = (int64_t)((wide)capacity * (uint64_t)percent % 100) == 0;
  return whole ? load < most : load <= most;
}

bool power_load_below(berth_power_load load, berth_power_load capacity, int64_t percent) {
  return is_below(load.cpu_mhz, capacity.cpu_mhz, percent) &&
         is_below(load.memory_mib, capacity.memory_mib, percent);
}
