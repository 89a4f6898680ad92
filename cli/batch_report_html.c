/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch as a page: how many ended how, a table of the gravest, the slowest, and links to the
 * pages of single inventories where there are such.
 */
#include "batch_question.h"
#include "batch_summary.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS_MOST = 1000, SLOWEST_MOST = 20, PATH_SHOWN = 200 };

typedef struct batch_page {
  berth_page *page;
  FILE *stream;
  const batch_summary *summary;
  char *folder; /* of the single pages as seen from this one; owned; NULL = no links */
} batch_page;

/* ---------------------------------------------------------------------- links */

/* The folder `to` as seen from the folder of the file `from`: free(). NULL: not to be found. */
static char *seen_from(const char *from, const char *to) {
  char base[PATH_MAX], folder[PATH_MAX], target[PATH_MAX], *seen = NULL;
  size_t size = 0, shared = 0, slash = 0;
  snprintf(folder, sizeof folder, "%s", from);
  char *name = strrchr(folder, '/');
  snprintf(name != NULL ? name + 1 : folder, 2, ".");
  if (realpath(folder, base) == NULL || realpath(to, target) == NULL)
    return NULL;
  for (; base[shared] != '\0' && base[shared] == target[shared]; shared++)
    if (base[shared] == '/')
      slash = shared;
  /* One of them may end where the other has a slash. */
  if ((base[shared] == '\0' || base[shared] == '/') &&
      (target[shared] == '\0' || target[shared] == '/'))
    slash = shared;
  FILE *out = open_memstream(&seen, &size);
  if (out == NULL)
    return NULL;
  for (const char *at = base + slash; *at != '\0'; at++)
    if (*at == '/' && at[1] != '\0')
      fputs("../", out);
  const char *rest = target + slash;
  fputs(*rest == '/' ? rest + 1 : rest, out);
  if (fclose(out) != 0 || seen == NULL) {
    free(seen);
    return NULL;
  }
  return seen;
}

/* What a reference may have as it is; all else by its bytes. */
static void put_reference(const batch_page *p, const char *path) {
  for (; *path != '\0'; path++) {
    unsigned char byte = (unsigned char)*path;
    if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
        (byte >= '0' && byte <= '9') || strchr("-._~/", byte) != NULL)
      fputc(byte, p->stream);
    else
      fprintf(p->stream, "%%%02X", byte);
  }
}

static void put_file(const batch_page *p, size_t item) {
  const char *path = p->summary->inputs->paths[item];
  char *there = NULL, *seen = NULL;
  if (p->folder != NULL) {
    there = batch_page_path(p->summary->pages, path, item);
    seen = batch_page_path(p->folder, path, item);
  }
  bool linked = there != NULL && seen != NULL && access(there, R_OK) == 0;
  if (linked) {
    fputs("<a href=\"", p->stream);
    put_reference(p, seen[0] == '/' ? seen + 1 : seen);
    fputs("\">", p->stream);
  }
  fputs("<bdi>", p->stream);
  berth_page_text(p->page, path, PATH_SHOWN);
  fputs(linked ? "</bdi></a>" : "</bdi>", p->stream);
  free(there);
  free(seen);
}

/* ---------------------------------------------------------------------- tables */

static const char *class_of(int exit_status) {
  return exit_status == 0 ? "class=\"mark good\"" : "class=\"mark bad\"";
}

static void put_words(const batch_page *p) {
  fputs("<table>\n<thead><tr><th scope=\"col\">result</th><th scope=\"col\" class=\"number\">"
        "inventories</th><th scope=\"col\">meaning</th></tr></thead>\n<tbody>\n",
        p->stream);
  for (int i = 0; i < BATCH_WORD_COUNT; i++) {
    const batch_word *row = &batch_words()[i];
    size_t count = p->summary->table->by_word[i];
    if (count > 0)
      fprintf(p->stream,
              "<tr data-result=\"%s\" data-count=\"%zu\"><td><span %s>%s</span></td>"
              "<td class=\"number\">%zu</td><td>%s</td></tr>\n",
              row->word, count, class_of(row->exit_status), row->word, count, row->meaning);
  }
  fputs("</tbody></table>\n", p->stream);
}

static void put_rows(const batch_page *p, const size_t *items, size_t count) {
  fputs("<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">inventory</th><th "
        "scope=\"col\">result</th><th scope=\"col\">note</th><th scope=\"col\" "
        "class=\"number\">seconds</th></tr></thead>\n<tbody>\n",
        p->stream);
  for (size_t i = 0; i < count; i++) {
    const batch_entry *entry = &p->summary->table->entries[items[i]];
    fprintf(p->stream, "<tr data-index=\"%zu\"><td>", items[i]);
    put_file(p, items[i]);
    fprintf(p->stream, "</td><td><span %s>%s</span></td><td>", class_of(entry->exit_status),
            batch_word_of(entry->exit_status));
    berth_page_text(p->page, entry->note != NULL ? entry->note : "", BATCH_NOTE_SIZE);
    fprintf(p->stream, "</td><td class=\"number\">%.2f</td></tr>\n", entry->milliseconds / 1000.0);
  }
  fputs("</tbody></table></div>\n", p->stream);
}

static void put_sections(const batch_page *p) {
  const batch_table *table = p->summary->table;
  size_t *items = calloc(ROWS_MOST, sizeof *items);
  if (items == NULL)
    return;
  size_t count = batch_table_gravest(table, items, ROWS_MOST);
  berth_page_section_begin(p->page, "inventories", "Inventories, the gravest first");
  put_rows(p, items, count);
  berth_page_rest(p->page, count, table->through, "inventories");
  berth_page_section_end(p->page);
  count = batch_table_slowest(table, items, SLOWEST_MOST);
  berth_page_section_begin(p->page, "slowest", "The slowest");
  put_rows(p, items, count);
  berth_page_section_end(p->page);
  free(items);
}

void batch_summary_html(berth_page *page, const void *what) {
  batch_page p = {.page = page, .stream = berth_page_stream(page), .summary = what};
  const batch_summary *s = what;
  if (s->pages != NULL)
    p.folder = seen_from(s->page, s->pages);
  fputs("<p class=\"scenario\">Asked: <code>", p.stream);
  berth_page_text(page, s->question, 2000);
  fprintf(p.stream,
          "</code>. %zu of %zu inventories; this run: %zu in %.1f s on %u thread%s.</p>\n",
          s->table->through, s->table->count, s->table->through - s->before, s->statistics.seconds,
          s->statistics.threads, s->statistics.threads == 1 ? "" : "s");
  berth_page_section_begin(page, "results", "Results");
  put_words(&p);
  berth_page_section_end(page);
  put_sections(&p);
  free(p.folder);
}
