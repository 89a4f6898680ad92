/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cluster by cluster: the figures of admission control, then all failure sets by size, then how
 * many failures are survived in any case.
 */
#include "admission_policy.h"
#include "audit_sets.h"
#include "context_internal.h"
#include "set_number.h"
#include "versioned.h"
#include <assert.h>
#include <berth/audit.h>
#include <string.h>

enum { MOST_FAILURES = 64, MOST_PARTS = 1 << 20 };

struct berth_audit {
  berth_allocator allocator;
  arena memory;
  const berth_inventory *inventory;
  berth_audit_cluster *clusters; /* [cluster] */
  uint8_t *vm_worst;             /* [vm] */
  berth_audit_verdict worst;
};

typedef struct auditing {
  berth_audit *result;
  const berth_audit_request *request;
  search_clock clock;
  int64_t exact_limit;
} auditing;

const char *berth_audit_verdict_word(berth_audit_verdict value) {
  static const char *const words[BERTH_AUDIT_VERDICT_COUNT] = {
      "restarts", "wakes", "migrations", "wakes and migrations", "undecided", "lost"};
  return (unsigned)value < BERTH_AUDIT_VERDICT_COUNT ? words[value] : NULL;
}

static int64_t option_value(const berth_audit_request *request, berth_option option) {
  return request->options != NULL ? request->options->value[option]
                                  : berth_option_describe(option)->initial;
}

/* ---------------------------------------------------------------------- policy and truth */

/* The most hosts that so many units take with them. */
static uint32_t hosts_of(const audit_ground *g, uint32_t units, arena *memory) {
  uint32_t *on = arena_take(memory, g->unit_count, sizeof *on), hosts = 0;
  if (on == NULL)
    return BERTH_NONE;
  assert(units <= g->unit_count);
  memcpy(on, g->unit_on, g->unit_count * sizeof *on);
  for (uint32_t i = 0; i < units && i < g->unit_count; i++) {
    uint32_t most = i;
    for (uint32_t u = i + 1; u < g->unit_count; u++)
      most = on[u] > on[most] ? u : most;
    uint32_t other = on[i];
    on[i] = on[most];
    on[most] = other;
    hosts += on[i];
  }
  return hosts;
}

static bool note_claims(const audit_ground *g, const admission_policy *policy, uint32_t size,
                        arena *memory, berth_audit_size *out) {
  uint32_t hosts = hosts_of(g, size, memory);
  for (int c = 0; c < BERTH_AUDIT_CLAIM_COUNT; c++)
    out->claim[c] = admission_policy_claims(policy, (berth_audit_claim)c, hosts);
  return hosts != BERTH_NONE;
}

static bool is_survived(const berth_audit_size *size) {
  return size->count[BERTH_AUDIT_LOST] == 0 && size->count[BERTH_AUDIT_UNDECIDED] == 0;
}

/* The largest k up to which every set is survived. */
static void judge(berth_audit_cluster *out) {
  out->holds = -1;
  out->holds_exact = true;
  for (uint32_t k = 0; k < out->size_count && is_survived(&out->sizes[k]); k++)
    out->holds = k;
  assert(out->holds < (int64_t)out->size_count);
  uint32_t next = (uint32_t)(out->holds + 1);
  if (next < out->size_count)
    out->holds_exact = out->sizes[next].count[BERTH_AUDIT_LOST] > 0;
}

/* ---------------------------------------------------------------------- a cluster */

static void start_worst(const audit_ground *g, uint8_t *vm_worst) {
  const problem *p = &g->whole;
  for (uint32_t item = 0; item < p->item_count; item++) {
    if (g->comes_back[item])
      vm_worst[p->vm[item]] = BERTH_AUDIT_RESTARTS;
  }
}

static bool copy_names(const audit_ground *g, arena *memory, berth_audit_cluster *out) {
  const char **name = arena_take(memory, g->unit_count, sizeof *name);
  if (name == NULL)
    return false;
  for (uint32_t u = 0; u < g->unit_count; u++)
    name[u] = g->unit_name[u]; /* of the inventory, which the result keeps */
  out->unit_count = g->unit_count;
  out->unit_name = name;
  return true;
}

/* The numbers of the sets to be tried. */
static set_range range_of(const berth_audit_request *request, uint32_t units, uint32_t size) {
  uint64_t sets = set_number_count(units, size);
  if (request->parts == 0)
    return (set_range){.count = sets};
  return set_number_share(sets, request->part, request->parts);
}

/* Tells the progress callback how many sets there are to try. */
static void expect(auditing *a, const audit_ground *g, uint32_t most) {
  uint64_t total = 0;
  for (uint32_t k = 0; k <= most; k++) {
    uint64_t sets = range_of(a->request, g->unit_count, k).count;
    total = sets > UINT64_MAX - total ? UINT64_MAX : total + sets;
  }
  search_clock_expect(&a->clock, "audit", total);
}

