/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session_readers [ROUNDS]: one thread changes a session and publishes snapshots, others ask the
 * newest one meanwhile. What a snapshot says must hang together: what a host has free is its
 * capacity less what runs there, the same question has the same answer twice, and a candidate has
 * room.
 */
#include <berth/session.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { READERS = 3, HOSTS = 300, VMS = 2000, CANDIDATES = 4 };

typedef struct stage {
  const berth_inventory *inventory;
  pthread_mutex_t lock;
  const berth_view *newest;
  bool over;
} stage;

typedef struct reader {
  stage *stage;
  uint64_t random;
  unsigned long asked;
  bool ok;
} reader;

static uint32_t draw(uint64_t *random, uint32_t below) {
  *random ^= *random >> 12;
  *random ^= *random << 25;
  *random ^= *random >> 27;
  return (uint32_t)((*random * UINT64_C(2685821657736338717) >> 33) % below);
}

/* A reference to the newest snapshot; NULL: it is over. */
static const berth_view *newest(stage *s) {
  pthread_mutex_lock(&s->lock);
  const berth_view *view = s->over ? NULL : berth_view_retain(s->newest);
  pthread_mutex_unlock(&s->lock);
  return view;
}

static void publish(stage *s, const berth_view *view) {
  pthread_mutex_lock(&s->lock);
  const berth_view *old = s->newest;
  s->newest = view;
  pthread_mutex_unlock(&s->lock);
  berth_view_release(old);
}

/* ------------------------------------------------------------------------ readers */

/* No host is failed here for good, so that whoever is on runs, but on failed hosts. */
static bool adds_up(const stage *s, const berth_view *view) {
  static const uint32_t resource = BERTH_RESOURCE_MEMORY;
  int64_t used[HOSTS] = {0};
  for (uint32_t vm = 0; vm < berth_view_vm_count(view); vm++) {
    if (berth_view_vm_exists(view, vm) && berth_view_vm_power(view, vm) == BERTH_POWER_ON &&
        berth_view_vm_host(view, vm) != BERTH_NONE)
      used[berth_view_vm_host(view, vm)] += berth_view_vm_demand(view, vm, resource);
  }
  for (uint32_t host = 0; host < HOSTS; host++) {
    bool failed = berth_view_host_state(view, host) == BERTH_HOST_FAILED;
    int64_t capacity = berth_inventory_host_capacity(s->inventory, host, resource);
    if (berth_view_host_free(view, host, resource) != capacity - (failed ? 0 : used[host]))
      return false;
  }
  return true;
}

static bool answers(const berth_view *view, uint32_t vm) {
  berth_candidate first[CANDIDATES], second[CANDIDATES];
  uint32_t count = CANDIDATES, again = CANDIDATES;
  if (!berth_view_vm_exists(view, vm))
    return true;
  if (berth_view_best_hosts(view, vm, BERTH_PREFER_TIGHT, first, &count) != BERTH_OK ||
      berth_view_best_hosts(view, vm, BERTH_PREFER_TIGHT, second, &again) != BERTH_OK ||
      count != again)
    return false;
  for (uint32_t i = 0; i < count; i++) {
    if (first[i].host != second[i].host ||
        berth_view_host_free(view, first[i].host, BERTH_RESOURCE_MEMORY) <
            berth_view_vm_demand(view, vm, BERTH_RESOURCE_MEMORY))
      return false;
  }
  return true;
}

/* What copies the snapshot and goes on from there, on the reader's own context. */
static bool asks_of_host(berth_context *ctx, const berth_view *view, uint32_t host) {
  berth_answer *failure = NULL, *drain = NULL;
  const berth_inventory *inventory = NULL;
  bool ok = berth_view_failure(ctx, view, host, NULL, &failure) == BERTH_OK &&
            berth_view_inventory(ctx, view, &inventory) == BERTH_OK;
  if (berth_view_host_state(view, host) == BERTH_HOST_ONLINE)
    ok = ok && berth_view_drain(ctx, view, host, NULL, &drain) == BERTH_OK;
  berth_answer_free(failure);
  berth_answer_free(drain);
  berth_inventory_release(inventory);
  return ok;
}

static void *read_on(void *argument) {
  reader *r = argument;
  const berth_view *view;
  berth_context *ctx = NULL;
  r->ok = berth_context_new(NULL, &ctx) == BERTH_OK;
  while (r->ok && (view = newest(r->stage)) != NULL) {
    for (int i = 0; i < 50 && r->ok; i++)
      r->ok = answers(view, draw(&r->random, berth_view_vm_count(view)));
    r->ok = r->ok && adds_up(r->stage, view);
    r->ok = r->ok && asks_of_host(ctx, view, draw(&r->random, HOSTS));
    r->asked += 51;
    berth_view_release(view);
  }
  berth_context_free(ctx);
  return NULL;
}

/* ------------------------------------------------------------------------ the writer */

