/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A view is thawed as an inventory is: what the first inventory had comes in its order, as it is
 * now; behind it what was added, in the order of numbers. Freezing then decides all that follows.
 */
#include "session_inventory.h"
#include "context_internal.h"
#include "freeze_internal.h"
#include "session_lists.h"
#include "thaw.h"
#include <string.h>

uint32_t session_vm_root(const berth_view *view, uint32_t vm) {
  const vm_record *record = vm_record_of(view, vm);
  assert(vm_exists(view, vm));
  return record == NULL ? vm : record->like;
}

static bool is_added(const berth_view *view, uint32_t vm) {
  const vm_record *record = vm_record_of(view, vm);
  assert(record != NULL || vm < view->ground->inventory->vm_count);
  return record != NULL && record->added;
}

/* A view on its way into a builder. */
typedef struct thawing {
  const berth_view *view;
  const berth_inventory *base;
  berth_builder *builder;
  view_copy *copy;   /* its arrays speak of the builder, until that is frozen */
  uint32_t vm_count; /* given to the builder */
} thawing;

/* ------------------------------------------------------------------------ objects */

static berth_status thaw_host(thawing *t, uint32_t host) {
  uint32_t root = host_root_of(t->view, host), index;
  berth_host_spec spec = thaw_host_spec(t->base, root);
  spec.state = (berth_host_state)host_state_of(t->view, host);
  if (host != root) {
    spec.id = berth_view_host_id(t->view, host);
    spec.name = NULL;
    spec.joined = BERTH_UNSET;
  }
  berth_status status =
      berth_builder_add_host(t->builder, host_cluster_of(t->view, host), &spec, &index);
  if (status != BERTH_OK)
    return status;
  assert(index == host);
  t->copy->host_number[index] = host;
  return thaw_host_details(t->builder, t->base, root, index);
}

static berth_status thaw_vm(thawing *t, uint32_t vm) {
  const vm_record *record = vm_record_of(t->view, vm);
  uint32_t host = vm_host_of(t->view, vm), root = session_vm_root(t->view, vm), index;
  berth_vm_spec spec = record != NULL ? record->spec : thaw_vm_spec(t->base, vm);
  spec.power = (berth_power)vm_power_of(t->view, vm);
  spec.host = host == BERTH_NONE ? NULL : berth_view_host_id(t->view, host);
  berth_status status =
      berth_builder_add_vm(t->builder, vm_traits_of(t->view, vm)->cluster, &spec, &index);
  if (status != BERTH_OK)
    return status;
  assert(index == t->vm_count);
  t->copy->vm_number[t->vm_count++] = vm;
  return root == BERTH_NONE ? BERTH_OK : thaw_vm_details(t->builder, t->base, root, index);
}

/* The VMs of the first inventory, or the others. */
static berth_status thaw_vms(thawing *t, bool added) {
  berth_status status = BERTH_OK;
  for (uint32_t vm = 0; vm < t->view->vm_count && status == BERTH_OK; vm++) {
    if (vm_exists(t->view, vm) && is_added(t->view, vm) == added)
      status = thaw_vm(t, vm);
  }
  return status;
}

static berth_status thaw_all(thawing *t) {
  berth_status status = thaw_names(t->builder, t->base);
  for (uint32_t c = 0; c < t->base->cluster_count && status == BERTH_OK; c++)
    status = berth_builder_add_cluster(t->builder, &t->base->clusters[c].set_up, NULL);
  for (uint32_t host = 0; host < t->view->host_count && status == BERTH_OK; host++)
    status = thaw_host(t, host);
  if (status == BERTH_OK)
    status = thaw_vms(t, false);
  if (status == BERTH_OK)
    status = thaw_vms(t, true);
  if (status == BERTH_OK)
    status = session_lists_write(t->builder, t->view, t->copy->rule_index, &t->copy->memory);
  return status;
}

/* ------------------------------------------------------------------------ numbers */

static bool take_numbers(view_copy *copy, const berth_view *view) {
  arena *memory = &copy->memory;
  copy->host_index = arena_take(memory, view->host_count, sizeof *copy->host_index);
  copy->vm_index = arena_take(memory, view->vm_count, sizeof *copy->vm_index);
  copy->rule_index = arena_take(memory, view->rule_count, sizeof *copy->rule_index);
  copy->host_number = arena_take(memory, view->host_count, sizeof *copy->host_number);
  copy->vm_number = arena_take(memory, view->vm_count, sizeof *copy->vm_number);
  if (copy->host_index == NULL || copy->vm_index == NULL || copy->rule_index == NULL ||
      copy->host_number == NULL || copy->vm_number == NULL)
    return false;
  memset(copy->vm_index, 0xff, view->vm_count * sizeof *copy->vm_index); /* BERTH_NONE */
  return true;
}

/* Freezing sorts by cluster and keeps the order within one: from the numbers in the builder's order
 * to both directions. `next` has the first index of each cluster. */
