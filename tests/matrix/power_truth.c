/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A state is where each VM runs, four bits for each, and which hosts were woken, five more. From
 * the start, every migration that keeps the limits (of what is reserved, and of what is used) leads
 * to the next one. In each state every set of hosts that could be on is judged: enough of them,
 * admission control, failures.
 */
#include "power_truth.h"

#include <assert.h>
#include <berth/power.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOSTS = 5, VMS = 8, WOKEN = 4 * VMS, MOST_STATES = 400000, SLOTS = 1 << 20 };

/* cpu and memory reserved, cpu and memory used. */
enum { RESOURCES = 4, RESERVED = 2 };

typedef struct toy {
  uint32_t host_count, vm_count, failures;
  bool ha, keep, by_power;
  berth_admission admission;
  int64_t tolerated, reserve_percent; /* -1 = from the failures */
  bool online[HOSTS], wakes[HOSTS];
  int64_t watts[HOSTS], has[HOSTS][RESOURCES]; /* of the last two: 81 % */
  uint32_t at[VMS], only[VMS];                 /* host; hosts that the rule allows */
  bool movable[VMS], knows[VMS];
  int64_t needs[VMS][RESOURCES];
  bool apart; /* the first two VMs */
} toy;

static uint32_t draw(uint64_t *state, uint32_t below) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(*state >> 33) % below;
}

static bool chance(uint64_t *state, uint32_t percent) {
  return draw(state, 100) < percent;
}

/* ---------------------------------------------------------------------- the cluster */

static void invent_hosts(toy *t, uint64_t *r) {
  bool uniform = chance(r, 40);
  t->host_count = 2 + draw(r, HOSTS - 1);
  for (uint32_t h = 0; h < t->host_count; h++) {
    t->has[h][0] = uniform ? 10000 : 5000 + 1000 * draw(r, 10);
    t->has[h][1] = uniform ? 10000 : 5000 + 1000 * draw(r, 10);
    t->has[h][2] = t->has[h][0] * 81 / 100;
    t->has[h][3] = t->has[h][1] * 81 / 100;
    t->online[h] = h == 0 || chance(r, 80);
    t->wakes[h] = chance(r, 80);
    t->watts[h] = 100 + 50 * draw(r, 4);
  }
}

static void invent_vms(toy *t, uint64_t *r) {
  uint32_t size = 10 + draw(r, 30);
  t->vm_count = 1 + draw(r, VMS - 1);
  for (uint32_t v = 0; v < t->vm_count; v++) {
    do
      t->at[v] = draw(r, t->host_count);
    while (!t->online[t->at[v]]);
    t->movable[v] = chance(r, 90);
    t->knows[v] = chance(r, 85);
    t->only[v] = chance(r, 15) ? draw(r, 1u << t->host_count) | 1u << t->at[v] : UINT32_MAX;
    for (uint32_t k = 0; k < RESERVED; k++) {
      t->needs[v][k] = 100 * draw(r, size + 1);
      t->needs[v][k + RESERVED] = t->knows[v] ? 100 * draw(r, size + 1) : t->needs[v][k];
    }
  }
  t->apart = t->vm_count > 1 && chance(r, 20);
}

static void invent(toy *t, uint64_t seed) {
  uint64_t r = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
  *t = (toy){0};
  for (int i = 0; i < 4; i++)
    (void)draw(&r, 2);
  t->ha = chance(&r, 70);
  t->keep = chance(&r, 80);
  t->by_power = chance(&r, 25);
  t->failures = chance(&r, 40) ? 1 + draw(&r, 2) : 0;
  t->admission = (berth_admission)draw(&r, 3);
  t->tolerated = 1 + draw(&r, 2);
  t->reserve_percent = chance(&r, 50) ? -1 : 10 * (int64_t)draw(&r, 7);
  invent_hosts(t, &r);
  invent_vms(t, &r);
}

static void name(char *text, char kind, uint32_t number) {
  text[0] = kind;
  text[1] = (char)('1' + number);
  text[2] = '\0';
}

