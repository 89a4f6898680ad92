/* SPDX-License-Identifier: Apache-2.0 */
/* Drain, failure and the inventory of a session's view, on clusters small enough to answer by hand.
 */
#include "../inventory_fixture.h"
#include <berth/session.h>

typedef struct setting {
  fixture f;
  uint32_t cluster;
  const berth_inventory *inventory;
  berth_session *session;
  const berth_view *view;
} setting;

static setting begin(void) {
  setting s = {.f = fixture_begin()};
  s.cluster = fixture_cluster(&s.f, "prod");
  return s;
}

static void open_session(setting *s) {
  s->inventory = fixture_freeze(&s->f);
  cr_assert_eq(berth_session_open(s->f.ctx, s->inventory, &s->session), BERTH_OK);
  s->view = berth_session_view(s->session);
}

static void end(setting *s) {
  berth_session_close(s->session);
  berth_inventory_release(s->inventory);
  fixture_end(&s->f);
}

static uint32_t host(const setting *s, const char *id) {
  uint32_t found;
  cr_assert_eq(berth_session_find_host(s->session, id, &found), BERTH_OK);
  return found;
}

static uint32_t vm(const setting *s, const char *id) {
  uint32_t found;
  cr_assert_eq(berth_session_find_vm(s->session, id, &found), BERTH_OK);
  return found;
}

static berth_answer *drain(const setting *s, const char *id) {
  berth_answer *answer = NULL;
  cr_assert_eq(berth_view_drain(s->f.ctx, s->view, host(s, id), NULL, &answer), BERTH_OK, "%s",
               berth_context_detail(s->f.ctx));
  return answer;
}

static berth_answer *failure(const setting *s, const char *id) {
  berth_answer *answer = NULL;
  cr_assert_eq(berth_view_failure(s->f.ctx, s->view, host(s, id), NULL, &answer), BERTH_OK, "%s",
               berth_context_detail(s->f.ctx));
  return answer;
}

/* Whether move @p index takes the VM there. */
static bool moves(const setting *s, const berth_answer *answer, uint32_t index, const char *id,
                  const char *from, const char *to, berth_how how) {
  const berth_plan_placement *move = berth_answer_move_at(answer, index);
  return move != NULL && move->vm == vm(s, id) && move->from == host(s, from) &&
         move->to == host(s, to) && move->how == how;
}

static void expect(const berth_answer *answer, berth_outcome outcome, uint32_t move_count,
                   uint32_t left_count, bool searched) {
  cr_expect_eq(berth_answer_outcome(answer), outcome);
  cr_expect_eq(berth_answer_move_count(answer), move_count);
  cr_expect_eq(berth_answer_left_count(answer), left_count);
  cr_expect_eq(berth_answer_plan(answer) != NULL, searched);
  cr_expect_null(berth_answer_move_at(answer, move_count));
  cr_expect_eq(berth_answer_left_at(answer, left_count), BERTH_NONE);
}

/* ------------------------------------------------------------------------ drain */

Test(session_answers, drain_moves_the_largest_first_to_the_fullest_that_takes_it) {
  setting s = begin();
  fixture_host(&s.f, s.cluster, "a", 10000, 10000);
  fixture_host(&s.f, s.cluster, "b", 10000, 10000);
  fixture_host(&s.f, s.cluster, "c", 10000, 10000);
  fixture_vm(&s.f, s.cluster, "small", "a", 1000, 1000);
  fixture_vm(&s.f, s.cluster, "large", "a", 5000, 1000);
  fixture_vm(&s.f, s.cluster, "there", "b", 4500, 1000);
  open_session(&s);
  berth_answer *answer = drain(&s, "a");
  expect(answer, BERTH_OUTCOME_OPTIMAL, 2, 0, false);
  cr_expect(moves(&s, answer, 0, "large", "a", "b", BERTH_HOW_MIGRATE), "9,500 of b's 10,000");
  cr_expect(moves(&s, answer, 1, "small", "a", "c", BERTH_HOW_MIGRATE), "b is full then");
  berth_answer_free(answer);
  cr_assert_eq(berth_view_vm_host(s.view, vm(&s, "large")), host(&s, "a"), "only asked");
  answer = drain(&s, "c");
  expect(answer, BERTH_OUTCOME_OPTIMAL, 0, 0, false);
  berth_answer_free(answer);
  end(&s);
}

