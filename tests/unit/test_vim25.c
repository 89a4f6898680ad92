/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vSphere inventories: what each property becomes, in all envelopes and spellings. The documents
 * are written here after the API's data objects.
 */
#include "frozen.h"
#include "vim25_build.h"
#include <berth/io.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define XSI "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
#define P(name, value) "<propSet><name>" name "</name><val>" value "</val></propSet>"
#define OBJECT(element, type, id, properties)                                                      \
  "<" element "><obj type=\"" type "\">" id "</obj>" properties "</" element ">"
#define HARDWARE                                                                                   \
  P("summary.hardware", "<memorySize>2147483647</memorySize><cpuMhz>2000</cpuMhz>"                 \
                        "<numCpuCores>8</numCpuCores><numCpuThreads>16</numCpuThreads>")
#define CONNECTED P("runtime.connectionState", "connected")
#define HOST_1 P("name", "esx one") P("parent", "domain-1") CONNECTED HARDWARE
#define VM_1                                                                                       \
  P("name", "web")                                                                                 \
  P("runtime.host", "host-1")                                                                      \
  P("runtime.powerState", "poweredOn")                                                             \
  P("config.hardware.numCPU", "2") P("config.hardware.memoryMB", "4096")
#define CLUSTER(properties) OBJECT("objects", "ClusterComputeResource", "domain-1", properties)
#define HOST(properties) OBJECT("objects", "HostSystem", "host-1", properties)
#define VM(properties) OBJECT("objects", "VirtualMachine", "vm-1", properties)
#define EX(objects)                                                                                \
  "<RetrievePropertiesExResponse xmlns=\"urn:vim25\" " XSI "><returnval>" objects                  \
  "</returnval></RetrievePropertiesExResponse>"

static berth_context *ctx;

static void set_up(void) {
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
}

static void tear_down(void) {
  berth_context_free(ctx);
}

TestSuite(vim25, .init = set_up, .fini = tear_down);

static const berth_inventory *parse(const char *text) {
  const berth_inventory *inventory = NULL;
  const berth_status status = berth_parse_inventory(ctx, text, strlen(text), "sample",
                                                    BERTH_DIALECT_AUTO, NULL, &inventory);
  cr_assert_eq(status, BERTH_OK, "%s", berth_context_detail(ctx));
  cr_assert_not_null(inventory);
  return inventory;
}

static size_t count_notes(const char *words) {
  size_t count = 0;
  for (size_t i = 0; i < berth_context_problem_count(ctx); i++)
    count += strstr(berth_context_problem(ctx, i)->text, words) != NULL;
  return count;
}

/* ------------------------------------------------------------------------ envelopes */

/* One host of 16,000 MHz and 2,047 MiB (a byte is missing to 2,048), one VM. */
static void expect_one_host_one_vm(const berth_inventory *inventory) {
  cr_assert_eq(inventory->cluster_count, 1);
  cr_assert_eq(inventory->host_count, 1);
  cr_assert_eq(inventory->vm_count, 1);
  cr_expect_str_eq(inventory->clusters[0].id, "domain-1");
  cr_expect_str_eq(inventory->host_id[0], "host-1");
  cr_expect_str_eq(inventory->host_name[0], "esx one");
  cr_expect_eq(inventory->host_capacity[BERTH_RESOURCE_CPU], 16000);
  cr_expect_eq(inventory->host_capacity[BERTH_RESOURCE_MEMORY], 2047);
  cr_expect_str_eq(inventory->vm_id[0], "vm-1");
  cr_expect_eq(inventory->vm_host[0], 0);
  cr_expect_eq(inventory->vm_cpus[0], 2);
  cr_expect_eq(inventory->vm_memory[0], 4096);
  berth_inventory_release(inventory);
}

Test(vim25, retrieve_properties_ex) {
  expect_one_host_one_vm(parse(EX(CLUSTER("") HOST(HOST_1) VM(VM_1))));
}

