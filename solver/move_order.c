/* SPDX-License-Identifier: Apache-2.0 */
/*
 * List scheduling (Graham 1969) in worst-case times: at every moment the move with the longest tail
 * starts, of those that have room and a free lane everywhere. The tail is the move itself and the
 * longest chain of arrivals that wait for the room it leaves. A move that may not start is parked
 * at what holds it back. A lane that comes free lets one of those parked there go, and another if
 * that one is held back elsewhere; so a start or an end costs about a heap operation.
 *
 * The order by start is allowed one by one: when a move starts, those before it are charged at
 * least where they end.
 */
#include "move_order.h"
#include "checked.h"
#include <assert.h>
#include <berth/plan.h>
#include <string.h>

enum { TAIL_ROUNDS = 8, TRIES_A_MOVE = 64 };

typedef struct timed_move {
  migration move;
  int64_t seconds, settle; /* worst case: wait and copy */
  int64_t tail;
  uint32_t left, right; /* behind it in the heap of those parked at the same gate */
  uint32_t let_by;      /* the gate that let it go for a lane that came free, or BERTH_NONE */
  bool started;
} timed_move;

typedef enum event_kind { EVENT_AWAKE, EVENT_END, EVENT_SETTLED } event_kind;

typedef struct event {
  int64_t time;
  uint32_t subject; /* host, or move */
  event_kind kind;
} event;

typedef struct list_schedule {
  const problem *problem;
  const placement *final;
  arena *memory;
  placement state; /* every move done at its start: for rules that count domains */
  timed_move *moves;
  uint32_t count, started;
  int64_t *use; /* [host * resource_count + resource] both hosts charged */
  uint8_t *asleep;
  uint32_t *busy;   /* [gate] lanes in use */
  uint32_t *parked; /* [gate] first move parked there; two gates a host: lanes and room */
  uint32_t gate_count, first_datastore, first_rule, rules_gate;
  uint32_t *ready; /* heap of moves, longest tail first */
  uint32_t ready_count;
  event *events; /* heap, earliest first */
  uint32_t event_count;
  sequence *order;
} list_schedule;

static const frozen_cluster *cluster_of(const problem *p) {
  return &p->inventory->clusters[p->cluster];
}

static uint32_t lane_gate(uint32_t host) {
  return 2 * host;
}

static uint32_t room_gate(uint32_t host) {
  return 2 * host + 1;
}

/* ---------------------------------------------------------------------- heaps */

static bool goes_first(const list_schedule *l, uint32_t a, uint32_t b) {
  const timed_move *x = &l->moves[a], *y = &l->moves[b];
  return x->tail != y->tail ? x->tail > y->tail : a < b;
}

static void push_ready(list_schedule *l, uint32_t move) {
  uint32_t i = l->ready_count++;
  assert(i < l->count && !l->moves[move].started);
  for (; i > 0 && goes_first(l, move, l->ready[(i - 1) / 2]); i = (i - 1) / 2)
    l->ready[i] = l->ready[(i - 1) / 2];
  l->ready[i] = move;
}

static uint32_t pop_ready(list_schedule *l) {
  uint32_t first = l->ready[0], last = l->ready[--l->ready_count], i = 0;
  for (uint32_t child = 1; child < l->ready_count; child = 2 * i + 1) {
    if (child + 1 < l->ready_count && goes_first(l, l->ready[child + 1], l->ready[child]))
      child++;
    if (!goes_first(l, l->ready[child], last))
      break;
    l->ready[i] = l->ready[child];
    i = child;
  }
  l->ready[i] = last;
  return first;
}

static bool comes_before(const event *a, const event *b) {
  if (a->time != b->time)
    return a->time < b->time;
  return a->kind != b->kind ? a->kind < b->kind : a->subject < b->subject;
}

static void push_event(list_schedule *l, event e) {
  uint32_t i = l->event_count++;
  for (; i > 0 && comes_before(&e, &l->events[(i - 1) / 2]); i = (i - 1) / 2)
    l->events[i] = l->events[(i - 1) / 2];
  l->events[i] = e;
}

static event pop_event(list_schedule *l) {
  event first = l->events[0], last = l->events[--l->event_count];
  uint32_t i = 0;
  for (uint32_t child = 1; child < l->event_count; child = 2 * i + 1) {
    if (child + 1 < l->event_count && comes_before(&l->events[child + 1], &l->events[child]))
      child++;
    if (!comes_before(&l->events[child], &last))
      break;
    l->events[i] = l->events[child];
    i = child;
  }
  l->events[i] = last;
  return first;
}

