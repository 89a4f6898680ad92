/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Restart-after rules: cycles are refused, and a VM that waits for one of lower priority is
 * reported. The graph has a node for each VM and each rule: a VM waits for the rules that list it,
 * a rule for the VMs of its `after`; so it has as many edges as the rules have members. Cycles are
 * found by depth-first search with an explicit stack: an edge to a node on the stack closes one.
 */
#include "freeze_internal.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { UNSEEN = 0, ON_STACK, FINISHED, CIRCLE_BYTES = 400, CIRCLE_NAMES = 8 };

typedef struct frame {
  uint32_t node, next_edge;
} frame;

/* Nodes 0 to vm_count - 1 are VMs, the others rules. */
typedef struct search {
  freezing *f;
  uint32_t vms;
  uint8_t *state;
  uint8_t *reported; /* [rule] */
  frame *stack;
  uint32_t depth;
} search;

static const built_rule *built_of(const freezing *f, uint32_t rule) {
  return chunked_list_at(&f->builder->rules, f->rule_source[rule]);
}

/* The next node that the top of the stack waits for; false: no more. */
static bool next_wait(const search *s, frame *top, uint32_t *node) {
  const berth_inventory *inventory = s->f->inventory;
  if (top->node >= s->vms) {
    const frozen_rule *rule = &s->f->rules[top->node - s->vms];
    if (top->next_edge >= rule->after_count)
      return false;
    *node = rule->after[top->next_edge++];
    return true;
  }
  uint32_t start = inventory->vm_rule_start[top->node];
  uint32_t count = inventory->vm_rule_start[top->node + 1] - start;
  while (top->next_edge < count) {
    uint32_t rule = inventory->vm_rules[start + top->next_edge++];
    if (s->f->rules[rule].type == BERTH_RULE_RESTART_AFTER) {
      *node = s->vms + rule;
      return true;
    }
  }
  return false;
}

static void append(char *text, const char *more, const char *separator) {
  size_t length = strlen(text);
  snprintf(text + length, CIRCLE_BYTES - length, "%s\"%.60s\"", separator, more);
}

/* Tells of the cycle that leads from `node`, which is on the stack, to the top and back to it. */
static void report_circle(search *s, uint32_t node) {
  char circle[CIRCLE_BYTES] = "";
  uint32_t bottom = s->depth, rule = BERTH_NONE, names = 0;
  const char *first = NULL;
  do
    bottom--;
  while (s->stack[bottom].node != node);
  for (uint32_t i = bottom; i < s->depth; i++) {
    uint32_t at = s->stack[i].node;
    if (at >= s->vms) {
      rule = at - s->vms < rule ? at - s->vms : rule;
      continue;
    }
    if (first == NULL)
      first = s->f->inventory->vm_id[at];
    if (names++ < CIRCLE_NAMES)
      append(circle, s->f->inventory->vm_id[at], names == 1 ? "" : " after ");
  }
  assert(rule != BERTH_NONE && first != NULL);
  if (s->reported[rule])
    return;
  s->reported[rule] = 1;
  append(circle, first, names > CIRCLE_NAMES ? " after ... after " : " after ");
  freeze_error(s->f, &built_of(s->f, rule)->spec.position,
               "rule \"%s\": restarts go in a circle: %s; expected an order without circles",
               s->f->rules[rule].id, circle);
}

static void push(search *s, uint32_t node) {
  s->state[node] = ON_STACK;
  s->stack[s->depth++] = (frame){node, 0};
}

static void search_from(search *s, uint32_t root) {
  assert(s->depth == 0 && s->state[root] == UNSEEN);
  push(s, root);
  while (s->depth > 0) {
    frame *top = &s->stack[s->depth - 1];
    uint32_t node;
    if (!next_wait(s, top, &node)) {
      s->state[top->node] = FINISHED;
      s->depth--;
    } else if (s->state[node] == ON_STACK) {
      report_circle(s, node);
    } else if (s->state[node] == UNSEEN) {
      push(s, node);
    }
  }
}

/* The member of the most (or least) urgent priority. */
static uint32_t extreme(const berth_inventory *inventory, const uint32_t *vms, uint32_t count,
                        bool most_urgent) {
  uint32_t best = vms[0];
  for (uint32_t i = 1; i < count; i++) {
    uint8_t p = inventory->vm_priority[vms[i]], q = inventory->vm_priority[best];
    if (most_urgent ? p < q : p > q)
      best = vms[i];
  }
  return best;
}

static void check_priorities(freezing *f, uint32_t index) {
  const frozen_rule *rule = &f->rules[index];
  const berth_inventory *inventory = f->inventory;
  if (rule->vm_count == 0 || rule->after_count == 0)
    return;
  uint32_t vm = extreme(inventory, rule->vms, rule->vm_count, true);
  uint32_t after = extreme(inventory, rule->after, rule->after_count, false);
  uint8_t urgency = inventory->vm_priority[vm], of_other = inventory->vm_priority[after];
  if (urgency < of_other)
    freeze_finding(
        f,
        of_other == BERTH_PRIORITY_DISABLED ? BERTH_LINT_WAITS_FOR_NEVER_RESTARTED
                                            : BERTH_LINT_WAITS_FOR_LOWER_PRIORITY,
        &built_of(f, index)->spec.position,
        "rule \"%s\": VM \"%s\" of priority %s waits for \"%s\" of priority %s; expected "
        "no wait for a lower priority",
        rule->id, inventory->vm_id[vm], berth_priority_word((berth_priority)urgency),
        inventory->vm_id[after], berth_priority_word((berth_priority)of_other));
}

bool freeze_check_restart_order(freezing *f) {
  assert(f != NULL && f->inventory->vm_rule_start != NULL);
  uint32_t vms = f->inventory->vm_count, rules = f->inventory->rule_count, ordered = 0;
  for (uint32_t r = 0; r < rules; r++) {
    if (f->rules[r].type != BERTH_RULE_RESTART_AFTER)
      continue;
    check_priorities(f, r);
    ordered++;
  }
  if (ordered == 0)
    return true;
  search s = {.f = f, .vms = vms};
  s.state = arena_take(&f->scratch, (size_t)vms + rules, 1);
  s.reported = arena_take(&f->scratch, rules, 1);
  s.stack = arena_take(&f->scratch, (size_t)vms + rules, sizeof *s.stack);
  if (s.state == NULL || s.reported == NULL || s.stack == NULL)
    return false;
  for (uint32_t r = 0; r < rules; r++)
    if (f->rules[r].type == BERTH_RULE_RESTART_AFTER && s.state[vms + r] == UNSEEN)
      search_from(&s, vms + r);
  return true;
}
