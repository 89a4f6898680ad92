/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three steps, each in the order of the clusters and their components: what belongs together is
 * found, the components are solved, their answers are put together. The first two are shared out
 * among the workers; every task keeps to memory of its own, and to scratch space of its worker.
 */
#include "cluster_parts.h"
#include "components.h"
#include <assert.h>

/* Below so many pairs of hosts and VMs it is not worth to start a thread. */
enum { FEW_PAIRS = 1 << 12 };

typedef struct cluster_part {
  cluster_work *cluster;
  const component *members;
  arena memory; /* of all below */
  problem problem;
  component_answer answer;
  search_clock clock;
  solve_effort effort;
  bool solved;
} cluster_part;

typedef struct parting {
  const berth_inventory *inventory;
  const problem_aim *aim;
  solve_effort *effort;
  cluster_work *clusters; /* [cluster] */
  cluster_part *parts;
  uint32_t part_count;
  problem_scratch *scratch; /* [hand] */
  bool shared_out;          /* among several workers */
} parting;

/* ---------------------------------------------------------------------- clusters and parts */

static uint32_t local_host(const problem *whole, uint32_t host) {
  assert(host >= whole->host[0]);
  return host - whole->host[0];
}

/* Takes a component's answer over into the cluster's placement and sequence. */
static bool take_over(const problem *whole, arena *memory, const component_answer *answer,
                      placement *final, sequence *moves) {
  const problem *part = answer->final.problem;
  for (uint32_t item = 0; item < part->item_count; item++) {
    uint32_t to = answer->final.host[item];
    uint32_t whole_item = problem_item_of_vm(whole, part->vm[item]);
    uint32_t whole_host = to == BERTH_NONE ? BERTH_NONE : local_host(whole, part->host[to]);
    if (final->host[whole_item] != whole_host)
      placement_move(final, whole_item, whole_host);
  }
  for (uint32_t m = 0; m < answer->moves.count; m++) {
    const migration *move = &answer->moves.list[m];
    if (!sequence_add(moves, memory, problem_item_of_vm(whole, part->vm[move->item]),
                      local_host(whole, part->host[move->from]),
                      local_host(whole, part->host[move->to])))
      return false;
  }
  return true;
}

static void add_part(cluster_plan *plan, const component_answer *answer) {
  const problem *p = answer->final.problem;
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (p->kind[item] != ITEM_FIXED) {
      plan->parts++;
      break;
    }
  }
  plan->bounds.counts_stop_overs |= answer->bounds.counts_stop_overs;
  for (uint32_t i = 0; i < p->ladder_length; i++) {
    berth_level level = p->ladder[i];
    plan->value[level] += answer->final.value[level];
    plan->bounds.value[level] += answer->bounds.value[level];
    if (plan->bounds.proof[level] == NULL || answer->bounds.value[level] > 0)
      plan->bounds.proof[level] = answer->bounds.proof[level];
  }
  plan->spare_bound = answer->proofs.spare.bound;
}

/* ---------------------------------------------------------------------- tasks */

static void build_cluster(void *user, uint32_t cluster, worker *self) {
  const parting *p = user;
  cluster_work *work = &p->clusters[cluster];
  if (!components_list_cluster(p->inventory, cluster, &work->memory, &work->all))
    return;
  work->empty = work->all.host_count + work->all.vm_count == 0;
  if (!work->empty &&
      problem_build(&work->whole, &work->memory, p->inventory, p->aim, cluster, &work->all,
                    &p->scratch[worker_index(self)]) &&
      placement_init(&work->plan.final, &work->whole, &work->memory))
    work->parts = components_find(&work->whole, &work->memory, &work->part_count);
}

static void solve_part(void *user, uint32_t index, worker *self) {
  const parting *p = user;
  cluster_part *own = &p->parts[index];
  search_clock_share(&own->clock, p->effort->clock, self);
  own->effort = (solve_effort){
      .clock = &own->clock, .exact_limit = p->effort->exact_limit, .seed = p->effort->seed};
  own->solved =
      problem_build(&own->problem, &own->memory, p->inventory, p->aim, own->cluster->whole.cluster,
                    own->members, &p->scratch[worker_index(self)]) &&
      component_solve(&own->problem, &own->memory, &own->effort, &own->answer);
}

static void run(const parting *p, uint32_t count, worker_task task) {
  worker *caller = p->effort->clock->worker;
  if (p->shared_out) {
    workers_run(caller, count, task, (void *)p);
    return;
  }
  for (uint32_t i = 0; i < count; i++)
    task((void *)p, i, caller);
}

/* ---------------------------------------------------------------------- steps */

