/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uniform-cost search (Dijkstra) over states (host of each movable item, hosts woken), cheapest
 * path first by (hosts woken, migrations, memory moved). Edges: migrate one item to a host with
 * room; wake a host. For every state taken off the heap the requested items are placed by branch
 * and bound on the ladder; rules and violations only get worse by adding items, so partial
 * placements bound their completions. The costs of a path only grow: where they and the bounds of
 * the other levels together are no better than the best plan known, the path ends. A state fits one
 * 64-bit key, or the problem is left alone.
 */
#include "reconfiguration_search.h"
#include "admission.h"
#include "checked.h"
#include "problem_nodes.h"
#include <assert.h>
#include <string.h>

enum {
  STATES_MOST = 1 << 19,
  FIRST_NODES = 1 << 10, /* a power of two */
  REQUESTED_MOST = 10,
  COMPLETIONS_MOST = 20000000
};

typedef struct search_node {
  uint64_t key;
  uint32_t parent; /* node, BERTH_NONE = the root */
  uint32_t item;   /* moved to reach it, BERTH_NONE = a host was woken */
  uint16_t to;
  uint16_t woken;
  uint32_t migrations;
  int64_t memory;
  bool closed;
} search_node;

typedef struct reconfiguration {
  const problem *problem;
  const ladder_bounds *bounds;
  serving_choice *serving;
  arena *memory;
  placement state; /* follows the node at hand */
  placement *best;
  uint8_t *serves; /* [host] with the best; NULL unless judged */
  uint8_t *woken;  /* [host] of the node at hand */
  int64_t best_value[BERTH_LEVEL_COUNT];
  uint32_t best_node; /* BERTH_NONE = the incumbent */
  uint32_t *movable, movable_count, *requested, requested_count;
  uint32_t *sleeping, sleeping_count; /* hosts that may be woken */
  uint32_t bits;                      /* of a host in the key */
  search_node *nodes;
  uint32_t node_count, node_room;
  uint32_t *table, table_mask; /* open addressing, key -> node */
  uint32_t *heap, heap_count, heap_room;
  uint64_t awake; /* of the node at hand, bit i = sleeping[i] */
  search_clock *clock;
  uint32_t completions; /* nodes of all branch-and-bound trees so far */
  bool given_up;        /* a limit was hit: nothing is proved any more */
  bool out_of_memory;
} reconfiguration;

/* ---------------------------------------------------------------------- states */

static uint64_t host_in_key(const reconfiguration *r, uint64_t key, uint32_t i) {
  return (key >> (i * r->bits)) & ((UINT64_C(1) << r->bits) - 1);
}

static uint64_t awake_in_key(const reconfiguration *r, uint64_t key) {
  uint32_t shift = r->movable_count * r->bits;
  return shift >= 64 ? 0 : key >> shift;
}

static void enter_state(reconfiguration *r, uint64_t key) {
  assert(r->movable_count * r->bits + r->sleeping_count <= 63);
  for (uint32_t i = 0; i < r->movable_count; i++) {
    uint32_t host = (uint32_t)host_in_key(r, key, i);
    assert(host < r->problem->host_count);
    if (r->state.host[r->movable[i]] != host)
      placement_move(&r->state, r->movable[i], host);
  }
  r->awake = awake_in_key(r, key);
  for (uint32_t i = 0; i < r->sleeping_count; i++)
    r->woken[r->sleeping[i]] = (r->awake >> i) & 1;
}

static bool is_awake(const reconfiguration *r, uint32_t host) {
  return !r->problem->host_asleep[host] || r->woken[host];
}

static bool cheaper(const search_node *a, const search_node *b) {
  if (a->woken != b->woken)
    return a->woken < b->woken;
  if (a->migrations != b->migrations)
    return a->migrations < b->migrations;
  return a->memory < b->memory;
}

/* Ties by node number: the heap's order, and so the plan, is determined. */
static bool before(const reconfiguration *r, uint32_t a, uint32_t b) {
  if (cheaper(&r->nodes[a], &r->nodes[b]))
    return true;
  return !cheaper(&r->nodes[b], &r->nodes[a]) && a < b;
}

