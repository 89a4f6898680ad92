/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mixed_queries COUNT SEED THREADS[:PERCENT] INVENTORY...: COUNT calls of each thread on shared
 * inventories, drawn from all that the library is asked, with time limits of any length; every
 * second one, or PERCENT of them, are cancelled at a moment drawn at random. Each ends with an
 * answer or as cancelled, soon, and a plan has passed the checker. Memory and threads are told on
 * the way; after each tenth no thread is left, and at the end no more is allocated than after the
 * first tenth.
 */
#define _GNU_SOURCE
#include <berth/audit.h>
#include <berth/capacity.h>
#include <berth/io.h>
#include <berth/power.h>
#include <berth/session.h>
#include <berth/solve.h>
#include <berth/verify.h>
#include <dirent.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { MOST_INVENTORIES = 64, MOST_THREADS = 64, TENTHS = 10, LATE_MILLISECONDS = 2000 };
/* What the C library keeps for streams, time zones, threads. */
static const size_t MARGIN_BYTES = 65536;

typedef struct stage {
  const berth_inventory *inventories[MOST_INVENTORIES];
  uint32_t inventory_count;
  unsigned long count;
  unsigned cancel_percent;
} stage;

typedef struct caller {
  const stage *stage;
  uint64_t random;
  berth_context *ctx;
  double cancel_at, cancelled; /* seconds; 0 = not */
  unsigned long answered, stopped, bad;
  double latest; /* seconds from being cancelled to the end */
} caller;

