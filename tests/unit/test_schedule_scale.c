/* SPDX-License-Identifier: Apache-2.0 */
/* What a schedule takes grows with its steps, not with rules times hosts or pairs of VMs. */
#include "../inventory_fixture.h"
#include <berth/solve.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

/* Bytes taken and not given back, and the most that were. */
typedef struct tally {
  size_t now, peak;
} tally;

/* The size goes before each piece, which keeps its alignment. */
enum { HEADER = 32 };

static void *count_allocate(void *user, size_t bytes) {
  tally *t = user;
  unsigned char *piece = malloc(bytes + HEADER);
  if (piece == NULL)
    return NULL;
  memcpy(piece, &bytes, sizeof bytes);
  t->now += bytes;
  t->peak = t->now > t->peak ? t->now : t->peak;
  return piece + HEADER;
}

static void count_release(void *user, void *memory) {
  tally *t = user;
  size_t bytes;
  if (memory == NULL)
    return;
  memcpy(&bytes, (unsigned char *)memory - HEADER, sizeof bytes);
  t->now -= bytes;
  free((unsigned char *)memory - HEADER);
}

static void *count_reallocate(void *user, void *memory, size_t bytes) {
  size_t old = 0;
  void *grown = count_allocate(user, bytes);
  if (grown == NULL || memory == NULL)
    return grown;
  memcpy(&old, (unsigned char *)memory - HEADER, sizeof old);
  memcpy(grown, memory, old < bytes ? old : bytes);
  count_release(user, memory);
  return grown;
}

static fixture begin_counted(tally *t) {
  berth_allocator counting = {count_allocate, count_reallocate, count_release, t};
  fixture f = {NULL, NULL};
  cr_assert_eq(berth_context_new(&counting, &f.ctx), BERTH_OK);
  cr_assert_eq(berth_builder_new(f.ctx, &f.builder), BERTH_OK);
  return f;
}

static uint64_t pairs_in_order(const berth_plan *plan) {
  uint64_t pairs = 0;
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++)
    pairs += berth_plan_step_at(plan, i)->after_count;
  return pairs;
}

static void add_failed_host(fixture *f, uint32_t cluster) {
  berth_host_spec failed = fixture_host_spec("failed", 100000, 100000);
  failed.state = BERTH_HOST_FAILED;
  fixture_add_host(f, cluster, failed);
}

