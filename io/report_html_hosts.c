/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts before and after, as two bars each for CPU and memory: what stays in one piece, what
 * leaves, arrives or restarts VM by VM. Few hosts are all shown. Of many there is an overview
 * first, then those that change most. Lengths are in hundredths of a percent of the row, so the
 * bars fit every width; all hosts share one scale, and the frame of a bar is the host's capacity.
 */
#include "context_internal.h"
#include "report_html.h"
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
  HOSTS_MOST = 48,    /* rows of hosts */
  CLUSTERS_MOST = 24, /* rows of clusters */
  PIECES_MOST = 24,   /* VMs of a bar that have a piece of their own */
  FULL = 10000,       /* the length of a row */
  BAR = 9,
  BAR_PITCH = 11
};

/* A VM of a bar: it leaves, is down, arrives or restarts. */
typedef struct mover {
  uint32_t row; /* of its host */
  uint8_t kind; /* change_kind; those of the first bar come before those of the second */
  uint32_t vm;
  int64_t memory;
} mover;

/* What is shown of hosts, while it is written. */
typedef struct host_rows {
  const report_page *page;
  const plan_change *change;
  const berth_inventory *inventory;
  FILE *stream;
  uint32_t *chosen; /* [row] hosts in the order of the inventory */
  uint32_t count;
  uint32_t *row_of; /* [host] or BERTH_NONE */
  mover *movers;    /* by row, kind, size */
  uint32_t mover_count;
  int64_t scale[CHANGE_RESOURCES]; /* amount of a bar of full length */
} host_rows;

/* ---------------------------------------------------------------------------- choice */

typedef struct weighed_host {
  int64_t weight;
  uint32_t host;
} weighed_host;

static int by_weight(const void *left, const void *right) {
  const weighed_host *a = left, *b = right;
  if (a->weight != b->weight)
    return a->weight > b->weight ? -1 : 1;
  return a->host < b->host ? -1 : a->host > b->host;
}

/* Takes those of `order` that weigh something, until `most` are taken. */
static void take_first(host_rows *rows, const weighed_host *order, uint32_t most) {
  uint32_t hosts = rows->change->host_count;
  for (uint32_t i = 0; i < hosts && rows->count < most && order[i].weight > 0; i++) {
    if (rows->row_of[order[i].host] == BERTH_NONE)
      rows->count++;
    rows->row_of[order[i].host] = 0;
  }
}

static void take_heaviest(host_rows *rows, weighed_host *order, host_change_side side,
                          uint32_t most) {
  uint32_t hosts = rows->change->host_count;
  for (uint32_t h = 0; h < hosts; h++)
    order[h] = (weighed_host){host_change_weight(&rows->change->hosts[h], side), h};
  qsort(order, hosts, sizeof *order, by_weight);
  take_first(rows, order, most);
}

/* All where they are few; else half of them those that give most, and half those that get most. */
static berth_status choose(host_rows *rows) {
  uint32_t hosts = rows->change->host_count;
  weighed_host *order = context_take(rows->page->ctx, (size_t)hosts + 1, sizeof *order);
  if (order == NULL)
    return BERTH_E_NOMEM;
  for (uint32_t h = 0; h < hosts; h++)
    rows->row_of[h] = hosts <= HOSTS_MOST ? 0 : BERTH_NONE;
  if (hosts > HOSTS_MOST) {
    take_heaviest(rows, order, HOST_GIVES, HOSTS_MOST / 2);
    take_heaviest(rows, order, HOST_GETS, HOSTS_MOST);
    take_heaviest(rows, order, HOST_GIVES, HOSTS_MOST);
  }
  rows->count = 0;
  for (uint32_t h = 0; h < hosts; h++) {
    if (rows->row_of[h] == BERTH_NONE)
      continue;
    rows->row_of[h] = rows->count;
    rows->chosen[rows->count++] = h;
  }
  assert(rows->count <= HOSTS_MOST);
  context_release(rows->page->ctx, order);
  return BERTH_OK;
}

static int64_t longest_of(const host_change *host, uint32_t resource) {
  int64_t before = host_change_used_before(host, resource) + host->amount[resource][CHANGE_DOWN];
  int64_t after = host_change_used_after(host, resource);
  int64_t longest = before > after ? before : after;
  int64_t capacity = host->capacity[resource] == BERTH_UNLIMITED ? 0 : host->capacity[resource];
  return longest > capacity ? longest : capacity;
}

