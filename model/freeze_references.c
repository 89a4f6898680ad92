/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resolving references within a cluster: the host of a VM, the members of a group, the lists of a
 * rule (a group goes before an object of the same id), the dedicated failover hosts. A reference to
 * a host that a scenario has removed is passed over.
 */
#include "context_internal.h"
#include "freeze_internal.h"
#include "index_sort.h"
#include "name_table.h"
#include <assert.h>
#include <string.h>

/* Members of all rules together; more than any real inventory has, and offsets stay 32 bits wide.
 */
static const uint64_t members_allowed = UINT64_C(1) << 31;

/* One id of a list. */
typedef struct token {
  const char *text;
  size_t length;
} token;

/* Walks the ids of a list, piece by piece. */
typedef struct token_walk {
  const char *rest;
  const id_list_piece *more;
} token_walk;

static token_walk walk_list(const id_list *list) {
  return (token_walk){list->text, list->more};
}

static bool next_token(token_walk *walk, token *out) {
  static const char white_space[] = " \t\r\n";
  for (;;) {
    if (walk->rest != NULL)
      walk->rest += strspn(walk->rest, white_space);
    if (walk->rest != NULL && walk->rest[0] != '\0')
      break;
    if (walk->more == NULL)
      return false;
    walk->rest = walk->more->text;
    walk->more = walk->more->next;
  }
  *out = (token){walk->rest, strcspn(walk->rest, white_space)};
  walk->rest += out->length;
  return true;
}

/* VMs or hosts with the groups of them: what an id in a list may name. */
typedef struct scope {
  const char *object, *group; /* "VM", "VM group" */
  const name_table *by_id;
  const char *const *ids;
  const uint32_t *cluster; /* of each object */
  bool hosts;
  frozen_group *groups;
  const uint32_t **sorted; /* [group] members ascending, without repeats */
  uint32_t *sorted_count;
  /* of the cluster in hand: */
  uint32_t first_group, group_count;
  name_table group_table;
  const char **group_ids; /* [group] */
} scope;

/* What a list is part of, for messages. */
typedef struct place {
  const char *kind, *id, *list; /* `rule`, `r1`, `vms` */
  uint32_t cluster;
  const berth_position *position;
} place;

/* A growing list of indices. */
typedef struct index_buffer {
  uint32_t *entries;
  uint32_t count, room;
} index_buffer;

static bool push(freezing *f, index_buffer *buffer, const uint32_t *entries, uint32_t count) {
  if (count == 0)
    return true;
  if (count > buffer->room - buffer->count) {
    uint64_t room = 2 * ((uint64_t)buffer->count + count) + 64;
    if (room > UINT32_MAX)
      return false;
    uint32_t *grown = context_grow(f->ctx, buffer->entries, (size_t)room, sizeof *grown);
    if (grown == NULL)
      return false;
    buffer->entries = grown;
    buffer->room = (uint32_t)room;
  }
  memcpy(buffer->entries + buffer->count, entries, count * sizeof *entries);
  buffer->count += count;
  return true;
}

static bool copy_indices(freezing *f, const uint32_t *entries, uint32_t count,
                         const uint32_t **out) {
  assert(entries != NULL || count == 0);
  uint32_t *copy = arena_take(&f->inventory->memory, count, sizeof *copy);
  if (copy == NULL)
    return false;
  if (count > 0)
    memcpy(copy, entries, count * sizeof *copy);
  *out = copy;
  return true;
}

/* The object `t` of the cluster, or BERTH_NONE. */
static uint32_t find_object(const scope *s, token t, uint32_t cluster) {
  uint32_t found = name_table_find_text(s->by_id, s->ids, t.text, t.length, NULL);
  return found != BERTH_NONE && s->cluster[found] == cluster ? found : BERTH_NONE;
}

static uint32_t find_group(const scope *s, token t) {
  uint32_t found =
      name_table_find_text(&s->group_table, s->group_ids + s->first_group, t.text, t.length, NULL);
  return found == BERTH_NONE ? BERTH_NONE : s->first_group + found;
}

