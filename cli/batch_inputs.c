/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From arguments and lists to paths. What exists is taken as it is called, so that a pattern is
 * only what names no file. Links to folders are not followed: they may lead in circles.
 */
#include "batch_inputs.h"
#include "batch_hash.h"
#include "command.h"
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MOST = 64 };

static bool no_memory(void) {
  command_say("%s", berth_status_text(BERTH_E_NOMEM));
  return false;
}

static bool push(batch_inputs *inputs, const char *path) {
  if (inputs->count == inputs->room) {
    size_t room = inputs->room > 0 ? 2 * inputs->room : 64;
    char **grown = reallocarray(inputs->paths, room, sizeof *grown);
    if (grown == NULL)
      return no_memory();
    inputs->paths = grown;
    inputs->room = room;
  }
  char *copy = strdup(path);
  if (copy == NULL)
    return no_memory();
  inputs->paths[inputs->count++] = copy;
  return true;
}

/* ---------------------------------------------------------------------- folders */

static bool ends_in(const char *name, const char *end) {
  size_t length = strlen(name), size = strlen(end);
  return length > size && strcmp(name + length - size, end) == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b) {
  return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_shown(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

static bool add_folder(batch_inputs *inputs, const char *folder, int depth);

static bool add_entry(batch_inputs *inputs, const char *folder, const char *name, int depth) {
  struct stat found;
  char *path = NULL;
  bool slash = folder[0] != '\0' && folder[strlen(folder) - 1] == '/', done = true;
  if (asprintf(&path, "%s%s%s", folder, slash ? "" : "/", name) < 0)
    return no_memory();
  if (lstat(path, &found) == 0 && S_ISDIR(found.st_mode))
    done = depth >= DEPTH_MOST || add_folder(inputs, path, depth + 1);
  else if (ends_in(name, ".xml") || ends_in(name, ".xml.gz"))
    done = (stat(path, &found) == 0 && S_ISDIR(found.st_mode)) || push(inputs, path);
  free(path);
  return done;
}

/* A folder that cannot be read is an inventory that cannot be read. */
static bool add_folder(batch_inputs *inputs, const char *folder, int depth) {
  struct dirent **entries = NULL;
  int count = scandir(folder, &entries, is_shown, by_name);
  bool done = true;
  if (count < 0)
    return errno == ENOMEM ? no_memory() : push(inputs, folder);
  for (int i = 0; i < count; i++) {
    done = done && add_entry(inputs, folder, entries[i]->d_name, depth);
    free(entries[i]);
  }
  free(entries);
  return done;
}

/* ---------------------------------------------------------------------- arguments */

static bool add_existing(batch_inputs *inputs, const char *path) {
  struct stat found;
  size_t before = inputs->count;
  if (inputs->each_directory || stat(path, &found) != 0 || !S_ISDIR(found.st_mode))
    return push(inputs, path);
  bool done = add_folder(inputs, path, 0);
  if (done && inputs->count == before && !command_is_quiet())
    command_say("%s: warning: no *.xml and no *.xml.gz below it; --each-directory takes a "
                "directory for one inventory",
                path);
  return done;
}

bool batch_inputs_add(batch_inputs *inputs, const char *path) {
  struct stat found;
  glob_t matches;
  if (lstat(path, &found) == 0 || strpbrk(path, "*?[") == NULL)
    return add_existing(inputs, path);
  int result = glob(path, GLOB_ERR, NULL, &matches);
  if (result == GLOB_NOSPACE)
    return no_memory();
  if (result != 0) /* as shells do: a file of that name, which is not there */
    return push(inputs, path);
  bool done = true;
  for (size_t i = 0; i < matches.gl_pathc && done; i++)
    done = add_existing(inputs, matches.gl_pathv[i]);
  globfree(&matches);
  return done;
}

bool batch_inputs_add_list(batch_inputs *inputs, FILE *list, const char *name, int separator) {
  char *entry = NULL;
  size_t room = 0;
  ssize_t length;
  bool done = true;
  errno = 0;
  while (done && (length = getdelim(&entry, &room, separator, list)) >= 0) {
    if (length > 0 && entry[length - 1] == (char)separator)
      entry[--length] = '\0';
    if (strlen(entry) != (size_t)length) {
      command_say("%s: the list has a NUL in it; --null reads lists that NULs part", name);
      done = false;
    } else if (length > 0) {
      done = batch_inputs_add(inputs, entry);
    }
  }
  if (done && !feof(list)) {
    command_say("%s: the list cannot be read: %s", name, strerror(errno));
    done = false;
  }
  free(entry);
  return done;
}

uint64_t batch_inputs_digest(const batch_inputs *inputs) {
  uint64_t hash = BATCH_HASH_EMPTY;
  for (size_t i = 0; i < inputs->count; i++)
    hash = batch_hash(hash, inputs->paths[i], strlen(inputs->paths[i]) + 1);
  return hash;
}

void batch_inputs_free(batch_inputs *inputs) {
  for (size_t i = 0; i < inputs->count; i++)
    free(inputs->paths[i]);
  free(inputs->paths);
  *inputs = (batch_inputs){0};
}

/* ---------------------------------------------------------------------- identities */

static int64_t modified_of(const struct stat *found) {
  return (int64_t)found->st_mtim.tv_sec * 1000000000 + found->st_mtim.tv_nsec;
}

/* A sum, since entries come in any order. */
static batch_identity identity_of_folder(const char *path) {
  batch_identity sum = {0, 0};
  uint64_t hashes = 0;
  DIR *folder = opendir(path);
  if (folder == NULL)
    return (batch_identity){-1, 0};
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    struct stat found;
    if (fstatat(dirfd(folder), entry->d_name, &found, 0) != 0 || !S_ISREG(found.st_mode))
      continue;
    int64_t modified = modified_of(&found);
    uint64_t hash = batch_hash(BATCH_HASH_EMPTY, entry->d_name, strlen(entry->d_name));
    hashes += batch_hash(batch_hash(hash, &modified, sizeof modified), &found.st_size,
                         sizeof found.st_size);
    sum.size += found.st_size;
  }
  (void)closedir(folder);
  sum.modified = (int64_t)(hashes >> 1);
  return sum;
}

batch_identity batch_identity_of(const char *path) {
  struct stat found;
  if (stat(path, &found) != 0)
    return (batch_identity){-1, 0};
  if (S_ISDIR(found.st_mode))
    return identity_of_folder(path);
  return (batch_identity){found.st_size, modified_of(&found)};
}
