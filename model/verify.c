/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checker's frame: the report, and the phases of a check in their order.
 */
#include "check_internal.h"
#include "context_internal.h"
#include "settle_certificates.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FAULTS_KEPT 1000

struct berth_report {
  berth_allocator allocator;
  arena memory;
  berth_fault *faults; /* room for FAULTS_KEPT and one that tells of the others */
  uint32_t count;
  uint64_t dropped;
  berth_fault_kind dropped_kind; /* of the first that was not kept */
  bool known[BERTH_LEVEL_COUNT], proved[BERTH_LEVEL_COUNT];
  int64_t value[BERTH_LEVEL_COUNT];
  berth_proof proof[BERTH_LEVEL_COUNT]; /* of those `proved` */
};

const char *berth_fault_word(berth_fault_kind kind) {
  static const char *const words[] = {
#define FAULT_WORD(constant, value, word) [constant] = word,
      BERTH_FAULT_TABLE(FAULT_WORD)
#undef FAULT_WORD
  };
  static_assert(sizeof words / sizeof *words == BERTH_FAULT_COUNT, "one word for each fault");
  return (unsigned)kind < BERTH_FAULT_COUNT ? words[kind] : NULL;
}

const char *berth_proof_word(berth_proof proof) {
  static const char *const words[] = {
#define PROOF_WORD(constant, value, word) [constant] = word,
      BERTH_PROOF_TABLE(PROOF_WORD)
#undef PROOF_WORD
  };
  static_assert(sizeof words / sizeof *words == BERTH_PROOF_COUNT, "one word for each proof");
  return (unsigned)proof < BERTH_PROOF_COUNT ? words[proof] : NULL;
}

void *check_take(check *c, size_t count, size_t size) {
  void *memory = arena_take(&c->memory, count, size);
  if (memory == NULL)
    c->exhausted = true;
  return memory;
}

/* Names come from outside: whatever they hold, a fault stays one line. */
static void keep_on_one_line(char *text) {
  for (; *text != '\0'; text++)
    if ((unsigned char)*text < ' ')
      *text = ' ';
}

static char *format_text(check *c, const char *format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  size_t room = length < 0 ? 1 : (size_t)length + 1;
  char *text = arena_take(&c->report->memory, room, 1);
  if (text != NULL) {
    vsnprintf(text, room, format, again);
    keep_on_one_line(text);
  }
  va_end(again);
  return text;
}

static void keep_fault(check *c, berth_fault_kind kind, uint32_t id, const char *text) {
  assert(c->report->count <= FAULTS_KEPT);
  if (text == NULL)
    c->exhausted = true;
  else
    c->report->faults[c->report->count++] = (berth_fault){.kind = kind, .step = id, .text = text};
}

void check_fault(check *c, berth_fault_kind kind, uint32_t step, const char *format, ...) {
  va_list arguments;
  assert((unsigned)kind < BERTH_FAULT_COUNT);
  if (c->report->count == FAULTS_KEPT) {
    if (c->report->dropped++ == 0)
      c->report->dropped_kind = kind;
    return;
  }
  va_start(arguments, format);
  keep_fault(c, kind, step == BERTH_NONE ? 0 : step + 1, format_text(c, format, arguments));
  va_end(arguments);
}

bool check_sated(const check *c) {
  return c->report->dropped > 0;
}

static char *print_text(check *c, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char *text = format_text(c, format, arguments);
  va_end(arguments);
  return text;
}

static void tell_of_dropped_faults(check *c) {
  if (c->report->dropped == 0)
    return;
  assert(c->report->count == FAULTS_KEPT);
  keep_fault(c, c->report->dropped_kind, 0,
             print_text(c, "at least %llu more faults", (unsigned long long)c->report->dropped));
}

void check_value(check *c, berth_level level, int64_t value) {
  assert((unsigned)level < BERTH_LEVEL_COUNT);
  c->report->known[level] = true;
  c->report->value[level] = value;
}

