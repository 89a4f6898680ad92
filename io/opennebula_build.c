/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goes through the objects: clusters, hosts and VMs are collected first, since where VMs may go
 * decides which clusters belong together. Then all is added: clusters, hosts, VMs, what they need,
 * and rules last.
 */
#include "opennebula_build.h"

#include "context_internal.h"
#include "quantity_text.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void opennebula_complain(opennebula_building *b, const opennebula_object *object,
                         const char *format, ...) {
  char text[400];
  const bool strict = b->task->kind == OPENNEBULA_READ;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  context_problem(b->ctx, strict ? BERTH_ERROR : BERTH_WARNING, strict ? BERTH_E_INVALID : BERTH_OK,
                  &object->position, "%s %s: %s", opennebula_kind_element(object->kind), object->id,
                  text);
}

void opennebula_unknown(opennebula_building *b, const opennebula_object *object, const char *fact) {
  source_report_unknown(b->store->report, object->position.source, fact, 1);
}

bool opennebula_number(opennebula_building *b, const opennebula_object *object,
                       opennebula_field field, int64_t *value) {
  const char *text = opennebula_text(b->store, object, field);
  int64_t found = 0;
  if (text == NULL)
    return false;
  if (!quantity_parse_signed(text, &found) || found < 0 || found / 1024 > BERTH_QUANTITY_MAX) {
    opennebula_complain(b, object, "%s is \"%.40s\"; expected a whole number, not below 0",
                        opennebula_field_path(field), text);
    return false;
  }
  *value = found;
  return true;
}

/* ------------------------------------------------------------------------ the passes */

static berth_status add_hosts(opennebula_building *b) {
  berth_status status = BERTH_OK;
  for (uint32_t h = 0; status == BERTH_OK && h < b->host_count; h++)
    status = opennebula_add_host(b, &b->hosts[h]);
  return status;
}

static berth_status add_vms(opennebula_building *b) {
  berth_status status = BERTH_OK;
  for (uint32_t v = 0; status == BERTH_OK && v < b->vm_count; v++)
    status = opennebula_add_vm(b, &b->vms[v]);
  return status;
}

/* A VM that waits may choose between all clusters in which it is allowed a host. */
static berth_status join_by_requirements(opennebula_building *b) {
  for (uint32_t v = 0; v < b->vm_count; v++) {
    opennebula_vm *vm = &b->vms[v];
    bool good = true;
    if (vm->host != BERTH_NONE)
      continue;
    opennebula_allowed_hosts(b, vm, &good);
    if (!good)
      return BERTH_E_NOMEM;
    for (uint32_t h = 0; h < b->host_count; h++) {
      if (b->allowed[h] && vm->cluster == BERTH_NONE)
        vm->cluster = b->hosts[h].cluster;
      if (b->allowed[h] && vm->waiting)
        opennebula_join_clusters(b, vm->cluster, b->hosts[h].cluster);
    }
    vm->cluster = vm->cluster == BERTH_NONE ? 0 : vm->cluster;
  }
  return BERTH_OK;
}

static berth_status add_requirements(opennebula_building *b) {
  berth_status status = BERTH_OK;
  for (uint32_t v = 0; status == BERTH_OK && v < b->vm_count; v++)
    status = opennebula_add_requirement(b, &b->vms[v]);
  return status;
}

static void require_hosts(const opennebula_building *b) {
  const berth_position *first = NULL;
  if (b->host_count > 0)
    return;
  if (opennebula_store_count(b->store) > 0)
    first = &opennebula_store_at(b->store, 0)->position;
  if (b->task->kind == OPENNEBULA_OPTIMIZE)
    context_problem(b->ctx, BERTH_ERROR, BERTH_E_INVALID, first,
                    "cluster %.40s has no host in the action", b->task->cluster);
  else
    context_problem(b->ctx, BERTH_ERROR, BERTH_E_INVALID, first,
                    "there is no host among the objects; expected a HOST_POOL in one of the "
                    "sources");
}

berth_status opennebula_build(berth_context *ctx, opennebula_store *store, berth_builder *builder,
                              const opennebula_task *task) {
  static berth_status (*const passes[])(opennebula_building *) = {opennebula_collect_clusters,
                                                                  opennebula_collect_hosts,
                                                                  opennebula_collect_vms,
                                                                  opennebula_collect_roles,
                                                                  join_by_requirements,
                                                                  opennebula_join_groups,
                                                                  opennebula_add_clusters,
                                                                  add_hosts,
                                                                  add_vms,
                                                                  opennebula_add_devices,
                                                                  add_requirements,
                                                                  opennebula_add_groups};
  assert(ctx != NULL && store != NULL && builder != NULL && task != NULL);
  const berth_allocator *allocator = context_allocator(ctx);
  opennebula_building b = {
      .ctx = ctx, .store = store, .builder = builder, .task = task, .list.ctx = ctx};
  berth_status status = BERTH_OK;
  name_pool_init(&b.expressions, allocator);
  name_pool_init(&b.group_ids, allocator);
  chunked_list_init(&b.matches, allocator, sizeof(uint8_t *));
  for (size_t i = 0; status == BERTH_OK && i < sizeof passes / sizeof *passes; i++) {
    status = passes[i](&b);
    if (status == BERTH_E_NOMEM)
      context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
    if (passes[i] == opennebula_collect_hosts && status == BERTH_OK) {
      require_hosts(&b);
      if (b.host_count == 0)
        break; /* nothing more can be said */
    }
  }
  source_report_tell(store->report);
  chunked_list_free(&b.matches);
  name_pool_free(&b.group_ids);
  name_pool_free(&b.expressions);
  gathered_text_close(&b.list);
  return status;
}
