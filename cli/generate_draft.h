/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file generate_draft.h
 * What the files of the generator share: the cluster being drawn and its random numbers.
 */
#ifndef BERTH_CLI_GENERATE_DRAFT_H
#define BERTH_CLI_GENERATE_DRAFT_H

#include "generate_families.h"

#include <assert.h>

/** Room for an id, and for a list of the few ids that a generated rule names. */
enum { GENERATE_ID_ROOM = 24, GENERATE_LIST_ROOM = 512 };

/** A host as far as its VMs and rules need to know it. */
typedef struct generate_host {
  uint32_t first_vm, vm_count; /* its VMs are numbered consecutively, over all clusters */
  uint32_t rack, chassis, site;
  int64_t memory_mib, cpu_mhz, evc_level;
  bool runs_vms; /* all but those in standby */
  uint8_t gpus;
} generate_host;

/** One cluster on its way into the builder. */
typedef struct generate_draft {
  const generate_request *request;
  berth_builder *builder;
  uint64_t random;
  uint32_t cluster; /* builder index */
  uint32_t first_host, host_count, first_vm, vm_count;
  uint32_t failed, standby, waiting;
  uint32_t rack_count;
  generate_host *hosts; /* [host_count] */
  uint8_t *vm_priority; /* [vm_count] berth_priority */
  uint8_t *vm_in_rule;  /* [vm_count] already a member of a VM-VM rule */
  int64_t largest_gap;  /* most memory that a host has left */
} generate_draft;

/** splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t generate_random(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

/** An integer of [low, high]; the bias is below 2^-40 for the ranges here. */
static inline int64_t generate_between(generate_draft *draft, int64_t low, int64_t high) {
  assert(low <= high);
  return low + (int64_t)(generate_random(&draft->random) % (uint64_t)(high - low + 1));
}

static inline bool generate_chance(generate_draft *draft, int64_t percent) {
  return generate_between(draft, 1, 100) <= percent;
}

void generate_host_id(uint32_t number, char id[GENERATE_ID_ROOM]);
void generate_vm_id(uint32_t number, char id[GENERATE_ID_ROOM]);

/** How full a host may be drawn, in percent of its memory: the load give or take a third of what is
 * free; fragmented clusters are equally full everywhere, so that no host has room to spare. */
void generate_load_range(const generate_request *request, int64_t *low, int64_t *high);

/** Adds all VMs of the draft: those of each host, then those that wait. */
berth_status generate_vms(generate_draft *draft);
/** Least memory in MiB that a VM of @p family takes. */
int64_t generate_smallest_demand(generate_family family);

/** Adds host groups and rules of all kinds; what runs at the start keeps nearly all of them. */
berth_status generate_rules(generate_draft *draft);

#endif
