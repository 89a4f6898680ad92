/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kinds of VMs and hosts: what check_may_arrive() does not ask for tells nobody apart, or the
 * checker would answer for fewer inventories than it could.
 */
#include "check_kinds.h"
#include "context_internal.h"
#include "test_verify_support.h"

TestSuite(check_kinds);

typedef struct kinds_case {
  cluster_sketch made;
  berth_inventory *inventory;
  check c;
  check_kinds kinds;
} kinds_case;

static void find(kinds_case *k, check_arrival how) {
  k->c = (check){.ctx = k->made.ctx, .inventory = k->inventory, .goal = BERTH_GOAL_REPAIR};
  arena_init(&k->c.memory, context_allocator(k->made.ctx));
  check_state(&k->c);
  cr_assert(check_find_kinds(&k->c, &k->kinds, how));
}

static void end(kinds_case *k) {
  arena_free(&k->c.memory);
  berth_inventory_release(k->inventory);
  berth_context_free(k->made.ctx);
}

/* Four VMs and hosts, each with a rule of its own. Only the last rule binds VMs to hosts. */
Test(check_kinds, rules_that_bind) {
  static const char *const hosts[] = {"h0", "h1", "h2", "h3"}, *const vms[] = {"v0", "v1", "v2",
                                                                               "v3"};
  kinds_case k = {.made = cluster_begin_plain()};
  for (uint32_t i = 0; i < 4; i++)
    add_host(&k.made, host_of(hosts[i], 1000));
  for (uint32_t i = 0; i < 4; i++)
    add_vm(&k.made, vm_of(vms[i], NULL, 0));
  berth_rule_spec rule = rule_of("should", BERTH_RULE_RUN_ON, "v0");
  rule.strength = BERTH_SHOULD;
  rule.hosts = "h0";
  add_rule(&k.made, rule);
  rule = rule_of("disabled", BERTH_RULE_NOT_RUN_ON, "v1");
  rule.hosts = "h1";
  add_rule(&k.made, rule);
  add_rule(&k.made, rule_of("apart", BERTH_RULE_APART, "v0 v2"));
  rule = rule_of("binds", BERTH_RULE_RUN_ON, "v3");
  rule.hosts = "h3";
  add_rule(&k.made, rule);
  k.inventory = cluster_end(&k.made);
  ((frozen_rule *)k.inventory->rules)[1].enabled = false; /* as a scenario does */
  find(&k, ARRIVAL_PLANNED);
  cr_expect_eq(k.kinds.host_kinds, 2);
  cr_expect_eq(k.kinds.vm_kinds, 2);
  for (uint32_t i = 0; i < 4; i++) {
    cr_expect_eq(k.kinds.host_kind[i], i == 3, "host %u", i);
    cr_expect_eq(k.kinds.vm_kind[i], i == 3, "VM %u", i);
  }
  cr_expect(check_kind_admits(&k.c, &k.kinds, 0, 0));
  cr_expect(check_kind_admits(&k.c, &k.kinds, 0, 1));
  cr_expect_not(check_kind_admits(&k.c, &k.kinds, 1, 0));
  cr_expect(check_kind_admits(&k.c, &k.kinds, 1, 1));
  end(&k);
}

/* The texts are put into the frozen inventory, so that what stands behind their ends is known. */
Test(check_kinds, texts_end_where_they_end) {
  static const char texts[][24] = {"GenuineIntel\0 or other", "GenuineIntel\0, or not",
                                   "GenuineIntex", "GenuineI", "GenuineI\0ntel"};
  static const uint32_t kind[] = {0, 0, 1, 2, 2};
  static const char *const hosts[] = {"h0", "h1", "h2", "h3", "h4"};
  kinds_case k = {.made = cluster_begin_plain()};
  for (uint32_t i = 0; i < 5; i++)
    add_host(&k.made, host_of(hosts[i], 1000));
  k.inventory = cluster_end(&k.made);
  for (uint32_t i = 0; i < 5; i++)
    ((const char **)k.inventory->host_cpu_vendor)[i] = texts[i];
  find(&k, ARRIVAL_PLANNED);
  for (uint32_t i = 0; i < 5; i++)
    cr_expect_eq(k.kinds.host_kind[i], kind[i], "host %u", i);
  end(&k);
}
