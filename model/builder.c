/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The builder collects: it copies specs into lists and strings into an arena, and checks nothing
 * but what would make collecting impossible. Everything else is told, all at once, when freezing.
 */
#include "builder_internal.h"
#include "context_internal.h"
#include "freeze_internal.h"
#include "versioned.h"
#include <assert.h>
#include <string.h>

static berth_status out_of_memory(berth_builder *builder) {
  return context_fail(builder->ctx, BERTH_E_NOMEM, NULL, "out of memory while building");
}

static berth_status no_such_object(berth_builder *builder, const char *kind, uint32_t index) {
  return context_fail(builder->ctx, BERTH_E_ARGUMENT, NULL,
                      "there is no %s %lu in this builder; expected an index that it gave", kind,
                      (unsigned long)index);
}

berth_status builder_create(berth_context *ctx, berth_builder **out) {
  assert(ctx != NULL && out != NULL);
  *out = NULL;
  berth_builder *builder = context_take(ctx, 1, sizeof *builder);
  if (builder == NULL)
    return BERTH_E_NOMEM;
  const berth_allocator *allocator = context_allocator(ctx);
  builder->ctx = ctx;
  arena_init(&builder->memory, allocator);
  chunked_list_init(&builder->clusters, allocator, sizeof(built_cluster));
  chunked_list_init(&builder->hosts, allocator, sizeof(built_host));
  chunked_list_init(&builder->vms, allocator, sizeof(built_vm));
  chunked_list_init(&builder->rules, allocator, sizeof(built_rule));
  chunked_list_init(&builder->vm_groups, allocator, sizeof(built_group));
  chunked_list_init(&builder->host_groups, allocator, sizeof(built_group));
  chunked_list_init(&builder->resources, allocator, sizeof(built_resource));
  chunked_list_init(&builder->host_amounts, allocator, sizeof(built_amount));
  chunked_list_init(&builder->vm_amounts, allocator, sizeof(built_amount));
  chunked_list_init(&builder->numa, allocator, sizeof(built_numa));
  chunked_list_init(&builder->host_datastores, allocator, sizeof(built_link));
  chunked_list_init(&builder->host_networks, allocator, sizeof(built_link));
  chunked_list_init(&builder->vm_datastores, allocator, sizeof(built_link));
  chunked_list_init(&builder->vm_networks, allocator, sizeof(built_link));
  name_pool_init(&builder->labels, allocator);
  name_pool_init(&builder->host_references, allocator);
  name_pool_init(&builder->resource_names, allocator);
  name_pool_init(&builder->datastores, allocator);
  name_pool_init(&builder->networks, allocator);
  name_pool_init(&builder->removed_hosts, allocator);
  vm_columns_init(&builder->columns, allocator);
  *out = builder;
  return BERTH_OK;
}

berth_status berth_builder_new(berth_context *ctx, berth_builder **out) {
  assert(ctx != NULL && out != NULL);
  berth_context_clear(ctx);
  const berth_status status = builder_create(ctx, out);
  if (status == BERTH_OK)
    (*out)->in_columns = true;
  return status;
}

void berth_builder_free(berth_builder *builder) {
  if (builder == NULL)
    return;
  chunked_list *lists[] = {
      &builder->clusters,      &builder->hosts,           &builder->vms,
      &builder->rules,         &builder->vm_groups,       &builder->host_groups,
      &builder->resources,     &builder->host_amounts,    &builder->vm_amounts,
      &builder->numa,          &builder->host_datastores, &builder->host_networks,
      &builder->vm_datastores, &builder->vm_networks};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    chunked_list_free(lists[i]);
  name_pool *pools[] = {&builder->labels,     &builder->host_references, &builder->resource_names,
                        &builder->datastores, &builder->networks,        &builder->removed_hosts};
  for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
    name_pool_free(pools[i]);
  vm_columns_free(&builder->columns);
  berth_allocator allocator = builder->memory.allocator;
  arena_free(&builder->memory);
  allocator.release(allocator.user, builder);
}

bool builder_keep_text(berth_builder *builder, const char *text, const char **out) {
  assert(builder != NULL && out != NULL);
  *out = text == NULL ? NULL : arena_text(&builder->memory, text, strlen(text));
  if (text != NULL && *out == NULL)
    out_of_memory(builder);
  return text == NULL || *out != NULL;
}

