/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every state that migrations reach, in the order of their number; in each the most mixes that can
 * be placed; and for failures every end state without migrations. Written from docs/model.md,
 * section 14, on the arrays of tiny_model.h; it shares no code with the solver.
 */
#include "capacity_truth.h"

#include "frozen.h"
#include "tiny_model.h"

#include <assert.h>
#include <berth/scenario.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STATES = 20000, MOST_MIXES = 6, MOST_KINDS = 2, LIMITS = 4, SLOTS = 1 << 17 };

typedef struct mix_kind {
  char like[32]; /* "" = by figures */
  int64_t cpu, memory, count;
} mix_kind;

typedef struct truth_search {
  tiny_model model;
  uint32_t online, on; /* hosts */
  uint32_t kind_count;
  uint32_t first[MOST_KINDS]; /* VM of the model */
  int64_t count[MOST_KINDS];
  uint32_t movable_count, down_count;
  uint32_t movable[TINY_VMS], down[TINY_VMS];
  uint32_t failures;
  uint64_t tries;
  bool gave_up;
} truth_search;

/* ------------------------------------------------------------------------------- placing */

typedef bool (*end_check)(truth_search *s, const tiny_state *state);

static bool accept(truth_search *s, const tiny_state *state) {
  return tiny_together_holds(&s->model, state);
}

static bool accept_survivor(truth_search *s, const tiny_state *state) {
  s->tries += 500; /* each is a search of its own */
  if (!tiny_together_holds(&s->model, state))
    return false;
  for (uint32_t failed = s->on; failed != 0; failed = (failed - 1) & s->on)
    if ((uint32_t)__builtin_popcount(failed) <= s->failures &&
        !tiny_survives_set(&s->model, state, s->online, failed))
      return false;
  return true;
}

/* The VM that is placed as number `next`: those that are down, then kind by kind. */
static uint32_t vm_at(const truth_search *s, int64_t mixes, uint32_t next, bool *same) {
  *same = false;
  if (next < s->down_count)
    return s->down[next];
  next -= s->down_count;
  for (uint32_t k = 0; k < s->kind_count; k++) {
    const uint32_t size = (uint32_t)(mixes * s->count[k]);
    *same = next > 0;
    if (next < size)
      return s->first[k] + next;
    next -= size;
  }
  return TINY_VMS;
}

static bool place(truth_search *s, tiny_state *state, int64_t mixes, uint32_t next,
                  end_check check) {
  bool same;
  const uint32_t v = vm_at(s, mixes, next, &same);
  if (++s->tries > 3000000)
    s->gave_up = true;
  if (s->gave_up)
    return false;
  if (v == TINY_VMS)
    return check(s, state);
  const uint32_t from = same ? state->where[v - 1] : 0;
  for (uint32_t h = from; h < s->model.host_count; h++) {
    if (!(s->model.vms[v].may_arrive & s->online & UINT32_C(1) << h) ||
        !tiny_may_arrive(&s->model, state, v, (uint8_t)h))
      continue;
    tiny_state_put(&s->model, state, v, (uint8_t)h);
    const bool found = place(s, state, mixes, next + 1, check);
    tiny_state_put(&s->model, state, v, TINY_NOWHERE);
    if (found)
      return true;
  }
  return false;
}

/* ------------------------------------------------------------------------------- moving */

static void unpack(const truth_search *s, uint64_t key, tiny_state *state) {
  tiny_state_start(&s->model, state);
  for (uint32_t i = 0; i < s->movable_count; i++)
    tiny_state_put(&s->model, state, s->movable[i], (uint8_t)(key >> (4 * i) & 15));
}

static bool add_key(uint64_t *slots, uint64_t key) {
  size_t i = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 30) & (SLOTS - 1);
  for (; slots[i] != 0; i = (i + 1) & (SLOTS - 1))
    if (slots[i] == key + 1)
      return false;
  slots[i] = key + 1;
  return true;
}

static void expand(truth_search *s, uint64_t *seen, uint64_t *keys, uint32_t *count, uint64_t key,
                   const tiny_state *state) {
  for (uint32_t i = 0; i < s->movable_count; i++) {
    const uint32_t v = s->movable[i];
    for (uint32_t h = 0; h < s->model.host_count; h++) {
      if (!(s->model.vms[v].may_migrate[state->where[v]] & s->online & UINT32_C(1) << h) ||
          !tiny_may_arrive(&s->model, state, v, (uint8_t)h))
        continue;
      const uint64_t next = (key & ~(UINT64_C(15) << (4 * i))) | (uint64_t)h << (4 * i);
      if (*count == MOST_STATES)
        s->gave_up = true;
      else if (add_key(seen, next))
        keys[(*count)++] = next;
    }
  }
}

