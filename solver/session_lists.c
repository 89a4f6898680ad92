/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists name groups and single objects. Of the first inventory's lists, groups stay as they are
 * called and get other members; a VM that is gone is left out; what is like a VM or host that is
 * named follows at the end, as a scenario would have it. Rules of the session name every member.
 *
 * A group goes before an object of the same id, so an object that is called like a group cannot be
 * named in a rule: it gets a group of its own for that.
 */
#include "session_lists.h"
#include "context_internal.h"
#include "frozen.h"
#include "keyed_sort.h"
#include "name_table.h"
#include "session_inventory.h"
#include "thaw.h"
#include <stdio.h>
#include <string.h>

/* An object that is called like a group, and what rules call it. */
typedef struct alias {
  uint32_t object;
  const char *group;
  struct alias *next;
} alias;

/* Hosts or VMs with their groups. */
typedef struct list_kind {
  bool hosts;
  const name_table *by_id;
  const char *const *ids;   /* of the first inventory */
  const uint32_t *clusters; /* likewise */
  const frozen_group *groups;
  uint32_t group_count;
  name_table group_table; /* of all clusters */
  const char **group_ids;
  uint32_t *follower; /* [index of the first inventory] first added one like it; BERTH_NONE */
  uint32_t *next;     /* [number] the next one that is like the same */
  alias *aliases;
} list_kind;

typedef struct list_writer {
  const berth_view *view;
  berth_builder *builder;
  arena *memory;
  list_kind hosts, vms;
  char *text; /* the list in hand */
  size_t used, room;
  uint32_t *member_start, *members; /* CSR by rule number: of the session's own rules */
} list_writer;

/* ------------------------------------------------------------------------ followers */

static bool index_groups(list_writer *w, list_kind *kind) {
  kind->group_ids = arena_take(w->memory, kind->group_count, sizeof *kind->group_ids);
  if (kind->group_ids == NULL)
    return false;
  for (uint32_t g = 0; g < kind->group_count; g++)
    kind->group_ids[g] = kind->groups[g].id;
  return name_table_build(&kind->group_table, w->memory, kind->group_ids, kind->group_count);
}

static bool take_followers(list_writer *w, list_kind *kind, uint32_t base, uint32_t numbers) {
  kind->follower = arena_take(w->memory, base, sizeof *kind->follower);
  kind->next = arena_take(w->memory, numbers, sizeof *kind->next);
  if (kind->follower == NULL || kind->next == NULL)
    return false;
  memset(kind->follower, 0xff, base * sizeof *kind->follower); /* BERTH_NONE */
  return true;
}

/* From the last to the first, so that they stand in the order of their numbers. */
static void follow(list_kind *kind, uint32_t number, uint32_t root) {
  assert(root < number || !kind->hosts);
  kind->next[number] = kind->follower[root];
  kind->follower[root] = number;
}

static bool find_followers(list_writer *w) {
  const berth_view *view = w->view;
  const berth_inventory *base = view->ground->inventory;
  if (!take_followers(w, &w->hosts, base->host_count, view->host_count) ||
      !take_followers(w, &w->vms, base->vm_count, view->vm_count))
    return false;
  for (uint32_t host = view->host_count; host-- > base->host_count;)
    follow(&w->hosts, host, host_root_of(view, host));
  for (uint32_t vm = view->vm_count; vm-- > 0;) {
    const vm_record *record = vm_exists(view, vm) ? vm_record_of(view, vm) : NULL;
    if (record != NULL && record->added && record->like != BERTH_NONE)
      follow(&w->vms, vm, record->like);
  }
  return true;
}

/* Whether the VM or host of the first inventory is there still. */
static bool is_there(const list_writer *w, const list_kind *kind, uint32_t object) {
  assert(object < (kind->hosts ? w->view->host_count : w->view->vm_count));
  if (kind->hosts)
    return true;
  if (!vm_exists(w->view, object))
    return false;
  const vm_record *record = vm_record_of(w->view, object);
  return record == NULL || !record->added;
}

static const char *id_of(const list_writer *w, const list_kind *kind, uint32_t number) {
  return kind->hosts ? berth_view_host_id(w->view, number) : berth_view_vm_id(w->view, number);
}

/* ------------------------------------------------------------------------ text */

static void begin_text(list_writer *w) {
  w->used = 0;
}

static bool put_word(list_writer *w, const char *word, size_t length) {
  assert(length > 0 && w->used <= w->room);
  size_t needed = w->used + length + 2;
  if (needed > w->room) {
    char *grown = context_grow(w->builder->ctx, w->text, 2 * needed, 1);
    if (grown == NULL)
      return false;
    w->text = grown;
    w->room = 2 * needed;
  }
  if (w->used > 0)
    w->text[w->used++] = ' ';
  memcpy(w->text + w->used, word, length);
  w->used += length;
  w->text[w->used] = '\0';
  return true;
}

