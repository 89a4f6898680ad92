/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is restarted, in which order and where: classes of each era, dependencies, attempts, and
 * room that has to be made. A host "h0" with a disk fails at second 0 in most of them: it counts as
 * failed at 18, attempts may begin at 33, and a power-on takes 30 s.
 */
#include "timeline_fixture.h"

enum { FIRST = 18 + 15, BOOT = 30 };

static timeline_case begin(berth_cluster_spec spec) {
  timeline_case t = timeline_begin(&spec);
  timeline_host_on_disk(&t, "h0", 10000);
  timeline_event(&t, BERTH_EVENT_FAIL, "h0", 0);
  return t;
}

static berth_cluster_spec when_powered_on(void) {
  berth_cluster_spec spec = timeline_era(BERTH_ERA_FDM65);
  spec.ready_when = BERTH_READY_POWERED_ON;
  return spec;
}

/* ---------------------------------------------------------------------------- order */

Test(timeline, a_class_waits_until_the_one_before_is_ready) {
  timeline_case t = begin(when_powered_on());
  timeline_host_on_disk(&t, "h1", 5000);
  timeline_host_on_disk(&t, "h2", 5000);
  const char *const ids[] = {"v0", "v1", "v2", "v3", "v4"};
  for (int i = 4; i >= 0; i--)
    timeline_vm_of(&t, ids[i], "h0", 100, (berth_priority)i);
  timeline_run(&t);
  for (int i = 0; i < 5; i++)
    cr_expect_eq(timeline_first_try(&t, ids[i]), FIRST + i * BOOT, "%s", ids[i]);
  timeline_end(&t);
}

Test(timeline, classes_follow_at_once_when_resources_are_all_that_is_asked_for) {
  timeline_case t = begin(timeline_era(BERTH_ERA_FDM65));
  timeline_host_on_disk(&t, "h1", 5000);
  timeline_vm_of(&t, "low", "h0", 100, BERTH_PRIORITY_LOW);
  timeline_vm_of(&t, "high", "h0", 100, BERTH_PRIORITY_HIGH);
  timeline_run(&t);
  cr_expect_eq(timeline_first_try(&t, "high"), FIRST);
  cr_expect_eq(timeline_first_try(&t, "low"), FIRST);
  timeline_end(&t);
}

Test(timeline, a_delay_after_readiness_counts) {
  berth_cluster_spec spec = timeline_era(BERTH_ERA_FDM65);
  spec.ready_when = BERTH_READY_GUEST_HEARTBEAT;
  spec.post_ready_delay = 7;
  timeline_case t = begin(spec);
  t.timing.seconds[BERTH_TIMING_GUEST_HEARTBEAT] = 20;
  timeline_host_on_disk(&t, "h1", 5000);
  timeline_vm_of(&t, "low", "h0", 100, BERTH_PRIORITY_LOW);
  timeline_vm_of(&t, "high", "h0", 100, BERTH_PRIORITY_HIGH);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_READY, "high", NULL, 0), FIRST + BOOT + 20 + 7);
  cr_expect_eq(timeline_first_try(&t, "low"), FIRST + BOOT + 20 + 7);
  timeline_end(&t);
}

/* Its guest answers after an hour: the next class goes on after 600 s. */
Test(timeline, the_next_class_does_not_wait_longer_than_the_restart_timeout) {
  berth_cluster_spec spec = timeline_era(BERTH_ERA_FDM65);
  spec.ready_when = BERTH_READY_APP_HEARTBEAT;
  timeline_case t = begin(spec);
  t.timing.seconds[BERTH_TIMING_APP_HEARTBEAT] = 3600;
  timeline_host_on_disk(&t, "h1", 5000);
  timeline_vm_of(&t, "low", "h0", 100, BERTH_PRIORITY_LOW);
  timeline_vm_of(&t, "high", "h0", 100, BERTH_PRIORITY_HIGH);
  timeline_run(&t);
  cr_expect_eq(timeline_first_try(&t, "low"), FIRST + 600);
  timeline_end(&t);
}

/* fdm5: on the host that has a higher one the lower one waits for its power-on; "low-2" on another
 * host does not. h1 takes 200 only, and high and low-1 must run there. */
