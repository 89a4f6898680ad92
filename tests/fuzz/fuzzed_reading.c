/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reading of several documents from memory, as read_inventory.c does it with files.
 */
#include "fuzzed_reading.h"

#include <stdlib.h>
#include <string.h>

enum { READERS_MAX = 4 };

typedef struct fuzzed {
  berth_context *ctx;
  berth_builder *builder;
  const dialect_reader *const *dialects;
  void *readers[READERS_MAX];
  uint32_t count;
} fuzzed;

static void require(bool held) {
  if (!held)
    abort();
}

static berth_status on_start(void *user, xml_cursor *cursor, const xml_element *element) {
  fuzzed *f = user;
  for (uint32_t i = 0; i < f->count; i++) {
    if (!f->dialects[i]->accepts(element))
      continue;
    if (!f->dialects[i]->has_doctype && !xml_cursor_refuse_doctype(cursor))
      return BERTH_E_INVALID;
    if (f->readers[i] != NULL && !f->dialects[i]->takes_several)
      return BERTH_E_INVALID;
    if (f->readers[i] == NULL)
      require(f->dialects[i]->create(f->ctx, f->builder, &f->readers[i]) == BERTH_OK);
    xml_cursor_hand_over(cursor, f->dialects[i]->begin(f->readers[i]), f->readers[i]);
    return BERTH_OK;
  }
  return BERTH_E_UNSUPPORTED;
}

static berth_status on_end(void *user, xml_cursor *cursor) {
  (void)user, (void)cursor;
  return BERTH_OK;
}

static berth_status on_text(void *user, xml_cursor *cursor, const char *text, size_t length) {
  (void)user, (void)cursor, (void)text, (void)length;
  return BERTH_OK;
}

static berth_status read_one(fuzzed *f, const char *name, const uint8_t *data, size_t size) {
  static const xml_handler dispatcher = {
      .on_start = on_start, .on_end = on_end, .on_text = on_text};
  berth_read_limits limits = BERTH_READ_LIMITS_INIT;
  input *in = NULL;
  limits.max_bytes = 1 << 20;
  limits.max_elements = 20000;
  limits.max_depth = 64;
  limits.max_text = 1 << 16;
  berth_status status = input_open_memory(f->ctx, data, size, name, &in);
  if (status == BERTH_OK)
    status = xml_cursor_read(f->ctx, in, &limits, XML_DOCTYPE_BARE, &dispatcher, f);
  input_close(in);
  return status;
}

static void lay_ground(fuzzed *f) {
  berth_cluster_spec cluster = BERTH_CLUSTER_SPEC_INIT;
  berth_host_spec host = BERTH_HOST_SPEC_INIT;
  cluster.id = host.id = host.name = "ground";
  host.cpu_mhz = 48000;
  host.memory_mib = 262144;
  require(berth_builder_add_cluster(f->builder, &cluster, NULL) == BERTH_OK);
  require(berth_builder_add_host(f->builder, 0, &host, NULL) == BERTH_OK);
}

static berth_status read_all(fuzzed *f, const uint8_t *data, size_t size) {
  static const char *const names[] = {"first.xml", "second.xml", "third.xml", "host-1=further.xml"};
  berth_status status = BERTH_OK;
  for (size_t document = 0; status == BERTH_OK; document++) {
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\f', size);
    const size_t length = end == NULL ? size : (size_t)(end - data);
    status = read_one(f, names[document < 3 ? document : 3], data, length);
    if (end == NULL)
      break;
    data = end + 1;
    size -= length + 1;
  }
  return status;
}

/* An inventory only if nothing was wrong. */
static void freeze(fuzzed *f, berth_status status) {
  berth_inventory *inventory = NULL;
  for (uint32_t i = 0; status == BERTH_OK && i < f->count; i++) {
    if (f->readers[i] != NULL && f->dialects[i]->build != NULL)
      status = f->dialects[i]->build(f->readers[i], f->builder);
  }
  if (status == BERTH_OK)
    status = berth_builder_freeze(f->builder, &inventory);
  require((inventory != NULL) == (status == BERTH_OK));
  berth_inventory_release(inventory);
}

void fuzzed_reading(const dialect_reader *const *readers, uint32_t count, bool ground,
                    const uint8_t *data, size_t size) {
  fuzzed f = {.dialects = readers, .count = count};
  require(count <= READERS_MAX);
  require(berth_context_new(NULL, &f.ctx) == BERTH_OK);
  require(berth_builder_new(f.ctx, &f.builder) == BERTH_OK);
  if (ground)
    lay_ground(&f);
  const berth_status status = read_all(&f, data, size);
  require(status != BERTH_E_INTERNAL && status != BERTH_E_ARGUMENT);
  freeze(&f, status);
  for (uint32_t i = 0; i < count; i++) {
    if (f.readers[i] != NULL)
      readers[i]->destroy(f.readers[i]);
  }
  berth_builder_free(f.builder);
  berth_context_free(f.ctx);
}
