/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file xml_tuning.h
 * How a document is cut into batches, and from when on a thread of its own parses it. Changes
 * nothing but time and memory. A file of its own, so that tests can put another in its place.
 */
#ifndef BERTH_IO_XML_TUNING_H
#define BERTH_IO_XML_TUNING_H

#include <stdint.h>

typedef struct xml_tuning {
  uint32_t chunk;   /**< bytes read at once; > 0 */
  uint32_t direct;  /**< chunks that the caller's thread parses, before a second is started */
  uint32_t choice;  /**< chunks after which it is seen whether that pays; > 0 */
  uint32_t batches; /**< between the threads, 2 to XML_BATCHES_MAX */
} xml_tuning;

enum { XML_BATCHES_MAX = 16 };

xml_tuning xml_tuning_get(void);

#endif
