/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several documents of vSphere, one after another: updates, pages, side documents, and what of it
 * holds in the end. The documents are written here after the API's data objects.
 */
#include "frozen.h"
#include <berth/io.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOURCES_MAX = 6 };

#define XSI "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
#define P(name, value) "<propSet><name>" name "</name><val>" value "</val></propSet>"
#define OBJECT(type, id, properties)                                                               \
  "<objects><obj type=\"" type "\">" id "</obj>" properties "</objects>"
#define EX(objects)                                                                                \
  "<RetrievePropertiesExResponse xmlns=\"urn:vim25\" " XSI "><returnval>" objects                  \
  "</returnval></RetrievePropertiesExResponse>"
#define CONTINUE(objects)                                                                          \
  "<ContinueRetrievePropertiesExResponse xmlns=\"urn:vim25\" " XSI "><returnval>" objects          \
  "</returnval></ContinueRetrievePropertiesExResponse>"
#define UPDATES(inside)                                                                            \
  "<WaitForUpdatesExResponse xmlns=\"urn:vim25\" " XSI "><returnval><version>2</version>"          \
  "<filterSet><filter type=\"PropertyFilter\">f</filter>" inside                                   \
  "</filterSet></returnval></WaitForUpdatesExResponse>"
#define UPDATE(kind, type, id, changes)                                                            \
  "<objectSet><kind>" kind "</kind><obj type=\"" type "\">" id "</obj>" changes "</objectSet>"
#define CHANGE(name, op, val) "<changeSet><name>" name "</name><op>" op "</op>" val "</changeSet>"
#define ASSIGN(name, value) CHANGE(name, "assign", "<val>" value "</val>")
#define UNSET(name) CHANGE(name, "assign", "")

#define HARDWARE                                                                                   \
  P("summary.hardware", "<memorySize>4294967296</memorySize><cpuMhz>1000</cpuMhz>"                 \
                        "<numCpuCores>4</numCpuCores>")
#define HOST_OF(id, more)                                                                          \
  OBJECT("HostSystem", id,                                                                         \
         P("parent", "domain-1") P("runtime.connectionState", "connected") HARDWARE more)
#define VM_OF(id, host, more)                                                                      \
  OBJECT("VirtualMachine", id,                                                                     \
         P("runtime.host", host) P("runtime.powerState", "poweredOn")                              \
             P("config.hardware", "<numCPU>1</numCPU><memoryMB>1024</memoryMB>") more)
#define CLUSTER(more) OBJECT("ClusterComputeResource", "domain-1", more)
#define TWO_HOSTS HOST_OF("host-1", "") HOST_OF("host-2", "")
#define BASE EX(CLUSTER("") TWO_HOSTS VM_OF("vm-1", "host-1", "") VM_OF("vm-2", "host-2", ""))

static berth_context *ctx;
static char folder[64];

static void set_up(void) {
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  strcpy(folder, "/tmp/berth-vim25-XXXXXX");
  cr_assert_not_null(mkdtemp(folder));
}

static void tear_down(void) {
  rmdir(folder);
  berth_context_free(ctx);
}

TestSuite(vim25_updates, .init = set_up, .fini = tear_down);

static void write_file(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  cr_assert_not_null(file);
  fputs(text, file);
  cr_assert_eq(fclose(file), 0);
}

/* The documents as files in this order. NULL = refused. */
static const berth_inventory *try_to_read(const char *const *texts, uint32_t count) {
  char paths[SOURCES_MAX][128];
  const char *sources[SOURCES_MAX];
  const berth_inventory *inventory = NULL;
  cr_assert_leq(count, SOURCES_MAX);
  for (uint32_t i = 0; i < count; i++) {
    snprintf(paths[i], sizeof paths[i], "%s/%u", folder, i);
    write_file(paths[i], texts[i]);
    sources[i] = paths[i];
  }
  (void)berth_read_inventory(ctx, sources, count, BERTH_DIALECT_AUTO, NULL, &inventory);
  for (uint32_t i = 0; i < count; i++)
    remove(paths[i]);
  return inventory;
}

static const berth_inventory *read_texts(const char *const *texts, uint32_t count) {
  const berth_inventory *inventory = try_to_read(texts, count);
  cr_assert_not_null(inventory, "%s", berth_context_detail(ctx));
  return inventory;
}

static const berth_inventory *after(const char *dump, const char *updates) {
  const char *const texts[] = {dump, updates};
  return read_texts(texts, 2);
}

static size_t count_told(const char *words) {
  size_t count = 0;
  for (size_t i = 0; i < berth_context_problem_count(ctx); i++)
    count += strstr(berth_context_problem(ctx, i)->text, words) != NULL;
  return count;
}

