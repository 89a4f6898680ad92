/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a running VM requires of a CPU (featureRequirement: "Bool:Match:1", "Num:Min:4") against
 * what hosts have (featureCapability). Of interest are the requirements that some host of the
 * cluster fails: each becomes a network of its own, "feature:cpuid.avx512f=1", which hosts that
 * meet it reach. That is exact for any pattern of hosts, which levels and rules are not. A host
 * without a list of features is not known and meets all.
 */
#include "vim25_build.h"

#include "context_internal.h"
#include "quantity_text.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { REQUIREMENTS_MAX = 4096 };

typedef enum comparison { AT_LEAST, AT_MOST, EQUAL } comparison;

typedef struct requirement {
  const char *key, *value; /* as written; kept once each, so that addresses tell them apart */
  const char *token;
  comparison compare;
  int64_t number;
} requirement;

struct vim25_features {
  requirement *requirements;
  uint32_t count, hosts, clusters;
  bool *met;      /* [requirement × hosts + ordinal of a host] */
  bool *relevant; /* [requirement × clusters + cluster] */
};

/* ------------------------------------------------------------------------ requirements */

/* "Num:Min:4"; the type before the first colon does not matter. */
static bool parse_requirement(const char *value, requirement *found) {
  static const struct {
    const char *word;
    comparison compare;
  } words[] = {{"Match:", EQUAL}, {"Min:", AT_LEAST}, {"Max:", AT_MOST}};
  assert(value != NULL);
  const char *colon = strchr(value, ':');
  for (size_t i = 0; colon != NULL && i < sizeof words / sizeof *words; i++) {
    const size_t length = strlen(words[i].word);
    if (strncmp(colon + 1, words[i].word, length) != 0)
      continue;
    found->compare = words[i].compare;
    return quantity_parse_signed(colon + 1 + length, &found->number);
  }
  return false;
}

typedef struct feature {
  const char *key, *value;
} feature;

/* The next pair of key and value of @p object. */
static bool next_feature(const vim25_building *b, const vim25_object *object, vim25_walk *walk,
                         feature *found) {
  const vim25_fact *fact = NULL;
  found->key = NULL;
  while ((fact = vim25_store_next(b->store, object, walk)) != NULL) {
    if (fact->field == VIM25_FEATURE)
      found->key = NULL;
    if (fact->field == VIM25_FEATURE_KEY)
      found->key = fact->text;
    found->value = fact->text;
    if (fact->field == VIM25_FEATURE_VALUE && found->key != NULL)
      return true;
  }
  return false;
}

/* The index of a requirement, or the count. */
static uint32_t find_requirement(const vim25_features *f, const feature *wanted) {
  assert(wanted->key != NULL && f->count <= REQUIREMENTS_MAX);
  uint32_t i = 0;
  while (i < f->count &&
         (f->requirements[i].key != wanted->key || f->requirements[i].value != wanted->value))
    i++;
  return i;
}

static berth_status add_requirement(vim25_building *b, const vim25_object *vm,
                                    const feature *wanted) {
  static const char *const signs[] = {[AT_LEAST] = ">=", [AT_MOST] = "<=", [EQUAL] = "="};
  vim25_features *f = b->features;
  requirement added = {.key = wanted->key, .value = wanted->value};
  char token[160];
  if (f->count == REQUIREMENTS_MAX || !parse_requirement(wanted->value, &added)) {
    vim25_count_unknown(b, vm, "odd feature requirements of VMs");
    return BERTH_OK;
  }
  snprintf(token, sizeof token, "feature:%.100s%s%lld", wanted->key, signs[added.compare],
           (long long)added.number);
  added.token = arena_text(&b->store->memory, token, strlen(token));
  if (added.token == NULL)
    return context_fail(b->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  assert(f->count < REQUIREMENTS_MAX);
  f->requirements[f->count++] = added;
  return BERTH_OK;
}

static bool runs(const vim25_building *b, const vim25_object *vm) {
  assert(vm->kind == VIM25_VM);
  const char *power = vim25_store_text(b->store, vm, VIM25_POWER_STATE);
  return !vm->skipped && power != NULL && strcmp(power, "poweredOn") == 0;
}

static berth_status collect(vim25_building *b) {
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; status == BERTH_OK && i < vim25_store_count(b->store); i++) {
    const vim25_object *vm = vim25_store_at(b->store, i);
    vim25_walk walk = {0};
    feature wanted;
    if (vm->kind != VIM25_VM || !runs(b, vm))
      continue;
    while (status == BERTH_OK && next_feature(b, vm, &walk, &wanted))
      if (find_requirement(b->features, &wanted) == b->features->count)
        status = add_requirement(b, vm, &wanted);
  }
  return status;
}

/* ------------------------------------------------------------------------ hosts */

