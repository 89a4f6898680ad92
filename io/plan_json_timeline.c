/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A timeline as JSON (schema berth-timeline/1), an event a line. What an event does not have is
 * left out, and so are times that did not come.
 */
#include "context_internal.h"
#include "plan_json_page.h"
#include "timeline_writer.h"
#include <assert.h>

static json_t *moment_element(json_page *page, const berth_moment *moment) {
  json_t *object = json_object();
  json_set(page, object, "at", json_integer(moment->at));
  json_set(page, object, "kind", json_text(berth_moment_word(moment->kind), &page->trouble));
  json_set_vm(page, object, moment->vm);
  json_set_host(page, object, "host", moment->host);
  json_set_host(page, object, "other", moment->other);
  if (moment->number > 0)
    json_set(page, object, "number", json_integer(moment->number));
  json_set_text(page, object, "text", moment->text);
  return object;
}

static json_t *outage_element(json_page *page, const berth_outage *outage) {
  json_t *object = json_object();
  json_set_vm(page, object, outage->vm);
  json_set_host(page, object, "from", outage->from);
  json_set_host(page, object, "host", outage->host);
  json_set(page, object, "seconds", json_integer(outage->seconds));
  json_set(page, object, "count", json_integer(outage->count));
  json_set(page, object, "attempts", json_integer(outage->attempts));
  json_set(page, object, "down", json_boolean(outage->down));
  json_set_time(page, object, "downAt", outage->down_at);
  json_set_time(page, object, "upAt", outage->up_at);
  json_set_time(page, object, "readyAt", outage->ready_at);
  json_set_text(page, object, "why", outage->why);
  return object;
}

static json_t *span_element(json_page *page, const berth_span *span) {
  json_t *object = json_object();
  json_set(page, object, "kind", json_text(berth_span_word(span->kind), &page->trouble));
  json_set_vm(page, object, span->vm);
  json_set_host(page, object, "host", span->host);
  if (span->kind == BERTH_SPAN_HOST)
    json_set(page, object, "state", json_text(berth_host_state_word(span->state), &page->trouble));
  json_set(page, object, "from", json_integer(span->from));
  json_set(page, object, "to", json_integer(span->to));
  return object;
}

static void emit_timing(json_page *page, const berth_ha_timing *timing) {
  json_t *object = json_object();
  for (int i = 0; i < BERTH_TIMING_COUNT; i++)
    json_set(page, object, berth_timing_describe((berth_timing_name)i)->name,
             json_integer(timing->seconds[i]));
  json_page_emit(page, ",\n  \"timing\": ", object);
}

static void emit_lists(json_page *page, const berth_timeline *timeline) {
  const char *first = "\n    ", *next = ",\n    ";
  fputs(",\n  \"events\": [", page->stream);
  for (uint32_t i = 0; i < berth_timeline_moment_count(timeline) && !page->trouble.failed; i++)
    json_page_emit(page, i == 0 ? first : next,
                   moment_element(page, berth_timeline_moment_at(timeline, i)));
  fputs("\n  ],\n  \"outages\": [", page->stream);
  for (uint32_t i = 0; i < berth_timeline_outage_count(timeline) && !page->trouble.failed; i++)
    json_page_emit(page, i == 0 ? first : next,
                   outage_element(page, berth_timeline_outage_at(timeline, i)));
  fputs("\n  ],\n  \"spans\": [", page->stream);
  for (uint32_t i = 0; i < berth_timeline_span_count(timeline) && !page->trouble.failed; i++)
    json_page_emit(page, i == 0 ? first : next,
                   span_element(page, berth_timeline_span_at(timeline, i)));
  fputs("\n  ]\n}\n", page->stream);
}

berth_status timeline_json_write(berth_context *ctx, const berth_timeline *timeline, FILE *stream) {
  assert(ctx != NULL && timeline != NULL && stream != NULL);
  json_page page = {.inventory = berth_timeline_inventory(timeline), .stream = stream};
  fputs("{\n  \"schema\": \"berth-timeline/1\"", stream);
  json_page_emit(&page, ",\n  \"inventory\": ",
                 json_text(berth_inventory_name(page.inventory), &page.trouble));
  json_page_emit(&page,
                 ",\n  \"scenario\": ", json_text(berth_timeline_name(timeline), &page.trouble));
  json_page_emit(&page, ",\n  \"end\": ", json_integer(berth_timeline_end(timeline)));
  json_page_emit(&page, ",\n  \"down\": ", json_integer(berth_timeline_down(timeline)));
  emit_timing(&page, berth_timeline_timing(timeline));
  emit_lists(&page, timeline);
  return json_ended(ctx, &page.trouble, stream, "timeline");
}
