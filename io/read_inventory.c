/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From sources to one frozen inventory: the document element tells the dialect, and its reader
 * takes over. What the readers find wrong and what freezing finds wrong end up in one list.
 */
#include <berth/io.h>

#include "builder_internal.h"
#include "context_internal.h"
#include "dialect.h"
#include "hwloc_reader.h"
#include "ovf_reader.h"
#include "read_limits.h"
#include "this_host.h"
#include <assert.h>
#include <string.h>
#include <strings.h>

static const dialect_reader *const dialects[] = {
    &native_dialect,  &vim25_dialect, &ovirt_dialect, &opennebula_dialect,
    &libvirt_dialect, &hwloc_dialect, &ovf_dialect};

enum { READERS = sizeof dialects / sizeof *dialects };

typedef struct reading {
  berth_context *ctx;
  berth_read_limits limits;
  berth_dialect asked;
  const dialect_reader *main; /* what the sources are, details apart; NULL = not known yet */
  bool has_files;             /* sources are files, not memory */
  berth_builder *builder;
  void *readers[READERS]; /* NULL until the first document of the dialect */
} reading;

/* ---------------------------------------------------------------------------- dialects */

static const char *const dialect_words[BERTH_DIALECT_COUNT] = {
#define DIALECT_WORD(constant, value, word) [value] = word,
    BERTH_DIALECT_TABLE(DIALECT_WORD)
#undef DIALECT_WORD
};

const char *berth_dialect_word(berth_dialect dialect) {
  return (unsigned)dialect < BERTH_DIALECT_COUNT ? dialect_words[dialect] : NULL;
}

bool berth_dialect_parse(const char *word, berth_dialect *out) {
  assert(word != NULL && out != NULL);
  for (int d = 0; d < BERTH_DIALECT_COUNT; d++) {
    if (strcmp(dialect_words[d], word) == 0) {
      *out = (berth_dialect)d;
      return true;
    }
  }
  return false;
}

static uint32_t place_of(berth_dialect id) {
  uint32_t place = 0;
  while (place < READERS && dialects[place]->id != id)
    place++;
  return place;
}

/* Whether a document of the dialect may come now. To ask for a dialect that is not one of details
 * does not keep details out. */
static bool is_due(const reading *r, const dialect_reader *d) {
  const uint32_t asked = place_of(r->asked);
  if (asked < READERS && (dialects[asked]->is_detail || !d->is_detail) && d != dialects[asked])
    return false;
  return d->is_detail || r->main == NULL || r->main == d;
}

/* ---------------------------------------------------------------------------- documents */

static berth_status refuse_document(const reading *r, const xml_element *element) {
  const char *uri = element->uri == NULL ? "no namespace" : element->uri;
  const char *expected = r->main != NULL ? r->main->expected : native_dialect.expected;
  for (uint32_t i = 0; i < READERS; i++) {
    if (dialects[i]->id == r->asked)
      expected = dialects[i]->expected;
  }
  if (strcasecmp(element->name, "html") == 0) {
    context_problem(r->ctx, BERTH_ERROR, BERTH_E_UNSUPPORTED, &element->position,
                    "an HTML page, as servers answer errors and missing logins with; expected %s",
                    expected);
    return BERTH_E_UNSUPPORTED;
  }
  context_problem(r->ctx, BERTH_ERROR, BERTH_E_UNSUPPORTED, &element->position,
                  "the document element is <%.60s> of %.100s; expected %s", element->name, uri,
                  expected);
  return BERTH_E_UNSUPPORTED;
}

static berth_status begin_document(reading *r, xml_cursor *cursor, const xml_element *element,
                                   uint32_t index) {
  const dialect_reader *d = dialects[index];
  berth_status status = BERTH_OK;
  assert(index < READERS);
  if (!d->has_doctype && !xml_cursor_refuse_doctype(cursor))
    return BERTH_E_INVALID;
  if (r->readers[index] != NULL && !d->takes_several) {
    context_problem(r->ctx, BERTH_ERROR, BERTH_E_INVALID, &element->position,
                    "a second inventory; the %s dialect takes one source",
                    berth_dialect_word(d->id));
    return BERTH_E_INVALID;
  }
  if (r->readers[index] == NULL) {
    status = d->create(r->ctx, r->builder, &r->readers[index]);
    if (status == BERTH_OK && d->configure != NULL)
      d->configure(r->readers[index], &r->limits);
  }
  if (status == BERTH_OK)
    xml_cursor_hand_over(cursor, d->begin(r->readers[index]), r->readers[index]);
  if (!d->is_detail)
    r->main = d;
  return status;
}

/* The document element. After the first document the main dialect is settled. */
static berth_status on_start(void *user, xml_cursor *cursor, const xml_element *element) {
  reading *r = user;
  assert(element->depth == 0);
  for (uint32_t i = 0; i < READERS; i++) {
    if (is_due(r, dialects[i]) && dialects[i]->accepts(element))
      return begin_document(r, cursor, element, i);
  }
  return refuse_document(r, element);
}

static berth_status read_document(reading *r, input *in) {
  static const xml_handler dispatcher = {
      .on_start = on_start, .on_end = xml_ignore_end, .on_text = xml_ignore_text};
  return xml_cursor_read(r->ctx, in, &r->limits, XML_DOCTYPE_BARE, &dispatcher, r);
}

