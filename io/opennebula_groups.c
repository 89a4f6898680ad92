/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VM groups as groups and must rules. A policy of a role is one rule. Between roles, AFFINED is one
 * rule over all their VMs; ANTI_AFFINED forbids a host to VMs of different roles, while VMs of one
 * role may share it. That is a rule apart for each pair; where one of both roles has its own VMs
 * apart as well, for each VM of the other with all of that role. It is exact either way, and so
 * many rules are a limit.
 */
#include "opennebula_build.h"

#include "context_internal.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { NAME_ROOM = 128, ID_ROOM = 256, PAIRS_MOST = 65536 };

typedef struct grouping {
  opennebula_building *b;
  uint32_t first, count; /* the roles of the group at hand */
  uint32_t cluster;      /* of the builder */
  uint32_t pairs;        /* rules of pairs so far, of all groups */
  uint32_t serial;       /* numbers ids within the group */
} grouping;

static berth_status add_rule(grouping *g, const char *id, berth_rule_type type, const char *vms,
                             const char *hosts) {
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  assert(id != NULL && vms != NULL && vms[0] != '\0');
  spec.id = id;
  spec.type = type;
  spec.vms = vms;
  spec.hosts = hosts;
  spec.position = g->b->roles[g->first].group->position;
  return berth_builder_add_rule(g->b->builder, g->cluster, &spec, NULL);
}

/* ------------------------------------------------------------------------ one role */

static berth_status add_role_group(grouping *g, const opennebula_role *role) {
  opennebula_building *b = g->b;
  gathered_text_clear(&b->list);
  for (uint32_t m = 0; m < role->member_count; m++)
    if (!gathered_text_add_word(&b->list, b->vms[role->members[m]].object->id))
      return BERTH_E_NOMEM;
  return berth_builder_add_vm_group(b->builder, g->cluster, role->id, gathered_text_words(&b->list),
                                    &role->group->position);
}

/* Hosts of a list that are in the berth cluster of the group. */
static berth_status list_hosts(grouping *g, const opennebula_role *role, const char *listed) {
  opennebula_building *b = g->b;
  char id[NAME_ROOM];
  gathered_text_clear(&b->list);
  for (opennebula_next_id(&listed, id, sizeof id); id[0] != '\0';
       opennebula_next_id(&listed, id, sizeof id)) {
    const opennebula_object *host = opennebula_store_find(b->store, OPENNEBULA_HOST, id);
    if (host == NULL)
      opennebula_unknown(b, role->group, "named hosts of VM groups");
    if (host == NULL || host->index == BERTH_NONE)
      continue;
    const uint32_t first = opennebula_first_cluster(b, b->hosts[host->index].cluster);
    if (b->clusters[first].builder == g->cluster && !gathered_text_add_word(&b->list, id))
      return BERTH_E_NOMEM;
  }
  return BERTH_OK;
}

/* HOST_AFFINED and HOST_ANTI_AFFINED; for the scheduler they are part of where each VM may run. */
static berth_status add_role_hosts(grouping *g, const opennebula_role *role, bool affined) {
  opennebula_building *b = g->b;
  const char *listed = affined ? role->affined : role->anti_affined;
  char id[ID_ROOM], group[ID_ROOM + 8];
  if (listed == NULL || b->task->kind != OPENNEBULA_READ)
    return BERTH_OK;
  snprintf(id, sizeof id, "%s-host-%saffined", role->id, affined ? "" : "anti-");
  snprintf(group, sizeof group, "%s-hosts", id);
  berth_status status = list_hosts(g, role, listed);
  if (status == BERTH_OK)
    status = berth_builder_add_host_group(b->builder, g->cluster, group,
                                          gathered_text_words(&b->list), &role->group->position);
  return status == BERTH_OK
             ? add_rule(g, id, affined ? BERTH_RULE_RUN_ON : BERTH_RULE_NOT_RUN_ON, role->id, group)
             : status;
}

