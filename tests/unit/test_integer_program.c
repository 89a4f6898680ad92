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

/* h3 has 99 % of its memory taken by a VM that does not move, and takes no other: 19 points above
 * the target of 80, 79 more between memory and cpu than the 20 that are free, whatever moves. h1
 * with 90 % of its cpu is for columns to tell. */
Test(integer_program, a_host_that_takes_nothing_is_a_constant) {
  solver_ground g = ground_begin();
  integer_program program;
  uint8_t all[] = {1, 1, 1};
  static const char *const ids[] = {"h1", "h2", "h3"};
  for (int h = 0; h < 3; h++) {
    uint32_t host = fixture_add_host(&g.f, g.cluster, fixture_host_spec(ids[h], 1000, 1000));
    if (h < 2)
      cr_assert_eq(berth_builder_host_reach_datastore(g.f.builder, host, "d"), BERTH_OK);
  }
  for (int v = 0; v < 3; v++) {
    char id[8];
    (void)snprintf(id, sizeof id, "v%d", v);
    uint32_t vm = fixture_vm(&g.f, g.cluster, id, "h1", 300, 250);
    cr_assert_eq(berth_builder_vm_needs_datastore(g.f.builder, vm, "d"), BERTH_OK);
  }
  ground_fixed_vm(&g, "fixed", "h3", 990);
  ground_freeze(&g, BERTH_GOAL_REBALANCE);
  cr_assert(integer_program_build(&program, &g.memory, &g.s, all, PROGRAM_EXACT));
  cr_expect_eq(g.s.value[BERTH_LEVEL_OVERLOAD], 19 + 10);
  cr_expect_eq(program.level_constant[BERTH_LEVEL_OVERLOAD], 19);
  cr_expect_eq(g.s.value[BERTH_LEVEL_STRANDED], 79);
  cr_expect_eq(program.level_constant[BERTH_LEVEL_STRANDED], 79);
  ground_end(&g);
}
