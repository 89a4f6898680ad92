/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets are numbered in lexicographic order and taken in waves. In each, all workers first try what
 * is quick, a chunk of sets a task: plans of single units put together, then restarts for the set.
 * The sets that are left are asked exactly, a set a task. What comes of a wave is summed up in the
 * order of its numbers, so that the result does not depend on who did what.
 */
#include "audit_sets.h"
#include "audit_composition.h"
#include "set_number.h"
#include "sorted_list.h"
#include <assert.h>
#include <string.h>

enum { WAVE = 1 << 20, CHUNK = 64, SETS_LISTED = 1000, SETS_AT_ONCE = 256, MOST_FAILURES = 64 };

/* What a byte of a wave says before it is a verdict. */
enum { SET_NOT_TRIED = 100, SET_LOSES, SET_OPEN };

typedef struct wave {
  audit_tally *tally;
  uint32_t size;
  uint64_t first;
  uint32_t count;
  uint8_t *state;       /* [set of the wave] */
  audit_trial **trials; /* [hand] */
  audit_composition composition;
  composition_marks *marks;    /* [hand] */
  const uint32_t *left;        /* sets of the wave that are to be asked */
  audit_answer *answers;       /* beside them */
  arena *memory;               /* [hand] of their lists */
  uint8_t *failed_memory;      /* [hand] 1 = out of memory */
  uint32_t set[MOST_FAILURES]; /* the one at hand while the wave is summed up */
} wave;

/* ---------------------------------------------------------------------- what is quick */

static uint8_t state_of(restarts_result result) {
  switch (result) {
  case RESTARTS_PLACED:
    return BERTH_AUDIT_RESTARTS;
  case RESTARTS_AFTER_MOVES:
    return BERTH_AUDIT_MIGRATIONS;
  case RESTARTS_LOSE:
    return SET_LOSES;
  default:
    return SET_OPEN;
  }
}

static restarts_result try_set(wave *w, const uint32_t *set, uint32_t hand) {
  audit_trial *trial = w->trials[hand];
  restarts_result result = audit_composition_ask(&w->composition, &w->marks[hand], set, w->size);
  if (result != RESTARTS_OPEN)
    return result;
  audit_trial_fail(trial, set, w->size);
  result = audit_restarts(trial);
  audit_trial_recover(trial, set, w->size);
  return result;
}

static void try_chunk(void *user, uint32_t task, worker *self) {
  wave *w = user;
  uint32_t units = w->tally->ground->unit_count, set[MOST_FAILURES];
  uint32_t from = task * CHUNK, to = from + CHUNK < w->count ? from + CHUNK : w->count;
  search_clock clock;
  search_clock_share(&clock, w->tally->clock, self);
  if (search_clock_over(&clock))
    return;
  assert(from < to);
  set_number_find(units, w->size, w->first + from, set);
  for (uint32_t i = from; i < to; i++) {
    w->state[i] = state_of(try_set(w, set, worker_index(self)));
    set_number_next(units, w->size, set);
  }
  search_clock_done(&clock, to - from);
}

/* ---------------------------------------------------------------------- what is left */

/* The VMs that quick restarts proved lost. false = no memory. */
static bool list_hopeless(const audit_trial *trial, arena *memory, audit_answer *out) {
  const problem *p = &trial->ground->whole;
  uint32_t count = 0;
  uint32_t *lost = arena_take(memory, trial->item_count, sizeof *lost);
  if (lost == NULL)
    return false;
  for (uint32_t i = 0; i < trial->item_count; i++) {
    if (trial->to[i] != BERTH_NONE)
      continue;
    uint32_t at = count++, vm = p->vm[trial->items[i]];
    for (; at > 0 && lost[at - 1] > vm; at--)
      lost[at] = lost[at - 1];
    lost[at] = vm;
  }
  assert(count > 0);
  *out = (audit_answer){
      .verdict = BERTH_AUDIT_LOST, .lost_known = true, .lost = lost, .lost_count = count};
  return true;
}

