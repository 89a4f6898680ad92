/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who notices what, and when: the documented seconds of each era, primaries, isolation and disk
 * locks. A restart takes 30 s, the default of clusters.
 */
#include "timeline_fixture.h"

/* Three hosts; h3 has the highest id, so fdm makes it the primary. */
static timeline_case three_hosts(berth_era era, berth_isolation response, bool disks) {
  berth_cluster_spec spec = timeline_era(era);
  spec.isolation_response = response;
  timeline_case t = timeline_begin(&spec);
  const char *const ids[] = {"h1", "h2", "h3"};
  for (int i = 0; i < 3; i++) {
    if (disks)
      timeline_host_on_disk(&t, ids[i], 1000);
    else
      timeline_host_joined(&t, ids[i], 1000, i + 1);
  }
  timeline_vm_of(&t, "v", "h1", 100, BERTH_PRIORITY_MEDIUM);
  timeline_vm_of(&t, "w", "h3", 100, BERTH_PRIORITY_MEDIUM);
  return t;
}

/* ---------------------------------------------------------------------------- the constants */

Test(timeline, every_constant_has_its_documented_default) {
  static const struct {
    const char *name;
    int64_t seconds;
  } golden[] = {{"heartbeat", 1},
                {"aam-silence", 12},
                {"aam-isolation", 14},
                {"aam-failed", 15},
                {"fdm-failed", 18},
                {"fdm-failed-blind", 15},
                {"fdm-election", 35},
                {"fdm-isolation", 60},
                {"fdm-isolation-primary", 35},
                {"forced-off", 300},
                {"attempt-2", 120},
                {"attempt-3", 360},
                {"attempt-4", 840},
                {"attempt-5", 1800},
                {"apd-timeout", 140},
                {"apd-delay", 180},
                {"pdl", 0},
                {"fdm-placement", 15}};
  berth_ha_timing timing;
  berth_ha_timing_init(&timing);
  for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
    berth_timing_name name;
    cr_assert(berth_timing_parse(golden[i].name, &name), "%s", golden[i].name);
    cr_expect_eq(timing.seconds[name], golden[i].seconds, "%s", golden[i].name);
    cr_expect_str_eq(berth_timing_describe(name)->name, golden[i].name);
  }
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  cr_expect_eq(spec.restart_timeout, 600);
  cr_expect_eq(spec.restarts_per_host, 32);
  cr_expect_null(berth_timing_describe(BERTH_TIMING_COUNT));
  berth_timing_name none;
  cr_expect_not(berth_timing_parse("fdm", &none));
}

Test(timeline, aam_finds_a_failed_host_after_15_seconds) {
  timeline_case t = three_hosts(BERTH_ERA_AAM, BERTH_ISOLATION_NONE, false);
  timeline_event(&t, BERTH_EVENT_FAIL, "h3", 100);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_FOUND_FAILED, NULL, "h3", 0), 115);
  cr_expect_eq(timeline_first_try(&t, "w"), 115);
  cr_expect_eq(timeline_seconds(&t, "w"), 45); /* 15 + 30 */
  cr_expect_eq(timeline_seconds(&t, "v"), 0);
  timeline_end(&t);
}

Test(timeline, fdm_finds_a_failed_secondary_after_18_seconds_with_heartbeat_datastores) {
  timeline_case t = three_hosts(BERTH_ERA_FDM5, BERTH_ISOLATION_NONE, true);
  timeline_event(&t, BERTH_EVENT_FAIL, "h1", 0);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_FOUND_FAILED, NULL, "h1", 0), 18);
  cr_expect_eq(timeline_first_try(&t, "v"), 18 + 15);
  cr_expect_eq(timeline_seconds(&t, "v"), 18 + 15 + 30);
  timeline_end(&t);
}

