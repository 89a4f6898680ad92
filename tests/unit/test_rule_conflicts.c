/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that contradict each other: which is disabled, because of which, and which are left alone.
 */
#include "frozen.h"
#include "inventory_fixture.h"
#include <stdio.h>

TestSuite(rule_conflicts);

/* A rule of a case; `disabled_by`: index of the rule that disables it, -1 = stays in force. */
typedef struct conflict_rule {
  berth_rule_type type;
  berth_strength strength;
  berth_domain over;
  int64_t count;
  char vms[16], hosts[16];
  int disabled_by;
} conflict_rule;

typedef struct conflict_case {
  char name[48];
  conflict_rule rules[4];
  uint32_t count;
} conflict_case;

#define RUN_ON BERTH_RULE_RUN_ON, BERTH_MUST, BERTH_DOMAIN_HOST, 1
#define NOT_RUN_ON BERTH_RULE_NOT_RUN_ON, BERTH_MUST, BERTH_DOMAIN_HOST, 1
#define TOGETHER BERTH_RULE_TOGETHER, BERTH_MUST, BERTH_DOMAIN_HOST, 1
#define APART BERTH_RULE_APART, BERTH_MUST, BERTH_DOMAIN_HOST, 1

/* Hosts a, b, c and d; a and b are in rack r0, c in r1, d in none. VMs u, v, w, x. */
static const conflict_case cases[] = {
    {"older together yields to apart", {{TOGETHER, "u v w", "", 1}, {APART, "v w x", "", -1}}, 2},
    {"one member in common is none", {{TOGETHER, "u v", "", -1}, {APART, "v w", "", -1}}, 2},
    {"at most two of three",
     {{BERTH_RULE_AT_MOST, BERTH_MUST, BERTH_DOMAIN_HOST, 2, "u v w", "", -1},
      {TOGETHER, "u v w", "", 0},
      {TOGETHER, "u v", "", -1}},
     3},
    {"should apart yields to must together",
     {{BERTH_RULE_APART, BERTH_SHOULD, BERTH_DOMAIN_HOST, 1, "u v", "", 1},
      {TOGETHER, "u v", "", -1}},
     2},
    {"should together yields to must apart",
     {{BERTH_RULE_TOGETHER, BERTH_SHOULD, BERTH_DOMAIN_HOST, 1, "u v", "", 1},
      {APART, "u v", "", -1}},
     2},
    {"should and should: apart stays",
     {{BERTH_RULE_TOGETHER, BERTH_SHOULD, BERTH_DOMAIN_HOST, 1, "u v", "", 1},
      {BERTH_RULE_APART, BERTH_SHOULD, BERTH_DOMAIN_HOST, 1, "u v", "", -1}},
     2},
    {"together in a rack, apart on hosts",
     {{BERTH_RULE_TOGETHER, BERTH_MUST, BERTH_DOMAIN_RACK, 1, "u v", "", -1},
      {APART, "u v", "", -1}},
     2},
    {"together on a host, apart in racks",
     {{TOGETHER, "u v", "", 1},
      {BERTH_RULE_APART, BERTH_MUST, BERTH_DOMAIN_RACK, 1, "u v", "", -1}},
     2},
    {"disjoint hosts", {{RUN_ON, "u v", "a b", -1}, {RUN_ON, "v w", "c d", 0}}, 2},
    {"disjoint hosts, no common VM", {{RUN_ON, "u", "a b", -1}, {RUN_ON, "v", "c d", -1}}, 2},
    {"overlapping hosts", {{RUN_ON, "u", "a b", -1}, {RUN_ON, "u", "b c", -1}}, 2},
    {"on and not on the same", {{RUN_ON, "u", "a b", -1}, {NOT_RUN_ON, "u", "a b c", 0}}, 2},
    {"on one that is left", {{RUN_ON, "u", "a b", -1}, {NOT_RUN_ON, "u", "a c", -1}}, 2},
    {"nowhere at all", {{NOT_RUN_ON, "u", "a b", -1}, {NOT_RUN_ON, "u", "c d", 0}}, 2},
    {"a should rule contradicts nothing",
     {{RUN_ON, "u", "a", -1},
      {BERTH_RULE_RUN_ON, BERTH_SHOULD, BERTH_DOMAIN_HOST, 1, "u", "b", -1}},
     2},
    /* Each two leave a host, all three none: the newest goes, named after the oldest. */
    {"three that leave nothing",
     {{NOT_RUN_ON, "u", "a", -1}, {NOT_RUN_ON, "u", "b", -1}, {RUN_ON, "u", "a b", 0}},
     3},
    /* A disabled rule counts for nothing. */
    {"after a disabled one",
     {{RUN_ON, "u", "a", -1}, {RUN_ON, "u", "b", 0}, {NOT_RUN_ON, "u", "b c", -1}},
     3},
    /* Named is the rule of the VM that has nothing in common with those before it. */
    {"together without a common host",
     {{RUN_ON, "u", "a b", -1}, {RUN_ON, "v", "c", -1}, {TOGETHER, "u v", "", 1}},
     3},
    {"older together stays",
     {{TOGETHER, "u v", "", -1}, {RUN_ON, "u", "a b", -1}, {RUN_ON, "v", "c", 0}},
     3},
    {"together in a rack of both",
     {{RUN_ON, "u", "a", -1},
      {RUN_ON, "v", "b", -1},
      {BERTH_RULE_TOGETHER, BERTH_MUST, BERTH_DOMAIN_RACK, 1, "u v", "", -1}},
     3},
    {"together in a rack of one only",
     {{BERTH_RULE_TOGETHER, BERTH_MUST, BERTH_DOMAIN_RACK, 1, "u v", "", -1},
      {NOT_RUN_ON, "u", "a b", -1},
      {RUN_ON, "v", "a b", 0}},
     3},
    {"together with what is left of hosts",
     {{TOGETHER, "u v w", "", -1},
      {NOT_RUN_ON, "u", "a", -1},
      {NOT_RUN_ON, "v", "b c", -1},
      {NOT_RUN_ON, "w", "d", 0}},
     4},
};