static uint32_t vm_at(const berth_inventory *inventory, const char *id) {
  uint32_t vm = BERTH_NONE;
  cr_assert_eq(berth_inventory_find_vm(inventory, id, &vm), BERTH_OK, "%s", id);
  return vm;
}

static const char *host_of(const berth_inventory *inventory, const char *vm) {
  return berth_inventory_host_id(inventory,
                                 berth_inventory_vm_host(inventory, vm_at(inventory, vm)));
}

/* ------------------------------------------------------------------------ changes */

Test(vim25_updates, updates_alone_are_a_dump) {
  const char *const texts[] = {
      UPDATES(UPDATE("enter", "ClusterComputeResource", "domain-1", "") UPDATE(
          "enter", "HostSystem", "host-1",
          ASSIGN("parent", "domain-1") ASSIGN("runtime.connectionState", "connected")
              ASSIGN("summary.hardware", "<memorySize>4294967296</memorySize>"
                                         "<cpuMhz>1000</cpuMhz><numCpuCores>4</numCpuCores>"))
                  UPDATE("enter", "Folder", "group-1", ASSIGN("name", "f")))};
  const berth_inventory *inventory = read_texts(texts, 1);
  cr_expect_eq(inventory->host_count, 1);
  cr_expect_eq(inventory->host_capacity[BERTH_RESOURCE_CPU], 4000);
  cr_expect_eq(count_told("read 1 cluster, 1 host; ignored 1 Folder"), 1);
  berth_inventory_release(inventory);
}

Test(vim25_updates, a_change_takes_the_place_of_what_was_said) {
  const berth_inventory *inventory =
      after(BASE, UPDATES(UPDATE("modify", "VirtualMachine", "vm-1", "") UPDATE(
                      "modify", "VirtualMachine", "vm-1",
                      ASSIGN("runtime.host", "host-2") ASSIGN("config.hardware.memoryMB", "2048"))
                              UPDATE("modify", "HostSystem", "host-1",
                                     ASSIGN("runtime.inMaintenanceMode", "true"))));
  cr_expect_str_eq(host_of(inventory, "vm-1"), "host-2");
  cr_expect_eq(inventory->vm_memory[vm_at(inventory, "vm-1")], 2048);
  cr_expect_eq(inventory->vm_cpus[vm_at(inventory, "vm-1")], 1, "what did not change stays");
  cr_expect_eq(count_told("read 1 VM, 1 host"), 1, "twice the VM");
  cr_expect_eq(berth_inventory_host_state(inventory, 0), BERTH_HOST_MAINTENANCE);
  berth_inventory_release(inventory);
}

Test(vim25_updates, the_order_of_documents_is_that_of_time) {
  const char *const texts[] = {
      BASE, UPDATES(UPDATE("modify", "VirtualMachine", "vm-1", ASSIGN("runtime.host", "host-2"))),
      UPDATES(UPDATE("modify", "VirtualMachine", "vm-1", ASSIGN("runtime.host", "host-1")))};
  const char *const turned[] = {texts[0], texts[2], texts[1]};
  const berth_inventory *inventory = read_texts(texts, 3);
  cr_expect_str_eq(host_of(inventory, "vm-1"), "host-1");
  berth_inventory_release(inventory);
  inventory = read_texts(turned, 3);
  cr_expect_str_eq(host_of(inventory, "vm-1"), "host-2");
  berth_inventory_release(inventory);
}

Test(vim25_updates, another_path_of_the_same_meaning_counts_by_document) {
  const berth_inventory *inventory =
      after(BASE, UPDATES(UPDATE("modify", "VirtualMachine", "vm-1",
                                 ASSIGN("summary.runtime.powerState", "poweredOff"))));
  cr_expect_eq(inventory->vm_power[vm_at(inventory, "vm-1")], BERTH_POWER_OFF);
  cr_expect_eq(inventory->vm_power[vm_at(inventory, "vm-2")], BERTH_POWER_ON);
  berth_inventory_release(inventory);
}

Test(vim25_updates, assigned_without_a_value_is_unset) {
  const char *dump =
      EX(CLUSTER("") HOST_OF("host-1", P("summary.currentEVCModeKey", "intel-haswell"))
             VM_OF("vm-1", "host-1",
                   P("config.cpuAllocation", "<reservation>500</reservation>")
                       P("summary.config", "<cpuReservation>500</cpuReservation>")));
  const berth_inventory *inventory = after(
      dump,
      UPDATES(UPDATE("modify", "HostSystem", "host-1", UNSET("summary.currentEVCModeKey")) UPDATE(
          "modify", "VirtualMachine", "vm-1", UNSET("config.cpuAllocation.reservation"))));
  cr_expect_eq(inventory->host_evc_level[0], BERTH_UNSET);
  cr_expect_eq(inventory->vm_cpu_reservation[0], 0, "the summary's older copy is void too");
  berth_inventory_release(inventory);
}