static bool heap_push(reconfiguration *r, uint32_t node) {
  if (r->heap_count == r->heap_room) {
    uint32_t room = r->heap_room == 0 ? 1024 : 2 * r->heap_room;
    uint32_t *heap = arena_take(r->memory, room, sizeof *heap);
    r->out_of_memory = heap == NULL;
    if (heap == NULL)
      return false;
    if (r->heap_count > 0)
      memcpy(heap, r->heap, r->heap_count * sizeof *heap);
    r->heap = heap;
    r->heap_room = room;
  }
  uint32_t at = r->heap_count++;
  for (; at > 0 && before(r, node, r->heap[(at - 1) / 2]); at = (at - 1) / 2)
    r->heap[at] = r->heap[(at - 1) / 2];
  r->heap[at] = node;
  return true;
}

static uint32_t heap_pop(reconfiguration *r) {
  assert(r->heap_count > 0);
  uint32_t top = r->heap[0], last = r->heap[--r->heap_count], at = 0;
  for (uint32_t child; (child = 2 * at + 1) < r->heap_count; at = child) {
    if (child + 1 < r->heap_count && before(r, r->heap[child + 1], r->heap[child]))
      child++;
    if (!before(r, r->heap[child], last))
      break;
    r->heap[at] = r->heap[child];
  }
  r->heap[at] = last;
  return top;
}

static uint32_t *find_slot(reconfiguration *r, uint64_t key) {
  uint64_t hash = key * UINT64_C(0x9e3779b97f4a7c15);
  uint32_t slot = (uint32_t)(hash >> 32) & r->table_mask;
  while (r->table[slot] != BERTH_NONE && r->nodes[r->table[slot]].key != key)
    slot = (slot + 1) & r->table_mask;
  return &r->table[slot];
}

/* Twice the nodes, and a table twice as large. */
static bool grow(reconfiguration *r) {
  uint32_t room = r->node_room == 0 ? FIRST_NODES : 2 * r->node_room, slots = 2 * room;
  search_node *nodes = arena_take(r->memory, room, sizeof *nodes);
  uint32_t *table = arena_take(r->memory, slots, sizeof *table);
  assert(room <= STATES_MOST && (slots & (slots - 1)) == 0);
  r->out_of_memory = nodes == NULL || table == NULL;
  if (r->out_of_memory)
    return false;
  memset(table, 0xff, slots * sizeof *table);
  if (r->node_count > 0)
    memcpy(nodes, r->nodes, r->node_count * sizeof *nodes);
  r->nodes = nodes;
  r->node_room = room;
  r->table = table;
  r->table_mask = slots - 1;
  for (uint32_t i = 0; i < r->node_count; i++)
    *find_slot(r, nodes[i].key) = i; /* of several paths to a state the last, as it was */
  return true;
}

/* Enters a path to a state if it is new or cheaper. A cheaper path is a node of its own (changing
 * the cost of one in the heap would break the heap's order); the old one is closed unseen. */
static bool offer(reconfiguration *r, search_node node) {
  uint32_t *slot = find_slot(r, node.key);
  if (*slot != BERTH_NONE) {
    search_node *known = &r->nodes[*slot];
    if (known->closed || !cheaper(&node, known))
      return true;
    known->closed = true;
  }
  if (r->node_count == r->node_room) {
    if (r->node_room == STATES_MOST || !grow(r))
      return false;
    slot = find_slot(r, node.key);
  }
  r->nodes[r->node_count] = node;
  *slot = r->node_count;
  return heap_push(r, r->node_count++);
}

/* ---------------------------------------------------------------------- requested items */

static void path_values(const reconfiguration *r, const search_node *node, int64_t *value) {
  const problem *p = r->problem;
  memcpy(value, r->state.value, sizeof r->state.value);
  for (uint32_t i = 0; i < r->sleeping_count; i++) { /* woken, but empty at the end */
    uint32_t host = r->sleeping[i];
    if (r->woken[host] && r->state.population[host] == 0)
      value[BERTH_LEVEL_HOSTS_ON] += p->host_weight[host];
  }
  value[BERTH_LEVEL_HOSTS_WOKEN] = node->woken;
  value[BERTH_LEVEL_MIGRATIONS] = node->migrations;
  value[BERTH_LEVEL_MEMORY_MOVED] = node->memory;
}

static bool improves(const reconfiguration *r, const int64_t *value) {
  return placement_compare(r->problem, value, r->best_value) < 0;
}

