/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Freezing: the stages in their order. Objects are numbered by cluster, then in the order in which
 * they were added (a counting sort), so that the objects of a cluster are contiguous.
 */
#include "checked.h"
#include "context_internal.h"
#include "freeze_internal.h"
#include "rule_conflicts.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_BYTES = 1024 };

void freeze_error(freezing *f, const berth_position *position, const char *format, ...) {
  assert(f != NULL && format != NULL);
  char text[MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  f->errors++;
  context_problem(f->ctx, BERTH_ERROR, BERTH_E_INVALID, position, "%s", text);
}

void freeze_warning(freezing *f, const berth_position *position, const char *format, ...) {
  assert(f != NULL && format != NULL);
  if (f->quiet)
    return;
  char text[MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  context_problem(f->ctx, BERTH_WARNING, BERTH_OK, position, "%s", text);
}

void freeze_finding(freezing *f, berth_lint_code code, const berth_position *position,
                    const char *format, ...) {
  assert(f != NULL && format != NULL);
  if (f->quiet)
    return;
  char text[MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  context_finding(f->ctx, berth_lint_severity(code), berth_lint_word(code), position, "%s", text);
}

const berth_position *freeze_vm_position(const freezing *f, uint32_t vm) {
  assert(f != NULL && vm < f->columns->count);
  return &f->columns->position[vm];
}

const char *freeze_shown(const char *id) {
  return id != NULL ? id : "";
}

bool freeze_text(freezing *f, const char *text, const char **out) {
  assert(f != NULL && out != NULL);
  *out = text == NULL ? NULL : arena_text(&f->inventory->memory, text, strlen(text));
  return text == NULL || *out != NULL;
}

berth_inventory *freeze_new_inventory(const berth_allocator *allocator) {
  berth_inventory *inventory = allocator->allocate(allocator->user, sizeof *inventory);
  if (inventory == NULL)
    return NULL;
  memset(inventory, 0, sizeof *inventory);
  atomic_init(&inventory->references, 1);
  inventory->allocator = *allocator;
  arena_init(&inventory->memory, allocator);
  return inventory;
}

/* Where the cluster index stands in each kind of element, and whether the element is left out. */
typedef struct kind {
  const chunked_list *list;
  size_t cluster; /* offset of its uint32_t */
  bool hosts;     /* the elements are hosts, which a scenario may have removed */
} kind;

static uint32_t cluster_of(const kind *k, uint32_t index) {
  uint32_t cluster;
  memcpy(&cluster, (const char *)chunked_list_at(k->list, index) + k->cluster, sizeof cluster);
  return cluster;
}

static bool left_out(const kind *k, uint32_t index) {
  return k->hosts && ((const built_host *)chunked_list_at(k->list, index))->removed;
}

/*
 * Sorts the elements of one kind by cluster. `first` gets the first frozen index of each cluster
 * and, behind them, the number of all; *source the builder index of each.
 */
static bool number_objects(freezing *f, const kind *k, uint32_t *first, uint32_t **source) {
  uint32_t clusters = f->inventory->cluster_count, count = k->list->count;
  *source = arena_take(&f->scratch, count, sizeof **source);
  uint32_t *next = arena_take(&f->scratch, (size_t)clusters + 1, sizeof *next);
  if (*source == NULL || next == NULL)
    return false;
  if (clusters == 1 && !k->hosts) { /* in order already, and nothing is left out */
    for (uint32_t i = 0; i < count; i++)
      (*source)[i] = i;
    first[0] = 0;
    first[1] = count;
    return true;
  }
  for (uint32_t i = 0; i < count; i++)
    if (!left_out(k, i))
      next[cluster_of(k, i) + 1]++;
  for (uint32_t c = 0; c < clusters; c++)
    next[c + 1] += next[c];
  memcpy(first, next, ((size_t)clusters + 1) * sizeof *first);
  for (uint32_t i = 0; i < count; i++)
    if (!left_out(k, i))
      (*source)[next[cluster_of(k, i)]++] = i;
  assert(clusters == 0 || next[clusters - 1] == first[clusters]);
  return true;
}

/* VMs in columns are in order already. */
static bool number_vms(freezing *f, const kind *k, uint32_t *first, uint32_t **source) {
  const vm_columns *columns = f->columns;
  const uint32_t clusters = f->inventory->cluster_count;
  if (columns == &f->spelled)
    return number_objects(f, k, first, source);
  *source = arena_take_unset(&f->scratch, columns->count, sizeof **source);
  if (*source == NULL)
    return false;
  uint32_t next = 0;
  for (uint32_t v = 0; v < columns->count; v++) {
    (*source)[v] = v;
    while (next <= columns->cluster[v])
      first[next++] = v;
  }
  while (next <= clusters)
    first[next++] = columns->count;
  return true;
}

static bool invert(freezing *f, const uint32_t *source, uint32_t frozen, uint32_t built,
                   uint32_t **target) {
  *target = arena_take_unset(&f->scratch, built, sizeof **target);
  if (*target == NULL)
    return false;
  memset(*target, 0xff, built * sizeof **target); /* BERTH_NONE */
  for (uint32_t i = 0; i < frozen; i++)
    (*target)[source[i]] = i;
  return true;
}

static bool copy_cluster(freezing *f, uint32_t index) {
  const built_cluster *built = chunked_list_at(&f->builder->clusters, index);
  frozen_cluster *cluster = &f->clusters[index];
  cluster->set_up = built->spec;
  cluster->set_up.position = (berth_position){0};
  cluster->set_up.dedicated_hosts = NULL; /* until they are resolved */
  if (!freeze_text(f, freeze_shown(built->spec.id), &cluster->id) ||
      !freeze_text(f, built->spec.name, &cluster->name))
    return false;
  cluster->set_up.id = cluster->id;
  cluster->set_up.name = cluster->name;
  return true;
}

static bool number_clusters(freezing *f, const uint32_t *hosts, const uint32_t *vms,
                            const uint32_t *rules) {
  for (uint32_t c = 0; c < f->inventory->cluster_count; c++) {
    if (!copy_cluster(f, c))
      return false;
    frozen_cluster *cluster = &f->clusters[c];
    cluster->first_host = hosts[c];
    cluster->host_count = hosts[c + 1] - hosts[c];
    cluster->first_vm = vms[c];
    cluster->vm_count = vms[c + 1] - vms[c];
    cluster->first_rule = rules[c];
    cluster->rule_count = rules[c + 1] - rules[c];
  }
  return true;
}

/* Sorts everything by cluster and makes the arrays of clusters, rules and groups. */
static bool number_all(freezing *f) {
  const berth_builder *b = f->builder;
  berth_inventory *inventory = f->inventory;
  uint32_t clusters = inventory->cluster_count = b->clusters.count;
  uint32_t *first[5];
  const kind kinds[5] = {{&b->hosts, offsetof(built_host, cluster), true},
                         {&b->vms, offsetof(built_vm, cluster), false},
                         {&b->rules, offsetof(built_rule, cluster), false},
                         {&b->vm_groups, offsetof(built_group, cluster), false},
                         {&b->host_groups, offsetof(built_group, cluster), false}};
  uint32_t **sources[5] = {&f->host_source, &f->vm_source, &f->rule_source, &f->vm_group_source,
                           &f->host_group_source};
  for (int i = 0; i < 5; i++) {
    first[i] = arena_take(&f->scratch, (size_t)clusters + 1, sizeof *first[i]);
    if (first[i] == NULL || !(i == 1 ? number_vms(f, &kinds[i], first[i], sources[i])
                                     : number_objects(f, &kinds[i], first[i], sources[i])))
      return false;
  }
  inventory->host_count = first[0][clusters];
  inventory->vm_count = first[1][clusters];
  inventory->rule_count = first[2][clusters];
  inventory->vm_group_count = first[3][clusters];
  inventory->host_group_count = first[4][clusters];
  f->clusters = arena_take(&inventory->memory, clusters, sizeof *f->clusters);
  f->rules = arena_take(&inventory->memory, inventory->rule_count, sizeof *f->rules);
  f->vm_groups = arena_take(&inventory->memory, inventory->vm_group_count, sizeof *f->vm_groups);
  f->host_groups =
      arena_take(&inventory->memory, inventory->host_group_count, sizeof *f->host_groups);
  inventory->clusters = f->clusters;
  inventory->rules = f->rules;
  inventory->vm_groups = f->vm_groups;
  inventory->host_groups = f->host_groups;
  return f->clusters != NULL && f->rules != NULL && f->vm_groups != NULL &&
         f->host_groups != NULL && number_clusters(f, first[0], first[1], first[2]) &&
         invert(f, f->host_source, inventory->host_count, b->hosts.count, &f->host_target) &&
         invert(f, f->vm_source, inventory->vm_count, builder_vm_count(b), &f->vm_target);
}

static void tell_conflict(void *user, rule_conflict conflict, uint32_t disabled, uint32_t by,
                          uint32_t vm) {
  freezing *f = user;
  const built_rule *rule = chunked_list_at(&f->builder->rules, f->rule_source[disabled]);
  const char *id = f->rules[disabled].id, *other = f->rules[by].id, *of = f->inventory->vm_id[vm];
  switch (conflict) {
  case RULE_CONFLICT_APART:
    freeze_finding(f, BERTH_LINT_RULES_IN_CONFLICT, &rule->spec.position,
                   "rule \"%s\" contradicts rule \"%s\", which ranks over it, for VM \"%s\" among "
                   "others, and is disabled; expected VMs to be kept together or apart, not both",
                   id, other, of);
    break;
  case RULE_CONFLICT_NO_HOST:
    freeze_finding(f, BERTH_LINT_RULES_IN_CONFLICT, &rule->spec.position,
                   "rule \"%s\" and the older rule \"%s\" leave VM \"%s\" no host; it is disabled; "
                   "expected must rules that some host fulfils",
                   id, other, of);
    break;
  case RULE_CONFLICT_NO_DOMAIN:
    freeze_finding(f, BERTH_LINT_RULES_IN_CONFLICT, &rule->spec.position,
                   "rule \"%s\" and the older rule \"%s\" leave VM \"%s\" and those that run with "
                   "it no common place; it is disabled; expected must rules that some host fulfils",
                   id, other, of);
    break;
  }
}

static bool resolve_conflicts(freezing *f) {
  bool complete = true;
  if (!rule_conflicts_resolve(f->inventory, f->rules, &f->scratch, tell_conflict, f, &complete))
    return false;
  if (!complete)
    freeze_warning(f, NULL,
                   "not all conflicts among rules were looked for; expected rules that share fewer "
                   "VMs");
  return true;
}

static bool run_stages(freezing *f) {
  if (!number_all(f) || !freeze_text(f, f->builder->name, &f->inventory->name))
    return false;
  freeze_check_places(f);
  if (!freeze_fill_columns(f))
    return false;
  freeze_check_details(f);
  if (!freeze_fill_names(f) || !freeze_fill_resources(f) || !freeze_fill_links(f) ||
      !freeze_resolve(f) || !freeze_fill_host_vms(f->inventory) || !freeze_fill_vm_rules(f))
    return false;
  if (f->malformed)
    return true;
  if (f->errors == 0)
    freeze_check_loads(f);
  return freeze_check_restart_order(f) && (f->errors > 0 || resolve_conflicts(f));
}

/* The columns of VMs as far as the builder has them; not those that it gave to another inventory.
 */
static berth_status choose_columns(freezing *f, berth_builder *builder) {
  berth_status status = builder_fill_columns(builder);
  if (status == BERTH_OK && builder->columns.given_to != NULL)
    status = builder_spell_out_vms(builder);
  vm_columns_init(&f->spelled, context_allocator(f->ctx));
  f->columns = builder->in_columns ? &builder->columns : &f->spelled;
  return status;
}

berth_status freeze_builder(berth_builder *builder, bool quiet, berth_inventory **out) {
  assert(builder != NULL && out != NULL);
  freezing f = {.ctx = builder->ctx, .builder = builder, .quiet = quiet};
  *out = NULL;
  arena_init(&f.scratch, context_allocator(f.ctx));
  berth_status status = choose_columns(&f, builder);
  if (status != BERTH_OK)
    goto done;
  f.inventory = freeze_new_inventory(context_allocator(f.ctx));
  if (f.inventory == NULL || !run_stages(&f)) {
    status = context_fail(f.ctx, BERTH_E_NOMEM, NULL, "out of memory while freezing");
    goto done;
  }
  if (f.errors > 0) {
    status = BERTH_E_INVALID; /* the detail is the first error */
    goto done;
  }
  vm_columns_give(f.columns, f.inventory);
  *out = f.inventory;
  f.inventory = NULL;
done:
  berth_inventory_release(f.inventory);
  vm_columns_free(&f.spelled);
  arena_free(&f.scratch);
  return status;
}

berth_status berth_builder_freeze(berth_builder *builder, berth_inventory **out) {
  return freeze_builder(builder, false, out);
}
