/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of the family affinity. Members are drawn from where they run, so that what stands at
 * the start keeps the rules, as in a cluster that has been looked after; what happens to them in a
 * failover or an evacuation is the solver's concern. A VM is in at most one VM-VM rule.
 */
#include "generate_draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_MEMBERS = 6, TRIES = 40, VMS_PER_RULE = 25, NO_VM = 0 };

typedef struct member_list {
  uint32_t count;
  uint32_t hosts[MOST_MEMBERS], vms[MOST_MEMBERS]; /* host index in the draft, VM number */
} member_list;

/* A VM of @p host that is in no VM-VM rule yet, or NO_VM. */
static uint32_t free_vm(generate_draft *draft, uint32_t host) {
  const generate_host *h = &draft->hosts[host];
  for (uint32_t i = 0; i < TRIES / 8 && h->vm_count > 0; i++) {
    const uint32_t vm = h->first_vm + (uint32_t)generate_between(draft, 0, h->vm_count - 1);
    if (!draft->vm_in_rule[vm - draft->first_vm])
      return vm;
  }
  return NO_VM;
}

static bool has_member(const member_list *list, uint32_t vm) {
  for (uint32_t i = 0; i < list->count; i++)
    if (list->vms[i] == vm)
      return true;
  return false;
}

static uint32_t domain_of(const generate_draft *draft, uint32_t host, berth_domain over) {
  switch (over) {
  case BERTH_DOMAIN_CHASSIS:
    return draft->hosts[host].chassis;
  case BERTH_DOMAIN_RACK:
    return draft->hosts[host].rack;
  case BERTH_DOMAIN_SITE:
    return draft->hosts[host].site;
  default:
    return host;
  }
}

/* Draws up to @p wanted VMs, at most @p most of them in a domain. */
static void draw_spread(generate_draft *draft, berth_domain over, uint32_t most, uint32_t wanted,
                        member_list *list) {
  list->count = 0;
  for (uint32_t tries = 0; tries < TRIES && list->count < wanted; tries++) {
    const uint32_t host = (uint32_t)generate_between(draft, 0, draft->host_count - 1);
    uint32_t there = 0;
    for (uint32_t i = 0; i < list->count; i++)
      there += domain_of(draft, list->hosts[i], over) == domain_of(draft, host, over);
    const uint32_t vm = there < most ? free_vm(draft, host) : NO_VM;
    if (vm == NO_VM || has_member(list, vm))
      continue;
    list->hosts[list->count] = host;
    list->vms[list->count++] = vm;
  }
}

/* Draws up to @p wanted VMs of one host. */
static void draw_close(generate_draft *draft, uint32_t wanted, member_list *list) {
  const uint32_t host = (uint32_t)generate_between(draft, 0, draft->host_count - 1);
  list->count = 0;
  for (uint32_t tries = 0; tries < TRIES && list->count < wanted; tries++) {
    const uint32_t vm = free_vm(draft, host);
    if (vm == NO_VM || has_member(list, vm))
      continue;
    list->hosts[list->count] = host;
    list->vms[list->count++] = vm;
  }
}

static void name_members(const member_list *list, uint32_t first, uint32_t end,
                         char text[GENERATE_LIST_ROOM]) {
  size_t used = 0;
  text[0] = 0;
  for (uint32_t i = first; i < end; i++) {
    char id[GENERATE_ID_ROOM];
    generate_vm_id(list->vms[i], id);
    used +=
        (size_t)snprintf(text + used, GENERATE_LIST_ROOM - used, "%s%s", i > first ? " " : "", id);
    assert(used < GENERATE_LIST_ROOM);
  }
}

static berth_status add_rule(generate_draft *draft, uint32_t number, const member_list *list,
                             const berth_rule_spec *spec) {
  berth_rule_spec named = *spec;
  char id[GENERATE_ID_ROOM], members[GENERATE_LIST_ROOM];
  (void)snprintf(id, sizeof id, "rule%u-%05u", (unsigned)draft->cluster + 1, (unsigned)number);
  named.id = id;
  if (named.vms == NULL) {
    name_members(list, 0, list->count, members);
    named.vms = members;
  }
  return berth_builder_add_rule(draft->builder, draft->cluster, &named, NULL);
}

static void take_members(generate_draft *draft, const member_list *list) {
  for (uint32_t i = 0; i < list->count; i++)
    draft->vm_in_rule[list->vms[i] - draft->first_vm] = 1;
}

static berth_status add_spread_rule(generate_draft *draft, uint32_t number) {
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  member_list list;
  spec.type = generate_chance(draft, 70) ? BERTH_RULE_APART : BERTH_RULE_AT_MOST;
  spec.over = (berth_domain)generate_between(draft, BERTH_DOMAIN_HOST, BERTH_DOMAIN_RACK);
  spec.strength = generate_chance(draft, 70) ? BERTH_MUST : BERTH_SHOULD;
  if (spec.type == BERTH_RULE_AT_MOST)
    spec.count = 2;
  draw_spread(draft, spec.over, spec.type == BERTH_RULE_AT_MOST ? 2 : 1,
              (uint32_t)generate_between(draft, 2, MOST_MEMBERS), &list);
  if (list.count < 2)
    return BERTH_OK;
  take_members(draft, &list);
  return add_rule(draft, number, &list, &spec);
}

