/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file words.h
 * Inverses of the word functions of inventory.h, plan.h and scenario.h, for readers. Each returns
 * false, leaving *out as it was, if @p word is none of the enumeration's words. Any thread.
 */
#ifndef BERTH_MODEL_WORDS_H
#define BERTH_MODEL_WORDS_H

#include <berth/plan.h>

bool word_parse_host_state(const char *word, berth_host_state *out);
bool word_parse_wake(const char *word, berth_wake *out);
bool word_parse_power(const char *word, berth_power *out);
bool word_parse_priority(const char *word, berth_priority *out);
bool word_parse_domain(const char *word, berth_domain *out);
bool word_parse_rule_type(const char *word, berth_rule_type *out);
bool word_parse_strength(const char *word, berth_strength *out);
bool word_parse_numa(const char *word, berth_numa *out);
bool word_parse_era(const char *word, berth_era *out);
bool word_parse_isolation(const char *word, berth_isolation *out);
bool word_parse_ready_when(const char *word, berth_ready_when *out);
bool word_parse_admission(const char *word, berth_admission *out);
bool word_parse_drs_automation(const char *word, berth_automation *out);
bool word_parse_dpm_automation(const char *word, berth_automation *out);
bool word_parse_outcome(const char *word, berth_outcome *out);
bool word_parse_step_type(const char *word, berth_step_type *out);
bool word_parse_how(const char *word, berth_how *out);
bool word_parse_weigh(const char *word, berth_weigh *out);
bool word_parse_reason(const char *word, berth_reason *out);
bool word_parse_met(const char *word, berth_met *out);
bool word_parse_chain_kind(const char *word, berth_chain_kind *out);
bool word_parse_chain_join(const char *word, berth_chain_join *out);
bool word_parse_event_type(const char *word, berth_event_type *out);

#endif