Test(timeline, before_65_classes_wait_for_power_ons_on_their_host_only) {
  berth_cluster_spec spec = timeline_era(BERTH_ERA_FDM5);
  spec.ready_when = BERTH_READY_APP_HEARTBEAT; /* nobody asks for it then */
  timeline_case t = begin(spec);
  timeline_host_on_disk(&t, "h1", 200);
  timeline_host_on_disk(&t, "h2", 200);
  timeline_vm_of(&t, "low-1", "h0", 100, BERTH_PRIORITY_LOWEST);
  timeline_vm_of(&t, "low-2", "h0", 100, BERTH_PRIORITY_LOW);
  timeline_vm_of(&t, "high", "h0", 100, BERTH_PRIORITY_HIGH);
  fixture_rule(&t.f, t.cluster, "one", BERTH_RULE_RUN_ON, BERTH_MUST, "high low-1", "h1");
  fixture_rule(&t.f, t.cluster, "two", BERTH_RULE_RUN_ON, BERTH_MUST, "low-2", "h2");
  timeline_run(&t);
  cr_expect_eq(timeline_first_try(&t, "high"), FIRST);
  cr_expect_eq(timeline_first_try(&t, "low-1"), FIRST + BOOT);
  cr_expect_eq(timeline_first_try(&t, "low-2"), FIRST);
  timeline_end(&t);
}

Test(timeline, a_vm_waits_for_those_it_depends_on) {
  timeline_case t = begin(when_powered_on());
  timeline_host_on_disk(&t, "h1", 5000);
  timeline_vm_of(&t, "app", "h0", 100, BERTH_PRIORITY_MEDIUM);
  timeline_vm_of(&t, "db", "h0", 100, BERTH_PRIORITY_MEDIUM);
  timeline_vm_of(&t, "other", "h0", 100, BERTH_PRIORITY_MEDIUM);
  berth_rule_spec rule =
      fixture_rule_spec("order", BERTH_RULE_RESTART_AFTER, BERTH_MUST, "app", NULL);
  rule.after = "db";
  fixture_add_rule(&t.f, t.cluster, rule);
  timeline_run(&t);
  cr_expect_eq(timeline_first_try(&t, "db"), FIRST);
  cr_expect_eq(timeline_first_try(&t, "other"), FIRST);
  cr_expect_eq(timeline_first_try(&t, "app"), FIRST + BOOT);
  timeline_end(&t);
}

/* 70 VMs for one host that starts 32 at once. */
Test(timeline, at_most_32_power_ons_are_in_flight_on_a_host) {
  timeline_case t = begin(timeline_era(BERTH_ERA_FDM65));
  timeline_host_on_disk(&t, "h1", 10000);
  char id[8];
  for (int i = 0; i < 70; i++) {
    snprintf(id, sizeof id, "v%02d", i);
    timeline_vm_of(&t, id, "h0", 100, BERTH_PRIORITY_MEDIUM);
  }
  timeline_run(&t);
  uint32_t at[3] = {0};
  for (uint32_t i = 0; i < berth_timeline_moment_count(t.timeline); i++) {
    const berth_moment *moment = berth_timeline_moment_at(t.timeline, i);
    if (moment->kind == BERTH_MOMENT_ATTEMPT) {
      cr_assert((moment->at - FIRST) % BOOT == 0 && moment->at <= FIRST + 2 * BOOT);
      at[(moment->at - FIRST) / BOOT]++;
    }
  }
  cr_expect_eq(at[0], 32);
  cr_expect_eq(at[1], 32);
  cr_expect_eq(at[2], 6);
  timeline_end(&t);
}

Test(timeline, a_vm_whose_priority_is_disabled_stays_down) {
  timeline_case t = begin(timeline_era(BERTH_ERA_FDM65));
  timeline_host_on_disk(&t, "h1", 10000);
  timeline_vm_of(&t, "v", "h0", 100, BERTH_PRIORITY_DISABLED);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_NOT_RESTARTED, "v", NULL, 0), 18);
  cr_expect(timeline_outage(&t, "v")->down);
  cr_expect_eq(berth_timeline_down(t.timeline), 0, "nobody wanted it");
  timeline_end(&t);
}

/* ---------------------------------------------------------------------------- attempts */

/* Each host that starts v fails 10 s later. The last host is found failed 18 + 15 s after its
 * failure, but the attempts keep their times after the first. */
