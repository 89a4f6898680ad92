/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Round by round: which hosts go down together is chosen quickly (rolling_fit.c), then proved by a
 * plan that empties them (rolling_round.c) and, if failures are to be kept, by a test of what stays
 * on (rolling_survival.c). Where a proof fails, the set gives up the host that joined last; a host
 * that fails alone is barred until the next round has changed the state.
 */
#include "context_internal.h"
#include "rolling_bound.h"
#include "rolling_fit.h"
#include "rolling_round.h"
#include "rolling_survival.h"
#include "versioned.h"
#include <assert.h>
#include <berth/rolling.h>
#include <string.h>

enum { ATTEMPTS_OF_A_ROUND = 64, LEAST_MILLISECONDS = 200, SURVIVAL_MILLISECONDS = 10000 };

struct berth_rolling {
  berth_allocator allocator;
  const berth_inventory *inventory;
  berth_rolling_request asked;
  uint32_t keep_failures;
  int64_t deadline;
  berth_rolling_sums sums;
  berth_rolling_round *rounds;
  uint32_t round_count;
  berth_rolling_left *left;
  uint32_t left_count;
  arena memory;
};

typedef struct rolling_search {
  berth_context *ctx;
  const berth_inventory *source;
  const berth_rolling_request *request;
  berth_options options;
  berth_rolling *result;
  rolling_state state;
  rolling_fit *fit;
  arena memory;
  uint8_t *barred;             /* [host] not in this round */
  uint8_t *failed;             /* [cluster] by the last attempt */
  survival_verdict *verdicts;  /* [cluster] */
  uint8_t *why;                /* [host] berth_rolling_reason of the last failure */
  uint32_t *set;               /* [host] of the round, cluster after cluster */
  uint32_t *counts;            /* [cluster] of the set */
  uint32_t *hosts, host_count; /* the set in one piece */
  search_clock clock;
  uint32_t total; /* hosts to patch */
} rolling_search;

static berth_status out_of_memory(berth_context *ctx) {
  return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
}

const char *berth_rolling_reason_word(berth_rolling_reason value) {
  static const char *const words[] = {"pinned", "full", "failures", "undecided"};
  return (unsigned)value < sizeof words / sizeof *words ? words[value] : NULL;
}

/* ---------------------------------------------------------------------- the set */

/* Any host that is left, the one with fewest VMs first: an exact solve may do what the quick choice
 * does not see. */
static uint32_t any_host(const rolling_search *s, const frozen_cluster *cluster) {
  uint32_t best = BERTH_NONE;
  for (uint32_t h = cluster->first_host; h < cluster->first_host + cluster->host_count; h++) {
    if (s->state.target[h] != ROLLING_TO_PATCH || s->barred[h])
      continue;
    if (best == BERTH_NONE ||
        rolling_fit_population(s->fit, h) < rolling_fit_population(s->fit, best))
      best = h;
  }
  return best;
}

static void choose(rolling_search *s, uint32_t cluster) {
  const frozen_cluster *of = &s->result->inventory->clusters[cluster];
  uint32_t *set = s->set + of->first_host;
  uint32_t most = s->request->at_once < of->host_count ? s->request->at_once : of->host_count;
  s->counts[cluster] = rolling_fit_choose(s->fit, cluster, most, s->request->first, s->barred, set);
  if (s->counts[cluster] == 0 && (set[0] = any_host(s, of)) != BERTH_NONE)
    s->counts[cluster] = 1;
  assert(s->counts[cluster] <= most);
}

/* All sets, as ascending inventory indices. */
static void join_sets(rolling_search *s) {
  const berth_inventory *inventory = s->result->inventory;
  s->host_count = 0;
  for (uint32_t c = 0; c < inventory->cluster_count; c++) {
    uint32_t first = s->host_count;
    for (uint32_t i = 0; i < s->counts[c]; i++) {
      uint32_t host = s->set[inventory->clusters[c].first_host + i], k = s->host_count++;
      for (; k > first && s->hosts[k - 1] > host; k--)
        s->hosts[k] = s->hosts[k - 1];
      s->hosts[k] = host;
    }
  }
}

/* The cluster gives up the host that joined last, or bars the only one. */
static void shrink(rolling_search *s, uint32_t cluster, berth_rolling_reason why) {
  const frozen_cluster *of = &s->result->inventory->clusters[cluster];
  if (s->counts[cluster] == 0)
    return;
  if (s->counts[cluster] > 1) {
    s->counts[cluster]--;
    return;
  }
  uint32_t host = s->set[of->first_host];
  s->barred[host] = 1;
  s->why[host] = (uint8_t)why;
  choose(s, cluster);
}

