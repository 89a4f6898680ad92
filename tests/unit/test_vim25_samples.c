/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One cluster of four hosts and six VMs, as a vSphere simulator saved and sent it. What is expected
 * was read off the raw documents: memory 549,394,161,664 bytes = 523,943 MiB and a rest, 64 cores
 * of 1,995 MHz = 127,680 MHz.
 */
#include "frozen.h"
#include <berth/io.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER BERTH_SHARED_DATA "/xml/vim25/"

static berth_context *ctx;

static void set_up(void) {
  if (access(FOLDER "object-save", R_OK) != 0)
    cr_skip_test("the samples are not here: " FOLDER);
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
}

static void tear_down(void) {
  berth_context_free(ctx);
}

TestSuite(vim25_samples, .init = set_up, .fini = tear_down);

static const berth_inventory *read_sources(const char *const *sources, uint32_t count) {
  const berth_inventory *inventory = NULL;
  cr_assert_eq(berth_read_inventory(ctx, sources, count, BERTH_DIALECT_AUTO, NULL, &inventory),
               BERTH_OK, "%s", berth_context_detail(ctx));
  return inventory;
}

static void expect_hosts(const berth_inventory *inventory) {
  static const struct {
    const char *id, *name;
    berth_host_state state;
    int64_t notify_timeout;
  } hosts[] = {{"host-24", "esx-a.example.net", BERTH_HOST_ONLINE, 600},
               {"host-31", "esx-b.example.net", BERTH_HOST_ONLINE, 600},
               {"host-17", "esx-c.example.net", BERTH_HOST_MAINTENANCE, 0},
               {"host-38", "esx-d.example.net", BERTH_HOST_STANDBY, 1800}};
  cr_assert_eq(berth_inventory_host_count(inventory), 4);
  for (size_t i = 0; i < 4; i++) {
    uint32_t host = BERTH_NONE;
    cr_assert_eq(berth_inventory_find_host(inventory, hosts[i].id, &host), BERTH_OK);
    cr_expect_str_eq(berth_inventory_host_label(inventory, host), hosts[i].name);
    cr_expect_eq(berth_inventory_host_state(inventory, host), hosts[i].state);
    cr_expect_eq(berth_inventory_host_capacity(inventory, host, BERTH_RESOURCE_CPU), 127680);
    cr_expect_eq(berth_inventory_host_capacity(inventory, host, BERTH_RESOURCE_MEMORY), 523943);
    cr_expect_eq(inventory->host_notify_timeout[host], hosts[i].notify_timeout);
    cr_expect_eq(inventory->host_evc_level[host], 10, "intel-cascadelake");
    cr_expect_eq(inventory->host_wake[host],
                 hosts[i].state == BERTH_HOST_STANDBY ? BERTH_WAKE_WOL : BERTH_WAKE_NONE);
  }
}

static void expect_vms(const berth_inventory *inventory) {
  static const struct {
    const char *id, *name, *host;
    int64_t cpus, memory, cpu_demand, memory_demand;
    berth_priority priority;
    bool movable, notified;
  } vms[] = {
      {"vm-42", "app-02", "host-31", 4, 16384, 0, 120, BERTH_PRIORITY_MEDIUM, true, false},
      {"vm-45", "lic-01", "host-24", 2, 8192, 0, 120, BERTH_PRIORITY_MEDIUM, false, false},
      {"vm-48", "db-01", "host-24", 8, 65536, 8000, 65656, BERTH_PRIORITY_HIGHEST, true, true},
      {"vm-51", "batch-01", "host-31", 16, 131072, 0, 120, BERTH_PRIORITY_MEDIUM, true, false},
      {"vm-54", "app-01", "host-24", 4, 16384, 0, 120, BERTH_PRIORITY_MEDIUM, true, false},
      {"vm-57", "db-02", "host-31", 8, 65536, 8000, 65656, BERTH_PRIORITY_MEDIUM, true, true},
  };
  cr_assert_eq(berth_inventory_vm_count(inventory), 6);
  for (size_t i = 0; i < 6; i++) {
    uint32_t vm = BERTH_NONE;
    cr_assert_eq(berth_inventory_find_vm(inventory, vms[i].id, &vm), BERTH_OK);
    cr_expect_str_eq(berth_inventory_vm_label(inventory, vm), vms[i].name);
    cr_expect_str_eq(berth_inventory_host_id(inventory, berth_inventory_vm_host(inventory, vm)),
                     vms[i].host);
    cr_expect_eq(berth_inventory_vm_power(inventory, vm), BERTH_POWER_ON);
    cr_expect_eq(berth_inventory_vm_demand(inventory, vm, BERTH_RESOURCE_VCPUS), vms[i].cpus);
    cr_expect_eq(berth_inventory_vm_memory(inventory, vm), vms[i].memory);
    cr_expect_eq(berth_inventory_vm_demand(inventory, vm, BERTH_RESOURCE_CPU), vms[i].cpu_demand);
    cr_expect_eq(berth_inventory_vm_demand(inventory, vm, BERTH_RESOURCE_MEMORY),
                 vms[i].memory_demand);
    cr_expect_eq(berth_inventory_vm_priority(inventory, vm), vms[i].priority);
    cr_expect_eq(inventory->vm_movable[vm], vms[i].movable);
    cr_expect_eq(inventory->vm_notification[vm].enabled, vms[i].notified);
    cr_expect_eq(inventory->vm_notification[vm].timeout, vms[i].notified ? 300 : BERTH_UNSET);
  }
}

