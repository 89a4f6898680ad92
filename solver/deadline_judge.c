/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A deadline against the longest paths of a plan (the critical path method, Kelley and Walker
 * 1959). One longest path of the worst case is told part by part. The fewest timeouts to shorten
 * are found by iterative deepening: as long as the plan is late, one of the guests on its critical
 * chain has to answer sooner, so a search over those alone misses no set of that size. Every set
 * is judged by the longest path that it leaves.
 */
#include "deadline_judge.h"
#include "arena.h"
#include "context_internal.h"
#include "frozen.h"
#include "migration_time.h"
#include <assert.h>

enum {
  MOST_TIMEOUTS = 12,    /* of a remedy */
  MOST_CANDIDATES = 256, /* on one critical chain */
  MOST_LINKS = 16,       /* that are made faster together */
  MOST_LINK_REMEDIES = 2,
  EVALUATIONS = 20000,   /* longest paths that a search for the fewest may take */
  STEPS_TIMED = 20000000 /* and steps in all of them */
};

typedef struct deadline_search {
  const berth_plan *plan;
  const berth_inventory *inventory;
  arena memory;
  uint32_t step_count;
  int64_t deadline;
  int64_t *timeout;        /* [vm] INT64_MAX = as it is */
  int64_t *link;           /* [host] Mbps */
  int64_t *end;            /* [step] latest */
  uint32_t *critical;      /* [step] index of the one it waits for longest, BERTH_NONE = none */
  berth_chain_part *chain; /* [3 * step] */
  uint32_t chain_count;
  berth_deadline_change *changes;
  uint32_t change_count;
  uint32_t *shortened, shortened_count; /* VMs */
  uint32_t *candidates;                 /* [depth * MOST_CANDIDATES] VMs */
  uint32_t evaluations_left;
  bool exact; /* no smaller set was left untried */
} deadline_search;

static const berth_plan_step *step_at(const deadline_search *s, uint32_t index) {
  return berth_plan_step_at(s->plan, index);
}

/* ---------------------------------------------------------------------------- longest path */

static int64_t wait_of(const deadline_search *s, const berth_plan_step *step) {
  int64_t most = step->vm == BERTH_NONE ? INT64_MAX : s->timeout[step->vm];
  return step->wait < most ? step->wait : most;
}

static int64_t seconds_of(const deadline_search *s, const berth_plan_step *step) {
  if (step->type != BERTH_STEP_MIGRATE)
    return step->seconds;
  int64_t out = s->link[step->from], in = s->link[step->to], link = out < in ? out : in;
  int64_t seconds = step->seconds;
  if (s->inventory->host_link_mbps[step->from] != out ||
      s->inventory->host_link_mbps[step->to] != in)
    migration_copy_seconds(s->inventory, step->vm, link, &seconds);
  return seconds;
}

static void wait_for(deadline_search *s, uint32_t i, const uint32_t *ids, uint32_t count,
                     bool settled, int64_t *start) {
  for (uint32_t k = 0; k < count; k++) {
    uint32_t before = ids[k] - 1;
    int64_t end = s->end[before] + (settled ? step_at(s, before)->settle : 0);
    assert(before < i); /* ids are an order in which the steps can be carried out */
    if (end <= *start)
      continue;
    *start = end;
    s->critical[i] = before;
  }
}

/* The worst case with the timeouts and links as they are set. @return the makespan; *last its step.
 */
static int64_t longest_path(deadline_search *s, uint32_t *last) {
  int64_t worst = 0;
  *last = BERTH_NONE;
  for (uint32_t i = 0; i < s->step_count; i++) {
    const berth_plan_step *step = step_at(s, i);
    int64_t start = 0;
    s->critical[i] = BERTH_NONE;
    wait_for(s, i, step->after, step->after_count, false, &start);
    wait_for(s, i, step->after_settled, step->after_settled_count, true, &start);
    s->end[i] = start + wait_of(s, step) + seconds_of(s, step);
    if (s->end[i] <= worst)
      continue;
    worst = s->end[i];
    *last = i;
  }
  return worst;
}

static bool is_late(deadline_search *s) {
  uint32_t last;
  return longest_path(s, &last) > s->deadline;
}

/* ---------------------------------------------------------------------------- the chain */

