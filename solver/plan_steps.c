/* SPDX-License-Identifier: Apache-2.0 */
#include "plan_steps.h"
#include "context_internal.h"
#include "shared_ledgers.h"
#include "text_cut.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SENTENCE = 512 };

static const char *host_label(const problem *p, uint32_t host) {
  return berth_inventory_host_label(p->inventory, p->host[host]);
}

static const char *vm_label(const problem *p, uint32_t item) {
  return berth_inventory_vm_label(p->inventory, p->vm[item]);
}

/* An enabled must rule that the item's home breaks at the start, or NULL. */
static const frozen_rule *rule_mended(const problem *p, uint32_t item) {
  for (uint32_t i = p->item_rule_start[item]; i < p->item_rule_start[item + 1]; i++) {
    const problem_rule *rule = &p->rules[p->item_rules[i]];
    uint32_t home = p->origin[item];
    if (rule->form == RULE_FORM_HOSTS && !host_bits_test(rule->allowed, home))
      return rule->rule;
    uint32_t same = 0;
    for (uint32_t j = 0; rule->form != RULE_FORM_HOSTS && j < rule->member_count; j++) {
      uint32_t other = p->origin[rule->members[j]];
      same += other != BERTH_NONE && rule->domain_of[other] == rule->domain_of[home];
    }
    if (rule->form == RULE_FORM_SPREAD && same > rule->k)
      return rule->rule;
    if (rule->form == RULE_FORM_TOGETHER && same < rule->member_count)
      return rule->rule;
  }
  return NULL;
}

static bool overloaded_at_start(const problem *p, uint32_t host) {
  size_t row = (size_t)host * p->resource_count;
  for (uint32_t r = 0; r < p->resource_count; r++) {
    if (p->initial_use[row + r] > p->capacity[row + r])
      return true;
  }
  return false;
}

static void why_migrate(const schedule *done, const schedule_step *step, char *text) {
  const problem *p = done->problem;
  bool first = step->from == p->origin[step->item];
  const frozen_rule *rule = first ? rule_mended(p, step->item) : NULL;
  if (step->needed_by != BERTH_NONE && !p->host_must_leave[step->from])
    snprintf(text, SENTENCE, "makes room on %s for %s", host_label(p, step->from),
             vm_label(p, done->steps[step->needed_by].item));
  else if (p->host_must_leave[step->from])
    snprintf(text, SENTENCE, "%s must be emptied", host_label(p, step->from));
  else if (rule != NULL)
    snprintf(text, SENTENCE, "mends rule %s", rule->id);
  else if (first && overloaded_at_start(p, step->from))
    snprintf(text, SENTENCE, "%s is over its capacity", host_label(p, step->from));
  else if (first && p->numa_active && p->one_node[step->item] && p->host_unsplit[step->from])
    snprintf(text, SENTENCE, "the NUMA nodes of %s do not hold who asks for one",
             host_label(p, step->from));
  else if (!first)
    snprintf(text, SENTENCE, "goes on from its stop-over");
  else
    snprintf(text, SENTENCE, "makes room elsewhere");
}

static void why_restart(const berth_inventory *inventory, uint32_t host, char *text) {
  bool failed = inventory->host_state[host] == BERTH_HOST_FAILED;
  snprintf(text, SENTENCE, "%s %s", berth_inventory_host_label(inventory, host),
           failed ? "has failed" : "is isolated");
}

static void why_step(const schedule *done, const schedule_step *step, char *text) {
  const problem *p = done->problem;
  const berth_inventory *inventory = p->inventory;
  switch (step->type) {
  case BERTH_STEP_WAKE:
    snprintf(text, SENTENCE, "the hosts that are awake lack the room");
    break;
  case BERTH_STEP_MIGRATE:
    why_migrate(done, step, text);
    break;
  case BERTH_STEP_RESTART:
    why_restart(inventory, inventory->vm_host[p->vm[step->item]], text);
    break;
  case BERTH_STEP_POWER_ON:
    snprintf(text, SENTENCE, "waits to be placed");
    break;
  case BERTH_STEP_ENTER_MAINTENANCE:
    snprintf(text, SENTENCE, "no VM runs there any more");
    break;
  case BERTH_STEP_POWER_DOWN:
    snprintf(text, SENTENCE, "the hosts that stay on hold every VM");
    break;
  }
}

static bool needs_approval(const problem *p, berth_step_type type) {
  const berth_cluster_spec *set_up = &p->inventory->clusters[p->cluster].set_up;
  switch (type) {
  case BERTH_STEP_MIGRATE:
    return set_up->drs != BERTH_AUTOMATION_FULL;
  case BERTH_STEP_POWER_ON:
    return set_up->drs == BERTH_AUTOMATION_MANUAL || set_up->drs == BERTH_AUTOMATION_OFF;
  case BERTH_STEP_WAKE:
  case BERTH_STEP_POWER_DOWN:
    return set_up->dpm != BERTH_AUTOMATION_FULL;
  case BERTH_STEP_RESTART:
  case BERTH_STEP_ENTER_MAINTENANCE:
    break;
  }
  return false;
}

