/* SPDX-License-Identifier: Apache-2.0 */
/* Which hosts stay on after a consolidation, and what they survive (docs/model.md, section 8). */
#include "consolidation.h"
#include "problem_fixture.h"
#include "serving.h"
#include "survival.h"
#include <berth/solve.h>
#include <stdio.h>

TestSuite(serving);

typedef struct cluster_case {
  fixture f;
  uint32_t cluster;
  const berth_inventory *inventory;
  arena memory;
  problem p;
  placement end;
  search_clock clock;
} cluster_case;

static cluster_case begin(bool ha) {
  cluster_case c = {.f = fixture_begin()};
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  spec.id = "c";
  spec.ha_enabled = ha;
  cr_assert_eq(berth_builder_add_cluster(c.f.builder, &spec, &c.cluster), BERTH_OK);
  return c;
}

/* @p watts of a host that may be powered down and woken. */
static void add_host(cluster_case *c, const char *id, int64_t memory, int64_t watts,
                     berth_host_state state) {
  berth_host_spec spec = fixture_host_spec(id, 1000, memory);
  spec.wake = BERTH_WAKE_WOL;
  spec.power_watts = watts;
  spec.state = state;
  fixture_add_host(&c->f, c->cluster, spec);
}

static void add_vm(cluster_case *c, const char *id, const char *host, int64_t memory) {
  fixture_vm(&c->f, c->cluster, id, host, 1, memory);
}

/* The problem of the whole cluster, and its initial state in `end`. */
static void build(cluster_case *c, uint32_t failures, berth_weigh weigh) {
  c->inventory = fixture_freeze(&c->f);
  problem_aim aim = {.goal = BERTH_GOAL_CONSOLIDATE, .settings = BERTH_PLAN_SETTINGS_INIT};
  aim.settings.keep_failures = failures;
  aim.settings.weigh = weigh;
  arena_init(&c->memory, context_allocator(c->f.ctx));
  problem_fixture_build_aim(&c->p, &c->memory, c->inventory, &aim);
  search_clock_start(&c->clock, c->f.ctx, 60000);
  cr_assert(placement_init(&c->end, &c->p, &c->memory));
}

static void end(cluster_case *c) {
  arena_free(&c->memory);
  berth_inventory_release(c->inventory);
  fixture_end(&c->f);
}

static serving choose(cluster_case *c) {
  serving on;
  serving_choice *choice = serving_choice_new(&c->p, &c->memory);
  cr_assert_not_null(choice);
  serving_choose(choice, &c->end, NULL, INT64_MAX, &c->clock, &on);
  cr_expect(on.exact);
  return on;
}

static survival_verdict test_all_on(cluster_case *c) {
  uint8_t serves[8];
  survival *s = survival_new(&c->p, &c->memory);
  cr_assert_not_null(s);
  memset(serves, 1, sizeof serves);
  return survival_test(s, &c->end, serves, &c->clock);
}

/* ---------------------------------------------------------------------- which hosts */

/* One host without failures to keep, two with HA; but no more than were online. */
Test(serving, least_number) {
  for (int variant = 0; variant < 3; variant++) {
    cluster_case c = begin(variant > 0);
    add_host(&c, "a", 10, 1, BERTH_HOST_ONLINE);
    add_host(&c, "b", 10, 1, variant == 2 ? BERTH_HOST_STANDBY : BERTH_HOST_ONLINE);
    add_host(&c, "d", 10, 1, variant == 2 ? BERTH_HOST_STANDBY : BERTH_HOST_ONLINE);
    build(&c, 0, BERTH_WEIGH_HOSTS);
    serving on = choose(&c);
    cr_expect_eq(on.hosts_on, variant == 1 ? 2 : 1, "variant %d", variant);
    cr_expect(on.survives);
    end(&c);
  }
}

