/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where VMs restart. First by restarts alone: on dedicated failover hosts, then on any (fdm: the
 * solver; aam: each VM on the host with most memory unreserved, the next more by CPU). Where that
 * leaves VMs out, in this order of harm: standby hosts woken, VMs migrated, both; the mildest that
 * brings back most, by class. What a person has to agree to is asked for, and restarts that need
 * none of it do not wait.
 */
#include "timeline_engine.h"
#include "timeline_view.h"
#include <assert.h>
#include <berth/solve.h>
#include <string.h>

/** What a placement may do beside restarts. */
typedef struct means {
  bool wakes, moves;
  bool dedicated_only; /* no other host takes anything */
  bool keep;           /* VMs that have a target count as running there */
} means;

/** A plan and what it leaves out. */
typedef struct answer {
  berth_plan *plan;
  uint32_t left[TIMELINE_CLASSES];
} answer;

/* ---------------------------------------------------------------------------- the view */

static bool is_due(const timeline_engine *e, const timeline_vm *v) {
  return v->takes_part && v->stage == RESTART_QUEUED && v->due <= e->now;
}

static void view_vm_of(const timeline_engine *e, uint32_t vm, const means *m, uint8_t *state,
                       uint32_t *host) {
  const timeline_vm *v = &e->vms[vm];
  *host = BERTH_NONE;
  *state = VIEW_VM_ABSENT;
  if (!v->takes_part)
    return;
  if (is_due(e, v) && m->keep && v->target != BERTH_NONE) {
    *state = VIEW_VM_RUNS;
    *host = v->target;
  } else if (is_due(e, v)) {
    *state = VIEW_VM_ASKS;
    if (e->hosts[v->host].state == BERTH_HOST_FAILED)
      *host = v->host; /* displaced: dedicated hosts take it */
  } else if (v->stage == RESTART_STARTING || v->runs) {
    *state = VIEW_VM_RUNS;
    *host = v->stage == RESTART_STARTING ? v->start_host : v->host;
  }
}

/* Hosts that keep what they have and take nothing are told as disconnected. */
static berth_host_state view_host_of(const timeline_engine *e, uint32_t host, const means *m) {
  switch (e->hosts[host].state) {
  case BERTH_HOST_ONLINE:
    return m->dedicated_only && !e->inventory->host_dedicated[host] ? BERTH_HOST_DISCONNECTED
                                                                    : BERTH_HOST_ONLINE;
  case BERTH_HOST_STANDBY:
    return BERTH_HOST_STANDBY;
  case BERTH_HOST_FAILED:
    return BERTH_HOST_FAILED;
  default:
    return BERTH_HOST_DISCONNECTED;
  }
}

static bool fill_view(const timeline_engine *e, const means *m, arena *memory,
                      timeline_view *view) {
  const berth_inventory *i = e->inventory;
  uint8_t *vm = arena_take(memory, i->vm_count, 1), *host = arena_take(memory, i->host_count, 1);
  uint8_t *no_wake = arena_take(memory, i->host_count, 1);
  uint8_t *pinned = arena_take(memory, i->vm_count, 1);
  uint32_t *vm_host = arena_take(memory, i->vm_count, sizeof *vm_host);
  if (vm == NULL || host == NULL || no_wake == NULL || pinned == NULL || vm_host == NULL)
    return false;
  for (uint32_t h = 0; h < i->host_count; h++)
    host[h] = i->host_state[h];
  for (uint32_t h = e->first_host; h < e->end_host; h++) {
    host[h] = (uint8_t)view_host_of(e, h, m);
    no_wake[h] = e->hosts[h].waking;
  }
  for (uint32_t v = e->first_vm; v < e->end_vm; v++) {
    view_vm_of(e, v, m, &vm[v], &vm_host[v]);
    pinned[v] = e->vms[v].stage != RESTART_NONE;
  }
  *view = (timeline_view){.cluster = e->cluster,
                          .vm = vm,
                          .vm_host = vm_host,
                          .host = host,
                          .no_wake = no_wake,
                          .pinned = pinned,
                          .wakes = m->wakes,
                          .moves = m->moves,
                          .all_rules = m->moves};
  return true;
}

