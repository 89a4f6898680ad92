/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of inventories: a stack of open elements, and the spec of the object that is being put
 * together. A host is added at its start tag, since what stands below refers to it; a VM at its end
 * tag, since <notification> belongs to its spec; a cluster before the first object in it.
 */
#include "dialect.h"

#include "context_internal.h"
#include "native_binding.h"
#include <assert.h>
#include <string.h>

enum { DEEPEST = 6 }; /* inventory, cluster, ha, admission and room */

/* A <needs> waits until its VM is added. The name is an offset, since the texts may move. */
typedef struct pending_need {
  size_t name;
  enum { NEED_DATASTORE, NEED_NETWORK, NEED_RESOURCE } kind;
  int64_t amount;
  berth_position position;
} pending_need;

typedef struct native_reader {
  berth_context *ctx;
  berth_builder *builder;
  xml_handler handler;
  native_binder binder;
  native_element_id stack[DEEPEST];
  uint32_t depth;
  bool text_reported; /* of the element on top */

  berth_cluster_spec cluster_spec;
  bool cluster_usable, cluster_added;
  uint32_t cluster;       /* builder index */
  uint32_t settings_seen; /* bit per element id: ha, admission, drs, dpm, limits */
  uint32_t host;          /* builder index, or BERTH_NONE: not added */
  berth_vm_spec vm_spec;
  bool vm_usable, notification_seen;
  text_store cluster_text, admission_text, object_text, detail_text;

  pending_need *needs;
  uint32_t need_count, need_room;
  char *need_text;
  size_t need_text_used, need_text_room;
} native_reader;

static berth_status invalid(native_reader *reader, const berth_position *position,
                            const char *text) {
  context_problem(reader->ctx, BERTH_ERROR, BERTH_E_INVALID, position, "%s", text);
  return BERTH_OK;
}

/* ------------------------------------------------------------------------ clusters */

static berth_status start_inventory(native_reader *reader, const xml_cursor *cursor,
                                    const xml_element *element) {
  native_document document = {NULL};
  bool usable = false;
  const berth_status status = native_bind(&reader->binder, cursor, element, NATIVE_INVENTORY,
                                          &document, &reader->detail_text, &usable);
  if (status != BERTH_OK || document.name == NULL)
    return status;
  return berth_builder_set_name(reader->builder, document.name);
}

static berth_status start_resource(native_reader *reader, const xml_cursor *cursor,
                                   const xml_element *element) {
  native_detail detail = NATIVE_DETAIL_INIT;
  bool usable = false;
  const berth_status status = native_bind(&reader->binder, cursor, element, NATIVE_RESOURCE,
                                          &detail, &reader->detail_text, &usable);
  if (status != BERTH_OK || !usable)
    return status;
  return berth_builder_add_resource(reader->builder, detail.id, &element->position);
}

static berth_status start_cluster(native_reader *reader, const xml_cursor *cursor,
                                  const xml_element *element) {
  reader->cluster_spec = (berth_cluster_spec)BERTH_CLUSTER_SPEC_INIT;
  reader->cluster_spec.position = element->position;
  reader->cluster_added = false;
  reader->cluster = BERTH_NONE;
  reader->settings_seen = 0;
  return native_bind(&reader->binder, cursor, element, NATIVE_CLUSTER, &reader->cluster_spec,
                     &reader->cluster_text, &reader->cluster_usable);
}

/* ha, admission, drs, dpm, limits: parts of the cluster's spec, each at most once. */
static berth_status start_setting(native_reader *reader, const xml_cursor *cursor,
                                  const xml_element *element, native_element_id id) {
  assert(id >= NATIVE_HA && id <= NATIVE_LIMITS);
  text_store *store = id == NATIVE_ADMISSION ? &reader->admission_text : &reader->detail_text;
  const uint32_t bit = UINT32_C(1) << id;
  bool usable = false;
  if ((reader->settings_seen & bit) != 0)
    context_problem(reader->ctx, BERTH_ERROR, BERTH_E_INVALID, &element->position,
                    "a second <%s> in a cluster; expected one at most", element->name);
  else if (reader->cluster_added)
    context_problem(reader->ctx, BERTH_ERROR, BERTH_E_INVALID, &element->position,
                    "<%s> comes too late; expected before the first host, VM, group or rule",
                    element->name);
  reader->settings_seen |= bit;
  return native_bind(&reader->binder, cursor, element, id, &reader->cluster_spec, store, &usable);
}

