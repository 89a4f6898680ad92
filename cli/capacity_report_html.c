/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capacity as a page: what fits as bars, curves over migrations and over failures with what is not
 * decided as a band, what binds, where the free room lies, and what another host would add.
 */
#include "answer.h"
#include "capacity_report.h"
#include <inttypes.h>

enum {
  CLUSTERS_MOST = 20,
  HOSTS_MOST = 100,
  NAME_MOST = 80,
  FULL = 10000, /* of a bar */
  WIDTH = 640,
  HEIGHT = 230,
  LEFT = 70,
  RIGHT = 20,
  TOP = 16,
  BOTTOM = 34,
  GRID = 1000,
  SIDE_MOST = 18
};

typedef struct capacity_page {
  berth_page *page;
  FILE *stream;
  const capacity_report *report;
  const berth_capacity_cluster *cluster;
  uint32_t index; /* of the cluster */
  int64_t most;   /* of all figures that are drawn */
} capacity_page;

/* part of `whole` in parts of `length`, rounded down; all of it where it is more. */
static int64_t scaled(int64_t part, int64_t whole, int64_t length) {
  if (part >= whole || whole <= 0)
    return part > 0 ? length : 0;
  for (; whole > INT64_MAX / FULL; whole /= 2)
    part /= 2;
  return part > 0 ? part * length / whole : 0;
}

static int64_t solid_of(const berth_capacity_figure *figure) {
  return figure->least > 0 ? figure->least : 0;
}

static void put_figure(const capacity_page *p, const berth_capacity_figure *figure) {
  char text[64];
  capacity_write_figure(text, sizeof text, figure);
  fprintf(p->stream, "<b data-least=\"%" PRId64 "\" data-most=\"%" PRId64 "\" class=\"%s\">%s</b>",
          figure->least, figure->most,
          figure->most < 0                ? "bad"
          : figure->least == figure->most ? ""
                                          : "care",
          text);
}

/* ---------------------------------------------------------------------- bars */

static void put_part(const capacity_page *p, const char *class, int64_t from, int64_t to) {
  if (to > from)
    fprintf(p->stream,
            "<rect class=\"%s\" y=\"3\" height=\"14\" x=\"%d.%02d%%\" width=\"%d.%02d%%\"/>", class,
            (int)(from / 100), (int)(from % 100), (int)((to - from) / 100),
            (int)((to - from) % 100));
}

static void put_bar(const capacity_page *p, const char *name, const char *label,
                    const berth_capacity_figure *figure) {
  int64_t solid = scaled(solid_of(figure), p->most, FULL);
  int64_t all = scaled(figure->most, p->most, FULL);
  fprintf(p->stream, "<div class=\"fit\" data-figure=\"%s\"><div>%s</div><div>", name, label);
  put_figure(p, figure);
  fprintf(p->stream,
          "</div><svg xmlns=\"http://www.w3.org/2000/svg\" class=\"bars\" role=\"img\" "
          "aria-label=\"%s\">",
          label);
  put_part(p, "c-bar", 0, solid);
  put_part(p, "c-maybe", solid, all);
  fputs("</svg></div>\n", p->stream);
}

static void put_bars(const capacity_page *p) {
  const berth_capacity_request *request = p->report->request;
  char label[64];
  fprintf(p->stream, "<h3>What fits, in %s</h3>\n", capacity_unit_word(request, 2));
  put_bar(p, "totals", "by totals", &p->cluster->totals);
  put_bar(p, "now", "as it is", &p->cluster->now);
  for (uint32_t i = 0; i < request->migration_count; i++) {
    if (request->migrations[i] == 0)
      continue;
    capacity_write_migrations(label, sizeof label, request->migrations[i]);
    put_bar(p, "migrations", label, &p->cluster->migrated[i]);
  }
  if (p->cluster->standby_hosts > 0)
    put_bar(p, "woken", "with hosts in standby woken", &p->cluster->woken);
  fputs("<p class=\"rest\">Solid: shown to fit. Pale: not proved to be too many.</p>\n", p->stream);
}

/* ---------------------------------------------------------------------- curves */

