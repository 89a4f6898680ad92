/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The constraints of docs/model.md §3 and §5 as counters, and what each step adds to them and takes
 * away. Only counters that a step adds to exist; they are found by a hash of what they count.
 */
#include "context_internal.h"
#include "plan_simulation.h"
#include <assert.h>

/* When a step changes a counter. */
typedef enum change_time { AT_START = 0, AT_END, WHILE_DISTURBED, CHANGE_TIMES } change_time;

typedef struct counter_change {
  uint32_t step;
  change_time when;
  simulation_charge charge;
} counter_change;

typedef struct counter_draft {
  berth_simulation *s;
  simulation_counter *counters;
  uint32_t counter_count, counter_room;
  uint32_t *slots, slot_count; /* open addressing; BERTH_NONE = free */
  counter_change *changes;
  uint32_t change_count, change_room;
  bool *powers_down; /* [host] a step does it */
  bool exhausted;
} counter_draft;

/* ------------------------------------------------------------------------------ counters */

static uint32_t hash(const counter_draft *d, counter_kind kind, uint32_t of, uint32_t in) {
  uint64_t key = ((uint64_t)of << 32 | in) * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)kind;
  key = (key ^ key >> 32) * UINT64_C(0xd6e8feb86659fd93);
  assert(d->slot_count > 0 && (d->slot_count & (d->slot_count - 1)) == 0);
  return (uint32_t)(key >> 32) & (d->slot_count - 1);
}

/* The slot of the counter, or the free one where it belongs. */
static uint32_t *slot_of(const counter_draft *d, counter_kind kind, uint32_t of, uint32_t in) {
  uint32_t at = hash(d, kind, of, in);
  for (; d->slots[at] != BERTH_NONE; at = (at + 1) & (d->slot_count - 1)) {
    const simulation_counter *counter = &d->counters[d->slots[at]];
    if (counter->kind == kind && counter->of == of && counter->in == in)
      break;
  }
  return &d->slots[at];
}

/* Doubles the room for counters; the table has four slots for each. */
static bool grow_counters(counter_draft *d) {
  uint32_t room = d->counter_room == 0 ? 64 : 2 * d->counter_room;
  berth_context *ctx = d->s->ctx;
  simulation_counter *counters = context_grow(ctx, d->counters, room, sizeof *counters);
  if (counters == NULL)
    return false;
  d->counters = counters;
  uint32_t *slots = context_grow(ctx, d->slots, 4 * (size_t)room, sizeof *slots);
  if (slots == NULL)
    return false;
  d->slots = slots;
  d->counter_room = room;
  d->slot_count = 4 * room;
  assert(d->counter_count <= room);
  for (uint32_t i = 0; i < d->slot_count; i++)
    slots[i] = BERTH_NONE;
  for (uint32_t i = 0; i < d->counter_count; i++)
    *slot_of(d, counters[i].kind, counters[i].of, counters[i].in) = i;
  return true;
}

/* What is allowed but for what is there at the start. */
static int64_t limit_of(const berth_inventory *inventory, counter_kind kind, uint32_t of,
                        uint32_t in) {
  switch (kind) {
  case COUNTER_USE:
    return berth_inventory_host_capacity(inventory, of, in);
  case COUNTER_DOMAIN:
    return inventory->rules[of].type == BERTH_RULE_APART ? 1 : inventory->rules[of].count;
  case COUNTER_HOST_MOVES:
    return inventory->clusters[inventory->host_cluster[of]].set_up.migrations_per_host;
  case COUNTER_STORE_MOVES:
    return inventory->clusters[in].set_up.migrations_per_datastore;
  case COUNTER_HOST_STARTS:
    return inventory->clusters[inventory->host_cluster[of]].set_up.restarts_per_host;
  case COUNTER_DISTURBED:
    return inventory->rules[of].max_concurrent;
  case COUNTER_ASLEEP:
    return 1;
  default:
    return 0;
  }
}

/* The number of the counter; a new one begins with what is there at the start as far as one look
 * tells. */
static uint32_t counter_of(counter_draft *d, counter_kind kind, uint32_t of, uint32_t in) {
  const berth_inventory *inventory = d->s->inventory;
  if (d->counter_count == d->counter_room && !grow_counters(d)) {
    d->exhausted = true;
    return BERTH_NONE;
  }
  assert(d->counter_count < d->counter_room && kind < COUNTER_KINDS);
  uint32_t *slot = slot_of(d, kind, of, in);
  if (*slot != BERTH_NONE)
    return *slot;
  *slot = d->counter_count++;
  d->counters[*slot] = (simulation_counter){
      .kind = kind, .of = of, .in = in, .limit = limit_of(inventory, kind, of, in)};
  if (kind == COUNTER_ASLEEP)
    d->counters[*slot].initial = inventory->host_state[of] != BERTH_HOST_ONLINE;
  if (kind == COUNTER_FORBIDDEN)
    d->counters[*slot].initial = 1;
  return *slot;
}