/* The settings are complete when the first object comes, or the end. */
static berth_status add_cluster(native_reader *reader) {
  assert(reader->cluster_added || reader->cluster == BERTH_NONE);
  if (reader->cluster_added)
    return BERTH_OK;
  reader->cluster_added = true;
  if (!reader->cluster_usable)
    return BERTH_OK;
  return berth_builder_add_cluster(reader->builder, &reader->cluster_spec, &reader->cluster);
}

/* ------------------------------------------------------------------------ hosts */

static berth_status start_host(native_reader *reader, const xml_cursor *cursor,
                               const xml_element *element) {
  assert(reader->cluster_added);
  berth_host_spec spec = BERTH_HOST_SPEC_INIT;
  bool usable = false;
  spec.position = element->position;
  reader->host = BERTH_NONE;
  const berth_status status = native_bind(&reader->binder, cursor, element, NATIVE_HOST, &spec,
                                          &reader->object_text, &usable);
  if (status != BERTH_OK || !usable || reader->cluster == BERTH_NONE)
    return status;
  return berth_builder_add_host(reader->builder, reader->cluster, &spec, &reader->host);
}

static berth_status start_reach(native_reader *reader, const xml_element *element,
                                const native_detail *detail) {
  if ((detail->datastore == NULL) == (detail->network == NULL))
    return invalid(reader, &element->position,
                   "<reach> names no or several things; expected either datastore or network");
  if (reader->host == BERTH_NONE)
    return BERTH_OK;
  if (detail->datastore != NULL)
    return berth_builder_host_reach_datastore(reader->builder, reader->host, detail->datastore);
  return berth_builder_host_reach_network(reader->builder, reader->host, detail->network);
}

static berth_status start_host_detail(native_reader *reader, const xml_cursor *cursor,
                                      const xml_element *element, native_element_id id) {
  assert(id == NATIVE_CAPACITY || id == NATIVE_REACH || id == NATIVE_NUMA);
  native_detail detail = NATIVE_DETAIL_INIT;
  bool usable = false;
  const berth_status status =
      native_bind(&reader->binder, cursor, element, id, &detail, &reader->detail_text, &usable);
  if (status != BERTH_OK || !usable)
    return status;
  if (id == NATIVE_REACH)
    return start_reach(reader, element, &detail);
  if (reader->host == BERTH_NONE)
    return BERTH_OK;
  if (id == NATIVE_NUMA)
    return berth_builder_host_numa(reader->builder, reader->host, detail.node, detail.cpu_mhz,
                                   detail.memory_mib, &element->position);
  return berth_builder_host_capacity(reader->builder, reader->host, detail.resource, detail.amount,
                                     &element->position);
}

/* ------------------------------------------------------------------------ VMs */

static berth_status start_vm(native_reader *reader, const xml_cursor *cursor,
                             const xml_element *element) {
  assert(reader->cluster_added);
  static const berth_vm_spec fresh = BERTH_VM_SPEC_INIT;
  reader->vm_spec = fresh;
  reader->vm_spec.position = element->position;
  reader->need_count = 0;
  reader->need_text_used = 0;
  reader->notification_seen = false;
  return native_bind(&reader->binder, cursor, element, NATIVE_VM, &reader->vm_spec,
                     &reader->object_text, &reader->vm_usable);
}

static berth_status start_notification(native_reader *reader, const xml_cursor *cursor,
                                       const xml_element *element) {
  bool usable = false;
  if (reader->notification_seen)
    invalid(reader, &element->position, "a second <notification> in a VM; expected one at most");
  reader->notification_seen = true;
  return native_bind(&reader->binder, cursor, element, NATIVE_NOTIFICATION, &reader->vm_spec,
                     &reader->detail_text, &usable);
}

static berth_status grow_needs(native_reader *reader, size_t length) {
  assert(reader->need_count <= reader->need_room && length > 0);
  if (reader->need_count == reader->need_room) {
    const uint32_t room = reader->need_room * 2 + 8;
    pending_need *grown = context_grow(reader->ctx, reader->needs, room, sizeof *grown);
    if (grown == NULL)
      return BERTH_E_NOMEM;
    reader->needs = grown;
    reader->need_room = room;
  }
  if (reader->need_text_room - reader->need_text_used < length) {
    const size_t room = (reader->need_text_room + length) * 2;
    char *grown = context_grow(reader->ctx, reader->need_text, room, 1);
    if (grown == NULL)
      return BERTH_E_NOMEM;
    reader->need_text = grown;
    reader->need_text_room = room;
  }
  return BERTH_OK;
}

