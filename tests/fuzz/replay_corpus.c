/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a target on every file of the folders it is given: what fuzzing found once stays found.
 */
#include "fuzzed_target.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { INPUT_MAX = 1 << 22 };

static bool replay(const char *path) {
  FILE *file = fopen(path, "rb");
  uint8_t *bytes = file == NULL ? NULL : malloc(INPUT_MAX);
  if (bytes != NULL)
    LLVMFuzzerTestOneInput(bytes, fread(bytes, 1, INPUT_MAX, file));
  if (file != NULL)
    fclose(file);
  free(bytes);
  return bytes != NULL;
}

static size_t replay_folder(const char *path) {
  size_t count = 0;
  DIR *folder = opendir(path);
  if (folder == NULL)
    return 0;
  for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    char name[4096];
    snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
    if (entry->d_name[0] != '.' && replay(name))
      count++;
  }
  closedir(folder);
  return count;
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    const size_t count = replay_folder(argv[i]);
    printf("%s: %zu inputs\n", argv[i], count);
    if (count == 0)
      return 1;
  }
  return argc > 1 ? 0 : 1;
}
