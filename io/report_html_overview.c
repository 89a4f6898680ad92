/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many hosts at a glance: a cell each, coloured by how much of the host is used, before and after,
 * the fullest first. A host keeps its place in both pictures. Neighbours of one colour are one
 * piece of a path, so ten thousand hosts take some ten thousand bytes; the table below says how
 * many hosts each colour stands for.
 */
#include "context_internal.h"
#include "report_html.h"
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
  WIDTH = 500,
  AREA = WIDTH * 180, /* that the cells share */
  SIDE_MOST = 18,
  GAP_FROM = 6, /* cells as large as that have a gap */
  EMPTY = 0,    /* then ten tenths */
  OVER = 11,
  OFF = 12,
  BUCKETS = 13
};

typedef struct overview {
  const report_page *page;
  const plan_change *change;
  uint32_t *order;  /* [place] host */
  uint8_t *buckets; /* [place] */
  uint32_t counts[CHANGE_RESOURCES][2][BUCKETS];
} overview;

static uint8_t bucket_of(const host_change *host, uint32_t resource, bool after) {
  int64_t capacity = host->capacity[resource];
  int64_t used =
      after ? host_change_used_after(host, resource) : host_change_used_before(host, resource);
  if (!(after ? host->on_after : host->on_before))
    return OFF;
  if (used == 0)
    return EMPTY;
  if (used > capacity)
    return OVER;
  uint8_t tenths = 1; /* rounded up, without an overflow */
  while (used > capacity / 10 * tenths + capacity % 10 * tenths / 10)
    tenths++;
  assert(tenths < OVER);
  return tenths;
}

typedef struct placed_host {
  bool on;
  int64_t share;
  uint32_t host;
} placed_host;

static int fullest_first(const void *left, const void *right) {
  const placed_host *a = left, *b = right;
  if (a->on != b->on)
    return a->on ? -1 : 1;
  if (a->share != b->share)
    return a->share > b->share ? -1 : 1;
  return a->host < b->host ? -1 : a->host > b->host;
}

static berth_status put_in_order(const overview *view, uint32_t resource) {
  uint32_t hosts = view->change->host_count;
  placed_host *places = context_take(view->page->ctx, hosts, sizeof *places);
  if (places == NULL)
    return BERTH_E_NOMEM;
  for (uint32_t h = 0; h < hosts; h++) {
    const host_change *host = &view->change->hosts[h];
    places[h] = (placed_host){
        host->on_before,
        change_share(host_change_used_before(host, resource), host->capacity[resource], 1000000),
        h};
  }
  qsort(places, hosts, sizeof *places, fullest_first);
  for (uint32_t i = 0; i < hosts; i++)
    view->order[i] = places[i].host;
  context_release(view->page->ctx, places);
  return BERTH_OK;
}

/* ---------------------------------------------------------------------------- cells */

typedef struct cell_grid {
  uint32_t count, side, columns, gap;
} cell_grid;

static cell_grid grid_of(uint32_t count) {
  cell_grid grid = {.count = count, .side = SIDE_MOST};
  assert(count > 0);
  while (grid.side > 1 && (uint64_t)grid.side * grid.side * count > AREA)
    grid.side--;
  grid.columns = WIDTH / grid.side;
  grid.gap = grid.side >= GAP_FROM ? 1 : 0;
  return grid;
}

static void put_path(const overview *view, const cell_grid *grid, uint8_t bucket) {
  FILE *stream = view->page->stream;
  int height = (int)(grid->side - grid->gap);
  fprintf(stream, "<path class=\"u%d\" d=\"", bucket);
  for (uint32_t i = 0; i < grid->count; i++) {
    uint32_t column = i % grid->columns, run = 1;
    if (view->buckets[i] != bucket)
      continue;
    while (grid->gap == 0 && i + run < grid->count && column + run < grid->columns &&
           view->buckets[i + run] == bucket)
      run++;
    int width = (int)(run * grid->side - grid->gap);
    fprintf(stream, "M%" PRIu32 " %" PRIu32 "h%dv%dh-%dz", column * grid->side,
            i / grid->columns * grid->side, width, height, width);
    i += run - 1;
  }
  fputs("\"/>", stream);
}

