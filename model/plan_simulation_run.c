/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One execution of a plan, event by event (a discrete event simulation with a heap of what is due).
 * When a step ends, those that waited for nothing else start before anything else of that second
 * happens: what precedence does not part may overlap in some execution, so it overlaps in this one.
 */
#include "plan_simulation.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

/* What is due. */
enum { DUE_START = 0, DUE_END, DUE_SETTLED };

uint64_t simulation_random(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15); /* Steele, Lea, Flood 2014 */
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

/* In [0, most]; the bias is below 2^-40 for times that occur. */
static int64_t draw_up_to(simulation_course *course, int64_t most) {
  assert(most >= 0);
  return (int64_t)(simulation_random(&course->random) % ((uint64_t)most + 1));
}

/* ------------------------------------------------------------------------------ the queue */

static bool before(const simulation_event *a, const simulation_event *b) {
  return a->at != b->at ? a->at < b->at : a->step < b->step;
}

static void push(berth_simulation *s, int64_t at, uint32_t step, uint8_t what) {
  simulation_event event = {.at = at, .step = step, .what = what};
  uint32_t place = s->queue_length++;
  assert(place < s->step_count && at >= 0); /* a step has one thing due at a time */
  for (; place > 0 && before(&event, &s->queue[(place - 1) / 2]); place = (place - 1) / 2)
    s->queue[place] = s->queue[(place - 1) / 2];
  s->queue[place] = event;
}

static simulation_event pop(berth_simulation *s) {
  assert(s->queue_length > 0);
  simulation_event first = s->queue[0], last = s->queue[--s->queue_length];
  uint32_t place = 0;
  for (uint32_t child; (child = 2 * place + 1) < s->queue_length; place = child) {
    if (child + 1 < s->queue_length && before(&s->queue[child + 1], &s->queue[child]))
      child++;
    if (!before(&s->queue[child], &last))
      break;
    s->queue[place] = s->queue[child];
  }
  s->queue[place] = last;
  return first;
}

/* ------------------------------------------------------------------------------ breaches */

static berth_breach_kind kind_of(const simulation_counter *counter) {
  static const berth_breach_kind kinds[COUNTER_KINDS] = {
      [COUNTER_USE] = BERTH_BREACH_CAPACITY,
      [COUNTER_DOMAIN] = BERTH_BREACH_RULE,
      [COUNTER_HOST_MOVES] = BERTH_BREACH_HOST_MIGRATIONS,
      [COUNTER_STORE_MOVES] = BERTH_BREACH_DATASTORE_MIGRATIONS,
      [COUNTER_HOST_STARTS] = BERTH_BREACH_HOST_RESTARTS,
      [COUNTER_DISTURBED] = BERTH_BREACH_QUIESCE,
      [COUNTER_UNREADY] = BERTH_BREACH_RESTART_ORDER,
      [COUNTER_ASLEEP] = BERTH_BREACH_HOST_ASLEEP,
      [COUNTER_FORBIDDEN] = BERTH_BREACH_RULE};
  return kinds[counter->kind];
}

/* "memory of host "h1": 70 of 64": what is there, and what may be. */
static void describe(const berth_simulation *s, const simulation_counter *counter, int64_t value,
                     int64_t limit, char *text, size_t size) {
  const berth_inventory *inventory = s->inventory;
  long long is = (long long)value, may = (long long)limit;
  switch (counter->kind) {
  case COUNTER_USE:
    snprintf(text, size, "%.60s of host \"%.100s\" is taken %lld times; %lld may be",
             berth_inventory_resource_name(inventory, counter->in),
             berth_inventory_host_label(inventory, counter->of), is, may);
    break;
  case COUNTER_DOMAIN:
    snprintf(text, size, "%lld members of rule \"%.100s\" are in one %s; %lld may be", is,
             inventory->rules[counter->of].id,
             berth_domain_word(inventory->rules[counter->of].over), may);
    break;
  case COUNTER_HOST_MOVES:
    snprintf(text, size, "%lld migrations touch host \"%.100s\"; %lld may", is,
             berth_inventory_host_label(inventory, counter->of), may);
    break;
  case COUNTER_STORE_MOVES:
    snprintf(text, size, "%lld migrations use datastore \"%.100s\"; %lld may", is,
             inventory->datastore_name[counter->of], may);
    break;
  case COUNTER_HOST_STARTS:
    snprintf(text, size, "%lld VMs start on host \"%.100s\"; %lld may", is,
             berth_inventory_host_label(inventory, counter->of), may);
    break;
  case COUNTER_DISTURBED:
    snprintf(text, size, "%lld members of rule \"%.100s\" migrate or settle; %lld may", is,
             inventory->rules[counter->of].id, may);
    break;
  case COUNTER_UNREADY:
    snprintf(text, size, "starts before %lld VMs that rule \"%.100s\" has it wait for", is,
             inventory->rules[counter->of].id);
    break;
  case COUNTER_ASLEEP:
    snprintf(text, size, "host \"%.100s\" is not on",
             berth_inventory_host_label(inventory, counter->of));
    break;
  default:
    snprintf(text, size, "rule \"%.100s\" forbids the VM there", inventory->rules[counter->of].id);
  }
}