Test(vim25_updates, an_object_leaves_and_returns) {
  const char *gone = UPDATES(UPDATE("leave", "VirtualMachine", "vm-1", ""));
  const char *const texts[] = {
      BASE, gone,
      UPDATES(UPDATE("enter", "VirtualMachine", "vm-1",
                     ASSIGN("runtime.host", "host-2") ASSIGN("runtime.powerState", "poweredOff")
                         ASSIGN("config.hardware", "<numCPU>3</numCPU><memoryMB>512</memoryMB>")))};
  const berth_inventory *inventory = read_texts(texts, 2);
  cr_expect_eq(inventory->vm_count, 1);
  cr_expect_str_eq(inventory->vm_id[0], "vm-2");
  cr_expect_eq(count_told("1 object that left"), 1);
  berth_inventory_release(inventory);
  inventory = read_texts(texts, 3);
  cr_assert_eq(inventory->vm_count, 2);
  cr_expect_eq(inventory->vm_cpus[vm_at(inventory, "vm-1")], 3);
  berth_inventory_release(inventory);
}

Test(vim25_updates, groups_need_not_forget_who_left) {
  const berth_inventory *inventory =
      after(EX(CLUSTER(P("configurationEx.group",
                         "<ClusterGroupInfo xsi:type=\"ClusterVmGroup\"><name>g</name><vm>vm-1</vm>"
                         "<vm>vm-2</vm></ClusterGroupInfo>")) TWO_HOSTS VM_OF("vm-1", "host-1", "")
                   VM_OF("vm-2", "host-2", "")),
            UPDATES(UPDATE("leave", "VirtualMachine", "vm-1", "")));
  cr_assert_eq(inventory->vm_group_count, 1);
  cr_expect_eq(inventory->vm_groups[0].count, 1);
  berth_inventory_release(inventory);
}

Test(vim25_updates, a_vm_on_a_host_that_left_is_refused) {
  const char *const texts[] = {BASE, UPDATES(UPDATE("leave", "HostSystem", "host-1", ""))};
  cr_expect_null(try_to_read(texts, 2));
  cr_expect_not_null(strstr(berth_context_detail(ctx), "vm-1: its host host-1"), "%s",
                     berth_context_detail(ctx));
}

/* ------------------------------------------------------------------------ lists */

#define RULE(key, name, inside)                                                                    \
  "<ClusterRuleInfo xsi:type=\"ClusterAntiAffinityRuleSpec\"><key>" key "</key><enabled>true"      \
  "</enabled><name>" name "</name>" inside "</ClusterRuleInfo>"
#define BOTH "<vm>vm-1</vm><vm>vm-2</vm>"
#define WITH_RULES                                                                                 \
  EX(CLUSTER(P("configurationEx.rule", RULE("3", "three", BOTH) RULE("5", "five", BOTH)))          \
         TWO_HOSTS VM_OF("vm-1", "host-1", "") VM_OF("vm-2", "host-2", ""))
#define CLUSTER_UPDATE(changes)                                                                    \
  UPDATES(UPDATE("modify", "ClusterComputeResource", "domain-1", changes))

static void expect_rules(const berth_inventory *inventory, const char *first, const char *second) {
  cr_assert_eq(inventory->rule_count, second == NULL ? 1 : 2);
  cr_expect_str_eq(inventory->rules[0].id, first);
  if (second != NULL)
    cr_expect_str_eq(inventory->rules[1].id, second);
  berth_inventory_release(inventory);
}

Test(vim25_updates, items_are_added_and_removed_by_key) {
  expect_rules(after(WITH_RULES, CLUSTER_UPDATE(CHANGE("configurationEx.rule[3]", "remove", ""))),
               "five", NULL);
  expect_rules(after(WITH_RULES,
                     CLUSTER_UPDATE(CHANGE("configurationEx.rule[3]", "indirectRemove", "") CHANGE(
                         "configurationEx.rule[7]", "add",
                         "<val xsi:type=\"ClusterAntiAffinityRuleSpec\"><key>7"
                         "</key><enabled>true</enabled><name>seven</name>" BOTH "</val>"))),
               "five", "seven");
}

Test(vim25_updates, an_item_is_assigned_anew) {
  expect_rules(
      after(WITH_RULES,
            CLUSTER_UPDATE(CHANGE("configurationEx.rule[\"5\"]", "assign",
                                  "<val xsi:type=\"ClusterAntiAffinityRuleSpec\"><key>5"
                                  "</key><enabled>true</enabled><name>new</name>" BOTH "</val>"))),
      "three", "new");
}