/* Nothing has to be restarted, so one host would survive any failure: two serve all the same. */
Test(serving, least_number_whatever_survives) {
  cluster_case c = begin(true);
  add_host(&c, "h0", 10, 1, BERTH_HOST_ONLINE);
  add_host(&c, "h1", 10, 1, BERTH_HOST_ONLINE);
  add_host(&c, "h2", 10, 1, BERTH_HOST_ONLINE);
  build(&c, 1, BERTH_WEIGH_HOSTS);
  serving on = choose(&c);
  cr_expect(on.survives);
  cr_expect_eq(on.hosts_on, 2);
  end(&c);
}

/* The lightest, though others come first; with nothing on it, a host that may not be powered down
 * is on as well: 100 + 30, not 30. */
Test(serving, lightest_by_power) {
  cluster_case c = begin(true);
  add_host(&c, "a", 10, 80, BERTH_HOST_ONLINE);
  berth_host_spec stays = fixture_host_spec("b", 1000, 10);
  stays.power_watts = 100;
  fixture_add_host(&c.f, c.cluster, stays);
  add_host(&c, "d", 10, 30, BERTH_HOST_ONLINE);
  build(&c, 0, BERTH_WEIGH_POWER);
  serving on = choose(&c);
  cr_expect_eq(on.hosts_on, 130);
  cr_expect(!on.serves[0] && on.serves[1] && on.serves[2]);
  end(&c);
}

/* a and b hold 6 of 10 each; the VM of the one that fails needs 6, the other has 4: the spare is
 * the host of 7, not that of 5. */
Test(serving, a_spare_that_is_large_enough) {
  cluster_case c = begin(false);
  add_host(&c, "a", 10, 1, BERTH_HOST_ONLINE);
  add_host(&c, "b", 10, 1, BERTH_HOST_ONLINE);
  add_host(&c, "small", 5, 1, BERTH_HOST_ONLINE);
  add_host(&c, "large", 7, 1, BERTH_HOST_ONLINE);
  add_vm(&c, "v", "a", 6);
  add_vm(&c, "w", "b", 6);
  build(&c, 1, BERTH_WEIGH_HOSTS);
  serving on = choose(&c);
  cr_expect(on.survives);
  cr_expect_eq(on.hosts_on, 3);
  cr_expect(!on.serves[2] && on.serves[3]);
  end(&c);
}

/* Two VMs of 4 on one host. Two spares of 4 (100 W each) or one of 8: at 250 W the two, at 150 the
 * one. */
Test(serving, two_light_spares_or_one) {
  for (int variant = 0; variant < 2; variant++) {
    cluster_case c = begin(false);
    add_host(&c, "a", 8, 1000, BERTH_HOST_ONLINE);
    add_host(&c, "s", 4, 100, BERTH_HOST_ONLINE);
    add_host(&c, "t", 4, 100, BERTH_HOST_ONLINE);
    add_host(&c, "u", 8, variant == 0 ? 250 : 150, BERTH_HOST_ONLINE);
    add_vm(&c, "v", "a", 4);
    add_vm(&c, "w", "a", 4);
    build(&c, 1, BERTH_WEIGH_POWER);
    serving on = choose(&c);
    cr_expect(on.survives);
    cr_expect_eq(on.hosts_on, variant == 0 ? 1200 : 1150, "variant %d", variant);
    end(&c);
  }
}

/* Of two failures both hosts may be hit: nothing survives, and then no host stays on for it. */
Test(serving, what_no_host_can_save) {
  cluster_case c = begin(false);
  add_host(&c, "a", 10, 1, BERTH_HOST_ONLINE);
  add_host(&c, "b", 10, 1, BERTH_HOST_ONLINE);
  add_vm(&c, "v", "a", 6);
  build(&c, 2, BERTH_WEIGH_HOSTS);
  serving on = choose(&c);
  cr_expect_not(on.survives);
  cr_expect_eq(on.hosts_on, 1);
  end(&c);
}

/* With more candidates than are tried in every combination: twelve empty hosts, two failures to
 * keep, one host with VMs: two spares. The first three candidates are too small to help. */
