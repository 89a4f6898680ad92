/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Go needs of C beyond the library itself: defaults that are macros, a progress callback that
 * reads a flag instead of calling Go, and lists copied in one call each. Nothing here keeps a
 * pointer into Go.
 */
#ifndef BERTH_NATIVE_BRIDGE_H
#define BERTH_NATIVE_BRIDGE_H

#include <berth/audit.h>
#include <berth/capacity.h>
#include <berth/io.h>
#include <berth/lint.h>
#include <berth/policy_lint.h>
#include <berth/session.h>
#include <berth/solve.h>
#include <berth/verify.h>
#include <berth/version.h>

/* One long call. Lives in C memory, so that the library may keep its address while Go sets `stop`.
 */
typedef struct bridge_call {
  int32_t stop;       /* set by Go from any thread */
  int32_t refused;    /* a callback said no: what came back was cut short */
  uintptr_t progress; /* handle of a Go function; 0 = none */
} bridge_call;

void bridge_watch(berth_context *ctx, bridge_call *call);

/* The macros of the headers, as values. */
berth_cluster_spec bridge_cluster_spec(void);
berth_host_spec bridge_host_spec(void);
berth_vm_spec bridge_vm_spec(void);
berth_rule_spec bridge_rule_spec(void);
berth_event bridge_event(void);
berth_request bridge_request(void);
berth_solve_statistics bridge_statistics(void);
berth_read_limits bridge_read_limits(void);
berth_text_style bridge_text_style(void);
berth_audit_request bridge_audit_request(void);
berth_capacity_request bridge_capacity_request(void);
berth_capacity_flavour bridge_capacity_flavour(void);
berth_lint_request bridge_lint_request(void);
berth_vm_size bridge_vm_size(void);

/* One more reference, without const: Go has none. */
berth_inventory *bridge_retained(const berth_inventory *inventory);

/* The first `room` placements, at `out`. */
void bridge_placements(const berth_plan *plan, berth_plan_placement *out, uint32_t room);

/* What a view says of the object of a number. */
typedef enum bridge_field {
  BRIDGE_VM_COUNT,
  BRIDGE_HOST_COUNT,
  BRIDGE_RULE_COUNT,
  BRIDGE_VM_EXISTS,
  BRIDGE_VM_HOST,
  BRIDGE_VM_POWER,
  BRIDGE_VM_DEMAND,
  BRIDGE_HOST_STATE,
  BRIDGE_HOST_FREE,
  BRIDGE_RULE_EXISTS,
  BRIDGE_RULE_ENABLED
} bridge_field;

/* What is asked most takes handles as numbers: before Go 1.20 a pointer to a C type that Go sees no
 * members of costs an allocation a call.
 *
 * Numbers that are not in use give 0, BERTH_NONE, NULL or false; the library would leave them to
 * its caller. `resource` must be one. */
int64_t bridge_view_ask(uintptr_t view, bridge_field field, uint32_t object, uint32_t resource);
const char *bridge_view_vm_id(const berth_view *view, uint32_t vm);
const char *bridge_view_host_id(const berth_view *view, uint32_t host);
bool bridge_view_obstacle(const berth_view *view, uint32_t vm, uint32_t host,
                          berth_plan_ledger_entry *entry);
berth_status bridge_view_ledger(const berth_view *view, uint32_t vm,
                                berth_plan_ledger_entry *entries, uint32_t *count);

/* Without parameters that Go would have to put on its heap: the count, or minus the status. */
int64_t bridge_view_best_hosts(uintptr_t view, uint32_t vm, berth_preference preference,
                               berth_candidate *candidates, uint32_t room);

typedef struct bridge_placed {
  berth_candidate chosen;
  berth_status status;
} bridge_placed;

bridge_placed bridge_place_vm(uintptr_t session, uint32_t vm, berth_preference preference);
berth_status bridge_start_vm(uintptr_t session, uint32_t vm, uint32_t host);
berth_status bridge_stop_vm(uintptr_t session, uint32_t vm);
berth_status bridge_move_vm(uintptr_t session, uint32_t vm, uint32_t host);
berth_plan *bridge_answer_plan(const berth_answer *answer);
berth_view *bridge_session_view(const berth_session *session);

#endif
