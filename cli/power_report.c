/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power management for people: the answer of each cluster first, then host by host what becomes of
 * it and what holds it on, the plan there and back with what waits for approval, and who is woken
 * when a host fails then.
 */
#include "power_report.h"
#include "answer.h"
#include <inttypes.h>
#include <string.h>

enum { HOSTS_SHOWN = 60, STEPS_SHOWN = 40, FAILURES_SHOWN = 20, NAMES_SHOWN = 8, LABEL_ROOM = 24 };

int64_t power_percent(int64_t part, int64_t whole) {
  return whole <= 0 ? 0 : part / whole * 100 + (part % whole * 100 + whole / 2) / whole;
}

berth_power_load power_percent_of_host(const power_report *report, uint32_t host,
                                       berth_power_load load) {
  const berth_inventory *inventory = berth_power_inventory(report->answer);
  int64_t cpu = berth_inventory_host_capacity(inventory, host, BERTH_RESOURCE_CPU);
  int64_t memory = berth_inventory_host_capacity(inventory, host, BERTH_RESOURCE_MEMORY);
  return (berth_power_load){power_percent(load.cpu_mhz, cpu),
                            power_percent(load.memory_mib, memory)};
}

static void put_host(FILE *out, const power_report *report, uint32_t host) {
  answer_put_clean(out, berth_inventory_host_label(berth_power_inventory(report->answer), host));
}

static void put_vm(FILE *out, const power_report *report, uint32_t vm) {
  answer_put_clean(out, berth_inventory_vm_label(berth_power_inventory(report->answer), vm));
}

/* ---------------------------------------------------------------------- the answer */

static void print_load(FILE *out, const berth_power_cluster *c) {
  fprintf(out,
          "  Load: cpu %" PRId64 " %%, memory %" PRId64 " %% of %" PRIu32
          " host%s online; kept between %" PRId64 " and %" PRId64 " %%.\n",
          power_percent(c->demand.cpu_mhz, c->capacity_before.cpu_mhz),
          power_percent(c->demand.memory_mib, c->capacity_before.memory_mib), c->online_before,
          answer_plural(c->online_before), c->low_percent, c->high_percent);
  fprintf(out,
          "  %" PRIu32 " host%s below that, as if for %" PRId64 " s; %" PRIu32
          " above, as if for %" PRId64 " s.\n",
          c->low_hosts, answer_plural(c->low_hosts), berth_power_constant_value("powerOffHistory"),
          c->high_hosts, berth_power_constant_value("powerOnHistory"));
}

static void print_calls(FILE *out, const berth_power_cluster *c) {
  static const struct {
    berth_power_call call;
    const char *sentence;
  } sentences[] = {{BERTH_POWER_CALL_DEMAND, "a host is above the range"},
                   {BERTH_POWER_CALL_ADMISSION, "admission control is not satisfied"},
                   {BERTH_POWER_CALL_FAILURES, "the failures to be kept are not survived"},
                   {BERTH_POWER_CALL_WAITING, "VMs wait for a host"}};
  const char *before = "  Hosts in standby are looked at: ";
  for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
    if (!(c->calls & (uint32_t)sentences[i].call))
      continue;
    fprintf(out, "%s%s", before, sentences[i].sentence);
    before = "; ";
  }
  if (c->calls != 0)
    fprintf(out, ".\n");
}

static void print_kept(FILE *out, const power_report *report, const berth_power_cluster *c) {
  fprintf(out, "  Kept: at least %" PRIu32 " host%s on", c->minimum, answer_plural(c->minimum));
  if (c->admission_asked)
    fprintf(out, "; admission control (%s): %s now, %s then",
            berth_admission_word(c->policy_after.configured),
            c->admission_kept_before ? "satisfied" : "not satisfied",
            c->admission_kept_after ? "satisfied" : "not satisfied");
  if (report->keep_failures > 0)
    fprintf(out, "; any %" PRId64 " failure%s: %s", report->keep_failures,
            answer_plural((uint64_t)report->keep_failures),
            c->survives ? "survived" : "not proved to be survived");
  fprintf(out, ".\n");
}

