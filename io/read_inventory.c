/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From sources to one frozen inventory: the document element tells the dialect, and its reader
 * takes over. What the readers find wrong and what freezing finds wrong end up in one list.
 */
#include <berth/io.h>

#include "context_internal.h"
#include "native_reader.h"
#include "native_schema.h"
#include "vim25_reader.h"
#include <assert.h>
#include <string.h>

typedef struct reading {
  berth_context *ctx;
  const berth_read_limits *limits;
  berth_dialect dialect; /* as asked, then as found */
  berth_builder *builder;
  native_reader *native; /* NULL until the first document of the dialect */
  vim25_reader *vim25;
} reading;

static berth_status refuse_document(const reading *r, const xml_element *element) {
  static const char *const expected[] = {"<inventory> of urn:berth:1", "<inventory> of urn:berth:1",
                                         "a vim25 document"};
  const char *uri = element->uri == NULL ? "no namespace" : element->uri;
  assert((unsigned)r->dialect < 3);
  context_problem(r->ctx, BERTH_ERROR, BERTH_E_UNSUPPORTED, &element->position,
                  "the document element is <%.60s> of %.100s; expected %s", element->name, uri,
                  expected[r->dialect]);
  return BERTH_E_UNSUPPORTED;
}

static bool is_native(const xml_element *element) {
  return element->uri != NULL && strcmp(element->uri, NATIVE_NAMESPACE) == 0 &&
         strcmp(element->name, "inventory") == 0;
}

static berth_status begin_native(reading *r, xml_cursor *cursor, const xml_element *element) {
  if (r->native != NULL) {
    context_problem(r->ctx, BERTH_ERROR, BERTH_E_INVALID, &element->position,
                    "a second inventory; the native dialect takes one source");
    return BERTH_E_INVALID;
  }
  const berth_status status = native_reader_new(r->ctx, r->builder, &r->native);
  if (status == BERTH_OK)
    xml_cursor_hand_over(cursor, native_reader_handler(r->native), r->native);
  r->dialect = BERTH_DIALECT_NATIVE;
  return status;
}

static berth_status begin_vim25(reading *r, xml_cursor *cursor) {
  berth_status status = BERTH_OK;
  if (r->vim25 == NULL)
    status = vim25_reader_new(r->ctx, &r->vim25);
  if (status == BERTH_OK)
    xml_cursor_hand_over(cursor, vim25_reader_handler(r->vim25), r->vim25);
  r->dialect = BERTH_DIALECT_VIM25;
  return status;
}

/* The document element. After the first document the dialect is settled. */
static berth_status on_start(void *user, xml_cursor *cursor, const xml_element *element) {
  reading *r = user;
  assert(element->depth == 0);
  if (r->dialect != BERTH_DIALECT_VIM25 && is_native(element))
    return begin_native(r, cursor, element);
  if (r->dialect != BERTH_DIALECT_NATIVE && vim25_reader_accepts(element))
    return begin_vim25(r, cursor);
  return refuse_document(r, element);
}

static berth_status on_end(void *user, xml_cursor *cursor) {
  (void)user, (void)cursor;
  return BERTH_OK;
}

static berth_status on_text(void *user, xml_cursor *cursor, const char *text, size_t length) {
  (void)user, (void)cursor, (void)text, (void)length;
  return BERTH_OK;
}

static berth_status read_document(reading *r, input *in) {
  static const xml_handler dispatcher = {
      .on_start = on_start, .on_end = on_end, .on_text = on_text};
  return xml_cursor_read(r->ctx, in, r->limits, XML_DOCTYPE_REFUSED, &dispatcher, r);
}

static berth_status read_file(reading *r, const char *path) {
  input *in = NULL;
  berth_status status = input_open(r->ctx, path, &in);
  if (status == BERTH_OK)
    status = read_document(r, in);
  input_close(in);
  return status;
}

