/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file plan_csv.h
 * The steps of a plan as CSV, a row each.
 */
#ifndef BERTH_CLI_PLAN_CSV_H
#define BERTH_CLI_PLAN_CSV_H

#include <berth/plan.h>
#include <stdio.h>

/** Takes a berth_plan. */
void plan_csv_write(FILE *out, const void *what);

#endif
