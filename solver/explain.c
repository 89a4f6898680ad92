/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every host is counted once, under the first reason of BERTH_REASON_TABLE that applies. Reasons
 * about room speak of the end state of the plan: what it leaves free there.
 */
#include "explain.h"
#include "admission.h"
#include "problem_nodes.h"
#include <assert.h>

__extension__ typedef __int128 wide;

/* The resource that is short by the largest share, BERTH_NONE if none is short. */
static uint32_t short_resource(const placement *s, uint32_t item, uint32_t host, bool empty,
                               int64_t *short_by) {
  const problem *p = s->problem;
  const int64_t *demand = problem_demand(p, item);
  size_t row = (size_t)host * p->resource_count;
  uint32_t worst = BERTH_NONE;
  *short_by = 0;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    int64_t limit = empty ? p->capacity[row + r] : p->limit[row + r];
    int64_t missing = demand[r] + (empty ? 0 : s->use[row + r]) - limit;
    if (limit == BERTH_UNLIMITED || missing <= 0)
      continue;
    /* Compare missing / demand of two resources without dividing. */
    if (worst == BERTH_NONE || (wide)missing * demand[worst] > (wide)*short_by * demand[r]) {
      worst = r;
      *short_by = missing;
    }
  }
  return worst;
}

/* What a node has left beside the others, as they are split here: all of it if they cannot be. */
static uint32_t nodes_beside(const placement *s, uint32_t item, uint32_t host, bool empty,
                             node_size *left) {
  const problem *p = s->problem;
  uint32_t nodes = problem_node_count(p, host), count = 0;
  node_item items[SPLIT_ITEMS];
  uint8_t node[SPLIT_ITEMS];
  assert(nodes > 0 && p->one_node[item]);
  nodes = nodes < SPLIT_NODES ? nodes : SPLIT_NODES;
  for (uint32_t n = 0; n < nodes; n++)
    left[n] = p->nodes[p->node_start[host] + n];
  for (uint32_t other = s->first[host]; other != BERTH_NONE && !empty; other = s->next[other]) {
    if (p->one_node[other] && other != item && count < SPLIT_ITEMS)
      items[count++] = (node_item){.size = problem_node_demand(p, other), .item = other};
  }
  if (node_split(p->nodes + p->node_start[host], nodes, items, count, SPLIT_BUDGET_OF_MANY, node) !=
      NODES_HOLD)
    return nodes;
  for (uint32_t i = 0; i < count; i++) {
    left[node[i]].cpu -= items[i].size.cpu;
    left[node[i]].memory -= items[i].size.memory;
  }
  return nodes;
}

static void name_node_shortage(const placement *s, uint32_t item, uint32_t host, bool empty,
                               berth_plan_ledger_entry *entry) {
  node_size left[SPLIT_NODES];
  uint32_t nodes = nodes_beside(s, item, host, empty, left);
  node_size lacks = node_shortage(left, nodes, problem_node_demand(s->problem, item));
  entry->reason = BERTH_REASON_NUMA;
  entry->short_by = lacks.memory > 0 ? lacks.memory : lacks.cpu;
  entry->resource = entry->short_by == 0 ? BERTH_NONE
                    : lacks.memory > 0   ? BERTH_RESOURCE_MEMORY
                                         : BERTH_RESOURCE_CPU;
}

static berth_plan_ledger_entry judge_host(const placement *s, uint32_t item, uint32_t host) {
  const problem *p = s->problem;
  berth_plan_ledger_entry entry = {.rule = BERTH_NONE, .resource = BERTH_NONE, .hosts = 1};
  entry.reason = admission_reason(p, item, host, &entry.rule);
  bool no_node = entry.reason == BERTH_REASON_NUMA; /* counts where nothing else is in the way */
  if (entry.reason != BERTH_REASON_COUNT && !no_node)
    return entry;
  entry.resource = short_resource(s, item, host, true, &entry.short_by);
  if (entry.resource != BERTH_NONE) {
    entry.reason = BERTH_REASON_RESOURCE_NEVER;
    return entry;
  }
  uint32_t blocking = placement_blocking_rule(s, item, host);
  if (blocking != BERTH_NONE) {
    entry.reason = BERTH_REASON_VM_RULE;
    entry.rule = (uint32_t)(p->rules[blocking].rule - p->inventory->rules);
    return entry;
  }
  entry.reason = BERTH_REASON_RESOURCE;
  entry.resource = short_resource(s, item, host, false, &entry.short_by);
  if (entry.resource == BERTH_NONE && (no_node || !placement_nodes_take(s, item, host)))
    name_node_shortage(s, item, host, no_node, &entry);
  return entry;
}

static bool entry_before(const berth_plan_ledger_entry *a, const berth_plan_ledger_entry *b) {
  if (a->reason != b->reason)
    return a->reason < b->reason;
  return a->rule != b->rule ? a->rule < b->rule : a->resource < b->resource;
}

/* Enters one host into the sorted ledger, merging equal reasons. */
static void enter(berth_plan_ledger_entry *ledger, uint32_t *count, berth_plan_ledger_entry entry) {
  uint32_t at = *count;
  while (at > 0 && entry_before(&entry, &ledger[at - 1]))
    at--;
  assert(entry.hosts == 1);
  if (at > 0 && !entry_before(&ledger[at - 1], &entry)) {
    berth_plan_ledger_entry *same = &ledger[at - 1];
    same->hosts++;
    if (entry.short_by < same->short_by)
      same->short_by = entry.short_by;
    return;
  }
  for (uint32_t i = *count; i > at; i--)
    ledger[i] = ledger[i - 1];
  ledger[at] = entry;
  (*count)++;
}

bool explain_item(const placement *final, uint32_t item, arena *memory, berth_plan_unplaced *out) {
  const problem *p = final->problem;
  assert(item < p->item_count);
  *out = (berth_plan_unplaced){.vm = p->vm[item]};
  size_t most = (size_t)BERTH_REASON_COUNT + 2 +
                2 * ((size_t)p->resource_count + p->inventory->vm_rule_start[p->vm[item] + 1] -
                     p->inventory->vm_rule_start[p->vm[item]]);
  berth_plan_ledger_entry *ledger = arena_take(memory, most, sizeof *ledger);
  if (ledger == NULL)
    return false;
  for (uint32_t host = 0; host < p->host_count; host++) {
    if (host == final->host[item])
      continue;
    berth_plan_ledger_entry entry = judge_host(final, item, host);
    /* A host with room at the end that could not be reached in time: count it as short by 0. */
    if (entry.reason == BERTH_REASON_RESOURCE && entry.resource == BERTH_NONE)
      entry.resource = BERTH_RESOURCE_MEMORY;
    enter(ledger, &out->ledger_count, entry);
    assert(out->ledger_count <= most);
  }
  out->ledger = ledger;
  return true;
}
