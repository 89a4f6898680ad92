/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that come and go, and who is in them. */
#include "session_rules.h"
#include "context_internal.h"
#include "index_sort.h"
#include "session_tally.h"
#include "versioned.h"
#include <string.h>

/* ------------------------------------------------------------------------ members */

bool traits_have(const vm_traits *traits, uint32_t rule) {
  for (uint32_t i = 0; i < traits->rule_count && traits->rules[i] <= rule; i++) {
    if (traits->rules[i] == rule)
      return true;
  }
  return false;
}

bool number_list_add(const session_ground *ground, number_list *list, uint32_t number) {
  if (list->count == list->room) {
    uint32_t room = 2 * list->room + 16;
    if (!ground_widen(ground, &list->number, list->count, room, sizeof *list->number))
      return false;
    list->room = room;
  }
  list->number[list->count++] = number;
  return true;
}

static bool is_member(const berth_view *view, uint32_t vm, uint32_t rule) {
  return vm_exists(view, vm) && traits_have(vm_traits_of(view, vm), rule);
}

bool session_rule_members(const berth_session *session, uint32_t rule, number_list *members) {
  const berth_view *view = &session->present;
  const session_ground *ground = view->ground;
  const rule_text *text = rule_block_of(view, rule)->rule[rule % RULES_A_BLOCK];
  for (uint32_t i = 0; i < text->member_count; i++) {
    if (is_member(view, text->members[i], rule) &&
        !number_list_add(ground, members, text->members[i]))
      return false;
  }
  for (uint32_t i = 0; i < session->vm_names.room; i++) {
    uint32_t vm = session->vm_names.slot[i];
    if (vm != BERTH_NONE && is_member(view, vm, rule) && !number_list_add(ground, members, vm))
      return false;
  }
  members->count = index_sort_unique(members->number, members->count);
  return true;
}

static vm_traits *other_traits(berth_session *session, const vm_traits *now, uint32_t rule,
                               bool leaves) {
  const session_ground *ground = session_ground_of(session);
  traits_wanted wanted = traits_asked(now);
  uint32_t *rules = ground_take(ground, (now->rule_count + (size_t)1) * sizeof *rules), count = 0;
  if (rules == NULL)
    return NULL;
  for (uint32_t i = 0; i < now->rule_count; i++) {
    if (now->rules[i] != rule)
      rules[count++] = now->rules[i];
  }
  if (rule != BERTH_NONE && !leaves) {
    uint32_t at = count++;
    for (; at > 0 && rules[at - 1] > rule; at--)
      rules[at] = rules[at - 1];
    rules[at] = rule;
  }
  wanted.rules = rules;
  wanted.rule_count = count;
  vm_traits *found =
      traits_find(&session->present, &session->admissions, &session->traits, &wanted);
  ground_release(ground, rules);
  return found;
}

bool session_retrait(berth_session *session, uint32_t vm, uint32_t rule, bool leaves) {
  berth_view *view = &session->present;
  if (!undo_reserve(session, 1) || own_vm_block(view, vm) == NULL)
    return false;
  vm_traits *traits = other_traits(session, vm_traits_of(view, vm), rule, leaves);
  if (traits == NULL)
    return false;
  vm_traits *old = change_traits(session, vm, traits);
  undo_note(session, (undo_entry){.kind = UNDO_VM_TRAITS, .object = vm, .old.traits = old});
  return true;
}

/* ------------------------------------------------------------------------ reading a rule */

typedef struct word {
  const char *text;
  size_t length;
} word;

static bool next_word(const char **text, word *w) {
  static const char white_space[] = " \t\r\n";
  if (*text == NULL)
    return false;
  *text += strspn(*text, white_space);
  *w = (word){*text, strcspn(*text, white_space)};
  *text += w->length;
  return w->length > 0;
}

static const frozen_group *find_group(const frozen_group *groups, uint32_t count, uint32_t cluster,
                                      word w) {
  for (uint32_t g = 0; g < count; g++) {
    if (groups[g].cluster == cluster && strncmp(groups[g].id, w.text, w.length) == 0 &&
        groups[g].id[w.length] == '\0')
      return &groups[g];
  }
  return NULL;
}

static bool in_group(const frozen_group *group, uint32_t object) {
  for (uint32_t i = 0; i < group->count; i++) {
    if (group->members[i] == object)
      return true;
  }
  return false;
}