Test(timeline, fdm_finds_a_failed_secondary_after_15_seconds_without_heartbeat_datastores) {
  timeline_case t = three_hosts(BERTH_ERA_FDM65, BERTH_ISOLATION_NONE, false);
  timeline_event(&t, BERTH_EVENT_FAIL, "h1", 0);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_FOUND_FAILED, NULL, "h1", 0), 15);
  cr_expect_eq(timeline_seconds(&t, "v"), 15 + 15 + 30);
  timeline_end(&t);
}

Test(timeline, fdm_elects_a_primary_35_seconds_after_the_loss_of_the_old_one) {
  timeline_case t = three_hosts(BERTH_ERA_FDM65, BERTH_ISOLATION_NONE, true);
  timeline_event(&t, BERTH_EVENT_FAIL, "h3", 0);
  timeline_event(&t, BERTH_EVENT_FAIL, "h1", 1); /* nobody acts at 19 */
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_PRIMARY, NULL, "h3", 0), 0);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_PRIMARY, NULL, "h2", 0), 35);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_FOUND_FAILED, NULL, "h3", 0), 35);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_FOUND_FAILED, NULL, "h1", 0), 35);
  cr_expect_eq(timeline_seconds(&t, "w"), 35 + 15 + 30);
  cr_expect_eq(timeline_seconds(&t, "v"), 34 + 15 + 30);
  timeline_end(&t);
}

Test(timeline, fdm_elects_the_host_with_most_datastores) {
  timeline_case t = three_hosts(BERTH_ERA_FDM65, BERTH_ISOLATION_NONE, true);
  uint32_t host = fixture_add_host(&t.f, t.cluster, fixture_host_spec("a0", 100000, 1000));
  cr_assert_eq(berth_builder_host_reach_datastore(t.f.builder, host, "ds"), BERTH_OK);
  cr_assert_eq(berth_builder_host_reach_datastore(t.f.builder, host, "ds2"), BERTH_OK);
  timeline_event(&t, BERTH_EVENT_FAIL, "h1", 0);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_PRIMARY, NULL, "a0", 0), 0);
  timeline_end(&t);
}

/* ---------------------------------------------------------------------------- isolation */

Test(timeline, aam_isolation_is_noticed_at_12_answered_at_14_and_others_restart_at_15) {
  timeline_case t = three_hosts(BERTH_ERA_AAM, BERTH_ISOLATION_POWER_OFF, false);
  timeline_isolate(&t, "h1", "reachable", 0);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_SILENCE, NULL, "h1", 0), 12);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_RESPONSE, NULL, "h1", 0), 14);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_VM_DOWN, "v", NULL, 0), 14);
  cr_expect_eq(timeline_first_try(&t, "v"), 15);
  cr_expect_eq(timeline_seconds(&t, "v"), 1 + 30);
  cr_expect_eq(timeline_outage(&t, "v")->attempts, 1);
  timeline_end(&t);
}

Test(timeline, fdm_secondary_answers_its_isolation_at_60) {
  timeline_case t = three_hosts(BERTH_ERA_FDM65, BERTH_ISOLATION_POWER_OFF, true);
  timeline_isolate(&t, "h1", "reachable", 0);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_FOUND_ISOLATED, NULL, "h1", 0), 18);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_RESPONSE, NULL, "h1", 0), 60);
  cr_expect_eq(timeline_first_try(&t, "v"), 60 + 15);
  cr_expect_eq(timeline_seconds(&t, "v"), 15 + 30);
  timeline_end(&t);
}

Test(timeline, fdm_primary_answers_its_isolation_at_35) {
  timeline_case t = three_hosts(BERTH_ERA_FDM65, BERTH_ISOLATION_POWER_OFF, true);
  timeline_isolate(&t, "h3", "reachable", 0);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_RESPONSE, NULL, "h3", 0), 35);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_PRIMARY, NULL, "h2", 0), 35);
  cr_expect_eq(timeline_first_try(&t, "w"), 35 + 15);
  cr_expect_eq(timeline_seconds(&t, "w"), 15 + 30);
  timeline_end(&t);
}

