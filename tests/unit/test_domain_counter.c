/* SPDX-License-Identifier: Apache-2.0 */
/* Both forms of the counter against a plain array, with as many distinct domains as members. */
#include "context_internal.h"
#include "domain_counter.h"
#include <berth/inventory.h>
#include <criterion/criterion.h>
#include <stdlib.h>

static void compare_with_array(uint32_t domains, uint32_t members, bool dense) {
  berth_context *ctx = NULL;
  arena memory;
  domain_counter counter;
  uint32_t *plain = calloc(domains, sizeof *plain), *at = calloc(members, sizeof *at);
  uint64_t state = domains * 31u + members;
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  arena_init(&memory, context_allocator(ctx));
  cr_assert(domain_counter_init(&counter, &memory, domains, members));
  cr_assert_eq(counter.mask == 0, dense);
  for (uint32_t m = 0; m < members; m++)
    at[m] = BERTH_NONE;
  for (int step = 0; step < 20000; step++) {
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    uint32_t m = (uint32_t)(state >> 40) % members, d = (uint32_t)(state >> 20) % domains;
    if (at[m] != BERTH_NONE)
      cr_assert_eq(domain_counter_remove(&counter, at[m]), --plain[at[m]]);
    at[m] = step % 7 == 0 ? BERTH_NONE : d;
    if (at[m] != BERTH_NONE)
      cr_assert_eq(domain_counter_add(&counter, d), ++plain[d]);
    cr_assert_eq(domain_counter_get(&counter, d), plain[d]);
  }
  for (uint32_t d = 0; d < domains; d++)
    cr_assert_eq(domain_counter_get(&counter, d), plain[d]);
  arena_free(&memory);
  berth_context_free(ctx);
  free(plain);
  free(at);
}

Test(domain_counter, dense_for_few_domains) {
  compare_with_array(8, 5, true);
}

Test(domain_counter, hashed_for_many_domains) {
  compare_with_array(10000, 6, false);
}

Test(domain_counter, never_fills_up) {
  compare_with_array(2000, 40, false);
}