static void ask_set(void *user, uint32_t task, worker *self) {
  wave *w = user;
  const audit_ground *g = w->tally->ground;
  uint32_t hand = worker_index(self), set[MOST_FAILURES];
  audit_trial *trial = w->trials[hand];
  search_clock clock;
  if (w->state[w->left[task]] == BERTH_AUDIT_MIGRATIONS) {
    w->answers[task] = (audit_answer){.verdict = BERTH_AUDIT_MIGRATIONS};
    return;
  }
  search_clock_share(&clock, w->tally->clock, self);
  set_number_find(g->unit_count, w->size, w->first + w->left[task], set);
  audit_trial_fail(trial, set, w->size);
  bool ok = w->state[w->left[task]] == SET_LOSES
                ? audit_restarts(trial) == RESTARTS_LOSE &&
                      list_hopeless(trial, &w->memory[hand], &w->answers[task])
                : audit_exact_ask(g, trial->out, w->tally->exact_limit, &clock, &w->memory[hand],
                                  &w->answers[task]);
  audit_trial_recover(trial, set, w->size);
  if (!ok)
    w->failed_memory[hand] = 1;
}

/* ---------------------------------------------------------------------- summing up */

static void raise(uint8_t *worst, berth_audit_verdict verdict) {
  if (*worst == BERTH_AUDIT_VERDICT_COUNT || *worst < verdict)
    *worst = (uint8_t)verdict;
}

static bool is_lost(const audit_answer *answer, uint32_t vm) {
  return sorted_list_has(answer->lost, answer->lost_count, vm);
}

/* A set that means the same for all VMs that stop with it. */
static void note_alike(audit_tally *t, const uint32_t *set, uint32_t size,
                       berth_audit_verdict verdict) {
  for (uint32_t i = 0; i < size; i++)
    raise(&t->unit_alike[set[i]], verdict);
  raise(&t->unit_alike[t->ground->unit_count], verdict);
}

/* One that does not. */
static void note_vms(audit_tally *t, audit_trial *trial, const audit_answer *answer) {
  const problem *p = &t->ground->whole;
  assert(answer->verdict >= BERTH_AUDIT_UNDECIDED && answer->lost != NULL);
  for (uint32_t i = 0; i < trial->item_count; i++) {
    uint32_t vm = p->vm[trial->items[i]];
    if (!is_lost(answer, vm))
      raise(&t->vm_worst[vm], answer->lost_known ? answer->others : BERTH_AUDIT_UNDECIDED);
    else
      raise(&t->vm_worst[vm], answer->lost_known ? BERTH_AUDIT_LOST : BERTH_AUDIT_UNDECIDED);
  }
}

static bool grow_list(audit_tally *t) {
  uint32_t room = t->set_room * 2 + 16;
  berth_audit_set *sets = arena_take(t->memory, room, sizeof *sets);
  if (sets == NULL)
    return false;
  if (t->set_count > 0)
    memcpy(sets, t->sets, t->set_count * sizeof *sets);
  t->sets = sets;
  t->set_room = room;
  return true;
}

/* The first sets of every size, and more of those that are lost. */
static bool is_worth_listing(const audit_tally *t, const audit_answer *answer) {
  return t->set_count < SETS_LISTED / 2 ||
         (answer->verdict >= BERTH_AUDIT_UNDECIDED && t->set_count < SETS_LISTED);
}

static bool list_set(audit_tally *t, const uint32_t *set, uint32_t size,
                     const audit_answer *answer) {
  assert((set != NULL || size == 0) && (answer->lost != NULL || answer->lost_count == 0));
  if (!is_worth_listing(t, answer)) {
    t->sets_not_listed++;
    return true;
  }
  uint32_t *units = arena_take(t->memory, (size_t)size + 1, sizeof *units);
  uint32_t *lost = arena_take(t->memory, answer->lost_count, sizeof *lost);
  if (units == NULL || lost == NULL || (t->set_count == t->set_room && !grow_list(t)))
    return false;
  if (size > 0)
    memcpy(units, set, size * sizeof *units);
  if (answer->lost_count > 0)
    memcpy(lost, answer->lost, answer->lost_count * sizeof *lost);
  t->sets[t->set_count++] = (berth_audit_set){.size = size,
                                              .units = units,
                                              .verdict = answer->verdict,
                                              .lost_count = answer->lost_count,
                                              .lost = lost,
                                              .lost_known = answer->lost_known};
  return true;
}

