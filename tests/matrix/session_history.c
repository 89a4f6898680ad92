/* SPDX-License-Identifier: Apache-2.0 */
#include "session_history.h"

#include "frozen.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

uint32_t history_below(session_history *history, uint32_t count) {
  uint64_t z = history->random += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return (uint32_t)((z ^ z >> 31) % count);
}

#define below history_below

static bool chance(session_history *h, uint32_t percent) {
  return below(h, 100) < percent;
}

/* A VM that exists, mostly. */
static uint32_t draw_vm(session_history *h) {
  uint32_t vm = 0;
  for (int i = 0; i < 8; i++) {
    vm = below(h, h->model.vm_count + 1);
    if (vm < h->model.vm_count && h->model.vms[vm].exists)
      return vm;
  }
  return vm;
}

static bool is_vm(const session_history *h, uint32_t vm) {
  return vm < h->model.vm_count && h->model.vms[vm].exists;
}

/* None, a host of the cluster mostly, or any, or one too many. */
static uint32_t draw_host(session_history *h, uint32_t cluster) {
  if (chance(h, 20))
    return BERTH_NONE;
  uint32_t host = below(h, h->model.host_count);
  for (int i = 0; i < 6 && h->model.hosts[host].cluster != cluster; i++)
    host = below(h, h->model.host_count);
  return chance(h, 2) ? h->model.host_count : host;
}

static bool may_be_at(const session_history *h, uint32_t cluster, berth_power power,
                      uint32_t host) {
  if (host == BERTH_NONE)
    return true;
  return host < h->model.host_count && h->model.hosts[host].cluster == cluster &&
         (power != BERTH_POWER_ON || h->model.hosts[host].state != BERTH_HOST_STANDBY);
}

/* Whether the session said what the model says; what it did not do for want of memory is fine. */
static bool agree(berth_status status, bool allowed, bool memory_short) {
  if (memory_short && status == BERTH_E_NOMEM)
    return true;
  return status == (allowed ? BERTH_OK : BERTH_E_ARGUMENT);
}

/* ------------------------------------------------------------------------ VMs */

static bool place(session_history *h, bool memory_short, berth_status *status) {
  uint32_t vm = draw_vm(h), kind = below(h, 4);
  uint32_t cluster = is_vm(h, vm) ? h->model.vms[vm].cluster : 0, host = draw_host(h, cluster);
  berth_power power = BERTH_POWER_ON;
  if (kind == 0) {
    power = BERTH_POWER_OFF;
    host = is_vm(h, vm) ? h->model.vms[vm].host : BERTH_NONE;
    *status = berth_session_stop_vm(h->session, vm);
  } else if (kind == 1) {
    power = is_vm(h, vm) ? h->model.vms[vm].power : BERTH_POWER_OFF;
    *status = berth_session_move_vm(h->session, vm, host);
  } else {
    *status = berth_session_start_vm(h->session, vm, host);
  }
  (void)snprintf(h->said, sizeof h->said, "place %u (%u) at %d", vm, kind, (int)host);
  bool allowed = is_vm(h, vm) && may_be_at(h, cluster, power, host);
  if (*status == BERTH_OK && allowed) {
    h->model.vms[vm].power = power;
    h->model.vms[vm].host = host;
  }
  return agree(*status, allowed, memory_short);
}

static bool choose(session_history *h, bool memory_short, berth_status *status) {
  uint32_t vm = draw_vm(h);
  berth_candidate first = {.host = BERTH_NONE}, chosen;
  uint32_t count = 1;
  berth_preference preference = (berth_preference)below(h, 2);
  const berth_view *view = berth_session_view(h->session);
  bool there = is_vm(h, vm);
  if (there && berth_view_best_hosts(view, vm, preference, &first, &count) != BERTH_OK)
    return false;
  *status = berth_session_place_vm(h->session, vm, preference, &chosen);
  (void)snprintf(h->said, sizeof h->said, "choose for %u: %d", vm, (int)chosen.host);
  if (*status == BERTH_E_ARGUMENT)
    return true; /* none that does not run: the view says which do */
  if (*status != BERTH_OK)
    return memory_short && *status == BERTH_E_NOMEM && chosen.host == BERTH_NONE;
  if (!there || chosen.host != (count == 0 || first.wakes ? BERTH_NONE : first.host))
    return false;
  if (chosen.host != BERTH_NONE) {
    h->model.vms[vm].power = BERTH_POWER_ON;
    h->model.vms[vm].host = chosen.host;
  }
  return true;
}

static int64_t draw_size(session_history *h, int64_t largest) {
  if (chance(h, 3))
    return -2;
  return chance(h, 30) ? BERTH_UNSET : (int64_t)below(h, (uint32_t)(largest > 0 ? largest + 1 : 1));
}

