/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of one failure set: every state that migrations reach, hosts asleep or awake, and in each of them
 * every placement of the VMs to be restarted. Written from docs/model.md, section 13, on the arrays
 * of tiny_model.h; it shares no code with the solver.
 */
#include "audit_truth.h"

#include "frozen.h"
#include "tiny_model.h"

#include <assert.h>
#include <berth/scenario.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRIORITIES = 5, MOST_STATES = 60000, MOST_UNITS = 16 };

/* Left without a host, by priority. */
typedef struct lost_vector {
  int64_t of[PRIORITIES];
} lost_vector;

typedef struct truth_search {
  tiny_model model;
  uint32_t may_use;
  uint32_t movable_count, down_count;
  uint32_t movable[TINY_VMS], down[TINY_VMS];
  uint64_t *keys; /* of the states reached; a queue */
  uint32_t count;
  lost_vector best;
  bool gave_up;
} truth_search;

static int compare_lost(const lost_vector *a, const lost_vector *b) {
  for (int i = 0; i < PRIORITIES; i++)
    if (a->of[i] != b->of[i])
      return a->of[i] < b->of[i] ? -1 : 1;
  return 0;
}

static int64_t total(const lost_vector *lost) {
  int64_t sum = 0;
  for (int i = 0; i < PRIORITIES; i++)
    sum += lost->of[i];
  return sum;
}

static void place(truth_search *s, tiny_state *state, uint32_t next, lost_vector *lost) {
  const tiny_model *m = &s->model;
  if (!tiny_together_holds(m, state) || compare_lost(lost, &s->best) >= 0)
    return;
  if (next == s->down_count) {
    s->best = *lost;
    return;
  }
  const uint32_t v = s->down[next];
  for (uint32_t h = 0; h < m->host_count; h++) {
    if (!(m->vms[v].may_arrive & s->may_use & UINT32_C(1) << h) ||
        !tiny_may_arrive(m, state, v, (uint8_t)h))
      continue;
    tiny_state_put(m, state, v, (uint8_t)h);
    place(s, state, next + 1, lost);
    tiny_state_put(m, state, v, TINY_NOWHERE);
  }
  lost->of[m->vms[v].priority]++;
  place(s, state, next + 1, lost);
  lost->of[m->vms[v].priority]--;
}

static void unpack(const truth_search *s, uint64_t key, tiny_state *state) {
  tiny_state_start(&s->model, state);
  for (uint32_t i = 0; i < s->movable_count; i++)
    tiny_state_put(&s->model, state, s->movable[i], (uint8_t)(key >> (4 * i) & 15));
}

typedef struct key_set {
  uint64_t *slots; /* key + 1; 0 = free */
} key_set;

enum { SLOTS = 1 << 18 };

static bool add_key(key_set *seen, uint64_t key) {
  size_t i = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 30) & (SLOTS - 1);
  for (; seen->slots[i] != 0; i = (i + 1) & (SLOTS - 1))
    if (seen->slots[i] == key + 1)
      return false;
  seen->slots[i] = key + 1;
  return true;
}

static void expand(truth_search *s, key_set *seen, uint64_t key, tiny_state *state) {
  for (uint32_t i = 0; i < s->movable_count; i++) {
    const uint32_t v = s->movable[i];
    const uint8_t home = state->where[v];
    for (uint32_t h = 0; h < s->model.host_count; h++) {
      if (!(s->model.vms[v].may_migrate[home] & s->may_use & UINT32_C(1) << h) ||
          !tiny_may_arrive(&s->model, state, v, (uint8_t)h))
        continue;
      const uint64_t next = (key & ~(UINT64_C(15) << (4 * i))) | (uint64_t)h << (4 * i);
      if (s->count < MOST_STATES && add_key(seen, next))
        s->keys[s->count++] = next;
      s->gave_up = s->gave_up || s->count >= MOST_STATES;
    }
  }
}

