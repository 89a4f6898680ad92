/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The findings of berth check as JSON and as CSV.
 */
#include "check_report.h"
#include "json_text.h"
#include <inttypes.h>
#include <stdlib.h>

bool check_findings_open(check_findings *findings, bool rows) {
  *findings = (check_findings){.rows = rows};
  findings->stream = open_memstream(&findings->text, &findings->length);
  findings->table.out = findings->stream;
  return findings->stream != NULL;
}

static const char *severity_word(const berth_problem *problem) {
  static const char *const words[] = {"note", "warning", "error"};
  return words[problem->severity];
}

static void add_row(csv_table *table, const berth_problem *problem) {
  const berth_position *position = &problem->position;
  csv_put_text(table, problem->code != NULL ? problem->code : "");
  csv_put_text(table, severity_word(problem));
  csv_put_text(table, position->source != NULL ? position->source : "");
  if (position->line > 0) {
    csv_put_number(table, position->line);
    csv_put_number(table, position->column);
  } else {
    csv_put_empty(table);
    csv_put_empty(table);
  }
  csv_put_text(table, problem->text);
  csv_end_row(table);
}

static void add_element(FILE *out, const berth_problem *problem) {
  const berth_position *position = &problem->position;
  fputs(ftello(out) > 0 ? ",\n    {\"code\": " : "\n    {\"code\": ", out);
  json_put_string_or_null(out, problem->code);
  fprintf(out, ", \"severity\": \"%s\", \"file\": ", severity_word(problem));
  json_put_string_or_null(out, position->source);
  if (position->line > 0)
    fprintf(out, ", \"line\": %" PRIu32 ", \"column\": %" PRIu32, position->line, position->column);
  fputs(",\n     \"text\": ", out);
  json_put_string(out, problem->text);
  fputc('}', out);
}

void check_findings_add(check_findings *findings, const berth_problem *problem) {
  if (findings->rows)
    add_row(&findings->table, problem);
  else
    add_element(findings->stream, problem);
}

bool check_findings_complete(check_findings *findings) {
  return fflush(findings->stream) == 0 && !ferror(findings->stream);
}

void check_findings_close(check_findings *findings) {
  if (findings->stream != NULL)
    fclose(findings->stream);
  free(findings->text);
  *findings = (check_findings){.text = NULL};
}

void check_report_json(FILE *out, const void *what) {
  const check_report *report = what;
  const check_sums *sums = &report->sums;
  fputs("{\n  \"schema\": \"berth-check/1\",\n  \"inventory\": ", out);
  json_put_string(out, berth_inventory_name(report->inventory));
  fprintf(out,
          ",\n  \"rules\": %" PRId64 ",\n  \"rulesDisabled\": %" PRId64
          ",\n  \"shouldRulesBroken\": %" PRId64 ",\n  \"requested\": %" PRId64
          ",\n  \"violations\": %" PRId64 ",\n  \"findings\": [%s%s]\n}\n",
          sums->rules, sums->disabled, sums->broken, sums->requested, sums->violations,
          report->findings->text, report->findings->length > 0 ? "\n  " : "");
}

void check_report_csv(FILE *out, const void *what) {
  const check_report *report = what;
  csv_table table = {.out = out};
  csv_put_header(&table, "code,severity,file,line,column,text");
  fputs(report->findings->text, out);
}
