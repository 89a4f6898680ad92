/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file check_kinds.h
 * VMs and hosts by kind: which kinds of host may take a kind of VM (docs/model.md §2) is asked once
 * for each pair of kinds, not for each pair of a VM and a host. And the demand rows of VMs by
 * number.
 */
#ifndef BERTH_MODEL_CHECK_KINDS_H
#define BERTH_MODEL_CHECK_KINDS_H

#include "check_intern.h"

typedef struct check_kinds {
  check_arrival how;
  uint32_t *vm_kind;      /* [vm] */
  uint32_t *host_kind;    /* [host]; BERTH_NONE = no VM arrives there */
  uint32_t *vm_sample;    /* [kind] one of it */
  uint32_t *host_sample;  /* [kind] */
  uint32_t *host_cluster; /* [kind] */
  uint32_t vm_kinds, host_kinds;
  uint8_t *answers; /* [vm kind * host_kinds + host kind]: 0 = not asked, 1 = no, 2 = yes */
} check_kinds;

/** Finds the kinds. False: out of memory, or more pairs than the checker answers for. */
bool check_find_kinds(check *c, check_kinds *kinds, check_arrival how);
/** Whether VMs of the kind may arrive at hosts of the kind, which may be BERTH_NONE. */
bool check_kind_admits(const check *c, check_kinds *kinds, uint32_t vm_kind, uint32_t host_kind);

#endif
