/* SPDX-License-Identifier: Apache-2.0 */
/* Ids and names: copies of those of rules and groups, look-up tables, and ids that are missing,
 * hold white space or are not unique. */
#include "freeze_internal.h"
#include "name_table.h"
#include <assert.h>
#include <string.h>

static bool holds_white_space(const char *id) {
  for (; *id != '\0'; id++)
    if (*id == ' ' || *id == '\t' || *id == '\r' || *id == '\n')
      return true;
  return false;
}

bool freeze_id_is_sound(const char *id) {
  return id != NULL && id[0] != '\0' && !holds_white_space(id);
}

/* White space separates ids in lists, so that an id with it could never be named in one. */
static void check_id(freezing *f, const char *kind, const char *id,
                     const berth_position *position) {
  if (id == NULL || id[0] == '\0')
    freeze_error(f, position, "%s without id; expected one", kind);
  else if (holds_white_space(id))
    freeze_error(f, position, "%s \"%s\": the id holds white space; expected none", kind, id);
}

static bool copy_rule_ids(freezing *f) {
  uint32_t count = f->inventory->rule_count;
  const char **ids = arena_take(&f->inventory->memory, count, sizeof *ids);
  if (ids == NULL)
    return false;
  for (uint32_t r = 0; r < count; r++) {
    const built_rule *rule = chunked_list_at(&f->builder->rules, f->rule_source[r]);
    if (!freeze_text(f, freeze_shown(rule->spec.id), &ids[r]) ||
        !freeze_text(f, rule->spec.name, &f->rules[r].name))
      return false;
    f->rules[r].id = ids[r];
  }
  f->inventory->rule_id = ids;
  return true;
}

static bool copy_group_ids(freezing *f, const chunked_list *built, const uint32_t *source,
                           frozen_group *groups, uint32_t count, const char *kind) {
  for (uint32_t g = 0; g < count; g++) {
    const built_group *group = chunked_list_at(built, source[g]);
    if (!freeze_text(f, freeze_shown(group->id), &groups[g].id))
      return false;
    groups[g].cluster = group->cluster;
    check_id(f, kind, group->id, &group->position);
  }
  return true;
}

static const berth_position *host_position(const freezing *f, uint32_t host) {
  return &((const built_host *)chunked_list_at(&f->builder->hosts, f->host_source[host]))
              ->spec.position;
}

static const berth_position *rule_position(const freezing *f, uint32_t rule) {
  return &((const built_rule *)chunked_list_at(&f->builder->rules, f->rule_source[rule]))
              ->spec.position;
}

static const berth_position *cluster_position(const freezing *f, uint32_t cluster) {
  return &((const built_cluster *)chunked_list_at(&f->builder->clusters, cluster))->spec.position;
}

/* A kind of object with ids that are unique in the inventory. */
typedef struct named_kind {
  const char *kind;
  const char *const *ids;
  uint32_t count;
  const berth_position *(*position)(const freezing *f, uint32_t index);
  bool sound; /* each id by itself */
} named_kind;

static bool build_ids(freezing *f, const named_kind *k, name_table *table, arena *memory) {
  uint32_t repeats = 0;
  if (!name_table_build_counting(table, memory, k->ids, k->count, &repeats))
    return false;
  for (uint32_t i = 0; i < k->count && !(k->sound && repeats == 0); i++) {
    const berth_position *position = k->position(f, i);
    check_id(f, k->kind, k->ids[i], position);
    if (repeats == 0 || k->ids[i][0] == '\0')
      continue;
    uint32_t first = name_table_find(table, k->ids, k->ids[i], NULL);
    if (first != i)
      freeze_error(f, position,
                   "%s \"%s\": another %s, in line %lu, has this id; expected ids that are unique",
                   k->kind, k->ids[i], k->kind, (unsigned long)k->position(f, first)->line);
  }
  return true;
}

static bool check_cluster_ids(freezing *f) {
  uint32_t count = f->inventory->cluster_count;
  const char **ids = arena_take(&f->scratch, count, sizeof *ids);
  if (ids == NULL)
    return false;
  for (uint32_t c = 0; c < count; c++)
    ids[c] = f->clusters[c].id;
  name_table table;
  return build_ids(f, &(named_kind){"cluster", ids, count, cluster_position, false}, &table,
                   &f->scratch);
}

bool freeze_fill_names(freezing *f) {
  assert(f != NULL && f->inventory->host_id != NULL && f->inventory->vm_id != NULL);
  const berth_builder *b = f->builder;
  berth_inventory *inventory = f->inventory;
  arena *memory = &inventory->memory;
  if (!copy_rule_ids(f) || !check_cluster_ids(f) ||
      !copy_group_ids(f, &b->vm_groups, f->vm_group_source, f->vm_groups, inventory->vm_group_count,
                      "vm-group") ||
      !copy_group_ids(f, &b->host_groups, f->host_group_source, f->host_groups,
                      inventory->host_group_count, "host-group"))
    return false;
  const named_kind hosts = {"host", inventory->host_id, inventory->host_count, host_position,
                            false};
  const named_kind vms = {"vm", inventory->vm_id, inventory->vm_count, freeze_vm_position,
                          f->columns != &f->spelled};
  const named_kind rules = {"rule", inventory->rule_id, inventory->rule_count, rule_position,
                            false};
  return build_ids(f, &hosts, &inventory->host_by_id, memory) &&
         build_ids(f, &vms, &inventory->vm_by_id, memory) &&
         build_ids(f, &rules, &inventory->rule_by_id, memory) &&
         name_table_build(&inventory->host_by_name, memory, inventory->host_name, hosts.count) &&
         name_table_build(&inventory->vm_by_name, memory, inventory->vm_name, vms.count);
}
