/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans in all stages of soundness. What draft_settle() fills in is derived from docs/model.md, not
 * from the checker.
 */
#include "fuzzed_draft.h"

#include "frozen.h"
#include <string.h>

static uint32_t bits_of(const uint32_t *ids, uint32_t count) {
  uint32_t bits = 0;
  for (uint32_t i = 0; i < count; i++)
    bits |= UINT32_C(1) << (ids[i] - 1);
  return bits;
}

bool draft_copy(plan_draft *draft, const berth_plan *plan) {
  draft->settings = *berth_plan_get_settings(plan);
  draft->step_count = berth_plan_step_count(plan);
  draft->certificate_count = berth_plan_certificate_count(plan);
  if (draft->step_count > DRAFT_STEPS_MAX || draft->certificate_count > DRAFT_CERTIFICATES_MAX)
    return false;
  for (uint32_t i = 0; i < draft->step_count; i++) {
    const berth_plan_step *step = berth_plan_step_at(plan, i);
    draft->steps[i] =
        (draft_step){.step = *step,
                     .after = bits_of(step->after, step->after_count),
                     .settled = bits_of(step->after_settled, step->after_settled_count)};
    draft->steps[i].step.why = NULL;
  }
  for (uint32_t i = 0; i < draft->certificate_count; i++)
    draft->certificates[i] = *berth_plan_certificate_at(plan, i);
  return true;
}

/* ---------------------------------------------------------------------------- steps */

static uint32_t take_host(const plan_draft *draft, fuzzed_bytes *bytes) {
  return fuzzed_below(bytes, berth_inventory_host_count(draft->inventory));
}

static void take_what(const plan_draft *draft, fuzzed_bytes *bytes, berth_plan_step *step) {
  const uint32_t vms = berth_inventory_vm_count(draft->inventory);
  const bool has_vm = step->type == BERTH_STEP_MIGRATE || step->type == BERTH_STEP_RESTART ||
                      step->type == BERTH_STEP_POWER_ON;
  step->vm = step->from = step->to = step->host = BERTH_NONE;
  if (has_vm && vms > 0)
    step->vm = fuzzed_below(bytes, vms);
  if (has_vm)
    step->to = take_host(draft, bytes);
  else
    step->host = take_host(draft, bytes);
  if (step->type == BERTH_STEP_MIGRATE)
    step->from = take_host(draft, bytes);
}

static void take_step(plan_draft *draft, fuzzed_bytes *bytes) {
  draft_step *made = &draft->steps[draft->step_count++];
  *made = (draft_step){.step = BERTH_PLAN_STEP_INIT};
  made->step.type = (berth_step_type)fuzzed_below(bytes, BERTH_STEP_POWER_DOWN + 1);
  take_what(draft, bytes, &made->step);
  made->after = fuzzed_word(bytes);
  made->settled = fuzzed_byte(bytes);
}

void draft_take_steps(plan_draft *draft, fuzzed_bytes *bytes) {
  const uint32_t count = fuzzed_below(bytes, 9);
  while (draft->step_count < count)
    take_step(draft, bytes);
}

/* Those behind it have ids that are one less. */
static uint32_t without_bit(uint32_t bits, uint32_t index) {
  const uint32_t below = (UINT32_C(1) << index) - 1;
  return (bits & below) | (bits >> 1 & ~below);
}

static void remove_step(plan_draft *draft, uint32_t index) {
  draft->step_count--;
  memmove(&draft->steps[index], &draft->steps[index + 1],
          (draft->step_count - index) * sizeof draft->steps[0]);
  for (uint32_t i = 0; i < draft->step_count; i++) {
    draft->steps[i].after = without_bit(draft->steps[i].after, index);
    draft->steps[i].settled = without_bit(draft->steps[i].settled, index);
  }
}

static void edit_step(plan_draft *draft, fuzzed_bytes *bytes, uint32_t kind) {
  const uint32_t index = fuzzed_below(bytes, draft->step_count);
  draft_step *edited = &draft->steps[index];
  switch (kind) {
  case 0:
    edited->after ^= UINT32_C(1) << fuzzed_below(bytes, draft->step_count);
    break;
  case 1:
    edited->settled ^= UINT32_C(1) << fuzzed_below(bytes, draft->step_count);
    break;
  case 2:
    edited->after = edited->settled = 0;
    break;
  case 3:
    edited->after |= edited->settled;
    edited->settled = 0;
    break;
  case 4:
    remove_step(draft, index);
    break;
  case 5:
    edited->step.to = take_host(draft, bytes);
    break;
  case 6:
    edited->step.type = (berth_step_type)fuzzed_below(bytes, BERTH_STEP_POWER_DOWN + 1);
    take_what(draft, bytes, &edited->step);
    break;
  default:
    take_what(draft, bytes, &edited->step);
    break;
  }
}

