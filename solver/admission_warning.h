/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file admission_warning.h
 * Where admission control, as it is set up, stands against what a plan does.
 */
#ifndef BERTH_SOLVER_ADMISSION_WARNING_H
#define BERTH_SOLVER_ADMISSION_WARNING_H

#include <berth/plan.h>

/** Warns if the policy of a cluster is not kept while hosts are in maintenance: vSphere may then
 *  leave them with their VMs. Says by how much. @return BERTH_OK, BERTH_E_NOMEM. */
berth_status admission_warning_add(berth_context *ctx, berth_plan *plan);

#endif