static berth_status add_role(grouping *g, const opennebula_role *role) {
  char id[ID_ROOM];
  const bool together = role->policy == OPENNEBULA_AFFINED;
  assert(role->id != NULL && g->cluster != BERTH_NONE);
  berth_status status = add_role_group(g, role);
  snprintf(id, sizeof id, "%s-%saffined", role->id, together ? "" : "anti-");
  if (status == BERTH_OK && role->policy != OPENNEBULA_FREE)
    status = add_rule(g, id, together ? BERTH_RULE_TOGETHER : BERTH_RULE_APART, role->id, NULL);
  if (status == BERTH_OK)
    status = add_role_hosts(g, role, true);
  return status == BERTH_OK ? add_role_hosts(g, role, false) : status;
}

/* ------------------------------------------------------------------------ role and role */

/* Roles that a list names, into @p found [g->count]. */
static uint32_t find_roles(grouping *g, const char *list, uint32_t *found) {
  const opennebula_building *b = g->b;
  char name[NAME_ROOM];
  uint32_t count = 0;
  while (*list != '\0') {
    list += strspn(list, ", \t\r\n");
    size_t length = strcspn(list, ",");
    const char *end = list + length;
    while (length > 0 && strchr(" \t\r\n", list[length - 1]) != NULL)
      length--;
    snprintf(name, sizeof name, "%.*s", (int)(length < NAME_ROOM ? length : NAME_ROOM - 1), list);
    for (uint32_t r = g->first; r < g->first + g->count && count < g->count && length > 0; r++)
      if (strcmp(b->roles[r].name, name) == 0) {
        found[count++] = r;
        break;
      }
    list = end;
  }
  return count;
}

static berth_status add_affined(grouping *g, const uint32_t *roles, uint32_t count) {
  opennebula_building *b = g->b;
  char id[ID_ROOM];
  gathered_text_clear(&b->list);
  for (uint32_t i = 0; i < count; i++)
    if (!gathered_text_add_word(&b->list, b->roles[roles[i]].id))
      return BERTH_E_NOMEM;
  snprintf(id, sizeof id, "vmgroup-%s-affined-%u", b->roles[g->first].group->id, ++g->serial);
  return count == 0 ? BERTH_OK
                    : add_rule(g, id, BERTH_RULE_TOGETHER, gathered_text_words(&b->list), NULL);
}

/* Whether a plan could move one of them; of others the scheduler's rule says nothing. */
static bool may_move(const opennebula_building *b, const opennebula_vm *vm) {
  return b->task->kind != OPENNEBULA_PLACE || vm->waiting || vm->must_go;
}

static berth_status add_pair(grouping *g, const opennebula_role *role, const opennebula_vm *one,
                             const char *others) {
  opennebula_building *b = g->b;
  char id[ID_ROOM];
  assert(one->builder != BERTH_NONE && others[0] != '\0');
  snprintf(id, sizeof id, "vmgroup-%s-anti-affined-%u", role->group->id, ++g->serial);
  if (++g->pairs > PAIRS_MOST) {
    context_problem(b->ctx, BERTH_ERROR, BERTH_E_LIMIT, &role->group->position,
                    "VM_GROUP %s: roles that are anti-affined to each other have too many pairs of "
                    "VMs; expected at most %d",
                    role->group->id, (int)PAIRS_MOST);
    return BERTH_E_LIMIT;
  }
  gathered_text_clear(&b->list);
  if (!gathered_text_add_word(&b->list, one->object->id) ||
      !gathered_text_add_word(&b->list, others))
    return BERTH_E_NOMEM;
  return add_rule(g, id, BERTH_RULE_APART, gathered_text_words(&b->list), NULL);
}

/* Each VM of @p one apart from all of @p other, which are apart from each other anyway. */
static berth_status add_star(grouping *g, const opennebula_role *one,
                             const opennebula_role *other) {
  berth_status status = BERTH_OK;
  assert(other->policy == OPENNEBULA_ANTI_AFFINED);
  for (uint32_t m = 0; status == BERTH_OK && m < one->member_count && other->member_count > 0; m++)
    status = add_pair(g, one, &g->b->vms[one->members[m]], other->id);
  return status;
}

