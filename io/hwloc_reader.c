/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hwloc's XML, versions 1 to 3. Objects nest; NUMA nodes are containers in version 1 and children
 * beside caches since, so which cores belong to a node is told by their cpusets, not by nesting.
 * The "NUMANode" of a distance matrix is no object and never comes here.
 */
#include "hwloc_reader.h"

#include "context_internal.h"
#include "element_walk.h"
#include "hwloc_topology.h"
#include "quantity_text.h"
#include <assert.h>
#include <stddef.h>
#include <string.h>

enum { NODES_MAX = 4096 };

enum { OUTSIDE = WALK_OUTSIDE, TOPOLOGY, OBJECT, TOPOLOGY_INFO, OBJECT_INFO };

static const walk_step steps[] = {
    {OUTSIDE, TOPOLOGY, "topology"},   {TOPOLOGY, OBJECT, "object"},  {OBJECT, OBJECT, "object"},
    {TOPOLOGY, TOPOLOGY_INFO, "info"}, {OBJECT, OBJECT_INFO, "info"},
};

typedef struct hwloc_reader {
  element_walk walk; /* first: the cursor hands it to the walk */
  chunked_list topologies;
  topology *topology;
  uint32_t expected; /* host of the next document */
} hwloc_reader;

static_assert(offsetof(hwloc_reader, walk) == 0, "the walk has to be the reader's first member");

static berth_status no_memory(hwloc_reader *reader) {
  return context_fail(reader->walk.ctx, BERTH_E_NOMEM, NULL, "out of memory");
}

static const xml_attribute *find(const xml_element *element, const char *name) {
  assert(name != NULL);
  for (uint32_t i = 0; i < element->attribute_count; i++) {
    if (strcmp(element->attributes[i].name, name) == 0)
      return &element->attributes[i];
  }
  return NULL;
}

static bool is(const xml_attribute *attribute, const char *value) {
  assert(value != NULL);
  return attribute != NULL && attribute->length == strlen(value) &&
         memcmp(attribute->value, value, attribute->length) == 0;
}

/* ------------------------------------------------------------------------ objects */

static berth_status start_topology(hwloc_reader *reader) {
  reader->topology = chunked_list_add(&reader->topologies);
  if (reader->topology == NULL)
    return no_memory(reader);
  *reader->topology =
      (topology){.position = reader->walk.stack[0].position, .host = reader->expected};
  reader->expected = BERTH_NONE;
  return BERTH_OK;
}

static berth_status take_set(hwloc_reader *reader, const xml_element *element, thread_set *out) {
  assert(out != NULL);
  const xml_attribute *set = find(element, "cpuset");
  bool failed = false;
  *out = (thread_set){0};
  if (set == NULL ||
      topology_parse_set(&reader->walk.memory, set->value, set->length, out, &failed))
    return BERTH_OK;
  if (failed)
    return no_memory(reader);
  walk_error(&reader->walk, &element->position,
             "cpuset=\"%.*s\"; expected words in hexadecimal, with commas between them",
             (int)(set->length < 40 ? set->length : 40), set->value);
  return BERTH_OK;
}

static berth_status take_number(hwloc_reader *reader, const xml_element *element, const char *name,
                                int64_t *out) {
  assert(out != NULL);
  const char *text = NULL;
  const berth_status status = walk_attribute(&reader->walk, element, name, &text);
  if (status == BERTH_OK && text != NULL && !quantity_parse(text, out))
    walk_error(&reader->walk, &element->position, "%s=\"%.40s\"; expected a whole number", name,
               text);
  return status;
}

static berth_status start_node(hwloc_reader *reader, const xml_element *element) {
  assert(reader->topology != NULL);
  topology *t = reader->topology;
  if (t->node_count == NODES_MAX) {
    context_problem(reader->walk.ctx, BERTH_ERROR, BERTH_E_LIMIT, &element->position,
                    "more than %d NUMA nodes", (int)NODES_MAX);
    return BERTH_E_LIMIT;
  }
  topology_node *node = arena_take(&reader->walk.memory, 1, sizeof *node);
  if (node == NULL)
    return no_memory(reader);
  node->position = reader->walk.stack[reader->walk.depth - 1].position;
  node->number = t->last_node == NULL ? 0 : t->last_node->number + 1;
  node->bytes = BERTH_UNSET;
  if (t->last_node == NULL)
    t->first_node = node;
  else
    t->last_node->next = node;
  t->last_node = node;
  t->node_count++;
  berth_status status = take_number(reader, element, "os_index", &node->number);
  if (status == BERTH_OK)
    status = take_number(reader, element, "local_memory", &node->bytes);
  return status == BERTH_OK ? take_set(reader, element, &node->threads) : status;
}

