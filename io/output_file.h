/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file output_file.h
 * An output that appears whole or not at all: written beside its target, synced, then renamed over
 * it. "-" is standard output; devices and pipes are written directly, since a rename would replace
 * them by a file.
 *
 *   output_file *file = NULL;
 *   if ((status = output_file_open(ctx, path, &file)) != BERTH_OK) goto done;
 *   fprintf(output_file_stream(file), ...);        errors of the stream are found at commit
 *   status = output_file_commit(file);
 * done:
 *   output_file_discard(file);                     always: it frees, committed or not
 */
#ifndef BERTH_IO_OUTPUT_FILE_H
#define BERTH_IO_OUTPUT_FILE_H

#include <berth/context.h>
#include <stdio.h>

typedef struct output_file output_file;

/** Opens @p path for writing. @param[out] out owned by the caller; output_file_discard().
 *  @return BERTH_OK, BERTH_E_OPEN_OUTPUT, BERTH_E_NOMEM; the detail is set. */
berth_status output_file_open(berth_context *ctx, const char *path, output_file **out);

/** The stream to write to; borrowed, never closed by the caller. */
FILE *output_file_stream(output_file *file);

/** Makes the output visible under its name; once per file. The stream is closed.
 *  @return BERTH_OK; BERTH_E_WRITE (the target is as it was before); the detail is set. */
berth_status output_file_commit(output_file *file);

/** Frees @p file; without a commit nothing of it stays on disk. NULL is harmless. */
void output_file_discard(output_file *file);

#endif