/* Hosts that are on whatever comes, those woken so far among them. */
static int64_t least_on(const reconfiguration *r, uint64_t awake) {
  const problem *p = r->problem;
  int64_t on = 0;
  for (uint32_t h = 0; h < p->host_count; h++)
    on += p->host_asleep[h] || p->host_may_sleep[h] ? 0 : p->host_weight[h];
  for (uint32_t i = 0; i < r->sleeping_count; i++)
    on += (awake >> i) & 1 ? p->host_weight[r->sleeping[i]] : 0;
  return on;
}

/* True if some plan by way of this node may be better than the best: what has been spent stays
 * spent, and no level is below its bound. A bound speaks of plans that are no worse on the levels
 * before it: where more than the bound of one has been spent, those below say nothing any more. */
static bool path_may_improve(const reconfiguration *r, const search_node *node) {
  const problem *p = r->problem;
  int64_t value[BERTH_LEVEL_COUNT] = {0};
  value[BERTH_LEVEL_HOSTS_WOKEN] = node->woken;
  value[BERTH_LEVEL_MIGRATIONS] = node->migrations;
  value[BERTH_LEVEL_MEMORY_MOVED] = node->memory;
  value[BERTH_LEVEL_HOSTS_ON] = least_on(r, awake_in_key(r, node->key));
  for (uint32_t i = 0; i < p->ladder_length; i++) {
    int64_t bound = r->bounds->value[p->ladder[i]];
    if (value[p->ladder[i]] > bound)
      break;
    value[p->ladder[i]] = bound;
  }
  return improves(r, value);
}

/* Values if all items from `next` on could still be placed at no cost. */
static bool may_improve(const reconfiguration *r, const search_node *node, uint32_t next) {
  int64_t value[BERTH_LEVEL_COUNT];
  const problem *p = r->problem;
  path_values(r, node, value);
  for (uint32_t i = next; i < r->requested_count; i++) {
    assert(value[BERTH_LEVEL_UNPLACED] > 0);
    value[BERTH_LEVEL_UNPLACED]--;
    value[problem_unplaced_level(p, r->requested[i])]--;
  }
  if (next < r->requested_count)
    value[BERTH_LEVEL_STRANDED] = 0; /* what is still placed may even it out */
  return improves(r, value);
}

/* Placing ten items on thirty hosts is a tree that no machine walks to its end: it counts its
 * steps. */
static bool out_of_patience(reconfiguration *r) {
  r->completions++;
  if ((r->completions & 4095) == 0)
    r->given_up |= r->completions > COMPLETIONS_MOST || search_clock_over(r->clock);
  return r->given_up;
}

/* The heaviest set of serving hosts with which an end state of these values could be better. */
static int64_t most_on(const reconfiguration *r, const int64_t *value) {
  int64_t tried[BERTH_LEVEL_COUNT];
  memcpy(tried, value, sizeof tried);
  tried[BERTH_LEVEL_HOSTS_ON] = INT64_MAX;
  if (improves(r, tried))
    return INT64_MAX;
  tried[BERTH_LEVEL_HOSTS_ON] = r->best_value[BERTH_LEVEL_HOSTS_ON];
  return tried[BERTH_LEVEL_HOSTS_ON] - !improves(r, tried);
}

/* The end state at hand, all requested items placed or left out. */
static void judge(reconfiguration *r, uint32_t node) {
  int64_t value[BERTH_LEVEL_COUNT];
  path_values(r, &r->nodes[node], value);
  if (r->serving != NULL) {
    serving on;
    serving_choose(r->serving, &r->state, r->woken, most_on(r, value), r->clock, &on);
    r->given_up |= !on.exact;
    value[BERTH_LEVEL_HOSTS_ON] = on.hosts_on;
    value[BERTH_LEVEL_VIOLATIONS] += !on.survives;
    if (!improves(r, value))
      return;
    memcpy(r->serves, on.serves, r->problem->host_count);
  }
  memcpy(r->best_value, value, sizeof value);
  placement_copy(r->best, &r->state);
  r->best_node = node;
}

static void complete(reconfiguration *r, uint32_t node, uint32_t next) {
  const problem *p = r->problem;
  if (out_of_patience(r) || !may_improve(r, &r->nodes[node], next) ||
      !placement_spans_allowed(&r->state))
    return;
  if (next == r->requested_count) {
    judge(r, node);
    return;
  }
  uint32_t item = r->requested[next];
  assert(r->state.host[item] == BERTH_NONE);
  const host_bits *hosts = admission_hosts(p, item);
  assert(hosts != NULL);
  for (uint32_t host = 0; host < p->host_count; host++) {
    if (!host_bits_test(hosts, host) || !is_awake(r, host) ||
        !placement_has_room(&r->state, item, host))
      continue;
    placement_move(&r->state, item, host);
    complete(r, node, next + 1);
    placement_move(&r->state, item, BERTH_NONE);
  }
  complete(r, node, next + 1);
}

