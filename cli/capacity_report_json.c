/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capacity as JSON, schema berth-capacity/1, and as CSV: all that the library says, ids instead of
 * labels.
 */
#include "capacity_report.h"
#include "csv.h"
#include "json_text.h"
#include <inttypes.h>

/* A number, or null where there is no limit. */
static void put_count(FILE *out, const char *key, int64_t value) {
  if (value == BERTH_UNLIMITED || value == BERTH_UNSET)
    fprintf(out, "\"%s\": null", key);
  else
    fprintf(out, "\"%s\": %" PRId64, key, value);
}

static void put_figure(FILE *out, const berth_capacity_figure *figure) {
  fprintf(out, "\"count\": ");
  if (figure->least < 0)
    fprintf(out, "null");
  else
    fprintf(out, "%" PRId64, figure->least);
  fprintf(out, ", \"bound\": %" PRId64 ", \"status\": \"%s\"", figure->most,
          capacity_state_word(figure));
}

static void put_named(FILE *out, const char *key, const berth_capacity_figure *figure) {
  fprintf(out, "\"%s\": {", key);
  put_figure(out, figure);
  fprintf(out, "}");
}

static void put_flavours(FILE *out, const berth_capacity_request *request) {
  fprintf(out, "  \"flavours\": [");
  for (uint32_t f = 0; f < request->flavour_count; f++) {
    const berth_capacity_flavour *flavour = &request->flavours[f];
    fprintf(out, "%s{", f > 0 ? ", " : "");
    if (flavour->like != NULL) {
      fprintf(out, "\"like\": ");
      json_put_string(out, flavour->like);
    } else {
      fprintf(out, "\"cpu\": %" PRId64 ", \"memory\": %" PRId64 ", \"vcpus\": %" PRId64,
              flavour->cpu_mhz, flavour->memory_mib, flavour->vcpus);
    }
    for (uint32_t a = 0; a < flavour->amount_count; a++) {
      fprintf(out, ", ");
      json_put_string(out, flavour->amounts[a].resource);
      fprintf(out, ": %" PRId64, flavour->amounts[a].amount);
    }
    fprintf(out, ", \"count\": %" PRId64 "}", flavour->count);
  }
  fprintf(out, "],\n");
}

static void put_curves(FILE *out, const berth_capacity_request *request,
                       const berth_capacity_cluster *c) {
  fprintf(out, "      \"migrations\": [");
  for (uint32_t i = 0; i < request->migration_count; i++) {
    fprintf(out, "%s\n        {", i > 0 ? "," : "");
    put_count(out, "most", request->migrations[i]);
    fprintf(out, ", ");
    put_figure(out, &c->migrated[i]);
    fprintf(out, "}");
  }
  fprintf(out, "],\n      \"failures\": [");
  for (uint32_t k = 0; k <= request->failures; k++) {
    fprintf(out, "%s\n        {\"survived\": %" PRIu32 ", ", k > 0 ? "," : "", k);
    put_figure(out, &c->survived[k]);
    fprintf(out, "}");
  }
  fprintf(out, "],\n");
}

static void put_resources(FILE *out, const capacity_report *report,
                          const berth_capacity_cluster *c) {
  bool any = false;
  fprintf(out, "      \"resources\": [");
  for (uint32_t r = 0; r < berth_inventory_resource_count(report->inventory); r++) {
    const berth_capacity_resource *of = &c->resources[r];
    if (of->demand == 0)
      continue;
    fprintf(out, "%s\n        {\"name\": ", any ? "," : "");
    any = true;
    json_put_string(out, berth_inventory_resource_name(report->inventory, r));
    bool limited = of->by_total != BERTH_UNLIMITED;
    fprintf(out, ", \"demand\": %" PRId64 ", ", of->demand);
    put_count(out, "free", limited ? of->free : BERTH_UNLIMITED);
    fprintf(out, ", ");
    put_count(out, "stranded", limited ? of->stranded : BERTH_UNLIMITED);
    fprintf(out, ", ");
    put_count(out, "byTotal", of->by_total);
    fprintf(out, ", ");
    put_named(out, "beyond", &of->beyond);
    fprintf(out, ", \"binds\": %s}", json_boolean(of->binds));
  }
  fprintf(out, "],\n");
}

