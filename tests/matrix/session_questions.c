/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a view says against the inventory that its model is: object by object, and the best hosts
 * against every host, tried out on the arrays of tiny_model.h.
 */
#include "session_truth.h"

#include "frozen.h"
#include "session_compare.h"
#include "session_inventory.h"
#include "session_state.h"
#include "tiny_model.h"

#include <assert.h>
#include <berth/io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TELL(...) ((void)fprintf(stderr, __VA_ARGS__), false)

/* ------------------------------------------------------------------------ objects */

static bool runs(const berth_inventory *inventory, uint32_t vm) {
  uint32_t host = inventory->vm_host[vm];
  if (inventory->vm_power[vm] != BERTH_POWER_ON || host == BERTH_NONE)
    return false;
  berth_host_state state = (berth_host_state)inventory->host_state[host];
  const berth_cluster_spec *set_up = &inventory->clusters[inventory->host_cluster[host]].set_up;
  return state != BERTH_HOST_FAILED && state != BERTH_HOST_STANDBY &&
         (state != BERTH_HOST_ISOLATED || set_up->isolation_response == BERTH_ISOLATION_NONE);
}

static bool same_free(const char *where, const berth_view *view, const model_inventory *fresh) {
  const berth_inventory *inventory = fresh->inventory;
  for (uint32_t h = 0; h < inventory->host_count; h++) {
    for (uint32_t r = 0; r < inventory->resource_count; r++) {
      int64_t free = inventory->host_capacity[(size_t)h * inventory->resource_count + r];
      for (uint32_t v = 0; v < inventory->vm_count && free != BERTH_UNLIMITED; v++)
        if (runs(inventory, v) && inventory->vm_host[v] == h)
          free -= inventory->vm_demand[(size_t)v * inventory->resource_count + r];
      uint32_t host = fresh->host_number[h];
      if (berth_view_host_free(view, host, r) != free)
        return TELL("%s: host %u has %lld of resource %u free, truth is %lld\n", where, host,
                    (long long)berth_view_host_free(view, host, r), r, (long long)free);
    }
  }
  return true;
}

static bool same_objects(const char *where, const berth_view *view, const session_model *model,
                         const model_inventory *fresh) {
  for (uint32_t v = 0; v < model->vm_count; v++) {
    const model_vm *vm = &model->vms[v];
    bool there = v < berth_view_vm_count(view) && berth_view_vm_exists(view, v);
    if (there != vm->exists)
      return TELL("%s: VM %u exists: %d\n", where, v, there);
    if (there &&
        (strcmp(berth_view_vm_id(view, v), vm->id) != 0 ||
         berth_view_vm_host(view, v) != vm->host || berth_view_vm_power(view, v) != vm->power))
      return TELL("%s: VM %u differs\n", where, v);
    for (uint32_t r = 0; there && r < fresh->inventory->resource_count; r++)
      if (berth_view_vm_demand(view, v, r) !=
          berth_inventory_vm_demand(fresh->inventory, fresh->vm_index[v], r))
        return TELL("%s: VM %u differs in demand %u\n", where, v, r);
  }
  if (berth_view_host_count(view) != model->host_count)
    return TELL("%s: %u hosts\n", where, berth_view_host_count(view));
  for (uint32_t h = 0; h < model->host_count; h++)
    if (strcmp(berth_view_host_id(view, h), model->hosts[h].id) != 0 ||
        berth_view_host_state(view, h) != model->hosts[h].state)
      return TELL("%s: host %u differs\n", where, h);
  return true;
}

static bool has_rule(const berth_view *view, uint32_t vm, uint32_t rule) {
  const vm_traits *traits = vm_traits_of(view, vm);
  for (uint32_t i = 0; i < traits->rule_count; i++)
    if (traits->rules[i] == rule)
      return true;
  return false;
}