/* ---------------------------------------------------------------------------- one question */

static void count_left(timeline_engine *e, answer *a) {
  for (uint32_t i = 0; i < berth_plan_unplaced_count(a->plan); i++) {
    uint32_t vm = berth_plan_unplaced_at(a->plan, i)->vm;
    a->left[timeline_class(e->inventory, vm)]++;
  }
}

static berth_status solve_view(timeline_engine *e, const berth_inventory *inventory,
                               berth_plan **plan) {
  berth_request request = BERTH_REQUEST_INIT;
  berth_options options;
  if (e->request->options != NULL)
    options = *e->request->options;
  else
    berth_options_init(&options);
  options.value[BERTH_OPTION_EXPLAIN] = 1; /* the ledger alone */
  options.value[BERTH_OPTION_DEADLINE] = 0;
  request.infer_goal = false;
  request.goal = BERTH_GOAL_FAILOVER;
  request.options = &options;
  return berth_solve(e->ctx, inventory, &request, NULL, plan);
}

/* Asks the solver. False: it failed, and `status` says how. */
static bool ask(timeline_engine *e, const means *m, answer *out) {
  arena memory;
  timeline_view view;
  const berth_inventory *inventory = NULL;
  berth_status status = BERTH_E_NOMEM;
  *out = (answer){NULL, {0}};
  arena_init(&memory, &e->memory.allocator);
  if (!fill_view(e, m, &memory, &view))
    goto done;
  if ((status = timeline_view_build(e->ctx, e->inventory, &view, &inventory)) != BERTH_OK)
    goto done;
  if ((status = solve_view(e, inventory, &out->plan)) != BERTH_OK)
    goto done;
  count_left(e, out);
done:
  berth_inventory_release(inventory);
  arena_free(&memory);
  if (status != BERTH_OK)
    e->status = status;
  return status == BERTH_OK;
}

static bool leaves_none(const answer *a) {
  for (unsigned c = 0; c < TIMELINE_CLASSES; c++)
    if (a->left[c] > 0)
      return false;
  return true;
}

/* Fewer VMs left out, those of higher classes first. */
static bool is_better(const answer *a, const answer *b) {
  for (unsigned c = 0; c < TIMELINE_CLASSES; c++)
    if (a->left[c] != b->left[c])
      return a->left[c] < b->left[c];
  return false;
}

static bool is_arrival(const berth_plan_step *step) {
  return step->type == BERTH_STEP_RESTART || step->type == BERTH_STEP_POWER_ON;
}

/* Takes the targets of the plan. Its steps are followed only if it is put in force. */
static void take_targets(timeline_engine *e, const berth_plan *plan, bool in_force) {
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++) {
    const berth_plan_step *step = berth_plan_step_at(plan, i);
    if (!is_arrival(step))
      continue;
    timeline_vm *v = &e->vms[step->vm];
    assert(is_due(e, v));
    v->target = step->to;
    v->step = in_force ? step->id : 0;
    v->hopeless = false;
  }
}

/* ---------------------------------------------------------------------------- aam */

static int64_t unreserved(const timeline_engine *e, uint32_t host, uint32_t resource) {
  size_t at = (size_t)host * e->inventory->resource_count + resource;
  return e->inventory->host_capacity[at] - e->used[at];
}

/* No should rule broken, then most memory, then most CPU; the first of equals. */
static bool is_roomier(const timeline_engine *e, uint32_t vm, uint32_t a, uint32_t b) {
  bool breaks_a = timeline_breaks_should(e, vm, a), breaks_b = timeline_breaks_should(e, vm, b);
  if (breaks_a != breaks_b)
    return breaks_b;
  for (uint32_t r = BERTH_RESOURCE_MEMORY + 1; r-- > BERTH_RESOURCE_CPU;)
    if (unreserved(e, a, r) != unreserved(e, b, r))
      return unreserved(e, a, r) > unreserved(e, b, r);
  return false;
}

