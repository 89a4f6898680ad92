/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rolling maintenance of tiny clusters against an exhaustive search over all placements and orders,
 * and every round against what its rounds must keep: the checker, who may be down, who stands
 * where, and failures by enumeration.
 */
#include "../inventory_fixture.h"
#include <berth/rolling.h>
#include <berth/verify.h>
#include <stdio.h>
#include <stdlib.h>

TestSuite(rolling);

enum { HOSTS_MOST = 4, VMS_MOST = 6, STATES = 4096 * 16 };

/* Hosts and VMs of one cluster, memory only. Placements are numbers to the base of the hosts. */
typedef struct tiny {
  uint32_t hosts, vms;
  int64_t room[HOSTS_MOST], size[VMS_MOST];
  uint32_t home[VMS_MOST];
  fixture f;
  const berth_inventory *inventory;
} tiny;

static uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 16;
}

static void freeze(tiny *t) {
  char id[8], home[8];
  t->f = fixture_begin();
  uint32_t c = fixture_cluster(&t->f, "c");
  for (uint32_t h = 0; h < t->hosts; h++) {
    snprintf(id, sizeof id, "h%u", (unsigned)h);
    fixture_host(&t->f, c, id, 100000, t->room[h]);
  }
  for (uint32_t v = 0; v < t->vms; v++) {
    snprintf(id, sizeof id, "v%u", (unsigned)v);
    snprintf(home, sizeof home, "h%u", (unsigned)t->home[v]);
    fixture_vm(&t->f, c, id, home, 1, t->size[v]);
  }
  t->inventory = fixture_freeze(&t->f);
}

static void thaw(tiny *t) {
  berth_inventory_release(t->inventory);
  fixture_end(&t->f);
}

/* 2 to 4 hosts with 4 to 11 MiB, 2 to 6 VMs with 1 to 5 where they fit. */
static void draw(tiny *t, uint32_t *state) {
  t->hosts = 2 + next_random(state) % 3;
  t->vms = 2 + next_random(state) % 5;
  int64_t left[HOSTS_MOST];
  for (uint32_t h = 0; h < t->hosts; h++)
    left[h] = t->room[h] = 4 + next_random(state) % 8;
  for (uint32_t v = 0; v < t->vms; v++) {
    t->size[v] = 1 + next_random(state) % 5;
    t->home[v] = next_random(state) % t->hosts;
    for (uint32_t tries = 0; tries < t->hosts && left[t->home[v]] < t->size[v]; tries++)
      t->home[v] = (t->home[v] + 1) % t->hosts;
    if (left[t->home[v]] < t->size[v]) {
      t->vms = v; /* full */
      break;
    }
    left[t->home[v]] -= t->size[v];
  }
}

/* ---------------------------------------------------------------------- exhaustive search */

static uint32_t host_in(const tiny *t, uint32_t placement, uint32_t vm) {
  while (vm-- > 0)
    placement /= t->hosts;
  return placement % t->hosts;
}

static uint32_t power(uint32_t base, uint32_t exponent) {
  uint32_t value = 1;
  while (exponent-- > 0)
    value *= base;
  return value;
}

static int64_t free_on(const tiny *t, uint32_t placement, uint32_t host) {
  int64_t left = t->room[host];
  for (uint32_t v = 0; v < t->vms; v++)
    if (host_in(t, placement, v) == host)
      left -= t->size[v];
  return left;
}

/* The fewest moves, one after the other, until every host has been empty once; UINT32_MAX if that
 * cannot be. Breadth first over placements and sets of hosts that have been. Whoever may go down
 * together needs at least as many. */
static uint32_t fewest_moves(const tiny *t) {
  static uint32_t distance[STATES], queue[STATES];
  uint32_t placements = power(t->hosts, t->vms), masks = 1u << t->hosts, head = 0, tail = 0;
  uint32_t start = 0;
  for (uint32_t v = 0; v < t->vms; v++)
    start += t->home[v] * power(t->hosts, v);
  for (uint32_t i = 0; i < placements * masks; i++)
    distance[i] = UINT32_MAX;
  uint32_t mask = 0;
  for (uint32_t h = 0; h < t->hosts; h++)
    mask |= (uint32_t)(free_on(t, start, h) == t->room[h]) << h;
  distance[start * masks + mask] = 0;
  queue[tail++] = start * masks + mask;
  while (head < tail) {
    uint32_t at = queue[head++], placement = at / masks;
    if (at % masks == masks - 1)
      return distance[at];
    for (uint32_t v = 0; v < t->vms; v++)
      for (uint32_t h = 0; h < t->hosts; h++) {
        uint32_t from = host_in(t, placement, v), been = at % masks;
        if (h == from || free_on(t, placement, h) < t->size[v])
          continue;
        uint32_t moved = placement + h * power(t->hosts, v) - from * power(t->hosts, v);
        been |= (uint32_t)(free_on(t, moved, from) == t->room[from]) << from;
        uint32_t next = moved * masks + been;
        if (distance[next] != UINT32_MAX)
          continue;
        distance[next] = distance[at] + 1;
        queue[tail++] = next;
      }
  }
  return UINT32_MAX;
}

