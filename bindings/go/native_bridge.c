/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C side of the Go binding: see native_bridge.h.
 */
#include "native_bridge.h"
#include "_cgo_export.h"

static bool progress(void *user, const berth_progress *now) {
  bridge_call *call = user;
  bool go_on = __atomic_load_n(&call->stop, __ATOMIC_ACQUIRE) == 0;
  if (go_on && call->progress != 0)
    go_on = bridgeProgress(call->progress, (char *)now->phase, now->done, now->total, now->seconds);
  if (!go_on)
    call->refused = 1;
  return go_on;
}

void bridge_watch(berth_context *ctx, bridge_call *call) {
  berth_context_set_progress(ctx, progress, call);
}

berth_cluster_spec bridge_cluster_spec(void) {
  return (berth_cluster_spec)BERTH_CLUSTER_SPEC_INIT;
}

berth_host_spec bridge_host_spec(void) {
  return (berth_host_spec)BERTH_HOST_SPEC_INIT;
}

berth_vm_spec bridge_vm_spec(void) {
  return (berth_vm_spec)BERTH_VM_SPEC_INIT;
}

berth_rule_spec bridge_rule_spec(void) {
  return (berth_rule_spec)BERTH_RULE_SPEC_INIT;
}

berth_event bridge_event(void) {
  return (berth_event)BERTH_EVENT_INIT;
}

berth_request bridge_request(void) {
  return (berth_request)BERTH_REQUEST_INIT;
}

berth_read_limits bridge_read_limits(void) {
  return (berth_read_limits)BERTH_READ_LIMITS_INIT;
}

berth_text_style bridge_text_style(void) {
  return (berth_text_style)BERTH_TEXT_STYLE_INIT;
}

berth_audit_request bridge_audit_request(void) {
  return (berth_audit_request)BERTH_AUDIT_REQUEST_INIT;
}

berth_capacity_request bridge_capacity_request(void) {
  return (berth_capacity_request)BERTH_CAPACITY_REQUEST_INIT;
}

berth_capacity_flavour bridge_capacity_flavour(void) {
  return (berth_capacity_flavour)BERTH_CAPACITY_FLAVOUR_INIT;
}

berth_lint_request bridge_lint_request(void) {
  return (berth_lint_request)BERTH_LINT_REQUEST_INIT;
}

berth_solve_statistics bridge_statistics(void) {
  return (berth_solve_statistics){.struct_size = sizeof(berth_solve_statistics)};
}

berth_inventory *bridge_retained(const berth_inventory *inventory) {
  return (berth_inventory *)berth_inventory_retain(inventory);
}

void bridge_placements(const berth_plan *plan, berth_plan_placement *out, uint32_t room) {
  for (uint32_t i = 0; i < room; i++)
    out[i] = *berth_plan_placement_at(plan, i);
}
