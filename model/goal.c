/* SPDX-License-Identifier: Apache-2.0 */
/* Goals and levels: their words, the ladder of each goal, and the goal an inventory suggests. */
#include "frozen.h"
#include <assert.h>
#include <berth/goal.h>
#include <string.h>

#define TABLE_WORD(constant, value, word) [value] = word,
static const char *const goal_words[] = {BERTH_GOAL_TABLE(TABLE_WORD)};
static const char *const level_names[] = {BERTH_LEVEL_TABLE(TABLE_WORD)};
#undef TABLE_WORD

const char *berth_goal_word(berth_goal goal) {
  return (unsigned)goal < BERTH_GOAL_COUNT ? goal_words[goal] : NULL;
}

bool berth_goal_parse(const char *word, berth_goal *goal) {
  assert(word != NULL && goal != NULL);
  for (unsigned i = 0; i < BERTH_GOAL_COUNT; i++) {
    if (strcmp(word, goal_words[i]) == 0) {
      *goal = (berth_goal)i;
      return true;
    }
  }
  return false;
}

const char *berth_level_name(berth_level level) {
  return (unsigned)level < BERTH_LEVEL_COUNT ? level_names[level] : NULL;
}

bool berth_level_parse(const char *name, berth_level *level) {
  assert(name != NULL && level != NULL);
  for (unsigned i = 0; i < BERTH_LEVEL_COUNT; i++) {
    if (strcmp(name, level_names[i]) == 0) {
      *level = (berth_level)i;
      return true;
    }
  }
  return false;
}

/* Callers have room for as many levels as there were in the first release. */
enum { LADDER_MOST = 15 };

/* Ladders, best level first; BERTH_LEVEL_COUNT ends each. */
static const berth_level ladders[BERTH_GOAL_COUNT][BERTH_LEVEL_COUNT + 1] = {
    [BERTH_GOAL_FAILOVER] = {BERTH_LEVEL_VIOLATIONS, BERTH_LEVEL_UNPLACED_HIGHEST,
                             BERTH_LEVEL_UNPLACED_HIGH, BERTH_LEVEL_UNPLACED_MEDIUM,
                             BERTH_LEVEL_UNPLACED_LOW, BERTH_LEVEL_UNPLACED_LOWEST,
                             BERTH_LEVEL_SHOULD_BROKEN, BERTH_LEVEL_HOSTS_WOKEN,
                             BERTH_LEVEL_MIGRATIONS, BERTH_LEVEL_MEMORY_MOVED, BERTH_LEVEL_MAKESPAN,
                             BERTH_LEVEL_COUNT},
    [BERTH_GOAL_EVACUATE] = {BERTH_LEVEL_VIOLATIONS, BERTH_LEVEL_UNPLACED,
                             BERTH_LEVEL_SHOULD_BROKEN, BERTH_LEVEL_HOSTS_WOKEN,
                             BERTH_LEVEL_MIGRATIONS, BERTH_LEVEL_MEMORY_MOVED, BERTH_LEVEL_MAKESPAN,
                             BERTH_LEVEL_COUNT},
    [BERTH_GOAL_REPAIR] = {BERTH_LEVEL_VIOLATIONS, BERTH_LEVEL_UNPLACED, BERTH_LEVEL_SHOULD_BROKEN,
                           BERTH_LEVEL_HOSTS_WOKEN, BERTH_LEVEL_MIGRATIONS,
                           BERTH_LEVEL_MEMORY_MOVED, BERTH_LEVEL_MAKESPAN, BERTH_LEVEL_COUNT},
    [BERTH_GOAL_PLACE] = {BERTH_LEVEL_VIOLATIONS, BERTH_LEVEL_UNPLACED, BERTH_LEVEL_SHOULD_BROKEN,
                          BERTH_LEVEL_HOSTS_WOKEN, BERTH_LEVEL_MIGRATIONS, BERTH_LEVEL_MEMORY_MOVED,
                          BERTH_LEVEL_COUNT},
    [BERTH_GOAL_DEFRAGMENT] = {BERTH_LEVEL_VIOLATIONS, BERTH_LEVEL_UNPLACED,
                               BERTH_LEVEL_SHOULD_BROKEN, BERTH_LEVEL_MIGRATIONS,
                               BERTH_LEVEL_MEMORY_MOVED, BERTH_LEVEL_MAKESPAN, BERTH_LEVEL_COUNT},
    [BERTH_GOAL_CONSOLIDATE] = {BERTH_LEVEL_VIOLATIONS, BERTH_LEVEL_UNPLACED,
                                BERTH_LEVEL_SHOULD_BROKEN, BERTH_LEVEL_HOSTS_ON,
                                BERTH_LEVEL_MIGRATIONS, BERTH_LEVEL_MEMORY_MOVED,
                                BERTH_LEVEL_COUNT},
    [BERTH_GOAL_REBALANCE] = {BERTH_LEVEL_VIOLATIONS, BERTH_LEVEL_UNPLACED,
                              BERTH_LEVEL_SHOULD_BROKEN, BERTH_LEVEL_OVERLOAD, BERTH_LEVEL_STRANDED,
                              BERTH_LEVEL_MIGRATIONS, BERTH_LEVEL_COUNT},
};

uint32_t berth_goal_ladder(berth_goal goal, berth_level levels[BERTH_LEVEL_COUNT]) {
  assert(levels != NULL);
  static_assert(BERTH_LEVEL_COUNT <= BERTH_LEVEL_ROOM, "room for each level");
  if ((unsigned)goal >= BERTH_GOAL_COUNT)
    return 0;
  uint32_t count = 0;
  for (; count < LADDER_MOST && ladders[goal][count] != BERTH_LEVEL_COUNT; count++)
    levels[count] = ladders[goal][count];
  assert(count > 0 && ladders[goal][count] == BERTH_LEVEL_COUNT &&
         levels[0] == BERTH_LEVEL_VIOLATIONS);
  return count;
}

bool berth_goal_may_wake(berth_goal goal) {
  return goal != BERTH_GOAL_DEFRAGMENT && goal != BERTH_GOAL_REBALANCE;
}

/* VMs on such a host do not run any more. */
static bool host_displaces(const berth_inventory *inventory, uint32_t host) {
  const frozen_cluster *cluster = &inventory->clusters[inventory->host_cluster[host]];
  switch ((berth_host_state)inventory->host_state[host]) {
  case BERTH_HOST_FAILED:
    return true;
  case BERTH_HOST_ISOLATED:
    return cluster->set_up.isolation_response != BERTH_ISOLATION_NONE;
  default:
    return false;
  }
}

static bool host_must_be_left(const berth_inventory *inventory, uint32_t host) {
  return inventory->host_state[host] == BERTH_HOST_MAINTENANCE ||
         inventory->host_state[host] == BERTH_HOST_ENTERING_MAINTENANCE;
}

berth_goal berth_goal_infer(const berth_inventory *inventory) {
  assert(inventory != NULL);
  berth_goal goal = BERTH_GOAL_REPAIR;
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++) {
    uint32_t host = inventory->vm_host[vm];
    if (host == BERTH_NONE || inventory->vm_power[vm] != BERTH_POWER_ON)
      continue;
    assert(host < inventory->host_count);
    if (host_displaces(inventory, host) && inventory->vm_priority[vm] != BERTH_PRIORITY_DISABLED)
      return BERTH_GOAL_FAILOVER;
    if (host_must_be_left(inventory, host))
      goal = BERTH_GOAL_EVACUATE;
  }
  return goal;
}
