/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file goal.h
 * Goals and their objective ladders. A ladder is a list of levels, best first, minimised strictly
 * lexicographically; every level is an integer. docs/model.md defines each of them.
 */
#ifndef BERTH_GOAL_H
#define BERTH_GOAL_H

#include <berth/inventory.h>

#ifdef __cplusplus
extern "C" {
#endif

/** X(constant, value, "word"). Values are part of the ABI. */
#define BERTH_GOAL_TABLE(X)                                                                        \
  X(BERTH_GOAL_FAILOVER, 0, "failover")                                                            \
  X(BERTH_GOAL_EVACUATE, 1, "evacuate")                                                            \
  X(BERTH_GOAL_REPAIR, 2, "repair")                                                                \
  X(BERTH_GOAL_PLACE, 3, "place")                                                                  \
  X(BERTH_GOAL_DEFRAGMENT, 4, "defragment")                                                        \
  X(BERTH_GOAL_CONSOLIDATE, 5, "consolidate")                                                      \
  X(BERTH_GOAL_REBALANCE, 6, "rebalance")

/** What a plan is for. */
typedef enum berth_goal {
#define BERTH_GOAL_ENUM(constant, value, word) constant = value,
  BERTH_GOAL_TABLE(BERTH_GOAL_ENUM)
#undef BERTH_GOAL_ENUM
  BERTH_GOAL_COUNT
} berth_goal;

/** X(constant, value, "level name"). Values are part of the ABI. */
#define BERTH_LEVEL_TABLE(X)                                                                       \
  X(BERTH_LEVEL_VIOLATIONS, 0, "violations")                                                       \
  X(BERTH_LEVEL_UNPLACED_HIGHEST, 1, "unplaced.highest")                                           \
  X(BERTH_LEVEL_UNPLACED_HIGH, 2, "unplaced.high")                                                 \
  X(BERTH_LEVEL_UNPLACED_MEDIUM, 3, "unplaced.medium")                                             \
  X(BERTH_LEVEL_UNPLACED_LOW, 4, "unplaced.low")                                                   \
  X(BERTH_LEVEL_UNPLACED_LOWEST, 5, "unplaced.lowest")                                             \
  X(BERTH_LEVEL_UNPLACED, 6, "unplaced")                                                           \
  X(BERTH_LEVEL_SHOULD_BROKEN, 7, "should.broken")                                                 \
  X(BERTH_LEVEL_HOSTS_WOKEN, 8, "hosts.woken")                                                     \
  X(BERTH_LEVEL_HOSTS_ON, 9, "hosts.on")                                                           \
  X(BERTH_LEVEL_OVERLOAD, 10, "overload")                                                          \
  X(BERTH_LEVEL_STRANDED, 11, "stranded")                                                          \
  X(BERTH_LEVEL_MIGRATIONS, 12, "migrations")                                                      \
  X(BERTH_LEVEL_MEMORY_MOVED, 13, "memory.moved")                                                  \
  X(BERTH_LEVEL_MAKESPAN, 14, "makespan")

/** A level of a ladder. */
typedef enum berth_level {
#define BERTH_LEVEL_ENUM(constant, value, name) constant = value,
  BERTH_LEVEL_TABLE(BERTH_LEVEL_ENUM)
#undef BERTH_LEVEL_ENUM
  BERTH_LEVEL_COUNT
} berth_level;

/** Room for a value of each level, those to come included. */
#define BERTH_LEVEL_ROOM 32

/** Word of @p goal, or NULL. Static. Any thread. */
BERTH_EXPORT const char *berth_goal_word(berth_goal goal);

/** Inverse of berth_goal_word(). False if @p word names no goal. */
BERTH_EXPORT bool berth_goal_parse(const char *word, berth_goal *goal);

/** Name of @p level, or NULL. Static. Any thread. */
BERTH_EXPORT const char *berth_level_name(berth_level level);

/** Inverse of berth_level_name(). False if @p name names no level. */
BERTH_EXPORT bool berth_level_parse(const char *name, berth_level *level);

/** The goal that an inventory suggests: failed hosts with VMs to restart -> failover; hosts in or
 *  entering maintenance with running VMs -> evacuate; else repair. */
BERTH_EXPORT berth_goal berth_goal_infer(const berth_inventory *inventory);

/**
 * Ladder of @p goal.
 * @param[out] levels room for BERTH_LEVEL_COUNT levels; filled best first. No ladder will ever have
 *        more than the 15 that there were at first.
 * @return number of levels, 0 for an unknown goal.
 */
BERTH_EXPORT uint32_t berth_goal_ladder(berth_goal goal, berth_level levels[BERTH_LEVEL_COUNT]);

/** True if a plan for @p goal may wake standby hosts (all but defragment and rebalance). */
BERTH_EXPORT bool berth_goal_may_wake(berth_goal goal);

#ifdef __cplusplus
}
#endif
#endif
