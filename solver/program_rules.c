/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules in the program. A rule that is kept at the start and must be is a hard row; every other has
 * an indicator that it is broken.
 */
#include "admission.h"
#include "program_building.h"
#include <assert.h>

/* One rule as the program sees it. The arrays are scratch of the whole build, [domain], zero but
 * for the domains in `touched`. HOSTS rules use domain 0 for outside and 1 for inside. */
typedef struct rule_view {
  uint32_t index;
  const problem_rule *rule;
  uint32_t *fixed;   /* fixed members in the domain */
  int64_t *most;     /* most free members that columns could put there */
  uint32_t *row;     /* row of the domain, while rows are built */
  uint32_t *touched; /* domains with a fixed member or a column, ascending not needed */
  uint32_t touched_count;
  uint32_t *classes; /* classes with members in the rule */
  uint32_t class_count;
  int64_t free_members;
  bool broken_by_fixed; /* whatever the free members do */
} rule_view;

static bool view_init(program_building *b, rule_view *view) {
  const problem *p = b->out->problem;
  uint32_t domains = 2;
  for (uint32_t g = 0; g < p->rule_count; g++)
    domains = p->rules[g].domain_count > domains ? p->rules[g].domain_count : domains;
  *view = (rule_view){0};
  view->fixed = arena_take(b->out->memory, domains, sizeof *view->fixed);
  view->most = arena_take(b->out->memory, domains, sizeof *view->most);
  view->row = arena_take(b->out->memory, domains, sizeof *view->row);
  view->touched = arena_take(b->out->memory, domains, sizeof *view->touched);
  view->classes = arena_take(b->out->memory, b->out->class_count, sizeof *view->classes);
  return view->fixed != NULL && view->most != NULL && view->row != NULL && view->touched != NULL &&
         view->classes != NULL;
}

static uint32_t domain_at(const problem_rule *rule, uint32_t host) {
  return rule->form == RULE_FORM_HOSTS ? host_bits_test(rule->allowed, host)
                                       : rule->domain_of[host];
}

static void touch(rule_view *view, uint32_t domain) {
  if (view->fixed[domain] == 0 && view->most[domain] == 0)
    view->touched[view->touched_count++] = domain;
}

static void clear_view(rule_view *view) {
  for (uint32_t i = 0; i < view->touched_count; i++) {
    view->fixed[view->touched[i]] = 0;
    view->most[view->touched[i]] = 0;
  }
  view->touched_count = view->class_count = 0;
  view->free_members = 0;
}

static void count_members(program_building *b, rule_view *view) {
  const problem_rule *rule = view->rule;
  for (uint32_t i = 0; i < rule->member_count; i++) {
    uint32_t item = rule->members[i], host = b->state->host[item], class = b->item_class[item];
    if (class == BERTH_NONE && host != BERTH_NONE) {
      touch(view, domain_at(rule, host));
      view->fixed[domain_at(rule, host)]++;
    } else if (class != BERTH_NONE) {
      view->free_members++;
      if (b->out->class_items[b->out->classes[class].first] == item)
        view->classes[view->class_count++] = class;
    }
  }
}

typedef void (*column_visit)(program_building *b, rule_view *view, uint32_t column,
                             uint32_t domain);

static void visit_columns(program_building *b, rule_view *view, column_visit visit) {
  for (uint32_t i = 0; i < view->class_count; i++) {
    const item_class *class = &b->out->classes[view->classes[i]];
    for (uint32_t j = class->first_column; j < class->first_column + class->column_count; j++) {
      if (b->out->columns[j].kind == COLUMN_COUNT)
        visit(b, view, j, domain_at(view->rule, b->out->columns[j].host));
    }
  }
}

static void sum_column(program_building *b, rule_view *view, uint32_t column, uint32_t domain) {
  touch(view, domain);
  assert(b->out->upper[column] > 0);
  view->most[domain] += b->out->upper[column];
}

static void enter_column(program_building *b, rule_view *view, uint32_t column, uint32_t domain) {
  if (view->row[domain] != BERTH_NONE)
    program_add_entry(b, view->row[domain], column, 1);
}