Test(timeline, five_attempts_at_0_2_6_14_and_30_minutes) {
  static const int64_t offset[] = {0, 120, 360, 840, 1800};
  berth_cluster_spec spec = timeline_era(BERTH_ERA_FDM65);
  timeline_case t = begin(spec);
  const char *const ids[] = {"h1", "h2", "h3", "h4", "h5", "h6", "h7"};
  for (int i = 0; i < 6; i++)
    timeline_host_on_disk(&t, ids[i], i == 5 ? 100 : 1000 - 100 * i);
  timeline_host_on_disk(&t, "z", 100); /* the primary, which lives */
  timeline_vm_of(&t, "v", "h0", 500, BERTH_PRIORITY_MEDIUM);
  for (int i = 0; i < 5; i++) {
    for (int k = 0; k < 5; k++)
      timeline_event(&t, k == i ? BERTH_EVENT_ONLINE : BERTH_EVENT_STANDBY, ids[k],
                     i == 0 ? 1 : FIRST + offset[i] - 5);
    timeline_event(&t, BERTH_EVENT_FAIL, ids[i], FIRST + offset[i] + 10);
  }
  timeline_run(&t);
  for (uint32_t i = 0; i < 5; i++) {
    cr_expect_eq(timeline_when(&t, BERTH_MOMENT_ATTEMPT, "v", NULL, i), FIRST + offset[i]);
    cr_expect_eq(timeline_when(&t, BERTH_MOMENT_ATTEMPT_FAILS, "v", NULL, i),
                 FIRST + offset[i] + 10);
  }
  cr_expect_null(timeline_find(&t, BERTH_MOMENT_ATTEMPT, "v", NULL, 5));
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_GAVE_UP, "v", NULL, 0), FIRST + 1800 + 10 + 18);
  timeline_end(&t);
}

Test(timeline, waiting_for_room_costs_no_attempt) {
  berth_cluster_spec spec = timeline_era(BERTH_ERA_FDM65);
  timeline_case t = begin(spec);
  timeline_host_on_disk(&t, "h1", 400);
  timeline_vm_of(&t, "v", "h0", 500, BERTH_PRIORITY_MEDIUM);
  timeline_event(&t, BERTH_EVENT_RECOVER, "h0", 100000);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_WAITS, "v", NULL, 0), FIRST);
  cr_expect_eq(timeline_first_try(&t, "v"), 100000);
  cr_expect_eq(timeline_outage(&t, "v")->attempts, 1);
  cr_expect_eq(timeline_seconds(&t, "v"), 100030);
  timeline_end(&t);
}

Test(timeline, a_vm_without_room_holds_nobody_up) {
  timeline_case t = begin(when_powered_on());
  timeline_host_on_disk(&t, "h1", 400);
  timeline_vm_of(&t, "big", "h0", 500, BERTH_PRIORITY_HIGHEST);
  timeline_vm_of(&t, "small", "h0", 100, BERTH_PRIORITY_LOW);
  timeline_run(&t);
  cr_expect_eq(timeline_first_try(&t, "small"), FIRST);
  cr_expect(timeline_outage(&t, "big")->down);
  timeline_end(&t);
}

/* ---------------------------------------------------------------------------- where */

Test(timeline, no_failover_to_a_maintenance_host) {
  timeline_case t = begin(timeline_era(BERTH_ERA_FDM65));
  timeline_host_on_disk(&t, "h1", 10000);
  timeline_host_on_disk(&t, "h2", 300);
  timeline_vm_of(&t, "a", "h0", 300, BERTH_PRIORITY_MEDIUM);
  timeline_vm_of(&t, "b", "h0", 300, BERTH_PRIORITY_LOW);
  timeline_event(&t, BERTH_EVENT_MAINTENANCE, "h1", 20); /* between failure and restart */
  timeline_run(&t);
  cr_expect_str_eq(timeline_place_of(&t, "a"), "h2");
  cr_expect_str_eq(timeline_place_of(&t, "b"), "nowhere");
  cr_expect_not_null(strstr(timeline_outage(&t, "b")->why, "maintenance (1 host)"));
  timeline_end(&t);
}

