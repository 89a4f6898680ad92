/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words that users meet for each enumeration, and back. One list of words an enumeration, in
 * the order of its values (NULL where a value has no word); the pair of functions is the same for
 * all.
 */
#include "words.h"
#include <assert.h>
#include <string.h>

static const char *word_at(const char *const *words, size_t count, size_t value) {
  return value < count ? words[value] : NULL;
}

/* Position of `word` in the list, or `count`. */
static size_t word_index(const char *const *words, size_t count, const char *word) {
  assert(words != NULL && word != NULL);
  size_t index = 0;
  while (index < count && (words[index] == NULL || strcmp(words[index], word) != 0))
    index++;
  return index;
}

/* Defines berth_NAME_word() and word_parse_NAME() over the list NAME_words. */
#define DEFINE_WORDS(name, type)                                                                   \
  const char *berth_##name##_word(type value) {                                                    \
    return word_at(name##_words, sizeof name##_words / sizeof *name##_words, (size_t)value);       \
  }                                                                                                \
  bool word_parse_##name(const char *word, type *out) {                                            \
    size_t count = sizeof name##_words / sizeof *name##_words;                                     \
    size_t index = word_index(name##_words, count, word);                                          \
    assert(out != NULL && index <= count);                                                         \
    if (index < count)                                                                             \
      *out = (type)index;                                                                          \
    return index < count;                                                                          \
  }

static const char *const host_state_words[] = {
    [BERTH_HOST_ONLINE] = "online",
    [BERTH_HOST_MAINTENANCE] = "maintenance",
    [BERTH_HOST_ENTERING_MAINTENANCE] = "entering-maintenance",
    [BERTH_HOST_STANDBY] = "standby",
    [BERTH_HOST_FAILED] = "failed",
    [BERTH_HOST_DISCONNECTED] = "disconnected",
    [BERTH_HOST_ISOLATED] = "isolated",
};
DEFINE_WORDS(host_state, berth_host_state)

static const char *const wake_words[] = {
    [BERTH_WAKE_NONE] = "none",
    [BERTH_WAKE_IPMI] = "ipmi",
    [BERTH_WAKE_ILO] = "ilo",
    [BERTH_WAKE_WOL] = "wol",
};
DEFINE_WORDS(wake, berth_wake)

static const char *const power_words[] = {
    [BERTH_POWER_ON] = "on",
    [BERTH_POWER_OFF] = "off",
    [BERTH_POWER_SUSPENDED] = "suspended",
};
DEFINE_WORDS(power, berth_power)

static const char *const priority_words[] = {
    [BERTH_PRIORITY_HIGHEST] = "highest", [BERTH_PRIORITY_HIGH] = "high",
    [BERTH_PRIORITY_MEDIUM] = "medium",   [BERTH_PRIORITY_LOW] = "low",
    [BERTH_PRIORITY_LOWEST] = "lowest",   [BERTH_PRIORITY_DISABLED] = "disabled",
};
DEFINE_WORDS(priority, berth_priority)

static const char *const domain_words[] = {
    [BERTH_DOMAIN_HOST] = "host",
    [BERTH_DOMAIN_CHASSIS] = "chassis",
    [BERTH_DOMAIN_RACK] = "rack",
    [BERTH_DOMAIN_SITE] = "site",
};
DEFINE_WORDS(domain, berth_domain)

static const char *const rule_type_words[] = {
    [BERTH_RULE_RUN_ON] = "run-on",
    [BERTH_RULE_NOT_RUN_ON] = "not-run-on",
    [BERTH_RULE_APART] = "apart",
    [BERTH_RULE_TOGETHER] = "together",
    [BERTH_RULE_AT_MOST] = "at-most",
    [BERTH_RULE_QUIESCE] = "quiesce",
    [BERTH_RULE_RESTART_AFTER] = "restart-after",
};
DEFINE_WORDS(rule_type, berth_rule_type)

static const char *const strength_words[] = {
    [BERTH_MUST] = "must",
    [BERTH_SHOULD] = "should",
};
DEFINE_WORDS(strength, berth_strength)

static const char *const numa_words[] = {
    [BERTH_NUMA_ANY] = "any",
    [BERTH_NUMA_ONE_NODE] = "one-node",
};
DEFINE_WORDS(numa, berth_numa)

static const char *const era_words[] = {
    [BERTH_ERA_AAM] = "aam",
    [BERTH_ERA_FDM5] = "fdm5",
    [BERTH_ERA_FDM65] = "fdm65",
};
DEFINE_WORDS(era, berth_era)

