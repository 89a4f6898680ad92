/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Written from the comments of session.h and docs/model.md §18. Specs of single objects come from
 * thaw.h, which scenarios use; all lists are written anew, by ids alone, and through a group where
 * an id is a group's, too.
 */
#include "session_model.h"

#include "freeze_internal.h"
#include "random_cluster.h"
#include "thaw.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_ROOM = 4096 };

static uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

static uint32_t below(uint64_t *state, uint32_t count) {
  return (uint32_t)(next_random(state) % count);
}

/* ------------------------------------------------------------------------ base */

/* Some of the ids, and at least one if there is any. */
static void draw_ids(uint64_t *random, const char *const *ids, const uint32_t *clusters,
                     uint32_t count, uint32_t cluster, char *list) {
  list[0] = '\0';
  for (int tries = 0; tries < 20 && list[0] == '\0'; tries++) {
    for (uint32_t i = 0; i < count; i++) {
      if (clusters[i] != cluster || below(random, 3) > 0)
        continue;
      if (list[0] != '\0')
        strcat(list, " ");
      strcat(list, ids[i]);
    }
  }
}

static void add_groups(berth_builder *builder, const berth_inventory *from, uint32_t cluster,
                       uint64_t *random) {
  char list[LIST_ROOM], id[MODEL_ID];
  for (uint32_t g = 0; g < 2; g++) {
    (void)snprintf(id, sizeof id, "hg%u", g);
    draw_ids(random, from->host_id, from->host_cluster, from->host_count, cluster, list);
    if (berth_builder_add_host_group(builder, cluster, id, list, NULL) != BERTH_OK)
      abort();
    (void)snprintf(id, sizeof id, "vg%u", g);
    draw_ids(random, from->vm_id, from->vm_cluster, from->vm_count, cluster, list);
    if (berth_builder_add_vm_group(builder, cluster, id, list, NULL) != BERTH_OK)
      abort();
  }
  /* Groups that are called like objects. */
  uint32_t vm = from->clusters[cluster].first_vm, host = from->clusters[cluster].first_host;
  draw_ids(random, from->vm_id, from->vm_cluster, from->vm_count, cluster, list);
  if (below(random, 5) == 0 &&
      berth_builder_add_vm_group(builder, cluster, from->vm_id[vm], list, NULL) != BERTH_OK)
    abort();
  draw_ids(random, from->host_id, from->host_cluster, from->host_count, cluster, list);
  if (below(random, 5) == 0 &&
      berth_builder_add_host_group(builder, cluster, from->host_id[host], list, NULL) != BERTH_OK)
    abort();
}

static void add_rules(berth_builder *builder, const berth_inventory *from, uint32_t cluster,
                      uint64_t *random) {
  static const berth_rule_type types[] = {
      BERTH_RULE_RUN_ON,  BERTH_RULE_NOT_RUN_ON, BERTH_RULE_APART,    BERTH_RULE_TOGETHER,
      BERTH_RULE_AT_MOST, BERTH_RULE_QUIESCE,    BERTH_RULE_TOGETHER, BERTH_RULE_RUN_ON};
  for (uint32_t r = below(random, 4); r > 0; r--) {
    char id[MODEL_ID], vms[LIST_ROOM] = "vg0 ", hosts[LIST_ROOM] = "hg1 ";
    bool groups = below(random, 2) == 0;
    berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
    (void)snprintf(id, sizeof id, "x%u.%u", cluster, r);
    draw_ids(random, from->vm_id, from->vm_cluster, from->vm_count, cluster,
             vms + (groups ? 4 : 0));
    draw_ids(random, from->host_id, from->host_cluster, from->host_count, cluster,
             hosts + (below(random, 2) == 0 ? 4 : 0));
    spec.id = id;
    spec.type = types[below(random, 8)];
    spec.strength = below(random, 2) == 0 ? BERTH_MUST : BERTH_SHOULD;
    spec.over = (berth_domain)below(random, BERTH_DOMAIN_COUNT);
    if (spec.type == BERTH_RULE_AT_MOST)
      spec.count = 1 + below(random, 3);
    spec.vms = vms;
    spec.hosts = hosts;
    if (berth_builder_add_rule(builder, cluster, &spec, NULL) != BERTH_OK)
      abort();
  }
}

