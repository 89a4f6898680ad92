/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file answer.h
 * How a command that writes its answer by itself does so: one place for the forms there are, for
 * text that fits the page and is coloured on terminals, and for files that are replaced when
 * complete.
 */
#ifndef BERTH_CLI_ANSWER_H
#define BERTH_CLI_ANSWER_H

#include <berth/io.h>
#include <berth/page.h>
#include <stdio.h>

typedef enum answer_form { ANSWER_TEXT = 0, ANSWER_JSON, ANSWER_CSV } answer_form;

/** @return false: no form has that word. */
bool answer_form_parse(const char *word, answer_form *form);

/** Writes @p what. A text may have lines of any length, and inks in it. */
typedef void answer_writer(FILE *out, const void *what);

/** Writes @p what into a page, below its heading. */
typedef void answer_page_writer(berth_page *page, const void *what);

typedef struct answer_writers {
  const void *what;
  answer_writer *text, *json, *csv;
  answer_page_writer *page;
  const char *heading; /* of the page: "Audit" */
  const char *name;    /* of the inventory, behind that; may be "" */
} answer_writers;

/** Inks of a text: each lasts until INK_END. Foreign text never has such bytes: answer_put_clean().
 */
#define INK_BOLD "\001"
#define INK_GOOD "\002"
#define INK_CARE "\003"
#define INK_BAD "\004"
#define INK_FAINT "\005"
#define INK_END "\006"

/** Text from elsewhere; what could steer a terminal is shown as '?'. */
void answer_put_clean(FILE *out, const char *text);

/** "HEADING of NAME" in bold, or "HEADING" for an inventory without a name. */
void answer_put_heading(FILE *out, const char *heading, const char *name);

/** "s" unless @p count is 1. */
const char *answer_plural(uint64_t count);

/** Characters of @p text on a terminal; inks and continuation bytes take no room. */
size_t answer_width(const char *text);

/** Writes @p what to @p path ("-" = standard output) and says what went wrong, if so.
 *  @return an exit status. */
int answer_write(berth_context *ctx, const char *path, answer_form form,
                 const answer_writers *answer);

/** Writes the page alone, and says what went wrong, if so. @return an exit status. */
int answer_write_page(berth_context *ctx, const char *path, const answer_writers *answer);

/** answer_write(), then the page to @p page_path; NULL = none is asked for. */
int answer_write_both(berth_context *ctx, const char *path, answer_form form, const char *page_path,
                      const answer_writers *answer);

#endif