static void put_hosts(FILE *out, const capacity_report *report, const berth_capacity_cluster *c,
                      uint32_t cluster) {
  uint32_t first = berth_inventory_cluster_first_host(report->inventory, cluster);
  uint32_t end = berth_inventory_cluster_first_host(report->inventory, cluster + 1);
  fprintf(out, "      \"hosts\": [");
  for (uint32_t h = first; h < end; h++) {
    const berth_capacity_host *host = &c->hosts[h - first];
    fprintf(out, "%s\n        {\"id\": ", h > first ? "," : "");
    json_put_string(out, berth_inventory_host_id(report->inventory, h));
    fprintf(out, ", \"takes\": %s, \"vms\": %" PRId64 ", \"mixes\": %" PRId64 ", \"endedBy\": ",
            json_boolean(host->open), host->vms, host->mixes);
    if (host->resource == BERTH_NONE)
      fprintf(out, "null}");
    else {
      json_put_string(out, berth_inventory_resource_name(report->inventory, host->resource));
      fprintf(out, "}");
    }
  }
  fprintf(out, "],\n");
}

static void put_purchases(FILE *out, const capacity_report *report,
                          const berth_capacity_cluster *c) {
  fprintf(out, "      \"purchases\": [");
  for (uint32_t i = 0; i < c->purchase_count; i++) {
    const berth_capacity_purchase *kind = &c->purchases[i];
    fprintf(out, "%s\n        {\"like\": ", i > 0 ? "," : "");
    json_put_string(out, berth_inventory_host_id(report->inventory, kind->example));
    fprintf(out, ", \"there\": %" PRIu32 ", ", kind->there);
    put_count(out, "watts", kind->watts);
    fprintf(out, ", ");
    put_named(out, "now", &kind->now);
    fprintf(out, ", ");
    put_named(out, "kept", &kind->kept);
    if (kind->want_asked) {
      fprintf(out, ", \"wanted\": {\"atLeast\": %" PRId64 ", ", kind->hosts.least);
      put_count(out, "enough", kind->hosts.most);
      fprintf(out, "}");
    }
    fprintf(out, "}");
  }
  fprintf(out, "]\n");
}

static void put_admission(FILE *out, const berth_capacity_cluster *c) {
  fprintf(out, "      \"admissionControl\": {\"configured\": \"%s\", \"failures\": %" PRIu32,
          berth_admission_word(c->configured), c->admission_failures);
  fprintf(out, ", \"short\": {\"slots\": %s, \"percentage\": %s}, ", json_boolean(c->by_slots < 0),
          json_boolean(c->by_percentage < 0));
  put_count(out, "bySlots", c->by_slots < 0 ? 0 : c->by_slots);
  fprintf(out, ", ");
  put_count(out, "byPercentage", c->by_percentage < 0 ? 0 : c->by_percentage);
  fprintf(out, "},\n");
}

static void put_cluster(FILE *out, const capacity_report *report, uint32_t cluster) {
  const berth_capacity_cluster *c = berth_capacity_get_cluster(report->capacity, cluster);
  fprintf(out, "    {\"id\": ");
  json_put_string(out, berth_inventory_cluster_id(report->inventory, cluster));
  fprintf(out, ", \"down\": %" PRIu32 ", \"waiting\": %" PRIu32 ", \"cutShort\": %s,\n      ",
          c->down, c->waiting, json_boolean(c->cut_short));
  put_named(out, "totals", &c->totals);
  fprintf(out, ",\n      ");
  put_named(out, "now", &c->now);
  fprintf(out, ",\n      ");
  put_named(out, "woken", &c->woken);
  fprintf(out, ", \"standbyHosts\": %" PRIu32 ",\n", c->standby_hosts);
  put_curves(out, report->request, c);
  put_admission(out, c);
  put_resources(out, report, c);
  put_hosts(out, report, c, cluster);
  put_purchases(out, report, c);
  fprintf(out, "    }");
}

