/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps are entered in a linear order that could be carried out one by one; every precedence points
 * backwards in it, so there is no cycle. Precedence comes from room: arrivals wait for departures,
 * on hosts and in domains of must rules (room_track.h) and on NUMA nodes (node_track.h). From
 * lanes: each limit on what happens at once is a number of lanes; a step takes the lane that is
 * free first and waits for its last user, so at most that many run, for every timing. And from
 * chains: a VM's own migrations, wakes, restart-after, maintenance after the last departure.
 */
#include "schedule.h"
#include "arrival_order.h"
#include "checked.h"
#include "domain_tracks.h"
#include "node_track.h"
#include "restart_barrier.h"
#include "room_track.h"
#include <assert.h>
#include <string.h>

/* One step takes less than 2^46 s (2^40 MiB at 1 Mbps), so a sum that starts below this cannot
 * overflow. */
#define LATEST (INT64_C(1) << 61)

/* Lanes of one limit: the last step in each, unused ones first. */
typedef struct lane_set {
  uint32_t *last;
  uint32_t used, limit;
} lane_set;

typedef struct scheduling {
  schedule *out;
  const problem *problem;
  arena *memory;
  const placement *final;
  room_track *hosts; /* [host] */
  domain_tracks domains;
  node_tracks nodes;
  restart_barriers barriers;
  lane_set *migration_lanes; /* [host] */
  lane_set *restart_lanes;   /* [host] */
  lane_set *datastore_lanes; /* [datastore of the inventory] */
  lane_set *quiesce_lanes;   /* [rule of the cluster] */
  uint32_t *wake_step;       /* [host] */
  uint32_t *last_step;       /* [item] */
} scheduling;

bool step_list_add(step_list *list, arena *memory, uint32_t step) {
  if (list->count == list->room) {
    uint32_t room = list->room == 0 ? 4 : 2 * list->room;
    uint32_t *bigger = arena_take(memory, room, sizeof *bigger);
    if (bigger == NULL)
      return false;
    if (list->count > 0)
      memcpy(bigger, list->list, list->count * sizeof *bigger);
    list->list = bigger;
    list->room = room;
  }
  if (list->count == 0 || list->list[list->count - 1] != step)
    list->list[list->count++] = step;
  return true;
}

static const frozen_cluster *cluster_of(const problem *p) {
  return &p->inventory->clusters[p->cluster];
}

/* ---------------------------------------------------------------------- lanes */

/* Takes a lane for `step`; `before` is the lane's last user, BERTH_NONE if it had none. Of the used
 * lanes the one whose user ends first in the worst case is taken, then the one with the lowest
 * number. */
static bool take_lane(scheduling *s, lane_set *lanes, int64_t limit, uint32_t step,
                      uint32_t *before) {
  const schedule_step *steps = s->out->steps;
  *before = BERTH_NONE;
  if (lanes->last == NULL) {
    lanes->limit = limit < 1 ? 1 : limit > 4096 ? 4096 : (uint32_t)limit;
    lanes->last = arena_take(s->memory, lanes->limit, sizeof *lanes->last);
    if (lanes->last == NULL)
      return false;
  }
  if (lanes->used < lanes->limit) {
    lanes->last[lanes->used++] = step;
    return true;
  }
  uint32_t best = 0;
  for (uint32_t i = 1; i < lanes->used; i++) {
    if (steps[lanes->last[i]].end.latest < steps[lanes->last[best]].end.latest)
      best = i;
  }
  assert(lanes->last[best] <= step);
  if (lanes->last[best] != step)
    *before = lanes->last[best];
  lanes->last[best] = step;
  return true;
}

/* Takes a lane and waits for its last user (to settle, if it has to). */
static bool wait_for_lane(scheduling *s, lane_set *lanes, int64_t limit, uint32_t step,
                          bool settled) {
  schedule_step *entry = &s->out->steps[step];
  uint32_t before;
  if (!take_lane(s, lanes, limit, step, &before))
    return false;
  if (before == BERTH_NONE)
    return true;
  bool settles = settled && s->out->steps[before].settle > 0;
  return step_list_add(settles ? &entry->after_settled : &entry->after, s->memory, before);
}

