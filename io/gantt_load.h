/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file gantt_load.h
 * How much happens at once: where a plan has more steps than can be drawn, this is drawn instead.
 */
#ifndef BERTH_IO_GANTT_LOAD_H
#define BERTH_IO_GANTT_LOAD_H

#include "gantt_chart.h"

/** Host and how many steps touch it, as source, destination or by itself. */
typedef struct gantt_busy_host {
  uint32_t host, steps;
} gantt_busy_host;

/**
 * The most steps in flight at one moment in each of @p columns equal parts of the chart's span, in
 * the latest execution (from latest start to latest end; steps without duration do not count).
 * @param host only steps that touch it; BERTH_NONE = all.
 * @param[out] peaks [columns].
 * @return BERTH_OK, BERTH_E_NOMEM.
 */
berth_status gantt_load_peaks(const gantt_chart *chart, uint32_t host, uint32_t columns,
                              uint32_t *peaks);

/**
 * The hosts that most steps touch, the busiest first; of equals that with the smaller index.
 * @param host_count hosts of the inventory.
 * @param most room in @p out.
 * @param[out] touched hosts that any step touches; may be more than @p most.
 * @param[out] count how many of @p out are filled.
 */
berth_status gantt_load_busiest(const gantt_chart *chart, uint32_t host_count, uint32_t most,
                                gantt_busy_host *out, uint32_t *count, uint32_t *touched);

#endif
