/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates (docs/model.md §9) on three hosts of 10 MiB and four VMs of 4 MiB each: two VMs are
 * on the first host, one each on the others. A host holds two, so two hosts serve at the end, and
 * one VM has to move. The weights below were found by hand; the comments have the sums.
 */
#include "settle_certificates.h"
#include "test_verify_support.h"

enum { H0, H1, H2 };
enum { V0, V1, V2, V3 };

TestSuite(certificate);

/* cpu, memory, vms, vcpus of each VM */
static const int64_t row[] = {0, 4, 1, 1};
static const int64_t other_row[] = {0, 5, 1, 1};

typedef struct case_sketch {
  cluster_sketch made;
  berth_inventory *inventory;
  plan_sketch plan;
  berth_certificate_weight weight[4];
} case_sketch;

static const char *const host_ids[] = {"h0", "h1", "h2"};
static const char *const vm_ids[] = {"v0", "v1", "v2", "v3", "v4", "v5"};

static void begin_empty(case_sketch *s) {
  *s = (case_sketch){.made = cluster_begin_plain()};
  for (uint32_t h = 0; h < 3; h++) {
    berth_host_spec host = host_of(host_ids[h], 10);
    host.wake = BERTH_WAKE_IPMI;
    host.power_watts = 100 * (h + 1);
    add_host(&s->made, host);
  }
}

static void finish(case_sketch *s) {
  s->inventory = cluster_end(&s->made);
  s->plan = (plan_sketch){.goal = BERTH_GOAL_CONSOLIDATE, .status = BERTH_OUTCOME_OPTIMAL};
  s->plan.settings = (berth_plan_settings)BERTH_PLAN_SETTINGS_INIT;
}

static void begin(case_sketch *s, uint32_t vm_count, const char *const *homes) {
  begin_empty(s);
  for (uint32_t v = 0; v < vm_count; v++)
    add_vm(&s->made, vm_of(vm_ids[v], homes[v], 4));
  finish(s);
}

static void end(case_sketch *s) {
  berth_inventory_release(s->inventory);
  berth_context_free(s->made.ctx);
}

static void put_levels(plan_sketch *plan, int64_t violations, int64_t on, int64_t moves) {
  sketch_level(plan, BERTH_LEVEL_VIOLATIONS, violations);
  sketch_level(plan, BERTH_LEVEL_UNPLACED, 0);
  sketch_level(plan, BERTH_LEVEL_SHOULD_BROKEN, 0);
  sketch_level(plan, BERTH_LEVEL_HOSTS_ON, on);
  sketch_level(plan, BERTH_LEVEL_MIGRATIONS, moves);
  sketch_level(plan, BERTH_LEVEL_MEMORY_MOVED, moves * 11920);
}

/* A certificate of the whole cluster, every VM weighing the same. */
static berth_plan_certificate *certify(case_sketch *s, berth_level level, int64_t bound,
                                       int64_t scale, int64_t weight) {
  uint32_t at = s->plan.certificate_count++;
  s->weight[at] = (berth_certificate_weight){.demand = row, .weight = weight};
  s->plan.certificates[at] = (berth_plan_certificate){
      .level = level, .bound = bound, .scale = scale, .weight_count = 1, .weights = &s->weight[at]};
  return &s->plan.certificates[at];
}

static const char *const four_homes[] = {"h0", "h0", "h1", "h2"};

/* v3 moves to h1, h2 is powered down: two hosts on, one migration. */
static void sketch_proved(plan_sketch *plan) {
  put_levels(plan, 0, 2, 1);
  sketch_migrate(plan, V3, H2, H1);
  step_sketch *down = sketch_step(plan, BERTH_STEP_POWER_DOWN, 0);
  down->host = H2;
  sketch_after(down, 1);
  sketch_place(plan, V3, H2, H1, BERTH_HOW_MIGRATE);
  sketch_time(plan);
}

