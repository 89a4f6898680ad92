/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps in flight over time by a sweep: starts and ends are sorted each by itself; between two
 * moments the number in flight stays, and each column keeps the most it has seen.
 */
#include "gantt_load.h"
#include "context_internal.h"
#include <assert.h>
#include <string.h>

static bool touches(const berth_plan_step *step, uint32_t host) {
  return host == BERTH_NONE || step->from == host || step->to == host || step->host == host;
}

/* ---------------------------------------------------------------------------- peaks */

static void sink(int64_t *times, uint32_t at, uint32_t count) {
  int64_t moving = times[at];
  for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
    if (child + 1 < count && times[child] < times[child + 1])
      child++;
    if (moving >= times[child])
      break;
    times[at] = times[child];
    at = child;
  }
  times[at] = moving;
}

/* Heap sort, as for bars. */
static void sort_times(int64_t *times, uint32_t count) {
  assert(times != NULL);
  for (uint32_t i = count / 2; i > 0; i--)
    sink(times, i - 1, count);
  for (uint32_t left = count; left > 1; left--) {
    int64_t last = times[0];
    times[0] = times[left - 1];
    times[left - 1] = last;
    sink(times, 0, left - 1);
  }
}

/* When the steps that count begin and end; sorted. */
typedef struct flight_times {
  int64_t *starts, *ends;
  uint32_t count;
} flight_times;

static void collect(const gantt_chart *chart, uint32_t host, flight_times *times) {
  for (uint32_t i = 0; i < chart->bar_count; i++) {
    gantt_segment parts[GANTT_SEGMENTS_MAX];
    uint32_t count;
    if (!touches(chart->bars[i].step, host))
      continue;
    count = gantt_bar_latest(&chart->bars[i], parts);
    while (count > 0 && parts[count - 1].part == GANTT_SETTLE)
      count--;
    uint32_t first = parts[0].part == GANTT_SLACK ? 1 : 0;
    assert(first < count);
    if (parts[count - 1].to == parts[first].from)
      continue;
    times->starts[times->count] = parts[first].from;
    times->ends[times->count++] = parts[count - 1].to;
  }
  sort_times(times->starts, times->count);
  sort_times(times->ends, times->count);
}

/* `flying` steps are in flight from `from` to `to`. */
static void raise_peaks(const gantt_chart *chart, uint32_t columns, uint32_t *peaks, int64_t from,
                        int64_t to, uint32_t flying) {
  if (to <= from || flying == 0)
    return;
  int64_t last = (to * columns - 1) / chart->span;
  for (int64_t column = from * columns / chart->span; column <= last && column < columns; column++)
    if (peaks[column] < flying)
      peaks[column] = flying;
}

static void sweep(const gantt_chart *chart, uint32_t columns, uint32_t *peaks,
                  const flight_times *times) {
  uint32_t begun = 0, ended = 0;
  int64_t now = 0;
  while (ended < times->count) {
    bool begins = begun < times->count && times->starts[begun] < times->ends[ended];
    int64_t next = begins ? times->starts[begun] : times->ends[ended];
    assert(next >= now && begun >= ended);
    raise_peaks(chart, columns, peaks, now, next, begun - ended);
    now = next;
    if (begins)
      begun++;
    else
      ended++;
  }
}

berth_status gantt_load_peaks(const gantt_chart *chart, uint32_t host, uint32_t columns,
                              uint32_t *peaks) {
  flight_times times = {NULL, NULL, 0};
  berth_status status = BERTH_E_NOMEM;
  assert(columns > 0 && peaks != NULL && chart->span >= 1);
  memset(peaks, 0, columns * sizeof *peaks);
  times.starts = context_take(chart->ctx, (size_t)chart->bar_count + 1, sizeof *times.starts);
  times.ends = context_take(chart->ctx, (size_t)chart->bar_count + 1, sizeof *times.ends);
  if (times.starts == NULL || times.ends == NULL)
    goto done;
  collect(chart, host, &times);
  sweep(chart, columns, peaks, &times);
  status = BERTH_OK;
done:
  context_release(chart->ctx, times.starts);
  context_release(chart->ctx, times.ends);
  return status;
}

/* ---------------------------------------------------------------------------- busiest hosts */

static void count_touch(uint32_t *steps, uint32_t host_count, uint32_t host) {
  if (host == BERTH_NONE)
    return;
  assert(host < host_count);
  (void)host_count;
  steps[host]++;
}

/* Puts a host into the list of the busiest where it belongs, if it does. */
static void rank(gantt_busy_host *list, uint32_t *count, uint32_t most, gantt_busy_host host) {
  uint32_t at = *count;
  while (at > 0 && list[at - 1].steps < host.steps)
    at--;
  if (at >= most)
    return;
  if (*count < most)
    (*count)++;
  for (uint32_t i = *count - 1; i > at; i--)
    list[i] = list[i - 1];
  list[at] = host;
}

berth_status gantt_load_busiest(const gantt_chart *chart, uint32_t host_count, uint32_t most,
                                gantt_busy_host *out, uint32_t *count, uint32_t *touched) {
  uint32_t *steps = context_take(chart->ctx, (size_t)host_count + 1, sizeof *steps);
  assert(most > 0 && out != NULL && count != NULL && touched != NULL);
  *count = *touched = 0;
  if (steps == NULL)
    return BERTH_E_NOMEM;
  for (uint32_t i = 0; i < chart->bar_count; i++) {
    const berth_plan_step *step = chart->bars[i].step;
    count_touch(steps, host_count, step->from);
    count_touch(steps, host_count, step->to);
    count_touch(steps, host_count, step->host);
  }
  for (uint32_t host = 0; host < host_count; host++)
    if (steps[host] > 0) {
      rank(out, count, most, (gantt_busy_host){host, steps[host]});
      (*touched)++;
    }
  context_release(chart->ctx, steps);
  assert(*count <= most && *count <= *touched);
  return BERTH_OK;
}
