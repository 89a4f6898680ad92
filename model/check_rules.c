/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules over VMs and domains: members counted per domain, and whether a rule is broken at the end
 * (docs/model.md §7). A tally leaves its counts in tables that the next one overwrites; stamps
 * spare the clearing.
 */
#include "check_internal.h"
#include <assert.h>

bool check_rule_lists_host(const frozen_rule *rule, uint32_t host) {
  uint32_t low = 0, high = rule->host_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (rule->hosts[middle] < host)
      low = middle + 1;
    else
      high = middle;
  }
  return low < rule->host_count && rule->hosts[low] == host;
}

uint32_t check_domain_of(const check *c, berth_domain over, uint32_t host) {
  assert(host < c->inventory->host_count);
  return over == BERTH_DOMAIN_HOST ? host : c->inventory->host_domain[over][host];
}

static uint32_t host_of_member(const check *c, uint32_t vm, bool at_end) {
  return at_end ? c->vm_end[vm] : check_vm_begin(c, vm);
}

uint32_t check_tally(check *c, const frozen_rule *rule, bool at_end, uint32_t *most) {
  uint32_t domains = 0, largest = 0;
  c->epoch++;
  for (uint32_t k = 0; k < rule->vm_count; k++) {
    uint32_t host = host_of_member(c, rule->vms[k], at_end);
    if (host == BERTH_NONE)
      continue;
    uint32_t domain = check_domain_of(c, rule->over, host);
    assert(domain < c->domain_room);
    if (c->tally_epoch[domain] != c->epoch) {
      c->tally_epoch[domain] = c->epoch;
      c->tally[domain] = 0;
      domains++;
    }
    if (++c->tally[domain] > largest)
      largest = c->tally[domain];
  }
  assert(domains <= rule->vm_count && largest <= rule->vm_count);
  if (most != NULL)
    *most = largest;
  return domains;
}

uint32_t check_tallied(const check *c, uint32_t domain) {
  assert(domain < c->domain_room);
  return c->tally_epoch[domain] == c->epoch ? c->tally[domain] : 0;
}

static bool breaks_host_rule(const check *c, const frozen_rule *rule) {
  bool must_be_listed = rule->type == BERTH_RULE_RUN_ON;
  for (uint32_t k = 0; k < rule->vm_count; k++) {
    uint32_t host = c->vm_end[rule->vms[k]];
    if (host != BERTH_NONE && check_rule_lists_host(rule, host) != must_be_listed)
      return true;
  }
  return false;
}

bool check_rule_broken(check *c, const frozen_rule *rule) {
  uint32_t most = 0;
  switch (rule->type) {
  case BERTH_RULE_RUN_ON:
  case BERTH_RULE_NOT_RUN_ON:
    return breaks_host_rule(c, rule);
  case BERTH_RULE_APART:
    check_tally(c, rule, true, &most);
    return most > 1;
  case BERTH_RULE_AT_MOST:
    check_tally(c, rule, true, &most);
    return (int64_t)most > rule->count;
  case BERTH_RULE_TOGETHER:
    return check_tally(c, rule, true, NULL) > 1;
  case BERTH_RULE_QUIESCE:
  case BERTH_RULE_RESTART_AFTER:
    break;
  }
  return false;
}
