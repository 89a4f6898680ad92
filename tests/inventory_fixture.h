/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file inventory_fixture.h
 * Small inventories for tests, an object a line. What a call needs beyond the parameters is changed
 * in the spec between fixture_*_spec() and fixture_add_*(). Every failure fails the test.
 *
 *     fixture f = fixture_begin();
 *     uint32_t c = fixture_cluster(&f, "prod");
 *     fixture_host(&f, c, "h1", 10000, 65536);
 *     fixture_vm(&f, c, "v1", "h1", 1000, 4096);
 *     const berth_inventory *inventory = fixture_freeze(&f);
 *     ...
 *     berth_inventory_release(inventory);
 *     fixture_end(&f);
 */
#ifndef BERTH_TESTS_INVENTORY_FIXTURE_H
#define BERTH_TESTS_INVENTORY_FIXTURE_H

#include <berth/inventory.h>
#include <berth/solve.h>
#include <criterion/criterion.h>
#include <string.h>

typedef struct fixture {
  berth_context *ctx;
  berth_builder *builder;
} fixture;

static inline fixture fixture_begin(void) {
  fixture f = {NULL, NULL};
  cr_assert_eq(berth_context_new(NULL, &f.ctx), BERTH_OK);
  cr_assert_eq(berth_builder_new(f.ctx, &f.builder), BERTH_OK);
  return f;
}

static inline void fixture_end(fixture *f) {
  berth_builder_free(f->builder);
  berth_context_free(f->ctx);
}

/** "test.xml", line @p line. */
static inline berth_position fixture_at(uint32_t line) {
  return (berth_position){.source = "test.xml", .line = line, .column = 1};
}

static inline uint32_t fixture_cluster(fixture *f, const char *id) {
  berth_cluster_spec spec = BERTH_CLUSTER_SPEC_INIT;
  uint32_t index = BERTH_NONE;
  spec.id = id;
  cr_assert_eq(berth_builder_add_cluster(f->builder, &spec, &index), BERTH_OK);
  return index;
}

static inline berth_host_spec fixture_host_spec(const char *id, int64_t cpu_mhz,
                                                int64_t memory_mib) {
  berth_host_spec spec = BERTH_HOST_SPEC_INIT;
  spec.id = id;
  spec.cpu_mhz = cpu_mhz;
  spec.memory_mib = memory_mib;
  return spec;
}

static inline uint32_t fixture_add_host(fixture *f, uint32_t cluster, berth_host_spec spec) {
  uint32_t index = BERTH_NONE;
  cr_assert_eq(berth_builder_add_host(f->builder, cluster, &spec, &index), BERTH_OK);
  return index;
}

static inline uint32_t fixture_host(fixture *f, uint32_t cluster, const char *id, int64_t cpu_mhz,
                                    int64_t memory_mib) {
  return fixture_add_host(f, cluster, fixture_host_spec(id, cpu_mhz, memory_mib));
}

/** A VM that is on; what it has is reserved. @p host may be NULL. */
static inline berth_vm_spec fixture_vm_spec(const char *id, const char *host, int64_t cpu_mhz,
                                            int64_t memory_mib) {
  berth_vm_spec spec = BERTH_VM_SPEC_INIT;
  spec.id = id;
  spec.host = host;
  spec.cpu_reservation_mhz = cpu_mhz;
  spec.memory_mib = memory_mib;
  spec.memory_reservation_mib = memory_mib;
  return spec;
}

static inline uint32_t fixture_add_vm(fixture *f, uint32_t cluster, berth_vm_spec spec) {
  uint32_t index = BERTH_NONE;
  cr_assert_eq(berth_builder_add_vm(f->builder, cluster, &spec, &index), BERTH_OK);
  return index;
}

static inline uint32_t fixture_vm(fixture *f, uint32_t cluster, const char *id, const char *host,
                                  int64_t cpu_mhz, int64_t memory_mib) {
  return fixture_add_vm(f, cluster, fixture_vm_spec(id, host, cpu_mhz, memory_mib));
}

