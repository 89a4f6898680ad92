/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan as XML (namespace urn:berth:1, io/schema/plan-1.xsd): what the JSON says, under the same
 * names, as elements and attributes. For tools that speak XML only; berth itself reads JSON plans.
 */
#include "context_internal.h"
#include "plan_json.h"
#include "plan_writer.h"
#include <assert.h>
#include <inttypes.h>

typedef struct xml_page {
  const berth_plan *plan;
  const berth_inventory *inventory;
  FILE *stream;
} xml_page;

/* A value between quotes. What XML 1.0 cannot hold, not even escaped, becomes '?'. */
static void put_escaped(FILE *stream, const char *text) {
  assert(text != NULL);
  for (; *text != '\0'; text++) {
    unsigned char byte = (unsigned char)*text;
    if (byte == '&')
      fputs("&amp;", stream);
    else if (byte == '<')
      fputs("&lt;", stream);
    else if (byte == '"')
      fputs("&quot;", stream);
    else if (byte == '\n' || byte == '\t' || byte == '\r')
      fprintf(stream, "&#%u;", byte);
    else
      fputc(byte < 0x20 ? '?' : byte, stream);
  }
}

static void put_text(const xml_page *page, const char *name, const char *text) {
  assert(name != NULL);
  if (text == NULL)
    return;
  fprintf(page->stream, " %s=\"", name);
  put_escaped(page->stream, text);
  fputc('"', page->stream);
}

static void put_number(const xml_page *page, const char *name, int64_t number) {
  assert(name != NULL);
  fprintf(page->stream, " %s=\"%" PRId64 "\"", name, number);
}

static void put_host(const xml_page *page, const char *name, uint32_t host) {
  if (host != BERTH_NONE)
    put_text(page, name, berth_inventory_host_id(page->inventory, host));
}

static void put_vm(const xml_page *page, uint32_t vm) {
  if (vm != BERTH_NONE)
    put_text(page, "vm", berth_inventory_vm_id(page->inventory, vm));
}

static void put_event(const xml_page *page, const berth_event *event) {
  assert(event != NULL);
  fputs("    <event", page->stream);
  put_text(page, "event", berth_event_type_word(event->type));
#define PUT_EVENT_TEXT(key, field) put_text(page, key, event->field);
#define PUT_EVENT_NUMBER(key, field, absent)                                                       \
  if (event->field != absent)                                                                      \
    put_number(page, key, event->field);
  PLAN_JSON_EVENT_TEXTS(PUT_EVENT_TEXT)
  PLAN_JSON_EVENT_NUMBERS(PUT_EVENT_NUMBER)
#undef PUT_EVENT_TEXT
#undef PUT_EVENT_NUMBER
  fputs("/>\n", page->stream);
}

static void put_scenario(const xml_page *page) {
  const berth_scenario *scenario = berth_plan_scenario(page->plan);
  uint32_t count = berth_scenario_count(scenario);
  const char *name = berth_scenario_name(scenario);
  assert(name != NULL);
  if (count == 0 && name[0] == '\0')
    return;
  fputs("  <scenario", page->stream);
  put_text(page, "name", name[0] != '\0' ? name : NULL);
  fputs(">\n", page->stream);
  for (uint32_t i = 0; i < count; i++)
    put_event(page, berth_scenario_event(scenario, i));
  fputs("  </scenario>\n", page->stream);
}

static void put_level(const xml_page *page, const berth_plan_level *level) {
  assert(level != NULL);
  fputs("  <level", page->stream);
  put_text(page, "name", berth_level_name(level->level));
  put_number(page, "value", level->value);
  put_number(page, "bound", level->bound);
  put_text(page, "status", berth_outcome_word(level->status));
  put_text(page, "proof", level->proof);
  fputs("/>\n", page->stream);
}

