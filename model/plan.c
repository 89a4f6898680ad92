/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan is a set of lists that only grow. Elements lie in chunks, so that those handed out stay
 * where they are; what they point to lies in the plan's arena.
 */
#include "arena.h"
#include "chunked_list.h"
#include "context_internal.h"
#include "settle_certificates.h"
#include "versioned.h"
#include <assert.h>
#include <berth/option.h>
#include <berth/plan.h>
#include <string.h>

struct berth_plan {
  const berth_inventory *inventory;
  berth_scenario *scenario;
  berth_goal goal;
  berth_outcome status;
  berth_plan_makespan makespan;
  berth_plan_settings settings;
  const berth_plan_deadline *deadline; /* NULL = none was asked for */
  arena memory;
  chunked_list levels, placements, unplaced, left_behind, shortages, steps, certificates;
  chunked_list warnings; /* const char * */
};

static berth_status out_of_memory(berth_context *ctx) {
  return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory while filling a plan");
}

berth_status berth_plan_new(berth_context *ctx, const berth_inventory *inventory,
                            const berth_scenario *scenario, berth_goal goal, berth_plan **out) {
  assert(ctx != NULL && inventory != NULL && out != NULL);
  *out = NULL;
  if (berth_goal_word(goal) == NULL)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "there is no goal %u; expected one below %u",
                        (unsigned)goal, (unsigned)BERTH_GOAL_COUNT);
  berth_plan *plan = context_take(ctx, 1, sizeof *plan);
  if (plan == NULL)
    return BERTH_E_NOMEM;
  const berth_allocator *allocator = context_allocator(ctx);
  arena_init(&plan->memory, allocator);
  chunked_list_init(&plan->levels, allocator, sizeof(berth_plan_level));
  chunked_list_init(&plan->placements, allocator, sizeof(berth_plan_placement));
  chunked_list_init(&plan->unplaced, allocator, sizeof(berth_plan_unplaced));
  chunked_list_init(&plan->left_behind, allocator, sizeof(berth_plan_unplaced));
  chunked_list_init(&plan->shortages, allocator, sizeof(berth_plan_shortage));
  chunked_list_init(&plan->steps, allocator, sizeof(berth_plan_step));
  chunked_list_init(&plan->certificates, allocator, sizeof(berth_plan_certificate));
  chunked_list_init(&plan->warnings, allocator, sizeof(const char *));
  plan->settings = (berth_plan_settings)BERTH_PLAN_SETTINGS_INIT;
  plan->goal = goal;
  plan->status = BERTH_OUTCOME_UNKNOWN;
  berth_status status = scenario != NULL ? berth_scenario_copy(ctx, scenario, &plan->scenario)
                                         : berth_scenario_new(ctx, &plan->scenario);
  if (status != BERTH_OK) {
    berth_plan_free(plan);
    return status;
  }
  plan->inventory = berth_inventory_retain(inventory);
  *out = plan;
  return BERTH_OK;
}

void berth_plan_free(berth_plan *plan) {
  if (plan == NULL)
    return;
  chunked_list_free(&plan->levels);
  chunked_list_free(&plan->placements);
  chunked_list_free(&plan->unplaced);
  chunked_list_free(&plan->left_behind);
  chunked_list_free(&plan->shortages);
  chunked_list_free(&plan->steps);
  chunked_list_free(&plan->certificates);
  chunked_list_free(&plan->warnings);
  berth_scenario_free(plan->scenario);
  berth_inventory_release(plan->inventory);
  berth_allocator allocator = plan->memory.allocator;
  arena_free(&plan->memory);
  allocator.release(allocator.user, plan);
}

const berth_inventory *berth_plan_inventory(const berth_plan *plan) {
  return plan->inventory;
}

const berth_scenario *berth_plan_scenario(const berth_plan *plan) {
  assert(plan->scenario != NULL);
  return plan->scenario;
}

berth_goal berth_plan_goal(const berth_plan *plan) {
  return plan->goal;
}

berth_outcome berth_plan_status(const berth_plan *plan) {
  return plan->status;
}

void berth_plan_set_status(berth_plan *plan, berth_outcome status) {
  assert(berth_outcome_word(status) != NULL);
  plan->status = status;
}

berth_plan_makespan berth_plan_get_makespan(const berth_plan *plan) {
  return plan->makespan;
}