/* A folder is one that govc object.save made: a file an object. */
static berth_status read_folder(reading *r, const char *path) {
  const berth_position position = {.source = path};
  char **paths = NULL;
  uint32_t count = 0;
  berth_status status = input_list_folder(r->ctx, path, &paths, &count);
  if (status == BERTH_OK && r->dialect == BERTH_DIALECT_NATIVE)
    status = context_fail(r->ctx, BERTH_E_UNSUPPORTED, &position,
                          "a folder; the native dialect takes one file");
  else if (status == BERTH_OK && count == 0)
    status = context_fail(r->ctx, BERTH_E_READ, &position,
                          "the folder holds no XML file; expected saved vim25 objects");
  else if (status == BERTH_OK)
    r->dialect = BERTH_DIALECT_VIM25;
  for (uint32_t i = 0; status == BERTH_OK && i < count; i++)
    status = read_file(r, paths[i]);
  input_free_paths(r->ctx, paths, count);
  return status;
}

static berth_status read_source(reading *r, const char *path) {
  return strcmp(path, "-") != 0 && input_is_folder(path) ? read_folder(r, path)
                                                         : read_file(r, path);
}

/* Errors that reading found refuse the inventory even if what is left of it would freeze. */
static berth_status finish(reading *r, const berth_inventory **out) {
  berth_inventory *inventory = NULL;
  berth_status status = BERTH_OK;
  if (r->vim25 != NULL)
    status = vim25_reader_build(r->vim25, r->builder);
  const bool sound = context_error_count(r->ctx) == 0;
  if (status == BERTH_OK)
    status = berth_builder_freeze(r->builder, &inventory);
  if (status == BERTH_OK && !sound) {
    status = BERTH_E_INVALID;
    berth_inventory_release(inventory);
    inventory = NULL;
  }
  assert((status == BERTH_OK) == (inventory != NULL));
  *out = inventory;
  return status;
}

static berth_status begin(reading *r, berth_context *ctx, berth_dialect dialect,
                          const berth_read_limits *limits) {
  static const berth_read_limits defaults = BERTH_READ_LIMITS_INIT;
  *r = (reading){.ctx = ctx, .limits = limits == NULL ? &defaults : limits, .dialect = dialect};
  if (r->limits->struct_size != sizeof *limits || (unsigned)dialect > BERTH_DIALECT_VIM25)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "unknown dialect, or limits of another size");
  return berth_builder_new(ctx, &r->builder);
}

static void end(reading *r) {
  native_reader_free(r->native);
  vim25_reader_free(r->vim25);
  berth_builder_free(r->builder);
}

berth_status berth_read_inventory(berth_context *ctx, const char *const *sources,
                                  uint32_t source_count, berth_dialect dialect,
                                  const berth_read_limits *limits, const berth_inventory **out) {
  assert(ctx != NULL && out != NULL && (sources != NULL || source_count == 0));
  *out = NULL;
  reading r;
  berth_status status = begin(&r, ctx, dialect, limits);
  if (status == BERTH_OK && source_count == 0)
    status = context_fail(ctx, BERTH_E_ARGUMENT, NULL, "no source; expected one or more");
  for (uint32_t i = 0; status == BERTH_OK && i < source_count; i++)
    status = read_source(&r, sources[i]);
  if (status == BERTH_OK)
    status = finish(&r, out);
  end(&r);
  return status;
}

berth_status berth_parse_inventory(berth_context *ctx, const void *bytes, size_t size,
                                   const char *name, berth_dialect dialect,
                                   const berth_read_limits *limits, const berth_inventory **out) {
  assert(ctx != NULL && out != NULL && name != NULL);
  *out = NULL;
  reading r;
  input *in = NULL;
  berth_status status = begin(&r, ctx, dialect, limits);
  if (status == BERTH_OK)
    status = input_open_memory(ctx, bytes, size, name, &in);
  if (status == BERTH_OK)
    status = read_document(&r, in);
  if (status == BERTH_OK)
    status = finish(&r, out);
  input_close(in);
  end(&r);
  return status;
}
