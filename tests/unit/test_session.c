/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions on clusters small enough to answer by hand. */
#include "../inventory_fixture.h"
#include <berth/session.h>

/* Three hosts of 10,000 MHz and 10,240 MiB. a holds 6,000 and 6,144, b 2,000 and 2,048, c nothing;
 * w, of 1,000 and 1,024, waits. a1 and w are apart, b1 and w should be together. */
typedef struct small {
  fixture f;
  const berth_inventory *inventory;
  berth_session *session;
  uint32_t a, b, c, a1, b1, w;
} small;

static uint32_t host_of(const small *s, const char *id) {
  uint32_t host;
  cr_assert_eq(berth_session_find_host(s->session, id, &host), BERTH_OK);
  return host;
}

static uint32_t vm_of(const small *s, const char *id) {
  uint32_t vm;
  cr_assert_eq(berth_session_find_vm(s->session, id, &vm), BERTH_OK);
  return vm;
}

static small small_open(void) {
  small s = {.f = fixture_begin()};
  uint32_t cluster = fixture_cluster(&s.f, "prod");
  fixture_host(&s.f, cluster, "a", 10000, 10240);
  fixture_host(&s.f, cluster, "b", 10000, 10240);
  fixture_host(&s.f, cluster, "c", 10000, 10240);
  fixture_vm(&s.f, cluster, "a1", "a", 6000, 6144);
  fixture_vm(&s.f, cluster, "b1", "b", 2000, 2048);
  fixture_vm(&s.f, cluster, "w", NULL, 1000, 1024);
  fixture_rule(&s.f, cluster, "apart", BERTH_RULE_APART, BERTH_MUST, "a1 w", NULL);
  fixture_rule(&s.f, cluster, "together", BERTH_RULE_TOGETHER, BERTH_SHOULD, "b1 w", NULL);
  s.inventory = fixture_freeze(&s.f);
  cr_assert_eq(berth_session_open(s.f.ctx, s.inventory, &s.session), BERTH_OK);
  s.a = host_of(&s, "a");
  s.b = host_of(&s, "b");
  s.c = host_of(&s, "c");
  s.a1 = vm_of(&s, "a1");
  s.b1 = vm_of(&s, "b1");
  s.w = vm_of(&s, "w");
  return s;
}

static void small_close(small *s) {
  berth_session_close(s->session);
  berth_inventory_release(s->inventory);
  fixture_end(&s->f);
}

static uint32_t best(const berth_view *view, uint32_t vm, berth_preference preference,
                     berth_candidate *found) {
  uint32_t count = 4;
  cr_assert_eq(berth_view_best_hosts(view, vm, preference, found, &count), BERTH_OK);
  return count;
}

Test(session, candidates_by_should_rules_then_by_room) {
  small s = small_open();
  berth_candidate found[4];
  cr_assert_eq(best(berth_session_view(s.session), s.w, BERTH_PREFER_TIGHT, found), 2);
  cr_assert_eq(found[0].host, s.b, "beside b1, as it should be");
  cr_assert_eq(found[0].should_broken, 0);
  cr_assert_eq(found[0].room, 8192 * 1024 / 10240, "8,000 of 10,000 MHz, 8,192 of 10,240 MiB free");
  cr_assert_eq(found[1].host, s.c);
  cr_assert_eq(found[1].should_broken, 1);
  cr_assert_eq(found[1].room, 1024);
  berth_plan_ledger_entry why;
  cr_assert(berth_view_obstacle(berth_session_view(s.session), s.w, s.a, &why));
  cr_assert_eq(why.reason, BERTH_REASON_VM_RULE);
  small_close(&s);
}

Test(session, placing_takes_room_and_stopping_gives_it_back) {
  small s = small_open();
  const berth_view *view = berth_session_view(s.session);
  berth_candidate chosen;
  cr_assert_eq(berth_session_place_vm(s.session, s.w, BERTH_PREFER_TIGHT, &chosen), BERTH_OK);
  cr_assert_eq(chosen.host, s.b);
  cr_assert_eq(berth_view_vm_host(view, s.w), s.b);
  cr_assert_eq(berth_view_host_free(view, s.b, BERTH_RESOURCE_CPU), 7000);
  cr_assert_eq(berth_view_host_free(view, s.b, BERTH_RESOURCE_MEMORY), 7168);
  cr_assert_eq(berth_session_stop_vm(s.session, s.w), BERTH_OK);
  cr_assert_eq(berth_view_host_free(view, s.b, BERTH_RESOURCE_CPU), 8000);
  small_close(&s);
}

