/* SPDX-License-Identifier: Apache-2.0 */
/* Which hosts a round frees: those that matter first, apart from those of other rounds if it can.
 */
#include "neighbourhood.h"
#include "problem_fixture.h"
#include <stdio.h>

TestSuite(neighbourhood);

/* Host h0 has failed, so that its VM waits; v1 .. stay where they are. */
static const berth_inventory *build(fixture *f, int hosts) {
  uint32_t cluster = fixture_cluster(f, "c");
  char id[16], host[16];
  for (int h = 0; h < hosts; h++) {
    (void)snprintf(host, sizeof host, "h%d", h);
    (void)snprintf(id, sizeof id, "v%d", h);
    berth_host_spec spec = fixture_host_spec(host, 1000, 1000);
    spec.state = h == 0 ? BERTH_HOST_FAILED : BERTH_HOST_ONLINE;
    fixture_add_host(f, cluster, spec);
    fixture_vm(f, cluster, id, host, 100, 100);
  }
  return fixture_freeze(f);
}

typedef struct scene {
  fixture fixture;
  const berth_inventory *inventory;
  arena memory;
  problem problem;
  placement state;
  costly_items costly;
  neighbourhood area;
  uint8_t taken[64];
} scene;

static void begin(scene *s, int hosts) {
  *s = (scene){.fixture = fixture_begin()};
  s->inventory = build(&s->fixture, hosts);
  arena_init(&s->memory, context_allocator(s->fixture.ctx));
  problem_fixture_build(&s->problem, &s->memory, s->inventory, BERTH_GOAL_FAILOVER);
  cr_assert(placement_init(&s->state, &s->problem, &s->memory));
  cr_assert(costly_items_init(&s->costly, &s->problem, &s->memory));
  cr_assert(neighbourhood_init(&s->area, &s->problem, &s->memory));
  costly_items_find(&s->costly, &s->state);
}

static void end(scene *s) {
  arena_free(&s->memory);
  berth_inventory_release(s->inventory);
  fixture_end(&s->fixture);
}

Test(neighbourhood, what_costs) {
  scene s;
  begin(&s, 4);
  uint32_t waiting = problem_item_of_vm(&s.problem, fixture_find_vm(s.inventory, "v0"));
  uint32_t moved = problem_item_of_vm(&s.problem, fixture_find_vm(s.inventory, "v2"));
  cr_assert_eq(s.costly.count, 1);
  cr_assert_eq(s.costly.list[0], waiting);
  placement_move(&s.state, waiting, 1); /* placed, at no cost; one that migrates has a cost */
  placement_move(&s.state, moved, 3);
  costly_items_find(&s.costly, &s.state);
  cr_assert_eq(s.costly.count, 1);
  cr_assert_eq(s.costly.list[0], moved);
  end(&s);
}

static void expect_marks(const scene *s) {
  uint32_t marked = 0;
  for (uint32_t h = 0; h < s->problem.host_count; h++)
    marked += s->area.free_hosts[h];
  cr_assert_eq(marked, s->area.count);
  for (uint32_t i = 0; i < s->area.count; i++)
    cr_assert_eq(s->area.free_hosts[s->area.hosts[i]], 1);
}

/* 40 hosts: of 4 to 8 hosts each there are five without one in common. */
Test(neighbourhood, rounds_are_apart) {
  scene s;
  uint8_t sizes[NEIGHBOURHOOD_MOST_HOSTS + 1] = {0};
  begin(&s, 40);
  for (uint64_t random = 0; random < 200; random++) {
    memset(s.taken, 0, sizeof s.taken);
    for (uint64_t round = 0; round < 4; round++) {
      neighbourhood_choose(&s.area, &s.state, &s.costly, s.taken, random * 4 + round);
      expect_marks(&s);
      cr_assert_geq(s.area.count, 4);
      cr_assert_leq(s.area.count, NEIGHBOURHOOD_MOST_HOSTS);
      sizes[s.area.count] = 1;
      for (uint32_t i = 0; i < s.area.count; i++) {
        uint32_t host = s.area.hosts[i];
        cr_assert(s.problem.host_open[host] && !s.taken[host]);
        s.taken[host] = 1;
      }
      neighbourhood_close(&s.area);
      cr_assert_eq(s.area.count, 0);
      expect_marks(&s);
    }
  }
  for (uint32_t size = 4; size <= NEIGHBOURHOOD_MOST_HOSTS; size++)
    cr_assert_eq(sizes[size], 1, "never %u hosts", size);
  end(&s);
}

/* With everything taken, rounds share hosts rather than have none. */
Test(neighbourhood, few_hosts_are_shared) {
  scene s;
  begin(&s, 7);
  memset(s.taken, 1, sizeof s.taken);
  for (uint64_t random = 0; random < 50; random++) {
    neighbourhood_choose(&s.area, &s.state, &s.costly, s.taken, random);
    cr_assert_geq(s.area.count, 4);
    neighbourhood_close(&s.area);
  }
  end(&s);
}

/* Around the VM that migrates are the host it stands on and the one it comes from. */
Test(neighbourhood, both_ends_of_a_move) {
  scene s;
  begin(&s, 40);
  uint32_t waiting = problem_item_of_vm(&s.problem, fixture_find_vm(s.inventory, "v0"));
  uint32_t moved = problem_item_of_vm(&s.problem, fixture_find_vm(s.inventory, "v20"));
  placement_move(&s.state, waiting, 1);
  placement_move(&s.state, moved, 30);
  costly_items_find(&s.costly, &s.state);
  for (uint64_t random = 0; random < 50; random++) {
    neighbourhood_choose(&s.area, &s.state, &s.costly, NULL, random);
    cr_assert(s.area.free_hosts[20] && s.area.free_hosts[30]);
    neighbourhood_close(&s.area);
  }
  end(&s);
}
