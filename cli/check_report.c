/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The findings of berth check as JSON.
 */
#include "check_report.h"
#include <inttypes.h>
#include <stdlib.h>

static void put_string(FILE *out, const char *text) {
  fputc('"', out);
  for (; *text != '\0'; text++) {
    unsigned char byte = (unsigned char)*text;
    if (byte == '"' || byte == '\\')
      fprintf(out, "\\%c", byte);
    else if (byte < ' ')
      fprintf(out, "\\u%04x", byte);
    else
      fputc(byte, out);
  }
  fputc('"', out);
}

static void put_string_or_null(FILE *out, const char *text) {
  if (text == NULL)
    fputs("null", out);
  else
    put_string(out, text);
}

bool check_findings_open(check_findings *findings) {
  *findings = (check_findings){.text = NULL};
  findings->stream = open_memstream(&findings->text, &findings->length);
  return findings->stream != NULL;
}

void check_findings_add(check_findings *findings, const berth_problem *problem) {
  static const char *const severities[] = {"note", "warning", "error"};
  const berth_position *position = &problem->position;
  FILE *out = findings->stream;
  fputs(ftello(out) > 0 ? ",\n    {\"code\": " : "\n    {\"code\": ", out);
  put_string_or_null(out, problem->code);
  fprintf(out, ", \"severity\": \"%s\", \"file\": ", severities[problem->severity]);
  put_string_or_null(out, position->source);
  if (position->line > 0)
    fprintf(out, ", \"line\": %" PRIu32 ", \"column\": %" PRIu32, position->line, position->column);
  fputs(",\n     \"text\": ", out);
  put_string(out, problem->text);
  fputc('}', out);
}

void check_findings_close(check_findings *findings) {
  if (findings->stream != NULL)
    fclose(findings->stream);
  free(findings->text);
  *findings = (check_findings){.text = NULL};
}

bool check_report_json(FILE *out, const berth_inventory *inventory, const check_sums *sums,
                       check_findings *findings) {
  if (fflush(findings->stream) != 0 || ferror(findings->stream))
    return false;
  fputs("{\n  \"schema\": \"berth-check/1\",\n  \"inventory\": ", out);
  put_string(out, berth_inventory_name(inventory));
  fprintf(out,
          ",\n  \"rules\": %" PRId64 ",\n  \"rulesDisabled\": %" PRId64
          ",\n  \"shouldRulesBroken\": %" PRId64 ",\n  \"requested\": %" PRId64
          ",\n  \"violations\": %" PRId64 ",\n  \"findings\": [%s%s]\n}\n",
          sums->rules, sums->disabled, sums->broken, sums->requested, sums->violations,
          findings->text, findings->length > 0 ? "\n  " : "");
  return true;
}