static void print_proof(FILE *out, const power_report *report, const berth_power_cluster *c) {
  bool watts = report->weigh == BERTH_WEIGH_POWER;
  fprintf(out,
          "  %" PRIu32 " host%s sleep%s, %" PRIu32 " %s woken: %" PRIu32 " of %" PRIu32 " stay on",
          c->slept, answer_plural(c->slept), c->slept == 1 ? "s" : "", c->woken,
          c->woken == 1 ? "is" : "are", c->online_after - c->woken, c->online_before);
  if (watts)
    fprintf(out, ", %" PRId64 " W instead of %" PRId64 " W", c->weight_after, c->weight_before);
  if (c->proved)
    fprintf(out, ". Proved: %s is too %s.\n", watts ? "less" : "fewer on",
            watts ? "little" : "few");
  else if (c->weight_bound == c->weight_after)
    fprintf(out, ". Not proved: whether more of what is to be kept could be kept.\n");
  else
    fprintf(out, ". Not proved: %s than %" PRId64 "%s is too %s, more is not known.\n",
            watts ? "less" : "fewer", c->weight_bound, watts ? " W" : "", watts ? "little" : "few");
  fprintf(out, "  Load then: cpu %" PRId64 " %%, memory %" PRId64 " %% of %" PRIu32 " host%s.\n",
          power_percent(c->demand.cpu_mhz, c->capacity_after.cpu_mhz),
          power_percent(c->demand.memory_mib, c->capacity_after.memory_mib), c->online_after,
          answer_plural(c->online_after));
  if (c->high_after > 0)
    fprintf(out, "  %" PRIu32 " host%s above the range all the same.\n", c->high_after,
            c->high_after == 1 ? " is" : "s are");
  if (c->unplaced > 0)
    fprintf(out, "  %" PRId64 " VM%s without a host all the same.\n", c->unplaced,
            c->unplaced == 1 ? " is" : "s are");
}

/* ---------------------------------------------------------------------- hosts */

static int label_width(const power_report *report, uint32_t first, uint32_t end) {
  size_t width = 4;
  for (uint32_t h = first; h < end; h++) {
    size_t own = strlen(berth_inventory_host_label(berth_power_inventory(report->answer), h));
    width = own > width ? own : width;
  }
  return (int)(width < LABEL_ROOM ? width : LABEL_ROOM);
}

static void print_holds(FILE *out, const power_report *report, const berth_power_host *host) {
  const char *before = ": ";
  for (uint32_t bit = 0; bit < BERTH_POWER_HOLD_COUNT; bit++) {
    if (!((host->holds >> bit) & 1))
      continue;
    fprintf(out, "%s%s", before, berth_power_hold_sentence(bit));
    bool names =
        (host->holds & (1u << bit) & (BERTH_POWER_HOLD_PINNED | BERTH_POWER_HOLD_NOWHERE)) != 0;
    if (names && host->vm != BERTH_NONE) {
      fprintf(out, " (");
      put_vm(out, report, host->vm);
      fprintf(out, ")");
    }
    before = "; ";
  }
}

static void print_host(FILE *out, const power_report *report, uint32_t host, int width) {
  const berth_power_host *of = berth_power_get_host(report->answer, host);
  const char *label = berth_inventory_host_label(berth_power_inventory(report->answer), host);
  berth_power_load now = power_percent_of_host(report, host, of->before);
  berth_power_load then = power_percent_of_host(report, host, of->after);
  fprintf(out, "    ");
  answer_put_clean(out, label);
  for (size_t have = strlen(label); have < (size_t)width; have++)
    fputc(' ', out);
  fprintf(out, " %3" PRId64 " %3" PRId64 "  %3" PRId64 " %3" PRId64 "  %s", now.cpu_mhz,
          then.cpu_mhz, now.memory_mib, then.memory_mib, berth_power_fate_word(of->fate));
  print_holds(out, report, of);
  fprintf(out, "\n");
}

