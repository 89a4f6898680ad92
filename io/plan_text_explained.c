/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMs that a plan leaves without a host, or where they must not stay: why each host is out, the
 * group that is short together, what forbids it, and what would help.
 */
#include "frozen.h"
#include "plan_text.h"
#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* "memory by 8 GiB": of several hosts the shortage is that of the one that comes closest. */
static void add_shortage(const plan_text *text, char *line, size_t size,
                         const berth_plan_ledger_entry *entry) {
  assert(entry->resource != BERTH_NONE);
  const char *least = entry->hosts > 1 ? "at least " : "";
  text_add(line, size, "%s", berth_inventory_resource_name(text->inventory, entry->resource));
  if (entry->resource == BERTH_RESOURCE_MEMORY)
    text_add(line, size, " by %s%s", least, text_memory(entry->short_by).text);
  else
    text_add(line, size, " by %s%" PRId64 "%s", least, entry->short_by,
             entry->resource == BERTH_RESOURCE_CPU ? " MHz" : "");
}

/* The reason as the end of "7 ...", for reasons without rule and resource. */
static const char *reason_words(berth_reason reason) {
  switch (reason) {
  case BERTH_REASON_MAINTENANCE:
    return "in maintenance";
  case BERTH_REASON_NO_WAKE:
    return "in standby and not to be woken";
  case BERTH_REASON_DEDICATED:
    return "kept for failover";
  case BERTH_REASON_PINNED:
    return "because the VM does not move";
  case BERTH_REASON_NETWORK:
    return "without a network it needs";
  case BERTH_REASON_DATASTORE:
    return "without a datastore it needs";
  case BERTH_REASON_CPU_COMPATIBILITY:
    return "with a CPU that does not suit";
  case BERTH_REASON_NUMA:
    return "without room on one NUMA node";
  default:
    return berth_reason_word(reason);
  }
}

static void add_ledger_entry(const plan_text *text, char *line, size_t size,
                             const berth_plan_ledger_entry *entry) {
  assert(entry->reason < BERTH_REASON_COUNT);
  text_add(line, size, "%" PRIu32 " ", entry->hosts);
  if (entry->resource != BERTH_NONE) {
    bool never = entry->reason == BERTH_REASON_RESOURCE_NEVER;
    bool node = entry->reason == BERTH_REASON_NUMA;
    text_add(line, size, "%s",
             node    ? "without room on one NUMA node, short of "
             : never ? "too small even when empty, short of "
                     : "left short of ");
    add_shortage(text, line, size, entry);
  } else if (entry->rule != BERTH_NONE) {
    text_add(line, size, "ruled out by %s", berth_inventory_rule_id(text->inventory, entry->rule));
  } else {
    text_add(line, size, "%s", reason_words(entry->reason));
  }
}

void plan_text_ledger(const plan_text *text, const berth_plan_unplaced *unplaced, char *line,
                      size_t size) {
  assert(unplaced->ledger != NULL || unplaced->ledger_count == 0);
  uint64_t hosts = 0;
  if (unplaced->ledger_count == 0)
    return;
  for (uint32_t i = 0; i < unplaced->ledger_count; i++)
    hosts += unplaced->ledger[i].hosts;
  text_add(line, size,
           hosts == 1 ? "the only host cannot take it: "
                      : "none of %" PRIu64 " hosts can take it: ",
           hosts);
  for (uint32_t i = 0; i < unplaced->ledger_count; i++) {
    text_add(line, size, "%s", i > 0 ? ", " : "");
    add_ledger_entry(text, line, size, &unplaced->ledger[i]);
  }
}

/* "esx01, esx02 and esx03", or how many where they are many. */
static void add_hosts(const plan_text *text, char *line, size_t size,
                      const berth_plan_shortage *shortage) {
  enum { SHOWN = 6 };
  assert(shortage->host_count > 0);
  if (shortage->host_count > SHOWN) {
    text_add(line, size, "%" PRIu32 " hosts (", shortage->host_count);
    text_add(line, size, "%s, %s %s)", plan_text_host(text, shortage->hosts[0]),
             text_ellipsis(&text->page),
             plan_text_host(text, shortage->hosts[shortage->host_count - 1]));
    return;
  }
  for (uint32_t i = 0; i < shortage->host_count; i++)
    text_add(line, size, "%s%.120s",
             i == 0                         ? ""
             : i + 1 < shortage->host_count ? ", "
                                            : " and ",
             plan_text_host(text, shortage->hosts[i]));
}