static berth_status start_needs(native_reader *reader, const xml_cursor *cursor,
                                const xml_element *element) {
  native_detail detail = NATIVE_DETAIL_INIT;
  bool usable = false;
  berth_status status = native_bind(&reader->binder, cursor, element, NATIVE_NEEDS, &detail,
                                    &reader->detail_text, &usable);
  if (status != BERTH_OK)
    return status;
  const int named =
      (detail.datastore != NULL) + (detail.network != NULL) + (detail.resource != NULL);
  if (named != 1)
    return invalid(reader, &element->position,
                   "<needs> names no or several things; expected either datastore, network or "
                   "resource");
  if (detail.amount != BERTH_UNSET && detail.resource == NULL)
    return invalid(reader, &element->position,
                   "<needs> has an amount without a resource; expected resource and amount");
  pending_need need = {.position = element->position, .amount = detail.amount};
  const char *name = detail.datastore;
  need.kind = NEED_DATASTORE;
  if (detail.network != NULL) {
    name = detail.network;
    need.kind = NEED_NETWORK;
  } else if (detail.resource != NULL) {
    name = detail.resource;
    need.kind = NEED_RESOURCE;
    need.amount = detail.amount == BERTH_UNSET ? 1 : detail.amount;
  }
  const size_t length = strlen(name) + 1;
  status = grow_needs(reader, length);
  if (status != BERTH_OK)
    return status;
  need.name = reader->need_text_used;
  memcpy(reader->need_text + need.name, name, length);
  reader->need_text_used += length;
  reader->needs[reader->need_count++] = need;
  return BERTH_OK;
}

static berth_status add_need(native_reader *reader, uint32_t vm, const pending_need *need) {
  assert(vm != BERTH_NONE && need->name < reader->need_text_used);
  const char *name = reader->need_text + need->name;
  switch (need->kind) {
  case NEED_DATASTORE:
    return berth_builder_vm_needs_datastore(reader->builder, vm, name);
  case NEED_NETWORK:
    return berth_builder_vm_needs_network(reader->builder, vm, name);
  case NEED_RESOURCE:
    break;
  }
  return berth_builder_vm_needs_resource(reader->builder, vm, name, need->amount, &need->position);
}

static berth_status end_vm(native_reader *reader) {
  uint32_t vm = BERTH_NONE;
  if (!reader->vm_usable || reader->cluster == BERTH_NONE)
    return BERTH_OK;
  berth_status status =
      berth_builder_add_vm(reader->builder, reader->cluster, &reader->vm_spec, &vm);
  for (uint32_t i = 0; status == BERTH_OK && i < reader->need_count; i++)
    status = add_need(reader, vm, &reader->needs[i]);
  return status;
}

/* ------------------------------------------------------------------------ groups and rules */

static berth_status start_group(native_reader *reader, const xml_cursor *cursor,
                                const xml_element *element, native_element_id id) {
  assert(id == NATIVE_VM_GROUP || id == NATIVE_HOST_GROUP);
  native_detail detail = NATIVE_DETAIL_INIT;
  bool usable = false;
  const berth_status status =
      native_bind(&reader->binder, cursor, element, id, &detail, &reader->object_text, &usable);
  if (status != BERTH_OK || !usable || reader->cluster == BERTH_NONE)
    return status;
  if (id == NATIVE_VM_GROUP)
    return berth_builder_add_vm_group(reader->builder, reader->cluster, detail.id, detail.members,
                                      &element->position);
  return berth_builder_add_host_group(reader->builder, reader->cluster, detail.id, detail.members,
                                      &element->position);
}

static berth_status start_rule(native_reader *reader, const xml_cursor *cursor,
                               const xml_element *element) {
  assert(reader->cluster_added);
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  bool usable = false;
  spec.position = element->position;
  const berth_status status = native_bind(&reader->binder, cursor, element, NATIVE_RULE, &spec,
                                          &reader->object_text, &usable);
  if (status != BERTH_OK || !usable || reader->cluster == BERTH_NONE)
    return status;
  return berth_builder_add_rule(reader->builder, reader->cluster, &spec, NULL);
}

/* ------------------------------------------------------------------------ events */

static bool is_object(native_element_id id) {
  return id == NATIVE_HOST || id == NATIVE_VM || id == NATIVE_VM_GROUP || id == NATIVE_HOST_GROUP ||
         id == NATIVE_RULE;
}

