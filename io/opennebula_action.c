/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the action of OpenNebula's scheduler with the reader of the dialect, and keeps what was
 * read: datastores and networks are chosen from it when the plan is known.
 */
#include "opennebula_action.h"

#include "context_internal.h"
#include "dialect.h"
#include "frozen.h"
#include "opennebula_build.h"
#include "quantity_text.h"
#include "read_limits.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { POINTS_ABOVE_MEAN = 5, PERCENT_MOST = 1000 };

/* ------------------------------------------------------------------------ reading */

static berth_status on_start(void *user, xml_cursor *cursor, const xml_element *element) {
  berth_opennebula_action *action = user;
  if (!xml_cursor_refuse_doctype(cursor))
    return BERTH_E_INVALID;
  if (!opennebula_accepts(element) || strcmp(element->name, "SCHEDULER_DRIVER_ACTION") != 0) {
    context_problem(action->ctx, BERTH_ERROR, BERTH_E_UNSUPPORTED, &element->position,
                    "the document element is <%.60s>; expected SCHEDULER_DRIVER_ACTION",
                    element->name);
    return BERTH_E_UNSUPPORTED;
  }
  xml_cursor_hand_over(cursor, opennebula_reader_begin(action->reader), action->reader);
  return BERTH_OK;
}

static berth_status read_document(berth_opennebula_action *action, input *in,
                                  const berth_read_limits *limits) {
  static const xml_handler dispatcher = {
      .on_start = on_start, .on_end = xml_ignore_end, .on_text = xml_ignore_text};
  const berth_status status =
      xml_cursor_read(action->ctx, in, limits, XML_DOCTYPE_BARE, &dispatcher, action);
  return status == BERTH_OK && context_error_count(action->ctx) > 0 ? BERTH_E_INVALID : status;
}

/* ------------------------------------------------------------------------ the cluster */

static const opennebula_object *find_cluster(const berth_opennebula_action *action) {
  return opennebula_store_find(opennebula_reader_store(action->reader), OPENNEBULA_CLUSTER,
                               action->cluster);
}

static bool has_hosts(const berth_opennebula_action *action) {
  const opennebula_store *store = opennebula_reader_store(action->reader);
  for (uint32_t i = 0; i < opennebula_store_count(store); i++) {
    const opennebula_object *object = opennebula_store_at(store, i);
    if (object->kind == OPENNEBULA_HOST &&
        (action->cluster == NULL ||
         strcmp(opennebula_cluster_of(store, object), action->cluster) == 0))
      return true;
  }
  return false;
}

/* The lesser of two numbers of migrations that may be unlimited (-1). */
static void limit_migrations(berth_opennebula_action *action, const char *text) {
  int64_t most = 0, *now = &action->settings.migrations;
  if (text == NULL || !quantity_parse_signed(text, &most) || most < 0)
    return;
  if (*now == BERTH_UNSET || most < *now)
    *now = most;
}

static void read_settings(berth_opennebula_action *action, const opennebula_object *cluster) {
  const opennebula_store *store = opennebula_reader_store(action->reader);
  const char *policy = opennebula_text(store, cluster, OPENNEBULA_CLUSTER_POLICY);
  assert(cluster->kind == OPENNEBULA_CLUSTER);
  if (policy != NULL && strcmp(policy, "pack") == 0)
    action->settings.policy = BERTH_OPENNEBULA_PACK;
  else if (policy != NULL && strcmp(policy, "balance") != 0)
    context_problem(action->ctx, BERTH_WARNING, BERTH_OK, &cluster->position,
                    "CLUSTER %s: POLICY is \"%.40s\"; expected balance or pack; taken as balance",
                    cluster->id, policy);
  limit_migrations(action, opennebula_text(store, cluster, OPENNEBULA_CLUSTER_THRESHOLD));
  limit_migrations(action, opennebula_text(store, cluster, OPENNEBULA_CLUSTER_HOST_THRESHOLD));
}

