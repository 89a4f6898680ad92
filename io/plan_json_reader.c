/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan from JSON (schema berth-plan/1), ours or anybody's. Every field is checked and every id is
 * resolved in the effective inventory; a fault in one element does not hide those of the next. What
 * the plan is worth is not judged here: that is berth_verify().
 */
#include "plan_json.h"
#include "plan_json_deadline.h"
#include "plan_json_load.h"
#include "plan_json_proofs.h"
#include <assert.h>
#include <berth/io.h>
#include <stdlib.h>
#include <string.h>

/* The id a step has in the document, and the one it gets in the plan. */
typedef struct step_name {
  int64_t written;
  uint32_t id;
} step_name;

typedef struct plan_reading {
  json_place place;
  const berth_inventory *inventory; /* the effective one */
  berth_plan *plan;
  step_name *step_names; /* by `written`, ascending */
  uint32_t step_count;
} plan_reading;

/* Nothing is repaired in silence; running out of memory ends the reading, anything else is a fault.
 */
static berth_status added(plan_reading *reading, berth_status status, const char *what) {
  assert(reading->plan != NULL && what != NULL);
  if (status == BERTH_OK || status == BERTH_E_NOMEM)
    return status;
  json_fault(&reading->place, what, "%s", berth_status_text(status));
  return BERTH_OK;
}

static void enter(json_place *place, const char *list, size_t index) {
  assert(list != NULL);
  snprintf(place->where, sizeof place->where, "%s[%zu].", list, index);
}

static void leave(json_place *place) {
  place->where[0] = '\0';
}

/* ---------------------------------------------------------------------------- words and ids */

static bool parse_outcome(const char *word, berth_outcome *out) {
  for (int value = BERTH_OUTCOME_OPTIMAL; value <= BERTH_OUTCOME_UNKNOWN; value++)
    if (strcmp(berth_outcome_word((berth_outcome)value), word) == 0) {
      *out = (berth_outcome)value;
      return true;
    }
  return false;
}

static bool parse_step_type(const char *word, berth_step_type *out) {
  for (int value = BERTH_STEP_WAKE; value <= BERTH_STEP_POWER_DOWN; value++)
    if (strcmp(berth_step_type_word((berth_step_type)value), word) == 0) {
      *out = (berth_step_type)value;
      return true;
    }
  return false;
}

static bool parse_how(const char *word, berth_how *out) {
  for (int value = BERTH_HOW_RESTART; value <= BERTH_HOW_POWER_ON; value++)
    if (strcmp(berth_how_word((berth_how)value), word) == 0) {
      *out = (berth_how)value;
      return true;
    }
  return false;
}

static bool parse_reason(const char *word, berth_reason *out) {
  for (int value = 0; value < BERTH_REASON_COUNT; value++)
    if (strcmp(berth_reason_word((berth_reason)value), word) == 0) {
      *out = (berth_reason)value;
      return true;
    }
  return false;
}

static bool parse_event_type(const char *word, berth_event_type *out) {
  for (int value = 0; value < BERTH_EVENT_COUNT; value++)
    if (strcmp(berth_event_type_word((berth_event_type)value), word) == 0) {
      *out = (berth_event_type)value;
      return true;
    }
  return false;
}

/* Ids only: a name that happens to fit would make a plan mean different things elsewhere. */
static bool get_host(plan_reading *reading, const json_t *object, const char *key, bool required,
                     uint32_t *out) {
  assert(reading->inventory != NULL && *out == BERTH_NONE);
  const char *id = NULL;
  uint32_t host = BERTH_NONE;
  if (!json_get_text(&reading->place, object, key, required, &id))
    return false;
  if (id == NULL)
    return true;
  if (berth_inventory_find_host(reading->inventory, id, &host) != BERTH_OK ||
      strcmp(berth_inventory_host_id(reading->inventory, host), id) != 0)
    return json_fault(&reading->place, key,
                      "no host \"%s\"; expected the id of one in the inventory", id);
  *out = host;
  return true;
}

