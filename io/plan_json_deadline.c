/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict on a deadline in JSON: one object, a part of the critical chain or a change of a
 * remedy being an element of a list in it.
 */
#include "plan_json_deadline.h"
#include "words.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------------------- writing */

static json_t *part_value(const berth_chain_part *part, json_trouble *trouble) {
  json_t *object = json_object();
  assert(part->step > 0);
  json_put(object, "step", json_integer(part->step), trouble);
  json_put(object, "part", json_text(berth_chain_kind_word(part->kind), trouble), trouble);
  json_put(object, "seconds", json_integer(part->seconds), trouble);
  if (part->join != BERTH_JOIN_NONE)
    json_put(object, "join", json_text(berth_chain_join_word(part->join), trouble), trouble);
  return object;
}

static json_t *change_value(const berth_inventory *inventory, const berth_deadline_change *change,
                            json_trouble *trouble) {
  json_t *object = json_object();
  bool of_vm = change->vm != BERTH_NONE;
  json_put(object, "remedy", json_integer(change->remedy), trouble);
  json_put(object, of_vm ? "vm" : "host",
           json_text(of_vm ? berth_inventory_vm_id(inventory, change->vm)
                           : berth_inventory_host_id(inventory, change->host),
                     trouble),
           trouble);
  json_put(object, "change", json_text(of_vm ? "timeout" : "linkMbps", trouble), trouble);
  json_put(object, "from", json_integer(change->from), trouble);
  json_put(object, "to", json_integer(change->to), trouble);
  json_put(object, "worst", json_integer(change->worst), trouble);
  return object;
}

json_t *plan_json_deadline(const berth_plan *plan, json_trouble *trouble) {
  const berth_plan_deadline *deadline = berth_plan_get_deadline(plan);
  if (deadline == NULL)
    return NULL;
  json_t *object = json_object(), *chain = json_array(), *changes = json_array();
  for (uint32_t i = 0; i < deadline->chain_count; i++)
    json_add(chain, part_value(&deadline->chain[i], trouble), trouble);
  for (uint32_t i = 0; i < deadline->change_count; i++)
    json_add(changes, change_value(berth_plan_inventory(plan), &deadline->changes[i], trouble),
             trouble);
  json_put(object, "seconds", json_integer(deadline->seconds), trouble);
  json_put(object, "met", json_text(berth_met_word(deadline->met), trouble), trouble);
  json_put(object, "late", json_integer(deadline->late), trouble);
  json_put(object, "impossible", json_boolean(deadline->impossible), trouble);
  json_put(object, "chain", chain, trouble);
  json_put(object, "remedies", changes, trouble);
  json_put(object, "least", json_boolean(deadline->least), trouble);
  return object;
}

/* ---------------------------------------------------------------------------- reading */

typedef struct deadline_reading {
  json_place *place;
  berth_plan *plan;
  plan_json_step_function *step;
  const void *user;
} deadline_reading;

static bool read_part(const deadline_reading *reading, const json_t *object,
                      berth_chain_part *part) {
  json_place *place = reading->place;
  const char *kind = NULL, *join = "";
  int64_t step = 0;
  bool ok = json_get_number(place, object, "step", true, 0, INT64_MAX, &step);
  part->step = ok ? reading->step(reading->user, step) : 0;
  if (ok && part->step == 0)
    ok = json_fault(place, "step", "%lld; expected the id of a step", (long long)step);
  ok = json_get_number(place, object, "seconds", true, 1, JSON_SECONDS_MAX, &part->seconds) && ok;
  ok = json_get_text(place, object, "part", true, &kind) && ok;
  if (kind != NULL && !word_parse_chain_kind(kind, &part->kind))
    ok = json_fault(place, "part", "\"%s\"; expected wait, copy, settle, wake or restart", kind);
  ok = json_get_text(place, object, "join", false, &join) && ok;
  if (!word_parse_chain_join(join, &part->join))
    ok =
        json_fault(place, "join", "\"%s\"; expected vm, wake, quiesce, room, limit or order", join);
  return ok;
}

static bool read_object(const deadline_reading *reading, const json_t *object,
                        berth_deadline_change *change) {
  const berth_inventory *inventory = berth_plan_inventory(reading->plan);
  const char *vm = NULL, *host = NULL;
  json_place *place = reading->place;
  if (!json_get_text(place, object, "vm", false, &vm) ||
      !json_get_text(place, object, "host", false, &host))
    return false;
  if ((vm == NULL) == (host == NULL))
    return json_fault(place, "vm", "either a VM or a host is changed; expected one of them");
  if (vm != NULL && berth_inventory_find_vm(inventory, vm, &change->vm) != BERTH_OK)
    return json_fault(place, "vm", "no VM \"%s\"; expected the id of one in the inventory", vm);
  if (host != NULL && berth_inventory_find_host(inventory, host, &change->host) != BERTH_OK)
    return json_fault(place, "host", "no host \"%s\"; expected the id of one in the inventory",
                      host);
  return true;
}

