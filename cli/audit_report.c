/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit for people: the answer first, then the figures of admission control, where they are
 * wrong, what can fail as one line of marks, the sets and the VMs that restarts alone do not save.
 */
#include "audit_report.h"
#include "answer.h"
#include <inttypes.h>
#include <string.h>

enum { SETS_SHOWN = 20, VMS_SHOWN = 40, NAMES_SHOWN = 8 };

const char *audit_claim_word(berth_audit_claim claim) {
  static const char *const words[BERTH_AUDIT_CLAIM_COUNT] = {"slots", "percentage", "dedicated"};
  return words[claim];
}

bool audit_policy_exists(const berth_audit_cluster *cluster, berth_audit_claim claim) {
  return claim != BERTH_AUDIT_CLAIM_DEDICATED || cluster->policy.dedicated_hosts > 0;
}

bool audit_claim_differs(const berth_audit_cluster *cluster, berth_audit_claim claim, uint32_t size,
                         bool *lost) {
  const berth_audit_size *of = &cluster->sizes[size];
  *lost = of->count[BERTH_AUDIT_LOST] > 0;
  if (!audit_policy_exists(cluster, claim) || size == 0)
    return false;
  if (of->claim[claim])
    return *lost;
  return !*lost && of->count[BERTH_AUDIT_UNDECIDED] == 0;
}

const berth_audit_set *audit_witness(const berth_audit_cluster *cluster, uint32_t size) {
  for (uint32_t i = 0; i < cluster->set_count; i++)
    if (cluster->sets[i].size == size && cluster->sets[i].verdict == BERTH_AUDIT_LOST)
      return &cluster->sets[i];
  return NULL;
}

static const char *unit_word(berth_domain domain) {
  return berth_domain_word(domain);
}

/* ---------------------------------------------------------------------- names */

static void put_units(FILE *out, const berth_audit_cluster *cluster, const berth_audit_set *set) {
  if (set->size == 0)
    fprintf(out, "no failure");
  for (uint32_t i = 0; i < set->size; i++) {
    fprintf(out, "%s", i > 0 ? " + " : "");
    answer_put_clean(out, cluster->unit_name[set->units[i]]);
  }
}

static void put_lost(FILE *out, const audit_report *report, const berth_audit_set *set) {
  if (!set->lost_known) {
    fprintf(out, " VMs, which ones is not decided");
    return;
  }
  for (uint32_t i = 0; i < set->lost_count && i < NAMES_SHOWN; i++) {
    fprintf(out, "%s", i > 0 ? ", " : " ");
    answer_put_clean(out, berth_inventory_vm_label(report->inventory, set->lost[i]));
  }
  if (set->lost_count > NAMES_SHOWN)
    fprintf(out, " and %" PRIu32 " more", set->lost_count - NAMES_SHOWN);
}

/* ---------------------------------------------------------------------- the answer */

static void put_holds(FILE *out, const char *unit, const berth_audit_cluster *c) {
  if (c->holds < 0)
    fprintf(out, "Not even the failures that there are now are made good.");
  else if (c->holds == 0)
    fprintf(out, "Proved: not every failure of one %s is survived.", unit);
  else
    fprintf(out, "Proved: any %" PRId64 " failure%s of a %s %s survived.", c->holds,
            answer_plural((uint64_t)c->holds), unit, c->holds == 1 ? "is" : "are");
}

void audit_put_answer(FILE *out, const audit_report *report, const berth_audit_cluster *c,
                      const char *before, const char *after) {
  uint32_t most = c->size_count - 1;
  uint64_t help = 0;
  for (int64_t k = 0; k <= c->holds; k++)
    for (int v = BERTH_AUDIT_WAKES; v <= BERTH_AUDIT_WAKES_AND_MIGRATIONS; v++)
      help += c->sizes[k].count[v];
  fputs(before, out);
  put_holds(out, unit_word(report->domain), c);
  fputs(after, out);
  if (!c->holds_exact)
    fprintf(out, "%sWhether %" PRId64 " are is not decided within the limits.%s", before,
            c->holds + 1, after);
  else if (c->holds > 0 && c->holds < (int64_t)most)
    fprintf(out, "%sOf %" PRId64 " failures not every one is.%s", before, c->holds + 1, after);
  if (help > 0)
    fprintf(out, "%sThat takes more than restarts after %" PRIu64 " of the failures.%s", before,
            help, after);
}