/* b has 3 free and c 3; v needs 5: one of theirs has to make room first. */
static setting needs_room(int64_t third) {
  setting s = begin();
  fixture_host(&s.f, s.cluster, "a", 10, 10);
  fixture_host(&s.f, s.cluster, "b", 10, 10);
  fixture_host(&s.f, s.cluster, "c", 10, 10);
  fixture_vm(&s.f, s.cluster, "v", "a", 0, 5);
  fixture_vm(&s.f, s.cluster, "b1", "b", 0, 5);
  fixture_vm(&s.f, s.cluster, "b2", "b", 0, 2);
  fixture_vm(&s.f, s.cluster, "c1", "c", 0, third);
  return s;
}

Test(session_answers, drain_searches_where_others_have_to_move) {
  setting s = needs_room(7);
  open_session(&s);
  berth_answer *answer = drain(&s, "a");
  expect(answer, BERTH_OUTCOME_OPTIMAL, 2, 0, true);
  cr_expect(moves(&s, answer, 0, "b2", "b", "c", BERTH_HOW_MIGRATE));
  cr_expect(moves(&s, answer, 1, "v", "a", "b", BERTH_HOW_MIGRATE));
  berth_answer_free(answer);
  end(&s);
}

Test(session_answers, drain_that_cannot_be_is_proved_so) {
  setting s = needs_room(9); /* b2 fits nowhere: b and c have 3 and 1 free */
  open_session(&s);
  berth_answer *answer = drain(&s, "a");
  expect(answer, BERTH_OUTCOME_INFEASIBLE, 0, 1, true);
  cr_expect_eq(berth_answer_left_at(answer, 0), vm(&s, "v"));
  berth_answer_free(answer);
  end(&s);
}

/* Waiting VMs and other hosts that are to be emptied would take the room; they are not asked. */
Test(session_answers, drain_is_about_one_host_alone) {
  setting s = needs_room(7);
  fixture_vm(&s.f, s.cluster, "waits", NULL, 0, 3);
  berth_host_spec spec = fixture_host_spec("d", 10, 10);
  spec.state = BERTH_HOST_ENTERING_MAINTENANCE;
  fixture_add_host(&s.f, s.cluster, spec);
  fixture_vm(&s.f, s.cluster, "d1", "d", 0, 3);
  open_session(&s);
  berth_answer *answer = drain(&s, "a");
  expect(answer, BERTH_OUTCOME_OPTIMAL, 2, 0, true);
  berth_answer_free(answer);
  answer = drain(&s, "d");
  expect(answer, BERTH_OUTCOME_OPTIMAL, 1, 0, false);
  berth_answer_free(answer);
  end(&s);
}

/* x breaks a must rule on c, and c's room is what both v and mending would take. */
Test(session_answers, drain_does_not_mend_instead) {
  setting s = begin();
  fixture_host(&s.f, s.cluster, "a", 10, 10);
  fixture_host(&s.f, s.cluster, "b", 10, 10);
  fixture_host(&s.f, s.cluster, "c", 10, 10);
  fixture_vm(&s.f, s.cluster, "v", "a", 0, 5);
  fixture_vm(&s.f, s.cluster, "x", "b", 0, 5);
  fixture_vm(&s.f, s.cluster, "y", "b", 0, 5);
  fixture_vm(&s.f, s.cluster, "z", "c", 0, 5);
  fixture_rule(&s.f, s.cluster, "x-on-c", BERTH_RULE_RUN_ON, BERTH_MUST, "x", "c");
  fixture_rule(&s.f, s.cluster, "v-not-on-b", BERTH_RULE_NOT_RUN_ON, BERTH_MUST, "v", "b");
  open_session(&s);
  berth_answer *answer = drain(&s, "a");
  expect(answer, BERTH_OUTCOME_OPTIMAL, 1, 0, false);
  cr_expect(moves(&s, answer, 0, "v", "a", "c", BERTH_HOW_MIGRATE));
  berth_answer_free(answer);
  /* With u on a as well, nobody has room for v and u, mended or not: what is said is about them. */
  berth_vm_spec u = fixture_vm_spec("u", "a", 0, 5);
  uint32_t number;
  cr_assert_eq(berth_session_add_vm(s.session, 0, &u, BERTH_NONE, &number), BERTH_OK);
  answer = drain(&s, "a");
  cr_expect_eq(berth_answer_outcome(answer), BERTH_OUTCOME_INFEASIBLE);
  cr_expect_eq(berth_answer_left_count(answer), 1, "one of the two finds c");
  berth_answer_free(answer);
  end(&s);
}

