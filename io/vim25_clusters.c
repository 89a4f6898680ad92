/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a vSphere cluster is set to: HA with its admission control, DRS, DPM, and what it says about
 * single VMs and hosts. A setting that the dump lacks altogether (no dasConfig, say) keeps berth's
 * default, with a note; inside one that is there an absent flag is false.
 */
#include "vim25_build.h"

#include "context_internal.h"
#include "words.h"
#include <assert.h>
#include <string.h>

static bool is_text(const char *text, const char *expected) {
  return text != NULL && strcmp(text, expected) == 0;
}

static const char *text_of(const vim25_building *b, const vim25_object *cluster,
                           vim25_field field) {
  return vim25_store_text(b->store, cluster, field);
}

/* Whether the dump holds the setting; a note where it does not. */
static bool has_setting(vim25_building *b, const vim25_object *cluster, vim25_field field,
                        const char *what) {
  assert(cluster->kind == VIM25_CLUSTER && what != NULL);
  const bool has = text_of(b, cluster, field) != NULL;
  if (!has)
    context_problem(b->ctx, BERTH_NOTE, BERTH_OK, &cluster->position,
                    "%.60s: %s is not in the source; taken as berth's default", cluster->id, what);
  return has;
}

static void positive(vim25_building *b, const vim25_object *cluster, vim25_field field,
                     int64_t *value) {
  assert(value != NULL);
  int64_t found = 0;
  if (vim25_number(b, cluster, field, 1, &found) && found > 0)
    *value = found;
}

/* ------------------------------------------------------------------------ high availability */

static void fill_slots(vim25_building *b, const vim25_object *cluster, berth_cluster_spec *spec) {
  assert(spec->slot_cpu_mhz == BERTH_UNSET);
  spec->admission = BERTH_ADMISSION_SLOTS;
  positive(b, cluster, VIM25_POLICY_SLOT_CPU, &spec->slot_cpu_mhz);
  positive(b, cluster, VIM25_POLICY_SLOT_MEMORY, &spec->slot_memory_mib);
}

/* With automatic percentages those in the dump follow from the failures, not the other way round.
 */
static void fill_percentages(vim25_building *b, const vim25_object *cluster,
                             berth_cluster_spec *spec) {
  assert(spec->reserve_cpu_percent == BERTH_UNSET);
  bool automatic = true;
  spec->admission = BERTH_ADMISSION_PERCENTAGE;
  vim25_flag(b, cluster, VIM25_POLICY_AUTOMATIC, &automatic);
  if (automatic)
    return;
  vim25_number(b, cluster, VIM25_POLICY_CPU_PERCENT, 1, &spec->reserve_cpu_percent);
  vim25_number(b, cluster, VIM25_POLICY_MEMORY_PERCENT, 1, &spec->reserve_memory_percent);
}

/* The list lives until the cluster is added. */
static berth_status fill_dedicated(vim25_building *b, const vim25_object *cluster,
                                   berth_cluster_spec *spec) {
  assert(spec->dedicated_hosts == NULL);
  vim25_walk walk = {0};
  const vim25_fact *fact = NULL;
  gathered_text_clear(&b->list);
  while ((fact = vim25_store_next(b->store, cluster, &walk)) != NULL)
    if (fact->field == VIM25_POLICY_HOST && !gathered_text_add_word(&b->list, fact->text))
      return BERTH_E_NOMEM;
  spec->admission = BERTH_ADMISSION_DEDICATED;
  spec->dedicated_hosts = gathered_text_words(&b->list);
  return BERTH_OK;
}

static berth_status fill_admission(vim25_building *b, const vim25_object *cluster,
                                   berth_cluster_spec *spec) {
  const char *policy = text_of(b, cluster, VIM25_POLICY);
  bool enabled = false;
  vim25_flag(b, cluster, VIM25_DAS_ADMISSION, &enabled);
  positive(b, cluster, VIM25_DAS_FAILOVER_LEVEL, &spec->admission_failures);
  positive(b, cluster, VIM25_POLICY_FAILOVER_LEVEL, &spec->admission_failures);
  vim25_number(b, cluster, VIM25_POLICY_DEGRADATION, 1, &spec->degradation_percent);
  if (!enabled)
    return BERTH_OK;
  if (is_text(policy, "ClusterFailoverHostAdmissionControlPolicy"))
    return fill_dedicated(b, cluster, spec);
  if (is_text(policy, "ClusterFailoverResourcesAdmissionControlPolicy"))
    fill_percentages(b, cluster, spec);
  else /* ClusterFailoverLevelAdmissionControlPolicy, or only the old failoverLevel */
    fill_slots(b, cluster, spec);
  return BERTH_OK;
}

