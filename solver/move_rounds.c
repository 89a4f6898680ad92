/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bipartite multigraph whose vertices have at most R edges has an edge colouring with R colours
 * (König 1916). A host becomes as many vertices as it needs of R edges each, at most its lanes, so
 * a colour is a round that keeps the limit of every host. Edges are coloured one by one; where the
 * two ends have no colour free in common, a path of two alternating colours is swapped. No host
 * both sends and receives, so every order of the moves has room.
 */
#include "move_rounds.h"
#include "checked.h"
#include <assert.h>
#include <berth/plan.h>
#include <string.h>

enum { MOST_CELLS = 1 << 26 };

typedef struct colouring {
  const problem *problem;
  const sequence *moves;
  arena *memory;
  uint32_t rounds;
  uint32_t *degree;       /* [host] */
  uint32_t *vertex_start; /* [host] */
  uint32_t *ends;         /* [move * 2] vertices: source, destination */
  uint32_t *at;           /* [vertex * rounds + colour] the move of that colour, or BERTH_NONE */
  uint32_t *colour;       /* [move] */
  uint32_t *path;         /* [move] work space */
} colouring;

static const frozen_cluster *cluster_of(const problem *p) {
  return &p->inventory->clusters[p->cluster];
}

/* ---------------------------------------------------------------------- whether it applies */

static bool is_free(const problem *p, const migration *move) {
  const berth_inventory *inventory = p->inventory;
  uint32_t vm = p->vm[move->item];
  if (inventory->vm_datastore_start[vm] != inventory->vm_datastore_start[vm + 1] ||
      p->host_asleep[move->to])
    return false;
  for (uint32_t i = p->item_rule_start[move->item]; i < p->item_rule_start[move->item + 1]; i++) {
    const problem_rule *rule = &p->rules[p->item_rules[i]];
    if (rule->must && rule->form == RULE_FORM_SPREAD)
      return false;
  }
  for (uint32_t i = inventory->vm_rule_start[vm]; i < inventory->vm_rule_start[vm + 1]; i++) {
    const frozen_rule *rule = &inventory->rules[inventory->vm_rules[i]];
    if (rule->enabled && rule->type == BERTH_RULE_QUIESCE)
      return false;
  }
  return true;
}

static int64_t seconds_of(const problem *p, const migration *move) {
  int64_t wait, seconds;
  (void)berth_migration_time(p->inventory, p->vm[move->item], p->host[move->from],
                             p->host[move->to], &wait, &seconds);
  return wait + seconds;
}

/* Also counts the moves of each host. */
static bool applies(colouring *c) {
  const problem *p = c->problem;
  uint8_t sends = 1, receives = 2;
  uint8_t *role = arena_take(c->memory, p->host_count, 1);
  if (role == NULL || c->moves->count == 0)
    return false;
  int64_t seconds = seconds_of(p, &c->moves->list[0]);
  for (uint32_t i = 0; i < c->moves->count; i++) {
    const migration *move = &c->moves->list[i];
    role[move->from] |= sends;
    role[move->to] |= receives;
    if (role[move->from] != sends || role[move->to] != receives || !is_free(p, move) ||
        seconds_of(p, move) != seconds)
      return false;
    c->degree[move->from]++;
    c->degree[move->to]++;
  }
  return true;
}

/* ---------------------------------------------------------------------- vertices */

static uint32_t fewest_rounds(const colouring *c) {
  int64_t lanes = cluster_of(c->problem)->set_up.migrations_per_host;
  uint32_t most = 0;
  for (uint32_t h = 0; h < c->problem->host_count; h++)
    most = c->degree[h] > most ? c->degree[h] : most;
  return (uint32_t)((most + (lanes < 1 ? 1 : lanes) - 1) / (lanes < 1 ? 1 : lanes));
}