static berth_status add_pairs(grouping *g, const opennebula_role *one,
                              const opennebula_role *other) {
  const opennebula_building *b = g->b;
  berth_status status = BERTH_OK;
  for (uint32_t m = 0; status == BERTH_OK && m < one->member_count; m++)
    for (uint32_t n = 0; status == BERTH_OK && n < other->member_count; n++) {
      const opennebula_vm *a = &b->vms[one->members[m]], *c = &b->vms[other->members[n]];
      if (may_move(b, a) || may_move(b, c))
        status = add_pair(g, one, a, c->object->id);
    }
  return status;
}

static berth_status add_anti_affined(grouping *g, const uint32_t *roles, uint32_t count) {
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; status == BERTH_OK && i < count; i++)
    for (uint32_t k = i + 1; status == BERTH_OK && k < count; k++) {
      const opennebula_role *one = &g->b->roles[roles[i]], *other = &g->b->roles[roles[k]];
      if (one == other)
        continue;
      if (other->policy == OPENNEBULA_ANTI_AFFINED)
        status = add_star(g, one, other);
      else if (one->policy == OPENNEBULA_ANTI_AFFINED)
        status = add_star(g, other, one);
      else
        status = add_pairs(g, one, other);
    }
  return status;
}

static berth_status add_between(grouping *g, opennebula_field field) {
  opennebula_building *b = g->b;
  const opennebula_object *group = b->roles[g->first].group;
  berth_status status = BERTH_OK;
  uint32_t *roles = arena_take(&b->store->memory, g->count, sizeof *roles);
  opennebula_walk walk = {0};
  const opennebula_fact *fact = NULL;
  if (roles == NULL)
    return BERTH_E_NOMEM;
  while (status == BERTH_OK && (fact = opennebula_next(b->store, group, field, &walk)) != NULL) {
    const uint32_t count = find_roles(g, fact->text, roles);
    status = field == OPENNEBULA_GROUP_AFFINED ? add_affined(g, roles, count)
                                               : add_anti_affined(g, roles, count);
  }
  return status;
}

/* ------------------------------------------------------------------------ groups */

/* That of its VMs, else of a host it names, else the first. */
static uint32_t cluster_of(const opennebula_building *b, const grouping *g) {
  uint32_t first = BERTH_NONE;
  for (uint32_t r = g->first; r < g->first + g->count; r++) {
    const opennebula_role *role = &b->roles[r];
    char id[NAME_ROOM] = "";
    const char *listed = role->affined == NULL ? "" : role->affined;
    if (role->member_count > 0)
      return opennebula_first_cluster(b, b->vms[role->members[0]].cluster);
    opennebula_next_id(&listed, id, sizeof id);
    const opennebula_object *host = opennebula_store_find(b->store, OPENNEBULA_HOST, id);
    if (first == BERTH_NONE && host != NULL && host->index != BERTH_NONE)
      first = opennebula_first_cluster(b, b->hosts[host->index].cluster);
  }
  return first == BERTH_NONE ? opennebula_first_cluster(b, b->hosts[0].cluster) : first;
}

berth_status opennebula_add_groups(opennebula_building *b) {
  grouping g = {.b = b};
  berth_status status = BERTH_OK;
  for (uint32_t r = 0; status == BERTH_OK && r < b->role_count; r = g.first + g.count) {
    g.first = r;
    g.count = 1;
    while (r + g.count < b->role_count && b->roles[r + g.count].group == b->roles[r].group)
      g.count++;
    g.serial = 0;
    g.cluster = b->clusters[cluster_of(b, &g)].builder;
    for (uint32_t i = r; status == BERTH_OK && i < r + g.count; i++)
      status = add_role(&g, &b->roles[i]);
    if (status == BERTH_OK)
      status = add_between(&g, OPENNEBULA_GROUP_AFFINED);
    if (status == BERTH_OK)
      status = add_between(&g, OPENNEBULA_GROUP_ANTI_AFFINED);
  }
  return status;
}
