/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One inventory: reads, changes, solves, writes the line. What the command would have said on
 * standard error becomes the messages of the line; documents are made as everywhere, and their line
 * breaks taken out: no JSON string has any in it.
 */
#include "answer.h"
#include "audit_report.h"
#include "batch_question.h"
#include "batch_table.h"
#include "exit_status.h"
#include "json_text.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MESSAGES_MOST = 20 };

typedef struct asking {
  const batch_question *question;
  berth_context *ctx;
  const char *path;
  size_t item;
  const berth_inventory *inventory; /* as read, later as changed */
  FILE *summary, *document;         /* members of the line */
  batch_answer *answer;
} asking;

/* ---------------------------------------------------------------------- pages */

char *batch_page_path(const char *folder, const char *path, size_t item) {
  const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
  char *page = NULL;
  if (asprintf(&page, "%s/%05zu-%.150s.html", folder, item, name[0] != '\0' ? name : "folder") < 0)
    return NULL;
  return page;
}

typedef int page_writer(const asking *a, const char *path, const void *what);

static int write_plan_page(const asking *a, const char *path, const void *what) {
  berth_status status = berth_write_report(a->ctx, what, path);
  return status == BERTH_OK ? COMMAND_DONE : command_fail(a->ctx, status, false);
}

static int write_audit_page(const asking *a, const char *path, const void *what) {
  const answer_writers writers = {.what = what,
                                  .page = audit_report_html,
                                  .heading = "Audit",
                                  .name = berth_inventory_name(a->inventory)};
  return answer_write_page(a->ctx, path, &writers);
}

/* A page that cannot be written is no matter of the line: it ends the batch. */
static void put_page(const asking *a, page_writer *write, const void *what) {
  char *complaint = NULL;
  size_t size = 0;
  if (a->question->pages == NULL)
    return;
  FILE *said = open_memstream(&complaint, &size);
  char *path = batch_page_path(a->question->pages, a->path, a->item);
  a->answer->page_exit = COMMAND_INTERNAL;
  if (said != NULL && path != NULL) {
    FILE *before = command_say_to(said);
    a->answer->page_exit = write(a, path, what);
    command_say_to(before);
  }
  if (said != NULL && fclose(said) == 0)
    snprintf(a->answer->page_complaint, BATCH_NOTE_SIZE, "%.*s", (int)strcspn(complaint, "\n"),
             complaint);
  free(complaint);
  free(path);
}

/* ---------------------------------------------------------------------- questions */

/* Cut, if need be, where a character begins; without the inventory, beside which it stands. */
static void note(const asking *a, const char *text) {
  size_t length = strlen(a->path);
  if (strncmp(text, a->path, length) == 0 && text[length] == ':')
    text += length + 1 + strspn(text + length + 1, " ");
  length = strlen(text);
  if (length >= BATCH_NOTE_SIZE)
    for (length = BATCH_NOTE_SIZE - 1; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80;)
      length--;
  snprintf(a->answer->note, BATCH_NOTE_SIZE, "%.*s", (int)length, text);
}

static void sum_plan_up(const asking *a, const berth_plan *plan) {
  char text[BATCH_NOTE_SIZE];
  uint32_t unplaced = berth_plan_unplaced_count(plan), left = berth_plan_left_behind_count(plan);
  int64_t violations = 0;
  for (uint32_t i = 0; i < berth_plan_level_count(plan); i++)
    if (berth_plan_level_at(plan, i)->level == BERTH_LEVEL_VIOLATIONS)
      violations = berth_plan_level_at(plan, i)->value;
  fputs("{\"inventory\": ", a->summary);
  json_put_bytes(a->summary, berth_inventory_name(a->inventory));
  fprintf(a->summary,
          ", \"goal\": \"%s\", \"status\": \"%s\", \"placements\": %" PRIu32
          ", \"unplaced\": %" PRIu32 ", \"leftBehind\": %" PRIu32 ", \"violations\": %" PRId64
          ", \"steps\": %" PRIu32 ", \"worstSeconds\": %" PRId64 ", \"warnings\": %" PRIu32 "}",
          berth_goal_word(berth_plan_goal(plan)), berth_outcome_word(berth_plan_status(plan)),
          berth_plan_placement_count(plan), unplaced, left, violations, berth_plan_step_count(plan),
          berth_plan_get_makespan(plan).worst, berth_plan_warning_count(plan));
  snprintf(text, sizeof text,
           "%s: %s; %" PRIu32 " without a host, %" PRIu32 " left on hosts to be emptied, %" PRId64
           " violations",
           berth_goal_word(berth_plan_goal(plan)), berth_outcome_word(berth_plan_status(plan)),
           unplaced, left, violations);
  note(a, text);
}