void draft_edit_steps(plan_draft *draft, fuzzed_bytes *bytes) {
  for (uint32_t edits = fuzzed_below(bytes, 5); edits > 0; edits--) {
    const uint32_t kind = fuzzed_below(bytes, 10);
    if (kind >= 8 && draft->step_count < DRAFT_STEPS_MAX)
      take_step(draft, bytes);
    else if (kind < 8 && draft->step_count > 0)
      edit_step(draft, bytes, kind);
  }
  const uint32_t all = (UINT32_C(1) << draft->step_count) - 1;
  for (uint32_t i = 0; i < draft->step_count; i++) {
    draft->steps[i].after &= all;
    draft->steps[i].settled &= all;
  }
}

/* ---------------------------------------------------------------------------- what follows */

static int64_t larger(int64_t a, int64_t b) {
  return a > b ? a : b;
}

static void set_duration(const plan_draft *draft, berth_plan_step *step, int64_t *expected) {
  const berth_inventory *inventory = draft->inventory;
  step->wait = step->seconds = step->settle = 0;
  *expected = 0;
  if (step->type == BERTH_STEP_WAKE) {
    step->seconds = inventory->host_wake_seconds[step->host];
  } else if (step->type == BERTH_STEP_MIGRATE && step->vm != BERTH_NONE) {
    const frozen_notification *asked = &inventory->vm_notification[step->vm];
    (void)berth_migration_time(inventory, step->vm, step->from, step->to, &step->wait,
                               &step->seconds);
    step->settle = step->wait > 0 ? larger(asked->settle_seconds, 0) : 0;
    *expected = asked->ack_seconds != BERTH_UNSET && asked->ack_seconds < step->wait
                    ? asked->ack_seconds
                    : step->wait;
  } else if (step->vm != BERTH_NONE) {
    step->seconds = inventory->clusters[inventory->vm_cluster[step->vm]].set_up.restart_seconds;
  }
}

static void set_approval(const plan_draft *draft, berth_plan_step *step) {
  const berth_inventory *inventory = draft->inventory;
  const uint32_t host = step->host != BERTH_NONE ? step->host : step->to;
  const berth_cluster_spec *cluster = &inventory->clusters[inventory->host_cluster[host]].set_up;
  switch (step->type) {
  case BERTH_STEP_MIGRATE:
    step->approval = cluster->drs != BERTH_AUTOMATION_FULL;
    break;
  case BERTH_STEP_POWER_ON:
    step->approval =
        cluster->drs == BERTH_AUTOMATION_MANUAL || cluster->drs == BERTH_AUTOMATION_OFF;
    break;
  case BERTH_STEP_WAKE:
  case BERTH_STEP_POWER_DOWN:
    step->approval = cluster->dpm != BERTH_AUTOMATION_FULL;
    break;
  default:
    step->approval = false;
    break;
  }
}

/* Longest paths: after as many rounds as there are steps nothing changes any more, unless steps
 * wait for each other. Quantities are at most 2^40 each, so that sums of a few are far from any
 * limit. */
static void set_windows(plan_draft *draft, const int64_t *waits) {
  int64_t expected[DRAFT_STEPS_MAX] = {0};
  for (uint32_t round = 0; round <= draft->step_count; round++) {
    for (uint32_t i = 0; i < draft->step_count; i++) {
      draft_step *at = &draft->steps[i];
      int64_t expected_start = 0;
      at->step.start = (berth_window){0, 0};
      for (uint32_t k = 0; k < draft->step_count; k++) {
        const berth_plan_step *before = &draft->steps[k].step;
        if (((at->after | at->settled) >> k & 1) == 0 || k == i)
          continue;
        const int64_t settle = (at->settled >> k & 1) != 0 ? before->settle : 0;
        at->step.start.earliest = larger(at->step.start.earliest, before->end.earliest + settle);
        at->step.start.latest = larger(at->step.start.latest, before->end.latest + settle);
        expected_start = larger(expected_start, expected[k] + settle);
      }
      at->step.end.earliest = at->step.start.earliest + at->step.seconds;
      at->step.end.latest = at->step.start.latest + at->step.wait + at->step.seconds;
      expected[i] = expected_start + waits[i] + at->step.seconds;
    }
  }
  draft->makespan = (berth_plan_makespan){0, 0, 0};
  for (uint32_t i = 0; i < draft->step_count; i++) {
    draft->makespan.best = larger(draft->makespan.best, draft->steps[i].step.end.earliest);
    draft->makespan.worst = larger(draft->makespan.worst, draft->steps[i].step.end.latest);
    draft->makespan.expected = larger(draft->makespan.expected, expected[i]);
  }
}

