/* SPDX-License-Identifier: Apache-2.0 */
/* Options: defaults, bounds and units; and the words of goals, levels and enumerations. */
#include "words.h"
#include <berth/option.h>
#include <criterion/criterion.h>

TestSuite(options);

Test(options, defaults) {
  berth_options options;
  berth_options_init(&options);
  cr_assert_eq(options.value[BERTH_OPTION_TIME_LIMIT], 60000);
  cr_assert_eq(options.value[BERTH_OPTION_SEED], 1);
  cr_assert_eq(options.value[BERTH_OPTION_DEADLINE], 0);
  cr_assert_str_eq(berth_option_describe(BERTH_OPTION_THREADS)->name, "threads");
  cr_assert_null(berth_option_describe(BERTH_OPTION_COUNT));
}

Test(options, bounds) {
  berth_context *ctx;
  berth_options options;
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  berth_options_init(&options);
  cr_assert_eq(berth_options_set(ctx, &options, BERTH_OPTION_THREADS, 256), BERTH_OK);
  cr_assert_eq(berth_options_set(ctx, &options, BERTH_OPTION_THREADS, 257), BERTH_E_ARGUMENT);
  cr_assert_eq(options.value[BERTH_OPTION_THREADS], 256, "a refused value changes nothing");
  cr_assert_str_eq(berth_context_detail(ctx), "threads is 257; expected 0 to 256");
  cr_assert_eq(berth_options_set(ctx, &options, BERTH_OPTION_COUNT, 0), BERTH_E_ARGUMENT);
  cr_assert_eq(berth_options_parse(ctx, &options, BERTH_OPTION_COUNT, "1"), BERTH_E_ARGUMENT);
  berth_context_free(ctx);
}

typedef struct reading {
  berth_option option;
  char text[24];
  int64_t value; /* -1 = refused */
} reading;

static const reading readings[] = {
    {BERTH_OPTION_TIME_LIMIT, "250ms", 250},
    {BERTH_OPTION_TIME_LIMIT, "10s", 10000},
    {BERTH_OPTION_TIME_LIMIT, "10", 10000},
    {BERTH_OPTION_TIME_LIMIT, "5m", 300000},
    {BERTH_OPTION_TIME_LIMIT, "2h", 7200000},
    {BERTH_OPTION_TIME_LIMIT, "0s", -1},
    {BERTH_OPTION_TIME_LIMIT, "25h", -1},
    {BERTH_OPTION_TIME_LIMIT, "1.5s", -1},
    {BERTH_OPTION_TIME_LIMIT, "-1s", -1},
    {BERTH_OPTION_TIME_LIMIT, "s", -1},
    {BERTH_OPTION_TIME_LIMIT, "", -1},
    {BERTH_OPTION_TIME_LIMIT, "9223372036854775807h", -1},
    {BERTH_OPTION_DEADLINE, "90s", 90},
    {BERTH_OPTION_DEADLINE, "15m", 900},
    {BERTH_OPTION_DEADLINE, "2h", 7200},
    {BERTH_OPTION_DEADLINE, "7", 7},
    {BERTH_OPTION_DEADLINE, "500ms", -1},
    {BERTH_OPTION_SEED, "9223372036854775807", INT64_MAX},
    {BERTH_OPTION_SEED, "9223372036854775808", -1},
    {BERTH_OPTION_SEED, "1 ", -1},
    {BERTH_OPTION_SEED, "0x10", -1},
    {BERTH_OPTION_WEIGH, "hosts", 0},
    {BERTH_OPTION_WEIGH, "power", 1},
    {BERTH_OPTION_WEIGH, "powe", -1},
    {BERTH_OPTION_WEIGH, "hosts|power", -1},
    {BERTH_OPTION_WEIGH, "", -1},
    {BERTH_OPTION_TARGET_CPU, "1000", 1000},
    {BERTH_OPTION_TARGET_CPU, "0", -1},
    {BERTH_OPTION_STRANDED_TOLERANCE, "0", 0},
    {BERTH_OPTION_STRANDED_TOLERANCE, "101", -1},
};

