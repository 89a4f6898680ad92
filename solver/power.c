/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cluster by cluster: what holds hosts on, which of them serve, why the others do not sleep. Then,
 * of all clusters, the plan there, the state reached, the plan back, failures in that state, and
 * what waits for approval.
 */
#include "context_internal.h"
#include "power_approvals.h"
#include "power_plan.h"
#include "power_wakes.h"
#include "versioned.h"
#include <assert.h>
#include <berth/power.h>
#include <string.h>

struct berth_power_answer {
  berth_allocator allocator;
  arena memory;
  const berth_inventory *inventory, *reached;
  berth_scenario *scenario; /* of the state reached */
  berth_plan *down, *back;
  const char *no_way_back;
  berth_power_cluster *clusters; /* [cluster] */
  berth_power_host *hosts;       /* [host] */
  const berth_power_approval *approvals[2];
  uint32_t approval_count[2]; /* there, back */
};

typedef struct powering {
  berth_context *ctx;
  const berth_power_request *request;
  berth_power_answer *answer;
  search_clock clock;
  arena memory; /* until the answer is complete */
  power_move *moves;
  uint32_t move_count;
} powering;

/* ---------------------------------------------------------------------- words */

const char *berth_power_hold_word(uint32_t bit) {
  static const char *const words[] = {
#define WORD(constant, number, word, sentence) [number] = word,
      BERTH_POWER_HOLD_TABLE(WORD)
#undef WORD
  };
  return bit < BERTH_POWER_HOLD_COUNT ? words[bit] : NULL;
}

const char *berth_power_hold_sentence(uint32_t bit) {
  static const char *const sentences[] = {
#define SENTENCE(constant, number, word, sentence) [number] = sentence,
      BERTH_POWER_HOLD_TABLE(SENTENCE)
#undef SENTENCE
  };
  return bit < BERTH_POWER_HOLD_COUNT ? sentences[bit] : NULL;
}

const char *berth_power_fate_word(berth_power_fate value) {
  static const char *const words[] = {"stays on", "sleeps", "is woken", "stays asleep", "is out"};
  return (unsigned)value <= BERTH_POWER_OUT ? words[value] : NULL;
}

/* ---------------------------------------------------------------------- why a host stays on */

/* [resource] what all VMs reserve; NULL = no memory. */
static const int64_t *sum_reserved(const power_ground *g) {
  const problem *p = &g->whole;
  int64_t *reserved = arena_take(g->memory, p->resource_count, sizeof *reserved);
  for (uint32_t item = 0; reserved != NULL && item < p->item_count; item++)
    for (uint32_t r = 0; r < p->resource_count; r++)
      reserved[r] += problem_demand(p, item)[r];
  return reserved;
}

/* Whether the hosts of @p on, less @p without, are too small for what is reserved. */
static bool lacks_room(const power_ground *g, const int64_t *reserved, const uint8_t *on,
                       uint32_t without) {
  assert(without < g->host_count && on[without]);
  const problem *p = &g->whole;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    int64_t need = reserved[r];
    for (uint32_t h = 0; h < g->host_count && need > 0; h++) {
      int64_t capacity = p->capacity[(size_t)h * p->resource_count + r];
      if (on[h] && h != without)
        need = capacity >= need ? 0 : need - capacity;
    }
    if (need > 0)
      return true;
  }
  return false;
}

static bool lacks_range(const power_ground *g, const uint8_t *on, uint32_t without) {
  assert(on[without]);
  berth_power_load most = {0};
  for (uint32_t h = 0; h < g->host_count; h++)
    if (on[h] && h != without)
      power_load_add(&most, power_load_share(power_load_capacity(g->inventory, g->first_host + h),
                                             g->out->high_percent));
  return g->out->demand.cpu_mhz > most.cpu_mhz || g->out->demand.memory_mib > most.memory_mib;
}

/* Whether admission control is kept by the hosts of @p on, less @p without. false = no memory. */
static bool is_kept_without(const power_ground *g, const uint8_t *on, uint32_t without,
                            bool *kept) {
  admission_policy policy;
  arena work; /* there may be many hosts to ask about */
  power_ground own = *g;
  assert(on[without] && g->keep_admission);
  arena_init(&work, &g->memory->allocator);
  own.memory = &work;
  uint8_t *fewer = arena_take(&work, g->host_count, 1);
  if (fewer != NULL) {
    memcpy(fewer, on, g->host_count);
    fewer[without] = 0;
  }
  bool ok = fewer != NULL && power_ground_policy(&own, fewer, &policy, kept);
  arena_free(&work);
  return ok;
}

