/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file counting_memory.h
 * An allocator that counts and fails on demand, and readings under it: each allocation of each
 * reading fails once, and all is given back.
 */
#ifndef BERTH_TESTS_COUNTING_MEMORY_H
#define BERTH_TESTS_COUNTING_MEMORY_H

#include <berth/io.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCES_MAX = 6, HEADER = 16 };

/* A large document has more batches on their way than a small one, however large it is. */
enum { AHEAD = 4 << 20 };

/* A document in which @p filler, any number of times, is of no interest. */
typedef struct skipped_document {
  const char *head, *filler, *tail;
} skipped_document;

/* Fails when `left` runs out, and counts bytes. Each piece has its size before it. */
typedef struct counting_memory {
  long left; /* allocations that succeed; negative = all */
  size_t alive, peak;
} counting_memory;

static inline void release(void *user, void *piece) {
  counting_memory *memory = user;
  size_t bytes = 0;
  if (piece == NULL)
    return;
  char *start = (char *)piece - HEADER;
  memcpy(&bytes, start, sizeof bytes);
  memory->alive -= bytes;
  free(start);
}

static inline void *allocate(void *user, size_t bytes) {
  counting_memory *memory = user;
  if (memory->left == 0)
    return NULL;
  memory->left--;
  char *start = malloc(bytes + HEADER);
  if (start == NULL)
    return NULL;
  memcpy(start, &bytes, sizeof bytes);
  memory->alive += bytes;
  if (memory->alive > memory->peak)
    memory->peak = memory->alive;
  return start + HEADER;
}

static inline void *reallocate(void *user, void *old, size_t bytes) {
  size_t before = 0;
  if (old != NULL)
    memcpy(&before, (char *)old - HEADER, sizeof before);
  void *piece = allocate(user, bytes);
  if (piece != NULL && old != NULL)
    memcpy(piece, old, before < bytes ? before : bytes);
  if (piece != NULL)
    release(user, old);
  return piece;
}

static inline berth_status new_context(counting_memory *memory, berth_context **ctx) {
  const berth_allocator allocator = {
      .allocate = allocate, .reallocate = reallocate, .release = release, .user = memory};
  return berth_context_new(&allocator, ctx);
}

static inline berth_status read_with(counting_memory *memory, const char *const *sources) {
  berth_context *ctx = NULL;
  const berth_inventory *inventory = NULL;
  uint32_t count = 0;
  while (count < SOURCES_MAX && sources[count] != NULL)
    count++;
  berth_status status = new_context(memory, &ctx);
  if (status == BERTH_OK)
    status = berth_read_inventory(ctx, sources, count, BERTH_DIALECT_AUTO, NULL, &inventory);
  cr_assert_eq(status == BERTH_OK, inventory != NULL);
  berth_inventory_release(inventory);
  berth_context_free(ctx);
  return status;
}

/** @p readings: [count] sources of one reading, NULL after the last. */
static inline void fail_every_allocation(const char *const (*readings)[SOURCES_MAX], size_t count) {
  for (size_t r = 0; r < count; r++) {
    berth_status status = BERTH_E_NOMEM;
    long allowed = 0;
    for (; status != BERTH_OK && allowed < 20000; allowed++) {
      counting_memory memory = {.left = allowed};
      status = read_with(&memory, readings[r]);
      cr_assert(status == BERTH_OK || status == BERTH_E_NOMEM, "reading %zu, %ld allocations: %s",
                r, allowed, berth_status_name(status));
      cr_assert_eq(memory.alive, 0, "reading %zu, %ld allocations", r, allowed);
    }
    cr_expect_eq(status, BERTH_OK);
    cr_expect_gt(allowed, 20, "the allocator was asked");
  }
}

static inline size_t peak_with(const skipped_document *document, size_t fillers) {
  const size_t filler = strlen(document->filler);
  const size_t size = strlen(document->head) + filler * fillers + strlen(document->tail);
  char *text = malloc(size + 1), *at = text;
  counting_memory memory = {.left = -1};
  berth_context *ctx = NULL;
  const berth_inventory *inventory = NULL;
  cr_assert_not_null(text);
  at += sprintf(at, "%s", document->head);
  for (size_t i = 0; i < fillers; i++, at += filler)
    memcpy(at, document->filler, filler);
  sprintf(at, "%s", document->tail);
  cr_assert_eq(new_context(&memory, &ctx), BERTH_OK);
  cr_assert_eq(
      berth_parse_inventory(ctx, text, size, "skipped.xml", BERTH_DIALECT_AUTO, NULL, &inventory),
      BERTH_OK, "%s", berth_context_detail(ctx));
  berth_inventory_release(inventory);
  berth_context_free(ctx);
  free(text);
  return memory.peak;
}

static inline void expect_skipped_costs_nothing(const skipped_document *documents, size_t count) {
  for (size_t d = 0; d < count; d++) {
    const size_t little = peak_with(&documents[d], 10), more = peak_with(&documents[d], 50000);
    const size_t much = peak_with(&documents[d], 250000);
    cr_expect_leq(much, more + 4096, "document %zu: %zu bytes against %zu", d, much, more);
    cr_expect_leq(more, little + AHEAD, "document %zu: %zu bytes against %zu", d, more, little);
  }
}

#endif
