/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datastores and networks. Where these objects are in the dump, berth calls them by name (with the
 * id where two have the same), else by id. A host reaches what its own property lists, less what a
 * datastore says it cannot access; without that property, what the datastores and networks say; if
 * nobody says anything, it is not known, and everything that a VM needs is taken as within reach.
 */
#include "vim25_build.h"

#include "context_internal.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

static berth_status out_of_memory(vim25_building *b) {
  return context_fail(b->ctx, BERTH_E_NOMEM, NULL, "out of memory");
}

/* ------------------------------------------------------------------------ names */

/* "name (id)" where another one of the kind has the name too. */
static const char *make_label(vim25_building *b, const vim25_object *object, const char *name,
                              bool ambiguous) {
  char label[320];
  if (name == NULL || name[0] == '\0')
    return object->id;
  if (!ambiguous)
    return name;
  snprintf(label, sizeof label, "%.200s (%.100s)", name, object->id);
  return arena_text(&b->store->memory, label, strlen(label));
}

berth_status vim25_label_links(vim25_building *b, vim25_kind kind) {
  vim25_store *store = b->store;
  const uint32_t count = vim25_store_count(store);
  const char **names = context_take(b->ctx, (size_t)count + 1, sizeof *names);
  name_table by_name = {0};
  berth_status status = names == NULL ? BERTH_E_NOMEM : BERTH_OK;
  assert(kind == VIM25_DATASTORE_OBJECT || kind == VIM25_NETWORK_OBJECT);
  for (uint32_t i = 0; status == BERTH_OK && i < count; i++) {
    const vim25_object *object = vim25_store_at(store, i);
    if (object->kind == kind && !object->gone)
      names[i] = vim25_store_text(store, object, VIM25_NAME);
  }
  if (status == BERTH_OK && !name_table_build(&by_name, &store->memory, names, count))
    status = out_of_memory(b);
  for (uint32_t i = 0; status == BERTH_OK && i < count; i++) {
    vim25_object *object = vim25_store_at(store, i);
    bool ambiguous = false;
    if (object->kind != kind)
      continue;
    if (names[i] != NULL)
      name_table_find(&by_name, names, names[i], &ambiguous);
    object->label = make_label(b, object, names[i], ambiguous);
    if (object->label == NULL)
      status = out_of_memory(b);
  }
  context_release(b->ctx, names);
  return status;
}

/* What berth calls the datastore or network @p id. */
static const char *label_of(const vim25_building *b, const char *id) {
  const vim25_object *object = vim25_store_find(b->store, id);
  return object == NULL || object->label == NULL ? id : object->label;
}

/* ------------------------------------------------------------------------ what is needed */

static vim25_field field_of(vim25_link link) {
  return link == VIM25_LINK_DATASTORE ? VIM25_DATASTORE : VIM25_NETWORK;
}

berth_status vim25_collect_needs(vim25_building *b, vim25_object *vm) {
  vim25_walk walk = {0};
  const vim25_fact *fact = NULL;
  assert(vm->kind == VIM25_VM);
  while ((fact = vim25_store_next(b->store, vm, &walk)) != NULL) {
    uint32_t number = 0;
    if (fact->field != VIM25_DATASTORE && fact->field != VIM25_NETWORK)
      continue;
    const vim25_link link =
        fact->field == VIM25_DATASTORE ? VIM25_LINK_DATASTORE : VIM25_LINK_NETWORK;
    if (!name_pool_enter(&b->needed[link], &b->store->memory, label_of(b, fact->text), &number))
      return out_of_memory(b);
  }
  return BERTH_OK;
}

berth_status vim25_add_needs(vim25_building *b, const vim25_object *vm, uint32_t index) {
  berth_status status = BERTH_OK;
  vim25_walk walk = {0};
  const vim25_fact *fact = NULL;
  assert(index != BERTH_NONE);
  while (status == BERTH_OK && (fact = vim25_store_next(b->store, vm, &walk)) != NULL) {
    if (fact->field == VIM25_DATASTORE)
      status = berth_builder_vm_needs_datastore(b->builder, index, label_of(b, fact->text));
    else if (fact->field == VIM25_NETWORK)
      status = berth_builder_vm_needs_network(b->builder, index, label_of(b, fact->text));
  }
  return status;
}

/* ------------------------------------------------------------------------ what is reached */

/* How a datastore or network tells of a host. */
typedef enum mount { MOUNT_UNTOLD = 0, MOUNT_YES, MOUNT_NO } mount;