/* 10,000 restarts, each after the next VM's: a call for each would need a stack of a mebibyte. */
Test(schedule_scale, long_chain_of_restarts) {
  enum { CHAIN = 10000, STACK = 512 * 1024 };
  fixture f = fixture_begin();
  uint32_t cluster = fixture_cluster(&f, "c");
  char id[16], before[16], rule[16];
  add_failed_host(&f, cluster);
  fixture_host(&f, cluster, "h", 100000, 100000);
  for (int v = 0; v < CHAIN; v++) {
    (void)snprintf(id, sizeof id, "v%d", v);
    (void)snprintf(before, sizeof before, "v%d", v + 1);
    (void)snprintf(rule, sizeof rule, "r%d", v);
    fixture_vm(&f, cluster, id, "failed", 1, 1);
    berth_rule_spec spec = fixture_rule_spec(rule, BERTH_RULE_RESTART_AFTER, BERTH_MUST, id, NULL);
    spec.after = before;
    if (v + 1 < CHAIN)
      fixture_add_rule(&f, cluster, spec);
  }
  const berth_inventory *inventory = fixture_freeze(&f);
  struct rlimit stack;
  cr_assert_eq(getrlimit(RLIMIT_STACK, &stack), 0);
  stack.rlim_cur = STACK;
  cr_assert_eq(setrlimit(RLIMIT_STACK, &stack), 0);
  /* the plan is checked, too: every pair of every rule is asked for there */
  berth_plan *plan = fixture_solve(&f, inventory);
  cr_assert_eq(berth_plan_step_count(plan), CHAIN);
  cr_assert_eq(berth_plan_get_makespan(plan).worst, 30 * CHAIN);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

static berth_plan *solve_groups(fixture *f, int64_t restarts_per_host, int count,
                                const berth_inventory **inventory) {
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  uint32_t cluster = BERTH_NONE;
  char early[4096] = "", late[4096] = "", id[16];
  spec.id = "c";
  spec.restarts_per_host = restarts_per_host;
  cr_assert_eq(berth_builder_add_cluster(f->builder, &spec, &cluster), BERTH_OK);
  add_failed_host(f, cluster);
  fixture_host(f, cluster, "h1", 100000, count);
  fixture_host(f, cluster, "h2", 100000, count);
  for (int v = 0; v < count; v++) {
    (void)snprintf(id, sizeof id, "a%d", v);
    fixture_vm(f, cluster, id, "failed", 1, 1);
    strcat(strcat(early, id), " ");
    (void)snprintf(id, sizeof id, "b%d", v);
    fixture_vm(f, cluster, id, "failed", 1, 1);
    strcat(strcat(late, id), " ");
  }
  fixture_vm_group(f, cluster, "early", early);
  fixture_vm_group(f, cluster, "late", late);
  berth_rule_spec rule = fixture_rule_spec("r", BERTH_RULE_RESTART_AFTER, BERTH_MUST, "late", NULL);
  rule.after = "early";
  fixture_add_rule(f, cluster, rule);
  *inventory = fixture_freeze(f);
  return fixture_solve(f, *inventory);
}

/* One restart at a time on each of two hosts: two queues. Each restart waits for the one before it
 * in its queue; besides, the first late one of each waits for the last early one of both. */
Test(schedule_scale, groups_wait_at_the_ends_of_queues) {
  enum { COUNT = 400 };
  fixture f = fixture_begin();
  const berth_inventory *inventory = NULL;
  berth_plan *plan = solve_groups(&f, 1, COUNT, &inventory);
  cr_assert_eq(berth_plan_step_count(plan), 2 * COUNT);
  cr_assert_leq(pairs_in_order(plan), 2 * COUNT - 2 + 4);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* No queue, nothing that stands for the pairs: each late one waits for each early one, and all that
 * is early runs at once, then all that is late. */
Test(schedule_scale, groups_without_queues_keep_their_pairs) {
  enum { COUNT = 40 };
  fixture f = fixture_begin();
  const berth_inventory *inventory = NULL;
  berth_plan *plan = solve_groups(&f, 1000, COUNT, &inventory);
  cr_assert_eq(pairs_in_order(plan), COUNT * COUNT);
  cr_assert_eq(berth_plan_get_makespan(plan).worst, 60);
  cr_assert_eq(berth_plan_get_makespan(plan).best, 60);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* 5,000 pairs apart on 1,000 hosts, of which 25 with ten VMs each are emptied: 250 rules are
 * touched in two domains each. Tracks of all their 250,000 domains, of some 50 bytes, would take 12
 * MiB.
 */
Test(schedule_scale, rules_take_memory_where_they_are_touched) {
  enum { HOSTS = 1000, PAIRS = 5000 };
  tally t = {0, 0};
  fixture f = begin_counted(&t);
  uint32_t cluster = fixture_cluster(&f, "c");
  char id[16], other[16], host[16], pair[40], rule[16];
  for (int h = 0; h < HOSTS; h++) {
    (void)snprintf(host, sizeof host, "h%d", h);
    berth_host_spec spec = fixture_host_spec(host, 1000, 40);
    spec.state = h % 40 == 0 ? BERTH_HOST_ENTERING_MAINTENANCE : BERTH_HOST_ONLINE;
    fixture_add_host(&f, cluster, spec);
  }
  for (int v = 0; v < PAIRS; v++) {
    (void)snprintf(id, sizeof id, "v%d", v);
    (void)snprintf(other, sizeof other, "w%d", v);
    (void)snprintf(pair, sizeof pair, "v%d w%d", v, v);
    (void)snprintf(rule, sizeof rule, "r%d", v);
    (void)snprintf(host, sizeof host, "h%d", v % HOSTS);
    fixture_vm(&f, cluster, id, host, 1, 1);
    (void)snprintf(host, sizeof host, "h%d", (7 * v + 1) % HOSTS);
    fixture_vm(&f, cluster, other, host, 1, 1);
    fixture_rule(&f, cluster, rule, BERTH_RULE_APART, BERTH_MUST, pair, NULL);
  }
  const berth_inventory *inventory = fixture_freeze(&f);
  size_t before = t.now;
  berth_plan *plan = fixture_solve(&f, inventory);
  cr_assert_eq(berth_plan_status(plan), BERTH_OUTCOME_OPTIMAL);
  cr_assert_lt(t.peak - before, 12 << 20, "%zu KiB", (t.peak - before) >> 10);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  fixture_end(&f);
}