bool audit_column_shown(const berth_audit_cluster *c, int verdict) {
  bool any = verdict == BERTH_AUDIT_RESTARTS || verdict == BERTH_AUDIT_LOST;
  for (uint32_t k = 0; k < c->size_count; k++)
    any = any || c->sizes[k].count[verdict] > 0;
  return any;
}

/* As wide as its longest number, which the size with the most sets has, and as its heading. */
static int column_width(const berth_audit_cluster *c, const char *head) {
  char number[24];
  uint64_t most = 0;
  for (uint32_t k = 0; k < c->size_count; k++)
    most = c->sizes[k].sets > most ? c->sizes[k].sets : most;
  int digits = snprintf(number, sizeof number, "%" PRIu64, most);
  return digits > (int)strlen(head) ? digits : (int)strlen(head);
}

static void print_sizes(FILE *out, const berth_audit_cluster *c) {
  static const char *const heads[BERTH_AUDIT_VERDICT_COUNT] = {"restarts", "wakes",     "moves",
                                                               "both",     "undecided", "lost"};
  uint64_t alone_undecided = 0;
  fprintf(out, "\n" INK_FAINT "  failures  %*s", column_width(c, "sets"), "sets");
  for (int v = 0; v < BERTH_AUDIT_VERDICT_COUNT; v++) {
    if (audit_column_shown(c, v))
      fprintf(out, "  %*s", column_width(c, heads[v]), heads[v]);
  }
  fprintf(out, "  %*s" INK_END "\n", column_width(c, "HA alone"), "HA alone");
  for (uint32_t k = 0; k < c->size_count; k++) {
    fprintf(out, "  %8" PRIu32 "  %*" PRIu64, k, column_width(c, "sets"), c->sizes[k].sets);
    for (int v = 0; v < BERTH_AUDIT_VERDICT_COUNT; v++) {
      if (audit_column_shown(c, v))
        fprintf(out, "  %*" PRIu64, column_width(c, heads[v]), c->sizes[k].count[v]);
    }
    fprintf(out, "  %*" PRIu64 "\n", column_width(c, "HA alone"), c->sizes[k].alone);
    alone_undecided += c->sizes[k].alone_undecided;
  }
  if (alone_undecided > 0)
    fprintf(out, "  What HA alone does is not decided of %" PRIu64 " set%s.\n", alone_undecided,
            answer_plural(alone_undecided));
}

/* ---------------------------------------------------------------------- admission control */

static void put_points(FILE *out, int64_t basis_points) {
  fprintf(out, "%" PRId64 ".%02d %%", basis_points / 100, (int)(basis_points % 100));
}

static void print_share(FILE *out, const char *name, const berth_audit_share *share, int64_t num,
                        int64_t den) {
  fprintf(out, "    %-10s  ", name);
  put_points(out, share->free_basis_points);
  fprintf(out, " free (shown as %" PRId64 " %%), ", share->free_percent);
  put_points(out, (num * 20000 + den) / (den * 2));
  fprintf(out, " to be kept: %s\n", share->enough ? "yes" : "no");
}

static void print_slots(FILE *out, const berth_audit_policy *p) {
  fprintf(out,
          "    slots       %" PRId64 " MHz, %" PRId64 " MiB each; %" PRId64 " on %" PRIu32
          " host%s (%" PRId64 " to %" PRId64 "), %" PRId64 " used, %" PRId64 " unreserved\n",
          p->slot_cpu_mhz, p->slot_memory_mib, p->slots, p->usable_hosts,
          answer_plural(p->usable_hosts), p->slots_least, p->slots_most, p->slots_used,
          p->slots_unreserved);
  fprintf(out, "                failover level %" PRIu32, p->failover_level);
  if (p->multi_slot_vms > 0)
    fprintf(out, "; %" PRIu32 " VM%s take%s several slots", p->multi_slot_vms,
            answer_plural(p->multi_slot_vms), p->multi_slot_vms == 1 ? "s" : "");
  if (p->slots_short > 0)
    fprintf(out, "; %" PRId64 " slot%s short", p->slots_short,
            answer_plural((uint64_t)p->slots_short));
  fprintf(out, "\n");
}

