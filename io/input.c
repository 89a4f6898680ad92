/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading bytes. zlib's gzread passes plain files through as they are, so files need no second way;
 * memory that begins with the gzip magic is inflated here, member by member.
 */
#include "input.h"

#include "checked.h"
#include "context_internal.h"
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
  FILE_BUFFER = 1 << 14, /* much less than is asked for: zlib then reads plain files past it */
  GZIP_WINDOW = 15 + 16  /* largest window, gzip wrapper: zlib's way to say so */
};

struct input {
  berth_context *ctx;
  char *name;
  gzFile file; /* NULL = from memory */
  const unsigned char *bytes;
  size_t size, used;
  bool inflating; /* the memory is gzip; `stream` is set up */
  z_stream stream;
};

static berth_status fail(const input *in, berth_status status, const char *what,
                         const char *reason) {
  const berth_position position = {.source = in->name};
  return context_fail(in->ctx, status, &position, "%s: %s", what, reason);
}

static berth_status input_new(berth_context *ctx, const char *name, input **out) {
  input *in = context_take(ctx, 1, sizeof *in);
  if (in == NULL)
    return BERTH_E_NOMEM;
  in->ctx = ctx;
  in->name = context_take(ctx, strlen(name) + 1, 1);
  if (in->name == NULL) {
    context_release(ctx, in);
    return BERTH_E_NOMEM;
  }
  memcpy(in->name, name, strlen(name) + 1);
  *out = in;
  return BERTH_OK;
}

/* gzopen would accept a folder and fail at the first read with a message about gzip. */
static int open_file(const char *path) {
  if (strcmp(path, "-") == 0)
    return dup(STDIN_FILENO);
  if (input_is_folder(path)) {
    errno = EISDIR;
    return -1;
  }
  return open(path, O_RDONLY | O_CLOEXEC);
}

berth_status input_open(berth_context *ctx, const char *path, input **out) {
  return input_open_as(ctx, path, path, out);
}

berth_status input_open_as(berth_context *ctx, const char *path, const char *name, input **out) {
  assert(ctx != NULL && path != NULL && name != NULL && out != NULL);
  *out = NULL;
  input *in = NULL;
  berth_status status = input_new(ctx, name, &in);
  if (status != BERTH_OK)
    return status;
  const int descriptor = open_file(path);
  if (descriptor < 0) {
    status = fail(in, BERTH_E_READ, "cannot be opened", strerror(errno));
    goto done;
  }
  in->file = gzdopen(descriptor, "rb");
  if (in->file == NULL) {
    close(descriptor);
    status = fail(in, BERTH_E_NOMEM, "cannot be opened", "out of memory");
    goto done;
  }
  gzbuffer(in->file, FILE_BUFFER);
  *out = in;
  in = NULL;
done:
  input_close(in);
  return status;
}

berth_status input_open_memory(berth_context *ctx, const void *bytes, size_t size, const char *name,
                               input **out) {
  assert(ctx != NULL && name != NULL && out != NULL);
  assert(bytes != NULL || size == 0);
  *out = NULL;
  input *in = NULL;
  const berth_status status = input_new(ctx, name, &in);
  if (status != BERTH_OK)
    return status;
  in->bytes = bytes;
  in->size = size;
  if (size >= 2 && in->bytes[0] == 0x1f && in->bytes[1] == 0x8b) {
    if (inflateInit2(&in->stream, GZIP_WINDOW) != Z_OK) {
      input_close(in);
      return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
    }
    in->inflating = true;
  }
  *out = in;
  return BERTH_OK;
}

/* zlib says Z_BUF_ERROR at the end of a file that is cut off inside a gzip member. */
static berth_status read_file(input *in, void *buffer, size_t size, size_t *got) {
  const unsigned wanted = size > INT_MAX ? (unsigned)INT_MAX : (unsigned)size;
  errno = 0;
  const int count = gzread(in->file, buffer, wanted);
  int error = Z_OK;
  const char *reason = gzerror(in->file, &error);
  if (count < 0 || (count == 0 && error != Z_OK)) {
    if (error == Z_ERRNO)
      reason = strerror(errno);
    else if (error == Z_BUF_ERROR)
      reason = "the compressed data end too early";
    return fail(in, error == Z_MEM_ERROR ? BERTH_E_NOMEM : BERTH_E_READ, "cannot be read", reason);
  }
  *got = (size_t)count;
  return BERTH_OK;
}