/* ---------------------------------------------------------------------- one round */

static int64_t milliseconds_of_a_solve(const rolling_search *s) {
  int64_t left = search_clock_left(&s->clock);
  int64_t share = left / (int64_t)(s->total - s->result->sums.hosts + 1) / 2;
  if (share > s->clock.milliseconds / 4)
    share = s->clock.milliseconds / 4;
  return share > LEAST_MILLISECONDS ? share : LEAST_MILLISECONDS;
}

/* Whether what stays on survives, the hosts of the round being down, and VMs where the plan puts
 * them. */
static berth_status test_survival(rolling_search *s, const berth_plan *plan, bool *proved) {
  rolling_state after = s->state;
  const berth_inventory *inventory = s->result->inventory, *now = NULL;
  berth_scenario *scenario = NULL;
  arena memory;
  berth_status status = BERTH_OK;
  *proved = true;
  if (s->result->keep_failures == 0)
    return BERTH_OK;
  arena_init(&memory, context_allocator(s->ctx));
  after.where = arena_take(&memory, inventory->vm_count, sizeof *after.where);
  after.woken = arena_take(&memory, inventory->host_count, 1);
  if (after.where == NULL || after.woken == NULL) {
    status = out_of_memory(s->ctx);
    goto done;
  }
  memcpy(after.where, s->state.where, inventory->vm_count * sizeof *after.where);
  memcpy(after.woken, s->state.woken, inventory->host_count);
  rolling_state_advance(&after, plan);
  status = rolling_state_scenario(s->ctx, &after, s->hosts, s->host_count, &scenario);
  if (status == BERTH_OK)
    status = berth_scenario_apply(s->ctx, s->source, scenario, &now);
  if (status == BERTH_OK)
    status = rolling_survival(s->ctx, now, s->result->keep_failures, SURVIVAL_MILLISECONDS,
                              s->counts, s->verdicts);
  for (uint32_t c = 0; c < inventory->cluster_count && status == BERTH_OK; c++) {
    s->failed[c] = s->verdicts[c] != SURVIVAL_PROVED;
    *proved = *proved && !s->failed[c];
  }
done:
  berth_inventory_release(now);
  berth_scenario_free(scenario);
  arena_free(&memory);
  return status;
}

static berth_status keep_round(rolling_search *s, berth_plan *plan) {
  berth_rolling *r = s->result;
  berth_rolling_round *round = &r->rounds[r->round_count];
  berth_plan_makespan makespan = berth_plan_get_makespan(plan);
  uint32_t *hosts = arena_take(&r->memory, s->host_count, sizeof *hosts);
  if (hosts == NULL) {
    berth_plan_free(plan);
    return out_of_memory(s->ctx);
  }
  memcpy(hosts, s->hosts, s->host_count * sizeof *hosts);
  *round = (berth_rolling_round){.host_count = s->host_count,
                                 .hosts = hosts,
                                 .plan = plan,
                                 .moves = rolling_round_moves(plan)};
  r->round_count++;
  r->sums.hosts += s->host_count;
  r->sums.moves += round->moves;
  r->sums.seconds.best += makespan.best + r->asked.patch_seconds;
  r->sums.seconds.expected += makespan.expected + r->asked.patch_seconds;
  r->sums.seconds.worst += makespan.worst + r->asked.patch_seconds;
  rolling_state_advance(&s->state, plan);
  for (uint32_t i = 0; i < s->host_count; i++)
    s->state.target[s->hosts[i]] = ROLLING_PATCHED;
  return BERTH_OK;
}

static berth_rolling_reason reason_of(survival_verdict verdict) {
  return verdict == SURVIVAL_LOST ? BERTH_ROLLING_FAILURES : BERTH_ROLLING_UNDECIDED;
}

/* Tries the set. *done: it became a round. Otherwise the sets that failed have shrunk. */
static berth_status try_set(rolling_search *s, bool *done) {
  rolling_round_task task = {.source = s->source,
                             .state = &s->state,
                             .options = &s->options,
                             .hosts = s->hosts,
                             .host_count = s->host_count,
                             .failed = s->failed};
  berth_plan *plan = NULL;
  bool proved = false;
  *done = false;
  s->options.value[BERTH_OPTION_TIME_LIMIT] = milliseconds_of_a_solve(s);
  berth_status status = rolling_round_plan(s->ctx, &task, &plan);
  if (status == BERTH_OK && plan != NULL)
    status = test_survival(s, plan, &proved);
  if (status == BERTH_OK && proved) {
    *done = true;
    return keep_round(s, plan);
  }
  for (uint32_t c = 0; c < s->result->inventory->cluster_count && status == BERTH_OK; c++)
    if (s->failed[c])
      shrink(s, c, plan == NULL ? BERTH_ROLLING_FULL : reason_of(s->verdicts[c]));
  berth_plan_free(plan);
  return status;
}

