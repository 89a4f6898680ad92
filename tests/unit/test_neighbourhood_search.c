/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rounds in waves: the same placement however busy the machine is, no matter who is through first;
 * what is taken over from several hands together holds; an end within the time of a cancel; no
 * memory at any moment.
 */
#include "../short_memory.h"
#include "neighbourhood_search.h"
#include "problem_fixture.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

TestSuite(neighbourhood_search, .timeout = 120);

enum { BUSY_THREADS = 4 };

/* What a search may claim nothing of: every level could be zero. */
static ladder_bounds no_bounds(void) {
  ladder_bounds bounds = {0};
  for (uint32_t i = 0; i < BERTH_LEVEL_COUNT; i++)
    bounds.proof[i] = "zero";
  return bounds;
}

/* Hosts that hold VMs of many sizes; the first two have failed, so that theirs wait. With
 * @p percent used of the others, more or less. */
static const berth_inventory *crowded(fixture *f, int hosts, int vms_a_host, int percent) {
  uint64_t state = 7;
  uint32_t cluster = fixture_cluster(f, "c");
  int64_t mean = 100000 / vms_a_host * percent / 100;
  char id[32], host[32];
  for (int h = 0; h < hosts; h++) {
    (void)snprintf(host, sizeof host, "h%d", h);
    berth_host_spec spec = fixture_host_spec(host, 100000, 100000);
    spec.state = h < 2 ? BERTH_HOST_FAILED : BERTH_HOST_ONLINE;
    fixture_add_host(f, cluster, spec);
    for (int v = 0; v < vms_a_host; v++) {
      state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
      int64_t memory = mean - mean / 4 + (int64_t)((state >> 33) % (uint64_t)(mean / 2));
      int64_t cpu = mean - mean / 2 + (int64_t)((state >> 40) % (uint64_t)mean);
      (void)snprintf(id, sizeof id, "v%d-%d", h, v);
      fixture_vm(f, cluster, id, host, cpu, memory);
    }
  }
  return fixture_freeze(f);
}

/* A search of its own on an inventory, from the state the cluster is in. */
typedef struct run {
  fixture fixture;
  const berth_inventory *inventory;
  arena memory;
  problem problem;
  placement state;
  berth_context *ctx; /* of the search */
  search_clock clock;
  workers *workers;
  uint64_t programs;
} run;

static void look(void *clock) {
  (void)search_clock_over(clock);
}

static run *begin(const berth_allocator *allocator, int hosts, int vms_a_host, int percent) {
  run *r = calloc(1, sizeof *r);
  cr_assert_not_null(r);
  r->fixture = fixture_begin();
  r->inventory = crowded(&r->fixture, hosts, vms_a_host, percent);
  arena_init(&r->memory, context_allocator(r->fixture.ctx));
  problem_fixture_build(&r->problem, &r->memory, r->inventory, BERTH_GOAL_FAILOVER);
  cr_assert(placement_init(&r->state, &r->problem, &r->memory));
  cr_assert_eq(berth_context_new(allocator, &r->ctx), BERTH_OK);
  return r;
}

static bool search(run *r, uint32_t threads, uint64_t seed) {
  ladder_bounds bounds = no_bounds();
  search_clock_start(&r->clock, r->ctx, 100000);
  r->workers = workers_open(threads, &r->memory, look, &r->clock);
  cr_assert_not_null(r->workers);
  r->clock.worker = workers_caller(r->workers);
  bool ok = neighbourhood_search(&r->state, &bounds, &r->clock, seed, &r->programs);
  workers_close(r->workers);
  return ok;
}

static void end(run *r) {
  berth_context_free(r->ctx);
  arena_free(&r->memory);
  berth_inventory_release(r->inventory);
  fixture_end(&r->fixture);
  free(r);
}

/* Everything a placement keeps up to date is what comes of putting each item where it stands. */
static void expect_consistent(const run *r) {
  const problem *p = &r->problem;
  placement again;
  arena memory;
  arena_init(&memory, context_allocator(r->fixture.ctx));
  cr_assert(placement_init(&again, p, &memory));
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (again.host[item] != r->state.host[item])
      placement_move(&again, item, r->state.host[item]);
  }
  for (uint32_t i = 0; i < BERTH_LEVEL_COUNT; i++)
    cr_assert_eq(again.value[i], r->state.value[i]);
  for (size_t cell = 0; cell < (size_t)p->host_count * p->resource_count; cell++) {
    cr_assert_eq(again.use[cell], r->state.use[cell]);
    cr_assert_leq(again.use[cell], p->limit[cell]);
  }
  cr_assert(placement_rules_allowed(&r->state));
  arena_free(&memory);
}