/* e is over its capacity, and f could take what is too much. */
Test(session_answers, drain_moves_nothing_for_the_sake_of_others) {
  setting s = needs_room(7);
  fixture_host(&s.f, s.cluster, "e", 10, 10);
  fixture_host(&s.f, s.cluster, "f", 10, 10);
  fixture_vm(&s.f, s.cluster, "e1", "e", 0, 6);
  fixture_vm(&s.f, s.cluster, "e2", "e", 0, 6);
  fixture_rule(&s.f, s.cluster, "not-f", BERTH_RULE_NOT_RUN_ON, BERTH_MUST, "v b2", "f");
  open_session(&s);
  berth_answer *answer = drain(&s, "a");
  expect(answer, BERTH_OUTCOME_OPTIMAL, 2, 0, true);
  berth_answer_free(answer);
  end(&s);
}

Test(session_answers, drain_of_a_host_that_nothing_can_be_moved_from_is_refused) {
  static const berth_host_state states[] = {BERTH_HOST_FAILED, BERTH_HOST_DISCONNECTED,
                                            BERTH_HOST_ISOLATED};
  setting s = needs_room(7);
  open_session(&s);
  berth_answer *answer = NULL;
  for (int i = 0; i < 3; i++) {
    cr_assert_eq(berth_session_set_host_state(s.session, 0, states[i]), BERTH_OK);
    cr_assert_eq(berth_view_drain(s.f.ctx, s.view, 0, NULL, &answer), BERTH_E_ARGUMENT);
    cr_assert_null(answer);
  }
  cr_assert_eq(berth_view_drain(s.f.ctx, s.view, 3, NULL, &answer), BERTH_E_ARGUMENT);
  cr_assert_eq(berth_view_failure(s.f.ctx, s.view, 3, NULL, &answer), BERTH_E_ARGUMENT);
  berth_answer_free(NULL);
  end(&s);
}

Test(session_answers, a_pinned_vm_stays_and_says_so) {
  setting s = begin();
  fixture_host(&s.f, s.cluster, "a", 10, 10);
  fixture_host(&s.f, s.cluster, "b", 10, 10);
  berth_vm_spec spec = fixture_vm_spec("v", "a", 0, 5);
  spec.movable = false;
  fixture_add_vm(&s.f, s.cluster, spec);
  open_session(&s);
  berth_answer *answer = drain(&s, "a");
  expect(answer, BERTH_OUTCOME_INFEASIBLE, 0, 1, true);
  berth_answer_free(answer);
  answer = failure(&s, "a");
  expect(answer, BERTH_OUTCOME_OPTIMAL, 1, 0, false);
  cr_expect(moves(&s, answer, 0, "v", "a", "b", BERTH_HOW_RESTART), "it may be restarted");
  berth_answer_free(answer);
  end(&s);
}

static bool stop_at_once(void *user, const berth_progress *progress) {
  (void)progress;
  ++*(int *)user;
  return false;
}

Test(session_answers, what_is_called_off_is_unknown) {
  setting s = needs_room(7);
  int calls = 0;
  open_session(&s);
  berth_context_set_progress(s.f.ctx, stop_at_once, &calls);
  berth_answer *answer = drain(&s, "b");
  cr_expect_eq(berth_answer_outcome(answer), BERTH_OUTCOME_UNKNOWN);
  cr_expect_eq(berth_answer_left_count(answer), 2);
  cr_expect_lt(berth_answer_left_at(answer, 0), berth_answer_left_at(answer, 1));
  cr_expect_eq(calls, 1);
  berth_answer_free(answer);
  end(&s);
}

/* ------------------------------------------------------------------------ failure */

static void add_with_priority(setting *s, const char *id, const char *at, int64_t memory,
                              berth_priority priority) {
  berth_vm_spec spec = fixture_vm_spec(id, at, 0, memory);
  spec.priority = priority;
  fixture_add_vm(&s->f, s->cluster, spec);
}

