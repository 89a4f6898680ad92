/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goes through the objects: clusters first, since hosts and VMs belong to them; then what a cluster
 * says about single VMs and hosts; hosts; VMs; rules last. What a dump does not tell is said in
 * notes.
 */
#include "vim25_build.h"

#include "checked.h"
#include "context_internal.h"
#include "quantity_text.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void vim25_error(vim25_building *b, const vim25_object *object, const char *format, ...) {
  char text[400];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  context_problem(b->ctx, BERTH_ERROR, BERTH_E_INVALID, &object->position, "%.60s: %s", object->id,
                  text);
}

void vim25_missing_error(vim25_building *b, const vim25_object *object, vim25_field field,
                         const char *path, const char *expected) {
  const char *why = vim25_store_why_missing(b->store, object, field);
  assert(path != NULL && expected != NULL);
  if (why == NULL)
    vim25_error(b, object, "property %s is missing; expected %s", path, expected);
  else
    vim25_error(
        b, object,
        "property %s could not be read by whoever saved it (%s); expected %s, and an account "
        "that may read it",
        path, why, expected);
}

void vim25_count_unknown(vim25_building *b, const vim25_object *object, const char *fact) {
  assert(b->report != NULL && fact != NULL);
  source_report_unknown(b->report, object->source, fact, 1);
}

void vim25_say_once(vim25_building *b, vim25_note note, const vim25_object *object) {
  static const char *const texts[VIM25_NOTE_COUNT] = {
      [VIM25_NOTE_HOST_TIMEOUT] =
          "no host option VmOpNotificationToApp.Timeout; taken as a host without the notification",
      [VIM25_NOTE_EFFECTIVE_TIMEOUT] =
          "no host option VmOpNotificationToApp.Timeout; taken as the longest timeout that one of "
          "its VMs is given (runtime.opNotificationTimeout)",
      [VIM25_NOTE_REGISTERED] = "whether an application registered for the notification is not in "
                                "the source; taken as registered where it is enabled",
      [VIM25_NOTE_WAKE] = "how the host is woken from standby is not in the source; taken as "
                          "wake-on-LAN",
      [VIM25_NOTE_EVC] = "unknown EVC mode; taken as no demand and no limit",
      [VIM25_NOTE_ENTERING_STANDBY] = "the host is entering standby; taken as entering maintenance",
      [VIM25_NOTE_NOT_RESPONDING] = "the host does not respond; taken as disconnected, its VMs as "
                                    "running",
      [VIM25_NOTE_POWERED_OFF] = "the host is powered off; taken as failed",
      [VIM25_NOTE_QUARANTINE] = "the host is in quarantine mode, which DRS avoids; taken as online",
      [VIM25_NOTE_PARTIAL_MAINTENANCE] = "the host is in partial maintenance, which does not stop "
                                         "VMs; taken as online",
      [VIM25_NOTE_FEATURE] = "requires CPU features that not every host of its cluster has; they "
                             "stand as networks called feature:NAME, and restarts are held to them "
                             "too",
      [VIM25_NOTE_FEATURE_AT_HOME] = "requires a CPU feature that the host it runs on does not "
                                     "list; that requirement is left out",
      [VIM25_NOTE_PINNED] = "CPU affinity, high latency sensitivity or DRS overrides; taken as not "
                            "movable",
  };
  assert(note < VIM25_NOTE_COUNT && texts[note] != NULL);
  if (!b->noted[note])
    context_problem(b->ctx, BERTH_NOTE, BERTH_OK, &object->position, "%.60s: %s (told once)",
                    object->id, texts[note]);
  b->noted[note] = true;
}

static const char *field_name(vim25_field field) {
  switch (field) {
  case VIM25_MEMORY_SIZE:
    return "summary.hardware.memorySize";
  case VIM25_CPU_MHZ:
    return "summary.hardware.cpuMhz";
  case VIM25_CPU_CORES:
    return "summary.hardware.numCpuCores";
  case VIM25_CPUS:
    return "config.hardware.numCPU";
  case VIM25_MEMORY_MB:
    return "config.hardware.memoryMB";
  default:
    return "a property";
  }
}

bool vim25_number(vim25_building *b, const vim25_object *object, vim25_field field, int64_t divisor,
                  int64_t *value) {
  const char *text = vim25_store_text(b->store, object, field);
  int64_t found = 0;
  assert(divisor > 0);
  if (text == NULL)
    return false;
  if (!quantity_parse_signed(text, &found)) {
    vim25_error(b, object, "%s is \"%.40s\"; expected a whole number", field_name(field), text);
    return false;
  }
  *value = found < 0 ? found : found / divisor;
  return true;
}

void vim25_flag(vim25_building *b, const vim25_object *object, vim25_field field, bool *value) {
  const char *text = vim25_store_text(b->store, object, field);
  if (text != NULL)
    *value = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
}

/* ------------------------------------------------------------------------ the passes */

/* A host below a plain ComputeResource is a cluster of its own. */
static berth_status place_host(vim25_building *b, vim25_object *host) {
  assert(host->kind == VIM25_HOST);
  const char *parent = vim25_store_text(b->store, host, VIM25_PARENT);
  if (parent == NULL) {
    vim25_missing_error(b, host, VIM25_PARENT, "parent", "the cluster of the host");
    return BERTH_OK;
  }
  const vim25_object *cluster = vim25_store_find(b->store, parent);
  if (cluster != NULL && !cluster->skipped &&
      (cluster->kind == VIM25_CLUSTER || cluster->kind == VIM25_STANDALONE)) {
    host->cluster = cluster->cluster;
    return BERTH_OK;
  }
  vim25_error(b, host,
              "its parent %.60s is not among the objects; expected the compute resource "
              "or cluster in one of the sources",
              parent);
  return BERTH_OK;
}