static void take_scale(host_rows *rows) {
  for (uint32_t r = 0; r < CHANGE_RESOURCES; r++) {
    rows->scale[r] = 1;
    for (uint32_t row = 0; row < rows->count; row++) {
      int64_t longest = longest_of(&rows->change->hosts[rows->chosen[row]], r);
      rows->scale[r] = longest > rows->scale[r] ? longest : rows->scale[r];
    }
  }
}

/* ---------------------------------------------------------------------------- movers */

static int by_row(const void *left, const void *right) {
  const mover *a = left, *b = right;
  if (a->row != b->row)
    return a->row < b->row ? -1 : 1;
  if (a->kind != b->kind)
    return a->kind < b->kind ? -1 : 1;
  if (a->memory != b->memory)
    return a->memory > b->memory ? -1 : 1;
  return a->vm < b->vm ? -1 : a->vm > b->vm;
}

static void add_mover(host_rows *rows, uint32_t host, uint8_t kind, uint32_t vm) {
  if (host == BERTH_NONE || kind == CHANGE_STAYS || rows->row_of[host] == BERTH_NONE)
    return;
  int64_t memory = berth_inventory_vm_demand(rows->inventory, vm, BERTH_RESOURCE_MEMORY);
  if (rows->movers != NULL)
    rows->movers[rows->mover_count] = (mover){rows->row_of[host], kind, vm, memory};
  rows->mover_count++;
}

static void add_movers(host_rows *rows) {
  rows->mover_count = 0;
  for (uint32_t vm = 0; vm < berth_inventory_vm_count(rows->inventory); vm++) {
    add_mover(rows, rows->change->before[vm], rows->change->first[vm], vm);
    add_mover(rows, rows->change->after[vm], rows->change->last[vm], vm);
  }
}

/* Counted first, then taken. */
static berth_status take_movers(host_rows *rows) {
  add_movers(rows);
  rows->movers = context_take(rows->page->ctx, (size_t)rows->mover_count + 1, sizeof *rows->movers);
  if (rows->movers == NULL)
    return BERTH_E_NOMEM;
  add_movers(rows);
  qsort(rows->movers, rows->mover_count, sizeof *rows->movers, by_row);
  return BERTH_OK;
}

/* ---------------------------------------------------------------------------- bars */

/* Where a bar has got to. */
typedef struct bar_end {
  const host_rows *rows;
  uint32_t resource;
  int64_t scale;
  int y;
  int64_t used; /* amount so far */
} bar_end;

static void put_length(FILE *stream, const char *attribute, int64_t parts) {
  assert(parts >= 0 && parts <= FULL);
  fprintf(stream, " %s=\"%d.%02d%%\"", attribute, (int)(parts / 100), (int)(parts % 100));
}

static int64_t parts_of(const bar_end *bar, int64_t amount) {
  int64_t parts = change_share(amount, bar->scale, FULL);
  return parts < FULL ? parts : FULL;
}

/* Opens a piece of the bar; the caller writes its title and closes it. False: it has no length. */
static bool begin_piece(bar_end *bar, change_kind kind, int64_t amount) {
  static const char *const classes[CHANGE_KIND_COUNT] = {"stays", "leaves", "down", "arrives",
                                                         "restarts"};
  int64_t from = parts_of(bar, bar->used), to = parts_of(bar, bar->used + amount);
  if (amount <= 0)
    return false;
  bar->used += amount;
  fprintf(bar->rows->stream, "<rect class=\"b-%s\" y=\"%d\" height=\"%d\"", classes[kind], bar->y,
          BAR);
  put_length(bar->rows->stream, "x", from);
  put_length(bar->rows->stream, "width", to > from ? to - from : 1);
  fputs("><title>", bar->rows->stream);
  return true;
}

static void end_piece(const bar_end *bar, int64_t amount) {
  if (bar->resource == BERTH_RESOURCE_MEMORY)
    fprintf(bar->rows->stream, ": %s</title></rect>", text_memory(amount).text);
  else
    fprintf(bar->rows->stream, ": %" PRId64 " MHz</title></rect>", amount);
}

