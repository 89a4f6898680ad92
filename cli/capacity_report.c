/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capacity for people: the answer in one line, then the curves as bars, what binds, where the free
 * room lies, and what another host would add.
 */
#include "capacity_report.h"
#include "answer.h"
#include <inttypes.h>
#include <string.h>

enum { HOSTS_SHOWN = 20, LABEL = 26, NUMBER = 14, MOST_BAR = 40 };

const char *capacity_state_word(const berth_capacity_figure *figure) {
  if (figure->most < 0)
    return "infeasible";
  if (figure->least == figure->most)
    return "optimal";
  return figure->least < 0 ? "unknown" : "feasible";
}

void capacity_write_figure(char *text, size_t size, const berth_capacity_figure *figure) {
  if (figure->most < 0)
    snprintf(text, size, "none");
  else if (figure->least < 0)
    snprintf(text, size, "at most %" PRId64, figure->most);
  else if (figure->least == figure->most)
    snprintf(text, size, "%" PRId64, figure->least);
  else
    snprintf(text, size, "%" PRId64 " to %" PRId64, figure->least, figure->most);
}

/* ---------------------------------------------------------------------- bars */

typedef struct bar_scale {
  FILE *out;
  int64_t most;
  uint32_t width;
  bool blocks;
} bar_scale;

static void put_times(FILE *out, const char *mark, int64_t times) {
  for (int64_t i = 0; i < times; i++)
    fputs(mark, out);
}

static void print_line(const bar_scale *scale, const char *label,
                       const berth_capacity_figure *figure, const char *note) {
  char number[64];
  int64_t known = figure->least > 0 ? figure->least : 0;
  int64_t maybe = figure->most > known ? figure->most : known;
  int64_t solid = scale->most > 0 ? known * scale->width / scale->most : 0;
  int64_t all = maybe < scale->most ? maybe * scale->width / scale->most : scale->width;
  capacity_write_figure(number, sizeof number, figure);
  fprintf(scale->out, "    %-*s %*s", LABEL, label, NUMBER, number);
  fputs((scale->most > 0 && all > 0) || *note != '\0' ? "  " : "", scale->out);
  put_times(scale->out, scale->blocks ? "█" : "#", solid);
  put_times(scale->out, scale->blocks ? "░" : ".", scale->most > 0 ? all - solid : 0);
  fprintf(scale->out, "%s\n", note);
}

static int64_t largest(const berth_capacity_cluster *c, const berth_capacity_request *request) {
  int64_t most = c->totals.most > c->woken.most ? c->totals.most : c->woken.most;
  for (uint32_t i = 0; i < request->migration_count; i++)
    most = c->migrated[i].most > most ? c->migrated[i].most : most;
  return most;
}

static bar_scale make_scale(FILE *out, const capacity_report *report,
                            const berth_capacity_cluster *c) {
  uint32_t taken = 4 + LABEL + 1 + NUMBER + 2 + 1;
  uint32_t width = report->width > taken + 10 ? report->width - taken : 0; /* no bars */
  return (bar_scale){.out = out,
                     .most = largest(c, report->request),
                     .width = width < MOST_BAR ? width : MOST_BAR,
                     .blocks = report->blocks};
}

/* ---------------------------------------------------------------------- figures */

static bool is_mix(const berth_capacity_request *request) {
  return request->flavour_count > 1 || request->flavours[0].count > 1;
}

const char *capacity_unit_word(const berth_capacity_request *request, int64_t count) {
  if (is_mix(request))
    return count == 1 ? "mix" : "mixes";
  return count == 1 ? "VM" : "VMs";
}

void capacity_put_answer(FILE *out, const capacity_report *report, const berth_capacity_cluster *c,
                         const char *before, const char *after) {
  char number[64];
  uint32_t failures = report->request->failures;
  capacity_write_figure(number, sizeof number, &c->now);
  if (c->now.most < 0)
    fprintf(out, "%sThe VMs that have to be restarted first do not all find a host.%s", before,
            after);
  else
    fprintf(out, "%s%s more %s fit%s as it is%s.%s", before, number,
            capacity_unit_word(report->request, c->now.most),
            c->now.least == 1 && c->now.most == 1 ? "s" : "",
            c->now.least == c->now.most ? "" : "; which it is was not decided", after);
  if (failures == 0)
    return;
  capacity_write_figure(number, sizeof number, &c->survived[failures]);
  if (c->survived[failures].most < 0)
    fprintf(out, "%sNot every %" PRIu32 " failure%s %s survived by restarts even as it is.%s",
            before, failures, answer_plural(failures), failures == 1 ? "is" : "are", after);
  else
    fprintf(out, "%s%s more while any %" PRIu32 " failure%s of a %s stay%s survivable.%s", before,
            number, failures, answer_plural(failures), berth_domain_word(report->request->domain),
            failures == 1 ? "s" : "", after);
}

