/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scheduler's day: VMs stop at random and are placed anew, one query and one commit each. Not a
 * test: prints how long these take, and what snapshots cost, and whether memory stays flat.
 *
 *     bench_session FILE [PLACEMENTS] [tight|roomy] [SEED]
 */
#include <berth/io.h>
#include <berth/session.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { CLASSES = 64, CANDIDATES = 3 };

typedef struct bench {
  berth_context *ctx;
  berth_session *session;
  uint64_t random;
} bench;

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void expect(const bench *b, berth_status status) {
  if (status == BERTH_OK)
    return;
  (void)fprintf(stderr, "bench_session: %s\n", berth_context_detail(b->ctx));
  exit(1);
}

/* xorshift64* (Vigna 2016). */
static uint32_t draw(bench *b, uint32_t below) {
  b->random ^= b->random >> 12;
  b->random ^= b->random << 25;
  b->random ^= b->random >> 27;
  return (uint32_t)((b->random * UINT64_C(2685821657736338717) >> 33) % below);
}

static long resident_kib(void) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file != NULL) {
    if (fscanf(file, "%*s %ld", &pages) != 1)
      pages = 0;
    (void)fclose(file);
  }
  return pages * 4;
}

static int compare(const void *a, const void *b) {
  uint32_t left, right;
  memcpy(&left, a, sizeof left);
  memcpy(&right, b, sizeof right);
  return (left > right) - (left < right);
}

static void report(const char *what, uint32_t *taken, uint32_t count) {
  static const double shares[] = {0.5, 0.9, 0.99, 0.999, 0.9999};
  if (count == 0)
    return;
  qsort(taken, count, sizeof *taken, compare);
  printf("%-22s %9u times", what, count);
  for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
    printf("  p%g %.2f", 100 * shares[i], taken[(size_t)((count - 1) * shares[i])] / 1000.0);
  printf("  max %.1f us\n", taken[count - 1] / 1000.0);
}

/* Powers of two of nanoseconds. */
static void histogram(const uint32_t *taken, uint32_t count) {
  uint32_t classes[CLASSES] = {0};
  for (uint32_t i = 0; i < count; i++) {
    uint32_t class = 0;
    while ((UINT32_C(1) << class) < taken[i] && class < 31)
      class ++;
    classes[class]++;
  }
  for (uint32_t c = 0; c < 32; c++) {
    if (classes[c] > 0)
      printf("  <= %10.3f us %9u\n", (double)(UINT64_C(1) << c) / 1000.0, classes[c]);
  }
}

static uint32_t random_running(bench *b) {
  const berth_view *view = berth_session_view(b->session);
  for (;;) {
    uint32_t vm = draw(b, berth_view_vm_count(view));
    if (berth_view_vm_exists(view, vm) && berth_view_vm_power(view, vm) == BERTH_POWER_ON &&
        berth_view_vm_host(view, vm) != BERTH_NONE)
      return vm;
  }
}

/* A tenth of the VMs stop, so that there is room to choose. */
static uint32_t *stop_some(bench *b, uint32_t *count) {
  *count = berth_view_vm_count(berth_session_view(b->session)) / 10 + 1;
  uint32_t *stopped = malloc(*count * sizeof *stopped);
  if (stopped == NULL)
    exit(1);
  for (uint32_t i = 0; i < *count; i++) {
    stopped[i] = random_running(b);
    expect(b, berth_session_stop_vm(b->session, stopped[i]));
  }
  return stopped;
}

static void place_again(bench *b, uint32_t placements, berth_preference preference) {
  uint32_t *query = malloc(placements * sizeof *query), *place = malloc(placements * sizeof *place);
  uint32_t *stop = malloc(placements * sizeof *stop);
  uint32_t waiting, nowhere = 0, *stopped = stop_some(b, &waiting);
  if (query == NULL || place == NULL || stop == NULL)
    exit(1);
  for (uint32_t i = 0; i < placements; i++) {
    uint32_t slot = draw(b, waiting), vm = stopped[slot], count = CANDIDATES;
    berth_candidate best[CANDIDATES], chosen;
    int64_t begun = now();
    expect(b, berth_view_best_hosts(berth_session_view(b->session), vm, preference, best, &count));
    int64_t asked = now();
    expect(b, berth_session_place_vm(b->session, vm, preference, &chosen));
    int64_t placed = now();
    query[i] = (uint32_t)(asked - begun);
    place[i] = (uint32_t)(placed - asked);
    nowhere += chosen.host == BERTH_NONE;
    stopped[slot] = chosen.host == BERTH_NONE ? vm : random_running(b);
    begun = now();
    expect(b, berth_session_stop_vm(b->session, stopped[slot]));
    stop[i] = (uint32_t)(now() - begun);
  }
  report("best 3 hosts", query, placements);
  report("query and commit", place, placements);
  histogram(place, placements);
  report("stop", stop, placements);
  printf("no host was found for %u\n", nowhere);
  free(query);
  free(place);
  free(stop);
  free(stopped);
}