static bool get_vm(plan_reading *reading, const json_t *object, bool required, uint32_t *out) {
  assert(reading->inventory != NULL && *out == BERTH_NONE);
  const char *id = NULL;
  uint32_t vm = BERTH_NONE;
  if (!json_get_text(&reading->place, object, "vm", required, &id))
    return false;
  if (id == NULL)
    return true;
  if (berth_inventory_find_vm(reading->inventory, id, &vm) != BERTH_OK ||
      strcmp(berth_inventory_vm_id(reading->inventory, vm), id) != 0)
    return json_fault(&reading->place, "vm",
                      "no VM \"%s\"; expected the id of one in the inventory", id);
  *out = vm;
  return true;
}

static bool get_outcome(json_place *place, const json_t *object, berth_outcome *out) {
  assert(place != NULL && out != NULL);
  const char *word = NULL;
  if (!json_get_text(place, object, "status", true, &word))
    return false;
  return parse_outcome(word, out) ||
         json_fault(place, "status", "\"%s\"; expected optimal, feasible, infeasible or unknown",
                    word);
}

/* ---------------------------------------------------------------------------- scenario */

static bool read_event(json_place *place, const json_t *object, berth_event *event) {
  assert(event->struct_size == sizeof *event);
  const char *word = NULL;
  if (!json_get_text(place, object, "event", true, &word))
    return false;
  if (!parse_event_type(word, &event->type))
    return json_fault(place, "event", "\"%s\"; expected fail, maintenance or another event", word);
  bool ok = true;
#define GET_EVENT_TEXT(key, field)                                                                 \
  ok = json_get_text(place, object, key, false, &event->field) && ok;
#define GET_EVENT_NUMBER(key, field, absent)                                                       \
  ok = json_get_number(place, object, key, false, 0, BERTH_QUANTITY_MAX, &event->field) && ok;
  PLAN_JSON_EVENT_TEXTS(GET_EVENT_TEXT)
  PLAN_JSON_EVENT_NUMBERS(GET_EVENT_NUMBER)
#undef GET_EVENT_TEXT
#undef GET_EVENT_NUMBER
  return ok;
}

static berth_status read_events(json_place *place, const json_t *events, berth_scenario *scenario) {
  berth_status status = BERTH_OK;
  assert(scenario != NULL);
  for (size_t i = 0; i < json_array_size(events) && status == BERTH_OK; i++) {
    berth_event event = BERTH_EVENT_INIT;
    event.position.source = place->source;
    enter(place, "scenario.events", i);
    if (read_event(place, json_array_get(events, i), &event))
      status = berth_scenario_add(place->ctx, scenario, &event);
  }
  leave(place);
  return status;
}

/* The scenario of the document; one without events if it has none. */
static berth_status read_scenario(json_place *place, const json_t *root, berth_scenario **out) {
  assert(place->where[0] == '\0');
  berth_scenario *scenario = NULL;
  const json_t *object = NULL, *events = NULL;
  const char *name = NULL;
  berth_status status = berth_scenario_new(place->ctx, &scenario);
  if (status != BERTH_OK)
    goto done;
  if (json_get_object(place, root, "scenario", false, &object) && object != NULL) {
    strcpy(place->where, "scenario.");
    json_get_text(place, object, "name", false, &name);
    json_get_list(place, object, "events", true, &events);
    leave(place);
  }
  if ((status = berth_scenario_set_name(place->ctx, scenario, name)) != BERTH_OK)
    goto done;
  status = read_events(place, events, scenario);
done:
  if (status != BERTH_OK) {
    berth_scenario_free(scenario);
    scenario = NULL;
  }
  *out = scenario;
  return status;
}

/* ---------------------------------------------------------------------------- lists */

static berth_status read_level(plan_reading *reading, const json_t *object) {
  assert(reading->plan != NULL);
  json_place *place = &reading->place;
  berth_plan_level level = {.proof = NULL};
  const char *name = NULL;
  bool ok = json_get_text(place, object, "name", true, &name);
  if (ok && !berth_level_parse(name, &level.level))
    ok = json_fault(place, "name", "no level \"%s\"; expected one of a ladder", name);
  ok = json_get_number(place, object, "value", true, 0, INT64_MAX, &level.value) && ok;
  ok = json_get_number(place, object, "bound", true, 0, INT64_MAX, &level.bound) && ok;
  ok = get_outcome(place, object, &level.status) && ok;
  ok = json_get_text(place, object, "proof", false, &level.proof) && ok;
  return ok ? added(reading, berth_plan_add_level(place->ctx, reading->plan, &level), "name")
            : BERTH_OK;
}

