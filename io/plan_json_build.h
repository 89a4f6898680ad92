/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file plan_json_build.h
 * Building JSON with jansson, which says no without saying why: what went wrong is noted beside.
 */
#ifndef BERTH_IO_PLAN_JSON_BUILD_H
#define BERTH_IO_PLAN_JSON_BUILD_H

#include <berth/context.h>
#include <jansson.h>
#include <stdio.h>

/** What went wrong so far. Starts as {0}. */
typedef struct json_trouble {
  bool failed;   /* something is missing from what was built or written */
  bool not_utf8; /* since a text is not UTF-8; else for want of memory, or the stream's fault */
} json_trouble;

/** A string; NULL if there is trouble. */
json_t *json_text(const char *text, json_trouble *trouble);

/** Sets a key and gives the value away. NULL, of a constructor that failed, is trouble. */
void json_put(json_t *object, const char *key, json_t *value, json_trouble *trouble);

/** The same at the end of an array. */
void json_add(json_t *array, json_t *value, json_trouble *trouble);

/** Writes @p before and the value, and frees the value. */
void json_emit(FILE *stream, const char *before, json_t *value, json_trouble *trouble);

/** BERTH_OK also if the stream failed: a full disk is found, and said better, when the file is
 *  completed. @param what "plan", ... @return BERTH_OK, BERTH_E_INVALID (not UTF-8),
 *  BERTH_E_NOMEM. */
berth_status json_ended(berth_context *ctx, const json_trouble *trouble, FILE *stream,
                        const char *what);

#endif
