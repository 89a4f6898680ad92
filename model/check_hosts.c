/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host steps (docs/model.md §4): a wake before any arrival at a standby host; entering maintenance,
 * and powering down, only once no VM can run there any more.
 */
#include "check_internal.h"
#include <assert.h>

static void check_wake(check *c, uint32_t i, uint32_t *wake_of) {
  uint32_t host = c->steps[i].host;
  const char *name = check_host_name(c, host);
  assert(c->steps[i].sound && c->steps[i].type == BERTH_STEP_WAKE);
  if (c->inventory->host_state[host] != BERTH_HOST_STANDBY)
    check_fault(c, BERTH_FAULT_HOST_STATE, i, "step %u wakes host \"%s\", which is not in standby",
                i + 1, name);
  else if (c->inventory->host_wake[host] == BERTH_WAKE_NONE)
    check_fault(c, BERTH_FAULT_HOST_STATE, i, "step %u wakes host \"%s\", which cannot be woken",
                i + 1, name);
  else if (!berth_goal_may_wake(c->goal))
    check_fault(c, BERTH_FAULT_HOST_STATE, i, "step %u wakes host \"%s\"; the goal wakes no host",
                i + 1, name);
  if (wake_of[host] != BERTH_NONE)
    check_fault(c, BERTH_FAULT_HOST_STATE, i, "step %u wakes host \"%s\", as step %u does", i + 1,
                name, wake_of[host] + 1);
  else
    wake_of[host] = i;
}

static void check_awake(check *c, uint32_t i, const uint32_t *wake_of) {
  uint32_t host = c->steps[i].to;
  if (host == BERTH_NONE || c->inventory->host_state[host] != BERTH_HOST_STANDBY)
    return;
  if (wake_of[host] == BERTH_NONE)
    check_fault(c, BERTH_FAULT_HOST_STATE, i,
                "step %u brings VM \"%s\" to host \"%s\", which is never woken", i + 1,
                check_vm_name(c, c->steps[i].vm), check_host_name(c, host));
  else if (c->graph.acyclic && !check_precedes(c, wake_of[host], i))
    check_fault(c, BERTH_FAULT_HOST_STATE, i,
                "step %u brings VM \"%s\" to host \"%s\" without waiting for its wake, step %u",
                i + 1, check_vm_name(c, c->steps[i].vm), check_host_name(c, host),
                wake_of[host] + 1);
}

/* Whether step i names every migration away from the host among those it waits for: then nothing
 * has to be searched. */
static bool names_all_departures(check *c, uint32_t i, uint32_t host) {
  check_graph *graph = &c->graph;
  check_new_search(c);
  for (uint32_t e = graph->start[i]; e < graph->start[i + 1]; e++)
    graph->mark[graph->edges[e].step] = graph->epoch;
  for (uint32_t t = c->touch_start[host]; t < c->touch_start[host + 1]; t++)
    if (c->steps[c->touches[t]].from == host && !check_marked(c, c->touches[t]))
      return false;
  return true;
}

/* Every migration away from the host has to precede step i. */
static void check_emptied(check *c, uint32_t i) {
  uint32_t host = c->steps[i].host, floor = c->step_count;
  assert(host < c->inventory->host_count);
  for (uint32_t t = c->touch_start[host]; t < c->touch_start[host + 1]; t++)
    if (c->steps[c->touches[t]].from == host && c->graph.position[c->touches[t]] < floor)
      floor = c->graph.position[c->touches[t]];
  if (!c->graph.acyclic || floor == c->step_count || names_all_departures(c, i, host))
    return;
  check_mark_ancestors(c, i, floor);
  for (uint32_t t = c->touch_start[host]; t < c->touch_start[host + 1]; t++) {
    uint32_t away = c->touches[t];
    if (c->steps[away].from == host && !check_marked(c, away))
      check_fault(c, BERTH_FAULT_MAINTENANCE, i,
                  "step %u takes host \"%s\" out of service without waiting for step %u, which "
                  "moves VM \"%s\" away",
                  i + 1, check_host_name(c, host), away + 1, check_vm_name(c, c->steps[away].vm));
  }
}

/* Whether the plan owes this host an enter-maintenance step. */
static bool enters(const check *c, uint32_t host) {
  if (c->running_end[host] != 0 || !check_leaving(c, host))
    return false;
  return c->inventory->host_state[host] == BERTH_HOST_ENTERING_MAINTENANCE ||
         c->running_start[host] > 0;
}

