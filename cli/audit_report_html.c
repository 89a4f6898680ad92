/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit as a page: what holds, sizes beside what admission control says of them, each unit at
 * its worst, pairs of units where all sets are known, the sets and the VMs that are not safe.
 */
#include "answer.h"
#include "audit_report.h"
#include <inttypes.h>
#include <stdlib.h>

enum {
  CLUSTERS_MOST = 20, /* in detail */
  ROWS_MOST = 100,
  NAMES_MOST = 12,
  TIPS_MOST = 2000, /* units that say who they are */
  PAIRS_MOST = 60,  /* units in a matrix */
  NAME_MOST = 80,
  WIDTH = 1000,
  SIDE_MOST = 24,
  LABELS = 150
};

typedef struct audit_page {
  berth_page *page;
  FILE *stream;
  const audit_report *report;
  const berth_audit_cluster *cluster;
  uint32_t index; /* of the cluster */
} audit_page;

static const char *verdict_class(berth_audit_verdict verdict) {
  if (verdict == BERTH_AUDIT_LOST)
    return "class=\"bad\"";
  return verdict == BERTH_AUDIT_RESTARTS ? "class=\"good\"" : "class=\"care\"";
}

static void put_units(const audit_page *p, const berth_audit_set *set) {
  if (set->size == 0)
    fputs("no failure", p->stream);
  for (uint32_t i = 0; i < set->size; i++) {
    fputs(i > 0 ? " + " : "", p->stream);
    berth_page_name(p->page, p->cluster->unit_name[set->units[i]]);
  }
}

static void put_number(const audit_page *p, uint64_t number) {
  fprintf(p->stream, "<td class=\"number\">%" PRIu64 "</td>", number);
}

/* ---------------------------------------------------------------------- sizes and claims */

static void put_verdict_heads(const audit_page *p) {
  for (int v = 0; v < BERTH_AUDIT_VERDICT_COUNT; v++)
    if (audit_column_shown(p->cluster, v))
      fprintf(p->stream, "<th class=\"number\" scope=\"col\">%s</th>",
              berth_audit_verdict_word((berth_audit_verdict)v));
}

static const char *truth_of(const berth_audit_size *size) {
  if (size->count[BERTH_AUDIT_LOST] > 0)
    return "lost";
  return size->count[BERTH_AUDIT_UNDECIDED] > 0 ? "undecided" : "survived";
}

static void put_claims(const audit_page *p, uint32_t k) {
  bool lost;
  for (int claim = 0; claim < BERTH_AUDIT_CLAIM_COUNT; claim++) {
    if (!audit_policy_exists(p->cluster, (berth_audit_claim)claim))
      continue;
    bool differs = audit_claim_differs(p->cluster, (berth_audit_claim)claim, k, &lost);
    fprintf(p->stream, "<td%s>%s</td>", differs ? " class=\"differs\"" : "",
            p->cluster->sizes[k].claim[claim] ? "yes" : "no");
  }
}

static void put_sizes(const audit_page *p) {
  fputs("<h3>By number of failures</h3>\n<div class=\"wide\"><table class=\"sizes\">\n<thead><tr>"
        "<th class=\"number\" scope=\"col\">failures</th><th class=\"number\" "
        "scope=\"col\">sets</th>",
        p->stream);
  put_verdict_heads(p);
  fputs("<th class=\"number\" scope=\"col\">by HA alone</th>", p->stream);
  for (int claim = 0; claim < BERTH_AUDIT_CLAIM_COUNT; claim++)
    if (audit_policy_exists(p->cluster, (berth_audit_claim)claim))
      fprintf(p->stream, "<th scope=\"col\">%s %s</th>", audit_claim_word((berth_audit_claim)claim),
              claim == BERTH_AUDIT_CLAIM_SLOTS ? "say" : "says");
  fputs("<th scope=\"col\">in truth</th></tr></thead>\n<tbody>\n", p->stream);
  for (uint32_t k = 0; k < p->cluster->size_count; k++) {
    const berth_audit_size *size = &p->cluster->sizes[k];
    fprintf(p->stream, "<tr data-failures=\"%" PRIu32 "\">", k);
    put_number(p, k);
    put_number(p, size->sets);
    for (int v = 0; v < BERTH_AUDIT_VERDICT_COUNT; v++)
      if (audit_column_shown(p->cluster, v))
        put_number(p, size->count[v]);
    put_number(p, size->alone);
    put_claims(p, k);
    fprintf(p->stream, "<td>%s</td></tr>\n", truth_of(size));
  }
  fputs("</tbody></table></div>\n<p class=\"rest\">What a policy says is red where it is not so."
        "</p>\n",
        p->stream);
}

