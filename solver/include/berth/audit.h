/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file audit.h
 * What failures a cluster survives: the figures that admission control goes by, and beside them the
 * truth for every failure set up to a size. docs/model.md §13 says what each of them means.
 */
#ifndef BERTH_AUDIT_H
#define BERTH_AUDIT_H

#include <berth/inventory.h>
#include <berth/option.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a failure set, or the failures of one VM, come to; worse ones last. */
typedef enum berth_audit_verdict {
  BERTH_AUDIT_RESTARTS = 0,         /**< restarts alone are enough */
  BERTH_AUDIT_WAKES,                /**< hosts in standby have to be woken */
  BERTH_AUDIT_MIGRATIONS,           /**< running VMs have to move */
  BERTH_AUDIT_WAKES_AND_MIGRATIONS, /**< both */
  BERTH_AUDIT_UNDECIDED,            /**< not decided within the limits */
  BERTH_AUDIT_LOST,                 /**< proved: some VM stays down whatever is done */
  BERTH_AUDIT_VERDICT_COUNT
} berth_audit_verdict;

/** "restarts", "wakes", "migrations", "wakes and migrations", "undecided", "lost"; NULL outside the
 *  enumeration. Static, any thread. */
BERTH_EXPORT const char *berth_audit_verdict_word(berth_audit_verdict value);

/** What is asked. Initialise with BERTH_AUDIT_REQUEST_INIT. */
typedef struct berth_audit_request {
  uint32_t struct_size;
  uint32_t failures;            /**< K: sets of up to so many failures; at most 64 */
  berth_domain domain;          /**< what fails as one */
  const berth_options *options; /**< borrowed; NULL = defaults: time limit, threads, exact limit */
  uint32_t part, parts;         /**< of the sets of each size only share number `part`, from 0, of so
                                     many that are as equal as can be; 0 parts = all sets */
} berth_audit_request;

#define BERTH_AUDIT_REQUEST_INIT                                                                   \
  {.struct_size = sizeof(berth_audit_request), .failures = 1}

/** A share of what there is: 10000 = all of it. */
typedef struct berth_audit_share {
  int64_t capacity, needed;
  int64_t free_basis_points; /**< rounded to the nearest, as people write it; 0 if needed is more */
  int64_t free_percent;      /**< rounded down, as vSphere shows it */
  bool enough;               /**< free ≥ what is configured, unrounded */
} berth_audit_share;

/** Admission control of one cluster, by each policy whichever is configured. */
typedef struct berth_audit_policy {
  berth_admission configured;
  uint32_t failures;     /**< that it is set up to tolerate */
  uint32_t usable_hosts; /**< that slots and percentages count */
  int64_t slot_cpu_mhz, slot_memory_mib;
  int64_t slots, slots_used;
  int64_t slots_least, slots_most; /**< of a usable host */
  int64_t slots_unreserved;        /**< after `failures` of the largest have gone */
  int64_t slots_short;             /**< how many are missing then */
  uint32_t failover_level;         /**< most hosts that may go, by slots */
  uint32_t multi_slot_vms;
  int64_t reserve_cpu_num, reserve_memory_num; /**< configured share = num / den of the capacity */
  int64_t reserve_cpu_den, reserve_memory_den;
  berth_audit_share cpu, memory;
  bool percentage_satisfied;
  uint32_t dedicated_hosts, dedicated_usable; /**< listed; of those online */
  bool degradation_cpu, degradation_memory; /**< the warning shows */
} berth_audit_policy;

/** What one policy says to k failures. */
typedef enum berth_audit_claim {
  BERTH_AUDIT_CLAIM_SLOTS = 0,
  BERTH_AUDIT_CLAIM_PERCENTAGE,
  BERTH_AUDIT_CLAIM_DEDICATED,
  BERTH_AUDIT_CLAIM_COUNT
} berth_audit_claim;

/** All sets of one size. */
typedef struct berth_audit_size {
  uint64_t sets; /**< UINT64_MAX: as many, or more */
  uint64_t count[8];        /**< by ::berth_audit_verdict */
  uint64_t alone;           /**< sets in which HA, left alone, restarts every VM */
  uint64_t alone_undecided; /**< sets of which that is not decided */
  bool claim[8]; /**< by ::berth_audit_claim: the policy says that all of them are survived */
} berth_audit_size;

/** A failure set that is not survived by restarts alone. */
typedef struct berth_audit_set {
  uint32_t size;
  const uint32_t *units; /**< [size] ascending */
  berth_audit_verdict verdict;
  uint32_t lost_count;
  const uint32_t *lost; /**< VMs; known[] = false: it is proved that some are, not which */
  bool lost_known;
} berth_audit_set;

/** One cluster. */
typedef struct berth_audit_cluster {
  berth_audit_policy policy;
  uint32_t unit_count;           /**< what can fail: hosts that are on, or domains with such */
  const char *const *unit_name;  /**< [unit] label of the host or domain */
  const uint8_t *unit_worst;     /**< [unit] worst verdict of a set with it */
  uint32_t size_count;           /**< sizes looked at: 0 .. size_count - 1 */
  const berth_audit_size *sizes; /**< [size] */
  int64_t holds;                 /**< every set of up to so many is proved to be survived; -1: not even none */
  bool holds_exact;              /**< and one more is proved not to be, or was not asked for */
  uint32_t set_count;            /**< listed, in order of size; the first that are lost are among them */
  const berth_audit_set *sets;
  uint64_t sets_not_listed;
} berth_audit_cluster;

/** Opaque. */
typedef struct berth_audit berth_audit;

/**
 * Audits all clusters of @p inventory. A part speaks of its own sets alone. Parts are put together
 * by adding the counts of a size up, taking the worst of a unit or VM, and listing sets by size, then
 * part: the first 500, and of those that are lost or undecided the first 1000, all of which the parts
 * list. `holds` follows from the counts, `policy` and `claim` are the same in all parts.
 * @param[out] out owned by the caller; berth_audit_free().
 * @return BERTH_OK, also where sets stay undecided; BERTH_E_ARGUMENT; BERTH_E_NOMEM.
 */
BERTH_EXPORT berth_status berth_audit_run(berth_context *ctx, const berth_inventory *inventory,
                                          const berth_audit_request *request, berth_audit **out);

/** NULL is harmless. */
BERTH_EXPORT void berth_audit_free(berth_audit *audit);

/** Borrowed, one for each cluster of the inventory. */
BERTH_EXPORT const berth_audit_cluster *berth_audit_get_cluster(const berth_audit *audit,
                                                                uint32_t cluster);

/** The worst that a VM meets in any set that takes its host; of a VM that is not restarted, or that
 *  does not run, BERTH_AUDIT_VERDICT_COUNT. */
BERTH_EXPORT berth_audit_verdict berth_audit_vm(const berth_audit *audit, uint32_t vm);

/** The worst verdict of any set. */
BERTH_EXPORT berth_audit_verdict berth_audit_worst(const berth_audit *audit);

#ifdef __cplusplus
}
#endif
#endif