static bool passed_over(const freezing *f, const scope *s, token t) {
  return s->hosts && name_pool_has(&f->builder->removed_hosts, t.text, t.length);
}

/* Shown part of an id from the input; longer ones would push the rest out of the message. */
static int shown_length(token t) {
  return t.length < 200 ? (int)t.length : 200;
}

static bool resolve_group(freezing *f, scope *s, uint32_t group, const built_group *built,
                          index_buffer *buffer) {
  const place where = {s->hosts ? "host-group" : "vm-group", s->groups[group].id, NULL,
                       built->cluster, &built->position};
  token_walk walk = walk_list(&built->members);
  buffer->count = 0;
  for (token t; next_token(&walk, &t);) {
    uint32_t object = find_object(s, t, where.cluster);
    if (object != BERTH_NONE) {
      if (!push(f, buffer, &object, 1))
        return false;
    } else if (!passed_over(f, s, t)) {
      freeze_error(f, where.position,
                   "%s \"%s\": \"%.*s\" is no %s of cluster \"%s\"; expected the id of one",
                   where.kind, where.id, shown_length(t), t.text, s->object,
                   f->clusters[where.cluster].id);
    }
  }
  frozen_group *frozen = &s->groups[group];
  frozen->count = buffer->count;
  if (!copy_indices(f, buffer->entries, buffer->count, &frozen->members))
    return false;
  s->sorted_count[group] = index_sort_unique(buffer->entries, buffer->count);
  return copy_indices(f, buffer->entries, s->sorted_count[group], &s->sorted[group]);
}

static bool resolve_groups(freezing *f, scope *s, const chunked_list *built, const uint32_t *source,
                           uint32_t count, index_buffer *buffer) {
  s->sorted = arena_take(&f->scratch, count, sizeof *s->sorted);
  s->sorted_count = arena_take(&f->scratch, count, sizeof *s->sorted_count);
  s->group_ids = arena_take(&f->scratch, count, sizeof *s->group_ids);
  if (s->sorted == NULL || s->sorted_count == NULL || s->group_ids == NULL)
    return false;
  for (uint32_t g = 0; g < count; g++) {
    s->group_ids[g] = s->groups[g].id;
    if (!resolve_group(f, s, g, chunked_list_at(built, source[g]), buffer))
      return false;
  }
  return true;
}

/* Makes the groups of `cluster`, which follow those of the cluster before, the ones to look in. */
static bool enter_cluster(freezing *f, scope *s, uint32_t cluster, uint32_t all_groups) {
  s->first_group += s->group_count;
  s->group_count = 0;
  while (s->first_group + s->group_count < all_groups &&
         s->groups[s->first_group + s->group_count].cluster == cluster)
    s->group_count++;
  return name_table_build(&s->group_table, &f->scratch, s->group_ids + s->first_group,
                          s->group_count);
}

static void check_group_ids(freezing *f, const scope *s, const chunked_list *built,
                            const uint32_t *source) {
  for (uint32_t i = 0; i < s->group_count; i++) {
    uint32_t group = s->first_group + i;
    const built_group *b = chunked_list_at(built, source[group]);
    token t = {s->groups[group].id, strlen(s->groups[group].id)};
    if (t.length > 0 && find_group(s, t) != group)
      freeze_error(f, &b->position,
                   "%s \"%s\": another group of the cluster has this id; expected ids that are "
                   "unique",
                   s->hosts ? "host-group" : "vm-group", s->groups[group].id);
  }
}

/* The single group that the list consists of, or BERTH_NONE. */
static uint32_t lone_group(const scope *s, const id_list *list) {
  token_walk walk = walk_list(list);
  token first, second;
  if (!next_token(&walk, &first) || next_token(&walk, &second))
    return BERTH_NONE;
  return find_group(s, first);
}

