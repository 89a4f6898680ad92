/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file generate_families.h
 * Synthetic inventories for tests and benchmarks. The same request gives the same inventory, byte
 * for byte, on every machine: integers only, and a generator of numbers of its own.
 */
#ifndef BERTH_CLI_GENERATE_FAMILIES_H
#define BERTH_CLI_GENERATE_FAMILIES_H

#include <berth/inventory.h>

/** X(constant, "word", "what it is like"). */
#define GENERATE_FAMILY_TABLE(X)                                                                   \
  X(GENERATE_PLAIN, "plain", "two host models, eight flavours, moderate load")                     \
  X(GENERATE_FRAGMENTED, "fragmented", "big VMs wait and fit only after moves")                    \
  X(GENERATE_TIGHT, "tight", "load of 92 percent or more")                                         \
  X(GENERATE_AFFINITY, "affinity", "many rules of all kinds")                                      \
  X(GENERATE_HETEROGENEOUS, "heterogeneous", "several generations of hosts and VMs")               \
  X(GENERATE_UNIQUE, "unique", "no two VMs of one size")

/** What kind of cluster. */
typedef enum generate_family {
#define GENERATE_FAMILY_ENUM(constant, word, text) constant,
  GENERATE_FAMILY_TABLE(GENERATE_FAMILY_ENUM)
#undef GENERATE_FAMILY_ENUM
      GENERATE_FAMILY_COUNT
} generate_family;

/** What is asked. */
typedef struct generate_request {
  uint32_t hosts, vms;      /**< in all */
  uint32_t clusters;        /**< over which they are spread evenly */
  uint32_t failed, standby; /**< of the hosts */
  uint32_t load_percent;    /**< memory reserved on the hosts that run VMs, 1 to 100 */
  uint64_t seed;
  generate_family family;
} generate_request;

/** Word of @p family. Static. */
const char *generate_family_word(generate_family family);

/** Inverse of generate_family_word(). False if @p word names no family. */
bool generate_family_parse(const char *word, generate_family *family);

/** Why @p request cannot be met, or NULL. Static. */
const char *generate_refusal(const generate_request *request);

/**
 * Generates.
 * @param request one that generate_refusal() does not refuse.
 * @param[out] out owned by the caller; berth_inventory_release().
 * @return BERTH_OK, BERTH_E_NOMEM, or what freezing says.
 */
berth_status generate_inventory(berth_context *ctx, const generate_request *request,
                                berth_inventory **out);

#endif