static berth_inventory *widen(berth_context *ctx, const berth_inventory *from, uint64_t *random) {
  berth_builder *builder = NULL;
  berth_inventory *out = NULL;
  if (thaw_inventory(ctx, from, &builder) != BERTH_OK)
    abort();
  for (uint32_t c = 0; c < from->cluster_count; c++) {
    add_groups(builder, from, c, random);
    add_rules(builder, from, c, random);
    built_cluster *cluster = chunked_list_at(&builder->clusters, c);
    if (below(random, 6) == 0) {
      cluster->spec.admission = BERTH_ADMISSION_DEDICATED;
      cluster->spec.dedicated_hosts = "hg0";
    }
  }
  (void)freeze_builder(builder, true, &out);
  berth_builder_free(builder);
  return out;
}

/* Some rules dropped, some VMs powered on: a derived inventory. */
static const berth_inventory *derive(berth_context *ctx, const berth_inventory *from,
                                     uint64_t *random) {
  berth_scenario *scenario = NULL;
  const berth_inventory *out = NULL;
  if (berth_scenario_new(ctx, &scenario) != BERTH_OK)
    abort();
  for (uint32_t r = 0; r < from->rule_count; r++) {
    berth_event event = BERTH_EVENT_INIT;
    event.type = BERTH_EVENT_DROP_RULE;
    event.id = from->rules[r].id;
    if (below(random, 4) == 0 && berth_scenario_add(ctx, scenario, &event) != BERTH_OK)
      abort();
  }
  for (uint32_t v = 0; v < from->vm_count; v++) {
    berth_event event = BERTH_EVENT_INIT;
    event.type = BERTH_EVENT_POWER_ON;
    event.vm = from->vm_id[v];
    if (from->vm_power[v] != BERTH_POWER_ON && below(random, 2) == 0 &&
        berth_scenario_add(ctx, scenario, &event) != BERTH_OK)
      abort();
  }
  if (berth_scenario_apply(ctx, from, scenario, &out) != BERTH_OK)
    abort();
  berth_scenario_free(scenario);
  return out;
}

const berth_inventory *model_draw_base(berth_context *ctx, uint64_t seed) {
  uint64_t random = seed ^ UINT64_C(0x5e5510);
  random_case drawn;
  random_family family = seed % 3 == 2 ? RANDOM_LOADS : RANDOM_REQUESTS;
  if (seed % 3 == 1)
    family = (random_family)(RANDOM_REQUESTS + RANDOM_WITH_NODES);
  if (random_cluster(ctx, seed, family, seed % 11 == 0, &drawn) != BERTH_OK)
    abort();
  const berth_inventory *base = drawn.inventory;
  if (below(&random, 4) > 0) {
    const berth_inventory *wide = widen(ctx, base, &random);
    berth_inventory_release(base);
    base = wide;
  }
  if (base != NULL && below(&random, 5) == 0) {
    const berth_inventory *derived = derive(ctx, base, &random);
    berth_inventory_release(base);
    base = derived;
  }
  return base;
}

bool model_open(session_model *model, const berth_inventory *base) {
  memset(model, 0, sizeof *model);
  if (base->host_count > MODEL_HOSTS || base->vm_count > MODEL_VMS ||
      base->rule_count > MODEL_RULES)
    return false;
  model->base = base;
  model->host_count = base->host_count;
  model->vm_count = base->vm_count;
  model->rule_count = base->rule_count;
  model->next_age = base->rule_count;
  for (uint32_t h = 0; h < base->host_count; h++) {
    model_host *host = &model->hosts[h];
    (void)snprintf(host->id, sizeof host->id, "%s", base->host_id[h]);
    host->cluster = base->host_cluster[h];
    host->root = host->like = h;
    host->state = (berth_host_state)base->host_state[h];
  }
  for (uint32_t v = 0; v < base->vm_count; v++) {
    model_vm *vm = &model->vms[v];
    vm->exists = true;
    (void)snprintf(vm->id, sizeof vm->id, "%s", base->vm_id[v]);
    vm->cluster = base->vm_cluster[v];
    vm->root = v;
    vm->spec = thaw_vm_spec(base, v);
    vm->power = (berth_power)base->vm_power[v];
    vm->host = base->vm_host[v];
  }
  for (uint32_t r = 0; r < base->rule_count; r++) {
    model_rule *rule = &model->rules[r];
    rule->exists = !thaw_is_dropped(base, r);
    rule->age = r;
    rule->base = r;
    rule->cluster = base->rules[r].cluster;
    (void)snprintf(rule->id, sizeof rule->id, "%s", base->rules[r].id);
  }
  return true;
}

/* ------------------------------------------------------------------------ changes */

