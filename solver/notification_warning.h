/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file notification_warning.h
 * Which VMs a plan would strip of their migration notification.
 */
#ifndef BERTH_SOLVER_NOTIFICATION_WARNING_H
#define BERTH_SOLVER_NOTIFICATION_WARNING_H

#include <berth/plan.h>

/** Warns of VMs that end on hosts which do not tell guests of migrations. Once for the whole plan.
 *  @return BERTH_OK, BERTH_E_NOMEM. */
berth_status notification_warning_add(berth_context *ctx, berth_plan *plan);

#endif