Test(timeline, a_must_rule_is_never_broken) {
  timeline_case t = begin(timeline_era(BERTH_ERA_FDM65));
  timeline_host_on_disk(&t, "h1", 10000);
  timeline_host_on_disk(&t, "h2", 10000);
  timeline_vm_of(&t, "v", "h0", 100, BERTH_PRIORITY_HIGHEST);
  timeline_vm_of(&t, "w", "h0", 100, BERTH_PRIORITY_HIGHEST);
  fixture_rule(&t.f, t.cluster, "licence", BERTH_RULE_RUN_ON, BERTH_MUST, "v", "h0");
  fixture_rule(&t.f, t.cluster, "not-h2", BERTH_RULE_NOT_RUN_ON, BERTH_MUST, "w", "h2");
  timeline_run(&t);
  cr_expect_str_eq(timeline_place_of(&t, "v"), "nowhere");
  cr_expect_not_null(strstr(timeline_outage(&t, "v")->why, "licence"), "%s",
                     timeline_outage(&t, "v")->why);
  cr_expect_str_eq(timeline_place_of(&t, "w"), "h1");
  timeline_end(&t);
}

/* HA alone: apart is kept if the cluster says so, together is not looked at. */
Test(timeline, ha_keeps_vms_apart_only_if_it_is_told_to) {
  for (int respect = 0; respect < 2; respect++) {
    berth_cluster_spec spec = timeline_era(BERTH_ERA_FDM65);
    spec.respect_anti_affinity = respect != 0;
    timeline_case t = begin(spec);
    timeline_host_on_disk(&t, "h1", 10000);
    timeline_vm_of(&t, "v", "h0", 100, BERTH_PRIORITY_MEDIUM);
    timeline_vm_of(&t, "w", "h1", 100, BERTH_PRIORITY_MEDIUM);
    fixture_rule(&t.f, t.cluster, "apart", BERTH_RULE_APART, BERTH_MUST, "v w", NULL);
    timeline_run(&t);
    cr_expect_str_eq(timeline_place_of(&t, "v"), respect ? "nowhere" : "h1");
    timeline_end(&t);
  }
}

/* 300 free on each of two hosts; v needs 500. w (200) moves: 10 Gbit/s copy it in a second. */
static timeline_case fragmented(berth_automation drs) {
  berth_cluster_spec spec = timeline_era(BERTH_ERA_FDM65);
  spec.drs = drs;
  timeline_case t = begin(spec);
  timeline_host_on_disk(&t, "h1", 500);
  timeline_host_on_disk(&t, "h2", 500);
  timeline_vm_of(&t, "v", "h0", 500, BERTH_PRIORITY_MEDIUM);
  timeline_vm_of(&t, "w", "h1", 200, BERTH_PRIORITY_MEDIUM);
  timeline_vm_of(&t, "x", "h2", 200, BERTH_PRIORITY_MEDIUM);
  return t;
}

Test(timeline, fragmented_room_is_cured_by_migrations) {
  timeline_case t = fragmented(BERTH_AUTOMATION_FULL);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_MIGRATION_BEGINS, NULL, NULL, 0), FIRST);
  cr_expect_null(timeline_find(&t, BERTH_MOMENT_MIGRATION_BEGINS, NULL, NULL, 1), "one is enough");
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_MIGRATION_ENDS, NULL, NULL, 0), FIRST + 1);
  cr_expect_eq(timeline_seconds(&t, "v"), FIRST + 1 + BOOT);
  cr_expect_eq(timeline_outage(&t, "v")->attempts, 1);
  timeline_end(&t);
}

/* w reboots while a wake that its migration waits for is under way: what was planned for it is not
 * done blindly. */
Test(timeline, a_plan_ends_where_a_vm_that_it_moves_goes_down) {
  berth_cluster_spec spec = timeline_era(BERTH_ERA_FDM65);
  timeline_case t = begin(spec);
  timeline_host_on_disk(&t, "h1", 500);
  berth_host_spec sleeper = fixture_host_spec("s", 100000, 200);
  sleeper.state = BERTH_HOST_STANDBY;
  sleeper.wake = BERTH_WAKE_IPMI;
  sleeper.wake_seconds = 240;
  fixture_add_host(&t.f, t.cluster, sleeper);
  timeline_vm_of(&t, "v", "h0", 500, BERTH_PRIORITY_MEDIUM);
  timeline_vm_of(&t, "w", "h1", 200, BERTH_PRIORITY_MEDIUM);
  timeline_event(&t, BERTH_EVENT_REBOOT, "w", FIRST + 230); /* on again at FIRST + 260 */
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_WAKE_BEGINS, NULL, "s", 0), FIRST);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_WAKE_ENDS, NULL, "s", 0), FIRST + 240);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_MIGRATION_BEGINS, "w", "h1", 0), FIRST + 260);
  cr_expect_eq(timeline_first_try(&t, "v"), FIRST + 261);
  timeline_end(&t);
}