/* The fewest lost with this help. */
static lost_vector search(truth_search *s, bool wakes, bool moves) {
  key_set seen = {calloc(SLOTS, sizeof(uint64_t))};
  tiny_state state;
  uint64_t start = 0;
  assert(seen.slots != NULL);
  for (int i = 0; i < PRIORITIES; i++)
    s->best.of[i] = INT64_MAX / 16;
  s->may_use = 0;
  for (uint32_t h = 0; h < s->model.host_count; h++)
    s->may_use |= (uint32_t)(s->model.hosts[h].online || (wakes && s->model.hosts[h].wakeable))
                  << h;
  tiny_state_start(&s->model, &state);
  for (uint32_t i = 0; i < s->movable_count; i++)
    start |= (uint64_t)state.where[s->movable[i]] << (4 * i);
  s->count = 0;
  s->keys[s->count++] = start;
  (void)add_key(&seen, start);
  for (uint32_t at = 0; at < s->count && !s->gave_up && total(&s->best) > 0; at++) {
    lost_vector lost = {{0}};
    unpack(s, s->keys[at], &state);
    place(s, &state, 0, &lost);
    if (moves)
      expand(s, &seen, s->keys[at], &state);
  }
  free(seen.slots);
  return s->best;
}

/* Which host belongs to which unit, from the labels as written. */
typedef struct unit_list {
  uint32_t count;
  uint32_t hosts[MOST_UNITS]; /* bits, of the cluster */
} unit_list;

static bool is_on(const berth_inventory *inventory, const frozen_cluster *cluster, uint32_t host) {
  const berth_host_state state = (berth_host_state)inventory->host_state[host];
  return state != BERTH_HOST_FAILED && state != BERTH_HOST_STANDBY &&
         (state != BERTH_HOST_ISOLATED ||
          cluster->set_up.isolation_response == BERTH_ISOLATION_NONE);
}

static bool same_unit(const berth_inventory *inventory, berth_domain domain, uint32_t a,
                      uint32_t b) {
  if (a == b)
    return true;
  const char *one = domain == BERTH_DOMAIN_HOST ? NULL : inventory->host_label[domain][a];
  const char *two = domain == BERTH_DOMAIN_HOST ? NULL : inventory->host_label[domain][b];
  return one != NULL && two != NULL && strcmp(one, two) == 0;
}

static void list_units(const berth_inventory *inventory, const frozen_cluster *cluster,
                       berth_domain domain, unit_list *out) {
  *out = (unit_list){0};
  for (uint32_t h = 0; h < cluster->host_count; h++) {
    const uint32_t host = cluster->first_host + h;
    uint32_t hosts = 0;
    bool on = false, first = true;
    for (uint32_t o = 0; o < cluster->host_count; o++) {
      if (!same_unit(inventory, domain, host, cluster->first_host + o))
        continue;
      hosts |= UINT32_C(1) << o;
      const bool other_on = is_on(inventory, cluster, cluster->first_host + o);
      first = first && !(other_on && o < h);
      on = on || (other_on && o == h);
    }
    if (on && first)
      out->hosts[out->count++] = hosts;
  }
}

/* HA by itself keeps no VMs together, and apart only on hosts, where it is told to. */
static bool ha_ignores(const berth_inventory *inventory, const frozen_rule *rule) {
  if (rule->type == BERTH_RULE_TOGETHER || rule->type == BERTH_RULE_AT_MOST)
    return true;
  return rule->type == BERTH_RULE_APART &&
         (rule->over != BERTH_DOMAIN_HOST ||
          !inventory->clusters[rule->cluster].set_up.respect_anti_affinity);
}

static void drop_rules(berth_context *ctx, const berth_inventory *inventory, uint32_t cluster,
                       berth_scenario *scenario) {
  for (uint32_t r = 0; r < inventory->rule_count; r++) {
    berth_event event = BERTH_EVENT_INIT;
    event.type = BERTH_EVENT_DROP_RULE;
    event.id = inventory->rules[r].id;
    if (inventory->rules[r].cluster == cluster && ha_ignores(inventory, &inventory->rules[r]) &&
        berth_scenario_add(ctx, scenario, &event) != BERTH_OK)
      abort();
  }
}

static const berth_inventory *with_failures(berth_context *ctx, const berth_inventory *inventory,
                                            uint32_t cluster_index, uint32_t hosts,
                                            bool as_ha_alone) {
  const frozen_cluster *cluster = &inventory->clusters[cluster_index];
  berth_scenario *scenario = NULL;
  const berth_inventory *after = NULL;
  if (berth_scenario_new(ctx, &scenario) != BERTH_OK)
    abort();
  if (as_ha_alone)
    drop_rules(ctx, inventory, cluster_index, scenario);
  for (uint32_t h = 0; h < cluster->host_count; h++) {
    berth_event event = BERTH_EVENT_INIT;
    event.type = BERTH_EVENT_FAIL;
    event.host = inventory->host_id[cluster->first_host + h];
    if ((hosts >> h & 1) && berth_scenario_add(ctx, scenario, &event) != BERTH_OK)
      abort();
  }
  if (berth_scenario_apply(ctx, inventory, scenario, &after) != BERTH_OK)
    abort();
  berth_scenario_free(scenario);
  return after;
}