void model_add_vm(session_model *model, uint32_t number, uint32_t cluster,
                  const berth_vm_spec *spec, uint32_t host, uint32_t like) {
  assert(number < MODEL_VMS && !model->vms[number].exists);
  model_vm vm = {.exists = true, .added = true, .cluster = cluster, .root = BERTH_NONE};
  if (like != BERTH_NONE) {
    vm.root = model->vms[like].root;
    memcpy(vm.in_rule, model->vms[like].in_rule, sizeof vm.in_rule);
  }
  (void)snprintf(vm.id, sizeof vm.id, "%s", spec->id);
  vm.spec = *spec;
  vm.power = spec->power;
  vm.host = host;
  if (vm.spec.priority == BERTH_PRIORITY_UNSET)
    vm.spec.priority = model->base->clusters[cluster].set_up.default_priority;
  model->vms[number] = vm;
  if (number >= model->vm_count)
    model->vm_count = number + 1;
}

void model_add_host(session_model *model, uint32_t like, const char *id) {
  assert(model->host_count < MODEL_HOSTS && like < model->host_count);
  model_host *host = &model->hosts[model->host_count];
  const model_host *other = &model->hosts[like];
  *host = (model_host){.cluster = other->cluster, .root = other->root, .like = like};
  (void)snprintf(host->id, sizeof host->id, "%s", id);
  for (uint32_t r = 0; r < model->rule_count; r++)
    model->rules[r].host[model->host_count] = model->rules[r].host[like];
  model->host_count++;
}

static const frozen_group *find_group(const frozen_group *groups, uint32_t count, uint32_t cluster,
                                      const char *id) {
  for (uint32_t g = 0; g < count; g++)
    if (groups[g].cluster == cluster && strcmp(groups[g].id, id) == 0)
      return &groups[g];
  return NULL;
}

static bool holds(const frozen_group *group, uint32_t object) {
  for (uint32_t i = 0; i < group->count; i++)
    if (group->members[i] == object)
      return true;
  return false;
}

static bool enter_vms(session_model *model, uint32_t rule, uint32_t cluster, const char *id) {
  const berth_inventory *base = model->base;
  const frozen_group *group = find_group(base->vm_groups, base->vm_group_count, cluster, id);
  bool found = group != NULL;
  for (uint32_t v = 0; v < model->vm_count; v++) {
    model_vm *vm = &model->vms[v];
    if (!vm->exists || vm->cluster != cluster)
      continue;
    if (group != NULL ? vm->root != BERTH_NONE && holds(group, vm->root) : strcmp(vm->id, id) == 0)
      vm->in_rule[rule] = found = true;
  }
  return found;
}

static bool enter_hosts(session_model *model, uint32_t rule, uint32_t cluster, const char *id) {
  const berth_inventory *base = model->base;
  const frozen_group *group = find_group(base->host_groups, base->host_group_count, cluster, id);
  bool found = group != NULL;
  for (uint32_t h = 0; h < model->host_count; h++) {
    const model_host *host = &model->hosts[h];
    if (host->cluster != cluster)
      continue;
    if (group != NULL ? holds(group, host->root) : strcmp(host->id, id) == 0)
      model->rules[rule].host[h] = found = true;
  }
  return found;
}

static bool enter_list(session_model *model, uint32_t rule, uint32_t cluster, const char *list,
                       bool hosts) {
  char copy[LIST_ROOM], *rest = NULL;
  if (list == NULL)
    return true;
  (void)snprintf(copy, sizeof copy, "%s", list);
  for (char *id = strtok_r(copy, " ", &rest); id != NULL; id = strtok_r(NULL, " ", &rest)) {
    if (hosts ? !enter_hosts(model, rule, cluster, id) : !enter_vms(model, rule, cluster, id))
      return false;
  }
  return true;
}

bool model_add_rule(session_model *model, uint32_t number, uint32_t cluster,
                    const berth_rule_spec *spec) {
  assert(number < MODEL_RULES && !model->rules[number].exists);
  model_rule *rule = &model->rules[number];
  *rule = (model_rule){.exists = true, .age = model->next_age++, .base = BERTH_NONE};
  (void)snprintf(rule->id, sizeof rule->id, "%s", spec->id);
  rule->cluster = cluster;
  rule->spec = *spec;
  for (uint32_t v = 0; v < MODEL_VMS; v++)
    model->vms[v].in_rule[number] = false;
  if (number >= model->rule_count)
    model->rule_count = number + 1;
  return enter_list(model, number, cluster, spec->vms, false) &&
         enter_list(model, number, cluster, spec->hosts, true);
}

/* ------------------------------------------------------------------------ freezing */

