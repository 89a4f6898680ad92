/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file this_host.h
 * The machine that the program runs on, as a document of hwloc.
 */
#ifndef BERTH_IO_THIS_HOST_H
#define BERTH_IO_THIS_HOST_H

#include <berth/context.h>

/** Looks at the machine, which may take some milliseconds.
 *  @param[out] xml owned by the caller; context_release(). @param[out] size its bytes.
 *  @return BERTH_OK; BERTH_E_READ (hwloc cannot tell; detail set); BERTH_E_NOMEM. */
berth_status this_host_describe(berth_context *ctx, char **xml, size_t *size);

#endif
