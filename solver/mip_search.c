/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a back-end finds, and how much of it is believed. Solutions are rounded and checked exactly.
 * Bounds cannot be checked, only caught at a lie: one above a solution that holds. Then no bound of
 * this search counts any more.
 */
#include "checked.h"
#include "mip_backend.h"
#include "search_clock.h"
#include <assert.h>
#include <math.h>
#include <string.h>

/* Only the search's own thread writes, so reading there needs no lock. */
bool mip_search_over(mip_search *s) {
  return (s->has_best && s->best_cost <= s->bound) ||
         (s->work_limit > 0 && s->work >= s->work_limit) || foreign_thread_over(s->thread);
}

void mip_search_worked(mip_search *s, uint64_t iterations) {
  assert(s->thread != NULL);
  foreign_thread_lock(s->thread);
  s->work += iterations;
  foreign_thread_unlock(s->thread);
}

/* False: not a number, or far beyond what the bounds of a column can be. */
static bool round_values(mip_search *s, const double *values) {
  for (uint32_t j = 0; j < s->model.column_count; j++) {
    if (!(fabs(values[j]) < 1e16))
      return false;
    s->candidate[j] = llround(values[j]);
  }
  return true;
}

void mip_search_offer(mip_search *s, const double *values) {
  int64_t cost;
  if (!round_values(s, values) || !mip_check(&s->model, s->candidate, s->activity, &cost) ||
      (s->has_best && cost >= s->best_cost))
    return;
  assert(cost >= s->known_bound);
  foreign_thread_lock(s->thread);
  memcpy(s->best, s->candidate, s->model.column_count * sizeof *s->best);
  s->best_cost = cost;
  s->has_best = true;
  if (cost < s->bound || s->infeasible) {
    s->bound = s->known_bound;
    s->distrusted = true;
    s->infeasible = false;
  }
  foreign_thread_unlock(s->thread);
}

static int64_t round_up(int64_t value, int64_t step) {
  assert(step >= 1);
  int64_t rest = value % step;
  assert(rest > -step && rest < step);
  return rest == 0 ? value : value - rest + (value > 0 ? step : 0);
}

static void set_bound(mip_search *s, int64_t bound) {
  assert(s->bound >= s->known_bound);
  if (s->has_best && bound > s->best_cost)
    bound = s->best_cost;
  if (s->distrusted || bound <= s->bound)
    return;
  foreign_thread_lock(s->thread);
  s->bound = bound;
  foreign_thread_unlock(s->thread);
}

void mip_search_raise_bound(mip_search *s, double bound) {
  if (!(bound > -9e15 && bound < 9e15))
    return;
  double tolerance = 1e-5 * fmax(1.0, fabs(bound) * 1e-3);
  double safe = ceil(bound - fmax(tolerance, s->most * 1e-9));
  set_bound(s, round_up((int64_t)safe, s->step));
}

/* Solvers prune what is better by less than about 1e-7 of the objective, and what one column can
 * add is weighed as roughly: where that is a step of the objective or more, an exhausted search
 * leaves a gap. */
static int64_t blur(const mip_search *s) {
  double width = fmax(fabs((double)s->best_cost), s->most) / 4e6;
  assert(width >= 0);
  return width < (double)s->step ? 0 : (int64_t)fmin(width, 9e15);
}

void mip_search_exhausted(mip_search *s) {
  if (s->has_best) {
    set_bound(s, s->best_cost - blur(s));
    return;
  }
  foreign_thread_lock(s->thread);
  s->infeasible = !s->distrusted;
  foreign_thread_unlock(s->thread);
}
