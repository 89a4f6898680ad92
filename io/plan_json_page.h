/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file plan_json_page.h
 * Documents about an inventory as JSON, an element a line: each is built, written and freed, so
 * that a long list needs the memory of one. Keys come in the order in which they are set.
 */
#ifndef BERTH_IO_PLAN_JSON_PAGE_H
#define BERTH_IO_PLAN_JSON_PAGE_H

#include "plan_json_build.h"
#include <berth/inventory.h>
#include <berth/plan.h>

typedef struct json_page {
  const berth_inventory *inventory;
  const berth_plan *plan; /* NULL = the document is about none */
  FILE *stream;
  json_trouble trouble;
} json_page;

/** Gives the value away; of text, time, host and VM nothing is set where there is none: NULL,
 *  BERTH_UNSET, BERTH_NONE. */
void json_set(json_page *page, json_t *object, const char *key, json_t *value);
void json_set_text(json_page *page, json_t *object, const char *key, const char *text);
void json_set_number(json_page *page, json_t *object, const char *key, int64_t number);
void json_set_time(json_page *page, json_t *object, const char *key, int64_t seconds);
void json_set_host(json_page *page, json_t *object, const char *key, uint32_t host);
/** With the key "vm". */
void json_set_vm(json_page *page, json_t *object, uint32_t vm);

/** Writes @p before and the value, and frees the value. */
void json_page_emit(json_page *page, const char *before, json_t *value);

#endif
