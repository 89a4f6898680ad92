/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups and rules of a vSphere cluster. They have names, which may hold blanks and repeat; berth's
 * ids do neither, so that blanks become underscores and a repeated one gets a number. Rules refer
 * to groups by name. VM-VM rules bind DRS, whatever `mandatory` says, and are must rules; a VM-host
 * rule is one only if it is mandatory. Templates run nowhere and are left out of all lists.
 */
#include "vim25_build.h"

#include "context_internal.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { ID_ROOM = 512 };

/* A group of the cluster at hand. */
typedef struct group {
  const char *name; /* as vSphere has it */
  const char *id;   /* as berth has it */
  bool hosts;
} group;

typedef struct rule_facts {
  const char *type, *name, *vm_group, *affine, *anti_affine, *dependent, *depends_on;
  bool enabled, mandatory;
} rule_facts;

typedef struct cluster_rules {
  vim25_building *b;
  const vim25_object *cluster;
  group *groups;
  uint32_t group_count;
  name_pool group_ids[2]; /* of VM groups, of host groups */
} cluster_rules;

/* ------------------------------------------------------------------------ ids */

static void replace_blanks(char *id, const char *name, const char *nameless) {
  assert(id != NULL && nameless != NULL && nameless[0] != '\0');
  snprintf(id, ID_ROOM - 16, "%s", name == NULL || name[0] == '\0' ? nameless : name);
  for (char *c = id; *c != '\0'; c++)
    if (*c == ' ' || *c == '\t' || *c == '\n' || *c == '\r')
      *c = '_';
}

/* A copy of an id like @p name that the pool did not hold yet; NULL = out of memory. */
static const char *unique_id(cluster_rules *r, name_pool *taken, const char *name,
                             const char *nameless) {
  assert(taken != NULL && nameless != NULL);
  char id[ID_ROOM];
  replace_blanks(id, name, nameless);
  const size_t length = strlen(id);
  for (unsigned number = 2; name_pool_has(taken, id, strlen(id)); number++)
    snprintf(id + length, sizeof id - length, "-%u", number);
  uint32_t index = 0;
  /* The ids of rules outlive this cluster: their text goes to the store. */
  if (!name_pool_enter(taken, &r->b->store->memory, id, &index)) {
    context_fail(r->b->ctx, BERTH_E_NOMEM, NULL, "out of memory");
    return NULL;
  }
  return name_pool_at(taken, index);
}

/* ------------------------------------------------------------------------ lists */

/* Appends a VM, or says that it is missing. Templates are left out. */
static berth_status append_vm(cluster_rules *r, const char *kind, const char *owner,
                              const char *id) {
  assert(kind != NULL && owner != NULL && id != NULL);
  const vim25_object *vm = vim25_store_find(r->b->store, id);
  if (vm == NULL || vm->kind != VIM25_VM)
    vim25_error(r->b, r->cluster,
                "%s %.100s names %.60s, which is not among the objects; expected "
                "it in one of the sources",
                kind, owner, id);
  else if (!vm->skipped && !gathered_text_add_word(&r->b->list, id))
    return BERTH_E_NOMEM;
  return BERTH_OK;
}

static berth_status append_host(cluster_rules *r, const char *owner, const char *id) {
  assert(owner != NULL && id != NULL);
  const vim25_object *host = vim25_store_find(r->b->store, id);
  if (host == NULL || host->kind != VIM25_HOST)
    vim25_error(r->b, r->cluster,
                "group %.100s names %.60s, which is not among the objects; expected "
                "it in one of the sources",
                owner, id);
  else if (!host->skipped && !gathered_text_add_word(&r->b->list, id))
    return BERTH_E_NOMEM;
  return BERTH_OK;
}

static const vim25_fact *next_of_item(const cluster_rules *r, vim25_walk *walk, uint32_t item) {
  const vim25_fact *fact = vim25_store_next(r->b->store, r->cluster, walk);
  return fact != NULL && fact->item == item ? fact : NULL;
}

/* ------------------------------------------------------------------------ groups */

static const char *find_text(const cluster_rules *r, vim25_walk walk, uint32_t item,
                             vim25_field field) {
  assert(item != 0); /* 0 is the object itself */
  const vim25_fact *fact = NULL;
  while ((fact = next_of_item(r, &walk, item)) != NULL)
    if (fact->field == field)
      return fact->text;
  return NULL;
}

