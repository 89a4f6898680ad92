/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMs are added once and switched on by a view. To the search the ladder is cut to what is asked:
 * is anything left without a host, and how many migrations does it take. As in an audit a host may
 * hold what it held at the start, and nobody has to leave.
 */
#include "capacity_stock.h"
#include "components.h"
#include "named_constraint.h"
#include "placement_question.h"
#include <assert.h>
#include <string.h>

/* What was added to the cluster: first the flavours that are like a VM, then the others. */
static void find_first(capacity_stock *stock, uint32_t next) {
  const capacity_ground *g = stock->ground;
  for (int plain = 0; plain <= 1; plain++) {
    for (uint32_t f = 0; f < g->flavour_count; f++) {
      if ((g->flavours[f].asked->like == NULL) != plain)
        continue;
      stock->first[f] = next;
      next += (uint32_t)(stock->mixes * g->flavours[f].asked->count);
    }
  }
}

berth_status capacity_stock_build(capacity_stock *stock, const capacity_ground *g,
                                  berth_context *ctx, int64_t mixes, arena *memory) {
  const frozen_cluster *cluster = &g->inventory->clusters[g->cluster];
  stock->ground = g;
  stock->mixes = mixes;
  stock->first = arena_take(memory, g->flavour_count, sizeof *stock->first);
  if (stock->first == NULL)
    return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
  assert(mixes >= 0);
  if (mixes == 0) {
    stock->full = berth_inventory_retain(g->inventory);
    return BERTH_OK;
  }
  berth_capacity_flavour *flavours = arena_take(memory, g->flavour_count, sizeof *flavours);
  if (flavours == NULL)
    return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
  for (uint32_t f = 0; f < g->flavour_count; f++)
    flavours[f] = *g->flavours[f].asked;
  berth_status status = capacity_extend(ctx, g->inventory, g->cluster, flavours, g->flavour_count,
                                        mixes, &stock->full);
  find_first(stock, cluster->first_vm + cluster->vm_count);
  return status;
}

void capacity_stock_free(capacity_stock *stock) {
  berth_inventory_release(stock->full);
  stock->full = NULL;
}

bool capacity_stock_view(const capacity_stock *stock, int64_t mixes, arena *memory,
                         berth_inventory *view, uint32_t **vm_host) {
  const capacity_ground *g = stock->ground;
  const berth_inventory *full = stock->full;
  const frozen_cluster *cluster = &full->clusters[g->cluster];
  uint8_t *out = arena_take(memory, full->vm_count, 1);
  uint32_t *host = arena_take(memory, full->vm_count, sizeof *host);
  assert(mixes <= stock->mixes);
  if (out == NULL || host == NULL)
    return false;
  for (uint32_t vm = cluster->first_vm; vm < cluster->first_vm + cluster->vm_count; vm++)
    out[vm] = full->vm_host[vm] == BERTH_NONE;
  for (uint32_t f = 0; f < g->flavour_count && mixes > 0; f++)
    memset(out + stock->first[f], 0, (size_t)(mixes * g->flavours[f].asked->count));
  memcpy(host, full->vm_host, full->vm_count * sizeof *host);
  if (!reduced_inventory(view, full, out, memory))
    return false;
  view->vm_host = host;
  *vm_host = host;
  return true;
}

/* ---------------------------------------------------------------------- the search */

static bool set_the_stage(const capacity_stock *stock, const stock_question *q, arena *memory,
                          berth_inventory *view) {
  const problem *p = &stock->ground->whole;
  uint32_t *unused;
  uint8_t *state = arena_take(memory, stock->full->host_count, 1);
  uint8_t *movable = arena_take(memory, stock->full->vm_count, 1);
  uint8_t *dedicated = arena_take(memory, stock->full->host_count, 1);
  if (state == NULL || movable == NULL || dedicated == NULL ||
      !capacity_stock_view(stock, q->mixes, memory, view, &unused))
    return false;
  memcpy(state, view->host_state, view->host_count);
  for (uint32_t i = 0; i < q->failed_count; i++) {
    assert(q->failed[i] < p->host_count);
    state[p->host[q->failed[i]]] = BERTH_HOST_FAILED;
  }
  view->host_state = state;
  if (q->asks_failure)
    view->host_dedicated = dedicated;
  if (!q->moves)
    view->vm_movable = movable;
  return true;
}

/* Where a must rule is broken at the start, mending it is not asked for. */
static bool breaks_rules(const problem *p) {
  placement start;
  assert(p->capacity == p->limit);
  return !placement_init(&start, p, p->memory) || start.value[BERTH_LEVEL_VIOLATIONS] > 0;
}

