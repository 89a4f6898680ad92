/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates of lower bounds (docs/model.md §9): of which hosts and VMs each speaks, what it
 * assumes of the levels before, whether the bound that it states follows, and which bounds of the
 * plan the certificates carry.
 */
#include "check_certificate.h"
#include "settle_certificates.h"
#include <assert.h>
#include <string.h>

#define NODES_OF_A_PLAN INT64_C(60000000)

enum reach { REACH_UNASKED = 0, REACH_NONE, REACH_INSIDE, REACH_OUTSIDE, REACH_BOTH };

int64_t certificate_sum(certificate_check *k, int64_t a, int64_t b) {
  int64_t sum = 0;
  k->beyond = k->beyond || __builtin_add_overflow(a, b, &sum);
  return k->beyond ? 0 : sum;
}

int64_t certificate_product(certificate_check *k, int64_t a, int64_t b) {
  int64_t product = 0;
  k->beyond = k->beyond || __builtin_mul_overflow(a, b, &product);
  return k->beyond ? 0 : product;
}

int64_t certificate_weight_of(const certificate_check *k, uint32_t vm) {
  uint32_t row = k->vm_row[vm];
  if (k->listed[vm] == k->stamp)
    return k->listed_weight[vm];
  return row < k->row_room && k->row_stamp[row] == k->stamp ? k->row_weight[row] : 0;
}

/* Whether the VM runs and may not migrate. */
static bool is_fixed(const check *c, uint32_t vm) {
  const berth_inventory *inventory = c->inventory;
  if (c->vm_part[vm] != VM_RUNNING)
    return false;
  uint32_t home = inventory->vm_host[vm];
  return !inventory->vm_movable[vm] ||
         (inventory->host_state[home] != BERTH_HOST_ONLINE && !check_leaving(c, home));
}

bool certificate_is_bound(const certificate_check *k, uint32_t vm) {
  return !certificate_spares(k) && is_fixed(k->c, vm);
}

bool certificate_may_move(const certificate_check *k, uint32_t vm) {
  return certificate_spares(k) || !is_fixed(k->c, vm);
}

bool certificate_stays_on(const certificate_check *k, uint32_t host) {
  const berth_inventory *inventory = k->c->inventory;
  return inventory->host_state[host] == BERTH_HOST_ONLINE && !certificate_spares(k) &&
         (inventory->host_wake[host] == BERTH_WAKE_NONE || check_dedicated(k->c, host) ||
          k->bound_count[host] > 0);
}

/* A certificate that is being settled goes; one that is checked is a fault of its plan. */
static void refuse(certificate_check *k, const char *why) {
  k->settled[k->index] = 0;
  if (k->settling)
    return;
  check_fault(k->c, BERTH_FAULT_CERTIFICATE, BERTH_NONE,
              "the certificate of level %s in cluster \"%s\" %s", berth_level_name(k->given->level),
              k->c->inventory->clusters[k->given->cluster].id, why);
}

/* ------------------------------------------------------------------ once for a plan */

static uint32_t fold_row(certificate_check *k, const int64_t *demand) {
  int64_t row = -1;
  for (uint32_t r = 0; r < k->c->inventory->resource_count; r++)
    row = check_number(k->c, &k->rows, row, r, demand[r], 0);
  return (uint32_t)row;
}

static bool is_requested(const check *c, uint32_t vm) {
  return c->vm_part[vm] == VM_DISPLACED || c->vm_part[vm] == VM_WAITING;
}

static void list_requested(certificate_check *k) {
  const berth_inventory *inventory = k->c->inventory;
  uint32_t count = 0;
  for (uint32_t cluster = 0; cluster < inventory->cluster_count; cluster++) {
    const frozen_cluster *of = &inventory->clusters[cluster];
    k->requested_start[cluster] = count;
    for (uint32_t v = 0; v < of->vm_count; v++)
      if (is_requested(k->c, of->first_vm + v))
        k->requested[count++] = of->first_vm + v;
  }
  k->requested_start[inventory->cluster_count] = count;
}

