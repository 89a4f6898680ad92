/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of paths, looked through from its kind's first row on: a few dozen rows a kind.
 */
#include "opennebula_paths.h"

#include <assert.h>
#include <string.h>

static const struct {
  opennebula_kind kind;
  const char *path;
  bool item;
} rows[OPENNEBULA_FIELD_COUNT] = {
#define OPENNEBULA_ROW(constant, row_kind, row_path, is_item)                                      \
  {.kind = OPENNEBULA_##row_kind, .path = row_path, .item = is_item},
    OPENNEBULA_PATH_TABLE(OPENNEBULA_ROW)
#undef OPENNEBULA_ROW
};

/* Whether @p path stands at the row, and if not, whether it leads there. */
static bool matches(const char *row, const char *path, size_t length, bool *leads) {
  const size_t row_length = strlen(row);
  const bool any = row[row_length - 1] == '*';
  *leads = length < row_length && row[length] == '/' && strncmp(row, path, length) == 0;
  if (!any)
    return strcmp(row, path) == 0;
  return length >= row_length && strncmp(row, path, row_length - 1) == 0 &&
         strchr(path + row_length - 1, '/') == NULL;
}

opennebula_place opennebula_find_path(opennebula_kind kind, const char *path) {
  assert(path != NULL && path[0] != '\0' && kind < OPENNEBULA_KINDS);
  const size_t length = strlen(path);
  opennebula_place place = {.field = OPENNEBULA_FIELD_COUNT};
  for (int f = 0; f < OPENNEBULA_FIELD_COUNT; f++) {
    bool leads = false;
    if (rows[f].kind != kind)
      continue;
    if (matches(rows[f].path, path, length, &leads)) {
      place.field = (opennebula_field)f;
      place.item = rows[f].item;
      place.leaf = !rows[f].item;
      place.wanted = true;
    }
    place.wanted = place.wanted || leads;
  }
  assert(place.wanted || !(place.leaf || place.item));
  return place;
}

const char *opennebula_field_path(opennebula_field field) {
  assert(field < OPENNEBULA_FIELD_COUNT);
  return rows[field].path;
}

const char *opennebula_kind_element(opennebula_kind kind) {
  static const char *const elements[OPENNEBULA_KINDS] = {
      [OPENNEBULA_HOST] = "HOST",           [OPENNEBULA_VM] = "VM",
      [OPENNEBULA_VM_GROUP] = "VM_GROUP",   [OPENNEBULA_CLUSTER] = "CLUSTER",
      [OPENNEBULA_DATASTORE] = "DATASTORE", [OPENNEBULA_VNET] = "VNET",
      [OPENNEBULA_REQUIREMENT] = "VM"};
  assert(kind < OPENNEBULA_KINDS);
  return elements[kind];
}