/* Adds to a counter that exists already, if it does. */
static void stand(counter_draft *d, counter_kind kind, uint32_t of, uint32_t in, int64_t amount) {
  uint32_t counter = d->slot_count == 0 ? BERTH_NONE : *slot_of(d, kind, of, in);
  if (counter != BERTH_NONE)
    d->counters[counter].initial += amount;
}

/* ------------------------------------------------------------------------------ changes */

static void change(counter_draft *d, uint32_t step, change_time when, uint32_t counter,
                   int64_t amount, int64_t limit) {
  if (d->exhausted)
    return;
  if (d->change_count == d->change_room) {
    uint32_t room = d->change_room == 0 ? 256 : 2 * d->change_room;
    counter_change *changes = context_grow(d->s->ctx, d->changes, room, sizeof *changes);
    if (changes == NULL) {
      d->exhausted = true;
      return;
    }
    d->changes = changes;
    d->change_room = room;
  }
  assert(step < d->s->step_count && counter < d->counter_count && amount >= 0);
  d->changes[d->change_count++] = (counter_change){
      .step = step, .when = when, .charge = {.counter = counter, .amount = amount, .limit = limit}};
}

static void charge(counter_draft *d, uint32_t step, counter_kind kind, uint32_t of, uint32_t in,
                   int64_t amount) {
  change(d, step, AT_START, counter_of(d, kind, of, in), amount, BERTH_UNSET);
}

static void release(counter_draft *d, uint32_t step, counter_kind kind, uint32_t of, uint32_t in,
                    int64_t amount) {
  change(d, step, AT_END, counter_of(d, kind, of, in), amount, BERTH_UNSET);
}

/* Adds nothing, but is refused where the counter is above the limit. */
static void require(counter_draft *d, uint32_t step, counter_kind kind, uint32_t of, uint32_t in,
                    int64_t limit) {
  change(d, step, AT_START, counter_of(d, kind, of, in), 0, limit);
}

/* ------------------------------------------------------------------------------ steps */

/* Members ascend. */
static bool lists(const uint32_t *members, uint32_t count, uint32_t wanted) {
  uint32_t low = 0, high = count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (members[middle] < wanted)
      low = middle + 1;
    else
      high = middle;
  }
  return low < count && members[low] == wanted;
}

static uint32_t domain_of(const berth_inventory *inventory, berth_domain over, uint32_t host) {
  return over == BERTH_DOMAIN_HOST ? host : inventory->host_domain[over][host];
}

/* A member counts once in a domain that holds both hosts. */
static void add_domains(counter_draft *d, uint32_t i, uint32_t rule) {
  const berth_inventory *inventory = d->s->inventory;
  const simulation_step *step = &d->s->steps[i];
  berth_domain over = inventory->rules[rule].over;
  assert(step->to != BERTH_NONE && over < BERTH_DOMAIN_COUNT);
  uint32_t to = domain_of(inventory, over, step->to);
  uint32_t from = step->from == BERTH_NONE ? BERTH_NONE : domain_of(inventory, over, step->from);
  if (from == to)
    return;
  charge(d, i, COUNTER_DOMAIN, rule, to, 1);
  if (from != BERTH_NONE)
    release(d, i, COUNTER_DOMAIN, rule, from, 1);
}

static void add_rule(counter_draft *d, uint32_t i, uint32_t index) {
  const simulation_step *step = &d->s->steps[i];
  const frozen_rule *rule = &d->s->inventory->rules[index];
  bool must = rule->strength == BERTH_MUST;
  switch (rule->type) {
  case BERTH_RULE_RUN_ON:
  case BERTH_RULE_NOT_RUN_ON:
    if (must && lists(rule->hosts, rule->host_count, step->to) != (rule->type == BERTH_RULE_RUN_ON))
      require(d, i, COUNTER_FORBIDDEN, index, 0, 0);
    break;
  case BERTH_RULE_APART:
  case BERTH_RULE_AT_MOST:
    if (must)
      add_domains(d, i, index);
    break;
  case BERTH_RULE_QUIESCE:
    if (step->type == BERTH_STEP_MIGRATE)
      change(d, i, WHILE_DISTURBED, counter_of(d, COUNTER_DISTURBED, index, 0), 1, BERTH_UNSET);
    break;
  case BERTH_RULE_RESTART_AFTER:
    if (step->type != BERTH_STEP_MIGRATE)
      require(d, i, COUNTER_UNREADY, index, 0, lists(rule->after, rule->after_count, step->vm));
    break;
  case BERTH_RULE_TOGETHER: /* judged at the end of a plan only */
    break;
  }
}

