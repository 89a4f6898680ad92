/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file native_schema.h
 * The native dialect as tables: which elements there are, where they belong, and which attribute
 * fills which field of which spec. Reader and writer both go by these tables; io/schema/berth-1.xsd
 * says the same to others.
 */
#ifndef BERTH_IO_NATIVE_SCHEMA_H
#define BERTH_IO_NATIVE_SCHEMA_H

#include <berth/inventory.h>
#include <berth/scenario.h>

#define NATIVE_NAMESPACE "urn:berth:1"

/** Elements of an inventory, then of a scenario: the events have the order of ::berth_event_type.
 */
typedef enum native_element_id {
  NATIVE_INVENTORY = 0,
  NATIVE_RESOURCE,
  NATIVE_CLUSTER,
  NATIVE_HA,
  NATIVE_ADMISSION,
  NATIVE_DRS,
  NATIVE_DPM,
  NATIVE_LIMITS,
  NATIVE_HOST,
  NATIVE_CAPACITY,
  NATIVE_REACH,
  NATIVE_NUMA,
  NATIVE_VM,
  NATIVE_NEEDS,
  NATIVE_NOTIFICATION,
  NATIVE_VM_GROUP,
  NATIVE_HOST_GROUP,
  NATIVE_RULE,
  NATIVE_SCENARIO,
  NATIVE_FIRST_EVENT,
  NATIVE_ELEMENT_COUNT = NATIVE_FIRST_EVENT + BERTH_EVENT_COUNT,
  NATIVE_NO_ELEMENT = NATIVE_ELEMENT_COUNT
} native_element_id;

typedef enum native_kind { NATIVE_TEXT = 0, NATIVE_NUMBER, NATIVE_FLAG, NATIVE_WORD } native_kind;

/** An enumeration: from word to value and back. The field holds an enum, as wide as unsigned. */
typedef struct native_enumeration {
  bool (*parse)(const char *word, void *field);
  const char *(*word)(unsigned value); /* NULL = none */
  unsigned count;
} native_enumeration;

/** An attribute and the field of the element's spec that it fills. */
typedef struct native_attribute {
  const char *name;
  native_kind kind;
  bool required;
  size_t offset;
  int64_t low, high;                     /* of a number */
  const native_enumeration *enumeration; /* of a word */
} native_attribute;

/** An element. Its attributes stand in canonical order. */
typedef struct native_element {
  const char *name;
  native_element_id parent; /* NATIVE_NO_ELEMENT = a document element */
  const native_attribute *attributes;
  uint32_t attribute_count;
  const void *defaults; /* the spec as its INIT macro makes it */
} native_element;

/** The spec of elements that have no public one: resource, capacity, reach, needs, numa, groups. */
typedef struct native_detail {
  const char *id, *members;
  const char *resource, *datastore, *network;
  int64_t amount, node, cpu_mhz, memory_mib;
} native_detail;

#define NATIVE_DETAIL_INIT                                                                         \
  { .amount = BERTH_UNSET, .node = BERTH_UNSET, .cpu_mhz = BERTH_UNSET, .memory_mib = BERTH_UNSET }

/** An inventory or a scenario has a name. */
typedef struct native_document {
  const char *name;
} native_document;

/** Never NULL for an id below NATIVE_ELEMENT_COUNT. Static. */
const native_element *native_element_at(native_element_id id);

/** All names of elements and attributes, ascending: the vocabulary for xml_cursor.h. Static. */
const char *const *native_words(uint32_t *count);

#endif