Test(vim25_updates, a_part_of_an_item_changes) {
  expect_rules(
      after(WITH_RULES, CLUSTER_UPDATE(ASSIGN("configurationEx.rule[3].enabled", "false"))), "five",
      NULL);
  expect_rules(after(WITH_RULES, CLUSTER_UPDATE(ASSIGN("configurationEx.rule[3].name", "drei"))),
               "drei", "five");
  expect_rules(after(WITH_RULES, CLUSTER_UPDATE(ASSIGN("configurationEx.rule[9].name", "nine"))),
               "three", "five");
  cr_expect_eq(count_told("other parts of 1 changed item"), 1);
}

Test(vim25_updates, references_are_added_and_removed) {
  const char *dump = EX(CLUSTER("") HOST_OF(
      "host-1", "<propSet><name>datastore</name><val "
                "xsi:type=\"ArrayOfManagedObjectReference\"><ManagedObjectReference "
                "type=\"Datastore\">datastore-1</ManagedObjectReference>"
                "<ManagedObjectReference type=\"Datastore\">datastore-2"
                "</ManagedObjectReference></val></propSet>"));
  const berth_inventory *inventory =
      after(dump, UPDATES(UPDATE("modify", "HostSystem", "host-1",
                                 CHANGE("datastore[\"datastore-1\"]", "remove", "")
                                     CHANGE("datastore[\"datastore-3\"]", "add",
                                            "<val type=\"Datastore\">datastore-3</val>"))));
  cr_assert_eq(inventory->host_datastore_start[1], 2);
  cr_expect_str_eq(inventory->datastore_name[inventory->host_datastores[0]], "datastore-2");
  cr_expect_str_eq(inventory->datastore_name[inventory->host_datastores[1]], "datastore-3");
  berth_inventory_release(inventory);
}

Test(vim25_updates, an_element_is_added_without_a_key) {
  const char *added = CHANGE("configurationEx.rule", "add",
                             "<val xsi:type=\"ClusterAntiAffinityRuleSpec\"><key>7</key>"
                             "<enabled>true</enabled><name>seven</name>" BOTH "</val>");
  const char *whole = CHANGE("configurationEx.rule", "add",
                             "<val xsi:type=\"ArrayOfClusterRuleInfo\">" RULE("8", "eight", BOTH)
                                 RULE("9", "nine", BOTH) "</val>");
  char text[4096];
  const char *const texts[] = {WITH_RULES, text};
  snprintf(text, sizeof text, CLUSTER_UPDATE("%s"), added);
  const berth_inventory *inventory = read_texts(texts, 2);
  cr_assert_eq(inventory->rule_count, 3);
  cr_expect_str_eq(inventory->rules[2].id, "seven");
  berth_inventory_release(inventory);
  snprintf(text, sizeof text, CLUSTER_UPDATE("%s"), whole);
  expect_rules(read_texts(texts, 2), "eight", "nine");
}

Test(vim25_updates, a_property_and_the_whole_that_holds_it_do_not_add_up) {
#define INSIDE                                                                                     \
  "<rule xsi:type=\"ClusterAntiAffinityRuleSpec\"><key>3</key><enabled>true</enabled>"             \
  "<name>whole</name>" BOTH "</rule>"
#define OF(properties)                                                                             \
  EX(CLUSTER(properties) TWO_HOSTS VM_OF("vm-1", "host-1", "") VM_OF("vm-2", "host-2", ""))
#define PART P("configurationEx.rule", RULE("3", "part", BOTH))
#define WHOLE P("configurationEx", INSIDE)
  const char *const one[] = {OF(PART WHOLE)};
  const char *const other[] = {OF(WHOLE PART)};
  expect_rules(read_texts(one, 1), "whole", NULL);
  expect_rules(read_texts(other, 1), "part", NULL);
  expect_rules(after(OF(PART), EX(CLUSTER(WHOLE))), "whole", NULL);
  expect_rules(after(OF(WHOLE), EX(CLUSTER(PART))), "part", NULL);
}

/* ------------------------------------------------------------------------ pages and versions */

Test(vim25_updates, pages_in_any_order) {
  const char *first = EX(CLUSTER("") HOST_OF("host-1", "") "<token>t1</token>");
  const char *second = CONTINUE("<token>t2</token>" HOST_OF("host-2", ""));
  const char *last = CONTINUE(VM_OF("vm-1", "host-2", ""));
  const char *const orders[][3] = {
      {first, second, last}, {last, second, first}, {second, last, first}};
  for (size_t i = 0; i < 3; i++) {
    const berth_inventory *inventory = read_texts(orders[i], 3);
    cr_expect_eq(inventory->host_count, 2);
    cr_expect_eq(inventory->vm_count, 1);
    cr_expect_eq(count_told("further pages"), 0);
    berth_inventory_release(inventory);
  }
  const char *const torn[] = {first, second};
  const berth_inventory *inventory = read_texts(torn, 2);
  cr_expect_eq(count_told("further pages"), 1);
  berth_inventory_release(inventory);
}