Test(vim25, continue_retrieve_properties_ex) {
  expect_one_host_one_vm(parse("<ContinueRetrievePropertiesExResponse xmlns=\"urn:vim25\">"
                               "<returnval>" CLUSTER("") HOST(HOST_1)
                                   VM(VM_1) "</returnval></ContinueRetrievePropertiesExResponse>"));
}

Test(vim25, the_old_form_and_no_namespace) {
  expect_one_host_one_vm(parse(
      "<RetrievePropertiesResponse>" OBJECT("returnval", "ClusterComputeResource", "domain-1", "")
          OBJECT("returnval", "HostSystem", "host-1", HOST_1)
              OBJECT("returnval", "VirtualMachine", "vm-1", VM_1) "</RetrievePropertiesResponse>"));
}

Test(vim25, soap_envelope_other_kinds_and_order) {
  expect_one_host_one_vm(parse(
      "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header><x/></s:Header>"
      "<s:Body>" EX(VM(VM_1) OBJECT("objects", "Datastore", "datastore-1", P("name", "x"))
                        HOST(HOST_1) CLUSTER("")) "</s:Body></s:Envelope>"));
}

Test(vim25, nested_properties_and_blanks) {
  expect_one_host_one_vm(
      parse(EX(CLUSTER("") HOST(P("name", " esx one\n") P("parent", "<![CDATA[domain-1]]>")
                                    P("runtime", "<connectionState>connected</connectionState>")
                                        P("summary", "<hardware><memorySize>2147483647</memorySize>"
                                                     "<cpuMhz>2000</cpuMhz><numCpuCores>8"
                                                     "</numCpuCores></hardware>"))
                   VM(P("config", "<name>web</name><hardware><numCPU>2</numCPU><memoryMB>4096"
                                  "</memoryMB><device><key>1</key></device></hardware>")
                          P("runtime", "<host>host-1</host><powerState>poweredOn</powerState>")))));
}

static void write_file(const char *folder, const char *name, const char *text) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "w");
  cr_assert_not_null(file);
  fputs(text, file);
  cr_assert_eq(fclose(file), 0);
}

static void remove_file(const char *folder, const char *name) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  remove(path);
}

Test(vim25, a_folder_of_saved_objects) {
  char folder[] = "/tmp/berth-vim25-XXXXXX", inner[256];
  cr_assert_not_null(mkdtemp(folder));
  snprintf(inner, sizeof inner, "%s/HostSystem-host-1.xml", folder);
  write_file(folder, "0001-VirtualMachine-vm-1.xml",
             OBJECT("ObjectContent", "VirtualMachine", "vm-1", VM_1));
  write_file(folder, "0002-HostSystem-host-1.xml",
             OBJECT("ObjectContent", "HostSystem", "host-1", HOST_1));
  write_file(folder, "0003-ClusterComputeResource-domain-1.xml",
             OBJECT("ObjectContent", "ClusterComputeResource", "domain-1", ""));
  write_file(folder, "notes.txt", "not XML");
  write_file(folder, ".hidden.xml", "not XML");
  cr_assert_eq(mkdir(inner, 0700), 0); /* answers of methods stand in sub-folders: not read */
  const char *const sources[] = {folder};
  const berth_inventory *inventory = NULL;
  const berth_status status =
      berth_read_inventory(ctx, sources, 1, BERTH_DIALECT_AUTO, NULL, &inventory);
  static const char *const names[] = {"0001-VirtualMachine-vm-1.xml",
                                      "0002-HostSystem-host-1.xml",
                                      "0003-ClusterComputeResource-domain-1.xml",
                                      "notes.txt",
                                      ".hidden.xml",
                                      "HostSystem-host-1.xml",
                                      ""};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    remove_file(folder, names[i]);
  cr_assert_eq(status, BERTH_OK, "%s", berth_context_detail(ctx));
  expect_one_host_one_vm(inventory);
}

