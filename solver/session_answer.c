/* SPDX-License-Identifier: Apache-2.0 */
/* Drain and failure: which VMs they are about, first the direct way, then the search. */
#include "session_answer.h"
#include "context_internal.h"
#include "index_sort.h"
#include "keyed_sort.h"
#include <string.h>

/* ------------------------------------------------------------------------ VMs */

enum { SHARE_BITS = 20 };

/* How large a part of the host the VM takes, of cpu or memory, whichever is more. */
static int64_t share_of(const berth_view *view, uint32_t vm, uint32_t host) {
  const int64_t *demand = vm_demand_of(view, vm), *capacity = host_capacity_of(view, host);
  const int64_t most = INT64_C(1) << (2 * SHARE_BITS);
  int64_t share = 0;
  for (uint32_t r = BERTH_RESOURCE_CPU; r <= BERTH_RESOURCE_MEMORY; r++) {
    assert(capacity[r] > 0 && demand[r] >= 0 && demand[r] <= 2 * BERTH_QUANTITY_MAX);
    int64_t part = (demand[r] << SHARE_BITS) / capacity[r];
    share = part > share ? part : share;
  }
  return share < most ? share : most - 1;
}

/* Higher restart priorities first, then larger shares. */
static int64_t rank_of(const host_question *q, uint32_t vm) {
  int64_t class = q->fails ? BERTH_PRIORITY_DISABLED - vm_traits_of(q->view, vm)->priority : 0;
  assert(class >= 0);
  return (class << (2 * SHARE_BITS)) + share_of(q->view, vm, q->host);
}

static bool is_asked_of(const host_question *q, uint32_t vm) {
  return session_runs_at(q->view, vm) == q->host &&
         !(q->fails && vm_traits_of(q->view, vm)->priority == BERTH_PRIORITY_DISABLED);
}

/* In order of rank, then of numbers. */
static bool find_vms(host_question *q, arena *memory) {
  const vm_list *there = host_block_of(q->view, q->host)->vms[q->host % HOSTS_A_BLOCK];
  uint32_t most = there == NULL ? 0 : there->count;
  uint32_t *vms = arena_take(memory, most, sizeof *vms);
  uint32_t *place = arena_take(memory, most, sizeof *place);
  int64_t *rank = arena_take(memory, most, sizeof *rank);
  q->vms = arena_take(memory, most, sizeof *q->vms);
  if (vms == NULL || place == NULL || rank == NULL || q->vms == NULL)
    return false;
  for (uint32_t i = 0; i < most; i++) {
    if (is_asked_of(q, there->vm[i]))
      vms[q->count++] = there->vm[i];
  }
  uint32_t distinct = index_sort_unique(vms, q->count);
  assert(distinct == q->count);
  (void)distinct;
  for (uint32_t i = 0; i < q->count; i++) {
    place[i] = i;
    rank[i] = rank_of(q, vms[i]);
  }
  keyed_sort(place, q->count, rank);
  for (uint32_t i = 0; i < q->count; i++)
    q->vms[i] = vms[place[i]];
  return true;
}

/* ------------------------------------------------------------------------ asking */

static berth_answer *new_answer(berth_context *ctx) {
  berth_answer *answer = context_take(ctx, 1, sizeof *answer);
  if (answer != NULL) {
    arena_init(&answer->memory, context_allocator(ctx));
    answer->outcome = BERTH_OUTCOME_UNKNOWN;
  }
  return answer;
}

static berth_status ask(host_question *q, berth_answer **out) {
  bool cancelled = false;
  berth_answer *answer = new_answer(q->ctx);
  if (answer == NULL)
    return BERTH_E_NOMEM;
  berth_status status = BERTH_OK;
  if (!find_vms(q, &answer->memory))
    status = context_fail(q->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  if (status == BERTH_OK)
    status = answer_directly(q, answer, &cancelled);
  if (status == BERTH_OK && answer->outcome != BERTH_OUTCOME_OPTIMAL && !cancelled)
    status = answer_by_search(q, answer);
  if (status == BERTH_OK)
    *out = answer;
  else
    berth_answer_free(answer);
  return status;
}

static berth_status no_host(berth_context *ctx, const berth_view *view, uint32_t host) {
  return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "no host has number %u; expected one below %u",
                      host, view->host_count);
}

berth_status berth_view_drain(berth_context *ctx, const berth_view *view, uint32_t host,
                              const berth_options *options, berth_answer **out) {
  assert(ctx != NULL && view != NULL && out != NULL);
  *out = NULL;
  if (host >= view->host_count)
    return no_host(ctx, view, host);
  uint8_t state = host_state_of(view, host);
  if (state != BERTH_HOST_ONLINE && state != BERTH_HOST_MAINTENANCE &&
      state != BERTH_HOST_ENTERING_MAINTENANCE)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "host \"%s\" is %s; expected a host that VMs can be moved from",
                        berth_view_host_id(view, host),
                        berth_host_state_word((berth_host_state)state));
  host_question q = {.ctx = ctx, .view = view, .host = host, .options = options};
  return ask(&q, out);
}

berth_status berth_view_failure(berth_context *ctx, const berth_view *view, uint32_t host,
                                const berth_options *options, berth_answer **out) {
  assert(ctx != NULL && view != NULL && out != NULL);
  *out = NULL;
  if (host >= view->host_count)
    return no_host(ctx, view, host);
  assert(host < view->host_count);
  host_question q = {.ctx = ctx, .view = view, .host = host, .fails = true, .options = options};
  return ask(&q, out);
}

/* ------------------------------------------------------------------------ reading */

void berth_answer_free(berth_answer *answer) {
  if (answer == NULL)
    return;
  berth_allocator allocator = answer->memory.allocator;
  berth_plan_free(answer->plan);
  arena_free(&answer->memory);
  allocator.release(allocator.user, answer);
}

berth_outcome berth_answer_outcome(const berth_answer *answer) {
  return answer->outcome;
}

uint32_t berth_answer_move_count(const berth_answer *answer) {
  return answer->move_count;
}

const berth_plan_placement *berth_answer_move_at(const berth_answer *answer, uint32_t index) {
  return index < answer->move_count ? &answer->moves[index] : NULL;
}

uint32_t berth_answer_left_count(const berth_answer *answer) {
  return answer->left_count;
}

uint32_t berth_answer_left_at(const berth_answer *answer, uint32_t index) {
  return index < answer->left_count ? answer->left[index] : BERTH_NONE;
}

const berth_plan *berth_answer_plan(const berth_answer *answer) {
  return answer->plan;
}
