/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A deadline in one paragraph: kept or missed, by how much, what the critical chain of the worst
 * case is made of, and what would help.
 */
#include "plan_text.h"
#include <assert.h>
#include <inttypes.h>

enum { SENTENCE = 2048, NAMES_TOLD = 4 };

static void add_verdict(const plan_text *text, const berth_plan_deadline *deadline, char *line) {
  berth_plan_makespan makespan = berth_plan_get_makespan(text->plan);
  text_add(line, SENTENCE, "Deadline %s: ", text_duration(deadline->seconds).text);
  if (deadline->met == BERTH_MET_WORST) {
    text_add(line, SENTENCE, "kept whatever the guests do, with %s to spare.",
             text_duration(deadline->seconds - makespan.worst).text);
    return;
  }
  text_add(line, SENTENCE, "missed by %s in the worst case; ", text_duration(deadline->late).text);
  if (deadline->met == BERTH_MET_EXPECTED)
    text_add(line, SENTENCE, "kept if the guests acknowledge as expected (%s).",
             text_duration(makespan.expected).text);
  else if (deadline->met == BERTH_MET_BEST)
    text_add(line, SENTENCE, "kept only if they acknowledge sooner than expected (%s to %s).",
             text_duration(makespan.best).text, text_duration(makespan.expected).text);
  else
    text_add(line, SENTENCE, "by %s even if every guest acknowledges at once.",
             text_duration(makespan.best - deadline->seconds).text);
  text_add(line, SENTENCE, "%s",
           deadline->impossible ? " That no plan as good otherwise is fast enough is proved."
                                : " That no other plan is faster is not proved.");
}

/* ---------------------------------------------------------------------------- the chain */

static int64_t sum_of(const berth_plan_deadline *deadline, berth_chain_kind kind) {
  int64_t sum = 0;
  for (uint32_t i = 0; i < deadline->chain_count; i++)
    sum += deadline->chain[i].kind == kind ? deadline->chain[i].seconds : 0;
  return sum;
}

static void name_part(const plan_text *text, const berth_chain_part *part, char *line) {
  const berth_plan_step *step = berth_plan_step_at(text->plan, part->step - 1);
  text_add(line, SENTENCE, "%.40s",
           step->vm != BERTH_NONE ? plan_text_vm(text, step->vm)
                                  : plan_text_host(text, step->host));
  if (part->kind == BERTH_CHAIN_COPY)
    text_add(line, SENTENCE, " %.30s %s %.30s", plan_text_host(text, step->from),
             text_arrow(&text->page), plan_text_host(text, step->to));
  text_add(line, SENTENCE, " %s", text_duration(part->seconds).text);
}

/* The longest part of that kind that is shorter than part `before`, or as long and behind it. */
static uint32_t next_longest(const berth_plan_deadline *deadline, berth_chain_kind kind,
                             uint32_t before) {
  uint32_t best = BERTH_NONE;
  for (uint32_t i = 0; i < deadline->chain_count; i++) {
    int64_t seconds = deadline->chain[i].seconds;
    int64_t most = before == BERTH_NONE ? INT64_MAX : deadline->chain[before].seconds;
    if (deadline->chain[i].kind != kind || seconds > most || (seconds == most && i <= before))
      continue;
    if (best == BERTH_NONE || seconds > deadline->chain[best].seconds)
      best = i;
  }
  return best;
}

static void add_kind(const plan_text *text, const berth_plan_deadline *deadline,
                     berth_chain_kind kind, const char *words, char *line) {
  int64_t sum = sum_of(deadline, kind);
  uint32_t told = 0;
  if (sum == 0)
    return;
  text_add(line, SENTENCE, "%s %s %s (", line[0] == '\0' ? "In the way:" : ",", words,
           text_duration(sum).text);
  uint32_t i = next_longest(deadline, kind, BERTH_NONE);
  for (; i != BERTH_NONE && told < NAMES_TOLD; i = next_longest(deadline, kind, i)) {
    text_add(line, SENTENCE, "%s", told++ > 0 ? ", " : "");
    name_part(text, &deadline->chain[i], line);
  }
  text_add(line, SENTENCE, "%s%s)", i != BERTH_NONE ? ", " : "",
           i != BERTH_NONE ? text_ellipsis(&text->page) : "");
}

