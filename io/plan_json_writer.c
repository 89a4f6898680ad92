/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan as JSON (schema berth-plan/1). Each element of a list is built with jansson, written on a
 * line of its own and freed, so that a plan of 200,000 steps needs the memory of one, and diff and
 * grep work on it. Keys come in the order in which they are set.
 */
#include "context_internal.h"
#include "plan_json.h"
#include "plan_json_deadline.h"
#include "plan_json_page.h"
#include "plan_json_proofs.h"
#include "plan_writer.h"
#include <assert.h>
#include <string.h>

static void append(json_page *page, json_t *array, json_t *value) {
  json_add(array, value, &page->trouble);
}

typedef json_t *element_function(json_page *page, uint32_t index);

static void emit_list(json_page *page, const char *key, uint32_t count, element_function *element) {
  assert(element != NULL || count == 0);
  fprintf(page->stream, ",\n  \"%s\": [", key);
  for (uint32_t index = 0; index < count && !page->trouble.failed; index++)
    json_page_emit(page, index == 0 ? "\n    " : ",\n    ", element(page, index));
  fputs(count == 0 ? "]" : "\n  ]", page->stream);
}

/* ---------------------------------------------------------------------------- scenario */

static json_t *event_element(json_page *page, uint32_t index) {
  const berth_event *event = berth_scenario_event(berth_plan_scenario(page->plan), index);
  json_t *object = json_object();
  assert(event != NULL);
  json_set_text(page, object, "event", berth_event_type_word(event->type));
#define SET_EVENT_TEXT(key, field)                                                                 \
  if (event->field != NULL)                                                                        \
    json_set_text(page, object, key, event->field);
#define SET_EVENT_NUMBER(key, field, absent)                                                       \
  if (event->field != absent)                                                                      \
    json_set_number(page, object, key, event->field);
  PLAN_JSON_EVENT_TEXTS(SET_EVENT_TEXT)
  PLAN_JSON_EVENT_NUMBERS(SET_EVENT_NUMBER)
#undef SET_EVENT_TEXT
#undef SET_EVENT_NUMBER
  return object;
}

static void emit_scenario(json_page *page) {
  const berth_scenario *scenario = berth_plan_scenario(page->plan);
  uint32_t count = berth_scenario_count(scenario);
  const char *name = berth_scenario_name(scenario);
  json_t *object = json_object(), *events = json_array();
  assert(scenario != NULL && name != NULL);
  if (name[0] != '\0')
    json_set_text(page, object, "name", name);
  for (uint32_t index = 0; index < count; index++)
    append(page, events, event_element(page, index));
  json_set(page, object, "events", events);
  if (name[0] != '\0' || count > 0)
    json_page_emit(page, ",\n  \"scenario\": ", object);
  else
    json_decref(object);
}

/* ---------------------------------------------------------------------------- lists */

static json_t *level_element(json_page *page, uint32_t index) {
  const berth_plan_level *level = berth_plan_level_at(page->plan, index);
  json_t *object = json_object();
  assert(level != NULL);
  json_set_text(page, object, "name", berth_level_name(level->level));
  json_set_number(page, object, "value", level->value);
  json_set_number(page, object, "bound", level->bound);
  json_set_text(page, object, "status", berth_outcome_word(level->status));
  if (level->proof != NULL)
    json_set_text(page, object, "proof", level->proof);
  return object;
}

static json_t *placement_element(json_page *page, uint32_t index) {
  const berth_plan_placement *placement = berth_plan_placement_at(page->plan, index);
  json_t *object = json_object();
  assert(placement != NULL && placement->to != BERTH_NONE);
  json_set_vm(page, object, placement->vm);
  json_set_host(page, object, "from", placement->from);
  json_set_host(page, object, "to", placement->to);
  json_set_text(page, object, "how", berth_how_word(placement->how));
  return object;
}

/* A shortage names its unit in the key where the resource has one. */
static const char *shortage_key(uint32_t resource) {
  if (resource == BERTH_RESOURCE_MEMORY)
    return "shortMib";
  return resource == BERTH_RESOURCE_CPU ? "shortMhz" : "short";
}