Test(timeline, manual_mode_waits_for_approval) {
  timeline_case t = fragmented(BERTH_AUTOMATION_MANUAL);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_APPROVAL_MIGRATE, NULL, NULL, 0), FIRST);
  cr_expect_null(timeline_find(&t, BERTH_MOMENT_MIGRATION_BEGINS, NULL, NULL, 0));
  cr_expect(timeline_outage(&t, "v")->down);
  timeline_end(&t);
  t = fragmented(BERTH_AUTOMATION_PARTIAL);
  t.request.approve = 200;
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_APPROVED, NULL, NULL, 0), FIRST + 200);
  cr_expect_eq(timeline_seconds(&t, "v"), FIRST + 200 + 1 + BOOT);
  timeline_end(&t);
}

Test(timeline, with_drs_off_nobody_is_asked) {
  timeline_case t = fragmented(BERTH_AUTOMATION_OFF);
  timeline_run(&t);
  cr_expect_null(timeline_find(&t, BERTH_MOMENT_APPROVAL_MIGRATE, NULL, NULL, 0));
  cr_expect(timeline_outage(&t, "v")->down);
  timeline_end(&t);
}

static void add_standby(timeline_case *t, const char *id, int64_t memory, int64_t wake) {
  berth_host_spec spec = fixture_host_spec(id, 100000, memory);
  spec.state = BERTH_HOST_STANDBY;
  spec.wake = BERTH_WAKE_IPMI;
  spec.wake_seconds = wake;
  fixture_add_host(&t->f, t->cluster, spec);
}

Test(timeline, standby_hosts_are_woken) {
  for (int manual = 0; manual < 2; manual++) {
    berth_cluster_spec spec = timeline_era(BERTH_ERA_FDM65);
    spec.dpm = manual ? BERTH_AUTOMATION_MANUAL : BERTH_AUTOMATION_FULL;
    timeline_case t = begin(spec);
    timeline_host_on_disk(&t, "h1", 100);
    add_standby(&t, "s", 1000, 240);
    timeline_vm_of(&t, "v", "h0", 500, BERTH_PRIORITY_MEDIUM);
    timeline_vm_of(&t, "small", "h0", 100, BERTH_PRIORITY_MEDIUM);
    timeline_run(&t);
    cr_expect_eq(timeline_first_try(&t, "small"), FIRST, "it does not wait");
    cr_expect_eq(timeline_when(&t, BERTH_MOMENT_WAKE_BEGINS, NULL, "s", 0), manual ? NEVER : FIRST);
    cr_expect_eq(timeline_when(&t, BERTH_MOMENT_APPROVAL_WAKE, NULL, "s", 0),
                 manual ? FIRST : NEVER);
    if (!manual)
      cr_expect_eq(timeline_seconds(&t, "v"), FIRST + 240 + BOOT);
    timeline_end(&t);
  }
}

/* A host fails in the last second that an event may have: what would come of it, a wake too, comes
 * after the end of all timelines. One that fails so early that the wake just begins is seen. */
Test(timeline, nothing_happens_after_the_last_second) {
  for (int64_t early = 0; early <= FIRST; early += FIRST) {
    const berth_cluster_spec spec = timeline_era(BERTH_ERA_FDM65);
    timeline_case t = timeline_begin(&spec);
    timeline_host_on_disk(&t, "h0", 10000);
    timeline_host_on_disk(&t, "h1", 100);
    add_standby(&t, "s", 1000, 240);
    timeline_vm_of(&t, "v", "h0", 500, BERTH_PRIORITY_MEDIUM);
    timeline_event(&t, BERTH_EVENT_FAIL, "h0", BERTH_QUANTITY_MAX - early);
    timeline_run(&t);
    cr_expect_eq(timeline_when(&t, BERTH_MOMENT_HOST_FAILS, NULL, "h0", 0),
                 BERTH_QUANTITY_MAX - early);
    cr_expect_eq(timeline_when(&t, BERTH_MOMENT_WAKE_BEGINS, NULL, "s", 0),
                 early == 0 ? NEVER : BERTH_QUANTITY_MAX);
    cr_expect_eq(timeline_when(&t, BERTH_MOMENT_WAKE_ENDS, NULL, "s", 0), NEVER);
    timeline_end(&t);
  }
}