static const char *end_text(const list_writer *w) {
  return w->used > 0 ? w->text : "";
}

typedef struct word {
  const char *text;
  size_t length;
} word;

static bool next_word(const char **rest, word *out) {
  static const char white_space[] = " \t\r\n";
  *rest += strspn(*rest, white_space);
  *out = (word){*rest, strcspn(*rest, white_space)};
  *rest += out->length;
  return out->length > 0;
}

static bool is_called(word w, const char *id) {
  return strncmp(w.text, id, w.length) == 0 && id[w.length] == '\0';
}

static bool names_group(const list_kind *kind, uint32_t cluster, word w) {
  if (name_table_find_text(&kind->group_table, kind->group_ids, w.text, w.length, NULL) ==
      BERTH_NONE)
    return false;
  for (uint32_t g = 0; g < kind->group_count; g++) {
    if (kind->groups[g].cluster == cluster && is_called(w, kind->groups[g].id))
      return true;
  }
  return false;
}

/* ------------------------------------------------------------------------ aliases */

static bool is_taken(const list_writer *w, const list_kind *kind, const char *id) {
  uint32_t numbers = kind->hosts ? w->view->host_count : w->view->vm_count;
  const chunked_list *groups = kind->hosts ? &w->builder->host_groups : &w->builder->vm_groups;
  bool taken = name_table_find(kind->by_id, kind->ids, id, NULL) != BERTH_NONE;
  for (uint32_t i = 0; !taken && i < numbers; i++)
    taken = (kind->hosts || vm_exists(w->view, i)) && strcmp(id_of(w, kind, i), id) == 0;
  for (uint32_t g = 0; !taken && g < groups->count; g++)
    taken = strcmp(((const built_group *)chunked_list_at(groups, g))->id, id) == 0;
  return taken;
}

/* An id that no object and no group has: "<id>+1", "<id>+2", ... */
static const char *unused_id(list_writer *w, const list_kind *kind, const char *like) {
  size_t room = strlen(like) + sizeof "+4294967295";
  char *id = arena_take(w->memory, room, 1);
  uint32_t suffix = 1;
  if (id == NULL)
    return NULL;
  do
    (void)snprintf(id, room, "%s+%u", like, suffix++);
  while (is_taken(w, kind, id));
  return id;
}

static const alias *add_alias(list_writer *w, list_kind *kind, uint32_t cluster, uint32_t object) {
  alias *made = arena_take(w->memory, 1, sizeof *made);
  const char *id = id_of(w, kind, object), *group = unused_id(w, kind, id);
  if (made == NULL || group == NULL)
    return NULL;
  berth_status status = kind->hosts
                            ? berth_builder_add_host_group(w->builder, cluster, group, id, NULL)
                            : berth_builder_add_vm_group(w->builder, cluster, group, id, NULL);
  if (status != BERTH_OK)
    return NULL;
  assert(names_group(kind, cluster, (word){id, strlen(id)}));
  *made = (alias){.object = object, .group = group, .next = kind->aliases};
  return kind->aliases = made;
}

/* Names one object in a list of a rule. */
static bool put_object(list_writer *w, list_kind *kind, uint32_t cluster, uint32_t object) {
  const char *id = id_of(w, kind, object);
  word called = {id, strlen(id)};
  if (!names_group(kind, cluster, called))
    return put_word(w, called.text, called.length);
  const alias *found = kind->aliases;
  while (found != NULL && found->object != object)
    found = found->next;
  if (found == NULL)
    found = add_alias(w, kind, cluster, object);
  return found != NULL && put_word(w, found->group, strlen(found->group));
}

/* ------------------------------------------------------------------------ groups */

static bool put_members(list_writer *w, const list_kind *kind, const frozen_group *group) {
  for (uint32_t i = 0; i < group->count; i++) {
    const char *id = kind->ids[group->members[i]];
    if (is_there(w, kind, group->members[i]) && !put_word(w, id, strlen(id)))
      return false;
  }
  for (uint32_t i = 0; i < group->count; i++) {
    for (uint32_t f = kind->follower[group->members[i]]; f != BERTH_NONE; f = kind->next[f]) {
      const char *id = id_of(w, kind, f);
      if (!put_word(w, id, strlen(id)))
        return false;
    }
  }
  return true;
}

static berth_status write_groups(list_writer *w, const list_kind *kind) {
  berth_status status = BERTH_OK;
  for (uint32_t g = 0; g < kind->group_count && status == BERTH_OK; g++) {
    const frozen_group *group = &kind->groups[g];
    begin_text(w);
    if (!put_members(w, kind, group))
      return BERTH_E_NOMEM;
    status =
        kind->hosts
            ? berth_builder_add_host_group(w->builder, group->cluster, group->id, end_text(w), NULL)
            : berth_builder_add_vm_group(w->builder, group->cluster, group->id, end_text(w), NULL);
  }
  return status;
}

