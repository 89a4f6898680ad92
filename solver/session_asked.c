/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is cheap and often in the way is looked at first: the admission bit, then room, then rules
 * among VMs, NUMA nodes last.
 */
#include "session_asked.h"
#include "node_packing.h"
#include "node_split.h"
#include "session_tally.h"
#include "sorted_list.h"
#include <string.h>

__extension__ typedef __int128 wide;

asked_vm asked_vm_of(const berth_view *view, uint32_t vm) {
  const vm_traits *traits = vm_traits_of(view, vm);
  asked_vm asked = {.view = view,
                    .vm = vm,
                    .traits = traits,
                    .demand = vm_demand_of(view, vm),
                    .runs_at = session_runs_at(view, vm),
                    .displaced = session_is_displaced(view, vm)};
  if (asked.runs_at != BERTH_NONE) {
    uint8_t state = host_state_of(view, asked.runs_at);
    asked.pinned =
        !traits->movable || state == BERTH_HOST_DISCONNECTED || state == BERTH_HOST_ISOLATED;
    asked.vendor = view->ground->inventory->host_cpu_vendor[host_root_of(view, asked.runs_at)];
  }
  return asked;
}

/* ------------------------------------------------------------------------ parts */

static bool keeps_vendor(const asked_vm *asked, uint32_t host) {
  const char *offered =
      asked->view->ground->inventory->host_cpu_vendor[host_root_of(asked->view, host)];
  return asked->vendor == NULL || offered == NULL || strcmp(asked->vendor, offered) == 0;
}

static bool is_dedicated(const asked_vm *asked, uint32_t host) {
  return host_block_of(asked->view, host)->dedicated[host % HOSTS_A_BLOCK] != 0;
}

/* What is over capacity may stay, but takes nothing more. */
static bool has_room(const asked_vm *asked, uint32_t host) {
  const int64_t *free = host_free_of(asked->view, host);
  for (uint32_t r = 0; r < asked->view->ground->resources; r++) {
    if (asked->demand[r] > free[r] && asked->demand[r] > 0)
      return false;
  }
  return true;
}

static bool rule_blocks(const asked_vm *asked, uint32_t rule, uint32_t host) {
  const rule_block *block = rule_block_of(asked->view, rule);
  return block->enabled[rule % RULES_A_BLOCK] &&
         block->rule[rule % RULES_A_BLOCK]->strength == BERTH_MUST &&
         !tally_admits(asked->view, rule, asked->runs_at, host);
}

/* Whether a must rule among VMs keeps it away. */
static bool is_blocked(const asked_vm *asked, uint32_t host) {
  for (uint32_t i = 0; i < asked->traits->rule_count; i++) {
    if (rule_blocks(asked, asked->traits->rules[i], host))
      return true;
  }
  return false;
}

static bool binds_to_node(const berth_view *view, uint32_t vm) {
  return vm_traits_of(view, vm)->numa == BERTH_NUMA_ONE_NODE;
}

static node_size node_demand(const berth_view *view, uint32_t vm) {
  const int64_t *demand = vm_demand_of(view, vm);
  return (node_size){demand[BERTH_RESOURCE_CPU], demand[BERTH_RESOURCE_MEMORY]};
}

/* Nodes of the host, and the VMs there that ask for one: without the asked one. */
static uint32_t nodes_of(const berth_view *view, uint32_t host, node_size *nodes) {
  uint32_t count,
      first = node_packing_nodes(view->ground->inventory, host_root_of(view, host), &count);
  count = count < SPLIT_NODES ? count : SPLIT_NODES;
  for (uint32_t n = 0; n < count; n++) {
    const frozen_numa *node = &view->ground->inventory->numa[first + n];
    nodes[n] = (node_size){node->cpu_mhz, node->memory_mib};
  }
  return count;
}

static uint32_t bound_there(const asked_vm *asked, uint32_t host, node_item *items) {
  const berth_view *view = asked->view;
  const vm_list *vms = host_block_of(view, host)->vms[host % HOSTS_A_BLOCK];
  uint32_t count = 0;
  for (uint32_t i = 0; vms != NULL && i < vms->count && count < SPLIT_ITEMS; i++) {
    uint32_t vm = vms->vm[i];
    if (vm != asked->vm && binds_to_node(view, vm) && session_runs_at(view, vm) == host)
      items[count++] = (node_item){.size = node_demand(view, vm), .item = vm};
  }
  return count;
}

/* The items in the order of their numbers: what is found in the budget must not hang on the order
 * in which VMs came. */
static void sort_items(node_item *items, uint32_t count) {
  for (uint32_t i = 1; i < count; i++) {
    node_item item = items[i];
    uint32_t at = i;
    for (; at > 0 && items[at - 1].item > item.item; at--)
      items[at] = items[at - 1];
    items[at] = item;
  }
}

