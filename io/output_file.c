/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing files that are never half there: a temporary file in the target's folder (a rename does
 * not cross file systems), fsync, rename, fsync of the folder. The temporary is made with open(2)
 * rather than mkstemp(3), so that a new file gets the permissions that the process's umask grants.
 */
#define _XOPEN_SOURCE 700 /* realpath */
#include "output_file.h"

#include "context_internal.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMPORARY_ATTEMPTS = 1000 };

struct output_file {
  berth_context *ctx;
  FILE *stream;
  char *target;    /* after symbolic links; NULL = written directly */
  char *temporary; /* NULL = none on disk */
  char *shown;     /* the path as the caller wrote it, for messages */
};

static berth_status fail(const output_file *file, berth_status status, const char *what) {
  const berth_position position = {.source = file->shown};
  assert(status != BERTH_OK);
  return context_fail(file->ctx, status, &position, "%s: %s", what, strerror(errno));
}

/* Sets errno where it fails, like the system calls it stands between. */
static char *copy_text(berth_context *ctx, const char *text) {
  const size_t size = strlen(text) + 1;
  char *copy = context_take(ctx, size, 1);
  errno = copy == NULL ? ENOMEM : errno;
  if (copy != NULL)
    memcpy(copy, text, size);
  return copy;
}

/* Where the folder part of a path ends: behind the last slash, 0 if there is none. */
static size_t folder_length(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

/* Makes "FOLDER/.NAME.PID-ATTEMPT.part" exclusively. Two threads that write the same target differ
 * by the attempt. Gives -1 with errno set. */
static int make_temporary(output_file *file, mode_t mode) {
  assert(file->target != NULL && file->temporary == NULL);
  const size_t folder = folder_length(file->target);
  const size_t size = strlen(file->target) + 64;
  char *name = context_take(file->ctx, size, 1);
  if (name == NULL) {
    errno = ENOMEM;
    return -1;
  }
  int descriptor = -1;
  for (int attempt = 0; attempt < TEMPORARY_ATTEMPTS; attempt++) {
    snprintf(name, size, "%.*s.%s.%ld-%d.part", (int)folder, file->target, file->target + folder,
             (long)getpid(), attempt);
    descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor >= 0 || errno != EEXIST)
      break;
  }
  if (descriptor < 0) {
    const int saved = errno;
    context_release(file->ctx, name);
    errno = saved;
    return -1;
  }
  file->temporary = name;
  return descriptor;
}

/* A regular or new target is written beside; anything else (a device, a pipe) directly. */
static int open_target(output_file *file, const char *path) {
  struct stat about;
  const bool exists = stat(path, &about) == 0;
  if (exists && !S_ISREG(about.st_mode))
    return open(path, O_WRONLY | O_CLOEXEC);
  char resolved[PATH_MAX];
  file->target = copy_text(file->ctx, exists && realpath(path, resolved) ? resolved : path);
  if (file->target == NULL)
    return -1;
  const int descriptor = make_temporary(file, 0666);
  /* A replaced file keeps its permissions as far as this user may set them. */
  if (descriptor >= 0 && exists && fchmod(descriptor, about.st_mode & 07777) != 0)
    errno = 0;
  return descriptor;
}

static int open_descriptor(output_file *file, const char *path) {
  if (strcmp(path, "-") != 0)
    return open_target(file, path);
  fflush(stdout); /* what the caller printed before stands before */
  return dup(STDOUT_FILENO);
}

berth_status output_file_open(berth_context *ctx, const char *path, output_file **out) {
  assert(ctx != NULL && path != NULL && out != NULL);
  *out = NULL;
  berth_status status = BERTH_E_NOMEM;
  int descriptor = -1;
  output_file *file = context_take(ctx, 1, sizeof *file);
  if (file == NULL)
    goto done;
  file->ctx = ctx;
  file->shown = copy_text(ctx, path);
  if (file->shown == NULL)
    goto done;
  descriptor = open_descriptor(file, path);
  if (descriptor >= 0)
    file->stream = fdopen(descriptor, "w");
  if (file->stream == NULL) {
    status = fail(file, errno == ENOMEM ? BERTH_E_NOMEM : BERTH_E_OPEN_OUTPUT, "cannot be created");
    goto done;
  }
  descriptor = -1; /* the stream's from here on */
  *out = file;
  file = NULL;
  status = BERTH_OK;
done:
  if (descriptor >= 0)
    close(descriptor);
  output_file_discard(file);
  return status;
}

FILE *output_file_stream(output_file *file) {
  assert(file != NULL && file->stream != NULL);
  return file->stream;
}

/* Best effort: some file systems cannot sync a folder, and the data are safe already. */
static void sync_folder(const output_file *file) {
  char folder[PATH_MAX] = ".";
  const size_t length = folder_length(file->target);
  if (length >= sizeof folder)
    return;
  if (length > 0) {
    memcpy(folder, file->target, length);
    folder[length] = '\0';
  }
  const int descriptor = open(folder, O_RDONLY | O_CLOEXEC);
  if (descriptor >= 0) {
    fsync(descriptor);
    close(descriptor);
  }
}

berth_status output_file_commit(output_file *file) {
  assert(file != NULL && file->stream != NULL);
  FILE *stream = file->stream;
  file->stream = NULL;
  errno = 0;
  bool good = ferror(stream) == 0 && fflush(stream) == 0;
  if (good && file->temporary != NULL)
    good = fsync(fileno(stream)) == 0;
  const int saved = errno == 0 ? EIO : errno;
  if (fclose(stream) != 0)
    good = false;
  else if (!good)
    errno = saved;
  if (!good)
    return fail(file, BERTH_E_WRITE, "cannot be written");
  if (file->temporary != NULL) {
    if (rename(file->temporary, file->target) != 0)
      return fail(file, BERTH_E_WRITE, "cannot be put in place");
    context_release(file->ctx, file->temporary);
    file->temporary = NULL; /* nothing left for discard to remove */
    sync_folder(file);
  }
  assert(file->stream == NULL && file->temporary == NULL);
  return BERTH_OK;
}

void output_file_discard(output_file *file) {
  if (file == NULL)
    return;
  if (file->stream != NULL)
    fclose(file->stream);
  if (file->temporary != NULL)
    unlink(file->temporary);
  context_release(file->ctx, file->temporary);
  context_release(file->ctx, file->target);
  context_release(file->ctx, file->shown);
  context_release(file->ctx, file);
}