/* @p walk stands behind the fact that begins the group. */
static berth_status add_group(cluster_rules *r, vim25_walk walk, const vim25_fact *begin) {
  group *g = &r->groups[r->group_count++];
  berth_status status = BERTH_OK;
  const vim25_fact *fact = NULL;
  g->name = find_text(r, walk, begin->item, VIM25_GROUP_NAME);
  g->hosts = strcmp(begin->text, "ClusterHostGroup") == 0;
  g->id = unique_id(r, &r->group_ids[g->hosts], g->name, "group");
  if (g->id == NULL)
    return BERTH_E_NOMEM;
  gathered_text_clear(&r->b->list);
  while (status == BERTH_OK && (fact = next_of_item(r, &walk, begin->item)) != NULL) {
    if (fact->field == VIM25_GROUP_VM && !g->hosts)
      status = append_vm(r, "group", g->id, fact->text);
    else if (fact->field == VIM25_GROUP_HOST && g->hosts)
      status = append_host(r, g->id, fact->text);
  }
  if (status != BERTH_OK)
    return status;
  const char *members = gathered_text_words(&r->b->list);
  const uint32_t cluster = r->cluster->cluster;
  return g->hosts ? berth_builder_add_host_group(r->b->builder, cluster, g->id, members,
                                                 &r->cluster->position)
                  : berth_builder_add_vm_group(r->b->builder, cluster, g->id, members,
                                               &r->cluster->position);
}

/* The id of the group that a rule names; an error where there is none. */
static const char *group_id(cluster_rules *r, const char *rule, const char *name, bool hosts) {
  assert(rule != NULL && r->groups != NULL);
  for (uint32_t i = 0; i < r->group_count; i++)
    if (r->groups[i].hosts == hosts && r->groups[i].name != NULL && name != NULL &&
        strcmp(r->groups[i].name, name) == 0)
      return r->groups[i].id;
  vim25_error(r->b, r->cluster,
              "rule %.100s names the %s group %.100s; expected a group of the "
              "cluster",
              rule, hosts ? "host" : "VM", name == NULL ? "(none)" : name);
  return NULL;
}

/* ------------------------------------------------------------------------ rules */

static rule_facts read_rule(const cluster_rules *r, vim25_walk walk, const vim25_fact *begin) {
  assert(begin->field == VIM25_RULE && begin->item != 0);
  rule_facts facts = {.type = begin->text, .enabled = true};
  const vim25_fact *fact = NULL;
  while ((fact = next_of_item(r, &walk, begin->item)) != NULL) {
    switch ((vim25_field)fact->field) {
    case VIM25_RULE_NAME:
      facts.name = fact->text;
      break;
    case VIM25_RULE_ENABLED:
      facts.enabled = strcmp(fact->text, "true") == 0;
      break;
    case VIM25_RULE_MANDATORY:
      facts.mandatory = strcmp(fact->text, "true") == 0;
      break;
    case VIM25_RULE_VM_GROUP:
      facts.vm_group = fact->text;
      break;
    case VIM25_RULE_AFFINE:
      facts.affine = fact->text;
      break;
    case VIM25_RULE_ANTI_AFFINE:
      facts.anti_affine = fact->text;
      break;
    case VIM25_RULE_DEPENDENT:
      facts.dependent = fact->text;
      break;
    case VIM25_RULE_DEPENDS_ON:
      facts.depends_on = fact->text;
      break;
    default:
      break;
    }
  }
  return facts;
}

/* ClusterAffinityRuleSpec, ClusterAntiAffinityRuleSpec: VMs in the rule itself. */
static berth_status fill_vm_vm(cluster_rules *r, vim25_walk walk, const vim25_fact *begin,
                               berth_rule_spec *spec) {
  assert(spec->id != NULL && spec->hosts == NULL);
  berth_status status = BERTH_OK;
  const vim25_fact *fact = NULL;
  gathered_text_clear(&r->b->list);
  while (status == BERTH_OK && (fact = next_of_item(r, &walk, begin->item)) != NULL)
    if (fact->field == VIM25_RULE_VM)
      status = append_vm(r, "rule", spec->id, fact->text);
  spec->vms = gathered_text_words(&r->b->list);
  return status;
}

static bool fill_vm_host(cluster_rules *r, const rule_facts *facts, berth_rule_spec *spec) {
  assert(spec->id != NULL && facts->type != NULL);
  const bool affine = facts->affine != NULL;
  spec->type = affine ? BERTH_RULE_RUN_ON : BERTH_RULE_NOT_RUN_ON;
  spec->strength = facts->mandatory ? BERTH_MUST : BERTH_SHOULD;
  spec->vms = group_id(r, spec->id, facts->vm_group, false);
  spec->hosts = group_id(r, spec->id, affine ? facts->affine : facts->anti_affine, true);
  return spec->vms != NULL && spec->hosts != NULL;
}

