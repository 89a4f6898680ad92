/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NUMA nodes in the program: VMs that ask for one node are counted for each node of their host, but
 * only where there is a way to put them that no split fits.
 */
#include "common_divisor.h"
#include "problem_nodes.h"
#include "program_building.h"
#include <assert.h>

/* Items that ask for a node of one host: free ones are counted by a column, fixed ones stand. */
typedef struct node_group {
  uint32_t column; /* BERTH_NONE = a fixed item */
  uint32_t item;   /* an example */
  int64_t most;
  uint32_t first_node; /* its column for the first node; the others follow */
} node_group;

typedef struct host_nodes {
  uint32_t host, node_count, group_count;
  const node_size *nodes;
  node_group *groups;
  uint32_t unsplit;  /* indicator, BERTH_NONE = the start is split */
  int64_t *standing; /* [group * node_count + node] of the state */
} host_nodes;

static bool gather_groups(program_building *b, host_nodes *h) {
  const problem *p = b->out->problem;
  const placement *s = b->state;
  uint32_t first = b->host_columns_start[h->host], end = b->host_columns_start[h->host + 1];
  h->groups =
      arena_take(b->out->memory, (size_t)end - first + s->population[h->host], sizeof *h->groups);
  if (h->groups == NULL)
    return false;
  for (uint32_t i = first; i < end; i++) {
    uint32_t j = b->host_columns[i];
    const item_class *class = &b->out->classes[b->out->columns[j].class_number];
    uint32_t item = b->out->class_items[class->first];
    if (p->one_node[item])
      h->groups[h->group_count++] =
          (node_group){.column = j, .item = item, .most = b->out->upper[j]};
  }
  if (h->group_count == 0)
    return true; /* what is fixed is as it is */
  for (uint32_t item = s->first[h->host]; item != BERTH_NONE; item = s->next[item]) {
    if (b->item_class[item] == BERTH_NONE && p->one_node[item])
      h->groups[h->group_count++] = (node_group){.column = BERTH_NONE, .item = item, .most = 1};
  }
  return true;
}

/* How the items are split; @p most: as many of each group as could come, else those of the state.
 */
static node_verdict split_groups(program_building *b, const host_nodes *h, bool most) {
  const problem *p = b->out->problem;
  node_item items[SPLIT_ITEMS];
  uint8_t node[SPLIT_ITEMS];
  uint32_t count = 0;
  for (uint32_t g = 0; g < h->group_count; g++) {
    const node_group *group = &h->groups[g];
    int64_t here = most || group->column == BERTH_NONE ? group->most : b->out->start[group->column];
    for (int64_t i = 0; i < here; i++) {
      if (count == SPLIT_ITEMS)
        return NODES_UNDECIDED;
      items[count++] = (node_item){.size = problem_node_demand(p, group->item), .item = g};
    }
  }
  node_verdict verdict = node_split(h->nodes, h->node_count, items, count,
                                    most ? SPLIT_BUDGET_OF_MANY : SPLIT_PATIENCE, node);
  for (uint32_t i = 0; i < count && !most; i++)
    h->standing[(size_t)items[i].item * h->node_count + (verdict == NODES_HOLD ? node[i] : 0)]++;
  return verdict;
}

/* A column for each group and node; together they are as many as stand on the host. */
static void add_node_columns(program_building *b, host_nodes *h) {
  for (uint32_t g = 0; g < h->group_count; g++) {
    node_group *group = &h->groups[g];
    group->first_node = b->out->column_count;
    for (uint32_t n = 0; n < h->node_count; n++)
      (void)program_add_column(b, (program_column){COLUMN_NODE, BERTH_NONE, h->host}, 0,
                               group->most, h->standing[(size_t)g * h->node_count + n]);
    int64_t constant = group->column == BERTH_NONE ? 1 : 0;
    uint32_t row = program_add_row(b, constant, constant);
    for (uint32_t n = 0; n < h->node_count; n++)
      program_add_entry(b, row, group->first_node + n, 1);
    if (group->column != BERTH_NONE)
      program_add_entry(b, row, group->column, -1);
  }
}

