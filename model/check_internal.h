/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file check_internal.h
 * What the parts of the checker share. A check walks through phases (verify.c lists them); each
 * phase is one file and leaves its findings here and its faults in the report. Nothing of the plan
 * is believed: the first phase copies what is usable of each step, later ones read that copy only.
 *
 * Out of memory sets `exhausted`; every phase may be left at once then.
 */
#ifndef BERTH_MODEL_CHECK_INTERNAL_H
#define BERTH_MODEL_CHECK_INTERNAL_H

#include "arena.h"
#include "check_flow.h"
#include "frozen.h"
#include <berth/verify.h>

/** What a VM is at the start (docs/model.md §1). */
typedef enum vm_part {
  VM_ABSENT = 0, /* takes no part */
  VM_RUNNING,
  VM_DISPLACED,
  VM_DISABLED, /* displaced, and not to be restarted */
  VM_WAITING
} vm_part;

/** The usable part of a step. One that is not sound has no VM and no hosts: it only orders others.
 */
typedef struct check_step {
  berth_step_type type;
  bool sound;
  uint32_t vm, from, to, host;   /* BERTH_NONE as in berth_plan_step; all in range otherwise */
  uint32_t next;                 /* next step of the same VM, or BERTH_NONE */
  int64_t wait, seconds, settle; /* as the model computes them */
} check_step;

/** "waits for": the step that has to end (and, if `settled`, whose VM has to settle) before. */
typedef struct check_edge {
  uint32_t step;
  bool settled;
} check_edge;

/** The order of the steps: edges as CSR, step i waits for edges [start[i], start[i + 1]). */
typedef struct check_graph {
  bool acyclic;
  uint32_t *start;
  check_edge *edges;
  uint32_t *order;                  /* step indices, each after those it waits for (if acyclic) */
  uint32_t *position;               /* inverse of order */
  uint32_t *mark;                   /* == epoch: seen by the last search */
  uint32_t *stack, *cursor;         /* of searches */
  uint32_t *tree_first, *tree_size; /* preorder numbers of the forest (check_forest.c) */
  uint32_t epoch;
} check_graph;

/** Windows as recomputed, one entry a step. */
typedef struct check_times {
  berth_window *start, *end;
  int64_t *expected_end;
  berth_plan_makespan makespan;
} check_times;

/** A step that weighs in a network (check_network.c). */
typedef struct check_member {
  uint32_t step;
  int64_t gain; /* when it has started */
  int64_t cost; /* what its end takes away again */
  bool chosen;  /* result: in the heaviest set */
  bool forced;  /* result: has ended before a chosen one could start */
} check_member;

/** Buffers of the networks; they only grow. */
typedef struct check_network {
  flow_network flow;
  uint32_t *nodes, *local, *member_of; /* nodes of the network; [step] -> node, member */
  bool *relevant;                      /* [step], during a search */
  uint64_t *tree_order;                /* members by their number in the forest */
} check_network;

typedef struct check {
  berth_context *ctx;
  const berth_plan *plan;
  berth_plan *unsettled; /* the same, if its certificates may be changed, else NULL */
  const berth_inventory *inventory;
  berth_goal goal;
  berth_report *report;
  arena memory;
  bool exhausted;

  uint8_t *vm_part;                      /* [vm] */
  uint32_t *vm_first;                    /* [vm] first step of the VM, or BERTH_NONE */
  uint32_t *vm_end;                      /* [vm] host at the end, BERTH_NONE = runs nowhere */
  int64_t *use_start, *use_end;          /* [host * resource_count + resource] */
  uint32_t *running_start, *running_end; /* [host] number of VMs */

  bool *serving;     /* [host] at the end (§7) */
  bool ladder_holds; /* the plan's levels are those of its goal, in their order */
  bool *lost;        /* [cluster] its end state does not survive the failures asked for (§8) */
  bool *unsplit; /* [host] its nodes do not hold, at the end, who asks for one; NULL = no nodes */

  uint32_t step_count;
  check_step *steps;
  check_graph graph;
  uint32_t *touch_start, *touches; /* CSR: steps with the host as `from` or `to`, ascending */
  check_times times;
  check_network network;
  check_member *members; /* scratch, at least step_count */

  uint64_t *tally_epoch; /* [domain] == epoch: counted by the last tally (check_rules.c) */
  uint32_t *tally;
  uint32_t domain_room; /* length of both */
  uint64_t epoch;
} check;

/* ------------------------------------------------------------------ verify.c */

