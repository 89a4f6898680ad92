/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read_ahead FILE...: two threads at once read each file, each with a thread that parses ahead in
 * small batches, and get what parsing on the spot gets. For ThreadSanitizer, which the unit tests
 * of the same do not run under.
 */
#include "xml_tuning.h"
#include <berth/io.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum { READERS = 2 };

static atomic_bool ahead;

/* In the place of the library's. */
xml_tuning xml_tuning_get(void) {
  return (xml_tuning){
      .chunk = 509, .direct = atomic_load(&ahead) ? 1 : UINT32_MAX, .choice = 7, .batches = 4};
}

typedef struct job {
  const char *path;
  uint64_t digest;
} job;

static uint64_t mix(uint64_t digest, const char *text) {
  for (; *text != '\0'; text++)
    digest = (digest ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
  return digest;
}

static void *run(void *argument) {
  job *j = argument;
  berth_context *ctx = NULL;
  const berth_inventory *inventory = NULL;
  j->digest = UINT64_C(0xcbf29ce484222325);
  if (berth_context_new(NULL, &ctx) != BERTH_OK)
    return NULL;
  const berth_status status =
      berth_read_inventory(ctx, &j->path, 1, BERTH_DIALECT_AUTO, NULL, &inventory);
  j->digest = mix(j->digest, berth_status_name(status));
  j->digest = mix(j->digest, berth_context_detail(ctx));
  for (size_t i = 0; i < berth_context_problem_count(ctx); i++)
    j->digest = mix(j->digest, berth_context_problem(ctx, i)->text);
  for (uint32_t v = 0; inventory != NULL && v < berth_inventory_vm_count(inventory); v++)
    j->digest = mix(j->digest, berth_inventory_vm_id(inventory, v));
  berth_inventory_release(inventory);
  berth_context_free(ctx);
  return NULL;
}

static bool read_alike(const char *path) {
  job on_the_spot = {.path = path}, jobs[READERS];
  pthread_t threads[READERS];
  int started = 0;
  atomic_store(&ahead, false);
  run(&on_the_spot);
  atomic_store(&ahead, true);
  for (; started < READERS; started++) {
    jobs[started] = (job){.path = path};
    if (pthread_create(&threads[started], NULL, run, &jobs[started]) != 0)
      break;
  }
  bool alike = started == READERS;
  for (int i = 0; i < started; i++) {
    pthread_join(threads[i], NULL);
    alike = alike && jobs[i].digest == on_the_spot.digest;
  }
  if (!alike)
    printf("%s is read otherwise ahead\n", path);
  return alike;
}

int main(int count, char **arguments) {
  bool alike = count > 1;
  for (int i = 1; i < count; i++)
    alike = read_alike(arguments[i]) && alike;
  return alike ? 0 : 1;
}
