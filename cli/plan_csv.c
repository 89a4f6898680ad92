/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps as rows: ids as in JSON, times in seconds from the start of the plan.
 */
#include "plan_csv.h"
#include "csv.h"
#include <inttypes.h>
#include <stdlib.h>

static void put_host(csv_table *table, const berth_inventory *inventory, uint32_t host) {
  if (host == BERTH_NONE)
    csv_put_empty(table);
  else
    csv_put_text(table, berth_inventory_host_id(inventory, host));
}

/* "3 7": a list in one cell. */
static void put_list(csv_table *table, const uint32_t *ids, uint32_t count) {
  char *text = NULL;
  size_t size = 0;
  FILE *list = open_memstream(&text, &size);
  if (list == NULL)
    return;
  for (uint32_t i = 0; i < count; i++)
    fprintf(list, "%s%" PRIu32, i > 0 ? " " : "", ids[i]);
  if (fclose(list) == 0)
    csv_put_text(table, text);
  free(text);
}

static void put_step(csv_table *table, const berth_inventory *inventory,
                     const berth_plan_step *step) {
  csv_put_number(table, step->id);
  csv_put_text(table, berth_step_type_word(step->type));
  csv_put_text(table, step->vm == BERTH_NONE ? "" : berth_inventory_vm_id(inventory, step->vm));
  put_host(table, inventory, step->from);
  put_host(table, inventory, step->to);
  put_host(table, inventory, step->host);
  csv_put_number(table, step->start.earliest);
  csv_put_number(table, step->start.latest);
  csv_put_number(table, step->end.earliest);
  csv_put_number(table, step->end.latest);
  csv_put_number(table, step->wait);
  csv_put_number(table, step->seconds);
  csv_put_number(table, step->settle);
  put_list(table, step->after, step->after_count);
  put_list(table, step->after_settled, step->after_settled_count);
  csv_put_text(table, step->approval ? "yes" : "no");
  csv_put_text(table, step->why != NULL ? step->why : "");
  csv_end_row(table);
}

void plan_csv_write(FILE *out, const void *what) {
  const berth_plan *plan = what;
  csv_table table = {.out = out};
  csv_put_header(&table,
                 "step,type,vm,from,to,host,startEarliest,startLatest,endEarliest,endLatest,"
                 "wait,seconds,settle,after,afterSettled,approval,why");
  for (uint32_t i = 0; i < berth_plan_step_count(plan); i++)
    put_step(&table, berth_plan_inventory(plan), berth_plan_step_at(plan, i));
}
