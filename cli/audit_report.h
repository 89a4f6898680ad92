/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file audit_report.h
 * An audit as text for people, or as JSON (berth-audit/1).
 */
#ifndef BERTH_CLI_AUDIT_REPORT_H
#define BERTH_CLI_AUDIT_REPORT_H

#include <berth/audit.h>
#include <stdio.h>

/** What is shown. */
typedef struct audit_report {
  const berth_inventory *inventory;
  const berth_audit *audit;
  uint32_t failures; /* as asked */
  berth_domain domain;
  uint32_t width; /* of the page; text only */
} audit_report;

void audit_report_text(FILE *out, const audit_report *report);
void audit_report_json(FILE *out, const audit_report *report);

/** Name of a policy: "slots", "percentage", "dedicated". */
const char *audit_claim_word(berth_audit_claim claim);

/** What the policy says of @p size failures differs from what is proved. @param[out] lost whether
 *  it says yes to what is lost, or no to what is survived. */
bool audit_claim_differs(const berth_audit_cluster *cluster, berth_audit_claim claim, uint32_t size,
                         bool *lost);

/** The first listed set of that size that is lost, or NULL. */
const berth_audit_set *audit_witness(const berth_audit_cluster *cluster, uint32_t size);

#endif