static const berth_plan_shortage *shortage_of(const plan_text *text, uint32_t vm) {
  for (uint32_t i = 0; i < berth_plan_shortage_count(text->plan); i++) {
    const berth_plan_shortage *shortage = berth_plan_shortage_at(text->plan, i);
    for (uint32_t v = 0; v < shortage->vm_count; v++)
      if (shortage->vms[v] == vm)
        return shortage;
  }
  return NULL;
}

void plan_text_shortage(const plan_text *text, const berth_plan_unplaced *unplaced, char *line,
                        size_t size) {
  const berth_plan_shortage *shortage = shortage_of(text, unplaced->vm);
  if (shortage == NULL)
    return;
  text_add(line, size, "it and %" PRIu32 " other VM%s can end only on ", shortage->vm_count - 1,
           shortage->vm_count == 2 ? "" : "s");
  add_hosts(text, line, size, shortage);
  if (shortage->resource == BERTH_RESOURCE_MEMORY)
    text_add(line, size, ": %s", text_memory(shortage->short_by).text);
  else
    text_add(line, size, ": %" PRId64 "%s", shortage->short_by,
             shortage->resource == BERTH_RESOURCE_CPU ? " MHz" : "");
  text_add(line, size, " of %s too little for all of them",
           berth_inventory_resource_name(text->inventory, shortage->resource));
}

/* What a member of a conflict stands for. */
static void add_member(const plan_text *text, char *line, size_t size, const char *name) {
  static const struct {
    berth_reason reason;
    const char *words;
  } reasons[] = {{BERTH_REASON_MAINTENANCE, "hosts in maintenance"},
                 {BERTH_REASON_NO_WAKE, "hosts in standby that are not woken"},
                 {BERTH_REASON_DEDICATED, "hosts kept for failover"},
                 {BERTH_REASON_PINNED, "VMs that may not be migrated"},
                 {BERTH_REASON_NETWORK, "networks out of reach"},
                 {BERTH_REASON_DATASTORE, "datastores out of reach"},
                 {BERTH_REASON_CPU_COMPATIBILITY, "CPUs that do not suit"},
                 {BERTH_REASON_NUMA, "one NUMA node for VMs that ask for it"}};
  for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
    if (strcmp(name, berth_reason_word(reasons[i].reason)) == 0) {
      text_add(line, size, "%s", reasons[i].words);
      return;
    }
  for (uint32_t r = 0; r < berth_inventory_resource_count(text->inventory); r++)
    if (strcmp(name, berth_inventory_resource_name(text->inventory, r)) == 0) {
      text_add(line, size, "limits of %s", name);
      return;
    }
  text_add(line, size, "rule %s", name);
}

void plan_text_conflict(const plan_text *text, const berth_plan_unplaced *unplaced, char *line,
                        size_t size) {
  assert(unplaced->conflict != NULL || unplaced->conflict_count == 0);
  if (unplaced->conflict_count == 0)
    return;
  text_add(line, size, "forbidden %sby: ", unplaced->conflict_count == 1 ? "" : "only together ");
  for (uint32_t i = 0; i < unplaced->conflict_count; i++) {
    text_add(line, size, "%s", i > 0 ? ", " : "");
    add_member(text, line, size, unplaced->conflict[i]);
  }
}

void plan_text_remedies(const plan_text *text, const berth_plan_unplaced *unplaced, char *line,
                        size_t size) {
  assert(unplaced->remedies != NULL || unplaced->remedy_count == 0);
  (void)text; /* one of a row of sentences that are called alike */
  if (unplaced->remedy_count == 0)
    return;
  text_add(line, size, "would help: ");
  for (uint32_t i = 0; i < unplaced->remedy_count; i++)
    text_add(line, size, "%s%s", i > 0 ? "; or " : "", unplaced->remedies[i].change);
}

/* "32 GiB, 4000 MHz, 2 vgpu": what the VM takes of a host, as far as it is reserved. */
static void add_demand(const plan_text *text, char *line, size_t size, uint32_t vm) {
  const berth_inventory *inventory = text->inventory;
  int64_t cpu = berth_inventory_vm_demand(inventory, vm, BERTH_RESOURCE_CPU);
  text_add(line, size, "%s",
           text_memory(berth_inventory_vm_demand(inventory, vm, BERTH_RESOURCE_MEMORY)).text);
  if (cpu > 0)
    text_add(line, size, ", %" PRId64 " MHz", cpu);
  for (uint32_t resource = BERTH_RESOURCE_FIRST_NAMED; resource < inventory->resource_count;
       resource++) {
    int64_t amount = berth_inventory_vm_demand(inventory, vm, resource);
    if (amount > 0)
      text_add(line, size, ", %" PRId64 " %.60s", amount,
               berth_inventory_resource_name(inventory, resource));
  }
}