/* What the VMs that are bound to a host leave of it to others. */
static void measure_bound(certificate_check *k) {
  const berth_inventory *inventory = k->c->inventory;
  uint32_t resources = inventory->resource_count;
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++) {
    if (!is_fixed(k->c, vm))
      continue;
    uint32_t host = inventory->vm_host[vm];
    k->bound_count[host]++;
    for (uint32_t r = 0; r < resources; r++)
      k->bound_use[(size_t)host * resources + r] +=
          inventory->vm_demand[(size_t)vm * resources + r];
  }
}

static bool take_tables(certificate_check *k) {
  check *c = k->c;
  uint32_t vms = c->inventory->vm_count, hosts = c->inventory->host_count;
  k->bound_use = check_take(c, (size_t)hosts * c->inventory->resource_count, sizeof *k->bound_use);
  k->bound_count = check_take(c, hosts, sizeof *k->bound_count);
  k->leans = check_take(c, BERTH_LEVEL_COUNT, sizeof *k->leans);
  k->stated = check_take(c, BERTH_LEVEL_COUNT, sizeof *k->stated);
  k->claimed = check_take(c, hosts, sizeof *k->claimed);
  k->vm_row = check_take(c, vms, sizeof *k->vm_row);
  k->requested_start =
      check_take(c, (size_t)c->inventory->cluster_count + 1, sizeof *k->requested_start);
  k->requested = check_take(c, vms, sizeof *k->requested);
  k->moves = check_take(c, vms, sizeof *k->moves);
  k->hosts = check_take(c, hosts, sizeof *k->hosts);
  k->host_stamp = check_take(c, hosts, sizeof *k->host_stamp);
  k->members = check_take(c, vms, sizeof *k->members);
  k->vm_stamp = check_take(c, vms, sizeof *k->vm_stamp);
  k->listed = check_take(c, vms, sizeof *k->listed);
  k->listed_weight = check_take(c, vms, sizeof *k->listed_weight);
  k->settled = check_take(c, berth_plan_certificate_count(c->plan), sizeof *k->settled);
  k->kind_reach = check_take(c, vms, sizeof *k->kind_reach);
  k->inside = check_take(c, hosts, sizeof *k->inside);
  k->total = check_take(c, hosts, sizeof *k->total);
  return !c->exhausted && check_prepare_contents(k);
}

static void fill_tables(certificate_check *k) {
  const berth_inventory *inventory = k->c->inventory;
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++)
    k->vm_row[vm] = fold_row(k, &inventory->vm_demand[(size_t)vm * inventory->resource_count]);
  list_requested(k);
  measure_bound(k);
  for (uint32_t i = 0; i < k->c->step_count; i++)
    if (k->c->steps[i].sound && k->c->steps[i].type == BERTH_STEP_MIGRATE)
      k->moves[k->c->steps[i].vm]++;
}

/* The kinds by which VMs arrive in this certificate; false: there are too many. */
static bool find_kinds(certificate_check *k) {
  check_arrival how = certificate_spares(k) ? ARRIVAL_RESTART : ARRIVAL_PLANNED;
  if (!k->asked[how])
    k->known[how] = check_find_kinds(k->c, &k->kinds_of[how], how);
  k->asked[how] = true;
  k->kinds = &k->kinds_of[how];
  return k->known[how];
}

/* ------------------------------------------------------------------ its hosts and VMs */

static bool is_whole(const certificate_check *k) {
  return k->given->host_count == 0;
}

static void list_hosts(certificate_check *k) {
  const frozen_cluster *cluster = &k->c->inventory->clusters[k->given->cluster];
  k->host_count = is_whole(k) ? cluster->host_count : k->given->host_count;
  for (uint32_t i = 0; i < k->host_count; i++) {
    k->hosts[i] = is_whole(k) ? cluster->first_host + i : k->given->hosts[i];
    assert(k->hosts[i] < k->c->inventory->host_count);
    k->host_stamp[k->hosts[i]] = k->stamp;
  }
}

/* Two certificates of a level must not speak of the same host: their bounds are added up. */
static bool claim_hosts(certificate_check *k) {
  uint32_t bit = UINT32_C(1) << k->given->level;
  bool free_of_others = true;
  static_assert(BERTH_LEVEL_COUNT <= 32, "a bit for each level");
  for (uint32_t i = 0; i < k->host_count; i++)
    free_of_others = free_of_others && (k->claimed[k->hosts[i]] & bit) == 0;
  for (uint32_t i = 0; i < k->host_count && free_of_others; i++)
    k->claimed[k->hosts[i]] |= bit;
  if (!free_of_others)
    refuse(k, "speaks of a host that another one of that level speaks of");
  return free_of_others;
}

