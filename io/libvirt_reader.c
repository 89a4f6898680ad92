/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt: a <capabilities> document is a host, and the <domain> or <domains> documents read after
 * it are the VMs of that host. Both are added at their end tag. All are in one cluster, since
 * libvirt has none.
 */
#include "chunked_list.h"
#include "dialect.h"
#include "element_walk.h"
#include "quantity_text.h"
#include <berth/inventory.h>

#include "context_internal.h"
#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { MIB = 1 << 20, ASSUMED_MHZ = 1000, HERTZ_IN_MHZ = 1000000 };

typedef enum place {
  OUTSIDE = WALK_OUTSIDE,
  CAPABILITIES,
  HOST,
  HOST_UUID,
  HOST_CPU,
  HOST_VENDOR,
  HOST_COUNTER,
  HOST_TOPOLOGY,
  CELLS,
  CELL,
  CELL_MEMORY,
  CELL_CPUS,
  CELL_CPU,
  DOMAINS,
  DOMAIN,
  DOMAIN_NAME,
  DOMAIN_UUID,
  DOMAIN_MEMORY,
  DOMAIN_VCPU,
  MEMTUNE,
  MIN_GUARANTEE,
  CPUTUNE,
  VCPU_PIN,
  NUMATUNE,
  NUMATUNE_MEMORY,
  BACKING,
  BACKING_FIXED,
  PLACES
} place;

static const walk_step steps[] = {
    {OUTSIDE, CAPABILITIES, "capabilities"},
    {CAPABILITIES, HOST, "host"},
    {HOST, HOST_UUID, "uuid"},
    {HOST, HOST_CPU, "cpu"},
    {HOST_CPU, HOST_VENDOR, "vendor"},
    {HOST_CPU, HOST_COUNTER, "counter"},
    {HOST, HOST_TOPOLOGY, "topology"},
    {HOST_TOPOLOGY, CELLS, "cells"},
    {CELLS, CELL, "cell"},
    {CELL, CELL_MEMORY, "memory"},
    {CELL, CELL_CPUS, "cpus"},
    {CELL_CPUS, CELL_CPU, "cpu"},
    {OUTSIDE, DOMAINS, "domains"},
    {OUTSIDE, DOMAIN, "domain"},
    {DOMAINS, DOMAIN, "domain"},
    {DOMAIN, DOMAIN_NAME, "name"},
    {DOMAIN, DOMAIN_UUID, "uuid"},
    {DOMAIN, DOMAIN_MEMORY, "memory"},
    {DOMAIN, DOMAIN_VCPU, "vcpu"},
    {DOMAIN, MEMTUNE, "memtune"},
    {MEMTUNE, MIN_GUARANTEE, "min_guarantee"},
    {DOMAIN, CPUTUNE, "cputune"},
    {CPUTUNE, VCPU_PIN, "vcpupin"},
    {DOMAIN, NUMATUNE, "numatune"},
    {NUMATUNE, NUMATUNE_MEMORY, "memory"},
    {DOMAIN, BACKING, "memoryBacking"},
    {BACKING, BACKING_FIXED, "locked"},
    {BACKING, BACKING_FIXED, "hugepages"},
};

typedef struct cell {
  berth_position position;
  int64_t id, bytes, cores;
} cell;

typedef struct libvirt_reader {
  element_walk walk; /* first: the cursor hands it to the walk */
  berth_builder *builder;
  bool has_cluster;
  uint32_t cluster; /* in the builder */
  uint32_t hosts;   /* so far */
  /* the host at hand; added when its document ends */
  const char *host, *vendor;
  int64_t clock; /* hertz; BERTH_UNSET = not said */
  chunked_list cells;
  /* the domain at hand */
  berth_vm_spec vm;
  int64_t bytes, guarantee, factor; /* factor: bytes of the unit at hand, 0 = none such */
} libvirt_reader;

static_assert(offsetof(libvirt_reader, walk) == 0, "the walk has to be the reader's first member");
static_assert(PLACES <= UINT8_MAX, "places are bytes");

static berth_status no_memory(libvirt_reader *reader) {
  return context_fail(reader->walk.ctx, BERTH_E_NOMEM, NULL, "out of memory");
}

/* Position of the element at hand, with a source that stays. */
static berth_position here(const libvirt_reader *reader) {
  return reader->walk.stack[reader->walk.depth - 1].position;
}

/* ------------------------------------------------------------------------ hosts */

static berth_status start_capabilities(libvirt_reader *reader) {
  reader->host = reader->vendor = NULL;
  reader->clock = BERTH_UNSET;
  chunked_list_free(&reader->cells);
  source_report_read(reader->walk.report, reader->walk.source, "host", 1);
  return BERTH_OK;
}

