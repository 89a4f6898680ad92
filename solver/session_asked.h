/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_asked.h
 * One VM against one host: may it arrive there (docs/model.md §2, §3), with nothing else moved?
 */
#ifndef BERTH_SOLVER_SESSION_ASKED_H
#define BERTH_SOLVER_SESSION_ASKED_H

#include "session_state.h"

/** A VM that looks for a host. */
typedef struct asked_vm {
  const berth_view *view;
  uint32_t vm;
  const vm_traits *traits;
  const int64_t *demand;
  uint32_t runs_at;   /* BERTH_NONE = it does not run */
  bool pinned;        /* it runs and does not move */
  bool displaced;     /* dedicated hosts are open to it */
  const char *vendor; /* of the CPU it runs on, or NULL */
} asked_vm;

asked_vm asked_vm_of(const berth_view *view, uint32_t vm);

/** Whether @p host, which is in one of the orders of the VM's cluster, can take it. */
bool asked_fits(const asked_vm *asked, uint32_t host);

/** Should rules of the VM that are broken with it at @p host. */
uint32_t asked_broken(const asked_vm *asked, uint32_t host);
/** No host breaks fewer. */
uint32_t asked_least_broken(const asked_vm *asked);

/** The first reason why @p host cannot take the VM; false = it can. */
bool asked_obstacle(const asked_vm *asked, uint32_t host, berth_plan_ledger_entry *entry);

#endif