/* ---------------------------------------------------------------------- gates */

/* Skew heaps (Sleator and Tarjan 1986), the longest tail first. */
static uint32_t merge(list_schedule *l, uint32_t a, uint32_t b) {
  uint32_t root = BERTH_NONE, *hole = &root;
  while (a != BERTH_NONE && b != BERTH_NONE) {
    if (goes_first(l, b, a)) {
      uint32_t other = a;
      a = b;
      b = other;
    }
    timed_move *first = &l->moves[a];
    uint32_t rest = first->right;
    *hole = a;
    first->right = first->left;
    hole = &first->left;
    a = rest;
  }
  *hole = a != BERTH_NONE ? a : b;
  return root;
}

static void park(list_schedule *l, uint32_t gate, uint32_t move) {
  assert(gate < l->gate_count);
  l->moves[move].left = l->moves[move].right = BERTH_NONE;
  l->parked[gate] = merge(l, l->parked[gate], move);
}

/* Lets the one with the longest tail go. */
static bool let_one(list_schedule *l, uint32_t gate, uint32_t let_by) {
  uint32_t move = l->parked[gate];
  if (move == BERTH_NONE)
    return false;
  l->parked[gate] = merge(l, l->moves[move].left, l->moves[move].right);
  l->moves[move].let_by = let_by;
  push_ready(l, move);
  return true;
}

static void let_all(list_schedule *l, uint32_t gate) {
  while (let_one(l, gate, BERTH_NONE)) {
  }
}

static bool is_quiesce(const problem *p, uint32_t rule) {
  return p->inventory->rules[rule].enabled && p->inventory->rules[rule].type == BERTH_RULE_QUIESCE;
}

/* The gates beside its hosts' that a move takes a lane of; @p next counts them. */
static uint32_t other_gate(const list_schedule *l, uint32_t move, uint32_t *next, int64_t *limit) {
  const problem *p = l->problem;
  const berth_inventory *inventory = p->inventory;
  uint32_t vm = p->vm[l->moves[move].move.item];
  uint32_t stores = inventory->vm_datastore_start[vm + 1] - inventory->vm_datastore_start[vm];
  uint32_t rules = inventory->vm_rule_start[vm + 1] - inventory->vm_rule_start[vm];
  if (*next < stores) {
    *limit = cluster_of(p)->set_up.migrations_per_datastore;
    return l->first_datastore +
           inventory->vm_datastores[inventory->vm_datastore_start[vm] + (*next)++];
  }
  while (*next < stores + rules) {
    uint32_t rule = inventory->vm_rules[inventory->vm_rule_start[vm] + (*next)++ - stores];
    if (!is_quiesce(p, rule))
      continue;
    *limit = inventory->rules[rule].max_concurrent;
    return l->first_rule + rule - cluster_of(p)->first_rule;
  }
  return BERTH_NONE;
}

static bool has_room(const list_schedule *l, uint32_t item, uint32_t host) {
  const problem *p = l->problem;
  const int64_t *demand = problem_demand(p, item);
  size_t first = (size_t)host * p->resource_count;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    if (l->use[first + r] + demand[r] > p->limit[first + r])
      return false;
  }
  return !l->asleep[host];
}

/* Where the move has to wait, or BERTH_NONE. */
static uint32_t closed_gate(const list_schedule *l, uint32_t move) {
  const migration *m = &l->moves[move].move;
  int64_t limit = cluster_of(l->problem)->set_up.migrations_per_host;
  if (!has_room(l, m->item, m->to))
    return room_gate(m->to);
  if (l->busy[lane_gate(m->from)] >= limit)
    return lane_gate(m->from);
  if (l->busy[lane_gate(m->to)] >= limit)
    return lane_gate(m->to);
  for (uint32_t next = 0;;) {
    uint32_t gate = other_gate(l, move, &next, &limit);
    if (gate == BERTH_NONE)
      break;
    if (l->busy[gate] >= limit)
      return gate;
  }
  return placement_has_room(&l->state, m->item, m->to) ? BERTH_NONE : l->rules_gate;
}

/* ---------------------------------------------------------------------- time goes on */

static void charge(list_schedule *l, uint32_t item, uint32_t host, int64_t sign) {
  const problem *p = l->problem;
  const int64_t *demand = problem_demand(p, item);
  for (uint32_t r = 0; r < p->resource_count; r++)
    l->use[(size_t)host * p->resource_count + r] += sign * demand[r];
}