static void put_placement(const xml_page *page, const berth_plan_placement *placement) {
  assert(placement != NULL && placement->vm != BERTH_NONE);
  fputs("  <placement", page->stream);
  put_vm(page, placement->vm);
  put_host(page, "from", placement->from);
  put_host(page, "to", placement->to);
  put_text(page, "how", berth_how_word(placement->how));
  fputs("/>\n", page->stream);
}

static void put_ledger_entry(const xml_page *page, const berth_plan_ledger_entry *entry) {
  assert(entry->reason < BERTH_REASON_COUNT);
  fputs("    <out", page->stream);
  put_number(page, "hosts", entry->hosts);
  put_text(page, "reason", berth_reason_word(entry->reason));
  if (entry->rule != BERTH_NONE)
    put_text(page, "rule", berth_inventory_rule_id(page->inventory, entry->rule));
  if (entry->resource != BERTH_NONE) {
    put_text(page, "resource", berth_inventory_resource_name(page->inventory, entry->resource));
    put_number(page, "short", entry->short_by);
  }
  fputs("/>\n", page->stream);
}

static void put_explained(const xml_page *page, const char *element,
                          const berth_plan_unplaced *unplaced) {
  assert(unplaced != NULL && unplaced->vm != BERTH_NONE);
  fprintf(page->stream, "  <%s", element);
  put_vm(page, unplaced->vm);
  fputs(">\n", page->stream);
  for (uint32_t i = 0; i < unplaced->ledger_count; i++)
    put_ledger_entry(page, &unplaced->ledger[i]);
  for (uint32_t i = 0; i < unplaced->conflict_count; i++) {
    fputs("    <conflict", page->stream);
    put_text(page, "with", unplaced->conflict[i]);
    fputs("/>\n", page->stream);
  }
  for (uint32_t i = 0; i < unplaced->remedy_count; i++) {
    fputs("    <remedy", page->stream);
    put_text(page, "change", unplaced->remedies[i].change);
    put_number(page, "cost", unplaced->remedies[i].cost);
    fputs("/>\n", page->stream);
  }
  fprintf(page->stream, "  </%s>\n", element);
}

static void put_shortage(const xml_page *page, const berth_plan_shortage *shortage) {
  assert(shortage->vm_count > 0 && shortage->host_count > 0);
  fputs("  <shortage", page->stream);
  put_text(page, "resource", berth_inventory_resource_name(page->inventory, shortage->resource));
  put_number(page, "short", shortage->short_by);
  fputs(">\n", page->stream);
  for (uint32_t i = 0; i < shortage->vm_count; i++) {
    fputs("    <of", page->stream);
    put_vm(page, shortage->vms[i]);
    fputs("/>\n", page->stream);
  }
  for (uint32_t i = 0; i < shortage->host_count; i++) {
    fputs("    <on", page->stream);
    put_host(page, "host", shortage->hosts[i]);
    fputs("/>\n", page->stream);
  }
  fputs("  </shortage>\n", page->stream);
}

static void put_ids(const xml_page *page, const char *name, const uint32_t *ids, uint32_t count) {
  assert(ids != NULL || count == 0);
  if (count == 0)
    return;
  fprintf(page->stream, " %s=\"", name);
  for (uint32_t i = 0; i < count; i++)
    fprintf(page->stream, "%s%" PRIu32, i > 0 ? " " : "", ids[i]);
  fputc('"', page->stream);
}

static void put_step(const xml_page *page, const berth_plan_step *step) {
  assert(step != NULL && step->id > 0);
  fputs("  <step", page->stream);
  put_number(page, "id", step->id);
  put_text(page, "type", berth_step_type_word(step->type));
  put_host(page, "host", step->host);
  put_vm(page, step->vm);
  put_host(page, "from", step->from);
  put_host(page, "to", step->to);
  put_ids(page, "after", step->after, step->after_count);
  put_ids(page, "afterSettled", step->after_settled, step->after_settled_count);
  if (step->wait > 0)
    put_number(page, "wait", step->wait);
  put_number(page, "seconds", step->seconds);
  if (step->settle > 0)
    put_number(page, "settle", step->settle);
  put_number(page, "earliestStart", step->start.earliest);
  put_number(page, "latestStart", step->start.latest);
  put_number(page, "earliestEnd", step->end.earliest);
  put_number(page, "latestEnd", step->end.latest);
  if (step->approval)
    put_text(page, "approval", "true");
  put_text(page, "why", step->why);
  fputs("/>\n", page->stream);
}

