/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file foreign_xml.h
 * Documents as libxml2 sees them when berth is not between: what tests hold pages against, and what
 * benchmarks hold the readers against. Of the tests only foreign_xml.c sees libxml2.
 */
#ifndef BERTH_TESTS_FOREIGN_XML_H
#define BERTH_TESTS_FOREIGN_XML_H

#include <stddef.h>
#include <stdint.h>

/** The floor under every reader: each element is handed over, and nothing is done with it.
 *  @return their number; 0 = the file cannot be read or is not well-formed. */
uint64_t foreign_xml_pass(const char *path);

enum { FOREIGN_XML_MALFORMED = -1, FOREIGN_XML_NO_PATH = -2 };

/** How many nodes the XPath @p path finds; x: is HTML, s: is SVG.
 *  @return that or FOREIGN_XML_... */
int foreign_xml_count(const char *page, size_t size, const char *path);

/** The text of the last element below the root of a file. Free it with free(). NULL = not
 *  well-formed. */
char *foreign_xml_last_text(const char *path);

#endif
