/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The search was asked of an inventory that has the range among its resources; the plan speaks of
 * the real one. So its moves are scheduled again, and its levels stated with no bound but zero:
 * what is proved is proved of power management's own question, which a plan does not carry.
 *
 * Back: the same moves from the last to the first. Every state on the way is one of the way there,
 * so that what was allowed is allowed, unless the start was beyond its limits or VMs were started
 * meanwhile; then another order is looked for.
 */
#include "power_plan.h"
#include "admission.h"
#include "checked.h"
#include "components.h"
#include "move_order.h"
#include "move_rounds.h"
#include "plan_steps.h"
#include <assert.h>
#include <berth/verify.h>
#include <string.h>

typedef struct plan_writing {
  berth_context *ctx;
  berth_plan *plan;
  int64_t value[BERTH_LEVEL_COUNT];
  berth_plan_makespan makespan;
} plan_writing;

static berth_status out_of_memory(berth_context *ctx) {
  return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
}

/* ---------------------------------------------------------------------- one cluster */

static bool try_order(const sequence *order, const placement *end, const uint8_t *serves,
                      arena *memory, schedule *best) {
  schedule other;
  if (order->count == 0)
    return true;
  if (!schedule_build(end->problem, order, end, serves, memory, &other))
    return false;
  if (!other.overflow && (best->overflow || other.makespan.worst < best->makespan.worst))
    *best = other;
  return true;
}

static bool schedule_moves(const sequence *moves, const placement *end, const uint8_t *serves,
                           arena *memory, schedule *best) {
  const problem *p = end->problem;
  assert(moves->count <= moves->room || moves->count == 0);
  sequence order;
  return schedule_build(p, moves, end, serves, memory, best) &&
         move_rounds_find(p, moves, memory, &order) &&
         try_order(&order, end, serves, memory, best) &&
         (order.count > 0 || (move_order_find(end, moves, memory, &order) &&
                              try_order(&order, end, serves, memory, best)));
}

static berth_status add_cluster(plan_writing *w, const sequence *moves, const placement *end,
                                const uint8_t *serves, arena *memory) {
  static const berth_level of_end[] = {BERTH_LEVEL_VIOLATIONS, BERTH_LEVEL_UNPLACED,
                                       BERTH_LEVEL_SHOULD_BROKEN};
  schedule done;
  assert(serves != NULL || moves->count == 0);
  if (!schedule_moves(moves, end, serves, memory, &done))
    return out_of_memory(w->ctx);
  if (done.overflow)
    return context_fail(w->ctx, BERTH_E_OVERFLOW, NULL,
                        "the plan would take longer than 2^61 seconds");
  for (size_t i = 0; i < sizeof of_end / sizeof of_end[0]; i++)
    w->value[of_end[i]] += end->value[of_end[i]];
  w->makespan.best = larger_i64(w->makespan.best, done.makespan.best);
  w->makespan.expected = larger_i64(w->makespan.expected, done.makespan.expected);
  w->makespan.worst = larger_i64(w->makespan.worst, done.makespan.worst);
  berth_status status = plan_steps_add(w->ctx, w->plan, &done);
  return status == BERTH_OK ? plan_outcome_add(w->ctx, w->plan, end, &done, memory) : status;
}

/* Nothing is asked of this cluster: it stays as it is. */
static berth_status add_still(plan_writing *w, const berth_inventory *inventory, uint32_t cluster,
                              arena *memory) {
  problem_aim aim = {.goal = berth_plan_goal(w->plan),
                     .settings = *berth_plan_get_settings(w->plan)};
  problem *p = arena_take(memory, 1, sizeof *p);
  placement *end = arena_take(memory, 1, sizeof *end);
  problem_scratch scratch;
  component *all = arena_take(memory, 1, sizeof *all);
  sequence none = {0};
  if (p == NULL || end == NULL || all == NULL ||
      !components_list_cluster(inventory, cluster, memory, all))
    return out_of_memory(w->ctx);
  if (all->host_count + all->vm_count == 0)
    return BERTH_OK;
  if (!problem_scratch_init(&scratch, memory, inventory) ||
      !problem_build(p, memory, inventory, &aim, cluster, all, &scratch) ||
      !placement_init(end, p, memory))
    return out_of_memory(w->ctx);
  return add_cluster(w, &none, end, NULL, memory);
}

/* ---------------------------------------------------------------------- levels */