static void put_settings(const xml_page *page) {
  const berth_plan_settings *settings = berth_plan_get_settings(page->plan);
  berth_goal goal = berth_plan_goal(page->plan);
  if (goal != BERTH_GOAL_CONSOLIDATE && goal != BERTH_GOAL_REBALANCE)
    return;
  fputs("  <settings", page->stream);
  if (goal == BERTH_GOAL_CONSOLIDATE) {
    put_number(page, "keepFailures", settings->keep_failures);
    put_text(page, "weigh", berth_weigh_word(settings->weigh));
  } else {
    put_number(page, "targetCpu", settings->target_cpu);
    put_number(page, "targetMemory", settings->target_memory);
    put_number(page, "strandedTolerance", settings->stranded_tolerance);
  }
  fputs("/>\n", page->stream);
}

static void put_weighed_vms(const xml_page *page, const berth_certificate_weight *weight) {
  fputs("    <vms", page->stream);
  put_number(page, "weight", weight->weight);
  fputs(">\n", page->stream);
  for (uint32_t i = 0; i < weight->vm_count; i++) {
    fputs("      <of", page->stream);
    put_vm(page, weight->vms[i]);
    fputs("/>\n", page->stream);
  }
  fputs("    </vms>\n", page->stream);
}

static void put_weight(const xml_page *page, const berth_certificate_weight *weight) {
  if (weight->demand == NULL) {
    put_weighed_vms(page, weight);
    return;
  }
  fputs("    <row", page->stream);
  put_number(page, "weight", weight->weight);
  fputs(">\n", page->stream);
  for (uint32_t r = 0; r < berth_inventory_resource_count(page->inventory); r++) {
    if (weight->demand[r] == 0)
      continue;
    fputs("      <demand", page->stream);
    put_text(page, "resource", berth_inventory_resource_name(page->inventory, r));
    put_number(page, "amount", weight->demand[r]);
    fputs("/>\n", page->stream);
  }
  fputs("    </row>\n", page->stream);
}

static void put_certificate(const xml_page *page, const berth_plan_certificate *certificate) {
  assert(certificate != NULL && certificate->scale >= 1);
  fputs("  <certificate", page->stream);
  put_text(page, "level", berth_level_name(certificate->level));
  put_text(page, "cluster", berth_inventory_cluster_id(page->inventory, certificate->cluster));
  put_number(page, "bound", certificate->bound);
  put_number(page, "scale", certificate->scale);
  put_number(page, "spare", certificate->spare);
  fputs(">\n", page->stream);
  for (uint32_t i = 0; i < certificate->host_count; i++) {
    fputs("    <of", page->stream);
    put_host(page, "host", certificate->hosts[i]);
    fputs("/>\n", page->stream);
  }
  for (unsigned level = 0; level < BERTH_LEVEL_COUNT; level++) {
    if (certificate->assumed[level] == 0)
      continue;
    fputs("    <assumes", page->stream);
    put_text(page, "level", berth_level_name((berth_level)level));
    put_number(page, "weight", certificate->assumed[level]);
    fputs("/>\n", page->stream);
  }
  for (uint32_t i = 0; i < certificate->weight_count; i++)
    put_weight(page, &certificate->weights[i]);
  fputs("  </certificate>\n", page->stream);
}

