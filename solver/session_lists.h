/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_lists.h
 * Groups and rules of a view, written for a builder.
 */
#ifndef BERTH_SOLVER_SESSION_LISTS_H
#define BERTH_SOLVER_SESSION_LISTS_H

#include "builder_internal.h"
#include "session_state.h"

/** Gives @p builder, which has the clusters, the view's groups and rules.
 *  @param rules [rule_count of the view] gets the builder index of each, BERTH_NONE = none:
 * dropped, or without a VM left.
 *  @param memory scratch. @return BERTH_OK, BERTH_E_NOMEM. */
berth_status session_lists_write(berth_builder *builder, const berth_view *view, uint32_t *rules,
                                 arena *memory);

#endif
