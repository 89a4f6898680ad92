/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file plan_json_load.h
 * A JSON document from a file, and its fields with a name for every fault: a value of the wrong
 * type or out of range becomes a problem "FILE: steps[3].vm: what; what was expected", and the
 * reader goes on to report the next.
 */
#ifndef BERTH_IO_PLAN_JSON_LOAD_H
#define BERTH_IO_PLAN_JSON_LOAD_H

#include "context_internal.h"
#include <jansson.h>

/** Where the reader stands. */
typedef struct json_place {
  berth_context *ctx;
  const char *source; /* file name */
  char where[96];     /* "steps[3]."; "" = the document itself */
  size_t faults;      /* problems recorded so far */
} json_place;

/** Largest count of seconds a plan may speak of: sums of them fit 64 bits. */
#define JSON_SECONDS_MAX (INT64_C(1) << 50)

/** Reads @p path ("-" = standard input, gzip understood). @param[out] out owned; json_decref().
 *  @return BERTH_OK, BERTH_E_READ, BERTH_E_INVALID (with line and column), BERTH_E_LIMIT. */
berth_status json_document_load(berth_context *ctx, const char *path, json_t **out);

/** Records a fault at field @p key of the place; returns false. */
bool json_fault(json_place *place, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Fields. An absent or null one leaves *out as it was; it is a fault if @p required. False = fault
 *  recorded. Texts are borrowed from the document. */
bool json_get_text(json_place *place, const json_t *object, const char *key, bool required,
                   const char **out);
bool json_get_number(json_place *place, const json_t *object, const char *key, bool required,
                     int64_t minimum, int64_t maximum, int64_t *out);
bool json_get_boolean(json_place *place, const json_t *object, const char *key, bool *out);
/** An array; one that is absent and not required is *out = NULL, which jansson takes for empty. */
bool json_get_list(json_place *place, const json_t *object, const char *key, bool required,
                   const json_t **out);
bool json_get_object(json_place *place, const json_t *object, const char *key, bool required,
                     const json_t **out);

#endif