static bool resize(session_history *h, bool memory_short, berth_status *status) {
  uint32_t vm = draw_vm(h);
  berth_vm_size size = BERTH_VM_SIZE_INIT;
  int64_t scale = 8;
  bool allowed = is_vm(h, vm);
  if (allowed && h->model.vms[vm].spec.memory_mib > 1000)
    scale = h->model.vms[vm].spec.memory_mib / 2 * 3;
  size.cpus = draw_size(h, 4);
  size.memory_mib = draw_size(h, scale);
  size.cpu_reservation_mhz = draw_size(h, 6);
  size.memory_reservation_mib = draw_size(h, scale);
  *status = berth_session_resize_vm(h->session, vm, &size);
  (void)snprintf(h->said, sizeof h->said, "resize %u", vm);
  if (!allowed)
    return agree(*status, false, memory_short);
  berth_vm_spec spec = h->model.vms[vm].spec;
  const int64_t given[] = {size.cpus, size.memory_mib, size.cpu_reservation_mhz,
                           size.memory_reservation_mib};
  int64_t *const field[] = {&spec.cpus, &spec.memory_mib, &spec.cpu_reservation_mhz,
                            &spec.memory_reservation_mib};
  for (int i = 0; i < 4; i++)
    if (given[i] != BERTH_UNSET)
      *field[i] = given[i];
  allowed = spec.cpus >= 1 && spec.memory_mib >= 1 && spec.cpu_reservation_mhz >= 0 &&
            spec.memory_reservation_mib >= 0;
  if (*status == BERTH_OK)
    h->model.vms[vm].spec = spec;
  return agree(*status, allowed, memory_short);
}

/* New mostly; at times one of a VM that is gone, or of a group, or one that is taken. */
static void draw_id(session_history *h, bool host, char id[MODEL_ID]) {
  const berth_inventory *base = h->model.base;
  (void)snprintf(id, MODEL_ID, "n%u", h->ids++);
  uint32_t groups = host ? base->host_group_count : base->vm_group_count;
  if (chance(h, 8) && groups > 0)
    (void)snprintf(id, MODEL_ID, "%s",
                   (host ? base->host_groups : base->vm_groups)[below(h, groups)].id);
  else if (chance(h, 8) && !host && base->vm_count > 0)
    (void)snprintf(id, MODEL_ID, "%s", base->vm_id[below(h, base->vm_count)]);
}

static bool is_taken(const session_history *h, bool host, const char *id) {
  for (uint32_t i = 0; i < (host ? h->model.host_count : h->model.vm_count); i++)
    if ((host || h->model.vms[i].exists) &&
        strcmp(host ? h->model.hosts[i].id : h->model.vms[i].id, id) == 0)
      return true;
  return false;
}

static berth_vm_spec draw_spec(session_history *h, const char *id) {
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  spec.id = id;
  spec.power = chance(h, 85) ? BERTH_POWER_ON : BERTH_POWER_OFF;
  spec.cpus = 1 + below(h, 3);
  spec.memory_mib = 1 + below(h, 5);
  spec.memory_reservation_mib = below(h, 6);
  spec.cpu_reservation_mhz = below(h, 4);
  spec.overhead_mib = chance(h, 20);
  spec.memory_locked = chance(h, 20);
  spec.movable = chance(h, 85);
  spec.numa = chance(h, 30) ? BERTH_NUMA_ONE_NODE : BERTH_NUMA_ANY;
  if (chance(h, 20))
    spec.evc_level = 1 + below(h, 3);
  if (chance(h, 60))
    spec.priority = (berth_priority)below(h, 6);
  return spec;
}

static bool add_vm(session_history *h, bool memory_short, berth_status *status) {
  char id[MODEL_ID];
  uint32_t like = chance(h, 75) ? draw_vm(h) : BERTH_NONE, vm;
  uint32_t cluster = is_vm(h, like) && chance(h, 95) ? h->model.vms[like].cluster
                                                     : below(h, h->model.base->cluster_count);
  if (h->model.vm_count >= MODEL_VMS - 1)
    return true;
  draw_id(h, false, id);
  berth_vm_spec spec = draw_spec(h, id);
  uint32_t host = draw_host(h, cluster);
  if (host != BERTH_NONE && host < h->model.host_count)
    spec.host = h->model.hosts[host].id;
  else
    host = BERTH_NONE;
  *status = berth_session_add_vm(h->session, cluster, &spec, like, &vm);
  (void)snprintf(h->said, sizeof h->said, "add VM %s like %d in %u at %d: %d", id, (int)like,
                 cluster, (int)host, (int)vm);
  bool allowed =
      (like == BERTH_NONE || (is_vm(h, like) && h->model.vms[like].cluster == cluster)) &&
      !is_taken(h, false, id) && may_be_at(h, cluster, spec.power, host);
  spec.host = NULL;
  if (*status == BERTH_OK && allowed) {
    if (is_vm(h, vm))
      return false;
    model_add_vm(&h->model, vm, cluster, &spec, host, like);
  }
  return agree(*status, allowed, memory_short);
}