Test(vim25_updates, the_end_of_paging_says_nothing) {
  const berth_inventory *inventory =
      after(BASE, "<CancelRetrievePropertiesExResponse xmlns=\"urn:vim25\"/>");
  cr_expect_eq(inventory->vm_count, 2);
  cr_expect_eq(count_told("ignored 1 CancelRetrievePropertiesExResponse"), 1);
  berth_inventory_release(inventory);
}

Test(vim25_updates, truncated_updates_are_warned_of_unless_the_rest_is_here) {
#define TRUNCATED                                                                                  \
  "<WaitForUpdatesExResponse xmlns=\"urn:vim25\"><returnval><version>1</version><truncated>true"   \
  "</truncated></returnval></WaitForUpdatesExResponse>"
  const char *const texts[] = {BASE, TRUNCATED, UPDATES("")};
  const berth_inventory *inventory = read_texts(texts, 2);
  cr_expect_eq(count_told("truncated"), 1);
  berth_inventory_release(inventory);
  inventory = read_texts(texts, 3);
  cr_expect_eq(count_told("truncated"), 0);
  berth_inventory_release(inventory);
}

/* ------------------------------------------------------------------------ unknown is not zero */

#define MISSING(path, fault)                                                                       \
  "<missingSet><path>" path "</path><fault><fault xsi:type=\"" fault "\"/></fault></missingSet>"

Test(vim25_updates, what_could_not_be_read_is_counted) {
  const char *const texts[] = {
      EX(CLUSTER("") HOST_OF("host-1", MISSING("config.option", "NoPermission"))
             HOST_OF("host-2", MISSING("config.option", "NoPermission"))
                 VM_OF("vm-1", "host-1",
                       MISSING("summary.quickStats", "NoPermission")
                           MISSING("alarmActionsEnabled", "NoPermission")))};
  const berth_inventory *inventory = read_texts(texts, 1);
  cr_expect_eq(count_told("config.option of 2 hosts"), 1);
  cr_expect_eq(count_told("summary.quickStats of 1 VM"), 1);
  cr_expect_eq(count_told("alarmActionsEnabled"), 0, "berth does not want it");
  cr_expect_eq(inventory->vm_memory_usage[0], BERTH_UNSET);
  berth_inventory_release(inventory);
}

Test(vim25_updates, a_reservation_that_could_not_be_read_is_not_none) {
  const char *const texts[] = {EX(CLUSTER("") HOST_OF("host-1", "") VM_OF(
      "vm-1", "host-1", MISSING("config.memoryAllocation", "NoPermission")))};
  cr_expect_null(try_to_read(texts, 1));
  cr_expect_not_null(strstr(berth_context_detail(ctx),
                            "vm-1: property config.memoryAllocation could not be read by whoever "
                            "saved it (NoPermission)"),
                     "%s", berth_context_detail(ctx));
}

Test(vim25_updates, memory_that_could_not_be_read_says_why) {
  const char *const texts[] = {
      EX(CLUSTER("") OBJECT("HostSystem", "host-1",
                            P("parent", "domain-1") P("runtime.connectionState", "connected")
                                MISSING("summary", "NotAuthenticated")))};
  cr_expect_null(try_to_read(texts, 1));
  cr_expect_not_null(strstr(berth_context_detail(ctx), "summary.hardware.memorySize could not be "
                                                       "read by whoever saved it "
                                                       "(NotAuthenticated)"),
                     "%s", berth_context_detail(ctx));
}

Test(vim25_updates, what_is_missing_may_come_later) {
  const berth_inventory *inventory =
      after(EX(CLUSTER("") HOST_OF("host-1", "")
                   VM_OF("vm-1", "host-1", MISSING("config.memoryAllocation", "NoPermission"))),
            UPDATES(UPDATE("modify", "VirtualMachine", "vm-1",
                           ASSIGN("config.memoryAllocation", "<reservation>77</reservation>"))));
  cr_expect_eq(inventory->vm_memory_reservation[0], 77);
  berth_inventory_release(inventory);
}

/* ------------------------------------------------------------------------ side documents */

#define OPTIONS(value)                                                                             \
  "<QueryOptionsResponse xmlns=\"urn:vim25\"><returnval><key>Mem.MemMinFreePct</key><value>1"      \
  "</value></returnval><returnval><key>VmOpNotificationToApp.Timeout</key><value>" value           \
  "</value></returnval></QueryOptionsResponse>"

