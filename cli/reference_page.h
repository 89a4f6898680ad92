/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file reference_page.h
 * The reference of the manual, from the tables of the command and the library.
 */
#ifndef BERTH_CLI_REFERENCE_PAGE_H
#define BERTH_CLI_REFERENCE_PAGE_H

#include "command.h"

/** docs/manual/reference.md on @p stream. */
void reference_page(FILE *stream);

#endif
