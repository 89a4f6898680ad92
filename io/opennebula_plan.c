/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PLAN for OpenNebula: an action for each VM that is deployed or migrated, in the order of the
 * steps, whose ids are an order in which they can be carried out. What hosts would do (wake, power
 * down) is not OpenNebula's to do; only what moves VMs is written. A VM for which a rule had to be
 * put out of force, or that has no datastore or network, is left and told.
 */
#include "opennebula_action.h"

#include "context_internal.h"
#include "frozen.h"
#include "output_file.h"
#include "versioned.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct writing {
  berth_context *ctx;
  const berth_opennebula_action *action;
  const berth_plan *plan;
  const berth_inventory *inventory;
  FILE *out;
  arena memory;
  opennebula_chooser chooser;
  bool *chosen; /* [step] */
  berth_opennebula_answer *answer;
} writing;

/* ------------------------------------------------------------------------ what is left */

static void tell_left(const writing *w, uint32_t vm, const char *why) {
  context_problem(w->ctx, BERTH_WARNING, BERTH_OK, NULL, "VM %s (%.60s) is not deployed: %s",
                  berth_inventory_vm_id(w->inventory, vm),
                  berth_inventory_vm_label(w->inventory, vm), why);
  w->answer->left++;
}

/* "2 hosts: resource memory, 1024 short". */
static size_t put_reason(const writing *w, const berth_plan_ledger_entry *entry, char *text,
                         size_t room) {
  const char *plural = entry->hosts == 1 ? "" : "s";
  int length = 0;
  assert(room > 0);
  if (entry->rule != BERTH_NONE)
    length = snprintf(text, room, "%" PRIu32 " host%s: rule %.60s", entry->hosts, plural,
                      berth_inventory_rule_id(w->inventory, entry->rule));
  else if (entry->resource != BERTH_NONE)
    length = snprintf(
        text, room, "%" PRIu32 " host%s: %.60s, %" PRId64 " short at least", entry->hosts, plural,
        berth_inventory_resource_name(w->inventory, entry->resource), entry->short_by);
  else
    length = snprintf(text, room, "%" PRIu32 " host%s: %s", entry->hosts, plural,
                      berth_reason_word(entry->reason));
  return length < 0 || (size_t)length >= room ? room - 1 : (size_t)length;
}

static void tell_unplaced(const writing *w, const berth_plan_unplaced *unplaced) {
  char text[600];
  size_t used = (size_t)snprintf(text, sizeof text, "no host can take it");
  for (uint32_t i = 0; i < unplaced->ledger_count && used + 1 < sizeof text; i++) {
    used += (size_t)snprintf(text + used, sizeof text - used, "; ");
    if (used + 1 < sizeof text)
      used += put_reason(w, &unplaced->ledger[i], text + used, sizeof text - used);
  }
  tell_left(w, unplaced->vm, text);
}

static void tell_all_unplaced(const writing *w) {
  for (uint32_t i = 0; i < berth_plan_unplaced_count(w->plan); i++)
    tell_unplaced(w, berth_plan_unplaced_at(w->plan, i));
}

/* A must rule of the VM that freezing put out of force, or BERTH_NONE. */
static uint32_t disabled_rule(const writing *w, uint32_t vm) {
  const berth_inventory *inventory = w->inventory;
  for (uint32_t i = inventory->vm_rule_start[vm]; i < inventory->vm_rule_start[vm + 1]; i++)
    if (!berth_inventory_rule_enabled(inventory, inventory->vm_rules[i]))
      return inventory->vm_rules[i];
  return BERTH_NONE;
}

/* ------------------------------------------------------------------------ actions */

static void put_action(const writing *w, const char *operation, uint32_t vm, uint32_t host) {
  fprintf(w->out,
          "  <ACTION>\n    <VM_ID>%s</VM_ID>\n    <OPERATION>%s</OPERATION>\n"
          "    <HOST_ID>%s</HOST_ID>\n",
          berth_inventory_vm_id(w->inventory, vm), operation,
          berth_inventory_host_id(w->inventory, host));
}

