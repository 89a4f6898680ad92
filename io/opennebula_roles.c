/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Roles of VM groups and which VMs have them: those the role lists and those that say so
 * themselves. The action of the scheduler may hold VMs that wait and not those that run; of
 * these, ones that a role has stand at their host as VMs of which nothing else is known.
 */
#include "opennebula_build.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { ID_ROOM = 160 };

void opennebula_next_id(const char **list, char *id, size_t room) {
  size_t length = 0;
  assert(list != NULL && *list != NULL && room > 1);
  *list += strspn(*list, ", \t\r\n");
  length = strcspn(*list, ", \t\r\n");
  const size_t kept = length < room - 1 ? length : room - 1;
  memcpy(id, *list, kept);
  id[kept] = '\0';
  *list += length;
}

/* ------------------------------------------------------------------------ VMs not listed */

/* Ids of VMs that roles have, and that no source describes. */
static bool enter_missing(opennebula_building *b, name_pool *missing, const char *listed) {
  char id[ID_ROOM];
  uint32_t number = 0;
  for (opennebula_next_id(&listed, id, sizeof id); id[0] != '\0';
       opennebula_next_id(&listed, id, sizeof id))
    if (opennebula_store_find(b->store, OPENNEBULA_VM, id) == NULL && strlen(id) < 10 &&
        !name_pool_enter(missing, &b->store->memory, id, &number))
      return false;
  return true;
}

static berth_status stand_in(opennebula_building *b, const opennebula_host *host, const char *id) {
  opennebula_object *object = opennebula_store_close(
      b->store, OPENNEBULA_VM, id, b->store->facts.count, &host->object->position);
  if (object == NULL)
    return BERTH_E_NOMEM;
  b->vms[b->vm_count] = (opennebula_vm){.object = object,
                                        .power = BERTH_POWER_ON,
                                        .host = host->object->index,
                                        .cluster = host->cluster,
                                        .role = BERTH_NONE,
                                        .running = true,
                                        .unlisted = true,
                                        .memory_mib = 1,
                                        .builder = BERTH_NONE};
  object->index = b->vm_count++;
  return BERTH_OK;
}

static berth_status collect_missing(opennebula_building *b, const name_pool *missing) {
  for (uint32_t h = 0; h < b->host_count; h++) {
    opennebula_walk walk = {0};
    const opennebula_fact *fact = NULL;
    while ((fact = opennebula_next(b->store, b->hosts[h].object, OPENNEBULA_HOST_VM, &walk)) !=
           NULL)
      if (name_pool_has(missing, fact->text, strlen(fact->text)) &&
          opennebula_store_find(b->store, OPENNEBULA_VM, fact->text) == NULL &&
          stand_in(b, &b->hosts[h], fact->text) != BERTH_OK)
        return BERTH_E_NOMEM;
  }
  return BERTH_OK;
}

/* ------------------------------------------------------------------------ roles */

static opennebula_policy policy_of(opennebula_building *b, const opennebula_object *group,
                                   const char *word) {
  if (word == NULL || strcmp(word, "NONE") == 0)
    return OPENNEBULA_FREE;
  if (strcmp(word, "AFFINED") == 0)
    return OPENNEBULA_AFFINED;
  if (strcmp(word, "ANTI_AFFINED") != 0)
    opennebula_complain(b, group, "POLICY is \"%.40s\"; expected AFFINED or ANTI_AFFINED", word);
  return OPENNEBULA_ANTI_AFFINED;
}

/* "vmgroup-5-db"; blanks would end an id, and a repeated one gets a number. */
static const char *role_id(opennebula_building *b, const opennebula_object *group,
                           const char *name) {
  char id[ID_ROOM];
  uint32_t number = 0;
  const int length = snprintf(id, sizeof id - 16, "vmgroup-%s-%s", group->id, name);
  const size_t used = length < (int)sizeof id - 16 ? (size_t)length : sizeof id - 17;
  for (char *c = id; *c != '\0'; c++)
    if (*c == ' ' || *c == '\t' || *c == '\n' || *c == '\r')
      *c = '_';
  for (unsigned n = 2; name_pool_has(&b->group_ids, id, strlen(id)); n++)
    snprintf(id + used, sizeof id - used, "-%u", n);
  return name_pool_enter(&b->group_ids, &b->store->memory, id, &number)
             ? name_pool_at(&b->group_ids, number)
             : NULL;
}

static berth_status enter_role(opennebula_building *b, const opennebula_object *group,
                               uint32_t item) {
  const opennebula_store *store = b->store;
  opennebula_role *role = &b->roles[b->role_count++];
  assert(group->kind == OPENNEBULA_VM_GROUP && item != 0);
  const char *name = opennebula_item_text(store, group, item, OPENNEBULA_GROUP_ROLE_NAME);
  *role = (opennebula_role){.group = group, .name = name == NULL ? "" : name};
  role->id = role_id(b, group, role->name);
  role->policy =
      policy_of(b, group, opennebula_item_text(store, group, item, OPENNEBULA_GROUP_ROLE_POLICY));
  role->affined = opennebula_item_text(store, group, item, OPENNEBULA_GROUP_ROLE_AFFINED);
  role->anti_affined = opennebula_item_text(store, group, item, OPENNEBULA_GROUP_ROLE_ANTI_AFFINED);
  role->listed = opennebula_item_text(store, group, item, OPENNEBULA_GROUP_ROLE_VMS);
  return role->id == NULL ? BERTH_E_NOMEM : BERTH_OK;
}

static uint32_t find_role(const opennebula_building *b, const char *group, const char *name) {
  for (uint32_t r = 0; r < b->role_count; r++)
    if (strcmp(b->roles[r].group->id, group) == 0 && strcmp(b->roles[r].name, name) == 0)
      return r;
  return BERTH_NONE;
}