bool builder_keep_position(berth_builder *builder, const berth_position *position,
                           berth_position *out) {
  assert(builder != NULL && out != NULL);
  *out = position != NULL ? *position : (berth_position){0};
  if (out->source == NULL)
    return true;
  if (builder->source == NULL || strcmp(builder->source, out->source) != 0)
    if (!builder_keep_text(builder, out->source, &builder->source))
      return false;
  out->source = builder->source;
  return true;
}

/* Enters `name`, which may be NULL (number BERTH_NONE). */
static bool enter_name(berth_builder *builder, name_pool *pool, const char *name,
                       uint32_t *number) {
  *number = BERTH_NONE;
  if (name == NULL || name_pool_enter(pool, &builder->memory, name, number))
    return true;
  out_of_memory(builder);
  return false;
}

bool builder_label_host(berth_builder *builder, built_host *host, berth_domain kind,
                        const char *label) {
  assert(kind > BERTH_DOMAIN_HOST && kind < BERTH_DOMAIN_COUNT);
  if (!enter_name(builder, &builder->labels, label, &host->label[kind]))
    return false;
  const char *kept = label == NULL ? NULL : name_pool_at(&builder->labels, host->label[kind]);
  if (kind == BERTH_DOMAIN_SITE)
    host->spec.site = kept;
  else if (kind == BERTH_DOMAIN_RACK)
    host->spec.rack = kept;
  else
    host->spec.chassis = kept;
  return true;
}

bool builder_register_vm(berth_builder *builder, built_vm *vm, const char *host) {
  if (!enter_name(builder, &builder->host_references, host, &vm->host))
    return false;
  vm->spec.host = host == NULL ? NULL : name_pool_at(&builder->host_references, vm->host);
  return true;
}

bool builder_extend_list(berth_builder *builder, id_list *list, const char *text) {
  assert(list != NULL && text != NULL);
  id_list_piece *piece = arena_take(&builder->memory, 1, sizeof *piece);
  if (piece == NULL) {
    out_of_memory(builder);
    return false;
  }
  piece->text = text;
  if (list->last != NULL)
    list->last->next = piece;
  else
    list->more = piece;
  list->last = piece;
  return true;
}

berth_status berth_builder_set_name(berth_builder *builder, const char *name) {
  assert(builder != NULL);
  return builder_keep_text(builder, name, &builder->name) ? BERTH_OK : BERTH_E_NOMEM;
}

/* A new element, or the reason why there is none. */
static berth_status add_element(berth_builder *builder, chunked_list *list, void *out) {
  void *added = chunked_list_add(list);
  memcpy(out, &added, sizeof added);
  return added != NULL ? BERTH_OK : out_of_memory(builder);
}

static berth_status check_place(berth_builder *builder, uint32_t cluster, uint32_t count,
                                const char *what) {
  if (cluster >= builder->clusters.count)
    return no_such_object(builder, "cluster", cluster);
  if (count >= BERTH_OBJECTS_MAX)
    return context_fail(builder->ctx, BERTH_E_LIMIT, NULL, "too many %ss; expected at most %lu",
                        what, (unsigned long)BERTH_OBJECTS_MAX);
  return BERTH_OK;
}

static void give_index(uint32_t count, uint32_t *index) {
  assert(count > 0);
  if (index != NULL)
    *index = count - 1;
}

berth_status berth_builder_add_resource(berth_builder *builder, const char *name,
                                        const berth_position *position) {
  assert(builder != NULL && name != NULL);
  built_resource resource;
  if (!enter_name(builder, &builder->resource_names, name, &resource.name) ||
      !builder_keep_position(builder, position, &resource.position))
    return BERTH_E_NOMEM;
  built_resource *added;
  berth_status status = add_element(builder, &builder->resources, &added);
  if (status == BERTH_OK)
    *added = resource;
  return status;
}

berth_status berth_builder_add_cluster(berth_builder *builder, const berth_cluster_spec *spec,
                                       uint32_t *index) {
  assert(builder != NULL && spec != NULL);
  built_cluster cluster = {.spec = BERTH_CLUSTER_SPEC_INIT};
  berth_status status = versioned_read(builder->ctx, "a cluster", spec, &cluster.spec,
                                       VERSIONED_SIZE(berth_cluster_spec, position));
  if (status != BERTH_OK)
    return status;
  if (builder->clusters.count >= BERTH_OBJECTS_MAX)
    return context_fail(builder->ctx, BERTH_E_LIMIT, NULL,
                        "too many clusters; expected at most %lu",
                        (unsigned long)BERTH_OBJECTS_MAX);
  if (!builder_keep_text(builder, spec->id, &cluster.spec.id) ||
      !builder_keep_text(builder, spec->name, &cluster.spec.name) ||
      !builder_keep_text(builder, spec->dedicated_hosts, &cluster.spec.dedicated_hosts) ||
      !builder_keep_position(builder, &spec->position, &cluster.spec.position))
    return BERTH_E_NOMEM;
  built_cluster *added;
  if ((status = add_element(builder, &builder->clusters, &added)) != BERTH_OK)
    return status;
  *added = cluster;
  give_index(builder->clusters.count, index);
  return BERTH_OK;
}