Test(options, reading) {
  berth_context *ctx;
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
    const reading *r = &readings[i];
    berth_options options;
    berth_options_init(&options);
    berth_status status = berth_options_parse(ctx, &options, r->option, r->text);
    cr_assert_eq(status, r->value < 0 ? BERTH_E_ARGUMENT : BERTH_OK, "%s", r->text);
    if (r->value >= 0)
      cr_assert_eq(options.value[r->option], r->value, "%s", r->text);
  }
  berth_context_free(ctx);
}

/* The words of the documents and back; a word of no enumeration leaves the value as it was. */
Test(options, words) {
  berth_automation automation = BERTH_AUTOMATION_MANUAL;
  cr_assert_str_eq(berth_dpm_automation_word(BERTH_AUTOMATION_FULL), "automatic");
  cr_assert_str_eq(berth_drs_automation_word(BERTH_AUTOMATION_FULL), "full");
  cr_assert_null(berth_dpm_automation_word(BERTH_AUTOMATION_PARTIAL));
  cr_assert_not(word_parse_dpm_automation("partial", &automation));
  cr_assert_not(word_parse_dpm_automation("full", &automation));
  cr_assert_eq(automation, BERTH_AUTOMATION_MANUAL);
  cr_assert(word_parse_dpm_automation("automatic", &automation));
  cr_assert_eq(automation, BERTH_AUTOMATION_FULL);
  cr_assert_null(berth_priority_word(BERTH_PRIORITY_UNSET));
  cr_assert_null(berth_host_state_word((berth_host_state)77));
  berth_host_state state;
  cr_assert(word_parse_host_state("entering-maintenance", &state));
  cr_assert_eq(state, BERTH_HOST_ENTERING_MAINTENANCE);
  cr_assert_not(word_parse_host_state("Online", &state), "words are exact");
  cr_assert_not(word_parse_host_state("", &state));
}

/* Every word leads back to its value. */
Test(options, words_round_trip) {
  for (unsigned i = 0; i < BERTH_EVENT_COUNT; i++) {
    berth_event_type type;
    cr_assert(word_parse_event_type(berth_event_type_word((berth_event_type)i), &type));
    cr_assert_eq((unsigned)type, i);
  }
  for (unsigned i = 0; i < BERTH_REASON_COUNT; i++) {
    berth_reason reason;
    cr_assert(word_parse_reason(berth_reason_word((berth_reason)i), &reason));
    cr_assert_eq((unsigned)reason, i);
  }
  for (unsigned i = 0; i < BERTH_LEVEL_COUNT; i++) {
    berth_level level;
    cr_assert(berth_level_parse(berth_level_name((berth_level)i), &level));
    cr_assert_eq((unsigned)level, i);
  }
  for (unsigned i = 0; i < BERTH_GOAL_COUNT; i++) {
    berth_goal goal;
    cr_assert(berth_goal_parse(berth_goal_word((berth_goal)i), &goal));
    cr_assert_eq((unsigned)goal, i);
  }
  berth_goal goal;
  berth_level level;
  cr_assert_not(berth_goal_parse("fail", &goal));
  cr_assert_not(berth_level_parse("unplaced.", &level));
}

/* docs/model.md, section 7. */
Test(options, ladders) {
  berth_level levels[BERTH_LEVEL_COUNT];
  cr_assert_eq(berth_goal_ladder(BERTH_GOAL_FAILOVER, levels), 11);
  cr_assert_eq(levels[0], BERTH_LEVEL_VIOLATIONS);
  cr_assert_eq(levels[5], BERTH_LEVEL_UNPLACED_LOWEST);
  cr_assert_eq(levels[10], BERTH_LEVEL_MAKESPAN);
  cr_assert_eq(berth_goal_ladder(BERTH_GOAL_PLACE, levels), 6);
  cr_assert_eq(levels[5], BERTH_LEVEL_MEMORY_MOVED, "placing has no makespan");
  cr_assert_eq(berth_goal_ladder(BERTH_GOAL_DEFRAGMENT, levels), 6);
  cr_assert_eq(levels[3], BERTH_LEVEL_MIGRATIONS, "defragmenting wakes no host");
  cr_assert_eq(berth_goal_ladder(BERTH_GOAL_COUNT, levels), 0);
  cr_assert(berth_goal_may_wake(BERTH_GOAL_FAILOVER));
  cr_assert_not(berth_goal_may_wake(BERTH_GOAL_DEFRAGMENT));
}
