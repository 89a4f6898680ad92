/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The context: allocator, callbacks, the detail of the last failure, and the list of problems. The
 * detail lives in a fixed buffer, so that running out of memory can be told without allocating.
 */
#include "arena.h"
#include "checked.h"
#include "context_internal.h"
#include "text_cut.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DETAIL_BYTES = 1024, TEXT_BYTES = 1024, PROBLEMS_KEPT = 10000, MORE_BYTES = 80 };

struct berth_context {
  berth_allocator allocator;
  berth_progress_function progress;
  void *progress_user;
  berth_log_function log;
  void *log_user;

  arena texts; /* of problems, and their sources */
  berth_problem *problems;
  size_t count, room; /* problems kept, and how many fit */
  size_t dropped;     /* found beyond those kept */
  size_t errors;      /* found in all, of severity error */
  const char *source; /* the last source copied; most problems share it */
  berth_problem more; /* says how many were dropped */
  char more_text[MORE_BYTES];
  char detail[DETAIL_BYTES];
};

static void *default_allocate(void *user, size_t bytes) {
  (void)user;
  return malloc(bytes > 0 ? bytes : 1);
}

static void *default_reallocate(void *user, void *memory, size_t bytes) {
  (void)user;
  return realloc(memory, bytes > 0 ? bytes : 1);
}

static void default_release(void *user, void *memory) {
  (void)user;
  free(memory);
}

berth_status berth_context_new(const berth_allocator *allocator, berth_context **out) {
  static const berth_allocator standard = {default_allocate, default_reallocate, default_release,
                                           NULL};
  if (out == NULL)
    return BERTH_E_ARGUMENT;
  *out = NULL;
  if (allocator == NULL)
    allocator = &standard;
  if (allocator->allocate == NULL || allocator->reallocate == NULL || allocator->release == NULL)
    return BERTH_E_ARGUMENT;
  berth_context *ctx = allocator->allocate(allocator->user, sizeof *ctx);
  if (ctx == NULL)
    return BERTH_E_NOMEM;
  memset(ctx, 0, sizeof *ctx);
  ctx->allocator = *allocator;
  arena_init(&ctx->texts, allocator);
  *out = ctx;
  return BERTH_OK;
}

void berth_context_free(berth_context *ctx) {
  if (ctx == NULL)
    return;
  arena_free(&ctx->texts);
  ctx->allocator.release(ctx->allocator.user, ctx->problems);
  berth_allocator allocator = ctx->allocator;
  allocator.release(allocator.user, ctx);
}

void berth_context_set_progress(berth_context *ctx, berth_progress_function function, void *user) {
  assert(ctx != NULL);
  ctx->progress = function;
  ctx->progress_user = user;
}

void berth_context_set_log(berth_context *ctx, berth_log_function function, void *user) {
  assert(ctx != NULL);
  ctx->log = function;
  ctx->log_user = user;
}

const char *berth_context_detail(const berth_context *ctx) {
  assert(ctx != NULL);
  return ctx->detail;
}

size_t berth_context_problem_count(const berth_context *ctx) {
  assert(ctx != NULL);
  return ctx->count + (ctx->dropped > 0 ? 1 : 0);
}

const berth_problem *berth_context_problem(const berth_context *ctx, size_t index) {
  assert(ctx != NULL);
  if (index < ctx->count)
    return &ctx->problems[index];
  return index == ctx->count && ctx->dropped > 0 ? &ctx->more : NULL;
}

void berth_context_clear(berth_context *ctx) {
  assert(ctx != NULL);
  arena_free(&ctx->texts);
  ctx->count = 0;
  ctx->dropped = 0;
  ctx->errors = 0;
  ctx->source = NULL;
  ctx->detail[0] = '\0';
}

/* Text of an input may hold anything; a message is one line. */
static void blank_control_characters(char *text) {
  for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++)
    if (*c < 0x20 || *c == 0x7f)
      *c = '?';
}

static void __attribute__((format(printf, 3, 0)))
format_line(char *line, size_t size, const char *format, va_list arguments) {
  assert(size > 1);
  if (vsnprintf(line, size, format, arguments) < 0)
    line[0] = '\0';
  text_cut_mend(line);
  blank_control_characters(line);
}

/* "FILE:LINE:COLUMN: text", as far as the position is known. */
static void set_detail(berth_context *ctx, const berth_position *position, const char *text) {
  char prefix[DETAIL_BYTES / 2] = "";
  if (position != NULL && position->source != NULL) {
    if (position->line > 0)
      snprintf(prefix, sizeof prefix, "%.400s:%lu:%lu: ", position->source,
               (unsigned long)position->line, (unsigned long)position->column);
    else
      snprintf(prefix, sizeof prefix, "%.400s: ", position->source);
  }
  blank_control_characters(prefix);
  int length = snprintf(ctx->detail, sizeof ctx->detail, "%s%s", prefix, text);
  if (length >= DETAIL_BYTES)
    text_cut_mend(ctx->detail);
}

berth_status context_fail(berth_context *ctx, berth_status status, const berth_position *position,
                          const char *format, ...) {
  assert(ctx != NULL && status != BERTH_OK);
  char text[TEXT_BYTES];
  va_list arguments;
  va_start(arguments, format);
  format_line(text, sizeof text, format, arguments);
  va_end(arguments);
  set_detail(ctx, position, text);
  return status;
}