void berth_plan_set_makespan(berth_plan *plan, berth_plan_makespan makespan) {
  plan->makespan = makespan;
}

const berth_plan_settings *berth_plan_get_settings(const berth_plan *plan) {
  assert(plan->settings.struct_size == sizeof plan->settings);
  return &plan->settings;
}

/* Whether `value` is one that the option may have. */
static bool within(berth_option option, int64_t value) {
  const berth_option_info *info = berth_option_describe(option);
  return value >= info->minimum && value <= info->maximum;
}

berth_status berth_plan_set_settings(berth_context *ctx, berth_plan *plan,
                                     const berth_plan_settings *settings) {
  assert(ctx != NULL && plan != NULL && settings != NULL);
  berth_plan_settings own = BERTH_PLAN_SETTINGS_INIT;
  berth_status status = versioned_read(ctx, "a plan's settings", settings, &own,
                                       VERSIONED_SIZE(berth_plan_settings, stranded_tolerance));
  if (status != BERTH_OK)
    return status;
  if (!within(BERTH_OPTION_KEEP_FAILURES, own.keep_failures) ||
      !within(BERTH_OPTION_WEIGH, (int64_t)own.weigh) ||
      !within(BERTH_OPTION_TARGET_CPU, own.target_cpu) ||
      !within(BERTH_OPTION_TARGET_MEMORY, own.target_memory) ||
      !within(BERTH_OPTION_STRANDED_TOLERANCE, own.stranded_tolerance))
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "a setting of a plan is outside the bounds of its option; expected what "
                        "the option could be set to");
  plan->settings = own;
  return BERTH_OK;
}

const berth_plan_deadline *berth_plan_get_deadline(const berth_plan *plan) {
  return plan->deadline;
}

/* ------------------------------------------------------------------------------ reading */

uint32_t berth_plan_level_count(const berth_plan *plan) {
  return plan->levels.count;
}

const berth_plan_level *berth_plan_level_at(const berth_plan *plan, uint32_t index) {
  return chunked_list_at(&plan->levels, index);
}

uint32_t berth_plan_placement_count(const berth_plan *plan) {
  return plan->placements.count;
}

const berth_plan_placement *berth_plan_placement_at(const berth_plan *plan, uint32_t index) {
  return chunked_list_at(&plan->placements, index);
}

uint32_t berth_plan_unplaced_count(const berth_plan *plan) {
  return plan->unplaced.count;
}

const berth_plan_unplaced *berth_plan_unplaced_at(const berth_plan *plan, uint32_t index) {
  return chunked_list_at(&plan->unplaced, index);
}

uint32_t berth_plan_left_behind_count(const berth_plan *plan) {
  return plan->left_behind.count;
}

const berth_plan_unplaced *berth_plan_left_behind_at(const berth_plan *plan, uint32_t index) {
  return chunked_list_at(&plan->left_behind, index);
}

uint32_t berth_plan_shortage_count(const berth_plan *plan) {
  return plan->shortages.count;
}

const berth_plan_shortage *berth_plan_shortage_at(const berth_plan *plan, uint32_t index) {
  return chunked_list_at(&plan->shortages, index);
}

uint32_t berth_plan_step_count(const berth_plan *plan) {
  return plan->steps.count;
}

const berth_plan_step *berth_plan_step_at(const berth_plan *plan, uint32_t index) {
  const berth_plan_step *step = chunked_list_at(&plan->steps, index);
  assert(step->id == index + 1);
  return step;
}

uint32_t berth_plan_warning_count(const berth_plan *plan) {
  return plan->warnings.count;
}

const char *berth_plan_warning_at(const berth_plan *plan, uint32_t index) {
  return *(const char *const *)chunked_list_at(&plan->warnings, index);
}

uint32_t berth_plan_certificate_count(const berth_plan *plan) {
  return plan->certificates.count;
}

const berth_plan_certificate *berth_plan_certificate_at(const berth_plan *plan, uint32_t index) {
  return chunked_list_at(&plan->certificates, index);
}

/* ------------------------------------------------------------------------------ filling */

static bool known(uint32_t index, uint32_t count) {
  return index < count || index == BERTH_NONE;
}

static berth_status unknown_object(berth_context *ctx, const char *what) {
  return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                      "%s names an object that the inventory does not have; expected one of its "
                      "indices",
                      what);
}

