/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the native dialect in one canonical form: objects in the order of the inventory,
 * attributes in the order of the tables and only where they differ from the default, datastores and
 * networks by name. What a reading changes (numbers of datastores, order of elements) leaves no
 * trace in it, so that writing, reading and writing again gives the same bytes.
 */
#include <berth/io.h>

#include "context_internal.h"
#include "frozen.h"
#include "native_schema.h"
#include "output_file.h"
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct native_writer {
  berth_context *ctx;
  FILE *stream;
  const berth_inventory *inventory;
  unsigned depth; /* open elements */
  bool tag_open;  /* the last start tag is not closed yet */
  uint32_t next_vm_group, next_host_group;
  const char **sorted; /* room for the names of one list */
} native_writer;

/* ------------------------------------------------------------------------ markup */

static const char *escape_of(unsigned char c) {
  switch (c) {
  case '&':
    return "&amp;";
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '"':
    return "&quot;";
  case '\t':
    return "&#9;"; /* a bare one would be read as a blank */
  case '\n':
    return "&#10;";
  case '\r':
    return "&#13;";
  default:
    return NULL;
  }
}

static void write_escaped(FILE *stream, const char *text) {
  const char *start = text;
  for (; *text != '\0'; text++) {
    const char *escape = escape_of((unsigned char)*text);
    if (escape == NULL)
      continue;
    fwrite(start, 1, (size_t)(text - start), stream);
    fputs(escape, stream);
    start = text + 1;
  }
  fwrite(start, 1, (size_t)(text - start), stream);
}

static void write_text(native_writer *w, const char *name, const char *value) {
  assert(w->tag_open && name != NULL && value != NULL);
  fprintf(w->stream, " %s=\"", name);
  write_escaped(w->stream, value);
  putc('"', w->stream);
}

static void close_start_tag(native_writer *w) {
  assert(w->stream != NULL);
  if (w->tag_open)
    fputs(">\n", w->stream);
  w->tag_open = false;
}

static void indent(native_writer *w) {
  for (unsigned i = 0; i < w->depth; i++)
    fputs("  ", w->stream);
}

/* Begins an element; attributes may follow. */
static void begin(native_writer *w, native_element_id id) {
  close_start_tag(w);
  indent(w);
  fprintf(w->stream, "<%s", native_element_at(id)->name);
  w->tag_open = true;
  w->depth++;
}

static void end(native_writer *w, native_element_id id) {
  assert(w->depth > 0);
  w->depth--;
  if (w->tag_open) {
    fputs("/>\n", w->stream);
  } else {
    indent(w);
    fprintf(w->stream, "</%s>\n", native_element_at(id)->name);
  }
  w->tag_open = false;
}

/* ------------------------------------------------------------------------ attributes */

static unsigned word_at(const void *field) {
  unsigned value = 0;
  memcpy(&value, field, sizeof value);
  return value;
}

static bool is_default(const native_attribute *row, const void *field, const void *usual) {
  switch (row->kind) {
  case NATIVE_TEXT:
    return *(const char *const *)field == NULL;
  case NATIVE_NUMBER:
    return *(const int64_t *)field == *(const int64_t *)usual;
  case NATIVE_FLAG:
    return *(const bool *)field == *(const bool *)usual;
  case NATIVE_WORD:
    break;
  }
  return word_at(field) == word_at(usual);
}

static void write_attribute(native_writer *w, const native_attribute *row, const void *field) {
  switch (row->kind) {
  case NATIVE_TEXT:
    write_text(w, row->name, *(const char *const *)field);
    break;
  case NATIVE_NUMBER:
    fprintf(w->stream, " %s=\"%" PRId64 "\"", row->name, *(const int64_t *)field);
    break;
  case NATIVE_FLAG:
    write_text(w, row->name, *(const bool *)field ? "true" : "false");
    break;
  case NATIVE_WORD:
    write_text(w, row->name, row->enumeration->word(word_at(field)));
    break;
  }
}