/* @p name may say what the file is about (OBJECT=FILE): readers know it from their positions. */
static berth_status read_file(reading *r, const char *path, const char *name) {
  input *in = NULL;
  berth_status status = input_open_as(r->ctx, path, name, &in);
  if (status == BERTH_OK)
    status = read_document(r, in);
  input_close(in);
  return status;
}

/* All XML files of a folder, as govc object.save writes them: a file an object. */
static berth_status read_folder(reading *r, const char *path) {
  const berth_position position = {.source = path};
  char **paths = NULL;
  uint32_t count = 0;
  berth_status status = input_list_folder(r->ctx, path, &paths, &count);
  if (status == BERTH_OK && r->asked == BERTH_DIALECT_NATIVE)
    status = context_fail(r->ctx, BERTH_E_UNSUPPORTED, &position,
                          "a folder; the native dialect takes one file");
  else if (status == BERTH_OK && count == 0)
    status = context_fail(r->ctx, BERTH_E_READ, &position,
                          "the folder holds no XML file; expected saved vim25 objects");
  for (uint32_t i = 0; status == BERTH_OK && i < count; i++)
    status = read_file(r, paths[i], paths[i]);
  input_free_paths(r->ctx, paths, count);
  return status;
}

static berth_status read_this_host(reading *r) {
  char *xml = NULL;
  size_t size = 0;
  input *in = NULL;
  berth_status status = this_host_describe(r->ctx, &xml, &size);
  if (status == BERTH_OK)
    status = input_open_memory(r->ctx, xml, size, "this host", &in);
  if (status == BERTH_OK)
    status = read_document(r, in);
  input_close(in);
  context_release(r->ctx, xml);
  return status;
}

static berth_status read_source(reading *r, const char *path) {
  if (strcmp(path, BERTH_SOURCE_THIS_HOST) == 0)
    return read_this_host(r);
  const char *file = input_file_of(path);
  return strcmp(path, "-") != 0 && input_is_folder(file) ? read_folder(r, file)
                                                         : read_file(r, file, path);
}

/* ---------------------------------------------------------------------------- topologies */

/* A file that is not there leaves the host without NUMA nodes; one that is wrong is an error. */
static berth_status read_topology(reading *r, uint32_t host, const char *path) {
  const uint32_t place = place_of(BERTH_DIALECT_HWLOC);
  const berth_dialect asked = r->asked;
  input *in = NULL;
  assert(place < READERS);
  berth_status status = input_is_folder(path) ? BERTH_E_READ : input_open(r->ctx, path, &in);
  if (status == BERTH_E_READ) {
    const built_host *built = chunked_list_at(&r->builder->hosts, host);
    context_problem(r->ctx, BERTH_WARNING, BERTH_OK, &built->spec.position,
                    "host \"%.60s\": topology %.200s cannot be opened; the host is taken without "
                    "NUMA nodes",
                    built->spec.id, path);
    return BERTH_OK;
  }
  if (status == BERTH_OK && r->readers[place] == NULL)
    status = hwloc_dialect.create(r->ctx, r->builder, &r->readers[place]);
  r->asked = BERTH_DIALECT_HWLOC;
  if (status == BERTH_OK) {
    hwloc_expect_host(r->readers[place], host);
    status = read_document(r, in);
  }
  r->asked = asked;
  input_close(in);
  return status;
}

/* What hosts name with topology="FILE". */
static berth_status read_topologies(reading *r) {
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; status == BERTH_OK && i < r->builder->hosts.count; i++) {
    char *path = NULL;
    status = hwloc_named_file(r->ctx, r->builder, i, &path);
    if (status == BERTH_OK && path != NULL)
      status = read_topology(r, i, path);
    context_release(r->ctx, path);
  }
  return status;
}

/* ---------------------------------------------------------------------------- building */

/* Details come after what they are details of. */
static berth_status build(reading *r, bool details) {
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; i < READERS && status == BERTH_OK; i++) {
    if (r->readers[i] != NULL && dialects[i]->is_detail == details && dialects[i]->build != NULL)
      status = dialects[i]->build(r->readers[i], r->builder);
  }
  return status;
}

/* Errors that reading found refuse the inventory even if what is left of it would freeze. */
static berth_status finish(reading *r, const berth_inventory **out) {
  berth_inventory *inventory = NULL;
  const uint32_t ovf = place_of(BERTH_DIALECT_OVF);
  berth_status status = build(r, false);
  if (status == BERTH_OK && r->has_files)
    status = read_topologies(r);
  assert(ovf < READERS);
  if (r->readers[ovf] != NULL)
    ovf_set_cluster(r->readers[ovf], r->limits.into);
  if (status == BERTH_OK)
    status = build(r, true);
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

static berth_status begin(reading *r, berth_context *ctx, berth_dialect asked,
                          const berth_read_limits *limits) {
  *r = (reading){.ctx = ctx, .asked = asked};
  berth_status status = read_limits(ctx, limits, &r->limits);
  if (status != BERTH_OK)
    return status;
  if ((unsigned)asked >= BERTH_DIALECT_COUNT)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "unknown dialect");
  return berth_builder_new(ctx, &r->builder);
}

static void end(reading *r) {
  for (uint32_t i = 0; i < READERS; i++) {
    if (r->readers[i] != NULL)
      dialects[i]->destroy(r->readers[i]);
  }
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
  r.has_files = true;
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