Test(vim25_updates, options_in_folders_of_saved_objects) {
  char dump[128], sub[128], side[160], other[160];
  snprintf(dump, sizeof dump, "%s/0.xml", folder);
  snprintf(sub, sizeof sub, "%s/HostSystem-host-2", folder);
  snprintf(side, sizeof side, "%s/QueryOptions.xml", sub);
  snprintf(other, sizeof other, "%s/QueryTpmAttestationReport.xml", sub);
  cr_assert_eq(mkdir(sub, 0700), 0);
  write_file(dump, BASE);
  write_file(side, OPTIONS("300"));
  write_file(other, "not read");
  const char *const sources[] = {folder};
  const berth_inventory *inventory = NULL;
  const berth_status status =
      berth_read_inventory(ctx, sources, 1, BERTH_DIALECT_AUTO, NULL, &inventory);
  remove(dump);
  remove(side);
  remove(other);
  rmdir(sub);
  cr_assert_eq(status, BERTH_OK, "%s", berth_context_detail(ctx));
  cr_expect_eq(inventory->host_notify_timeout[0], BERTH_UNSET);
  cr_expect_eq(inventory->host_notify_timeout[1], 300);
  cr_expect_eq(count_told("notification timeout of 1 host"), 1);
  berth_inventory_release(inventory);
}

Test(vim25_updates, options_of_a_named_host_and_a_value_for_the_others) {
  char dump[128], side[128], named[160];
  berth_read_limits limits = BERTH_READ_LIMITS_INIT;
  limits.host_notify_timeout = 45;
  snprintf(dump, sizeof dump, "%s/0", folder);
  snprintf(side, sizeof side, "%s/1", folder);
  snprintf(named, sizeof named, "host-1=%s", side);
  write_file(dump, BASE);
  write_file(side, OPTIONS("0"));
  const char *const sources[] = {named, dump}; /* in any order */
  const berth_inventory *inventory = NULL;
  const berth_status status =
      berth_read_inventory(ctx, sources, 2, BERTH_DIALECT_AUTO, &limits, &inventory);
  remove(dump);
  remove(side);
  cr_assert_eq(status, BERTH_OK, "%s", berth_context_detail(ctx));
  cr_expect_eq(inventory->host_notify_timeout[0], 0);
  cr_expect_eq(inventory->host_notify_timeout[1], 45);
  berth_inventory_release(inventory);
}

#define NOTIFIED(given)                                                                            \
  P("config.vmOpNotificationToAppEnabled", "true") P("runtime.opNotificationTimeout", given)

Test(vim25_updates, what_vms_are_given_tells_of_hosts) {
  const char *const texts[] = {
      EX(CLUSTER("") TWO_HOSTS HOST_OF(
          "host-3", P("config.option", "<OptionValue><key>VmOpNotificationToApp.Timeout</key>"
                                       "<value>20</value></OptionValue>"))
             VM_OF("vm-1", "host-1", NOTIFIED("60")) VM_OF("vm-2", "host-1", NOTIFIED("90"))
                 VM_OF("vm-3", "host-2", P("runtime.opNotificationTimeout", "70"))
                     VM_OF("vm-4", "host-3", NOTIFIED("60")))};
  const berth_inventory *inventory = read_texts(texts, 1);
  cr_expect_eq(inventory->host_notify_timeout[0], 90);
  cr_expect_eq(inventory->host_notify_timeout[1], BERTH_UNSET, "the VM is not notified");
  cr_expect_eq(inventory->host_notify_timeout[2], 20, "the option itself is there");
  cr_expect_eq(count_told("notification timeout of 1 host"), 1);
  berth_inventory_release(inventory);
}

Test(vim25_updates, options_of_nobody_are_refused) {
  const char *const texts[] = {BASE, OPTIONS("0")};
  cr_expect_null(try_to_read(texts, 2));
  cr_expect_not_null(strstr(berth_context_detail(ctx), "OBJECT=FILE"), "%s",
                     berth_context_detail(ctx));
}

Test(vim25_updates, options_of_an_unknown_host_are_left_out) {
  char dump[128], side[128], named[160];
  snprintf(dump, sizeof dump, "%s/0", folder);
  snprintf(side, sizeof side, "%s/1", folder);
  snprintf(named, sizeof named, "host-9=%s", side);
  write_file(dump, BASE);
  write_file(side, OPTIONS("0"));
  const char *const sources[] = {dump, named};
  const berth_inventory *inventory = NULL;
  const berth_status status =
      berth_read_inventory(ctx, sources, 2, BERTH_DIALECT_AUTO, NULL, &inventory);
  remove(dump);
  remove(side);
  cr_assert_eq(status, BERTH_OK, "%s", berth_context_detail(ctx));
  cr_expect_eq(inventory->host_count, 2);
  cr_expect_eq(count_told("host-9 is not among the objects"), 1);
  berth_inventory_release(inventory);
}