static bool take_migration_lanes(scheduling *s, uint32_t step) {
  const problem *p = s->problem;
  assert(s->out->steps[step].type == BERTH_STEP_MIGRATE);
  const berth_inventory *inventory = p->inventory;
  const frozen_cluster *cluster = cluster_of(p);
  const schedule_step *move = &s->out->steps[step];
  uint32_t vm = p->vm[move->item];
  int64_t limit = cluster->set_up.migrations_per_host;
  if (!wait_for_lane(s, &s->migration_lanes[move->from], limit, step, false) ||
      !wait_for_lane(s, &s->migration_lanes[move->to], limit, step, false))
    return false;
  for (uint32_t i = inventory->vm_datastore_start[vm]; i < inventory->vm_datastore_start[vm + 1];
       i++) {
    if (!wait_for_lane(s, &s->datastore_lanes[inventory->vm_datastores[i]],
                       cluster->set_up.migrations_per_datastore, step, false))
      return false;
  }
  for (uint32_t i = inventory->vm_rule_start[vm]; i < inventory->vm_rule_start[vm + 1]; i++) {
    uint32_t rule = inventory->vm_rules[i];
    if (inventory->rules[rule].enabled && inventory->rules[rule].type == BERTH_RULE_QUIESCE &&
        !wait_for_lane(s, &s->quiesce_lanes[rule - cluster->first_rule],
                       inventory->rules[rule].max_concurrent, step, true))
      return false;
  }
  return true;
}

/* ---------------------------------------------------------------------- room */

/* Enters the step into the domains of its item's must spread rules. */
static bool enter_domains(scheduling *s, uint32_t step) {
  static const int64_t one = 1;
  const problem *p = s->problem;
  schedule_step *move = &s->out->steps[step];
  for (uint32_t i = p->item_rule_start[move->item]; i < p->item_rule_start[move->item + 1]; i++) {
    uint32_t g = p->item_rules[i];
    const problem_rule *rule = &p->rules[g];
    if (!rule->must || rule->form != RULE_FORM_SPREAD)
      continue;
    uint32_t to = rule->domain_of[move->to];
    uint32_t from = move->from == BERTH_NONE ? BERTH_NONE : rule->domain_of[move->from];
    if (from == to)
      continue;
    room_track *entered = domain_tracks_get(&s->domains, g, to);
    if (entered == NULL || !room_track_arrive(entered, s->memory, p, &one, 1, false, &move->after))
      return false;
    if (from == BERTH_NONE)
      continue;
    room_track *left = domain_tracks_get(&s->domains, g, from);
    if (left == NULL || !room_track_depart(left, s->memory, step, move->item))
      return false;
  }
  return true;
}

static bool enter_rooms(scheduling *s, uint32_t step) {
  const problem *p = s->problem;
  schedule_step *move = &s->out->steps[step];
  if (!room_track_arrive(&s->hosts[move->to], s->memory, p, problem_demand(p, move->item),
                         p->resource_count, true, &move->after))
    return false;
  if (move->from != BERTH_NONE &&
      !room_track_depart(&s->hosts[move->from], s->memory, step, move->item))
    return false;
  if (!enter_domains(s, step) || !node_tracks_enter(&s->nodes, step, move, &move->after))
    return false;
  for (uint32_t i = 0; i < move->after.count; i++) {
    schedule_step *leaver = &s->out->steps[move->after.list[i]];
    if (leaver->needed_by == BERTH_NONE)
      leaver->needed_by = step;
  }
  return true;
}

/* ---------------------------------------------------------------------- time */

/* Windows by the longest path; all steps waited for have theirs already. The start holds what the
 * barriers ask for, `expected` likewise. */
static void set_window(schedule *out, uint32_t step, int64_t expected) {
  schedule_step *s = &out->steps[step];
  assert(s->wait >= 0 && s->seconds >= 0 && s->settle >= 0);
  int64_t expected_wait = s->wait;
  for (uint32_t i = 0; i < s->after.count; i++) {
    const schedule_step *before = &out->steps[s->after.list[i]];
    assert(s->after.list[i] < step);
    s->start.earliest = larger_i64(s->start.earliest, before->end.earliest);
    s->start.latest = larger_i64(s->start.latest, before->end.latest);
    expected = larger_i64(expected, before->expected_end);
  }
  for (uint32_t i = 0; i < s->after_settled.count; i++) {
    const schedule_step *before = &out->steps[s->after_settled.list[i]];
    assert(s->after_settled.list[i] < step);
    s->start.earliest = larger_i64(s->start.earliest, before->end.earliest + before->settle);
    s->start.latest = larger_i64(s->start.latest, before->end.latest + before->settle);
    expected = larger_i64(expected, before->expected_end + before->settle);
  }
  if (s->type == BERTH_STEP_MIGRATE) {
    const problem *p = out->problem;
    int64_t ack = p->inventory->vm_notification[p->vm[s->item]].ack_seconds;
    if (ack != BERTH_UNSET && ack < expected_wait)
      expected_wait = ack;
  }
  s->end.earliest = s->start.earliest + s->seconds;
  s->end.latest = s->start.latest + s->wait + s->seconds;
  s->expected_end = expected + expected_wait + s->seconds;
  assert(s->end.earliest <= s->expected_end && s->expected_end <= s->end.latest);
  if (s->end.latest > LATEST) {
    out->overflow = true;
    s->end = (berth_window){0, 0};
    s->expected_end = 0;
  }
  out->makespan.best = larger_i64(out->makespan.best, s->end.earliest);
  out->makespan.worst = larger_i64(out->makespan.worst, s->end.latest);
  out->makespan.expected = larger_i64(out->makespan.expected, s->expected_end);
}

