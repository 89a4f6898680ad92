/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Failures of two hosts each of which is survived alone: where the plans do not go together, by
 * hand; and on clusters of some size, sets settled by putting plans together against the exact
 * search.
 */
#include "audit_composition.h"
#include "audit_exact.h"
#include "inventory_fixture.h"
#include "set_number.h"

#include <berth/audit.h>
#include <stdio.h>

/* How many sets of two are lost if all of one are survived. */
static uint64_t pairs_lost(fixture *f) {
  const berth_inventory *inventory = fixture_freeze(f);
  berth_audit_request request = BERTH_AUDIT_REQUEST_INIT;
  berth_audit *audit = NULL;
  request.failures = 2;
  cr_assert_eq(berth_audit_run(f->ctx, inventory, &request, &audit), BERTH_OK);
  const berth_audit_cluster *said = berth_audit_get_cluster(audit, 0);
  cr_assert_eq(said->sizes[1].count[BERTH_AUDIT_LOST], 0);
  cr_assert_eq(said->sizes[2].count[BERTH_AUDIT_UNDECIDED], 0);
  uint64_t lost = said->sizes[2].count[BERTH_AUDIT_LOST];
  berth_audit_free(audit);
  berth_inventory_release(inventory);
  fixture_end(f);
  return lost;
}

/* Each of a and b has room for the other's VM, and nobody else has. */
Test(audit_composition, plans_that_need_each_others_hosts) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  fixture_host(&f, c, "a", 1000, 20);
  fixture_host(&f, c, "b", 1000, 20);
  fixture_host(&f, c, "c", 1000, 8);
  fixture_vm(&f, c, "va", "a", 0, 10);
  fixture_vm(&f, c, "vb", "b", 0, 10);
  cr_assert_eq(pairs_lost(&f), 1);
}

/* Only c has room for the VM of a or of b; not for both. */
Test(audit_composition, plans_that_need_the_same_room) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  fixture_host(&f, c, "a", 1000, 10);
  fixture_host(&f, c, "b", 1000, 10);
  fixture_host(&f, c, "c", 1000, 15);
  fixture_vm(&f, c, "va", "a", 0, 10);
  fixture_vm(&f, c, "vb", "b", 0, 10);
  cr_assert_eq(pairs_lost(&f), 3); /* with c, the VM of the other has nowhere to go */
}

/* Two hosts of rack r3 have room, but may take one member between them: hosts of their own are not
 * enough to make two plans one. */
Test(audit_composition, plans_that_one_rule_binds) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "prod");
  static const char *const names[] = {"a", "b", "spare1", "spare2"};
  static const char *const racks[] = {"r1", "r2", "r3", "r3"};
  for (int i = 0; i < 4; i++) {
    berth_host_spec host = fixture_host_spec(names[i], 1000, 10);
    host.rack = racks[i];
    fixture_add_host(&f, c, host);
  }
  fixture_vm(&f, c, "va", "a", 0, 10);
  fixture_vm(&f, c, "vb", "b", 0, 10);
  fixture_vm_group(&f, c, "pair", "va vb");
  berth_rule_spec apart = fixture_rule_spec("apart", BERTH_RULE_APART, BERTH_MUST, "pair", NULL);
  apart.over = BERTH_DOMAIN_RACK;
  fixture_add_rule(&f, c, apart);
  cr_assert_eq(pairs_lost(&f), 1);
}

/* ---------------------------------------------------------------------- against the search */

enum { HOSTS = 14, VMS_ON_EACH = 3, GROUPS = 4, MEMBERS = 3 };

typedef struct trial_bench {
  arena memory;
  search_clock clock;
  audit_ground ground;
  audit_trial *trials[1];
  audit_composition composition;
  composition_marks marks;
  uint64_t composed, sets;
} trial_bench;

static uint32_t draw(uint64_t *state, uint32_t below) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(*state >> 33) % below;
}