Test(timeline, fdm_leaves_vms_of_an_isolated_host_alone_if_the_response_does) {
  timeline_case t = three_hosts(BERTH_ERA_FDM65, BERTH_ISOLATION_NONE, true);
  timeline_isolate(&t, "h1", "reachable", 0);
  timeline_event(&t, BERTH_EVENT_RECOVER, "h1", 7200);
  timeline_run(&t);
  cr_expect_eq(timeline_first_try(&t, "v"), NEVER);
  cr_expect_eq(timeline_seconds(&t, "v"), 0);
  timeline_end(&t);
}

Test(timeline, a_guest_that_does_not_shut_down_is_forced_off_after_300_seconds) {
  timeline_case t = three_hosts(BERTH_ERA_FDM65, BERTH_ISOLATION_SHUTDOWN, true);
  t.timing.seconds[BERTH_TIMING_SHUTDOWN] = 9999;
  timeline_isolate(&t, "h1", "reachable", 0);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_FORCED_OFF, "v", NULL, 0), 60 + 300);
  cr_expect_eq(timeline_first_try(&t, "v"), 60 + 300 + 15);
  timeline_end(&t);
}

/* With aam the others believe that the host is dead; its locks say no, five times. */
Test(timeline, an_isolated_host_keeps_its_disk_locks) {
  timeline_case t = three_hosts(BERTH_ERA_AAM, BERTH_ISOLATION_NONE, false);
  static const int64_t at[] = {15, 15 + 120, 15 + 360, 15 + 840, 15 + 1800};
  timeline_isolate(&t, "h1", "reachable", 0);
  timeline_run(&t);
  for (uint32_t i = 0; i < 5; i++) {
    cr_expect_eq(timeline_when(&t, BERTH_MOMENT_ATTEMPT, "v", NULL, i), at[i], "attempt %u", i);
    cr_expect_eq(timeline_when(&t, BERTH_MOMENT_ATTEMPT_FAILS, "v", NULL, i), at[i]);
  }
  cr_expect_null(timeline_find(&t, BERTH_MOMENT_ATTEMPT, "v", NULL, 5));
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_GAVE_UP, "v", NULL, 0), 1815);
  cr_expect_eq(timeline_seconds(&t, "v"), 0, "it runs all the time");
  cr_expect_str_eq(timeline_place_of(&t, "v"), "h1");
  timeline_end(&t);
}

/* The guest is off at 14 + 60 = 74: the attempt at 15 is lost, that at 135 succeeds. */
Test(timeline, an_attempt_before_the_guest_is_off_is_lost) {
  timeline_case t = three_hosts(BERTH_ERA_AAM, BERTH_ISOLATION_SHUTDOWN, false);
  timeline_isolate(&t, "h1", "reachable", 0);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_ATTEMPT_FAILS, "v", NULL, 0), 15);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_VM_DOWN, "v", NULL, 0), 74);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_RESTARTED, "v", NULL, 0), 135 + 30);
  cr_expect_eq(timeline_seconds(&t, "v"), 165 - 74);
  timeline_end(&t);
}

Test(timeline, without_storage_the_locks_go_and_there_are_two_copies) {
  timeline_case t = three_hosts(BERTH_ERA_FDM65, BERTH_ISOLATION_NONE, true);
  timeline_isolate(&t, "h1", "lost", 0);
  timeline_event(&t, BERTH_EVENT_RECOVER, "h1", 600);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_VM_DOWN, "v", NULL, 0), 0, "its disks are gone");
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_FOUND_FAILED, NULL, "h1", 0), 18);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_SPLIT_BRAIN, "v", NULL, 0), 18 + 15 + 30);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_OLD_COPY_ENDS, "v", "h1", 0), 600);
  cr_expect_eq(timeline_seconds(&t, "v"), 63);
  cr_expect_str_neq(timeline_place_of(&t, "v"), "h1");
  timeline_end(&t);
}

