/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No certificate proves what is false: thousands of tiny clusters, solved and confirmed by brute
 * force, each with certificates of random weights that state one more than the truth. The checker
 * has to refuse every one of them; of those that state the truth it should accept some.
 */
#include "brute_force.h"
#include "random_cluster.h"

#include "frozen.h"

#include <berth/solve.h>
#include <berth/verify.h>
#include <criterion/criterion.h>
#include <string.h>

enum { CASES = 600, TRIES = 12, SCALE = 60, ROWS = 32 };

typedef struct certificate_draft {
  uint64_t random;
  const berth_inventory *inventory;
  berth_certificate_weight weights[ROWS];
  berth_plan_certificate certificate;
} certificate_draft;

static int64_t between(certificate_draft *d, int64_t low, int64_t high) {
  uint64_t z = d->random += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return low + (int64_t)((z ^ z >> 31) % (uint64_t)(high - low + 1));
}

/* Every row of demands once, with a weight that grows with the row, more or less. */
static void draw_weights(certificate_draft *d) {
  const uint32_t resources = d->inventory->resource_count;
  const int64_t per_cpu = between(d, 0, 4), per_memory = between(d, 0, 12);
  uint32_t count = 0;
  for (uint32_t vm = 0; vm < d->inventory->vm_count; vm++) {
    const int64_t *row = &d->inventory->vm_demand[(size_t)vm * resources];
    bool met = false;
    for (uint32_t i = 0; i < count; i++)
      met = met || memcmp(d->weights[i].demand, row, resources * sizeof *row) == 0;
    if (met)
      continue;
    cr_assert_lt(count, ROWS);
    d->weights[count++] = (berth_certificate_weight){
        .demand = row,
        .weight = row[BERTH_RESOURCE_CPU] * per_cpu + row[BERTH_RESOURCE_MEMORY] * per_memory +
                  between(d, 0, 3) * between(d, 0, SCALE)};
  }
  d->certificate.weights = d->weights;
  d->certificate.weight_count = count;
}

static bool has_cost(berth_level level) {
  return level != BERTH_LEVEL_SHOULD_BROKEN && level != BERTH_LEVEL_OVERLOAD &&
         level != BERTH_LEVEL_STRANDED && level != BERTH_LEVEL_MAKESPAN;
}

/* A certificate of a level of the truth, for the whole of the one cluster. */
static int64_t draw_certificate(certificate_draft *d, const brute_force_result *truth,
                                const random_case *random) {
  const uint32_t at = (uint32_t)between(d, 0, truth->level_count - 1);
  d->certificate = (berth_plan_certificate){.level = truth->levels[at],
                                            .scale = between(d, 0, 3) == 0 ? 1 : SCALE};
  draw_weights(d);
  const bool spare = d->certificate.level == BERTH_LEVEL_HOSTS_ON &&
                     random->settings.keep_failures > 0 && between(d, 0, 1) == 0;
  if (spare)
    d->certificate.spare = random->settings.keep_failures;
  for (uint32_t i = 0; i < at && !spare; i++)
    if (has_cost(truth->levels[i]))
      d->certificate.assumed[truth->levels[i]] = between(d, 0, 3) * between(d, 0, 2 * SCALE);
  return truth->values[at];
}

static bool accepts(berth_context *ctx, berth_plan *from, const berth_plan_settings *settings,
                    const berth_plan_certificate *certificate) {
  berth_plan *plan = NULL;
  berth_report *report = NULL;
  bool refused = false;
  cr_assert_eq(berth_plan_new(ctx, berth_plan_inventory(from), NULL, berth_plan_goal(from), &plan),
               BERTH_OK);
  cr_assert_eq(berth_plan_set_settings(ctx, plan, settings), BERTH_OK);
  for (uint32_t i = 0; i < berth_plan_level_count(from); i++) {
    berth_plan_level level = *berth_plan_level_at(from, i);
    level.bound = level.level == certificate->level ? certificate->bound : level.bound;
    cr_assert_eq(berth_plan_add_level(ctx, plan, &level), BERTH_OK);
  }
  for (uint32_t i = 0; i < berth_plan_step_count(from); i++)
    cr_assert_eq(berth_plan_add_step(ctx, plan, berth_plan_step_at(from, i)), BERTH_OK);
  cr_assert_eq(berth_plan_add_certificate(ctx, plan, certificate), BERTH_OK);
  cr_assert_eq(berth_verify(ctx, plan, &report), BERTH_OK);
  for (uint32_t i = 0; i < berth_report_count(report); i++)
    refused = refused || berth_report_fault(report, i)->kind == BERTH_FAULT_CERTIFICATE;
  berth_report_free(report);
  berth_plan_free(plan);
  return !refused;
}

