/* SPDX-License-Identifier: Apache-2.0 */
/* Reading scenario documents: every event and every field of it. */
#include <berth/io.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCHEMA BERTH_SOURCE_DIR "/io/schema/berth-1.xsd"

static const char sample[] =
    "<scenario xmlns=\"urn:berth:1\" name=\"all of it\">\n"
    "  <fail chassis=\"c1\"/>\n"
    "  <fail rack=\"r1\"/> <fail site=\"s1\"/> <fail host=\"h1\" at=\"15\"/>\n"
    "  <maintenance host=\"h2\"/>\n"
    "  <standby host=\"h3\"/>\n"
    "  <online host=\"h4\"/>\n"
    "  <add-host like=\"h5\" count=\"2\"/>\n"
    "  <remove-host host=\"h6\"/>\n"
    "  <power-on vm=\"v1\"/>\n"
    "  <add-vm like=\"v2\"/>\n"
    "  <set vm=\"v3\" memoryReservationMib=\"131072\" power=\"off\"/>\n"
    "  <set host=\"h7\" state=\"online\"/>\n"
    "  <drop-rule id=\"r1\"/>\n"
    "  <add-flavour cluster=\"c\" cpuMhz=\"4000\" memoryMib=\"16384\" count=\"10\"/>\n"
    "  <isolate host=\"h8\" storage=\"lost\" at=\"3\"/>\n"
    "  <recover host=\"h9\" at=\"9\"/>\n"
    "  <ack vm=\"v4\" after=\"12\"/>\n"
    "  <reboot vm=\"v5\"/>\n"
    "  <set vm=\"v6\" notification.enabled=\"true\" notification.timeout=\"\" evcLevel=\"\"/>\n"
    "</scenario>\n";

static berth_context *ctx;
static char path[] = "/tmp/berth-scenario-XXXXXX";
static berth_scenario *scenario;

static void set_up(void) {
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  const int descriptor = mkstemp(path);
  cr_assert_geq(descriptor, 0);
  cr_assert_eq(write(descriptor, sample, sizeof sample - 1), (ssize_t)sizeof sample - 1);
  close(descriptor);
  cr_assert_eq(berth_read_scenario(ctx, path, NULL, &scenario), BERTH_OK, "%s",
               berth_context_detail(ctx));
}

static void tear_down(void) {
  berth_scenario_free(scenario);
  berth_context_free(ctx);
  unlink(path);
}

TestSuite(scenario_reader, .init = set_up, .fini = tear_down);

Test(scenario_reader, all_events_in_order) {
  static const struct {
    berth_event_type type;
    uint32_t line;
  } expected[] = {
      {BERTH_EVENT_FAIL, 2},         {BERTH_EVENT_FAIL, 3},        {BERTH_EVENT_FAIL, 3},
      {BERTH_EVENT_FAIL, 3},         {BERTH_EVENT_MAINTENANCE, 4}, {BERTH_EVENT_STANDBY, 5},
      {BERTH_EVENT_ONLINE, 6},       {BERTH_EVENT_ADD_HOST, 7},    {BERTH_EVENT_REMOVE_HOST, 8},
      {BERTH_EVENT_POWER_ON, 9},     {BERTH_EVENT_ADD_VM, 10},     {BERTH_EVENT_SET, 11},
      {BERTH_EVENT_SET, 11},         {BERTH_EVENT_SET, 12},        {BERTH_EVENT_DROP_RULE, 13},
      {BERTH_EVENT_ADD_FLAVOUR, 14}, {BERTH_EVENT_ISOLATE, 15},    {BERTH_EVENT_RECOVER, 16},
      {BERTH_EVENT_ACK, 17},         {BERTH_EVENT_REBOOT, 18},     {BERTH_EVENT_SET, 19},
      {BERTH_EVENT_SET, 19},         {BERTH_EVENT_SET, 19},
  };
  const uint32_t count = sizeof expected / sizeof *expected;
  cr_expect_str_eq(berth_scenario_name(scenario), "all of it");
  cr_assert_eq(berth_scenario_count(scenario), count);
  for (uint32_t i = 0; i < count; i++) {
    const berth_event *event = berth_scenario_event(scenario, i);
    cr_expect_eq(event->type, expected[i].type, "event %u", i);
    cr_expect_eq(event->position.line, expected[i].line, "event %u", i);
    cr_expect_str_eq(event->position.source, path);
  }
  cr_expect_eq(berth_scenario_event(scenario, 1)->position.column, 3);
  cr_expect_eq(berth_scenario_event(scenario, 2)->position.column, 21);
}

Test(scenario_reader, fields) {
  cr_expect_str_eq(berth_scenario_event(scenario, 0)->chassis, "c1");
  cr_expect_null(berth_scenario_event(scenario, 0)->host);
  cr_expect_eq(berth_scenario_event(scenario, 0)->at, BERTH_UNSET);
  cr_expect_str_eq(berth_scenario_event(scenario, 1)->rack, "r1");
  cr_expect_str_eq(berth_scenario_event(scenario, 2)->site, "s1");
  cr_expect_str_eq(berth_scenario_event(scenario, 3)->host, "h1");
  cr_expect_eq(berth_scenario_event(scenario, 3)->at, 15);
  cr_expect_str_eq(berth_scenario_event(scenario, 7)->like, "h5");
  cr_expect_eq(berth_scenario_event(scenario, 7)->count, 2);
  cr_expect_str_eq(berth_scenario_event(scenario, 9)->vm, "v1");
  cr_expect_eq(berth_scenario_event(scenario, 10)->count, 1);
  cr_expect_str_eq(berth_scenario_event(scenario, 14)->id, "r1");
  const berth_event *flavour = berth_scenario_event(scenario, 15);
  cr_expect_str_eq(flavour->cluster, "c");
  cr_expect_eq(flavour->cpu_mhz, 4000);
  cr_expect_eq(flavour->memory_mib, 16384);
  cr_expect_eq(flavour->count, 10);
  cr_expect_str_eq(berth_scenario_event(scenario, 16)->storage, "lost");
  cr_expect_eq(berth_scenario_event(scenario, 18)->after, 12);
}

Test(scenario_reader, set_becomes_one_event_an_attribute) {
  static const struct {
    const char *attribute, *value;
  } expected[] = {{"memoryReservationMib", "131072"}, {"power", "off"}, {"state", "online"}};
  for (uint32_t i = 0; i < 3; i++) {
    const berth_event *event = berth_scenario_event(scenario, 11 + i);
    cr_expect_str_eq(event->attribute, expected[i].attribute);
    cr_expect_str_eq(event->value, expected[i].value);
  }
  cr_expect_str_eq(berth_scenario_event(scenario, 20)->attribute, "notification.enabled");
  cr_expect_str_eq(berth_scenario_event(scenario, 21)->attribute, "notification.timeout");
  cr_expect_str_eq(berth_scenario_event(scenario, 21)->value, "", "takes the number away");
  cr_expect_str_eq(berth_scenario_event(scenario, 22)->attribute, "evcLevel");
  cr_expect_str_eq(berth_scenario_event(scenario, 12)->vm, "v3");
  cr_expect_str_eq(berth_scenario_event(scenario, 13)->host, "h7");
}

Test(scenario_reader, the_sample_is_valid_by_the_schema) {
  char command[600];
  if (system("xmllint --version >/dev/null 2>&1") != 0)
    cr_skip_test("xmllint is not installed");
  snprintf(command, sizeof command, "xmllint --nonet --noout --schema '%s' '%s' 2>/dev/null",
           SCHEMA, path);
  cr_expect_eq(system(command), 0);
}
