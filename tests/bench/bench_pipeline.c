/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times one failover from file to checked plan, next to a bare libxml2 SAX pass over the same file.
 *
 * Every run is a process of its own, so that peak memory belongs to it and no run warms the
 * allocator of the next. The failed hosts are spread evenly over the inventory. Prints medians
 * and least values, one "key value" a line; bench.py makes a table of them.
 */
#include "foreign_xml.h"

#include <assert.h>
#include <berth/io.h>
#include <berth/solve.h>
#include <berth/verify.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS_MAX = 101 };

/** What one run sends back through its pipe: seconds, and peak memory in MiB. */
typedef enum figure {
  FIGURE_LOAD,
  FIGURE_APPLY,
  FIGURE_PRESOLVE,
  FIGURE_SEARCH,
  FIGURE_SEQUENCE,
  FIGURE_EXPLAIN,
  FIGURE_CHECK,
  FIGURE_SOLVE, /* the whole call, all of the above but LOAD */
  FIGURE_WHOLE, /* LOAD and SOLVE */
  FIGURE_PEAK,
  FIGURE_COUNT
} figure;

static const char *const figure_name[FIGURE_COUNT] = {
    "load", "apply", "presolve", "search", "sequence", "explain", "check", "solve", "whole", "peak",
};

typedef struct run_result {
  double figures[FIGURE_COUNT];
  uint32_t hosts, vms, failed, requested, unplaced, steps;
  uint64_t integer_programs;
  berth_outcome outcome;
} run_result;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double peak_mib(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)usage.ru_maxrss / 1024.0;
}

/* The floor under every reader. */
static bool sax_pass(const char *path, run_result *result) {
  double start = now();
  uint64_t elements = foreign_xml_pass(path);
  result->figures[FIGURE_LOAD] = now() - start;
  return elements > 0;
}

/* Fails @p failed hosts, spread evenly. */
static berth_status fail_hosts(berth_context *ctx, const berth_inventory *inventory,
                               uint32_t failed, berth_scenario **scenario) {
  uint32_t hosts = berth_inventory_host_count(inventory);
  berth_status status = berth_scenario_new(ctx, scenario);
  for (uint32_t i = 0; i < failed && status == BERTH_OK; i++) {
    berth_event event = BERTH_EVENT_INIT;
    event.type = BERTH_EVENT_FAIL;
    event.host = berth_inventory_host_id(inventory, (uint32_t)((uint64_t)i * hosts / failed));
    status = berth_scenario_add(ctx, *scenario, &event);
  }
  return status;
}

/* VMs that the plan places or lists as unplaced: waiting ones, and those of failed hosts unless
 * they are not to be restarted. */
static uint32_t count_requested(const berth_inventory *inventory) {
  uint32_t requested = 0;
  for (uint32_t vm = 0; vm < berth_inventory_vm_count(inventory); vm++) {
    uint32_t host = berth_inventory_vm_host(inventory, vm);
    if (berth_inventory_vm_power(inventory, vm) != BERTH_POWER_ON)
      continue;
    requested += host == BERTH_NONE ||
                 (berth_inventory_host_state(inventory, host) == BERTH_HOST_FAILED &&
                  berth_inventory_vm_priority(inventory, vm) != BERTH_PRIORITY_DISABLED);
  }
  return requested;
}

static void describe(run_result *result, const berth_solve_statistics *s, const berth_plan *plan) {
  const berth_inventory *effective = berth_plan_inventory(plan);
  result->figures[FIGURE_APPLY] = s->apply_seconds;
  result->figures[FIGURE_PRESOLVE] = s->presolve_seconds;
  result->figures[FIGURE_SEARCH] = s->search_seconds;
  result->figures[FIGURE_SEQUENCE] = s->sequence_seconds;
  result->figures[FIGURE_EXPLAIN] = s->explain_seconds;
  result->figures[FIGURE_CHECK] = s->check_seconds;
  result->integer_programs = s->integer_programs;
  result->hosts = berth_inventory_host_count(effective);
  result->vms = berth_inventory_vm_count(effective);
  result->requested = count_requested(effective);
  result->unplaced = berth_plan_unplaced_count(plan);
  result->steps = berth_plan_step_count(plan);
  result->outcome = berth_plan_status(plan);
}