static void put_cells(overview *view, uint32_t resource, bool after) {
  static const char *const names[CHANGE_RESOURCES] = {"CPU", "Memory"};
  cell_grid grid = grid_of(view->change->host_count);
  uint32_t *counts = view->counts[resource][after];
  for (uint32_t i = 0; i < grid.count; i++) {
    view->buckets[i] = bucket_of(&view->change->hosts[view->order[i]], resource, after);
    counts[view->buckets[i]]++;
  }
  fprintf(view->page->stream,
          "<figure><figcaption>%s %s</figcaption><svg xmlns=\"http://www.w3.org/2000/svg\" "
          "class=\"cells\" viewBox=\"0 0 %d %" PRIu32
          "\" role=\"img\" aria-label=\"%s of each host "
          "%s\">",
          names[resource], after ? "after" : "before", WIDTH,
          (grid.count + grid.columns - 1) / grid.columns * grid.side, names[resource],
          after ? "after" : "before");
  for (uint32_t bucket = 0; bucket < BUCKETS; bucket++)
    if (counts[bucket] > 0)
      put_path(view, &grid, (uint8_t)bucket);
  fputs("</svg></figure>\n", view->page->stream);
}

/* ---------------------------------------------------------------------------- counts */

static void put_bucket(const overview *view, int bucket) {
  FILE *stream = view->page->stream;
  char words[32] = "empty";
  if (bucket == OFF)
    snprintf(words, sizeof words, "off");
  else if (bucket == OVER)
    snprintf(words, sizeof words, "over 100 %%");
  else if (bucket != EMPTY)
    snprintf(words, sizeof words, "up to %d %%", bucket * 10);
  fprintf(stream,
          "<tr data-bucket=\"%d\"><th scope=\"row\"><svg xmlns=\"http://www.w3.org/2000/svg\" "
          "width=\"14\" height=\"10\"><rect class=\"u%d\" width=\"14\" height=\"10\"/></svg> "
          "%s</th>",
          bucket, bucket, words);
  for (uint32_t r = 0; r < CHANGE_RESOURCES; r++)
    for (int after = 0; after < 2; after++)
      fprintf(stream, "<td class=\"number\">%" PRIu32 "</td>", view->counts[r][after][bucket]);
  fputs("</tr>\n", stream);
}

static bool is_seen(const overview *view, int bucket) {
  return view->counts[0][0][bucket] + view->counts[0][1][bucket] + view->counts[1][0][bucket] +
             view->counts[1][1][bucket] >
         0;
}

static void put_counts(const overview *view) {
  fputs("<div class=\"wide\"><table class=\"buckets\">\n<thead><tr><th scope=\"col\">hosts used"
        "</th><th scope=\"col\" class=\"number\">CPU before</th><th scope=\"col\" "
        "class=\"number\">after</th><th scope=\"col\" class=\"number\">memory before</th>"
        "<th scope=\"col\" class=\"number\">after</th></tr></thead>\n<tbody>\n",
        view->page->stream);
  for (int bucket = OVER; bucket >= EMPTY; bucket--)
    if (is_seen(view, bucket))
      put_bucket(view, bucket);
  if (is_seen(view, OFF))
    put_bucket(view, OFF);
  fputs("</tbody>\n</table></div>\n", view->page->stream);
}

berth_status report_overview(const report_page *page) {
  overview view = {.page = page, .change = &page->change};
  uint32_t hosts = view.change->host_count;
  berth_status status = BERTH_E_NOMEM;
  view.order = context_take(page->ctx, hosts, sizeof *view.order);
  view.buckets = context_take(page->ctx, hosts, 1);
  if (view.order == NULL || view.buckets == NULL)
    goto done;
  fprintf(page->stream,
          "<p class=\"rest\">All %" PRIu32 " hosts, a cell each, the fullest at the start first; a "
          "host has the same place before and after.</p>\n<div class=\"pair\">\n",
          hosts);
  status = BERTH_OK;
  for (uint32_t r = 0; r < CHANGE_RESOURCES && status == BERTH_OK; r++) {
    if ((status = put_in_order(&view, r)) != BERTH_OK)
      break;
    put_cells(&view, r, false);
    put_cells(&view, r, true);
  }
  fputs("</div>\n", page->stream);
  put_counts(&view);
done:
  context_release(page->ctx, view.order);
  context_release(page->ctx, view.buckets);
  return status;
}