static bool is_worth_threads(const berth_inventory *inventory) {
  uint64_t pairs = 0;
  for (uint32_t c = 0; c < inventory->cluster_count && pairs < FEW_PAIRS; c++)
    pairs += (uint64_t)inventory->clusters[c].host_count * inventory->clusters[c].vm_count;
  return pairs >= FEW_PAIRS;
}

static bool take_scratch(parting *p, arena *memory) {
  uint32_t hands = p->shared_out ? worker_hands(p->effort->clock->worker) : 1;
  p->scratch = arena_take(memory, hands, sizeof *p->scratch);
  for (uint32_t i = 0; i < hands && p->scratch != NULL; i++) {
    if (!problem_scratch_init(&p->scratch[i], memory, p->inventory))
      return false;
  }
  return p->scratch != NULL;
}

static bool build_clusters(parting *p, arena *memory) {
  uint32_t count = p->inventory->cluster_count;
  p->clusters = arena_take(memory, count, sizeof *p->clusters);
  if (p->clusters == NULL)
    return false;
  for (uint32_t c = 0; c < count; c++)
    arena_init(&p->clusters[c].memory, &memory->allocator);
  run(p, count, build_cluster);
  for (uint32_t c = 0; c < count; c++) {
    const cluster_work *work = &p->clusters[c];
    if (!work->empty && work->parts == NULL)
      return false;
    p->part_count += work->part_count;
  }
  return true;
}

static bool list_parts(parting *p, arena *memory) {
  cluster_part *next = p->parts = arena_take(memory, p->part_count, sizeof *p->parts);
  for (uint32_t c = 0; c < p->inventory->cluster_count && next != NULL; c++) {
    for (uint32_t i = 0; i < p->clusters[c].part_count; i++) {
      *next = (cluster_part){.cluster = &p->clusters[c], .members = &p->clusters[c].parts[i]};
      arena_init(&next++->memory, &memory->allocator);
    }
  }
  assert(next == NULL || next == p->parts + p->part_count);
  return next != NULL;
}

/* Seconds of the clock on the wall, split as the workers' seconds are. */
static void add_seconds(solve_effort *effort, double search, double ordering, double wall) {
  double all = search + ordering;
  effort->search_seconds += all > 0 ? wall * search / all : wall;
  effort->sequence_seconds += all > 0 ? wall * ordering / all : 0;
}

static bool solve_parts(const parting *p) {
  double began = search_clock_now(), search = 0, ordering = 0;
  run(p, p->part_count, solve_part);
  for (uint32_t i = 0; i < p->part_count; i++) {
    const cluster_part *own = &p->parts[i];
    if (!own->solved)
      return false;
    p->effort->programs += own->effort.programs;
    search += own->effort.search_seconds;
    ordering += own->effort.sequence_seconds;
  }
  add_seconds(p->effort, search, ordering, search_clock_now() - began);
  return true;
}

static bool join_parts(const parting *p) {
  for (uint32_t i = 0; i < p->part_count; i++) {
    cluster_part *own = &p->parts[i];
    cluster_work *work = own->cluster;
    if (!take_over(&work->whole, &work->memory, &own->answer, &work->plan.final, &work->plan.moves))
      return false;
    add_part(&work->plan, &own->answer);
    if (!certificate_list_fill(&work->certificates, own->answer.final.problem, &own->answer.proofs,
                               work->part_count == 1, &work->memory))
      return false;
    if (work->part_count != 1)
      work->plan.spare_bound = 0;
    arena_free(&own->memory);
  }
  return true;
}

cluster_work *cluster_parts_solve(const berth_inventory *inventory, const problem_aim *aim,
                                  solve_effort *effort, arena *memory, double *presolve_seconds) {
  arena local;
  parting p = {.inventory = inventory,
               .aim = aim,
               .effort = effort,
               .shared_out = is_worth_threads(inventory)};
  arena_init(&local, &memory->allocator);
  double began = search_clock_now();
  bool ok = take_scratch(&p, &local) && build_clusters(&p, memory);
  *presolve_seconds = search_clock_now() - began;
  ok = ok && list_parts(&p, &local) && solve_parts(&p) && join_parts(&p);
  for (uint32_t i = 0; i < p.part_count && p.parts != NULL; i++)
    arena_free(&p.parts[i].memory);
  arena_free(&local);
  if (ok)
    return p.clusters;
  cluster_work_free(p.clusters, inventory->cluster_count);
  return NULL;
}

void cluster_work_free(cluster_work *list, uint32_t count) {
  for (uint32_t c = 0; c < count && list != NULL; c++)
    arena_free(&list[c].memory);
}