static void add_use(counter_draft *d, uint32_t i) {
  const berth_inventory *inventory = d->s->inventory;
  const simulation_step *step = &d->s->steps[i];
  const int64_t *demand = &inventory->vm_demand[(size_t)step->vm * inventory->resource_count];
  for (uint32_t r = 0; r < inventory->resource_count; r++) {
    assert(demand[r] >= 0);
    if (demand[r] == 0)
      continue;
    charge(d, i, COUNTER_USE, step->to, r, demand[r]);
    if (step->from != BERTH_NONE)
      release(d, i, COUNTER_USE, step->from, r, demand[r]);
  }
}

static void add_in_flight(counter_draft *d, uint32_t i, counter_kind kind, uint32_t of,
                          uint32_t in) {
  charge(d, i, kind, of, in, 1);
  release(d, i, kind, of, in, 1);
}

static void add_vm_step(counter_draft *d, uint32_t i) {
  const berth_inventory *inventory = d->s->inventory;
  const simulation_step *step = &d->s->steps[i];
  uint32_t vm = step->vm;
  assert(vm < inventory->vm_count && step->to < inventory->host_count && step->from != step->to);
  add_use(d, i);
  for (uint32_t k = inventory->vm_rule_start[vm]; k < inventory->vm_rule_start[vm + 1]; k++)
    if (inventory->rules[inventory->vm_rules[k]].enabled)
      add_rule(d, i, inventory->vm_rules[k]);
  if (inventory->host_state[step->to] != BERTH_HOST_ONLINE || d->powers_down[step->to])
    require(d, i, COUNTER_ASLEEP, step->to, 0, 0);
  if (step->type != BERTH_STEP_MIGRATE) {
    add_in_flight(d, i, COUNTER_HOST_STARTS, step->to, 0);
    return;
  }
  add_in_flight(d, i, COUNTER_HOST_MOVES, step->from, 0);
  add_in_flight(d, i, COUNTER_HOST_MOVES, step->to, 0);
  for (uint32_t k = inventory->vm_datastore_start[vm]; k < inventory->vm_datastore_start[vm + 1];
       k++)
    add_in_flight(d, i, COUNTER_STORE_MOVES, inventory->vm_datastores[k],
                  inventory->vm_cluster[vm]);
}

static void add_step(counter_draft *d, uint32_t i) {
  const simulation_step *step = &d->s->steps[i];
  switch (step->type) {
  case BERTH_STEP_WAKE:
    release(d, i, COUNTER_ASLEEP, step->host, 0, 1);
    break;
  case BERTH_STEP_ENTER_MAINTENANCE:
    require(d, i, COUNTER_USE, step->host, BERTH_RESOURCE_VMS, 0);
    break;
  case BERTH_STEP_POWER_DOWN:
    require(d, i, COUNTER_USE, step->host, BERTH_RESOURCE_VMS, 0);
    charge(d, i, COUNTER_ASLEEP, step->host, 0, 1);
    break;
  default:
    add_vm_step(d, i);
  }
}

static bool starts_vm(const simulation_step *step) {
  return step->type == BERTH_STEP_RESTART || step->type == BERTH_STEP_POWER_ON;
}

/* VMs that others wait for become ready when their starts end. */
static void add_readiness(counter_draft *d) {
  const berth_inventory *inventory = d->s->inventory;
  uint32_t *start_of = context_take(d->s->ctx, (size_t)inventory->vm_count + 1, sizeof *start_of);
  d->exhausted = d->exhausted || start_of == NULL;
  for (uint32_t i = 0; i < d->s->step_count && !d->exhausted; i++)
    if (starts_vm(&d->s->steps[i]))
      start_of[d->s->steps[i].vm] = i + 1;
  for (uint32_t r = 0; r < inventory->rule_count && !d->exhausted; r++) {
    const frozen_rule *rule = &inventory->rules[r];
    if (!rule->enabled || rule->type != BERTH_RULE_RESTART_AFTER)
      continue;
    for (uint32_t k = 0; k < rule->after_count && !d->exhausted; k++) {
      uint32_t step = start_of[rule->after[k]];
      if (step == 0)
        continue;
      release(d, step - 1, COUNTER_UNREADY, r, 0, 1);
      stand(d, COUNTER_UNREADY, r, 0, 1);
    }
  }
  context_release(d->s->ctx, start_of);
}