/* ---------------------------------------------------------------------- equal bytes */

static void *keep_busy(void *stop) {
  while (!atomic_load((atomic_bool *)stop)) {
  }
  return NULL;
}

typedef struct load {
  atomic_bool stop;
  pthread_t threads[BUSY_THREADS];
} load;

static void begin_load(load *l) {
  atomic_store(&l->stop, false);
  for (int i = 0; i < BUSY_THREADS; i++)
    cr_assert_eq(pthread_create(&l->threads[i], NULL, keep_busy, &l->stop), 0);
}

static void end_load(load *l) {
  atomic_store(&l->stop, true);
  for (int i = 0; i < BUSY_THREADS; i++)
    (void)pthread_join(l->threads[i], NULL);
}

static void expect_same(run *calm, run *loaded) {
  cr_assert(calm->programs > 0);
  cr_assert_eq(calm->programs, loaded->programs);
  cr_assert_eq(memcmp(calm->state.host, loaded->state.host,
                      calm->problem.item_count * sizeof *calm->state.host),
               0);
  expect_consistent(calm);
  end(calm);
  end(loaded);
}

static void expect_same_under_load(uint32_t threads) {
  load l;
  run *calm = begin(NULL, 18, 5, 72), *loaded = begin(NULL, 18, 5, 72);
  cr_assert(search(calm, threads, 3));
  begin_load(&l);
  bool ok = search(loaded, threads, 3);
  end_load(&l);
  cr_assert(ok);
  expect_same(calm, loaded);
}

Test(neighbourhood_search, one_thread_under_load) {
  expect_same_under_load(1);
}

Test(neighbourhood_search, two_threads_under_load) {
  expect_same_under_load(2);
}

Test(neighbourhood_search, many_threads_under_load) {
  expect_same_under_load(5);
}

/* Half the room is free: everything that waits fits without a single migration, so all levels can
 * be zero, and hands that are apart get there together. */
Test(neighbourhood_search, all_that_waits_is_placed) {
  for (uint32_t threads = 1; threads <= 3; threads++) {
    run *r = begin(NULL, 40, 6, 50);
    cr_assert_eq(r->state.value[BERTH_LEVEL_UNPLACED], 12);
    cr_assert(search(r, threads, 1));
    for (uint32_t i = 0; i < r->problem.ladder_length; i++)
      cr_assert_eq(r->state.value[r->problem.ladder[i]], 0, "%u threads, level %u", threads, i);
    expect_consistent(r);
    end(r);
  }
}

/* ---------------------------------------------------------------------- cancel */

typedef struct wish {
  double at; /* from then on the answer is no */
} wish;

static bool go_on(void *user, const berth_progress *progress) {
  (void)progress;
  return search_clock_now() < ((const wish *)user)->at;
}

/* Where other programs take the processors, an end may be seconds late; in most rounds it is not.
 */
Test(neighbourhood_search, cancel) {
  double worst = 0;
  int prompt = 0;
  for (int round = 0; round < 6; round++) {
    run *r = begin(NULL, 30, 16, 97);
    wish w = {.at = search_clock_now() + 0.1 + 0.11 * round};
    berth_context_set_progress(r->ctx, go_on, &w);
    cr_assert(search(r, 2, 1));
    double late = search_clock_now() - w.at;
    cr_assert_geq(late, 0.0, "through before it was cancelled");
    cr_assert_lt(late, 10.0);
    prompt += late < 0.5;
    worst = late > worst ? late : worst;
    expect_consistent(r);
    end(r);
  }
  cr_assert_geq(prompt, 2);
  (void)printf("cancelled within %.0f ms\n", 1e3 * worst);
}

/* ---------------------------------------------------------------------- memory */

/* The moments: all of the first ones, then ever fewer, until the search has enough. */
Test(neighbourhood_search, out_of_memory) {
  bool enough = false, failed = false;
  for (long left = 0; !enough; left += 1 + left / 8) {
    short_memory memory = {.left = 1000000};
    berth_allocator allocator = short_memory_allocator(&memory);
    run *r = begin(&allocator, 16, 4, 50);
    int64_t before[BERTH_LEVEL_COUNT];
    memcpy(before, r->state.value, sizeof before);
    long alive = memory.alive;
    memory.left = left;
    enough = search(r, 2, 1);
    failed |= !enough;
    cr_assert_eq(memory.alive, alive, "%ld allocations", left);
    cr_assert_leq(placement_compare(&r->problem, r->state.value, before), 0);
    expect_consistent(r);
    end(r);
    cr_assert_eq(memory.alive, 0);
  }
  cr_assert(failed);
}