Test(session, a_host_that_is_full_or_fails_is_no_candidate) {
  small s = small_open();
  const berth_view *view = berth_session_view(s.session);
  berth_candidate found[4];
  berth_vm_size size = BERTH_VM_SIZE_INIT;
  size.cpu_reservation_mhz = 8001; /* b has 8,000 free */
  cr_assert_eq(berth_session_resize_vm(s.session, s.w, &size), BERTH_OK);
  cr_assert_eq(best(view, s.w, BERTH_PREFER_TIGHT, found), 1);
  cr_assert_eq(found[0].host, s.c);
  cr_assert_eq(berth_session_set_host_state(s.session, s.c, BERTH_HOST_FAILED), BERTH_OK);
  cr_assert_eq(best(view, s.w, BERTH_PREFER_TIGHT, found), 0);
  berth_plan_ledger_entry ledger[8];
  uint32_t count = 8;
  cr_assert_eq(berth_view_ledger(view, s.w, ledger, &count), BERTH_OK);
  cr_assert_eq(count, 3);
  cr_assert_eq(ledger[0].reason, BERTH_REASON_FAILED);
  cr_assert_eq(ledger[1].reason, BERTH_REASON_VM_RULE, "a: the rule goes before the room");
  cr_assert_eq(ledger[2].reason, BERTH_REASON_RESOURCE);
  cr_assert_eq(ledger[2].short_by, 1);
  small_close(&s);
}

Test(session, a_failed_host_takes_its_vms_out_of_the_rules) {
  small s = small_open();
  const berth_view *view = berth_session_view(s.session);
  berth_candidate found[4];
  cr_assert_eq(berth_session_set_host_state(s.session, s.a, BERTH_HOST_FAILED), BERTH_OK);
  cr_assert_eq(berth_view_host_free(view, s.a, BERTH_RESOURCE_CPU), 10000);
  cr_assert_eq(best(view, s.a1, BERTH_PREFER_ROOMY, found), 2, "b and c, to be restarted on");
  cr_assert_eq(found[0].host, s.c);
  cr_assert_eq(berth_session_set_host_state(s.session, s.a, BERTH_HOST_ONLINE), BERTH_OK);
  cr_assert_eq(berth_view_host_free(view, s.a, BERTH_RESOURCE_CPU), 4000);
  small_close(&s);
}

Test(session, a_rolled_back_transaction_leaves_no_trace) {
  small s = small_open();
  const berth_view *view = berth_session_view(s.session);
  berth_rule_spec rule = BERTH_RULE_SPEC_INIT;
  uint32_t number, vm, host;
  rule.id = "not-b";
  rule.type = BERTH_RULE_NOT_RUN_ON;
  rule.vms = "w";
  rule.hosts = "b";
  berth_vm_spec spec = fixture_vm_spec("new", "c", 500, 512);
  cr_assert_eq(berth_session_begin(s.session), BERTH_OK);
  cr_assert_eq(berth_session_add_rule(s.session, 0, &rule, &number), BERTH_OK);
  cr_assert_eq(berth_session_add_vm(s.session, 0, &spec, s.w, &vm), BERTH_OK);
  cr_assert_eq(berth_session_add_host(s.session, s.c, "d", &host), BERTH_OK);
  cr_assert_eq(berth_session_move_vm(s.session, s.a1, host), BERTH_OK);
  cr_assert_eq(berth_session_remove_vm(s.session, s.b1), BERTH_OK);
  berth_candidate found[4];
  cr_assert_eq(best(view, s.w, BERTH_PREFER_TIGHT, found), 1, "not b, nor with a1, nor with new");
  cr_assert_eq(found[0].host, s.a);
  cr_assert_eq(found[0].should_broken, 0, "of w and new, who are apart, the other rule is off");
  cr_assert_eq(berth_session_rollback(s.session), BERTH_OK);
  cr_assert_eq(berth_view_host_count(view), 3);
  cr_assert(berth_view_vm_exists(view, s.b1));
  cr_assert_not(berth_view_rule_exists(view, number));
  cr_assert_eq(berth_view_vm_host(view, s.a1), s.a);
  cr_assert_eq(berth_view_host_free(view, s.a, BERTH_RESOURCE_CPU), 4000);
  cr_assert_eq(berth_session_find_vm(s.session, "new", &vm), BERTH_E_NOT_FOUND);
  cr_assert_eq(best(view, s.w, BERTH_PREFER_TIGHT, found), 2);
  cr_assert_eq(found[0].host, s.b);
  small_close(&s);
}