/* Points of equal distance, each with a figure. */
typedef struct curve {
  const capacity_page *p;
  const berth_capacity_figure *figures;
  uint32_t count;
} curve;

static int x_of(const curve *c, uint32_t point) {
  return LEFT + (int)point * (WIDTH - LEFT - RIGHT) / (int)(c->count > 1 ? c->count - 1 : 1);
}

static int y_of(const curve *c, int64_t value) {
  return HEIGHT - BOTTOM - (int)scaled(value, c->p->most, HEIGHT - TOP - BOTTOM);
}

static void put_axis(const curve *c) {
  FILE *stream = c->p->stream;
  fprintf(stream, "<path class=\"c-axis\" d=\"M%d %dV%dH%d\"/>\n", LEFT, TOP, HEIGHT - BOTTOM,
          WIDTH - RIGHT);
  for (int i = 0; i <= 2; i++) {
    int64_t value = i == 2 ? c->p->most : c->p->most / 2 * i;
    fprintf(stream,
            "<path class=\"c-axis\" d=\"M%d %dH%d\"/><text x=\"%d\" y=\"%d\" "
            "text-anchor=\"end\">%" PRId64 "</text>\n",
            LEFT, y_of(c, value), WIDTH - RIGHT, LEFT - 6, y_of(c, value) + 4, value);
  }
}

/* Steps: a figure holds until the next one is reached. */
static void put_band(const curve *c) {
  FILE *stream = c->p->stream;
  fprintf(stream, "<path class=\"c-band\" d=\"M%d %d", LEFT, y_of(c, c->figures[0].most));
  for (uint32_t i = 1; i < c->count; i++)
    fprintf(stream, "H%dV%d", x_of(c, i), y_of(c, c->figures[i].most));
  for (uint32_t i = c->count; i > 0; i--)
    fprintf(stream, "V%dH%d", y_of(c, solid_of(&c->figures[i - 1])), x_of(c, i - 1));
  fprintf(stream, "z\"/>\n<path class=\"c-line\" d=\"M%d %d", LEFT,
          y_of(c, solid_of(&c->figures[0])));
  for (uint32_t i = 1; i < c->count; i++)
    fprintf(stream, "H%dV%d", x_of(c, i), y_of(c, solid_of(&c->figures[i])));
  fputs("\"/>\n", stream);
}

static void put_point(const curve *c, uint32_t point, const char *label) {
  const berth_capacity_figure *figure = &c->figures[point];
  FILE *stream = c->p->stream;
  char text[64];
  capacity_write_figure(text, sizeof text, figure);
  fprintf(stream,
          "<circle class=\"%s\" r=\"4\" cx=\"%d\" cy=\"%d\" data-least=\"%" PRId64
          "\" data-most=\"%" PRId64 "\"><title>%s: %s</title></circle>\n"
          "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
          figure->most < 0 ? "c-none" : "c-dot", x_of(c, point), y_of(c, solid_of(figure)),
          figure->least, figure->most, label, text, x_of(c, point), HEIGHT - BOTTOM + 16, label);
}

static void begin_curve(const curve *c, const char *id, const char *heading, const char *axis) {
  fprintf(c->p->stream,
          "<h3>%s</h3>\n<div class=\"wide\"><svg xmlns=\"http://www.w3.org/2000/svg\" "
          "class=\"curve\" data-curve=\"%s\" viewBox=\"0 0 %d %d\" role=\"img\" "
          "aria-label=\"%s\">\n<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n",
          heading, id, WIDTH, HEIGHT, heading, WIDTH - RIGHT, HEIGHT - 4, axis);
  put_axis(c);
  put_band(c);
}

static void put_migration_curve(const capacity_page *p) {
  const berth_capacity_request *request = p->report->request;
  const curve c = {p, p->cluster->migrated, request->migration_count};
  char label[32];
  if (c.count < 2)
    return;
  begin_curve(&c, "migrations", "After so many migrations", "migrations");
  for (uint32_t i = 0; i < c.count; i++) {
    snprintf(label, sizeof label, "%" PRId64, request->migrations[i]);
    put_point(&c, i, request->migrations[i] == BERTH_UNLIMITED ? "any" : label);
  }
  fputs("</svg></div>\n", p->stream);
}