static int plan(const asking *a, const berth_scenario *scenario) {
  berth_plan *result = NULL;
  berth_request request = a->question->plan;
  request.scenario = scenario;
  request.options = &a->question->options;
  berth_status status = berth_solve(a->ctx, a->inventory, &request, NULL, &result);
  if (status == BERTH_OK && !a->question->brief)
    status = berth_print_plan(a->ctx, result, BERTH_FORMAT_JSON, NULL, a->document);
  int exit_status = COMMAND_DONE;
  if (status == BERTH_OK) {
    sum_plan_up(a, result);
    exit_status = exit_status_of_plan(result, a->question->options.value[BERTH_OPTION_DEADLINE]);
    put_page(a, write_plan_page, result);
  } else {
    exit_status = command_fail(a->ctx, status, a->question->source.verbose);
  }
  berth_plan_free(result);
  return exit_status;
}

static void sum_audit_up(const asking *a, const berth_audit *audit) {
  uint32_t clusters = berth_inventory_cluster_count(a->inventory);
  int64_t holds = INT64_MAX;
  char text[BATCH_NOTE_SIZE];
  const char *worst = berth_audit_verdict_word(berth_audit_worst(audit));
  for (uint32_t c = 0; c < clusters; c++)
    if (berth_audit_get_cluster(audit, c)->holds < holds)
      holds = berth_audit_get_cluster(audit, c)->holds;
  fputs("{\"inventory\": ", a->summary);
  json_put_bytes(a->summary, berth_inventory_name(a->inventory));
  fprintf(a->summary, ", \"worst\": \"%s\", \"clusters\": %" PRIu32, worst, clusters);
  if (clusters > 0)
    fprintf(a->summary, ", \"holds\": %" PRId64, holds);
  fputs("}", a->summary);
  snprintf(text, sizeof text, "worst of any set: %s", worst);
  note(a, text);
}

static int audit(asking *a, const berth_scenario *scenario) {
  berth_audit *result = NULL;
  const berth_inventory *changed = NULL;
  berth_audit_request request = a->question->audit;
  berth_status status = BERTH_OK;
  request.options = &a->question->options;
  if (scenario != NULL) {
    status = berth_scenario_apply(a->ctx, a->inventory, scenario, &changed);
    if (status == BERTH_OK) {
      berth_inventory_release(a->inventory);
      a->inventory = changed;
    }
  }
  if (status == BERTH_OK)
    status = berth_audit_run(a->ctx, a->inventory, &request, &result);
  if (status != BERTH_OK)
    return command_fail(a->ctx, status, a->question->source.verbose);
  const audit_report report = {.inventory = a->inventory,
                               .audit = result,
                               .failures = request.failures,
                               .domain = request.domain,
                               .width = 100};
  sum_audit_up(a, result);
  if (!a->question->brief)
    audit_report_json(a->document, &report);
  put_page(a, write_audit_page, &report);
  int exit_status = exit_status_of_audit(result);
  berth_audit_free(result);
  return exit_status;
}

/* What does not suit this inventory suits others. */
static int not_applicable(int exit_status) {
  return exit_status == COMMAND_BAD_INPUT ? COMMAND_USAGE : exit_status;
}

static int ask(asking *a) {
  const batch_question *q = a->question;
  berth_scenario *scenario = NULL;
  berth_status status = command_read_sources(a->ctx, &q->source, &a->path, 1, &a->inventory);
  if (status == BERTH_E_CANCELLED) {
    command_say("%s: not read within the time limit", a->path);
    return COMMAND_UNDECIDED;
  }
  if (status != BERTH_OK)
    return command_fail(a->ctx, status, q->source.verbose);
  command_print_problems(a->ctx, q->source.verbose);
  berth_context_clear(a->ctx);
  int exit_status =
      not_applicable(command_changes_build(a->ctx, &q->changes, a->inventory, a->path, &scenario));
  if (exit_status == COMMAND_DONE)
    exit_status = q->ask == BATCH_ASK_AUDIT ? audit(a, scenario) : plan(a, scenario);
  berth_scenario_free(scenario);
  berth_inventory_release(a->inventory);
  return exit_status;
}

/* ---------------------------------------------------------------------- the line */