Test(vim25_updates, a_fetched_property_names_its_object_or_the_source_does) {
#define FETCHED(type, inside)                                                                      \
  "<FetchResponse xmlns=\"urn:vim25\" " XSI "><returnval xsi:type=\"" type "\">" inside            \
  "</returnval></FetchResponse>"
  const char *const texts[] = {
      BASE,
      FETCHED("ResourceConfigSpec", "<entity type=\"VirtualMachine\">vm-1</entity>"
                                    "<memoryAllocation><reservation>99</reservation>"
                                    "</memoryAllocation>"),
      FETCHED("ResourceConfigSpec", "<entity type=\"ResourcePool\">resgroup-1</entity>"
                                    "<memoryAllocation><reservation>98</reservation>"
                                    "</memoryAllocation>"),
      FETCHED("HostConfigManager", "<scheduler>s</scheduler>"),
      FETCHED("VirtualMachineConfigInfo", "<name>x</name>")};
  const berth_inventory *inventory = read_texts(texts, 4);
  cr_expect_eq(inventory->vm_memory_reservation[vm_at(inventory, "vm-1")], 99);
  berth_inventory_release(inventory);
  cr_expect_null(try_to_read(texts, 5));
  cr_expect_not_null(strstr(berth_context_detail(ctx), "a property that was fetched"), "%s",
                     berth_context_detail(ctx));
}

/* ------------------------------------------------------------------------ features */

#define FEATURES(pairs) P("config.featureCapability", pairs)
#define HAS(key, value)                                                                            \
  "<HostFeatureCapability><key>" key "</key><featureName>" key "</featureName><value>" value       \
  "</value></HostFeatureCapability>"
#define REQUIRES(key, value)                                                                       \
  "<VirtualMachineFeatureRequirement><key>" key "</key><featureName>" key                          \
  "</featureName><value>" value "</value></VirtualMachineFeatureRequirement>"

static bool reaches(const berth_inventory *inventory, uint32_t host, const char *network) {
  for (uint32_t i = inventory->host_network_start[host];
       i < inventory->host_network_start[host + 1]; i++)
    if (strcmp(inventory->network_name[inventory->host_networks[i]], network) == 0)
      return true;
  return false;
}

Test(vim25_updates, features_that_not_every_host_has) {
  const char *const texts[] = {EX(
      CLUSTER("") HOST_OF("host-1", FEATURES(HAS("cpuid.avx512f", "1") HAS("cpuid.nx", "1")
                                                 HAS("misc.level", "5") HAS("cpuid.intel", "1")))
          HOST_OF("host-2", FEATURES(HAS("cpuid.nx", "1") HAS("misc.level", "3")
                                         HAS("cpuid.intel", "1"))) HOST_OF("host-3", "")
              VM_OF("vm-1", "host-1",
                    P("runtime.featureRequirement",
                      REQUIRES("cpuid.avx512f", "Bool:Match:1") REQUIRES("cpuid.nx", "Bool:Match:1")
                          REQUIRES("misc.level", "Num:Min:4") REQUIRES("misc.odd", "Set:Of:1")))
                  VM_OF("vm-2", "host-2",
                        P("runtime.featureRequirement",
                          REQUIRES("misc.level", "Num:Min:3") REQUIRES("cpuid.nx", "Bool:Match:1")
                              REQUIRES("cpuid.avx512f", "Bool:Match:1"))))};
  const berth_inventory *inventory = read_texts(texts, 1);
  const uint32_t one = vm_at(inventory, "vm-1"), two = vm_at(inventory, "vm-2");
  cr_expect_eq(inventory->vm_network_start[one + 1] - inventory->vm_network_start[one], 2,
               "avx512f and level 4; all hosts have nx");
  cr_expect_eq(inventory->vm_network_start[two + 1] - inventory->vm_network_start[two], 0,
               "all have level 3; a feature that its own host lacks cannot be required");
  cr_expect(reaches(inventory, 0, "feature:cpuid.avx512f=1"));
  cr_expect(reaches(inventory, 0, "feature:misc.level>=4"));
  cr_expect_not(reaches(inventory, 1, "feature:cpuid.avx512f=1"));
  cr_expect_not(reaches(inventory, 1, "feature:misc.level>=4"));
  cr_expect(reaches(inventory, 2, "feature:cpuid.avx512f=1"), "not known: not ruled out");
  cr_expect_not(reaches(inventory, 0, "feature:cpuid.nx=1"), "every host has it");
  cr_expect_eq(count_told("CPU features of 1 host"), 1);
  cr_expect_eq(count_told("odd feature requirements of 1 VM"), 1);
  berth_inventory_release(inventory);
}