static uint32_t roomiest(timeline_engine *e, uint32_t vm, bool dedicated) {
  static_assert(BERTH_RESOURCE_CPU == 0 && BERTH_RESOURCE_MEMORY == 1, "memory before CPU");
  uint32_t best = BERTH_NONE;
  for (uint32_t h = e->first_host; h < e->end_host; h++) {
    if ((dedicated && !e->inventory->host_dedicated[h]) || timeline_obstacle(e, vm, h) != NULL)
      continue;
    if (best == BERTH_NONE || is_roomier(e, vm, h, best))
      best = h;
  }
  return best;
}

/* One after the other; each sees those before it where they are going to start. */
static void place_greedily(timeline_engine *e) {
  uint32_t count = e->end_vm - e->first_vm;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t vm = e->order[i];
    timeline_vm *v = &e->vms[vm];
    if (!is_due(e, v))
      continue;
    uint32_t host = roomiest(e, vm, true);
    v->target = host != BERTH_NONE ? host : roomiest(e, vm, false);
    v->hopeless = v->target == BERTH_NONE;
    if (!v->hopeless)
      timeline_charge(e, vm, v->target, 1);
  }
  for (uint32_t i = 0; i < count; i++) {
    const timeline_vm *v = &e->vms[e->order[i]];
    if (is_due(e, v) && v->target != BERTH_NONE)
      timeline_charge(e, e->order[i], v->target, -1);
  }
}

/* ---------------------------------------------------------------------------- restarts alone */

static bool has_dedicated(const timeline_engine *e) {
  for (uint32_t h = e->first_host; h < e->end_host; h++)
    if (e->inventory->host_dedicated[h] && e->hosts[h].state == BERTH_HOST_ONLINE)
      return true;
  return false;
}

static bool is_whole(const timeline_engine *e) {
  for (uint32_t v = e->first_vm; v < e->end_vm; v++)
    if (is_due(e, &e->vms[v]) && e->vms[v].target == BERTH_NONE)
      return false;
  return true;
}

/* Targets for as many VMs as restarts alone can bring back. */
static bool place_alone(timeline_engine *e, answer *out) {
  means tries[] = {{.dedicated_only = true}, {.keep = true}};
  bool dedicated = has_dedicated(e);
  for (int i = dedicated ? 0 : 1; i < 2; i++) {
    if (!ask(e, &tries[i], out))
      return false;
    take_targets(e, out->plan, false);
    if (i == 0 && !leaves_none(out))
      berth_plan_free(out->plan);
    else
      break;
  }
  return true;
}

static void count_hopeless(const timeline_engine *e, answer *out) {
  *out = (answer){NULL, {0}};
  for (uint32_t v = e->first_vm; v < e->end_vm; v++)
    if (is_due(e, &e->vms[v]) && e->vms[v].target == BERTH_NONE)
      out->left[timeline_class(e->inventory, v)]++;
}

/* ---------------------------------------------------------------------------- more than that */

/* The mildest of the means allowed that is best, if it is better than @p best, in its place. */
static bool improve(timeline_engine *e, bool wakes, bool moves, answer *best) {
  const means order[] = {{.wakes = true}, {.moves = true}, {.wakes = true, .moves = true}};
  for (int i = 0; i < 3 && !leaves_none(best); i++) {
    answer other;
    if ((order[i].wakes && !wakes) || (order[i].moves && !moves))
      continue;
    if (!ask(e, &order[i], &other))
      return false;
    if (is_better(&other, best)) {
      berth_plan_free(best->plan);
      *best = other;
    } else {
      berth_plan_free(other.plan);
    }
  }
  return true;
}

static void put_in_force(timeline_engine *e, answer *a) {
  assert(e->plan == NULL && e->execution == NULL && a->plan != NULL);
  for (uint32_t v = e->first_vm; v < e->end_vm; v++)
    e->vms[v].target = e->vms[v].stage == RESTART_QUEUED ? BERTH_NONE : e->vms[v].target;
  e->plan = a->plan;
  a->plan = NULL;
  berth_status status = berth_execution_new(e->ctx, e->plan, &e->execution);
  if (status != BERTH_OK)
    e->status = status;
  else
    take_targets(e, e->plan, true);
}

