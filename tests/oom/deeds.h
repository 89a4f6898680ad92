/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file deeds.h
 * What callers do with the library, each from its input to its output in one function.
 */
#ifndef BERTH_DEEDS_H
#define BERTH_DEEDS_H

#include <berth/io.h>
#include <stdio.h>

/** What a deed works with and leaves. */
typedef struct deed_world {
  berth_context *ctx;
  const char *project; /**< folder */
  const char *output;  /**< path of a file to write */
  FILE *sink;          /**< stream to print to, as many bytes as it takes */
} deed_world;

/** One deed. It frees all that it made, whatever happens, and leaves what it found out in the
 *  world's file and stream. */
typedef struct deed {
  const char *name;
  berth_status (*run)(const struct deed *self, const deed_world *world);
  const char *sources[4]; /**< below the project's folder */
  const char *second;     /**< scenario or plan */
  int detail;             /**< goal, or what else the deed chooses by */
} deed;

/** All of them. @param[out] count how many. */
const deed *deeds(uint32_t *count);

#endif
