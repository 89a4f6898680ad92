/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file option.h
 * The one table of solving options. It feeds the storage, the bounds, `berth plan --help`, the
 * manual page, the documentation and the constants of the bindings.
 */
#ifndef BERTH_OPTION_H
#define BERTH_OPTION_H

#include <berth/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Unit of an option's value; tells berth_options_parse() which suffixes to read. */
typedef enum berth_unit {
  BERTH_UNIT_COUNT = 0,    /**< a plain integer */
  BERTH_UNIT_MILLISECONDS, /**< "250ms", "10s", "5m", "2h"; a bare number is seconds */
  BERTH_UNIT_SECONDS,      /**< "90s", "15m", "2h"; a bare number is seconds */
  BERTH_UNIT_BOOLEAN,      /**< "true", "false", "yes", "no", "1", "0" */
  BERTH_UNIT_WORD          /**< one of the words of the metavar, which '|' separates; the value is
                                the word's place among them, from 0 */
} berth_unit;

/**
 * X(constant, value, "long-option", unit, minimum, maximum, default, "METAVAR", "help").
 * Values are part of the ABI: append, never renumber.
 */
#define BERTH_OPTION_TABLE(X)                                                                      \
  X(BERTH_OPTION_TIME_LIMIT, 0, "time-limit", BERTH_UNIT_MILLISECONDS, 1, INT64_C(86400000),       \
    INT64_C(60000), "DURATION", "stop searching after this long and give the best plan so far")    \
  X(BERTH_OPTION_THREADS, 1, "threads", BERTH_UNIT_COUNT, 0, 256, 0, "N",                          \
    "worker threads; 0 = one for each core")                                                       \
  X(BERTH_OPTION_SEED, 2, "seed", BERTH_UNIT_COUNT, 0, INT64_MAX, 1, "N",                          \
    "seed of every random choice; equal seed and threads give equal bytes")                        \
  X(BERTH_OPTION_DEADLINE, 3, "deadline", BERTH_UNIT_SECONDS, 0, INT64_C(31536000), 0, "DURATION", \
    "the plan must end within this time in the worst case; 0 = none")                              \
  X(BERTH_OPTION_KEEP_FAILURES, 4, "keep-failures", BERTH_UNIT_COUNT, 0, 64, 0, "K",               \
    "consolidate: what stays on must survive any K host failures")                                              \
  X(BERTH_OPTION_EXACT_LIMIT, 5, "exact-limit", BERTH_UNIT_COUNT, 0, INT64_C(1000000), 4000, "N",  \
    "largest integer program, in columns, that is handed to the exact solver")                     \
  X(BERTH_OPTION_WEIGH, 6, "weigh", BERTH_UNIT_WORD, 0, 1, 0, "hosts|power",                       \
    "consolidate: what a host that stays on counts with, 1 or its powerWatts")                     \
  X(BERTH_OPTION_TARGET_CPU, 7, "target-cpu", BERTH_UNIT_COUNT, 1, 1000, 80, "PERCENT",            \
    "rebalance: load of a host's CPU above which it counts as overloaded")                         \
  X(BERTH_OPTION_TARGET_MEMORY, 8, "target-memory", BERTH_UNIT_COUNT, 1, 1000, 80, "PERCENT",      \
    "rebalance: load of a host's memory above which it counts as overloaded")                      \
  X(BERTH_OPTION_STRANDED_TOLERANCE, 9, "stranded-tolerance", BERTH_UNIT_COUNT, 0, 100, 20,        \
    "POINTS", "rebalance: how far CPU and memory load of a host may lie apart")                    \
  X(BERTH_OPTION_EXPLAIN, 10, "explain", BERTH_UNIT_WORD, 0, 1, 0, "full|ledger",                  \
    "of VMs without a host: also what forbids them and what would help, or the ledger alone")

/** An option of the table. */
typedef enum berth_option {
#define BERTH_OPTION_ENUM(constant, value, name, unit, minimum, maximum, initial, metavar, help)   \
  constant = value,
  BERTH_OPTION_TABLE(BERTH_OPTION_ENUM)
#undef BERTH_OPTION_ENUM
  BERTH_OPTION_COUNT
} berth_option;

/** What the table says about one option. All strings are static. */
typedef struct berth_option_info {
  const char *name;
  const char *metavar;
  const char *help;
  berth_unit unit;
  int64_t minimum, maximum, initial;
} berth_option_info;

/** Values of all options, indexed by ::berth_option. Fill with berth_options_init(). Its size never
 *  changes: there is room for options to come. */
typedef struct berth_options {
  int64_t value[64];
} berth_options;

/** Row of @p option, or NULL if there is none. Any thread. */
BERTH_EXPORT const berth_option_info *berth_option_describe(berth_option option);

/** Sets every option to its default. */
BERTH_EXPORT void berth_options_init(berth_options *options);

/** Sets @p option. @return BERTH_OK; BERTH_E_ARGUMENT (unknown, or outside its bounds). */
BERTH_EXPORT berth_status berth_options_set(berth_context *ctx, berth_options *options,
                                            berth_option option, int64_t value);

/** Reads @p text in the unit of @p option and sets it. @return BERTH_OK or BERTH_E_ARGUMENT. */
BERTH_EXPORT berth_status berth_options_parse(berth_context *ctx, berth_options *options,
                                              berth_option option, const char *text);

#ifdef __cplusplus
}
#endif
#endif