Test(serving, many_candidates) {
  static const char *const ids[] = {"b", "d", "e", "g", "h", "i", "j", "k", "l", "m", "n", "o"};
  cluster_case c = begin(false);
  add_host(&c, "a", 10, 90, BERTH_HOST_ONLINE);
  for (uint32_t i = 0; i < 12; i++)
    add_host(&c, ids[i], i < 3 ? 1 : 10, i < 3 ? 5 : 7, BERTH_HOST_ONLINE);
  add_vm(&c, "v", "a", 6);
  build(&c, 2, BERTH_WEIGH_POWER);
  serving on;
  serving_choice *choice = serving_choice_new(&c.p, &c.memory);
  cr_assert_not_null(choice);
  serving_choose(choice, &c.end, NULL, INT64_MAX, &c.clock, &on);
  cr_expect(on.survives);
  cr_expect_eq(on.hosts_on, 90 + 7 + 7);
  end(&c);
}

/* ---------------------------------------------------------------------- survival */

/* First fit by falling size puts 3 and 3 into the room of 7, where 3, 2 and 2 have to go: 3, 3, 3,
 * 2, 2 fit 7 and 6 only so. */
Test(serving, survival_needs_a_search) {
  for (int64_t room = 6; room >= 5; room--) {
    cluster_case c = begin(false);
    add_host(&c, "a", 13, 1, BERTH_HOST_ONLINE);
    add_host(&c, "b", 7, 1, BERTH_HOST_ONLINE);
    add_host(&c, "d", room, 1, BERTH_HOST_ONLINE);
    add_vm(&c, "v", "a", 3);
    add_vm(&c, "w", "a", 3);
    add_vm(&c, "x", "a", 2);
    add_vm(&c, "y", "a", 2);
    add_vm(&c, "z", "a", 3);
    build(&c, 1, BERTH_WEIGH_HOSTS);
    cr_expect_eq(test_all_on(&c), room == 6 ? SURVIVAL_PROVED : SURVIVAL_LOST);
    end(&c);
  }
}

/* The room is there, in the wrong places: 4 and 4 into 5 and 3. */
Test(serving, survival_lost_to_fragments) {
  cluster_case c = begin(false);
  add_host(&c, "a", 8, 1, BERTH_HOST_ONLINE);
  add_host(&c, "b", 5, 1, BERTH_HOST_ONLINE);
  add_host(&c, "d", 3, 1, BERTH_HOST_ONLINE);
  add_vm(&c, "v", "a", 4);
  add_vm(&c, "w", "a", 4);
  build(&c, 1, BERTH_WEIGH_HOSTS);
  cr_expect_eq(test_all_on(&c), SURVIVAL_LOST);
  end(&c);
}

/* Two that are kept apart: with two hosts neither can be restarted, with a third each can. One more
 * failure, and one of them has nowhere to go. */
Test(serving, survival_keeps_vms_apart) {
  for (uint32_t hosts = 2; hosts <= 4; hosts++) {
    static const char *const ids[] = {"a", "b", "d", "e"};
    cluster_case c = begin(false);
    for (uint32_t h = 0; h < hosts; h++)
      add_host(&c, ids[h], 10, 1, BERTH_HOST_ONLINE);
    add_vm(&c, "v", "a", 1);
    add_vm(&c, "w", "b", 1);
    fixture_rule(&c.f, c.cluster, "r", BERTH_RULE_APART, BERTH_MUST, "v w", NULL);
    build(&c, hosts == 2 ? 1 : 2, BERTH_WEIGH_HOSTS);
    cr_expect_eq(test_all_on(&c), hosts == 4 ? SURVIVAL_PROVED : SURVIVAL_LOST, "%u hosts",
                 (unsigned)hosts);
    end(&c);
  }
}