/* A copy of `text` in the plan; NULL stays NULL. */
static bool keep_text(berth_plan *plan, const char *text, const char **out) {
  *out = text == NULL ? NULL : arena_text(&plan->memory, text, strlen(text));
  return text == NULL || *out != NULL;
}

/* A copy of `count` elements in the plan; NULL for none. False: out of memory. */
static bool keep_array(berth_plan *plan, const void *from, uint32_t count, size_t size, void *out) {
  assert(from != NULL || count == 0);
  void *copy = NULL;
  if (count > 0) {
    copy = arena_take(&plan->memory, count, size);
    if (copy == NULL)
      return false;
    memcpy(copy, from, count * size);
  }
  memcpy(out, &copy, sizeof copy);
  return true;
}

berth_status berth_plan_add_level(berth_context *ctx, berth_plan *plan,
                                  const berth_plan_level *level) {
  assert(ctx != NULL && plan != NULL && level != NULL);
  if (berth_level_name(level->level) == NULL || berth_outcome_word(level->status) == NULL)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "a level of a plan is none that berth knows; expected one of the table");
  berth_plan_level copy = *level;
  berth_plan_level *added = NULL;
  if (!keep_text(plan, level->proof, &copy.proof) ||
      (added = chunked_list_add(&plan->levels)) == NULL)
    return out_of_memory(ctx);
  *added = copy;
  return BERTH_OK;
}

berth_status berth_plan_add_placement(berth_context *ctx, berth_plan *plan,
                                      const berth_plan_placement *placement) {
  assert(ctx != NULL && plan != NULL && placement != NULL);
  uint32_t hosts = berth_inventory_host_count(plan->inventory);
  if (placement->vm >= berth_inventory_vm_count(plan->inventory) || placement->to >= hosts ||
      !known(placement->from, hosts) || berth_how_word(placement->how) == NULL)
    return unknown_object(ctx, "a placement");
  berth_plan_placement *added = chunked_list_add(&plan->placements);
  if (added == NULL)
    return out_of_memory(ctx);
  *added = *placement;
  return BERTH_OK;
}

static bool known_ledger(const berth_plan *plan, const berth_plan_unplaced *unplaced) {
  for (uint32_t i = 0; i < unplaced->ledger_count; i++) {
    const berth_plan_ledger_entry *entry = &unplaced->ledger[i];
    if (berth_reason_word(entry->reason) == NULL ||
        !known(entry->rule, berth_inventory_rule_count(plan->inventory)) ||
        !known(entry->resource, berth_inventory_resource_count(plan->inventory)))
      return false;
  }
  return true;
}

static bool keep_conflict(berth_plan *plan, berth_plan_unplaced *copy) {
  const char **texts;
  if (!keep_array(plan, copy->conflict, copy->conflict_count, sizeof *texts, &texts))
    return false;
  for (uint32_t i = 0; i < copy->conflict_count; i++)
    if (!keep_text(plan, texts[i], &texts[i]))
      return false;
  copy->conflict = texts;
  return true;
}

static bool keep_remedies(berth_plan *plan, berth_plan_unplaced *copy) {
  berth_plan_remedy *remedies;
  if (!keep_array(plan, copy->remedies, copy->remedy_count, sizeof *remedies, &remedies))
    return false;
  for (uint32_t i = 0; i < copy->remedy_count; i++)
    if (!keep_text(plan, remedies[i].change, &remedies[i].change))
      return false;
  copy->remedies = remedies;
  return true;
}

static berth_status add_explained(berth_context *ctx, berth_plan *plan, chunked_list *list,
                                  const berth_plan_unplaced *unplaced) {
  assert(ctx != NULL && plan != NULL && unplaced != NULL);
  if (unplaced->vm >= berth_inventory_vm_count(plan->inventory) || !known_ledger(plan, unplaced))
    return unknown_object(ctx, "an unplaced VM");
  berth_plan_unplaced copy = *unplaced;
  berth_plan_unplaced *added = NULL;
  if (!keep_array(plan, unplaced->ledger, unplaced->ledger_count, sizeof *unplaced->ledger,
                  &copy.ledger) ||
      !keep_conflict(plan, &copy) || !keep_remedies(plan, &copy) ||
      (added = chunked_list_add(list)) == NULL)
    return out_of_memory(ctx);
  *added = copy;
  return BERTH_OK;
}