Test(vim25, several_documents_are_merged_and_nothing_counts_twice) {
  char folder[] = "/tmp/berth-vim25-XXXXXX", first[256], second[256];
  cr_assert_not_null(mkdtemp(folder));
  snprintf(first, sizeof first, "%s/a", folder);
  snprintf(second, sizeof second, "%s/b", folder);
#define GROUP                                                                                      \
  P("configurationEx.group", "<ClusterGroupInfo xsi:type=\"ClusterVmGroup\"><name>g</name>"        \
                             "<vm>vm-1</vm></ClusterGroupInfo>")
  write_file(folder, "a", EX(CLUSTER(GROUP) HOST(HOST_1) "<token>0</token>"));
  write_file(folder, "b", EX(CLUSTER(GROUP) VM(VM_1)));
  const char *const sources[] = {first, second};
  const berth_inventory *inventory = NULL;
  const berth_status status =
      berth_read_inventory(ctx, sources, 2, BERTH_DIALECT_AUTO, NULL, &inventory);
  remove(first);
  remove(second);
  rmdir(folder);
  cr_assert_eq(status, BERTH_OK, "%s", berth_context_detail(ctx));
  cr_assert_eq(inventory->vm_group_count, 1);
  cr_expect_str_eq(inventory->vm_groups[0].id, "g");
  cr_expect_eq(count_notes("further pages"), 1);
  expect_one_host_one_vm(inventory);
}

/* ------------------------------------------------------------------------ hosts */

/* State of a host with the properties @p state beside its hardware. */
static berth_host_state state_of(const char *state) {
  char text[2048];
  snprintf(text, sizeof text, EX("%s<objects><obj type=\"HostSystem\">host-1</obj>%s%s</objects>"),
           CLUSTER(""), P("parent", "domain-1") HARDWARE, state);
  const berth_inventory *inventory = parse(text);
  const berth_host_state found = berth_inventory_host_state(inventory, 0);
  berth_inventory_release(inventory);
  return found;
}

Test(vim25, host_states) {
  cr_expect_eq(state_of(CONNECTED), BERTH_HOST_ONLINE);
  cr_expect_eq(state_of(CONNECTED P("runtime.inMaintenanceMode", "true")), BERTH_HOST_MAINTENANCE);
  cr_expect_eq(state_of(CONNECTED P("runtime.inMaintenanceMode", "false")), BERTH_HOST_ONLINE);
  cr_expect_eq(state_of(CONNECTED P("runtime.powerState", "standBy")), BERTH_HOST_STANDBY);
  cr_expect_eq(state_of(CONNECTED P("runtime.standbyMode", "in")), BERTH_HOST_STANDBY);
  cr_expect_eq(state_of(CONNECTED P("runtime.standbyMode", "entering")),
               BERTH_HOST_ENTERING_MAINTENANCE);
  cr_expect_eq(state_of(P("runtime.connectionState", "disconnected")), BERTH_HOST_DISCONNECTED);
  cr_expect_eq(state_of(P("runtime.connectionState", "notResponding")), BERTH_HOST_DISCONNECTED);
  cr_expect_eq(state_of(P("runtime", "<connectionState>notResponding</connectionState>"
                                     "<dasHostState><state>hostDown</state></dasHostState>")),
               BERTH_HOST_FAILED);
  cr_expect_eq(
      state_of(P("runtime", "<connectionState>notResponding</connectionState><dasHostState>"
                            "<state>networkIsolated</state></dasHostState>")),
      BERTH_HOST_ISOLATED);
}

