/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file timeline_engine.h
 * One cluster while a timeline runs: who runs where, who is down, what others know of it. The files
 * timeline_*.c each do one part: the world (hosts fail and come back), detection, restarts,
 * placement. What is told goes to the timeline at once. Running out of memory is remembered in
 * `status`; work goes on harmlessly until the loop looks.
 */
#ifndef BERTH_SOLVER_TIMELINE_ENGINE_H
#define BERTH_SOLVER_TIMELINE_ENGINE_H

#include "frozen.h"
#include "timeline_queue.h"
#include "timeline_record.h"
#include <berth/execution.h>
#include <berth/timeline_run.h>

enum { TIMELINE_ATTEMPTS = 5, TIMELINE_CLASSES = BERTH_PRIORITY_DISABLED + 1 };

/** How far the restart of a VM is. */
typedef enum restart_stage {
  RESTART_NONE = 0, /* not asked for: it runs, or nobody knows that it does not */
  RESTART_QUEUED,   /* asked for */
  RESTART_STARTING, /* its power-on is under way */
  RESTART_GAVE_UP   /* all attempts failed */
} restart_stage;

typedef struct timeline_vm {
  bool takes_part; /* was on and had a host */
  bool affected;   /* is told of at the end */
  bool runs;       /* on `host` */
  bool rebooting;  /* STARTING by itself: no attempt of HA */
  bool restarted;  /* by HA, since it was last down */
  bool ready, timed_out, hopeless;
  bool told_waits, told_disabled;
  restart_stage stage;
  uint32_t host;       /* where it runs, or ran last */
  uint32_t old_copy;   /* host without storage on which a copy stands; BERTH_NONE */
  uint32_t start_host; /* STARTING */
  uint32_t moving_to;  /* BERTH_NONE = is not migrated */
  uint32_t target;     /* where it is to be restarted; BERTH_NONE = nowhere yet */
  uint32_t step;       /* of the plan in force; 0 = none */
  uint32_t attempts;   /* since it was last down */
  uint32_t epoch, move_epoch;
  int64_t due, first_attempt, gate_open;
  int64_t down_since; /* BERTH_UNSET = it is up */
  int64_t span_from, old_from;
  berth_outage outage;
} timeline_vm;

typedef struct timeline_host {
  berth_host_state state;
  bool storage_lost, locks_gone;
  bool unseen; /* lost, and nobody who could act has seen it */
  bool found;  /* lost, and seen */
  bool waking;
  bool primary; /* aam */
  uint32_t wake_step;
  uint32_t epoch;
  uint32_t starting;
  int64_t span_from;
} timeline_host;

typedef struct timeline_engine {
  berth_context *ctx;
  berth_timeline *timeline;
  const berth_inventory *inventory;
  const berth_cluster_spec *set_up;
  const berth_timeline_request *request;
  const berth_scenario *scenario; /* `ack` */
  const int64_t *seconds;         /* [berth_timing_name] */
  uint32_t cluster, first_host, end_host, first_vm, end_vm;
  int64_t now, told; /* seconds; of the last event told */
  berth_status status;
  timeline_queue queue;
  timeline_vm *vms;     /* [vm of the inventory] */
  timeline_host *hosts; /* [host of the inventory] */
  int64_t *used;        /* [host * resources + resource] */
  uint32_t *order;      /* VMs of the cluster by class, then index */
  arena memory;

  uint32_t primary;  /* fdm: the primary; aam: the active one; BERTH_NONE */
  bool acting;       /* somebody restarts VMs */
  uint32_t election; /* epoch of the one under way */
  bool electing;

  bool stale;       /* targets are to be found anew */
  bool asked;       /* a person was, since the last fault */
  bool granted;     /* and agrees now */
  berth_plan *plan; /* in force: its wakes and migrations are carried out */
  berth_execution *execution;
  uint32_t migrations, wakes; /* under way */
} timeline_engine;

/* ------------------------------------------------------------------ timeline_engine.c */

/** Prepares the cluster as it is before second 0. False: out of memory. */
bool timeline_engine_begin(timeline_engine *e);
/** Tells outages and the last spans. */
void timeline_engine_finish(timeline_engine *e, int64_t end);
void timeline_engine_free(timeline_engine *e);

