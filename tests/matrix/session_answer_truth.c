/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drain and failure of a host against every sequence of migrations, and in each state every
 * placement of the VMs to be restarted; and the moves of an answer, carried out. Written from
 * docs/model.md §18 on the arrays of tiny_model.h.
 */
#include "session_truth.h"

#include "frozen.h"
#include "tiny_model.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TELL(...) ((void)fprintf(stderr, __VA_ARGS__), false)

enum { MOST_STATES = 30000, SLOTS = 1 << 17, MOST_MOVABLE = 15 };

typedef struct answer_truth {
  tiny_model model;
  model_inventory fresh;
  uint32_t cluster, host; /* `host` of the cluster */
  bool fails;
  uint32_t movable_count, down_count;
  uint32_t movable[TINY_VMS], down[TINY_VMS]; /* VMs of the cluster */
  uint64_t *keys, *slots;
  uint32_t count;
  bool gave_up;
} answer_truth;

static bool runs(const session_model *model, const model_vm *vm) {
  if (!vm->exists || vm->power != BERTH_POWER_ON || vm->host == BERTH_NONE)
    return false;
  switch (model->hosts[vm->host].state) {
  case BERTH_HOST_FAILED:
  case BERTH_HOST_STANDBY:
    return false;
  case BERTH_HOST_ISOLATED:
    return model->base->clusters[vm->cluster].set_up.isolation_response == BERTH_ISOLATION_NONE;
  default:
    return true;
  }
}

/* Who takes part, and how, by §18. */
static void take_part(session_model *model, uint32_t host, bool fails) {
  for (uint32_t v = 0; v < model->vm_count; v++) {
    model_vm *vm = &model->vms[v];
    if (!vm->exists)
      continue;
    bool part = runs(model, vm) && vm->cluster == model->hosts[host].cluster;
    if (part && fails && vm->host == host && vm->spec.priority == BERTH_PRIORITY_DISABLED)
      part = false;
    if (!part)
      vm->power = BERTH_POWER_OFF;
    else if (vm->host != host && (model->hosts[vm->host].state == BERTH_HOST_MAINTENANCE ||
                                  model->hosts[vm->host].state == BERTH_HOST_ENTERING_MAINTENANCE))
      vm->spec.movable = false;
  }
  if (fails)
    model->hosts[host].state = BERTH_HOST_FAILED;
  else if (model->hosts[host].state == BERTH_HOST_ONLINE)
    model->hosts[host].state = BERTH_HOST_ENTERING_MAINTENANCE;
}

static bool begin(answer_truth *t, berth_context *ctx, const session_model *model, uint32_t host,
                  bool fails) {
  const berth_plan_settings settings = BERTH_PLAN_SETTINGS_INIT;
  session_model *other = malloc(sizeof *other);
  if (other == NULL)
    abort();
  *other = *model;
  take_part(other, host, fails);
  model_freeze(other, ctx, &t->fresh);
  free(other);
  const berth_inventory *inventory = t->fresh.inventory;
  t->cluster = model->hosts[host].cluster;
  t->host = t->fresh.host_index[host] - inventory->clusters[t->cluster].first_host;
  t->fails = fails;
  if (!tiny_model_init(&t->model, inventory, t->cluster,
                       fails ? BERTH_GOAL_FAILOVER : BERTH_GOAL_EVACUATE, &settings))
    return false;
  for (uint32_t v = 0; v < t->model.vm_count; v++) {
    if (t->model.vms[v].requested)
      t->down[t->down_count++] = v;
    else if (t->model.vms[v].movable && t->model.vms[v].start != TINY_NOWHERE)
      t->movable[t->movable_count++] = v;
  }
  return true;
}

/* ------------------------------------------------------------------------ all ways */

static bool place(const answer_truth *t, tiny_state *state, uint32_t next) {
  if (!tiny_together_holds(&t->model, state))
    return false;
  if (next == t->down_count)
    return true;
  const uint32_t v = t->down[next];
  for (uint32_t h = 0; h < t->model.host_count; h++) {
    if (!(t->model.vms[v].may_arrive >> h & 1) || !tiny_may_arrive(&t->model, state, v, (uint8_t)h))
      continue;
    tiny_state_put(&t->model, state, v, (uint8_t)h);
    bool placed = place(t, state, next + 1);
    tiny_state_put(&t->model, state, v, TINY_NOWHERE);
    if (placed)
      return true;
  }
  return false;
}

static bool is_done(const answer_truth *t, tiny_state *state) {
  for (uint32_t v = 0; v < t->model.vm_count && !t->fails; v++)
    if (state->where[v] == t->host)
      return false;
  return place(t, state, 0);
}

