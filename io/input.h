/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file input.h
 * Bytes in: a file, standard input or memory, plain or gzip-compressed; and the files of a folder.
 */
#ifndef BERTH_IO_INPUT_H
#define BERTH_IO_INPUT_H

#include <berth/context.h>

typedef struct input input;

/** Opens @p path ("-" = standard input). @param[out] out owned by the caller; input_close().
 *  @return BERTH_OK, BERTH_E_READ, BERTH_E_NOMEM; the detail is set. */
berth_status input_open(berth_context *ctx, const char *path, input **out);

/** The same; @p name stands in messages. */
berth_status input_open_as(berth_context *ctx, const char *path, const char *name, input **out);

/** The same from memory, borrowed until input_close(); @p name stands in messages. */
berth_status input_open_memory(berth_context *ctx, const void *bytes, size_t size, const char *name,
                               input **out);

/** Up to @p size uncompressed bytes into @p buffer; *got = 0 is the end.
 *  @return BERTH_OK, BERTH_E_READ (detail set). */
berth_status input_read(input *in, void *buffer, size_t size, size_t *got);

/** The name for messages; borrowed. */
const char *input_name(const input *in);

/** NULL is harmless. */
void input_close(input *in);

/** The file that @p path names: itself, or what follows the '=' of OBJECT=FILE if there is no file
 *  of that name. Borrowed from @p path. */
const char *input_file_of(const char *path);

/** True if @p path is a folder. */
bool input_is_folder(const char *path);

/** The XML files (*.xml, *.xml.gz) directly in folder @p path, by name, and QueryOptions.xml in its
 * sub-folders; hidden files and all else in sub-folders are left out. @param[out] paths owned by
 * the caller; input_free_paths(). */
berth_status input_list_folder(berth_context *ctx, const char *path, char ***paths,
                               uint32_t *count);

/** NULL is harmless. */
void input_free_paths(berth_context *ctx, char **paths, uint32_t count);

#endif
