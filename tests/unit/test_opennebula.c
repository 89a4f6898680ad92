/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What OpenNebula's pools mean: requirements in their own language, clusters that a VM may choose
 * between, roles against each other, devices, units. Expectations are derived in the comments.
 */
#include "frozen.h"
#include <berth/opennebula.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_ROOM = 8192 };

static berth_context *ctx;

static void set_up(void) {
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
}

static void tear_down(void) {
  berth_context_free(ctx);
}

TestSuite(opennebula, .init = set_up, .fini = tear_down);

/* Three hosts: 1 and 2 in cluster 100, 3 in cluster 101. */
#define HOST(id, cluster, more)                                                                    \
  "<HOST><ID>" id "</ID><NAME>kvm" id "</NAME><STATE>2</STATE><CLUSTER_ID>" cluster                \
  "</CLUSTER_ID><HOST_SHARE><MAX_CPU>800</MAX_CPU><MAX_MEM>33554432</MAX_MEM>" more                \
  "</TEMPLATE></HOST>"
#define HOSTS                                                                                      \
  "<HOST_POOL>" HOST("1", "100",                                                                   \
                     "</HOST_SHARE><TEMPLATE><CPUSPEED>2600</CPUSPEED><ARCH>x86_64"                \
                     "</ARCH>")                                                                    \
      HOST("2", "100", "</HOST_SHARE><TEMPLATE><CPUSPEED>2100</CPUSPEED><ARCH>x86_64</ARCH>")      \
          HOST("3", "101",                                                                         \
               "</HOST_SHARE><TEMPLATE><ARCH>aarch64</ARCH><PUBLIC_CLOUD>YES"                      \
               "</PUBLIC_CLOUD>") "</HOST_POOL>"
#define WAITING(id, more)                                                                          \
  "<VM><ID>" id "</ID><STATE>1</STATE><TEMPLATE><CPU>1</CPU><MEMORY>1024</MEMORY>" more            \
  "</TEMPLATE></VM>"
#define RUNNING(id, host, more)                                                                    \
  "<VM><ID>" id "</ID><STATE>3</STATE><LCM_STATE>3</LCM_STATE>" more                               \
  "<TEMPLATE><CPU>1</CPU><MEMORY>1024</MEMORY><VCPU>2</VCPU></TEMPLATE><HISTORY_RECORDS><HISTORY>" \
  "<SEQ>0</SEQ><HID>" host "</HID></HISTORY></HISTORY_RECORDS></VM>"
#define ACTION(hosts, vms, more)                                                                   \
  "<SCHEDULER_DRIVER_ACTION>" hosts "<VM_POOL>" vms "</VM_POOL>" more "</SCHEDULER_DRIVER_ACTION>"

static const berth_inventory *parse(const char *text) {
  const berth_inventory *inventory = NULL;
  cr_assert_eq(berth_parse_inventory(ctx, text, strlen(text), "action.xml",
                                     BERTH_DIALECT_OPENNEBULA, NULL, &inventory),
               BERTH_OK, "%s", berth_context_detail(ctx));
  return inventory;
}

/* The ids of the hosts of rule @p id, one after the other; "all" = there is no such rule. */
static const char *hosts_of(const berth_inventory *inventory, const char *id) {
  static char text[64];
  uint32_t rule = BERTH_NONE;
  text[0] = '\0';
  if (berth_inventory_find_rule(inventory, id, &rule) != BERTH_OK)
    return "all";
  for (uint32_t i = 0; i < inventory->rules[rule].host_count; i++)
    strcat(text, berth_inventory_host_id(inventory, inventory->rules[rule].hosts[i]));
  return text;
}

/* ------------------------------------------------------------------------ requirements */

static const struct {
  const char *expression, *hosts;
  bool understood;
} expressions[] = {
    {"ID = 2", "2", true},
    {"ID=\"1\" | ID=\"3\"", "13", true},
    {"CLUSTER_ID = 100", "12", true}, /* of the first berth cluster: both hosts, and no third */
    {"(CLUSTER_ID = 100 | CLUSTER_ID = 101) &amp; !(PUBLIC_CLOUD = YES)", "12", true},
    {"NAME = \"kvm[23]\"", "23", true},
    {"CPUSPEED &gt; 2100", "1", true},
    {"CPUSPEED &lt; 2100.5", "2", true}, /* host 3 has none */
    {"ARCH != x86_64", "3", true},
    {"!ID = 1 &amp; ARCH = x86_64", "2", true},  /* ! binds the comparison only */
    {"ID = 1 | ID = 2 &amp; ID = 2", "2", true}, /* from the left, both alike */
    {"ID = 1 || ID = 2 &amp;&amp; CLUSTER_ID = 100", "12", true},
    {"ID = 9", "", true},
    {"FREE_CPU &gt; 100", "all", false},
    {"FREE_CPU &gt; 100 &amp; ID = 1", "1", false}, /* what is not known forbids nothing */
    {"ID @&gt; 1", "all", false},
    {"ID = 1 &amp;", "all", false},
    {"((ID = 1)", "all", false},
    {"ID = \"1", "all", false},
};