/* "clusterRestartPriority" and words of later versions: the cluster's own. */
static berth_priority priority_of(const char *word) {
  berth_priority priority = BERTH_PRIORITY_UNSET;
  if (word != NULL && !word_parse_priority(word, &priority))
    priority = BERTH_PRIORITY_UNSET;
  return priority;
}

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_key(const char *a, const char *b) {
  assert(a != NULL && b != NULL);
  while (*a != '\0' && lower(*a) == lower(*b)) {
    a++;
    b++;
  }
  return *a == *b;
}

static void fill_das_options(vim25_building *b, const vim25_object *cluster,
                             berth_cluster_spec *spec) {
  const char *key = "";
  vim25_walk walk = {0};
  const vim25_fact *fact = NULL;
  while ((fact = vim25_store_next(b->store, cluster, &walk)) != NULL) {
    if (fact->field == VIM25_OPTION_KEY)
      key = fact->text;
    if (fact->field != VIM25_OPTION_VALUE)
      continue;
    if (same_key(key, "das.respectvmvmantiaffinityrules"))
      spec->respect_anti_affinity = same_key(fact->text, "true");
    else if (same_key(key, "das.respectvmhostsoftaffinityrules"))
      spec->respect_soft_affinity = same_key(fact->text, "true");
  }
}

static void fill_restart(vim25_building *b, const vim25_object *cluster, berth_cluster_spec *spec) {
  assert(spec->isolation_response == BERTH_ISOLATION_NONE);
  const char *isolation = text_of(b, cluster, VIM25_DEFAULT_ISOLATION);
  const char *ready = text_of(b, cluster, VIM25_READY_CONDITION);
  const berth_priority priority = priority_of(text_of(b, cluster, VIM25_DEFAULT_PRIORITY));
  if (priority != BERTH_PRIORITY_UNSET)
    spec->default_priority = priority;
  if (is_text(isolation, "powerOff"))
    spec->isolation_response = BERTH_ISOLATION_POWER_OFF;
  else if (is_text(isolation, "shutdown"))
    spec->isolation_response = BERTH_ISOLATION_SHUTDOWN;
  if (is_text(ready, "poweredOn"))
    spec->ready_when = BERTH_READY_POWERED_ON;
  else if (is_text(ready, "guestHbStatusGreen"))
    spec->ready_when = BERTH_READY_GUEST_HEARTBEAT;
  else if (is_text(ready, "appHbStatusGreen"))
    spec->ready_when = BERTH_READY_APP_HEARTBEAT;
  positive(b, cluster, VIM25_DEFAULT_TIMEOUT, &spec->restart_timeout);
  positive(b, cluster, VIM25_READY_DELAY, &spec->post_ready_delay);
}

static berth_status fill_das(vim25_building *b, const vim25_object *cluster,
                             berth_cluster_spec *spec) {
  if (!has_setting(b, cluster, VIM25_DAS, "configurationEx.dasConfig"))
    return BERTH_OK;
  spec->ha_enabled = false;
  vim25_flag(b, cluster, VIM25_DAS_ENABLED, &spec->ha_enabled);
  fill_restart(b, cluster, spec);
  fill_das_options(b, cluster, spec);
  return fill_admission(b, cluster, spec);
}

/* ------------------------------------------------------------------------ DRS and DPM */

static void fill_drs(vim25_building *b, const vim25_object *cluster, berth_cluster_spec *spec) {
  bool enabled = false;
  if (!has_setting(b, cluster, VIM25_DRS, "configurationEx.drsConfig"))
    return;
  vim25_flag(b, cluster, VIM25_DRS_ENABLED, &enabled);
  const char *behavior = text_of(b, cluster, VIM25_DRS_BEHAVIOR);
  if (!enabled)
    spec->drs = BERTH_AUTOMATION_OFF;
  else if (is_text(behavior, "manual"))
    spec->drs = BERTH_AUTOMATION_MANUAL;
  else if (is_text(behavior, "partiallyAutomated"))
    spec->drs = BERTH_AUTOMATION_PARTIAL;
}