static void count_kinds_inside(certificate_check *k) {
  const frozen_cluster *cluster = &k->c->inventory->clusters[k->given->cluster];
  memset(k->kind_reach, 0, k->kinds->vm_kinds * sizeof *k->kind_reach);
  memset(k->inside, 0, k->kinds->host_kinds * sizeof *k->inside);
  memset(k->total, 0, k->kinds->host_kinds * sizeof *k->total);
  for (uint32_t h = 0; h < cluster->host_count; h++) {
    uint32_t host = cluster->first_host + h, kind = k->kinds->host_kind[host];
    if (kind == BERTH_NONE)
      continue;
    k->total[kind]++;
    k->inside[kind] += k->host_stamp[host] == k->stamp;
  }
}

/* Where VMs of the kind may arrive, seen from H. */
static enum reach reach_of(certificate_check *k, uint32_t vm_kind) {
  bool inside = false, outside = false;
  if (k->kind_reach[vm_kind] != REACH_UNASKED)
    return (enum reach)k->kind_reach[vm_kind];
  for (uint32_t kind = 0; kind < k->kinds->host_kinds; kind++) {
    if (k->total[kind] == 0 || !check_kind_admits(k->c, k->kinds, vm_kind, kind))
      continue;
    inside = inside || k->inside[kind] > 0;
    outside = outside || k->inside[kind] < k->total[kind];
  }
  enum reach reach =
      inside ? (outside ? REACH_BOTH : REACH_INSIDE) : (outside ? REACH_OUTSIDE : REACH_NONE);
  k->kind_reach[vm_kind] = reach;
  return reach;
}

/* Where the VM may end, seen from H. */
static enum reach ends_of(certificate_check *k, uint32_t vm) {
  bool runs = k->c->vm_part[vm] == VM_RUNNING;
  bool at_home = runs && k->host_stamp[k->c->inventory->vm_host[vm]] == k->stamp;
  enum reach reach = certificate_may_move(k, vm) ? reach_of(k, k->kinds->vm_kind[vm]) : REACH_NONE;
  if (!runs)
    return reach;
  if (reach == REACH_NONE)
    return at_home ? REACH_INSIDE : REACH_OUTSIDE;
  return reach == (at_home ? REACH_INSIDE : REACH_OUTSIDE) ? reach : REACH_BOTH;
}

static bool takes_part(const certificate_check *k, uint32_t vm) {
  return !certificate_spares(k) || k->c->inventory->vm_priority[vm] != BERTH_PRIORITY_DISABLED;
}

static void add_member(certificate_check *k, uint32_t vm) {
  if (!takes_part(k, vm) || (!is_whole(k) && ends_of(k, vm) != REACH_INSIDE))
    return;
  assert(k->vm_stamp[vm] != k->stamp); /* nobody twice */
  k->vm_stamp[vm] = k->stamp;
  k->members[k->member_count++] = vm;
}

static void list_members(certificate_check *k) {
  const berth_inventory *inventory = k->c->inventory;
  k->member_count = 0;
  for (uint32_t i = 0; i < k->host_count; i++) {
    uint32_t host = k->hosts[i];
    for (uint32_t j = inventory->host_vm_start[host]; j < inventory->host_vm_start[host + 1]; j++)
      if (k->c->vm_part[inventory->host_vms[j]] == VM_RUNNING)
        add_member(k, inventory->host_vms[j]);
  }
  for (uint32_t i = k->requested_start[k->given->cluster];
       i < k->requested_start[k->given->cluster + 1]; i++)
    add_member(k, k->requested[i]);
  assert(k->member_count <= inventory->vm_count);
}

