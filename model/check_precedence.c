/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of the steps: edges of `after` and `after_settled`, a topological order by depth-first
 * search (Tarjan 1976), and searches for ancestors. No closure is stored: a question searches
 * backward, no further than the position of the earliest step it asks for.
 */
#include "check_internal.h"
#include <assert.h>
#include <string.h>

#define ON_PATH 1u
#define DONE 2u

/* Copies the edges of one list; those that name no step are faults. */
static uint32_t copy_edges(check *c, uint32_t step, const uint32_t *ids, uint32_t id_count,
                           bool settled, uint32_t at) {
  if (ids == NULL && id_count > 0)
    check_fault(c, BERTH_FAULT_STEP_FORM, step, "step %u counts steps to wait for, but lists none",
                step + 1);
  for (uint32_t k = 0; ids != NULL && k < id_count; k++) {
    if (ids[k] == 0 || ids[k] > c->step_count) {
      check_fault(c, BERTH_FAULT_STEP_ORDER, step, "step %u waits for step %u, which is none",
                  step + 1, ids[k]);
      continue;
    }
    if (ids[k] > step + 1)
      check_fault(c, BERTH_FAULT_STEP_ORDER, step,
                  "step %u waits for step %u; ids have to be in an order of execution", step + 1,
                  ids[k]);
    c->graph.edges[at++] = (check_edge){.step = ids[k] - 1, .settled = settled};
  }
  return at;
}

static uint64_t count_edges(const check *c) {
  uint64_t edges = 0;
  for (uint32_t i = 0; i < c->step_count; i++) {
    const berth_plan_step *given = berth_plan_step_at(c->plan, i);
    edges += (uint64_t)given->after_count + given->after_settled_count;
  }
  return edges;
}

static void take_graph(check *c) {
  check_graph *graph = &c->graph;
  uint64_t edges = count_edges(c);
  if (edges > UINT32_MAX / 4) {
    c->exhausted = true;
    return;
  }
  graph->start = check_take(c, (size_t)c->step_count + 1, sizeof *graph->start);
  graph->edges = check_take(c, (size_t)edges, sizeof *graph->edges);
  graph->order = check_take(c, c->step_count, sizeof *graph->order);
  graph->position = check_take(c, c->step_count, sizeof *graph->position);
  graph->mark = check_take(c, c->step_count, sizeof *graph->mark);
  graph->stack = check_take(c, (size_t)c->step_count + 1, sizeof *graph->stack);
  graph->cursor = check_take(c, c->step_count, sizeof *graph->cursor);
}

static void read_edges(check *c) {
  uint32_t at = 0;
  for (uint32_t i = 0; i < c->step_count; i++) {
    const berth_plan_step *given = berth_plan_step_at(c->plan, i);
    c->graph.start[i] = at;
    at = copy_edges(c, i, given->after, given->after_count, false, at);
    at = copy_edges(c, i, given->after_settled, given->after_settled_count, true, at);
  }
  c->graph.start[c->step_count] = at;
}

static void found_cycle(check *c, uint32_t step, uint32_t before) {
  c->graph.acyclic = false;
  check_fault(c, BERTH_FAULT_STEP_ORDER, step,
              "step %u waits for step %u, which waits, at length, for step %u: a cycle", step + 1,
              before + 1, step + 1);
}

/* Depth-first from `root`: appends it and what it waits for to the order, the latter first. */
static uint32_t order_from(check *c, uint32_t root, uint32_t placed) {
  check_graph *graph = &c->graph;
  uint32_t depth = 0;
  graph->stack[depth++] = root;
  graph->mark[root] = ON_PATH;
  graph->cursor[root] = graph->start[root];
  while (depth > 0) {
    uint32_t step = graph->stack[depth - 1];
    if (graph->cursor[step] == graph->start[step + 1]) {
      graph->mark[step] = DONE;
      graph->position[step] = placed;
      graph->order[placed++] = step;
      depth--;
      continue;
    }
    uint32_t before = graph->edges[graph->cursor[step]++].step;
    assert(before < c->step_count && depth <= c->step_count);
    if (graph->mark[before] == ON_PATH) {
      found_cycle(c, step, before);
    } else if (graph->mark[before] != DONE) {
      graph->mark[before] = ON_PATH;
      graph->cursor[before] = graph->start[before];
      graph->stack[depth++] = before;
    }
  }
  return placed;
}

void check_precedence(check *c) {
  uint32_t placed = 0;
  take_graph(c);
  if (c->exhausted)
    return;
  read_edges(c);
  assert(c->graph.start[0] == 0);
  c->graph.acyclic = true;
  for (uint32_t i = 0; i < c->step_count; i++)
    if (c->graph.mark[i] != DONE)
      placed = order_from(c, i, placed);
  assert(placed == c->step_count);
  c->graph.epoch = DONE;
}

void check_new_search(check *c) {
  if (++c->graph.epoch == 0) {
    memset(c->graph.mark, 0, c->step_count * sizeof *c->graph.mark);
    c->graph.epoch = 1;
  }
}

void check_mark_ancestors(check *c, uint32_t step, uint32_t floor) {
  check_graph *graph = &c->graph;
  uint32_t depth = 0;
  assert(graph->acyclic && step < c->step_count);
  check_new_search(c);
  graph->stack[depth++] = step;
  while (depth > 0) {
    uint32_t late = graph->stack[--depth];
    for (uint32_t e = graph->start[late]; e < graph->start[late + 1]; e++) {
      uint32_t early = graph->edges[e].step;
      assert(graph->position[early] < graph->position[late]);
      if (graph->mark[early] == graph->epoch || graph->position[early] < floor)
        continue;
      graph->mark[early] = graph->epoch;
      graph->stack[depth++] = early;
    }
  }
}

bool check_marked(const check *c, uint32_t step) {
  assert(step < c->step_count);
  return c->graph.mark[step] == c->graph.epoch;
}

bool check_precedes(check *c, uint32_t early, uint32_t late) {
  const check_graph *graph = &c->graph;
  assert(graph->acyclic && early < c->step_count && late < c->step_count);
  for (uint32_t e = graph->start[late]; e < graph->start[late + 1]; e++)
    if (graph->edges[e].step == early)
      return true;
  if (check_above(c, early, late))
    return true;
  if (graph->position[early] >= graph->position[late])
    return false;
  check_mark_ancestors(c, late, graph->position[early]);
  return check_marked(c, early);
}