static void check_entering(check *c, uint32_t i, bool *entered) {
  uint32_t host = c->steps[i].host;
  if (!enters(c, host))
    check_fault(c, BERTH_FAULT_MAINTENANCE, i,
                "step %u enters maintenance of host \"%s\", which is not to enter it or still "
                "runs %u VMs at the end",
                i + 1, check_host_name(c, host), c->running_end[host]);
  else if (entered[host])
    check_fault(c, BERTH_FAULT_MAINTENANCE, i,
                "step %u enters maintenance of host \"%s\" a second time", i + 1,
                check_host_name(c, host));
  entered[host] = true;
  check_emptied(c, i);
}

/* Why the plan may not power this host down, or NULL. */
static const char *power_obstacle(const check *c, uint32_t host) {
  if (c->inventory->host_state[host] != BERTH_HOST_ONLINE)
    return "is not online";
  if (c->inventory->host_wake[host] == BERTH_WAKE_NONE)
    return "cannot be woken again";
  return check_dedicated(c, host) ? "is a dedicated failover host" : NULL;
}

static void check_power_down(check *c, uint32_t i, bool *down) {
  uint32_t host = c->steps[i].host;
  const char *name = check_host_name(c, host), *obstacle = power_obstacle(c, host);
  assert(c->goal == BERTH_GOAL_CONSOLIDATE);
  if (obstacle != NULL)
    check_fault(c, BERTH_FAULT_POWER_DOWN, i, "step %u powers host \"%s\" down, which %s", i + 1,
                name, obstacle);
  else if (c->running_end[host] != 0)
    check_fault(c, BERTH_FAULT_POWER_DOWN, i,
                "step %u powers host \"%s\" down, which runs %u VMs at the end", i + 1, name,
                c->running_end[host]);
  else if (down[host])
    check_fault(c, BERTH_FAULT_POWER_DOWN, i, "step %u powers host \"%s\" down a second time",
                i + 1, name);
  down[host] = true;
  check_emptied(c, i);
}

static void check_not_forgotten(check *c, const bool *entered) {
  for (uint32_t host = 0; host < c->inventory->host_count; host++)
    if (enters(c, host) && !entered[host])
      check_fault(c, BERTH_FAULT_MAINTENANCE, BERTH_NONE,
                  "host \"%s\" is empty at the end, but no step enters its maintenance",
                  check_host_name(c, host));
}

/* Who serves at the end (§7): those online that are not powered down, and those woken. */
static void find_serving(check *c, const uint32_t *wake_of, const bool *down) {
  const uint8_t *state = c->inventory->host_state;
  for (uint32_t host = 0; host < c->inventory->host_count; host++)
    c->serving[host] = (state[host] == BERTH_HOST_ONLINE && !down[host]) ||
                       (state[host] == BERTH_HOST_STANDBY && wake_of[host] != BERTH_NONE);
}

/* Goal consolidate leaves at least one host of a cluster on, two with HA, where there were so many
 * (§8). */
static void check_enough_serve(check *c, const frozen_cluster *cluster) {
  uint32_t needed = cluster->set_up.ha_enabled ? 2 : 1, online = 0, serving = 0;
  for (uint32_t h = 0; h < cluster->host_count; h++) {
    uint32_t host = cluster->first_host + h;
    online += c->inventory->host_state[host] == BERTH_HOST_ONLINE;
    serving += c->serving[host];
  }
  if (serving < needed && serving < online)
    check_fault(c, BERTH_FAULT_POWER_DOWN, BERTH_NONE,
                "cluster \"%s\" has %u hosts on at the end; at least %u must stay on", cluster->id,
                serving, needed < online ? needed : online);
}

void check_hosts(check *c) {
  bool *down = check_take(c, c->inventory->host_count, sizeof *down);
  c->serving = check_take(c, c->inventory->host_count, sizeof *c->serving);
  uint32_t *wake_of = check_take(c, c->inventory->host_count, sizeof *wake_of);
  bool *entered = check_take(c, c->inventory->host_count, sizeof *entered);
  if (c->exhausted)
    return;
  for (uint32_t host = 0; host < c->inventory->host_count; host++)
    wake_of[host] = BERTH_NONE;
  for (uint32_t i = 0; i < c->step_count; i++)
    if (c->steps[i].sound && c->steps[i].type == BERTH_STEP_WAKE)
      check_wake(c, i, wake_of);
  for (uint32_t i = 0; i < c->step_count; i++) {
    if (!c->steps[i].sound)
      continue;
    check_awake(c, i, wake_of);
    if (c->steps[i].type == BERTH_STEP_ENTER_MAINTENANCE)
      check_entering(c, i, entered);
    else if (c->steps[i].type == BERTH_STEP_POWER_DOWN)
      check_power_down(c, i, down);
  }
  check_not_forgotten(c, entered);
  find_serving(c, wake_of, down);
  for (uint32_t k = 0; k < c->inventory->cluster_count && c->goal == BERTH_GOAL_CONSOLIDATE; k++)
    check_enough_serve(c, &c->inventory->clusters[k]);
}