static void count_steps(plan_writing *w) {
  const berth_inventory *inventory = berth_plan_inventory(w->plan);
  for (uint32_t i = 0; i < berth_plan_step_count(w->plan); i++) {
    const berth_plan_step *step = berth_plan_step_at(w->plan, i);
    if (step->type == BERTH_STEP_WAKE)
      w->value[BERTH_LEVEL_HOSTS_WOKEN]++;
    if (step->type != BERTH_STEP_MIGRATE)
      continue;
    w->value[BERTH_LEVEL_MIGRATIONS]++;
    w->value[BERTH_LEVEL_MEMORY_MOVED] += inventory->vm_memory[step->vm];
  }
}

static int64_t weight_of(const berth_plan *plan, uint32_t host) {
  int64_t watts = berth_plan_inventory(plan)->host_power_watts[host];
  if (berth_plan_get_settings(plan)->weigh == BERTH_WEIGH_HOSTS)
    return 1;
  return watts == BERTH_UNSET ? 0 : watts;
}

static void count_hosts(plan_writing *w) {
  const berth_inventory *inventory = berth_plan_inventory(w->plan);
  int64_t on = 0;
  for (uint32_t h = 0; h < inventory->host_count; h++)
    on += inventory->host_state[h] == BERTH_HOST_ONLINE ? weight_of(w->plan, h) : 0;
  for (uint32_t i = 0; i < berth_plan_step_count(w->plan); i++) {
    const berth_plan_step *step = berth_plan_step_at(w->plan, i);
    if (step->type == BERTH_STEP_WAKE)
      on += weight_of(w->plan, step->host);
    if (step->type == BERTH_STEP_POWER_DOWN)
      on -= weight_of(w->plan, step->host);
  }
  assert(on >= 0);
  w->value[BERTH_LEVEL_HOSTS_ON] = on;
}

static berth_status add_levels(plan_writing *w) {
  berth_level ladder[BERTH_LEVEL_COUNT];
  uint32_t count = berth_goal_ladder(berth_plan_goal(w->plan), ladder);
  berth_outcome outcome = BERTH_OUTCOME_OPTIMAL;
  count_steps(w);
  count_hosts(w);
  w->value[BERTH_LEVEL_MAKESPAN] = w->makespan.worst;
  for (uint32_t i = 0; i < count; i++) {
    berth_plan_level level = {.level = ladder[i], .value = w->value[ladder[i]], .proof = "zero"};
    level.status = level.value == 0 ? BERTH_OUTCOME_OPTIMAL : BERTH_OUTCOME_FEASIBLE;
    berth_status status = berth_plan_add_level(w->ctx, w->plan, &level);
    if (status != BERTH_OK)
      return status;
    if (level.level != BERTH_LEVEL_MAKESPAN && level.value > 0)
      outcome = BERTH_OUTCOME_FEASIBLE;
  }
  berth_plan_set_status(w->plan, outcome);
  berth_plan_set_makespan(w->plan, w->makespan);
  return BERTH_OK;
}

/* @param[out] fault NULL = the plan passes; lives in @p memory. */
static berth_status check(plan_writing *w, arena *memory, const char **fault) {
  berth_report *report = NULL;
  berth_status status = berth_verify(w->ctx, w->plan, &report);
  *fault = NULL;
  for (uint32_t i = 0; status == BERTH_OK && i < berth_report_count(report); i++) {
    const berth_fault *found = berth_report_fault(report, i);
    if (found->kind == BERTH_FAULT_SURVIVAL || *fault != NULL)
      continue;
    *fault = arena_text(memory, found->text, strlen(found->text));
    if (*fault == NULL)
      status = out_of_memory(w->ctx);
  }
  berth_report_free(report);
  return status;
}

/* ---------------------------------------------------------------------- there */

static const power_move *move_of(const power_move *moves, uint32_t count, uint32_t cluster) {
  for (uint32_t i = 0; i < count; i++)
    if (moves[i].ground->cluster == cluster)
      return &moves[i];
  return NULL;
}

static berth_status begin(plan_writing *w, const berth_inventory *inventory,
                          const berth_scenario *scenario, berth_goal goal, const power_move *moves,
                          uint32_t count) {
  berth_plan_settings settings = BERTH_PLAN_SETTINGS_INIT;
  berth_status status = berth_plan_new(w->ctx, inventory, scenario, goal, &w->plan);
  if (count > 0 && goal == BERTH_GOAL_CONSOLIDATE) {
    settings.keep_failures = moves[0].ground->keep_failures;
    settings.weigh = moves[0].ground->by_power ? BERTH_WEIGH_POWER : BERTH_WEIGH_HOSTS;
  }
  return status == BERTH_OK ? berth_plan_set_settings(w->ctx, w->plan, &settings) : status;
}

