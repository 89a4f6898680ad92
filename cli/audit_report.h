/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file audit_report.h
 * An audit as text for people, as JSON (berth-audit/1), as CSV, or as a page.
 */
#ifndef BERTH_CLI_AUDIT_REPORT_H
#define BERTH_CLI_AUDIT_REPORT_H

#include <berth/audit.h>
#include <berth/page.h>
#include <stdio.h>

/** What is shown. */
typedef struct audit_report {
  const berth_inventory *inventory;
  const berth_audit *audit;
  uint32_t failures; /* as asked */
  berth_domain domain;
  uint32_t width; /* of the page; text only */
} audit_report;

/** Each takes an audit_report. */
void audit_report_text(FILE *out, const void *what);
void audit_report_json(FILE *out, const void *what);
/** A row for each unit. */
void audit_report_csv(FILE *out, const void *what);

/** What a page has below its heading. */
void audit_report_html(berth_page *page, const void *what);

/** The answer of one cluster in sentences, each between @p before and @p after. */
void audit_put_answer(FILE *out, const audit_report *report, const berth_audit_cluster *cluster,
                      const char *before, const char *after);

/** Name of a policy: "slots", "percentage", "dedicated". */
const char *audit_claim_word(berth_audit_claim claim);

/** Whether there is something to ask the policy about. */
bool audit_policy_exists(const berth_audit_cluster *cluster, berth_audit_claim claim);

/** Columns in which there is nothing but zeros are left out, those that everybody looks for apart.
 */
bool audit_column_shown(const berth_audit_cluster *cluster, int verdict);

/** What the policy says of @p size failures differs from what is proved. @param[out] lost whether
 *  it says yes to what is lost, or no to what is survived. */
bool audit_claim_differs(const berth_audit_cluster *cluster, berth_audit_claim claim, uint32_t size,
                         bool *lost);

/** The first listed set of that size that is lost, or NULL. */
const berth_audit_set *audit_witness(const berth_audit_cluster *cluster, uint32_t size);

#endif