/* ------------------------------------------------------------------------ datastores, networks */

#define REFERENCES(name, list)                                                                     \
  "<propSet><name>" name "</name><val xsi:type=\"ArrayOfManagedObjectReference\">" list            \
  "</val></propSet>"
#define REFERENCE(id) "<ManagedObjectReference type=\"X\">" id "</ManagedObjectReference>"

static const char *datastore(const berth_inventory *inventory, uint32_t host, uint32_t at) {
  return inventory
      ->datastore_name[inventory->host_datastores[inventory->host_datastore_start[host] + at]];
}

Test(vim25_updates, names_stand_for_ids_where_they_are_known) {
  const char *const texts[] = {EX(
      CLUSTER("") HOST_OF("host-1",
                          REFERENCES("datastore", REFERENCE("datastore-1") REFERENCE("datastore-2")
                                                      REFERENCE("datastore-3"))
                              REFERENCES("network", REFERENCE("dvportgroup-1")))
          OBJECT("Datastore", "datastore-1",
                 P("name", "gold") P("summary.maintenanceMode", "inMaintenance"))
              OBJECT("Datastore", "datastore-3", P("summary", "<name>gold</name>"))
                  OBJECT("DistributedVirtualPortgroup", "dvportgroup-1", P("name", "vlan 10"))
                      VM_OF("vm-1", "host-1",
                            REFERENCES("datastore", REFERENCE("datastore-2"))
                                REFERENCES("network", REFERENCE("dvportgroup-1"))))};
  const berth_inventory *inventory = read_texts(texts, 1);
  cr_assert_eq(inventory->host_datastore_start[1], 3);
  cr_expect_str_eq(datastore(inventory, 0, 0), "gold (datastore-1)", "two have that name");
  cr_expect_str_eq(datastore(inventory, 0, 1), "datastore-2");
  cr_expect_str_eq(datastore(inventory, 0, 2), "gold (datastore-3)");
  cr_expect(reaches(inventory, 0, "vlan 10"));
  cr_expect_str_eq(inventory->network_name[inventory->vm_networks[0]], "vlan 10");
  cr_expect_eq(count_told("datastore-1: the datastore is in maintenance mode"), 1);
  berth_inventory_release(inventory);
}

Test(vim25_updates, what_datastores_say_of_hosts) {
#define MOUNT(host, accessible)                                                                    \
  "<DatastoreHostMount><key type=\"HostSystem\">" host "</key><mountInfo><accessible>" accessible  \
  "</accessible></mountInfo></DatastoreHostMount>"
  const char *const texts[] = {
      EX(CLUSTER("") HOST_OF("host-1", REFERENCES("datastore", REFERENCE("datastore-1")))
             HOST_OF("host-2", "") HOST_OF("host-3", "")
                 OBJECT("Datastore", "datastore-1",
                        P("host", MOUNT("host-1", "false") MOUNT("host-2", "true")))
                     OBJECT("Network", "network-1",
                            REFERENCES("host", REFERENCE("host-1") REFERENCE("host-2")))
                         VM_OF("vm-1", "host-2",
                               REFERENCES("datastore", REFERENCE("datastore-1"))
                                   REFERENCES("network", REFERENCE("network-1"))))};
  const berth_inventory *inventory = read_texts(texts, 1);
  const uint32_t *start = inventory->host_datastore_start;
  cr_expect_eq(start[1] - start[0], 0, "mounted, but not accessible");
  cr_expect_eq(start[2] - start[1], 1);
  cr_expect_eq(start[3] - start[2], 1, "nobody says: what VMs need is not ruled out");
  cr_expect(reaches(inventory, 0, "network-1"));
  cr_expect(reaches(inventory, 1, "network-1"));
  cr_expect(reaches(inventory, 2, "network-1"));
  cr_expect_eq(count_told("datastores of 1 host"), 1);
  cr_expect_eq(count_told("cannot access 1 of its datastores"), 1);
  berth_inventory_release(inventory);
}

Test(vim25_updates, quarantine_and_partial_maintenance_are_noted) {
  const char *const texts[] = {
      EX(CLUSTER("") HOST_OF("host-1", P("runtime.inQuarantineMode", "true"))
             HOST_OF("host-2", P("runtime.partialMaintenanceMode", "<String>x</String>")))};
  const berth_inventory *inventory = read_texts(texts, 1);
  cr_expect_eq(berth_inventory_host_state(inventory, 0), BERTH_HOST_ONLINE);
  cr_expect_eq(count_told("host-1: the host is in quarantine mode"), 1);
  cr_expect_eq(count_told("host-2: the host is in partial maintenance"), 1);
  berth_inventory_release(inventory);
}