void plan_text_about(const plan_text *text, const berth_plan_unplaced *unplaced, bool left_behind,
                     char *line, size_t size) {
  assert(unplaced != NULL && unplaced->vm != BERTH_NONE);
  if (left_behind)
    text_add(line, size, "on %.120s, reserves ",
             plan_text_host(text, berth_inventory_vm_host(text->inventory, unplaced->vm)));
  else
    text_add(line, size, "priority %s, reserves ",
             berth_priority_word(berth_inventory_vm_priority(text->inventory, unplaced->vm)));
  add_demand(text, line, size, unplaced->vm);
}

static void print_vm(const plan_text *text, const berth_plan_unplaced *unplaced, bool left_behind) {
  const char *name = plan_text_vm(text, unplaced->vm);
  char line[512] = "";
  fputs("  ", text->page.stream);
  text_put(&text->page, INK_BAD, name);
  fputs("  ", text->page.stream);
  plan_text_about(text, unplaced, left_behind, line, sizeof line);
  text_wrap(&text->page, INK_PLAIN, text_width(name) + 4, 4, line);
}

static bool same_ledger(const berth_plan_unplaced *a, const berth_plan_unplaced *b) {
  if (a->ledger_count != b->ledger_count)
    return false;
  for (uint32_t i = 0; i < a->ledger_count; i++) {
    const berth_plan_ledger_entry *x = &a->ledger[i], *y = &b->ledger[i];
    if (x->reason != y->reason || x->rule != y->rule || x->resource != y->resource ||
        x->hosts != y->hosts || x->short_by != y->short_by)
      return false;
  }
  return true;
}

bool plan_text_same_reasons(const plan_text *text, const berth_plan_unplaced *a,
                            const berth_plan_unplaced *b) {
  if (!same_ledger(a, b) || shortage_of(text, a->vm) != shortage_of(text, b->vm) ||
      a->conflict_count != b->conflict_count || a->remedy_count != b->remedy_count)
    return false;
  for (uint32_t i = 0; i < a->conflict_count; i++)
    if (strcmp(a->conflict[i], b->conflict[i]) != 0)
      return false;
  for (uint32_t i = 0; i < a->remedy_count; i++)
    if (strcmp(a->remedies[i].change, b->remedies[i].change) != 0)
      return false;
  return true;
}

static void print_reasons(const plan_text *text, const berth_plan_unplaced *unplaced) {
  void (*const sentences[])(const plan_text *, const berth_plan_unplaced *, char *, size_t) = {
      plan_text_ledger, plan_text_shortage, plan_text_conflict, plan_text_remedies};
  for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
    char line[PLAN_TEXT_SENTENCE] = "";
    sentences[i](text, unplaced, line, sizeof line);
    if (line[0] == '\0')
      continue;
    fputs("    ", text->page.stream);
    text_wrap(&text->page, sentences[i] == plan_text_remedies ? INK_GOOD : INK_PLAIN, 4, 6, line);
  }
}

/* Many VMs of one size fail for one reason: it is said below the last of them. */
static void print_vms(const plan_text *text, const char *title, uint32_t count,
                      const berth_plan_unplaced *(*at)(const berth_plan *plan, uint32_t index),
                      bool left_behind) {
  uint32_t shown = count < TEXT_ROWS_MAX ? count : TEXT_ROWS_MAX;
  if (count == 0)
    return;
  plan_text_title(text, title, count);
  for (uint32_t i = 0; i < shown; i++) {
    const berth_plan_unplaced *unplaced = at(text->plan, i);
    print_vm(text, unplaced, left_behind);
    if (i + 1 < shown && plan_text_same_reasons(text, unplaced, at(text->plan, i + 1)))
      continue;
    print_reasons(text, unplaced);
  }
  if (shown < count)
    fprintf(text->page.stream, "  %s and %" PRIu32 " more; --format json has all\n",
            text_ellipsis(&text->page), count - shown);
}

void plan_text_explained(const plan_text *text) {
  assert(text != NULL && text->plan != NULL);
  print_vms(text, "Without a host", berth_plan_unplaced_count(text->plan), berth_plan_unplaced_at,
            false);
  print_vms(text, "Left on hosts that they must leave", berth_plan_left_behind_count(text->plan),
            berth_plan_left_behind_at, true);
}
