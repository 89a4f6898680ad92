/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file gantt_chart.h
 * A plan's steps as bars on lanes over time, one lane a host, and the chain of steps that sets how
 * long the plan may take. Text and SVG draw the same chart.
 *
 * Each bar has two executions: the earliest (everything acknowledged at once) and the latest (all
 * waits run out). What happens in between is up to the guests.
 */
#ifndef BERTH_IO_GANTT_CHART_H
#define BERTH_IO_GANTT_CHART_H

#include <berth/plan.h>

/** What a VM or a host does during a part of a bar. */
typedef enum gantt_part {
  GANTT_SLACK = 0, /* it may have begun */
  GANTT_WAIT,      /* the guest was told and has not acknowledged */
  GANTT_COPY,
  GANTT_START, /* restart or power-on */
  GANTT_WAKE,
  GANTT_HOST, /* enters maintenance, or is powered down: a moment */
  GANTT_SETTLE,
  GANTT_PART_COUNT
} gantt_part;

/** One part of a bar, in seconds from the start of the plan; from <= to. */
typedef struct gantt_segment {
  gantt_part part;
  int64_t from, to;
} gantt_segment;

enum { GANTT_SEGMENTS_MAX = 4 };

typedef struct gantt_bar {
  const berth_plan_step *step; /* borrowed from the plan */
  uint32_t host;               /* its lane: the source of a migration, else the destination */
  bool critical;
} gantt_bar;

/** The bars of one host. */
typedef struct gantt_lane {
  uint32_t host;
  uint32_t first, count; /* in `bars` */
} gantt_lane;

typedef struct gantt_chart {
  berth_context *ctx;
  gantt_bar *bars;   /* by lane, then by latest start, then by id */
  gantt_lane *lanes; /* by the latest start of their first bar, then by host */
  uint32_t *chain;   /* of the critical chain: indices of `bars`, first step first */
  uint32_t bar_count, lane_count, chain_count;
  int64_t best, worst; /* last end, earliest and latest */
  int64_t span;        /* >= 1: until all has ended and settled */
} gantt_chart;

/**
 * Charts @p plan. Its windows are taken as they are, within what can be drawn.
 * @param[out] out on success, to be ended with gantt_chart_end().
 * @return BERTH_OK, BERTH_E_NOMEM.
 */
berth_status gantt_chart_begin(berth_context *ctx, const berth_plan *plan, gantt_chart *out);

/** Frees what the chart holds; a zeroed chart is harmless. */
void gantt_chart_end(gantt_chart *chart);

/** Parts of the earliest execution, ascending and not overlapping. @return how many. */
uint32_t gantt_bar_earliest(const gantt_bar *bar, gantt_segment parts[GANTT_SEGMENTS_MAX]);

/** Parts of the latest execution, and before them the time since it may have begun. */
uint32_t gantt_bar_latest(const gantt_bar *bar, gantt_segment parts[GANTT_SEGMENTS_MAX]);

/** True if there is one execution only: no wait, and none before it. */
bool gantt_bar_is_certain(const gantt_bar *bar);

/** Seconds between two ticks of an axis over @p span with @p most parts at most: a round number of
 *  seconds, minutes, hours or days. */
int64_t gantt_tick(int64_t span, uint32_t most);

#endif
