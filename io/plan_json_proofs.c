/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings and certificates in JSON. A certificate is one line of the document: whoever wants to
 * check it elsewhere finds all its numbers there, by name.
 */
#include "plan_json_proofs.h"
#include "words.h"
#include <assert.h>
#include <berth/option.h>
#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------------------- writing */

json_t *plan_json_settings(const berth_plan *plan, json_trouble *trouble) {
  const berth_plan_settings *settings = berth_plan_get_settings(plan);
  berth_goal goal = berth_plan_goal(plan);
  if (goal != BERTH_GOAL_CONSOLIDATE && goal != BERTH_GOAL_REBALANCE)
    return NULL;
  json_t *object = json_object();
  if (goal == BERTH_GOAL_CONSOLIDATE) {
    json_put(object, "keepFailures", json_integer(settings->keep_failures), trouble);
    json_put(object, "weigh", json_text(berth_weigh_word(settings->weigh), trouble), trouble);
  } else {
    json_put(object, "targetCpu", json_integer(settings->target_cpu), trouble);
    json_put(object, "targetMemory", json_integer(settings->target_memory), trouble);
    json_put(object, "strandedTolerance", json_integer(settings->stranded_tolerance), trouble);
  }
  return object;
}

static json_t *hosts_value(const berth_inventory *inventory,
                           const berth_plan_certificate *certificate, json_trouble *trouble) {
  json_t *array = json_array();
  for (uint32_t i = 0; i < certificate->host_count; i++)
    json_add(array, json_text(berth_inventory_host_id(inventory, certificate->hosts[i]), trouble),
             trouble);
  return array;
}

static json_t *assumes_value(const berth_plan_certificate *certificate, json_trouble *trouble) {
  json_t *array = json_array();
  for (unsigned level = 0; level < BERTH_LEVEL_COUNT; level++) {
    if (certificate->assumed[level] == 0)
      continue;
    json_t *object = json_object();
    json_put(object, "level", json_text(berth_level_name((berth_level)level), trouble), trouble);
    json_put(object, "weight", json_integer(certificate->assumed[level]), trouble);
    json_add(array, object, trouble);
  }
  return array;
}

static json_t *row_value(const berth_inventory *inventory, const int64_t *row,
                         json_trouble *trouble) {
  json_t *object = json_object();
  for (uint32_t r = 0; r < berth_inventory_resource_count(inventory); r++)
    if (row[r] != 0)
      json_put(object, berth_inventory_resource_name(inventory, r), json_integer(row[r]), trouble);
  return object;
}

static json_t *vms_value(const berth_inventory *inventory, const berth_certificate_weight *weight,
                         json_trouble *trouble) {
  json_t *array = json_array();
  for (uint32_t i = 0; i < weight->vm_count; i++)
    json_add(array, json_text(berth_inventory_vm_id(inventory, weight->vms[i]), trouble), trouble);
  return array;
}

static json_t *weight_value(const berth_inventory *inventory,
                            const berth_certificate_weight *weight, json_trouble *trouble) {
  json_t *object = json_object();
  if (weight->demand != NULL)
    json_put(object, "demand", row_value(inventory, weight->demand, trouble), trouble);
  else
    json_put(object, "vms", vms_value(inventory, weight, trouble), trouble);
  json_put(object, "weight", json_integer(weight->weight), trouble);
  return object;
}

