/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A certificate weighs rows of demands, and VMs by name. Classes of a component can be finer than
 * rows (who comes from where, who has to leave), so that a row has several weights: the one that
 * most of its VMs have is written as that of the row, the other VMs are listed.
 */
#include "plan_certificates.h"
#include "frozen.h"
#include <assert.h>
#include <string.h>

/* A VM that a component may move. */
typedef struct weighed_vm {
  const int64_t *demand;
  uint32_t vm;
  int64_t weight;
} weighed_vm;

typedef struct weighing {
  const problem *problem;
  arena *memory; /* of what is kept */
  uint32_t resources, vm_count, weight_count;
  weighed_vm *vms;
  berth_certificate_weight *weights;
} weighing;

static int compare(int64_t a, int64_t b) {
  return (a > b) - (a < b);
}

static int by_demand(const weighing *w, const weighed_vm *a, const weighed_vm *b) {
  for (uint32_t r = 0; r < w->resources; r++)
    if (a->demand[r] != b->demand[r])
      return compare(a->demand[r], b->demand[r]);
  return 0;
}

static int by_row_and_weight(const weighing *w, const weighed_vm *a, const weighed_vm *b) {
  int order = by_demand(w, a, b);
  if (order == 0)
    order = compare(a->weight, b->weight);
  return order != 0 ? order : compare(a->vm, b->vm);
}

static int by_weight(const weighing *w, const weighed_vm *a, const weighed_vm *b) {
  int order = compare(a->weight, b->weight);
  (void)w;
  return order != 0 ? order : compare(a->vm, b->vm);
}

typedef int vm_order(const weighing *w, const weighed_vm *a, const weighed_vm *b);

static void sift_down(const weighing *w, weighed_vm *vms, uint32_t root, uint32_t count,
                      vm_order *order) {
  for (uint32_t child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && order(w, &vms[child + 1], &vms[child]) > 0)
      child++;
    if (order(w, &vms[child], &vms[root]) <= 0)
      return;
    weighed_vm kept = vms[root];
    vms[root] = vms[child];
    vms[child] = kept;
  }
}

/* Heap sort: no memory, and no order makes it slow. */
static void sort(const weighing *w, weighed_vm *vms, uint32_t count, vm_order *order) {
  for (uint32_t root = count / 2; root-- > 0;)
    sift_down(w, vms, root, count, order);
  while (count > 1) {
    weighed_vm largest = vms[0];
    vms[0] = vms[--count];
    vms[count] = largest;
    sift_down(w, vms, 0, count, order);
  }
}

/* What is bound to its host needs no weight. */
static void list_vms(weighing *w, const pattern_proof *proof) {
  const problem *p = w->problem;
  w->vm_count = 0;
  for (uint32_t item = 0; item < p->item_count; item++) {
    uint32_t class = proof->model->item_class[item];
    if (class == BERTH_NONE)
      continue;
    w->vms[w->vm_count++] = (weighed_vm){
        .demand = problem_demand(p, item), .vm = p->vm[item], .weight = proof->weight[class]};
  }
}

static uint32_t end_of_run(const weighing *w, uint32_t from, vm_order *order) {
  uint32_t end = from + 1;
  while (end < w->vm_count && order(w, &w->vms[from], &w->vms[end]) == 0)
    end++;
  return end;
}

/* Writes the weight that most VMs of a row have; VMs with another one are moved to the front of
 * the list, where @p kept of them are already. @return how many are there now. */
static uint32_t weigh_row(weighing *w, uint32_t first, uint32_t end, uint32_t kept) {
  uint32_t best = first, most = 0;
  assert(kept <= first && first < end && end <= w->vm_count);
  for (uint32_t i = first, run = first; i < end; i++) {
    if (w->vms[i].weight != w->vms[run].weight)
      run = i;
    if (i + 1 - run > most) {
      most = i + 1 - run;
      best = run;
    }
  }
  int64_t weight = w->vms[best].weight;
  const int64_t *demand = w->vms[best].demand;
  if (weight > 0)
    w->weights[w->weight_count++] = (berth_certificate_weight){.demand = demand, .weight = weight};
  for (uint32_t i = first; i < end; i++)
    if (w->vms[i].weight != weight)
      w->vms[kept++] = w->vms[i];
  return kept;
}