static void breach(berth_simulation *s, const simulation_course *course, uint32_t step, int64_t at,
                   berth_breach_kind kind, const char *text) {
  s->run_breaches++;
  if (s->breach_kept == SIMULATION_BREACHES_MAX || s->exhausted)
    return;
  char *copy = arena_text(&s->memory, text, strlen(text));
  s->exhausted = copy == NULL;
  if (copy != NULL)
    s->breaches[s->breach_kept++] =
        (berth_breach){.kind = kind, .step = step + 1, .run = course->run, .at = at, .text = copy};
}

static void breach_counter(berth_simulation *s, const simulation_course *course, uint32_t step,
                           int64_t at, const simulation_charge *charge) {
  const simulation_counter *counter = &s->counters[charge->counter];
  char text[400];
  berth_breach_kind kind = kind_of(counter);
  if (kind == BERTH_BREACH_CAPACITY && s->steps[step].vm == BERTH_NONE)
    kind = BERTH_BREACH_HOST_IN_USE;
  describe(s, counter, s->value[charge->counter], charge->limit, text, sizeof text);
  breach(s, course, step, at, kind, text);
}

static void add(berth_simulation *s, const simulation_course *course, uint32_t step, int64_t at,
                const simulation_charge *charge) {
  assert(charge->counter < s->counter_count);
  int64_t *value = &s->value[charge->counter];
  *value += charge->amount;
  if (*value > charge->limit)
    breach_counter(s, course, step, at, charge);
}

/* Without delays all happens within the windows. */
static void look_at_window(berth_simulation *s, const simulation_course *course, uint32_t step,
                           int64_t at, berth_window window, const char *what) {
  if (course->delay > 0 || (at >= window.earliest && at <= window.latest))
    return;
  char text[200];
  snprintf(text, sizeof text, "%s at %lld; its window is [%lld, %lld]", what, (long long)at,
           (long long)window.earliest, (long long)window.latest);
  breach(s, course, step, at, BERTH_BREACH_WINDOW, text);
}

/* ------------------------------------------------------------------------------ steps */

/* The `ack` event that holds for a notification of that time, or NULL. */
static const simulation_ack *ack_given(const berth_simulation *s, const simulation_step *step,
                                       int64_t at) {
  const simulation_ack *found = NULL;
  for (uint32_t k = 0; k < step->ack_count; k++) {
    const simulation_ack *ack = &s->acks[step->first_ack + k];
    assert(ack->vm == step->vm);
    if (ack->from <= at && (found == NULL || ack->from >= found->from))
      found = ack;
  }
  return found;
}

/* Seconds until the guest acknowledges; more than `wait` = it never does. */
static int64_t acknowledges_after(const berth_simulation *s, simulation_course *course,
                                  const simulation_step *step, int64_t at) {
  const int64_t never = step->wait + 1;
  const simulation_ack *given = ack_given(s, step, at);
  if (given != NULL)
    return given->after > step->wait ? never : given->after;
  bool late;
  switch (course->draw) {
  case BERTH_DRAW_BEST:
    return 0;
  case BERTH_DRAW_WORST:
    return never;
  case BERTH_DRAW_RANDOM:
    return draw_up_to(course, step->wait);
  case BERTH_DRAW_EXTREMES:
    late = course->enumerated
               ? step->draw != BERTH_NONE && (course->extremes >> step->draw & 1) != 0
               : (simulation_random(&course->random) & 1) != 0;
    return late ? never : 0;
  default:
    return step->expected < step->wait ? step->expected : never;
  }
}

static void look_at_guest(berth_simulation *s, const simulation_course *course, uint32_t i,
                          int64_t at) {
  const simulation_step *step = &s->steps[i];
  const simulation_guest *guest = &s->guests[step->slot];
  if (guest->moving)
    breach(s, course, i, at, BERTH_BREACH_SOURCE, "an earlier step of the VM has not ended");
  else if (guest->host != step->from)
    breach(s, course, i, at, BERTH_BREACH_SOURCE,
           "the VM does not run where the step takes it from");
}

static void breach_nodes(berth_simulation *s, const simulation_course *course, uint32_t i,
                         int64_t at) {
  char text[200];
  snprintf(text, sizeof text, "the NUMA nodes of host \"%.100s\" do not hold all who ask for one",
           berth_inventory_host_label(s->inventory, s->steps[i].to));
  breach(s, course, i, at, BERTH_BREACH_NUMA, text);
}

