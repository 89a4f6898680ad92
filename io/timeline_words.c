/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as sentences, for text and for the page alike: one pattern a kind. What happens to several
 * VMs in the same second, and differs in nothing else, is one sentence.
 */
#include "timeline_writer.h"
#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum { NAMES_MOST = 8 };

/* %H host, %V VMs, %O the other host, %N number, %T the text, "(...)" only with a text. */
static const char *pattern_of(berth_moment_kind kind) {
  static const char *const patterns[BERTH_MOMENT_COUNT] = {
      [BERTH_MOMENT_HA_OFF] = "HA is off in cluster %T: nothing is restarted",
      [BERTH_MOMENT_HOST_FAILS] = "%H fails",
      [BERTH_MOMENT_HOST_ISOLATED] = "%H is isolated (%T)",
      [BERTH_MOMENT_HOST_RECOVERS] = "%H is back",
      [BERTH_MOMENT_HOST_MAINTENANCE] = "%H goes to maintenance (%T)",
      [BERTH_MOMENT_HOST_STANDBY] = "%H goes to standby",
      [BERTH_MOMENT_HOST_ONLINE] = "%H is online (%T)",
      [BERTH_MOMENT_HOST_REMOVED] = "%H is removed from the cluster",
      [BERTH_MOMENT_VM_REBOOTS] = "reboot of %V on %H",
      [BERTH_MOMENT_VM_DOWN] = "down: %V (%T)",
      [BERTH_MOMENT_VM_UP] = "on %H again: %V (%T)",
      [BERTH_MOMENT_SILENCE] = "%H hears nothing and pings its isolation addresses",
      [BERTH_MOMENT_FOUND_FAILED] = "%H counts as failed",
      [BERTH_MOMENT_FOUND_ISOLATED] = "%H counts as isolated: its datastores show that it lives",
      [BERTH_MOMENT_RESPONSE] = "isolation response of %H: %T",
      [BERTH_MOMENT_FORCED_OFF] = "powered off on %H, not having shut down: %V",
      [BERTH_MOMENT_LOCKS_EXPIRE] = "the disk locks of %H no longer hold",
      [BERTH_MOMENT_PRIMARIES] = "primaries: %T",
      [BERTH_MOMENT_SHARED_CHASSIS] =
          "%N primaries share chassis %T: if it fails, nobody restarts anything",
      [BERTH_MOMENT_PRIMARY] = "%H acts as primary",
      [BERTH_MOMENT_PROMOTED] = "%H becomes a primary",
      [BERTH_MOMENT_PROTECTION_LOST] = "protection lost: %T, nothing is restarted",
      [BERTH_MOMENT_ATTEMPT] = "attempt %N on %H: %V",
      [BERTH_MOMENT_ATTEMPT_FAILS] = "attempt %N on %H fails: %V (%T)",
      [BERTH_MOMENT_RESTARTED] = "runs on %H: %V (%T)",
      [BERTH_MOMENT_READY] = "ready: %V",
      [BERTH_MOMENT_SPLIT_BRAIN] = "split brain: %V on %H, old copy still on %O",
      [BERTH_MOMENT_OLD_COPY_ENDS] = "old copy on %H ends: %V (%T)",
      [BERTH_MOMENT_WAITS] = "waiting: %V; %T",
      [BERTH_MOMENT_GAVE_UP] = "given up after %N attempts: %V",
      [BERTH_MOMENT_NOT_RESTARTED] = "not restarted: %V (%T)",
      [BERTH_MOMENT_APPROVAL_WAKE] = "waking %H would help: needs approval",
      [BERTH_MOMENT_APPROVAL_MIGRATE] = "migrating %V from %H to %O would help: needs approval",
      [BERTH_MOMENT_APPROVED] = "a person agrees",
      [BERTH_MOMENT_WAKE_BEGINS] = "%H is woken",
      [BERTH_MOMENT_WAKE_ENDS] = "%H is awake",
      [BERTH_MOMENT_MIGRATION_BEGINS] = "migration of %V from %H to %O begins, to make room",
      [BERTH_MOMENT_MIGRATION_ENDS] = "arrived on %O: %V",
      [BERTH_MOMENT_IGNORED] = "nothing happens: %T",
      [BERTH_MOMENT_MIGRATION_FAILS] = "migration of %V from %H to %O comes to nothing"};
  assert((unsigned)kind < BERTH_MOMENT_COUNT);
  return patterns[kind];
}