berth_status berth_plan_add_unplaced(berth_context *ctx, berth_plan *plan,
                                     const berth_plan_unplaced *unplaced) {
  return add_explained(ctx, plan, &plan->unplaced, unplaced);
}

berth_status berth_plan_add_left_behind(berth_context *ctx, berth_plan *plan,
                                        const berth_plan_unplaced *left_behind) {
  return add_explained(ctx, plan, &plan->left_behind, left_behind);
}

static berth_status replace_explanation(berth_context *ctx, berth_plan *plan, chunked_list *list,
                                        uint32_t index, const berth_plan_unplaced *explained) {
  assert(ctx != NULL && plan != NULL && explained != NULL);
  if (index >= list->count)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "there is no element %lu of %lu to explain; expected one of the list",
                        (unsigned long)index, (unsigned long)list->count);
  berth_plan_unplaced *entry = chunked_list_at(list, index);
  berth_plan_unplaced copy = *explained;
  if (!keep_conflict(plan, &copy) || !keep_remedies(plan, &copy))
    return out_of_memory(ctx);
  entry->conflict_count = copy.conflict_count;
  entry->conflict = copy.conflict;
  entry->remedy_count = copy.remedy_count;
  entry->remedies = copy.remedies;
  return BERTH_OK;
}

berth_status berth_plan_explain_unplaced(berth_context *ctx, berth_plan *plan, uint32_t index,
                                         const berth_plan_unplaced *explained) {
  return replace_explanation(ctx, plan, &plan->unplaced, index, explained);
}

berth_status berth_plan_explain_left_behind(berth_context *ctx, berth_plan *plan, uint32_t index,
                                            const berth_plan_unplaced *explained) {
  return replace_explanation(ctx, plan, &plan->left_behind, index, explained);
}

/* Whether a list names objects of [first, end) and ascends. */
static bool ascends_within(const uint32_t *list, uint32_t count, uint32_t first, uint32_t end) {
  for (uint32_t i = 0; i < count; i++)
    if (list[i] < first || list[i] >= end || (i > 0 && list[i] <= list[i - 1]))
      return false;
  return count > 0;
}

static bool is_of_one_cluster(const berth_plan *plan, const berth_plan_shortage *shortage) {
  const berth_inventory *inventory = plan->inventory;
  uint32_t clusters = berth_inventory_cluster_count(inventory);
  for (uint32_t c = 0; c < clusters; c++)
    if (ascends_within(shortage->hosts, shortage->host_count,
                       berth_inventory_cluster_first_host(inventory, c),
                       berth_inventory_cluster_first_host(inventory, c + 1)))
      return ascends_within(shortage->vms, shortage->vm_count,
                            berth_inventory_cluster_first_vm(inventory, c),
                            berth_inventory_cluster_first_vm(inventory, c + 1));
  return false;
}

berth_status berth_plan_add_shortage(berth_context *ctx, berth_plan *plan,
                                     const berth_plan_shortage *shortage) {
  assert(ctx != NULL && plan != NULL && shortage != NULL);
  if (shortage->resource >= berth_inventory_resource_count(plan->inventory) ||
      !is_of_one_cluster(plan, shortage))
    return unknown_object(ctx, "a shortage");
  if (shortage->short_by <= 0)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "a shortage by %lld is none; expected more than 0",
                        (long long)shortage->short_by);
  berth_plan_shortage copy = *shortage;
  berth_plan_shortage *added = NULL;
  if (!keep_array(plan, shortage->vms, shortage->vm_count, sizeof *copy.vms, &copy.vms) ||
      !keep_array(plan, shortage->hosts, shortage->host_count, sizeof *copy.hosts, &copy.hosts) ||
      (added = chunked_list_add(&plan->shortages)) == NULL)
    return out_of_memory(ctx);
  *added = copy;
  return BERTH_OK;
}

static bool known_step(const berth_plan *plan, const berth_plan_step *step) {
  uint32_t hosts = berth_inventory_host_count(plan->inventory);
  return known(step->vm, berth_inventory_vm_count(plan->inventory)) && known(step->from, hosts) &&
         known(step->to, hosts) && known(step->host, hosts) &&
         berth_step_type_word(step->type) != NULL;
}

