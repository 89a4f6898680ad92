/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goes through the objects: clusters first, since hosts and VMs belong to them; then what a cluster
 * says about single VMs and hosts; hosts; VMs; rules last. What a dump does not tell is said in
 * notes.
 */
#include "vim25_build.h"

#include "checked.h"
#include "context_internal.h"
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

void vim25_say_once(vim25_building *b, vim25_note note, const vim25_object *object) {
  static const char *const texts[VIM25_NOTE_COUNT] = {
      [VIM25_NOTE_HOST_TIMEOUT] =
          "no host option VmOpNotificationToApp.Timeout; taken as a host without the notification",
      [VIM25_NOTE_REGISTERED] = "whether an application registered for the notification is not in "
                                "the source; taken as registered where it is enabled",
      [VIM25_NOTE_WAKE] = "how the host is woken from standby is not in the source; taken as "
                          "wake-on-LAN",
      [VIM25_NOTE_EVC] = "unknown EVC mode; taken as no demand and no limit",
      [VIM25_NOTE_ENTERING_STANDBY] = "the host is entering standby; taken as entering maintenance",
      [VIM25_NOTE_NOT_RESPONDING] = "the host does not respond; taken as disconnected, its VMs as "
                                    "running",
      [VIM25_NOTE_POWERED_OFF] = "the host is powered off; taken as failed",
      [VIM25_NOTE_PINNED] = "CPU affinity, high latency sensitivity or DRS overrides; taken as not "
                            "movable",
  };
  assert(note < VIM25_NOTE_COUNT && texts[note] != NULL);
  if (!b->noted[note])
    context_problem(b->ctx, BERTH_NOTE, BERTH_OK, &object->position, "%.60s: %s (told once)",
                    object->id, texts[note]);
  b->noted[note] = true;
}

bool vim25_parse(const char *text, int64_t *value) {
  assert(text != NULL && value != NULL);
  const bool negative = *text == '-';
  int64_t sum = 0;
  text += negative;
  if (*text == '\0')
    return false;
  for (; *text != '\0'; text++)
    if (*text < '0' || *text > '9' || !checked_multiply_i64(sum, 10, &sum) ||
        !checked_add_i64(sum, *text - '0', &sum))
      return false;
  *value = negative ? -sum : sum;
  return true;
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
  if (!vim25_parse(text, &found)) {
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

void vim25_list_clear(vim25_building *b) {
  b->list_used = 0;
}

bool vim25_list_append(vim25_building *b, const char *id) {
  assert(id != NULL && b->list_used <= b->list_room);
  const size_t length = strlen(id);
  const size_t needed = b->list_used + length + 2;
  if (needed > b->list_room) {
    char *grown = context_grow(b->ctx, b->list, needed * 2, 1);
    if (grown == NULL)
      return false;
    b->list = grown;
    b->list_room = needed * 2;
  }
  if (b->list_used > 0)
    b->list[b->list_used++] = ' ';
  memcpy(b->list + b->list_used, id, length + 1);
  b->list_used += length;
  return true;
}

const char *vim25_list_text(const vim25_building *b) {
  return b->list_used == 0 ? "" : b->list;
}

/* ------------------------------------------------------------------------ the passes */

/* A host below a plain ComputeResource is a cluster of its own, whether that object was read or
 * not. */
static berth_status place_host(vim25_building *b, vim25_object *host) {
  assert(host->kind == VIM25_HOST);
  const char *parent = vim25_store_text(b->store, host, VIM25_PARENT);
  if (parent == NULL) {
    vim25_error(b, host, "property parent is missing; expected the cluster of the host");
    return BERTH_OK;
  }
  vim25_object *cluster = vim25_store_find(b->store, parent);
  if (cluster != NULL && (cluster->kind == VIM25_CLUSTER || cluster->kind == VIM25_STANDALONE)) {
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
    if (object->kind == kind)
      status = pass(b, object);
  }
  return status;
}

static berth_status pass_overrides(vim25_building *b, vim25_object *cluster) {
  vim25_mark_overrides(b, cluster);
  return BERTH_OK;
}

static berth_status pass_host(vim25_building *b, vim25_object *host) {
  const berth_status status = place_host(b, host);
  host->skipped = host->cluster == BERTH_NONE; /* told already */
  return status == BERTH_OK && !host->skipped ? vim25_add_host(b, host) : status;
}

static berth_status pass_templates(vim25_building *b, vim25_object *vm) {
  vm->skipped = vim25_is_template(b, vm);
  return BERTH_OK;
}

static berth_status pass_vm(vim25_building *b, vim25_object *vm) {
  return vm->skipped ? BERTH_OK : vim25_add_vm(b, vm);
}

static berth_status pass_rules(vim25_building *b, vim25_object *cluster) {
  return vim25_add_rules(b, cluster);
}

static bool has_hosts(const vim25_store *store) {
  for (uint32_t i = 0; i < vim25_store_count(store); i++)
    if (vim25_store_at(store, i)->kind == VIM25_HOST)
      return true;
  return false;
}

berth_status vim25_build(berth_context *ctx, vim25_store *store, berth_builder *builder) {
  static const struct {
    vim25_kind kind;
    object_pass pass;
  } passes[] = {{VIM25_CLUSTER, vim25_add_cluster},
                {VIM25_STANDALONE, vim25_add_cluster},
                {VIM25_VM, pass_templates},
                {VIM25_CLUSTER, pass_overrides},
                {VIM25_HOST, pass_host},
                {VIM25_VM, pass_vm},
                {VIM25_CLUSTER, pass_rules}};
  assert(ctx != NULL && store != NULL && builder != NULL);
  vim25_building b = {.ctx = ctx, .store = store, .builder = builder};
  name_pool_init(&b.rule_ids, context_allocator(ctx));
  berth_status status = vim25_store_index(store) ? BERTH_OK : BERTH_E_NOMEM;
  if (status == BERTH_OK && !has_hosts(store))
    context_problem(ctx, BERTH_ERROR, BERTH_E_INVALID, NULL,
                    "there is no host among the objects; expected objects of type HostSystem");
  for (size_t i = 0; status == BERTH_OK && i < sizeof passes / sizeof *passes; i++)
    status = for_each(&b, passes[i].kind, passes[i].pass);
  name_pool_free(&b.rule_ids);
  context_release(ctx, b.list);
  return status;
}