/* A host that nothing holds but the others. false = no memory. */
static bool explain_host(const power_ground *g, const int64_t *reserved, const power_choice *choice,
                         uint32_t h) {
  assert(choice->serves[h] && g->hosts[h].holds == 0);
  const uint8_t *serves = choice->serves;
  uint32_t holds = 0;
  if (power_ground_count(g, serves) <= g->out->minimum)
    holds |= BERTH_POWER_HOLD_MINIMUM;
  if (g->keep_admission) {
    bool kept;
    if (!is_kept_without(g, serves, h, &kept))
      return false;
    holds |= kept ? 0 : BERTH_POWER_HOLD_ADMISSION;
  }
  if (lacks_range(g, serves, h))
    holds |= BERTH_POWER_HOLD_DEMAND;
  if (lacks_room(g, reserved, serves, h))
    holds |= BERTH_POWER_HOLD_ROOM;
  if (holds == 0 && g->keep_failures > 0 && choice->weight_in_range < choice->weight)
    holds |= BERTH_POWER_HOLD_FAILURES;
  if (holds == 0)
    holds |= choice->bound == choice->weight && choice->least_violations ? BERTH_POWER_HOLD_FEWEST
                                                                         : BERTH_POWER_HOLD_OPEN;
  g->hosts[h].holds = holds;
  return true;
}

static berth_power_fate fate_of(const power_ground *g, const power_choice *choice, uint32_t h) {
  if (g->on[h])
    return choice->serves[h] ? BERTH_POWER_STAYS_ON : BERTH_POWER_SLEEPS;
  if (choice->serves[h])
    return BERTH_POWER_WOKEN;
  return g->inventory->host_state[g->first_host + h] == BERTH_HOST_STANDBY
             ? BERTH_POWER_STAYS_ASLEEP
             : BERTH_POWER_OUT;
}

static bool describe_hosts(const power_ground *g, const power_choice *choice) {
  const int64_t *reserved = sum_reserved(g);
  if (reserved == NULL)
    return false;
  for (uint32_t h = 0; h < g->host_count; h++) {
    berth_power_host *out = &g->hosts[h];
    out->fate = fate_of(g, choice, h);
    if (out->fate == BERTH_POWER_OUT)
      out->holds = BERTH_POWER_HOLD_STATE;
    if (out->fate == BERTH_POWER_STAYS_ON && out->holds == 0 &&
        !explain_host(g, reserved, choice, h))
      return false;
    assert(out->fate != BERTH_POWER_STAYS_ON || out->holds != 0);
    assert(out->fate != BERTH_POWER_SLEEPS || out->holds == 0);
  }
  for (uint32_t item = 0; item < g->whole.item_count; item++)
    if (choice->end.host[item] != BERTH_NONE)
      power_load_add(&g->hosts[choice->end.host[item]].after,
                     power_load_of_vm(g->inventory, g->whole.vm[item]));
  return true;
}

static bool describe_cluster(const power_ground *g, const power_choice *choice) {
  berth_power_cluster *out = g->out;
  admission_policy policy;
  if (!power_ground_policy(g, choice->serves, &policy, &out->admission_kept_after))
    return false;
  out->policy_after = policy.figures;
  out->weight_after = choice->weight;
  out->weight_bound = choice->bound;
  out->proved = choice->bound == choice->weight && choice->least_violations;
  out->survives = choice->survives;
  out->violations = choice->end.value[BERTH_LEVEL_VIOLATIONS];
  out->unplaced = choice->end.value[BERTH_LEVEL_UNPLACED];
  for (uint32_t h = 0; h < g->host_count; h++) {
    out->slept += g->hosts[h].fate == BERTH_POWER_SLEEPS;
    out->woken += g->hosts[h].fate == BERTH_POWER_WOKEN;
    out->online_after += choice->serves[h];
    out->high_after +=
        power_load_above(g->hosts[h].after, power_load_capacity(g->inventory, g->first_host + h),
                         out->high_percent) > 0;
    if (choice->serves[h])
      power_load_add(&out->capacity_after, power_load_capacity(g->inventory, g->first_host + h));
  }
  assert(out->online_after + out->slept == out->online_before + out->woken);
  return true;
}

