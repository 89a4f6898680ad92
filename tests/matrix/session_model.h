/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_model.h
 * What a session should hold, as plain arrays that can be copied, and the inventory that this is:
 * built from nothing, so that nothing of it can have been kept up wrongly.
 */
#ifndef BERTH_TESTS_SESSION_MODEL_H
#define BERTH_TESTS_SESSION_MODEL_H

#include <berth/session.h>

enum { MODEL_HOSTS = 14, MODEL_VMS = 48, MODEL_RULES = 40, MODEL_ID = 16 };

typedef struct model_host {
  char id[MODEL_ID];
  uint32_t cluster;
  uint32_t root; /* host of the inventory that it is like; itself: none */
  uint32_t like; /* the host that it was added like */
  berth_host_state state;
} model_host;

typedef struct model_vm {
  bool exists, added;
  char id[MODEL_ID];
  uint32_t cluster;
  uint32_t root;      /* VM of the inventory that it is like, or BERTH_NONE */
  berth_vm_spec spec; /* but for id, name, host, power */
  berth_power power;
  uint32_t host;
  bool in_rule[MODEL_RULES]; /* of the session */
} model_vm;

typedef struct model_rule {
  bool exists;
  uint64_t age;
  uint32_t base; /* rule of the inventory, or BERTH_NONE */
  char id[MODEL_ID];
  uint32_t cluster;
  berth_rule_spec spec; /* but for id and lists; of the session's */
  bool host[MODEL_HOSTS];
} model_rule;

typedef struct session_model {
  const berth_inventory *base;               /* borrowed */
  uint32_t host_count, vm_count, rule_count; /* numbers given out */
  uint64_t next_age;
  model_host hosts[MODEL_HOSTS];
  model_vm vms[MODEL_VMS];
  model_rule rules[MODEL_RULES];
} session_model;

/** The state at the opening. False: larger than the arrays above. */
bool model_open(session_model *model, const berth_inventory *base);

/** A random inventory with groups, odd names, dropped rules and all that random_cluster() has.
 *  NULL: the draw made none. */
const berth_inventory *model_draw_base(berth_context *ctx, uint64_t seed);

/** An added VM like @p like (or BERTH_NONE), with number @p vm. */
void model_add_vm(session_model *model, uint32_t vm, uint32_t cluster, const berth_vm_spec *spec,
                  uint32_t host, uint32_t like);
/** A host like @p like with the next number. */
void model_add_host(session_model *model, uint32_t like, const char *id);
/** Enters the members and hosts that the lists of @p spec name. False: a word names nothing. */
bool model_add_rule(session_model *model, uint32_t rule, uint32_t cluster,
                    const berth_rule_spec *spec);

/** The inventory that the model is, and the number of each object of it. */
typedef struct model_inventory { /* rules without a VM have no index */
  berth_inventory *inventory;    /* a reference */
  uint32_t host_number[MODEL_HOSTS], vm_number[MODEL_VMS], rule_number[MODEL_RULES];
  uint32_t host_index[MODEL_HOSTS], vm_index[MODEL_VMS], rule_index[MODEL_RULES];
} model_inventory;

void model_freeze(const session_model *model, berth_context *ctx, model_inventory *out);

#endif