static bool remove_vm(session_history *h, bool memory_short, berth_status *status) {
  uint32_t vm = draw_vm(h);
  bool allowed = is_vm(h, vm);
  *status = berth_session_remove_vm(h->session, vm);
  (void)snprintf(h->said, sizeof h->said, "remove %u", vm);
  if (*status == BERTH_OK && allowed)
    h->model.vms[vm].exists = false;
  return agree(*status, allowed, memory_short);
}

/* ------------------------------------------------------------------------ hosts */

static bool set_state(session_history *h, bool memory_short, berth_status *status) {
  uint32_t host = below(h, h->model.host_count);
  berth_host_state state = chance(h, 45) ? BERTH_HOST_ONLINE : (berth_host_state)below(h, 8);
  bool allowed = (unsigned)state <= BERTH_HOST_ISOLATED;
  for (uint32_t v = 0; v < h->model.vm_count; v++)
    if (state == BERTH_HOST_STANDBY && h->model.vms[v].exists && h->model.vms[v].host == host &&
        h->model.vms[v].power == BERTH_POWER_ON)
      allowed = false;
  *status = berth_session_set_host_state(h->session, host, state);
  (void)snprintf(h->said, sizeof h->said, "host %u state %d", host, (int)state);
  if (*status == BERTH_OK && allowed)
    h->model.hosts[host].state = state;
  return agree(*status, allowed, memory_short);
}

static bool add_host(session_history *h, bool memory_short, berth_status *status) {
  char id[MODEL_ID];
  uint32_t like = below(h, h->model.host_count + chance(h, 3)), host;
  if (h->model.host_count >= MODEL_HOSTS)
    return true;
  draw_id(h, true, id);
  bool allowed = like < h->model.host_count && !is_taken(h, true, id);
  *status = berth_session_add_host(h->session, like, id, &host);
  (void)snprintf(h->said, sizeof h->said, "add host %s like %u: %d", id, like, (int)host);
  if (*status == BERTH_OK && allowed) {
    if (host != h->model.host_count)
      return false;
    model_add_host(&h->model, like, id);
  }
  return agree(*status, allowed, memory_short);
}

/* ------------------------------------------------------------------------ rules */

static void append(char *list, size_t room, const char *id) {
  if (strlen(list) + strlen(id) + 2 > room)
    return;
  if (list[0] != '\0')
    strcat(list, " ");
  strcat(list, id);
}

static void draw_list(session_history *h, uint32_t cluster, bool hosts, char *list, size_t room) {
  const berth_inventory *base = h->model.base;
  uint32_t groups = hosts ? base->host_group_count : base->vm_group_count;
  list[0] = '\0';
  for (uint32_t g = 0; g < groups; g++) {
    const frozen_group *group = &(hosts ? base->host_groups : base->vm_groups)[g];
    if (group->cluster == cluster && chance(h, 15))
      append(list, room, group->id);
  }
  for (uint32_t i = 0; i < (hosts ? h->model.host_count : h->model.vm_count); i++) {
    if (!hosts && !h->model.vms[i].exists)
      continue;
    uint32_t of = hosts ? h->model.hosts[i].cluster : h->model.vms[i].cluster;
    if (of == cluster ? chance(h, 30) : chance(h, 1))
      append(list, room, hosts ? h->model.hosts[i].id : h->model.vms[i].id);
  }
}

static bool id_is_used(const session_history *h, const char *id) {
  for (uint32_t r = 0; r < h->model.rule_count; r++)
    if (h->model.rules[r].exists && strcmp(h->model.rules[r].id, id) == 0)
      return true;
  return false;
}

static uint32_t rules_of(const session_history *h, uint32_t cluster) {
  uint32_t count = 0;
  for (uint32_t r = 0; r < h->model.rule_count; r++)
    count += h->model.rules[r].exists && h->model.rules[r].cluster == cluster;
  return count;
}