/* Vendors and topology files are few; the label pool keeps them once. */
static bool keep_shared(berth_builder *builder, const char *text, const char **out) {
  uint32_t number;
  if (!enter_name(builder, &builder->labels, text, &number))
    return false;
  *out = text == NULL ? NULL : name_pool_at(&builder->labels, number);
  return true;
}

berth_status berth_builder_add_host(berth_builder *builder, uint32_t cluster,
                                    const berth_host_spec *spec, uint32_t *index) {
  assert(builder != NULL && spec != NULL);
  built_host host = {.spec = BERTH_HOST_SPEC_INIT, .cluster = cluster};
  berth_status status = versioned_read(builder->ctx, "a host", spec, &host.spec,
                                       VERSIONED_SIZE(berth_host_spec, position));
  if (status != BERTH_OK ||
      (status = check_place(builder, cluster, builder->hosts.count, "host")) != BERTH_OK)
    return status;
  if (!builder_keep_text(builder, spec->id, &host.spec.id) ||
      !builder_keep_text(builder, spec->name, &host.spec.name) ||
      !keep_shared(builder, spec->cpu_vendor, &host.spec.cpu_vendor) ||
      !keep_shared(builder, spec->topology, &host.spec.topology) ||
      !builder_label_host(builder, &host, BERTH_DOMAIN_SITE, spec->site) ||
      !builder_label_host(builder, &host, BERTH_DOMAIN_RACK, spec->rack) ||
      !builder_label_host(builder, &host, BERTH_DOMAIN_CHASSIS, spec->chassis) ||
      !builder_keep_position(builder, &spec->position, &host.spec.position))
    return BERTH_E_NOMEM;
  built_host *added;
  if ((status = add_element(builder, &builder->hosts, &added)) != BERTH_OK)
    return status;
  *added = host;
  give_index(builder->hosts.count, index);
  return BERTH_OK;
}

uint32_t builder_vm_count(const berth_builder *builder) {
  assert(builder != NULL && (builder->in_columns || builder->columns.count == 0));
  return builder->columns.count + builder->vms.count;
}

/* The next VM of `all`, from the columns. */
static bool spell_out(berth_builder *builder, chunked_list *all) {
  const vm_columns *columns = &builder->columns;
  const uint32_t v = all->count;
  built_vm *vm = chunked_list_add(all);
  if (vm == NULL)
    return false;
  vm_columns_spell_out(columns, v, vm);
  if (vm->host != BERTH_NONE)
    vm->spec.host = name_pool_at(&builder->host_references, vm->host);
  return columns->given_to == NULL || (builder_keep_text(builder, vm->spec.id, &vm->spec.id) &&
                                       builder_keep_text(builder, vm->spec.name, &vm->spec.name));
}

berth_status builder_spell_out_vms(berth_builder *builder) {
  assert(builder != NULL);
  const uint32_t count = builder->columns.count;
  chunked_list all;
  bool done = true;
  if (!builder->in_columns)
    return BERTH_OK;
  chunked_list_init(&all, &builder->memory.allocator, sizeof(built_vm));
  while (done && all.count < count)
    done = spell_out(builder, &all);
  for (uint32_t i = 0; done && i < builder->vms.count; i++) {
    built_vm *vm = chunked_list_add(&all);
    done = vm != NULL;
    if (done)
      *vm = *(const built_vm *)chunked_list_at(&builder->vms, i);
  }
  if (!done) {
    chunked_list_free(&all);
    return out_of_memory(builder);
  }
  chunked_list_free(&builder->vms);
  builder->vms = all;
  arena_join(&builder->memory, &builder->columns.texts);
  vm_columns_free(&builder->columns);
  builder->in_columns = false;
  return BERTH_OK;
}

/* Whether @p vm may follow a VM of the cluster @p before in the columns. */
static bool fits_columns(const berth_builder *builder, const built_vm *vm, uint32_t before) {
  const built_cluster *cluster = chunked_list_at(&builder->clusters, vm->cluster);
  return vm->cluster >= before && freeze_id_is_sound(vm->spec.id) &&
         (unsigned)cluster->spec.default_priority < BERTH_PRIORITY_UNSET &&
         freeze_vm_is_sound(&vm->spec);
}