/* Whether failures are survived, the checker may know where the search ran out of time. */
static berth_status read_violations(plan_writing *w) {
  berth_report *report = NULL;
  int64_t value;
  berth_status status = berth_verify(w->ctx, w->plan, &report);
  if (status == BERTH_OK && berth_report_level(report, BERTH_LEVEL_VIOLATIONS, &value))
    w->value[BERTH_LEVEL_VIOLATIONS] = value;
  berth_report_free(report);
  return status;
}

static berth_status finish_down(plan_writing *w, arena *memory) {
  const char *fault = NULL;
  bool asked = berth_plan_get_settings(w->plan)->keep_failures > 0;
  berth_status status = asked ? read_violations(w) : BERTH_OK;
  if (status == BERTH_OK)
    status = add_levels(w);
  if (status == BERTH_OK)
    status = check(w, memory, &fault);
  return status == BERTH_OK && fault != NULL
             ? context_fail(w->ctx, BERTH_E_INTERNAL, NULL,
                            "the plan does not pass the checker: %s", fault)
             : status;
}

berth_status power_plan_down(berth_context *ctx, const berth_inventory *inventory,
                             const berth_scenario *scenario, const power_move *moves,
                             uint32_t count, arena *memory, berth_plan **out) {
  plan_writing w = {.ctx = ctx};
  berth_status status = begin(&w, inventory, scenario, BERTH_GOAL_CONSOLIDATE, moves, count);
  *out = NULL;
  for (uint32_t c = 0; c < inventory->cluster_count && status == BERTH_OK; c++) {
    const power_move *move = move_of(moves, count, c);
    if (move == NULL) {
      status = add_still(&w, inventory, c, memory);
      continue;
    }
    w.value[BERTH_LEVEL_VIOLATIONS] += !move->choice->survives;
    status = add_cluster(&w, &move->choice->reply.moves, &move->choice->end, move->choice->serves,
                         memory);
  }
  if (status == BERTH_OK)
    status = finish_down(&w, memory);
  if (status == BERTH_OK)
    *out = w.plan;
  else
    berth_plan_free(w.plan);
  return status;
}

/* ---------------------------------------------------------------------- the state reached */

static berth_status add_host_event(berth_context *ctx, berth_scenario *scenario,
                                   berth_event_type type, const char *host) {
  berth_event event = BERTH_EVENT_INIT;
  event.type = type;
  event.host = host;
  return berth_scenario_add(ctx, scenario, &event);
}

static berth_status add_host_steps(berth_context *ctx, const berth_plan *plan, berth_step_type step,
                                   berth_event_type type, berth_scenario *scenario) {
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; i < berth_plan_step_count(plan) && status == BERTH_OK; i++) {
    const berth_plan_step *at = berth_plan_step_at(plan, i);
    if (at->type == step)
      status = add_host_event(ctx, scenario, type, berth_plan_inventory(plan)->host_id[at->host]);
  }
  return status;
}

berth_status power_plan_reached(berth_context *ctx, const berth_scenario *scenario,
                                const berth_plan *plan, berth_scenario **out) {
  const berth_inventory *inventory = berth_plan_inventory(plan);
  berth_status status =
      scenario != NULL ? berth_scenario_copy(ctx, scenario, out) : berth_scenario_new(ctx, out);
  if (status == BERTH_OK)
    status = add_host_steps(ctx, plan, BERTH_STEP_WAKE, BERTH_EVENT_ONLINE, *out);
  for (uint32_t i = 0; i < berth_plan_placement_count(plan) && status == BERTH_OK; i++) {
    const berth_plan_placement *placed = berth_plan_placement_at(plan, i);
    berth_event event = BERTH_EVENT_INIT;
    event.type = BERTH_EVENT_SET;
    event.vm = inventory->vm_id[placed->vm];
    event.attribute = "host";
    event.value = inventory->host_id[placed->to];
    status = berth_scenario_add(ctx, *out, &event);
  }
  if (status == BERTH_OK)
    status = add_host_steps(ctx, plan, BERTH_STEP_ENTER_MAINTENANCE, BERTH_EVENT_MAINTENANCE, *out);
  return status == BERTH_OK
             ? add_host_steps(ctx, plan, BERTH_STEP_POWER_DOWN, BERTH_EVENT_STANDBY, *out)
             : status;
}

/* ---------------------------------------------------------------------- back */

typedef struct way_back {
  problem p;
  component all;
  placement end;
  sequence moves;
  uint8_t *serves; /* [host] on at the end: those that were, and those that were woken */
} way_back;

/* Whether the moves are allowed one after the other, from the state reached. */
static bool is_allowed(const way_back *b, placement *state) {
  assert(state->problem == &b->p);
  for (uint32_t m = 0; m < b->moves.count; m++) {
    const migration *move = &b->moves.list[m];
    if (state->host[move->item] != move->from || !admission_allows(&b->p, move->item, move->to) ||
        !placement_has_room(state, move->item, move->to))
      return false;
    placement_move(state, move->item, move->to);
  }
  return true;
}

