/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked is looked over, then cluster after cluster is answered.
 */
#include "capacity_cluster.h"
#include "context_internal.h"
#include "frozen.h"
#include "versioned.h"
#include <assert.h>
#include <berth/capacity.h>
#include <string.h>

enum { MOST_FAILURES = 64, MOST_FLAVOURS = 64, MOST_LIMITS = 64 };

struct berth_capacity {
  berth_allocator allocator;
  arena memory;
  const berth_inventory *inventory;
  berth_capacity_cluster *clusters; /* [cluster] */
};

static int64_t option_value(const berth_capacity_request *request, berth_option option) {
  return request->options != NULL ? request->options->value[option]
                                  : berth_option_describe(option)->initial;
}

/* ---------------------------------------------------------------------- what is asked */

static bool is_amount(int64_t value, int64_t least) {
  return value >= least && value <= BERTH_QUANTITY_MAX;
}

static berth_status check_amounts(berth_context *ctx, const berth_inventory *inventory,
                                  const berth_capacity_flavour *flavour) {
  for (uint32_t a = 0; a < flavour->amount_count; a++) {
    const berth_capacity_amount *amount = &flavour->amounts[a];
    uint32_t r = BERTH_RESOURCE_FIRST_NAMED;
    while (r < inventory->resource_count &&
           strcmp(inventory->resource_name[r], amount->resource) != 0)
      r++;
    if (r == inventory->resource_count)
      return context_fail(ctx, BERTH_E_NOT_FOUND, NULL,
                          "the inventory has no resource \"%.200s\" that a flavour could take",
                          amount->resource);
    if (!is_amount(amount->amount, 0))
      return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "an amount of %.200s is out of range",
                          amount->resource);
  }
  return BERTH_OK;
}

static berth_status check_flavour(berth_context *ctx, const berth_inventory *inventory,
                                  const berth_capacity_flavour *flavour) {
  uint32_t vm;
  if (flavour->count < 1 || flavour->count > BERTH_OBJECTS_MAX / MOST_FLAVOURS)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "a flavour's count is out of range");
  if (flavour->like != NULL) {
    berth_status status = berth_inventory_find_vm(inventory, flavour->like, &vm);
    if (status == BERTH_OK)
      return BERTH_OK;
    return context_fail(ctx, status, NULL,
                        status == BERTH_E_AMBIGUOUS
                            ? "several VMs are called \"%.200s\"; a flavour needs an id"
                            : "there is no VM \"%.200s\" that a flavour could be like",
                        flavour->like);
  }
  if (!is_amount(flavour->cpu_mhz, 0) || !is_amount(flavour->memory_mib, 1) ||
      !is_amount(flavour->vcpus, 1))
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "a flavour needs cpu, memory and vcpus within their range");
  return check_amounts(ctx, inventory, flavour);
}

/* The caller's flavours lie as far apart as its header says. */
static berth_status read_flavours(berth_context *ctx, const berth_capacity_request *request,
                                  berth_capacity_flavour *own) {
  static const berth_capacity_flavour defaults = BERTH_CAPACITY_FLAVOUR_INIT;
  const char *given = (const char *)request->flavours;
  for (uint32_t f = 0; f < request->flavour_count; f++) {
    own[f] = defaults;
    berth_status status = versioned_read(ctx, "a flavour", given, &own[f],
                                         VERSIONED_SIZE(berth_capacity_flavour, count));
    if (status != BERTH_OK)
      return status;
    given += request->flavours->struct_size;
  }
  return BERTH_OK;
}

/* @param flavours room for MOST_FLAVOURS. */
static berth_status read_request(berth_context *ctx, const berth_capacity_request *given,
                                 berth_capacity_request *own, berth_capacity_flavour *flavours) {
  berth_status status = versioned_read(ctx, "a request for capacity", given, own,
                                       VERSIONED_SIZE(berth_capacity_request, options));
  if (status != BERTH_OK)
    return status;
  if (own->flavour_count < 1 || own->flavour_count > MOST_FLAVOURS)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "capacity is asked for 1 to %d flavours",
                        MOST_FLAVOURS);
  status = read_flavours(ctx, own, flavours);
  own->flavours = flavours;
  return status;
}

static berth_status check_request(berth_context *ctx, const berth_inventory *inventory,
                                  const berth_capacity_request *request) {
  if (request->failures > MOST_FAILURES || request->migration_count > MOST_LIMITS ||
      request->wanted < 0 || request->wanted > BERTH_OBJECTS_MAX ||
      (unsigned)request->domain >= BERTH_DOMAIN_COUNT)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "capacity is asked for up to %d failures and %d limits of migrations",
                        MOST_FAILURES, MOST_LIMITS);
  for (uint32_t i = 0; i < request->migration_count; i++) {
    if (request->migrations[i] < 0 ||
        (i > 0 && request->migrations[i] <= request->migrations[i - 1]))
      return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                          "limits of migrations are not in ascending order");
  }
  berth_status status = BERTH_OK;
  for (uint32_t f = 0; f < request->flavour_count && status == BERTH_OK; f++)
    status = check_flavour(ctx, inventory, &request->flavours[f]);
  return status;
}