/* Who is not to be restarted is not missed; a VM bound to its host by a must rule is. */
Test(serving, survival_of_those_that_count) {
  for (int variant = 0; variant < 3; variant++) {
    cluster_case c = begin(false);
    add_host(&c, "a", 10, 1, BERTH_HOST_ONLINE);
    add_host(&c, "b", variant == 2 ? 10 : 3, 1, BERTH_HOST_ONLINE);
    berth_vm_spec vm = fixture_vm_spec("v", "a", 1, 5);
    vm.priority = variant == 0 ? BERTH_PRIORITY_DISABLED : BERTH_PRIORITY_LOW;
    fixture_add_vm(&c.f, c.cluster, vm);
    if (variant == 2)
      fixture_rule(&c.f, c.cluster, "r", BERTH_RULE_RUN_ON, BERTH_MUST, "v", "a");
    build(&c, 1, BERTH_WEIGH_HOSTS);
    cr_expect_eq(test_all_on(&c), variant == 0 ? SURVIVAL_PROVED : SURVIVAL_LOST, "variant %d",
                 variant);
    end(&c);
  }
}

/* 400 hosts and three failures are eighty million sets. Three empty hosts that could take over any
 * other are enough; two of them, and one that is too small, leave it to a search without end. */
Test(serving, refuges_spare_the_search) {
  enum { HOSTS = 400 };
  for (int variant = 0; variant < 2; variant++) {
    cluster_case c = begin(false);
    char id[16], vm[16];
    uint8_t serves[HOSTS];
    for (int h = 0; h < HOSTS; h++) {
      (void)snprintf(id, sizeof id, "h%d", h);
      (void)snprintf(vm, sizeof vm, "v%d", h);
      add_host(&c, id, variant == 1 && h == 0 ? 7 : 8, 1, BERTH_HOST_ONLINE);
      if (h >= 3)
        add_vm(&c, vm, id, 8);
    }
    build(&c, 3, BERTH_WEIGH_HOSTS);
    survival *s = survival_new(&c.p, &c.memory);
    cr_assert_not_null(s);
    memset(serves, 1, sizeof serves);
    cr_expect_eq(survival_test(s, &c.end, serves, &c.clock),
                 variant == 0 ? SURVIVAL_PROVED : SURVIVAL_OPEN);
    end(&c);
  }
}

/* ---------------------------------------------------------------------- whole clusters */

/* h0 (5) holds v0 (5), which may run on h0 and h1 only; h1 (10) holds v1 (1); h2 (6) holds v2 (5).
 * As it is, any one failure is survived: v0 goes to h1, v1 to h2, v2 to h1. With v2 moved to h1,
 * v0 has nowhere to go. Two hosts never do: of h0 and h1 the second could not give up 6 to the
 * first, and without h1 or h0 v0 has but one host. */
static void add_crossed(cluster_case *c) {
  add_host(c, "h0", 5, 1, BERTH_HOST_ONLINE);
  add_host(c, "h1", 10, 1, BERTH_HOST_ONLINE);
  add_host(c, "h2", 6, 1, BERTH_HOST_ONLINE);
  add_vm(c, "v0", "h0", 5);
  add_vm(c, "v1", "h1", 1);
  add_vm(c, "v2", "h2", 5);
  fixture_rule(&c->f, c->cluster, "r", BERTH_RULE_RUN_ON, BERTH_MUST, "v0", "h0 h1");
}

Test(serving, better_not_packed) {
  cluster_case c = begin(false);
  add_crossed(&c);
  build(&c, 1, BERTH_WEIGH_HOSTS);
  cluster_plan plan = {.final = c.end, .parts = 1};
  placement_move(&plan.final, 2, 1);
  memcpy(plan.value, plan.final.value, sizeof plan.value);
  cr_assert(sequence_add(&plan.moves, &c.memory, 2, 2, 1));
  cr_assert(consolidation_finish(&plan, false, &c.memory, &c.clock));
  cr_expect_eq(plan.value[BERTH_LEVEL_VIOLATIONS], 0);
  cr_expect_eq(plan.value[BERTH_LEVEL_HOSTS_ON], 3);
  cr_expect_eq(plan.value[BERTH_LEVEL_MIGRATIONS], 0);
  cr_expect_eq(plan.moves.count, 0);
  cr_expect_eq(plan.bounds.value[BERTH_LEVEL_HOSTS_ON], 1, "one host must serve");
  end(&c);
}

/* All VMs fit h1, but with HA two hosts serve: beside h1 the one that held most, and what it held
 * goes back to it. */
