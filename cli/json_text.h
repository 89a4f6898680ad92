/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file json_text.h
 * Strings in the JSON that the command writes by itself.
 */
#ifndef BERTH_CLI_JSON_TEXT_H
#define BERTH_CLI_JSON_TEXT_H

#include <stdbool.h>
#include <stdio.h>

/** A string with its quotes; @p text is UTF-8. */
void json_put_string(FILE *out, const char *text);

/** The same of any bytes, a path's for one: what is not UTF-8 becomes U+FFFD, a byte each. */
void json_put_bytes(FILE *out, const char *bytes);

/** A string, or null. */
void json_put_string_or_null(FILE *out, const char *text);

/** "true" or "false". */
const char *json_boolean(bool value);

#endif