static void add_rules(const toy *t, berth_builder *builder, uint32_t cluster) {
  for (uint32_t v = 0; v < t->vm_count; v++) {
    char id[8], vm[4], hosts[4 * HOSTS] = "";
    berth_rule_spec rule = BERTH_RULE_SPEC_INIT;
    if (t->only[v] == UINT32_MAX)
      continue;
    name(vm, 'v', v);
    (void)snprintf(id, sizeof id, "on-%s", vm);
    for (uint32_t h = 0, end = 0; h < t->host_count; h++) {
      if (t->only[v] >> h & 1) {
        hosts[end++] = ' ';
        name(hosts + end, 'h', h);
        end += 2;
      }
    }
    rule.id = id;
    rule.vms = vm;
    rule.hosts = hosts;
    if (berth_builder_add_rule(builder, cluster, &rule, NULL) != BERTH_OK)
      abort();
  }
  if (t->apart) {
    berth_rule_spec rule = BERTH_RULE_SPEC_INIT;
    rule.id = "apart";
    rule.type = BERTH_RULE_APART;
    rule.vms = "v1 v2";
    if (berth_builder_add_rule(builder, cluster, &rule, NULL) != BERTH_OK)
      abort();
  }
}

static void add_objects(const toy *t, berth_builder *builder, uint32_t cluster) {
  char id[4], at[4];
  for (uint32_t h = 0; h < t->host_count; h++) {
    berth_host_spec host = BERTH_HOST_SPEC_INIT;
    name(id, 'h', h);
    host.id = id;
    host.cpu_mhz = t->has[h][0];
    host.memory_mib = t->has[h][1];
    host.state = t->online[h] ? BERTH_HOST_ONLINE : BERTH_HOST_STANDBY;
    host.wake = t->wakes[h] ? BERTH_WAKE_IPMI : BERTH_WAKE_NONE;
    host.power_watts = t->watts[h];
    if (berth_builder_add_host(builder, cluster, &host, NULL) != BERTH_OK)
      abort();
  }
  for (uint32_t v = 0; v < t->vm_count; v++) {
    berth_vm_spec vm = BERTH_VM_SPEC_INIT;
    name(id, 'v', v);
    name(at, 'h', t->at[v]);
    vm.id = id;
    vm.host = at;
    vm.memory_mib = 4096;
    vm.movable = t->movable[v];
    vm.cpu_reservation_mhz = t->needs[v][0];
    vm.memory_reservation_mib = t->needs[v][1];
    if (t->knows[v]) {
      vm.cpu_usage_mhz = t->needs[v][2];
      vm.memory_usage_mib = t->needs[v][3];
    }
    if (berth_builder_add_vm(builder, cluster, &vm, NULL) != BERTH_OK)
      abort();
  }
}

static berth_inventory *build(const toy *t, berth_context *ctx) {
  berth_builder *builder = NULL;
  berth_inventory *inventory = NULL;
  berth_cluster_spec cluster = BERTH_CLUSTER_SPEC_INIT;
  uint32_t index;
  cluster.id = "c";
  cluster.ha_enabled = t->ha;
  cluster.admission = t->admission;
  cluster.admission_failures = t->tolerated;
  cluster.reserve_cpu_percent = cluster.reserve_memory_percent =
      t->reserve_percent < 0 ? BERTH_UNSET : t->reserve_percent;
  if (berth_builder_new(ctx, &builder) != BERTH_OK ||
      berth_builder_add_cluster(builder, &cluster, &index) != BERTH_OK)
    abort();
  add_objects(t, builder, index);
  add_rules(t, builder, index);
  if (berth_builder_freeze(builder, &inventory) != BERTH_OK)
    inventory = NULL;
  berth_builder_free(builder);
  return inventory;
}

/* ---------------------------------------------------------------------- states */

typedef struct toy_state {
  uint32_t at[VMS];
  int64_t use[HOSTS][RESOURCES];
} toy_state;

static void unpack(const toy *t, uint64_t key, toy_state *s) {
  memset(s, 0, sizeof *s);
  for (uint32_t v = 0; v < t->vm_count; v++) {
    s->at[v] = (uint32_t)(key >> 4 * v & 15);
    for (uint32_t k = 0; k < RESOURCES; k++)
      s->use[s->at[v]][k] += t->needs[v][k];
  }
}

static bool joins_apart(const toy *t, const toy_state *s, uint32_t v, uint32_t h) {
  return t->apart && v < 2 && s->at[1 - v] == h;
}