static bool start_move(list_schedule *l, uint32_t move, int64_t now) {
  timed_move *t = &l->moves[move];
  int64_t limit;
  t->started = true;
  l->started++;
  charge(l, t->move.item, t->move.to, 1);
  l->busy[lane_gate(t->move.from)]++;
  l->busy[lane_gate(t->move.to)]++;
  for (uint32_t next = 0, gate; (gate = other_gate(l, move, &next, &limit)) != BERTH_NONE;)
    l->busy[gate]++;
  placement_move(&l->state, t->move.item, t->move.to);
  push_event(l, (event){.time = now + t->seconds, .subject = move, .kind = EVENT_END});
  return sequence_add(l->order, l->memory, t->move.item, t->move.from, t->move.to);
}

/* Lanes of datastores come free at the end, those of quiesce groups once the VM has settled. */
static void leave_gates(list_schedule *l, uint32_t move, bool settled) {
  int64_t limit;
  for (uint32_t next = 0, gate; (gate = other_gate(l, move, &next, &limit)) != BERTH_NONE;) {
    if ((gate >= l->first_rule) != settled)
      continue;
    l->busy[gate]--;
    (void)let_one(l, gate, gate);
  }
}

static void end_move(list_schedule *l, uint32_t move, int64_t now) {
  const timed_move *t = &l->moves[move];
  charge(l, t->move.item, t->move.from, -1);
  l->busy[lane_gate(t->move.from)]--;
  l->busy[lane_gate(t->move.to)]--;
  (void)let_one(l, lane_gate(t->move.from), lane_gate(t->move.from));
  (void)let_one(l, lane_gate(t->move.to), lane_gate(t->move.to));
  let_all(l, room_gate(t->move.from));
  let_all(l, l->rules_gate);
  leave_gates(l, move, false);
  if (t->settle == 0)
    leave_gates(l, move, true);
  else
    push_event(l, (event){.time = now + t->settle, .subject = move, .kind = EVENT_SETTLED});
}

static void happen(list_schedule *l, const event *e) {
  switch (e->kind) {
  case EVENT_AWAKE:
    l->asleep[e->subject] = 0;
    let_all(l, room_gate(e->subject));
    break;
  case EVENT_END:
    end_move(l, e->subject, e->time);
    break;
  case EVENT_SETTLED:
    leave_gates(l, e->subject, true);
    break;
  }
}

/* Ends early, with moves left over, where many wait for rooms again and again. */
static bool run(list_schedule *l) {
  int64_t now = 0;
  uint64_t tries = 0;
  for (;;) {
    while (l->ready_count > 0) {
      uint32_t move = pop_ready(l), let_by = l->moves[move].let_by, gate = closed_gate(l, move);
      l->moves[move].let_by = BERTH_NONE;
      if (gate == BERTH_NONE && !start_move(l, move, now))
        return false;
      if (gate != BERTH_NONE)
        park(l, gate, move);
      if (gate != BERTH_NONE && let_by != BERTH_NONE && gate != let_by)
        (void)let_one(l, let_by, let_by);
      tries++;
    }
    if (l->event_count == 0 || tries / TRIES_A_MOVE > l->count)
      return true;
    now = l->events[0].time;
    while (l->event_count > 0 && l->events[0].time == now) {
      event e = pop_event(l);
      happen(l, &e);
    }
  }
}

/* ---------------------------------------------------------------------- tails */

/* Hosts whose arrivals do not all fit before something leaves. */
static uint8_t *crowded_hosts(const list_schedule *l) {
  const problem *p = l->problem;
  size_t cells = (size_t)p->host_count * p->resource_count;
  int64_t *total = arena_take(l->memory, cells, sizeof *total);
  uint8_t *crowded = arena_take(l->memory, p->host_count, 1);
  if (total == NULL || crowded == NULL)
    return NULL;
  memcpy(total, p->initial_use, cells * sizeof *total);
  for (uint32_t item = 0; item < p->item_count; item++) {
    uint32_t host = l->final->host[item];
    if (host == BERTH_NONE || host == p->origin[item])
      continue;
    for (uint32_t r = 0; r < p->resource_count; r++)
      total[(size_t)host * p->resource_count + r] += problem_demand(p, item)[r];
  }
  for (size_t cell = 0; cell < cells; cell++)
    crowded[cell / p->resource_count] |= total[cell] > p->limit[cell];
  return crowded;
}

