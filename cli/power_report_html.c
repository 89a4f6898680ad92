/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power management as a page: the answer, what becomes of each host, its load before and after as
 * bars, what holds it on, who is woken when a host fails then, and how long the plans are.
 */
#include "answer.h"
#include "power_report.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
  CLUSTERS_MOST = 20,
  HOSTS_MOST = 100,
  FAILURES_MOST = 100,
  NAMES_MOST = 8,
  NAME_MOST = 80,
  GRID = 1000,
  SIDE_MOST = 18,
  TIPS_MOST = 2000,
  FATES = BERTH_POWER_OUT + 1
};

typedef struct power_page {
  berth_page *page;
  FILE *stream;
  const power_report *report;
  const berth_inventory *inventory;
  const berth_power_cluster *cluster;
  uint32_t first, end; /* hosts of the cluster */
} power_page;

static const char *fate_class(berth_power_fate fate) {
  static const char *const classes[FATES] = {[BERTH_POWER_STAYS_ON] = "b-stays",
                                             [BERTH_POWER_SLEEPS] = "b-leaves",
                                             [BERTH_POWER_WOKEN] = "b-restarts",
                                             [BERTH_POWER_STAYS_ASLEEP] = "b-off",
                                             [BERTH_POWER_OUT] = "b-down"};
  return classes[fate];
}

/* Each line of the text is a paragraph. */
static void put_summary(const power_page *p) {
  char *text = NULL, *rest = NULL;
  size_t size = 0;
  FILE *lines = open_memstream(&text, &size);
  if (lines == NULL)
    return;
  power_put_summary(lines, p->report, p->cluster);
  if (fclose(lines) == 0)
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
      berth_page_element(p->page, "p", "", line + strspn(line, " "));
  free(text);
}

/* ---------------------------------------------------------------------- fates */

static void put_legend(const power_page *p) {
  uint32_t counts[FATES] = {0};
  for (uint32_t h = p->first; h < p->end; h++)
    counts[berth_power_get_host(p->report->answer, h)->fate]++;
  fputs("<p class=\"legend\">", p->stream);
  for (int fate = 0; fate < FATES; fate++)
    if (counts[fate] > 0)
      fprintf(p->stream,
              "<span data-fate=\"%s\" data-count=\"%" PRIu32
              "\"><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"14\" height=\"10\"><rect "
              "class=\"%s\" width=\"14\" height=\"10\"/></svg> %s: %" PRIu32 "</span> ",
              berth_power_fate_word((berth_power_fate)fate), counts[fate],
              fate_class((berth_power_fate)fate), berth_power_fate_word((berth_power_fate)fate),
              counts[fate]);
  fputs("</p>\n", p->stream);
}

static void put_cells(const power_page *p) {
  uint32_t hosts = p->end - p->first, side = SIDE_MOST, columns;
  while (side > 2 && (uint64_t)side * side * hosts > (uint64_t)GRID * 200)
    side--;
  columns = GRID / side;
  uint32_t used = hosts < columns ? hosts : columns, gap = side > 4 ? 1 : 0;
  fprintf(p->stream,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"grid\" width=\"%" PRIu32
          "\" viewBox=\"0 0 %" PRIu32 " %" PRIu32 "\" role=\"img\" aria-label=\"what becomes of "
          "each host\">\n",
          used * side, used * side, (hosts + columns - 1) / columns * side);
  for (uint32_t i = 0; i < hosts; i++) {
    const berth_power_host *host = berth_power_get_host(p->report->answer, p->first + i);
    fprintf(p->stream,
            "<rect class=\"%s\" x=\"%" PRIu32 "\" y=\"%" PRIu32 "\" width=\"%" PRIu32
            "\" height=\"%" PRIu32 "\"",
            fate_class(host->fate), i % columns * side, i / columns * side, side - gap, side - gap);
    if (hosts > TIPS_MOST) {
      fputs("/>", p->stream);
      continue;
    }
    fputs("><title>", p->stream);
    berth_page_text(p->page, berth_inventory_host_label(p->inventory, p->first + i), NAME_MOST);
    fprintf(p->stream, ": %s</title></rect>\n", berth_power_fate_word(host->fate));
  }
  fputs("</svg>\n", p->stream);
}