static int64_t node_demand_of(const program_building *b, const node_group *group, bool memory) {
  node_size size = problem_node_demand(b->out->problem, group->item);
  return memory ? size.memory : size.cpu;
}

static void add_node_row(program_building *b, const host_nodes *h, uint32_t n, bool memory) {
  int64_t room = memory ? h->nodes[n].memory : h->nodes[n].cpu, gcd = 0, most = 0;
  for (uint32_t g = 0; g < h->group_count; g++) {
    int64_t demand = node_demand_of(b, &h->groups[g], memory);
    gcd = common_divisor(gcd, demand);
    most += demand * h->groups[g].most;
  }
  if (gcd == 0 || most <= room)
    return;
  if (b->rows == PROGRAM_ROUNDED && room / gcd > PROGRAM_GRID) {
    gcd *= room / gcd / PROGRAM_GRID + 1;
    b->out->rounded = true;
  }
  uint32_t row = program_add_row(b, MIP_FREE, room / gcd);
  for (uint32_t g = 0; g < h->group_count; g++)
    program_add_entry(b, row, h->groups[g].first_node + n,
                      node_demand_of(b, &h->groups[g], memory) / gcd);
  if (h->unsplit != BERTH_NONE)
    program_add_entry(b, row, h->unsplit, room / gcd - (most + gcd - 1) / gcd);
}

/* What is not split at the start may stay so, and then nobody joins them. */
static void add_unsplit(program_building *b, host_nodes *h) {
  const problem *p = b->out->problem;
  int64_t most = 0;
  h->unsplit = BERTH_NONE;
  if (!p->host_unsplit[h->host])
    return;
  h->unsplit = program_add_indicator(b, b->state->unsplit[h->host]);
  program_note_cost(b, h->unsplit, BERTH_LEVEL_VIOLATIONS);
  for (uint32_t g = 0; g < h->group_count; g++)
    most += p->origin[h->groups[g].item] != h->host ? h->groups[g].most : 0;
  uint32_t row = program_add_row(b, MIP_FREE, most);
  program_add_entry(b, row, h->unsplit, most);
  for (uint32_t g = 0; g < h->group_count; g++) {
    if (h->groups[g].column != BERTH_NONE && p->origin[h->groups[g].item] != h->host)
      program_add_entry(b, row, h->groups[g].column, 1);
  }
}

static bool add_nodes_of(program_building *b, uint32_t host) {
  const problem *p = b->out->problem;
  host_nodes h = {.host = host,
                  .node_count = problem_node_count(p, host),
                  .nodes = p->nodes + p->node_start[host]};
  if (!gather_groups(b, &h))
    return false;
  if (h.group_count == 0 || b->failed || split_groups(b, &h, true) == NODES_HOLD)
    return true;
  h.standing = arena_take(b->out->memory, (size_t)h.group_count * h.node_count, sizeof(int64_t));
  if (h.standing == NULL)
    return false;
  if (split_groups(b, &h, false) != NODES_HOLD &&
      !(b->state->unsplit[host] && p->host_unsplit[host])) {
    b->out->rounded = true; /* undecided: solutions are looked at one by one */
    return true;
  }
  add_node_columns(b, &h);
  add_unsplit(b, &h);
  for (uint32_t n = 0; n < h.node_count; n++) {
    add_node_row(b, &h, n, false);
    add_node_row(b, &h, n, true);
  }
  return true;
}

bool program_add_node_rows(program_building *b) {
  const problem *p = b->out->problem;
  for (uint32_t host = 0; p->numa_active && host < p->host_count; host++) {
    if (b->free_hosts[host] && problem_node_count(p, host) > 0 && !add_nodes_of(b, host))
      return false;
  }
  return true;
}