static bool same_rule(const char *where, const berth_view *view, const session_model *model,
                      const model_inventory *fresh, uint32_t rule) {
  const frozen_rule *frozen = &fresh->inventory->rules[fresh->rule_index[rule]];
  if (berth_view_rule_enabled(view, rule) != frozen->enabled)
    return TELL("%s: rule %u (%s) is in force: %d, by freezing %d\n", where, rule,
                model->rules[rule].id, berth_view_rule_enabled(view, rule), frozen->enabled);
  if (frozen->type == BERTH_RULE_QUIESCE || frozen->type == BERTH_RULE_RESTART_AFTER)
    return true;
  for (uint32_t v = 0; v < model->vm_count; v++) {
    bool listed = false;
    for (uint32_t i = 0; model->vms[v].exists && i < frozen->vm_count; i++)
      listed = listed || frozen->vms[i] == fresh->vm_index[v];
    if (model->vms[v].exists && has_rule(view, v, rule) != listed)
      return TELL("%s: VM %u in rule %u: %d\n", where, v, rule, !listed);
  }
  return true;
}

static bool same_rules(const char *where, const berth_view *view, const session_model *model,
                       const model_inventory *fresh) {
  for (uint32_t r = 0; r < model->rule_count; r++) {
    if (berth_view_rule_exists(view, r) != model->rules[r].exists)
      return TELL("%s: rule %u exists: %d\n", where, r, !model->rules[r].exists);
    if (model->rules[r].exists && fresh->rule_index[r] != BERTH_NONE &&
        !same_rule(where, view, model, fresh, r))
      return false;
  }
  return true;
}

static bool same_numbers(const char *where, const view_copy *copy, const session_model *model,
                         const model_inventory *fresh) {
  for (uint32_t v = 0; v < model->vm_count; v++)
    if (copy->vm_index[v] != fresh->vm_index[v] ||
        (model->vms[v].exists && copy->vm_number[copy->vm_index[v]] != v))
      return TELL("%s: VM %u has index %d\n", where, v, (int)copy->vm_index[v]);
  for (uint32_t h = 0; h < model->host_count; h++)
    if (copy->host_index[h] != fresh->host_index[h] || copy->host_number[copy->host_index[h]] != h)
      return TELL("%s: host %u has index %d\n", where, h, (int)copy->host_index[h]);
  for (uint32_t r = 0; r < model->rule_count; r++)
    if (copy->rule_index[r] != fresh->rule_index[r])
      return TELL("%s: rule %u has index %d\n", where, r, (int)copy->rule_index[r]);
  return true;
}

bool truth_of_inventory(const char *where, berth_context *ctx, const berth_view *view,
                        const session_model *model, const model_inventory *fresh) {
  view_copy copy;
  char what[80];
  if (!same_objects(where, view, model, fresh) || !same_free(where, view, fresh) ||
      !same_rules(where, view, model, fresh))
    return false;
  if (view_copy_make(ctx, view, &copy) != BERTH_OK)
    return TELL("%s: no inventory: %s\n", where, berth_context_detail(ctx));
  bool same = inventories_equal(copy.inventory, fresh->inventory, what, sizeof what) ||
              TELL("%s: the inventories differ: %s\n", where, what);
  same = same && same_numbers(where, &copy, model, fresh);
  view_copy_free(&copy);
  return same;
}

static bool same_documents(const char *one, const char *two) {
  FILE *a = fopen(one, "rb"), *b = fopen(two, "rb");
  bool same = a != NULL && b != NULL;
  for (int x = 0; same && x != EOF;) {
    x = getc(a);
    same = getc(b) == x;
  }
  if ((a != NULL && fclose(a) != 0) || (b != NULL && fclose(b) != 0))
    abort();
  return same;
}

/* Names of datastores and networks that nobody uses any more are not written, so that the two
 * inventories may differ in how these are numbered; the two documents do not. */