Test(vim25, host_details) {
  const berth_inventory *inventory = parse(EX(CLUSTER("") HOST(
      HOST_1 P("summary.maxEVCModeKey", "intel-icelake")
          P("summary.currentEVCModeKey", "intel-haswell")
              P("capability", "<maxHostRunningVms>78</maxHostRunningVms>"
                              "<maxHostSupportedVcpus>0</maxHostSupportedVcpus>")
                  P("config.option", "<OptionValue><key>Mem.X</key><value>9</value></OptionValue>"
                                     "<OptionValue><key>VmOpNotificationToApp.Timeout</key>"
                                     "<value>600</value></OptionValue>")
                      P("config.ipmi", "<bmcIpAddress>192.0.2.1</bmcIpAddress>")
                          P("hardware.numaInfo",
                            "<numaNode><typeId>1</typeId><cpuID>3</cpuID><cpuID>2</cpuID>"
                            "<cpuID>1</cpuID><memorySize>1073741824</memorySize></numaNode>"
                            "<numaNode><typeId>0</typeId><cpuID>0</cpuID>"
                            "<memoryRangeLength>1048575</memoryRangeLength></numaNode>"))));
  cr_expect_eq(inventory->host_evc_level[0], 7,
               "merom, penryn, nehalem, westmere, sandybridge, "
               "ivybridge, haswell");
  cr_expect_str_eq(inventory->host_cpu_vendor[0], "intel");
  cr_expect_eq(inventory->host_capacity[BERTH_RESOURCE_VMS], 78);
  cr_expect_eq(inventory->host_capacity[BERTH_RESOURCE_VCPUS], BERTH_UNLIMITED);
  cr_expect_eq(inventory->host_notify_timeout[0], 600);
  cr_expect_eq(inventory->host_wake[0], BERTH_WAKE_IPMI);
  cr_assert_eq(inventory->numa_count, 2);
  cr_expect_eq(inventory->numa[0].node, 1);
  cr_expect_eq(inventory->numa[0].cpu_mhz, 12000, "3 of 4 logical CPUs");
  cr_expect_eq(inventory->numa[0].memory_mib, 1024);
  cr_expect_eq(inventory->numa[1].cpu_mhz, 4000);
  cr_expect_eq(inventory->numa[1].memory_mib, 0);
  berth_inventory_release(inventory);
}

Test(vim25, links_in_both_spellings) {
  const berth_inventory *inventory = parse(
      EX(CLUSTER("") HOST(
          HOST_1
          "<propSet><name>datastore</name><val xsi:type=\"ArrayOfManagedObjectReference\">"
          "<ManagedObjectReference type=\"Datastore\">datastore-1</ManagedObjectReference>"
          "<ManagedObjectReference type=\"Datastore\">datastore-2</ManagedObjectReference></val>"
          "</propSet>")
             VM(VM_1
                "<propSet><name>network</name><val "
                "xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" "
                "i:type=\"v:ArrayOfManagedObjectReference\">"
                "<ManagedObjectReference type=\"Network\">network-1</ManagedObjectReference></val>"
                "</propSet>")));
  cr_expect_eq(inventory->host_datastore_start[1], 2);
  cr_assert_eq(inventory->vm_network_start[1], 1);
  cr_expect_str_eq(inventory->network_name[inventory->vm_networks[0]], "network-1");
  berth_inventory_release(inventory);
}

Test(vim25, a_standby_host_can_be_woken_and_a_standalone_host_is_a_cluster) {
  const berth_inventory *inventory =
      parse(EX(OBJECT("objects", "ComputeResource", "domain-1", P("name", "alone"))
                   HOST(HOST_1 P("runtime.powerState", "standBy"))));
  cr_expect_eq(inventory->host_wake[0], BERTH_WAKE_WOL);
  cr_expect_eq(count_notes("wake-on-LAN"), 1);
  cr_expect_eq(inventory->clusters[0].set_up.drs, BERTH_AUTOMATION_OFF);
  cr_expect_not(inventory->clusters[0].set_up.ha_enabled);
  berth_inventory_release(inventory);
}

Test(vim25, evc_levels) {
  int64_t level = 0;
  const char *vendor = NULL;
  cr_expect(vim25_evc_level("intel-merom", &level, &vendor));
  cr_expect_eq(level, 1);
  cr_expect(vim25_evc_level("amd-zen3", &level, &vendor));
  cr_expect_eq(level, 10);
  cr_expect_str_eq(vendor, "amd");
  cr_expect_not(vim25_evc_level("intel-next", &level, &vendor));
  cr_expect_not(vim25_evc_level("arm-v9", &level, &vendor));
}