static mount mount_at(const vim25_building *b, const vim25_object *link, const char *host) {
  mount found = MOUNT_UNTOLD;
  bool here = false;
  vim25_walk walk = {0};
  const vim25_fact *fact = NULL;
  while ((fact = vim25_store_next(b->store, link, &walk)) != NULL) {
    if (fact->field == VIM25_LINK_HOST && strcmp(fact->text, host) == 0)
      return MOUNT_YES;
    if (fact->field == VIM25_MOUNT_HOST) {
      here = strcmp(fact->text, host) == 0;
      found = here ? MOUNT_YES : found;
    }
    if (here && fact->field == VIM25_MOUNT_ACCESSIBLE)
      return strcmp(fact->text, "false") == 0 ? MOUNT_NO : MOUNT_YES;
  }
  return found;
}

static berth_status reach(vim25_building *b, vim25_link link, uint32_t index, const char *label) {
  assert(label != NULL && index != BERTH_NONE);
  return link == VIM25_LINK_DATASTORE ? berth_builder_host_reach_datastore(b->builder, index, label)
                                      : berth_builder_host_reach_network(b->builder, index, label);
}

/* What the host lists itself. */
static berth_status reach_listed(vim25_building *b, const vim25_object *host, vim25_link link,
                                 uint32_t index) {
  berth_status status = BERTH_OK;
  vim25_walk walk = {0};
  const vim25_fact *fact = NULL;
  uint32_t lost = 0;
  while (status == BERTH_OK && (fact = vim25_store_next(b->store, host, &walk)) != NULL) {
    if (fact->field != (uint16_t)field_of(link))
      continue;
    const vim25_object *object = vim25_store_find(b->store, fact->text);
    if (object != NULL && object->kind == VIM25_DATASTORE_OBJECT &&
        mount_at(b, object, host->id) == MOUNT_NO) {
      lost++;
      continue;
    }
    status = reach(b, link, index, label_of(b, fact->text));
  }
  if (lost > 0)
    context_problem(b->ctx, BERTH_NOTE, BERTH_OK, &host->position,
                    "%.60s: cannot access %u of its datastores; taken as out of reach", host->id,
                    (unsigned)lost);
  return status;
}

/* What datastores or networks say about the host. *told: one of them said anything. */
static berth_status reach_told(vim25_building *b, const vim25_object *host, vim25_link link,
                               uint32_t index, bool *told) {
  const vim25_kind kind =
      link == VIM25_LINK_DATASTORE ? VIM25_DATASTORE_OBJECT : VIM25_NETWORK_OBJECT;
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; status == BERTH_OK && i < vim25_store_count(b->store); i++) {
    const vim25_object *object = vim25_store_at(b->store, i);
    if (object->kind != kind || object->gone)
      continue;
    const mount found = mount_at(b, object, host->id);
    *told = *told || found != MOUNT_UNTOLD;
    if (found == MOUNT_YES)
      status = reach(b, link, index, object->label);
  }
  return status;
}

static berth_status reach_all(vim25_building *b, const vim25_object *host, vim25_link link,
                              uint32_t index) {
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; status == BERTH_OK && i < b->needed[link].names.count; i++)
    status = reach(b, link, index, name_pool_at(&b->needed[link], i));
  vim25_count_unknown(b, host,
                      link == VIM25_LINK_DATASTORE ? "datastores of hosts" : "networks of hosts");
  return status;
}

berth_status vim25_add_reach(vim25_building *b, const vim25_object *host, uint32_t index) {
  berth_status status = BERTH_OK;
  assert(host->kind == VIM25_HOST);
  for (int l = 0; status == BERTH_OK && l < VIM25_LINK_COUNT; l++) {
    const vim25_link link = (vim25_link)l;
    bool told = false;
    if (vim25_store_was_sent(b->store, host, field_of(link))) {
      status = reach_listed(b, host, link, index);
      continue;
    }
    status = reach_told(b, host, link, index, &told);
    if (status == BERTH_OK && !told)
      status = reach_all(b, host, link, index);
  }
  return status;
}

void vim25_note_store(vim25_building *b, const vim25_object *store) {
  const char *mode = vim25_store_text(b->store, store, VIM25_STORE_MAINTENANCE);
  assert(store->kind == VIM25_DATASTORE_OBJECT);
  if (mode != NULL && strcmp(mode, "normal") != 0 && mode[0] != '\0')
    context_problem(
        b->ctx, BERTH_NOTE, BERTH_OK, &store->position,
        "%.60s: the datastore is in maintenance mode (%.40s); berth moves no disks, and "
        "its VMs still need it",
        store->id, mode);
}