static bool may_move(const toy *t, const toy_state *start, const toy_state *s, uint32_t v,
                     uint32_t h) {
  if (!t->movable[v] || s->at[v] == h || !(t->only[v] >> h & 1))
    return false;
  for (uint32_t k = 0; k < RESOURCES; k++) {
    int64_t limit = start->use[h][k] > t->has[h][k] ? start->use[h][k] : t->has[h][k];
    if (t->needs[v][k] > 0 && s->use[h][k] + t->needs[v][k] > limit)
      return false;
  }
  /* One of the pair goes where the other is: only if both began there, as the limit then is 2. */
  return !joins_apart(t, s, v, h) || (start->at[0] == h && start->at[1] == h);
}

static int64_t violations(const toy *t, const toy_state *s) {
  int64_t count = t->apart && s->at[0] == s->at[1];
  for (uint32_t h = 0; h < t->host_count; h++)
    for (uint32_t k = 0; k < RESOURCES; k++)
      count += s->use[h][k] > t->has[h][k];
  for (uint32_t v = 0; v < t->vm_count; v++)
    count += !(t->only[v] >> s->at[v] & 1);
  return count;
}

/* ---------------------------------------------------------------------- failures */

static bool restart(const toy *t, toy_state *s, uint32_t alive, uint32_t down) {
  uint32_t v = 0;
  if (down == 0)
    return true;
  while (!(down >> v & 1))
    v++;
  for (uint32_t h = 0; h < t->host_count; h++) {
    if (!(alive & t->only[v] & 1u << h) || joins_apart(t, s, v, h))
      continue;
    bool fits = true;
    for (uint32_t k = 0; k < RESERVED; k++)
      fits = fits && (t->needs[v][k] == 0 || s->use[h][k] + t->needs[v][k] <= t->has[h][k]);
    if (!fits)
      continue;
    uint32_t before = s->at[v];
    s->at[v] = h;
    for (uint32_t k = 0; k < RESERVED; k++)
      s->use[h][k] += t->needs[v][k];
    bool all = restart(t, s, alive, down & ~(1u << v));
    s->at[v] = before;
    for (uint32_t k = 0; k < RESERVED; k++)
      s->use[h][k] -= t->needs[v][k];
    if (all)
      return true;
  }
  return false;
}

static bool survives(const toy *t, const toy_state *s, uint32_t on) {
  for (uint32_t failed = 1; failed < 1u << t->host_count; failed++) {
    toy_state after = *s;
    uint32_t down = 0;
    if ((failed & ~on) != 0 || (uint32_t)__builtin_popcount(failed) > t->failures)
      continue;
    for (uint32_t v = 0; v < t->vm_count; v++) {
      if (failed >> s->at[v] & 1) {
        down |= 1u << v;
        after.at[v] = HOSTS;
      }
    }
    if (!restart(t, &after, on & ~failed, down))
      return false;
  }
  return true;
}

/* ---------------------------------------------------------------------- admission control */

static int64_t least_cpu(int64_t cpu) {
  return cpu > 32 ? cpu : 32;
}

static int64_t up(int64_t amount, int64_t slot) {
  return slot == 0 ? 0 : (amount + slot - 1) / slot;
}

static bool slots_are_enough(const toy *t, uint32_t on) {
  int64_t cpu = 32, memory = 0, used = 0, left = 0;
  int64_t slots[HOSTS] = {0};
  for (uint32_t v = 0; v < t->vm_count; v++) {
    cpu = least_cpu(t->needs[v][0]) > cpu ? least_cpu(t->needs[v][0]) : cpu;
    memory = t->needs[v][1] > memory ? t->needs[v][1] : memory;
  }
  for (uint32_t v = 0; v < t->vm_count; v++) {
    int64_t most = up(t->needs[v][0], cpu), other = up(t->needs[v][1], memory);
    most = other > most ? other : most;
    used += most > 1 ? most : 1;
  }
  for (uint32_t h = 0; h < t->host_count; h++) {
    if (!(on >> h & 1))
      continue;
    slots[h] = t->has[h][0] / cpu;
    if (memory > 0 && t->has[h][1] / memory < slots[h])
      slots[h] = t->has[h][1] / memory;
    left += slots[h];
  }
  for (int64_t gone = 0; gone < t->tolerated; gone++) {
    uint32_t most = 0;
    for (uint32_t h = 1; h < HOSTS; h++)
      most = slots[h] > slots[most] ? h : most;
    left -= slots[most];
    slots[most] = 0;
  }
  return left >= used;
}