static void note_alone(audit_alone alone, berth_audit_size *out) {
  out->alone += alone == ALONE_YES;
  out->alone_undecided += alone == ALONE_UNDECIDED;
}

static bool note_answer(wave *w, uint32_t place, const audit_answer *answer,
                        berth_audit_size *out) {
  audit_tally *t = w->tally;
  uint32_t set[MOST_FAILURES];
  audit_trial *trial = w->trials[0];
  assert(answer->verdict < BERTH_AUDIT_VERDICT_COUNT);
  out->count[answer->verdict]++;
  note_alone(answer->alone, out);
  set_number_find(t->ground->unit_count, w->size, w->first + place, set);
  for (uint32_t i = 0; i < w->size; i++)
    raise(&t->unit_worst[set[i]], answer->verdict);
  if (answer->verdict >= BERTH_AUDIT_UNDECIDED && answer->lost != NULL) {
    audit_trial_fail(trial, set, w->size);
    note_vms(t, trial, answer);
    audit_trial_recover(trial, set, w->size);
  } else
    note_alike(t, set, w->size, answer->verdict);
  return answer->verdict == BERTH_AUDIT_RESTARTS || list_set(t, set, w->size, answer);
}

/* True if the set at hand was settled quickly and is not going to be listed. */
static bool note_quick(wave *w, uint32_t place, berth_audit_size *out) {
  audit_tally *t = w->tally;
  if (w->state[place] == BERTH_AUDIT_RESTARTS) {
    note_alone(ALONE_YES, out);
  } else if (w->state[place] == BERTH_AUDIT_MIGRATIONS && t->set_count >= SETS_LISTED / 2) {
    note_alike(t, w->set, w->size, BERTH_AUDIT_MIGRATIONS);
    for (uint32_t i = 0; i < w->size; i++)
      raise(&t->unit_worst[w->set[i]], BERTH_AUDIT_MIGRATIONS);
    t->sets_not_listed++;
  } else
    return false;
  out->count[w->state[place]]++;
  return true;
}

/* What the sets mean for the VMs, those included that are down already. */
void audit_sets_spread(audit_tally *t) {
  const audit_ground *g = t->ground;
  const problem *p = &g->whole;
  for (uint32_t i = 0; i < g->down_count; i++) {
    if (g->comes_back[g->down[i]])
      raise(&t->vm_worst[p->vm[g->down[i]]], t->unit_alike[g->unit_count]);
  }
  for (uint32_t u = 0; u < g->unit_count; u++) {
    for (uint32_t i = g->unit_start[u]; i < g->unit_start[u + 1]; i++) {
      uint32_t host = g->unit_hosts[i];
      for (uint32_t k = g->content_start[host]; k < g->content_start[host + 1]; k++) {
        if (g->comes_back[g->content[k]])
          raise(&t->vm_worst[p->vm[g->content[k]]], t->unit_alike[u]);
      }
    }
  }
}

/* ---------------------------------------------------------------------- a wave */

static bool any_failed(const wave *w, uint32_t hands) {
  for (uint32_t h = 0; h < hands; h++) {
    if (w->failed_memory[h])
      return true;
  }
  return false;
}

