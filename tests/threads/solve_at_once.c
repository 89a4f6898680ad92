/* SPDX-License-Identifier: Apache-2.0 */
/*
 * solve_at_once DATASETS: several threads solve on one shared inventory at the same time, each with
 * a context of its own, and all get the same plan. Through the public headers only.
 */
#include <berth/io.h>
#include <berth/solve.h>
#include <pthread.h>
#include <stdio.h>

enum { THREADS = 4, ROUNDS = 5 };

typedef struct job {
  const berth_inventory *inventory;
  uint64_t digest;
  bool ok;
} job;

static uint64_t mix(uint64_t digest, uint64_t value) {
  return (digest ^ value) * UINT64_C(0x100000001b3);
}

static uint64_t digest_of(const berth_plan *plan) {
  uint64_t digest = UINT64_C(0xcbf29ce484222325);
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++)
    digest = mix(digest, (uint64_t)berth_plan_level_at(plan, i)->value);
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++) {
    const berth_plan_step *step = berth_plan_step_at(plan, i);
    digest = mix(mix(mix(digest, step->vm), step->to), (uint64_t)step->end.latest);
  }
  return digest;
}

static void *run(void *argument) {
  job *j = argument;
  berth_context *ctx = NULL;
  berth_request request = BERTH_REQUEST_INIT;
  j->ok = berth_context_new(NULL, &ctx) == BERTH_OK;
  for (int round = 0; round < ROUNDS && j->ok; round++) {
    berth_plan *plan = NULL;
    j->ok = berth_solve(ctx, j->inventory, &request, NULL, &plan) == BERTH_OK;
    uint64_t digest = j->ok ? digest_of(plan) : 0;
    j->ok = j->ok && (round == 0 || digest == j->digest);
    j->digest = digest;
    berth_plan_free(plan);
  }
  berth_context_free(ctx);
  return NULL;
}

static bool solve_file(const char *folder, const char *name) {
  char path[4096];
  const char *source = path;
  berth_context *ctx = NULL;
  const berth_inventory *inventory = NULL;
  pthread_t threads[THREADS];
  job jobs[THREADS];
  int length = snprintf(path, sizeof path, "%s/%s", folder, name), started = 0;
  bool same =
      length > 0 && (size_t)length < sizeof path && berth_context_new(NULL, &ctx) == BERTH_OK &&
      berth_read_inventory(ctx, &source, 1, BERTH_DIALECT_AUTO, NULL, &inventory) == BERTH_OK;
  for (int t = 0; t < THREADS && same; t++) {
    jobs[t] = (job){.inventory = inventory};
    same = pthread_create(&threads[t], NULL, run, &jobs[t]) == 0;
    started += same;
  }
  for (int t = 0; t < started; t++) {
    (void)pthread_join(threads[t], NULL);
    same = same && jobs[t].ok && jobs[t].digest == jobs[0].digest;
  }
  berth_inventory_release(inventory);
  berth_context_free(ctx);
  return same;
}

int main(int argc, char **argv) {
  static const char *const names[] = {"fragmentation.xml",      "swap-through-third-host.xml",
                                      "standby-host-woken.xml", "ring-with-one-gap.xml",
                                      "quiesce-pair.xml",       "defragment-for-big.xml"};
  unsigned failed = 0, count = sizeof names / sizeof *names;
  if (argc != 2) {
    (void)fprintf(stderr, "usage: %s DATASETS\n", argv[0]);
    return 64;
  }
  for (unsigned i = 0; i < count; i++) {
    if (!solve_file(argv[1], names[i])) {
      (void)fprintf(stderr, "%s: threads disagree or fail\n", names[i]);
      failed++;
    }
  }
  (void)printf("%u passed, %u failed\n", count - failed, failed);
  return failed == 0 ? 0 : 1;
}