static bool share_is_enough(const toy *t, uint32_t on) {
  int64_t hosts = __builtin_popcount(on);
  for (uint32_t k = 0; k < RESERVED; k++) {
    int64_t has = 0, needs = 0;
    for (uint32_t h = 0; h < t->host_count; h++)
      has += on >> h & 1 ? t->has[h][k] : 0;
    for (uint32_t v = 0; v < t->vm_count; v++)
      needs += k == 0 ? least_cpu(t->needs[v][k]) : t->needs[v][k];
    int64_t num = t->reserve_percent < 0 ? t->tolerated : t->reserve_percent;
    int64_t den = t->reserve_percent < 0 ? hosts : 100;
    if ((has - needs) * den < num * has)
      return false;
  }
  return hosts >= 2;
}

static bool is_admitted(const toy *t, uint32_t on) {
  if (!t->ha || !t->keep || t->admission == BERTH_ADMISSION_NONE)
    return true;
  return t->admission == BERTH_ADMISSION_SLOTS ? slots_are_enough(t, on) : share_is_enough(t, on);
}

/* ---------------------------------------------------------------------- the truth */

typedef struct toy_search {
  const toy *t;
  toy_state start;
  uint32_t online, usable, stay; /* sets of hosts */
  bool admit;                    /* admission control can be satisfied, and is to be */
  uint32_t least;                /* hosts */
  uint64_t *keys, *seen;         /* of states; a queue, and a set */
  uint32_t count;
  bool gave_up;
  int64_t violations, weight; /* the best */
  int64_t others;             /* violations, least, if nothing had to be survived */
} toy_search;

static int64_t weigh(const toy *t, uint32_t on) {
  int64_t sum = 0;
  for (uint32_t h = 0; h < t->host_count; h++)
    sum += on >> h & 1 ? (t->by_power ? t->watts[h] : 1) : 0;
  return sum;
}

static void set_out(toy_search *s, const toy *t) {
  bool low = false, call = false;
  uint64_t key = 0;
  s->t = t;
  for (uint32_t v = 0; v < t->vm_count; v++)
    key |= (uint64_t)t->at[v] << 4 * v;
  unpack(t, key, &s->start);
  for (uint32_t h = 0; h < t->host_count; h++) {
    if (!t->online[h])
      continue;
    const int64_t *use = s->start.use[h];
    s->online |= 1u << h;
    s->stay |= (t->wakes[h] ? 0u : 1u) << h;
    low = low || (use[2] * 100 < t->has[h][0] * 45 && use[3] * 100 < t->has[h][1] * 45);
    call = call || use[2] * 100 > t->has[h][0] * 81 || use[3] * 100 > t->has[h][1] * 81;
  }
  call = call || !is_admitted(t, s->online) || !survives(t, &s->start, s->online);
  s->usable = s->online;
  for (uint32_t h = 0; h < t->host_count; h++)
    if (call && !t->online[h] && t->wakes[h])
      s->usable |= 1u << h;
  s->admit = is_admitted(t, s->usable);
  if (!low || !s->admit)
    s->stay = s->online;
  s->least = t->ha ? 2 : 1;
  if ((uint32_t)__builtin_popcount(s->online) < s->least)
    s->least = (uint32_t)__builtin_popcount(s->online);
  s->violations = s->weight = s->others = INT64_MAX;
  s->keys[s->count++] = key;
}

static void judge(toy_search *s, const toy_state *state, uint32_t woken) {
  const toy *t = s->t;
  uint32_t full = s->stay | woken;
  int64_t count = violations(t, state);
  s->others = count < s->others ? count : s->others;
  for (uint32_t v = 0; v < t->vm_count; v++)
    full |= 1u << state->at[v];
  for (uint32_t on = 0; on < 1u << t->host_count; on++) {
    if ((on & full) != full || (on & ~s->usable) != 0 ||
        (uint32_t)__builtin_popcount(on) < s->least || (s->admit && !is_admitted(t, on)))
      continue;
    int64_t weight = weigh(t, on);
    if (count > s->violations || (count == s->violations && weight >= s->weight))
      continue;
    int64_t all = count + !survives(t, state, on);
    if (all > s->violations || (all == s->violations && weight >= s->weight))
      continue;
    s->violations = all;
    s->weight = weight;
  }
}