/* "FILE:1:2: warning: ..." and notes alike. */
static bool is_error(const char *message) {
  return strstr(message, ": warning: ") == NULL && strstr(message, ": note: ") == NULL &&
         strncmp(message, "warning: ", 9) != 0 && strncmp(message, "note: ", 6) != 0;
}

/* Each line of @p said is a message. The first error is what a page tells of a bad inventory. */
static void put_messages(FILE *out, const asking *a, char *said) {
  size_t count = 0;
  bool noted = a->answer->note[0] != '\0';
  char *rest = NULL;
  fputs(", \"messages\": [", out);
  for (char *message = strtok_r(said, "\n", &rest); message != NULL;
       message = strtok_r(NULL, "\n", &rest)) {
    if (count < MESSAGES_MOST) {
      fputs(count > 0 ? ", " : "", out);
      json_put_bytes(out, message);
    }
    if (!noted && is_error(message)) {
      note(a, message);
      noted = true;
    }
    count++;
  }
  fputs("]", out);
  if (count > MESSAGES_MOST)
    fprintf(out, ", \"messagesNotListed\": %zu", count - MESSAGES_MOST);
}

/* A document on one line: what follows a line feed is indentation. */
static void put_flat(FILE *out, const char *key, const char *text) {
  if (text[0] == '\0')
    return;
  fprintf(out, ", \"%s\": ", key);
  for (; *text != '\0'; text += strspn(text, "\n")) {
    text += text[0] == ' ' ? strspn(text, " ") : 0;
    size_t length = strcspn(text, "\n");
    fwrite(text, 1, length, out);
    if (length > 0 && text[length - 1] == ',')
      fputc(' ', out);
    text += length;
  }
}

static bool put_line(const asking *a, char *said, const char *summary, const char *document) {
  batch_answer *answer = a->answer;
  FILE *out = open_memstream(&answer->line, &answer->length);
  bool good = answer->exit_status <= COMMAND_UNDECIDED;
  if (out == NULL)
    return false;
  fprintf(out, "{\"schema\": \"berth-batch/1\", \"index\": %zu, \"file\": ", a->item);
  json_put_bytes(out, a->path);
  fprintf(out, ", \"result\": \"%s\", \"exit\": %d", batch_word_of(answer->exit_status),
          answer->exit_status);
  put_messages(out, a, said);
  put_flat(out, "summary", good ? summary : "");
  put_flat(out, batch_ask_word(a->question->ask), good ? document : "");
  fputs("}\n", out);
  return fclose(out) == 0;
}

static uint32_t milliseconds_since(const struct timespec *began) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  int64_t passed =
      (now.tv_sec - began->tv_sec) * INT64_C(1000) + (now.tv_nsec - began->tv_nsec) / 1000000;
  return passed < UINT32_MAX ? (uint32_t)passed : UINT32_MAX;
}

static bool answer_with(asking *a, char **texts) {
  struct timespec began;
  size_t sizes[3] = {0};
  FILE *streams[3];
  bool whole = true;
  for (int i = 0; i < 3; i++)
    whole = (streams[i] = open_memstream(&texts[i], &sizes[i])) != NULL && whole;
  if (whole) {
    a->summary = streams[1];
    a->document = streams[2];
    (void)clock_gettime(CLOCK_MONOTONIC, &began);
    a->answer->identity = batch_identity_of(a->path);
    FILE *before = command_say_to(streams[0]);
    a->answer->exit_status = batch_exit_of(ask(a));
    command_say_to(before);
    berth_context_clear(a->ctx);
    a->answer->milliseconds = milliseconds_since(&began);
  }
  for (int i = 0; i < 3; i++)
    whole = streams[i] != NULL && fclose(streams[i]) == 0 && whole;
  return whole && put_line(a, texts[0], texts[1], texts[2]);
}

batch_answer *batch_question_answer(const batch_question *question, berth_context *ctx,
                                    const char *path, size_t item) {
  char *texts[3] = {NULL, NULL, NULL};
  batch_answer *answer = calloc(1, sizeof *answer);
  asking a = {.question = question, .ctx = ctx, .path = path, .item = item, .answer = answer};
  if (answer != NULL && !answer_with(&a, texts)) {
    batch_answer_free(answer);
    answer = NULL;
  }
  for (int i = 0; i < 3; i++)
    free(texts[i]);
  return answer;
}

void batch_answer_free(batch_answer *answer) {
  if (answer != NULL)
    free(answer->line);
  free(answer);
}