Test(timeline, a_vm_without_disks_goes_on_where_it_is_if_they_come_back_in_time) {
  timeline_case t = three_hosts(BERTH_ERA_FDM65, BERTH_ISOLATION_NONE, true);
  timeline_isolate(&t, "h1", "lost", 0);
  timeline_event(&t, BERTH_EVENT_RECOVER, "h1", 25);
  timeline_run(&t);
  cr_expect_eq(timeline_first_try(&t, "v"), NEVER);
  cr_expect_eq(timeline_seconds(&t, "v"), 25);
  cr_expect_str_eq(timeline_place_of(&t, "v"), "h1");
  timeline_end(&t);
}

/* All paths down: 140 + 180 s; a device that says that it is gone: at once. */
Test(timeline, component_protection_ends_old_copies) {
  static const int64_t ends[] = {NEVER, 140 + 180, 0};
  for (int kind = 0; kind < 3; kind++) {
    timeline_case t = three_hosts(BERTH_ERA_FDM65, BERTH_ISOLATION_NONE, true);
    t.request.storage_protection = (berth_storage_protection)kind;
    timeline_isolate(&t, "h1", "lost", 0);
    timeline_run(&t);
    cr_expect_eq(timeline_when(&t, BERTH_MOMENT_OLD_COPY_ENDS, "v", NULL, 0), ends[kind]);
    cr_expect_eq(timeline_when(&t, BERTH_MOMENT_SPLIT_BRAIN, "v", NULL, 0), kind == 2 ? NEVER : 63);
    timeline_end(&t);
  }
}

/* ---------------------------------------------------------------------------- aam primaries */

/* Seven hosts; the order of joining is h7, h6, ... h1. */
static timeline_case seven_hosts(void) {
  berth_cluster_spec spec = timeline_era(BERTH_ERA_AAM);
  timeline_case t = timeline_begin(&spec);
  char id[8];
  for (int i = 1; i <= 7; i++) {
    snprintf(id, sizeof id, "h%d", i);
    berth_host_spec host = fixture_host_spec(id, 100000, 1000);
    host.joined = 8 - i;
    host.chassis = i >= 3 ? "c1" : "c2";
    fixture_add_host(&t.f, t.cluster, host);
  }
  timeline_vm_of(&t, "v", "h7", 100, BERTH_PRIORITY_MEDIUM);
  timeline_vm_of(&t, "w", "h1", 100, BERTH_PRIORITY_MEDIUM);
  return t;
}

Test(timeline, the_first_five_hosts_are_primaries_and_a_shared_chassis_is_told) {
  timeline_case t = seven_hosts();
  timeline_event(&t, BERTH_EVENT_FAIL, "h1", 0);
  timeline_run(&t);
  const berth_moment *primaries = timeline_find(&t, BERTH_MOMENT_PRIMARIES, NULL, NULL, 0);
  cr_assert_not_null(primaries);
  cr_expect_eq(primaries->number, 5);
  cr_expect_str_eq(primaries->text, "h3, h4, h5, h6, h7");
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_PRIMARY, NULL, "h7", 0), 0);
  const berth_moment *warning = timeline_find(&t, BERTH_MOMENT_SHARED_CHASSIS, NULL, NULL, 0);
  cr_assert_not_null(warning);
  cr_expect_eq(warning->number, 5);
  cr_expect_str_eq(warning->text, "c1");
  timeline_end(&t);
}

Test(timeline, another_primary_takes_over_when_the_active_one_fails) {
  timeline_case t = seven_hosts();
  timeline_event(&t, BERTH_EVENT_FAIL, "h7", 0);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_PRIMARY, NULL, "h6", 0), 15);
  cr_expect_null(timeline_find(&t, BERTH_MOMENT_PROMOTED, NULL, NULL, 0),
                 "a failed primary is not replaced");
  cr_expect_eq(timeline_seconds(&t, "v"), 45);
  timeline_end(&t);
}

