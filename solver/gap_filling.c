/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hosts that are worth least at the prices of the pattern program, and hold no large VMs, are
 * emptied. Each remaining host in turn gets the subset of the emptied items that fills its gap
 * best, by an exact knapsack (the minimum bin slack idea of Gupta and Ho 1999, with a price for
 * size: large items are hard to place later). What is left over goes by best fit, or keeps its host
 * on. How many hosts to empty is found by bisection: too many leave too much over.
 */
#include "gap_filling.h"
#include "destination.h"
#include "ejection_chain.h"
#include <assert.h>
#include <string.h>

enum {
  SHARE_BITS = 20,
  VMS_OF_A_HOST = 64,
  MOST_FEW_MOVES = 16,
  TRIALS = 7,
  LARGE_ITEM_PREMIUM = 4,
  CHAINS = 500,
  CHAIN_SCANS = 60
};

typedef struct candidate {
  uint32_t host;
  int64_t score;
} candidate;

typedef struct filling {
  const host_groups *groups;
  const content_model *model;
  search_clock *clock;
  pattern_pricer pricer;
  int64_t *worth;   /* [class] */
  candidate *order; /* hosts that can be emptied, those to empty first in front */
  uint32_t order_count;
  candidate *kept;       /* hosts to fill */
  uint8_t *emptied;      /* [host] */
  uint32_t *pool;        /* [item] by class, as in the model: items to place */
  uint32_t *pool_count;  /* [class] */
  int64_t *room;         /* [resource] */
  int64_t whole;         /* worth of what fills a host */
  uint32_t scarce;       /* resource that is used most */
  double spare_capacity; /* of it, on all hosts that serve */
  int64_t few_moves;     /* how much the number of moves counts against their difficulty */
  uint32_t chains_left;  /* of the trial */
} filling;

/* ---------------------------------------------------------------------- what things are worth */

/* Largest share of a host's resources, so that classes of price 0 have an order too. */
static int64_t share_of_host(const filling *f, const content_class *class, int64_t whole) {
  const problem *p = f->model->problem;
  const int64_t *capacity = p->capacity + (size_t)f->groups->groups[0].host * p->resource_count;
  int64_t most = 0;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    if (capacity[r] <= 0 || class->demand[r] <= 0)
      continue;
    int64_t share = (int64_t)((double)class->demand[r] / (double)capacity[r] * (double)whole);
    most = share > most ? share : most;
  }
  return most;
}

static void value_classes(filling *f, const pattern_dual *dual) {
  f->whole = dual->found ? dual->prices.scale : INT64_C(1) << SHARE_BITS;
  for (uint32_t c = 0; c < f->model->class_count; c++) {
    int64_t share = share_of_host(f, &f->model->classes[c], f->whole);
    f->worth[c] = !dual->found                   ? share
                  : dual->weight[c] > share / 16 ? dual->weight[c]
                                                 : share / 16;
    f->worth[c] += f->worth[c] == 0;
  }
}

static int compare_candidates(const candidate *a, const candidate *b) {
  if (a->score != b->score)
    return a->score < b->score ? -1 : 1;
  return (a->host > b->host) - (a->host < b->host);
}

static void sift(candidate *heap, uint32_t at, uint32_t count) {
  candidate held = heap[at];
  for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && compare_candidates(&heap[child], &heap[child + 1]) < 0)
      child++;
    if (compare_candidates(&held, &heap[child]) >= 0)
      break;
    heap[at] = heap[child];
  }
  heap[at] = held;
}

static void sort_candidates(candidate *list, uint32_t count) {
  for (uint32_t i = count / 2; i-- > 0;)
    sift(list, i, count);
  for (uint32_t end = count; end > 1; end--) {
    candidate last = list[end - 1];
    list[end - 1] = list[0];
    list[0] = last;
    sift(list, 0, end - 1);
  }
}

static bool can_be_emptied(const filling *f, const placement *s, uint32_t host) {
  const problem *p = s->problem;
  return s->population[host] > 0 && f->model->fixed[host] == 0 &&
         (p->host_may_sleep[host] || p->host_asleep[host]);
}

/* Small items are easy to place elsewhere, so the sum of squares tells how hard a host is; their
 * number, how many moves it costs. */