static bool lists(const uint32_t *ids, uint32_t count, uint32_t id) {
  for (uint32_t i = 0; i < count; i++)
    if (ids[i] == id)
      return true;
  return false;
}

static bool rule_has(const frozen_rule *rule, uint32_t vm) {
  return lists(rule->vms, rule->vm_count, vm);
}

static bool share_quiesce(const deadline_search *s, uint32_t a, uint32_t b) {
  const berth_inventory *inventory = s->inventory;
  for (uint32_t i = inventory->vm_rule_start[a]; i < inventory->vm_rule_start[a + 1]; i++) {
    const frozen_rule *rule = &inventory->rules[inventory->vm_rules[i]];
    if (rule->enabled && rule->type == BERTH_RULE_QUIESCE && rule_has(rule, b))
      return true;
  }
  return false;
}

static bool share_datastore(const deadline_search *s, uint32_t a, uint32_t b) {
  const berth_inventory *inventory = s->inventory;
  uint32_t first = inventory->vm_datastore_start[b];
  for (uint32_t i = inventory->vm_datastore_start[a]; i < inventory->vm_datastore_start[a + 1]; i++)
    if (lists(inventory->vm_datastores + first, inventory->vm_datastore_start[b + 1] - first,
              inventory->vm_datastores[i]))
      return true;
  return false;
}

/* Whether the VM would not have fitted there at the start. */
static bool lacks_room(const deadline_search *s, uint32_t vm, uint32_t host) {
  const berth_inventory *inventory = s->inventory;
  uint32_t resources = inventory->resource_count;
  for (uint32_t r = 0; r < resources; r++) {
    int64_t left = inventory->host_capacity[(size_t)host * resources + r];
    int64_t demand = inventory->vm_demand[(size_t)vm * resources + r];
    for (uint32_t i = inventory->host_vm_start[host]; i < inventory->host_vm_start[host + 1]; i++) {
      uint32_t there = inventory->host_vms[i];
      if (inventory->vm_power[there] == BERTH_POWER_ON)
        left -= inventory->vm_demand[(size_t)there * resources + r];
    }
    if (demand > 0 && demand > left)
      return true;
  }
  return false;
}

static bool share_host(const berth_plan_step *a, const berth_plan_step *b) {
  return a->to == b->to || (a->from != BERTH_NONE && (a->from == b->from || a->from == b->to)) ||
         (b->from != BERTH_NONE && b->from == a->to);
}

static berth_chain_join join_of(const deadline_search *s, const berth_plan_step *before,
                                const berth_plan_step *step) {
  if (before->type == BERTH_STEP_WAKE && before->host == step->to)
    return BERTH_JOIN_WAKE;
  if (before->vm == BERTH_NONE || step->vm == BERTH_NONE)
    return BERTH_JOIN_ORDER;
  if (before->vm == step->vm)
    return BERTH_JOIN_VM;
  if (share_quiesce(s, before->vm, step->vm))
    return BERTH_JOIN_QUIESCE;
  if (before->from != BERTH_NONE && before->from == step->to && lacks_room(s, step->vm, step->to))
    return BERTH_JOIN_ROOM;
  if (share_host(before, step) || share_datastore(s, before->vm, step->vm))
    return BERTH_JOIN_LIMIT;
  return BERTH_JOIN_ORDER;
}

static void add_part(deadline_search *s, uint32_t i, berth_chain_kind kind, berth_chain_join join,
                     int64_t seconds) {
  assert(s->chain_count < 3 * s->step_count);
  if (seconds > 0)
    s->chain[s->chain_count++] =
        (berth_chain_part){.step = i + 1, .kind = kind, .join = join, .seconds = seconds};
}

static berth_chain_kind kind_of(const berth_plan_step *step) {
  if (step->type == BERTH_STEP_MIGRATE)
    return BERTH_CHAIN_COPY;
  return step->type == BERTH_STEP_WAKE ? BERTH_CHAIN_WAKE : BERTH_CHAIN_RESTART;
}

/* The parts of step i; `before` is the step of the chain before it. */
static void add_step(deadline_search *s, uint32_t before, uint32_t i) {
  const berth_plan_step *step = step_at(s, i);
  berth_chain_join join = BERTH_JOIN_NONE;
  if (before != BERTH_NONE) {
    const berth_plan_step *last = step_at(s, before);
    add_part(s, before, BERTH_CHAIN_SETTLE, BERTH_JOIN_NONE, step->start.latest - last->end.latest);
    join = join_of(s, last, step);
  }
  add_part(s, i, BERTH_CHAIN_WAIT, join, step->wait);
  add_part(s, i, kind_of(step), step->wait > 0 ? BERTH_JOIN_NONE : join, step->seconds);
}

