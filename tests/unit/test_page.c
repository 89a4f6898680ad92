/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages that programs write: whole or not there, text from elsewhere harmless wherever it stands.
 */
#include "foreign_xml.h"

#include <berth/page.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const hostile = "<b>\"x\" & 'y'\001\xe2\x80\xae]]>";

typedef struct page_case {
  berth_context *ctx;
  berth_page *page;
  char path[64];
} page_case;

static page_case case_begin(void) {
  page_case c = {NULL, NULL, ""};
  cr_assert_eq(berth_context_new(NULL, &c.ctx), BERTH_OK);
  snprintf(c.path, sizeof c.path, "/tmp/test_page.%ld.html", (long)getpid());
  cr_assert_eq(berth_page_open(c.ctx, c.path, hostile, &c.page), BERTH_OK);
  return c;
}

static void case_end(page_case *c) {
  berth_page_discard(c->page);
  berth_context_free(c->ctx);
  unlink(c->path);
}

Test(page, text_is_text_everywhere) {
  page_case c = case_begin();
  berth_page_section_begin(c.page, "one", hostile);
  fputs("<p title=\"", berth_page_stream(c.page));
  berth_page_text(c.page, hostile, 100);
  fputs("\">", berth_page_stream(c.page));
  berth_page_text(c.page, hostile, 4);
  fputs("</p>", berth_page_stream(c.page));
  berth_page_element(c.page, "p", "class=\"rest\"", hostile);
  berth_page_name(c.page, hostile);
  berth_page_rest(c.page, 3, 3, "things");
  berth_page_rest(c.page, 3, 4, "things");
  berth_page_section_end(c.page);
  cr_assert_eq(berth_page_commit(c.page), BERTH_OK);
  char *text = foreign_xml_last_text(c.path);
  cr_assert_not_null(text, "not well-formed");
  cr_expect_not_null(strstr(text, "<b>\"x\" & 'y'\xef\xbf\xbd\xef\xbf\xbd]]>"), "%s", text);
  cr_expect_not_null(strstr(text, "<b>\"\xe2\x80\xa6"), "four characters, then an ellipsis: %s",
                     text);
  cr_expect_not_null(strstr(text, "Shown: 3 of 4 things."));
  cr_expect_null(strstr(text, "Shown: 3 of 3"));
  free(text);
  case_end(&c);
}

Test(page, without_a_commit_there_is_nothing) {
  page_case c = case_begin();
  fputs("<p>half", berth_page_stream(c.page));
  berth_page_discard(c.page);
  c.page = NULL;
  cr_expect_neq(access(c.path, F_OK), 0);
  case_end(&c);
}

Test(page, what_goes_wrong_is_told) {
  page_case c = case_begin();
  berth_page *other = NULL;
  cr_expect_eq(berth_page_open(c.ctx, NULL, "t", &other), BERTH_E_ARGUMENT);
  cr_expect_eq(berth_page_open(c.ctx, c.path, NULL, &other), BERTH_E_ARGUMENT);
  cr_expect_eq(berth_page_open(c.ctx, "/nowhere/at/all.html", "t", &other), BERTH_E_OPEN_OUTPUT);
  cr_expect_null(other);
  cr_assert_eq(berth_page_open(c.ctx, "/dev/full", "t", &other), BERTH_OK);
  cr_expect_eq(berth_page_commit(other), BERTH_E_WRITE);
  berth_page_discard(other);
  berth_page_discard(NULL);
  case_end(&c);
}
