/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of VMs and hosts are drawn from the inventory, so that any with two of each will do.
 */
#include "session_deed.h"

#include <berth/session.h>

typedef enum act {
  MOVE,
  STOP,
  START,
  PLACE,
  RESIZE,
  FAIL_HOST,
  WAKE_HOST,
  ADD_HOST,
  ADD_VM,
  REMOVE_VM,
  ADD_RULE,
  DROP_RULE,
  SNAPSHOT,
  BEGIN,
  COMMIT,
  ROLLBACK
} act;

typedef struct story {
  berth_session *session;
  const berth_view *snapshot;
  uint32_t made_vm, made_host, made_rule;
} story;

static const act history[] = {STOP,     RESIZE,    PLACE,    BEGIN,     MOVE,      ADD_HOST, ADD_VM,
                              ADD_RULE, COMMIT,    SNAPSHOT, BEGIN,     FAIL_HOST, STOP,     START,
                              ADD_VM,   DROP_RULE, ROLLBACK, REMOVE_VM, FAIL_HOST, WAKE_HOST};

static berth_status add_rule(story *s, const char *id) {
  const berth_view *view = berth_session_view(s->session);
  berth_rule_spec rule = BERTH_RULE_SPEC_INIT;
  char vms[600];
  (void)snprintf(vms, sizeof vms, "%s %s", berth_view_vm_id(view, 0), berth_view_vm_id(view, 1));
  rule.id = id;
  rule.type = BERTH_RULE_APART;
  rule.strength = BERTH_SHOULD;
  rule.vms = vms;
  return berth_session_add_rule(s->session, 0, &rule, &s->made_rule);
}

static berth_status add_vm(story *s, const char *id) {
  berth_vm_spec vm = BERTH_VM_SPEC_INIT;
  vm.id = id;
  vm.power = BERTH_POWER_OFF;
  vm.memory_mib = 512;
  return berth_session_add_vm(s->session, 0, &vm, 0, &s->made_vm);
}

static berth_status perform(story *s, act what, uint32_t number) {
  char id[32];
  berth_candidate chosen;
  berth_vm_size size = BERTH_VM_SIZE_INIT;
  size.memory_mib = 1024;
  (void)snprintf(id, sizeof id, "made-%u", number);
  switch (what) {
  case MOVE:
    return berth_session_move_vm(s->session, 1, 0);
  case STOP:
    return berth_session_stop_vm(s->session, 0);
  case START:
    return berth_session_start_vm(s->session, 0, 0);
  case PLACE:
    return berth_session_place_vm(s->session, 0, BERTH_PREFER_TIGHT, &chosen);
  case RESIZE:
    return berth_session_resize_vm(s->session, 0, &size);
  case FAIL_HOST:
    return berth_session_set_host_state(s->session, 1, BERTH_HOST_FAILED);
  case WAKE_HOST:
    return berth_session_set_host_state(s->session, 1, BERTH_HOST_ONLINE);
  case ADD_HOST:
    return berth_session_add_host(s->session, 0, id, &s->made_host);
  case ADD_VM:
    return add_vm(s, id);
  case REMOVE_VM:
    return berth_session_remove_vm(s->session, s->made_vm);
  case ADD_RULE:
    return add_rule(s, id);
  case DROP_RULE:
    return berth_session_drop_rule(s->session, s->made_rule);
  case SNAPSHOT:
    berth_view_release(s->snapshot);
    s->snapshot = NULL;
    return berth_session_snapshot(s->session, &s->snapshot);
  case BEGIN:
    return berth_session_begin(s->session);
  case COMMIT:
    return berth_session_commit(s->session);
  case ROLLBACK:
    return berth_session_rollback(s->session);
  }
  return BERTH_E_ARGUMENT;
}

static berth_status tell(story *s) {
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; i < sizeof history / sizeof *history && status == BERTH_OK; i++) {
    uint32_t before = s->made_vm;
    status = perform(s, history[i], i);
    if (status == BERTH_E_NOMEM)
      status = perform(s, history[i], i);
    if (history[i] == ADD_VM && i > 10) /* taken back later */
      s->made_vm = before;
  }
  return status;
}

berth_status session_deed(const deed_world *world, const berth_inventory *inventory) {
  story s = {0};
  berth_answer *drain = NULL, *failure = NULL;
  const berth_inventory *is = NULL;
  berth_options options;
  berth_options_init(&options);
  (void)berth_options_set(world->ctx, &options, BERTH_OPTION_THREADS, 1);
  berth_status status = berth_session_open(world->ctx, inventory, &s.session);
  if (status == BERTH_OK)
    status = tell(&s);
  const berth_view *view = s.session == NULL ? NULL : berth_session_view(s.session);
  if (status == BERTH_OK)
    status = berth_view_drain(world->ctx, view, 0, &options, &drain);
  if (status == BERTH_OK)
    status = berth_view_failure(world->ctx, s.snapshot, 0, &options, &failure);
  if (status == BERTH_OK)
    (void)fprintf(world->sink, "%d %d\n", (int)berth_answer_outcome(drain),
                  (int)berth_answer_outcome(failure));
  if (status == BERTH_OK)
    status = berth_view_inventory(world->ctx, view, &is);
  if (status == BERTH_OK)
    status = berth_write_inventory(world->ctx, is, world->output);
  berth_inventory_release(is);
  berth_answer_free(failure);
  berth_answer_free(drain);
  berth_view_release(s.snapshot);
  berth_session_close(s.session);
  return status;
}
