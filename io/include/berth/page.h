/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file page.h
 * Pages like those of berth_write_report(), for figures that the library does not write by itself:
 * one frame, one style (light, dark, paper), and the functions that make foreign text harmless.
 *
 *   berth_page *page = NULL;
 *   if ((status = berth_page_open(ctx, path, "Audit of prod", &page)) != BERTH_OK) goto done;
 *   berth_page_section_begin(page, "sizes", "By number of failures");
 *   fprintf(berth_page_stream(page), "<p>%d of ", count);     markup: the caller's own
 *   berth_page_name(page, name);                              text from elsewhere: never raw
 *   fputs("</p>\n", berth_page_stream(page));
 *   berth_page_section_end(page);
 *   status = berth_page_commit(page);
 * done:
 *   berth_page_discard(page);
 *
 * One thread a page. Errors of the stream are found at the commit.
 */
#ifndef BERTH_PAGE_H
#define BERTH_PAGE_H

#include <berth/context.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Opaque. */
typedef struct berth_page berth_page;

/**
 * Begins a page: XHTML (HTML and well-formed XML at once) in UTF-8, without script, that needs
 * nothing beside it. What follows goes into <main>.
 * @param path "-" = standard output. A file is replaced only when complete.
 * @param title of the window; also the heading of the page.
 * @param[out] out owned by the caller; berth_page_discard().
 * @return BERTH_OK; BERTH_E_ARGUMENT (no path or no title); BERTH_E_OPEN_OUTPUT; BERTH_E_NOMEM.
 */
BERTH_EXPORT berth_status berth_page_open(berth_context *ctx, const char *path, const char *title,
                                          berth_page **out);

/** Where markup goes: XML that is well-formed, and text that needs no escaping. Borrowed; never
 *  closed by the caller. */
BERTH_EXPORT FILE *berth_page_stream(berth_page *page);

/** Writes @p text, escaped; what is no character of XML, and what would turn the direction of the
 *  text around it, becomes U+FFFD. At most @p most characters, then an ellipsis. Also within the
 *  quotes of an attribute. */
BERTH_EXPORT void berth_page_text(berth_page *page, const char *text, uint32_t most);

/** The same in an element @p tag with the attributes @p attributes ("" = none), which are markup. */
BERTH_EXPORT void berth_page_element(berth_page *page, const char *tag, const char *attributes,
                                     const char *text);

/** A name, cut at 80 characters, in a direction of its own, whatever script it is written in. */
BERTH_EXPORT void berth_page_name(berth_page *page, const char *name);

/** A section with a heading. @param id of XML; once a page. */
BERTH_EXPORT void berth_page_section_begin(berth_page *page, const char *id, const char *heading);
BERTH_EXPORT void berth_page_section_end(berth_page *page);

/** "Shown: 12 of 40 @p what. The JSON has all.", if @p count is more than @p shown. */
BERTH_EXPORT void berth_page_rest(berth_page *page, uint64_t shown, uint64_t count,
                                  const char *what);

/** Ends the page and makes it visible under its name; once a page.
 *  @return BERTH_OK; BERTH_E_WRITE (what was there before still is). */
BERTH_EXPORT berth_status berth_page_commit(berth_page *page);

/** Frees @p page; without a commit nothing of it stays. NULL is harmless. */
BERTH_EXPORT void berth_page_discard(berth_page *page);

#ifdef __cplusplus
}
#endif
#endif