static void expect_rules(const berth_inventory *inventory) {
  static const struct {
    const char *id;
    berth_rule_type type;
    berth_strength strength;
    uint32_t vms, hosts, after;
  } rules[] = {{"db-apart", BERTH_RULE_APART, BERTH_MUST, 2, 0, 0},
               {"app-together", BERTH_RULE_TOGETHER, BERTH_MUST, 2, 0, 0},
               {"db-must-site-a", BERTH_RULE_RUN_ON, BERTH_MUST, 2, 2, 0},
               {"app-should-not-licensed", BERTH_RULE_NOT_RUN_ON, BERTH_SHOULD, 2, 1, 0},
               {"app-after-db", BERTH_RULE_RESTART_AFTER, BERTH_MUST, 2, 0, 2}};
  cr_assert_eq(berth_inventory_rule_count(inventory), 5);
  for (size_t i = 0; i < 5; i++) {
    uint32_t rule = BERTH_NONE;
    cr_assert_eq(berth_inventory_find_rule(inventory, rules[i].id, &rule), BERTH_OK);
    cr_expect_eq(berth_inventory_rule_type(inventory, rule), rules[i].type);
    cr_expect_eq(berth_inventory_rule_strength(inventory, rule), rules[i].strength);
    cr_expect(berth_inventory_rule_enabled(inventory, rule));
    cr_expect_eq(inventory->rules[rule].vm_count, rules[i].vms);
    cr_expect_eq(inventory->rules[rule].host_count, rules[i].hosts);
    cr_expect_eq(inventory->rules[rule].after_count, rules[i].after);
  }
}

static void expect_cluster(const berth_inventory *inventory) {
  const berth_cluster_spec *spec = &inventory->clusters[0].set_up;
  cr_assert_eq(inventory->cluster_count, 1);
  cr_expect_str_eq(inventory->clusters[0].id, "domain-c10");
  cr_expect_str_eq(inventory->clusters[0].name, "prod-cl01");
  cr_expect(spec->ha_enabled);
  cr_expect_eq(spec->admission, BERTH_ADMISSION_SLOTS);
  cr_expect_eq(spec->admission_failures, 1);
  cr_expect_eq(spec->slot_cpu_mhz, 500);
  cr_expect_eq(spec->slot_memory_mib, 1024);
  cr_expect_eq(spec->degradation_percent, 0);
  cr_expect_eq(spec->isolation_response, BERTH_ISOLATION_POWER_OFF);
  cr_expect(spec->respect_anti_affinity);
  cr_expect_eq(spec->drs, BERTH_AUTOMATION_FULL);
  cr_expect_eq(spec->dpm, BERTH_AUTOMATION_FULL);
}

Test(vim25_samples, saved_objects) {
  const char *const sources[] = {FOLDER "object-save"};
  const berth_inventory *inventory = read_sources(sources, 1);
  expect_cluster(inventory);
  expect_hosts(inventory);
  expect_vms(inventory);
  expect_rules(inventory);
  berth_inventory_release(inventory);
}

Test(vim25_samples, property_collector) {
  const char *const sources[] = {FOLDER "vcsim-retrievepropertiesex-planning.xml",
                                 FOLDER "vcsim-retrievepropertiesex-cluster.xml"};
  for (uint32_t count = 1; count <= 2; count++) { /* the second tells nothing new */
    const berth_inventory *inventory = read_sources(sources, count);
    expect_cluster(inventory);
    expect_hosts(inventory);
    expect_vms(inventory);
    expect_rules(inventory);
    berth_inventory_release(inventory);
  }
}