static berth_status start_core(hwloc_reader *reader, const xml_element *element) {
  assert(reader->topology != NULL);
  thread_set threads = {0};
  const berth_status status = take_set(reader, element, &threads);
  const uint32_t first = topology_set_first(&threads);
  if (status != BERTH_OK || first == BERTH_NONE)
    return status;
  topology_core *core = arena_take(&reader->walk.memory, 1, sizeof *core);
  if (core == NULL)
    return no_memory(reader);
  *core = (topology_core){.thread = first, .next = reader->topology->cores};
  reader->topology->cores = core;
  reader->topology->core_count++;
  return BERTH_OK;
}

static berth_status start_object(hwloc_reader *reader, const xml_element *element) {
  assert(reader->topology != NULL);
  const xml_attribute *type = find(element, "type");
  if (is(type, "NUMANode") || is(type, "Node"))
    return start_node(reader, element);
  if (is(type, "Core"))
    return start_core(reader, element);
  reader->topology->thread_count += is(type, "PU");
  return BERTH_OK;
}

/* About the machine: at the topology, or at its outermost object. The model is at a package. */
static berth_status start_info(hwloc_reader *reader, uint8_t place, const xml_element *element) {
  assert(place == TOPOLOGY_INFO || place == OBJECT_INFO);
  const xml_attribute *name = find(element, "name");
  topology *t = reader->topology;
  const bool outer = place == TOPOLOGY_INFO || reader->walk.depth == 3;
  if (is(name, "HostName") && outer && t->host_name == NULL)
    return walk_attribute(&reader->walk, element, "value", &t->host_name);
  if (is(name, "CPUModel") && t->model == NULL)
    return walk_attribute(&reader->walk, element, "value", &t->model);
  return BERTH_OK;
}

static berth_status enter(void *user, uint8_t place, const xml_element *element) {
  assert(place > OUTSIDE && place <= OBJECT_INFO);
  hwloc_reader *reader = user;
  switch (place) {
  case TOPOLOGY:
    return start_topology(reader);
  case OBJECT:
    return start_object(reader, element);
  default:
    return start_info(reader, place, element);
  }
}

static berth_status leave(void *user, uint8_t place, char *text, const berth_position *position) {
  const hwloc_reader *reader = user;
  const topology *t = reader->topology;
  (void)text;
  if (place != TOPOLOGY)
    return BERTH_OK;
  source_report_read(reader->walk.report, position->source, "NUMA node", t->node_count);
  source_report_read(reader->walk.report, position->source, "core", t->core_count);
  source_report_read(reader->walk.report, position->source, "hardware thread", t->thread_count);
  return BERTH_OK;
}

/* ------------------------------------------------------------------------ the dialect */

static const walk_table table = {
    .steps = steps, .step_count = sizeof steps / sizeof *steps, .enter = enter, .leave = leave};

static bool accepts(const xml_element *element) {
  return walk_accepts(&table, element);
}

static void destroy(void *user) {
  hwloc_reader *reader = user;
  chunked_list_free(&reader->topologies);
  walk_close(&reader->walk);
  context_release(reader->walk.ctx, reader);
}

static berth_status create(berth_context *ctx, berth_builder *builder, void **out) {
  (void)builder;
  assert(ctx != NULL && out != NULL);
  hwloc_reader *reader = context_take(ctx, 1, sizeof *reader);
  *out = reader;
  if (reader == NULL)
    return BERTH_E_NOMEM;
  reader->expected = BERTH_NONE;
  chunked_list_init(&reader->topologies, context_allocator(ctx), sizeof(topology));
  return walk_open(&reader->walk, ctx, &table, reader);
}

static const xml_handler *begin(void *user) {
  hwloc_reader *reader = user;
  return walk_begin(&reader->walk);
}

static berth_status build(void *user, berth_builder *builder) {
  hwloc_reader *reader = user;
  const berth_status status =
      topology_build(reader->walk.ctx, &reader->topologies, reader->walk.report, builder);
  if (status == BERTH_OK)
    source_report_tell(reader->walk.report);
  return status;
}

void hwloc_expect_host(void *user, uint32_t index) {
  hwloc_reader *reader = user;
  assert(reader != NULL);
  reader->expected = index;
}

const dialect_reader hwloc_dialect = {.id = BERTH_DIALECT_HWLOC,
                                      .expected = "<topology> of hwloc",
                                      .is_detail = true,
                                      .takes_several = true,
                                      .has_doctype = true,
                                      .accepts = accepts,
                                      .create = create,
                                      .begin = begin,
                                      .build = build,
                                      .destroy = destroy};
