/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file batch_inputs.h
 * Which inventories a batch is about: files, what lies below folders, what patterns match, lists.
 * The order is that of the arguments; below a folder it is by name.
 */
#ifndef BERTH_CLI_BATCH_INPUTS_H
#define BERTH_CLI_BATCH_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct batch_inputs {
  char **paths; /* [count], owned */
  size_t count, room;
  bool each_directory; /* a directory is one inventory, not a folder of them */
} batch_inputs;

/** What a file is known by from one run to the next. */
typedef struct batch_identity {
  int64_t size;     /* bytes; -1 = it is not there */
  int64_t modified; /* nanoseconds since 1970; of a directory, a checksum of its entries */
} batch_identity;

/** Adds what @p path stands for: itself, what it matches if it is a pattern and not a file, the
 *  files below it if it is a folder (*.xml, *.xml.gz). Says what was in vain. False: no memory. */
bool batch_inputs_add(batch_inputs *inputs, const char *path);

/** Adds each entry of a list; @p separator ends one. False: it cannot be read, or no memory; both
 *  are said. */
bool batch_inputs_add_list(batch_inputs *inputs, FILE *list, const char *name, int separator);

/** A checksum of all paths in their order. */
uint64_t batch_inputs_digest(const batch_inputs *inputs);

batch_identity batch_identity_of(const char *path);

void batch_inputs_free(batch_inputs *inputs);

#endif
