/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Simulations: from a plan and options to many runs and what they have in common. Everything is
 * loaded once; a run takes no memory.
 */
#include "plan_simulation.h"
#include "context_internal.h"
#include "value_sort.h"
#include "versioned.h"
#include <assert.h>
#include <string.h>

static berth_status out_of_memory(berth_context *ctx) {
  return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory while simulating a plan");
}

/* ------------------------------------------------------------------------------ words */

const char *berth_draw_word(berth_draw value) {
  switch (value) {
#define WORD(constant, number, word)                                                               \
  case constant:                                                                                   \
    return word;
    BERTH_DRAW_TABLE(WORD)
  case BERTH_DRAW_COUNT:
    break;
  }
  return NULL;
}

const char *berth_breach_word(berth_breach_kind value) {
  switch (value) {
    BERTH_BREACH_TABLE(WORD)
#undef WORD
  case BERTH_BREACH_COUNT:
    break;
  }
  return NULL;
}

bool berth_draw_parse(const char *word, berth_draw *draw) {
  assert(word != NULL && draw != NULL);
  for (int i = 0; i < BERTH_DRAW_COUNT; i++)
    if (strcmp(word, berth_draw_word((berth_draw)i)) == 0) {
      *draw = (berth_draw)i;
      return true;
    }
  return false;
}

/* ------------------------------------------------------------------------------ acknowledgements
 */

static berth_status find_vm(berth_simulation *s, const berth_event *event, uint32_t *vm) {
  const char *name = event->vm == NULL ? "" : event->vm;
  berth_status status = berth_inventory_find_vm(s->inventory, name, vm);
  if (status == BERTH_OK && event->after >= 0 && event->after <= BERTH_QUANTITY_MAX)
    return BERTH_OK;
  if (status == BERTH_OK)
    return context_fail(s->ctx, BERTH_E_ARGUMENT, &event->position,
                        "ack of VM \"%.200s\" has no time; expected seconds in `after`", name);
  return context_fail(s->ctx, status, &event->position,
                      status == BERTH_E_AMBIGUOUS
                          ? "several VMs are called \"%.200s\"; expected an id"
                          : "there is no VM \"%.200s\"; expected the id or name of one",
                      name);
}

static berth_status read_acks(berth_simulation *s, const berth_scenario *scenario) {
  uint32_t events = berth_scenario_count(scenario);
  s->acks = arena_take(&s->memory, (size_t)events + 1, sizeof *s->acks);
  if (s->acks == NULL)
    return out_of_memory(s->ctx);
  for (uint32_t k = 0; k < events; k++) {
    const berth_event *event = berth_scenario_event(scenario, k);
    if (event->type != BERTH_EVENT_ACK)
      continue;
    simulation_ack ack = {.from = event->at == BERTH_UNSET ? 0 : event->at, .after = event->after};
    berth_status status = find_vm(s, event, &ack.vm);
    if (status != BERTH_OK)
      return status;
    s->acks[s->ack_count++] = ack;
  }
  return BERTH_OK;
}

/* Acknowledgements by VM, those of one VM as given: a counting sort. */
static berth_status sort_acks(berth_simulation *s, uint32_t **start_out) {
  uint32_t vms = s->inventory->vm_count;
  uint32_t *start = arena_take(&s->memory, (size_t)vms + 2, sizeof *start);
  simulation_ack *sorted = arena_take(&s->memory, (size_t)s->ack_count + 1, sizeof *sorted);
  if (start == NULL || sorted == NULL)
    return out_of_memory(s->ctx);
  for (uint32_t k = 0; k < s->ack_count; k++)
    start[s->acks[k].vm + 2]++;
  for (uint32_t vm = 0; vm < vms; vm++)
    start[vm + 2] += start[vm + 1];
  for (uint32_t k = 0; k < s->ack_count; k++)
    sorted[start[s->acks[k].vm + 1]++] = s->acks[k];
  s->acks = sorted;
  *start_out = start;
  return BERTH_OK;
}

berth_status simulation_load_acks(berth_simulation *s, const berth_scenario *scenario) {
  uint32_t *start = NULL;
  berth_status status = scenario == NULL ? BERTH_OK : read_acks(s, scenario);
  if (status == BERTH_OK && s->ack_count > 0)
    status = sort_acks(s, &start);
  if (status != BERTH_OK)
    return status;
  for (uint32_t i = 0; i < s->step_count; i++) {
    simulation_step *step = &s->steps[i];
    bool always = false;
    if (step->wait == 0)
      continue;
    if (start != NULL) {
      step->first_ack = start[step->vm];
      step->ack_count = start[step->vm + 1] - start[step->vm];
    }
    for (uint32_t k = 0; k < step->ack_count; k++)
      always = always || s->acks[step->first_ack + k].from == 0;
    if (!always)
      step->draw = s->drawn++;
  }
  return BERTH_OK;
}

/* ------------------------------------------------------------------------------ runs */

/* How many runs there are to make: one where nothing is drawn. */
static int64_t runs_of(const berth_simulation *s, const berth_simulation_options *options,
                       bool *enumerated) {
  *enumerated = false;
  if (options->delay > 0 && s->step_count > 0)
    return options->runs;
  if (s->drawn == 0 || (options->draw != BERTH_DRAW_RANDOM && options->draw != BERTH_DRAW_EXTREMES))
    return 1;
  if (options->draw == BERTH_DRAW_EXTREMES && s->drawn < 40 &&
      INT64_C(1) << s->drawn <= options->runs) {
    *enumerated = true;
    return INT64_C(1) << s->drawn;
  }
  return options->runs;
}