berth_status berth_plan_add_step(berth_context *ctx, berth_plan *plan,
                                 const berth_plan_step *step) {
  assert(ctx != NULL && plan != NULL && step != NULL);
  berth_plan_step copy = BERTH_PLAN_STEP_INIT;
  berth_plan_step *added = NULL;
  berth_status status =
      versioned_read(ctx, "a step", step, &copy, VERSIONED_SIZE(berth_plan_step, why));
  if (status != BERTH_OK)
    return status;
  if (!known_step(plan, step))
    return unknown_object(ctx, "a step");
  if (!keep_array(plan, step->after, step->after_count, sizeof *step->after, &copy.after) ||
      !keep_array(plan, step->after_settled, step->after_settled_count, sizeof *step->after_settled,
                  &copy.after_settled) ||
      !keep_text(plan, step->why, &copy.why) || (added = chunked_list_add(&plan->steps)) == NULL)
    return out_of_memory(ctx);
  copy.id = plan->steps.count;
  *added = copy;
  return BERTH_OK;
}

berth_status berth_plan_add_warning(berth_context *ctx, berth_plan *plan, const char *text) {
  assert(ctx != NULL && plan != NULL && text != NULL);
  const char *copy;
  const char **added = NULL;
  if (!keep_text(plan, text, &copy) || (added = chunked_list_add(&plan->warnings)) == NULL)
    return out_of_memory(ctx);
  *added = copy;
  return BERTH_OK;
}

void plan_settle_certificates(berth_plan *plan, const int64_t *bounds) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < plan->certificates.count; i++) {
    berth_plan_certificate *certificate = chunked_list_at(&plan->certificates, i);
    assert(bounds[i] >= 0 && bounds[i] <= certificate->bound);
    if (bounds[i] == 0)
      continue;
    berth_plan_certificate *to = chunked_list_at(&plan->certificates, kept++);
    *to = *certificate;
    to->bound = bounds[i];
  }
  plan->certificates.count = kept;
}

/* The place of `level` in the ladder of the plan's goal; BERTH_LEVEL_COUNT: none. */
static uint32_t rung_of(const berth_plan *plan, berth_level level) {
  berth_level ladder[BERTH_LEVEL_COUNT];
  uint32_t rungs = berth_goal_ladder(plan->goal, ladder);
  for (uint32_t k = 0; k < rungs; k++)
    if (ladder[k] == level)
      return k;
  return BERTH_LEVEL_COUNT;
}

/* Weights of levels are those of levels before the certificate's own. */
static bool assumes_levels_before(const berth_plan *plan,
                                  const berth_plan_certificate *certificate) {
  uint32_t own = rung_of(plan, certificate->level);
  for (unsigned level = 0; level < BERTH_LEVEL_COUNT; level++) {
    int64_t weight = certificate->assumed[level];
    if (weight < 0 || (weight > 0 && rung_of(plan, (berth_level)level) >= own))
      return false;
  }
  return own < BERTH_LEVEL_COUNT;
}

static bool lists_hosts_of_cluster(const berth_plan *plan,
                                   const berth_plan_certificate *certificate) {
  const berth_inventory *inventory = plan->inventory;
  if (certificate->cluster >= berth_inventory_cluster_count(inventory))
    return false;
  uint32_t first = berth_inventory_cluster_first_host(inventory, certificate->cluster);
  uint32_t end = berth_inventory_cluster_first_host(inventory, certificate->cluster + 1);
  for (uint32_t i = 0; i < certificate->host_count; i++) {
    uint32_t host = certificate->hosts[i];
    if (host < first || host >= end || (i > 0 && host <= certificate->hosts[i - 1]))
      return false;
  }
  return true;
}

/* Each entry has a row or a list of VMs, not both. */
static bool weighs_vms_of_cluster(const berth_plan *plan,
                                  const berth_plan_certificate *certificate) {
  uint32_t first = berth_inventory_cluster_first_vm(plan->inventory, certificate->cluster);
  uint32_t end = berth_inventory_cluster_first_vm(plan->inventory, certificate->cluster + 1);
  for (uint32_t i = 0; i < certificate->weight_count; i++) {
    const berth_certificate_weight *weight = &certificate->weights[i];
    if ((weight->demand == NULL) != (weight->vm_count > 0))
      return false;
    for (uint32_t v = 0; v < weight->vm_count; v++)
      if (weight->vms[v] < first || weight->vms[v] >= end ||
          (v > 0 && weight->vms[v] <= weight->vms[v - 1]))
        return false;
  }
  return true;
}