typedef berth_status (*object_pass)(vim25_building *b, vim25_object *object);

static berth_status for_each(vim25_building *b, vim25_kind kind, object_pass pass) {
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; status == BERTH_OK && i < vim25_store_count(b->store); i++) {
    vim25_object *object = vim25_store_at(b->store, i);
    if (object->kind == kind && !object->skipped)
      status = pass(b, object);
  }
  return status;
}

static berth_status pass_overrides(vim25_building *b, vim25_object *cluster) {
  vim25_mark_overrides(b, cluster);
  return BERTH_OK;
}

static berth_status pass_labels(vim25_building *b) {
  const berth_status status = vim25_label_links(b, VIM25_DATASTORE_OBJECT);
  return status == BERTH_OK ? vim25_label_links(b, VIM25_NETWORK_OBJECT) : status;
}

static berth_status pass_store(vim25_building *b, vim25_object *store) {
  vim25_note_store(b, store);
  return BERTH_OK;
}

static berth_status pass_place(vim25_building *b, vim25_object *host) {
  const berth_status status = place_host(b, host);
  host->skipped = host->cluster == BERTH_NONE; /* told already */
  return status;
}

static berth_status pass_host(vim25_building *b, vim25_object *host) {
  return vim25_add_host(b, host);
}

static berth_status pass_templates(vim25_building *b, vim25_object *vm) {
  vm->skipped = vim25_is_template(b, vm);
  if (vm->skipped)
    source_report_ignored(b->report, vm->source, "template", 1);
  return BERTH_OK;
}

static berth_status pass_vm(vim25_building *b, vim25_object *vm) {
  return vim25_add_vm(b, vm);
}

static berth_status pass_rules(vim25_building *b, vim25_object *cluster) {
  return vim25_add_rules(b, cluster);
}

/* Objects that left, and those that only a side document knows. */
static void skip_absent(vim25_building *b) {
  for (uint32_t i = 0; i < vim25_store_count(b->store); i++) {
    vim25_object *object = vim25_store_at(b->store, i);
    object->skipped = object->gone || !object->described;
    source_report_unknown(b->report, object->source, "other parts of changed items",
                          object->astray);
    if (object->gone)
      source_report_ignored(b->report, object->source, "object that left", 1);
    else if (object->skipped)
      context_problem(b->ctx, BERTH_WARNING, BERTH_OK, &object->position,
                      "%.60s is not among the objects: what is said about it here is left out",
                      object->id);
  }
}

static bool has_hosts(const vim25_store *store) {
  for (uint32_t i = 0; i < vim25_store_count(store); i++)
    if (vim25_store_at(store, i)->kind == VIM25_HOST && !vim25_store_at(store, i)->skipped)
      return true;
  return false;
}

/* Clusters before what belongs to them; what VMs need before what hosts reach. */
static berth_status run_passes(vim25_building *b) {
  static const struct {
    vim25_kind kind;
    object_pass pass;                        /* for each object of the kind, or... */
    berth_status (*whole)(vim25_building *); /* ... once */
  } passes[] = {{VIM25_OTHER, NULL, pass_labels},
                {VIM25_DATASTORE_OBJECT, pass_store, NULL},
                {VIM25_CLUSTER, vim25_add_cluster, NULL},
                {VIM25_STANDALONE, vim25_add_cluster, NULL},
                {VIM25_VM, pass_templates, NULL},
                {VIM25_VM, vim25_collect_needs, NULL},
                {VIM25_VM, vim25_tell_timeout, NULL},
                {VIM25_CLUSTER, pass_overrides, NULL},
                {VIM25_HOST, pass_place, NULL},
                {VIM25_OTHER, NULL, vim25_compare_features},
                {VIM25_HOST, pass_host, NULL},
                {VIM25_VM, pass_vm, NULL},
                {VIM25_CLUSTER, pass_rules, NULL}};
  berth_status status = BERTH_OK;
  for (size_t i = 0; status == BERTH_OK && i < sizeof passes / sizeof *passes; i++) {
    assert((passes[i].pass == NULL) != (passes[i].whole == NULL));
    status =
        passes[i].whole != NULL ? passes[i].whole(b) : for_each(b, passes[i].kind, passes[i].pass);
  }
  return status;
}

berth_status vim25_build(berth_context *ctx, vim25_store *store, source_report *report,
                         int64_t default_timeout, berth_builder *builder) {
  assert(ctx != NULL && store != NULL && report != NULL && builder != NULL);
  vim25_building b = {.ctx = ctx,
                      .store = store,
                      .report = report,
                      .default_timeout = default_timeout,
                      .builder = builder,
                      .list.ctx = ctx};
  name_pool_init(&b.rule_ids, context_allocator(ctx));
  for (int link = 0; link < VIM25_LINK_COUNT; link++)
    name_pool_init(&b.needed[link], context_allocator(ctx));
  berth_status status =
      vim25_store_settle(store) && vim25_store_index(store) ? BERTH_OK : BERTH_E_NOMEM;
  if (status == BERTH_OK)
    skip_absent(&b);
  if (status == BERTH_OK && !has_hosts(store))
    context_problem(ctx, BERTH_ERROR, BERTH_E_INVALID, NULL,
                    "there is no host among the objects; expected objects of type HostSystem");
  if (status == BERTH_OK)
    status = run_passes(&b);
  vim25_free_features(&b);
  for (int link = 0; link < VIM25_LINK_COUNT; link++)
    name_pool_free(&b.needed[link]);
  name_pool_free(&b.rule_ids);
  gathered_text_close(&b.list);
  return status;
}
