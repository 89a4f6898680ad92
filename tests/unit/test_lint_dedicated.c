/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dedicated failover hosts: online, empty, large enough. Spare is dedicated; work1 and work2 work.
 */
#include "test_lint_support.h"

TestSuite(lint_dedicated);

enum { GIB = 1024 };

typedef struct spare_host {
  int64_t cpu, memory;
  berth_host_state state;
  const char *runs; /* the VM that is on it */
  bool policy_of_another_kind;
} spare_host;

/* VMs of 6, 6 and 10 GiB: work1 has 12 GiB to be restarted, work2 10. */
static fixture build(const spare_host *spare) {
  fixture f = fixture_begin();
  berth_cluster_spec spec = lint_cluster_spec();
  spec.admission = spare->policy_of_another_kind ? BERTH_ADMISSION_NONE : BERTH_ADMISSION_DEDICATED;
  spec.dedicated_hosts = "spare";
  uint32_t c = lint_cluster_of(&f, spec);
  fixture_host(&f, c, "work1", 8000, 16 * GIB);
  fixture_host(&f, c, "work2", 8000, 16 * GIB);
  berth_host_spec host = fixture_host_spec("spare", spare->cpu, spare->memory);
  host.state = spare->state;
  fixture_add_host(&f, c, host);
  fixture_vm(&f, c, "a", "work1", 1000, 6 * GIB);
  fixture_vm(&f, c, "b", "work1", 1000, 6 * GIB);
  fixture_vm(&f, c, "big", "work2", 3000, 10 * GIB);
  if (spare->runs != NULL)
    fixture_vm(&f, c, spare->runs, "spare", 100, 1 * GIB);
  return f;
}

static void expect_spare(spare_host spare, berth_lint_code code, const char *text) {
  fixture f = build(&spare);
  lint_expect_only(&f, code, text);
}

Test(lint_dedicated, large_enough) {
  expect_spare((spare_host){3000, 12 * GIB, BERTH_HOST_ONLINE, NULL, false}, BERTH_LINT_COUNT,
               NULL);
  expect_spare((spare_host){3000, 12 * GIB - 1, BERTH_HOST_ONLINE, NULL, false},
               BERTH_LINT_DEDICATED_TOO_SMALL,
               "the dedicated failover hosts of cluster \"c\" that are online have 12287 MiB of "
               "memory; the VMs of host \"work1\" need 12288 MiB");
}

Test(lint_dedicated, too_small_for_a_vm) {
  fixture f = build(&(spare_host){2999, 12 * GIB, BERTH_HOST_ONLINE, NULL, false});
  const berth_inventory *inventory = fixture_freeze(&f);
  lint_all(&f, inventory);
  cr_assert_eq(berth_context_problem_count(f.ctx), 2);
  cr_expect_str_eq(berth_context_problem(f.ctx, 0)->text,
                   "dedicated failover host \"spare\" has 2999 MHz of cpu; VM \"big\" needs 3000 "
                   "MHz");
  cr_expect_str_eq(berth_context_problem(f.ctx, 1)->text,
                   "the dedicated failover hosts of cluster \"c\" that are online have 2999 MHz of "
                   "cpu; the VMs of host \"work2\" need 3000 MHz");
  berth_inventory_release(inventory);
  fixture_end(&f);
}

Test(lint_dedicated, in_use) {
  expect_spare((spare_host){8000, 16 * GIB, BERTH_HOST_ONLINE, "stray", false},
               BERTH_LINT_DEDICATED_IN_USE, "dedicated failover host \"spare\" has 1 VM on it");
}

Test(lint_dedicated, not_usable) {
  fixture f = build(&(spare_host){8000, 16 * GIB, BERTH_HOST_MAINTENANCE, NULL, false});
  const berth_inventory *inventory = fixture_freeze(&f);
  lint_all(&f, inventory);
  lint_expect(&f, BERTH_LINT_DEDICATED_NOT_USABLE,
              "dedicated failover host \"spare\" is in state maintenance");
  cr_expect_eq(lint_count(&f, BERTH_LINT_DEDICATED_TOO_SMALL), 4); /* each resource: nothing left */
  berth_inventory_release(inventory);
  fixture_end(&f);
}

Test(lint_dedicated, other_policies_have_none) {
  expect_spare((spare_host){100, 1 * GIB, BERTH_HOST_ONLINE, "stray", true}, BERTH_LINT_COUNT,
               NULL);
}