/* h7 to h3 fail one by one: the last two hosts live, and nobody restarts anything. */
Test(timeline, the_loss_of_all_primaries) {
  timeline_case t = seven_hosts();
  const char *const ids[] = {"h7", "h6", "h5", "h4", "h3"};
  for (int i = 0; i < 5; i++)
    timeline_event(&t, BERTH_EVENT_FAIL, ids[i], i * 100);
  timeline_event(&t, BERTH_EVENT_FAIL, "h1", 1000);
  timeline_run(&t);
  cr_expect_eq(timeline_seconds(&t, "v"), 45, "restarted while primaries were left");
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_PROTECTION_LOST, NULL, NULL, 0), 415);
  cr_expect_eq(timeline_first_try(&t, "w"), NEVER);
  cr_expect(timeline_outage(&t, "w")->down);
  cr_expect_eq(berth_timeline_down(t.timeline), 1);
  timeline_end(&t);
}

Test(timeline, a_chassis_with_all_primaries_takes_protection_with_it) {
  timeline_case t = seven_hosts();
  berth_event event = BERTH_EVENT_INIT;
  event.type = BERTH_EVENT_FAIL;
  event.chassis = "c1";
  event.at = 0;
  cr_assert_eq(berth_scenario_add(t.f.ctx, t.scenario, &event), BERTH_OK);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_PROTECTION_LOST, NULL, NULL, 0), 15);
  cr_expect(timeline_outage(&t, "v")->down);
  timeline_end(&t);
}

/* h7 goes for good: h2 becomes a primary. Then h3 to h6 fail, and h2 restarts w of h1. */
Test(timeline, a_secondary_is_promoted_only_when_a_primary_is_removed) {
  timeline_case t = seven_hosts();
  berth_event event = BERTH_EVENT_INIT;
  event.type = BERTH_EVENT_MAINTENANCE;
  event.host = "h6";
  event.at = 0;
  cr_assert_eq(berth_scenario_add(t.f.ctx, t.scenario, &event), BERTH_OK);
  const char *const ids[] = {"h7", "h5", "h4", "h3", "h1"};
  for (int i = 0; i < 5; i++)
    timeline_event(&t, BERTH_EVENT_FAIL, ids[i], 100 + i * 100);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_PROMOTED, NULL, "h2", 0), 0);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_PRIMARY, NULL, "h2", 0), 415);
  cr_expect_eq(timeline_seconds(&t, "w"), 45);
  cr_expect_str_eq(timeline_place_of(&t, "w"), "h2");
  timeline_end(&t);
}

Test(timeline, a_primary_that_comes_back_restores_protection) {
  timeline_case t = seven_hosts();
  const char *const ids[] = {"h7", "h6", "h5", "h4", "h3"};
  for (int i = 0; i < 5; i++)
    timeline_event(&t, BERTH_EVENT_FAIL, ids[i], 0);
  timeline_event(&t, BERTH_EVENT_RECOVER, "h5", 500);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_PROTECTION_LOST, NULL, NULL, 0), 15);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_PRIMARY, NULL, "h5", 0), 500);
  cr_expect_eq(timeline_seconds(&t, "v"), 530);
  timeline_end(&t);
}

/* ---------------------------------------------------------------------------- odds and ends */

Test(timeline, without_ha_nothing_is_restarted) {
  berth_cluster_spec spec = timeline_era(BERTH_ERA_FDM65);
  spec.ha_enabled = false;
  timeline_case t = timeline_begin(&spec);
  timeline_host_on_disk(&t, "h1", 1000);
  timeline_host_on_disk(&t, "h2", 1000);
  timeline_vm_of(&t, "v", "h1", 100, BERTH_PRIORITY_HIGH);
  timeline_event(&t, BERTH_EVENT_FAIL, "h1", 10);
  t.request.until = 1000;
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_HA_OFF, NULL, NULL, 0), 0);
  cr_expect_eq(timeline_first_try(&t, "v"), NEVER);
  cr_expect_eq(timeline_seconds(&t, "v"), 990);
  cr_expect_str_eq(timeline_outage(&t, "v")->why, "HA is off");
  timeline_end(&t);
}