static berth_status read_placement(plan_reading *reading, const json_t *object) {
  assert(reading->plan != NULL);
  json_place *place = &reading->place;
  berth_plan_placement placement = {.vm = BERTH_NONE, .from = BERTH_NONE, .to = BERTH_NONE};
  const char *how = NULL;
  bool ok = get_vm(reading, object, true, &placement.vm);
  ok = get_host(reading, object, "from", false, &placement.from) && ok;
  ok = get_host(reading, object, "to", true, &placement.to) && ok;
  ok = json_get_text(place, object, "how", true, &how) && ok;
  if (ok && !parse_how(how, &placement.how))
    ok = json_fault(place, "how", "\"%s\"; expected restart, migrate or power-on", how);
  return ok ? added(reading, berth_plan_add_placement(place->ctx, reading->plan, &placement), "vm")
            : BERTH_OK;
}

static uint32_t find_resource(const berth_inventory *inventory, const char *name) {
  assert(name != NULL);
  for (uint32_t i = 0; i < berth_inventory_resource_count(inventory); i++)
    if (strcmp(berth_inventory_resource_name(inventory, i), name) == 0)
      return i;
  return BERTH_NONE;
}

/* A shortage is told by its key, since a resource may be called like a reason. */
static bool get_shortage(json_place *place, const json_t *object, bool *given, int64_t *short_by) {
  assert(!*given);
  static const char *const keys[] = {"shortMib", "shortMhz", "short"};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    *given = *given || json_object_get(object, keys[i]) != NULL;
    if (!json_get_number(place, object, keys[i], false, 0, INT64_MAX, short_by))
      return false;
  }
  return true;
}

/* That of a node is told by its word, and by the resource that the key names. */
static bool get_node_shortage(const json_t *object, const char *word,
                              berth_plan_ledger_entry *entry) {
  bool memory = json_object_get(object, "shortMib") != NULL;
  if (strcmp(word, berth_reason_word(BERTH_REASON_NUMA)) != 0 ||
      (!memory && json_object_get(object, "shortMhz") == NULL))
    return false;
  entry->reason = BERTH_REASON_NUMA;
  entry->resource = memory ? BERTH_RESOURCE_MEMORY : BERTH_RESOURCE_CPU;
  return true;
}

static bool get_reason(plan_reading *reading, const json_t *object,
                       berth_plan_ledger_entry *entry) {
  assert(entry->rule == BERTH_NONE && entry->resource == BERTH_NONE);
  const char *word = NULL;
  bool shortage = false, never = false;
  if (!json_get_text(&reading->place, object, "reason", true, &word) ||
      !get_shortage(&reading->place, object, &shortage, &entry->short_by) ||
      !json_get_boolean(&reading->place, object, "never", &never))
    return false;
  if (get_node_shortage(object, word, entry) || (!shortage && parse_reason(word, &entry->reason)))
    return true;
  entry->reason = never ? BERTH_REASON_RESOURCE_NEVER : BERTH_REASON_RESOURCE;
  entry->resource = find_resource(reading->inventory, word);
  return entry->resource != BERTH_NONE ||
         json_fault(&reading->place, "reason",
                    "\"%s\"; expected a reason or a resource of the inventory", word);
}

static bool read_ledger_entry(plan_reading *reading, const json_t *object,
                              berth_plan_ledger_entry *entry) {
  json_place *place = &reading->place;
  const char *rule = NULL;
  int64_t hosts = 0;
  *entry = (berth_plan_ledger_entry){.rule = BERTH_NONE, .resource = BERTH_NONE};
  bool ok = get_reason(reading, object, entry);
  ok = json_get_text(place, object, "rule", false, &rule) && ok;
  if (ok && rule != NULL &&
      berth_inventory_find_rule(reading->inventory, rule, &entry->rule) != BERTH_OK)
    ok = json_fault(place, "rule", "no rule \"%s\"; expected the id of one in the inventory", rule);
  ok = json_get_number(place, object, "hosts", true, 0, BERTH_OBJECTS_MAX, &hosts) && ok;
  entry->hosts = (uint32_t)hosts;
  return ok;
}

