/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migration notification that cannot work: at the host (timeout 0, no such feature) or at the guest
 * (no application, hardware too low, a timeout that the host caps).
 */
#include "lint_internal.h"
#include <assert.h>
#include <inttypes.h>

/* Least virtual hardware version that can be notified (docs/model.md, section 6). */
enum { NOTIFICATION_HARDWARE = 20 };

static void lint_zero_timeouts(linting *lint) {
  const berth_inventory *inventory = lint->inventory;
  for (uint32_t host = 0; host < inventory->host_count; host++)
    if (inventory->host_notify_timeout[host] == 0)
      lint_find(lint, BERTH_LINT_NOTIFICATION_TIMEOUT_ZERO,
                "host \"%s\" has notification timeout 0; no guest on it is told of a migration",
                inventory->host_id[host]);
}

/* Whether a migration of the VM away from where it is would be told to the guest. */
static bool is_told(const berth_inventory *inventory, uint32_t vm) {
  const frozen_notification *notification = &inventory->vm_notification[vm];
  uint32_t host = inventory->vm_host[vm];
  return host != BERTH_NONE && inventory->host_notify_timeout[host] > 0 && notification->enabled &&
         notification->registered && notification->hardware >= NOTIFICATION_HARDWARE &&
         notification->timeout != 0;
}

/* A host that tells nobody, among others that do: whoever moves there is not told of the next
 * migration. */
static void lint_silent_hosts(linting *lint, const frozen_cluster *cluster) {
  const berth_inventory *inventory = lint->inventory;
  uint32_t told = 0;
  for (uint32_t vm = cluster->first_vm; vm < cluster->first_vm + cluster->vm_count; vm++)
    told += is_told(inventory, vm);
  for (uint32_t h = 0; h < cluster->host_count && told > 0; h++) {
    uint32_t host = cluster->first_host + h;
    if (inventory->host_notify_timeout[host] == BERTH_UNSET)
      lint_find(lint, BERTH_LINT_NOTIFICATION_LOST,
                "host \"%s\" lacks migration notification; of %" PRIu32
                " %s in its cluster that %s told of a migration, none is once it runs there",
                inventory->host_id[host], told, told == 1 ? "VM" : "VMs", told == 1 ? "is" : "are");
  }
}

static void lint_application(linting *lint, uint32_t vm) {
  if (!lint->inventory->vm_notification[vm].registered)
    lint_find(lint, BERTH_LINT_NOTIFICATION_WITHOUT_APPLICATION,
              "VM \"%s\" has notification enabled, but no application is registered",
              lint->inventory->vm_id[vm]);
}

static void lint_hardware(linting *lint, uint32_t vm) {
  int64_t hardware = lint->inventory->vm_notification[vm].hardware;
  const char *id = lint->inventory->vm_id[vm];
  if (hardware == BERTH_UNSET)
    lint_find(lint, BERTH_LINT_NOTIFICATION_HARDWARE,
              "VM \"%s\" has notification enabled, but no hardware version; it needs %d", id,
              NOTIFICATION_HARDWARE);
  else if (hardware < NOTIFICATION_HARDWARE)
    lint_find(lint, BERTH_LINT_NOTIFICATION_HARDWARE,
              "VM \"%s\" has hardware version %" PRId64 "; notification needs %d", id, hardware,
              NOTIFICATION_HARDWARE);
}

static void lint_timeout(linting *lint, uint32_t vm) {
  const berth_inventory *inventory = lint->inventory;
  int64_t timeout = inventory->vm_notification[vm].timeout;
  uint32_t host = inventory->vm_host[vm];
  if (host == BERTH_NONE || timeout == BERTH_UNSET)
    return;
  int64_t cap = inventory->host_notify_timeout[host];
  if (cap > 0 && timeout >= cap)
    lint_find(lint, BERTH_LINT_NOTIFICATION_TIMEOUT_CAPPED,
              "VM \"%s\" has notification timeout %" PRId64 " s, not below the %" PRId64
              " s of host \"%s\", which decide",
              inventory->vm_id[vm], timeout, cap, inventory->host_id[host]);
}

void lint_notification(linting *lint) {
  static void (*const of_guests[])(linting *, uint32_t) = {lint_application, lint_hardware,
                                                           lint_timeout};
  const berth_inventory *inventory = lint->inventory;
  assert(inventory != NULL);
  lint_zero_timeouts(lint);
  lint_close(lint);
  for (uint32_t cluster = 0; cluster < inventory->cluster_count; cluster++)
    lint_silent_hosts(lint, &inventory->clusters[cluster]);
  lint_close(lint);
  for (size_t i = 0; i < sizeof of_guests / sizeof *of_guests; i++) {
    for (uint32_t vm = 0; vm < inventory->vm_count; vm++)
      if (inventory->vm_notification[vm].enabled)
        of_guests[i](lint, vm);
    lint_close(lint);
  }
}