static berth_status settle_cluster(berth_opennebula_action *action, const char *cluster) {
  if (action->task != BERTH_OPENNEBULA_OPTIMIZE)
    return BERTH_OK;
  opennebula_store *store = opennebula_reader_store(action->reader);
  action->cluster = arena_text(&store->memory, cluster, strlen(cluster));
  if (action->cluster == NULL)
    return context_fail(action->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  const opennebula_object *object = find_cluster(action);
  if (object == NULL && !has_hosts(action))
    return context_fail(action->ctx, BERTH_E_NOT_FOUND, NULL,
                        "the action has no cluster with ID \"%.40s\"", cluster);
  if (object != NULL)
    read_settings(action, object);
  return BERTH_OK;
}

/* What DRS calls the entitlement, as in the levels of the goal rebalance. */
static int64_t load_of(const berth_inventory *inventory, uint32_t vm, uint32_t resource) {
  const bool cpu = resource == BERTH_RESOURCE_CPU;
  const int64_t demand = berth_inventory_vm_demand(inventory, vm, resource);
  const int64_t usage = cpu ? inventory->vm_cpu_usage[vm] : inventory->vm_memory_usage[vm];
  return usage > demand ? usage : demand;
}

/* Above the mean of the hosts that are on, where a host counts as overloaded. */
static int64_t target_of(const berth_inventory *inventory, uint32_t resource) {
  int64_t load = 0, capacity = 0;
  for (uint32_t h = 0; h < berth_inventory_host_count(inventory); h++)
    if (berth_inventory_host_state(inventory, h) == BERTH_HOST_ONLINE)
      capacity += berth_inventory_host_capacity(inventory, h, resource);
  for (uint32_t v = 0; v < berth_inventory_vm_count(inventory); v++) {
    const uint32_t host = berth_inventory_vm_host(inventory, v);
    if (host != BERTH_NONE && berth_inventory_host_state(inventory, host) == BERTH_HOST_ONLINE)
      load += load_of(inventory, v, resource);
  }
  const int64_t mean = capacity == 0 ? 0 : (load + capacity / 100) / (capacity / 100 + 1);
  const int64_t target = mean + POINTS_ABOVE_MEAN;
  return target < PERCENT_MOST ? target : PERCENT_MOST;
}

static berth_status build(berth_opennebula_action *action, berth_builder *builder) {
  const bool optimize = action->task == BERTH_OPENNEBULA_OPTIMIZE;
  const opennebula_task task = {.kind = optimize ? OPENNEBULA_OPTIMIZE : OPENNEBULA_PLACE,
                                .cluster = action->cluster,
                                .pack =
                                    optimize && action->settings.policy == BERTH_OPENNEBULA_PACK};
  berth_inventory *inventory = NULL;
  if (!has_hosts(action))
    return BERTH_OK;
  berth_status status =
      opennebula_build(action->ctx, opennebula_reader_store(action->reader), builder, &task);
  if (status == BERTH_OK)
    status = berth_builder_freeze(builder, &inventory);
  action->inventory = inventory;
  if (status == BERTH_OK && optimize) {
    action->settings.target_cpu = target_of(inventory, BERTH_RESOURCE_CPU);
    action->settings.target_memory = target_of(inventory, BERTH_RESOURCE_MEMORY);
  }
  return status;
}

/* ------------------------------------------------------------------------ public */

/* An action before anything is read. */
static berth_status new_action(berth_context *ctx, berth_opennebula_task task, const char *cluster,
                               berth_opennebula_action **out) {
  static const berth_opennebula_settings settings = BERTH_OPENNEBULA_SETTINGS_INIT;
  int64_t id = 0;
  if ((task == BERTH_OPENNEBULA_OPTIMIZE) != (cluster != NULL) ||
      (cluster != NULL && (!quantity_parse_signed(cluster, &id) || id < 0)))
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "a cluster, by its ID, goes with optimising and with that only");
  berth_opennebula_action *action = context_take(ctx, 1, sizeof *action);
  if (action == NULL)
    return BERTH_E_NOMEM;
  *action = (berth_opennebula_action){.ctx = ctx, .task = task, .settings = settings};
  action->reader = opennebula_reader_new(ctx);
  if (action->reader == NULL) {
    context_release(ctx, action);
    return BERTH_E_NOMEM;
  }
  *out = action;
  return BERTH_OK;
}

static berth_status read_action(berth_context *ctx, input *in, berth_opennebula_task task,
                                const char *cluster, const berth_read_limits *limits,
                                berth_opennebula_action **out) {
  berth_builder *builder = NULL; /* before all else: a new one forgets problems */
  berth_read_limits own = BERTH_READ_LIMITS_INIT;
  berth_opennebula_action *action = NULL;
  berth_status status = berth_builder_new(ctx, &builder);
  if (status == BERTH_OK)
    status = read_limits(ctx, limits, &own);
  if (status == BERTH_OK)
    status = new_action(ctx, task, cluster, &action);
  assert(status != BERTH_OK || action != NULL);
  if (status == BERTH_OK)
    status = read_document(action, in, &own);
  if (status == BERTH_OK)
    status = settle_cluster(action, cluster);
  if (status == BERTH_OK)
    status = build(action, builder);
  berth_builder_free(builder);
  if (status == BERTH_OK)
    *out = action;
  else
    berth_opennebula_action_free(action);
  return status;
}

berth_status berth_opennebula_read_action(berth_context *ctx, const char *path,
                                          berth_opennebula_task task, const char *cluster,
                                          const berth_read_limits *limits,
                                          berth_opennebula_action **out) {
  assert(ctx != NULL && path != NULL && out != NULL);
  *out = NULL;
  input *in = NULL;
  berth_status status = input_open(ctx, path, &in);
  if (status == BERTH_OK)
    status = read_action(ctx, in, task, cluster, limits, out);
  input_close(in);
  return status;
}

berth_status berth_opennebula_parse_action(berth_context *ctx, const void *bytes, size_t size,
                                           const char *name, berth_opennebula_task task,
                                           const char *cluster, const berth_read_limits *limits,
                                           berth_opennebula_action **out) {
  assert(ctx != NULL && name != NULL && out != NULL);
  *out = NULL;
  input *in = NULL;
  berth_status status = input_open_memory(ctx, bytes, size, name, &in);
  if (status == BERTH_OK)
    status = read_action(ctx, in, task, cluster, limits, out);
  input_close(in);
  return status;
}

void berth_opennebula_action_free(berth_opennebula_action *action) {
  if (action == NULL)
    return;
  berth_inventory_release(action->inventory);
  opennebula_reader_free(action->reader);
  context_release(action->ctx, action);
}

const berth_inventory *berth_opennebula_inventory(const berth_opennebula_action *action) {
  assert(action != NULL);
  return action->inventory;
}

const berth_opennebula_settings *
berth_opennebula_get_settings(const berth_opennebula_action *action) {
  assert(action != NULL);
  return &action->settings;
}
