/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters a source, kept in lists in order of first mention; sources are found by a hash of fixed
 * size. A note has room for a line only: the largest counts come first, and what no longer fits is
 * summed up.
 */
#include "source_report.h"

#include "arena.h"
#include "context_internal.h"
#include "name_table.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BUCKETS = 512, KINDS_KEPT = 48, KIND_BYTES = 60, NOTE_BYTES = 900, PIECE_BYTES = 160 };

typedef enum column { COLUMN_READ = 0, COLUMN_IGNORED, COLUMN_UNKNOWN, COLUMN_COUNT } column;

typedef struct tally {
  struct tally *next;
  const char *kind;
  uint64_t count;
  bool told;
} tally;

typedef struct source_tally {
  struct source_tally *next, *next_of_bucket;
  const char *name; /* NULL = none in particular */
  tally *first[COLUMN_COUNT], *last[COLUMN_COUNT];
  uint32_t kinds[COLUMN_COUNT];
  uint64_t others[COLUMN_COUNT]; /* of kinds beyond those kept */
} source_tally;

struct source_report {
  berth_context *ctx;
  arena memory;
  source_tally *first, *last;
  source_tally *buckets[BUCKETS];
};

source_report *source_report_new(berth_context *ctx) {
  assert(ctx != NULL);
  source_report *report = context_take(ctx, 1, sizeof *report);
  if (report == NULL)
    return NULL;
  report->ctx = ctx;
  arena_init(&report->memory, context_allocator(ctx));
  return report;
}

void source_report_free(source_report *report) {
  if (report == NULL)
    return;
  berth_context *ctx = report->ctx;
  arena_free(&report->memory);
  context_release(ctx, report);
}

/* ------------------------------------------------------------------------ counting */