static void put_change(const xml_page *page, const berth_deadline_change *change) {
  bool of_vm = change->vm != BERTH_NONE;
  fputs("    <change", page->stream);
  put_number(page, "remedy", change->remedy);
  put_vm(page, change->vm);
  put_host(page, "host", change->host);
  put_text(page, "change", of_vm ? "timeout" : "linkMbps");
  put_number(page, "from", change->from);
  put_number(page, "to", change->to);
  put_number(page, "worst", change->worst);
  fputs("/>\n", page->stream);
}

static void put_deadline(const xml_page *page) {
  const berth_plan_deadline *deadline = berth_plan_get_deadline(page->plan);
  if (deadline == NULL)
    return;
  fputs("  <deadline", page->stream);
  put_number(page, "seconds", deadline->seconds);
  put_text(page, "met", berth_met_word(deadline->met));
  put_number(page, "late", deadline->late);
  put_text(page, "impossible", deadline->impossible ? "true" : "false");
  put_text(page, "least", deadline->least ? "true" : "false");
  fputs(">\n", page->stream);
  for (uint32_t i = 0; i < deadline->chain_count; i++) {
    const berth_chain_part *part = &deadline->chain[i];
    fputs("    <chain", page->stream);
    put_number(page, "step", part->step);
    put_text(page, "part", berth_chain_kind_word(part->kind));
    put_number(page, "seconds", part->seconds);
    put_text(page, "join",
             part->join != BERTH_JOIN_NONE ? berth_chain_join_word(part->join) : NULL);
    fputs("/>\n", page->stream);
  }
  for (uint32_t i = 0; i < deadline->change_count; i++)
    put_change(page, &deadline->changes[i]);
  fputs("  </deadline>\n", page->stream);
}

static void put_lists(const xml_page *page) {
  const berth_plan *plan = page->plan;
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++)
    put_level(page, berth_plan_level_at(plan, i));
  for (uint32_t i = 0; i < berth_plan_placement_count(plan); i++)
    put_placement(page, berth_plan_placement_at(plan, i));
  for (uint32_t i = 0; i < berth_plan_unplaced_count(plan); i++)
    put_explained(page, "unplaced", berth_plan_unplaced_at(plan, i));
  for (uint32_t i = 0; i < berth_plan_left_behind_count(plan); i++)
    put_explained(page, "leftBehind", berth_plan_left_behind_at(plan, i));
  for (uint32_t i = 0; i < berth_plan_shortage_count(plan); i++)
    put_shortage(page, berth_plan_shortage_at(plan, i));
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++)
    put_step(page, berth_plan_step_at(plan, i));
}

berth_status plan_xml_write(berth_context *ctx, const berth_plan *plan, FILE *stream) {
  assert(ctx != NULL && plan != NULL && stream != NULL);
  xml_page page = {.plan = plan, .inventory = berth_plan_inventory(plan), .stream = stream};
  berth_plan_makespan makespan = berth_plan_get_makespan(plan);
  (void)ctx; /* nothing is allocated here; stream errors are the caller's */
  fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plan xmlns=\"urn:berth:1\"", stream);
  put_text(&page, "inventory", berth_inventory_name(page.inventory));
  put_text(&page, "goal", berth_goal_word(berth_plan_goal(plan)));
  put_text(&page, "status", berth_outcome_word(berth_plan_status(plan)));
  fputs(">\n", stream);
  put_scenario(&page);
  put_settings(&page);
  put_lists(&page);
  fputs("  <makespan", stream);
  put_number(&page, "best", makespan.best);
  put_number(&page, "expected", makespan.expected);
  put_number(&page, "worst", makespan.worst);
  fputs("/>\n", stream);
  put_deadline(&page);
  for (uint32_t i = 0; i < berth_plan_warning_count(plan); i++) {
    fputs("  <warning", stream);
    put_text(&page, "text", berth_plan_warning_at(plan, i));
    fputs("/>\n", stream);
  }
  for (uint32_t i = 0; i < berth_plan_certificate_count(plan); i++)
    put_certificate(&page, berth_plan_certificate_at(plan, i));
  fputs("</plan>\n", stream);
  return BERTH_OK;
}