static bool read_change(const deadline_reading *reading, const json_t *object,
                        berth_deadline_change *change) {
  json_place *place = reading->place;
  int64_t remedy = 0;
  *change = (berth_deadline_change){.vm = BERTH_NONE, .host = BERTH_NONE};
  bool ok = read_object(reading, object, change);
  ok = json_get_number(place, object, "remedy", true, 1, UINT32_MAX, &remedy) && ok;
  ok = json_get_number(place, object, "from", true, 1, BERTH_QUANTITY_MAX, &change->from) && ok;
  ok = json_get_number(place, object, "to", true, 1, BERTH_QUANTITY_MAX, &change->to) && ok;
  ok = json_get_number(place, object, "worst", true, 0, JSON_SECONDS_MAX, &change->worst) && ok;
  change->remedy = (uint32_t)remedy;
  return ok;
}

static bool read_lists(const deadline_reading *reading, const json_t *chain, const json_t *changes,
                       berth_chain_part *parts, berth_deadline_change *list) {
  json_place *place = reading->place;
  bool ok = true;
  for (size_t i = 0; i < json_array_size(chain); i++) {
    snprintf(place->where, sizeof place->where, "deadline.chain[%zu].", i);
    ok = read_part(reading, json_array_get(chain, i), &parts[i]) && ok;
  }
  for (size_t i = 0; i < json_array_size(changes); i++) {
    snprintf(place->where, sizeof place->where, "deadline.remedies[%zu].", i);
    ok = read_change(reading, json_array_get(changes, i), &list[i]) && ok;
  }
  return ok;
}

static bool read_verdict(json_place *place, const json_t *object, berth_plan_deadline *deadline) {
  const char *met = NULL;
  bool ok =
      json_get_number(place, object, "seconds", true, 1, JSON_SECONDS_MAX, &deadline->seconds);
  ok = json_get_number(place, object, "late", true, 0, JSON_SECONDS_MAX, &deadline->late) && ok;
  ok = json_get_boolean(place, object, "impossible", &deadline->impossible) && ok;
  ok = json_get_boolean(place, object, "least", &deadline->least) && ok;
  ok = json_get_text(place, object, "met", true, &met) && ok;
  if (met != NULL && !word_parse_met(met, &deadline->met))
    ok = json_fault(place, "met", "\"%s\"; expected worst, expected, best or no", met);
  return ok;
}

berth_status plan_json_read_deadline(json_place *place, const json_t *root, berth_plan *plan,
                                     plan_json_step_function *step, const void *user) {
  deadline_reading reading = {.place = place, .plan = plan, .step = step, .user = user};
  berth_plan_deadline deadline = BERTH_PLAN_DEADLINE_INIT;
  const json_t *object = NULL, *chain = NULL, *changes = NULL;
  berth_chain_part *parts = NULL;
  berth_deadline_change *list = NULL;
  berth_status status = BERTH_OK;
  if (!json_get_object(place, root, "deadline", false, &object) || object == NULL)
    return BERTH_OK;
  strcpy(place->where, "deadline.");
  bool ok = read_verdict(place, object, &deadline);
  ok = json_get_list(place, object, "chain", false, &chain) && ok;
  ok = json_get_list(place, object, "remedies", false, &changes) && ok;
  size_t part_count = json_array_size(chain), change_count = json_array_size(changes);
  if ((parts = context_take(place->ctx, part_count + 1, sizeof *parts)) == NULL ||
      (list = context_take(place->ctx, change_count + 1, sizeof *list)) == NULL) {
    status = BERTH_E_NOMEM;
    goto done;
  }
  if (!read_lists(&reading, chain, changes, parts, list) || !ok)
    goto done;
  deadline.chain = parts, deadline.chain_count = (uint32_t)part_count;
  deadline.changes = list, deadline.change_count = (uint32_t)change_count;
  status = berth_plan_set_deadline(place->ctx, plan, &deadline);
  if (status == BERTH_E_ARGUMENT) {
    json_fault(place, "remedies", "%s", berth_context_detail(place->ctx));
    status = BERTH_OK;
  }
done:
  place->where[0] = '\0';
  context_release(place->ctx, parts);
  context_release(place->ctx, list);
  return status;
}