void check_proof(check *c, berth_level level, berth_proof proof) {
  assert((unsigned)level < BERTH_LEVEL_COUNT && (unsigned)proof < BERTH_PROOF_COUNT);
  c->report->proved[level] = true;
  c->report->proof[level] = proof;
}

/* A phase that asks for the order of steps makes no sense of a plan whose steps wait in a circle.
 */
static void run_phases(check *c) {
  static const struct {
    void (*run)(check *c);
    bool ordered;
  } phases[] = {
      {check_state, false},        {check_steps, false},     {check_precedence, false},
      {check_forest, true},        {check_chains, false},    {check_touches, false},
      {check_durations, false},    {check_arrivals, false},  {check_hosts, false},
      {check_listing, false},      {check_approvals, false}, {check_moments, true},
      {check_domains, true},       {check_nodes, true},      {check_concurrency, true},
      {check_quiesce, true},       {check_restarts, true},   {check_windows, true},
      {check_survival, false},     {check_levels, false},    {check_claims, false},
      {check_certificates, false}, {check_shortages, false}, {check_deadline, true},
  };
  for (size_t i = 0; i < sizeof phases / sizeof *phases && !c->exhausted; i++)
    if (!phases[i].ordered || c->graph.acyclic)
      phases[i].run(c);
  if (!c->exhausted)
    tell_of_dropped_faults(c);
}

static void free_check(check *c) {
  flow_free(c->ctx, &c->network.flow);
  arena_free(&c->memory);
}

static berth_report *new_report(berth_context *ctx) {
  berth_report *report = context_take(ctx, 1, sizeof *report);
  if (report == NULL)
    return NULL;
  report->allocator = *context_allocator(ctx);
  arena_init(&report->memory, &report->allocator);
  report->faults = arena_take(&report->memory, FAULTS_KEPT + 1, sizeof *report->faults);
  if (report->faults == NULL) {
    berth_report_free(report);
    return NULL;
  }
  return report;
}

static berth_status verify(berth_context *ctx, const berth_plan *plan, berth_plan *unsettled,
                           berth_report **out) {
  check c = {.ctx = ctx, .plan = plan, .unsettled = unsettled};
  assert(ctx != NULL && plan != NULL && out != NULL);
  *out = NULL;
  c.inventory = berth_plan_inventory(plan);
  c.goal = berth_plan_goal(plan);
  c.step_count = berth_plan_step_count(plan);
  c.report = new_report(ctx);
  if (c.report == NULL)
    return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory while checking a plan");
  arena_init(&c.memory, context_allocator(ctx));
  run_phases(&c);
  free_check(&c);
  if (c.exhausted) {
    berth_report_free(c.report);
    return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory while checking a plan");
  }
  *out = c.report;
  return BERTH_OK;
}

berth_status berth_verify(berth_context *ctx, const berth_plan *plan, berth_report **out) {
  return verify(ctx, plan, NULL, out);
}

berth_status verify_and_settle(berth_context *ctx, berth_plan *plan, berth_report **out) {
  return verify(ctx, plan, plan, out);
}

void berth_report_free(berth_report *report) {
  if (report == NULL)
    return;
  berth_allocator allocator = report->allocator;
  arena_free(&report->memory);
  allocator.release(allocator.user, report);
}

uint32_t berth_report_count(const berth_report *report) {
  assert(report != NULL);
  return report->count;
}

const berth_fault *berth_report_fault(const berth_report *report, uint32_t index) {
  assert(report != NULL && index < report->count);
  return &report->faults[index];
}

bool berth_report_level(const berth_report *report, berth_level level, int64_t *value) {
  assert(report != NULL && value != NULL);
  if ((unsigned)level >= BERTH_LEVEL_COUNT || !report->known[level])
    return false;
  *value = report->value[level];
  return true;
}

bool berth_report_proof(const berth_report *report, berth_level level, berth_proof *proof) {
  assert(report != NULL && proof != NULL);
  if ((unsigned)level >= BERTH_LEVEL_COUNT || !report->proved[level])
    return false;
  *proof = report->proof[level];
  return true;
}