static void begin_proved(case_sketch *s) {
  begin(s, 4, four_homes);
  sketch_proved(&s->plan);
  /* two VMs at most, so 2·1 - 2·1 = 0 a host, and 4 of 2: 2 hosts */
  certify(s, BERTH_LEVEL_HOSTS_ON, 2, 2, 1);
  /* h0: on, with both its own, 1 - 2 = -1; h1 and h2: 1 - 1 = 0 with their own, 1 + 1 - 2 = 0 with
   * another beside it; so 4 - 1 - 2 (two hosts on) = 1 migration */
  certify(s, BERTH_LEVEL_MIGRATIONS, 1, 1, 1)->assumed[BERTH_LEVEL_HOSTS_ON] = 1;
  /* the same, all in units of the 11,920 MiB that a move costs */
  certify(s, BERTH_LEVEL_MEMORY_MOVED, 11920, 1, 11920)->assumed[BERTH_LEVEL_HOSTS_ON] = 11920;
}

static berth_proof proof_of(case_sketch *s, berth_level level) {
  berth_plan *plan = sketch_build(s->made.ctx, s->inventory, &s->plan);
  berth_report *report = NULL;
  berth_proof proof = BERTH_PROOF_COUNT;
  cr_assert_eq(berth_verify(s->made.ctx, plan, &report), BERTH_OK);
  cr_assert(berth_report_proof(report, level, &proof));
  berth_report_free(report);
  berth_plan_free(plan);
  return proof;
}

static uint32_t faults(case_sketch *s) {
  return sketch_faults(s->made.ctx, s->inventory, &s->plan);
}

Test(certificate, words) {
  cr_expect_str_eq(berth_proof_word(BERTH_PROOF_ZERO), "zero");
  cr_expect_str_eq(berth_proof_word(BERTH_PROOF_CERTIFIED), "certified");
  cr_expect_str_eq(berth_proof_word(BERTH_PROOF_SEARCH), "by search");
  cr_expect_null(berth_proof_word(BERTH_PROOF_COUNT));
}

Test(certificate, proves_every_level) {
  case_sketch s;
  begin_proved(&s);
  cr_expect_eq(faults(&s), 0);
  cr_expect_eq(proof_of(&s, BERTH_LEVEL_UNPLACED), BERTH_PROOF_ZERO);
  cr_expect_eq(proof_of(&s, BERTH_LEVEL_HOSTS_ON), BERTH_PROOF_CERTIFIED);
  cr_expect_eq(proof_of(&s, BERTH_LEVEL_MIGRATIONS), BERTH_PROOF_CERTIFIED);
  cr_expect_eq(proof_of(&s, BERTH_LEVEL_MEMORY_MOVED), BERTH_PROOF_CERTIFIED);
  s.plan.certificate_count = 1;
  cr_expect_eq(faults(&s), 0, "a bound without a certificate is no fault");
  cr_expect_eq(proof_of(&s, BERTH_LEVEL_MIGRATIONS), BERTH_PROOF_SEARCH);
  end(&s);
}

/* Whatever is changed in one of them, it does not prove its bound any more. */
Test(certificate, mutations) {
  for (int mutation = 0; mutation < 12; mutation++) {
    case_sketch s;
    begin_proved(&s);
    berth_plan_certificate *on = &s.plan.certificates[0], *moves = &s.plan.certificates[1];
    switch (mutation) {
    case 0: /* 4 of 2 is 2 */
      on->bound = 3;
      break;
    case 1: /* 4 / 4 = 1 */
      on->scale = 4;
      break;
    case 2: /* 8 - 3 · (4 - 2) = 2 of 2 is 1 */
      s.weight[0].weight = 2;
      break;
    case 3: /* no VM has that row */
      s.weight[0].demand = other_row;
      break;
    case 4:
      s.weight[0].weight = 0;
      break;
    case 5: /* 4 - 2·2 = 0 and h0 0 */
      moves->assumed[BERTH_LEVEL_HOSTS_ON] = 2;
      break;
    case 6: /* a host for nothing: 4 - 2 - 1 - 1 = 0 */
      moves->assumed[BERTH_LEVEL_HOSTS_ON] = 0;
      break;
    case 7: /* 8 - 3 - 2 - 2 - 2 = -1 */
      s.weight[1].weight = 2;
      break;
    case 8:
      moves->bound = 2;
      break;
    case 9: /* moving costs 2 then, and nothing is gained by it: 1 of 2 is 1 */
      moves->scale = 2;
      moves->bound = 2;
      break;
    case 10: /* the same level twice over the same hosts */
      s.plan.certificates[s.plan.certificate_count++] = *on;
      break;
    case 11: /* a row twice */
      s.weight[3] = s.weight[2];
      s.plan.certificates[2].weight_count = 2;
      break;
    }
    cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE), "mutation %d", mutation);
    end(&s);
  }
}