/* "Of its 4 steps 2 wait for room, 1 for the settling of a quiesce rule." */
static void add_joins(const berth_plan_deadline *deadline, char *line) {
  static const char *const words[] = {[BERTH_JOIN_VM] = "for a move of the same VM",
                                      [BERTH_JOIN_WAKE] = "for a host to wake",
                                      [BERTH_JOIN_QUIESCE] = "for the other VM of a quiesce rule",
                                      [BERTH_JOIN_ROOM] = "for room",
                                      [BERTH_JOIN_LIMIT] =
                                          "for a host or datastore that does only so many at once",
                                      [BERTH_JOIN_ORDER] = "for another order"};
  uint32_t counts[BERTH_JOIN_ORDER + 1] = {0}, steps = 0;
  bool any = false;
  for (uint32_t i = 0; i < deadline->chain_count; i++) {
    counts[deadline->chain[i].join]++;
    steps += i == 0 || deadline->chain[i].step != deadline->chain[i - 1].step;
  }
  for (int join = BERTH_JOIN_VM; join <= BERTH_JOIN_ORDER; join++) {
    if (counts[join] == 0)
      continue;
    if (any)
      text_add(line, SENTENCE, ", %" PRIu32 " %s", counts[join], words[join]);
    else
      text_add(line, SENTENCE, " Of its %" PRIu32 " steps %" PRIu32 " wait%s %s", steps,
               counts[join], counts[join] == 1 ? "s" : "", words[join]);
    any = true;
  }
  text_add(line, SENTENCE, "%s", any ? "." : "");
}

/* ---------------------------------------------------------------------------- remedies */

static void add_change(const plan_text *text, const berth_deadline_change *change, bool first,
                       char *line) {
  text_add(line, SENTENCE, "%s", first ? "" : " and ");
  if (change->vm != BERTH_NONE)
    text_add(line, SENTENCE, "the timeout of %.40s cut from %" PRId64 " to %" PRId64 " s",
             plan_text_vm(text, change->vm), change->from, change->to);
  else
    text_add(line, SENTENCE, "a link of %" PRId64 " instead of %" PRId64 " Mbit/s at %.40s",
             change->to, change->from, plan_text_host(text, change->host));
}

static void add_remedy(const plan_text *text, const berth_plan_deadline *deadline, uint32_t first,
                       char *line) {
  const berth_deadline_change *changes = deadline->changes;
  uint32_t count = 0;
  while (first + count < deadline->change_count &&
         changes[first + count].remedy == changes[first].remedy)
    count++;
  assert(count > 0);
  text_add(line, SENTENCE, "The same steps keep it with ");
  for (uint32_t i = 0; i < count && i < 2 * NAMES_TOLD; i++)
    add_change(text, &changes[first + i], i == 0, line);
  if (count > 2 * NAMES_TOLD)
    text_add(line, SENTENCE, " and %" PRIu32 " more", count - 2 * NAMES_TOLD);
  text_add(line, SENTENCE, " (%s)", text_duration(changes[first].worst).text);
  if (changes[first].vm != BERTH_NONE && deadline->least)
    text_add(line, SENTENCE, "; no fewer timeouts would do");
  text_add(line, SENTENCE, ".");
}

static void tell_way(const plan_text *text, const berth_plan_deadline *deadline,
                     plan_text_listen *listen, void *user) {
  char parts[SENTENCE] = "";
  add_kind(text, deadline, BERTH_CHAIN_WAIT, "guests' waits", parts);
  add_kind(text, deadline, BERTH_CHAIN_COPY, "copies", parts);
  add_kind(text, deadline, BERTH_CHAIN_SETTLE, "settling", parts);
  add_kind(text, deadline, BERTH_CHAIN_WAKE, "waking", parts);
  add_kind(text, deadline, BERTH_CHAIN_RESTART, "restarts", parts);
  if (parts[0] == '\0')
    return;
  text_add(parts, sizeof parts, ".");
  add_joins(deadline, parts);
  listen(user, parts);
}

void plan_text_deadline_tell(const plan_text *text, plan_text_listen *listen, void *user) {
  const berth_plan_deadline *deadline = berth_plan_get_deadline(text->plan);
  char line[SENTENCE] = "";
  assert(listen != NULL);
  if (deadline == NULL)
    return;
  add_verdict(text, deadline, line);
  listen(user, line);
  tell_way(text, deadline, listen, user);
  for (uint32_t i = 0; i < deadline->change_count; i++)
    if (i == 0 || deadline->changes[i].remedy != deadline->changes[i - 1].remedy) {
      line[0] = '\0';
      add_remedy(text, deadline, i, line);
      listen(user, line);
    }
}

/* What is printed, and whether its first sentence, the verdict, has been. */
typedef struct deadline_print {
  const plan_text *text;
  bool begun;
} deadline_print;

static void print_sentence(void *user, const char *line) {
  deadline_print *print = user;
  bool met = berth_plan_get_deadline(print->text->plan)->met == BERTH_MET_WORST;
  text_wrap(&print->text->page, print->begun ? INK_PLAIN : met ? INK_GOOD : INK_CARE, 0, 2, line);
  print->begun = true;
}

void plan_text_deadline(const plan_text *text) {
  deadline_print print = {.text = text};
  plan_text_deadline_tell(text, print_sentence, &print);
}