static bool add_rule(session_history *h, bool memory_short, berth_status *status) {
  static const berth_rule_type types[] = {
      BERTH_RULE_RUN_ON, BERTH_RULE_RUN_ON,   BERTH_RULE_NOT_RUN_ON, BERTH_RULE_APART,
      BERTH_RULE_APART,  BERTH_RULE_TOGETHER, BERTH_RULE_TOGETHER,   BERTH_RULE_AT_MOST};
  char id[MODEL_ID], vms[600], hosts[400];
  uint32_t cluster = below(h, h->model.base->cluster_count), rule;
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  if (rules_of(h, cluster) >= 12 || h->model.rule_count >= MODEL_RULES - 1)
    return true;
  (void)snprintf(id, sizeof id, "s%u", h->ids++);
  if (chance(h, 8) && h->model.base->rule_count > 0)
    (void)snprintf(id, sizeof id, "%s",
                   h->model.base->rules[below(h, h->model.base->rule_count)].id);
  draw_list(h, cluster, false, vms, sizeof vms);
  draw_list(h, cluster, true, hosts, sizeof hosts);
  spec.id = id;
  spec.type = chance(h, 3) ? BERTH_RULE_QUIESCE : types[below(h, 8)];
  spec.strength = chance(h, 60) ? BERTH_MUST : BERTH_SHOULD;
  spec.over = (berth_domain)below(h, BERTH_DOMAIN_COUNT);
  if (spec.type == BERTH_RULE_AT_MOST)
    spec.count = below(h, 4);
  spec.vms = vms;
  bool of_hosts = spec.type == BERTH_RULE_RUN_ON || spec.type == BERTH_RULE_NOT_RUN_ON;
  if (of_hosts || chance(h, 10))
    spec.hosts = hosts;
  *status = berth_session_add_rule(h->session, cluster, &spec, &rule);
  (void)snprintf(h->said, sizeof h->said,
                 "add rule %s type %d strength %d over %d \"%.40s\" \"%.40s\": %d", id,
                 (int)spec.type, (int)spec.strength, (int)spec.over, vms, hosts, (int)rule);
  bool allowed = spec.type != BERTH_RULE_QUIESCE && vms[0] != '\0' && !id_is_used(h, id) &&
                 (spec.type != BERTH_RULE_AT_MOST || spec.count > 0) &&
                 (!of_hosts || hosts[0] != '\0');
  if (*status == BERTH_OK && h->model.rule_count > rule && h->model.rules[rule].exists)
    return false;
  uint32_t probe = *status == BERTH_OK ? rule : h->model.rule_count;
  session_model after = h->model;
  allowed = allowed && model_add_rule(&after, probe, cluster, &spec);
  if (*status == BERTH_OK && allowed)
    h->model = after;
  return agree(*status, allowed, memory_short);
}

static bool drop_rule(session_history *h, bool memory_short, berth_status *status) {
  uint32_t rule = below(h, h->model.rule_count + 1);
  bool allowed = rule < h->model.rule_count && h->model.rules[rule].exists;
  *status = berth_session_drop_rule(h->session, rule);
  (void)snprintf(h->said, sizeof h->said, "drop rule %u", rule);
  if (*status == BERTH_OK && allowed) {
    h->model.rules[rule].exists = false;
    for (uint32_t v = 0; v < MODEL_VMS; v++)
      h->model.vms[v].in_rule[rule] = false;
  }
  return agree(*status, allowed, memory_short);
}

/* ------------------------------------------------------------------------ transactions */

static bool transact(session_history *h, berth_status *status) {
  uint32_t what = h->open ? below(h, 8) % 3 : chance(h, 90) ? 2 : below(h, 2);
  const char *words[] = {"commit", "rollback", "begin"};
  bool allowed = what == 2 ? !h->open : h->open;
  *status = what == 0   ? berth_session_commit(h->session)
            : what == 1 ? berth_session_rollback(h->session)
                        : berth_session_begin(h->session);
  (void)snprintf(h->said, sizeof h->said, "%s", words[what]);
  if (*status == BERTH_OK && allowed) {
    if (what == 2)
      h->before = h->model;
    else if (what == 1)
      h->model = h->before;
    h->open = what == 2;
  }
  return agree(*status, allowed, false);
}

bool history_change(session_history *h, bool memory_short, berth_status *status) {
  uint32_t kind = below(h, 100);
  *status = BERTH_OK;
  h->said[0] = '\0';
  if (kind < 34)
    return place(h, memory_short, status);
  if (kind < 40)
    return choose(h, memory_short, status);
  if (kind < 48)
    return resize(h, memory_short, status);
  if (kind < 58)
    return add_vm(h, memory_short, status);
  if (kind < 64)
    return remove_vm(h, memory_short, status);
  if (kind < 74)
    return set_state(h, memory_short, status);
  if (kind < 78)
    return add_host(h, memory_short, status);
  if (kind < 86)
    return add_rule(h, memory_short, status);
  if (kind < 91)
    return drop_rule(h, memory_short, status);
  return transact(h, status);
}