berth_status builder_fill_columns(berth_builder *builder) {
  assert(builder != NULL);
  vm_columns *columns = &builder->columns;
  const uint32_t rest = builder->vms.count;
  if (!builder->in_columns || rest == 0)
    return BERTH_OK;
  assert(rest <= CHUNKED_LIST_RUN);
  const built_vm *vms = chunked_list_at(&builder->vms, 0);
  uint32_t cluster = columns->count == 0 ? 0 : columns->cluster[columns->count - 1];
  for (uint32_t i = 0; i < rest; i++) {
    if (!fits_columns(builder, &vms[i], cluster))
      return builder_spell_out_vms(builder);
    cluster = vms[i].cluster;
  }
  if (!vm_columns_add(columns, vms, rest))
    return out_of_memory(builder);
  builder->vms.count = 0;
  return BERTH_OK;
}

/* Room for one more: an inventory's columns do not grow any longer, and a run has its end. */
static berth_status make_room_for_vm(berth_builder *builder) {
  if (builder->columns.given_to != NULL)
    return builder_spell_out_vms(builder);
  return builder->in_columns && builder->vms.count == CHUNKED_LIST_RUN
             ? builder_fill_columns(builder)
             : BERTH_OK;
}

berth_status berth_builder_add_vm(berth_builder *builder, uint32_t cluster,
                                  const berth_vm_spec *spec, uint32_t *index) {
  assert(builder != NULL && spec != NULL);
  static const berth_vm_spec defaults = BERTH_VM_SPEC_INIT;
  berth_status status = check_place(builder, cluster, builder_vm_count(builder), "VM");
  if (status != BERTH_OK || (status = make_room_for_vm(builder)) != BERTH_OK)
    return status;
  built_vm *vm; /* filled in its place: VMs are many */
  if ((status = add_element(builder, &builder->vms, &vm)) != BERTH_OK)
    return status;
  vm->spec = defaults;
  vm->cluster = cluster;
  status = versioned_read(builder->ctx, "a VM", spec, &vm->spec,
                          VERSIONED_SIZE(berth_vm_spec, position));
  if (status == BERTH_OK && (!builder_keep_text(builder, spec->id, &vm->spec.id) ||
                             !builder_keep_text(builder, spec->name, &vm->spec.name) ||
                             !builder_register_vm(builder, vm, spec->host) ||
                             !builder_keep_position(builder, &spec->position, &vm->spec.position)))
    status = BERTH_E_NOMEM;
  if (status == BERTH_OK)
    give_index(builder_vm_count(builder), index);
  else
    builder->vms.count--;
  return status;
}

berth_status berth_builder_add_rule(berth_builder *builder, uint32_t cluster,
                                    const berth_rule_spec *spec, uint32_t *index) {
  assert(builder != NULL && spec != NULL);
  built_rule rule = {.spec = BERTH_RULE_SPEC_INIT};
  berth_status status = versioned_read(builder->ctx, "a rule", spec, &rule.spec,
                                       VERSIONED_SIZE(berth_rule_spec, position));
  if (status != BERTH_OK ||
      (status = check_place(builder, cluster, builder->rules.count, "rule")) != BERTH_OK)
    return status;
  rule.cluster = cluster;
  if (!builder_keep_text(builder, spec->id, &rule.spec.id) ||
      !builder_keep_text(builder, spec->name, &rule.spec.name) ||
      !builder_keep_text(builder, spec->vms, &rule.vms.text) ||
      !builder_keep_text(builder, spec->hosts, &rule.hosts.text) ||
      !builder_keep_text(builder, spec->after, &rule.after.text) ||
      !builder_keep_position(builder, &spec->position, &rule.spec.position))
    return BERTH_E_NOMEM;
  built_rule *added;
  if ((status = add_element(builder, &builder->rules, &added)) != BERTH_OK)
    return status;
  *added = rule;
  give_index(builder->rules.count, index);
  return BERTH_OK;
}

static berth_status add_group(berth_builder *builder, chunked_list *list, uint32_t cluster,
                              const char *id, const char *members, const berth_position *position) {
  berth_status status = check_place(builder, cluster, list->count, "group");
  if (status != BERTH_OK)
    return status;
  built_group group = {.cluster = cluster};
  if (!builder_keep_text(builder, id, &group.id) ||
      !builder_keep_text(builder, members, &group.members.text) ||
      !builder_keep_position(builder, position, &group.position))
    return BERTH_E_NOMEM;
  built_group *added;
  if ((status = add_element(builder, list, &added)) == BERTH_OK)
    *added = group;
  return status;
}