/** Records a fault. @p step is a step index, or BERTH_NONE. */
void check_fault(check *c, berth_fault_kind kind, uint32_t step, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/** True once faults go uncounted: searching on for more of them would only cost time. */
bool check_sated(const check *c);
/** Zeroed memory until the end of the check, or NULL with `exhausted` set. */
void *check_take(check *c, size_t count, size_t size);
/** Records the value of a level. */
void check_value(check *c, berth_level level, int64_t value);
/** Records what stands behind the bound of a level. */
void check_proof(check *c, berth_level level, berth_proof proof);

/* ------------------------------------------------------------------ small questions */

static inline const char *check_vm_name(const check *c, uint32_t vm) {
  return berth_inventory_vm_label(c->inventory, vm);
}

static inline const char *check_host_name(const check *c, uint32_t host) {
  return berth_inventory_host_label(c->inventory, host);
}

/** Host that @p vm runs on at the start, or BERTH_NONE. */
static inline uint32_t check_vm_begin(const check *c, uint32_t vm) {
  return c->vm_part[vm] == VM_RUNNING ? c->inventory->vm_host[vm] : BERTH_NONE;
}

static inline bool check_leaving(const check *c, uint32_t host) {
  return c->inventory->host_state[host] == BERTH_HOST_MAINTENANCE ||
         c->inventory->host_state[host] == BERTH_HOST_ENTERING_MAINTENANCE;
}

static inline bool check_dedicated(const check *c, uint32_t host) {
  const frozen_cluster *cluster = &c->inventory->clusters[c->inventory->host_cluster[host]];
  return c->inventory->host_dedicated[host] &&
         cluster->set_up.admission == BERTH_ADMISSION_DEDICATED;
}

/** What @p host counts with on the level hosts.on. */
static inline int64_t check_host_weight(const check *c, uint32_t host) {
  int64_t watts = c->inventory->host_power_watts[host];
  if (berth_plan_get_settings(c->plan)->weigh == BERTH_WEIGH_HOSTS)
    return 1;
  return watts == BERTH_UNSET ? 0 : watts;
}

static inline bool check_is_start(berth_step_type type) {
  return type == BERTH_STEP_RESTART || type == BERTH_STEP_POWER_ON;
}

/** Sum of two numbers ≥ 0, INT64_MAX if it is larger. */
static inline int64_t check_sum(int64_t a, int64_t b) {
  int64_t sum;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

/* ------------------------------------------------------------------ phases, in their order */

void check_state(check *c);        /* check_state.c */
void check_steps(check *c);        /* check_steps.c */
void check_precedence(check *c);   /* check_precedence.c */
void check_forest(check *c);       /* check_forest.c */
void check_chains(check *c);       /* check_chains.c */
void check_touches(check *c);      /* check_chains.c */
void check_durations(check *c);    /* check_time.c */
void check_arrivals(check *c);     /* check_arrivals.c */
void check_hosts(check *c);        /* check_hosts.c */
void check_listing(check *c);      /* check_listing.c */
void check_approvals(check *c);    /* check_listing.c */
void check_moments(check *c);      /* check_moments.c */
void check_domains(check *c);      /* check_domains.c */
void check_nodes(check *c);        /* check_nodes.c */
void check_concurrency(check *c);  /* check_concurrency.c */
void check_quiesce(check *c);      /* check_quiesce.c */
void check_restarts(check *c);     /* check_restarts.c */
void check_windows(check *c);      /* check_time.c */
void check_survival(check *c);     /* check_survival.c */
void check_levels(check *c);       /* check_levels.c */
void check_claims(check *c);       /* check_claims.c */
void check_certificates(check *c); /* check_certificate.c */
void check_shortages(check *c);    /* check_shortage.c */
void check_deadline(check *c);     /* check_deadline.c */

/* ------------------------------------------------------------------ check_arrivals.c */

/** How a VM would come to a host. */
typedef enum check_arrival {
  ARRIVAL_PLANNED = 0, /**< in the plan: by migration where it runs, else by its start */
  ARRIVAL_RESTART      /**< after a failure that the plan has to survive */
} check_arrival;

/** Whether @p vm may arrive at @p host (docs/model.md §2), capacity and VM-VM rules aside. */
bool check_may_arrive(const check *c, uint32_t vm, uint32_t host, check_arrival how);

/* ------------------------------------------------------------------ check_kinds.c */

/** Whether a plan may have VMs on @p host that were not there: it is on, or may be woken. */
bool check_can_serve(const check *c, uint32_t host);

/* ------------------------------------------------------------------ check_load.c */

/** The values of overload and stranded. */
void check_loads(check *c, int64_t *overload, int64_t *stranded);

/* ------------------------------------------------------------------ check_nodes.c */

/** Hosts whose nodes do not hold, at the end, those who ask for one; `unsplit` says which. */
int64_t check_count_unsplit(check *c);

/* ------------------------------------------------------------------ check_precedence.c */

/** Forgets all marks. */
void check_new_search(check *c);
/** Marks every step that has to end before @p step, as far as its position is ≥ @p floor. */
void check_mark_ancestors(check *c, uint32_t step, uint32_t floor);
/** True if the last search marked @p step. */
bool check_marked(const check *c, uint32_t step);
/** True if @p late cannot start before @p early has ended. */
bool check_precedes(check *c, uint32_t early, uint32_t late);

/* ------------------------------------------------------------------ check_forest.c */

/** True if @p early is above @p late in the forest: then it precedes it. */
bool check_above(const check *c, uint32_t early, uint32_t late);

/* ------------------------------------------------------------------ check_network.c */

/** The number of members that can be under way at once: check_heaviest() with all gains and
 * costs 1. Those of one largest set end up `chosen` and not `forced`, if there are more than @p
 * room. */
int64_t check_most_at_once(check *c, check_member *members, uint32_t count, bool settled,
                           int64_t room);
/**
 * The largest weight that the members can have at one moment of any execution: gains of those that
 * have started less the costs of those that must have ended by then.
 * @param settled an edge counts against a member that has to settle only if it waits for that.
 * @param room when the answer is ≤ room, any number from the answer to room may be returned.
 */
int64_t check_heaviest(check *c, check_member *members, uint32_t count, bool settled, int64_t room);

/* ------------------------------------------------------------------ check_rules.c */

/** Domain of @p host for rules over @p over. */
uint32_t check_domain_of(const check *c, berth_domain over, uint32_t host);
/** Counts the members of @p rule that run in each domain at the start (or the end) of the plan.
 *  @param[out] most the largest count; may be NULL. @return number of domains with a member. */
uint32_t check_tally(check *c, const frozen_rule *rule, bool at_end, uint32_t *most);
/** Count of @p domain in the last tally. */
uint32_t check_tallied(const check *c, uint32_t domain);
/** True if @p rule is broken at the end. */
bool check_rule_broken(check *c, const frozen_rule *rule);
/** True if @p host is among the hosts of @p rule. */
bool check_rule_lists_host(const frozen_rule *rule, uint32_t host);

#endif