static json_t *ledger_entry(json_page *page, const berth_plan_ledger_entry *entry) {
  bool shortage = entry->resource != BERTH_NONE, node = entry->reason == BERTH_REASON_NUMA;
  json_t *object = json_object();
  assert(entry->reason < BERTH_REASON_COUNT);
  json_set_text(page, object, "reason",
                shortage && !node ? berth_inventory_resource_name(page->inventory, entry->resource)
                                  : berth_reason_word(entry->reason));
  if (entry->rule != BERTH_NONE)
    json_set_text(page, object, "rule", berth_inventory_rule_id(page->inventory, entry->rule));
  json_set_number(page, object, "hosts", entry->hosts);
  if (shortage)
    json_set_number(page, object, shortage_key(entry->resource), entry->short_by);
  if (shortage && entry->reason == BERTH_REASON_RESOURCE_NEVER)
    json_set(page, object, "never", json_true());
  return object;
}

static json_t *remedy_entry(json_page *page, const berth_plan_remedy *remedy) {
  json_t *object = json_object();
  assert(remedy->change != NULL);
  json_set_text(page, object, "change", remedy->change);
  json_set_number(page, object, "cost", remedy->cost);
  return object;
}

static json_t *explained_element(json_page *page, const berth_plan_unplaced *unplaced) {
  json_t *object = json_object(), *ledger = json_array(), *conflict = json_array(),
         *remedies = json_array();
  assert(unplaced != NULL);
  for (uint32_t i = 0; i < unplaced->ledger_count; i++)
    append(page, ledger, ledger_entry(page, &unplaced->ledger[i]));
  for (uint32_t i = 0; i < unplaced->conflict_count; i++)
    append(page, conflict, json_text(unplaced->conflict[i], &page->trouble));
  for (uint32_t i = 0; i < unplaced->remedy_count; i++)
    append(page, remedies, remedy_entry(page, &unplaced->remedies[i]));
  json_set_vm(page, object, unplaced->vm);
  json_set(page, object, "ledger", ledger);
  json_set(page, object, "conflict", conflict);
  json_set(page, object, "remedies", remedies);
  return object;
}

static json_t *unplaced_element(json_page *page, uint32_t index) {
  return explained_element(page, berth_plan_unplaced_at(page->plan, index));
}

static json_t *left_behind_element(json_page *page, uint32_t index) {
  return explained_element(page, berth_plan_left_behind_at(page->plan, index));
}

static json_t *shortage_element(json_page *page, uint32_t index) {
  const berth_plan_shortage *shortage = berth_plan_shortage_at(page->plan, index);
  json_t *object = json_object(), *vms = json_array(), *hosts = json_array();
  assert(shortage->vm_count > 0 && shortage->host_count > 0);
  for (uint32_t i = 0; i < shortage->vm_count; i++)
    append(page, vms,
           json_text(berth_inventory_vm_id(page->inventory, shortage->vms[i]), &page->trouble));
  for (uint32_t i = 0; i < shortage->host_count; i++)
    append(page, hosts,
           json_text(berth_inventory_host_id(page->inventory, shortage->hosts[i]), &page->trouble));
  json_set_text(page, object, "resource",
                berth_inventory_resource_name(page->inventory, shortage->resource));
  json_set_number(page, object, shortage_key(shortage->resource), shortage->short_by);
  json_set(page, object, "vms", vms);
  json_set(page, object, "hosts", hosts);
  return object;
}

/* Lists that few plans have are left out where they are empty. */
static void emit_explanations(json_page *page) {
  uint32_t left = berth_plan_left_behind_count(page->plan);
  uint32_t shortages = berth_plan_shortage_count(page->plan);
  if (left > 0)
    emit_list(page, "leftBehind", left, left_behind_element);
  if (shortages > 0)
    emit_list(page, "shortages", shortages, shortage_element);
}

static json_t *step_ids(json_page *page, const uint32_t *ids, uint32_t count) {
  json_t *array = json_array();
  assert(ids != NULL || count == 0);
  for (uint32_t i = 0; i < count; i++)
    append(page, array, json_integer(ids[i]));
  return array;
}

static json_t *window_value(json_page *page, berth_window window) {
  json_t *array = json_array();
  append(page, array, json_integer(window.earliest));
  append(page, array, json_integer(window.latest));
  return array;
}

/* What the step waits for, and for how long. */
static void set_step_order(json_page *page, json_t *object, const berth_plan_step *step) {
  json_set(page, object, "after", step_ids(page, step->after, step->after_count));
  if (step->after_settled_count > 0)
    json_set(page, object, "afterSettled",
             step_ids(page, step->after_settled, step->after_settled_count));
  if (step->wait > 0) {
    json_t *notify = json_object();
    json_set_number(page, notify, "wait", step->wait);
    json_set(page, object, "notify", notify);
  }
}