static void put_failure_curve(const capacity_page *p) {
  const berth_capacity_request *request = p->report->request;
  const curve c = {p, p->cluster->survived, request->failures + 1};
  char label[32];
  if (c.count < 2)
    return;
  begin_curve(&c, "failures", "While so many failures stay survivable", "failures survived");
  for (uint32_t k = 0; k < c.count; k++) {
    snprintf(label, sizeof label, "%" PRIu32, k);
    put_point(&c, k, label);
  }
  fputs("</svg></div>\n", p->stream);
}

/* ---------------------------------------------------------------------- resources */

static void put_resource(const capacity_page *p, uint32_t resource) {
  const berth_capacity_resource *of = &p->cluster->resources[resource];
  const char *name = berth_inventory_resource_name(p->report->inventory, resource);
  bool limited = of->by_total != BERTH_UNLIMITED;
  if (of->demand == 0 || (!limited && !of->binds))
    return;
  fputs("<tr data-resource=\"", p->stream);
  berth_page_text(p->page, name, NAME_MOST);
  fputs("\"><th scope=\"row\">", p->stream);
  berth_page_name(p->page, name);
  fprintf(p->stream,
          "</th><td class=\"number\">%" PRId64 "</td><td class=\"number\">%" PRId64
          "</td><td class=\"number\">%" PRId64 "</td><td class=\"number\">",
          of->demand, of->free, of->stranded);
  if (limited)
    fprintf(p->stream, "%" PRId64, of->by_total);
  fputs("</td><td class=\"number\">", p->stream);
  put_figure(p, &of->beyond);
  fprintf(p->stream, "</td><td class=\"bad\">%s</td></tr>\n", of->binds ? "binds" : "");
}

static void put_resources(const capacity_page *p) {
  fputs("<h3>What binds</h3>\n<div class=\"wide\"><table class=\"resources\">\n<thead><tr>"
        "<th scope=\"col\">resource</th><th class=\"number\" scope=\"col\">asked</th>"
        "<th class=\"number\" scope=\"col\">free</th><th class=\"number\" scope=\"col\">stranded"
        "</th><th class=\"number\" scope=\"col\">by total</th><th class=\"number\" scope=\"col\">"
        "with no end of it</th><th></th></tr></thead>\n<tbody>\n",
        p->stream);
  for (uint32_t r = 0; r < berth_inventory_resource_count(p->report->inventory); r++)
    put_resource(p, r);
  fputs("</tbody></table></div>\n", p->stream);
}

/* ---------------------------------------------------------------------- hosts */

/* A cell each, in their order; darker for more VMs, grey where none may go. */
static void put_cells(const capacity_page *p, uint32_t first, uint32_t hosts, int64_t most) {
  uint32_t side = SIDE_MOST, columns;
  while (side > 2 && (uint64_t)side * side * hosts > (uint64_t)GRID * 200)
    side--;
  columns = GRID / side;
  uint32_t used = hosts < columns ? hosts : columns, gap = side > 4 ? 1 : 0;
  fprintf(p->stream,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"grid\" width=\"%" PRIu32
          "\" viewBox=\"0 0 %" PRIu32 " %" PRIu32 "\" role=\"img\" aria-label=\"VMs that each host "
          "takes\">\n",
          used * side, used * side, (hosts + columns - 1) / columns * side);
  for (uint32_t h = 0; h < hosts; h++) {
    const berth_capacity_host *host = &p->cluster->hosts[h];
    int64_t tenths = host->vms > 0 ? (scaled(host->vms, most, FULL) + 999) / 1000 : 0;
    fprintf(p->stream,
            "<rect class=\"u%d\" x=\"%" PRIu32 "\" y=\"%" PRIu32 "\" width=\"%" PRIu32
            "\" height=\"%" PRIu32 "\"",
            host->open ? (int)tenths : 12, h % columns * side, h / columns * side, side - gap,
            side - gap);
    if (hosts > 2000) {
      fputs("/>", p->stream);
      continue;
    }
    fputs("><title>", p->stream);
    berth_page_text(p->page, berth_inventory_host_label(p->report->inventory, first + h),
                    NAME_MOST);
    fprintf(p->stream, ": %" PRId64 "</title></rect>\n", host->open ? host->vms : 0);
  }
  fputs("</svg>\n", p->stream);
}

