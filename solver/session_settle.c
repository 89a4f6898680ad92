/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rules are in force. Rules bear on each other only through VMs that they share, so it is
 * enough to look at those that hang together with what has changed: they are laid out as an
 * inventory of their own, oldest first, and resolved as freezing resolves all.
 */
#include "index_sort.h"
#include "rule_conflicts.h"
#include "session_rules.h"
#include <stdlib.h>
#include <string.h>

/* Rules that hang together, and their VMs. */
typedef struct knot {
  const berth_session *session;
  uint32_t cluster;
  number_list rules, vms;
  uint8_t *rule_seen; /* [rule] */
  uint32_t *vm_place; /* [vm] place in `vms`, once sorted */
  uint8_t *vm_seen;   /* [vm] */
} knot;

static const rule_text *text_of(const berth_view *view, uint32_t rule) {
  return rule_block_of(view, rule)->rule[rule % RULES_A_BLOCK];
}

static bool tie_rule(knot *k, uint32_t rule) {
  const rule_text *text = text_of(&k->session->present, rule);
  if (text == NULL || k->rule_seen[rule])
    return true;
  k->rule_seen[rule] = 1;
  k->cluster = text->cluster;
  return number_list_add(session_ground_of(k->session), &k->rules, rule);
}

/* All VMs of the rules, all rules of the VMs, and so on. */
static bool tie_all(knot *k) {
  const berth_view *view = &k->session->present;
  const session_ground *ground = view->ground;
  bool tied = true;
  for (uint32_t i = 0; tied && i < k->rules.count; i++) {
    number_list members = {0};
    tied = session_rule_members(k->session, k->rules.number[i], &members);
    for (uint32_t m = 0; tied && m < members.count; m++) {
      uint32_t vm = members.number[m];
      if (k->vm_seen[vm])
        continue;
      k->vm_seen[vm] = 1;
      const vm_traits *traits = vm_traits_of(view, vm);
      tied = number_list_add(ground, &k->vms, vm);
      for (uint32_t r = 0; tied && r < traits->rule_count; r++)
        tied = tie_rule(k, traits->rules[r]);
    }
    ground_release(ground, members.number);
  }
  return tied;
}

static int compare_numbers(const void *a, const void *b) {
  uint32_t left, right;
  memcpy(&left, a, sizeof left);
  memcpy(&right, b, sizeof right);
  return (left > right) - (left < right);
}

/* As an inventory has them: those that were added last, whatever numbers they were given.
 * `vm_place` is not in use yet. */
static void sort_vms(knot *k) {
  const berth_view *view = &k->session->present;
  uint32_t placed = 0;
  if (k->vms.count == 0)
    return;
  qsort(k->vms.number, k->vms.count, sizeof *k->vms.number, compare_numbers);
  for (int added = 0; added < 2; added++) {
    for (uint32_t i = 0; i < k->vms.count; i++) {
      const vm_record *record = vm_record_of(view, k->vms.number[i]);
      if ((record != NULL && record->added) == (added == 1))
        k->vm_place[placed++] = k->vms.number[i];
    }
  }
  assert(placed == k->vms.count);
  memcpy(k->vms.number, k->vm_place, placed * sizeof *k->vms.number);
}

/* Oldest first. */
static void sort_by_age(knot *k) {
  for (uint32_t i = 1; i < k->rules.count; i++) {
    uint32_t rule = k->rules.number[i], at = i;
    uint64_t serial = text_of(&k->session->present, rule)->serial;
    for (; at > 0 && text_of(&k->session->present, k->rules.number[at - 1])->serial > serial; at--)
      k->rules.number[at] = k->rules.number[at - 1];
    k->rules.number[at] = rule;
  }
}

/* ------------------------------------------------------------------------ laying out */

/* The hosts of the cluster, numbered from 0: those of the inventory, then added ones. */
typedef struct layout {
  berth_inventory inventory;
  frozen_cluster cluster;
  frozen_rule *rules;
  uint32_t *host_place; /* [host] */
  arena memory;
} layout;

