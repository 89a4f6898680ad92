/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pools and objects of OpenNebula as a stream. An action of the scheduler holds pools, a pool
 * holds objects; within an object the path from it down decides what is kept. Values are texts or
 * CDATA, no attributes; documents have no namespace, or that of the published schemas.
 */
#include "opennebula_reader.h"

#include "context_internal.h"
#include "dialect.h"
#include "gathered_text.h"
#include "opennebula_build.h"
#include <assert.h>
#include <string.h>

#define OPENNEBULA_NAMESPACE "http://opennebula.org/XMLSchema"

enum { DEEPEST = 16, PATH_ROOM = 200, ID_DIGITS = 9 };

typedef enum level { IN_ACTION, IN_POOL, IN_OBJECT } level;

typedef struct frame {
  level level;
  opennebula_kind kind;
  size_t path_length; /* of an object: what its children's steps are added to */
  uint32_t item;
  bool leaf;
  opennebula_field field; /* of a leaf */
} frame;

struct opennebula_reader {
  berth_context *ctx;
  xml_handler handler;
  opennebula_store store;
  frame stack[DEEPEST];
  uint32_t depth;
  char path[PATH_ROOM];
  berth_position position; /* of the object at hand */
  uint32_t first_fact;     /* of the object at hand */
  uint32_t last_item;
  gathered_text text;
};

/* ------------------------------------------------------------------------ names */

static bool is_ours(const xml_element *element) {
  return element->uri == NULL || strcmp(element->uri, OPENNEBULA_NAMESPACE) == 0;
}

/* "HOST" or "HOST_POOL". */
static bool names_kind(const char *name, opennebula_kind kind, bool *pool) {
  const char *element = opennebula_kind_element(kind);
  const size_t length = strlen(element);
  if (strncmp(name, element, length) != 0)
    return false;
  *pool = strcmp(name + length, "_POOL") == 0;
  return *pool || name[length] == '\0';
}

static bool find_kind(const char *name, opennebula_kind *kind, bool *pool) {
  assert(name != NULL);
  for (int k = 0; k < OPENNEBULA_REQUIREMENT; k++)
    if (names_kind(name, (opennebula_kind)k, pool)) {
      *kind = (opennebula_kind)k;
      return true;
    }
  return false;
}

bool opennebula_accepts(const xml_element *element) {
  opennebula_kind kind = OPENNEBULA_KINDS;
  bool pool = false;
  return is_ours(element) && (strcmp(element->name, "SCHEDULER_DRIVER_ACTION") == 0 ||
                              find_kind(element->name, &kind, &pool));
}

static const char *kind_word(opennebula_kind kind) {
  static const char *const words[OPENNEBULA_KINDS] = {[OPENNEBULA_HOST] = "host",
                                                      [OPENNEBULA_VM] = "VM",
                                                      [OPENNEBULA_VM_GROUP] = "VM group",
                                                      [OPENNEBULA_CLUSTER] = "cluster",
                                                      [OPENNEBULA_DATASTORE] = "datastore",
                                                      [OPENNEBULA_VNET] = "network",
                                                      [OPENNEBULA_REQUIREMENT] = "requirement"};
  assert(kind < OPENNEBULA_KINDS && words[kind] != NULL);
  return words[kind];
}

/* ------------------------------------------------------------------------ objects */

static berth_status push(opennebula_reader *reader, frame added) {
  assert(reader->depth < DEEPEST);
  reader->stack[reader->depth++] = added;
  return BERTH_OK;
}

static berth_status skip(xml_cursor *cursor) {
  xml_cursor_skip(cursor);
  return BERTH_OK;
}

static berth_status start_object(opennebula_reader *reader, opennebula_kind kind,
                                 const xml_element *element) {
  reader->position = element->position;
  reader->first_fact = reader->store.facts.count;
  reader->last_item = 0;
  return push(reader, (frame){.level = IN_OBJECT, .kind = kind});
}

static bool is_id(const char *text) {
  const size_t digits = strspn(text, "0123456789");
  return digits > 0 && digits <= ID_DIGITS && text[digits] == '\0';
}

static const char *id_of_last(const opennebula_reader *reader, opennebula_kind kind) {
  static const opennebula_field fields[OPENNEBULA_KINDS] = {
      OPENNEBULA_HOST_ID,      OPENNEBULA_VM_ID,   OPENNEBULA_GROUP_ID,      OPENNEBULA_CLUSTER_ID,
      OPENNEBULA_DATASTORE_ID, OPENNEBULA_VNET_ID, OPENNEBULA_REQUIREMENT_ID};
  assert(kind < OPENNEBULA_KINDS);
  for (uint32_t i = reader->first_fact; i < reader->store.facts.count; i++) {
    const opennebula_fact *fact = chunked_list_at(&reader->store.facts, i);
    if (fact->field == fields[kind])
      return fact->text;
  }
  return "";
}

