/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit as JSON, schema berth-audit/1: all that the library says, ids instead of labels; and
 * the units as CSV.
 */
#include "audit_report.h"
#include "csv.h"
#include "json_text.h"
#include <inttypes.h>

static void put_share(FILE *out, const char *key, const berth_audit_share *share, int64_t num,
                      int64_t den) {
  fprintf(out,
          "\"%s\": {\"capacity\": %" PRId64 ", \"needed\": %" PRId64
          ", \"freeBasisPoints\": %" PRId64 ", \"freePercent\": %" PRId64 ", \"keep\": [%" PRId64
          ", %" PRId64 "], \"enough\": %s}",
          key, share->capacity, share->needed, share->free_basis_points, share->free_percent, num,
          den, json_boolean(share->enough));
}

static void put_policy(FILE *out, const berth_audit_policy *p) {
  fprintf(out,
          "      \"policy\": {\"configured\": \"%s\", \"failures\": %" PRIu32
          ", \"usableHosts\": %" PRIu32 ",\n        \"slots\": {\"cpuMhz\": %" PRId64
          ", \"memoryMib\": %" PRId64 ", \"total\": %" PRId64 ", \"least\": %" PRId64
          ", \"most\": %" PRId64 ", \"used\": %" PRId64 ", \"unreserved\": %" PRId64
          ", \"short\": %" PRId64 ", \"failoverLevel\": %" PRIu32 ", \"multiSlotVms\": %" PRIu32
          "},\n        ",
          berth_admission_word(p->configured), p->failures, p->usable_hosts, p->slot_cpu_mhz,
          p->slot_memory_mib, p->slots, p->slots_least, p->slots_most, p->slots_used,
          p->slots_unreserved, p->slots_short, p->failover_level, p->multi_slot_vms);
  put_share(out, "cpu", &p->cpu, p->reserve_cpu_num, p->reserve_cpu_den);
  fprintf(out, ",\n        ");
  put_share(out, "memory", &p->memory, p->reserve_memory_num, p->reserve_memory_den);
  fprintf(out,
          ",\n        \"percentageSatisfied\": %s, \"dedicated\": {\"hosts\": %" PRIu32
          ", \"online\": %" PRIu32 "}, \"degrades\": {\"cpu\": %s, \"memory\": %s}},\n",
          json_boolean(p->percentage_satisfied), p->dedicated_hosts, p->dedicated_usable,
          json_boolean(p->degradation_cpu), json_boolean(p->degradation_memory));
}

static void put_sizes(FILE *out, const berth_audit_cluster *c) {
  static const char *const keys[BERTH_AUDIT_VERDICT_COUNT] = {
      "restarts", "wakes", "migrations", "wakesAndMigrations", "undecided", "lost"};
  fprintf(out, "      \"sizes\": [");
  for (uint32_t k = 0; k < c->size_count; k++) {
    const berth_audit_size *size = &c->sizes[k];
    fprintf(out, "%s\n        {\"failures\": %" PRIu32 ", \"sets\": %" PRIu64, k > 0 ? "," : "", k,
            size->sets);
    for (int v = 0; v < BERTH_AUDIT_VERDICT_COUNT; v++)
      fprintf(out, ", \"%s\": %" PRIu64, keys[v], size->count[v]);
    fprintf(out, ", \"haAlone\": %" PRIu64 ", \"haAloneUndecided\": %" PRIu64, size->alone,
            size->alone_undecided);
    fprintf(out, ", \"says\": {");
    for (int claim = 0; claim < BERTH_AUDIT_CLAIM_COUNT; claim++)
      fprintf(out, "%s\"%s\": %s", claim > 0 ? ", " : "",
              audit_claim_word((berth_audit_claim)claim), json_boolean(size->claim[claim]));
    fprintf(out, "}}");
  }
  fprintf(out, "],\n");
}

static void put_units(FILE *out, const berth_audit_cluster *c, const berth_audit_set *set) {
  fprintf(out, "[");
  for (uint32_t i = 0; i < set->size; i++) {
    fprintf(out, "%s", i > 0 ? ", " : "");
    json_put_string(out, c->unit_name[set->units[i]]);
  }
  fprintf(out, "]");
}

static void put_differences(FILE *out, const berth_audit_cluster *c) {
  bool any = false, lost;
  fprintf(out, "      \"disagreements\": [");
  for (uint32_t k = 1; k < c->size_count; k++) {
    for (int claim = 0; claim < BERTH_AUDIT_CLAIM_COUNT; claim++) {
      if (!audit_claim_differs(c, (berth_audit_claim)claim, k, &lost))
        continue;
      fprintf(out,
              "%s\n        {\"policy\": \"%s\", \"failures\": %" PRIu32
              ", \"policySays\": \"%s\", \"truth\": \"%s\"",
              any ? "," : "", audit_claim_word((berth_audit_claim)claim), k, lost ? "yes" : "no",
              lost ? "no" : "yes");
      any = true;
      const berth_audit_set *witness = lost ? audit_witness(c, k) : NULL;
      if (witness != NULL) {
        fprintf(out, ", \"witness\": ");
        put_units(out, c, witness);
      }
      fprintf(out, "}");
    }
  }
  fprintf(out, "],\n");
}