/* ------------------------------------------------------------------------ VMs */

static const berth_inventory *with_vm(const char *properties) {
  char text[4096];
  snprintf(text, sizeof text, EX("%s<objects><obj type=\"VirtualMachine\">vm-1</obj>%s</objects>"),
           CLUSTER("") HOST(HOST_1), properties);
  return parse(text);
}

Test(vim25, vm_from_the_summary_alone) {
  const berth_inventory *inventory = with_vm(
      P("summary", "<runtime><host type=\"HostSystem\">host-1</host>"
                   "<powerState>suspended</powerState></runtime>"
                   "<config><name>s</name><template>false</template><memorySizeMB>2048"
                   "</memorySizeMB><numCpu>3</numCpu><cpuReservation>500</cpuReservation>"
                   "<memoryReservation>1024</memoryReservation><hwVersion>vmx-07</hwVersion>"
                   "</config>"));
  cr_expect_eq(inventory->vm_power[0], BERTH_POWER_SUSPENDED);
  cr_expect_eq(inventory->vm_cpus[0], 3);
  cr_expect_eq(inventory->vm_memory[0], 2048);
  cr_expect_eq(inventory->vm_cpu_reservation[0], 500);
  cr_expect_eq(inventory->vm_memory_reservation[0], 1024);
  cr_expect_eq(inventory->vm_notification[0].hardware, 7);
  cr_expect_str_eq(inventory->vm_name[0], "s");
  berth_inventory_release(inventory);
}

Test(vim25, vm_details) {
  const berth_inventory *inventory = with_vm(
      VM_1 P("config.cpuAllocation", "<reservation>300</reservation><limit>-1</limit>")
          P("config.memoryAllocation",
            "<reservation>400</reservation>") P("config.memoryReservationLockedToMax", "true")
              P("config.initialOverhead", "<initialMemoryReservation>104857600"
                                          "</initialMemoryReservation>")
                  P("summary.quickStats", "<overallCpuUsage>70</overallCpuUsage>"
                                          "<hostMemoryUsage>80</hostMemoryUsage>"
                                          "<consumedOverheadMemory>90</consumedOverheadMemory>")
                      P("config.version", "vmx-20") P("config.vmOpNotificationToAppEnabled", "true")
                          P("config.vmOpNotificationTimeout", "-1")
                              P("runtime.minRequiredEVCModeKey", "intel-penryn"));
  cr_expect_eq(inventory->vm_cpu_reservation[0], 300);
  cr_expect_eq(inventory->vm_memory_reservation[0], 400);
  cr_expect(inventory->vm_memory_locked[0]);
  cr_expect_eq(inventory->vm_overhead[0], 100, "the reserved 100 MiB rank over the consumed 90");
  cr_expect_eq(inventory->vm_cpu_usage[0], 70);
  cr_expect_eq(inventory->vm_memory_usage[0], 80);
  cr_expect_eq(berth_inventory_vm_demand(inventory, 0, BERTH_RESOURCE_MEMORY), 4096 + 100);
  cr_expect_eq(inventory->vm_evc_level[0], 2);
  const frozen_notification *notification = &inventory->vm_notification[0];
  cr_expect(notification->enabled);
  cr_expect(notification->registered);
  cr_expect_eq(notification->timeout, BERTH_UNSET, "-1 is not set");
  cr_expect_eq(notification->hardware, 20);
  cr_expect(inventory->vm_movable[0]);
  cr_expect_eq(count_notes("registered"), 1);
  berth_inventory_release(inventory);
}

Test(vim25, what_pins_a_vm) {
  const berth_inventory *inventory =
      with_vm(VM_1 P("config.cpuAffinity", "<affinitySet>0</affinitySet>"));
  cr_expect_not(inventory->vm_movable[0]);
  berth_inventory_release(inventory);
  inventory = with_vm(VM_1 P("config.latencySensitivity", "<level>high</level>"));
  cr_expect_not(inventory->vm_movable[0]);
  berth_inventory_release(inventory);
  inventory = with_vm(VM_1 P("config.cpuAffinity", "")
                          P("config.latencySensitivity", "<level>normal</level>"));
  cr_expect(inventory->vm_movable[0]);
  berth_inventory_release(inventory);
}

