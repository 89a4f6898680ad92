/* SPDX-License-Identifier: Apache-2.0 */
/* Which VMs the integer program takes for the same. */
#include "integer_program.h"
#include "solver_ground.h"
#include <string.h>

TestSuite(integer_program);

/* Classes of two VMs of 100 MiB on h1 that use this much, with all hosts free. */
static uint32_t classes_of(berth_goal goal, const int64_t cpu[2], const int64_t memory[2]) {
  static const char *const ids[] = {"a", "b"};
  solver_ground g = ground_begin();
  integer_program program;
  uint8_t all[] = {1, 1};
  ground_host(&g, "h1", 1000, BERTH_HOST_ONLINE);
  ground_host(&g, "h2", 1000, BERTH_HOST_ONLINE);
  for (int i = 0; i < 2; i++) {
    berth_vm_spec spec = fixture_vm_spec(ids[i], "h1", 100, 100);
    spec.cpu_usage_mhz = cpu[i];
    spec.memory_usage_mib = memory[i];
    fixture_add_vm(&g.f, g.cluster, spec);
  }
  ground_freeze(&g, goal);
  cr_assert(integer_program_build(&program, &g.memory, &g.s, all, PROGRAM_EXACT));
  uint32_t classes = program.class_count;
  ground_end(&g);
  return classes;
}

/* Loads tell VMs apart where loads are asked about: the whole of one is not the whole of another.
 */
Test(integer_program, loads_tell_vms_apart) {
  const int64_t alike[] = {300, 300}, not_alike[] = {300, 301};
  cr_expect_eq(classes_of(BERTH_GOAL_REBALANCE, alike, alike), 1);
  cr_expect_eq(classes_of(BERTH_GOAL_REBALANCE, not_alike, alike), 2);
  cr_expect_eq(classes_of(BERTH_GOAL_REBALANCE, alike, not_alike), 2);
  cr_expect_eq(classes_of(BERTH_GOAL_REPAIR, not_alike, not_alike), 1);
}