void capacity_put_notes(FILE *out, const berth_capacity_cluster *c, const char *before,
                        const char *after) {
  if (c->down > 0)
    fprintf(out, "%s%" PRIu32 " VM%s that %s down %s restarted first.%s", before, c->down,
            answer_plural(c->down), c->down == 1 ? "is" : "are", c->down == 1 ? "is" : "are",
            after);
  if (c->waiting > 0)
    fprintf(out, "%s%" PRIu32 " VM%s without a host %s left out.%s", before, c->waiting,
            answer_plural(c->waiting), c->waiting == 1 ? "is" : "are", after);
  if (c->cut_short)
    fprintf(out, "%sThe time limit was reached: figures are known within bounds.%s", before, after);
}

void capacity_write_migrations(char *text, size_t size, int64_t limit) {
  if (limit == 0)
    snprintf(text, size, "as it is");
  else if (limit == BERTH_UNLIMITED)
    snprintf(text, size, "after any migrations");
  else
    snprintf(text, size, "after up to %" PRId64 " migration%s", limit,
             answer_plural((uint64_t)limit));
}

static void print_moves(const bar_scale *scale, const capacity_report *report,
                        const berth_capacity_cluster *c) {
  char label[64];
  fprintf(scale->out, "\n  What fits, in %s\n", capacity_unit_word(report->request, 2));
  print_line(scale, "by totals", &c->totals, "");
  if (report->request->migration_count == 0)
    print_line(scale, "as it is", &c->now, "");
  for (uint32_t i = 0; i < report->request->migration_count; i++) {
    capacity_write_migrations(label, sizeof label, report->request->migrations[i]);
    print_line(scale, label, &c->migrated[i], "");
  }
  if (c->standby_hosts > 0) {
    snprintf(label, sizeof label, "with %" PRIu32 " host%s woken", c->standby_hosts,
             answer_plural(c->standby_hosts));
    print_line(scale, label, &c->woken, "");
  }
}

static void print_failures(const bar_scale *scale, const capacity_report *report,
                           const berth_capacity_cluster *c) {
  char label[64];
  if (report->request->failures == 0)
    return;
  fprintf(scale->out, "\n  While failures of a %s stay survivable by restarts alone\n",
          berth_domain_word(report->request->domain));
  for (uint32_t k = 0; k <= report->request->failures; k++) {
    snprintf(label, sizeof label, "%" PRIu32 " failure%s", k, answer_plural(k));
    print_line(scale, label, &c->survived[k],
               c->survived[k].most < 0 ? "not survived as it is" : "");
  }
}

void capacity_write_admission(char *text, size_t size, int64_t count) {
  if (count == BERTH_UNLIMITED)
    snprintf(text, size, "no limit");
  else if (count < 0)
    snprintf(text, size, "none: short already");
  else
    snprintf(text, size, "%" PRId64, count);
}

static void print_admission(FILE *out, const berth_capacity_cluster *c) {
  char slots[32], percentage[32];
  capacity_write_admission(slots, sizeof slots, c->by_slots);
  capacity_write_admission(percentage, sizeof percentage, c->by_percentage);
  fprintf(out,
          "\n  Admission control (%s, %" PRIu32 " host failure%s) would let in\n"
          "    by slots: %s; by percentage: %s\n",
          berth_admission_word(c->configured), c->admission_failures,
          answer_plural(c->admission_failures), slots, percentage);
}

/* ---------------------------------------------------------------------- resources */

enum { RESOURCE_COLUMNS = 6, CELL = 64 };