/* VMs of the group that are there still, and those that were added like one of it. */
static bool add_vm_group(const berth_session *session, const frozen_group *group,
                         number_list *members) {
  const berth_view *view = &session->present;
  for (uint32_t i = 0; i < group->count; i++) {
    uint32_t vm = group->members[i];
    bool itself =
        vm_exists(view, vm) && (vm_record_of(view, vm) == NULL || !vm_record_of(view, vm)->added);
    if (itself && !number_list_add(view->ground, members, vm))
      return false;
  }
  for (uint32_t i = 0; i < session->vm_names.room; i++) {
    uint32_t vm = session->vm_names.slot[i];
    if (vm == BERTH_NONE)
      continue;
    uint32_t like = vm_record_of(view, vm)->like;
    if (like != BERTH_NONE && in_group(group, like) && !number_list_add(view->ground, members, vm))
      return false;
  }
  return true;
}

static bool add_host_group(const berth_view *view, const frozen_group *group, number_list *hosts) {
  for (uint32_t i = 0; i < group->count; i++) {
    if (!number_list_add(view->ground, hosts, group->members[i]))
      return false;
  }
  for (uint32_t host = view->ground->inventory->host_count; host < view->host_count; host++) {
    if (in_group(group, host_root_of(view, host)) && !number_list_add(view->ground, hosts, host))
      return false;
  }
  return true;
}

static berth_status unknown_word(berth_session *session, const berth_rule_spec *spec, word w,
                                 const char *list) {
  return context_fail(session->ctx, BERTH_E_ARGUMENT, NULL,
                      "rule \"%s\": \"%.*s\" in %s is neither a group nor an object of the "
                      "cluster; expected the id of one",
                      spec->id, (int)(w.length < 200 ? w.length : 200), w.text, list);
}

/* The object of the cluster with this id, or BERTH_NONE. False: out of memory. */
static bool find_object(const berth_session *session, word w, bool host, uint32_t cluster,
                        uint32_t *found) {
  const session_ground *ground = session_ground_of(session);
  const berth_view *view = &session->present;
  char *id = ground_take(ground, w.length + 1);
  if (id == NULL)
    return false;
  memcpy(id, w.text, w.length);
  berth_status status = host ? berth_session_find_host(session, id, found)
                             : berth_session_find_vm(session, id, found);
  ground_release(ground, id);
  if (status == BERTH_OK &&
      (host ? host_cluster_of(view, *found) : vm_traits_of(view, *found)->cluster) == cluster)
    return true;
  *found = BERTH_NONE;
  return true;
}

static berth_status read_list(berth_session *session, const berth_rule_spec *spec, uint32_t cluster,
                              bool hosts, number_list *list) {
  const berth_view *view = &session->present;
  const berth_inventory *inventory = view->ground->inventory;
  const char *text = hosts ? spec->hosts : spec->vms;
  word w;
  while (next_word(&text, &w)) {
    const frozen_group *group =
        hosts ? find_group(inventory->host_groups, inventory->host_group_count, cluster, w)
              : find_group(inventory->vm_groups, inventory->vm_group_count, cluster, w);
    uint32_t object = BERTH_NONE;
    bool added = true;
    if (group != NULL)
      added = hosts ? add_host_group(view, group, list) : add_vm_group(session, group, list);
    else if (!find_object(session, w, hosts, cluster, &object))
      added = false;
    else if (object == BERTH_NONE)
      return unknown_word(session, spec, w, hosts ? "hosts" : "vms");
    else
      added = number_list_add(view->ground, list, object);
    if (!added)
      return session_out_of_memory(session);
  }
  list->count = index_sort_unique(list->number, list->count);
  return BERTH_OK;
}

static bool lists_something(const char *text) {
  word w;
  return next_word(&text, &w);
}

static berth_status check_rule(berth_session *session, uint32_t cluster,
                               const berth_rule_spec *spec) {
  const berth_view *view = &session->present;
  const char *problem = NULL;
  if (cluster >= view->ground->inventory->cluster_count)
    problem = "the cluster is none of the inventory's; expected the number of one";
  else if (!added_names_allow(spec->id))
    problem = "the rule has no id, or one with white space; expected one without";
  else if ((unsigned)spec->type >= BERTH_RULE_QUIESCE)
    problem = "the rule says nothing about where VMs stand; expected run-on, not-run-on, apart, "
              "together or at-most";
  else if ((unsigned)spec->strength > BERTH_SHOULD || (unsigned)spec->over >= BERTH_DOMAIN_COUNT)
    problem = "strength or over of the rule is no value of its enumeration; expected one";
  else if (spec->type == BERTH_RULE_AT_MOST &&
           (spec->count < 1 || spec->count > BERTH_QUANTITY_MAX))
    problem = "count of the rule is out of range; expected 1 or more";
  else if (!lists_something(spec->vms))
    problem = "vms of the rule is missing; expected ids of groups or objects";
  else if ((spec->type == BERTH_RULE_RUN_ON || spec->type == BERTH_RULE_NOT_RUN_ON) &&
           !lists_something(spec->hosts))
    problem = "hosts of the rule is missing; expected ids of groups or objects";
  for (uint32_t rule = 0; problem == NULL && rule < view->rule_count; rule++) {
    const rule_text *text = rule_block_of(view, rule)->rule[rule % RULES_A_BLOCK];
    if (text != NULL && strcmp(text->id, spec->id) == 0)
      problem = "a rule has this id already; expected an id that is new";
  }
  return problem == NULL ? BERTH_OK
                         : context_fail(session->ctx, BERTH_E_ARGUMENT, NULL, "%s", problem);
}

