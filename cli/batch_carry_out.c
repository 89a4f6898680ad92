/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two ways out: into a file through its journal, which also brings lines into order; or as a
 * stream, which nobody can resume, and in which lines that came too early wait in memory.
 */
#include "batch_carry_out.h"
#include "answer.h"
#include "batch_journal.h"
#include "batch_summary.h"
#include "command_terminal.h"
#include <berth/batch.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { WINDOW_JOURNAL = 256, WINDOW_STREAM = 1024 };

typedef struct run {
  const batch_task *task;
  size_t *items; /* [count] of the inputs: what is left to do */
  size_t count;
  batch_table table;
  batch_journal *journal; /* NULL = a stream */
  FILE *stream;
  int exit_status; /* of what went wrong; COMMAND_DONE = nothing */
} run;

/* ---------------------------------------------------------------------- work */

static void *work(void *user, uint64_t item, berth_context *ctx) {
  const run *r = user;
  size_t input = r->items[item];
  return batch_question_answer(r->task->question, ctx, r->task->inputs->paths[input], input);
}

static void drop(void *user, uint64_t item, void *result) {
  (void)user;
  (void)item;
  batch_answer_free(result);
}

static int keep(run *r, size_t item, const batch_answer *answer) {
  const batch_entry entry = {.milliseconds = answer->milliseconds,
                             .exit_status = (uint8_t)answer->exit_status};
  if (answer->page_exit != COMMAND_DONE) {
    command_say("%s", answer->page_complaint);
    return answer->page_exit;
  }
  if (r->journal != NULL)
    return batch_journal_add(r->journal, &r->table, item, answer);
  if (fwrite(answer->line, 1, answer->length, r->stream) != answer->length ||
      fflush(r->stream) != 0) {
    if (r->stream != stdout) /* of standard output main() tells */
      command_say("%s: cannot be written: %s", r->task->output, strerror(errno));
    return COMMAND_OUTPUT_CUT;
  }
  batch_table_put(&r->table, item, &entry, answer->note);
  return COMMAND_DONE;
}

static bool take(void *user, uint64_t item, void *result) {
  run *r = user;
  if (result == NULL) {
    command_say("%s", berth_status_text(BERTH_E_NOMEM));
    r->exit_status = COMMAND_INTERNAL;
  } else {
    r->exit_status = keep(r, r->items[item], result);
  }
  batch_answer_free(result);
  return r->exit_status == COMMAND_DONE;
}

/* ---------------------------------------------------------------------- the course */

static bool list_what_is_left(run *r) {
  r->items = calloc(r->table.count + 1, sizeof *r->items);
  for (size_t i = 0; r->items != NULL && i < r->table.count; i++)
    if (!r->table.entries[i].there)
      r->items[r->count++] = i;
  return r->items != NULL;
}

static void say_interrupted(const run *r) {
  if (r->journal != NULL)
    command_say("interrupted after %zu of %zu inventories; the same command goes on from there",
                r->table.through, r->table.count);
  else
    command_say("interrupted after %zu of %zu inventories", r->table.through, r->table.count);
}

static void run_all(run *r, berth_context *ctx, berth_batch_statistics *statistics) {
  berth_batch_request request = BERTH_BATCH_REQUEST_INIT;
  request.threads = r->task->jobs;
  request.unbound = r->task->question->options.value[BERTH_OPTION_THREADS] != 1;
  request.count = r->count;
  request.in_order = r->journal == NULL && r->task->by_item;
  request.window = r->journal != NULL ? WINDOW_JOURNAL : WINDOW_STREAM;
  request.item_milliseconds = r->task->question->options.value[BERTH_OPTION_TIME_LIMIT];
  request.user = r;
  request.work = work;
  request.take = take;
  request.drop = drop;
  command_watch(ctx);
  berth_status status = berth_batch_run(ctx, &request, statistics);
  bool interrupted = command_watch_end(ctx);
  if (r->exit_status != COMMAND_DONE)
    return;
  if (status == BERTH_E_CANCELLED && interrupted) {
    say_interrupted(r);
    r->exit_status = COMMAND_UNDECIDED;
  } else if (status != BERTH_OK) {
    r->exit_status = command_fail(ctx, status, false);
  }
}