static void cut_ladder(problem *p, const uint8_t *nobody_leaves) {
  p->ladder_length = 0;
  p->ladder[p->ladder_length++] = BERTH_LEVEL_UNPLACED;
  p->ladder[p->ladder_length++] = BERTH_LEVEL_MIGRATIONS;
  p->capacity = p->limit;
  p->host_must_leave = nobody_leaves;
  if (breaks_rules(p))
    return;
  for (uint32_t l = p->ladder_length++; l > 0; l--)
    p->ladder[l] = p->ladder[l - 1];
  p->ladder[0] = BERTH_LEVEL_VIOLATIONS;
}

static void add_part(const problem *p, const component_answer *answer, uint32_t first_host,
                     uint32_t first_vm, stock_answer *out) {
  out->unplaced += answer->final.value[BERTH_LEVEL_UNPLACED];
  out->least_unplaced += answer->bounds.value[BERTH_LEVEL_UNPLACED];
  out->moved += answer->final.value[BERTH_LEVEL_MIGRATIONS];
  out->least_moved += answer->bounds.value[BERTH_LEVEL_MIGRATIONS];
  assert(out->least_unplaced <= out->unplaced);
  for (uint32_t item = 0; item < p->item_count; item++) {
    uint32_t at = answer->final.host[item];
    out->end[p->vm[item] - first_vm] = at == BERTH_NONE ? BERTH_NONE : p->host[at] - first_host;
  }
}

static bool is_asked(const problem *whole, const component *part) {
  for (uint32_t i = 0; i < part->vm_count; i++) {
    item_kind kind;
    if (problem_item_kind(whole->inventory, part->vms[i], &kind) &&
        (kind == ITEM_RESTART || kind == ITEM_POWER_ON))
      return true;
  }
  return false;
}

static bool solve_part(const problem *whole, const problem_aim *aim, const component *part,
                       problem_scratch *scratch, solve_effort *effort, arena *memory,
                       stock_answer *out) {
  const frozen_cluster *cluster = &whole->inventory->clusters[whole->cluster];
  problem p;
  component_answer answer;
  arena local;
  if (!is_asked(whole, part))
    return true;
  arena_init(&local, &memory->allocator);
  uint8_t *nobody = arena_take(&local, whole->host_count, 1);
  bool ok = nobody != NULL &&
            problem_build(&p, &local, whole->inventory, aim, whole->cluster, part, scratch);
  if (ok)
    cut_ladder(&p, nobody);
  ok = ok && component_solve(&p, &local, effort, &answer);
  if (ok)
    add_part(&p, &answer, cluster->first_host, cluster->first_vm, out);
  arena_free(&local);
  return ok;
}

static bool start_end(const problem *whole, arena *memory, stock_answer *out) {
  const frozen_cluster *cluster = &whole->inventory->clusters[whole->cluster];
  out->end = arena_take_unset(memory, cluster->vm_count, sizeof *out->end);
  if (out->end == NULL)
    return false;
  memset(out->end, 0xff, cluster->vm_count * sizeof *out->end);
  for (uint32_t item = 0; item < whole->item_count; item++)
    out->end[whole->vm[item] - cluster->first_vm] = whole->origin[item];
  return true;
}

bool capacity_stock_ask(const capacity_stock *stock, const stock_question *question, arena *memory,
                        stock_answer *out) {
  berth_inventory view;
  problem whole;
  problem_scratch scratch;
  search_clock clock;
  problem_aim aim = {.goal = BERTH_GOAL_DEFRAGMENT, .settings = BERTH_PLAN_SETTINGS_INIT};
  uint32_t count = 0;
  *out = (stock_answer){0};
  assert(question->mixes >= 0 && question->mixes <= stock->mixes && question->milliseconds > 0);
  search_clock_share(&clock, stock->clock, stock->clock->worker);
  double end = search_clock_now() + (double)question->milliseconds / 1000;
  if (end < clock.deadline)
    clock.deadline = end;
  if (clock.milliseconds > question->milliseconds)
    clock.milliseconds = question->milliseconds;
  solve_effort effort = {.clock = &clock, .exact_limit = stock->exact_limit, .seed = 1};
  if (!set_the_stage(stock, question, memory, &view) ||
      !problem_scratch_init(&scratch, memory, &view) ||
      !cluster_problem_build(&whole, &view, stock->ground->cluster, &aim, &scratch, memory) ||
      !start_end(&whole, memory, out))
    return false;
  const component *parts = components_find(&whole, memory, &count);
  for (uint32_t c = 0; parts != NULL && c < count; c++) {
    if (!solve_part(&whole, &aim, &parts[c], &scratch, &effort, memory, out))
      return false;
  }
  return parts != NULL;
}
