/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_blocks.h
 * The blocks of a session's state: making, sharing, copying before writing, giving back.
 *
 * `own_*` functions leave in a view a block that nobody else holds, or return NULL: out of memory,
 * and the view is as it was.
 */
#ifndef BERTH_SOLVER_SESSION_BLOCKS_H
#define BERTH_SOLVER_SESSION_BLOCKS_H

#include "session_state.h"

/** Zeroed memory of the ground's allocator; NULL: none left. */
void *ground_take(const session_ground *ground, size_t bytes);
void ground_release(const session_ground *ground, void *memory);
/** A longer array in place of @p *array, which has @p used entries of @p size bytes; new ones are
 * zero. False: out of memory. */
bool ground_widen(const session_ground *ground, void *array, uint32_t used, uint32_t room,
                  size_t size);

host_block *own_host_block(berth_view *view, uint32_t host);
vm_block *own_vm_block(berth_view *view, uint32_t vm);
rule_block *own_rule_block(berth_view *view, uint32_t rule);
/** The list of @p host, whose block is owned, with room for one more VM. */
vm_list *own_vm_list(berth_view *view, uint32_t host);
/** The order @p which of @p cluster: its directory, not its leaves. It has room for
 *  LEAVES_A_CHANGE more. */
host_order *own_order(berth_view *view, uint32_t cluster, uint32_t which);

void drop_vm_record(const session_ground *ground, vm_record *record);
void drop_vm_traits(const session_ground *ground, vm_traits *traits);
void drop_admission_set(const session_ground *ground, admission_set *set);
void drop_rule_text(const session_ground *ground, rule_text *rule);
void drop_rule_tally(const session_ground *ground, rule_tally *tally);
void drop_ground(session_ground *ground);

/** A view of the same state, with one reference; NULL: out of memory. */
berth_view *view_share(const berth_view *view);
/** Gives back what @p view holds, not itself. */
void view_clear(berth_view *view);

#endif
