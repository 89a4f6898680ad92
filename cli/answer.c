/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer on its way out. Text is made in memory first: lines that are longer than the page are
 * broken at blanks and go on set in; inks become colours, or nothing.
 */
#include "answer.h"
#include "command.h"
#include "command_terminal.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool answer_form_parse(const char *word, answer_form *form) {
  static const char *const words[] = {"text", "json", "csv"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (strcmp(words[i], word) != 0)
      continue;
    *form = (answer_form)i;
    return true;
  }
  return false;
}

void answer_put_clean(FILE *out, const char *text) {
  for (; *text != '\0'; text++)
    fputc((unsigned char)*text < ' ' || *text == 127 ? '?' : *text, out);
}

/* ---------------------------------------------------------------------------- text */

static bool takes_room(char byte) {
  return ((unsigned char)byte & 0xc0) != 0x80 && (unsigned char)byte >= ' ';
}

static size_t width_of(const char *text, size_t bytes) {
  size_t width = 0;
  for (size_t i = 0; i < bytes; i++)
    width += takes_room(text[i]);
  return width;
}

void answer_put_heading(FILE *out, const char *heading, const char *name) {
  fprintf(out, INK_BOLD "%s%s", heading, name[0] != '\0' ? " of " : "");
  answer_put_clean(out, name);
  fputs(INK_END, out);
}

const char *answer_plural(uint64_t count) {
  return count == 1 ? "" : "s";
}

size_t answer_width(const char *text) {
  return width_of(text, strlen(text));
}

static void put_inked(FILE *out, const char *text, size_t bytes, bool colour) {
  static const char *const codes[] = {"",         "\033[1m", "\033[32m", "\033[33m",
                                      "\033[31m", "\033[2m", "\033[0m"};
  for (size_t i = 0; i < bytes; i++) {
    if (text[i] >= INK_BOLD[0] && text[i] <= INK_END[0])
      fputs(colour ? codes[(int)text[i]] : "", out);
    else
      fputc(text[i], out);
  }
}

/* Bytes of a line of `length` that fit into `room`: up to its last blank there, else its first
 * word; the blanks that it begins with are kept. */
static size_t fitting(const char *text, size_t length, size_t room) {
  size_t own = strspn(text, " "), fits = 0, end = own;
  if (width_of(text, length) <= room)
    return length;
  while (end < length) {
    end += strcspn(text + end, " \n");
    if (width_of(text, end) > room && fits > 0)
      break;
    fits = end;
    if (width_of(text, end) > room)
      break;
    end += strspn(text + end, " ");
  }
  return fits < length ? fits : length;
}

static void put_wrapped(FILE *out, const char *text, size_t width, bool colour) {
  while (*text != '\0') {
    size_t length = strcspn(text, "\n"), indent = strspn(text, " ") + 2, set_in = 0;
    do {
      size_t take = fitting(text, length, width > set_in + 10 ? width - set_in : 10);
      fprintf(out, "%*s", (int)set_in, "");
      put_inked(out, text, take, colour);
      fputc('\n', out);
      size_t blanks = strspn(text + take, " ");
      text += take + blanks;
      length -= take + blanks;
      set_in = indent;
    } while (length > 0);
    text += *text == '\n';
  }
}

static berth_status write_text(FILE *out, const char *path, const answer_writers *answer) {
  berth_text_style style = command_style(path);
  char *text = NULL;
  size_t size = 0;
  FILE *page = open_memstream(&text, &size);
  if (page == NULL)
    return BERTH_E_NOMEM;
  answer->text(page, answer->what);
  bool whole = fclose(page) == 0;
  if (whole)
    put_wrapped(out, text, style.width, style.colour);
  free(text);
  return whole ? BERTH_OK : BERTH_E_NOMEM;
}

/* ---------------------------------------------------------------------------- files */

/* A device or a pipe is written to; a file is replaced when it is complete. */
static bool is_special(const char *path) {
  struct stat found;
  return stat(path, &found) == 0 && !S_ISREG(found.st_mode);
}

static berth_status write_form(FILE *out, const char *path, answer_form form,
                               const answer_writers *answer) {
  if (form == ANSWER_TEXT)
    return write_text(out, path, answer);
  (form == ANSWER_JSON ? answer->json : answer->csv)(out, answer->what);
  return BERTH_OK;
}

int answer_write(berth_context *ctx, const char *path, answer_form form,
                 const answer_writers *answer) {
  bool to_stdout = strcmp(path, "-") == 0, beside = !to_stdout && !is_special(path);
  char part[PATH_MAX] = "";
  FILE *out = stdout;
  if (!to_stdout) {
    snprintf(part, sizeof part, "%.*s%s", PATH_MAX - 8, path, beside ? ".part" : "");
    if ((out = fopen(part, "w")) == NULL) {
      command_say("%s: %s", part, strerror(errno));
      return COMMAND_NO_OUTPUT;
    }
  }
  berth_status status = write_form(out, path, form, answer);
  bool cut = false; /* of standard output main() finds out */
  if (!to_stdout) {
    cut = fflush(out) != 0 || ferror(out);
    cut = fclose(out) != 0 || cut || status != BERTH_OK || (beside && rename(part, path) != 0);
  }
  if (cut && status == BERTH_OK)
    command_say("%s: cannot be written: %s", path, strerror(errno));
  if (cut && beside)
    unlink(part);
  if (status != BERTH_OK)
    return command_fail(ctx, status, false);
  return cut ? COMMAND_OUTPUT_CUT : COMMAND_DONE;
}

int answer_write_page(berth_context *ctx, const char *path, const answer_writers *answer) {
  char title[300];
  berth_page *page = NULL;
  snprintf(title, sizeof title, "%s%s%.250s", answer->heading,
           answer->name[0] != '\0' ? " of " : "", answer->name);
  berth_status status = berth_page_open(ctx, path, title, &page);
  if (status == BERTH_OK) {
    answer->page(page, answer->what);
    status = berth_page_commit(page);
  }
  berth_page_discard(page);
  return status == BERTH_OK ? COMMAND_DONE : command_fail(ctx, status, false);
}

int answer_write_both(berth_context *ctx, const char *path, answer_form form, const char *page_path,
                      const answer_writers *answer) {
  int exit_status = answer_write(ctx, path, form, answer);
  if (exit_status == COMMAND_DONE && page_path != NULL)
    exit_status = answer_write_page(ctx, page_path, answer);
  return exit_status;
}
