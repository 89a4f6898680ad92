/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file key_list.h
 * Arguments of the form "key=value,key=value".
 */
#ifndef BERTH_CLI_KEY_LIST_H
#define BERTH_CLI_KEY_LIST_H

#include <stddef.h>

/** The length of the first key of @p text that stands there again further on, which *key then
 * points to; 0 = every key stands there once. */
size_t key_list_repeat(const char *text, const char **key);

#endif