static bool read_remedy(json_place *place, const json_t *object, berth_plan_remedy *remedy) {
  assert(remedy != NULL);
  bool ok = json_get_text(place, object, "change", true, &remedy->change);
  return json_get_number(place, object, "cost", true, 0, INT64_MAX, &remedy->cost) && ok;
}

/* The lists of one unplaced VM, in memory of the context until the plan has copied them. */
typedef struct unplaced_lists {
  berth_plan_ledger_entry *ledger;
  const char **conflict;
  berth_plan_remedy *remedies;
} unplaced_lists;

static bool fill_unplaced(plan_reading *reading, const json_t *const sources[3],
                          unplaced_lists *lists, const char *of, size_t index) {
  json_place *place = &reading->place;
  bool ok = true;
  char list[64];
  assert(lists->ledger != NULL && lists->conflict != NULL && lists->remedies != NULL);
  snprintf(list, sizeof list, "%s[%zu].ledger", of, index);
  for (size_t i = 0; i < json_array_size(sources[0]); i++) {
    enter(place, list, i);
    ok = read_ledger_entry(reading, json_array_get(sources[0], i), &lists->ledger[i]) && ok;
  }
  snprintf(list, sizeof list, "%s[%zu].remedies", of, index);
  for (size_t i = 0; i < json_array_size(sources[2]); i++) {
    enter(place, list, i);
    ok = read_remedy(place, json_array_get(sources[2], i), &lists->remedies[i]) && ok;
  }
  enter(place, of, index);
  for (size_t i = 0; i < json_array_size(sources[1]); i++)
    if ((lists->conflict[i] = json_string_value(json_array_get(sources[1], i))) == NULL)
      ok = json_fault(place, "conflict", "not a string; expected rules and resources by name");
  return ok;
}

typedef berth_status add_unplaced_function(berth_context *ctx, berth_plan *plan,
                                           const berth_plan_unplaced *unplaced);

/* An element of the list `of`, "unplaced" or "leftBehind". */
static berth_status read_unplaced(plan_reading *reading, const json_t *object, const char *of,
                                  size_t index, add_unplaced_function *add) {
  berth_context *ctx = reading->place.ctx;
  berth_plan_unplaced unplaced = {.vm = BERTH_NONE};
  unplaced_lists lists = {NULL, NULL, NULL};
  const json_t *sources[3] = {NULL, NULL, NULL};
  berth_status status = BERTH_OK;
  bool ok = get_vm(reading, object, true, &unplaced.vm);
  ok = json_get_list(&reading->place, object, "ledger", true, &sources[0]) && ok;
  ok = json_get_list(&reading->place, object, "conflict", false, &sources[1]) && ok;
  ok = json_get_list(&reading->place, object, "remedies", false, &sources[2]) && ok;
  size_t counts[3];
  for (int i = 0; i < 3; i++)
    counts[i] = json_array_size(sources[i]);
  if ((lists.ledger = context_take(ctx, counts[0] + 1, sizeof *lists.ledger)) == NULL ||
      (lists.conflict = context_take(ctx, counts[1] + 1, sizeof *lists.conflict)) == NULL ||
      (lists.remedies = context_take(ctx, counts[2] + 1, sizeof *lists.remedies)) == NULL) {
    status = BERTH_E_NOMEM;
    goto done;
  }
  if (!fill_unplaced(reading, sources, &lists, of, index) || !ok)
    goto done;
  unplaced.ledger_count = (uint32_t)counts[0], unplaced.ledger = lists.ledger;
  unplaced.conflict_count = (uint32_t)counts[1], unplaced.conflict = lists.conflict;
  unplaced.remedy_count = (uint32_t)counts[2], unplaced.remedies = lists.remedies;
  status = added(reading, add(ctx, reading->plan, &unplaced), "vm");
done:
  context_release(ctx, lists.ledger);
  context_release(ctx, (void *)lists.conflict);
  context_release(ctx, lists.remedies);
  return status;
}

static int compare_ids(const void *left, const void *right) {
  const uint32_t *a = left, *b = right;
  return (*a > *b) - (*a < *b);
}

typedef berth_status find_function(const berth_inventory *inventory, const char *id_or_name,
                                   uint32_t *index);
typedef const char *id_function(const berth_inventory *inventory, uint32_t index);