typedef struct freezing_model {
  const session_model *model;
  berth_builder *builder;
  model_inventory *out;
  uint32_t group_count; /* made for lists */
} freezing_model;

static void append(char *list, const char *id) {
  assert(strlen(list) + strlen(id) + 2 < LIST_ROOM);
  if (list[0] != '\0')
    strcat(list, " ");
  strcat(list, id);
}

static void must(berth_status status) {
  if (status != BERTH_OK)
    abort();
}

static void write_hosts(freezing_model *f) {
  const berth_inventory *base = f->model->base;
  for (uint32_t h = 0; h < f->model->host_count; h++) {
    const model_host *host = &f->model->hosts[h];
    berth_host_spec spec = thaw_host_spec(base, host->root);
    uint32_t index;
    if (host->root != h) {
      spec.id = host->id;
      spec.name = NULL;
      spec.joined = BERTH_UNSET;
    }
    spec.state = host->state;
    must(berth_builder_add_host(f->builder, host->cluster, &spec, &index));
    must(thaw_host_details(f->builder, base, host->root, index));
  }
}

static void write_vms(freezing_model *f, bool added) {
  const berth_inventory *base = f->model->base;
  for (uint32_t v = 0; v < f->model->vm_count; v++) {
    const model_vm *vm = &f->model->vms[v];
    uint32_t index;
    if (!vm->exists || vm->added != added)
      continue;
    berth_vm_spec spec = vm->spec;
    spec.id = vm->id;
    spec.host = vm->host == BERTH_NONE ? NULL : f->model->hosts[vm->host].id;
    spec.power = vm->power;
    must(berth_builder_add_vm(f->builder, vm->cluster, &spec, &index));
    if (vm->root != BERTH_NONE)
      must(thaw_vm_details(f->builder, base, vm->root, index));
  }
}

/* Those of the list that are there, and then what is like them. */
static void list_vms(const session_model *model, const uint32_t *roots, uint32_t count,
                     char *list) {
  list[0] = '\0';
  for (int added = 0; added < 2; added++)
    for (uint32_t i = 0; i < count; i++)
      for (uint32_t v = 0; v < model->vm_count; v++)
        if (model->vms[v].exists && model->vms[v].root == roots[i] &&
            model->vms[v].added == (added == 1))
          append(list, model->vms[v].id);
}

static void list_hosts(const session_model *model, const uint32_t *roots, uint32_t count,
                       char *list) {
  list[0] = '\0';
  for (int added = 0; added < 2; added++)
    for (uint32_t i = 0; i < count; i++)
      for (uint32_t h = 0; h < model->host_count; h++)
        if (model->hosts[h].root == roots[i] && (h >= model->base->host_count) == (added == 1))
          append(list, model->hosts[h].id);
}

static void write_groups(freezing_model *f) {
  const berth_inventory *base = f->model->base;
  char list[LIST_ROOM];
  for (uint32_t g = 0; g < base->vm_group_count; g++) {
    const frozen_group *group = &base->vm_groups[g];
    list_vms(f->model, group->members, group->count, list);
    must(berth_builder_add_vm_group(f->builder, group->cluster, group->id, list, NULL));
  }
  for (uint32_t g = 0; g < base->host_group_count; g++) {
    const frozen_group *group = &base->host_groups[g];
    list_hosts(f->model, group->members, group->count, list);
    must(berth_builder_add_host_group(f->builder, group->cluster, group->id, list, NULL));
  }
}

/* The list as one word: every list is a group of its own, whatever its members are called. */
static void as_group(freezing_model *f, uint32_t cluster, bool hosts, char *list) {
  char id[32];
  if (list[0] == '\0')
    return;
  (void)snprintf(id, sizeof id, "~list%u", f->group_count++);
  must(hosts ? berth_builder_add_host_group(f->builder, cluster, id, list, NULL)
             : berth_builder_add_vm_group(f->builder, cluster, id, list, NULL));
  strcpy(list, id);
}

static bool names_group(const session_model *model, uint32_t cluster, const char *list) {
  char copy[LIST_ROOM], *rest = NULL;
  (void)snprintf(copy, sizeof copy, "%s", list == NULL ? "" : list);
  for (char *id = strtok_r(copy, " ", &rest); id != NULL; id = strtok_r(NULL, " ", &rest))
    if (find_group(model->base->vm_groups, model->base->vm_group_count, cluster, id) != NULL)
      return true;
  return false;
}

