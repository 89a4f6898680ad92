/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays of an arena that double; the first lack of memory ends it all. */
#include "program_building.h"
#include <assert.h>
#include <string.h>

bool program_grow(arena *memory, void **array, size_t used, size_t room, size_t size) {
  void *bigger = arena_take(memory, room, size);
  if (bigger == NULL)
    return false;
  if (used > 0)
    memcpy(bigger, *array, used * size);
  *array = bigger;
  return true;
}

uint32_t program_add_column(program_building *b, program_column column, int64_t lower,
                            int64_t upper, int64_t start) {
  integer_program *p = b->out;
  uint32_t j = p->column_count;
  if (b->failed)
    return 0;
  if (j == p->column_room) {
    uint32_t room = p->column_room == 0 ? 256 : 2 * p->column_room;
    if (!program_grow(p->memory, (void **)&p->columns, j, room, sizeof *p->columns) ||
        !program_grow(p->memory, (void **)&p->lower, j, room, sizeof *p->lower) ||
        !program_grow(p->memory, (void **)&p->upper, j, room, sizeof *p->upper) ||
        !program_grow(p->memory, (void **)&p->start, j, room, sizeof *p->start)) {
      b->failed = true;
      return 0;
    }
    p->column_room = room;
  }
  assert(lower <= start && start <= upper);
  p->columns[j] = column;
  p->lower[j] = lower;
  p->upper[j] = upper;
  p->start[j] = start;
  return p->column_count++;
}

uint32_t program_add_indicator(program_building *b, bool start) {
  assert(b->failed || b->out->class_count > 0);
  return program_add_column(b, (program_column){COLUMN_INDICATOR, BERTH_NONE, BERTH_NONE}, 0, 1,
                            start);
}

uint32_t program_add_row(program_building *b, int64_t lower, int64_t upper) {
  integer_program *p = b->out;
  uint32_t i = p->row_count;
  if (b->failed)
    return 0;
  if (i == p->row_room) {
    uint32_t room = p->row_room == 0 ? 256 : 2 * p->row_room;
    if (!program_grow(p->memory, (void **)&p->row_lower, i, room, sizeof *p->row_lower) ||
        !program_grow(p->memory, (void **)&p->row_upper, i, room, sizeof *p->row_upper)) {
      b->failed = true;
      return 0;
    }
    p->row_room = room;
  }
  assert(lower == MIP_FREE || upper == MIP_FREE || lower <= upper);
  p->row_lower[i] = lower;
  p->row_upper[i] = upper;
  return p->row_count++;
}

void program_add_entry(program_building *b, uint32_t row, uint32_t column, int64_t value) {
  integer_program *p = b->out;
  size_t e = p->entry_count;
  if (b->failed || value == 0)
    return;
  if (e == p->entry_room) {
    size_t room = p->entry_room == 0 ? 1024 : 2 * p->entry_room;
    if (!program_grow(p->memory, (void **)&p->entry_row, e, room, sizeof *p->entry_row) ||
        !program_grow(p->memory, (void **)&p->entry_column, e, room, sizeof *p->entry_column) ||
        !program_grow(p->memory, (void **)&p->entry_value, e, room, sizeof *p->entry_value)) {
      b->failed = true;
      return;
    }
    p->entry_room = room;
  }
  assert(row < p->row_count && column < p->column_count);
  p->entry_row[e] = row;
  p->entry_column[e] = column;
  p->entry_value[e] = value;
  p->entry_count++;
}

void program_note_cost(program_building *b, uint32_t column, berth_level level) {
  cost_notes *notes = &b->notes;
  if (notes->count == notes->room) {
    uint32_t room = notes->room == 0 ? 64 : 2 * notes->room;
    if (!program_grow(b->out->memory, (void **)&notes->list, notes->count, room,
                      sizeof *notes->list)) {
      b->failed = true;
      return;
    }
    notes->room = room;
  }
  notes->list[notes->count++] = (cost_note){column, level};
}
