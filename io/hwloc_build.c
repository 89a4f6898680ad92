/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Topologies as detail of hosts. A core belongs to the first node whose cpuset has it (memory of
 * another kind, such as CXL, is a further node with the same cores and brings none of its own), and
 * a node has the share of its host's clock that its cores are of all.
 */
#include "hwloc_reader.h"
#include "hwloc_topology.h"

#include "builder_internal.h"
#include "context_internal.h"
#include "quantity_text.h"
#include <assert.h>
#include <string.h>

enum { MIB = 1 << 20, ASSUMED_MHZ = 1000, CLOCK_MAX = 1000000 };

typedef struct building {
  berth_context *ctx;
  source_report *report;
  berth_builder *builder;
  uint32_t cluster; /* of hosts that topologies become */
} building;

static built_host *host_at(const berth_builder *builder, uint32_t index) {
  assert(index < builder->hosts.count);
  return chunked_list_at(&builder->hosts, index);
}

/* ------------------------------------------------------------------------ names */

/* Host names without their domains. */
static bool same_stem(const char *a, const char *b) {
  assert(a != NULL && b != NULL);
  const size_t length = strcspn(a, ".");
  return length > 0 && length == strcspn(b, ".") && memcmp(a, b, length) == 0;
}

typedef bool (*host_match)(const built_host *host, const char *name);

static bool match_id(const built_host *host, const char *name) {
  return strcmp(host->spec.id, name) == 0;
}

static bool match_name(const built_host *host, const char *name) {
  return host->spec.name != NULL && strcmp(host->spec.name, name) == 0;
}

static bool match_stem(const built_host *host, const char *name) {
  return same_stem(host->spec.id, name) ||
         (host->spec.name != NULL && same_stem(host->spec.name, name));
}

/* By id, else by name, else by either without its domain; *several when that is not one host. */
static uint32_t find_host(const building *b, const char *name, bool *several) {
  assert(name != NULL && several != NULL);
  static const host_match matches[] = {match_id, match_name, match_stem};
  uint32_t found = BERTH_NONE;
  *several = false;
  for (size_t m = 0; m < sizeof matches / sizeof *matches && found == BERTH_NONE; m++) {
    for (uint32_t i = 0; i < b->builder->hosts.count; i++) {
      const built_host *host = host_at(b->builder, i);
      if (host->spec.id == NULL || !matches[m](host, name))
        continue;
      *several = found != BERTH_NONE;
      found = i;
      if (*several)
        return BERTH_NONE;
    }
  }
  return found;
}

/* The name of a file without its folder and endings, "r740" of "hosts/r740.hwloc.xml.gz". */
static size_t file_stem(const char *path, const char **start) {
  assert(path != NULL && start != NULL);
  static const char *const endings[] = {".gz", ".xml", ".hwloc"};
  const char *slash = strrchr(path, '/');
  *start = slash == NULL ? path : slash + 1;
  size_t length = strlen(*start);
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    const size_t ending = strlen(endings[i]);
    if (length > ending && memcmp(*start + length - ending, endings[i], ending) == 0)
      length -= ending;
  }
  return length;
}

/* The name in a topology, or that of its file. */
static const char *name_of(building *b, const topology *t, char *room, size_t size) {
  assert(size > 1);
  const char *start = NULL;
  if (t->host_name != NULL)
    return t->host_name;
  source_report_unknown(b->report, t->position.source,
                        "host name (their file's is taken) of documents", 1);
  size_t length = file_stem(t->position.source == NULL ? "" : t->position.source, &start);
  if (length >= size)
    length = size - 1;
  memcpy(room, start, length);
  room[length] = '\0';
  return length > 0 ? room : "this-host";
}

/* ------------------------------------------------------------------------ nodes */

/* Gives every core to its node. @return how many there are; without cores threads stand for them.
 */