/* The VMs that are left, listed by weight. */
static bool weigh_rest(weighing *w) {
  uint32_t *vms = arena_take(w->memory, w->vm_count, sizeof *vms);
  if (vms == NULL)
    return false;
  sort(w, w->vms, w->vm_count, by_weight);
  for (uint32_t i = 0, first = 0; i < w->vm_count; i++) {
    vms[i] = w->vms[i].vm;
    if (i + 1 < w->vm_count && w->vms[i + 1].weight == w->vms[i].weight)
      continue;
    w->weights[w->weight_count++] = (berth_certificate_weight){
        .weight = w->vms[i].weight, .vm_count = i + 1 - first, .vms = vms + first};
    first = i + 1;
  }
  return true;
}

static bool weigh(weighing *w, const pattern_proof *proof) {
  uint32_t kept = 0;
  list_vms(w, proof);
  sort(w, w->vms, w->vm_count, by_row_and_weight);
  w->weight_count = 0;
  w->weights = arena_take(w->memory, w->vm_count, sizeof *w->weights);
  if (w->weights == NULL)
    return false;
  for (uint32_t first = 0, end; first < w->vm_count; first = end) {
    end = end_of_run(w, first, by_demand);
    kept = weigh_row(w, first, end, kept);
  }
  w->vm_count = kept;
  return kept == 0 || weigh_rest(w);
}

static berth_plan_certificate *new_certificate(certificate_list *list, arena *memory) {
  if (list->count == list->room) {
    uint32_t room = list->room == 0 ? BERTH_LEVEL_COUNT : 2 * list->room;
    berth_plan_certificate *larger = arena_take(memory, room, sizeof *larger);
    if (larger == NULL)
      return NULL;
    if (list->count > 0)
      memcpy(larger, list->list, list->count * sizeof *larger);
    list->list = larger;
    list->room = room;
  }
  return &list->list[list->count++];
}

static bool add_proof(certificate_list *list, weighing *w, const pattern_proof *proof,
                      const uint32_t *hosts, uint32_t host_count) {
  if (!weigh(w, proof))
    return false;
  berth_plan_certificate *certificate = new_certificate(list, w->memory);
  if (certificate == NULL)
    return false;
  *certificate = (berth_plan_certificate){.level = proof->level,
                                          .cluster = w->problem->cluster,
                                          .bound = proof->bound,
                                          .scale = proof->scale,
                                          .spare = proof->spare,
                                          .host_count = host_count,
                                          .hosts = hosts,
                                          .weight_count = w->weight_count,
                                          .weights = w->weights};
  memcpy(certificate->assumed, proof->assumed, sizeof proof->assumed);
  return true;
}

bool certificate_list_fill(certificate_list *list, const problem *p, const pattern_proofs *proofs,
                           bool whole, arena *memory) {
  arena local;
  uint32_t *hosts = NULL, host_count = whole ? 0 : p->host_count;
  weighing w = {.problem = p, .memory = memory, .resources = p->resource_count};
  bool ok = false;
  if (proofs->count == 0 && proofs->spare.bound == 0)
    return true;
  arena_init(&local, &memory->allocator);
  w.vms = arena_take(&local, p->item_count, sizeof *w.vms);
  hosts = arena_take(memory, host_count, sizeof *hosts);
  if (w.vms == NULL || (hosts == NULL && host_count > 0))
    goto done;
  if (host_count > 0)
    memcpy(hosts, p->host, host_count * sizeof *hosts);
  for (uint32_t i = 0; i < proofs->count; i++)
    if (!add_proof(list, &w, &proofs->list[i], hosts, host_count))
      goto done;
  ok = !whole || proofs->spare.bound == 0 || add_proof(list, &w, &proofs->spare, NULL, 0);
done:
  arena_free(&local);
  return ok;
}

berth_status certificate_list_add(berth_context *ctx, berth_plan *plan,
                                  const certificate_list *list, int64_t hosts_on) {
  bool spared = false;
  for (uint32_t i = 0; i < list->count; i++)
    spared = spared || (list->list[i].spare > 0 && list->list[i].bound == hosts_on);
  for (uint32_t i = 0; i < list->count; i++) {
    const berth_plan_certificate *certificate = &list->list[i];
    if (certificate->level == BERTH_LEVEL_HOSTS_ON && (certificate->spare > 0) != spared)
      continue; /* one or the other: they speak of the same hosts */
    berth_status status = berth_plan_add_certificate(ctx, plan, certificate);
    if (status != BERTH_OK)
      return status;
  }
  return BERTH_OK;
}
