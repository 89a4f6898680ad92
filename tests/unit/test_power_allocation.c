/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power management when memory runs out at the Nth allocation: it ends with a status, gives back
 * what it took, and answers as ever where it was enough.
 */
#include "../short_memory.h"
#include <berth/power.h>
#include <criterion/criterion.h>

static void build(berth_builder *builder) {
  static const char *const hosts[] = {"h1", "h2", "h3", "h4"}, *const vms[] = {"a", "b", "c", "d"};
  berth_cluster_spec cluster = BERTH_CLUSTER_SPEC_INIT;
  uint32_t c;
  cluster.id = "c";
  cluster.admission = BERTH_ADMISSION_SLOTS;
  cluster.dpm = BERTH_AUTOMATION_MANUAL;
  cr_assert_eq(berth_builder_add_cluster(builder, &cluster, &c), BERTH_OK);
  for (int i = 0; i < 4; i++) {
    berth_host_spec host = BERTH_HOST_SPEC_INIT;
    berth_vm_spec vm = BERTH_VM_SPEC_INIT;
    host.id = hosts[i];
    host.cpu_mhz = host.memory_mib = 10000;
    host.wake = BERTH_WAKE_IPMI;
    vm.id = vms[i];
    vm.host = hosts[i];
    vm.memory_mib = 2500;
    vm.cpu_reservation_mhz = vm.memory_reservation_mib = 2500;
    vm.cpu_usage_mhz = vm.memory_usage_mib = 500;
    cr_assert_eq(berth_builder_add_host(builder, c, &host, NULL), BERTH_OK);
    cr_assert_eq(berth_builder_add_vm(builder, c, &vm, NULL), BERTH_OK);
  }
}

/* What the run came to, with so many allocations. */
static berth_status run(short_memory *memory, const berth_inventory *inventory, berth_context *ctx,
                        long allocations) {
  berth_power_answer *answer = NULL;
  berth_power_request request = BERTH_POWER_REQUEST_INIT;
  berth_options options;
  berth_options_init(&options);
  options.value[BERTH_OPTION_THREADS] = 1;
  options.value[BERTH_OPTION_KEEP_FAILURES] = 1;
  request.options = &options;
  memory->left = allocations;
  berth_status status = berth_power_run(ctx, inventory, &request, &answer);
  memory->left = -1;
  cr_assert_eq(status == BERTH_OK, answer != NULL);
  if (answer != NULL)
    cr_assert_eq(berth_power_get_cluster(answer, 0)->online_after, 2);
  berth_power_answer_free(answer);
  return status;
}

Test(power_allocation, every_allocation_may_fail) {
  short_memory memory = {.left = -1};
  const berth_allocator allocator = short_memory_allocator(&memory);
  berth_context *ctx = NULL;
  berth_builder *builder = NULL;
  berth_inventory *inventory = NULL;
  cr_assert_eq(berth_context_new(&allocator, &ctx), BERTH_OK);
  cr_assert_eq(berth_builder_new(ctx, &builder), BERTH_OK);
  build(builder);
  cr_assert_eq(berth_builder_freeze(builder, &inventory), BERTH_OK);
  long before = memory.alive, failed = 0;
  berth_status status = BERTH_E_NOMEM;
  for (long n = 0; status != BERTH_OK; n += 1 + n / 100, failed++) {
    status = run(&memory, inventory, ctx, n);
    cr_assert(status == BERTH_OK || status == BERTH_E_NOMEM, "%ld: status %d", n, (int)status);
    cr_assert_eq(memory.alive, before, "%ld: %ld pieces are not given back", n,
                 memory.alive - before);
  }
  cr_assert_gt(failed, 100);
  berth_inventory_release(inventory);
  berth_builder_free(builder);
  berth_context_free(ctx);
  cr_assert_eq(memory.alive, 0);
}
