/* SPDX-License-Identifier: Apache-2.0 */
/* Pools of OpenNebula, and the action of its scheduler, which is also read as the scheduler does.
 */
#include "fuzzed_reading.h"
#include <berth/opennebula.h>

static void read_as_scheduler(const uint8_t *data, size_t size, berth_opennebula_task task) {
  const char *cluster = task == BERTH_OPENNEBULA_OPTIMIZE ? "100" : NULL;
  berth_read_limits limits = BERTH_READ_LIMITS_INIT;
  berth_context *ctx = NULL;
  berth_opennebula_action *action = NULL;
  limits.max_bytes = 1 << 20;
  limits.max_elements = 20000;
  limits.max_text = 1 << 16;
  if (berth_context_new(NULL, &ctx) != BERTH_OK)
    return;
  if (berth_opennebula_parse_action(ctx, data, size, "action.xml", task, cluster, &limits,
                                    &action) == BERTH_OK)
    berth_opennebula_action_free(action);
  berth_context_free(ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const dialect_reader *const readers[] = {&opennebula_dialect};
  fuzzed_reading(readers, 1, false, data, size);
  read_as_scheduler(data, size, BERTH_OPENNEBULA_PLACE);
  read_as_scheduler(data, size, BERTH_OPENNEBULA_OPTIMIZE);
  return 0;
}