static bool pipeline(const char *path, uint32_t failed_per_mille, run_result *result) {
  berth_context *ctx = NULL;
  const berth_inventory *inventory = NULL;
  berth_scenario *scenario = NULL;
  berth_plan *plan = NULL;
  berth_request request = BERTH_REQUEST_INIT;
  berth_solve_statistics statistics = {.struct_size = sizeof statistics};
  bool good = false;

  if (berth_context_new(NULL, &ctx) != BERTH_OK)
    goto done;
  double start = now();
  if (berth_read_inventory(ctx, &path, 1, BERTH_DIALECT_AUTO, NULL, &inventory) != BERTH_OK)
    goto done;
  result->figures[FIGURE_LOAD] = now() - start;
  uint32_t hosts = berth_inventory_host_count(inventory);
  result->failed = (uint32_t)((uint64_t)hosts * failed_per_mille / 1000);
  result->failed += result->failed == 0;
  if (fail_hosts(ctx, inventory, result->failed, &scenario) != BERTH_OK)
    goto done;
  request.scenario = scenario;
  start = now();
  if (berth_solve(ctx, inventory, &request, &statistics, &plan) != BERTH_OK)
    goto done;
  result->figures[FIGURE_SOLVE] = now() - start;
  result->figures[FIGURE_WHOLE] = result->figures[FIGURE_LOAD] + result->figures[FIGURE_SOLVE];
  describe(result, &statistics, plan);
  good = true;
done:
  if (!good)
    fprintf(stderr, "bench_pipeline: %s: %s\n", path, ctx ? berth_context_detail(ctx) : "memory");
  berth_plan_free(plan);
  berth_scenario_free(scenario);
  berth_inventory_release(inventory);
  berth_context_free(ctx);
  return good;
}

/* Runs one measurement in a child. */
static bool run_apart(const char *path, bool sax, uint32_t failed_per_mille, run_result *result) {
  int ends[2];
  if (pipe(ends) != 0)
    return false;
  pid_t child = fork();
  if (child == 0) {
    run_result own = {0};
    bool good = sax ? sax_pass(path, &own) : pipeline(path, failed_per_mille, &own);
    own.figures[FIGURE_PEAK] = peak_mib();
    good = good && write(ends[1], &own, sizeof own) == (ssize_t)sizeof own;
    _exit(good ? 0 : 1);
  }
  close(ends[1]);
  ssize_t got = child > 0 ? read(ends[0], result, sizeof *result) : -1;
  close(ends[0]);
  int status = 1;
  if (child > 0)
    waitpid(child, &status, 0);
  return got == (ssize_t)sizeof *result && status == 0;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Each figure's own median over the runs, and its least value: on a machine that others use, that
 * is what the work takes when nobody is in the way. */
static void print_figure(const char *name, const run_result *results, uint32_t runs, figure which) {
  double values[RUNS_MAX];
  assert(runs > 0 && runs <= RUNS_MAX);
  for (uint32_t i = 0; i < runs; i++)
    values[i] = results[i].figures[which];
  qsort(values, runs, sizeof *values, by_value);
  printf("%s %.6f\nleast_%s %.6f\n", name, values[runs / 2], name, values[0]);
}

int main(int argc, char **argv) {
  static run_result sax[RUNS_MAX], whole[RUNS_MAX];
  uint32_t runs = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 5;
  uint32_t per_mille = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 10;
  if (argc < 2 || argc > 4 || runs == 0 || runs > RUNS_MAX || per_mille > 1000) {
    fprintf(stderr, "usage: bench_pipeline INVENTORY [RUNS [FAILED-PER-MILLE]]\n");
    return 64;
  }
  if (!run_apart(argv[1], true, 0, &sax[0])) /* the file is in the page cache from here on */
    return 66;
  for (uint32_t i = 0; i < runs; i++)
    if (!run_apart(argv[1], true, 0, &sax[i]) || !run_apart(argv[1], false, per_mille, &whole[i]))
      return 70;
  const run_result *last = &whole[runs - 1];
  printf("hosts %u\nvms %u\nfailed %u\nrequested %u\nunplaced %u\nsteps %u\n", last->hosts,
         last->vms, last->failed, last->requested, last->unplaced, last->steps);
  printf("integer_programs %llu\n", (unsigned long long)last->integer_programs);
  printf("outcome %s\n", berth_outcome_word(last->outcome));
  print_figure("sax", sax, runs, FIGURE_LOAD);
  print_figure("sax_peak", sax, runs, FIGURE_PEAK);
  for (figure f = 0; f < FIGURE_COUNT; f++)
    print_figure(figure_name[f], whole, runs, f);
  return 0;
}