static bool push_token(freezing *f, const scope *s, const place *where, token t,
                       index_buffer *buffer) {
  uint32_t group = find_group(s, t);
  if (group != BERTH_NONE)
    return push(f, buffer, s->sorted[group], s->sorted_count[group]);
  uint32_t object = find_object(s, t, where->cluster);
  if (object != BERTH_NONE)
    return push(f, buffer, &object, 1);
  if (!passed_over(f, s, t))
    freeze_error(
        f, where->position,
        "%s \"%s\": \"%.*s\" in %s is neither a %s nor a %s of cluster \"%s\"; expected the "
        "id of one",
        where->kind, where->id, shown_length(t), t.text, where->list, s->group, s->object,
        f->clusters[where->cluster].id);
  return true;
}

/* The objects that a list names, ascending. A list that is one group shares the group's. */
static bool resolve_list(freezing *f, const scope *s, const place *where, const id_list *list,
                         index_buffer *buffer, const uint32_t **out, uint32_t *count) {
  uint32_t group = lone_group(s, list);
  if (group != BERTH_NONE) {
    *out = s->sorted[group];
    *count = s->sorted_count[group];
    return true;
  }
  token_walk walk = walk_list(list);
  buffer->count = 0;
  for (token t; next_token(&walk, &t);)
    if (!push_token(f, s, where, t, buffer))
      return false;
  *count = index_sort_unique(buffer->entries, buffer->count);
  return copy_indices(f, buffer->entries, *count, out);
}

/* The ids of a list of several pieces, or with removed hosts, joined anew. */
static bool join_pieces(freezing *f, const scope *s, const id_list *list, const char **out) {
  size_t length = strlen(freeze_shown(list->text)) + 1;
  for (const id_list_piece *piece = list->more; piece != NULL; piece = piece->next)
    length += 1 + strlen(piece->text);
  char *joined = arena_take(&f->inventory->memory, length, 1), *end = joined;
  if (joined == NULL)
    return false;
  token_walk walk = walk_list(list);
  for (token t; next_token(&walk, &t);) {
    if (passed_over(f, s, t))
      continue;
    if (end != joined)
      *end++ = ' ';
    memcpy(end, t.text, t.length);
    end += t.length;
  }
  assert((size_t)(end - joined) < length);
  *out = joined;
  return true;
}

/* A list as one string, as it was written as far as possible. */
static bool join_list(freezing *f, const scope *s, const id_list *list, const char **out) {
  bool some_removed = s->hosts && f->builder->removed_hosts.names.count > 0;
  if (list->more == NULL && (list->text == NULL || !some_removed))
    return freeze_text(f, list->text, out);
  return join_pieces(f, s, list, out);
}

static bool is_empty(const id_list *list) {
  token_walk walk = walk_list(list);
  token t;
  return !next_token(&walk, &t);
}

static void require_list(freezing *f, const place *where, const id_list *list, const char *name) {
  /* A thawed rule may have lost all its hosts to a scenario. */
  if (!f->quiet && is_empty(list))
    freeze_error(f, where->position,
                 "rule \"%s\": %s is missing; expected ids of groups or objects", where->id, name);
}

static void require_lists(freezing *f, const place *where, const built_rule *built) {
  berth_rule_type type = built->spec.type;
  require_list(f, where, &built->vms, "vms");
  if (type == BERTH_RULE_RUN_ON || type == BERTH_RULE_NOT_RUN_ON)
    require_list(f, where, &built->hosts, "hosts");
  if (type == BERTH_RULE_RESTART_AFTER)
    require_list(f, where, &built->after, "after");
}

/* Both kinds of scope and the buffer that all lists share. */
typedef struct resolver {
  scope vms, hosts;
  index_buffer buffer;
  uint64_t members; /* of all rules so far */
} resolver;