static bool make_room(berth_context *ctx) {
  if (ctx->count < ctx->room)
    return true;
  assert(ctx->count < PROBLEMS_KEPT);
  size_t room = ctx->room == 0 ? 16 : 2 * ctx->room;
  berth_problem *grown =
      ctx->allocator.reallocate(ctx->allocator.user, ctx->problems, room * sizeof *grown);
  if (grown == NULL)
    return false;
  ctx->problems = grown;
  ctx->room = room;
  return true;
}

/* The context's copy of a source name; equal names in a row share one. NULL: out of memory. */
static const char *keep_source(berth_context *ctx, const char *source) {
  if (ctx->source == NULL || strcmp(ctx->source, source) != 0)
    ctx->source = arena_text(&ctx->texts, source, strlen(source));
  return ctx->source;
}

static bool keep_problem(berth_context *ctx, berth_problem problem) {
  assert(ctx->count < PROBLEMS_KEPT && ctx->dropped == 0);
  if (!make_room(ctx))
    return false;
  problem.text = arena_text(&ctx->texts, problem.text, strlen(problem.text));
  if (problem.position.source != NULL) {
    problem.position.source = keep_source(ctx, problem.position.source);
    if (problem.position.source == NULL)
      return false;
  }
  if (problem.text == NULL)
    return false;
  ctx->problems[ctx->count++] = problem;
  return true;
}

static void count_dropped(berth_context *ctx, berth_severity severity) {
  ctx->dropped++;
  snprintf(ctx->more_text, sizeof ctx->more_text, "%zu more problems were found; not kept",
           ctx->dropped);
  bool graver = ctx->dropped == 1 || severity > ctx->more.severity;
  if (graver)
    ctx->more.severity = severity;
  ctx->more.status = ctx->more.severity == BERTH_ERROR ? BERTH_E_LIMIT : BERTH_OK;
  ctx->more.position = (berth_position){0};
  ctx->more.text = ctx->more_text;
}

/* False: out of memory, which the detail says. */
static bool record(berth_context *ctx, berth_problem problem, const berth_position *position) {
  if (ctx->count == PROBLEMS_KEPT) {
    count_dropped(ctx, problem.severity);
    return true;
  }
  if (position != NULL)
    problem.position = *position;
  bool kept = keep_problem(ctx, problem);
  if (!kept)
    set_detail(ctx, NULL, "out of memory while recording a problem");
  return kept;
}

void context_problem(berth_context *ctx, berth_severity severity, berth_status status,
                     const berth_position *position, const char *format, ...) {
  assert(ctx != NULL && (severity == BERTH_ERROR) == (status != BERTH_OK));
  char text[TEXT_BYTES];
  va_list arguments;
  va_start(arguments, format);
  format_line(text, sizeof text, format, arguments);
  va_end(arguments);
  if (severity == BERTH_ERROR && ctx->errors++ == 0)
    set_detail(ctx, position, text);
  record(ctx, (berth_problem){.severity = severity, .status = status, .text = text}, position);
}

bool context_finding(berth_context *ctx, berth_severity severity, const char *code,
                     const berth_position *position, const char *format, ...) {
  assert(ctx != NULL && severity != BERTH_ERROR && code != NULL);
  char text[TEXT_BYTES];
  va_list arguments;
  va_start(arguments, format);
  format_line(text, sizeof text, format, arguments);
  va_end(arguments);
  return record(ctx, (berth_problem){.severity = severity, .text = text, .code = code}, position);
}

size_t context_error_count(const berth_context *ctx) {
  assert(ctx != NULL);
  return ctx->errors;
}

const berth_allocator *context_allocator(const berth_context *ctx) {
  assert(ctx != NULL);
  return &ctx->allocator;
}

void *context_take(berth_context *ctx, size_t count, size_t size) {
  assert(ctx != NULL && size > 0);
  void *memory = context_grow(ctx, NULL, count, size);
  if (memory != NULL)
    memset(memory, 0, count * size);
  return memory;
}

void *context_grow(berth_context *ctx, void *memory, size_t count, size_t size) {
  assert(ctx != NULL && size > 0);
  const berth_allocator *allocator = &ctx->allocator;
  size_t bytes;
  void *grown = NULL;
  if (checked_multiply_size(count, size, &bytes)) {
    bytes = bytes > 0 ? bytes : 1;
    grown = memory != NULL ? allocator->reallocate(allocator->user, memory, bytes)
                           : allocator->allocate(allocator->user, bytes);
  }
  if (grown == NULL)
    set_detail(ctx, NULL, "out of memory");
  return grown;
}

void context_release(berth_context *ctx, void *memory) {
  assert(ctx != NULL);
  ctx->allocator.release(ctx->allocator.user, memory);
}

bool context_progress(berth_context *ctx, const char *phase, uint64_t done, uint64_t total,
                      double seconds) {
  assert(ctx != NULL && phase != NULL);
  if (ctx->progress == NULL)
    return true;
  berth_progress progress = {.phase = phase, .done = done, .total = total, .seconds = seconds};
  return ctx->progress(ctx->progress_user, &progress);
}

void context_log(berth_context *ctx, berth_severity severity, const char *format, ...) {
  assert(ctx != NULL && format != NULL);
  if (ctx->log == NULL)
    return;
  char text[TEXT_BYTES];
  va_list arguments;
  va_start(arguments, format);
  format_line(text, sizeof text, format, arguments);
  va_end(arguments);
  ctx->log(ctx->log_user, severity, text);
}