static void put_group(bar_end *bar, change_kind kind, int64_t amount, uint32_t vms) {
  if (!begin_piece(bar, kind, amount))
    return;
  fprintf(bar->rows->stream, "%" PRIu32 " VM%s: %s", vms, vms == 1 ? "" : "s",
          change_kind_word(kind));
  end_piece(bar, amount);
}

static void put_mover(bar_end *bar, const mover *piece) {
  const host_rows *rows = bar->rows;
  int64_t amount = berth_inventory_vm_demand(rows->inventory, piece->vm, bar->resource);
  uint32_t other = piece->kind == CHANGE_LEAVES || piece->kind == CHANGE_DOWN
                       ? rows->change->after[piece->vm]
                       : rows->change->before[piece->vm];
  const char *word = piece->kind == CHANGE_LEAVES || piece->kind == CHANGE_DOWN ? "to" : "from";
  if (!begin_piece(bar, (change_kind)piece->kind, amount))
    return;
  page_put(rows->stream, berth_inventory_vm_label(rows->inventory, piece->vm), PAGE_NAME_MOST);
  fprintf(rows->stream, " %s", change_kind_word((change_kind)piece->kind));
  if (other != BERTH_NONE) {
    fprintf(rows->stream, ", %s ", word);
    page_put(rows->stream, berth_inventory_host_label(rows->inventory, other), PAGE_NAME_MOST);
  }
  end_piece(bar, amount);
}

