/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file hwloc_reader.h
 * What the reading of inventories asks of the hwloc reader beyond the seam: hosts of the native
 * dialect name a topology file each.
 */
#ifndef BERTH_IO_HWLOC_READER_H
#define BERTH_IO_HWLOC_READER_H

#include "dialect.h"

/** The next document is about host @p index of the builder, whatever name stands in it. @p reader
 *  was created by hwloc_dialect. */
void hwloc_expect_host(void *reader, uint32_t index);

/** Allocates the file that host @p index names, relative to the folder of the document that it
 *  stands in. *path = NULL if it names none, if it has NUMA nodes of its own, or after a warning
 *  that the name leads out of that folder. Release it with context_release(). */
berth_status hwloc_named_file(berth_context *ctx, const berth_builder *builder, uint32_t index,
                              char **path);

#endif
