/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a simulation in the format asked for, through a file that appears only when complete. */
#include "simulation_writer.h"
#include "context_internal.h"
#include "output_file.h"
#include "plan_writer.h"
#include <assert.h>

berth_status berth_write_simulation(berth_context *ctx, const berth_plan *plan,
                                    const berth_simulation *simulation, berth_format format,
                                    const berth_text_style *given, const char *path) {
  berth_text_style style;
  output_file *file = NULL;
  assert(ctx != NULL && plan != NULL && simulation != NULL && path != NULL);
  if (format != BERTH_FORMAT_TEXT && format != BERTH_FORMAT_JSON)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "a simulation has no such format; expected text or JSON");
  if (berth_plan_step_count(plan) != berth_simulation_step_count(simulation))
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "the simulation is of another plan; expected the one it was made of");
  berth_status status = text_style_read(ctx, given, &style);
  if (status != BERTH_OK)
    return status;
  if ((status = output_file_open(ctx, path, &file)) != BERTH_OK)
    goto done;
  if (format == BERTH_FORMAT_TEXT)
    plan_text_write_simulation(plan, simulation, &style, output_file_stream(file));
  else
    status = plan_json_write_simulation(ctx, plan, simulation, output_file_stream(file));
  if (status == BERTH_OK)
    status = output_file_commit(file);
done:
  output_file_discard(file);
  return status;
}