/* ---------------------------------------------------------------------- which clusters */

static bool is_named(const berth_inventory *inventory, const char *name, uint32_t cluster) {
  const frozen_cluster *c = &inventory->clusters[cluster];
  return strcmp(c->id, name) == 0 || (c->name != NULL && strcmp(c->name, name) == 0);
}

/* The cluster that all flavours like a VM belong to; BERTH_NONE = any. */
static berth_status find_home(berth_context *ctx, const berth_inventory *inventory,
                              const berth_capacity_request *request, uint32_t *home) {
  *home = BERTH_NONE;
  for (uint32_t c = 0; c < inventory->cluster_count && request->cluster != NULL; c++)
    if (*home == BERTH_NONE && is_named(inventory, request->cluster, c))
      *home = c;
  if (request->cluster != NULL && *home == BERTH_NONE)
    return context_fail(ctx, BERTH_E_NOT_FOUND, NULL, "there is no cluster \"%.200s\"",
                        request->cluster);
  for (uint32_t f = 0; f < request->flavour_count; f++) {
    uint32_t vm;
    const char *like = request->flavours[f].like;
    if (like == NULL || berth_inventory_find_vm(inventory, like, &vm) != BERTH_OK)
      continue;
    uint32_t of = inventory->vm_cluster[vm];
    if (*home != BERTH_NONE && *home != of)
      return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                          "VM \"%.200s\" is in cluster \"%.200s\": a mix is placed in one cluster",
                          like, inventory->clusters[of].id);
    *home = of;
  }
  return BERTH_OK;
}

/* ---------------------------------------------------------------------- all of it */

static void look_after_callbacks(void *clock) {
  (void)search_clock_over(clock);
}

static berth_status ask_clusters(berth_capacity *result, const capacity_asking *asking,
                                 uint32_t home) {
  berth_status status = BERTH_OK;
  uint32_t count = result->inventory->cluster_count;
  for (uint32_t c = 0; c < count && status == BERTH_OK; c++)
    if (home == BERTH_NONE || home == c)
      status =
          capacity_cluster_ask(asking, result->inventory, c, &result->memory, &result->clusters[c]);
  for (uint32_t c = 0; c < count && status == BERTH_OK; c++)
    if (result->clusters[c].asked)
      status = capacity_purchases_ask(asking, result->inventory, c, &result->memory,
                                      &result->clusters[c]);
  return status;
}

static berth_status ask_all(berth_capacity *result, berth_context *ctx,
                            const berth_capacity_request *request, uint32_t home) {
  arena memory;
  search_clock clock;
  capacity_asking asking = {.ctx = ctx,
                            .request = request,
                            .clock = &clock,
                            .exact_limit = option_value(request, BERTH_OPTION_EXACT_LIMIT)};
  search_clock_start(&clock, ctx, option_value(request, BERTH_OPTION_TIME_LIMIT));
  arena_init(&memory, &result->allocator);
  workers *team = workers_open((uint32_t)option_value(request, BERTH_OPTION_THREADS), &memory,
                               look_after_callbacks, &clock);
  clock.worker = workers_caller(team);
  berth_status status = team != NULL ? ask_clusters(result, &asking, home) : BERTH_E_NOMEM;
  workers_close(team);
  arena_free(&memory);
  return status;
}

berth_status berth_capacity_run(berth_context *ctx, const berth_inventory *inventory,
                                const berth_capacity_request *given, berth_capacity **out) {
  berth_capacity_request own = BERTH_CAPACITY_REQUEST_INIT;
  berth_capacity_flavour flavours[MOST_FLAVOURS];
  const berth_capacity_request *request = &own;
  uint32_t home;
  assert(ctx != NULL && inventory != NULL && given != NULL && out != NULL);
  *out = NULL;
  berth_status status = read_request(ctx, given, &own, flavours);
  if (status == BERTH_OK)
    status = check_request(ctx, inventory, request);
  if (status == BERTH_OK)
    status = find_home(ctx, inventory, request, &home);
  if (status != BERTH_OK)
    return status;
  berth_capacity *result = context_take(ctx, 1, sizeof *result);
  if (result == NULL)
    return BERTH_E_NOMEM;
  result->allocator = *context_allocator(ctx);
  arena_init(&result->memory, &result->allocator);
  result->inventory = berth_inventory_retain(inventory);
  result->clusters =
      arena_take(&result->memory, inventory->cluster_count, sizeof *result->clusters);
  status = result->clusters != NULL ? ask_all(result, ctx, request, home)
                                    : context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
  if (status != BERTH_OK) {
    berth_capacity_free(result);
    return status;
  }
  *out = result;
  return BERTH_OK;
}

void berth_capacity_free(berth_capacity *capacity) {
  if (capacity == NULL)
    return;
  berth_inventory_release(capacity->inventory);
  berth_allocator allocator = capacity->allocator;
  arena_free(&capacity->memory);
  allocator.release(allocator.user, capacity);
}

const berth_capacity_cluster *berth_capacity_get_cluster(const berth_capacity *capacity,
                                                         uint32_t cluster) {
  assert(cluster < capacity->inventory->cluster_count);
  return &capacity->clusters[cluster];
}