Test(vim25_samples, the_later_document_wins) {
  const char *const sources[] = {FOLDER "vcsim-retrievepropertiesex-planning.xml",
                                 FOLDER "vcsim-retrievepropertiesex-das-dedicated-host-policy.xml"};
  const berth_inventory *inventory = read_sources(sources, 2);
  uint32_t host = BERTH_NONE;
  cr_assert_eq(berth_inventory_find_host(inventory, "host-31", &host), BERTH_OK);
  cr_expect_eq(inventory->clusters[0].set_up.admission, BERTH_ADMISSION_DEDICATED);
  cr_expect(inventory->host_dedicated[host]);
  expect_rules(inventory);
  berth_inventory_release(inventory);
}

/* The text of a file; its comment, if any, left out. */
static char *slurp(const char *path, char *text, size_t room) {
  FILE *file = fopen(path, "r");
  cr_assert_not_null(file, "%s", path);
  const size_t length = fread(text, 1, room - 1, file);
  cr_assert_lt(length, room - 1);
  text[length] = '\0';
  fclose(file);
  char *start = strstr(text, "<!--"), *end = strstr(text, "-->\n");
  if (start != NULL && end != NULL)
    memmove(start, end + 4, strlen(end + 4) + 1);
  return text;
}

Test(vim25_samples, conversion_gives_what_the_raw_document_says) {
  static char found[1 << 14], expected[1 << 14];
  const char *const sources[] = {FOLDER "vcsim-retrievepropertiesex-planning.xml"};
  char path[] = "/tmp/berth-vim25-XXXXXX";
  const int file = mkstemp(path);
  cr_assert_geq(file, 0);
  close(file);
  const berth_inventory *inventory = read_sources(sources, 1);
  cr_assert_eq(berth_write_inventory(ctx, inventory, path), BERTH_OK);
  berth_inventory_release(inventory);
  slurp(path, found, sizeof found);
  remove(path);
  slurp(BERTH_SOURCE_DIR "/tests/unit/samples/vim25-planning.golden.xml", expected,
        sizeof expected);
  cr_expect_str_eq(found, expected);
}

/* ------------------------------------------------------------------------ single properties */

static void write_text(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  cr_assert_not_null(file);
  fputs(text, file);
  cr_assert_eq(fclose(file), 0);
}

static void expect_fetched_host(const berth_inventory *inventory, uint32_t host) {
  cr_expect_str_eq(inventory->host_name[host], "10.218.43.170");
  cr_expect_eq(berth_inventory_host_capacity(inventory, host, BERTH_RESOURCE_CPU), 15960);
  cr_expect_eq(berth_inventory_host_capacity(inventory, host, BERTH_RESOURCE_MEMORY), 16382);
  cr_expect_eq(berth_inventory_host_capacity(inventory, host, BERTH_RESOURCE_VMS), 78);
  cr_expect_eq(berth_inventory_host_capacity(inventory, host, BERTH_RESOURCE_VCPUS), 256);
  cr_expect_eq(inventory->host_evc_level[host], 11, "intel-icelake");
  cr_expect_eq(inventory->host_notify_timeout[host], BERTH_UNSET);
}

static void expect_fetched_vm(const berth_inventory *inventory) {
  cr_expect_str_eq(inventory->vm_name[0], "vCLS-8f66678f-3d69-4b58-a4c7-bae62203b573");
  cr_expect_str_eq(inventory->host_id[inventory->vm_host[0]], "host-16");
  cr_expect_eq(inventory->vm_power[0], BERTH_POWER_ON);
  cr_expect_eq(inventory->vm_cpus[0], 1);
  cr_expect_eq(inventory->vm_memory[0], 128);
  cr_expect_eq(inventory->vm_overhead[0], 55, "57,659,392 bytes, rounded up");
  cr_expect_eq(inventory->vm_cpu_usage[0], 19);
  cr_expect_eq(inventory->vm_memory_usage[0], 177);
  cr_expect_eq(inventory->vm_evc_level[0], 1, "intel-merom");
  cr_expect_eq(inventory->vm_notification[0].hardware, 11);
  cr_expect_not(inventory->vm_notification[0].enabled);
  cr_expect_eq(inventory->vm_notification[0].timeout, BERTH_UNSET, "-1 on the wire");
  cr_expect_eq(inventory->vm_network_start[1], 0, "every host has the ten features it requires");
}

/* The properties of a host and a VM that a client fetched one by one; the host stands for two. The
 * dump around them tells the cluster and nothing else. By the raw XML: 8 cores of 1,995 MHz,
 * 17,178,767,360 bytes = 16,382 MiB and a rest. */
