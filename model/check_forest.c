/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A forest within the order of the steps: the parent of a step is, of those it waits for, the one
 * that comes last. What is above a step in its tree precedes it; numbering the trees in preorder
 * answers that at once. It says nothing of the steps in no line with each other, but plans are
 * mostly made of such lines, and then no search is needed.
 */
#include "check_internal.h"
#include <assert.h>

static void find_parents(check *c, uint32_t *parent) {
  const check_graph *graph = &c->graph;
  for (uint32_t i = 0; i < c->step_count; i++) {
    parent[i] = BERTH_NONE;
    for (uint32_t e = graph->start[i]; e < graph->start[i + 1]; e++) {
      uint32_t before = graph->edges[e].step;
      if (parent[i] == BERTH_NONE || graph->position[before] > graph->position[parent[i]])
        parent[i] = before;
    }
  }
}

/* Sizes from the leaves up; then each step takes the next free numbers of its parent. */
static void number_trees(check *c, const uint32_t *parent, uint32_t *next_free) {
  check_graph *graph = &c->graph;
  uint32_t next_root = 0;
  for (uint32_t k = c->step_count; k-- > 0;) {
    uint32_t step = graph->order[k];
    graph->tree_size[step]++;
    if (parent[step] != BERTH_NONE)
      graph->tree_size[parent[step]] += graph->tree_size[step];
  }
  for (uint32_t k = 0; k < c->step_count; k++) {
    uint32_t step = graph->order[k];
    uint32_t *free = parent[step] == BERTH_NONE ? &next_root : &next_free[parent[step]];
    graph->tree_first[step] = *free;
    *free += graph->tree_size[step];
    next_free[step] = graph->tree_first[step] + 1;
  }
  assert(next_root == c->step_count);
}

void check_forest(check *c) {
  uint32_t *parent = check_take(c, c->step_count, sizeof *parent);
  uint32_t *next_free = check_take(c, c->step_count, sizeof *next_free);
  uint32_t *first = check_take(c, c->step_count, sizeof *first);
  uint32_t *size = check_take(c, c->step_count, sizeof *size);
  if (c->exhausted)
    return;
  assert(c->graph.acyclic);
  c->graph.tree_first = first;
  c->graph.tree_size = size;
  find_parents(c, parent);
  number_trees(c, parent, next_free);
}

bool check_above(const check *c, uint32_t early, uint32_t late) {
  const check_graph *graph = &c->graph;
  assert(early < c->step_count && late < c->step_count);
  return early != late && graph->tree_first[early] < graph->tree_first[late] &&
         graph->tree_first[late] - graph->tree_first[early] < graph->tree_size[early];
}