/* ---------------------------------------------------------------------- hosts */

static void put_bar(const power_page *p, const char *class, int y, int64_t percent) {
  int64_t length = percent < 0 ? 0 : percent > 100 ? 100 : percent;
  fprintf(p->stream,
          "<rect class=\"b-free\" x=\"0\" y=\"%d\" width=\"100%%\" height=\"9\"/><rect "
          "class=\"%s\" x=\"0\" y=\"%d\" width=\"%" PRId64 "%%\" height=\"9\"/>",
          y, class, y, length);
}

static void put_load(const power_page *p, const char *name, int64_t before, int64_t after) {
  fprintf(p->stream,
          "<div class=\"load\" data-resource=\"%s\" data-before=\"%" PRId64
          "\" data-after=\"%" PRId64 "\"><span>%s</span> %" PRId64 " %% \u2192 <b%s>%" PRId64
          " %%</b>\n<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"bars\" role=\"img\" "
          "aria-label=\"%s before and after\">",
          name, before, after, name, before, after > 100 ? " class=\"bad\"" : "", after, name);
  put_bar(p, "b-stays", 1, before);
  put_bar(p, "b-arrives", 12, after);
  fputs("</svg></div>\n", p->stream);
}

static void put_holds(const power_page *p, const berth_power_host *host) {
  const char *before = "<div class=\"holds\">";
  for (uint32_t bit = 0; bit < BERTH_POWER_HOLD_COUNT; bit++) {
    if (!((host->holds >> bit) & 1))
      continue;
    fprintf(p->stream, "%s%s", before, berth_power_hold_sentence(bit));
    before = "; ";
  }
  if (host->holds != 0)
    fputs("</div>\n", p->stream);
}

static void put_host(const power_page *p, uint32_t index) {
  const berth_power_host *host = berth_power_get_host(p->report->answer, index);
  berth_power_load now = power_percent_of_host(p->report, index, host->before);
  berth_power_load then = power_percent_of_host(p->report, index, host->after);
  fprintf(p->stream, "<div class=\"host\" data-host=\"%" PRIu32 "\">\n<div class=\"who\">", index);
  berth_page_name(p->page, berth_inventory_host_label(p->inventory, index));
  fprintf(p->stream, " <br/><span class=\"count\">%s</span></div>\n",
          berth_power_fate_word(host->fate));
  put_load(p, "cpu", now.cpu_mhz, then.cpu_mhz);
  put_load(p, "memory", now.memory_mib, then.memory_mib);
  put_holds(p, host);
  fputs("</div>\n", p->stream);
}

/* Hosts that change come first in a large cluster. */
static void put_hosts(const power_page *p) {
  uint32_t shown = 0, hosts = p->end - p->first;
  fputs("<p class=\"legend\">Upper bar: load now; lower bar: then.</p>\n<div class=\"hosts\">\n",
        p->stream);
  for (int pass = 0; pass < 2; pass++) {
    for (uint32_t h = p->first; h < p->end && shown < HOSTS_MOST; h++) {
      berth_power_fate fate = berth_power_get_host(p->report->answer, h)->fate;
      bool changes = fate == BERTH_POWER_SLEEPS || fate == BERTH_POWER_WOKEN;
      if (hosts <= HOSTS_MOST ? pass == 1 : changes == (pass == 1))
        continue;
      shown++;
      put_host(p, h);
    }
  }
  fputs("</div>\n", p->stream);
  berth_page_rest(p->page, shown, hosts, "hosts");
}

/* ---------------------------------------------------------------------- failures */

