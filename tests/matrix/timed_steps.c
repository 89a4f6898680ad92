/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps are started one after the other in every order, each as early as it can but not before the
 * one started last. That finds the least time: take any schedule, and start its steps in the order
 * of their starts. By induction none starts later than in the schedule, since those before it have
 * begun and ended no later; and what steps take (room, lanes) only shrinks until the next start.
 */
#include "timed_steps.h"

#include "frozen.h"

#include <assert.h>
#include <string.h>

__extension__ typedef __int128 wide;

void timed_steps_init(timed_steps *steps, const berth_inventory *inventory, uint32_t cluster,
                      const tiny_model *model, uint64_t node_limit) {
  memset(steps, 0, sizeof *steps);
  steps->inventory = inventory;
  steps->cluster = cluster;
  steps->model = model;
  steps->node_limit = node_limit;
}

/* ------------------------------------------------------------------------------- durations */

static uint32_t host_of(const timed_steps *s, uint32_t host) {
  return s->inventory->clusters[s->cluster].first_host + host;
}

static uint32_t vm_of(const timed_steps *s, uint32_t vm) {
  return s->inventory->clusters[s->cluster].first_vm + vm;
}

static const berth_cluster_spec *set_up_of(const timed_steps *s) {
  return &s->inventory->clusters[s->cluster].set_up;
}

static int64_t round_up(wide number, wide unit) {
  return (int64_t)((number + unit - 1) / unit);
}

static int64_t at_least_one(int64_t seconds) {
  return seconds < 1 ? 1 : seconds;
}

static int64_t copy_seconds(const berth_inventory *inventory, uint32_t vm, uint32_t from,
                            uint32_t to) {
  const wide bits = 8388608, dirty = inventory->vm_dirty[vm];
  wide link = inventory->host_link_mbps[from];
  if (inventory->host_link_mbps[to] < link)
    link = inventory->host_link_mbps[to];
  const int64_t first = round_up(inventory->vm_memory[vm] * bits, 1000 * link);
  int64_t pass = first, sum = first;
  bool converges = dirty * bits < 1000000 * link;
  while (converges && pass > 1000) {
    const int64_t next = round_up(pass * dirty * bits, 1000000 * link);
    converges = next < pass;
    pass = next;
    sum += pass;
  }
  return at_least_one(round_up(converges ? sum : 2 * (wide)first, 1000));
}

static int64_t notification_seconds(const berth_inventory *inventory, uint32_t vm, uint32_t from) {
  const frozen_notification *guest = &inventory->vm_notification[vm];
  const int64_t host = inventory->host_notify_timeout[from];
  if (!guest->enabled || !guest->registered || guest->hardware < 20 || host == BERTH_UNSET ||
      host <= 0)
    return 0;
  return guest->timeout != BERTH_UNSET && guest->timeout < host ? guest->timeout : host;
}

/* ----------------------------------------------------------------------------------- steps */

/* Steps that are there already, as bits: those that bring @p vm to where it is, or wake @p host. */
static uint32_t steps_before(const timed_steps *s, uint32_t vm, uint32_t host) {
  uint32_t before = 0;
  for (uint32_t i = 0; i < s->count; i++) {
    const timed_step *step = &s->list[i];
    if (step->type == BERTH_STEP_WAKE ? step->to == host : step->vm == vm)
      before |= UINT32_C(1) << i;
  }
  return before;
}

static bool add(timed_steps *s, timed_step step) {
  if (s->count == TIMED_STEPS) {
    s->gave_up = true;
    s->count++; /* for the drop that follows */
    return false;
  }
  s->list[s->count++] = step;
  return true;
}

bool timed_steps_wake(timed_steps *s, uint32_t host) {
  return add(s, (timed_step){.type = BERTH_STEP_WAKE,
                             .vm = BERTH_NONE,
                             .to = host,
                             .seconds = s->inventory->host_wake_seconds[host_of(s, host)]});
}