Test(certificate, numbers_too_large) {
  case_sketch s;
  begin_proved(&s);
  s.weight[0].weight = INT64_MAX;
  cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE));
  s.weight[0].weight = 1;
  s.plan.certificates[1].assumed[BERTH_LEVEL_HOSTS_ON] = INT64_MAX / 2 + 1;
  cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE));
  end(&s);
}

/* The level states less than its certificates prove, or has a level without a cost as a weight. */
Test(certificate, disagrees_with_the_plan) {
  case_sketch s;
  begin_proved(&s);
  berth_plan_level *on = sketch_find_level(&s.plan, BERTH_LEVEL_HOSTS_ON);
  on->bound = 1;
  on->status = BERTH_OUTCOME_FEASIBLE;
  s.plan.status = BERTH_OUTCOME_FEASIBLE;
  cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE));
  end(&s);
  begin_proved(&s);
  s.plan.certificates[1].assumed[BERTH_LEVEL_SHOULD_BROKEN] = 1;
  cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE));
  end(&s);
}

/* Watts of 100, 200 and 300: two hosts of 100 + 200. A host of watt p costs p; with 150 a VM, h0
 * gives 100 - 300 = -200, h1 200 - 300 = -100, h2 300 - 300 = 0: 600 - 300 = 300. */
Test(certificate, of_power) {
  case_sketch s;
  begin_proved(&s);
  s.plan.settings.weigh = BERTH_WEIGH_POWER;
  sketch_find_level(&s.plan, BERTH_LEVEL_HOSTS_ON)->value = 300;
  sketch_find_level(&s.plan, BERTH_LEVEL_HOSTS_ON)->bound = 300;
  s.plan.certificates[0].scale = 1;
  s.plan.certificates[0].bound = 300;
  s.weight[0].weight = 150;
  s.plan.certificate_count = 1;
  cr_expect_eq(faults(&s), 0);
  s.plan.certificates[0].bound = 301;
  cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE));
  end(&s);
}

/* Some VM can end on h0 or elsewhere: h0 alone has no VMs of its own in the certificate's sense. */
Test(certificate, of_some_hosts) {
  case_sketch s;
  static const uint32_t first[] = {H0}, all[] = {H0, H1, H2};
  begin_proved(&s);
  s.plan.certificate_count = 1;
  s.plan.certificates[0].host_count = 1;
  s.plan.certificates[0].hosts = first;
  cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE));
  s.plan.certificates[0].host_count = 3;
  s.plan.certificates[0].hosts = all;
  cr_expect_eq(faults(&s), 0);
  end(&s);
}

/* ------------------------------------------------------------------ parts */

/* The cluster of begin_proved() twice, and its plan in both. */
static void begin_twice(case_sketch *s) {
  static const char *const ids[2][7] = {{"h0", "h1", "h2", "v0", "v1", "v2", "v3"},
                                        {"g0", "g1", "g2", "u0", "u1", "u2", "u3"}};
  static const uint32_t home[] = {H0, H0, H1, H2};
  *s = (case_sketch){.made = cluster_begin_plain()};
  for (uint32_t c = 0; c < 2; c++) {
    berth_cluster_spec second = BERTH_CLUSTER_SPEC_INIT;
    second.id = "d";
    if (c == 1)
      cr_assert_eq(berth_builder_add_cluster(s->made.builder, &second, &s->made.cluster), BERTH_OK);
    for (uint32_t h = 0; h < 3; h++) {
      berth_host_spec host = host_of(ids[c][h], 10);
      host.wake = BERTH_WAKE_IPMI;
      add_host(&s->made, host);
    }
    for (uint32_t v = 0; v < 4; v++)
      add_vm(&s->made, vm_of(ids[c][3 + v], ids[c][home[v]], 4));
  }
  finish(s);
  put_levels(&s->plan, 0, 4, 2);
  for (uint32_t c = 0; c < 2; c++) {
    sketch_migrate(&s->plan, 4 * c + V3, 3 * c + H2, 3 * c + H1);
    sketch_place(&s->plan, 4 * c + V3, 3 * c + H2, 3 * c + H1, BERTH_HOW_MIGRATE);
  }
  for (uint32_t c = 0; c < 2; c++) {
    step_sketch *down = sketch_step(&s->plan, BERTH_STEP_POWER_DOWN, 0);
    down->host = 3 * c + H2;
    sketch_after(down, c + 1);
  }
  sketch_time(&s->plan);
  for (uint32_t c = 0; c < 2; c++)
    certify(s, BERTH_LEVEL_MIGRATIONS, 1, 1, 1)->assumed[BERTH_LEVEL_HOSTS_ON] = 1;
  for (uint32_t c = 0; c < 2; c++)
    certify(s, BERTH_LEVEL_HOSTS_ON, 2, 2, 1);
  s->plan.certificates[1].cluster = s->plan.certificates[3].cluster = 1;
}

