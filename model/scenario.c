/* SPDX-License-Identifier: Apache-2.0 */
/* A scenario: a list of events that only grows, with copies of their strings. */
#include "arena.h"
#include "chunked_list.h"
#include "context_internal.h"
#include "versioned.h"
#include <assert.h>
#include <berth/scenario.h>
#include <string.h>

struct berth_scenario {
  arena memory;
  const char *name;
  const char *source; /* the last file name copied; events share it */
  chunked_list events;
};

/* The strings of an event. */
static const size_t strings[] = {
    offsetof(berth_event, host),  offsetof(berth_event, vm),      offsetof(berth_event, like),
    offsetof(berth_event, id),    offsetof(berth_event, cluster), offsetof(berth_event, chassis),
    offsetof(berth_event, rack),  offsetof(berth_event, site),    offsetof(berth_event, attribute),
    offsetof(berth_event, value), offsetof(berth_event, storage)};

berth_status berth_scenario_new(berth_context *ctx, berth_scenario **out) {
  assert(ctx != NULL && out != NULL);
  *out = NULL;
  berth_scenario *scenario = context_take(ctx, 1, sizeof *scenario);
  if (scenario == NULL)
    return BERTH_E_NOMEM;
  arena_init(&scenario->memory, context_allocator(ctx));
  chunked_list_init(&scenario->events, context_allocator(ctx), sizeof(berth_event));
  *out = scenario;
  return BERTH_OK;
}

void berth_scenario_free(berth_scenario *scenario) {
  if (scenario == NULL)
    return;
  chunked_list_free(&scenario->events);
  berth_allocator allocator = scenario->memory.allocator;
  arena_free(&scenario->memory);
  allocator.release(allocator.user, scenario);
}

berth_status berth_scenario_copy(berth_context *ctx, const berth_scenario *scenario,
                                 berth_scenario **out) {
  assert(ctx != NULL && scenario != NULL && out != NULL);
  berth_scenario *copy;
  berth_status status = berth_scenario_new(ctx, &copy);
  *out = NULL;
  if (status != BERTH_OK)
    return status;
  status = berth_scenario_set_name(ctx, copy, scenario->name);
  for (uint32_t i = 0; status == BERTH_OK && i < scenario->events.count; i++)
    status = berth_scenario_add(ctx, copy, berth_scenario_event(scenario, i));
  if (status == BERTH_OK)
    *out = copy;
  else
    berth_scenario_free(copy);
  return status;
}

/* A copy of `text` in the scenario; NULL stays NULL. */
static bool keep_text(berth_scenario *scenario, const char *text, const char **out) {
  *out = text == NULL ? NULL : arena_text(&scenario->memory, text, strlen(text));
  return text == NULL || *out != NULL;
}

berth_status berth_scenario_set_name(berth_context *ctx, berth_scenario *scenario,
                                     const char *name) {
  assert(ctx != NULL && scenario != NULL);
  const char *copy;
  if (!keep_text(scenario, name, &copy))
    return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory while naming a scenario");
  scenario->name = copy;
  return BERTH_OK;
}

const char *berth_scenario_name(const berth_scenario *scenario) {
  return scenario->name != NULL ? scenario->name : "";
}

static bool keep_source(berth_scenario *scenario, berth_position *position) {
  if (position->source == NULL)
    return true;
  if (scenario->source == NULL || strcmp(scenario->source, position->source) != 0)
    if (!keep_text(scenario, position->source, &scenario->source))
      return false;
  position->source = scenario->source;
  return true;
}

static bool keep_strings(berth_scenario *scenario, berth_event *event) {
  for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
    const char *text;
    memcpy(&text, (const char *)event + strings[i], sizeof text);
    if (!keep_text(scenario, text, &text))
      return false;
    memcpy((char *)event + strings[i], &text, sizeof text);
  }
  return keep_source(scenario, &event->position);
}

berth_status berth_scenario_add(berth_context *ctx, berth_scenario *scenario,
                                const berth_event *event) {
  assert(ctx != NULL && scenario != NULL && event != NULL);
  berth_event copy = BERTH_EVENT_INIT;
  berth_status status =
      versioned_read(ctx, "an event", event, &copy, VERSIONED_SIZE(berth_event, position));
  if (status != BERTH_OK)
    return status;
  if (berth_event_type_word(event->type) == NULL)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "there is no event %u; expected one below %u",
                        (unsigned)event->type, (unsigned)BERTH_EVENT_COUNT);
  berth_event *added = NULL;
  if (!keep_strings(scenario, &copy) || (added = chunked_list_add(&scenario->events)) == NULL)
    return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory while adding an event");
  *added = copy;
  return BERTH_OK;
}

uint32_t berth_scenario_count(const berth_scenario *scenario) {
  return scenario->events.count;
}

const berth_event *berth_scenario_event(const berth_scenario *scenario, uint32_t index) {
  return chunked_list_at(&scenario->events, index);
}