berth_status berth_builder_add_vm_group(berth_builder *builder, uint32_t cluster, const char *id,
                                        const char *members, const berth_position *position) {
  assert(builder != NULL);
  return add_group(builder, &builder->vm_groups, cluster, id, members, position);
}

berth_status berth_builder_add_host_group(berth_builder *builder, uint32_t cluster, const char *id,
                                          const char *members, const berth_position *position) {
  assert(builder != NULL);
  return add_group(builder, &builder->host_groups, cluster, id, members, position);
}

static berth_status add_amount(berth_builder *builder, chunked_list *list, uint32_t object,
                               const char *resource, int64_t amount,
                               const berth_position *position) {
  assert(resource != NULL);
  built_amount entry = {.object = object, .amount = amount};
  if (!enter_name(builder, &builder->resource_names, resource, &entry.resource) ||
      !builder_keep_position(builder, position, &entry.position))
    return BERTH_E_NOMEM;
  built_amount *added;
  berth_status status = add_element(builder, list, &added);
  if (status == BERTH_OK)
    *added = entry;
  return status;
}

berth_status berth_builder_host_capacity(berth_builder *builder, uint32_t host,
                                         const char *resource, int64_t amount,
                                         const berth_position *position) {
  assert(builder != NULL);
  if (host >= builder->hosts.count)
    return no_such_object(builder, "host", host);
  return add_amount(builder, &builder->host_amounts, host, resource, amount, position);
}

berth_status berth_builder_vm_needs_resource(berth_builder *builder, uint32_t vm,
                                             const char *resource, int64_t amount,
                                             const berth_position *position) {
  assert(builder != NULL);
  if (vm >= builder_vm_count(builder))
    return no_such_object(builder, "VM", vm);
  return add_amount(builder, &builder->vm_amounts, vm, resource, amount, position);
}

static berth_status add_link(berth_builder *builder, chunked_list *list, name_pool *pool,
                             uint32_t object, const char *name) {
  assert(name != NULL);
  built_link link = {.object = object};
  if (!enter_name(builder, pool, name, &link.name))
    return BERTH_E_NOMEM;
  built_link *added;
  berth_status status = add_element(builder, list, &added);
  if (status == BERTH_OK)
    *added = link;
  return status;
}

berth_status berth_builder_host_reach_datastore(berth_builder *builder, uint32_t host,
                                                const char *datastore) {
  assert(builder != NULL);
  if (host >= builder->hosts.count)
    return no_such_object(builder, "host", host);
  return add_link(builder, &builder->host_datastores, &builder->datastores, host, datastore);
}

berth_status berth_builder_host_reach_network(berth_builder *builder, uint32_t host,
                                              const char *network) {
  assert(builder != NULL);
  if (host >= builder->hosts.count)
    return no_such_object(builder, "host", host);
  return add_link(builder, &builder->host_networks, &builder->networks, host, network);
}

berth_status berth_builder_vm_needs_datastore(berth_builder *builder, uint32_t vm,
                                              const char *datastore) {
  assert(builder != NULL);
  if (vm >= builder_vm_count(builder))
    return no_such_object(builder, "VM", vm);
  return add_link(builder, &builder->vm_datastores, &builder->datastores, vm, datastore);
}

berth_status berth_builder_vm_needs_network(berth_builder *builder, uint32_t vm,
                                            const char *network) {
  assert(builder != NULL);
  if (vm >= builder_vm_count(builder))
    return no_such_object(builder, "VM", vm);
  return add_link(builder, &builder->vm_networks, &builder->networks, vm, network);
}

berth_status berth_builder_host_numa(berth_builder *builder, uint32_t host, int64_t node,
                                     int64_t cpu_mhz, int64_t memory_mib,
                                     const berth_position *position) {
  assert(builder != NULL);
  if (host >= builder->hosts.count)
    return no_such_object(builder, "host", host);
  built_numa entry = {.host = host, .node = node, .cpu_mhz = cpu_mhz, .memory_mib = memory_mib};
  if (!builder_keep_position(builder, position, &entry.position))
    return BERTH_E_NOMEM;
  built_numa *added;
  berth_status status = add_element(builder, &builder->numa, &added);
  if (status == BERTH_OK)
    *added = entry;
  return status;
}
