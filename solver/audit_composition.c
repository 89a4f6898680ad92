/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The open hosts are dealt to lanes. Every unit gets a plan in each lane, which puts VMs on hosts
 * of that lane only. For a set, each unit takes a plan of another lane; the plans fit together if
 * no host that fails is touched by one, no host is touched by two, and no must rule between VMs has
 * members that stop with two units. Why that is enough: capacities are per host; a rule that one
 * unit touches is counted from members that the others leave where they are; and a plan's moves
 * precede its own restarts only, so that the plans may run one after the other.
 *
 * A unit that needs moves has a VM that fits nowhere as the cluster stands; with more failures it
 * fits nowhere either. So where a plan with moves takes part, restarts alone cannot do.
 */
#include "audit_composition.h"
#include <assert.h>
#include <string.h>

enum { SPARE_LANES = 1, CHUNK = 32, MOST_TRIES = 64 };

/* ---------------------------------------------------------------------- plans of a unit */

typedef struct building {
  audit_composition *composition;
  unit_plan *plans;
  audit_trial **trials;     /* [hand] */
  composition_marks *marks; /* [hand] */
  uint8_t *failed_memory;   /* [hand] */
  uint32_t lane;
  search_clock *clock;
} building;

typedef struct thing_list {
  uint32_t *things, count;
  composition_marks *marks;
} thing_list;

static void add_thing(thing_list *list, uint32_t thing) {
  assert(thing != BERTH_NONE && list->marks != NULL);
  if (list->marks->mark[thing] == list->marks->round)
    return;
  list->marks->mark[thing] = list->marks->round;
  list->things[list->count++] = thing;
}

static void add_rules(thing_list *list, const problem *p, uint32_t item) {
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    const problem_rule *rule = &p->rules[p->item_rules[i]];
    if (rule->must && rule->form != RULE_FORM_HOSTS)
      add_thing(list, p->host_count + p->item_rules[i]);
  }
}

/* How long the list may get, repeats included. */
static size_t most_things(const audit_trial *t) {
  const problem *p = &t->ground->whole;
  size_t most = (size_t)t->item_count + 2 * (size_t)t->shift_count;
  for (uint32_t i = 0; i < t->stopped_count; i++) {
    uint32_t item = t->stopped[i];
    if (t->ground->bound[item])
      most += p->item_rule_start[item + 1] - p->item_rule_start[item];
  }
  return most;
}

static bool list_things(const audit_trial *t, composition_marks *marks, arena *memory,
                        unit_plan *out) {
  thing_list list = {.marks = marks};
  list.things = arena_take_unset(memory, most_things(t), sizeof *list.things);
  if (list.things == NULL)
    return false;
  marks->round++;
  for (uint32_t i = 0; i < t->item_count; i++)
    add_thing(&list, t->to[i]);
  for (uint32_t i = 0; i < t->shift_count; i++) {
    add_thing(&list, t->shifts[i].from);
    add_thing(&list, t->shifts[i].to);
  }
  for (uint32_t i = 0; i < t->stopped_count; i++) {
    if (t->ground->bound[t->stopped[i]])
      add_rules(&list, &t->ground->whole, t->stopped[i]);
  }
  out->things = list.things;
  out->count = list.count;
  return true;
}

/* false = no memory. */
static bool plan_unit(building *b, uint32_t unit, uint32_t hand) {
  audit_trial *t = b->trials[hand];
  unit_plan *plan = &b->plans[(size_t)unit * b->composition->lanes + b->lane];
  audit_trial_fail(t, &unit, 1);
  restarts_result result = audit_restarts(t);
  bool found = result == RESTARTS_PLACED || result == RESTARTS_AFTER_MOVES;
  bool ok = !found || list_things(t, &b->marks[hand], &b->composition->lists[hand], plan);
  audit_trial_recover(t, &unit, 1);
  if (found && ok)
    plan->result = (uint8_t)result;
  return ok;
}

static void plan_chunk(void *user, uint32_t task, worker *self) {
  building *b = user;
  uint32_t hand = worker_index(self), units = b->composition->ground->unit_count;
  search_clock clock;
  search_clock_share(&clock, b->clock, self);
  for (uint32_t unit = task * CHUNK; unit < units && unit < (task + 1) * CHUNK; unit++) {
    if (search_clock_over(&clock))
      return;
    if (!plan_unit(b, unit, hand))
      b->failed_memory[hand] = 1;
  }
}

static bool plan_lane(building *b) {
  const audit_composition *c = b->composition;
  bool ok = true;
  for (uint32_t h = 0; h < c->hands; h++)
    audit_trial_keep_to(b->trials[h], b->lane, c->lanes);
  workers_run(b->clock->worker, (c->ground->unit_count + CHUNK - 1) / CHUNK, plan_chunk, b);
  for (uint32_t h = 0; h < c->hands; h++) {
    audit_trial_keep_to(b->trials[h], c->lanes, c->lanes);
    ok = ok && !b->failed_memory[h];
  }
  return ok;
}