Test(session_answers, failure_restarts_by_priority_and_loses_the_least_important) {
  setting s = begin();
  fixture_host(&s.f, s.cluster, "a", 10, 10);
  fixture_host(&s.f, s.cluster, "b", 10, 10);
  add_with_priority(&s, "low", "a", 5, BERTH_PRIORITY_LOW);
  add_with_priority(&s, "high", "a", 4, BERTH_PRIORITY_HIGH);
  add_with_priority(&s, "never", "a", 1, BERTH_PRIORITY_DISABLED);
  add_with_priority(&s, "there", "b", 1, BERTH_PRIORITY_LOW);
  open_session(&s);
  berth_answer *answer = failure(&s, "a");
  expect(answer, BERTH_OUTCOME_OPTIMAL, 2, 0, false);
  cr_expect(moves(&s, answer, 0, "high", "a", "b", BERTH_HOW_RESTART));
  cr_expect(moves(&s, answer, 1, "low", "a", "b", BERTH_HOW_RESTART));
  berth_answer_free(answer);
  berth_vm_size size = BERTH_VM_SIZE_INIT;
  size.memory_mib = size.memory_reservation_mib = 2; /* 4 + 5 + 2 > 10 */
  cr_assert_eq(berth_session_resize_vm(s.session, vm(&s, "there"), &size), BERTH_OK);
  answer = failure(&s, "a");
  expect(answer, BERTH_OUTCOME_INFEASIBLE, 1, 1, true);
  cr_expect(moves(&s, answer, 0, "high", "a", "b", BERTH_HOW_RESTART));
  cr_expect_eq(berth_answer_left_at(answer, 0), vm(&s, "low"));
  berth_answer_free(answer);
  end(&s);
}

Test(session_answers, failure_wakes_a_host_where_that_is_needed) {
  setting s = begin();
  berth_host_spec spec = fixture_host_spec("sleeps", 10, 10);
  fixture_host(&s.f, s.cluster, "a", 10, 10);
  spec.state = BERTH_HOST_STANDBY;
  spec.wake = BERTH_WAKE_IPMI;
  fixture_add_host(&s.f, s.cluster, spec);
  fixture_vm(&s.f, s.cluster, "v", "a", 0, 5);
  open_session(&s);
  berth_answer *answer = failure(&s, "a");
  expect(answer, BERTH_OUTCOME_OPTIMAL, 1, 0, true);
  cr_expect(moves(&s, answer, 0, "v", "a", "sleeps", BERTH_HOW_RESTART));
  berth_answer_free(answer);
  end(&s);
}

Test(session_answers, restarts_wait_for_those_that_a_rule_names) {
  setting s = begin();
  fixture_host(&s.f, s.cluster, "a", 100, 100);
  fixture_host(&s.f, s.cluster, "b", 100, 100);
  fixture_vm(&s.f, s.cluster, "web", "a", 0, 9);
  fixture_vm(&s.f, s.cluster, "cache", "a", 0, 5);
  fixture_vm(&s.f, s.cluster, "db", "a", 0, 1);
  berth_rule_spec rule =
      fixture_rule_spec("order", BERTH_RULE_RESTART_AFTER, BERTH_MUST, "web", NULL);
  rule.after = "db";
  fixture_add_rule(&s.f, s.cluster, rule);
  open_session(&s);
  berth_answer *answer = failure(&s, "a");
  expect(answer, BERTH_OUTCOME_OPTIMAL, 3, 0, false);
  cr_expect(moves(&s, answer, 0, "cache", "a", "b", BERTH_HOW_RESTART), "web would be larger");
  cr_expect(moves(&s, answer, 1, "db", "a", "b", BERTH_HOW_RESTART));
  cr_expect(moves(&s, answer, 2, "web", "a", "b", BERTH_HOW_RESTART));
  berth_answer_free(answer);
  end(&s);
}

/* Of two VMs apart by a must rule one fails with its host; the other stands where it could go. */
Test(session_answers, failure_counts_nothing_that_was_wrong_before) {
  setting s = begin();
  fixture_host(&s.f, s.cluster, "a", 10, 10);
  fixture_host(&s.f, s.cluster, "b", 10, 10);
  fixture_vm(&s.f, s.cluster, "v", "a", 0, 2);
  fixture_vm(&s.f, s.cluster, "p", "b", 0, 1);
  fixture_vm(&s.f, s.cluster, "q", "b", 0, 1);
  fixture_vm(&s.f, s.cluster, "waits", NULL, 0, 10);
  fixture_rule(&s.f, s.cluster, "apart", BERTH_RULE_APART, BERTH_MUST, "p q", NULL);
  open_session(&s);
  berth_answer *answer = failure(&s, "a");
  expect(answer, BERTH_OUTCOME_OPTIMAL, 1, 0, false);
  berth_answer_free(answer);
  berth_vm_size size = BERTH_VM_SIZE_INIT;
  size.memory_mib = size.memory_reservation_mib = 9; /* b has 8 free */
  cr_assert_eq(berth_session_resize_vm(s.session, vm(&s, "v"), &size), BERTH_OK);
  answer = failure(&s, "a");
  cr_expect_eq(berth_answer_outcome(answer), BERTH_OUTCOME_INFEASIBLE);
  cr_expect_eq(berth_answer_left_count(answer), 1);
  berth_answer_free(answer);
  end(&s);
}