/* Whether some VM may end in H or elsewhere. Then the values of levels before say nothing of H. */
static bool is_crossed(certificate_check *k) {
  const frozen_cluster *cluster = &k->c->inventory->clusters[k->given->cluster];
  for (uint32_t v = 0; v < cluster->vm_count && !is_whole(k); v++) {
    vm_part part = (vm_part)k->c->vm_part[cluster->first_vm + v];
    if ((part == VM_RUNNING || is_requested(k->c, cluster->first_vm + v)) &&
        ends_of(k, cluster->first_vm + v) == REACH_BOTH)
      return true;
  }
  return false;
}

/* ------------------------------------------------------------------ the values before */

static berth_level unplaced_level(const check *c, uint32_t vm) {
  static const berth_level levels[] = {BERTH_LEVEL_UNPLACED_HIGHEST, BERTH_LEVEL_UNPLACED_HIGH,
                                       BERTH_LEVEL_UNPLACED_MEDIUM,  BERTH_LEVEL_UNPLACED_LOW,
                                       BERTH_LEVEL_UNPLACED_LOWEST,  BERTH_LEVEL_UNPLACED_LOWEST};
  assert(c->inventory->vm_priority[vm] < sizeof levels / sizeof *levels);
  return levels[c->inventory->vm_priority[vm]];
}

/* Pairs of a host and a resource above its capacity, and hosts whose VMs cannot be split. */
static int64_t count_hosts_over(const certificate_check *k) {
  const check *c = k->c;
  int64_t over = 0;
  for (uint32_t i = 0; i < k->host_count; i++) {
    size_t row = (size_t)k->hosts[i] * c->inventory->resource_count;
    over += c->unsplit != NULL && c->unsplit[k->hosts[i]];
    for (uint32_t r = 0; r < c->inventory->resource_count; r++)
      over += c->use_end[row + r] > c->inventory->host_capacity[row + r];
  }
  return over;
}

static bool speaks_of_rule(const certificate_check *k, const frozen_rule *rule) {
  for (uint32_t i = 0; i < rule->vm_count; i++)
    if (k->vm_stamp[rule->vms[i]] == k->stamp)
      return true;
  return false;
}

/* V(violations). */
static int64_t value_of_violations(certificate_check *k) {
  check *c = k->c;
  const frozen_cluster *cluster = &c->inventory->clusters[k->given->cluster];
  int64_t value = count_hosts_over(k) + c->lost[k->given->cluster];
  for (uint32_t r = 0; r < cluster->rule_count; r++) {
    const frozen_rule *rule = &c->inventory->rules[cluster->first_rule + r];
    if (rule->enabled && rule->strength == BERTH_MUST && speaks_of_rule(k, rule))
      value += check_rule_broken(c, rule);
  }
  for (uint32_t i = 0; i < k->member_count; i++) {
    uint32_t end = c->vm_end[k->members[i]];
    value += end != BERTH_NONE && k->host_stamp[end] == k->stamp && check_leaving(c, end);
  }
  return value;
}

/* V(hosts.on) and V(hosts.woken). */
static void add_host_values(certificate_check *k, int64_t *value) {
  for (uint32_t i = 0; i < k->host_count; i++) {
    uint32_t host = k->hosts[i];
    if (!k->c->serving[host])
      continue;
    value[BERTH_LEVEL_HOSTS_ON] =
        certificate_sum(k, value[BERTH_LEVEL_HOSTS_ON], check_host_weight(k->c, host));
    value[BERTH_LEVEL_HOSTS_WOKEN] += k->c->inventory->host_state[host] == BERTH_HOST_STANDBY;
  }
}

/* V of the levels that count VMs and their steps. */
static void add_vm_values(certificate_check *k, int64_t *value) {
  const check *c = k->c;
  for (uint32_t i = 0; i < k->member_count; i++) {
    uint32_t vm = k->members[i];
    bool owed = c->goal == BERTH_GOAL_EVACUATE && c->vm_part[vm] == VM_RUNNING &&
                check_leaving(c, c->inventory->vm_host[vm]) && k->moves[vm] > 0;
    value[BERTH_LEVEL_MIGRATIONS] += (int64_t)k->moves[vm] - owed;
    value[BERTH_LEVEL_MEMORY_MOVED] =
        certificate_sum(k, value[BERTH_LEVEL_MEMORY_MOVED],
                        certificate_product(k, k->moves[vm], c->inventory->vm_memory[vm]));
    if (!is_requested(c, vm) || c->vm_end[vm] != BERTH_NONE)
      continue;
    value[unplaced_level(c, vm)]++;
    value[BERTH_LEVEL_UNPLACED]++;
  }
}