static berth_status add_together_rule(generate_draft *draft, uint32_t number) {
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  member_list list;
  spec.type = BERTH_RULE_TOGETHER;
  spec.over = generate_chance(draft, 60) ? BERTH_DOMAIN_HOST : BERTH_DOMAIN_RACK;
  spec.strength = generate_chance(draft, 40) ? BERTH_MUST : BERTH_SHOULD;
  draw_close(draft, (uint32_t)generate_between(draft, 2, 3), &list);
  if (list.count < 2)
    return BERTH_OK;
  take_members(draft, &list);
  return add_rule(draft, number, &list, &spec);
}

/* Run on the site where they are, or not in a rack where they are not. */
static berth_status add_host_rule(generate_draft *draft, uint32_t number) {
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  char group[GENERATE_ID_ROOM];
  member_list list;
  draw_close(draft, MOST_MEMBERS, &list);
  if (list.count == 0)
    return BERTH_OK;
  const generate_host *home = &draft->hosts[list.hosts[0]];
  spec.type = generate_chance(draft, 60) ? BERTH_RULE_RUN_ON : BERTH_RULE_NOT_RUN_ON;
  spec.strength = generate_chance(draft, 60) ? BERTH_MUST : BERTH_SHOULD;
  const uint32_t rack = (uint32_t)generate_between(draft, 0, draft->rack_count - 1);
  if (spec.type == BERTH_RULE_NOT_RUN_ON && rack == home->rack)
    return BERTH_OK;
  if (spec.type == BERTH_RULE_RUN_ON)
    (void)snprintf(group, sizeof group, "site%u-%u", (unsigned)draft->cluster + 1,
                   (unsigned)home->site + 1);
  else
    (void)snprintf(group, sizeof group, "rack%u-%u", (unsigned)draft->cluster + 1, (unsigned)rack);
  spec.hosts = group;
  return add_rule(draft, number, &list, &spec);
}

static berth_status add_quiesce_rule(generate_draft *draft, uint32_t number) {
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  member_list list;
  spec.type = BERTH_RULE_QUIESCE;
  draw_spread(draft, BERTH_DOMAIN_HOST, 1, 3, &list);
  return list.count < 2 ? BERTH_OK : add_rule(draft, number, &list, &spec);
}

/* The last member restarts after the others. Only lower-numbered VMs of at least its priority are
 * waited for, so no cycle arises and no VM waits for one that matters less. */
static berth_status add_order_rule(generate_draft *draft, uint32_t number) {
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  char vms[GENERATE_LIST_ROOM], after[GENERATE_LIST_ROOM];
  member_list list;
  spec.type = BERTH_RULE_RESTART_AFTER;
  draw_spread(draft, BERTH_DOMAIN_HOST, 1, 2, &list);
  if (list.count < 2 || list.vms[0] > list.vms[1] ||
      draft->vm_priority[list.vms[0] - draft->first_vm] >
          draft->vm_priority[list.vms[1] - draft->first_vm])
    return BERTH_OK;
  name_members(&list, 0, 1, after);
  name_members(&list, 1, 2, vms);
  spec.after = after;
  spec.vms = vms;
  return add_rule(draft, number, &list, &spec);
}

/* The group of all hosts with the wanted rack or site. */
static berth_status add_host_group(generate_draft *draft, berth_domain over, uint32_t domain,
                                   const char *id, char *text) {
  size_t used = 0;
  text[0] = 0;
  for (uint32_t h = 0; h < draft->host_count; h++) {
    char host[GENERATE_ID_ROOM];
    if (domain_of(draft, h, over) != domain)
      continue;
    generate_host_id(draft->first_host + h, host);
    const size_t length = strlen(host);
    if (used > 0)
      text[used++] = ' ';
    memcpy(text + used, host, length + 1);
    used += length;
  }
  return berth_builder_add_host_group(draft->builder, draft->cluster, id, text, NULL);
}

static berth_status add_host_groups(generate_draft *draft, char *text) {
  char id[GENERATE_ID_ROOM];
  berth_status status = BERTH_OK;
  for (uint32_t site = 0; site < 2 && status == BERTH_OK; site++) {
    (void)snprintf(id, sizeof id, "site%u-%u", (unsigned)draft->cluster + 1, (unsigned)site + 1);
    status = add_host_group(draft, BERTH_DOMAIN_SITE, site, id, text);
  }
  for (uint32_t rack = 0; rack < draft->rack_count && status == BERTH_OK; rack++) {
    (void)snprintf(id, sizeof id, "rack%u-%u", (unsigned)draft->cluster + 1, (unsigned)rack);
    status = add_host_group(draft, BERTH_DOMAIN_RACK, rack, id, text);
  }
  return status;
}

berth_status generate_rules(generate_draft *draft) {
  static berth_status (*const kinds[])(generate_draft *, uint32_t) = {
      add_spread_rule, add_spread_rule,  add_together_rule, add_host_rule,
      add_host_rule,   add_quiesce_rule, add_order_rule};
  const uint32_t kind_count = sizeof kinds / sizeof kinds[0];
  const uint32_t rules = draft->vm_count / VMS_PER_RULE + kind_count;
  char *text = malloc((size_t)draft->host_count * GENERATE_ID_ROOM + 1);
  if (text == NULL)
    return BERTH_E_NOMEM;
  berth_status status = add_host_groups(draft, text);
  for (uint32_t i = 0; i < rules && status == BERTH_OK; i++)
    status = kinds[i % kind_count](draft, i);
  free(text);
  return status;
}