static bool is_new(toy_search *s, uint64_t key) {
  size_t i = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 30) & (SLOTS - 1);
  for (; s->seen[i] != 0; i = (i + 1) & (SLOTS - 1))
    if (s->seen[i] == key + 1)
      return false;
  s->seen[i] = key + 1;
  return true;
}

static void visit_states(toy_search *s) {
  (void)is_new(s, s->keys[0]);
  for (uint32_t next = 0; next < s->count && !s->gave_up; next++) {
    toy_state state;
    unpack(s->t, s->keys[next], &state);
    judge(s, &state, (uint32_t)(s->keys[next] >> WOKEN));
    for (uint32_t v = 0; v < s->t->vm_count; v++) {
      for (uint32_t h = 0; h < s->t->host_count; h++) {
        uint64_t key = (s->keys[next] & ~(UINT64_C(15) << 4 * v)) | (uint64_t)h << 4 * v;
        key |= s->online >> h & 1 ? 0 : UINT64_C(1) << (WOKEN + h);
        if (!(s->usable >> h & 1) || !may_move(s->t, &s->start, &state, v, h) || !is_new(s, key))
          continue;
        s->keys[s->count++] = key;
        s->gave_up = s->count == MOST_STATES;
        if (s->gave_up)
          return;
      }
    }
  }
}

/* The least of all; if surviving costs a violation more than there is anyhow, nobody sleeps. */
static void find_truth(toy_search *s) {
  visit_states(s);
  if (s->gave_up || s->violations == s->others)
    return;
  s->stay = s->online;
  s->weight = INT64_MAX;
  for (uint32_t i = 0; i < s->count; i++) {
    toy_state state;
    unpack(s->t, s->keys[i], &state);
    judge(s, &state, (uint32_t)(s->keys[i] >> WOKEN));
  }
}

/* ---------------------------------------------------------------------- the comparison */

/* The end of the answer, judged here: its hosts, its VMs, in the plan that it gives. */
static bool end_holds(const toy_search *s, const berth_power_answer *answer, int64_t *count) {
  const toy *t = s->t;
  const berth_plan *plan = berth_power_plan_down(answer);
  toy_state end = s->start;
  uint32_t on = 0, full = 0;
  uint64_t key = 0;
  for (uint32_t i = 0; i < berth_plan_placement_count(plan); i++)
    end.at[berth_plan_placement_at(plan, i)->vm] = berth_plan_placement_at(plan, i)->to;
  for (uint32_t v = 0; v < t->vm_count; v++) {
    key |= (uint64_t)end.at[v] << 4 * v;
    full |= 1u << end.at[v];
  }
  unpack(t, key, &end);
  for (uint32_t h = 0; h < t->host_count; h++) {
    berth_power_fate fate = berth_power_get_host(answer, h)->fate;
    on |= (uint32_t)(fate == BERTH_POWER_STAYS_ON || fate == BERTH_POWER_WOKEN) << h;
  }
  *count = violations(t, &end) + !survives(t, &end, on);
  return (full & ~on) == 0 && (s->stay & ~on) == 0 && (on & ~s->usable) == 0 &&
         (uint32_t)__builtin_popcount(on) >= s->least && (!s->admit || is_admitted(t, on)) &&
         weigh(t, on) == berth_power_get_cluster(answer, 0)->weight_after;
}

static void count_case(const toy_search *s, const berth_power_answer *answer, power_tally *tally) {
  const berth_power_cluster *said = berth_power_get_cluster(answer, 0);
  bool admission = false, failures = false, not_survived = false;
  for (uint32_t h = 0; h < s->t->host_count; h++) {
    uint32_t holds = berth_power_get_host(answer, h)->holds;
    admission = admission || (holds & BERTH_POWER_HOLD_ADMISSION);
    failures = failures || (holds & BERTH_POWER_HOLD_FAILURES);
    not_survived = not_survived || (holds & BERTH_POWER_HOLD_NOT_SURVIVED);
  }
  tally->proved += said->proved;
  int64_t count;
  tally->exact +=
      end_holds(s, answer, &count) && count == s->violations && said->weight_after == s->weight;
  tally->slept += said->slept > 0;
  tally->woken += said->woken > 0;
  tally->by_admission += admission;
  tally->by_failures += failures;
  tally->not_survived += not_survived;
  tally->ways_back += berth_power_plan_back(answer) != NULL;
}

