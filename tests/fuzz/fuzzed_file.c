/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors have paths below /proc/self/fd. A writer replaces what is a file, but writes into a
 * pipe, which is large enough for all that is written at once.
 */
#define _GNU_SOURCE /* files in memory, room of pipes */
#include "fuzzed_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void name_descriptor(int descriptor, char path[FUZZED_PATH_ROOM]) {
  (void)snprintf(path, FUZZED_PATH_ROOM, "/proc/self/fd/%d", descriptor);
}

int fuzzed_file_open(const void *bytes, size_t size, char path[FUZZED_PATH_ROOM]) {
  const int file = memfd_create("fuzzed", MFD_CLOEXEC);
  fuzzed_require(file >= 0, "there is a file in memory");
  fuzzed_require(write(file, bytes, size) == (ssize_t)size, "a file in memory takes bytes");
  name_descriptor(file, path);
  return file;
}

fuzzed_pipe fuzzed_pipe_open(void) {
  fuzzed_pipe made;
  fuzzed_require(pipe(made.ends) == 0, "there is a pipe");
  fuzzed_require(fcntl(made.ends[1], F_SETPIPE_SZ, FUZZED_PIPE_ROOM) >= FUZZED_PIPE_ROOM,
                 "a pipe may be large");
  name_descriptor(made.ends[1], made.path);
  return made;
}

fuzzed_text fuzzed_pipe_close(fuzzed_pipe *made) {
  fuzzed_text text = {malloc(FUZZED_PIPE_ROOM + 1), 0};
  fuzzed_require(text.bytes != NULL, "there is memory");
  (void)close(made->ends[1]);
  ssize_t got = 0;
  while ((got = read(made->ends[0], text.bytes + text.size, FUZZED_PIPE_ROOM - text.size)) > 0)
    text.size += (size_t)got;
  text.bytes[text.size] = '\0';
  (void)close(made->ends[0]);
  return text;
}
