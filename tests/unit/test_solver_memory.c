/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that ends in the middle of a part of the solver, at every place where it asks for some:
 * it has to say so, and may not go on with what it did not get. An arena with so many bytes left,
 * and then nothing, or nothing for once, is met sooner or later by each request.
 */
#include "cheap_bounds.h"
#include "column_generation.h"
#include "construct.h"
#include "integer_program.h"
#include "makespan_bound.h"
#include "move_order.h"
#include "pattern_plan.h"
#include "reconfiguration_search.h"
#include "serving.h"
#include "solver_ground.h"
#include "stuck_start.h"
#include "survival.h"

TestSuite(solver_memory, .timeout = 60);

enum { BLOCK = 4096, PIECE = 16, MOST_BLOCKS = 12 };

typedef struct narrow_memory {
  int blocks; /* that are still given */
  bool once;  /* then one is refused, else all */
  bool refused;
} narrow_memory;

static void *give(void *user, size_t bytes) {
  narrow_memory *memory = user;
  bool refuse = memory->blocks == 0 && !(memory->once && memory->refused);
  memory->refused |= refuse;
  if (refuse)
    return NULL;
  memory->blocks -= memory->blocks > 0;
  return malloc(bytes);
}

static void *grow(void *user, void *piece, size_t bytes) {
  (void)user;
  (void)bytes;
  cr_assert_null(piece, "an arena does not grow pieces");
  return NULL;
}

static void take_back(void *user, void *piece) {
  (void)user;
  free(piece);
}

/* What is made before, with memory enough. */
typedef struct workplace {
  solver_ground g, consolidating;
  sequence moves;
  content_model model;
  host_groups groups;
  pattern_pool pool;
  int64_t value[BERTH_LEVEL_COUNT];
  ladder_bounds bounds;
} workplace;

/* false = it says that memory has run out. */
typedef bool deed(workplace *w, arena *memory);

static bool build_problem(workplace *w, arena *memory) {
  problem p;
  problem_scratch scratch;
  component all = {.host_count = w->g.p.host_count,
                   .vm_count = w->g.p.item_count,
                   .hosts = w->g.p.host,
                   .vms = w->g.p.vm};
  problem_aim aim = {.goal = w->g.p.goal, .settings = w->g.p.settings};
  return problem_scratch_init(&scratch, memory, w->g.inventory) &&
         problem_build(&p, memory, w->g.inventory, &aim, 0, &all, &scratch);
}

static bool start_placement(workplace *w, arena *memory) {
  placement s, other;
  return placement_init(&s, &w->g.p, memory) && placement_clone(&other, &s, memory);
}

static bool make_knapsack(workplace *w, arena *memory) {
  (void)w;
  return knapsack_new(memory, 3, 20) != NULL;
}

static bool build_model(workplace *w, arena *memory) {
  content_model model;
  content_view view = {.whole = false};
  return content_model_build(&model, &w->g.p, view, memory);
}

static bool count_contents(workplace *w, arena *memory) {
  return content_counts(&w->model, &w->g.s, memory) != NULL;
}

static bool build_groups(workplace *w, arena *memory) {
  host_groups groups;
  return host_groups_build(&groups, &w->model, w->g.p.ladder_length - 1, false, memory);
}

static bool add_to_pool(workplace *w, arena *memory) {
  pattern_pool pool;
  mip_model model;
  pattern_pool_init(&pool, &w->groups, memory);
  return pattern_pool_add_placement(&pool, &w->g.s) &&
         pattern_pool_model(&pool, 0, true, &w->g.s, memory, &model);
}

static bool write_node(workplace *w, arena *memory) {
  content_branch branch = {.kind = BRANCH_ARRIVALS, .group = BERTH_NONE, .what = 0, .most = 1};
  content_branches branches = {.count = 1, .list = &branch};
  mip_model model;
  return pattern_pool_node_model(&w->pool, 0, &w->g.s, &branches, 7, memory, &model);
}

static bool make_pricer(workplace *w, arena *memory) {
  pattern_pricer pricer;
  return pattern_pricer_init(&pricer, &w->groups, memory);
}

