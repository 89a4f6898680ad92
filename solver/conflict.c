/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QuickXplain (Junker, AAAI 2004): divide the constraints, find what of the second half is needed
 * beside the whole first half, then what of the first half is needed beside that. It asks about
 * k·log(n/k) questions for a conflict of k among n constraints. Most are answered by looking at
 * each host by itself; the others by searching for a plan.
 */
#include "conflict.h"
#include <assert.h>
#include <string.h>

typedef struct explaining {
  conflict_search *s;
  arena memory;
  question_answer failure; /* ANSWER_OPEN or ANSWER_NO_MEMORY once a question has no answer */
} explaining;

static uint64_t near_bits(const constraint_list *list, const constraint_set *held) {
  uint64_t bits = 0;
  for (uint32_t c = 0; c < list->near; c++)
    bits |= (uint64_t)(held[c] != 0) << c;
  return bits;
}

/* What each host by itself says: one is free at the end of the plan, or none can ever be. */
static question_answer ask_hosts(const conflict_search *s, uint64_t held) {
  const vm_obstacles *o = s->obstacles;
  uint64_t lasting = (held & o->pinned) != 0 ? held : held & o->alone;
  uint32_t shut = 0, seen = 0;
  assert(o->candidates > 0);
  for (uint32_t host = 0; seen < o->candidates; host++) {
    if (!o->open[host])
      continue;
    seen++;
    if ((o->at_end[host] & held) == 0)
      return ANSWER_YES;
    shut += (o->always[host] & lasting) != 0;
  }
  return shut == o->candidates ? ANSWER_NO : ANSWER_OPEN;
}

static question_answer ask_search(explaining *x, const constraint_set *held) {
  conflict_search *s = x->s;
  berth_inventory relaxed;
  arena memory;
  search_clock clock;
  assert(s->question.inventory == NULL && s->milliseconds > 0);
  if (s->questions == 0 || search_clock_over(s->clock))
    return ANSWER_OPEN;
  s->questions--;
  int64_t left = search_clock_left(s->clock);
  search_clock_start(&clock, s->clock->ctx, left < s->milliseconds ? left : s->milliseconds);
  arena_init(&memory, &x->memory.allocator);
  question_answer answer = ANSWER_NO_MEMORY;
  if (relaxed_inventory(&relaxed, s->list, held, &s->how, &memory)) {
    s->question.inventory = &relaxed;
    answer = placement_question_ask(&s->question, &clock);
    s->question.inventory = NULL;
  }
  s->clock->cancelled |= clock.cancelled;
  arena_free(&memory);
  return answer;
}

/* True if the VM cannot be placed under `held`. Without an answer all ends. */
static bool forbids(explaining *x, const constraint_set *held) {
  question_answer answer = ask_hosts(x->s, near_bits(x->s->list, held));
  if (answer == ANSWER_OPEN)
    answer = ask_search(x, held);
  if (answer == ANSWER_OPEN || answer == ANSWER_NO_MEMORY)
    x->failure = answer;
  return answer == ANSWER_NO;
}

/* A stretch of the list, [from, to). */
typedef struct stretch {
  uint32_t from, to;
} stretch;

static void hold(constraint_set *held, stretch part, const constraint_set *of) {
  for (uint32_t c = part.from; c < part.to; c++)
    held[c] = of == NULL ? 1 : of[c];
}

/* Marks in `conflict` a minimal part of `part` that forbids the VM beside `held`, which is left as
 * it was. `grown`: `held` has more than when it was last asked about. */
static void divide(explaining *x, constraint_set *held, bool grown, stretch part,
                   constraint_set *conflict) {
  assert(part.from < part.to);
  if ((grown && forbids(x, held)) || x->failure != ANSWER_NO)
    return;
  if (part.to - part.from == 1) {
    conflict[part.from] = 1;
    return;
  }
  uint32_t middle = part.from + (part.to - part.from) / 2;
  stretch first = {part.from, middle}, second = {middle, part.to};
  hold(held, first, NULL);
  divide(x, held, true, second, conflict);
  memset(held + first.from, 0, first.to - first.from);
  if (x->failure != ANSWER_NO)
    return;
  assert(memchr(held + part.from, 1, part.to - part.from) == NULL);
  bool any = memchr(conflict + second.from, 1, second.to - second.from) != NULL;
  hold(held, second, conflict);
  divide(x, held, any, first, conflict);
  memset(held + second.from, 0, second.to - second.from);
}

/* Where the plan has violations, fewer constraints may allow fewer of them, and QuickXplain's
 * premise fails: then every claim is asked for once more. */
static bool holds(explaining *x, constraint_set *conflict) {
  const constraint_list *list = x->s->list;
  bool minimal = forbids(x, conflict);
  for (uint32_t c = 0; c < list->count && minimal && x->failure == ANSWER_NO; c++) {
    if (!conflict[c])
      continue;
    conflict[c] = 0;
    minimal = !forbids(x, conflict);
    conflict[c] = 1;
  }
  return minimal && x->failure == ANSWER_NO;
}

static question_answer explain_conflict(explaining *x, constraint_set *conflict) {
  conflict_search *s = x->s;
  uint32_t count = s->list->count;
  constraint_set *held = arena_take(&x->memory, count, 1);
  if (held == NULL)
    return ANSWER_NO_MEMORY;
  memset(conflict, 0, count);
  if (s->obstacles->candidates == 0)
    return ANSWER_OPEN; /* facts keep it out, not constraints */
  memset(held, 1, count);
  bool forbidden = s->proved || forbids(x, held);
  if (x->failure != ANSWER_NO)
    return x->failure;
  if (!forbidden)
    return ANSWER_YES;
  memset(held, 0, count);
  divide(x, held, false, (stretch){0, count}, conflict);
  if (x->failure == ANSWER_NO && !holds(x, conflict))
    x->failure = x->failure == ANSWER_NO ? ANSWER_OPEN : x->failure;
  return x->failure;
}

question_answer conflict_find(conflict_search *s, constraint_set *conflict) {
  explaining x = {.s = s, .failure = ANSWER_NO};
  assert(s->list->count > 0 && s->obstacles != NULL);
  arena_init(&x.memory, context_allocator(s->clock->ctx));
  question_answer answer = explain_conflict(&x, conflict);
  arena_free(&x.memory);
  return answer;
}
