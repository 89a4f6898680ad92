/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ovf_reader.h
 * What the reading of inventories asks of the OVF reader beyond the seam: where appliances go.
 */
#ifndef BERTH_IO_OVF_READER_H
#define BERTH_IO_OVF_READER_H

#include "dialect.h"

/** The cluster, by id or name, that the VMs of all appliances are added to; NULL = the only one.
 *  @p into is borrowed until the reader is destroyed. @p reader was created by ovf_dialect. */
void ovf_set_cluster(void *reader, const char *into);

#endif