/* Hosts of 64, filled to about @p fill of it; groups of three kept apart. */
static const berth_inventory *random_hosts(fixture *f, uint64_t seed, uint32_t fill) {
  uint32_t c = fixture_cluster(f, "prod");
  char name[16], host[16], members[GROUPS][64] = {{0}};
  for (uint32_t h = 0; h < HOSTS; h++) {
    snprintf(name, sizeof name, "h%u", h);
    fixture_host(f, c, name, 10000, 64);
  }
  for (uint32_t i = 0; i < HOSTS * VMS_ON_EACH; i++) {
    snprintf(host, sizeof host, "h%u", i % HOSTS);
    snprintf(name, sizeof name, "v%u", i);
    fixture_vm(f, c, name, host, 0, fill / VMS_ON_EACH - 4 + draw(&seed, 8));
    if (i < GROUPS * MEMBERS) {
      char *list = members[i % GROUPS];
      snprintf(list + strlen(list), 8, "%s ", name);
    }
  }
  for (uint32_t g = 0; g < GROUPS; g++) {
    snprintf(name, sizeof name, "g%u", g);
    fixture_vm_group(f, c, name, members[g]);
    snprintf(host, sizeof host, "apart%u", g);
    fixture_rule(f, c, host, BERTH_RULE_APART, BERTH_MUST, name, NULL);
  }
  return fixture_freeze(f);
}

static void compare_set(trial_bench *b, const uint32_t *set, uint32_t size) {
  arena work;
  audit_answer exact;
  restarts_result said = audit_composition_ask(&b->composition, &b->marks, set, size);
  b->sets++;
  if (said == RESTARTS_OPEN)
    return;
  b->composed++;
  arena_init(&work, &b->memory.allocator);
  audit_trial_fail(b->trials[0], set, size);
  cr_assert(audit_exact_ask(&b->ground, b->trials[0]->out, 10000, &b->clock, &work, &exact));
  audit_trial_recover(b->trials[0], set, size);
  cr_assert_eq(exact.verdict,
               said == RESTARTS_PLACED ? BERTH_AUDIT_RESTARTS : BERTH_AUDIT_MIGRATIONS);
  arena_free(&work);
}

static void compare_sets(trial_bench *b, berth_context *ctx, const berth_inventory *inventory,
                         uint32_t size) {
  uint32_t set[3];
  arena_init(&b->memory, context_allocator(ctx));
  search_clock_start(&b->clock, ctx, 600000);
  cr_assert(audit_ground_build(&b->ground, inventory, 0, BERTH_DOMAIN_HOST, &b->memory));
  b->trials[0] = audit_trial_new(&b->ground, &b->memory);
  cr_assert(composition_marks_init(&b->marks, &b->ground, &b->memory));
  cr_assert(
      audit_composition_build(&b->composition, &b->ground, size, b->trials, &b->clock, &b->memory));
  set_number_find(HOSTS, size, 0, set);
  for (uint64_t n = set_number_count(HOSTS, size); n > 0; n -= size == 3 ? 4 : 1) {
    compare_set(b, set, size);
    for (int step = 0; step < (size == 3 ? 4 : 1); step++)
      set_number_next(HOSTS, size, set);
  }
  audit_composition_free(&b->composition);
  arena_free(&b->memory);
}

Test(audit_composition, finds_what_the_search_finds) {
  trial_bench b = {0};
  for (uint32_t seed = 1; seed <= 6; seed++) {
    fixture f = fixture_begin();
    const berth_inventory *inventory = random_hosts(&f, seed, seed <= 3 ? 40 : 56);
    compare_sets(&b, f.ctx, inventory, seed % 3 == 0 ? 3 : 2);
    berth_inventory_release(inventory);
    fixture_end(&f);
  }
  cr_assert_gt(b.composed * 5, b.sets, "%d of %d", (int)b.composed, (int)b.sets);
}
