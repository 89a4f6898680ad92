/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three demands meet. That no host is above the range belongs to the end state, that failures are
 * survived too, but with what is reserved and not with what is used: to ask for both at once would
 * ask for the range even after a failure. So each is asked by itself, which bounds what both need;
 * an answer to one that happens to keep the other is an answer to both, and the stricter question
 * is put only where it is not. Admission control, third, speaks of the set of hosts alone: hosts
 * are added until it is satisfied, and the question is put again with those.
 *
 * Where that leaves a gap and few hosts are open, every set of hosts that admission control accepts
 * is asked for, the lightest first.
 *
 * Failures that are not survived are no reason to sleep: if the best answer does not keep them, all
 * hosts that are on are held, and it is asked again.
 */
#include "power_choice.h"
#include "power_emptying.h"
#include "power_policy_bound.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FEW_HOSTS = 10, MOST_ASKED = 256, LARGE = 2000000, LAST_TEST = 2000 };

/* What is asked for at once; the first two bound the third. */
typedef enum asked { ASKED_RANGE = 0, ASKED_FAILURES, ASKED_BOTH, ASKED_KINDS } asked;

typedef struct choosing {
  const power_ground *g;
  power_choice *best;
  asked kind; /* that the best answers */
  power_reply relaxed[ASKED_BOTH];
  uint32_t relaxed_count;
  bool found;     /* there is a best */
  int64_t least;  /* weight that arithmetic alone proves to be needed */
  int64_t shares; /* of the time that is left, for the next question */
} choosing;

static berth_status out_of_memory(const power_ground *g) {
  return context_fail(g->ctx, BERTH_E_NOMEM, NULL, "out of memory");
}

static berth_status ask(choosing *c, asked kind, const uint8_t *stay, const uint8_t *may_wake,
                        power_reply *out) {
  const power_ground *g = c->g;
  int64_t left = search_clock_left(g->clock) / c->shares;
  power_question question = {.stay = stay,
                             .may_wake = may_wake,
                             .within_range = kind != ASKED_FAILURES,
                             .keep_failures = kind == ASKED_RANGE ? 0 : g->keep_failures,
                             .milliseconds = left > 1 ? left : 1};
  assert(kind == ASKED_RANGE || g->keep_failures > 0);
  return power_question_ask(g, &question, out);
}

/* < 0 if the levels before the hosts are better in @p a. */
static int compare_before(const int64_t *a, const int64_t *b) {
  for (int i = 0; i < POWER_BEFORE; i++)
    if (a[i] != b[i])
      return a[i] < b[i] ? -1 : 1;
  return 0;
}

static bool is_kept(const power_ground *g, const uint8_t *on, bool *kept) {
  admission_policy policy;
  *kept = true;
  return !g->keep_admission || power_ground_policy(g, on, &policy, kept);
}

static bool place_end(const power_ground *g, const power_reply *reply, placement *end) {
  if (!placement_init(end, &g->whole, g->memory))
    return false;
  for (uint32_t item = 0; item < g->whole.item_count; item++)
    if (end->host[item] != reply->at[item])
      placement_move(end, item, reply->at[item]);
  return true;
}

/* ---------------------------------------------------------------------- the first answer */

static void take(choosing *c, asked kind, const power_reply *reply) {
  assert(reply->weight == power_ground_weigh(c->g, reply->serves));
  c->best->reply = *reply;
  c->kind = kind;
  c->best->weight = reply->weight;
  memcpy(c->best->serves, reply->serves, c->g->host_count);
}

/* The hosts that are there, without those, the heaviest first, that are not needed to survive. */
static bool spare_hosts(const power_ground *g, const placement *end, power_reply *reply,
                        bool *proved) {
  uint8_t *on = arena_take(g->memory, g->host_count, 1);
  uint8_t *tried = arena_take(g->memory, g->host_count, 1);
  if (on == NULL || tried == NULL)
    return false;
  for (uint32_t h = 0; h < g->host_count; h++)
    on[h] = reply->serves[h] || g->on[h] || g->may_wake[h];
  if (!power_ground_survives(g, end, on, proved))
    return false;
  if (!*proved)
    return true;
  for (uint32_t left = power_ground_count(g, on); left > 0 && !search_clock_over(g->clock);
       left--) {
    uint32_t heaviest = BERTH_NONE;
    bool still;
    for (uint32_t h = 0; h < g->host_count; h++)
      if (on[h] && !reply->serves[h] && !tried[h] &&
          (heaviest == BERTH_NONE || g->weight[h] >= g->weight[heaviest]))
        heaviest = h;
    if (heaviest == BERTH_NONE)
      break;
    tried[heaviest] = 1;
    on[heaviest] = 0;
    if (!power_ground_survives(g, end, on, &still))
      return false;
    on[heaviest] = !still;
  }
  memcpy(reply->serves, on, g->host_count);
  reply->weight = power_ground_weigh(g, on);
  return true;
}