static void view_rule(program_building *b, uint32_t index, rule_view *view) {
  view->index = index;
  view->rule = &b->out->problem->rules[index];
  count_members(b, view);
  visit_columns(b, view, sum_column);
  uint32_t occupied = 0;
  view->broken_by_fixed = false;
  for (uint32_t i = 0; i < view->touched_count; i++) {
    uint32_t d = view->touched[i];
    view->row[d] = BERTH_NONE;
    occupied += view->fixed[d] > 0;
    if (view->most[d] > view->free_members)
      view->most[d] = view->free_members;
    view->broken_by_fixed |= view->rule->form == RULE_FORM_SPREAD && view->fixed[d] > view->rule->k;
  }
  view->broken_by_fixed |= view->rule->form == RULE_FORM_HOSTS && view->fixed[0] > 0;
  view->broken_by_fixed |= view->rule->form == RULE_FORM_TOGETHER && occupied > 1;
}

static uint32_t broken_indicator(program_building *b, const rule_view *view) {
  uint32_t column = program_add_indicator(b, b->state->rules[view->index].broken_by > 0);
  program_note_cost(b, column,
                    view->rule->must ? BERTH_LEVEL_VIOLATIONS : BERTH_LEVEL_SHOULD_BROKEN);
  return column;
}

/* Members outside the allowed hosts ≤ M · broken. Admission already keeps members of must rules
 * from moving outside; they can only stay there. */
static void add_hosts_rule(program_building *b, rule_view *view) {
  if (view->broken_by_fixed || view->most[0] == 0)
    return; /* broken whatever moves, or kept whatever moves */
  view->row[0] = program_add_row(b, MIP_FREE, 0);
  visit_columns(b, view, enter_column);
  program_add_entry(b, view->row[0], broken_indicator(b, view), -view->most[0]);
}

/* Members in a domain ≤ k, or ≤ what is allowed when broken. */
static void add_spread_rule(program_building *b, rule_view *view) {
  const problem_rule *rule = view->rule;
  uint32_t indicator = BERTH_NONE;
  for (uint32_t i = 0; i < view->touched_count; i++) {
    uint32_t d = view->touched[i];
    int64_t k = rule->k, fixed = view->fixed[d], most = view->most[d];
    int64_t limit =
        rule->must ? placement_spread_limit(b->state, view->index, d) : fixed + view->free_members;
    if (view->broken_by_fixed)
      k = limit;
    if (most == 0 || fixed + most <= k)
      continue;
    view->row[d] = program_add_row(b, MIP_FREE, k - fixed);
    if (limit <= k)
      continue;
    if (indicator == BERTH_NONE)
      indicator = broken_indicator(b, view);
    program_add_entry(b, view->row[d], indicator, k - limit);
  }
  visit_columns(b, view, enter_column);
}

/* Each domain with a member is occupied; occupied domains ≤ 1, or more when broken. */
static void add_together_rule(program_building *b, rule_view *view) {
  const problem_rule *rule = view->rule;
  int64_t occupied = 0, choices = 0;
  for (uint32_t i = 0; i < view->touched_count; i++) {
    occupied += view->fixed[view->touched[i]] > 0;
    choices += view->fixed[view->touched[i]] == 0;
  }
  if (choices == 0 || (view->broken_by_fixed && !rule->must))
    return;
  int64_t limit = rule->must ? rule->span_limit : occupied + choices;
  uint32_t total = program_add_row(b, MIP_FREE, (view->broken_by_fixed ? limit : 1) - occupied);
  for (uint32_t i = 0; i < view->touched_count; i++) {
    uint32_t d = view->touched[i];
    if (view->fixed[d] > 0)
      continue;
    bool start = domain_counter_get(&b->state->rules[view->index].members, d) > 0;
    uint32_t indicator = program_add_indicator(b, start);
    view->row[d] = program_add_row(b, MIP_FREE, 0);
    program_add_entry(b, view->row[d], indicator, -view->most[d]);
    program_add_entry(b, total, indicator, 1);
  }
  visit_columns(b, view, enter_column);
  if (!view->broken_by_fixed && limit > 1)
    program_add_entry(b, total, broken_indicator(b, view), 1 - limit);
}

bool program_add_rule_rows(program_building *b) {
  const problem *p = b->out->problem;
  rule_view view;
  if (!view_init(b, &view))
    return false;
  for (uint32_t g = 0; g < p->rule_count; g++) {
    view_rule(b, g, &view);
    if (view.class_count > 0 && view.rule->form == RULE_FORM_HOSTS)
      add_hosts_rule(b, &view);
    else if (view.class_count > 0 && view.rule->form == RULE_FORM_SPREAD)
      add_spread_rule(b, &view);
    else if (view.class_count > 0)
      add_together_rule(b, &view);
    clear_view(&view);
  }
  return !b->failed;
}