/* The lightest set that admission control accepts, with the hosts that the answer says are held; 0
 * = it is not to be kept. */
static int64_t least_admitted(const toy_search *s, const berth_power_answer *answer) {
  const toy *t = s->t;
  uint32_t held = s->stay;
  int64_t least = INT64_MAX;
  if (!s->admit || !t->ha || !t->keep || t->admission == BERTH_ADMISSION_NONE)
    return 0;
  for (uint32_t h = 0; h < t->host_count; h++)
    if (berth_power_get_host(answer, h)->holds &
        (BERTH_POWER_HOLD_PINNED | BERTH_POWER_HOLD_NOWHERE))
      held |= 1u << h;
  for (uint32_t on = 0; on < 1u << t->host_count; on++)
    if ((on & held) == held && (on & ~s->usable) == 0 && is_admitted(t, on) && weigh(t, on) < least)
      least = weigh(t, on);
  return least;
}

static const char *disagrees(const toy_search *s, const berth_power_answer *answer) {
  const berth_power_cluster *said = berth_power_get_cluster(answer, 0);
  int64_t count;
  if (!end_holds(s, answer, &count))
    return "the end does not hold";
  if (count < s->violations || (count == s->violations && said->weight_after < s->weight))
    return "better than there is";
  if (count > s->violations)
    return said->proved ? "proved, but more violations than need be" : NULL;
  if (said->weight_admission > least_admitted(s, answer))
    return "admission control asks for less";
  if (said->weight_bound > s->weight)
    return "the bound is too high";
  return said->proved && said->weight_after != s->weight ? "proved, but not the least" : NULL;
}

static void compare(toy_search *s, uint64_t seed, const berth_power_answer *answer,
                    power_tally *tally) {
  find_truth(s);
  tally->skipped += s->gave_up;
  if (s->gave_up)
    return;
  const char *wrong = disagrees(s, answer);
  count_case(s, answer, tally);
  if (wrong == NULL)
    return;
  const berth_power_cluster *said = berth_power_get_cluster(answer, 0);
  tally->disagreed++;
  (void)fprintf(stderr,
                "seed %" PRIu64 ": %s; answer %" PRId64 " (bound %" PRId64 "), truth %" PRId64
                " with %" PRId64 " violations\n",
                seed, wrong, said->weight_after, said->weight_bound, s->weight, s->violations);
}

void power_truth_compare(uint64_t seed, power_tally *tally) {
  toy t;
  berth_context *ctx = NULL;
  berth_power_answer *answer = NULL;
  berth_power_request request = BERTH_POWER_REQUEST_INIT;
  berth_options options;
  toy_search search = {.keys = malloc(MOST_STATES * sizeof(uint64_t)),
                       .seen = calloc(SLOTS, sizeof(uint64_t))};
  invent(&t, seed);
  if (search.keys == NULL || search.seen == NULL || berth_context_new(NULL, &ctx) != BERTH_OK)
    abort();
  berth_options_init(&options);
  options.value[BERTH_OPTION_KEEP_FAILURES] = t.failures;
  options.value[BERTH_OPTION_WEIGH] = t.by_power ? BERTH_WEIGH_POWER : BERTH_WEIGH_HOSTS;
  options.value[BERTH_OPTION_THREADS] = 1;
  request.keep_admission = t.keep;
  request.options = &options;
  berth_inventory *inventory = build(&t, ctx);
  tally->clusters++;
  if (inventory == NULL) {
    tally->skipped++;
  } else if (berth_power_run(ctx, inventory, &request, &answer) != BERTH_OK) {
    tally->disagreed++;
    (void)fprintf(stderr, "seed %" PRIu64 ": %s\n", seed, berth_context_detail(ctx));
  } else {
    set_out(&search, &t);
    compare(&search, seed, answer, tally);
  }
  berth_power_answer_free(answer);
  berth_inventory_release(inventory);
  berth_context_free(ctx);
  free(search.keys);
  free(search.seen);
}
