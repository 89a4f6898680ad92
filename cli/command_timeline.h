/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file command_timeline.h
 * The part of berth simulate that runs HA timelines: its options, and running one.
 */
#ifndef BERTH_CLI_COMMAND_TIMELINE_H
#define BERTH_CLI_COMMAND_TIMELINE_H

#include "command.h"
#include <berth/timeline_run.h>

/** Values of the options. Initialise with command_timeline_init(). */
typedef struct command_timeline {
  berth_timeline_request request; /* without its scenario */
  berth_ha_timing timing;
  const char *report; /* NULL = none */
  const char *given;  /* the first option of a timeline that was given; NULL = none */
} command_timeline;

/** --until, --approve, --timing, --storage-protection, --report; a child parser whose input is a
 *  command_timeline. */
extern const struct argp command_timeline_argp;

void command_timeline_init(command_timeline *timeline);

/** Runs @p scenario and writes the timeline. @return an exit status. */
int command_timeline_run(berth_context *ctx, const command_timeline *timeline,
                         const berth_inventory *inventory, const berth_scenario *scenario,
                         berth_format format, const char *output, bool verbose);

#endif
