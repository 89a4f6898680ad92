/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer of power management as JSON, schema berth-power/1: all that the library says, ids
 * instead of labels; and the hosts as CSV. The plans are documents of their own.
 */
#include "csv.h"
#include "json_text.h"
#include "power_report.h"
#include <inttypes.h>
#include <string.h>

static void put_load(FILE *out, const char *key, berth_power_load load) {
  fprintf(out, "\"%s\": {\"cpuMhz\": %" PRId64 ", \"memoryMib\": %" PRId64 "}", key, load.cpu_mhz,
          load.memory_mib);
}

static void put_constants(FILE *out) {
  uint32_t count;
  const berth_power_constant *list = berth_power_constants(&count);
  fprintf(out, "  \"constants\": [");
  for (uint32_t i = 0; i < count; i++) {
    fprintf(out,
            "%s\n    {\"name\": \"%s\", \"value\": %" PRId64 ", \"unit\": \"%s\", \"source\": ",
            i > 0 ? "," : "", list[i].name, list[i].value, list[i].unit);
    json_put_string(out, list[i].source);
    fprintf(out, "}");
  }
  fprintf(out, "],\n");
}

static void put_calls(FILE *out, uint32_t calls) {
  static const char *const words[] = {"demand", "admission", "failures", "waiting"};
  bool any = false;
  fprintf(out, "\"calls\": [");
  for (uint32_t bit = 0; bit < 4; bit++) {
    if (!((calls >> bit) & 1))
      continue;
    fprintf(out, "%s\"%s\"", any ? ", " : "", words[bit]);
    any = true;
  }
  fprintf(out, "]");
}

static void put_figures(FILE *out, const berth_power_cluster *c) {
  fprintf(out,
          "      \"lowPercent\": %" PRId64 ", \"highPercent\": %" PRId64 ", \"lowHosts\": %" PRIu32
          ", \"highHosts\": %" PRIu32 ", \"highHostsThen\": %" PRIu32 ", ",
          c->low_percent, c->high_percent, c->low_hosts, c->high_hosts, c->high_after);
  put_calls(out, c->calls);
  fprintf(out,
          ",\n      \"minimum\": %" PRIu32 ", \"online\": %" PRIu32 ", \"onlineThen\": %" PRIu32
          ", \"slept\": %" PRIu32 ", \"woken\": %" PRIu32 ", \"weight\": %" PRId64
          ", \"weightThen\": %" PRId64 ", \"weightBound\": %" PRId64
          ", \"weightAdmission\": %" PRId64 ", \"proved\": %s,\n      ",
          c->minimum, c->online_before, c->online_after, c->slept, c->woken, c->weight_before,
          c->weight_after, c->weight_bound, c->weight_admission, json_boolean(c->proved));
  put_load(out, "demand", c->demand);
  fprintf(out, ", ");
  put_load(out, "capacity", c->capacity_before);
  fprintf(out, ", ");
  put_load(out, "capacityThen", c->capacity_after);
  fprintf(out,
          ",\n      \"admission\": {\"policy\": \"%s\", \"kept\": %s, \"satisfied\": %s, "
          "\"satisfiedThen\": %s}, \"survives\": %s, \"violations\": %" PRId64
          ", \"unplaced\": %" PRId64 ",\n",
          berth_admission_word(c->policy_after.configured), json_boolean(c->admission_asked),
          json_boolean(c->admission_kept_before), json_boolean(c->admission_kept_after),
          json_boolean(c->survives), c->violations, c->unplaced);
}

static void put_holds(FILE *out, const power_report *report, const berth_power_host *host) {
  bool any = false;
  fprintf(out, "\"holds\": [");
  for (uint32_t bit = 0; bit < BERTH_POWER_HOLD_COUNT; bit++) {
    if (!((host->holds >> bit) & 1))
      continue;
    fprintf(out, "%s\"%s\"", any ? ", " : "", berth_power_hold_word(bit));
    any = true;
  }
  fprintf(out, "]");
  if (host->vm == BERTH_NONE)
    return;
  fprintf(out, ", \"vm\": ");
  json_put_string(out, berth_inventory_vm_id(berth_power_inventory(report->answer), host->vm));
}

static void put_hosts(FILE *out, const power_report *report, uint32_t cluster) {
  const berth_inventory *inventory = berth_power_inventory(report->answer);
  uint32_t first = berth_inventory_cluster_first_host(inventory, cluster);
  uint32_t end = berth_inventory_cluster_first_host(inventory, cluster + 1);
  fprintf(out, "      \"hosts\": [");
  for (uint32_t h = first; h < end; h++) {
    const berth_power_host *host = berth_power_get_host(report->answer, h);
    fprintf(out, "%s\n        {\"host\": ", h > first ? "," : "");
    json_put_string(out, berth_inventory_host_id(inventory, h));
    fprintf(out, ", \"fate\": \"%s\", ", berth_power_fate_word(host->fate));
    put_holds(out, report, host);
    fprintf(out, ", ");
    put_load(out, "load", host->before);
    fprintf(out, ", ");
    put_load(out, "loadThen", host->after);
    fprintf(out, "}");
  }
  fprintf(out, "],\n");
}

