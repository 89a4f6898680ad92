/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of an audit, put together as audit.h says, are the whole: on random clusters, some so tight
 * that more sets are bad than are listed.
 */
#include "inventory_fixture.h"
#include "set_number.h"

#include <berth/audit.h>
#include <stdio.h>

enum { LISTED = 500, LISTED_BAD = 1000, MOST_PARTS = 8 };

typedef struct random_source {
  uint64_t state;
} random_source;

static uint32_t draw(random_source *r, uint32_t below) {
  r->state = r->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)((r->state >> 33) % below);
}

/* Hosts of 64 units that are filled to a share; rules keep some VMs apart. */
static const berth_inventory *random_inventory(fixture *f, random_source *r, uint32_t hosts,
                                               uint32_t percent) {
  uint32_t c = fixture_cluster(f, "prod");
  char host[16], vm[16], pair[40];
  for (uint32_t h = 0; h < hosts; h++) {
    snprintf(host, sizeof host, "h%u", h);
    fixture_host(f, c, host, 100000, 64);
    uint32_t used = 0;
    for (uint32_t v = 0; used * 100 < 64 * percent; v++) {
      uint32_t size = 8 * (1 + draw(r, 6));
      snprintf(vm, sizeof vm, "v%u-%u", h, v);
      size = used + size > 64 ? 64 - used : size;
      berth_vm_spec spec = fixture_vm_spec(vm, host, 10, size);
      fixture_add_vm(f, c, spec);
      used += size;
    }
  }
  for (uint32_t h = 1; h < hosts; h += 5) {
    snprintf(pair, sizeof pair, "v%u-0 v%u-0", h - 1, h);
    snprintf(vm, sizeof vm, "apart%u", h);
    berth_rule_spec rule = BERTH_RULE_SPEC_INIT;
    rule.id = vm;
    rule.type = BERTH_RULE_APART;
    rule.vms = pair;
    cr_assert_eq(berth_builder_add_rule(f->builder, c, &rule, NULL), BERTH_OK);
  }
  return fixture_freeze(f);
}

static berth_audit *run(fixture *f, const berth_inventory *inventory, uint32_t failures,
                        uint32_t part, uint32_t parts) {
  berth_audit *audit = NULL;
  berth_audit_request request = BERTH_AUDIT_REQUEST_INIT;
  request.failures = failures;
  request.part = part;
  request.parts = parts;
  cr_assert_eq(berth_audit_run(f->ctx, inventory, &request, &audit), BERTH_OK);
  return audit;
}

static void expect_same_set(const berth_audit_set *a, const berth_audit_set *b) {
  cr_assert_eq(a->size, b->size);
  cr_assert_eq(a->verdict, b->verdict);
  cr_assert_eq(a->lost_known, b->lost_known);
  cr_assert_eq(a->lost_count, b->lost_count);
  for (uint32_t i = 0; i < a->size; i++)
    cr_assert_eq(a->units[i], b->units[i]);
  for (uint32_t i = 0; i < a->lost_count; i++)
    cr_assert_eq(a->lost[i], b->lost[i]);
}

static uint8_t worse(uint8_t a, uint8_t b) {
  return a > b ? a : b;
}

static void compare_counts(const berth_audit_cluster *whole, const berth_audit_cluster **part,
                           uint32_t parts) {
  for (uint32_t k = 0; k < whole->size_count; k++) {
    berth_audit_size sum = {0};
    for (uint32_t p = 0; p < parts; p++) {
      cr_assert_eq(part[p]->size_count, whole->size_count);
      sum.sets += part[p]->sizes[k].sets;
      sum.alone += part[p]->sizes[k].alone;
      sum.alone_undecided += part[p]->sizes[k].alone_undecided;
      for (int v = 0; v < BERTH_AUDIT_VERDICT_COUNT; v++)
        sum.count[v] += part[p]->sizes[k].count[v];
      for (int claim = 0; claim < BERTH_AUDIT_CLAIM_COUNT; claim++)
        cr_assert_eq(part[p]->sizes[k].claim[claim], whole->sizes[k].claim[claim]);
    }
    cr_assert_eq(sum.sets, whole->sizes[k].sets);
    cr_assert_eq(sum.alone, whole->sizes[k].alone);
    cr_assert_eq(sum.alone_undecided, whole->sizes[k].alone_undecided);
    for (int v = 0; v < BERTH_AUDIT_VERDICT_COUNT; v++)
      cr_assert_eq(sum.count[v], whole->sizes[k].count[v]);
  }
}

/* @return how many sets the merged list has. */
static uint32_t compare_sets(const berth_audit_cluster *whole, const berth_audit_cluster **part,
                             uint32_t parts) {
  uint32_t listed = 0;
  uint64_t left = 0;
  for (uint32_t k = 0; k < whole->size_count; k++) {
    for (uint32_t p = 0; p < parts; p++) {
      for (uint32_t i = 0; i < part[p]->set_count; i++) {
        const berth_audit_set *set = &part[p]->sets[i];
        bool bad = set->verdict >= BERTH_AUDIT_UNDECIDED;
        if (set->size != k)
          continue;
        if (listed < LISTED || (bad && listed < LISTED_BAD)) {
          cr_assert_lt(listed, whole->set_count);
          expect_same_set(set, &whole->sets[listed++]);
        } else
          left++;
      }
    }
  }
  for (uint32_t p = 0; p < parts; p++)
    left += part[p]->sets_not_listed;
  cr_assert_eq(listed, whole->set_count);
  cr_assert_eq(left, whole->sets_not_listed);
  return listed;
}