bool truth_of_writing(const char *where, berth_context *ctx, const berth_view *view) {
  char first[] = "session-XXXXXX", second[] = "session-XXXXXX";
  const char *source = first;
  const berth_inventory *written = NULL, *read = NULL;
  int a = mkstemp(first), b = mkstemp(second);
  if (a < 0 || b < 0 || close(a) != 0 || close(b) != 0 ||
      berth_view_inventory(ctx, view, &written) != BERTH_OK)
    abort();
  bool same =
      berth_write_inventory(ctx, written, first) == BERTH_OK &&
      berth_read_inventory(ctx, &source, 1, BERTH_DIALECT_NATIVE, NULL, &read) == BERTH_OK &&
      berth_write_inventory(ctx, read, second) == BERTH_OK;
  if (!same)
    (void)fprintf(stderr, "%s: not written and read: %s\n", where, berth_context_detail(ctx));
  else if (!(same = same_documents(first, second)))
    (void)fprintf(stderr, "%s: read and written again, it differs\n", where);
  (void)unlink(first);
  (void)unlink(second);
  berth_inventory_release(read);
  berth_inventory_release(written);
  return same;
}

/* ------------------------------------------------------------------------ best hosts */

/* A VM against all hosts of its cluster. */
typedef struct trial {
  tiny_model model, own; /* `own`: only rules of the VM */
  tiny_state start;
  uint32_t vm; /* of the cluster */
  uint32_t first_host;
} trial;

static bool begin_trial(trial *t, const berth_inventory *inventory, uint32_t index) {
  const berth_plan_settings settings = BERTH_PLAN_SETTINGS_INIT;
  const frozen_cluster *cluster = &inventory->clusters[inventory->vm_cluster[index]];
  if (!tiny_model_init(&t->model, inventory, inventory->vm_cluster[index], BERTH_GOAL_PLACE,
                       &settings))
    return false;
  t->vm = index - cluster->first_vm;
  t->first_host = cluster->first_host;
  t->own = t->model;
  t->own.rule_count = 0;
  for (uint32_t r = 0; r < t->model.rule_count; r++)
    if (t->model.rules[r].vms >> t->vm & 1)
      t->own.rules[t->own.rule_count++] = t->model.rules[r];
  tiny_state_start(&t->model, &t->start);
  return true;
}

static bool takes(const trial *t, uint32_t host, int64_t *broken) {
  const tiny_vm *vm = &t->model.vms[t->vm];
  const bool running = vm->start != TINY_NOWHERE;
  const uint32_t mask = running ? vm->may_migrate[vm->start] : vm->may_arrive;
  tiny_state after = t->start;
  if ((running && (!vm->movable || vm->start == host)) || !(mask >> host & 1) ||
      !tiny_may_arrive(&t->model, &t->start, t->vm, (uint8_t)host))
    return false;
  tiny_state_put(&t->model, &after, t->vm, (uint8_t)host);
  *broken = tiny_should_broken(&t->own, &after);
  return tiny_together_holds(&t->own, &after);
}

static uint32_t room_of(const trial *t, uint32_t host) {
  int64_t room = 1024;
  for (int r = BERTH_RESOURCE_CPU; r <= BERTH_RESOURCE_MEMORY; r++) {
    int64_t free = t->model.hosts[host].capacity[r] - t->start.use[host][r];
    int64_t share = free < 0 ? 0 : free * 1024 / t->model.hosts[host].capacity[r];
    room = share < room ? share : room;
  }
  return (uint32_t)room;
}

static berth_preference sorted_by; /* for qsort() */

static int compare(const void *x, const void *y) {
  const berth_candidate *a = x, *b = y;
  if (a->should_broken != b->should_broken)
    return a->should_broken < b->should_broken ? -1 : 1;
  if (a->wakes != b->wakes)
    return a->wakes < b->wakes ? -1 : 1;
  if (a->room != b->room)
    return (a->room < b->room) == (sorted_by == BERTH_PREFER_TIGHT) ? -1 : 1;
  return a->host < b->host ? -1 : a->host > b->host;
}