/* ---------------------------------------------------------------------- steps */

static uint32_t new_step(schedule *out, berth_step_type type, uint32_t item, uint32_t from,
                         uint32_t to, uint32_t host) {
  out->steps[out->step_count] = (schedule_step){.type = type,
                                                .item = item,
                                                .from = from,
                                                .to = to,
                                                .host = host,
                                                .needed_by = BERTH_NONE,
                                                .lane_before = BERTH_NONE};
  return out->step_count++;
}

/* What every step that brings an item to a host has in common. */
static bool enter_arrival(scheduling *s, uint32_t step) {
  schedule_step *entry = &s->out->steps[step];
  assert(entry->item != BERTH_NONE && entry->to != BERTH_NONE && entry->to != entry->from);
  if (!enter_rooms(s, step))
    return false;
  if (s->wake_step[entry->to] != BERTH_NONE &&
      !step_list_add(&entry->after, s->memory, s->wake_step[entry->to]))
    return false;
  if (s->last_step[entry->item] != BERTH_NONE &&
      !step_list_add(&entry->after, s->memory, s->last_step[entry->item]))
    return false;
  s->last_step[entry->item] = step;
  return true;
}

static bool add_migration(scheduling *s, const migration *move) {
  const problem *p = s->problem;
  uint32_t step =
      new_step(s->out, BERTH_STEP_MIGRATE, move->item, move->from, move->to, BERTH_NONE);
  schedule_step *entry = &s->out->steps[step];
  entry->slowed = !berth_migration_time(p->inventory, p->vm[move->item], p->host[move->from],
                                        p->host[move->to], &entry->wait, &entry->seconds);
  if (entry->wait > 0)
    entry->settle = p->inventory->vm_notification[p->vm[move->item]].settle_seconds;
  if (!enter_arrival(s, step) || !take_migration_lanes(s, step))
    return false;
  set_window(s->out, step, 0);
  return true;
}

static bool is_restart_after(const berth_inventory *inventory, uint32_t rule) {
  return inventory->rules[rule].enabled && inventory->rules[rule].type == BERTH_RULE_RESTART_AFTER;
}

/* Starts no sooner than the barriers of its rules fall; the pairs follow from the rules. */
static bool wait_for_barriers(scheduling *s, uint32_t step, int64_t *expected) {
  const problem *p = s->problem;
  const berth_inventory *inventory = p->inventory;
  schedule_step *entry = &s->out->steps[step];
  uint32_t vm = p->vm[entry->item];
  assert(entry->start.latest == 0);
  for (uint32_t i = inventory->vm_rule_start[vm]; i < inventory->vm_rule_start[vm + 1]; i++) {
    if (!is_restart_after(inventory, inventory->vm_rules[i]))
      continue;
    const restart_barrier *barrier =
        restart_barrier_of(&s->barriers, s->out, inventory->vm_rules[i], s->last_step);
    if (barrier == NULL)
      return false;
    entry->start.earliest = larger_i64(entry->start.earliest, barrier->earliest);
    entry->start.latest = larger_i64(entry->start.latest, barrier->latest);
    *expected = larger_i64(*expected, barrier->expected);
  }
  return true;
}