/* ------------------------------------------------------------------------------ the start */

static void add_running(counter_draft *d) {
  const berth_inventory *inventory = d->s->inventory;
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++) {
    if (!simulation_runs(inventory, vm))
      continue;
    for (uint32_t r = 0; r < inventory->resource_count; r++)
      stand(d, COUNTER_USE, inventory->vm_host[vm], r,
            inventory->vm_demand[(size_t)vm * inventory->resource_count + r]);
  }
  for (uint32_t r = 0; r < inventory->rule_count; r++) {
    const frozen_rule *rule = &inventory->rules[r];
    if (rule->type != BERTH_RULE_APART && rule->type != BERTH_RULE_AT_MOST)
      continue;
    for (uint32_t k = 0; k < rule->vm_count; k++)
      if (simulation_runs(inventory, rule->vms[k]))
        stand(d, COUNTER_DOMAIN, r,
              domain_of(inventory, rule->over, inventory->vm_host[rule->vms[k]]), 1);
  }
}

/* What is over the limit at the start may stay, but gets no worse. */
static void raise_limits(counter_draft *d) {
  for (uint32_t i = 0; i < d->counter_count; i++) {
    simulation_counter *counter = &d->counters[i];
    if ((counter->kind == COUNTER_USE || counter->kind == COUNTER_DOMAIN) &&
        counter->limit < counter->initial)
      counter->limit = counter->initial;
    assert(counter->initial >= 0 && counter->limit >= 0);
  }
}

/* ------------------------------------------------------------------------------ lists */

/* The changes of one time as a list by step. */
static bool gather(counter_draft *d, change_time when, uint32_t **start_out,
                   simulation_charge **list_out) {
  berth_simulation *s = d->s;
  uint32_t *start = arena_take(&s->memory, (size_t)s->step_count + 2, sizeof *start);
  if (start == NULL)
    return false;
  assert(when < CHANGE_TIMES);
  for (uint32_t k = 0; k < d->change_count; k++)
    if (d->changes[k].when == when)
      start[d->changes[k].step + 2]++;
  for (uint32_t i = 2; i < s->step_count + 2; i++)
    start[i] += start[i - 1];
  simulation_charge *list =
      arena_take(&s->memory, (size_t)start[s->step_count + 1] + 1, sizeof *list);
  if (list == NULL)
    return false;
  for (uint32_t k = 0; k < d->change_count; k++) {
    if (d->changes[k].when != when)
      continue;
    simulation_charge *entry = &list[start[d->changes[k].step + 1]++];
    *entry = d->changes[k].charge;
    if (entry->limit == BERTH_UNSET)
      entry->limit = d->counters[entry->counter].limit;
    assert(entry->limit >= 0);
  }
  *start_out = start;
  *list_out = list;
  return true;
}

static bool keep(counter_draft *d) {
  berth_simulation *s = d->s;
  s->counter_count = d->counter_count;
  s->counters = arena_take(&s->memory, (size_t)d->counter_count + 1, sizeof *s->counters);
  s->value = arena_take(&s->memory, (size_t)d->counter_count + 1, sizeof *s->value);
  if (s->counters == NULL || s->value == NULL)
    return false;
  for (uint32_t i = 0; i < d->counter_count; i++)
    s->counters[i] = d->counters[i];
  return gather(d, AT_START, &s->charge_start, &s->charges) &&
         gather(d, AT_END, &s->release_start, &s->releases) &&
         gather(d, WHILE_DISTURBED, &s->quiesce_start, &s->quiesces);
}

berth_status simulation_load_counters(berth_simulation *s) {
  counter_draft d = {.s = s};
  d.powers_down = context_take(s->ctx, (size_t)s->inventory->host_count + 1, sizeof(bool));
  d.exhausted = d.powers_down == NULL;
  for (uint32_t i = 0; i < s->step_count && !d.exhausted; i++)
    if (s->steps[i].type == BERTH_STEP_POWER_DOWN)
      d.powers_down[s->steps[i].host] = true;
  for (uint32_t i = 0; i < s->step_count && !d.exhausted; i++)
    add_step(&d, i);
  add_readiness(&d);
  add_running(&d);
  raise_limits(&d);
  d.exhausted = d.exhausted || !keep(&d);
  context_release(s->ctx, d.powers_down);
  context_release(s->ctx, d.counters);
  context_release(s->ctx, d.slots);
  context_release(s->ctx, d.changes);
  return d.exhausted
             ? context_fail(s->ctx, BERTH_E_NOMEM, NULL, "out of memory while loading a plan")
             : BERTH_OK;
}