static void print_hosts(FILE *out, const power_report *report, uint32_t cluster) {
  const berth_inventory *inventory = berth_power_inventory(report->answer);
  uint32_t first = berth_inventory_cluster_first_host(inventory, cluster);
  uint32_t end = berth_inventory_cluster_first_host(inventory, cluster + 1);
  int width = label_width(report, first, end);
  fprintf(out, "\n" INK_FAINT "    %-*s cpu then memory then (%%)" INK_END "\n", width, "host");
  for (uint32_t h = first; h < end && h < first + HOSTS_SHOWN; h++)
    print_host(out, report, h, width);
  if (end - first > HOSTS_SHOWN)
    fprintf(out, "    and %" PRIu32 " more, which JSON has\n", end - first - HOSTS_SHOWN);
}

/* ---------------------------------------------------------------------- failures */

static void print_failure(FILE *out, const power_report *report, const berth_power_failure *f) {
  fprintf(out, "    ");
  put_host(out, report, f->host);
  fprintf(out, ": ");
  if (!f->planned) {
    fprintf(out, "%s; not planned\n", berth_audit_verdict_word(f->verdict));
    return;
  }
  if (f->wake_count == 0)
    fprintf(out, "nobody is woken");
  for (uint32_t i = 0; i < f->wake_count && i < NAMES_SHOWN; i++) {
    fprintf(out, "%s", i == 0 ? "wake " : ", ");
    put_host(out, report, f->wakes[i]);
  }
  if (f->wake_count > NAMES_SHOWN)
    fprintf(out, " and %" PRIu32 " more", f->wake_count - NAMES_SHOWN);
  if (f->wake_count > 0)
    fprintf(out, " (up after %" PRId64 " s)", f->awake);
  if (f->migrations > 0)
    fprintf(out, ", %" PRIu32 " migration%s", f->migrations, answer_plural(f->migrations));
  fprintf(out, ", %s after %" PRId64 " s",
          f->unplaced == 0 ? "all VMs are back" : "the others are back", f->restored);
  if (f->unplaced > 0)
    fprintf(out, "; %" PRIu32 " VM%s lost", f->unplaced, f->unplaced == 1 ? " is" : "s are");
  fprintf(out, "%s\n", f->fewest ? "" : "; whether fewer are enough is not decided");
}

static void print_failures(FILE *out, const power_report *report, const berth_power_cluster *c) {
  fprintf(out, "\n  When a host fails then: restarts alone are enough for %" PRIu64 " of them\n",
          c->failures_by_restarts);
  for (uint32_t i = 0; i < c->failure_count && i < FAILURES_SHOWN; i++)
    print_failure(out, report, &c->failures[i]);
  if (c->failure_count > FAILURES_SHOWN)
    fprintf(out, "    and %" PRIu32 " more, which JSON has\n", c->failure_count - FAILURES_SHOWN);
  if (c->failures_not_asked > 0)
    fprintf(out, "    Limit hit: for %" PRIu64 " of them no failover was planned.\n",
            c->failures_not_asked);
}

/* ---------------------------------------------------------------------- plans */

static void print_approval(FILE *out, const berth_power_approval *approval) {
  fprintf(out, "; waits for approval");
  if (approval->steps == 0)
    return;
  fprintf(out, ", holds up %" PRIu32 " step%s (", approval->steps, answer_plural(approval->steps));
  if (approval->moves > 0)
    fprintf(out, "%" PRIu32 " VM move%s, ", approval->moves, answer_plural(approval->moves));
  if (approval->power_downs > 0)
    fprintf(out, "%" PRIu32 " power-down%s, ", approval->power_downs,
            answer_plural(approval->power_downs));
  fprintf(out, "%" PRId64 " s to the last)", approval->seconds);
}

