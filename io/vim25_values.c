/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside a property a frame stands at a node of the trie of wanted paths (vim25_paths.h); what
 * leads off the trie is skipped.
 *
 * An array comes in two spellings: a property that is an array has xsi:type ArrayOf... and holds
 * elements named after their type; inside a larger object the element named after the field is
 * repeated. Both end up as items of the same node.
 */
#include "vim25_reader.h"

#include <assert.h>
#include <string.h>

static berth_status add_fact(vim25_reader *reader, const vim25_frame *at, const char *text,
                             size_t length) {
  assert(at->node != NULL && at->node->field != VIM25_NO_FIELD && reader->object != NULL);
  const vim25_fact fact = {.text = text,
                           .node = at->node,
                           .item = at->item,
                           .document = reader->document,
                           .field = (uint16_t)at->node->field,
                           .deprecated = at->deprecated};
  return vim25_store_add(&reader->store, reader->object, &fact, length) != NULL ? BERTH_OK
                                                                                : BERTH_E_NOMEM;
}

/* Of the options of a host, more than a thousand, one matters. */
static bool is_host_option(const vim25_node *node) {
  return node->parent != NULL && node->parent->field == VIM25_OPTION;
}

static bool is_dropped(vim25_reader *reader, const vim25_frame *top, const char *text) {
  if (top->node->field == VIM25_OPTION_KEY && strcmp(text, VIM25_HOST_TIMEOUT_OPTION) != 0)
    reader->dropped_item = top->item;
  return top->item == reader->dropped_item;
}

berth_status vim25_enter_value(vim25_reader *reader, const xml_element *element,
                               vim25_frame *value) {
  assert(value->node != NULL && reader->depth < VIM25_DEEPEST);
  size_t length = 0;
  value->place = IN_VALUE;
  if (value->array || value->undecided || value->node->role != VIM25_ITEM) {
    reader->stack[reader->depth++] = *value;
    return BERTH_OK;
  }
  const char *type = vim25_type_of(element, &length);
  value->item = ++reader->last_item;
  reader->stack[reader->depth++] = *value;
  return value->node->field == VIM25_OPTION ? BERTH_OK : add_fact(reader, value, type, length);
}

bool vim25_is_array(const xml_element *element) {
  static const char prefix[] = "ArrayOf";
  size_t length = 0;
  const char *type = vim25_type_of(element, &length);
  return length >= sizeof prefix - 1 && memcmp(type, prefix, sizeof prefix - 1) == 0;
}

/* Children that are named after a type (in capitals) are items, those named after a field are not.
 */
static berth_status decide(vim25_reader *reader, vim25_frame *top, const xml_element *child) {
  assert(top->place == IN_VALUE && !top->array);
  top->undecided = false;
  top->array = child->name[0] >= 'A' && child->name[0] <= 'Z';
  if (top->array || top->node->role != VIM25_ITEM)
    return BERTH_OK;
  top->item = ++reader->last_item;
  return top->node->field == VIM25_OPTION ? BERTH_OK : add_fact(reader, top, "", 0);
}

/* What a change with a key sends is the item itself, or a part of it. */
berth_status vim25_start_value(vim25_reader *reader, xml_cursor *cursor,
                               const xml_element *element) {
  reader->has_value = true;
  if (reader->object == NULL || reader->property.node == NULL)
    return vim25_skip(cursor);
  assert(reader->property_fact != NULL);
  const bool keyed = reader->property.array == reader->property.node;
  if (reader->property_fact->change == VIM25_ADD && vim25_is_array(element))
    reader->property_fact->change = VIM25_ASSIGN; /* not an element, but the whole list */
  vim25_frame value = {.node = reader->property.node,
                       .array = !keyed && vim25_is_array(element),
                       .undecided =
                           !keyed && vim25_attribute(element, INSTANCE_NAMESPACE, "type") == NULL,
                       .item = reader->property_fact->item,
                       .deprecated = reader->property.deprecated};
  return vim25_enter_value(reader, element, &value);
}

berth_status vim25_start_inner_value(vim25_reader *reader, xml_cursor *cursor,
                                     const xml_element *element, vim25_frame *top) {
  assert(top->place == IN_VALUE && top->node != NULL);
  const berth_status status = top->undecided ? decide(reader, top, element) : BERTH_OK;
  if (status != BERTH_OK)
    return status;
  vim25_frame value = {.deprecated = top->deprecated, .item = top->item};
  value.node =
      top->array ? top->node : vim25_paths_child(top->node, element->name, strlen(element->name));
  if (value.node == NULL || reader->depth == VIM25_DEEPEST)
    return vim25_skip(cursor);
  return vim25_enter_value(reader, element, &value);
}

berth_status vim25_end_value(vim25_reader *reader, const vim25_frame *top) {
  assert(top->node != NULL);
  if (top->node->role != VIM25_LEAF || top->array)
    return BERTH_OK;
  size_t length = 0;
  const char *text = gathered_text_trimmed(&reader->text, &length);
  gathered_text_clear(&reader->text);
  if (is_host_option(top->node) && is_dropped(reader, top, text))
    return BERTH_OK;
  return add_fact(reader, top, text, length);
}