/* Numbers of cells and frequencies; absent is no error. */
static berth_status number_attribute(libvirt_reader *reader, const xml_element *element,
                                     const char *name, int64_t *out) {
  assert(name != NULL && out != NULL);
  const char *text = NULL;
  const berth_status status = walk_attribute(&reader->walk, element, name, &text);
  if (status == BERTH_OK && text != NULL && !quantity_parse(text, out))
    walk_error(&reader->walk, &element->position, "%s=\"%.40s\"; expected a whole number", name,
               text);
  return status;
}

static berth_status start_counter(libvirt_reader *reader, const xml_element *element) {
  const char *name = NULL;
  const berth_status status = walk_attribute(&reader->walk, element, "name", &name);
  if (status != BERTH_OK || name == NULL || strcmp(name, "tsc") != 0)
    return status;
  return number_attribute(reader, element, "frequency", &reader->clock);
}

static berth_status start_cell(libvirt_reader *reader, const xml_element *element) {
  assert(reader->walk.depth > 0);
  cell *added = chunked_list_add(&reader->cells);
  if (added == NULL)
    return no_memory(reader);
  *added = (cell){
      .position = here(reader), .id = (int64_t)reader->cells.count - 1, .bytes = BERTH_UNSET};
  return number_attribute(reader, element, "id", &added->id);
}

static cell *last_cell(const libvirt_reader *reader) {
  assert(reader->cells.count > 0);
  return chunked_list_at(&reader->cells, reader->cells.count - 1);
}

/* Threads add no capacity: of siblings ("0,48", "0-1"), the first counts. */
static berth_status start_cpu(libvirt_reader *reader, const xml_element *element) {
  const char *id = NULL, *siblings = NULL;
  berth_status status = walk_attribute(&reader->walk, element, "id", &id);
  if (status == BERTH_OK)
    status = walk_attribute(&reader->walk, element, "siblings", &siblings);
  if (status != BERTH_OK || id == NULL)
    return status;
  const size_t length = strlen(id);
  const bool first = siblings == NULL || (strncmp(siblings, id, length) == 0 &&
                                          strchr("0123456789", siblings[length]) == NULL);
  const bool whole = siblings != NULL && strcmp(siblings, id) == 0;
  last_cell(reader)->cores += first || whole;
  return BERTH_OK;
}

/* What the unit attribute says; without one KiB. */
static berth_status take_unit(libvirt_reader *reader, const xml_element *element) {
  const char *unit = NULL;
  const berth_status status = walk_attribute(&reader->walk, element, "unit", &unit);
  reader->factor = quantity_libvirt_bytes(unit);
  if (status == BERTH_OK && reader->factor == 0)
    walk_error(&reader->walk, &element->position, "unit=\"%.40s\"; expected one such as KiB", unit);
  return status;
}

static void take_bytes(libvirt_reader *reader, const char *text, const berth_position *position,
                       int64_t *out) {
  assert(text != NULL && out != NULL && reader->factor >= 0);
  int64_t value = 0;
  if (reader->factor == 0) /* told already */
    return;
  if (!quantity_parse(text, &value) ||
      !quantity_scale(value, reader->factor, 1, QUANTITY_DOWN, out))
    walk_error(&reader->walk, position, "\"%.40s\"; expected an amount of memory", text);
}

static berth_status need_cluster(libvirt_reader *reader) {
  assert(reader->builder != NULL);
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  if (reader->has_cluster)
    return BERTH_OK;
  reader->has_cluster = true;
  spec.id = "libvirt";
  spec.position = here(reader);
  return berth_builder_add_cluster(reader->builder, &spec, &reader->cluster);
}

static berth_status add_cells(libvirt_reader *reader, uint32_t host, int64_t clock) {
  assert(host != BERTH_NONE && clock > 0);
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; status == BERTH_OK && i < reader->cells.count; i++) {
    const cell *at = chunked_list_at(&reader->cells, i);
    int64_t mhz = 0;
    if (at->bytes < 0) {
      source_report_unknown(reader->walk.report, at->position.source, "memory of NUMA nodes", 1);
      continue;
    }
    /* Memory of its own kind, such as that of an accelerator, has no CPUs. */
    if (at->cores == 0 || quantity_scale(clock, at->cores, 1, QUANTITY_DOWN, &mhz))
      status = berth_builder_host_numa(reader->builder, host, at->id, mhz, at->bytes / MIB,
                                       &at->position);
  }
  return status;
}