static bool same_name(const char *a, const char *b) {
  return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static source_tally *add_source(source_report *report, const char *name, uint32_t bucket) {
  assert(bucket < BUCKETS);
  source_tally *source = arena_take(&report->memory, 1, sizeof *source);
  if (source == NULL)
    return NULL;
  source->name = name == NULL ? NULL : arena_text(&report->memory, name, strlen(name));
  if (name != NULL && source->name == NULL)
    return NULL;
  source->next_of_bucket = report->buckets[bucket];
  report->buckets[bucket] = source;
  if (report->last == NULL)
    report->first = source;
  else
    report->last->next = source;
  report->last = source;
  return source;
}

static source_tally *find_source(source_report *report, const char *name) {
  if (report->last != NULL && same_name(report->last->name, name))
    return report->last;
  const uint32_t bucket = name == NULL ? 0 : name_hash(name, strlen(name), 0) % BUCKETS;
  for (source_tally *at = report->buckets[bucket]; at != NULL; at = at->next_of_bucket) {
    if (same_name(at->name, name))
      return at;
  }
  return add_source(report, name, bucket);
}

static tally *add_kind(source_report *report, source_tally *source, column where,
                       const char *kind) {
  size_t length = strlen(kind);
  assert(length > 0 && where < COLUMN_COUNT);
  if (length > KIND_BYTES)
    length = KIND_BYTES;
  tally *added = arena_take(&report->memory, 1, sizeof *added);
  if (added == NULL || (added->kind = arena_text(&report->memory, kind, length)) == NULL)
    return NULL;
  if (source->last[where] == NULL)
    source->first[where] = added;
  else
    source->last[where]->next = added;
  source->last[where] = added;
  source->kinds[where]++;
  return added;
}

static void count(source_report *report, const char *name, column where, const char *kind,
                  uint32_t number) {
  assert(report != NULL && kind != NULL && where < COLUMN_COUNT);
  source_tally *source = find_source(report, name);
  if (source == NULL || (number == 0 && where != COLUMN_READ))
    return;
  tally *at = source->first[where];
  while (at != NULL && strncmp(at->kind, kind, KIND_BYTES) != 0)
    at = at->next;
  if (at == NULL && source->kinds[where] == KINDS_KEPT) {
    source->others[where] += number;
    return;
  }
  if (at == NULL)
    at = add_kind(report, source, where, kind);
  if (at != NULL)
    at->count += number;
}

void source_report_read(source_report *report, const char *source, const char *kind,
                        uint32_t number) {
  count(report, source, COLUMN_READ, kind, number);
}

void source_report_ignored(source_report *report, const char *source, const char *kind,
                           uint32_t number) {
  count(report, source, COLUMN_IGNORED, kind, number);
}

void source_report_unknown(source_report *report, const char *source, const char *fact,
                           uint32_t number) {
  count(report, source, COLUMN_UNKNOWN, fact, number);
}

/* ------------------------------------------------------------------------ telling */

/* "3 hosts", "12 <payload>" */
static void word_kind(char piece[PIECE_BYTES], const tally *at) {
  const bool plural = at->count != 1 && at->kind[0] != '<';
  snprintf(piece, PIECE_BYTES, "%" PRIu64 " %s%s", at->count, at->kind, plural ? "s" : "");
}

/* "overhead of 6 VMs": the count goes in after the last "of". */
static void word_fact(char piece[PIECE_BYTES], const tally *at) {
  static const char of[] = " of ";
  const char *head = NULL;
  size_t length = strlen(at->kind);
  for (const char *next = strstr(at->kind, of); next != NULL; next = strstr(next + 1, of))
    head = next;
  const size_t head_bytes = head == NULL ? 0 : (size_t)(head - at->kind) + sizeof of - 1;
  assert(head_bytes <= length);
  if (at->count == 1 && length > 0 && at->kind[length - 1] == 's')
    length--;
  snprintf(piece, PIECE_BYTES, "%.*s%" PRIu64 " %.*s", (int)head_bytes, at->kind, at->count,
           (int)(length - head_bytes), at->kind + head_bytes);
}

static tally *largest_untold(const source_tally *source, column where) {
  tally *largest = NULL;
  for (tally *at = source->first[where]; at != NULL; at = at->next) {
    if (!at->told && (largest == NULL || at->count > largest->count))
      largest = at;
  }
  return largest;
}

/* Appends if it fits below @p most bytes. */
static bool append(char *note, size_t *used, size_t most, const char *separator,
                   const char *piece) {
  const size_t gap = strlen(separator), length = strlen(piece);
  assert(*used < NOTE_BYTES && most < NOTE_BYTES);
  if (*used + gap + length > most)
    return false;
  memcpy(note + *used, separator, gap);
  memcpy(note + *used + gap, piece, length + 1);
  *used += gap + length;
  return true;
}

/* One column of a note, within a third of its room and what the columns before left over. */
static void tell_column(const source_tally *source, column where, char *note, size_t *used) {
  static const char *const heads[COLUMN_COUNT] = {"read ", "ignored ", "not known: "};
  const size_t most = NOTE_BYTES / COLUMN_COUNT * ((size_t)where + 1) - PIECE_BYTES / 4;
  uint64_t others = source->others[where];
  char piece[PIECE_BYTES];
  bool room = true;
  if (source->first[where] == NULL)
    return;
  append(note, used, NOTE_BYTES - 1, *used > 0 ? "; " : "", heads[where]);
  const char *separator = "";
  for (tally *at = largest_untold(source, where); at != NULL; at = largest_untold(source, where)) {
    at->told = true;
    (where == COLUMN_UNKNOWN ? word_fact : word_kind)(piece, at);
    room = room && append(note, used, most, separator, piece);
    others += room ? 0 : at->count;
    separator = ", ";
  }
  if (others == 0)
    return;
  snprintf(piece, sizeof piece, "%" PRIu64 " others", others);
  append(note, used, NOTE_BYTES - 1, separator, piece);
}

void source_report_tell(source_report *report) {
  assert(report != NULL);
  for (const source_tally *source = report->first; source != NULL; source = source->next) {
    const berth_position position = {.source = source->name};
    char note[NOTE_BYTES] = "";
    size_t used = 0;
    for (int where = 0; where < COLUMN_COUNT; where++)
      tell_column(source, (column)where, note, &used);
    assert(used == strlen(note));
    if (used > 0)
      context_finding(report->ctx, BERTH_NOTE, SOURCE_REPORT_CODE, &position, "%s", note);
  }
}