static bool has_sound_numbers(const berth_plan_certificate *certificate) {
  for (uint32_t i = 0; i < certificate->weight_count; i++)
    if (certificate->weights[i].weight < 0)
      return false;
  bool may_spare = certificate->level == BERTH_LEVEL_HOSTS_ON && certificate->host_count == 0;
  return certificate->scale >= 1 && certificate->bound >= 0 &&
         (certificate->spare == 0 || may_spare);
}

static bool keep_weights(berth_plan *plan, berth_plan_certificate *copy) {
  uint32_t resources = berth_inventory_resource_count(plan->inventory);
  berth_certificate_weight *weights;
  if (!keep_array(plan, copy->weights, copy->weight_count, sizeof *weights, &weights))
    return false;
  for (uint32_t i = 0; i < copy->weight_count; i++) {
    if (weights[i].demand == NULL && !keep_array(plan, weights[i].vms, weights[i].vm_count,
                                                 sizeof *weights[i].vms, &weights[i].vms))
      return false;
    if (weights[i].demand != NULL && !keep_array(plan, weights[i].demand, resources,
                                                 sizeof *weights[i].demand, &weights[i].demand))
      return false;
  }
  copy->weights = weights;
  return true;
}

berth_status berth_plan_add_certificate(berth_context *ctx, berth_plan *plan,
                                        const berth_plan_certificate *certificate) {
  assert(ctx != NULL && plan != NULL && certificate != NULL);
  if (!lists_hosts_of_cluster(plan, certificate) || !weighs_vms_of_cluster(plan, certificate))
    return unknown_object(ctx, "a certificate");
  if (!assumes_levels_before(plan, certificate) || !has_sound_numbers(certificate))
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "a certificate has a number out of range, or a level that the goal does "
                        "not have there; expected one as docs/model.md defines it");
  berth_plan_certificate copy = *certificate;
  berth_plan_certificate *added = NULL;
  if (!keep_array(plan, certificate->hosts, certificate->host_count, sizeof *copy.hosts,
                  &copy.hosts) ||
      !keep_weights(plan, &copy) || (added = chunked_list_add(&plan->certificates)) == NULL)
    return out_of_memory(ctx);
  *added = copy;
  return BERTH_OK;
}

/* ------------------------------------------------------------------------------ deadline */

static bool sound_deadline(const berth_plan *plan, const berth_plan_deadline *deadline) {
  bool sound =
      deadline->seconds > 0 && deadline->late >= 0 && berth_met_word(deadline->met) != NULL;
  for (uint32_t i = 0; i < deadline->chain_count; i++) {
    const berth_chain_part *part = &deadline->chain[i];
    sound = sound && part->seconds > 0 && berth_chain_kind_word(part->kind) != NULL &&
            berth_chain_join_word(part->join) != NULL;
  }
  for (uint32_t i = 0; i < deadline->change_count; i++) {
    const berth_deadline_change *change = &deadline->changes[i];
    sound = sound && (change->vm == BERTH_NONE) != (change->host == BERTH_NONE) &&
            known(change->vm, berth_inventory_vm_count(plan->inventory)) &&
            known(change->host, berth_inventory_host_count(plan->inventory)) && change->from > 0 &&
            change->to > 0 && change->worst >= 0 && change->remedy > 0;
  }
  return sound;
}

berth_status berth_plan_set_deadline(berth_context *ctx, berth_plan *plan,
                                     const berth_plan_deadline *deadline) {
  assert(ctx != NULL && plan != NULL && deadline != NULL);
  berth_plan_deadline own = BERTH_PLAN_DEADLINE_INIT;
  berth_status status = versioned_read(ctx, "a deadline", deadline, &own,
                                       VERSIONED_SIZE(berth_plan_deadline, changes));
  if (status != BERTH_OK)
    return status;
  if (!sound_deadline(plan, &own))
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "a deadline has a number out of range, or names an object that the "
                        "inventory does not have; expected one as docs/model.md defines it");
  berth_plan_deadline *copy = arena_take(&plan->memory, 1, sizeof *copy);
  if (copy == NULL)
    return out_of_memory(ctx);
  *copy = own;
  if (!keep_array(plan, deadline->chain, deadline->chain_count, sizeof *copy->chain,
                  &copy->chain) ||
      !keep_array(plan, deadline->changes, deadline->change_count, sizeof *copy->changes,
                  &copy->changes))
    return out_of_memory(ctx);
  plan->deadline = copy;
  return BERTH_OK;
}
