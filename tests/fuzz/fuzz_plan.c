/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans in JSON: what is read goes through the checker, all writers and an execution.
 */
#include "fuzzed_bytes.h"
#include "fuzzed_fixture.h"
#include "fuzzed_plan.h"
#include <berth/io.h>
#include <unistd.h>

enum { LARGEST = 1 << 15 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > LARGEST)
    return 0;
  char path[FUZZED_PATH_ROOM];
  berth_plan *plan = NULL;
  berth_context *ctx = fuzzed_context();
  const berth_inventory *inventory = fuzzed_fixture(ctx);
  const int file = fuzzed_file_open(data, size, path);
  const berth_status status = berth_read_plan(ctx, path, inventory, NULL, &plan);
  fuzzed_require_verdict(ctx, status, "a plan is read or refused");
  fuzzed_require((plan != NULL) == (status == BERTH_OK), "what is read is a plan");
  if (plan != NULL) {
    const bool sound = fuzzed_plan_faults(ctx, plan, false) == 0;
    fuzzed_plan_write(ctx, plan);
    fuzzed_plan_round_trip(ctx, plan, inventory);
    fuzzed_plan_carry_out(ctx, plan, fuzzed_digest(data, size), sound);
  }
  berth_plan_free(plan);
  (void)close(file);
  berth_inventory_release(inventory);
  berth_context_free(ctx);
  return 0;
}