/* Tells the chain that ends with step `last`, first step first. Steps without a duration are left
 * out: what waits for them waits for those before. */
static void tell_chain(deadline_search *s, uint32_t last, uint32_t *path) {
  uint32_t length = 0, before = BERTH_NONE;
  for (uint32_t i = last; i != BERTH_NONE; i = s->critical[i])
    if (step_at(s, i)->wait + step_at(s, i)->seconds > 0)
      path[length++] = i;
  while (length > 0) {
    uint32_t i = path[--length];
    add_step(s, before, i);
    before = i;
  }
}

/* ---------------------------------------------------------------------------- timeouts */

/* The shortest timeout that one would ask for: what the guest is known to need, or a second. */
static int64_t shortest_timeout(const deadline_search *s, uint32_t vm) {
  int64_t needed = s->inventory->vm_notification[vm].ack_seconds;
  return needed > 1 ? needed : 1;
}

static bool can_shorten(const deadline_search *s, const berth_plan_step *step) {
  return step->type == BERTH_STEP_MIGRATE && s->timeout[step->vm] == INT64_MAX &&
         step->wait > shortest_timeout(s, step->vm);
}

/* Guests on the critical chain that could answer sooner. Too many to hold: the search is not exact.
 */
static uint32_t list_candidates(deadline_search *s, uint32_t last, uint32_t *list) {
  uint32_t count = 0;
  for (uint32_t i = last; i != BERTH_NONE; i = s->critical[i]) {
    uint32_t vm = step_at(s, i)->vm;
    if (!can_shorten(s, step_at(s, i)) || lists(list, count, vm))
      continue;
    if (count == MOST_CANDIDATES) {
      s->exact = false;
      break;
    }
    list[count++] = vm;
  }
  return count;
}

/* Depth-first over sets of at most `depth` more timeouts. */
static bool shorten(deadline_search *s, uint32_t depth) {
  uint32_t last;
  if (s->evaluations_left == 0) {
    s->exact = false;
    return false;
  }
  s->evaluations_left--;
  if (longest_path(s, &last) <= s->deadline)
    return true;
  if (depth == 0)
    return false;
  assert(depth <= MOST_TIMEOUTS);
  uint32_t *list = s->candidates + (size_t)(depth - 1) * MOST_CANDIDATES;
  uint32_t count = list_candidates(s, last, list);
  for (uint32_t i = 0; i < count; i++) {
    s->timeout[list[i]] = shortest_timeout(s, list[i]);
    s->shortened[s->shortened_count++] = list[i];
    if (shorten(s, depth - 1))
      return true;
    s->timeout[s->shortened[--s->shortened_count]] = INT64_MAX;
  }
  return false;
}

/* Whoever gains most on the critical chain, one by one; then without those that are not needed. */
static bool shorten_greedily(deadline_search *s) {
  uint32_t last;
  s->exact = false;
  while (longest_path(s, &last) > s->deadline) {
    uint32_t best = BERTH_NONE;
    int64_t most = 0;
    for (uint32_t i = last; i != BERTH_NONE; i = s->critical[i]) {
      const berth_plan_step *step = step_at(s, i);
      int64_t gain = can_shorten(s, step) ? step->wait - shortest_timeout(s, step->vm) : 0;
      best = gain > most ? step->vm : best;
      most = gain > most ? gain : most;
    }
    if (best == BERTH_NONE)
      return false;
    s->timeout[best] = shortest_timeout(s, best);
    s->shortened[s->shortened_count++] = best;
  }
  for (uint32_t i = 0; i < s->shortened_count;) {
    uint32_t vm = s->shortened[i];
    int64_t kept = s->timeout[vm];
    s->timeout[vm] = INT64_MAX;
    if (is_late(s))
      s->timeout[vm] = kept, i++;
    else
      s->shortened[i] = s->shortened[--s->shortened_count];
  }
  return true;
}