Test(session, a_snapshot_stays_as_it_was) {
  small s = small_open();
  const berth_view *before;
  berth_candidate found[4];
  cr_assert_eq(berth_session_snapshot(s.session, &before), BERTH_OK);
  cr_assert_eq(berth_session_start_vm(s.session, s.w, s.c), BERTH_OK);
  cr_assert_eq(berth_session_set_host_state(s.session, s.b, BERTH_HOST_FAILED), BERTH_OK);
  cr_assert_eq(berth_view_vm_host(before, s.w), BERTH_NONE);
  cr_assert_eq(best(before, s.w, BERTH_PREFER_TIGHT, found), 2);
  cr_assert_eq(found[0].host, s.b);
  berth_session_close(s.session);
  cr_assert_eq(best(before, s.w, BERTH_PREFER_TIGHT, found), 2, "it outlives the session");
  berth_view_release(before);
  berth_inventory_release(s.inventory);
  fixture_end(&s.f);
}

Test(session, a_rule_that_an_older_one_contradicts_is_not_in_force) {
  small s = small_open();
  const berth_view *view = berth_session_view(s.session);
  berth_rule_spec rule = BERTH_RULE_SPEC_INIT;
  uint32_t together, apart = 0;
  rule.id = "close";
  rule.type = BERTH_RULE_TOGETHER;
  rule.vms = "a1 w";
  cr_assert_eq(berth_session_add_rule(s.session, 0, &rule, &together), BERTH_OK);
  cr_assert_not(berth_view_rule_enabled(view, together), "a1 and w are apart");
  while (strcmp(berth_inventory_rule_id(s.inventory, apart), "apart") != 0)
    apart++;
  cr_assert_eq(berth_session_drop_rule(s.session, apart), BERTH_OK);
  cr_assert(berth_view_rule_enabled(view, together), "nothing is in its way now");
  berth_candidate found[4];
  cr_assert_eq(best(view, s.w, BERTH_PREFER_TIGHT, found), 1);
  cr_assert_eq(found[0].host, s.a, "beside a1, as it must");
  small_close(&s);
}

Test(session, wrong_calls_change_nothing_and_say_why) {
  small s = small_open();
  uint32_t number;
  berth_vm_spec taken = fixture_vm_spec("w", NULL, 1, 1);
  cr_assert_eq(berth_session_start_vm(s.session, 99, s.a), BERTH_E_ARGUMENT);
  cr_assert_eq(berth_session_start_vm(s.session, s.w, 99), BERTH_E_ARGUMENT);
  cr_assert_eq(berth_session_add_vm(s.session, 0, &taken, BERTH_NONE, &number), BERTH_E_ARGUMENT);
  cr_assert_eq(berth_session_commit(s.session), BERTH_E_ARGUMENT);
  cr_assert_eq(berth_session_begin(s.session), BERTH_OK);
  cr_assert_eq(berth_session_begin(s.session), BERTH_E_ARGUMENT);
  const berth_view *view;
  cr_assert_eq(berth_session_snapshot(s.session, &view), BERTH_E_ARGUMENT);
  cr_assert_eq(berth_session_set_host_state(s.session, s.a, BERTH_HOST_STANDBY), BERTH_E_ARGUMENT);
  cr_assert(strstr(berth_context_detail(s.f.ctx), "is on at host \"a\"") != NULL);
  small_close(&s);
}

Test(session, a_host_taken_back_is_forgotten_by_what_was_found_with_it) {
  small s = small_open();
  const berth_view *view = berth_session_view(s.session);
  uint32_t host, vm;
  berth_vm_spec spec = fixture_vm_spec("new", NULL, 500, 512);
  berth_candidate found[4];
  cr_assert_eq(berth_session_begin(s.session), BERTH_OK);
  cr_assert_eq(berth_session_add_host(s.session, s.c, "d", &host), BERTH_OK);
  cr_assert_eq(berth_session_add_vm(s.session, 0, &spec, BERTH_NONE, &vm), BERTH_OK);
  cr_assert_eq(best(view, vm, BERTH_PREFER_ROOMY, found), 4);
  cr_assert_eq(berth_session_rollback(s.session), BERTH_OK);
  cr_assert_eq(berth_session_add_vm(s.session, 0, &spec, BERTH_NONE, &vm), BERTH_OK);
  cr_assert_eq(best(view, vm, BERTH_PREFER_ROOMY, found), 3);
  small_close(&s);
}