static int64_t score_host(const filling *f, const placement *s, uint32_t host, int64_t gain) {
  int64_t score = gain;
  int64_t of_one = f->whole / VMS_OF_A_HOST * f->few_moves;
  for (uint32_t item = s->first[host]; item != BERTH_NONE; item = s->next[item]) {
    int64_t worth = f->worth[f->model->item_class[item]];
    score += (int64_t)((double)worth * (double)worth / (double)f->whole) + of_one;
  }
  return score;
}

/* Capacity of the scarcest resource for each unit of weight. */
static double efficiency(const filling *f, uint32_t host) {
  const problem *p = f->model->problem;
  int64_t weight = p->host_weight[host] > 0 ? p->host_weight[host] : 1;
  return (double)p->capacity[(size_t)host * p->resource_count + f->scarce] / (double)weight;
}

/* Without prices: what a full host of the group is worth more than the least efficient one of its
 * weight. */
static int64_t gain_by_capacity(const filling *f, uint32_t group) {
  const host_groups *g = f->groups;
  double least = efficiency(f, g->groups[0].host);
  for (uint32_t i = 1; i < g->group_count; i++) {
    double of_group = efficiency(f, g->groups[i].host);
    least = of_group < least ? of_group : least;
  }
  double ratio = least > 0 ? efficiency(f, g->groups[group].host) / least - 1 : 0;
  return (int64_t)(ratio < 1000 ? ratio * (double)f->whole : 1000 * (double)f->whole);
}

static void order_hosts(filling *f, const placement *s, const pattern_dual *dual) {
  const host_groups *g = f->groups;
  f->order_count = 0;
  for (uint32_t i = 0; i < g->group_count; i++) {
    int64_t gain, upper;
    if (dual->found)
      (void)pattern_price(&f->pricer, i, &dual->prices, KNAPSACK_QUICK, &gain, &upper);
    else
      gain = gain_by_capacity(f, i);
    for (uint32_t j = 0; j < g->groups[i].count; j++) {
      uint32_t host = g->hosts[g->groups[i].first + j];
      if (can_be_emptied(f, s, host))
        f->order[f->order_count++] = (candidate){host, score_host(f, s, host, gain > 0 ? gain : 0)};
    }
  }
  sort_candidates(f->order, f->order_count);
}

/* ---------------------------------------------------------------------- filling */

static void empty_hosts(filling *f, const placement *s, uint32_t count) {
  memset(f->emptied, 0, s->problem->host_count);
  memset(f->pool_count, 0, f->model->class_count * sizeof *f->pool_count);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t host = f->order[i].host;
    f->emptied[host] = 1;
    for (uint32_t item = s->first[host]; item != BERTH_NONE; item = s->next[item]) {
      uint32_t c = f->model->item_class[item];
      f->pool[f->model->classes[c].first + f->pool_count[c]++] = item;
    }
  }
}

/* Share of the fullest resource, in 1/2^20. */
static int64_t fill_of(const placement *s, uint32_t host) {
  const problem *p = s->problem;
  size_t row = (size_t)host * p->resource_count;
  int64_t fill = 0;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    int64_t capacity = p->capacity[row + r], use = s->use[row + r];
    if (capacity == BERTH_UNLIMITED || capacity == 0)
      continue;
    int64_t share = use >= capacity ? INT64_C(1) << 20 : (use << 20) / capacity;
    fill = share > fill ? share : fill;
  }
  return fill;
}

static uint32_t list_kept(filling *f, const placement *s) {
  const problem *p = s->problem;
  uint32_t count = 0;
  for (uint32_t h = 0; h < p->host_count; h++) {
    if (!p->host_open[h] || f->emptied[h] || s->population[h] == 0)
      continue;
    f->kept[count++] = (candidate){h, fill_of(s, h)};
  }
  sort_candidates(f->kept, count);
  return count;
}