static bool resolve_rule(freezing *f, resolver *r, uint32_t index) {
  const built_rule *built = chunked_list_at(&f->builder->rules, f->rule_source[index]);
  frozen_rule *rule = &f->rules[index];
  place where = {"rule", rule->id, "vms", built->cluster, &built->spec.position};
  rule->cluster = built->cluster;
  rule->type = built->spec.type;
  rule->strength = built->spec.strength;
  rule->over = built->spec.over;
  rule->count = rule->type == BERTH_RULE_APART ? 1 : built->spec.count;
  rule->max_concurrent = built->spec.max_concurrent;
  rule->enabled = true;
  rule->disabled_by = BERTH_NONE;
  require_lists(f, &where, built);
  if (!join_list(f, &r->vms, &built->vms, &rule->vms_text) ||
      !join_list(f, &r->hosts, &built->hosts, &rule->hosts_text) ||
      !join_list(f, &r->vms, &built->after, &rule->after_text) ||
      !resolve_list(f, &r->vms, &where, &built->vms, &r->buffer, &rule->vms, &rule->vm_count))
    return false;
  where.list = "after";
  if (!resolve_list(f, &r->vms, &where, &built->after, &r->buffer, &rule->after,
                    &rule->after_count))
    return false;
  where.list = "hosts";
  if (!resolve_list(f, &r->hosts, &where, &built->hosts, &r->buffer, &rule->hosts,
                    &rule->host_count))
    return false;
  r->members += rule->vm_count;
  if (r->members > members_allowed) {
    freeze_error(f, where.position,
                 "rules up to \"%s\" have more than %llu members; expected fewer", rule->id,
                 (unsigned long long)members_allowed);
    r->members -= rule->vm_count;
    rule->vm_count = 0;
  }
  return true;
}

static bool resolve_dedicated(freezing *f, resolver *r, uint32_t cluster, uint8_t *dedicated) {
  berth_cluster_spec *set_up = &f->clusters[cluster].set_up;
  const built_cluster *built = chunked_list_at(&f->builder->clusters, cluster);
  const id_list list = {.text = built->spec.dedicated_hosts};
  if (!join_list(f, &r->hosts, &list, &set_up->dedicated_hosts))
    return false;
  if (set_up->admission != BERTH_ADMISSION_DEDICATED)
    return true;
  const place where = {"cluster", f->clusters[cluster].id, "the dedicated hosts", cluster,
                       &built->spec.position};
  if (!f->quiet && is_empty(&list))
    freeze_error(f, where.position,
                 "cluster \"%s\": the dedicated hosts are missing; expected ids of hosts or host "
                 "groups",
                 where.id);
  const uint32_t *hosts;
  uint32_t count;
  if (!resolve_list(f, &r->hosts, &where, &list, &r->buffer, &hosts, &count))
    return false;
  for (uint32_t i = 0; i < count; i++)
    dedicated[hosts[i]] = 1;
  return true;
}

static bool resolve_cluster(freezing *f, resolver *r, uint32_t cluster, uint8_t *dedicated) {
  const berth_builder *b = f->builder;
  if (!enter_cluster(f, &r->vms, cluster, f->inventory->vm_group_count) ||
      !enter_cluster(f, &r->hosts, cluster, f->inventory->host_group_count))
    return false;
  check_group_ids(f, &r->vms, &b->vm_groups, f->vm_group_source);
  check_group_ids(f, &r->hosts, &b->host_groups, f->host_group_source);
  const frozen_cluster *frozen = &f->clusters[cluster];
  for (uint32_t i = 0; i < frozen->rule_count; i++)
    if (!resolve_rule(f, r, frozen->first_rule + i))
      return false;
  return resolve_dedicated(f, r, cluster, dedicated);
}

/* The host that each id in the builder's pool of host references names, or BERTH_NONE. */
static uint32_t *resolve_host_references(freezing *f) {
  const name_pool *pool = &f->builder->host_references;
  uint32_t *host = arena_take(&f->scratch, pool->names.count, sizeof *host);
  for (uint32_t i = 0; host != NULL && i < pool->names.count; i++)
    host[i] = name_table_find(&f->inventory->host_by_id, f->inventory->host_id,
                              name_pool_at(pool, i), NULL);
  return host;
}

