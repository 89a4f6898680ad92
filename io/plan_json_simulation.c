/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulation as JSON (schema berth-simulation/1), a step a line. Times that there are not are
 * left out: of a guest that is not told, of an acknowledgement that did not come.
 */
#include "context_internal.h"
#include "plan_json_page.h"
#include "simulation_writer.h"
#include <assert.h>

static json_t *step_element(json_page *page, const berth_plan_step *step,
                            const berth_simulated_step *when) {
  json_t *object = json_object();
  bool told = when->work > when->start || when->acknowledged != BERTH_UNSET;
  json_set(page, object, "id", json_integer(step->id));
  json_set(page, object, "type", json_text(berth_step_type_word(step->type), &page->trouble));
  json_set_host(page, object, "host", step->host);
  if (step->vm != BERTH_NONE)
    json_set(page, object, "vm",
             json_text(berth_inventory_vm_id(page->inventory, step->vm), &page->trouble));
  json_set_host(page, object, "from", step->from);
  json_set_host(page, object, "to", step->to);
  json_set_time(page, object, "notified", told ? when->start : BERTH_UNSET);
  json_set_time(page, object, "acknowledged", when->acknowledged);
  json_set_time(page, object, "start", when->work);
  json_set_time(page, object, "end", when->end);
  json_set_time(page, object, "settled", when->settled);
  return object;
}

static void emit_steps(json_page *page, const berth_plan *plan,
                       const berth_simulation *simulation) {
  uint32_t count = berth_simulation_step_count(simulation);
  fputs(",\n  \"steps\": [", page->stream);
  for (uint32_t i = 0; i < count && !page->trouble.failed; i++)
    json_page_emit(
        page, i == 0 ? "\n    " : ",\n    ",
        step_element(page, berth_plan_step_at(plan, i), berth_simulation_step_at(simulation, i)));
  fputs(count == 0 ? "]" : "\n  ]", page->stream);
}

static json_t *breach_element(json_page *page, const berth_breach *breach) {
  json_t *object = json_object();
  assert(breach->text != NULL);
  json_set(page, object, "kind", json_text(berth_breach_word(breach->kind), &page->trouble));
  json_set(page, object, "step", json_integer(breach->step));
  json_set(page, object, "run", json_integer(breach->run + 1));
  json_set(page, object, "at", json_integer(breach->at));
  json_set(page, object, "text", json_text(breach->text, &page->trouble));
  return object;
}

static void emit_breaches(json_page *page, const berth_simulation *simulation) {
  uint64_t count = berth_simulation_breach_count(simulation);
  const berth_breach *breach;
  json_page_emit(page, ",\n  \"breachCount\": ", json_integer((json_int_t)count));
  fputs(",\n  \"breaches\": [", page->stream);
  for (uint32_t i = 0; (breach = berth_simulation_breach_at(simulation, i)) != NULL; i++)
    json_page_emit(page, i == 0 ? "\n    " : ",\n    ", breach_element(page, breach));
  fputs(count == 0 ? "]" : "\n  ]", page->stream);
}

static void emit_makespan(json_page *page, const berth_plan *plan,
                          const berth_simulation *simulation) {
  berth_plan_makespan makespan = berth_plan_get_makespan(plan);
  json_t *planned = json_object(), *object = json_object();
  json_set(page, planned, "best", json_integer(makespan.best));
  json_set(page, planned, "expected", json_integer(makespan.expected));
  json_set(page, planned, "worst", json_integer(makespan.worst));
  json_set(page, object, "planned", planned);
  json_set(page, object, "shown", json_integer(berth_simulation_makespan(simulation)));
  json_set(page, object, "least", json_integer(berth_simulation_quantile(simulation, 0)));
  json_set(page, object, "median", json_integer(berth_simulation_quantile(simulation, 500)));
  json_set(page, object, "percent95", json_integer(berth_simulation_quantile(simulation, 950)));
  json_set(page, object, "most", json_integer(berth_simulation_quantile(simulation, 1000)));
  json_page_emit(page, ",\n  \"makespan\": ", object);
}

static void emit_head(json_page *page, const berth_plan *plan, const berth_simulation *simulation) {
  const berth_simulation_options *asked = berth_simulation_asked(simulation);
  fputs("{\n  \"schema\": \"berth-simulation/1\"", page->stream);
  json_page_emit(page, ",\n  \"inventory\": ",
                 json_text(berth_inventory_name(page->inventory), &page->trouble));
  json_page_emit(
      page, ",\n  \"goal\": ", json_text(berth_goal_word(berth_plan_goal(plan)), &page->trouble));
  json_page_emit(page, ",\n  \"draw\": ", json_text(berth_draw_word(asked->draw), &page->trouble));
  json_page_emit(page, ",\n  \"delay\": ", json_integer(asked->delay));
  json_page_emit(page, ",\n  \"seed\": ", json_integer((json_int_t)(asked->seed & INT64_MAX)));
  json_page_emit(page, ",\n  \"runs\": ", json_integer(berth_simulation_runs(simulation)));
  json_page_emit(page, ",\n  \"shown\": ", json_integer(berth_simulation_shown(simulation) + 1));
}

berth_status plan_json_write_simulation(berth_context *ctx, const berth_plan *plan,
                                        const berth_simulation *simulation, FILE *stream) {
  assert(ctx != NULL && stream != NULL);
  json_page page = {.inventory = berth_plan_inventory(plan), .stream = stream};
  emit_head(&page, plan, simulation);
  emit_makespan(&page, plan, simulation);
  emit_steps(&page, plan, simulation);
  emit_breaches(&page, simulation);
  fputs("\n}\n", stream);
  return json_ended(ctx, &page.trouble, stream, "simulation");
}