static berth_status read_plain(input *in, void *buffer, size_t size, size_t *got) {
  const size_t left = in->size - in->used;
  *got = left < size ? left : size;
  if (*got > 0)
    memcpy(buffer, in->bytes + in->used, *got);
  in->used += *got;
  assert(in->used <= in->size);
  return BERTH_OK;
}

/* Hands zlib what it has not seen yet, in pieces that fit its 32-bit counters. */
static void feed_inflate(input *in) {
  const size_t left = in->size - in->used;
  const uInt piece = left > UINT_MAX ? UINT_MAX : (uInt)left;
  in->stream.next_in = (z_const Bytef *)(in->bytes + in->used);
  in->stream.avail_in = piece;
}

/* One step of zlib. *over becomes true at the end of the last member. */
static int inflate_step(input *in, bool *over) {
  feed_inflate(in);
  const uInt before = in->stream.avail_in;
  int result = inflate(&in->stream, Z_NO_FLUSH);
  in->used += before - in->stream.avail_in;
  assert(in->used <= in->size);
  if (result != Z_STREAM_END)
    return result;
  *over = in->used == in->size;
  return *over ? Z_OK : inflateReset(&in->stream); /* another member follows */
}

static berth_status read_inflated(input *in, void *buffer, size_t size, size_t *got) {
  const uInt room = size > INT_MAX ? (uInt)INT_MAX : (uInt)size;
  bool over = false;
  in->stream.next_out = buffer;
  in->stream.avail_out = room;
  while (in->stream.avail_out == room && !over) {
    const int result = inflate_step(in, &over);
    if (result == Z_MEM_ERROR)
      return fail(in, BERTH_E_NOMEM, "cannot be read", "out of memory");
    if (result == Z_BUF_ERROR)
      return fail(in, BERTH_E_READ, "cannot be read", "the compressed data end too early");
    if (result != Z_OK)
      return fail(in, BERTH_E_READ, "cannot be read", "damaged gzip data");
  }
  *got = room - in->stream.avail_out;
  if (over) { /* from here on the memory is used up, and read_plain says so */
    inflateEnd(&in->stream);
    in->inflating = false;
  }
  return BERTH_OK;
}

berth_status input_read(input *in, void *buffer, size_t size, size_t *got) {
  assert(in != NULL && buffer != NULL && got != NULL && size > 0);
  *got = 0;
  if (in->file != NULL)
    return read_file(in, buffer, size, got);
  return in->inflating ? read_inflated(in, buffer, size, got) : read_plain(in, buffer, size, got);
}

const char *input_name(const input *in) {
  assert(in != NULL && in->name != NULL);
  return in->name;
}

void input_close(input *in) {
  if (in == NULL)
    return;
  if (in->file != NULL)
    gzclose(in->file);
  if (in->inflating)
    inflateEnd(&in->stream);
  context_release(in->ctx, in->name);
  context_release(in->ctx, in);
}

const char *input_file_of(const char *path) {
  assert(path != NULL);
  const char *equals = strchr(path, '=');
  if (equals == NULL || equals == path || equals[1] == '\0' || access(path, F_OK) == 0)
    return path;
  return memchr(path, '/', (size_t)(equals - path)) == NULL ? equals + 1 : path;
}