/* The host of VM `v`, or BERTH_NONE and an error. */
static uint32_t place_vm(freezing *f, uint32_t v, uint32_t host) {
  const berth_inventory *inventory = f->inventory;
  const berth_position *position = freeze_vm_position(f, v);
  const uint32_t cluster = inventory->vm_cluster[v];
  if (host == BERTH_NONE || inventory->host_cluster[host] != cluster) {
    freeze_error(f, position,
                 "vm \"%s\": host \"%s\" is not in cluster \"%s\"; expected the id of one of its "
                 "hosts",
                 inventory->vm_id[v],
                 name_pool_at(&f->builder->host_references, f->columns->reference[v]),
                 f->clusters[cluster].id);
    return BERTH_NONE;
  }
  if (inventory->vm_power[v] == BERTH_POWER_ON && inventory->host_state[host] == BERTH_HOST_STANDBY)
    freeze_error(f, position,
                 "vm \"%s\" is on, but its host \"%s\" is in standby; expected a VM that is off or "
                 "suspended, or another host",
                 inventory->vm_id[v], inventory->host_id[host]);
  return host;
}

/* Most VMs run where they may: the columns say so, and their specs need not be looked at. */
static bool is_in_order(const berth_inventory *inventory, uint32_t v, uint32_t host) {
  return host != BERTH_NONE && inventory->host_cluster[host] == inventory->vm_cluster[v] &&
         inventory->host_state[host] != BERTH_HOST_STANDBY;
}

static bool place_vms(freezing *f) {
  berth_inventory *inventory = f->inventory;
  uint32_t *vm_host = arena_take_unset(&inventory->memory, inventory->vm_count, sizeof *vm_host);
  const uint32_t *reference = resolve_host_references(f);
  if (vm_host == NULL || reference == NULL)
    return false;
  for (uint32_t v = 0; v < inventory->vm_count; v++) {
    vm_host[v] = BERTH_NONE;
    if (f->columns->reference[v] == BERTH_NONE)
      continue;
    const uint32_t host = reference[f->columns->reference[v]];
    vm_host[v] = is_in_order(inventory, v, host) ? host : place_vm(f, v, host);
  }
  inventory->vm_host = vm_host;
  return true;
}

static void set_scopes(freezing *f, resolver *r) {
  const berth_inventory *inventory = f->inventory;
  r->vms = (scope){.object = "VM",
                   .group = "VM group",
                   .by_id = &inventory->vm_by_id,
                   .ids = inventory->vm_id,
                   .cluster = inventory->vm_cluster,
                   .groups = f->vm_groups};
  r->hosts = (scope){.object = "host",
                     .group = "host group",
                     .by_id = &inventory->host_by_id,
                     .ids = inventory->host_id,
                     .cluster = inventory->host_cluster,
                     .hosts = true,
                     .groups = f->host_groups};
}

bool freeze_resolve(freezing *f) {
  assert(f != NULL && f->inventory->rule_id != NULL);
  berth_inventory *inventory = f->inventory;
  resolver r = {.members = 0};
  set_scopes(f, &r);
  uint8_t *dedicated = arena_take(&inventory->memory, inventory->host_count, sizeof *dedicated);
  bool done = dedicated != NULL && place_vms(f) &&
              resolve_groups(f, &r.vms, &f->builder->vm_groups, f->vm_group_source,
                             inventory->vm_group_count, &r.buffer) &&
              resolve_groups(f, &r.hosts, &f->builder->host_groups, f->host_group_source,
                             inventory->host_group_count, &r.buffer);
  for (uint32_t c = 0; done && c < inventory->cluster_count; c++)
    done = resolve_cluster(f, &r, c, dedicated);
  inventory->host_dedicated = dedicated;
  context_release(f->ctx, r.buffer.entries);
  return done;
}