Test(vim25, templates_are_left_out_everywhere) {
  const berth_inventory *inventory = parse(EX(
      CLUSTER(P("configurationEx", "<group xsi:type=\"ClusterVmGroup\"><name>g</name><vm>vm-1</vm>"
                                   "<vm>vm-9</vm></group>")) HOST(HOST_1) VM(VM_1)
          OBJECT("objects", "VirtualMachine", "vm-9", P("config.template", "true"))));
  cr_expect_eq(inventory->vm_count, 1);
  cr_assert_eq(inventory->vm_group_count, 1);
  cr_expect_eq(inventory->vm_groups[0].count, 1);
  berth_inventory_release(inventory);
}

/* ------------------------------------------------------------------------ clusters */

static berth_cluster_spec settings_of(const char *configuration) {
  char text[4096];
  snprintf(text, sizeof text,
           EX("<objects><obj type=\"ClusterComputeResource\">domain-1</obj>%s</objects>%s"),
           configuration, HOST(HOST_1));
  const berth_inventory *inventory = parse(text);
  berth_cluster_spec spec = inventory->clusters[0].set_up;
  spec.dedicated_hosts = spec.dedicated_hosts == NULL ? NULL : "set";
  berth_inventory_release(inventory);
  return spec;
}

#define DAS(inside) P("configurationEx.dasConfig", inside)
#define ADMITTED "<admissionControlEnabled>true</admissionControlEnabled>"

Test(vim25, admission_control) {
  berth_cluster_spec spec = settings_of(
      DAS("<enabled>true</enabled>" ADMITTED
          "<admissionControlPolicy xsi:type=\"ClusterFailoverResourcesAdmissionControlPolicy\">"
          "<cpuFailoverResourcesPercent>25</cpuFailoverResourcesPercent>"
          "<memoryFailoverResourcesPercent>30</memoryFailoverResourcesPercent>"
          "<autoComputePercentages>false</autoComputePercentages></admissionControlPolicy>"));
  cr_expect(spec.ha_enabled);
  cr_expect_eq(spec.admission, BERTH_ADMISSION_PERCENTAGE);
  cr_expect_eq(spec.reserve_cpu_percent, 25);
  cr_expect_eq(spec.reserve_memory_percent, 30);
  cr_expect_eq(spec.degradation_percent, 100);
  spec = settings_of(
      DAS(ADMITTED
          "<admissionControlPolicy xsi:type=\"ClusterFailoverResourcesAdmissionControlPolicy\">"
          "<cpuFailoverResourcesPercent>25</cpuFailoverResourcesPercent><failoverLevel>2"
          "</failoverLevel></admissionControlPolicy>"));
  cr_expect_eq(spec.reserve_cpu_percent, BERTH_UNSET, "computed from the failures");
  cr_expect_eq(spec.admission_failures, 2);
  cr_expect_not(spec.ha_enabled, "a flag that is not there is false");
  spec = settings_of(
      DAS(ADMITTED
          "<admissionControlPolicy xsi:type=\"ClusterFailoverHostAdmissionControlPolicy\">"
          "<failoverHosts type=\"HostSystem\">host-1</failoverHosts></admissionControlPolicy>"));
  cr_expect_eq(spec.admission, BERTH_ADMISSION_DEDICATED);
  cr_expect_not_null(spec.dedicated_hosts);
  spec = settings_of(DAS(ADMITTED "<failoverLevel>3</failoverLevel>"));
  cr_expect_eq(spec.admission, BERTH_ADMISSION_SLOTS);
  cr_expect_eq(spec.admission_failures, 3);
  spec = settings_of(DAS("<admissionControlEnabled>false</admissionControlEnabled>"
                         "<failoverLevel>3</failoverLevel>"));
  cr_expect_eq(spec.admission, BERTH_ADMISSION_NONE);
}