/* Back before anybody has noticed: its VMs are off all the same. */
Test(timeline, a_host_that_comes_back_at_once_gets_its_vms_restarted) {
  timeline_case t = three_hosts(BERTH_ERA_FDM65, BERTH_ISOLATION_NONE, true);
  timeline_event(&t, BERTH_EVENT_FAIL, "h1", 0);
  timeline_event(&t, BERTH_EVENT_RECOVER, "h1", 5);
  timeline_run(&t);
  cr_expect_null(timeline_find(&t, BERTH_MOMENT_FOUND_FAILED, NULL, NULL, 0));
  cr_expect_eq(timeline_seconds(&t, "v"), 5 + 15 + 30);
  timeline_end(&t);
}

Test(timeline, a_reboot_is_an_outage_of_its_own) {
  timeline_case t = three_hosts(BERTH_ERA_FDM65, BERTH_ISOLATION_NONE, true);
  timeline_event(&t, BERTH_EVENT_REBOOT, "v", 7);
  timeline_run(&t);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_VM_REBOOTS, "v", NULL, 0), 7);
  cr_expect_eq(timeline_when(&t, BERTH_MOMENT_VM_UP, "v", "h1", 0), 37);
  cr_expect_eq(timeline_seconds(&t, "v"), 30);
  cr_expect_eq(timeline_outage(&t, "v")->attempts, 0);
  timeline_end(&t);
}

Test(timeline, events_that_cannot_happen_are_told_and_change_nothing) {
  timeline_case t = three_hosts(BERTH_ERA_FDM65, BERTH_ISOLATION_NONE, true);
  timeline_event(&t, BERTH_EVENT_RECOVER, "h1", 5);
  timeline_event(&t, BERTH_EVENT_STANDBY, "h1", 6);
  timeline_event(&t, BERTH_EVENT_ONLINE, "h2", 7);
  timeline_event(&t, BERTH_EVENT_FAIL, "h1", 8);
  timeline_event(&t, BERTH_EVENT_FAIL, "h1", 9);
  timeline_event(&t, BERTH_EVENT_REBOOT, "v", 10);
  timeline_run(&t);
  static const char *const texts[] = {
      "recover of h1, which is online", "standby of h1, which is not empty",
      "online of h2, which is online", "fail of h1, which is failed",
      "reboot of v, which is not on"};
  for (uint32_t i = 0; i < 5; i++) {
    const berth_moment *ignored = timeline_find(&t, BERTH_MOMENT_IGNORED, NULL, NULL, i);
    cr_assert_not_null(ignored, "%s", texts[i]);
    cr_expect_str_eq(ignored->text, texts[i]);
  }
  cr_expect_null(timeline_find(&t, BERTH_MOMENT_IGNORED, NULL, NULL, 5));
  cr_expect_eq(timeline_seconds(&t, "v"), 63);
  timeline_end(&t);
}

/* What has happened before happens at second 0. */
Test(timeline, hosts_that_are_failed_or_isolated_in_the_inventory_are_so_from_the_start) {
  for (int isolated = 0; isolated < 2; isolated++) {
    berth_cluster_spec spec = timeline_era(BERTH_ERA_FDM65);
    spec.isolation_response = BERTH_ISOLATION_POWER_OFF;
    timeline_case t = timeline_begin(&spec);
    berth_host_spec host = fixture_host_spec("h1", 100000, 1000);
    host.state = isolated ? BERTH_HOST_ISOLATED : BERTH_HOST_FAILED;
    uint32_t index = fixture_add_host(&t.f, t.cluster, host);
    cr_assert_eq(berth_builder_host_reach_datastore(t.f.builder, index, "ds"), BERTH_OK);
    timeline_host_on_disk(&t, "h2", 1000);
    timeline_vm_of(&t, "v", "h1", 100, BERTH_PRIORITY_MEDIUM);
    timeline_event(&t, BERTH_EVENT_RECOVER, "h1", 5000);
    timeline_run(&t);
    cr_expect_eq(timeline_when(&t, BERTH_MOMENT_VM_DOWN, "v", NULL, 0), isolated ? 60 : 0);
    cr_expect_eq(timeline_seconds(&t, "v"), isolated ? 45 : 63);
    timeline_end(&t);
  }
}