static bool plan_from_pool(workplace *w, arena *memory) {
  int64_t values[64];
  for (uint32_t i = 0; i < 64; i++)
    values[i] = 1;
  uint32_t *counts = pattern_plan_counts(&w->model, &w->pool, values, memory);
  placement s;
  return counts != NULL && placement_clone(&s, &w->g.s, memory) &&
         content_apply(&w->model, counts, memory, &s);
}

static bool make_survival(workplace *w, arena *memory) {
  return survival_new(&w->g.p, memory) != NULL;
}

static bool make_serving_choice(workplace *w, arena *memory) {
  return serving_choice_new(&w->consolidating.p, memory) != NULL;
}

static bool bound_cheaply(workplace *w, arena *memory) {
  ladder_bounds bounds;
  return cheap_bounds(&w->g.s, memory, &bounds);
}

static bool bound_makespan(workplace *w, arena *memory) {
  return makespan_bound(&w->g.s, w->value, &w->bounds, memory) >= 0;
}

static bool find_sequence(workplace *w, arena *memory) {
  placement s;
  sequence order;
  return placement_init(&s, &w->g.p, memory) &&
         sequence_find(&w->g.s, &s, memory, &order) != SEQUENCE_OUT_OF_MEMORY;
}

static bool order_moves(workplace *w, arena *memory) {
  sequence order;
  return move_order_find(&w->g.s, &w->moves, memory, &order);
}

static bool look_for_stuck(workplace *w, arena *memory) {
  bool stuck;
  return stuck_start(&w->g.s, memory, &stuck);
}

static bool build_program(workplace *w, arena *memory) {
  uint8_t all[16];
  integer_program program;
  memset(all, 1, sizeof all);
  return integer_program_build(&program, memory, &w->g.s, all, PROGRAM_ROUNDED);
}

static bool search_states(workplace *w, arena *memory) {
  ladder_bounds bounds = {.value = {0}};
  reconfiguration_plan plan;
  int64_t worst[BERTH_LEVEL_COUNT] = {[BERTH_LEVEL_VIOLATIONS] = 1000};
  reconfiguration_task task = {
      .problem = &w->g.p, .bounds = &bounds, .incumbent = worst, .clock = &w->g.clock};
  return reconfiguration_search(&task, memory, &plan) != RECONFIGURATION_OUT_OF_MEMORY;
}

static const struct {
  const char *name;
  deed *run;
} deeds[] = {{"problem_build", build_problem},         {"placement_init", start_placement},
             {"knapsack_new", make_knapsack},          {"content_model_build", build_model},
             {"content_counts", count_contents},       {"host_groups_build", build_groups},
             {"pattern_pool_model", add_to_pool},      {"pattern_pool_node_model", write_node},
             {"pattern_pricer_init", make_pricer},     {"pattern_plan_counts", plan_from_pool},
             {"survival_new", make_survival},          {"serving_choice_new", make_serving_choice},
             {"cheap_bounds", bound_cheaply},          {"makespan_bound", bound_makespan},
             {"sequence_find", find_sequence},         {"move_order_find", order_moves},
             {"stuck_start", look_for_stuck},          {"integer_program_build", build_program},
             {"reconfiguration_search", search_states}};

/* A host that is emptied, one that has failed, one asleep; rules of each form; three VMs have
 * gone, one is yet to be placed. */
