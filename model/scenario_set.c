/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event `set`: one attribute of a host or VM, by the name it has in the native format; those of
 * the element <notification> as "notification.timeout" and so on. The values themselves are checked
 * when the builder freezes; here a value must only be of the right kind. An empty text unsets an
 * attribute that may be absent.
 */
#include "checked.h"
#include "scenario_internal.h"
#include "words.h"
#include <assert.h>
#include <string.h>

typedef enum attribute_kind {
  NUMBER,          /* int64_t */
  OPTIONAL_NUMBER, /* int64_t that may be BERTH_UNSET */
  BOOLEAN,         /* bool */
  WORD,            /* an enumeration, through `parse` */
  TEXT,            /* const char * */
  LABEL            /* of a host; `offset` is the berth_domain */
} attribute_kind;

typedef struct attribute {
  const char *name;
  attribute_kind kind;
  size_t offset; /* in the spec */
  bool (*parse)(const char *word, unsigned *value);
} attribute;

static bool parse_state(const char *word, unsigned *value) {
  berth_host_state state = BERTH_HOST_ONLINE;
  bool known = word_parse_host_state(word, &state);
  *value = (unsigned)state;
  return known;
}

static bool parse_wake(const char *word, unsigned *value) {
  berth_wake wake = BERTH_WAKE_NONE;
  bool known = word_parse_wake(word, &wake);
  *value = (unsigned)wake;
  return known;
}

static bool parse_power(const char *word, unsigned *value) {
  berth_power power = BERTH_POWER_ON;
  bool known = word_parse_power(word, &power);
  *value = (unsigned)power;
  return known;
}

static bool parse_priority(const char *word, unsigned *value) {
  berth_priority priority = BERTH_PRIORITY_MEDIUM;
  bool known = word_parse_priority(word, &priority);
  *value = (unsigned)priority;
  return known;
}

static bool parse_numa(const char *word, unsigned *value) {
  berth_numa numa = BERTH_NUMA_ANY;
  bool known = word_parse_numa(word, &numa);
  *value = (unsigned)numa;
  return known;
}

static const attribute host_attributes[] = {
    {"name", TEXT, offsetof(berth_host_spec, name), NULL},
    {"cpuMhz", NUMBER, offsetof(berth_host_spec, cpu_mhz), NULL},
    {"memoryMib", NUMBER, offsetof(berth_host_spec, memory_mib), NULL},
    {"maxVms", OPTIONAL_NUMBER, offsetof(berth_host_spec, max_vms), NULL},
    {"maxVcpus", OPTIONAL_NUMBER, offsetof(berth_host_spec, max_vcpus), NULL},
    {"state", WORD, offsetof(berth_host_spec, state), parse_state},
    {"site", LABEL, BERTH_DOMAIN_SITE, NULL},
    {"rack", LABEL, BERTH_DOMAIN_RACK, NULL},
    {"chassis", LABEL, BERTH_DOMAIN_CHASSIS, NULL},
    {"linkMbps", NUMBER, offsetof(berth_host_spec, link_mbps), NULL},
    {"evcLevel", OPTIONAL_NUMBER, offsetof(berth_host_spec, evc_level), NULL},
    {"cpuVendor", TEXT, offsetof(berth_host_spec, cpu_vendor), NULL},
    {"joined", OPTIONAL_NUMBER, offsetof(berth_host_spec, joined), NULL},
    {"wake", WORD, offsetof(berth_host_spec, wake), parse_wake},
    {"wakeSeconds", NUMBER, offsetof(berth_host_spec, wake_seconds), NULL},
    {"powerWatts", OPTIONAL_NUMBER, offsetof(berth_host_spec, power_watts), NULL},
    {"notifyTimeout", OPTIONAL_NUMBER, offsetof(berth_host_spec, notify_timeout), NULL},
    {"topology", TEXT, offsetof(berth_host_spec, topology), NULL},
};

