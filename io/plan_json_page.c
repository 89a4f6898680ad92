/* SPDX-License-Identifier: Apache-2.0 */
/* What is written of an inventory goes by its ids. */
#include "plan_json_page.h"
#include <assert.h>

void json_set(json_page *page, json_t *object, const char *key, json_t *value) {
  assert(key != NULL);
  json_put(object, key, value, &page->trouble);
}

void json_set_text(json_page *page, json_t *object, const char *key, const char *text) {
  if (text != NULL)
    json_set(page, object, key, json_text(text, &page->trouble));
}

void json_set_number(json_page *page, json_t *object, const char *key, int64_t number) {
  json_set(page, object, key, json_integer(number));
}

void json_set_time(json_page *page, json_t *object, const char *key, int64_t seconds) {
  if (seconds != BERTH_UNSET)
    json_set_number(page, object, key, seconds);
}

void json_set_host(json_page *page, json_t *object, const char *key, uint32_t host) {
  if (host != BERTH_NONE)
    json_set_text(page, object, key, berth_inventory_host_id(page->inventory, host));
}

void json_set_vm(json_page *page, json_t *object, uint32_t vm) {
  if (vm != BERTH_NONE)
    json_set_text(page, object, "vm", berth_inventory_vm_id(page->inventory, vm));
}

void json_page_emit(json_page *page, const char *before, json_t *value) {
  assert(page->stream != NULL && before != NULL);
  json_emit(page->stream, before, value, &page->trouble);
}
