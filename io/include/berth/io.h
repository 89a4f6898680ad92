/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file io.h
 * Inventories, scenarios and plans in and out. XML is hostile: no network, no DTD, no entity
 * expansion; depth, text and counts are bounded. Inputs may be gzip-compressed.
 */
#ifndef BERTH_IO_H
#define BERTH_IO_H

#include <berth/plan.h>
#include <berth/simulation.h>
#include <berth/verify.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Dialects of inventories: X(constant, value, "word on the command line"). */
#define BERTH_DIALECT_TABLE(X)                                                                     \
  X(BERTH_DIALECT_AUTO, 0, "auto")     /**< by document element and namespace */                   \
  X(BERTH_DIALECT_NATIVE, 1, "native") /**< urn:berth:1 */                                         \
  X(BERTH_DIALECT_VIM25, 2, "vim25")   /**< vSphere: property collector, object.save folders */    \
  X(BERTH_DIALECT_OVIRT, 3, "ovirt")   /**< oVirt: collections of its REST interface */            \
  X(BERTH_DIALECT_OPENNEBULA, 4, "opennebula") /**< pools, and the action of its scheduler */      \
  X(BERTH_DIALECT_LIBVIRT, 5, "libvirt") /**< capabilities of hosts, each before its domains */    \
  X(BERTH_DIALECT_HWLOC, 6, "hwloc")   /**< topologies: details of hosts, or hosts */              \
  X(BERTH_DIALECT_OVF, 7, "ovf")       /**< appliances: VMs that wait to be placed */

/** Values are part of the ABI. */
typedef enum berth_dialect {
#define BERTH_DIALECT_ENUM(constant, value, word) constant = value,
  BERTH_DIALECT_TABLE(BERTH_DIALECT_ENUM)
#undef BERTH_DIALECT_ENUM
  BERTH_DIALECT_COUNT
} berth_dialect;

/** Word of @p dialect, or NULL. Static. Any thread. */
BERTH_EXPORT const char *berth_dialect_word(berth_dialect dialect);

/** @return false: no dialect has that word. Any thread. */
BERTH_EXPORT bool berth_dialect_parse(const char *word, berth_dialect *out);

/** Formats of a plan. */
typedef enum berth_format { BERTH_FORMAT_TEXT = 0, BERTH_FORMAT_JSON, BERTH_FORMAT_XML } berth_format;

/** Code of the notes that say, for each source, what of it was read, ignored and not known. */
#define BERTH_SOURCE_CODE "source"

/** A source that stands for the machine that the program runs on, as hwloc sees it. */
#define BERTH_SOURCE_THIS_HOST "this-host:"

/** Bounds on hostile input, and what no source can know. Initialise with
 *  BERTH_READ_LIMITS_INIT. */
typedef struct berth_read_limits {
  uint32_t struct_size;
  uint64_t max_bytes;     /**< after decompression */
  uint64_t max_elements;
  uint32_t max_depth;
  uint32_t max_text;      /**< bytes in one attribute or text */
  const char *into;       /**< cluster, by id or name, of appliances; NULL = the only one */
  int64_t host_notify_timeout; /**< seconds, for hosts of which a vim25 source does not tell it;
                                    BERTH_UNSET = taken as hosts without the feature */
} berth_read_limits;

#define BERTH_READ_LIMITS_INIT                                                                     \
  {.struct_size = sizeof(berth_read_limits), .max_bytes = UINT64_C(8) << 30,                       \
   .max_elements = UINT64_C(50000000), .max_depth = 64, .max_text = 8u << 20,              \
   .host_notify_timeout = BERTH_UNSET}

/**
 * Reads inventories and freezes them into one.
 * @param sources paths: a file, a directory of files, "-" for standard input, or
 *        BERTH_SOURCE_THIS_HOST. Several sources of one dialect are merged, but the native dialect
 *        takes one. Details (hwloc, OVF) join sources of any dialect. The topology files that hosts
 *        of the native dialect name are read too, from below the folder of the inventory.
 * @param limits NULL = BERTH_READ_LIMITS_INIT.
 * @param[out] out owned by the caller; berth_inventory_release().
 * @return BERTH_OK; BERTH_E_READ; BERTH_E_INVALID (all problems in the context); BERTH_E_LIMIT;
 *         BERTH_E_UNSUPPORTED (a document of another kind); BERTH_E_CANCELLED (by the progress
 *         callback); BERTH_E_NOMEM.
 */