Test(vim25, cluster_settings) {
  const berth_cluster_spec spec = settings_of(
      DAS("<defaultVmSettings><restartPriority>high</restartPriority><isolationResponse>shutdown"
          "</isolationResponse><restartPriorityTimeout>700</restartPriorityTimeout>"
          "</defaultVmSettings><option><key>das.respectVmVmAntiAffinityRules</key>"
          "<value>false</value></option>")
          P("configurationEx.drsConfig", "<enabled>true</enabled><defaultVmBehavior>manual"
                                         "</defaultVmBehavior>")
              P("configurationEx.dpmConfigInfo", "<enabled>false</enabled>")
                  P("configurationEx.orchestration",
                    "<defaultVmReadiness><readyCondition>guestHbStatusGreen</readyCondition>"
                    "<postReadyDelay>15</postReadyDelay></defaultVmReadiness>"));
  cr_expect_eq(spec.default_priority, BERTH_PRIORITY_HIGH);
  cr_expect_eq(spec.isolation_response, BERTH_ISOLATION_SHUTDOWN);
  cr_expect_eq(spec.restart_timeout, 700);
  cr_expect_not(spec.respect_anti_affinity);
  cr_expect_eq(spec.drs, BERTH_AUTOMATION_MANUAL);
  cr_expect_eq(spec.dpm, BERTH_AUTOMATION_OFF);
  cr_expect_eq(spec.ready_when, BERTH_READY_GUEST_HEARTBEAT);
  cr_expect_eq(spec.post_ready_delay, 15);
}

Test(vim25, the_deprecated_twin_counts_only_where_nothing_else_does) {
  berth_cluster_spec spec =
      settings_of(P("configuration", "<drsConfig><enabled>true</enabled><defaultVmBehavior>manual"
                                     "</defaultVmBehavior></drsConfig>"));
  cr_expect_eq(spec.drs, BERTH_AUTOMATION_MANUAL);
  spec = settings_of(P("configuration.drsConfig.enabled", "false")
                         P("configurationEx.drsConfig", "<enabled>true</enabled>"
                                                        "<defaultVmBehavior>partiallyAutomated"
                                                        "</defaultVmBehavior>"));
  cr_expect_eq(spec.drs, BERTH_AUTOMATION_PARTIAL);
}

Test(vim25, overrides_of_single_vms) {
  const berth_inventory *inventory = parse(
      EX(CLUSTER(P("configurationEx",
                   "<dasVmConfig><key>vm-1</key><restartPriority>low</restartPriority>"
                   "<dasSettings><restartPriority>highest</restartPriority></dasSettings>"
                   "</dasVmConfig><dasVmConfig><key>vm-2</key><restartPriority>disabled"
                   "</restartPriority></dasVmConfig><drsVmConfig><key>vm-2</key><enabled>false"
                   "</enabled></drsVmConfig><drsVmConfig><key>vm-gone</key></drsVmConfig>"
                   "<dpmHostConfig><key>host-1</key><enabled>false</enabled></dpmHostConfig>"))
             HOST(HOST_1 P("runtime.powerState", "standBy"))
                 VM(P("runtime.host", "host-1") P("runtime.powerState", "poweredOff")
                        P("config.hardware", "<numCPU>1</numCPU><memoryMB>4</memoryMB>"))
                     OBJECT("objects", "VirtualMachine", "vm-2",
                            P("runtime.host", "host-1") P("runtime.powerState", "poweredOff")
                                P("config.hardware", "<numCPU>1</numCPU><memoryMB>4</memoryMB>"))));
  cr_expect_eq(inventory->vm_priority[0], BERTH_PRIORITY_HIGHEST);
  cr_expect(inventory->vm_movable[0]);
  cr_expect_eq(inventory->vm_priority[1], BERTH_PRIORITY_DISABLED);
  cr_expect_not(inventory->vm_movable[1]);
  cr_expect_eq(inventory->vm_host[1], 0, "a VM that is off keeps its host");
  cr_expect_eq(inventory->host_wake[0], BERTH_WAKE_NONE, "excluded from DPM");
  berth_inventory_release(inventory);
}

