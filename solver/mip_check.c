/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact check of an integer solution, the same for every back-end. Rows are summed in 128 bits: no
 * model that fits in memory can overflow them.
 */
#include "mip.h"
#include <assert.h>
#include <stdlib.h>

__extension__ typedef __int128 wide;

static bool columns_hold(const mip_model *model, const int64_t *values, int64_t *objective) {
  wide cost = 0;
  for (uint32_t j = 0; j < model->column_count; j++) {
    if (values[j] < model->lower[j] || values[j] > model->upper[j])
      return false;
    cost += (wide)model->cost[j] * values[j];
  }
  *objective = (int64_t)cost;
  return cost == (wide)*objective;
}

bool mip_check(const mip_model *model, const int64_t *values, int64_t *objective) {
  if (!columns_hold(model, values, objective))
    return false;
  wide *activity = calloc(model->row_count > 0 ? model->row_count : 1, sizeof *activity);
  if (activity == NULL)
    return false;
  for (size_t e = 0; e < model->entry_count; e++) {
    assert(model->entry_row[e] < model->row_count);
    activity[model->entry_row[e]] += (wide)model->entry_value[e] * values[model->entry_column[e]];
  }
  bool holds = true;
  for (uint32_t i = 0; i < model->row_count && holds; i++) {
    holds = (model->row_lower[i] == MIP_FREE || activity[i] >= model->row_lower[i]) &&
            (model->row_upper[i] == MIP_FREE || activity[i] <= model->row_upper[i]);
  }
  free(activity);
  return holds;
}