static bool add_restart(scheduling *s, uint32_t item) {
  const problem *p = s->problem;
  const frozen_cluster *cluster = cluster_of(p);
  assert(problem_is_requested(p, item) && s->final->host[item] != BERTH_NONE);
  berth_step_type type = p->kind[item] == ITEM_RESTART ? BERTH_STEP_RESTART : BERTH_STEP_POWER_ON;
  uint32_t host = s->final->host[item];
  uint32_t step = new_step(s->out, type, item, BERTH_NONE, host, BERTH_NONE);
  schedule_step *entry = &s->out->steps[step];
  entry->seconds = cluster->set_up.restart_seconds;
  if (!enter_arrival(s, step) ||
      !take_lane(s, &s->restart_lanes[host], cluster->set_up.restarts_per_host, step,
                 &entry->lane_before))
    return false;
  if (entry->lane_before != BERTH_NONE &&
      !step_list_add(&entry->after, s->memory, entry->lane_before))
    return false;
  int64_t expected = 0;
  if (!wait_for_barriers(s, step, &expected))
    return false;
  set_window(s->out, step, expected);
  return true;
}

/* True if a start before `step` in its lane, not far back, waits for rule `rule` already. */
static bool lane_waits(const schedule *done, uint32_t step, uint32_t rule) {
  enum { LOOK_BACK = 64 };
  const problem *p = done->problem;
  const berth_inventory *inventory = p->inventory;
  uint32_t before = done->steps[step].lane_before;
  for (uint32_t far = 0; before != BERTH_NONE && far < LOOK_BACK; far++) {
    uint32_t vm = p->vm[done->steps[before].item];
    for (uint32_t i = inventory->vm_rule_start[vm]; i < inventory->vm_rule_start[vm + 1]; i++) {
      if (inventory->vm_rules[i] == rule)
        return true;
    }
    before = done->steps[before].lane_before;
  }
  return false;
}

bool schedule_gather_after(const schedule *done, uint32_t step, arena *memory, step_list *all) {
  const problem *p = done->problem;
  const berth_inventory *inventory = p->inventory;
  const schedule_step *entry = &done->steps[step];
  for (uint32_t i = 0; i < entry->after.count; i++) {
    if (!step_list_add(all, memory, entry->after.list[i]))
      return false;
  }
  if (entry->type != BERTH_STEP_RESTART && entry->type != BERTH_STEP_POWER_ON)
    return true;
  uint32_t vm = p->vm[entry->item];
  for (uint32_t i = inventory->vm_rule_start[vm]; i < inventory->vm_rule_start[vm + 1]; i++) {
    uint32_t rule = inventory->vm_rules[i];
    if (!is_restart_after(inventory, rule) || lane_waits(done, step, rule))
      continue;
    const step_list *steps = &done->barriers[rule - cluster_of(p)->first_rule].steps;
    for (uint32_t j = 0; j < steps->count; j++) {
      assert(steps->list[j] < step);
      if (!step_list_add(all, memory, steps->list[j]))
        return false;
    }
  }
  return true;
}

static void add_wakes(scheduling *s, const uint8_t *needed) {
  const problem *p = s->problem;
  for (uint32_t host = 0; host < p->host_count; host++) {
    if (!needed[host] || !p->host_asleep[host])
      continue;
    assert(p->host_open[host]);
    uint32_t step = new_step(s->out, BERTH_STEP_WAKE, BERTH_NONE, BERTH_NONE, BERTH_NONE, host);
    s->out->steps[step].seconds = p->inventory->host_wake_seconds[p->host[host]];
    s->wake_step[host] = step;
    set_window(s->out, step, 0);
  }
}

static bool enters_maintenance(const problem *p, uint32_t host, bool ran_vms) {
  uint8_t state = p->inventory->host_state[p->host[host]];
  return state == BERTH_HOST_ENTERING_MAINTENANCE || (state == BERTH_HOST_MAINTENANCE && ran_vms);
}

/* A step of an empty host, after everything that leaves it. */
static bool add_host_step(scheduling *s, berth_step_type type, uint32_t host) {
  const step_list *departures = &s->hosts[host].departures;
  uint32_t step = new_step(s->out, type, BERTH_NONE, BERTH_NONE, BERTH_NONE, host);
  for (uint32_t i = 0; i < departures->count; i++) {
    if (!step_list_add(&s->out->steps[step].after, s->memory, departures->list[i]))
      return false;
  }
  set_window(s->out, step, 0);
  return true;
}

