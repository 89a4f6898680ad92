/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OVF 1 and 2: virtual systems, alone or in collections, with their CPUs and memory. Of several
 * deployment options the default is taken: an item that names configurations counts if that is
 * among them, and then instead of the general item of the same instance. Of several hardware
 * sections the first is taken.
 */
#include "ovf_reader.h"

#include "context_internal.h"
#include "element_walk.h"
#include "ovf_appliance.h"
#include "quantity_text.h"
#include <assert.h>
#include <stddef.h>
#include <string.h>

#define ENVELOPE "http://schemas.dmtf.org/ovf/envelope/"
#define ALLOCATION                                                                                 \
  "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"

enum { ITEMS_MAX = 1000, GROUPS_MAX = 1000 };

enum { MIB = 1 << 20, HERTZ_IN_MHZ = 1000000, TYPE_CPU = 3, TYPE_MEMORY = 4 };

typedef enum place {
  OUTSIDE = WALK_OUTSIDE,
  IN_ENVELOPE,
  OPTIONS,
  OPTION,
  GROUP,
  COLLECTION,
  SYSTEM,
  SYSTEM_NAME,
  PRODUCT_SECTION,
  PRODUCT,
  PLACEMENT,
  HARDWARE,
  ITEM,
  ITEM_UNITS,
  ITEM_INSTANCE,
  ITEM_TYPE,
  ITEM_QUANTITY,
  ITEM_RESERVATION,
  PLACES
} place;

static const walk_step steps[] = {
    {OUTSIDE, IN_ENVELOPE, "Envelope"},
    {IN_ENVELOPE, OPTIONS, "DeploymentOptionSection"},
    {OPTIONS, OPTION, "Configuration"},
    {IN_ENVELOPE, GROUP, "PlacementGroupSection"},
    {IN_ENVELOPE, COLLECTION, "VirtualSystemCollection"},
    {COLLECTION, COLLECTION, "VirtualSystemCollection"},
    {COLLECTION, GROUP, "PlacementGroupSection"},
    {IN_ENVELOPE, SYSTEM, "VirtualSystem"},
    {COLLECTION, SYSTEM, "VirtualSystem"},
    {SYSTEM, SYSTEM_NAME, "Name"},
    {SYSTEM, PRODUCT_SECTION, "ProductSection"},
    {PRODUCT_SECTION, PRODUCT, "Product"},
    {SYSTEM, PLACEMENT, "PlacementSection"},
    {SYSTEM, HARDWARE, "VirtualHardwareSection"},
    {HARDWARE, ITEM, "Item"},
    {ITEM, ITEM_UNITS, "AllocationUnits"},
    {ITEM, ITEM_INSTANCE, "InstanceID"},
    {ITEM, ITEM_TYPE, "ResourceType"},
    {ITEM, ITEM_QUANTITY, "VirtualQuantity"},
    {ITEM, ITEM_RESERVATION, "Reservation"},
};

/* An item until its end tag, where all of it is known. */
typedef struct raw_item {
  const char *configurations, *units, *instance;
  int64_t type, quantity, reservation;
} raw_item;

typedef struct ovf_reader {
  element_walk walk; /* first: the cursor hands it to the walk */
  ovf_store store;
  uint32_t appliance;        /* number of the document */
  const char *configuration; /* the default one; NULL = there are none */
  bool configuration_marked;
  ovf_system *system;
  bool hardware_seen;  /* of the system */
  bool hardware_taken; /* is the one at hand the first? */
  raw_item item;
} ovf_reader;

static_assert(offsetof(ovf_reader, walk) == 0, "the walk has to be the reader's first member");
static_assert(PLACES <= UINT8_MAX, "places are bytes");

static berth_status no_memory(ovf_reader *reader) {
  return context_fail(reader->walk.ctx, BERTH_E_NOMEM, NULL, "out of memory");
}

static berth_position here(const ovf_reader *reader) {
  assert(reader->walk.depth > 0);
  return reader->walk.stack[reader->walk.depth - 1].position;
}

/* Lists that are searched one by one have an end. */
static berth_status too_many(ovf_reader *reader, const char *what, int most) {
  assert(what != NULL && most > 0);
  const berth_position position = here(reader);
  context_problem(reader->walk.ctx, BERTH_ERROR, BERTH_E_LIMIT, &position, "more than %d %s", most,
                  what);
  return BERTH_E_LIMIT;
}

/* ------------------------------------------------------------------------ starts */

static berth_status start_option(ovf_reader *reader, const xml_element *element) {
  const char *id = NULL, *marked = NULL;
  berth_status status = walk_attribute(&reader->walk, element, "id", &id);
  if (status == BERTH_OK)
    status = walk_attribute(&reader->walk, element, "default", &marked);
  const bool is_default =
      marked != NULL && (strcmp(marked, "true") == 0 || strcmp(marked, "1") == 0);
  const bool better = is_default && !reader->configuration_marked;
  if (reader->configuration == NULL || better)
    reader->configuration = id;
  else
    source_report_ignored(reader->store.report, reader->walk.source, "deployment option", 1);
  reader->configuration_marked = reader->configuration_marked || is_default;
  return status;
}