/* ------------------------------------------------------------------------ inventory */

Test(session_answers, an_inventory_of_the_view_has_what_came_and_lacks_what_went) {
  setting s = begin();
  fixture_host(&s.f, s.cluster, "a", 10, 10);
  fixture_host(&s.f, s.cluster, "b", 10, 10);
  fixture_vm(&s.f, s.cluster, "v", "a", 1, 2);
  fixture_vm(&s.f, s.cluster, "w", "a", 1, 2);
  fixture_vm_group(&s.f, s.cluster, "web", "v w");
  fixture_host_group(&s.f, s.cluster, "racks", "a");
  fixture_rule(&s.f, s.cluster, "r", BERTH_RULE_RUN_ON, BERTH_SHOULD, "web", "racks");
  fixture_rule(&s.f, s.cluster, "old", BERTH_RULE_APART, BERTH_SHOULD, "web", NULL);
  open_session(&s);
  uint32_t new_host, new_vm, rule;
  berth_vm_spec spec = fixture_vm_spec("x", "b", 3, 4);
  berth_rule_spec own = fixture_rule_spec("own", BERTH_RULE_APART, BERTH_MUST, "web", NULL);
  cr_assert_eq(berth_session_add_host(s.session, host(&s, "a"), "c", &new_host), BERTH_OK);
  cr_assert_eq(berth_session_add_vm(s.session, 0, &spec, vm(&s, "v"), &new_vm), BERTH_OK);
  cr_assert_eq(berth_session_add_rule(s.session, 0, &own, &rule), BERTH_OK);
  cr_assert_eq(berth_session_drop_rule(s.session, 1), BERTH_OK);
  cr_assert_eq(berth_session_remove_vm(s.session, vm(&s, "v")), BERTH_OK);
  cr_assert_eq(berth_session_move_vm(s.session, vm(&s, "w"), new_host), BERTH_OK);
  const berth_inventory *now = NULL;
  cr_assert_eq(berth_view_inventory(s.f.ctx, s.view, &now), BERTH_OK);
  cr_assert_eq(berth_inventory_host_count(now), 3);
  cr_assert_str_eq(berth_inventory_host_id(now, 2), "c");
  cr_assert_eq(berth_inventory_host_capacity(now, 2, BERTH_RESOURCE_MEMORY), 10);
  cr_assert_eq(berth_inventory_vm_count(now), 2);
  cr_assert_str_eq(berth_inventory_vm_id(now, 0), "w");
  cr_assert_str_eq(berth_inventory_vm_id(now, 1), "x");
  cr_assert_eq(berth_inventory_vm_host(now, 0), 2);
  cr_assert_eq(berth_inventory_vm_host(now, 1), 1);
  cr_assert_eq(berth_inventory_rule_count(now), 2);
  cr_assert_str_eq(berth_inventory_rule_id(now, 0), "r");
  cr_assert_str_eq(berth_inventory_rule_id(now, 1), "own");
  berth_inventory_release(now);
  end(&s);
}

Test(session_answers, a_plan_of_the_view_places_what_waits_now) {
  setting s = begin();
  fixture_host(&s.f, s.cluster, "a", 10, 10);
  fixture_vm(&s.f, s.cluster, "v", "a", 1, 2);
  open_session(&s);
  uint32_t number;
  berth_vm_spec spec = fixture_vm_spec("new", NULL, 3, 4);
  cr_assert_eq(berth_session_add_vm(s.session, 0, &spec, BERTH_NONE, &number), BERTH_OK);
  berth_plan *plan = NULL;
  berth_request request = BERTH_REQUEST_INIT;
  request.infer_goal = false;
  request.goal = BERTH_GOAL_PLACE;
  cr_assert_eq(berth_view_plan(s.f.ctx, s.view, &request, NULL, &plan), BERTH_OK);
  cr_assert_eq(berth_plan_placement_count(plan), 1);
  cr_assert_str_eq(
      berth_inventory_vm_id(berth_plan_inventory(plan), berth_plan_placement_at(plan, 0)->vm),
      "new");
  berth_plan_free(plan);
  end(&s);
}
