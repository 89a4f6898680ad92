/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_reading RUNS FILE...: reading and freezing each file beside a bare libxml2 SAX pass over
 * the same bytes, in turns, every run a process of its own. One row of a Markdown table a file:
 * least and median seconds of the wall clock, least CPU seconds of both threads, largest resident
 * memory.
 */
#include "foreign_xml.h"

#include <assert.h>
#include <berth/io.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS_MAX = 101 };

typedef struct figures {
  double wall[RUNS_MAX], cpu;
  long peak; /* MiB */
} figures;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool pass(const char *path) {
  return foreign_xml_pass(path) > 0;
}

static bool load(const char *path) {
  berth_context *ctx = NULL;
  const berth_inventory *inventory = NULL;
  return berth_context_new(NULL, &ctx) == BERTH_OK &&
         berth_read_inventory(ctx, &path, 1, BERTH_DIALECT_AUTO, NULL, &inventory) == BERTH_OK;
}

static double seconds(struct timeval t) {
  return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

/* One run; the clock runs from before the first to after the last look at the file. */
static bool measure(bool (*job)(const char *path), const char *path, int run, figures *into) {
  int ends[2], status = 0;
  struct rusage usage;
  if (pipe(ends) != 0)
    return false;
  const pid_t child = fork();
  if (child == 0) {
    const double start = now();
    const bool good = job(path);
    const double wall = now() - start;
    _exit(good && write(ends[1], &wall, sizeof wall) == sizeof wall ? 0 : 1);
  }
  close(ends[1]);
  const bool good = child > 0 && read(ends[0], &into->wall[run], sizeof(double)) == sizeof(double);
  close(ends[0]);
  if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0 || !good)
    return false;
  const double cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  const long peak = usage.ru_maxrss / 1024;
  into->cpu = run == 0 || cpu < into->cpu ? cpu : into->cpu;
  into->peak = run == 0 || peak > into->peak ? peak : into->peak;
  return true;
}

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static bool bench(const char *path, int runs) {
  static figures bare, whole;
  struct stat about;
  assert(runs > 0 && runs <= RUNS_MAX);
  for (int run = 0; run < runs; run++)
    if (!measure(pass, path, run, &bare) || !measure(load, path, run, &whole))
      return false;
  qsort(bare.wall, (size_t)runs, sizeof *bare.wall, compare);
  qsort(whole.wall, (size_t)runs, sizeof *whole.wall, compare);
  if (stat(path, &about) != 0)
    return false;
  printf("| %s | %.1f | %.3f, %.3f | %.3f | %ld | %.3f, %.3f | %.3f | %ld | %.2f, %.2f | %.2f |\n",
         path, (double)about.st_size / 1e6, bare.wall[0], bare.wall[runs / 2], bare.cpu, bare.peak,
         whole.wall[0], whole.wall[runs / 2], whole.cpu, whole.peak, whole.wall[0] / bare.wall[0],
         whole.wall[runs / 2] / bare.wall[runs / 2], whole.cpu / bare.cpu);
  return fflush(stdout) == 0;
}

int main(int count, char **arguments) {
  const int runs = count > 2 ? atoi(arguments[1]) : 0;
  if (runs < 1 || runs > RUNS_MAX) {
    fprintf(stderr, "usage: bench_reading RUNS FILE..., with 1 to %d runs\n", RUNS_MAX);
    return 64;
  }
  printf(
      "| file | MB | SAX pass: wall, s | CPU, s | peak, MiB | load: wall, s | CPU, s | peak, MiB "
      "| load / SAX: wall | CPU |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
  bool good = true;
  for (int i = 2; i < count && good; i++)
    good = bench(arguments[i], runs);
  return good ? 0 : 1;
}