static int64_t longest_wait(const deadline_search *s, uint32_t vm) {
  int64_t longest = 0;
  for (uint32_t i = 0; i < s->step_count; i++)
    if (step_at(s, i)->vm == vm && step_at(s, i)->wait > longest)
      longest = step_at(s, i)->wait;
  return longest;
}

/* Gives each guest of the set as much of its time back as the deadline leaves. */
static void lengthen_again(deadline_search *s) {
  for (uint32_t i = 0; i < s->shortened_count; i++) {
    uint32_t vm = s->shortened[i];
    int64_t low = s->timeout[vm], high = longest_wait(s, vm);
    assert(low > 0 && low < high);
    while (low + 1 < high) {
      s->timeout[vm] = low + (high - low) / 2;
      if (is_late(s))
        high = s->timeout[vm];
      else
        low = s->timeout[vm];
    }
    s->timeout[vm] = low;
  }
}

static void add_change(deadline_search *s, berth_deadline_change change, uint32_t remedy) {
  uint32_t last;
  change.remedy = remedy;
  change.worst = longest_path(s, &last);
  assert(change.worst <= s->deadline);
  s->changes[s->change_count++] = change;
}

static void sort_shortened(deadline_search *s) {
  for (uint32_t i = 1; i < s->shortened_count; i++) {
    uint32_t vm = s->shortened[i], k = i;
    for (; k > 0 && s->shortened[k - 1] > vm; k--)
      s->shortened[k] = s->shortened[k - 1];
    s->shortened[k] = vm;
  }
}

/* Remedy 1: timeouts. */
static uint32_t try_timeouts(deadline_search *s) {
  bool found = false;
  s->exact = true;
  for (uint32_t depth = 1; depth <= MOST_TIMEOUTS && !found && s->exact; depth++)
    found = shorten(s, depth);
  bool least = found && s->exact;
  if (!found)
    found = shorten_greedily(s);
  if (found) {
    sort_shortened(s);
    lengthen_again(s);
  }
  for (uint32_t i = 0; found && i < s->shortened_count; i++) {
    uint32_t vm = s->shortened[i];
    add_change(s,
               (berth_deadline_change){
                   .vm = vm, .host = BERTH_NONE, .from = longest_wait(s, vm), .to = s->timeout[vm]},
               1);
  }
  for (uint32_t vm = 0; vm < s->inventory->vm_count; vm++)
    s->timeout[vm] = INT64_MAX;
  s->exact = least;
  return found ? 1 : 0;
}

/* ---------------------------------------------------------------------------- links */

static const int64_t link_speeds[] = {1000, 2500, 5000, 10000, 25000, 40000, 100000};

static void restore_links(deadline_search *s) {
  for (uint32_t host = 0; host < s->inventory->host_count; host++)
    s->link[host] = s->inventory->host_link_mbps[host];
}

/* The hosts that the copies of the critical chain go through, into `hosts`. */
static uint32_t list_hosts(const deadline_search *s, uint32_t *hosts) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < s->chain_count; i++) {
    const berth_plan_step *step = step_at(s, s->chain[i].step - 1);
    const uint32_t both[] = {step->from, step->to};
    for (size_t k = 0; k < 2 && s->chain[i].kind == BERTH_CHAIN_COPY; k++)
      if (count < MOST_LINKS && !lists(hosts, count, both[k]))
        hosts[count++] = both[k];
  }
  return count;
}

/* Tries the next usual speeds on those hosts together. */
static bool try_links(deadline_search *s, const uint32_t *hosts, uint32_t count, uint32_t remedy) {
  bool found = false;
  for (size_t i = 0; i < sizeof link_speeds / sizeof *link_speeds && !found; i++) {
    bool faster = false;
    restore_links(s);
    for (uint32_t k = 0; k < count; k++) {
      if (s->link[hosts[k]] >= link_speeds[i])
        continue;
      s->link[hosts[k]] = link_speeds[i];
      faster = true;
    }
    found = faster && !is_late(s);
  }
  for (uint32_t k = 0; k < count && found; k++) {
    int64_t now = s->inventory->host_link_mbps[hosts[k]];
    if (s->link[hosts[k]] > now)
      add_change(s,
                 (berth_deadline_change){
                     .vm = BERTH_NONE, .host = hosts[k], .from = now, .to = s->link[hosts[k]]},
                 remedy);
  }
  restore_links(s);
  return found;
}

