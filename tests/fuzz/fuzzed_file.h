/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzzed_file.h
 * Files in memory, for readers and writers that take a path; nothing of them stays anywhere.
 */
#ifndef BERTH_FUZZED_FILE_H
#define BERTH_FUZZED_FILE_H

#include "fuzzed_target.h"

enum { FUZZED_PATH_ROOM = 32 };

/** A file with these bytes, and its path. @return its descriptor, which close(2) ends. */
int fuzzed_file_open(const void *bytes, size_t size, char path[FUZZED_PATH_ROOM]);

/** Text that grows. Begin with {NULL, 0}. */
typedef struct fuzzed_text {
  char *bytes;
  size_t size;
} fuzzed_text;

/** A path that is written to directly, and what was written there afterwards, which free(3) ends. A
 *  pipe holds no more than FUZZED_PIPE_ROOM. */
typedef struct fuzzed_pipe {
  int ends[2];
  char path[FUZZED_PATH_ROOM];
} fuzzed_pipe;

enum { FUZZED_PIPE_ROOM = 1 << 20 };

fuzzed_pipe fuzzed_pipe_open(void);
fuzzed_text fuzzed_pipe_close(fuzzed_pipe *pipe);

#endif