/* Σ λ(e)·V(e). */
static int64_t weigh_values(certificate_check *k) {
  int64_t value[BERTH_LEVEL_COUNT] = {0}, sum = 0;
  value[BERTH_LEVEL_VIOLATIONS] = value_of_violations(k);
  add_host_values(k, value);
  add_vm_values(k, value);
  for (unsigned level = 0; level < BERTH_LEVEL_COUNT; level++)
    if (k->given->assumed[level] > 0)
      sum = certificate_sum(k, sum, certificate_product(k, k->given->assumed[level], value[level]));
  return sum;
}

/* Σ w(v), and the minimum over U. What a VM that is bound to its origin weighs, its host's content
 * takes off again: both leave it out. */
static int64_t weigh_members(certificate_check *k) {
  int64_t sum = 0;
  for (uint32_t i = 0; i < k->member_count; i++) {
    uint32_t vm = k->members[i];
    if (certificate_is_bound(k, vm))
      continue;
    int64_t weight = certificate_weight_of(k, vm);
    sum = certificate_sum(k, sum, weight);
    if (!is_requested(k->c, vm))
      continue;
    int64_t left_out =
        certificate_sum(k, k->price[unplaced_level(k->c, vm)], k->price[BERTH_LEVEL_UNPLACED]);
    sum = certificate_sum(k, sum, left_out < weight ? left_out - weight : 0);
  }
  return sum;
}

/* ------------------------------------------------------------------ one certificate */

static bool has_cost(berth_level level) {
  return level != BERTH_LEVEL_SHOULD_BROKEN && level != BERTH_LEVEL_OVERLOAD &&
         level != BERTH_LEVEL_STRANDED && level != BERTH_LEVEL_MAKESPAN;
}

/* Prices by level; false after a fault. `assumes` says whether it has any of levels before. */
static bool set_prices(certificate_check *k, bool *assumes) {
  *assumes = false;
  for (unsigned level = 0; level < BERTH_LEVEL_COUNT; level++) {
    k->price[level] = k->given->assumed[level];
    *assumes = *assumes || k->given->assumed[level] > 0;
    if (k->given->assumed[level] > 0 && !has_cost((berth_level)level)) {
      refuse(k, "weighs a level that no content costs anything on");
      return false;
    }
  }
  if (*assumes && certificate_spares(k)) {
    refuse(k, "has spare hosts and weighs levels before; it can do one of both");
    return false;
  }
  k->price[k->given->level] = k->given->scale;
  return true;
}

static bool make_room_for_rows(certificate_check *k) {
  if (k->rows.count <= k->row_room)
    return true;
  k->row_room = k->rows.count * 2;
  k->row_weight = check_take(k->c, k->row_room, sizeof *k->row_weight);
  k->row_stamp = check_take(k->c, k->row_room, sizeof *k->row_stamp);
  return !k->c->exhausted;
}

/* The weight of a row; false: it has one already. */
static bool weigh_row(certificate_check *k, const berth_certificate_weight *weight) {
  uint32_t row = fold_row(k, weight->demand);
  assert(row < k->row_room);
  if (k->row_stamp[row] == k->stamp) {
    refuse(k, "weighs a row of demands twice");
    return false;
  }
  k->row_stamp[row] = k->stamp;
  k->row_weight[row] = weight->weight;
  return true;
}

static bool weigh_listed(certificate_check *k, const berth_certificate_weight *weight) {
  for (uint32_t i = 0; i < weight->vm_count; i++) {
    uint32_t vm = weight->vms[i];
    assert(vm < k->c->inventory->vm_count);
    if (k->listed[vm] == k->stamp) {
      refuse(k, "weighs a VM twice");
      return false;
    }
    k->listed[vm] = k->stamp;
    k->listed_weight[vm] = weight->weight;
  }
  return true;
}

