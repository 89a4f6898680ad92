/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file opennebula_action.h
 * The action of OpenNebula's scheduler as it was read, beside the inventory made of it.
 */
#ifndef BERTH_IO_OPENNEBULA_ACTION_H
#define BERTH_IO_OPENNEBULA_ACTION_H

#include "opennebula_reader.h"
#include <berth/opennebula.h>

struct berth_opennebula_action {
  berth_context *ctx; /* the reader's memory is its */
  berth_opennebula_task task;
  opennebula_reader *reader;
  const berth_inventory *inventory; /* NULL = no hosts */
  const char *cluster;              /* in the reader's memory; NULL = none */
  berth_opennebula_settings settings;
};

/** A datastore or network that was chosen for a VM. */
typedef struct opennebula_choice {
  const char *datastore;
  uint32_t network_count;
  const char **nics, **networks; /* [network_count] ids */
} opennebula_choice;

/** What earlier choices took. */
typedef struct opennebula_chooser {
  const opennebula_store *store;
  arena *memory;
  chunked_list taken; /* of what earlier VMs took */
} opennebula_chooser;

/* opennebula_choice.c */
void opennebula_chooser_init(opennebula_chooser *chooser, berth_context *ctx,
                             const opennebula_store *store, arena *memory);
void opennebula_chooser_free(opennebula_chooser *chooser);
/** Datastore and networks of VM @p vm at @p host. NULL in *why = chosen; else why there is none.
 *  False: out of memory. */
bool opennebula_choose(opennebula_chooser *chooser, const char *vm, const char *host,
                       opennebula_choice *choice, const char **why);

/* opennebula_limit.c */
/** Chooses steps of @p plan, migrations, closed under precedence, at most @p most: those that are
 *  best for the ladder. @param[out] chosen [step count of the plan]. */
berth_status opennebula_choose_steps(berth_context *ctx, const berth_plan *plan, uint32_t most,
                                     bool *chosen);

#endif
