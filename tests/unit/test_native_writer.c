/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the native dialect: what is read back is the same, and the form is canonical. */
#include "frozen.h"
#include "native_sample.h"
#include <berth/io.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCHEMA BERTH_SOURCE_DIR "/io/schema/berth-1.xsd"

enum { ROOM = 1 << 16 };

static berth_context *ctx;
static char folder[] = "/tmp/berth-writer-XXXXXX";
static char path[sizeof folder + 16];

static void set_up(void) {
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  cr_assert_not_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/out.xml", folder);
}

static void tear_down(void) {
  unlink(path);
  rmdir(folder);
  berth_context_free(ctx);
}

TestSuite(native_writer, .init = set_up, .fini = tear_down);

static const berth_inventory *parse(const char *text) {
  const berth_inventory *inventory = NULL;
  const berth_status status = berth_parse_inventory(ctx, text, strlen(text), "sample",
                                                    BERTH_DIALECT_AUTO, NULL, &inventory);
  cr_assert_eq(status, BERTH_OK, "%s\n%s", berth_context_detail(ctx), text);
  return inventory;
}

static void write_out(const berth_inventory *inventory, char *text) {
  cr_assert_eq(berth_write_inventory(ctx, inventory, path), BERTH_OK, "%s",
               berth_context_detail(ctx));
  FILE *file = fopen(path, "r");
  cr_assert_not_null(file);
  const size_t length = fread(text, 1, ROOM - 1, file);
  fclose(file);
  text[length] = '\0';
}

Test(native_writer, canonical_form) {
  /* Derived by hand: hosts before VMs, links by name, defaults left out, lists as written. */
  static const char expected[] =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<inventory xmlns=\"urn:berth:1\" name=\"east &amp; West\">\n"
      "  <resource name=\"vgpu\"/>\n"
      "  <cluster id=\"prod\" name=\"Production\">\n"
      "    <ha enabled=\"false\" era=\"fdm5\" respectAntiAffinity=\"false\" "
      "respectSoftAffinity=\"false\" isolationResponse=\"shutdown\" readyWhen=\"app-heartbeat\" "
      "restartTimeout=\"601\" postReadyDelay=\"5\" restartSeconds=\"31\" defaultPriority=\"low\">\n"
      "      <admission policy=\"dedicated\" failures=\"2\" slotCpuMhz=\"500\" "
      "slotMemoryMib=\"512\" minCpuMhz=\"64\" minMemoryMib=\"300\" cpuPercent=\"25\" "
      "memoryPercent=\"26\" degradationPercent=\"50\" "
      "hosts=\"b\"/>\n"
      "    </ha>\n"
      "    <drs automation=\"partial\"/>\n"
      "    <dpm automation=\"manual\" targetPercent=\"60\" tolerancePercent=\"17\"/>\n"
      "    <limits migrationsPerHost=\"4\" migrationsPerDatastore=\"64\" restartsPerHost=\"16\"/>\n"
      "    <host id=\"a\" name=\"esx &lt;a&gt;\" cpuMhz=\"51200\" memoryMib=\"524288\" "
      "state=\"isolated\" site=\"s\" rack=\"r\" chassis=\"c\" maxVms=\"200\" maxVcpus=\"400\" "
      "linkMbps=\"25000\" evcLevel=\"5\" cpuVendor=\"intel\" joined=\"1\" wake=\"ipmi\" "
      "wakeSeconds=\"301\" powerWatts=\"450\" notifyTimeout=\"120\" topology=\"a.xml\">\n"
      "      <capacity resource=\"vgpu\" amount=\"4\"/>\n"
      "      <reach datastore=\"a\"/>\n"
      "      <reach datastore=\"z\"/>\n"
      "      <reach network=\"vlan 10\"/>\n"
      "      <numa node=\"1\" cpuMhz=\"25600\" memoryMib=\"262144\"/>\n"
      "      <numa node=\"0\" cpuMhz=\"25599\" memoryMib=\"262143\"/>\n"
      "    </host>\n"
      "    <host id=\"b\" cpuMhz=\"1000\" memoryMib=\"2048\"/>\n"
      "    <vm id=\"v0\" memoryMib=\"128\">\n"
      "      <needs datastore=\"a\"/>\n"
      "      <needs datastore=\"z\"/>\n"
      "    </vm>\n"
      "    <vm id=\"v1\" name=\"sql\" host=\"a\" power=\"suspended\" cpus=\"8\" "
      "memoryMib=\"65536\" priority=\"highest\" cpuReservationMhz=\"8000\" "
      "memoryReservationMib=\"4096\" memoryLocked=\"true\" overheadMib=\"420\" "
      "cpuUsageMhz=\"5200\" memoryUsageMib=\"60000\" dirtyMibPerSecond=\"120\" movable=\"false\" "
      "numa=\"one-node\" evcLevel=\"4\">\n"
      "      <needs datastore=\"a\"/>\n"
      "      <needs network=\"vlan 10\"/>\n"
      "      <needs resource=\"vgpu\" amount=\"3\"/>\n"
      "      <notification enabled=\"true\" timeout=\"60\" registered=\"true\" hardware=\"20\" "
      "ackSeconds=\"12\" settleSeconds=\"30\"/>\n"
      "    </vm>\n"
      "    <vm id=\"v2\" power=\"off\" memoryMib=\"1\">\n"
      "      <needs resource=\"vgpu\" amount=\"1\"/>\n"
      "    </vm>\n"
      "    <vm-group id=\"g\" vms=\"v2 v1\"/>\n"
      "    <vm-group id=\"none\" vms=\"\"/>\n"
      "    <host-group id=\"g\" hosts=\"b a\"/>\n"
      "    <rule id=\"r1\" name=\"on g\" type=\"run-on\" strength=\"should\" vms=\"g v0\" "
      "hosts=\"g\"/>\n"
      "    <rule id=\"r2\" type=\"not-run-on\" strength=\"should\" vms=\"v0\" hosts=\"b\"/>\n"
      "    <rule id=\"r3\" type=\"apart\" vms=\"g\" over=\"rack\"/>\n"
      "    <rule id=\"r4\" type=\"together\" strength=\"should\" vms=\"v0 v1\" over=\"site\"/>\n"
      "    <rule id=\"r5\" type=\"at-most\" vms=\"g v0\" over=\"chassis\" count=\"2\"/>\n"
      "    <rule id=\"r6\" type=\"quiesce\" vms=\"g\" maxConcurrent=\"2\"/>\n"
      "    <rule id=\"r7\" type=\"restart-after\" vms=\"v0\" after=\"v1\"/>\n"
      "  </cluster>\n"
      "  <cluster id=\"empty\"/>\n"
      "</inventory>\n";
  static char first[ROOM], second[ROOM];
  const berth_inventory *inventory = parse(native_sample);
  write_out(inventory, first);
  berth_inventory_release(inventory);
  cr_expect_str_eq(first, expected, "%s", first);
  inventory = parse(first);
  write_out(inventory, second);
  berth_inventory_release(inventory);
  cr_expect_str_eq(first, second);
}

