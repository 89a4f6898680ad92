/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file page_text.h
 * What all pages are written with, whatever they are about. A page is XHTML (HTML and well-formed
 * XML at once), so that any XML parser can say whether it is whole. Text of all kinds comes from
 * foreign files: it is written by the functions here only, which escape it, replace what XML or a
 * reader's screen must not get, and cut what is too long.
 */
#ifndef BERTH_IO_PAGE_TEXT_H
#define BERTH_IO_PAGE_TEXT_H

#include <stdint.h>
#include <stdio.h>

enum {
  PAGE_NAME_MOST = 80,      /* characters of a name */
  PAGE_SENTENCE_MOST = 4096 /* of a sentence */
};

/** Head of a page, up to where its content goes; and the end. */
void page_begin(FILE *stream, const char *title);
void page_end(FILE *stream);

/** Writes the style sheet of every page. */
void page_put_style(FILE *stream);

/** Writes @p text, at most @p most characters of it, then an ellipsis. */
void page_put(FILE *stream, const char *text, uint32_t most);

/** The same between tags <@p tag>, with the attributes @p attributes ("" = none). */
void page_put_in(FILE *stream, const char *tag, const char *attributes, const char *text);

/** A name in a direction of its own, whatever script it is written in. */
void page_put_name(FILE *stream, const char *name);

/** Begins a section with a heading; ends with page_section_end(). */
void page_section_begin(FILE *stream, const char *id, const char *heading);
void page_section_end(FILE *stream);

/** "Shown: 12 of 40 <what>. The JSON has all.", if @p count is more than @p shown. */
void page_put_rest(FILE *stream, uint64_t shown, uint64_t count, const char *what);

#endif