bool timeline_is_fdm(const timeline_engine *e);
void timeline_no_memory(timeline_engine *e);
/** Tells an event; @p vm, @p host, @p other may be BERTH_NONE, @p text NULL. */
void timeline_tell(timeline_engine *e, berth_moment_kind kind, uint32_t vm, uint32_t host,
                   uint32_t other, uint32_t number, const char *text);
void timeline_later(timeline_engine *e, int64_t after, timeline_task task, uint32_t subject,
                    uint32_t epoch);
/** Ends the bar of a VM, or of a host, where its state is about to change. */
void timeline_mark_vm(timeline_engine *e, uint32_t vm);
void timeline_mark_host(timeline_engine *e, uint32_t host);
void timeline_set_host(timeline_engine *e, uint32_t host, berth_host_state state);
void timeline_charge(timeline_engine *e, uint32_t vm, uint32_t host, int sign);
/** The running VM is down now; its host no longer holds it. */
void timeline_vm_down(timeline_engine *e, uint32_t vm, const char *why);
/** The VM runs on @p host, which holds it already. */
void timeline_vm_up(timeline_engine *e, uint32_t vm, uint32_t host);
void timeline_end_old_copy(timeline_engine *e, uint32_t vm, const char *why);
/** Why the VM is down, for the end. @p why is copied. */
void timeline_explain(timeline_engine *e, uint32_t vm, const char *why);

/* ------------------------------------------------------------------ timeline_world.c */

/** An event of the scenario. */
void timeline_world_event(timeline_engine *e, const berth_event *event);
void timeline_fail_host(timeline_engine *e, uint32_t host);
void timeline_isolate_host(timeline_engine *e, uint32_t host, bool storage_lost);
void timeline_stop_migration(timeline_engine *e, uint32_t vm);
/** A fault: plans made before it no longer count. */
void timeline_new_situation(timeline_engine *e);

/* ------------------------------------------------------------------ timeline_detection.c */

/** Who acts at the start. */
void timeline_choose_primaries(timeline_engine *e);
/** The host is out of touch from now on; whether it is failed or isolated stands in its state. */
void timeline_host_lost(timeline_engine *e, uint32_t host);
/** It is in touch again, or new. */
void timeline_host_joins(timeline_engine *e, uint32_t host);
/** It leaves for maintenance or standby, or for good. */
void timeline_host_leaves(timeline_engine *e, uint32_t host);
void timeline_detect(timeline_engine *e, uint32_t host);
void timeline_elect(timeline_engine *e);
void timeline_silence(timeline_engine *e, uint32_t host);
void timeline_respond(timeline_engine *e, uint32_t host);
void timeline_guest_off(timeline_engine *e, uint32_t vm);
void timeline_locks_expire(timeline_engine *e, uint32_t host);
void timeline_protect_storage(timeline_engine *e, uint32_t host);

/* ------------------------------------------------------------------ timeline_restarts.c */

/** HA wants the VM restarted, unless it does already or must not. */
void timeline_request(timeline_engine *e, uint32_t vm);
void timeline_due(timeline_engine *e, uint32_t vm);
void timeline_started(timeline_engine *e, uint32_t vm);
void timeline_ready(timeline_engine *e, uint32_t vm);
void timeline_timeout(timeline_engine *e, uint32_t vm);
/** Its power-on came to nothing: the host failed. */
void timeline_start_lost(timeline_engine *e, uint32_t vm);
/** Everything that can be done in this second. */
void timeline_dispatch(timeline_engine *e);

/* ------------------------------------------------------------------ timeline_placement.c */

/** Finds targets for all VMs that are due, and a plan that makes room where that is needed. */
void timeline_place(timeline_engine *e);
void timeline_drop_plan(timeline_engine *e);

/* ------------------------------------------------------------------ timeline_fit.c */

/** Whether the VM could run on the host beside what stands there now; NULL, or why not. */
const char *timeline_obstacle(timeline_engine *e, uint32_t vm, uint32_t host);
/** Whether a should rule that HA looks at speaks against the host. */
bool timeline_breaks_should(const timeline_engine *e, uint32_t vm, uint32_t host);
/** Why no host takes the VM, in the arena of the engine. */
const char *timeline_why_nowhere(timeline_engine *e, uint32_t vm);

/* ------------------------------------------------------------------ timeline_steps.c */

/** Starts wakes and migrations of the plan in force that may start now. */
void timeline_start_steps(timeline_engine *e);
void timeline_wake_ends(timeline_engine *e, uint32_t host);
void timeline_migration_ends(timeline_engine *e, uint32_t vm);

#endif