/* *any: there was a round. */
static berth_status plan_round(rolling_search *s, bool *any) {
  berth_status status = BERTH_OK;
  bool done = false;
  memset(s->barred, 0, s->result->inventory->host_count);
  rolling_fit_follow(s->fit, &s->state);
  for (uint32_t c = 0; c < s->result->inventory->cluster_count; c++)
    choose(s, c);
  for (uint32_t attempt = 0; attempt < ATTEMPTS_OF_A_ROUND && !done; attempt++) {
    join_sets(s);
    if (s->host_count == 0 || (attempt > 0 && search_clock_over(&s->clock)))
      break;
    if ((status = try_set(s, &done)) != BERTH_OK)
      return status;
  }
  *any = done;
  return status;
}

/* ---------------------------------------------------------------------- all rounds */

static bool is_pinned(const rolling_search *s, uint32_t host) {
  const berth_inventory *inventory = s->result->inventory;
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++)
    if (s->state.where[vm] == host && inventory->vm_power[vm] == BERTH_POWER_ON &&
        !inventory->vm_movable[vm])
      return true;
  return false;
}

/* Hosts that nothing can empty are not asked for again. */
static void leave_pinned(rolling_search *s) {
  const berth_inventory *inventory = s->result->inventory;
  for (uint32_t host = 0; host < inventory->host_count; host++) {
    if (s->state.target[host] != ROLLING_TO_PATCH)
      continue;
    s->total++;
    s->why[host] = BERTH_ROLLING_FULL;
    if (!is_pinned(s, host))
      continue;
    s->state.target[host] = 0;
    s->result->left[s->result->left_count++] =
        (berth_rolling_left){.host = host, .reason = BERTH_ROLLING_PINNED};
  }
}

static void sum_up(rolling_search *s) {
  berth_rolling *r = s->result;
  const berth_inventory *inventory = r->inventory;
  for (uint32_t host = 0; host < inventory->host_count; host++) {
    if (s->state.target[host] == ROLLING_TO_PATCH)
      r->left[r->left_count++] =
          (berth_rolling_left){.host = host, .reason = (berth_rolling_reason)s->why[host]};
    s->barred[host] = s->state.target[host] == ROLLING_PATCHED;
  }
  r->sums.rounds = r->round_count;
  r->sums.hosts = s->total;
  int64_t *scratch = arena_take(&s->memory, inventory->host_count, sizeof *scratch);
  if (scratch != NULL)
    rolling_bound(inventory, &r->asked, r->keep_failures, s->barred, scratch, &r->sums);
  assert(r->sums.moves_bound <= r->sums.moves && r->sums.rounds_bound <= r->sums.rounds);
}

static bool prepare(rolling_search *s) {
  const berth_inventory *inventory = s->result->inventory;
  berth_rolling *r = s->result;
  size_t hosts = inventory->host_count;
  s->barred = arena_take(&s->memory, hosts, 1);
  s->failed = arena_take(&s->memory, inventory->cluster_count, 1);
  s->verdicts = arena_take(&s->memory, inventory->cluster_count, sizeof *s->verdicts);
  s->why = arena_take(&s->memory, hosts, 1);
  s->set = arena_take(&s->memory, hosts, sizeof *s->set);
  s->hosts = arena_take(&s->memory, hosts, sizeof *s->hosts);
  s->counts = arena_take(&s->memory, inventory->cluster_count, sizeof *s->counts);
  r->rounds = arena_take(&r->memory, hosts, sizeof *r->rounds);
  r->left = arena_take(&r->memory, hosts, sizeof *r->left);
  return s->barred != NULL && s->failed != NULL && s->verdicts != NULL && s->why != NULL &&
         s->set != NULL && s->hosts != NULL && s->counts != NULL && r->rounds != NULL &&
         r->left != NULL &&
         rolling_state_init(&s->state, inventory, s->request->scenario, &s->memory) &&
         (s->fit = rolling_fit_new(&s->state, &s->memory)) != NULL;
}