/* A list of ids as indices, ascending. */
static bool translate_objects(plan_reading *reading, const json_t *list, const char *key,
                              find_function *find, id_function *id, uint32_t *out) {
  uint32_t count = (uint32_t)json_array_size(list);
  assert(out != NULL);
  for (uint32_t i = 0; i < count; i++) {
    const char *text = json_string_value(json_array_get(list, i));
    if (text == NULL || find(reading->inventory, text, &out[i]) != BERTH_OK ||
        strcmp(id(reading->inventory, out[i]), text) != 0)
      return json_fault(&reading->place, key,
                        "element %lu is no id; expected those of objects in the inventory",
                        (unsigned long)i);
  }
  qsort(out, count, sizeof *out, compare_ids);
  return true;
}

static berth_status read_shortage(plan_reading *reading, const json_t *object) {
  json_place *place = &reading->place;
  berth_plan_shortage shortage = {.resource = BERTH_NONE};
  const char *resource = NULL;
  const json_t *vms = NULL, *hosts = NULL;
  bool given = false;
  berth_status status = BERTH_OK;
  bool ok = json_get_text(place, object, "resource", true, &resource);
  if (ok && (shortage.resource = find_resource(reading->inventory, resource)) == BERTH_NONE)
    ok = json_fault(place, "resource", "\"%s\"; expected a resource of the inventory", resource);
  ok = get_shortage(place, object, &given, &shortage.short_by) && ok;
  ok = json_get_list(place, object, "vms", true, &vms) && ok;
  ok = json_get_list(place, object, "hosts", true, &hosts) && ok;
  size_t vm_count = json_array_size(vms), host_count = json_array_size(hosts);
  uint32_t *indices = context_take(place->ctx, vm_count + host_count + 1, sizeof *indices);
  if (indices == NULL)
    return BERTH_E_NOMEM;
  shortage.vm_count = (uint32_t)vm_count, shortage.vms = indices;
  shortage.host_count = (uint32_t)host_count, shortage.hosts = indices + vm_count;
  ok = translate_objects(reading, vms, "vms", berth_inventory_find_vm, berth_inventory_vm_id,
                         indices) &&
       ok;
  ok = translate_objects(reading, hosts, "hosts", berth_inventory_find_host,
                         berth_inventory_host_id, indices + vm_count) &&
       ok;
  if (ok)
    status = added(reading, berth_plan_add_shortage(place->ctx, reading->plan, &shortage), "short");
  context_release(place->ctx, indices);
  return status;
}

/* ---------------------------------------------------------------------------- steps */

static int compare_names(const void *left, const void *right) {
  const step_name *a = left, *b = right;
  return (a->written > b->written) - (a->written < b->written);
}

/* Collects the ids of all steps first: a step may wait for one that is written later. */
static berth_status read_step_names(plan_reading *reading, const json_t *steps) {
  assert(reading->step_names == NULL);
  json_place *place = &reading->place;
  size_t count = json_array_size(steps);
  reading->step_names = context_take(place->ctx, count + 1, sizeof *reading->step_names);
  if (reading->step_names == NULL)
    return BERTH_E_NOMEM;
  for (size_t i = 0; i < count; i++) {
    step_name *name = &reading->step_names[i];
    name->id = (uint32_t)i + 1;
    enter(place, "steps", i);
    json_get_number(place, json_array_get(steps, i), "id", true, 0, INT64_MAX, &name->written);
  }
  qsort(reading->step_names, count, sizeof *reading->step_names, compare_names);
  for (size_t i = 1; i < count && place->faults == 0; i++)
    if (reading->step_names[i - 1].written == reading->step_names[i].written) {
      enter(place, "steps", reading->step_names[i].id - 1);
      json_fault(place, "id", "%lld is taken; expected ids that differ",
                 (long long)reading->step_names[i].written);
    }
  reading->step_count = (uint32_t)count;
  leave(place);
  return BERTH_OK;
}

static uint32_t find_step(const void *user, int64_t written) {
  const plan_reading *reading = user;
  step_name wanted = {.written = written};
  const step_name *found =
      bsearch(&wanted, reading->step_names, reading->step_count, sizeof wanted, compare_names);
  return found != NULL ? found->id : 0;
}