/* An answer to one question, judged by both: what is above the range, or not survived, is one more
 * violation. Hosts without VMs are added where that helps to survive. */
static berth_status judge(choosing *c, asked kind, power_reply *reply) {
  const power_ground *g = c->g;
  if (kind == ASKED_FAILURES) {
    int64_t above;
    bool stays;
    if (!power_reply_above(g, reply, &above) || !power_reply_stays_in_range(g, reply, &stays))
      return out_of_memory(g);
    reply->before[POWER_VIOLATIONS] = stays ? reply->before[POWER_VIOLATIONS] + above : INT64_MAX;
  }
  if (kind == ASKED_RANGE && g->keep_failures > 0) {
    placement end;
    bool proved;
    if (!place_end(g, reply, &end) || !power_ground_survives(g, &end, reply->serves, &proved) ||
        (!proved && !spare_hosts(g, &end, reply, &proved)))
      return out_of_memory(g);
    reply->before[POWER_VIOLATIONS] += !proved;
  }
  return BERTH_OK;
}

static bool is_better(const power_reply *reply, const power_choice *than) {
  int order = compare_before(reply->before, than->reply.before);
  if (order == 0 && reply->weight != than->weight)
    order = reply->weight < than->weight ? -1 : 1;
  return order < 0 || (order == 0 && reply->moves.count < than->reply.moves.count);
}

static void consider(choosing *c, asked kind, const power_reply *reply) {
  if (!c->found || is_better(reply, c->best))
    take(c, kind, reply);
  c->found = true;
}

/* Without a search: into as many hosts as must be on, into a few more, into all. */
static berth_status try_emptying(choosing *c) {
  const power_ground *g = c->g;
  uint32_t least = power_ground_count(g, g->stay);
  least = least > g->out->minimum ? least : g->out->minimum;
  if (!g->by_power && c->least > least)
    least = (uint32_t)c->least;
  const uint32_t receivers[] = {least, least + least / 16 + 1, g->host_count};
  for (size_t i = 0; i < sizeof receivers / sizeof receivers[0]; i++) {
    power_reply reply;
    if (!power_emptying_try(g, receivers[i], &reply))
      return out_of_memory(g);
    berth_status status = judge(c, ASKED_RANGE, &reply);
    if (status != BERTH_OK)
      return status;
    consider(c, ASKED_RANGE, &reply);
  }
  return BERTH_OK;
}

/* What was packed for fewer hosts may leave no room for failures where nothing was before. */
static berth_status try_to_stay(choosing *c) {
  assert(c->found && c->relaxed_count > 0);
  const power_ground *g = c->g;
  power_reply reply;
  if (g->keep_failures == 0 ||
      compare_before(c->best->reply.before, c->relaxed[0].before_bound) <= 0)
    return BERTH_OK;
  berth_status status = ask(c, ASKED_RANGE, g->on, g->may_wake, &reply);
  if (status == BERTH_OK)
    status = judge(c, ASKED_RANGE, &reply);
  if (status == BERTH_OK)
    consider(c, ASKED_RANGE, &reply);
  return status;
}

static berth_status ask_first(choosing *c) {
  const power_ground *g = c->g;
  asked kinds = g->keep_failures > 0 ? ASKED_KINDS : ASKED_FAILURES;
  for (asked kind = ASKED_RANGE; kind < kinds; kind++) {
    power_reply reply;
    if (c->found && compare_before(c->best->reply.before, c->relaxed[0].before_bound) == 0 &&
        kind == ASKED_BOTH)
      break;
    berth_status status = ask(c, kind, g->stay, g->may_wake, &reply);
    if (status != BERTH_OK)
      return status;
    if (kind != ASKED_BOTH)
      c->relaxed[c->relaxed_count++] = reply; /* as it is, not as it is judged */
    if ((status = judge(c, kind, &reply)) != BERTH_OK)
      return status;
    consider(c, kind, &reply);
  }
  return try_to_stay(c);
}

/* ---------------------------------------------------------------------- admission control */