bool timed_steps_migrate(timed_steps *s, uint32_t vm, uint32_t from, uint32_t to) {
  assert(from != to && s->model->vms[vm].movable);
  const int64_t wait = notification_seconds(s->inventory, vm_of(s, vm), host_of(s, from));
  const int64_t settle = s->inventory->vm_notification[vm_of(s, vm)].settle_seconds;
  const int64_t copy = copy_seconds(s->inventory, vm_of(s, vm), host_of(s, from), host_of(s, to));
  return add(s, (timed_step){.type = BERTH_STEP_MIGRATE,
                             .vm = vm,
                             .from = from,
                             .to = to,
                             .awaited = steps_before(s, vm, to),
                             .seconds = wait + copy,
                             .settle = wait > 0 && settle != BERTH_UNSET ? settle : 0});
}

bool timed_steps_start_vm(timed_steps *s, uint32_t vm, uint32_t host) {
  assert(s->model->vms[vm].requested);
  return add(s, (timed_step){.type = BERTH_STEP_RESTART,
                             .vm = vm,
                             .from = BERTH_NONE,
                             .to = host,
                             .awaited = steps_before(s, BERTH_NONE - 1, host),
                             .seconds = set_up_of(s)->restart_seconds});
}

void timed_steps_drop(timed_steps *s) {
  assert(s->count > 0);
  s->count--;
}

/* ------------------------------------------------------------------------- at one moment */

static bool lists(const uint32_t *list, uint32_t count, uint32_t wanted) {
  for (uint32_t i = 0; i < count; i++)
    if (list[i] == wanted)
      return true;
  return false;
}

static bool is_started(const timed_steps *s, uint32_t i) {
  return s->started >> i & 1;
}

/* In flight, or after it for @p longer. */
static bool is_active(const timed_steps *s, uint32_t i, int64_t now, int64_t longer) {
  return is_started(s, i) && now < s->list[i].end + longer;
}

/* Hosts that @p vm is charged on at @p now. */
static uint32_t hosts_charged(const timed_steps *s, uint32_t vm, int64_t now) {
  const uint8_t start = s->model->vms[vm].start;
  uint32_t hosts = start == TINY_NOWHERE ? 0 : UINT32_C(1) << start;
  for (uint32_t i = 0; i < s->count; i++) {
    const timed_step *step = &s->list[i];
    if (!is_started(s, i) || step->vm != vm)
      continue;
    if (step->type == BERTH_STEP_MIGRATE && now >= step->end)
      hosts &= ~(UINT32_C(1) << step->from);
    hosts |= UINT32_C(1) << step->to; /* steps of a VM are listed in their order */
  }
  return hosts;
}

static bool has_room(const timed_steps *s, const timed_step *step, const uint32_t *charged) {
  const tiny_model *model = s->model;
  for (uint32_t r = 0; r < model->resource_count; r++) {
    int64_t use = model->vms[step->vm].demand[r];
    for (uint32_t v = 0; v < model->vm_count; v++)
      if (charged[v] >> step->to & 1)
        use += model->vms[v].demand[r];
    if (use > model->hosts[step->to].limit[r])
      return false;
  }
  return true;
}

static bool rules_allow(const timed_steps *s, const timed_step *step, const uint32_t *charged) {
  const tiny_model *model = s->model;
  for (uint32_t g = 0; g < model->rule_count; g++) {
    const tiny_rule *rule = &model->rules[g];
    if (!rule->must || !(rule->vms >> step->vm & 1) ||
        (rule->type != BERTH_RULE_APART && rule->type != BERTH_RULE_AT_MOST))
      continue;
    uint32_t domain = 0; /* its hosts */
    for (uint32_t h = 0; h < model->host_count; h++)
      domain |= (uint32_t)(rule->domain[h] == rule->domain[step->to]) << h;
    int64_t members = 1;
    for (uint32_t v = 0; v < model->vm_count; v++)
      members += v != step->vm && (rule->vms >> v & 1) && (charged[v] & domain) != 0;
    if (members > rule->limit[rule->domain[step->to]])
      return false;
  }
  return true;
}

static bool touches(const timed_step *step, uint32_t host) {
  return step->from == host || step->to == host;
}