static bool fill_dependency(cluster_rules *r, const rule_facts *facts, berth_rule_spec *spec) {
  assert(spec->id != NULL && spec->hosts == NULL);
  spec->type = BERTH_RULE_RESTART_AFTER;
  spec->vms = group_id(r, spec->id, facts->dependent, false);
  spec->after = group_id(r, spec->id, facts->depends_on, false);
  return spec->vms != NULL && spec->after != NULL;
}

static berth_status add_rule(cluster_rules *r, vim25_walk walk, const vim25_fact *begin) {
  const rule_facts facts = read_rule(r, walk, begin);
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  berth_status status = BERTH_OK;
  bool good = true;
  if (!facts.enabled)
    return BERTH_OK;
  spec.id = unique_id(r, &r->b->rule_ids, facts.name, "rule");
  if (spec.id == NULL)
    return BERTH_E_NOMEM;
  if (facts.name != NULL && strcmp(facts.name, spec.id) != 0)
    spec.name = facts.name;
  spec.position = r->cluster->position;
  if (strcmp(facts.type, "ClusterVmHostRuleInfo") == 0) {
    good = fill_vm_host(r, &facts, &spec);
  } else if (strcmp(facts.type, "ClusterDependencyRuleInfo") == 0) {
    good = fill_dependency(r, &facts, &spec);
  } else if (strcmp(facts.type, "ClusterAffinityRuleSpec") == 0 ||
             strcmp(facts.type, "ClusterAntiAffinityRuleSpec") == 0) {
    const bool together = strcmp(facts.type, "ClusterAffinityRuleSpec") == 0;
    spec.type = together ? BERTH_RULE_TOGETHER : BERTH_RULE_APART;
    status = fill_vm_vm(r, walk, begin, &spec);
  } else {
    vim25_error(r->b, r->cluster,
                "rule %.100s is a \"%.60s\"; expected an affinity, "
                "anti-affinity, VM-host or dependency rule",
                spec.id, facts.type);
    good = false;
  }
  if (status != BERTH_OK || !good)
    return status;
  return berth_builder_add_rule(r->b->builder, r->cluster->cluster, &spec, NULL);
}

/* ------------------------------------------------------------------------ cluster */

typedef berth_status (*item_pass)(cluster_rules *r, vim25_walk walk, const vim25_fact *begin);

/* Those of the deprecated `configuration` count where `configurationEx` has none. */
static berth_status for_each_item(cluster_rules *r, vim25_field field, item_pass pass) {
  const bool current = vim25_store_has_current(r->b->store, r->cluster, field);
  berth_status status = BERTH_OK;
  vim25_walk walk = {0};
  const vim25_fact *fact = NULL;
  while (status == BERTH_OK && (fact = vim25_store_next(r->b->store, r->cluster, &walk)) != NULL)
    if (fact->field == field && !(fact->deprecated && current))
      status = pass(r, walk, fact);
  return status;
}

static uint32_t count_groups(const vim25_building *b, const vim25_object *cluster) {
  uint32_t count = 0;
  vim25_walk walk = {0};
  const vim25_fact *fact = NULL;
  while ((fact = vim25_store_next(b->store, cluster, &walk)) != NULL)
    count += fact->field == VIM25_GROUP;
  return count;
}

berth_status vim25_add_rules(vim25_building *b, const vim25_object *cluster) {
  const berth_allocator *allocator = context_allocator(b->ctx);
  cluster_rules r = {.b = b, .cluster = cluster};
  berth_status status = BERTH_E_NOMEM;
  assert(cluster->kind == VIM25_CLUSTER && cluster->cluster != BERTH_NONE);
  name_pool_init(&r.group_ids[0], allocator);
  name_pool_init(&r.group_ids[1], allocator);
  r.groups = context_take(b->ctx, (size_t)count_groups(b, cluster) + 1, sizeof *r.groups);
  if (r.groups == NULL)
    goto done;
  status = for_each_item(&r, VIM25_GROUP, add_group);
  if (status == BERTH_OK)
    status = for_each_item(&r, VIM25_RULE, add_rule);
done:
  name_pool_free(&r.group_ids[0]);
  name_pool_free(&r.group_ids[1]);
  context_release(b->ctx, r.groups);
  return status;
}