static void put_failures(FILE *out, const power_report *report, const berth_power_cluster *c) {
  const berth_inventory *inventory = berth_power_inventory(report->answer);
  fprintf(out, "      \"failures\": [");
  for (uint32_t i = 0; i < c->failure_count; i++) {
    const berth_power_failure *f = &c->failures[i];
    fprintf(out, "%s\n        {\"host\": ", i > 0 ? "," : "");
    json_put_string(out, berth_inventory_host_id(inventory, f->host));
    fprintf(out, ", \"verdict\": \"%s\", \"planned\": %s", berth_audit_verdict_word(f->verdict),
            json_boolean(f->planned));
    if (f->planned) {
      fprintf(out, ", \"wakes\": [");
      for (uint32_t k = 0; k < f->wake_count; k++) {
        fprintf(out, "%s", k > 0 ? ", " : "");
        json_put_string(out, berth_inventory_host_id(inventory, f->wakes[k]));
      }
      fprintf(out,
              "], \"awakeSeconds\": %" PRId64 ", \"migrations\": %" PRIu32
              ", \"unplaced\": %" PRIu32 ", \"restoredSeconds\": %" PRId64 ", \"fewest\": %s",
              f->awake, f->migrations, f->unplaced, f->restored, json_boolean(f->fewest));
    }
    fprintf(out, "}");
  }
  fprintf(out, "],\n      \"failuresByRestarts\": %" PRIu64 ", \"failuresNotPlanned\": %" PRIu64,
          c->failures_by_restarts, c->failures_not_asked);
}

static void put_cluster(FILE *out, const power_report *report, uint32_t cluster) {
  const berth_power_cluster *c = berth_power_get_cluster(report->answer, cluster);
  const char *dpm = berth_dpm_automation_word(c->dpm);
  fprintf(out, "\n    {\n      \"id\": ");
  json_put_string(out, berth_inventory_cluster_id(berth_power_inventory(report->answer), cluster));
  fprintf(out, ", \"dpm\": \"%s\", \"lookedAt\": %s", dpm != NULL ? dpm : "?",
          json_boolean(c->looked_at));
  if (c->looked_at) {
    fprintf(out, ",\n");
    put_figures(out, c);
    put_hosts(out, report, cluster);
    put_failures(out, report, c);
  }
  fprintf(out, "\n    }");
}

static void put_plan(FILE *out, const power_report *report, const berth_plan *plan, bool back) {
  uint32_t count;
  const berth_power_approval *list = berth_power_approvals(report->answer, back, &count);
  fprintf(out, "{\"steps\": %" PRIu32 ", \"seconds\": %" PRId64 ", \"approvals\": [",
          berth_plan_step_count(plan), berth_plan_get_makespan(plan).worst);
  for (uint32_t i = 0; i < count; i++)
    fprintf(out,
            "%s\n    {\"step\": %" PRIu32 ", \"holdsUp\": %" PRIu32 ", \"moves\": %" PRIu32
            ", \"powerDowns\": %" PRIu32 ", \"seconds\": %" PRId64 "}",
            i > 0 ? "," : "", list[i].step, list[i].steps, list[i].moves, list[i].power_downs,
            list[i].seconds);
  fprintf(out, "]}");
}

void power_report_json(FILE *out, const void *what) {
  const power_report *report = what;
  const berth_inventory *inventory = berth_power_inventory(report->answer);
  const berth_plan *back = berth_power_plan_back(report->answer);
  fprintf(out, "{\n  \"schema\": \"berth-power/1\",\n  \"inventory\": ");
  json_put_string(out, berth_inventory_name(inventory));
  fprintf(out, ",\n  \"keepFailures\": %" PRId64 ", \"weigh\": \"%s\",\n", report->keep_failures,
          berth_weigh_word(report->weigh));
  put_constants(out);
  fprintf(out, "  \"clusters\": [");
  for (uint32_t c = 0; c < berth_inventory_cluster_count(inventory); c++) {
    fprintf(out, "%s", c > 0 ? "," : "");
    put_cluster(out, report, c);
  }
  fprintf(out, "],\n  \"down\": ");
  put_plan(out, report, berth_power_plan_down(report->answer), false);
  fprintf(out, ",\n  \"back\": ");
  if (back != NULL)
    put_plan(out, report, back, true);
  else
    fprintf(out, "null, \"noWayBack\": ");
  if (back == NULL)
    json_put_string(out, berth_power_no_way_back(report->answer));
  fprintf(out, "\n}\n");
}

/* ---------------------------------------------------------------------- CSV */

static void put_row(csv_table *table, const power_report *report, uint32_t cluster, uint32_t host) {
  const berth_inventory *inventory = berth_power_inventory(report->answer);
  const berth_power_host *of = berth_power_get_host(report->answer, host);
  char holds[256] = "";
  for (uint32_t bit = 0; bit < BERTH_POWER_HOLD_COUNT; bit++)
    if ((of->holds >> bit) & 1)
      snprintf(holds + strlen(holds), sizeof holds - strlen(holds), "%s%s",
               holds[0] == '\0' ? "" : " ", berth_power_hold_word(bit));
  csv_put_text(table, berth_inventory_cluster_id(inventory, cluster));
  csv_put_text(table, berth_inventory_host_id(inventory, host));
  csv_put_text(table, berth_power_fate_word(of->fate));
  csv_put_text(table, holds);
  csv_put_number(table, of->before.cpu_mhz);
  csv_put_number(table, of->after.cpu_mhz);
  csv_put_number(table, of->before.memory_mib);
  csv_put_number(table, of->after.memory_mib);
  csv_end_row(table);
}

void power_report_csv(FILE *out, const void *what) {
  const power_report *report = what;
  const berth_inventory *inventory = berth_power_inventory(report->answer);
  csv_table table = {.out = out};
  csv_put_header(&table, "cluster,host,fate,holds,cpuMhz,cpuMhzThen,memoryMib,memoryMibThen");
  for (uint32_t c = 0; c < berth_inventory_cluster_count(inventory); c++) {
    uint32_t end = berth_inventory_cluster_first_host(inventory, c + 1);
    if (!berth_power_get_cluster(report->answer, c)->looked_at)
      continue;
    for (uint32_t h = berth_inventory_cluster_first_host(inventory, c); h < end; h++)
      put_row(&table, report, c, h);
  }
}