static void put_host(const capacity_page *p, uint32_t first, uint32_t h) {
  const berth_capacity_host *host = &p->cluster->hosts[h];
  fprintf(p->stream, "<tr data-host=\"%" PRIu32 "\"><th scope=\"row\">", first + h);
  berth_page_name(p->page, berth_inventory_host_label(p->report->inventory, first + h));
  fprintf(p->stream, "</th><td class=\"number\">%" PRId64 "</td><td>", host->vms);
  if (!host->open)
    fputs("takes none", p->stream);
  else if (host->resource != BERTH_NONE)
    berth_page_name(p->page, berth_inventory_resource_name(p->report->inventory, host->resource));
  fputs("</td></tr>\n", p->stream);
}

static void put_hosts(const capacity_page *p) {
  uint32_t first = berth_inventory_cluster_first_host(p->report->inventory, p->index);
  uint32_t hosts = berth_inventory_cluster_first_host(p->report->inventory, p->index + 1) - first;
  uint32_t open = 0, full = 0;
  int64_t most = 0;
  for (uint32_t h = 0; h < hosts; h++) {
    open += p->cluster->hosts[h].open;
    full += p->cluster->hosts[h].open && p->cluster->hosts[h].vms == 0;
    most = p->cluster->hosts[h].vms > most ? p->cluster->hosts[h].vms : most;
  }
  fprintf(p->stream,
          "<h3>Where the room lies</h3>\n<p class=\"spread\" data-open=\"%" PRIu32
          "\" data-full=\"%" PRIu32 "\" data-most=\"%" PRId64 "\">%" PRIu32 " of %" PRIu32
          " hosts take VMs of it, %" PRIu32 " of these are full; at most %" PRId64
          " on one. A cell each, the more the stronger its colour, grey where none may go.</p>\n",
          open, full, most, open, hosts, full, most);
  if (hosts == 0)
    return;
  put_cells(p, first, hosts, most);
  fputs("<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">host</th><th class=\"number\" "
        "scope=\"col\">VMs</th><th scope=\"col\">ended by</th></tr></thead>\n<tbody>\n",
        p->stream);
  for (uint32_t h = 0; h < hosts && h < HOSTS_MOST; h++)
    put_host(p, first, h);
  fputs("</tbody></table></div>\n", p->stream);
  berth_page_rest(p->page, HOSTS_MOST, hosts, "hosts");
}

/* ---------------------------------------------------------------------- purchases */

static void put_want(const capacity_page *p, const berth_capacity_purchase *kind) {
  fputs("<td class=\"number\">", p->stream);
  if (kind->want_asked && kind->hosts.most == BERTH_UNLIMITED)
    fprintf(p->stream, "more than %" PRId64, kind->hosts.least > 0 ? kind->hosts.least - 1 : 0);
  else if (kind->want_asked)
    put_figure(p, &kind->hosts);
  fputs("</td>", p->stream);
}

static void put_purchases(const capacity_page *p) {
  const capacity_report *report = p->report;
  if (p->cluster->purchase_count == 0)
    return;
  fprintf(p->stream,
          "<h3>With one more host</h3>\n<div class=\"wide\"><table class=\"purchases\">\n<thead>"
          "<tr><th scope=\"col\">like</th><th class=\"number\" scope=\"col\">there</th>"
          "<th class=\"number\" scope=\"col\">as it is</th><th class=\"number\" scope=\"col\">with "
          "%" PRIu32 " failures kept</th><th class=\"number\" scope=\"col\">%s</th></tr></thead>\n"
          "<tbody>\n",
          report->request->failures,
          report->request->wanted > 0 ? "more hosts for those wanted" : "");
  for (uint32_t i = 0; i < p->cluster->purchase_count; i++) {
    const berth_capacity_purchase *kind = &p->cluster->purchases[i];
    fputs("<tr><th scope=\"row\">", p->stream);
    berth_page_name(p->page, berth_inventory_host_label(report->inventory, kind->example));
    fprintf(p->stream, "</th><td class=\"number\">%" PRIu32 "</td><td class=\"number\">",
            kind->there);
    put_figure(p, &kind->now);
    fputs("</td><td class=\"number\">", p->stream);
    put_figure(p, &kind->kept);
    fputs("</td>", p->stream);
    put_want(p, kind);
    fputs("</tr>\n", p->stream);
  }
  fputs("</tbody></table></div>\n", p->stream);
}