static bool set_weights(certificate_check *k) {
  const berth_plan_certificate *given = k->given;
  for (uint32_t i = 0; i < given->weight_count && !k->c->exhausted; i++)
    if (given->weights[i].demand != NULL)
      (void)fold_row(k, given->weights[i].demand);
  if (k->c->exhausted || !make_room_for_rows(k))
    return false;
  for (uint32_t i = 0; i < given->weight_count; i++) {
    const berth_certificate_weight *weight = &given->weights[i];
    if (weight->demand != NULL ? !weigh_row(k, weight) : !weigh_listed(k, weight))
      return false;
  }
  return true;
}

/* The least weight of a host of the cluster that can serve, times the hosts that may fail. */
static int64_t weigh_spare(certificate_check *k) {
  int64_t least = INT64_MAX;
  for (uint32_t i = 0; i < k->host_count; i++)
    if (check_can_serve(k->c, k->hosts[i]) && check_host_weight(k->c, k->hosts[i]) < least)
      least = check_host_weight(k->c, k->hosts[i]);
  return least == INT64_MAX ? 0 : certificate_product(k, least, k->given->spare);
}

/* Spare hosts prove something only if the end state has to survive, and does. */
static bool may_spare(certificate_check *k) {
  if (k->c->goal != BERTH_GOAL_CONSOLIDATE ||
      k->given->spare > berth_plan_get_settings(k->c->plan)->keep_failures)
    refuse(k, "counts more spare hosts than the plan was asked to keep");
  else if (value_of_violations(k) > 0)
    refuse(k, "counts spare hosts, but the cluster has violations");
  else
    return true;
  return false;
}

/* Rounded up. */
static int64_t divide(int64_t value, int64_t scale) {
  assert(scale >= 1);
  return value / scale + (value % scale > 0);
}

/* Whether the certificate speaks of all that its level counts. If not, the values that it takes for
 * granted are a part of those of the plan. */
static bool is_alone(const certificate_check *k) {
  uint32_t others = 0;
  for (uint32_t c = 0; c < k->c->inventory->cluster_count; c++) {
    const frozen_cluster *cluster = &k->c->inventory->clusters[c];
    others += c != k->given->cluster && cluster->host_count + cluster->vm_count > 0;
  }
  return is_whole(k) && others == 0;
}

static void count_in(certificate_check *k) {
  berth_level level = k->given->level;
  k->stated[level] = check_sum(k->stated[level], k->given->bound);
  if (is_alone(k))
    return;
  for (unsigned before = 0; before < BERTH_LEVEL_COUNT; before++)
    if (k->given->assumed[before] > 0)
      k->leans[level] |= UINT32_C(1) << before;
  if (certificate_spares(k))
    k->leans[level] |= UINT32_C(1) << BERTH_LEVEL_VIOLATIONS;
}