static void take_snapshots(bench *b) {
  uint32_t taken[1000], first[1000];
  for (uint32_t i = 0; i < 1000; i++) {
    const berth_view *view;
    int64_t begun = now();
    expect(b, berth_session_snapshot(b->session, &view));
    int64_t made = now();
    uint32_t vm = random_running(b);
    expect(b, berth_session_stop_vm(b->session, vm));
    first[i] = (uint32_t)(now() - made);
    taken[i] = (uint32_t)(made - begun);
    expect(b, berth_session_start_vm(b->session, vm, berth_view_vm_host(view, vm)));
    berth_view_release(view);
  }
  report("snapshot", taken, 1000);
  report("first change after it", first, 1000);
}

/* Starts, stops, moves, sizes, new and removed VMs, host states, transactions taken back. */
static void churn(bench *b, uint32_t changes) {
  char id[32];
  int64_t begun = now();
  for (uint32_t i = 0; i < changes; i++) {
    const berth_view *view = berth_session_view(b->session);
    uint32_t vm = random_running(b), host = berth_view_vm_host(view, vm), added;
    bool back = draw(b, 8) == 0;
    if (back)
      expect(b, berth_session_begin(b->session));
    switch (draw(b, 8)) {
    case 0: {
      berth_vm_size size = BERTH_VM_SIZE_INIT;
      size.memory_reservation_mib = 256 + draw(b, 4096);
      expect(b, berth_session_resize_vm(b->session, vm, &size));
      break;
    }
    case 1: {
      berth_vm_spec spec = BERTH_VM_SPEC_INIT;
      (void)snprintf(id, sizeof id, "new-%u", i);
      spec.id = id;
      spec.memory_mib = 1024;
      expect(b, berth_session_add_vm(b->session, 0, &spec, vm, &added));
      expect(b, berth_session_remove_vm(b->session, added));
      break;
    }
    case 2:
      expect(b, berth_session_set_host_state(b->session, host, BERTH_HOST_FAILED));
      expect(b, berth_session_set_host_state(b->session, host, BERTH_HOST_ONLINE));
      break;
    default:
      expect(b, berth_session_stop_vm(b->session, vm));
      expect(b, berth_session_start_vm(b->session, vm, host));
      break;
    }
    if (back)
      expect(b, berth_session_rollback(b->session));
  }
  printf("%u changes (two calls most): %.2f us each, resident %ld KiB\n", changes,
         (double)(now() - begun) / 1000.0 / changes, resident_kib());
}

int main(int argc, char **argv) {
  bench b = {.random = argc > 4 ? strtoull(argv[4], NULL, 10) * 2 + 1 : 88172645463325252U};
  const berth_inventory *inventory;
  if (argc < 2 || berth_context_new(NULL, &b.ctx) != BERTH_OK)
    return 64;
  uint32_t placements = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 100000;
  berth_preference preference =
      argc > 3 && strcmp(argv[3], "roomy") == 0 ? BERTH_PREFER_ROOMY : BERTH_PREFER_TIGHT;
  expect(&b, berth_read_inventory(b.ctx, &(const char *){argv[1]}, 1, BERTH_DIALECT_AUTO, NULL,
                                  &inventory));
  int64_t begun = now();
  expect(&b, berth_session_open(b.ctx, inventory, &b.session));
  printf("open %.1f ms, resident %ld KiB\n", (double)(now() - begun) / 1e6, resident_kib());
  place_again(&b, placements, preference);
  take_snapshots(&b);
  for (int round = 0; round < 5; round++)
    churn(&b, placements);
  berth_session_close(b.session);
  berth_inventory_release(inventory);
  berth_context_free(b.ctx);
  return 0;
}