static bool add_key(answer_truth *t, uint64_t key) {
  size_t i = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 30) & (SLOTS - 1);
  for (; t->slots[i] != 0; i = (i + 1) & (SLOTS - 1))
    if (t->slots[i] == key + 1)
      return false;
  t->slots[i] = key + 1;
  t->keys[t->count++] = key;
  return true;
}

static void unpack(const answer_truth *t, uint64_t key, tiny_state *state) {
  tiny_state_start(&t->model, state);
  for (uint32_t i = 0; i < t->movable_count; i++)
    tiny_state_put(&t->model, state, t->movable[i], (uint8_t)(key >> (4 * i) & 15));
}

static void expand(answer_truth *t, uint64_t key, const tiny_state *state) {
  for (uint32_t i = 0; i < t->movable_count; i++) {
    const uint32_t v = t->movable[i];
    for (uint32_t h = 0; h < t->model.host_count; h++) {
      if (!(t->model.vms[v].may_migrate[state->where[v]] >> h & 1) ||
          !tiny_may_arrive(&t->model, state, v, (uint8_t)h))
        continue;
      if (t->count >= MOST_STATES)
        t->gave_up = true;
      else
        (void)add_key(t, (key & ~(UINT64_C(15) << (4 * i))) | (uint64_t)h << (4 * i));
    }
  }
}

/* Whether there is any way at all; t->gave_up: too many states. */
static bool is_possible(answer_truth *t) {
  tiny_state state;
  uint64_t start = 0;
  bool found = false;
  if (t->movable_count > MOST_MOVABLE || t->model.host_count > 16) {
    t->gave_up = true;
    return false;
  }
  t->keys = malloc(MOST_STATES * sizeof *t->keys);
  t->slots = calloc(SLOTS, sizeof *t->slots);
  if (t->keys == NULL || t->slots == NULL)
    abort();
  for (uint32_t i = 0; i < t->movable_count; i++)
    start |= (uint64_t)t->model.vms[t->movable[i]].start << (4 * i);
  (void)add_key(t, start);
  for (uint32_t at = 0; at < t->count && !found; at++) {
    unpack(t, t->keys[at], &state);
    found = is_done(t, &state);
    if (!found && !t->gave_up)
      expand(t, t->keys[at], &state);
  }
  free(t->keys);
  free(t->slots);
  t->gave_up = t->gave_up && !found;
  return found;
}

/* ------------------------------------------------------------------------ the answer's way */

static bool carry_out(const char *where, const answer_truth *t, const berth_answer *answer,
                      tiny_state *state) {
  const frozen_cluster *cluster = &t->fresh.inventory->clusters[t->cluster];
  tiny_state_start(&t->model, state);
  for (uint32_t i = 0; i < berth_answer_move_count(answer); i++) {
    const berth_plan_placement *move = berth_answer_move_at(answer, i);
    uint32_t v = t->fresh.vm_index[move->vm] - cluster->first_vm;
    uint32_t from = t->fresh.host_index[move->from] - cluster->first_host;
    uint32_t to = t->fresh.host_index[move->to] - cluster->first_host;
    bool moves = move->how == BERTH_HOW_MIGRATE;
    if (v >= t->model.vm_count || to >= t->model.host_count || from >= t->model.host_count)
      return TELL("%s: move %u is of another cluster\n", where, i);
    const tiny_vm *vm = &t->model.vms[v];
    if (moves ? state->where[v] != from || !vm->movable
              : move->how != BERTH_HOW_RESTART || state->where[v] != TINY_NOWHERE ||
                    !vm->requested || from != t->host)
      return TELL("%s: move %u is no such move\n", where, i);
    if (!((moves ? vm->may_migrate[from] : vm->may_arrive) >> to & 1) ||
        !tiny_may_arrive(&t->model, state, v, (uint8_t)to))
      return TELL("%s: move %u, of VM %u to host %u, is not possible\n", where, i, move->vm,
                  move->to);
    tiny_state_put(&t->model, state, v, (uint8_t)to);
  }
  return tiny_together_holds(&t->model, state) || TELL("%s: the moves part VMs\n", where);
}

static bool is_left(const answer_truth *t, const berth_answer *answer, uint32_t v) {
  for (uint32_t i = 0; i < berth_answer_left_count(answer); i++)
    if (t->fresh.vm_index[berth_answer_left_at(answer, i)] ==
        v + t->fresh.inventory->clusters[t->cluster].first_vm)
      return true;
  return false;
}