static int64_t deal_cores(const topology *t) {
  assert(t->core_count == 0 || t->cores != NULL);
  for (const topology_core *core = t->cores; core != NULL; core = core->next) {
    topology_node *node = t->first_node;
    while (node != NULL && !topology_set_has(&node->threads, core->thread))
      node = node->next;
    if (node != NULL)
      node->cores++;
  }
  return t->core_count;
}

static bool has_nodes(const berth_builder *builder, uint32_t host) {
  for (uint32_t i = 0; i < builder->numa.count; i++) {
    if (((const built_numa *)chunked_list_at(&builder->numa, i))->host == host)
      return true;
  }
  return false;
}

static berth_status add_nodes(building *b, const topology *t, uint32_t host) {
  assert(host < b->builder->hosts.count);
  const int64_t cores = deal_cores(t), cpu_mhz = host_at(b->builder, host)->spec.cpu_mhz;
  berth_status status = BERTH_OK;
  uint32_t ignored = 0;
  const bool had = has_nodes(b->builder, host);
  for (const topology_node *node = t->first_node; status == BERTH_OK && node != NULL;
       node = node->next) {
    int64_t share = 0;
    ignored += had;
    if (had)
      continue;
    if (node->bytes == BERTH_UNSET)
      source_report_unknown(b->report, t->position.source, "memory of NUMA nodes", 1);
    else if (node->cores == 0 || cpu_mhz < 1 ||
             quantity_scale(cpu_mhz, node->cores, cores, QUANTITY_DOWN, &share))
      status = berth_builder_host_numa(b->builder, host, node->number, share, node->bytes / MIB,
                                       &node->position);
  }
  source_report_ignored(b->report, t->position.source, "NUMA node of a host that has its own",
                        ignored);
  return status;
}

static berth_status join_host(building *b, const topology *t) {
  assert(b->builder->hosts.count > 0 || b->builder->clusters.count > 0);
  bool several = false;
  char room[128];
  if (t->host != BERTH_NONE)
    return add_nodes(b, t, t->host);
  const char *name = name_of(b, t, room, sizeof room);
  const uint32_t host = find_host(b, name, &several);
  if (host != BERTH_NONE)
    return add_nodes(b, t, host);
  context_problem(b->ctx, BERTH_ERROR, BERTH_E_INVALID, &t->position,
                  several ? "several hosts are called %.100s; expected an id"
                          : "the topology is of %.100s, and no host has that id or name",
                  name);
  return BERTH_OK;
}

/* ------------------------------------------------------------------------ alone */

/* "... @ 2.40GHz" at the end of a model's name. 0: it does not say. */
static int64_t clock_of(const char *model) {
  const char *at = model == NULL ? NULL : strchr(model, '@');
  if (at == NULL)
    return 0;
  int64_t mhz = 0, unit = 1000;
  bool fraction = false;
  for (at += strspn(at, "@ "); (*at >= '0' && *at <= '9') || *at == '.'; at++) {
    if (*at == '.') {
      fraction = true;
      continue;
    }
    if (mhz > CLOCK_MAX)
      return 0;
    if (!fraction) {
      mhz = mhz * 10 + (int64_t)(*at - '0') * 1000;
    } else {
      unit /= 10;
      mhz += (*at - '0') * unit;
    }
  }
  return strncmp(at, "GHz", 3) == 0 && mhz <= CLOCK_MAX ? mhz : 0;
}

static int64_t sum_memory(const topology *t) {
  int64_t bytes = 0;
  for (const topology_node *node = t->first_node; node != NULL; node = node->next)
    bytes += node->bytes > 0 && node->bytes <= BERTH_QUANTITY_MAX * MIB ? node->bytes : 0;
  return bytes / MIB;
}

static berth_status need_cluster(building *b, const topology *t) {
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  if (b->cluster != BERTH_NONE)
    return BERTH_OK;
  spec.id = "hwloc";
  spec.position = t->position;
  return berth_builder_add_cluster(b->builder, &spec, &b->cluster);
}