/* The emptied items that may come to a host and fit its gap. */
static uint32_t gap_types(const filling *f, const placement *s, uint32_t host) {
  const content_model *m = f->model;
  uint32_t count = 0, resources = m->problem->resource_count;
  size_t row = (size_t)host * resources;
  for (uint32_t r = 0; r < resources; r++)
    f->room[r] = m->problem->limit[row + r] - s->use[row + r];
  for (uint32_t c = 0; c < m->class_count; c++) {
    bool fits = f->pool_count[c] > 0 && host_bits_test(m->classes[c].hosts, host);
    for (uint32_t r = 0; r < resources && fits; r++)
      fits = m->classes[c].demand[r] <= f->room[r];
    if (!fits)
      continue;
    int64_t worth = f->worth[c];
    int64_t premium =
        (int64_t)((double)worth * (double)worth / ((double)f->whole * LARGE_ITEM_PREMIUM));
    f->pricer.types[count++] = (knapsack_type){.demand = m->classes[c].demand,
                                               .profit = worth + premium,
                                               .most = f->pool_count[c],
                                               .label = c};
  }
  return count;
}

static bool keeps_rules(placement *s, uint32_t item, uint32_t host) {
  int64_t broken = s->value[BERTH_LEVEL_SHOULD_BROKEN];
  uint32_t home = s->host[item];
  if (!placement_fits(s, item, host))
    return false;
  placement_move(s, item, host);
  if (s->value[BERTH_LEVEL_SHOULD_BROKEN] <= broken)
    return true;
  placement_move(s, item, home);
  return false;
}

static void fill_host(filling *f, placement *s, uint32_t host) {
  knapsack_result result;
  uint32_t count = gap_types(f, s, host);
  if (count == 0)
    return;
  knapsack_best(f->pricer.knapsack, f->pricer.types, count, f->room, KNAPSACK_QUICK,
                f->pricer.counts, &result);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t c = f->pricer.types[i].label;
    uint32_t *items = f->pool + f->model->classes[c].first;
    for (uint32_t n = 0; n < f->pricer.counts[i]; n++) {
      if (keeps_rules(s, items[f->pool_count[c] - 1], host))
        f->pool_count[c]--;
    }
  }
}

/* Makes room by moving one item of another host on. A host that was overloaded may be filled to its
 * limit again: such a plan is not taken in the end. */
static bool place_by_chain(filling *f, placement *s, uint32_t item) {
  if (f->chains_left == 0 || s->problem->rule_count > 0)
    return false;
  f->chains_left--;
  return ejection_chain_place(s, item, 1, CHAIN_SCANS, f->emptied);
}

/* Best fit for what is left over; what fits nowhere keeps its host on. */
static void place_leftover(filling *f, placement *s) {
  const content_model *m = f->model;
  for (uint32_t c = 0; c < m->class_count; c++) {
    for (uint32_t i = 0; i < f->pool_count[c]; i++) {
      uint32_t item = f->pool[m->classes[c].first + i], home = s->host[item];
      if (!f->emptied[home])
        continue;
      uint32_t host = destination_best(s, item, f->emptied, false);
      if (host != BERTH_NONE && keeps_rules(s, item, host))
        continue;
      if (!place_by_chain(f, s, item))
        f->emptied[home] = 0;
    }
  }
}

/* A plan that empties so many hosts, if it can. */
static void fill_gaps(filling *f, placement *s, uint32_t count) {
  empty_hosts(f, s, count);
  uint32_t kept = list_kept(f, s);
  f->chains_left = CHAINS;
  for (uint32_t i = 0; i < kept && !search_clock_over(f->clock); i++)
    fill_host(f, s, f->kept[i].host);
  if (!search_clock_over(f->clock))
    place_leftover(f, s);
}

static bool take_arrays(filling *f, arena *memory) {
  const problem *p = f->model->problem;
  f->worth = arena_take(memory, f->model->class_count, sizeof *f->worth);
  f->order = arena_take(memory, p->host_count, sizeof *f->order);
  f->kept = arena_take(memory, p->host_count, sizeof *f->kept);
  f->emptied = arena_take(memory, p->host_count, 1);
  f->pool = arena_take(memory, p->item_count, sizeof *f->pool);
  f->pool_count = arena_take(memory, f->model->class_count, sizeof *f->pool_count);
  f->room = arena_take(memory, p->resource_count, sizeof *f->room);
  return f->worth != NULL && f->order != NULL && f->kept != NULL && f->emptied != NULL &&
         f->pool != NULL && f->pool_count != NULL && f->room != NULL &&
         pattern_pricer_init(&f->pricer, f->groups, memory);
}

