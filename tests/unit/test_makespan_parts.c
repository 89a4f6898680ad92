/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bound of the makespan, each part of it alone, for values and proofs given by hand. Copies at
 * 10,000 Mbps: 1,192 MiB a second, so 8,192 MiB take 7 s and 1,024 MiB one. A restart takes 30 s.
 */
#include "makespan_bound.h"
#include "solver_ground.h"

TestSuite(makespan_parts);

enum { GIB = 1024 };

static solver_ground begin(int64_t moves_per_host, int64_t restarts_per_host) {
  solver_ground g = {.f = fixture_begin()};
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  spec.id = "c";
  spec.ha_enabled = false;
  spec.migrations_per_host = moves_per_host;
  spec.restarts_per_host = restarts_per_host;
  spec.restart_seconds = 30;
  cr_assert_eq(berth_builder_add_cluster(g.f.builder, &spec, &g.cluster), BERTH_OK);
  return g;
}

/* What is proved: the values themselves, but one less of @p open (BERTH_LEVEL_COUNT = none). */
static int64_t bound_with(const solver_ground *g, const int64_t *value, berth_level open,
                          bool stop_overs) {
  arena memory;
  ladder_bounds bounds = {.counts_stop_overs = stop_overs};
  memcpy(bounds.value, value, sizeof bounds.value);
  if (open != BERTH_LEVEL_COUNT)
    bounds.value[open]--;
  arena_init(&memory, context_allocator(g->f.ctx));
  int64_t bound = makespan_bound(&g->s, value, &bounds, &memory);
  arena_free(&memory);
  return bound;
}

static int64_t bound_of(const solver_ground *g) {
  return bound_with(g, g->s.value, BERTH_LEVEL_COUNT, false);
}

/* ---------------------------------------------------------------------- hosts that are emptied */

/* VMs of these sizes in GiB leave e, so many at a time. */
static int64_t emptied(int64_t lanes, const int64_t *sizes, int count) {
  solver_ground g = begin(lanes, 1);
  char id[16];
  ground_host(&g, "e", 1000 * GIB, BERTH_HOST_ENTERING_MAINTENANCE);
  ground_host(&g, "h", 1000 * GIB, BERTH_HOST_ONLINE);
  for (int i = 0; i < count; i++) {
    (void)snprintf(id, sizeof id, "v%d", i);
    ground_vm(&g, id, "e", sizes[i] * GIB);
  }
  ground_vm(&g, "there", "h", 100 * GIB);
  ground_freeze(&g, BERTH_GOAL_EVACUATE);
  cr_expect_eq(bound_of(&g), 0, "with all left behind nothing is claimed");
  for (int i = 0; i < count; i++) {
    (void)snprintf(id, sizeof id, "v%d", i);
    ground_move(&g, id, "h");
  }
  int64_t bound = bound_of(&g);
  ground_end(&g);
  return bound;
}

Test(makespan_parts, lanes_of_a_host_that_is_emptied) {
  static const int64_t eights[] = {8, 8, 8, 8, 8}, mixed[] = {1, 8, 1, 8}, one[] = {8};
  cr_expect_eq(emptied(1, eights, 3), 21);
  cr_expect_eq(emptied(2, eights, 2), 7);
  cr_expect_eq(emptied(2, eights, 3), 14, "two of three share a lane");
  cr_expect_eq(emptied(2, eights, 4), 14);
  cr_expect_eq(emptied(2, eights, 5), 21, "three of five share a lane");
  cr_expect_eq(emptied(4, eights, 5), 14);
  cr_expect_eq(emptied(5, eights, 5), 7);
  cr_expect_eq(emptied(2, mixed, 4), 8, "7 + 1 on each lane");
  cr_expect_eq(emptied(3, mixed, 4), 7, "the longest alone");
  cr_expect_eq(emptied(2, mixed, 3), 7, "the others on the other lane");
  cr_expect_eq(emptied(2, one, 1), 7);
}

/* Members of a quiesce group that must leave wait for each other, and for each to settle but for
 * the last of each lane. The guests answer after 60 s in the worst case. */
