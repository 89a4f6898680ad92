/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file xml_pipeline.h
 * A thread that parses batches in the order in which they are handed to it. The caller's thread
 * alone reads, allocates and calls back: what the parser needs memory for it asks of the caller.
 */
#ifndef BERTH_IO_XML_PIPELINE_H
#define BERTH_IO_XML_PIPELINE_H

#include "xml_parser.h"

typedef struct xml_pipeline xml_pipeline;

/**
 * Starts the thread; the parser is its own until xml_pipeline_end().
 * @param batches that will be on their way at once, at most.
 * @param[out] out NULL if no thread is to be had: the parser may be used on.
 * @return BERTH_OK, BERTH_E_NOMEM.
 */
berth_status xml_pipeline_start(berth_context *ctx, xml_parser *parser, uint32_t batches,
                                xml_pipeline **out);

/** Hands @p batch to the thread, which has it until it is returned by xml_pipeline_take(). */
void xml_pipeline_submit(xml_pipeline *pipeline, xml_batch *batch);

/** Waits for the oldest batch that was handed over, of which there is one, and returns it. */
xml_batch *xml_pipeline_take(xml_pipeline *pipeline);

/** Ends the thread, whatever it has still got to do, and frees @p pipeline. NULL is harmless. */
void xml_pipeline_end(xml_pipeline *pipeline);

#endif