/* Sums over the cells. False: there is no memory or no CPU in them. */
static bool sum_cells(const libvirt_reader *reader, int64_t clock, berth_host_spec *spec) {
  assert(clock > 0 && spec != NULL);
  int64_t bytes = 0, cores = 0;
  for (uint32_t i = 0; i < reader->cells.count; i++) {
    const cell *at = chunked_list_at(&reader->cells, i);
    if (at->bytes > INT64_MAX - bytes)
      return false;
    bytes += at->bytes > 0 ? at->bytes : 0;
    cores += at->cores;
  }
  spec->memory_mib = bytes / MIB;
  return bytes >= MIB && cores > 0 &&
         quantity_scale(clock, cores, 1, QUANTITY_DOWN, &spec->cpu_mhz);
}

/* A host without uuid is numbered. */
static berth_status name_host(libvirt_reader *reader) {
  assert(reader->hosts < UINT32_MAX);
  char text[24];
  if (reader->host != NULL)
    return BERTH_OK;
  snprintf(text, sizeof text, "host-%u", reader->hosts + 1);
  source_report_unknown(reader->walk.report, reader->walk.source, "uuid of hosts", 1);
  return walk_keep(&reader->walk, text, &reader->host);
}

static berth_status end_capabilities(libvirt_reader *reader) {
  berth_host_spec spec = BERTH_HOST_SPEC_INIT;
  uint32_t index = BERTH_NONE;
  const bool has_clock = reader->clock >= HERTZ_IN_MHZ;
  const int64_t clock = has_clock ? reader->clock / HERTZ_IN_MHZ : ASSUMED_MHZ;
  berth_status status = name_host(reader);
  if (status == BERTH_OK)
    status = need_cluster(reader);
  if (status != BERTH_OK)
    return status;
  spec.id = reader->host;
  spec.cpu_vendor = reader->vendor;
  spec.position = here(reader);
  reader->hosts++;
  if (!sum_cells(reader, clock, &spec)) {
    walk_error(&reader->walk, &spec.position,
               "host %.60s: no <cell> with memory and CPUs under <topology>; expected one or more",
               spec.id);
    return BERTH_OK;
  }
  if (!has_clock)
    source_report_unknown(reader->walk.report, reader->walk.source,
                          "clock (1000 MHz a core is assumed) of hosts", 1);
  status = berth_builder_add_host(reader->builder, reader->cluster, &spec, &index);
  return status == BERTH_OK ? add_cells(reader, index, clock) : status;
}

/* ------------------------------------------------------------------------ domains */

/* A running domain has a number, id="3". */
static berth_status start_domain(libvirt_reader *reader, const xml_element *element) {
  const char *number = NULL;
  reader->vm = (berth_vm_spec)BERTH_VM_SPEC_INIT;
  reader->bytes = reader->guarantee = BERTH_UNSET;
  reader->vm.position = here(reader);
  source_report_read(reader->walk.report, reader->walk.source, "domain", 1);
  const berth_status status = walk_attribute(&reader->walk, element, "id", &number);
  reader->vm.power = number != NULL ? BERTH_POWER_ON : BERTH_POWER_OFF;
  return status;
}

/* The CPUs that are plugged in, if that is said; the text has the most there may be. */
static berth_status start_vcpu(libvirt_reader *reader, const xml_element *element) {
  reader->vm.cpus = BERTH_UNSET;
  return number_attribute(reader, element, "current", &reader->vm.cpus);
}

/* Memory bound to one node has to be free there. */
static berth_status start_numatune(libvirt_reader *reader, const xml_element *element) {
  const char *mode = NULL, *nodes = NULL;
  int64_t node = 0;
  berth_status status = walk_attribute(&reader->walk, element, "mode", &mode);
  if (status == BERTH_OK)
    status = walk_attribute(&reader->walk, element, "nodeset", &nodes);
  if (status == BERTH_OK && nodes != NULL && quantity_parse(nodes, &node) &&
      (mode == NULL || strcmp(mode, "strict") == 0))
    reader->vm.numa = BERTH_NUMA_ONE_NODE;
  return status;
}

static bool size_domain(libvirt_reader *reader) {
  assert(reader->bytes >= BERTH_UNSET && reader->guarantee >= BERTH_UNSET);
  berth_vm_spec *vm = &reader->vm;
  const int64_t guarantee = reader->guarantee > 0 ? reader->guarantee : 0;
  vm->memory_mib = 1;
  return reader->bytes > 0 && quantity_scale(reader->bytes, 1, MIB, QUANTITY_UP, &vm->memory_mib) &&
         quantity_scale(guarantee, 1, MIB, QUANTITY_UP, &vm->memory_reservation_mib);
}