/* The cells of one resource; false: nobody asks for it, or there is always enough. */
static bool fill_resource(const capacity_report *report, const berth_capacity_cluster *c,
                          uint32_t resource, char cells[RESOURCE_COLUMNS][CELL]) {
  const berth_capacity_resource *of = &c->resources[resource];
  bool limited = of->by_total != BERTH_UNLIMITED;
  if (of->demand == 0 || (!limited && !of->binds))
    return false;
  snprintf(cells[0], CELL, "%.40s", berth_inventory_resource_name(report->inventory, resource));
  snprintf(cells[1], CELL, "%" PRId64, of->demand);
  snprintf(cells[2], CELL, "%" PRId64, of->free);
  snprintf(cells[3], CELL, "%" PRId64, of->stranded);
  snprintf(cells[4], CELL, "-");
  if (limited)
    snprintf(cells[4], CELL, "%" PRId64, of->by_total);
  capacity_write_figure(cells[5], CELL, &of->beyond);
  return true;
}

static void print_resource(FILE *out, char cells[RESOURCE_COLUMNS][CELL], const size_t *widths) {
  fprintf(out, "  %s%*s", cells[0], (int)(widths[0] - answer_width(cells[0])), "");
  for (int i = 1; i < RESOURCE_COLUMNS; i++)
    fprintf(out, "  %*s", (int)widths[i], cells[i]);
}

static void print_resources(FILE *out, const capacity_report *report,
                            const berth_capacity_cluster *c) {
  char cells[RESOURCE_COLUMNS][CELL] = {"resource", "asked",    "free",
                                        "stranded", "by total", "if endless"};
  char heads[RESOURCE_COLUMNS][CELL];
  size_t widths[RESOURCE_COLUMNS];
  memcpy(heads, cells, sizeof heads);
  for (int i = 0; i < RESOURCE_COLUMNS; i++)
    widths[i] = strlen(heads[i]);
  for (uint32_t r = 0; r < berth_inventory_resource_count(report->inventory); r++)
    if (fill_resource(report, c, r, cells))
      for (int i = 0; i < RESOURCE_COLUMNS; i++)
        widths[i] = answer_width(cells[i]) > widths[i] ? answer_width(cells[i]) : widths[i];
  fprintf(out, "\n" INK_FAINT);
  print_resource(out, heads, widths);
  fprintf(out, INK_END "\n");
  for (uint32_t r = 0; r < berth_inventory_resource_count(report->inventory); r++) {
    if (!fill_resource(report, c, r, cells))
      continue;
    print_resource(out, cells, widths);
    fprintf(out, "\n");
  }
  for (uint32_t r = 0; r < berth_inventory_resource_count(report->inventory); r++) {
    if (!c->resources[r].binds)
      continue;
    fprintf(out, INK_BAD "  ");
    answer_put_clean(out, berth_inventory_resource_name(report->inventory, r));
    fprintf(out, " binds." INK_END "\n");
  }
}

/* ---------------------------------------------------------------------- hosts */

static void print_spread(FILE *out, const berth_capacity_cluster *c, uint32_t hosts) {
  uint32_t open = 0, full = 0;
  int64_t most = 0;
  for (uint32_t h = 0; h < hosts; h++) {
    open += c->hosts[h].open;
    full += c->hosts[h].open && c->hosts[h].vms == 0;
    most = c->hosts[h].vms > most ? c->hosts[h].vms : most;
  }
  fprintf(out,
          "\n  Hosts: %" PRIu32 " of %" PRIu32 " take VMs of it, %" PRIu32 " of these are full; at "
          "most %" PRId64 " VM%s on one\n",
          open, hosts, full, most, answer_plural((uint64_t)most));
}

static void print_hosts(FILE *out, const capacity_report *report, const berth_capacity_cluster *c,
                        uint32_t cluster) {
  uint32_t first = berth_inventory_cluster_first_host(report->inventory, cluster);
  uint32_t hosts = berth_inventory_cluster_first_host(report->inventory, cluster + 1) - first;
  print_spread(out, c, hosts);
  if (hosts > HOSTS_SHOWN)
    return;
  for (uint32_t h = 0; h < hosts; h++) {
    const berth_capacity_host *host = &c->hosts[h];
    fprintf(out, "    ");
    answer_put_clean(out, berth_inventory_host_label(report->inventory, first + h));
    if (!host->open)
      fprintf(out, ": takes none\n");
    else
      fprintf(out, ": %" PRId64 ", ended by %s\n", host->vms,
              host->resource == BERTH_NONE
                  ? "nothing"
                  : berth_inventory_resource_name(report->inventory, host->resource));
  }
}

/* ---------------------------------------------------------------------- purchases */