static void print_policy(FILE *out, const berth_audit_policy *p) {
  fprintf(out, "\n  Admission control: %s", berth_admission_word(p->configured));
  fprintf(out, ", for %" PRIu32 " host failure%s\n", p->failures, answer_plural(p->failures));
  print_slots(out, p);
  print_share(out, "cpu", &p->cpu, p->reserve_cpu_num, p->reserve_cpu_den);
  print_share(out, "memory", &p->memory, p->reserve_memory_num, p->reserve_memory_den);
  if (p->dedicated_hosts > 0)
    fprintf(out, "    dedicated   %" PRIu32 " host%s, %" PRIu32 " online\n", p->dedicated_hosts,
            answer_plural(p->dedicated_hosts), p->dedicated_usable);
  if (p->degradation_cpu || p->degradation_memory)
    fprintf(out, "    Warning: after the failures VMs get less than is tolerated of %s%s%s.\n",
            p->degradation_cpu ? "cpu" : "",
            p->degradation_cpu && p->degradation_memory ? " and " : "",
            p->degradation_memory ? "memory" : "");
}

static void print_differences(FILE *out, const audit_report *report, const berth_audit_cluster *c) {
  bool any = false, lost;
  for (uint32_t k = 1; k < c->size_count; k++) {
    for (int claim = 0; claim < BERTH_AUDIT_CLAIM_COUNT; claim++) {
      if (!audit_claim_differs(c, (berth_audit_claim)claim, k, &lost))
        continue;
      if (!any)
        fprintf(out, "\n  Where admission control and truth disagree\n");
      any = true;
      fprintf(out, "    %s: %s to %" PRIu32 " failure%s; in truth ",
              audit_claim_word((berth_audit_claim)claim), lost ? "yes" : "no", k, answer_plural(k));
      const berth_audit_set *witness = audit_witness(c, k);
      if (!lost)
        fprintf(out, "every VM restarts");
      else if (witness != NULL) {
        put_units(out, c, witness);
        fprintf(out, " loses");
        put_lost(out, report, witness);
      } else
        fprintf(out, "VMs are lost");
      fprintf(out, "\n");
    }
  }
}

/* ---------------------------------------------------------------------- heat, sets, VMs */

static void print_heat(FILE *out, const audit_report *report, const berth_audit_cluster *c) {
  static const char marks[] = ".wmb?!";
  uint32_t room = report->width > 24 ? report->width - 4 : 20;
  fprintf(out,
          "\n  Each %s at its worst: . restarts, w wakes, m moves, b both, ? undecided, ! lost",
          unit_word(report->domain));
  for (uint32_t u = 0; u < c->unit_count; u++) {
    if (u % room == 0)
      fprintf(out, "\n    ");
    fputc(marks[c->unit_worst[u]], out);
  }
  fprintf(out, "\n");
}

static void print_sets(FILE *out, const audit_report *report, const berth_audit_cluster *c) {
  if (c->set_count == 0)
    return;
  fprintf(out, "\n  Failures that restarts alone do not make good\n");
  for (uint32_t i = 0; i < c->set_count && i < SETS_SHOWN; i++) {
    const berth_audit_set *set = &c->sets[i];
    fprintf(out, "    ");
    put_units(out, c, set);
    fprintf(out, ": %s%s" INK_END, set->verdict == BERTH_AUDIT_LOST ? INK_BAD : INK_CARE,
            berth_audit_verdict_word(set->verdict));
    if (set->verdict == BERTH_AUDIT_LOST)
      put_lost(out, report, set);
    fprintf(out, "\n");
  }
  uint64_t rest = c->sets_not_listed;
  rest += c->set_count > SETS_SHOWN ? c->set_count - SETS_SHOWN : 0;
  if (rest > 0)
    fprintf(out, "    and %" PRIu64 " more\n", rest);
}