static void fill_dpm(vim25_building *b, const vim25_object *cluster, berth_cluster_spec *spec) {
  bool enabled = false;
  if (!has_setting(b, cluster, VIM25_DPM, "configurationEx.dpmConfigInfo"))
    return;
  vim25_flag(b, cluster, VIM25_DPM_ENABLED, &enabled);
  if (!enabled)
    spec->dpm = BERTH_AUTOMATION_OFF;
  else if (is_text(text_of(b, cluster, VIM25_DPM_BEHAVIOR), "manual"))
    spec->dpm = BERTH_AUTOMATION_MANUAL;
}

berth_status vim25_add_cluster(vim25_building *b, vim25_object *cluster) {
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  berth_status status = BERTH_OK;
  spec.id = cluster->id;
  spec.name = text_of(b, cluster, VIM25_NAME);
  spec.position = cluster->position;
  if (cluster->kind == VIM25_STANDALONE) {
    spec.ha_enabled = false;
    spec.drs = BERTH_AUTOMATION_OFF;
    spec.dpm = BERTH_AUTOMATION_OFF;
  } else {
    status = fill_das(b, cluster, &spec);
    fill_drs(b, cluster, &spec);
    fill_dpm(b, cluster, &spec);
  }
  if (status != BERTH_OK)
    return status;
  status = berth_builder_add_cluster(b->builder, &spec, &cluster->cluster);
  assert(status != BERTH_OK || cluster->cluster != BERTH_NONE);
  return status;
}

/* ------------------------------------------------------------------------ overrides */

/* One item of dasVmConfig, drsVmConfig or dpmHostConfig. */
typedef struct override {
  vim25_field kind;
  const char *key, *priority, *old_priority, *enabled;
} override;

static bool begins_override(vim25_field field) {
  return field == VIM25_DAS_VM || field == VIM25_DRS_VM || field == VIM25_DPM_HOST;
}

static void apply(vim25_building *b, const override *o, bool drs_overrides) {
  assert(o->kind == VIM25_NO_FIELD || begins_override(o->kind));
  vim25_object *object = o->key == NULL ? NULL : vim25_store_find(b->store, o->key);
  if (object == NULL)
    return; /* an object that was deleted, or that whoever saved this may not see */
  if (o->kind == VIM25_DAS_VM && object->kind == VIM25_VM)
    object->priority = priority_of(o->priority != NULL ? o->priority : o->old_priority);
  if (o->kind == VIM25_DRS_VM && object->kind == VIM25_VM && drs_overrides)
    object->excluded = is_text(o->enabled, "false");
  if (o->kind == VIM25_DPM_HOST && object->kind == VIM25_HOST)
    object->excluded = is_text(o->enabled, "false");
}

static void take(override *o, const vim25_fact *fact) {
  switch ((vim25_field)fact->field) {
  case VIM25_DAS_VM_KEY:
  case VIM25_DRS_VM_KEY:
  case VIM25_DPM_HOST_KEY:
    o->key = fact->text;
    break;
  case VIM25_DAS_VM_PRIORITY:
    o->priority = fact->text;
    break;
  case VIM25_DAS_VM_OLD_PRIORITY:
    o->old_priority = fact->text;
    break;
  case VIM25_DRS_VM_ENABLED:
  case VIM25_DPM_HOST_ENABLED:
    o->enabled = fact->text;
    break;
  default:
    break;
  }
}

void vim25_mark_overrides(vim25_building *b, const vim25_object *cluster) {
  bool drs_overrides = true;
  override current = {.kind = VIM25_NO_FIELD};
  vim25_walk walk = {0};
  const vim25_fact *fact = NULL;
  assert(cluster->kind == VIM25_CLUSTER);
  vim25_flag(b, cluster, VIM25_DRS_OVERRIDES, &drs_overrides);
  const bool current_form = vim25_store_has_current(b->store, cluster, VIM25_DAS_VM) ||
                            vim25_store_has_current(b->store, cluster, VIM25_DRS_VM);
  while ((fact = vim25_store_next(b->store, cluster, &walk)) != NULL) {
    if (fact->deprecated && current_form)
      continue;
    if (begins_override((vim25_field)fact->field)) {
      apply(b, &current, drs_overrides);
      current = (override){.kind = (vim25_field)fact->field};
    }
    take(&current, fact);
  }
  apply(b, &current, drs_overrides);
}