static void keep_run(berth_simulation *s, int64_t run) {
  assert(run == s->run_count);
  bool first_breach = s->run_breaches > 0 && s->breach_count == 0;
  s->breach_count += s->run_breaches;
  s->makespans[run] = s->makespan;
  if (run > 0 && !first_breach)
    return;
  s->shown = run;
  s->kept_makespan = s->makespan;
  memcpy(s->kept, s->now, s->step_count * sizeof *s->kept);
}

static berth_status run_all(berth_simulation *s, const berth_simulation_options *options) {
  enum { STEPS_A_REPORT = 1 << 20 };
  bool enumerated;
  int64_t runs = runs_of(s, options, &enumerated);
  uint64_t steps = 0;
  assert(runs >= 1);
  s->makespans = arena_take_unset(&s->memory, (size_t)runs, sizeof *s->makespans);
  s->breaches = arena_take(&s->memory, SIMULATION_BREACHES_MAX, sizeof *s->breaches);
  if (s->makespans == NULL || s->breaches == NULL)
    return out_of_memory(s->ctx);
  for (int64_t run = 0; run < runs; run++) {
    simulation_course course = {.run = run,
                                .draw = options->draw,
                                .delay = options->delay,
                                .random =
                                    options->seed ^ (uint64_t)run * UINT64_C(0xd1342543de82ef95),
                                .extremes = (uint64_t)run,
                                .enumerated = enumerated};
    simulation_run(s, &course);
    keep_run(s, run);
    s->run_count = run + 1;
    steps += s->step_count + 1;
    if (steps >= STEPS_A_REPORT) {
      steps = 0;
      if (!context_progress(s->ctx, "simulate", (uint64_t)run + 1, (uint64_t)runs, 0))
        break;
    }
  }
  return s->exhausted ? out_of_memory(s->ctx) : BERTH_OK;
}

/* ------------------------------------------------------------------------------ the call */

static const char *fault_of(const berth_simulation_options *options) {
  if (berth_draw_word(options->draw) == NULL)
    return "no such way to draw";
  if (options->runs < 1 || options->runs > BERTH_SIMULATION_RUNS_MAX)
    return "too few or too many runs";
  return options->delay >= 0 && options->delay <= BERTH_QUANTITY_MAX
             ? NULL
             : "a delay that is negative or too long";
}

static berth_status simulate(berth_simulation *s, const berth_plan *plan,
                             const berth_simulation_options *options) {
  berth_status status = simulation_load_steps(s, plan);
  if (status == BERTH_OK)
    status = simulation_load_counters(s);
  if (status == BERTH_OK && !simulation_load_nodes(s))
    status = out_of_memory(s->ctx);
  if (status == BERTH_OK)
    status = simulation_load_acks(s, options->scenario);
  if (status == BERTH_OK)
    status = run_all(s, options);
  if (status != BERTH_OK)
    return status;
  assert(s->run_count > 0 && s->shown < s->run_count);
  value_sort(s->makespans, (size_t)s->run_count);
  return BERTH_OK;
}

berth_status berth_simulate_plan(berth_context *ctx, const berth_plan *plan,
                                 const berth_simulation_options *options, berth_simulation **out) {
  assert(ctx != NULL && plan != NULL && out != NULL);
  *out = NULL;
  berth_simulation_options own = BERTH_SIMULATION_OPTIONS_INIT;
  berth_status status = versioned_read(ctx, "options of a simulation", options, &own,
                                       VERSIONED_SIZE(berth_simulation_options, scenario));
  if (status != BERTH_OK)
    return status;
  const char *fault = fault_of(&own);
  if (fault != NULL)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "%s; expected what simulation.h allows",
                        fault);
  berth_simulation *s = context_take(ctx, 1, sizeof *s);
  if (s == NULL)
    return BERTH_E_NOMEM;
  arena_init(&s->memory, context_allocator(ctx));
  s->ctx = ctx;
  s->options = own;
  s->options.scenario = NULL;
  status = simulate(s, plan, &own);
  s->ctx = NULL;
  s->inventory = NULL; /* the plan may go */
  if (status == BERTH_OK)
    *out = s;
  else
    berth_simulation_free(s);
  return status;
}

void berth_simulation_free(berth_simulation *s) {
  if (s == NULL)
    return;
  berth_allocator allocator = s->memory.allocator;
  arena_free(&s->memory);
  allocator.release(allocator.user, s);
}

/* ------------------------------------------------------------------------------ results */

const berth_simulation_options *berth_simulation_asked(const berth_simulation *s) {
  assert(s->options.struct_size == sizeof s->options);
  return &s->options;
}

int64_t berth_simulation_runs(const berth_simulation *s) {
  return s->run_count;
}

uint32_t berth_simulation_drawn(const berth_simulation *s) {
  return s->drawn;
}

int64_t berth_simulation_shown(const berth_simulation *s) {
  return s->shown;
}

uint32_t berth_simulation_step_count(const berth_simulation *s) {
  return s->step_count;
}

const berth_simulated_step *berth_simulation_step_at(const berth_simulation *s, uint32_t index) {
  assert(index < s->step_count);
  return &s->kept[index];
}

int64_t berth_simulation_makespan(const berth_simulation *s) {
  return s->kept_makespan;
}

int64_t berth_simulation_quantile(const berth_simulation *s, uint32_t per_mille) {
  int64_t share = per_mille > 1000 ? 1000 : per_mille;
  assert(s->run_count > 0);
  int64_t rank = (share * s->run_count + 999) / 1000; /* runs are at most 10^7 */
  return s->makespans[rank > 0 ? rank - 1 : 0];
}

uint64_t berth_simulation_breach_count(const berth_simulation *s) {
  return s->breach_count;
}

const berth_breach *berth_simulation_breach_at(const berth_simulation *s, uint32_t index) {
  return index < s->breach_kept ? &s->breaches[index] : NULL;
}