bool input_is_folder(const char *path) {
  struct stat about;
  assert(path != NULL);
  return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static bool ends_with(const char *text, const char *ending) {
  const size_t length = strlen(text), tail = strlen(ending);
  return length > tail && strcmp(text + length - tail, ending) == 0;
}

static bool is_wanted(const char *name) {
  return name[0] != '.' && (ends_with(name, ".xml") || ends_with(name, ".xml.gz"));
}

static int compare_paths(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Methods whose answers are read where govc object.save keeps such: FOLDER/Type-id/Method.xml. */
static const char *const methods[] = {"QueryOptions.xml", "QueryOptions.xml.gz"};

/* "FOLDER/NAME"; NULL = out of memory. */
static char *join_path(berth_context *ctx, const char *folder, const char *name) {
  const size_t size = strlen(folder) + strlen(name) + 2;
  char *path = context_take(ctx, size, 1);
  if (path != NULL)
    snprintf(path, size, "%s%s%s", folder, ends_with(folder, "/") ? "" : "/", name);
  return path;
}

/* What is read of the entry @p name: the file itself, or a method's answer in a folder. *out stays
 * NULL if it is nothing of these. */
static berth_status resolve_entry(berth_context *ctx, const char *folder, const char *name,
                                  char **out) {
  char *path = join_path(ctx, folder, name);
  if (path == NULL)
    return BERTH_E_NOMEM;
  if (!input_is_folder(path)) {
    if (is_wanted(name))
      *out = path;
    else
      context_release(ctx, path);
    return BERTH_OK;
  }
  berth_status status = BERTH_OK;
  for (size_t i = 0; status == BERTH_OK && *out == NULL && i < sizeof methods / sizeof *methods;
       i++) {
    char *answer = join_path(ctx, path, methods[i]);
    status = answer == NULL ? BERTH_E_NOMEM : BERTH_OK;
    if (answer != NULL && access(answer, F_OK) == 0 && !input_is_folder(answer))
      *out = answer;
    else
      context_release(ctx, answer);
  }
  context_release(ctx, path);
  return status;
}

static berth_status append_path(berth_context *ctx, char ***paths, uint32_t *count, uint32_t *room,
                                char *path) {
  if (*count == *room) {
    const uint32_t larger = *room == 0 ? 64 : *room * 2;
    char **grown = larger < *room ? NULL : context_grow(ctx, *paths, larger, sizeof **paths);
    if (grown == NULL) {
      context_release(ctx, path);
      return BERTH_E_NOMEM;
    }
    *paths = grown;
    *room = larger;
  }
  (*paths)[(*count)++] = path;
  return BERTH_OK;
}

berth_status input_list_folder(berth_context *ctx, const char *path, char ***paths,
                               uint32_t *count) {
  assert(ctx != NULL && path != NULL && paths != NULL && count != NULL);
  const berth_position position = {.source = path};
  char **list = NULL;
  uint32_t length = 0, room = 0;
  berth_status status = BERTH_OK;
  *paths = NULL;
  *count = 0;
  DIR *folder = opendir(path);
  if (folder == NULL)
    return context_fail(ctx, errno == ENOMEM ? BERTH_E_NOMEM : BERTH_E_READ, &position,
                        "cannot be opened: %s", strerror(errno));
  struct dirent *entry = NULL;
  while (status == BERTH_OK && (errno = 0, entry = readdir(folder)) != NULL) {
    char *joined = NULL;
    if (entry->d_name[0] != '.')
      status = resolve_entry(ctx, path, entry->d_name, &joined);
    if (joined != NULL)
      status = append_path(ctx, &list, &length, &room, joined);
  }
  if (status == BERTH_OK && errno != 0)
    status = context_fail(ctx, BERTH_E_READ, &position, "cannot be read: %s", strerror(errno));
  if (status == BERTH_OK) {
    if (length > 0)
      qsort(list, length, sizeof *list, compare_paths);
    *paths = list;
    *count = length;
    list = NULL;
  }
  closedir(folder);
  input_free_paths(ctx, list, length);
  return status;
}

void input_free_paths(berth_context *ctx, char **paths, uint32_t count) {
  if (paths == NULL)
    return;
  for (uint32_t i = 0; i < count; i++)
    context_release(ctx, paths[i]);
  context_release(ctx, paths);
}