BERTH_EXPORT berth_status berth_read_inventory(berth_context *ctx, const char *const *sources,
                                               uint32_t source_count, berth_dialect dialect,
                                               const berth_read_limits *limits,
                                               const berth_inventory **out);

/** The same from memory; @p name stands in messages. */
BERTH_EXPORT berth_status berth_parse_inventory(berth_context *ctx, const void *bytes, size_t size,
                                                const char *name, berth_dialect dialect,
                                                const berth_read_limits *limits,
                                                const berth_inventory **out);

/** Writes the native dialect. Reading it back gives the same inventory, writing that the same
 *  bytes. @param path "-" = standard output. A file is replaced only when complete. */
BERTH_EXPORT berth_status berth_write_inventory(berth_context *ctx,
                                                const berth_inventory *inventory,
                                                const char *path);

/** Reads a scenario document. @param[out] out owned by the caller; berth_scenario_free(). */
BERTH_EXPORT berth_status berth_read_scenario(berth_context *ctx, const char *path,
                                              const berth_read_limits *limits,
                                              berth_scenario **out);

/**
 * Reads a plan in JSON (schema berth-plan/1). The scenario inside it is applied to @p inventory
 * (as read, before any scenario) unless @p scenario is given, which then takes its place.
 * Unknown ids, wrong types and missing fields are errors; unknown fields are ignored.
 * @param[out] out owned by the caller; berth_plan_free().
 */
BERTH_EXPORT berth_status berth_read_plan(berth_context *ctx, const char *path,
                                          const berth_inventory *inventory,
                                          const berth_scenario *scenario, berth_plan **out);

/** How text is laid out. */
typedef struct berth_text_style {
  uint32_t struct_size;
  uint32_t width; /**< columns; 0 = 80 */
  bool colour;    /**< ANSI colours */
  bool utf8;      /**< arrows and check marks beyond ASCII */
} berth_text_style;

#define BERTH_TEXT_STYLE_INIT {.struct_size = sizeof(berth_text_style), .width = 80, .utf8 = true}

/** Writes a plan. @param style of BERTH_FORMAT_TEXT; NULL = BERTH_TEXT_STYLE_INIT.
 *  @param path "-" = standard output. A file is replaced only when complete. */
BERTH_EXPORT berth_status berth_write_plan(berth_context *ctx, const berth_plan *plan,
                                           berth_format format, const berth_text_style *style,
                                           const char *path);

/** The same to a stream that is open, and stays so. What the stream itself meets with is the
 *  caller's to find. */
BERTH_EXPORT berth_status berth_print_plan(berth_context *ctx, const berth_plan *plan,
                                           berth_format format, const berth_text_style *style,
                                           FILE *stream);

/**
 * Writes a report of a plan, to read, print and pass on: what it does and what is proved about it,
 * VMs without a host and why, the ladder, a Gantt chart with the critical chain, steps, warnings.
 * One HTML file that is well-formed XML, in UTF-8; it has no script, needs nothing beside it, and
 * stays below 5 MB: of large plans it shows what matters most and says how much else there is.
 * @param path "-" = standard output. A file is replaced only when complete.
 * @return BERTH_OK; BERTH_E_ARGUMENT (no plan or no path); BERTH_E_OPEN_OUTPUT; BERTH_E_WRITE;
 *         BERTH_E_NOMEM.
 */
BERTH_EXPORT berth_status berth_write_report(berth_context *ctx, const berth_plan *plan,
                                             const char *path);

/** Writes what a simulation found: the steps of the run it keeps, the distribution of the makespan,
 *  what was broken. @param plan what was simulated. @param format BERTH_FORMAT_TEXT or
 *  BERTH_FORMAT_JSON (schema berth-simulation/1). @param style and @param path as for a plan. */
BERTH_EXPORT berth_status berth_write_simulation(berth_context *ctx, const berth_plan *plan,
                                                 const berth_simulation *simulation,
                                                 berth_format format,
                                                 const berth_text_style *style, const char *path);

#ifdef __cplusplus
}
#endif
#endif