static double now(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint32_t draw(caller *c, uint32_t below) {
  c->random ^= c->random >> 12;
  c->random ^= c->random << 25;
  c->random ^= c->random >> 27;
  return (uint32_t)((c->random * UINT64_C(2685821657736338717) >> 33) % below);
}

static bool go_on(void *user, const berth_progress *progress) {
  caller *c = user;
  (void)progress;
  if (c->cancel_at == 0 || now() < c->cancel_at)
    return true;
  if (c->cancelled == 0)
    c->cancelled = now();
  return false;
}

/* ------------------------------------------------------------------------ questions */

static berth_status ask_plan(caller *c, const berth_inventory *inventory,
                             const berth_options *options) {
  berth_request request = BERTH_REQUEST_INIT;
  berth_plan *plan = NULL;
  berth_report *report = NULL;
  request.options = options;
  request.infer_goal = draw(c, 2) == 0;
  request.goal = (berth_goal)draw(c, 7);
  berth_status status = berth_solve(c->ctx, inventory, &request, NULL, &plan);
  c->cancel_at = 0; /* the check is ours */
  if (status == BERTH_OK)
    status = berth_verify(c->ctx, plan, &report);
  if (status == BERTH_OK && berth_report_count(report) > 0)
    status = BERTH_E_INTERNAL;
  berth_report_free(report);
  berth_plan_free(plan);
  return status;
}

static berth_status ask_audit(caller *c, const berth_inventory *inventory,
                              const berth_options *options) {
  berth_audit_request request = BERTH_AUDIT_REQUEST_INIT;
  berth_audit *audit = NULL;
  request.failures = 1 + draw(c, 2);
  request.options = options;
  berth_status status = berth_audit_run(c->ctx, inventory, &request, &audit);
  berth_audit_free(audit);
  return status;
}

static berth_status ask_capacity(caller *c, const berth_inventory *inventory,
                                 const berth_options *options) {
  berth_capacity_request request = BERTH_CAPACITY_REQUEST_INIT;
  berth_capacity_flavour flavour = BERTH_CAPACITY_FLAVOUR_INIT;
  berth_capacity *capacity = NULL;
  flavour.cpu_mhz = 100 + draw(c, 4000);
  flavour.memory_mib = 256 + draw(c, 32768);
  request.flavours = &flavour;
  request.flavour_count = 1;
  request.failures = draw(c, 2);
  request.options = options;
  berth_status status = berth_capacity_run(c->ctx, inventory, &request, &capacity);
  berth_capacity_free(capacity);
  return status;
}

static berth_status ask_power(caller *c, const berth_inventory *inventory,
                              const berth_options *options) {
  berth_power_request request = BERTH_POWER_REQUEST_INIT;
  berth_power_answer *answer = NULL;
  request.options = options;
  request.even_off = true;
  berth_status status = berth_power_run(c->ctx, inventory, &request, &answer);
  berth_power_answer_free(answer);
  return status;
}

static berth_status ask_session(caller *c, const berth_inventory *inventory,
                                const berth_options *options) {
  berth_session *session = NULL;
  berth_answer *answer = NULL;
  uint32_t count = berth_inventory_host_count(inventory), host = draw(c, count);
  for (uint32_t i = 0;
       i < count && berth_inventory_host_state(inventory, host) != BERTH_HOST_ONLINE; i++)
    host = (host + 1) % count;
  berth_status status = berth_session_open(c->ctx, inventory, &session);
  if (status == BERTH_OK)
    status = berth_view_drain(c->ctx, berth_session_view(session), host, options, &answer);
  berth_answer_free(answer);
  berth_session_close(session);
  return status;
}

typedef berth_status question(caller *c, const berth_inventory *inventory,
                              const berth_options *options);

static question *const questions[] = {ask_plan,     ask_plan,  ask_plan,   ask_audit,
                                      ask_capacity, ask_power, ask_session};

static void ask(caller *c) {
  const berth_inventory *inventory = c->stage->inventories[draw(c, c->stage->inventory_count)];
  berth_options options;
  berth_options_init(&options);
  options.value[BERTH_OPTION_THREADS] = 1 + draw(c, 2);
  options.value[BERTH_OPTION_TIME_LIMIT] = 1 + draw(c, 60);
  options.value[BERTH_OPTION_SEED] = 1 + draw(c, 1000);
  c->cancelled = 0;
  bool cancelled = draw(c, 100) < c->stage->cancel_percent;
  c->cancel_at = cancelled ? now() + draw(c, 1u << draw(c, 16)) / 1e6 : 0;
  berth_status status =
      questions[draw(c, sizeof questions / sizeof *questions)](c, inventory, &options);
  double late = c->cancelled == 0 ? 0 : now() - c->cancelled;
  c->answered += status == BERTH_OK;
  c->stopped += c->cancelled != 0;
  c->latest = late > c->latest ? late : c->latest;
  if (status != BERTH_OK && status != BERTH_E_UNSUPPORTED &&
      !(status == BERTH_E_CANCELLED && c->cancelled != 0)) {
    (void)fprintf(stderr, "%s: %s\n", berth_status_name(status), berth_context_detail(c->ctx));
    c->bad++;
  }
}

/* ------------------------------------------------------------------------ what is left */

static long resident_kib(void) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1)
    pages = 0;
  if (file != NULL)
    (void)fclose(file);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static unsigned thread_count(void) {
  unsigned count = 0;
  DIR *folder = opendir("/proc/self/task");
  for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
    count += entry->d_name[0] != '.';
  if (folder != NULL)
    (void)closedir(folder);
  return count;
}

static void *do_nothing(void *argument) {
  return argument;
}

/* With the first thread a sanitizer starts one of its own. */
static unsigned threads_at_rest(void) {
  pthread_t first;
  if (pthread_create(&first, NULL, do_nothing, NULL) == 0)
    (void)pthread_join(first, NULL);
  return thread_count();
}

/* Solvers that were left behind come back within seconds. */
static unsigned threads_left(unsigned before) {
  const struct timespec pause = {0, 20000000};
  for (int i = 0; i < 500 && thread_count() > before; i++)
    (void)nanosleep(&pause, NULL);
  return thread_count() - before;
}

/* ------------------------------------------------------------------------ the course */

static void *run(void *argument) {
  caller *c = argument;
  if (berth_context_new(NULL, &c->ctx) != BERTH_OK)
    return NULL;
  berth_context_set_progress(c->ctx, go_on, c);
  for (unsigned long i = 0; i < c->stage->count / TENTHS; i++)
    ask(c);
  berth_context_free(c->ctx);
  return NULL;
}