static json_t *step_element(json_page *page, uint32_t index) {
  const berth_plan_step *step = berth_plan_step_at(page->plan, index);
  json_t *object = json_object();
  assert(step != NULL && step->id == index + 1);
  json_set_number(page, object, "id", step->id);
  json_set_text(page, object, "type", berth_step_type_word(step->type));
  json_set_host(page, object, "host", step->host);
  json_set_vm(page, object, step->vm);
  json_set_host(page, object, "from", step->from);
  json_set_host(page, object, "to", step->to);
  set_step_order(page, object, step);
  /* A reader takes an absent duration from the window: a zero must be said where that differs. */
  if (step->seconds != 0 || step->end.earliest != step->start.earliest)
    json_set_number(page, object, "seconds", step->seconds);
  if (step->settle != 0)
    json_set_number(page, object, "settle", step->settle);
  json_set(page, object, "start", window_value(page, step->start));
  json_set(page, object, "end", window_value(page, step->end));
  if (step->approval || step->type == BERTH_STEP_MIGRATE)
    json_set(page, object, "approval", json_boolean(step->approval));
  if (step->why != NULL)
    json_set_text(page, object, "why", step->why);
  return object;
}

static json_t *certificate_element(json_page *page, uint32_t index) {
  return plan_json_certificate(page->plan, index, &page->trouble);
}

static void emit_settings(json_page *page) {
  json_t *settings = plan_json_settings(page->plan, &page->trouble);
  if (settings != NULL)
    json_page_emit(page, ",\n  \"settings\": ", settings);
}

static void emit_deadline(json_page *page) {
  json_t *deadline = plan_json_deadline(page->plan, &page->trouble);
  if (deadline != NULL)
    json_page_emit(page, ",\n  \"deadline\": ", deadline);
}

static json_t *warning_element(json_page *page, uint32_t index) {
  return json_text(berth_plan_warning_at(page->plan, index), &page->trouble);
}

/* ---------------------------------------------------------------------------- names */

/* Marks of what the plan mentions: one byte an object. */
typedef struct mentioned {
  uint8_t *hosts, *vms;
} mentioned;

static void mention(uint8_t *marks, uint32_t index) {
  if (index != BERTH_NONE)
    marks[index] = 1;
}

static void mention_all(const berth_plan *plan, const mentioned *marks) {
  assert(marks->hosts != NULL && marks->vms != NULL);
  for (uint32_t i = 0; i < berth_plan_placement_count(plan); i++) {
    const berth_plan_placement *placement = berth_plan_placement_at(plan, i);
    mention(marks->vms, placement->vm);
    mention(marks->hosts, placement->from);
    mention(marks->hosts, placement->to);
  }
  for (uint32_t i = 0; i < berth_plan_unplaced_count(plan); i++)
    mention(marks->vms, berth_plan_unplaced_at(plan, i)->vm);
  for (uint32_t i = 0; i < berth_plan_left_behind_count(plan); i++)
    mention(marks->vms, berth_plan_left_behind_at(plan, i)->vm);
  for (uint32_t i = 0; i < berth_plan_shortage_count(plan); i++) {
    const berth_plan_shortage *shortage = berth_plan_shortage_at(plan, i);
    for (uint32_t v = 0; v < shortage->vm_count; v++)
      mention(marks->vms, shortage->vms[v]);
    for (uint32_t h = 0; h < shortage->host_count; h++)
      mention(marks->hosts, shortage->hosts[h]);
  }
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++) {
    const berth_plan_step *step = berth_plan_step_at(plan, i);
    mention(marks->vms, step->vm);
    mention(marks->hosts, step->from);
    mention(marks->hosts, step->to);
    mention(marks->hosts, step->host);
  }
  const berth_plan_deadline *deadline = berth_plan_get_deadline(plan);
  for (uint32_t i = 0; deadline != NULL && i < deadline->change_count; i++) {
    mention(marks->vms, deadline->changes[i].vm);
    mention(marks->hosts, deadline->changes[i].host);
  }
  for (uint32_t i = 0; i < berth_plan_certificate_count(plan); i++) {
    const berth_plan_certificate *certificate = berth_plan_certificate_at(plan, i);
    for (uint32_t h = 0; h < certificate->host_count; h++)
      mention(marks->hosts, certificate->hosts[h]);
    for (uint32_t w = 0; w < certificate->weight_count; w++)
      for (uint32_t v = 0; v < certificate->weights[w].vm_count; v++)
        mention(marks->vms, certificate->weights[w].vms[v]);
  }
}