static bool lay_hosts(layout *l, const berth_view *view, uint32_t cluster) {
  uint32_t count = 0;
  uint32_t *domain[BERTH_DOMAIN_COUNT];
  l->host_place = arena_take(&l->memory, view->host_count, sizeof *l->host_place);
  bool taken = l->host_place != NULL;
  for (uint32_t kind = 0; kind < BERTH_DOMAIN_COUNT; kind++) {
    domain[kind] = arena_take(&l->memory, view->host_count, sizeof(uint32_t));
    taken = taken && domain[kind] != NULL;
  }
  if (!taken)
    return false;
  for (uint32_t host = 0; host < view->host_count; host++) {
    if (host_cluster_of(view, host) != cluster)
      continue;
    domain[BERTH_DOMAIN_HOST][count] = count;
    for (uint32_t kind = BERTH_DOMAIN_HOST + 1; kind < BERTH_DOMAIN_COUNT; kind++)
      domain[kind][count] = session_domain(view, host, (berth_domain)kind);
    l->host_place[host] = count++;
  }
  for (uint32_t kind = 0; kind < BERTH_DOMAIN_COUNT; kind++) {
    l->inventory.host_domain[kind] = domain[kind];
    l->inventory.domain_count[kind] = view->ground->inventory->domain_count[kind] +
                                      (view->host_count - view->ground->inventory->host_count);
  }
  l->inventory.domain_count[BERTH_DOMAIN_HOST] = count;
  l->inventory.host_count = l->cluster.host_count = count;
  return true;
}

/* The rule's hosts by their places: those it lists, and those added since that stand for them. */
static bool lay_rule_hosts(layout *l, const berth_view *view, const rule_text *text,
                           frozen_rule *rule) {
  uint32_t added = 0;
  for (uint32_t host = text->host_known; host < view->host_count; host++)
    added += host_cluster_of(view, host) == text->cluster && session_rule_lists(view, text, host);
  uint32_t *hosts = arena_take(&l->memory, text->host_count + (size_t)added, sizeof *hosts);
  if (hosts == NULL)
    return false;
  for (uint32_t i = 0; i < text->host_count; i++)
    hosts[rule->host_count++] = l->host_place[text->hosts[i]];
  for (uint32_t host = text->host_known; added > 0 && host < view->host_count; host++) {
    if (host_cluster_of(view, host) == text->cluster && session_rule_lists(view, text, host))
      hosts[rule->host_count++] = l->host_place[host];
  }
  rule->hosts = hosts;
  return true;
}

static bool lay_rules(layout *l, const knot *k) {
  const berth_view *view = &k->session->present;
  l->rules = arena_take(&l->memory, k->rules.count, sizeof *l->rules);
  if (l->rules == NULL)
    return false;
  for (uint32_t i = 0; i < k->rules.count; i++) {
    const rule_text *text = text_of(view, k->rules.number[i]);
    frozen_rule *rule = &l->rules[i];
    *rule = (frozen_rule){.id = text->id,
                          .type = (berth_rule_type)text->type,
                          .strength = (berth_strength)text->strength,
                          .over = (berth_domain)text->over,
                          .count = text->count,
                          .enabled = true,
                          .disabled_by = BERTH_NONE};
    number_list members = {0};
    bool laid = lay_rule_hosts(l, view, text, rule) &&
                session_rule_members(k->session, k->rules.number[i], &members);
    uint32_t *vms = laid ? arena_take(&l->memory, members.count, sizeof *vms) : NULL;
    for (uint32_t m = 0; vms != NULL && m < members.count; m++)
      vms[m] = k->vm_place[members.number[m]];
    rule->vms = vms;
    rule->vm_count = vms == NULL ? 0 : index_sort_unique(vms, members.count);
    ground_release(view->ground, members.number);
    if (vms == NULL)
      return false;
  }
  l->inventory.rules = l->rules;
  l->inventory.rule_count = l->cluster.rule_count = k->rules.count;
  return true;
}