json_t *plan_json_certificate(const berth_plan *plan, uint32_t index, json_trouble *trouble) {
  const berth_inventory *inventory = berth_plan_inventory(plan);
  const berth_plan_certificate *certificate = berth_plan_certificate_at(plan, index);
  json_t *object = json_object(), *weights = json_array();
  assert(certificate != NULL && trouble != NULL);
  json_put(object, "level", json_text(berth_level_name(certificate->level), trouble), trouble);
  json_put(object, "cluster",
           json_text(berth_inventory_cluster_id(inventory, certificate->cluster), trouble),
           trouble);
  json_put(object, "bound", json_integer(certificate->bound), trouble);
  json_put(object, "scale", json_integer(certificate->scale), trouble);
  if (certificate->host_count > 0)
    json_put(object, "hosts", hosts_value(inventory, certificate, trouble), trouble);
  json_put(object, "assumes", assumes_value(certificate, trouble), trouble);
  json_put(object, "spare", json_integer(certificate->spare), trouble);
  for (uint32_t i = 0; i < certificate->weight_count; i++)
    json_add(weights, weight_value(inventory, &certificate->weights[i], trouble), trouble);
  json_put(object, "weights", weights, trouble);
  return object;
}

/* ---------------------------------------------------------------------------- settings */

/* A number within the bounds of its option. */
static bool get_setting(json_place *place, const json_t *object, const char *key,
                        berth_option option, int64_t *out) {
  const berth_option_info *info = berth_option_describe(option);
  assert(info != NULL);
  return json_get_number(place, object, key, false, info->minimum, info->maximum, out);
}

void plan_json_read_settings(json_place *place, const json_t *root, berth_plan *plan) {
  berth_plan_settings settings = *berth_plan_get_settings(plan);
  int64_t failures = settings.keep_failures;
  const json_t *object = NULL;
  const char *weigh = NULL;
  if (!json_get_object(place, root, "settings", false, &object) || object == NULL)
    return;
  strcpy(place->where, "settings.");
  bool ok = get_setting(place, object, "keepFailures", BERTH_OPTION_KEEP_FAILURES, &failures);
  ok = get_setting(place, object, "targetCpu", BERTH_OPTION_TARGET_CPU, &settings.target_cpu) && ok;
  ok = get_setting(place, object, "targetMemory", BERTH_OPTION_TARGET_MEMORY,
                   &settings.target_memory) &&
       ok;
  ok = get_setting(place, object, "strandedTolerance", BERTH_OPTION_STRANDED_TOLERANCE,
                   &settings.stranded_tolerance) &&
       ok;
  ok = json_get_text(place, object, "weigh", false, &weigh) && ok;
  if (weigh != NULL && !word_parse_weigh(weigh, &settings.weigh))
    ok = json_fault(place, "weigh", "\"%s\"; expected hosts or power", weigh);
  settings.keep_failures = (uint32_t)failures;
  if (ok && berth_plan_set_settings(place->ctx, plan, &settings) != BERTH_OK)
    json_fault(place, "weigh", "settings that no option has; expected what the manual says");
  place->where[0] = '\0';
}

/* ---------------------------------------------------------------------------- certificates */

/* What one certificate points to, in memory of the context until the plan has copied it. */
typedef struct certificate_lists {
  uint32_t *hosts;
  berth_certificate_weight *weights;
  int64_t *demands;
  uint32_t *vms; /* of all weights, one list behind the other */
} certificate_lists;

typedef struct certificate_reading {
  json_place *place;
  const berth_inventory *inventory;
  const json_t *hosts, *assumes, *weights;
  berth_plan_certificate certificate;
  certificate_lists lists;
} certificate_reading;

static bool get_level(json_place *place, const json_t *object, berth_level *level) {
  const char *name = NULL;
  if (!json_get_text(place, object, "level", true, &name))
    return false;
  return berth_level_parse(name, level) ||
         json_fault(place, "level", "no level \"%s\"; expected one of a ladder", name);
}

static bool get_cluster(certificate_reading *r, const json_t *object) {
  const char *id = NULL;
  if (!json_get_text(r->place, object, "cluster", true, &id))
    return false;
  for (uint32_t c = 0; c < berth_inventory_cluster_count(r->inventory); c++) {
    if (strcmp(berth_inventory_cluster_id(r->inventory, c), id) == 0) {
      r->certificate.cluster = c;
      return true;
    }
  }
  return json_fault(r->place, "cluster", "no cluster \"%s\"; expected the id of one", id);
}