/* The VMs of one kind: each by itself, the last many of a long list in one piece. */
static void put_kind(bar_end *bar, uint32_t row, change_kind kind) {
  const host_rows *rows = bar->rows;
  const mover wanted = {.row = row, .kind = (uint8_t)kind, .memory = INT64_MAX};
  uint32_t low = 0, high = rows->mover_count, drawn = 0, more = 0;
  int64_t rest = 0;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (by_row(&rows->movers[middle], &wanted) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  for (; low < rows->mover_count && rows->movers[low].row == row && rows->movers[low].kind == kind;
       low++) {
    if (drawn++ < PIECES_MOST) {
      put_mover(bar, &rows->movers[low]);
    } else {
      more++;
      rest += berth_inventory_vm_demand(rows->inventory, rows->movers[low].vm, bar->resource);
    }
  }
  put_group(bar, kind, rest, more);
}

/* Frame, pieces, and a line at the capacity. `row` BERTH_NONE: all pieces are groups. */
static void put_bar(const host_rows *rows, const host_change *host, uint32_t row, uint32_t resource,
                    int64_t scale, bool after) {
  static const change_kind kinds[2][3] = {{CHANGE_STAYS, CHANGE_LEAVES, CHANGE_DOWN},
                                          {CHANGE_STAYS, CHANGE_ARRIVES, CHANGE_RESTARTS}};
  bar_end bar = {rows, resource, scale, after ? BAR_PITCH + 1 : 1, 0};
  bool on = after ? host->on_after : host->on_before;
  int64_t capacity =
      parts_of(&bar, host->capacity[resource] == BERTH_UNLIMITED ? 0 : host->capacity[resource]);
  fprintf(rows->stream, "<rect class=\"%s\" y=\"%d\" height=\"%d\" x=\"0\"",
          on ? "b-free" : "b-off", bar.y, BAR);
  put_length(rows->stream, "width", capacity);
  fputs("/>", rows->stream);
  for (int i = 0; i < 3; i++) {
    if (row == BERTH_NONE || kinds[after][i] == CHANGE_STAYS)
      put_group(&bar, kinds[after][i], host->amount[resource][kinds[after][i]],
                host->vms[kinds[after][i]]);
    else
      put_kind(&bar, row, kinds[after][i]);
  }
  fprintf(rows->stream, "<rect class=\"b-limit\" width=\"2\" y=\"%d\" height=\"%d\"", bar.y - 1,
          BAR + 2);
  put_length(rows->stream, "x", capacity);
  fputs("/>", rows->stream);
}

/* "CPU 12 % → 40 %" above the two bars. */
static void put_load(const host_rows *rows, const host_change *host, uint32_t row,
                     uint32_t resource, int64_t scale) {
  static const char *const names[CHANGE_RESOURCES] = {"CPU", "memory"};
  int64_t before = host_change_used_before(host, resource);
  int64_t after = host_change_used_after(host, resource), capacity = host->capacity[resource];
  fprintf(rows->stream,
          "<div class=\"load\" data-resource=\"%s\" data-capacity=\"%" PRId64
          "\" data-before=\"%" PRId64 "\" data-after=\"%" PRId64 "\"><span>%s</span> %" PRId64
          " %% \u2192 <b%s>%" PRId64 " %%</b>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
          "class=\"bars\" role=\"img\" aria-label=\"%s before and after\">",
          berth_inventory_resource_name(rows->inventory, resource), capacity, before, after,
          names[resource], change_share(before, capacity, 100),
          after > capacity ? " class=\"bad\"" : "", change_share(after, capacity, 100),
          names[resource]);
  put_bar(rows, host, row, resource, scale, false);
  put_bar(rows, host, row, resource, scale, true);
  fputs("</svg></div>\n", rows->stream);
}

static void put_vm_count(FILE *stream, const host_change *host) {
  uint32_t before = host->vms[CHANGE_STAYS] + host->vms[CHANGE_LEAVES];
  uint32_t after = host->vms[CHANGE_STAYS] + host->vms[CHANGE_ARRIVES] + host->vms[CHANGE_RESTARTS];
  if (before == after && host->vms[CHANGE_LEAVES] == 0)
    fprintf(stream,
            "<span class=\"count\" data-vms-before=\"%" PRIu32 "\" data-vms-after=\"%" PRIu32
            "\">%" PRIu32 " VM%s</span>",
            before, after, after, after == 1 ? "" : "s");
  else
    fprintf(stream,
            "<span class=\"count\" data-vms-before=\"%" PRIu32 "\" data-vms-after=\"%" PRIu32
            "\">%" PRIu32 " \u2192 %" PRIu32 " VMs</span>",
            before, after, before, after);
  if (host->vms[CHANGE_DOWN] > 0)
    fprintf(stream,
            " <span class=\"count bad\" data-vms-down=\"%" PRIu32 "\">%" PRIu32 " down</span>",
            host->vms[CHANGE_DOWN], host->vms[CHANGE_DOWN]);
}

static const char *mark_class(const host_change *host, berth_host_state state) {
  if (host->wakes)
    return "mark good";
  if (host->powers_down || host->enters_maintenance)
    return "mark care";
  return state == BERTH_HOST_STANDBY ? "mark" : "mark bad";
}

static void put_host(const host_rows *rows, uint32_t row) {
  uint32_t host = rows->chosen[row];
  const host_change *change = &rows->change->hosts[host];
  const char *mark = host_change_mark(rows->inventory, host, change);
  fprintf(rows->stream, "<div class=\"host\" data-host=\"%" PRIu32 "\">\n<div class=\"who\">",
          host);
  page_put_name(rows->stream, berth_inventory_host_label(rows->inventory, host));
  if (mark[0] != '\0')
    fprintf(rows->stream, " <span class=\"%s\">%s</span>",
            mark_class(change, berth_inventory_host_state(rows->inventory, host)), mark);
  fputs(" <br/>", rows->stream);
  put_vm_count(rows->stream, change);
  fputs("</div>\n", rows->stream);
  for (uint32_t r = 0; r < CHANGE_RESOURCES; r++)
    put_load(rows, change, row, r, rows->scale[r]);
  fputs("</div>\n", rows->stream);
}

/* ---------------------------------------------------------------------------- clusters */

static void sum_cluster(const host_rows *rows, uint32_t cluster, host_change *sum) {
  uint32_t first = berth_inventory_cluster_first_host(rows->inventory, cluster);
  uint32_t end = berth_inventory_cluster_first_host(rows->inventory, cluster + 1);
  *sum = (host_change){.on_before = false};
  for (uint32_t h = first; h < end; h++)
    host_change_add(sum, &rows->change->hosts[h]);
}

static void put_cluster(const host_rows *rows, uint32_t cluster) {
  host_change sum;
  uint32_t hosts = berth_inventory_cluster_first_host(rows->inventory, cluster + 1) -
                   berth_inventory_cluster_first_host(rows->inventory, cluster);
  sum_cluster(rows, cluster, &sum);
  fprintf(rows->stream,
          "<div class=\"host cluster\" data-cluster=\"%" PRIu32 "\">\n<div class=\"who\">cluster ",
          cluster);
  page_put_name(rows->stream, berth_inventory_cluster_id(rows->inventory, cluster));
  fprintf(rows->stream, " <br/><span class=\"count\">%" PRIu32 " host%s, </span>", hosts,
          hosts == 1 ? "" : "s");
  put_vm_count(rows->stream, &sum);
  fputs("</div>\n", rows->stream);
  for (uint32_t r = 0; r < CHANGE_RESOURCES; r++)
    put_load(rows, &sum, BERTH_NONE, r, longest_of(&sum, r));
  fputs("</div>\n", rows->stream);
}

static void put_clusters(const host_rows *rows) {
  uint32_t clusters = berth_inventory_cluster_count(rows->inventory);
  if (rows->change->host_count < 2)
    return;
  fputs("<div class=\"hosts\">\n", rows->stream);
  for (uint32_t c = 0; c < clusters && c < CLUSTERS_MOST; c++)
    put_cluster(rows, c);
  fputs("</div>\n", rows->stream);
  if (clusters > CLUSTERS_MOST)
    fprintf(rows->stream, "<p class=\"rest\">Shown: %d of %" PRIu32 " clusters.</p>\n",
            CLUSTERS_MOST, clusters);
}

/* ---------------------------------------------------------------------------- section */

static void put_legend(FILE *stream) {
  static const char *const entries[][2] = {
      {"stays", "stays"},     {"leaves", "leaves"}, {"down", "is down"},   {"arrives", "arrives"},
      {"restarts", "starts"}, {"free", "free"},     {"off", "host is off"}};
  fputs("<p class=\"legend\">", stream);
  for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
    fprintf(stream,
            "<span><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"14\" height=\"10\">"
            "<rect class=\"b-%s\" x=\"0\" y=\"0\" width=\"14\" height=\"10\"/></svg> %s</span> ",
            entries[i][0], entries[i][1]);
  fputs("Upper bar: before; lower bar: after; the line is the capacity.</p>\n", stream);
}

static void put_rows(const host_rows *rows) {
  uint32_t hosts = rows->change->host_count;
  if (hosts > rows->count && rows->count > 0)
    fprintf(rows->stream,
            "<p class=\"rest\">The %" PRIu32 " hosts that change most, of %" PRIu32 ".</p>\n",
            rows->count, hosts);
  if (rows->count == 0)
    return;
  fputs("<div class=\"hosts\">\n", rows->stream);
  for (uint32_t row = 0; row < rows->count; row++)
    put_host(rows, row);
  fputs("</div>\n", rows->stream);
}

static bool is_empty(const plan_change *change) {
  for (uint32_t h = 0; h < change->host_count; h++) {
    if (host_change_weight(&change->hosts[h], HOST_GIVES) > 0 ||
        host_change_weight(&change->hosts[h], HOST_GETS) > 0 ||
        change->hosts[h].vms[CHANGE_STAYS] > 0)
      return false;
  }
  return true;
}

berth_status report_hosts(const report_page *page) {
  host_rows rows = {.page = page,
                    .change = &page->change,
                    .inventory = page->text.inventory,
                    .stream = page->stream};
  uint32_t hosts = rows.change->host_count;
  berth_status status = BERTH_E_NOMEM;
  if (is_empty(rows.change))
    return BERTH_OK;
  rows.chosen = context_take(page->ctx, HOSTS_MOST, sizeof *rows.chosen);
  rows.row_of = context_take(page->ctx, (size_t)hosts + 1, sizeof *rows.row_of);
  if (rows.chosen == NULL || rows.row_of == NULL || (status = choose(&rows)) != BERTH_OK ||
      (status = take_movers(&rows)) != BERTH_OK)
    goto done;
  take_scale(&rows);
  page_section_begin(page->stream, "hosts", "Hosts before and after");
  put_legend(page->stream);
  put_clusters(&rows);
  if (hosts > HOSTS_MOST)
    status = report_overview(page);
  put_rows(&rows);
  page_section_end(page->stream);
done:
  context_release(page->ctx, rows.chosen);
  context_release(page->ctx, rows.row_of);
  context_release(page->ctx, rows.movers);
  return status;
}