static void put_share(const audit_page *p, const char *name, const berth_audit_share *share,
                      int64_t num, int64_t den) {
  int64_t keep = den > 0 ? (num * 20000 + den) / (2 * den) : 0;
  fprintf(p->stream,
          "<tr data-share=\"%s\"><th scope=\"row\">%s</th><td class=\"number\">%" PRId64
          "</td><td class=\"number\">%" PRId64 "</td><td class=\"number\">%" PRId64 ".%02d %%</td>"
          "<td class=\"number\">%" PRId64 ".%02d %%</td><td class=\"%s\">%s</td></tr>\n",
          name, name, share->capacity, share->needed, share->free_basis_points / 100,
          (int)(share->free_basis_points % 100), keep / 100, (int)(keep % 100),
          share->enough ? "good" : "bad", share->enough ? "enough" : "too little");
}

static void put_policy(const audit_page *p) {
  const berth_audit_policy *of = &p->cluster->policy;
  fprintf(p->stream,
          "<h3>Admission control: %s, for %" PRIu32 " host failure%s</h3>\n<p class=\"slots\" "
          "data-slots=\"%" PRId64 "\" data-used=\"%" PRId64 "\" data-unreserved=\"%" PRId64
          "\" data-level=\"%" PRIu32 "\">Slots of %" PRId64 " MHz and %" PRId64 " MiB: %" PRId64
          " on %" PRIu32 " host%s, %" PRId64 " used, %" PRId64
          " unreserved; failover level %" PRIu32 ".</p>\n",
          berth_admission_word(of->configured), of->failures, answer_plural(of->failures),
          of->slots, of->slots_used, of->slots_unreserved, of->failover_level, of->slot_cpu_mhz,
          of->slot_memory_mib, of->slots, of->usable_hosts, answer_plural(of->usable_hosts),
          of->slots_used, of->slots_unreserved, of->failover_level);
  fputs("<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">percentage</th><th "
        "class=\"number\" scope=\"col\">capacity</th><th class=\"number\" scope=\"col\">needed</th>"
        "<th class=\"number\" scope=\"col\">free</th><th class=\"number\" scope=\"col\">to keep"
        "</th><th></th></tr></thead>\n<tbody>\n",
        p->stream);
  put_share(p, "cpu", &of->cpu, of->reserve_cpu_num, of->reserve_cpu_den);
  put_share(p, "memory", &of->memory, of->reserve_memory_num, of->reserve_memory_den);
  fputs("</tbody></table></div>\n", p->stream);
}

/* ---------------------------------------------------------------------- heat */

static void put_legend(const audit_page *p, const uint64_t *counts) {
  fputs("<p class=\"legend\">", p->stream);
  for (int v = 0; v < BERTH_AUDIT_VERDICT_COUNT; v++)
    if (counts[v] > 0)
      fprintf(p->stream,
              "<span data-verdict=\"%s\" data-count=\"%" PRIu64
              "\"><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"14\" height=\"10\"><rect "
              "class=\"v%d\" width=\"14\" height=\"10\"/></svg> %s: %" PRIu64 "</span> ",
              berth_audit_verdict_word((berth_audit_verdict)v), counts[v], v,
              berth_audit_verdict_word((berth_audit_verdict)v), counts[v]);
  fputs("</p>\n", p->stream);
}

static void put_cell(const audit_page *p, uint32_t unit, uint32_t side, uint32_t columns) {
  uint32_t gap = side > 4 ? 1 : 0;
  uint8_t worst = p->cluster->unit_worst[unit];
  fprintf(p->stream,
          "<rect class=\"v%u\" x=\"%" PRIu32 "\" y=\"%" PRIu32 "\" width=\"%" PRIu32
          "\" height=\"%" PRIu32 "\"",
          (unsigned)worst, unit % columns * side, unit / columns * side, side - gap, side - gap);
  if (p->cluster->unit_count > TIPS_MOST) {
    fputs("/>", p->stream);
    return;
  }
  fputs("><title>", p->stream);
  berth_page_text(p->page, p->cluster->unit_name[unit], NAME_MOST);
  fprintf(p->stream, ": %s</title></rect>\n", berth_audit_verdict_word((berth_audit_verdict)worst));
}