static bool change(berth_session *session, uint64_t *random) {
  const berth_view *view = berth_session_view(session);
  uint32_t vm = draw(random, berth_view_vm_count(view)), host = draw(random, HOSTS), number;
  char id[32];
  switch (draw(random, 8)) {
  case 0:
    return berth_session_set_host_state(
               session, host, draw(random, 2) ? BERTH_HOST_FAILED : BERTH_HOST_ONLINE) == BERTH_OK;
  case 1: {
    berth_vm_spec spec = BERTH_VM_SPEC_INIT;
    (void)snprintf(id, sizeof id, "new-%u-%u", draw(random, 1000000), draw(random, 1000000));
    spec.id = id;
    spec.memory_mib = spec.memory_reservation_mib = 512;
    return berth_session_add_vm(session, 0, &spec, berth_view_vm_exists(view, vm) ? vm : BERTH_NONE,
                                &number) == BERTH_OK;
  }
  case 2:
    return !berth_view_vm_exists(view, vm) || berth_session_remove_vm(session, vm) == BERTH_OK;
  case 3: {
    berth_vm_size size = BERTH_VM_SIZE_INIT;
    size.memory_reservation_mib = 64 + draw(random, 1024);
    return !berth_view_vm_exists(view, vm) ||
           berth_session_resize_vm(session, vm, &size) == BERTH_OK;
  }
  default:
    return !berth_view_vm_exists(view, vm) || berth_session_start_vm(session, vm, host) == BERTH_OK;
  }
}

static bool write_on(stage *s, berth_session *session, unsigned long rounds) {
  uint64_t random = 88172645463325252U;
  bool ok = true;
  for (unsigned long round = 0; ok && round < rounds; round++) {
    bool back = draw(&random, 3) == 0;
    const berth_view *view = NULL;
    ok = berth_session_begin(session) == BERTH_OK;
    for (uint32_t i = 0; ok && i < 20; i++)
      ok = change(session, &random);
    ok = ok &&
         (back ? berth_session_rollback(session) : berth_session_commit(session)) == BERTH_OK &&
         berth_session_snapshot(session, &view) == BERTH_OK;
    if (view != NULL)
      publish(s, view);
  }
  pthread_mutex_lock(&s->lock);
  s->over = true;
  pthread_mutex_unlock(&s->lock);
  return ok;
}

/* ------------------------------------------------------------------------ the stage */

static bool add_rules(berth_builder *builder, uint32_t cluster) {
  char id[32], vms[128];
  for (uint32_t i = 0; i + 2 < VMS; i += 10) {
    berth_rule_spec rule = BERTH_RULE_SPEC_INIT;
    (void)snprintf(id, sizeof id, "r%u", i);
    (void)snprintf(vms, sizeof vms, "v%u v%u v%u", i, i + 1, i + 2);
    rule.id = id;
    rule.vms = vms;
    rule.type = i % 20 == 0 ? BERTH_RULE_APART : BERTH_RULE_TOGETHER;
    rule.strength = i % 30 == 0 ? BERTH_MUST : BERTH_SHOULD;
    if (berth_builder_add_rule(builder, cluster, &rule, NULL) != BERTH_OK)
      return false;
  }
  return true;
}

static berth_inventory *build(berth_context *ctx) {
  berth_builder *builder = NULL;
  berth_inventory *inventory = NULL;
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  char id[32], at[32];
  uint32_t cluster;
  spec.id = "c";
  if (berth_builder_new(ctx, &builder) != BERTH_OK ||
      berth_builder_add_cluster(builder, &spec, &cluster) != BERTH_OK)
    return NULL;
  for (uint32_t i = 0; i < HOSTS; i++) {
    berth_host_spec host = BERTH_HOST_SPEC_INIT;
    (void)snprintf(id, sizeof id, "h%u", i);
    host.id = id;
    host.cpu_mhz = 20000;
    host.memory_mib = 16384;
    (void)berth_builder_add_host(builder, cluster, &host, NULL);
  }
  for (uint32_t i = 0; i < VMS; i++) {
    berth_vm_spec vm = BERTH_VM_SPEC_INIT;
    (void)snprintf(id, sizeof id, "v%u", i);
    (void)snprintf(at, sizeof at, "h%u", i % HOSTS);
    vm.id = id;
    vm.host = at;
    vm.memory_mib = vm.memory_reservation_mib = 1024;
    (void)berth_builder_add_vm(builder, cluster, &vm, NULL);
  }
  if (add_rules(builder, cluster))
    (void)berth_builder_freeze(builder, &inventory);
  berth_builder_free(builder);
  return inventory;
}

int main(int argc, char **argv) {
  unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 300, asked = 0;
  berth_context *ctx = NULL;
  berth_session *session = NULL;
  stage s = {.lock = PTHREAD_MUTEX_INITIALIZER};
  reader readers[READERS];
  pthread_t threads[READERS];
  if (berth_context_new(NULL, &ctx) != BERTH_OK || (s.inventory = build(ctx)) == NULL ||
      berth_session_open(ctx, s.inventory, &session) != BERTH_OK ||
      berth_session_snapshot(session, &s.newest) != BERTH_OK) {
    printf("not built: %s\n", ctx == NULL ? "" : berth_context_detail(ctx));
    return 1;
  }
  for (uint32_t i = 0; i < READERS; i++) {
    readers[i] = (reader){.stage = &s, .random = i + 1};
    if (pthread_create(&threads[i], NULL, read_on, &readers[i]) != 0)
      return 1;
  }
  bool ok = write_on(&s, session, rounds);
  berth_session_close(session); /* snapshots outlive it */
  for (uint32_t i = 0; i < READERS; i++) {
    pthread_join(threads[i], NULL);
    ok = ok && readers[i].ok;
    asked += readers[i].asked;
  }
  berth_view_release(s.newest);
  berth_inventory_release(s.inventory);
  if (!ok)
    printf("detail: %s\n", berth_context_detail(ctx));
  berth_context_free(ctx);
  printf("%lu snapshots, %lu questions of %d readers: %s\n", rounds, asked, READERS,
         ok ? "all hang together" : "FAILED");
  return ok ? 0 : 1;
}