/* ---------------------------------------------------------------------- the page */

static int64_t most_drawn(const capacity_page *p) {
  const berth_capacity_cluster *c = p->cluster;
  int64_t most = c->now.most > 1 ? c->now.most : 1;
  int64_t tops[] = {c->totals.most, c->woken.most};
  for (size_t i = 0; i < sizeof tops / sizeof tops[0]; i++)
    most = tops[i] > most && tops[i] != BERTH_UNLIMITED ? tops[i] : most;
  for (uint32_t i = 0; i < p->report->request->migration_count; i++)
    if (c->migrated[i].most != BERTH_UNLIMITED && c->migrated[i].most > most)
      most = c->migrated[i].most;
  return most;
}

static void put_cluster(capacity_page *p) {
  char id[32], heading[200], slots[40], percentage[40];
  p->most = most_drawn(p);
  snprintf(id, sizeof id, "cluster-%" PRIu32, p->index);
  snprintf(heading, sizeof heading, "Cluster %.180s",
           berth_inventory_cluster_id(p->report->inventory, p->index));
  berth_page_section_begin(p->page, id, heading);
  capacity_put_answer(p->stream, p->report, p->cluster, "<p class=\"lead\">", "</p>\n");
  capacity_put_notes(p->stream, p->cluster, "<p>", "</p>\n");
  put_bars(p);
  put_migration_curve(p);
  put_failure_curve(p);
  capacity_write_admission(slots, sizeof slots, p->cluster->by_slots);
  capacity_write_admission(percentage, sizeof percentage, p->cluster->by_percentage);
  fprintf(p->stream,
          "<p>Admission control (%s, %" PRIu32 " host failure%s) would let in by slots: %s; by "
          "percentage: %s.</p>\n",
          berth_admission_word(p->cluster->configured), p->cluster->admission_failures,
          p->cluster->admission_failures == 1 ? "" : "s", slots, percentage);
  put_resources(p);
  put_hosts(p);
  put_purchases(p);
  berth_page_section_end(p->page);
}

static void put_flavours(const capacity_page *p) {
  const berth_capacity_request *request = p->report->request;
  fputs("<p class=\"scenario\">For ", p->stream);
  for (uint32_t f = 0; f < request->flavour_count; f++) {
    const berth_capacity_flavour *flavour = &request->flavours[f];
    fprintf(p->stream, "%s%" PRId64 " \u00d7 ", f > 0 ? " + " : "", flavour->count);
    if (flavour->like != NULL) {
      fputs("like ", p->stream);
      berth_page_name(p->page, flavour->like);
      continue;
    }
    fprintf(p->stream, "%" PRId64 " MHz, %" PRId64 " MiB", flavour->cpu_mhz, flavour->memory_mib);
    for (uint32_t a = 0; a < flavour->amount_count; a++) {
      fprintf(p->stream, ", %" PRId64 " ", flavour->amounts[a].amount);
      berth_page_name(p->page, flavour->amounts[a].resource);
    }
  }
  fputs("</p>\n", p->stream);
}

void capacity_report_html(berth_page *page, const void *what) {
  const capacity_report *report = what;
  capacity_page p = {.page = page, .stream = berth_page_stream(page), .report = report};
  uint32_t clusters = berth_inventory_cluster_count(report->inventory), shown = 0, asked = 0;
  put_flavours(&p);
  for (uint32_t i = 0; i < clusters; i++) {
    p.cluster = berth_capacity_get_cluster(report->capacity, i);
    p.index = i;
    asked += p.cluster->asked;
    if (!p.cluster->asked || shown == CLUSTERS_MOST)
      continue;
    shown++;
    put_cluster(&p);
  }
  berth_page_rest(page, shown, asked, "clusters");
}