static const attribute vm_attributes[] = {
    {"name", TEXT, offsetof(berth_vm_spec, name), NULL},
    {"power", WORD, offsetof(berth_vm_spec, power), parse_power},
    {"cpus", NUMBER, offsetof(berth_vm_spec, cpus), NULL},
    {"memoryMib", NUMBER, offsetof(berth_vm_spec, memory_mib), NULL},
    {"priority", WORD, offsetof(berth_vm_spec, priority), parse_priority},
    {"cpuReservationMhz", NUMBER, offsetof(berth_vm_spec, cpu_reservation_mhz), NULL},
    {"memoryReservationMib", NUMBER, offsetof(berth_vm_spec, memory_reservation_mib), NULL},
    {"overheadMib", NUMBER, offsetof(berth_vm_spec, overhead_mib), NULL},
    {"memoryLocked", BOOLEAN, offsetof(berth_vm_spec, memory_locked), NULL},
    {"cpuUsageMhz", OPTIONAL_NUMBER, offsetof(berth_vm_spec, cpu_usage_mhz), NULL},
    {"memoryUsageMib", OPTIONAL_NUMBER, offsetof(berth_vm_spec, memory_usage_mib), NULL},
    {"dirtyMibPerSecond", NUMBER, offsetof(berth_vm_spec, dirty_mib_per_second), NULL},
    {"movable", BOOLEAN, offsetof(berth_vm_spec, movable), NULL},
    {"numa", WORD, offsetof(berth_vm_spec, numa), parse_numa},
    {"evcLevel", OPTIONAL_NUMBER, offsetof(berth_vm_spec, evc_level), NULL},
    {"notification.enabled", BOOLEAN, offsetof(berth_vm_spec, notify_enabled), NULL},
    {"notification.registered", BOOLEAN, offsetof(berth_vm_spec, notify_registered), NULL},
    {"notification.timeout", OPTIONAL_NUMBER, offsetof(berth_vm_spec, notify_timeout), NULL},
    {"notification.hardware", OPTIONAL_NUMBER, offsetof(berth_vm_spec, notify_hardware), NULL},
    {"notification.ackSeconds", OPTIONAL_NUMBER, offsetof(berth_vm_spec, notify_ack_seconds), NULL},
    {"notification.settleSeconds", NUMBER, offsetof(berth_vm_spec, notify_settle_seconds), NULL},
};

static const attribute *find_attribute(const attribute *attributes, size_t count,
                                       const char *name) {
  for (size_t i = 0; name != NULL && i < count; i++)
    if (strcmp(attributes[i].name, name) == 0)
      return &attributes[i];
  return NULL;
}

static bool read_number(const char *text, bool optional, int64_t *value) {
  *value = BERTH_UNSET;
  if (text[0] == '\0')
    return optional;
  *value = 0;
  for (; *text >= '0' && *text <= '9'; text++)
    if (!checked_multiply_i64(*value, 10, value) || !checked_add_i64(*value, *text - '0', value))
      return false;
  return *text == '\0';
}

static bool read_boolean(const char *text, bool *value) {
  *value = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
  return *value || strcmp(text, "false") == 0 || strcmp(text, "0") == 0;
}

/* Reads `text` into the field of the spec. *wrong: it is not of the right kind. */
static berth_status set_field(application *a, const attribute *what, void *spec, const char *text,
                              bool *wrong) {
  char *field = (char *)spec + what->offset;
  int64_t number;
  unsigned word;
  bool flag;
  const char *copy;
  switch (what->kind) {
  case NUMBER:
  case OPTIONAL_NUMBER:
    *wrong = !read_number(text, what->kind == OPTIONAL_NUMBER, &number);
    if (!*wrong)
      memcpy(field, &number, sizeof number);
    return BERTH_OK;
  case BOOLEAN:
    *wrong = !read_boolean(text, &flag);
    if (!*wrong)
      memcpy(field, &flag, sizeof flag);
    return BERTH_OK;
  case WORD:
    *wrong = !what->parse(text, &word);
    if (!*wrong)
      memcpy(field, &word, sizeof word);
    return BERTH_OK;
  default:
    assert(what->kind == TEXT);
    *wrong = false;
    if (!builder_keep_text(a->builder, text[0] == '\0' ? NULL : text, &copy))
      return BERTH_E_NOMEM;
    memcpy(field, &copy, sizeof copy);
    return BERTH_OK;
  }
}