/* Chains of arrivals, a few links long: the longest that waits for room on each host. */
static bool find_tails(list_schedule *l) {
  const problem *p = l->problem;
  const uint8_t *crowded = crowded_hosts(l);
  int64_t *waits = arena_take(l->memory, p->host_count, sizeof *waits);
  if (crowded == NULL || waits == NULL)
    return false;
  for (uint32_t item = 0; item < p->item_count; item++) {
    uint32_t host = l->final->host[item];
    if (problem_is_requested(p, item) && host != BERTH_NONE && crowded[host])
      waits[host] = cluster_of(p)->set_up.restart_seconds;
  }
  bool longer = true;
  for (uint32_t i = 0; i < l->count; i++)
    l->moves[i].tail = l->moves[i].seconds;
  for (int round = 0; round < TAIL_ROUNDS && longer; round++) {
    longer = false;
    for (uint32_t i = 0; i < l->count; i++) {
      timed_move *t = &l->moves[i];
      t->tail = t->seconds + waits[t->move.from];
      if (!crowded[t->move.to] || t->tail <= waits[t->move.to])
        continue;
      waits[t->move.to] = t->tail;
      longer = true;
    }
  }
  return true;
}

/* ---------------------------------------------------------------------- the whole */

/* False for *once: an item moves twice. */
static bool list_moves(list_schedule *l, const sequence *moves, bool *once) {
  const problem *p = l->problem;
  uint8_t *moved = arena_take(l->memory, p->item_count, 1);
  l->moves = arena_take(l->memory, moves->count, sizeof *l->moves);
  *once = true;
  if (moved == NULL || l->moves == NULL)
    return false;
  for (uint32_t i = 0; i < moves->count; i++) {
    timed_move *t = &l->moves[l->count++];
    int64_t wait, seconds;
    t->move = moves->list[i];
    t->let_by = BERTH_NONE;
    *once = *once && !moved[t->move.item];
    moved[t->move.item] = 1;
    (void)berth_migration_time(p->inventory, p->vm[t->move.item], p->host[t->move.from],
                               p->host[t->move.to], &wait, &seconds);
    t->seconds = wait + seconds;
    t->settle = wait > 0 ? p->inventory->vm_notification[p->vm[t->move.item]].settle_seconds : 0;
  }
  return true;
}

static bool prepare(list_schedule *l) {
  const problem *p = l->problem;
  size_t cells = (size_t)p->host_count * p->resource_count;
  l->first_datastore = 2 * p->host_count;
  l->first_rule = l->first_datastore + p->inventory->datastore_count;
  l->rules_gate = l->first_rule + cluster_of(p)->rule_count;
  l->gate_count = l->rules_gate + 1;
  l->use = arena_take(l->memory, cells, sizeof *l->use);
  l->asleep = arena_take(l->memory, p->host_count, 1);
  l->busy = arena_take(l->memory, l->gate_count, sizeof *l->busy);
  l->parked = arena_take(l->memory, l->gate_count, sizeof *l->parked);
  l->ready = arena_take(l->memory, l->count, sizeof *l->ready);
  l->events = arena_take(l->memory, 2 * (size_t)l->count + p->host_count, sizeof *l->events);
  if (l->use == NULL || l->asleep == NULL || l->busy == NULL || l->parked == NULL ||
      l->ready == NULL || l->events == NULL || !placement_init(&l->state, p, l->memory) ||
      !find_tails(l))
    return false;
  memcpy(l->use, p->initial_use, cells * sizeof *l->use);
  memset(l->parked, 0xff, l->gate_count * sizeof *l->parked);
  for (uint32_t h = 0; h < p->host_count; h++) {
    l->asleep[h] = p->host_asleep[h];
    if (l->asleep[h])
      push_event(l, (event){.time = p->inventory->host_wake_seconds[p->host[h]],
                            .subject = h,
                            .kind = EVENT_AWAKE});
  }
  for (uint32_t i = 0; i < l->count; i++)
    push_ready(l, i);
  return true;
}

bool move_order_find(const placement *final, const sequence *moves, arena *memory,
                     sequence *order) {
  list_schedule l = {.problem = final->problem, .final = final, .memory = memory, .order = order};
  bool once;
  *order = (sequence){0};
  if (moves->count < 2)
    return true;
  if (!list_moves(&l, moves, &once))
    return false;
  if (!once)
    return true;
  if (!prepare(&l) || !run(&l))
    return false;
  assert(l.started == order->count);
  if (l.started < l.count)
    *order = (sequence){0};
  return true;
}