static void renumber(uint32_t *number, uint32_t count, uint32_t *index, const uint32_t *cluster_of,
                     uint32_t *next, uint32_t numbers) {
  for (uint32_t i = 0; i < count; i++)
    index[number[i]] = next[cluster_of[i]]++;
  for (uint32_t i = 0; i < numbers; i++) {
    if (index[i] != BERTH_NONE)
      number[index[i]] = i;
  }
}

static void renumber_hosts(const thawing *t, const berth_inventory *frozen, uint32_t *next,
                           uint32_t *cluster) {
  for (uint32_t c = 0; c < frozen->cluster_count; c++)
    next[c] = frozen->clusters[c].first_host;
  for (uint32_t i = 0; i < t->view->host_count; i++)
    cluster[i] = host_cluster_of(t->view, i);
  renumber(t->copy->host_number, t->view->host_count, t->copy->host_index, cluster, next,
           t->view->host_count);
}

static void renumber_vms(const thawing *t, const berth_inventory *frozen, uint32_t *next,
                         uint32_t *cluster) {
  for (uint32_t c = 0; c < frozen->cluster_count; c++)
    next[c] = frozen->clusters[c].first_vm;
  for (uint32_t i = 0; i < t->vm_count; i++)
    cluster[i] = vm_traits_of(t->view, t->copy->vm_number[i])->cluster;
  renumber(t->copy->vm_number, t->vm_count, t->copy->vm_index, cluster, next, t->view->vm_count);
}

static bool renumber_rules(const thawing *t, const berth_inventory *frozen, uint32_t *next) {
  const chunked_list *rules = &t->builder->rules;
  uint32_t *index = arena_take(&t->copy->memory, rules->count, sizeof *index);
  if (index == NULL)
    return false;
  for (uint32_t c = 0; c < frozen->cluster_count; c++)
    next[c] = frozen->clusters[c].first_rule;
  for (uint32_t i = 0; i < rules->count; i++)
    index[i] = next[((const built_rule *)chunked_list_at(rules, i))->cluster]++;
  for (uint32_t i = 0; i < t->view->rule_count; i++) {
    uint32_t *rule = &t->copy->rule_index[i];
    *rule = *rule == BERTH_NONE ? BERTH_NONE : index[*rule];
  }
  return true;
}

static bool number_all(const thawing *t, const berth_inventory *frozen) {
  arena *memory = &t->copy->memory;
  uint32_t *next = arena_take(memory, frozen->cluster_count, sizeof *next);
  uint32_t *cluster =
      arena_take(memory, t->view->host_count + (size_t)t->vm_count, sizeof *cluster);
  if (next == NULL || cluster == NULL)
    return false;
  renumber_hosts(t, frozen, next, cluster);
  renumber_vms(t, frozen, next, cluster);
  return renumber_rules(t, frozen, next);
}

/* ------------------------------------------------------------------------ public */

berth_status view_copy_make(berth_context *ctx, const berth_view *view, view_copy *out) {
  berth_inventory *frozen = NULL;
  *out = (view_copy){.inventory = NULL};
  arena_init(&out->memory, context_allocator(ctx));
  thawing t = {.view = view, .base = view->ground->inventory, .copy = out};
  berth_status status = builder_create(ctx, &t.builder);
  if (status == BERTH_OK && !take_numbers(out, view))
    status = BERTH_E_NOMEM;
  if (status == BERTH_OK)
    status = thaw_all(&t);
  if (status == BERTH_OK)
    status = freeze_builder(t.builder, true, &frozen);
  if (status == BERTH_OK && !number_all(&t, frozen))
    status = BERTH_E_NOMEM;
  berth_builder_free(t.builder);
  if (status == BERTH_OK) {
    assert(frozen->host_count == view->host_count && frozen->vm_count == t.vm_count);
    out->inventory = frozen;
    return BERTH_OK;
  }
  berth_inventory_release(frozen);
  view_copy_free(out);
  if (status == BERTH_E_NOMEM)
    return context_fail(ctx, status, NULL, "out of memory while a view is made an inventory");
  return status;
}

void view_copy_free(view_copy *copy) {
  berth_inventory_release(copy->inventory);
  copy->inventory = NULL;
  arena_free(&copy->memory);
}

berth_status berth_view_inventory(berth_context *ctx, const berth_view *view,
                                  const berth_inventory **out) {
  assert(ctx != NULL && view != NULL && out != NULL);
  view_copy copy;
  *out = NULL;
  berth_status status = view_copy_make(ctx, view, &copy);
  if (status == BERTH_OK)
    *out = berth_inventory_retain(copy.inventory);
  view_copy_free(&copy);
  return status;
}

berth_status berth_view_plan(berth_context *ctx, const berth_view *view,
                             const berth_request *request, berth_solve_statistics *statistics,
                             berth_plan **out) {
  assert(out != NULL);
  const berth_inventory *inventory;
  *out = NULL;
  berth_status status = berth_view_inventory(ctx, view, &inventory);
  if (status == BERTH_OK)
    status = berth_solve(ctx, inventory, request, statistics, out);
  berth_inventory_release(inventory);
  return status;
}