static void set_up(workplace *w) {
  solver_ground *g = &w->g;
  *g = ground_begin();
  ground_host(g, "e", 100, BERTH_HOST_ENTERING_MAINTENANCE);
  ground_host(g, "failed", 100, BERTH_HOST_FAILED);
  ground_host(g, "h0", 40, BERTH_HOST_ONLINE);
  ground_host(g, "h1", 40, BERTH_HOST_ONLINE);
  berth_host_spec asleep = fixture_host_spec("s", 1000, 40);
  asleep.state = BERTH_HOST_STANDBY;
  asleep.wake = BERTH_WAKE_WOL;
  asleep.wake_seconds = 60;
  fixture_add_host(&g->f, g->cluster, asleep);
  ground_vm(g, "a", "e", 10);
  ground_vm(g, "b", "e", 12);
  ground_vm(g, "c", "h0", 9);
  ground_vm(g, "d", "h0", 3);
  ground_vm(g, "lost", "failed", 7);
  ground_vm(g, "gone", "failed", 8);
  ground_fixed_vm(g, "stays", "h1", 2);
  fixture_rule(&g->f, g->cluster, "r0", BERTH_RULE_APART, BERTH_MUST, "a b", NULL);
  fixture_rule(&g->f, g->cluster, "r1", BERTH_RULE_RUN_ON, BERTH_MUST, "c", "h0 h1");
  fixture_rule(&g->f, g->cluster, "r2", BERTH_RULE_TOGETHER, BERTH_MUST, "d stays", NULL);
  ground_freeze(g, BERTH_GOAL_EVACUATE);
  w->moves = (sequence){0};
  static const char *const ids[] = {"a", "b", "d"}, *const hosts[] = {"h0", "h1", "h1"};
  for (int i = 0; i < 3; i++) {
    uint32_t item = ground_item(g, ids[i]), home = g->s.host[item];
    ground_move(g, ids[i], hosts[i]);
    cr_assert(sequence_add(&w->moves, &g->memory, item, home, g->s.host[item]));
  }
  ground_move(g, "lost", "h0");
  memcpy(w->value, g->s.value, sizeof w->value);
  w->value[BERTH_LEVEL_HOSTS_WOKEN] = 1;
  memcpy(w->bounds.value, w->value, sizeof w->value);
  cr_assert(build_model(w, &g->memory));
  content_view view = {.whole = false};
  cr_assert(content_model_build(&w->model, &g->p, view, &g->memory));
  cr_assert(host_groups_build(&w->groups, &w->model, g->p.ladder_length - 1, false, &g->memory));
  pattern_pool_init(&w->pool, &w->groups, &g->memory);
  cr_assert(pattern_pool_add_placement(&w->pool, &g->s));
}

static void set_up_choice(solver_ground *g) {
  problem_aim aim = {.goal = BERTH_GOAL_CONSOLIDATE, .settings = BERTH_PLAN_SETTINGS_INIT};
  aim.settings.keep_failures = 2;
  *g = ground_begin();
  ground_host(g, "h0", 40, BERTH_HOST_ONLINE);
  ground_host(g, "h1", 40, BERTH_HOST_ONLINE);
  ground_host(g, "h2", 40, BERTH_HOST_ONLINE);
  ground_vm(g, "a", "h0", 10);
  ground_freeze_aim(g, &aim);
}

/* @return whether memory ran out. */
static bool run_narrowly(workplace *w, size_t n, int blocks, size_t left, bool once) {
  narrow_memory narrow = {.blocks = blocks + 1, .once = once};
  berth_allocator allocator = {
      .allocate = give, .reallocate = grow, .release = take_back, .user = &narrow};
  arena memory;
  arena_init(&memory, &allocator);
  for (size_t taken = 0; taken < BLOCK - left; taken += PIECE) /* a large one were a block apart */
    cr_assert_not_null(arena_take_unset(&memory, PIECE, 1));
  bool done = deeds[n].run(w, &memory);
  cr_expect_eq(done, !narrow.refused, "%s, %d blocks and %zu bytes: %s", deeds[n].name, blocks,
               left, done ? "goes on" : "gives up");
  arena_free(&memory);
  return narrow.refused;
}

Test(solver_memory, every_request_is_looked_at) {
  workplace w = {.moves = {0}};
  set_up(&w);
  set_up_choice(&w.consolidating);
  for (size_t n = 0; n < sizeof deeds / sizeof *deeds; n++) {
    bool refused = true;
    int blocks = 0;
    for (; refused && blocks < MOST_BLOCKS; blocks++) {
      refused = false;
      for (size_t left = 0; left < BLOCK; left += PIECE)
        for (int once = 0; once < 2; once++)
          refused |= run_narrowly(&w, n, blocks, left, once == 1);
    }
    cr_expect_not(refused, "%s needs more than %d blocks", deeds[n].name, MOST_BLOCKS);
    cr_expect_gt(blocks, 1, "%s asks for nothing", deeds[n].name);
  }
  ground_end(&w.consolidating);
  ground_end(&w.g);
}