/* A cell each, in their order; what a unit comes to is the worst of all sets with it. */
static void put_heat(const audit_page *p) {
  uint32_t units = p->cluster->unit_count, side = SIDE_MOST, columns;
  uint64_t counts[BERTH_AUDIT_VERDICT_COUNT] = {0};
  if (units == 0)
    return;
  while (side > 2 && (uint64_t)side * side * units > (uint64_t)WIDTH * 260)
    side--;
  columns = WIDTH / side;
  for (uint32_t u = 0; u < units; u++)
    counts[p->cluster->unit_worst[u]]++;
  fprintf(p->stream, "<h3>Each %s at its worst</h3>\n", berth_domain_word(p->report->domain));
  put_legend(p, counts);
  uint32_t used = units < columns ? units : columns;
  fprintf(p->stream,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"grid\" width=\"%" PRIu32
          "\" viewBox=\"0 0 %" PRIu32 " %" PRIu32 "\" role=\"img\" aria-label=\"worst outcome of "
          "each %s\">\n",
          used * side, used * side, (units + columns - 1) / columns * side,
          berth_domain_word(p->report->domain));
  for (uint32_t u = 0; u < units; u++)
    put_cell(p, u, side, columns);
  fputs("</svg>\n", p->stream);
}

/* ---------------------------------------------------------------------- host by outcome, pairs */

/* All sets that are not listed restart: only where the list is whole. */
static bool is_list_whole(const berth_audit_cluster *c) {
  return c->sets_not_listed == 0 && c->unit_count > 0 && c->unit_count <= PAIRS_MOST;
}

/* How many sets of each size have a given unit: of k of n, those of k - 1 of n - 1. */
static uint64_t sets_with_unit(const berth_audit_cluster *c) {
  uint64_t sets = 0;
  for (uint32_t k = 1; k < c->size_count; k++)
    sets += c->sizes[k].sets * k / c->unit_count;
  return sets;
}

static void put_outcome_row(const audit_page *p, uint32_t unit, uint64_t all) {
  uint64_t counts[BERTH_AUDIT_VERDICT_COUNT] = {0};
  for (uint32_t i = 0; i < p->cluster->set_count; i++)
    for (uint32_t k = 0; k < p->cluster->sets[i].size; k++)
      counts[p->cluster->sets[i].verdict] += p->cluster->sets[i].units[k] == unit;
  uint64_t restarts = all;
  for (int v = BERTH_AUDIT_WAKES; v < BERTH_AUDIT_VERDICT_COUNT; v++)
    restarts -= counts[v];
  counts[BERTH_AUDIT_RESTARTS] = restarts;
  fprintf(p->stream, "<tr data-unit=\"%" PRIu32 "\"><th scope=\"row\">", unit);
  berth_page_name(p->page, p->cluster->unit_name[unit]);
  fputs("</th>", p->stream);
  for (int v = 0; v < BERTH_AUDIT_VERDICT_COUNT; v++)
    if (audit_column_shown(p->cluster, v))
      fprintf(p->stream,
              "<td class=\"number\">%" PRIu64 " <svg xmlns=\"http://www.w3.org/2000/svg\" "
              "width=\"60\" height=\"9\"><rect class=\"v%d\" width=\"%" PRIu64
              "\" height=\"9\"/></svg></td>",
              counts[v], v, all > 0 ? (counts[v] * 60 + all - 1) / all : 0);
  fputs("</tr>\n", p->stream);
}

static void put_outcomes(const audit_page *p) {
  uint64_t all = sets_with_unit(p->cluster);
  if (!is_list_whole(p->cluster) || p->cluster->size_count < 2)
    return;
  fprintf(p->stream,
          "<h3>Of the %" PRIu64 " failure set%s with each %s</h3>\n<div class=\"wide\"><table "
          "class=\"outcomes\">\n<thead><tr><th scope=\"col\">%s</th>",
          all, answer_plural(all), berth_domain_word(p->report->domain),
          berth_domain_word(p->report->domain));
  put_verdict_heads(p);
  fputs("</tr></thead>\n<tbody>\n", p->stream);
  for (uint32_t u = 0; u < p->cluster->unit_count; u++)
    put_outcome_row(p, u, all);
  fputs("</tbody></table></div>\n", p->stream);
}