static berth_status become_host(building *b, const topology *t) {
  assert(t->host == BERTH_NONE);
  berth_host_spec spec = BERTH_HOST_SPEC_INIT;
  char room[128];
  uint32_t host = BERTH_NONE;
  const int64_t clock = clock_of(t->model), cores = t->core_count;
  berth_status status = need_cluster(b, t);
  if (status != BERTH_OK)
    return status;
  spec.id = name_of(b, t, room, sizeof room);
  spec.position = t->position;
  spec.memory_mib = sum_memory(t);
  spec.cpu_mhz = (clock > 0 ? clock : ASSUMED_MHZ) * cores;
  if (spec.memory_mib < 1 || cores < 1) {
    context_problem(b->ctx, BERTH_ERROR, BERTH_E_INVALID, &t->position,
                    "the topology tells no %s; expected an inventory with the host %.60s too",
                    cores < 1 ? "cores" : "memory", spec.id);
    return BERTH_OK;
  }
  source_report_read(b->report, t->position.source, "host", 1);
  if (clock == 0)
    source_report_unknown(b->report, t->position.source,
                          "clock (1000 MHz a core is assumed) of hosts", 1);
  status = berth_builder_add_host(b->builder, b->cluster, &spec, &host);
  return status == BERTH_OK ? add_nodes(b, t, host) : status;
}

berth_status topology_build(berth_context *ctx, const chunked_list *topologies,
                            source_report *report, berth_builder *builder) {
  assert(topologies->count > 0 && report != NULL);
  building b = {.ctx = ctx, .report = report, .builder = builder, .cluster = BERTH_NONE};
  const bool alone = builder->hosts.count == 0 && builder->clusters.count == 0;
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; status == BERTH_OK && i < topologies->count; i++) {
    const topology *t = chunked_list_at(topologies, i);
    status = alone ? become_host(&b, t) : join_host(&b, t);
  }
  return status;
}

/* ------------------------------------------------------------------------ named files */

/* Neither an absolute path nor one that climbs: an inventory may come from anywhere. */
static bool stays_below(const char *path) {
  assert(path != NULL);
  for (const char *at = path; at != NULL; at = strchr(at, '/')) {
    at += at != path || *at == '/';
    if (*at == '/' || (at == path && *path == '/') ||
        (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0')))
      return false;
  }
  return path[0] != '/' && path[0] != '\0';
}

/* The same as has_nodes() while all nodes stand in the order of their hosts, as read. */
static bool has_own_nodes(const berth_builder *builder, uint32_t host) {
  uint32_t low = 0, high = builder->numa.count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    const built_numa *node = chunked_list_at(&builder->numa, middle);
    if (node->host == host)
      return true;
    if (node->host < host)
      low = middle + 1;
    else
      high = middle;
  }
  return false;
}

berth_status hwloc_named_file(berth_context *ctx, const berth_builder *builder, uint32_t index,
                              char **path) {
  const built_host *host = host_at(builder, index);
  const char *name = host->spec.topology, *source = host->spec.position.source;
  assert(path != NULL);
  *path = NULL;
  if (name == NULL || source == NULL || strcmp(source, "-") == 0 || has_own_nodes(builder, index))
    return BERTH_OK;
  if (!stays_below(name)) {
    context_problem(ctx, BERTH_WARNING, BERTH_OK, &host->spec.position,
                    "host \"%.60s\": topology \"%.100s\" is not read; expected a file below the "
                    "folder of the inventory",
                    host->spec.id, name);
    return BERTH_OK;
  }
  const char *slash = strrchr(source, '/');
  const size_t folder = slash == NULL ? 0 : (size_t)(slash - source) + 1;
  *path = context_take(ctx, folder + strlen(name) + 1, 1);
  if (*path == NULL)
    return BERTH_E_NOMEM;
  memcpy(*path, source, folder);
  memcpy(*path + folder, name, strlen(name));
  return BERTH_OK;
}
