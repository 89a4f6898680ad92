/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NUMA nodes at every moment of every execution (docs/model.md §3), host by host. Let an arrival of
 * a VM that asks for one node start: the departures that it waits for, at length, have ended by
 * then. Of the arrivals that have started at some moment take the one that comes last in the order
 * of the steps: who is there is among those from the start and of the arrivals up to that one, less
 * who left by the departures it waits for. So it is enough that each of these sets holds.
 *
 * Where one does not, precedence may still keep the arrivals apart. The states that can be the case
 * are known by the departures that have ended: those that any set of arrivals waits for. All these
 * unions are looked at, each with every arrival that waits for no more.
 */
#include "check_internal.h"
#include "node_packing.h"
#include <assert.h>
#include <string.h>

enum { UNIONS_MOST = 2048 };

/* A VM at the host from one step (BERTH_NONE = the start) to another (BERTH_NONE = the end). */
typedef struct node_stay {
  uint32_t vm, arrives, leaves;
} node_stay;

typedef struct node_check {
  check *c;
  node_packing *packing;
  uint32_t host;
  node_stay *stays; /* those from the start first, then by arrival */
  uint32_t stay_count;
  uint32_t *arrivals, arrival_count; /* places in `stays` */
  uint32_t *departures, departure_count;
  uint32_t words;  /* of a set of departures */
  uint64_t *ended; /* [arrival * words]: those that it waits for */
} node_check;

static bool binds(const check *c, uint32_t vm) {
  return vm != BERTH_NONE && node_packing_binds(c->inventory, vm);
}

/* ------------------------------------------------------------------ who is there */

static void list_stays(node_check *n) {
  check *c = n->c;
  n->stay_count = n->arrival_count = n->departure_count = 0;
  for (uint32_t k = c->inventory->host_vm_start[n->host];
       k < c->inventory->host_vm_start[n->host + 1]; k++) {
    uint32_t vm = c->inventory->host_vms[k];
    if (binds(c, vm) && check_vm_begin(c, vm) == n->host)
      n->stays[n->stay_count++] = (node_stay){vm, BERTH_NONE, BERTH_NONE};
  }
  for (uint32_t t = c->touch_start[n->host]; t < c->touch_start[n->host + 1]; t++) {
    uint32_t i = c->touches[t];
    const check_step *step = &c->steps[i];
    if (!binds(c, step->vm))
      continue;
    if (step->to == n->host) {
      n->arrivals[n->arrival_count++] = n->stay_count;
      n->stays[n->stay_count++] = (node_stay){step->vm, i, BERTH_NONE};
      continue;
    }
    for (uint32_t s = n->stay_count; s-- > 0;) {
      if (n->stays[s].vm != step->vm || n->stays[s].leaves != BERTH_NONE)
        continue;
      n->stays[s].leaves = n->departure_count;
      break;
    }
    n->departures[n->departure_count++] = i;
  }
}

static bool has_ended(const uint64_t *set, uint32_t departure) {
  return (set[departure / 64] >> (departure % 64) & 1) != 0;
}

static void find_ended(node_check *n) {
  for (uint32_t a = 0; a < n->arrival_count; a++) {
    uint64_t *set = n->ended + (size_t)a * n->words;
    memset(set, 0, n->words * sizeof *set);
    check_mark_ancestors(n->c, n->stays[n->arrivals[a]].arrives, 0);
    for (uint32_t d = 0; d < n->departure_count; d++)
      if (check_marked(n->c, n->departures[d]))
        set[d / 64] |= UINT64_C(1) << (d % 64);
  }
}

/* ------------------------------------------------------------------ states */

/* One who left and came back is there once. */
static bool is_counted(const node_check *n, uint32_t at, const uint64_t *ended) {
  for (uint32_t s = 0; s < at; s++)
    if (n->stays[s].vm == n->stays[at].vm &&
        (n->stays[s].leaves == BERTH_NONE || !has_ended(ended, n->stays[s].leaves)))
      return true;
  return false;
}