/* One cluster could have a host more and the other a host less, unless the least is proved of both:
 * then bounds that take the hosts of each for granted do not add up. */
Test(certificate, of_parts) {
  case_sketch s;
  begin_twice(&s);
  cr_expect_eq(faults(&s), 0);
  cr_expect_eq(proof_of(&s, BERTH_LEVEL_HOSTS_ON), BERTH_PROOF_CERTIFIED);
  cr_expect_eq(proof_of(&s, BERTH_LEVEL_MIGRATIONS), BERTH_PROOF_CERTIFIED);
  s.plan.certificate_count = 3;
  cr_expect_eq(faults(&s), 0);
  cr_expect_eq(proof_of(&s, BERTH_LEVEL_HOSTS_ON), BERTH_PROOF_SEARCH);
  cr_expect_eq(proof_of(&s, BERTH_LEVEL_MIGRATIONS), BERTH_PROOF_SEARCH);
  end(&s);
}

/* The same of one certificate only, whichever cluster it speaks of: the other cluster could have
 * the host less. With the least proved of both, none can. */
Test(certificate, of_one_part) {
  for (uint32_t cluster = 0; cluster < 2; cluster++) {
    for (uint32_t proved = 1; proved <= 2; proved++) {
      case_sketch s;
      begin_twice(&s);
      berth_plan_level *moves = sketch_find_level(&s.plan, BERTH_LEVEL_MIGRATIONS);
      moves->bound = 1;
      moves->status = s.plan.status = BERTH_OUTCOME_FEASIBLE;
      s.plan.certificates[0] = s.plan.certificates[cluster];
      s.plan.certificates[1] = s.plan.certificates[2];
      s.plan.certificates[2] = s.plan.certificates[3];
      s.plan.certificate_count = 1 + proved;
      cr_expect_eq(faults(&s), 0);
      cr_expect_eq(proof_of(&s, BERTH_LEVEL_MIGRATIONS),
                   proved == 2 ? BERTH_PROOF_CERTIFIED : BERTH_PROOF_SEARCH, "cluster %u, %u",
                   cluster, proved);
      end(&s);
    }
  }
}

/* Two certificates of a level that share the last of their hosts, though they state nothing. */
Test(certificate, that_overlap) {
  static const uint32_t first[] = {H0, H1}, second[] = {H1, H2}, last[] = {H2};
  case_sketch s;
  begin_proved(&s);
  s.plan.certificate_count = 0;
  for (uint32_t i = 0; i < 2; i++) {
    berth_plan_certificate *given = certify(&s, BERTH_LEVEL_HOSTS_ON, 0, 2, 1);
    given->hosts = i == 0 ? first : second;
    given->host_count = 2;
  }
  cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE));
  s.plan.certificates[1].hosts = last;
  s.plan.certificates[1].host_count = 1;
  cr_expect_eq(faults(&s), 0);
  end(&s);
}

/* ------------------------------------------------------------------ weights of single VMs */

static const uint32_t all_vms[] = {V0, V1, V2, V3}, two_vms[] = {V0, V1}, last_vms[] = {V1, V2, V3};

static void weigh(case_sketch *s, uint32_t at, const uint32_t *vms, uint32_t count,
                  int64_t weight) {
  s->weight[at] = (berth_certificate_weight){.weight = weight, .vm_count = count, .vms = vms};
}