/* What a VM says of itself. */
static void mark_by_vm(opennebula_building *b, opennebula_vm *vm) {
  const char *group = opennebula_text(b->store, vm->object, OPENNEBULA_VM_GROUP_ID);
  const char *name = opennebula_text(b->store, vm->object, OPENNEBULA_VM_GROUP_ROLE);
  if (group == NULL || name == NULL)
    return;
  vm->role = find_role(b, group, name);
  if (vm->role == BERTH_NONE)
    opennebula_unknown(b, vm->object, "VM group or role of VMs");
}

static void mark_by_role(opennebula_building *b, uint32_t index) {
  const char *listed = b->roles[index].listed;
  char id[ID_ROOM];
  if (listed == NULL)
    return;
  for (opennebula_next_id(&listed, id, sizeof id); id[0] != '\0';
       opennebula_next_id(&listed, id, sizeof id)) {
    const opennebula_object *vm = opennebula_store_find(b->store, OPENNEBULA_VM, id);
    if (vm != NULL && vm->index != BERTH_NONE)
      b->vms[vm->index].role = index;
  }
}

static berth_status list_members(opennebula_building *b) {
  for (uint32_t v = 0; v < b->vm_count; v++)
    if (b->vms[v].role != BERTH_NONE)
      b->roles[b->vms[v].role].member_count++;
  for (uint32_t r = 0; r < b->role_count; r++) {
    opennebula_role *role = &b->roles[r];
    role->members = arena_take(&b->store->memory, role->member_count, sizeof *role->members);
    if (role->members == NULL)
      return BERTH_E_NOMEM;
    role->member_count = 0;
  }
  for (uint32_t v = 0; v < b->vm_count; v++) {
    if (b->vms[v].role == BERTH_NONE)
      continue;
    opennebula_role *role = &b->roles[b->vms[v].role];
    role->members[role->member_count++] = v;
  }
  return BERTH_OK;
}

static uint32_t count_roles(const opennebula_building *b) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < opennebula_store_count(b->store); i++) {
    const opennebula_object *group = opennebula_store_at(b->store, i);
    opennebula_walk walk = {0};
    while (group->kind == OPENNEBULA_VM_GROUP &&
           opennebula_next(b->store, group, OPENNEBULA_GROUP_ROLE, &walk) != NULL)
      count++;
  }
  return count;
}

static berth_status enter_roles(opennebula_building *b) {
  berth_status status = BERTH_OK;
  b->roles = arena_take(&b->store->memory, count_roles(b), sizeof *b->roles);
  if (b->roles == NULL)
    return BERTH_E_NOMEM;
  for (uint32_t i = 0; i < opennebula_store_count(b->store); i++) {
    const opennebula_object *group = opennebula_store_at(b->store, i);
    opennebula_walk walk = {0};
    const opennebula_fact *item = NULL;
    while (group->kind == OPENNEBULA_VM_GROUP && status == BERTH_OK &&
           (item = opennebula_next(b->store, group, OPENNEBULA_GROUP_ROLE, &walk)) != NULL)
      status = enter_role(b, group, item->item);
  }
  return status;
}

berth_status opennebula_collect_roles(opennebula_building *b) {
  name_pool missing;
  name_pool_init(&missing, &b->store->memory.allocator);
  berth_status status = enter_roles(b);
  for (uint32_t r = 0; status == BERTH_OK && r < b->role_count; r++)
    if (b->roles[r].listed != NULL && !enter_missing(b, &missing, b->roles[r].listed))
      status = BERTH_E_NOMEM;
  if (status == BERTH_OK)
    status = collect_missing(b, &missing);
  for (uint32_t v = 0; status == BERTH_OK && v < b->vm_count; v++)
    mark_by_vm(b, &b->vms[v]);
  for (uint32_t r = 0; status == BERTH_OK && r < b->role_count; r++)
    mark_by_role(b, r);
  if (status == BERTH_OK)
    status = list_members(b);
  name_pool_free(&missing);
  return status;
}

/* ------------------------------------------------------------------------ what roles ask for */

berth_status opennebula_join_groups(opennebula_building *b) {
  const opennebula_object *group = NULL;
  uint32_t cluster = BERTH_NONE;
  for (uint32_t r = 0; r < b->role_count; r++) {
    const opennebula_role *role = &b->roles[r];
    if (role->group != group)
      cluster = BERTH_NONE;
    group = role->group;
    for (uint32_t m = 0; m < role->member_count; m++) {
      const uint32_t other = b->vms[role->members[m]].cluster;
      if (cluster == BERTH_NONE)
        cluster = other;
      opennebula_join_clusters(b, cluster, other);
    }
  }
  return BERTH_OK;
}

static bool lists_host(const char *list, const char *host) {
  char id[ID_ROOM];
  for (opennebula_next_id(&list, id, sizeof id); id[0] != '\0';
       opennebula_next_id(&list, id, sizeof id))
    if (strcmp(id, host) == 0)
      return true;
  return false;
}

void opennebula_allow_by_role(opennebula_building *b, const opennebula_vm *vm) {
  if (vm->role == BERTH_NONE)
    return;
  assert(vm->role < b->role_count);
  const opennebula_role *role = &b->roles[vm->role];
  for (uint32_t h = 0; h < b->host_count; h++) {
    const char *id = b->hosts[h].object->id;
    if ((role->affined != NULL && !lists_host(role->affined, id)) ||
        (role->anti_affined != NULL && lists_host(role->anti_affined, id)))
      b->allowed[h] = 0;
  }
}