static const char *vm_words(berth_audit_verdict verdict) {
  switch (verdict) {
  case BERTH_AUDIT_WAKES:
    return "restarts in every case, at times only once hosts are woken";
  case BERTH_AUDIT_MIGRATIONS:
    return "restarts in every case, at times only once other VMs move";
  case BERTH_AUDIT_WAKES_AND_MIGRATIONS:
    return "restarts in every case, at times only once hosts are woken and other VMs move";
  case BERTH_AUDIT_UNDECIDED:
    return "not decided";
  default:
    return "is lost";
  }
}

/* The first listed set in which the VM is lost, or NULL. */
static const berth_audit_set *set_that_loses(const berth_audit_cluster *c, uint32_t vm) {
  for (uint32_t i = 0; i < c->set_count; i++)
    for (uint32_t k = 0; k < c->sets[i].lost_count; k++)
      if (c->sets[i].verdict == BERTH_AUDIT_LOST && c->sets[i].lost_known &&
          c->sets[i].lost[k] == vm)
        return &c->sets[i];
  return NULL;
}

static void print_vms(FILE *out, const audit_report *report, uint32_t cluster) {
  const berth_audit_cluster *c = berth_audit_get_cluster(report->audit, cluster);
  uint32_t first = berth_inventory_cluster_first_vm(report->inventory, cluster);
  uint32_t end = berth_inventory_cluster_first_vm(report->inventory, cluster + 1);
  uint64_t safe = 0, others = 0;
  for (uint32_t vm = first; vm < end; vm++) {
    berth_audit_verdict worst = berth_audit_vm(report->audit, vm);
    safe += worst == BERTH_AUDIT_RESTARTS;
    if (worst == BERTH_AUDIT_RESTARTS || worst == BERTH_AUDIT_VERDICT_COUNT)
      continue;
    if (others++ == 0)
      fprintf(out, "\n  VMs\n");
    if (others > VMS_SHOWN)
      continue;
    const berth_audit_set *loss = worst == BERTH_AUDIT_LOST ? set_that_loses(c, vm) : NULL;
    fprintf(out, "    ");
    answer_put_clean(out, berth_inventory_vm_label(report->inventory, vm));
    fprintf(out, ": %s", vm_words(worst));
    if (loss != NULL) {
      fprintf(out, " with ");
      put_units(out, c, loss);
    }
    fprintf(out, "\n");
  }
  if (others > VMS_SHOWN)
    fprintf(out, "    and %" PRIu64 " more\n", others - VMS_SHOWN);
  fprintf(out, "\n  %" PRIu64 " VM%s restart%s in every case, by restarts alone.\n", safe,
          answer_plural(safe), safe == 1 ? "s" : "");
}

void audit_report_text(FILE *out, const void *what) {
  const audit_report *report = what;
  answer_put_heading(out, "Audit", berth_inventory_name(report->inventory));
  fprintf(out, ": up to %" PRIu32 " failure%s of a %s\n", report->failures,
          answer_plural(report->failures), unit_word(report->domain));
  for (uint32_t c = 0; c < berth_inventory_cluster_count(report->inventory); c++) {
    const berth_audit_cluster *cluster = berth_audit_get_cluster(report->audit, c);
    fprintf(out, "\n" INK_BOLD "Cluster ");
    answer_put_clean(out, berth_inventory_cluster_id(report->inventory, c));
    fprintf(out, INK_END "\n");
    audit_put_answer(out, report, cluster, cluster->holds > 0 ? INK_GOOD "  " : INK_BAD "  ",
                     INK_END "\n");
    print_sizes(out, cluster);
    print_policy(out, &cluster->policy);
    print_differences(out, report, cluster);
    print_heat(out, report, cluster);
    print_sets(out, report, cluster);
    print_vms(out, report, c);
  }
}