static void print_gain(FILE *out, const berth_capacity_figure *with,
                       const berth_capacity_figure *before) {
  if (with->least == with->most && before->least == before->most && before->least >= 0)
    fprintf(out, "%+" PRId64, with->least - before->least);
  else {
    char text[64];
    capacity_write_figure(text, sizeof text, with);
    fprintf(out, "to %s", text);
  }
}

static void print_want(FILE *out, const capacity_report *report,
                       const berth_capacity_purchase *kind) {
  if (!kind->want_asked)
    return;
  fprintf(out, "; for %" PRId64 ": ", report->request->wanted);
  if (kind->hosts.most == BERTH_UNLIMITED)
    fprintf(out, "more than %" PRId64, kind->hosts.least > 0 ? kind->hosts.least - 1 : 0);
  else if (kind->hosts.least == kind->hosts.most)
    fprintf(out, "%" PRId64, kind->hosts.most);
  else
    fprintf(out, "%" PRId64 " to %" PRId64, kind->hosts.least, kind->hosts.most);
  fprintf(out, " more");
}

static void print_purchases(FILE *out, const capacity_report *report,
                            const berth_capacity_cluster *c) {
  if (c->purchase_count == 0)
    return;
  fprintf(out, "\n  One more host adds\n");
  for (uint32_t i = 0; i < c->purchase_count; i++) {
    const berth_capacity_purchase *kind = &c->purchases[i];
    fprintf(out, "    like ");
    answer_put_clean(out, berth_inventory_host_label(report->inventory, kind->example));
    fprintf(out, " (%" PRIu32 " there): ", kind->there);
    print_gain(out, &kind->now, &c->now);
    if (report->request->failures > 0) {
      fprintf(out, ", with %" PRIu32 " failure%s ", report->request->failures,
              answer_plural(report->request->failures));
      print_gain(out, &kind->kept, &c->survived[report->request->failures]);
    }
    if (kind->watts > 0 && kind->now.least == kind->now.most && c->now.least == c->now.most) {
      int64_t tenths = (kind->now.least - c->now.least) * 10000 / kind->watts;
      fprintf(out, ", %" PRId64 ".%d per kW", tenths / 10, (int)(tenths % 10));
    }
    print_want(out, report, kind);
    fprintf(out, "\n");
  }
}

static void print_flavours(FILE *out, const capacity_report *report) {
  const berth_capacity_request *request = report->request;
  for (uint32_t f = 0; f < request->flavour_count; f++) {
    const berth_capacity_flavour *flavour = &request->flavours[f];
    fprintf(out, "%s", f > 0 ? " + " : "");
    if (flavour->count > 1)
      fprintf(out, "%" PRId64 " x ", flavour->count);
    if (flavour->like != NULL) {
      fprintf(out, "like ");
      answer_put_clean(out, flavour->like);
      continue;
    }
    fprintf(out, "%" PRId64 " MHz, %" PRId64 " MiB", flavour->cpu_mhz, flavour->memory_mib);
    for (uint32_t a = 0; a < flavour->amount_count; a++) {
      fprintf(out, ", %" PRId64 " ", flavour->amounts[a].amount);
      answer_put_clean(out, flavour->amounts[a].resource);
    }
  }
}

void capacity_report_text(FILE *out, const void *what) {
  const capacity_report *report = what;
  answer_put_heading(out, "Capacity", berth_inventory_name(report->inventory));
  fprintf(out, " for ");
  print_flavours(out, report);
  fprintf(out, "\n");
  for (uint32_t i = 0; i < berth_inventory_cluster_count(report->inventory); i++) {
    const berth_capacity_cluster *c = berth_capacity_get_cluster(report->capacity, i);
    if (!c->asked)
      continue;
    bar_scale scale = make_scale(out, report, c);
    fprintf(out, "\n" INK_BOLD "Cluster ");
    answer_put_clean(out, berth_inventory_cluster_id(report->inventory, i));
    fprintf(out, INK_END "\n");
    capacity_put_answer(out, report, c, c->now.most < 0 ? INK_BAD "  " : INK_GOOD "  ",
                        INK_END "\n");
    capacity_put_notes(out, c, INK_CARE "  ", INK_END "\n");
    print_moves(&scale, report, c);
    print_failures(&scale, report, c);
    print_admission(out, c);
    print_resources(out, report, c);
    print_hosts(out, report, c, i);
    print_purchases(out, report, c);
  }
}