static void put_pair(const audit_page *p, uint32_t a, uint32_t b, uint8_t verdict, uint32_t side) {
  fprintf(p->stream,
          "<rect class=\"v%u\" x=\"%" PRIu32 "\" y=\"%" PRIu32 "\" width=\"%" PRIu32
          "\" height=\"%" PRIu32 "\"><title>",
          (unsigned)verdict, LABELS + b * side, a * side, side - 1, side - 1);
  berth_page_text(p->page, p->cluster->unit_name[a], NAME_MOST);
  if (a != b) {
    fputs(" + ", p->stream);
    berth_page_text(p->page, p->cluster->unit_name[b], NAME_MOST);
  }
  fprintf(p->stream, ": %s</title></rect>\n",
          berth_audit_verdict_word((berth_audit_verdict)verdict));
}

/* The verdicts of single units on the diagonal, of pairs on both sides of it. */
static bool read_pairs(const berth_audit_cluster *c, uint8_t *verdicts) {
  for (uint32_t i = 0; i < c->set_count; i++) {
    const berth_audit_set *set = &c->sets[i];
    if (set->size == 0 || set->size > 2)
      continue;
    uint32_t a = set->units[0], b = set->units[set->size - 1];
    verdicts[a * c->unit_count + b] = verdicts[b * c->unit_count + a] = (uint8_t)set->verdict;
  }
  return c->size_count > 2;
}

static void put_matrix(const audit_page *p) {
  uint8_t verdicts[PAIRS_MOST * PAIRS_MOST] = {BERTH_AUDIT_RESTARTS};
  uint32_t units = p->cluster->unit_count, side = units > 30 ? 12 : 18;
  if (!is_list_whole(p->cluster) || !read_pairs(p->cluster, verdicts))
    return;
  fprintf(p->stream,
          "<h3>Every pair</h3>\n<p class=\"rest\">Row and column fail together; alone on the "
          "diagonal.</p>\n<div class=\"wide\"><svg xmlns=\"http://www.w3.org/2000/svg\" "
          "class=\"grid\" width=\"%" PRIu32 "\" viewBox=\"0 0 %" PRIu32 " %" PRIu32
          "\" role=\"img\" aria-label=\"outcome of every pair\">\n",
          LABELS + units * side, LABELS + units * side, units * side);
  for (uint32_t a = 0; a < units; a++) {
    fprintf(p->stream, "<text x=\"0\" y=\"%" PRIu32 "\">", a * side + side - 4);
    berth_page_text(p->page, p->cluster->unit_name[a], 22);
    fputs("</text>\n", p->stream);
    for (uint32_t b = 0; b < units; b++)
      put_pair(p, a, b, verdicts[a * units + b], side);
  }
  fputs("</svg></div>\n", p->stream);
}

/* ---------------------------------------------------------------------- sets and VMs */

static void put_lost(const audit_page *p, const berth_audit_set *set) {
  if (set->verdict != BERTH_AUDIT_LOST)
    return;
  if (!set->lost_known)
    fputs("which VMs is not decided", p->stream);
  for (uint32_t i = 0; i < set->lost_count && i < NAMES_MOST && set->lost_known; i++) {
    fputs(i > 0 ? ", " : "", p->stream);
    berth_page_name(p->page, berth_inventory_vm_label(p->report->inventory, set->lost[i]));
  }
  if (set->lost_known && set->lost_count > NAMES_MOST)
    fprintf(p->stream, " and %" PRIu32 " more", set->lost_count - NAMES_MOST);
}