Test(native_writer, odd_characters_survive) {
  const char *const name = "a\tb\nc\rd \"e\" 'f' <g> &amp; \xE2\x82\xAC";
  static char text[ROOM];
  berth_builder *builder = NULL;
  berth_inventory *built = NULL;
  cr_assert_eq(berth_builder_new(ctx, &builder), BERTH_OK);
  cr_assert_eq(berth_builder_set_name(builder, name), BERTH_OK);
  cr_assert_eq(berth_builder_freeze(builder, &built), BERTH_OK);
  write_out(built, text);
  const berth_inventory *again = parse(text);
  cr_expect_str_eq(berth_inventory_name(again), name);
  berth_inventory_release(again);
  berth_inventory_release(built);
  berth_builder_free(builder);
}

Test(native_writer, what_is_written_is_valid_by_the_schema) {
  char command[600];
  if (system("xmllint --version >/dev/null 2>&1") != 0)
    cr_skip_test("xmllint is not installed");
  const berth_inventory *inventory = parse(native_sample);
  cr_assert_eq(berth_write_inventory(ctx, inventory, path), BERTH_OK);
  berth_inventory_release(inventory);
  snprintf(command, sizeof command, "xmllint --nonet --noout --schema '%s' '%s' 2>/dev/null",
           SCHEMA, path);
  cr_expect_eq(system(command), 0);
  FILE *file = fopen(path, "w");
  cr_assert_not_null(file);
  fputs(native_sample, file);
  fclose(file);
  cr_expect_eq(system(command), 0, "the sample itself");
}

Test(native_writer, a_scenario_is_written_too) {
  static char text[ROOM];
  const berth_inventory *inventory = parse(native_sample), *after = NULL;
  berth_scenario *scenario = NULL;
  berth_event event = BERTH_EVENT_INIT;
  event.type = BERTH_EVENT_DROP_RULE;
  event.id = "r1";
  cr_assert_eq(berth_scenario_new(ctx, &scenario), BERTH_OK);
  cr_assert_eq(berth_scenario_add(ctx, scenario, &event), BERTH_OK);
  event = (berth_event)BERTH_EVENT_INIT;
  event.type = BERTH_EVENT_FAIL;
  event.host = "b";
  cr_assert_eq(berth_scenario_add(ctx, scenario, &event), BERTH_OK);
  cr_assert_eq(berth_scenario_apply(ctx, inventory, scenario, &after), BERTH_OK, "%s",
               berth_context_detail(ctx));
  write_out(after, text);
  cr_expect_null(strstr(text, "id=\"r1\""));
  cr_expect_not_null(
      strstr(text, "<host id=\"b\" cpuMhz=\"1000\" memoryMib=\"2048\" state=\"failed\"/>"));
  const berth_inventory *again = parse(text);
  cr_expect_eq(berth_inventory_rule_count(again), 6);
  berth_inventory_release(again);
  berth_inventory_release(after);
  berth_inventory_release(inventory);
  berth_scenario_free(scenario);
}

Test(native_writer, a_full_disk_is_told) {
  if (access("/dev/full", W_OK) != 0)
    cr_skip_test("no /dev/full here");
  const berth_inventory *inventory = parse(native_sample);
  cr_expect_eq(berth_write_inventory(ctx, inventory, "/dev/full"), BERTH_E_WRITE);
  cr_expect_str_eq(berth_context_detail(ctx),
                   "/dev/full: cannot be written: No space left on device");
  berth_inventory_release(inventory);
}