static berth_status put_deployment(writing *w, const berth_plan_step *step) {
  opennebula_choice choice = {0};
  const char *why = NULL;
  char text[200];
  const uint32_t rule = disabled_rule(w, step->vm);
  if (rule != BERTH_NONE) {
    snprintf(text, sizeof text, "rule %.100s contradicts another one",
             berth_inventory_rule_id(w->inventory, rule));
    tell_left(w, step->vm, text);
    return BERTH_OK;
  }
  if (!opennebula_choose(&w->chooser, berth_inventory_vm_id(w->inventory, step->vm),
                         berth_inventory_host_id(w->inventory, step->to), &choice, &why))
    return context_fail(w->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  if (why != NULL) {
    tell_left(w, step->vm, why);
    return BERTH_OK;
  }
  put_action(w, "deploy", step->vm, step->to);
  fprintf(w->out, "    <DS_ID>%s</DS_ID>\n", choice.datastore);
  for (uint32_t i = 0; i < choice.network_count; i++)
    fprintf(w->out,
            "    <NIC>\n      <NIC_ID>%s</NIC_ID>\n      <NETWORK_ID>%s</NETWORK_ID>\n"
            "    </NIC>\n",
            choice.nics[i], choice.networks[i]);
  fputs("  </ACTION>\n", w->out);
  w->answer->deployed++;
  return BERTH_OK;
}

static void put_migration(writing *w, const berth_plan_step *step) {
  put_action(w, "migrate", step->vm, step->to);
  fputs("  </ACTION>\n", w->out);
  w->answer->migrations++;
}

static berth_status put_actions(writing *w) {
  berth_status status = BERTH_OK;
  for (uint32_t i = 0; status == BERTH_OK && i < berth_plan_step_count(w->plan); i++) {
    const berth_plan_step *step = berth_plan_step_at(w->plan, i);
    if (step->type == BERTH_STEP_POWER_ON)
      status = put_deployment(w, step);
    else if (step->type == BERTH_STEP_MIGRATE && w->chosen[i])
      put_migration(w, step);
    else if (step->type == BERTH_STEP_MIGRATE)
      w->answer->held_back++;
  }
  return status;
}

/* Deployments wait for nothing that could be held back: VMs do not move while others are placed. */
static berth_status choose_steps(writing *w) {
  const int64_t allowed = w->action->settings.migrations;
  const uint32_t most =
      allowed == BERTH_UNSET || allowed > UINT32_MAX ? UINT32_MAX : (uint32_t)allowed;
  if (w->plan == NULL)
    return BERTH_OK;
  w->chosen = arena_take(&w->memory, berth_plan_step_count(w->plan), sizeof *w->chosen);
  if (w->chosen == NULL)
    return context_fail(w->ctx, BERTH_E_NOMEM, NULL, "out of memory");
  return opennebula_choose_steps(w->ctx, w->plan, most, w->chosen);
}

/* A plan for another inventory could name VMs that the action does not have. */
static bool is_of_action(const berth_opennebula_action *action, const berth_plan *plan) {
  return plan == NULL || (berth_plan_inventory(plan) == action->inventory);
}

berth_status berth_opennebula_write_plan(berth_context *ctx, const berth_opennebula_action *action,
                                         const berth_plan *plan, const char *path,
                                         berth_opennebula_answer *answer) {
  berth_opennebula_answer own = BERTH_OPENNEBULA_ANSWER_INIT;
  const versioned_size size = VERSIONED_SIZE(berth_opennebula_answer, held_back);
  output_file *file = NULL;
  assert(ctx != NULL && action != NULL && path != NULL);
  if (!is_of_action(action, plan))
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "a plan for another inventory than the action's");
  berth_status status = versioned_check(ctx, "an answer", answer, size);
  if (status != BERTH_OK)
    return status;
  writing w = {.ctx = ctx, .action = action, .plan = plan, .inventory = action->inventory};
  w.answer = &own;
  arena_init(&w.memory, context_allocator(ctx));
  opennebula_chooser_init(&w.chooser, ctx, opennebula_reader_store(action->reader), &w.memory);
  status = choose_steps(&w);
  if (status == BERTH_OK)
    status = output_file_open(ctx, path, &file);
  if (status != BERTH_OK)
    goto done;
  w.out = output_file_stream(file);
  fprintf(w.out, "<PLAN>\n  <ID>%s</ID>\n", action->cluster == NULL ? "-1" : action->cluster);
  if (w.plan != NULL) {
    tell_all_unplaced(&w);
    status = put_actions(&w);
  }
  fputs("</PLAN>\n", w.out);
  if (status == BERTH_OK)
    status = output_file_commit(file);
done:
  versioned_write(answer, &own, size);
  output_file_discard(file);
  opennebula_chooser_free(&w.chooser);
  arena_free(&w.memory);
  return status;
}