/* Both would do: a wake does less harm than a migration, though it takes longer. */
Test(timeline, a_wake_goes_before_a_migration) {
  timeline_case t = fragmented(BERTH_AUTOMATION_FULL);
  add_standby(&t, "s", 1000, 240);
  timeline_run(&t);
  cr_expect_null(timeline_find(&t, BERTH_MOMENT_MIGRATION_BEGINS, NULL, NULL, 0));
  cr_expect_eq(timeline_seconds(&t, "v"), FIRST + 240 + BOOT);
  timeline_end(&t);
}

/* Restarts try the dedicated host first; what it cannot take goes elsewhere. */
Test(timeline, dedicated_failover_hosts_are_tried_first) {
  berth_cluster_spec spec = timeline_era(BERTH_ERA_FDM65);
  spec.admission = BERTH_ADMISSION_DEDICATED;
  spec.dedicated_hosts = "spare";
  timeline_case t = begin(spec);
  timeline_host_on_disk(&t, "h1", 10000);
  timeline_host_on_disk(&t, "spare", 300);
  timeline_vm_of(&t, "a", "h0", 200, BERTH_PRIORITY_HIGH);
  timeline_vm_of(&t, "b", "h0", 200, BERTH_PRIORITY_MEDIUM);
  timeline_run(&t);
  cr_expect_str_eq(timeline_place_of(&t, "a"), "spare");
  cr_expect_str_eq(timeline_place_of(&t, "b"), "h1");
  timeline_end(&t);
}

/* Most unreserved: h2 (900), then h2 again (700 against 600), then h1 (600 against 500). */
Test(timeline, aam_takes_the_host_with_most_unreserved) {
  berth_cluster_spec spec = timeline_era(BERTH_ERA_AAM);
  timeline_case t = begin(spec);
  timeline_host_on_disk(&t, "h1", 600);
  timeline_host_on_disk(&t, "h2", 900);
  const char *const ids[] = {"v1", "v2", "v3"};
  for (int i = 0; i < 3; i++)
    timeline_vm_of(&t, ids[i], "h0", 200, BERTH_PRIORITY_MEDIUM);
  timeline_run(&t);
  cr_expect_str_eq(timeline_place_of(&t, "v1"), "h2");
  cr_expect_str_eq(timeline_place_of(&t, "v2"), "h2");
  cr_expect_str_eq(timeline_place_of(&t, "v3"), "h1");
  cr_expect_eq(timeline_first_try(&t, "v1"), 15);
  timeline_end(&t);
}

/* h2 has more room, the rule prefers h1; with respectSoftAffinity false nobody asks the rule. */
Test(timeline, should_rules_count_only_if_ha_respects_them) {
  for (int aam = 0; aam < 2; aam++) {
    for (int respect = 0; respect < 2; respect++) {
      berth_cluster_spec spec = timeline_era(aam ? BERTH_ERA_AAM : BERTH_ERA_FDM65);
      spec.respect_soft_affinity = respect != 0;
      timeline_case t = begin(spec);
      timeline_host_on_disk(&t, "h1", 600);
      timeline_host_on_disk(&t, "h2", 900);
      timeline_vm_of(&t, "v", "h0", 200, BERTH_PRIORITY_MEDIUM);
      fixture_rule(&t.f, t.cluster, "near", BERTH_RULE_RUN_ON, BERTH_SHOULD, "v", "h1");
      timeline_run(&t);
      if (respect)
        cr_expect_str_eq(timeline_place_of(&t, "v"), "h1");
      else if (aam)
        cr_expect_str_eq(timeline_place_of(&t, "v"), "h2");
      timeline_end(&t);
    }
  }
}

/* Registered before, not after: told with the restart. */
Test(timeline, a_restart_loses_the_registration_for_notification) {
  timeline_case t = begin(timeline_era(BERTH_ERA_FDM65));
  timeline_host_on_disk(&t, "h1", 1000);
  berth_vm_spec spec = fixture_vm_spec("v", "h0", 0, 100);
  spec.notify_enabled = spec.notify_registered = true;
  fixture_add_vm(&t.f, t.cluster, spec);
  timeline_run(&t);
  const berth_moment *restarted = timeline_find(&t, BERTH_MOMENT_RESTARTED, "v", NULL, 0);
  cr_assert_not_null(restarted);
  cr_assert_not_null(restarted->text);
  cr_expect_not_null(strstr(restarted->text, "registers again"));
  timeline_end(&t);
}