static void tell_wrong(application *a, const berth_event *event, const attribute *what) {
  static const char *const expected[] = {
      [NUMBER] = "a whole number", [OPTIONAL_NUMBER] = "a whole number, or nothing to unset it",
      [BOOLEAN] = "true or false", [WORD] = "one of its words",
      [TEXT] = "a text",           [LABEL] = "a label"};
  application_error(a, event, BERTH_E_INVALID, "%s is \"%.200s\"; expected %s", what->name,
                    event->value, expected[what->kind]);
}

static berth_status set_of_host(application *a, const berth_event *event, const attribute *what) {
  uint32_t index;
  bool wrong = false;
  berth_status status = application_find_host(a, event, event->host, &index);
  if (status != BERTH_OK || index == BERTH_NONE)
    return status;
  built_host *host = chunked_list_at(&a->builder->hosts, index);
  const char *label = event->value[0] == '\0' ? NULL : event->value;
  if (!builder_keep_position(a->builder, &event->position, &host->spec.position))
    return BERTH_E_NOMEM;
  if (what->kind == LABEL)
    status = builder_label_host(a->builder, host, (berth_domain)what->offset, label)
                 ? BERTH_OK
                 : BERTH_E_NOMEM;
  else
    status = set_field(a, what, &host->spec, event->value, &wrong);
  if (wrong)
    tell_wrong(a, event, what);
  return status;
}

static berth_status set_of_vm(application *a, const berth_event *event, const attribute *what) {
  uint32_t index;
  bool wrong = false;
  berth_status status = application_find_vm(a, event, event->vm, &index);
  if (status != BERTH_OK || index == BERTH_NONE)
    return status;
  built_vm *vm = chunked_list_at(&a->builder->vms, index);
  if (!builder_keep_position(a->builder, &event->position, &vm->spec.position))
    return BERTH_E_NOMEM;
  if (what != NULL)
    status = set_field(a, what, &vm->spec, event->value, &wrong);
  else if (!builder_register_vm(a->builder, vm, event->value[0] == '\0' ? NULL : event->value))
    status = BERTH_E_NOMEM;
  if (wrong)
    tell_wrong(a, event, what);
  return status;
}

berth_status scenario_set_attribute(application *a, const berth_event *event) {
  assert(a != NULL && event != NULL);
  if ((event->vm == NULL) == (event->host == NULL) || event->attribute == NULL ||
      event->value == NULL) {
    application_error(a, event, BERTH_E_INVALID,
                      "an attribute and its value, and either a VM or a host, are not all given; "
                      "expected these three");
    return BERTH_OK;
  }
  berth_status status = application_open_builder(a);
  if (status != BERTH_OK)
    return status;
  bool of_vm = event->vm != NULL;
  const attribute *what =
      of_vm ? find_attribute(vm_attributes, sizeof vm_attributes / sizeof *vm_attributes,
                             event->attribute)
            : find_attribute(host_attributes, sizeof host_attributes / sizeof *host_attributes,
                             event->attribute);
  bool moves = of_vm && strcmp(event->attribute, "host") == 0; /* a reference, not a plain field */
  if (what == NULL && !moves) {
    application_error(a, event, BERTH_E_INVALID,
                      "there is no attribute \"%.200s\" of a %s; expected one that can be set",
                      event->attribute, of_vm ? "VM" : "host");
    return BERTH_OK;
  }
  a->changed = true;
  return of_vm ? set_of_vm(a, event, what) : set_of_host(a, event, what);
}