static berth_status start_group(ovf_reader *reader, const xml_element *element) {
  const char *priority = NULL;
  if (reader->store.groups.count == GROUPS_MAX)
    return too_many(reader, "placement groups", GROUPS_MAX);
  ovf_group *group = chunked_list_add(&reader->store.groups);
  if (group == NULL)
    return no_memory(reader);
  *group = (ovf_group){.position = here(reader), .appliance = reader->appliance};
  source_report_read(reader->store.report, reader->walk.source, "placement group", 1);
  berth_status status = walk_attribute(&reader->walk, element, "id", &group->id);
  if (status == BERTH_OK)
    status = walk_attribute(&reader->walk, element, "policy", &group->policy);
  if (status == BERTH_OK)
    status = walk_attribute(&reader->walk, element, "priority", &priority);
  group->soft = priority != NULL && strcmp(priority, "0") != 0;
  if (status == BERTH_OK)
    status = walk_attribute(&reader->walk, element, "name", &group->name);
  return status;
}

static berth_status start_system(ovf_reader *reader, const xml_element *element) {
  reader->system = chunked_list_add(&reader->store.systems);
  if (reader->system == NULL)
    return no_memory(reader);
  *reader->system = (ovf_system){.position = here(reader), .appliance = reader->appliance};
  reader->hardware_seen = false;
  source_report_read(reader->store.report, reader->walk.source, "virtual system", 1);
  return walk_attribute(&reader->walk, element, "id", &reader->system->id);
}

static berth_status start_hardware(ovf_reader *reader) {
  reader->hardware_taken = !reader->hardware_seen;
  reader->hardware_seen = true;
  if (!reader->hardware_taken)
    source_report_ignored(reader->store.report, reader->walk.source, "further hardware section", 1);
  return BERTH_OK;
}

static berth_status start_item(ovf_reader *reader, const xml_element *element) {
  assert(reader->system != NULL);
  reader->item = (raw_item){.type = 0, .quantity = BERTH_UNSET, .reservation = 0};
  return walk_attribute(&reader->walk, element, "configuration", &reader->item.configurations);
}

static berth_status enter(void *user, uint8_t at, const xml_element *element) {
  assert(at > OUTSIDE && at < PLACES);
  ovf_reader *reader = user;
  switch ((place)at) {
  case IN_ENVELOPE:
    reader->appliance++;
    reader->store.envelope = here(reader);
    reader->configuration = NULL;
    reader->configuration_marked = false;
    return BERTH_OK;
  case OPTION:
    return start_option(reader, element);
  case GROUP:
    return start_group(reader, element);
  case SYSTEM:
    return start_system(reader, element);
  case PLACEMENT:
    return walk_attribute(&reader->walk, element, "group", &reader->system->group);
  case HARDWARE:
    return start_hardware(reader);
  case ITEM:
    return start_item(reader, element);
  default:
    return BERTH_OK;
  }
}

/* ------------------------------------------------------------------------ items */

/* Whether @p word is one of the words of @p list. */
static bool lists(const char *list, const char *word) {
  assert(list != NULL && word != NULL);
  const size_t length = strlen(word);
  for (const char *at = list; *at != '\0'; at += strspn(at, " \t\r\n")) {
    const size_t word_length = strcspn(at, " \t\r\n");
    if (word_length == length && memcmp(at, word, length) == 0)
      return true;
    at += word_length;
  }
  return false;
}

static void take_number(ovf_reader *reader, const char *text, const berth_position *position,
                        int64_t *out) {
  assert(text != NULL && out != NULL);
  if (!quantity_parse(text, out))
    walk_error(&reader->walk, position, "\"%.40s\"; expected a whole number", text);
}

/* Reservations of CPUs are in MHz however they are written, memory in MiB. */
static bool convert_item(const raw_item *raw, int64_t factor, ovf_item *item) {
  assert(factor > 0 && raw->reservation >= 0);
  const int64_t quantity = raw->quantity < 0 ? 0 : raw->quantity;
  if (raw->type == TYPE_CPU) {
    item->quantity = quantity;
    return quantity_scale(raw->reservation, factor, HERTZ_IN_MHZ, QUANTITY_UP, &item->reservation);
  }
  return quantity_scale(quantity, factor, MIB, QUANTITY_UP, &item->quantity) &&
         quantity_scale(raw->reservation, factor, MIB, QUANTITY_UP, &item->reservation);
}

/* An item of the same kind and instance; the later one takes its place. */
static ovf_item *same_item(const ovf_reader *reader, const ovf_item *item) {
  ovf_item *at = item->instance == NULL ? NULL : reader->system->items;
  while (at != NULL && (at->is_memory != item->is_memory || at->instance == NULL ||
                        strcmp(at->instance, item->instance) != 0))
    at = at->next;
  return at;
}