static const char *const isolation_words[] = {
    [BERTH_ISOLATION_NONE] = "none",
    [BERTH_ISOLATION_POWER_OFF] = "power-off",
    [BERTH_ISOLATION_SHUTDOWN] = "shutdown",
};
DEFINE_WORDS(isolation, berth_isolation)

static const char *const ready_when_words[] = {
    [BERTH_READY_ALLOCATED] = "allocated",
    [BERTH_READY_POWERED_ON] = "powered-on",
    [BERTH_READY_GUEST_HEARTBEAT] = "guest-heartbeat",
    [BERTH_READY_APP_HEARTBEAT] = "app-heartbeat",
};
DEFINE_WORDS(ready_when, berth_ready_when)

static const char *const admission_words[] = {
    [BERTH_ADMISSION_NONE] = "none",
    [BERTH_ADMISSION_SLOTS] = "slots",
    [BERTH_ADMISSION_PERCENTAGE] = "percentage",
    [BERTH_ADMISSION_DEDICATED] = "dedicated",
};
DEFINE_WORDS(admission, berth_admission)

static const char *const drs_automation_words[] = {
    [BERTH_AUTOMATION_OFF] = "off",
    [BERTH_AUTOMATION_MANUAL] = "manual",
    [BERTH_AUTOMATION_PARTIAL] = "partial",
    [BERTH_AUTOMATION_FULL] = "full",
};
DEFINE_WORDS(drs_automation, berth_automation)

static const char *const dpm_automation_words[] = {
    [BERTH_AUTOMATION_OFF] = "off",
    [BERTH_AUTOMATION_MANUAL] = "manual",
    [BERTH_AUTOMATION_PARTIAL] = NULL, /* power management knows no partial automation */
    [BERTH_AUTOMATION_FULL] = "automatic",
};
DEFINE_WORDS(dpm_automation, berth_automation)

static const char *const outcome_words[] = {
    [BERTH_OUTCOME_OPTIMAL] = "optimal",
    [BERTH_OUTCOME_FEASIBLE] = "feasible",
    [BERTH_OUTCOME_INFEASIBLE] = "infeasible",
    [BERTH_OUTCOME_UNKNOWN] = "unknown",
};
DEFINE_WORDS(outcome, berth_outcome)

static const char *const step_type_words[] = {
    [BERTH_STEP_WAKE] = "wake",
    [BERTH_STEP_MIGRATE] = "migrate",
    [BERTH_STEP_RESTART] = "restart",
    [BERTH_STEP_POWER_ON] = "power-on",
    [BERTH_STEP_ENTER_MAINTENANCE] = "enter-maintenance",
    [BERTH_STEP_POWER_DOWN] = "power-down",
};
DEFINE_WORDS(step_type, berth_step_type)

static const char *const how_words[] = {
    [BERTH_HOW_RESTART] = "restart",
    [BERTH_HOW_MIGRATE] = "migrate",
    [BERTH_HOW_POWER_ON] = "power-on",
};
DEFINE_WORDS(how, berth_how)

static const char *const weigh_words[] = {
    [BERTH_WEIGH_HOSTS] = "hosts",
    [BERTH_WEIGH_POWER] = "power",
};
DEFINE_WORDS(weigh, berth_weigh)

static const char *const met_words[] = {
    [BERTH_MET_WORST] = "worst",
    [BERTH_MET_EXPECTED] = "expected",
    [BERTH_MET_BEST] = "best",
    [BERTH_MET_NEVER] = "no",
};
DEFINE_WORDS(met, berth_met)

static const char *const chain_kind_words[] = {
    [BERTH_CHAIN_WAIT] = "wait", [BERTH_CHAIN_COPY] = "copy",       [BERTH_CHAIN_SETTLE] = "settle",
    [BERTH_CHAIN_WAKE] = "wake", [BERTH_CHAIN_RESTART] = "restart",
};
DEFINE_WORDS(chain_kind, berth_chain_kind)

static const char *const chain_join_words[] = {
    [BERTH_JOIN_NONE] = "",           [BERTH_JOIN_VM] = "vm",     [BERTH_JOIN_WAKE] = "wake",
    [BERTH_JOIN_QUIESCE] = "quiesce", [BERTH_JOIN_ROOM] = "room", [BERTH_JOIN_LIMIT] = "limit",
    [BERTH_JOIN_ORDER] = "order",
};
DEFINE_WORDS(chain_join, berth_chain_join)

#define TABLE_WORD(constant, value, word) [value] = word,
static const char *const reason_words[] = {BERTH_REASON_TABLE(TABLE_WORD)};
DEFINE_WORDS(reason, berth_reason)

static const char *const event_type_words[] = {BERTH_EVENT_TABLE(TABLE_WORD)};
DEFINE_WORDS(event_type, berth_event_type)
#undef TABLE_WORD