/* The first certificate, 4 of 2 with a weight of 1 for each VM, with lists. */
Test(certificate, of_listed_vms) {
  case_sketch s;
  begin_proved(&s);
  s.plan.certificate_count = 1;
  weigh(&s, 0, all_vms, 4, 1);
  cr_expect_eq(faults(&s), 0);
  weigh(&s, 0, two_vms, 2, 1); /* 2 of 2 is 1 */
  cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE));
  weigh(&s, 0, all_vms, 4, 1); /* a list comes before a row */
  s.weight[1] = (berth_certificate_weight){.demand = row, .weight = 7};
  s.plan.certificates[0].weight_count = 2;
  cr_expect_eq(faults(&s), 0);
  weigh(&s, 0, two_vms, 2, 1); /* the others weigh 7: 16 - 3 · (14 - 2) < 0 */
  cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE));
  weigh(&s, 1, last_vms, 3, 1); /* v1 twice */
  cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE));
  end(&s);
}

/* ------------------------------------------------------------------ what is bound to its host */

static void begin_bound(case_sketch *s, bool last_is_bound) {
  begin_empty(s);
  for (uint32_t v = 0; v < 3; v++) {
    berth_vm_spec vm = vm_of(vm_ids[v], host_ids[v], 4);
    vm.movable = v == 2 && !last_is_bound;
    add_vm(&s->made, vm);
  }
  finish(s);
}

/* Each host has a VM that cannot leave: three serve, whatever anything weighs. */
Test(certificate, of_bound_vms) {
  case_sketch s;
  begin_bound(&s, true);
  put_levels(&s.plan, 0, 3, 0);
  certify(&s, BERTH_LEVEL_HOSTS_ON, 3, 1, 0)->weight_count = 0;
  cr_expect_eq(faults(&s), 0);
  cr_expect_eq(proof_of(&s, BERTH_LEVEL_HOSTS_ON), BERTH_PROOF_CERTIFIED);
  s.plan.certificates[0].bound = 4;
  cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE));
  end(&s);
  begin_bound(&s, false); /* v2 could go: two are sure, and it finds room beside the others */
  put_levels(&s.plan, 0, 3, 0);
  certify(&s, BERTH_LEVEL_HOSTS_ON, 3, 1, 1);
  cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE));
  end(&s);
}

/* ------------------------------------------------------------------ values that a level can have
 */

/* Weights of 1 prove 4 - 1 - 2 = 1 MiB with 1 a host, so a whole VM. */
Test(certificate, rounds_memory_up) {
  case_sketch s;
  begin_proved(&s);
  s.plan.certificates[2].assumed[BERTH_LEVEL_HOSTS_ON] = 1;
  s.weight[2].weight = 1;
  cr_expect_eq(faults(&s), 0);
  cr_expect_eq(proof_of(&s, BERTH_LEVEL_MEMORY_MOVED), BERTH_PROOF_CERTIFIED);
  s.plan.certificates[2].bound = 11921;
  cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE));
  s.plan.certificates[2].bound = 11920;
  s.weight[2].weight = 0; /* 0 is a multiple */
  cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE));
  end(&s);
}

/* Two VMs of half the memory: moving one of them is half of the others' cost. */
Test(certificate, rounds_memory_to_what_all_share) {
  for (int bound = 0; bound < 2; bound++) {
    case_sketch s;
    begin_empty(&s);
    for (uint32_t v = 0; v < 4; v++) {
      berth_vm_spec vm = vm_of(vm_ids[v], four_homes[v], 4);
      vm.memory_mib = v < 1 ? 5960 : 11920;
      vm.movable = v > 0 || bound == 0;
      add_vm(&s.made, vm);
    }
    finish(&s);
    sketch_proved(&s.plan);
    certify(&s, BERTH_LEVEL_MEMORY_MOVED, 11920, 1, 1)->assumed[BERTH_LEVEL_HOSTS_ON] = 1;
    cr_expect_eq(faults(&s), bound ? 0 : KIND(BERTH_FAULT_CERTIFICATE), "bound %d", bound);
    end(&s);
  }
}

/* Watts of 100, 200 and 300: with 101 a VM the hosts give 100 - 202, 200 - 202 and 0; 404 - 104 is
 * 300, and with 100 a VM 400 - 100 too; with 99 it is 396 - 98 = 298, which no sum of them is. */