/* ---------------------------------------------------------------------- clusters */

static int64_t option_value(const berth_power_request *request, berth_option option) {
  return request->options != NULL ? request->options->value[option]
                                  : berth_option_describe(option)->initial;
}

static berth_status look_at_cluster(powering *s, uint32_t cluster) {
  const berth_inventory *inventory = s->answer->inventory;
  const frozen_cluster *frozen = &inventory->clusters[cluster];
  power_ground *g = arena_take(&s->memory, 1, sizeof *g);
  power_choice *choice = arena_take(&s->memory, 1, sizeof *choice);
  if (g == NULL || choice == NULL)
    return context_fail(s->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  *g = (power_ground){.ctx = s->ctx,
                      .inventory = inventory,
                      .request = s->request,
                      .frozen = frozen,
                      .cluster = cluster,
                      .first_host = frozen->first_host,
                      .host_count = frozen->host_count,
                      .keep_failures =
                          (uint32_t)option_value(s->request, BERTH_OPTION_KEEP_FAILURES),
                      .by_power = option_value(s->request, BERTH_OPTION_WEIGH) == BERTH_WEIGH_POWER,
                      .clock = &s->clock,
                      .memory = &s->memory,
                      .hosts = s->answer->hosts + frozen->first_host,
                      .out = &s->answer->clusters[cluster]};
  if (!power_ground_build(g))
    return context_fail(s->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  berth_status status = power_choice_make(g, choice);
  if (status != BERTH_OK)
    return status;
  if (!describe_hosts(g, choice) || !describe_cluster(g, choice))
    return context_fail(s->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  s->moves[s->move_count++] = (power_move){.ground = g, .choice = choice};
  return BERTH_OK;
}

static bool prepare(powering *s) {
  berth_power_answer *answer = s->answer;
  const berth_inventory *inventory = answer->inventory;
  answer->clusters =
      arena_take(&answer->memory, inventory->cluster_count, sizeof *answer->clusters);
  answer->hosts = arena_take(&answer->memory, inventory->host_count, sizeof *answer->hosts);
  s->moves = arena_take(&s->memory, inventory->cluster_count, sizeof *s->moves);
  if (answer->clusters == NULL || answer->hosts == NULL || s->moves == NULL)
    return false;
  for (uint32_t h = 0; h < inventory->host_count; h++)
    answer->hosts[h].vm = BERTH_NONE;
  for (uint32_t c = 0; c < inventory->cluster_count; c++) {
    const frozen_cluster *frozen = &inventory->clusters[c];
    answer->clusters[c].dpm = frozen->set_up.dpm;
    answer->clusters[c].drs = frozen->set_up.drs;
    answer->clusters[c].looked_at =
        (frozen->set_up.dpm != BERTH_AUTOMATION_OFF || s->request->even_off) &&
        frozen->host_count > 0;
  }
  return true;
}

static berth_status look_at_clusters(powering *s) {
  const berth_inventory *inventory = s->answer->inventory;
  berth_status status = BERTH_OK;
  if (!prepare(s))
    return context_fail(s->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  for (uint32_t c = 0; c < inventory->cluster_count && status == BERTH_OK; c++)
    if (s->answer->clusters[c].looked_at)
      status = look_at_cluster(s, c);
  return status;
}

/* ---------------------------------------------------------------------- plans */

static berth_status find_approvals(powering *s) {
  berth_power_answer *answer = s->answer;
  const berth_plan *plans[2] = {answer->down, answer->back};
  for (int i = 0; i < 2; i++)
    if (plans[i] != NULL && !power_approvals_find(plans[i], &answer->memory, &answer->approvals[i],
                                                  &answer->approval_count[i]))
      return context_fail(s->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  return BERTH_OK;
}

static berth_status make_plans(powering *s, const berth_inventory *given) {
  berth_power_answer *answer = s->answer;
  const berth_scenario *scenario = s->request->scenario;
  berth_status status = power_plan_down(s->ctx, answer->inventory, scenario, s->moves,
                                        s->move_count, &s->memory, &answer->down);
  if (status == BERTH_OK)
    status = power_plan_reached(s->ctx, scenario, answer->down, &answer->scenario);
  if (status == BERTH_OK)
    status = berth_scenario_apply(s->ctx, given, answer->scenario, &answer->reached);
  if (status == BERTH_OK)
    status = power_plan_back(s->ctx, answer->reached, answer->scenario, s->moves, s->move_count,
                             &s->memory, &answer->back, &answer->no_way_back);
  if (status == BERTH_OK && answer->no_way_back != NULL) {
    answer->no_way_back =
        arena_text(&answer->memory, answer->no_way_back, strlen(answer->no_way_back));
    if (answer->no_way_back == NULL)
      status = context_fail(s->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  }
  if (status == BERTH_OK)
    status = power_wakes_find(s->ctx, answer->reached, s->request->options, &s->clock,
                              &answer->memory, answer->clusters);
  return status == BERTH_OK ? find_approvals(s) : status;
}

/* ---------------------------------------------------------------------- all of it */

berth_status berth_power_run(berth_context *ctx, const berth_inventory *inventory,
                             const berth_power_request *request, berth_power_answer **out) {
  assert(ctx != NULL && inventory != NULL && request != NULL && out != NULL);
  *out = NULL;
  berth_power_request own = BERTH_POWER_REQUEST_INIT;
  berth_status status = versioned_read(ctx, "a request for power management", request, &own,
                                       VERSIONED_SIZE(berth_power_request, options));
  if (status != BERTH_OK)
    return status;
  berth_power_answer *answer = context_take(ctx, 1, sizeof *answer);
  if (answer == NULL)
    return BERTH_E_NOMEM;
  answer->allocator = *context_allocator(ctx);
  arena_init(&answer->memory, &answer->allocator);
  powering s = {.ctx = ctx, .request = &own, .answer = answer};
  arena_init(&s.memory, &answer->allocator);
  search_clock_start(&s.clock, ctx, option_value(&own, BERTH_OPTION_TIME_LIMIT));
  status = berth_scenario_apply(ctx, inventory, own.scenario, &answer->inventory);
  if (status == BERTH_OK)
    status = look_at_clusters(&s);
  if (status == BERTH_OK)
    status = make_plans(&s, inventory);
  arena_free(&s.memory);
  if (status == BERTH_OK)
    *out = answer;
  else
    berth_power_answer_free(answer);
  return status;
}

void berth_power_answer_free(berth_power_answer *answer) {
  if (answer == NULL)
    return;
  berth_plan_free(answer->down);
  berth_plan_free(answer->back);
  berth_scenario_free(answer->scenario);
  berth_inventory_release(answer->reached);
  berth_inventory_release(answer->inventory);
  berth_allocator allocator = answer->allocator;
  arena_free(&answer->memory);
  allocator.release(allocator.user, answer);
}

const berth_inventory *berth_power_inventory(const berth_power_answer *answer) {
  return answer->inventory;
}

const berth_power_cluster *berth_power_get_cluster(const berth_power_answer *answer,
                                                   uint32_t cluster) {
  assert(cluster < answer->inventory->cluster_count);
  return &answer->clusters[cluster];
}

const berth_power_host *berth_power_get_host(const berth_power_answer *answer, uint32_t host) {
  assert(host < answer->inventory->host_count);
  return &answer->hosts[host];
}

const berth_plan *berth_power_plan_down(const berth_power_answer *answer) {
  return answer->down;
}

const berth_plan *berth_power_plan_back(const berth_power_answer *answer) {
  return answer->back;
}

const char *berth_power_no_way_back(const berth_power_answer *answer) {
  return answer->no_way_back;
}

const berth_scenario *berth_power_reached_scenario(const berth_power_answer *answer) {
  return answer->scenario;
}

const berth_inventory *berth_power_reached(const berth_power_answer *answer) {
  return answer->reached;
}

const berth_power_approval *berth_power_approvals(const berth_power_answer *answer, bool back,
                                                  uint32_t *count) {
  assert(answer->down != NULL && (!back || answer->back != NULL));
  *count = answer->approval_count[back];
  return answer->approvals[back];
}