/* Asks the next sets from @p at on that are open. */
static bool ask_some(wave *w, uint32_t *at, uint32_t *left, berth_audit_size *out) {
  worker *self = w->tally->clock->worker;
  uint32_t count = 0, hands = worker_hands(self);
  for (; *at < w->count && count < SETS_AT_ONCE; ++*at) {
    if (!note_quick(w, *at, out))
      left[count++] = *at;
    set_number_next(w->tally->ground->unit_count, w->size, w->set);
  }
  assert(count <= SETS_AT_ONCE && *at <= w->count);
  w->left = left;
  for (uint32_t h = 0; h < hands; h++)
    arena_init(&w->memory[h], &w->tally->memory->allocator);
  workers_run(self, count, ask_set, w);
  bool ok = !any_failed(w, hands);
  for (uint32_t i = 0; i < count && ok; i++)
    ok = note_answer(w, left[i], &w->answers[i], out);
  for (uint32_t h = 0; h < hands; h++)
    arena_free(&w->memory[h]);
  return ok;
}

static bool begin_wave(wave *w, uint32_t most, arena *memory) {
  uint32_t hands = worker_hands(w->tally->clock->worker);
  w->state = arena_take_unset(memory, most, 1);
  w->trials = arena_take(memory, hands, sizeof *w->trials);
  w->memory = arena_take(memory, hands, sizeof *w->memory);
  w->failed_memory = arena_take(memory, hands, 1);
  w->answers = arena_take(memory, SETS_AT_ONCE, sizeof *w->answers);
  w->marks = arena_take(memory, hands, sizeof *w->marks);
  if (w->marks == NULL || w->state == NULL || w->trials == NULL || w->memory == NULL ||
      w->failed_memory == NULL || w->answers == NULL)
    return false;
  for (uint32_t h = 0; h < hands; h++) {
    w->trials[h] = audit_trial_new(w->tally->ground, memory);
    if (w->trials[h] == NULL || !composition_marks_init(&w->marks[h], w->tally->ground, memory))
      return false;
  }
  return audit_composition_build(&w->composition, w->tally->ground, w->size, w->trials,
                                 w->tally->clock, memory);
}

static bool run_wave(wave *w, uint32_t *left, berth_audit_size *out) {
  assert(w->count > 0 && w->count <= WAVE);
  memset(w->state, SET_NOT_TRIED, w->count);
  workers_run(w->tally->clock->worker, (w->count + CHUNK - 1) / CHUNK, try_chunk, w);
  set_number_find(w->tally->ground->unit_count, w->size, w->first, w->set);
  bool ok = true;
  for (uint32_t at = 0; at < w->count && ok;)
    ok = ask_some(w, &at, left, out);
  return ok;
}

/* When time is up, nothing is known of the sets that were not reached. */
static void give_up(audit_tally *t, uint64_t sets, berth_audit_size *out) {
  out->count[BERTH_AUDIT_UNDECIDED] += sets;
  out->alone_undecided += sets;
  uint64_t most = UINT64_MAX - t->sets_not_listed; /* more than can be counted are many anyway */
  t->sets_not_listed += sets < most ? sets : most;
  for (uint32_t u = 0; u < t->ground->unit_count; u++)
    raise(&t->unit_worst[u], BERTH_AUDIT_UNDECIDED);
  for (uint32_t u = 0; u <= t->ground->unit_count; u++)
    raise(&t->unit_alike[u], BERTH_AUDIT_UNDECIDED);
}

bool audit_sets_try(audit_tally *t, uint32_t size, set_range range, berth_audit_size *out) {
  arena memory;
  wave w = {.tally = t, .size = size, .first = range.first};
  uint64_t end = range.first + range.count;
  assert(size <= MOST_FAILURES && end >= range.first);
  out->sets = range.count;
  if (range.count == 0)
    return true;
  arena_init(&memory, &t->memory->allocator);
  uint32_t *left = arena_take(&memory, SETS_AT_ONCE, sizeof *left);
  bool ok =
      left != NULL && begin_wave(&w, range.count < WAVE ? (uint32_t)range.count : WAVE, &memory);
  for (; ok && w.first < end; w.first += w.count) {
    uint64_t rest = end - w.first;
    if (search_clock_over(t->clock)) {
      give_up(t, rest, out);
      break;
    }
    w.count = rest < WAVE ? (uint32_t)rest : WAVE;
    ok = run_wave(&w, left, out);
  }
  audit_composition_free(&w.composition);
  arena_free(&memory);
  return ok;
}
