/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A timeline as JSON (schema berth-timeline/1), an event a line. What an event does not have is
 * left out, and so are times that did not come.
 */
#include "context_internal.h"
#include "plan_json_build.h"
#include "timeline_writer.h"
#include <assert.h>
#include <jansson.h>

typedef struct timeline_page {
  const berth_inventory *inventory;
  FILE *stream;
  json_trouble trouble;
} timeline_page;

static void set(timeline_page *page, json_t *object, const char *key, json_t *value) {
  json_put(object, key, value, &page->trouble);
}

static void set_time(timeline_page *page, json_t *object, const char *key, int64_t seconds) {
  if (seconds != BERTH_UNSET)
    set(page, object, key, json_integer(seconds));
}

static void set_host(timeline_page *page, json_t *object, const char *key, uint32_t host) {
  if (host != BERTH_NONE)
    set(page, object, key,
        json_text(berth_inventory_host_id(page->inventory, host), &page->trouble));
}

static void set_vm(timeline_page *page, json_t *object, uint32_t vm) {
  if (vm != BERTH_NONE)
    set(page, object, "vm", json_text(berth_inventory_vm_id(page->inventory, vm), &page->trouble));
}

static void set_text(timeline_page *page, json_t *object, const char *key, const char *text) {
  if (text != NULL)
    set(page, object, key, json_text(text, &page->trouble));
}

static void emit(timeline_page *page, const char *before, json_t *value) {
  json_emit(page->stream, before, value, &page->trouble);
}

static json_t *moment_element(timeline_page *page, const berth_moment *moment) {
  json_t *object = json_object();
  set(page, object, "at", json_integer(moment->at));
  set(page, object, "kind", json_text(berth_moment_word(moment->kind), &page->trouble));
  set_vm(page, object, moment->vm);
  set_host(page, object, "host", moment->host);
  set_host(page, object, "other", moment->other);
  if (moment->number > 0)
    set(page, object, "number", json_integer(moment->number));
  set_text(page, object, "text", moment->text);
  return object;
}

static json_t *outage_element(timeline_page *page, const berth_outage *outage) {
  json_t *object = json_object();
  set_vm(page, object, outage->vm);
  set_host(page, object, "from", outage->from);
  set_host(page, object, "host", outage->host);
  set(page, object, "seconds", json_integer(outage->seconds));
  set(page, object, "count", json_integer(outage->count));
  set(page, object, "attempts", json_integer(outage->attempts));
  set(page, object, "down", json_boolean(outage->down));
  set_time(page, object, "downAt", outage->down_at);
  set_time(page, object, "upAt", outage->up_at);
  set_time(page, object, "readyAt", outage->ready_at);
  set_text(page, object, "why", outage->why);
  return object;
}

static json_t *span_element(timeline_page *page, const berth_span *span) {
  json_t *object = json_object();
  set(page, object, "kind", json_text(berth_span_word(span->kind), &page->trouble));
  set_vm(page, object, span->vm);
  set_host(page, object, "host", span->host);
  if (span->kind == BERTH_SPAN_HOST)
    set(page, object, "state", json_text(berth_host_state_word(span->state), &page->trouble));
  set(page, object, "from", json_integer(span->from));
  set(page, object, "to", json_integer(span->to));
  return object;
}

static void emit_timing(timeline_page *page, const berth_ha_timing *timing) {
  json_t *object = json_object();
  for (int i = 0; i < BERTH_TIMING_COUNT; i++)
    set(page, object, berth_timing_describe((berth_timing_name)i)->name,
        json_integer(timing->seconds[i]));
  emit(page, ",\n  \"timing\": ", object);
}

static void emit_lists(timeline_page *page, const berth_timeline *timeline) {
  const char *first = "\n    ", *next = ",\n    ";
  fputs(",\n  \"events\": [", page->stream);
  for (uint32_t i = 0; i < berth_timeline_moment_count(timeline) && !page->trouble.failed; i++)
    emit(page, i == 0 ? first : next, moment_element(page, berth_timeline_moment_at(timeline, i)));
  fputs("\n  ],\n  \"outages\": [", page->stream);
  for (uint32_t i = 0; i < berth_timeline_outage_count(timeline) && !page->trouble.failed; i++)
    emit(page, i == 0 ? first : next, outage_element(page, berth_timeline_outage_at(timeline, i)));
  fputs("\n  ],\n  \"spans\": [", page->stream);
  for (uint32_t i = 0; i < berth_timeline_span_count(timeline) && !page->trouble.failed; i++)
    emit(page, i == 0 ? first : next, span_element(page, berth_timeline_span_at(timeline, i)));
  fputs("\n  ]\n}\n", page->stream);
}

berth_status timeline_json_write(berth_context *ctx, const berth_timeline *timeline, FILE *stream) {
  assert(ctx != NULL && timeline != NULL && stream != NULL);
  timeline_page page = {.inventory = berth_timeline_inventory(timeline), .stream = stream};
  fputs("{\n  \"schema\": \"berth-timeline/1\"", stream);
  emit(&page,
       ",\n  \"inventory\": ", json_text(berth_inventory_name(page.inventory), &page.trouble));
  emit(&page, ",\n  \"scenario\": ", json_text(berth_timeline_name(timeline), &page.trouble));
  emit(&page, ",\n  \"end\": ", json_integer(berth_timeline_end(timeline)));
  emit(&page, ",\n  \"down\": ", json_integer(berth_timeline_down(timeline)));
  emit_timing(&page, berth_timeline_timing(timeline));
  emit_lists(&page, timeline);
  return json_ended(ctx, &page.trouble, stream, "timeline");
}
