/* SPDX-License-Identifier: Apache-2.0 */
/* `add-host` and `add-vm` of a scenario, and the same done to a session. */
#include "session_compare.h"
#include "session_truth.h"

#include "frozen.h"
#include "thaw.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void must(berth_status status) {
  if (status != BERTH_OK)
    abort();
}

static const berth_inventory *by_scenario(berth_context *ctx, const berth_inventory *base,
                                          uint32_t host, uint32_t vm) {
  berth_scenario *scenario = NULL;
  const berth_inventory *out = NULL;
  berth_event event = BERTH_EVENT_INIT;
  must(berth_scenario_new(ctx, &scenario));
  event.type = BERTH_EVENT_ADD_HOST;
  event.like = base->host_id[host];
  event.count = 1;
  must(berth_scenario_add(ctx, scenario, &event));
  event.type = BERTH_EVENT_ADD_VM;
  event.like = base->vm_id[vm];
  must(berth_scenario_add(ctx, scenario, &event));
  must(berth_scenario_apply(ctx, base, scenario, &out));
  berth_scenario_free(scenario);
  return out;
}

static const berth_inventory *by_session(berth_context *ctx, const berth_inventory *base,
                                         uint32_t host, uint32_t vm) {
  berth_session *session = NULL;
  const berth_inventory *out = NULL;
  char host_id[MODEL_ID], vm_id[MODEL_ID];
  uint32_t number;
  (void)snprintf(host_id, sizeof host_id, "%s+1", base->host_id[host]);
  (void)snprintf(vm_id, sizeof vm_id, "%s+1", base->vm_id[vm]);
  berth_vm_spec spec = thaw_vm_spec(base, vm);
  spec.id = vm_id;
  spec.name = spec.host = NULL;
  spec.power = BERTH_POWER_ON;
  must(berth_session_open(ctx, base, &session));
  must(berth_session_add_host(session, host, host_id, &number));
  must(berth_session_add_vm(session, base->vm_cluster[vm], &spec, vm, &number));
  must(berth_view_inventory(ctx, berth_session_view(session), &out));
  berth_session_close(session);
  return out;
}

bool session_like_scenario(uint64_t seed) {
  berth_context *ctx = NULL;
  char what[80];
  must(berth_context_new(NULL, &ctx));
  const berth_inventory *base = model_draw_base(ctx, seed);
  bool same = true;
  if (base != NULL) {
    uint32_t host = (uint32_t)(seed % base->host_count), vm = (uint32_t)(seed / 3 % base->vm_count);
    const berth_inventory *a = by_scenario(ctx, base, host, vm);
    const berth_inventory *b = by_session(ctx, base, host, vm);
    same = inventories_equal(a, b, what, sizeof what);
    if (!same)
      (void)fprintf(stderr, "seed %" PRIu64 ": like by scenario and session: %s\n", seed, what);
    berth_inventory_release(a);
    berth_inventory_release(b);
  }
  berth_inventory_release(base);
  berth_context_free(ctx);
  return same;
}