/* 1 = runs, 2 = asks for a host, 0 = takes no part. */
static int part_of(const berth_inventory *inventory, uint32_t vm) {
  const uint32_t host = inventory->vm_host[vm];
  if (inventory->vm_power[vm] != BERTH_POWER_ON)
    return 0;
  if (host == BERTH_NONE)
    return 2;
  const uint8_t state = inventory->host_state[host];
  const bool isolated =
      state == BERTH_HOST_ISOLATED &&
      inventory->clusters[inventory->host_cluster[host]].set_up.isolation_response !=
          BERTH_ISOLATION_NONE;
  if (state != BERTH_HOST_FAILED && !isolated)
    return 1;
  return inventory->vm_priority[vm] == BERTH_PRIORITY_DISABLED ? 0 : 2;
}

static void set_placements(plan_draft *draft) {
  const uint32_t vms = berth_inventory_vm_count(draft->inventory);
  draft->placement_count = draft->unplaced = 0;
  for (uint32_t v = 0; v < vms && v < DRAFT_VMS_MAX; v++) {
    const uint32_t home = draft->inventory->vm_host[v];
    berth_plan_placement placement = {.vm = v, .from = home, .to = BERTH_NONE};
    for (uint32_t i = 0; i < draft->step_count; i++) {
      const berth_plan_step *step = &draft->steps[i].step;
      if (step->vm != v)
        continue;
      placement.to = step->to;
      placement.how = step->type == BERTH_STEP_MIGRATE   ? BERTH_HOW_MIGRATE
                      : step->type == BERTH_STEP_RESTART ? BERTH_HOW_RESTART
                                                         : BERTH_HOW_POWER_ON;
    }
    if (placement.to == BERTH_NONE && part_of(draft->inventory, v) == 2)
      draft->unplaced |= UINT32_C(1) << v;
    if (placement.to != BERTH_NONE && (placement.to != home || placement.how != BERTH_HOW_MIGRATE))
      draft->placements[draft->placement_count++] = placement;
  }
}

void draft_settle(plan_draft *draft) {
  int64_t waits[DRAFT_STEPS_MAX];
  for (uint32_t i = 0; i < draft->step_count; i++) {
    set_duration(draft, &draft->steps[i].step, &waits[i]);
    set_approval(draft, &draft->steps[i].step);
  }
  set_windows(draft, waits);
  set_placements(draft);
}

/* ---------------------------------------------------------------------------- what it says */

static int64_t odd_number(fuzzed_bytes *bytes, int64_t now) {
  static const int64_t odd[] = {0, 1, -1, INT64_MAX, INT64_MIN, INT64_C(1) << 50, BERTH_UNSET};
  const uint32_t byte = fuzzed_byte(bytes);
  if (byte < 7)
    return odd[byte];
  return byte < 64 ? (int64_t)byte : (int64_t)((uint64_t)now + byte - 160);
}

static void spoil_step(plan_draft *draft, fuzzed_bytes *bytes) {
  berth_plan_step *step = &draft->steps[fuzzed_below(bytes, draft->step_count)].step;
  int64_t *const fields[] = {&step->wait,         &step->seconds,      &step->settle,
                             &step->start.latest, &step->end.earliest, &step->end.latest};
  const uint32_t which = fuzzed_below(bytes, 7);
  if (which < 6)
    *fields[which] = odd_number(bytes, *fields[which]);
  else
    step->approval = !step->approval;
}

static void spoil_level(plan_draft *draft, fuzzed_bytes *bytes) {
  berth_plan_level *level = &draft->levels[fuzzed_below(bytes, draft->level_count)];
  switch (fuzzed_below(bytes, 4)) {
  case 0:
    level->value = odd_number(bytes, level->value);
    break;
  case 1:
    level->bound = odd_number(bytes, level->bound);
    break;
  case 2:
    level->bound = level->value;
    level->status = BERTH_OUTCOME_OPTIMAL;
    break;
  default:
    level->status = (berth_outcome)fuzzed_below(bytes, BERTH_OUTCOME_UNKNOWN + 1);
    break;
  }
}