static bool needs_datastore(const timed_steps *s, uint32_t vm, uint32_t datastore) {
  const berth_inventory *inventory = s->inventory;
  const uint32_t first = inventory->vm_datastore_start[vm_of(s, vm)];
  return lists(inventory->vm_datastores + first,
               inventory->vm_datastore_start[vm_of(s, vm) + 1] - first, datastore);
}

/* Migrations in flight that touch the host, or need the datastore (the other is BERTH_NONE). */
static int64_t count_migrations(const timed_steps *s, int64_t now, uint32_t host,
                                uint32_t datastore) {
  int64_t count = 0;
  for (uint32_t i = 0; i < s->count; i++)
    if (s->list[i].type == BERTH_STEP_MIGRATE && is_active(s, i, now, 0))
      count += host != BERTH_NONE ? touches(&s->list[i], host)
                                  : needs_datastore(s, s->list[i].vm, datastore);
  return count;
}

static bool quiesce_allows(const timed_steps *s, const timed_step *step, int64_t now) {
  const frozen_cluster *cluster = &s->inventory->clusters[s->cluster];
  for (uint32_t r = cluster->first_rule; r < cluster->first_rule + cluster->rule_count; r++) {
    const frozen_rule *rule = &s->inventory->rules[r];
    if (!rule->enabled || rule->type != BERTH_RULE_QUIESCE ||
        !lists(rule->vms, rule->vm_count, vm_of(s, step->vm)))
      continue;
    uint32_t disturbed = UINT32_C(1) << step->vm;
    for (uint32_t i = 0; i < s->count; i++)
      if (s->list[i].type == BERTH_STEP_MIGRATE && is_active(s, i, now, s->list[i].settle) &&
          lists(rule->vms, rule->vm_count, vm_of(s, s->list[i].vm)))
        disturbed |= UINT32_C(1) << s->list[i].vm;
    if (__builtin_popcount(disturbed) > rule->max_concurrent)
      return false;
  }
  return true;
}

static bool lanes_allow(const timed_steps *s, const timed_step *step, int64_t now) {
  const int64_t most = set_up_of(s)->migrations_per_host;
  if (count_migrations(s, now, step->from, BERTH_NONE) >= most ||
      count_migrations(s, now, step->to, BERTH_NONE) >= most)
    return false;
  for (uint32_t d = 0; d < s->inventory->datastore_count; d++)
    if (needs_datastore(s, step->vm, d) &&
        count_migrations(s, now, BERTH_NONE, d) >= set_up_of(s)->migrations_per_datastore)
      return false;
  return quiesce_allows(s, step, now);
}

static bool starts_allow(const timed_steps *s, const timed_step *step, int64_t now) {
  int64_t count = 0;
  for (uint32_t i = 0; i < s->count; i++)
    count += s->list[i].type == BERTH_STEP_RESTART && s->list[i].to == step->to &&
             is_active(s, i, now, 0);
  return count < set_up_of(s)->restarts_per_host;
}

static bool may_start(const timed_steps *s, uint32_t number, int64_t now) {
  const timed_step *step = &s->list[number];
  uint32_t charged[TINY_VMS];
  for (uint32_t i = 0; i < s->count; i++)
    if ((step->awaited >> i & 1) && is_active(s, i, now, 0))
      return false;
  if (step->type == BERTH_STEP_WAKE)
    return true;
  if (step->type == BERTH_STEP_MIGRATE ? !lanes_allow(s, step, now) : !starts_allow(s, step, now))
    return false;
  for (uint32_t v = 0; v < s->model->vm_count; v++)
    charged[v] = hosts_charged(s, v, now);
  return has_room(s, step, charged) && rules_allow(s, step, charged);
}

/* --------------------------------------------------------------------------------- orders */

/* The next moment after @p now at which something ends or settles, or INT64_MAX. */
static int64_t next_moment(const timed_steps *s, int64_t now) {
  int64_t next = INT64_MAX;
  for (uint32_t i = 0; i < s->count; i++)
    for (int settled = 0; settled < 2 && is_started(s, i); settled++) {
      const int64_t moment = s->list[i].end + (settled ? s->list[i].settle : 0);
      if (moment > now && moment < next)
        next = moment;
    }
  return next;
}

