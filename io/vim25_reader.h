/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file vim25_reader.h
 * The reader of vim25 documents, shared by its parts: vim25_reader.c knows the envelopes,
 * vim25_objects.c objects and their properties, vim25_values.c what stands inside a property,
 * vim25_side_documents.c answers that do not say whose they are.
 */
#ifndef BERTH_IO_VIM25_READER_H
#define BERTH_IO_VIM25_READER_H

#include "gathered_text.h"
#include "source_report.h"
#include "vim25_store.h"
#include "xml_cursor.h"

#define VIM25_NAMESPACE "urn:vim25"
#define SOAP_NAMESPACE "http://schemas.xmlsoap.org/soap/envelope/"
#define INSTANCE_NAMESPACE "http://www.w3.org/2001/XMLSchema-instance"

enum { VIM25_DEEPEST = 40 };

typedef enum vim25_place {
  IN_ENVELOPE,
  IN_BODY,
  IN_FAULT,
  IN_FAULT_TEXT,
  IN_FAULT_DETAIL,
  IN_RESPONSE,    /* of the old form: <returnval> is an object */
  IN_RESPONSE_EX, /* <returnval> holds <objects> */
  IN_RETURN_VALUE,
  IN_TOKEN,
  IN_UPDATES, /* <returnval> is a set of updates */
  IN_UPDATE_SET,
  IN_TRUNCATED,
  IN_FILTER,
  IN_OPTIONS, /* answer of QueryOptions: <returnval> is an option */
  IN_FETCH,   /* <returnval> is a property */
  IN_FETCHED, /* before whose it is was read */
  IN_FETCHED_ID,
  IN_NOTHING, /* an answer without content */
  IN_OBJECT,
  IN_OBJECT_ID,
  IN_UPDATE_KIND,
  IN_PROPERTY,
  IN_CHANGE,
  IN_CHANGE_OPERATION,
  IN_PROPERTY_NAME,
  IN_VALUE,
  IN_MISSING,
  IN_MISSING_PATH,
  IN_MISSING_FAULT
} vim25_place;

typedef struct vim25_frame {
  vim25_place place;
  const vim25_node *node; /* of IN_VALUE */
  bool array;             /* its children are items of its own node */
  bool undecided;         /* a property without xsi:type: its first child will tell */
  bool deprecated;
  uint32_t item;
} vim25_frame;

typedef struct vim25_reader {
  berth_context *ctx;
  xml_handler handler;
  vim25_store store;
  source_report *report;
  const vim25_node *roots[VIM25_OTHER];
  vim25_frame stack[VIM25_DEEPEST];
  uint32_t depth;
  uint32_t document;       /* number of the one at hand */
  const char *source;      /* what the report calls it */
  vim25_kind kind;         /* of the object at hand */
  berth_position position; /* of its <obj> */
  vim25_object *object;    /* NULL = before <obj>, or of no interest */
  vim25_path property;     /* the property at hand; its node NULL = skip its value */
  vim25_fact *property_fact;
  bool has_value;
  bool leaves;         /* the object at hand, by the kind of its update */
  const char *fetched; /* the property that an answer to Fetch holds */
  const char *self;    /* the element in it that says whose it is; NULL = none does */
  vim25_fact missing;  /* the path at hand that could not be read */
  bool has_missing;
  uint32_t last_item;
  uint32_t dropped_item;          /* an option of no interest */
  uint32_t tokens, continuations; /* pages that announced a next one, pages that are one */
  bool truncated;                 /* the last set of updates was only a part of it */
  int64_t default_timeout;        /* of hosts whose notification timeout is not known */
  gathered_text text;             /* since the last start */
} vim25_reader;

/* vim25_reader.c */
bool vim25_element_is(const xml_element *element, const char *name);
/** The attribute of that name and namespace (NULL = none), or NULL. */
const xml_attribute *vim25_attribute(const xml_element *element, const char *uri, const char *name);
/** The local part of xsi:type; *length 0 if there is none. */
const char *vim25_type_of(const xml_element *element, size_t *length);
berth_status vim25_push(vim25_reader *reader, vim25_place place);
berth_status vim25_skip(xml_cursor *cursor);

/* vim25_values.c */
berth_status vim25_start_value(vim25_reader *reader, xml_cursor *cursor,
                               const xml_element *element);
berth_status vim25_start_inner_value(vim25_reader *reader, xml_cursor *cursor,
                                     const xml_element *element, vim25_frame *top);
berth_status vim25_end_value(vim25_reader *reader, const vim25_frame *top);
/** Opens a frame at a node of the trie; its item is told at once. */
berth_status vim25_enter_value(vim25_reader *reader, const xml_element *element,
                               vim25_frame *value);
/** Whether an element is an array by its xsi:type. */
bool vim25_is_array(const xml_element *element);

/* vim25_objects.c */
berth_status vim25_push_object(vim25_reader *reader);
berth_status vim25_start_in_object(vim25_reader *reader, xml_cursor *cursor,
                                   const xml_element *element);
berth_status vim25_start_in_property(vim25_reader *reader, xml_cursor *cursor,
                                     const xml_element *element);
berth_status vim25_start_in_missing(vim25_reader *reader, xml_cursor *cursor,
                                    const xml_element *element);
/** The end of any of the places of an object. */
berth_status vim25_end_in_object(vim25_reader *reader, vim25_place place);
/** Opens the object @p id of reader->kind; reader->object stays NULL if it cannot be. */
berth_status vim25_open_object(vim25_reader *reader, const char *id);

/* vim25_side_documents.c */
/** The answer of QueryOptions begins: whose it is must be known by the name of the source. */
berth_status vim25_start_options(vim25_reader *reader, const xml_element *element);
berth_status vim25_start_option(vim25_reader *reader, xml_cursor *cursor,
                                const xml_element *element);
/** <returnval> of FetchResponse. */
berth_status vim25_start_fetched(vim25_reader *reader, xml_cursor *cursor,
                                 const xml_element *element);
/** The first element in it, where the name of the source does not say whose it is. */
berth_status vim25_start_in_fetched(vim25_reader *reader, xml_cursor *cursor,
                                    const xml_element *element);
berth_status vim25_end_fetched_id(vim25_reader *reader);

#endif