/* The next remedies: the link of one host of the chain, or else those of all. */
static void try_hosts(deadline_search *s, uint32_t remedy) {
  uint32_t hosts[MOST_LINKS], count = list_hosts(s, hosts), found = 0;
  for (uint32_t i = 0; i < count && found < MOST_LINK_REMEDIES; i++)
    found += try_links(s, &hosts[i], 1, remedy + found);
  if (found == 0 && count > 1)
    try_links(s, hosts, count, remedy);
}

/* ---------------------------------------------------------------------------- verdict */

static berth_met verdict(berth_plan_makespan makespan, int64_t seconds) {
  if (makespan.worst <= seconds)
    return BERTH_MET_WORST;
  if (makespan.expected <= seconds)
    return BERTH_MET_EXPECTED;
  return makespan.best <= seconds ? BERTH_MET_BEST : BERTH_MET_NEVER;
}

static bool is_impossible(const berth_plan *plan, int64_t seconds) {
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++) {
    const berth_plan_level *level = berth_plan_level_at(plan, i);
    if (level->level == BERTH_LEVEL_MAKESPAN)
      return level->bound > seconds;
  }
  return false;
}

static bool take_memory(deadline_search *s) {
  uint32_t steps = s->step_count, vms = s->inventory->vm_count;
  s->timeout = arena_take(&s->memory, vms, sizeof *s->timeout);
  s->link = arena_take(&s->memory, s->inventory->host_count, sizeof *s->link);
  s->end = arena_take(&s->memory, steps, sizeof *s->end);
  s->critical = arena_take(&s->memory, steps, sizeof *s->critical);
  s->chain = arena_take(&s->memory, 3 * (size_t)steps, sizeof *s->chain);
  s->shortened = arena_take(&s->memory, vms, sizeof *s->shortened);
  s->candidates =
      arena_take(&s->memory, (size_t)MOST_TIMEOUTS * MOST_CANDIDATES, sizeof *s->candidates);
  s->changes = arena_take(&s->memory, (size_t)vms + (size_t)MOST_LINKS * MOST_LINK_REMEDIES,
                          sizeof *s->changes);
  return s->timeout != NULL && s->link != NULL && s->end != NULL && s->critical != NULL &&
         s->chain != NULL && s->shortened != NULL && s->candidates != NULL && s->changes != NULL;
}

/* What is in the way, and what would help. */
static bool look_closer(deadline_search *s) {
  uint32_t last, *path;
  if (!take_memory(s) || (path = arena_take(&s->memory, s->step_count, sizeof *path)) == NULL)
    return false;
  for (uint32_t vm = 0; vm < s->inventory->vm_count; vm++)
    s->timeout[vm] = INT64_MAX;
  restore_links(s);
  s->evaluations_left = STEPS_TIMED / s->step_count;
  if (s->evaluations_left > EVALUATIONS)
    s->evaluations_left = EVALUATIONS;
  longest_path(s, &last);
  assert(last != BERTH_NONE && s->end[last] > s->deadline);
  tell_chain(s, last, path);
  uint32_t found = try_timeouts(s);
  try_hosts(s, found + 1);
  return true;
}

berth_status deadline_judge(berth_context *ctx, berth_plan *plan, int64_t seconds) {
  berth_plan_makespan makespan = berth_plan_get_makespan(plan);
  berth_plan_deadline deadline = BERTH_PLAN_DEADLINE_INIT;
  deadline_search s = {.plan = plan,
                       .inventory = berth_plan_inventory(plan),
                       .step_count = berth_plan_step_count(plan),
                       .deadline = seconds};
  berth_status status = BERTH_OK;
  assert(seconds > 0);
  arena_init(&s.memory, context_allocator(ctx));
  deadline.seconds = seconds;
  deadline.met = verdict(makespan, seconds);
  deadline.late = makespan.worst > seconds ? makespan.worst - seconds : 0;
  deadline.impossible = is_impossible(plan, seconds);
  if (deadline.late > 0 && !look_closer(&s)) {
    status = context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
    goto done;
  }
  deadline.least = s.exact;
  deadline.chain = s.chain, deadline.chain_count = s.chain_count;
  deadline.changes = s.changes, deadline.change_count = s.change_count;
  status = berth_plan_set_deadline(ctx, plan, &deadline);
done:
  arena_free(&s.memory);
  return status;
}