static berth_status end_object(opennebula_reader *reader, opennebula_kind kind) {
  const char *id = id_of_last(reader, kind);
  if (!is_id(id)) {
    context_problem(reader->ctx, BERTH_ERROR, BERTH_E_INVALID, &reader->position,
                    "the ID of a <%s> is \"%.40s\"; expected a number of up to %d digits",
                    opennebula_kind_element(kind), id, (int)ID_DIGITS);
    return BERTH_OK;
  }
  source_report_read(reader->store.report, reader->position.source, kind_word(kind), 1);
  return opennebula_store_close(&reader->store, kind, id, reader->first_fact, &reader->position) ==
                 NULL
             ? BERTH_E_NOMEM
             : BERTH_OK;
}

/* What has nothing to say to a placement in any case is not worth a word. */
static void tell_ignored(opennebula_reader *reader, const char *name) {
  static const char *const plain[] = {"UID",   "GID",   "UNAME",    "GNAME",  "PERMISSIONS",
                                      "STIME", "ETIME", "VM_MAD",   "IM_MAD", "LAST_POLL",
                                      "NAME",  "LOCK",  "DEPLOY_ID"};
  char element[60];
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
    if (strcmp(plain[i], name) == 0)
      return;
  const size_t length = strlen(name) < sizeof element - 3 ? strlen(name) : sizeof element - 3;
  element[0] = '<';
  memcpy(element + 1, name, length);
  memcpy(element + 1 + length, ">", 2);
  source_report_ignored(reader->store.report, reader->position.source, element, 1);
}

/* A step down within an object. */
static berth_status start_step(opennebula_reader *reader, xml_cursor *cursor,
                               const xml_element *element, const frame *top) {
  const size_t length = strlen(element->name), at = top->path_length;
  if (top->leaf || reader->depth == DEEPEST || at + length + 2 > sizeof reader->path)
    return skip(cursor);
  if (at > 0)
    reader->path[at] = '/';
  memcpy(reader->path + at + (at > 0), element->name, length + 1);
  const opennebula_place place = opennebula_find_path(top->kind, reader->path);
  if (!place.wanted) {
    if (at == 0)
      tell_ignored(reader, element->name);
    return skip(cursor);
  }
  frame step = {.level = IN_OBJECT,
                .kind = top->kind,
                .path_length = at + (at > 0) + length,
                .item = top->item,
                .leaf = place.leaf,
                .field = place.field};
  gathered_text_clear(&reader->text);
  if (place.item) {
    step.item = ++reader->last_item;
    if (!opennebula_store_add(&reader->store, place.field, step.item, "", 0))
      return BERTH_E_NOMEM;
  }
  return push(reader, step);
}

/* ------------------------------------------------------------------------ the stream */

static berth_status start_in_action(opennebula_reader *reader, xml_cursor *cursor,
                                    const xml_element *element) {
  frame pool = {.level = IN_POOL};
  bool is_pool = false;
  if (strcmp(element->name, "REQUIREMENTS") == 0) {
    pool.kind = OPENNEBULA_REQUIREMENT;
    reader->store.has_requirements = true;
    return push(reader, pool);
  }
  if (find_kind(element->name, &pool.kind, &is_pool) && is_pool)
    return push(reader, pool);
  source_report_ignored(reader->store.report, element->position.source, "element of the action", 1);
  return skip(cursor);
}

static berth_status start_document(opennebula_reader *reader, const xml_element *element) {
  frame pool = {.level = IN_POOL};
  bool is_pool = false;
  if (!find_kind(element->name, &pool.kind, &is_pool))
    return push(reader, (frame){.level = IN_ACTION});
  source_report_read(reader->store.report, element->position.source, kind_word(pool.kind), 0);
  return is_pool ? push(reader, pool) : start_object(reader, pool.kind, element);
}

static berth_status on_start(void *user, xml_cursor *cursor, const xml_element *element) {
  opennebula_reader *reader = user;
  if (reader->depth == 0)
    return start_document(reader, element);
  const frame *top = &reader->stack[reader->depth - 1];
  if (!is_ours(element))
    return skip(cursor);
  switch (top->level) {
  case IN_ACTION:
    return start_in_action(reader, cursor, element);
  case IN_POOL:
    return strcmp(element->name, opennebula_kind_element(top->kind)) == 0
               ? start_object(reader, top->kind, element)
               : skip(cursor);
  default:
    return start_step(reader, cursor, element, top);
  }
}