/* ---------------------------------------------------------------------- what rounds must keep */

/* Whether the VMs of `lost` fit on the hosts that are up, all others standing still. */
static bool restarts(const tiny *t, int64_t *left, uint32_t up, uint32_t lost) {
  if (lost == 0)
    return true;
  uint32_t vm = (uint32_t)__builtin_ctz(lost);
  for (uint32_t h = 0; h < t->hosts; h++) {
    if (!(up >> h & 1) || left[h] < t->size[vm])
      continue;
    left[h] -= t->size[vm];
    bool done = restarts(t, left, up, lost & (lost - 1));
    left[h] += t->size[vm];
    if (done)
      return true;
  }
  return false;
}

static bool survives_one(const tiny *t, const uint32_t *where, uint32_t down) {
  for (uint32_t failed = 0; failed < t->hosts; failed++) {
    int64_t left[HOSTS_MOST];
    uint32_t lost = 0;
    if (down >> failed & 1)
      continue;
    memcpy(left, t->room, sizeof left);
    for (uint32_t v = 0; v < t->vms; v++) {
      if (where[v] == failed)
        lost |= 1u << v;
      else
        left[where[v]] -= t->size[v];
    }
    if (!restarts(t, left, ~down & ~(1u << failed), lost))
      return false;
  }
  return true;
}

static void check_round(const tiny *t, const berth_rolling_round *round, uint32_t at_once,
                        uint32_t failures, uint32_t *where, uint32_t *patched) {
  berth_report *report = NULL;
  const berth_inventory *now = berth_plan_inventory(round->plan);
  uint32_t down = 0, moves = 0;
  cr_expect(round->host_count >= 1 && round->host_count <= at_once);
  cr_assert_eq(berth_verify(t->f.ctx, round->plan, &report), BERTH_OK);
  cr_expect_eq(berth_report_count(report), 0, "%s",
               berth_report_count(report) > 0 ? berth_report_fault(report, 0)->text : "");
  berth_report_free(report);
  for (uint32_t i = 0; i < round->host_count; i++) {
    down |= 1u << round->hosts[i];
    berth_host_state told = berth_inventory_host_state(now, round->hosts[i]);
    cr_expect(told == BERTH_HOST_ENTERING_MAINTENANCE || told == BERTH_HOST_MAINTENANCE);
  }
  cr_expect_eq(*patched & down, 0, "a host is patched once");
  *patched |= down;
  for (uint32_t v = 0; v < t->vms; v++)
    cr_expect_eq(berth_inventory_vm_host(now, v), where[v], "rounds join");
  for (uint32_t i = 0; i < berth_plan_step_count(round->plan); i++) {
    const berth_plan_step *step = berth_plan_step_at(round->plan, i);
    if (step->type != BERTH_STEP_MIGRATE)
      continue;
    cr_expect_eq(where[step->vm], step->from);
    where[step->vm] = step->to;
    moves++;
  }
  cr_expect_eq(moves, round->moves);
  for (uint32_t v = 0; v < t->vms; v++)
    cr_expect(!(down >> where[v] & 1), "nobody is left on a host that is down");
  if (failures == 1)
    cr_expect(survives_one(t, where, down));
}

static berth_rolling *roll(const tiny *t, uint32_t at_once, uint32_t failures,
                           berth_rolling_first first) {
  berth_rolling_request request = BERTH_ROLLING_REQUEST_INIT;
  berth_options options;
  berth_rolling *rolling = NULL;
  berth_options_init(&options);
  options.value[BERTH_OPTION_KEEP_FAILURES] = failures;
  options.value[BERTH_OPTION_THREADS] = 1;
  request.options = &options;
  request.at_once = at_once;
  request.first = first;
  cr_assert_eq(berth_rolling_solve(t->f.ctx, t->inventory, &request, &rolling), BERTH_OK, "%s",
               berth_context_detail(t->f.ctx));
  return rolling;
}