static bool try_sizes(auditing *a, const audit_ground *g, const admission_policy *policy,
                      arena *memory, berth_audit_cluster *out) {
  berth_audit *result = a->result;
  uint32_t most = a->request->failures < g->unit_count ? a->request->failures : g->unit_count;
  berth_audit_size *sizes = arena_take(&result->memory, (size_t)most + 1, sizeof *sizes);
  uint8_t *unit_worst = arena_take(&result->memory, g->unit_count, 1);
  uint8_t *unit_alike = arena_take(memory, (size_t)g->unit_count + 1, 1);
  if (sizes == NULL || unit_worst == NULL || unit_alike == NULL)
    return false;
  audit_tally tally = {.ground = g,
                       .memory = &result->memory,
                       .clock = &a->clock,
                       .exact_limit = a->exact_limit,
                       .vm_worst = result->vm_worst,
                       .unit_worst = unit_worst,
                       .unit_alike = unit_alike};
  start_worst(g, result->vm_worst);
  expect(a, g, most);
  for (uint32_t k = 0; k <= most; k++) {
    if (!note_claims(g, policy, k, memory, &sizes[k]) ||
        !audit_sets_try(&tally, k, range_of(a->request, g->unit_count, k), &sizes[k]))
      return false;
  }
  audit_sets_spread(&tally);
  assert(tally.set_count <= tally.set_room);
  out->sizes = sizes;
  out->size_count = most + 1;
  out->unit_worst = unit_worst;
  out->sets = tally.sets;
  out->set_count = tally.set_count;
  out->sets_not_listed = tally.sets_not_listed;
  return true;
}

static bool audit_cluster(auditing *a, uint32_t cluster) {
  berth_audit *result = a->result;
  berth_audit_cluster *out = &result->clusters[cluster];
  audit_ground ground;
  admission_policy policy;
  arena memory;
  arena_init(&memory, &result->allocator);
  bool ok = admission_policy_compute(result->inventory, cluster, &memory, &policy) &&
            audit_ground_build(&ground, result->inventory, cluster, a->request->domain, &memory) &&
            copy_names(&ground, &result->memory, out) &&
            try_sizes(a, &ground, &policy, &memory, out);
  if (ok) {
    out->policy = policy.figures;
    judge(out);
    for (uint32_t k = 0; k < out->size_count; k++) {
      for (int v = 0; v < BERTH_AUDIT_VERDICT_COUNT; v++) {
        if (out->sizes[k].count[v] > 0 && (berth_audit_verdict)v > result->worst)
          result->worst = (berth_audit_verdict)v;
      }
    }
  }
  arena_free(&memory);
  return ok;
}

/* ---------------------------------------------------------------------- all of it */

static bool begin(berth_audit *result, const berth_inventory *inventory) {
  arena_init(&result->memory, &result->allocator);
  result->inventory = berth_inventory_retain(inventory);
  result->clusters =
      arena_take(&result->memory, inventory->cluster_count, sizeof *result->clusters);
  result->vm_worst = arena_take(&result->memory, inventory->vm_count, 1);
  if (result->clusters == NULL || result->vm_worst == NULL)
    return false;
  memset(result->vm_worst, BERTH_AUDIT_VERDICT_COUNT, inventory->vm_count);
  return true;
}

static void look_after_callbacks(void *clock) {
  (void)search_clock_over(clock);
}

static bool audit_all(auditing *a, berth_context *ctx) {
  arena memory;
  bool ok = true;
  search_clock_start(&a->clock, ctx, option_value(a->request, BERTH_OPTION_TIME_LIMIT));
  arena_init(&memory, &a->result->allocator);
  workers *team = workers_open((uint32_t)option_value(a->request, BERTH_OPTION_THREADS), &memory,
                               look_after_callbacks, &a->clock);
  a->clock.worker = workers_caller(team);
  ok = team != NULL;
  for (uint32_t c = 0; c < a->result->inventory->cluster_count && ok; c++)
    ok = audit_cluster(a, c);
  workers_close(team);
  arena_free(&memory);
  return ok;
}

berth_status berth_audit_run(berth_context *ctx, const berth_inventory *inventory,
                             const berth_audit_request *request, berth_audit **out) {
  assert(ctx != NULL && inventory != NULL && request != NULL && out != NULL);
  *out = NULL;
  berth_audit_request own = BERTH_AUDIT_REQUEST_INIT;
  berth_status status = versioned_read(ctx, "a request for an audit", request, &own,
                                       VERSIONED_SIZE(berth_audit_request, options));
  if (status != BERTH_OK)
    return status;
  if (own.failures > MOST_FAILURES || (unsigned)own.domain >= BERTH_DOMAIN_COUNT)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "an audit of %u failures; expected at most %d, of hosts or their domains",
                        own.failures, MOST_FAILURES);
  if (own.parts > MOST_PARTS || (own.part > 0 && own.part >= own.parts))
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "part %u of %u of an audit; expected a number below that of the parts, "
                        "which are at most %d",
                        own.part, own.parts, MOST_PARTS);
  berth_audit *result = context_take(ctx, 1, sizeof *result);
  if (result == NULL)
    return BERTH_E_NOMEM;
  result->allocator = *context_allocator(ctx);
  auditing a = {.result = result,
                .request = &own,
                .exact_limit = option_value(&own, BERTH_OPTION_EXACT_LIMIT)};
  if (!begin(result, inventory) || !audit_all(&a, ctx)) {
    berth_audit_free(result);
    return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
  }
  *out = result;
  return BERTH_OK;
}

void berth_audit_free(berth_audit *audit) {
  if (audit == NULL)
    return;
  berth_inventory_release(audit->inventory);
  berth_allocator allocator = audit->allocator;
  arena_free(&audit->memory);
  allocator.release(allocator.user, audit);
}

const berth_audit_cluster *berth_audit_get_cluster(const berth_audit *audit, uint32_t cluster) {
  assert(cluster < audit->inventory->cluster_count);
  return &audit->clusters[cluster];
}

berth_audit_verdict berth_audit_vm(const berth_audit *audit, uint32_t vm) {
  assert(vm < audit->inventory->vm_count);
  return (berth_audit_verdict)audit->vm_worst[vm];
}

berth_audit_verdict berth_audit_worst(const berth_audit *audit) {
  assert(audit->worst < BERTH_AUDIT_VERDICT_COUNT);
  return audit->worst;
}
