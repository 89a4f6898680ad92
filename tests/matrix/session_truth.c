/* SPDX-License-Identifier: Apache-2.0 */
/* A history with all that is asked on its way; snapshots are asked again at its end. */
#include "session_truth.h"

#include "session_history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_SNAPSHOTS = 4 };

typedef struct kept_view {
  const berth_view *view;
  session_model *model;
  char where[240];
} kept_view;

typedef struct truth_run {
  berth_context *ctx;
  session_history history;
  unsigned what;
  session_tally *tally;
  kept_view kept[MOST_SNAPSHOTS];
  uint32_t kept_count;
} truth_run;

/* Draws what is asked from numbers of its own: what is compared must not change the history. */
static bool ask(truth_run *run, const char *where, const berth_view *view,
                const session_model *model, uint64_t draw) {
  model_inventory fresh;
  bool agreed = true;
  session_history dice = {.random = draw};
  model_freeze(model, run->ctx, &fresh);
  if (run->what & TRUTH_INVENTORY) {
    run->tally->inventories++;
    agreed = truth_of_inventory(where, run->ctx, view, model, &fresh);
  }
  if (agreed && (run->what & TRUTH_WRITTEN) && history_below(&dice, 8) == 0)
    agreed = truth_of_writing(where, run->ctx, view);
  for (uint32_t v = 0; agreed && (run->what & TRUTH_BEST_HOSTS) && v < model->vm_count; v++)
    if (model->vms[v].exists)
      agreed = truth_of_best_hosts(where, view, model, &fresh, v, run->tally);
  berth_inventory_release(fresh.inventory);
  if (agreed && (run->what & TRUTH_PLACE) && model->vm_count > 0 && history_below(&dice, 4) == 0) {
    uint32_t vm = history_below(&dice, model->vm_count);
    if (model->vms[vm].exists)
      agreed = truth_of_place(where, run->ctx, view, model, vm, run->tally);
  }
  if (agreed && (run->what & TRUTH_ANSWERS) && history_below(&dice, 4) == 0) {
    uint32_t host = history_below(&dice, model->host_count);
    agreed = truth_of_drain(where, run->ctx, view, model, host, run->tally) &&
             truth_of_failure(where, run->ctx, view, model, host, run->tally);
  }
  return agreed;
}

static void keep(truth_run *run, const char *where) {
  session_history *h = &run->history;
  uint32_t slot =
      run->kept_count < MOST_SNAPSHOTS ? run->kept_count++ : history_below(h, MOST_SNAPSHOTS);
  kept_view *kept = &run->kept[slot];
  const berth_view *view = NULL;
  if (h->open)
    return;
  if (berth_session_snapshot(h->session, &view) != BERTH_OK)
    abort();
  berth_view_release(kept->view);
  if (kept->model == NULL)
    kept->model = malloc(sizeof *kept->model);
  if (kept->model == NULL)
    abort();
  *kept->model = h->model;
  kept->view = view;
  (void)snprintf(kept->where, sizeof kept->where, "%s, kept", where);
  run->tally->snapshots++;
}

static bool step(truth_run *run, uint64_t seed, uint32_t number) {
  session_history *h = &run->history;
  berth_status status;
  char where[220];
  bool open = h->open;
  bool agreed = history_change(h, false, &status);
  (void)snprintf(where, sizeof where, "seed %" PRIu64 " change %u (%s)", seed, number, h->said);
  run->tally->changes++;
  run->tally->refused += status != BERTH_OK;
  run->tally->rolled_back += open && !h->open;
  if (!agreed) {
    (void)fprintf(stderr, "%s: the session says %s\n", where, berth_status_name(status));
    return false;
  }
  if (!ask(run, where, berth_session_view(h->session), &h->model, h->random ^ number))
    return false;
  if (history_below(h, 10) == 0)
    keep(run, where);
  return true;
}

static bool go(truth_run *run, uint64_t seed, uint32_t changes) {
  char where[60];
  (void)snprintf(where, sizeof where, "seed %" PRIu64 " at its opening", seed);
  bool agreed =
      ask(run, where, berth_session_view(run->history.session), &run->history.model, seed);
  for (uint32_t i = 0; i < changes && agreed; i++)
    agreed = step(run, seed, i);
  return agreed;
}

void session_truth_run(uint64_t seed, uint32_t changes, unsigned what, session_tally *tally) {
  truth_run *run = calloc(1, sizeof *run);
  if (run == NULL || berth_context_new(NULL, &run->ctx) != BERTH_OK)
    abort();
  run->what = what;
  run->tally = tally;
  run->history.random = seed ^ UINT64_C(0x7e57);
  const berth_inventory *base = model_draw_base(run->ctx, seed);
  if (base != NULL && model_open(&run->history.model, base)) {
    tally->histories++;
    if (berth_session_open(run->ctx, base, &run->history.session) != BERTH_OK)
      abort();
    bool agreed = go(run, seed, changes);
    bool closed = seed % 2 == 0; /* snapshots outlive their session */
    if (closed)
      berth_session_close(run->history.session);
    for (uint32_t i = 0; i < run->kept_count; i++) {
      agreed =
          agreed && (run->kept[i].view == NULL ||
                     ask(run, run->kept[i].where, run->kept[i].view, run->kept[i].model, seed + i));
      berth_view_release(run->kept[i].view);
      free(run->kept[i].model);
    }
    if (!closed)
      berth_session_close(run->history.session);
    tally->disagreed += !agreed;
  }
  berth_inventory_release(base);
  berth_context_free(run->ctx);
  free(run);
}
