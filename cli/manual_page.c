/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks argp tables and writes man(7). Options keep the order and the groups of their tables.
 */
#include "manual_page.h"
#include "exit_status.h"
#include "option_walk.h"
#include <berth/version.h>
#include <ctype.h>
#include <string.h>

/* Text as roff takes it: no line may begin with a control character. */
static void put(FILE *stream, const char *text) {
  for (bool fresh = true; *text != '\0'; text++) {
    if (fresh && (*text == '.' || *text == '\''))
      fputs("\\&", stream);
    if (*text == '\\')
      fputs("\\e", stream);
    else if (*text == '-')
      fputs("\\-", stream);
    else
      fputc(*text, stream);
    fresh = *text == '\n';
  }
}

static void put_head(FILE *stream, const char *name, const char *summary) {
  fputs(".TH ", stream);
  for (const char *at = name; *at != '\0'; at++)
    fputc(toupper((unsigned char)*at), stream);
  fprintf(stream, " 1 \"\" \"berth %s\" \"berth manual\"\n.SH NAME\n", BERTH_VERSION);
  put(stream, name);
  fputs(" \\- ", stream);
  put(stream, summary);
  fputs("\n.SH SYNOPSIS\n.B berth", stream);
}

static void put_heading(FILE *stream, const struct argp_option *option) {
  size_t length = strlen(option->doc);
  fprintf(stream, ".SS \"%.*s\"\n", (int)(length - (option->doc[length - 1] == ':')), option->doc);
}

/* One option: its names, then what it does. */
static void put_option(void *user, const struct argp_option *option) {
  FILE *stream = user;
  if (option->name == NULL) {
    put_heading(stream, option);
    return;
  }
  fputs(".TP\n", stream);
  if (option_has_letter(option))
    fprintf(stream, "\\fB\\-%c\\fR, ", option->key);
  fputs("\\fB\\-\\-", stream);
  put(stream, option->name);
  fputs("\\fR", stream);
  if (option->arg != NULL) {
    fputs("=\\fI", stream);
    put(stream, option->arg);
    fputs("\\fR", stream);
  }
  fputc('\n', stream);
  put(stream, option->doc != NULL ? option->doc : "");
  fputc('\n', stream);
}

static void put_common_options(FILE *stream) {
  fputs(".SS \"All commands\"\n"
        ".TP\n\\fB\\-?\\fR, \\fB\\-\\-help\\fR\nsay which options there are\n"
        ".TP\n\\fB\\-\\-usage\\fR\nsay so in short\n"
        ".TP\n\\fB\\-V\\fR, \\fB\\-\\-version\\fR\nsay which version this is\n",
        stream);
}

static void put_exit_statuses(FILE *stream) {
  fputs(".SH EXIT STATUS\n", stream);
  for (const exit_status_row *row = exit_status_table(); row->text != NULL; row++)
    fprintf(stream, ".TP\n%d\n%s\n", row->status, row->text);
}

static void put_environment(FILE *stream) {
  fputs(".SH ENVIRONMENT\n"
        ".TP\n.B NO_COLOR\nif set and not empty, text is not coloured\n"
        ".TP\n.B COLUMNS\nwidth of text that does not go to a terminal; else 100\n",
        stream);
}

void manual_page_of_command(const command *row, FILE *stream) {
  const struct argp *argp = row->arguments();
  const char *more = strchr(argp->doc, '\v');
  char name[40];
  snprintf(name, sizeof name, "berth-%s", row->name);
  put_head(stream, name, row->summary);
  fprintf(stream, " %s\n[\\fIOPTION\\fR...] ", row->name);
  put(stream, argp->args_doc != NULL ? argp->args_doc : "");
  fprintf(stream, "\n.SH DESCRIPTION\n");
  for (const char *at = argp->doc; *at != '\0' && at != more; at++)
    put(stream, (char[]){*at, '\0'});
  fputs("\n", stream);
  if (more != NULL) {
    fputs(".PP\n", stream);
    put(stream, more + 1);
    fputs("\n", stream);
  }
  fputs(".SH OPTIONS\n", stream);
  option_walk(argp, put_option, stream);
  put_common_options(stream);
  put_exit_statuses(stream);
  put_environment(stream);
  fputs(".SH SEE ALSO\n.BR berth (1)\n", stream);
}

void manual_page_of_all(FILE *stream) {
  put_head(stream, "berth", "placement, proof and plans for virtualised clusters");
  fputs("\n\\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n.SH DESCRIPTION\n"
        "Finds every virtual machine a berth: reads the inventory of a virtualised cluster and\n"
        "answers where virtual machines go, in which order, and what is proved about it.\n"
        ".SH COMMANDS\n",
        stream);
  for (const command *row = command_table(); row->name != NULL; row++) {
    fprintf(stream, ".TP\n.B %s\n", row->name);
    put(stream, row->summary);
    fputc('\n', stream);
  }
  put_exit_statuses(stream);
  put_environment(stream);
  fputs(".SH SEE ALSO\n", stream);
  for (const command *row = command_table(); row->name != NULL; row++)
    fprintf(stream, ".BR berth\\-%s (1)%s\n", row->name, row[1].name != NULL ? "," : "");
}