/* most[m]: mixes with up to m migrations; the last: with any number. */
static void count_moved(truth_search *s, int64_t most[LIMITS + 1]) {
  uint64_t *seen = calloc(SLOTS, sizeof *seen), *keys = malloc(MOST_STATES * sizeof *keys);
  uint64_t start = 0;
  int64_t best = -1;
  tiny_state state;
  uint32_t count = 0, done = 0;
  assert(seen != NULL && keys != NULL);
  tiny_state_start(&s->model, &state);
  for (uint32_t i = 0; i < s->movable_count; i++)
    start |= (uint64_t)state.where[s->movable[i]] << (4 * i);
  keys[count++] = start;
  (void)add_key(seen, start);
  for (uint32_t depth = 0; done < count && !s->gave_up; depth++) {
    for (const uint32_t end = count; done < end && !s->gave_up; done++) {
      unpack(s, keys[done], &state);
      while (best < MOST_MIXES && place(s, &state, best + 1, 0, accept))
        best++;
      expand(s, seen, keys, &count, keys[done], &state);
    }
    for (uint32_t m = depth; m <= LIMITS; m++)
      most[m] = best;
    most[LIMITS] = best;
  }
  free(seen);
  free(keys);
}

static int64_t count_survived(truth_search *s, uint32_t failures) {
  int64_t most = -1;
  tiny_state state;
  s->failures = failures;
  tiny_state_start(&s->model, &state);
  while (most < MOST_MIXES && place(s, &state, most + 1, 0, accept_survivor))
    most++;
  return most;
}

/* ------------------------------------------------------------------------------- the question */

static uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

/* A share of the largest host, or what a VM of the cluster is. */
static void draw_kind(const berth_inventory *inventory, const frozen_cluster *cluster,
                      uint64_t *random, mix_kind *kind) {
  int64_t most[2] = {1, 1};
  for (uint32_t h = 0; h < cluster->host_count; h++)
    for (int r = 0; r < 2; r++) {
      const int64_t here =
          inventory->host_capacity[(size_t)(cluster->first_host + h) * inventory->resource_count +
                                   (size_t)r];
      most[r] = here > most[r] ? here : most[r];
    }
  *kind = (mix_kind){.count = next_random(random) % 4 == 0 ? 2 : 1};
  if (cluster->vm_count > 0 && next_random(random) % 3 == 0) {
    const uint32_t vm = cluster->first_vm + (uint32_t)(next_random(random) % cluster->vm_count);
    (void)snprintf(kind->like, sizeof kind->like, "%s", inventory->vm_id[vm]);
    return;
  }
  kind->cpu = most[0] / (int64_t)(2 + next_random(random) % 6);
  kind->memory = most[1] / (int64_t)(2 + next_random(random) % 4);
  kind->memory = kind->memory > 0 ? kind->memory : 1;
}

static const berth_inventory *add_mixes(berth_context *ctx, const berth_inventory *inventory,
                                        const char *cluster, const mix_kind *kinds,
                                        uint32_t count) {
  berth_scenario *scenario = NULL;
  const berth_inventory *after = NULL;
  if (berth_scenario_new(ctx, &scenario) != BERTH_OK)
    abort();
  for (uint32_t k = 0; k < count; k++) {
    berth_event event = BERTH_EVENT_INIT;
    event.type = kinds[k].like[0] != '\0' ? BERTH_EVENT_ADD_VM : BERTH_EVENT_ADD_FLAVOUR;
    event.count = kinds[k].count * MOST_MIXES;
    if (kinds[k].like[0] != '\0')
      event.like = kinds[k].like;
    else {
      event.cluster = cluster;
      event.cpu_mhz = kinds[k].cpu;
      event.memory_mib = kinds[k].memory;
    }
    if (berth_scenario_add(ctx, scenario, &event) != BERTH_OK)
      abort();
  }
  if (berth_scenario_apply(ctx, inventory, scenario, &after) != BERTH_OK)
    abort();
  berth_scenario_free(scenario);
  return after;
}

static bool prepare(truth_search *s, const berth_inventory *after, uint32_t cluster,
                    uint32_t before, const mix_kind *kinds, uint32_t count) {
  const berth_plan_settings settings = BERTH_PLAN_SETTINGS_INIT;
  const frozen_cluster *of = &after->clusters[cluster];
  *s = (truth_search){.kind_count = count};
  if (!tiny_model_init(&s->model, after, cluster, BERTH_GOAL_DEFRAGMENT, &settings))
    return false;
  uint32_t next = before;
  for (uint32_t k = 0; k < count; k++) {
    s->first[k] = next;
    s->count[k] = kinds[k].count;
    next += (uint32_t)kinds[k].count * MOST_MIXES;
  }
  for (uint32_t v = 0; v < before; v++) {
    const bool waits = after->vm_host[of->first_vm + v] == BERTH_NONE;
    if (s->model.vms[v].requested && !waits)
      s->down[s->down_count++] = v;
    else if (!s->model.vms[v].requested && s->model.vms[v].movable &&
             s->model.vms[v].start != TINY_NOWHERE)
      s->movable[s->movable_count++] = v;
  }
  for (uint32_t h = 0; h < s->model.host_count; h++) {
    const berth_host_state state = (berth_host_state)after->host_state[of->first_host + h];
    const bool off =
        state == BERTH_HOST_FAILED || state == BERTH_HOST_STANDBY ||
        (state == BERTH_HOST_ISOLATED && of->set_up.isolation_response != BERTH_ISOLATION_NONE);
    s->online |= (uint32_t)s->model.hosts[h].online << h;
    s->on |= (uint32_t)!off << h;
  }
  return s->movable_count <= 15;
}

