/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulation as JSON (schema berth-simulation/1), a step a line. Times that there are not are
 * left out: of a guest that is not told, of an acknowledgement that did not come.
 */
#include "context_internal.h"
#include "plan_json_build.h"
#include "simulation_writer.h"
#include <assert.h>
#include <jansson.h>

typedef struct simulation_page {
  const berth_inventory *inventory;
  FILE *stream;
  json_trouble trouble;
} simulation_page;

static void set(simulation_page *page, json_t *object, const char *key, json_t *value) {
  json_put(object, key, value, &page->trouble);
}

static void set_time(simulation_page *page, json_t *object, const char *key, int64_t seconds) {
  if (seconds != BERTH_UNSET)
    set(page, object, key, json_integer(seconds));
}

static void set_host(simulation_page *page, json_t *object, const char *key, uint32_t host) {
  if (host != BERTH_NONE)
    set(page, object, key,
        json_text(berth_inventory_host_id(page->inventory, host), &page->trouble));
}

static void emit(simulation_page *page, const char *before, json_t *value) {
  json_emit(page->stream, before, value, &page->trouble);
}

static json_t *step_element(simulation_page *page, const berth_plan_step *step,
                            const berth_simulated_step *when) {
  json_t *object = json_object();
  bool told = when->work > when->start || when->acknowledged != BERTH_UNSET;
  set(page, object, "id", json_integer(step->id));
  set(page, object, "type", json_text(berth_step_type_word(step->type), &page->trouble));
  set_host(page, object, "host", step->host);
  if (step->vm != BERTH_NONE)
    set(page, object, "vm",
        json_text(berth_inventory_vm_id(page->inventory, step->vm), &page->trouble));
  set_host(page, object, "from", step->from);
  set_host(page, object, "to", step->to);
  set_time(page, object, "notified", told ? when->start : BERTH_UNSET);
  set_time(page, object, "acknowledged", when->acknowledged);
  set_time(page, object, "start", when->work);
  set_time(page, object, "end", when->end);
  set_time(page, object, "settled", when->settled);
  return object;
}

static void emit_steps(simulation_page *page, const berth_plan *plan,
                       const berth_simulation *simulation) {
  uint32_t count = berth_simulation_step_count(simulation);
  fputs(",\n  \"steps\": [", page->stream);
  for (uint32_t i = 0; i < count && !page->trouble.failed; i++)
    emit(page, i == 0 ? "\n    " : ",\n    ",
         step_element(page, berth_plan_step_at(plan, i), berth_simulation_step_at(simulation, i)));
  fputs(count == 0 ? "]" : "\n  ]", page->stream);
}

static json_t *breach_element(simulation_page *page, const berth_breach *breach) {
  json_t *object = json_object();
  assert(breach->text != NULL);
  set(page, object, "kind", json_text(berth_breach_word(breach->kind), &page->trouble));
  set(page, object, "step", json_integer(breach->step));
  set(page, object, "run", json_integer(breach->run + 1));
  set(page, object, "at", json_integer(breach->at));
  set(page, object, "text", json_text(breach->text, &page->trouble));
  return object;
}

static void emit_breaches(simulation_page *page, const berth_simulation *simulation) {
  uint64_t count = berth_simulation_breach_count(simulation);
  const berth_breach *breach;
  emit(page, ",\n  \"breachCount\": ", json_integer((json_int_t)count));
  fputs(",\n  \"breaches\": [", page->stream);
  for (uint32_t i = 0; (breach = berth_simulation_breach_at(simulation, i)) != NULL; i++)
    emit(page, i == 0 ? "\n    " : ",\n    ", breach_element(page, breach));
  fputs(count == 0 ? "]" : "\n  ]", page->stream);
}

static void emit_makespan(simulation_page *page, const berth_plan *plan,
                          const berth_simulation *simulation) {
  berth_plan_makespan makespan = berth_plan_get_makespan(plan);
  json_t *planned = json_object(), *object = json_object();
  set(page, planned, "best", json_integer(makespan.best));
  set(page, planned, "expected", json_integer(makespan.expected));
  set(page, planned, "worst", json_integer(makespan.worst));
  set(page, object, "planned", planned);
  set(page, object, "shown", json_integer(berth_simulation_makespan(simulation)));
  set(page, object, "least", json_integer(berth_simulation_quantile(simulation, 0)));
  set(page, object, "median", json_integer(berth_simulation_quantile(simulation, 500)));
  set(page, object, "percent95", json_integer(berth_simulation_quantile(simulation, 950)));
  set(page, object, "most", json_integer(berth_simulation_quantile(simulation, 1000)));
  emit(page, ",\n  \"makespan\": ", object);
}

static void emit_head(simulation_page *page, const berth_plan *plan,
                      const berth_simulation *simulation) {
  const berth_simulation_options *asked = berth_simulation_asked(simulation);
  fputs("{\n  \"schema\": \"berth-simulation/1\"", page->stream);
  emit(page,
       ",\n  \"inventory\": ", json_text(berth_inventory_name(page->inventory), &page->trouble));
  emit(page, ",\n  \"goal\": ", json_text(berth_goal_word(berth_plan_goal(plan)), &page->trouble));
  emit(page, ",\n  \"draw\": ", json_text(berth_draw_word(asked->draw), &page->trouble));
  emit(page, ",\n  \"delay\": ", json_integer(asked->delay));
  emit(page, ",\n  \"seed\": ", json_integer((json_int_t)(asked->seed & INT64_MAX)));
  emit(page, ",\n  \"runs\": ", json_integer(berth_simulation_runs(simulation)));
  emit(page, ",\n  \"shown\": ", json_integer(berth_simulation_shown(simulation) + 1));
}

berth_status plan_json_write_simulation(berth_context *ctx, const berth_plan *plan,
                                        const berth_simulation *simulation, FILE *stream) {
  assert(ctx != NULL && stream != NULL);
  simulation_page page = {.inventory = berth_plan_inventory(plan), .stream = stream};
  emit_head(&page, plan, simulation);
  emit_makespan(&page, plan, simulation);
  emit_steps(&page, plan, simulation);
  emit_breaches(&page, simulation);
  fputs("\n}\n", stream);
  return json_ended(ctx, &page.trouble, stream, "simulation");
}