static bool begin(building *b, arena *memory) {
  audit_composition *c = b->composition;
  size_t count = (size_t)c->ground->unit_count * c->lanes;
  arena *lists = arena_take(memory, c->hands, sizeof *lists);
  b->plans = arena_take(memory, count, sizeof *b->plans);
  b->marks = arena_take(memory, c->hands, sizeof *b->marks);
  b->failed_memory = arena_take(memory, c->hands, 1);
  if (lists == NULL || b->plans == NULL || b->marks == NULL || b->failed_memory == NULL)
    return false;
  for (size_t i = 0; i < count; i++)
    b->plans[i].result = RESTARTS_OPEN;
  for (uint32_t h = 0; h < c->hands; h++) {
    arena_init(&lists[h], &memory->allocator);
    if (!composition_marks_init(&b->marks[h], c->ground, memory))
      return false;
  }
  c->lists = lists;
  c->plans = b->plans;
  return true;
}

bool audit_composition_build(audit_composition *c, const audit_ground *g, uint32_t size,
                             audit_trial **trials, search_clock *clock, arena *memory) {
  building b = {.composition = c, .trials = trials, .clock = clock};
  *c = (audit_composition){.ground = g,
                           .lanes =
                               size + SPARE_LANES < MOST_LANES ? size + SPARE_LANES : MOST_LANES,
                           .hands = worker_hands(clock->worker)};
  if (size < 2 || g->down_count > 0)
    return true; /* what is down already would be restarted by every plan */
  bool ok = begin(&b, memory);
  for (b.lane = 0; b.lane < c->lanes && ok; b.lane++)
    ok = plan_lane(&b);
  return ok;
}

void audit_composition_free(audit_composition *c) {
  for (uint32_t h = 0; c->lists != NULL && h < c->hands; h++)
    arena_free(&c->lists[h]);
  c->plans = NULL;
}

/* ---------------------------------------------------------------------- asking */

bool composition_marks_init(composition_marks *m, const audit_ground *g, arena *memory) {
  size_t things = (size_t)g->whole.host_count + g->whole.rule_count;
  *m = (composition_marks){.mark = arena_take(memory, things, sizeof *m->mark)};
  assert(things <= UINT32_MAX);
  return m->mark != NULL;
}

static bool is_free(const composition_marks *m, const unit_plan *plan) {
  for (uint32_t i = 0; i < plan->count; i++) {
    if (m->mark[plan->things[i]] == m->round)
      return false;
  }
  return true;
}

static void set_marks(composition_marks *m, const unit_plan *plan, uint32_t round) {
  for (uint32_t i = 0; i < plan->count; i++)
    m->mark[plan->things[i]] = round;
}

typedef struct asking {
  const audit_composition *composition;
  composition_marks *marks;
  const uint32_t *set;
  uint32_t size, tries;
} asking;

/* Finds plans for the units from @p at on. */
static restarts_result ask_from(asking *a, uint32_t at) {
  const audit_composition *c = a->composition;
  if (at == a->size)
    return RESTARTS_PLACED;
  for (uint32_t i = 0; i < c->lanes && a->tries > 0; i++, a->tries--) {
    const unit_plan *plan = &c->plans[(size_t)a->set[at] * c->lanes + (at + i) % c->lanes];
    if (plan->result == RESTARTS_OPEN || !is_free(a->marks, plan))
      continue;
    set_marks(a->marks, plan, a->marks->round);
    restarts_result rest = ask_from(a, at + 1);
    if (rest != RESTARTS_OPEN)
      return plan->result == RESTARTS_AFTER_MOVES ? RESTARTS_AFTER_MOVES : rest;
    set_marks(a->marks, plan, 0);
  }
  return RESTARTS_OPEN;
}

restarts_result audit_composition_ask(const audit_composition *c, composition_marks *m,
                                      const uint32_t *set, uint32_t size) {
  const audit_ground *g = c->ground;
  asking a = {.composition = c, .marks = m, .set = set, .size = size, .tries = MOST_TRIES};
  if (c->plans == NULL)
    return RESTARTS_OPEN;
  if (++m->round == 0) { /* the marks have been around once */
    memset(m->mark, 0, ((size_t)g->whole.host_count + g->whole.rule_count) * sizeof *m->mark);
    m->round = 1;
  }
  for (uint32_t u = 0; u < size; u++) {
    assert(set[u] < g->unit_count);
    for (uint32_t i = g->unit_start[set[u]]; i < g->unit_start[set[u] + 1]; i++)
      m->mark[g->unit_hosts[i]] = m->round;
  }
  return ask_from(&a, 0);
}