static bool prepare(truth_search *s, const berth_inventory *after, uint32_t cluster) {
  const berth_plan_settings settings = BERTH_PLAN_SETTINGS_INIT;
  if (!tiny_model_init(&s->model, after, cluster, BERTH_GOAL_FAILOVER, &settings))
    return false;
  s->movable_count = s->down_count = 0;
  s->gave_up = false;
  for (uint32_t v = 0; v < s->model.vm_count; v++) {
    const uint32_t vm = after->clusters[cluster].first_vm + v;
    if (s->model.vms[v].requested && after->vm_host[vm] != BERTH_NONE)
      s->down[s->down_count++] = v;
    else if (!s->model.vms[v].requested && s->model.vms[v].movable &&
             s->model.vms[v].start != TINY_NOWHERE)
      s->movable[s->movable_count++] = v;
  }
  return s->movable_count <= 15;
}

/* The verdict, and the fewest lost with all help. */
static berth_audit_verdict find_verdict(truth_search *s, lost_vector *lost) {
  static const berth_audit_verdict words[4] = {BERTH_AUDIT_RESTARTS, BERTH_AUDIT_WAKES,
                                               BERTH_AUDIT_MIGRATIONS,
                                               BERTH_AUDIT_WAKES_AND_MIGRATIONS};
  for (int help = 0; help < 4; help++) {
    *lost = search(s, help & 1, help & 2);
    if (s->gave_up)
      return BERTH_AUDIT_UNDECIDED;
    if (total(lost) == 0)
      return words[help];
  }
  return BERTH_AUDIT_LOST;
}

/* The audit's verdict of the set: those that are not listed are survived by restarts. */
static berth_audit_verdict said_of(const berth_audit_cluster *said, const uint32_t *set,
                                   uint32_t size, const berth_audit_set **listed) {
  *listed = NULL;
  for (uint32_t i = 0; i < said->set_count; i++)
    if (said->sets[i].size == size && memcmp(said->sets[i].units, set, size * sizeof *set) == 0) {
      *listed = &said->sets[i];
      return said->sets[i].verdict;
    }
  return BERTH_AUDIT_RESTARTS;
}

static bool same_losses(const berth_audit_set *listed, const berth_inventory *inventory,
                        const lost_vector *lost) {
  lost_vector found = {{0}};
  for (uint32_t i = 0; i < listed->lost_count; i++)
    found.of[inventory->vm_priority[listed->lost[i]]]++;
  return listed->lost_known && compare_lost(&found, lost) == 0;
}

static void compare_set(const berth_inventory *inventory, berth_context *ctx, uint32_t cluster,
                        const unit_list *units, const berth_audit_cluster *said, uint32_t bits,
                        uint64_t seed, audit_tally_of_truth *tally) {
  truth_search s;
  uint32_t set[MOST_UNITS], size = 0, hosts = 0;
  for (uint32_t u = 0; u < units->count; u++) {
    if (bits >> u & 1) {
      set[size++] = u;
      hosts |= units->hosts[u];
    }
  }
  const berth_inventory *after = with_failures(ctx, inventory, cluster, hosts, false);
  s.keys = malloc(MOST_STATES * sizeof *s.keys);
  lost_vector lost = {{0}};
  tally->sets++;
  const berth_audit_verdict truth = s.keys != NULL && prepare(&s, after, cluster)
                                        ? find_verdict(&s, &lost)
                                        : BERTH_AUDIT_UNDECIDED;
  const berth_audit_set *listed;
  const berth_audit_verdict claim = said_of(said, set, size, &listed);
  tally->skipped += truth == BERTH_AUDIT_UNDECIDED;
  tally->verdict[truth]++;
  if (truth != BERTH_AUDIT_UNDECIDED &&
      (claim != truth || (claim == BERTH_AUDIT_LOST && !same_losses(listed, inventory, &lost)))) {
    tally->disagreed++;
    (void)fprintf(stderr,
                  "seed %" PRIu64 " cluster %" PRIu32 " hosts %" PRIx32 ": audit says %s (%" PRIu32
                  " lost), truth is %s (%" PRId64 ")\n",
                  seed, cluster, hosts, berth_audit_verdict_word(claim),
                  listed != NULL ? listed->lost_count : 0, berth_audit_verdict_word(truth),
                  total(&lost));
  }
  free(s.keys);
  berth_inventory_release(after);
}

