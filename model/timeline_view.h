/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file timeline_view.h
 * A moment of a timeline as an inventory, for berth_solve() to answer from there: where VMs run,
 * which of them ask for a restart, which hosts may take them and what else may be done for it.
 */
#ifndef BERTH_MODEL_TIMELINE_VIEW_H
#define BERTH_MODEL_TIMELINE_VIEW_H

#include "frozen.h"

/** What a VM is in the view. */
typedef enum view_vm {
  VIEW_VM_ABSENT = 0, /* off: takes nothing and asks for nothing */
  VIEW_VM_RUNS,       /* on its host */
  VIEW_VM_ASKS        /* down: asks for a restart */
} view_vm;

typedef struct timeline_view {
  uint32_t cluster;        /* VMs of others are absent */
  const uint8_t *vm;       /* [vm] view_vm */
  const uint32_t *vm_host; /* [vm] BERTH_NONE = none */
  const uint8_t *host;     /* [host] berth_host_state */
  const uint8_t *no_wake;  /* [host] is not to be woken now */
  const uint8_t *pinned;   /* [vm] is not to be migrated now */
  bool wakes, moves;       /* may hosts be woken, VMs be migrated */
  bool all_rules;          /* every rule holds, not only what HA itself respects */
} timeline_view;

/**
 * The view of @p base. Hosts, VMs and groups keep their indices, rules do not. Restart order and
 * the limit on restarts at once are left out: who asks keeps to them itself.
 * @param[out] out owned by the caller; berth_inventory_release(). @return BERTH_OK, BERTH_E_NOMEM.
 */
berth_status timeline_view_build(berth_context *ctx, const berth_inventory *base,
                                 const timeline_view *view, const berth_inventory **out);

/** Whether HA respects @p rule of a cluster when it restarts VMs. */
bool timeline_rule_holds(const berth_inventory *inventory, const frozen_rule *rule);

/** The class in which a VM restarts: 0 first. Eras before 6.5 know three. */
berth_priority timeline_class(const berth_inventory *inventory, uint32_t vm);

#endif