/* Shares each host's moves out among its vertices. false = no memory, or too much of it. */
static bool split_hosts(colouring *c, bool *too_large) {
  uint32_t hosts = c->problem->host_count, vertices = 0;
  c->vertex_start = arena_take(c->memory, hosts, sizeof *c->vertex_start);
  c->ends = arena_take(c->memory, c->moves->count, 2 * sizeof *c->ends);
  c->colour = arena_take(c->memory, c->moves->count, sizeof *c->colour);
  c->path = arena_take_unset(c->memory, c->moves->count, sizeof *c->path);
  if (c->vertex_start == NULL || c->ends == NULL || c->colour == NULL || c->path == NULL)
    return false;
  for (uint32_t h = 0; h < hosts; h++) {
    c->vertex_start[h] = vertices;
    vertices += (c->degree[h] + c->rounds - 1) / c->rounds;
    c->degree[h] = 0;
  }
  *too_large = (uint64_t)vertices * c->rounds > MOST_CELLS;
  if (*too_large)
    return true;
  c->at = arena_take_unset(c->memory, (size_t)vertices * c->rounds, sizeof *c->at);
  if (c->at == NULL)
    return false;
  memset(c->at, 0xff, (size_t)vertices * c->rounds * sizeof *c->at);
  for (uint32_t i = 0; i < c->moves->count; i++) {
    const migration *move = &c->moves->list[i];
    c->ends[2 * (size_t)i] = c->vertex_start[move->from] + c->degree[move->from]++ / c->rounds;
    c->ends[2 * (size_t)i + 1] = c->vertex_start[move->to] + c->degree[move->to]++ / c->rounds;
  }
  return true;
}

/* ---------------------------------------------------------------------- colours */

static uint32_t *cell(const colouring *c, uint32_t vertex, uint32_t colour) {
  return &c->at[(size_t)vertex * c->rounds + colour];
}

static uint32_t free_colour(const colouring *c, uint32_t vertex) {
  uint32_t colour = 0;
  while (*cell(c, vertex, colour) != BERTH_NONE)
    colour++;
  assert(colour < c->rounds);
  return colour;
}

static void put_edge(colouring *c, uint32_t edge, uint32_t colour, uint32_t value) {
  *cell(c, c->ends[2 * (size_t)edge], colour) = value;
  *cell(c, c->ends[2 * (size_t)edge + 1], colour) = value;
}

/* Swaps the path from @p vertex whose edges have the colours @p one, @p other, @p one, ...: then
 * @p one is free there. The path does not come to a vertex of the other side where it is free. */
static void swap_path(colouring *c, uint32_t vertex, uint32_t one, uint32_t other) {
  uint32_t length = 0, colour = one;
  for (uint32_t edge; (edge = *cell(c, vertex, colour)) != BERTH_NONE;) {
    c->path[length++] = edge;
    vertex = c->ends[2 * (size_t)edge] == vertex ? c->ends[2 * (size_t)edge + 1]
                                                 : c->ends[2 * (size_t)edge];
    colour = colour == one ? other : one;
  }
  for (uint32_t i = 0; i < length; i++)
    put_edge(c, c->path[i], c->colour[c->path[i]], BERTH_NONE);
  for (uint32_t i = 0; i < length; i++) {
    uint32_t edge = c->path[i];
    c->colour[edge] = c->colour[edge] == one ? other : one;
    put_edge(c, edge, c->colour[edge], edge);
  }
}

static void colour_edges(colouring *c) {
  for (uint32_t i = 0; i < c->moves->count; i++) {
    uint32_t from = c->ends[2 * (size_t)i], to = c->ends[2 * (size_t)i + 1];
    uint32_t colour = free_colour(c, from);
    if (*cell(c, to, colour) != BERTH_NONE)
      swap_path(c, to, colour, free_colour(c, to));
    assert(*cell(c, from, colour) == BERTH_NONE && *cell(c, to, colour) == BERTH_NONE);
    put_edge(c, i, colour, i);
    c->colour[i] = colour;
  }
}

static bool list_rounds(const colouring *c, sequence *order) {
  uint32_t *next = arena_take(c->memory, (size_t)c->rounds + 1, sizeof *next);
  migration *list = arena_take_unset(c->memory, c->moves->count, sizeof *list);
  if (next == NULL || list == NULL)
    return false;
  for (uint32_t i = 0; i < c->moves->count; i++)
    next[c->colour[i] + 1]++;
  for (uint32_t r = 0; r < c->rounds; r++)
    next[r + 1] += next[r];
  for (uint32_t i = 0; i < c->moves->count; i++)
    list[next[c->colour[i]]++] = c->moves->list[i];
  *order = (sequence){.list = list, .count = c->moves->count, .room = c->moves->count};
  return true;
}

bool move_rounds_find(const problem *p, const sequence *moves, arena *memory, sequence *order) {
  colouring c = {.problem = p, .moves = moves, .memory = memory};
  bool too_large;
  *order = (sequence){0};
  c.degree = arena_take(memory, p->host_count, sizeof *c.degree);
  if (c.degree == NULL)
    return false;
  if (!applies(&c))
    return true;
  c.rounds = fewest_rounds(&c);
  if (!split_hosts(&c, &too_large))
    return false;
  if (too_large)
    return true;
  colour_edges(&c);
  return list_rounds(&c, order);
}