static bool must_write(const native_attribute *row, const native_element *element,
                       const void *spec) {
  const char *field = (const char *)spec + row->offset;
  return row->required || !is_default(row, field, (const char *)element->defaults + row->offset);
}

static void write_attributes(native_writer *w, native_element_id id, const void *spec) {
  const native_element *element = native_element_at(id);
  for (uint32_t i = 0; i < element->attribute_count; i++) {
    const native_attribute *row = &element->attributes[i];
    if (must_write(row, element, spec))
      write_attribute(w, row, (const char *)spec + row->offset);
  }
}

/* True if an element of this spec would say anything. */
static bool says_something(native_element_id id, const void *spec) {
  const native_element *element = native_element_at(id);
  for (uint32_t i = 0; i < element->attribute_count; i++)
    if (must_write(&element->attributes[i], element, spec))
      return true;
  return false;
}

static void write_leaf(native_writer *w, native_element_id id, const void *spec) {
  begin(w, id);
  write_attributes(w, id, spec);
  end(w, id);
}

/* ------------------------------------------------------------------------ hosts and VMs */

static int compare_names(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Writes one <reach> or <needs> for each entry of a list, by name. */
static void write_links(native_writer *w, native_element_id id, const uint32_t *entries,
                        uint32_t count, const char *const *names, bool networks) {
  assert(id == NATIVE_REACH || id == NATIVE_NEEDS);
  for (uint32_t i = 0; i < count; i++)
    w->sorted[i] = names[entries[i]];
  if (count > 1)
    qsort(w->sorted, count, sizeof *w->sorted, compare_names);
  for (uint32_t i = 0; i < count; i++) {
    native_detail detail = NATIVE_DETAIL_INIT;
    if (networks)
      detail.network = w->sorted[i];
    else
      detail.datastore = w->sorted[i];
    write_leaf(w, id, &detail);
  }
}

/* The named resources of a row of host_capacity or vm_demand. */
static void write_amounts(native_writer *w, native_element_id id, const int64_t *amounts) {
  assert(id == NATIVE_CAPACITY || id == NATIVE_NEEDS);
  for (uint32_t r = BERTH_RESOURCE_FIRST_NAMED; r < w->inventory->resource_count; r++) {
    native_detail detail = NATIVE_DETAIL_INIT;
    if (amounts[r] <= 0)
      continue;
    detail.resource = w->inventory->resource_name[r];
    detail.amount = amounts[r];
    write_leaf(w, id, &detail);
  }
}

static int64_t unset_if_unlimited(int64_t capacity) {
  return capacity == BERTH_UNLIMITED ? BERTH_UNSET : capacity;
}

static berth_host_spec host_spec(const berth_inventory *inventory, uint32_t host) {
  const int64_t *capacity = &inventory->host_capacity[(size_t)host * inventory->resource_count];
  berth_host_spec spec = BERTH_HOST_SPEC_INIT;
  spec.id = inventory->host_id[host];
  spec.name = inventory->host_name[host];
  spec.cpu_mhz = capacity[BERTH_RESOURCE_CPU];
  spec.memory_mib = capacity[BERTH_RESOURCE_MEMORY];
  spec.max_vms = unset_if_unlimited(capacity[BERTH_RESOURCE_VMS]);
  spec.max_vcpus = unset_if_unlimited(capacity[BERTH_RESOURCE_VCPUS]);
  spec.state = (berth_host_state)inventory->host_state[host];
  spec.site = inventory->host_label[BERTH_DOMAIN_SITE][host];
  spec.rack = inventory->host_label[BERTH_DOMAIN_RACK][host];
  spec.chassis = inventory->host_label[BERTH_DOMAIN_CHASSIS][host];
  spec.link_mbps = inventory->host_link_mbps[host];
  spec.evc_level = inventory->host_evc_level[host];
  spec.cpu_vendor = inventory->host_cpu_vendor[host];
  spec.joined = inventory->host_joined[host];
  spec.wake = (berth_wake)inventory->host_wake[host];
  spec.wake_seconds = inventory->host_wake_seconds[host];
  spec.power_watts = inventory->host_power_watts[host];
  spec.notify_timeout = inventory->host_notify_timeout[host];
  spec.topology = inventory->host_topology[host];
  return spec;
}

/* NUMA nodes stand by host; *node runs along. */
static void write_numa(native_writer *w, uint32_t host, uint32_t *node) {
  const berth_inventory *inventory = w->inventory;
  for (; *node < inventory->numa_count && inventory->numa[*node].host <= host; ++*node) {
    const frozen_numa *numa = &inventory->numa[*node];
    native_detail detail = NATIVE_DETAIL_INIT;
    assert(numa->host == host);
    detail.node = numa->node;
    detail.cpu_mhz = numa->cpu_mhz;
    detail.memory_mib = numa->memory_mib;
    write_leaf(w, NATIVE_NUMA, &detail);
  }
}

static void write_host(native_writer *w, uint32_t host, uint32_t *node) {
  assert(host < w->inventory->host_count);
  const berth_inventory *inventory = w->inventory;
  const berth_host_spec spec = host_spec(inventory, host);
  const uint32_t *datastores = inventory->host_datastore_start;
  const uint32_t *networks = inventory->host_network_start;
  begin(w, NATIVE_HOST);
  write_attributes(w, NATIVE_HOST, &spec);
  write_amounts(w, NATIVE_CAPACITY,
                &inventory->host_capacity[(size_t)host * inventory->resource_count]);
  write_links(w, NATIVE_REACH, inventory->host_datastores + datastores[host],
              datastores[host + 1] - datastores[host], inventory->datastore_name, false);
  write_links(w, NATIVE_REACH, inventory->host_networks + networks[host],
              networks[host + 1] - networks[host], inventory->network_name, true);
  write_numa(w, host, node);
  end(w, NATIVE_HOST);
}

static berth_vm_spec vm_spec(const berth_inventory *inventory, uint32_t vm) {
  const uint32_t cluster = inventory->vm_cluster[vm];
  const frozen_notification *notification = &inventory->vm_notification[vm];
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  spec.id = inventory->vm_id[vm];
  spec.name = inventory->vm_name[vm];
  if (inventory->vm_host[vm] != BERTH_NONE)
    spec.host = inventory->host_id[inventory->vm_host[vm]];
  spec.power = (berth_power)inventory->vm_power[vm];
  spec.cpus = inventory->vm_cpus[vm];
  spec.memory_mib = inventory->vm_memory[vm];
  if (inventory->vm_priority[vm] != inventory->clusters[cluster].set_up.default_priority)
    spec.priority = (berth_priority)inventory->vm_priority[vm];
  spec.cpu_reservation_mhz = inventory->vm_cpu_reservation[vm];
  spec.memory_reservation_mib = inventory->vm_memory_reservation[vm];
  spec.overhead_mib = inventory->vm_overhead[vm];
  spec.memory_locked = inventory->vm_memory_locked[vm] != 0;
  spec.cpu_usage_mhz = inventory->vm_cpu_usage[vm];
  spec.memory_usage_mib = inventory->vm_memory_usage[vm];
  spec.dirty_mib_per_second = inventory->vm_dirty[vm];
  spec.movable = inventory->vm_movable[vm] != 0;
  spec.numa = (berth_numa)inventory->vm_numa[vm];
  spec.evc_level = inventory->vm_evc_level[vm];
  spec.notify_enabled = notification->enabled;
  spec.notify_registered = notification->registered;
  spec.notify_timeout = notification->timeout;
  spec.notify_hardware = notification->hardware;
  spec.notify_ack_seconds = notification->ack_seconds;
  spec.notify_settle_seconds = notification->settle_seconds;
  return spec;
}

static void write_vm(native_writer *w, uint32_t vm) {
  assert(vm < w->inventory->vm_count);
  const berth_inventory *inventory = w->inventory;
  const berth_vm_spec spec = vm_spec(inventory, vm);
  const uint32_t *datastores = inventory->vm_datastore_start;
  const uint32_t *networks = inventory->vm_network_start;
  begin(w, NATIVE_VM);
  write_attributes(w, NATIVE_VM, &spec);
  write_links(w, NATIVE_NEEDS, inventory->vm_datastores + datastores[vm],
              datastores[vm + 1] - datastores[vm], inventory->datastore_name, false);
  write_links(w, NATIVE_NEEDS, inventory->vm_networks + networks[vm],
              networks[vm + 1] - networks[vm], inventory->network_name, true);
  write_amounts(w, NATIVE_NEEDS, &inventory->vm_demand[(size_t)vm * inventory->resource_count]);
  if (says_something(NATIVE_NOTIFICATION, &spec))
    write_leaf(w, NATIVE_NOTIFICATION, &spec);
  end(w, NATIVE_VM);
}

/* ------------------------------------------------------------------------ groups and rules */

static void write_list(native_writer *w, const char *name, const uint32_t *members, uint32_t count,
                       const char *const *ids) {
  assert(w->tag_open);
  fprintf(w->stream, " %s=\"", name);
  for (uint32_t i = 0; i < count; i++) {
    if (i > 0)
      putc(' ', w->stream);
    write_escaped(w->stream, ids[members[i]]);
  }
  putc('"', w->stream);
}

static void write_group(native_writer *w, native_element_id id, const frozen_group *group,
                        const char *list, const char *const *ids) {
  assert(group->id != NULL);
  begin(w, id);
  write_text(w, "id", group->id);
  write_list(w, list, group->members, group->count, ids);
  end(w, id);
}

static void write_groups(native_writer *w, uint32_t cluster) {
  const berth_inventory *inventory = w->inventory;
  const frozen_group *vms = inventory->vm_groups, *hosts = inventory->host_groups;
  for (uint32_t *i = &w->next_vm_group;
       *i < inventory->vm_group_count && vms[*i].cluster <= cluster; ++*i)
    write_group(w, NATIVE_VM_GROUP, &vms[*i], "vms", inventory->vm_id);
  for (uint32_t *i = &w->next_host_group;
       *i < inventory->host_group_count && hosts[*i].cluster <= cluster; ++*i)
    write_group(w, NATIVE_HOST_GROUP, &hosts[*i], "hosts", inventory->host_id);
}

/* As written where that is known; ids otherwise. */
static void write_members(native_writer *w, const char *name, const char *text,
                          const uint32_t *members, uint32_t count, const char *const *ids) {
  assert(w->tag_open && (text != NULL || ids != NULL));
  if (text != NULL)
    write_text(w, name, text);
  else
    write_list(w, name, members, count, ids);
}

/* Dropped by a scenario; a rule that another one disabled is written, and disabled again when read.
 */
static bool is_dropped(const frozen_rule *rule) {
  return !rule->enabled && rule->disabled_by == BERTH_NONE;
}

/* The lists are not part of the table's order: they need the inventory to be written. */
static void write_rule(native_writer *w, const frozen_rule *rule) {
  assert(rule->id != NULL && rule->cluster < w->inventory->cluster_count);
  const berth_inventory *inventory = w->inventory;
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  spec.over = rule->over;
  if (rule->type == BERTH_RULE_AT_MOST)
    spec.count = rule->count;
  if (rule->type == BERTH_RULE_QUIESCE)
    spec.max_concurrent = rule->max_concurrent;
  begin(w, NATIVE_RULE);
  write_text(w, "id", rule->id);
  if (rule->name != NULL)
    write_text(w, "name", rule->name);
  write_text(w, "type", berth_rule_type_word(rule->type));
  if (rule->strength != BERTH_MUST)
    write_text(w, "strength", berth_strength_word(rule->strength));
  write_members(w, "vms", rule->vms_text, rule->vms, rule->vm_count, inventory->vm_id);
  if (rule->hosts_text != NULL || rule->host_count > 0)
    write_members(w, "hosts", rule->hosts_text, rule->hosts, rule->host_count, inventory->host_id);
  if (rule->after_text != NULL || rule->after_count > 0)
    write_members(w, "after", rule->after_text, rule->after, rule->after_count, inventory->vm_id);
  if (spec.over != BERTH_DOMAIN_HOST)
    write_text(w, "over", berth_domain_word(spec.over));
  if (spec.count != BERTH_UNSET)
    fprintf(w->stream, " count=\"%" PRId64 "\"", spec.count);
  if (spec.max_concurrent != 1)
    fprintf(w->stream, " maxConcurrent=\"%" PRId64 "\"", spec.max_concurrent);
  end(w, NATIVE_RULE);
}

/* ------------------------------------------------------------------------ document */

static void write_settings(native_writer *w, const berth_cluster_spec *spec) {
  if (says_something(NATIVE_HA, spec) || says_something(NATIVE_ADMISSION, spec)) {
    begin(w, NATIVE_HA);
    write_attributes(w, NATIVE_HA, spec);
    if (says_something(NATIVE_ADMISSION, spec))
      write_leaf(w, NATIVE_ADMISSION, spec);
    end(w, NATIVE_HA);
  }
  static const native_element_id others[] = {NATIVE_DRS, NATIVE_DPM, NATIVE_LIMITS};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (says_something(others[i], spec))
      write_leaf(w, others[i], spec);
}

static void write_cluster(native_writer *w, uint32_t index, uint32_t *node) {
  const berth_inventory *inventory = w->inventory;
  const frozen_cluster *cluster = &inventory->clusters[index];
  berth_cluster_spec spec = cluster->set_up;
  spec.id = cluster->id;
  spec.name = cluster->name;
  begin(w, NATIVE_CLUSTER);
  write_attributes(w, NATIVE_CLUSTER, &spec);
  write_settings(w, &spec);
  for (uint32_t i = 0; i < cluster->host_count; i++)
    write_host(w, cluster->first_host + i, node);
  for (uint32_t i = 0; i < cluster->vm_count; i++)
    write_vm(w, cluster->first_vm + i);
  write_groups(w, index);
  for (uint32_t i = 0; i < cluster->rule_count; i++)
    if (!is_dropped(&inventory->rules[cluster->first_rule + i]))
      write_rule(w, &inventory->rules[cluster->first_rule + i]);
  end(w, NATIVE_CLUSTER);
}

static void write_document(native_writer *w) {
  const berth_inventory *inventory = w->inventory;
  uint32_t node = 0;
  fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", w->stream);
  begin(w, NATIVE_INVENTORY);
  fputs(" xmlns=\"" NATIVE_NAMESPACE "\"", w->stream);
  if (inventory->name != NULL && inventory->name[0] != '\0')
    write_text(w, "name", inventory->name);
  for (uint32_t r = BERTH_RESOURCE_FIRST_NAMED; r < inventory->resource_count; r++) {
    native_detail detail = NATIVE_DETAIL_INIT;
    detail.id = inventory->resource_name[r];
    write_leaf(w, NATIVE_RESOURCE, &detail);
  }
  for (uint32_t c = 0; c < inventory->cluster_count; c++)
    write_cluster(w, c, &node);
  end(w, NATIVE_INVENTORY);
  assert(w->depth == 0 && node == inventory->numa_count);
}

berth_status berth_write_inventory(berth_context *ctx, const berth_inventory *inventory,
                                   const char *path) {
  assert(ctx != NULL && inventory != NULL && path != NULL);
  const uint32_t longest = inventory->datastore_count > inventory->network_count
                               ? inventory->datastore_count
                               : inventory->network_count;
  native_writer w = {.ctx = ctx, .inventory = inventory};
  output_file *file = NULL;
  berth_status status = BERTH_E_NOMEM;
  w.sorted = context_take(ctx, (size_t)longest + 1, sizeof *w.sorted);
  if (w.sorted == NULL)
    goto done;
  status = output_file_open(ctx, path, &file);
  if (status != BERTH_OK)
    goto done;
  w.stream = output_file_stream(file);
  write_document(&w);
  status = output_file_commit(file);
done:
  output_file_discard(file);
  context_release(ctx, (void *)w.sorted);
  return status;
}