/* Asks again with these hosts on. Taken if it is as good on the levels before. */
static berth_status ask_with(choosing *c, asked kind, const uint8_t *set, bool *taken,
                             power_reply *reply) {
  const power_ground *g = c->g;
  uint8_t *stay = arena_take(g->memory, g->host_count, 1);
  uint8_t *wake = arena_take(g->memory, g->host_count, 1);
  uint8_t *serves = arena_take(g->memory, g->host_count, 1);
  bool kept;
  *taken = false;
  if (stay == NULL || wake == NULL || serves == NULL)
    return out_of_memory(g);
  for (uint32_t h = 0; h < g->host_count; h++) {
    stay[h] = g->on[h] && set[h];
    wake[h] = !g->on[h] && set[h];
  }
  berth_status status = ask(c, kind, stay, wake, reply);
  power_reply judged = *reply;
  if (status != BERTH_OK || (status = judge(c, kind, &judged)) != BERTH_OK)
    return status;
  int64_t weight = power_ground_weigh(g, set);
  if (compare_before(judged.before, c->best->reply.before) > 0)
    return BERTH_OK;
  for (uint32_t h = 0; h < g->host_count; h++)
    serves[h] = judged.serves[h] || set[h];
  if (power_ground_weigh(g, serves) > weight) /* others instead of those that were to be woken */
    memcpy(serves, judged.serves, g->host_count);
  if (power_ground_weigh(g, serves) > weight)
    return BERTH_OK;
  if (!is_kept(g, serves, &kept))
    return out_of_memory(g);
  *taken = kept;
  if (kept) {
    take(c, kind, &judged);
    memcpy(c->best->serves, serves, g->host_count);
    c->best->weight = power_ground_weigh(g, serves);
  }
  return BERTH_OK;
}

/* More hosts, for admission control, and the VMs spread over those that are on anyhow. */
static berth_status satisfy(choosing *c) {
  const power_ground *g = c->g;
  bool kept, taken;
  power_reply reply;
  if (!is_kept(g, c->best->serves, &kept))
    return out_of_memory(g);
  if (kept)
    return BERTH_OK;
  if (!power_policy_extend(g, c->best->serves))
    return out_of_memory(g);
  assert(power_ground_weigh(g, c->best->serves) >= c->best->weight);
  c->best->weight = power_ground_weigh(g, c->best->serves);
  return ask_with(c, c->kind, c->best->serves, &taken, &reply);
}

/* ---------------------------------------------------------------------- bounds */

/* What has to stay, and the lightest others up to as many as must. */
static int64_t least_weight(const power_ground *g) {
  int64_t sum = power_ground_weigh(g, g->stay);
  uint32_t have = power_ground_count(g, g->stay);
  int64_t last = -1;
  while (have < g->out->minimum) {
    int64_t next = INT64_MAX;
    uint32_t equal = 0;
    for (uint32_t h = 0; h < g->host_count; h++) {
      bool open = (g->on[h] && !g->stay[h]) || g->may_wake[h];
      if (!open || g->weight[h] <= last)
        continue;
      equal = g->weight[h] < next ? 1 : equal + (g->weight[h] == next);
      next = g->weight[h] < next ? g->weight[h] : next;
    }
    if (equal == 0)
      break;
    for (; equal > 0 && have < g->out->minimum; equal--, have++)
      sum += next;
    last = next;
  }
  return sum;
}

/* An easier question's bound holds where its values before are proved, and no worse in the answer:
 * then every answer to the harder one that is as good has just these. */
static bool bound_holds(const choosing *c, const power_reply *relaxed) {
  return compare_before(relaxed->before, relaxed->before_bound) == 0 &&
         compare_before(relaxed->before, c->best->reply.before) == 0;
}

static void find_bound(choosing *c) {
  int64_t bound = c->least;
  for (uint32_t i = 0; i < c->relaxed_count; i++)
    if (bound_holds(c, &c->relaxed[i]) && c->relaxed[i].bound > bound)
      bound = c->relaxed[i].bound;
  c->best->weight_in_range = c->relaxed_count > 0 ? c->relaxed[0].weight : c->best->weight;
  c->best->bound = bound < c->best->weight ? bound : c->best->weight;
}

/* ---------------------------------------------------------------------- every set */

typedef struct host_set {
  int64_t weight;
  uint32_t bits;
} host_set;

static int compare_sets(const void *a, const void *b) {
  const host_set *x = a, *y = b;
  if (x->weight != y->weight)
    return x->weight < y->weight ? -1 : 1;
  return (x->bits > y->bits) - (x->bits < y->bits);
}

