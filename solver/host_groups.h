/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file host_groups.h
 * Hosts that are equal as seen from one level of the ladder: the same contents at the same costs.
 * Costs of a stage: those of the level at hand, scaled, plus multiples of the levels before it.
 */
#ifndef BERTH_SOLVER_HOST_GROUPS_H
#define BERTH_SOLVER_HOST_GROUPS_H

#include "content_model.h"
#include "knapsack.h"

typedef struct host_group {
  uint32_t host;  /* an example */
  uint32_t count; /* equal hosts */
  uint32_t first; /* in host_groups.hosts */
} host_group;

typedef struct host_groups {
  const content_model *model;
  uint32_t level_count; /* levels that the stage knows of: ladder[0 .. level_count - 1] */
  uint32_t group_count;
  const host_group *groups;
  const uint32_t *hosts;       /* by group */
  const uint8_t *arrival_free; /* [class] arriving costs nothing on any of the levels */
  uint32_t most_types;         /* of a host */
} host_groups;

/** For the levels up to ladder[@p index]. Everything lives in @p memory. false = no memory.
 *  @p apart: equal hosts get a group each. */
bool host_groups_build(host_groups *g, const content_model *m, uint32_t index, bool apart,
                       arena *memory);

/** Integer prices: the Lagrangian of docs/model.md §9. */
typedef struct content_prices {
  int64_t scale;
  const int64_t *weight;  /* [class] w, at least 0 */
  const int64_t *assumed; /* [index in ladder] λ of the levels before the last */
  const int64_t *arrival; /* [class] priced_arrival() of each */
} content_prices;

/** The scaled costs at @p prices: of an arrival (does not read prices->arrival), of staying at a
 * host, of using it, of staying unplaced. */
int64_t priced_arrival(const host_groups *g, const content_prices *prices, uint32_t class);
int64_t priced_stay(const host_groups *g, const content_prices *prices, uint32_t host);
int64_t priced_host(const host_groups *g, const content_prices *prices, uint32_t host);
int64_t priced_unplaced(const host_groups *g, const content_prices *prices, uint32_t class);

/** True if a host's own items of a class are held at other terms than arrivals: they have a label
 * of their own. */
bool host_group_own_is_special(const host_groups *g, uint32_t host, uint32_t class);

/** Label of a knapsack type: which class, and whether its items are the host's own. */
static inline uint32_t content_label(uint32_t class, bool own) {
  return 2 * class + !own;
}
static inline uint32_t content_label_class(uint32_t label) {
  return label / 2;
}
static inline bool content_label_own(uint32_t label) {
  return label % 2 == 0;
}

/** The item types that may fill a host of the group, with profit w − cost of at least @p least.
 * @return how many; @p types has room for most_types. */
uint32_t host_group_types(const host_groups *g, const host_group *group,
                          const content_prices *prices, int64_t least, knapsack_type *types);

#endif
