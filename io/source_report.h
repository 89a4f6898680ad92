/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file source_report.h
 * What became of each source of an inventory: counts of what was read, what was ignored, and which
 * facts it does not tell. A dialect reader counts while it reads and tells at the end; every source
 * then has one note, e.g. "read 3 hosts; ignored 12 <payload>, 3 <os>; not known: overhead of 6
 * VMs".
 */
#ifndef BERTH_IO_SOURCE_REPORT_H
#define BERTH_IO_SOURCE_REPORT_H

#include <berth/io.h>

/** Code of the notes (berth_problem::code): `berth convert` prints them without being asked. */
#define SOURCE_REPORT_CODE BERTH_SOURCE_CODE

/** Opaque. Bounded: what exceeds some dozens of kinds a source is summed up as "others". */
typedef struct source_report source_report;

/** @return NULL: no memory (detail set). Free with source_report_free(). */
source_report *source_report_new(berth_context *ctx);

/**
 * Adds to a count. A count that there is no memory for is lost, as a problem would be.
 * @param source name of the source, as in positions; copied. NULL = none in particular.
 * @param kind what was read, in the singular ("host" gives "3 hosts"), or an element ("<payload>"
 *        stays as it is). Copied, cut at 60 bytes.
 * @param count 0 is harmless; in source_report_read() it says "0 hosts".
 */
void source_report_read(source_report *report, const char *source, const char *kind,
                        uint32_t count);
void source_report_ignored(source_report *report, const char *source, const char *kind,
                           uint32_t count);
/** @param fact in the plural, about something after "of": "overhead of VMs" with a count of 6 gives
 *  "overhead of 6 VMs", with 1 "overhead of 1 VM". Without "of" the count comes first. */
void source_report_unknown(source_report *report, const char *source, const char *fact,
                           uint32_t count);

/** Records one note a source, in the order in which sources were first mentioned. */
void source_report_tell(source_report *report);

/** NULL is harmless. */
void source_report_free(source_report *report);

#endif