static void spoil_certificate(plan_draft *draft, fuzzed_bytes *bytes) {
  berth_plan_certificate *certificate =
      &draft->certificates[fuzzed_below(bytes, draft->certificate_count)];
  switch (fuzzed_below(bytes, 6)) {
  case 0:
    certificate->bound = odd_number(bytes, certificate->bound);
    break;
  case 1:
    certificate->scale = odd_number(bytes, certificate->scale);
    break;
  case 2:
    certificate->spare = fuzzed_byte(bytes);
    break;
  case 3:
    certificate->host_count = 0;
    break;
  case 4:
    certificate->level = (berth_level)fuzzed_below(bytes, BERTH_LEVEL_COUNT);
    break;
  default: {
    int64_t *assumed = &certificate->assumed[fuzzed_below(bytes, BERTH_LEVEL_COUNT)];
    *assumed = odd_number(bytes, *assumed);
    break;
  }
  }
}

static void spoil_one(plan_draft *draft, fuzzed_bytes *bytes) {
  const uint32_t kind = fuzzed_below(bytes, 8);
  if (kind < 2 && draft->step_count > 0)
    spoil_step(draft, bytes);
  else if (kind < 4 && draft->level_count > 0)
    spoil_level(draft, bytes);
  else if (kind == 4 && draft->certificate_count > 0)
    spoil_certificate(draft, bytes);
  else if (kind == 5)
    draft->unplaced ^= UINT32_C(1) << fuzzed_below(bytes, DRAFT_VMS_MAX);
  else if (kind == 6)
    draft->makespan.worst = odd_number(bytes, draft->makespan.worst);
  else if (kind == 7 && fuzzed_below(bytes, 2) == 0)
    draft->odd_edges = true;
  else if (draft->placement_count > 0)
    draft->placement_count--;
}

void draft_spoil(plan_draft *draft, fuzzed_bytes *bytes) {
  for (uint32_t count = fuzzed_below(bytes, 4); count > 0; count--)
    spoil_one(draft, bytes);
}

/* ---------------------------------------------------------------------------- the plan */

static bool may_be(berth_status status) {
  fuzzed_require(status == BERTH_OK || status == BERTH_E_ARGUMENT,
                 "a plan takes what it is given, or refuses it");
  return status == BERTH_OK;
}

static uint32_t list_ids(uint32_t bits, uint32_t *ids) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < 32; i++)
    if ((bits >> i & 1) != 0)
      ids[count++] = i + 1;
  return count;
}

static bool add_step(const plan_draft *draft, uint32_t index, berth_context *ctx,
                     berth_plan *plan) {
  uint32_t after[34], settled[34];
  berth_plan_step step = draft->steps[index].step;
  step.struct_size = sizeof step;
  step.after = after;
  step.after_settled = settled;
  step.after_count = list_ids(draft->steps[index].after, after);
  step.after_settled_count = list_ids(draft->steps[index].settled, settled);
  if (draft->odd_edges) {
    after[step.after_count++] = index + 1;
    settled[step.after_settled_count++] = index % 2 == 0 ? 0 : UINT32_MAX;
  }
  return may_be(berth_plan_add_step(ctx, plan, &step));
}

static bool fill(const plan_draft *draft, berth_context *ctx, berth_plan *plan) {
  bool made = may_be(berth_plan_set_settings(ctx, plan, &draft->settings));
  for (uint32_t i = 0; i < draft->step_count && made; i++)
    made = add_step(draft, i, ctx, plan);
  for (uint32_t i = 0; i < draft->placement_count && made; i++)
    made = may_be(berth_plan_add_placement(ctx, plan, &draft->placements[i]));
  for (uint32_t v = 0; v < berth_inventory_vm_count(draft->inventory) && made; v++) {
    const berth_plan_unplaced unplaced = {.vm = v};
    if (v < DRAFT_VMS_MAX && (draft->unplaced >> v & 1) != 0)
      made = may_be(berth_plan_add_unplaced(ctx, plan, &unplaced));
  }
  for (uint32_t i = 0; i < draft->level_count && made; i++)
    made = may_be(berth_plan_add_level(ctx, plan, &draft->levels[i]));
  for (uint32_t i = 0; i < draft->certificate_count && made; i++)
    made = may_be(berth_plan_add_certificate(ctx, plan, &draft->certificates[i]));
  berth_plan_set_makespan(plan, draft->makespan);
  berth_plan_set_status(plan, draft->status);
  return made;
}

berth_plan *draft_build(const plan_draft *draft, berth_context *ctx) {
  berth_plan *plan = NULL;
  fuzzed_require_ok(ctx, berth_plan_new(ctx, draft->inventory, NULL, draft->goal, &plan),
                    "a plan is begun");
  if (!fill(draft, ctx, plan)) {
    berth_plan_free(plan);
    plan = NULL;
  }
  return plan;
}