static bool left_is_right(const char *where, const answer_truth *t, const berth_answer *answer,
                          const tiny_state *state) {
  for (uint32_t i = 1; i < berth_answer_left_count(answer); i++)
    if (berth_answer_left_at(answer, i - 1) >= berth_answer_left_at(answer, i))
      return TELL("%s: those left do not ascend\n", where);
  for (uint32_t v = 0; v < t->model.vm_count; v++) {
    bool stays = t->fails ? t->model.vms[v].requested && state->where[v] == TINY_NOWHERE
                          : state->where[v] == t->host;
    if (stays != is_left(t, answer, v))
      return TELL("%s: VM with index %u is left: %d\n", where, v, !stays);
  }
  return true;
}

static bool order_is_kept(const char *where, const answer_truth *t, const berth_answer *answer) {
  const berth_inventory *inventory = t->fresh.inventory;
  for (uint32_t r = 0; r < inventory->rule_count; r++) {
    const frozen_rule *rule = &inventory->rules[r];
    if (rule->type != BERTH_RULE_RESTART_AFTER || !rule->enabled)
      continue;
    bool started = false;
    for (uint32_t i = 0; i < berth_answer_move_count(answer); i++) {
      const berth_plan_placement *move = berth_answer_move_at(answer, i);
      uint32_t vm = t->fresh.vm_index[move->vm];
      if (move->how != BERTH_HOW_RESTART)
        continue;
      for (uint32_t a = 0; a < rule->after_count; a++)
        if (rule->after[a] == vm && started)
          return TELL("%s: VM %u restarts too late\n", where, move->vm);
      for (uint32_t v = 0; v < rule->vm_count; v++)
        started = started || rule->vms[v] == vm;
    }
  }
  return true;
}

/* ------------------------------------------------------------------------ comparing */

static bool agrees(const char *where, answer_truth *t, const berth_answer *answer,
                   session_tally *tally) {
  berth_outcome outcome = berth_answer_outcome(answer);
  tiny_state state;
  if (!carry_out(where, t, answer, &state) || !left_is_right(where, t, answer, &state) ||
      !order_is_kept(where, t, answer))
    return false;
  bool all = berth_answer_left_count(answer) == 0;
  if (all != (outcome == BERTH_OUTCOME_OPTIMAL) || outcome == BERTH_OUTCOME_FEASIBLE)
    return TELL("%s: outcome %s with %u left\n", where, berth_outcome_word(outcome),
                berth_answer_left_count(answer));
  if (all)
    return true; /* and here is how: that is proof enough */
  bool possible = is_possible(t);
  tally->skipped += t->gave_up;
  if (t->gave_up)
    return true;
  tally->open += outcome == BERTH_OUTCOME_UNKNOWN;
  return outcome == BERTH_OUTCOME_UNKNOWN || !possible ||
         TELL("%s: said to be impossible, but there is a way\n", where);
}

static bool ask(const char *where, berth_context *ctx, const berth_view *view,
                const session_model *model, uint32_t host, bool fails, session_tally *tally) {
  char here[300];
  berth_options options;
  berth_answer *answer = NULL;
  berth_host_state state = model->hosts[host].state;
  bool refused = !fails && state != BERTH_HOST_ONLINE && state != BERTH_HOST_MAINTENANCE &&
                 state != BERTH_HOST_ENTERING_MAINTENANCE;
  berth_options_init(&options);
  options.value[BERTH_OPTION_THREADS] = 1;
  (void)snprintf(here, sizeof here, "%s, %s of host %u", where, fails ? "failure" : "drain", host);
  berth_status status = fails ? berth_view_failure(ctx, view, host, &options, &answer)
                              : berth_view_drain(ctx, view, host, &options, &answer);
  if (status != (refused ? BERTH_E_ARGUMENT : BERTH_OK))
    return TELL("%s: %s: %s\n", here, berth_status_name(status), berth_context_detail(ctx));
  if (refused)
    return true;
  answer_truth *t = calloc(1, sizeof *t);
  if (t == NULL)
    abort();
  (fails ? tally->failures : tally->drains)[berth_answer_outcome(answer)]++;
  *(berth_answer_plan(answer) == NULL ? &tally->direct : &tally->searched) += 1;
  bool agreed = !begin(t, ctx, model, host, fails) || agrees(here, t, answer, tally);
  berth_inventory_release(t->fresh.inventory);
  free(t);
  berth_answer_free(answer);
  return agreed;
}

bool truth_of_drain(const char *where, berth_context *ctx, const berth_view *view,
                    const session_model *model, uint32_t host, session_tally *tally) {
  return ask(where, ctx, view, model, host, false, tally);
}

bool truth_of_failure(const char *where, berth_context *ctx, const berth_view *view,
                      const session_model *model, uint32_t host, session_tally *tally) {
  return ask(where, ctx, view, model, host, true, tally);
}