/* `waits`: of each arrival the departures that it waits for; those that wait for others than have
 * ended are not there. NULL = all up to `last` are. */
static packing_verdict judge_state(node_check *n, const uint64_t *ended, uint32_t last,
                                   const uint64_t *waits) {
  if (!node_packing_open(n->packing, n->c->inventory, n->host))
    return PACKING_OPEN;
  for (uint32_t s = 0, a = 0; s < n->stay_count && s <= last; s++) {
    const node_stay *stay = &n->stays[s];
    bool comes = true;
    if (stay->arrives != BERTH_NONE) {
      for (uint32_t w = 0; w < n->words && waits != NULL; w++)
        comes = comes && (waits[(size_t)a * n->words + w] & ~ended[w]) == 0;
      a++;
    }
    if (!comes || (stay->leaves != BERTH_NONE && has_ended(ended, stay->leaves)) ||
        is_counted(n, s, ended))
      continue;
    if (!node_packing_add(n->packing, n->c->inventory, stay->vm))
      return PACKING_OPEN;
  }
  return node_packing_decide(n->packing);
}

/* The first arrival whose set does not hold, BERTH_NONE if all do. */
static uint32_t first_doubtful(node_check *n) {
  for (uint32_t a = 0; a < n->arrival_count; a++)
    if (judge_state(n, n->ended + (size_t)a * n->words, n->arrivals[a], NULL) != PACKING_HOLDS)
      return a;
  return BERTH_NONE;
}

/* ------------------------------------------------------------------ unions */

typedef struct union_list {
  uint64_t *sets; /* [UNIONS_MOST * words] */
  uint32_t count;
  bool full;
} union_list;

static void add_union(const node_check *n, union_list *list, const uint64_t *set) {
  for (uint32_t u = 0; u < list->count; u++)
    if (memcmp(list->sets + (size_t)u * n->words, set, n->words * sizeof *set) == 0)
      return;
  list->full = list->full || list->count == UNIONS_MOST;
  if (!list->full)
    memcpy(list->sets + (size_t)list->count++ * n->words, set, n->words * sizeof *set);
}

static void list_unions(const node_check *n, union_list *list, uint64_t *joined) {
  for (uint32_t a = 0; a < n->arrival_count && !list->full; a++) {
    const uint64_t *own = n->ended + (size_t)a * n->words;
    for (uint32_t u = 0, before = list->count; u < before && !list->full; u++) {
      for (uint32_t w = 0; w < n->words; w++)
        joined[w] = list->sets[(size_t)u * n->words + w] | own[w];
      add_union(n, list, joined);
    }
    add_union(n, list, own);
  }
}

static packing_verdict judge_unions(node_check *n) {
  union_list list = {.sets = check_take(n->c, (size_t)UNIONS_MOST * n->words, sizeof(uint64_t))};
  uint64_t *joined = check_take(n->c, n->words, sizeof *joined);
  packing_verdict worst = PACKING_HOLDS;
  if (n->c->exhausted)
    return PACKING_OPEN;
  list_unions(n, &list, joined);
  if (list.full)
    worst = PACKING_OPEN;
  for (uint32_t u = 0; u < list.count; u++) {
    packing_verdict verdict =
        judge_state(n, list.sets + (size_t)u * n->words, UINT32_MAX, n->ended);
    if (verdict == PACKING_FAILS)
      return verdict;
    worst = verdict == PACKING_OPEN ? verdict : worst;
  }
  return worst;
}

/* ------------------------------------------------------------------ hosts */

static void say(node_check *n, uint32_t arrival, packing_verdict verdict) {
  uint32_t step = n->stays[n->arrivals[arrival]].arrives;
  if (verdict == PACKING_FAILS)
    check_fault(n->c, BERTH_FAULT_NUMA, step,
                "the VMs that ask for one NUMA node can be more than the nodes of host \"%s\" "
                "hold, with VM \"%s\" arriving by step %u while others are still there",
                check_host_name(n->c, n->host), check_vm_name(n->c, n->c->steps[step].vm),
                step + 1);
  else
    check_fault(n->c, BERTH_FAULT_NUMA, step,
                "whether the NUMA nodes of host \"%s\" hold the VMs that ask for one is undecided "
                "within the checker's limits",
                check_host_name(n->c, n->host));
}

