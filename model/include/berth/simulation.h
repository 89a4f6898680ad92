/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file simulation.h
 * A plan carried out on paper: guests acknowledge when they are told to or when chance says so,
 * each step starts as soon as what it waits for lets it, and at every moment everything that
 * docs/model.md asks of a safe plan is looked at again. The simulator counts what is there; it
 * shares nothing with the scheduler, and nothing with the checker, which proves the same from
 * precedence alone.
 */
#ifndef BERTH_SIMULATION_H
#define BERTH_SIMULATION_H

#include <berth/plan.h>

#ifdef __cplusplus
extern "C" {
#endif

/** X(constant, value, "word"): how guests acknowledge whose time no event gives. Values are part
 *  of the ABI. */
#define BERTH_DRAW_TABLE(X)                                                                        \
  X(BERTH_DRAW_EXPECTED, 0, "expected") /* after ackSeconds; not at all where that is unset */     \
  X(BERTH_DRAW_BEST, 1, "best")         /* at once */                                              \
  X(BERTH_DRAW_WORST, 2, "worst")       /* not at all: the wait runs out */                        \
  X(BERTH_DRAW_RANDOM, 3, "random")     /* anywhere within the wait */                             \
  X(BERTH_DRAW_EXTREMES, 4, "extremes") /* at once or not at all */

/** How guests acknowledge. */
typedef enum berth_draw {
#define BERTH_DRAW_ENUM(constant, value, word) constant = value,
  BERTH_DRAW_TABLE(BERTH_DRAW_ENUM)
#undef BERTH_DRAW_ENUM
      BERTH_DRAW_COUNT
} berth_draw;

/** X(constant, value, "word"): what a moment can break. Values are part of the ABI. */
#define BERTH_BREACH_TABLE(X)                                                                      \
  X(BERTH_BREACH_CAPACITY, 0, "capacity") /* of a host, in a resource */                           \
  X(BERTH_BREACH_RULE, 1, "rule")         /* apart, at-most, run-on, not-run-on */                 \
  X(BERTH_BREACH_HOST_MIGRATIONS, 2, "host-migrations")                                            \
  X(BERTH_BREACH_DATASTORE_MIGRATIONS, 3, "datastore-migrations")                                  \
  X(BERTH_BREACH_HOST_RESTARTS, 4, "host-restarts")                                                \
  X(BERTH_BREACH_QUIESCE, 5, "quiesce") /* too many members disturbed */                           \
  X(BERTH_BREACH_RESTART_ORDER, 6, "restart-order")                                                \
  X(BERTH_BREACH_SOURCE, 7, "source")           /* the VM is not where the step takes it from */   \
  X(BERTH_BREACH_HOST_ASLEEP, 8, "host-asleep") /* an arrival at a host that is not on */          \
  X(BERTH_BREACH_HOST_IN_USE, 9, "host-in-use") /* maintenance or power-down with VMs there */     \
  X(BERTH_BREACH_WINDOW, 10, "window")          /* outside the window that the plan states */        \
  X(BERTH_BREACH_NUMA, 11, "numa")              /* nodes of a host, for VMs that ask for one */

/** What a moment can break. */
typedef enum berth_breach_kind {
#define BERTH_BREACH_ENUM(constant, value, word) constant = value,
  BERTH_BREACH_TABLE(BERTH_BREACH_ENUM)
#undef BERTH_BREACH_ENUM
      BERTH_BREACH_COUNT
} berth_breach_kind;

/** Most runs of one simulation. */
#define BERTH_SIMULATION_RUNS_MAX INT64_C(10000000)

/** What is simulated. Initialise with BERTH_SIMULATION_OPTIONS_INIT. */
typedef struct berth_simulation_options {
  uint32_t struct_size;
  berth_draw draw;
  int64_t runs;  /**< 1 to ::BERTH_SIMULATION_RUNS_MAX; where nothing is drawn one is made. With
                      ::BERTH_DRAW_EXTREMES and at most so many combinations, each is run once */
  int64_t delay; /**< > 0: each step starts up to so many seconds later than it could, drawn */
  uint64_t seed; /**< of all that is drawn */
  const berth_scenario *scenario; /**< borrowed; NULL = none. Its `ack` events say when guests
                                       acknowledge, and go before `draw`. One with `at` speaks of
                                       notifications from then on. Other events are passed over:
                                       the plan's inventory is what they lead to. */
} berth_simulation_options;

#define BERTH_SIMULATION_OPTIONS_INIT                                                              \
  { .struct_size = sizeof(berth_simulation_options), .runs = 1, .seed = 1 }

/** When one step happened, in seconds from the start of the plan. */
typedef struct berth_simulated_step {
  int64_t start;        /**< of the step: a guest that is notified is told now */
  int64_t acknowledged; /**< BERTH_UNSET: the guest is not asked, or let the wait run out */
  int64_t work;         /**< copying, waking, starting begins: start but for a notified guest */
  int64_t end;
  int64_t settled; /**< end, unless the guest has to settle */
} berth_simulated_step;

/** Something that must not happen. Strings are borrowed from the simulation. */
typedef struct berth_breach {
  berth_breach_kind kind;
  uint32_t step;    /**< id of the step whose start (or end) it came with */
  int64_t run;      /**< from 0 */
  int64_t at;       /**< seconds */
  const char *text; /**< one line with names and numbers */
} berth_breach;

/** Opaque result. */
typedef struct berth_simulation berth_simulation;

/** Words of the tables; NULL outside them. Static, any thread. */
BERTH_EXPORT const char *berth_draw_word(berth_draw value);
BERTH_EXPORT const char *berth_breach_word(berth_breach_kind value);

/** Inverse of berth_draw_word(). False if @p word names none. */
BERTH_EXPORT bool berth_draw_parse(const char *word, berth_draw *draw);

/**
 * Carries @p plan out. What starts and what ends in the same second overlaps unless precedence
 * parts them, since a step may always start later than it could. Steps take what the inventory says
 * (docs/ model.md §6), whatever the plan states; without a delay each must keep to its windows.
 * Deterministic: equal plan and options, equal result. Time: steps · log(steps) a run.
 * @param[out] out owned by the caller; berth_simulation_free(). Keeps nothing of the plan.
 * @return BERTH_OK whatever was found; BERTH_E_INVALID (steps that wait for each other, or that
 * name no VM or host: nothing that could be carried out); BERTH_E_NOT_FOUND or BERTH_E_AMBIGUOUS
 *         (the VM of an `ack`); BERTH_E_ARGUMENT; BERTH_E_NOMEM. Cancelling through the progress
 *         callback ends with the runs made so far, one at least.
 */
BERTH_EXPORT berth_status berth_simulate_plan(berth_context *ctx, const berth_plan *plan,
                                              const berth_simulation_options *options,
                                              berth_simulation **out);

/** NULL is harmless. */
BERTH_EXPORT void berth_simulation_free(berth_simulation *simulation);

/** The options that were given, without their scenario. Borrowed. */
BERTH_EXPORT const berth_simulation_options *
berth_simulation_asked(const berth_simulation *simulation);

/** Number of runs made, and of notified migrations whose acknowledgement was drawn in each. */
BERTH_EXPORT int64_t berth_simulation_runs(const berth_simulation *simulation);
BERTH_EXPORT uint32_t berth_simulation_drawn(const berth_simulation *simulation);

/** The run whose steps are kept: the first with a breach, else the first. From 0. */
BERTH_EXPORT int64_t berth_simulation_shown(const berth_simulation *simulation);

/** Number of steps, and when each happened in the run that is kept; @p index = id - 1. Borrowed. */
BERTH_EXPORT uint32_t berth_simulation_step_count(const berth_simulation *simulation);
BERTH_EXPORT const berth_simulated_step *
berth_simulation_step_at(const berth_simulation *simulation, uint32_t index);

/** Makespan in seconds of the run that is kept. */
BERTH_EXPORT int64_t berth_simulation_makespan(const berth_simulation *simulation);

/** The least makespan that at least @p per_mille of 1,000 runs do not exceed: 0 = the shortest, 500
 *  = the median, 1000 = the longest. Larger numbers count as 1000. */
BERTH_EXPORT int64_t berth_simulation_quantile(const berth_simulation *simulation,
                                               uint32_t per_mille);

/** Number of breaches in all runs, and the first of them: at most 64 are kept. NULL past those. */
BERTH_EXPORT uint64_t berth_simulation_breach_count(const berth_simulation *simulation);
BERTH_EXPORT const berth_breach *berth_simulation_breach_at(const berth_simulation *simulation,
                                                            uint32_t index);

#ifdef __cplusplus
}
#endif
#endif