/* ---------------------------------------------------------------------- search */

static bool expand_moves(reconfiguration *r, uint32_t node) {
  const problem *p = r->problem;
  search_node from = r->nodes[node];
  assert(from.closed);
  for (uint32_t i = 0; i < r->movable_count; i++) {
    uint32_t item = r->movable[i], at = r->state.host[item];
    const host_bits *hosts = admission_hosts(p, item);
    bool charged =
        p->goal != BERTH_GOAL_EVACUATE || at != p->origin[item] || !p->host_must_leave[at];
    assert(hosts != NULL);
    for (uint32_t host = 0; host < p->host_count; host++) {
      if (host == at || !host_bits_test(hosts, host) || !is_awake(r, host) ||
          !placement_has_room(&r->state, item, host))
        continue;
      uint64_t mask = ((UINT64_C(1) << r->bits) - 1) << (i * r->bits);
      search_node next = {.key = (from.key & ~mask) | (uint64_t)host << (i * r->bits),
                          .parent = node,
                          .item = item,
                          .to = (uint16_t)host,
                          .woken = from.woken,
                          .migrations = from.migrations + charged,
                          .memory = from.memory + p->inventory->vm_memory[p->vm[item]]};
      if (!offer(r, next))
        return false;
    }
  }
  return true;
}

static bool expand_wakes(reconfiguration *r, uint32_t node) {
  search_node from = r->nodes[node];
  for (uint32_t i = 0; i < r->sleeping_count; i++) {
    if ((r->awake >> i) & 1)
      continue;
    search_node next = from;
    next.key |= UINT64_C(1) << (r->movable_count * r->bits + i);
    next.parent = node;
    next.item = BERTH_NONE;
    next.woken++;
    next.closed = false;
    if (!offer(r, next))
      return false;
  }
  return true;
}

/* True when the best is proved. */
static bool run(reconfiguration *r) {
  const problem *p = r->problem;
  for (uint32_t count = 0; r->heap_count > 0; count++) {
    uint32_t node = heap_pop(r);
    if (r->nodes[node].closed)
      continue;
    r->nodes[node].closed = true;
    if ((count & 255) == 255 && search_clock_over(r->clock))
      return false;
    if (!path_may_improve(r, &r->nodes[node]))
      continue;
    enter_state(r, r->nodes[node].key);
    complete(r, node, 0);
    if (r->given_up)
      return false;
    if (ladder_bounds_met(p, r->best_value, r->bounds))
      return true;
    if (!expand_moves(r, node) || !expand_wakes(r, node))
      return false;
  }
  return true;
}

static bool list_parts(reconfiguration *r) {
  const problem *p = r->problem;
  r->movable = arena_take(r->memory, p->item_count, sizeof *r->movable);
  r->requested = arena_take(r->memory, p->item_count, sizeof *r->requested);
  r->sleeping = arena_take(r->memory, p->host_count, sizeof *r->sleeping);
  if (r->movable == NULL || r->requested == NULL || r->sleeping == NULL)
    return false;
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (problem_is_requested(p, item))
      r->requested[r->requested_count++] = item;
    else if (p->kind[item] == ITEM_MOVABLE)
      r->movable[r->movable_count++] = item;
  }
  for (uint32_t host = 0; host < p->host_count; host++) {
    if (p->host_asleep[host] && p->host_open[host])
      r->sleeping[r->sleeping_count++] = host;
  }
  while ((UINT64_C(1) << r->bits) < p->host_count)
    r->bits++;
  r->bits = r->bits == 0 ? 1 : r->bits;
  return true;
}

bool reconfiguration_fits(const problem *p) {
  uint64_t states = 1, requested = 0;
  if (!problem_nodes_always_decided(p))
    return false;
  for (uint32_t item = 0; item < p->item_count; item++) {
    uint64_t hosts = 1;
    const host_bits *admitted = p->kind[item] == ITEM_FIXED ? NULL : admission_hosts(p, item);
    requested += problem_is_requested(p, item);
    if (p->kind[item] != ITEM_MOVABLE || admitted == NULL)
      continue;
    for (uint32_t h = 0; h < p->host_count; h++)
      hosts += h != p->origin[item] && host_bits_test(admitted, h);
    states *= hosts;
    if (states > STATES_MOST)
      return false;
  }
  for (uint32_t h = 0; h < p->host_count && states <= STATES_MOST; h++)
    states *= p->host_asleep[h] && p->host_open[h] ? 2 : 1;
  return states <= STATES_MOST && requested <= REQUESTED_MOST;
}