static bool noted(const char *part) {
  for (size_t i = 0; i < berth_context_problem_count(ctx); i++)
    if (strstr(berth_context_problem(ctx, i)->text, part) != NULL)
      return true;
  return false;
}

Test(opennebula, requirements_are_evaluated) {
  for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++) {
    char text[TEXT_ROOM];
    snprintf(text, sizeof text,
             ACTION(HOSTS,
                    "<VM><ID>7</ID><STATE>1</STATE><TEMPLATE><CPU>1</CPU><MEMORY>64</MEMORY>"
                    "</TEMPLATE><USER_TEMPLATE><SCHED_REQUIREMENTS>%s</SCHED_REQUIREMENTS>"
                    "</USER_TEMPLATE></VM>"
                    "<VM><ID>8</ID><STATE>1</STATE><TEMPLATE><CPU>1</CPU><MEMORY>64</MEMORY>"
                    "</TEMPLATE></VM>",
                    ""),
             expressions[i].expression);
    const berth_inventory *inventory = parse(text); /* VM 8 may run anywhere: one berth cluster */
    cr_expect_str_eq(hosts_of(inventory, "vm-7-requirements"), expressions[i].hosts, "%s",
                     expressions[i].expression);
    cr_expect_eq(noted("is understood"), !expressions[i].understood, "%s",
                 expressions[i].expression);
    berth_inventory_release(inventory);
    berth_context_clear(ctx);
  }
}

/* VM 7 may choose between both clusters, which are one therefore; VM 1 stays in its own. Without
 * VM 7 they are two. */
Test(opennebula, clusters_that_a_vm_chooses_between_are_one) {
  const berth_inventory *inventory =
      parse(ACTION(HOSTS, RUNNING("1", "1", "") RUNNING("3", "3", "") WAITING("7", ""), ""));
  cr_assert_eq(berth_inventory_cluster_count(inventory), 1);
  cr_expect_str_eq(berth_inventory_cluster_id(inventory, 0), "100+101");
  cr_expect_str_eq(hosts_of(inventory, "vm-1-requirements"), "12");
  cr_expect_str_eq(hosts_of(inventory, "vm-3-requirements"), "3");
  cr_expect_str_eq(hosts_of(inventory, "vm-7-requirements"), "all");
  berth_inventory_release(inventory);
  inventory = parse(ACTION(HOSTS, RUNNING("1", "1", "") RUNNING("3", "3", ""), ""));
  cr_assert_eq(berth_inventory_cluster_count(inventory), 2);
  cr_expect_str_eq(hosts_of(inventory, "vm-1-requirements"), "all");
  berth_inventory_release(inventory);
}

/* ------------------------------------------------------------------------ roles */

#define ROLE(id, name, policy, vms)                                                                \
  "<ROLE><ID>" id "</ID><NAME>" name "</NAME>" policy "<VMS>" vms "</VMS></ROLE>"
#define GROUP(roles, between)                                                                      \
  "<VM_GROUP_POOL><VM_GROUP><ID>5</ID><ROLES>" roles "</ROLES><TEMPLATE>" between                  \
  "</TEMPLATE></VM_GROUP></VM_GROUP_POOL>"

static uint32_t count_apart(const berth_inventory *inventory, uint32_t members) {
  uint32_t count = 0;
  for (uint32_t r = 0; r < berth_inventory_rule_count(inventory); r++)
    count += berth_inventory_rule_type(inventory, r) == BERTH_RULE_APART &&
             inventory->rules[r].vm_count == members;
  return count;
}

/* Two VMs of a and two of b, neither role apart by itself: 2 * 2 pairs. With b apart: the rule of
 * b over two, and one over a VM of a and both of b, twice. Three roles: every two of them. */