static int64_t quiesced(int64_t lanes, bool notified, int count) {
  static const char *const ids[] = {"v0", "v1", "v2"};
  solver_ground g = begin(8, 1);
  berth_host_spec host = fixture_host_spec("e", 1000, 100 * GIB);
  host.state = BERTH_HOST_ENTERING_MAINTENANCE;
  host.notify_timeout = 60;
  fixture_add_host(&g.f, g.cluster, host);
  ground_host(&g, "h", 100 * GIB, BERTH_HOST_ONLINE);
  ground_vm(&g, "other", "h", 1);
  for (int i = 0; i < 3; i++) {
    berth_vm_spec vm = fixture_vm_spec(ids[i], i < count ? "e" : "h", 0, 8 * GIB);
    vm.notify_enabled = vm.notify_registered = notified;
    vm.notify_hardware = 20;
    vm.notify_settle_seconds = 10 * (i + 1);
    fixture_add_vm(&g.f, g.cluster, vm);
  }
  berth_rule_spec rule = fixture_rule_spec("q", BERTH_RULE_QUIESCE, BERTH_MUST, "v0 v1 v2", NULL);
  rule.max_concurrent = lanes;
  fixture_add_rule(&g.f, g.cluster, rule);
  ground_freeze(&g, BERTH_GOAL_EVACUATE);
  for (int i = 0; i < count; i++)
    ground_move(&g, ids[i], "h");
  int64_t bound = bound_of(&g);
  ground_end(&g);
  return bound;
}

Test(makespan_parts, quiesce_groups) {
  cr_expect_eq(quiesced(1, false, 3), 21);
  cr_expect_eq(quiesced(2, false, 3), 11);
  cr_expect_eq(quiesced(1, false, 2), 14);
  cr_expect_eq(quiesced(1, true, 1), 67);
  cr_expect_eq(quiesced(1, true, 2), 67 + 10 + 67, "the longer settles last");
  cr_expect_eq(quiesced(1, true, 3), 3 * 67 + 10 + 20);
  cr_expect_eq(quiesced(2, true, 3), (3 * 67 + 10 + 1) / 2);
  cr_expect_eq(quiesced(3, true, 3), 67);
}

/* ---------------------------------------------------------------------- migrations beside those */

/* leaver (1 GiB) must leave e; small (1 GiB), middle (4) and large (8) stand on h and need not
 * move. So many of these migrate, with so much memory: before the last leaves, for a plan without
 * that would be one too. */
static int64_t beside(berth_goal goal, int64_t others, int64_t memory, berth_level open,
                      bool stop_overs) {
  solver_ground g = begin(8, 1);
  ground_host(&g, "e", 100 * GIB, BERTH_HOST_ENTERING_MAINTENANCE);
  ground_host(&g, "h", 100 * GIB, BERTH_HOST_ONLINE);
  ground_vm(&g, "leaver", "e", GIB);
  ground_vm(&g, "small", "h", GIB);
  ground_vm(&g, "middle", "h", 4 * GIB);
  ground_vm(&g, "large", "h", 8 * GIB);
  ground_freeze(&g, goal);
  ground_move(&g, "leaver", "h");
  int64_t value[BERTH_LEVEL_COUNT];
  memcpy(value, g.s.value, sizeof value);
  value[BERTH_LEVEL_MIGRATIONS] += others;
  value[BERTH_LEVEL_MEMORY_MOVED] += memory * GIB;
  int64_t bound = bound_with(&g, value, open, stop_overs);
  ground_end(&g);
  return bound;
}