Test(certificate, rounds_watts_up) {
  case_sketch s;
  begin_proved(&s);
  s.plan.settings.weigh = BERTH_WEIGH_POWER;
  sketch_find_level(&s.plan, BERTH_LEVEL_HOSTS_ON)->value = 300;
  sketch_find_level(&s.plan, BERTH_LEVEL_HOSTS_ON)->bound = 300;
  s.plan.certificates[0].scale = 1;
  s.plan.certificates[0].bound = 300;
  s.plan.certificate_count = 1;
  s.weight[0].weight = 99;
  cr_expect_eq(faults(&s), 0);
  s.weight[0].weight = 50; /* 200 */
  cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE));
  end(&s);
}

/* ------------------------------------------------------------------ settling */

static uint32_t settle(case_sketch *s, int64_t *bounds) {
  berth_plan *plan = sketch_build(s->made.ctx, s->inventory, &s->plan);
  berth_report *report = NULL;
  cr_assert_eq(verify_and_settle(s->made.ctx, plan, &report), BERTH_OK);
  cr_expect_eq(berth_report_count(report), 0);
  berth_report_free(report);
  cr_assert_eq(berth_verify(s->made.ctx, plan, &report), BERTH_OK);
  cr_expect_eq(berth_report_count(report), 0, "what is left holds");
  berth_report_free(report);
  uint32_t count = berth_plan_certificate_count(plan);
  for (uint32_t i = 0; i < count; i++)
    bounds[i] = berth_plan_certificate_at(plan, i)->bound;
  berth_plan_free(plan);
  return count;
}

/* What proves less is lowered; what proves nothing, or is not allowed, or more than the plan says,
 * goes. */
Test(certificate, settling) {
  case_sketch s;
  int64_t bounds[4];
  begin_proved(&s);
  cr_assert_eq(settle(&s, bounds), 3);
  cr_expect_eq(bounds[2], 11920);
  s.plan.certificates[0].bound = 9;
  cr_assert_eq(settle(&s, bounds), 3);
  cr_expect_eq(bounds[0], 2);
  s.weight[1].weight = 2; /* proves -1 */
  cr_assert_eq(settle(&s, bounds), 2);
  cr_expect_eq(bounds[1], 11920);
  s.weight[1].weight = 1;
  s.plan.certificates[s.plan.certificate_count++] = s.plan.certificates[0];
  cr_assert_eq(settle(&s, bounds), 3, "a second one over the same hosts");
  s.plan.certificate_count = 3;
  berth_plan_level *on = sketch_find_level(&s.plan, BERTH_LEVEL_HOSTS_ON);
  on->bound = 1;
  on->status = BERTH_OUTCOME_FEASIBLE;
  s.plan.status = BERTH_OUTCOME_FEASIBLE;
  cr_assert_eq(settle(&s, bounds), 2, "it proves 2, the plan says 1");
  end(&s);
}

/* ------------------------------------------------------------------ spare hosts */

/* Four VMs as above, nothing is done, and any one host may fail: of two on a host, each finds room
 * on another. Two hosts hold all, so three stay on. */
Test(certificate, of_spare_hosts) {
  case_sketch s;
  begin(&s, 4, four_homes);
  put_levels(&s.plan, 0, 3, 0);
  s.plan.settings.keep_failures = 1;
  certify(&s, BERTH_LEVEL_HOSTS_ON, 3, 2, 1)->spare = 1;
  cr_expect_eq(faults(&s), 0);
  cr_expect_eq(proof_of(&s, BERTH_LEVEL_HOSTS_ON), BERTH_PROOF_CERTIFIED);
  s.plan.certificates[0].bound = 4;
  cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE));
  s.plan.certificates[0].bound = 3;
  s.plan.settings.keep_failures = 0; /* nothing was asked for that would need a spare host */
  cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE));
  end(&s);
}

/* Nothing to hold: any hosts may fail, and none is needed. */
Test(certificate, of_nothing) {
  case_sketch s;
  begin(&s, 0, four_homes);
  put_levels(&s.plan, 0, 2, 0);
  s.plan.settings.keep_failures = 5;
  step_sketch *down = sketch_step(&s.plan, BERTH_STEP_POWER_DOWN, 0);
  down->host = H2;
  certify(&s, BERTH_LEVEL_HOSTS_ON, 2, 2, 1)->spare = 5;
  cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE));
  s.plan.certificate_count = 0;
  cr_expect_eq(faults(&s), 0);
  end(&s);
}

