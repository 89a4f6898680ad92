/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of methods: QueryOptions (options of a host), and Fetch, which is how some clients read a
 * single property. They do not say whose they are. It is known by the source: OBJECT=FILE as given
 * by the user, a folder HostSystem-host-9/ as govc object.save names it for the answers of
 * methods, or a file name that begins like one of its objects; a few properties name their object
 * in their first element.
 */
#include "vim25_reader.h"

#include "context_internal.h"
#include <assert.h>
#include <string.h>

enum { ID_ROOM = 128 };

/* ------------------------------------------------------------------------ whose */

static bool copy_id(char *id, const char *from, size_t length) {
  if (length == 0 || length >= ID_ROOM)
    return false;
  memcpy(id, from, length);
  id[length] = '\0';
  return true;
}

/* "HostSystem-host-9" in @p length bytes of @p name, possibly behind a number: "0011-". */
static bool take_reference(const char *name, size_t length, vim25_kind kind, char *id) {
  assert(name != NULL);
  const size_t digits = strspn(name, "0123456789");
  if (digits > 0 && digits < length && name[digits] == '-') {
    name += digits + 1;
    length -= digits + 1;
  }
  const char *dash = memchr(name, '-', length);
  if (dash == NULL || vim25_kind_of(name, (size_t)(dash - name)) != kind)
    return false;
  return copy_id(id, dash + 1, length - (size_t)(dash + 1 - name));
}

/* The id of the object of @p kind that the source @p path is about. */
static bool find_subject(const char *path, vim25_kind kind, char *id) {
  assert(path != NULL && kind < VIM25_OTHER);
  const char *equals = strchr(path, '='), *slash = strrchr(path, '/');
  if (equals != NULL && memchr(path, '/', (size_t)(equals - path)) == NULL)
    return copy_id(id, path, (size_t)(equals - path));
  const char *file = slash == NULL ? path : slash + 1;
  if (slash != NULL) {
    const char *folder = slash;
    while (folder > path && folder[-1] != '/')
      folder--;
    if (take_reference(folder, (size_t)(slash - folder), kind, id))
      return true;
  }
  return take_reference(file, strcspn(file, "."), kind, id);
}

static berth_status refuse(vim25_reader *reader, const xml_element *element, const char *what) {
  context_problem(reader->ctx, BERTH_ERROR, BERTH_E_INVALID, &element->position,
                  "%s does not say which object it is about; expected it as OBJECT=FILE (such as "
                  "host-9=FILE) or in a folder named like HostSystem-host-9",
                  what);
  return BERTH_E_INVALID;
}

/* ------------------------------------------------------------------------ options */

berth_status vim25_start_options(vim25_reader *reader, const xml_element *element) {
  char id[ID_ROOM];
  reader->kind = VIM25_HOST;
  reader->position = element->position;
  if (!find_subject(element->position.source, reader->kind, id))
    return refuse(reader, element, "an answer of QueryOptions");
  const berth_status status = vim25_open_object(reader, id);
  source_report_read(reader->report, reader->source, "option", 0);
  return status == BERTH_OK ? vim25_push(reader, IN_OPTIONS) : status;
}

berth_status vim25_start_option(vim25_reader *reader, xml_cursor *cursor,
                                const xml_element *element) {
  if (reader->object == NULL || !vim25_element_is(element, "returnval"))
    return vim25_skip(cursor);
  const vim25_path path = vim25_paths_find(reader->roots[VIM25_HOST], VIM25_QUERIED_OPTION);
  assert(path.node != NULL);
  vim25_frame value = {.node = path.node};
  source_report_read(reader->report, reader->source, "option", 1);
  return vim25_enter_value(reader, element, &value);
}

/* ------------------------------------------------------------------------ single properties */

typedef struct property_type {
  const char *type; /* xsi:type of the value */
  vim25_kind kind;
  const char *property;
  const char *self; /* element that names the object; NULL = none */
} property_type;