Test(timeline, clusters_run_by_themselves_and_quiet_ones_say_nothing) {
  timeline_case t = three_hosts(BERTH_ERA_FDM65, BERTH_ISOLATION_NONE, true);
  for (int i = 0; i < 2; i++) {
    berth_cluster_spec spec = timeline_era(BERTH_ERA_AAM);
    uint32_t cluster;
    spec.id = i == 0 ? "old" : "quiet";
    cr_assert_eq(berth_builder_add_cluster(t.f.builder, &spec, &cluster), BERTH_OK);
    fixture_host(&t.f, cluster, i == 0 ? "o1" : "q1", 1000, 1000);
    fixture_host(&t.f, cluster, i == 0 ? "o2" : "q2", 1000, 1000);
    fixture_vm(&t.f, cluster, i == 0 ? "ov" : "qv", i == 0 ? "o1" : "q1", 0, 10);
  }
  timeline_event(&t, BERTH_EVENT_FAIL, "h1", 0);
  timeline_event(&t, BERTH_EVENT_FAIL, "o1", 10);
  timeline_run(&t);
  cr_expect_eq(timeline_seconds(&t, "v"), 63);
  cr_expect_eq(timeline_seconds(&t, "ov"), 45);
  cr_expect_str_eq(timeline_place_of(&t, "ov"), "o2");
  int64_t before = 0;
  for (uint32_t i = 0; i < berth_timeline_moment_count(t.timeline); i++) {
    const berth_moment *moment = berth_timeline_moment_at(t.timeline, i);
    cr_expect_neq(moment->cluster, 2);
    cr_expect_geq(moment->at, before, "sorted over clusters");
    before = moment->at;
  }
  timeline_end(&t);
}

Test(timeline, events_that_have_no_place_on_a_timeline_are_refused) {
  timeline_case t = three_hosts(BERTH_ERA_FDM65, BERTH_ISOLATION_NONE, true);
  berth_event event = BERTH_EVENT_INIT;
  event.type = BERTH_EVENT_ADD_HOST;
  event.like = "h1";
  event.at = 5;
  cr_assert_eq(berth_scenario_add(t.f.ctx, t.scenario, &event), BERTH_OK);
  t.inventory = fixture_freeze(&t.f);
  t.request.scenario = t.scenario;
  cr_expect(berth_scenario_is_timeline(t.scenario));
  cr_expect_eq(berth_timeline_run(t.f.ctx, t.inventory, &t.request, &t.timeline),
               BERTH_E_UNSUPPORTED);
  cr_expect_null(t.timeline);
  timeline_end(&t);
}

Test(timeline, an_ack_alone_makes_no_timeline) {
  timeline_case t = three_hosts(BERTH_ERA_FDM65, BERTH_ISOLATION_NONE, true);
  berth_event event = BERTH_EVENT_INIT;
  event.type = BERTH_EVENT_ACK;
  event.vm = "v";
  event.after = 3;
  event.at = 5;
  cr_assert_eq(berth_scenario_add(t.f.ctx, t.scenario, &event), BERTH_OK);
  cr_expect_not(berth_scenario_is_timeline(t.scenario));
  timeline_event(&t, BERTH_EVENT_FAIL, "h1", BERTH_UNSET);
  cr_expect_not(berth_scenario_is_timeline(t.scenario));
  timeline_event(&t, BERTH_EVENT_FAIL, "h1", 0);
  cr_expect(berth_scenario_is_timeline(t.scenario));
  timeline_end(&t);
}