/* ------------------------------------------------------------------------ rules */

Test(vim25, groups_and_rules) {
  const berth_inventory *inventory = parse(
      EX(CLUSTER(P("configurationEx",
                   "<rule xsi:type=\"ClusterVmHostRuleInfo\"><name>a rule</name><mandatory>true"
                   "</mandatory><vmGroupName>the VMs</vmGroupName><affineHostGroupName>hosts"
                   "</affineHostGroupName></rule>"
                   "<rule xsi:type=\"ClusterVmHostRuleInfo\"><name>a rule</name>"
                   "<vmGroupName>the VMs</vmGroupName><antiAffineHostGroupName>no hosts"
                   "</antiAffineHostGroupName></rule>"
                   "<rule xsi:type=\"ClusterAntiAffinityRuleSpec\"><name>off</name><enabled>false"
                   "</enabled><vm>vm-gone</vm></rule>"
                   "<rule xsi:type=\"ClusterAntiAffinityRuleSpec\"><name>apart</name><enabled>true"
                   "</enabled><mandatory>false</mandatory><vm>vm-1</vm><vm>vm-2</vm></rule>"
                   "<rule xsi:type=\"ClusterDependencyRuleInfo\"><vmGroup>second</vmGroup>"
                   "<dependsOnVmGroup>the VMs</dependsOnVmGroup></rule>"
                   "<group xsi:type=\"ClusterVmGroup\"><name>the VMs</name><vm>vm-1</vm></group>"
                   "<group xsi:type=\"ClusterVmGroup\"><name>the_VMs</name></group>"
                   "<group xsi:type=\"ClusterVmGroup\"><name>second</name><vm>vm-2</vm></group>"
                   "<group xsi:type=\"ClusterHostGroup\"><name>hosts</name><host>host-1</host>"
                   "</group><group xsi:type=\"ClusterHostGroup\"><name>no hosts</name></group>"))
             HOST(HOST_1) VM(VM_1) OBJECT("objects", "VirtualMachine", "vm-2", VM_1)));
  cr_assert_eq(inventory->vm_group_count, 3);
  cr_expect_str_eq(inventory->vm_groups[0].id, "the_VMs");
  cr_expect_str_eq(inventory->vm_groups[1].id, "the_VMs-2");
  cr_assert_eq(inventory->host_group_count, 2);
  cr_expect_str_eq(inventory->host_groups[1].id, "no_hosts");
  cr_assert_eq(inventory->rule_count, 4);
  const frozen_rule *rule = inventory->rules;
  cr_expect_str_eq(rule[0].id, "a_rule");
  cr_expect_str_eq(rule[0].name, "a rule");
  cr_expect_eq(rule[0].type, BERTH_RULE_RUN_ON);
  cr_expect_eq(rule[0].strength, BERTH_MUST);
  cr_expect_eq(rule[0].vm_count, 1, "the group called `the VMs`, not the other one");
  cr_expect_str_eq(rule[1].id, "a_rule-2");
  cr_expect_eq(rule[1].type, BERTH_RULE_NOT_RUN_ON);
  cr_expect_eq(rule[1].strength, BERTH_SHOULD, "mandatory is false unless it says so");
  cr_expect_eq(rule[2].type, BERTH_RULE_APART);
  cr_expect_eq(rule[2].strength, BERTH_MUST, "VM-VM rules bind DRS");
  cr_expect_eq(rule[2].vm_count, 2);
  cr_expect_str_eq(rule[3].id, "rule");
  cr_expect_eq(rule[3].type, BERTH_RULE_RESTART_AFTER);
  cr_expect_eq(rule[3].vms[0], 1);
  cr_expect_eq(rule[3].after[0], 0);
  berth_inventory_release(inventory);
}
