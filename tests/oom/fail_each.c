/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fail_each PROJECT OUTPUT MOST [DEED...]: each deed with allocation 1, 2, 3, ... failing, in any
 * library, once and from then on, until it ends without meeting the failure; with more than MOST
 * allocations only MOST of them, spread evenly (0 = all). Each run has to end with BERTH_OK or
 * BERTH_E_NOMEM, to free all that it took, and to leave a context with which the deed succeeds and
 * says what it said before.
 */
#include "deeds.h"
#include "failing_malloc.h"

#include <stdlib.h>
#include <string.h>

enum { SINK_BYTES = 4 << 20 };

typedef struct trial {
  const deed *deed;
  deed_world world;
  char *said;        /* what the stream was told */
  uint64_t expected; /* digest of an undisturbed run */
  unsigned long runs, lacked, bad;
} trial;

static uint64_t mix(uint64_t digest, const char *bytes, size_t count) {
  for (size_t i = 0; i < count; i++)
    digest = (digest ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
  return digest;
}

static uint64_t digest_of_file(const char *path, uint64_t digest) {
  char bytes[4096];
  FILE *file = fopen(path, "rb");
  for (size_t count; file != NULL && (count = fread(bytes, 1, sizeof bytes, file)) > 0;)
    digest = mix(digest, bytes, count);
  if (file != NULL)
    (void)fclose(file);
  return digest;
}

static berth_status run(trial *t) {
  rewind(t->world.sink);
  (void)remove(t->world.output);
  return t->deed->run(t->deed, &t->world);
}

static uint64_t digest(trial *t) {
  long end = ftell(t->world.sink);
  (void)fflush(t->world.sink);
  return digest_of_file(t->world.output, mix(UINT64_C(0xcbf29ce484222325), t->said, (size_t)end));
}

static void complain(trial *t, uint64_t nth, failing_kind kind, const char *what) {
  (void)fprintf(stderr, "%s, allocation %llu failing%s: %s: %s\n", t->deed->name,
                (unsigned long long)nth, kind == FAILING_ONWARDS ? " and all after it" : "", what,
                berth_context_detail(t->world.ctx));
  t->bad++;
}

/* @return whether the failure was met. */
static bool fail_at(trial *t, uint64_t nth, failing_kind kind) {
  int64_t before = failing_malloc_live();
  failing_malloc_arm(nth, kind);
  berth_status status = run(t);
  (void)failing_malloc_disarm();
  bool met = failing_malloc_struck();
  t->runs++;
  t->lacked += status == BERTH_E_NOMEM;
  if (status != BERTH_OK && status != BERTH_E_NOMEM)
    complain(t, nth, kind, berth_status_name(status));
  if (status == BERTH_E_NOMEM && !met)
    complain(t, nth, kind, "out of memory that was there");
  berth_context_clear(t->world.ctx);
  if (failing_malloc_live() > before)
    complain(t, nth, kind, "not all is freed");
  if (run(t) != BERTH_OK || digest(t) != t->expected)
    complain(t, nth, kind, "says something else afterwards");
  return met;
}

static void fail_each(trial *t, uint64_t most) {
  /* What libraries make once and keep is made first. */
  for (int i = 0; i < 2; i++) {
    if (run(t) != BERTH_OK) {
      complain(t, 0, FAILING_ONCE, "fails without reason");
      return;
    }
  }
  t->expected = digest(t);
  failing_malloc_arm(0, FAILING_ONCE);
  (void)run(t);
  uint64_t all = failing_malloc_disarm(), step = most == 0 || all <= most ? 1 : all / most;
  for (failing_kind kind = FAILING_ONCE; kind <= FAILING_ONWARDS; kind++) {
    uint64_t nth = 1;
    while (t->bad < 20 && fail_at(t, nth, kind))
      nth += step;
  }
  (void)printf("%-24s %7llu allocations, %6lu runs, %6lu out of memory, %lu bad\n", t->deed->name,
               (unsigned long long)all, t->runs, t->lacked, t->bad);
}

static bool is_chosen(const deed *d, char **names, int count) {
  bool chosen = count == 0;
  for (int i = 0; i < count; i++)
    chosen = chosen || strcmp(names[i], d->name) == 0;
  return chosen;
}

int main(int argc, char **argv) {
  uint32_t count;
  const deed *list = deeds(&count);
  unsigned long bad = 0, runs = 0;
  if (argc < 4) {
    (void)fprintf(stderr, "usage: %s PROJECT OUTPUT MOST [DEED...]\n", argv[0]);
    return 64;
  }
  char *said = malloc(SINK_BYTES);
  FILE *sink = said == NULL ? NULL : fmemopen(said, SINK_BYTES, "w");
  if (sink == NULL)
    return 71;
  for (uint32_t i = 0; i < count; i++) {
    trial t = {.deed = &list[i],
               .world = {.project = argv[1], .output = argv[2], .sink = sink},
               .said = said};
    if (!is_chosen(&list[i], argv + 4, argc - 4) ||
        berth_context_new(NULL, &t.world.ctx) != BERTH_OK)
      continue;
    fail_each(&t, strtoull(argv[3], NULL, 10));
    berth_context_free(t.world.ctx);
    bad += t.bad;
    runs += t.runs;
    (void)fflush(stdout);
  }
  (void)remove(argv[2]);
  (void)fclose(sink);
  free(said);
  (void)printf("%lu runs, %lu bad\n", runs, bad);
  return bad == 0 && runs > 0 ? 0 : 1;
}