/* An attribute of a host's template may have any name, which is part of the fact. */
static berth_status end_attribute(opennebula_reader *reader, const frame *top) {
  size_t length = 0;
  char *kept = NULL;
  const char *name = strrchr(reader->path, '/');
  const char *text = gathered_text_trimmed(&reader->text, &length);
  assert(name != NULL);
  const size_t name_length = strlen(++name);
  kept = arena_take(&reader->store.memory, name_length + length + 2, 1);
  if (kept == NULL)
    return context_fail(reader->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  memcpy(kept, name, name_length);
  kept[name_length] = '=';
  memcpy(kept + name_length + 1, text, length);
  return opennebula_store_add(&reader->store, top->field, top->item, kept, name_length + length + 1)
             ? BERTH_OK
             : BERTH_E_NOMEM;
}

static berth_status end_leaf(opennebula_reader *reader, const frame *top) {
  size_t length = 0;
  if (top->field == OPENNEBULA_HOST_ATTRIBUTE)
    return end_attribute(reader, top);
  const char *text = gathered_text_trimmed(&reader->text, &length);
  return opennebula_store_add(&reader->store, top->field, top->item, text, length) ? BERTH_OK
                                                                                   : BERTH_E_NOMEM;
}

static berth_status on_end(void *user, xml_cursor *cursor) {
  opennebula_reader *reader = user;
  berth_status status = BERTH_OK;
  (void)cursor;
  assert(reader->depth > 0);
  const frame top = reader->stack[--reader->depth];
  if (top.leaf)
    status = end_leaf(reader, &top);
  else if (top.level == IN_OBJECT && top.path_length == 0)
    status = end_object(reader, top.kind);
  if (top.path_length > 0) /* back to the step above */
    reader->path[reader->stack[reader->depth - 1].path_length] = '\0';
  gathered_text_clear(&reader->text);
  return status;
}

static berth_status on_text(void *user, xml_cursor *cursor, const char *text, size_t length) {
  opennebula_reader *reader = user;
  (void)cursor;
  assert(reader->depth > 0);
  return reader->stack[reader->depth - 1].leaf ? gathered_text_add(&reader->text, text, length)
                                               : BERTH_OK;
}

/* ------------------------------------------------------------------------ life */

opennebula_reader *opennebula_reader_new(berth_context *ctx) {
  opennebula_reader *reader = context_take(ctx, 1, sizeof *reader);
  if (reader == NULL)
    return NULL;
  reader->ctx = ctx;
  reader->handler = (xml_handler){.on_start = on_start, .on_end = on_end, .on_text = on_text};
  const berth_status status = gathered_text_open(&reader->text, ctx);
  if (!opennebula_store_init(&reader->store, ctx) || status != BERTH_OK) {
    opennebula_reader_free(reader);
    return NULL;
  }
  return reader;
}

void opennebula_reader_free(opennebula_reader *reader) {
  if (reader == NULL)
    return;
  opennebula_store_free(&reader->store);
  gathered_text_close(&reader->text);
  context_release(reader->ctx, reader);
}

const xml_handler *opennebula_reader_begin(opennebula_reader *reader) {
  reader->depth = 0;
  gathered_text_clear(&reader->text);
  return &reader->handler;
}

opennebula_store *opennebula_reader_store(opennebula_reader *reader) {
  assert(reader != NULL);
  return &reader->store;
}

/* ------------------------------------------------------------------------ the dialect */

static berth_status create(berth_context *ctx, berth_builder *builder, void **out) {
  (void)builder;
  assert(ctx != NULL && out != NULL);
  *out = opennebula_reader_new(ctx);
  return *out == NULL ? BERTH_E_NOMEM : BERTH_OK;
}

static const xml_handler *begin(void *user) {
  return opennebula_reader_begin(user);
}

static berth_status build(void *user, berth_builder *builder) {
  opennebula_reader *reader = user;
  assert(builder != NULL);
  const opennebula_task task = {.kind = OPENNEBULA_READ};
  return opennebula_build(reader->ctx, &reader->store, builder, &task);
}

static void destroy(void *user) {
  opennebula_reader_free(user);
}

const dialect_reader opennebula_dialect = {.id = BERTH_DIALECT_OPENNEBULA,
                                           .expected = "a pool of OpenNebula",
                                           .takes_several = true,
                                           .accepts = opennebula_accepts,
                                           .create = create,
                                           .begin = begin,
                                           .build = build,
                                           .destroy = destroy};