static berth_status end_domain(libvirt_reader *reader) {
  assert(reader->vm.struct_size == sizeof reader->vm);
  berth_vm_spec *vm = &reader->vm;
  if (vm->id == NULL)
    vm->id = vm->name;
  if (vm->id == NULL || !size_domain(reader)) {
    walk_error(&reader->walk, &vm->position, "domain %.60s: %s", vm->id == NULL ? "?" : vm->id,
               vm->id == NULL ? "neither <uuid> nor <name>; expected one of them"
                              : "no <memory>; expected how much it has");
    return BERTH_OK;
  }
  if (reader->host == NULL) {
    walk_error(&reader->walk, &vm->position,
               "domain %.60s has no host; expected the <capabilities> of its host as an earlier "
               "source",
               vm->id);
    return BERTH_OK;
  }
  vm->host = reader->host;
  source_report_unknown(reader->walk.report, reader->walk.source, "overhead of domains", 1);
  return berth_builder_add_vm(reader->builder, reader->cluster, vm, NULL);
}

/* ------------------------------------------------------------------------ walking */

static berth_status enter(void *user, uint8_t at, const xml_element *element) {
  assert(at > OUTSIDE && at < PLACES);
  libvirt_reader *reader = user;
  switch ((place)at) {
  case CAPABILITIES:
    return start_capabilities(reader);
  case HOST_COUNTER:
    return start_counter(reader, element);
  case CELL:
    return start_cell(reader, element);
  case CELL_CPU:
    return start_cpu(reader, element);
  case CELL_MEMORY:
  case DOMAIN_MEMORY:
  case MIN_GUARANTEE:
    return take_unit(reader, element);
  case DOMAIN:
    return start_domain(reader, element);
  case DOMAIN_VCPU:
    return start_vcpu(reader, element);
  case VCPU_PIN:
    reader->vm.movable = false;
    return BERTH_OK;
  case NUMATUNE_MEMORY:
    return start_numatune(reader, element);
  case BACKING_FIXED:
    reader->vm.memory_locked = true;
    return BERTH_OK;
  default:
    return BERTH_OK;
  }
}

static berth_status leave(void *user, uint8_t at, char *text, const berth_position *position) {
  assert(text != NULL && at < PLACES);
  libvirt_reader *reader = user;
  switch ((place)at) {
  case CAPABILITIES:
    return end_capabilities(reader);
  case HOST_UUID:
    return walk_keep(&reader->walk, text, &reader->host);
  case HOST_VENDOR:
    return walk_keep(&reader->walk, text, &reader->vendor);
  case CELL_MEMORY:
    take_bytes(reader, text, position, &last_cell(reader)->bytes);
    return BERTH_OK;
  case DOMAIN_NAME:
    return walk_keep(&reader->walk, text, &reader->vm.name);
  case DOMAIN_UUID:
    return walk_keep(&reader->walk, text, &reader->vm.id);
  case DOMAIN_MEMORY:
    take_bytes(reader, text, position, &reader->bytes);
    return BERTH_OK;
  case MIN_GUARANTEE:
    take_bytes(reader, text, position, &reader->guarantee);
    return BERTH_OK;
  case DOMAIN_VCPU:
    if (reader->vm.cpus == BERTH_UNSET && !quantity_parse(text, &reader->vm.cpus)) {
      walk_error(&reader->walk, position, "\"%.40s\"; expected a number of CPUs", text);
      reader->vm.cpus = 1;
    }
    return BERTH_OK;
  case DOMAIN:
    return end_domain(reader);
  default:
    return BERTH_OK;
  }
}

/* ------------------------------------------------------------------------ the dialect */

static const walk_table table = {
    .steps = steps, .step_count = sizeof steps / sizeof *steps, .enter = enter, .leave = leave};

static bool accepts(const xml_element *element) {
  return walk_accepts(&table, element);
}

static void destroy(void *user) {
  libvirt_reader *reader = user;
  chunked_list_free(&reader->cells);
  walk_close(&reader->walk);
  context_release(reader->walk.ctx, reader);
}

static berth_status create(berth_context *ctx, berth_builder *builder, void **out) {
  assert(ctx != NULL && builder != NULL && out != NULL);
  libvirt_reader *reader = context_take(ctx, 1, sizeof *reader);
  *out = reader;
  if (reader == NULL)
    return BERTH_E_NOMEM;
  reader->builder = builder;
  chunked_list_init(&reader->cells, context_allocator(ctx), sizeof(cell));
  return walk_open(&reader->walk, ctx, &table, reader);
}

static const xml_handler *begin(void *user) {
  libvirt_reader *reader = user;
  return walk_begin(&reader->walk);
}

static berth_status build(void *user, berth_builder *builder) {
  libvirt_reader *reader = user;
  assert(builder == reader->builder);
  (void)builder;
  source_report_tell(reader->walk.report);
  return BERTH_OK;
}

const dialect_reader libvirt_dialect = {.id = BERTH_DIALECT_LIBVIRT,
                                        .expected = "<capabilities>, <domain> or <domains>",
                                        .takes_several = true,
                                        .accepts = accepts,
                                        .create = create,
                                        .begin = begin,
                                        .build = build,
                                        .destroy = destroy};
