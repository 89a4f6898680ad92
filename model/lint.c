/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings about a frozen inventory. Each rule of thumb is a function of its own; one finding names
 * one object. A disabled rule has been reported by freezing and is not looked at again.
 */
#include "context_internal.h"
#include "frozen.h"
#include <assert.h>
#include <berth/lint.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* Least virtual hardware version that can be notified (docs/model.md, section 6). */
enum { NOTIFICATION_HARDWARE = 20 };

typedef struct linting {
  berth_context *ctx;
  const berth_inventory *inventory;
  berth_position position;
} linting;

static void find(const linting *lint, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void find(const linting *lint, const char *format, ...) {
  char text[512];
  va_list arguments;
  assert(lint->ctx != NULL && format != NULL);
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  context_problem(lint->ctx, BERTH_WARNING, BERTH_OK, &lint->position, "%s", text);
}

/* ---------------------------------------------------------------------------- hosts */

static void lint_host(const linting *lint, uint32_t host) {
  const berth_inventory *inventory = lint->inventory;
  const char *id = inventory->host_id[host];
  assert(host < inventory->host_count);
  if (inventory->host_state[host] == BERTH_HOST_STANDBY &&
      inventory->host_wake[host] == BERTH_WAKE_NONE)
    find(lint, "host \"%s\" is in standby without a wake protocol; nothing can wake it", id);
  if (inventory->host_notify_timeout[host] == 0)
    find(lint, "host \"%s\" has notification timeout 0; no guest on it is told of a migration", id);
}

/* ---------------------------------------------------------------------------- notification */

static void lint_notification(const linting *lint, uint32_t vm) {
  const berth_inventory *inventory = lint->inventory;
  const frozen_notification *notification = &inventory->vm_notification[vm];
  const char *id = inventory->vm_id[vm];
  uint32_t host = inventory->vm_host[vm];
  assert(vm < inventory->vm_count);
  if (!notification->enabled)
    return;
  if (!notification->registered)
    find(lint, "VM \"%s\" has notification enabled, but no application is registered", id);
  if (notification->hardware == BERTH_UNSET)
    find(lint, "VM \"%s\" has notification enabled, but no hardware version; it needs %d", id,
         NOTIFICATION_HARDWARE);
  else if (notification->hardware < NOTIFICATION_HARDWARE)
    find(lint, "VM \"%s\" has hardware version %" PRId64 "; notification needs %d", id,
         notification->hardware, NOTIFICATION_HARDWARE);
  if (host == BERTH_NONE || notification->timeout == BERTH_UNSET)
    return;
  int64_t cap = inventory->host_notify_timeout[host];
  if (cap > 0 && notification->timeout >= cap)
    find(lint,
         "VM \"%s\" has notification timeout %" PRId64 " s, not below the %" PRId64
         " s of host \"%s\", which decide",
         id, notification->timeout, cap, inventory->host_id[host]);
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
static void lint_silent_hosts(const linting *lint, const frozen_cluster *cluster) {
  const berth_inventory *inventory = lint->inventory;
  uint32_t told = 0;
  for (uint32_t vm = cluster->first_vm; vm < cluster->first_vm + cluster->vm_count; vm++)
    told += is_told(inventory, vm);
  for (uint32_t h = 0; h < cluster->host_count && told > 0; h++) {
    uint32_t host = cluster->first_host + h;
    if (inventory->host_notify_timeout[host] == BERTH_UNSET)
      find(lint,
           "host \"%s\" lacks migration notification; of %" PRIu32
           " %s in its cluster that %s told of a migration, none is once it runs there",
           inventory->host_id[host], told, told == 1 ? "VM" : "VMs", told == 1 ? "is" : "are");
  }
}

/* ---------------------------------------------------------------------------- rules */

static bool binds(const frozen_rule *rule, berth_rule_type type) {
  return rule->enabled && rule->strength == BERTH_MUST && rule->type == type;
}

static bool lists_host(const frozen_rule *rule, uint32_t host) {
  uint32_t low = 0, high = rule->host_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (rule->hosts[middle] < host)
      low = middle + 1;
    else
      high = middle;
  }
  assert(low <= rule->host_count);
  return low < rule->host_count && rule->hosts[low] == host;
}

static bool rules_allow(const berth_inventory *inventory, uint32_t vm, uint32_t host) {
  assert(host < inventory->host_count);
  for (uint32_t i = inventory->vm_rule_start[vm]; i < inventory->vm_rule_start[vm + 1]; i++) {
    const frozen_rule *rule = &inventory->rules[inventory->vm_rules[i]];
    if (binds(rule, BERTH_RULE_RUN_ON) && !lists_host(rule, host))
      return false;
    if (binds(rule, BERTH_RULE_NOT_RUN_ON) && lists_host(rule, host))
      return false;
  }
  return true;
}

/* The binding run-on rule of the VM with the fewest hosts; NULL = none. */
static const frozen_rule *tightest_rule(const berth_inventory *inventory, uint32_t vm) {
  const frozen_rule *tightest = NULL;
  for (uint32_t i = inventory->vm_rule_start[vm]; i < inventory->vm_rule_start[vm + 1]; i++) {
    const frozen_rule *rule = &inventory->rules[inventory->vm_rules[i]];
    if (binds(rule, BERTH_RULE_RUN_ON) &&
        (tightest == NULL || rule->host_count < tightest->host_count))
      tightest = rule;
  }
  assert(tightest == NULL || tightest->enabled);
  return tightest;
}

/* Several rules together may leave what none of them leaves alone. */
static void lint_rules_together(const linting *lint, uint32_t vm) {
  const berth_inventory *inventory = lint->inventory;
  const frozen_rule *tightest = tightest_rule(inventory, vm);
  uint32_t allowed = 0, host = BERTH_NONE;
  if (tightest == NULL)
    return;
  for (uint32_t i = 0; i < tightest->host_count; i++)
    if (rules_allow(inventory, vm, tightest->hosts[i])) {
      host = tightest->hosts[i];
      allowed++;
    }
  if (allowed == 0)
    find(lint, "VM \"%s\" may run on no host; its must rules leave none", inventory->vm_id[vm]);
  else if (allowed == 1 && tightest->host_count > 1)
    find(lint, "VM \"%s\" may run on host \"%s\" only; its must rules leave no other",
         inventory->vm_id[vm], inventory->host_id[host]);
}

static void lint_rule(const linting *lint, const frozen_rule *rule) {
  assert(rule != NULL);
  if (binds(rule, BERTH_RULE_RUN_ON) && rule->host_count == 1 && rule->vm_count > 0)
    find(lint,
         "rule \"%s\" pins %" PRIu32
         " VM%s to host \"%s\"; if that fails, nothing may restart them",
         rule->id, rule->vm_count, rule->vm_count == 1 ? "" : "s",
         lint->inventory->host_id[rule->hosts[0]]);
}

berth_status berth_lint(berth_context *ctx, const berth_inventory *inventory, const char *source) {
  assert(ctx != NULL);
  linting lint = {.ctx = ctx, .inventory = inventory, .position = {.source = source}};
  if (inventory == NULL)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "no inventory");
  berth_context_clear(ctx);
  for (uint32_t host = 0; host < inventory->host_count; host++)
    lint_host(&lint, host);
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++) {
    lint_notification(&lint, vm);
    lint_rules_together(&lint, vm);
  }
  for (uint32_t cluster = 0; cluster < inventory->cluster_count; cluster++)
    lint_silent_hosts(&lint, &inventory->clusters[cluster]);
  for (uint32_t rule = 0; rule < inventory->rule_count; rule++)
    lint_rule(&lint, &inventory->rules[rule]);
  return BERTH_OK;
}