/* What is not in the list of a host that has one is 0. */
static bool meets(const vim25_building *b, const vim25_object *host, const requirement *wanted) {
  int64_t number = 0;
  vim25_walk walk = {0};
  feature offered;
  while (next_feature(b, host, &walk, &offered)) {
    if (offered.key != wanted->key)
      continue;
    if (!quantity_parse_signed(offered.value, &number))
      return true; /* a form of later versions: not known */
    break;
  }
  return wanted->compare == EQUAL      ? number == wanted->number
         : wanted->compare == AT_LEAST ? number >= wanted->number
                                       : number <= wanted->number;
}

static bool has_features(const vim25_building *b, const vim25_object *host) {
  assert(host->kind == VIM25_HOST);
  return vim25_store_text(b->store, host, VIM25_FEATURE_VALUE) != NULL;
}

static void compare_host(vim25_building *b, const vim25_object *host) {
  vim25_features *f = b->features;
  assert(host->ordinal < f->hosts && host->cluster < f->clusters);
  const bool known = has_features(b, host);
  if (!known)
    vim25_count_unknown(b, host, "CPU features of hosts");
  for (uint32_t r = 0; r < f->count; r++) {
    const bool met = !known || meets(b, host, &f->requirements[r]);
    f->met[(size_t)r * f->hosts + host->ordinal] = met;
    if (!met)
      f->relevant[(size_t)r * f->clusters + host->cluster] = true;
  }
}

static uint32_t number_hosts(vim25_building *b, uint32_t *clusters) {
  uint32_t hosts = 0;
  *clusters = 0;
  for (uint32_t i = 0; i < vim25_store_count(b->store); i++) {
    vim25_object *host = vim25_store_at(b->store, i);
    if (host->kind != VIM25_HOST || host->skipped || host->cluster == BERTH_NONE)
      continue;
    host->ordinal = hosts++;
    if (host->cluster >= *clusters)
      *clusters = host->cluster + 1;
  }
  return hosts;
}

berth_status vim25_compare_features(vim25_building *b) {
  vim25_features *f = context_take(b->ctx, 1, sizeof *f);
  b->features = f;
  if (f == NULL)
    return BERTH_E_NOMEM;
  f->requirements = context_take(b->ctx, REQUIREMENTS_MAX, sizeof *f->requirements);
  berth_status status = f->requirements == NULL ? BERTH_E_NOMEM : collect(b);
  if (status != BERTH_OK || f->count == 0)
    return status;
  f->hosts = number_hosts(b, &f->clusters);
  f->met = context_take(b->ctx, (size_t)f->count * f->hosts + 1, sizeof *f->met);
  f->relevant = context_take(b->ctx, (size_t)f->count * f->clusters + 1, sizeof *f->relevant);
  if (f->met == NULL || f->relevant == NULL)
    return BERTH_E_NOMEM;
  for (uint32_t i = 0; i < vim25_store_count(b->store); i++) {
    const vim25_object *host = vim25_store_at(b->store, i);
    if (host->kind == VIM25_HOST && !host->skipped && host->cluster != BERTH_NONE)
      compare_host(b, host);
  }
  return BERTH_OK;
}

void vim25_free_features(vim25_building *b) {
  if (b->features == NULL)
    return;
  context_release(b->ctx, b->features->requirements);
  context_release(b->ctx, b->features->met);
  context_release(b->ctx, b->features->relevant);
  context_release(b->ctx, b->features);
  b->features = NULL;
}

/* ------------------------------------------------------------------------ the inventory */

berth_status vim25_add_features(vim25_building *b, const vim25_object *host, uint32_t index) {
  const vim25_features *f = b->features;
  berth_status status = BERTH_OK;
  assert(host->kind == VIM25_HOST && f != NULL);
  for (uint32_t r = 0; status == BERTH_OK && r < f->count; r++)
    if (f->relevant[(size_t)r * f->clusters + host->cluster] &&
        f->met[(size_t)r * f->hosts + host->ordinal])
      status = berth_builder_host_reach_network(b->builder, index, f->requirements[r].token);
  return status;
}

berth_status vim25_add_requirements(vim25_building *b, const vim25_object *vm,
                                    const vim25_object *host, uint32_t index) {
  const vim25_features *f = b->features;
  berth_status status = BERTH_OK;
  vim25_walk walk = {0};
  feature wanted;
  assert(vm->kind == VIM25_VM && host->kind == VIM25_HOST && f != NULL);
  if (!runs(b, vm))
    return BERTH_OK;
  while (status == BERTH_OK && next_feature(b, vm, &walk, &wanted)) {
    const uint32_t r = find_requirement(f, &wanted);
    if (r == f->count || !f->relevant[(size_t)r * f->clusters + host->cluster])
      continue;
    if (!f->met[(size_t)r * f->hosts + host->ordinal]) {
      vim25_say_once(b, VIM25_NOTE_FEATURE_AT_HOME, vm);
      continue;
    }
    vim25_say_once(b, VIM25_NOTE_FEATURE, vm);
    status = berth_builder_vm_needs_network(b->builder, index, f->requirements[r].token);
  }
  return status;
}