static bool small_enough(const reconfiguration *r) {
  return r->requested_count <= REQUESTED_MOST && r->problem->host_count <= 1024 &&
         problem_nodes_always_decided(r->problem) &&
         (uint64_t)r->movable_count * r->bits + r->sleeping_count <= 63;
}

/* From here on asking for the hosts of an item takes no memory. */
static bool fill_admission(const reconfiguration *r) {
  for (uint32_t i = 0; i < r->movable_count; i++) {
    if (admission_hosts(r->problem, r->movable[i]) == NULL)
      return false;
  }
  for (uint32_t i = 0; i < r->requested_count; i++) {
    if (admission_hosts(r->problem, r->requested[i]) == NULL)
      return false;
  }
  return true;
}

static bool prepare(reconfiguration *r) {
  const problem *p = r->problem;
  r->woken = arena_take(r->memory, p->host_count, 1);
  if (r->serving != NULL)
    r->serves = arena_take(r->memory, p->host_count, 1);
  if (r->woken == NULL || (r->serving != NULL && r->serves == NULL) ||
      !placement_init(&r->state, p, r->memory) || !placement_init(r->best, p, r->memory) ||
      !grow(r))
    return false;
  uint64_t key = 0;
  for (uint32_t i = 0; i < r->movable_count; i++)
    key |= (uint64_t)p->origin[r->movable[i]] << (i * r->bits);
  return offer(r, (search_node){.key = key, .parent = BERTH_NONE, .item = BERTH_NONE});
}

/* From the best node back to the root, then turned round. */
static bool trace(reconfiguration *r, sequence *order) {
  const problem *p = r->problem;
  *order = (sequence){0};
  for (uint32_t node = r->best_node; r->nodes[node].parent != BERTH_NONE;
       node = r->nodes[node].parent) {
    const search_node *step = &r->nodes[node];
    if (step->item == BERTH_NONE)
      continue;
    uint32_t i = 0;
    while (r->movable[i] != step->item)
      i++;
    uint32_t from = (uint32_t)host_in_key(r, r->nodes[step->parent].key, i);
    if (!sequence_add(order, r->memory, step->item, from, step->to))
      return false;
  }
  for (uint32_t i = 0; i < order->count / 2; i++) {
    migration first = order->list[i];
    order->list[i] = order->list[order->count - 1 - i];
    order->list[order->count - 1 - i] = first;
  }
  uint32_t off_home = 0;
  for (uint32_t i = 0; i < r->movable_count; i++)
    off_home += r->best->host[r->movable[i]] != p->origin[r->movable[i]];
  assert(order->count >= off_home);
  order->hops = order->count - off_home;
  return true;
}

reconfiguration_result reconfiguration_search(const reconfiguration_task *task, arena *memory,
                                              reconfiguration_plan *plan) {
  *plan = (reconfiguration_plan){0};
  reconfiguration r = {.problem = task->problem,
                       .bounds = task->bounds,
                       .serving = task->serving,
                       .memory = memory,
                       .best = &plan->final,
                       .clock = task->clock,
                       .best_node = BERTH_NONE};
  memcpy(r.best_value, task->incumbent, sizeof r.best_value);
  if (!list_parts(&r))
    return RECONFIGURATION_OUT_OF_MEMORY;
  if (!small_enough(&r))
    return RECONFIGURATION_NONE;
  if (!fill_admission(&r) || !prepare(&r))
    return RECONFIGURATION_OUT_OF_MEMORY;
  bool proved = run(&r);
  if (r.out_of_memory)
    return RECONFIGURATION_OUT_OF_MEMORY;
  if (r.best_node == BERTH_NONE)
    return proved ? RECONFIGURATION_KEPT : RECONFIGURATION_NONE;
  if (!trace(&r, &plan->moves))
    return RECONFIGURATION_OUT_OF_MEMORY;
  plan->serves = r.serves;
  memcpy(plan->final.value, r.best_value, sizeof r.best_value);
  return proved ? RECONFIGURATION_OPTIMAL : RECONFIGURATION_FOUND;
}