/* Spare hosts of one cluster count on it having no violations. Beside violations of another
 * cluster, which could be split otherwise, they prove nothing for the plan. */
Test(certificate, of_spare_hosts_beside_a_violation) {
  for (uint32_t broken = 0; broken < 2; broken++) {
    case_sketch s;
    begin_empty(&s);
    for (uint32_t v = 0; v < 4; v++)
      add_vm(&s.made, vm_of(vm_ids[v], four_homes[v], 4));
    berth_cluster_spec second = BERTH_CLUSTER_SPEC_INIT;
    second.id = "d";
    cr_assert_eq(berth_builder_add_cluster(s.made.builder, &second, &s.made.cluster), BERTH_OK);
    add_host(&s.made, host_of("h3", 10));
    add_host(&s.made, host_of("h4", 10));
    add_vm(&s.made, vm_of("stay", "h3", broken ? 11 : 9));
    finish(&s);
    put_levels(&s.plan, broken, 5, 0);
    berth_plan_level *level = sketch_find_level(&s.plan, BERTH_LEVEL_HOSTS_ON);
    level->bound = 3;
    level->status = s.plan.status = BERTH_OUTCOME_FEASIBLE;
    level = sketch_find_level(&s.plan, BERTH_LEVEL_VIOLATIONS);
    level->bound = 0;
    level->status = broken ? BERTH_OUTCOME_FEASIBLE : BERTH_OUTCOME_OPTIMAL;
    s.plan.settings.keep_failures = 1;
    certify(&s, BERTH_LEVEL_HOSTS_ON, 3, 2, 1)->spare = 1;
    if (broken) /* "stay" fits nowhere else: that cluster does not survive either */
      sketch_find_level(&s.plan, BERTH_LEVEL_VIOLATIONS)->value = 2;
    cr_expect_eq(faults(&s), 0, "%u", broken);
    cr_expect_eq(proof_of(&s, BERTH_LEVEL_HOSTS_ON),
                 broken ? BERTH_PROOF_SEARCH : BERTH_PROOF_CERTIFIED, "%u", broken);
    end(&s);
  }
}

/* A hundred VMs of a hundred rows, each of which is weighed once; together they fill 50.5 hosts. */
Test(certificate, of_many_rows) {
  enum { ROWS = 100 };
  case_sketch s = {.made = cluster_begin_plain()};
  static int64_t demand[ROWS][4];
  static berth_certificate_weight weights[ROWS];
  static char ids[ROWS][8], homes[ROWS][8];
  for (uint32_t v = 0; v < ROWS; v++) {
    (void)snprintf(ids[v], sizeof ids[v], "v%u", v);
    (void)snprintf(homes[v], sizeof homes[v], "h%u", v);
    berth_host_spec host = host_of(homes[v], 100);
    host.wake = BERTH_WAKE_IPMI;
    add_host(&s.made, host);
  }
  for (uint32_t v = 0; v < ROWS; v++) {
    add_vm(&s.made, vm_of(ids[v], homes[v], v + 1));
    demand[v][1] = v + 1;
    demand[v][2] = demand[v][3] = 1;
    weights[v] = (berth_certificate_weight){.demand = demand[v], .weight = v + 1};
  }
  finish(&s);
  put_levels(&s.plan, 0, ROWS, 0);
  berth_plan_level *on = sketch_find_level(&s.plan, BERTH_LEVEL_HOSTS_ON);
  on->bound = 51;
  on->status = s.plan.status = BERTH_OUTCOME_FEASIBLE;
  s.plan.certificates[s.plan.certificate_count++] =
      (berth_plan_certificate){.level = BERTH_LEVEL_HOSTS_ON,
                               .bound = 51,
                               .scale = 100,
                               .weight_count = ROWS,
                               .weights = weights};
  cr_expect_eq(faults(&s), 0);
  s.plan.certificates[0].bound = on->bound = 52;
  cr_expect_eq(faults(&s), KIND(BERTH_FAULT_CERTIFICATE));
  end(&s);
}