static void read_options(rolling_search *s) {
  if (s->request->options != NULL)
    s->options = *s->request->options;
  else
    berth_options_init(&s->options);
  int64_t limit = s->options.value[BERTH_OPTION_TIME_LIMIT];
  search_clock_start(&s->clock, s->ctx, limit > 0 ? limit : 1);
  s->result->keep_failures = (uint32_t)s->options.value[BERTH_OPTION_KEEP_FAILURES];
  s->result->deadline = s->options.value[BERTH_OPTION_DEADLINE];
  s->options.value[BERTH_OPTION_KEEP_FAILURES] = 0;
  s->options.value[BERTH_OPTION_DEADLINE] = 0;
  s->options.value[BERTH_OPTION_EXPLAIN] = 1; /* the ledger alone */
}

static berth_status new_result(berth_context *ctx, const berth_inventory *inventory,
                               const berth_rolling_request *request, berth_rolling **out) {
  berth_rolling *r = context_take(ctx, 1, sizeof *r);
  if (r == NULL)
    return BERTH_E_NOMEM;
  r->allocator = *context_allocator(ctx);
  r->asked = *request;
  r->asked.scenario = NULL;
  r->asked.options = NULL;
  r->sums.struct_size = sizeof r->sums;
  arena_init(&r->memory, &r->allocator);
  *out = r;
  return berth_scenario_apply(ctx, inventory, request->scenario, &r->inventory);
}

berth_status berth_rolling_solve(berth_context *ctx, const berth_inventory *inventory,
                                 const berth_rolling_request *request, berth_rolling **out) {
  assert(ctx != NULL && inventory != NULL && request != NULL && out != NULL);
  berth_rolling_request own = BERTH_ROLLING_REQUEST_INIT;
  rolling_search s = {.ctx = ctx, .source = inventory, .request = &own};
  *out = NULL;
  berth_status status = versioned_read(ctx, "a request for rolling maintenance", request, &own,
                                       VERSIONED_SIZE(berth_rolling_request, first));
  if (status != BERTH_OK)
    return status;
  if (own.at_once == 0 || own.patch_seconds < 0 || own.patch_seconds > BERTH_QUANTITY_MAX)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "a rolling maintenance of no host at a time, or a negative time; expected "
                        "at least one host");
  arena_init(&s.memory, context_allocator(ctx));
  status = new_result(ctx, inventory, &own, &s.result);
  if (status != BERTH_OK)
    goto done;
  read_options(&s);
  if (!prepare(&s)) {
    status = out_of_memory(ctx);
    goto done;
  }
  leave_pinned(&s);
  bool any = true;
  do /* one round at least, then as long as there is time and nobody calls it off */
    status = plan_round(&s, &any);
  while (any && status == BERTH_OK && !search_clock_over(&s.clock));
  if (status == BERTH_OK) {
    sum_up(&s);
    *out = s.result;
    s.result = NULL;
  }
done:
  berth_rolling_free(s.result);
  arena_free(&s.memory);
  return status;
}

/* ---------------------------------------------------------------------- the result */

void berth_rolling_free(berth_rolling *rolling) {
  if (rolling == NULL)
    return;
  for (uint32_t i = 0; i < rolling->round_count; i++)
    berth_plan_free((berth_plan *)rolling->rounds[i].plan);
  berth_inventory_release(rolling->inventory);
  berth_allocator allocator = rolling->allocator;
  arena_free(&rolling->memory);
  allocator.release(allocator.user, rolling);
}

const berth_inventory *berth_rolling_inventory(const berth_rolling *rolling) {
  return rolling->inventory;
}

const berth_rolling_request *berth_rolling_asked(const berth_rolling *rolling) {
  return &rolling->asked;
}

uint32_t berth_rolling_keeps_failures(const berth_rolling *rolling) {
  return rolling->keep_failures;
}

int64_t berth_rolling_deadline(const berth_rolling *rolling) {
  return rolling->deadline;
}

const berth_rolling_sums *berth_rolling_get_sums(const berth_rolling *rolling) {
  assert(rolling->sums.struct_size == sizeof rolling->sums);
  return &rolling->sums;
}

uint32_t berth_rolling_round_count(const berth_rolling *rolling) {
  return rolling->round_count;
}

const berth_rolling_round *berth_rolling_round_at(const berth_rolling *rolling, uint32_t index) {
  assert(index < rolling->round_count);
  return &rolling->rounds[index];
}

uint32_t berth_rolling_left_count(const berth_rolling *rolling) {
  return rolling->left_count;
}

const berth_rolling_left *berth_rolling_left_at(const berth_rolling *rolling, uint32_t index) {
  assert(index < rolling->left_count);
  return &rolling->left[index];
}