/* ------------------------------------------------------------------------ rules of old */

/* The single object of the first inventory that the word names, or BERTH_NONE: it is a group. */
static uint32_t named_object(const list_kind *kind, uint32_t cluster, word w) {
  if (names_group(kind, cluster, w))
    return BERTH_NONE;
  uint32_t found = name_table_find_text(kind->by_id, kind->ids, w.text, w.length, NULL);
  assert(found == BERTH_NONE || kind->clusters[found] == cluster);
  return found;
}

static bool stays_as_written(const list_writer *w, const list_kind *kind, uint32_t cluster,
                             const char *text) {
  word part;
  for (const char *rest = text; next_word(&rest, &part);) {
    uint32_t object = named_object(kind, cluster, part);
    if (object != BERTH_NONE &&
        (!is_there(w, kind, object) || kind->follower[object] != BERTH_NONE))
      return false;
  }
  return true;
}

static bool put_old_list(list_writer *w, list_kind *kind, uint32_t cluster, const char *text) {
  word part;
  for (const char *rest = text; next_word(&rest, &part);) {
    uint32_t object = named_object(kind, cluster, part);
    if ((object == BERTH_NONE || is_there(w, kind, object)) && !put_word(w, part.text, part.length))
      return false;
  }
  for (const char *rest = text; next_word(&rest, &part);) {
    uint32_t object = named_object(kind, cluster, part);
    uint32_t f = object == BERTH_NONE ? BERTH_NONE : kind->follower[object];
    for (; f != BERTH_NONE; f = kind->next[f])
      if (!put_object(w, kind, cluster, f))
        return false;
  }
  return true;
}

/* A list of a rule as it is to be written; it lives in w->memory. False: out of memory. */
static bool old_list(list_writer *w, list_kind *kind, uint32_t cluster, const char *text,
                     const char **out) {
  *out = text;
  if (text == NULL || stays_as_written(w, kind, cluster, text))
    return true;
  begin_text(w);
  if (!put_old_list(w, kind, cluster, text))
    return false;
  *out = arena_text(w->memory, end_text(w), w->used);
  return *out != NULL;
}

static bool is_empty(const char *text) {
  word part;
  return text == NULL || !next_word(&text, &part);
}

/* A rule that has lost all its VMs says nothing any more, and no reader would take it. */
static berth_status add_rule(const list_writer *w, uint32_t cluster, const berth_rule_spec *spec,
                             uint32_t *built) {
  *built = BERTH_NONE;
  if (is_empty(spec->vms) || (spec->type == BERTH_RULE_RESTART_AFTER && is_empty(spec->after)))
    return BERTH_OK;
  return berth_builder_add_rule(w->builder, cluster, spec, built);
}

static berth_status write_old_rule(list_writer *w, uint32_t index, uint32_t *built) {
  const frozen_rule *rule = &w->view->ground->inventory->rules[index];
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  spec.id = rule->id;
  spec.name = rule->name;
  spec.type = rule->type;
  spec.strength = rule->strength;
  spec.over = rule->over;
  spec.count = rule->count;
  spec.max_concurrent = rule->max_concurrent;
  if (!old_list(w, &w->vms, rule->cluster, rule->vms_text, &spec.vms) ||
      !old_list(w, &w->hosts, rule->cluster, rule->hosts_text, &spec.hosts) ||
      !old_list(w, &w->vms, rule->cluster, rule->after_text, &spec.after))
    return BERTH_E_NOMEM;
  return add_rule(w, rule->cluster, &spec, built);
}

/* ------------------------------------------------------------------------ rules of the session */

static const rule_text *text_of(const berth_view *view, uint32_t rule) {
  return rule_block_of(view, rule)->rule[rule % RULES_A_BLOCK];
}

static bool is_own(const berth_view *view, uint32_t rule) {
  const rule_text *text = text_of(view, rule);
  return text != NULL && text->base == BERTH_NONE;
}

