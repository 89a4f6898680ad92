/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages for programs: the same frame, style and text functions, and a file that appears whole.
 */
#include "context_internal.h"
#include "output_file.h"
#include "page_text.h"
#include <assert.h>
#include <berth/page.h>

struct berth_page {
  berth_context *ctx;
  output_file *file;
  FILE *stream; /* of the file */
};

berth_status berth_page_open(berth_context *ctx, const char *path, const char *title,
                             berth_page **out) {
  berth_page *page = NULL;
  assert(ctx != NULL && out != NULL);
  *out = NULL;
  if (path == NULL || title == NULL)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "no path, or no title");
  page = context_take(ctx, 1, sizeof *page);
  if (page == NULL)
    return BERTH_E_NOMEM;
  *page = (berth_page){.ctx = ctx};
  berth_status status = output_file_open(ctx, path, &page->file);
  if (status != BERTH_OK) {
    context_release(ctx, page);
    return status;
  }
  page->stream = output_file_stream(page->file);
  page_begin(page->stream, title);
  fputs("<header>", page->stream);
  page_put_in(page->stream, "h1", "", title);
  fputs("</header>\n", page->stream);
  *out = page;
  return BERTH_OK;
}

FILE *berth_page_stream(berth_page *page) {
  assert(page != NULL && page->stream != NULL);
  return page->stream;
}

void berth_page_text(berth_page *page, const char *text, uint32_t most) {
  page_put(page->stream, text, most);
}

void berth_page_element(berth_page *page, const char *tag, const char *attributes,
                        const char *text) {
  page_put_in(page->stream, tag, attributes, text);
}

void berth_page_name(berth_page *page, const char *name) {
  page_put_name(page->stream, name);
}

void berth_page_section_begin(berth_page *page, const char *id, const char *heading) {
  page_section_begin(page->stream, id, heading);
}

void berth_page_section_end(berth_page *page) {
  page_section_end(page->stream);
}

void berth_page_rest(berth_page *page, uint64_t shown, uint64_t count, const char *what) {
  page_put_rest(page->stream, shown, count, what);
}

berth_status berth_page_commit(berth_page *page) {
  assert(page != NULL && page->stream != NULL);
  page_end(page->stream);
  page->stream = NULL;
  return output_file_commit(page->file);
}

void berth_page_discard(berth_page *page) {
  if (page == NULL)
    return;
  assert(page->ctx != NULL);
  output_file_discard(page->file);
  context_release(page->ctx, page);
}