static void put_sets(FILE *out, const audit_report *report, const berth_audit_cluster *c) {
  fprintf(out, "      \"sets\": [");
  for (uint32_t i = 0; i < c->set_count; i++) {
    const berth_audit_set *set = &c->sets[i];
    fprintf(out, "%s\n        {\"failed\": ", i > 0 ? "," : "");
    put_units(out, c, set);
    fprintf(out, ", \"verdict\": \"%s\"", berth_audit_verdict_word(set->verdict));
    if (set->verdict == BERTH_AUDIT_LOST) {
      fprintf(out, ", \"lostKnown\": %s, \"lost\": [", json_boolean(set->lost_known));
      for (uint32_t k = 0; k < set->lost_count && set->lost_known; k++) {
        fprintf(out, "%s", k > 0 ? ", " : "");
        json_put_string(out, berth_inventory_vm_id(report->inventory, set->lost[k]));
      }
      fprintf(out, "]");
    }
    fprintf(out, "}");
  }
  fprintf(out, "],\n      \"setsNotListed\": %" PRIu64 ",\n", c->sets_not_listed);
}

static void put_worst(FILE *out, const audit_report *report, uint32_t cluster) {
  const berth_audit_cluster *c = berth_audit_get_cluster(report->audit, cluster);
  bool any = false;
  fprintf(out, "      \"units\": [");
  for (uint32_t u = 0; u < c->unit_count; u++) {
    fprintf(out, "%s\n        {\"name\": ", u > 0 ? "," : "");
    json_put_string(out, c->unit_name[u]);
    fprintf(out, ", \"worst\": \"%s\"}",
            berth_audit_verdict_word((berth_audit_verdict)c->unit_worst[u]));
  }
  fprintf(out, "],\n      \"vms\": [");
  for (uint32_t vm = berth_inventory_cluster_first_vm(report->inventory, cluster);
       vm < berth_inventory_cluster_first_vm(report->inventory, cluster + 1); vm++) {
    berth_audit_verdict worst = berth_audit_vm(report->audit, vm);
    if (worst == BERTH_AUDIT_VERDICT_COUNT)
      continue;
    fprintf(out, "%s\n        {\"vm\": ", any ? "," : "");
    json_put_string(out, berth_inventory_vm_id(report->inventory, vm));
    fprintf(out, ", \"worst\": \"%s\"}", berth_audit_verdict_word(worst));
    any = true;
  }
  fprintf(out, "]");
}

void audit_report_json(FILE *out, const void *what) {
  const audit_report *report = what;
  fprintf(out, "{\n  \"schema\": \"berth-audit/1\",\n  \"inventory\": ");
  json_put_string(out, berth_inventory_name(report->inventory));
  fprintf(out,
          ",\n  \"failures\": %" PRIu32
          ", \"domain\": \"%s\", \"worst\": \"%s\",\n  \"clusters\": [",
          report->failures, berth_domain_word(report->domain),
          berth_audit_verdict_word(berth_audit_worst(report->audit)));
  for (uint32_t c = 0; c < berth_inventory_cluster_count(report->inventory); c++) {
    const berth_audit_cluster *cluster = berth_audit_get_cluster(report->audit, c);
    fprintf(out, "%s\n    {\n      \"id\": ", c > 0 ? "," : "");
    json_put_string(out, berth_inventory_cluster_id(report->inventory, c));
    fprintf(out, ", \"holds\": %" PRId64 ", \"holdsExact\": %s,\n", cluster->holds,
            json_boolean(cluster->holds_exact));
    put_policy(out, &cluster->policy);
    put_sizes(out, cluster);
    put_differences(out, cluster);
    put_sets(out, report, cluster);
    put_worst(out, report, c);
    fprintf(out, "\n    }");
  }
  fprintf(out, "]\n}\n");
}

/* ---------------------------------------------------------------------- CSV */

void audit_report_csv(FILE *out, const void *what) {
  const audit_report *report = what;
  csv_table table = {.out = out};
  csv_put_header(&table, "cluster,unit,worst");
  for (uint32_t i = 0; i < berth_inventory_cluster_count(report->inventory); i++) {
    const berth_audit_cluster *c = berth_audit_get_cluster(report->audit, i);
    for (uint32_t u = 0; u < c->unit_count; u++) {
      csv_put_text(&table, berth_inventory_cluster_id(report->inventory, i));
      csv_put_text(&table, c->unit_name[u]);
      csv_put_text(&table, berth_audit_verdict_word((berth_audit_verdict)c->unit_worst[u]));
      csv_end_row(&table);
    }
  }
}
