/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes to standard error, and the one place where a status of the library becomes an exit
 * status.
 */
#include "command.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static bool quiet;                   /* --quiet was given */
static _Thread_local FILE *listener; /* NULL = standard error */

void command_be_quiet(void) {
  quiet = true;
}

bool command_is_quiet(void) {
  return quiet;
}

FILE *command_say_to(FILE *stream) {
  FILE *before = listener;
  listener = stream;
  return before;
}

int command_exit_of(berth_status status) {
  switch (status) {
  case BERTH_OK:
    return COMMAND_DONE;
  case BERTH_E_ARGUMENT:
    return COMMAND_USAGE;
  case BERTH_E_INVALID:
  case BERTH_E_NOT_FOUND:
  case BERTH_E_AMBIGUOUS:
  case BERTH_E_OVERFLOW:
  case BERTH_E_LIMIT:
  case BERTH_E_UNSUPPORTED:
    return COMMAND_BAD_INPUT;
  case BERTH_E_READ:
    return COMMAND_NO_INPUT;
  case BERTH_E_OPEN_OUTPUT:
    return COMMAND_NO_OUTPUT;
  case BERTH_E_WRITE:
    return COMMAND_OUTPUT_CUT;
  case BERTH_E_CANCELLED:
    return COMMAND_UNDECIDED;
  case BERTH_E_NOMEM:
  case BERTH_E_INTERNAL:
    return COMMAND_INTERNAL;
  }
  return COMMAND_INTERNAL;
}

/* One line, whatever the names in it contain: control characters become '?'. */
static void print_line(char *text) {
  for (char *at = text; *at != '\0'; at++)
    if ((unsigned char)*at < 0x20 || *at == 0x7f)
      *at = '?';
  if (listener != NULL)
    fprintf(listener, "%s\n", text);
  else
    fprintf(stderr, "berth: %s\n", text);
}

/* What does not fit is cut only where there is no memory. */
void command_say(const char *format, ...) {
  char fitting[512], *text = fitting;
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int length = vsnprintf(fitting, sizeof fitting, format, arguments);
  if (length >= (int)sizeof fitting && (text = malloc((size_t)length + 1)) != NULL)
    (void)vsnprintf(text, (size_t)length + 1, format, again);
  if (length >= 0)
    print_line(text != NULL ? text : fitting);
  if (text != fitting)
    free(text);
  va_end(again);
  va_end(arguments);
}

berth_context *command_context(void) {
  berth_context *ctx = NULL;
  berth_status status = berth_context_new(NULL, &ctx);
  if (status != BERTH_OK)
    command_say("%s", berth_status_text(status));
  return ctx;
}

void command_print_problem(const berth_problem *problem) {
  static const char *const marks[] = {"note: ", "warning: ", ""};
  const berth_position *position = &problem->position;
  const char *mark = marks[problem->severity];
  const char *open = problem->code != NULL ? " [" : "", *close = problem->code != NULL ? "]" : "";
  const char *code = problem->code != NULL ? problem->code : "";
  if (quiet && listener == NULL && problem->severity != BERTH_ERROR)
    return;
  if (position->source == NULL)
    command_say("%s%s%s%s%s", mark, problem->text, open, code, close);
  else if (position->line == 0)
    command_say("%s: %s%s%s%s%s", position->source, mark, problem->text, open, code, close);
  else
    command_say("%s:%u:%u: %s%s%s%s%s", position->source, position->line, position->column, mark,
                problem->text, open, code, close);
}

size_t command_print_problems(const berth_context *ctx, bool verbose) {
  size_t errors = 0;
  for (size_t i = 0; i < berth_context_problem_count(ctx); i++) {
    const berth_problem *problem = berth_context_problem(ctx, i);
    errors += problem->severity == BERTH_ERROR;
    if (problem->severity != BERTH_NOTE || verbose)
      command_print_problem(problem);
  }
  return errors;
}

int command_fail(const berth_context *ctx, berth_status status, bool verbose) {
  const char *detail = berth_context_detail(ctx);
  /* The detail repeats the first error; alone it stands for calls that record no problems. */
  if (command_print_problems(ctx, verbose) == 0)
    command_say("%s", detail[0] != '\0' ? detail : berth_status_text(status));
  return command_exit_of(status);
}
