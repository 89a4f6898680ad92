/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What berth check says of migration notification: each diagnosis once, word for word, and silence
 * where nothing is wrong.
 */
#include "test_lint_support.h"

TestSuite(lint_notification);

typedef struct diagnosis {
  int64_t host_timeout, other_timeout; /* of the VM's host and of another */
  bool enabled, registered;
  int64_t vm_timeout, hardware;
  berth_lint_code code;
  const char *text; /* NULL = silence */
} diagnosis;

static const diagnosis diagnoses[] = {
    {60, 60, true, true, 59, 20, BERTH_LINT_COUNT, NULL},
    {60, 60, true, true, BERTH_UNSET, 20, BERTH_LINT_COUNT, NULL},
    {60, 60, false, false, 600, 13, BERTH_LINT_COUNT, NULL},
    {60, 60, true, true, 60, 20, BERTH_LINT_NOTIFICATION_TIMEOUT_CAPPED,
     "VM \"v\" has notification timeout 60 s, not below the 60 s of host \"h\", which decide"},
    {60, 60, true, true, 120, 20, BERTH_LINT_NOTIFICATION_TIMEOUT_CAPPED,
     "VM \"v\" has notification timeout 120 s, not below the 60 s of host \"h\", which decide"},
    {60, 60, true, true, 30, 19, BERTH_LINT_NOTIFICATION_HARDWARE,
     "VM \"v\" has hardware version 19; notification needs 20"},
    {60, 60, true, true, 30, BERTH_UNSET, BERTH_LINT_NOTIFICATION_HARDWARE,
     "VM \"v\" has notification enabled, but no hardware version; it needs 20"},
    {60, 60, true, false, 30, 20, BERTH_LINT_NOTIFICATION_WITHOUT_APPLICATION,
     "VM \"v\" has notification enabled, but no application is registered"},
    {60, 0, true, true, 30, 20, BERTH_LINT_NOTIFICATION_TIMEOUT_ZERO,
     "host \"other\" has notification timeout 0; no guest on it is told of a migration"},
    {60, BERTH_UNSET, true, true, 30, 20, BERTH_LINT_NOTIFICATION_LOST,
     "host \"other\" lacks migration notification; of 1 VM in its cluster that is told of a "
     "migration, none is once it runs there"},
    {60, BERTH_UNSET, false, false, 30, 20, BERTH_LINT_COUNT, NULL},
};

Test(lint_notification, each_diagnosis) {
  for (size_t i = 0; i < sizeof diagnoses / sizeof *diagnoses; i++) {
    const diagnosis *row = &diagnoses[i];
    fixture f = fixture_begin();
    uint32_t c = lint_cluster_of(&f, lint_cluster_spec());
    berth_host_spec host = fixture_host_spec("h", 10000, 65536);
    host.notify_timeout = row->host_timeout;
    fixture_add_host(&f, c, host);
    host = fixture_host_spec("other", 10000, 65536);
    host.notify_timeout = row->other_timeout;
    fixture_add_host(&f, c, host);
    berth_vm_spec vm = fixture_vm_spec("v", "h", 1000, 4096);
    vm.notify_enabled = row->enabled;
    vm.notify_registered = row->registered;
    vm.notify_timeout = row->vm_timeout;
    vm.notify_hardware = row->hardware;
    fixture_add_vm(&f, c, vm);
    const berth_inventory *inventory = fixture_freeze(&f);
    lint_all(&f, inventory);
    if (row->text != NULL)
      lint_expect(&f, row->code, row->text);
    cr_expect_eq(berth_context_problem_count(f.ctx), row->text != NULL ? 1 : 0, "row %zu", i);
    berth_inventory_release(inventory);
    fixture_end(&f);
  }
}