Test(opennebula, roles_against_each_other_are_exact) {
  static const char *const vms =
      WAITING("1", "") WAITING("2", "") WAITING("3", "") WAITING("4", "") WAITING("5", "");
  static const struct {
    const char *group;
    uint32_t of_two, of_three;
  } cases[] = {
      {GROUP(ROLE("0", "a", "", "1,2") ROLE("1", "b", "", "3,4"),
             "<ANTI_AFFINED>a, b</ANTI_AFFINED>"),
       4, 0},
      {GROUP(ROLE("0", "a", "", "1,2") ROLE("1", "b", "<POLICY>ANTI_AFFINED</POLICY>", "3,4"),
             "<ANTI_AFFINED>a, b</ANTI_AFFINED>"),
       1, 2},
      {GROUP(ROLE("0", "a", "", "1,2") ROLE("1", "b", "", "3") ROLE("2", "c", "", "4,5"),
             "<ANTI_AFFINED>a,b , c</ANTI_AFFINED>"),
       2 + 4 + 2, 0},
      {GROUP(ROLE("0", "a", "", "1,2") ROLE("1", "b", "", "3,4"),
             "<ANTI_AFFINED>a, nobody</ANTI_AFFINED><ANTI_AFFINED/>"),
       0, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[TEXT_ROOM];
    snprintf(text, sizeof text, ACTION("%s", "%s", "%s"), HOSTS, vms, cases[i].group);
    const berth_inventory *inventory = parse(text);
    cr_expect_eq(count_apart(inventory, 2), cases[i].of_two, "case %zu", i);
    cr_expect_eq(count_apart(inventory, 3), cases[i].of_three, "case %zu", i);
    berth_inventory_release(inventory);
  }
}

/* ------------------------------------------------------------------------ units */

/* 1.5 at most 2 VCPUs: cores, unless the host uses less in all; 2.5 cannot be cores. */
Test(opennebula, the_unit_of_usage_is_found) {
  static const struct {
    const char *used, *of_host;
    int64_t expected;
  } cases[] = {
      {"1.5", "", 1500},
      {"1.5", "<MONITORING><CAPACITY><USED_CPU>150</USED_CPU></CAPACITY></MONITORING>", 1500},
      {"1.5", "<MONITORING><CAPACITY><USED_CPU>149</USED_CPU></CAPACITY></MONITORING>", 15},
      {"2.5", "", 25},
      {"120", "", 1200}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[TEXT_ROOM];
    snprintf(text, sizeof text,
             "<SCHEDULER_DRIVER_ACTION><HOST_POOL><HOST><ID>1</ID><STATE>2</STATE><HOST_SHARE>"
             "<MAX_CPU>800</MAX_CPU><MAX_MEM>33554432</MAX_MEM></HOST_SHARE>%s</HOST></HOST_POOL>"
             "<VM_POOL>" RUNNING(
                 "7", "1",
                 "<MONITORING><CPU>%s</CPU></MONITORING>") "</VM_POOL></SCHEDULER_DRIVER_ACTION>",
             cases[i].of_host, cases[i].used);
    const berth_inventory *inventory = parse(text);
    cr_expect_eq(inventory->vm_cpu_usage[0], cases[i].expected, "case %zu", i);
    berth_inventory_release(inventory);
  }
}

/* ------------------------------------------------------------------------ devices */

#define PCI(vendor, device, vm)                                                                    \
  "<PCI><CLASS>0302</CLASS><VENDOR>" vendor "</VENDOR><DEVICE>" device "</DEVICE><VMID>" vm        \
  "</VMID></PCI>"

/* Three devices of vendor 10de, two of them 1eb8. VM 7 wants any of the vendor, VM 8 a 1eb8, which
 * is one of the vendor's as well. A request for the class would cross that for the device. */
Test(opennebula, devices_are_resources) {
  static const char hosts[] = "<HOST_POOL>" HOST(
      "1", "100",
      "<PCI_DEVICES>" PCI("10de", "1eb8", "-1") PCI("10de", "1eb8", "-1") PCI("10de", "20b0", "-1")
          PCI("8086", "1521", "-1") "</PCI_DEVICES>"
                                    "</HOST_SHARE><TEMPLATE>") "</HOST_POOL>";
  char text[TEXT_ROOM];
  snprintf(text, sizeof text, ACTION("%s", "%s", ""), hosts,
           WAITING("7", "<PCI><VENDOR>10de</VENDOR></PCI>")
               WAITING("8", "<PCI><VENDOR>10de</VENDOR><DEVICE>1eb8</DEVICE></PCI>"));
  const berth_inventory *inventory = parse(text);
  cr_assert_eq(berth_inventory_resource_count(inventory), BERTH_RESOURCE_FIRST_NAMED + 2);
  cr_expect_str_eq(berth_inventory_resource_name(inventory, 4), "pci-vendor-10de");
  cr_expect_str_eq(berth_inventory_resource_name(inventory, 5), "pci-vendor-10de-device-1eb8");
  cr_expect_eq(berth_inventory_host_capacity(inventory, 0, 4), 3);
  cr_expect_eq(berth_inventory_host_capacity(inventory, 0, 5), 2);
  cr_expect_eq(berth_inventory_vm_demand(inventory, 0, 4), 1);
  cr_expect_eq(berth_inventory_vm_demand(inventory, 0, 5), 0);
  cr_expect_eq(berth_inventory_vm_demand(inventory, 1, 4), 1);
  cr_expect_eq(berth_inventory_vm_demand(inventory, 1, 5), 1);
  cr_expect_not(noted("overlap"));
  berth_inventory_release(inventory);
  snprintf(text, sizeof text, ACTION("%s", "%s", ""), hosts,
           WAITING("7", "<PCI><CLASS>0302</CLASS></PCI>")
               WAITING("8", "<PCI><VENDOR>10de</VENDOR><DEVICE>1eb8</DEVICE></PCI>"));
  inventory = parse(text);
  cr_expect(noted("overlap"));
  berth_inventory_release(inventory);
}

/* ------------------------------------------------------------------------ the scheduler */

static const char whole_action[] = ACTION(
    HOSTS,
    RUNNING("1", "1", "<RESCHED>1</RESCHED><MONITORING><CPU>50</CPU></MONITORING>")
        RUNNING("2", "2", "") WAITING("7", "<PCI><VENDOR>10de</VENDOR></PCI>")
            WAITING("8", "<NIC><NETWORK_ID>3</NETWORK_ID></NIC><DISK><SIZE>10</SIZE></DISK>"),
    GROUP(
        ROLE("0", "a", "<POLICY>AFFINED</POLICY>", "1,7,90") ROLE("1", "b", "", "2,8"),
        "<AFFINED>a, b</AFFINED><ANTI_AFFINED>a, b</ANTI_AFFINED>") "<CLUSTER_POOL><CLUSTER><ID>"
                                                                    "100</ID><HOSTS><ID>1</ID></"
                                                                    "HOSTS><DATASTORES><ID>110</ID>"
                                                                    "</DATASTORES><VNETS><ID>3</"
                                                                    "ID></"
                                                                    "VNETS><TEMPLATE><ONE_DRS><"
                                                                    "POLICY>pack</POLICY>"
                                                                    "<MIGRATION_THRESHOLD>5</"
                                                                    "MIGRATION_THRESHOLD><HOST_"
                                                                    "MIGRATION_THRESHOLD>3"
                                                                    "</HOST_MIGRATION_THRESHOLD></"
                                                                    "ONE_DRS></TEMPLATE></"
                                                                    "CLUSTER></CLUSTER_POOL>"
                                                                    "<REQUIREMENTS><VM><ID>8</"
                                                                    "ID><HOSTS><ID>1</ID><ID>2</"
                                                                    "ID></HOSTS><NIC><ID>0</"
                                                                    "ID><VNETS>"
                                                                    "<ID>3</ID></VNETS></"
                                                                    "NIC><DATASTORES><ID>110</ID></"
                                                                    "DATASTORES></VM></"
                                                                    "REQUIREMENTS>");

Test(opennebula, an_action_by_its_task) {
  berth_opennebula_action *action = NULL;
  const size_t size = sizeof whole_action - 1;
  cr_assert_eq(berth_opennebula_parse_action(ctx, whole_action, size, "a",
                                             BERTH_OPENNEBULA_OPTIMIZE, "100", NULL, &action),
               BERTH_OK, "%s", berth_context_detail(ctx));
  const berth_opennebula_settings *settings = berth_opennebula_get_settings(action);
  cr_expect_eq(settings->policy, BERTH_OPENNEBULA_PACK);
  cr_expect_eq(settings->migrations, 3);
  /* Of the cluster only: hosts 1 and 2, VMs 1 and 2; 2,000 of 16,000 and 5 points: 12.5 -> 13 + 5.
   */
  cr_expect_eq(berth_inventory_host_count(berth_opennebula_inventory(action)), 2);
  cr_expect_eq(berth_inventory_vm_count(berth_opennebula_inventory(action)), 2);
  cr_expect_eq(settings->target_cpu, 18);
  berth_opennebula_action_free(action);
  cr_assert_eq(berth_opennebula_parse_action(ctx, whole_action, size, "a", BERTH_OPENNEBULA_PLACE,
                                             NULL, NULL, &action),
               BERTH_OK);
  const berth_inventory *inventory = berth_opennebula_inventory(action);
  cr_expect_eq(berth_inventory_vm_count(inventory), 4);
  cr_expect_eq(inventory->vm_movable[0], 1, "it is to be scheduled again");
  cr_expect_eq(inventory->vm_movable[1], 0);
  berth_opennebula_action_free(action);
}

Test(opennebula, arguments_that_do_not_go_together) {
  berth_opennebula_action *action = NULL;
  const size_t size = sizeof whole_action - 1;
  cr_expect_eq(berth_opennebula_parse_action(ctx, whole_action, size, "a", BERTH_OPENNEBULA_PLACE,
                                             "100", NULL, &action),
               BERTH_E_ARGUMENT);
  cr_expect_eq(berth_opennebula_parse_action(ctx, whole_action, size, "a",
                                             BERTH_OPENNEBULA_OPTIMIZE, NULL, NULL, &action),
               BERTH_E_ARGUMENT);
  cr_expect_eq(berth_opennebula_parse_action(ctx, whole_action, size, "a",
                                             BERTH_OPENNEBULA_OPTIMIZE, "</ID>", NULL, &action),
               BERTH_E_ARGUMENT);
  cr_expect_eq(berth_opennebula_parse_action(ctx, whole_action, size, "a",
                                             BERTH_OPENNEBULA_OPTIMIZE, "7", NULL, &action),
               BERTH_E_NOT_FOUND);
  cr_expect_null(action);
}

/* ------------------------------------------------------------------------ memory */

typedef struct failing_memory {
  long left, alive;
} failing_memory;

static void *allocate(void *user, size_t bytes) {
  failing_memory *memory = user;
  void *piece = memory->left > 0 ? malloc(bytes) : NULL;
  memory->left -= memory->left > 0;
  memory->alive += piece != NULL;
  return piece;
}

static void *reallocate(void *user, void *old, size_t bytes) {
  failing_memory *memory = user;
  void *piece = memory->left > 0 ? realloc(old, bytes) : NULL;
  memory->left -= memory->left > 0;
  memory->alive += piece != NULL && old == NULL;
  return piece;
}

static void release(void *user, void *piece) {
  failing_memory *memory = user;
  memory->alive -= piece != NULL;
  free(piece);
}

/* task 0: an inventory; 1: placing; 2: optimising. */
static berth_status read_with(failing_memory *memory, int task) {
  const berth_allocator allocator = {allocate, reallocate, release, memory};
  const size_t size = sizeof whole_action - 1;
  berth_context *scarce = NULL;
  const berth_inventory *inventory = NULL;
  berth_opennebula_action *action = NULL;
  berth_status status = berth_context_new(&allocator, &scarce);
  if (status == BERTH_OK && task == 0)
    status = berth_parse_inventory(scarce, whole_action, size, "a", BERTH_DIALECT_OPENNEBULA, NULL,
                                   &inventory);
  else if (status == BERTH_OK)
    status = berth_opennebula_parse_action(scarce, whole_action, size, "a",
                                           task == 1 ? BERTH_OPENNEBULA_PLACE
                                                     : BERTH_OPENNEBULA_OPTIMIZE,
                                           task == 1 ? NULL : "100", NULL, &action);
  if (status == BERTH_OK && task != 0)
    status = berth_opennebula_write_plan(scarce, action, NULL, "/dev/null", NULL);
  berth_opennebula_action_free(action);
  berth_inventory_release(inventory);
  berth_context_free(scarce);
  return status;
}

Test(opennebula, every_allocation_may_fail) {
  for (int task = 0; task < 3; task++) {
    berth_status status = BERTH_E_NOMEM;
    long allowed = 0;
    for (; status != BERTH_OK && allowed < 5000; allowed++) {
      failing_memory memory = {.left = allowed};
      status = read_with(&memory, task);
      cr_assert(status == BERTH_OK || status == BERTH_E_NOMEM, "task %d, %ld: %d", task, allowed,
                (int)status);
      cr_assert_eq(memory.alive, 0, "task %d, %ld: %ld pieces lost", task, allowed, memory.alive);
    }
    cr_expect_gt(allowed, 20);
    cr_expect_eq(status, BERTH_OK);
  }
}