/* Members by rule, ascending: by counting. */
static bool find_members(list_writer *w) {
  const berth_view *view = w->view;
  uint32_t *start = arena_take(w->memory, view->rule_count + (size_t)2, sizeof *start);
  if (start == NULL)
    return false;
  for (uint32_t vm = 0; vm < view->vm_count; vm++) {
    const vm_traits *traits = vm_exists(view, vm) ? vm_traits_of(view, vm) : NULL;
    for (uint32_t i = 0; traits != NULL && i < traits->rule_count; i++)
      start[traits->rules[i] + 2] += is_own(view, traits->rules[i]);
  }
  for (uint32_t rule = 0; rule < view->rule_count; rule++)
    start[rule + 2] += start[rule + 1];
  uint32_t *members = arena_take(w->memory, start[view->rule_count + 1], sizeof *members);
  if (members == NULL)
    return false;
  for (uint32_t vm = 0; vm < view->vm_count; vm++) {
    const vm_traits *traits = vm_exists(view, vm) ? vm_traits_of(view, vm) : NULL;
    for (uint32_t i = 0; traits != NULL && i < traits->rule_count; i++) {
      if (is_own(view, traits->rules[i]))
        members[start[traits->rules[i] + 1]++] = vm;
    }
  }
  assert(view->rule_count == 0 || start[0] == 0);
  w->member_start = start;
  w->members = members;
  return true;
}

static bool own_hosts(list_writer *w, const rule_text *text, const char **out) {
  *out = NULL;
  assert(text->base == BERTH_NONE);
  if (text->host_count == 0)
    return true;
  begin_text(w);
  for (uint32_t host = 0; host < w->view->host_count; host++) {
    if (host_cluster_of(w->view, host) == text->cluster &&
        session_rule_lists(w->view, text, host) && !put_object(w, &w->hosts, text->cluster, host))
      return false;
  }
  *out = arena_text(w->memory, end_text(w), w->used);
  return *out != NULL;
}

static berth_status write_own_rule(list_writer *w, uint32_t number, uint32_t *built) {
  const rule_text *text = text_of(w->view, number);
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  assert(is_own(w->view, number) && text->type < BERTH_RULE_QUIESCE);
  spec.id = text->id;
  spec.name = text->name;
  spec.type = (berth_rule_type)text->type;
  spec.strength = (berth_strength)text->strength;
  spec.over = (berth_domain)text->over;
  if (spec.type == BERTH_RULE_AT_MOST)
    spec.count = text->count;
  if (!own_hosts(w, text, &spec.hosts))
    return BERTH_E_NOMEM;
  begin_text(w);
  for (uint32_t i = w->member_start[number]; i < w->member_start[number + 1]; i++) {
    if (!put_object(w, &w->vms, text->cluster, w->members[i]))
      return BERTH_E_NOMEM;
  }
  spec.vms = end_text(w);
  return add_rule(w, text->cluster, &spec, built);
}

/* By age. */
static berth_status write_rules(list_writer *w, uint32_t *rules) {
  const berth_view *view = w->view;
  uint32_t *order = arena_take(w->memory, view->rule_count, sizeof *order), count = 0;
  int64_t *youth = arena_take(w->memory, view->rule_count, sizeof *youth);
  berth_status status = BERTH_OK;
  if (order == NULL || youth == NULL)
    return BERTH_E_NOMEM;
  for (uint32_t rule = 0; rule < view->rule_count; rule++) {
    rules[rule] = BERTH_NONE;
    if (text_of(view, rule) == NULL)
      continue;
    youth[rule] = -(int64_t)text_of(view, rule)->serial;
    order[count++] = rule;
  }
  keyed_sort(order, count, youth);
  for (uint32_t i = 0; i < count && status == BERTH_OK; i++) {
    uint32_t rule = order[i], base = text_of(view, rule)->base;
    status = base == BERTH_NONE ? write_own_rule(w, rule, &rules[rule])
                                : write_old_rule(w, base, &rules[rule]);
  }
  return status;
}

/* ------------------------------------------------------------------------ whole */

berth_status session_lists_write(berth_builder *builder, const berth_view *view, uint32_t *rules,
                                 arena *memory) {
  const berth_inventory *base = view->ground->inventory;
  assert(builder->clusters.count == base->cluster_count && builder->rules.count == 0);
  list_writer w = {.view = view, .builder = builder, .memory = memory};
  w.hosts = (list_kind){.hosts = true,
                        .by_id = &base->host_by_id,
                        .ids = base->host_id,
                        .clusters = base->host_cluster,
                        .groups = base->host_groups,
                        .group_count = base->host_group_count};
  w.vms = (list_kind){.by_id = &base->vm_by_id,
                      .ids = base->vm_id,
                      .clusters = base->vm_cluster,
                      .groups = base->vm_groups,
                      .group_count = base->vm_group_count};
  berth_status status = index_groups(&w, &w.vms) && index_groups(&w, &w.hosts) &&
                                find_followers(&w) && find_members(&w)
                            ? BERTH_OK
                            : BERTH_E_NOMEM;
  if (status == BERTH_OK)
    status = write_groups(&w, &w.vms);
  if (status == BERTH_OK)
    status = write_groups(&w, &w.hosts);
  if (status == BERTH_OK)
    status = write_rules(&w, rules);
  context_release(builder->ctx, w.text);
  return status;
}