typedef const char *text_function(const berth_inventory *inventory, uint32_t index);

/* The names of what is mentioned and has a name of its own, by id; nothing if none has. */
static void emit_names(json_page *page, const char *key, const uint8_t *marks, uint32_t count,
                       text_function *id, text_function *label) {
  const char *separator = "{";
  for (uint32_t i = 0; i < count && !page->trouble.failed; i++) {
    if (!marks[i] || strcmp(id(page->inventory, i), label(page->inventory, i)) == 0)
      continue;
    if (separator[0] == '{')
      fprintf(page->stream, ",\n  \"%s\": ", key);
    fputs(separator, page->stream);
    json_page_emit(page, "\n    ", json_text(id(page->inventory, i), &page->trouble));
    json_page_emit(page, ": ", json_text(label(page->inventory, i), &page->trouble));
    separator = ",";
  }
  if (separator[0] == ',')
    fputs("\n  }", page->stream);
}

static berth_status emit_all_names(berth_context *ctx, json_page *page) {
  uint32_t host_count = berth_inventory_host_count(page->inventory);
  uint32_t vm_count = berth_inventory_vm_count(page->inventory);
  mentioned marks = {NULL, NULL};
  berth_status status = BERTH_E_NOMEM;
  if ((marks.hosts = context_take(ctx, (size_t)host_count + 1, 1)) == NULL ||
      (marks.vms = context_take(ctx, (size_t)vm_count + 1, 1)) == NULL)
    goto done;
  mention_all(page->plan, &marks);
  emit_names(page, "hostNames", marks.hosts, host_count, berth_inventory_host_id,
             berth_inventory_host_label);
  emit_names(page, "vmNames", marks.vms, vm_count, berth_inventory_vm_id, berth_inventory_vm_label);
  status = BERTH_OK;
done:
  context_release(ctx, marks.hosts);
  context_release(ctx, marks.vms);
  return status;
}

/* ---------------------------------------------------------------------------- the document */

static void emit_makespan(json_page *page) {
  berth_plan_makespan makespan = berth_plan_get_makespan(page->plan);
  json_t *object = json_object();
  json_set_number(page, object, "best", makespan.best);
  json_set_number(page, object, "expected", makespan.expected);
  json_set_number(page, object, "worst", makespan.worst);
  json_page_emit(page, ",\n  \"makespan\": ", object);
}

static void emit_head(json_page *page) {
  fputs("{\n  \"schema\": \"" PLAN_JSON_SCHEMA "\"", page->stream);
  json_page_emit(page, ",\n  \"inventory\": ",
                 json_text(berth_inventory_name(page->inventory), &page->trouble));
  emit_scenario(page);
  json_page_emit(page, ",\n  \"goal\": ",
                 json_text(berth_goal_word(berth_plan_goal(page->plan)), &page->trouble));
  json_page_emit(page, ",\n  \"status\": ",
                 json_text(berth_outcome_word(berth_plan_status(page->plan)), &page->trouble));
}

berth_status plan_json_write(berth_context *ctx, const berth_plan *plan, FILE *stream) {
  assert(ctx != NULL && plan != NULL && stream != NULL);
  json_page page = {.plan = plan, .inventory = berth_plan_inventory(plan), .stream = stream};
  emit_head(&page);
  emit_settings(&page);
  emit_list(&page, "levels", berth_plan_level_count(plan), level_element);
  emit_list(&page, "placements", berth_plan_placement_count(plan), placement_element);
  emit_list(&page, "unplaced", berth_plan_unplaced_count(plan), unplaced_element);
  emit_explanations(&page);
  emit_list(&page, "steps", berth_plan_step_count(plan), step_element);
  emit_makespan(&page);
  emit_deadline(&page);
  emit_list(&page, "warnings", berth_plan_warning_count(plan), warning_element);
  emit_list(&page, "certificates", berth_plan_certificate_count(plan), certificate_element);
  berth_status status = emit_all_names(ctx, &page);
  fputs("\n}\n", stream);
  return status == BERTH_OK ? json_ended(ctx, &page.trouble, stream, "plan") : status;
}
