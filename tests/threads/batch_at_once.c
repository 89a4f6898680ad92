/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_at_once DATASETS: a batch that reads and solves every small inventory many times, with four
 * threads and with one: the same digests in the same order. Through the public headers only.
 */
#include <berth/batch.h>
#include <berth/io.h>
#include <berth/solve.h>
#include <stdio.h>
#include <string.h>

enum { ROUNDS = 12, NAMES = 6, ITEMS = ROUNDS * NAMES };

typedef struct course {
  const char *folder;
  uint64_t digests[ITEMS]; /* written by one thread each */
  uint64_t taken[ITEMS];
  uint64_t next;
  bool in_order;
} course;

static const char *const names[NAMES] = {"fragmentation.xml",      "swap-through-third-host.xml",
                                         "standby-host-woken.xml", "ring-with-one-gap.xml",
                                         "several-clusters.xml",   "lint-blade-cluster.xml"};

static uint64_t mix(uint64_t digest, uint64_t value) {
  return (digest ^ value) * UINT64_C(0x100000001b3);
}

static uint64_t digest_of(const berth_plan *plan) {
  uint64_t digest = UINT64_C(0xcbf29ce484222325);
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++)
    digest = mix(digest, (uint64_t)berth_plan_level_at(plan, i)->value);
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++)
    digest = mix(digest, berth_plan_step_at(plan, i)->to);
  return digest;
}

static void *work(void *user, uint64_t item, berth_context *ctx) {
  course *c = user;
  char path[4096];
  const char *source = path;
  const berth_inventory *inventory = NULL;
  berth_plan *plan = NULL;
  berth_options options;
  berth_request request = BERTH_REQUEST_INIT;
  berth_options_init(&options);
  options.value[BERTH_OPTION_THREADS] = 1;
  request.options = &options;
  (void)snprintf(path, sizeof path, "%s/%s", c->folder, names[item % NAMES]);
  if (berth_read_inventory(ctx, &source, 1, BERTH_DIALECT_AUTO, NULL, &inventory) == BERTH_OK &&
      berth_solve(ctx, inventory, &request, NULL, &plan) == BERTH_OK)
    c->digests[item] = digest_of(plan);
  berth_plan_free(plan);
  berth_inventory_release(inventory);
  return &c->digests[item];
}

static bool take(void *user, uint64_t item, void *result) {
  course *c = user;
  c->in_order = c->in_order && item == c->next++;
  c->taken[item] = *(const uint64_t *)result;
  return true;
}

static bool run(course *c, const char *folder, uint32_t threads) {
  berth_context *ctx = NULL;
  berth_batch_request request = BERTH_BATCH_REQUEST_INIT;
  *c = (course){.folder = folder, .in_order = true};
  request.threads = threads;
  request.count = ITEMS;
  request.window = 16;
  request.user = c;
  request.work = work;
  request.take = take;
  bool done =
      berth_context_new(NULL, &ctx) == BERTH_OK && berth_batch_run(ctx, &request, NULL) == BERTH_OK;
  for (int i = 0; i < ITEMS; i++)
    done = done && c->taken[i] != 0;
  berth_context_free(ctx);
  return done && c->in_order;
}

int main(int argc, char **argv) {
  static course alone, together;
  if (argc != 2) {
    (void)fprintf(stderr, "usage: %s DATASETS\n", argv[0]);
    return 64;
  }
  bool same = run(&alone, argv[1], 1) && run(&together, argv[1], 4) &&
              memcmp(alone.taken, together.taken, sizeof alone.taken) == 0;
  (void)printf("%d items: %s\n", ITEMS, same ? "the same with four threads" : "threads disagree");
  return same ? 0 : 1;
}
