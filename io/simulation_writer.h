/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file simulation_writer.h
 * One function a format, as in plan_writer.h.
 */
#ifndef BERTH_IO_SIMULATION_WRITER_H
#define BERTH_IO_SIMULATION_WRITER_H

#include <berth/io.h>
#include <stdio.h>

/** JSON, schema berth-simulation/1. @return BERTH_OK, BERTH_E_NOMEM, BERTH_E_INVALID (not UTF-8). */
berth_status plan_json_write_simulation(berth_context *ctx, const berth_plan *plan,
                                        const berth_simulation *simulation, FILE *stream);

/** Text for people. @p style is complete: no zero width. */
void plan_text_write_simulation(const berth_plan *plan, const berth_simulation *simulation,
                                const berth_text_style *style, FILE *stream);

#endif