/* The end: everybody where the way there began. */
static bool reverse(way_back *b, const power_move *move, arena *memory) {
  const problem *there = &move->ground->whole;
  const sequence *moves = &move->choice->reply.moves;
  for (uint32_t item = 0; item < b->p.item_count; item++) {
    uint32_t other = problem_item_of_vm(there, b->p.vm[item]);
    uint32_t home = other == BERTH_NONE || problem_is_requested(there, other)
                        ? b->end.host[item]
                        : there->origin[other];
    if (b->end.host[item] != home && b->p.kind[item] == ITEM_MOVABLE)
      placement_move(&b->end, item, home);
  }
  for (uint32_t m = moves->count; m-- > 0;) {
    uint32_t item = problem_item_of_vm(&b->p, there->vm[moves->list[m].item]);
    if (item == BERTH_NONE ||
        !sequence_add(&b->moves, memory, item, moves->list[m].to, moves->list[m].from))
      return item == BERTH_NONE;
  }
  return true;
}

static bool ends_allowed(const way_back *b) {
  for (uint32_t item = 0; item < b->p.item_count; item++) {
    uint32_t host = b->end.host[item];
    if (host != b->p.origin[item] && host != BERTH_NONE && !admission_allows(&b->p, item, host))
      return false;
  }
  return true;
}

/* @param[out] found whether there is a way. false = no memory. */
static bool find_way(way_back *b, const berth_inventory *reached, const power_move *move,
                     arena *memory, bool *found) {
  problem_aim aim = {.goal = BERTH_GOAL_REPAIR, .settings = BERTH_PLAN_SETTINGS_INIT};
  const power_ground *g = move->ground;
  assert(reached->host_count == g->inventory->host_count);
  problem_scratch scratch;
  placement state;
  b->serves = arena_take(memory, g->host_count, 1);
  if (b->serves == NULL || !components_list_cluster(reached, g->cluster, memory, &b->all) ||
      !problem_scratch_init(&scratch, memory, reached) ||
      !problem_build(&b->p, memory, reached, &aim, g->cluster, &b->all, &scratch) ||
      !placement_init(&b->end, &b->p, memory) || !placement_init(&state, &b->p, memory) ||
      !reverse(b, move, memory))
    return false;
  for (uint32_t h = 0; h < g->host_count; h++)
    b->serves[h] = g->on[h] || move->choice->serves[h];
  *found = is_allowed(b, &state);
  if (*found || !ends_allowed(b))
    return true;
  b->moves = (sequence){0};
  if (!placement_init(&state, &b->p, memory))
    return false;
  sequence_result result = sequence_find(&b->end, &state, memory, &b->moves);
  *found = result == SEQUENCE_DIRECT || result == SEQUENCE_WITH_HOPS;
  return result != SEQUENCE_OUT_OF_MEMORY;
}

static berth_status add_back(plan_writing *w, const berth_inventory *reached,
                             const power_move *move, arena *memory, const char **why) {
  way_back *b = arena_take(memory, 1, sizeof *b);
  bool found;
  if (b == NULL || !find_way(b, reached, move, memory, &found))
    return out_of_memory(w->ctx);
  if (!found) {
    *why = "not every VM may go back to where it was: its host was over a limit, broke a rule, or "
           "VMs that were started meanwhile stand in the way";
    return BERTH_OK;
  }
  return add_cluster(w, &b->moves, &b->end, b->serves, memory);
}

berth_status power_plan_back(berth_context *ctx, const berth_inventory *reached,
                             const berth_scenario *scenario, const power_move *moves,
                             uint32_t count, arena *memory, berth_plan **out, const char **why) {
  plan_writing w = {.ctx = ctx};
  berth_status status = begin(&w, reached, scenario, BERTH_GOAL_REPAIR, moves, count);
  *out = NULL;
  *why = NULL;
  for (uint32_t c = 0; c < reached->cluster_count && status == BERTH_OK && *why == NULL; c++) {
    const power_move *move = move_of(moves, count, c);
    status =
        move == NULL ? add_still(&w, reached, c, memory) : add_back(&w, reached, move, memory, why);
  }
  if (status == BERTH_OK && *why == NULL)
    status = add_levels(&w);
  if (status == BERTH_OK && *why == NULL)
    status = check(&w, memory, why);
  if (status == BERTH_OK && *why == NULL)
    *out = w.plan;
  else
    berth_plan_free(w.plan);
  return status;
}