static inline void fixture_vm_group(fixture *f, uint32_t cluster, const char *id,
                                    const char *members) {
  cr_assert_eq(berth_builder_add_vm_group(f->builder, cluster, id, members, NULL), BERTH_OK);
}

static inline void fixture_host_group(fixture *f, uint32_t cluster, const char *id,
                                      const char *members) {
  cr_assert_eq(berth_builder_add_host_group(f->builder, cluster, id, members, NULL), BERTH_OK);
}

static inline berth_rule_spec fixture_rule_spec(const char *id, berth_rule_type type,
                                                berth_strength strength, const char *vms,
                                                const char *hosts) {
  berth_rule_spec spec = BERTH_RULE_SPEC_INIT;
  spec.id = id;
  spec.type = type;
  spec.strength = strength;
  spec.vms = vms;
  spec.hosts = hosts;
  return spec;
}

static inline void fixture_add_rule(fixture *f, uint32_t cluster, berth_rule_spec spec) {
  cr_assert_eq(berth_builder_add_rule(f->builder, cluster, &spec, NULL), BERTH_OK);
}

/** @p hosts may be NULL. Domain: host. */
static inline void fixture_rule(fixture *f, uint32_t cluster, const char *id, berth_rule_type type,
                                berth_strength strength, const char *vms, const char *hosts) {
  fixture_add_rule(f, cluster, fixture_rule_spec(id, type, strength, vms, hosts));
}

/** Freezes; any error fails the test and is shown. */
static inline const berth_inventory *fixture_freeze(fixture *f) {
  berth_inventory *inventory = NULL;
  berth_status status = berth_builder_freeze(f->builder, &inventory);
  cr_assert_eq(status, BERTH_OK, "%s", berth_context_detail(f->ctx));
  return inventory;
}

/** Freezes, expects it to be refused, and returns the number of errors told. */
static inline size_t fixture_refused(fixture *f) {
  berth_inventory *inventory = NULL;
  cr_assert_eq(berth_builder_freeze(f->builder, &inventory), BERTH_E_INVALID);
  cr_assert_null(inventory);
  size_t errors = 0;
  for (size_t i = 0; i < berth_context_problem_count(f->ctx); i++)
    errors += berth_context_problem(f->ctx, i)->severity == BERTH_ERROR;
  return errors;
}

/** The first problem whose text contains @p part, or NULL. */
static inline const berth_problem *fixture_problem(const fixture *f, const char *part) {
  for (size_t i = 0; i < berth_context_problem_count(f->ctx); i++)
    if (strstr(berth_context_problem(f->ctx, i)->text, part) != NULL)
      return berth_context_problem(f->ctx, i);
  return NULL;
}

static inline uint32_t fixture_find_vm(const berth_inventory *inventory, const char *id) {
  uint32_t index = BERTH_NONE;
  cr_assert_eq(berth_inventory_find_vm(inventory, id, &index), BERTH_OK, "no VM %s", id);
  return index;
}

static inline uint32_t fixture_find_host(const berth_inventory *inventory, const char *id) {
  uint32_t index = BERTH_NONE;
  cr_assert_eq(berth_inventory_find_host(inventory, id, &index), BERTH_OK, "no host %s", id);
  return index;
}

static inline uint32_t fixture_find_rule(const berth_inventory *inventory, const char *id) {
  uint32_t index = BERTH_NONE;
  cr_assert_eq(berth_inventory_find_rule(inventory, id, &index), BERTH_OK, "no rule %s", id);
  return index;
}

/** A plan with the goal that the inventory suggests, and all options as they are by default. */
static inline berth_plan *fixture_solve(const fixture *f, const berth_inventory *inventory) {
  berth_request request = BERTH_REQUEST_INIT;
  berth_plan *plan = NULL;
  cr_assert_eq(berth_solve(f->ctx, inventory, &request, NULL, &plan), BERTH_OK, "%s",
               berth_context_detail(f->ctx));
  return plan;
}

#endif