/* A tenth of all calls. @return false: a thread did not start. */
static bool run_tenth(caller *callers, unsigned count) {
  pthread_t threads[MOST_THREADS];
  unsigned started = 0;
  while (started < count && pthread_create(&threads[started], NULL, run, &callers[started]) == 0)
    started++;
  for (unsigned t = 0; t < started; t++)
    (void)pthread_join(threads[t], NULL);
  return started == count;
}

static bool read_all(stage *s, char **paths, int count) {
  berth_context *ctx = NULL;
  bool read = berth_context_new(NULL, &ctx) == BERTH_OK && count > 0 && count <= MOST_INVENTORIES;
  for (int i = 0; i < count && read; i++) {
    const char *path = paths[i];
    read = berth_read_inventory(ctx, &path, 1, BERTH_DIALECT_AUTO, NULL,
                                &s->inventories[s->inventory_count]) == BERTH_OK;
    s->inventory_count += read;
    if (!read)
      (void)fprintf(stderr, "%s\n", berth_context_detail(ctx));
  }
  berth_context_free(ctx);
  return read;
}

/* What is allocated; what is resident is told only, since it depends on the largest solve. */
static bool run_all(stage *s, caller *callers, unsigned threads) {
  size_t first = 0, last = 0;
  unsigned before = threads_at_rest();
  bool started = true;
  for (int tenth = 0; tenth < TENTHS && started; tenth++) {
    started = run_tenth(callers, threads);
    unsigned left = threads_left(before);
    last = mallinfo2().uordblks;
    first = tenth == 0 ? last : first;
    (void)printf("%3d %%: %zu KiB allocated, %ld KiB resident, %u threads left\n",
                 (tenth + 1) * 100 / TENTHS, last / 1024, resident_kib(), left);
    (void)fflush(stdout);
    started = started && left == 0;
  }
  if (last > first + MARGIN_BYTES)
    (void)fprintf(stderr, "memory grew from %zu to %zu bytes in %lu calls\n", first, last,
                  threads * s->count);
  return started && last <= first + MARGIN_BYTES;
}

int main(int argc, char **argv) {
  stage s = {.cancel_percent = 50};
  char *end = NULL;
  caller callers[MOST_THREADS] = {0}, sum = {0};
  unsigned threads = argc < 5 ? 0 : (unsigned)strtoul(argv[3], &end, 10);
  if (threads == 0 || threads > MOST_THREADS) {
    (void)fprintf(stderr, "usage: %s COUNT SEED THREADS[:PERCENT] INVENTORY...\n", argv[0]);
    return 64;
  }
  if (*end == ':')
    s.cancel_percent = (unsigned)strtoul(end + 1, NULL, 10);
  s.count = strtoul(argv[1], NULL, 10);
  bool good = read_all(&s, argv + 4, argc - 4);
  for (unsigned t = 0; t < threads; t++)
    callers[t] = (caller){.stage = &s,
                          .random = (strtoull(argv[2], NULL, 10) * MOST_THREADS + t) *
                                        UINT64_C(0x9E3779B97F4A7C15) |
                                    1};
  good = good && run_all(&s, callers, threads);
  for (unsigned t = 0; t < threads; t++) {
    sum.answered += callers[t].answered;
    sum.stopped += callers[t].stopped;
    sum.bad += callers[t].bad;
    sum.latest = callers[t].latest > sum.latest ? callers[t].latest : sum.latest;
  }
  for (uint32_t i = 0; i < s.inventory_count; i++)
    berth_inventory_release(s.inventories[i]);
  (void)printf("%lu calls, %lu answered, %lu cancelled, at most %.0f ms later, %lu bad\n",
               s.count / TENTHS * TENTHS * threads, sum.answered, sum.stopped, 1000 * sum.latest,
               sum.bad);
  return good && sum.bad == 0 && sum.answered > 0 && 1000 * sum.latest < LATE_MILLISECONDS ? 0 : 1;
}