static uint32_t all_candidates(const trial *t, const model_inventory *fresh,
                               berth_candidate *candidates) {
  uint32_t count = 0;
  for (uint32_t h = 0; h < t->model.host_count; h++) {
    int64_t broken;
    if (takes(t, h, &broken))
      candidates[count++] = (berth_candidate){.host = fresh->host_number[t->first_host + h],
                                              .should_broken = (uint32_t)broken,
                                              .wakes = !t->model.hosts[h].online,
                                              .room = room_of(t, h)};
  }
  return count;
}

static bool same_candidates(const char *where, const berth_view *view, uint32_t vm,
                            const berth_candidate *truth, uint32_t count, uint32_t asked) {
  berth_candidate found[MODEL_HOSTS + 2];
  uint32_t found_count = asked, expected = count < asked ? count : asked;
  if (berth_view_best_hosts(view, vm, sorted_by, found, &found_count) != BERTH_OK)
    return TELL("%s: best hosts of VM %u refused\n", where, vm);
  if (found_count != expected)
    return TELL("%s: %u of %u best hosts of VM %u, truth is %u\n", where, found_count, asked, vm,
                expected);
  for (uint32_t i = 0; i < expected; i++)
    if (found[i].host != truth[i].host || found[i].should_broken != truth[i].should_broken ||
        found[i].wakes != truth[i].wakes || found[i].room != truth[i].room)
      return TELL("%s: best host %u of %u for VM %u is %u (%u broken, %u wakes, room %u), truth is "
                  "%u (%u, %u, %u)\n",
                  where, i, asked, vm, found[i].host, found[i].should_broken, found[i].wakes,
                  found[i].room, truth[i].host, truth[i].should_broken, truth[i].wakes,
                  truth[i].room);
  return true;
}

static bool same_obstacles(const char *where, const berth_view *view, const session_model *model,
                           uint32_t vm, uint32_t runs_at, const berth_candidate *truth,
                           uint32_t count, session_tally *tally) {
  for (uint32_t h = 0; h < model->host_count; h++) {
    berth_plan_ledger_entry entry;
    bool takes_it = false;
    if (model->hosts[h].cluster != model->vms[vm].cluster || h == runs_at)
      continue;
    for (uint32_t i = 0; i < count; i++)
      takes_it = takes_it || truth[i].host == h;
    tally->obstacles++;
    if (berth_view_obstacle(view, vm, h, &entry) == takes_it)
      return TELL("%s: host %u %s VM %u, by its obstacle (%s)\n", where, h,
                  takes_it ? "does not take" : "takes", vm,
                  takes_it ? berth_reason_word(entry.reason) : "none");
  }
  return true;
}

bool truth_of_best_hosts(const char *where, const berth_view *view, const session_model *model,
                         const model_inventory *fresh, uint32_t vm, session_tally *tally) {
  trial t;
  berth_candidate truth[MODEL_HOSTS];
  if (!begin_trial(&t, fresh->inventory, fresh->vm_index[vm]))
    return true;
  uint32_t count = all_candidates(&t, fresh, truth);
  uint32_t start = t.model.vms[t.vm].start;
  uint32_t runs_at = start == TINY_NOWHERE ? BERTH_NONE : fresh->host_number[t.first_host + start];
  tally->questions++;
  tally->candidates += count;
  for (int preference = 0; preference < 2; preference++) {
    sorted_by = (berth_preference)preference;
    qsort(truth, count, sizeof truth[0], compare);
    for (uint32_t asked = 1; asked <= MODEL_HOSTS + 1; asked += asked < 3 ? 1 : MODEL_HOSTS - 2)
      if (!same_candidates(where, view, vm, truth, count, asked))
        return false;
  }
  return same_obstacles(where, view, model, vm, runs_at, truth, count, tally);
}