static bool add_host_steps(scheduling *s, const uint8_t *serves) {
  const problem *p = s->problem;
  for (uint32_t host = 0; host < p->host_count; host++) {
    if (s->final->population[host] > 0)
      continue;
    bool enters = enters_maintenance(p, host, s->hosts[host].departures.count > 0);
    if (enters && !add_host_step(s, BERTH_STEP_ENTER_MAINTENANCE, host))
      return false;
    bool down = serves != NULL && p->host_may_sleep[host] && !serves[host];
    if (down && !add_host_step(s, BERTH_STEP_POWER_DOWN, host))
      return false;
  }
  return true;
}

/* ---------------------------------------------------------------------- the whole */

static bool prepare_hosts(scheduling *s) {
  const problem *p = s->problem;
  size_t cells = (size_t)p->host_count * p->resource_count;
  int64_t *load = arena_take(s->memory, cells, sizeof *load);
  if (load == NULL)
    return false;
  memcpy(load, p->initial_use, cells * sizeof *load);
  for (uint32_t host = 0; host < p->host_count; host++) {
    s->hosts[host].limit = p->limit + (size_t)host * p->resource_count;
    s->hosts[host].load = load + (size_t)host * p->resource_count;
  }
  memset(s->wake_step, 0xff, p->host_count * sizeof *s->wake_step);
  memset(s->last_step, 0xff, p->item_count * sizeof *s->last_step);
  return true;
}

static bool prepare(scheduling *s, size_t most_steps) {
  const problem *p = s->problem;
  s->out->steps = arena_take(s->memory, most_steps, sizeof *s->out->steps);
  s->hosts = arena_take(s->memory, p->host_count, sizeof *s->hosts);
  s->domains = (domain_tracks){.final = s->final, .memory = s->memory};
  s->migration_lanes = arena_take(s->memory, p->host_count, sizeof(lane_set));
  s->restart_lanes = arena_take(s->memory, p->host_count, sizeof(lane_set));
  s->datastore_lanes = arena_take(s->memory, p->inventory->datastore_count, sizeof(lane_set));
  s->quiesce_lanes = arena_take(s->memory, cluster_of(p)->rule_count, sizeof(lane_set));
  s->wake_step = arena_take(s->memory, p->host_count, sizeof *s->wake_step);
  s->last_step = arena_take(s->memory, p->item_count, sizeof *s->last_step);
  return s->out->steps != NULL && s->hosts != NULL && s->migration_lanes != NULL &&
         s->restart_lanes != NULL && s->datastore_lanes != NULL && s->quiesce_lanes != NULL &&
         s->wake_step != NULL && s->last_step != NULL &&
         restart_barriers_init(&s->barriers, p, s->memory, most_steps) &&
         node_tracks_init(&s->nodes, p, s->memory) && prepare_hosts(s);
}

/* Hosts that something arrives at, or that are to serve. */
static uint8_t *hosts_needed(const scheduling *s, const sequence *moves, const arrival *arrivals,
                             uint32_t arrival_count, const uint8_t *serves) {
  uint8_t *needed = arena_take(s->memory, s->problem->host_count, 1);
  for (uint32_t m = 0; needed != NULL && m < moves->count; m++)
    needed[moves->list[m].to] = 1;
  for (uint32_t a = 0; needed != NULL && a < arrival_count; a++)
    needed[s->final->host[arrivals[a].item]] = 1;
  for (uint32_t h = 0; needed != NULL && serves != NULL && h < s->problem->host_count; h++)
    needed[h] |= serves[h];
  return needed;
}

bool schedule_build(const problem *p, const sequence *moves, const placement *final,
                    const uint8_t *serves, arena *memory, schedule *out) {
  uint32_t arrival_count = 0, next = 0;
  *out = (schedule){.problem = p, .memory = memory};
  scheduling s = {.out = out, .problem = p, .memory = memory, .final = final};
  const arrival *arrivals = arrival_order(p, moves, final, memory, &arrival_count);
  if (arrivals == NULL ||
      !prepare(&s, (size_t)moves->count + arrival_count + 2 * (size_t)p->host_count))
    return false;
  const uint8_t *needed = hosts_needed(&s, moves, arrivals, arrival_count, serves);
  if (needed == NULL)
    return false;
  add_wakes(&s, needed);
  for (uint32_t m = 0; m <= moves->count; m++) {
    for (; next < arrival_count && arrivals[next].position <= m; next++) {
      if (!add_restart(&s, arrivals[next].item))
        return false;
    }
    if (m < moves->count && !add_migration(&s, &moves->list[m]))
      return false;
  }
  assert(next == arrival_count);
  out->barriers = s.barriers.of_rule;
  return add_host_steps(&s, serves);
}
