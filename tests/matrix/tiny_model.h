/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tiny_model.h
 * One cluster of an inventory as small arrays and bit masks, for exhaustive search. Everything here
 * is derived from docs/model.md alone; it shares no code with the solver or the checker.
 */
#ifndef BERTH_TESTS_TINY_MODEL_H
#define BERTH_TESTS_TINY_MODEL_H

#include <berth/plan.h>
#include <stdbool.h>
#include <stdint.h>

enum {
  TINY_HOSTS = 16,
  TINY_VMS = 32,
  TINY_RESOURCES = 8,
  TINY_RULES = 16,
  TINY_NODES = 8,
  TINY_NOWHERE = 255
};

typedef struct tiny_host {
  bool online, wakeable, to_empty, may_sleep;
  int64_t watts;
  int64_t capacity[TINY_RESOURCES];
  int64_t limit[TINY_RESOURCES]; /* capacity, or what ran there at the start if that is more */
  uint32_t node_count;           /* 0 = who asks for one node is as well off as anyone */
  int64_t nodes[TINY_NODES][2];  /* cpu and memory */
} tiny_host;

typedef struct tiny_vm {
  uint8_t start; /* host it runs on at the start, or TINY_NOWHERE */
  bool movable, must_leave, requested, disabled, one_node;
  uint32_t priority; /* 0 = highest ... 4 = lowest */
  int64_t memory;
  int64_t demand[TINY_RESOURCES];
  int64_t load[2];                  /* cpu and memory, for overload and stranded */
  uint32_t may_restart;             /* hosts, after a failure of the one it is on then */
  uint32_t may_arrive;              /* hosts, by restart or power-on */
  uint32_t may_migrate[TINY_HOSTS]; /* hosts, by source of the migration */
} tiny_vm;

typedef struct tiny_rule {
  berth_rule_type type;
  bool must;
  int64_t most; /* members a domain may hold: apart and at-most */
  uint32_t vms, hosts;
  uint8_t domain[TINY_HOSTS];
  int64_t limit[TINY_HOSTS]; /* by domain: `most`, or what was there at the start if that is more */
  uint32_t span_limit;       /* together: domains it may span at the end */
} tiny_rule;

typedef struct tiny_model {
  berth_goal goal;
  berth_plan_settings settings;
  bool ha_enabled;
  uint32_t host_count, vm_count, rule_count, resource_count;
  tiny_host hosts[TINY_HOSTS];
  tiny_vm vms[TINY_VMS];
  tiny_rule rules[TINY_RULES];
} tiny_model;

/** Where each VM runs; TINY_NOWHERE = it does not. */
typedef struct tiny_state {
  uint8_t where[TINY_VMS];
  int64_t use[TINY_HOSTS][TINY_RESOURCES];
} tiny_state;

/** Extracts @p cluster. @return false: larger than the arrays above. */
bool tiny_model_init(tiny_model *model, const berth_inventory *inventory, uint32_t cluster,
                     berth_goal goal, const berth_plan_settings *settings);
/** The state before any step. */
void tiny_state_start(const tiny_model *model, tiny_state *state);
/** Takes @p vm from where it is, and puts it at @p host (either may be TINY_NOWHERE). */
void tiny_state_put(const tiny_model *model, tiny_state *state, uint32_t vm, uint8_t host);
/** True if @p vm, coming from where it is now, fits @p host at the moment of the arrival. */
bool tiny_may_arrive(const tiny_model *model, const tiny_state *state, uint32_t vm, uint8_t host);
/** The level `violations` of an end state. */
int64_t tiny_violations(const tiny_model *model, const tiny_state *state);
/** The level `should.broken` of an end state. */
int64_t tiny_should_broken(const tiny_model *model, const tiny_state *state);
/** False if a must rule together spans more domains than it may at the end. */
bool tiny_together_holds(const tiny_model *model, const tiny_state *state);
/** Whether @p state survives the failure of the hosts @p failed by restarts at the others of
 *  @p serving. */
bool tiny_survives_set(const tiny_model *model, const tiny_state *state, uint32_t serving,
                       uint32_t failed);
/** Whether @p state survives any failures of the hosts @p serving that the settings ask for. */
bool tiny_survives(const tiny_model *model, const tiny_state *state, uint32_t serving);
/** What the hosts @p serving count with on hosts.on. */
int64_t tiny_weight(const tiny_model *model, uint32_t serving);
/** The levels overload and stranded of an end state. */
void tiny_loads(const tiny_model *model, const tiny_state *state, uint32_t serving,
                int64_t *overload, int64_t *stranded);

#endif