static bool node_holds(const asked_vm *asked, uint32_t host) {
  if (asked->traits->numa != BERTH_NUMA_ONE_NODE)
    return true;
  node_size nodes[SPLIT_NODES];
  node_item items[SPLIT_ITEMS + 1];
  uint32_t node_count = nodes_of(asked->view, host, nodes);
  if (node_count == 0)
    return true;
  uint32_t count = bound_there(asked, host, items);
  if (count == SPLIT_ITEMS)
    return false;
  items[count++] = (node_item){.size = node_demand(asked->view, asked->vm), .item = asked->vm};
  sort_items(items, count);
  uint32_t budget = count <= SPLIT_FEW ? SPLIT_BUDGET : SPLIT_BUDGET_OF_MANY;
  return node_split(nodes, node_count, items, count, budget, NULL) == NODES_HOLD;
}

/* ------------------------------------------------------------------------ whole */

bool asked_fits(const asked_vm *asked, uint32_t host) {
  if (host == asked->runs_at || !has_room(asked, host) ||
      !admission_has(asked->view, asked->traits->admission, host))
    return false;
  if ((is_dedicated(asked, host) && !asked->displaced) ||
      (asked->vendor != NULL && !keeps_vendor(asked, host)))
    return false;
  return !is_blocked(asked, host) && node_holds(asked, host);
}

uint32_t asked_broken(const asked_vm *asked, uint32_t host) {
  uint32_t broken = 0;
  for (uint32_t i = 0; i < asked->traits->rule_count; i++) {
    uint32_t rule = asked->traits->rules[i];
    const rule_block *block = rule_block_of(asked->view, rule);
    if (block->enabled[rule % RULES_A_BLOCK] &&
        block->rule[rule % RULES_A_BLOCK]->strength == BERTH_SHOULD)
      broken += tally_broken_after(asked->view, rule, asked->runs_at, host);
  }
  return broken;
}

uint32_t asked_least_broken(const asked_vm *asked) {
  /* With the VM nowhere no rule has more to break it. */
  return asked_broken(asked, BERTH_NONE);
}

/* ------------------------------------------------------------------------ reasons */

static berth_reason state_reason(const berth_view *view, uint32_t host) {
  static const berth_reason reasons[] = {
      [BERTH_HOST_ONLINE] = BERTH_REASON_COUNT,
      [BERTH_HOST_MAINTENANCE] = BERTH_REASON_MAINTENANCE,
      [BERTH_HOST_ENTERING_MAINTENANCE] = BERTH_REASON_MAINTENANCE,
      [BERTH_HOST_STANDBY] = BERTH_REASON_NO_WAKE,
      [BERTH_HOST_FAILED] = BERTH_REASON_FAILED,
      [BERTH_HOST_DISCONNECTED] = BERTH_REASON_DISCONNECTED,
      [BERTH_HOST_ISOLATED] = BERTH_REASON_ISOLATED,
  };
  if (session_order_of(view, host) < ORDERS_A_CLUSTER)
    return BERTH_REASON_COUNT;
  return reasons[host_state_of(view, host)];
}

/* Of two rules, the second of which may be none: a number is given out again, so it tells no age.
 */
static uint32_t older_rule(const berth_view *view, uint32_t rule, uint32_t other) {
  if (other == BERTH_NONE)
    return rule;
  uint64_t age = rule_block_of(view, rule)->rule[rule % RULES_A_BLOCK]->serial;
  return age < rule_block_of(view, other)->rule[other % RULES_A_BLOCK]->serial ? rule : other;
}

/* The oldest must rule among VMs that keeps it away, or BERTH_NONE. */
static uint32_t blocking_rule(const asked_vm *asked, uint32_t host) {
  uint32_t oldest = BERTH_NONE;
  for (uint32_t i = 0; i < asked->traits->rule_count; i++) {
    if (rule_blocks(asked, asked->traits->rules[i], host))
      oldest = older_rule(asked->view, asked->traits->rules[i], oldest);
  }
  return oldest;
}

/* Likewise between VMs and hosts. */
static uint32_t forbidding_rule(const asked_vm *asked, uint32_t host) {
  uint32_t oldest = BERTH_NONE;
  for (uint32_t i = 0; i < asked->traits->rule_count; i++) {
    uint32_t number = asked->traits->rules[i];
    const rule_block *block = rule_block_of(asked->view, number);
    const rule_text *rule = block->rule[number % RULES_A_BLOCK];
    if (!block->enabled[number % RULES_A_BLOCK] || rule->strength != BERTH_MUST ||
        (rule->type != BERTH_RULE_RUN_ON && rule->type != BERTH_RULE_NOT_RUN_ON))
      continue;
    if (session_rule_lists(asked->view, rule, host) != (rule->type == BERTH_RULE_RUN_ON))
      oldest = older_rule(asked->view, number, oldest);
  }
  return oldest;
}

static bool includes(const uint32_t *offers, const uint32_t *offer_start, uint32_t host,
                     const uint32_t *needs, const uint32_t *need_start, uint32_t vm) {
  return sorted_list_has_all(offers + offer_start[host], offer_start[host + 1] - offer_start[host],
                             needs + need_start[vm], need_start[vm + 1] - need_start[vm]);
}