/* A list of step ids, translated and ascending; repeats are dropped. */
static bool translate_ids(plan_reading *reading, const json_t *list, const char *key, uint32_t *ids,
                          uint32_t *count) {
  *count = 0;
  assert(reading->step_names != NULL && ids != NULL);
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *value = json_array_get(list, i);
    uint32_t id = find_step(reading, json_integer_value(value));
    if (!json_is_integer(value) || id == 0)
      return json_fault(&reading->place, key, "element %zu is no step; expected ids of steps", i);
    ids[(*count)++] = id;
  }
  qsort(ids, *count, sizeof *ids, compare_ids);
  uint32_t kept = 0;
  for (uint32_t i = 0; i < *count; i++)
    if (kept == 0 || ids[kept - 1] != ids[i])
      ids[kept++] = ids[i];
  *count = kept;
  return true;
}

static bool get_window(json_place *place, const json_t *object, const char *key,
                       berth_window *window) {
  assert(window != NULL);
  const json_t *list = NULL;
  if (!json_get_list(place, object, key, true, &list))
    return false;
  const json_t *earliest = json_array_get(list, 0), *latest = json_array_get(list, 1);
  if (json_array_size(list) != 2 || !json_is_integer(earliest) || !json_is_integer(latest))
    return json_fault(place, key, "expected [earliest, latest] in seconds");
  window->earliest = json_integer_value(earliest);
  window->latest = json_integer_value(latest);
  if (window->earliest < 0 || window->latest < window->earliest ||
      window->latest > JSON_SECONDS_MAX)
    return json_fault(place, key, "[%lld, %lld]; expected 0 or more, the earlier first",
                      (long long)window->earliest, (long long)window->latest);
  return true;
}

/* Whom the step concerns: each type has its own fields. */
static bool get_step_objects(plan_reading *reading, const json_t *object, berth_plan_step *step) {
  assert(step->vm == BERTH_NONE && step->host == BERTH_NONE);
  const char *word = NULL;
  if (!json_get_text(&reading->place, object, "type", true, &word))
    return false;
  if (!parse_step_type(word, &step->type))
    return json_fault(&reading->place, "type", "\"%s\"; expected wake, migrate or another step",
                      word);
  bool moves = step->type == BERTH_STEP_MIGRATE;
  if (!moves && step->type != BERTH_STEP_RESTART && step->type != BERTH_STEP_POWER_ON)
    return get_host(reading, object, "host", true, &step->host);
  bool ok = get_vm(reading, object, true, &step->vm);
  ok = (!moves || get_host(reading, object, "from", true, &step->from)) && ok;
  return get_host(reading, object, "to", true, &step->to) && ok;
}

static bool get_step_times(json_place *place, const json_t *object, berth_plan_step *step) {
  assert(step->wait == 0 && step->settle == 0);
  const json_t *notify = NULL;
  bool ok = get_window(place, object, "start", &step->start);
  ok = get_window(place, object, "end", &step->end) && ok;
  if (!ok)
    return false;
  step->seconds =
      step->end.earliest > step->start.earliest ? step->end.earliest - step->start.earliest : 0;
  ok = json_get_number(place, object, "seconds", false, 0, JSON_SECONDS_MAX, &step->seconds);
  ok = json_get_number(place, object, "settle", false, 0, JSON_SECONDS_MAX, &step->settle) && ok;
  ok = json_get_object(place, object, "notify", false, &notify) && ok;
  if (ok && notify != NULL)
    ok = json_get_number(place, notify, "wait", true, 0, JSON_SECONDS_MAX, &step->wait);
  return ok;
}

static berth_status read_step(plan_reading *reading, const json_t *object) {
  json_place *place = &reading->place;
  berth_plan_step step = BERTH_PLAN_STEP_INIT;
  const json_t *after = NULL, *settled = NULL;
  uint32_t *ids = NULL;
  berth_status status = BERTH_OK;
  bool ok = get_step_objects(reading, object, &step);
  ok = get_step_times(place, object, &step) && ok;
  ok = json_get_list(place, object, "after", true, &after) && ok;
  ok = json_get_list(place, object, "afterSettled", false, &settled) && ok;
  ok = json_get_boolean(place, object, "approval", &step.approval) && ok;
  ok = json_get_text(place, object, "why", false, &step.why) && ok;
  size_t count = json_array_size(after);
  ids = context_take(place->ctx, count + json_array_size(settled) + 1, sizeof *ids);
  if (ids == NULL) {
    status = BERTH_E_NOMEM;
    goto done;
  }
  ok = translate_ids(reading, after, "after", ids, &step.after_count) && ok;
  ok =
      translate_ids(reading, settled, "afterSettled", ids + count, &step.after_settled_count) && ok;
  step.after = ids, step.after_settled = ids + count;
  if (ok)
    status = added(reading, berth_plan_add_step(place->ctx, reading->plan, &step), "id");
done:
  context_release(place->ctx, ids);
  return status;
}