static void enter_set(const power_ground *g, const uint32_t *open, uint32_t bits, uint8_t *set) {
  memcpy(set, g->stay, g->host_count);
  for (uint32_t i = 0; bits >> i != 0; i++)
    set[open[i]] = (uint8_t)(set[open[i]] | ((bits >> i) & 1));
}

/* Whether the reply proves that no answer as good as the best has these hosts only. */
static bool refutes(const choosing *c, const power_reply *reply, int64_t weight) {
  int order = compare_before(reply->before_bound, c->best->reply.before);
  if (order != 0)
    return order > 0;
  return compare_before(reply->before, c->best->reply.before) == 0 && reply->bound > weight;
}

/* All kinds of questions with these hosts. */
static berth_status try_set(choosing *c, const uint8_t *set, int64_t weight, bool *taken,
                            bool *refuted) {
  asked kinds = c->g->keep_failures > 0 ? ASKED_KINDS : ASKED_FAILURES;
  *taken = *refuted = false;
  for (asked kind = ASKED_RANGE; kind < kinds && !*taken && !*refuted; kind++) {
    power_reply reply = {0};
    berth_status status = ask_with(c, kind, set, taken, &reply);
    if (status != BERTH_OK)
      return status;
    *refuted = !*taken && kind != ASKED_BOTH && refutes(c, &reply, weight);
  }
  return BERTH_OK;
}

static uint32_t list_open(const power_ground *g, uint32_t *open) {
  assert(g->host_count > 0);
  uint32_t count = 0;
  for (uint32_t h = 0; h < g->host_count; h++) {
    if (!((g->on[h] && !g->stay[h]) || g->may_wake[h]))
      continue;
    if (count == FEW_HOSTS)
      return FEW_HOSTS + 1;
    open[count++] = h;
  }
  return count;
}

/* Closes the gap between bound and weight, if few hosts are open. */
static berth_status try_every_set(choosing *c) {
  const power_ground *g = c->g;
  uint32_t open[FEW_HOSTS] = {0}, count = list_open(g, open), tried = 0;
  if (count > FEW_HOSTS || c->best->bound == c->best->weight)
    return BERTH_OK;
  host_set *sets = arena_take(g->memory, (size_t)1 << count, sizeof *sets);
  uint8_t *set = arena_take(g->memory, g->host_count, 1);
  if (sets == NULL || set == NULL)
    return out_of_memory(g);
  for (uint32_t bits = 0; bits < UINT32_C(1) << count; bits++) {
    enter_set(g, open, bits, set);
    sets[bits] = (host_set){power_ground_weigh(g, set), bits};
  }
  qsort(sets, (size_t)1 << count, sizeof *sets, compare_sets);
  int64_t weight = c->best->weight, bound = weight;
  for (uint32_t i = 0; i < UINT32_C(1) << count && sets[i].weight < weight; i++) {
    bool kept, taken = false, refuted = false;
    enter_set(g, open, sets[i].bits, set);
    if (sets[i].weight < c->best->bound || power_ground_count(g, set) < g->out->minimum)
      continue;
    if (!is_kept(g, set, &kept))
      return out_of_memory(g);
    if (!kept)
      continue;
    if (tried++ == MOST_ASKED || search_clock_over(g->clock)) {
      bound = sets[i].weight < bound ? sets[i].weight : bound;
      break;
    }
    berth_status status = try_set(c, set, sets[i].weight, &taken, &refuted);
    if (status != BERTH_OK)
      return status;
    if (!refuted && sets[i].weight < bound)
      bound = sets[i].weight;
    if (taken)
      break;
  }
  c->best->bound = bound > c->best->bound ? bound : c->best->bound;
  c->best->bound = c->best->bound < c->best->weight ? c->best->bound : c->best->weight;
  return BERTH_OK;
}

static bool find_least(const power_ground *g, int64_t *least) {
  int64_t policy;
  *least = least_weight(g);
  if (!power_policy_bound(g, &policy))
    return false;
  g->out->weight_admission = policy;
  *least = policy > *least ? policy : *least;
  return true;
}

/* Nothing is left to be searched for, but for fewer migrations; in a large cluster nobody would
 * find those in time. */
static bool is_settled(const choosing *c) {
  static const int64_t none[POWER_BEFORE] = {0};
  const power_ground *g = c->g;
  return (uint64_t)g->host_count * g->whole.item_count > LARGE &&
         compare_before(c->best->reply.before, none) == 0 && c->best->weight == c->least;
}

