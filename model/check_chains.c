/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of each VM as one chain (docs/model.md §4), and what follows from the chains: where
 * every VM is at the end, what it takes there, and which steps touch a host.
 */
#include "check_internal.h"
#include <assert.h>

static void check_source(check *c, uint32_t i, uint32_t expected) {
  const check_step *step = &c->steps[i];
  if (step->type != BERTH_STEP_MIGRATE || step->from == expected || expected == BERTH_NONE)
    return;
  check_fault(c, BERTH_FAULT_VM_CHAIN, i,
              "step %u migrates VM \"%s\" from host \"%s\"; it is on host \"%s\" then", i + 1,
              check_vm_name(c, step->vm), check_host_name(c, step->from),
              check_host_name(c, expected));
}

/* Joins step i to the one before it of the same VM. */
static void check_join(check *c, uint32_t last, uint32_t i) {
  const check_step *step = &c->steps[i];
  const char *name = check_vm_name(c, step->vm);
  assert(last != i && c->steps[last].vm == step->vm);
  if (check_is_start(c->steps[last].type) || check_is_start(step->type))
    check_fault(c, BERTH_FAULT_VM_CHAIN, i,
                "step %u is a further step for VM \"%s\" beside its start; there is one only",
                i + 1, name);
  else if (c->graph.acyclic && !check_precedes(c, last, i))
    check_fault(c, BERTH_FAULT_VM_CHAIN, i,
                "step %u does not wait for step %u, the migration of VM \"%s\" before it", i + 1,
                last + 1, name);
}

static void move_use(check *c, uint32_t vm, uint32_t begin) {
  uint32_t resources = c->inventory->resource_count, end = c->vm_end[vm];
  const int64_t *demand = &c->inventory->vm_demand[(size_t)vm * resources];
  if (begin == end)
    return;
  for (uint32_t r = 0; r < resources; r++) {
    if (begin != BERTH_NONE)
      c->use_end[(size_t)begin * resources + r] -= demand[r];
    assert(begin == BERTH_NONE || c->use_end[(size_t)begin * resources + r] >= 0);
    if (end != BERTH_NONE)
      c->use_end[(size_t)end * resources + r] += demand[r];
  }
  if (begin != BERTH_NONE) {
    assert(c->running_end[begin] > 0);
    c->running_end[begin]--;
  }
  if (end != BERTH_NONE)
    c->running_end[end]++;
}

void check_chains(check *c) {
  uint32_t *last = check_take(c, c->inventory->vm_count, sizeof *last);
  if (c->exhausted)
    return;
  for (uint32_t k = 0; k < c->step_count; k++) {
    uint32_t i = c->graph.order[k], vm = c->steps[i].vm;
    if (vm == BERTH_NONE)
      continue;
    check_source(c, i, c->vm_end[vm]);
    if (c->vm_first[vm] == BERTH_NONE) {
      c->vm_first[vm] = i;
    } else {
      check_join(c, last[vm], i);
      c->steps[last[vm]].next = i;
    }
    last[vm] = i;
    c->vm_end[vm] = c->steps[i].to;
  }
  for (uint32_t i = 0; i < c->step_count; i++) {
    uint32_t vm = c->steps[i].vm;
    if (vm != BERTH_NONE && c->vm_first[vm] == i)
      move_use(c, vm, check_vm_begin(c, vm));
  }
}

/* Counts (with touches NULL) or enters the hosts of a step. */
static void touch(check *c, uint32_t host, uint32_t i) {
  if (host == BERTH_NONE)
    return;
  assert(host < c->inventory->host_count);
  if (c->touches == NULL)
    c->touch_start[host + 1]++;
  else
    c->touches[c->touch_start[host]++] = i;
}

static void touch_all(check *c) {
  for (uint32_t i = 0; i < c->step_count; i++) {
    touch(c, c->steps[i].from, i);
    touch(c, c->steps[i].to, i);
  }
}

void check_touches(check *c) {
  uint32_t hosts = c->inventory->host_count;
  c->touch_start = check_take(c, (size_t)hosts + 1, sizeof *c->touch_start);
  if (c->exhausted)
    return;
  touch_all(c);
  for (uint32_t host = 0; host < hosts; host++)
    c->touch_start[host + 1] += c->touch_start[host];
  c->touches = check_take(c, 2 * (size_t)c->step_count, sizeof *c->touches);
  if (c->exhausted)
    return;
  touch_all(c);
  for (uint32_t host = hosts; host > 0; host--) /* filling moved every start to the next */
    c->touch_start[host] = c->touch_start[host - 1];
  c->touch_start[0] = 0;
  assert(c->touch_start[hosts] <= 2 * (uint64_t)c->step_count);
}
