/* SPDX-License-Identifier: Apache-2.0 */
/* Histories of a session whose allocator fails on demand; its model never runs short. */
#include "../short_memory.h"
#include "session_history.h"
#include "session_truth.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct memory_run {
  berth_context *ctx, *rich; /* `rich` never runs short */
  short_memory memory;
  session_history history;
  long allocations;
  uint64_t *failures;
} memory_run;

/* Whether the status is one that fits, and counts what ran short. */
static bool is_fine(memory_run *run, berth_status status) {
  *run->failures += status == BERTH_E_NOMEM;
  return status == BERTH_OK || status == BERTH_E_NOMEM || status == BERTH_E_ARGUMENT;
}

static bool is_as_modelled(memory_run *run, const char *where, const berth_view *view) {
  model_inventory fresh;
  model_freeze(&run->history.model, run->rich, &fresh);
  bool same = truth_of_inventory(where, run->rich, view, &run->history.model, &fresh);
  berth_inventory_release(fresh.inventory);
  return same;
}

/* Questions that take memory of the caller's context. */
static bool ask(memory_run *run, const char *where) {
  const berth_view *view = berth_session_view(run->history.session), *kept = NULL;
  const berth_inventory *inventory = NULL;
  berth_answer *answer = NULL;
  uint32_t host = history_below(&run->history, run->history.model.host_count);
  run->memory.left = run->allocations;
  bool fine =
      run->history.open || is_fine(run, berth_session_snapshot(run->history.session, &kept));
  run->memory.left = run->allocations;
  fine = fine && is_fine(run, berth_view_inventory(run->ctx, view, &inventory));
  run->memory.left = run->allocations;
  fine = fine && is_fine(run, berth_view_drain(run->ctx, view, host, NULL, &answer));
  run->memory.left = -1;
  berth_answer_free(answer);
  berth_inventory_release(inventory);
  if (fine && kept != NULL)
    fine = is_as_modelled(run, where, kept);
  berth_view_release(kept);
  return fine;
}

static bool step(memory_run *run, uint64_t seed, uint32_t number) {
  berth_status status;
  char where[260];
  run->memory.left = run->allocations;
  bool agreed = history_change(&run->history, true, &status);
  run->memory.left = -1;
  (void)snprintf(where, sizeof where, "seed %" PRIu64 " change %u (%s), %ld allocations: %s", seed,
                 number, run->history.said, run->allocations, berth_status_name(status));
  if (!agreed || !is_fine(run, status)) {
    (void)fprintf(stderr, "%s\n", where);
    return false;
  }
  return is_as_modelled(run, where, berth_session_view(run->history.session)) &&
         (history_below(&run->history, 4) > 0 || ask(run, where));
}

/* With so much memory; false = not enough to open at all. */
static bool open_with(memory_run *run, const berth_inventory *base) {
  run->memory.left = run->allocations;
  berth_status status = berth_session_open(run->ctx, base, &run->history.session);
  run->memory.left = -1;
  *run->failures += status != BERTH_OK;
  return status == BERTH_OK ||
         berth_session_open(run->ctx, base, &run->history.session) == BERTH_OK;
}

bool session_short_memory(uint64_t seed, uint32_t changes, long allocations, uint64_t *failures) {
  memory_run *run = calloc(1, sizeof *run);
  if (run == NULL)
    abort();
  const berth_allocator allocator = short_memory_allocator(&run->memory);
  run->memory.left = -1;
  run->allocations = allocations;
  run->failures = failures;
  run->history.random = seed ^ UINT64_C(0x5407);
  if (berth_context_new(&allocator, &run->ctx) != BERTH_OK ||
      berth_context_new(NULL, &run->rich) != BERTH_OK)
    abort();
  const berth_inventory *base = model_draw_base(run->rich, seed);
  bool agreed = true;
  if (base != NULL && model_open(&run->history.model, base)) {
    agreed = open_with(run, base);
    for (uint32_t i = 0; i < changes && agreed; i++)
      agreed = step(run, seed, i);
    berth_session_close(run->history.session);
  }
  berth_inventory_release(base);
  berth_context_free(run->rich);
  berth_context_free(run->ctx);
  if (run->memory.alive != 0) {
    (void)fprintf(stderr, "seed %" PRIu64 ": %ld pieces not given back\n", seed, run->memory.alive);
    agreed = false;
  }
  free(run);
  return agreed;
}