/* Where the VMs end up, and whether the failures to be kept are survived there. */
static berth_status look_at_end(choosing *c) {
  const power_ground *g = c->g;
  power_choice *best = c->best;
  int64_t above;
  /* Whatever time there was is over by now, perhaps; this is worth a little more. */
  search_clock more;
  power_ground last = *g;
  search_clock_start(&more, g->ctx, LAST_TEST);
  last.clock = &more;
  if (!place_end(g, &best->reply, &best->end) ||
      !power_ground_survives(&last, &best->end, best->serves, &best->survives) ||
      !power_reply_above(g, &best->reply, &above))
    return out_of_memory(g);
  int64_t others = best->end.value[BERTH_LEVEL_VIOLATIONS] + above;
  best->keeps = g->keep_failures == 0;
  if (!best->keeps)
    best->keeps =
        best->survives && (c->relaxed_count == 0 || others <= c->relaxed[ASKED_RANGE].before[0]);
  return BERTH_OK;
}

static berth_status close_gap(choosing *c) {
  int64_t weight = c->best->weight;
  berth_status status = try_every_set(c);
  return status == BERTH_OK && c->best->weight < weight ? look_at_end(c) : status;
}

/* No answer is better on the levels before the hosts, and if failures are kept it is proved that
 * this costs nothing there. */
static bool has_least_violations(const choosing *c) {
  const power_choice *best = c->best;
  bool least = is_settled(c);
  for (uint32_t i = 0; i < c->relaxed_count; i++)
    least |= compare_before(best->reply.before, c->relaxed[i].before_bound) <= 0;
  bool costs_nothing =
      c->g->keep_failures == 0 || !best->keeps || c->relaxed_count == 0 ||
      best->reply.before[POWER_VIOLATIONS] <= c->relaxed[0].before_bound[POWER_VIOLATIONS];
  return least && costs_nothing;
}

/* @param first an answer to the same question, to begin with; NULL = none yet. */
static berth_status choose(choosing *c, const power_reply *first) {
  const power_ground *g = c->g;
  power_choice *out = c->best;
  *out = (power_choice){.serves = arena_take(g->memory, g->host_count, 1)};
  if (out->serves == NULL || !find_least(g, &c->least))
    return out_of_memory(g);
  if (first != NULL)
    consider(c, ASKED_RANGE, first);
  berth_status status = try_emptying(c);
  if (status == BERTH_OK && !is_settled(c))
    status = ask_first(c);
  if (status == BERTH_OK)
    status = satisfy(c);
  if (status == BERTH_OK)
    find_bound(c);
  if (status == BERTH_OK)
    status = look_at_end(c);
  if (status == BERTH_OK && (out->keeps || first != NULL))
    status = close_gap(c);
  if (status == BERTH_OK)
    out->least_violations = has_least_violations(c);
  assert(status != BERTH_OK || out->bound <= out->weight);
  return status;
}

/* All hosts stay on that are. That an answer is found now which keeps the failures shows only that
 * the search had overlooked it: then nothing is proved but what arithmetic says. */
static berth_status choose_held(power_ground *g, int64_t least, power_choice *out) {
  power_reply first = out->reply;
  choosing c = {.g = g, .best = out, .shares = 4};
  assert(!out->keeps && first.serves != NULL);
  first.serves = arena_take(g->memory, g->host_count, 1);
  if (first.serves == NULL)
    return out_of_memory(g);
  for (uint32_t h = 0; h < g->host_count; h++)
    first.serves[h] = g->on[h] || out->serves[h];
  first.weight = power_ground_weigh(g, first.serves);
  int64_t admission = g->out->weight_admission;
  berth_status status = choose(&c, &first);
  if (status == BERTH_OK && out->keeps) {
    power_ground_drop_hold_for_failures(g);
    g->out->weight_admission = admission;
    out->bound = least;
    out->least_violations = false;
  }
  return status;
}

berth_status power_choice_make(power_ground *g, power_choice *out) {
  choosing c = {.g = g, .best = out, .shares = g->keep_failures > 0 ? 4 : 2};
  berth_status status = choose(&c, NULL);
  if (status != BERTH_OK || g->keep_failures == 0 || out->keeps)
    return status;
  if (power_ground_hold_for_failures(g))
    return choose_held(g, c.least, out);
  status = close_gap(&c);
  out->least_violations = status == BERTH_OK && has_least_violations(&c);
  if (out->keeps)
    power_ground_drop_hold_for_failures(g);
  return status;
}