static bool take_host(node_check *n) {
  check *c = n->c;
  uint32_t touches = c->touch_start[n->host + 1] - c->touch_start[n->host];
  uint32_t home = c->inventory->host_vm_start[n->host + 1] - c->inventory->host_vm_start[n->host];
  n->stays = check_take(c, (size_t)touches + home, sizeof *n->stays);
  n->arrivals = check_take(c, touches, sizeof *n->arrivals);
  n->departures = check_take(c, touches, sizeof *n->departures);
  if (c->exhausted)
    return false;
  list_stays(n);
  n->words = n->departure_count / 64 + 1;
  n->ended = check_take(c, (size_t)n->arrival_count * n->words, sizeof *n->ended);
  return !c->exhausted;
}

static bool has_arrival(const check *c, uint32_t host) {
  for (uint32_t t = c->touch_start[host]; t < c->touch_start[host + 1]; t++) {
    const check_step *step = &c->steps[c->touches[t]];
    if (step->to == host && binds(c, step->vm))
      return true;
  }
  return false;
}

void check_nodes(check *c) {
  node_check n = {.c = c};
  uint32_t count;
  if (c->inventory->numa_count == 0)
    return;
  n.packing = check_take(c, 1, sizeof *n.packing);
  for (n.host = 0; n.host < c->inventory->host_count && !c->exhausted && !check_sated(c);
       n.host++) {
    (void)node_packing_nodes(c->inventory, n.host, &count);
    if (count == 0 || !has_arrival(c, n.host) || !take_host(&n))
      continue;
    assert(n.arrival_count > 0);
    find_ended(&n);
    uint32_t doubtful = first_doubtful(&n);
    if (doubtful == BERTH_NONE)
      continue;
    packing_verdict verdict = judge_unions(&n);
    if (verdict != PACKING_HOLDS && !c->exhausted)
      say(&n, doubtful, verdict);
  }
}

/* ------------------------------------------------------------------ the end */

int64_t check_count_unsplit(check *c) {
  int64_t unsplit = 0;
  const berth_inventory *inventory = c->inventory;
  if (inventory->numa_count == 0)
    return 0;
  node_packing *packing = check_take(c, 1, sizeof *packing);
  uint32_t *first = check_take(c, inventory->host_count, sizeof *first);
  uint32_t *next = check_take(c, inventory->vm_count, sizeof *next);
  c->unsplit = check_take(c, inventory->host_count, sizeof *c->unsplit);
  if (c->exhausted)
    return 0;
  memset(first, 0xff, inventory->host_count * sizeof *first);
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++) {
    if (c->vm_end[vm] == BERTH_NONE || !binds(c, vm))
      continue;
    next[vm] = first[c->vm_end[vm]];
    first[c->vm_end[vm]] = vm;
  }
  for (uint32_t host = 0; host < inventory->host_count; host++) {
    bool whole = first[host] == BERTH_NONE || node_packing_open(packing, inventory, host);
    if (first[host] == BERTH_NONE)
      continue;
    for (uint32_t vm = first[host]; whole && vm != BERTH_NONE; vm = next[vm])
      whole = node_packing_add(packing, inventory, vm);
    packing_verdict verdict = whole ? node_packing_decide(packing) : PACKING_OPEN;
    c->unsplit[host] = verdict == PACKING_FAILS;
    unsplit += c->unsplit[host];
    if (verdict == PACKING_OPEN)
      check_fault(
          c, BERTH_FAULT_NUMA, BERTH_NONE,
          "whether the NUMA nodes of host \"%s\" hold, at the end, the VMs that ask for one "
          "is undecided within the checker's limits",
          check_host_name(c, host));
  }
  return unsplit;
}