static void print_step(FILE *out, const power_report *report, const berth_plan_step *step,
                       const berth_power_approval *approval) {
  fprintf(out, "    %3" PRIu32 "  %" PRId64 "-%" PRId64 " s  %s ", step->id, step->start.latest,
          step->end.latest, berth_step_type_word(step->type));
  if (step->vm != BERTH_NONE)
    put_vm(out, report, step->vm);
  else
    put_host(out, report, step->host);
  if (step->from != BERTH_NONE) {
    fprintf(out, " from ");
    put_host(out, report, step->from);
  }
  if (step->to != BERTH_NONE) {
    fprintf(out, " to ");
    put_host(out, report, step->to);
  }
  if (approval != NULL)
    print_approval(out, approval);
  fprintf(out, "\n");
}

static void print_plan(FILE *out, const power_report *report, const berth_plan *plan, bool back) {
  uint32_t count, next = 0, steps = berth_plan_step_count(plan);
  const berth_power_approval *approvals = berth_power_approvals(report->answer, back, &count);
  fprintf(out, "\n%s: %" PRIu32 " step%s, %" PRId64 " s", back ? "The way back" : "The plan", steps,
          answer_plural(steps), berth_plan_get_makespan(plan).worst);
  if (count > 0)
    fprintf(out, "; %" PRIu32 " wait%s for approval", count, count == 1 ? "s" : "");
  fprintf(out, "\n");
  for (uint32_t i = 0; i < steps && i < STEPS_SHOWN; i++) {
    bool waits = next < count && approvals[next].step == i + 1;
    print_step(out, report, berth_plan_step_at(plan, i), waits ? &approvals[next] : NULL);
    next += waits;
  }
  if (steps > STEPS_SHOWN)
    fprintf(out, "    and %" PRIu32 " more, which --plan-down and --plan-back write\n",
            steps - STEPS_SHOWN);
}

static const char *automation_word(berth_automation dpm) {
  const char *word = berth_dpm_automation_word(dpm);
  return word != NULL ? word : "?";
}

void power_put_summary(FILE *out, const power_report *report, const berth_power_cluster *c) {
  if (!c->looked_at) {
    fprintf(out, "  Nothing sleeps while DPM is off; --even-off tells what could.\n");
    return;
  }
  if (c->dpm == BERTH_AUTOMATION_OFF)
    fprintf(out, "  DPM is off; this is what it would do.\n");
  print_load(out, c);
  print_calls(out, c);
  print_kept(out, report, c);
  print_proof(out, report, c);
}

static void print_cluster(FILE *out, const power_report *report, uint32_t cluster) {
  const berth_power_cluster *c = berth_power_get_cluster(report->answer, cluster);
  fprintf(out, "\n" INK_BOLD "Cluster ");
  answer_put_clean(out, berth_inventory_cluster_id(berth_power_inventory(report->answer), cluster));
  fprintf(out, INK_END ": DPM %s\n", automation_word(c->dpm));
  power_put_summary(out, report, c);
  if (!c->looked_at)
    return;
  print_hosts(out, report, cluster);
  print_failures(out, report, c);
}

void power_report_text(FILE *out, const void *what) {
  const power_report *report = what;
  const berth_inventory *inventory = berth_power_inventory(report->answer);
  const berth_plan *back = berth_power_plan_back(report->answer);
  answer_put_heading(out, "Power management", berth_inventory_name(inventory));
  fprintf(out, "\n");
  for (uint32_t c = 0; c < berth_inventory_cluster_count(inventory); c++)
    print_cluster(out, report, c);
  print_plan(out, report, berth_power_plan_down(report->answer), false);
  if (back != NULL)
    print_plan(out, report, back, true);
  else
    fprintf(out, "\nNo way back: %s.\n", berth_power_no_way_back(report->answer));
}
