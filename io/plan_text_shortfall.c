/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plan leaves wrong: violations that stay, and should rules that are given up, each with the
 * VMs that make it so. They are read off the end state, and only where the levels say that there
 * are any.
 */
#include "context_internal.h"
#include "frozen.h"
#include "plan_text.h"
#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* ---------------------------------------------------------------------------- the end state */

/* Where VMs run at the end, and a count for each domain that is zero between rules. */
typedef struct end_state {
  uint32_t *host;    /* [vm] BERTH_NONE = it does not run */
  uint32_t *members; /* [domain] */
  int64_t *use;      /* [host * resource_count + resource] */
} end_state;

static bool runs_at_start(const berth_inventory *inventory, uint32_t vm) {
  uint32_t host = inventory->vm_host[vm];
  if (inventory->vm_power[vm] != BERTH_POWER_ON || host == BERTH_NONE)
    return false;
  switch ((berth_host_state)inventory->host_state[host]) {
  case BERTH_HOST_FAILED:
  case BERTH_HOST_STANDBY:
    return false;
  case BERTH_HOST_ISOLATED:
    return inventory->clusters[inventory->host_cluster[host]].set_up.isolation_response ==
           BERTH_ISOLATION_NONE;
  default:
    return true;
  }
}

static uint32_t domains_at_most(const berth_inventory *inventory) {
  uint32_t most = inventory->host_count;
  for (int over = 0; over < BERTH_DOMAIN_COUNT; over++)
    if (inventory->domain_count[over] > most)
      most = inventory->domain_count[over];
  return most;
}

static void end_state_free(berth_context *ctx, end_state *end) {
  context_release(ctx, end->host);
  context_release(ctx, end->members);
  context_release(ctx, end->use);
}

static void charge(const berth_inventory *inventory, end_state *end, uint32_t vm) {
  uint32_t resources = inventory->resource_count;
  if (end->host[vm] == BERTH_NONE)
    return;
  assert(end->host[vm] < inventory->host_count);
  for (uint32_t resource = 0; resource < resources; resource++)
    end->use[(size_t)end->host[vm] * resources + resource] +=
        inventory->vm_demand[(size_t)vm * resources + resource];
}

static berth_status end_state_of(berth_context *ctx, const plan_text *text, end_state *end) {
  const berth_inventory *inventory = text->inventory;
  end->host = context_take(ctx, (size_t)inventory->vm_count + 1, sizeof *end->host);
  end->members = context_take(ctx, (size_t)domains_at_most(inventory) + 1, sizeof *end->members);
  end->use = context_take(ctx, (size_t)inventory->host_count * inventory->resource_count + 1,
                          sizeof *end->use);
  if (end->host == NULL || end->members == NULL || end->use == NULL)
    return BERTH_E_NOMEM;
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++)
    end->host[vm] = runs_at_start(inventory, vm) ? inventory->vm_host[vm] : BERTH_NONE;
  for (uint32_t i = 0; i < berth_plan_placement_count(text->plan); i++) {
    const berth_plan_placement *placement = berth_plan_placement_at(text->plan, i);
    assert(placement->vm < inventory->vm_count && placement->to != BERTH_NONE);
    end->host[placement->vm] = placement->to;
  }
  for (uint32_t vm = 0; vm < inventory->vm_count; vm++)
    charge(inventory, end, vm);
  return BERTH_OK;
}

/* Who gets the sentences. */
typedef struct listener {
  plan_text_listen *listen;
  void *user;
} listener;

static void tell(const listener *to, const char *line) {
  assert(to->listen != NULL && line[0] != '\0');
  to->listen(to->user, line);
}

/* ---------------------------------------------------------------------------- broken rules */

/* The members that make a rule broken: the first few by name. */
typedef struct offenders {
  uint32_t count;
  char names[768];
} offenders;

static void add_offender(const plan_text *text, const end_state *end, uint32_t vm,
                         offenders *found) {
  enum { SHOWN = 4 };
  assert(end->host[vm] != BERTH_NONE);
  if (found->count < SHOWN)
    text_add(found->names, sizeof found->names, "%s%.80s on %.80s", found->count > 0 ? ", " : "",
             plan_text_vm(text, vm), plan_text_host(text, end->host[vm]));
  else if (found->count == SHOWN)
    text_add(found->names, sizeof found->names, ", %s", text_ellipsis(&text->page));
  found->count++;
}

