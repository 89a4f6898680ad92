/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file quantity_text.h
 * Numbers and units as dialects write them, in integers: bytes to MiB, hertz to MHz, words for
 * units. Nothing overflows: what does not fit is no number.
 */
#ifndef BERTH_IO_QUANTITY_TEXT_H
#define BERTH_IO_QUANTITY_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/** Which way a quotient goes: capacities down, demands up. */
typedef enum quantity_round { QUANTITY_DOWN = 0, QUANTITY_UP } quantity_round;

/** Digits only. @return false: not a whole number from 0 to 2^63 - 1; *out is left as it was. */
bool quantity_parse(const char *text, int64_t *out);
/** The same with an optional "-". */
bool quantity_parse_signed(const char *text, int64_t *out);
/** Digits with an optional fraction, which is cut off. */
bool quantity_parse_decimal(const char *text, int64_t *out);

/** @p value × @p factor / @p divisor, exact in between. @return false: it does not fit 64 bits.
 *  @p value >= 0, the others > 0. */
bool quantity_scale(int64_t value, int64_t factor, int64_t divisor, quantity_round round,
                    int64_t *out);

/** Bytes of libvirt's unit words ("KiB", "MB", "b", "G", ...); NULL = KiB. 0 = no such unit. */
int64_t quantity_libvirt_bytes(const char *unit);

/** Factor of an OVF unit ("byte * 2^20", "hertz * 10^6", "MegaBytes"), in bytes or hertz; NULL =
 *  1. 0 = no such unit. */
int64_t quantity_ovf_factor(const char *unit);

#endif