static fixture prepare(const conflict_case *c) {
  static const char *const hosts[] = {"a", "b", "c", "d"}, *const vms[] = {"u", "v", "w", "x"},
                           *const racks[] = {"r0", "r0", "r1", NULL};
  fixture f = fixture_begin();
  uint32_t cluster = fixture_cluster(&f, "c");
  for (int i = 0; i < 4; i++) {
    berth_host_spec host = fixture_host_spec(hosts[i], 1, 1);
    host.rack = racks[i];
    fixture_add_host(&f, cluster, host);
    fixture_vm(&f, cluster, vms[i], NULL, 1, 1);
  }
  for (uint32_t i = 0; i < c->count; i++) {
    char id[16];
    snprintf(id, sizeof id, "r%u", i);
    const conflict_rule *r = &c->rules[i];
    berth_rule_spec spec = fixture_rule_spec(id, r->type, r->strength, r->vms, r->hosts);
    spec.over = r->over;
    spec.count = r->count;
    spec.position = fixture_at(i + 1);
    fixture_add_rule(&f, cluster, spec);
  }
  return f;
}

Test(rule_conflicts, cases) {
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    const conflict_case *c = &cases[k];
    fixture f = prepare(c);
    const berth_inventory *inventory = fixture_freeze(&f);
    size_t disabled = 0;
    for (uint32_t i = 0; i < c->count; i++) {
      const frozen_rule *rule = &inventory->rules[i];
      int by = rule->disabled_by == BERTH_NONE ? -1 : (int)rule->disabled_by;
      cr_assert_eq(by, c->rules[i].disabled_by, "%s: rule %u by %d", c->name, i, by);
      cr_assert_eq(rule->enabled, by < 0, "%s", c->name);
      if (by < 0)
        continue;
      const berth_problem *problem = berth_context_problem(f.ctx, disabled++);
      cr_assert_not_null(problem, "%s", c->name);
      cr_assert_eq(problem->severity, BERTH_WARNING);
      cr_assert_eq(problem->position.line, i + 1, "%s", c->name);
    }
    cr_assert_eq(berth_context_problem_count(f.ctx), disabled, "%s", c->name);
    berth_inventory_release(inventory);
    fixture_end(&f);
  }
}

Test(rule_conflicts, what_the_warning_says) {
  static const conflict_case pair = {
      "pair", {{RUN_ON, "u", "a b", -1}, {RUN_ON, "u", "c d", 0}}, 2};
  fixture f = prepare(&pair);
  berth_inventory_release(fixture_freeze(&f));
  cr_assert_str_eq(berth_context_problem(f.ctx, 0)->text,
                   "rule \"r1\" and the older rule \"r0\" leave VM \"u\" no host; it is disabled; "
                   "expected must rules that some host fulfils");
  fixture_end(&f);
}

/* Rules of different clusters have nothing to do with each other, whatever their age. */
Test(rule_conflicts, clusters_are_apart) {
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c"), d = fixture_cluster(&f, "d");
  fixture_host(&f, c, "a", 1, 1);
  fixture_host(&f, d, "b", 1, 1);
  fixture_vm(&f, c, "u", NULL, 1, 1);
  fixture_vm(&f, d, "v", NULL, 1, 1);
  fixture_rule(&f, c, "r", BERTH_RULE_RUN_ON, BERTH_MUST, "u", "a");
  fixture_rule(&f, d, "s", BERTH_RULE_RUN_ON, BERTH_MUST, "v", "b");
  berth_inventory_release(fixture_freeze(&f));
  cr_assert_eq(berth_context_problem_count(f.ctx), 0);
  fixture_end(&f);
}

/* Many rules over one hub VM would mean looking at all pairs; the search is cut and says so. */
Test(rule_conflicts, entangled_rules_are_cut_short) {
  enum { RULES = 8000 };
  fixture f = fixture_begin();
  uint32_t c = fixture_cluster(&f, "c");
  fixture_host(&f, c, "a", 1, 1);
  fixture_vm(&f, c, "hub", NULL, 1, 1);
  for (int i = 0; i < 2 * RULES; i++) {
    char id[24], vms[24];
    snprintf(id, sizeof id, "v%d", i);
    snprintf(vms, sizeof vms, "hub v%d", i);
    fixture_vm(&f, c, id, NULL, 1, 1);
    fixture_rule(&f, c, id, i % 2 ? BERTH_RULE_APART : BERTH_RULE_TOGETHER, BERTH_MUST, vms, NULL);
  }
  berth_inventory_release(fixture_freeze(&f));
  cr_assert_eq(berth_context_problem_count(f.ctx), 1);
  cr_assert_not_null(fixture_problem(&f, "not all conflicts among rules were looked for"));
  fixture_end(&f);
}