static bool lists_host(const frozen_rule *rule, uint32_t host) {
  for (uint32_t i = 0; i < rule->host_count; i++)
    if (rule->hosts[i] == host)
      return true;
  return false;
}

static void find_misplaced(const plan_text *text, const end_state *end, const frozen_rule *rule,
                           offenders *found) {
  bool wanted = rule->type == BERTH_RULE_RUN_ON;
  for (uint32_t i = 0; i < rule->vm_count; i++) {
    uint32_t host = end->host[rule->vms[i]];
    if (host != BERTH_NONE && lists_host(rule, host) != wanted)
      add_offender(text, end, rule->vms[i], found);
  }
}

static uint32_t domain_of(const berth_inventory *inventory, berth_domain over, uint32_t host) {
  return over == BERTH_DOMAIN_HOST ? host : inventory->host_domain[over][host];
}

/* Apart and at-most: all members in domains that hold too many of them. Together: all members, if
 * they run in several domains. */
static void find_crowded_or_split(const plan_text *text, end_state *end, const frozen_rule *rule,
                                  offenders *found) {
  bool together = rule->type == BERTH_RULE_TOGETHER;
  int64_t limit = rule->type == BERTH_RULE_AT_MOST ? rule->count : 1;
  uint32_t domains = 0;
  for (uint32_t i = 0; i < rule->vm_count; i++) {
    uint32_t host = end->host[rule->vms[i]];
    if (host != BERTH_NONE && end->members[domain_of(text->inventory, rule->over, host)]++ == 0)
      domains++;
  }
  for (uint32_t i = 0; i < rule->vm_count; i++) {
    uint32_t host = end->host[rule->vms[i]];
    if (host != BERTH_NONE &&
        (together ? domains > 1
                  : end->members[domain_of(text->inventory, rule->over, host)] > limit))
      add_offender(text, end, rule->vms[i], found);
  }
  for (uint32_t i = 0; i < rule->vm_count; i++)
    if (end->host[rule->vms[i]] != BERTH_NONE)
      end->members[domain_of(text->inventory, rule->over, end->host[rule->vms[i]])] = 0;
}

static void find_offenders(const plan_text *text, end_state *end, const frozen_rule *rule,
                           offenders *found) {
  memset(found, 0, sizeof *found);
  switch (rule->type) {
  case BERTH_RULE_RUN_ON:
  case BERTH_RULE_NOT_RUN_ON:
    find_misplaced(text, end, rule, found);
    break;
  case BERTH_RULE_APART:
  case BERTH_RULE_AT_MOST:
  case BERTH_RULE_TOGETHER:
    find_crowded_or_split(text, end, rule, found);
    break;
  case BERTH_RULE_QUIESCE:
  case BERTH_RULE_RESTART_AFTER:
    break;
  }
}

static void tell_broken_rules(const plan_text *text, end_state *end, berth_strength strength,
                              const listener *to) {
  const berth_inventory *inventory = text->inventory;
  offenders found;
  char line[1024];
  for (uint32_t i = 0; i < inventory->rule_count; i++) {
    const frozen_rule *rule = &inventory->rules[i];
    if (!rule->enabled || rule->strength != strength)
      continue;
    find_offenders(text, end, rule, &found);
    if (found.count == 0)
      continue;
    line[0] = '\0';
    text_add(line, sizeof line, "rule %.120s (%s): %s", rule->id, berth_rule_type_word(rule->type),
             found.names);
    tell(to, line);
  }
}

/* ---------------------------------------------------------------------------- hosts */

static void tell_overfull(const plan_text *text, uint32_t host, uint32_t resource, int64_t over,
                          const listener *to) {
  char line[512] = "";
  assert(over > 0);
  text_add(line, sizeof line, "%.120s is over its capacity: %.120s by ", plan_text_host(text, host),
           berth_inventory_resource_name(text->inventory, resource));
  if (resource == BERTH_RESOURCE_MEMORY)
    text_add(line, sizeof line, "%s", text_memory(over).text);
  else
    text_add(line, sizeof line, "%" PRId64 "%s", over,
             resource == BERTH_RESOURCE_CPU ? " MHz" : "");
  tell(to, line);
}