Test(makespan_parts, migrations_that_make_room) {
  static const berth_goal goals[] = {BERTH_GOAL_EVACUATE, BERTH_GOAL_REPAIR};
  for (int i = 0; i < 2; i++) {
    cr_expect_eq(beside(goals[i], 0, 0, BERTH_LEVEL_COUNT, false), 1);
    cr_expect_eq(beside(goals[i], 1, 1, BERTH_LEVEL_COUNT, false), 1 + 1);
    cr_expect_eq(beside(goals[i], 1, 2, BERTH_LEVEL_COUNT, false), 4 + 1);
    cr_expect_eq(beside(goals[i], 1, 4, BERTH_LEVEL_COUNT, false), 4 + 1);
    cr_expect_eq(beside(goals[i], 1, 5, BERTH_LEVEL_COUNT, false), 7 + 1);
    cr_expect_eq(beside(goals[i], 2, 5, BERTH_LEVEL_COUNT, false), 4 + 1);
    cr_expect_eq(beside(goals[i], 2, 6, BERTH_LEVEL_COUNT, false), 7 + 1);
    cr_expect_eq(beside(goals[i], 3, 13, BERTH_LEVEL_COUNT, false), 7 + 1);
    cr_expect_eq(beside(goals[i], 1, 8, BERTH_LEVEL_MIGRATIONS, false), 1, "not proved necessary");
    cr_expect_eq(beside(goals[i], 1, 8, BERTH_LEVEL_UNPLACED, false), 1, "nor what comes before");
    cr_expect_eq(beside(goals[i], 1, 8, BERTH_LEVEL_MEMORY_MOVED, false), 7 + 1);
    cr_expect_eq(beside(goals[i], 1, 8, BERTH_LEVEL_COUNT, true), 1, "one may move twice");
  }
}

/* With a should rule migrations may be wishes: they need not end before the last leaves, only some
 * time. A rule that keeps VMs together likewise; a must rule that counts does not matter. */
Test(makespan_parts, wishes) {
  static const berth_rule_type types[] = {BERTH_RULE_APART, BERTH_RULE_TOGETHER, BERTH_RULE_APART};
  static const int64_t expected[] = {7, 7, 7 + 1};
  for (int variant = 0; variant < 3; variant++) {
    solver_ground g = begin(8, 1);
    ground_host(&g, "e", 100 * GIB, BERTH_HOST_ENTERING_MAINTENANCE);
    ground_host(&g, "h", 100 * GIB, BERTH_HOST_ONLINE);
    ground_host(&g, "t", 100 * GIB, BERTH_HOST_ONLINE);
    ground_vm(&g, "leaver", "e", GIB);
    ground_vm(&g, "large", "h", 8 * GIB);
    ground_vm(&g, "other", variant == 1 ? "h" : "t", 8 * GIB);
    fixture_rule(&g.f, g.cluster, "r", types[variant], variant == 0 ? BERTH_SHOULD : BERTH_MUST,
                 "large other", NULL);
    ground_freeze(&g, BERTH_GOAL_REPAIR);
    ground_move(&g, "leaver", "h");
    int64_t value[BERTH_LEVEL_COUNT];
    memcpy(value, g.s.value, sizeof value);
    value[BERTH_LEVEL_MIGRATIONS] += 1;
    value[BERTH_LEVEL_MEMORY_MOVED] += 8 * GIB;
    cr_expect_eq(bound_with(&g, value, BERTH_LEVEL_COUNT, false), expected[variant], "variant %d",
                 variant);
    ground_end(&g);
  }
}

/* ---------------------------------------------------------------------- restarts and wakes */

/* So many VMs restart on two hosts of so many lanes. */
static int64_t restarted(int count, int64_t lanes) {
  solver_ground g = begin(1, lanes);
  char id[16];
  ground_host(&g, "failed", 100 * GIB, BERTH_HOST_FAILED);
  ground_host(&g, "h", 100 * GIB, BERTH_HOST_ONLINE);
  ground_host(&g, "t", 100 * GIB, BERTH_HOST_ONLINE);
  ground_host(&g, "asleep", 100 * GIB, BERTH_HOST_STANDBY);
  for (int i = 0; i < 7; i++) {
    (void)snprintf(id, sizeof id, "v%d", i);
    ground_vm(&g, id, "failed", GIB);
  }
  ground_freeze(&g, BERTH_GOAL_FAILOVER);
  for (int i = 0; i < count; i++) {
    (void)snprintf(id, sizeof id, "v%d", i);
    ground_move(&g, id, i == 0 ? "t" : "h");
  }
  int64_t bound = bound_of(&g);
  ground_end(&g);
  return bound;
}