static void put_failure(const power_page *p, const berth_power_failure *failure) {
  fputs("<tr><th scope=\"row\">", p->stream);
  berth_page_name(p->page, berth_inventory_host_label(p->inventory, failure->host));
  fprintf(p->stream, "</th><td>%s</td><td>", berth_audit_verdict_word(failure->verdict));
  for (uint32_t i = 0; i < failure->wake_count && i < NAMES_MOST; i++) {
    fputs(i > 0 ? ", " : "", p->stream);
    berth_page_name(p->page, berth_inventory_host_label(p->inventory, failure->wakes[i]));
  }
  if (failure->wake_count > NAMES_MOST)
    fprintf(p->stream, " and %" PRIu32 " more", failure->wake_count - NAMES_MOST);
  if (failure->planned)
    fprintf(p->stream,
            "</td><td class=\"number\">%" PRIu32 "</td><td class=\"number\">%" PRId64
            " s</td><td class=\"number\">%" PRIu32 "</td></tr>\n",
            failure->migrations, failure->restored, failure->unplaced);
  else
    fputs("</td><td colspan=\"3\">not planned</td></tr>\n", p->stream);
}

static void put_failures(const power_page *p) {
  uint32_t count = p->cluster->failure_count;
  fprintf(p->stream,
          "<h3>When a host fails then</h3>\n<p data-by-restarts=\"%" PRIu64
          "\">Restarts alone are enough for %" PRIu64 " of them.</p>\n",
          p->cluster->failures_by_restarts, p->cluster->failures_by_restarts);
  if (count == 0)
    return;
  fputs("<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">host</th><th scope=\"col\">takes"
        "</th><th scope=\"col\">woken</th><th class=\"number\" scope=\"col\">migrations</th>"
        "<th class=\"number\" scope=\"col\">all back after</th><th class=\"number\" scope=\"col\">"
        "lost VMs</th></tr></thead>\n<tbody>\n",
        p->stream);
  for (uint32_t i = 0; i < count && i < FAILURES_MOST; i++)
    put_failure(p, &p->cluster->failures[i]);
  fputs("</tbody></table></div>\n", p->stream);
  berth_page_rest(p->page, FAILURES_MOST, count, "failures");
}

/* ---------------------------------------------------------------------- the page */

static void put_cluster(power_page *p, uint32_t index) {
  char id[32], heading[200];
  p->cluster = berth_power_get_cluster(p->report->answer, index);
  p->first = berth_inventory_cluster_first_host(p->inventory, index);
  p->end = berth_inventory_cluster_first_host(p->inventory, index + 1);
  snprintf(id, sizeof id, "cluster-%" PRIu32, index);
  snprintf(heading, sizeof heading, "Cluster %.180s",
           berth_inventory_cluster_id(p->inventory, index));
  berth_page_section_begin(p->page, id, heading);
  put_summary(p);
  if (p->cluster->looked_at) {
    put_legend(p);
    put_cells(p);
    put_hosts(p);
    put_failures(p);
  }
  berth_page_section_end(p->page);
}

static void put_plan(const power_page *p, const char *name, const berth_plan *plan) {
  fprintf(p->stream,
          "<div><dt>%s</dt><dd data-steps=\"%" PRIu32 "\" data-seconds=\"%" PRId64 "\">%" PRIu32
          " steps, %" PRId64 " s</dd></div>\n",
          name, berth_plan_step_count(plan), berth_plan_get_makespan(plan).worst,
          berth_plan_step_count(plan), berth_plan_get_makespan(plan).worst);
}

void power_report_html(berth_page *page, const void *what) {
  const power_report *report = what;
  power_page p = {.page = page,
                  .stream = berth_page_stream(page),
                  .report = report,
                  .inventory = berth_power_inventory(report->answer)};
  const berth_plan *back = berth_power_plan_back(report->answer);
  uint32_t clusters = berth_inventory_cluster_count(p.inventory);
  fputs("<dl class=\"figures\">\n", p.stream);
  put_plan(&p, "the plan", berth_power_plan_down(report->answer));
  if (back != NULL)
    put_plan(&p, "the way back", back);
  fputs("</dl>\n", p.stream);
  if (back == NULL) {
    fputs("<p class=\"bad\">No way back: ", p.stream);
    berth_page_text(page, berth_power_no_way_back(report->answer), 1000);
    fputs(".</p>\n", p.stream);
  }
  for (uint32_t c = 0; c < clusters && c < CLUSTERS_MOST; c++)
    put_cluster(&p, c);
  berth_page_rest(page, CLUSTERS_MOST, clusters, "clusters");
}
