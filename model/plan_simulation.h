/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file plan_simulation.h
 * What the parts of the simulator share. Whatever may run out is a counter: what a host has
 * taken of a resource, members of a rule in a domain, migrations in flight, members disturbed. A
 * step adds to counters when it starts and takes away when it ends; each addition is compared with
 * its limit. plan_simulation_steps.c and plan_simulation_counters.c make them out of docs/model.md,
 * plan_simulation_run.c carries them out, plan_simulation.c draws and sums up.
 */
#ifndef BERTH_MODEL_PLAN_SIMULATION_H
#define BERTH_MODEL_PLAN_SIMULATION_H

#include "arena.h"
#include "frozen.h"
#include <berth/simulation.h>

/** What a counter counts. The two numbers that go with it are in the comments. */
typedef enum counter_kind {
  COUNTER_USE = 0,     /**< host, resource: demands charged there */
  COUNTER_DOMAIN,      /**< rule, domain: members present */
  COUNTER_HOST_MOVES,  /**< host: migrations in flight that touch it */
  COUNTER_STORE_MOVES, /**< datastore, cluster: migrations in flight of VMs that need it */
  COUNTER_HOST_STARTS, /**< host: restarts and power-ons in flight */
  COUNTER_DISTURBED,   /**< rule: members of a quiesce group that migrate or settle */
  COUNTER_UNREADY,     /**< rule: VMs to be waited for whose start has not ended */
  COUNTER_ASLEEP,      /**< host: 1 while it is not on */
  COUNTER_FORBIDDEN,   /**< rule: always 1, for steps that a VM-host must rule forbids */
  COUNTER_KINDS
} counter_kind;

typedef struct simulation_counter {
  counter_kind kind;
  uint32_t of, in; /* the two numbers */
  int64_t initial, limit;
} simulation_counter;

/** An addition at a start; refused where the counter then exceeds the limit. */
typedef struct simulation_charge {
  uint32_t counter;
  int64_t amount, limit; /* limit: BERTH_UNSET until loaded = the counter's */
} simulation_charge;

/** "waits for", seen from the earlier step. */
typedef struct simulation_edge {
  uint32_t step;
  bool settled;
} simulation_edge;

typedef struct simulation_step {
  berth_step_type type;
  uint32_t vm, slot; /* slot: of the VM's state; BERTH_NONE for host steps */
  uint32_t from, to, host;
  int64_t wait, seconds, settle;
  int64_t expected;              /* seconds after which the guest is expected to acknowledge */
  uint32_t waits;                /* edges that lead here */
  uint32_t first_ack, ack_count; /* in `acks`: given by events */
  uint32_t draw;                 /* which of the drawn migrations; BERTH_NONE = none of them */
  berth_window start, end;       /* as the plan states them */
} simulation_step;

/** An `ack` event. */
typedef struct simulation_ack {
  uint32_t vm;
  int64_t from, after;
} simulation_ack;

/** An event that is due. */
typedef struct simulation_event {
  int64_t at;
  uint32_t step;
  uint8_t what; /* plan_simulation_run.c */
} simulation_event;

/** The state of a VM that has steps. */
typedef struct simulation_guest {
  uint32_t host;      /* where it runs, BERTH_NONE = nowhere */
  uint32_t disturbed; /* migrations of it that are in flight or settling */
  bool moving;
} simulation_guest;

/** A VM bound to one NUMA node that is, or may come to be, at a host with nodes. */
typedef struct simulation_resident {
  uint32_t vm, next; /* next of the same host, BERTH_NONE = none */
  uint32_t initial, charged;
} simulation_resident;

/** Nothing where no such VM arrives at such a host. */
typedef struct simulation_nodes {
  uint32_t *first; /* [host] */
  simulation_resident *residents;
  uint32_t resident_count;
  struct node_packing *packing;
} simulation_nodes;

/** The numbers of one run that are drawn or fixed beforehand. */
typedef struct simulation_course {
  int64_t run;
  berth_draw draw;
  int64_t delay;
  uint64_t random;
  uint64_t extremes; /* bit i: the i-th drawn migration waits to the end */
  bool enumerated;   /* `extremes` counts through all combinations */
} simulation_course;

struct berth_simulation {
  berth_context *ctx;               /* during the call only */
  const berth_inventory *inventory; /* likewise */
  arena memory;
  berth_simulation_options options; /* as asked; `scenario` NULL */

  uint32_t step_count, counter_count, guest_count, ack_count;
  simulation_step *steps;
  simulation_counter *counters;
  uint32_t *charge_start, *release_start, *quiesce_start, *next_start; /* CSR by step */
  simulation_charge *charges;                                          /* added at the start */
  simulation_charge *releases; /* taken away at the end; limits say nothing */
  simulation_charge *quiesces; /* added when the VM is first disturbed, taken away when settled */
  simulation_edge *next;
  uint32_t *guest_home; /* [slot] host at the start */
  simulation_ack *acks; /* by VM, each VM's as given */
  simulation_nodes nodes;
  uint32_t drawn; /* notified migrations without acknowledgement given for all times */

  /* the run in hand */
  int64_t *value; /* [counter] */
  uint32_t *open; /* [step] edges still to come */
  simulation_guest *guests;
  simulation_event *queue; /* binary heap, earliest first */
  uint32_t queue_length;
  berth_simulated_step *now; /* [step] */
  int64_t makespan;
  uint64_t run_breaches;

  /* of all runs */
  int64_t run_count, shown;
  int64_t *makespans;         /* [run], ascending in the end */
  berth_simulated_step *kept; /* [step] of the run shown */
  int64_t kept_makespan;
  uint64_t breach_count;
  berth_breach *breaches;
  uint32_t breach_kept;
  bool exhausted; /* out of memory */
};

enum { SIMULATION_BREACHES_MAX = 64 };

/** Steps, their order and their VMs. @return BERTH_OK, BERTH_E_INVALID, BERTH_E_NOMEM. */
berth_status simulation_load_steps(berth_simulation *s, const berth_plan *plan);

/** Counters, and what each step adds and takes away. @return BERTH_OK, BERTH_E_NOMEM. */
berth_status simulation_load_counters(berth_simulation *s);

/** Who is bound to NUMA nodes. false = no memory. */
bool simulation_load_nodes(berth_simulation *s);

/** As at the start. */
void simulation_reset_nodes(berth_simulation *s);

/** Charges the VM of a step that starts at its node. false = the nodes of the host do not hold all
 *  that are bound to one there. */
bool simulation_nodes_hold(berth_simulation *s, uint32_t step);

/** Takes the VM of a step that ends off the host it comes from. */
void simulation_leave_node(berth_simulation *s, uint32_t step);

/** Whether @p vm runs at the start (docs/model.md §1). */
bool simulation_runs(const berth_inventory *inventory, uint32_t vm);

/** Fills `acks` and what the steps say of them; `drawn` too. */
berth_status simulation_load_acks(berth_simulation *s, const berth_scenario *scenario);

/** Carries the steps out once; results are in `now`, `makespan` and `run_breaches`. */
void simulation_run(berth_simulation *s, simulation_course *course);

/** The next number of a course (splitmix64). */
uint64_t simulation_random(uint64_t *state);

#endif