static int64_t common_divisor(int64_t a, int64_t b) {
  assert(a >= 0 && b >= 0);
  while (b > 0) {
    int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/* Values that the level can have, of H and V: `base` and multiples of `unit` more. */
typedef struct steps_of_level {
  int64_t base, unit;
} steps_of_level;

static steps_of_level steps_of_hosts(certificate_check *k) {
  steps_of_level steps = {0, 0};
  for (uint32_t i = 0; i < k->host_count; i++) {
    berth_host_state state = k->c->inventory->host_state[k->hosts[i]];
    int64_t weight = check_host_weight(k->c, k->hosts[i]);
    if (certificate_stays_on(k, k->hosts[i]))
      steps.base = certificate_sum(k, steps.base, weight);
    else if (state == BERTH_HOST_ONLINE || state == BERTH_HOST_STANDBY)
      steps.unit = common_divisor(steps.unit, weight);
  }
  return steps;
}

static steps_of_level steps_of_memory(const certificate_check *k) {
  steps_of_level steps = {0, 0};
  for (uint32_t i = 0; i < k->member_count; i++) {
    uint32_t vm = k->members[i];
    if (k->c->vm_part[vm] == VM_RUNNING && !certificate_is_bound(k, vm))
      steps.unit = common_divisor(steps.unit, k->c->inventory->vm_memory[vm]);
  }
  return steps;
}

static steps_of_level find_steps(certificate_check *k) {
  steps_of_level steps = {0, 1};
  if (k->given->level == BERTH_LEVEL_HOSTS_ON && !certificate_spares(k))
    steps = steps_of_hosts(k);
  else if (k->given->level == BERTH_LEVEL_MEMORY_MOVED)
    steps = steps_of_memory(k);
  if (steps.unit == 0)
    steps.unit = 1;
  return steps;
}

/* The least value, of those that the level can have, from `value` on. */
static int64_t step_up(certificate_check *k, const steps_of_level *steps, int64_t value) {
  int64_t above = value - steps->base;
  if (above <= 0 || above % steps->unit == 0)
    return value;
  return certificate_sum(k, value, steps->unit - above % steps->unit);
}

/* The least value from which stepping up leads to `value`. */
static int64_t step_down(const steps_of_level *steps, int64_t value) {
  int64_t above = value - steps->base;
  return above <= 0 ? value : value - (above - 1) % steps->unit;
}

/* What the weights prove, or less where work ran out; `stated` is enough. */
static int64_t derive(certificate_check *k, int64_t stated) {
  int64_t spare = certificate_spares(k) ? weigh_spare(k) : 0;
  steps_of_level steps = find_steps(k);
  int64_t needed = stated > spare ? step_down(&steps, stated - spare) : 1;
  assert(steps.unit >= 1 && needed >= 1 && step_up(k, &steps, needed) >= stated - spare);
  k->goal = certificate_sum(k, certificate_product(k, k->given->scale, needed - 1), 1);
  int64_t derived = k->beyond ? 0 : divide(check_certificate_contents(k), k->given->scale);
  derived = step_up(k, &steps, derived);
  return derived > 0 ? certificate_sum(k, derived, spare) : 0; /* no level is below 0 */
}

static void judge(certificate_check *k) {
  assert(k->given->scale >= 1 && k->given->bound >= 0); /* adding it made sure */
  int64_t derived = k->beyond ? 0 : derive(k, k->given->bound);
  if (k->beyond)
    refuse(k, "has numbers that do not add up in 64 bits");
  else if (derived < k->given->bound && k->settling)
    k->settled[k->index] = k->strict ? 0 : derived;
  else if (derived < k->given->bound)
    check_fault(k->c, BERTH_FAULT_CERTIFICATE, BERTH_NONE,
                "the certificate of level %s in cluster \"%s\" states the bound %lld; its weights "
                "give %lld",
                berth_level_name(k->given->level), k->c->inventory->clusters[k->given->cluster].id,
                (long long)k->given->bound, (long long)derived);
  else
    count_in(k);
}

/* Whether the bound is one of plans without violations. */
static bool forbids_overuse(const certificate_check *k) {
  int64_t violations;
  return k->given->level != BERTH_LEVEL_VIOLATIONS &&
         berth_report_level(k->c->report, BERTH_LEVEL_VIOLATIONS, &violations) && violations == 0;
}

static void check_one(certificate_check *k, uint32_t index) {
  const berth_plan_certificate *given = berth_plan_certificate_at(k->c->plan, index);
  bool assumes;
  assert(given->level < BERTH_LEVEL_COUNT && given->cluster < k->c->inventory->cluster_count);
  k->given = given;
  k->index = index;
  k->settled[index] = given->bound;
  k->stamp++;
  k->beyond = false;
  k->within = forbids_overuse(k);
  list_hosts(k);
  if (!claim_hosts(k) || !set_prices(k, &assumes) || !set_weights(k))
    return;
  if (!find_kinds(k)) {
    refuse(k, "speaks of more kinds of hosts and VMs than the checker compares");
    return;
  }
  count_kinds_inside(k);
  list_members(k);
  if (assumes && is_crossed(k)) {
    refuse(k, "weighs levels before, but some VM may end on its hosts or elsewhere");
    return;
  }
  if (certificate_spares(k) && !may_spare(k))
    return;
  k->fixed = certificate_sum(k, weigh_members(k), assumes ? -weigh_values(k) : 0);
  judge(k);
}

/* ------------------------------------------------------------------ the plan's bounds */

/* What stands behind the bounds of the levels, from the first on. A plan can split the value of a
 * level among parts in several ways, unless no part has more than what is proved of it. So a bound
 * by certificates that take values of their parts for granted follows where these levels' bounds
 * are met, and follow themselves. */
static void weigh_proofs(const certificate_check *k, berth_proof *proof) {
  uint32_t firm = 0; /* levels whose split cannot be another one */
  for (uint32_t i = 0; i < berth_plan_level_count(k->c->plan); i++) {
    const berth_plan_level *level = berth_plan_level_at(k->c->plan, i);
    bool follows = (k->leans[level->level] & ~firm) == 0;
    proof[i] = level->bound <= 0                                    ? BERTH_PROOF_ZERO
               : follows && k->stated[level->level] >= level->bound ? BERTH_PROOF_CERTIFIED
                                                                    : BERTH_PROOF_SEARCH;
    if (level->value == level->bound && proof[i] != BERTH_PROOF_SEARCH)
      firm |= UINT32_C(1) << level->level;
  }
}

static void say_proofs(certificate_check *k) {
  berth_proof proof[BERTH_LEVEL_COUNT] = {BERTH_PROOF_ZERO};
  weigh_proofs(k, proof);
  for (uint32_t i = 0; i < berth_plan_level_count(k->c->plan); i++) {
    const berth_plan_level *level = berth_plan_level_at(k->c->plan, i);
    int64_t stated = k->stated[level->level];
    if (stated > level->bound)
      check_fault(k->c, BERTH_FAULT_CERTIFICATE, BERTH_NONE,
                  "level %s has the bound %lld; its certificates prove %lld",
                  berth_level_name(level->level), (long long)level->bound, (long long)stated);
    check_proof(k->c, level->level, proof[i]);
  }
}

/* ------------------------------------------------------------------ settling */

/* Certificates of levels whose bounds they do not prove, or of which the plan says less, are of no
 * use to its reader. */
static void drop_idle(certificate_check *k) {
  berth_proof proof[BERTH_LEVEL_COUNT];
  uint32_t idle = 0;
  weigh_proofs(k, proof);
  for (uint32_t i = 0; i < berth_plan_level_count(k->c->plan); i++) {
    const berth_plan_level *level = berth_plan_level_at(k->c->plan, i);
    if (level->bound <= 0 || k->stated[level->level] > level->bound)
      idle |= UINT32_C(1) << level->level;
  }
  for (uint32_t i = 0; i < berth_plan_certificate_count(k->c->plan); i++)
    if ((idle >> berth_plan_certificate_at(k->c->plan, i)->level & 1) != 0)
      k->settled[i] = 0;
}

static bool is_settled(const certificate_check *k) {
  for (uint32_t i = 0; i < berth_plan_certificate_count(k->c->plan); i++)
    if (k->settled[i] != berth_plan_certificate_at(k->c->plan, i)->bound)
      return false;
  return true;
}

static void start_over(certificate_check *k) {
  k->nodes = NODES_OF_A_PLAN;
  memset(k->stated, 0, BERTH_LEVEL_COUNT * sizeof *k->stated);
  memset(k->leans, 0, BERTH_LEVEL_COUNT * sizeof *k->leans);
  memset(k->claimed, 0, k->c->inventory->host_count * sizeof *k->claimed);
}

static void check_all(certificate_check *k) {
  start_over(k);
  for (uint32_t i = 0; i < berth_plan_certificate_count(k->c->plan) && !k->c->exhausted; i++)
    check_one(k, i);
}

/* Lowers what does not follow, then drops what the checker will not derive. Each round but the
 * first ends it or drops some, so it ends; after it the plan's certificates hold. */
static void settle(certificate_check *k) {
  k->settling = true;
  for (;; k->strict = true) {
    check_all(k);
    if (k->c->exhausted)
      return;
    drop_idle(k);
    if (is_settled(k))
      return;
    plan_settle_certificates(k->c->unsettled, k->settled);
  }
}

void check_certificates(check *c) {
  certificate_check *k = check_take(c, 1, sizeof *k);
  if (!c->ladder_holds || k == NULL)
    return;
  k->c = c;
  if (!take_tables(k))
    return;
  if (berth_plan_certificate_count(c->plan) > 0)
    fill_tables(k);
  if (c->unsettled != NULL)
    settle(k);
  else
    check_all(k);
  if (!c->exhausted)
    say_proofs(k);
}