static int compare_indices(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

static bool fill_hosts(certificate_reading *r) {
  size_t count = json_array_size(r->hosts);
  for (size_t i = 0; i < count; i++) {
    const char *id = json_string_value(json_array_get(r->hosts, i));
    if (id == NULL || berth_inventory_find_host(r->inventory, id, &r->lists.hosts[i]) != BERTH_OK ||
        strcmp(berth_inventory_host_id(r->inventory, r->lists.hosts[i]), id) != 0)
      return json_fault(r->place, "hosts", "element %zu; expected the id of a host", i);
  }
  if (count > 0)
    qsort(r->lists.hosts, count, sizeof *r->lists.hosts, compare_indices);
  r->certificate.hosts = r->lists.hosts;
  r->certificate.host_count = (uint32_t)count;
  return true;
}

static bool fill_assumes(certificate_reading *r) {
  for (size_t i = 0; i < json_array_size(r->assumes); i++) {
    const json_t *entry = json_array_get(r->assumes, i);
    berth_level level = BERTH_LEVEL_VIOLATIONS;
    int64_t weight = 0;
    if (!json_is_object(entry))
      return json_fault(r->place, "assumes", "element %zu is not an object; expected one", i);
    if (!get_level(r->place, entry, &level) ||
        !json_get_number(r->place, entry, "weight", true, 0, INT64_MAX, &weight))
      return false;
    r->certificate.assumed[level] = weight;
  }
  return true;
}

/* Resources that an object names; the others are 0. */
static bool get_demand(certificate_reading *r, const json_t *object, int64_t *demand) {
  uint32_t count = berth_inventory_resource_count(r->inventory), named = 0;
  for (uint32_t i = 0; i < count; i++) {
    const char *name = berth_inventory_resource_name(r->inventory, i);
    named += json_object_get(object, name) != NULL;
    if (!json_get_number(r->place, object, name, false, 0, INT64_MAX, &demand[i]))
      return false;
  }
  return named == json_object_size(object) ||
         json_fault(r->place, "demand", "an unknown resource; expected those of the inventory");
}

/* VMs by their ids, behind the `used` ones of lists before. */
static bool fill_vms(certificate_reading *r, const json_t *list, size_t used,
                     berth_certificate_weight *weight) {
  uint32_t *vms = &r->lists.vms[used];
  size_t count = json_array_size(list);
  for (size_t i = 0; i < count; i++) {
    const char *id = json_string_value(json_array_get(list, i));
    uint32_t vm = BERTH_NONE;
    if (id == NULL || berth_inventory_find_vm(r->inventory, id, &vm) != BERTH_OK ||
        strcmp(berth_inventory_vm_id(r->inventory, vm), id) != 0)
      return json_fault(r->place, "vms", "element %zu; expected the id of a VM", i);
    vms[i] = vm;
  }
  qsort(vms, count, sizeof *vms, compare_indices);
  weight->vms = vms;
  weight->vm_count = (uint32_t)count;
  return true;
}

/* A weight of a row, or of a list of VMs. */
static bool fill_weight(certificate_reading *r, size_t i, size_t *used) {
  const json_t *entry = json_array_get(r->weights, i), *demand = NULL, *vms = NULL;
  int64_t *row = &r->lists.demands[i * berth_inventory_resource_count(r->inventory)];
  berth_certificate_weight *weight = &r->lists.weights[i];
  if (!json_is_object(entry))
    return json_fault(r->place, "weights", "element %zu is not an object; expected one", i);
  if (!json_get_object(r->place, entry, "demand", false, &demand) ||
      !json_get_list(r->place, entry, "vms", false, &vms) ||
      !json_get_number(r->place, entry, "weight", true, 0, INT64_MAX, &weight->weight))
    return false;
  if ((demand == NULL) != (json_array_size(vms) > 0))
    return json_fault(r->place, "weights", "element %zu; expected a demand or VMs", i);
  if (demand == NULL) {
    bool found = fill_vms(r, vms, *used, weight);
    *used += json_array_size(vms);
    return found;
  }
  weight->demand = row;
  return get_demand(r, demand, row);
}

static bool fill_weights(certificate_reading *r) {
  size_t used = 0;
  for (size_t i = 0; i < json_array_size(r->weights); i++)
    if (!fill_weight(r, i, &used))
      return false;
  r->certificate.weights = r->lists.weights;
  r->certificate.weight_count = (uint32_t)json_array_size(r->weights);
  return true;
}

static bool get_fields(certificate_reading *r, const json_t *object) {
  int64_t spare = 0;
  r->certificate.scale = 1;
  bool ok = get_level(r->place, object, &r->certificate.level);
  ok = get_cluster(r, object) && ok;
  ok = json_get_number(r->place, object, "bound", true, 0, INT64_MAX, &r->certificate.bound) && ok;
  ok = json_get_number(r->place, object, "scale", false, 1, INT64_MAX, &r->certificate.scale) && ok;
  ok = json_get_number(r->place, object, "spare", false, 0, UINT32_MAX, &spare) && ok;
  ok = json_get_list(r->place, object, "hosts", false, &r->hosts) && ok;
  ok = json_get_list(r->place, object, "assumes", false, &r->assumes) && ok;
  ok = json_get_list(r->place, object, "weights", true, &r->weights) && ok;
  r->certificate.spare = (uint32_t)spare;
  return ok;
}

static size_t count_vms(const json_t *weights) {
  size_t count = 0;
  for (size_t i = 0; i < json_array_size(weights); i++)
    count += json_array_size(json_object_get(json_array_get(weights, i), "vms"));
  return count;
}

static berth_status read_certificate(json_place *place, const json_t *object, berth_plan *plan) {
  certificate_reading r = {.place = place, .inventory = berth_plan_inventory(plan)};
  berth_context *ctx = place->ctx;
  berth_status status = BERTH_E_NOMEM;
  if (!get_fields(&r, object))
    return BERTH_OK;
  size_t weights = json_array_size(r.weights) + 1;
  uint32_t resources = berth_inventory_resource_count(r.inventory);
  r.lists.hosts = context_take(ctx, json_array_size(r.hosts) + 1, sizeof *r.lists.hosts);
  r.lists.weights = context_take(ctx, weights, sizeof *r.lists.weights);
  r.lists.demands = context_take(ctx, weights, resources * sizeof *r.lists.demands);
  r.lists.vms = context_take(ctx, count_vms(r.weights) + 1, sizeof *r.lists.vms);
  if (r.lists.hosts == NULL || r.lists.weights == NULL || r.lists.demands == NULL ||
      r.lists.vms == NULL)
    goto done;
  status = BERTH_OK;
  if (fill_hosts(&r) && fill_assumes(&r) && fill_weights(&r))
    status = berth_plan_add_certificate(ctx, plan, &r.certificate);
  if (status == BERTH_E_ARGUMENT) {
    status = BERTH_OK;
    json_fault(place, "level",
               "hosts, VMs or levels that do not go together; expected hosts and VMs of the "
               "cluster, each once, and levels before this one in the goal's ladder");
  }
done:
  context_release(ctx, r.lists.hosts);
  context_release(ctx, r.lists.weights);
  context_release(ctx, r.lists.demands);
  context_release(ctx, r.lists.vms);
  return status;
}

berth_status plan_json_read_certificates(json_place *place, const json_t *root, berth_plan *plan) {
  const json_t *list = NULL;
  berth_status status = BERTH_OK;
  if (!json_get_list(place, root, "certificates", false, &list))
    return BERTH_OK;
  for (size_t i = 0; i < json_array_size(list) && status == BERTH_OK; i++) {
    const json_t *element = json_array_get(list, i);
    snprintf(place->where, sizeof place->where, "certificates[%zu].", i);
    if (json_is_object(element))
      status = read_certificate(place, element, plan);
    else
      json_fault(place, "", "not an object; expected one");
  }
  place->where[0] = '\0';
  return status;
}