Test(serving, back_to_a_host_that_stays_on) {
  cluster_case c = begin(true);
  add_host(&c, "h0", 10, 1, BERTH_HOST_ONLINE);
  add_host(&c, "h1", 20, 1, BERTH_HOST_ONLINE);
  add_host(&c, "h2", 10, 1, BERTH_HOST_ONLINE);
  add_vm(&c, "v0", "h2", 5);
  add_vm(&c, "v1", "h2", 1);
  add_vm(&c, "v2", "h0", 2);
  add_vm(&c, "v3", "h1", 3);
  build(&c, 0, BERTH_WEIGH_HOSTS);
  cluster_plan plan = {.final = c.end, .parts = 1};
  for (uint32_t item = 0; item < 3; item++) {
    placement_move(&plan.final, item, 1);
    cr_assert(sequence_add(&plan.moves, &c.memory, item, item == 2 ? 0 : 2, 1));
  }
  memcpy(plan.value, plan.final.value, sizeof plan.value);
  cr_assert(consolidation_finish(&plan, false, &c.memory, &c.clock));
  cr_expect_eq(plan.value[BERTH_LEVEL_HOSTS_ON], 2);
  cr_expect_eq(plan.value[BERTH_LEVEL_MIGRATIONS], 1);
  cr_expect_eq(plan.value[BERTH_LEVEL_MEMORY_MOVED], 2);
  cr_expect(plan.serves[1] && plan.serves[2] && !plan.serves[0]);
  cr_assert_eq(plan.moves.count, 1);
  cr_expect_eq(plan.moves.list[0].item, 2);
  end(&c);
}

static berth_plan *solve(cluster_case *c, int64_t failures, const char *weigh) {
  berth_options options;
  berth_request request = BERTH_REQUEST_INIT;
  berth_plan *plan = NULL;
  berth_options_init(&options);
  int64_t weight = strcmp(weigh, "power") == 0 ? BERTH_WEIGH_POWER : BERTH_WEIGH_HOSTS;
  cr_assert_eq(berth_options_set(c->f.ctx, &options, BERTH_OPTION_KEEP_FAILURES, failures),
               BERTH_OK);
  cr_assert_eq(berth_options_set(c->f.ctx, &options, BERTH_OPTION_WEIGH, weight), BERTH_OK);
  request.infer_goal = false;
  request.goal = BERTH_GOAL_CONSOLIDATE;
  request.options = &options;
  cr_assert_eq(berth_solve(c->f.ctx, c->inventory, &request, NULL, &plan), BERTH_OK, "%s",
               berth_context_detail(c->f.ctx));
  return plan;
}

static int64_t value_of(const berth_plan *plan, berth_level level) {
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++) {
    if (berth_plan_level_at(plan, i)->level == level)
      return berth_plan_level_at(plan, i)->value;
  }
  return -1;
}

static uint32_t count_steps(const berth_plan *plan, berth_step_type type) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++)
    count += berth_plan_step_at(plan, i)->type == type;
  return count;
}

Test(serving, proved_to_need_all_hosts) {
  cluster_case c = begin(false);
  add_crossed(&c);
  build(&c, 1, BERTH_WEIGH_HOSTS);
  berth_plan *plan = solve(&c, 1, "hosts");
  cr_expect_eq(berth_plan_status(plan), BERTH_OUTCOME_OPTIMAL);
  cr_expect_eq(value_of(plan, BERTH_LEVEL_HOSTS_ON), 3);
  cr_expect_eq(value_of(plan, BERTH_LEVEL_MIGRATIONS), 0);
  berth_plan_free(plan);
  end(&c);
}

/* A host in standby is woken as the spare that one failure asks for; one that cannot be woken is
 * none, and then the cluster is lost. */
