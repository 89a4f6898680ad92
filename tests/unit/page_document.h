/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file page_document.h
 * Pages as libxml2 sees them: well-formed, or the test fails.
 */
#ifndef BERTH_TESTS_PAGE_DOCUMENT_H
#define BERTH_TESTS_PAGE_DOCUMENT_H

#include <criterion/criterion.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

static inline xmlDoc *parse(const char *page, size_t size) {
  xmlDoc *document = xmlReadMemory(page, (int)size, "report.html", NULL, XML_PARSE_NONET);
  cr_assert_not_null(document, "not well-formed:\n%.3000s", page);
  return document;
}

/* How many nodes `path` finds; x: is HTML, s: is SVG. */
static inline int count_nodes(xmlDoc *document, const char *path) {
  xmlXPathContext *context = xmlXPathNewContext(document);
  xmlXPathRegisterNs(context, BAD_CAST "x", BAD_CAST "http://www.w3.org/1999/xhtml");
  xmlXPathRegisterNs(context, BAD_CAST "s", BAD_CAST "http://www.w3.org/2000/svg");
  xmlXPathObject *found = xmlXPathEvalExpression(BAD_CAST path, context);
  cr_assert_not_null(found, "%s", path);
  int count = found->nodesetval == NULL ? 0 : found->nodesetval->nodeNr;
  xmlXPathFreeObject(found);
  xmlXPathFreeContext(context);
  return count;
}

static inline int count_in(const char *page, size_t size, const char *path) {
  xmlDoc *document = parse(page, size);
  int count = count_nodes(document, path);
  xmlFreeDoc(document);
  return count;
}

#endif