/* The rules of each VM, ascending: by counting. */
static bool lay_vms(layout *l, const knot *k) {
  uint32_t vms = k->vms.count;
  uint32_t *start = arena_take(&l->memory, vms + (size_t)2, sizeof *start);
  if (start == NULL)
    return false;
  for (uint32_t r = 0; r < l->inventory.rule_count; r++) {
    for (uint32_t m = 0; m < l->rules[r].vm_count; m++)
      start[l->rules[r].vms[m] + 2]++;
  }
  for (uint32_t v = 0; v < vms; v++)
    start[v + 2] += start[v + 1];
  uint32_t *rules = arena_take(&l->memory, start[vms + 1], sizeof *rules);
  if (rules == NULL)
    return false;
  for (uint32_t r = 0; r < l->inventory.rule_count; r++) {
    for (uint32_t m = 0; m < l->rules[r].vm_count; m++)
      rules[start[l->rules[r].vms[m] + 1]++] = r;
  }
  l->inventory.vm_count = l->cluster.vm_count = vms;
  l->inventory.vm_rule_start = start;
  l->inventory.vm_rules = rules;
  return true;
}

static bool lay_out(layout *l, const knot *k) {
  l->inventory.clusters = &l->cluster;
  l->inventory.cluster_count = 1;
  return lay_hosts(l, &k->session->present, k->cluster) && lay_rules(l, k) && lay_vms(l, k);
}

/* ------------------------------------------------------------------------ what changes */

static bool set_enabled(berth_session *session, uint32_t rule, bool enabled) {
  rule_block *block = own_rule_block(&session->present, rule);
  uint32_t slot = rule % RULES_A_BLOCK;
  if (block == NULL || !undo_reserve(session, 1))
    return false;
  undo_note(session,
            (undo_entry){.kind = UNDO_RULE_ENABLED, .object = rule, .state = block->enabled[slot]});
  change_rule_enabled(session, rule, enabled);
  const rule_text *text = block->rule[slot];
  if (text->strength != BERTH_MUST ||
      (text->type != BERTH_RULE_RUN_ON && text->type != BERTH_RULE_NOT_RUN_ON))
    return true;
  number_list members = {0};
  bool done = session_rule_members(session, rule, &members);
  for (uint32_t i = 0; done && i < members.count; i++)
    done = session_retrait(session, members.number[i], BERTH_NONE, false);
  ground_release(session_ground_of(session), members.number);
  return done;
}

static bool resolve(berth_session *session, const knot *k, layout *l) {
  bool complete;
  if (!rule_conflicts_resolve(&l->inventory, l->rules, &l->memory, NULL, NULL, &complete))
    return false;
  for (uint32_t i = 0; i < k->rules.count; i++) {
    uint32_t rule = k->rules.number[i];
    bool now = rule_block_of(&session->present, rule)->enabled[rule % RULES_A_BLOCK] != 0;
    if (now != l->rules[i].enabled && !set_enabled(session, rule, l->rules[i].enabled))
      return false;
  }
  return true;
}

bool session_settle_rules(berth_session *session, const uint32_t *rules, uint32_t count) {
  const berth_view *view = &session->present;
  const session_ground *ground = view->ground;
  knot k = {.session = session};
  layout l = {0};
  arena_init(&l.memory, &ground->allocator);
  k.rule_seen = ground_take(ground, view->rule_count + (size_t)1);
  k.vm_seen = ground_take(ground, view->vm_count + (size_t)1);
  k.vm_place = ground_take(ground, (view->vm_count + (size_t)1) * sizeof *k.vm_place);
  bool done = k.rule_seen != NULL && k.vm_seen != NULL && k.vm_place != NULL;
  for (uint32_t i = 0; done && i < count; i++)
    done = tie_rule(&k, rules[i]);
  done = done && tie_all(&k);
  if (done && k.rules.count > 0) {
    sort_by_age(&k);
    sort_vms(&k);
    for (uint32_t i = 0; i < k.vms.count; i++)
      k.vm_place[k.vms.number[i]] = i;
    done = lay_out(&l, &k) && resolve(session, &k, &l);
  }
  ground_release(ground, k.rule_seen);
  ground_release(ground, k.vm_seen);
  ground_release(ground, k.vm_place);
  ground_release(ground, k.rules.number);
  ground_release(ground, k.vms.number);
  arena_free(&l.memory);
  return done;
}