static bool is_same_text(const char *a, const char *b) {
  return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

uint32_t timeline_group(const berth_timeline *timeline, uint32_t first) {
  const berth_moment *head = berth_timeline_moment_at(timeline, first);
  uint32_t count = 1, all = berth_timeline_moment_count(timeline);
  assert(first < all);
  for (; head->vm != BERTH_NONE && first + count < all; count++) {
    const berth_moment *next = berth_timeline_moment_at(timeline, first + count);
    if (next->at != head->at || next->kind != head->kind || next->host != head->host ||
        next->other != head->other || next->number != head->number ||
        !is_same_text(next->text, head->text))
      break;
  }
  return count;
}

static void add_names(const berth_timeline *timeline, uint32_t first, uint32_t count, char *line,
                      size_t size) {
  const berth_inventory *inventory = berth_timeline_inventory(timeline);
  uint32_t shown = count <= NAMES_MOST + 1 ? count : NAMES_MOST;
  for (uint32_t i = 0; i < shown; i++)
    text_add(
        line, size, "%s%s", i == 0 ? "" : ", ",
        berth_inventory_vm_label(inventory, berth_timeline_moment_at(timeline, first + i)->vm));
  if (count > shown)
    text_add(line, size, " and %" PRIu32 " more", count - shown);
}

static void add_part(const berth_inventory *inventory, const berth_moment *moment, char part,
                     char *line, size_t size) {
  switch (part) {
  case 'H':
    text_add(line, size, "%s", berth_inventory_host_label(inventory, moment->host));
    break;
  case 'O':
    text_add(line, size, "%s", berth_inventory_host_label(inventory, moment->other));
    break;
  case 'N':
    text_add(line, size, "%" PRIu32, moment->number);
    break;
  default:
    assert(part == 'T');
    text_add(line, size, "%s", moment->text != NULL ? moment->text : "");
  }
}

void timeline_sentence(const berth_timeline *timeline, uint32_t first, uint32_t count, char *line,
                       size_t size) {
  const berth_inventory *inventory = berth_timeline_inventory(timeline);
  const berth_moment *moment = berth_timeline_moment_at(timeline, first);
  const char *pattern = pattern_of(moment->kind);
  assert(size > 0 && count > 0);
  line[0] = '\0';
  for (; *pattern != '\0'; pattern++) {
    if (moment->text == NULL && strncmp(pattern, " (", 2) == 0)
      break;
    if (*pattern != '%')
      text_add(line, size, "%c", *pattern);
    else if (*++pattern == 'V')
      add_names(timeline, first, count, line, size);
    else
      add_part(inventory, moment, *pattern, line, size);
  }
}

text_ink timeline_ink(berth_moment_kind kind) {
  switch (kind) {
  case BERTH_MOMENT_HOST_FAILS:
  case BERTH_MOMENT_HOST_ISOLATED:
  case BERTH_MOMENT_VM_DOWN:
  case BERTH_MOMENT_ATTEMPT_FAILS:
  case BERTH_MOMENT_PROTECTION_LOST:
  case BERTH_MOMENT_SPLIT_BRAIN:
  case BERTH_MOMENT_GAVE_UP:
  case BERTH_MOMENT_HA_OFF:
    return INK_BAD;
  case BERTH_MOMENT_WAITS:
  case BERTH_MOMENT_IGNORED:
  case BERTH_MOMENT_NOT_RESTARTED:
  case BERTH_MOMENT_APPROVAL_WAKE:
  case BERTH_MOMENT_APPROVAL_MIGRATE:
  case BERTH_MOMENT_SHARED_CHASSIS:
    return INK_CARE;
  case BERTH_MOMENT_RESTARTED:
  case BERTH_MOMENT_VM_UP:
    return INK_GOOD;
  default:
    return INK_PLAIN;
  }
}

void timeline_title(const berth_timeline *timeline, char *line, size_t size) {
  const char *name = berth_inventory_name(berth_timeline_inventory(timeline));
  const char *scenario = berth_timeline_name(timeline);
  assert(size > 0);
  line[0] = '\0';
  text_add(line, size, "HA timeline%s%s%s%s", name[0] != '\0' ? " of " : "", name,
           scenario[0] != '\0' ? ": " : "", scenario);
}

bool timeline_ends_well(const berth_timeline *timeline) {
  return berth_timeline_down(timeline) == 0;
}

void timeline_verdict(const berth_timeline *timeline, char *line, size_t size) {
  uint32_t were = 0, down = 0;
  int64_t longest = 0, sum = 0;
  line[0] = '\0';
  for (uint32_t i = 0; i < berth_timeline_outage_count(timeline); i++) {
    const berth_outage *outage = berth_timeline_outage_at(timeline, i);
    were += outage->count > 0;
    down += outage->down;
    sum += outage->seconds;
    longest = outage->seconds > longest ? outage->seconds : longest;
  }
  assert(down <= were);
  if (were == 0) {
    text_add(line, size, "No VM goes down.");
    return;
  }
  text_add(line, size, "%" PRIu32 " VM%s down, for at most %s, %s in all.", were,
           were == 1 ? " goes" : "s go", text_duration(longest).text, text_duration(sum).text);
  uint32_t wanted = berth_timeline_down(timeline);
  if (wanted > 0)
    text_add(line, size, " At the end, after %s, %" PRIu32 " still %s.",
             text_duration(berth_timeline_end(timeline)).text, wanted, wanted == 1 ? "is" : "are");
  else
    text_add(line, size, " At the end all run%s.", down > 0 ? " that are to be restarted" : "");
}