Test(vim25_samples, fetched_properties) {
  char path[] = "/tmp/berth-vim25-XXXXXX";
  const int file = mkstemp(path);
  cr_assert_geq(file, 0);
  close(file);
  write_text(path, "<RetrievePropertiesResponse xmlns=\"urn:vim25\">"
                   "<returnval><obj type=\"ClusterComputeResource\">domain-1</obj></returnval>"
                   "<returnval><obj type=\"HostSystem\">host-14</obj><propSet><name>parent</name>"
                   "<val type=\"ClusterComputeResource\">domain-1</val></propSet></returnval>"
                   "<returnval><obj type=\"HostSystem\">host-16</obj><propSet><name>parent</name>"
                   "<val type=\"ClusterComputeResource\">domain-1</val></propSet></returnval>"
                   "</RetrievePropertiesResponse>");
  const char *const sources[] = {
      path,
      FOLDER "real-vc802-host-summary.xml",
      FOLDER "real-vc802-host-config-excerpt.xml",
      "host-14=" FOLDER "real-vc802-host-runtime.xml",
      "host-14=" FOLDER "real-vc802-host-hardware.xml",
      "host-14=" FOLDER "real-vc802-host-capability.xml",
      "host-14=" FOLDER "real-vc802-host-configmanager.xml",
      "host-16=" FOLDER "real-vc802-host-summary.xml",
      "host-16=" FOLDER "real-vc802-host-config-excerpt.xml",
      "host-16=" FOLDER "real-vc802-host-runtime.xml",
      "host-16=" FOLDER "real-vc802-host-hardware.xml",
      "host-16=" FOLDER "real-vc802-host-capability.xml",
      "vm-19=" FOLDER "real-vc802-vm-config.xml",
      "vm-19=" FOLDER "real-vc802-vm-runtime.xml",
      FOLDER "real-vc802-vm-resourceconfig.xml",
      FOLDER "real-vc802-vm-summary.xml",
  };
  const berth_inventory *inventory = NULL;
  const berth_status status = berth_read_inventory(ctx, sources, sizeof sources / sizeof *sources,
                                                   BERTH_DIALECT_AUTO, NULL, &inventory);
  remove(path);
  cr_assert_eq(status, BERTH_OK, "%s", berth_context_detail(ctx));
  cr_assert_eq(inventory->host_count, 2);
  cr_assert_eq(inventory->vm_count, 1);
  expect_fetched_host(inventory, 0);
  expect_fetched_host(inventory, 1);
  cr_assert_eq(inventory->numa_count, 2);
  cr_expect_eq(inventory->numa[0].memory_mib, 16381, "17,177,128,960 bytes");
  cr_expect_eq(inventory->numa[0].cpu_mhz, 15960);
  expect_fetched_vm(inventory);
  berth_inventory_release(inventory);
}

Test(vim25_samples, what_is_no_inventory_is_refused) {
  static const struct {
    const char *file;
    berth_status status;
    const char *words;
  } refused[] = {
      {"vcsim-soap-fault-invalidname.xml", BERTH_E_INVALID, "SOAP fault: (InvalidName)"},
      {"govmomi-fixture-not_authenticated_fault.xml", BERTH_E_INVALID, "there is no host"},
      {"govmomi-fixture-hostsystem_list_name_property.xml", BERTH_E_INVALID,
       "property parent is missing"},
      {"govmomi-fixture-cluster_host_property.xml", BERTH_E_INVALID, "there is no host"},
      {"real-vc802-host-hardware.xml", BERTH_E_INVALID, "OBJECT=FILE"},
      {"real-vc802-host-capability.xml", BERTH_E_INVALID, "OBJECT=FILE"},
      {"real-vc802-host-runtime.xml", BERTH_E_INVALID, "OBJECT=FILE"},
      {"real-vc802-vm-config.xml", BERTH_E_INVALID, "OBJECT=FILE"},
      {"real-vc802-vm-runtime.xml", BERTH_E_INVALID, "OBJECT=FILE"},
      {"real-vc802-host-summary.xml", BERTH_E_INVALID, "host-14: property parent is missing"},
      {"real-vc802-vm-resourceconfig.xml", BERTH_E_INVALID, "there is no host"}};
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    char path[600];
    const char *const sources[] = {path};
    const berth_inventory *inventory = NULL;
    snprintf(path, sizeof path, "%s%s", FOLDER, refused[i].file);
    cr_expect_eq(berth_read_inventory(ctx, sources, 1, BERTH_DIALECT_AUTO, NULL, &inventory),
                 refused[i].status, "%s", refused[i].file);
    cr_expect_null(inventory);
    cr_expect_not_null(strstr(berth_context_detail(ctx), refused[i].words), "%s: %s",
                       refused[i].file, berth_context_detail(ctx));
    berth_context_clear(ctx);
  }
}