static const berth_rolling_sums *check_all(const tiny *t, const berth_rolling *rolling,
                                           uint32_t at_once, uint32_t failures) {
  const berth_rolling_sums *sums = berth_rolling_get_sums(rolling);
  uint32_t where[VMS_MOST], patched = 0;
  int64_t worst = 0;
  uint64_t moves = 0;
  memcpy(where, t->home, sizeof where);
  for (uint32_t i = 0; i < berth_rolling_round_count(rolling); i++) {
    const berth_rolling_round *round = berth_rolling_round_at(rolling, i);
    check_round(t, round, at_once, failures, where, &patched);
    worst += berth_plan_get_makespan(round->plan).worst + 1800;
    moves += round->moves;
  }
  for (uint32_t i = 0; i < berth_rolling_left_count(rolling); i++)
    cr_expect(!(patched >> berth_rolling_left_at(rolling, i)->host & 1));
  cr_expect_eq((uint32_t)__builtin_popcount(patched) + berth_rolling_left_count(rolling), t->hosts);
  cr_expect_eq(sums->moves, moves);
  cr_expect_eq(sums->seconds.worst, worst);
  cr_expect(sums->moves_bound <= sums->moves && sums->rounds_bound <= sums->rounds &&
            sums->seconds_bound <= sums->seconds.worst);
  return sums;
}

Test(rolling, against_all_orders_and_placements) {
  uint32_t state = 11, all = 0, possible = 0, least = 0, proved = 0;
  for (int round = 0; round < 150; round++) {
    tiny t;
    draw(&t, &state);
    freeze(&t);
    uint32_t fewest = fewest_moves(&t), at_once = 1 + next_random(&state) % 3;
    berth_rolling *rolling = roll(&t, at_once, 0, BERTH_ROLLING_MOVES);
    const berth_rolling_sums *sums = check_all(&t, rolling, at_once, 0);
    bool done = berth_rolling_left_count(rolling) == 0;
    possible += fewest != UINT32_MAX;
    if (done) {
      cr_assert_neq(fewest, UINT32_MAX, "done what cannot be done");
      cr_expect_geq(sums->moves, fewest);
      cr_expect_leq(sums->moves_bound, fewest, "round %d: a bound of %u, %u are enough", round,
                    (unsigned)sums->moves_bound, fewest);
      all++;
      least += sums->moves == fewest;
      proved += sums->moves == sums->moves_bound;
    }
    berth_rolling_free(rolling);
    thaw(&t);
  }
  printf("%u of %u clusters patched, %u with the fewest moves, %u of them proved\n", all, possible,
         least, proved);
  cr_expect_geq(all * 10, possible * 9, "%u of %u", all, possible);
  cr_expect_geq(least * 10, all * 8, "%u of %u", least, all);
  cr_expect_gt(proved, 20);
}

Test(rolling, rounds_first_and_failures) {
  uint32_t state = 5, kept = 0, given_up = 0;
  for (int round = 0; round < 80; round++) {
    tiny t;
    draw(&t, &state);
    freeze(&t);
    uint32_t at_once = 1 + next_random(&state) % 3;
    berth_rolling *rounds = roll(&t, at_once, 0, BERTH_ROLLING_ROUNDS);
    check_all(&t, rounds, at_once, 0);
    berth_rolling *safe = roll(&t, at_once, 1, BERTH_ROLLING_ROUNDS);
    check_all(&t, safe, at_once, 1);
    kept += berth_rolling_round_count(safe) > 0;
    given_up += berth_rolling_left_count(safe) > berth_rolling_left_count(rounds);
    berth_rolling_free(rounds);
    berth_rolling_free(safe);
    thaw(&t);
  }
  cr_expect_gt(kept, 5);
  cr_expect_gt(given_up, 5);
}

/* Three hosts of 10 with 4, 6 and 6 on them: 4 goes to one of the others (again later), then each
 * host's guests go to the empty one: 4 VMs of one each, the first one's twice. */