static void begin(berth_simulation *s, simulation_course *course, uint32_t i, int64_t at) {
  const simulation_step *step = &s->steps[i];
  assert(s->open[i] == 0 && at >= 0);
  berth_simulated_step *now = &s->now[i];
  look_at_window(s, course, i, at, step->start, "starts");
  if (step->slot != BERTH_NONE) {
    look_at_guest(s, course, i, at);
    s->guests[step->slot].moving = true;
  }
  for (uint32_t k = s->charge_start[i]; k < s->charge_start[i + 1]; k++)
    add(s, course, i, at, &s->charges[k]);
  if (!simulation_nodes_hold(s, i))
    breach_nodes(s, course, i, at);
  if (s->quiesce_start[i] < s->quiesce_start[i + 1] && s->guests[step->slot].disturbed++ == 0)
    for (uint32_t k = s->quiesce_start[i]; k < s->quiesce_start[i + 1]; k++)
      add(s, course, i, at, &s->quiesces[k]);
  *now = (berth_simulated_step){.start = at, .acknowledged = BERTH_UNSET, .work = at};
  if (step->wait > 0) {
    int64_t after = acknowledges_after(s, course, step, at);
    now->work = at + (after < step->wait ? after : step->wait);
    now->acknowledged = after > step->wait ? BERTH_UNSET : now->work;
  }
  now->end = now->work + step->seconds;
  now->settled = now->end + step->settle;
  assert(now->start <= now->work && now->work <= now->end);
  push(s, now->end, i, DUE_END);
}

/* All that the step waited for is there. */
static void enable(berth_simulation *s, simulation_course *course, uint32_t i, int64_t at) {
  assert(s->open[i] == 0);
  int64_t later = 0;
  if (course->delay > 0 && (simulation_random(&course->random) & 1) != 0)
    later = draw_up_to(course, course->delay);
  if (later > 0)
    push(s, at + later, i, DUE_START);
  else
    begin(s, course, i, at);
}

/* Tells those that wait for the end of the step, or for its VM to settle. */
static void tell(berth_simulation *s, simulation_course *course, uint32_t i, int64_t at,
                 bool settled) {
  for (uint32_t e = s->next_start[i]; e < s->next_start[i + 1]; e++) {
    const simulation_edge *edge = &s->next[e];
    if (edge->settled != settled)
      continue;
    assert(s->open[edge->step] > 0);
    if (--s->open[edge->step] == 0)
      enable(s, course, edge->step, at);
  }
}

static void settle(berth_simulation *s, uint32_t i) {
  if (s->quiesce_start[i] == s->quiesce_start[i + 1])
    return;
  simulation_guest *guest = &s->guests[s->steps[i].slot];
  assert(guest->disturbed > 0);
  if (--guest->disturbed > 0)
    return;
  for (uint32_t k = s->quiesce_start[i]; k < s->quiesce_start[i + 1]; k++)
    s->value[s->quiesces[k].counter] -= s->quiesces[k].amount;
}

static void finish(berth_simulation *s, simulation_course *course, uint32_t i, int64_t at) {
  const simulation_step *step = &s->steps[i];
  look_at_window(s, course, i, at, step->end, "ends");
  for (uint32_t k = s->release_start[i]; k < s->release_start[i + 1]; k++)
    s->value[s->releases[k].counter] -= s->releases[k].amount;
  simulation_leave_node(s, i);
  if (step->slot != BERTH_NONE)
    s->guests[step->slot] =
        (simulation_guest){.host = step->to, .disturbed = s->guests[step->slot].disturbed};
  if (s->makespan < at)
    s->makespan = at;
  if (step->settle == 0)
    settle(s, i);
  tell(s, course, i, at, false);
  if (step->settle == 0)
    tell(s, course, i, at, true);
  else
    push(s, at + step->settle, i, DUE_SETTLED);
}

static void reset(berth_simulation *s) {
  for (uint32_t k = 0; k < s->counter_count; k++)
    s->value[k] = s->counters[k].initial;
  for (uint32_t slot = 0; slot < s->guest_count; slot++)
    s->guests[slot] = (simulation_guest){.host = s->guest_home[slot]};
  for (uint32_t i = 0; i < s->step_count; i++)
    s->open[i] = s->steps[i].waits;
  simulation_reset_nodes(s);
  s->queue_length = 0;
  s->makespan = 0;
  s->run_breaches = 0;
}

void simulation_run(berth_simulation *s, simulation_course *course) {
  uint32_t settled = 0;
  reset(s);
  for (uint32_t i = 0; i < s->step_count; i++)
    if (s->steps[i].waits == 0)
      enable(s, course, i, 0);
  while (s->queue_length > 0) {
    simulation_event event = pop(s);
    if (event.what == DUE_START) {
      begin(s, course, event.step, event.at);
    } else if (event.what == DUE_END) {
      finish(s, course, event.step, event.at);
      settled += s->steps[event.step].settle == 0;
    } else {
      settle(s, event.step);
      tell(s, course, event.step, event.at, true);
      settled++;
    }
  }
  assert(settled == s->step_count);
  (void)settled;
}
