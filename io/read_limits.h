/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file read_limits.h
 * The limits that a caller gives to a reading.
 */
#ifndef BERTH_IO_READ_LIMITS_H
#define BERTH_IO_READ_LIMITS_H

#include <berth/io.h>

/** @param given NULL = the defaults. @return BERTH_OK; BERTH_E_ARGUMENT (struct_size). */
berth_status read_limits(berth_context *ctx, const berth_read_limits *given,
                         berth_read_limits *own);

#endif
