/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts that nothing can wake, with power management on and off.
 */
#include "test_lint_support.h"

TestSuite(lint_power);

static void expect_hosts(berth_automation dpm, berth_wake first, berth_wake second,
                         berth_host_state state, berth_lint_code code, const char *text) {
  fixture f = fixture_begin();
  berth_cluster_spec spec = lint_cluster_spec();
  spec.dpm = dpm;
  uint32_t c = lint_cluster_of(&f, spec);
  berth_host_spec host = fixture_host_spec("h1", 1000, 1024);
  host.wake = first;
  fixture_add_host(&f, c, host);
  host.id = "h2";
  host.wake = second;
  host.state = state;
  fixture_add_host(&f, c, host);
  lint_expect_only(&f, code, text);
}

Test(lint_power, standby) {
  expect_hosts(BERTH_AUTOMATION_OFF, BERTH_WAKE_NONE, BERTH_WAKE_NONE, BERTH_HOST_STANDBY,
               BERTH_LINT_STANDBY_WITHOUT_WAKE,
               "host \"h2\" is in standby without a wake protocol; nothing can wake it");
  expect_hosts(BERTH_AUTOMATION_OFF, BERTH_WAKE_NONE, BERTH_WAKE_WOL, BERTH_HOST_STANDBY,
               BERTH_LINT_COUNT, NULL);
  expect_hosts(BERTH_AUTOMATION_OFF, BERTH_WAKE_NONE, BERTH_WAKE_NONE, BERTH_HOST_ONLINE,
               BERTH_LINT_COUNT, NULL);
}

Test(lint_power, power_management) {
  static const berth_automation on[] = {BERTH_AUTOMATION_MANUAL, BERTH_AUTOMATION_FULL};
  for (int i = 0; i < 2; i++) {
    expect_hosts(on[i], BERTH_WAKE_NONE, BERTH_WAKE_IPMI, BERTH_HOST_ONLINE,
                 BERTH_LINT_NO_WAKE_UNDER_DPM,
                 "cluster \"c\" has power management on, but 1 of 2 hosts cannot be woken and is "
                 "never powered down: \"h1\"");
    expect_hosts(on[i], BERTH_WAKE_ILO, BERTH_WAKE_IPMI, BERTH_HOST_ONLINE, BERTH_LINT_COUNT, NULL);
    expect_hosts(on[i], BERTH_WAKE_NONE, BERTH_WAKE_NONE, BERTH_HOST_ONLINE,
                 BERTH_LINT_NO_WAKE_AT_ALL,
                 "cluster \"c\" has power management on, but no host has a wake protocol; none is "
                 "ever powered down");
  }
  expect_hosts(BERTH_AUTOMATION_OFF, BERTH_WAKE_NONE, BERTH_WAKE_IPMI, BERTH_HOST_ONLINE,
               BERTH_LINT_COUNT, NULL);
}

/* Dedicated failover hosts are not powered down with a wake protocol either. */
Test(lint_power, dedicated_hosts_do_not_count) {
  fixture f = fixture_begin();
  berth_cluster_spec spec = lint_cluster_spec();
  spec.dpm = BERTH_AUTOMATION_FULL;
  spec.admission = BERTH_ADMISSION_DEDICATED;
  spec.dedicated_hosts = "spare";
  uint32_t c = lint_cluster_of(&f, spec);
  fixture_host(&f, c, "spare", 1000, 1024);
  berth_host_spec host = fixture_host_spec("h1", 1000, 1024);
  host.wake = BERTH_WAKE_ILO;
  fixture_add_host(&f, c, host);
  lint_expect_only(&f, BERTH_LINT_COUNT, NULL);
}