/* ---------------------------------------------------------------------------- the document */

static berth_status read_warnings(plan_reading *reading, const json_t *root) {
  const json_t *list = NULL;
  berth_status status = BERTH_OK;
  if (!json_get_list(&reading->place, root, "warnings", false, &list))
    return BERTH_OK;
  for (size_t i = 0; i < json_array_size(list) && status == BERTH_OK; i++) {
    const char *text = json_string_value(json_array_get(list, i));
    if (text == NULL)
      json_fault(&reading->place, "warnings", "element %zu is not a string; expected texts", i);
    else
      status = berth_plan_add_warning(reading->place.ctx, reading->plan, text);
  }
  return status;
}

typedef enum list_kind {
  LIST_LEVELS,
  LIST_PLACEMENTS,
  LIST_UNPLACED,
  LIST_LEFT_BEHIND,
  LIST_SHORTAGES,
  LIST_STEPS
} list_kind;

static berth_status read_element(plan_reading *reading, list_kind kind, const json_t *object,
                                 size_t index) {
  switch (kind) {
  case LIST_LEVELS:
    return read_level(reading, object);
  case LIST_PLACEMENTS:
    return read_placement(reading, object);
  case LIST_UNPLACED:
    return read_unplaced(reading, object, "unplaced", index, berth_plan_add_unplaced);
  case LIST_LEFT_BEHIND:
    return read_unplaced(reading, object, "leftBehind", index, berth_plan_add_left_behind);
  case LIST_SHORTAGES:
    return read_shortage(reading, object);
  default:
    assert(kind == LIST_STEPS);
    return read_step(reading, object);
  }
}

static berth_status read_lists(plan_reading *reading, const json_t *root) {
  assert(reading->plan != NULL && reading->inventory != NULL);
  static const char *const keys[] = {"levels",     "placements", "unplaced",
                                     "leftBehind", "shortages",  "steps"};
  berth_status status = BERTH_OK;
  for (list_kind kind = LIST_LEVELS; kind <= LIST_STEPS && status == BERTH_OK; kind++) {
    const json_t *list = NULL;
    bool required = kind != LIST_LEFT_BEHIND && kind != LIST_SHORTAGES;
    json_get_list(&reading->place, root, keys[kind], required, &list);
    if (kind == LIST_STEPS)
      status = read_step_names(reading, list);
    for (size_t i = 0; i < json_array_size(list) && status == BERTH_OK; i++) {
      const json_t *element = json_array_get(list, i);
      enter(&reading->place, keys[kind], i);
      if (json_is_object(element))
        status = read_element(reading, kind, element, i);
      else
        json_fault(&reading->place, "", "not an object; expected one");
    }
    leave(&reading->place);
  }
  return status;
}

static void read_makespan(plan_reading *reading, const json_t *root) {
  json_place *place = &reading->place;
  berth_plan_makespan makespan = {0, 0, 0};
  const json_t *object = NULL;
  if (!json_get_object(place, root, "makespan", true, &object))
    return;
  strcpy(place->where, "makespan.");
  json_get_number(place, object, "best", true, 0, JSON_SECONDS_MAX, &makespan.best);
  json_get_number(place, object, "expected", true, 0, JSON_SECONDS_MAX, &makespan.expected);
  json_get_number(place, object, "worst", true, 0, JSON_SECONDS_MAX, &makespan.worst);
  berth_plan_set_makespan(reading->plan, makespan);
  leave(place);
}