static const property_type *find_type(const xml_element *element) {
  static const property_type types[] = {
      {"HostRuntimeInfo", VIM25_HOST, "runtime", NULL},
      {"HostListSummary", VIM25_HOST, "summary", "host"},
      {"HostHardwareInfo", VIM25_HOST, "hardware", NULL},
      {"HostCapability", VIM25_HOST, "capability", NULL},
      {"HostConfigInfo", VIM25_HOST, "config", "host"},
      {"VirtualMachineConfigInfo", VIM25_VM, "config", NULL},
      {"VirtualMachineRuntimeInfo", VIM25_VM, "runtime", NULL},
      {"VirtualMachineSummary", VIM25_VM, "summary", "vm"},
      {"ResourceConfigSpec", VIM25_VM, "resourceConfig", "entity"},
      {"ClusterConfigInfoEx", VIM25_CLUSTER, "configurationEx", NULL},
  };
  size_t length = 0;
  const char *type = vim25_type_of(element, &length);
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (strlen(types[i].type) == length && memcmp(types[i].type, type, length) == 0)
      return &types[i];
  return NULL;
}

static berth_status ignore(vim25_reader *reader, xml_cursor *cursor, const xml_element *element) {
  size_t length = 0;
  const char *type = vim25_type_of(element, &length);
  char kind[48] = "property without a type";
  if (length > 0) {
    length = length < sizeof kind - 1 ? length : sizeof kind - 1;
    memcpy(kind, type, length);
    kind[length] = '\0';
  }
  source_report_ignored(reader->report, reader->source, kind, 1);
  return vim25_skip(cursor);
}

static const vim25_node *property_node(const vim25_reader *reader) {
  assert(reader->fetched != NULL && reader->roots[reader->kind] != NULL);
  const vim25_path path = vim25_paths_find(reader->roots[reader->kind], reader->fetched);
  assert(path.node != NULL);
  return path.node;
}

/* The object is known: what comes is the value of its property. */
static berth_status begin_property(vim25_reader *reader, const char *id) {
  const berth_status status = vim25_open_object(reader, id);
  if (status != BERTH_OK || reader->object == NULL)
    return status;
  reader->object->described = true;
  const vim25_fact fact = {.text = "",
                           .node = property_node(reader),
                           .document = reader->document,
                           .field = VIM25_PROPERTY,
                           .change = VIM25_ASSIGN};
  source_report_read(reader->report, reader->source, "property", 1);
  return vim25_store_add(&reader->store, reader->object, &fact, 0) != NULL ? BERTH_OK
                                                                           : BERTH_E_NOMEM;
}

berth_status vim25_start_fetched(vim25_reader *reader, xml_cursor *cursor,
                                 const xml_element *element) {
  const property_type *type = vim25_element_is(element, "returnval") ? find_type(element) : NULL;
  char id[ID_ROOM];
  if (type == NULL)
    return ignore(reader, cursor, element);
  reader->kind = type->kind;
  reader->position = element->position;
  reader->object = NULL;
  reader->self = type->self;
  reader->fetched = type->property;
  if (!find_subject(element->position.source, reader->kind, id)) {
    if (type->self == NULL)
      return refuse(reader, element, "a property that was fetched");
    gathered_text_clear(&reader->text);
    return vim25_push(reader, IN_FETCHED);
  }
  const berth_status status = begin_property(reader, id);
  if (status != BERTH_OK || reader->object == NULL)
    return status == BERTH_OK ? vim25_skip(cursor) : status;
  vim25_frame value = {.node = property_node(reader)};
  return vim25_enter_value(reader, element, &value);
}

berth_status vim25_start_in_fetched(vim25_reader *reader, xml_cursor *cursor,
                                    const xml_element *element) {
  assert(reader->self != NULL);
  const xml_attribute *type = vim25_attribute(element, NULL, "type");
  if (!vim25_element_is(element, reader->self) || type == NULL)
    return refuse(reader, element, "a property that was fetched");
  if (vim25_kind_of(type->value, type->length) != reader->kind) {
    source_report_ignored(reader->report, reader->source, "property of another kind", 1);
    reader->stack[reader->depth - 1].place = IN_NOTHING;
    return vim25_skip(cursor);
  }
  return vim25_push(reader, IN_FETCHED_ID);
}

/* The frame that waited for the id becomes that of the property. */
berth_status vim25_end_fetched_id(vim25_reader *reader) {
  size_t length = 0;
  const char *id = gathered_text_trimmed(&reader->text, &length);
  vim25_frame *waiting = &reader->stack[reader->depth - 1];
  assert(waiting->place == IN_FETCHED);
  waiting->place = IN_NOTHING;
  if (length == 0)
    return BERTH_OK;
  const berth_status status = begin_property(reader, id);
  if (status != BERTH_OK || reader->object == NULL)
    return status;
  *waiting = (vim25_frame){.place = IN_VALUE, .node = property_node(reader)};
  return BERTH_OK;
}