static int compare_ids(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* Step numbers become ids, ascending and without repeats. Returns how many are left. */
static uint32_t to_ids(step_list *list, uint32_t first_id) {
  uint32_t count = 0;
  if (list->count == 0)
    return 0;
  qsort(list->list, list->count, sizeof *list->list, compare_ids);
  for (uint32_t i = 0; i < list->count; i++) {
    if (i == 0 || list->list[i] != list->list[i - 1])
      list->list[count++] = list->list[i];
  }
  list->count = count;
  for (uint32_t i = 0; i < count; i++)
    list->list[i] += first_id;
  return count;
}

static uint32_t host_index(const problem *p, uint32_t host) {
  assert(host == BERTH_NONE || host < p->host_count);
  return host == BERTH_NONE ? BERTH_NONE : p->host[host];
}

berth_status plan_steps_add(berth_context *ctx, berth_plan *plan, const schedule *done) {
  const problem *p = done->problem;
  uint32_t first_id = berth_plan_step_count(plan) + 1;
  berth_status status = BERTH_OK;
  step_list after = {0};
  char *why = context_take(ctx, SENTENCE, 1);
  if (why == NULL)
    return BERTH_E_NOMEM;
  for (uint32_t i = 0; i < done->step_count && status == BERTH_OK; i++) {
    after.count = 0;
    if (!schedule_gather_after(done, i, done->memory, &after)) {
      status = context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
      break;
    }
    schedule_step *from = &done->steps[i];
    why_step(done, from, why);
    text_cut_mend(why);
    berth_plan_step step = BERTH_PLAN_STEP_INIT;
    assert(from->start.earliest <= from->start.latest && from->end.earliest <= from->end.latest);
    step.type = from->type;
    step.vm = from->item == BERTH_NONE ? BERTH_NONE : p->vm[from->item];
    step.from = host_index(p, from->from);
    step.to = host_index(p, from->to);
    step.host = host_index(p, from->host);
    step.after_count = to_ids(&after, first_id);
    step.after = after.list;
    step.after_settled_count = to_ids(&from->after_settled, first_id);
    step.after_settled = from->after_settled.list;
    step.wait = from->wait;
    step.seconds = from->seconds;
    step.settle = from->settle;
    step.start = from->start;
    step.end = from->end;
    step.approval = needs_approval(p, from->type);
    step.why = why;
    status = berth_plan_add_step(ctx, plan, &step);
  }
  context_release(ctx, why);
  return status;
}

static berth_status add_placement(berth_context *ctx, berth_plan *plan, const placement *final,
                                  uint32_t item) {
  const problem *p = final->problem;
  uint32_t to = final->host[item];
  if (to == BERTH_NONE || to == p->origin[item])
    return BERTH_OK;
  berth_plan_placement entry = {
      .vm = p->vm[item], .to = p->host[to], .from = p->inventory->vm_host[p->vm[item]]};
  entry.how = p->kind[item] == ITEM_RESTART    ? BERTH_HOW_RESTART
              : p->kind[item] == ITEM_POWER_ON ? BERTH_HOW_POWER_ON
                                               : BERTH_HOW_MIGRATE;
  return berth_plan_add_placement(ctx, plan, &entry);
}

/* How a line of the ledger reads after its number of hosts; %s is the rule or the resource. */
static const char *reason_phrase(berth_reason reason) {
  static const char *const phrases[BERTH_REASON_COUNT] = {
      [BERTH_REASON_FAILED] = "failed",
      [BERTH_REASON_DISCONNECTED] = "disconnected",
      [BERTH_REASON_ISOLATED] = "isolated",
      [BERTH_REASON_MAINTENANCE] = "in maintenance",
      [BERTH_REASON_NO_WAKE] = "in standby",
      [BERTH_REASON_DEDICATED] = "kept for failover",
      [BERTH_REASON_PINNED] = "closed to a VM that may not be migrated",
      [BERTH_REASON_RULE] = "by rule %s",
      [BERTH_REASON_NETWORK] = "without its networks",
      [BERTH_REASON_DATASTORE] = "without its datastores",
      [BERTH_REASON_CPU_COMPATIBILITY] = "of another CPU",
      [BERTH_REASON_RESOURCE_NEVER] = "too small in %s",
      [BERTH_REASON_VM_RULE] = "by rule %s",
      [BERTH_REASON_RESOURCE] = "short of %s",
      [BERTH_REASON_NUMA] = "without room on one node",
  };
  assert(reason < BERTH_REASON_COUNT && phrases[reason] != NULL);
  return phrases[reason];
}

/* "7 by rule r1, 2 short of memory": the ledger in a few words. */
static void ledger_words(const problem *p, const berth_plan_unplaced *entry, char *text,
                         size_t size) {
  size_t used = 0;
  text[0] = '\0';
  for (uint32_t i = 0; i < entry->ledger_count && used + 1 < size; i++) {
    const berth_plan_ledger_entry *line = &entry->ledger[i];
    const char *phrase = reason_phrase(line->reason), *hole = strstr(phrase, "%s");
    const char *name = line->rule != BERTH_NONE       ? p->inventory->rules[line->rule].id
                       : line->resource != BERTH_NONE ? p->inventory->resource_name[line->resource]
                                                      : "";
    int head = hole == NULL ? (int)strlen(phrase) : (int)(hole - phrase);
    int wrote = snprintf(text + used, size - used, "%s%u %.*s%s", i == 0 ? "" : ", ",
                         (unsigned)line->hosts, head, phrase, hole == NULL ? "" : name);
    used += wrote > 0 ? (size_t)wrote : 0;
  }
}

/* Names of any length go into sentences of a limited one. */
static berth_status add_warning(berth_context *ctx, berth_plan *plan, char *text) {
  text_cut_mend(text);
  assert(text[0] != '\0');
  return berth_plan_add_warning(ctx, plan, text);
}

static berth_status warn_left_behind(berth_context *ctx, berth_plan *plan, uint32_t item,
                                     shared_ledgers *ledgers) {
  const placement *final = ledgers->final;
  const problem *p = final->problem;
  uint32_t host = final->host[item];
  if (host == BERTH_NONE || !p->host_must_leave[host])
    return BERTH_OK;
  char ledger[SENTENCE] = "it may not be migrated", text[2 * SENTENCE];
  berth_plan_unplaced entry;
  if (!shared_ledgers_explain(ledgers, item, &entry))
    return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
  if (p->kind[item] != ITEM_FIXED)
    ledger_words(p, &entry, ledger, sizeof ledger);
  snprintf(text, sizeof text, "%.200s stays on %.200s, which it must leave; %s%s",
           vm_label(p, item), host_label(p, host),
           p->kind[item] == ITEM_FIXED ? "" : "other hosts: ", ledger);
  berth_status status = berth_plan_add_left_behind(ctx, plan, &entry);
  return status == BERTH_OK ? add_warning(ctx, plan, text) : status;
}

static berth_status add_unplaced(berth_context *ctx, berth_plan *plan, uint32_t item,
                                 shared_ledgers *ledgers) {
  berth_plan_unplaced entry;
  if (ledgers->final->host[item] != BERTH_NONE)
    return BERTH_OK;
  if (!shared_ledgers_explain(ledgers, item, &entry))
    return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
  return berth_plan_add_unplaced(ctx, plan, &entry);
}

static berth_status warn_slowed(berth_context *ctx, berth_plan *plan, const schedule *done) {
  char text[SENTENCE];
  for (uint32_t i = 0; i < done->step_count; i++) {
    if (!done->steps[i].slowed)
      continue;
    snprintf(text, sizeof text,
             "%.200s dirties its memory as fast as the link copies it; the guest is slowed down",
             vm_label(done->problem, done->steps[i].item));
    berth_status status = add_warning(ctx, plan, text);
    if (status != BERTH_OK)
      return status;
  }
  return BERTH_OK;
}

static berth_status warn_stays_down(berth_context *ctx, berth_plan *plan, const problem *p) {
  const berth_inventory *inventory = p->inventory;
  const frozen_cluster *cluster = &inventory->clusters[p->cluster];
  char text[SENTENCE];
  for (uint32_t vm = cluster->first_vm; vm < cluster->first_vm + cluster->vm_count; vm++) {
    item_kind kind;
    if (inventory->vm_power[vm] != BERTH_POWER_ON || problem_item_kind(inventory, vm, &kind))
      continue;
    snprintf(text, sizeof text, "%.200s stays down: its restart priority is disabled",
             berth_inventory_vm_label(inventory, vm));
    berth_status status = add_warning(ctx, plan, text);
    if (status != BERTH_OK)
      return status;
  }
  return BERTH_OK;
}

berth_status plan_outcome_add(berth_context *ctx, berth_plan *plan, const placement *final,
                              const schedule *done, arena *memory) {
  const problem *p = final->problem;
  shared_ledgers ledgers = {.final = final, .memory = memory};
  berth_status status = BERTH_OK;
  for (uint32_t item = 0; item < p->item_count && status == BERTH_OK; item++)
    status = add_placement(ctx, plan, final, item);
  for (uint32_t item = 0; item < p->item_count && status == BERTH_OK; item++)
    status = add_unplaced(ctx, plan, item, &ledgers);
  for (uint32_t item = 0; item < p->item_count && status == BERTH_OK; item++)
    status = warn_left_behind(ctx, plan, item, &ledgers);
  if (status == BERTH_OK)
    status = warn_stays_down(ctx, plan, p);
  if (status == BERTH_OK)
    status = warn_slowed(ctx, plan, done);
  return status;
}