/* What must be known before anything else makes sense: that this is a plan, and its goal. */
static berth_status read_head(json_place *place, const json_t *root, berth_goal *goal) {
  const char *schema = NULL, *word = NULL;
  if (!json_is_object(root)) {
    json_fault(place, "document", "not an object; expected a plan (berth-plan/1)");
    return BERTH_E_INVALID;
  }
  if (json_get_text(place, root, "schema", true, &schema) && strcmp(schema, PLAN_JSON_SCHEMA) != 0)
    json_fault(place, "schema", "\"%s\"; expected \"" PLAN_JSON_SCHEMA "\"", schema);
  if (json_get_text(place, root, "goal", true, &word) && !berth_goal_parse(word, goal))
    json_fault(place, "goal", "\"%s\"; expected failover, evacuate or another goal", word);
  return place->faults == 0 ? BERTH_OK : BERTH_E_INVALID;
}

/* A plan of another inventory may still fit; ids decide. But people should know. */
static void compare_inventory_name(json_place *place, const json_t *root,
                                   const berth_inventory *inventory) {
  const char *written = NULL, *name = berth_inventory_name(inventory);
  berth_position position = {.source = place->source};
  if (json_get_text(place, root, "inventory", false, &written) && written != NULL &&
      strcmp(written, name) != 0)
    context_problem(place->ctx, BERTH_WARNING, BERTH_OK, &position,
                    "the plan is for inventory \"%s\"; this one is \"%s\"", written, name);
}

static berth_status read_body(plan_reading *reading, const json_t *root) {
  berth_outcome outcome = BERTH_OUTCOME_UNKNOWN;
  if (get_outcome(&reading->place, root, &outcome))
    berth_plan_set_status(reading->plan, outcome);
  read_makespan(reading, root);
  plan_json_read_settings(&reading->place, root, reading->plan);
  berth_status status = read_lists(reading, root);
  if (status == BERTH_OK)
    status = plan_json_read_deadline(&reading->place, root, reading->plan, find_step, reading);
  if (status == BERTH_OK)
    status = plan_json_read_certificates(&reading->place, root, reading->plan);
  if (status == BERTH_OK)
    status = read_warnings(reading, root);
  return status;
}

/* Head, scenario and body; the plan is in `reading` even when a fault makes it worthless. */
static berth_status read_document(plan_reading *reading, const json_t *root,
                                  const berth_inventory *inventory,
                                  const berth_scenario *scenario) {
  assert(reading->plan == NULL && reading->inventory == NULL);
  berth_context *ctx = reading->place.ctx;
  berth_scenario *written = NULL;
  berth_goal goal = BERTH_GOAL_REPAIR;
  berth_status status = read_head(&reading->place, root, &goal);
  if (status != BERTH_OK)
    goto done;
  if ((status = read_scenario(&reading->place, root, &written)) != BERTH_OK)
    goto done;
  if (reading->place.faults > 0) {
    status = BERTH_E_INVALID;
    goto done;
  }
  if (scenario == NULL)
    scenario = written;
  if ((status = berth_scenario_apply(ctx, inventory, scenario, &reading->inventory)) != BERTH_OK)
    goto done;
  if ((status = berth_plan_new(ctx, reading->inventory, scenario, goal, &reading->plan)) !=
      BERTH_OK)
    goto done;
  /* After the scenario, since applying one starts a new list of problems. */
  compare_inventory_name(&reading->place, root, inventory);
  status = read_body(reading, root);
done:
  berth_scenario_free(written);
  return status;
}

berth_status berth_read_plan(berth_context *ctx, const char *path, const berth_inventory *inventory,
                             const berth_scenario *scenario, berth_plan **out) {
  plan_reading reading = {.place = {.ctx = ctx, .source = path}};
  json_t *root = NULL;
  berth_status status = BERTH_OK;
  assert(ctx != NULL && out != NULL);
  *out = NULL;
  if (path == NULL || inventory == NULL)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "no path or no inventory");
  berth_context_clear(ctx);
  if ((status = json_document_load(ctx, path, &root)) != BERTH_OK)
    goto done;
  status = read_document(&reading, root, inventory, scenario);
  if (status == BERTH_OK && reading.place.faults > 0)
    status = BERTH_E_INVALID;
  if (status == BERTH_OK) {
    *out = reading.plan;
    reading.plan = NULL;
  }
done:
  berth_plan_free(reading.plan);
  berth_inventory_release(reading.inventory);
  context_release(ctx, reading.step_names);
  json_decref(root);
  return status;
}