/* ------------------------------------------------------------------------ entering a rule */

static rule_text *new_text(berth_session *session, uint32_t cluster, const berth_rule_spec *spec,
                           const number_list *vms, const number_list *hosts) {
  const session_ground *ground = session_ground_of(session);
  size_t id = strlen(spec->id) + 1, name = spec->name == NULL ? 0 : strlen(spec->name) + 1;
  size_t lists = (vms->count + (size_t)hosts->count) * sizeof(uint32_t);
  rule_text *text = ground_take(ground, sizeof *text + lists + id + name);
  if (text == NULL)
    return NULL;
  atomic_init(&text->references, 1);
  text->serial = session->next_serial++;
  text->cluster = cluster;
  text->type = (uint8_t)spec->type;
  text->strength = (uint8_t)spec->strength;
  text->over = (uint8_t)spec->over;
  text->count = spec->type == BERTH_RULE_AT_MOST ? spec->count : 1;
  text->base = BERTH_NONE;
  text->host_known = session->present.host_count;
  uint32_t *members = (uint32_t *)(void *)text->text, *listed = members + vms->count;
  char *strings = text->text + lists;
  assert((vms->number != NULL || vms->count == 0) && (hosts->number != NULL || hosts->count == 0));
  if (vms->count > 0)
    memcpy(members, vms->number, vms->count * sizeof *members);
  if (hosts->count > 0)
    memcpy(listed, hosts->number, hosts->count * sizeof *listed);
  text->members = members;
  text->member_count = vms->count;
  text->hosts = listed;
  text->host_count = hosts->count;
  text->id = memcpy(strings, spec->id, id);
  text->name = name == 0 ? NULL : memcpy(strings + id, spec->name, name);
  return text;
}

static bool reserve_rule_number(berth_session *session) {
  berth_view *view = &session->present;
  const session_ground *ground = view->ground;
  if (session->free_rules.count > 0 || view->rule_count < view->rule_blocks * RULES_A_BLOCK)
    return true;
  rule_block *block = ground_take(ground, sizeof *block);
  if (block == NULL || !ground_widen(ground, &view->rules, view->rule_blocks, view->rule_blocks + 1,
                                     sizeof(rule_block *))) {
    ground_release(ground, block);
    return false;
  }
  atomic_init(&block->references, 1);
  view->rules[view->rule_blocks++] = block;
  return true;
}

/* Puts the rule, not in force yet, in a slot. Takes the text; BERTH_NONE: out of memory. */
static uint32_t enter_rule(berth_session *session, rule_text *text) {
  berth_view *view = &session->present;
  const session_ground *ground = view->ground;
  rule_tally *tally = tally_new(ground, 1);
  if (tally == NULL || !undo_reserve(session, 1) || !reserve_rule_number(session) ||
      !number_reserve(ground, &session->free_rules, view->rule_count + 1))
    goto failed;
  uint32_t rule = session->free_rules.count > 0
                      ? session->free_rules.number[session->free_rules.count - 1]
                      : view->rule_count;
  view->rule_count += rule == view->rule_count;
  rule_block *block = own_rule_block(view, rule);
  if (block == NULL) {
    view->rule_count -= session->free_rules.count == 0;
    goto failed;
  }
  if (session->free_rules.count > 0)
    number_pop(&session->free_rules);
  assert(block->rule[rule % RULES_A_BLOCK] == NULL);
  block->rule[rule % RULES_A_BLOCK] = text;
  block->tally[rule % RULES_A_BLOCK] = tally;
  assert(block->enabled[rule % RULES_A_BLOCK] == 0);
  session->disabled_rules++; /* until it is settled */
  undo_note(session, (undo_entry){.kind = UNDO_RULE_ADDED, .object = rule});
  return rule;
failed:
  drop_rule_tally(ground, tally);
  drop_rule_text(ground, text);
  return BERTH_NONE;
}

