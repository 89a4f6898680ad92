/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to hosts: they fail, drain, sleep, wake and join. */
#include "context_internal.h"
#include "session_rules.h"
#include <string.h>

static berth_status no_host(berth_session *session, uint32_t host) {
  return context_fail(session->ctx, BERTH_E_ARGUMENT, NULL,
                      "no host has number %u; expected one below %u", host,
                      session->present.host_count);
}

static bool has_vm_on(const berth_view *view, uint32_t host) {
  const vm_list *vms = host_block_of(view, host)->vms[host % HOSTS_A_BLOCK];
  for (uint32_t i = 0; vms != NULL && i < vms->count; i++) {
    if (vm_power_of(view, vms->vm[i]) == BERTH_POWER_ON)
      return true;
  }
  return false;
}

berth_status berth_session_set_host_state(berth_session *session, uint32_t host,
                                          berth_host_state state) {
  const berth_view *view = &session->present;
  if (host >= view->host_count)
    return no_host(session, host);
  if ((unsigned)state > BERTH_HOST_ISOLATED)
    return context_fail(session->ctx, BERTH_E_ARGUMENT, NULL,
                        "the state is no value of its enumeration; expected one");
  if (state == BERTH_HOST_STANDBY && has_vm_on(view, host))
    return context_fail(session->ctx, BERTH_E_ARGUMENT, NULL,
                        "a VM is on at host \"%s\"; expected a host without for standby",
                        berth_view_host_id(view, host));
  if (!undo_reserve(session, 1) || !change_host_prepare(session, host, (uint8_t)state))
    return session_out_of_memory(session);
  undo_note(
      session,
      (undo_entry){.kind = UNDO_HOST_STATE, .object = host, .state = host_state_of(view, host)});
  change_host_apply(session, host, (uint8_t)state);
  return BERTH_OK;
}

/* ------------------------------------------------------------------------ joining */

/* A block behind the last, if all slots are taken. */
static bool reserve_host_number(berth_session *session) {
  berth_view *view = &session->present;
  const session_ground *ground = view->ground;
  if (view->host_count < view->host_blocks * HOSTS_A_BLOCK)
    return true;
  if (view->host_count >= BERTH_OBJECTS_MAX)
    return false;
  host_block *block =
      ground_take(ground, sizeof *block + sizeof(int64_t) * 2 * HOSTS_A_BLOCK * ground->resources);
  if (block == NULL || !ground_widen(ground, &view->hosts, view->host_blocks, view->host_blocks + 1,
                                     sizeof(host_block *))) {
    ground_release(ground, block);
    return false;
  }
  atomic_init(&block->references, 1);
  view->hosts[view->host_blocks++] = block;
  return true;
}

/* Whether the policy's list has a group that `root` is in: then one like it is dedicated, too. */
static bool joins_dedicated(const berth_inventory *inventory, uint32_t root) {
  uint32_t cluster = inventory->host_cluster[root];
  const char *list = inventory->clusters[cluster].set_up.dedicated_hosts;
  for (uint32_t g = 0; list != NULL && g < inventory->host_group_count; g++) {
    const frozen_group *group = &inventory->host_groups[g];
    bool has_root = false;
    for (uint32_t i = 0; group->cluster == cluster && i < group->count && !has_root; i++)
      has_root = group->members[i] == root;
    size_t length = strlen(group->id);
    for (const char *at = list; has_root && (at = strstr(at, group->id)) != NULL; at += length) {
      bool begins = at == list || strchr(" \t\r\n", at[-1]) != NULL;
      if (begins && (at[length] == '\0' || strchr(" \t\r\n", at[length]) != NULL))
        return true;
    }
  }
  return false;
}

static void fill_slot(berth_session *session, uint32_t host, uint32_t like, shared_text *id) {
  berth_view *view = &session->present;
  const berth_inventory *inventory = view->ground->inventory;
  host_block *block = host_block_of(view, host);
  uint32_t slot = host % HOSTS_A_BLOCK, resources = view->ground->resources;
  uint32_t root = host_known_as(view, like, inventory->host_count);
  const int64_t *capacity = inventory->host_capacity + (size_t)root * resources;
  block->state[slot] = BERTH_HOST_ONLINE;
  block->dedicated[slot] = inventory->host_dedicated[root] != 0 && joins_dedicated(inventory, root);
  block->cluster[slot] = inventory->host_cluster[root];
  block->like[slot] = like;
  block->id[slot] = id;
  block->vms[slot] = NULL;
  memcpy(block->amounts + (size_t)slot * resources, capacity, resources * sizeof *capacity);
  memcpy(block->amounts + (size_t)(HOSTS_A_BLOCK + slot) * resources, capacity,
         resources * sizeof *capacity);
}

static bool enter_host(berth_session *session, uint32_t like, const char *name) {
  berth_view *view = &session->present;
  const session_ground *ground = view->ground;
  size_t length = strlen(name) + 1;
  shared_text *id = ground_take(ground, sizeof *id + length);
  if (id == NULL || !undo_reserve(session, 1) || !reserve_host_number(session) ||
      !added_names_reserve(&session->host_names, view) ||
      own_host_block(view, view->host_count) == NULL ||
      own_order(view, host_cluster_of(view, like), ORDER_AWAKE) == NULL ||
      !order_reserve(ground, &session->leaves, LEAVES_A_CHANGE)) {
    ground_release(ground, id);
    return false;
  }
  atomic_init(&id->references, 1);
  memcpy(id->text, name, length);
  uint32_t host = view->host_count++;
  fill_slot(session, host, like, id);
  added_names_enter(&session->host_names, view, host);
  change_order_enter(session, host);
  undo_note(session, (undo_entry){.kind = UNDO_HOST_ADDED, .object = host});
  return true;
}

/* One more host can only bring rules back in force that left no host before. */
static bool settle_disabled(berth_session *session, uint32_t cluster) {
  const berth_view *view = &session->present;
  number_list rules = {0};
  bool done = true;
  for (uint32_t rule = 0; done && rule < view->rule_count; rule++) {
    const rule_block *block = rule_block_of(view, rule);
    const rule_text *text = block->rule[rule % RULES_A_BLOCK];
    if (text != NULL && text->cluster == cluster && !block->enabled[rule % RULES_A_BLOCK])
      done = number_list_add(view->ground, &rules, rule);
  }
  if (rules.count > 0)
    done = done && session_settle_rules(session, rules.number, rules.count);
  ground_release(view->ground, rules.number);
  return done;
}

berth_status berth_session_add_host(berth_session *session, uint32_t like, const char *id,
                                    uint32_t *host) {
  const berth_view *view = &session->present;
  uint32_t taken;
  *host = BERTH_NONE;
  if (like >= view->host_count)
    return no_host(session, like);
  if (!added_names_allow(id) || berth_session_find_host(session, id, &taken) == BERTH_OK)
    return context_fail(
        session->ctx, BERTH_E_ARGUMENT, NULL,
        "host \"%s\" is there already, or no id; expected a new one without white space",
        id == NULL ? "" : id);
  change_mark mark = change_begin(session);
  bool done =
      enter_host(session, like, id) && settle_disabled(session, host_cluster_of(view, like));
  berth_status status = change_end(session, mark, done);
  *host = done ? view->host_count - 1 : BERTH_NONE;
  return status;
}