Test(makespan_parts, restarts_share_lanes) {
  cr_expect_eq(restarted(0, 1), 0);
  cr_expect_eq(restarted(1, 1), 30);
  cr_expect_eq(restarted(2, 1), 30);
  cr_expect_eq(restarted(3, 1), 60);
  cr_expect_eq(restarted(7, 1), 120);
  cr_expect_eq(restarted(7, 3), 60);
  cr_expect_eq(restarted(6, 3), 30);
}

/* Hosts that wake in 300, 100 and 200 s: so many of them are woken, the quickest at best; then a
 * restart, or where VMs only move away, a second at least. */
static int64_t woken(berth_goal goal, int64_t count, berth_level open, bool wish,
                     int64_t migrations) {
  static const char *const ids[] = {"s0", "s1", "s2", "never"};
  static const int64_t seconds[] = {300, 100, 200, 10};
  solver_ground g = begin(8, 8);
  ground_host(&g, "failed", 100 * GIB, BERTH_HOST_FAILED);
  ground_host(&g, "e", 100 * GIB, BERTH_HOST_ENTERING_MAINTENANCE);
  ground_host(&g, "h", 100 * GIB, BERTH_HOST_ONLINE);
  for (int i = 0; i < 4; i++) {
    berth_host_spec spec = fixture_host_spec(ids[i], 1000, 100 * GIB);
    spec.state = BERTH_HOST_STANDBY;
    spec.wake = i < 3 ? BERTH_WAKE_WOL : BERTH_WAKE_NONE;
    spec.wake_seconds = seconds[i];
    fixture_add_host(&g.f, g.cluster, spec);
  }
  ground_vm(&g, "v", goal == BERTH_GOAL_FAILOVER ? "failed" : "e", 8 * GIB);
  if (wish)
    fixture_rule(&g.f, g.cluster, "r", BERTH_RULE_RUN_ON, BERTH_SHOULD, "v", "h s0");
  ground_freeze(&g, goal);
  ground_move(&g, "v", "h");
  int64_t value[BERTH_LEVEL_COUNT];
  memcpy(value, g.s.value, sizeof value);
  value[BERTH_LEVEL_HOSTS_WOKEN] = count;
  value[BERTH_LEVEL_MIGRATIONS] += migrations;
  int64_t bound = bound_with(&g, value, open, false);
  ground_end(&g);
  return bound;
}

Test(makespan_parts, the_quickest_are_woken) {
  static const int64_t slowest[] = {0, 100, 200, 300};
  for (int64_t count = 1; count <= 3; count++) {
    cr_expect_eq(woken(BERTH_GOAL_FAILOVER, count, BERTH_LEVEL_COUNT, false, 0),
                 slowest[count] + 30);
    cr_expect_eq(woken(BERTH_GOAL_EVACUATE, count, BERTH_LEVEL_COUNT, false, 0),
                 slowest[count] + 7);
    cr_expect_eq(woken(BERTH_GOAL_FAILOVER, count, BERTH_LEVEL_HOSTS_WOKEN, false, 0),
                 slowest[count]);
  }
  /* Where wishes count a host may be woken for the last restart, or for a move that takes a second;
   * in an evacuation for such a move anyhow. */
  cr_expect_eq(woken(BERTH_GOAL_FAILOVER, 2, BERTH_LEVEL_COUNT, true, 0), 200 + 30);
  cr_expect_eq(woken(BERTH_GOAL_FAILOVER, 2, BERTH_LEVEL_COUNT, true, 1), 200 + 1);
  cr_expect_eq(woken(BERTH_GOAL_EVACUATE, 2, BERTH_LEVEL_COUNT, true, 0), 200 + 1);
  cr_expect_eq(woken(BERTH_GOAL_FAILOVER, 0, BERTH_LEVEL_COUNT, false, 0), 30);
  cr_expect_eq(woken(BERTH_GOAL_EVACUATE, 0, BERTH_LEVEL_COUNT, false, 0), 7);
}
