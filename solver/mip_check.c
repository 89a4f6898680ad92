/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact check of an integer solution, the same for every back-end. Rows are summed in 128 bits: no
 * model that fits in memory can overflow them.
 */
#include "mip.h"
#include <assert.h>
#include <string.h>

static bool columns_hold(const mip_model *model, const int64_t *values, int64_t *objective) {
  mip_wide cost = 0;
  for (uint32_t j = 0; j < model->column_count; j++) {
    if (values[j] < model->lower[j] || values[j] > model->upper[j])
      return false;
    cost += (mip_wide)model->cost[j] * values[j];
  }
  *objective = (int64_t)cost;
  return cost == (mip_wide)*objective;
}

static bool is_within(mip_wide activity, int64_t lower, int64_t upper) {
  return (lower == MIP_FREE || activity >= lower) && (upper == MIP_FREE || activity <= upper);
}

bool mip_check(const mip_model *model, const int64_t *values, mip_wide *activity,
               int64_t *objective) {
  if (!columns_hold(model, values, objective))
    return false;
  if (model->row_count > 0)
    memset(activity, 0, model->row_count * sizeof *activity);
  for (size_t e = 0; e < model->entry_count; e++) {
    assert(model->entry_row[e] < model->row_count && model->entry_column[e] < model->column_count);
    activity[model->entry_row[e]] +=
        (mip_wide)model->entry_value[e] * values[model->entry_column[e]];
  }
  for (uint32_t i = 0; i < model->row_count; i++) {
    if (!is_within(activity[i], model->row_lower[i], model->row_upper[i]))
      return false;
  }
  return true;
}