/* Which of the needs that make up the admission set the host does not meet. */
static berth_reason need_reason(const asked_vm *asked, uint32_t host) {
  const berth_inventory *inventory = asked->view->ground->inventory;
  const admission_set *set = asked->traits->admission;
  uint32_t root = host_root_of(asked->view, host);
  int64_t level = inventory->host_evc_level[root];
  if (set->example != BERTH_NONE) {
    if (!includes(inventory->host_networks, inventory->host_network_start, root,
                  inventory->vm_networks, inventory->vm_network_start, set->example))
      return BERTH_REASON_NETWORK;
    if (!includes(inventory->host_datastores, inventory->host_datastore_start, root,
                  inventory->vm_datastores, inventory->vm_datastore_start, set->example))
      return BERTH_REASON_DATASTORE;
  }
  if ((set->evc_level != BERTH_UNSET && level != BERTH_UNSET && set->evc_level > level) ||
      !keeps_vendor(asked, host))
    return BERTH_REASON_CPU_COMPATIBILITY;
  return BERTH_REASON_COUNT;
}

static berth_reason fixed_reason(const asked_vm *asked, uint32_t host, uint32_t *rule) {
  *rule = BERTH_NONE;
  berth_reason reason = state_reason(asked->view, host);
  if (reason != BERTH_REASON_COUNT)
    return reason;
  if (is_dedicated(asked, host) && !asked->displaced)
    return BERTH_REASON_DEDICATED;
  if (asked->pinned)
    return BERTH_REASON_PINNED;
  *rule = forbidding_rule(asked, host);
  return *rule != BERTH_NONE ? BERTH_REASON_RULE : need_reason(asked, host);
}

/* The resource that is short by the largest share of the demand, BERTH_NONE if none is short. */
static uint32_t short_resource(const asked_vm *asked, const int64_t *offered, int64_t *short_by) {
  uint32_t worst = BERTH_NONE;
  *short_by = 0;
  for (uint32_t r = 0; r < asked->view->ground->resources; r++) {
    int64_t room = offered[r] > 0 ? offered[r] : 0, missing = asked->demand[r] - room;
    if (offered[r] == BERTH_UNLIMITED || missing <= 0)
      continue;
    if (worst == BERTH_NONE ||
        (wide)missing * asked->demand[worst] > (wide)*short_by * asked->demand[r]) {
      worst = r;
      *short_by = missing;
    }
  }
  return worst;
}

/* What is left on the nodes beside the others, as they are split here: all of it if they cannot be,
 * or if an empty node would not do. */
static uint32_t nodes_beside(const asked_vm *asked, uint32_t host, node_size *left) {
  node_size nodes[SPLIT_NODES], demand = node_demand(asked->view, asked->vm);
  node_item items[SPLIT_ITEMS];
  uint8_t node[SPLIT_ITEMS];
  uint32_t node_count = nodes_of(asked->view, host, nodes), count;
  bool empty_does = false;
  for (uint32_t n = 0; n < node_count; n++) {
    left[n] = nodes[n];
    empty_does = empty_does || (demand.cpu <= nodes[n].cpu && demand.memory <= nodes[n].memory);
  }
  count = empty_does ? bound_there(asked, host, items) : 0;
  sort_items(items, count);
  if (node_split(nodes, node_count, items, count, SPLIT_BUDGET_OF_MANY, node) != NODES_HOLD)
    return node_count;
  for (uint32_t i = 0; i < count; i++) {
    left[node[i]].cpu -= items[i].size.cpu;
    left[node[i]].memory -= items[i].size.memory;
  }
  return node_count;
}

static void name_node_shortage(const asked_vm *asked, uint32_t host,
                               berth_plan_ledger_entry *entry) {
  node_size left[SPLIT_NODES];
  uint32_t nodes = nodes_beside(asked, host, left);
  node_size lacks = node_shortage(left, nodes, node_demand(asked->view, asked->vm));
  entry->short_by = lacks.memory > 0 ? lacks.memory : lacks.cpu;
  if (entry->short_by > 0)
    entry->resource = lacks.memory > 0 ? BERTH_RESOURCE_MEMORY : BERTH_RESOURCE_CPU;
}

bool asked_obstacle(const asked_vm *asked, uint32_t host, berth_plan_ledger_entry *entry) {
  const berth_view *view = asked->view;
  *entry = (berth_plan_ledger_entry){.rule = BERTH_NONE, .resource = BERTH_NONE, .hosts = 1};
  entry->reason = fixed_reason(asked, host, &entry->rule);
  if (entry->reason != BERTH_REASON_COUNT)
    return true;
  entry->reason = BERTH_REASON_RESOURCE_NEVER;
  entry->resource = short_resource(asked, host_capacity_of(view, host), &entry->short_by);
  if (entry->resource != BERTH_NONE)
    return true;
  entry->reason = BERTH_REASON_VM_RULE;
  entry->rule = blocking_rule(asked, host);
  if (entry->rule != BERTH_NONE)
    return true;
  entry->reason = BERTH_REASON_RESOURCE;
  entry->resource = short_resource(asked, host_free_of(view, host), &entry->short_by);
  if (entry->resource != BERTH_NONE)
    return true;
  if (node_holds(asked, host))
    return false;
  entry->reason = BERTH_REASON_NUMA;
  name_node_shortage(asked, host, entry);
  return true;
}