static void tell_not_emptied(const plan_text *text, const end_state *end, uint32_t host,
                             const listener *to) {
  enum { SHOWN = 8 };
  const berth_inventory *inventory = text->inventory;
  char line[1024] = "";
  uint32_t count = 0;
  for (uint32_t i = inventory->host_vm_start[host]; i < inventory->host_vm_start[host + 1]; i++) {
    uint32_t vm = inventory->host_vms[i];
    if (end->host[vm] != host)
      continue;
    if (count < SHOWN)
      text_add(line, sizeof line, "%s%.80s", count > 0 ? ", " : "", plan_text_vm(text, vm));
    count++;
  }
  if (count == 0)
    return;
  if (count > SHOWN)
    text_add(line, sizeof line, " and %" PRIu32 " more", count - SHOWN);
  char whole[sizeof line + 256] = "";
  text_add(whole, sizeof whole, "%.120s is not emptied: %s stay%s%s", plan_text_host(text, host),
           line, count == 1 ? "s" : "",
           berth_plan_warning_count(text->plan) > 0 ? " (see the warnings)" : "");
  tell(to, whole);
}

static bool must_be_emptied(const berth_inventory *inventory, uint32_t host) {
  berth_host_state state = berth_inventory_host_state(inventory, host);
  return state == BERTH_HOST_MAINTENANCE || state == BERTH_HOST_ENTERING_MAINTENANCE;
}

static void tell_hosts(const plan_text *text, const end_state *end, const listener *to) {
  const berth_inventory *inventory = text->inventory;
  for (uint32_t host = 0; host < inventory->host_count; host++) {
    for (uint32_t resource = 0; resource < inventory->resource_count; resource++) {
      size_t cell = (size_t)host * inventory->resource_count + resource;
      if (end->use[cell] > inventory->host_capacity[cell])
        tell_overfull(text, host, resource, end->use[cell] - inventory->host_capacity[cell], to);
    }
    if (must_be_emptied(inventory, host))
      tell_not_emptied(text, end, host, to);
  }
}

/* ---------------------------------------------------------------------------- all of it */

berth_status plan_text_wrong(berth_context *ctx, const plan_text *text, berth_strength strength,
                             plan_text_listen *listen, void *user) {
  const listener to = {listen, user};
  end_state end = {NULL, NULL, NULL};
  berth_status status = end_state_of(ctx, text, &end);
  if (status == BERTH_OK) {
    tell_broken_rules(text, &end, strength, &to);
    if (strength == BERTH_MUST)
      tell_hosts(text, &end, &to);
  }
  end_state_free(ctx, &end);
  return status;
}

/* A list while it is printed. */
typedef struct printed_list {
  const plan_text *text;
  uint32_t shown, left_out;
} printed_list;

static void print_line(void *user, const char *line) {
  printed_list *list = user;
  if (list->shown == TEXT_ROWS_MAX) {
    list->left_out++;
    return;
  }
  list->shown++;
  fputs("  ", list->text->page.stream);
  text_wrap(&list->text->page, INK_PLAIN, 2, 4, line);
}

static berth_status print_wrong(berth_context *ctx, const plan_text *text, berth_strength strength,
                                const char *title, int64_t count) {
  printed_list list = {.text = text};
  if (count <= 0)
    return BERTH_OK;
  plan_text_title(text, title, (uint64_t)count);
  berth_status status = plan_text_wrong(ctx, text, strength, print_line, &list);
  if (list.left_out > 0)
    fprintf(text->page.stream, "  %s and %" PRIu32 " more\n", text_ellipsis(&text->page),
            list.left_out);
  return status;
}

berth_status plan_text_shortfall(berth_context *ctx, const plan_text *text) {
  assert(ctx != NULL && text != NULL);
  plan_text_explained(text);
  berth_status status = print_wrong(ctx, text, BERTH_MUST, "Still wrong at the end",
                                    plan_text_value(text, BERTH_LEVEL_VIOLATIONS));
  if (status == BERTH_OK)
    status = print_wrong(ctx, text, BERTH_SHOULD, "Should rules not kept",
                         plan_text_value(text, BERTH_LEVEL_SHOULD_BROKEN));
  return status;
}