/* Whether the plan has the values of the truth, so that it is one that certificates speak of. */
static bool is_best(const berth_plan *plan, const brute_force_result *truth) {
  for (uint32_t i = 0; i < truth->level_count; i++)
    if (berth_plan_level_at(plan, i)->value != truth->values[i])
      return false;
  return true;
}

static uint32_t try_certificates(berth_context *ctx, uint64_t seed, const random_case *random,
                                 berth_plan *plan, const brute_force_result *truth) {
  certificate_draft draft = {.random = seed, .inventory = random->inventory};
  uint32_t accepted = 0;
  for (int i = 0; i < TRIES; i++) {
    const int64_t value = draw_certificate(&draft, truth, random);
    draft.certificate.bound = value + 1;
    cr_assert_not(accepts(ctx, plan, &random->settings, &draft.certificate),
                  "seed %d, try %d: %s is %lld, and a certificate proves more", (int)seed, i,
                  berth_level_name(draft.certificate.level), (long long)value);
    draft.certificate.bound = value;
    accepted += value > 0 && accepts(ctx, plan, &random->settings, &draft.certificate);
  }
  return accepted;
}

/* How many true certificates were accepted; *solved counts cases. */
static uint32_t try_case(uint64_t seed, random_family family, uint32_t *solved) {
  berth_context *ctx = NULL;
  random_case random;
  berth_plan *plan = NULL;
  brute_force_result truth;
  berth_options options;
  berth_request request = BERTH_REQUEST_INIT;
  uint32_t accepted = 0;
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  cr_assert_eq(random_cluster(ctx, seed, family, false, &random), BERTH_OK);
  berth_options_init(&options);
  options.value[BERTH_OPTION_KEEP_FAILURES] = random.settings.keep_failures;
  options.value[BERTH_OPTION_WEIGH] = random.settings.weigh;
  request.infer_goal = false;
  request.goal = random.goal;
  request.options = &options;
  if (random.inventory->cluster_count == 1 && random.goal != BERTH_GOAL_REBALANCE &&
      berth_solve(ctx, random.inventory, &request, NULL, &plan) == BERTH_OK &&
      brute_force_solve(random.inventory, random.goal, &random.settings, 4000000, &truth) &&
      is_best(plan, &truth)) {
    ++*solved;
    accepted = try_certificates(ctx, seed, &random, plan, &truth);
  }
  berth_plan_free(plan);
  berth_inventory_release(random.inventory);
  berth_context_free(ctx);
  return accepted;
}

static void try_family(random_family family, uint64_t first, uint32_t *solved, uint32_t *accepted) {
  *solved = *accepted = 0;
  for (uint64_t seed = first; seed < first + CASES; seed++)
    *accepted += try_case(seed, family, solved);
}

Test(certificate_matrix, requests) {
  uint32_t solved, accepted;
  try_family(RANDOM_REQUESTS, 20000, &solved, &accepted);
  cr_assert_gt(solved, CASES / 2);
  cr_assert_gt(accepted, CASES / 20);
}

/* As far as the goal is solved for. */
Test(certificate_matrix, consolidate) {
  uint32_t solved, accepted;
  try_family(RANDOM_LOADS, 20000, &solved, &accepted);
  if (solved == 0)
    cr_skip_test("the goal is not solved for");
  cr_assert_gt(accepted, 0);
}
