/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file thaw.h
 * From a frozen inventory back to a builder, for scenarios that change more than states.
 */
#ifndef BERTH_MODEL_THAW_H
#define BERTH_MODEL_THAW_H

#include "builder_internal.h"

/**
 * A builder that freezes to what @p inventory is. Clusters, hosts, VMs and groups keep their
 * indices; rules that a scenario dropped are left out. The problems of @p ctx stay.
 * @param[out] out owned by the caller; berth_builder_free().
 */
berth_status thaw_inventory(berth_context *ctx, const berth_inventory *inventory,
                            berth_builder **out);

/** Whether a scenario dropped the rule (freezing names the rule that a disabled one contradicts).
 */
bool thaw_is_dropped(const berth_inventory *inventory, uint32_t rule);

/** Gives @p builder the inventory's name, and the names of its resources, datastores and networks in
 *  their order. @return BERTH_OK or BERTH_E_NOMEM. */
berth_status thaw_names(berth_builder *builder, const berth_inventory *inventory);

/** The spec of a host or VM. Strings are borrowed from the inventory. */
berth_host_spec thaw_host_spec(const berth_inventory *inventory, uint32_t host);
berth_vm_spec thaw_vm_spec(const berth_inventory *inventory, uint32_t vm);

/** Gives builder host @p target (or VM) the named resources, datastores, networks and NUMA nodes of
 *  host @p host (or VM) of the inventory. @return BERTH_OK or BERTH_E_NOMEM. */
berth_status thaw_host_details(berth_builder *builder, const berth_inventory *inventory,
                               uint32_t host, uint32_t target);
berth_status thaw_vm_details(berth_builder *builder, const berth_inventory *inventory, uint32_t vm,
                             uint32_t target);

#endif