static void tell_request(timeline_engine *e, const berth_plan *plan) {
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++) {
    const berth_plan_step *step = berth_plan_step_at(plan, i);
    if (step->approval && step->type == BERTH_STEP_WAKE)
      timeline_tell(e, BERTH_MOMENT_APPROVAL_WAKE, BERTH_NONE, step->host, BERTH_NONE, 0, NULL);
    else if (step->approval && step->type == BERTH_STEP_MIGRATE)
      timeline_tell(e, BERTH_MOMENT_APPROVAL_MIGRATE, step->vm, step->from, step->to, 0, NULL);
  }
  e->asked = true;
  if (e->request->approve != BERTH_UNSET)
    timeline_later(e, e->request->approve, TASK_APPROVED, BERTH_NONE, 0);
}

/* Where restarts alone leave VMs out: what happens by itself, and what a person is asked for. */
static bool look_further(timeline_engine *e, const answer *alone) {
  bool wakes = e->set_up->dpm == BERTH_AUTOMATION_FULL;
  bool moves = e->set_up->drs == BERTH_AUTOMATION_FULL;
  bool all_wakes = e->set_up->dpm != BERTH_AUTOMATION_OFF;
  bool all_moves = e->set_up->drs != BERTH_AUTOMATION_OFF;
  answer best = *alone;
  best.plan = NULL;
  if (!improve(e, wakes || (e->granted && all_wakes), moves || (e->granted && all_moves), &best))
    return false;
  bool asks =
      !leaves_none(&best) && !e->granted && !e->asked && (all_wakes != wakes || all_moves != moves);
  answer more = best;
  more.plan = NULL;
  if (asks && !improve(e, all_wakes, all_moves, &more)) {
    berth_plan_free(best.plan);
    return false;
  }
  if (more.plan != NULL)
    tell_request(e, more.plan);
  berth_plan_free(more.plan);
  if (best.plan != NULL)
    put_in_force(e, &best);
  return e->status == BERTH_OK;
}

/* VMs for which there is no room, told once until they are down anew. */
static void tell_waiting(timeline_engine *e) {
  for (uint32_t i = 0; i < e->end_vm - e->first_vm; i++) {
    uint32_t vm = e->order[i];
    timeline_vm *v = &e->vms[vm];
    if (!is_due(e, v) || v->target != BERTH_NONE)
      continue;
    v->hopeless = true;
    if (v->told_waits)
      continue;
    const char *why = timeline_why_nowhere(e, vm);
    v->told_waits = true;
    timeline_tell(e, BERTH_MOMENT_WAITS, vm, BERTH_NONE, BERTH_NONE, 0, why);
    timeline_explain(e, vm, why);
  }
}

void timeline_place(timeline_engine *e) {
  answer alone = {NULL, {0}};
  bool any = false, ok = true;
  assert(e->plan == NULL && e->migrations == 0);
  for (uint32_t v = e->first_vm; v < e->end_vm; v++) {
    if (e->vms[v].stage == RESTART_QUEUED)
      e->vms[v].target = BERTH_NONE;
    any = any || is_due(e, &e->vms[v]);
  }
  if (!any)
    return;
  if (timeline_is_fdm(e))
    ok = place_alone(e, &alone);
  else
    place_greedily(e);
  if (!timeline_is_fdm(e))
    count_hopeless(e, &alone);
  if (ok && !is_whole(e) && e->wakes == 0)
    ok = look_further(e, &alone);
  berth_plan_free(alone.plan);
  e->granted = false;
  if (ok)
    tell_waiting(e);
}

void timeline_drop_plan(timeline_engine *e) {
  berth_execution_free(e->execution);
  berth_plan_free(e->plan);
  e->execution = NULL;
  e->plan = NULL;
  for (uint32_t v = e->first_vm; e->vms != NULL && v < e->end_vm; v++)
    e->vms[v].step = 0;
  for (uint32_t h = e->first_host; e->hosts != NULL && h < e->end_host; h++)
    e->hosts[h].wake_step = 0;
}