/* The first moment from @p now on at which the step may start, or INT64_MAX. */
static int64_t first_start(const timed_steps *s, uint32_t number, int64_t now) {
  if ((s->list[number].awaited & ~s->started) != 0)
    return INT64_MAX;
  while (now != INT64_MAX && !may_start(s, number, now))
    now = next_moment(s, now);
  return now;
}

/* True if what has not started cannot end before `best`. */
static bool is_too_late(const timed_steps *s, int64_t now) {
  for (uint32_t i = 0; i < s->count; i++)
    if (!is_started(s, i) && now + s->list[i].tail >= s->best)
      return true;
  return false;
}

/* Starts one more step, at or after @p now, when step @p last was started. Of steps that start at
 * once the order does not matter: they are taken as listed (unless one ends at once, too). */
static void start_next(timed_steps *s, int64_t now, uint32_t last, int64_t end) {
  if (s->nodes++ >= s->node_limit)
    s->gave_up = true;
  if (s->gave_up || is_too_late(s, now))
    return;
  if (s->started == (UINT32_C(1) << s->count) - 1) {
    s->best = end < s->best ? end : s->best;
    return;
  }
  for (uint32_t i = 0; i < s->count; i++) {
    timed_step *step = &s->list[i];
    const int64_t start = is_started(s, i) ? INT64_MAX : first_start(s, i, now);
    if (start == INT64_MAX || start + step->tail >= s->best ||
        (i < last && last < s->count && start == now && s->list[last].seconds > 0))
      continue;
    step->start = start;
    step->end = start + step->seconds;
    s->started |= UINT32_C(1) << i;
    start_next(s, start, i, step->end > end ? step->end : end);
    s->started &= ~(UINT32_C(1) << i);
  }
}

/* A start waits for those of the VMs that its restart-after rules name. */
static void link_starts(timed_steps *s) {
  const frozen_cluster *cluster = &s->inventory->clusters[s->cluster];
  for (uint32_t r = cluster->first_rule; r < cluster->first_rule + cluster->rule_count; r++) {
    const frozen_rule *rule = &s->inventory->rules[r];
    if (!rule->enabled || rule->type != BERTH_RULE_RESTART_AFTER)
      continue;
    for (uint32_t i = 0; i < s->count; i++)
      for (uint32_t j = 0; j < s->count; j++)
        if (s->list[i].type == BERTH_STEP_RESTART && s->list[j].type == BERTH_STEP_RESTART &&
            lists(rule->vms, rule->vm_count, vm_of(s, s->list[i].vm)) &&
            lists(rule->after, rule->after_count, vm_of(s, s->list[j].vm)))
          s->list[i].awaited |= UINT32_C(1) << j;
  }
}

/* Longest paths to the end; a few rounds, since starts may be listed before those they await. */
static void measure_tails(timed_steps *s) {
  for (uint32_t i = 0; i < s->count; i++)
    s->list[i].tail = s->list[i].seconds;
  for (uint32_t round = 0; round < s->count; round++)
    for (uint32_t i = 0; i < s->count; i++)
      for (uint32_t j = 0; j < s->count; j++)
        if ((s->list[j].awaited >> i & 1) && s->list[i].seconds + s->list[j].tail > s->list[i].tail)
          s->list[i].tail = s->list[i].seconds + s->list[j].tail;
}

int64_t timed_steps_least(timed_steps *s, int64_t best) {
  uint32_t awaited[TIMED_STEPS];
  assert(s->count <= TIMED_STEPS && s->started == 0);
  for (uint32_t i = 0; i < s->count; i++)
    awaited[i] = s->list[i].awaited;
  link_starts(s);
  measure_tails(s);
  s->best = best;
  start_next(s, 0, s->count, 0);
  for (uint32_t i = 0; i < s->count; i++)
    s->list[i].awaited = awaited[i];
  return s->best;
}