static void put_sets(const audit_page *p) {
  const berth_audit_cluster *c = p->cluster;
  uint32_t shown = c->set_count < ROWS_MOST ? c->set_count : ROWS_MOST;
  if (c->set_count == 0)
    return;
  fputs("<h3>Failures that restarts alone do not make good</h3>\n<div class=\"wide\"><table "
        "class=\"sets\">\n<thead><tr><th scope=\"col\">failed</th><th scope=\"col\">outcome</th>"
        "<th scope=\"col\">lost VMs</th></tr></thead>\n<tbody>\n",
        p->stream);
  for (uint32_t i = 0; i < shown; i++) {
    fputs("<tr><td>", p->stream);
    put_units(p, &c->sets[i]);
    fprintf(p->stream, "</td><td %s>%s</td><td>", verdict_class(c->sets[i].verdict),
            berth_audit_verdict_word(c->sets[i].verdict));
    put_lost(p, &c->sets[i]);
    fputs("</td></tr>\n", p->stream);
  }
  fputs("</tbody></table></div>\n", p->stream);
  berth_page_rest(p->page, shown, c->set_count + c->sets_not_listed, "sets");
}

static void put_vms(const audit_page *p) {
  const berth_inventory *inventory = p->report->inventory;
  uint64_t counts[BERTH_AUDIT_VERDICT_COUNT] = {0}, shown = 0, others = 0;
  uint32_t first = berth_inventory_cluster_first_vm(inventory, p->index);
  uint32_t end = berth_inventory_cluster_first_vm(inventory, p->index + 1);
  for (uint32_t vm = first; vm < end; vm++)
    if (berth_audit_vm(p->report->audit, vm) < BERTH_AUDIT_VERDICT_COUNT)
      counts[berth_audit_vm(p->report->audit, vm)]++;
  fputs("<h3>VMs at their worst</h3>\n", p->stream);
  put_legend(p, counts);
  for (int v = BERTH_AUDIT_WAKES; v < BERTH_AUDIT_VERDICT_COUNT; v++)
    others += counts[v];
  if (others == 0)
    return;
  fputs("<ul class=\"names\">\n", p->stream);
  for (uint32_t vm = first; vm < end && shown < ROWS_MOST; vm++) {
    berth_audit_verdict worst = berth_audit_vm(p->report->audit, vm);
    if (worst == BERTH_AUDIT_RESTARTS || worst == BERTH_AUDIT_VERDICT_COUNT)
      continue;
    shown++;
    fputs("<li>", p->stream);
    berth_page_name(p->page, berth_inventory_vm_label(inventory, vm));
    fprintf(p->stream, ": <span %s>%s</span></li>\n", verdict_class(worst),
            berth_audit_verdict_word(worst));
  }
  fputs("</ul>\n", p->stream);
  berth_page_rest(p->page, shown, others, "VMs");
}

/* ---------------------------------------------------------------------- the page */

static void put_cluster(const audit_page *p) {
  char id[32], heading[200];
  snprintf(id, sizeof id, "cluster-%" PRIu32, p->index);
  snprintf(heading, sizeof heading, "Cluster %.180s",
           berth_inventory_cluster_id(p->report->inventory, p->index));
  berth_page_section_begin(p->page, id, heading);
  fprintf(p->stream,
          "<div class=\"answer\" data-cluster=\"%" PRIu32 "\" data-holds=\"%" PRId64
          "\" data-exact=\"%s\">\n",
          p->index, p->cluster->holds, p->cluster->holds_exact ? "true" : "false");
  audit_put_answer(p->stream, p->report, p->cluster, "<p class=\"lead\">", "</p>\n");
  fputs("</div>\n", p->stream);
  put_sizes(p);
  put_policy(p);
  put_heat(p);
  put_outcomes(p);
  put_matrix(p);
  put_sets(p);
  put_vms(p);
  berth_page_section_end(p->page);
}

void audit_report_html(berth_page *page, const void *what) {
  const audit_report *report = what;
  uint32_t clusters = berth_inventory_cluster_count(report->inventory);
  audit_page p = {.page = page, .stream = berth_page_stream(page), .report = report};
  berth_audit_verdict worst = berth_audit_worst(report->audit);
  fprintf(p.stream,
          "<p class=\"scenario\">Sets of up to %" PRIu32 " failure%s of a %s. The worst of them: "
          "<span %s>%s</span>.</p>\n",
          report->failures, answer_plural(report->failures), berth_domain_word(report->domain),
          verdict_class(worst), berth_audit_verdict_word(worst));
  for (uint32_t c = 0; c < clusters && c < CLUSTERS_MOST; c++) {
    p.index = c;
    p.cluster = berth_audit_get_cluster(report->audit, c);
    put_cluster(&p);
  }
  berth_page_rest(page, CLUSTERS_MOST, clusters, "clusters");
}
