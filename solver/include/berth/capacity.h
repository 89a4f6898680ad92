/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file capacity.h
 * How many more VMs of a flavour, or of a mix of flavours, a cluster takes: as it is, once VMs have
 * moved, and while any K failures stay survivable. docs/model.md §14 says what each figure means.
 */
#ifndef BERTH_CAPACITY_H
#define BERTH_CAPACITY_H

#include <berth/inventory.h>
#include <berth/option.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An amount of a named resource. */
typedef struct berth_capacity_amount {
  const char *resource; /**< a named one of the inventory */
  int64_t amount;
} berth_capacity_amount;

/** One kind of VM of the mix. Initialise with BERTH_CAPACITY_FLAVOUR_INIT. */
typedef struct berth_capacity_flavour {
  uint32_t struct_size;
  const char *like;            /**< id or name of a VM: the flavour is what it is, rules included;
                                    NULL = by the figures below */
  int64_t cpu_mhz, memory_mib; /**< reserved; memory is configured too */
  int64_t vcpus;
  uint32_t amount_count;
  const berth_capacity_amount *amounts; /**< [amount_count] */
  int64_t count;                        /**< of it in one mix; at least 1 */
} berth_capacity_flavour;

#define BERTH_CAPACITY_FLAVOUR_INIT                                                                \
  {                                                                                                \
    .struct_size = sizeof(berth_capacity_flavour), .cpu_mhz = BERTH_UNSET,                         \
    .memory_mib = BERTH_UNSET, .vcpus = 1, .count = 1                                              \
  }

/** What is asked. Strings are borrowed during the call. Initialise with
 *  BERTH_CAPACITY_REQUEST_INIT. */
typedef struct berth_capacity_request {
  uint32_t struct_size;
  uint32_t flavour_count; /**< 1 to 64; together they are one mix */
  const berth_capacity_flavour *flavours;
  uint32_t failures;            /**< K: answers for 0 to K failures; at most 64 */
  berth_domain domain;          /**< what fails as one */
  uint32_t migration_count;     /**< at most 64 */
  const int64_t *migrations;    /**< ascending; BERTH_UNLIMITED = any number */
  int64_t wanted;               /**< mixes that hosts are to be bought for; 0 = none */
  const char *cluster;          /**< id or name; NULL = every cluster */
  const berth_options *options; /**< borrowed; NULL = defaults: time limit, threads, exact limit */
} berth_capacity_request;

#define BERTH_CAPACITY_REQUEST_INIT                                                                \
  { .struct_size = sizeof(berth_capacity_request) }

/** A largest number: `least` mixes were shown to fit, more than `most` were proved not to. Equal:
 *  that is the answer. -1: not even what is there (or has to be restarted first) does. */
typedef struct berth_capacity_figure {
  int64_t least, most;
} berth_capacity_figure;

/** What one resource does. */
typedef struct berth_capacity_resource {
  int64_t demand;               /**< of one mix */
  int64_t free;                 /**< on hosts that take some flavour of the mix; 0 if unlimited */
  int64_t stranded;             /**< of that, on hosts where no VM of the mix fits any more,
                                     or beyond what those that fit take */
  int64_t by_total;             /**< mixes by this resource's total alone; BERTH_UNLIMITED */
  berth_capacity_figure beyond; /**< as it is, were there no end of this resource */
  bool binds;                   /**< `beyond` is proved to be more than there is room for */
} berth_capacity_resource;

/** One host. */
typedef struct berth_capacity_host {
  bool open;         /**< takes a VM of the mix as it is */
  int64_t mixes;     /**< that fit on this host alone */
  int64_t vms;       /**< VMs of the flavour that fits most often there */
  uint32_t resource; /**< that ends it; BERTH_NONE where the host is not open */
} berth_capacity_host;

/** A kind of host that there is in the cluster. */
typedef struct berth_capacity_purchase {
  uint32_t example;            /**< a host of the kind */
  uint32_t there;              /**< hosts of it */
  int64_t watts;               /**< BERTH_UNSET = unknown */
  berth_capacity_figure now;   /**< with one more of it, as it is */
  berth_capacity_figure kept;  /**< with one more, while any K failures stay survivable */
  bool want_asked;             /**< the next is known */
  berth_capacity_figure hosts; /**< how many more of it `wanted` mixes take, with K kept:
                                    `most` are enough; fewer than `least` are not.
                                    most = BERTH_UNLIMITED: none found that is enough */
} berth_capacity_purchase;

/** One cluster. */
typedef struct berth_capacity_cluster {
  bool asked;                            /**< else nothing below is filled */
  berth_capacity_figure totals;          /**< by the sums of what is free */
  berth_capacity_figure now;             /**< as it is */
  berth_capacity_figure woken;           /**< with the hosts that can be woken */
  uint32_t standby_hosts;                /**< how many those are */
  const berth_capacity_figure *migrated; /**< [migration] of the request */
  const berth_capacity_figure *survived; /**< [0 .. failures] nothing moved, failures survived */
  int64_t by_slots, by_percentage;       /**< what admission control would let in; -1: it is
                                              short already; BERTH_UNLIMITED */
  berth_admission configured;
  uint32_t admission_failures;              /**< that it is set up to tolerate */
  const berth_capacity_resource *resources; /**< [resource] of the inventory */
  const berth_capacity_host *hosts;         /**< [host] of the cluster */
  uint32_t down;                            /**< VMs that have to be restarted first */
  uint32_t waiting;                         /**< VMs without a host that are left out */
  uint32_t purchase_count;
  const berth_capacity_purchase *purchases;
  bool cut_short; /**< the time limit ended some search */
} berth_capacity_cluster;

/** Opaque. */
typedef struct berth_capacity berth_capacity;

/**
 * Answers for all clusters of @p inventory, or the one that is asked for.
 * @param[out] out owned by the caller; berth_capacity_free().
 * @return BERTH_OK, also where figures are only known within bounds; BERTH_E_ARGUMENT;
 *         BERTH_E_NOT_FOUND or BERTH_E_AMBIGUOUS (a VM, resource or cluster); BERTH_E_NOMEM.
 */
BERTH_EXPORT berth_status berth_capacity_run(berth_context *ctx, const berth_inventory *inventory,
                                             const berth_capacity_request *request,
                                             berth_capacity **out);

/** NULL is harmless. */
BERTH_EXPORT void berth_capacity_free(berth_capacity *capacity);

/** Borrowed, one for each cluster of the inventory. */
BERTH_EXPORT const berth_capacity_cluster *
berth_capacity_get_cluster(const berth_capacity *capacity, uint32_t cluster);

#ifdef __cplusplus
}
#endif
#endif
