/* SPDX-License-Identifier: Apache-2.0 */
/* Trees and XPath for pages, SAX for the bare pass; no network. */
#include "foreign_xml.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <string.h>

static void count_element(void *user, const xmlChar *name, const xmlChar *prefix,
                          const xmlChar *uri, int namespaces, const xmlChar **namespace_list,
                          int attributes, int defaulted, const xmlChar **attribute_list) {
  (void)name, (void)prefix, (void)uri, (void)namespaces, (void)namespace_list;
  (void)attributes, (void)defaulted, (void)attribute_list;
  ++*(uint64_t *)user;
}

uint64_t foreign_xml_pass(const char *path) {
  xmlSAXHandler handler = {.initialized = XML_SAX2_MAGIC, .startElementNs = count_element};
  uint64_t elements = 0;
  return xmlSAXUserParseFile(&handler, &elements, path) == 0 ? elements : 0;
}

int foreign_xml_count(const char *page, size_t size, const char *path) {
  xmlDoc *document = xmlReadMemory(page, (int)size, "page.html", NULL, XML_PARSE_NONET);
  if (document == NULL)
    return FOREIGN_XML_MALFORMED;
  xmlXPathContext *context = xmlXPathNewContext(document);
  xmlXPathRegisterNs(context, BAD_CAST "x", BAD_CAST "http://www.w3.org/1999/xhtml");
  xmlXPathRegisterNs(context, BAD_CAST "s", BAD_CAST "http://www.w3.org/2000/svg");
  xmlXPathObject *found = xmlXPathEvalExpression(BAD_CAST path, context);
  int count = found == NULL               ? FOREIGN_XML_NO_PATH
              : found->nodesetval == NULL ? 0
                                          : found->nodesetval->nodeNr;
  xmlXPathFreeObject(found);
  xmlXPathFreeContext(context);
  xmlFreeDoc(document);
  return count;
}

char *foreign_xml_last_text(const char *path) {
  xmlDoc *document = xmlReadFile(path, NULL, XML_PARSE_NONET);
  if (document == NULL)
    return NULL;
  xmlNode *last = xmlDocGetRootElement(document)->last;
  while (last != NULL && last->type != XML_ELEMENT_NODE)
    last = last->prev;
  xmlChar *content = last == NULL ? NULL : xmlNodeGetContent(last);
  char *text = content == NULL ? NULL : strdup((char *)content);
  xmlFree(content);
  xmlFreeDoc(document);
  return text;
}