/* The text goes to standard output if results do not. */
static void tell_summary(berth_context *ctx, const batch_summary *summary, bool to_stdout) {
  const answer_writers writers = {.what = summary, .text = batch_summary_text};
  char *text = NULL;
  size_t size = 0;
  if (command_is_quiet())
    return;
  if (to_stdout) {
    (void)answer_write(ctx, "-", ANSWER_TEXT, &writers);
    return;
  }
  FILE *out = open_memstream(&text, &size);
  if (out == NULL)
    return;
  batch_summary_text(out, summary);
  if (fclose(out) == 0)
    for (const char *at = text; *at != '\0'; at++)
      if (*at < INK_BOLD[0] || *at > INK_END[0])
        fputc(*at, stderr);
  free(text);
}

static int tell(const run *r, berth_context *ctx, batch_summary *summary) {
  const answer_writers page = {
      .what = summary, .page = batch_summary_html, .heading = "Batch", .name = ""};
  tell_summary(ctx, summary, r->journal != NULL);
  return r->task->page != NULL ? answer_write_page(ctx, r->task->page, &page) : COMMAND_DONE;
}

static void run_and_tell(run *r, berth_context *ctx, const char *question) {
  batch_summary summary = {.question = question,
                           .inputs = r->task->inputs,
                           .table = &r->table,
                           .before = r->table.through,
                           .statistics = BERTH_BATCH_STATISTICS_INIT,
                           .page = r->task->page,
                           .pages = r->task->question->pages};
  run_all(r, ctx, &summary.statistics);
  if (r->exit_status == COMMAND_DONE && r->journal != NULL)
    r->exit_status = batch_journal_commit(r->journal, &r->table, r->task->by_item);
  if (r->exit_status == COMMAND_DONE)
    r->exit_status = tell(r, ctx, &summary);
  if (r->exit_status != COMMAND_DONE)
    return;
  if (r->journal != NULL)
    batch_journal_remove(r->journal);
  r->exit_status = batch_table_worst(&r->table);
}

/* ---------------------------------------------------------------------- ways out */

static bool is_stream(const char *path) {
  struct stat found;
  return strcmp(path, "-") == 0 || (stat(path, &found) == 0 && !S_ISREG(found.st_mode));
}

static int open_output(run *r, const char *question) {
  const batch_task *task = r->task;
  const batch_head head = {.question = question, .inputs = task->inputs};
  if (!is_stream(task->output))
    return batch_journal_open(task->output, &head, task->restart, &r->table, &r->journal);
  r->stream = strcmp(task->output, "-") == 0 ? stdout : fopen(task->output, "w");
  if (r->stream != NULL)
    return COMMAND_DONE;
  command_say("%s: %s", task->output, strerror(errno));
  return COMMAND_NO_OUTPUT;
}

static int open_pages(const char *folder) {
  if (folder == NULL || mkdir(folder, 0777) == 0 || errno == EEXIST)
    return COMMAND_DONE;
  command_say("%s: cannot be created: %s", folder, strerror(errno));
  return COMMAND_NO_OUTPUT;
}

static int no_memory(void) {
  command_say("%s", berth_status_text(BERTH_E_NOMEM));
  return COMMAND_INTERNAL;
}

int batch_carry_out(berth_context *ctx, const batch_task *task) {
  run r = {.task = task};
  char *question = NULL;
  r.exit_status = batch_question_text(task->question, &question);
  if (r.exit_status == COMMAND_INTERNAL)
    (void)no_memory();
  if (r.exit_status == COMMAND_DONE)
    r.exit_status = open_pages(task->question->pages);
  if (r.exit_status != COMMAND_DONE)
    goto done;
  if (!batch_table_open(&r.table, task->inputs->count)) {
    r.exit_status = no_memory();
    goto done;
  }
  r.exit_status = open_output(&r, question);
  if (r.exit_status == COMMAND_DONE && !list_what_is_left(&r))
    r.exit_status = no_memory();
  if (r.exit_status == COMMAND_DONE)
    run_and_tell(&r, ctx, question);
  if (r.stream != NULL && r.stream != stdout && fclose(r.stream) != 0 &&
      r.exit_status < COMMAND_NO_OUTPUT) {
    command_say("%s: cannot be written: %s", task->output, strerror(errno));
    r.exit_status = COMMAND_OUTPUT_CUT;
  }
done:
  batch_journal_close(r.journal);
  batch_table_close(&r.table);
  free(r.items);
  free(question);
  return r.exit_status;
}