void capacity_report_json(FILE *out, const void *what) {
  const capacity_report *report = what;
  bool any = false;
  fprintf(out, "{\n  \"schema\": \"berth-capacity/1\",\n  \"inventory\": ");
  json_put_string(out, berth_inventory_name(report->inventory));
  fprintf(out, ",\n  \"keepFailures\": %" PRIu32 ", \"domain\": \"%s\", ",
          report->request->failures, berth_domain_word(report->request->domain));
  put_count(out, "wanted", report->request->wanted > 0 ? report->request->wanted : BERTH_UNSET);
  fprintf(out, ",\n");
  put_flavours(out, report->request);
  fprintf(out, "  \"clusters\": [\n");
  for (uint32_t i = 0; i < berth_inventory_cluster_count(report->inventory); i++) {
    if (!berth_capacity_get_cluster(report->capacity, i)->asked)
      continue;
    fprintf(out, "%s", any ? ",\n" : "");
    any = true;
    put_cluster(out, report, i);
  }
  fprintf(out, "\n  ]\n}\n");
}

/* ---------------------------------------------------------------------- CSV */

static void put_row(csv_table *table, const char *cluster, const char *figure, const char *at,
                    const berth_capacity_figure *value) {
  csv_put_text(table, cluster);
  csv_put_text(table, figure);
  csv_put_text(table, at);
  if (value->least < 0)
    csv_put_empty(table);
  else
    csv_put_number(table, value->least);
  csv_put_number(table, value->most);
  csv_put_text(table, capacity_state_word(value));
  csv_end_row(table);
}

static void put_rows(csv_table *table, const capacity_report *report, uint32_t cluster) {
  const berth_capacity_cluster *c = berth_capacity_get_cluster(report->capacity, cluster);
  const berth_capacity_request *request = report->request;
  const char *id = berth_inventory_cluster_id(report->inventory, cluster);
  uint32_t first = berth_inventory_cluster_first_host(report->inventory, cluster);
  uint32_t end = berth_inventory_cluster_first_host(report->inventory, cluster + 1);
  char at[32];
  put_row(table, id, "totals", "", &c->totals);
  put_row(table, id, "now", "", &c->now);
  put_row(table, id, "woken", "", &c->woken);
  for (uint32_t i = 0; i < request->migration_count; i++) {
    snprintf(at, sizeof at, "%" PRId64, request->migrations[i]);
    put_row(table, id, "migrations", request->migrations[i] == BERTH_UNLIMITED ? "any" : at,
            &c->migrated[i]);
  }
  for (uint32_t k = 0; k <= request->failures; k++) {
    snprintf(at, sizeof at, "%" PRIu32, k);
    put_row(table, id, "failures", at, &c->survived[k]);
  }
  for (uint32_t i = 0; i < c->purchase_count; i++) {
    const char *like = berth_inventory_host_id(report->inventory, c->purchases[i].example);
    put_row(table, id, "one-more-host", like, &c->purchases[i].now);
    put_row(table, id, "one-more-host-kept", like, &c->purchases[i].kept);
  }
  for (uint32_t h = first; h < end; h++) {
    berth_capacity_figure here = {.least = c->hosts[h - first].mixes,
                                  .most = c->hosts[h - first].mixes};
    put_row(table, id, "host", berth_inventory_host_id(report->inventory, h), &here);
  }
}

void capacity_report_csv(FILE *out, const void *what) {
  const capacity_report *report = what;
  csv_table table = {.out = out};
  csv_put_header(&table, "cluster,figure,at,count,bound,status");
  for (uint32_t i = 0; i < berth_inventory_cluster_count(report->inventory); i++)
    if (berth_capacity_get_cluster(report->capacity, i)->asked)
      put_rows(&table, report, i);
}