/* ------------------------------------------------------------------------------- comparing */

static void compare(const char *what, int64_t at, const berth_capacity_figure *said, int64_t truth,
                    uint64_t seed, uint32_t cluster, capacity_tally *tally) {
  const bool least = said->least <= truth || truth == MOST_MIXES;
  tally->figures++;
  tally->decided += said->least == said->most;
  if (least && said->most >= truth)
    return;
  tally->disagreed++;
  (void)fprintf(stderr,
                "seed %" PRIu64 " cluster %" PRIu32 " %s %" PRId64 ": said %" PRId64 " to %" PRId64
                ", truth %" PRId64 "\n",
                seed, cluster, what, at, said->least, said->most, truth);
}

static void compare_cluster(berth_context *ctx, const berth_inventory *inventory, uint32_t cluster,
                            uint64_t seed, uint32_t failures, capacity_tally *tally) {
  static const int64_t limits[LIMITS + 1] = {0, 1, 2, 3, BERTH_UNLIMITED};
  const frozen_cluster *of = &inventory->clusters[cluster];
  uint64_t random = seed * 2654435761u + cluster;
  const uint32_t count = next_random(&random) % 4 == 0 ? 2 : 1;
  mix_kind kinds[MOST_KINDS];
  berth_capacity_flavour flavours[MOST_KINDS];
  berth_capacity_request request = BERTH_CAPACITY_REQUEST_INIT;
  berth_capacity *capacity = NULL;
  truth_search s;
  int64_t most[LIMITS + 1] = {0};
  for (uint32_t k = 0; k < count; k++) {
    draw_kind(inventory, of, &random, &kinds[k]);
    flavours[k] = (berth_capacity_flavour)BERTH_CAPACITY_FLAVOUR_INIT;
    flavours[k].count = kinds[k].count;
    flavours[k].like = kinds[k].like[0] != '\0' ? kinds[k].like : NULL;
    flavours[k].cpu_mhz = kinds[k].cpu;
    flavours[k].memory_mib = kinds[k].memory;
  }
  request.flavours = flavours;
  request.flavour_count = count;
  request.failures = failures;
  request.cluster = of->id;
  request.migrations = limits;
  request.migration_count = LIMITS + 1;
  if (berth_capacity_run(ctx, inventory, &request, &capacity) != BERTH_OK) {
    (void)fprintf(stderr, "seed %" PRIu64 ": %s\n", seed, berth_context_detail(ctx));
    abort();
  }
  const berth_capacity_cluster *said = berth_capacity_get_cluster(capacity, cluster);
  const berth_inventory *after = add_mixes(ctx, inventory, of->id, kinds, count);
  tally->clusters++;
  bool known = prepare(&s, after, cluster, of->vm_count, kinds, count);
  if (known)
    count_moved(&s, most);
  known = known && !s.gave_up;
  for (uint32_t i = 0; i <= LIMITS && known; i++)
    compare("migrations", limits[i], &said->migrated[i], most[i], seed, cluster, tally);
  if (known)
    compare("now", 0, &said->now, most[0], seed, cluster, tally);
  tally->gained += known && most[LIMITS] > most[0];
  for (uint32_t k = 1; k <= failures && known; k++) {
    s.tries = 0;
    const int64_t truth = count_survived(&s, k);
    if (!s.gave_up)
      compare("failures", k, &said->survived[k], truth, seed, cluster, tally);
    tally->held += !s.gave_up && truth > 0;
  }
  tally->skipped += !known;
  berth_capacity_free(capacity);
  berth_inventory_release(after);
}

void capacity_truth_compare(uint64_t seed, random_family family, bool scaled, uint32_t failures,
                            capacity_tally *tally) {
  berth_context *ctx = NULL;
  random_case random;
  if (berth_context_new(NULL, &ctx) != BERTH_OK ||
      random_cluster(ctx, seed, family, scaled, &random) != BERTH_OK)
    abort();
  for (uint32_t c = 0; c < random.inventory->cluster_count; c++)
    compare_cluster(ctx, random.inventory, c, seed, failures, tally);
  berth_inventory_release(random.inventory);
  berth_context_free(ctx);
}