/* Whether HA alone restarts all after the set; undecided sets count as such in @p skipped. */
static bool is_alone_enough(const berth_inventory *inventory, berth_context *ctx, uint32_t cluster,
                            const unit_list *units, uint32_t bits, bool *skipped) {
  truth_search s;
  uint32_t hosts = 0;
  for (uint32_t u = 0; u < units->count; u++)
    hosts |= bits >> u & 1 ? units->hosts[u] : 0;
  const berth_inventory *after = with_failures(ctx, inventory, cluster, hosts, true);
  s.keys = malloc(MOST_STATES * sizeof *s.keys);
  lost_vector lost = {{1}};
  if (s.keys != NULL && prepare(&s, after, cluster))
    lost = search(&s, false, false);
  else
    *skipped = true;
  free(s.keys);
  berth_inventory_release(after);
  return total(&lost) == 0;
}

static void compare_alone(const berth_inventory *inventory, berth_context *ctx, uint32_t cluster,
                          const unit_list *units, const berth_audit_cluster *said, uint32_t size,
                          uint64_t seed, audit_tally_of_truth *tally) {
  uint64_t alone = 0;
  bool skipped = false;
  for (uint32_t bits = 0; bits < UINT32_C(1) << units->count; bits++)
    if ((uint32_t)__builtin_popcount(bits) == size)
      alone += is_alone_enough(inventory, ctx, cluster, units, bits, &skipped);
  if (size >= said->size_count || skipped)
    return;
  tally->alone += alone;
  tally->alone_more += alone > said->sizes[size].count[BERTH_AUDIT_RESTARTS];
  if (alone == said->sizes[size].alone && said->sizes[size].alone_undecided == 0)
    return;
  tally->disagreed++;
  (void)fprintf(stderr,
                "seed %" PRIu64 " cluster %" PRIu32 " size %" PRIu32
                ": audit says HA alone %" PRIu64 ", truth %" PRIu64 "\n",
                seed, cluster, size, said->sizes[size].alone, alone);
}

static void compare_cluster(const random_case *random, berth_context *ctx, uint32_t cluster,
                            const berth_audit *audit, berth_domain domain, uint32_t failures,
                            uint64_t seed, audit_tally_of_truth *tally) {
  const berth_audit_cluster *said = berth_audit_get_cluster(audit, cluster);
  unit_list units;
  list_units(random->inventory, &random->inventory->clusters[cluster], domain, &units);
  if (units.count != said->unit_count) {
    tally->disagreed++;
    (void)fprintf(stderr, "seed %" PRIu64 ": %" PRIu32 " units, audit has %" PRIu32 "\n", seed,
                  units.count, said->unit_count);
    return;
  }
  for (uint32_t bits = 0; bits < UINT32_C(1) << units.count; bits++)
    if ((uint32_t)__builtin_popcount(bits) <= failures)
      compare_set(random->inventory, ctx, cluster, &units, said, bits, seed, tally);
  for (uint32_t size = 0; size <= failures; size++)
    compare_alone(random->inventory, ctx, cluster, &units, said, size, seed, tally);
}

void audit_truth_compare(uint64_t seed, random_family family, bool scaled, uint32_t failures,
                         audit_tally_of_truth *tally) {
  berth_context *ctx = NULL;
  random_case random;
  berth_audit *audit = NULL;
  berth_audit_request request = BERTH_AUDIT_REQUEST_INIT;
  request.failures = failures;
  request.domain =
      seed % 3 == 0 ? (berth_domain)(seed / 3 % BERTH_DOMAIN_COUNT) : BERTH_DOMAIN_HOST;
  if (berth_context_new(NULL, &ctx) != BERTH_OK ||
      random_cluster(ctx, seed, family, scaled, &random) != BERTH_OK ||
      berth_audit_run(ctx, random.inventory, &request, &audit) != BERTH_OK)
    abort();
  for (uint32_t c = 0; c < random.inventory->cluster_count; c++)
    compare_cluster(&random, ctx, c, audit, request.domain, failures, seed, tally);
  berth_audit_free(audit);
  berth_inventory_release(random.inventory);
  berth_context_free(ctx);
}