static berth_status start(native_reader *reader, const xml_cursor *cursor,
                          const xml_element *element, native_element_id id) {
  if (is_object(id)) {
    const berth_status status = add_cluster(reader);
    if (status != BERTH_OK)
      return status;
  }
  switch (id) {
  case NATIVE_INVENTORY:
    return start_inventory(reader, cursor, element);
  case NATIVE_RESOURCE:
    return start_resource(reader, cursor, element);
  case NATIVE_CLUSTER:
    return start_cluster(reader, cursor, element);
  case NATIVE_HOST:
    return start_host(reader, cursor, element);
  case NATIVE_CAPACITY:
  case NATIVE_REACH:
  case NATIVE_NUMA:
    return start_host_detail(reader, cursor, element, id);
  case NATIVE_VM:
    return start_vm(reader, cursor, element);
  case NATIVE_NEEDS:
    return start_needs(reader, cursor, element);
  case NATIVE_NOTIFICATION:
    return start_notification(reader, cursor, element);
  case NATIVE_VM_GROUP:
  case NATIVE_HOST_GROUP:
    return start_group(reader, cursor, element, id);
  case NATIVE_RULE:
    return start_rule(reader, cursor, element);
  default:
    assert(id >= NATIVE_HA && id <= NATIVE_LIMITS);
    return start_setting(reader, cursor, element, id);
  }
}

static berth_status on_start(void *user, xml_cursor *cursor, const xml_element *element) {
  native_reader *reader = user;
  const native_element_id parent =
      reader->depth == 0 ? NATIVE_NO_ELEMENT : reader->stack[reader->depth - 1];
  const native_element_id id = reader->depth == 0
                                   ? NATIVE_INVENTORY
                                   : native_binder_element(&reader->binder, element, parent);
  if (id == NATIVE_NO_ELEMENT) {
    xml_cursor_skip(cursor);
    return BERTH_OK;
  }
  assert(reader->depth < DEEPEST);
  reader->stack[reader->depth++] = id;
  reader->text_reported = false;
  return start(reader, cursor, element, id);
}

static berth_status on_end(void *user, xml_cursor *cursor) {
  native_reader *reader = user;
  (void)cursor;
  assert(reader->depth > 0);
  const native_element_id id = reader->stack[--reader->depth];
  reader->text_reported = false;
  if (id == NATIVE_VM)
    return end_vm(reader);
  return id == NATIVE_CLUSTER ? add_cluster(reader) : BERTH_OK;
}

/* No element of this dialect holds text. Told once between two tags. */
static berth_status on_text(void *user, xml_cursor *cursor, const char *text, size_t length) {
  native_reader *reader = user;
  assert(reader->depth > 0);
  if (!reader->text_reported)
    reader->text_reported =
        native_refuse_text(&reader->binder, cursor, reader->stack[reader->depth - 1], text, length);
  return BERTH_OK;
}

/* ---------------------------------------------------------------------------- the dialect */

static bool accepts(const xml_element *element) {
  return element->uri != NULL && strcmp(element->uri, NATIVE_NAMESPACE) == 0 &&
         strcmp(element->name, "inventory") == 0;
}

static berth_status create(berth_context *ctx, berth_builder *builder, void **out) {
  assert(ctx != NULL && builder != NULL && out != NULL);
  native_reader *reader = context_take(ctx, 1, sizeof *reader);
  *out = reader;
  if (reader == NULL)
    return BERTH_E_NOMEM;
  reader->ctx = ctx;
  reader->builder = builder;
  reader->cluster = BERTH_NONE;
  reader->host = BERTH_NONE;
  reader->handler = (xml_handler){.on_start = on_start, .on_end = on_end, .on_text = on_text};
  reader->handler.words = native_words(&reader->handler.word_count);
  native_binder_init(&reader->binder, ctx);
  return BERTH_OK;
}

static const xml_handler *begin(void *reader) {
  return &((const native_reader *)reader)->handler;
}

static void destroy(void *user) {
  native_reader *reader = user;
  berth_context *ctx = reader->ctx;
  text_store_free(ctx, &reader->cluster_text);
  text_store_free(ctx, &reader->admission_text);
  text_store_free(ctx, &reader->object_text);
  text_store_free(ctx, &reader->detail_text);
  context_release(ctx, reader->needs);
  context_release(ctx, reader->need_text);
  context_release(ctx, reader);
}

const dialect_reader native_dialect = {.id = BERTH_DIALECT_NATIVE,
                                       .expected = "<inventory> of " NATIVE_NAMESPACE,
                                       .accepts = accepts,
                                       .create = create,
                                       .begin = begin,
                                       .destroy = destroy};