/* Hosts in front of the order whose weight is no more than @p surplus. */
static uint32_t most_to_empty(const filling *f, const problem *p, int64_t surplus) {
  uint32_t count = 0;
  while (count < f->order_count && surplus >= p->host_weight[f->order[count].host])
    surplus -= p->host_weight[f->order[count++].host];
  return count;
}

static void find_scarce(filling *f, const placement *s) {
  const problem *p = s->problem;
  double most = 0;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    double use = 0, capacity = 0;
    for (uint32_t h = 0; h < p->host_count; h++) {
      size_t cell = (size_t)h * p->resource_count + r;
      if (!p->host_open[h] || s->population[h] == 0 || p->capacity[cell] == BERTH_UNLIMITED)
        continue;
      use += (double)s->use[cell];
      capacity += (double)p->capacity[cell];
    }
    if (capacity <= 0 || use / capacity <= most)
      continue;
    most = use / capacity;
    f->scarce = r;
    f->spare_capacity = capacity - use;
  }
}

/* Hosts in front of the order that the free room of the scarcest resource could do without. */
static uint32_t most_by_room(const filling *f, const problem *p) {
  double left = f->spare_capacity;
  uint32_t count = 0;
  for (; count < f->order_count; count++) {
    left -= (double)p->capacity[(size_t)f->order[count].host * p->resource_count + f->scarce];
    if (left < 0)
      break;
  }
  return count;
}

/* Bisection for the most hosts that can be emptied, between what @p s does and what @p bound
 * allows. */
static void try_counts(filling *f, placement *s, const placement *start, placement *now,
                       int64_t bound) {
  const problem *p = s->problem;
  int64_t value = start->value[BERTH_LEVEL_HOSTS_ON];
  uint32_t low = most_to_empty(f, p, value - s->value[BERTH_LEVEL_HOSTS_ON]);
  uint32_t high = most_to_empty(f, p, value - bound), by_room = most_by_room(f, p);
  high = by_room < high ? by_room : high;
  uint32_t count = high;
  for (uint32_t trial = 0; trial < TRIALS && low < high && !search_clock_over(f->clock); trial++) {
    placement_copy(now, start);
    fill_gaps(f, now, count);
    int64_t emptied = value - now->value[BERTH_LEVEL_HOSTS_ON];
    if (placement_compare(p, now->value, s->value) < 0)
      placement_copy(s, now);
    if (most_to_empty(f, p, emptied) >= count)
      low = count;
    else
      high = count - 1;
    count = low + (high - low + 1) / 2;
  }
}

/* As many hosts as @p s empties, but others. */
static void try_again(filling *f, placement *s, const placement *start, placement *now) {
  const problem *p = s->problem;
  int64_t emptied = start->value[BERTH_LEVEL_HOSTS_ON] - s->value[BERTH_LEVEL_HOSTS_ON];
  if (emptied == 0 || search_clock_over(f->clock))
    return;
  placement_copy(now, start);
  fill_gaps(f, now, most_to_empty(f, p, emptied));
  if (placement_compare(p, now->value, s->value) < 0)
    placement_copy(s, now);
}

bool gap_filling(placement *s, const placement *start, const host_groups *groups,
                 const pattern_dual *dual, int64_t bound, search_clock *clock) {
  arena memory;
  placement now;
  filling f = {.groups = groups, .model = groups->model, .clock = clock};
  arena_init(&memory, context_allocator(clock->ctx));
  bool ok = take_arrays(&f, &memory) && placement_clone(&now, s, &memory);
  if (ok && groups->group_count > 0) {
    find_scarce(&f, start);
    value_classes(&f, dual);
    order_hosts(&f, start, dual);
    try_counts(&f, s, start, &now, bound);
    for (f.few_moves = 1; f.few_moves <= MOST_FEW_MOVES; f.few_moves *= 4) {
      order_hosts(&f, start, dual);
      try_again(&f, s, start, &now);
    }
  }
  arena_free(&memory);
  return ok;
}