static berth_status add_item(ovf_reader *reader, const ovf_item *item) {
  assert(reader->system != NULL);
  ovf_item *same = same_item(reader, item);
  if (same != NULL && same->specific && !item->specific)
    return BERTH_OK;
  if (same == NULL && reader->system->item_count++ == ITEMS_MAX)
    return too_many(reader, "items of CPUs and memory", ITEMS_MAX);
  if (same == NULL) {
    same = arena_take(reader->store.memory, 1, sizeof *same);
    if (same == NULL)
      return no_memory(reader);
    same->next = reader->system->items;
    reader->system->items = same;
  }
  ovf_item *next = same->next;
  *same = *item;
  same->next = next;
  return BERTH_OK;
}

static berth_status end_item(ovf_reader *reader, const berth_position *position) {
  assert(reader->system != NULL);
  const raw_item *raw = &reader->item;
  const int64_t factor = quantity_ovf_factor(raw->units);
  ovf_item item = {.instance = raw->instance,
                   .specific = raw->configurations != NULL,
                   .is_memory = raw->type == TYPE_MEMORY};
  if (raw->type != TYPE_CPU && raw->type != TYPE_MEMORY) {
    source_report_ignored(reader->store.report, reader->walk.source, "other device", 1);
    return BERTH_OK;
  }
  if (!reader->hardware_taken ||
      (raw->configurations != NULL &&
       (reader->configuration == NULL || !lists(raw->configurations, reader->configuration))))
    return BERTH_OK;
  if (factor == 0 || !convert_item(raw, factor, &item)) {
    walk_error(&reader->walk, position,
               factor == 0 ? "AllocationUnits \"%.60s\" are not known; expected such as byte * 2^20"
                           : "the amount of \"%.60s\" is too large",
               raw->units == NULL ? "" : raw->units);
    return BERTH_OK;
  }
  return add_item(reader, &item);
}

static berth_status leave(void *user, uint8_t at, char *text, const berth_position *position) {
  assert(text != NULL && at < PLACES);
  ovf_reader *reader = user;
  switch ((place)at) {
  case SYSTEM_NAME:
    return walk_keep(&reader->walk, text, &reader->system->name);
  case PRODUCT:
    return walk_keep(&reader->walk, text, &reader->system->product);
  case ITEM_UNITS:
    return walk_keep(&reader->walk, text, &reader->item.units);
  case ITEM_INSTANCE:
    return walk_keep(&reader->walk, text, &reader->item.instance);
  case ITEM_TYPE:
    take_number(reader, text, position, &reader->item.type);
    return BERTH_OK;
  case ITEM_QUANTITY:
    take_number(reader, text, position, &reader->item.quantity);
    return BERTH_OK;
  case ITEM_RESERVATION:
    take_number(reader, text, position, &reader->item.reservation);
    return BERTH_OK;
  case ITEM:
    return end_item(reader, position);
  default:
    return BERTH_OK;
  }
}

/* ------------------------------------------------------------------------ the dialect */

static bool begins_with(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool knows(const char *uri) {
  return uri != NULL && (begins_with(uri, ENVELOPE) || begins_with(uri, ALLOCATION));
}

static const walk_table table = {.steps = steps,
                                 .step_count = sizeof steps / sizeof *steps,
                                 .knows = knows,
                                 .enter = enter,
                                 .leave = leave};

static bool accepts(const xml_element *element) {
  return walk_accepts(&table, element) && begins_with(element->uri, ENVELOPE);
}

static void destroy(void *user) {
  ovf_reader *reader = user;
  chunked_list_free(&reader->store.systems);
  chunked_list_free(&reader->store.groups);
  walk_close(&reader->walk);
  context_release(reader->walk.ctx, reader);
}

static berth_status create(berth_context *ctx, berth_builder *builder, void **out) {
  (void)builder;
  assert(ctx != NULL && out != NULL);
  ovf_reader *reader = context_take(ctx, 1, sizeof *reader);
  *out = reader;
  if (reader == NULL)
    return BERTH_E_NOMEM;
  chunked_list_init(&reader->store.systems, context_allocator(ctx), sizeof(ovf_system));
  chunked_list_init(&reader->store.groups, context_allocator(ctx), sizeof(ovf_group));
  const berth_status status = walk_open(&reader->walk, ctx, &table, reader);
  reader->store.ctx = ctx;
  reader->store.memory = &reader->walk.memory;
  reader->store.report = reader->walk.report;
  return status;
}

static const xml_handler *begin(void *user) {
  ovf_reader *reader = user;
  return walk_begin(&reader->walk);
}

static berth_status build(void *user, berth_builder *builder) {
  ovf_reader *reader = user;
  const berth_status status = ovf_build(&reader->store, builder);
  if (status == BERTH_OK)
    source_report_tell(reader->store.report);
  return status;
}

void ovf_set_cluster(void *user, const char *into) {
  ovf_reader *reader = user;
  assert(reader != NULL);
  reader->store.into = into;
}

const dialect_reader ovf_dialect = {.id = BERTH_DIALECT_OVF,
                                    .expected = "<Envelope> of OVF",
                                    .is_detail = true,
                                    .takes_several = true,
                                    .accepts = accepts,
                                    .create = create,
                                    .begin = begin,
                                    .build = build,
                                    .destroy = destroy};