static bool enter_members(berth_session *session, uint32_t rule, const number_list *members) {
  berth_view *view = &session->present;
  assert(members->number != NULL || members->count == 0);
  for (uint32_t i = 0; i < members->count; i++) {
    uint32_t vm = members->number[i], host = session_runs_at(view, vm);
    if (!tally_own(view, rule))
      return false;
    if (host != BERTH_NONE)
      tally_enter(view, rule, host);
    if (!session_retrait(session, vm, rule, false))
      return false;
  }
  return true;
}

berth_status berth_session_add_rule(berth_session *session, uint32_t cluster,
                                    const berth_rule_spec *given, uint32_t *rule) {
  const session_ground *ground = session_ground_of(session);
  number_list vms = {0}, hosts = {0};
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  *rule = BERTH_NONE;
  berth_status status = versioned_read(session->ctx, "a rule", given, &spec,
                                       VERSIONED_SIZE(berth_rule_spec, position));
  if (status == BERTH_OK)
    status = check_rule(session, cluster, &spec);
  if (status == BERTH_OK)
    status = read_list(session, &spec, cluster, false, &vms);
  if (status == BERTH_OK)
    status = read_list(session, &spec, cluster, true, &hosts);
  if (status == BERTH_OK) {
    change_mark mark = change_begin(session);
    rule_text *text = new_text(session, cluster, &spec, &vms, &hosts);
    uint32_t added = text == NULL ? BERTH_NONE : enter_rule(session, text);
    bool done = added != BERTH_NONE && enter_members(session, added, &vms) &&
                session_settle_rules(session, &added, 1);
    status = change_end(session, mark, done);
    *rule = done ? added : BERTH_NONE;
  }
  ground_release(ground, vms.number);
  ground_release(ground, hosts.number);
  return status;
}

/* ------------------------------------------------------------------------ dropping a rule */

/* All rules of the members. */
static bool rules_beside(berth_session *session, const number_list *members, uint32_t rule,
                         number_list *beside) {
  const berth_view *view = &session->present;
  assert(members->number != NULL || members->count == 0);
  for (uint32_t i = 0; i < members->count; i++) {
    const vm_traits *traits = vm_traits_of(view, members->number[i]);
    for (uint32_t r = 0; r < traits->rule_count; r++) {
      if (traits->rules[r] != rule && !number_list_add(view->ground, beside, traits->rules[r]))
        return false;
    }
  }
  beside->count = index_sort_unique(beside->number, beside->count);
  return true;
}

static bool take_out_rule(berth_session *session, uint32_t rule) {
  berth_view *view = &session->present;
  rule_block *block = own_rule_block(view, rule);
  uint32_t slot = rule % RULES_A_BLOCK;
  if (block == NULL || !undo_reserve(session, 2) ||
      !number_reserve(view->ground, &session->free_rules, view->rule_count))
    return false;
  undo_note(session,
            (undo_entry){.kind = UNDO_RULE_ENABLED, .object = rule, .state = block->enabled[slot]});
  change_rule_enabled(session, rule, false);
  undo_note(session, (undo_entry){.kind = UNDO_RULE_DROPPED,
                                  .object = rule,
                                  .old.rule = block->rule[slot],
                                  .tally = block->tally[slot]});
  block->rule[slot] = NULL;
  block->tally[slot] = NULL;
  session->disabled_rules--;
  return true;
}

berth_status berth_session_drop_rule(berth_session *session, uint32_t rule) {
  const session_ground *ground = session_ground_of(session);
  if (!berth_view_rule_exists(&session->present, rule))
    return context_fail(session->ctx, BERTH_E_ARGUMENT, NULL,
                        "no rule has number %u; expected one that exists", rule);
  number_list members = {0}, beside = {0};
  change_mark mark = change_begin(session);
  bool done = session_rule_members(session, rule, &members) &&
              rules_beside(session, &members, rule, &beside);
  assert(members.number != NULL || members.count == 0);
  for (uint32_t i = 0; done && i < members.count; i++)
    done = session_retrait(session, members.number[i], rule, true);
  done = done && take_out_rule(session, rule) &&
         session_settle_rules(session, beside.number, beside.count);
  berth_status status = change_end(session, mark, done);
  ground_release(ground, members.number);
  ground_release(ground, beside.number);
  return status;
}
