/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The notes about sources: one a source, in order of mention, counts with the right number, and
 * bounded whatever is counted.
 */
#include "source_report.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static berth_context *ctx;
static source_report *report;

static void set_up(void) {
  cr_assert_eq(berth_context_new(NULL, &ctx), BERTH_OK);
  report = source_report_new(ctx);
  cr_assert_not_null(report);
}

static void tear_down(void) {
  source_report_free(report);
  berth_context_free(ctx);
}

TestSuite(source_report, .init = set_up, .fini = tear_down);

static void expect(size_t index, const char *source, const char *text) {
  const berth_problem *note = berth_context_problem(ctx, index);
  cr_assert_not_null(note);
  cr_assert_eq(note->severity, BERTH_NOTE);
  cr_assert_str_eq(note->code, SOURCE_REPORT_CODE);
  cr_assert_str_eq(note->position.source, source);
  cr_assert_eq(note->position.line, 0);
  cr_assert_str_eq(note->text, text);
}

Test(source_report, a_note_a_source_in_order_of_mention) {
  source_report_read(report, "hosts.xml", "host", 3);
  source_report_read(report, "vms.xml", "VM", 1);
  source_report_ignored(report, "hosts.xml", "<os>", 3);
  source_report_ignored(report, "hosts.xml", "<payload>", 5);
  source_report_unknown(report, "hosts.xml", "overhead of VMs", 6);
  source_report_ignored(report, "hosts.xml", "<payload>", 7);
  source_report_unknown(report, "vms.xml", "overhead of VMs", 1);
  source_report_tell(report);
  cr_assert_eq(berth_context_problem_count(ctx), 2);
  expect(0, "hosts.xml",
         "read 3 hosts; ignored 12 <payload>, 3 <os>; not known: overhead of 6 VMs");
  expect(1, "vms.xml", "read 1 VM; not known: overhead of 1 VM");
}

Test(source_report, nothing_read_is_told_nothing_ignored_is_not) {
  source_report_read(report, "a.xml", "host", 0);
  source_report_ignored(report, "a.xml", "<x>", 0);
  source_report_unknown(report, "a.xml", "clock of hosts", 0);
  source_report_tell(report);
  cr_assert_eq(berth_context_problem_count(ctx), 1);
  expect(0, "a.xml", "read 0 hosts");
}

Test(source_report, kinds_without_end_are_summed_up) {
  char kind[80];
  for (int i = 0; i < 1000; i++) {
    snprintf(kind, sizeof kind, "<an-element-with-a-name-that-is-rather-long-%04d>", i);
    source_report_ignored(report, "a.xml", kind, 2);
  }
  source_report_tell(report);
  const berth_problem *note = berth_context_problem(ctx, 0);
  cr_assert_not_null(note);
  cr_assert_lt(strlen(note->text), 900);
  unsigned told = 0, others = 0;
  for (const char *at = note->text; (at = strstr(at, "<an-")) != NULL; at++)
    told++;
  const char *last = strrchr(note->text, ',');
  cr_assert_not_null(last);
  cr_assert_eq(sscanf(last, ", %u others", &others), 1, "%s", note->text);
  cr_assert_eq(told * 2 + others, 2000, "every one is in the sum: %s", note->text);
}

Test(source_report, sources_without_end_each_have_their_note) {
  char name[40];
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < 3000; i++) {
      snprintf(name, sizeof name, "%04d.xml", i);
      source_report_read(report, name, "object", 1);
    }
  }
  source_report_tell(report);
  cr_assert_eq(berth_context_problem_count(ctx), 3000);
  expect(0, "0000.xml", "read 2 objects");
  expect(2999, "2999.xml", "read 2 objects");
}