Test(rolling, by_hand) {
  tiny t = {
      .hosts = 3, .vms = 5, .room = {10, 10, 10}, .size = {4, 3, 3, 3, 3}, .home = {0, 1, 1, 2, 2}};
  freeze(&t);
  cr_expect_eq(fewest_moves(&t), 6);
  berth_rolling *rolling = roll(&t, 2, 0, BERTH_ROLLING_MOVES);
  const berth_rolling_sums *sums = check_all(&t, rolling, 2, 0);
  cr_expect_eq(sums->moves, 6);
  cr_expect_eq(sums->moves_bound, 6);
  cr_expect_eq(sums->rounds, 3);
  cr_expect_eq(sums->rounds_bound, 3, "16 of memory need two hosts of 10");
  cr_expect_eq(berth_rolling_left_count(rolling), 0);
  berth_rolling_free(rolling);
  thaw(&t);
}

/* Cluster a is too full for anything; cluster b is patched all the same. */
Test(rolling, clusters_do_not_wait_for_each_other) {
  for (uint32_t failures = 0; failures < 2; failures++) {
    tiny t = {.vms = 0};
    t.f = fixture_begin();
    uint32_t a = fixture_cluster(&t.f, "a"), b = fixture_cluster(&t.f, "b");
    fixture_host(&t.f, a, "a0", 1000, 10);
    fixture_host(&t.f, a, "a1", 1000, 10);
    fixture_vm(&t.f, a, "big", "a0", 1, 9);
    fixture_vm(&t.f, a, "large", "a1", 1, 9);
    fixture_host(&t.f, b, "b0", 1000, 10);
    fixture_host(&t.f, b, "b1", 1000, 10);
    fixture_host(&t.f, b, "b2", 1000, 10);
    fixture_vm(&t.f, b, "small", "b0", 1, 4);
    t.inventory = fixture_freeze(&t.f);
    berth_rolling *rolling = roll(&t, 1, failures, BERTH_ROLLING_MOVES);
    cr_expect_eq(berth_rolling_get_sums(rolling)->rounds, 3);
    cr_expect_eq(berth_rolling_left_count(rolling), 2);
    for (uint32_t i = 0; i < berth_rolling_left_count(rolling); i++)
      cr_expect_eq(berth_rolling_left_at(rolling, i)->host, i, "hosts of cluster a");
    berth_rolling_free(rolling);
    thaw(&t);
  }
}

/* Nothing runs, so nothing is lost whoever fails: all hosts may be down at once. */
Test(rolling, an_empty_cluster_survives_anything) {
  tiny t = {.hosts = 2, .vms = 0, .room = {10, 10}};
  freeze(&t);
  berth_rolling *rolling = roll(&t, 2, 1, BERTH_ROLLING_MOVES);
  cr_expect_eq(berth_rolling_get_sums(rolling)->rounds, 1);
  cr_expect_eq(berth_rolling_get_sums(rolling)->rounds_bound, 1);
  berth_rolling_free(rolling);
  thaw(&t);
}

/* Hosts that nothing holds up, but more rounds than a millisecond is enough for. */
Test(rolling, ends_in_time) {
  tiny t = {.hosts = 0};
  berth_rolling_request request = BERTH_ROLLING_REQUEST_INIT;
  berth_options options;
  berth_rolling *rolling = NULL;
  t.f = fixture_begin();
  uint32_t c = fixture_cluster(&t.f, "c");
  for (uint32_t h = 0; h < 60; h++) {
    char host[8], vm[8];
    snprintf(host, sizeof host, "h%u", (unsigned)h);
    snprintf(vm, sizeof vm, "v%u", (unsigned)h);
    fixture_host(&t.f, c, host, 1000, 10);
    fixture_vm(&t.f, c, vm, host, 1, 4);
  }
  t.inventory = fixture_freeze(&t.f);
  berth_options_init(&options);
  options.value[BERTH_OPTION_TIME_LIMIT] = 1;
  request.options = &options;
  cr_assert_eq(berth_rolling_solve(t.f.ctx, t.inventory, &request, &rolling), BERTH_OK);
  cr_expect_lt(berth_rolling_round_count(rolling), 60, "not after a millisecond");
  cr_expect_gt(berth_rolling_left_count(rolling), 0);
  berth_rolling_free(rolling);
  thaw(&t);
}

Test(rolling, refuses_nothing_at_a_time) {
  tiny t = {.hosts = 2, .vms = 1, .room = {4, 4}, .size = {1}, .home = {0}};
  berth_rolling_request request = BERTH_ROLLING_REQUEST_INIT;
  berth_rolling *rolling = NULL;
  freeze(&t);
  request.at_once = 0;
  cr_expect_eq(berth_rolling_solve(t.f.ctx, t.inventory, &request, &rolling), BERTH_E_ARGUMENT);
  cr_expect_null(rolling);
  thaw(&t);
}
