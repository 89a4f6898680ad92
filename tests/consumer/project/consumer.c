/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of somebody else: three hosts, the first fails, its VM finds a berth. It uses nothing
 * but the installed headers and library.
 *
 * By hand: host a (failed) ran big (6 GiB). b has 8 GiB and runs small (4 GiB), c has 5 GiB and is
 * empty. big fits neither b nor c as they are; moving small to c (one migration) makes room on b.
 */
#include <berth/inventory.h>
#include <berth/io.h>
#include <berth/solve.h>
#include <berth/verify.h>
#include <berth/version.h>
#include <stdio.h>

static berth_status add_host(berth_builder *builder, const char *id, int64_t memory_mib,
                             berth_host_state state) {
  berth_host_spec host = BERTH_HOST_SPEC_INIT;
  host.id = id;
  host.cpu_mhz = 10000;
  host.memory_mib = memory_mib;
  host.state = state;
  return berth_builder_add_host(builder, 0, &host, NULL);
}

static berth_status add_vm(berth_builder *builder, const char *id, const char *host,
                           int64_t memory_mib) {
  berth_vm_spec vm = BERTH_VM_SPEC_INIT;
  vm.id = id;
  vm.host = host;
  vm.memory_mib = memory_mib;
  vm.memory_reservation_mib = memory_mib;
  return berth_builder_add_vm(builder, 0, &vm, NULL);
}

static berth_status build(berth_context *ctx, berth_inventory **inventory) {
  berth_cluster_spec cluster = BERTH_CLUSTER_SPEC_INIT;
  cluster.id = "c";
  berth_builder *builder = NULL;
  berth_status status;
  if ((status = berth_builder_new(ctx, &builder)) != BERTH_OK ||
      (status = berth_builder_add_cluster(builder, &cluster, NULL)) != BERTH_OK ||
      (status = add_host(builder, "a", 8192, BERTH_HOST_FAILED)) != BERTH_OK ||
      (status = add_host(builder, "b", 8192, BERTH_HOST_ONLINE)) != BERTH_OK ||
      (status = add_host(builder, "c", 5120, BERTH_HOST_ONLINE)) != BERTH_OK ||
      (status = add_vm(builder, "big", "a", 6144)) != BERTH_OK ||
      (status = add_vm(builder, "small", "b", 4096)) != BERTH_OK)
    goto done;
  status = berth_builder_freeze(builder, inventory);
done:
  berth_builder_free(builder);
  return status;
}

int main(void) {
  berth_context *ctx = NULL;
  berth_inventory *inventory = NULL;
  berth_plan *plan = NULL;
  berth_report *report = NULL;
  berth_request request = BERTH_REQUEST_INIT;
  int exit_status = 1;

  if (berth_context_new(NULL, &ctx) != BERTH_OK || build(ctx, &inventory) != BERTH_OK ||
      berth_solve(ctx, inventory, &request, NULL, &plan) != BERTH_OK ||
      berth_verify(ctx, plan, &report) != BERTH_OK) {
    fprintf(stderr, "consumer: %s\n", ctx ? berth_context_detail(ctx) : "no context");
    goto done;
  }
  printf("berth %s: %s, %s, %u steps, %u unplaced, %u faults\n", berth_version(),
         berth_goal_word(berth_plan_goal(plan)), berth_outcome_word(berth_plan_status(plan)),
         berth_plan_step_count(plan), berth_plan_unplaced_count(plan), berth_report_count(report));
  exit_status = 0;
done:
  berth_report_free(report);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  berth_context_free(ctx);
  return exit_status;
}