Test(serving, wakes_a_spare) {
  for (int variant = 0; variant < 2; variant++) {
    cluster_case c = begin(false);
    add_host(&c, "a", 10, 1, BERTH_HOST_ONLINE);
    berth_host_spec sleeper = fixture_host_spec("b", 1000, 10);
    sleeper.state = BERTH_HOST_STANDBY;
    sleeper.wake = variant == 0 ? BERTH_WAKE_IPMI : BERTH_WAKE_NONE;
    fixture_add_host(&c.f, c.cluster, sleeper);
    add_vm(&c, "v", "a", 6);
    build(&c, 1, BERTH_WEIGH_HOSTS);
    berth_plan *plan = solve(&c, 1, "hosts");
    cr_expect_eq(value_of(plan, BERTH_LEVEL_VIOLATIONS), variant);
    cr_expect_eq(value_of(plan, BERTH_LEVEL_HOSTS_ON), 2 - variant);
    cr_expect_eq(count_steps(plan, BERTH_STEP_WAKE), 1 - (uint32_t)variant);
    cr_expect_eq(berth_plan_step_count(plan), 1 - (uint32_t)variant);
    cr_expect_eq(berth_plan_status(plan),
                 variant == 0 ? BERTH_OUTCOME_OPTIMAL : BERTH_OUTCOME_INFEASIBLE);
    berth_plan_free(plan);
    end(&c);
  }
}

/* Two clusters' worth of rules in one: what may run on a and b only, and on d and e only, are parts
 * of their own, and a spare of either part cannot help the other. Each part packs on one host and
 * keeps the other: all four stay on with one failure to keep, two without. */
Test(serving, spares_of_parts_that_cannot_help_each_other) {
  for (int64_t failures = 0; failures < 2; failures++) {
    cluster_case c = begin(false);
    add_host(&c, "a", 10, 1, BERTH_HOST_ONLINE);
    add_host(&c, "b", 10, 1, BERTH_HOST_ONLINE);
    add_host(&c, "d", 10, 1, BERTH_HOST_ONLINE);
    add_host(&c, "e", 10, 1, BERTH_HOST_ONLINE);
    add_vm(&c, "v", "a", 3);
    add_vm(&c, "w", "b", 3);
    add_vm(&c, "x", "d", 4);
    add_vm(&c, "y", "e", 4);
    fixture_rule(&c.f, c.cluster, "r", BERTH_RULE_RUN_ON, BERTH_MUST, "v w", "a b");
    fixture_rule(&c.f, c.cluster, "s", BERTH_RULE_RUN_ON, BERTH_MUST, "x y", "d e");
    build(&c, (uint32_t)failures, BERTH_WEIGH_HOSTS);
    berth_plan *plan = solve(&c, failures, "hosts");
    cr_expect_eq(berth_plan_status(plan), BERTH_OUTCOME_OPTIMAL);
    cr_expect_eq(value_of(plan, BERTH_LEVEL_HOSTS_ON), failures == 0 ? 2 : 4);
    cr_expect_eq(value_of(plan, BERTH_LEVEL_MIGRATIONS), failures == 0 ? 2 : 0);
    cr_expect_eq(count_steps(plan, BERTH_STEP_POWER_DOWN), failures == 0 ? 2 : 0);
    berth_plan_free(plan);
    end(&c);
  }
}

/* HA asks for two hosts. Both VMs fit a (50 W); with the lightest other that is 50 + 40. One on b
 * (40 W) and one on d (45 W) is lighter, and costs the migration of v. */
Test(serving, two_light_hosts_rather_than_a_heavy_one) {
  cluster_case c = begin(true);
  add_host(&c, "a", 10, 50, BERTH_HOST_ONLINE);
  add_host(&c, "b", 4, 40, BERTH_HOST_ONLINE);
  add_host(&c, "d", 4, 45, BERTH_HOST_ONLINE);
  add_vm(&c, "v", "a", 4);
  add_vm(&c, "w", "b", 4);
  build(&c, 0, BERTH_WEIGH_POWER);
  berth_plan *plan = solve(&c, 0, "power");
  cr_expect_eq(berth_plan_status(plan), BERTH_OUTCOME_OPTIMAL);
  cr_expect_eq(value_of(plan, BERTH_LEVEL_HOSTS_ON), 85);
  cr_expect_eq(value_of(plan, BERTH_LEVEL_MIGRATIONS), 1);
  berth_plan_free(plan);
  end(&c);
}
