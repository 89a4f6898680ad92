/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What high availability rests on: a second host; in 4.x, primaries that do not fail together.
 */
#include "test_lint_support.h"
#include <stdio.h>

TestSuite(lint_ha);

Test(lint_ha, second_host) {
  for (int online = 0; online <= 2; online++) {
    fixture f = fixture_begin();
    uint32_t c = lint_cluster_of(&f, lint_cluster_spec());
    for (int i = 0; i < 3; i++) {
      berth_host_spec host = fixture_host_spec(i == 0 ? "h0" : i == 1 ? "h1" : "h2", 1000, 1024);
      host.state = i < online ? BERTH_HOST_ONLINE : BERTH_HOST_FAILED;
      fixture_add_host(&f, c, host);
    }
    fixture_vm(&f, c, "v", "h0", 10, 10);
    const berth_inventory *inventory = fixture_freeze(&f);
    lint_all(&f, inventory);
    if (online == 2)
      cr_expect_eq(lint_count(&f, BERTH_LINT_HA_WITHOUT_SECOND_HOST), 0);
    else
      lint_expect(&f, BERTH_LINT_HA_WITHOUT_SECOND_HOST,
                  online == 0 ? "cluster \"c\" has HA on, but no host is online; it takes two"
                              : "cluster \"c\" has HA on, but one host online; it takes two");
    berth_inventory_release(inventory);
    fixture_end(&f);
  }
}

Test(lint_ha, one_host_without_ha_or_without_vms) {
  for (int with_ha = 0; with_ha < 2; with_ha++) {
    fixture f = fixture_begin();
    berth_cluster_spec spec = lint_cluster_spec();
    spec.ha_enabled = with_ha;
    uint32_t c = lint_cluster_of(&f, spec);
    fixture_host(&f, c, "h", 1000, 1024);
    if (!with_ha)
      fixture_vm(&f, c, "v", "h", 10, 10);
    lint_expect_only(&f, BERTH_LINT_COUNT, NULL);
  }
}

typedef struct blades {
  berth_era era;
  int hosts, in_chassis; /* the first so many that joined are in chassis "bay" */
  int failed;            /* so many of these have failed */
  bool backwards;        /* the last in the file joined first */
} blades;

static void expect_blades(blades b, berth_lint_code code, const char *text) {
  fixture f = fixture_begin();
  berth_cluster_spec spec = lint_cluster_spec();
  spec.era = b.era;
  uint32_t c = lint_cluster_of(&f, spec);
  for (int i = 0; i < b.hosts; i++) {
    int order = b.backwards ? b.hosts - 1 - i : i;
    char id[8];
    (void)snprintf(id, sizeof id, "h%d", order);
    berth_host_spec host = fixture_host_spec(id, 1000, 1024);
    host.joined = order + 1;
    host.chassis = order < b.in_chassis ? "bay" : order % 2 == 0 ? "left" : "right";
    host.state = order < b.failed ? BERTH_HOST_FAILED : BERTH_HOST_ONLINE;
    fixture_add_host(&f, c, host);
  }
  lint_expect_only(&f, code, text);
}

Test(lint_ha, primaries_in_one_chassis) {
  const char *text = "all five primaries of cluster \"c\" are in chassis \"bay\" (\"h0\", the "
                     "first, to \"h4\"); if it fails, nothing is restarted";
  blades b = {.era = BERTH_ERA_AAM, .hosts = 12, .in_chassis = 5};
  expect_blades(b, BERTH_LINT_PRIMARIES_IN_ONE_CHASSIS, text);
  b.backwards = true; /* joining counts, not the order in the file */
  expect_blades(b, BERTH_LINT_PRIMARIES_IN_ONE_CHASSIS, text);
  b.in_chassis = 4; /* four of five are allowed */
  expect_blades(b, BERTH_LINT_COUNT, NULL);
  b.in_chassis = 5;
  b.era = BERTH_ERA_FDM5; /* which elects one instead */
  expect_blades(b, BERTH_LINT_COUNT, NULL);
}

/* Hosts that do not say when they joined come after those that do. */
Test(lint_ha, unknown_order_of_joining) {
  for (int known = 0; known < 2; known++) {
    fixture f = fixture_begin();
    berth_cluster_spec spec = lint_cluster_spec();
    spec.era = BERTH_ERA_AAM;
    uint32_t c = lint_cluster_of(&f, spec);
    for (int i = 0; i < 6; i++) {
      char id[8];
      (void)snprintf(id, sizeof id, "h%d", i);
      berth_host_spec host = fixture_host_spec(id, 1000, 1024);
      host.chassis = i < 5 ? "bay" : "other";
      host.joined = i == 5 && known ? 7 : BERTH_UNSET;
      fixture_add_host(&f, c, host);
    }
    lint_expect_only(&f, BERTH_LINT_PRIMARIES_IN_ONE_CHASSIS,
                     known ? NULL
                           : "all five primaries of cluster \"c\" are in chassis \"bay\" (\"h0\", "
                             "the first, to \"h4\"); if it fails, nothing is restarted");
  }
}

Test(lint_ha, primaries_all_failed) {
  blades b = {.era = BERTH_ERA_AAM, .hosts = 8, .failed = 5};
  expect_blades(b, BERTH_LINT_PRIMARIES_ALL_FAILED,
                "all 5 primaries of cluster \"c\" have failed, \"h0\" first among them; nothing is "
                "restarted");
  b.failed = 4;
  expect_blades(b, BERTH_LINT_COUNT, NULL);
  b.failed = 5;
  b.era = BERTH_ERA_FDM65;
  expect_blades(b, BERTH_LINT_COUNT, NULL);
}

Test(lint_ha, too_many_hosts) {
  blades b = {.era = BERTH_ERA_AAM, .hosts = 33};
  expect_blades(b, BERTH_LINT_TOO_MANY_HOSTS, "cluster \"c\" has 33 hosts; HA of 4.x takes 32");
  b.hosts = 32;
  expect_blades(b, BERTH_LINT_COUNT, NULL);
  b.hosts = 33;
  b.era = BERTH_ERA_FDM5;
  expect_blades(b, BERTH_LINT_COUNT, NULL);
}