/* Whether the list has come to name nobody. A group is somebody, whoever is in it. */
static bool is_gone(const session_model *model, const model_rule *rule, const char *list,
                    const char *was) {
  return list[0] == '\0' && !(rule->base != BERTH_NONE && names_group(model, rule->cluster, was));
}

static void write_rule(freezing_model *f, uint32_t number) {
  const session_model *model = f->model;
  const model_rule *rule = &model->rules[number];
  berth_rule_spec spec = rule->spec;
  char vms[LIST_ROOM] = "", hosts[LIST_ROOM] = "", after[LIST_ROOM] = "";
  if (rule->base != BERTH_NONE) {
    const frozen_rule *old = &model->base->rules[rule->base];
    spec = (berth_rule_spec)BERTH_RULE_SPEC_INIT;
    spec.type = old->type;
    spec.strength = old->strength;
    spec.over = old->over;
    spec.count = old->count;
    spec.max_concurrent = old->max_concurrent;
    spec.name = old->name;
    list_vms(model, old->vms, old->vm_count, vms);
    list_vms(model, old->after, old->after_count, after);
    list_hosts(model, old->hosts, old->host_count, hosts);
  } else {
    for (uint32_t v = 0; v < model->vm_count; v++)
      if (model->vms[v].exists && model->vms[v].in_rule[number])
        append(vms, model->vms[v].id);
    for (uint32_t h = 0; h < model->host_count; h++)
      if (rule->host[h])
        append(hosts, model->hosts[h].id);
  }
  const frozen_rule *was = rule->base == BERTH_NONE ? NULL : &model->base->rules[rule->base];
  if (is_gone(model, rule, vms, was == NULL ? NULL : was->vms_text) ||
      (spec.type == BERTH_RULE_RESTART_AFTER && is_gone(model, rule, after, was->after_text)))
    return;
  as_group(f, rule->cluster, false, vms);
  as_group(f, rule->cluster, false, after);
  as_group(f, rule->cluster, true, hosts);
  spec.id = rule->id;
  spec.vms = vms;
  spec.hosts = hosts;
  spec.after = after;
  must(berth_builder_add_rule(f->builder, rule->cluster, &spec, NULL));
}

/* Oldest first. */
static void write_rules(freezing_model *f) {
  bool done[MODEL_RULES] = {false};
  for (;;) {
    uint32_t oldest = BERTH_NONE;
    for (uint32_t r = 0; r < f->model->rule_count; r++)
      if (f->model->rules[r].exists && !done[r] &&
          (oldest == BERTH_NONE || f->model->rules[r].age < f->model->rules[oldest].age))
        oldest = r;
    if (oldest == BERTH_NONE)
      return;
    done[oldest] = true;
    write_rule(f, oldest);
  }
}

static void find_numbers(const session_model *model, model_inventory *out) {
  const berth_inventory *inventory = out->inventory;
  memset(out->vm_index, 0xff, sizeof out->vm_index);
  memset(out->rule_index, 0xff, sizeof out->rule_index);
  for (uint32_t h = 0; h < model->host_count; h++) {
    must(berth_inventory_find_host(inventory, model->hosts[h].id, &out->host_index[h]));
    out->host_number[out->host_index[h]] = h;
  }
  for (uint32_t v = 0; v < model->vm_count; v++) {
    if (!model->vms[v].exists)
      continue;
    must(berth_inventory_find_vm(inventory, model->vms[v].id, &out->vm_index[v]));
    out->vm_number[out->vm_index[v]] = v;
  }
  for (uint32_t r = 0; r < model->rule_count; r++) {
    if (!model->rules[r].exists)
      continue;
    if (berth_inventory_find_rule(inventory, model->rules[r].id, &out->rule_index[r]) == BERTH_OK)
      out->rule_number[out->rule_index[r]] = r;
  }
}

void model_freeze(const session_model *model, berth_context *ctx, model_inventory *out) {
  freezing_model f = {.model = model, .out = out};
  const berth_inventory *base = model->base;
  must(berth_builder_new(ctx, &f.builder));
  must(thaw_names(f.builder, base));
  for (uint32_t c = 0; c < base->cluster_count; c++)
    must(berth_builder_add_cluster(f.builder, &base->clusters[c].set_up, NULL));
  write_hosts(&f);
  write_vms(&f, false);
  write_vms(&f, true);
  write_groups(&f);
  write_rules(&f);
  if (freeze_builder(f.builder, true, &out->inventory) != BERTH_OK) {
    (void)fprintf(stderr, "model: %s\n", berth_context_detail(ctx));
    abort();
  }
  berth_builder_free(f.builder);
  find_numbers(model, out);
}