static void compare_worst(const berth_inventory *inventory, berth_audit *whole, berth_audit **audit,
                          const berth_audit_cluster **part, uint32_t parts) {
  const berth_audit_cluster *all = berth_audit_get_cluster(whole, 0);
  for (uint32_t u = 0; u < all->unit_count; u++) {
    uint8_t worst = 0;
    for (uint32_t p = 0; p < parts; p++)
      worst = worse(worst, part[p]->unit_worst[u]);
    cr_assert_eq(worst, all->unit_worst[u]);
  }
  for (uint32_t vm = 0; vm < berth_inventory_vm_count(inventory); vm++) {
    uint8_t worst = 0;
    for (uint32_t p = 0; p < parts; p++)
      worst = worse(worst, (uint8_t)berth_audit_vm(audit[p], vm));
    cr_assert_eq(worst, (uint8_t)berth_audit_vm(whole, vm));
  }
}

static uint32_t compare(fixture *f, const berth_inventory *inventory, uint32_t failures,
                        uint32_t parts) {
  berth_audit *whole = run(f, inventory, failures, 0, 0), *audit[MOST_PARTS];
  const berth_audit_cluster *part[MOST_PARTS];
  for (uint32_t p = 0; p < parts; p++) {
    audit[p] = run(f, inventory, failures, p, parts);
    part[p] = berth_audit_get_cluster(audit[p], 0);
  }
  compare_counts(berth_audit_get_cluster(whole, 0), part, parts);
  uint32_t listed = compare_sets(berth_audit_get_cluster(whole, 0), part, parts);
  compare_worst(inventory, whole, audit, part, parts);
  for (uint32_t p = 0; p < parts; p++)
    berth_audit_free(audit[p]);
  berth_audit_free(whole);
  return listed;
}

Test(audit_parts, together_they_are_the_whole) {
  uint32_t some = 0;
  for (uint32_t round = 0; round < 12; round++) {
    random_source r = {round + 1};
    fixture f = fixture_begin();
    const berth_inventory *inventory = random_inventory(&f, &r, 4 + round % 5, 30 + draw(&r, 30));
    some += compare(&f, inventory, 2 + round % 2, 2 + round % 6);
    berth_inventory_release(inventory);
    fixture_end(&f);
  }
  cr_assert_gt(some, 100, "only %u sets were listed in all", some);
}

/* Each VM of 52 hosts needs the datastore of its host: all 1,326 pairs are lost, quickly. */
Test(audit_parts, lists_of_the_parts_have_what_the_whole_lists) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod"), index;
  char host[16], vm[16], store[16];
  for (uint32_t h = 0; h < 52; h++) {
    snprintf(host, sizeof host, "h%u", h);
    snprintf(vm, sizeof vm, "v%u", h);
    snprintf(store, sizeof store, "s%u", h);
    index = fixture_host(&f, c, host, 1000, 64);
    cr_assert_eq(berth_builder_host_reach_datastore(f.builder, index, store), BERTH_OK);
    index = fixture_vm(&f, c, vm, host, 10, 8);
    cr_assert_eq(berth_builder_vm_needs_datastore(f.builder, index, store), BERTH_OK);
  }
  const berth_inventory *inventory = fixture_freeze(&f);
  cr_assert_eq(compare(&f, inventory, 2, 3), LISTED_BAD);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* More parts than sets: some have none. */
Test(audit_parts, a_part_may_be_empty) {
  random_source r = {7};
  fixture f = fixture_begin();
  const berth_inventory *inventory = random_inventory(&f, &r, 3, 60);
  (void)compare(&f, inventory, 3, 8);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

Test(audit_parts, a_part_that_there_is_not) {
  random_source r = {7};
  fixture f = fixture_begin();
  const berth_inventory *inventory = random_inventory(&f, &r, 3, 60);
  berth_audit *audit = NULL;
  berth_audit_request request = BERTH_AUDIT_REQUEST_INIT;
  request.part = 4;
  request.parts = 4;
  cr_assert_eq(berth_audit_run(f.ctx, inventory, &request, &audit), BERTH_E_ARGUMENT);
  cr_assert_null(audit);
  request.part = 0;
  request.parts = UINT32_MAX;
  cr_assert_eq(berth_audit_run(f.ctx, inventory, &request, &audit), BERTH_E_ARGUMENT);
  berth_inventory_release(inventory);
  fixture_end(&f);
}

/* 10 sets in 4 shares: 3, 3, 2, 2. */
Test(audit_parts, shares_follow_each_other) {
  static const uint64_t first[4] = {0, 3, 6, 8}, count[4] = {3, 3, 2, 2};
  for (uint32_t part = 0; part < 4; part++) {
    cr_assert_eq(set_number_share(10, part, 4).first, first[part]);
    cr_assert_eq(set_number_share(10, part, 4).count, count[part]);
  }
  set_range last = set_number_share(UINT64_MAX, 2, 3);
  cr_assert_eq(last.first + last.count, UINT64_MAX);
}
